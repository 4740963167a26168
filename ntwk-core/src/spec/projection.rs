//! Projections as written: source, targets, receptor, weights, delays, plasticity.

use super::receptor::weights_onto;
use super::{ConnectionSpec, Distribution};
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Kind, Place, Section};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::{section, variants};

section! {
    /// A projection from one source to one or several target populations.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct ProjectionSpec, before = dimension_of_weights, check = check {
        /// name, for events, tables and files; without it, `SOURCE_TARGET`
        name: Option<String> = Text, none;
        /// source: a population or afferent population
        source: String = Text, required("the name of a population or afferent population");
        /// target populations, one or several; each gets a projection of its own with these settings
        target: Vec<String> = Texts("the name of a population, or a list of names"), required;
        /// receptor the events act on
        receptor: String = Text, required("the name of a receptor");
        /// step of the receptor's variable at one event (nS; pA of either sign for a current, mV for potential steps): a value, a distribution,
        /// or a list with a value per connection of the rule `pairs`
        ///
        /// A drawn weight whose sign is not that of the mean is drawn again.
        weight: Distribution = OwnDistribution, required;
        /// delay (ms), rounded to the nearest step; 0 acts on the next step: a value, a distribution, a list with a value
        /// per connection of the rule `pairs`, or a table with `base` and `velocity`, for `base` + distance / `velocity`
        delay: DelaySpec = Table(DistanceDelay::KEYS), or(DelaySpec::constant(0.0));
        /// probability that an event is transmitted
        release_probability: f64 = Quantity(Number, Between(0.0, 1.0)), or(1.0);
        /// connection rule
        connection: ConnectionSpec = Table(ConnectionSpec::KEYS), required("a table with rule = \"...\"");
        /// dynamics of the synapses
        plasticity: Option<PlasticitySpec> = Table(PlasticitySpec::KEYS), none;
        /// equations of the synapses, by their name among the `synapses` of the model
        synapse: Option<String> = Text, none;
    }
}

impl ProjectionSpec {
    /// A static projection without delay and with certain release.
    #[must_use]
    pub fn new(
        source: impl Into<String>,
        target: impl Into<String>,
        receptor: impl Into<String>,
        weight: f64,
        connection: ConnectionSpec,
    ) -> Self {
        Self {
            name: None,
            source: source.into(),
            target: vec![target.into()],
            receptor: receptor.into(),
            weight: Distribution::Constant(weight),
            delay: DelaySpec::constant(0.0),
            release_probability: 1.0,
            connection,
            plasticity: None,
            synapse: None,
        }
    }
}

/// Weights have the dimension of their receptor.
fn dimension_of_weights(table: &mut TableReader<'_, '_>) {
    table.own = match table.peek("receptor").map(|node| &node.value) {
        Some(Value::String(receptor)) => weights_onto(table.root, receptor),
        _ => None,
    };
}

fn check(projection: &ProjectionSpec, table: &mut TableReader<'_, '_>) {
    if table.own == Some(Dimension::Conductance)
        && projection.weight.least() < 0.0
        && !table.is_faulty("weight")
    {
        let allowed = ">= 0 nS (a receptor's E_rev makes it excitatory or inhibitory)".to_owned();
        table.fault("weight", FaultKind::OutOfRange { allowed });
    }
    if table.is_faulty("connection") {
        return;
    }
    let mut listed = vec![("weight", &projection.weight)];
    if let DelaySpec::Drawn(delay) = &projection.delay {
        listed.push(("delay", delay));
    }
    for (key, values) in listed {
        if let Some(rule) = projection.connection.list_fault(values) {
            table.fault(key, FaultKind::Combination { rule });
        }
    }
}

/// Delays of a projection.
#[derive(Debug, Clone, PartialEq)]
pub enum DelaySpec {
    /// The same for all synapses, or drawn for each (a negative draw is drawn again), or listed, one per
    /// connection of the rule `pairs`.
    Drawn(Distribution),
    /// `base + distance / velocity`, with the distance between the two neurons.
    Distance {
        /// Delay at distance zero (ms), >= 0.
        base: f64,
        /// Conduction velocity (m/s), > 0.
        velocity: f64,
    },
}

impl DelaySpec {
    /// The same delay for all synapses.
    #[must_use]
    pub fn constant(delay: f64) -> Self {
        Self::Drawn(Distribution::Constant(delay))
    }

    /// The delay when it is the same for all.
    #[must_use]
    pub fn as_constant(&self) -> Option<f64> {
        match self {
            Self::Drawn(distribution) => distribution.constant(),
            Self::Distance { .. } => None,
        }
    }
}

section! {
    /// The keys of a delay that grows with distance.
    struct DistanceDelay {
        /// delay at distance zero (ms)
        base: f64 = Quantity(Time, NonNegative), or(0.0);
        /// conduction velocity (m/s)
        velocity: f64 = Quantity(Speed, Positive), required;
    }
}

impl KeyValue for DelaySpec {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let has = |key: &crate::spec::key::Key| place.node.locate(key.name).1;
        if matches!(place.node.value, Value::Table(_)) && DistanceDelay::KEYS.iter().any(has) {
            let DistanceDelay { base, velocity } = DistanceDelay::read(place, kind);
            return Self::Distance { base, velocity };
        }
        let delay = Distribution::read_in(&mut place, Some(Dimension::Time));
        if delay.least() < 0.0 {
            place.out_of_range(">= 0 ms");
        }
        Self::Drawn(delay)
    }

    fn nothing() -> Self {
        Self::Drawn(Distribution::nothing())
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::Drawn(delay) => delay.write(),
            &Self::Distance { base, velocity } => DistanceDelay { base, velocity }.write(),
        }
    }
}

variants! {
    /// Dynamics of the synapses of a projection.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum PlasticitySpec, key = "rule", what = "plasticity rule", required("tsodyks_markram or stdp") {
        /// short-term depression and facilitation
        ///
        /// Tsodyks, Uziel & Markram 2000, J Neurosci 20:RC50; event form of Tsodyks, Pawelzik & Markram 1998, Neural
        /// Comput 10:821. With the time `Δ` since the last spike of the source neuron,
        ///
        /// ```text
        /// x = 1 + (x⁺ - 1) e^(-Δ/tau_rec)     u⁻ = u e^(-Δ/tau_facil)
        /// u = u⁻ + U (1 - u⁻)                 the event acts with weight · u · x;  x⁺ = x (1 - u)
        /// ```
        ///
        /// starting from `x = 1`, `u⁻ = 0`. `tau_facil = 0` has no facilitation: `u = U`.
        TsodyksMarkram = "tsodyks_markram" {
            /// utilisation of a first spike
            U: f64 = Quantity(Number, Above(0.0, 1.0)), required;
            /// recovery from depression (ms)
            tau_rec: f64 = Quantity(Time, Positive), required;
            /// decay of facilitation (ms)
            tau_facil: f64 = Quantity(Time, NonNegative), required;
        },
        /// pairs of spikes, additive, weights in [0, `w_max`]
        ///
        /// Pair-based spike-timing-dependent plasticity, all pairs, additive with bounds (Song, Miller
        /// & Abbott 2000, Nat Neurosci 3:919):
        ///
        /// ```text
        /// arrival of a spike:  s += w;  p += 1;  w -= A_minus w_max q     clipped to [0, w_max]
        /// spike of the target: q += 1;  w += A_plus w_max p               clipped to [0, w_max]
        /// dp/dt = -p / tau_plus         dq/dt = -q / tau_minus
        /// ```
        ///
        /// The delay is axonal: all that a source's spike does happens at its arrival. In a step,
        /// arrivals come before spikes of the target. With a dendritic share f of the delay d, the synapse sees a spike of
        /// the source (1 - f) d after it is sent, and one of the target f d after it is fired.
        Stdp = "stdp" {
            /// amplitude of potentiation, relative to `w_max`
            A_plus: f64 = Quantity(Number, Any), required;
            /// amplitude of depression, relative to `w_max`
            A_minus: f64 = Quantity(Number, Any), required;
            /// window of potentiation (ms)
            tau_plus: f64 = Quantity(Time, Positive), required;
            /// window of depression (ms)
            tau_minus: f64 = Quantity(Time, Positive), required;
            /// largest weight (nS or pA)
            w_max: f64 = Own(Positive), required;
            /// share of the delay that lies in the dendrite, between synapse and soma
            dendritic_delay_fraction: f64 = Quantity(Number, Between(0.0, 1.0)), or(0.0);
        },
    }
}
