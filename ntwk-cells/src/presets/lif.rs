//! Leaky integrate-and-fire cells.

use ntwk_core::Preset;

use super::Source;

const SPECTRUM_2018: Source = Source {
    citation: "Y. Zerlaut, neural_network_dynamics (https://github.com/yzerlaut/neural_network_dynamics)",
    doi: None,
};
const VOGELS_ABBOTT_2005: Source = Source {
    citation: "Vogels & Abbott 2005, J Neurosci 25:10786",
    doi: Some("10.1523/JNEUROSCI.3508-05.2005"),
};
const POTJANS_DIESMANN_2014: Source = Source {
    citation: "Potjans & Diesmann 2014, Cereb Cortex 24:785",
    doi: Some("10.1093/cercor/bhs358"),
};
const ZERLAUT_2016: Source = Source {
    citation: "Zerlaut, Telenczuk, Deleuze, Bal, Ouanounou & Destexhe 2016, J Physiol 594:3791",
    doi: Some("10.1113/JP272317"),
};

pub(super) const PRESETS: &[Preset] = &[
    preset!(
        "LIF_Spectrum2018",
        "LIF",
        "excitatory and disinhibitory cell of the three-population network",
        SPECTRUM_2018,
        "configuration The_Spectrum_of_Asynch_Dyn_2018, populations RecExc and DsInh",
        ["C_m" 200.0, "g_L" 10.0, "E_L" -70.0, "V_th" -50.0, "V_reset" -70.0, "t_ref" 5.0]
    ),
    preset!(
        "LIF_inh_Spectrum2018",
        "LIF",
        "inhibitory cell of the three-population network",
        SPECTRUM_2018,
        "configuration The_Spectrum_of_Asynch_Dyn_2018, population RecInh",
        ["C_m" 200.0, "g_L" 10.0, "E_L" -70.0, "V_th" -53.0, "V_reset" -70.0, "t_ref" 5.0]
    ),
    preset!(
        "LIF_VogelsAbbott2005",
        "LIF",
        "cell of the COBA network",
        VOGELS_ABBOTT_2005,
        "Methods: tau_m = 20 ms, E_L = V_reset = -60 mV, V_th = -50 mV, t_ref = 5 ms; C_m and g_L as in the COBA \
         benchmark of Brette et al. 2007",
        ["C_m" 200.0, "g_L" 10.0, "E_L" -60.0, "V_th" -50.0, "V_reset" -60.0, "t_ref" 5.0]
    ),
    preset!(
        "LIF_Zerlaut2016",
        "LIF",
        "leaky integrate-and-fire model of the study of layer V pyramidal cells",
        ZERLAUT_2016,
        "Methods, theoretical models, and the programs of the paper",
        ["C_m" 80.0, "g_L" 2.5, "E_L" -70.0, "V_th" -47.0, "V_reset" -70.0, "t_ref" 5.0]
    ),
    preset!(
        "PotjansDiesmann2014",
        "iaf_psc_exp",
        "every cell of the cortical microcircuit (with currents of tau_syn = 0.5 ms)",
        POTJANS_DIESMANN_2014,
        "Methods (neuron parameters), as in NEST's implementation",
        ["C_m" 250.0, "tau_m" 10.0, "E_L" -65.0, "V_th" -50.0, "V_reset" -65.0, "t_ref" 2.0]
    ),
];
