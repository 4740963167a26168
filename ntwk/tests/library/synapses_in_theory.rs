//! The theory of cells under currents, synapses with a rise and synapses with short-term plasticity: an uncoupled network
//! fulfils its assumptions.

use ntwk::compare::compare;
use ntwk_core::Job;

/// Cells under one class of excitation, whose receptor and synapses a test chooses, and inhibition.
fn model(receptor: &str, weight: &str, plasticity: &str) -> String {
    format!(
        r#"
[simulation]
t_stop = 4000.0
seed = 5
[receptors]
exc = {receptor}
inh = {{ E_rev = -80.0, tau_syn = 5.0 }}
[populations.N]
size = 400
[populations.N.cell]
model = "EIF"
C_m = 200.0
g_L = 10.0
E_L = -65.0
V_th = -50.0
Delta_T = 1.0
V_reset = -65.0
t_ref = 5.0
[afferents.E]
size = 400
rate = 3.0
trains = "per_source"
[afferents.I]
size = 100
rate = 4.0
[[projections]]
source = "E"
target = "N"
receptor = "exc"
weight = {weight}
connection = {{ rule = "fixed_in_degree", in_degree = 100, multapses = false }}
{plasticity}
[[projections]]
source = "I"
target = "N"
receptor = "inh"
weight = 3.0
connection = {{ rule = "all_to_all" }}
[compare]
stationary = [500.0, 4000.0]
"#
    )
}

/// Simulated and predicted rate (Hz), and the error of the prediction.
fn rates(text: &str) -> (f64, f64, f64) {
    let model = crate::common::model(text);
    let recording = crate::common::run(&model, 2);
    let library = ntwk_cells::library();
    let job = Job::threads(2);
    let theory = ntwk_meanfield::prediction::predict::predict(&model, &library, &job).unwrap();
    let found = compare(&model, &recording, &theory, &library, &job).unwrap();
    let n = &found.populations[0];
    (n.rate.simulated.unwrap(), n.rate.predicted.unwrap(), n.rate_error.unwrap())
}

#[track_caller]
fn agree(text: &str) {
    let (simulated, predicted, error) = rates(text);
    assert!(simulated > 1.0 && simulated < 40.0, "{simulated} Hz");
    // Cells share afferent neurons, 400 cells over 3.5 s: their mean rate is good to about 1.5 %.
    let allowed = 3.0 * error.hypot(0.015 * simulated);
    assert!((simulated - predicted).abs() < allowed, "{simulated} {predicted} ± {error}");
}

#[test]
fn currents() {
    agree(&model("{ kind = \"current\", tau_syn = 5.0 }", "200.0", ""));
}

#[test]
fn a_rise_time() {
    agree(&model("{ E_rev = 0.0, tau_syn = 4.0, tau_rise = 2.0 }", "2.2", ""));
}

#[test]
fn short_term_depression_and_facilitation() {
    let exponential = "{ E_rev = 0.0, tau_syn = 5.0 }";
    let rule = |u: f64, rec: f64, facil: f64| {
        format!(
            "plasticity = {{ rule = \"tsodyks_markram\", U = {u}, tau_rec = {rec}, tau_facil = {facil} }}"
        )
    };
    // Releases in a row share what is left of the synapse, so that they vary less together than one by one: the theory, which
    // takes them as independent, is high by some per cent, and says so.
    for text in [
        model(exponential, "7.0", &rule(0.5, 100.0, 0.0)),
        model(exponential, "9.0", &rule(0.2, 50.0, 400.0)),
    ] {
        let (simulated, predicted, error) = rates(&text);
        assert!(simulated > 1.0 && simulated < 40.0, "{simulated} Hz");
        let high = predicted / simulated;
        assert!((0.97..1.15).contains(&high), "{simulated} {predicted} ± {error}");
    }
}

/// Two weights of excitation and nothing that holds the cells down: the stronger drives the scan, and the weaker must be scanned
/// beside it, up to what fires the cells alone.
#[test]
fn excitation_of_two_weights_without_inhibition() {
    let input = |name: &str, weight: f64| {
        format!(
            r#"
[afferents.{name}]
size = 400
rate = 4.0
trains = "per_source"
[[projections]]
source = "{name}"
target = "P"
receptor = "exc"
weight = {weight}
connection = {{ rule = "fixed_in_degree", in_degree = 45, multapses = false }}
"#
        )
    };
    let cells = r#"
[simulation]
t_stop = 3000.0
[receptors]
exc = { E_rev = 0.0, tau_syn = 5.0 }
[populations.P]
size = 300
cell = { model = "LIF", C_m = 150.0, g_L = 8.0, E_L = -62.0, V_th = -48.0, V_reset = -60.0, t_ref = 3.0 }
"#;
    for weights in [vec![1.0, 2.0], vec![1.0, 1.1], vec![0.5, 1.0, 2.0]] {
        let inputs: Vec<String> =
            weights.iter().enumerate().map(|(i, w)| input(&format!("A{i}"), *w)).collect();
        let text = format!("{cells}{}", inputs.concat());
        let model = crate::common::model(&text);
        let recording = crate::common::run(&model, 2);
        let (library, job) = (ntwk_cells::library(), Job::threads(2));
        let theory = ntwk_meanfield::prediction::predict::predict(&model, &library, &job).unwrap();
        let plan = &theory.populations[0].scan.plan;
        for class in 0..weights.len() {
            let alone =
                |rates: &Vec<f64>| (0..weights.len()).all(|c| (c == class) == (rates[c] > 0.0));
            assert!(plan.rates.iter().any(alone), "{weights:?}: no point of class {class} alone");
        }
        let fit = &theory.populations[0].fit;
        let step = &fit.threshold_step;
        // One receptor: the conductance, and with it mu_V, fixes tau_V, which is linear in it.
        assert_eq!(step.rank, 6, "{weights:?}");
        assert!(step.condition_number < 1e5, "{weights:?}: {}", step.condition_number);
        let found = compare(&model, &recording, &theory, &library, &job).unwrap();
        let p = &found.populations[0];
        assert_eq!(p.in_domain, Some(true), "{weights:?}");
        let (simulated, fitted) = (p.rate.simulated.unwrap(), p.fitted_rate.unwrap());
        assert!((fitted / simulated - 1.0).abs() < 0.1, "{weights:?}: {simulated} {fitted}");
        let predicted = p.rate.predicted.unwrap();
        assert!((predicted / simulated - 1.0).abs() < 0.03, "{weights:?}: {simulated} {predicted}");
    }
}
