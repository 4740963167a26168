//! The rates of a model over time with the delays of its projections.

use ntwk_core::model::{Projection, Source};
use ntwk_core::{Job, Model};

use crate::dynamics::{Dynamics, Trajectory};
use crate::spatial::coupling::Coupling;
use crate::spatial::spatial_mean_field::{SpatialError, SpatialMeanField, SpatialOptions};
use crate::system::MeanField;
use crate::system::input::{Input, InputSource};

/// Whether spikes between populations of the model travel.
#[must_use]
pub fn has_delays(model: &Model) -> bool {
    model
        .projections()
        .iter()
        .any(|p| p.delay_steps > 0 && matches!(p.source, Source::Population(_)))
}

/// Mean delay (ms) of every connection of every population of the mean field of `model`.
fn mean_delays(model: &Model) -> Vec<Vec<f64>> {
    let delay = |p: &Projection| f64::from(p.delay_steps) * model.dt();
    let onto = |population| model.projections_onto(population).map(delay).collect();
    (0..model.populations().len()).map(onto).collect()
}

/// Integrates the mean field `system` of `model` from `initial` at t = 0 to `t_stop` (ms), with the rates that each population receives
/// from another delayed by the mean delay of their projection:
///
/// ```text
/// T dnu_m/dt = F_m(nu_1(t - d_m1), nu_2(t - d_m2), ..., nu_aff(t)) - nu_m
/// ```
///
/// (a [`SpatialMeanField`] of one node: Heun's method in steps of `interval / n` of 0.1 ms or less). Delays of afferents, which
/// shift the input alone, are left out. Before t = 0 the rates were those of `initial`. States every `interval` (ms).
///
/// # Errors
/// [`SpatialError`] for a state or an input that does not fit, a solution that ceases to be finite, and when the job is
/// interrupted.
pub fn integrate_with_delays(
    model: &Model,
    system: &MeanField,
    initial: &[f64],
    input: &impl InputSource,
    t_stop: f64,
    interval: f64,
    job: &Job<'_>,
) -> Result<Trajectory, SpatialError> {
    let mut network = SpatialMeanField::new(system.clone(), 1)?;
    let delays = mean_delays(model);
    for (population, delays) in delays.iter().enumerate() {
        for (connection, projection) in model.projections_onto(population).enumerate() {
            if matches!(projection.source, Source::Population(_)) {
                let delay = delays[connection];
                // One node and a delay that a model has checked make a coupling.
                if let Ok(coupling) = Coupling::local(1, delay) {
                    network.connect(population, connection, coupling)?;
                }
            }
        }
    }
    // Short beside the time constant.
    let every = (interval / (0.02 * system.time_constant())).ceil().max(1.0) as usize;
    let options = SpatialOptions { dt: interval / every as f64, t_stop, every };
    let write = |_: usize, t: f64, values: &mut Input| input.write(t, values);
    let found = network.integrate(initial, &write, &options, job)?;
    job.check()?;
    let steps = (found.times.len() - 1) * every;
    Ok(Trajectory {
        times: found.times,
        states: found.states,
        dimension: system.dimension(),
        steps,
        rejected: 0,
    })
}
