//! Where simulation and theory part: single cells at the simulated rates, and the forms of the theory side by side.

use ntwk_analysis::{PopulationRate, mean_rate};
use ntwk_core::spec::{AdaptationTheory, SpikeTrainTheory};
use ntwk_core::{CellLibrary, Job, Model, ModelSpec, Recording};
use ntwk_meanfield::scan::inputs::VarianceFactors;
use ntwk_meanfield::scan::single_cell::SingleCellError;
use ntwk_meanfield::{
    Dynamics, DynamicsError, IntegrationOptions, SecondOrder, SecondOrderStatus, Trajectory,
    integrate,
};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Label, Layout, Theme, Width};
use serde::Serialize;

use crate::compare::rate_error::rate_error;
use crate::compare::{CompareError, Pair, binned_rate, mean_within, stationary_window};
use crate::figures::overview::FigureError;
use ntwk_meanfield::prediction::cells_at_rates::{CellEffort, SingleCells};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::{Theory, predict};
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_meanfield::prediction::windows::TRAJECTORY_INTERVAL;

/// Cells of one population under independent Poisson trains at the simulated rates.
///
/// Where they differ from the network, its trains are not independent and Poisson; where the theory differs from them,
/// its transfer function or its moments are off (the moments know neither spike nor reset).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct PoissonCells {
    /// Population.
    pub population: String,
    /// Simulated rate of the network (Hz).
    pub simulated_rate: f64,
    /// Its standard error, from the scatter of blocks of 100 ms (Hz); `None` for fewer than four blocks.
    pub simulated_rate_error: Option<f64>,
    /// Rate of the cells (Hz).
    pub rate: f64,
    /// Its standard error (Hz).
    pub rate_error: f64,
    /// Their mean membrane potential outside refractory periods (mV).
    pub V_m_mean: Option<f64>,
    /// Its standard deviation in time (mV).
    pub V_m_sd: Option<f64>,
}

/// Measures the cells of every population under Poisson trains at the rates of `recording` in the stationary window.
///
/// # Errors
/// [`CompareError`] when the recording has no such window, the theory does not cover the model or a cell blows up.
pub fn poisson_cells(
    model: &Model,
    recording: &Recording,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<PoissonCells>, CompareError> {
    let windows = ComparisonWindows::of(model);
    let window = stationary_window(windows, recording)?;
    let dt = recording.dt;
    let simulated = recording
        .populations
        .iter()
        .map(|p| mean_rate(&p.counts, p.size, window, dt))
        .collect::<Result<Vec<f64>, _>>()?;
    let (efforts, poisson) = (CellEffort::usual(model), VarianceFactors::poisson(model));
    let cells = SingleCells::new(model, windows.stationary, library)?
        .measure(&simulated, &poisson, &efforts, "0", job)?;
    let mut found = Vec::new();
    for (index, (population, m)) in model.populations().iter().zip(cells).enumerate() {
        let recorded = &recording.populations[index];
        found.push(PoissonCells {
            population: population.name.clone(),
            simulated_rate: simulated[index],
            simulated_rate_error: rate_error(model, recorded, window, windows.basis, dt),
            rate: m.rate,
            rate_error: m.standard_error,
            V_m_mean: m.V_m_mean,
            V_m_sd: m.V_m_sd,
        });
    }
    Ok(found)
}

/// One form of the theory.
#[derive(Debug, Clone)]
pub struct TheoryForm {
    /// What it is.
    pub name: &'static str,
    /// Its rates in time, with as many populations as the model; why there are none.
    pub trajectory: Result<Trajectory, String>,
    /// Its stationary rates (Hz) where the inputs of the stationary window are constant; `None` without a stable state.
    pub stationary: Option<Vec<f64>>,
}

impl TheoryForm {
    /// A prediction of the first order.
    fn first_order(
        name: &'static str,
        theory: &Theory,
        job: &Job<'_>,
    ) -> Result<Self, TheoryError> {
        let state = theory.stationary_state(theory.windows.stationary, &job.silent())?;
        let trajectory = Ok(theory.trajectory.clone());
        Ok(Self { name, trajectory, stationary: state.map(|point| point.rates) })
    }
}

/// The forms of the theory of a model: first order with adaptation in the transfer function and as a variable, with Poisson
/// trains and with measured ones, second order. A model without adapting cells has the first two in one.
///
/// # Errors
/// [`TheoryError`] when the other treatment of adaptation cannot be predicted.
pub fn theory_forms(
    model: &Model,
    theory: &Theory,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<TheoryForm>, TheoryError> {
    let adapting = model.populations().iter().any(|p| {
        let membrane = p.cell.membrane();
        membrane.a != 0.0 || membrane.b != 0.0
    });
    let treatment = model.spec().theory.adaptation;
    let mut forms = Vec::new();
    let mut dynamic_theory = theory;
    let other;
    if adapting {
        let mut spec = model.spec().clone();
        spec.theory.adaptation = match treatment {
            AdaptationTheory::Dynamic => AdaptationTheory::Stationary,
            AdaptationTheory::Stationary => AdaptationTheory::Dynamic,
        };
        let changed = with_theory(spec, library)?;
        other = predict(&changed, library, job)?;
        let (stationary, dynamic) = match treatment {
            AdaptationTheory::Dynamic => (&other, theory),
            AdaptationTheory::Stationary => (theory, &other),
        };
        dynamic_theory = dynamic;
        for (name, form) in [
            ("first order, adaptation in the transfer function", stationary),
            ("first order, adaptation as a variable", dynamic),
        ] {
            forms.push(TheoryForm::first_order(name, form, job)?);
        }
    } else {
        forms.push(TheoryForm::first_order("first order", theory, job)?);
    }
    let trains = model.spec().theory.spike_trains;
    let mut spec = model.spec().clone();
    let (name, changed) = match trains {
        SpikeTrainTheory::Poisson => {
            ("first order, measured spike trains", SpikeTrainTheory::Measured)
        }
        SpikeTrainTheory::Measured => ("first order, Poisson trains", SpikeTrainTheory::Poisson),
    };
    spec.theory.spike_trains = changed;
    let changed = with_theory(spec, library)?;
    forms.push(TheoryForm::first_order(name, &predict(&changed, library, job)?, job)?);
    let second = SecondOrder::new(&dynamic_theory.mean_field);
    let trajectory = second_order(&second, dynamic_theory, &job.silent())?;
    let window = dynamic_theory.windows.stationary;
    let stationary = second_order_state(&second, dynamic_theory, window, job)?
        .ok()
        .map(|state| state[..dynamic_theory.populations.len()].to_vec());
    forms.push(TheoryForm { name: "second order", trajectory, stationary });
    Ok(forms)
}

/// A model that was valid before its theory was changed.
fn with_theory(spec: ModelSpec, library: &CellLibrary) -> Result<Model, SingleCellError> {
    Model::from_spec(spec, library)
        .map_err(|faults| SingleCellError::Faults { population: String::new(), faults })
}

/// The second order from its stationary state on: far from one its closure has no meaning, so that it cannot start from
/// silence. Why there is none, where there is none.
fn second_order(
    second: &SecondOrder<'_>,
    theory: &Theory,
    job: &Job<'_>,
) -> Result<Result<Trajectory, String>, TheoryError> {
    let first = [0.0, TRAJECTORY_INTERVAL];
    let start = match second_order_state(second, theory, first, job)? {
        Ok(start) => start,
        Err(reason) => return Ok(Err(reason)),
    };
    let times = &theory.trajectory.times;
    let options = IntegrationOptions::default();
    match integrate(second, &start, &theory.input, times, &options, job) {
        Err(DynamicsError::Interrupted(interrupted)) => Err(interrupted.into()),
        other => Ok(other.map_err(|e| e.to_string())),
    }
}

/// The stationary state of the second order under the mean input of a window (ms).
fn second_order_state(
    second: &SecondOrder<'_>,
    theory: &Theory,
    window: [f64; 2],
    job: &Job<'_>,
) -> Result<Result<Vec<f64>, String>, TheoryError> {
    let Some(point) = theory.stationary_state(window, job)? else {
        return Ok(Err("the first order has no stable state at the start".to_owned()));
    };
    let system = &theory.mean_field;
    let mut state = vec![0.0; system.dimension()];
    for (p, &rate) in point.rates.iter().enumerate() {
        state[p] = rate;
        if let Some(index) = system.adaptation_index(p) {
            state[index] = point.adaptation[p];
        }
    }
    let input = theory.input.mean(window, TRAJECTORY_INTERVAL);
    let found = match second.stationary(&state, &input) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if found.status != SecondOrderStatus::Converged {
        return Ok(Err("it has no stationary state near that of the first order".to_owned()));
    }
    Ok(Ok(found.state))
}

/// A population in one form of the theory.
#[derive(Debug, Clone, PartialEq)]
pub struct FormComparison {
    /// Population.
    pub population: String,
    /// Form of the theory.
    pub form: &'static str,
    /// Stationary rate (Hz); its mean in the stationary window where inputs change there or no state is stable.
    pub rate: Pair,
    /// Highest smoothed rate in the transient window (Hz).
    pub peak: Option<Pair>,
}

/// Rates and peaks of every population in every form of the theory that gave one.
///
/// # Errors
/// [`CompareError`] when the recording cannot be analysed.
pub fn compared_forms(
    model: &Model,
    recording: &Recording,
    forms: &[TheoryForm],
) -> Result<Vec<FormComparison>, CompareError> {
    let windows = ComparisonWindows::of(model);
    let window = stationary_window(windows, recording)?;
    let mut rows = Vec::new();
    for (index, population) in recording.populations.iter().enumerate() {
        let simulated = mean_rate(&population.counts, population.size, window, recording.dt)?;
        let binned = binned_rate(population, recording.dt)?.smoothed(windows.smoothing)?;
        for form in forms {
            let Ok(trajectory) = &form.trajectory else { continue };
            let values: Vec<f64> = trajectory.component(index).collect();
            // A transient that reaches into the window, such as slow adaptation, is no part of a stationary rate.
            let settled = form.stationary.as_ref().filter(|_| !windows.basis.is_changing());
            let mean = match settled {
                Some(rates) => Some(rates[index]),
                None => mean_within(trajectory, index, windows.stationary),
            };
            let predicted = PopulationRate { start: 0.0, bin: TRAJECTORY_INTERVAL, values };
            let predicted = predicted.smoothed(windows.smoothing)?;
            let peak = windows.transient.map(|[a, b]| {
                let rate = |p: &PopulationRate| p.peak(a, b).map(|p| p.rate);
                Pair::new(rate(&binned), rate(&predicted))
            });
            rows.push(FormComparison {
                population: population.name.clone(),
                form: form.name,
                rate: Pair::new(Some(simulated), mean),
                peak,
            });
        }
    }
    Ok(rows)
}

/// The smoothed rates of the simulation with the forms of the theory over them, one panel per population.
///
/// # Errors
/// [`FigureError`].
pub fn forms_figure(
    model: &Model,
    recording: &Recording,
    forms: &[TheoryForm],
    theme: &Theme,
) -> Result<Figure, FigureError> {
    let windows = ComparisonWindows::of(model);
    // From the stationary window on: before it the network settles.
    let from = windows.stationary[0];
    let mut rows = Vec::new();
    for (index, population) in recording.populations.iter().enumerate() {
        let smoothed = binned_rate(population, recording.dt)?.smoothed(windows.smoothing)?;
        let simulated = smoothed
            .values
            .iter()
            .enumerate()
            .map(|(k, v)| (smoothed.start + (k as f64 + 0.5) * smoothed.bin, *v));
        let mut all = vec![NamedCurve {
            name: "simulation",
            points: simulated.filter(|p| p.0 >= from).collect(),
            color: None,
            style: Style::Line,
        }];
        for (k, form) in forms.iter().enumerate() {
            let Ok(trajectory) = &form.trajectory else { continue };
            let points = trajectory.times.iter().copied().zip(trajectory.component(index));
            all.push(NamedCurve {
                name: form.name,
                points: points.filter(|p| p.0 >= from).collect(),
                color: Some(k),
                style: Style::Dashed,
            });
        }
        let x = Axis::new("time (ms)").range(from, recording.duration());
        let mut panel = curves(x, Axis::new("rate (Hz)"), &all, theme);
        panel.title = Label::plain(population.name.clone());
        if index > 0 {
            panel.key.clear();
        }
        rows.push((1.0, Layout::panel(panel)));
    }
    let height = 20.0 + 50.0 * rows.len() as f64;
    let title = "Forms of the theory beside the simulation";
    Ok(Figure::new(title, Width::Page, height, Layout::Column(rows), theme))
}
