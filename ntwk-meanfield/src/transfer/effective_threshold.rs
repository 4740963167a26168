//! The semi-analytical transfer function: a fitted effective threshold in a template of fluctuation-driven firing.

use crate::moments::Moments;
use crate::moments::scalar::Scalar;
use crate::moments::special::erfcinv;
use crate::transfer::domain::Domain;
use crate::transfer::fit_domain::{FitDomain, fluctuates};
use crate::transfer::threshold_form::{MAX_TERMS, ThresholdForm};
use crate::transfer::transfer_function::TransferFunction;
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Transfer function with an effective threshold that depends on the moments:
///
/// ```text
/// F     = erfc( (theta - mu_V) / (sqrt(2) sigma_V) ) / (2 tau_V),      0 <= F <= 1 / tau_V
/// theta = sum_i c_i phi_i(mu_V, sigma_V, gamma_V, tau_V, mu_G)
/// ```
///
/// with the terms `phi_i` of a [`ThresholdForm`] (Zerlaut et al., J Physiol 594 (2016); J Comput Neurosci 44 (2018),
/// eq. 6 and 7).
///
/// **Outside the domain** a polynomial is worth nothing, so the threshold is held at its value at the nearest moments
/// in the domain, while `mu_V`, `sigma_V` and `tau_V` of the template stay what they are: the rate goes to 0 as the
/// input vanishes and saturates at `1 / tau_V`. [`in_domain`](TransferFunction::in_domain) tells when this acts, and also
/// when the moments are within the box but off the set that was scanned ([`FitDomain`]).
/// Without a domain (published coefficients) the polynomial is extrapolated as its authors do; the skewness forms then
/// jump to `1 / tau_V` near zero input, where `gamma_V` diverges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct EffectiveThreshold {
    form: ThresholdForm,
    coefficients: Vec<f64>,
    domain: Option<Domain>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support: Option<FitDomain>,
    /// Potential (mV) above which the tail is taken, where it is not `V_th` of the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    tail_above: Option<f64>,
}

/// Coefficients or a domain that do not make a transfer function.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// The number of coefficients does not fit the form.
    #[error("{form:?} has {needed} coefficients, {given} were given")]
    Count {
        /// The form asked for.
        form: ThresholdForm,
        /// Coefficients given.
        given: usize,
        /// Coefficients needed.
        needed: usize,
    },
    /// A coefficient is not finite.
    #[error("coefficient {index} is {value}")]
    NotFinite {
        /// Index of the coefficient.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// The domain has a bound that is not finite or bounds that are not ordered.
    #[error("the domain {0:?} has bounds that are not finite or not in ascending order")]
    Domain(Domain),
    /// The support does not fit the form.
    #[error("the support is not that of {0:?}, or has numbers that are not finite")]
    Support(ThresholdForm),
}

impl EffectiveThreshold {
    /// From coefficients in mV, in the order of the form.
    ///
    /// # Errors
    /// [`ThresholdError`] on a wrong number of coefficients, numbers that are not finite, or an unordered domain.
    pub fn new(
        form: ThresholdForm,
        coefficients: Vec<f64>,
        domain: Option<Domain>,
    ) -> Result<Self, ThresholdError> {
        if coefficients.len() != form.terms() {
            return Err(ThresholdError::Count {
                form,
                given: coefficients.len(),
                needed: form.terms(),
            });
        }
        if let Some((index, &value)) = coefficients.iter().enumerate().find(|(_, c)| !c.is_finite())
        {
            return Err(ThresholdError::NotFinite { index, value });
        }
        match domain {
            Some(d) if !d.is_valid() => Err(ThresholdError::Domain(d)),
            _ => Ok(Self { form, coefficients, domain, support: None, tail_above: None }),
        }
    }

    /// From coefficients in volt, the unit of the published files.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_volts(
        form: ThresholdForm,
        coefficients: &[f64],
        domain: Option<Domain>,
    ) -> Result<Self, ThresholdError> {
        Self::new(form, coefficients.iter().map(|c| 1e3 * c).collect(), domain)
    }

    /// The same with the tail of the skewness forms above the potential `V` (mV) in place of `V_th` of the cell.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn with_tail_above(self, V: f64) -> Self {
        Self { tail_above: Some(V), ..self }
    }

    /// The form of the threshold.
    #[must_use]
    pub fn form(&self) -> ThresholdForm {
        self.form
    }

    /// Coefficients (mV), in the order of the form.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The moments that the coefficients were fitted on, where known.
    #[must_use]
    pub fn domain(&self) -> Option<&Domain> {
        self.domain.as_ref()
    }

    /// The terms that the coefficients were fitted on, where known.
    #[must_use]
    pub fn fit_domain(&self) -> Option<&FitDomain> {
        self.support.as_ref()
    }

    /// The same with the terms that it was fitted on.
    ///
    /// # Errors
    /// [`ThresholdError::Support`] when they are those of another form.
    pub fn with_fit_domain(self, support: Option<FitDomain>) -> Result<Self, ThresholdError> {
        match support {
            Some(s) if !s.is_valid(self.form.terms()) => Err(ThresholdError::Support(self.form)),
            support => Ok(Self { support, ..self }),
        }
    }

    /// The threshold `(1 - t) theta_self + t theta_other` of two functions of one form, `t` in `[0, 1]`: between fits at two
    /// values of a parameter of the cell. The domain goes along, the support is that of the nearer one.
    ///
    /// # Errors
    /// [`ThresholdError::Count`] when the forms differ.
    pub fn between(&self, other: &Self, t: f64) -> Result<Self, ThresholdError> {
        if self.form != other.form {
            let (form, given, needed) = (self.form, other.form.terms(), self.form.terms());
            return Err(ThresholdError::Count { form, given, needed });
        }
        let mix = |(a, b): (&f64, &f64)| (1.0 - t) * a + t * b;
        let coefficients = self.coefficients.iter().zip(&other.coefficients).map(mix).collect();
        let domain = self.domain.zip(other.domain).map(|(a, b)| a.between(&b, t));
        let nearer = if t < 0.5 { self } else { other };
        let mixed = Self::new(self.form, coefficients, domain)?;
        let mixed = Self { tail_above: nearer.tail_above, ..mixed };
        mixed.with_fit_domain(nearer.support.clone())
    }

    /// The terms of the form at moments of a cell.
    fn terms<'b, S: Scalar>(
        &self,
        membrane: &Membrane,
        moments: &Moments<S>,
        buffer: &'b mut [S; MAX_TERMS],
    ) -> &'b [S] {
        match self.tail_above {
            None => self.form.evaluate(membrane, moments, buffer),
            Some(above) => {
                let cell = Membrane { V_th: above, ..*membrane };
                self.form.evaluate(&cell, moments, buffer)
            }
        }
    }

    /// The effective threshold (mV).
    pub fn threshold<S: Scalar>(&self, membrane: &Membrane, moments: &Moments<S>) -> S {
        let inside = self.domain.map_or(*moments, |d| d.nearest(membrane, moments));
        let mut buffer = [S::constant(0.0); MAX_TERMS];
        self.terms(membrane, &inside, &mut buffer)
            .iter()
            .zip(&self.coefficients)
            .fold(S::constant(0.0), |sum, (&term, &c)| sum + term * c)
    }
}

impl TransferFunction for EffectiveThreshold {
    fn rate<S: Scalar>(&self, membrane: &Membrane, moments: &Moments<S>) -> S {
        rate_at_threshold(self.threshold(membrane, moments), moments)
    }

    fn in_domain(&self, membrane: &Membrane, moments: &Moments) -> bool {
        let scanned = |support: &FitDomain| {
            let mut buffer = [0.0; MAX_TERMS];
            !fluctuates(moments) || support.contains(self.terms(membrane, moments, &mut buffer))
        };
        self.domain.is_none_or(|d| d.contains(membrane, moments))
            && self.support.as_ref().is_none_or(scanned)
    }
}

/// Firing rate (Hz) at a given effective threshold (mV).
pub(crate) fn rate_at_threshold<S: Scalar>(threshold: S, m: &Moments<S>) -> S {
    let z = (threshold - m.mu_V) / m.sigma_V * FRAC_1_SQRT_2;
    z.erfc() / m.tau_V * 500.0
}

/// The effective threshold (mV) that gives the rate `rate` (Hz): `mu_V + sqrt(2) sigma_V erfcinv(2 tau_V F)`.
///
/// `None` unless `0 < 2 tau_V F < 2`: no threshold gives a rate of zero, or one above `1 / tau_V`.
#[must_use]
pub fn effective_threshold(moments: &Moments, rate: f64) -> Option<f64> {
    let y = 2e-3 * moments.tau_V * rate;
    (y > 0.0 && y < 2.0).then(|| moments.mu_V + SQRT_2 * moments.sigma_V * erfcinv(y))
}

/// The serde image of [`EffectiveThreshold`], before its checks.
#[derive(Deserialize)]
struct Unchecked {
    form: ThresholdForm,
    coefficients: Vec<f64>,
    domain: Option<Domain>,
    #[serde(default)]
    support: Option<FitDomain>,
    #[serde(default)]
    tail_above: Option<f64>,
}

impl TryFrom<Unchecked> for EffectiveThreshold {
    type Error = ThresholdError;
    fn try_from(u: Unchecked) -> Result<Self, ThresholdError> {
        let threshold = Self::new(u.form, u.coefficients, u.domain)?.with_fit_domain(u.support)?;
        Ok(Self { tail_above: u.tail_above, ..threshold })
    }
}
