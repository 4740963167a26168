//! The cells of the Python package neural_network_dynamics under the names they have there.

use ntwk_core::Preset;
use ntwk_core::model::cell_library::OwnCurrent;

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
    Preset {
        current: Some(OwnCurrent { amplitude: 200.0, frequency: 3.0 }),
        ..preset!(
            "osciLIF",
            "LIF",
            "intrinsically oscillating LIF of neural_network_dynamics: a current of its own, 200 pA (1 - cos 2 pi f t)/2, f = 3 Hz",
            CELL_LIBRARY,
            "ntwk/cells/cell_library.py, osciLIF (Ioscill_amp = 200 pA, Ioscill_freq = 3 Hz); I_e of the population replaces its current",
            ["C_m" 150.0, "g_L" 10.0, "E_L" -70.0, "V_th" -50.0, "V_reset" -70.0, "t_ref" 5.0]
        )
    },
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
