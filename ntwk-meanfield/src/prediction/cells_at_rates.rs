//! The cells of a model alone, under independent Poisson trains at given rates of its populations.

use crate::scan::inputs::{VarianceFactors, effective_in_degree};
use crate::scan::measurement::{Measurement, measure};
use crate::scan::single_cell::{SingleCellError, SingleCellPlan, scanned_cell, settling_time};
use crate::system::from_model::ModelInput;
use ntwk_core::model::Source;
use ntwk_core::{CellLibrary, Job, Model};

use crate::prediction::error::TheoryError;
use crate::prediction::windows::TRAJECTORY_INTERVAL;

/// How many cells of a population are measured, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellEffort {
    /// Number of cells.
    pub neurons: u64,
    /// Time in which spikes are counted (ms), after the cells have settled.
    pub duration: f64,
}

impl CellEffort {
    /// 400 cells of every population of a model, each for the duration of its scan.
    #[must_use]
    pub fn usual(model: &Model) -> Vec<Self> {
        let duration = model.spec().theory.scan.duration;
        vec![Self { neurons: 400, duration }; model.populations().len()]
    }
}

/// Measures cells of every population, with their adaptation, under Poisson trains that have the variance of `factors`: at
/// `rates` (Hz, one per population) from the populations, at the mean rates in `window` (ms) from the afferents. Random
/// numbers belong to `stream`.
///
/// Deterministic in the model's seed: the number of threads does not matter, and other rates have the same random numbers.
///
/// # Errors
/// [`TheoryError`] when the theory does not cover the model, a cell blows up, or the job is interrupted.
#[allow(clippy::too_many_arguments)]
pub fn cells_at_rates(
    model: &Model,
    rates: &[f64],
    window: [f64; 2],
    factors: &VarianceFactors,
    efforts: &[CellEffort],
    stream: &str,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<Measurement>, TheoryError> {
    let afferent = ModelInput::new(model)?.mean(window, TRAJECTORY_INTERVAL).afferent_rates;
    let mut settings = model.spec().theory.scan.clone();
    let mut found = Vec::new();
    for (index, population) in model.populations().iter().enumerate() {
        let name = || population.name.clone();
        settings.neurons = efforts[index].neurons;
        settings.duration = efforts[index].duration;
        let mut plan = SingleCellPlan::without_points(model, index, &settings, factors)?;
        // The cells of the network adapt, whatever form the theory gives to that.
        plan.without_adaptation = false;
        let arriving = plan.classes.iter().map(|class| {
            let events = class.projections.iter().map(|&p| {
                let projection = &model.projections()[p];
                let rate = match projection.source {
                    Source::Population(i) => rates[i],
                    Source::Afferent(i) => afferent[i],
                };
                effective_in_degree(projection) * rate
            });
            // The mean is that of the network, whatever the variance.
            let phi = factors.of(class.projections[0]);
            events.sum::<f64>() / (phi * class.synapses.in_degree)
        });
        plan.rates = vec![arriving.collect()];
        let mut point = plan.planned(model, 0);
        point.name = format!("{}-{stream}", population.name);
        let cell = scanned_cell(model, index, plan.without_adaptation, library)?;
        let settle = settling_time(&plan.membrane, plan.without_adaptation, &settings);
        let receptors = model.receptors();
        let measured = measure(model, &*cell, receptors, &[point], &settings, settle, job)?
            .into_iter()
            .next()
            .ok_or_else(|| SingleCellError::NoPoint { population: name() })?
            .map_err(|source| SingleCellError::Simulation { population: name(), source })?;
        found.push(measured);
    }
    Ok(found)
}
