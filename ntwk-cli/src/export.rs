//! `ntwk export`: a run in the formats of other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ntwk_core::CellLibrary;
use ntwk_io::{
    Layout, read_cell_run, write_afferent_spikes_csv, write_cell_npz, write_cell_spikes,
    write_cell_traces, write_element_reports, write_flat, write_npz, write_nwb, write_rates_csv,
    write_spikes_csv, write_trace_csv,
};

use super::Failure;
use super::connections::{EdgeFormat, export};
use super::output::{beside, make_folder, no_run, not_over, note};
use super::run::list_files;
use super::stored_run::{StoredRun, layout_of, other_kind};
use ntwk::compare::RATE_BIN;

/// Write a run in the format of another program.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk export out/results.h5 --to nwb               out/results.nwb: table of units, one per neuron
  ntwk export out/results.h5 --to npz -o run.npz    NumPy arrays
  ntwk export out/results.h5 --to csv -o tables     spikes.csv, rates.csv, a table per variable (and afferent_spikes.csv)
  ntwk export out/results.h5 --to flat -o old.h5    the layout of neural_network_dynamics
  ntwk export old.h5 --to npz                       reads that layout, too
  ntwk export out/results.h5 --connections          out/connections: SONATA edges, and a model that reads them
  ntwk export cell/results.h5 --to sonata           element reports of what was recorded of a cell
  ntwk export model.toml --connections --to csv -o edges

results.h5 itself is SONATA: libsonata, bmtk and h5py open it as it is.")]
pub(crate) struct ExportArgs {
    /// Results file of ntwk (of a network, or of a morphological cell), or flat HDF5 of neural_network_dynamics.
    pub file: PathBuf,
    /// Format; of connections, sonata (the default) or csv.
    #[arg(long, value_enum, required_unless_present = "connections")]
    pub to: Option<Format>,
    /// Write the synapses of a network instead, drawn anew from the model and seed of FILE (a results file or a model file): SONATA edges
    /// or tables, and model.toml, which reads them and gives the same spikes.
    #[arg(long)]
    pub connections: bool,
    /// File to write (csv: folder) [default: beside FILE, with the ending of the format].
    #[arg(short, long, alias = "output", value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Of --connections: replace another model.toml that is there.
    #[arg(long, requires = "connections")]
    pub force: bool,
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
    /// Of a morphological cell, element reports, one file per quantity; with --connections, the edges of a network. The results.h5 of
    /// a network is SONATA as it is.
    Sonata,
}

pub(crate) fn run(args: &ExportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let Some(to) = args.to.filter(|_| !args.connections) else { return connections(args, library) };
    let is_cell = args.file.is_file() && layout_of(&args.file)? == Layout::Cell;
    let ending = match to {
        Format::Sonata if is_cell => "sonata",
        Format::Sonata => {
            return Err(Failure::Argument(format!(
                "{} is SONATA as it is; --connections writes the edges of its network",
                args.file.display()
            )));
        }
        Format::Nwb => "nwb",
        Format::Csv => "csv",
        Format::Npz => "npz",
        Format::Flat => "flat.h5",
    };
    let target = args.out.clone().unwrap_or_else(|| args.file.with_extension(ending));
    not_over(&args.file, &target)?;
    if is_cell || layout_of(&args.file)? == Layout::Cell {
        return cell_run(args, to, &target);
    }
    let (recording, provenance, model) = StoredRun::parts(&args.file, library)?;
    make_folder(&beside(None, &target))?;
    if recording.populations.iter().all(|p| p.spikes.is_none()) {
        note(format!("{}: no spikes were recorded (record.spikes = false)", args.file.display()));
    }
    let mut files = vec![target.clone()];
    match to {
        // Refused above.
        Format::Sonata => {}
        Format::Nwb => {
            let title = model.and_then(|model| model.spec().title.clone());
            let title = title.unwrap_or_else(|| args.file.display().to_string());
            write_nwb(&target, &recording, provenance.as_ref(), &title)?;
        }
        Format::Npz => write_npz(&target, &recording)?,
        Format::Flat => {
            let model = model.ok_or_else(|| no_run(&args.file))?;
            write_flat(&target, &recording, &model)?.iter().for_each(note);
        }
        Format::Csv => {
            make_folder(&target)?;
            files = vec![target.join("spikes.csv"), target.join("rates.csv")];
            write_spikes_csv(&files[0], &recording)?;
            let bin = (RATE_BIN / recording.dt).round().max(1.0) as usize;
            write_rates_csv(&files[1], &recording, bin)?;
            if !recording.afferents.is_empty() {
                files.push(target.join("afferent_spikes.csv"));
                write_afferent_spikes_csv(&files[2], &recording)?;
            }
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

fn connections(args: &ExportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let format = match args.to {
        None | Some(Format::Sonata) => EdgeFormat::Sonata,
        Some(Format::Csv) => EdgeFormat::Csv,
        Some(_) => {
            return Err(Failure::Argument("--connections are written as sonata or csv".to_owned()));
        }
    };
    let folder = args.out.clone().unwrap_or_else(|| args.file.with_file_name("connections"));
    export(&args.file, format, &folder, args.force, library)
}

/// A run of a morphological cell, in the formats that have a place for one.
fn cell_run(args: &ExportArgs, to: Format, target: &Path) -> Result<(), Failure> {
    let run = read_cell_run(&args.file)?;
    let mut files = vec![target.to_owned()];
    match to {
        Format::Npz => write_cell_npz(target, &run)?,
        Format::Csv => {
            make_folder(target)?;
            files = vec![target.join("traces.csv"), target.join("spikes.csv")];
            write_cell_traces(&files[0], &run)?;
            write_cell_spikes(&files[1], &run)?;
        }
        Format::Sonata => {
            make_folder(target)?;
            files = write_element_reports(target, &run)?;
        }
        Format::Nwb | Format::Flat => {
            return Err(other_kind(&args.file, Layout::Cell));
        }
    }
    list_files(&files);
    Ok(())
}
