//! A mean-field system at one state and input: rates, moments and exact derivatives.

use crate::moments::scalar::{Dual, HyperDual, Scalar};
use crate::moments::{self, DIRECTIONS, Moments};
use crate::system::input::{Input, InputError};
use crate::system::{MeanField, Source, rate};
use crate::transfer::transfer_function::Evaluable;
use nalgebra::DMatrix;

/// A state that does not fit the system.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PointError {
    /// The state has the wrong length.
    #[error("the state has {given} components; {needed} are needed")]
    StateLength {
        /// Components given.
        given: usize,
        /// Components needed.
        needed: usize,
    },
    /// A component of the state is not finite.
    #[error("component {index} of the state is {value}")]
    NotFinite {
        /// Index of the component.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// The input does not fit the system.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// A [`MeanField`] at a state and an input, both checked; made by [`MeanField::at`].
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    system: &'a MeanField,
    state: &'a [f64],
    input: &'a Input,
}

/// First derivatives of the transfer functions; row `m` belongs to population `m`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gains {
    /// `dF_m / dnu_n`, dimensionless.
    pub recurrent: DMatrix<f64>,
    /// `dF_m / dnu_aff`, dimensionless.
    pub afferent: DMatrix<f64>,
    /// `dF_m / dI_m` (Hz/pA).
    pub current: Vec<f64>,
}

impl<'a> Point<'a> {
    pub(crate) fn checked(
        system: &'a MeanField,
        state: &'a [f64],
        input: &'a Input,
        dimension: usize,
    ) -> Result<Self, PointError> {
        if state.len() != dimension {
            return Err(PointError::StateLength { given: state.len(), needed: dimension });
        }
        if let Some(index) = state.iter().position(|x| !x.is_finite()) {
            return Err(PointError::NotFinite { index, value: state[index] });
        }
        system.check_input(input)?;
        Ok(Self { system, state, input })
    }

    /// For states and inputs that have been checked.
    pub(crate) fn unchecked(system: &'a MeanField, state: &'a [f64], input: &'a Input) -> Self {
        Self { system, state, input }
    }

    /// Transfer functions `F_m` (Hz), one per population.
    #[must_use]
    pub fn transfer(&self) -> Vec<f64> {
        (0..self.populations()).map(|m| self.response(m).0).collect()
    }

    /// Moments of the membrane potential, one per population.
    #[must_use]
    pub fn moments(&self) -> Vec<Moments> {
        (0..self.populations()).map(|m| self.response(m).1).collect()
    }

    /// First derivatives of the transfer functions.
    #[must_use]
    pub fn gains(&self) -> Gains {
        let (n, afferents) = (self.populations(), self.input.afferent_rates.len());
        let mut gains = Gains {
            recurrent: DMatrix::zeros(n, n),
            afferent: DMatrix::zeros(n, afferents),
            current: vec![0.0; n],
        };
        for m in 0..n {
            self.differentiate(m, |k, rate, _| match k {
                k if k < n => gains.recurrent[(m, k)] = rate,
                k if k < n + afferents => gains.afferent[(m, k - n)] = rate,
                _ => gains.current[m] = rate,
            });
        }
        gains
    }

    /// Jacobian of the first-order dynamics (per ms; rows and columns in the order of the state).
    #[must_use]
    pub fn jacobian(&self) -> DMatrix<f64> {
        let n = self.populations();
        let inputs = n + self.input.afferent_rates.len();
        let inverse_t = 1.0 / self.system.time_constant();
        let mut jacobian = DMatrix::zeros(self.state.len(), self.state.len());
        for (m, p) in self.system.populations().iter().enumerate() {
            let adaptation = self.system.adaptation_index(m);
            let a = p.membrane.a / p.membrane.tau_w;
            self.differentiate(m, |k, rate, mu| {
                if k < n {
                    jacobian[(m, k)] = rate * inverse_t;
                    if let Some(w) = adaptation {
                        jacobian[(w, k)] = a * mu;
                    }
                } else if let Some(w) = adaptation.filter(|_| k == inputs) {
                    // W enters as the current -W.
                    jacobian[(m, w)] = -rate * inverse_t;
                    jacobian[(w, w)] = -a * mu - 1.0 / p.membrane.tau_w;
                }
            });
            jacobian[(m, m)] -= inverse_t;
            if let Some(w) = adaptation {
                jacobian[(w, m)] += 1e-3 * p.membrane.b;
            }
        }
        jacobian
    }

    /// What the rate that arrives through one connection alone adds to the [`jacobian`](Self::jacobian), in the row of the rate of
    /// population `m` and in that of its adaptation current.
    pub(crate) fn connection_jacobian(&self, m: usize, connection: usize) -> [f64; 2] {
        let p = &self.system.populations()[m];
        let inputs = p.connections.iter().enumerate().map(|(c, along)| {
            let rate = rate(self.state, self.input, along.source).max(0.0);
            // Any index that is no direction makes a constant.
            let direction = if c == connection { 0 } else { DIRECTIONS };
            (&along.synapse, Dual::<DIRECTIONS>::variable(rate, direction))
        });
        let current = Dual::constant(self.system.current(m, self.state, self.input));
        let moments = moments::evaluate(&p.membrane, inputs, current);
        let f = Dual::rate(&*p.transfer_function, &p.membrane, &moments);
        let drift = p.membrane.a / p.membrane.tau_w * moments.mu_V.derivative[0];
        [f.derivative[0] / self.system.time_constant(), drift]
    }

    /// `a / tau_w dmu_V / dnu_aff` (pA/ms per Hz) of each population and afferent: how afferents move its adaptation current.
    pub(crate) fn adaptation_drift(&self) -> Vec<Vec<f64>> {
        let (n, afferents) = (self.populations(), self.input.afferent_rates.len());
        let mut drift = vec![vec![0.0; afferents]; n];
        for (m, p) in self.system.populations().iter().enumerate() {
            let a = p.membrane.a / p.membrane.tau_w;
            self.differentiate(m, |k, _, mu| {
                if (n..n + afferents).contains(&k) {
                    drift[m][k - n] = a * mu;
                }
            });
        }
        drift
    }

    /// Second derivatives `d²F_m / dnu_n dnu_k` (1/Hz) of the transfer functions, one matrix per population.
    #[must_use]
    pub fn hessians(&self) -> Vec<DMatrix<f64>> {
        let n = self.populations();
        (0..n)
            .map(|m| {
                let mut hessian = DMatrix::zeros(n, n);
                self.second_derivatives(m, |a, b, value| {
                    hessian[(a, b)] = value;
                    hessian[(b, a)] = value;
                });
                hessian
            })
            .collect()
    }

    /// Passes `(n, k, d²F_m / dnu_n dnu_k)` for every `n <= k`.
    pub(crate) fn second_derivatives(&self, m: usize, mut each: impl FnMut(usize, usize, f64)) {
        let n = self.populations();
        let current = HyperDual::constant(self.system.current(m, self.state, self.input));
        for a in 0..n {
            for b in a..n {
                let rates = |s| match s {
                    Source::Population(i) => HyperDual::variable(self.state[i], i == a, i == b),
                    Source::Afferent(i) => HyperDual::constant(self.input.afferent_rates[i]),
                };
                each(a, b, self.system.response(m, rates, current).rate.ab);
            }
        }
    }

    /// Passes `(k, dF_m/dx_k, dmu_V,m/dx_k)` for every input `x_k` of population `m`: recurrent rates, afferent rates,
    /// then the current.
    fn differentiate(&self, m: usize, mut each: impl FnMut(usize, f64, f64)) {
        let n = self.populations();
        let last = n + self.input.afferent_rates.len();
        for first in (0..=last).step_by(DIRECTIONS) {
            // Out of this chunk the wrapped difference is no direction, and the variable is a constant.
            let variable =
                |k: usize, x: f64| Dual::<DIRECTIONS>::variable(x, k.wrapping_sub(first));
            let rates = |s| {
                let k = match s {
                    Source::Population(i) => i,
                    Source::Afferent(i) => n + i,
                };
                variable(k, rate(self.state, self.input, s))
            };
            let current = variable(last, self.system.current(m, self.state, self.input));
            let r = self.system.response(m, rates, current);
            let count = DIRECTIONS.min(last + 1 - first);
            for (d, (f, mu)) in
                r.rate.derivative.iter().zip(&r.moments.mu_V.derivative).enumerate().take(count)
            {
                each(first + d, *f, *mu);
            }
        }
    }

    fn populations(&self) -> usize {
        self.system.populations().len()
    }

    fn response(&self, m: usize) -> (f64, Moments) {
        let current = self.system.current(m, self.state, self.input);
        let r = self.system.response(m, |s| rate(self.state, self.input, s), current);
        (r.rate, r.moments)
    }
}
