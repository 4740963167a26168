//! The section `[scan]`: which keys of the model vary, and what is computed at every point.

use rand_chacha::rand_core::Rng;
use serde::Serialize;

use super::ParameterText;
use super::read::{ranged, read_choice};
use crate::engine::random::{Purpose, stream, unit};
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::tree::{Node, TableReader, Value, wrong_type};

/// A scan over keys of the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterScanSpec {
    /// What is computed at every point; default run.
    pub command: ScanCommand,
    /// How the points are chosen; default grid.
    pub sampling: Sampling,
    /// Number of points of random and Latin-hypercube sampling; grids and lists have theirs from their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<u64>,
    /// Repeats of every point with the seeds `simulation.seed`, `simulation.seed + 1`, ...; default 1.
    pub repeats: u64,
    /// The keys that vary, at least one.
    pub vary: Vec<VarySpec>,
}

impl Default for ParameterScanSpec {
    fn default() -> Self {
        Self {
            command: ScanCommand::default(),
            sampling: Sampling::default(),
            points: None,
            repeats: 1,
            vary: Vec::new(),
        }
    }
}

/// What is computed at a point of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanCommand {
    /// The simulation and its macroscopic quantities.
    #[default]
    Run,
    /// The theory: fixed points.
    Meanfield,
    /// Both.
    Compare,
    /// The run of a morphological cell and its scalars.
    Morpho,
}

impl ScanCommand {
    /// Those of a network, by name; the first is the default.
    pub const NETWORK: [(&'static str, Self); 3] =
        [("run", Self::Run), ("meanfield", Self::Meanfield), ("compare", Self::Compare)];
    /// Those of a morphological cell, by name; the first is the default.
    pub const CELL: [(&'static str, Self); 1] = [("morpho", Self::Morpho)];
}

/// How the points of a scan are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Every combination of the values.
    #[default]
    Grid,
    /// The first values together, the second values together, ...
    List,
    /// Independent uniform draws from the ranges (uniform in the logarithm for logarithmic ones).
    Random,
    /// As many strata as points in every range, each used once (McKay, Beckman & Conover 1979).
    LatinHypercube,
}

impl Sampling {
    /// All by name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("grid", Self::Grid),
        ("list", Self::List),
        ("random", Self::Random),
        ("latin_hypercube", Self::LatinHypercube),
    ];

    /// Whether points are drawn from ranges.
    #[must_use]
    pub fn draws(self) -> bool {
        matches!(self, Self::Random | Self::LatinHypercube)
    }
}

/// One quantity that varies: a key of the model, or several that take the same value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VarySpec {
    /// Name of the axis; by default made from the first key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Keys of the model, for example `projections[0].weight`.
    pub key: Vec<String>,
    /// Its values.
    #[serde(flatten)]
    pub values: VaryValues,
}

/// Values of a quantity that varies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
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
        #[serde(skip_serializing_if = "Option::is_none")]
        points: Option<u64>,
        /// Spacing.
        spacing: RangeSpacing,
    },
}

/// Spacing of the values of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeSpacing {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios; both ends must have the same sign.
    Log,
}

impl RangeSpacing {
    /// All by name.
    pub const NAMES: [(&'static str, Self); 2] = [("linear", Self::Linear), ("log", Self::Log)];
}

/// Most points of one axis.
pub const MOST_POINTS: u64 = 1_000_000;

/// Reads the section of a file whose scans may compute `commands`, the first unless the section says otherwise. Faults go
/// to those of `table`.
#[must_use]
pub fn read_parameter_scan(
    mut table: TableReader<'_, '_>,
    commands: &[(&'static str, ScanCommand)],
) -> ParameterScanSpec {
    let default = commands.first().map(|c| c.1).unwrap_or_default();
    let command =
        read_choice(&mut table, "command", "command of a scan", commands).unwrap_or(default);
    let sampling = read_choice(&mut table, "sampling", "kind of sampling", &Sampling::NAMES)
        .unwrap_or_default();
    let points = table.count("points");
    let points = points.map(|_| ranged(&mut table, "points", 1, 1, MOST_POINTS));
    let repeats = ranged(&mut table, "repeats", 1, 1, 100_000);
    let mut vary = Vec::new();
    if let Some(node) = table.required("vary", "a list of tables ([[scan.vary]])") {
        match &node.value {
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    let path = format!("scan.vary[{i}]");
                    if let Some(mut entry) = TableReader::new(item, path, table.faults) {
                        vary.extend(read_vary(&mut entry));
                        entry.finish();
                    }
                }
            }
            _ => wrong_type(table.faults, "scan.vary", node, "a list of tables ([[scan.vary]])"),
        }
    }
    let scan = ParameterScanSpec { command, sampling, points, repeats, vary };
    scan.check(table.faults, table.line());
    table.finish();
    scan
}

fn read_vary(table: &mut TableReader<'_, '_>) -> Option<VarySpec> {
    let name = table.text("name");
    let path = table.path_of("key");
    let key = match table.required("key", "a key of the model, or a list of keys") {
        Some(node) => read_keys(node, &path, table.faults),
        None => None,
    };
    let (listed, from) = (table.node("values").is_some(), table.node("from").is_some());
    let values = match (listed, from) {
        (true, true) => {
            let rule = "give either values or from and to".to_owned();
            table.fault("values", FaultKind::Combination { rule });
            None
        }
        (true, false) => {
            let path = table.path_of("values");
            table
                .node("values")
                .and_then(|node| read_texts(node, &path, table.faults))
                .map(|values| VaryValues::List { values })
        }
        (false, _) => {
            let end = |table: &mut TableReader<'_, '_>, key: &'static str| {
                let path = table.path_of(key);
                let node =
                    table.required(key, "the end of a range, a number or text with a unit")?;
                read_text(node, &path, table.faults)
            };
            let (from, to) = (end(table, "from"), end(table, "to"));
            let points = table.count("points");
            let points = points.map(|_| ranged(table, "points", 1, 1, MOST_POINTS));
            let spacing =
                read_choice(table, "spacing", "spacing", &RangeSpacing::NAMES).unwrap_or_default();
            from.zip(to).map(|(from, to)| VaryValues::Range { from, to, points, spacing })
        }
    };
    Some(VarySpec { name, key: key?, values: values? })
}

fn read_text(node: &Node, path: &str, faults: &mut Faults) -> Option<ParameterText> {
    match &node.value {
        Value::Integer(i) => Some(ParameterText::Number(*i as f64)),
        Value::Float(x) => Some(ParameterText::Number(*x)),
        Value::String(s) => Some(ParameterText::Text(s.clone())),
        _ => {
            wrong_type(faults, path, node, "a number or text");
            None
        }
    }
}

fn read_texts(node: &Node, path: &str, faults: &mut Faults) -> Option<Vec<ParameterText>> {
    match &node.value {
        Value::List(items) if !items.is_empty() => {
            let read: Vec<Option<ParameterText>> = items
                .iter()
                .enumerate()
                .map(|(i, item)| read_text(item, &format!("{path}[{i}]"), faults))
                .collect();
            read.into_iter().collect()
        }
        _ => {
            wrong_type(faults, path, node, "a list of values");
            None
        }
    }
}

fn read_keys(node: &Node, path: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let items = match &node.value {
        Value::String(key) => return Some(vec![key.clone()]),
        Value::List(items) => items,
        _ => {
            wrong_type(faults, path, node, "a key of the model, or a list of keys");
            return None;
        }
    };
    let keys: Option<Vec<String>> = items
        .iter()
        .map(|item| match &item.value {
            Value::String(key) => Some(key.clone()),
            _ => None,
        })
        .collect();
    match keys {
        Some(keys) if !keys.is_empty() => Some(keys),
        _ => {
            wrong_type(faults, path, node, "a key of the model, or a list of keys");
            None
        }
    }
}

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
                        let rule = "the number of points stands in scan.points here";
                        fault(format!("scan.vary[{i}].points"), rule);
                    }
                    if !self.sampling.draws() && points.is_none() {
                        fault(format!("scan.vary[{i}].points"), "a grid needs a number of values");
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
