//! Moments of the membrane potential under Poisson shot noise.
//!
//! For synapse classes `j` with total event rate `R_j = K_j nu_j` and driving force
//! `D_j = alpha_j (E_j - mu_V) + (1 - alpha_j)(E_j - V_0)`:
//!
//! ```text
//! mu_G    = g_L + sum_j R_j tau_j Q_j alpha_j
//! mu_V    = ( g_L E_L + I + sum_j R_j tau_j Q_j [alpha_j E_j + (1 - alpha_j)(E_j - V_0)] ) / mu_G
//! tau_m   = C_m / mu_G
//! k_j     = Q_j tau_j D_j / mu_G                                  (integral of one PSP; tau_j the area of its kernel)
//! sigma_V = sqrt( sum_j R_j k_j^2 / (2 (tau_j + tau_m)) )         (with a rise time: SynapseClass)
//! gamma_V = sum_j R_j 2 k_j^3 / (3 (tau_j + 2 tau_m)(2 tau_j + tau_m)) / sigma_V^3
//! tau_V   = sum_j R_j k_j^2 / (2 sigma_V^2)
//! ```
//!
//! after Kuhn, Aertsen and Rotter (2004) and Zerlaut et al., J Comput Neurosci 44 (2018), appendix; in the published
//! code of the latter `Q_i` stands in place of `tau_i` in the inhibitory variance, which is an error of that code.
//!
//! Assumptions: independent Poisson inputs, exponential conductances, fluctuations of the driving force and of the
//! total conductance neglected, no spikes.

pub(crate) mod scalar;
pub(crate) mod short_term;
pub mod special;
pub(crate) mod synapse;

use crate::moments::scalar::{Dual, Scalar};
use crate::moments::synapse::SynapseClass;
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};

/// Lower bound of `sigma_V` (mV): without it `gamma_V` diverges as the input vanishes.
pub const SIGMA_FLOOR: f64 = 1e-3;

/// Number of directions that one evaluation differentiates along; more inputs take several evaluations.
pub const DIRECTIONS: usize = 4;

/// Moments of the membrane potential of a neuron in a stationary input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct Moments<S = f64> {
    /// Mean membrane potential (mV).
    pub mu_V: S,
    /// Standard deviation of the membrane potential (mV), at least [`SIGMA_FLOOR`].
    pub sigma_V: S,
    /// Skewness of the membrane potential (with the floored `sigma_V`).
    pub gamma_V: S,
    /// Autocorrelation time of the membrane potential (ms); `tau_m` where there is no synaptic input. It is
    /// discontinuous there: it tends to `tau_syn + tau_m` as the input vanishes.
    pub tau_V: S,
    /// Effective membrane time constant `C_m / mu_G` (ms).
    pub tau_m: S,
    /// Mean total conductance (nS).
    pub mu_G: S,
}

/// An input for which the moments are not defined.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MomentsError {
    /// Rates and synapse classes do not pair up.
    #[error("{rates} rates were given for {synapses} synapse classes")]
    RateCount {
        /// Number of rates given.
        rates: usize,
        /// Number of synapse classes.
        synapses: usize,
    },
    /// The buffer for the gradient has the wrong length.
    #[error(
        "the gradient has {given} entries; {needed} are needed: one per rate, then one for the current"
    )]
    GradientLength {
        /// Entries of the buffer.
        given: usize,
        /// Entries needed.
        needed: usize,
    },
    /// A presynaptic rate is negative or not finite.
    #[error("the rate of synapse class {index} is {value} Hz; a finite rate >= 0 is needed")]
    Rate {
        /// Index of the synapse class.
        index: usize,
        /// The rate given (Hz).
        value: f64,
    },
    /// The current is not finite.
    #[error("the current is {value} pA; a finite current is needed")]
    Current {
        /// The current given (pA).
        value: f64,
    },
    /// A constant of the cell is outside its range.
    #[error("membrane: {name} = {value}; needed is {requirement}")]
    Membrane {
        /// Name of the constant.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// A parameter of a synapse class is outside its range.
    #[error("synapse class {index}: {name} = {value}; needed is {requirement}")]
    Synapse {
        /// Index of the synapse class.
        index: usize,
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// The inputs are so large that a moment is not a finite number.
    #[error("the moments overflow: the largest presynaptic rate is {largest_rate} Hz")]
    Overflow {
        /// Largest rate given (Hz).
        largest_rate: f64,
    },
}

/// The constants of the cell that are outside their range, as `(name, value, requirement)`.
pub(crate) fn membrane_faults(membrane: &Membrane) -> Vec<(&'static str, f64, &'static str)> {
    let mut faults = Vec::new();
    let mut check = |name, value: f64, good: bool, requirement| {
        if !(good && value.is_finite()) {
            faults.push((name, value, requirement));
        }
    };
    check("C_m", membrane.C_m, membrane.C_m > 0.0, "a capacitance > 0 pF");
    check("g_L", membrane.g_L, membrane.g_L > 0.0, "a conductance > 0 nS");
    check("E_L", membrane.E_L, true, "a finite potential in mV");
    check("V_th", membrane.V_th, true, "a finite potential in mV");
    check("V_reset", membrane.V_reset, true, "a finite potential in mV");
    check("t_ref", membrane.t_ref, membrane.t_ref >= 0.0, "a time >= 0 ms");
    check("a", membrane.a, membrane.a >= 0.0, "a conductance >= 0 nS");
    check("b", membrane.b, true, "a finite current in pA");
    check("tau_w", membrane.tau_w, membrane.tau_w > 0.0, "a time > 0 ms");
    faults
}

/// Moments for presynaptic rates `rates` (Hz per presynaptic neuron, one per synapse class) and a current (pA).
///
/// # Errors
/// [`MomentsError`] on counts that do not match, parameters or inputs outside their range, and overflow.
pub fn moments(
    membrane: &Membrane,
    synapses: &[SynapseClass],
    rates: &[f64],
    current: f64,
) -> Result<Moments, MomentsError> {
    check(membrane, synapses, rates, current)?;
    let value = evaluate(membrane, synapses.iter().zip(rates.iter().copied()), current);
    finite(value, rates)
}

/// Moments and their exact derivatives.
///
/// `gradient[j]` receives the derivative of each moment with respect to rate `j` (per Hz), and the last entry that with
/// respect to the current (per pA); its length is the number of synapse classes plus one. Nothing is allocated.
///
/// # Errors
/// As [`moments`], and for a buffer of the wrong length.
pub fn moments_and_gradient(
    membrane: &Membrane,
    synapses: &[SynapseClass],
    rates: &[f64],
    current: f64,
    gradient: &mut [Moments],
) -> Result<Moments, MomentsError> {
    check(membrane, synapses, rates, current)?;
    let inputs = rates.len() + 1;
    if gradient.len() != inputs {
        return Err(MomentsError::GradientLength { given: gradient.len(), needed: inputs });
    }
    for (chunk, derivatives) in gradient.chunks_mut(DIRECTIONS).enumerate() {
        // Out of the chunk, the wrapped difference is no direction and the variable is a constant.
        let variable = |index: usize, value: f64| {
            Dual::<DIRECTIONS>::variable(value, index.wrapping_sub(chunk * DIRECTIONS))
        };
        let rate = |(index, &nu): (usize, &f64)| variable(index, nu);
        let dual = evaluate(
            membrane,
            synapses.iter().zip(rates.iter().enumerate().map(rate)),
            variable(rates.len(), current),
        );
        for (direction, d) in derivatives.iter_mut().enumerate() {
            *d = dual.map(|m| m.derivative[direction]);
        }
    }
    moments(membrane, synapses, rates, current)
}

/// Mean current (pA) of one synapse class at presynaptic rate `rate` (Hz): `R tau_syn Q D`, inward positive.
#[must_use]
pub fn mean_synaptic_current(synapse: &SynapseClass, rate: f64, moments: &Moments) -> f64 {
    1e-3 * rate
        * synapse.in_degree
        * synapse.area()
        * synapse.weight
        * synapse.release(rate).0
        * driving_force(synapse, moments.mu_V)
}

/// Standard deviation (mV) that the same inputs would give at the resting membrane time constant, with the driving
/// forces held at `mu_V` and without floor: what remains of the fluctuations is due to the conductance.
#[must_use]
pub fn current_based_sigma(
    membrane: &Membrane,
    synapses: &[SynapseClass],
    rates: &[f64],
    moments: &Moments,
) -> f64 {
    let tau_m = membrane.tau_m();
    let variance: f64 = synapses
        .iter()
        .zip(rates)
        .map(|(s, &nu)| {
            let k = s.weight * s.area() * driving_force(s, moments.mu_V) / membrane.g_L;
            1e-3 * nu * s.in_degree * s.release(nu).1 * k * k * s.powers(tau_m).0
        })
        .sum();
    variance.sqrt()
}

/// Density (1/mV) of the membrane potential at `V` (mV): a Gaussian with the first term of the Edgeworth series,
/// `exp(-x²/2) / (sqrt(2 pi) sigma_V) [1 + gamma_V/6 (x³ - 3x)]`, `x = (V - mu_V) / sigma_V`.
///
/// Slightly negative in one tail; a good description for `|gamma_V|` well below 1.
#[must_use]
#[allow(non_snake_case)]
pub fn potential_density(V: f64, moments: &Moments) -> f64 {
    let x = (V - moments.mu_V) / moments.sigma_V;
    let gauss = (-0.5 * x * x).exp() / (std::f64::consts::TAU.sqrt() * moments.sigma_V);
    gauss * (1.0 + moments.gamma_V / 6.0 * (x * x - 3.0) * x)
}

impl<S: Copy> Moments<S> {
    /// The same function of every moment.
    pub(crate) fn map<R>(&self, f: impl Fn(S) -> R) -> Moments<R> {
        Moments {
            mu_V: f(self.mu_V),
            sigma_V: f(self.sigma_V),
            gamma_V: f(self.gamma_V),
            tau_V: f(self.tau_V),
            tau_m: f(self.tau_m),
            mu_G: f(self.mu_G),
        }
    }
}

impl Moments {
    /// Whether every moment is a finite number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        [self.mu_V, self.sigma_V, self.gamma_V, self.tau_V, self.tau_m, self.mu_G]
            .iter()
            .all(|x| x.is_finite())
    }
}

fn driving_force<S: Scalar>(synapse: &SynapseClass, mu_v: S) -> S {
    mu_v * -synapse.alpha() + synapse.drive()
}

/// The kernel: the equations of the module over any number type. Rates must be finite and >= 0.
#[allow(non_snake_case)]
pub(crate) fn evaluate<'a, S: Scalar>(
    membrane: &Membrane,
    inputs: impl Iterator<Item = (&'a SynapseClass, S)> + Clone,
    current: S,
) -> Moments<S> {
    let mut mu_G = S::constant(membrane.g_L);
    let mut drive = current + membrane.g_L * membrane.E_L;
    for (synapse, nu) in inputs.clone() {
        let events = match synapse.short_term {
            None => nu,
            Some(_) => nu * synapse.release(nu).0,
        };
        let conductance = events * (1e-3 * synapse.in_degree * synapse.area() * synapse.weight);
        mu_G = mu_G + conductance * synapse.alpha();
        drive = drive + conductance * synapse.drive();
    }
    let mu_V = drive / mu_G;
    let tau_m = S::constant(membrane.C_m) / mu_G;

    let zero = S::constant(0.0);
    let (mut power, mut second, mut third) = (zero, zero, zero);
    for (synapse, nu) in inputs {
        let k = driving_force(synapse, mu_V) * (synapse.weight * synapse.area()) / mu_G;
        let mut Rk2 = nu * (1e-3 * synapse.in_degree) * k * k;
        let mut size = k;
        if synapse.short_term.is_some() {
            let (mean, square) = synapse.release(nu);
            Rk2 = Rk2 * square;
            size = size * square / mean;
        }
        let (integral2, integral3) = synapse.powers(tau_m);
        power = power + Rk2;
        second = second + Rk2 * integral2;
        third = third + Rk2 * size * integral3;
    }
    let tau_V =
        if power.value() > 0.0 && second.value() > 0.0 { power / (second * 2.0) } else { tau_m };
    let sigma_V = if second.value() > SIGMA_FLOOR * SIGMA_FLOOR {
        second.sqrt()
    } else {
        S::constant(SIGMA_FLOOR)
    };
    let gamma_V = third / (sigma_V * sigma_V * sigma_V);
    Moments { mu_V, sigma_V, gamma_V, tau_V, tau_m, mu_G }
}

fn check(
    membrane: &Membrane,
    synapses: &[SynapseClass],
    rates: &[f64],
    current: f64,
) -> Result<(), MomentsError> {
    if rates.len() != synapses.len() {
        return Err(MomentsError::RateCount { rates: rates.len(), synapses: synapses.len() });
    }
    if let Some(&(name, value, requirement)) = membrane_faults(membrane).first() {
        return Err(MomentsError::Membrane { name, value, requirement });
    }
    for (index, (synapse, &value)) in synapses.iter().zip(rates).enumerate() {
        if let Some(&(name, value, requirement)) = synapse.faults().first() {
            return Err(MomentsError::Synapse { index, name, value, requirement });
        }
        if !(value >= 0.0 && value.is_finite()) {
            return Err(MomentsError::Rate { index, value });
        }
    }
    if current.is_finite() { Ok(()) } else { Err(MomentsError::Current { value: current }) }
}

fn finite(moments: Moments, rates: &[f64]) -> Result<Moments, MomentsError> {
    if moments.is_finite() {
        Ok(moments)
    } else {
        Err(MomentsError::Overflow { largest_rate: rates.iter().copied().fold(0.0, f64::max) })
    }
}
