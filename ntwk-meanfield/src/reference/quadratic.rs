//! The exact mean field of quadratic integrate-and-fire neurons (Montbrió, Pazó and Roxin, Phys Rev X 5, 021028 (2015)).
//!
//! For comparison with the transfer-function theory: exact for infinitely many, all-to-all coupled neurons
//! `tau dV_j/dt = V_j^2 + eta_j + J tau r + I` whose `eta_j` have a Lorentzian distribution, without any noise. All
//! quantities are dimensionless but `tau` and the rate, which is per unit of `tau`.

use crate::bifurcation::fixed_point::eigenvalues;
use nalgebra::{Complex, DMatrix};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Parameters of the network:
///
/// ```text
/// tau dr/dt = Delta / (pi tau) + 2 V r
/// tau dV/dt = V^2 - (pi tau r)^2 + eta + J tau r + I
/// ```
///
/// (eqs. 12 of the paper). `r` is the rate per unit of time, `V` the mean potential.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct QuadraticNetwork {
    /// Membrane time constant (> 0).
    pub tau: f64,
    /// Half width of the distribution of excitabilities (> 0).
    pub Delta: f64,
    /// Its centre.
    pub eta: f64,
    /// Synaptic weight.
    pub J: f64,
}

/// A parameter out of range.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{name} = {value}; needed is {requirement}")]
pub struct QuadraticFault {
    /// Name of the parameter.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What is needed.
    pub requirement: &'static str,
}

/// A fixed point.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct QuadraticFixedPoint {
    /// Rate.
    pub r: f64,
    /// Mean potential.
    pub V: f64,
    /// Eigenvalues of the Jacobian (per unit of time), largest real part first.
    pub eigenvalues: Vec<Complex<f64>>,
}

impl QuadraticNetwork {
    /// Time derivative of `[r, V]` under the current `current`.
    #[must_use]
    pub fn derivative(&self, [r, v]: [f64; 2], current: f64) -> [f64; 2] {
        let spikes = PI * self.tau * r;
        [
            (self.Delta / (PI * self.tau) + 2.0 * v * r) / self.tau,
            (v * v - spikes * spikes + self.eta + self.J * self.tau * r + current) / self.tau,
        ]
    }

    /// One step of Heun's method of `dt` from `state` = `[r, V]`, with the currents at its start and its end. The rate is kept at
    /// 0 or above after each stage, as The Virtual Brain does.
    #[must_use]
    pub fn heun_step(&self, state: [f64; 2], dt: f64, currents: [f64; 2]) -> [f64; 2] {
        let limited = |[r, v]: [f64; 2]| [f64::max(r, 0.0), v];
        let first = self.derivative(state, currents[0]);
        let there = limited([0, 1].map(|k| state[k] + dt * first[k]));
        let second = self.derivative(there, currents[1]);
        limited([0, 1].map(|k| state[k] + 0.5 * dt * (first[k] + second[k])))
    }

    /// All fixed points under a constant current, by ascending rate: one or three.
    ///
    /// With `x = pi tau r` and `V = -Delta / (2 x)` they are the positive roots of
    /// `x^4 - (J/pi) x^3 - (eta + I) x^2 - Delta^2/4`, which are the real eigenvalues of its companion matrix, refined
    /// by Newton's method.
    ///
    /// # Errors
    /// Every parameter out of range.
    pub fn fixed_points(
        &self,
        current: f64,
    ) -> Result<Vec<QuadraticFixedPoint>, Vec<QuadraticFault>> {
        let faults = self.faults(current);
        if !faults.is_empty() {
            return Err(faults);
        }
        let [c3, c2, c0] = [-self.J / PI, -(self.eta + current), -0.25 * self.Delta * self.Delta];
        let mut companion = DMatrix::zeros(4, 4);
        for k in 1..4 {
            companion[(k, k - 1)] = 1.0;
        }
        for (k, c) in [c0, 0.0, c2, c3].into_iter().enumerate() {
            companion[(k, 3)] = -c;
        }
        let value = |x: f64| ((x + c3) * x + c2) * x * x + c0;
        let slope = |x: f64| ((4.0 * x + 3.0 * c3) * x + 2.0 * c2) * x;
        let mut roots: Vec<f64> = companion
            .complex_eigenvalues()
            .iter()
            .filter(|z| z.re > 0.0 && z.im.abs() <= 1e-6 * z.norm())
            .map(|z| (0..3).fold(z.re, |x, _| x - value(x) / slope(x)))
            .filter(|x| x.is_finite() && *x > 0.0)
            .collect();
        roots.sort_by(f64::total_cmp);
        roots.dedup_by(|a, b| (*a - *b).abs() <= 1e-9 * b.abs());
        Ok(roots.into_iter().map(|x| self.describe(x)).collect())
    }

    #[allow(non_snake_case)]
    fn describe(&self, x: f64) -> QuadraticFixedPoint {
        let (r, V) = (x / (PI * self.tau), -0.5 * self.Delta / x);
        let jacobian = DMatrix::from_row_slice(
            2,
            2,
            &[2.0 * V / self.tau, 2.0 * r / self.tau, self.J - 2.0 * PI * x, 2.0 * V / self.tau],
        );
        // `eigenvalues` converts from 1/ms to 1/s.
        let eigenvalues = eigenvalues(jacobian).into_iter().map(|z| z * 1e-3).collect();
        QuadraticFixedPoint { r, V, eigenvalues }
    }

    fn faults(&self, current: f64) -> Vec<QuadraticFault> {
        let positive = "a finite number > 0";
        let finite = "a finite number";
        [
            ("tau", self.tau, self.tau > 0.0, positive),
            ("Delta", self.Delta, self.Delta > 0.0, positive),
            ("eta", self.eta, true, finite),
            ("J", self.J, true, finite),
            ("current", current, true, finite),
        ]
        .into_iter()
        .filter(|(_, value, good, _)| !(*good && value.is_finite()))
        .map(|(name, value, _, requirement)| QuadraticFault { name, value, requirement })
        .collect()
    }
}
