//! From a morphological cell to the mean field of a network, with the commands of examples/morpho-transfer; and studies
//! that are interrupted and go on.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::output as ntwk;
use ntwk::sweep::status::{read_sweep, sweep_status};
use ntwk_io::{ScanData, ScanValues, read_scan};
use tempfile::TempDir;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/morpho-transfer").join(name)
}

fn sound(folder: &TempDir, arguments: &[&str]) -> String {
    let out = ntwk(folder, arguments);
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn numbers<'a>(data: &'a ScanData, name: &str) -> &'a [f64] {
    match &data.get(name).unwrap().values {
        ScanValues::Numbers(values) => values,
        ScanValues::Texts(_) => panic!("{name} holds texts"),
    }
}

/// Rate of a population at the only fixed point that `ntwk meanfield` printed.
fn fixed_point(text: &str, population: &str) -> f64 {
    let mut rows = text.lines().filter(|l| l.split_whitespace().nth(1) == Some(population));
    let row: Vec<&str> = rows.next().unwrap().split_whitespace().collect();
    assert!(rows.next().is_none() && row[6] == "stable", "{text}");
    row[2].parse().unwrap()
}

/// The cell is measured, its rates fitted, the network's fixed point found; then the cell is measured at the rates of that
/// fixed point, where it must fire at the rate the theory says.
#[test]
fn a_morphological_cell_goes_into_the_mean_field() {
    let folder = TempDir::new().unwrap();
    let cell = example("cell.toml");
    let cell = cell.to_str().unwrap();
    let short = ["--duration", "1500", "--repetitions", "2", "-q"];
    let grid = [
        "--rates-excitation",
        "1,1.5,2,2.25,2.5,3",
        "--rates-inhibition",
        "2,4,6,8",
        "--out",
        "tf",
    ];
    sound(&folder, &[&["morpho", "tf", cell][..], &grid, &short].concat());
    let model = folder.path().join("network.toml");
    let text = std::fs::read_to_string(example("network.toml")).unwrap();
    std::fs::write(&model, text.replace("scan.csv", "tf/scan.csv")).unwrap();
    let terms = ["--set", "theory.threshold_terms=4", "-q"];
    let fit =
        sound(&folder, &[&["tf", "fit", "network.toml", "--out", "fit"][..], &terms].concat());
    assert!(fit.contains("Pyr: 24 points, 24 known before, 0 measured"), "{fit}");
    let json =
        std::fs::read_to_string(folder.path().join("fit/transfer_function_Pyr.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["r_squared"].as_f64().unwrap() > 0.98, "{json}");
    let theory =
        sound(&folder, &[&["meanfield", "network.toml", "--out", "mf"][..], &terms].concat());
    let (pyr, int) = (fixed_point(&theory, "Pyr"), fixed_point(&theory, "Int"));
    assert!((1.0..5.0).contains(&pyr) && (2.0..10.0).contains(&int), "{theory}");
    let (e, i) = (((320.0 * 2.2 + 80.0 * pyr) / 400.0).to_string(), int.to_string());
    let there = ["--rates-excitation", &e, "--rates-inhibition", &i, "--out", "there", "-q"];
    let long = ["--duration", "6000", "--repetitions", "4"];
    sound(&folder, &[&["morpho", "tf", cell][..], &there, &long].concat());
    let data = read_scan(&folder.path().join("there/scan.h5")).unwrap().unwrap().0;
    let (rate, error) = (numbers(&data, "rate")[0], numbers(&data, "standard_error")[0]);
    // Four terms on a coarse grid miss the cell by about half a hertz here.
    assert!((rate - pyr).abs() < 3.0 * error + 0.7, "cell {rate} ± {error}, theory {pyr}");
    // The stored model holds the measurement itself: it can be used without the table.
    let stored = sound(&folder, &["info", "mf/results.h5", "--model"]);
    assert!(stored.contains("measured") && !stored.contains("scan.csv"), "{stored}");
}

#[test]
fn the_committed_table_is_one_the_network_reads() {
    let folder = TempDir::new().unwrap();
    let model = example("network.toml");
    let text = sound(&folder, &["meanfield", model.to_str().unwrap(), "--out", "mf", "-q"]);
    assert!((fixed_point(&text, "Pyr") - 2.34).abs() < 0.05, "{text}");
}

#[test]
fn faults_of_a_measured_transfer_function_are_found() {
    let folder = TempDir::new().unwrap();
    std::fs::copy(example("network.toml"), folder.path().join("network.toml")).unwrap();
    std::fs::copy(example("scan.csv"), folder.path().join("scan.csv")).unwrap();
    let good = "population=\"Pyr\", file=\"scan.csv\"";
    for (entry, message) in [
        (
            "population=\"Pyramidal\", file=\"scan.csv\", inputs={exc=\"rate_excitation_Hz\"}"
                .to_owned(),
            "no such population",
        ),
        (format!("{good}, inputs={{exc=\"rate_e\", inh=\"rate_inhibition_Hz\"}}"), "rate_e"),
        (format!("{good}, inputs={{}}"), "classes of inputs"),
        (format!("{good}, rate=[1], inputs={{exc=\"rate_excitation_Hz\"}}"), "either file or rate"),
        ("population=\"Pyr\", file=\"none.csv\", inputs={exc=\"a\"}".to_owned(), "none.csv"),
        (
            "population=\"Pyr\", inputs={exc=[1,2], inh=[1]}, rate=[1,2], standard_error=[0,0]"
                .to_owned(),
            "1 values for 2 rates",
        ),
        ("population=\"Pyr\", inputs={exc=[1]}, rate=[-1], standard_error=[0]".to_owned(), ">= 0"),
        ("population=\"Pyr\", inputs={exc=[1]}".to_owned(), "rate"),
        (
            "population=\"Pyr\", colour=1, inputs={exc=[1]}, rate=[1], standard_error=[0]"
                .to_owned(),
            "colour",
        ),
    ] {
        let set = format!("theory.measured=[{{{entry}}}]");
        let out = ntwk(&folder, &["check", "network.toml", "--set", &set]);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{entry}: {text}");
        assert!(text.contains(message) && text.contains("theory.measured[0]"), "{entry}: {text}");
    }
    // Classes of inputs are known only with the projections.
    let set = format!("theory.measured=[{{{good}, inputs={{exc=\"rate_excitation_Hz\"}}}}]");
    let out = ntwk(&folder, &["meanfield", "network.toml", "--set", &set, "-q"]);
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success() && text.contains("its classes of inputs are"), "{text}");
    let design = ["tf", "scan", "network.toml", "--design", "grid", "--rate", "exc=1..2:2"];
    let out =
        ntwk(&folder, &[&design[..], &["--rate", "inh=1..2:2", "--population", "Pyr"]].concat());
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("no design"));
}

/// Runs a command and kills it once `ready` holds; asserts that it did not end before.
fn kill_when(folder: &TempDir, arguments: &[&str], ready: impl Fn() -> bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ntwk"));
    let mut child = command.current_dir(folder.path()).args(arguments).spawn().unwrap();
    while !ready() {
        assert!(child.try_wait().unwrap().is_none(), "ended before it could be killed");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What was known before is not computed again, and the numbers are those of a study that was never ended.
#[test]
fn killed_studies_go_on_where_they_ended() {
    let folder = TempDir::new().unwrap();
    let cell = example("cell.toml");
    let cell = cell.to_str().unwrap();
    let tf = |out: &'static str| {
        let rates = ["--rates-excitation", "1,2,3", "--rates-inhibition", "2,5"];
        let more =
            ["--duration", "600", "--repetitions", "1", "--threads", "1", "-q", "--out", out];
        [&["morpho", "tf", cell][..], &rates, &more].concat()
    };
    let background = |out: &'static str| {
        let more = ["--synapses", "excitation", "--at", "apical at 100 um", "--duration", "600"];
        let time = ["--set", "simulation.t_stop=1000", "--threads", "1", "-q", "--out", out];
        [&["morpho", "background", cell][..], &more, &time].concat()
    };
    let check = |arguments: &dyn Fn(&'static str) -> Vec<String>, file: &str, points: usize| {
        let run = arguments("a");
        let run: Vec<&str> = run.iter().map(String::as_str).collect();
        let path = folder.path().join("a").join(file);
        kill_when(&folder, &run, || sweep_status(&path).is_ok_and(|status| status.done > 0));
        let seconds = |path: &Path| -> Vec<f64> {
            numbers(&read_sweep(path).unwrap().data, "seconds").to_vec()
        };
        let before = seconds(&path);
        let known = before.iter().filter(|s| s.is_finite()).count();
        assert!((1..points).contains(&known), "{known}");
        let told = sound(&folder, &run);
        let expected =
            format!("{points} points: {known} known before, {} computed, 0 failed", points - known);
        assert!(told.contains(&expected), "{told}");
        for (was, is) in before.iter().zip(seconds(&path)) {
            assert!(was.is_nan() || *was == is, "a known point was computed again");
        }
        let whole = arguments("b");
        let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
        sound(&folder, &whole);
        let other = folder.path().join("b").join(file);
        let (a, b) = (read_scan(&path).unwrap().unwrap().0, read_scan(&other).unwrap().unwrap().0);
        for array in a.arrays.iter().filter(|x| x.name != "seconds" && x.name != "error") {
            assert_eq!(array.values, b.get(&array.name).unwrap().values, "{}", array.name);
        }
        // Other settings are another study.
        let mut changed = run.clone();
        let at = changed.iter().position(|a| *a == "600").unwrap();
        changed[at] = "500";
        let out = ntwk(&folder, &changed);
        assert_eq!(out.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&out.stderr).contains("another scan"));
        changed.push("--fresh");
        sound(&folder, &changed);
    };
    let owned = |v: Vec<&str>| v.into_iter().map(str::to_owned).collect::<Vec<String>>();
    check(&|out| owned(tf(out)), "scan.h5", 6);
    std::fs::remove_dir_all(folder.path().join("a")).unwrap();
    std::fs::remove_dir_all(folder.path().join("b")).unwrap();
    check(&|out| owned(background(out)), "background.h5", 6);
    assert!(folder.path().join("a/background.csv").is_file());
    let text = sound(&folder, &["info", "a/background.h5"]);
    assert!(text.contains("/V ") && text.contains("2 x 3"), "{text}");
}
