//! Values that are one number, one flag or one text.

use super::Place;
use crate::spec::tree::Value;

/// A whole number >= 0 (also written `1e4`); a fault and `None` otherwise.
pub fn read_count(place: &mut Place<'_, '_>) -> Option<u64> {
    match place.node.value {
        Value::Integer(i) => {
            if i < 0 {
                place.out_of_range("a whole number >= 0");
            }
            u64::try_from(i).ok()
        }
        Value::Float(x) if x >= 0.0 && x.fract() == 0.0 && x < 9.0e15 => Some(x as u64),
        Value::Float(x) if x >= 9.0e15 && x.is_finite() => {
            // TOML and JSON hold whole numbers up to there.
            place.out_of_range("a whole number up to 9223372036854775807");
            None
        }
        Value::Float(x) if x.is_finite() && x.fract() != 0.0 => {
            place.out_of_range("a whole number >= 0");
            None
        }
        _ => {
            place.wrong_type("a whole number >= 0");
            None
        }
    }
}

/// Text; a fault and `None` otherwise.
pub fn read_text(place: &mut Place<'_, '_>) -> Option<String> {
    match &place.node.value {
        Value::String(text) => Some(text.clone()),
        _ => {
            place.wrong_type("text");
            None
        }
    }
}

/// `true` or `false`; a fault and `None` otherwise.
pub fn read_flag(place: &mut Place<'_, '_>) -> Option<bool> {
    match place.node.value {
        Value::Bool(flag) => Some(flag),
        _ => {
            place.wrong_type("true or false");
            None
        }
    }
}
