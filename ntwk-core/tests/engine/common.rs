//! What the tests of several crates share: each includes this file and uses a part of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use ntwk_core::spec::tree::Node;
use ntwk_core::{Faults, Model, Recording};
use ntwk_io::{Notation, parse_tree};

/// Files of `ntwk/tests/models/<folder>`, sorted by name.
pub fn model_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ntwk/tests/models").join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// File name for messages.
pub fn name_of(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

/// Tree of a model file.
pub fn tree(file: &Path) -> Result<Node, Faults> {
    parse_tree(&std::fs::read_to_string(file).unwrap(), Notation::of(file))
}

/// Model of TOML text.
pub fn parse_model(text: &str) -> Result<Model, Faults> {
    Model::from_tree(&parse_tree(text, Notation::Toml)?, &ntwk_cells::library())
}

/// Model of TOML text that is valid.
pub fn model(text: &str) -> Model {
    parse_model(text).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

/// Runs a model to its end.
pub fn run(model: &Model, threads: usize) -> Recording {
    let result =
        ntwk_core::engine::run::simulate(model, &ntwk_core::Job::threads(threads)).unwrap();
    assert!(result.stopped.is_none(), "{:?}", result.stopped);
    result.recording
}
