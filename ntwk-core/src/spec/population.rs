//! Populations and their cells as written.

use super::neurons::{NEURONS, NeuronsSpec};
use super::voltage_clamp::{VoltageClampSpec, VoltageClamps};
use super::{Distribution, ParameterText};
use crate::spec::key::{Absent, Key, KeyValue, Kind, Place, Section, Words};
use crate::spec::tree::{Node, Value};
use crate::spec::value::Named;
use crate::spec::waveform::Waveform;
use crate::{section, variants, words};

section! {
    /// A population of identical neurons.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct PopulationSpec {
        /// number of neurons
        size: u64 = Count(1, u32::MAX as u64), required("the number of neurons");
        /// current injected into every neuron (pA): a value or a waveform
        current as "I_e": Option<Waveform> = Waveform(Current), none;
        /// the cell: `model` (a kind) with all its parameters, or `preset` (a published set, also `"AdExp_a_4_b_40"`) with
        /// those that differ; or the name of a preset alone. `ntwk cells list`; `ntwk cells show NAME` prints equations,
        /// parameters, units, ranges
        cell: CellSpec = Table(CellSpec::KEYS), required("a table with model or preset and the cell's parameters");
        /// where the neurons lie, evenly spaced in the order of their numbers
        space: Option<SpaceSpec> = Table(SpaceSpec::KEYS), none;
        /// initial values by variable (`V_m`, the cell's others such as `w`, `g_RECEPTOR`), each a value, a
        /// distribution, or a list with one value for each neuron; without one, rest
        initial: Named<Distribution<ParameterText>> = Variables, none;
        /// currents into some of the neurons, added to `I_e`
        injections: Vec<InjectionSpec> = Tables(InjectionSpec::KEYS), none;
        /// neurons whose potential is clamped: one clamp, or a list of them
        voltage_clamp: VoltageClamps = Table(VoltageClampSpec::KEYS), none;
    }
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
            initial: Named::new(),
            injections: Vec::new(),
            voltage_clamp: VoltageClamps::default(),
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
    /// Currents of its own, by the names of [`ModelSpec::currents`](super::ModelSpec).
    pub currents: Vec<String>,
    /// Parameters by name.
    pub values: Vec<(String, ParameterText)>,
    /// Parameters that differ between neurons: drawn, or listed with one value for each.
    pub distributed: Vec<(String, Distribution<ParameterText>)>,
}

impl Section for CellSpec {
    const KEYS: &'static [Key] = &[
        Key {
            name: "model",
            was: None,
            kind: Kind::Text,
            absent: Absent::Nothing,
            doc: "kind of cell; may be left out beside a preset",
        },
        Key {
            name: "preset",
            was: None,
            kind: Kind::Text,
            absent: Absent::Nothing,
            doc: "published set of parameters; those that are given beside it differ",
        },
        Key {
            name: "currents",
            was: None,
            kind: Kind::Texts("names of currents"),
            absent: Absent::Nothing,
            doc: "currents of its own, by their names among the `currents` of the model",
        },
    ];
}

/// A cell is a table, or the name of a preset. Its kind, not this reader, knows the parameters.
impl KeyValue for CellSpec {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        if let Value::String(preset) = &place.node.value {
            return Self { preset: Some(preset.clone()), ..Self::nothing() };
        }
        let Some(mut table) = place.table() else { return Self::nothing() };
        let [model, preset] = [0, 1].map(|i| table.read::<Option<String>>(&Self::KEYS[i]));
        let currents = table.read::<Option<Vec<String>>>(&Self::KEYS[2]).unwrap_or_default();
        if model.is_none() && preset.is_none() {
            table.missing("model", "a kind of cell, or preset = \"...\" (ntwk cells list)");
        }
        let known = |name: &str| Self::KEYS.iter().any(|key| key.name == name);
        let (mut values, mut distributed) = (Vec::new(), Vec::new());
        let entries = table.named_entries();
        for (name, path, node) in entries.into_iter().filter(|e| !known(e.0)) {
            let place = Place { node, path, own: None, root: node, faults: table.faults };
            let is_list =
                matches!(node.value, Value::List(_) | Value::Numbers(_) | Value::Counts(_));
            if is_list || matches!(node.value, Value::Table(_)) {
                distributed.push((name.to_owned(), Distribution::read(place, &Kind::Value)));
            } else {
                values.push((name.to_owned(), ParameterText::read(place, &Kind::Value)));
            }
        }
        Self { model, preset, currents, values, distributed }
    }

    fn nothing() -> Self {
        Self {
            model: None,
            preset: None,
            currents: Vec::new(),
            values: Vec::new(),
            distributed: Vec::new(),
        }
    }

    fn write(&self) -> Option<Node> {
        let texts = [&self.model, &self.preset].into_iter().zip(Self::KEYS);
        let mut entries: Vec<(String, Node)> = texts
            .filter_map(|(text, key)| Some((key.name.to_owned(), Node::text(text.as_ref()?))))
            .collect();
        if !self.currents.is_empty() {
            entries.extend(self.currents.write().map(|node| (Self::KEYS[2].name.to_owned(), node)));
        }
        let value = |v: &(String, ParameterText)| Some((v.0.clone(), v.1.write()?));
        entries.extend(self.values.iter().filter_map(value));
        let drawn = self.distributed.iter();
        entries.extend(drawn.filter_map(|(name, drawn)| Some((name.clone(), drawn.write()?))));
        Some(Node::new(Value::Table(entries)))
    }
}

variants! {
    /// Where the neurons of a population lie: evenly spaced, in the order of their numbers.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum SpaceSpec, key = "layout", what = "layout", required("ring or sheet") {
        /// on a circle: neuron `i` of `N` at `(i + 1/2) length / N` along it. Between rings of different length, distances are
        /// those along the ring of the source, round which that of the target is wound
        Ring = "ring" {
            /// circumference (µm)
            length: f64 = Quantity(Length, Positive), required;
        },
        /// on a rectangle, row by row, in the squarest grid with room for all
        Sheet = "sheet" {
            /// width (µm)
            width: f64 = Quantity(Length, Positive), required;
            /// height (µm)
            height: f64 = Quantity(Length, Positive), required;
            /// what is at the border:
            border: Border = Choice(Border::WORDS), or(Border::Periodic);
        },
    }
}

words! {
    /// Border of a sheet.
    pub enum Border, what = "border" {
        /// opposite borders meet: a torus
        Periodic = "periodic",
        /// nothing beyond the border
        Open = "open",
    }
}

section! {
    /// A current injected into some neurons.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct InjectionSpec {
        /// the neurons: how many (the first ones), a list of numbers, or a range `"0..10"` (without the 10)
        neurons: NeuronsSpec = Other(NEURONS), required;
        /// the current (pA): a value or a waveform
        current: Waveform = Waveform(Current), required;
    }
}
