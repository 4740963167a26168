//! The mean field with measured spike trains against networks of Brian2, whose rates it must predict from single cells alone.
//!
//! The references are those of `rs_fs_statistics.rs` (Brian2 2.9.0, `validation/engine/rsfs_statistics.py`) and, for the driven
//! regime, those that the Python package neural_network_dynamics gave on Brian2. Tolerance: 5 %, the error of the theory, not
//! of the scans, whose own is 1 to 2 %.

use ntwk_core::Job;
use std::path::Path;

use ntwk::core::Model;
use ntwk::core::spec::{ParameterScanSpec, ParameterText, VarySpec, VaryValues};
use ntwk::studies::family::TheoryFamily;
use ntwk_meanfield::prediction::predict::{Theory, predict};
use ntwk_meanfield::prediction::settled_state::SettledState;
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_meanfield::{FixedPointOptions, default_starts, find_fixed_points};

fn model(file: &str, changes: &[(&str, &str)]) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(file);
    let changes: Vec<(String, String)> =
        changes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    ntwk_io::read_model(&path, &changes, &ntwk_cells::library()).unwrap()
}

fn theory(model: &Model, threads: usize) -> Theory {
    predict(model, &ntwk_cells::library(), &Job::threads(threads)).unwrap()
}

fn stationary(model: &Model, theory: &Theory) -> Vec<f64> {
    theory
        .stationary_state(ComparisonWindows::of(model).stationary, &Job::new())
        .unwrap()
        .unwrap()
        .rates
}

fn errors(rates: &[f64], reference: [f64; 2]) -> Vec<f64> {
    rates.iter().zip(reference).map(|(a, b)| (a / b - 1.0).abs()).collect()
}

#[test]
fn rates_of_the_rs_fs_network_within_five_per_cent() {
    for (rate, brian2) in [("4 Hz", [1.597, 5.79]), ("8 Hz", [3.423, 15.61])] {
        let changes = [("afferents.AffExc.rate", rate), ("compare.transient", "[1, 900]")];
        let model = model("rs-fs/model.toml", &changes);
        let theory = theory(&model, 2);
        let rates = stationary(&model, &theory);
        assert!(errors(&rates, brian2).iter().all(|e| *e < 0.05), "{rate}: {rates:?} {brian2:?}");
        let fano = theory.fano_factors.unwrap();
        assert!(fano.iter().all(|f| (0.5..0.95).contains(f)), "{fano:?}");
        // The same cells under the assumption of Poisson trains are farther off.
        let changes = [changes[0], changes[1], ("theory.spike_trains", "poisson")];
        let poisson = self::model("rs-fs/model.toml", &changes);
        let other = stationary(&poisson, &self::theory(&poisson, 2));
        let worst = |r: &[f64]| errors(r, brian2).into_iter().fold(0.0, f64::max);
        assert!(worst(&other) > 0.05 && worst(&other) > worst(&rates), "{other:?} {rates:?}");
    }
}

/// Cells under trains of cells: 3 % of the network and two standard errors of counting, where equal events with the variance of
/// such trains are 6 % off at 4 Hz. The errors given contain what correlations of trains may do.
#[test]
fn cells_under_their_own_trains_fire_as_the_network_does() {
    for (rate, brian2) in [("4 Hz", [1.597, 5.79]), ("8 Hz", [3.423, 15.61])] {
        let changes = [("afferents.AffExc.rate", rate), ("compare.transient", "[1, 900]")];
        let model = model("rs-fs/model.toml", &changes);
        let library = ntwk_cells::library();
        let state = |threads: usize| {
            let (theory, job) = (theory(&model, threads), Job::threads(threads));
            let point = theory.stationary_state(theory.windows.stationary, &job).unwrap().unwrap();
            SettledState::of(&model, &theory, &point, &library, &job).unwrap()
        };
        let settled = state(2);
        let refined = settled.refined.as_ref().unwrap();
        assert!(refined.converged, "{refined:?}");
        for ((rate, error), brian2) in settled.rates.iter().zip(&refined.errors).zip(brian2) {
            let off = (rate / brian2 - 1.0).abs();
            assert!(off < 0.03 + 2.0 * error / brian2, "{rate} ± {error}: {brian2}");
            assert!(*error < 0.03 * brian2, "{error}");
        }
        if rate == "4 Hz" {
            assert_eq!(settled, state(1), "the same bits for any number of threads");
        }
    }
}

#[test]
fn rates_of_the_driven_regime_within_five_per_cent() {
    let model = model("four-regimes/model.toml", &[("theory.spike_trains", "measured")]);
    let rates = stationary(&model, &theory(&model, 2));
    assert!(errors(&rates, [27.7, 28.0]).iter().all(|e| *e < 0.05), "{rates:?}");
}

#[test]
fn the_theory_along_a_key_is_that_of_the_model_where_it_is_written() {
    let changes = [("theory.scan.neurons", "8"), ("theory.scan.duration", "500 ms")];
    let model = model("rs-fs/model.toml", &changes);
    let (one, two) = (theory(&model, 1), theory(&model, 2));
    assert_eq!(one.factors, two.factors, "the same bits for any number of threads");
    assert_ne!(one.factors, ntwk_meanfield::VarianceFactors::poisson(&model));
    let values = VaryValues::List { values: [3.0, 5.0].map(ParameterText::Number).to_vec() };
    let mut scan = ParameterScanSpec::default();
    scan.vary = vec![VarySpec::new(None, vec!["projections[1].weight".to_owned()], values)];
    let library = ntwk_cells::library();
    let family = TheoryFamily::new(&model, &scan, &library, &Job::threads(2)).unwrap();
    // 4 nS, the weight of the model, is one of the nodes at which cells are scanned.
    let (system, input) = family.system(&[4.0]).unwrap();
    let options = FixedPointOptions::default();
    let found = find_fixed_points(&system, &input, &default_starts(2), &options, &Job::new())
        .unwrap()
        .points;
    let expected = stationary(&model, &one);
    let same = |a: &[f64]| a.iter().zip(&expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-6);
    assert!(found.iter().any(|p| same(&p.rates)), "{expected:?}");
}
