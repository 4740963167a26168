//! Normalisations of the variables of an effective threshold other than those of its form.

use crate::transfer::threshold_form::ThresholdForm;

/// Centre and scale of each variable: a polynomial in `(x - centre) / scale`.
///
/// Published coefficients belong to the normalisation that they were fitted with. A polynomial of at most second degree in one
/// set of variables is one in another, so that only the coefficients differ.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct Normalisation {
    /// Of the mean potential (mV).
    pub mu_V: [f64; 2],
    /// Of its standard deviation (mV).
    pub sigma_V: [f64; 2],
    /// Of its autocorrelation time: in ms for the skewness forms, over `C_m / g_L` for the others.
    pub tau: [f64; 2],
}

impl Normalisation {
    /// That of a form.
    #[must_use]
    pub fn of(form: ThresholdForm) -> Self {
        let tau = if form.has_tail() { [10.0, 200.0] } else { [0.5, 1.0] };
        Self { mu_V: [-60.0, 10.0], sigma_V: [4.0, 6.0], tau }
    }

    /// Coefficients of `form` that are the same function of the moments as `given` are with this normalisation.
    #[must_use]
    pub fn coefficients_of_form(&self, form: ThresholdForm, given: &[f64]) -> Vec<f64> {
        let own = Self::of(form);
        // x' = a x + b of every variable, in the order of the form.
        let line =
            |own: [f64; 2], other: [f64; 2]| [own[1] / other[1], (own[0] - other[0]) / other[1]];
        let (m, s, t) =
            (line(own.mu_V, self.mu_V), line(own.sigma_V, self.sigma_V), line(own.tau, self.tau));
        let same = [1.0, 0.0];
        let lines = if form.has_tail() { vec![m, s, same, t, same] } else { vec![m, s, t] };
        let mut out = vec![0.0; given.len()];
        out[0] = given[0];
        for (v, [a, b]) in lines.iter().enumerate() {
            out[1 + v] += a * given[1 + v];
            out[0] += b * given[1 + v];
        }
        // The logarithm of the conductance has no other normalisation.
        let rest = 1 + lines.len();
        let products = form.products();
        let first = given.len() - products.len();
        out[rest..first].copy_from_slice(&given[rest..first]);
        for (k, &[i, j]) in products.iter().enumerate() {
            let c = given[first + k];
            let ([a, b], [d, e]) = (lines[i], lines[j]);
            out[first + k] += a * d * c;
            out[1 + i] += a * e * c;
            out[1 + j] += b * d * c;
            out[0] += b * e * c;
        }
        out
    }
}
