//! Variables of chosen neurons: the same bits as in a recording of all, on any number of threads.

use ndarray::Axis;
use ntwk_core::spec::{NeuronsSpec, RecordSpec, TracesSpec};
use ntwk_core::{Job, Model, Network, Recording, Simulation, Trace};

use crate::common::{model, parse_model, run};

/// Two populations that fire, several blocks of neurons, with the lines of `[record]` given.
fn text(record: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = 40, dt = 0.1, seed = 8 }}
[receptors]
exc = {{ E_rev = 0, tau_syn = 5 }}
inh = {{ E_rev = -80, tau_syn = 5 }}
psc = {{ kind = "current", tau_syn = 2 }}
[populations]
E = {{ size = 1100, cell = "RS" }}
I = {{ size = 100, cell = "FS" }}
[afferents]
A = {{ size = 400, rate = 15 }}
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 1.5
connection = {{ rule = "fixed_in_degree", in_degree = 200 }}
[[projections]]
source = "I"
target = "E"
receptor = "inh"
weight = 4
delay = 0.8
connection = {{ rule = "fixed_in_degree", in_degree = 20 }}
[[projections]]
source = "A"
target = "E"
receptor = "psc"
weight = 3
name = "currents"
connection = {{ rule = "fixed_in_degree", in_degree = 3 }}
[record]
{record}
"#
    )
}

const ALL: &str = "V_m = 1100\ncell_variables = 1100\nconductances = 1100\ncurrents = 1100";

const CHOSEN: &str = r#"
V_m = 2
interval = 0.5
[record.traces.spread]
population = "E"
variables = ["V_m", "g_exc", "I_inh", "w", "I_psc"]
neurons = [1099, 0, 513, 512, 511, 513]
interval = 0.1
[record.traces.window]
population = "E"
variables = "V_m"
neurons = "500..520"
interval = 0.7
start = 10.2
stop = 30
[record.traces.first]
population = "I"
variables = ["V_m", "g_exc"]
neurons = 3
start = 12
duration = 5.1
[record.traces.late]
population = "I"
variables = "I_exc"
neurons = [7]
start = 39.9
"#;

/// Faults unless every sample of `trace` is that of the same neuron and step in `all`.
fn same_as_in(all: &Trace, trace: &Trace) {
    assert_eq!((all.neurons.len(), all.steps.every), (all.neurons.len(), 1));
    for ((row, column), value) in trace.data.indexed_iter() {
        let (step, neuron) = (trace.steps.step(row) as usize, trace.neurons[column] as usize);
        let expected = all.data[[step, neuron]];
        assert_eq!(value.to_bits(), expected.to_bits(), "{} {step} {neuron}", trace.name());
    }
}

#[test]
fn chosen_neurons_have_the_samples_of_a_recording_of_all() {
    let all = run(&model(&text(ALL)), 1);
    let chosen = run(&model(&text(CHOSEN)), 1);
    assert!(all.populations.iter().all(|p| p.spikes.as_ref().unwrap().len() > 100));
    for (all, chosen) in all.populations.iter().zip(&chosen.populations) {
        assert_eq!((&all.spikes, &all.counts), (&chosen.spikes, &chosen.counts));
        chosen.traces.iter().for_each(|t| same_as_in(all.trace(&t.variable).unwrap(), t));
    }
    let shape = |population: &str, group: &str, variable: &str| {
        let trace = chosen.population(population).unwrap().trace_of(group, variable).unwrap();
        (trace.data.nrows(), trace.neurons.clone(), trace.steps.step(0))
    };
    assert_eq!(shape("E", "spread", "w"), (400, vec![0, 511, 512, 513, 1099], 0));
    // 10.2, 10.9, ..., 29.8 ms.
    assert_eq!(shape("E", "window", "V_m"), (29, (500..520).collect(), 102));
    // Every 0.5 ms, as record.interval says, from 12 ms to before 17.1 ms.
    assert_eq!(shape("I", "first", "g_exc"), (11, vec![0, 1, 2], 120));
    assert_eq!(shape("I", "late", "I_exc"), (1, vec![7], 399));
    // The keys of [record] come first, and mean what they did.
    let e = chosen.population("E").unwrap();
    let first = e.trace("V_m").unwrap();
    assert_eq!((first.group.as_deref(), first.data.dim()), (None, (80, 2)));
    assert_eq!(e.trace("g_exc").unwrap().group.as_deref(), Some("spread"));
    assert!(e.trace_of("spread", "g_inh").is_none() && e.trace_of_the_run("g_exc").is_some());
    assert!(chosen.population("I").unwrap().trace_of_the_run("g_exc").is_none());
}

fn run_in(model: &Model, threads: usize, calls: &[u32]) -> Recording {
    let mut simulation = Simulation::new(Network::build(model, &Job::threads(threads)).unwrap());
    let mut recorder = simulation.recorder();
    for &length in calls.iter().cycle() {
        let steps = length.min(model.n_steps() - simulation.step());
        simulation.advance(steps, &mut recorder).unwrap();
        if simulation.step() == model.n_steps() {
            break;
        }
    }
    recorder.into_recording()
}

#[test]
fn threads_calls_and_checkpoints_change_no_sample() {
    let model = model(&text(CHOSEN));
    let whole = run(&model, 1);
    for (threads, calls) in [(1, vec![1, 17, 2, 90]), (2, vec![400]), (3, vec![7, 0, 101])] {
        assert_eq!(run_in(&model, threads, &calls), whole, "{threads} {calls:?}");
    }
    let fresh = || Network::build(&model, &Job::threads(2)).unwrap();
    for at in [1, 102, 109, 171, 299, 399] {
        let mut first = Simulation::new(fresh());
        let mut recorder = first.recorder();
        first.advance(at, &mut recorder).unwrap();
        let before = recorder.into_recording();
        let mut on = Simulation::resume(fresh(), &first.checkpoint()).unwrap();
        let mut recorder = on.recorder();
        on.advance(400 - at, &mut recorder).unwrap();
        let after = recorder.into_recording();
        for (p, all) in whole.populations.iter().enumerate() {
            for (t, trace) in all.traces.iter().enumerate() {
                let parts = [&before, &after].map(|r| r.populations[p].traces[t].data.view());
                let joined = ndarray::concatenate(Axis(0), &parts).unwrap();
                assert_eq!(joined, trace.data, "{} from {at}", trace.name());
            }
        }
    }
}

#[test]
fn faults_of_tables_name_the_nearest() {
    let fault = |lines: &str| parse_model(&text(lines)).unwrap_err().to_string();
    let table = |key: &str, value: &str| {
        let mut keys = vec![
            ("population", "\"E\"".to_owned()),
            ("variables", "\"V_m\"".to_owned()),
            ("neurons", "3".to_owned()),
        ];
        keys.retain(|k| k.0 != key);
        keys.push((key, value.to_owned()));
        let lines: Vec<String> = keys.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        fault(&format!("[record.traces.probe]\n{}", lines.join("\n")))
    };
    let at = "record.traces.probe";
    for (key, value, says) in [
        ("population", "\"EE\"", "did you mean \"E\""),
        ("population", "\"A\"", "population"),
        ("variables", "\"g_ex\"", "did you mean \"g_exc\""),
        ("variables", "[\"V_m\", \"g_psc\"]", "g_psc"),
        ("variables", "[\"w\", \"w\"]", "twice"),
        ("neurons", "1101", "1100"),
        ("neurons", "0", "at least one neuron"),
        ("neurons", "[1100]", "1100"),
        ("neurons", "\"7..7\"", "stop excluded"),
        ("neurons", "true", "a number of neurons"),
        ("interval", "0.01", "between dt"),
        ("interval", "\"1 mV\"", "mV"),
        ("start", "40", "after the run"),
        ("stop", "0.01", "no step"),
    ] {
        let text = table(key, value);
        assert!(text.contains(&format!("{at}.{key}")) && text.contains(says), "{key}: {text}");
    }
    assert!(table("neuron", "3").contains("did you mean \"neurons\""));
    // Receptors that no projection onto the population uses are no variables of it.
    assert!(
        fault("[record.traces.x]\npopulation = \"I\"\nvariables = \"g_inh\"\nneurons = 1")
            .contains("g_inh")
    );
    assert!(
        fault("[record.traces.\"a/b\"]\npopulation = \"I\"\nvariables = \"V_m\"\nneurons = 1")
            .contains("letters")
    );
}

#[test]
fn tables_written_in_rust_and_in_a_file_are_the_same() {
    let written = model(&text(CHOSEN));
    let again = Model::from_spec(written.spec().clone(), &ntwk_cells::library()).unwrap();
    assert_eq!(again.spec(), written.spec());
    let mut record = RecordSpec::default();
    let traces = TracesSpec::new("I", ["V_m", "g_exc"], NeuronsSpec::First(3));
    record.traces.insert("first".to_owned(), traces);
    let mut spec = written.spec().clone();
    spec.record = record;
    let built = Model::from_spec(spec, &ntwk_cells::library()).unwrap();
    let names: Vec<String> = built.sampled(1).iter().map(|s| s.name()).collect();
    assert_eq!(names, ["V_m", "first.V_m", "first.g_exc"]);
}
