//! The invariants of ARCHITECTURE.md: who may depend on whom, and that every path it names exists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Crates of the workspace a crate may depend on (development dependencies may cross).
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("ntwk-core", &[][..]),
        ("ntwk-cells", &["ntwk-core"][..]),
        ("ntwk-meanfield", &["ntwk-core"][..]),
        ("ntwk-morpho", &["ntwk-core"][..]),
        ("ntwk-analysis", &["ntwk-core"][..]),
        ("ntwk-mpi", &["ntwk-core"][..]),
        ("ntwk-io", &["ntwk-core", "ntwk-morpho"][..]),
        ("ntwk-plot", &["ntwk-core", "ntwk-analysis"][..]),
        (
            "ntwk",
            &[
                "ntwk-core",
                "ntwk-cells",
                "ntwk-meanfield",
                "ntwk-morpho",
                "ntwk-analysis",
                "ntwk-io",
                "ntwk-plot",
                "ntwk-mpi",
            ][..],
        ),
        (
            "ntwk-cli",
            &[
                "ntwk",
                "ntwk-core",
                "ntwk-cells",
                "ntwk-meanfield",
                "ntwk-morpho",
                "ntwk-analysis",
                "ntwk-io",
                "ntwk-plot",
            ][..],
        ),
        ("ntwk-py", &["ntwk", "ntwk-cli"][..]),
        // What a user's own crate does: it needs nothing but the facade, and the program.
        ("custom-cell", &["ntwk", "ntwk-cli"][..]),
    ])
}

/// Libraries that only one crate may use: the one that prints, the one that opens files, the one that speaks Python.
const EXCLUSIVE: [(&str, &str); 12] = [
    ("clap", "ntwk-cli"),
    ("indicatif", "ntwk-cli"),
    ("ctrlc", "ntwk-cli"),
    ("signal-hook", "ntwk-cli"),
    ("hdf5-pure", "ntwk-io"),
    ("toml", "ntwk-io"),
    ("csv", "ntwk-io"),
    ("zip", "ntwk-io"),
    ("resvg", "ntwk-plot"),
    ("mpi", "ntwk-mpi"),
    ("pyo3", "ntwk-py"),
    ("numpy", "ntwk-py"),
];

#[test]
fn dependencies_point_one_way() {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let allowed = allowed();
    assert_eq!(metadata.packages.len(), allowed.len(), "a crate is missing from the table");
    for package in &metadata.packages {
        let may = allowed[package.name.as_str()];
        for dependency in &package.dependencies {
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            if dependency.name.starts_with("ntwk") {
                assert!(
                    may.contains(&dependency.name.as_str()),
                    "{} must not depend on {}",
                    package.name,
                    dependency.name
                );
            }
            for (library, owner) in EXCLUSIVE {
                assert!(
                    dependency.name != library || package.name.as_str() == owner,
                    "{library} belongs to {owner}, not to {}",
                    package.name
                );
            }
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Source files of a crate without its tests and examples.
fn sources(package: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    rust_files(&root().join(package).join("src"), &mut files);
    files
}

#[test]
fn only_the_file_crate_and_the_program_touch_files_and_threads() {
    let forbidden = ["std::fs", "File::open", "println!", "eprintln!", "static mut"];
    for package in
        ["ntwk-core", "ntwk-cells", "ntwk-meanfield", "ntwk-morpho", "ntwk-analysis", "ntwk-plot"]
    {
        for file in sources(package) {
            let text = std::fs::read_to_string(&file).unwrap();
            for word in forbidden {
                assert!(!text.contains(word), "{} contains {word}", file.display());
            }
            let words = ["thread::scope", "thread::spawn", "ThreadPoolBuilder", "par_iter"];
            let spawns = words.iter().any(|word| text.contains(word));
            // Where the caller says how many.
            let told = [
                "ntwk-core/src/engine/simulation.rs",
                "ntwk-core/src/engine/network/shares.rs",
                "ntwk-core/src/engine/independent.rs",
                "ntwk-core/src/ranks/threads.rs",
                "ntwk-meanfield/src/bifurcation/parameter_map.rs",
                "ntwk-core/src/job.rs",
            ];
            assert!(
                !spawns || told.iter().any(|t| file.ends_with(t)),
                "{} starts threads",
                file.display()
            );
        }
    }
}

/// So that every file is replaced in one step: the others hand it their content.
#[test]
fn only_the_file_crate_writes_files() {
    for package in ["ntwk", "ntwk-cli", "ntwk-py", "examples/custom-cell"] {
        for file in sources(package) {
            let text = std::fs::read_to_string(&file).unwrap();
            for word in ["fs::write", "File::create", "OpenOptions"] {
                assert!(!text.contains(word), "{} contains {word}", file.display());
            }
        }
    }
}

#[test]
fn files_stay_short() {
    for package in allowed().keys() {
        let folder = if *package == "custom-cell" { "examples/custom-cell" } else { package };
        for file in sources(folder) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(
                lines <= 600,
                "{} has {lines} lines: split where there are two nouns",
                file.display()
            );
        }
    }
}

#[test]
fn every_path_in_the_map_exists() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut checked = 0;
    // Paths are written in backquotes and contain a slash or end in a known extension.
    for (i, quoted) in text.split('`').enumerate() {
        let path = i % 2 == 1
            && !quoted.contains(char::is_whitespace)
            && (quoted.contains('/')
                || [".md", ".toml", ".rs", ".cff"].iter().any(|e| quoted.ends_with(e)))
            && !quoted.starts_with("--")
            && !quoted.starts_with('/');
        if path {
            assert!(
                root().join(quoted).exists(),
                "ARCHITECTURE.md names {quoted}, which does not exist"
            );
            checked += 1;
        }
    }
    assert!(
        checked > 25,
        "only {checked} paths were found: is the map still written in backquotes?"
    );
}
