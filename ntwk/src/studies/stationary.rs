//! The prediction of a model with its stationary states, from which the studies of the theory start.

use ntwk_core::{CellLibrary, Job, Model};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::{Theory, predict};
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_meanfield::prediction::windows::TRAJECTORY_INTERVAL;
use ntwk_meanfield::{
    AllFixedPoints, DelayDistribution, DelayedStability, FixedPoint, Input, Lags,
    delay_distributions,
};

/// The theory of a model with its fixed points under the mean input of the stationary window (`[compare] stationary`).
///
/// Making it takes nearly all the time of a study (the transfer functions are measured on single cells); one serves several
/// studies.
#[derive(Debug, Clone)]
pub struct StationaryTheory {
    /// The prediction.
    pub theory: Theory,
    /// The windows of the model.
    pub windows: ComparisonWindows,
    /// The delays of every connection of every population.
    pub delays: Vec<Vec<DelayDistribution>>,
    /// All fixed points under the mean input.
    pub points: AllFixedPoints,
    /// Stability of each of them with these delays, and with the lags of synapses besides; `None` for one that
    /// is unstable without delays, or where spikes take no time.
    pub delayed: Vec<Option<[DelayedStability; 2]>>,
    /// The mean input of the stationary window.
    pub input: Input,
}

impl StationaryTheory {
    /// Predicts `model` and seeks its fixed points.
    ///
    /// The stages of the job are the scans, each under the name of its population.
    ///
    /// # Errors
    /// [`TheoryError`].
    pub fn new(model: &Model, library: &CellLibrary, job: &Job<'_>) -> Result<Self, TheoryError> {
        let theory = predict(model, library, job)?;
        let windows = ComparisonWindows::of(model);
        let points = theory.fixed_points(windows.stationary, &job.silent())?;
        let input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
        let delays = delay_distributions(model);
        let with = |p, lags| theory.delayed_stability(p, &input, &delays, lags);
        let both = |p| Some([with(p, Lags::Rates)?, with(p, Lags::RatesAndSynapses)?]);
        let delayed = points.points.iter().map(both).collect();
        Ok(Self { theory, windows, points, delayed, delays, input })
    }

    /// Names of the populations.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.theory.populations.iter().map(|p| p.name.clone()).collect()
    }

    /// The stable fixed point where the model settles; see [`Theory::stationary_state`].
    ///
    /// # Errors
    /// [`TheoryError`].
    pub fn settled(&self, job: &Job<'_>) -> Result<Option<FixedPoint>, TheoryError> {
        self.theory.stationary_state(self.windows.stationary, &job.silent())
    }
}
