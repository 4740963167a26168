//! Selections, locations and regions as values of keys.

use crate::geometry::morphology::Morphology;
use crate::geometry::region::Region;
use crate::mesh::compartments::{Compartments, Location};
use crate::mesh::location_spec::LocationSpec;
use crate::mesh::selection::{Selection, region};
use crate::mesh::sites::Sites;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::plain::read_text;
use ntwk_core::spec::key::{KeyValue, Kind, Place};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::value::read_quantities;

/// What a key with a selection expects.
pub(super) const SELECTION: &str = "a selection such as \"apical and distance > 100 um\"";
/// What a key with a location expects.
pub(super) const LOCATION: &str = "a location such as \"soma\" or \"apical at 300 um\"";
/// What a key with one or several locations expects.
pub(super) const LOCATIONS: &str = "locations such as \"soma\"";

impl KeyValue for Selection {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let Some(text) = read_text(&mut place) else { return Self::All };
        text.parse().unwrap_or_else(|e: <Self as std::str::FromStr>::Err| {
            place.fault(FaultKind::Combination { rule: e.to_string() });
            Self::All
        })
    }

    /// Everything.
    fn nothing() -> Self {
        Self::All
    }

    fn write(&self) -> Option<Node> {
        Some(Node::text(&self.to_string()))
    }
}

impl KeyValue for LocationSpec {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let Some(text) = read_text(&mut place) else { return Self::Soma };
        text.parse().unwrap_or_else(|rule| {
            place.fault(FaultKind::Combination { rule });
            Self::Soma
        })
    }

    /// The soma.
    fn nothing() -> Self {
        Self::Soma
    }

    fn write(&self) -> Option<Node> {
        Some(Node::text(&self.to_string()))
    }
}

/// One location or a list of locations.
#[derive(Debug, Clone, PartialEq)]
pub struct Locations(pub Vec<LocationSpec>);

impl Locations {
    /// The soma alone.
    #[must_use]
    pub fn soma() -> Self {
        Self(vec![LocationSpec::Soma])
    }
}

impl KeyValue for Locations {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let node = place.node;
        match &node.value {
            Value::List(items) => Self(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| LocationSpec::read(place.item(i, item), kind))
                    .collect(),
            ),
            _ => Self(vec![LocationSpec::read(place, kind)]),
        }
    }

    fn nothing() -> Self {
        Self(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        let items = self.0.iter().filter_map(KeyValue::write).collect();
        Some(Node::new(Value::List(items)))
    }
}

/// What a key with places to record expects.
pub(super) const PLACES: &str = "locations such as \"soma\", or selections such as \"apical\" or \"all\" for all their compartments";

/// Locations, and selections that stand for all their compartments.
#[derive(Debug, Clone, PartialEq)]
pub struct Places(pub Vec<Sites>);

impl Places {
    /// The soma alone.
    #[must_use]
    pub fn soma() -> Self {
        Self(vec![Sites::Point(LocationSpec::Soma)])
    }

    /// The points with their names, in the order of the list.
    ///
    /// # Errors
    /// Why there is none.
    pub fn points(
        &self,
        morphology: &Morphology,
        compartments: &Compartments,
    ) -> Result<Vec<(String, Location)>, String> {
        let mut points = Vec::new();
        for sites in &self.0 {
            match sites {
                Sites::Point(at) => {
                    points.push((at.to_string(), at.locate(morphology, compartments)?));
                }
                Sites::Part(selection) => {
                    let chosen = selection.indices(compartments);
                    if chosen.is_empty() {
                        return Err(format!("no compartment meets the selection {selection}"));
                    }
                    points.extend(chosen.into_iter().map(|k| {
                        let c = &compartments.as_slice()[k];
                        let at = Location::new(c.branch, c.x);
                        (LocationSpec::Branch(at).to_string(), at)
                    }));
                }
            }
        }
        Ok(points)
    }
}

impl KeyValue for Places {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let node = place.node;
        if let Value::List(items) = &node.value {
            let read = |(i, item)| Self::read(place.item(i, item), &Kind::Value).0;
            return Self(items.iter().enumerate().flat_map(read).collect());
        }
        let Some(text) = read_text(&mut place) else { return Self::nothing() };
        match text.parse() {
            Ok(sites) => Self(vec![sites]),
            Err(rule) => {
                place.fault(FaultKind::Combination { rule });
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        let items = self.0.iter().map(|sites| Node::text(&sites.to_string())).collect();
        Some(Node::new(Value::List(items)))
    }
}

/// Three numbers for x, y and z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position(pub [f64; 3]);

impl KeyValue for Position {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let (Kind::Quantities(dimension, bound), before) = (*kind, place.faults.list.len()) else {
            return Self::nothing();
        };
        let read = read_quantities(&mut place, Some(dimension), bound, "[x, y, z]");
        match read.as_deref() {
            _ if place.faults.list.len() > before => Self::nothing(),
            Some(&[x, y, z]) => Self([x, y, z]),
            _ => {
                let rule = "expected three numbers: [x, y, z]".to_owned();
                place.fault(FaultKind::Combination { rule });
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self([f64::NAN; 3])
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Numbers(self.0.to_vec())))
    }
}

/// The two ends of a gap junction.
#[derive(Debug, Clone, PartialEq)]
pub struct Ends<T>(pub [T; 2]);

/// A list of two.
impl<T: KeyValue> KeyValue for Ends<T> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let node = place.node;
        match &node.value {
            Value::List(items) if items.len() == 2 => {
                Self([0, 1].map(|i| T::read(place.item(i, &items[i]), kind)))
            }
            _ => {
                let rule = format!("expected {}", kind.expected(None));
                place.fault(FaultKind::Combination { rule });
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self([T::nothing(), T::nothing()])
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::List(self.0.iter().filter_map(T::write).collect())))
    }
}

/// Regions of a morphology.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Regions(pub Vec<Region>);

impl KeyValue for Regions {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        const REGIONS: [&str; 6] = ["soma", "axon", "basal", "apical", "undefined", "custom5"];
        let node = place.node;
        let Value::List(items) = &node.value else {
            place.wrong_type(&kind.expected(None));
            return Self::nothing();
        };
        let one = |(i, item)| {
            let mut place = place.item(i, item);
            let word = read_text(&mut place)?;
            let found = region(&word);
            if found.is_none() {
                place.fault(FaultKind::unknown_name("region", &word, REGIONS));
            }
            found
        };
        Self(items.iter().enumerate().filter_map(one).collect())
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        let items = self.0.iter().map(|region| Node::text(&region.to_string()));
        Some(Node::new(Value::List(items.collect())))
    }
}

/// A cylinder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cylinder {
    /// Length (µm).
    pub length: f64,
    /// Diameter (µm).
    pub diameter: f64,
}

/// `[length, diameter]`.
impl KeyValue for Cylinder {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let (Kind::Quantities(dimension, bound), before) = (*kind, place.faults.list.len()) else {
            return Self::nothing();
        };
        let expected = "[length, diameter] in um";
        let read = read_quantities(&mut place, Some(dimension), bound, expected);
        match read.as_deref() {
            _ if place.faults.list.len() > before => Self::nothing(),
            Some(&[length, diameter]) => Self { length, diameter },
            _ => {
                let rule = format!("expected {expected}");
                place.fault(FaultKind::Combination { rule });
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self { length: f64::NAN, diameter: f64::NAN }
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Numbers(vec![self.length, self.diameter])))
    }
}
