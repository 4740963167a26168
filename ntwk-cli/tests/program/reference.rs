//! The reference of the model file and of the cell file (`ntwk/docs`) is true and complete: its examples are valid and run, and
//! every key that the readers take is in it.

use std::collections::BTreeSet;
use std::path::Path;

use ntwk::core::spec::fault::FaultKind;
use ntwk::core::spec::tree::{Node, Value};
use ntwk::core::{Faults, Model};
use ntwk::io::{Notation, parse_tree};
use ntwk::library;
use ntwk::morpho::spec::CellSpec;

const MODEL_FILE: &str = include_str!("../../../ntwk/docs/model-file.md");
const CELL_FILE: &str = include_str!("../../../ntwk/docs/cell-file.md");

/// The TOML blocks of a page, one after the other.
fn blocks(page: &str) -> String {
    let mut text = String::new();
    for block in page.split("```toml\n").skip(1) {
        text += block.split("```").next().unwrap();
    }
    text
}

/// Paths of all tables of a tree, itself first.
fn tables(node: &Node, path: &[usize], found: &mut Vec<Vec<usize>>) {
    let children: Vec<&Node> = match &node.value {
        Value::Table(entries) => {
            found.push(path.to_vec());
            entries.iter().map(|e| &e.1).collect()
        }
        Value::List(items) => items.iter().collect(),
        _ => return,
    };
    for (i, child) in children.into_iter().enumerate() {
        tables(child, &[path, &[i]].concat(), found);
    }
}

fn table_at<'n>(node: &'n mut Node, path: &[usize]) -> &'n mut Vec<(String, Node)> {
    match (&mut node.value, path) {
        (Value::Table(entries), []) => entries,
        (Value::Table(entries), [first, rest @ ..]) => table_at(&mut entries[*first].1, rest),
        (Value::List(items), [first, rest @ ..]) => table_at(&mut items[*first], rest),
        _ => unreachable!("a path of tables"),
    }
}

/// The keys that the reader names as valid when a table of the tree has one that nobody knows.
fn valid_keys(root: &Node, read: &dyn Fn(&Node) -> Faults) -> BTreeSet<String> {
    let mut paths = Vec::new();
    tables(root, &[], &mut paths);
    let mut keys = BTreeSet::new();
    for path in paths {
        let mut changed = root.clone();
        table_at(&mut changed, &path).push(("zzz".to_owned(), Node::new(Value::Bool(true))));
        for fault in read(&changed).list {
            // Parameters and variables are those of the kind of cell, and receptors have names of the user's.
            let of_cell = [".cell.zzz", ".initial.zzz"].iter().any(|end| fault.key.ends_with(end));
            if let FaultKind::UnknownKey { valid, .. } = fault.kind
                && fault.key.ends_with("zzz")
                && !of_cell
                // Of a morphological cell they are those of the cell file.
                && !fault.key.starts_with("kinds.L5.cell.")
            {
                keys.extend(valid);
            }
        }
    }
    keys
}

/// Keys that the page neither sets in a block nor names in the text.
fn missing(page: &str, keys: &BTreeSet<String>) -> Vec<String> {
    let words = |text: &str| -> BTreeSet<String> {
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        text.split(word).map(str::to_owned).collect()
    };
    let mut named = BTreeSet::new();
    // Inside code alone: a word of the prose is no key.
    for (i, part) in page.split('`').enumerate() {
        if i % 2 == 1 {
            named.extend(words(part));
        }
    }
    named.extend(words(&blocks(page)));
    keys.iter().filter(|k| !named.contains(*k)).cloned().collect()
}

#[test]
fn the_model_file_of_the_reference_is_valid_and_runs() {
    let root = parse_tree(&blocks(MODEL_FILE), Notation::Toml).unwrap();
    let model = Model::from_tree(&root, &library()).unwrap_or_else(|faults| panic!("{faults}"));
    let recording = crate::common::run(&model, 1);
    assert_eq!(recording.n_steps, 200);
}

#[test]
fn every_key_of_a_model_file_is_in_the_reference() {
    let root = parse_tree(&blocks(MODEL_FILE), Notation::Toml).unwrap();
    let read = |root: &Node| match Model::from_tree(root, &library()) {
        Ok(_) => Faults::default(),
        Err(faults) => faults,
    };
    let keys = valid_keys(&root, &read);
    assert!(keys.len() > 90, "{}: {keys:?}", keys.len());
    assert_eq!(missing(MODEL_FILE, &keys), Vec::<String>::new());
}

#[test]
fn the_cell_file_of_the_reference_is_valid_and_every_key_is_in_it() {
    let root = parse_tree(&blocks(CELL_FILE), Notation::Toml).unwrap();
    let cell = CellSpec::from_tree(&root).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(cell.synapses.len(), 4);
    let read = |root: &Node| match CellSpec::from_tree(root) {
        Ok(_) => Faults::default(),
        Err(faults) => faults,
    };
    let keys = valid_keys(&root, &read);
    assert!(keys.len() > 80, "{}: {keys:?}", keys.len());
    assert_eq!(missing(CELL_FILE, &keys), Vec::<String>::new());
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_readers() {
    use ntwk::reference::{keys_of_cell, keys_of_model, with_tables};
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ntwk/docs");
    let pages = [
        ("model-file.md", MODEL_FILE, with_tables(MODEL_FILE, &keys_of_model).unwrap()),
        ("cell-file.md", CELL_FILE, with_tables(CELL_FILE, &keys_of_cell).unwrap()),
    ];
    if std::env::var_os("NTWK_WRITE_REFERENCE").is_some() {
        for (name, _, anew) in &pages {
            std::fs::write(docs.join(name), anew).unwrap();
        }
    }
    for (name, page, anew) in &pages {
        assert!(
            anew == page,
            "the keys have changed and {name} has not: NTWK_WRITE_REFERENCE=1 cargo test -p ntwk-cli reference writes its tables"
        );
    }
}

#[test]
fn sections_are_shown_by_name() {
    let program = Path::new(env!("CARGO_BIN_EXE_ntwk"));
    let shown = |args: &[&str]| {
        let output = std::process::Command::new(program).arg("reference").args(args).output();
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(shown(&[]).1, ntwk::reference::plain(MODEL_FILE));
    let (code, text, _) = shown(&["Waveforms"]);
    assert!(code == Some(0) && text.starts_with("### Waveforms"), "{text}");
    assert!(!text.contains("### Distributions"), "{text}");
    let (_, text, _) = shown(&["--cell", "[record]"]);
    assert!(text.starts_with("## record") && !text.contains("## scan"), "{text}");
    let (code, _, error) = shown(&["projection"]);
    assert!(code == Some(2) && error.contains("did you mean \"projections\""), "{error}");
    // A section of the other file is named as such.
    let (code, _, error) = shown(&["channels"]);
    assert!(code == Some(2) && error.contains("ntwk reference --cell channels"), "{error}");
    let (code, _, error) = shown(&["--cell", "afferents"]);
    assert!(code == Some(2) && error.contains("model file: ntwk reference afferents"), "{error}");
}
