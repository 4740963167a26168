//! What is written of a cell, or of joined cells, is read as the same description.

use std::path::{Path, PathBuf};

use ntwk_core::spec::key::KeyValue;
use ntwk_core::spec::tree::Node;
use ntwk_io::{Notation, parse_tree};
use ntwk_morpho::spec::{CellSpec, CoupledSpec};

/// Reads what was written of `spec` as the text of a file.
fn again<T: KeyValue>(spec: &T) -> Node {
    let text = toml::to_string_pretty(&spec.write().unwrap()).unwrap();
    parse_tree(&text, Notation::Toml).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

fn cell_comes_back(text: &str, what: &str) {
    let tree = parse_tree(text, Notation::Toml).unwrap();
    let cell = CellSpec::from_tree(&tree).unwrap_or_else(|faults| panic!("{what}: {faults}"));
    let read = CellSpec::from_tree(&again(&cell)).unwrap_or_else(|f| panic!("{what}: {f}"));
    assert_eq!(read, cell, "{what}");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_example_comes_back() {
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples"), &mut all);
    let (mut cells, mut coupled) = (0, 0);
    for file in all {
        let (text, what) = (std::fs::read_to_string(&file).unwrap(), file.display().to_string());
        let tree = parse_tree(&text, Notation::Toml).unwrap();
        if tree.locate("morphology").1 {
            cell_comes_back(&text, &what);
            cells += 1;
        } else if tree.locate("cells").1 {
            let spec = CoupledSpec::from_tree(&tree).unwrap_or_else(|f| panic!("{what}: {f}"));
            let values = |spec: &CoupledSpec| {
                let mut spec = spec.clone();
                // Changes keep the lines they stand on.
                let cells = spec.cells.values_mut();
                let set = cells.flat_map(|cell| std::mem::take(&mut cell.set.0));
                let set: Vec<_> = set.map(|(key, node)| (key, node.display())).collect();
                (spec, set)
            };
            let read = CoupledSpec::from_tree(&again(&spec)).unwrap();
            assert_eq!(values(&read), values(&spec), "{what}");
            coupled += 1;
        }
    }
    assert!(cells >= 4 && coupled >= 1, "{cells} cells, {coupled} files of joined cells");
}

#[test]
fn every_section_comes_back() {
    let page = include_str!("../../../ntwk/docs/cell-file.md");
    let blocks = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    cell_comes_back(&blocks.collect::<String>(), "the reference");
    let morphologies = [
        "swc = \"a.swc\"",
        "swc = \"a.swc\"\nsoma_rule = \"neuromorpho-3-point\"\nzero_radius = \"fault\"\nother_trees = \"drop\"",
        "generator = \"cable\"\nlength = 100\ndiameter = 0.1",
        "generator = \"ball_and_stick\"\nsoma_diameter = 10\nlength = 100\ndiameter = 1\nseed = 4",
        "generator = \"y_branch\"\nparent = [10, \"2 um\"]\nfirst = [5, 1]\nsecond = [7.5, 1]",
        "generator = \"binary_tree\"\nlevels = 3\nlength = 10\ndiameter = 1\nlength_ratio = 0.3",
        "generator = \"rall_tree\"\nequal_electrotonic = true\nstart_angle = \"30 deg\"",
        "generator = \"rall_tree\"\nremove = [\"custom7\", \"undefined\"]",
    ];
    let rest = [
        "",
        "[discretisation]\nrule = \"per_branch\"\nper_branch = 3",
        "[discretisation]\nrule = \"per_sample\"",
        "[[electrodes]]\nat = \"soma\"\nwaveform = \"zap\"\namplitude = \"3.3 pA\"\nfrom = 0\nto = \"20 Hz\"\nstop = 99\n\
         [[electrodes]]\nat = \"soma\"\nwaveform = \"steps\"\nvalues = [\"1 nA\", \"0.7 nA\"]\ntimes = [1, 2]",
        "[channels.hh]\nmodel = \"hodgkin_huxley\"\nq10 = 2.5\n[channels.ca]\nmodel = \"calcium_pool\"",
        "[receptors.A]\nmodel = \"AMPA\"\n[synapses.n]\nreceptors = { A = \"1 nS\" }\nwhere = \"not soma\"\n\
         number = 3\nnetwork = { file = \"r.h5\", population = \"E\", neurons = 9, from = \"1 s\" }",
    ];
    for morphology in morphologies {
        for rest in rest {
            let text = format!("[morphology]\n{morphology}\n[membrane]\nR_i = 100\n{rest}\n");
            cell_comes_back(&text, &text);
        }
    }
}
