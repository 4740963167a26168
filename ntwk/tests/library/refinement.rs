//! The refined stationary state against one that was found independently, with other code and other random numbers: cells of
//! the RS-FS network under Poisson trains at rates that they fire at themselves, and fresh cells there (their counting errors
//! as given). Tolerance: three standard errors of both together; the scan is a coarse one, whose own state is off by more.

use std::path::Path;

use ntwk::core::{Job, Model};
use ntwk_meanfield::prediction::predict::{Theory, predict};
use ntwk_meanfield::prediction::refinement::{RefinedState, refine};

const COARSE: [(&str, &str); 4] = [
    ("theory.spike_trains", "poisson"),
    ("theory.multapses", "false"),
    ("theory.scan.neurons", "8"),
    ("theory.scan.duration", "1 s"),
];

fn model(changes: &[(&str, &str)]) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rs-fs/model.toml");
    let changes: Vec<(String, String)> = COARSE
        .iter()
        .chain(&[("compare.transient", "[1, 800]")])
        .chain(changes)
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    ntwk_io::read_model(&path, &changes, &ntwk_cells::library()).unwrap()
}

fn state(model: &Model, threads: usize) -> (Theory, Vec<f64>, RefinedState) {
    let (library, job) = (ntwk_cells::library(), Job::threads(threads));
    let theory = predict(model, &library, &job).unwrap();
    let window = theory.windows.stationary;
    let point = theory.stationary_state(window, &job).unwrap().unwrap();
    let refined = refine(model, &theory, &point, window, &library, &job).unwrap();
    (theory, point.rates, refined)
}

fn agrees(what: &str, changes: &[(&str, &str)], reference: [(f64, f64); 2], fit_is_off: f64) {
    let (_, fitted, refined) = state(&model(changes), 2);
    assert!(refined.converged, "{what}: {refined:?}");
    for (p, (rate, error)) in reference.into_iter().enumerate() {
        let difference = refined.rates[p] - rate;
        let error = error.hypot(refined.errors[p]);
        assert!(
            difference.abs() < 3.0 * error,
            "{what} {p}: {} {rate} ± {error}",
            refined.rates[p]
        );
        let off = refined.cells[p].rate - refined.checked_at[p];
        let deviation = off / refined.check_errors[p];
        assert!(deviation.abs() < 5.0, "{what} {p}: {deviation}");
        // The correction is of use: without it the state is far off.
        let off = (fitted[p] / rate - 1.0).abs();
        assert!(off > fit_is_off, "{what} {p}: fitted {}", fitted[p]);
        assert!((refined.rates[p] / rate - 1.0).abs() < off, "{what} {p}");
    }
}

#[test]
fn a_network_that_hardly_fires() {
    let drive = [("afferents.AffExc.rate", "2 Hz")];
    agrees("2 Hz", &drive, [(0.0052, 0.0006), (0.0131, 0.0010)], 2.0);
}

#[test]
fn fast_synapses() {
    let fast = [
        ("afferents.AffExc.rate", "4 Hz"),
        ("receptors.exc.tau_syn", "3 ms"),
        ("receptors.inh.tau_syn", "3 ms"),
    ];
    agrees("3 ms", &fast, [(0.0103, 0.0018), (0.0317, 0.0031)], 2.0);
}

#[test]
fn subthreshold_adaptation() {
    let adapting = [("afferents.AffExc.rate", "4 Hz"), ("populations.RecExc.cell.a", "4 nS")];
    agrees("a = 4 nS", &adapting, [(0.171, 0.007), (3.199, 0.029)], 0.05);
}

#[test]
fn moderate_rates_do_not_depend_on_threads() {
    let drive = [("afferents.AffExc.rate", "4 Hz")];
    let (_, _, one) = state(&model(&drive), 1);
    let (_, _, two) = state(&model(&drive), 2);
    assert_eq!(one, two);
    for (p, (rate, error)) in [(1.714, 0.007), (6.087, 0.025)].into_iter().enumerate() {
        let error = one.errors[p].hypot(error);
        assert!(
            (one.rates[p] - rate).abs() < 3.0 * error,
            "{p}: {} {rate} ± {error}",
            one.rates[p]
        );
        assert!(one.errors[p] < 0.04 * rate, "{p}: {}", one.errors[p]);
    }
    assert!((1.0..3.0).contains(&one.gain), "{}", one.gain);
}
