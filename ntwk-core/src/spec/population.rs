//! Populations and their cells as written.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::read::{read_choice, read_size};
use super::{Distribution, Named};
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::tree::{Node, TableReader, Value, read_count, wrong_type};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;

/// A population of identical neurons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationSpec {
    /// Number of neurons, >= 1.
    pub size: u64,
    /// Injected current (pA), the same for every neuron.
    #[serde(rename = "I_e", skip_serializing_if = "Option::is_none")]
    pub current: Option<Waveform>,
    /// The cell.
    pub cell: CellSpec,
    /// Where the neurons lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<SpaceSpec>,
    /// Initial values by variable (`V_m`, the cell's others, `g_<receptor>`); the default is rest.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub initial: Named<Distribution<ParameterText>>,
    /// Currents injected into some of the neurons, added to `I_e`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injections: Vec<InjectionSpec>,
    /// Neurons whose potential is clamped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voltage_clamp: Option<VoltageClampSpec>,
}

impl PopulationSpec {
    /// A population at rest without injected current.
    #[must_use]
    pub fn new(size: u64, cell: CellSpec) -> Self {
        Self {
            size,
            current: None,
            cell,
            space: None,
            initial: Named::default(),
            injections: Vec::new(),
            voltage_clamp: None,
        }
    }
}

/// A cell: a model with its parameters, or a preset with the parameters that differ.
#[derive(Debug, Clone, PartialEq)]
pub struct CellSpec {
    /// Kind of cell, for example `AdEx`; may be left out when a preset is named.
    pub model: Option<String>,
    /// A published parameter set.
    pub preset: Option<String>,
    /// Parameters by name.
    pub values: Vec<(String, ParameterText)>,
}

impl Serialize for CellSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(model) = &self.model {
            map.serialize_entry("model", model)?;
        }
        if let Some(preset) = &self.preset {
            map.serialize_entry("preset", preset)?;
        }
        for (name, value) in &self.values {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A parameter whose dimension is known only to its cell kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ParameterText {
    /// A bare number in the documented unit.
    Number(f64),
    /// Text with a unit.
    Text(String),
}

/// Where the neurons of a population lie: evenly spaced, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "layout", rename_all = "snake_case")]
pub enum SpaceSpec {
    /// On a circle: neuron `i` of `N` at `(i + 1/2) length / N` along it.
    Ring {
        /// Circumference (µm), > 0.
        length: f64,
    },
    /// On a rectangle, row by row, in the squarest grid with room for all.
    Sheet {
        /// Width (µm), > 0.
        width: f64,
        /// Height (µm), > 0.
        height: f64,
        /// Whether opposite borders meet.
        border: Border,
    },
}

/// Border of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// Opposite borders meet: a torus.
    #[default]
    Periodic,
    /// Nothing beyond the border.
    Open,
}

/// A current injected into some neurons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InjectionSpec {
    /// The neurons.
    pub neurons: NeuronsSpec,
    /// The current (pA).
    pub current: Waveform,
}

/// Neurons whose membrane potential is held at a command. They do not spike; their conductances
/// and other variables go on, so that recorded currents are those at the command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct VoltageClampSpec {
    /// The neurons.
    pub neurons: NeuronsSpec,
    /// The command (mV).
    pub V: Waveform,
}

/// A choice of neurons of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum NeuronsSpec {
    /// The neurons with these numbers.
    List(Vec<u64>),
    /// `"start..stop"`: from `start` to before `stop`.
    Range(String),
}

impl NeuronsSpec {
    /// The numbers, ascending and without repetition; `None` when a range is not `start..stop`.
    #[must_use]
    pub fn numbers(&self) -> Option<Vec<u64>> {
        match self {
            Self::List(list) => {
                let mut list = list.clone();
                list.sort_unstable();
                list.dedup();
                Some(list)
            }
            Self::Range(_) => {
                let (start, stop) = self.bounds()?;
                (stop - start <= u64::from(u32::MAX)).then(|| (start..stop).collect())
            }
        }
    }

    /// Bounds of a range.
    fn bounds(&self) -> Option<(u64, u64)> {
        let Self::Range(text) = self else { return None };
        let (start, stop) = text.split_once("..")?;
        let (start, stop) = (start.trim().parse().ok()?, stop.trim().parse().ok()?);
        (start < stop).then_some((start, stop))
    }

    /// The largest number, to be compared with the size.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        match self {
            Self::List(list) => list.iter().max().copied(),
            Self::Range(_) => self.bounds().map(|b| b.1 - 1),
        }
    }
}

pub(super) fn read_population(table: &mut TableReader<'_, '_>) -> Option<PopulationSpec> {
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
    let space = table.table("space").and_then(read_space);
    let initial =
        table.table("initial").map(|mut table| read_initial(&mut table)).unwrap_or_default();
    let injections = read_injections(table);
    let voltage_clamp = table.table("voltage_clamp").and_then(read_clamp);
    Some(PopulationSpec {
        size: size?,
        current,
        cell: cell?,
        space,
        initial,
        injections,
        voltage_clamp,
    })
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

const LAYOUTS: [(&str, u8); 2] = [("ring", 0), ("sheet", 1)];
const BORDERS: [(&str, Border); 2] = [("periodic", Border::Periodic), ("open", Border::Open)];

fn read_space(mut table: TableReader<'_, '_>) -> Option<SpaceSpec> {
    table.required("layout", "ring or sheet")?;
    let layout = read_choice(&mut table, "layout", "layout", &LAYOUTS)?;
    let length = |table: &mut TableReader<'_, '_>, key: &'static str| {
        let value = table.required_quantity(key, Dimension::Length)?;
        if value > 0.0 {
            return Some(value);
        }
        table.fault(key, FaultKind::OutOfRange { allowed: "> 0 um".to_owned() });
        None
    };
    let space = match layout {
        0 => length(&mut table, "length").map(|length| SpaceSpec::Ring { length }),
        _ => {
            let (width, height) = (length(&mut table, "width"), length(&mut table, "height"));
            let border = read_choice(&mut table, "border", "border", &BORDERS).unwrap_or_default();
            width.zip(height).map(|(width, height)| SpaceSpec::Sheet { width, height, border })
        }
    };
    table.finish();
    space
}

/// In the order of the names, not of the file: notations write tables after plain values, and a model must not depend on
/// its notation.
fn read_initial(table: &mut TableReader<'_, '_>) -> Named<Distribution<ParameterText>> {
    let mut initial: Vec<_> = table
        .named_entries()
        .into_iter()
        .filter_map(|(name, path, node)| {
            let value = Distribution::read_text(node, &path, table.faults)?;
            Some((name.to_owned(), value))
        })
        .collect();
    initial.sort_by(|a, b| a.0.cmp(&b.0));
    Named(initial)
}

fn read_injections(table: &mut TableReader<'_, '_>) -> Vec<InjectionSpec> {
    let Some(node) = table.node("injections") else {
        return Vec::new();
    };
    let path = table.path_of("injections");
    let Value::List(items) = &node.value else {
        wrong_type(table.faults, &path, node, "a list of { neurons, current }");
        return Vec::new();
    };
    items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| {
            let mut entry = TableReader::new(item, format!("{path}[{i}]"), table.faults)?;
            let neurons = read_neurons(&mut entry);
            let current = read_waveform(&mut entry, "current", Dimension::Current);
            entry.finish();
            Some(InjectionSpec { neurons: neurons?, current: current? })
        })
        .collect()
}

fn read_clamp(mut table: TableReader<'_, '_>) -> Option<VoltageClampSpec> {
    let neurons = read_neurons(&mut table);
    let command = read_waveform(&mut table, "V", Dimension::Voltage);
    table.finish();
    Some(VoltageClampSpec { neurons: neurons?, V: command? })
}

fn read_waveform(
    table: &mut TableReader<'_, '_>,
    key: &'static str,
    dimension: Dimension,
) -> Option<Waveform> {
    let expected = format!("{} in {} or a waveform", dimension.name(), dimension.unit());
    let node = table.required(key, &expected)?;
    let path = table.path_of(key);
    Waveform::read(node, &path, dimension, table.faults)
}

fn read_neurons(table: &mut TableReader<'_, '_>) -> Option<NeuronsSpec> {
    const EXPECTED: &str = "a list of neuron numbers, or \"start..stop\" (stop excluded)";
    let node = table.required("neurons", EXPECTED)?;
    let path = table.path_of("neurons");
    let neurons = match &node.value {
        Value::List(items) => {
            let ids: Vec<Option<u64>> = items
                .iter()
                .enumerate()
                .map(|(i, item)| read_count(item, &format!("{path}[{i}]"), table.faults))
                .collect();
            NeuronsSpec::List(ids.into_iter().collect::<Option<_>>()?)
        }
        Value::String(text) => NeuronsSpec::Range(text.clone()),
        _ => {
            wrong_type(table.faults, &path, node, EXPECTED);
            return None;
        }
    };
    if neurons.last().is_none() {
        table.fault("neurons", FaultKind::OutOfRange { allowed: EXPECTED.to_owned() });
        return None;
    }
    Some(neurons)
}
