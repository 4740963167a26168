//! Expressions of parameters alone.

use super::cell_equations::CellEquations;
use super::parameters::default_values;
use super::system::system;
use crate::spec::fault::FaultKind;
use crate::spec::{KindParameterSpec, KindSpec, Named, Texts};

/// The value of an expression of parameters in a unit (`"w*2"` in `"nS"`).
///
/// # Errors
/// A sentence: what it does not know, or in which unit it is instead.
pub fn constant(
    expression: &str,
    unit: &str,
    parameters: &Named<KindParameterSpec>,
) -> Result<f64, String> {
    let kind = KindSpec {
        init: Texts(vec![("value_".to_owned(), expression.to_owned())]),
        parameters: parameters.clone(),
        ..KindSpec::of(
            Texts(vec![("value_".to_owned(), unit.to_owned())]),
            "dvalue_/dt = 0*value_/(1 ms)".to_owned(),
        )
    };
    let said = |kind: FaultKind| match kind {
        FaultKind::Expression { message, .. } => message,
        other => other.to_string(),
    };
    let first = |faults: Vec<super::text::KindFault>| {
        faults.into_iter().next().map_or_else(String::new, |fault| said(fault.2))
    };
    let system = system(&kind, &[]).map_err(first)?;
    let values = default_values(&kind).map_err(first)?;
    let cell = CellEquations::new(&system, None, &values).map_err(|broken| broken.1)?;
    Ok(cell.initial[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ParameterText;

    #[test]
    fn expressions_of_parameters_have_values_and_units() {
        let mut parameters = Named::new();
        let text = |text: &str| Some(ParameterText::Text(text.to_owned()));
        let w = KindParameterSpec { value: text("2 nS"), unit: None, range: None, doc: None };
        parameters.insert("w".to_owned(), w);
        assert_eq!(constant("3*w + 1 nS", "nS", &parameters), Ok(7.0));
        assert_eq!(constant("w/2", "pS", &parameters), Ok(1000.0));
        assert!(constant("w", "mV", &parameters).unwrap_err().contains("nS"));
        assert!(constant("v", "mV", &parameters).unwrap_err().contains("unknown name"));
    }
}
