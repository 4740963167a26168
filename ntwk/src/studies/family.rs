//! The theory of a model along keys of the model: one mean field per value.

use std::sync::Arc;

use ntwk_core::spec::tree::Value;
use ntwk_core::spec::{
    ParameterScanSpec, SpikeTrainTheory, TheoryModel, TransferFunctionKind, VarySpec, VaryValues,
};
use ntwk_core::{CellLibrary, Faults, Job, Model};
use ntwk_meanfield::scan::inputs::{VarianceFactors, classes_of_inputs};
use ntwk_meanfield::scan::single_cell::SingleCellError;
use ntwk_meanfield::system::from_model::{FromModelError, ModelInput, mean_field};
use ntwk_meanfield::{
    BifurcationDiagram, BranchEnd, ContinuationError, ContinuationOptions, DynTransferFunction,
    EffectiveThreshold, Family, FixedPointError, Input, MeanField, bifurcation_diagram,
};

use crate::sweep::points::{SweepAxis, SweepPlan, SweepPlanError};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::given_function::GivenFunction;
use ntwk_meanfield::prediction::predict::{FittedPopulation, TheorySeconds, fit_all, predict};
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_meanfield::prediction::windows::TRAJECTORY_INTERVAL;

/// Values of a key at which transfer functions are measured where it changes what is measured.
const NODES: usize = 9;

/// Mean fields over one or more keys of a model that vary continuously.
///
/// A transfer function belongs to a cell, in the range of input that its scan covers: keys of inputs and sizes leave it as it is
/// and change the moments. Where one key changes the cells, how they are scanned or the synapses they are scanned through, they
/// are scanned and fitted at nine values of it, with the same random numbers, and the thresholds are interpolated linearly in
/// between. Over several keys of synapses the scan is that of the model as it is written. Measured spike trains
/// (`theory.spike_trains`) are everywhere as regular as in the stationary state of the model as it is written.
pub struct TheoryFamily {
    base: Model,
    axes: Vec<SweepAxis>,
    window: [f64; 2],
    library: CellLibrary,
    /// Of the model as it is written.
    factors: VarianceFactors,
    functions: Functions,
}

enum Functions {
    /// The same everywhere, one per population.
    Fixed(Vec<Arc<dyn DynTransferFunction>>),
    /// Thresholds `[node][population]` at values of the one key.
    Between { nodes: Vec<f64>, thresholds: Vec<Vec<EffectiveThreshold>> },
}

/// A theory that does not exist along a key.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// The key or the model at a value of it has faults.
    #[error(transparent)]
    Plan(#[from] SweepPlanError),
    /// The model at a value has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// The scans and fits failed.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// There is no mean field at a value.
    #[error(transparent)]
    Model(#[from] FromModelError),
    /// The fixed points cannot be sought.
    #[error(transparent)]
    FixedPoint(#[from] FixedPointError),
    /// The values of a key are not numbers.
    #[error("{key}: its values must be numbers of one unit")]
    NotNumbers {
        /// The key.
        key: String,
    },
    /// The theory takes the key in steps.
    #[error(
        "{key}: the theory changes with it in steps (it becomes a whole number, such as an in-degree); vary a weight or a rate, \
         or map it over its values"
    )]
    Steps {
        /// The key.
        key: String,
    },
    /// A table does not hold along the key.
    #[error(
        "{key}: it changes the synapses or cells that the tabulated transfer function of {population} was measured with; use \
         theory.transfer_function = \"fitted\""
    )]
    Table {
        /// The key.
        key: String,
        /// The population.
        population: String,
    },
    /// Two keys of cells at once.
    #[error(
        "{key}: it changes cells, which would have to be measured at every point; use ntwk sweep --command meanfield, or follow it \
         alone"
    )]
    Cells {
        /// The key.
        key: String,
    },
}

impl FamilyError {
    /// Whether another key, range or model would help.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        match self {
            Self::Plan(error) => matches!(error, SweepPlanError::Faults(_)),
            Self::Faults(_)
            | Self::NotNumbers { .. }
            | Self::Steps { .. }
            | Self::Table { .. }
            | Self::Cells { .. } => true,
            Self::Theory(_) | Self::Model(_) | Self::FixedPoint(_) => false,
        }
    }
}

/// The model with what varies noted in it, so that a stored model says it; a range without a number of values gets `points`.
///
/// # Errors
/// [`FamilyError`].
pub(crate) fn with_vary(
    model: &Model,
    vary: &[VarySpec],
    points: Option<u64>,
    library: &CellLibrary,
) -> Result<(Model, ParameterScanSpec), FamilyError> {
    let mut vary = vary.to_vec();
    for v in &mut vary {
        if let VaryValues::Range { points: given, .. } = &mut v.values {
            *given = given.or(points);
        }
    }
    let mut scan = ParameterScanSpec::default();
    scan.vary = vary;
    // Its faults are reported before those of a model that contains them.
    SweepPlan::new(model, &scan)?;
    let mut spec = model.spec().clone();
    spec.scan = Some(scan.clone());
    Ok((Model::from_spec(spec, library)?, scan))
}

impl TheoryFamily {
    /// The theory of `model` along the keys of `scan` (a grid).
    ///
    /// The stages of the job are the scans, each under the name of its population.
    ///
    /// # Errors
    /// [`FamilyError`].
    pub fn new(
        model: &Model,
        scan: &ParameterScanSpec,
        library: &CellLibrary,
        job: &Job<'_>,
    ) -> Result<Self, FamilyError> {
        let factors = match model.spec().theory.spike_trains {
            SpikeTrainTheory::Poisson => VarianceFactors::poisson(model),
            SpikeTrainTheory::Measured => predict(model, library, job)?.factors,
        };
        let axes = SweepPlan::new(model, scan)?.axes;
        let mut spec = model.spec().clone();
        spec.scan = None;
        let base = Model::from_spec(spec, library)?;
        let window = ComparisonWindows::of(model).stationary;
        let functions = Functions::Fixed(Vec::new());
        let mut family = Self { base, axes, window, library: library.clone(), factors, functions };
        let mut recast: Option<String> = None;
        for k in 0..family.axes.len() {
            let key = family.axes[k].keys.join(",");
            let values = family.axes[k].numbers.clone();
            let values = values.ok_or_else(|| FamilyError::NotNumbers { key: key.clone() })?;
            for &value in [values.first(), values.last()].into_iter().flatten() {
                let corner = family.model(&family.corner(k, value))?;
                // What this key alone does: in the corner the others have values of their own too.
                let changed = family.changed(&[(&family.axes[k], value)]).unwrap_or(corner);
                let other = first_other_scan(model, &changed)?;
                if !same_cells(model, &changed) || (family.axes.len() == 1 && other.is_some()) {
                    recast = Some(key.clone());
                }
                if model.spec().theory.transfer_function == TransferFunctionKind::Tabulated
                    && let Some(population) = other
                {
                    return Err(FamilyError::Table { key, population });
                }
            }
        }
        let mut seconds = TheorySeconds::default();
        family.functions = match recast {
            None => {
                let factors = &family.factors;
                let fitted = fit_all(model, factors, library, job, &mut seconds)?;
                Functions::Fixed(fitted.iter().map(FittedPopulation::function).collect())
            }
            Some(key) if family.axes.len() > 1 => return Err(FamilyError::Cells { key }),
            Some(_) if model.spec().theory.model == TheoryModel::Siegert => {
                let fitted = fit_all(model, &family.factors, library, job, &mut seconds)?;
                Functions::Fixed(fitted.iter().map(FittedPopulation::function).collect())
            }
            Some(_) => family.between(job, &mut seconds)?,
        };
        Ok(family)
    }

    fn between(
        &self,
        job: &Job<'_>,
        seconds: &mut TheorySeconds,
    ) -> Result<Functions, FamilyError> {
        let values = self.axes[0].numbers.as_deref().unwrap_or_default();
        let (low, high) = (values[0], values[values.len() - 1]);
        let mut nodes = Vec::new();
        let mut thresholds = Vec::new();
        for k in 0..NODES {
            let value = low + (high - low) * k as f64 / (NODES - 1) as f64;
            let model = self.model(&[value])?;
            let fitted =
                fit_all(&model, &self.factors, &self.library, &job.part(k, NODES), seconds)?;
            nodes.push(value);
            let threshold = |f: FittedPopulation| {
                match f.given {
                Some(GivenFunction::Published(threshold)) => Ok(threshold),
                Some(GivenFunction::PublishedWithMoments(_)) => Err(TheoryError::Published {
                    population: f.name,
                    problem: "moments = \"zerlaut2018\" is for the cells it was published for, none that vary"
                        .to_owned(),
                }),
                // The Siegert formula takes its cells from the mean field.
                Some(GivenFunction::Siegert) | None => Ok(f.fit.transfer_function),
            }
            };
            thresholds.push(fitted.into_iter().map(threshold).collect::<Result<_, _>>()?);
        }
        Ok(Functions::Between { nodes, thresholds })
    }

    /// The keys that vary.
    #[must_use]
    pub fn axes(&self) -> &[SweepAxis] {
        &self.axes
    }

    /// Value `value` of key `k`, the others at their first.
    fn corner(&self, k: usize, value: f64) -> Vec<f64> {
        let first = |axis: &SweepAxis| axis.numbers.as_ref().and_then(|n| n.first().copied());
        let mut values: Vec<f64> = self.axes.iter().map(|a| first(a).unwrap_or(0.0)).collect();
        values[k] = value;
        values
    }

    /// The model at values of the keys.
    pub(crate) fn model(&self, values: &[f64]) -> Result<Model, Faults> {
        let all: Vec<_> = self.axes.iter().zip(values.iter().copied()).collect();
        self.changed(&all)
    }

    /// The model with values of some keys.
    fn changed(&self, values: &[(&SweepAxis, f64)]) -> Result<Model, Faults> {
        let mut changes = Vec::new();
        for (axis, value) in values {
            let text = format!("{value} {}", axis.unit);
            let value = Value::of_text(&text);
            changes.extend(axis.keys.iter().map(|key| (key, value.clone())));
        }
        let named = |mut faults: Faults| {
            let place: Vec<String> = (values.iter())
                .flat_map(|(a, x)| a.keys.iter().map(move |k| format!("{k}={x} {}", a.unit)))
                .map(|text| text.trim().to_owned())
                .collect();
            faults.file = Some(format!("at {}", place.join(" ")));
            for fault in &mut faults.list {
                // Lines of the resolved text mean nothing to the reader.
                fault.line = None;
            }
            faults
        };
        self.base.with(&changes, &self.library).map_err(named)
    }

    /// Mean field and mean input of the stationary window at values of the keys.
    ///
    /// # Errors
    /// [`FamilyError`] when the model has faults or no theory there.
    pub fn system(&self, values: &[f64]) -> Result<(MeanField, Input), FamilyError> {
        self.system_with(values, &self.functions_at(values[0]))
    }

    fn system_with(
        &self,
        values: &[f64],
        functions: &[Arc<dyn DynTransferFunction>],
    ) -> Result<(MeanField, Input), FamilyError> {
        let model = self.model(values)?;
        let system = mean_field(&model, functions, &self.factors)?;
        let input = ModelInput::new(&model)?.mean(self.window, TRAJECTORY_INTERVAL);
        Ok((system, input))
    }

    /// The transfer functions at a value of the first key.
    fn functions_at(&self, value: f64) -> Vec<Arc<dyn DynTransferFunction>> {
        match &self.functions {
            Functions::Fixed(functions) => functions.clone(),
            Functions::Between { nodes, thresholds } => {
                let right = nodes.partition_point(|n| *n <= value).clamp(1, nodes.len() - 1);
                let t = (value - nodes[right - 1]) / (nodes[right] - nodes[right - 1]);
                thresholds[right - 1]
                    .iter()
                    .zip(&thresholds[right])
                    .map(|(a, b)| match a.between(b, t.clamp(0.0, 1.0)) {
                        Ok(mixed) => Arc::new(mixed) as Arc<dyn DynTransferFunction>,
                        // All fits of a model have one form.
                        Err(_) => Arc::new(a.clone()),
                    })
                    .collect()
            }
        }
    }

    /// The branches of fixed points along the one key: sought at its values, followed both ways through their range.
    ///
    /// With `logarithmic` steps and ends are those of the logarithm of the key, whose values must be > 0.
    ///
    /// # Errors
    /// [`ContinuationError`].
    pub fn bifurcation_diagram(
        &self,
        logarithmic: bool,
        job: &Job<'_>,
    ) -> Result<BifurcationDiagram, ContinuationError> {
        let mut values = self.axes[0].numbers.clone().unwrap_or_default();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let options = ContinuationOptions::default();
        let first = values.first().copied().unwrap_or(f64::NAN);
        if !logarithmic {
            return bifurcation_diagram(self, &values, &options, job);
        }
        if first <= 0.0 {
            return Err(ContinuationError::Range(first, values[values.len() - 1]));
        }
        let logarithms: Vec<f64> = values.iter().map(|v| v.ln()).collect();
        let family = |u: f64| self.at(u.exp());
        let mut diagram = bifurcation_diagram(&family, &logarithms, &options, job)?;
        for sought in &mut diagram.sought {
            sought.parameter = sought.parameter.exp();
        }
        for branch in &mut diagram.branches {
            let marked = branch.bifurcations.iter_mut().map(|b| &mut b.2);
            for point in branch.points.iter_mut().chain(marked) {
                point.parameter = point.parameter.exp();
            }
            for end in &mut branch.ends {
                if let BranchEnd::NoSystem { parameter, .. } = end {
                    *parameter = parameter.exp();
                }
            }
        }
        Ok(diagram)
    }

    /// Whether the theory changes smoothly along the one key, as following a branch needs.
    ///
    /// # Errors
    /// [`FamilyError::Steps`] when it does not.
    pub fn check_smooth(&self) -> Result<(), FamilyError> {
        let values = self.axes[0].numbers.as_deref().unwrap_or_default();
        let (low, high) = (values[0], values[values.len() - 1]);
        // Interpolated transfer functions change smoothly whatever the key does.
        let functions = self.functions_at(low);
        let rates_at = |value: f64| -> Result<Vec<f64>, FamilyError> {
            let (system, input) = self.system_with(&[value], &functions)?;
            let mut state = vec![0.0; ntwk_meanfield::Dynamics::dimension(&system)];
            state[..system.populations().len()].fill(5.0);
            let point = system.at(&state, &input).map(|p| p.transfer());
            Ok(point.unwrap_or_default())
        };
        let middle = low + 0.37 * (high - low);
        let here = rates_at(middle)?;
        if rates_at(high)? != here && rates_at(middle + 1e-6 * (high - low))? == here {
            return Err(FamilyError::Steps { key: self.axes[0].keys.join(",") });
        }
        Ok(())
    }
}

/// Along the one key of a family.
impl Family for TheoryFamily {
    type Error = FamilyError;
    fn at(&self, parameter: f64) -> Result<(MeanField, Input), FamilyError> {
        self.system(&[parameter])
    }
}

/// Whether two models have the same single cells, measured in the same way.
fn same_cells(a: &Model, b: &Model) -> bool {
    let (theory, other) = (&a.spec().theory, &b.spec().theory);
    let cells = |m: &Model| -> Vec<ntwk_core::spec::CellSpec> {
        let spec = m.spec();
        spec.populations.values().map(|p| p.cell.clone()).collect()
    };
    cells(a) == cells(b)
        && theory.scan == other.scan
        && theory.threshold_terms == other.threshold_terms
        && theory.adaptation == other.adaptation
        && theory.transfer_function == other.transfer_function
        && theory.spike_trains == other.spike_trains
        && a.dt() == b.dt()
}

/// The first population whose scan over presynaptic rates differs between two models.
fn first_other_scan(a: &Model, b: &Model) -> Result<Option<String>, FamilyError> {
    for (index, population) in a.populations().iter().enumerate() {
        let classes = |m: &Model| {
            classes_of_inputs(m, index, &VarianceFactors::poisson(m))
                .map_err(|e| TheoryError::from(SingleCellError::from(e)))
        };
        if classes(a)? != classes(b)? || !same_cells(a, b) {
            return Ok(Some(population.name.clone()));
        }
    }
    Ok(None)
}
