use crate::support::{
    array, assert_close, data, number, numbers, spectrum_cells, spectrum_synapses,
};
use ntwk_core::Job;
use ntwk_core::Membrane;
use ntwk_meanfield::{
    Adaptation, Connection, EffectiveThreshold, FitError, FitOptions, FixedPointOptions, Input,
    MeanField, MeanFieldPopulation, ScanPoint, Source, Stability, Termination, ThresholdForm,
    TransferFunction, Weighting, cross_validate, default_starts, find_fixed_points, fit, fit_ridge,
    moments,
};
use std::sync::Arc;

fn spectrum_scan() -> (Membrane, Vec<ScanPoint>) {
    let file = data("ridge.json");
    let column = |k: &str| numbers(&file[k]);
    let (e, i, a, rate) =
        (column("F_RecExc"), column("F_RecInh"), column("F_AffExc"), column("Fout_mean"));
    let cell = spectrum_cells()[0];
    let points = (0..rate.len()).map(|k| ScanPoint {
        moments: moments(&cell, &spectrum_synapses(), &[e[k], i[k], a[k]], 0.0).unwrap(),
        rate: rate[k],
        standard_error: 0.1,
        samples: 1,
    });
    (cell, points.collect())
}

/// The ridge regression of `neural_network_dynamics` on its own kind of scan; `exact` is from 40-digit normal equations.
#[test]
fn ridge_of_the_published_package() {
    let file = data("ridge.json");
    let (cell, points) = spectrum_scan();
    for (form, max_rate, key) in [
        (ThresholdForm::Skewness31, 50.0, "coeffs_order2_exact"),
        (ThresholdForm::Skewness6, 50.0, "coeffs_order1_exact"),
        (ThresholdForm::Skewness31, 20.0, "coeffs_order2_Fout_high20"),
    ] {
        let ridge = fit_ridge(form, &cell, &points, 0.9, max_rate).unwrap();
        for (c, exact) in ridge.transfer_function.coefficients().iter().zip(numbers(&file[key])) {
            assert_close(*c, 1e3 * exact, 0.0, 1e-11, key);
        }
        if max_rate == 50.0 {
            assert_eq!(ridge.points_used as u64, file["n_points_used"].as_u64().unwrap());
        }
    }
}

/// Rates made by known coefficients are fitted exactly, for every form whose terms are independent.
#[test]
fn a_threshold_is_recovered_from_its_own_rates() {
    let (cell, mut points) = spectrum_scan();
    for form in [ThresholdForm::Linear4, ThresholdForm::Linear5, ThresholdForm::Quadratic10] {
        let mut c = vec![-51.0, 5.0, -0.5, 0.8, 0.3, -0.2, 0.4, -0.3, 0.25, 0.2];
        c.truncate(form.terms());
        let truth = EffectiveThreshold::new(form, c, None).unwrap();
        for p in &mut points {
            p.rate = truth.rate(&cell, &p.moments);
        }
        let f = fit(form, &cell, &points, &FitOptions::default()).unwrap();
        assert_eq!(f.termination, Termination::Converged);
        assert!(
            f.quality.mean_squared_error < 1e-18,
            "{form:?}: {:e}",
            f.quality.mean_squared_error
        );
        for (a, b) in f.transfer_function.coefficients().iter().zip(truth.coefficients()) {
            // Both steps are exact here; the condition number of the terms multiplies the rounding.
            assert_close(*a, *b, 0.0, 1e-11 * f.threshold_step.condition_number, "coefficient");
        }
        assert!(points.iter().all(|p| f.transfer_function.in_domain(&cell, &p.moments)));
    }
}

/// The rate step improves on the threshold step, uses the silent points, and reports both.
#[test]
fn the_second_step_minimises_the_rate_error() {
    let (cell, points) = spectrum_scan();
    let f = fit(ThresholdForm::Quadratic10, &cell, &points, &FitOptions::default()).unwrap();
    assert_eq!(f.termination, Termination::Converged);
    assert!(f.quality.mean_squared_error < f.threshold_step.quality.mean_squared_error);
    assert_eq!(f.points_used, points.len());
    assert_eq!(f.threshold_step.points_used + f.points_rejected.len(), points.len());
    assert!(f.quality.r_squared > 0.9 && f.quality.r_squared <= 1.0);
    // At the minimum the gradient of the squared error vanishes: any small change of a coefficient increases it.
    for k in 0..10 {
        for sign in [-1.0, 1.0] {
            let mut c = f.transfer_function.coefficients().to_vec();
            c[k] += sign * 0.1 * f.standard_errors[k];
            let moved = EffectiveThreshold::new(ThresholdForm::Quadratic10, c, None).unwrap();
            let mse = points
                .iter()
                .map(|p| (moved.rate(&cell, &p.moments) - p.rate).powi(2))
                .sum::<f64>()
                / points.len() as f64;
            assert!(mse > f.quality.mean_squared_error);
        }
    }
}

/// The 31 terms contain every product of two variables twice: the rank says so, the minimum-norm solution is taken, and
/// the fit is better than that with the 6 terms it contains.
#[test]
fn linearly_dependent_terms_are_reported() {
    let (cell, points) = spectrum_scan();
    let small = fit(ThresholdForm::Skewness6, &cell, &points, &FitOptions::default()).unwrap();
    let large = fit(ThresholdForm::Skewness31, &cell, &points, &FitOptions::default()).unwrap();
    assert_eq!(small.threshold_step.rank, 6);
    assert!(large.threshold_step.rank <= 21);
    assert!(large.quality.mean_squared_error < small.quality.mean_squared_error);
    assert!(large.standard_errors.iter().all(|s| s.is_finite()));
}

/// Equal standard errors weigh every point the same.
#[test]
fn equal_standard_errors_change_nothing() {
    let (cell, points) = spectrum_scan();
    let options =
        FitOptions { weighting: Weighting::StandardError { floor: 0.01 }, ..FitOptions::default() };
    let uniform = fit(ThresholdForm::Linear4, &cell, &points, &FitOptions::default()).unwrap();
    let weighted = fit(ThresholdForm::Linear4, &cell, &points, &options).unwrap();
    let (a, b) = (uniform.quality.mean_squared_error, weighted.quality.mean_squared_error);
    assert_close(a, b, 1e-12, 0.0, "mean squared error");
    for (x, y) in uniform.standard_errors.iter().zip(&weighted.standard_errors) {
        assert_close(*x, *y, 1e-5, 0.0, "standard error");
    }
}

#[test]
fn scans_that_cannot_be_fitted_are_named() {
    let (cell, points) = spectrum_scan();
    let options = FitOptions::default();
    let few = fit(ThresholdForm::Quadratic10, &cell, &points[..6], &options).unwrap_err();
    assert!(matches!(few, FitError::TooFewPoints { given: 6, needed: 10, .. }), "{few}");
    let mut broken = points.clone();
    broken[3].rate = f64::NAN;
    broken[7].standard_error = -1.0;
    let err = fit(ThresholdForm::Linear4, &cell, &broken, &options).unwrap_err();
    assert_eq!(err, FitError::Points { indices: vec![3, 7] });
    let zero = FitOptions { weighting: Weighting::StandardError { floor: 0.0 }, ..options };
    assert!(matches!(
        fit(ThresholdForm::Linear4, &cell, &points, &zero),
        Err(FitError::Option { name: "floor", .. })
    ));
}

/// Points that a form describes exactly are predicted exactly, and points of another form are not; every point is
/// predicted once.
#[test]
fn cross_validation_tells_what_a_form_can_predict() {
    let (cell, mut points) = spectrum_scan();
    points.retain(|p| p.rate > 0.1);
    let known = fit(ThresholdForm::Linear4, &cell, &points, &FitOptions::default()).unwrap();
    for p in &mut points {
        p.rate = known.transfer_function.rate(&cell, &p.moments);
    }
    let options = FitOptions::default();
    let exact = cross_validate(ThresholdForm::Linear4, &cell, &points, &options, 5).unwrap();
    assert_eq!((exact.folds.len(), exact.residuals.len()), (5, points.len()));
    // The domain of a fit ends at the points it has seen, beyond which the threshold is held.
    let inside = exact.residuals.iter().filter(|r| r.abs() < 1e-6).count();
    assert!(inside * 10 > points.len() * 8, "{inside} of {}", points.len());
    let noisy: Vec<ScanPoint> = points
        .iter()
        .enumerate()
        .map(|(i, p)| ScanPoint { rate: p.rate + (1.7 * i as f64).sin().abs(), ..*p })
        .collect();
    let fitted = fit(ThresholdForm::Quadratic10, &cell, &noisy, &options).unwrap();
    let unseen = cross_validate(ThresholdForm::Quadratic10, &cell, &noisy, &options, 5).unwrap();
    assert!(unseen.quality.mean_squared_error > fitted.quality.mean_squared_error);
    for folds in [0, 1, points.len() + 1] {
        let refused = cross_validate(ThresholdForm::Linear4, &cell, &points, &options, folds);
        assert!(matches!(refused, Err(FitError::Option { name: "folds", .. })));
    }
}

/// Two-step fits to the scan of ModelDB 234992 against an exact regression and MINPACK.
///
/// The scan may not be redistributed: set `NTWK_MODELDB_234992` to a JSON file with it
/// (`tf.{RS,FS}.{Fout_mean_Hz,Fe_Hz,Fi_Hz}`). The minimum of step 2 is compared. Step 1 is not: its rates at the
/// point without input, where the threshold is extrapolated, depend on the moments given to a silent cell (here
/// sigma_V = 1 uV, tau_V = 20 ms; in the published code 1e-9 mV, 25 ms); elsewhere it agrees to 1e-9.
#[test]
#[ignore = "needs the scan of ModelDB 234992, see the comment"]
fn fits_to_the_published_scan() {
    let path = std::env::var("NTWK_MODELDB_234992").expect("NTWK_MODELDB_234992 names the file");
    let scan: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cell = crate::support::membrane(10.0, 200.0, -65.0, -50.0);
    let synapse = |in_degree, weight, E_rev| ntwk_meanfield::SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let synapses = [synapse(400.0, 1.0, 0.0), synapse(100.0, 5.0, -80.0)];
    let mut quadratic = Vec::new();
    for name in ["RS", "FS"] {
        let tf = &scan["tf"][name];
        let mut points = Vec::new();
        for (i, row) in array(&tf["Fout_mean_Hz"]).iter().enumerate() {
            for (j, rate) in numbers(row).into_iter().enumerate() {
                let rates = [number(&tf["Fe_Hz"][i][j]), number(&tf["Fi_Hz"][i])];
                let m = moments(&cell, &synapses, &rates, 0.0).unwrap();
                points.push(ScanPoint { moments: m, rate, standard_error: 0.1, samples: 1 });
            }
        }
        for (form, key) in [
            (ThresholdForm::Linear4, "linear4"),
            (ThresholdForm::Linear5, "linear4+logmuG"),
            (ThresholdForm::Quadratic10, "quadratic10"),
            (ThresholdForm::Quadratic11, "quadratic11_logmuG"),
        ] {
            let reference = &data("refit.json")["fits"][name][key];
            let f = fit(form, &cell, &points, &FitOptions::default()).unwrap();
            assert_close(
                f.quality.mean_squared_error,
                number(&reference["mse_refined"]),
                1e-8,
                0.0,
                key,
            );
            if form == ThresholdForm::Quadratic10 {
                quadratic.push(f.transfer_function);
            }
        }
    }

    // The network that the scan was made for, driven at 4 Hz. The published simulation fires at 2.17 and 9.17 Hz.
    let populations = ["RS", "FS"].into_iter().zip(quadratic).map(|(name, function)| {
        let connection = |source, synapse| Connection { source, synapse };
        MeanFieldPopulation {
            name: name.to_owned(),
            size: if name == "RS" { 8000 } else { 2000 },
            membrane: cell,
            transfer_function: Arc::new(function),
            connections: vec![
                connection(Source::Population(0), synapses[0]),
                connection(Source::Population(1), synapses[1]),
                connection(Source::Afferent(0), synapses[0]),
            ],
            adaptation: Adaptation::InTransferFunction,
        }
    });
    let system = MeanField::new(populations.collect(), vec!["drive".to_owned()], 5.0).unwrap();
    let drive = Input { afferent_rates: vec![4.0], currents: vec![0.0; 2] };
    let options = FixedPointOptions::default();
    let found = find_fixed_points(&system, &drive, &default_starts(2), &options, &Job::new())
        .unwrap()
        .points;
    let rest = found.iter().find(|f| f.stability == Stability::Stable).unwrap();
    // Another solver ends in the same flat valley of the error: the rates agree to some 1e-5, not to the last bit.
    assert_close(rest.rates[0], 2.0997, 1e-3, 0.0, "RS");
    assert_close(rest.rates[1], 9.0793, 1e-3, 0.0, "FS");
}

/// Silent points, and those whose cells fire as fast as the membrane follows, have no threshold: they are named and count for
/// nothing in the first step.
#[test]
fn points_without_a_threshold_are_dropped_by_their_numbers() {
    let (cell, points) = spectrum_scan();
    let usable: Vec<ScanPoint> = (points.iter().copied())
        .filter(|p| p.rate > 0.0 && 2.0 * p.moments.tau_V * p.rate * 1e-3 < 2.0)
        .collect();
    let options = FitOptions::default();
    let alone = fit(ThresholdForm::Linear4, &cell, &usable, &options).unwrap();
    assert!(alone.points_rejected.is_empty());
    let (mut with, n) = (usable.clone(), usable.len());
    with.insert(0, ScanPoint { rate: 0.0, ..usable[0] });
    with.push(ScanPoint { rate: 1.001e3 / usable[n - 1].moments.tau_V, ..usable[n - 1] });
    let fitted = fit(ThresholdForm::Linear4, &cell, &with, &options).unwrap();
    assert_eq!(fitted.points_rejected, [0, n + 1]);
    assert_eq!(fitted.threshold_step.points_used, n);
    assert_eq!(fitted.threshold_step.rank, alone.threshold_step.rank);
}
