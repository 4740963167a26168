//! Projections as written: source, targets, receptor, weights, delays, plasticity.

use serde::Serialize;

use super::connection::read_connection;
use super::read::{read_choice, ruled};
use super::{ConnectionSpec, Distribution};
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::tree::{Node, TableReader, Value, wrong_type};
use crate::spec::units::Dimension;

/// A projection from one source to one or several target populations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProjectionSpec {
    /// Name; the default is `<source>_<target>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Source population or afferent population.
    pub source: String,
    /// Target populations; each gets a projection of its own with these settings.
    pub target: Vec<String>,
    /// Receptor the events act on.
    pub receptor: String,
    /// Step of the receptor's variable at one event: nS (>= 0), or pA of either sign for a receptor
    /// of the kind current. A drawn weight whose sign is not that of the mean is drawn again. A list has one
    /// weight per connection of the rule `pairs`.
    pub weight: Distribution,
    /// Delay (ms), >= 0, rounded to the nearest step; 0 acts on the next step.
    pub delay: DelaySpec,
    /// Probability that an event is transmitted, in [0, 1].
    pub release_probability: f64,
    /// Connection rule.
    pub connection: ConnectionSpec,
    /// Dynamics of the synapses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plasticity: Option<PlasticitySpec>,
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
        }
    }
}

/// Delays of a projection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
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

/// Dynamics of the synapses of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[allow(non_snake_case)]
pub enum PlasticitySpec {
    /// Short-term plasticity (Tsodyks, Uziel & Markram 2000, J Neurosci 20:RC50; event form of
    /// Tsodyks, Pawelzik & Markram 1998, Neural Comput 10:821). With the time `Δ` since the last
    /// spike of the source neuron,
    ///
    /// ```text
    /// x = 1 + (x⁺ - 1) e^(-Δ/tau_rec)     u⁻ = u e^(-Δ/tau_facil)
    /// u = u⁻ + U (1 - u⁻)                 the event acts with weight · u · x;  x⁺ = x (1 - u)
    /// ```
    ///
    /// starting from `x = 1`, `u⁻ = 0`. `tau_facil = 0` has no facilitation: `u = U`.
    TsodyksMarkram {
        /// Utilisation of a first spike, in (0, 1].
        U: f64,
        /// Recovery from depression (ms), > 0.
        tau_rec: f64,
        /// Decay of facilitation (ms), >= 0.
        tau_facil: f64,
    },
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
    /// arrivals come before spikes of the target.
    Stdp {
        /// Amplitude of potentiation, relative to `w_max`.
        A_plus: f64,
        /// Amplitude of depression, relative to `w_max`.
        A_minus: f64,
        /// Window of potentiation (ms), > 0.
        tau_plus: f64,
        /// Window of depression (ms), > 0.
        tau_minus: f64,
        /// Largest weight (nS or pA), > 0.
        w_max: f64,
    },
}

/// The projections that can be read, each with its place in the list. `dimension` tells the
/// dimension of the weights onto a receptor.
pub(super) fn read_projections(
    table: &mut TableReader<'_, '_>,
    dimension: &dyn Fn(&str) -> Dimension,
) -> Vec<(usize, ProjectionSpec)> {
    let Some(node) = table.node("projections") else {
        return Vec::new();
    };
    let Value::List(items) = &node.value else {
        wrong_type(table.faults, "projections", node, "a list of tables ([[projections]])");
        return Vec::new();
    };
    items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| {
            let mut entry = TableReader::new(item, format!("projections[{i}]"), table.faults)?;
            let projection = read_projection(&mut entry, dimension);
            entry.finish();
            projection.map(|projection| (i, projection))
        })
        .collect()
}

fn read_projection(
    table: &mut TableReader<'_, '_>,
    dimension: &dyn Fn(&str) -> Dimension,
) -> Option<ProjectionSpec> {
    let name = table.text("name");
    let source = table.required_text("source", "the name of a population or afferent population");
    let target = read_targets(table);
    let receptor = table.required_text("receptor", "the name of a receptor");
    let dimension = receptor.as_deref().map_or(Dimension::Conductance, dimension);
    let weight = read_weight(table, dimension);
    let delay = match table.node("delay") {
        None => Some(DelaySpec::constant(0.0)),
        Some(node) => {
            let path = table.path_of("delay");
            read_delay(node, &path, table.faults)
        }
    };
    let release_probability =
        ruled(table, "release_probability", Dimension::Number, 1.0, "between 0 and 1", |x| {
            (0.0..=1.0).contains(&x)
        });
    table.required("connection", "a table with rule = \"...\"");
    let connection = table.table("connection").and_then(read_connection);
    if let Some(connection) = &connection {
        let listed = [
            ("weight", weight.as_ref()),
            (
                "delay",
                match &delay {
                    Some(DelaySpec::Drawn(delay)) => Some(delay),
                    _ => None,
                },
            ),
        ];
        for (key, values) in listed {
            if let Some(rule) = values.and_then(|values| connection.list_fault(values)) {
                table.fault(key, FaultKind::Combination { rule });
            }
        }
    }
    let plasticity = table.table("plasticity").map(|entry| read_plasticity(entry, dimension));
    Some(ProjectionSpec {
        name,
        source: source?,
        target: target?,
        receptor: receptor?,
        weight: weight?,
        delay: delay?,
        release_probability,
        connection: connection?,
        plasticity: match plasticity {
            None => None,
            Some(read) => Some(read?),
        },
    })
}

fn read_targets(table: &mut TableReader<'_, '_>) -> Option<Vec<String>> {
    const EXPECTED: &str = "the name of a population, or a list of names";
    let node = table.required("target", EXPECTED)?;
    let names: Option<Vec<String>> = match &node.value {
        Value::String(name) => Some(vec![name.clone()]),
        Value::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| match &item.value {
                Value::String(name) => Some(name.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    if names.is_none() {
        let path = table.path_of("target");
        wrong_type(table.faults, &path, node, EXPECTED);
    }
    names
}

/// Reads the weight; a conductance must not be negative.
fn read_weight(table: &mut TableReader<'_, '_>, dimension: Dimension) -> Option<Distribution> {
    let what = format!(
        "{} in {}, a distribution, or a list with rule = \"pairs\"",
        dimension.name(),
        dimension.unit()
    );
    let node = table.required("weight", &what)?;
    let path = table.path_of("weight");
    let weight = Distribution::read(node, &path, dimension, table.faults)?;
    let least = match &weight {
        Distribution::Listed(weights) => weights.iter().copied().fold(0.0, f64::min),
        other => other.mean(),
    };
    if dimension == Dimension::Conductance && least < 0.0 {
        let allowed = ">= 0 nS (a receptor's E_rev makes it excitatory or inhibitory)".to_owned();
        table.fault("weight", FaultKind::OutOfRange { allowed });
    }
    Some(weight)
}

fn read_delay(node: &Node, path: &str, faults: &mut Faults) -> Option<DelaySpec> {
    if let Value::Table(entries) = &node.value
        && entries.iter().any(|e| e.0 == "velocity" || e.0 == "base")
    {
        let mut table = TableReader::new(node, path, faults)?;
        let base = ruled(&mut table, "base", Dimension::Time, 0.0, ">= 0", |x| x >= 0.0);
        let velocity = table.required_quantity("velocity", Dimension::Speed);
        if velocity.is_some_and(|v| v <= 0.0) {
            table.fault("velocity", FaultKind::OutOfRange { allowed: "> 0 m/s".to_owned() });
        }
        table.finish();
        return velocity.map(|velocity| DelaySpec::Distance { base, velocity });
    }
    let delay = Distribution::read(node, path, Dimension::Time, faults)?;
    if delay.mean() < 0.0 {
        let kind = FaultKind::OutOfRange { allowed: ">= 0 ms".to_owned() };
        faults.push(path, Some(node.display()), node.line, kind);
    }
    Some(DelaySpec::Drawn(delay))
}

const PLASTICITY: [(&str, bool); 2] = [("tsodyks_markram", false), ("stdp", true)];

#[allow(non_snake_case)]
fn read_plasticity(mut table: TableReader<'_, '_>, dimension: Dimension) -> Option<PlasticitySpec> {
    table.required("rule", "tsodyks_markram or stdp")?;
    let stdp = read_choice(&mut table, "rule", "plasticity rule", &PLASTICITY)?;
    let mut value =
        |key: &'static str, dimension: Dimension, rule: &str, holds: fn(f64) -> bool| {
            let x = table.required_quantity(key, dimension)?;
            if !holds(x) {
                let allowed = format!("{rule} {}", dimension.unit()).trim_end().to_owned();
                table.fault(key, FaultKind::OutOfRange { allowed });
            }
            Some(x)
        };
    let plasticity = if stdp {
        let A_plus = value("A_plus", Dimension::Number, "finite", f64::is_finite);
        let A_minus = value("A_minus", Dimension::Number, "finite", f64::is_finite);
        let tau_plus = value("tau_plus", Dimension::Time, "> 0", |x| x > 0.0);
        let tau_minus = value("tau_minus", Dimension::Time, "> 0", |x| x > 0.0);
        let w_max = value("w_max", dimension, "> 0", |x| x > 0.0);
        (|| {
            Some(PlasticitySpec::Stdp {
                A_plus: A_plus?,
                A_minus: A_minus?,
                tau_plus: tau_plus?,
                tau_minus: tau_minus?,
                w_max: w_max?,
            })
        })()
    } else {
        let U = value("U", Dimension::Number, "above 0 and at most 1", |x| x > 0.0 && x <= 1.0);
        let tau_rec = value("tau_rec", Dimension::Time, "> 0", |x| x > 0.0);
        let tau_facil = value("tau_facil", Dimension::Time, ">= 0", |x| x >= 0.0);
        (|| {
            Some(PlasticitySpec::TsodyksMarkram { U: U?, tau_rec: tau_rec?, tau_facil: tau_facil? })
        })()
    };
    table.finish();
    plasticity
}
