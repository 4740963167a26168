//! What several test files share.
#![allow(dead_code)] // every test file compiles this module and uses a part of it

use std::path::{Path, PathBuf};

use ntwk::core::spec::tree::Node;
use ntwk::core::{Faults, Model, Recording};
use ntwk::io::{Notation, parse_tree};

/// Files of `tests/models/<folder>`, sorted by name.
pub fn model_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(folder);
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
    Model::from_tree(&parse_tree(text, Notation::Toml)?, &ntwk::cells::library())
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
