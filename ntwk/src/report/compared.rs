//! Simulated beside predicted, as a page shows it: what was stored of the theory, and the analysis of the run.

use ntwk_io::{Attribute, TheoryGroup};

use crate::compare::Pair;
use crate::report::quantities::{Analysis, signed, significant};
use crate::report::results::{FIXED_POINT, NOTES, find};

/// One quantity of one population, simulated and predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedQuantity {
    /// Population.
    pub population: String,
    /// What it is, in words.
    pub label: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Both values, with their differences.
    pub pair: Pair,
    /// Standard error of the simulated value.
    pub simulated_error: Option<f64>,
    /// Standard error of the predicted value.
    pub predicted_error: Option<f64>,
}

/// Name of the analysis and of the stored theory, label, unit, and the stored standard error.
const QUANTITIES: [(&str, &str, &str, Option<&str>); 3] = [
    ("rate", "rate", "Hz", Some("rate_error")),
    ("V_m_mean", "mean V_m", "mV", None),
    ("V_m_sd", "sd of V_m", "mV", None),
];

/// The stationary state of every population, simulated and predicted; none for a run without a stored comparison.
#[must_use]
pub fn compared_quantities(theory: &[TheoryGroup], analysis: &Analysis) -> Vec<ComparedQuantity> {
    let Some(stored) = theory.iter().find(|g| g.name == FIXED_POINT) else { return Vec::new() };
    let names = stored.attributes.iter().find_map(|(key, value)| match value {
        Attribute::Texts(names) if key == "populations" => Some(names),
        _ => None,
    });
    let predicted = |quantity: &str, population: &str| {
        let index = names?.iter().position(|n| n == population)?;
        find(stored, quantity)?.iter().nth(index).copied().filter(|x| x.is_finite())
    };
    let mut all = Vec::new();
    for p in &analysis.populations {
        for (name, label, unit, error) in QUANTITIES {
            let simulated = p.quantity(name);
            let value = predicted(name, &p.population);
            if value.is_none() && simulated.is_none() {
                continue;
            }
            all.push(ComparedQuantity {
                population: p.population.clone(),
                label,
                unit,
                pair: Pair::new(simulated.and_then(|q| q.value), value),
                simulated_error: simulated.and_then(|q| q.error),
                predicted_error: error.and_then(|e| predicted(e, &p.population)),
            });
        }
    }
    all
}

/// What is to be said of the prediction: where it is not to be believed, and what the theory leaves out.
#[must_use]
pub fn comparison_notes(theory: &[TheoryGroup]) -> &[String] {
    let stored = theory.iter().find(|g| g.name == FIXED_POINT);
    let notes = stored.and_then(|g| g.attributes.iter().find(|(key, _)| key == NOTES));
    match notes {
        Some((_, Attribute::Texts(notes))) => notes,
        _ => &[],
    }
}

impl ComparedQuantity {
    /// Simulated, predicted and the error of the prediction, in words: that of a potential in its unit, else in percent.
    #[must_use]
    pub fn in_words(&self) -> [String; 3] {
        let value = |value: Option<f64>, error: Option<f64>| match (value, error) {
            (None, _) => "–".to_owned(),
            (Some(x), None) => significant(x, None),
            (Some(x), Some(e)) => {
                format!("{} ± {}", significant(x, Some(e)), significant(e, Some(e)))
            }
        };
        let error = match (self.pair.relative_error, self.pair.difference) {
            (_, Some(d)) if self.label == "mean V_m" => format!("{} mV", signed(d, 2)),
            (Some(e), _) => format!("{} %", signed(100.0 * e, 1)),
            _ => "–".to_owned(),
        };
        [
            value(self.pair.simulated, self.simulated_error),
            value(self.pair.predicted, self.predicted_error),
            error,
        ]
    }
}
