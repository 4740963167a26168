//! The cells of a model alone, under independent Poisson trains at given rates of its populations.

use crate::scan::inputs::effective_in_degree;
use crate::scan::measurement::Measurement;
use crate::scan::single_cell::{SingleCellError, SingleCellPlan};
use crate::system::from_model::ModelInput;
use ntwk_core::model::Source;
use ntwk_core::{CellLibrary, Job, Model};

use crate::prediction::error::TheoryError;
use crate::prediction::windows::TRAJECTORY_INTERVAL;

/// Cells measured per population.
const CELLS: u64 = 400;

/// Measures 400 cells of every population, with their adaptation, under Poisson trains: at `rates` (Hz, one per population)
/// from the populations, at the mean rates in `window` (ms) from the afferents.
///
/// Deterministic in the model's seed: the number of threads does not matter, and other rates have the same random numbers.
///
/// # Errors
/// [`TheoryError`] when the theory does not cover the model, a cell blows up, or the job is interrupted.
pub fn cells_at_rates(
    model: &Model,
    rates: &[f64],
    window: [f64; 2],
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<Measurement>, TheoryError> {
    let afferent = ModelInput::new(model)?.mean(window, TRAJECTORY_INTERVAL).afferent_rates;
    let mut settings = model.spec().theory.scan.clone();
    settings.neurons = CELLS;
    let mut found = Vec::new();
    for (index, population) in model.populations().iter().enumerate() {
        let name = || population.name.clone();
        let mut plan = SingleCellPlan::at_rates(model, index, &settings, Vec::new())?;
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
            events.sum::<f64>() / class.synapses.in_degree
        });
        plan.rates = vec![arriving.collect()];
        let measured = plan.measure(model, &settings, library, &[0], job)?;
        let measured = measured
            .into_iter()
            .next()
            .ok_or_else(|| SingleCellError::NoPoint { population: name() })?
            .map_err(|source| SingleCellError::Simulation { population: name(), source })?;
        found.push(measured);
    }
    Ok(found)
}
