//! AdEx and iAdExp cells.

use ntwk_core::Preset;

use super::Source;

const RS_FS_2017: Source = Source {
    citation: "Y. Zerlaut, neural_network_dynamics (https://github.com/yzerlaut/neural_network_dynamics)",
    doi: None,
};
const ZERLAUT_2018: Source = Source {
    citation: "Zerlaut, Chemla, Chavane & Destexhe 2018, J Comput Neurosci 44:45",
    doi: Some("10.1007/s10827-017-0668-2"),
};
const DI_VOLO_2019: Source = Source {
    citation: "di Volo, Romagnoni, Capone & Destexhe 2019, Neural Comput 31:653",
    doi: Some("10.1162/neco_a_01173"),
};
const BRETTE_GERSTNER_2005: Source = Source {
    citation: "Brette & Gerstner 2005, J Neurophysiol 94:3637",
    doi: Some("10.1152/jn.00686.2005"),
};
const NAUD_2008: Source = Source {
    citation: "Naud, Marcille, Clopath & Gerstner 2008, Biol Cybern 99:335",
    doi: Some("10.1007/s00422-008-0264-7"),
};
const DESTEXHE_2009: Source = Source {
    citation: "Destexhe 2009, J Comput Neurosci 27:493",
    doi: Some("10.1007/s10827-009-0164-4"),
};
const ZERLAUT_2016: Source = Source {
    citation: "Zerlaut, Telenczuk, Deleuze, Bal, Ouanounou & Destexhe 2016, J Physiol 594:3791",
    doi: Some("10.1113/JP272317"),
};
const PLATKIEWICZ_2011: Source = Source {
    citation: "Platkiewicz & Brette 2011, PLoS Comput Biol 7:e1001129",
    doi: Some("10.1371/journal.pcbi.1001129"),
};

pub(super) const PRESETS: &[Preset] = &[
    adex!(
        "RS",
        [200.0, 10.0, -70.0, -50.0, 2.0, -70.0, 5.0],
        [0.0, 40.0, 500.0],
        "regular-spiking excitatory cell of the RS-FS network",
        RS_FS_2017,
        "configuration RS-FS_2017, population RecExc"
    ),
    adex!(
        "FS",
        [200.0, 10.0, -70.0, -50.0, 0.5, -70.0, 5.0],
        "fast-spiking inhibitory cell of the RS-FS network, without adaptation",
        RS_FS_2017,
        "configuration RS-FS_2017, population RecInh"
    ),
    adex!(
        "RS_Zerlaut2018",
        [200.0, 10.0, -65.0, -50.0, 2.0, -65.0, 5.0],
        [4.0, 20.0, 500.0],
        "regular-spiking excitatory cell of the visual-cortex mean-field study",
        ZERLAUT_2018,
        "table 1 and ModelDB 234992; C_m as in the program (the table prints 150 pF)"
    ),
    adex!(
        "FS_Zerlaut2018",
        [200.0, 10.0, -65.0, -50.0, 0.5, -65.0, 5.0],
        "fast-spiking inhibitory cell of the visual-cortex mean-field study",
        ZERLAUT_2018,
        "table 1 and ModelDB 234992; C_m as in the program (the table prints 150 pF)"
    ),
    adex!(
        "RS_diVolo2019",
        [200.0, 10.0, -65.0, -50.0, 2.0, -65.0, 5.0],
        [0.0, 100.0, 500.0],
        "strongly adapting regular-spiking cell",
        DI_VOLO_2019,
        "ModelDB 263236, cell \"RS-cellbis\""
    ),
    adex!(
        "RS_BretteGerstner2005",
        [281.0, 30.0, -70.6, -50.4, 2.0, -70.6, 0.0],
        [4.0, 80.5, 144.0],
        "regular-spiking pyramidal cell, fitted to a detailed model",
        BRETTE_GERSTNER_2005,
        "parameters of the regular-spiking neuron; spikes declared at V_th + 5 Delta_T"
    ),
    adex!(
        "bursting_BretteGerstner2005",
        [281.0, 30.0, -70.6, -50.4, 2.0, -45.4, 0.0],
        [4.0, 500.0, 20.0],
        "bursting cell: reset 5 mV above threshold, fast adaptation",
        BRETTE_GERSTNER_2005,
        "Brian2's example Brette_Gerstner_2005.py, \"Bursting\""
    ),
    adex!(
        "FS_BretteGerstner2005",
        [281.0, 30.0, -70.6, -50.4, 2.0, -70.6, 0.0],
        [2.0 * 281.0 / 144.0, 0.0, 144.0],
        "fast-spiking cell: a = 2 C_m / tau_w, no jumps of w",
        BRETTE_GERSTNER_2005,
        "Brian2's example Brette_Gerstner_2005.py, \"Fast spiking\""
    ),
    adex!(
        "tonic_Naud2008",
        [200.0, 10.0, -70.0, -50.0, 2.0, -58.0, 0.0],
        [2.0, 0.0, 30.0],
        "tonic spiking (at 500 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "adapting_Naud2008",
        [200.0, 12.0, -70.0, -50.0, 2.0, -58.0, 0.0],
        [2.0, 60.0, 300.0],
        "adapting (at 500 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "initial_burst_Naud2008",
        [130.0, 18.0, -58.0, -50.0, 2.0, -50.0, 0.0],
        [4.0, 120.0, 150.0],
        "initial burst (at 400 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "regular_bursting_Naud2008",
        [200.0, 10.0, -58.0, -50.0, 2.0, -46.0, 0.0],
        [2.0, 100.0, 120.0],
        "regular bursting (at 210 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "delayed_accelerating_Naud2008",
        [200.0, 12.0, -70.0, -50.0, 2.0, -58.0, 0.0],
        [-10.0, 0.0, 300.0],
        "delayed accelerating (at 300 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "delayed_bursting_Naud2008",
        [100.0, 10.0, -65.0, -50.0, 2.0, -47.0, 0.0],
        [-10.0, 30.0, 90.0],
        "delayed regular bursting (at 110 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "transient_Naud2008",
        [100.0, 10.0, -65.0, -50.0, 2.0, -47.0, 0.0],
        [10.0, 100.0, 90.0],
        "transient spiking (at 180 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "irregular_Naud2008",
        [100.0, 12.0, -60.0, -50.0, 2.0, -48.0, 0.0],
        [-11.0, 30.0, 130.0],
        "irregular spiking (at 160 pA)",
        NAUD_2008,
        "table 1 as adapted by P. Müller in Brian2's example Naud_et_al_2008_adex_firing_patterns.py"
    ),
    adex!(
        "RS_weak_Destexhe2009",
        [200.0, 10.0, -60.0, -50.0, 2.5, -60.0, 2.5],
        [1.0, 5.0, 600.0],
        "regular-spiking cell with weak adaptation",
        DESTEXHE_2009,
        "as in D. Guarino's PyNN programs (py_params, b = 5 pA)"
    ),
    adex!(
        "FS_Destexhe2009",
        [200.0, 10.0, -60.0, -50.0, 2.5, -60.0, 2.5],
        [1.0, 0.0, 600.0],
        "fast-spiking inhibitory cell",
        DESTEXHE_2009,
        "as in D. Guarino's PyNN programs (inh_params)"
    ),
    adex!(
        "LTS_Destexhe2009",
        [200.0, 10.0, -60.0, -50.0, 2.5, -60.0, 2.5],
        [20.0, 0.0, 600.0],
        "low-threshold-spiking cell: rebound by subthreshold adaptation",
        DESTEXHE_2009,
        "as in D. Guarino's PyNN program LTS.py (a = 0.02 uS)"
    ),
    adex!(
        "TC_Destexhe2009",
        [200.0, 10.0, -60.0, -50.0, 2.5, -60.0, 2.5],
        [40.0, 0.0, 600.0],
        "thalamocortical relay cell: rebound bursts",
        DESTEXHE_2009,
        "figure 1F as in D. Guarino's PyNN programs (a = 0.04 uS)"
    ),
    adex!(
        "EIF_Zerlaut2016",
        [80.0, 2.5, -70.0, -47.0, 2.0, -70.0, 5.0],
        "exponential integrate-and-fire model of the study of layer V pyramidal cells",
        ZERLAUT_2016,
        "Methods, theoretical models, and the programs of the paper (k_a is Delta_T)"
    ),
    adex!(
        "sfaLIF_Zerlaut2016",
        [80.0, 2.5, -70.0, -47.0, 0.0, -70.0, 5.0],
        [0.0, 20.0, 500.0],
        "leaky integrate-and-fire model with spike-frequency adaptation of the same study",
        ZERLAUT_2016,
        "Methods, theoretical models, and the programs of the paper"
    ),
    preset!(
        "iLIF_Zerlaut2016",
        "iAdExp",
        "inactivating leaky integrate-and-fire model of the same study",
        ZERLAUT_2016,
        "Methods, theoretical models (V_i = V_th - 8 mV, tau_i = 5 ms), and the programs of the paper",
        ["C_m" 80.0, "g_L" 2.5, "E_L" -70.0, "V_th" -47.0, "Delta_T" 0.0, "V_reset" -70.0, "t_ref" 5.0,
         "a" 0.0, "b" 0.0, "a_i" 0.6, "V_i" -55.0, "tau_theta" 5.0]
    ),
    preset!(
        "iAdExp_Zerlaut2016",
        "iAdExp",
        "model with all mechanisms of the same study: exponential, adaptation, inactivation",
        ZERLAUT_2016,
        "Methods and the figure of the models' responses (k_a = 2 mV; the programs have 1 mV)",
        ["C_m" 80.0, "g_L" 2.5, "E_L" -70.0, "V_th" -47.0, "Delta_T" 2.0, "V_reset" -70.0, "t_ref" 5.0,
         "a" 0.0, "b" 6.0, "tau_w" 500.0, "a_i" 0.6, "V_i" -55.0, "tau_theta" 5.0]
    ),
    preset!(
        "iLIF_Platkiewicz2011",
        "iAdExp",
        "inactivating leaky integrate-and-fire model",
        PLATKIEWICZ_2011,
        "ModelDB 153998 (a_i = k_a/k_i = 5/6; only C_m/g_L = 5 ms is given there, g_L is set to 10 nS)",
        ["C_m" 50.0, "g_L" 10.0, "E_L" -70.0, "V_th" -55.0, "Delta_T" 0.0, "V_reset" -70.0, "t_ref" 5.0,
         "a" 0.0, "b" 0.0, "a_i" 5.0 / 6.0, "V_i" -63.0, "tau_theta" 5.0]
    ),
];
