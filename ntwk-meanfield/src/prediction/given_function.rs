//! Transfer functions that are not those of a scan: published coefficients, the Siegert formula.

use ntwk_core::Model;
use ntwk_core::spec::{PublishedMoments, TheoryModel};

use crate::prediction::error::TheoryError;
use crate::reference::zerlaut_2018::Zerlaut2018;
use crate::scan::inputs::adaptation_is_dynamic;
use crate::system::from_model::FromModelError;
use crate::{EffectiveThreshold, Normalisation, ThresholdForm, synapse_class};

/// A transfer function that is not that of the scan.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenFunction {
    /// Published coefficients (`[theory.populations.NAME]`).
    Published(EffectiveThreshold),
    /// Published coefficients with the moments of their code (`moments = "zerlaut2018"`).
    PublishedWithMoments(Zerlaut2018),
    /// `theory.model = "siegert"`.
    Siegert,
}

/// The transfer function that the model gives a population in place of that of its scan.
///
/// # Errors
/// [`TheoryError::Published`] where the population cannot have it.
pub(crate) fn given_function(
    model: &Model,
    population: usize,
) -> Result<Option<GivenFunction>, TheoryError> {
    let theory = &model.spec().theory;
    if theory.model == TheoryModel::Siegert {
        return Ok(Some(GivenFunction::Siegert));
    }
    let described = &model.populations()[population];
    let Some(published) = theory.populations.get(&described.name) else { return Ok(None) };
    let Some(coefficients) = published.in_millivolt() else { return Ok(None) };
    // The model has checked number and size.
    let Some(form) = ThresholdForm::with_terms(coefficients.len()) else { return Ok(None) };
    let mut normalisation = Normalisation::of(form);
    if let Some(own) = &published.normalisation {
        let pairs =
            [&own.mu_V, &own.sigma_V, if form.has_tail() { &own.tau_V } else { &own.tau_ratio }];
        let Normalisation { mu_V, sigma_V, tau } = &mut normalisation;
        for (pair, given) in [mu_V, sigma_V, tau].into_iter().zip(pairs) {
            if let Some(&[centre, scale]) = given.as_deref() {
                *pair = [centre, scale];
            }
        }
    }
    let coefficients = normalisation.coefficients_of_form(form, &coefficients);
    let fault =
        |problem: String| TheoryError::Published { population: described.name.clone(), problem };
    let mut threshold =
        EffectiveThreshold::new(form, coefficients, None).map_err(|e| fault(e.to_string()))?;
    if let Some(potential) = published.V_th_nominal {
        threshold = threshold.with_tail_above(potential);
    }
    if published.moments != Some(PublishedMoments::Zerlaut2018) {
        return Ok(Some(GivenFunction::Published(threshold)));
    }
    if described.current.constant() != Some(0.0) || adaptation_is_dynamic(model, population) {
        let problem = "moments = \"zerlaut2018\" is for cells without injected current, with adaptation = \"stationary\"";
        return Err(fault(problem.to_owned()));
    }
    let synapses = (model.projections_onto(population))
        .map(|p| synapse_class(model, p, 0.0))
        .collect::<Result<Vec<_>, _>>()
        .map_err(FromModelError::from)?;
    let own = Zerlaut2018::new(threshold, &synapses)
        .map_err(|why| fault(format!("moments = \"zerlaut2018\": {why}")))?;
    Ok(Some(GivenFunction::PublishedWithMoments(own)))
}
