//! Projections of a model: names, connection rules against sizes, delays, combinations.

use super::in_degrees::{InDegrees, OddsOfSources};
use super::judge::{Judge, unknown};
use super::{Positions, Projection, Source, weight_range};
use crate::spec::Distribution;
use crate::spec::fault::FaultKind;
use crate::spec::{
    AfferentActivity, ConnectionSpec, DelaySpec, ModelSpec, Named, PlasticitySpec, ProjectionSpec,
    SpaceSpec, Trains,
};

pub(super) fn resolve_projections(spec: &ModelSpec, judge: &mut Judge<'_>) -> Vec<Projection> {
    let dt = spec.simulation.dt;
    let mut projections: Vec<Projection> = Vec::new();
    for (i, written) in spec.projections.iter().enumerate() {
        let path = format!("projections[{i}]");
        let key = |name: &str| format!("{path}.{name}");
        let source = find_source(spec, &written.source, &key("source"), judge);
        let receptor =
            lookup(&spec.receptors, &written.receptor, "receptor", &key("receptor"), judge);
        let synapse = written
            .synapse
            .as_ref()
            .and_then(|name| lookup(&spec.synapses, name, "synapse", &key("synapse"), judge));
        let targets: Vec<(&String, usize)> = written
            .target
            .iter()
            .filter_map(|name| {
                let found = lookup(&spec.populations, name, "population", &key("target"), judge);
                found.map(|target| (name, target))
            })
            .collect();
        let rule_is_known = !judge.concerns(&key("connection"));
        for (target_name, target) in targets {
            let (Some(source), Some(receptor)) = (source, receptor) else { continue };
            let ends = Ends::new(spec, source, target);
            if !rule_is_known || ends.are_at_fault(judge) {
                continue;
            }
            let Some(in_degrees) = check_connection(spec, written, &ends, &path, judge) else {
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
                judge.broken(key("name"), rule);
                continue;
            }
            let mean_delay = match &written.delay {
                DelaySpec::Drawn(distribution) => {
                    distribution.moments_within(0.0, MAX_DELAY_STEPS * dt)[0]
                }
                DelaySpec::Distance { base, .. } => *base,
            };
            let [least, greatest] = weight_range(&written.weight, written.plasticity.as_ref());
            let [weight, _] = written.weight.moments_within(least, greatest);
            let InDegrees { mean: in_degree, sd: in_degree_sd, multapses } = in_degrees;
            projections.push(Projection {
                name,
                source,
                target,
                receptor,
                weight,
                weights: written.weight.clone(),
                delay_steps: (mean_delay / dt).round() as u32,
                delays: written.delay.clone(),
                release_probability: written.release_probability,
                connection: written.connection.clone(),
                in_degree,
                in_degree_sd,
                multapses,
                plasticity: written.plasticity,
                synapse,
            });
        }
        check_delay(&written.delay, dt, &key("delay"), judge);
        check_plasticity(written, &path, judge);
    }
    projections
}

/// Spikes are kept for this many steps at most; a second of delay at dt = 0.01 ms fits.
pub(super) const MAX_DELAY_STEPS: f64 = 100_000.0;

/// Checks that a delay is a number of steps.
fn check_delay(delay: &DelaySpec, dt: f64, key: &str, judge: &mut Judge<'_>) {
    let mean = match delay {
        DelaySpec::Drawn(distribution) => distribution.mean(),
        DelaySpec::Distance { base, .. } => *base,
    };
    if delay.as_constant().is_some() && mean > 0.0 && mean < 0.5 * dt {
        let rule = format!("rounds to zero steps of dt = {dt} ms; write 0 if that is meant");
        judge.fault_of(key, &mean, FaultKind::Combination { rule });
    }
    let longest = match delay {
        DelaySpec::Drawn(Distribution::Listed(delays)) => {
            delays.iter().copied().fold(0.0, f64::max)
        }
        _ => mean,
    };
    if longest / dt > MAX_DELAY_STEPS {
        let allowed = format!("at most {MAX_DELAY_STEPS} steps of dt = {dt} ms");
        judge.fault_of(key, &longest, FaultKind::OutOfRange { allowed });
    }
}

fn check_plasticity(written: &ProjectionSpec, path: &str, judge: &mut Judge<'_>) {
    let key = |name: &str| format!("{path}.{name}");
    if let Some(PlasticitySpec::Stdp { w_max, .. }) = written.plasticity {
        let weights = match &written.weight {
            Distribution::Listed(weights) => weights.clone(),
            other => vec![other.mean()],
        };
        if let Some(weight) = weights.iter().find(|&&w| w < 0.0 || w > w_max) {
            let rule = format!("must lie between 0 and w_max ({w_max})");
            judge.fault_of(key("weight"), &weight, FaultKind::Combination { rule });
        }
        if written.delay.as_constant().is_none() {
            judge.broken(key("delay"), "stdp needs the same delay for all synapses");
        }
    }
    if written.plasticity.is_some() && written.release_probability < 1.0 {
        let rule = "a plastic synapse releases with certainty; leave this out".to_owned();
        let kind = FaultKind::Combination { rule };
        judge.fault_of(key("release_probability"), &written.release_probability, kind);
    }
}

fn find_source(spec: &ModelSpec, name: &str, key: &str, judge: &mut Judge<'_>) -> Option<Source> {
    if judge.concerns(key) {
        return None;
    }
    let population = spec.populations.get_index_of(name).map(Source::Population);
    let found = population.or(spec.afferents.get_index_of(name).map(Source::Afferent));
    let unreadable = |section| judge.is_unreadable(section);
    if found.is_none() && !unreadable("populations") && !unreadable("afferents") {
        let names = spec.populations.keys().chain(spec.afferents.keys());
        judge.fault_of(
            key,
            &format!("\"{name}\""),
            unknown("population or afferent population", name, names),
        );
    }
    found
}

fn lookup<T>(
    named: &Named<T>,
    name: &str,
    what: &'static str,
    key: &str,
    judge: &mut Judge<'_>,
) -> Option<usize> {
    let index = named.get_index_of(name);
    let at_fault = name.is_empty() && judge.concerns(key);
    if index.is_none() && !at_fault && !judge.is_unreadable(&format!("{what}s")) {
        judge.fault_of(key, &format!("\"{name}\""), unknown(what, name, named.keys()));
    }
    index
}

/// The two ends of a projection onto one population.
struct Ends<'s> {
    source: Source,
    source_name: &'s str,
    source_size: u64,
    /// Whether the source sends an independent train to each target.
    rate_driven: bool,
    target: usize,
    target_name: &'s str,
    target_size: u64,
    /// Whether they are one population.
    recurrent: bool,
}

impl<'s> Ends<'s> {
    fn new(spec: &'s ModelSpec, source: Source, target: usize) -> Self {
        let name_and_size = |i: usize| {
            spec.populations.get_index(i).map_or(("", 0), |(name, p)| (name.as_str(), p.size))
        };
        let afferent = |i: usize| spec.afferents.get_index(i);
        let (source_name, source_size) = match source {
            Source::Population(i) => name_and_size(i),
            Source::Afferent(i) => afferent(i).map_or(("", 0), |(name, a)| (name.as_str(), a.size)),
        };
        let rate_driven = match source {
            Source::Population(_) => false,
            Source::Afferent(i) => afferent(i).is_some_and(|(_, a)| {
                matches!(a.activity, AfferentActivity::Rate { trains: Trains::PerTarget, .. })
            }),
        };
        let (target_name, target_size) = name_and_size(target);
        let recurrent = source == Source::Population(target);
        Self {
            source,
            source_name,
            source_size,
            rate_driven,
            target,
            target_name,
            target_size,
            recurrent,
        }
    }

    /// Whether a rule cannot be judged by them.
    fn are_at_fault(&self, judge: &Judge<'_>) -> bool {
        let population = |name: &str| {
            judge.concerns(&format!("populations.{name}.size"))
                || judge.concerns(&format!("populations.{name}.space"))
        };
        population(self.target_name)
            || match self.source {
                Source::Population(_) => population(self.source_name),
                Source::Afferent(_) => judge.concerns(&format!("afferents.{}", self.source_name)),
            }
    }
}

/// Checks a connection rule against the sizes and returns the in-degrees.
fn check_connection(
    spec: &ModelSpec,
    written: &ProjectionSpec,
    ends: &Ends<'_>,
    path: &str,
    judge: &mut Judge<'_>,
) -> Option<InDegrees> {
    let &Ends { source, source_size, rate_driven, target, target_size, recurrent, .. } = ends;
    let key = |name: &str| format!("{path}.connection.{name}");
    if rate_driven {
        let distributed = [
            ("weight", written.weight.constant().is_none()),
            ("delay", written.delay.as_constant().is_none()),
            ("plasticity", written.plasticity.is_some()),
        ];
        for (name, _) in distributed.into_iter().filter(|d| d.1) {
            let rule = "an independent train per target has no synapses to tell apart; use trains = \"per_source\"";
            judge.broken(format!("{path}.{name}"), rule);
        }
    }
    let space = |i: usize| spec.populations.get_index(i).and_then(|p| p.1.space);
    let source_space = match source {
        Source::Population(i) => space(i),
        Source::Afferent(_) => None,
    };
    let by_distance = matches!(written.delay, DelaySpec::Distance { .. })
        || matches!(written.connection, ConnectionSpec::DistanceGaussian { .. });
    if by_distance {
        let rings = [source_space, space(target)]
            .iter()
            .all(|space| matches!(space, Some(SpaceSpec::Ring { .. })));
        if source_space.is_none() || (source_space != space(target) && !rings) {
            let rule = "needs source and target populations with the same space, or two rings (populations.NAME.space)";
            let what = if matches!(written.delay, DelaySpec::Distance { .. }) {
                "delay"
            } else {
                "connection.rule"
            };
            judge.broken(format!("{path}.{what}"), rule);
            return None;
        }
    }
    let mut broken = |name: &str, rule: String| {
        judge.broken(key(name), rule);
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
            let mean = degree as f64;
            let twice = *multapses && !rate_driven && degree > 0;
            let multapses = if twice { (mean - 1.0) / candidates as f64 } else { 0.0 };
            Some(InDegrees { mean, sd: 0.0, multapses })
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
        ConnectionSpec::PairwiseBernoulli { probability, .. } => {
            let mean = probability * candidates as f64;
            Some(InDegrees { mean, sd: (mean * (1.0 - probability)).sqrt(), multapses: 0.0 })
        }
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
            let (degree, targets) = (*out_degree as f64, candidates.max(1) as f64);
            let mean = degree * source_size as f64 / target_size as f64;
            // Every source draws for itself: with replacement, each of its synapses; without, a target or not.
            let variance = mean * (1.0 - if *multapses { 1.0 } else { degree } / targets);
            let multapses = if *multapses && degree > 0.0 { (degree - 1.0) / targets } else { 0.0 };
            Some(InDegrees { mean, sd: variance.max(0.0).sqrt(), multapses })
        }
        ConnectionSpec::FixedTotalNumber { number, .. } => {
            if *number > 0 && candidates == 0 {
                return broken("number", "there is no pair to draw".to_owned());
            }
            if *number > 1 << 40 {
                return broken("number", format!("{number} is too many"));
            }
            let (number, targets) = (*number as f64, target_size as f64);
            let mean = number / targets;
            let multapses = ((number - 1.0) / (candidates.max(1) as f64 * targets)).max(0.0);
            Some(InDegrees { mean, sd: (mean * (1.0 - 1.0 / targets)).sqrt(), multapses })
        }
        ConnectionSpec::DistanceGaussian { in_degree: None, multapses: false, .. } => {
            broken("multapses", "every pair is connected at most once; it goes with in_degree".to_owned())
        }
        ConnectionSpec::DistanceGaussian { sigma, probability, in_degree, multapses, .. } => match in_degree {
            Some(degree) if !multapses && *degree > candidates => {
                broken("in_degree", format!("{degree} different sources out of {candidates}"))
            }
            Some(degree) if *degree > u64::from(u32::MAX) => {
                broken("in_degree", format!("{degree} is too many"))
            }
            Some(degree) if *degree > 0 && candidates == 0 => {
                broken("in_degree", "there is no source to draw from".to_owned())
            }
            _ => {
                let from = Positions::new(source_space?, source_size as u32);
                let to = Positions::new(space(target)?, target_size as u32);
                let odds = OddsOfSources { from, to, sigma: *sigma, autapses: !recurrent || autapses_given };
                Some(match in_degree {
                    Some(degree) => InDegrees {
                        mean: *degree as f64,
                        sd: 0.0,
                        multapses: if *multapses { odds.multapses(*degree) } else { 0.0 },
                    },
                    None => odds.in_degrees(probability.unwrap_or(0.0)),
                })
            }
        },
        ConnectionSpec::AllToAll { .. } => Some(InDegrees::equal(candidates as f64)),
        ConnectionSpec::OneToOne => {
            if source_size == target_size {
                Some(InDegrees::equal(1.0))
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
            Some(InDegrees::given(sources, targets, target_size))
        }
    }
}

/// Parts of a model that nothing uses, one sentence each.
pub(super) fn unused(spec: &ModelSpec) -> Vec<String> {
    let mut notices = Vec::new();
    for name in spec.receptors.keys() {
        let of_event = spec.events.iter().any(|e| e.receptor.as_ref() == Some(name));
        if !of_event && !spec.projections.iter().any(|p| p.receptor == *name) {
            notices.push(format!("receptor {name} is used by no projection"));
        }
    }
    for name in spec.afferents.keys() {
        if !spec.projections.iter().any(|p| p.source == *name) {
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
            let targets = p.target.join(" and ");
            let name = p.name.as_deref().map_or_else(String::new, |name| format!("{name}, "));
            notices.push(format!(
                "projections[{i}] ({name}from {} to {targets}) transmits nothing",
                p.source
            ));
        }
    }
    notices
}

/// In-degrees that lose more than this part when they are rounded down are said.
const ROUNDED: f64 = 0.05;

/// Probabilities of a fixed in-degree that lose much of their synapses to rounding, one sentence each.
pub(super) fn rounded_in_degrees(spec: &ModelSpec) -> Vec<String> {
    let size = |name: &String| {
        let population = spec.populations.get(name).map(|p| p.size);
        population.or_else(|| spec.afferents.get(name).map(|a| a.size))
    };
    let note = |(i, p): (usize, &ProjectionSpec)| {
        let ConnectionSpec::FixedInDegree { in_degree: None, probability: Some(x), .. } =
            p.connection
        else {
            return None;
        };
        let size = size(&p.source)?;
        let exact = (x * size as f64 * 1e9).round() / 1e9;
        let (whole, next) = (exact.floor(), exact.ceil());
        (whole >= 1.0 && exact - whole > ROUNDED * exact).then(|| {
            format!(
                "projections[{i}]: probability = {x} of {size} sources is {exact}, and a target has {whole} synapses; in_degree = {next} \
                 with release_probability = {:.4} transmits as many events as {exact} would",
                p.release_probability * exact / next
            )
        })
    };
    spec.projections.iter().enumerate().filter_map(note).collect()
}
