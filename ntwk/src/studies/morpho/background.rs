//! Background synaptic activity: the state it puts the cell in, and what that does to an EPSP.

use std::path::Path;

use ntwk_core::Job;
use ntwk_io::{ModelText, ScanArray, ScanData, ScanValues};
use ntwk_morpho::studies::{
    BackgroundProtocol, BackgroundRun, BackgroundState, BackgroundStudy, StudyError,
};
use ntwk_morpho::{Location, LocationSpec, Region, Sites};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};
use serde_json::json;

use super::checks::Checks;
use super::drawing::samples;
use super::{MorphoCell, MorphoError};
use crate::studies::table::{ColumnValues, Table};
use crate::sweep::identity::StudyIdentity;
use crate::sweep::run::{SweepOutcome, run_points};
use crate::sweep::store::StoreOptions;
use crate::sweep::task::{
    DescriptionError, PointFailure, PointQuantity, PointTask, number_axis, text_axis,
};

/// What is measured, and for how long.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BackgroundOptions {
    /// Group of synapses whose contact probes the cell; the first by default.
    pub synapses: Option<String>,
    /// Where the probe synapses are: a location, or a selection that they are spread over; on the way to the farthest apical
    /// tip, 200 µm from the soma, by default.
    pub at: Sites,
    /// Number of probe synapses, active together; 1 by default.
    pub number: usize,
    /// Where the potential is measured and the test current enters; the soma by default.
    pub to: LocationSpec,
    /// Test current (nA); −0.02 by default.
    pub current: f64,
    /// Initial transient to discard (ms); 300 by default.
    pub transient: f64,
    /// Time measured (ms); 3000 by default. The description must last as long as both.
    pub duration: f64,
}

impl Default for BackgroundOptions {
    fn default() -> Self {
        Self {
            synapses: None,
            at: LocationSpec::Path { region: Some(Region::Apical), distance: 200.0 }.into(),
            number: 1,
            to: LocationSpec::Soma,
            current: -0.02,
            transient: 300.0,
            duration: 3000.0,
        }
    }
}

/// The study, as far as its runs came.
#[derive(Debug, Clone)]
pub struct BackgroundResult {
    cell: MorphoCell,
    /// Group of synapses whose contact probed the cell.
    pub synapses: String,
    /// The runs that are stored: potential `V` over `time`, and `spike_count` after the transient.
    pub runs: SweepOutcome,
    /// What the runs say; `None` unless all six are there.
    pub state: Option<BackgroundState>,
}

/// Runs the cell at rest and under the activity of its description, each three times with the same spikes: alone, with a
/// steady test current, and with the probe EPSP every 150 ms. Each run is stored in the file `path` when it ends.
///
/// # Errors
/// [`MorphoError`].
pub fn background(
    cell: &MorphoCell,
    options: &BackgroundOptions,
    path: &Path,
    store: StoreOptions,
    job: &Job<'_>,
) -> Result<BackgroundResult, MorphoError> {
    let built = cell.built();
    let BackgroundOptions { current, transient, duration, .. } = *options;
    let mut checks = Checks::default();
    let synapses = checks.take(cell.synapses(options.synapses.as_deref()));
    let places = (
        checks.take(cell.places(&options.at, options.number)),
        checks.take(cell.locate(&options.to)),
    );
    checks.positive("number of synapses", options.number as f64);
    let is_current = current != 0.0 && current.is_finite();
    checks.require("current", current, is_current, "a finite number other than 0 (nA)");
    checks.not_negative("transient", transient);
    checks.positive("duration", duration);
    let (t_stop, needed) = (built.spec.simulation.t_stop, transient + duration);
    let is_long =
        if t_stop < needed { Err(MorphoError::TooShort { t_stop, needed }) } else { Ok(()) };
    checks.take(is_long);
    let measured = transient..needed;
    let mut events = built.synapses.iter().flat_map(|s| s.events.iter().flatten());
    let silent = MorphoError::NoActivity { from: transient, to: needed };
    checks.take(if events.any(|t| measured.contains(t)) { Ok(()) } else { Err(silent) });
    let ((group, probe), (probe_at, at)) = checks.all(synapses.zip(places.0.zip(places.1)))?;
    let threshold = built.spec.record.threshold;
    let protocol =
        BackgroundProtocol { at, probe, probe_at, current, transient, duration, threshold };
    let task = Runs {
        study: BackgroundStudy::new(built, protocol, job)?,
        description: cell.description()?,
        synapses: group.to_owned(),
        seed: built.spec.simulation.seed,
    };
    let runs = run_points(&task, path, store, job)?;
    let state = task.state(&runs.data)?;
    Ok(BackgroundResult { cell: cell.clone(), synapses: task.synapses, runs, state })
}

impl BackgroundResult {
    /// What the runs say of the cell at rest and under activity; `None` unless all are there.
    #[must_use]
    pub fn table(&self) -> Option<Table> {
        let state = self.state.as_ref()?;
        let rows = [
            ("mean V", "mV", [state.rest, state.mean]),
            ("standard deviation of V", "mV", [0.0, state.sd]),
            ("firing rate", "Hz", [0.0, state.rate]),
            ("input resistance", "MΩ", state.input_resistance),
            ("time constant", "ms", state.tau),
            ("EPSP peak", "mV", state.epsp),
        ];
        let texts = |f: fn(&(&str, &str, [f64; 2])) -> String| {
            ColumnValues::Texts(rows.iter().map(f).collect())
        };
        let values = |k: usize| rows.iter().map(|r| r.2[k]).collect::<Vec<f64>>();
        Some(
            Table::default()
                .with("quantity", "", texts(|r| r.0.to_owned()))
                .with("unit", "", texts(|r| r.1.to_owned()))
                .numbers("rest", "", &values(0))
                .numbers("active", "", &values(1)),
        )
    }

    /// The potential under activity over time, and the mean EPSPs; `None` unless all runs are there.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Option<Figure> {
        let state = self.state.as_ref()?;
        let thin = (state.trace.len() / 4000).max(1);
        let points = samples(&state.trace, state.dt).into_iter().step_by(thin).collect();
        let line = |name, points, color, style| NamedCurve { name, points, color, style };
        let end = state.trace.len() as f64 * state.dt;
        let levels = [
            line("under activity", points, Some(0), Style::Line),
            line("rest", vec![(0.0, state.rest), (end, state.rest)], None, Style::Dashed),
        ];
        let trace = curves(Axis::new("time (ms)"), Axis::new("V (mV)"), &levels, theme);
        let epsp = |k: usize| samples(&state.epsp_traces[k], state.dt);
        let epsps = [
            line("rest", epsp(0), None, Style::Line),
            line("under activity", epsp(1), Some(0), Style::Line),
        ];
        let epsps = curves(Axis::new("time (ms)"), Axis::new("mean EPSP (mV)"), &epsps, theme);
        let layout = Layout::Row(vec![(1.6, Layout::panel(trace)), (1.0, Layout::panel(epsps))]);
        Some(Figure::new(self.cell.title(), Width::Page, 60.0, layout, theme))
    }
}

/// The runs of the study, one point each.
struct Runs {
    study: BackgroundStudy,
    description: ModelText,
    synapses: String,
    seed: u64,
}

impl Runs {
    /// What the runs in `data` say; `None` unless all are there.
    fn state(&self, data: &ScanData) -> Result<Option<BackgroundState>, StudyError> {
        let numbers = |name: &str| match data.get(name).map(|a| &a.values) {
            Some(ScanValues::Numbers(values)) => values.as_slice(),
            _ => &[],
        };
        let (v, spikes) = (numbers("V"), numbers("spike_count"));
        if spikes.len() != self.points() || spikes.iter().any(|n| !n.is_finite()) {
            return Ok(None);
        }
        let runs: Vec<BackgroundRun> = v
            .chunks(self.study.samples())
            .zip(spikes)
            .map(|(trace, &n)| BackgroundRun { trace: trace.to_vec(), spikes: n as u64 })
            .collect();
        self.study.state(&runs).map(Some)
    }
}

impl PointTask for Runs {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        let p = self.study.protocol();
        let point = |at: &Location| json!({ "branch": at.branch, "x": at.x });
        // Studies with one probe are stored as before there could be several.
        let probe_at = match &p.probe_at[..] {
            [only] => point(only),
            several => several.iter().map(point).collect(),
        };
        let settings = json!({
            "probe": self.synapses,
            "probe_at": probe_at,
            "measured_at": point(&p.at),
            "test_current_nA": p.current,
            "transient_ms": p.transient,
            "duration_ms": p.duration,
        });
        Ok(StudyIdentity::new("background activity", self.description.clone(), &settings))
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn axes(&self) -> Vec<ScanArray> {
        let names = |all: &[&str]| all.iter().map(|&s| s.to_owned()).collect();
        let time = (0..self.study.samples()).map(|k| k as f64 * self.study.dt()).collect();
        vec![
            text_axis("state", "state of the cell", names(&BackgroundStudy::STATES)),
            text_axis("protocol", "what is added to it", names(&BackgroundStudy::RUNS)),
            number_axis("time", "time", "ms", time),
        ]
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        let runs = BackgroundStudy::RUNS;
        let (state, run) = (BackgroundStudy::STATES[index / runs.len()], runs[index % runs.len()]);
        vec![("state".to_owned(), state.to_owned()), ("protocol".to_owned(), run.to_owned())]
    }

    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        let run = self.study.run(index, job).map_err(|e| match e {
            StudyError::Interrupted => PointFailure::Interrupted,
            e => PointFailure::Failed(e.to_string()),
        })?;
        let spikes = run.spikes as f64;
        Ok(vec![
            PointQuantity::along("time", "V", "membrane potential", "mV", run.trace),
            PointQuantity::scalar("spike_count", "spikes after the transient", "1", spikes),
        ])
    }
}
