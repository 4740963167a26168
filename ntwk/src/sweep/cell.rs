//! The sweep of a morphological cell: its points, and the scalars of a run at one.

use ntwk_core::Job;
use std::path::{Path, PathBuf};

use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_io::{CellFile, CellFileError, ModelText, ScanArray, cell_text, read_cell_tree};
use ntwk_morpho::spec::{BuiltCell, RecordSpec};
use ntwk_morpho::studies::{StudyError, impedance_map, settled};
use ntwk_morpho::{Location, Probe, SimulationError};

use crate::sweep::identity::{PARAMETER_SWEEP, StudyIdentity};
use crate::sweep::points::{SweepPlan, SweepPlanError};
use crate::sweep::task::{DescriptionError, PointFailure, PointQuantity, PointTask, text_axis};

/// Axis of the places whose potential or spikes are recorded.
pub const PLACE_AXIS: &str = "place";
/// Axis of the other recorded quantities.
pub const RECORDED_AXIS: &str = "recorded";
/// A potential that moves by more (mV) in [`STEADY_TIME`] is not at rest.
const STEADY: f64 = 0.05;
/// Time (ms) after which the settled potential is looked at again.
const STEADY_TIME: f64 = 20.0;

/// A sweep over keys of a cell file.
///
/// The results of a point are those of `ntwk morpho run`, as scalars:
///
/// | array | unit | content |
/// |---|---|---|
/// | `spike_count`, `rate` | 1, Hz | upward crossings of `record.threshold` at a place of `record.spikes`, and over `t_stop` |
/// | `first_spike` | ms | time of the first; NaN without one |
/// | `V_peak`, `V_lowest`, `V_mean`, `V_sd`, `V_last` | mV | of the samples at a place of `record.voltage` |
/// | `V_rest` | mV | after 500 ms without electrodes and synapses; NaN where the cell does not come to rest |
/// | `input_resistance` | MΩ | steady input resistance of the place about the resting potential of the soma; NaN without rest and with gap junctions, which the linear response leaves out |
/// | `recorded_mean`, `recorded_lowest`, `recorded_highest` | of the quantity | calcium, gates and currents that are recorded |
#[derive(Debug, Clone)]
pub struct CellSweep {
    /// The points.
    pub plan: SweepPlan,
    text: String,
    path: PathBuf,
    stored: ModelText,
    seed: u64,
    places: Vec<String>,
    recorded: Vec<String>,
}

/// A sweep of a cell cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum CellSweepError {
    /// The sweep, or the cell at one of its points, has faults.
    #[error(transparent)]
    Plan(#[from] SweepPlanError),
    /// A file cannot be read or the cell cannot be written as text.
    #[error(transparent)]
    Cell(#[from] CellFileError),
}

impl CellSweep {
    /// The points of `scan` around the cell of `file`, which was read from `path`. The description of every point is
    /// checked (not of every seed), so that a sweep does not find a typo hours later.
    ///
    /// # Errors
    /// [`CellSweepError`].
    pub fn new(
        file: &CellFile,
        path: &Path,
        scan: &ParameterScanSpec,
    ) -> Result<Self, CellSweepError> {
        let built = file.build(path).map_err(CellFileError::from)?;
        let seed = file.spec.simulation.seed;
        let mut base = file.tree.clone();
        if let Value::Table(entries) = &mut base.value {
            entries.retain(|e| e.0 != "scan");
        }
        let plan = SweepPlan::over(base, &[], seed, scan).map_err(SweepPlanError::from)?;
        let (places, recorded) = (places(&built), recorded(&built));
        let stored = cell_text(file, path, Some(scan))?;
        let (text, path) = (file.text.clone(), path.to_owned());
        let task = CellSweep { plan, text, path, stored, seed, places, recorded };
        for index in task.plan.points() {
            let record = task.read(index)?.spec.record;
            if places_of(&record) != places_of(&file.spec.record) {
                let mut faults = Faults::default();
                let rule = "what is recorded cannot vary: its places are an axis of the result";
                faults.push("record", None, None, FaultKind::Combination { rule: rule.to_owned() });
                return Err(SweepPlanError::from(task.plan.named(index, faults)).into());
            }
        }
        Ok(task)
    }

    /// The cell of run `index`, not yet on its morphology.
    fn read(&self, index: usize) -> Result<CellFile, CellSweepError> {
        let named =
            |faults| CellSweepError::from(SweepPlanError::from(self.plan.named(index, faults)));
        let tree: Node = self.plan.tree(index).map_err(SweepPlanError::from)?;
        read_cell_tree(self.text.clone(), tree, &self.path).map_err(|e| match e {
            CellFileError::Faults(faults) => named(faults),
            e => e.into(),
        })
    }

    fn run(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, RunError> {
        let built = self.read(index)?.build(&self.path).map_err(|f| self.plan.named(index, f))?;
        let mut simulation = built.simulation()?;
        let t_stop = built.spec.simulation.t_stop;
        if !simulation.run_until(t_stop, &job.silent())? {
            return Err(RunError::Interrupted);
        }
        let recording = simulation.recording();
        let mut quantities = Vec::new();
        let mut add = |axis: &str, name: &str, label: &str, unit: &str, values: Vec<f64>| {
            quantities.push(PointQuantity::along(axis, name, label, unit, values));
        };
        let at_place = |of: &dyn Fn(&str) -> Option<f64>| -> Vec<f64> {
            self.places.iter().map(|p| of(p).unwrap_or(f64::NAN)).collect()
        };
        let spikes = simulation.spikes();
        let trains = |place: &str| {
            let found = built.detectors.iter().position(|d| d.0 == place)?;
            Some(&spikes[found].times)
        };
        let count = at_place(&|p| Some(trains(p)?.len() as f64));
        let rate = count.iter().map(|n| 1e3 * n / t_stop).collect();
        add(PLACE_AXIS, "spike_count", "spikes", "1", count);
        add(PLACE_AXIS, "rate", "firing rate", "Hz", rate);
        let first = at_place(&|p| trains(p)?.first().copied());
        add(PLACE_AXIS, "first_spike", "time of the first spike", "ms", first);
        let voltage = |place: &str, of: fn(&[f64]) -> f64| {
            let column = built
                .probes
                .iter()
                .position(|(name, probe)| name == place && matches!(probe, Probe::Voltage(_)))?;
            Some(of(&recording.column(column).to_vec()))
        };
        for (name, label, of) in [
            ("V_peak", "highest V", highest as fn(&[f64]) -> f64),
            ("V_lowest", "lowest V", lowest),
            ("V_mean", "mean V", mean),
            ("V_sd", "standard deviation of V", deviation),
            ("V_last", "V at the end", last),
        ] {
            add(PLACE_AXIS, name, label, "mV", at_place(&|p| voltage(p, of)));
        }
        let (rest, resistance) = resting(&built, &self.places, job)?;
        add(PLACE_AXIS, "V_rest", "resting V", "mV", rest);
        add(PLACE_AXIS, "input_resistance", "input resistance", "MOhm", resistance);
        if !self.recorded.is_empty() {
            let columns: Vec<usize> = (0..built.probes.len())
                .filter(|&k| !matches!(built.probes[k].1, Probe::Voltage(_)))
                .collect();
            for (name, label, of) in [
                ("recorded_mean", "mean of what is recorded", mean as fn(&[f64]) -> f64),
                ("recorded_lowest", "its lowest value", lowest),
                ("recorded_highest", "its highest value", highest),
            ] {
                let values = columns.iter().map(|&k| of(&recording.column(k).to_vec())).collect();
                add(RECORDED_AXIS, name, label, "unit of the quantity", values);
            }
        }
        Ok(quantities)
    }
}

impl PointTask for CellSweep {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        Ok(StudyIdentity::new(PARAMETER_SWEEP, self.stored.clone(), &serde_json::Value::Null))
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn axes(&self) -> Vec<ScanArray> {
        let mut axes = self.plan.arrays().0;
        axes.push(text_axis(PLACE_AXIS, "place on the cell", self.places.clone()));
        if !self.recorded.is_empty() {
            axes.push(text_axis(RECORDED_AXIS, "recorded quantity", self.recorded.clone()));
        }
        axes
    }

    fn dimensions(&self) -> usize {
        self.plan.dimensions().len()
    }

    fn given(&self) -> Vec<ScanArray> {
        self.plan.arrays().1
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        self.plan.overrides(index)
    }

    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        self.run(index, job).map_err(|e| match e {
            RunError::Interrupted => PointFailure::Interrupted,
            e => PointFailure::Failed(e.to_string()),
        })
    }
}

/// Why there is nothing at a point.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Cell(#[from] CellSweepError),
    #[error(transparent)]
    Faults(#[from] Faults),
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    #[error(transparent)]
    Study(#[from] StudyError),
}

/// What is recorded, whenever.
fn places_of(record: &RecordSpec) -> RecordSpec {
    RecordSpec { every: None, threshold: 0.0, ..record.clone() }
}

/// Places of the recorded potentials, then those where only spikes are detected.
fn places(built: &BuiltCell) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let voltages = built.probes.iter().filter(|p| matches!(p.1, Probe::Voltage(_)));
    for name in voltages.map(|p| &p.0).chain(built.detectors.iter().map(|d| &d.0)) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// What else is recorded, with units.
fn recorded(built: &BuiltCell) -> Vec<String> {
    let others = built.probes.iter().filter(|p| !matches!(p.1, Probe::Voltage(_)));
    others
        .map(|(name, probe)| match probe.unit() {
            "" => name.clone(),
            unit => format!("{name} ({unit})"),
        })
        .collect()
}

/// Resting potential (mV) and input resistance (MΩ) of each place, NaN where there is none.
fn resting(
    built: &BuiltCell,
    names: &[String],
    job: &Job<'_>,
) -> Result<(Vec<f64>, Vec<f64>), RunError> {
    let none = || vec![f64::NAN; names.len()];
    let soma = Location::new(0, 0.5);
    // A cell that blows up without its electrodes has no rest; the run itself says what happens with them.
    let mut quiet = match settled(built, job) {
        Ok((_, quiet)) => quiet,
        Err(StudyError::Interrupted) => return Err(RunError::Interrupted),
        Err(_) => return Ok((none(), none())),
    };
    let before = quiet.voltages();
    match quiet.run_until(quiet.time() + STEADY_TIME, &job.silent()) {
        Ok(true) => {}
        Ok(false) => return Err(RunError::Interrupted),
        Err(_) => return Ok((none(), none())),
    }
    if before.iter().zip(quiet.voltages()).any(|(a, b)| (a - b).abs() > STEADY) {
        return Ok((none(), none()));
    }
    let at = |name: &String| {
        let probe = built.probes.iter().find_map(|(n, probe)| match probe {
            Probe::Voltage(at) if n == name => Some(*at),
            _ => None,
        });
        probe.or_else(|| built.detectors.iter().find(|d| d.0 == *name).map(|d| d.1))
    };
    let locations: Vec<Location> = names.iter().filter_map(at).collect();
    let rest = locations.iter().map(|&l| quiet.voltage(l)).collect::<Result<Vec<f64>, _>>()?;
    let v = quiet.voltage(soma)?;
    let linear = built.spec.gap_junctions.is_empty();
    // A channel without an admittance leaves the cell without a linear response.
    let map = linear.then(|| impedance_map(built, 0.0, v, soma, job).ok()).flatten();
    let Some(map) = map else { return Ok((rest, none())) };
    let compartments = built.cell.compartments();
    let resistance = locations
        .iter()
        .map(|&l| Ok(map.input[compartments.compartment(l).map_err(SimulationError::from)?]))
        .collect::<Result<Vec<f64>, RunError>>()?;
    Ok((rest, resistance))
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

fn lowest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

fn last(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}
