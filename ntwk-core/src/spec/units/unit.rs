//! Units of equations: products of powers of the base units, and a power of ten.
//!
//! Inside equations every quantity is in one coherent set of units: ms, mV, pA, µm, amol, K. In it nS = pA/mV,
//! pF = pA ms/mV and mM = amol/µm³, so that no factor is hidden in a formula. Densities are in the same set (µA/cm² is
//! 0.01 pA/µm²), which is why absolute and per-area equations may be mixed through an area.

use std::fmt;

use super::{Dimension, scale};
use crate::spec::nearest::nearest;

/// Names of the base units, in the order of [`Unit::halves`].
const BASE: [&str; 6] = ["ms", "mV", "pA", "um", "amol", "K"];

/// A unit: `10^ten Π base_i^(halves_i / 2)`; half powers come from square roots, such as that of white noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Unit {
    /// Twice the powers of ms, mV, pA, µm, amol, K.
    pub halves: [i8; 6],
    /// Power of ten by which the unit is larger than the product of base units.
    pub ten: i8,
}

/// Symbol, powers (whole ones) of the base units, power of ten.
const SYMBOLS: &[(&str, [i8; 6], i8)] = &[
    ("s", [1, 0, 0, 0, 0, 0], 3),
    ("ms", [1, 0, 0, 0, 0, 0], 0),
    ("us", [1, 0, 0, 0, 0, 0], -3),
    ("second", [1, 0, 0, 0, 0, 0], 3),
    ("Hz", [-1, 0, 0, 0, 0, 0], -3),
    ("kHz", [-1, 0, 0, 0, 0, 0], 0),
    ("hertz", [-1, 0, 0, 0, 0, 0], -3),
    ("V", [0, 1, 0, 0, 0, 0], 3),
    ("mV", [0, 1, 0, 0, 0, 0], 0),
    ("uV", [0, 1, 0, 0, 0, 0], -3),
    ("volt", [0, 1, 0, 0, 0, 0], 3),
    ("A", [0, 0, 1, 0, 0, 0], 12),
    ("mA", [0, 0, 1, 0, 0, 0], 9),
    ("uA", [0, 0, 1, 0, 0, 0], 6),
    ("nA", [0, 0, 1, 0, 0, 0], 3),
    ("pA", [0, 0, 1, 0, 0, 0], 0),
    ("fA", [0, 0, 1, 0, 0, 0], -3),
    ("amp", [0, 0, 1, 0, 0, 0], 12),
    ("ampere", [0, 0, 1, 0, 0, 0], 12),
    ("S", [0, -1, 1, 0, 0, 0], 9),
    ("mS", [0, -1, 1, 0, 0, 0], 6),
    ("uS", [0, -1, 1, 0, 0, 0], 3),
    ("nS", [0, -1, 1, 0, 0, 0], 0),
    ("pS", [0, -1, 1, 0, 0, 0], -3),
    ("siemens", [0, -1, 1, 0, 0, 0], 9),
    ("Ohm", [0, 1, -1, 0, 0, 0], -9),
    ("ohm", [0, 1, -1, 0, 0, 0], -9),
    ("kOhm", [0, 1, -1, 0, 0, 0], -6),
    ("kohm", [0, 1, -1, 0, 0, 0], -6),
    ("Mohm", [0, 1, -1, 0, 0, 0], -3),
    ("Gohm", [0, 1, -1, 0, 0, 0], 0),
    ("MOhm", [0, 1, -1, 0, 0, 0], -3),
    ("GOhm", [0, 1, -1, 0, 0, 0], 0),
    ("F", [1, -1, 1, 0, 0, 0], 12),
    ("uF", [1, -1, 1, 0, 0, 0], 6),
    ("nF", [1, -1, 1, 0, 0, 0], 3),
    ("pF", [1, -1, 1, 0, 0, 0], 0),
    ("fF", [1, -1, 1, 0, 0, 0], -3),
    ("farad", [1, -1, 1, 0, 0, 0], 12),
    ("m", [0, 0, 0, 1, 0, 0], 6),
    ("cm", [0, 0, 0, 1, 0, 0], 4),
    ("mm", [0, 0, 0, 1, 0, 0], 3),
    ("um", [0, 0, 0, 1, 0, 0], 0),
    ("nm", [0, 0, 0, 1, 0, 0], -3),
    ("meter", [0, 0, 0, 1, 0, 0], 6),
    ("metre", [0, 0, 0, 1, 0, 0], 6),
    ("mol", [0, 0, 0, 0, 1, 0], 18),
    ("mmol", [0, 0, 0, 0, 1, 0], 15),
    ("umol", [0, 0, 0, 0, 1, 0], 12),
    ("nmol", [0, 0, 0, 0, 1, 0], 9),
    ("pmol", [0, 0, 0, 0, 1, 0], 6),
    ("fmol", [0, 0, 0, 0, 1, 0], 3),
    ("amol", [0, 0, 0, 0, 1, 0], 0),
    ("mole", [0, 0, 0, 0, 1, 0], 18),
    ("M", [0, 0, 0, -3, 1, 0], 3),
    ("mM", [0, 0, 0, -3, 1, 0], 0),
    ("uM", [0, 0, 0, -3, 1, 0], -3),
    ("nM", [0, 0, 0, -3, 1, 0], -6),
    ("molar", [0, 0, 0, -3, 1, 0], 3),
    ("C", [1, 0, 1, 0, 0, 0], 15),
    ("coulomb", [1, 0, 1, 0, 0, 0], 15),
    ("pC", [1, 0, 1, 0, 0, 0], 3),
    ("fC", [1, 0, 1, 0, 0, 0], 0),
    ("J", [1, 1, 1, 0, 0, 0], 18),
    ("joule", [1, 1, 1, 0, 0, 0], 18),
    ("K", [0, 0, 0, 0, 0, 1], 0),
    ("kelvin", [0, 0, 0, 0, 0, 1], 0),
    ("%", [0, 0, 0, 0, 0, 0], -2),
];

/// Units in which a quantity is shown, by what people write.
const SHOWN: &[&str] = &[
    "ms", "mV", "pA", "nS", "pF", "GOhm", "1/ms", "1/mV", "um", "um2", "mM", "uA/cm2", "mS/cm2",
    "uF/cm2", "mV/ms", "pA/ms", "nS/ms", "nS/mV", "mM/ms", "1/mM", "ms^-0.5",
];

impl Unit {
    /// The unit of a pure number.
    pub const ONE: Self = Self { halves: [0; 6], ten: 0 };
    /// Milliseconds.
    pub const MS: Self = Self { halves: [2, 0, 0, 0, 0, 0], ten: 0 };
    /// Millivolts.
    pub const MV: Self = Self { halves: [0, 2, 0, 0, 0, 0], ten: 0 };
    /// Picoamperes.
    pub const PA: Self = Self { halves: [0, 0, 2, 0, 0, 0], ten: 0 };
    /// The unit of white noise, `ms^-0.5`.
    pub const NOISE: Self = Self { halves: [-1, 0, 0, 0, 0, 0], ten: 0 };

    /// The unit inside ntwk of a dimension, where equations have it.
    #[must_use]
    pub fn of(dimension: Dimension) -> Option<Self> {
        match dimension {
            Dimension::Number => Some(Self::ONE),
            Dimension::Compound(unit) => Some(unit),
            Dimension::Temperature | Dimension::Angle => None,
            other => Self::parse(other.unit()).ok(),
        }
    }

    /// The dimension whose unit this is: one of those that all of ntwk knows where there is one.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        let known = [
            Dimension::Number,
            Dimension::Time,
            Dimension::Voltage,
            Dimension::Capacitance,
            Dimension::Conductance,
            Dimension::Current,
            Dimension::Rate,
            Dimension::PerTime,
            Dimension::PerVoltage,
            Dimension::Concentration,
            Dimension::Length,
        ];
        known.into_iter().find(|d| Self::of(*d) == Some(self)).unwrap_or(Dimension::Compound(self))
    }

    /// The same dimension in base units.
    #[must_use]
    pub fn base(self) -> Self {
        Self { ten: 0, ..self }
    }

    /// What a number in this unit is multiplied by to be in base units.
    #[must_use]
    pub fn to_base(self, number: f64) -> f64 {
        scale(number, i32::from(self.ten))
    }

    /// The power of ten between this unit and the base units, as a factor.
    #[must_use]
    pub fn factor(self) -> f64 {
        self.to_base(1.0)
    }

    /// A number with a written unit, in this unit.
    ///
    /// # Errors
    /// The unit it is in where that measures something else; `None` where it is no unit.
    pub(super) fn read(self, number: f64, written: &str) -> Result<f64, Option<Self>> {
        let found = Self::parse(written).map_err(|_| None)?;
        if !found.measures_as(self) {
            return Err(Some(found));
        }
        Ok(scale(number, i32::from(found.ten) - i32::from(self.ten)))
    }

    /// Whether both measure the same.
    #[must_use]
    pub fn measures_as(self, other: Self) -> bool {
        self.halves == other.halves
    }

    /// Product of two units; `None` where a power is beyond what is counted.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let mut halves = self.halves;
        for (power, more) in halves.iter_mut().zip(other.halves) {
            *power = power.checked_add(more)?;
        }
        Some(Self { halves, ten: self.ten.checked_add(other.ten)? })
    }

    /// An integer power; `None` where a power is beyond what is counted.
    #[must_use]
    pub fn to_the(self, n: i8) -> Option<Self> {
        let mut halves = self.halves;
        for power in &mut halves {
            *power = power.checked_mul(n)?;
        }
        Some(Self { halves, ten: self.ten.checked_mul(n)? })
    }

    /// Quotient of two units.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        self.times(other.to_the(-1)?)
    }

    /// The square root; `None` where a power is not whole.
    #[must_use]
    pub fn root(self) -> Option<Self> {
        let whole = self.halves.iter().all(|p| p % 2 == 0) && self.ten % 2 == 0;
        whole.then(|| Self { halves: self.halves.map(|p| p / 2), ten: self.ten / 2 })
    }

    /// The unit that a word such as `mV` or `siemens` is.
    #[must_use]
    pub fn symbol(word: &str) -> Option<Self> {
        let word = word
            .strip_prefix(['\u{b5}', '\u{3bc}'])
            .map_or_else(|| word.to_owned(), |w| format!("u{w}"));
        SYMBOLS
            .iter()
            .find(|s| s.0 == word)
            .map(|&(_, powers, ten)| Self { halves: powers.map(|p| 2 * p), ten })
    }

    /// Reads text such as `mV`, `nS/mV`, `uA/cm2`, `1/(mM ms)`, `amp/meter**2`, `ms^-2`.
    ///
    /// # Errors
    /// A sentence that says what is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text: text.trim(), at: 0 };
        if reader.text.is_empty() {
            return Err("a unit is missing: \"1\" is that of a pure number".to_owned());
        }
        let unit = reader.product()?;
        if reader.at < reader.text.len() {
            return Err(format!(
                "\"{text}\" is no unit: \"{}\" is not understood",
                &reader.text[reader.at..]
            ));
        }
        Ok(unit)
    }
}

/// Walks a text of units.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn product(&mut self) -> Result<Unit, String> {
        let mut unit = if self.rest().starts_with('/') { Unit::ONE } else { self.factor()? };
        loop {
            self.skip();
            if self.rest().is_empty() || self.rest().starts_with(')') {
                return Ok(unit);
            }
            let divides = self.take("/");
            if !divides && !self.take("*") {
                self.take("\u{b7}");
            }
            let next = self.factor()?;
            let product = if divides { unit.over(next) } else { unit.times(next) };
            unit = product.ok_or("the powers of this unit are too large")?;
        }
    }

    fn factor(&mut self) -> Result<Unit, String> {
        self.skip();
        let unit = if self.take("(") {
            let inner = self.product()?;
            if !self.take(")") {
                return Err("a parenthesis of the unit is not closed".to_owned());
            }
            inner
        } else if self.take("1") {
            Unit::ONE
        } else {
            let length = self
                .rest()
                .find(|c: char| !(c.is_alphabetic() || c == '%'))
                .unwrap_or(self.rest().len());
            let word = self.rest()[..length].to_owned();
            self.at += length;
            match Unit::symbol(&word) {
                Some(unit) => unit,
                None if word.is_empty() => {
                    return Err(format!("\"{}\" is no unit", self.text));
                }
                None => {
                    let near = nearest(&word, SYMBOLS.iter().map(|s| s.0));
                    let near =
                        near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
                    return Err(format!("\"{word}\" is no unit{near}"));
                }
            }
        };
        let raised = self.take("**") || self.take("^");
        let is_number = |c: char| matches!(c, '-' | '.') || c.is_ascii_digit();
        let digits = self.rest().len() - self.rest().trim_start_matches(is_number).len();
        let power = &self.rest()[..digits];
        if let Some(n) = ["\u{b2}", "\u{b3}"].iter().position(|s| self.rest().starts_with(s)) {
            self.at += 2;
            return unit
                .to_the(n as i8 + 2)
                .ok_or_else(|| "the powers of this unit are too large".to_owned());
        }
        if power.is_empty() {
            return if raised {
                Err(format!("\"{}\": a power is missing", self.text))
            } else {
                Ok(unit)
            };
        }
        let bad = || format!("\"{power}\" is no power of a unit");
        let (whole, half) = power.strip_suffix(".5").map_or((power, false), |whole| (whole, true));
        let n: i8 = whole.parse().map_err(|_| bad())?;
        let result = if half {
            let half = unit.root().ok_or_else(bad)?;
            let sign = if whole.starts_with('-') { -1 } else { 1 };
            n.checked_mul(2).and_then(|n| half.to_the(n + sign))
        } else {
            unit.to_the(n)
        };
        self.at += digits;
        result.ok_or_else(|| "the powers of this unit are too large".to_owned())
    }
}

/// As people write it: `mV`, `nS/mV`, or a product of powers of the base units.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ONE {
            return f.write_str("1");
        }
        let shown = SHOWN.iter().copied().find(|s| Self::parse(s) == Ok(*self));
        let symbol = || {
            SYMBOLS
                .iter()
                .find(|s| s.1.map(|p| 2 * p) == self.halves && s.2 == self.ten)
                .map(|s| s.0)
        };
        if let Some(shown) = shown.or_else(symbol) {
            return f.write_str(shown);
        }
        if self.ten != 0 {
            write!(f, "1e{} ", self.ten)?;
        }
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for (power, name) in self.halves.iter().zip(BASE) {
            let list = if *power > 0 { &mut above } else { &mut below };
            match power.unsigned_abs() {
                0 => {}
                2 => list.push(name.to_owned()),
                n => list.push(format!("{name}^{}", f64::from(n) / 2.0)),
            }
        }
        let above = if above.is_empty() { "1".to_owned() } else { above.join(" ") };
        match below.len() {
            0 => f.write_str(&above),
            1 => write!(f, "{above}/{}", below[0]),
            _ => write!(f, "{above}/({})", below.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_papers_are_one_coherent_set() {
        for (text, other) in [
            ("nS mV", "pA"),
            ("nS*mV", "pA"),
            ("pF mV/ms", "pA"),
            ("siemens", "S"),
            ("amp/meter**2", "A/m^2"),
            ("volt/second", "V/s"),
            ("1/(mM ms)", "/mM/ms"),
            ("mM um3", "amol"),
            ("coulomb", "A s"),
            ("µA/cm²", "uA cm^-2"),
            ("joule", "coulomb volt"),
        ] {
            assert_eq!(Unit::parse(text), Unit::parse(other), "{text}");
        }
        assert_eq!(Unit::parse("uA/cm2").unwrap().to_base(1.0), 0.01);
        assert_eq!(Unit::parse("Hz").unwrap().to_base(8.0), 8e-3);
        // Densities are coherent in themselves.
        let product = Unit::parse("mS/cm2").unwrap().times(Unit::MV);
        assert_eq!(product, Unit::parse("uA/cm2").ok());
    }

    #[test]
    fn units_are_shown_as_they_are_written() {
        for text in ["mV", "nS", "1/ms", "mS/cm2", "pA", "nS/mV", "Hz", "1", "uF/cm2"] {
            assert_eq!(Unit::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Unit::parse("mV^2/ms").unwrap().to_string(), "mV^2/ms");
    }

    #[test]
    fn what_is_no_unit_is_said() {
        assert!(Unit::parse("mv").unwrap_err().contains("did you mean \"mV\"?"));
        for text in ["", "mV/", "m^", "mV)", "(mV", "mV^99999", "nS^100/cm^100"] {
            assert!(Unit::parse(text).is_err(), "{text}");
        }
    }
}
