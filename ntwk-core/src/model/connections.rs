//! Projections of a model: names, connection rules against sizes, delays, combinations.

use super::resolve::unknown;
use super::{Positions, Projection, Source};
use crate::spec::Distribution;
use crate::spec::fault::{Fault, FaultKind, Faults};
use crate::spec::{
    AfferentActivity, ConnectionSpec, DelaySpec, ModelSpec, Named, PlasticitySpec, ProjectionSpec,
    SpaceSpec, Trains,
};

pub(super) fn resolve_projections(spec: &ModelSpec, faults: &mut Faults) -> Vec<Projection> {
    let dt = spec.simulation.dt;
    let mut projections: Vec<Projection> = Vec::new();
    let sources: Vec<&str> = spec.populations.names().chain(spec.afferents.names()).collect();
    for (i, written) in spec.projections.iter().enumerate() {
        let path = format!("projections[{i}]");
        let source = match (
            spec.populations.index(&written.source),
            spec.afferents.index(&written.source),
        ) {
            (Some(index), _) => Some((Source::Population(index), spec.populations.0[index].1.size)),
            (None, Some(index)) => Some((Source::Afferent(index), spec.afferents.0[index].1.size)),
            (None, None) => {
                let kind = unknown("population or afferent population", &written.source, &sources);
                faults.push(
                    format!("{path}.source"),
                    Some(format!("\"{}\"", written.source)),
                    None,
                    kind,
                );
                None
            }
        };
        let receptor = lookup(
            &spec.receptors,
            &written.receptor,
            "receptor",
            &format!("{path}.receptor"),
            faults,
        );
        let first_fault = faults.list.len();
        for target_name in &written.target {
            let Some(target) = lookup(
                &spec.populations,
                target_name,
                "population",
                &format!("{path}.target"),
                faults,
            ) else {
                continue;
            };
            let (Some((source, source_size)), Some(receptor)) = (source, receptor) else {
                continue;
            };
            let target_size = spec.populations.0[target].1.size;
            let Some(in_degree) = check_connection(
                spec,
                written,
                source,
                source_size,
                target,
                target_size,
                &path,
                faults,
            ) else {
                continue;
            };
            let name = match (&written.name, written.target.len()) {
                (Some(name), 1) => name.clone(),
                (Some(name), _) => format!("{name}_{target_name}"),
                (None, _) => format!("{}_{target_name}", written.source),
            };
            if projections.iter().any(|p| p.name == name) {
                let rule = format!(
                    "a projection called \"{name}\" exists already; give this one a name of its own"
                );
                faults.push(format!("{path}.name"), None, None, FaultKind::Combination { rule });
                continue;
            }
            let mean_delay = match &written.delay {
                DelaySpec::Drawn(distribution) => distribution.mean(),
                DelaySpec::Distance { base, .. } => *base,
            };
            projections.push(Projection {
                name,
                source,
                target,
                receptor,
                weight: written.weight.mean(),
                weights: written.weight.clone(),
                delay_steps: (mean_delay / dt).round() as u32,
                delays: written.delay.clone(),
                release_probability: written.release_probability,
                connection: written.connection.clone(),
                in_degree,
                plasticity: written.plasticity,
            });
        }
        // A fault of the settings, not of one target, is the same for every target: say it once.
        let mut once: Vec<Fault> = Vec::new();
        for fault in faults.list.drain(first_fault..) {
            if !once.contains(&fault) {
                once.push(fault);
            }
        }
        faults.list.append(&mut once);
        check_delay(&written.delay, dt, &format!("{path}.delay"), faults);
        if let Some(PlasticitySpec::Stdp { w_max, .. }) = written.plasticity {
            let weights = match &written.weight {
                Distribution::Listed(weights) => weights.clone(),
                other => vec![other.mean()],
            };
            if let Some(weight) = weights.iter().find(|w| !(0.0..=w_max).contains(*w)) {
                let rule = format!("must lie between 0 and w_max ({w_max})");
                let kind = FaultKind::Combination { rule };
                faults.push(format!("{path}.weight"), Some(weight.to_string()), None, kind);
            }
            if written.delay.as_constant().is_none() {
                let rule = "stdp needs the same delay for all synapses".to_owned();
                let kind = FaultKind::Combination { rule };
                faults.push(format!("{path}.delay"), None, None, kind);
            }
        }
        if written.plasticity.is_some() && written.release_probability < 1.0 {
            let rule = "a plastic synapse releases with certainty; leave this out".to_owned();
            let kind = FaultKind::Combination { rule };
            let value = Some(written.release_probability.to_string());
            faults.push(format!("{path}.release_probability"), value, None, kind);
        }
    }
    projections
}

/// Spikes are kept for this many steps at most; a second of delay at dt = 0.01 ms fits.
pub(super) const MAX_DELAY_STEPS: f64 = 100_000.0;

/// Checks that a delay is a number of steps.
fn check_delay(delay: &DelaySpec, dt: f64, key: &str, faults: &mut Faults) {
    let mean = match delay {
        DelaySpec::Drawn(distribution) => distribution.mean(),
        DelaySpec::Distance { base, .. } => *base,
    };
    if delay.as_constant().is_some() && mean > 0.0 && mean < 0.5 * dt {
        let rule = format!("rounds to zero steps of dt = {dt} ms; write 0 if that is meant");
        faults.push(key, Some(mean.to_string()), None, FaultKind::Combination { rule });
    }
    let longest = match delay {
        DelaySpec::Drawn(Distribution::Listed(delays)) => {
            delays.iter().copied().fold(0.0, f64::max)
        }
        _ => mean,
    };
    if longest / dt > MAX_DELAY_STEPS {
        let allowed = format!("at most {MAX_DELAY_STEPS} steps of dt = {dt} ms");
        faults.push(key, Some(longest.to_string()), None, FaultKind::OutOfRange { allowed });
    }
}

pub(super) fn lookup<T>(
    named: &Named<T>,
    name: &str,
    what: &'static str,
    key: &str,
    faults: &mut Faults,
) -> Option<usize> {
    let index = named.index(name);
    if index.is_none() {
        let names: Vec<&str> = named.names().collect();
        faults.push(key, Some(format!("\"{name}\"")), None, unknown(what, name, &names));
    }
    index
}

/// Expected in-degree of the Gaussian rule, averaged over at most 256 evenly chosen targets.
fn mean_in_degree(
    space: SpaceSpec,
    [sources, targets]: [u32; 2],
    sigma: f64,
    peak: f64,
    without_autapses: bool,
) -> f64 {
    let from = Positions::new(space, sources);
    let to = Positions::new(space, targets);
    let stride = targets.div_ceil(256).max(1);
    let chosen: Vec<u32> = (0..targets).step_by(stride as usize).collect();
    let total: f64 = chosen
        .iter()
        .flat_map(|&t| {
            let at = to.of(t);
            (0..sources)
                .filter(move |&s| !(without_autapses && s == t))
                .map(move |s| peak * from.gaussian(s, at, sigma))
        })
        .sum();
    total / chosen.len() as f64
}

/// Checks a connection rule against the sizes and returns the expected in-degree.
#[allow(clippy::too_many_arguments)]
fn check_connection(
    spec: &ModelSpec,
    written: &ProjectionSpec,
    source: Source,
    source_size: u64,
    target: usize,
    target_size: u64,
    path: &str,
    faults: &mut Faults,
) -> Option<f64> {
    let recurrent = source == Source::Population(target);
    let rate_driven = match source {
        Source::Afferent(i) => matches!(
            spec.afferents.0[i].1.activity,
            AfferentActivity::Rate { trains: Trains::PerTarget, .. }
        ),
        Source::Population(_) => false,
    };
    let key = |name: &str| format!("{path}.connection.{name}");
    if rate_driven {
        let distributed = [
            ("weight", written.weight.constant().is_none()),
            ("delay", written.delay.as_constant().is_none()),
            ("plasticity", written.plasticity.is_some()),
        ];
        for (name, _) in distributed.into_iter().filter(|d| d.1) {
            let rule = "an independent train per target has no synapses to tell apart; use trains = \"per_source\""
                .to_owned();
            faults.push(format!("{path}.{name}"), None, None, FaultKind::Combination { rule });
        }
    }
    let by_distance = matches!(written.delay, DelaySpec::Distance { .. })
        || matches!(written.connection, ConnectionSpec::DistanceGaussian { .. });
    if by_distance {
        let space = |i: usize| spec.populations.0[i].1.space;
        let source_space = match source {
            Source::Population(i) => space(i),
            Source::Afferent(_) => None,
        };
        if source_space.is_none() || source_space != space(target) {
            let rule =
                "needs source and target populations with the same space (populations.NAME.space)"
                    .to_owned();
            let what = if matches!(written.delay, DelaySpec::Distance { .. }) {
                "delay"
            } else {
                "connection.rule"
            };
            faults.push(format!("{path}.{what}"), None, None, FaultKind::Combination { rule });
            return None;
        }
    }
    let mut broken = |name: &str, rule: String| {
        faults.push(key(name), None, None, FaultKind::Combination { rule });
        None
    };
    let autapses_given = match written.connection {
        ConnectionSpec::FixedInDegree { autapses, .. }
        | ConnectionSpec::FixedOutDegree { autapses, .. }
        | ConnectionSpec::PairwiseBernoulli { autapses, .. }
        | ConnectionSpec::DistanceGaussian { autapses, .. }
        | ConnectionSpec::AllToAll { autapses } => autapses,
        // Here autapses are the default, and mean nothing between two populations.
        ConnectionSpec::FixedTotalNumber { autapses, .. } => autapses && recurrent,
        ConnectionSpec::OneToOne | ConnectionSpec::Pairs { .. } => false,
    };
    if autapses_given && !written.target.contains(&written.source) {
        return broken("autapses", "concerns a projection of a population onto itself".to_owned());
    }
    let candidates = if recurrent && !autapses_given { source_size - 1 } else { source_size };
    match &written.connection {
        ConnectionSpec::FixedInDegree { in_degree, probability, multapses, .. } => {
            let degree = match (in_degree, probability) {
                (Some(k), _) => *k,
                // The small term: 0.07 * 100 must be 7, not floor(6.999...).
                (None, Some(p)) => (p * source_size as f64 + 1e-9).floor() as u64,
                (None, None) => return broken("in_degree", "give in_degree or probability".to_owned()),
            };
            if rate_driven && !multapses {
                return broken(
                    "multapses",
                    "an independent event train per target has no multapses to forbid".to_owned(),
                );
            }
            if !multapses && degree > candidates {
                return broken("in_degree", format!("{degree} different sources out of {candidates}"));
            }
            if degree > 0 && candidates == 0 {
                return broken("in_degree", "there is no source to draw from".to_owned());
            }
            if degree > u64::from(u32::MAX) {
                return broken("in_degree", format!("{degree} is too many"));
            }
            Some(degree as f64)
        }
        ConnectionSpec::PairwiseBernoulli { .. }
        | ConnectionSpec::FixedOutDegree { .. }
        | ConnectionSpec::FixedTotalNumber { .. }
        | ConnectionSpec::DistanceGaussian { .. }
        | ConnectionSpec::Pairs { .. } if rate_driven => broken(
            "rule",
            "a rate-driven afferent population sends an independent train to each target and needs a rule of \
             fixed in-degree (fixed_in_degree, all_to_all, one_to_one)"
                .to_owned(),
        ),
        ConnectionSpec::PairwiseBernoulli { probability, .. } => Some(probability * candidates as f64),
        ConnectionSpec::FixedOutDegree { out_degree, multapses, .. } => {
            let candidates = if recurrent && !autapses_given { target_size - 1 } else { target_size };
            if !multapses && *out_degree > candidates {
                return broken("out_degree", format!("{out_degree} different targets out of {candidates}"));
            }
            if *out_degree > 0 && candidates == 0 {
                return broken("out_degree", "there is no target to draw".to_owned());
            }
            if *out_degree > u64::from(u32::MAX) {
                return broken("out_degree", format!("{out_degree} is too many"));
            }
            Some(*out_degree as f64 * source_size as f64 / target_size as f64)
        }
        ConnectionSpec::FixedTotalNumber { number, .. } => {
            if *number > 0 && candidates == 0 {
                return broken("number", "there is no pair to draw".to_owned());
            }
            if *number > 1 << 40 {
                return broken("number", format!("{number} is too many"));
            }
            Some(*number as f64 / target_size as f64)
        }
        ConnectionSpec::DistanceGaussian { sigma, probability, in_degree, .. } => match in_degree {
            Some(degree) if *degree > u64::from(u32::MAX) => {
                broken("in_degree", format!("{degree} is too many"))
            }
            Some(degree) if *degree > 0 && candidates == 0 => {
                broken("in_degree", "there is no source to draw from".to_owned())
            }
            Some(degree) => Some(*degree as f64),
            None => {
                let space = spec.populations.0[target].1.space?;
                let peak = probability.unwrap_or(0.0);
                let sizes = [source_size as u32, target_size as u32];
                Some(mean_in_degree(space, sizes, *sigma, peak, recurrent && !autapses_given))
            }
        },
        ConnectionSpec::AllToAll { .. } => Some(candidates as f64),
        ConnectionSpec::OneToOne => {
            if source_size == target_size {
                Some(1.0)
            } else {
                broken("rule", format!("one_to_one needs equal sizes, not {source_size} and {target_size}"))
            }
        }
        ConnectionSpec::Pairs { sources, targets, .. } => {
            if let Some(id) = sources.iter().find(|&&id| id >= source_size) {
                return broken("sources", format!("source {id} is beyond the source's size ({source_size})"));
            }
            if let Some(id) = targets.iter().find(|&&id| id >= target_size) {
                return broken("targets", format!("target {id} is beyond the target's size ({target_size})"));
            }
            Some(sources.len() as f64 / target_size as f64)
        }
    }
}

/// Parts of a model that nothing uses, one sentence each.
pub(super) fn unused(spec: &ModelSpec) -> Vec<String> {
    let mut notices = Vec::new();
    for name in spec.receptors.names() {
        if !spec.projections.iter().any(|p| p.receptor == name) {
            notices.push(format!("receptor {name} is used by no projection"));
        }
    }
    for name in spec.afferents.names() {
        if !spec.projections.iter().any(|p| p.source == name) {
            notices.push(format!("afferent population {name} projects to no population"));
        }
    }
    for (i, p) in spec.projections.iter().enumerate() {
        let silent = match p.connection {
            ConnectionSpec::FixedInDegree { in_degree: Some(0), .. } => true,
            ConnectionSpec::FixedInDegree { probability: Some(x), .. } => {
                let size = spec.populations.get(&p.source).map(|s| s.size);
                let size =
                    size.or_else(|| spec.afferents.get(&p.source).map(|s| s.size)).unwrap_or(0);
                x * (size as f64) < 1.0
            }
            ConnectionSpec::PairwiseBernoulli { probability, .. }
            | ConnectionSpec::DistanceGaussian { probability: Some(probability), .. } => {
                probability == 0.0
            }
            ConnectionSpec::FixedOutDegree { out_degree: n, .. }
            | ConnectionSpec::FixedTotalNumber { number: n, .. }
            | ConnectionSpec::DistanceGaussian { in_degree: Some(n), .. } => n == 0,
            _ => false,
        };
        if silent || (p.weight == 0.0 && p.plasticity.is_none()) || p.release_probability == 0.0 {
            notices.push(format!("projections[{i}] (from {}) transmits nothing", p.source));
        }
    }
    notices
}
