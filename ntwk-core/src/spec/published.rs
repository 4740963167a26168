//! `[theory.populations.NAME]`: the transfer function of a population as it was published.

use crate::section;
use crate::spec::fault::FaultKind;
use crate::spec::key::{TableReader, Words};
use crate::words;

/// Numbers of terms of the published forms of the effective threshold.
pub const PUBLISHED_TERMS: [usize; 6] = [4, 5, 6, 10, 11, 31];

/// Largest effective threshold at the reference moments (mV), with room.
const LARGEST: f64 = 200.0;
/// Smallest magnitude (mV) that is one.
const SMALLEST: f64 = 0.2;

section! {
    /// Published coefficients of the effective threshold of a population, in place of those of the scan.
    ///
    /// The number of coefficients says which form they are of: 4 (1, mu, sigma, tau; Zerlaut et al. 2016), 5 (with
    /// ln(mu_G/g_L)), 10 (with the products of mu, sigma, tau; di Volo et al. 2019, The Virtual Brain), 11 (with
    /// ln(mu_G/g_L) in fifth place; Zerlaut et al. 2018), 6 and 31 (mu, sigma, skewness, tau, tail, and their products;
    /// neural_network_dynamics). Cells are scanned all the same, and a note says how far their rates are from these.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct PublishedSpec, check = check {
        /// coefficients in the order of their form, or `{ file = "COEFFS.npy" }`
        coefficients: Vec<f64> = Quantities(Number, Any), required("a list of coefficients, or { file = \"COEFFS.npy\" }");
        /// unit of the coefficients:
        unit: CoefficientUnit = Choice(CoefficientUnit::WORDS), or(CoefficientUnit::Volt);
    }
}

words! {
    /// Unit of the coefficients of an effective threshold.
    pub enum CoefficientUnit, what = "unit of coefficients" {
        /// volt, as in the published files
        Volt = "V",
        /// millivolt
        Millivolt = "mV",
    }
}

impl PublishedSpec {
    /// The coefficients in mV.
    #[must_use]
    pub fn in_millivolt(&self) -> Vec<f64> {
        let unit = match self.unit {
            CoefficientUnit::Volt => 1e3,
            CoefficientUnit::Millivolt => 1.0,
        };
        self.coefficients.iter().map(|c| unit * c).collect()
    }
}

fn check(published: &PublishedSpec, table: &mut TableReader<'_, '_>) {
    if table.is_faulty("coefficients") || table.is_faulty("unit") {
        return;
    }
    let count = published.coefficients.len();
    if !PUBLISHED_TERMS.contains(&count) {
        let known = PUBLISHED_TERMS.map(|n| n.to_string()).join(", ");
        let rule = format!("{count} coefficients are of no published form; those have {known}");
        table.fault("coefficients", FaultKind::Combination { rule });
        return;
    }
    let first = published.in_millivolt()[0].abs();
    if !(SMALLEST..=LARGEST).contains(&first) {
        let (unit, other) = match published.unit {
            CoefficientUnit::Volt => ("V", "mV"),
            CoefficientUnit::Millivolt => ("mV", "V"),
        };
        let rule = format!(
            "the first coefficient, a threshold, is {} {unit}; coefficients in {other} need unit = \"{other}\"",
            published.coefficients[0]
        );
        table.fault("coefficients", FaultKind::Combination { rule });
    }
}
