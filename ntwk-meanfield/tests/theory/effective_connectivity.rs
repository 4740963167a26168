//! Linear response of spiking networks: NNMT's working points, transfer functions, spectra, eigenvalues and sensitivities.

use std::sync::Arc;

use crate::support::{array, assert_close, data, input, membrane, number, numbers, spectrum_2018};
use nalgebra::Complex;
use ntwk_core::Job;
use ntwk_meanfield::{
    Adaptation, Connection, DelayDistribution, EffectiveConnectivity, FixedPointOptions, MeanField,
    MeanFieldPopulation, Siegert, Source, SynapseClass, find_fixed_points, moments,
};
use serde_json::Value;

/// The current-based network of a case in mV, with the delays (ms) of its connections.
fn network(case: &Value, spread: bool) -> (MeanField, Vec<Vec<DelayDistribution>>) {
    let get = |key: &str| number(&case[key]);
    let (tau_m, tau_s) = (1e3 * get("tau_m"), 1e3 * get("tau_s"));
    let mut cell = membrane(250.0 / tau_m, 250.0, 0.0, 1e3 * get("V_th_rel"));
    (cell.V_reset, cell.t_ref) = (1e3 * get("V_reset_rel"), 1e3 * get("tau_r"));
    let sizes = numbers(&case["N"]);
    let n = sizes.len();
    // J = tau_s w / C.
    let class =
        |k: &Value, j: &Value| SynapseClass::current(number(k), 250e3 * number(j) / tau_s, tau_s);
    let at = |key: &str, m: usize, k: usize| match &case[key] {
        Value::Array(rows) => 1e3 * number(&rows[m][k]),
        one => 1e3 * number(one),
    };
    let mut delays = Vec::new();
    let populations = (0..n).map(|m| {
        let own = (0..n).map(|k| Connection {
            source: Source::Population(k),
            synapse: class(&case["K"][m][k], &case["J_V"][m][k]),
        });
        let afferents = array(&case["K_ext"][m]).len();
        let more = (0..afferents).map(|k| Connection {
            source: Source::Afferent(k),
            synapse: class(&case["K_ext"][m][k], &case["J_ext_V"][m][k]),
        });
        delays.push(
            (0..n)
                .map(|k| match (spread, at("delay_s", m, k), at("delay_sd_s", m, k)) {
                    (true, mean, sd) => DelayDistribution::Normal { mean, sd },
                    (false, mean, _) => DelayDistribution::Constant(mean),
                })
                .collect(),
        );
        MeanFieldPopulation {
            name: format!("P{m}"),
            size: sizes[m] as usize,
            membrane: cell,
            transfer_function: Arc::new(Siegert::Coloured),
            connections: own.chain(more).collect(),
            adaptation: Adaptation::InTransferFunction,
        }
    });
    let populations = populations.collect();
    let names = (0..numbers(&case["nu_ext"]).len()).map(|k| format!("X{k}")).collect();
    (MeanField::new(populations, names, 5.0).unwrap(), delays)
}

/// Element `at` of a complex array.
fn complex(value: &Value, at: &[usize]) -> Complex<f64> {
    let part = |key: &str| number(at.iter().fold(&value[key], |v, &i| &v[i]));
    Complex::new(part("re"), part("im"))
}

#[track_caller]
fn assert_near(a: Complex<f64>, b: Complex<f64>, relative: f64, what: &str) {
    assert!((a - b).norm() <= relative * b.norm(), "{what}: {a} instead of {b}");
}

#[test]
fn working_points_and_transfer_functions_are_those_of_nnmt() {
    for case in array(&data("nnmt_linear_response.json")["networks"]) {
        let (system, _) = network(case, false);
        let at = input(&numbers(&case["nu_ext"]), &vec![0.0; system.populations().len()]);
        let exact = numbers(&case["rates"]);
        let options = FixedPointOptions::default();
        let start = exact.iter().map(|r| 1.02 * r).collect();
        let found = find_fixed_points(&system, &at, &[start], &options, &Job::new()).unwrap();
        let tau_s = number(&case["tau_s"]);
        for (m, population) in system.populations().iter().enumerate() {
            let what = format!("{} {m}", case["name"]);
            assert_close(found.points[0].rates[m], exact[m], 1e-6, 0.0, &what);
            // At its rates, not at ours.
            let synapses: Vec<SynapseClass> =
                population.connections.iter().map(|c| c.synapse).collect();
            let rates: Vec<f64> = exact.iter().copied().chain(numbers(&case["nu_ext"])).collect();
            let own = moments(&population.membrane, &synapses, &rates, 0.0).unwrap();
            assert_close(own.mu_V, 1e3 * number(&case["mu"][m]), 1e-9, 0.0, &what);
            let cv =
                Siegert::Coloured.coefficient_of_variation(&population.membrane, &own).unwrap();
            assert_close(cv, number(&case["cv"][m]), 1e-6, 0.0, &format!("CV of {what}"));
            let zero = Siegert::Coloured.response(&population.membrane, &own, 0.0);
            let theirs = complex(&case["transfer_function_zero"], &[0, m]) * 1e-3;
            assert_near(zero, theirs, 1e-5, &format!("{what} at 0 Hz"));
            for (i, f) in numbers(&case["freqs"]).into_iter().enumerate() {
                let filter = Complex::new(1.0, std::f64::consts::TAU * f * tau_s);
                let response = Siegert::Coloured.response(&population.membrane, &own, f) / filter;
                let theirs = complex(&case["transfer_function"], &[i, m]) * 1e-3;
                assert_near(response, theirs, 1e-8, &format!("{what} at {f} Hz"));
            }
        }
    }
}

#[test]
fn spectra_and_eigenvalues_are_those_of_nnmt() {
    for case in array(&data("nnmt_linear_response.json")["networks"]) {
        for (kind, spread) in [("none", false), ("truncated_gaussian", true)] {
            let reference = &case[kind];
            let (system, delays) = network(case, spread);
            let n = system.populations().len();
            let at = input(&numbers(&case["nu_ext"]), &vec![0.0; n]);
            let rates = numbers(&case["rates"]);
            let noise: Vec<f64> =
                rates.iter().zip(numbers(&case["N"])).map(|(r, n)| r / n).collect();
            let mut critical: Option<(f64, f64)> = None;
            for (i, f) in numbers(&case["freqs"]).into_iter().enumerate() {
                let what = format!("{} {kind} at {f} Hz", case["name"]);
                let loop_ =
                    EffectiveConnectivity::of(&system, &rates, &at, &delays, f).unwrap().unwrap();
                let spectrum = loop_.spectrum(&noise).unwrap();
                for m in 0..n {
                    let theirs = number(&reference["power_spectra"][i][m]);
                    assert_close(spectrum[(m, m)].re, theirs, 1e-5, 0.0, &what);
                    if case["name"] != "microcircuit" {
                        for k in 0..n {
                            let theirs = complex(&reference["effective_connectivity"], &[i, m, k]);
                            assert_near(loop_.matrix[(m, k)], theirs, 1e-6, &what);
                            let factor = complex(&reference["delay_factor"], &[i, m]);
                            if m == k {
                                let own = delays[m][k]
                                    .factor(Complex::new(0.0, 2e-3 * std::f64::consts::PI * f));
                                assert_near(own, factor, 1e-9, &format!("delays, {what}"));
                            }
                        }
                    }
                }
                let mut own = loop_.eigenvalues();
                critical = critical
                    .filter(|c| c.1 < (own[0] - 1.0).norm())
                    .or(Some((f, (own[0] - 1.0).norm())));
                own.sort_by(|a, b| b.norm().total_cmp(&a.norm()));
                for (m, z) in own.iter().enumerate().filter(|(_, z)| z.norm() > 1e-3) {
                    let theirs = complex(&reference["eigenvalues_by_modulus"], &[i, m]);
                    assert!(
                        (z - theirs).norm() <= 1e-5 * theirs.norm() + 1e-7,
                        "{what}: {z} {theirs}"
                    );
                }
            }
            let at_peak = &reference["critical"];
            let frequency = number(&at_peak["frequency"]);
            assert_eq!(critical.unwrap().0, frequency, "{} {kind}", case["name"]);
            let loop_ = EffectiveConnectivity::of(&system, &rates, &at, &delays, frequency)
                .unwrap()
                .unwrap();
            let sensitivity = loop_.sensitivity().unwrap();
            let theirs = numbers(&at_peak["eigenvalue"]);
            assert_near(
                sensitivity.eigenvalue,
                Complex::new(theirs[0], theirs[1]),
                1e-5,
                "critical",
            );
            let largest = sensitivity.matrix.iter().map(|z| z.norm()).fold(0.0, f64::max);
            for m in 0..n {
                for k in 0..n {
                    let theirs = complex(&at_peak["sensitivity"], &[m, k]);
                    let own = sensitivity.matrix[(m, k)];
                    assert!(
                        (own - theirs).norm() < 1e-5 * largest,
                        "{} {kind} {m} {k}: {own} {theirs}",
                        case["name"]
                    );
                }
            }
            // What comes once around, twice, and so on.
            let propagator = loop_.propagator().unwrap();
            let again = &loop_.matrix + &loop_.matrix * &propagator;
            assert!((again - &propagator).norm() < 1e-9 * propagator.norm());
        }
    }
}

/// A cell that an afferent drives alone follows it as its transfer function says, a current as its conductance says; without a
/// response of its own there is none.
#[test]
fn afferents_and_currents_act_through_the_mean_input() {
    let file = data("nnmt_linear_response.json");
    let case = &array(&file["networks"])[0];
    let (system, delays) = network(case, false);
    let at = input(&numbers(&case["nu_ext"]), &[0.0; 2]);
    let rates = numbers(&case["rates"]);
    let step = 1e-4;
    let solve = |drive: f64, current: f64| {
        let at = input(&[numbers(&case["nu_ext"])[0] + drive], &[current, 0.0]);
        let options = FixedPointOptions::default();
        find_fixed_points(&system, &at, std::slice::from_ref(&rates), &options, &Job::new())
            .unwrap()
            .points[0]
            .rates
            .clone()
    };
    let slow = EffectiveConnectivity::of(&system, &rates, &at, &delays, 0.0).unwrap().unwrap();
    // The mean alone: the variance, which a stationary change of the drive moves too, follows no oscillation here.
    let response = slow.current_response().unwrap();
    let [up, down] = [solve(0.0, step), solve(0.0, -step)];
    let fixed = system.at(&rates, &at).unwrap();
    let own = fixed.gains();
    assert_close(slow.current[0].re, own.current[0], 1e-9, 0.0, "current into E");
    for m in 0..2 {
        let slope = (up[m] - down[m]) / (2.0 * step);
        assert!((response[(m, 0)].re / slope - 1.0).abs() < 0.6, "{} {slope}", response[(m, 0)].re);
    }
    let afferent = slow.afferent_response().unwrap();
    assert!(afferent.iter().all(|z| z.im.abs() < 1e-12 && z.re > 0.0), "{afferent}");
    let rate_model = spectrum_2018(5.0, [4000, 1000]);
    let silent = rate_model.silent_input();
    let none = EffectiveConnectivity::of(&rate_model, &[1.0, 1.0], &silent, &[], 10.0).unwrap();
    assert_eq!(none, None);
}
