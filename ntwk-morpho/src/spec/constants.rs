//! Named numbers in the formulas of a channel.

use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::{KeyValue, Kind, Place};
use ntwk_core::spec::tree::Node;
use ntwk_core::spec::value::Named;

/// Names a formula has already.
const TAKEN: [&str; 3] = ["V", "Ca", "celsius"];

/// Named numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Constants(pub Named<f64>);

/// A table of names that a formula can use, and numbers.
impl KeyValue for Constants {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let mut all = Self::nothing();
        let root = place.root;
        let Some(mut table) = place.table() else { return all };
        for (name, path, node) in table.named_entries() {
            let fits = name.chars().next().is_some_and(char::is_alphabetic)
                && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if fits && !TAKEN.contains(&name) {
                let place = Place { node, path, own: None, root, faults: table.faults };
                all.0.insert(name.to_owned(), f64::read(place, kind));
            } else {
                let rule =
                    "a constant is a word of letters, digits and _, and not V, Ca or celsius";
                table.fault(name, FaultKind::Combination { rule: rule.to_owned() });
            }
        }
        all
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        self.0.write()
    }
}
