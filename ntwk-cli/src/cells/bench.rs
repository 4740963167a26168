//! The cell of a protocol: a preset, a kind, or a population of a model file.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use ntwk_cells::protocol::{Bench, ProtocolError};
use ntwk_core::engine::run::simulate;
use ntwk_core::spec::{Method, ParameterText, RecordSpec};
use ntwk_core::{CellLibrary, Dimension, Model, Recording, Waveform};
use ntwk_io::{RunContents, WriteOptions, write_run};

use crate::Failure;
use crate::args::{parse_override, quantity};
use crate::figure_args::FigureArgs;
use crate::output::{make_folder, note};
use crate::terminal::Terminal;
use crate::words::word;

/// Which cell, and how it is integrated.
#[derive(Debug, Args)]
pub(super) struct CellArgs {
    /// Preset (RS), preset with changes (AdExp_a_4_b_40), or kind with its parameters by --set.
    #[arg(required_unless_present = "model", conflicts_with = "model")]
    name: Option<String>,
    /// Take the cell from this model file, with its step and method.
    #[arg(long, value_name = "FILE", requires = "population")]
    model: Option<PathBuf>,
    /// Population of the model file.
    #[arg(long, value_name = "NAME", requires = "model")]
    population: Option<String>,
    /// Change a parameter of the cell (--set b=60, --set 'tau_w=0.2 s'), or, with --model, a key of the model
    /// (--set populations.E.cell.b=60). May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_override)]
    overrides: Vec<(String, String)>,
    /// Time step (ms, or with a unit) [default: 0.1 ms, or the model's].
    #[arg(long, value_name = "TIME", value_parser = time)]
    dt: Option<f64>,
    /// Numerical method [default: euler, or the model's].
    #[arg(long, value_parser = word::<Method>())]
    method: Option<Method>,
}

/// Where the files go and how they look.
#[derive(Debug, Args)]
pub(super) struct OutArgs {
    /// Folder for the results; made if it does not exist.
    #[arg(short, long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    #[command(flatten)]
    pub figure: FigureArgs,
    /// No progress bar.
    #[arg(long, short)]
    pub quiet: bool,
}

/// The cell on the bench, with what figures call it.
pub(super) struct Chosen {
    pub bench: Bench,
    pub title: String,
    /// Current (pA) that brings the passive cell to its threshold.
    pub scale: f64,
}

impl CellArgs {
    /// Resolves the cell.
    pub(super) fn choose(&self, library: &CellLibrary) -> Result<Chosen, Failure> {
        let (mut bench, title) = match (&self.name, &self.model) {
            (Some(name), _) => (self.named(name, library)?, name.clone()),
            (None, Some(file)) => {
                let model = ntwk_io::read_model(file, &self.overrides, library)?;
                self.of_model(&model)?
            }
            (None, None) => return Err(Failure::Argument("no cell is named".to_owned())),
        };
        if let Some(dt) = self.dt {
            bench.dt = dt;
        }
        bench.method = self.method.unwrap_or(bench.method);
        let alone =
            bench.model(&[Waveform::Constant(0.0)], bench.dt, RecordSpec::default(), library)?;
        alone.notices().iter().for_each(|notice| note(bench.as_written(notice)));
        let scale = bench.current_scale(library)?;
        Ok(Chosen { bench, title, scale })
    }

    fn named(&self, name: &str, library: &CellLibrary) -> Result<Bench, ProtocolError> {
        let value = |text: &String| match text.parse() {
            Ok(number) => ParameterText::Number(number),
            Err(_) => ParameterText::Text(text.clone()),
        };
        let values = self.overrides.iter().map(|(key, text)| (key.clone(), value(text))).collect();
        Bench::named(name, values, library)
    }

    fn of_model(&self, model: &Model) -> Result<(Bench, String), ProtocolError> {
        let wanted = self.population.as_deref().unwrap_or_default();
        let bench = Bench::of_population(model, wanted)?;
        let title = model
            .spec()
            .title
            .as_ref()
            .map_or_else(|| wanted.to_owned(), |title| format!("{wanted} of \"{title}\""));
        Ok((bench, title))
    }
}

/// Runs the model of a protocol with a progress bar and writes `results.h5`, also of a run that stops early.
pub(super) fn run_to_file(model: &Model, out: &OutArgs) -> Result<(Recording, PathBuf), Failure> {
    let started = SystemTime::now();
    let terminal = Terminal::new(Some(1), out.quiet);
    let run = terminal.compute("simulation", |job| simulate(model, job));
    let run = run.map_err(ProtocolError::from)?;
    make_folder(&out.out)?;
    let file = out.out.join("results.h5");
    let text = ntwk::run::origin::model_text(model)?;
    let provenance =
        ntwk::run::origin::provenance(model, run.threads, started, run.simulate_seconds);
    let contents = RunContents {
        recording: Some(&run.recording),
        model: Some(&text),
        provenance: Some(&provenance),
        theory: &[],
    };
    write_run(&file, &contents, &WriteOptions::default())?;
    match run.stopped {
        None => Ok((run.recording, file)),
        Some(stop) => {
            let (reason, interrupted) = (stop.to_string(), stop.is_interruption());
            Err(Failure::Stopped { reason, interrupted, file })
        }
    }
}

/// A time in ms, bare or with a unit.
pub(super) fn time(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Time)
}

/// A current in pA, bare or with a unit.
pub(super) fn current(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Current)
}
