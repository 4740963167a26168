//! Measuring single cells: the firing rate and the membrane potential of independent cells under given inputs.

use ntwk_core::engine::independent::{CellGroup, LagBins, PoissonInput, Protocol, measure_groups};
use ntwk_core::model::Receptor;
use ntwk_core::spec::{Distribution, ScanSpec};
use ntwk_core::{BlowUp, CellModel, Interrupted, Job, Model};

use crate::moments::Moments;
use crate::scan::point::ScanPoint;
use crate::scan::spike_trains::{Autocovariance, LAG_BIN, LAG_BINS};

/// Interval at which the membrane potential is sampled (ms).
const POTENTIAL_INTERVAL: f64 = 1.0;

/// One input of a point: Poisson events.
#[derive(Debug, Clone, PartialEq)]
pub struct PointInput {
    /// Index among the receptors of the measurement.
    pub receptor: usize,
    /// Events of all its synapses (Hz).
    pub events: f64,
    /// Weights (nS, or pA), drawn for every event.
    pub weight: Distribution,
}

/// A point to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedPoint {
    /// Name; the random streams belong to it.
    pub name: String,
    /// Injected current (pA).
    pub current: f64,
    /// Inputs.
    pub inputs: Vec<PointInput>,
}

/// What the cells at a point did.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct Measurement {
    /// Mean rate (Hz).
    pub rate: f64,
    /// Standard error of the mean rate over the cells (Hz).
    pub standard_error: f64,
    /// Number of cells.
    pub samples: usize,
    /// Mean membrane potential outside refractory periods (mV), mean over cells; `None` for cells that were always
    /// refractory.
    pub V_m_mean: Option<f64>,
    /// Standard deviation in time of the same (mV), mean over cells.
    pub V_m_sd: Option<f64>,
    /// How the spikes of a cell follow each other; `None` where that was not kept.
    pub autocovariance: Option<Autocovariance>,
}

impl Measurement {
    /// Of a population, from measurements of parts of equal size; its trains are as regular as those of the parts.
    pub(crate) fn of_parts(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1
            && let Some(one) = parts.pop()
        {
            return one;
        }
        let n = parts.len() as f64;
        let mean = |f: &dyn Fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = parts.iter().filter_map(f).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        let rate = parts.iter().map(|p| p.rate).sum::<f64>() / n;
        let variance: f64 = parts.iter().map(|p| p.standard_error.powi(2)).sum();
        let trains: Option<Vec<&Autocovariance>> =
            parts.iter().map(|p| p.autocovariance.as_ref()).collect();
        Self {
            rate,
            standard_error: variance.sqrt() / n,
            samples: parts.iter().map(|p| p.samples).sum(),
            V_m_mean: mean(&|p| p.V_m_mean),
            V_m_sd: mean(&|p| p.V_m_sd),
            autocovariance: trains.map(|trains| Autocovariance::of_parts(&trains)),
        }
    }

    /// The measurement as a point of a scan, under an input with these moments.
    #[must_use]
    pub fn at(&self, moments: Moments) -> ScanPoint {
        let &Self { rate, standard_error, samples, .. } = self;
        ScanPoint { moments, rate, standard_error, samples }
    }
}

/// Measures `points` with `settings.neurons` cells each, which are left to settle for `settle` ms.
pub fn measure(
    model: &Model,
    cell: &dyn CellModel,
    receptors: &[Receptor],
    points: &[PlannedPoint],
    settings: &ScanSpec,
    settle: f64,
    job: &Job<'_>,
) -> Result<Vec<Result<Measurement, BlowUp>>, Interrupted> {
    let dt = model.dt();
    let steps = |t: f64| (t / dt).round().clamp(0.0, f64::from(u32::MAX / 4)) as u32;
    let protocol = Protocol {
        dt,
        method: model.method(),
        seed: model.seed(),
        settle_steps: steps(settle),
        counted_steps: steps(settings.duration).max(1),
        potential_every: Some(steps(POTENTIAL_INTERVAL).max(1)),
        pairs: Some(LagBins { width: steps(LAG_BIN).max(1), bins: LAG_BINS }),
    };
    let groups: Vec<CellGroup> = points
        .iter()
        .map(|point| CellGroup {
            name: point.name.clone(),
            cells: u32::try_from(settings.neurons).unwrap_or(u32::MAX),
            current: point.current,
            inputs: point
                .inputs
                .iter()
                .enumerate()
                .map(|(k, input)| PoissonInput {
                    receptor: input.receptor,
                    weight: input.weight.clone(),
                    rate: input.events,
                    stream: format!("{}-input-{k}", point.name),
                })
                .collect(),
        })
        .collect();
    let seconds = f64::from(protocol.counted_steps) * dt * 1e-3;
    let measured = measure_groups(cell, receptors, &groups, &protocol, job)?;
    let measurements = measured
        .into_iter()
        .map(|result| {
            result.map(|group| {
                let n = group.counts.len() as f64;
                let rates = || group.counts.iter().map(|&c| f64::from(c) / seconds);
                let rate = rates().sum::<f64>() / n;
                let variance =
                    rates().map(|r| (r - rate).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
                let known: Vec<(f64, f64)> = group.potentials.iter().flatten().copied().collect();
                let mean = |f: fn(&(f64, f64)) -> f64| {
                    (!known.is_empty())
                        .then(|| known.iter().map(f).sum::<f64>() / known.len() as f64)
                };
                let bin = f64::from(steps(LAG_BIN).max(1)) * dt;
                let autocovariance =
                    Autocovariance::of_pairs(&group.pairs, bin, n, rate, 1e3 * seconds);
                Measurement {
                    rate,
                    standard_error: (variance / n).sqrt(),
                    samples: group.counts.len(),
                    V_m_mean: mean(|p| p.0),
                    V_m_sd: mean(|p| p.1),
                    autocovariance: Some(autocovariance),
                }
            })
        })
        .collect();
    Ok(measurements)
}
