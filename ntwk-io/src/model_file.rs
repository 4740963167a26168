//! Model files: TOML and JSON into a tree with lines, a model into TOML or JSON.

use std::path::Path;

use jsonc_parser::ast;
use ntwk_core::model::library_with_kinds;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::key::{Key, Section};
use ntwk_core::spec::set::set;
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::{CellLibrary, Model, ModelSpec};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::file_kind::{FileKind, read_text};
use crate::model_data::{read_included, read_linked_data};

/// The two notations of a model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// TOML, the notation of the examples.
    Toml,
    /// JSON; comments and trailing commas are allowed.
    Json,
}

impl Notation {
    /// By file extension: `.json` is JSON, everything else TOML.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match path.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("json") => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// A model file could not become a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// The file could not be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file was read and has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// Reads a model file and checks it, with the connections, spikes and waveforms it keeps in other files
/// (see [`model_data`](crate::model_data)).
///
/// `overrides` are `(path of a key, value in TOML notation)`, applied before the check; a value
/// that is not TOML is taken as text, so that `4 Hz` needs no quotes.
///
/// # Errors
/// [`ModelFileError::Read`] or all [`Faults`] with file and line.
pub fn read_model(
    path: &Path,
    overrides: &[(String, String)],
    library: &CellLibrary,
) -> Result<Model, ModelFileError> {
    let file = path.display().to_string();
    let text =
        read_text(path).map_err(|source| ModelFileError::Read { file: file.clone(), source })?;
    let named = |mut faults: Faults| {
        faults.file = Some(file.clone());
        faults
    };
    let mut root = parse_tree(&text, Notation::of(path)).map_err(named)?;
    FileKind::Network.expect(&root).map_err(named)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut faults = Faults::default();
    read_included(&mut root, folder, &mut faults);
    faults.into_result(()).map_err(named)?;
    // What cannot be set leaves the file as it is, so that the rest is judged as well.
    let set = apply_overrides(&mut root, ModelSpec::KEYS, overrides);
    match (set, model_of_tree(root, folder, library)) {
        (Ok(()), model) => Ok(model.map_err(named)?),
        (Err(faults), Ok(_)) => Err(named(faults).into()),
        (Err(mut faults), Err(more)) => {
            faults.list.extend(more.list);
            Err(named(faults).into())
        }
    }
}

/// The library with the kinds of cells that a file declares under `kinds` or includes, whatever else it holds.
///
/// # Errors
/// [`ModelFileError::Read`] or all [`Faults`] with file and line.
pub fn read_kinds(path: &Path, library: &CellLibrary) -> Result<CellLibrary, ModelFileError> {
    let file = path.display().to_string();
    let text =
        read_text(path).map_err(|source| ModelFileError::Read { file: file.clone(), source })?;
    let named = |mut faults: Faults| {
        faults.file = Some(file.clone());
        faults
    };
    let mut root = parse_tree(&text, Notation::of(path)).map_err(named)?;
    let mut faults = Faults::default();
    read_linked_data(&mut root, path.parent().unwrap_or(Path::new("")), &mut faults);
    faults.into_result(()).map_err(named)?;
    Ok(library_with_kinds(&root, library).map_err(named)?)
}

/// The model of a tree, with the connections, spikes and waveforms it keeps in other files, which are looked for in `folder`.
///
/// # Errors
/// All [`Faults`], those of the files among them.
pub fn model_of_tree(
    mut root: Node,
    folder: &Path,
    library: &CellLibrary,
) -> Result<Model, Faults> {
    let mut faults = Faults::default();
    read_linked_data(&mut root, folder, &mut faults);
    match Model::from_tree(&root, library) {
        Ok(model) => faults.into_result(model),
        Err(more) => {
            faults.list.extend(more.list);
            faults.list.sort_by_key(|fault| fault.line);
            Err(faults)
        }
    }
}

/// Parses text into a tree with lines.
///
/// # Errors
/// One fault of kind [`FaultKind::Syntax`] with its line.
pub fn parse_tree(text: &str, notation: Notation) -> Result<Node, Faults> {
    let lines = Lines::new(text);
    match notation {
        Notation::Toml => match DeTable::parse(text) {
            Ok(table) => {
                let line = lines.at(table.span().start);
                Ok(Node { value: toml_table(table.into_inner(), &lines), line })
            }
            Err(error) => {
                let line = error.span().and_then(|span| lines.at(span.start));
                Err(syntax(error.message(), line))
            }
        },
        Notation::Json => {
            let options = jsonc_parser::ParseOptions {
                allow_loose_object_property_names: false,
                allow_missing_commas: false,
                allow_single_quoted_strings: false,
                allow_hexadecimal_numbers: false,
                allow_unary_plus_numbers: false,
                allow_bare_decimal_point_numbers: false,
                allow_non_finite_numbers: false,
                allow_extended_string_escapes: false,
                ..jsonc_parser::ParseOptions::default()
            };
            let parsed = jsonc_parser::parse_to_ast(
                text,
                &jsonc_parser::CollectOptions::default(),
                &options,
            );
            match parsed {
                Ok(result) => match result.value {
                    Some(value) => Ok(json_node(&value, &lines)),
                    None => Err(syntax("the file is empty", None)),
                },
                Err(error) => {
                    let line = error.line_display();
                    let written = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
                    let hint = match ["Infinity", "NaN"].iter().any(|word| written.contains(word)) {
                        true => {
                            "; JSON has no Infinity and no NaN, which Python writes: give a number"
                        }
                        false => "",
                    };
                    Err(syntax(&format!("{error}{hint}"), u32::try_from(line).ok()))
                }
            }
        }
    }
}

fn syntax(message: &str, line: Option<u32>) -> Faults {
    let mut faults = Faults::default();
    faults.push("syntax", None, line, FaultKind::Syntax { message: message.to_owned() });
    faults
}

/// Starts of lines, to turn byte offsets into line numbers.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect())
    }

    fn at(&self, offset: usize) -> Option<u32> {
        u32::try_from(self.0.partition_point(|&start| start <= offset)).ok()
    }
}

fn toml_table(table: DeTable<'_>, lines: &Lines) -> Value {
    Value::Table(
        table
            .into_iter()
            .map(|(key, value)| {
                // The key's line: a table's own span may start elsewhere.
                let line = lines.at(key.span().start);
                let mut node = toml_node(value, lines);
                node.line = line;
                (key.into_inner().into_owned(), node)
            })
            .collect(),
    )
}

fn toml_node(value: Spanned<DeValue<'_>>, lines: &Lines) -> Node {
    let line = lines.at(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(s) => Value::String(s.into_owned()),
        DeValue::Integer(i) => {
            let digits = i.as_str().replace('_', "");
            match i64::from_str_radix(&digits, i.radix()) {
                Ok(n) => Value::Integer(n),
                // Beyond 64 bits: a float keeps the size, and range checks reject it.
                Err(_) => Value::Float(digits.parse().unwrap_or(f64::INFINITY)),
            }
        }
        DeValue::Float(x) => Value::Float(x.as_str().replace('_', "").parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Bool(b),
        DeValue::Datetime(d) => Value::String(d.to_string()),
        DeValue::Array(items) => {
            Value::List(items.into_iter().map(|item| toml_node(item, lines)).collect())
        }
        DeValue::Table(table) => toml_table(table, lines),
    };
    Node { value, line }
}

fn json_node(value: &ast::Value<'_>, lines: &Lines) -> Node {
    use jsonc_parser::common::Ranged;
    let line = lines.at(value.start());
    let value = match value {
        ast::Value::StringLit(s) => Value::String(s.value.to_string()),
        ast::Value::NumberLit(n) => match n.value.parse::<i64>() {
            Ok(i) => Value::Integer(i),
            Err(_) => Value::Float(n.value.parse().unwrap_or(f64::NAN)),
        },
        ast::Value::BooleanLit(b) => Value::Bool(b.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => {
            Value::List(array.elements.iter().map(|v| json_node(v, lines)).collect())
        }
        ast::Value::Object(object) => Value::Table(
            object
                .properties
                .iter()
                .map(|property| {
                    let mut node = json_node(&property.value, lines);
                    node.line = lines.at(property.start());
                    (property.name.as_str().to_owned(), node)
                })
                .collect(),
        ),
    };
    Node { value, line }
}

/// Sets keys of the tree of a file with the keys `keys`, as from a command line.
///
/// # Errors
/// A fault for every path that leads through something that is not a table, or to an entry
/// that does not exist.
pub fn apply_overrides(
    root: &mut Node,
    keys: &'static [Key],
    overrides: &[(String, String)],
) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for (path, text) in overrides {
        let document = format!("value = {text}");
        let value = match parse_tree(&document, Notation::Toml) {
            Ok(Node { value: Value::Table(mut entries), .. }) if entries.len() == 1 => {
                entries.remove(0).1.value
            }
            _ => Value::String(text.clone()),
        };
        if let Err(kind) = set(root, keys, path, value) {
            faults.push(path.as_str(), Some(text.clone()), None, kind);
        }
    }
    faults.into_result(())
}

/// Writes a model as text that [`parse_tree`] reads back to the same model.
///
/// # Errors
/// When a value cannot be written, for example a number that is not finite in JSON.
pub fn write_model(spec: &ModelSpec, notation: Notation) -> Result<String, WriteModelError> {
    write_tree(&spec.to_tree(), notation)
}

/// Writes a tree, such as that of a model with references to files, as the text of a model file.
///
/// # Errors
/// As [`write_model`].
pub fn write_tree(tree: &Node, notation: Notation) -> Result<String, WriteModelError> {
    match notation {
        Notation::Toml => Ok(toml::to_string_pretty(tree)?),
        Notation::Json => Ok(serde_json::to_string_pretty(tree)? + "\n"),
    }
}

/// A model could not be written as text.
#[derive(Debug, thiserror::Error)]
pub enum WriteModelError {
    /// Not expressible in TOML.
    #[error("cannot write the model as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    /// Not expressible in JSON.
    #[error("cannot write the model as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
