//! Named numbers in the formulas of a channel.

use super::reader::{Section, read_quantity};
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;

/// Names a formula has already.
const TAKEN: [&str; 3] = ["V", "Ca", "celsius"];

/// A table of names and numbers.
pub(super) fn constants(mut t: Section<'_, '_>) -> Option<Vec<(String, f64)>> {
    let mut all = Vec::new();
    let mut sound = true;
    for (name, path, node) in t.entries() {
        let fits = name.chars().next().is_some_and(char::is_alphabetic)
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !fits || TAKEN.contains(&name) {
            t.fault(
                name,
                "a constant is a word of letters, digits and _, and not V, Ca or celsius",
            );
            sound = false;
            continue;
        }
        match read_quantity(node, &path, D::Number, Bound::Any, t.faults()) {
            Some(value) => all.push((name.to_owned(), value)),
            None => sound = false,
        }
    }
    sound.then_some(all)
}
