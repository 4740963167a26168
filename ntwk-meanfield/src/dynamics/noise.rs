//! Finite-size noise in time: the stochastic mean field that [`LinearResponse`](crate::LinearResponse) describes.

use crate::dynamics::Dynamics;
use crate::system::MeanField;
use crate::system::input::{InputError, InputSource};
use ntwk_core::engine::random::{Purpose, stream};
use rand_distr::{Distribution, StandardNormal};

/// How the noisy dynamics is integrated and stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseOptions {
    /// Step (ms); well below `T`.
    pub dt: f64,
    /// Steps to take.
    pub steps: usize,
    /// Steps between stored states.
    pub every: usize,
    /// Seed of the noise.
    pub seed: u64,
}

/// A noisy trajectory that cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoiseError {
    /// The initial state has the wrong length or is not finite.
    #[error("the initial state needs {0} finite components")]
    State(usize),
    /// The step is out of range.
    #[error("dt = {0} ms; a step > 0 ms and below T is needed, and states every 1 step or more")]
    Step(f64),
    /// The input does not fit the system.
    #[error("at t = {time} ms: {error}")]
    Input {
        /// Time (ms).
        time: f64,
        /// What is wrong.
        error: InputError,
    },
    /// The solution left the range of finite numbers.
    #[error("a rate is not finite at t = {0} ms")]
    NotFinite(f64),
}

/// States of `system` with finite-size noise, from `initial` at t = 0 on, one every `every * dt`, flat: component `i` of
/// state `k` is entry `k * dimension + i`.
///
/// ```text
/// T dnu_m = (F_m - nu_m) dt + sqrt( T F_m (1/T - F_m) / N_m ) dB_m
/// ```
///
/// with independent Brownian motions `B_m` (the Langevin form of the second-order equations, El Boustani and Destexhe 2009);
/// adaptation currents follow without noise of their own. Stochastic Heun: the drift to second order, the amplitude taken at
/// the start of the step (Itô). One stream of random numbers per population, so that they do not depend on each other's
/// number.
///
/// # Errors
/// [`NoiseError`].
pub fn integrate_with_noise(
    system: &MeanField,
    initial: &[f64],
    source: &(impl InputSource + ?Sized),
    options: &NoiseOptions,
) -> Result<Vec<f64>, NoiseError> {
    let NoiseOptions { dt, steps, every, seed } = *options;
    let size = system.dimension();
    if initial.len() != size || initial.iter().any(|x| !x.is_finite()) {
        return Err(NoiseError::State(size));
    }
    let t = system.time_constant();
    if !(dt > 0.0 && dt < t) || every == 0 {
        return Err(NoiseError::Step(dt));
    }
    let populations = system.populations();
    let mut draws: Vec<_> =
        populations.iter().map(|p| stream(seed, Purpose::MeanFieldNoise, &p.name, 0)).collect();
    let mut input = system.silent_input();
    let mut x = initial.to_vec();
    let (mut first, mut second) = (vec![0.0; size], vec![0.0; size]);
    let mut trial = vec![0.0; size];
    let mut kicks = vec![0.0; size];
    let mut states = Vec::with_capacity((steps / every + 1) * size);
    states.extend_from_slice(&x);
    for step in 0..steps {
        let time = step as f64 * dt;
        source.write(time, &mut input);
        system.check_input(&input).map_err(|error| NoiseError::Input { time, error })?;
        system.derivative(&x, &input, &mut first);
        for (m, p) in populations.iter().enumerate() {
            // F from the derivative: T dnu/dt + nu. Hz² ms / ms².
            let rate = (t * first[m] + x[m]).max(0.0);
            let power = rate * (1e3 / t - rate).max(0.0) / (p.size as f64 * t);
            let normal: f64 = StandardNormal.sample(&mut draws[m]);
            kicks[m] = (power * dt).sqrt() * normal;
        }
        for i in 0..size {
            trial[i] = x[i] + dt * first[i] + kicks[i];
        }
        source.write(time + dt, &mut input);
        system.check_input(&input).map_err(|error| NoiseError::Input { time: time + dt, error })?;
        system.derivative(&trial, &input, &mut second);
        for i in 0..size {
            x[i] += 0.5 * dt * (first[i] + second[i]) + kicks[i];
        }
        if x.iter().any(|v| !v.is_finite()) {
            return Err(NoiseError::NotFinite(time + dt));
        }
        if (step + 1) % every == 0 {
            states.extend_from_slice(&x);
        }
    }
    Ok(states)
}
