//! Physical dimensions of model parameters and the parsing of `"200 pF"`.
//!
//! Inside ntwk every quantity is a bare `f64` in the unit of its [`Dimension`]; unit symbols exist
//! only at this boundary.

use std::fmt;

use crate::spec::fault::nearest;

/// Dimension of a parameter. Each has one unit inside ntwk ([`Dimension::unit`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Time, ms.
    Time,
    /// Electric potential, mV.
    Voltage,
    /// Capacitance, pF.
    Capacitance,
    /// Conductance, nS.
    Conductance,
    /// Current, pA.
    Current,
    /// Rate or frequency, Hz.
    Rate,
    /// Length, µm.
    Length,
    /// Speed, m/s.
    Speed,
    /// Pure number.
    Number,
}

/// Symbol, dimension, factor to the unit used inside.
const UNITS: &[(&str, Dimension, f64)] = &[
    ("s", Dimension::Time, 1e3),
    ("ms", Dimension::Time, 1.0),
    ("us", Dimension::Time, 1e-3),
    ("µs", Dimension::Time, 1e-3),
    ("V", Dimension::Voltage, 1e3),
    ("mV", Dimension::Voltage, 1.0),
    ("uV", Dimension::Voltage, 1e-3),
    ("µV", Dimension::Voltage, 1e-3),
    ("F", Dimension::Capacitance, 1e12),
    ("uF", Dimension::Capacitance, 1e6),
    ("µF", Dimension::Capacitance, 1e6),
    ("nF", Dimension::Capacitance, 1e3),
    ("pF", Dimension::Capacitance, 1.0),
    ("S", Dimension::Conductance, 1e9),
    ("mS", Dimension::Conductance, 1e6),
    ("uS", Dimension::Conductance, 1e3),
    ("µS", Dimension::Conductance, 1e3),
    ("nS", Dimension::Conductance, 1.0),
    ("pS", Dimension::Conductance, 1e-3),
    ("A", Dimension::Current, 1e12),
    ("mA", Dimension::Current, 1e9),
    ("uA", Dimension::Current, 1e6),
    ("µA", Dimension::Current, 1e6),
    ("nA", Dimension::Current, 1e3),
    ("pA", Dimension::Current, 1.0),
    ("kHz", Dimension::Rate, 1e3),
    ("Hz", Dimension::Rate, 1.0),
    ("1/s", Dimension::Rate, 1.0),
    ("m", Dimension::Length, 1e6),
    ("cm", Dimension::Length, 1e4),
    ("mm", Dimension::Length, 1e3),
    ("um", Dimension::Length, 1.0),
    ("µm", Dimension::Length, 1.0),
    ("m/s", Dimension::Speed, 1.0),
    ("mm/ms", Dimension::Speed, 1.0),
    ("mm/s", Dimension::Speed, 1e-3),
    ("%", Dimension::Number, 1e-2),
];

impl Dimension {
    /// The unit in which a bare number of this dimension is read; empty for a pure number.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Time => "ms",
            Self::Voltage => "mV",
            Self::Capacitance => "pF",
            Self::Conductance => "nS",
            Self::Current => "pA",
            Self::Rate => "Hz",
            Self::Length => "um",
            Self::Speed => "m/s",
            Self::Number => "",
        }
    }

    /// Name of the dimension in error messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "a time",
            Self::Voltage => "a voltage",
            Self::Capacitance => "a capacitance",
            Self::Conductance => "a conductance",
            Self::Current => "a current",
            Self::Rate => "a rate",
            Self::Length => "a length",
            Self::Speed => "a speed",
            Self::Number => "a pure number",
        }
    }

    /// Reads text such as `"200 pF"`, `"0.2nF"` or `"-70 mV"` into this dimension's unit.
    ///
    /// # Errors
    /// [`QuantityError`] when the text has no number, no unit, an unknown unit or one of another
    /// dimension.
    pub fn parse(self, text: &str) -> Result<f64, QuantityError> {
        let text = text.trim();
        let split = number_length(text);
        let number: f64 = text[..split]
            .trim()
            .parse()
            .map_err(|_| QuantityError::NotANumber { expected: self })?;
        let symbol = text[split..].trim();
        if symbol.is_empty() {
            return if self == Self::Number {
                Ok(number)
            } else {
                Err(QuantityError::MissingUnit { expected: self })
            };
        }
        // "μ" (U+03BC, Greek) and "µ" (U+00B5, micro sign) look alike; accept both.
        let symbol = symbol.replace('\u{3bc}', "\u{b5}");
        let Some(&(_, dimension, factor)) = UNITS.iter().find(|u| u.0 == symbol) else {
            let known = UNITS.iter().filter(|u| u.1 == self).map(|u| u.0);
            return Err(QuantityError::UnknownUnit {
                nearest: nearest(&symbol, known).map(str::to_owned),
                unit: symbol,
                expected: self,
            });
        };
        if dimension != self {
            return Err(QuantityError::WrongDimension {
                unit: symbol,
                found: dimension,
                expected: self,
            });
        }
        Ok(scale(number, factor))
    }
}

/// Multiplies by a power of ten so that `"0.2 nF"` is exactly 200: dividing by an exact power
/// rounds once, multiplying by an inexact one rounds twice.
fn scale(number: f64, factor: f64) -> f64 {
    if factor < 1.0 { number / (1.0 / factor).round() } else { number * factor }
}

/// Length of the longest prefix that looks like a decimal number.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    let mut seen_digit = false;
    while end < bytes.len() {
        match bytes[end] {
            b'0'..=b'9' => seen_digit = true,
            b'.' => {}
            b'+' | b'-' if end == 0 || matches!(bytes[end - 1], b'e' | b'E') => {}
            // An exponent only when digits follow, so that a unit may start with "e".
            b'e' | b'E'
                if seen_digit
                    && bytes[end + 1..]
                        .iter()
                        .find(|b| !matches!(b, b'+' | b'-'))
                        .is_some_and(u8::is_ascii_digit) => {}
            _ => break,
        }
        end += 1;
    }
    end
}

/// Why a text is not a quantity of the expected dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuantityError {
    /// The text does not start with a number.
    NotANumber {
        /// What was expected.
        expected: Dimension,
    },
    /// A number in quotes without a unit.
    MissingUnit {
        /// What was expected.
        expected: Dimension,
    },
    /// The unit symbol is not known.
    UnknownUnit {
        /// The symbol found.
        unit: String,
        /// The nearest symbol of the expected dimension.
        nearest: Option<String>,
        /// What was expected.
        expected: Dimension,
    },
    /// The unit belongs to another dimension.
    WrongDimension {
        /// The symbol found.
        unit: String,
        /// Its dimension.
        found: Dimension,
        /// What was expected.
        expected: Dimension,
    },
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { expected } => {
                write!(f, "expected {}, for example {}", expected.name(), example(*expected))
            }
            Self::MissingUnit { expected } => write!(
                f,
                "a quantity in quotes needs a unit, for example {}; a bare number is read in {}",
                example(*expected),
                expected.unit()
            ),
            Self::UnknownUnit { unit, nearest, expected } => {
                write!(
                    f,
                    "unknown unit \"{unit}\"; expected {} ({})",
                    expected.name(),
                    expected.unit()
                )?;
                match nearest {
                    Some(near) => write!(f, "; did you mean \"{near}\"?"),
                    None => Ok(()),
                }
            }
            Self::WrongDimension { unit, found, expected } => write!(
                f,
                "\"{unit}\" is the unit of {}; expected {} ({})",
                found.name(),
                expected.name(),
                expected.unit()
            ),
        }
    }
}

fn example(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Time => "\"5 ms\"",
        Dimension::Voltage => "\"-70 mV\"",
        Dimension::Capacitance => "\"200 pF\"",
        Dimension::Conductance => "\"10 nS\"",
        Dimension::Current => "\"40 pA\"",
        Dimension::Rate => "\"4 Hz\"",
        Dimension::Length => "\"100 um\"",
        Dimension::Speed => "\"0.3 m/s\"",
        Dimension::Number => "0.05 or \"5 %\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_the_inner_unit() {
        assert_eq!(Dimension::Capacitance.parse("0.2 nF"), Ok(200.0));
        assert_eq!(Dimension::Voltage.parse("-70mV"), Ok(-70.0));
        assert_eq!(Dimension::Time.parse("1.5e-2 s"), Ok(15.0));
        assert_eq!(Dimension::Conductance.parse("1 µS"), Ok(1000.0));
        assert_eq!(Dimension::Conductance.parse("1 \u{3bc}S"), Ok(1000.0));
        assert_eq!(Dimension::Number.parse("5 %"), Ok(0.05));
        assert_eq!(Dimension::Number.parse("0.3"), Ok(0.3));
        assert_eq!(Dimension::Time.parse("100 us"), Ok(0.1));
    }

    #[test]
    fn faults_name_the_dimension_and_the_nearest_unit() {
        let wrong = Dimension::Capacitance.parse("200 nS").unwrap_err();
        assert!(wrong.to_string().contains("unit of a conductance"), "{wrong}");
        let unknown = Dimension::Capacitance.parse("200 pf").unwrap_err();
        assert!(unknown.to_string().contains("did you mean \"pF\""), "{unknown}");
        assert!(matches!(Dimension::Time.parse("5"), Err(QuantityError::MissingUnit { .. })));
        assert!(matches!(Dimension::Time.parse("fast"), Err(QuantityError::NotANumber { .. })));
        assert!(matches!(Dimension::Time.parse(""), Err(QuantityError::NotANumber { .. })));
    }
}
