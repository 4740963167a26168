//! Calcium in a shell below the membrane.

use crate::membrane::mechanism::{Mechanism, MechanismState, Membrane, Site};
use crate::parameter_error::ParameterError;
use crate::units::FARADAY;
use nalgebra::Complex;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// Concentration in a shell of some depth with one removal process (Destexhe, Babloyantz and Sejnowski 1993):
    ///
    /// ```text
    /// d[Ca]/dt = max(0, −k i_Ca/(2 F d)) + (Ca_inf − [Ca])/τ_r       k = 1e4 mM/ms per (mA/cm² ÷ (C/mol · µm))
    /// ```
    ///
    /// i_Ca is the sum of the calcium currents of the compartment at the last evaluation. Only the drive is rectified, so the
    /// concentration is never negative. Integrated exactly for a constant drive. Calcium starts at `Ca_inf`.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct CalciumPool {
        /// depth d of the shell (µm)
        depth: f64 = Quantity(Length, Positive), or(CalciumPool::default().depth);
        /// time constant τ_r of removal (ms)
        tau_r: f64 = Quantity(Time, Positive), or(CalciumPool::default().tau_r);
        /// concentration at rest (mM)
        Ca_inf: f64 = Quantity(Concentration, NonNegative), or(CalciumPool::default().Ca_inf);
        /// fraction of the calcium that stays free; the rest is buffered at once
        free: f64 = Quantity(Number, Between(0.0, 1.0)), or(CalciumPool::default().free);
    }
}

impl Default for CalciumPool {
    /// 0.1 µm, 200 ms, 100 nM, all free.
    fn default() -> Self {
        CalciumPool { depth: 0.1, tau_r: 200.0, Ca_inf: 1e-4, free: 1.0 }
    }
}

impl Mechanism for CalciumPool {
    fn kind(&self) -> &str {
        "calcium_pool"
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::positive("depth", self.depth, "um")?;
        ParameterError::positive("tau_r", self.tau_r, "ms")?;
        ParameterError::not_negative("Ca_inf", self.Ca_inf, "mM")?;
        if (0.0..=1.0).contains(&self.free) {
            Ok(())
        } else {
            Err(ParameterError { name: "free", value: self.free, unit: "", expected: "0 to 1" })
        }
    }

    fn instantiate(&self, site: Site) -> Box<dyn MechanismState> {
        // A factor on the density of a pool is one on its drive.
        let gain = self.free * 1e4 / (2.0 * FARADAY * self.depth);
        let drive = site.scale.iter().map(|s| s * gain).collect();
        Box::new(PoolState { pool: *self, drive })
    }

    /// None: a pool carries no current, so its admittance is zero.
    fn admittance(&self, _: f64, _: f64, _: f64, _: f64) -> Option<Complex<f64>> {
        Some(Complex::new(0.0, 0.0))
    }

    fn uses_calcium(&self) -> bool {
        true
    }
}

#[derive(Debug, Clone)]
struct PoolState {
    pool: CalciumPool,
    /// mM/ms per mA/cm² in each place; zero in the padding.
    drive: Vec<f64>,
}

impl MechanismState for PoolState {
    fn initialise(&mut self, membrane: &mut Membrane<'_>) {
        membrane.calcium[..self.drive.len()].fill(self.pool.Ca_inf);
    }

    fn currents(&mut self, _: &mut Membrane<'_>) {}

    fn advance(&mut self, membrane: &mut Membrane<'_>, dt: f64) {
        let decay = -(-dt / self.pool.tau_r).exp_m1();
        for ((c, i), drive) in
            membrane.calcium.iter_mut().zip(&*membrane.calcium_current).zip(&self.drive)
        {
            let inward = -i * drive;
            let inward = if inward < 0.0 { 0.0 } else { inward };
            *c += (self.pool.Ca_inf + self.pool.tau_r * inward - *c) * decay;
        }
    }

    fn ions(&self) -> Vec<&str> {
        Vec::new()
    }

    fn part(&mut self, _: usize, _: &[f64], _: &[f64], _: &mut [Vec<f64>; 2]) {}

    fn variables(&self) -> Vec<&str> {
        Vec::new()
    }

    fn variable(&self, _: usize) -> Option<&[f64]> {
        None
    }

    fn variable_mut(&mut self, _: usize) -> Option<&mut [f64]> {
        None
    }

    fn boxed_clone(&self) -> Box<dyn MechanismState> {
        Box::new(self.clone())
    }
}
