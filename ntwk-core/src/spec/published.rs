//! `[theory.populations.NAME]`: the transfer function of a population as it was published.

use crate::section;
use crate::spec::adaptation::AdaptationTheory;
use crate::spec::fault::FaultKind;
use crate::spec::key::{Section, TableReader, Words};
use crate::words;

/// Numbers of terms of the published forms of the effective threshold.
pub const PUBLISHED_TERMS: [usize; 6] = [4, 5, 6, 10, 11, 31];

/// Largest effective threshold at the reference moments (mV), with room.
const LARGEST: f64 = 200.0;
/// Smallest magnitude (mV) that is one.
const SMALLEST: f64 = 0.2;

section! {
    /// The theory of one population: published coefficients of its effective threshold in place of those of the scan, and how its
    /// adaptation enters.
    ///
    /// The number of coefficients says which form they are of: 4 (1, mu, sigma, tau; Zerlaut et al. 2016), 5 (with
    /// ln(mu_G/g_L)), 10 (with the products of mu, sigma, tau; di Volo et al. 2019, The Virtual Brain), 11 (with
    /// ln(mu_G/g_L) in fifth place; Zerlaut et al. 2018), 6 and 31 (mu, sigma, skewness, tau, tail, and their products;
    /// neural_network_dynamics). Cells are scanned all the same, and a note says how far their rates are from these.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct PublishedSpec, check = check {
        /// coefficients in the order of their form, or `{ file = "COEFFS.npy" }`
        coefficients: Option<Vec<f64>> = Quantities(Number, Any), none;
        /// unit of the coefficients; `V` without it:
        unit: Option<CoefficientUnit> = Choice(CoefficientUnit::WORDS), none;
        /// potential above which the tail of the forms with 6 and 31 terms is taken (mV); without it `V_th` of the cells
        V_th_nominal: Option<f64> = Quantity(Voltage, Any), none;
        /// centres and scales of the variables of the polynomial, where they are not those of the form
        normalisation: Option<NormalisationSpec> = Table(NormalisationSpec::KEYS), none;
        /// moments of the membrane potential that the coefficients belong to; `exact` without it:
        moments: Option<PublishedMoments> = Choice(PublishedMoments::WORDS), none;
        /// how adaptation of this population enters; that of `theory.adaptation` without it:
        adaptation: Option<AdaptationTheory> = Choice(AdaptationTheory::WORDS), none;
    }
}

section! {
    /// Normalisation of the variables of an effective threshold: each is `(x - centre) / scale`.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct NormalisationSpec, check = check_normalisation {
        /// centre and scale (mV) of the mean potential; -60 and 10 mV without it
        mu_V: Option<Vec<f64>> = Quantities(Voltage, Any), none;
        /// centre and scale (mV) of its standard deviation; 4 and 6 mV without it
        sigma_V: Option<Vec<f64>> = Quantities(Voltage, Any), none;
        /// centre and scale (ms) of its autocorrelation time in the forms with 6 and 31 terms; 10 and 200 ms without it
        tau_V: Option<Vec<f64>> = Quantities(Time, Any), none;
        /// centre and scale of `tau_V g_L / C_m` in the other forms; 0.5 and 1 without it
        tau_ratio: Option<Vec<f64>> = Quantities(Number, Any), none;
    }
}

words! {
    /// Which moments of the membrane potential published coefficients belong to.
    pub enum PublishedMoments, what = "kind of moments" {
        /// those of shot noise through the membrane
        Exact = "exact",
        /// those of the code of Zerlaut et al. 2018 (ModelDB 234992), where the weight of the inhibitory synapses stands in the
        /// place of their time constant, so that they give the membrane potential no variance; for populations with one
        /// excitatory and one inhibitory kind of conductance, no injected current and adaptation in the transfer function
        Zerlaut2018 = "zerlaut2018",
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
    /// The coefficients in mV, where there are any.
    #[must_use]
    pub fn in_millivolt(&self) -> Option<Vec<f64>> {
        let unit = match self.unit {
            None | Some(CoefficientUnit::Volt) => 1e3,
            Some(CoefficientUnit::Millivolt) => 1.0,
        };
        let given = self.coefficients.as_ref()?;
        Some(given.iter().map(|c| unit * c).collect())
    }
}

fn check_normalisation(normalisation: &NormalisationSpec, table: &mut TableReader<'_, '_>) {
    let NormalisationSpec { mu_V, sigma_V, tau_V, tau_ratio } = normalisation;
    for (key, given) in
        [("mu_V", mu_V), ("sigma_V", sigma_V), ("tau_V", tau_V), ("tau_ratio", tau_ratio)]
    {
        let Some(pair) = given.as_ref().filter(|_| !table.is_faulty(key)) else { continue };
        if pair.len() != 2 || pair[1] == 0.0 {
            let rule = "takes a centre and a scale other than 0".to_owned();
            table.fault(key, FaultKind::Combination { rule });
        }
    }
}

fn check(published: &PublishedSpec, table: &mut TableReader<'_, '_>) {
    if table.is_faulty("coefficients") || table.is_faulty("unit") {
        return;
    }
    let Some(coefficients) = &published.coefficients else {
        let of_coefficients = [
            ("unit", published.unit.is_some()),
            ("V_th_nominal", published.V_th_nominal.is_some()),
            ("normalisation", published.normalisation.is_some()),
            ("moments", published.moments.is_some()),
        ];
        for (key, _) in of_coefficients.into_iter().filter(|k| k.1) {
            let rule = "belongs to coefficients, and there are none".to_owned();
            table.fault(key, FaultKind::Combination { rule });
        }
        if published.adaptation.is_none() {
            table.missing("coefficients", "a list of coefficients, or { file = \"COEFFS.npy\" }");
        }
        return;
    };
    let count = coefficients.len();
    if !PUBLISHED_TERMS.contains(&count) {
        let known = PUBLISHED_TERMS.map(|n| n.to_string()).join(", ");
        let rule = format!("{count} coefficients are of no published form; those have {known}");
        table.fault("coefficients", FaultKind::Combination { rule });
        return;
    }
    let tail = [6, 31].contains(&count);
    let other = |key: &str| format!("the form with {count} terms has no {key}");
    if published.V_th_nominal.is_some() && !tail {
        let rule = other("tail above a potential");
        table.fault("V_th_nominal", FaultKind::Combination { rule });
    }
    if published.moments == Some(PublishedMoments::Zerlaut2018) && tail {
        let rule = "the coefficients of that code are of the forms with 4, 5, 10 and 11 terms";
        table.fault("moments", FaultKind::Combination { rule: rule.to_owned() });
    }
    if let Some(normalisation) = &published.normalisation {
        let [key, given] = match tail {
            true => ["tau_ratio", "tau_V"],
            false => ["tau_V", "tau_ratio"],
        };
        let present = if tail { &normalisation.tau_ratio } else { &normalisation.tau_V };
        if present.is_some() {
            let rule = format!("the form with {count} terms has {given} in place of {key}");
            table.fault("normalisation", FaultKind::Combination { rule });
        }
    }
    let first = published.in_millivolt().map_or(0.0, |c| c[0].abs());
    if !(SMALLEST..=LARGEST).contains(&first) {
        let (unit, other) = match published.unit {
            None | Some(CoefficientUnit::Volt) => ("V", "mV"),
            Some(CoefficientUnit::Millivolt) => ("mV", "V"),
        };
        let rule = format!(
            "the first coefficient, a threshold, is {} {unit}; coefficients in {other} need unit = \"{other}\"",
            coefficients[0]
        );
        table.fault("coefficients", FaultKind::Combination { rule });
    }
}
