//! Synaptic receptors as written.

use super::kind::{EXPRESSIONS, KindMethod, KindParameterSpec, Texts, VARIABLES};
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Section, Words};
use crate::spec::tree::Node;
use crate::spec::units::{Dimension, Unit};
use crate::spec::value::Named;
use crate::{section, variants, words};

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
    /// A receptor of potential steps (`kind = "delta"`), of a variable or of equations has no such time constant.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct ReceptorSpec, check = check_times {
        /// what `s` is and how it acts
        kind: ReceptorKind = Flat(ReceptorKind::KEYS), none;
        /// decay time constant (ms); required for `"conductance"`, `"current"` and `"mixture"`
        tau_syn: Option<f64> = Quantity(Time, Positive), none;
        /// rise time constant (ms), at most `tau_syn`: double-exponential, peak 1 per unit of weight
        tau_rise: Option<f64> = Quantity(Time, Positive), none;
    }
}

const SUMS: &str = "a table of variables by variable of the cell, such as { s_tot = \"s\" }";

fn check_times(receptor: &ReceptorSpec, table: &mut TableReader<'_, '_>) {
    if !receptor.kind.decays() {
        let why = match receptor.kind {
            ReceptorKind::Delta => "a delta receptor raises the potential at once",
            ReceptorKind::Variable { .. } => {
                "the equations of the cell say how its variable decays"
            }
            _ => "its equations say how its variables decay",
        };
        for (key, given) in [("tau_syn", receptor.tau_syn), ("tau_rise", receptor.tau_rise)] {
            if given.is_some() && !table.is_faulty("kind") {
                let rule = format!("has no effect: {why}");
                table.fault(key, FaultKind::Combination { rule });
            }
        }
        if let ReceptorKind::Equations { per, sum, current, .. } = &receptor.kind {
            if *per == VariablesOf::Target && !sum.0.is_empty() {
                let rule =
                    "is for per = \"source\": variables of the target are its own".to_owned();
                table.fault("sum", FaultKind::Combination { rule });
            }
            let acts = current.is_some() || !sum.0.is_empty();
            if !acts && !table.is_faulty("current") && !table.is_faulty("sum") {
                table.missing("current", "the current into the cell, or sum");
            }
        }
        if let Some(unit) = receptor.kind.unit()
            && let Err(rule) = Unit::parse(unit)
        {
            table.fault("unit", FaultKind::Combination { rule });
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
    // A model has a handful of receptors: the size of the largest does not matter.
    #[allow(clippy::large_enum_variant)]
    #[derive(Debug, Clone, PartialEq)]
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
        /// a variable of the cell: an event raises it by its weight, after the step of the cell and its reset
        ///
        /// What is added to a variable that stands still in the refractory period (`hold`) of a neuron that is refractory is lost,
        /// as what is added to one that the reset of the same step sets (Brian2's order: synapses before resets).
        Variable = "variable" {
            /// name of the variable
            variable: String = Text, required;
            /// its unit, which is that of the weights
            unit: String = Text, required;
        },
        /// equations of its own: variables that events raise, and the current that they carry
        Equations = "equations" {
            /// what the receptor is, and who published it
            doc: Option<String> = Text, none;
            /// units of its variables
            variables: Texts = Other(VARIABLES), required;
            /// their equations, and what they are made of
            equations: String = Text, required;
            /// the current into the cell (pA, positive ones depolarise): an expression of the variables, the potential `V` and the
            /// parameters. With `per = "source"` each variable stands for its sum over the synapses, each times its weight
            current: Option<String> = Text, none;
            /// with `per = "source"`: variables of the cell that are, in every step, the sum of a variable over the synapses, each
            /// times its weight: `{ s_tot = "s" }`
            sum: Texts = Other(SUMS), none;
            /// what an event does, such as `s += weight`; with `per = "source"` any statements, such as `x += 1`, without `weight`
            on_event: String = Text, required;
            /// whose the variables are
            per: VariablesOf = Choice(VariablesOf::WORDS), or(VariablesOf::Target);
            /// unit of the weights
            unit: String = Text, or("1".to_owned());
            /// values of the variables at the start, as expressions
            init: Texts = Other(EXPRESSIONS), none;
            /// numerical method of the variables with `per = "source"`; without one, that of the simulation
            method: Option<KindMethod> = Choice(KindMethod::WORDS), none;
            /// parameters: those of a receptor NAME are `NAME_PARAMETER` of the cells that it acts on
            parameters: Named<KindParameterSpec> = Named(KindParameterSpec::KEYS), none;
        },
    }
}

words! {
    /// Whose the variables of a receptor by equations are.
    pub enum VariablesOf, what = "owner of variables" {
        /// the target neuron has one of each: events of all its synapses add up in them
        Target = "target",
        /// the source neuron has one of each, raised when its spikes arrive: all its synapses have the same (one delay), and a
        /// target takes their sum, each times the weight. N neurons have N variables, where each synapse of its own would make N K
        Source = "source",
    }
}

impl ReceptorKind {
    /// Reversal potential (mV); a current has none.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn E_rev(&self) -> Option<f64> {
        match *self {
            Self::Conductance { E_rev } | Self::Mixture { E_rev, .. } => Some(E_rev),
            Self::Current | Self::Delta | Self::Variable { .. } | Self::Equations { .. } => None,
        }
    }

    /// Whether it has a variable `s` that decays with `tau_syn` and carries a current.
    #[must_use]
    pub fn decays(&self) -> bool {
        matches!(self, Self::Conductance { .. } | Self::Current | Self::Mixture { .. })
    }

    /// The written unit of the weights, of kinds that have one.
    fn unit(&self) -> Option<&str> {
        match self {
            Self::Variable { unit, .. } | Self::Equations { unit, .. } => Some(unit),
            _ => None,
        }
    }

    /// `(p, q)` of the current `I = s (q - p V)`; what has no variable `s` carries none.
    #[must_use]
    pub fn coefficients(&self) -> (f64, f64) {
        match *self {
            Self::Conductance { E_rev } => (1.0, E_rev),
            Self::Current => (0.0, 1.0),
            Self::Delta | Self::Variable { .. } | Self::Equations { .. } => (0.0, 0.0),
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
            Self::Variable { unit, .. } | Self::Equations { unit, .. } => {
                Unit::parse(unit).unwrap_or_default().dimension()
            }
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
