//! Plastic synapses against Brian2 (`validation/engine/plasticity.py`): five sources onto one neuron.
//!
//! Both follow the exact solutions between events, so the conductances (up to 11 nS) may differ by the rounding of some
//! hundred exponentials only.

use crate::common::{model, run};
use ntwk_core::{Model, Recording};
use serde_json::Value;

const TOLERANCE: f64 = 1e-10;

fn oracle() -> Value {
    serde_json::from_str(include_str!("../data/brian2_plasticity.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The model with a plasticity; `target` are the steps in which the target shall spike.
fn plastic(oracle: &Value, rule: &str, target: &[f64]) -> Model {
    let dt = oracle["dt"].as_f64().unwrap();
    let times: Vec<f64> =
        numbers(&oracle["spikes"]["steps"]).iter().map(|step| step * dt).collect();
    // A spike acts in the step after it, and then makes the target spike.
    let kicks: Vec<f64> = target.iter().map(|step| (step - 1.0) * dt).collect();
    model(&format!(
        r#"
simulation = {{ t_stop = {duration}, dt = {dt}, method = "heun" }}
record = {{ conductances = 1 }}
receptors = {{ r = {{ E_rev = -70, tau_syn = {tau_syn} }}, kick = {{ kind = "current", tau_syn = 0.005 }} }}
[populations.T]
size = 1
cell = {{ model = "LIF", C_m = 200, g_L = 10, E_L = -70, V_th = -65, V_reset = -70, t_ref = {dt} }}
[afferents]
S = {{ size = {sources}, spikes = {{ times = {times:?}, ids = {ids} }} }}
K = {{ size = 1, spikes = {{ times = {kicks:?}, ids = {zeros:?} }} }}
[[projections]]
source = "S"
target = "T"
receptor = "r"
weight = {weight}
delay = {delay}
connection = {{ rule = "all_to_all" }}
plasticity = {{ {rule} }}
[[projections]]
source = "K"
target = "T"
receptor = "kick"
weight = 40000
connection = {{ rule = "one_to_one" }}
"#,
        duration = oracle["duration"],
        tau_syn = oracle["tau_syn"],
        sources = oracle["sources"],
        ids = oracle["spikes"]["ids"],
        zeros = vec![0; kicks.len()],
        weight = oracle["weight"],
        delay = oracle["delay"],
    ))
}

fn compare(case: &str, recording: &Recording, expected: &Value) {
    let population = &recording.populations[0];
    let trace = population.traces.iter().find(|t| t.variable == "g_r").unwrap();
    let expected = numbers(expected);
    assert!(expected.iter().fold(0.0, |a: f64, &b| a.max(b)) > 1.0);
    let every_millisecond = trace.data.column(0).iter().copied().step_by(10).collect::<Vec<_>>();
    assert_eq!(every_millisecond.len(), expected.len());
    for (ms, (g, expected)) in every_millisecond.iter().zip(expected).enumerate() {
        assert!(
            (g - expected).abs() < TOLERANCE,
            "{case} at {ms} ms: {g} nS, Brian2 {expected} nS"
        );
    }
}

#[test]
fn short_term_plasticity_is_that_of_brian2() {
    let oracle = oracle();
    for (name, rule) in oracle["short_term"].as_object().unwrap() {
        let text = format!(
            r#"rule = "tsodyks_markram", U = {}, tau_rec = {}, tau_facil = {}"#,
            rule["U"], rule["tau_rec"], rule["tau_facil"]
        );
        compare(name, &run(&plastic(&oracle, &text, &[1.0]), 1), &rule["g"]);
    }
}

#[test]
fn the_pair_rule_is_that_of_brian2() {
    let oracle = oracle();
    let rule = &oracle["stdp"];
    let text = format!(
        r#"rule = "stdp", A_plus = {}, A_minus = {}, tau_plus = {}, tau_minus = {}, w_max = {}"#,
        rule["A_plus"], rule["A_minus"], rule["tau_plus"], rule["tau_minus"], rule["w_max"]
    );
    let target = numbers(&rule["target"]);
    let recording = run(&plastic(&oracle, &text, &target), 1);
    let spikes = recording.populations[0].spikes.as_ref().unwrap();
    assert_eq!(spikes.steps.iter().map(|&s| s as f64).collect::<Vec<_>>(), target);
    compare("stdp", &recording, &rule["g"]);
}
