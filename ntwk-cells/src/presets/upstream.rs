//! The cells of the Python package neural_network_dynamics under the names they have there.
//!
//! Its `osciLIF` is `LIF` with the current `I_e = { waveform = "sine", baseline = 100, amplitude = 100,
//! frequency = 3, phase = -1.5708 }`: a current belongs to the population here, not to the cell.

use ntwk_core::Preset;

use super::Source;

const CELL_LIBRARY: Source = Source {
    citation: "Y. Zerlaut, neural_network_dynamics (https://github.com/yzerlaut/neural_network_dynamics)",
    doi: None,
};

/// Names of parameters there and here, for names such as `AdExp_a_4_b_40` and `LIF_El_-65`.
pub(crate) const SYNONYMS: [(&str, &str); 11] = [
    ("Cm", "C_m"),
    ("Gl", "g_L"),
    ("El", "E_L"),
    ("Vthre", "V_th"),
    ("Vreset", "V_reset"),
    ("deltaV", "Delta_T"),
    ("delta_v", "Delta_T"),
    ("Trefrac", "t_ref"),
    ("tauw", "tau_w"),
    ("Ai", "a_i"),
    ("Vi", "V_i"),
];

pub(super) const PRESETS: &[Preset] = &[
    preset!(
        "LIF",
        "LIF",
        "leaky integrate-and-fire cell of neural_network_dynamics",
        CELL_LIBRARY,
        "ntwk/cells/cell_library.py, LIF",
        ["C_m" 150.0, "g_L" 10.0, "E_L" -70.0, "V_th" -50.0, "V_reset" -70.0, "t_ref" 5.0]
    ),
    preset!(
        "LIF2",
        "LIF",
        "leaky integrate-and-fire cell of neural_network_dynamics, C_m = 200 pF",
        CELL_LIBRARY,
        "ntwk/cells/cell_library.py, LIF2",
        ["C_m" 200.0, "g_L" 10.0, "E_L" -70.0, "V_th" -50.0, "V_reset" -70.0, "t_ref" 5.0]
    ),
    preset!(
        "EIF",
        "EIF",
        "exponential integrate-and-fire cell of neural_network_dynamics",
        CELL_LIBRARY,
        "ntwk/cells/cell_library.py, EIF",
        ["C_m" 200.0, "g_L" 10.0, "E_L" -70.0, "V_th" -50.0, "Delta_T" 1.0, "V_reset" -70.0, "t_ref" 5.0]
    ),
    adex!(
        "AdExp",
        [200.0, 10.0, -70.0, -50.0, 1.0, -70.0, 5.0],
        [2.0, 20.0, 500.0],
        "adaptive exponential cell of neural_network_dynamics",
        CELL_LIBRARY,
        "ntwk/cells/cell_library.py, AdExp"
    ),
];
