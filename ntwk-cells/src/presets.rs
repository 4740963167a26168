//! Published parameter sets.

use ntwk_core::Preset;

const ZERLAUT_2018: &str = "Zerlaut, Chemla, Chavane & Destexhe 2018, J Comput Neurosci 44:45, table 1 and ModelDB \
     234992 (C_m = 200 pF as in the code; the table prints 150 pF)";
const DIVOLO_2019: &str =
    "di Volo, Romagnoni, Capone & Destexhe 2019, Neural Comput 31:653, and ModelDB 263236";
const RS_FS_2017: &str =
    "RS-FS_2017 configuration of the Python package neural_network_dynamics (Y. Zerlaut)";

/// Catalogue; names are `<cell>` for the most used set and `<cell>_<source>` for variants.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        name: "RS",
        kind: "AdEx",
        values: &[
            ("C_m", 200.0),
            ("g_L", 10.0),
            ("E_L", -70.0),
            ("V_th", -50.0),
            ("Delta_T", 2.0),
            ("V_reset", -70.0),
            ("t_ref", 5.0),
            ("a", 0.0),
            ("b", 40.0),
            ("tau_w", 500.0),
        ],
        doc: "regular-spiking excitatory cell of the RS-FS network",
        citation: RS_FS_2017,
    },
    Preset {
        name: "FS",
        kind: "AdEx",
        values: &[
            ("C_m", 200.0),
            ("g_L", 10.0),
            ("E_L", -70.0),
            ("V_th", -50.0),
            ("Delta_T", 0.5),
            ("V_reset", -70.0),
            ("t_ref", 5.0),
            ("a", 0.0),
            ("b", 0.0),
            ("tau_w", 500.0),
        ],
        doc: "fast-spiking inhibitory cell of the RS-FS network (no adaptation: tau_w has no effect)",
        citation: RS_FS_2017,
    },
    Preset {
        name: "RS_Zerlaut2018",
        kind: "AdEx",
        values: &[
            ("C_m", 200.0),
            ("g_L", 10.0),
            ("E_L", -65.0),
            ("V_th", -50.0),
            ("Delta_T", 2.0),
            ("V_reset", -65.0),
            ("t_ref", 5.0),
            ("a", 4.0),
            ("b", 20.0),
            ("tau_w", 500.0),
        ],
        doc: "regular-spiking excitatory cell of the visual-cortex mean-field study",
        citation: ZERLAUT_2018,
    },
    Preset {
        name: "FS_Zerlaut2018",
        kind: "AdEx",
        values: &[
            ("C_m", 200.0),
            ("g_L", 10.0),
            ("E_L", -65.0),
            ("V_th", -50.0),
            ("Delta_T", 0.5),
            ("V_reset", -65.0),
            ("t_ref", 5.0),
            ("a", 0.0),
            ("b", 0.0),
            ("tau_w", 500.0),
        ],
        doc: "fast-spiking inhibitory cell of the visual-cortex mean-field study",
        citation: ZERLAUT_2018,
    },
    Preset {
        name: "RS_diVolo2019",
        kind: "AdEx",
        values: &[
            ("C_m", 200.0),
            ("g_L", 10.0),
            ("E_L", -65.0),
            ("V_th", -50.0),
            ("Delta_T", 2.0),
            ("V_reset", -65.0),
            ("t_ref", 5.0),
            ("a", 0.0),
            ("b", 100.0),
            ("tau_w", 500.0),
        ],
        doc: "strongly adapting regular-spiking cell (\"RS-cellbis\" of the code)",
        citation: DIVOLO_2019,
    },
    Preset {
        name: "LIF_Spectrum2018",
        kind: "LIF",
        values: &[
            ("C_m", 200.0),
            ("g_L", 10.0),
            ("E_L", -70.0),
            ("V_th", -50.0),
            ("V_reset", -70.0),
            ("t_ref", 5.0),
        ],
        doc: "excitatory and disinhibitory cell of the three-population network (inhibitory: V_th = -53 mV)",
        citation: "Spectrum_2018 configuration of the Python package neural_network_dynamics (Y. Zerlaut)",
    },
];
