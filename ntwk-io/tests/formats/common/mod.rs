//! A small run with every case a file must carry: spikes, no spikes, spikes not recorded, several variables.

#![allow(dead_code)] // every test uses a part

use ndarray::{Array2, ArrayD, IxDyn};
use ntwk_core::model::SampleSteps;
use ntwk_core::{AfferentRecording, PopulationRecording, Recording, Spikes, Trace};
use ntwk_io::{Attribute, ModelText, NamedArray, Provenance, TheoryGroup};

/// A run of 1000 steps of 0.1 ms of three populations.
pub fn recording() -> Recording {
    let dt = 0.1;
    let n_steps = 1000;
    let spikes = Spikes {
        steps: (0..300).map(|k| 3 * k + k % 2).collect(),
        ids: (0..300).map(|k| (k * 37) % 400).collect(),
    };
    let mut counts = vec![0; n_steps];
    for &step in &spikes.steps {
        counts[step as usize] += 1;
    }
    let exc = PopulationRecording {
        name: "Exc".to_owned(),
        size: 400,
        spikes: Some(spikes),
        counts,
        traces: vec![
            trace("V_m", "mV", &[0, 7, 399], 1, 1000),
            trace("w", "pA", &[7], 10, 100),
            trace("g_exc", "nS", &[399, 0], 3, 334),
            of_group("chosen", SampleSteps { first: 101, every: 7, end: Some(650) }),
            Trace {
                variable: "weight_A".to_owned(),
                unit: "nS".to_owned(),
                sources: vec![9, 9, 2],
                ..of_group("learning", SampleSteps::every(100))
            },
            of_group("late", SampleSteps { first: 900, every: 1, end: None }),
        ],
    };
    let silent = PopulationRecording {
        name: "Inh".to_owned(),
        size: 100,
        spikes: Some(Spikes::default()),
        counts: vec![0; n_steps],
        traces: vec![trace("V_m", "mV", &[99], 7, 143)],
    };
    let unrecorded = PopulationRecording {
        name: "Dis_inh".to_owned(),
        size: 25,
        spikes: None,
        counts: vec![1; n_steps],
        traces: Vec::new(),
    };
    let afferents = ["A", "B_Exc"].map(|name| AfferentRecording {
        name: name.to_owned(),
        afferent: name[..1].to_owned(),
        target: (name != "A").then(|| "Exc".to_owned()),
        size: 400,
        spikes: Spikes { steps: vec![0, 5, 5, 999], ids: vec![399, 1, 1, 0] },
    });
    let populations = vec![exc, silent, unrecorded];
    Recording { dt, n_steps: n_steps as u64, populations, afferents: afferents.to_vec() }
}

/// Potentials of chosen neurons in a part of the run.
fn of_group(group: &str, steps: SampleSteps) -> Trace {
    let frames = steps.before(1000) as usize;
    let trace = trace("V_m", "mV", &[3, 17, 200], 1, frames);
    Trace { group: Some(group.to_owned()), steps, ..trace }
}

/// Values that single precision represents exactly, so that one sample serves both precisions.
fn trace(variable: &str, unit: &str, neurons: &[u32], every: u64, frames: usize) -> Trace {
    Trace {
        variable: variable.to_owned(),
        unit: unit.to_owned(),
        neurons: neurons.to_vec(),
        group: None,
        sources: Vec::new(),
        steps: SampleSteps::every(every),
        data: Array2::from_shape_fn((frames, neurons.len()), |(t, i)| {
            -70.0 + t as f64 / 64.0 + 100.0 * i as f64
        }),
    }
}

/// A text longer than one heap collection of HDF5 (64 KiB) would hold by default.
pub fn model() -> ModelText {
    let mut text = "# Modèle « résolu »\n[population.Exc]\nsize = 400\n".to_owned();
    text.push_str(&"# a comment line that makes the text long\n".repeat(1700));
    ModelText { format: "toml".to_owned(), text }
}

pub fn provenance() -> Provenance {
    Provenance {
        version: "0.1.0".to_owned(),
        seed: u64::MAX,
        generator: "ChaCha8".to_owned(),
        threads: 2,
        ranks: 1,
        started: "2024-02-29T12:00:00Z".to_owned(),
        wall_seconds: 1.25,
        host_features: vec!["x86_64".to_owned(), "avx2".to_owned()],
    }
}

pub fn theory() -> Vec<TheoryGroup> {
    let fixed_point = TheoryGroup {
        name: "fixed_point".to_owned(),
        arrays: vec![
            array("rates", "Hz", &["population"], &[2], vec![4.5, 9.25]),
            array("residual", "Hz", &[], &[], vec![1e-12]),
        ],
        attributes: vec![
            ("iterations".to_owned(), Attribute::Integer(7)),
            ("populations".to_owned(), Attribute::Texts(vec!["Exc".to_owned(), "Inh".to_owned()])),
            ("status".to_owned(), Attribute::Text("converged".to_owned())),
        ],
    };
    let mut scan = array(
        "rate",
        "Hz",
        &["nu_exc", "nu_inh"],
        &[2, 3],
        vec![0.0, 1.0, 2.0, 3.0, f64::NAN, 5.0],
    );
    scan.attributes = vec![
        ("origin".to_owned(), Attribute::Numbers(vec![-60.0, 4.0, 0.5])),
        ("source".to_owned(), Attribute::Text("Zerlaut et al. 2018".to_owned())),
        ("tolerance".to_owned(), Attribute::Number(1e-6)),
    ];
    let scan = TheoryGroup {
        name: "scan".to_owned(),
        arrays: vec![scan, array("nothing", "Hz", &["point"], &[0], vec![])],
        attributes: Vec::new(),
    };
    vec![fixed_point, scan]
}

fn array(name: &str, unit: &str, axes: &[&str], shape: &[usize], values: Vec<f64>) -> NamedArray {
    NamedArray {
        name: name.to_owned(),
        unit: unit.to_owned(),
        axes: axes.iter().map(|&a| a.to_owned()).collect(),
        data: ArrayD::from_shape_vec(IxDyn(shape), values).unwrap(),
        attributes: Vec::new(),
    }
}
