//! Cells under trains like their own.
//!
//! Equal events with the right variance (see [`VarianceFactors`](crate::scan::inputs::VarianceFactors)) are not yet the trains
//! of cells: those lack power at low frequencies alone, so that the membrane potential they make moves faster. Here every source
//! of a cell has the train of another cell, moved in time, so that no two are correlated: regularity, the spread of rates over
//! neurons and sources that a neuron has twice are those of a network, without an approximation. The trains are those that
//! cells fired under the trains of the generation before them (Lerchner et al., Neural Comput 18 (2006); Dummer, Wieland and
//! Lindner, Front Comput Neurosci 8:104 (2014)); the first receives Poisson trains.

use std::ops::Range;

use ntwk_core::spec::{AfferentActivity, CompareSpec, ConnectionSpec};
use ntwk_core::{CellLibrary, Job, Model, ModelSpec, Spikes, simulate};

use crate::prediction::error::TheoryError;
use crate::prediction::open_loop::{MovedTrains, open_loop, poisson_trains, trains_of};
use crate::scan::inputs::drawn_weights;
use crate::scan::single_cell::settling_time;
use crate::scan::unsupported::covered_membrane;
use crate::system::input::Input;

/// Spikes that are to be counted of every population: of a generation that only makes trains for the next one, and of one whose
/// rates count.
const SPIKES: [f64; 2] = [3000.0, 6500.0];
/// Fewest cells of a population; smaller populations have all of theirs.
const FEWEST_CELLS: u64 = 400;
/// Time in which spikes are counted (ms).
const COUNTED: f64 = 4000.0;
/// Blocks of the standard error (ms).
const BLOCK: f64 = 100.0;
/// Fewer spikes than these make no trains: they are Poisson trains.
const FEWEST_SPIKES: usize = 200;

/// What the cells of all populations fired.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Generation {
    /// Mean rates (Hz).
    pub rates: Vec<f64>,
    /// Their standard errors (Hz), of cells and of blocks of 100 ms, whichever is larger: cells share sources.
    pub errors: Vec<f64>,
    spikes: Vec<Spikes>,
    cells: Vec<u64>,
    window: Range<u64>,
    dt: f64,
}

impl Generation {
    /// Rates (Hz) of every cell of a population in windows of `seconds`, one after the other; shorter where the cells were not
    /// counted for so long. The length that was taken (s) besides.
    pub fn rates_of_cells(&self, population: usize, seconds: f64) -> (f64, Vec<f64>) {
        let counted = self.window.end - self.window.start;
        let length = ((1e3 * seconds / self.dt).round() as u64).clamp(1, counted);
        let seconds = 1e-3 * self.dt * length as f64;
        let windows = counted / length;
        let cells = self.cells[population];
        let mut rates = vec![0.0; (windows * cells) as usize];
        let spikes = &self.spikes[population];
        for (step, &id) in spikes.steps.iter().zip(&spikes.ids) {
            let Some(at) = step.checked_sub(self.window.start).map(|s| s / length) else {
                continue;
            };
            if at < windows {
                rates[(at * cells + u64::from(id)) as usize] += 1.0 / seconds;
            }
        }
        (seconds, rates)
    }

    /// The cells of `model` at the mean `input`, where its populations fire at `rates` (Hz) trains like those of `parents`, or
    /// Poisson trains; more of them where their rates count. `None` where the model has what cannot be given to cells alone.
    ///
    /// Deterministic in the model's seed and `number`, for any number of threads.
    ///
    /// # Errors
    /// [`TheoryError::Interrupted`].
    pub fn of(
        model: &Model,
        input: &Input,
        rates: &[f64],
        parents: Option<&Self>,
        (number, counts): (u64, bool),
        library: &CellLibrary,
        job: &Job<'_>,
    ) -> Result<Option<Self>, TheoryError> {
        let theory = &model.spec().theory;
        let dt = model.dt();
        let mut settle: f64 = 0.0;
        for index in 0..model.populations().len() {
            let Ok(membrane) = covered_membrane(model, index) else { return Ok(None) };
            settle = settle.max(settling_time(&membrane, false, &theory.scan));
        }
        let window = (settle / dt).round() as u64..((settle + COUNTED) / dt).round() as u64;
        let trains = model.populations().iter().enumerate().map(|(p, population)| {
            let known = parents.filter(|g| g.spikes[p].ids.len() >= FEWEST_SPIKES);
            let Some(parents) = known.filter(|_| rates[p] > 0.0) else {
                return poisson_trains(rates[p]);
            };
            let moved = MovedTrains {
                spikes: &parents.spikes[p],
                cells: parents.cells[p],
                window: &parents.window,
                stretch: parents.rates[p] / rates[p],
                sources: u64::from(population.size),
            };
            let seed = model.seed().wrapping_add(number);
            let spikes = moved.until(window.end, dt, seed, &trains_of(&population.name));
            AfferentActivity::Spikes { spikes }
        });
        let trains: Vec<AfferentActivity> = trains.collect();
        let wanted = |rate: &f64| {
            let spikes = SPIKES[usize::from(counts)] / (rate.max(1e-3) * 1e-3 * COUNTED);
            (spikes.ceil() as u64).max(FEWEST_CELLS)
        };
        let wanted: Vec<u64> = rates.iter().map(wanted).collect();
        let Some(spec) = alone(model, input, trains, &wanted, number, window.end) else {
            return Ok(None);
        };
        let Ok(cells) = Model::from_spec(spec, library) else { return Ok(None) };
        let Ok(result) = simulate(&cells, &job.silent()) else { return Ok(None) };
        job.check()?;
        if result.stopped.is_some() {
            return Ok(None);
        }
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        let (mut spikes, mut sizes) = (Vec::new(), Vec::new());
        for population in result.recording.populations {
            let fired = population.spikes.unwrap_or_default();
            let (rate, error) = counted(&fired, &population.counts, population.size, &window, dt);
            found.push(rate);
            errors.push(error);
            spikes.push(fired);
            sizes.push(population.size as u64);
        }
        Ok(Some(Self { rates: found, errors, spikes, cells: sizes, window, dt }))
    }
}

/// Rate (Hz) of a population in a window and its standard error.
fn counted(
    spikes: &Spikes,
    counts: &[u32],
    size: usize,
    window: &Range<u64>,
    dt: f64,
) -> (f64, f64) {
    let seconds = (window.end - window.start) as f64 * dt * 1e-3;
    let mut of_cells = vec![0.0; size];
    for (_, &id) in spikes.steps.iter().zip(&spikes.ids).filter(|(step, _)| window.contains(step)) {
        of_cells[id as usize] += 1.0 / seconds;
    }
    let block = (BLOCK / dt).round().max(1.0) as usize;
    let within = counts.get(window.start as usize..window.end as usize).unwrap_or_default();
    let of_blocks: Vec<f64> = within
        .chunks_exact(block)
        .map(|b| b.iter().map(|&n| f64::from(n)).sum::<f64>())
        .map(|n| 1e3 * n / (size as f64 * block as f64 * dt))
        .collect();
    let mean = of_cells.iter().sum::<f64>() / size as f64;
    (mean, standard_error(&of_cells).max(standard_error(&of_blocks)))
}

fn standard_error(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (variance / n).sqrt()
}

/// The cells of a model under given trains: at least `wanted` of each population, or all of a smaller one. `None` for a model with what cells
/// alone cannot have, or where the theory leaves out what its synapses are.
pub(crate) fn alone(
    model: &Model,
    input: &Input,
    trains: Vec<AfferentActivity>,
    wanted: &[u64],
    number: u64,
    end: u64,
) -> Option<ModelSpec> {
    let theory = &model.spec().theory;
    let whole = |p: &ntwk_core::model::Projection| {
        drawn_weights(model, p) == p.weights
            && (theory.distributed_in_degrees || p.in_degree_sd == 0.0)
    };
    if !model.spec().events.is_empty() || !model.projections().iter().all(whole) {
        return None;
    }
    let mut spec = open_loop(model, trains, !theory.counts_multapses()).ok()?;
    spec.compare = CompareSpec::default();
    spec.simulation.seed = spec.simulation.seed.wrapping_add(number);
    spec.simulation.t_stop = end as f64 * model.dt();
    spec.record.spikes = true;
    for (afferent, &mean) in model.afferents().iter().zip(&input.afferent_rates) {
        if let AfferentActivity::Rate { rate, .. } =
            &mut spec.afferents.get_mut(&afferent.name)?.activity
        {
            *rate = mean.into();
        }
    }
    for (p, population) in model.populations().iter().enumerate() {
        // Rules that are not the same for every target need all of them.
        let of_all = spec.projections.iter().any(|projection| {
            let rule = &projection.connection;
            projection.target.contains(&population.name)
                && !matches!(
                    rule,
                    ConnectionSpec::FixedInDegree { .. }
                        | ConnectionSpec::PairwiseBernoulli { .. }
                        | ConnectionSpec::AllToAll { .. }
                )
        });
        let own = spec.populations.get_mut(&population.name)?;
        own.current = Some(input.currents[p].into());
        own.injections.clear();
        own.voltage_clamp = Default::default();
        if !of_all {
            own.size = own.size.min(wanted[p]);
        }
    }
    Some(spec)
}
