//! Synaptic receptors: how conductance follows a presynaptic spike.

use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

/// Block of a channel by magnesium of concentration M outside: B(V) = 1/(1 + η M e^{−γV}).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MagnesiumBlock {
    /// Concentration outside (mM).
    pub magnesium: f64,
    /// η (1/mM).
    pub eta: f64,
    /// γ (1/mV).
    pub gamma: f64,
}

impl MagnesiumBlock {
    /// η = 1/3.57 mM, γ = 0.062 /mV at 1 mM (Jahr and Stevens 1990).
    #[must_use]
    pub fn jahr_stevens() -> Self {
        MagnesiumBlock { magnesium: 1.0, eta: 1.0 / 3.57, gamma: 0.062 }
    }

    /// The steeper η = 0.33 /mM, γ = 0.08 /mV at 1 mM of models of dendritic NMDA spikes.
    #[must_use]
    pub fn steep() -> Self {
        MagnesiumBlock { magnesium: 1.0, eta: 0.33, gamma: 0.08 }
    }

    /// The open fraction B(V), and dB/dV = γ B (1 − B) (1/mV).
    #[must_use]
    pub fn open(&self, v: f64) -> (f64, f64) {
        let b = 1.0 / (1.0 + self.eta * self.magnesium * (-self.gamma * v).exp());
        (b, self.gamma * b * (1.0 - b))
    }
}

/// A conductance with a double-exponential time course whose peak is the weight:
///
/// ```text
/// g(t) = w N (e^(−t/τ_d) − e^(−t/τ_r))     N = 1/(e^(−t_p/τ_d) − e^(−t_p/τ_r))     t_p = τ_r τ_d/(τ_d − τ_r) ln(τ_d/τ_r)
/// ```
///
/// i = g B(V) (V − E_rev), B = 1 without a block. Synapses of one receptor on one node share two state variables.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case)]
pub struct DoubleExponential {
    /// Rise time constant τ_r (ms), > 0 and < τ_d.
    pub tau_rise: f64,
    /// Decay time constant τ_d (ms).
    pub tau_decay: f64,
    /// Reversal potential (mV).
    pub E_rev: f64,
    /// Voltage dependence, if any. The weight is the peak before the block.
    #[serde(default)]
    pub block: Option<MagnesiumBlock>,
}

impl DoubleExponential {
    /// AMPA: 0.5/5 ms, 0 mV.
    #[must_use]
    pub fn ampa() -> Self {
        DoubleExponential { tau_rise: 0.5, tau_decay: 5.0, E_rev: 0.0, block: None }
    }

    /// NMDA: 3/70 ms, 0 mV, with the block given.
    #[must_use]
    pub fn nmda(block: MagnesiumBlock) -> Self {
        DoubleExponential { tau_rise: 3.0, tau_decay: 70.0, E_rev: 0.0, block: Some(block) }
    }

    /// GABA_A: 0.5/5 ms, −80 mV.
    #[must_use]
    pub fn gaba_a() -> Self {
        DoubleExponential { tau_rise: 0.5, tau_decay: 5.0, E_rev: -80.0, block: None }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::positive("tau_rise", self.tau_rise, "ms")?;
        ParameterError::positive("tau_decay", self.tau_decay, "ms")?;
        // Closer together, the difference of the exponentials loses its digits.
        if self.tau_rise > 0.9999 * self.tau_decay {
            let expected = "less than tau_decay (by 1e-4 of it at least)";
            return Err(ParameterError {
                name: "tau_rise",
                value: self.tau_rise,
                unit: "ms",
                expected,
            });
        }
        ParameterError::finite("E_rev", self.E_rev, "mV")?;
        if let Some(b) = &self.block {
            ParameterError::not_negative("magnesium", b.magnesium, "mM")?;
            ParameterError::not_negative("eta", b.eta, "1/mM")?;
            ParameterError::finite("gamma", b.gamma, "1/mV")?;
        }
        Ok(())
    }

    /// Time from the spike to the peak (ms).
    #[must_use]
    pub fn peak_time(&self) -> f64 {
        let (r, d) = (self.tau_rise, self.tau_decay);
        r * d / (d - r) * (d / r).ln()
    }

    /// N: the factor that makes the peak 1.
    #[must_use]
    pub fn normalisation(&self) -> f64 {
        let t = self.peak_time();
        1.0 / ((-t / self.tau_decay).exp() - (-t / self.tau_rise).exp())
    }
}

/// GABA_B with a second messenger (Destexhe and Sejnowski 1995):
///
/// ```text
/// dR/dt = K1 T (1 − R) − K2 R     dG/dt = K3 R − K4 G     i = w G⁴/(G⁴ + K_d) (V − E_rev)
/// ```
///
/// T is `transmitter` for `pulse` ms after a spike (a spike during the pulse starts it anew). R and G are integrated
/// exactly; they are not shared between synapses, since they saturate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(non_snake_case)]
pub struct GabaB {
    /// Binding rate (1/(mM ms)).
    pub K1: f64,
    /// Unbinding rate (1/ms).
    pub K2: f64,
    /// Production of G protein (1/ms).
    pub K3: f64,
    /// Removal of G protein (1/ms).
    pub K4: f64,
    /// Dissociation constant of the four binding sites.
    pub K_d: f64,
    /// Transmitter concentration during the pulse (mM).
    pub transmitter: f64,
    /// Duration of the pulse (ms).
    pub pulse: f64,
    /// Reversal potential (mV).
    pub E_rev: f64,
}

impl Default for GabaB {
    fn default() -> Self {
        GabaB {
            K1: 0.52,
            K2: 0.0013,
            K3: 0.098,
            K4: 0.033,
            K_d: 100.0,
            transmitter: 0.5,
            pulse: 0.3,
            E_rev: -95.0,
        }
    }
}

impl GabaB {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        let values = [
            ("K1", self.K1, "1/(mM ms)"),
            ("K2", self.K2, "1/ms"),
            ("K3", self.K3, "1/ms"),
            ("K4", self.K4, "1/ms"),
            ("K_d", self.K_d, ""),
            ("pulse", self.pulse, "ms"),
        ];
        values
            .iter()
            .try_for_each(|&(name, value, unit)| ParameterError::positive(name, value, unit))?;
        ParameterError::not_negative("transmitter", self.transmitter, "mM")?;
        ParameterError::finite("E_rev", self.E_rev, "mV")
    }

    /// (R, G) after `h` ms with the transmitter on or off: the exact solution of the two linear equations.
    #[must_use]
    pub fn advance(&self, [r, g]: [f64; 2], on: bool, h: f64) -> [f64; 2] {
        let bind = if on { self.K1 * self.transmitter } else { 0.0 };
        let k = bind + self.K2;
        let r_inf = bind / k;
        let (er, eg) = ((-k * h).exp(), (-self.K4 * h).exp());
        // ∫ e^(−K4 (h−s)) e^(−k s) ds, by its limit where the two rates agree.
        let gap = self.K4 - k;
        let both =
            if (gap * h).abs() > 1e-6 { (er - eg) / gap } else { h * er * (1.0 - 0.5 * gap * h) };
        let constant = self.K3 * r_inf * -(-self.K4 * h).exp_m1() / self.K4;
        [r_inf + (r - r_inf) * er, g * eg + constant + self.K3 * (r - r_inf) * both]
    }

    /// Open fraction G⁴/(G⁴ + K_d).
    #[must_use]
    pub fn open(&self, g: f64) -> f64 {
        let g4 = g.powi(4);
        g4 / (g4 + self.K_d)
    }
}

/// A kind of receptor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receptor {
    /// Double-exponential conductance, with or without a magnesium block.
    DoubleExponential(DoubleExponential),
    /// GABA_B with a second messenger.
    GabaB(GabaB),
}

impl Receptor {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self {
            Receptor::DoubleExponential(r) => r.check(),
            Receptor::GabaB(r) => r.check(),
        }
    }
}

impl From<DoubleExponential> for Receptor {
    fn from(r: DoubleExponential) -> Self {
        Receptor::DoubleExponential(r)
    }
}

impl From<GabaB> for Receptor {
    fn from(r: GabaB) -> Self {
        Receptor::GabaB(r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalisation_and_block_have_their_known_values() {
        let n = |r, d| {
            DoubleExponential { tau_rise: r, tau_decay: d, E_rev: 0.0, block: None }.normalisation()
        };
        for (r, d, value) in [(0.5, 5.0, 1.43506), (3.0, 70.0, 1.20303), (3.0, 100.0, 1.14902)] {
            assert!((n(r, d) - value).abs() < 5e-6);
            let identity = r / (d - r) * (d / r).powf(d / (d - r));
            assert!((n(r, d) / identity - 1.0).abs() < 1e-12);
        }
        assert!((MagnesiumBlock::jahr_stevens().open(-70.0).0 - 0.0445).abs() < 5e-5);
        assert!((MagnesiumBlock::steep().open(-70.0).0 - 0.0111).abs() < 5e-5);
        let b = MagnesiumBlock::steep();
        let slope = (b.open(-40.001).0 - b.open(-40.002).0) / 1e-3;
        assert!((slope - b.open(-40.0015).1).abs() < 1e-8);
    }

    #[test]
    fn gaba_b_follows_its_equations() {
        let p = GabaB::default();
        let (mut fine, h) = ([0.0, 0.0], 1e-4);
        for k in 0..100_000 {
            let on = f64::from(k) * h < p.pulse - 1e-9;
            let f = |[r, g]: [f64; 2]| {
                let t = if on { p.transmitter } else { 0.0 };
                [p.K1 * t * (1.0 - r) - p.K2 * r, p.K3 * r - p.K4 * g]
            };
            let a = f(fine);
            let b = f([fine[0] + 0.5 * h * a[0], fine[1] + 0.5 * h * a[1]]);
            fine = [fine[0] + h * b[0], fine[1] + h * b[1]];
        }
        let exact = p.advance(p.advance([0.0, 0.0], true, 0.3), false, 9.7);
        assert!(
            (exact[0] - fine[0]).abs() < 1e-9 && (exact[1] - fine[1]).abs() < 1e-9,
            "{exact:?} {fine:?}"
        );
    }
}
