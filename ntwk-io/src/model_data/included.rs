//! Kinds of cells that a model takes from files of their own, and kinds of channels that a cell takes.

use std::path::Path;

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

use crate::file_kind::read_text;
use crate::model_file::{Notation, parse_tree};

/// Puts what the files under `include` have in their section `section` (`kinds` of a model, `kinetics` of a cell) among what the
/// description has there, and takes the key out. `prepare` sees the tree and the folder of each file first.
pub(super) fn read(
    root: &mut Node,
    section: &str,
    folder: &Path,
    prepare: impl Fn(&mut Node, &Path, &mut Faults),
    faults: &mut Faults,
) {
    let Value::Table(entries) = &mut root.value else { return };
    let Some(place) = entries.iter().position(|entry| entry.0 == "include") else { return };
    let (_, node) = entries.remove(place);
    let files = match &node.value {
        Value::String(file) => vec![file.clone()],
        Value::List(items) => items
            .iter()
            .filter_map(|item| {
                if let Value::String(file) = &item.value { Some(file.clone()) } else { None }
            })
            .collect(),
        _ => Vec::new(),
    };
    if files.is_empty() {
        let kind = FaultKind::WrongType {
            expected: format!("the name of a file with [{section}], or a list of names"),
            found: node.type_name(),
        };
        faults.push("include", Some(node.display()), node.line, kind);
        return;
    }
    for file in files {
        let said = |problem: String| (format!("include: {file}"), FaultKind::File { problem });
        let text = match read_text(&folder.join(&file)) {
            Ok(text) => text,
            Err(error) => {
                let (key, kind) = said(format!("cannot be read: {error}"));
                faults.push(key, None, node.line, kind);
                continue;
            }
        };
        let mut tree = match parse_tree(&text, Notation::of(Path::new(&file))) {
            Ok(tree) => tree,
            Err(more) => {
                for fault in more.list {
                    let at = fault.line.map_or_else(String::new, |line| format!(":{line}"));
                    faults.push(format!("include: {file}{at}"), fault.value, node.line, fault.kind);
                }
                continue;
            }
        };
        let beside = folder.join(&file);
        prepare(&mut tree, beside.parent().unwrap_or(folder), faults);
        let Value::Table(found) = tree.value else { continue };
        // A whole description may be included too: only its kinds are taken.
        for (_, kinds) in found.into_iter().filter(|(key, _)| key == section) {
            let Value::Table(kinds) = kinds.value else {
                let (key, kind) = said(format!("{section} is no table"));
                faults.push(key, None, node.line, kind);
                continue;
            };
            add(entries, section, kinds, &file, &node, faults);
        }
    }
}

fn add(
    entries: &mut Vec<(String, Node)>,
    section: &str,
    kinds: Vec<(String, Node)>,
    file: &str,
    node: &Node,
    faults: &mut Faults,
) {
    let place = entries.iter().position(|entry| entry.0 == section).unwrap_or_else(|| {
        entries.push((section.to_owned(), Node::new(Value::Table(Vec::new()))));
        entries.len() - 1
    });
    let Value::Table(own) = &mut entries[place].1.value else { return };
    for (name, mut kind) in kinds {
        if own.iter().any(|other| other.0 == name) {
            let rule = format!("{file} has a kind {name} too: give one of them another name");
            faults.push(
                format!("{section}.{name}"),
                None,
                node.line,
                FaultKind::Combination { rule },
            );
            continue;
        }
        // Lines are those of the other file.
        without_lines(&mut kind);
        own.push((name, kind));
    }
}

fn without_lines(node: &mut Node) {
    node.line = None;
    match &mut node.value {
        Value::Table(entries) => entries.iter_mut().for_each(|(_, node)| without_lines(node)),
        Value::List(items) => items.iter_mut().for_each(without_lines),
        _ => {}
    }
}
