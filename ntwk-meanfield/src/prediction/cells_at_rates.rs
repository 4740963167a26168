//! The cells of a model alone, under independent trains at given rates of its populations.

use std::f64::consts::SQRT_2;

use ntwk_core::engine::random::{Purpose, fractions};
use ntwk_core::model::{Projection, Source};
use ntwk_core::spec::{AfferentActivity, EventStatistics, Trains};
use ntwk_core::{CellLibrary, Job, Model};

use crate::moments::special::erfcinv;
use crate::prediction::error::TheoryError;
use crate::prediction::windows::TRAJECTORY_INTERVAL;
use crate::scan::inputs::{SMALLEST, VarianceFactors, drawn_weights, effective_in_degree};
use crate::scan::measurement::{Measurement, PlannedPoint, PointInput, measure};
use crate::scan::single_cell::{SingleCellError, scanned_cell, settling_time};
use crate::scan::unsupported::{covered_membrane, synapse_class};
use crate::system::from_model::ModelInput;
use crate::system::input::Input;

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

/// Parts of equal size that neurons of different in-degree, or different sums of weights, are represented by.
const PARTS: usize = 25;

/// Cells of every population of a model, with their adaptation and injected currents, each under Poisson trains from all of its
/// projections: the afferents at their mean rates in a window, the populations at rates to be chosen.
///
/// Trains have the variance of [`VarianceFactors`], and every event a weight of its own where weights are distributed. Where
/// the neurons of a population differ in the number of their sources or in the sum of their weights, they are taken in 25 parts
/// of equal size: in each the events of a projection are `1 + s z` times as many, with the relative spread
/// `s² = (sd_K / K)² + cv² / K` (Roxin et al. 2011, J Neurosci 31:16217) and the normal quantiles `z` of the parts, in another
/// order for every projection.
pub struct SingleCells<'a> {
    model: &'a Model,
    library: &'a CellLibrary,
    input: Input,
}

impl<'a> SingleCells<'a> {
    /// The cells of `model` under the mean input of `window` (ms).
    ///
    /// # Errors
    /// [`TheoryError`] when the theory does not cover the model.
    pub fn new(
        model: &'a Model,
        window: [f64; 2],
        library: &'a CellLibrary,
    ) -> Result<Self, TheoryError> {
        let input = ModelInput::new(model)?.mean(window, TRAJECTORY_INTERVAL);
        Ok(Self { model, library, input })
    }

    /// The mean input they have.
    pub(crate) fn input(&self) -> &Input {
        &self.input
    }

    /// Measures them where the populations fire at `rates` (Hz) trains with the variance of `factors`, with one effort per
    /// population and random numbers of the stream `name`.
    ///
    /// Deterministic in the model's seed: the number of threads does not matter, and other rates have the same random numbers.
    ///
    /// # Errors
    /// [`TheoryError`] when a cell blows up, or the job is interrupted.
    pub fn measure(
        &self,
        rates: &[f64],
        factors: &VarianceFactors,
        efforts: &[CellEffort],
        name: &str,
        job: &Job<'_>,
    ) -> Result<Vec<Measurement>, TheoryError> {
        let model = self.model;
        let mut settings = model.spec().theory.scan.clone();
        let mut found = Vec::new();
        for (index, population) in model.populations().iter().enumerate() {
            let membrane = covered_membrane(model, index).map_err(SingleCellError::from)?;
            // The cells of the network adapt, whatever form the theory gives to that.
            let cell = scanned_cell(model, index, false, self.library)?;
            let settle = settling_time(&membrane, false, &settings);
            let points =
                self.points(index, rates, factors, &format!("{}-{name}", population.name))?;
            settings.neurons = efforts[index].neurons.div_ceil(points.len() as u64);
            settings.duration = efforts[index].duration;
            let measured =
                measure(model, &*cell, model.receptors(), &points, &settings, settle, job)
                    .map_err(SingleCellError::from)?;
            let parts = measured.into_iter().collect::<Result<Vec<_>, _>>().map_err(|source| {
                let population = population.name.clone();
                SingleCellError::Simulation { population, source }
            })?;
            found.push(Measurement::of_parts(parts));
        }
        Ok(found)
    }

    /// The inputs of the cells of a population: one point, or one for each part of it.
    fn points(
        &self,
        population: usize,
        rates: &[f64],
        factors: &VarianceFactors,
        name: &str,
    ) -> Result<Vec<PlannedPoint>, TheoryError> {
        let model = self.model;
        let onto = || {
            let all = model.projections().iter().enumerate();
            all.filter(|(_, p)| p.target == population && effective_in_degree(p) > 0.0)
        };
        let spread = |p: &Projection| relative_spread(model, p);
        let parts = if onto().any(|(_, p)| spread(p) > 0.0) { PARTS } else { 1 };
        let mut points: Vec<PlannedPoint> = (0..parts)
            .map(|part| PlannedPoint {
                name: if parts == 1 { name.to_owned() } else { format!("{name}-part-{part}") },
                current: self.input.currents[population],
                inputs: Vec::new(),
            })
            .collect();
        for (index, projection) in onto() {
            let synapses = synapse_class(model, projection, 0.0).map_err(SingleCellError::from)?;
            let rate = match projection.source {
                Source::Population(i) => rates[i],
                Source::Afferent(i) => self.input.afferent_rates[i],
            };
            // Equal events that have the mean and the mean square of what spikes transmit.
            let (released, squared) = synapses.release(rate);
            let relative = if released > 0.0 { squared / released } else { 1.0 };
            let events = effective_in_degree(projection) * rate;
            let phi = factors.without_weights(model, index) * self.regular(projection, events);
            let weight = drawn_weights(model, projection).times(phi * relative);
            let events = events * released / (phi * relative);
            let receptor = projection.receptor;
            for (point, z) in points.iter_mut().zip(quantiles(model, projection, parts)) {
                let events = events * (1.0 + spread(projection) * z).max(0.0);
                point.inputs.push(PointInput { receptor, events, weight: weight.clone() });
            }
        }
        Ok(points)
    }

    /// Variance of the `events` (Hz) that a projection brings, over that of Poisson events: `1 - p` where at most one event per
    /// step falls on a target, with the probability `p`.
    fn regular(&self, projection: &Projection, events: f64) -> f64 {
        let Source::Afferent(i) = projection.source else { return 1.0 };
        match self.model.afferents()[i].activity {
            AfferentActivity::Rate {
                statistics: EventStatistics::AtMostOnePerStep,
                trains: Trains::PerTarget,
                ..
            } => (1.0 - 1e-3 * self.model.dt() * events).max(SMALLEST),
            _ => 1.0,
        }
    }
}

/// Standard deviation over neurons of the sum of the weights of a projection, relative to its mean, as far as the theory has it.
fn relative_spread(model: &Model, projection: &Projection) -> f64 {
    let theory = &model.spec().theory;
    if !theory.distributed_in_degrees {
        return 0.0;
    }
    let k = projection.in_degree;
    let weights = if theory.distributed_weights { projection.weight_cv().powi(2) / k } else { 0.0 };
    ((projection.in_degree_sd / k).powi(2) + weights).sqrt()
}

/// Normal quantiles of parts of equal size, of mean 0 and variance 1, in an order that belongs to the projection.
fn quantiles(model: &Model, projection: &Projection, parts: usize) -> Vec<f64> {
    if parts == 1 {
        return vec![0.0];
    }
    let middle = |k: usize| -SQRT_2 * erfcinv(2.0 * (k as f64 + 0.5) / parts as f64);
    let mut all: Vec<f64> = (0..parts).map(middle).collect();
    let sd = (all.iter().map(|z| z * z).sum::<f64>() / parts as f64).sqrt();
    all.iter_mut().for_each(|z| *z /= sd);
    let drawn = fractions(model.seed(), Purpose::PartsOfPopulations, &projection.name);
    let mut drawn: Vec<(f64, f64)> = drawn.zip(all).collect();
    drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
    drawn.into_iter().map(|(_, z)| z).collect()
}
