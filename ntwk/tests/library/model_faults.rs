//! Every file of `models/bad` has exactly the faults its first lines expect, all found at once;
//! every file of `models/good` is valid and survives being written in both notations.
//!
//! A line `# expect: 12: text` (`//` in JSON) stands for one fault on line 12 whose message
//! contains `text`; `-` stands for a fault without a line.

use std::path::Path;

use crate::common::{model_files, name_of, tree};
use ntwk::cells::library;
use ntwk::core::spec::AfferentActivity;
use ntwk::core::spec::key::{KeyValue, Section};
use ntwk::core::spec::tree::{Node, Value};
use ntwk::core::spec::waveform::Waveform;
use ntwk::core::{Fault, Faults, Model, ModelSpec};
use ntwk::io::{Notation, apply_overrides, parse_tree, write_model};

struct Expected {
    line: Option<u32>,
    text: String,
}

fn expected(file: &Path) -> Vec<Expected> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .map_while(|line| {
            line.strip_prefix("# expect: ").or_else(|| line.strip_prefix("// expect: "))
        })
        .map(|line| {
            let (number, text) = line.split_once(": ").unwrap();
            let line = (number != "-").then(|| number.parse().unwrap());
            Expected { line, text: text.to_owned() }
        })
        .collect()
}

fn faults(file: &Path) -> Vec<Fault> {
    let checked = tree(file).and_then(|root| Model::from_tree(&root, &library()));
    checked.map_or_else(|faults: Faults| faults.list, |_| Vec::new())
}

fn listing(faults: &[Fault]) -> String {
    let line = |f: &Fault| f.line.map_or_else(|| "-".to_owned(), |n| n.to_string());
    faults.iter().map(|f| format!("  {}: {f}\n", line(f))).collect()
}

#[test]
fn every_fault_of_every_bad_model_is_found_at_once() {
    let files = model_files("bad");
    assert!(files.len() >= 25);
    let mut report = String::new();
    for file in &files {
        let (wanted, found) = (expected(file), faults(file));
        let idle = wanted.is_empty();
        let mut left = found.clone();
        let mut missing = String::new();
        for want in wanted {
            let same = |f: &Fault| f.line == want.line && f.to_string().contains(&want.text);
            match left.iter().position(same) {
                Some(index) => drop(left.remove(index)),
                None => missing += &format!("  {:?}: {}\n", want.line, want.text),
            }
        }
        if idle || !missing.is_empty() || !left.is_empty() {
            let (left, found) = (listing(&left), listing(&found));
            report += &format!(
                "== {}\nmissing:\n{missing}not expected:\n{left}all found:\n{found}",
                name_of(file)
            );
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn faults_come_in_the_order_of_the_file_and_print_with_it() {
    for file in model_files("bad") {
        let lines: Vec<u32> = faults(&file).iter().map(|f| f.line.unwrap_or(u32::MAX)).collect();
        assert!(lines.is_sorted(), "{}: {lines:?}", name_of(&file));
        let printed = ntwk::io::read_model(&file, &[], &library()).unwrap_err().to_string();
        assert_eq!(printed.lines().count(), lines.len(), "one line per fault:\n{printed}");
        let path = file.display().to_string();
        assert!(printed.lines().all(|line| line.starts_with(&path)), "{printed}");
    }
}

#[test]
fn good_models_survive_being_written_in_both_notations() {
    let files = model_files("good");
    assert!(files.len() >= 4);
    for file in &files {
        let root = tree(file).unwrap();
        let model = Model::from_tree(&root, &library())
            .unwrap_or_else(|faults| panic!("{}:\n{faults}", name_of(file)));
        for notation in [Notation::Toml, Notation::Json] {
            let text = write_model(model.spec(), notation).unwrap();
            let again = parse_tree(&text, notation).unwrap();
            let again = Model::from_tree(&again, &library())
                .unwrap_or_else(|faults| panic!("{} {notation:?}:\n{faults}", name_of(file)));
            assert_eq!(again.spec(), model.spec(), "{} {notation:?}", name_of(file));
            assert_eq!(again.projections(), model.projections());
            assert_eq!(again.n_steps(), model.n_steps());
            // What is written once more is the same text: nothing drifts.
            assert_eq!(write_model(again.spec(), notation).unwrap(), text);
        }
    }
}

#[test]
fn the_two_notations_say_the_same() {
    let path =
        |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/good").join(name);
    let spec = |name: &str| {
        Model::from_tree(&tree(&path(name)).unwrap(), &library()).unwrap().spec().clone()
    };
    assert_eq!(spec("pair.toml"), spec("pair.json"));
}

fn overridden(changes: &[(&str, &str)]) -> Result<Model, Faults> {
    let file = model_files("good").into_iter().find(|f| name_of(f) == "features.toml").unwrap();
    let mut root = tree(&file).unwrap();
    let changes: Vec<(String, String)> =
        changes.iter().map(|c| (c.0.to_owned(), c.1.to_owned())).collect();
    apply_overrides(&mut root, ModelSpec::KEYS, &changes)?;
    Model::from_tree(&root, &library())
}

#[test]
fn overrides_take_units_text_lists_and_list_elements() {
    let model = overridden(&[
        ("simulation.t_stop", "0.5 s"),
        ("populations.E.size", "77"),
        ("projections[0].weight", "2 nS"),
        ("compare.stationary", "[100, 200]"),
        ("simulation.method", "euler"),
        ("record.interval", "1 ms"),
    ])
    .unwrap();
    let spec = model.spec();
    assert_eq!(spec.simulation.t_stop, 500.0);
    assert_eq!(spec.populations.get("E").unwrap().size, 77);
    assert_eq!(spec.projections[0].weight, 2.0);
    assert_eq!(spec.compare.stationary, Some([100.0, 200.0]));
    assert_eq!(spec.simulation.method, ntwk::core::spec::Method::Euler);
    assert_eq!(model.record_every(), 5);
}

#[test]
fn faults_of_overrides_name_the_key_and_have_no_line() {
    let cases = [
        ("populations.E.cell.C_m", "200 nS", "populations.E.cell.C_m = \"200 nS\": \"nS\" is"),
        ("populations.Q.size", "3", "there is no populations.Q; did you mean populations."),
        ("simulation.t_stp", "3", "did you mean \"t_stop\"?"),
        ("simulation.t_stop.x", "3", "lies inside a value that is not a table"),
        ("projections[99].weight", "3", "has"),
        ("projections[x].weight", "3", "is not a key or key[index]"),
        ("simulation..dt", "3", "names joined by dots"),
        ("title[0]", "3", "\"title\" is not a list"),
    ];
    for (key, value, message) in cases {
        let faults = overridden(&[(key, value)]).unwrap_err();
        assert_eq!(faults.list.len(), 1, "{faults}");
        assert_eq!(faults.list[0].line, None, "{faults}");
        assert!(faults.to_string().contains(message), "{key}={value}: {faults}");
    }
}

#[test]
fn counts_of_records_may_be_as_large_as_a_file_can_say() {
    let huge = i64::MAX.to_string();
    let model = overridden(&[
        ("record.spikes", "false"),
        ("record.V_m", &huge),
        ("record.cell_variables", &huge),
        ("record.conductances", &huge),
        ("record.currents", &huge),
    ])
    .unwrap();
    let others = |notice: &&String| !notice.contains("afferents.D.rate: the samples end at 90 ms");
    assert_eq!(model.notices().iter().filter(others).count(), 0, "{:?}", model.notices());
}

#[test]
fn nesting_without_end_is_a_fault() {
    for (open, notation) in [("[", Notation::Json), ("{\"a\":", Notation::Json)] {
        let faults = parse_tree(&open.repeat(100_000), notation).unwrap_err();
        assert_eq!(faults.list.len(), 1);
        assert!(faults.to_string().contains("nesting"), "{faults}");
    }
    let deep = format!("a = {}", "[".repeat(100_000));
    assert_eq!(parse_tree(&deep, Notation::Toml).unwrap_err().list.len(), 1);
}

#[test]
fn what_is_not_a_table_is_one_fault() {
    for value in [Value::Null, Value::Integer(3), Value::List(Vec::new())] {
        let faults = Model::from_tree(&Node::new(value), &library()).unwrap_err();
        assert_eq!(faults.list.len(), 1, "{faults}");
        assert!(faults.to_string().contains("expected a table"), "{faults}");
    }
    for notation in [Notation::Json, Notation::Toml] {
        let text = if notation == Notation::Json { "// nothing\n" } else { "\n\n" };
        let checked =
            parse_tree(text, notation).and_then(|root| Model::from_tree(&root, &library()));
        assert!(checked.is_err(), "an empty file is no model");
    }
}

#[test]
fn a_model_made_by_code_is_held_to_the_ranges_of_a_file() {
    use ntwk::core::spec::waveform::{Interpolation, Shape, Waveform};
    use ntwk::core::spec::{AfferentActivity, ConnectionSpec, DelaySpec, ReceptorKind};
    type Change = fn(&mut ModelSpec);
    let file = model_files("good").into_iter().find(|f| name_of(f) == "features.toml").unwrap();
    let good = Model::from_tree(&tree(&file).unwrap(), &library()).unwrap().spec().clone();
    assert!(Model::from_spec(good.clone(), &library()).is_ok());
    let sampled = Waveform::Shape(Shape::Sampled {
        start: 0.0,
        interval: 1.0,
        values: Vec::new(),
        interpolation: Interpolation::Hold,
    });
    let mut empty = good.clone();
    empty.populations[0].current = Some(sampled);
    let faults = Model::from_spec(empty, &library()).unwrap_err();
    assert_eq!(faults.list.len(), 1, "{faults}");
    let cases: [(&str, Change); 21] = [
        ("simulation.dt", |s| s.simulation.dt = 0.0),
        ("simulation.t_stop", |s| s.simulation.t_stop = f64::NAN),
        ("receptors.exc.tau_syn", |s| s.receptors[0].tau_syn = Some(0.0)),
        ("receptors.exc.E_rev", |s| {
            s.receptors[0].kind = ReceptorKind::Conductance { E_rev: f64::NAN };
        }),
        ("populations.E.size", |s| s.populations[0].size = 0),
        ("populations.E.size", |s| s.populations[0].size = 1 << 32),
        ("afferents.A.size", |s| s.afferents[0].size = 0),
        ("projections[0].weight", |s| s.projections[0].weight = (-1.0).into()),
        ("projections[0].weight", |s| s.projections[0].weight = f64::NAN.into()),
        ("projections[0].delay", |s| s.projections[0].delay = DelaySpec::constant(-1.0)),
        ("projections[0].release_probability", |s| s.projections[0].release_probability = 1.5),
        ("projections[0].connection.probability", |s| {
            s.projections[0].connection =
                ConnectionSpec::PairwiseBernoulli { probability: 1.5, autapses: false };
        }),
        ("projections[0].connection.targets", |s| {
            s.projections[0].connection = ConnectionSpec::pairs(vec![1, 2], vec![1]);
        }),
        ("afferents.S.spikes.ids", |s| {
            if let AfferentActivity::Spikes { spikes } = &mut s.afferents[4].activity {
                spikes.ids.pop();
            }
        }),
        ("record.interval", |s| s.record.interval = Some(0.0)),
        ("theory.T", |s| s.theory.T = 0.0),
        ("theory.threshold_terms", |s| s.theory.threshold_terms = 7),
        ("theory.scan.neurons", |s| s.theory.scan.neurons = 0),
        ("theory.scan.above_threshold", |s| s.theory.scan.above_threshold = -20.0),
        ("compare.stationary", |s| s.compare.stationary = Some([5.0, 5.0])),
        ("compare.smoothing", |s| s.compare.smoothing = Some(f64::NAN)),
    ];
    for (key, change) in cases {
        let mut spec = good.clone();
        change(&mut spec);
        let faults = Model::from_spec(spec, &library()).expect_err(key);
        assert!(faults.list.iter().any(|f| f.key == key), "{key}: {faults}");
    }
}

/// A current that no population has must still go with some kind of cell.
#[test]
fn a_current_that_nobody_uses_is_checked() {
    let faults = |current: &str| {
        let text = format!(
            "[simulation]\nt_stop = 10\n[populations.E]\nsize = 2\ncell = 'RS'\n\
             [kinds.k]\nvariables = {{ u = 'mV' }}\nequations = 'du/dt = -u/(10 ms)'\n\
             [currents.x]\ncurrent = '{current}'\nparameters = {{ g = '2 nS' }}\n"
        );
        let root = parse_tree(&text, Notation::Toml).unwrap();
        Model::from_tree(&root, &library()).map_or_else(|f| f.to_string(), |_| String::new())
    };
    assert_eq!(faults("g*(-30 mV - V)"), "");
    assert_eq!(faults("g*u"), "", "of a kind that the file declares");
    let said = faults("3*g");
    assert!(said.contains("currents.x") && said.contains("must be in pA, is in nS"), "{said}");
    let said = faults("g*(V - 10 mV");
    assert!(said.contains("currents.x"), "{said}");
}

fn checked(text: &str) -> Result<Model, Faults> {
    Model::from_tree(&parse_tree(text, Notation::Toml).unwrap(), &library())
}

/// A name written otherwise in the equations leaves a parameter without effect.
#[test]
fn a_parameter_that_no_equation_uses_is_a_fault() {
    let kind = |parameters: &str, then: &str| {
        let text = format!(
            "[simulation]\nt_stop = 10\n[populations.E]\nsize = 2\ncell = {{ model = 'k' }}\n\
             [kinds.k]\nvariables = {{ V = 'mV' }}\nequations = 'dV/dt = (E_L - V)/tau'\n\
             spike = {{ when = 'V > V_thresh', then = '{then}' }}\n\
             [kinds.k.parameters]\nE_L = '-70 mV'\ntau = '10 ms'\nV_thresh = '-50 mV'\n{parameters}"
        );
        checked(&text).map_or_else(|f| f.to_string(), |_| String::new())
    };
    assert_eq!(kind("", "V = E_L"), "");
    let said = kind("V_tresh = '-55 mV'\n", "V = E_L");
    assert!(said.contains("kinds.k.parameters.V_tresh") && said.contains("V_thresh"), "{said}");
    let said = kind("", " ");
    assert!(said.contains("kinds.k.spike.then") && said.contains("is empty"), "{said}");
}

#[test]
fn what_never_acts_or_acts_otherwise_is_said() {
    let notices = |more: &str, population: &str| {
        let text = format!(
            "[simulation]\nt_stop = 200\n[receptors.exc]\nE_rev = 0\ntau_syn = 5\n\
             [populations.E]\nsize = 20\ncell = 'RS'\n{population}\n\
             [[projections]]\nsource = 'E'\ntarget = 'E'\nreceptor = 'exc'\n{more}"
        );
        let model = checked(&text).unwrap_or_else(|faults| panic!("{faults}"));
        model.notices().join("\n")
    };
    let usual = "weight = 1\nconnection = { rule = 'all_to_all' }\n";
    assert_eq!(notices(usual, ""), "");
    let step = |start: &str, duration: &str| {
        format!(
            "I_e = {{ waveform = 'step', amplitude = 100, start = '{start}', duration = '{duration}' }}"
        )
    };
    let said = notices(usual, &step("2 s", "500 ms"));
    assert!(said.contains("populations.E.I_e acts from 2000 ms on and never"), "{said}");
    let said = notices(usual, &step("-50 ms", "20 ms"));
    assert!(said.contains("populations.E.I_e acts until -30 ms and never"), "{said}");
    assert_eq!(notices(usual, &step("199 ms", "500 ms")), "");
    let sampled = |more: &str| {
        format!("I_e = [1, {{ waveform = 'sampled', interval = 50, values = [1, 2, 3], {more} }}]")
    };
    let said = notices(usual, &sampled(""));
    let held = "populations.E.I_e: the samples end at 150 ms; the value 3 is held from then";
    assert!(said.contains(held), "{said}");
    let said = notices(usual, &sampled("interpolation = 'linear', start = '100 ms'"));
    assert!(said.contains("begin at 100 ms; the value 1 is held until then"), "{said}");
    assert_eq!(notices(usual, &sampled("start = 0").replace("= 50", "= 70")), "");
    let said = notices(usual, "initial = { V_m = '-20 mV' }");
    assert!(said.contains("populations.E.initial.V_m is -20 mV, above the threshold"), "{said}");
    let drawn = "initial = { V_m = { distribution = 'uniform', low = -70, high = 0 } }";
    assert!(notices(usual, drawn).contains("initial.V_m reaches 0 mV"));
    assert_eq!(notices(usual, "initial = { V_m = '-45 mV' }"), "");
    let said = notices("weight = 1\nconnection = { rule = 'one_to_one' }\n", "");
    assert!(said.contains("connects every neuron with itself (autapses)"), "{said}");
    // Half of a normal value around 0: mean sd sqrt(2/pi), sd sd sqrt(1 - 2/pi).
    let delays = "delay = { distribution = 'normal', mean = '0.1 ms', sd = '10 ms' }\n";
    let said = notices(&format!("{usual}{delays}"), "");
    assert!(said.contains("projections[0].delay") && said.contains("makes 8.0"), "{said}");
    let weights = usual.replace("1\n", "{ distribution = 'normal', mean = 1, sd = 2 }\n");
    let said = notices(&weights, "");
    // 1 + 2 phi(1/2)/Phi(1/2) = 2.0183.
    assert!(said.contains("projections[0].weight") && said.contains("makes 2.018"), "{said}");
    let few = usual.replace("1\n", "{ distribution = 'normal', mean = 1, sd = 0.3 }\n");
    assert_eq!(notices(&few, ""), "");
    let text = "[simulation]\nt_stop = 20\n[receptors.exc]\nE_rev = 5000\ntau_syn = 5\n\
        [populations.E]\nsize = 2\ncell = 'RS'\n\
        [afferents.A]\nsize = 2\nspikes = { times = [5, 30], ids = [0, 1] }\n\
        [[projections]]\nsource = 'A'\ntarget = 'E'\nreceptor = 'exc'\nweight = 1\n\
        connection = { rule = 'all_to_all' }\n";
    let said = checked(text).unwrap().notices().join("\n");
    assert!(said.contains("receptors.exc.E_rev = 5000 mV"), "{said}");
    assert!(said.contains("afferents.A.spikes: 1 of 2 come after the end"), "{said}");
    let traces = "[record.traces.early]\npopulation = 'E'\nvariables = ['V_m']\nstart = -1\n";
    let said = checked(&format!("{text}{traces}")).unwrap_err().to_string();
    assert!(said.contains("record.traces.early.start") && said.contains(">= 0 ms"), "{said}");
}

#[test]
fn every_fault_of_several_changes_is_said() {
    let model = overridden(&[]).unwrap();
    let changes = [
        ("populations.Q.size", Value::Integer(3)),
        ("simulation.dt", Value::Float(-1.0)),
        ("populations.E.size", Value::String("a".to_owned())),
    ];
    let faults = model.with(&changes, &library()).unwrap_err();
    let keys: Vec<&str> = faults.list.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["populations.Q.size", "simulation.dt", "populations.E.size"], "{faults}");
}

/// Numbers without times are no waveform, in whatever nesting; a sum has a shape among its parts.
#[test]
fn values_without_times_are_no_waveform() {
    let with =
        |value: Value| overridden(&[]).unwrap().with(&[("afferents.A.rate", value)], &library());
    let list = |items: Vec<Value>| Value::List(items.into_iter().map(Node::new).collect());
    let row = || Value::Numbers(vec![1.0, 2.0, 3.0]);
    let numbers = || list(vec![Value::Integer(1), Value::String("2 Hz".to_owned())]);
    for (value, shape) in [
        (row(), "3 values"),
        (Value::Counts(vec![1, 2].into()), "2 values"),
        (numbers(), "2 values"),
        (list(vec![row(), row()]), "2 x 3 values"),
        (list(vec![list(vec![row()]), list(vec![row()])]), "2 x 1 x 3 values"),
    ] {
        let faults = with(value).unwrap_err().to_string();
        assert!(faults.contains(&format!("{shape} without times")), "{faults}");
        assert!(faults.contains("waveform = \"sampled\"") && faults.contains("Hz"), "{faults}");
    }
    // A sum made by code is written as what it is.
    let sum = Waveform::Sum(vec![
        Waveform::Sum(vec![Waveform::Constant(1.0), Waveform::Constant(2.0)]),
        Waveform::step(0.0, 5.0, 1.0),
    ]);
    let written = sum.write().unwrap();
    let again = with(written.value).unwrap_or_else(|faults| panic!("{faults}"));
    let AfferentActivity::Rate { rate, .. } = &again.spec().afferents.get("A").unwrap().activity
    else {
        panic!("a rate")
    };
    assert_eq!([rate.at(1.0), rate.at(9.0)], [4.0, 3.0]);
    assert_eq!(
        Waveform::Sum(vec![Waveform::Constant(1.0); 3]).write().unwrap().value,
        Value::Float(3.0)
    );
}
