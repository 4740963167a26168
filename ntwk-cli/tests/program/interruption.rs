//! Ctrl-C: every long command ends at once, says what it kept and exits with 130.
#![cfg(unix)]

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::meanfield::MODEL;

/// The time a command may take to end (s): a few steps of what it computes, on a machine that does other things too. Each
/// command here would run for minutes.
const PATIENCE: f64 = 2.0;

/// Cells that are scanned for long.
const LONG_SCAN: [&str; 4] =
    ["--set", "theory.scan.neurons=20000", "--set", "theory.scan.duration=60 s"];

/// Cells that are scanned in a moment.
const SHORT_SCAN: [&str; 4] =
    ["--set", "theory.scan.neurons=8", "--set", "theory.scan.duration=100 ms"];

/// Sends Ctrl-C to a command once it computes, and returns what it said.
fn interrupted(folder: &TempDir, args: &[&str], after: Duration) -> Output {
    let child = Command::new(env!("CARGO_BIN_EXE_ntwk"))
        .args(args)
        .args(["--out", "out", "--quiet"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = folder.path().join("out");
    let begin = Instant::now();
    while !out.exists() && begin.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(after);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success(), "{args:?} ended before Ctrl-C");
    let sent = Instant::now();
    let output = child.wait_with_output().unwrap();
    let took = sent.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{args:?}\n{said}");
    assert!(took < PATIENCE, "{args:?} took {took} s to end\n{said}");
    output
}

fn check(args: &[&str], settings: &[&str], seconds: f64, sentence: &str) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("m.toml"), MODEL).unwrap();
    let output = interrupted(&folder, &[args, settings].concat(), Duration::from_secs_f64(seconds));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(sentence), "{args:?}: {said}");
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
    check(&["tf", "scan", "m.toml"], &LONG_SCAN, 0.7, "the same command goes on");
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
    check(&sweep, &long, 1.0, "0 of 4 points known; the same command goes on");
    check(&["run", "m.toml"], &long, 1.0, "out/results.h5");
}
