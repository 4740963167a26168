//! Cells of Izhikevich's simple model.

use ntwk_core::Preset;

use super::Source;

const IZHIKEVICH_2003: Source = Source {
    citation: "Izhikevich 2003, IEEE Trans Neural Netw 14:1569",
    doi: Some("10.1109/TNN.2003.820440"),
};
const IZHIKEVICH_2004: Source = Source {
    citation: "Izhikevich 2004, IEEE Trans Neural Netw 15:1063",
    doi: Some("10.1109/TNN.2004.832719"),
};

/// A preset with a, b, c, d.
macro_rules! izhikevich {
    ($name:literal, [$a:expr, $b:expr, $c:expr, $d:expr], $doc:literal, $source:expr, $place:literal) => {
        preset!($name, "Izhikevich", $doc, $source, $place, ["a" $a, "b" $b, "c" $c, "d" $d])
    };
}

pub(super) const PRESETS: &[Preset] = &[
    izhikevich!(
        "RS_Izhikevich2003",
        [0.02, 0.2, -65.0, 8.0],
        "regular spiking",
        IZHIKEVICH_2003,
        "figure 2 (RS)"
    ),
    izhikevich!(
        "IB_Izhikevich2003",
        [0.02, 0.2, -55.0, 4.0],
        "intrinsically bursting",
        IZHIKEVICH_2003,
        "figure 2 (IB)"
    ),
    izhikevich!(
        "CH_Izhikevich2003",
        [0.02, 0.2, -50.0, 2.0],
        "chattering",
        IZHIKEVICH_2003,
        "figure 2 (CH)"
    ),
    izhikevich!(
        "FS_Izhikevich2003",
        [0.1, 0.2, -65.0, 2.0],
        "fast spiking",
        IZHIKEVICH_2003,
        "figure 2 (FS)"
    ),
    izhikevich!(
        "LTS_Izhikevich2003",
        [0.02, 0.25, -65.0, 2.0],
        "low-threshold spiking",
        IZHIKEVICH_2003,
        "figure 2 (LTS)"
    ),
    izhikevich!(
        "TC_Izhikevich2003",
        [0.02, 0.25, -65.0, 0.05],
        "thalamocortical",
        IZHIKEVICH_2003,
        "figure 2 (TC)"
    ),
    izhikevich!(
        "RZ_Izhikevich2003",
        [0.1, 0.26, -65.0, 2.0],
        "resonator",
        IZHIKEVICH_2003,
        "figure 2 (RZ)"
    ),
    izhikevich!(
        "tonic_Izhikevich2004",
        [0.02, 0.2, -65.0, 6.0],
        "tonic spiking (at I = 14)",
        IZHIKEVICH_2004,
        "figure 1A and its program figure1.m"
    ),
    izhikevich!(
        "phasic_Izhikevich2004",
        [0.02, 0.25, -65.0, 6.0],
        "phasic spiking (at I = 0.5)",
        IZHIKEVICH_2004,
        "figure 1B and its program figure1.m"
    ),
    izhikevich!(
        "bursting_Izhikevich2004",
        [0.02, 0.2, -50.0, 2.0],
        "tonic bursting (at I = 15)",
        IZHIKEVICH_2004,
        "figure 1C and its program figure1.m"
    ),
    izhikevich!(
        "phasic_bursting_Izhikevich2004",
        [0.02, 0.25, -55.0, 0.05],
        "phasic bursting (at I = 0.6)",
        IZHIKEVICH_2004,
        "figure 1D and its program figure1.m"
    ),
    izhikevich!(
        "mixed_mode_Izhikevich2004",
        [0.02, 0.2, -55.0, 4.0],
        "mixed mode (at I = 10)",
        IZHIKEVICH_2004,
        "figure 1E and its program figure1.m"
    ),
    izhikevich!(
        "oscillating_Izhikevich2004",
        [0.05, 0.26, -60.0, 0.0],
        "subthreshold oscillations after a short pulse",
        IZHIKEVICH_2004,
        "figure 1J and its program figure1.m"
    ),
    izhikevich!(
        "resonator_Izhikevich2004",
        [0.1, 0.26, -60.0, -1.0],
        "resonator: two pulses at the right interval",
        IZHIKEVICH_2004,
        "figure 1K and its program figure1.m"
    ),
];
