//! The transfer function of ModelDB 234992 (Zerlaut et al., J Comput Neurosci 44 (2018)) with the moments of its code.
//!
//! In the inhibitory variance of that code the weight of the synapses (5e-9 S) stands where their time constant (5e-3 s)
//! belongs, so that inhibition gives the membrane potential no variance; the published coefficients were fitted with it, and
//! are right with it alone. The code also adds 1e-12 V to `sigma_V` and 1e-9 Hz to the event rates of `tau_V`.

use ntwk_core::Membrane;

use crate::moments::Moments;
use crate::moments::scalar::Scalar;
use crate::moments::synapse::SynapseClass;
use crate::transfer::effective_threshold::EffectiveThreshold;
use crate::transfer::transfer_function::TransferFunction;

/// One kind of synapse.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
struct Kind {
    /// Weight (nS).
    Q: f64,
    /// Time constant (ms).
    tau: f64,
    /// Reversal potential (mV).
    E_rev: f64,
}

/// A published threshold with the moments of that code.
///
/// The two event rates follow from the mean conductance and the mean potential, which costs a digit or two.
#[derive(Debug, Clone, PartialEq)]
pub struct Zerlaut2018 {
    threshold: EffectiveThreshold,
    excitatory: Kind,
    inhibitory: Kind,
}

impl Zerlaut2018 {
    /// The threshold for a cell with these synapses.
    ///
    /// # Errors
    /// What the code cannot have: other than one excitatory and one inhibitory kind of exponential conductance (the one with
    /// the higher reversal potential is excitatory).
    pub fn new(
        threshold: EffectiveThreshold,
        synapses: &[SynapseClass],
    ) -> Result<Self, &'static str> {
        let mut kinds: Vec<Kind> = Vec::new();
        for s in synapses {
            if s.mixture.is_some() || s.tau_rise != 0.0 || s.short_term.is_some() {
                return Err("its synapses are not all exponential conductances");
            }
            let kind = Kind { Q: s.weight, tau: s.tau_syn, E_rev: s.E_rev };
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds.sort_by(|a, b| b.E_rev.total_cmp(&a.E_rev));
        match kinds[..] {
            [excitatory, inhibitory] if excitatory.E_rev > inhibitory.E_rev => {
                Ok(Self { threshold, excitatory, inhibitory })
            }
            _ => Err("it has not one excitatory and one inhibitory kind of synapse"),
        }
    }

    /// The threshold.
    #[must_use]
    pub fn threshold(&self) -> &EffectiveThreshold {
        &self.threshold
    }

    /// The moments of the code where those of shot noise are `m`.
    pub fn moments<S: Scalar>(&self, cell: &Membrane, m: &Moments<S>) -> Moments<S> {
        let [e, i] = [self.excitatory, self.inhibitory];
        let drive = m.mu_G * m.mu_V - cell.g_L * cell.E_L;
        let both = m.mu_G - cell.g_L;
        // Two conductances of given sum and mean reversal potential.
        let inhibitory = (drive - both * e.E_rev) * (1.0 / (i.E_rev - e.E_rev));
        let zero = S::constant(0.0);
        let (mut variance, mut power, mut weighted) = (zero, zero, zero);
        // Weight (S) over time constant (s).
        let slip = 1e-6 * i.Q / i.tau;
        for (kind, conductance, slip) in [(e, both - inhibitory, 1.0), (i, inhibitory, slip)] {
            let rate = conductance.limited_to(0.0, f64::INFINITY) * (1.0 / (kind.Q * kind.tau));
            let psp = -(m.mu_V - kind.E_rev) / m.mu_G * (kind.Q * kind.tau * slip);
            variance = variance + rate * psp * psp / ((m.tau_m + kind.tau) * 2.0);
            let softened = (rate + 1e-12) * psp * psp;
            power = power + softened;
            weighted = weighted + softened / (m.tau_m + kind.tau);
        }
        let root = if variance.value() > 0.0 { variance.sqrt() } else { zero };
        Moments { sigma_V: root + 1e-9, tau_V: power / weighted, ..*m }
    }
}

impl TransferFunction for Zerlaut2018 {
    fn rate<S: Scalar>(&self, cell: &Membrane, m: &Moments<S>) -> S {
        self.threshold.rate(cell, &self.moments(cell, m))
    }

    fn in_domain(&self, _: &Membrane, _: &Moments) -> bool {
        true
    }
}
