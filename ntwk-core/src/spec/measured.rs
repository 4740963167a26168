//! `[[theory.measured]]`: a transfer function that was measured on other cells than the point neurons of the model.

use serde::Serialize;

use crate::spec::fault::{FaultKind, Faults};
use crate::spec::tree::{Node, TableReader, Value, wrong_type};
use crate::spec::units::Dimension;

/// Measured rates of a population's cells against the rates of their inputs: what the theory takes in place of a scan of
/// the point neuron that stands for the population.
///
/// The moments of the theory are those of the point neuron and its synapses, whatever was measured; the effective threshold
/// that is fitted to the rates absorbs what a dendrite does to them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasuredSpec {
    /// The population.
    pub population: String,
    /// Rates (Hz) of the presynaptic neurons, one list per class of inputs and one value per point. A class has the name of
    /// its receptor (`RECEPTOR@WEIGHTnS` where a receptor has several weights).
    #[serde(serialize_with = "as_table")]
    pub inputs: Vec<(String, Vec<f64>)>,
    /// Measured rate (Hz) of each point.
    pub rate: Vec<f64>,
    /// Its standard error (Hz).
    pub standard_error: Vec<f64>,
    /// Number of cells or repetitions of each point.
    pub cells: u64,
}

/// Writes the inputs as a table.
#[allow(clippy::ptr_arg)]
fn as_table<S: serde::Serializer>(
    inputs: &Vec<(String, Vec<f64>)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(inputs.iter().map(|(name, rates)| (name, rates)))
}

impl MeasuredSpec {
    /// Adds the faults of `theory.measured[index]` in a model with these populations.
    pub fn check<'p>(
        &self,
        index: usize,
        populations: impl Iterator<Item = &'p str> + Clone,
        faults: &mut Faults,
    ) {
        let path = format!("theory.measured[{index}]");
        if !populations.clone().any(|p| p == self.population) {
            let nearest = crate::spec::fault::nearest(&self.population, populations.clone());
            let nearest = nearest.map(str::to_owned);
            let valid = populations.map(str::to_owned).collect();
            let kind = FaultKind::UnknownName { what: "population", nearest, valid };
            faults.push(format!("{path}.population"), Some(self.population.clone()), None, kind);
        }
        let n = self.rate.len();
        let lists = self.inputs.iter().map(|(name, v)| (format!("inputs.{name}"), v));
        let lists = lists.chain([
            ("rate".to_owned(), &self.rate),
            ("standard_error".to_owned(), &self.standard_error),
        ]);
        for (key, values) in lists {
            let rule = if values.len() != n {
                format!("{} values for {n} rates", values.len())
            } else if values.iter().any(|x| !(x.is_finite() && *x >= 0.0)) {
                "must be finite and >= 0 Hz".to_owned()
            } else {
                continue;
            };
            faults.push(format!("{path}.{key}"), None, None, FaultKind::Combination { rule });
        }
        if self.inputs.is_empty() {
            let rule = "a table of classes of inputs with their rates".to_owned();
            faults.push(format!("{path}.inputs"), None, None, FaultKind::Combination { rule });
        }
    }
}

/// Reads the list of tables.
pub(super) fn read(node: &Node, path: &str, faults: &mut Faults) -> Vec<MeasuredSpec> {
    let Value::List(items) = &node.value else {
        wrong_type(faults, path, node, "a list of tables ([[theory.measured]])");
        return Vec::new();
    };
    let mut all = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let Some(mut t) = TableReader::new(item, format!("{path}[{i}]"), faults) else { continue };
        let population = t.required_text("population", "the name of a population");
        let mut inputs = Vec::new();
        if t.required("inputs", "a table { exc = \"column of the file\", ... }").is_some()
            && let Some(table) = t.table("inputs")
        {
            for (name, path, node) in table.named_entries() {
                inputs.push((name.to_owned(), list(node, &path, table.faults)));
            }
        }
        let mut column = |key: &'static str| {
            let missing = t.required(key, "file, or a list of rates (Hz)").is_none();
            (if missing { None } else { t.quantities(key, Dimension::Rate) }).unwrap_or_default()
        };
        let (rate, standard_error) = (column("rate"), column("standard_error"));
        let cells = t.count("cells").unwrap_or(1).max(1);
        t.finish();
        if let Some(population) = population {
            all.push(MeasuredSpec { population, inputs, rate, standard_error, cells });
        }
    }
    all
}

/// A list of rates (Hz).
fn list(node: &Node, path: &str, faults: &mut Faults) -> Vec<f64> {
    let Value::List(items) = &node.value else {
        wrong_type(faults, path, node, "a list of rates (Hz), or with file the name of a column");
        return Vec::new();
    };
    let number = |item: &Node| match &item.value {
        Value::Integer(i) => Some(*i as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    };
    let read: Option<Vec<f64>> = items.iter().map(number).collect();
    if read.is_none() {
        wrong_type(faults, path, node, "a list of numbers (Hz)");
    }
    read.unwrap_or_default()
}
