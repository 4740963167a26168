//! Reading of the reference data, and the published networks that several tests use.

use ntwk_core::Membrane;
use ntwk_meanfield::{
    Adaptation, Connection, DynTransferFunction, EffectiveThreshold, Input, MeanField,
    MeanFieldPopulation, Mixture, Source, SynapseClass, ThresholdForm,
};
use serde_json::Value;
use std::sync::Arc;

pub fn data(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A number, or a number written as text to keep its digits.
pub fn number(v: &Value) -> f64 {
    v.as_f64()
        .or_else(|| v.as_str().and_then(|s| s.parse().ok()))
        .unwrap_or_else(|| panic!("not a number: {v}"))
}

pub fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(number).collect()
}

pub fn array(v: &Value) -> &[Value] {
    v.as_array().unwrap()
}

/// `|a - b| <= relative |b| + absolute`, with a message that says what differs.
#[track_caller]
pub fn assert_close(a: f64, b: f64, relative: f64, absolute: f64, what: &str) {
    let error = (a - b).abs();
    assert!(
        error <= relative * b.abs() + absolute,
        "{what}: {a:e} instead of {b:e}, relative error {:e}, absolute error {error:e}",
        error / b.abs()
    );
}

/// A cell without adaptation.
pub fn membrane(g_L: f64, C_m: f64, E_L: f64, V_th: f64) -> Membrane {
    Membrane { C_m, g_L, E_L, V_th, V_reset: E_L, t_ref: 5.0, a: 0.0, b: 0.0, tau_w: 1.0 }
}

/// Cell, synapse names and classes of a case of `moments.json`.
pub fn cell_of_case(case: &Value) -> (Membrane, Vec<String>, Vec<SynapseClass>) {
    let n = &case["neuron"];
    let cell = membrane(number(&n["Gl"]), number(&n["Cm"]), number(&n["El"]), number(&n["Vthre"]));
    let synapse = |s: &Value| SynapseClass {
        in_degree: number(&s["N"]) * number(&s["pconn"]),
        weight: number(&s["Q"]),
        tau_syn: number(&s["Tsyn"]),
        E_rev: number(&s["Erev"]),
        // The package reads a missing V0 as 0 V; the type of this crate makes it explicit.
        tau_rise: 0.0,
        short_term: None,
        mixture: s
            .get("alpha")
            .map(|a| Mixture { alpha: number(a), V_0: s.get("V0").map_or(0.0, number) }),
    };
    let names = array(&case["synapses"]).iter().map(|s| s["name"].as_str().unwrap().to_owned());
    (cell, names.collect(), array(&case["synapses"]).iter().map(synapse).collect())
}

/// The cells of the network Spectrum_2018: excitatory, inhibitory.
pub fn spectrum_cells() -> [Membrane; 2] {
    [membrane(10.0, 200.0, -70.0, -50.0), membrane(10.0, 200.0, -70.0, -53.0)]
}

/// Its synapses, in the order excitatory, inhibitory, afferent.
pub fn spectrum_synapses() -> [SynapseClass; 3] {
    let synapse = |in_degree, weight, E_rev| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    [synapse(200.0, 2.0, 0.0), synapse(50.0, 10.0, -80.0), synapse(10.0, 4.0, 0.0)]
}

/// The published 31-term threshold of a cell of that network, extrapolated as published.
pub fn published_threshold(cell: &str) -> EffectiveThreshold {
    let coefficients = numbers(&data("skewness_threshold.json")["coefficients_V"][cell]);
    EffectiveThreshold::from_volts(ThresholdForm::Skewness31, &coefficients, None).unwrap()
}

/// Spectrum_2018 with one afferent.
pub fn spectrum_2018(T: f64, sizes: [usize; 2]) -> MeanField {
    let [e, i, aff] = spectrum_synapses();
    let population = |(m, name): (usize, &str)| MeanFieldPopulation {
        name: name.to_owned(),
        size: sizes[m],
        membrane: spectrum_cells()[m],
        transfer_function: Arc::new(published_threshold(name)),
        connections: vec![
            Connection { source: Source::Population(0), synapse: e },
            Connection { source: Source::Population(1), synapse: i },
            Connection { source: Source::Afferent(0), synapse: aff },
        ],
        adaptation: Adaptation::InTransferFunction,
    };
    let populations = ["RecExc", "RecInh"].into_iter().enumerate().map(population).collect();
    MeanField::new(populations, vec!["AffExc".to_owned()], T).unwrap()
}

pub fn input(afferent_rates: &[f64], currents: &[f64]) -> Input {
    Input { afferent_rates: afferent_rates.to_vec(), currents: currents.to_vec() }
}

/// The RS-FS network of Zerlaut et al. 2018 with given thresholds; the afferents drive each population separately.
pub fn rs_fs_2018(form: ThresholdForm, coefficients_V: [&[f64]; 2]) -> MeanField {
    rs_fs_2018_with(&coefficients_V.map(|c| {
        Arc::new(EffectiveThreshold::from_volts(form, c, None).unwrap())
            as Arc<dyn DynTransferFunction>
    }))
}

/// The same with given transfer functions.
pub fn rs_fs_2018_with(functions: &[Arc<dyn DynTransferFunction>; 2]) -> MeanField {
    let synapse = |in_degree, weight, E_rev| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let population = |m: usize| MeanFieldPopulation {
        name: ["RS", "FS"][m].to_owned(),
        size: [8000, 2000][m],
        membrane: membrane(10.0, 200.0, -65.0, -50.0),
        transfer_function: Arc::clone(&functions[m]),
        connections: vec![
            Connection { source: Source::Population(0), synapse: synapse(400.0, 1.0, 0.0) },
            Connection { source: Source::Population(1), synapse: synapse(100.0, 5.0, -80.0) },
            Connection { source: Source::Afferent(m), synapse: synapse(400.0, 1.0, 0.0) },
        ],
        adaptation: Adaptation::InTransferFunction,
    };
    MeanField::new((0..2).map(population).collect(), vec!["to RS".into(), "to FS".into()], 5.0)
        .unwrap()
}

/// The network of di Volo et al. 2019 with weak adaptation at a drive (Hz).
pub fn di_volo_drive(drive: f64) -> (MeanField, Input) {
    (crate::adaptation::di_volo(0.0, 5.0), input(&[drive], &[0.0, 0.0]))
}
