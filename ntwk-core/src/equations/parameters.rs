//! Parameters of equations: their units and values.

use super::text::KindFault;
use crate::spec::fault::FaultKind;
use crate::spec::units::Unit;
use crate::spec::{KindSpec, ParameterText};

/// Name and unit of each parameter of a kind, in the order of the file.
pub(crate) fn parameter_units(spec: &KindSpec, faults: &mut Vec<KindFault>) -> Vec<(String, Unit)> {
    let mut units = Vec::new();
    for (name, parameter) in &spec.parameters {
        let written = match (&parameter.unit, &parameter.value) {
            (Some(unit), _) => Unit::parse(unit),
            (None, Some(ParameterText::Text(text))) => unit_of_quantity(text),
            _ => Ok(Unit::ONE),
        };
        match written {
            Ok(unit) => units.push((name.clone(), unit)),
            Err(rule) => {
                faults.push((format!("parameters.{name}"), None, FaultKind::Combination { rule }));
                units.push((name.clone(), Unit::ONE));
            }
        }
    }
    units
}

/// The unit of text such as `"200 pF"`.
pub(crate) fn unit_of_quantity(text: &str) -> Result<Unit, String> {
    let text = text.trim();
    let number = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let rest = &text[number..];
    // An exponent is part of the number.
    let exponent = rest.strip_prefix(['e', 'E']).filter(|rest| {
        rest.starts_with(['-', '+']) || rest.starts_with(|c: char| c.is_ascii_digit())
    });
    let rest = exponent.map_or(rest, |rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'))
    });
    if rest.trim().is_empty() { Ok(Unit::ONE) } else { Unit::parse(rest) }
}

/// The values that parameters have where nobody else gives them, in base units.
pub(super) fn default_values(spec: &KindSpec) -> Result<Vec<f64>, Vec<KindFault>> {
    let units = parameter_units(spec, &mut Vec::new());
    let mut faults = Vec::new();
    let values = spec.parameters.iter().zip(units).map(|((name, parameter), (_, unit))| {
        let key = format!("parameters.{name}");
        match &parameter.value {
            Some(ParameterText::Number(x)) => *x,
            Some(ParameterText::Text(text)) => {
                unit.dimension().parse(text).unwrap_or_else(|error| {
                    faults.push((key, None, FaultKind::Quantity(error)));
                    f64::NAN
                })
            }
            None => {
                let expected = "its value".to_owned();
                faults.push((key, None, FaultKind::MissingKey { expected }));
                f64::NAN
            }
        }
    });
    let values = values.collect();
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}
