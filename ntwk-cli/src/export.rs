//! `ntwk export`: a run in the formats of other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ntwk_core::{CellLibrary, Recording};
use ntwk_io::{
    Layout, ResultFile, describe, read_flat, write_flat, write_npz, write_nwb, write_rates_csv,
    write_spikes_csv, write_trace_csv,
};

use super::Failure;
use super::interruption;
use super::output::{make_folder, no_run, stored_model};
use super::run::list_files;
use ntwk::compare::RATE_BIN;

/// Write a run in the format of another program.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk export out/results.h5 --to nwb               out/results.nwb: table of units, one per neuron
  ntwk export out/results.h5 --to npz -o run.npz    NumPy arrays
  ntwk export out/results.h5 --to csv -o tables     spikes.csv, rates.csv, a table per variable
  ntwk export out/results.h5 --to flat -o old.h5    the layout of neural_network_dynamics
  ntwk export old.h5 --to npz                       reads that layout, too

results.h5 itself is SONATA: libsonata, bmtk and h5py open it as it is.")]
pub(crate) struct ExportArgs {
    /// Results file of ntwk, or flat HDF5 of neural_network_dynamics.
    pub file: PathBuf,
    /// Format.
    #[arg(long, value_enum)]
    pub to: Format,
    /// File to write (csv: folder) [default: beside FILE, with the ending of the format].
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Choices of `--to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Neurodata Without Borders 2: spikes as a table of units.
    Nwb,
    /// Tables: spikes, rates in bins of 1 ms, recorded variables.
    Csv,
    /// NumPy archive of all arrays.
    Npz,
    /// Flat HDF5 of the Python package neural_network_dynamics.
    Flat,
}

pub(crate) fn run(args: &ExportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let source = Source::open(args, library)?;
    let ending = match args.to {
        Format::Nwb => "nwb",
        Format::Csv => "csv",
        Format::Npz => "npz",
        Format::Flat => "flat.h5",
    };
    let target = args.output.clone().unwrap_or_else(|| args.file.with_extension(ending));
    if target == args.file {
        return Err(Failure::Argument(format!(
            "{} would be overwritten by its own export",
            args.file.display()
        )));
    }
    let recording = &source.recording;
    interruption::writes_in(target.parent().unwrap_or(&target));
    let mut files = vec![target.clone()];
    match args.to {
        Format::Nwb => {
            write_nwb(&target, recording, source.provenance.as_ref(), &source.title)?;
        }
        Format::Npz => write_npz(&target, recording)?,
        Format::Flat => write_flat(&target, recording)?,
        Format::Csv => {
            make_folder(&target)?;
            files = vec![target.join("spikes.csv"), target.join("rates.csv")];
            write_spikes_csv(&files[0], recording)?;
            let bin = (RATE_BIN / recording.dt).round().max(1.0) as usize;
            write_rates_csv(&files[1], recording, bin)?;
            for population in &recording.populations {
                for trace in &population.traces {
                    let file = target.join(format!("{}_{}.csv", population.name, trace.name()));
                    write_trace_csv(&file, trace, recording.dt)?;
                    files.push(file);
                }
            }
        }
    }
    list_files(&files);
    Ok(())
}

/// A run to export.
struct Source {
    recording: Recording,
    provenance: Option<ntwk_io::Provenance>,
    title: String,
}

impl Source {
    fn open(args: &ExportArgs, library: &CellLibrary) -> Result<Self, Failure> {
        if describe(&args.file)?.layout == Layout::Flat {
            let recording = read_flat(&args.file)?.recording;
            let title = args.file.display().to_string();
            return Ok(Self { recording, provenance: None, title });
        }
        let file = ResultFile::open(&args.file)?;
        let recording = file.recording()?.ok_or_else(|| no_run(&args.file))?;
        let title = stored_model(&file, &args.file, library)?
            .and_then(|model| model.spec().title.clone())
            .unwrap_or_else(|| args.file.display().to_string());
        Ok(Self { recording, provenance: file.provenance()?, title })
    }
}
