//! What synapses, afferents and neurons can do beyond the plain network, each against its formula
//! or against another way of writing the same model.

use crate::common::{model, run};
use ntwk_core::{Job, Model, Network, Recording, Simulation};

/// One silent LIF target per synapse under test, driven by given spikes.
fn driven(receptor: &str, projection: &str, more: &str) -> Model {
    model(&format!(
        r#"
simulation = {{ t_stop = 100, dt = 0.1, method = "heun" }}
record = {{ V_m = 1, conductances = 1, currents = 1 }}
receptors = {{ r = {{ {receptor} }} }}
{more}
[populations.T]
size = 1
cell = {{ model = "LIF", C_m = 200, g_L = 10, E_L = -70, V_th = 1000, V_reset = -70, t_ref = 2 }}
[afferents]
S = {{ size = 1, spikes = {{ times = [10, 20, 30, 60], ids = [0, 0, 0, 0] }} }}
[[projections]]
source = "S"
target = "T"
receptor = "r"
connection = {{ rule = "one_to_one" }}
{projection}
"#
    ))
}

fn trace(recording: &Recording, variable: &str) -> Vec<f64> {
    let population = &recording.populations[0];
    let trace = population.traces.iter().find(|t| t.variable == variable).unwrap();
    trace.data.column(0).to_vec()
}

#[test]
fn a_current_receptor_is_a_current_of_either_sign() {
    let recording = run(&driven("kind = \"current\", tau_syn = 2", "weight = \"-0.05 nA\"", ""), 1);
    let current = trace(&recording, "I_r");
    // The spike at 10 ms acts from the next step on.
    assert_eq!(current[100], 0.0);
    assert!((current[101] + 50.0).abs() < 1e-12);
    assert!((current[111] + 50.0 * (-0.5f64).exp()).abs() < 1e-9);
    // V of C V' = -g (V - E) + I with I = -50 e^(-t/2): exact solution.
    let v = trace(&recording, "V_m");
    let (tau_m, tau_s, t) = (20.0, 2.0, 5.0f64);
    let expected = -70.0
        - 50.0 / 200.0 * tau_m * tau_s / (tau_m - tau_s)
            * ((-t / tau_m).exp() - (-t / tau_s).exp());
    // Heun's error at dt = 0.1 ms.
    assert!((v[151] - expected).abs() < 2e-3, "{} {expected}", v[151]);
}

#[test]
fn a_mixture_lies_between_a_conductance_and_its_current() {
    let current = |alpha: f64| {
        let receptor =
            format!("kind = \"mixture\", E_rev = 0, tau_syn = 5, alpha = {alpha}, V_0 = -60");
        run(&driven(&receptor, "weight = 20", ""), 1)
    };
    let plain = run(&driven("E_rev = 0, tau_syn = 5", "weight = 20", ""), 1);
    assert_eq!(trace(&current(1.0), "V_m"), trace(&plain, "V_m"));
    for alpha in [0.0, 0.3] {
        let recording = current(alpha);
        let (g, i, v) =
            (trace(&recording, "g_r"), trace(&recording, "I_r"), trace(&recording, "V_m"));
        for k in [101, 120, 305] {
            let expected = g[k] * (alpha * (0.0 - v[k]) + (1.0 - alpha) * 60.0);
            assert!((i[k] - expected).abs() < 1e-9, "{alpha} {k}");
        }
    }
}

#[test]
fn short_term_plasticity_follows_the_event_equations() {
    let (u0, rec, facil) = (0.4, 30.0, 50.0f64);
    let plasticity = format!(
        "weight = 10\nplasticity = {{ rule = \"tsodyks_markram\", U = {u0}, tau_rec = {rec}, tau_facil = {facil} }}"
    );
    let recording = run(&driven("E_rev = 0, tau_syn = 1", &plasticity, ""), 1);
    let g = trace(&recording, "g_r");
    let (mut u, mut x, mut last) = (0.0f64, 1.0f64, None);
    for spike in [100usize, 200, 300, 600] {
        if let Some(last) = last {
            let gap = (spike - last) as f64 * 0.1;
            u *= (-gap / facil).exp();
            x = 1.0 + (x - 1.0) * (-gap / rec).exp();
        }
        u += u0 * (1.0 - u);
        let step = g[spike + 1] - g[spike] * (-0.1f64).exp();
        assert!((step - 10.0 * u * x).abs() < 1e-9, "{spike}: {step}");
        x *= 1.0 - u;
        last = Some(spike);
    }
}

#[test]
fn stdp_follows_the_pair_rule() {
    // The target fires when a second afferent kicks it at 15, 33 and 58 ms.
    let text = r#"
simulation = { t_stop = 100, dt = 0.1, method = "heun" }
record = { conductances = 1, V_m = 1 }
receptors = { r = { E_rev = -70, tau_syn = 1 }, kick = { kind = "current", tau_syn = 0.5 } }
[populations.T]
size = 1
cell = { model = "LIF", C_m = 200, g_L = 10, E_L = -70, V_th = -60, V_reset = -70, t_ref = 1 }
[afferents]
S = { size = 1, spikes = { times = [10, 20, 30, 60], ids = [0, 0, 0, 0] } }
K = { size = 1, spikes = { times = [15, 33, 58], ids = [0, 0, 0] } }
[[projections]]
source = "S"
target = "T"
receptor = "r"
weight = 5
delay = 2
connection = { rule = "one_to_one" }
plasticity = { rule = "stdp", A_plus = 0.1, A_minus = 0.12, tau_plus = 20, tau_minus = 15, w_max = 8 }
[[projections]]
source = "K"
target = "T"
receptor = "kick"
weight = 20000
connection = { rule = "one_to_one" }
"#;
    let recording = run(&model(text), 1);
    let post = recording.populations[0].spikes.as_ref().unwrap().steps.clone();
    assert_eq!(post.len(), 3, "{post:?}");
    let g = trace(&recording, "g_r");
    let mut w = 5.0f64;
    let mut events: Vec<(u64, bool)> = [120, 220, 320, 620].map(|s| (s, true)).to_vec();
    events.extend(post.iter().map(|&s| (s, false)));
    events.sort_by_key(|e| (e.0, !e.1));
    let trace_at = |events: &[(u64, bool)], now: u64, arrivals: bool, tau: f64| -> f64 {
        let before = events.iter().filter(|e| e.1 == arrivals);
        before.map(|e| (-((now - e.0) as f64) * 0.1 / tau).exp()).sum()
    };
    for (k, &(step, arrival)) in events.iter().enumerate() {
        if arrival {
            let added = g[step as usize + 1] - g[step as usize] * (-0.1f64).exp();
            assert!((added - w).abs() < 1e-9, "{step}: {added} {w}");
            w = (w - 0.12 * 8.0 * trace_at(&events[..k], step, false, 15.0)).clamp(0.0, 8.0);
        } else {
            w = (w + 0.1 * 8.0 * trace_at(&events[..k], step, true, 20.0)).clamp(0.0, 8.0);
        }
    }
    assert!((w - 5.0).abs() > 0.1, "the weight changed: {w}");
}

#[test]
fn changes_take_effect_at_their_step() {
    let events = r#"
[[events]]
time = 15
set = "projections.S_T.weight"
value = "3 nS"
[[events]]
time = 25
set = "receptors.r.E_rev"
value = "-80 mV"
[[events]]
time = 50
set = "populations.T.I_e"
value = "100 pA"
[[events]]
time = 70
set = "populations.T.cell.g_L"
value = 20
"#;
    // Tables of the top level must come before.
    let text = driven("E_rev = 0, tau_syn = 5", "weight = 10", "");
    let mut spec = text.spec().clone();
    let with = {
        let whole = format!(
            "{}{events}",
            r#"
simulation = { t_stop = 100, dt = 0.1, method = "heun" }
record = { V_m = 1, conductances = 1, currents = 1 }
receptors = { r = { E_rev = 0, tau_syn = 5 } }
[populations.T]
size = 1
cell = { model = "LIF", C_m = 200, g_L = 10, E_L = -70, V_th = 1000, V_reset = -70, t_ref = 2 }
[afferents]
S = { size = 1, spikes = { times = [10, 20, 30, 60], ids = [0, 0, 0, 0] } }
[[projections]]
source = "S"
target = "T"
receptor = "r"
weight = 10
connection = { rule = "one_to_one" }
"#
        );
        model(&whole)
    };
    spec.events.clone_from(&with.spec().events);
    assert_eq!(&spec, with.spec(), "the same model but for the events");
    let (plain, changed) = (run(&text, 1), run(&with, 1));
    let (g, h) = (trace(&plain, "g_r"), trace(&changed, "g_r"));
    assert_eq!(g[..=200], h[..=200]);
    assert!((h[201] - (h[200] * (-0.02f64).exp() + 3.0)).abs() < 1e-9);
    let (i, v) = (trace(&changed, "I_r"), trace(&changed, "V_m"));
    assert!((i[249] - h[249] * (0.0 - v[249])).abs() < 1e-9);
    assert!((i[250] - h[250] * (-80.0 - v[250])).abs() < 1e-9);
    // 100 pA through 20 nS: 5 mV above rest in the end; it would be 10 mV with the old g_L.
    assert!((v[999] + 65.0).abs() < 0.3 && v[500] < -67.0, "{} {}", v[500], v[999]);
}

/// The name of an entry is all its targets, `name_TARGET` one of them.
#[test]
fn a_change_names_projections_as_the_tables_do() {
    let run_with = |events: &str| {
        let text = format!(
            "simulation = {{ t_stop = 40, dt = 0.1 }}\n[receptors]\nexc = {{ E_rev = 0, tau_syn = 5 }}\n\
             [populations]\nE = {{ size = 4, cell = 'RS' }}\nI = {{ size = 3, cell = 'FS' }}\n\
             [afferents]\nA = {{ size = 20, rate = 200 }}\n[[projections]]\nname = 'drive'\nsource = 'A'\n\
             target = ['E', 'I']\nreceptor = 'exc'\nweight = 1\n\
             connection = {{ rule = 'fixed_in_degree', in_degree = 20 }}\n[record]\nV_m = 3\n{events}"
        );
        run(&model(&text), 1)
    };
    let event = |name: &str| {
        format!("[[events]]\ntime = 10\nset = 'projections.{name}.weight'\nvalue = 3\n")
    };
    let whole = run_with(&event("drive"));
    let one = run_with(&event("drive_E"));
    assert_eq!(whole, run_with(&(event("drive_E") + &event("drive_I"))));
    assert_eq!(one.population("E"), whole.population("E"));
    assert_ne!(one.population("I"), whole.population("I"));
}

#[test]
fn faults_of_changes_name_key_and_reason() {
    let parse = |set: &str, value: &str| {
        let events = format!("[[events]]\ntime = 10\nset = \"{set}\"\nvalue = {value}\n");
        let text = format!(
            "simulation = {{ t_stop = 50 }}\n[populations.E]\nsize = 2\ncell = \"RS\"\n{events}"
        );
        crate::common::parse_model(&text).unwrap_err().to_string()
    };
    assert!(parse("populations.E.size", "3").contains("events[0].set"));
    assert!(parse("populations.X.I_e", "3").contains("did you mean \"E\""));
    assert!(parse("populations.E.cell.C_m", "-3").contains("events[0].value"));
    assert!(parse("populations.E.I_e", "\"3 mV\"").contains("mV"));
    let late = crate::common::parse_model(
        "simulation = { t_stop = 50 }\n[populations.E]\nsize = 2\ncell = \"RS\"\n[[events]]\ntime = 60\nset = \"populations.E.I_e\"\nvalue = 3\n",
    );
    assert!(late.unwrap_err().to_string().contains("events[0].time"));
}

#[test]
fn injections_and_clamps_reach_the_neurons_named() {
    let text = r#"
simulation = { t_stop = 50, dt = 0.1 }
record = { V_m = 1000 }
[populations.E]
size = 1000
cell = { model = "LIF", C_m = 200, g_L = 10, E_L = -70, V_th = -50, V_reset = -70, t_ref = 2 }
injections = [
  { neurons = [3, 700], current = { waveform = "steps", times = [10, 20], values = [100, 0] } },
  { neurons = "600..602", current = 50 },
]
voltage_clamp = { neurons = [5, 999], V = { waveform = "ramp", from = -80, to = -40, start = 0, stop = 50 } }
"#;
    let recording = run(&model(text), 2);
    let v = &recording.populations[0].traces[0].data;
    for (neuron, row) in v.columns().into_iter().enumerate() {
        let moved = row.iter().any(|&v| v != -70.0);
        assert_eq!(moved, [3, 5, 600, 601, 700, 999].contains(&neuron), "{neuron}");
    }
    assert_eq!(v.column(3), v.column(700));
    assert!((v[[100, 3]] + 70.0).abs() < 1e-12 && v[[199, 3]] > -66.5);
    for step in [0, 100, 499] {
        let command = -80.0 + 40.0 * f64::from(step as u32) * 0.1 / 50.0;
        assert!((v[[step, 5]] - command).abs() < 1e-9);
    }
    // The clamped neurons pass their threshold and do not spike.
    assert!(recording.populations[0].spikes.as_ref().unwrap().ids.is_empty());
}

#[test]
fn initial_values_are_drawn_as_written() {
    let text = |seed: u64| {
        model(&format!(
            r#"
simulation = {{ t_stop = 1, dt = 0.1, seed = {seed} }}
record = {{ V_m = 2000, cell_variables = 2000, conductances = 2000 }}
receptors = {{ exc = {{ E_rev = 0, tau_syn = 5 }} }}
[populations.E]
size = 2000
cell = "RS"
[populations.E.initial]
V_m = {{ distribution = "uniform", low = "-65 mV", high = "-55 mV" }}
w = {{ distribution = "normal", mean = 20, sd = 5 }}
g_exc = "2 nS"
[[projections]]
source = "E"
target = "E"
receptor = "exc"
weight = 0.1
connection = {{ rule = "fixed_in_degree", in_degree = 3 }}
"#
        ))
    };
    let first_row = |seed: u64, name: &str| -> Vec<f64> {
        let recording = run(&text(seed), 2);
        let traces = &recording.populations[0].traces;
        traces.iter().find(|t| t.variable == name).unwrap().data.row(0).to_vec()
    };
    let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;
    let (v, w) = (first_row(1, "V_m"), first_row(1, "w"));
    // Standard errors: 2.9 / sqrt(2000) = 0.065 and 5 / sqrt(2000) = 0.11.
    assert!((mean(&v) + 60.0).abs() < 0.3 && v.iter().all(|v| (-65.0..=-55.0).contains(v)));
    assert!((mean(&w) - 20.0).abs() < 0.5);
    assert!(first_row(1, "g_exc").iter().all(|&g| g == 2.0));
    assert_ne!(v, first_row(2, "V_m"));
}

/// Everything that has a state of its own.
pub(crate) fn rich() -> Model {
    model(
        r#"
simulation = { t_stop = 80, dt = 0.1, seed = 5, method = "heun" }
record = { V_m = 700, conductances = 3, currents = 2 }
[receptors]
exc = { E_rev = 0, tau_syn = 5, tau_rise = 0.5 }
inh = { E_rev = -80, tau_syn = 5 }
fast = { kind = "current", tau_syn = 0.5 }
[populations.E]
size = 1300
cell = "RS"
space = { layout = "ring", length = 1000 }
initial = { V_m = { distribution = "normal", mean = -60, sd = 4 } }
[populations.I]
size = 600
cell = "FS"
[afferents]
A = { size = 300, rate = 20, trains = "per_source", correlation = 0.2, spikes = { times = [30], ids = [7] } }
B = { size = 200, rate = 6 }
C = { size = 100, rate = 12, trains = "per_source", statistics = "at_most_one_per_step" }
[[projections]]
source = "E"
target = "E"
receptor = "exc"
weight = { distribution = "lognormal", mean = 1, sd = 0.5 }
delay = { base = 0.5, velocity = "0.3 m/s" }
connection = { rule = "distance_gaussian", sigma = 100, in_degree = 60 }
[[projections]]
source = "E"
target = "I"
receptor = "exc"
weight = 1.5
delay = { distribution = "uniform", low = 0.5, high = 3 }
connection = { rule = "fixed_total_number", number = 40000 }
plasticity = { rule = "tsodyks_markram", U = 0.3, tau_rec = 100, tau_facil = 200 }
[[projections]]
source = "I"
target = "E"
receptor = "inh"
weight = 4
delay = 0.7
connection = { rule = "fixed_out_degree", out_degree = 60 }
release_probability = 0.7
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 3
connection = { rule = "fixed_in_degree", in_degree = 40 }
plasticity = { rule = "stdp", A_plus = 0.01, A_minus = 0.012, tau_plus = 20, tau_minus = 20, w_max = 6 }
[[projections]]
source = "B"
target = ["E", "I"]
receptor = "fast"
weight = 30
connection = { rule = "all_to_all" }
[[projections]]
source = "C"
target = "E"
receptor = "fast"
weight = 60
release_probability = 0.4
delay = { distribution = "normal", mean = 1, sd = 0.3 }
connection = { rule = "pairwise_bernoulli", probability = 0.1 }
[[events]]
time = 40
set = "afferents.B.rate"
value = 9
[[events]]
time = 50
set = "projections.I_E.weight"
value = 2
"#,
    )
}

#[test]
fn every_feature_gives_the_same_bits_for_any_number_of_threads() {
    let model = rich();
    let one = run(&model, 1);
    let spikes: usize = one.populations.iter().map(|p| p.spikes.as_ref().unwrap().ids.len()).sum();
    assert!(spikes > 200, "{spikes}");
    for threads in [2, 3] {
        let many = run(&model, threads);
        for (a, b) in one.populations.iter().zip(&many.populations) {
            assert_eq!(a.spikes, b.spikes, "{threads}");
            for (x, y) in a.traces.iter().zip(&b.traces) {
                assert_eq!(x.data, y.data, "{threads} {}", x.variable);
            }
        }
    }
}

#[test]
fn a_run_goes_on_from_a_checkpoint_with_the_same_bits() {
    let model = rich();
    let fresh = |threads| Network::build(&model, &Job::threads(threads)).unwrap();
    let record = |simulation: &mut Simulation, steps: u32| {
        let mut recorder = simulation.recorder();
        simulation.advance(steps, &mut recorder).unwrap();
        recorder.into_recording()
    };
    for threads in [1, 2] {
        let mut whole = Simulation::new(fresh(threads));
        // Before, between and after the changes.
        for at in [100, 450, 600] {
            let steps = at - whole.step();
            assert_eq!(record(&mut whole, steps).n_steps, u64::from(at));
            let kept = serde_json::to_string(&whole.checkpoint()).unwrap();
            let kept = serde_json::from_str(&kept).unwrap();
            let mut resumed = Simulation::resume(fresh(threads), &kept).unwrap();
            assert_eq!(resumed.step(), at);
            let on = record(&mut resumed, 800 - at);
            let mut copy = Simulation::resume(fresh(threads), &whole.checkpoint()).unwrap();
            let also = record(&mut copy, 800 - at);
            assert_eq!(on, also);
            let mut straight = Simulation::new(fresh(threads));
            record(&mut straight, at);
            let expected = record(&mut straight, 800 - at);
            assert_eq!(on, expected, "{threads} threads, {at}");
        }
    }
    let other = model_of_another_size();
    let error = Simulation::resume(Network::build(&other, &Job::threads(1)).unwrap(), &{
        Simulation::new(fresh(1)).checkpoint()
    });
    assert!(error.err().unwrap().to_string().contains("another model"));
}

fn model_of_another_size() -> Model {
    model("simulation = { t_stop = 80 }\n[populations.E]\nsize = 5\ncell = \"RS\"\n")
}

#[test]
fn heun_is_of_second_order_and_euler_of_first() {
    // An adaptive cell that relaxes from a depolarised start under a decaying conductance; no event, no spike.
    let potential = |method: &str, steps: u32| {
        let text = format!(
            r#"
simulation = {{ t_stop = 20, dt = {dt}, method = "{method}" }}
record = {{ V_m = 1 }}
receptors = {{ r = {{ E_rev = 0, tau_syn = 5 }} }}
[populations.T]
size = 1
cell = {{ model = "AdEx", C_m = 200, g_L = 10, E_L = -70, V_th = -50, Delta_T = 2, V_reset = -70, t_ref = 5, a = 4, b = 0, tau_w = 30 }}
initial = {{ V_m = -56, w = 20, g_r = 3 }}
[afferents]
S = {{ size = 1, spikes = {{ times = [], ids = [] }} }}
[[projections]]
source = "S"
target = "T"
receptor = "r"
weight = 1
connection = {{ rule = "one_to_one" }}
"#,
            dt = 20.0 / f64::from(steps)
        );
        let recording = run(&model(&text), 1);
        assert!(recording.populations[0].spikes.as_ref().unwrap().steps.is_empty());
        trace(&recording, "V_m")[steps as usize / 2]
    };
    let exact = potential("heun", 32_000);
    for (method, order) in [("heun", 2.0), ("euler", 1.0)] {
        let errors = [100, 200, 400].map(|steps| (potential(method, steps) - exact).abs());
        for pair in errors.windows(2) {
            let observed = (pair[0] / pair[1]).log2();
            assert!((observed - order).abs() < 0.15, "{method}: {errors:?}");
        }
    }
}

/// What is advised after a blow-up is what would help: a shorter step, or other weights.
#[test]
fn a_blow_up_names_its_cause() {
    let advice = |weight: &str, method: &str| {
        let model = model(&format!(
            r#"
simulation = {{ t_stop = 100, dt = 0.1, method = "{method}" }}
receptors = {{ r = {{ E_rev = 0, tau_syn = 5 }} }}
[populations.T]
size = 1
cell = {{ model = "LIF", C_m = 200, g_L = 10, E_L = -70, V_th = 1000, V_reset = -70, t_ref = 2 }}
[afferents]
S = {{ size = 1, spikes = {{ times = [10, 20, 30], ids = [0, 0, 0] }} }}
[[projections]]
source = "S"
target = "T"
receptor = "r"
weight = "{weight}"
connection = {{ rule = "one_to_one" }}
"#
        ));
        let mut simulation = Simulation::new(Network::build(&model, &Job::threads(1)).unwrap());
        let mut recorder = simulation.recorder();
        simulation.advance(model.n_steps(), &mut recorder).unwrap_err().to_string()
    };
    // 200 pF / 1e5 nS is 2 µs, a fiftieth of the step; 200 pF / 1e9 nS nothing that a step could follow.
    let (long, hopeless) = (advice("1e5 nS", "euler"), advice("1e9 nS", "euler"));
    assert!(long.contains("blew up") && long.contains("try a smaller dt"), "{long}");
    assert!(hopeless.contains("look at the weights"), "{hopeless}");
    assert!(!hopeless.contains("smaller dt"), "{hopeless}");
}
