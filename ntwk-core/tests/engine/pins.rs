//! The numerical pins of the engine, one test each, on models of a few neurons whose course is
//! computed here step by step.

use crate::common::{model, run};
use ntwk_core::{Job, Network, Recording};

/// A leaky cell with tau_m = 20 ms.
const LIF: &str = "model = \"LIF\", C_m = 200, g_L = 10, E_L = -70, V_th = -50, V_reset = -65";

fn trace(recording: &Recording, population: &str, variable: &str, neuron: usize) -> Vec<f64> {
    let population = recording.population(population).unwrap();
    let trace = population.traces.iter().find(|t| t.variable == variable).unwrap();
    trace.data.column(neuron).to_vec()
}

fn steps(recording: &Recording, population: &str) -> Vec<u64> {
    recording.population(population).unwrap().spikes.clone().unwrap().steps
}

/// One neuron `N` that is sent the given spikes with weight 3 nS.
fn driven(cell: &str, settings: &str, times: &str, projection: &str) -> String {
    let count = times.split(',').filter(|t| !t.trim().is_empty()).count();
    let ids = vec!["0"; count].join(", ");
    format!(
        r#"
simulation = {{ dt = 0.1, {settings} }}
record = {{ V_m = 1, cell_variables = 1, conductances = 1, currents = 1 }}
receptors = {{ exc = {{ E_rev = 0, tau_syn = 5 }} }}
populations = {{ N = {{ size = 1, cell = {{ {cell} }} }} }}
afferents = {{ S = {{ size = 1, spikes = {{ times = [{times}], ids = [{ids}] }} }} }}
[[projections]]
source = "S"
target = "N"
receptor = "exc"
weight = 3
connection = {{ rule = "one_to_one" }}
{projection}
"#
    )
}

fn assert_close(ours: &[f64], expected: &[f64]) {
    assert_eq!(ours.len(), expected.len());
    for (k, (a, b)) in ours.iter().zip(expected).enumerate() {
        // The order of operations may differ by rounding.
        assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "step {k}: {a} != {b}");
    }
}

#[test]
fn euler_records_then_integrates_from_the_start_of_the_step_then_delivers() {
    let recording =
        run(&model(&driven(&format!("{LIF}, t_ref = 5"), "t_stop = 3", "0.5, 0.5, 1.2", "")), 1);
    let (mut v, mut g) = (-70.0f64, 0.0f64);
    let (mut vs, mut gs, mut currents) = (Vec::new(), Vec::new(), Vec::new());
    for step in 0..30 {
        vs.push(v);
        gs.push(g);
        currents.push(g * (0.0 - v));
        v += 0.1 * (10.0 * (-70.0 - v) + g * (0.0 - v)) / 200.0;
        g *= 1.0 - 0.1 / 5.0;
        g += 3.0 * [(5, 2.0), (12, 1.0)].iter().find(|e| e.0 == step).map_or(0.0, |e| e.1);
    }
    assert_eq!(trace(&recording, "N", "V_m", 0)[0], -70.0, "starts at rest");
    assert_close(&trace(&recording, "N", "V_m", 0), &vs);
    assert_close(&trace(&recording, "N", "g_exc", 0), &gs);
    assert_close(&trace(&recording, "N", "I_exc", 0), &currents);
}

#[test]
fn heun_decays_conductances_exactly_and_uses_both_ends_of_the_step() {
    let settings = "t_stop = 3, method = \"heun\"";
    let recording = run(&model(&driven(&format!("{LIF}, t_ref = 5"), settings, "0.5", "")), 1);
    let slope = |v: f64, g: f64| (10.0 * (-70.0 - v) + g * (0.0 - v)) / 200.0;
    let (mut v, mut g) = (-70.0f64, 0.0f64);
    let (mut vs, mut gs) = (Vec::new(), Vec::new());
    for step in 0..30 {
        vs.push(v);
        gs.push(g);
        let end = g * (-0.1f64 / 5.0).exp();
        let first = slope(v, g);
        v += 0.05 * (first + slope(v + 0.1 * first, end));
        g = end + if step == 5 { 3.0 } else { 0.0 };
    }
    assert_close(&trace(&recording, "N", "V_m", 0), &vs);
    assert_close(&trace(&recording, "N", "g_exc", 0), &gs);
}

#[test]
fn an_event_acts_on_the_step_after_its_delay() {
    for (delay, first) in [("0", 6), ("0.1", 7), ("0.34", 9), ("1.5", 21)] {
        let text =
            driven(&format!("{LIF}, t_ref = 5"), "t_stop = 3", "0.5", &format!("delay = {delay}"));
        let g = trace(&run(&model(&text), 1), "N", "g_exc", 0);
        let seen = g.iter().position(|&x| x > 0.0).unwrap();
        assert_eq!(seen, first, "delay {delay}");
        assert_eq!(g[seen], 3.0, "whole when it is first seen");
    }
}

/// `A` spikes by its current; `B` receives it; two populations, one block each.
fn chain(delay: &str) -> String {
    format!(
        r#"
simulation = {{ dt = 0.1, t_stop = 60 }}
record = {{ V_m = 1, conductances = 1 }}
receptors = {{ exc = {{ E_rev = 0, tau_syn = 5 }} }}
[populations]
A = {{ size = 1, I_e = 300, cell = {{ {LIF}, t_ref = 5 }} }}
B = {{ size = 1, cell = {{ {LIF}, t_ref = 5 }} }}
[[projections]]
source = "A"
target = "B"
receptor = "exc"
weight = 2
delay = {delay}
connection = {{ rule = "one_to_one" }}
"#
    )
}

#[test]
fn a_spike_of_step_k_is_seen_in_step_k_plus_1_plus_the_delay() {
    for (delay, delay_steps) in [("0", 0), ("0.1", 1), ("2", 20), ("12.3", 123)] {
        for threads in [1, 2] {
            let recording = run(&model(&chain(delay)), threads);
            let sent = steps(&recording, "A")[0] as usize;
            let g = trace(&recording, "B", "g_exc", 0);
            let seen = g.iter().position(|&x| x > 0.0).unwrap();
            assert_eq!(seen, sent + 1 + delay_steps, "delay {delay}, {threads} threads");
        }
    }
}

#[test]
fn a_spike_needs_v_above_the_threshold_not_at_it() {
    // dt I / C_m = 20 mV: one step leads from -70 mV exactly to V_th = -50 mV, where the leak of
    // -1 mV per step and the current of 1 mV per step hold it.
    let text = |after: f64| {
        format!(
            r#"
simulation = {{ dt = 1, t_stop = 10 }}
record = {{ V_m = 1 }}
populations = {{ N = {{ size = 1, I_e = {{ waveform = "steps", baseline = 4096, times = [0.5], values = [{after}] }}, cell = {{ model = "LIF", C_m = 256, g_L = 16, E_L = -66, V_th = -50, V_reset = -66, t_ref = 5 }} }} }}
"#
        )
    };
    let at = run(&model(&text(256.0)), 1);
    assert_eq!(trace(&at, "N", "V_m", 0)[1..], [-50.0; 9]);
    assert!(steps(&at, "N").is_empty(), "V = V_th is no spike");
    let above = run(&model(&text(257.0)), 1);
    assert_eq!(steps(&above, "N"), [1], "V just above V_th is one");
}

#[test]
fn v_peak_is_five_slopes_above_v_th_unless_it_is_given() {
    let threshold = |cell: &str| {
        let text = format!(
            "simulation = {{ t_stop = 1 }}\npopulations = {{ N = {{ size = 1, cell = {{ {cell} }} }} }}"
        );
        model(&text).populations()[0].cell.spike_threshold()
    };
    assert_eq!(threshold("preset = \"RS\""), -40.0);
    assert_eq!(threshold("preset = \"RS\", Delta_T = 0"), -50.0);
    assert_eq!(threshold("preset = \"RS\", V_peak = -30"), -30.0);
    assert_eq!(threshold(&format!("{LIF}, t_ref = 5")), -50.0);
}

#[test]
fn v_is_held_for_whole_refractory_steps_and_w_goes_on() {
    for (t_ref, held) in [("0", 1), ("0.1", 1), ("0.34", 3), ("0.36", 4), ("5", 50)] {
        let cell = format!("preset = \"RS\", V_reset = -65, a = 2, t_ref = {t_ref}");
        let text = driven(&cell, "t_stop = 100", "", "")
            .replace("size = 1, cell", "size = 1, I_e = 900, cell");
        let recording = run(&model(&text), 1);
        let fired = steps(&recording, "N");
        assert!(fired.len() > 2);
        let k = fired[0] as usize;
        let (v, w) = (trace(&recording, "N", "V_m", 0), trace(&recording, "N", "w", 0));
        assert!(v[k] > -65.0, "before the spike");
        let at_reset = v[k + 1..].iter().take_while(|&&x| x == -65.0).count();
        assert_eq!(at_reset, held, "t_ref = {t_ref} ms");
        // w takes an Euler step from the values at the start of step k, then the jump b.
        let expected = w[k] + 0.1 * (2.0 * (v[k] + 70.0) - w[k]) / 500.0 + 40.0;
        assert!((w[k + 1] - expected).abs() < 1e-12, "{} != {expected}", w[k + 1]);
        let next = w[k + 1] + 0.1 * (2.0 * (v[k + 1] + 70.0) - w[k + 1]) / 500.0;
        assert!((w[k + 2] - next).abs() < 1e-12, "w goes on while V is held");
    }
}

#[test]
fn conductances_go_on_while_v_is_held() {
    let text = driven(&format!("{LIF}, t_ref = 5"), "t_stop = 30", "0, 22", "")
        .replace("size = 1, cell", "size = 1, I_e = 300, cell");
    let recording = run(&model(&text), 1);
    let fired = steps(&recording, "N")[0] as usize;
    let (v, g) = (trace(&recording, "N", "V_m", 0), trace(&recording, "N", "g_exc", 0));
    assert_eq!(v[fired + 1], v[fired + 20], "held");
    assert!((g[fired + 10] / g[fired + 9] - 0.98).abs() < 1e-12, "decays by 1 - dt/tau");
}

fn in_degree(rule: &str, source: u32) -> f64 {
    let text = format!(
        r#"
simulation = {{ t_stop = 1 }}
receptors = {{ exc = {{ E_rev = 0, tau_syn = 5 }} }}
[populations]
S = {{ size = {source}, cell = "RS" }}
T = {{ size = 7, cell = "RS" }}
[[projections]]
source = "S"
target = "T"
receptor = "exc"
weight = 1
connection = {{ {rule} }}
"#
    );
    let model = model(&text);
    let degree = model.projections()[0].in_degree;
    let synapses = Network::build(&model, &Job::threads(1)).unwrap().synapses();
    assert_eq!(synapses, (7.0 * degree) as u64, "the network has what the model says");
    degree
}

#[test]
fn the_in_degree_is_the_floor_of_probability_times_source_size() {
    let fixed =
        |p: &str, n| in_degree(&format!("rule = \"fixed_in_degree\", probability = {p}"), n);
    assert_eq!(fixed("0.05", 59), 2.0);
    assert_eq!(fixed("0.05", 60), 3.0);
    // 0.07 * 100 is 7.000000000000001 and 0.29 * 100 is 28.999999999999996 in doubles.
    assert_eq!(fixed("0.07", 100), 7.0);
    assert_eq!(fixed("0.29", 100), 29.0);
    assert_eq!(fixed("0.01", 99), 0.0);
    assert_eq!(fixed("1", 10), 10.0);
    assert_eq!(in_degree("rule = \"fixed_in_degree\", in_degree = 25", 10), 25.0, "multapses");
}

/// Conductance steps of a population of which neuron 0 alone is made to spike by a given event.
fn recurrent(rule: &str) -> Vec<f64> {
    let text = format!(
        r#"
simulation = {{ t_stop = 5 }}
record = {{ conductances = 30 }}
[receptors]
exc = {{ E_rev = 0, tau_syn = 5 }}
kick = {{ E_rev = 0, tau_syn = 5 }}
[populations]
N = {{ size = 30, cell = {{ {LIF}, t_ref = 50 }} }}
[afferents]
S = {{ size = 30, spikes = {{ times = [1], ids = [3] }} }}
[[projections]]
source = "S"
target = "N"
receptor = "kick"
weight = 1000
connection = {{ rule = "one_to_one" }}
[[projections]]
source = "N"
target = "N"
receptor = "exc"
weight = 0.001
connection = {{ {rule} }}
"#
    );
    let recording = run(&model(&text), 1);
    assert_eq!(recording.population("N").unwrap().spikes.as_ref().unwrap().ids, [3]);
    (0..30).map(|i| trace(&recording, "N", "g_exc", i).into_iter().fold(0.0, f64::max)).collect()
}

#[test]
fn a_neuron_is_its_own_source_only_when_asked() {
    let reached = |rule: &str| -> Vec<usize> {
        recurrent(rule).iter().enumerate().filter(|g| *g.1 > 0.0).map(|g| g.0).collect()
    };
    let others: Vec<usize> = (0..30).filter(|&i| i != 3).collect();
    assert_eq!(reached("rule = \"all_to_all\""), others);
    assert_eq!(reached("rule = \"pairwise_bernoulli\", probability = 1"), others);
    let all = "rule = \"fixed_in_degree\", in_degree = 29, multapses = false";
    assert_eq!(reached(all), others);
    assert!(!reached("rule = \"fixed_in_degree\", in_degree = 900").contains(&3));
    let everyone: Vec<usize> = (0..30).collect();
    assert_eq!(reached("rule = \"all_to_all\", autapses = true"), everyone);
    let all = "rule = \"fixed_in_degree\", in_degree = 30, multapses = false, autapses = true";
    assert_eq!(reached(all), everyone);
}

#[test]
fn multapses_add_up_and_can_be_forbidden() {
    let weights = |multapses: bool| {
        let rule = format!("rule = \"fixed_in_degree\", in_degree = 20, multapses = {multapses}");
        let counts: Vec<f64> = recurrent(&rule).iter().map(|g| (g / 0.001).round()).collect();
        counts
    };
    assert!(weights(true).iter().any(|&n| n >= 2.0));
    assert!(weights(false).iter().all(|&n| n <= 1.0));
    assert!(weights(false).contains(&1.0));
}

/// Events that reach 600 neurons from 50 spikes with a given release probability.
fn released(probability: f64, threads: usize, seed: u64) -> Vec<u64> {
    let text = format!(
        r#"
simulation = {{ t_stop = 60, seed = {seed} }}
record = {{ conductances = 600 }}
receptors = {{ exc = {{ E_rev = -70, tau_syn = 1e9 }} }}
[populations]
S = {{ size = 1, I_e = 20000, cell = {{ {LIF}, t_ref = 1 }} }}
T = {{ size = 600, cell = {{ {LIF}, t_ref = 1 }} }}
[[projections]]
source = "S"
target = "T"
receptor = "exc"
weight = 1
release_probability = {probability}
connection = {{ rule = "all_to_all" }}
"#
    );
    let recording = run(&model(&text), threads);
    let sent = steps(&recording, "S").iter().filter(|&&k| k < 599).count();
    assert!(sent >= 50, "{sent}");
    // The last sample holds all events but those of the last step.
    let events = (0..600).map(|i| *trace(&recording, "T", "g_exc", i).last().unwrap());
    let mut counts: Vec<u64> = events.map(|g| g.round() as u64).collect();
    counts.push(sent as u64);
    counts
}

#[test]
fn release_thins_recurrent_events_with_the_right_mean_and_no_regard_to_threads() {
    let one = released(0.3, 1, 5);
    let (&sent, counts) = one.split_last().unwrap();
    let n = (600 * sent) as f64;
    let mean = counts.iter().sum::<u64>() as f64 / n;
    // Binomial: five standard errors.
    assert!((mean - 0.3).abs() < 5.0 * (0.3 * 0.7 / n).sqrt(), "{mean}");
    let variance =
        counts.iter().map(|&c| (c as f64 - 0.3 * sent as f64).powi(2)).sum::<f64>() / 600.0;
    let expected = 0.21 * sent as f64;
    // The relative standard error of a variance of 600 samples is sqrt(2/600) = 6 %.
    assert!((variance / expected - 1.0).abs() < 0.3, "{variance} {expected}: independent draws");
    for threads in [2, 3] {
        assert_eq!(released(0.3, threads, 5), one);
    }
    assert_ne!(released(0.3, 1, 6), one);
    let (sent, all) = (one[600], released(1.0, 1, 5));
    assert!(all.iter().all(|&c| c == sent), "without thinning every event arrives");
    assert!(released(0.0, 1, 5)[..600].iter().all(|&c| c == 0));
}

fn afferent_events(rate: f64, statistics: &str) -> Vec<f64> {
    let text = format!(
        r#"
simulation = {{ t_stop = 20, dt = 0.1 }}
record = {{ conductances = 8 }}
receptors = {{ exc = {{ E_rev = -70, tau_syn = 1e9 }} }}
populations = {{ N = {{ size = 8, cell = {{ {LIF}, t_ref = 1 }} }} }}
afferents = {{ A = {{ size = 10, rate = {rate}, statistics = "{statistics}" }} }}
[[projections]]
source = "A"
target = "N"
receptor = "exc"
weight = 1
connection = {{ rule = "all_to_all" }}
"#
    );
    let recording = run(&model(&text), 1);
    let g: Vec<Vec<f64>> = (0..8).map(|i| trace(&recording, "N", "g_exc", i)).collect();
    g.iter().flat_map(|g| g.windows(2).map(|w| (w[1] - w[0]).round())).collect()
}

#[test]
fn at_most_one_event_per_step_saturates_and_poisson_does_not() {
    // 10 afferents of 1 kHz: one event is expected per step of 0.1 ms; 5 kHz: five.
    for rate in [1000.0, 5000.0] {
        let events = afferent_events(rate, "at_most_one_per_step");
        assert!(events.iter().all(|&n| n == 1.0), "one event in every step at {rate} Hz");
    }
    let some = afferent_events(300.0, "at_most_one_per_step");
    assert!(some.iter().all(|&n| n == 0.0 || n == 1.0));
    let mean = some.iter().sum::<f64>() / some.len() as f64;
    let error = (0.3 * 0.7 / some.len() as f64).sqrt();
    assert!((mean - 0.3).abs() < 5.0 * error, "{mean}");
    let poisson = afferent_events(5000.0, "poisson");
    let mean = poisson.iter().sum::<f64>() / poisson.len() as f64;
    assert!((mean - 5.0).abs() < 5.0 * (5.0 / poisson.len() as f64).sqrt(), "{mean}");
    assert!(poisson.iter().any(|&n| n > 8.0));
}
