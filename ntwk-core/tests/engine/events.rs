//! Events that concern chosen neurons: currents of their own, and events of synapses.

use ntwk_core::{Job, Model, Network, Recording, Simulation};

use crate::common::{model, parse_model, run};

const SIZE: usize = 1100;

/// Cells that do not spike under a sine, with what is added to the population and to the file.
fn text(cell: &str, rest: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = 60, dt = 0.1, method = "heun" }}
record = {{ V_m = {SIZE}, conductances = {SIZE} }}
receptors = {{ exc = {{ E_rev = 0, tau_syn = 5 }}, slow = {{ E_rev = 0, tau_syn = 8, tau_rise = 2 }} }}
[populations.E]
size = {SIZE}
cell = {cell}
I_e = {{ waveform = "sine", amplitude = 20, frequency = 20 }}
{rest}
"#
    )
}

const LIF: &str =
    "{ model = 'LIF', C_m = 200, g_L = 10, E_L = -70, V_th = 1000, V_reset = -70, t_ref = 2 }";

fn voltage(recording: &Recording, neuron: usize) -> Vec<f64> {
    recording.population("E").unwrap().trace("V_m").unwrap().data.column(neuron).to_vec()
}

fn differ(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// The same bits on two threads and from checkpoints before, at and after every event.
fn holds_its_bits(model: &Model, whole: &Recording, at: &[u32]) {
    assert_eq!(run(model, 2), *whole);
    let fresh = || Network::build(model, &Job::threads(2)).unwrap();
    for &at in at {
        let mut first = Simulation::new(fresh());
        first.advance(at, &mut first.recorder()).unwrap();
        let mut on = Simulation::resume(fresh(), &first.checkpoint()).unwrap();
        let mut recorder = on.recorder();
        on.advance(600 - at, &mut recorder).unwrap();
        let rest = recorder.into_recording();
        for (rest, whole) in rest.populations[0].traces.iter().zip(&whole.populations[0].traces) {
            let same = rest.data.outer_iter().eq(whole.data.outer_iter().skip(at as usize));
            assert!(same, "{} from {at}", whole.variable);
        }
    }
}

#[test]
fn a_change_of_the_current_of_chosen_neurons_leaves_the_others() {
    let event = |time: f64, neurons: &str, value: &str| {
        format!(
            "[[events]]\ntime = {time}\nset = 'populations.E.I_e'\nneurons = {neurons}\nvalue = {value}\n"
        )
    };
    let events = event(10.0, "[3, 700]", "100")
        + &event(
            20.0,
            "'700..702'",
            "{ waveform = 'ramp', from = 0, to = 50, start = 20, stop = 40 }",
        )
        + &event(30.0, "2", "-40");
    let changed = model(&text(LIF, &events));
    let run_of = run(&changed, 1);
    // Alone, each under the currents that it has then: the sine until a time, and more.
    let with = |until: f64, more: &str| {
        let sine = "{ waveform = \"sine\", amplitude = 20, frequency = 20 }";
        let until =
            format!("{{ waveform = 'steps', baseline = 1, times = [{until}], values = [0] }}");
        let product = format!("{{ waveform = 'product', factors = [{sine}, {until}] }}");
        run(&model(&text(LIF, "").replace(sine, &format!("[{product}, {more}]"))), 1)
    };
    let third = with(10.0, "{ waveform = 'steps', times = [10], values = [100] }");
    // The last half of a step of Heun's rule sees the new current a step later or sooner: 100 pA of it are 0.025 mV.
    assert!(differ(&voltage(&run_of, 3), &voltage(&third, 3)) < 0.03);
    assert!(differ(&voltage(&run_of, 3), &voltage(&run_of, 4)) > 5.0);
    let ramp = "{ waveform = 'steps', times = [10, 20], values = [100, 0] }, { waveform = 'ramp', from = 0, to = 50, start = 20, stop = 40 }";
    let both = with(10.0, ramp);
    assert!(differ(&voltage(&run_of, 700), &voltage(&both, 700)) < 0.06);
    let first = with(30.0, "{ waveform = 'steps', times = [30], values = [-40] }");
    for neuron in [0, 1] {
        assert!(differ(&voltage(&run_of, neuron), &voltage(&first, neuron)) < 0.03);
    }
    let plain = run(&model(&text(LIF, "")), 1);
    for neuron in [2, 4, 699, 702, 1099] {
        assert_eq!(voltage(&run_of, neuron), voltage(&plain, neuron));
    }
    holds_its_bits(&changed, &run_of, &[99, 100, 101, 250, 300]);
    // A change of all of them is one of these too.
    let all = event(40.0, "[0]", "500").replace("neurons = [0]\n", "");
    let ended = run(&model(&text(LIF, &(events.clone() + &all))), 1);
    let apart = |step: usize| voltage(&ended, 3)[step] - voltage(&ended, 4)[step];
    let ratio = apart(599) / apart(410);
    assert!((ratio - (-18.9f64 / 20.0).exp()).abs() < 1e-4, "{ratio}");
    assert!(voltage(&ended, 4)[599] > -50.0);
}

#[test]
fn an_event_of_a_receptor_is_one_that_arrives_then() {
    for receptor in ["exc", "slow"] {
        let event = |time: f64, neurons: &str, weight: f64| {
            format!(
                "[[events]]\ntime = {time}\npopulation = 'E'\nreceptor = '{receptor}'\nweight = {weight}\n{neurons}"
            )
        };
        // Nothing else projects to the receptor; two events in one step add up.
        let events = event(0.0, "neurons = [9]\n", 2.0)
            + &event(10.0, "neurons = [0, 700]\n", 5.0)
            + &event(10.0, "neurons = '699..701'\n", 1.0)
            + &event(30.0, "", 0.5);
        let given = model(&text(LIF, &events));
        let ours = run(&given, 1);
        // Spikes of step 99 arrive at its end.
        let spikes = format!(
            "[afferents]\nA = {{ size = 3, spikes = {{ times = [9.9, 9.9, 29.9], ids = [0, 1, 2] }} }}\n\
             [[projections]]\nsource = 'A'\ntarget = 'E'\nreceptor = '{receptor}'\n\
             connection = {{ rule = 'pairs', sources = [0, 0, 1, 1, 2, 2], targets = [0, 700, 699, 700, 0, 5] }}\n\
             weight = [5, 5, 1, 1, 0.5, 0.5]\n"
        );
        let theirs = run(&model(&text(LIF, &spikes)), 1);
        for (neuron, until) in [(0, 600), (700, 300), (699, 300), (5, 600), (1099, 300)] {
            let (a, b) = (voltage(&ours, neuron), voltage(&theirs, neuron));
            assert_eq!(a[..until], b[..until], "{receptor}: neuron {neuron}");
        }
        assert!(voltage(&ours, 9)[20] > voltage(&ours, 8)[20] + 0.1);
        let g = &ours.populations[0].trace(&format!("g_{receptor}")).unwrap().data;
        if receptor == "exc" {
            assert_eq!(
                [g[[0, 9]], g[[100, 700]], g[[99, 0]], g[[300, 1099]]],
                [2.0, 6.0, 0.0, 0.5]
            );
        }
        holds_its_bits(&given, &ours, &[50, 99, 100, 101, 300]);
    }
}

#[test]
fn faults_of_events_name_the_event() {
    let fault = |event: &str| {
        let events = format!("[[events]]\n{event}\n");
        parse_model(&text("'RS'", &events)).unwrap_err().to_string()
    };
    let synaptic = "time = 5\npopulation = 'E'\nreceptor = 'exc'\nweight = 1\n";
    for (event, wanted) in [
        ("time = 5".to_owned(), "events[0].set: missing"),
        ("time = 5\nset = 'populations.E.I_e'".to_owned(), "events[0].value: missing"),
        ("time = 5\nreceptor = 'exc'".to_owned(), "events[0].weight: missing"),
        (format!("{synaptic}set = 'populations.E.I_e'\nvalue = 3"), "not both"),
        (
            synaptic.replace("'E'", "'F'"),
            "events[0].population = \"F\": there is no such population",
        ),
        (synaptic.replace("'exc'", "'ex'"), "did you mean \"exc\"?"),
        (synaptic.replace("= 1\n", "= -1\n"), "must be >= 0 nS"),
        (synaptic.replace("= 1\n", "= '1 pA'\n"), "pA"),
        (synaptic.replace("= 5", "= 60"), "before the end of the run (60 ms)"),
        (format!("{synaptic}neurons = [1100]"), "neurons of E, which has 1100"),
        (format!("{synaptic}neurons = 0"), "at least one neuron"),
        (
            "time = 5\nset = 'populations.E.I_e'\nvalue = 3\nneurons = '4..2000'".to_owned(),
            "neurons of E, which has 1100",
        ),
        (
            "time = 5\nset = 'populations.E.cell.a'\nvalue = 3\nneurons = [1]".to_owned(),
            "events[0].neurons = [1]: only populations.NAME.I_e",
        ),
    ] {
        let text = fault(&event);
        assert!(text.contains(wanted), "{event}\n{text}");
    }
}

/// A membrane that is stepped exactly, with steps of its potential.
fn delta(rest: &str) -> String {
    let cell = "{ model = 'iaf_psc_exp', C_m = 200, tau_m = 20, E_L = -70, V_th = -50, V_reset = -60, t_ref = 2 }";
    text(cell, rest)
        .replace("exc = { E_rev = 0, tau_syn = 5 }", "exc = { kind = 'delta' }")
        .replace(
            "slow = { E_rev = 0, tau_syn = 8, tau_rise = 2 }",
            "slow = { kind = 'current', tau_syn = 3 }",
        )
        .replace("amplitude = 20", "amplitude = 0")
}

#[test]
fn a_step_of_the_potential_is_made_at_the_end_of_the_next_step_and_lost_in_the_refractory_period() {
    let event = |time: f64, weight: f64| {
        format!(
            "[[events]]\ntime = {time}\npopulation = 'E'\nreceptor = 'exc'\nweight = {weight}\n"
        )
    };
    let events = event(10.0, 5.0) + &event(20.0, -3.0) + &event(30.0, 30.0) + &event(31.0, 4.0);
    let recording = run(&model(&delta(&events)), 1);
    let v = voltage(&recording, 1000);
    let decay = (-0.1f64 / 20.0).exp();
    assert_eq!(v[100], -70.0);
    assert!((v[101] + 65.0).abs() < 1e-12);
    assert!((v[200] - (-70.0 + 5.0 * decay.powi(99))).abs() < 1e-9);
    assert!((v[201] - (-70.0 + (v[200] + 70.0) * decay - 3.0)).abs() < 1e-9);
    assert_eq!(recording.populations[0].spikes_of(1000).unwrap(), [300]);
    // Held for 20 steps, in which an event does nothing.
    assert!(v[301..=321].iter().all(|&v| v == -60.0));
    assert!((v[400] - (-70.0 + 10.0 * decay.powi(400 - 321))).abs() < 1e-9, "{}", v[400]);
    let names: Vec<&str> =
        recording.populations[0].traces.iter().map(|t| t.variable.as_str()).collect();
    assert_eq!(names, ["V_m"], "a step has no variable to record");
}

#[test]
fn faults_of_steps_of_the_potential() {
    let fault = |text: &str| parse_model(text).unwrap_err().to_string();
    let event = "[[events]]\ntime = 10\npopulation = 'E'\nreceptor = 'exc'\nweight = '5 mV'\n";
    let on =
        |cell: &str| text(cell, event).replace("{ E_rev = 0, tau_syn = 5 }", "{ kind = 'delta' }");
    let text_of = fault(&on(LIF));
    assert!(text_of.contains("events[0].receptor") && text_of.contains("iaf_psc_exp"), "{text_of}");
    let text_of = fault(&delta(&event.replace("mV", "pA")));
    assert!(text_of.contains("events[0].weight"), "{text_of}");
    let text_of = fault(&delta(event).replace("kind = 'delta'", "kind = 'delta', tau_syn = 3"));
    assert!(text_of.contains("receptors.exc.tau_syn") && text_of.contains("at once"), "{text_of}");
    let text_of = fault(&delta(event).replace("kind = 'current', tau_syn = 3", "kind = 'current'"));
    assert!(text_of.contains("receptors.slow.tau_syn: missing"), "{text_of}");
    let set = "[[events]]\ntime = 10\nset = 'receptors.exc.tau_syn'\nvalue = 3\n";
    let text_of = fault(&delta(set));
    assert!(text_of.contains("raises the potential at once and has no tau_syn"), "{text_of}");
    let initial = delta(event).replace("I_e =", "initial = { g_exc = 3 }\nI_e =");
    assert!(fault(&initial).contains("populations.E.initial.g_exc"));
}
