//! Projections between populations.

use ntwk_core::ModelSpec;
use ntwk_core::spec::{ConnectionSpec, ProjectionSpec};

use super::dictionary::Dictionary;
use super::names::Names;
use super::receptor::{self, receptor};
use super::ring::Ring;

/// The projections of all pairs of the dictionary, with their receptors and places, put into the model.
pub(super) fn projections(dictionary: &mut Dictionary<'_>, names: &Names, spec: &mut ModelSpec) {
    receptor::ask(dictionary, names.sources());
    let (mut projections, mut thinned) = (Vec::new(), Vec::new());
    for source in names.sources() {
        for target in &names.populations {
            projections.extend(projection(dictionary, names, (source, target), spec, &mut thinned));
        }
    }
    if !thinned.is_empty() {
        dictionary.note(format!(
            "{}: no whole numbers of afferent synapses; the package draws events at these rates, as here the next whole number of \
             synapses, with a release_probability that makes up for it",
            thinned.join(", ")
        ));
    }
    spec.projections = merge_targets(projections);
}

fn projection(
    dictionary: &mut Dictionary<'_>,
    names: &Names,
    (source, target): (&str, &str),
    spec: &mut ModelSpec,
    thinned: &mut Vec<String>,
) -> Option<ProjectionSpec> {
    let is_afferent = names.afferents.iter().any(|name| name == source);
    let [p_key, q_key, release_key] =
        ["p", "Q", "psyn"].map(|word| format!("{word}_{source}_{target}"));
    let (p, weight) = (dictionary.number(&p_key), dictionary.number(&q_key));
    let release = dictionary.number(&release_key);
    let there = |dictionary: &Dictionary<'_>, key: &str| dictionary.has(key);
    let (absent, given) = match (there(dictionary, &p_key), there(dictionary, &q_key)) {
        (true, true) => ("", ""),
        (true, false) => (q_key.as_str(), p_key.as_str()),
        (false, true) => (p_key.as_str(), q_key.as_str()),
        (false, false) => (p_key.as_str(), ""),
    };
    if !absent.is_empty() {
        if !given.is_empty() {
            dictionary.note(format!(
                "{absent}: absent while {given} is given; no connection, as in the package"
            ));
        }
        for word in ["psyn", "alpha", "SpatialDecay", "Delay"] {
            let key = format!("{word}_{source}_{target}");
            if dictionary.number(&key).is_some() {
                let value = dictionary.shown(&key);
                dictionary.note(format!("{key} = {value}: without effect, there is no {absent}"));
            }
        }
        return None;
    }
    let receptor = receptor(dictionary, source, target, &mut spec.receptors);
    let ring = Ring::read(dictionary, source, target, is_afferent);
    let (p, weight, receptor) = (p?, weight?, receptor?);
    let size = match is_afferent {
        true => spec.afferents.get(source)?.size,
        false => spec.populations.get(source)?.size,
    };
    // A number of synapses made of such a p would be one that nobody asked for.
    let mut is_probability = |key: &str, value: f64| {
        let good = (0.0..=1.0).contains(&value);
        if !good {
            dictionary.broken(key, "must be between 0 and 1".to_owned());
        }
        good
    };
    let good = is_probability(&p_key, p);
    if !release.is_none_or(|release| is_probability(&release_key, release)) || !good {
        return None;
    }
    let release = release.map(|release| as_written(dictionary, &release_key, release, is_afferent));
    let number = SynapseNumber::of(p, size, is_afferent);
    match number {
        SynapseNumber::Part(_) => {}
        SynapseNumber::Truncated { synapses } => dictionary.note(format!(
            "{p_key} = {p}: {synapses} synapses, as in the package, where rounding brings {} just below that number",
            synapses + 1
        )),
        SynapseNumber::Thinned { exact, synapses } => {
            thinned.push(format!("{p_key} ({exact} as {synapses})"));
        }
    }
    let mut projection = ProjectionSpec::new(source, target, receptor, weight, number.connection());
    projection.release_probability = number.release() * release.unwrap_or(1.0);
    if let Some(ring) = ring {
        ring.place(dictionary, spec, &mut projection, p);
    }
    Some(projection)
}

/// How many synapses a neuron has of a source.
#[derive(Clone, Copy)]
enum SynapseNumber {
    /// This part of the source.
    Part(f64),
    /// `int(p N)` where binary fractions bring `p N` just below a whole number.
    Truncated { synapses: u64 },
    /// `exact` synapses on average: the afferent events of the package come at `p N` times the rate of a neuron, also where that
    /// is no whole number. As many as the next whole number, which release rarely enough, have events at the same rate.
    Thinned { exact: f64, synapses: u64 },
}

impl SynapseNumber {
    fn of(p: f64, size: u64, is_afferent: bool) -> Self {
        let exact = p * size as f64;
        let whole = (exact - exact.round()).abs() <= 1e-9 * exact.max(1.0);
        if !(exact > 0.0 && exact < f64::from(u32::MAX)) {
            Self::Part(p)
        } else if is_afferent && !whole {
            // Without the noise of binary fractions.
            let exact = (exact * 1e9).round() / 1e9;
            Self::Thinned { exact, synapses: exact.ceil() as u64 }
        } else if !is_afferent && whole && exact < exact.round() {
            Self::Truncated { synapses: exact as u64 }
        } else {
            Self::Part(p)
        }
    }

    fn connection(self) -> ConnectionSpec {
        let (in_degree, probability) = match self {
            Self::Part(p) => (None, Some(p)),
            Self::Truncated { synapses } | Self::Thinned { synapses, .. } => (Some(synapses), None),
        };
        ConnectionSpec::FixedInDegree { in_degree, probability, multapses: true, autapses: false }
    }

    /// The release probability that makes synapses of it what the package has.
    fn release(self) -> f64 {
        match self {
            Self::Part(_) | Self::Truncated { .. } => 1.0,
            Self::Thinned { exact, synapses } => exact / synapses as f64,
        }
    }
}

/// The release probability as the package writes it into its equations, with three decimals.
fn as_written(dictionary: &mut Dictionary<'_>, key: &str, release: f64, is_afferent: bool) -> f64 {
    if !(release < 1.0 || is_afferent) {
        return release;
    }
    let written: f64 = format!("{release:.3}").parse().unwrap_or(release);
    if (written - release).abs() > 1e-12 {
        dictionary.note(format!(
            "{key} = {release}: {written}, as in the package, which takes three decimals of it"
        ));
    }
    written
}

/// Projections that differ only in their target become one with a list of targets.
fn merge_targets(projections: Vec<ProjectionSpec>) -> Vec<ProjectionSpec> {
    let mut merged: Vec<ProjectionSpec> = Vec::new();
    for projection in projections {
        let same = merged.iter_mut().find(|other| {
            let mut projection = projection.clone();
            projection.target.clone_from(&other.target);
            projection == **other
        });
        match same {
            Some(other) => other.target.extend(projection.target),
            None => merged.push(projection),
        }
    }
    merged
}
