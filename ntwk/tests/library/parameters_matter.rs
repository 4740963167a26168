//! No number of a model file is accepted and dropped: changing any of them changes what is
//! simulated, predicted or compared, or is a fault of that key. And no value of any of them makes
//! the check panic.

use std::path::Path;

use crate::common::tree;
use ntwk::cells::library;
use ntwk::core::spec::key::Section;
use ntwk::core::spec::tree::{Node, Value};
use ntwk::core::{Faults, Model};
use ntwk::io::apply_overrides;
use ntwk_meanfield::prediction::predict::predict;
use ntwk_meanfield::prediction::windows::ComparisonWindows;

fn good(name: &str) -> Node {
    tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/good").join(name)).unwrap()
}

/// Paths and values of every number, bare or with a unit.
fn numbers(node: &Node, path: &str, found: &mut Vec<(String, Value)>) {
    match &node.value {
        Value::Integer(_) | Value::Float(_) => found.push((path.to_owned(), node.value.clone())),
        Value::String(text) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            found.push((path.to_owned(), node.value.clone()));
        }
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                numbers(item, &format!("{path}[{i}]"), found);
            }
        }
        Value::Table(entries) => {
            for (key, child) in entries {
                let dot = if path.is_empty() { "" } else { "." };
                numbers(child, &format!("{path}{dot}{key}"), found);
            }
        }
        _ => {}
    }
}

fn numbers_of(root: &Node) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    numbers(root, "", &mut found);
    found
}

/// Other values near a value, the small changes first.
fn changes(value: &Value) -> Vec<String> {
    match value {
        Value::Integer(n) => {
            [n + 1, n - 1, 2 * n, n / 2].iter().filter(|&m| m != n).map(i64::to_string).collect()
        }
        Value::Float(x) => [1.1 * x, 0.5 * x, 2.0 * x].iter().map(|y| format!("{y:?}")).collect(),
        Value::String(text) if text.contains("..") => {
            let (from, to) = text.split_once("..").unwrap();
            let (from, to): (i64, i64) = (from.parse().unwrap(), to.parse().unwrap());
            vec![format!("\"{}..{to}\"", from + 1), format!("\"{from}..{}\"", to + 1)]
        }
        Value::String(text) => {
            let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap();
            let x: f64 = text[..end].parse().unwrap();
            let unit = &text[end..];
            let near = if x == 0.0 { vec![1.0, -1.0] } else { vec![1.1 * x, 0.5 * x, 2.0 * x] };
            near.iter().map(|y| format!("\"{y}{unit}\"")).collect()
        }
        _ => Vec::new(),
    }
}

fn changed(root: &Node, key: &str, value: &str) -> Result<Model, Faults> {
    let mut root = root.clone();
    apply_overrides(&mut root, ntwk::core::ModelSpec::KEYS, &[(key.to_owned(), value.to_owned())])?;
    Model::from_tree(&root, &library())
}

/// Walks the numbers of a model; returns those of which no change has an effect.
fn idle<T: PartialEq>(
    root: &Node,
    wanted: impl Fn(&str) -> bool,
    outcome: impl Fn(&Model) -> T,
) -> (usize, Vec<String>) {
    let before = outcome(&Model::from_tree(root, &library()).unwrap());
    assert!(outcome(&Model::from_tree(root, &library()).unwrap()) == before);
    let keys: Vec<_> = numbers_of(root).into_iter().filter(|n| wanted(&n.0)).collect();
    let matters = |key: &str, value: &Value| {
        changes(value).iter().any(|new| match changed(root, key, new) {
            Ok(model) => outcome(&model) != before,
            // The list of a list element stands for it.
            Err(faults) => {
                faults.list.iter().any(|f| f.key == key || key.starts_with(&format!("{}[", f.key)))
            }
        })
    };
    let idle = keys.iter().filter(|(key, value)| !matters(key, value));
    (keys.len(), idle.map(|k| k.0.clone()).collect())
}

/// Keys whose small changes have no effect on a run, and why that is right.
const NO_EFFECT_ON_A_RUN: [(&str, &str); 3] = [
    ("afferents.A.size", "its in-degree is given, and each target has a train of its own"),
    ("afferents.S.size", "bound by one_to_one: the fault is at the rule"),
    ("populations.F.size", "bound by one_to_one: the fault is at the rule"),
];

#[test]
fn every_number_changes_the_run_or_the_windows_or_is_refused() {
    let root = good("features.toml");
    let outcome = |model: &Model| {
        let run = ntwk_core::engine::run::simulate(model, &ntwk_core::Job::threads(1)).unwrap();
        (run.recording, run.stopped.map(|s| s.to_string()), ComparisonWindows::of(model))
    };
    // [theory] is the business of the next test.
    let (count, idle) = idle(&root, |key| !key.starts_with("theory."), outcome);
    assert!(count > 120, "{count}");
    let expected: Vec<&str> = NO_EFFECT_ON_A_RUN.iter().map(|e| e.0).collect();
    let mut sorted = idle.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    for key in &idle[..] {
        if key != "afferents.A.size" {
            let faults = changed(&root, key, "31").unwrap_err();
            assert!(faults.to_string().contains("one_to_one needs equal sizes"), "{faults}");
        }
    }
}

#[test]
fn every_number_of_receptors_draws_plasticity_and_changes_matters_to_a_run() {
    let root = good("engine.toml");
    let outcome = |model: &Model| {
        let run = ntwk_core::engine::run::simulate(model, &ntwk_core::Job::threads(1)).unwrap();
        (run.recording, run.stopped.map(|s| s.to_string()))
    };
    let (count, idle) = idle(&root, |_| true, outcome);
    assert!(count > 90, "{count}");
    assert_eq!(idle, Vec::<String>::new());
}

#[test]
fn every_number_of_the_other_kinds_of_cells_matters_to_a_run() {
    let root = good("cells.toml");
    let outcome = |model: &Model| {
        let run = ntwk_core::engine::run::simulate(model, &ntwk_core::Job::threads(1)).unwrap();
        (run.recording, run.stopped.map(|s| s.to_string()))
    };
    let (count, idle) = idle(&root, |_| true, outcome);
    assert!(count > 60, "{count}");
    // Bound by one_to_one to each other: the fault of a change is at the rule.
    let mut sorted = idle.clone();
    sorted.sort();
    let sizes =
        ["afferents.A.size", "populations.I.size", "populations.P.size", "populations.Z.size"];
    assert_eq!(sorted, sizes);
    for key in &idle {
        let faults = changed(&root, key, "31").unwrap_err();
        assert!(faults.to_string().contains("one_to_one needs equal sizes"), "{faults}");
    }
}

#[test]
fn every_number_of_the_theory_changes_the_prediction() {
    let root = good("theory.toml");
    let outcome = |model: &Model| match predict(model, &library(), &ntwk_core::Job::threads(1)) {
        Ok(theory) => {
            let fit = &theory.populations[0].fit;
            format!("{:?} {:?}", theory.trajectory, fit.transfer_function.coefficients())
        }
        Err(error) => error.to_string(),
    };
    let (count, idle) = idle(&root, |key| key.starts_with("theory."), outcome);
    assert_eq!(count, 11);
    assert_eq!(idle, [""; 0]);
}

#[test]
fn every_number_of_the_cell_and_the_input_changes_the_prediction() {
    let root = good("theory.toml");
    let outcome = |model: &Model| match predict(model, &library(), &ntwk_core::Job::threads(1)) {
        Ok(theory) => format!("{:?}", theory.trajectory),
        Err(error) => error.to_string(),
    };
    let used = |key: &str| !key.starts_with("theory.");
    let (count, idle) = idle(&root, used, outcome);
    assert!(count > 18, "{count}");
    assert_eq!(idle, [""; 0]);
}

#[test]
fn no_value_of_any_number_makes_the_check_panic() {
    let values = [
        "-1",
        "0",
        "-0.0",
        "nan",
        "inf",
        "-inf",
        "1e300",
        "-1e300",
        "1e-300",
        "0.5",
        "\"\"",
        "\"abc\"",
        "\"5 xx\"",
        "\"3 mV\"",
        "\"3 ms\"",
        "\"3 %\"",
        "\"1e999 ms\"",
        "true",
        "[]",
        "{}",
        "[[]]",
        "[1, \"2 ms\", {}]",
        "9223372036854775807",
        "-9223372036854775808",
        "2026-01-01",
    ];
    let root = good("features.toml");
    let (mut refused, mut accepted) = (0, 0);
    for (key, _) in numbers_of(&root) {
        for value in values {
            match changed(&root, &key, value) {
                Ok(_) => accepted += 1,
                Err(faults) => {
                    refused += 1;
                    assert!(!faults.to_string().is_empty());
                }
            }
        }
        for wrong in ["nan", "\"abc\"", "true", "[]"] {
            let faults = changed(&root, &key, wrong).expect_err(&key);
            let list = key.rsplit_once('[').map_or("", |k| k.0);
            assert!(
                faults.list.iter().any(|f| f.key.starts_with(&key) || f.key == list),
                "{key} = {wrong}: {faults}"
            );
        }
    }
    assert!(refused > 1000 && accepted > 100, "{refused} {accepted}");
}
