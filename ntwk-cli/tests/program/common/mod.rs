//! What the tests of the program share: the program in a folder, and the models of the workspace.

#[path = "../../../../ntwk-core/tests/engine/common.rs"]
mod models;

use std::path::Path;
use std::process::{Command, Output};

pub use models::*;
use tempfile::TempDir;

/// What the program does in a folder.
pub fn output(folder: &TempDir, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ntwk")).args(args).current_dir(folder).output().unwrap()
}

/// What the program says in a folder, first as results and then as messages; it has to end with this exit code.
pub fn ntwk(folder: &TempDir, code: i32, args: &[&str]) -> String {
    let output = output(folder, args);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}");
    text
}

/// Results, then messages.
pub fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}

/// A file of this repository.
pub fn path(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).display().to_string()
}

/// A model file that is valid.
pub fn good(name: &str) -> String {
    path(&format!("ntwk/tests/models/good/{name}"))
}
