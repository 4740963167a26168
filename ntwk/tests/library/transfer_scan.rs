//! Scans of transfer functions: resumed, independent of threads, with failed points kept, over rates and over moments.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ntwk::sweep::store::{StoreError, StoreOptions};
use ntwk::sweep::transfer_scan::{
    Design, Outcome, Points, TransferScan, TransferScanError, scan_to_file,
};
use ntwk_core::{Job, Model, Progress};
use ntwk_io::{Notation, parse_tree, read_scan};
use ntwk_meanfield::scan::design::{Refinement, ScanAxis, Spacing};
use ntwk_meanfield::scan::fluctuations::FluctuationAxes;
use tempfile::TempDir;

const MODEL: &str = r#"
[simulation]
t_stop = 100.0
seed = 5
[receptors]
exc = { E_rev = 0.0, tau_syn = 5.0 }
inh = { E_rev = -80.0, tau_syn = 5.0 }
[populations.N]
size = 10
cell = { model = "LIF", C_m = 200.0, g_L = 10.0, E_L = -65.0, V_th = -50.0, V_reset = -65.0, t_ref = 5.0 }
[afferents.E]
size = 100
rate = 4.0
[afferents.I]
size = 25
rate = 4.0
[[projections]]
source = "E"
target = "N"
receptor = "exc"
weight = 2.0
connection = { rule = "all_to_all" }
[[projections]]
source = "I"
target = "N"
receptor = "inh"
weight = 5.0
connection = { rule = "all_to_all" }
[theory.scan]
neurons = 40
settle = 50.0
duration = 200.0
"#;

fn model(text: &str) -> Model {
    Model::from_tree(&parse_tree(text, Notation::Toml).unwrap(), &ntwk_cells::library()).unwrap()
}

fn axis(low: f64, high: f64, points: usize, spacing: Spacing) -> ScanAxis {
    ScanAxis { low, high, points, spacing }
}

fn grid() -> Design {
    Design::Grid(vec![axis(0.5, 40.0, 14, Spacing::Log), axis(0.0, 20.0, 10, Spacing::Linear)])
}

const OPTIONS: StoreOptions = StoreOptions { fresh: false, retry_failed: false };

fn scan(
    model: &Model,
    design: &Design,
    path: &Path,
    options: StoreOptions,
) -> Result<TransferScan, TransferScanError> {
    scan_to_file(model, 0, design, &ntwk_cells::library(), path, options, &Job::threads(1))
}

#[test]
fn an_interrupted_scan_goes_on_and_ends_with_the_same_bits() {
    let folder = TempDir::new().unwrap();
    let (whole, parts) = (folder.path().join("whole.h5"), folder.path().join("parts.h5"));
    let model = model(MODEL);
    let expected = scan(&model, &grid(), &whole, OPTIONS).unwrap();
    assert_eq!((expected.outcomes.len(), expected.computed, expected.resumed), (140, 140, 0));

    let stop = AtomicBool::new(false);
    let watch = |p: &Progress<'_>| stop.store(p.fraction > 0.0, Ordering::Relaxed);
    let job = Job::threads(2).interrupted_by(&stop).reporting_to(&watch);
    let library = ntwk_cells::library();
    let first = scan_to_file(&model, 0, &grid(), &library, &parts, OPTIONS, &job).unwrap();
    assert!(first.interrupted && first.computed > 0 && first.computed < 140, "{}", first.computed);
    let rest = scan(&model, &grid(), &parts, OPTIONS).unwrap();
    assert_eq!((rest.resumed, rest.computed), (first.computed, 140 - first.computed));
    assert_eq!(rest.outcomes, expected.outcomes);
    // Nothing is left to do, and nothing is done.
    assert_eq!(scan(&model, &grid(), &parts, OPTIONS).unwrap().computed, 0);
    let (a, b) = (read_scan(&whole).unwrap().unwrap().0, read_scan(&parts).unwrap().unwrap().0);
    assert_eq!(a.get("rate"), b.get("rate"));
    assert_eq!(a.get("input_rate").unwrap().axes, ["point", "input_class"]);
}

#[test]
fn another_scan_is_not_continued() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scan.h5");
    let coarse = Design::Grid(vec![axis(1.0, 4.0, 2, Spacing::Log); 2]);
    scan(&model(MODEL), &coarse, &path, OPTIONS).unwrap();
    let other = model(&MODEL.replace("duration = 200.0", "duration = 100.0"));
    let refused = |result: Result<TransferScan, TransferScanError>| {
        matches!(result, Err(TransferScanError::Store(StoreError::Another { .. })))
    };
    assert!(refused(scan(&other, &coarse, &path, OPTIONS)));
    assert!(refused(scan(&model(MODEL), &Design::Potentials, &path, OPTIONS)));
    let fresh = StoreOptions { fresh: true, ..OPTIONS };
    assert_eq!(scan(&other, &coarse, &path, fresh).unwrap().computed, 4);
}

#[test]
fn a_point_that_blows_up_keeps_its_error_and_spares_its_neighbours() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scan.h5");
    let model = model(MODEL);
    // Euler is unstable beyond dt mu_G / C_m = 2: at 1e7 Hz the conductance is millions of nS.
    let design = |high| {
        Design::Grid(vec![axis(10.0, high, 2, Spacing::Linear), axis(0.0, 1.0, 1, Spacing::Linear)])
    };
    let scanned = scan(&model, &design(1e7), &path, OPTIONS).unwrap();
    assert!(matches!(&scanned.outcomes[1], Outcome::Failed(e) if e.contains("blew up")));
    let again = scan(&model, &design(1e7), &path, OPTIONS).unwrap();
    assert_eq!((again.computed, again.failed().count()), (0, 1));
    let retried = StoreOptions { retry_failed: true, ..OPTIONS };
    assert_eq!(scan(&model, &design(1e7), &path, retried).unwrap().computed, 1);
    let alone = scan(&model, &design(20.0), &folder.path().join("alone.h5"), OPTIONS).unwrap();
    assert_eq!(alone.outcomes[0], scanned.outcomes[0]);
}

#[test]
fn an_adaptive_scan_fills_the_steps_and_goes_on_where_it_ended() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scan.h5");
    let model = model(MODEL);
    let axes = vec![axis(0.0, 40.0, 5, Spacing::Linear), axis(0.0, 20.0, 2, Spacing::Linear)];
    let refinement =
        Refinement { max_step: 12.0, rate_max: 150.0, min_distance: 1e-3, max_points: 60 };
    let design = Design::Adaptive(axes.clone(), refinement);
    let scanned = scan(&model, &design, &path, OPTIONS).unwrap();
    let first = scan(&model, &Design::Grid(axes), &folder.path().join("g.h5"), OPTIONS).unwrap();
    assert!(scanned.outcomes.len() > first.outcomes.len() + 4, "{}", scanned.outcomes.len());
    assert_eq!(scanned.outcomes[..10], first.outcomes[..]);
    let Points::Rates(plan) = &scanned.points else { panic!("a scan of rates") };
    let (indices, points) = scanned.measured().unwrap();
    for line in [0.0, 20.0] {
        let mut on_line: Vec<(f64, f64)> = indices
            .iter()
            .zip(&points)
            .filter(|(i, _)| plan.rates[**i][1] == line)
            .map(|(i, p)| (plan.rates[*i][0], p.rate))
            .collect();
        on_line.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in on_line.windows(2) {
            assert!((pair[1].1 - pair[0].1).abs() <= 12.0 || pair[0].1 > 150.0, "{pair:?}");
        }
    }
    let again = scan(&model, &design, &path, OPTIONS).unwrap();
    assert_eq!((again.computed, again.outcomes), (0, scanned.outcomes));
}

#[test]
fn fluctuations_are_what_was_asked_for() {
    let folder = TempDir::new().unwrap();
    // A threshold out of reach: the membrane potential is that of the passive cell.
    let text = MODEL
        .replace("V_th = -50.0", "V_th = 20.0")
        .replace("duration = 200.0", "duration = 1500.0")
        .replace("settle = 50.0", "settle = 200.0");
    let axes = FluctuationAxes {
        mu_V: axis(-65.0, -50.0, 2, Spacing::Linear),
        sigma_V: axis(2.0, 5.0, 2, Spacing::Linear),
        tau_V: axis(8.0, 25.0, 3, Spacing::Linear),
        tau_ratio: 0.25,
    };
    let path = folder.path().join("scan.h5");
    let scanned = scan(&model(&text), &Design::Fluctuations(axes), &path, OPTIONS).unwrap();
    let Points::Fluctuations(plan) = &scanned.points else { panic!("a scan of fluctuations") };
    assert_eq!(plan.len(), 12);
    for (i, outcome) in scanned.outcomes.iter().enumerate() {
        let [mu, sigma, tau] = plan.target(i);
        let m = plan.moments(i).unwrap();
        for (found, wanted) in [(m.mu_V, mu), (m.sigma_V, sigma), (m.tau_V, tau)] {
            assert!((found - wanted).abs() < 1e-9 * wanted.abs(), "{found} {wanted}");
        }
        let Outcome::Done(measured) = outcome else { panic!("{outcome:?}") };
        // 40 cells over 1.5 s are 40 1500 / (2 tau_V) = 1200 or more independent samples: the standard error of the
        // mean is sigma / 35, that of the standard deviation 2 %; four of them, and 2 % for the steps of Euler.
        let (mean, sd) = (measured.V_m_mean.unwrap(), measured.V_m_sd.unwrap());
        assert!((mean - mu).abs() < 4.0 * sigma / 35.0, "{mean} {mu}");
        // Within 1.5 s a cell misses the variance of its own mean: a fraction of 2 tau_V / 1500.
        assert!((sd / sigma - 1.0).abs() < 0.1, "{sd} {sigma} at {tau}");
        assert_eq!(measured.rate, 0.0);
    }
    let impossible = FluctuationAxes { tau_V: axis(4.0, 30.0, 2, Spacing::Linear), ..axes };
    let refused = scan(&model(&text), &Design::Fluctuations(impossible), &path, OPTIONS);
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("tau_V = 4") && message.contains("at most 25 ms"), "{message}");
}
