//! Fluctuations of the rate of a population, simulated and predicted.

use ntwk::compare::compare;
use ntwk::compare::fluctuations::rate_spectra;
use ntwk::core::{Job, Model, simulate};
use ntwk_meanfield::prediction::predict::predict;

/// Cells without connections under noise that makes their trains nearly Poisson trains.
const APART: &str = r#"
[simulation]
t_stop = "4500 ms"
dt = "0.1 ms"
seed = 5

[receptors.exc]
E_rev = "0 mV"
tau_syn = "5 ms"

[receptors.inh]
E_rev = "-80 mV"
tau_syn = "5 ms"

[populations.Cells]
size = 2000
cell = { model = "LIF", C_m = "200 pF", g_L = "10 nS", E_L = "-65 mV", V_th = "-50 mV", V_reset = "-65 mV", t_ref = "5 ms" }

[afferents.Exc]
size = 400
rate = "4 Hz"

[afferents.Inh]
size = 100
rate = "10 Hz"

[[projections]]
source = "Exc"
target = ["Cells"]
receptor = "exc"
weight = "1.5 nS"
connection = { rule = "fixed_in_degree", in_degree = 200 }

[[projections]]
source = "Inh"
target = ["Cells"]
receptor = "inh"
weight = "5 nS"
connection = { rule = "fixed_in_degree", in_degree = 50 }

[theory.scan]
neurons = 16
duration = "1 s"
"#;

/// Trains of rate `nu`, low-passed with `T`: the variance of their mean over `N` is `nu / (2 N T)` where they are Poisson trains,
/// `nu (1/T - nu) / (2 N)` in the theory, and its spectrum at low frequencies is `2 nu / N`.
#[test]
fn cells_apart_have_the_noise_of_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.toml");
    std::fs::write(&file, APART).unwrap();
    let (library, job) = (ntwk_cells::library(), Job::threads(2));
    let model: Model = ntwk_io::read_model(&file, &[], &library).unwrap();
    let recording = simulate(&model, &job).unwrap().recording;
    let theory = predict(&model, &library, &job).unwrap();
    let comparison = compare(&model, &recording, &theory, &library, &job).unwrap();
    let cells = &comparison.populations[0];
    let (nu, n, t) = (cells.rate.simulated.unwrap(), 2000.0, 5e-3);
    assert!((0.5..8.0).contains(&nu), "{nu}");
    let sd = cells.rate_sd;
    let fitted = cells.fitted_rate.unwrap();
    let exact = (fitted * (1.0 / t - fitted) / (2.0 * n)).sqrt();
    assert!((sd.predicted.unwrap() / exact - 1.0).abs() < 1e-9, "{sd:?} {exact}");
    let poisson = (nu / (2.0 * n * t)).sqrt();
    assert!((sd.simulated.unwrap() / poisson - 1.0).abs() < 0.1, "{sd:?} {poisson}");

    let spectra = rate_spectra(&model, &recording, &theory, &job).unwrap().unwrap();
    let low = |density: &[f64]| {
        let within = spectra[0].frequencies.iter().zip(density).filter(|(f, _)| **f < 20.0);
        let all: Vec<f64> =
            within.map(|(f, d)| d * (1.0 + (std::f64::consts::TAU * f * t).powi(2))).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let (simulated, predicted) = (low(&spectra[0].simulated), low(&spectra[0].predicted));
    let white = 2.0 * nu / n;
    assert!((simulated / white - 1.0).abs() < 0.2, "{simulated} {white}");
    assert!((predicted / (2.0 * t * exact.powi(2) * 2.0) - 1.0).abs() < 1e-6, "{predicted}");
}
