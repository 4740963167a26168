//! Cells at the simulated rates: an uncoupled network is what they are.

use ntwk::compare::diagnosis::{compared_forms, poisson_cells, theory_forms};

/// Adapting cells under Poisson input alone: the network fulfils every assumption of the cells measured beside it.
const MODEL: &str = r#"
[simulation]
t_stop = 2000.0
seed = 11
[receptors]
exc = { E_rev = 0.0, tau_syn = 5.0 }
[populations.N]
size = 400
[populations.N.cell]
model = "AdEx"
C_m = 200.0
g_L = 10.0
E_L = -65.0
V_th = -50.0
Delta_T = 2.0
V_reset = -65.0
t_ref = 5.0
a = 0.0
b = 20.0
tau_w = 150.0
[afferents.E]
size = 400
rate = 1.3
[[projections]]
source = "E"
target = "N"
receptor = "exc"
weight = 1.0
connection = { rule = "all_to_all" }
[record]
V_m = 100
[compare]
stationary = [800.0, 2000.0]
[theory.scan]
neurons = 16
duration = 500.0
"#;

#[test]
fn cells_at_the_simulated_rates_are_those_of_an_uncoupled_network() {
    let model = crate::common::model(MODEL);
    let recording = crate::common::run(&model, 2);
    let library = ntwk_cells::library();
    let cells = poisson_cells(&model, &recording, &library, &ntwk_core::Job::threads(2)).unwrap();
    let cell = &cells[0];
    assert!(cell.simulated_rate > 2.0, "{cell:?}");
    // Both are means over 400 independent cells: four standard errors of their difference.
    let error = cell.rate_error.hypot(cell.simulated_rate_error.unwrap());
    assert!((cell.rate - cell.simulated_rate).abs() < 4.0 * error, "{cell:?}");
    let potentials = ntwk::compare::potential_moments(&model, &recording).unwrap();
    let (mean, sd) = potentials[0].mean_and_sd().unwrap();
    // 100 cells of 1.2 s with tau_V of 20 ms are some 3000 independent samples of a sd of 3 mV.
    assert!((cell.V_m_mean.unwrap() - mean).abs() < 0.25, "{cell:?} {mean}");
    assert!((cell.V_m_sd.unwrap() / sd - 1.0).abs() < 0.05, "{cell:?} {sd}");
    // The same bits for any number of threads.
    assert_eq!(
        poisson_cells(&model, &recording, &library, &ntwk_core::Job::threads(1)).unwrap(),
        cells
    );
}

/// A second class of inputs: with one alone the scan has its moments on a line, which an adaptation current leaves.
const INHIBITION: &str = r#"
[afferents.I]
size = 100
rate = 4.0
[[projections]]
source = "I"
target = "N"
receptor = "inh"
weight = 4.0
connection = { rule = "all_to_all" }
[record]"#;

#[test]
fn the_forms_of_the_theory_differ_in_their_memory_alone() {
    let ramp =
        r#"rate = { waveform = "ramp", from = 3.2, to = 4.2, start = 1500.0, stop = 1501.0 }"#;
    let windows = "stationary = [800.0, 1500.0]\ntransient = [1500.0, 2000.0]\nsmoothing = 3.0";
    let text = MODEL
        .replace("[populations.N]", "inh = { E_rev = -80.0, tau_syn = 5.0 }\n[populations.N]")
        .replace("\n[record]", INHIBITION)
        .replace("rate = 1.3", ramp)
        .replace("neurons = 16", "neurons = 64")
        .replace("stationary = [800.0, 2000.0]", windows);
    let model = crate::common::model(&text);
    let recording = crate::common::run(&model, 2);
    let library = ntwk_cells::library();
    let theory =
        ntwk_meanfield::prediction::predict::predict(&model, &library, &ntwk_core::Job::threads(2))
            .unwrap();
    let forms = theory_forms(&model, &theory, &library, &ntwk_core::Job::threads(2)).unwrap();
    let rows = compared_forms(&model, &recording, &forms).unwrap();
    let peak = |form: &str| {
        let row = rows.iter().find(|r| r.form.contains(form)).unwrap_or_else(|| panic!("{form}"));
        (row.rate.predicted.unwrap(), row.peak.unwrap())
    };
    let (in_function, as_variable) = (peak("in the transfer function"), peak("as a variable"));
    // Stationary states agree to the errors of two fits.
    assert!((in_function.0 / as_variable.0 - 1.0).abs() < 0.25, "{rows:?}");
    // The overshoot after a step of the input is the work of the memory.
    let overshoot = |p: ntwk::compare::Pair| p.predicted.unwrap();
    assert!(overshoot(as_variable.1) > 1.15 * overshoot(in_function.1), "{rows:?}");
}

/// A stationary rate is that of the stable state, not a mean that slow adaptation is still in: `W` with 1.5 s of memory starts
/// at zero and is far from its end in the window.
#[test]
fn forms_leave_transients_out_of_stationary_rates() {
    let text = MODEL
        .replace("[populations.N]", "inh = { E_rev = -80.0, tau_syn = 5.0 }\n[populations.N]")
        .replace("\n[record]", INHIBITION)
        .replace("rate = 1.3", "rate = 3.2")
        .replace("tau_w = 150.0", "tau_w = 1500.0");
    let model = crate::common::model(&text);
    let recording = crate::common::run(&model, 2);
    let library = ntwk_cells::library();
    let job = ntwk_core::Job::threads(2);
    let theory = ntwk_meanfield::prediction::predict::predict(&model, &library, &job).unwrap();
    let state = theory.stationary_state(theory.windows.stationary, &job).unwrap().unwrap();
    let forms = theory_forms(&model, &theory, &library, &job).unwrap();
    let rows = compared_forms(&model, &recording, &forms).unwrap();
    let dynamic = rows.iter().find(|r| r.form.contains("as a variable")).unwrap();
    assert_eq!(dynamic.rate.predicted, Some(state.rates[0]));
    let [from, to] = theory.windows.stationary;
    let within: Vec<f64> = theory
        .trajectory
        .times
        .iter()
        .zip(theory.trajectory.component(0))
        .filter(|(t, _)| (from..to).contains(*t))
        .map(|(_, r)| r)
        .collect();
    let mean = within.iter().sum::<f64>() / within.len() as f64;
    assert!((mean / state.rates[0] - 1.0).abs() > 0.05, "no transient: {mean} {:?}", state.rates);
}
