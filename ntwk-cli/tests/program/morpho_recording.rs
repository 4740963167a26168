//! What `ntwk morpho` records of a cell and outside it, and the files it leaves for other programs.

use std::path::Path;
use std::process::{Command, Output};

fn ntwk(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ntwk")).args(arguments).output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let out = ntwk(arguments);
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{arguments:?}: {error}");
    String::from_utf8(out.stdout).unwrap()
}

const CELL: &str = r#"
[morphology]
generator = "ball_and_stick"
soma_diameter = "20 um"
length = "400 um"
diameter = "2 um"

[discretisation]
rule = "max_length"
max_length = "20 um"

[membrane]
C_m = 1.0
R_i = 150.0
g_L = 5e-5
E_L = -65.0

[channels.hh]
model = "hodgkin_huxley"
where = "soma"

[receptors.AMPA]
model = "double_exponential"
tau_rise = "0.2 ms"
tau_decay = "2 ms"
E_rev = "0 mV"

[synapses.far]
at = "branch 1 at 0.8"
receptors = { AMPA = "40 nS" }
times = [3.0]

[simulation]
t_stop = "12 ms"
celsius = 6.3

[record]
voltage = ["soma", "all"]
transmembrane = "all"
currents = [{ channel = "hh", ion = "na", at = "soma" }]
synaptic_currents = [{ group = "far" }]

[extracellular]
dipole = true

[extracellular.probe]
first = ["30 um", "-100 um", 0]
last = ["30 um", "500 um", 0]
number = 7
"#;

/// The columns of a table of numbers whose names begin with a text.
fn columns(file: &Path, begin: &str) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<f64>> =
        lines.map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    let chosen = (0..names.len()).filter(|&k| names[k].trim_matches('"').starts_with(begin));
    chosen.map(|k| rows.iter().map(|row| row[k]).collect()).collect()
}

#[test]
fn currents_everywhere_and_potentials_outside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cell.toml");
    std::fs::write(&file, CELL).unwrap();
    let out = folder.path().join("out");
    let (cell, target) = (file.to_str().unwrap(), out.to_str().unwrap());
    said(&["morpho", "run", cell, "-q", "--out", target]);
    let currents = columns(&out.join("traces.csv"), "transmembrane current");
    assert!(currents.len() > 20, "{}", currents.len());
    for t in 0..currents[0].len() {
        let sum: f64 = currents.iter().map(|c| c[t]).sum();
        assert!(sum.abs() < 1e-9, "a cell without electrodes loses {sum} nA");
    }
    let field = out.join("extracellular.csv");
    let contacts = columns(&field, "contact");
    assert_eq!(contacts.len(), 7);
    let largest = |c: &Vec<f64>| c.iter().fold(0f64, |a, v| a.max(v.abs()));
    // The spike is seen best beside the soma, the second of the contacts.
    assert!(contacts.iter().all(|c| largest(c) <= largest(&contacts[1])));
    assert!(largest(&contacts[1]) > 1e-3, "{} mV", largest(&contacts[1]));
    assert_eq!(columns(&field, "dipole").len(), 3);
    assert!(out.join("extracellular.png").is_file());
    // One report per quantity, with what libsonata expects in it.
    let results = out.join("results.h5");
    said(&["export", results.to_str().unwrap(), "--to", "sonata"]);
    for name in ["voltage.h5", "transmembrane_current.h5", "current_of_hh_na.h5"] {
        let report = out.join("results.sonata").join(name);
        assert!(report.is_file(), "{name}");
    }
    // What is asked for must be there.
    for (key, reason) in [
        ("record.currents=[{channel=\"hh\", ion=\"ca\", at=\"soma\"}]", "na"),
        ("record.synaptic_currents=[{group=\"near\"}]", "far"),
        ("extracellular.reference=[9]", "there are 7"),
        ("record.transmembrane=\"apical\"", "no compartment"),
        (
            "extracellular.slice={thickness=\"5 um\", bottom=\"20 um\"}",
            "the contact is at z = 0 um",
        ),
        (
            "extracellular={dipole=true, slice={thickness=\"5 um\", bottom=\"200 um\"}}",
            "the cell is at z",
        ),
    ] {
        let bad = ntwk(&["morpho", "run", cell, "-q", "--out", target, "--set", key]);
        let error = String::from_utf8_lossy(&bad.stderr).into_owned();
        assert!(!bad.status.success(), "{key}");
        assert!(error.contains(reason), "{key}: {error}");
    }
}

#[test]
fn info_reads_neurolucida_and_neuroml() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let target = out.to_str().unwrap();
    let asc = folder.path().join("cell.asc");
    std::fs::write(
        &asc,
        "(\"CellBody\" (CellBody) (8 0 0 0.2) (0 8 0 0.2) (-8 0 0 0.2) (0 -8 0 0.2))\n((Dendrite) (0 9 0 2) (0 60 0 1))\n",
    )
    .unwrap();
    let text = said(&["morpho", "info", asc.to_str().unwrap(), "--json", "--out", target]);
    assert!(text.contains("sphere") && text.contains("basal"), "{text}");
    let json = std::fs::read_to_string(out.join("branches.json")).unwrap();
    let branches: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(branches[1]["y_end_um"], 60.0);
    std::fs::write(&asc, "((Dendrite) (0 9 0) (0 60 0 1))").unwrap();
    let bad = ntwk(&["morpho", "info", asc.to_str().unwrap(), "--out", target]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("line 1"));
    let nml = folder.path().join("cell.nml");
    let segment = "<segment id=\"0\" name=\"soma\"><proximal x=\"0\" y=\"0\" z=\"0\" diameter=\"9\"/><distal x=\"0\" y=\"9\" z=\"0\" diameter=\"9\"/></segment>";
    let whole =
        format!("<neuroml><cell id=\"c\"><morphology>{segment}</morphology></cell></neuroml>");
    std::fs::write(&nml, whole).unwrap();
    assert!(said(&["morpho", "info", nml.to_str().unwrap(), "--out", target]).contains("soma"));
    // A cell file takes both.
    let cell = CELL.replace(
        "generator = \"ball_and_stick\"\nsoma_diameter = \"20 um\"\nlength = \"400 um\"\ndiameter = \"2 um\"",
        "neuroml = \"cell.nml\"",
    );
    let file = folder.path().join("cell.toml");
    std::fs::write(&file, cell.replace("branch 1 at 0.8", "soma")).unwrap();
    said(&["morpho", "check", file.to_str().unwrap()]);
}
