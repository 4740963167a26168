//! Mechanisms of NEURON, imported: in one compartment beside NEURON 9.0.2 (`validation/morpho/nmodl.py ntwk ntwk/tests/data/mods`),
//! and damaged files.

use std::path::Path;

use crate::mutated_models::Random;

use ntwk::io::{Notation, import_nmodl, parse_tree, read_cell, read_cell_tree, write_tree};

fn mechanism(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mods");
    std::fs::read_to_string(format!("{folder}/{name}.mod")).unwrap()
}

/// Times (ms) and NEURON's potentials (mV) at them: 20 x 20 um, a leak of 1e-4 S/cm2, 0.1 nA from 100 to 200 ms, 34 degrees, both
/// by implicit Euler with 0.025 ms.
const TIMES: [f64; 8] = [50.0, 101.5, 103.0, 110.0, 150.0, 199.0, 205.0, 250.0];
const NEURON: [(&str, [f64; 8]); 4] = [
    ("gates", [-71.0114, -60.6155, 8.6444, -68.61, -63.3858, -63.3858, -72.9571, -71.0115]),
    ("stepped", [-70.0583, -58.9949, -49.5096, -46.6552, -46.417, -44.4696, -65.1003, -70.6668]),
    ("scheme", [-0.2804, 9.2285, 14.2481, 19.6064, 20.3295, 20.3295, -1.1055, -0.2804]),
    ("calcium", [-74.9157, -65.57, -59.9115, -52.4989, -58.7267, -58.3102, -73.7623, -75.1769]),
];

/// The scheme for the potential is the same in both; a pool is filled by the current of the solved step here, by that of the
/// step before there.
#[test]
fn mechanisms_have_the_potentials_of_neuron() {
    for (name, theirs) in NEURON {
        let import = import_nmodl(&mechanism(name), name).unwrap();
        let text = write_tree(&import.tree, Notation::Toml).unwrap();
        let tree = parse_tree(&text, Notation::Toml).unwrap();
        let file = Path::new("cell.toml");
        let built = read_cell_tree(text, tree, file).unwrap().build(file).unwrap();
        let mut s = built.simulation().unwrap();
        s.run(300.0).unwrap();
        let recording = s.recording();
        let tolerance = if name == "calcium" { 0.02 } else { 0.01 };
        for (t, v) in TIMES.iter().zip(theirs) {
            let step = (t / (0.025 * built.every as f64)).round() as usize;
            let ours = recording.values[(step, 0)];
            assert!((ours - v).abs() < tolerance, "{name} at {t} ms: {ours} and {v} mV");
        }
    }
}

#[test]
fn what_is_decided_and_left_out_is_said() {
    let notes = import_nmodl(&mechanism("gates"), "gates").unwrap().notes;
    assert!(notes.iter().any(|note| note.starts_with("line 41 left out: TABLE")), "{notes:?}");
    assert!(notes.contains(&"ena = 50, as in NEURON where a section says nothing else".to_owned()));
}

/// Every fault with its block and line, all at once.
#[test]
fn what_cannot_be_imported_is_a_fault() {
    let faults = |text: &str| import_nmodl(text, "x").unwrap_err().to_string();
    let text = "NEURON { SUFFIX x NONSPECIFIC_CURRENT i }\nPARAMETER { g = 1 (S/cm2) }\nASSIGNED { v i b }\n\
        BREAKPOINT {\n i = g*(v - E_rev) + t\n i = i + b\n b = diam\n}\n";
    let found = faults(text);
    for part in
        ["5: BREAKPOINT: E_rev is not declared", "6: BREAKPOINT: i is used", "7: BREAKPOINT: diam"]
    {
        assert!(found.contains(part), "{part}\n{found}");
    }
    let synapse = "NEURON { POINT_PROCESS s NONSPECIFIC_CURRENT i }\nBREAKPOINT { i = 0 }";
    assert!(faults(synapse).contains("only density mechanisms are imported"));
    assert!(faults("VERBATIM\nint x;\nENDVERBATIM").contains("C code cannot be imported"));
    assert!(faults("").contains("no BREAKPOINT"));
}

/// A cell takes the channels of another file.
#[test]
fn cells_include_channels() {
    let folder = tempfile::tempdir().unwrap();
    let import = import_nmodl(&mechanism("stepped"), "stepped").unwrap();
    let text = write_tree(&import.tree, Notation::Toml).unwrap();
    std::fs::write(folder.path().join("k.toml"), text).unwrap();
    let cell = |include: &str| {
        let text = format!(
            "include = {include}\n[morphology]\ngenerator = 'cable'\nlength = '20 um'\ndiameter = '20 um'\n[membrane]\nC_m = '1 uF/cm2'\nR_i = '100 Ohm cm'\n\
             [channels.k]\nmodel = 'stepped'\ng = '1e-3 S/cm2'\n"
        );
        let file = folder.path().join("cell.toml");
        std::fs::write(&file, text).unwrap();
        read_cell(&file, &[])
    };
    let read = cell("['k.toml']").unwrap();
    assert_eq!(read.spec.kinetics.keys().collect::<Vec<_>>(), ["stepped"]);
    let missing = cell("'j.toml'").unwrap_err().to_string();
    assert!(missing.contains("include: j.toml") && missing.contains("cannot be read"), "{missing}");
    let twice = cell("['k.toml', 'k.toml']").unwrap_err().to_string();
    assert!(twice.contains("kinetics.stepped") && twice.contains("another name"), "{twice}");
}

/// Names that mean something else in the formulas of a channel.
#[test]
fn names_of_formulas_are_free_in_a_file() {
    let text = "NEURON { SUFFIX Ca USEION k READ ek WRITE ik }\nPARAMETER { g = 0.01 (S/cm2) Ca = 2 E = 3 exp2 = 1 }\n\
        ASSIGNED { v ek ik celsius unset }\nSTATE { V }\nINITIAL { V = 1/(1 + exp(-v/9)) }\n\
        BREAKPOINT { SOLVE s METHOD cnexp\n unset = Ca/2*V\n ik = g*unset*(v - ek) }\n\
        DERIVATIVE s { LOCAL Ca, E\n Ca = -2*exp(v/20)\n E = 1/(1 + exp(-v/9))\n V' = (E - V)/(5 - Ca) }\n";
    let import = import_nmodl(text, "x").unwrap();
    let written = write_tree(&import.tree, Notation::Toml).unwrap();
    assert!(written.contains("[kinetics.Ca.gates.V_nmodl]"), "{written}");
    let file = Path::new("cell.toml");
    let tree = parse_tree(&written, Notation::Toml).unwrap();
    let cell = read_cell_tree(written, tree, file).unwrap();
    cell.build(file).unwrap().simulation().unwrap().run(5.0).unwrap();
}

/// Words taken out, doubled or exchanged: an import or faults, no panic and no endless work.
#[test]
fn damaged_files_end_in_faults() {
    let mut random = Random(7);
    let mut imported = 0;
    for (name, _) in NEURON {
        let text = mechanism(name);
        let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
        for _ in 0..500 {
            let mut damaged = words.clone();
            for _ in 0..=random.below(3) {
                let (a, b) = (random.below(damaged.len()), random.below(damaged.len()));
                match random.below(4) {
                    0 => drop(damaged.remove(a)),
                    1 => damaged.insert(a, words[b % words.len()]),
                    2 => damaged.swap(a, b),
                    _ => damaged.truncate(a.max(damaged.len() / 2)),
                }
            }
            imported += usize::from(import_nmodl(&damaged.concat(), name).is_ok());
        }
    }
    assert!(imported > 100, "{imported}");
    let nested = format!("BREAKPOINT {{ i = {}1{} }}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(import_nmodl(&nested, "x").is_err());
    // What doubles with every line is not written out.
    let doubled = "b = b*b + b\n".repeat(60);
    let head = "NEURON { SUFFIX x NONSPECIFIC_CURRENT i } ASSIGNED { v i b }";
    let import = import_nmodl(&format!("{head} BREAKPOINT {{ b = v\n {doubled} i = b }}"), "x");
    let written = import.map(|i| write_tree(&i.tree, Notation::Toml).unwrap().len());
    assert!(written.as_ref().map_or(true, |length| *length < 100_000), "{written:?}");
}
