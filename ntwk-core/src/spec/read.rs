//! From a tree of keys and values to a [`ModelSpec`], collecting every fault.

use super::afferent::read_afferent;
use super::event::read_events;
use super::population::read_population;
use super::projection::read_projections;
use super::receptor::read_receptor;
use super::{
    AdaptationTheory, CompareSpec, MOST_STEPS, Method, ModelSpec, Named, RecordSpec, ScanSpec,
    SimulationSpec, SpikeTrainTheory, TheorySpec, TransferFunctionKind,
};
use crate::spec::fault::{FaultKind, Faults, nearest};
use crate::spec::tree::{Node, TableReader, Value, read_count, wrong_type};
use crate::spec::units::Dimension;

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
        let receptors: Named<super::ReceptorSpec> =
            read_named(&mut table, "receptors", read_receptor);
        table.required("populations", "at least one population");
        let populations = read_named(&mut table, "populations", read_population);
        let afferents = read_named(&mut table, "afferents", read_afferent);
        let dimension = |receptor: &str| {
            receptors.get(receptor).map_or(Dimension::Conductance, |r| r.kind.dimension())
        };
        let (places, projections) = read_projections(&mut table, &dimension).into_iter().unzip();
        let events = read_events(&mut table);
        let record = table.table("record").map(read_record).unwrap_or_default();
        let theory = table.table("theory").map(read_theory).unwrap_or_default();
        let compare = table.table("compare").map(read_compare).unwrap_or_default();
        let scan = table
            .table("scan")
            .map(|t| super::read_parameter_scan(t, &super::ScanCommand::NETWORK));
        table.finish();
        let spec = Self {
            title,
            reference,
            simulation,
            receptors,
            populations,
            afferents,
            projections,
            events,
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
pub(super) fn ruled(
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
    } else if t_stop / dt > MOST_STEPS {
        let rule = format!("is more than {MOST_STEPS} steps of {dt} ms");
        table.fault("t_stop", FaultKind::Combination { rule });
    }
    table.finish();
    SimulationSpec { dt, t_stop, seed, method }
}

pub(super) fn read_size(table: &mut TableReader<'_, '_>) -> Option<u64> {
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

pub(super) fn read_ids(table: &mut TableReader<'_, '_>, key: &'static str) -> Option<Vec<u64>> {
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
    let transfer_function = read_choice(
        &mut table,
        "transfer_function",
        "kind of transfer function",
        &TransferFunctionKind::NAMES,
    )
    .unwrap_or_default();
    let spike_trains =
        read_choice(&mut table, "spike_trains", "kind of spike train", &SpikeTrainTheory::NAMES)
            .unwrap_or_default();
    let terms = table.count("threshold_terms").unwrap_or(default.threshold_terms);
    if ![4, 5, 10, 11].contains(&terms) {
        table.fault(
            "threshold_terms",
            FaultKind::OutOfRange { allowed: "4, 5, 10 or 11".to_owned() },
        );
    }
    let scan = table.table("scan").map(read_scan).unwrap_or_default();
    let path = table.path_of("measured");
    let measured = match table.node("measured") {
        Some(node) => super::measured::read(node, &path, table.faults),
        None => Vec::new(),
    };
    table.finish();
    TheorySpec {
        T,
        adaptation,
        transfer_function,
        spike_trains,
        threshold_terms: terms,
        scan,
        measured,
    }
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
