//! State read and set between segments, and changes of the model that are decided on the way.

use crate::common::{model, parse_model, run};
use ntwk_core::{Job, Model, Network, Simulation, StateError};

/// Three blocks of neurons, an event on the way.
fn text(events: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = 60, dt = 0.1, seed = 5 }}
record = {{ V_m = 4, conductances = 2 }}
[receptors]
exc = {{ E_rev = 0, tau_syn = 5 }}
inh = {{ E_rev = -80, tau_syn = 5 }}
[populations]
E = {{ size = 1100, cell = "RS" }}
I = {{ size = 300, cell = "FS" }}
[afferents]
A = {{ size = 400, rate = 12 }}
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 1
connection = {{ rule = "fixed_in_degree", probability = 0.5 }}
[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = 1
delay = 1.5
connection = {{ rule = "fixed_in_degree", probability = 0.05 }}
[[projections]]
source = "I"
target = "E"
receptor = "inh"
weight = 4
connection = {{ rule = "fixed_in_degree", probability = 0.05 }}
[[events]]
time = 40
set = "projections.I_E.weight"
value = 6
{events}"#
    )
}

fn simulation(model: &Model, threads: usize) -> Simulation {
    Simulation::new(Network::build(model, &Job::threads(threads)).unwrap())
}

#[test]
fn the_state_that_it_has_changes_nothing() {
    let model = model(&text(""));
    let expected = run(&model, 1);
    for threads in [1, 3] {
        let mut simulation = simulation(&model, threads);
        let mut recorder = simulation.recorder();
        simulation.advance(333, &mut recorder).unwrap();
        for p in 0..2 {
            for variable in simulation.variables(&model, p).unwrap() {
                let values = simulation.state(&model, p, &variable).unwrap();
                assert_eq!(values.len(), model.populations()[p].size as usize);
                simulation.set_state(&model, p, &variable, &values).unwrap();
            }
        }
        simulation.advance(267, &mut recorder).unwrap();
        assert!(recorder.into_recording() == expected, "{threads} threads");
    }
}

#[test]
fn what_is_set_is_what_the_next_sample_shows() {
    let model = model(&text(""));
    let names = simulation(&model, 1).variables(&model, 0).unwrap();
    assert_eq!(names, ["V_m", "w", "g_exc", "g_inh"]);
    assert_eq!(simulation(&model, 1).variables(&model, 1).unwrap().last().unwrap(), "g_exc");
    for threads in [1, 3] {
        let mut simulation = simulation(&model, threads);
        let mut recorder = simulation.recorder();
        simulation.advance(100, &mut recorder).unwrap();
        let values: Vec<f64> = (0..1100).map(|k| -70.0 + 0.01 * f64::from(k)).collect();
        simulation.set_state(&model, 0, "V_m", &values).unwrap();
        simulation.set_state(&model, 0, "g_exc", &vec![3.0; 1100]).unwrap();
        assert_eq!(simulation.state(&model, 0, "V_m").unwrap(), values);
        simulation.advance(1, &mut recorder).unwrap();
        let recording = recorder.into_recording();
        let row =
            |variable| recording.populations[0].trace(variable).unwrap().data.row(100).to_vec();
        assert_eq!(row("V_m"), values[..4]);
        assert_eq!(row("g_exc"), [3.0; 2]);
    }
}

#[test]
fn a_change_on_the_way_is_an_event() {
    let more = "[[events]]\ntime = 20\nset = \"afferents.A.rate\"\nvalue = 25\n";
    let (plain, changed) = (model(&text("")), model(&text(more)));
    let expected = run(&changed, 1);
    assert!(expected != run(&plain, 1));
    for threads in [1, 3] {
        let mut simulation = simulation(&plain, threads);
        let mut recorder = simulation.recorder();
        simulation.advance(200, &mut recorder).unwrap();
        simulation.take_changes(&changed);
        // The event at 40 ms is still to come.
        simulation.advance(400, &mut recorder).unwrap();
        assert!(recorder.into_recording() == expected, "{threads} threads");
    }
}

#[test]
fn what_cannot_be_set_is_named() {
    let model = parse_model(&text("")).unwrap();
    let mut simulation = simulation(&model, 2);
    let before = simulation.state(&model, 0, "V_m").unwrap();
    let error = simulation.set_state(&model, 0, "V", &[0.0; 1100]).unwrap_err();
    assert_eq!(error.to_string(), "E has no variable \"V\"; it has V_m, w, g_exc, g_inh");
    let error = simulation.set_state(&model, 1, "V_m", &[0.0; 3]).unwrap_err();
    assert_eq!(error.to_string(), "I has 300 neurons; 3 values of V_m are given");
    let mut values = before.clone();
    values[7] = f64::NAN;
    let error = simulation.set_state(&model, 0, "V_m", &values).unwrap_err();
    assert_eq!(error.to_string(), "V_m of neuron 7 of E would be NaN");
    assert_eq!(simulation.state(&model, 2, "V_m"), Err(StateError::Population { index: 2 }));
    assert_eq!(simulation.state(&model, 0, "V_m").unwrap(), before);
}

/// The weight of a synapse with STDP after a spike of its source and one of its target.
fn plastic_weight(dendritic_delay_fraction: f64, cut: u32) -> f64 {
    let model = parse_model(&format!(
        r#"
simulation = {{ t_stop = 40, dt = 0.1 }}
[receptors]
psc = {{ kind = "current", tau_syn = 0.5 }}
[populations.P]
size = 3
cell = {{ model = "iaf_psc_exp", C_m = 250, tau_m = 10, E_L = -65, V_th = -50, V_reset = -65, t_ref = 30 }}
[afferents]
S = {{ size = 1, spikes = {{ times = [10], ids = [0] }} }}
K = {{ size = 1, spikes = {{ times = [14], ids = [0] }} }}
[[projections]]
source = "K"
target = "P"
receptor = "psc"
weight = 100000
connection = {{ rule = "pairs", sources = [0], targets = [1] }}
[[projections]]
source = "S"
target = "P"
receptor = "psc"
weight = 5
delay = 2
connection = {{ rule = "pairs", sources = [0, 0], targets = [1, 2] }}
plasticity = {{ rule = "stdp", A_plus = 0.1, A_minus = 0.12, tau_plus = 20, tau_minus = 20, w_max = 10, dendritic_delay_fraction = {dendritic_delay_fraction} }}
"#
    ))
    .unwrap();
    let mut simulation = simulation(&model, 1);
    let mut recorder = simulation.recorder();
    simulation.advance(cut, &mut recorder).unwrap();
    let kept = simulation.checkpoint();
    let network = Network::build(&model, &Job::threads(1)).unwrap();
    let mut simulation = Simulation::resume(network, &kept).unwrap();
    simulation.advance(400 - cut, &mut recorder).unwrap();
    assert_eq!(recorder.recording().populations[0].spikes.as_ref().unwrap().ids, [1]);
    let spike = recorder.recording().populations[0].spikes.as_ref().unwrap().steps[0];
    assert!((141..145).contains(&spike), "{spike}");
    assert!(simulation.plastic_synapses(0).is_none());
    let found = simulation.plastic_synapses(1).unwrap();
    assert_eq!(found.iter().map(|s| (s.0, s.1)).collect::<Vec<_>>(), [(0, 1), (0, 2)]);
    assert!((found[1].2 - 5.0).abs() < 1e-12);
    // Interval between arrival and spike, longer by the dendritic share of the delay on either side.
    let interval = (spike as f64 - 120.0) * 0.1 + 2.0 * 2.0 * dendritic_delay_fraction;
    let expected = 5.0 + 0.1 * 10.0 * (-interval / 20.0).exp();
    assert!((found[0].2 - expected).abs() < 1e-9, "{} {expected}", found[0].2);
    found[0].2
}

#[test]
fn weights_are_read_whatever_the_share_of_the_dendrite_and_where_the_run_is_cut() {
    for share in [0.0, 0.5, 1.0] {
        // Before both spikes, between them, while the target's spike is on its way.
        let weights = [50, 130, 150].map(|cut| plastic_weight(share, cut).to_bits());
        assert!(weights.iter().all(|&w| w == weights[0]));
    }
}
