//! The cell of a protocol: a preset, a kind, or a population of a model file.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use ntwk_cells::protocol::{Bench, ProtocolError};
use ntwk_core::engine::run::simulate;
use ntwk_core::spec::{CellSpec, Method, ParameterText, RecordSpec, SimulationSpec};
use ntwk_core::{CellLibrary, Dimension, Membrane, Model, Recording, Waveform};
use ntwk_io::{RunContents, WriteOptions, write_run};

use super::catalogue::unknown;
use crate::Failure;
use crate::args::{parse_override, quantity};
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
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Figures on a dark background.
    #[arg(long)]
    pub dark: bool,
    /// No progress bar.
    #[arg(long, short)]
    pub quiet: bool,
}

/// The cell on the bench, with what figures call it and what its model knows of it.
pub(super) struct Chosen {
    pub bench: Bench,
    pub title: String,
    pub membrane: Membrane,
    pub covered_by_theory: bool,
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
        for notice in alone.notices().iter().filter(|n| n.contains("no effect")) {
            note(notice);
        }
        let cell = &alone.populations()[0].cell;
        let covered_by_theory = cell.beyond_theory().is_none();
        Ok(Chosen { bench, title, membrane: cell.membrane(), covered_by_theory })
    }

    fn named(&self, name: &str, library: &CellLibrary) -> Result<Bench, Failure> {
        let values: Vec<(String, ParameterText)> = self
            .overrides
            .iter()
            .map(|(key, value)| {
                let number = value.parse().map(ParameterText::Number);
                (key.clone(), number.unwrap_or_else(|_| ParameterText::Text(value.clone())))
            })
            .collect();
        // A kind whose parameters are given means the kind, also where a preset has its name.
        let wanted = |key: &str| values.iter().any(|v| v.0 == key);
        let kind = library.kind(name).filter(|kind| {
            library.preset(name).is_none()
                || kind.parameters().iter().take(2).all(|p| wanted(p.name))
        });
        let (model, preset) = match (kind, library.named_preset(name)) {
            (Some(_), _) => (Some(name.to_owned()), None),
            (None, Ok(_)) => (None, Some(name.to_owned())),
            (None, Err(error)) => return Err(unknown(name, &error, library)),
        };
        let simulation = SimulationSpec::default();
        let cell = CellSpec { model, preset, values };
        Ok(Bench { cell, dt: simulation.dt, method: simulation.method })
    }

    fn of_model(&self, model: &Model) -> Result<(Bench, String), Failure> {
        let wanted = self.population.as_deref().unwrap_or_default();
        let spec = model.spec();
        let Some(population) = spec.populations.get(wanted) else {
            let names: Vec<&str> = spec.populations.keys().map(String::as_str).collect();
            return Err(Failure::Argument(format!(
                "the model has no population \"{wanted}\"; there are {}",
                names.join(", ")
            )));
        };
        let bench = Bench { cell: population.cell.clone(), dt: model.dt(), method: model.method() };
        let title = spec
            .title
            .as_ref()
            .map_or_else(|| wanted.to_owned(), |title| format!("{wanted} of \"{title}\""));
        Ok((bench, title))
    }
}

impl Chosen {
    /// The current (pA) that brings a passive cell to its threshold, rounded to a number that is easy to read; for a cell
    /// without a leak conductance the I = 10 of the paper.
    pub(super) fn scale(&self) -> f64 {
        let Membrane { g_L, V_th, E_L, C_m, .. } = self.membrane;
        let rheobase = g_L * (V_th - E_L);
        if !self.covered_by_theory || rheobase <= 0.0 {
            return 10.0 * C_m;
        }
        let step = 10f64.powf(rheobase.log10().floor() - 1.0);
        (rheobase / step).round() * step
    }
}

/// Runs the model of a protocol with a progress bar and writes `results.h5`, also of a run that stops early.
pub(super) fn run_to_file(model: &Model, out: &OutArgs) -> Result<(Recording, PathBuf), Failure> {
    let started = SystemTime::now();
    let terminal = Terminal::new(Some(1), out.quiet);
    let run = terminal.run("simulation", |job| simulate(model, job));
    let run = run.map_err(ProtocolError::from).map_err(failed)?;
    make_folder(&out.out)?;
    let file = out.out.join("results.h5");
    let text = ntwk::run::stream::model_text(model)?;
    let provenance =
        ntwk::run::stream::provenance(model, run.threads, started, run.simulate_seconds);
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

/// A protocol's error as a failure of the command.
pub(super) fn failed(error: ProtocolError) -> Failure {
    match error {
        ProtocolError::Cell(faults) => Failure::CellFaults(faults),
        ProtocolError::Setting { .. } => Failure::Argument(error.to_string()),
        ProtocolError::Run(_) | ProtocolError::Build(_) => Failure::Protocol(error),
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
