//! The kind of this crate in a network, from the file to the spikes.

use std::path::PathBuf;

use ntwk::prelude::*;

fn model(overrides: &[(&str, &str)]) -> Model {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("network.toml");
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    read_model(&file, &overrides, &custom_cell::library()).unwrap()
}

fn run(model: &Model, threads: usize) -> Recording {
    simulate(model, &Job::threads(threads)).unwrap().complete().unwrap()
}

fn spikes(recording: &Recording, population: &str) -> u64 {
    recording.population(population).unwrap().counts.iter().map(|&c| u64::from(c)).sum()
}

#[test]
fn the_cell_runs_in_a_network_with_the_same_bits_for_any_number_of_threads() {
    let model = model(&[]);
    let recording = run(&model, 1);
    assert_eq!(recording, run(&model, 2));
    let (remembering, fixed) = (spikes(&recording, "Remembering"), spikes(&recording, "Fixed"));
    // The threshold that jumps holds the rate down.
    assert!(remembering > 500 && 3 * remembering < 2 * fixed, "{remembering} {fixed}");
}

#[test]
fn its_threshold_jumps_at_each_spike_and_decays_between() {
    let recording = run(&model(&[]), 1);
    let population = recording.population("Remembering").unwrap();
    let theta = population.trace("theta").unwrap();
    let own = population.spikes_of(0).unwrap();
    let mut expected = -50.0;
    for step in 0..theta.data.nrows() - 1 {
        assert!((theta.data[[step, 0]] - expected).abs() < 1e-9, "step {step}");
        // Forward Euler, then the jump.
        expected += 0.1 * (-50.0 - expected) / 100.0;
        if own.contains(&(step as u64)) {
            expected += 4.0;
        }
    }
    assert!(own.len() > 1);
}

#[test]
fn without_the_jump_it_is_the_leaky_neuron() {
    let alone = [
        ("populations.Remembering.cell.jump", "0"),
        ("populations.Remembering.injections", "[{ neurons = \"0..800\", current = 300 }]"),
        ("populations.Fixed.injections", "[{ neurons = \"0..800\", current = 300 }]"),
        ("projections", "[]"),
    ];
    let recording = run(&model(&alone), 1);
    let (ours, theirs) = (spikes(&recording, "Remembering"), spikes(&recording, "Fixed"));
    assert!(ours > 10_000);
    assert_eq!(ours, theirs);
}

#[test]
fn faults_of_its_parameters_are_reported_like_any_other() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("network.toml");
    let set = |key: &str, value: &str| {
        let overrides = [(format!("populations.Remembering.cell.{key}"), value.to_owned())];
        read_model(&file, &overrides, &custom_cell::library()).unwrap_err().to_string()
    };
    assert!(set("jump", "-1").contains("must be >= 0 mV"));
    assert!(set("jmp", "1").contains("did you mean \"jump\"?"));
    assert!(set("V_reset", "-40").contains("must be below V_th (-50 mV)"));
    // Without the library of this crate the kind does not exist.
    let unknown = read_model(&file, &[], &library()).unwrap_err();
    assert!(unknown.to_string().contains("JumpingThreshold"), "{unknown}");
}

/// What a command of the program with the cell of this crate prints.
fn program(arguments: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_custom-cell"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_command_of_the_program_knows_the_cell() {
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().to_str().unwrap();
    assert!(program(&["cells", "list"]).contains("JumpingThreshold"));
    assert!(program(&["cells", "show", "JumpingThreshold"]).contains("tau_theta"));
    assert!(program(&["check", "network.toml"]).contains("JumpingThreshold"));
    assert!(program(&["run", "network.toml", "--out", out, "-q"]).contains("Remembering"));
    let png = std::fs::read(folder.path().join("overview.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 20_000);
    // What reads the stored model knows it too.
    let results = folder.path().join("results.h5");
    let results = results.to_str().unwrap();
    assert!(program(&["verify", results, "-q"]).contains("the same bits"));
    assert!(program(&["analyze", results, "--out", out]).contains("Remembering"));
}

#[test]
fn the_theory_is_compared_with_a_network_of_the_cell() {
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().to_str().unwrap();
    // A coarse scan: the program is tested, not the theory.
    let table = program(&[
        "compare",
        "network.toml",
        "--out",
        out,
        "-q",
        "--set",
        "theory.scan.potential_points=8",
        "--set",
        "theory.scan.background_points=4",
    ]);
    assert!(table.contains("Remembering  rate (Hz)"), "{table}");
}
