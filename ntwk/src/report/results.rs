//! What a run writes: the theory as named arrays, and back into curves; what figures and tables read back of a run.

use ndarray::{Array1, Array2, ArrayD, IxDyn};
use ntwk_core::{Model, Recording};
use ntwk_io::{Attribute, FileError, NamedArray, ResultFile, Selection, TheoryGroup};

use crate::compare::{CompareError, Comparison, PotentialMoments, potential_moments};
use crate::figures::overview::{TRACES_PER_POPULATION, TheoryCurves, TransferGrid};
use ntwk_meanfield::prediction::loop_response::LoopResponse;
use ntwk_meanfield::prediction::predict::{FittedPopulation, Theory};
use ntwk_meanfield::prediction::settled_state::SettledState;
use ntwk_meanfield::scan::measurement::Measurement;
use ntwk_meanfield::{AllFixedPoints, DelayedStability, FixedPoint, Stability};

const TRAJECTORY: &str = "trajectory";
pub(crate) const FIXED_POINT: &str = "fixed_point";
/// Attribute of it: what is to be said of the prediction.
pub(crate) const NOTES: &str = "notes";
const TRANSFER: &str = "transfer_function_";
const CURVES: &str = "transfer_curves_";

/// Bytes of samples held at a time.
const SAMPLE_BYTES: usize = 256 << 20;

/// A run that cannot be read back for its tables and figures.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its recording cannot be analysed.
    #[error(transparent)]
    Analysis(#[from] CompareError),
}

/// What the overview figure shows of a stored run: spikes, counts and a few membrane potentials; `None` for a file
/// without a run.
///
/// # Errors
/// [`FileError`].
pub fn overview_recording(file: &ResultFile) -> Result<Option<Recording>, FileError> {
    // `V_m`, and the potential at other places of morphological cells.
    let all = file.recorded_variables()?;
    let names: Vec<&str> = all.iter().map(String::as_str).filter(|v| v.starts_with("V_")).collect();
    file.recording_of(&Selection { variables: Some(&names), columns: 0..TRACES_PER_POPULATION })
}

/// Moments of all recorded membrane potentials of a stored run of `model`, read a few hundred megabytes at a time.
///
/// # Errors
/// [`ReadBackError`].
pub fn stored_potentials(
    file: &ResultFile,
    model: &Model,
) -> Result<Vec<PotentialMoments>, ReadBackError> {
    let potentials = |index| model.sampled(index).iter().filter(|s| s.variable == "V_m");
    let frames = (0..model.populations().len())
        .flat_map(potentials)
        .map(|s| s.steps.rows(0..u64::from(model.n_steps())).len())
        .sum::<usize>();
    let group = (SAMPLE_BYTES / (8 * frames.max(1))).max(1);
    let mut moments = vec![PotentialMoments::default(); model.populations().len()];
    for first in (0..).step_by(group) {
        let selection =
            Selection { variables: Some(&["V_m"]), columns: first..first.saturating_add(group) };
        let Some(part) = file.recording_of(&selection)? else { break };
        if part.populations.iter().flat_map(|p| &p.traces).all(|t| t.neurons.is_empty()) {
            break;
        }
        let further = potential_moments(model, &part).map_err(CompareError::from)?;
        moments.iter_mut().zip(further).for_each(|(all, more)| all.extend(more));
    }
    Ok(moments)
}

pub(crate) fn array(name: &str, unit: &str, axes: &[&str], data: ArrayD<f64>) -> NamedArray {
    NamedArray {
        name: name.to_owned(),
        unit: unit.to_owned(),
        axes: axes.iter().map(|&a| a.to_owned()).collect(),
        data,
        attributes: Vec::new(),
    }
}

pub(crate) fn vector(name: &str, unit: &str, axis: &str, values: &[f64]) -> NamedArray {
    array(name, unit, &[axis], Array1::from(values.to_vec()).into_dyn())
}

fn matrix(name: &str, unit: &str, axes: [&str; 2], data: &Array2<f64>) -> NamedArray {
    array(name, unit, &axes, data.clone().into_dyn())
}

/// The state where a model settles, with its errors and its cells, as stored in a results file.
#[must_use]
pub fn settled_state_group(state: &SettledState, names: &[String]) -> TheoryGroup {
    let unknown = || vec![f64::NAN; names.len()];
    let cells = |f: fn(&Measurement) -> f64| -> Vec<f64> { state.cells.iter().map(f).collect() };
    TheoryGroup {
        name: "settled_state".to_owned(),
        arrays: vec![
            vector("rate", "Hz", "population", &state.rates),
            vector("rate_error", "Hz", "population", &state.errors.clone().unwrap_or_else(unknown)),
            vector("fitted_rate", "Hz", "population", &state.fitted),
            vector("cells_rate", "Hz", "population", &cells(|c| c.rate)),
            vector("cells_rate_error", "Hz", "population", &cells(|c| c.standard_error)),
        ],
        attributes: vec![("populations".to_owned(), Attribute::Texts(names.to_vec()))],
    }
}

/// The response of the cells to their sources as a group of a results file.
#[must_use]
pub fn loop_response_group(response: &LoopResponse, names: &[String]) -> TheoryGroup {
    let (k, n) = (response.frequencies.len(), names.len());
    let shape = [k, n, n];
    let real = ArrayD::from_shape_fn(IxDyn(&shape), |i| response.gains[i[0]][(i[1], i[2])].re);
    let imaginary = ArrayD::from_shape_fn(IxDyn(&shape), |i| response.gains[i[0]][(i[1], i[2])].im);
    let axes = ["frequency", "population", "source"];
    let errors = ArrayD::from_shape_fn(IxDyn(&[n, n]), |i| response.errors[(i[0], i[1])]);
    TheoryGroup {
        name: "loop_response".to_owned(),
        arrays: vec![
            vector("frequency", "Hz", "frequency", &response.frequencies),
            array("gain_real", "1", &axes, real),
            array("gain_imaginary", "1", &axes, imaginary),
            array("gain_error", "1", &axes[1..], errors),
            vector("rate", "Hz", "population", &response.rates),
        ],
        attributes: vec![("populations".to_owned(), Attribute::Texts(names.to_vec()))],
    }
}

/// The theory as groups of arrays for a results file.
#[must_use]
pub fn theory_groups(theory: &Theory, comparison: Option<&Comparison>) -> Vec<TheoryGroup> {
    let curves = TheoryCurves::of(theory);
    let names: Vec<String> = theory.populations.iter().map(|p| p.name.clone()).collect();
    let n_times = curves.times.len();
    let rates = ArrayD::from_shape_fn(IxDyn(&[names.len(), n_times]), |i| curves.rates[i[0]][i[1]]);
    let mut groups = vec![TheoryGroup {
        name: TRAJECTORY.to_owned(),
        arrays: vec![
            vector("time", "ms", "time", &curves.times),
            array("rate", "Hz", &["population", "time"], rates),
        ],
        attributes: vec![("populations".to_owned(), Attribute::Texts(names.clone()))],
    }];
    if let Some(comparison) = comparison {
        let column = |f: fn(&crate::compare::PopulationComparison) -> Option<f64>| -> Vec<f64> {
            comparison.populations.iter().map(|p| f(p).unwrap_or(f64::NAN)).collect()
        };
        let notes = Some(&comparison.notes).filter(|notes| !notes.is_empty());
        let notes = notes.map(|notes| (NOTES.to_owned(), Attribute::Texts(notes.clone())));
        groups.push(TheoryGroup {
            name: FIXED_POINT.to_owned(),
            arrays: vec![
                vector("rate", "Hz", "population", &column(|p| p.rate.predicted)),
                vector("rate_error", "Hz", "population", &column(|p| p.rate_error)),
                vector("rate_sd", "Hz", "population", &column(|p| p.rate_sd.predicted)),
                vector("fitted_rate", "Hz", "population", &column(|p| p.fitted_rate)),
                vector("cells_rate", "Hz", "population", &column(|p| p.cells_rate)),
                vector("cells_rate_error", "Hz", "population", &column(|p| p.cells_rate_error)),
                vector("V_m_mean", "mV", "population", &column(|p| p.V_m_mean.predicted)),
                vector("V_m_sd", "mV", "population", &column(|p| p.V_m_sd.predicted)),
                vector("free_V_m_mean", "mV", "population", &column(|p| p.free_V_m_mean)),
                vector("free_V_m_sd", "mV", "population", &column(|p| p.free_V_m_sd)),
            ],
            attributes: [
                ("populations".to_owned(), Attribute::Texts(names)),
                (
                    "window_ms".to_owned(),
                    Attribute::Numbers(comparison.windows.stationary.to_vec()),
                ),
            ]
            .into_iter()
            .chain(notes)
            .collect(),
        });
    }
    groups.extend(theory.populations.iter().map(transfer_group));
    groups.extend(curves.transfer.iter().map(curves_group));
    groups
}

/// All fixed points under the stationary input as a group of a results file.
#[must_use]
pub fn fixed_points_group(
    all: &AllFixedPoints,
    delayed: &[Option<[DelayedStability; 2]>],
    names: &[String],
) -> TheoryGroup {
    let points = &all.points;
    let table = |unit: &str, name: &str, value: &dyn Fn(&FixedPoint, usize) -> f64| {
        let data =
            Array2::from_shape_fn((points.len(), names.len()), |(i, p)| value(&points[i], p));
        matrix(name, unit, ["fixed_point", "population"], &data)
    };
    let column = |name: &str, value: &dyn Fn(&FixedPoint) -> f64| {
        let values: Vec<f64> = points.iter().map(value).collect();
        vector(name, "1", "fixed_point", &values)
    };
    let dimension = points.iter().map(|p| p.eigenvalues.len()).max().unwrap_or(0);
    let eigenvalues = ArrayD::from_shape_fn(IxDyn(&[points.len(), dimension, 2]), |at| {
        let pair = points[at[0]].eigenvalues.get(at[1]);
        pair.map_or(f64::NAN, |z| [z.re, z.im][at[2]])
    });
    let flag = |yes: bool| f64::from(u8::from(yes));
    // NaN where delays make no difference.
    let stable_with_delays: Vec<f64> =
        delayed.iter().map(|d| d.map_or(f64::NAN, |[d, _]| flag(d.is_stable()))).collect();
    TheoryGroup {
        name: "fixed_points".to_owned(),
        arrays: vec![
            table("Hz", "rate", &|f, p| f.rates[p]),
            table("pA", "adaptation", &|f, p| f.adaptation[p]),
            table("mV", "V_m_mean", &|f, p| f.moments[p].mu_V),
            table("mV", "V_m_sd", &|f, p| f.moments[p].sigma_V),
            table("1", "in_domain", &|f, p| flag(f.in_domain[p])),
            column("index", &|f| f64::from(f.index)),
            column("stable", &|f| flag(f.stability == Stability::Stable)),
            vector("stable_with_delays", "1", "fixed_point", &stable_with_delays),
            array("eigenvalue", "1/s", &["fixed_point", "variable", "real_imaginary"], eigenvalues),
        ],
        attributes: vec![
            ("populations".to_owned(), Attribute::Texts(names.to_vec())),
            ("index_sum".to_owned(), Attribute::Number(f64::from(all.index_sum()))),
            ("complete".to_owned(), Attribute::Text(all.completeness.to_string())),
        ],
    }
}

/// Scan and fit of one population.
#[must_use]
pub fn transfer_group(population: &FittedPopulation) -> TheoryGroup {
    let plan = &population.scan.plan;
    let points = &population.scan.points;
    let inputs = ArrayD::from_shape_fn(IxDyn(&[points.len(), plan.classes.len()]), |i| {
        plan.rates[i[0]][i[1]]
    });
    let column =
        |f: fn(&ntwk_meanfield::ScanPoint) -> f64| -> Vec<f64> { points.iter().map(f).collect() };
    let fit = &population.fit;
    let fitted: Vec<f64> = (0..points.len())
        .map(|i| if population.fitted_points.contains(&i) { 1.0 } else { 0.0 })
        .collect();
    let text = |s: String| Attribute::Text(s);
    TheoryGroup {
        name: format!("{TRANSFER}{}", population.name),
        arrays: vec![
            array("input_rate", "Hz", &["point", "input_class"], inputs),
            vector("mu_V", "mV", "point", &column(|p| p.moments.mu_V)),
            vector("sigma_V", "mV", "point", &column(|p| p.moments.sigma_V)),
            vector("tau_V", "ms", "point", &column(|p| p.moments.tau_V)),
            vector("rate", "Hz", "point", &column(|p| p.rate)),
            vector("standard_error", "Hz", "point", &column(|p| p.standard_error)),
            vector("fitted", "1", "point", &fitted),
            vector("coefficients", "mV", "term", fit.transfer_function.coefficients()),
            vector("coefficient_standard_errors", "mV", "term", &fit.standard_errors),
        ],
        attributes: vec![
            ("population".to_owned(), text(population.name.clone())),
            ("form".to_owned(), text(format!("{:?}", fit.transfer_function.form()))),
            (
                "input_classes".to_owned(),
                Attribute::Texts(plan.classes.iter().map(|c| c.receptor.clone()).collect()),
            ),
            (
                "mean_squared_error_Hz2".to_owned(),
                Attribute::Number(fit.quality.mean_squared_error),
            ),
            ("r_squared".to_owned(), Attribute::Number(fit.quality.r_squared)),
            ("termination".to_owned(), text(format!("{:?}", fit.termination))),
        ],
    }
}

fn curves_group(grid: &TransferGrid) -> TheoryGroup {
    let text = |s: &str| Attribute::Text(s.to_owned());
    TheoryGroup {
        name: format!("{CURVES}{}", grid.name),
        arrays: vec![
            vector("driving_rate", "Hz", "driving", &grid.first),
            vector("background_rate", "Hz", "background", &grid.second),
            matrix("rate", "Hz", ["driving", "background"], &grid.rate),
            matrix("standard_error", "Hz", ["driving", "background"], &grid.error),
            vector("fit_driving_rate", "Hz", "fit_driving", &grid.fit_first),
            matrix("fit_rate", "Hz", ["fit_driving", "background"], &grid.fit),
        ],
        attributes: vec![
            ("population".to_owned(), text(&grid.name)),
            ("driving".to_owned(), text(&grid.first_name)),
            ("background".to_owned(), text(&grid.second_name)),
            ("driving_symbol".to_owned(), text(&grid.first_symbol)),
            ("background_symbol".to_owned(), text(&grid.second_symbol)),
        ],
    }
}

/// The curves of a theory that was stored with [`theory_groups`]; `None` when the file has none.
#[must_use]
pub fn stored_curves(groups: &[TheoryGroup]) -> Option<TheoryCurves> {
    let trajectory = groups.iter().find(|g| g.name == TRAJECTORY)?;
    let rates = find(trajectory, "rate")?;
    let rates = rates.view().into_dimensionality::<ndarray::Ix2>().ok()?;
    let mut transfer: Vec<TransferGrid> = groups.iter().filter_map(stored_grid).collect();
    let order = trajectory.attributes.iter().find(|a| a.0 == "populations");
    if let Some((_, Attribute::Texts(names))) = order {
        transfer.sort_by_key(|grid| names.iter().position(|n| *n == grid.name));
    }
    Some(TheoryCurves {
        times: find(trajectory, "time")?.iter().copied().collect(),
        rates: rates.rows().into_iter().map(|row| row.to_vec()).collect(),
        transfer,
    })
}

pub(crate) fn find<'a>(group: &'a TheoryGroup, name: &str) -> Option<&'a ArrayD<f64>> {
    group.arrays.iter().find(|a| a.name == name).map(|a| &a.data)
}

fn stored_grid(group: &TheoryGroup) -> Option<TransferGrid> {
    let name = group.name.strip_prefix(CURVES)?;
    let list = |key: &str| Some(find(group, key)?.iter().copied().collect::<Vec<f64>>());
    let table = |key: &str| find(group, key)?.clone().into_dimensionality().ok();
    let text = |key: &str| {
        group.attributes.iter().find(|a| a.0 == key).and_then(|a| match &a.1 {
            Attribute::Text(text) => Some(text.clone()),
            _ => None,
        })
    };
    Some(TransferGrid {
        name: name.to_owned(),
        first_name: text("driving")?,
        second_name: text("background")?,
        first_symbol: text("driving_symbol")?,
        second_symbol: text("background_symbol")?,
        first: list("driving_rate")?,
        second: list("background_rate")?,
        rate: table("rate")?,
        error: table("standard_error")?,
        fit_first: list("fit_driving_rate")?,
        fit: table("fit_rate")?,
    })
}
