//! The reference of the file formats, as `ntwk reference` prints it: prose and examples, and between markers the tables of
//! keys that the readers read by.

use ntwk_core::spec::key::{Absent, Key, Kind, Section, Variant, keys_at};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::units::Dimension;
use ntwk_core::spec::waveform::Shape;
use ntwk_core::spec::{DistributionShape, ModelSpec};
use ntwk_morpho::spec::{CellSpec, CoupledSpec};

/// Every key of a model file, in Markdown.
pub const MODEL_FILE: &str = include_str!("../docs/model-file.md");

/// Every key of a cell file, in Markdown.
pub const CELL_FILE: &str = include_str!("../docs/cell-file.md");

const BEGIN: &str = "<!-- keys ";
const END: &str = "<!-- end -->";

/// A page without the markers of its tables.
#[must_use]
pub fn plain(page: &str) -> String {
    page.split_inclusive('\n').filter(|line| !line.starts_with("<!--")).collect()
}

/// The keys of a model file at a path of tables, of a waveform (`waveform`) or of a distribution (`distribution`).
#[must_use]
pub fn keys_of_model(path: &str) -> Option<&'static [Key]> {
    match path {
        "waveform" => Some(Shape::KEYS),
        "distribution" => Some(DistributionShape::<f64>::KEYS),
        path => keys_at(ModelSpec::KEYS, path),
    }
}

/// The keys of a cell file at a path of tables, of a waveform (`waveform`), or of a file of joined cells at a path below
/// `coupled`.
#[must_use]
pub fn keys_of_cell(path: &str) -> Option<&'static [Key]> {
    match path {
        "waveform" => Some(Shape::KEYS),
        path => match path.strip_prefix("coupled.") {
            Some(path) => keys_at(CoupledSpec::KEYS, path),
            None => keys_at(CellSpec::KEYS, path),
        },
    }
}

/// The page with its tables made anew: what stands between `<!-- keys PATH -->` and `<!-- end -->` becomes the table of the
/// keys that `keys` knows at that path.
///
/// # Errors
/// The path of a marker where there are no keys, or a marker without an end.
pub fn with_tables(
    page: &str,
    keys: &dyn Fn(&str) -> Option<&'static [Key]>,
) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = page;
    while let Some(begin) = rest.find(BEGIN) {
        let path = rest[begin + BEGIN.len()..].split(" -->").next().unwrap_or_default();
        let after = begin + BEGIN.len() + path.len() + " -->".len();
        let end = rest[after..].find(END).ok_or_else(|| format!("{path}: no {END}"))? + after;
        let found = keys(path).ok_or_else(|| format!("{path}: no such keys"))?;
        text += &format!("{}\n{}", &rest[..after], table(found));
        rest = &rest[end..];
    }
    Ok(text + rest)
}

/// A table of keys.
fn table(keys: &'static [Key]) -> String {
    if let [Key { name, kind: Kind::Variants(variants), absent, .. }] = keys {
        return variants_table(name, variants, absent);
    }
    let mut text = "| key | default | |\n|---|---|---|\n".to_owned();
    rows(keys, &mut text);
    text
}

fn rows(keys: &'static [Key], text: &mut String) {
    for key in keys {
        match key.kind {
            Kind::Flat(more) => rows(more, text),
            Kind::Variants(variants) => {
                let words = variants.iter().map(|v| (v.name, v.doc));
                let default = match key.absent {
                    Absent::Required(_) => "required".to_owned(),
                    _ => variants.first().map_or_else(String::new, |v| format!("`\"{}\"`", v.name)),
                };
                row(&format!("`{}`", key.name), &default, &choices("", words), text);
                variant_rows(variants, text);
            }
            _ => row(&format!("`{}`", key.name), &default(key), &meaning(key), text),
        }
    }
}

/// The keys of all variants, with the words they belong to: once where name, default and meaning are the same.
fn variant_rows(variants: &'static [Variant], text: &mut String) {
    let told = |key: &Key| (key.name, default(key), meaning(key));
    let mut seen = Vec::new();
    for key in variants.iter().flat_map(|v| flat(v.keys)).map(told) {
        if seen.contains(&key) {
            continue;
        }
        let of: Vec<String> = variants
            .iter()
            .filter(|v| flat(v.keys).into_iter().any(|k| told(k) == key))
            .map(|v| format!("`\"{}\"`", v.name))
            .collect();
        let meaning = format!("{} ({} only)", key.2, of.join(", "));
        row(&format!("`{}`", key.0), &key.1, &meaning, text);
        seen.push(key);
    }
}

/// A table of the words of a key, each with its own keys.
fn variants_table(name: &str, variants: &'static [Variant], absent: &Absent) -> String {
    let mut text = format!("| `{name}` | its keys | |\n|---|---|---|\n");
    for (i, variant) in variants.iter().enumerate() {
        let keys: Vec<String> = flat(variant.keys)
            .into_iter()
            .map(|key| match default(key).as_str() {
                "required" => format!("`{}`: {}", key.name, meaning(key)),
                "" => format!("`{}` (optional): {}", key.name, meaning(key)),
                default => format!("`{}` ({default}): {}", key.name, meaning(key)),
            })
            .collect();
        let default =
            if i == 0 && !matches!(absent, Absent::Required(_)) { " (default)" } else { "" };
        let word = format!("`\"{}\"`{default}", variant.name);
        row(&word, &keys.join("; "), &first_paragraph(variant.doc), &mut text);
    }
    text
}

/// Keys with those of [`Kind::Flat`] in their place.
fn flat(keys: &'static [Key]) -> Vec<&'static Key> {
    keys.iter()
        .flat_map(|key| match key.kind {
            Kind::Flat(more) => flat(more),
            _ => vec![key],
        })
        .collect()
}

fn row(name: &str, default: &str, meaning: &str, text: &mut String) {
    *text += &format!("| {name} | {default} | {meaning} |\n").replace("|  |", "| |");
}

/// The value that stands in for a key, as it would be written.
fn default(key: &Key) -> String {
    let unit = match key.kind {
        Kind::Quantity(dimension, _)
        | Kind::Distribution(dimension)
        | Kind::Waveform(dimension) => dimension.unit(),
        // Delays.
        Kind::Table(_) => Dimension::Time.unit(),
        _ => "",
    };
    match key.absent {
        Absent::Required(_) => "required".to_owned(),
        Absent::Nothing => String::new(),
        Absent::Value(value) => match value() {
            Node { value: Value::Table(_) | Value::Null, .. } => String::new(),
            node @ Node { value: Value::String(_), .. } => format!("`{}`", node.display()),
            node => format!("{} {unit}", node.display()).trim_end().to_owned(),
        },
    }
}

/// What a key means, and which values it may have.
fn meaning(key: &Key) -> String {
    let doc = first_paragraph(key.doc);
    let rule = match key.kind {
        Kind::Quantity(_, bound) | Kind::NamedQuantities(_, bound)
            if bound != ntwk_core::model::cell::Bound::Any =>
        {
            bound.describe("")
        }
        Kind::Own(bound) if bound != ntwk_core::model::cell::Bound::Any => bound.describe(""),
        Kind::Count(least, most) if most < u64::from(u32::MAX) => format!("{least} to {most}"),
        Kind::OneOf(numbers) => numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        Kind::Choice(words) => return choices(&doc, words.iter().map(|w| (w.name, w.doc))),
        _ => return doc,
    };
    format!("{doc}; {rule}")
}

/// Words with what they mean.
fn choices<'w>(doc: &str, words: impl Iterator<Item = (&'w str, &'w str)>) -> String {
    let words: Vec<String> =
        words.map(|(word, doc)| format!("`\"{word}\"`: {}", first_paragraph(doc))).collect();
    format!("{doc} {}", words.join("; ")).trim().to_owned()
}

fn first_paragraph(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}
