//! Synaptic receptors as written.

use crate::spec::fault::{FaultKind, Faults};
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Section};
use crate::spec::tree::Node;
use crate::spec::units::Dimension;
use crate::{section, variants};

section! {
    /// A synaptic receptor: a variable `s` that an event raises by the weight of its synapse, that
    /// decays with `tau_syn`, and that carries a current into the cell as its kind says.
    ///
    /// Without `tau_rise`, `ds/dt = -s / tau_syn` and an event raises `s` by the weight. With it,
    ///
    /// ```text
    /// ds/dt = -s / tau_syn + x      dx/dt = -x / tau_rise
    /// ```
    ///
    /// and an event raises `x` so that `s` follows the difference of exponentials whose peak is the
    /// weight (Destexhe, Mainen & Sejnowski 1994, Neural Comput 6:14; the Exp2Syn of NEURON). For
    /// `tau_rise = tau_syn` that is the alpha function.
    ///
    /// A receptor of potential steps (`kind = "delta"`) has no time constant.
    #[derive(Debug, Clone, Copy, PartialEq)]
    #[non_exhaustive]
    pub struct ReceptorSpec, check = check_times {
        /// what `s` is and how it acts
        kind: ReceptorKind = Flat(ReceptorKind::KEYS), none;
        /// decay time constant (ms); required for all kinds but `"delta"`
        tau_syn: Option<f64> = Quantity(Time, Positive), none;
        /// rise time constant (ms), at most `tau_syn`: double-exponential, peak 1 per unit of weight
        tau_rise: Option<f64> = Quantity(Time, Positive), none;
    }
}

fn check_times(receptor: &ReceptorSpec, table: &mut TableReader<'_, '_>) {
    if receptor.kind == ReceptorKind::Delta {
        for (key, given) in [("tau_syn", receptor.tau_syn), ("tau_rise", receptor.tau_rise)] {
            if given.is_some() && !table.is_faulty("kind") {
                let rule =
                    "has no effect: a delta receptor raises the potential at once".to_owned();
                table.fault(key, FaultKind::Combination { rule });
            }
        }
        return;
    }
    let Some(decay) = receptor.tau_syn else {
        if !table.is_faulty("tau_syn") && !table.is_faulty("kind") {
            table.missing("tau_syn", "a time in ms");
        }
        return;
    };
    if receptor.tau_rise.is_some_and(|rise| rise > decay) {
        let allowed = format!("> 0 ms and at most tau_syn ({decay} ms)");
        table.fault("tau_rise", FaultKind::OutOfRange { allowed });
    }
}

variants! {
    /// How a receptor acts on the cell.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum ReceptorKind, key = "kind", what = "kind of receptor", none {
        /// `s` is a conductance (nS): `I = s (E_rev - V)`
        Conductance = "conductance" {
            /// reversal potential (mV)
            E_rev: f64 = Quantity(Voltage, Any), required;
        },
        /// `s` is a current (pA): `I = s`; weights may be negative
        Current = "current",
        /// no variable: an event raises the potential itself by its weight (mV, of either sign), at the end of the next step,
        /// unless the neuron is refractory, as NEST's `iaf_psc_delta`; of cells with a linear membrane
        Delta = "delta",
        /// a mixture of both, `I = s [alpha (E_rev - V) + (1 - alpha) (E_rev - V_0)]` with `s` in nS
        ///
        /// 1 is a conductance; 0 a current with the driving force it would have at `V_0`.
        Mixture = "mixture" {
            /// reversal potential (mV)
            E_rev: f64 = Quantity(Voltage, Any), required;
            /// share of the conductance
            alpha: f64 = Quantity(Number, Between(0.0, 1.0)), required;
            /// potential at which the current part takes its driving force (mV)
            V_0: f64 = Quantity(Voltage, Any), required;
        },
    }
}

impl ReceptorKind {
    /// Reversal potential (mV); a current has none.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn E_rev(&self) -> Option<f64> {
        match *self {
            Self::Conductance { E_rev } | Self::Mixture { E_rev, .. } => Some(E_rev),
            Self::Current | Self::Delta => None,
        }
    }

    /// `(p, q)` of the current `I = s (q - p V)`; a potential step carries none.
    #[must_use]
    pub fn coefficients(&self) -> (f64, f64) {
        match *self {
            Self::Conductance { E_rev } => (1.0, E_rev),
            Self::Current => (0.0, 1.0),
            Self::Delta => (0.0, 0.0),
            Self::Mixture { E_rev, alpha, V_0 } => (alpha, E_rev - (1.0 - alpha) * V_0),
        }
    }

    /// Dimension of `s` and of the weights.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        match self {
            Self::Conductance { .. } | Self::Mixture { .. } => Dimension::Conductance,
            Self::Current => Dimension::Current,
            Self::Delta => Dimension::Voltage,
        }
    }
}

impl ReceptorSpec {
    /// An exponential conductance.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn conductance(E_rev: f64, tau_syn: f64) -> Self {
        Self { kind: ReceptorKind::Conductance { E_rev }, tau_syn: Some(tau_syn), tau_rise: None }
    }

    /// An exponential current.
    #[must_use]
    pub fn current(tau_syn: f64) -> Self {
        Self { kind: ReceptorKind::Current, tau_syn: Some(tau_syn), tau_rise: None }
    }

    /// Steps of the potential.
    #[must_use]
    pub fn delta() -> Self {
        Self { kind: ReceptorKind::Delta, tau_syn: None, tau_rise: None }
    }
}

/// Dimension of the weights onto the receptor `name` of a file; `None` where the file does not say.
pub(super) fn weights_onto(root: &Node, name: &str) -> Option<Dimension> {
    let (receptor, exact) = root.locate(&format!("receptors.{name}"));
    let mut faults = Faults::default();
    let mut table = TableReader::new(receptor, "", &mut faults).filter(|_| exact)?;
    let kind = ReceptorKind::read_flat(&mut table);
    (!table.is_faulty(ReceptorKind::KEYS[0].name)).then(|| kind.dimension())
}
