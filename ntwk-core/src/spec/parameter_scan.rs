//! The section `[scan]`: which keys of the model vary, and what is computed at every point.

use rand_chacha::rand_core::Rng;

use super::ParameterText;
use crate::engine::random::{Purpose, stream, unit};
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Kind, Place, Section, Words};
use crate::spec::tree::{Node, Value};
use crate::{section, words};

section! {
    /// A scan over keys of the model.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct ParameterScanSpec, check = check_section {
        /// what is computed at every point: of a network `"run"`, `"meanfield"` or `"compare"`, of a morphological cell
        /// `"morpho"`; without it, the first of these
        command: Option<String> = Text, none;
        /// how the points are chosen:
        sampling: Sampling = Choice(Sampling::WORDS), or(Sampling::Grid);
        /// number of points of random and Latin-hypercube sampling; grids and lists have theirs from their values
        points: Option<u64> = Count(1, MOST_POINTS), none;
        /// repeats of every point, with the seeds `simulation.seed`, `simulation.seed + 1`, ...
        repeats: u64 = Count(1, 100_000), or(1);
        /// the keys that vary, at least one
        vary: Vec<VarySpec> = Tables(VarySpec::KEYS), required("a list of tables ([[scan.vary]])");
    }
}

impl Default for ParameterScanSpec {
    fn default() -> Self {
        crate::spec::key::defaults()
    }
}

fn check_section(scan: &ParameterScanSpec, table: &mut TableReader<'_, '_>) {
    scan.check(table.faults, table.line());
}

words! {
    /// How the points of a scan are chosen.
    pub enum Sampling, what = "kind of sampling" {
        /// every combination of the values
        Grid = "grid",
        /// the first values together, the second values together, ...
        List = "list",
        /// independent uniform draws from the ranges (uniform in the logarithm for logarithmic ones)
        Random = "random",
        /// as many strata as points in every range, each used once (McKay, Beckman & Conover 1979)
        LatinHypercube = "latin_hypercube",
    }
}

impl Sampling {
    /// Whether points are drawn from ranges.
    #[must_use]
    pub fn draws(self) -> bool {
        matches!(self, Self::Random | Self::LatinHypercube)
    }
}

section! {
    /// One quantity that varies: a key of the model, or several that take the same value.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct VarySpec {
        /// name of the axis; without it, made from the first key
        name: Option<String> = Text, none;
        /// key of the model, for example `projections[0].weight`, or several keys that take the same value
        key: Vec<String> = Texts("a key of the model, or a list of keys"), required;
        /// its values
        values: VaryValues = Flat(ValuesKeys::KEYS), none;
    }
}

impl VarySpec {
    /// Keys that take `values` together; an axis without a name is named after the first of them.
    #[must_use]
    pub fn new(name: Option<String>, key: Vec<String>, values: VaryValues) -> Self {
        Self { name, key, values }
    }
}

/// Values of a quantity that varies.
#[derive(Debug, Clone, PartialEq)]
pub enum VaryValues {
    /// These.
    List {
        /// Numbers, or texts (with a unit, or names such as `"heun"`).
        values: Vec<ParameterText>,
    },
    /// Evenly spaced ones, both ends included; or the range that is drawn from.
    Range {
        /// First value, may carry a unit.
        from: ParameterText,
        /// Last value, may carry a unit.
        to: ParameterText,
        /// Number of values, for grids and lists.
        points: Option<u64>,
        /// Spacing.
        spacing: RangeSpacing,
    },
}

section! {
    /// The keys of values as they stand in a file.
    struct ValuesKeys, check = check_values {
        /// values: numbers, or texts (with a unit, or names such as `"heun"`); or a range
        values: Option<Vec<ParameterText>> = Other("a list of values"), none;
        /// first value of a range, may carry a unit
        from: Option<ParameterText> = Value, none;
        /// last value of a range, may carry a unit
        to: Option<ParameterText> = Value, none;
        /// number of values of a range, for grids and lists
        points: Option<u64> = Count(1, MOST_POINTS), none;
        /// spacing of the values of a range; without it, `"linear"`:
        spacing: Option<RangeSpacing> = Choice(RangeSpacing::WORDS), none;
    }
}

fn check_values(keys: &ValuesKeys, table: &mut TableReader<'_, '_>) {
    const END: &str = "the end of a range, a number or text with a unit";
    if keys.values.is_some() {
        for (key, given) in [
            ("from", keys.from.is_some()),
            ("to", keys.to.is_some()),
            ("points", keys.points.is_some()),
            ("spacing", keys.spacing.is_some()),
        ] {
            if given {
                let rule = "give either values or from and to".to_owned();
                table.fault(key, FaultKind::Combination { rule });
            }
        }
    } else {
        for (key, given) in [("from", keys.from.is_some()), ("to", keys.to.is_some())] {
            if !given {
                table.missing(key, END);
            }
        }
    }
}

impl KeyValue for VaryValues {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::List { values: Vec::new() }
    }

    fn write(&self) -> Option<Node> {
        match self.clone() {
            Self::List { values } => {
                ValuesKeys { values: Some(values), ..ValuesKeys::nothing() }.write()
            }
            Self::Range { from, to, points, spacing } => {
                let (from, to, spacing) = (Some(from), Some(to), Some(spacing));
                ValuesKeys { values: None, from, to, points, spacing }.write()
            }
        }
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let keys = ValuesKeys::read_flat(table);
        match (keys.values, keys.from, keys.to) {
            (None, Some(from), Some(to)) => {
                let spacing = keys.spacing.unwrap_or_default();
                Self::Range { from, to, points: keys.points, spacing }
            }
            (values, ..) => Self::List { values: values.unwrap_or_default() },
        }
    }
}

impl KeyValue for Vec<ParameterText> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        match &place.node.value {
            Value::List(items) if !items.is_empty() => items
                .iter()
                .enumerate()
                .map(|(i, item)| ParameterText::read(place.item(i, item), kind))
                .collect(),
            _ => {
                place.wrong_type("a list of values");
                Self::new()
            }
        }
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::List(self.iter().filter_map(KeyValue::write).collect())))
    }
}

words! {
    /// Spacing of the values of a range.
    pub enum RangeSpacing, what = "spacing" {
        /// equal differences
        Linear = "linear",
        /// equal ratios; both ends must have the same sign
        Log = "log",
    }
}

/// Most points of one axis.
pub const MOST_POINTS: u64 = 1_000_000;

impl ParameterScanSpec {
    /// Adds the faults of values that are fine alone and wrong together.
    pub fn check(&self, faults: &mut Faults, line: Option<u32>) {
        let mut fault = |key: String, rule: &str| {
            faults.push(key, None, line, FaultKind::Combination { rule: rule.to_owned() });
        };
        if self.sampling.draws() && self.points.is_none() {
            fault("scan.points".to_owned(), "random and latin_hypercube need a number of points");
        }
        if !self.sampling.draws() && self.points.is_some() {
            fault(
                "scan.points".to_owned(),
                "belongs to random and latin_hypercube; grids and lists have points per key",
            );
        }
        let too_many = format!("must be between 1 and {MOST_POINTS}");
        if self.points.is_some_and(|n| !(1..=MOST_POINTS).contains(&n)) {
            fault("scan.points".to_owned(), &too_many);
        }
        if !(1..=MOST_POINTS).contains(&self.repeats) {
            fault("scan.repeats".to_owned(), &too_many);
        }
        let mut lengths = Vec::new();
        for (i, vary) in self.vary.iter().enumerate() {
            match &vary.values {
                VaryValues::List { values } => {
                    lengths.push(values.len() as u64);
                    if self.sampling.draws() {
                        let rule = "random and latin_hypercube draw from a range (from, to)";
                        fault(format!("scan.vary[{i}].values"), rule);
                    }
                }
                VaryValues::Range { points, .. } => {
                    if points.is_some_and(|n| !(1..=MOST_POINTS).contains(&n)) {
                        fault(format!("scan.vary[{i}].points"), &too_many);
                    }
                    lengths.extend(points);
                    if self.sampling.draws() && points.is_some() {
                        let rule = "with random sampling set scan.points, not points of each key";
                        fault(format!("scan.vary[{i}].points"), rule);
                    }
                    if !self.sampling.draws() && points.is_none() {
                        fault(
                            format!("scan.vary[{i}].points"),
                            "a grid needs a number of values (points = 11; FROM..TO:11 on the command line)",
                        );
                    }
                }
            }
        }
        let all = lengths.iter().fold(self.repeats.max(1), |all, &n| all.saturating_mul(n));
        if self.sampling == Sampling::Grid && all > MOST_POINTS {
            let rule = format!("the grid has {all} points; at most {MOST_POINTS} are possible");
            fault("scan.vary".to_owned(), &rule);
        }
        if self.sampling == Sampling::List && lengths.windows(2).any(|w| w[0] != w[1]) {
            let rule = format!("a list needs as many values of every key, these have {lengths:?}");
            fault("scan.vary".to_owned(), &rule);
        }
        if self.vary.is_empty() {
            fault("scan.vary".to_owned(), "a scan needs a key that varies");
        }
    }
}

/// Places of `points` draws of one axis in [0, 1).
///
/// Random: independent and uniform. Latin hypercube: draw `k` lies in the stratum `permutation[k]` of `points` equal
/// ones, uniformly. Each axis has a stream of its own, so that a further axis changes no other.
#[must_use]
pub fn unit_draws(latin: bool, seed: u64, axis: &str, points: u64) -> Vec<f64> {
    let mut rng = stream(seed, Purpose::ParameterScan, axis, 0);
    let uniform: Vec<f64> = (0..points).map(|_| unit(rng.next_u64())).collect();
    if !latin {
        return uniform;
    }
    // Fisher and Yates.
    let mut strata: Vec<u64> = (0..points).collect();
    for i in (1..strata.len()).rev() {
        let j = (unit(rng.next_u64()) * (i + 1) as f64) as usize;
        strata.swap(i, j.min(i));
    }
    strata.iter().zip(uniform).map(|(&s, u)| (s as f64 + u) / points as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latin_hypercube_uses_every_stratum_once() {
        for points in [1, 2, 7, 100] {
            let draws = unit_draws(true, 3, "a", points);
            let mut strata: Vec<u64> = draws.iter().map(|u| (u * points as f64) as u64).collect();
            strata.sort_unstable();
            assert_eq!(strata, (0..points).collect::<Vec<_>>());
        }
        let plain = unit_draws(false, 3, "a", 1000);
        assert!(plain.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((plain.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 0.03);
        assert_ne!(plain, unit_draws(false, 3, "b", 1000), "every axis has its own stream");
        assert_ne!(plain, unit_draws(false, 4, "a", 1000));
        assert_eq!(plain[..10], unit_draws(false, 3, "a", 10));
    }
}
