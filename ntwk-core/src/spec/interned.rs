//! Names that live as long as the program.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The same text, kept for the life of the program: once per different text, so that what is kept is bounded by what
/// users name. Kinds of cells that a file declares have names like the built-in ones by it.
#[must_use]
pub fn interned(text: &str) -> &'static str {
    static KEPT: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.get(text) {
        Some(known) => known,
        None => {
            let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
            kept.insert(text);
            text
        }
    }
}
