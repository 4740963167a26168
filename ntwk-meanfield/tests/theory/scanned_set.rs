use crate::support::membrane;
use ntwk_core::Membrane;
use ntwk_meanfield::{
    EffectiveThreshold, Fit, FitOptions, Moments, ScanPoint, SynapseClass, ThresholdForm,
    TransferFunction, fit, moments,
};

const SYNAPSES: [SynapseClass; 2] = [
    SynapseClass {
        in_degree: 400.0,
        weight: 1.0,
        tau_syn: 5.0,
        E_rev: 0.0,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    },
    SynapseClass {
        in_degree: 100.0,
        weight: 5.0,
        tau_syn: 5.0,
        E_rev: -80.0,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    },
];

fn cell() -> Membrane {
    membrane(10.0, 200.0, -65.0, -50.0)
}

fn at(rates: &[f64], current: f64) -> Moments {
    moments(&cell(), &SYNAPSES[..rates.len()], rates, current).unwrap()
}

/// A fit to rates that a threshold of 10 terms makes at the given inputs.
fn fitted(form: ThresholdForm, inputs: &[Vec<f64>]) -> EffectiveThreshold {
    fit_of(form, inputs).transfer_function
}

fn fit_of(form: ThresholdForm, inputs: &[Vec<f64>]) -> Fit {
    let c = vec![-51.0, 5.0, -0.5, 0.8, 0.3, -0.2, 0.4, -0.3, 0.25, 0.2];
    let truth = EffectiveThreshold::new(ThresholdForm::Quadratic10, c, None).unwrap();
    let points: Vec<ScanPoint> = inputs
        .iter()
        .map(|rates| {
            let moments = at(rates, 0.0);
            let rate = truth.rate(&cell(), &moments);
            ScanPoint { moments, rate, standard_error: 0.1, samples: 1 }
        })
        .collect();
    fit(form, &cell(), &points, &FitOptions::default()).unwrap()
}

/// On a curve ten terms are functions of one variable: what no point tells apart gets no coefficient, however small the residuals
/// are that a large one would buy.
#[test]
fn a_line_has_no_more_coefficients_than_it_determines() {
    let line = |n: i32| (0..n).map(|k| vec![6.0 * f64::from(k) / f64::from(n)]).collect::<Vec<_>>();
    for n in [20, 200] {
        let found = fit_of(ThresholdForm::Quadratic10, &line(n));
        let step = &found.threshold_step;
        assert!((3..=6).contains(&step.rank), "{}", step.rank);
        assert!(step.condition_number < 1e5, "{}", step.condition_number);
        let largest = |c: &[f64]| c.iter().fold(0.0_f64, |most, c| most.max(c.abs()));
        assert!(largest(found.transfer_function.coefficients()) < 60.0, "{found:?}");
        assert!(found.quality.r_squared > 0.9999, "{:?}", found.quality);
    }
    let sheet: Vec<Vec<f64>> =
        (0..200).map(|k| vec![0.3 * f64::from(k % 20), 2.0 * f64::from(k / 20)]).collect();
    assert_eq!(fit_of(ThresholdForm::Quadratic10, &sheet).threshold_step.rank, 10);
}

/// With one class of inputs the scan is a curve. An adaptation current moves the cell off it while every moment stays
/// within its range: this must not pass as known.
#[test]
fn a_current_leaves_the_line_of_a_single_class() {
    for form in [ThresholdForm::Linear4, ThresholdForm::Quadratic10] {
        let function = fitted(form, &(0..60).map(|k| vec![0.1 * f64::from(k)]).collect::<Vec<_>>());
        let domain = function.domain().unwrap();
        // tau_V jumps where the input vanishes: the silent point is not on the curve.
        for k in 2..118 {
            let between = at(&[0.05 * f64::from(k)], 0.0);
            assert!(function.in_domain(&cell(), &between), "{form:?}: {k}");
        }
        for current in [-60.0, -30.0, 30.0] {
            let off = at(&[1.0], current);
            assert!(domain.contains(&cell(), &off), "the box alone does not notice");
            assert!(!function.in_domain(&cell(), &off), "{form:?}: {current} pA");
        }
    }
}

/// With two classes the scan is a sheet; within it nothing is flagged, neither at nor between nor around its points.
#[test]
fn a_sheet_is_known_within_its_edges() {
    let mut inputs = Vec::new();
    for e in 0..20 {
        for i in 0..10 {
            inputs.push(vec![0.3 * f64::from(e), 2.0 * f64::from(i)]);
        }
    }
    let function = fitted(ThresholdForm::Quadratic10, &inputs);
    for e in 1..=37 {
        for i in 1..=17 {
            let inside = at(&[0.15 * f64::from(e), f64::from(i)], 0.0);
            assert!(function.in_domain(&cell(), &inside), "{e} {i}");
        }
    }
    let far = at(&[3.0, 8.0], -400.0);
    assert!(!function.in_domain(&cell(), &far));
}

/// The set goes with the coefficients through their file; one that belongs to another form is refused.
#[test]
fn the_set_is_stored_with_the_coefficients() {
    let line: Vec<Vec<f64>> = (0..60).map(|k| vec![0.1 * f64::from(k)]).collect();
    let function = fitted(ThresholdForm::Linear4, &line);
    let text = serde_json::to_string(&function).unwrap();
    let back: EffectiveThreshold = serde_json::from_str(&text).unwrap();
    let (known, unknown) = (at(&[3.05], 0.0), at(&[1.0], -60.0));
    assert!(back.in_domain(&cell(), &known) && !back.in_domain(&cell(), &unknown));
    let wider = fitted(ThresholdForm::Quadratic10, &line).fit_domain().cloned();
    assert!(function.with_fit_domain(wider).is_err());
}
