//! `ntwk verify`: run a stored model again and compare bits.

use std::path::PathBuf;

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_io::{Layout, ResultFile};

use super::Failure;
use super::output::{no_run, note, print, stored_model};
use super::stored_run::{layout_of, other_kind};
use super::terminal::Terminal;
use ntwk::run::verify::{Verification, stored_outline, verify_run, verify_theory};

/// Run the stored model with its seed again, and compare every stored bit.
///
/// Spikes, counts, samples (in the precision they are stored in) and the arrays of the theory. The
/// result does not depend on the number of threads, so neither does the verdict.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk verify out/results.h5

Exit code 0 when all bits are the same, 1 with the first difference when not. A run that was \
interrupted is verified as far as it is stored.")]
pub(crate) struct VerifyArgs {
    /// Results file of `ntwk run`, `ntwk compare` or `ntwk meanfield`.
    pub file: PathBuf,
    /// Number of threads [default: as many as the work is worth].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// No progress bars.
    #[arg(long, short)]
    pub quiet: bool,
}

pub(crate) fn run(args: &VerifyArgs, library: &CellLibrary) -> Result<(), Failure> {
    match layout_of(&args.file)? {
        Layout::Ntwk | Layout::Theory => {}
        Layout::Flat => {
            return Err(Failure::Argument(format!(
                "{}: a run of another program cannot be repeated bit for bit; 'ntwk analyze' takes it",
                args.file.display()
            )));
        }
        other => return Err(other_kind(&args.file, other)),
    }
    let file = ResultFile::open(&args.file)?;
    let model = stored_model(&file, &args.file, library)?.ok_or_else(|| no_run(&args.file))?;
    let stored = stored_outline(&file)?;
    let groups = file.theory()?;
    if stored.is_none() && groups.is_empty() {
        return Err(no_run(&args.file));
    }
    let version = env!("CARGO_PKG_VERSION");
    if let Some(p) = file.provenance()?
        && p.version != version
    {
        note(format!("the file was made by ntwk {}, this is ntwk {version}", p.version));
    }
    let terminal = Terminal::new(args.threads, args.quiet);
    if let Some(stored) = &stored {
        let found = terminal.compute("second run", |job| verify_run(&file, stored, &model, job));
        let found = conclude(found?, args)?;
        print(format!(
            "{} steps, {} spikes, {} samples: the same bits",
            found.steps, found.spikes, found.samples
        ));
    }
    if !groups.is_empty() {
        let found = terminal.compute("theory", |job| {
            verify_theory(&file, stored.as_ref(), &groups, &model, library, job)
        });
        let found = conclude(found?, args)?;
        print(format!("{} values of the theory: the same bits", found.theory_values));
    }
    Ok(())
}

fn conclude(found: Verification, args: &VerifyArgs) -> Result<Verification, Failure> {
    match found.difference {
        Some(difference) => Err(Failure::Different { file: args.file.clone(), difference }),
        None => Ok(found),
    }
}
