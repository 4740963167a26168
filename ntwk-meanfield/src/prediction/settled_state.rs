//! The predicted stationary state, and what its own cells say of it.

use ntwk_core::spec::{SpikeTrainTheory, StationaryTheory};
use ntwk_core::{CellLibrary, Job, Model};

use crate::dynamics::delay_distribution::delay_distributions;
use crate::prediction::cells_at_rates::{CellEffort, SingleCells};
use crate::prediction::error::TheoryError;
use crate::prediction::predict::Theory;
use crate::prediction::refinement::{RefinedState, refine};
use crate::prediction::windows::TRAJECTORY_INTERVAL;
use crate::scan::measurement::Measurement;
use crate::{DelayedStability, FixedPoint, Lags};

/// A relative difference between transfer functions and cells that is worth a note.
const WORTH_A_NOTE: f64 = 0.1;
/// Standard errors beyond which cells contradict a state.
const CONTRADICTS: f64 = 3.0;
/// A gain of relative errors beyond which a state is said to be near neutral.
const NEAR_NEUTRAL: f64 = 5.0;

/// Fano factors of cells below which their trains are not Poisson trains.
const REGULAR: f64 = 0.9;

/// The stationary state of a theory, with what single cells do in it.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledState {
    /// Rates (Hz): refined by cells, or those of the transfer functions.
    pub rates: Vec<f64>,
    /// Their standard errors (Hz), of a refined state.
    pub errors: Option<Vec<f64>>,
    /// Rates (Hz) of the transfer functions.
    pub fitted: Vec<f64>,
    /// Cells under the input of the state, one measurement per population.
    pub cells: Vec<Measurement>,
    /// Whether the inputs change in the window, so that the state is that of their mean.
    pub changing: bool,
    /// How it was refined, where it was.
    pub refined: Option<RefinedState>,
    /// Whether the populations have the transfer functions of other cells, which nothing here can check.
    elsewhere: Vec<bool>,
}

impl SettledState {
    /// The fixed point `point` for the stationary window of `theory`, refined where the model asks for it and its inputs are
    /// constant.
    ///
    /// # Errors
    /// [`TheoryError`] when a cell blows up or the job is interrupted.
    pub fn of(
        model: &Model,
        theory: &Theory,
        point: &FixedPoint,
        library: &CellLibrary,
        job: &Job<'_>,
    ) -> Result<Self, TheoryError> {
        let settings = &model.spec().theory;
        let window = theory.windows.stationary;
        let basis = theory.windows.basis;
        let changing = basis.is_changing();
        let measured = |name: &str| settings.measured.iter().any(|m| m.population == name);
        let elsewhere: Vec<bool> = model.populations().iter().map(|p| measured(&p.name)).collect();
        let fitted = point.rates.clone();
        let wanted = settings.stationary_state == StationaryTheory::Refined;
        if wanted && !changing && !elsewhere.contains(&true) {
            let refined = refine(model, theory, point, window, library, job)?;
            let (rates, errors) = if refined.converged {
                (refined.rates.clone(), Some(refined.network_errors.clone()))
            } else {
                (fitted.clone(), None)
            };
            let cells = refined.cells.clone();
            return Ok(Self {
                rates,
                errors,
                fitted,
                cells,
                changing,
                refined: Some(refined),
                elsewhere,
            });
        }
        let efforts = CellEffort::usual(model);
        let rates = point.rates.clone();
        let cells = SingleCells::new(model, window, library)?.measure(
            &rates,
            &theory.factors,
            &efforts,
            "0",
            job,
        )?;
        Ok(Self { rates, errors: None, fitted, cells, changing, refined: None, elsewhere })
    }

    /// Rates (Hz) of the single cells that say where the state is, per population, counted in windows of `seconds` or as long as
    /// they were counted; that length (s) first. `None` without cells under trains of cells.
    #[must_use]
    pub fn rates_of_cells(&self, seconds: f64) -> Option<(f64, Vec<Vec<f64>>)> {
        let generation = self.refined.as_ref().filter(|r| r.converged)?.generation.as_ref()?;
        let all: Vec<(f64, Vec<f64>)> =
            (0..self.rates.len()).map(|p| generation.rates_of_cells(p, seconds)).collect();
        let length = all.first()?.0;
        Some((length, all.into_iter().map(|of| of.1).collect()))
    }

    /// Stability of the state with the delays of the model, and with the lags of its synapses besides; `None` where spikes take
    /// no time.
    #[must_use]
    pub fn delayed_stability(
        &self,
        model: &Model,
        theory: &Theory,
    ) -> Option<[DelayedStability; 2]> {
        let input = theory.input.mean(theory.windows.stationary, TRAJECTORY_INTERVAL);
        let delays = delay_distributions(model);
        let with = |lags| theory.delayed_stability_at(&self.rates, &input, &delays, lags);
        Some([with(Lags::Rates)?, with(Lags::RatesAndSynapses)?])
    }

    /// A note where delays make the state unstable.
    fn unstable(&self, model: &Model, theory: &Theory) -> Option<String> {
        let both = self.delayed_stability(model, theory)?;
        let unstable = both.into_iter().find(|d| !d.is_stable())?;
        Some(format!(
            "the predicted state is {unstable}: the network does not stay in it, and its rates are not to be believed"
        ))
    }

    /// Whether the cells under the input of a state that was not refined fire at another rate than population `index` is to have.
    fn cells_contradict(&self, index: usize) -> bool {
        let (rate, cells) = (self.rates[index], &self.cells[index]);
        let beyond = CONTRADICTS * cells.standard_error;
        !self.elsewhere[index] && (cells.rate - rate).abs() > beyond.max(WORTH_A_NOTE * rate)
    }

    /// Whether its own cells say that the state is another, so that its rates are not to be believed.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        match &self.refined {
            Some(refined) => !refined.converged,
            None => (0..self.rates.len()).any(|index| self.cells_contradict(index)),
        }
    }

    /// What a reader should know before believing the rates.
    #[must_use]
    pub fn notes(&self, model: &Model, theory: &Theory) -> Vec<String> {
        let mut notes: Vec<String> = self.unstable(model, theory).into_iter().collect();
        notes.extend(self.regular_trains(model));
        let named = || model.populations().iter().map(|p| &p.name).enumerate();
        let Some(refined) = &self.refined else {
            for (index, name) in named() {
                let (rate, cells) = (self.rates[index], &self.cells[index]);
                if self.cells_contradict(index) {
                    let at = if self.changing { " at the mean of the inputs" } else { "" };
                    notes.push(format!(
                        "the prediction of {name}{at}, {} Hz, is not that of its cells: in the predicted state they fire at {} ± {} Hz",
                        short(rate), short(cells.rate), short(cells.standard_error)
                    ));
                }
            }
            return notes;
        };
        if !refined.converged {
            let cells = named().map(|(index, name)| {
                let (rate, error) = (refined.cells[index].rate, refined.check_errors[index]);
                let at = refined.checked_at[index];
                format!(
                    "{name} {} ± {} Hz where it has {} Hz",
                    short(rate),
                    short(error),
                    short(at)
                )
            });
            notes.push(format!(
                "no state was found in which the cells fire at the predicted rates ({}); the rates shown are those of the transfer functions, and are not to be believed",
                cells.collect::<Vec<_>>().join(", ")
            ));
            return notes;
        }
        for (index, name) in named() {
            let (fitted, rate, error) =
                (self.fitted[index], refined.rates[index], refined.errors[index]);
            if (fitted - rate).abs() > (CONTRADICTS * error).max(WORTH_A_NOTE * rate) {
                notes.push(format!(
                    "the transfer function of {name} is off where the network is: its stationary state has {} Hz; corrected by cells to {} ± {} Hz (time courses and figures of rates in time are uncorrected)",
                    short(fitted), short(rate), short(error)
                ));
            }
        }
        if refined.gain > NEAR_NEUTRAL {
            notes.push(format!(
                "the state is near neutral: an error of 1 % in the rates of the cells moves it by {:.0} %",
                refined.gain
            ));
        }
        notes
    }

    /// A note where Poisson trains are assumed and those of the cells are others.
    fn regular_trains(&self, model: &Model) -> Option<String> {
        if model.spec().theory.spike_trains != SpikeTrainTheory::Poisson {
            return None;
        }
        let named = model.populations().iter().map(|p| &p.name);
        let regular: Vec<String> = (named.zip(&self.cells))
            .filter_map(|(name, cells)| {
                let fano = cells.autocovariance.as_ref()?.fano_factor();
                (fano < REGULAR && cells.rate > 0.1).then_some(())?;
                Some(format!("{name} {fano:.2}"))
            })
            .collect();
        (!regular.is_empty()).then(|| {
            format!(
                "spike trains are assumed to be Poisson trains, and those of the cells are more regular (Fano factor: {}): rates of the network are lower; theory.spike_trains = \"measured\" takes that into account",
                regular.join(", ")
            )
        })
    }
}

/// Three digits.
fn short(rate: f64) -> String {
    if rate == 0.0 || !rate.is_finite() {
        return rate.to_string();
    }
    let digits = (2 - rate.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{rate:.digits$}")
}
