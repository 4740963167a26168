//! Cells by their equations give the spikes and traces of Brian2.
//!
//! The files under `tests/data/equations` were made by Brian2 2.9 (`validation/equations/README.md`). Spikes must fall in the
//! same steps; V may differ by rounding, which Hodgkin-Huxley cells and bursts amplify.

use std::path::Path;

use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::{Job, Model, Recording, simulate};
use ntwk_io::{Notation, import_brian2, parse_tree, write_tree};
use serde_json::Value as Json;

const KEYS: [&str; 12] = [
    "name",
    "equations",
    "threshold",
    "reset",
    "refractory",
    "method",
    "parameters",
    "timed_arrays",
    "inputs",
    "initial",
    "per_neuron",
    "dt_ms",
];

fn fixture(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/equations")
        .join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The keys of a fixture that describe its cell.
fn description(fixture: &Json) -> String {
    let keys = fixture.as_object().unwrap().iter().filter(|(key, _)| KEYS.contains(&key.as_str()));
    let mut kept: serde_json::Map<String, Json> =
        keys.map(|(k, v)| (k.clone(), v.clone())).collect();
    kept.insert("t_stop_ms".to_owned(), fixture["t_stop_ms"].clone());
    if let Some(n) = fixture.get("neurons") {
        kept.insert("N".to_owned(), n.clone());
    }
    serde_json::to_string(&kept).unwrap()
}

/// The model that the importer makes of a fixture, read back from its text; every variable is recorded.
fn model(fixture: &Json, record: &str) -> Model {
    let import = import_brian2(&parse_tree(&description(fixture), Notation::Json).unwrap())
        .unwrap_or_else(|faults| panic!("{faults}"));
    let text = write_tree(&import.tree, Notation::Toml).unwrap();
    let text = format!("{text}\n{record}");
    let root: Node =
        parse_tree(&text, Notation::Toml).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    assert!(matches!(root.value, Value::Table(_)));
    Model::from_tree(&root, &ntwk_cells::library())
        .unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

const ALL: &str = "[record]\nV_m = 10\ncell_variables = 10\ninterval = INTERVAL\n";

fn run(model: &Model) -> Recording {
    simulate(model, &Job::threads(1)).unwrap().complete().unwrap()
}

/// Spikes fall in the same steps, and samples of every variable differ by at most `tolerance` (of the value, or absolute).
fn compare(name: &str, tolerance: f64) {
    compare_until(name, tolerance, f64::INFINITY);
}

/// The same, up to a time (ms).
fn compare_until(name: &str, tolerance: f64, until: f64) {
    let mut fixture = fixture(name);
    // Brian2 took "b*V" before b had its values: u starts at 0 in its run.
    if name == "izhikevich_euler" {
        fixture["initial"]["u"] = serde_json::json!({ "value": 0.0, "unit": "mV/ms" });
    }
    let dt = fixture["dt_ms"].as_f64().unwrap();
    let every = fixture["trace_every_steps"].as_u64().unwrap();
    let interval = format!("{}", every as f64 * dt);
    let mut record = ALL.replace("INTERVAL", &interval);
    // What is defined on the way.
    let lines: Vec<&str> = fixture["equations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let defined = |name: &str| lines.iter().any(|line| line.starts_with(&format!("{name} = ")));
    let definitions: Vec<&String> =
        fixture["trace"].as_object().unwrap().keys().filter(|name| defined(name)).collect();
    if !definitions.is_empty() {
        record += &format!(
            "[record.traces.defined]\npopulation = \"cells\"\nneurons = {}\nvariables = {definitions:?}\ninterval = {interval}\n",
            fixture["trace"][definitions[0].as_str()]["values"].as_array().unwrap().len(),
        );
    }
    // Variables of synapses, where each synapse has its own.
    let of_synapses = |name: &str| format!("{}_input_1_g_e", name.trim_start_matches("synapse."));
    let traced: Vec<String> = fixture["trace"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|variable| variable.starts_with("synapse.") && !name.contains("summed"))
        .map(|variable| of_synapses(variable))
        .collect();
    if !traced.is_empty() {
        record += &format!(
            "[record.traces.synapses]\npopulation = \"cells\"\nneurons = 1\nvariables = {traced:?}\ninterval = {interval}\n"
        );
    }
    let model = model(&fixture, &record);
    let recording = run(&model);
    let own = recording.population("cells").unwrap();
    if let Some(expected) = fixture["spike_steps"].as_array() {
        for (neuron, expected) in expected.iter().enumerate() {
            let expected: Vec<i64> =
                expected.as_array().unwrap().iter().map(|s| s.as_i64().unwrap()).collect();
            let found: Vec<i64> = recording
                .spike_times("cells", neuron as u32)
                .unwrap()
                .iter()
                .map(|t| (t / dt).round() as i64)
                .collect();
            let last = until / dt;
            let early = |steps: &[i64]| {
                steps.iter().copied().filter(|&s| (s as f64) < last).collect::<Vec<_>>()
            };
            assert_eq!(early(&found), early(&expected), "{name}, neuron {neuron}");
            assert!(found.len().abs_diff(expected.len()) <= 1, "{name}, neuron {neuron}");
        }
    }
    let potential = fixture["equations"].as_array().unwrap();
    let first = potential
        .iter()
        .map(|line| line.as_str().unwrap())
        .find(|line| line.starts_with("dV/dt"))
        .map_or("v", |_| "V");
    for (variable, trace) in fixture["trace"].as_object().unwrap() {
        let stored = match variable.as_str() {
            "synapse.s" | "synapse.x" if name.contains("summed") => continue,
            synapse if synapse.starts_with("synapse.") => &of_synapses(synapse),
            variable if variable == first => "V_m",
            other => other,
        };
        let Some(found) = own.trace(stored) else { panic!("{name}: {variable} was not recorded") };
        for (neuron, values) in trace["values"].as_array().unwrap().iter().enumerate() {
            for (k, value) in values.as_array().unwrap().iter().enumerate() {
                if k as f64 * every as f64 * dt > until {
                    break;
                }
                let (value, found) = (value.as_f64().unwrap(), found.data[[k, neuron]]);
                let scale = value.abs().max(1.0);
                assert!(
                    (found - value).abs() <= tolerance * scale,
                    "{name}: {variable} of neuron {neuron} at sample {k}: {found}, Brian2 {value}"
                );
            }
        }
    }
}

#[test]
fn integrate_and_fire_cells() {
    for name in [
        "adex_euler",
        "lif_m_current_euler",
        "lif_m_current_exponential_euler",
        "glif_adaptive_threshold_euler",
        "qif_euler",
        "intrinsic_oscillation_euler",
        "seed_oscillation_euler",
        "timed_array_euler",
        "variable_refractory_euler",
    ] {
        compare(name, 1e-6);
    }
    // The overshoot of a step of 0.1 ms doubles every difference with each spike: in other units than SI, the same lines of
    // Python leave Brian2's spikes after the 43rd.
    compare_until("izhikevich_euler", 1e-4, 200.0);
}

#[test]
fn cells_with_spikes_of_their_own() {
    for name in [
        "wang_buzsaki_euler",
        "wang_buzsaki_exponential_euler",
        "morris_lecar_euler",
        "morris_lecar_exponential_euler",
    ] {
        compare(name, 1e-4);
    }
}

#[test]
fn events_raise_variables_of_cells() {
    for method in ["euler", "exact", "exponential_euler", "rk2", "rk4"] {
        compare(&format!("alpha_current_lif_{method}"), 1e-6);
    }
    compare("two_compartment_euler", 1e-6);
    for name in ["euler_0.01", "exponential_euler_0.01", "exponential_euler_0.1"] {
        compare(&format!("hh_traub_miles_{name}"), 1e-4);
    }
}

#[test]
fn synapses_and_receptors_have_equations() {
    compare("short_term_plasticity_event_driven", 1e-9);
    compare("lif_nmda_summed_euler", 1e-6);
}

/// Ornstein-Uhlenbeck membranes: mean and standard deviation over neurons and time, within four standard errors of Brian2's.
#[test]
fn noise_has_the_statistics_of_brian2() {
    let fixture = fixture("noisy_lif_free_euler");
    let model = model(&fixture, "[record]\nV_m = 2000\ninterval = 5\n");
    let recording = run(&model);
    let trace = recording.population("cells").and_then(|p| p.trace("V_m")).unwrap();
    let from = (200.0 / 5.0) as usize;
    let values: Vec<f64> =
        trace.data.rows().into_iter().skip(from).flat_map(|row| row.to_vec()).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Errors of both runs: Brian2's, and about the same here.
    assert!((mean + 60.0).abs() < 4.0 * 0.0275, "{mean}");
    assert!((sd - 4.00501).abs() < 4.0 * 0.0129, "{sd}");
    // The same numbers on any number of threads.
    let again = simulate(&model, &Job::threads(3)).unwrap().complete().unwrap();
    let other = again.population("cells").and_then(|p| p.trace("V_m")).unwrap();
    assert_eq!(trace.data, other.data);
}

#[test]
fn noise_makes_spikes_as_often_as_in_brian2() {
    let fixture = fixture("noisy_lif_spiking_euler");
    let recording = run(&model(&fixture, ""));
    let times: usize = (0..4000)
        .map(|n| recording.spike_times("cells", n).unwrap().iter().filter(|t| **t >= 500.0).count())
        .sum();
    let rate = times as f64 / 4000.0;
    assert!((rate - 3.871).abs() < 4.0 * 0.0271 * std::f64::consts::SQRT_2, "{rate}");
}

#[test]
fn an_initial_value_follows_those_of_other_variables() {
    let text = r#"{"equations": "du/dt = -u/second : volt\nb : 1", "initial": {"u": "b*mV"},
        "per_neuron": {"b": {"values": [1, -2, 3], "unit": "1"}}, "t_stop_ms": 1}"#;
    let import = import_brian2(&parse_tree(text, Notation::Json).unwrap()).unwrap();
    let text =
        write_tree(&import.tree, Notation::Toml).unwrap() + "\n[record]\nV_m = 3\ninterval = 1\n";
    let model =
        Model::from_tree(&parse_tree(&text, Notation::Toml).unwrap(), &ntwk_cells::library())
            .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let recording = run(&model);
    let trace = recording.population("cells").and_then(|p| p.trace("V_m")).unwrap();
    assert_eq!(trace.data.row(0).to_vec(), [1.0, -2.0, 3.0]);
}
