//! `ntwk cells list` and `ntwk cells show`.

use ntwk_cells::protocol::Bench;
use ntwk_core::CellLibrary;
use ntwk_core::model::cell::{CellKind, Fallback};
use ntwk_core::model::cell_library::{NamedPreset, PresetNameError};

use crate::Failure;
use crate::output::print;
use crate::table::Table;

pub(crate) fn list(library: &CellLibrary) {
    let mut kinds = Table::of_text(&["kind", "what it is"]);
    for kind in library.kinds() {
        let first = kind.doc().lines().next().unwrap_or_default();
        kinds.row(vec![kind.name().to_owned(), first.trim_end_matches(':').to_owned()]);
    }
    let mut presets = Table::of_text(&["preset", "kind", "what it is", "source"]);
    for preset in library.presets() {
        presets.row(vec![
            preset.name.to_owned(),
            preset.kind.to_owned(),
            preset.doc.to_owned(),
            short(preset.citation),
        ]);
    }
    print(format!(
        "{kinds}\n{presets}\n\
         show one with: ntwk cells show NAME\n\
         values can be changed in the name of a preset: AdExp_a_4_b_40, LIF_El_-65, RS_tau_w_300"
    ));
}

/// First author and year, or the name of a program.
fn short(citation: &str) -> String {
    let Some((authors, year)) = citation
        .find(|c: char| c.is_ascii_digit())
        .and_then(|at| Some((citation.get(..at)?, citation.get(at..at + 4)?)))
    else {
        return citation.split(" (").next().unwrap_or(citation).to_owned();
    };
    match authors.split_once(',') {
        Some((first, _)) => format!("{first} et al. {year}"),
        None => format!("{authors}{year}"),
    }
}

pub(crate) fn show(name: &str, library: &CellLibrary) -> Result<(), Failure> {
    let kind = library.kind(name);
    if let Some(kind) = kind {
        show_kind(kind);
    }
    match library.named_preset(name) {
        Ok(named) => {
            if kind.is_some() {
                print("also a preset:\n");
            }
            show_preset(name, &named, library);
            Ok(())
        }
        Err(PresetNameError::Unknown { .. }) if kind.is_some() => Ok(()),
        Err(error) => Err(Bench::unknown(name, error, library).into()),
    }
}

fn show_kind(kind: &dyn CellKind) {
    let mut table = Table::of_text(&["parameter", "unit", "range", "default", "meaning"]);
    for p in kind.parameters() {
        let default = match p.default {
            Fallback::Required => "required".to_owned(),
            Fallback::Value(x) => x.to_string(),
            Fallback::Derived => "derived".to_owned(),
        };
        table.row(vec![
            p.name.to_owned(),
            p.dimension.unit().to_owned(),
            p.range.describe(""),
            default,
            p.doc.to_owned(),
        ]);
    }
    print(format!("{}\n{}\n\n{table}", kind.name(), kind.doc()));
    if let Some(written) = kind.equations() {
        let units: Vec<String> =
            written.variables.iter().map(|(v, unit)| format!("{v} ({unit})")).collect();
        let refractory = written.refractory.map_or_else(String::new, |time| {
            format!("; refractory for {time}, held in it: {}", written.hold.join(", "))
        });
        print(format!(
            "\nas equations of a model file, for [currents]:\nvariables: {}\n{}\nat {}: {}{refractory}",
            units.join(", "),
            written.equations,
            written.when,
            written.then
        ));
    }
}

fn show_preset(name: &str, named: &NamedPreset<'_>, library: &CellLibrary) {
    let preset = named.preset;
    let mut table = Table::new(&["parameter", "value", "unit"]).text_from(2);
    let kind = library.kind(preset.kind);
    for p in kind.map_or(&[][..], |kind| kind.parameters()) {
        if let Some(value) = named.get(p.name) {
            let changed = named.changes.iter().any(|c| c.0 == p.name);
            let unit = p.dimension.unit();
            let unit = if changed { format!("{unit} (changed)") } else { unit.to_owned() };
            table.row(vec![p.name.to_owned(), value.to_string(), unit.trim().to_owned()]);
        }
    }
    let doi =
        preset.doi.map_or("none (software)".to_owned(), |doi| format!("https://doi.org/{doi}"));
    print(format!(
        "{name} ({}): {}\n\n{}\nsource:   {}\ndoi:      {doi}\nvalues:   {}\nuse it:   cell = {{ preset = \"{name}\" }}",
        preset.kind, preset.doc, table, preset.citation, preset.place,
    ));
}
