//! Synaptic receptors as written.

use serde::Serialize;

use super::read::read_choice;
use crate::spec::fault::FaultKind;
use crate::spec::tree::TableReader;
use crate::spec::units::Dimension;

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
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReceptorSpec {
    /// What `s` is and how it acts.
    #[serde(flatten)]
    pub kind: ReceptorKind,
    /// Decay time constant (ms), > 0.
    pub tau_syn: f64,
    /// Rise time constant (ms), > 0 and at most `tau_syn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_rise: Option<f64>,
}

/// How a receptor acts on the cell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(non_snake_case)]
pub enum ReceptorKind {
    /// `s` is a conductance (nS): `I = s (E_rev - V)`.
    Conductance {
        /// Reversal potential (mV).
        E_rev: f64,
    },
    /// `s` is a current (pA): `I = s`; weights may be negative.
    Current,
    /// Between both: `I = s [alpha (E_rev - V) + (1 - alpha) (E_rev - V_0)]` with `s` in nS. 1 is
    /// a conductance; 0 a current with the driving force it would have at `V_0`.
    Mixture {
        /// Reversal potential (mV).
        E_rev: f64,
        /// Share of the conductance, in [0, 1].
        alpha: f64,
        /// Potential at which the current part takes its driving force (mV).
        V_0: f64,
    },
}

const KINDS: [(&str, u8); 3] = [("conductance", 0), ("current", 1), ("mixture", 2)];

impl ReceptorKind {
    /// Reversal potential (mV); a current has none.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn E_rev(&self) -> Option<f64> {
        match *self {
            Self::Conductance { E_rev } | Self::Mixture { E_rev, .. } => Some(E_rev),
            Self::Current => None,
        }
    }

    /// `(p, q)` of the current `I = s (q - p V)`.
    #[must_use]
    pub fn coefficients(&self) -> (f64, f64) {
        match *self {
            Self::Conductance { E_rev } => (1.0, E_rev),
            Self::Current => (0.0, 1.0),
            Self::Mixture { E_rev, alpha, V_0 } => (alpha, E_rev - (1.0 - alpha) * V_0),
        }
    }

    /// Dimension of `s` and of the weights.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        match self {
            Self::Conductance { .. } | Self::Mixture { .. } => Dimension::Conductance,
            Self::Current => Dimension::Current,
        }
    }
}

impl ReceptorSpec {
    /// An exponential conductance.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn conductance(E_rev: f64, tau_syn: f64) -> Self {
        Self { kind: ReceptorKind::Conductance { E_rev }, tau_syn, tau_rise: None }
    }

    /// An exponential current.
    #[must_use]
    pub fn current(tau_syn: f64) -> Self {
        Self { kind: ReceptorKind::Current, tau_syn, tau_rise: None }
    }
}

#[allow(non_snake_case)]
pub(super) fn read_receptor(table: &mut TableReader<'_, '_>) -> Option<ReceptorSpec> {
    let kind = read_choice(table, "kind", "kind of receptor", &KINDS);
    let kind_is_faulty = table.node("kind").is_some() && kind.is_none();
    let kind = match kind.unwrap_or(0) {
        1 => Some(ReceptorKind::Current),
        2 => {
            let E_rev = table.required_quantity("E_rev", Dimension::Voltage);
            let alpha = table.required_quantity("alpha", Dimension::Number);
            let V_0 = table.required_quantity("V_0", Dimension::Voltage);
            if alpha.is_some_and(|x| !(0.0..=1.0).contains(&x)) {
                let allowed = "between 0 (current) and 1 (conductance)".to_owned();
                table.fault("alpha", FaultKind::OutOfRange { allowed });
                return None;
            }
            (|| Some(ReceptorKind::Mixture { E_rev: E_rev?, alpha: alpha?, V_0: V_0? }))()
        }
        _ if kind_is_faulty => {
            // The kind decides which keys are right: none can be judged.
            for key in ["E_rev", "alpha", "V_0"] {
                table.node(key);
            }
            None
        }
        _ => table
            .required_quantity("E_rev", Dimension::Voltage)
            .map(|E_rev| ReceptorKind::Conductance { E_rev }),
    };
    let tau_syn = table.required_quantity("tau_syn", Dimension::Time);
    if tau_syn.is_some_and(|tau| tau <= 0.0) {
        table.fault("tau_syn", FaultKind::OutOfRange { allowed: "> 0 ms".to_owned() });
        return None;
    }
    let tau_rise = table.quantity("tau_rise", Dimension::Time);
    if let (Some(rise), Some(decay)) = (tau_rise, tau_syn)
        && !(rise > 0.0 && rise <= decay)
    {
        let allowed = format!("> 0 ms and at most tau_syn ({decay} ms)");
        table.fault("tau_rise", FaultKind::OutOfRange { allowed });
        return None;
    }
    Some(ReceptorSpec { kind: kind?, tau_syn: tau_syn?, tau_rise })
}
