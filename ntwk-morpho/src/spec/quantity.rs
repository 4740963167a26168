//! Quantities with their units as text: `"150 Ohm cm"`, `"0.9 µF/cm²"`.

use ntwk_core::spec::fault::nearest;

/// A physical quantity of the description of a cell; a bare number is in [`Quantity::unit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// µm.
    Length,
    /// ms.
    Time,
    /// mV.
    Voltage,
    /// nA.
    Current,
    /// µS.
    Conductance,
    /// MΩ.
    Resistance,
    /// S/cm².
    ConductanceDensity,
    /// µF/cm².
    SpecificCapacitance,
    /// Ω·cm.
    Resistivity,
    /// mM.
    Concentration,
    /// °C.
    Temperature,
    /// Hz.
    Rate,
    /// 1/ms.
    PerTime,
    /// 1/mM.
    PerConcentration,
    /// 1/(mM ms).
    Binding,
    /// 1/mV.
    PerVoltage,
    /// 1/µm².
    PerArea,
    /// 1/µm.
    PerLength,
    /// Degrees.
    Angle,
    /// A pure number.
    Number,
}

use Quantity as Q;

/// Symbol (without spaces and signs of multiplication), quantity, factor to the unit used inside.
const UNITS: &[(&str, Quantity, f64)] = &[
    ("um", Q::Length, 1.0),
    ("nm", Q::Length, 1e-3),
    ("mm", Q::Length, 1e3),
    ("ms", Q::Time, 1.0),
    ("s", Q::Time, 1e3),
    ("us", Q::Time, 1e-3),
    ("mV", Q::Voltage, 1.0),
    ("V", Q::Voltage, 1e3),
    ("nA", Q::Current, 1.0),
    ("pA", Q::Current, 1e-3),
    ("uA", Q::Current, 1e3),
    ("uS", Q::Conductance, 1.0),
    ("nS", Q::Conductance, 1e-3),
    ("pS", Q::Conductance, 1e-6),
    ("MOhm", Q::Resistance, 1.0),
    ("kOhm", Q::Resistance, 1e-3),
    ("GOhm", Q::Resistance, 1e3),
    ("S/cm2", Q::ConductanceDensity, 1.0),
    ("mS/cm2", Q::ConductanceDensity, 1e-3),
    ("uS/cm2", Q::ConductanceDensity, 1e-6),
    ("S/m2", Q::ConductanceDensity, 1e-4),
    ("pS/um2", Q::ConductanceDensity, 1e-4),
    ("uF/cm2", Q::SpecificCapacitance, 1.0),
    ("F/m2", Q::SpecificCapacitance, 1e2),
    ("fF/um2", Q::SpecificCapacitance, 1e-1),
    ("Ohmcm", Q::Resistivity, 1.0),
    ("Ohmm", Q::Resistivity, 1e2),
    ("mM", Q::Concentration, 1.0),
    ("uM", Q::Concentration, 1e-3),
    ("nM", Q::Concentration, 1e-6),
    ("C", Q::Temperature, 1.0),
    ("degC", Q::Temperature, 1.0),
    ("Hz", Q::Rate, 1.0),
    ("kHz", Q::Rate, 1e3),
    ("1/s", Q::Rate, 1.0),
    ("1/ms", Q::PerTime, 1.0),
    ("/ms", Q::PerTime, 1.0),
    ("1/mM", Q::PerConcentration, 1.0),
    ("/mM", Q::PerConcentration, 1.0),
    ("1/(mMms)", Q::Binding, 1.0),
    ("/mM/ms", Q::Binding, 1.0),
    ("1/mV", Q::PerVoltage, 1.0),
    ("/mV", Q::PerVoltage, 1.0),
    ("1/um2", Q::PerArea, 1.0),
    ("/um2", Q::PerArea, 1.0),
    ("1/um", Q::PerLength, 1.0),
    ("/um", Q::PerLength, 1.0),
    ("1/mm", Q::PerLength, 1e-3),
    ("deg", Q::Angle, 1.0),
    ("%", Q::Number, 1e-2),
];

/// One spelling for all.
fn normalised(symbol: &str) -> String {
    symbol
        .chars()
        .filter_map(|c| match c {
            ' ' | '·' | '*' | '.' | '^' | '°' => None,
            '\u{b5}' | '\u{3bc}' => Some("u".to_owned()),
            '\u{3a9}' | '\u{2126}' => Some("Ohm".to_owned()),
            '²' => Some("2".to_owned()),
            c => Some(c.to_string()),
        })
        .collect::<String>()
        .replace("ohm", "Ohm")
}

impl Quantity {
    /// The unit of a bare number; empty for a pure number.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Q::Length => "um",
            Q::Time => "ms",
            Q::Voltage => "mV",
            Q::Current => "nA",
            Q::Conductance => "uS",
            Q::Resistance => "MOhm",
            Q::ConductanceDensity => "S/cm2",
            Q::SpecificCapacitance => "uF/cm2",
            Q::Resistivity => "Ohm cm",
            Q::Concentration => "mM",
            Q::Temperature => "C",
            Q::Rate => "Hz",
            Q::PerTime => "1/ms",
            Q::PerConcentration => "1/mM",
            Q::Binding => "1/(mM ms)",
            Q::PerVoltage => "1/mV",
            Q::PerArea => "1/um2",
            Q::PerLength => "1/um",
            Q::Angle => "deg",
            Q::Number => "",
        }
    }

    /// Whether `symbol` is a unit of this quantity.
    #[must_use]
    pub fn has_unit(self, symbol: &str) -> bool {
        let symbol = normalised(symbol);
        UNITS.iter().any(|u| u.1 == self && u.0 == symbol)
    }

    /// Reads text such as `"150 Ohm cm"` or `"0.5 nS"`.
    ///
    /// # Errors
    /// What is wrong and which units there are.
    pub fn parse(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        let mut split = text.len();
        // The longest prefix that is a number; `1/um` is a unit, so `1e` and the like must not confuse.
        while split > 0
            && (!text.is_char_boundary(split) || text[..split].trim().parse::<f64>().is_err())
        {
            split -= 1;
        }
        let known = || UNITS.iter().filter(move |u| u.1 == self).map(|u| u.0);
        if split == 0 {
            return Err(match self {
                Q::Number => "expected a number".to_owned(),
                _ => format!("expected a number with a unit such as \"1 {}\"", self.unit()),
            });
        }
        let number: f64 =
            text[..split].trim().parse().map_err(|_| "expected a number".to_owned())?;
        let symbol = normalised(&text[split..]);
        if symbol.is_empty() {
            return match self {
                Q::Number => Ok(number),
                _ => Err(format!(
                    "has no unit; expected one of {}",
                    known().collect::<Vec<_>>().join(", ")
                )),
            };
        }
        match UNITS.iter().find(|u| u.0 == symbol && u.1 == self) {
            // Dividing by an exact power rounds once.
            Some(&(.., factor)) if factor < 1.0 && factor > 0.0 => {
                let inverse = 1.0 / factor;
                Ok(if (inverse.round() - inverse).abs() < 1e-6 {
                    number / inverse.round()
                } else {
                    number * factor
                })
            }
            Some(&(.., factor)) => Ok(number * factor),
            None => Err(match nearest(&symbol, known()) {
                Some(near) => format!(
                    "the unit \"{}\" does not fit; did you mean \"{near}\"?",
                    text[split..].trim()
                ),
                None if self == Q::Number => {
                    format!("expected a pure number, found the unit \"{}\"", text[split..].trim())
                }
                None => format!(
                    "the unit \"{}\" does not fit; expected one of {}",
                    text[split..].trim(),
                    known().collect::<Vec<_>>().join(", ")
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_in_several_spellings() {
        for (quantity, text, value) in [
            (Q::Resistivity, "150 Ohm cm", 150.0),
            (Q::Resistivity, "1.5 Ω·m", 150.0),
            (Q::SpecificCapacitance, "0.9 µF/cm²", 0.9),
            (Q::ConductanceDensity, "1 pS/um^2", 1e-4),
            (Q::Conductance, "0.5 nS", 0.5e-3),
            (Q::Current, "-50pA", -0.05),
            (Q::Length, "1e2 um", 100.0),
            (Q::PerArea, "0.1 1/um2", 0.1),
            (Q::PerArea, "0.1 /um2", 0.1),
            (Q::Temperature, "34 °C", 34.0),
            (Q::Number, "50 %", 0.5),
            (Q::Time, "1 s", 1000.0),
        ] {
            assert_eq!(quantity.parse(text), Ok(value), "{text}");
        }
        assert!(Q::Length.parse("3 mv").unwrap_err().contains("does not fit"));
        assert!(Q::Length.parse("3").unwrap_err().contains("no unit"));
        assert!(Q::Length.parse("µm").unwrap_err().contains("1 um"));
        assert!(Q::Number.parse("µ").is_err() && Q::Number.parse("").is_err());
    }
}
