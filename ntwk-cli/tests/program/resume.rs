//! Checkpoints: a run that goes on ends with the bits of one that was never interrupted.

use std::path::Path;
use std::process::Command;

use crate::common::good;
use ntwk_io::{FileError, ResultFile};
use tempfile::TempDir;

/// Datasets of a results file that the simulation makes, by their bytes.
fn same_results(a: &Path, b: &Path) {
    let read = |file: &Path| ResultFile::open(file).unwrap().recording().unwrap().unwrap();
    assert_eq!(read(a), read(b));
}

#[test]
fn a_killed_run_resumes_to_the_same_bits_and_a_finished_one_is_prolonged() {
    let folder = TempDir::new().unwrap();
    let model = good("theory.toml");
    let run = |args: &[&str]| {
        let all = [&["run", model.as_str(), "--quiet", "--precision", "double"], args].concat();
        Command::new(env!("CARGO_BIN_EXE_ntwk")).args(all).current_dir(&folder).output().unwrap()
    };
    let at = |name: &str| folder.path().join(name).join("results.h5");
    let t_stop = |t: &str| format!("simulation.t_stop={t}");
    assert!(run(&["--out", "whole"]).status.success());
    // What a kill leaves: a checkpoint, and a partial file that reaches beyond it.
    let checkpointed = run(&["--out", "at120", "--set", &t_stop("120"), "--checkpoint", "50 ms"]);
    assert!(checkpointed.status.success());
    assert!(run(&["--out", "cut", "--set", &t_stop("150")]).status.success());
    let cut = folder.path().join("cut");
    std::fs::rename(cut.join("results.h5"), cut.join("results.partial.h5")).unwrap();
    let checkpoint = cut.join("results.checkpoint");
    std::fs::copy(folder.path().join("at120/results.checkpoint"), &checkpoint).unwrap();
    let resumed = run(&["--out", "cut", "--resume"]);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    assert!(String::from_utf8_lossy(&resumed.stdout).contains("after the earlier 0.12 s"));
    same_results(&at("whole"), &at("cut"));
    assert!(!cut.join("results.earlier.h5").exists());

    // Refusals name what does not fit and leave the results alone.
    let refusals: [(&[&str], &str); 3] = [
        (&["--set", "simulation.seed=99"], "the first difference"),
        (&["--set", "simulation.t_stop=50"], "to prolong a run"),
        (&["--precision", "single"], "double precision"),
    ];
    for (args, message) in refusals {
        let args: Vec<&str> =
            [&["run", model.as_str(), "--quiet", "--out", "cut", "--resume"], args].concat();
        let extra: &[&str] =
            if args.contains(&"single") { &[] } else { &["--precision", "double"] };
        let output = Command::new(env!("CARGO_BIN_EXE_ntwk"))
            .args([&args, extra].concat())
            .current_dir(&folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(message), "{args:?}: {said}");
        same_results(&at("whole"), &at("cut"));
    }

    // Every damaged byte is noticed.
    let bytes = std::fs::read(&checkpoint).unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&checkpoint, damaged).unwrap();
        assert!(matches!(ntwk_io::read_checkpoint(&checkpoint), Err(FileError::Checkpoint { .. })));
    }
}
