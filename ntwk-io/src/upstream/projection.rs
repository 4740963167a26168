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
    let mut projections = Vec::new();
    for source in names.sources() {
        for target in &names.populations {
            projections.extend(projection(dictionary, names, source, target, spec));
        }
    }
    spec.projections = merge_targets(projections);
}

fn projection(
    dictionary: &mut Dictionary<'_>,
    names: &Names,
    source: &str,
    target: &str,
    spec: &mut ModelSpec,
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
    if is_afferent {
        judge_afferent_in_degree(dictionary, &p_key, p, size, release);
    }
    let connection = ConnectionSpec::FixedInDegree {
        in_degree: None,
        probability: Some(p),
        multapses: true,
        autapses: false,
    };
    let mut projection = ProjectionSpec::new(source, target, receptor, weight, connection);
    projection.release_probability = release.unwrap_or(1.0);
    if let Some(ring) = ring {
        if !(0.0..=1.0).contains(&p) {
            dictionary.broken(&p_key, "must be between 0 and 1".to_owned());
        }
        ring.place(dictionary, spec, &mut projection, p);
    }
    Some(projection)
}

/// Afferent events come in the package at `p N` times the rate of a neuron, also where that is no whole number.
fn judge_afferent_in_degree(
    dictionary: &mut Dictionary<'_>,
    key: &str,
    p: f64,
    size: u64,
    release: Option<f64>,
) {
    let exact = p * size as f64;
    if (exact - exact.round()).abs() > 1e-9 * exact.max(1.0) {
        let (down, up) = (exact.floor(), exact.ceil());
        dictionary.note(format!(
            "{key} = {p}: {down} of {exact} synapses; the afferent events of the package come at the rate of {exact}, as here \
             those of in_degree = {up} with release_probability = {}",
            release.unwrap_or(1.0) * exact / up
        ));
    }
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
