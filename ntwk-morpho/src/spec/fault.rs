//! Faults found where a description meets a morphology.

use ntwk_core::spec::fault::{FaultKind, Faults};

/// Adds a fault without a line; who has the file finds the line by the key.
pub(super) fn fault<R: ToString + ?Sized>(faults: &mut Faults, key: impl Into<String>, rule: &R) {
    faults.push(key, None, None, FaultKind::Combination { rule: rule.to_string() });
}
