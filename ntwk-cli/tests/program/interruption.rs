//! Ctrl-C: every long command ends at once, says what it kept and exits with 130.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ntwk_core::model::SampleSteps;
use ntwk_core::{PopulationRecording, Recording, Spikes, Trace};
use ntwk_io::{RunContents, WriteOptions, write_run};
use tempfile::TempDir;

use crate::meanfield::MODEL;

/// The time in which a command ends (s), on a machine that does nothing else. Each command here would run for long.
const PROMISED: f64 = 0.2;

/// Attempts of which one must hold it, as the machine may be busy.
const ATTEMPTS: usize = 5;

/// Cells that are scanned for long.
const LONG_SCAN: [&str; 4] =
    ["--set", "theory.scan.neurons=20000", "--set", "theory.scan.duration=60 s"];

/// Cells that are scanned in a moment.
const SHORT_SCAN: [&str; 4] =
    ["--set", "theory.scan.neurons=8", "--set", "theory.scan.duration=100 ms"];

/// Sends Ctrl-C to a command some time after `begun` is there, and returns what it said and how long it took to end (s).
fn interrupted(folder: &TempDir, args: &[&str], begun: &str, after: Duration) -> (Output, f64) {
    signalled("-INT", folder, args, begun, after)
}

/// The same with a signal of choice.
fn signalled(
    signal: &str,
    folder: &TempDir,
    args: &[&str],
    begun: &str,
    after: Duration,
) -> (Output, f64) {
    let child = Command::new(env!("CARGO_BIN_EXE_ntwk"))
        .args(args)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = folder.path().join(begun);
    let begin = Instant::now();
    while !out.exists() && begin.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(after);
    let sent = Instant::now();
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success(), "{args:?} ended before Ctrl-C");
    let output = child.wait_with_output().unwrap();
    let took = sent.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{args:?}\n{said}");
    (output, took)
}

/// Interrupts the command in folders that `prepare` has filled until it ends in time; it says `sentence` every time.
fn ends_in_time(
    prepare: &dyn Fn(&TempDir),
    args: &[&str],
    begun: &str,
    seconds: f64,
    sentence: &str,
) -> TempDir {
    let mut times = Vec::new();
    for _ in 0..ATTEMPTS {
        let folder = TempDir::new().unwrap();
        prepare(&folder);
        let (output, took) = interrupted(&folder, args, begun, Duration::from_secs_f64(seconds));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(sentence), "{args:?}: {said}");
        let left = std::fs::read_dir(folder.path()).unwrap();
        let left: Vec<String> =
            left.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        assert!(!left.iter().any(|name| name.ends_with(".tmp")), "{args:?} left {left:?}");
        if took < PROMISED {
            return folder;
        }
        times.push(took);
    }
    panic!("{args:?} took {times:?} s to end");
}

fn with_model(folder: &TempDir) {
    std::fs::write(folder.path().join("m.toml"), MODEL).unwrap();
}

fn check(args: &[&str], settings: &[&str], seconds: f64, sentence: &str) {
    let args = [args, settings, &["--out", "out", "--quiet"]].concat();
    ends_in_time(&with_model, &args, "out", seconds, sentence);
}

#[test]
fn scans_of_cells_end_at_once() {
    let nothing = "interrupted; nothing was stored";
    let vary = ["--vary", "afferents.Drive.rate=3..6"];
    check(&["meanfield", "m.toml"], &LONG_SCAN, 0.7, nothing);
    check(&["meanfield", "phase-plane", "m.toml"], &LONG_SCAN, 0.7, nothing);
    check(&["meanfield", "spectra", "m.toml"], &LONG_SCAN, 0.7, nothing);
    let follow = [&["meanfield", "continue", "m.toml"], &vary[..]].concat();
    check(&follow, &LONG_SCAN, 0.7, nothing);
    check(&["tf", "scan", "m.toml"], &LONG_SCAN, 0.7, "points known");
}

#[test]
fn a_comparison_that_is_interrupted_in_its_theory_keeps_its_simulation() {
    let settings = [&LONG_SCAN[..], &["--set", "simulation.t_stop=50 ms"]].concat();
    let kept = "interrupted in the theory; the simulation is complete";
    check(&["compare", "m.toml"], &settings, 3.0, kept);
}

#[test]
fn studies_of_the_theory_end_at_once() {
    let vary = |key: &'static str| ["--vary", key];
    let (rate, weight) =
        (vary("afferents.Drive.rate=3..6:900"), vary("projections[1].weight=4..6:900"));
    let map = [&["meanfield", "map", "m.toml"], &rate[..], &weight[..]].concat();
    check(&map, &SHORT_SCAN, 3.0, "interrupted; nothing was stored");
}

#[test]
fn a_ring_keeps_the_rates_so_far() {
    let ring = ["populations.Exc.space", "populations.Inh.space"]
        .map(|key| format!("{key}={{ layout = \"ring\", length = \"20 mm\" }}"));
    let long = "simulation.t_stop=500 s";
    let settings = ["--set", &ring[0], "--set", &ring[1], "--set", long];
    let settings = [&SHORT_SCAN[..], &settings].concat();
    let args = ["meanfield", "ring", "m.toml", "--places", "400"];
    check(&args, &settings, 4.0, "what was computed before is in out/ring.h5");
}

#[test]
fn sweeps_and_runs_say_how_far_they_came() {
    let long = ["--set", "simulation.t_stop=200 s"];
    let vary = ["--vary", "afferents.Drive.rate=3..6:4", "--command", "run"];
    let sweep = [&["scan", "m.toml"], &vary[..]].concat();
    check(&sweep, &long, 1.0, "0 of 4 points known; nothing was stored");
    check(&["run", "m.toml"], &long, 1.0, "out/results.h5");
}

#[test]
fn a_network_that_is_built_and_a_file_that_is_laid_out_leave_nothing() {
    let nothing = "interrupted; nothing was stored";
    let large = ["populations.Exc.size=40000", "populations.Inh.size=10000"]
        .map(|set| ["--set", set])
        .concat();
    check(&["run", "m.toml"], &large, 0.5, nothing);
    let longest = ["--set", "simulation.t_stop=20000 s", "--set", "record.spikes=false"];
    check(&["run", "m.toml"], &longest, 0.5, nothing);
}

#[test]
fn a_run_of_a_cell_keeps_what_it_had() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/passive-fit/cell.toml");
    let args = ["morpho", "run", file.to_str().unwrap(), "--set", "simulation.t_stop=500000"];
    let args = [&args[..], &["--out", "out", "--quiet"]].concat();
    let folder = ends_in_time(&|_| {}, &args, "out", 0.7, "what was computed before is in");
    let stored = ntwk_io::describe(&folder.path().join("out/results.h5")).unwrap();
    assert!(stored.entries.len() > 1);
}

/// A run of 100 s with two recorded potentials.
fn with_run(folder: &TempDir) {
    let n_steps = 4_000_000;
    let trace = Trace {
        variable: "V_m".to_owned(),
        unit: "mV".to_owned(),
        neurons: vec![0, 1],
        group: None,
        sources: Vec::new(),
        steps: SampleSteps::every(1),
        data: ndarray::Array2::from_elem((n_steps, 2), -65.0),
    };
    let population = PopulationRecording {
        name: "Exc".to_owned(),
        size: 2,
        spikes: Some(Spikes::default()),
        counts: vec![0; n_steps],
        traces: vec![trace],
    };
    let (populations, afferents) = (vec![population], Vec::new());
    let recording = Recording { dt: 0.025, n_steps: n_steps as u64, populations, afferents };
    let contents =
        RunContents { recording: Some(&recording), model: None, provenance: None, theory: &[] };
    write_run(&folder.path().join("run.h5"), &contents, &WriteOptions::default()).unwrap();
}

#[test]
fn an_export_leaves_no_half_of_a_file() {
    let args = ["export", "run.h5", "--to", "csv", "--output", "out"];
    let folder = ends_in_time(&with_run, &args, "out", 0.1, "interrupted; ");
    let left = std::fs::read_dir(folder.path().join("out")).unwrap();
    for file in left.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()) {
        assert!(!file.ends_with(".tmp"), "{file}");
    }
}

#[test]
fn the_end_of_a_cluster_job_is_an_interruption() {
    let folder = TempDir::new().unwrap();
    with_model(&folder);
    let args = ["run", "m.toml", "--out", "out", "--quiet", "--set", "simulation.t_stop=200 s"];
    let begun = "out/results.partial.h5";
    let (output, _) = signalled("-TERM", &folder, &args, begun, Duration::from_secs(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("interrupted") && said.contains("out/results.h5"), "{said}");
    assert!(ntwk_io::describe(&folder.path().join("out/results.h5")).unwrap().stopped.is_some());
}

#[test]
fn a_network_beyond_the_memory_of_the_machine_is_refused() {
    let folder = TempDir::new().unwrap();
    with_model(&folder);
    let huge = ["--set", "populations.Exc.size=4000000000"];
    let run = |command: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ntwk"))
            .args(command)
            .args(huge)
            .current_dir(&folder)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["run", "m.toml", "--out", "out", "--quiet"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("of memory") && said.contains("this machine has"), "{said}");
    let (code, said) = run(&["plan", "m.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("note: the network needs about"), "{said}");
}

#[test]
fn a_run_that_stopped_early_does_not_take_the_place_of_a_longer_one() {
    let folder = TempDir::new().unwrap();
    with_model(&folder);
    let run = |set: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_ntwk"))
            .args(["run", "m.toml", "--out", "out", "--quiet", "--no-figures"])
            .args(set)
            .current_dir(&folder)
            .output()
            .unwrap()
    };
    assert!(run(&[]).status.success());
    let results = folder.path().join("out/results.h5");
    let whole = std::fs::read(&results).unwrap();
    let long = ["run", "m.toml", "--out", "out", "--quiet", "--set", "simulation.t_stop=2000 s"];
    interrupted(&folder, &long, "out/results.partial.h5", Duration::ZERO);
    assert!(std::fs::read(&results).unwrap() == whole, "a run that reached its end stays");
    let summary = std::fs::read(folder.path().join("out/summary.json")).unwrap();

    let blown = run(&["--set", "projections.Drive_Exc.weight=1e9 nS"]);
    let said = String::from_utf8_lossy(&blown.stderr).into_owned();
    assert_eq!(blown.status.code(), Some(1), "{said}");
    assert_eq!(std::fs::read(&results).unwrap(), whole);
    assert!(said.contains("blew up") && said.contains("look at the weights"), "{said}");
    assert!(!said.contains("smaller dt") && said.contains("went further, and stays"), "{said}");
    let table = String::from_utf8_lossy(&blown.stdout).into_owned();
    assert!(table.contains("no rates: the run came to"), "{table}");
    assert!(folder.path().join("out/results.partial.h5").exists());
    // The folder tells of one run.
    assert_eq!(std::fs::read(folder.path().join("out/summary.json")).unwrap(), summary);
}

#[test]
fn a_run_shorter_than_a_bin_is_a_run() {
    let folder = TempDir::new().unwrap();
    with_model(&folder);
    for (duration, command) in [("0.1 ms", "run"), ("0.3 ms", "run"), ("0.1 ms", "compare")] {
        let output = Command::new(env!("CARGO_BIN_EXE_ntwk"))
            .args([command, "m.toml", "--out", "out", "--quiet"])
            .args(["--set", &format!("simulation.t_stop={duration}")])
            .current_dir(&folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}, {duration}: {said}");
    }
}
