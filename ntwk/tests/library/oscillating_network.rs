//! A network that oscillates although its theory has a stable state: the comparison says so.

use std::path::Path;

use ntwk::compare::{Comparison, compare};
use ntwk::core::{Job, Model, simulate};
use ntwk_meanfield::prediction::predict::predict;
use ntwk_meanfield::system::limitation::Limitation;

const OSCILLATING: &str = r#"
[simulation]
t_stop = "1500 ms"
dt = "0.1 ms"
seed = 11

[receptors.ampa]
E_rev = "0 mV"
tau_syn = "5 ms"

[receptors.gaba]
E_rev = "-80 mV"
tau_syn = "10 ms"

[populations.Exc]
size = 8000
cell = { model = "LIF", C_m = "200 pF", g_L = "10 nS", E_L = "-65 mV", V_th = "-50 mV", V_reset = "-60 mV", t_ref = "5 ms" }
initial = { V_m = { distribution = "uniform", low = "-65 mV", high = "-50 mV" } }

[populations.Inh]
size = 2000
cell = { model = "AdEx", C_m = "150 pF", g_L = "10 nS", E_L = "-65 mV", V_th = "-50 mV", Delta_T = "0.5 mV", V_reset = "-65 mV", t_ref = "5 ms", a = "2 nS", b = "10 pA", tau_w = "100 ms" }

[afferents.Aff]
size = 1400
rate = "4.5 Hz"

[[projections]]
source = "Aff"
target = ["Exc", "Inh"]
receptor = "ampa"
weight = "1 nS"
connection = { rule = "fixed_in_degree", probability = "10 %" }

[[projections]]
source = "Exc"
target = ["Exc", "Inh"]
receptor = "ampa"
weight = "0.8 nS"
connection = { rule = "pairwise_bernoulli", probability = 0.02 }
delay = "1.5 ms"

[[projections]]
source = "Inh"
target = ["Exc", "Inh"]
receptor = "gaba"
weight = "10 nS"
connection = { rule = "pairwise_bernoulli", probability = 0.02 }
delay = "1.5 ms"

[theory.scan]
neurons = 8
duration = "500 ms"
"#;

fn compared(model: &Model) -> Comparison {
    let (library, job) = (ntwk_cells::library(), Job::threads(2));
    let recording = simulate(model, &job).unwrap().recording;
    let theory = predict(model, &library, &job).unwrap();
    compare(model, &recording, &theory, &library, &job).unwrap()
}

fn says_that_it_oscillates(comparison: &Comparison) -> bool {
    comparison.notes.iter().any(|note| note.contains("the simulated network oscillates at"))
}

#[test]
fn an_oscillation_that_the_theory_has_not_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.toml");
    std::fs::write(&file, OSCILLATING).unwrap();
    let library = ntwk_cells::library();
    let comparison = compared(&ntwk_io::read_model(&file, &[], &library).unwrap());
    let rhythm = comparison.rhythm.as_ref().unwrap();
    // 21 to 23 Hz, at a resolution of 4 Hz.
    assert!((17.0..27.0).contains(&rhythm.frequency), "{rhythm:?}");
    assert!(rhythm.modulation > 0.8, "{rhythm:?}");
    assert!(says_that_it_oscillates(&comparison), "{:?}", comparison.notes);
}

#[test]
fn an_asynchronous_network_has_no_rhythm() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rs-fs/model.toml");
    let changes = [("theory.scan.neurons", "8"), ("theory.scan.duration", "500 ms")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
    let comparison =
        compared(&ntwk_io::read_model(&file, &changes, &ntwk_cells::library()).unwrap());
    assert_eq!(comparison.rhythm, None);
    assert!(!says_that_it_oscillates(&comparison));
}

/// On the ring neighbours share their sources: rates are predicted too high, with a word.
#[test]
fn neighbours_that_share_sources_are_named() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ring/model.toml");
    let model = ntwk_io::read_model(&file, &[], &ntwk_cells::library()).unwrap();
    let found = ntwk_meanfield::system::limitation::limitations(&model);
    let named = |l: &Limitation| matches!(l, Limitation::Neighbours { projections } if projections.len() == 4);
    assert!(found.iter().any(named), "{found:?}");
}
