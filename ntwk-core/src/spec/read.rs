//! From a tree of keys and values to a [`ModelSpec`], collecting every fault.

use super::{
    AdaptationTheory, AfferentActivity, AfferentSpec, CellSpec, CompareSpec, ConnectionSpec,
    EventStatistics, Method, ModelSpec, Named, ParameterText, PopulationSpec, ProjectionSpec,
    ReceptorSpec, RecordSpec, ScanSpec, SimulationSpec, SpikeListSpec, TheorySpec,
};
use crate::fault::{FaultKind, Faults, nearest};
use crate::tree::{Node, TableReader, Value, read_count, wrong_type};
use crate::units::Dimension;
use crate::waveform::Waveform;

impl ModelSpec {
    /// Reads a model from a tree. What could be read is returned even when there are faults, so
    /// that the next stage can find more of them; `None` only when the tree is not a table.
    pub fn read(root: &Node, faults: &mut Faults) -> Option<Self> {
        Self::read_indexed(root, faults).map(|(spec, _)| spec)
    }

    /// As [`ModelSpec::read`], with the place in the file of each projection that could be read.
    pub(crate) fn read_indexed(root: &Node, faults: &mut Faults) -> Option<(Self, Vec<usize>)> {
        let mut table = TableReader::new(root, "", faults)?;
        let title = table.text("title");
        let reference = table.text("reference");
        let simulation =
            match table.required("simulation", "a table with t_stop, dt, seed").is_some() {
                true => table.table("simulation").map(read_simulation).unwrap_or_default(),
                false => SimulationSpec::default(),
            };
        let receptors = read_named(&mut table, "receptors", read_receptor);
        table.required("populations", "at least one population");
        let populations = read_named(&mut table, "populations", read_population);
        let afferents = read_named(&mut table, "afferents", read_afferent);
        let (places, projections) = read_projections(&mut table).into_iter().unzip();
        let record = table.table("record").map(read_record).unwrap_or_default();
        let theory = table.table("theory").map(read_theory).unwrap_or_default();
        let compare = table.table("compare").map(read_compare).unwrap_or_default();
        let scan = table.table("scan").map(super::parameter_scan::read);
        table.finish();
        let spec = Self {
            title,
            reference,
            simulation,
            receptors,
            populations,
            afferents,
            projections,
            record,
            theory,
            compare,
            scan,
        };
        Some((spec, places))
    }
}

/// Reads a table of named tables; entries with faults are left out, their faults are kept.
fn read_named<T>(
    table: &mut TableReader<'_, '_>,
    key: &'static str,
    read: impl Fn(&mut TableReader<'_, '_>) -> Option<T>,
) -> Named<T> {
    let mut entries = Vec::new();
    if let Some(named) = table.table(key) {
        for (name, path, node) in named.named_entries() {
            if !is_name(name) {
                let allowed = "a name of letters, digits, _ and -".to_owned();
                named.faults.push(
                    path.as_str(),
                    None,
                    node.line,
                    FaultKind::OutOfRange { allowed },
                );
            }
            if let Some(mut entry) = TableReader::new(node, path, named.faults) {
                let value = read(&mut entry);
                entry.finish();
                if let Some(value) = value {
                    entries.push((name.to_owned(), value));
                }
            }
        }
    }
    Named(entries)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// One of a closed set of words.
pub(super) fn read_choice<T: Copy>(
    table: &mut TableReader<'_, '_>,
    key: &'static str,
    what: &'static str,
    choices: &[(&'static str, T)],
) -> Option<T> {
    let word = table.text(key)?;
    let found = choices.iter().find(|c| c.0 == word).map(|c| c.1);
    if found.is_none() {
        let valid: Vec<String> = choices.iter().map(|c| c.0.to_owned()).collect();
        let near = nearest(&word, choices.iter().map(|c| c.0)).map(str::to_owned);
        table.fault(key, FaultKind::UnknownName { what, nearest: near, valid });
    }
    found
}

/// An optional quantity that must satisfy a rule; the default stands in for a faulty one.
fn ruled(
    table: &mut TableReader<'_, '_>,
    key: &'static str,
    dimension: Dimension,
    default: f64,
    rule: &str,
    holds: impl Fn(f64) -> bool,
) -> f64 {
    match table.quantity(key, dimension) {
        Some(x) if holds(x) => x,
        Some(_) => {
            table.fault(
                key,
                FaultKind::OutOfRange {
                    allowed: format!("{rule} {}", dimension.unit()).trim().to_owned(),
                },
            );
            default
        }
        None => default,
    }
}

/// An optional count that must lie in a range; the default stands in for a faulty one.
pub(super) fn ranged(
    table: &mut TableReader<'_, '_>,
    key: &'static str,
    default: u64,
    least: u64,
    most: u64,
) -> u64 {
    match table.count(key) {
        Some(n) if (least..=most).contains(&n) => n,
        Some(_) => {
            table.fault(
                key,
                FaultKind::OutOfRange { allowed: format!("between {least} and {most}") },
            );
            default
        }
        None => default,
    }
}

fn read_simulation(mut table: TableReader<'_, '_>) -> SimulationSpec {
    let default = SimulationSpec::default();
    let dt = ruled(&mut table, "dt", Dimension::Time, default.dt, "> 0", |x| x > 0.0);
    table.required("t_stop", "the duration in ms");
    let t_stop = ruled(&mut table, "t_stop", Dimension::Time, default.t_stop, "> 0", |x| x > 0.0);
    let seed = table.count("seed").unwrap_or(default.seed);
    let method = read_choice(&mut table, "method", "method", &Method::NAMES).unwrap_or_default();
    if t_stop < dt {
        let rule = format!("must be at least one step (dt = {dt} ms)");
        table.fault("t_stop", FaultKind::Combination { rule });
    } else if t_stop / dt > f64::from(u32::MAX - 1) {
        let rule = format!("is more than {} steps of {dt} ms", u32::MAX - 1);
        table.fault("t_stop", FaultKind::Combination { rule });
    }
    table.finish();
    SimulationSpec { dt, t_stop, seed, method }
}

#[allow(non_snake_case)]
fn read_receptor(table: &mut TableReader<'_, '_>) -> Option<ReceptorSpec> {
    let E_rev = table.required_quantity("E_rev", Dimension::Voltage);
    let tau_syn = table.required_quantity("tau_syn", Dimension::Time);
    if tau_syn.is_some_and(|tau| tau <= 0.0) {
        table.fault("tau_syn", FaultKind::OutOfRange { allowed: "> 0 ms".to_owned() });
        return None;
    }
    Some(ReceptorSpec { E_rev: E_rev?, tau_syn: tau_syn? })
}

fn read_size(table: &mut TableReader<'_, '_>) -> Option<u64> {
    table.required("size", "the number of neurons")?;
    let size = table.count("size")?;
    if size == 0 || size > u64::from(u32::MAX) {
        table.fault(
            "size",
            FaultKind::OutOfRange { allowed: format!("between 1 and {}", u32::MAX) },
        );
        return None;
    }
    Some(size)
}

fn read_population(table: &mut TableReader<'_, '_>) -> Option<PopulationSpec> {
    let size = read_size(table);
    let current_path = table.path_of("I_e");
    let current = match table.node("I_e") {
        Some(node) => Waveform::read(node, &current_path, Dimension::Current, table.faults),
        None => None,
    };
    let cell = table
        .required("cell", "a table with model or preset and the cell's parameters")
        .and_then(|node| {
            let path = table.path_of("cell");
            read_cell(node, &path, table.faults)
        });
    Some(PopulationSpec { size: size?, current, cell: cell? })
}

/// A cell is a table, or the name of a preset.
fn read_cell(node: &Node, path: &str, faults: &mut Faults) -> Option<CellSpec> {
    if let Value::String(preset) = &node.value {
        return Some(CellSpec { model: None, preset: Some(preset.clone()), values: Vec::new() });
    }
    let mut table = TableReader::new(node, path, faults)?;
    let model = table.text("model");
    let preset = table.text("preset");
    if model.is_none() && preset.is_none() {
        table.missing("model", "a kind of cell, or preset = \"...\" (ntwk cells list)");
    }
    let mut values = Vec::new();
    for (name, path, node) in table.named_entries() {
        match &node.value {
            _ if name == "model" || name == "preset" => {}
            Value::Integer(i) => values.push((name.to_owned(), ParameterText::Number(*i as f64))),
            Value::Float(x) => values.push((name.to_owned(), ParameterText::Number(*x))),
            Value::String(s) => values.push((name.to_owned(), ParameterText::Text(s.clone()))),
            _ => wrong_type(table.faults, &path, node, "a number or text with a unit"),
        }
    }
    Some(CellSpec { model, preset, values })
}

fn read_afferent(table: &mut TableReader<'_, '_>) -> Option<AfferentSpec> {
    let size = read_size(table);
    let path = table.path_of("rate");
    let rate_node = table.node("rate");
    let rate =
        rate_node.and_then(|node| Waveform::read(node, &path, Dimension::Rate, table.faults));
    let statistics =
        read_choice(table, "statistics", "kind of event statistics", &EventStatistics::NAMES);
    let spikes_node = table.node("spikes");
    let spikes = table.table("spikes").map(read_spikes);
    let activity = match (rate_node.is_some(), spikes_node.is_some()) {
        (true, true) => {
            let rule = "an afferent population has either a rate or spikes".to_owned();
            table.fault("spikes", FaultKind::Combination { rule });
            None
        }
        (true, false) => rate.map(|rate| AfferentActivity::Rate {
            rate,
            statistics: statistics.unwrap_or_default(),
        }),
        (false, true) => {
            if statistics.is_some() {
                let rule =
                    "belongs to a rate; given spikes have no statistics to choose".to_owned();
                table.fault("statistics", FaultKind::Combination { rule });
            }
            spikes.flatten().map(|spikes| AfferentActivity::Spikes { spikes })
        }
        (false, false) => {
            table.missing("rate", "a rate in Hz or a waveform (or spikes = { times, ids })");
            None
        }
    };
    Some(AfferentSpec { size: size?, activity: activity? })
}

fn read_spikes(mut table: TableReader<'_, '_>) -> Option<SpikeListSpec> {
    let times = table
        .required("times", "a list of times in ms")
        .and_then(|_| table.quantities("times", Dimension::Time));
    let ids = read_ids(&mut table, "ids");
    let result = match (times, ids) {
        (Some(times), Some(ids)) if times.len() == ids.len() => Some(SpikeListSpec { times, ids }),
        (Some(times), Some(ids)) => {
            let rule = format!("needs as many ids ({}) as times ({})", ids.len(), times.len());
            table.fault("ids", FaultKind::Combination { rule });
            None
        }
        _ => None,
    };
    table.finish();
    result
}

fn read_ids(table: &mut TableReader<'_, '_>, key: &'static str) -> Option<Vec<u64>> {
    let node = table.required(key, "a list of neuron indices")?;
    let path = table.path_of(key);
    let Value::List(items) = &node.value else {
        wrong_type(table.faults, &path, node, "a list of neuron indices");
        return None;
    };
    let ids: Vec<Option<u64>> = items
        .iter()
        .enumerate()
        .map(|(i, n)| read_count(n, &format!("{path}[{i}]"), table.faults))
        .collect();
    ids.into_iter().collect()
}

/// The projections that can be read, each with its place in the list.
fn read_projections(table: &mut TableReader<'_, '_>) -> Vec<(usize, ProjectionSpec)> {
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
            let projection = read_projection(&mut entry);
            entry.finish();
            projection.map(|projection| (i, projection))
        })
        .collect()
}

fn read_projection(table: &mut TableReader<'_, '_>) -> Option<ProjectionSpec> {
    let name = table.text("name");
    let source = table.required_text("source", "the name of a population or afferent population");
    let target =
        table.required("target", "the name of a population, or a list of names").and_then(|node| {
            let names = match &node.value {
                Value::String(name) => vec![name.clone()],
                Value::List(items) if !items.is_empty() => items
                    .iter()
                    .filter_map(|item| match &item.value {
                        Value::String(name) => Some(name.clone()),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            let written = if let Value::List(items) = &node.value { items.len() } else { 1 };
            if names.is_empty() || names.len() != written {
                let path = table.path_of("target");
                wrong_type(
                    table.faults,
                    &path,
                    node,
                    "the name of a population, or a list of names",
                );
                return None;
            }
            Some(names)
        });
    let receptor = table.required_text("receptor", "the name of a receptor");
    let weight = table.required_quantity("weight", Dimension::Conductance);
    if weight.is_some_and(|w| w < 0.0) {
        let allowed = ">= 0 nS (a receptor's E_rev makes it excitatory or inhibitory)".to_owned();
        table.fault("weight", FaultKind::OutOfRange { allowed });
    }
    let delay = ruled(table, "delay", Dimension::Time, 0.0, ">= 0", |x| x >= 0.0);
    let release_probability =
        ruled(table, "release_probability", Dimension::Number, 1.0, "between 0 and 1", |x| {
            (0.0..=1.0).contains(&x)
        });
    table.required("connection", "a table with rule = \"...\"");
    let connection = table.table("connection").and_then(read_connection);
    Some(ProjectionSpec {
        name,
        source: source?,
        target: target?,
        receptor: receptor?,
        weight: weight?,
        delay,
        release_probability,
        connection: connection?,
    })
}

const RULES: [&str; 5] =
    ["fixed_in_degree", "pairwise_bernoulli", "all_to_all", "one_to_one", "pairs"];

fn read_connection(mut table: TableReader<'_, '_>) -> Option<ConnectionSpec> {
    let rule = table.required_text("rule", &format!("one of {}", RULES.join(", ")))?;
    let connection = match rule.as_str() {
        "fixed_in_degree" => {
            let in_degree = table.count("in_degree");
            let probability = read_probability(&mut table);
            let multapses = table.flag("multapses").unwrap_or(true);
            let autapses = table.flag("autapses").unwrap_or(false);
            match (table.node("in_degree").is_some(), table.node("probability").is_some()) {
                (false, false) => table.missing("in_degree", "a number of sources, or probability"),
                (true, true) => {
                    let rule = "give either in_degree or probability".to_owned();
                    table.fault("probability", FaultKind::Combination { rule });
                }
                _ => {}
            }
            // Without either, the fault is in the list already: the next stage must not repeat it.
            (in_degree.is_some() || probability.is_some()).then_some(
                ConnectionSpec::FixedInDegree { in_degree, probability, multapses, autapses },
            )
        }
        "pairwise_bernoulli" => {
            table.required("probability", "a number between 0 and 1");
            let probability = read_probability(&mut table);
            let autapses = table.flag("autapses").unwrap_or(false);
            probability
                .map(|probability| ConnectionSpec::PairwiseBernoulli { probability, autapses })
        }
        "all_to_all" => {
            Some(ConnectionSpec::AllToAll { autapses: table.flag("autapses").unwrap_or(false) })
        }
        "one_to_one" => Some(ConnectionSpec::OneToOne),
        "pairs" => {
            let sources = read_ids(&mut table, "sources");
            let targets = read_ids(&mut table, "targets");
            match (sources, targets) {
                (Some(sources), Some(targets)) if sources.len() == targets.len() => {
                    Some(ConnectionSpec::Pairs { sources, targets })
                }
                (Some(sources), Some(targets)) => {
                    let rule = format!(
                        "needs as many targets ({}) as sources ({})",
                        targets.len(),
                        sources.len()
                    );
                    table.fault("targets", FaultKind::Combination { rule });
                    None
                }
                _ => None,
            }
        }
        other => {
            let kind = FaultKind::UnknownName {
                what: "connection rule",
                nearest: nearest(other, RULES).map(str::to_owned),
                valid: RULES.iter().map(|&r| r.to_owned()).collect(),
            };
            table.fault("rule", kind);
            return None;
        }
    };
    table.finish();
    connection
}

fn read_probability(table: &mut TableReader<'_, '_>) -> Option<f64> {
    let p = table.quantity("probability", Dimension::Number)?;
    if (0.0..=1.0).contains(&p) {
        Some(p)
    } else {
        table.fault("probability", FaultKind::OutOfRange { allowed: "between 0 and 1".to_owned() });
        None
    }
}

fn read_record(mut table: TableReader<'_, '_>) -> RecordSpec {
    let default = RecordSpec::default();
    let interval = table.quantity("interval", Dimension::Time);
    if interval.is_some_and(|x| x <= 0.0) {
        table.fault("interval", FaultKind::OutOfRange { allowed: "> 0 ms".to_owned() });
    }
    let record = RecordSpec {
        spikes: table.flag("spikes").unwrap_or(default.spikes),
        interval: interval.filter(|&x| x > 0.0),
        V_m: table.count("V_m").unwrap_or(default.V_m),
        cell_variables: table.count("cell_variables").unwrap_or(default.cell_variables),
        conductances: table.count("conductances").unwrap_or(default.conductances),
        currents: table.count("currents").unwrap_or(default.currents),
    };
    table.finish();
    record
}

#[allow(non_snake_case)]
fn read_theory(mut table: TableReader<'_, '_>) -> TheorySpec {
    let default = TheorySpec::default();
    let T = ruled(&mut table, "T", Dimension::Time, default.T, "> 0", |x| x > 0.0);
    let adaptation =
        read_choice(&mut table, "adaptation", "treatment of adaptation", &AdaptationTheory::NAMES)
            .unwrap_or_default();
    let terms = table.count("threshold_terms").unwrap_or(default.threshold_terms);
    if ![4, 5, 10, 11].contains(&terms) {
        table.fault(
            "threshold_terms",
            FaultKind::OutOfRange { allowed: "4, 5, 10 or 11".to_owned() },
        );
    }
    let scan = table.table("scan").map(read_scan).unwrap_or_default();
    table.finish();
    TheorySpec { T, adaptation, threshold_terms: terms, scan }
}

fn read_scan(mut table: TableReader<'_, '_>) -> ScanSpec {
    let d = ScanSpec::default();
    let scan = ScanSpec {
        above_threshold: table
            .quantity("above_threshold", Dimension::Voltage)
            .unwrap_or(d.above_threshold),
        below_threshold: ruled(
            &mut table,
            "below_threshold",
            Dimension::Voltage,
            d.below_threshold,
            "< 0",
            |x| x < 0.0,
        ),
        potential_points: ranged(&mut table, "potential_points", d.potential_points, 2, 1000),
        background_max: ruled(
            &mut table,
            "background_max",
            Dimension::Rate,
            d.background_max,
            "> 0",
            |x| x > 0.0,
        ),
        background_points: ranged(&mut table, "background_points", d.background_points, 1, 1000),
        rate_max: ruled(&mut table, "rate_max", Dimension::Rate, d.rate_max, "> 0", |x| x > 0.0),
        neurons: ranged(&mut table, "neurons", d.neurons, 2, 100_000),
        settle: table.quantity("settle", Dimension::Time),
        duration: ruled(&mut table, "duration", Dimension::Time, d.duration, "> 0", |x| x > 0.0),
    };
    if scan.settle.is_some_and(|x| x < 0.0) {
        let allowed = ">= 0 ms".to_owned();
        table.fault("settle", FaultKind::OutOfRange { allowed });
    }
    if scan.above_threshold <= scan.below_threshold {
        let rule = format!("must be above below_threshold ({} mV)", scan.below_threshold);
        table.fault("above_threshold", FaultKind::Combination { rule });
    }
    table.finish();
    scan
}

fn read_compare(mut table: TableReader<'_, '_>) -> CompareSpec {
    let stationary = read_window(&mut table, "stationary");
    let transient = read_window(&mut table, "transient");
    let smoothing = table.quantity("smoothing", Dimension::Time);
    if smoothing.is_some_and(|x| x <= 0.0) {
        table.fault("smoothing", FaultKind::OutOfRange { allowed: "> 0 ms".to_owned() });
    }
    table.finish();
    CompareSpec { stationary, transient, smoothing }
}

fn read_window(table: &mut TableReader<'_, '_>, key: &'static str) -> Option<[f64; 2]> {
    let bounds = table.quantities(key, Dimension::Time)?;
    match bounds[..] {
        [start, stop] if start >= 0.0 && start < stop => Some([start, stop]),
        _ => {
            table.fault(
                key,
                FaultKind::OutOfRange {
                    allowed: "[start, stop] in ms with 0 <= start < stop".to_owned(),
                },
            );
            None
        }
    }
}
