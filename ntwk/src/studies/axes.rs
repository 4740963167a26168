//! Names and labels that the figures and arrays of several studies share.

use ntwk_io::Attribute;

/// The rate of a population as an axis label.
pub(crate) fn rate_label(population: &str) -> String {
    format!("ν_{{{population}}} (Hz)")
}

/// A list of names as an attribute of a group.
pub(crate) fn names(key: &str, names: Vec<String>) -> (String, Attribute) {
    (key.to_owned(), Attribute::Texts(names))
}
