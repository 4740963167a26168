//! Physical dimensions of parameters and the parsing of `"200 pF"`, `"150 Ohm cm"`, `"0.9 µF/cm²"`.
//!
//! Inside ntwk every quantity is a bare `f64` in the unit of its [`Dimension`]; unit symbols exist
//! only at this boundary.

mod unit;

use std::fmt;

use crate::spec::interned::interned;
use crate::spec::nearest::nearest;
pub use unit::Unit;

/// Dimension of a parameter. Each has one unit inside ntwk ([`Dimension::unit`]).
///
/// Networks compute in pA and nS, cables in nA and µS (both sets are coherent with mV and ms), so
/// currents and conductances have two dimensions each, which share their units. A bare number is
/// refused where either unit could be meant ([`QuantityError::Ambiguous`]): as a cable's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Time, ms.
    Time,
    /// Electric potential, mV.
    Voltage,
    /// Capacitance, pF.
    Capacitance,
    /// Conductance in a network, nS.
    Conductance,
    /// Conductance in a cable, µS; never a bare number.
    CableConductance,
    /// Current in a network, pA.
    Current,
    /// Current in a cable, nA; never a bare number.
    CableCurrent,
    /// Resistance, MΩ.
    Resistance,
    /// Conductance per membrane area, S/cm².
    ConductanceDensity,
    /// Capacitance per membrane area, µF/cm².
    SpecificCapacitance,
    /// Axial resistivity, Ω·cm.
    Resistivity,
    /// Concentration, mM.
    Concentration,
    /// Temperature, °C.
    Temperature,
    /// Rate or frequency, Hz.
    Rate,
    /// Rate of a reaction, 1/ms.
    PerTime,
    /// Sensitivity to a concentration, 1/mM.
    PerConcentration,
    /// Rate of binding, 1/(mM ms).
    Binding,
    /// Sensitivity to the potential, 1/mV.
    PerVoltage,
    /// Density by area, 1/µm².
    PerArea,
    /// Density by length, 1/µm.
    PerLength,
    /// Length, µm.
    Length,
    /// Speed, m/s.
    Speed,
    /// Angle, degrees.
    Angle,
    /// Pure number.
    Number,
    /// Any other, of variables and parameters that equations declare, in a unit of their own.
    Compound(Unit),
}

use Dimension as D;

/// Symbol as [`normalised`], dimension, power of ten that leads to the dimension's own unit.
const UNITS: &[(&str, Dimension, i32)] = &[
    ("s", D::Time, 3),
    ("ms", D::Time, 0),
    ("us", D::Time, -3),
    ("V", D::Voltage, 3),
    ("mV", D::Voltage, 0),
    ("uV", D::Voltage, -3),
    ("F", D::Capacitance, 12),
    ("uF", D::Capacitance, 6),
    ("nF", D::Capacitance, 3),
    ("pF", D::Capacitance, 0),
    ("S", D::Conductance, 9),
    ("mS", D::Conductance, 6),
    ("uS", D::Conductance, 3),
    ("nS", D::Conductance, 0),
    ("pS", D::Conductance, -3),
    ("A", D::Current, 12),
    ("mA", D::Current, 9),
    ("uA", D::Current, 6),
    ("nA", D::Current, 3),
    ("pA", D::Current, 0),
    ("GOhm", D::Resistance, 3),
    ("MOhm", D::Resistance, 0),
    ("kOhm", D::Resistance, -3),
    ("Ohm", D::Resistance, -6),
    ("S/cm2", D::ConductanceDensity, 0),
    ("mS/cm2", D::ConductanceDensity, -3),
    ("uS/cm2", D::ConductanceDensity, -6),
    ("S/m2", D::ConductanceDensity, -4),
    ("pS/um2", D::ConductanceDensity, -4),
    ("uF/cm2", D::SpecificCapacitance, 0),
    ("F/m2", D::SpecificCapacitance, 2),
    ("fF/um2", D::SpecificCapacitance, -1),
    ("Ohmcm", D::Resistivity, 0),
    ("Ohmm", D::Resistivity, 2),
    ("mM", D::Concentration, 0),
    ("uM", D::Concentration, -3),
    ("nM", D::Concentration, -6),
    ("C", D::Temperature, 0),
    ("degC", D::Temperature, 0),
    ("kHz", D::Rate, 3),
    ("Hz", D::Rate, 0),
    ("1/s", D::Rate, 0),
    ("1/ms", D::PerTime, 0),
    ("/ms", D::PerTime, 0),
    ("1/mM", D::PerConcentration, 0),
    ("/mM", D::PerConcentration, 0),
    ("1/(mMms)", D::Binding, 0),
    ("/mM/ms", D::Binding, 0),
    ("1/mV", D::PerVoltage, 0),
    ("/mV", D::PerVoltage, 0),
    ("1/um2", D::PerArea, 0),
    ("/um2", D::PerArea, 0),
    ("1/um", D::PerLength, 0),
    ("/um", D::PerLength, 0),
    ("1/mm", D::PerLength, -3),
    ("m", D::Length, 6),
    ("cm", D::Length, 4),
    ("mm", D::Length, 3),
    ("um", D::Length, 0),
    ("nm", D::Length, -3),
    ("m/s", D::Speed, 0),
    ("mm/ms", D::Speed, 0),
    ("mm/s", D::Speed, -3),
    ("deg", D::Angle, 0),
    ("%", D::Number, -2),
];

/// One spelling for all: `Ω·cm`, `Ohm cm` and `ohm*cm` are `Ohmcm`; `µ` (micro sign) and `μ` (Greek) are `u`.
fn normalised(symbol: &str) -> String {
    let mut plain = String::new();
    for c in symbol.chars() {
        match c {
            ' ' | '·' | '*' | '.' | '^' | '°' => {}
            '\u{b5}' | '\u{3bc}' => plain.push('u'),
            '\u{3a9}' | '\u{2126}' => plain.push_str("Ohm"),
            '²' => plain.push('2'),
            c => plain.push(c),
        }
    }
    plain.replace("ohm", "Ohm")
}

impl Dimension {
    /// The unit inside ntwk, in which a bare number of this dimension is read where it may be bare;
    /// empty for a pure number.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            D::Time => "ms",
            D::Voltage => "mV",
            D::Capacitance => "pF",
            D::Conductance => "nS",
            D::CableConductance => "uS",
            D::Current => "pA",
            D::CableCurrent => "nA",
            D::Resistance => "MOhm",
            D::ConductanceDensity => "S/cm2",
            D::SpecificCapacitance => "uF/cm2",
            D::Resistivity => "Ohm cm",
            D::Concentration => "mM",
            D::Temperature => "C",
            D::Rate => "Hz",
            D::PerTime => "1/ms",
            D::PerConcentration => "1/mM",
            D::Binding => "1/(mM ms)",
            D::PerVoltage => "1/mV",
            D::PerArea => "1/um2",
            D::PerLength => "1/um",
            D::Length => "um",
            D::Speed => "m/s",
            D::Angle => "deg",
            D::Number => "",
            D::Compound(unit) => interned(&unit.to_string()),
        }
    }

    /// Name of the dimension in error messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            D::Time => "a time",
            D::Voltage => "a voltage",
            D::Capacitance => "a capacitance",
            D::Conductance | D::CableConductance => "a conductance",
            D::Current | D::CableCurrent => "a current",
            D::Resistance => "a resistance",
            D::ConductanceDensity => "a conductance density",
            D::SpecificCapacitance => "a specific capacitance",
            D::Resistivity => "a resistivity",
            D::Concentration => "a concentration",
            D::Temperature => "a temperature",
            D::Rate => "a rate",
            D::PerTime => "a rate of a reaction",
            D::PerConcentration => "an inverse concentration",
            D::Binding => "a rate of binding",
            D::PerVoltage => "an inverse voltage",
            D::PerArea => "a density by area",
            D::PerLength => "a density by length",
            D::Length => "a length",
            D::Speed => "a speed",
            D::Angle => "an angle",
            D::Number => "a pure number",
            D::Compound(unit) => interned(&format!("a quantity in {unit}")),
        }
    }

    /// A value as it may be written, for messages.
    fn example(self) -> &'static str {
        match self {
            D::Time => "\"5 ms\"",
            D::Voltage => "\"-70 mV\"",
            D::Capacitance => "\"200 pF\"",
            D::Conductance => "\"10 nS\"",
            D::CableConductance => "\"0.5 nS\"",
            D::Current | D::CableCurrent => "\"40 pA\"",
            D::Resistance => "\"10 MOhm\"",
            D::ConductanceDensity => "\"1e-4 S/cm2\"",
            D::SpecificCapacitance => "\"1 uF/cm2\"",
            D::Resistivity => "\"150 Ohm cm\"",
            D::Concentration => "\"1 mM\"",
            D::Temperature => "\"34 C\"",
            D::Rate => "\"4 Hz\"",
            D::PerTime => "\"0.5 /ms\"",
            D::PerConcentration => "\"0.3 /mM\"",
            D::Binding => "\"0.1 /mM/ms\"",
            D::PerVoltage => "\"0.06 /mV\"",
            D::PerArea => "\"0.02 /um2\"",
            D::PerLength => "\"0.5 /um\"",
            D::Length => "\"100 um\"",
            D::Speed => "\"0.3 m/s\"",
            D::Angle => "\"30 deg\"",
            D::Number => "0.05 or \"5 %\"",
            D::Compound(unit) => interned(&format!("\"2 {unit}\"")),
        }
    }

    /// What a key of this dimension holds, for messages: `a current in pA`.
    #[must_use]
    pub fn expected(self) -> String {
        match (self.readings(), self.unit()) {
            (Some(_), _) => format!("{} with its unit, such as {}", self.name(), self.example()),
            (None, "") => "a number".to_owned(),
            (None, _) if matches!(self, D::Compound(_)) => self.name().to_owned(),
            (None, unit) => format!("{} in {unit}", self.name()),
        }
    }

    /// Whether a bare number of this dimension is refused.
    #[must_use]
    pub fn is_ambiguous(self) -> bool {
        self.readings().is_some()
    }

    /// The two units that a bare number could be meant in, where it is refused.
    fn readings(self) -> Option<[&'static str; 2]> {
        match self {
            D::CableConductance => Some(["nS", "uS"]),
            D::CableCurrent => Some(["pA", "nA"]),
            _ => None,
        }
    }

    /// The dimension whose units these are, and the power of ten from its unit to that of `self`.
    fn units_of(self) -> (Self, i32) {
        match self {
            D::CableConductance => (D::Conductance, 3),
            D::CableCurrent => (D::Current, 3),
            own => (own, 0),
        }
    }

    /// Symbols of the units, each in one spelling.
    fn symbols(self) -> impl Iterator<Item = &'static str> {
        let (of, _) = self.units_of();
        UNITS.iter().filter(move |u| u.1 == of).map(|u| u.0)
    }

    /// Whether `symbol` is a unit of this dimension.
    #[must_use]
    pub fn has_unit(self, symbol: &str) -> bool {
        let symbol = normalised(symbol);
        self.symbols().any(|known| known == symbol)
    }

    /// Reads a bare number in [`Dimension::unit`].
    ///
    /// # Errors
    /// [`QuantityError::Ambiguous`] for a current or conductance of a cable other than 0.
    pub fn bare(self, number: f64) -> Result<f64, QuantityError> {
        if self.is_ambiguous() && number != 0.0 {
            return Err(QuantityError::Ambiguous { number: number.to_string(), expected: self });
        }
        Ok(number)
    }

    /// Reads text with a unit ([`Dimension::parse`]) or a bare number ([`Dimension::bare`]), as the
    /// command line has them.
    ///
    /// # Errors
    /// [`QuantityError`], also when the number is not finite.
    pub fn parse_or_bare(self, text: &str) -> Result<f64, QuantityError> {
        let number = match text.trim().parse::<f64>() {
            Ok(number) => self.bare(number)?,
            Err(_) => self.parse(text)?,
        };
        if number.is_finite() {
            Ok(number)
        } else {
            Err(QuantityError::NotANumber { expected: self })
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
        let written = text[split..].trim();
        let symbol = normalised(written);
        if symbol.is_empty() {
            return match self {
                D::Number => Ok(number),
                _ if self.is_ambiguous() => self.bare(number),
                _ => Err(QuantityError::MissingUnit { expected: self }),
            };
        }
        if let D::Compound(own) = self {
            return own.read(number, written).map_err(|problem| match problem {
                Some(found) => QuantityError::WrongDimension {
                    unit: written.to_owned(),
                    found: found.dimension(),
                    expected: self,
                },
                None => QuantityError::UnknownUnit {
                    unit: written.to_owned(),
                    nearest: None,
                    expected: self,
                },
            });
        }
        let (units_of, own) = self.units_of();
        let Some(&(_, dimension, power)) = UNITS.iter().find(|u| u.0 == symbol) else {
            return Err(QuantityError::UnknownUnit {
                nearest: nearest(&symbol, self.symbols()).map(str::to_owned),
                unit: written.to_owned(),
                expected: self,
            });
        };
        if dimension != units_of {
            return Err(QuantityError::WrongDimension {
                unit: written.to_owned(),
                found: dimension,
                expected: self,
            });
        }
        Ok(scale(number, power - own))
    }
}

/// Multiplies by a power of ten so that `"0.2 nF"` is exactly 200: dividing by an exact power
/// rounds once, multiplying by an inexact one rounds twice.
fn scale(number: f64, power: i32) -> f64 {
    // Powers of ten up to 1e22 are exact.
    let factor = (0..power.unsigned_abs()).fold(1.0, |factor, _| factor * 10.0);
    if power < 0 { number / factor } else { number * factor }
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
    /// A bare number that could be meant in either of two units.
    Ambiguous {
        /// The number as written.
        number: String,
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
                write!(f, "expected {}, for example {}", expected.name(), expected.example())
            }
            Self::MissingUnit { expected } => write!(
                f,
                "a quantity in quotes needs a unit, for example {}; a bare number is read in {}",
                expected.example(),
                expected.unit()
            ),
            Self::Ambiguous { number, expected } => {
                write!(f, "{number} is ambiguous")?;
                match expected.readings() {
                    Some([a, b]) => write!(f, ": write \"{number} {a}\" or \"{number} {b}\""),
                    None => Ok(()),
                }
            }
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
    fn units_have_several_spellings() {
        for (dimension, text, value) in [
            (D::Resistivity, "150 Ohm cm", 150.0),
            (D::Resistivity, "1.5 Ω·m", 150.0),
            (D::SpecificCapacitance, "0.9 µF/cm²", 0.9),
            (D::SpecificCapacitance, "10 fF/um2", 1.0),
            (D::ConductanceDensity, "1 pS/um^2", 1e-4),
            (D::CableConductance, "0.5 nS", 0.5e-3),
            (D::CableConductance, "300 pS", 3e-4),
            (D::CableCurrent, "-50pA", -0.05),
            (D::CableCurrent, "0.3 nA", 0.3),
            (D::Current, "0.3 nA", 300.0),
            (D::Length, "1e2 um", 100.0),
            (D::PerArea, "0.1 1/um2", 0.1),
            (D::PerArea, "0.1 /µm²", 0.1),
            (D::Temperature, "34 °C", 34.0),
            (D::Number, "50 %", 0.5),
        ] {
            assert_eq!(dimension.parse(text), Ok(value), "{text}");
        }
        assert!(D::Length.has_unit("µm") && D::CableCurrent.has_unit("pA"));
        assert!(!D::Length.has_unit("mV"));
    }

    #[test]
    fn a_bare_current_of_a_cable_is_ambiguous() {
        for refused in [D::CableCurrent.bare(40.0), D::CableCurrent.parse_or_bare("40")] {
            let message = refused.unwrap_err().to_string();
            assert_eq!(message, "40 is ambiguous: write \"40 pA\" or \"40 nA\"");
        }
        let message = D::CableConductance.parse("0.5").unwrap_err().to_string();
        assert_eq!(message, "0.5 is ambiguous: write \"0.5 nS\" or \"0.5 uS\"");
        // Nothing is nothing in every unit.
        assert_eq!(D::CableCurrent.bare(0.0), Ok(0.0));
        assert_eq!(D::Current.parse_or_bare("40"), Ok(40.0));
        assert_eq!(D::CableCurrent.parse_or_bare("40 pA"), Ok(0.04));
        assert!(D::Time.parse_or_bare("inf").is_err());
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
        let wrong = D::CableCurrent.parse("1 nS").unwrap_err().to_string();
        assert!(wrong.contains("unit of a conductance; expected a current (nA)"), "{wrong}");
        assert!(D::Length.parse("µm").is_err() && D::Number.parse("µ").is_err());
    }
}
