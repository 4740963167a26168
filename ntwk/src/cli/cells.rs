//! `ntwk cells`: the library of cells.

use ntwk_core::cell::Fallback;

use super::Failure;
use super::args::{CellsArgs, CellsCommand};
use super::output::print;
use super::table::Table;

pub(crate) fn run(args: &CellsArgs) -> Result<(), Failure> {
    let library = ntwk_cells::library();
    match &args.command {
        CellsCommand::List => {
            let mut kinds = Table::new(&["kind", "what it is"]);
            for kind in library.kinds() {
                let first = kind.doc().lines().next().unwrap_or_default();
                kinds.row(vec![kind.name().to_owned(), first.trim_end_matches(':').to_owned()]);
            }
            let mut presets = Table::new(&["preset", "kind", "what it is"]);
            for preset in library.presets() {
                presets.row(vec![
                    preset.name.to_owned(),
                    preset.kind.to_owned(),
                    preset.doc.to_owned(),
                ]);
            }
            print(format!("{kinds}\n{presets}\nshow one with: ntwk cells show NAME"));
            Ok(())
        }
        CellsCommand::Show { name } => {
            if let Some(kind) = library.kind(name) {
                let mut table = Table::new(&["parameter", "unit", "range", "default", "meaning"]);
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
                return Ok(());
            }
            if let Some(preset) = library.preset(name) {
                let kind = library.kind(preset.kind);
                let mut table = Table::new(&["parameter", "value", "unit"]);
                for (parameter, value) in preset.values {
                    let unit = kind
                        .and_then(|k| k.parameters().iter().find(|p| p.name == *parameter))
                        .map_or("", |p| p.dimension.unit());
                    table.row(vec![(*parameter).to_owned(), value.to_string(), unit.to_owned()]);
                }
                print(format!(
                    "{} ({}): {}\n\n{table}\nsource: {}\nuse it with: cell = {{ preset = \"{}\" }}",
                    preset.name, preset.kind, preset.doc, preset.citation, preset.name
                ));
                return Ok(());
            }
            let hint = library.nearest(name).map_or_else(
                || "; list them with: ntwk cells list".to_owned(),
                |near| format!("; did you mean \"{near}\"?"),
            );
            Err(Failure::Argument(format!("there is no cell called \"{name}\"{hint}")))
        }
    }
}
