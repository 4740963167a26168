//! `ntwk reference`: what can stand in a model file and in a cell file.

use std::io::Write;

use clap::Args;

use ntwk::reference::{CELL_FILE, MODEL_FILE, plain};

use super::Failure;

/// Every key of a model file, or of the file of a morphological cell: meaning, unit, default, example.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk reference                    the whole model file
  ntwk reference projections        one section: weights, delays, connection rules, plasticity
  ntwk reference waveforms
  ntwk reference --cell synapses    a section of the cell file of ntwk morpho")]
pub(crate) struct ReferenceArgs {
    /// Section to show [default: all].
    pub section: Option<String>,
    /// The cell file of `ntwk morpho` in place of the model file.
    #[arg(long)]
    pub cell: bool,
}

pub(crate) fn run(args: &ReferenceArgs) -> Result<(), Failure> {
    let text = &plain(if args.cell { CELL_FILE } else { MODEL_FILE });
    let shown = match &args.section {
        None => text,
        Some(name) => section(text, name).ok_or_else(|| {
            let other = plain(if args.cell { MODEL_FILE } else { CELL_FILE });
            if let Some(title) = headings(&other).map(|h| h.2).find(|t| t == &clean(name)) {
                let (file, option) = if args.cell { ("model", "") } else { ("cell", "--cell ") };
                return Failure::Argument(format!(
                    "\"{title}\" is a section of the {file} file: ntwk reference {option}{title}"
                ));
            }
            let names: Vec<String> = headings(text).map(|(_, _, title)| title).collect();
            let near = ntwk_core::spec::nearest::nearest(name, names.iter().map(String::as_str));
            let hint = near.map_or_else(
                || format!("there are: {}", names.join(", ")),
                |near| format!("did you mean \"{near}\"?"),
            );
            Failure::Argument(format!("there is no section \"{name}\"; {hint}"))
        })?,
    };
    // A reader that has seen enough (`| head`) is no failure.
    let _ = std::io::stdout().write_all(shown.as_bytes());
    Ok(())
}

/// Headings below the title: place, level, name in lower case.
fn headings(text: &str) -> impl Iterator<Item = (usize, usize, String)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let place = at;
        at += line.len();
        let level = line.bytes().take_while(|&b| b == b'#').count();
        (level >= 2).then(|| (place, level, line[level..].trim().to_lowercase()))
    })
}

/// A name as headings have it.
fn clean(name: &str) -> String {
    name.trim().trim_matches(['[', ']']).to_lowercase()
}

/// The section with a name, to the next heading of its level or above.
fn section<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let name = clean(name);
    let (start, level, _) = headings(text).find(|(_, _, title)| *title == name)?;
    let end = headings(text)
        .find(|(place, l, _)| *place > start && *l <= level)
        .map_or(text.len(), |(place, _, _)| place);
    Some(&text[start..end])
}
