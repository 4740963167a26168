//! Recorded afferent spikes: what arrives, told without changing it.

use ntwk_core::{Job, Network, Recording, Simulation};

use crate::common::{model, parse_model, run};

/// Trains per target, per source, correlated and given, with the value of `record.afferents`.
pub(crate) fn text(afferents: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = 60, dt = 0.1, seed = 11 }}
record = {{ V_m = 2, conductances = 1100{afferents} }}
[receptors]
a = {{ E_rev = 0, tau_syn = 5 }}
b = {{ E_rev = 0, tau_syn = 3 }}
c = {{ E_rev = 0, tau_syn = 3 }}
[populations]
E = {{ size = 1100, cell = "RS" }}
I = {{ size = 40, cell = "FS" }}
[afferents]
Each = {{ size = 400, rate = 20 }}
Shared = {{ size = 70, rate = 30, trains = "per_source", correlation = 0.2, spikes = {{ times = [7], ids = [69] }} }}
Given = {{ size = 3, spikes = {{ times = [3, 6, 6, 9], ids = [0, 1, 1, 2] }} }}
[[projections]]
source = "Each"
target = ["E", "I"]
receptor = "a"
weight = 0.5
delay = 1.2
release_probability = 0.5
connection = {{ rule = "fixed_in_degree", in_degree = 200 }}
[[projections]]
source = "Shared"
target = "I"
receptor = "b"
weight = 0.25
delay = 0.7
connection = {{ rule = "all_to_all" }}
[[projections]]
source = "Given"
target = "E"
receptor = "c"
weight = 0.125
connection = {{ rule = "all_to_all" }}
"#
    )
}

pub(crate) const ALL: &str = ", afferents = [\"Shared\", \"Each\", \"Given\"]";

/// Faults unless the conductance `variable` of neuron `n` is that of events `(step, number)` of one weight (nS): under Euler a
/// step takes `dt / tau` of it, and what arrives in a step is there in the next.
fn made_by(
    run: &Recording,
    population: &str,
    variable: &str,
    n: usize,
    tau: f64,
    w: f64,
    at: &[u64],
) {
    let trace = run.population(population).unwrap().trace(variable).unwrap();
    let mut g = 0.0;
    for (step, row) in trace.data.outer_iter().enumerate() {
        assert!((row[n] - g).abs() < 1e-9, "{variable} {n} {step}: {} {g}", row[n]);
        let events = at.iter().filter(|&&k| k == step as u64).count();
        g += -0.1 / tau * g + w * events as f64;
    }
}

fn of(run: &Recording, name: &str, id: u32) -> Vec<u64> {
    let spikes = &run.afferent(name).unwrap().spikes;
    spikes.steps.iter().zip(&spikes.ids).filter(|s| *s.1 == id).map(|s| *s.0).collect()
}

#[test]
fn recorded_events_are_those_that_raise_the_conductances() {
    let run = run(&model(&text(ALL)), 2);
    let names: Vec<(&str, Option<&str>, usize)> =
        run.afferents.iter().map(|a| (a.name.as_str(), a.target.as_deref(), a.size)).collect();
    let expected = [
        ("Shared", None, 70),
        ("Each_E", Some("E"), 1100),
        ("Each_I", Some("I"), 40),
        ("Given", None, 3),
    ];
    assert_eq!(names, expected);
    for neuron in [0, 511, 512, 1099] {
        made_by(&run, "E", "g_a", neuron, 5.0, 0.5, &of(&run, "Each_E", neuron as u32));
    }
    made_by(&run, "I", "g_a", 39, 5.0, 0.5, &of(&run, "Each_I", 39));
    // 200 synapses, half of the events of 20 Hz are released: 2 per ms, from the delay on.
    let each = &run.afferent("Each_E").unwrap().spikes;
    let expected = 1100.0 * 2.0 * 58.8;
    assert!((each.len() as f64 / expected - 1.0).abs() < 0.02, "{}", each.len());
    assert!(each.steps[0] >= 12);
    // Every neuron of Shared is a source of each target, 0.7 ms later.
    let shared = &run.afferent("Shared").unwrap().spikes;
    let later: Vec<u64> = shared.steps.iter().map(|k| k + 7).collect();
    made_by(&run, "I", "g_b", 3, 3.0, 0.25, &later);
    assert!(of(&run, "Shared", 69).contains(&70));
    assert!((shared.len() as f64 / (70.0 * 30.0 * 0.06) - 1.0).abs() < 0.5, "{}", shared.len());
    let given = &run.afferent("Given").unwrap().spikes;
    assert_eq!((&given.steps[..], &given.ids[..]), (&[30, 60, 60, 90][..], &[0, 1, 1, 2][..]));
    made_by(&run, "E", "g_c", 700, 3.0, 0.125, &given.steps);
}

#[test]
fn recording_afferents_changes_no_bit_and_threads_and_checkpoints_change_none_of_theirs() {
    let silent = run(&model(&text("")), 1);
    assert!(silent.afferents.is_empty());
    let model = model(&text(ALL));
    let whole = run(&model, 1);
    assert_eq!(whole.populations, silent.populations);
    for threads in [2, 3] {
        assert_eq!(run(&model, threads), whole, "{threads}");
    }
    let fresh = || Network::build(&model, &Job::threads(2)).unwrap();
    let mut first = Simulation::new(fresh());
    let mut recorder = first.recorder();
    for steps in [1, 90, 209] {
        first.advance(steps, &mut recorder).unwrap();
    }
    let mut parts = recorder.into_recording().afferents;
    let mut on = Simulation::resume(fresh(), &first.checkpoint()).unwrap();
    let mut recorder = on.recorder();
    on.advance(300, &mut recorder).unwrap();
    for (part, rest) in parts.iter_mut().zip(recorder.into_recording().afferents) {
        part.spikes.steps.extend(rest.spikes.steps);
        part.spikes.ids.extend(rest.spikes.ids);
    }
    assert_eq!(parts, whole.afferents);
}

#[test]
fn faults_of_recorded_afferents_name_the_nearest() {
    let fault = |afferents: &str| {
        parse_model(&text(&format!(", afferents = {afferents}"))).unwrap_err().to_string()
    };
    assert!(fault("[\"Eech\"]").contains("did you mean \"Each\""));
    assert!(fault("\"E\"").contains("record.afferents"));
    assert!(fault("[\"Given\", \"Given\"]").contains("twice"));
    assert!(fault("3").contains("the name of an afferent population"));
    let idle = text(", afferents = \"Idle\"")
        .replace("Given = {", "Idle = { size = 2, rate = 3 }\nGiven = {");
    assert!(parse_model(&idle).unwrap_err().to_string().contains("no projection"));
    let taken = text(ALL).replacen("receptor = \"a\"", "receptor = \"a\"\nname = \"Shared\"", 1);
    let taken = parse_model(&taken.replace("[\"E\", \"I\"]", "\"E\"")).unwrap_err().to_string();
    assert!(taken.contains("give the projection another"), "{taken}");
}
