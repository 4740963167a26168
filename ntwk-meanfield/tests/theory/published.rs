//! Published codes reproduced to their own numbers, with the peculiarities that this crate leaves out added by the tests.

use crate::adaptation::di_volo;
use crate::support::{
    array, assert_close, data, input, membrane, number, numbers, rs_fs_2018_with,
};
use ntwk_core::Job;
use ntwk_meanfield::reference::zerlaut_2018::Zerlaut2018;
use ntwk_meanfield::{
    DynTransferFunction, Dynamics, EffectiveThreshold, FixedPointOptions, FunctionInput, Input,
    IntegrationOptions, MeanField, SecondOrder, SecondOrderStatus, SynapseClass, ThresholdForm,
    Tolerance, TransferFunction, find_fixed_points, integrate, moments,
};
use serde_json::Value;
use std::sync::Arc;

/// `Q` (nS), `E_rev` (mV) of both synapses; `tau_syn` is 5 ms.
const SYNAPSES: [(f64, f64); 2] = [(1.0, 0.0), (5.0, -80.0)];
const TAU: f64 = 5.0;

fn synapses() -> [SynapseClass; 2] {
    [(400.0, SYNAPSES[0]), (100.0, SYNAPSES[1])].map(|(k, (q, e))| SynapseClass {
        in_degree: k,
        weight: q,
        tau_syn: TAU,
        E_rev: e,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    })
}

fn as_published(file: &Value, key: &str) -> Zerlaut2018 {
    let p = numbers(&file[key]);
    let threshold = EffectiveThreshold::from_volts(ThresholdForm::Quadratic11, &p, None).unwrap();
    Zerlaut2018::new(threshold, &synapses()).unwrap()
}

fn zerlaut_2018(file: &Value) -> MeanField {
    rs_fs_2018_with(
        &["P_RS", "P_FS"]
            .map(|key| Arc::new(as_published(file, key)) as Arc<dyn DynTransferFunction>),
    )
}

/// Its transfer functions at 24 inputs. The subtraction that recovers the event rates costs a digit or two.
#[test]
fn transfer_functions_of_zerlaut_2018() {
    let file = data("zerlaut2018.json");
    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let synapses = synapses();
    for case in array(&file["tf"]) {
        let tf = as_published(&file, &format!("P_{}", case["cell"].as_str().unwrap()));
        let rates = [number(&case["fe_Hz"]), number(&case["fi_Hz"])];
        let m = moments(&cell, &synapses, &rates, 0.0).unwrap();
        let theirs = tf.moments(&cell, &m);
        let reference = &case["as_published"];
        assert_close(theirs.sigma_V, 1e3 * number(&reference["sV_V"]), 1e-12, 1e-14, "sigma_V");
        if rates != [0.0, 0.0] {
            assert_close(theirs.tau_V / 20.0, number(&reference["TvN"]), 1e-8, 0.0, "tau_V");
        }
        // exp(-z²) multiplies the rounding of z by 2 z²; below 1e-12 Hz the published code has no digits.
        let rate = number(&reference["Fout_Hz"]);
        assert_close(tf.rate(&cell, &m), rate, 1e-8, 1e-12, &format!("rate at {rates:?}"));
    }
}

/// Its operator with exact derivatives, and with its own finite differences to their noise (df = 1e-4 Hz: 3e-4).
#[test]
fn operator_as_published() {
    let file = data("zerlaut2018.json");
    let system = zerlaut_2018(&file);
    let second = SecondOrder::new(&system);
    for case in array(&file["operator"]) {
        let state = numbers(&case["state_Hz_Hz2"]);
        let drive = number(&case["exc_aff_Hz"]);
        let at = input(&[drive + number(&case["pure_exc_aff_Hz"]), drive], &[0.0, 0.0]);
        let mut slope = vec![0.0; 5];
        second.derivative(&state, &at, &mut slope);
        let exact = numbers(&case["second_order_exact_derivatives"]);
        let published = numbers(&case["second_order_published_code"]);
        let scale = exact.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        for k in 0..5 {
            let what = format!("component {k} at {state:?}");
            // Lags of the mean cancel against corrections: relative to the largest component.
            assert_close(1e3 * slope[k], exact[k], 1e-9, 1e-11 * scale, &what);
            assert_close(1e3 * slope[k], published[k], 3e-4, 3e-6 * scale, &what);
        }
    }
}

/// Its stationary states at nine drives: rates, Jacobian, eigenvalues, covariances, second order; and the numbers that
/// the authors printed.
#[test]
fn stationary_states_as_published() {
    let file = data("zerlaut2018.json");
    let system = zerlaut_2018(&file);
    let second = SecondOrder::new(&system);
    for case in array(&file["fixed_points"]["as_published"]) {
        let drive = number(&case["exc_aff_Hz"]);
        let at = input(&[drive, drive], &[0.0, 0.0]);
        let exact = numbers(&case["first_order_Hz"]);
        let start = vec![1.01 * exact[0], 1.01 * exact[1]];
        let found =
            find_fixed_points(&system, &at, &[start], &FixedPointOptions::default(), &Job::new())
                .unwrap();
        let fixed = &found.points[0];
        let jacobian = system.at(&fixed.rates, &at).unwrap().jacobian();
        for m in 0..2 {
            // |(J - 1)^-1| times the rounding of the recovered event rates.
            assert_close(fixed.rates[m], exact[m], 1e-11, 1e-15, &format!("{drive} Hz"));
            for k in 0..2 {
                let slope = TAU * jacobian[(m, k)] + f64::from(u8::from(m == k));
                assert_close(slope, number(&case["J"][m][k]), 1e-9, 1e-12, "Jacobian");
            }
        }
        for (z, pair) in fixed.eigenvalues.iter().zip(array(&case["eig_per_s"])) {
            let values: Vec<f64> =
                array(&case["eig_per_s"]).iter().map(|p| number(&p[0])).collect();
            let nearest = values.iter().map(|v| (v - z.re).abs()).fold(f64::INFINITY, f64::min);
            assert!(nearest <= 1e-8 * z.re.abs(), "{z} is none of {values:?} ({pair})");
        }
        if let Some(noise) = case["linear_noise_cov_Hz2"].as_array() {
            let c = second.linear_noise_covariance(&fixed.rates, &at).unwrap().unwrap();
            for (value, exact) in [c[(0, 0)], c[(0, 1)], c[(1, 1)]].into_iter().zip(noise) {
                assert_close(value, number(exact), 1e-8, 1e-18, "linear noise");
            }
        }
        if case["second_order"].is_array() {
            let stationary = second.stationary(&fixed.rates, &at).unwrap();
            assert_eq!(stationary.status, SecondOrderStatus::Converged);
            for (value, exact) in stationary.state.iter().zip(numbers(&case["second_order"])) {
                assert_close(*value, exact, 1e-8, 1e-15, "second order");
            }
        }
        if drive == 4.0 {
            for (m, printed) in [2.45719675, 9.64063894].into_iter().enumerate() {
                assert_close(fixed.rates[m], printed, 0.0, 5e-9, "as printed");
            }
        }
    }
}

/// The transient of the paper: 2 Hz on 4 Hz at 0.8 s, onto the excitatory cells.
fn stimulus(t: f64, i: &mut Input) {
    let tau = if t < 800.0 { 60.0 } else { 100.0 };
    i.afferent_rates[0] = 4.0 + 2.0 * (-((t - 800.0) / tau).powi(2) / 2.0).exp();
    i.afferent_rates[1] = 4.0;
}

/// First order: an integration of the published operator by another method of high order.
#[test]
fn response_to_the_waveform_in_first_order() {
    let (file, run) = (data("zerlaut2018.json"), data("waveform_response.json"));
    let system = zerlaut_2018(&file);
    let times: Vec<f64> = numbers(&run["t_s"]).iter().map(|t| 1e3 * t).collect();
    let keys = ["fe_Hz", "fi_Hz"].map(|k| numbers(&run["first_order"][k]));
    let start = [keys[0][0], keys[1][0]];
    let source = FunctionInput { function: stimulus, discontinuities: vec![800.0] };
    let tolerance = Tolerance { relative: 1e-11, absolute: 1e-12 };
    let options = IntegrationOptions { tolerance, ..IntegrationOptions::default() };
    let response = integrate(&system, &start, &source, &times, &options, &Job::new()).unwrap();
    for (m, exact) in keys.iter().enumerate() {
        for ((value, exact), t) in response.component(m).zip(exact).zip(&times) {
            // Accuracy of the reference, as stated with it.
            assert_close(
                value,
                *exact,
                0.0,
                1e-8 * (1.0 + exact),
                &format!("population {m}, {t} ms"),
            );
        }
    }
}

/// Second order: Euler steps of 0.5 ms from the published start, where the roots of the covariances stand for the
/// covariances. The published derivatives are differences over 1e-4 Hz, whose second derivatives carry noise of some
/// 1e-4; the stimulus amplifies it.
#[test]
fn response_to_the_waveform_in_second_order() {
    let (file, run) = (data("zerlaut2018.json"), data("waveform_response.json"));
    let system = zerlaut_2018(&file);
    let second = SecondOrder::new(&system);
    let mut state = numbers(&run["start"]);
    let times = numbers(&run["t_s"]);
    let keys = ["fe_Hz", "fi_Hz", "sd_fe_Hz", "sd_fei_Hz", "sd_fi_Hz"];
    let reference = keys.map(|k| numbers(&run["second_order"][k]));
    let (dt, mut next) = (0.5, 0);
    let mut slope = vec![0.0; 5];
    let mut at = input(&[0.0, 0.0], &[0.0, 0.0]);
    for step in 0..2400 {
        let t = dt * f64::from(step);
        if next < times.len() && (t - 1e3 * times[next]).abs() < 0.25 * dt {
            for (k, exact) in reference.iter().enumerate() {
                let value = if k < 2 { state[k] } else { state[k].abs().sqrt() };
                assert_close(value, exact[next], 1e-4, 0.0, &format!("{} at {t} ms", keys[k]));
            }
            next += 1;
        }
        stimulus(t, &mut at);
        second.derivative(&state, &at, &mut slope);
        state.iter_mut().zip(&slope).for_each(|(x, s)| *x += dt * s);
    }
    assert_eq!(next, times.len());
}

/// The transfer functions of di Volo et al. 2019 with an adaptation current, against the code of the paper.
#[test]
fn transfer_functions_of_di_volo_2019() {
    let file = data("divolo2019.json");
    let system = di_volo(0.0, 100.0);
    for case in array(&file["tf"]) {
        // The code sums recurrent and afferent input before it.
        let (fe, fi) = (number(&case["fe_Hz"]), number(&case["fi_Hz"]));
        let w = 1e12 * number(&case["w_A"]);
        let at = input(&[0.0], &[0.0, -w]);
        let state = [fe, fi, w];
        let point = system.at(&state, &at).unwrap();
        let (rates, moments) = (point.transfer(), point.moments());
        for (m, key) in ["RS", "FS"].into_iter().enumerate() {
            let exact = &case[key];
            if fe == 0.0 {
                // It holds inputs above 1e-8 Hz and rates above 1e-8 Hz.
                assert!(rates[m] < 1e-8);
                continue;
            }
            assert_close(moments[m].mu_V, 1e3 * number(&exact["muV_V"]), 1e-12, 0.0, "mu_V");
            let sigma = 1e3 * number(&exact["sV_V_before_clamp"]);
            assert_close(moments[m].sigma_V, sigma, 1e-12, 1e-9, "sigma_V");
            // It adds 1e-9 Hz to the event rates.
            assert_close(moments[m].tau_V / 20.0, number(&exact["TvN"]), 1e-9, 0.0, "tau_V");
            // ... and 1e-12 V to sigma_V, which exp(-z²) multiplies.
            assert_close(rates[m], number(&exact["F_Hz"]), 1e-8, 0.0, &format!("{key} at {case}"));
        }
    }
}

/// Its operators; derivatives are differences over 1e-5 Hz there.
#[test]
fn operator_of_di_volo_2019() {
    let file = data("divolo2019.json");
    for case in array(&file["operator"]) {
        let system = split_drive(&di_volo(0.0, 100.0));
        let theirs = numbers(&case["state"]);
        let (drive, stimulus) = (number(&case["exc_aff_Hz"]), number(&case["pure_exc_aff_Hz"]));
        let to_fs = drive + number(&case["inh_fract"]) * stimulus;
        let at = input(&[drive + stimulus, to_fs], &[0.0, 0.0]);
        let state = [theirs[0], theirs[1], 1e12 * theirs[5], theirs[2], theirs[3], theirs[4]];
        let mut slope = [0.0; 6];
        SecondOrder::new(&system).derivative(&state, &at, &mut slope);
        let exact = numbers(&case["second_order"]);
        let scale = exact.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        let ours = [slope[0], slope[1], slope[3], slope[4], slope[5], 1e-12 * slope[2]];
        for k in 0..6 {
            let absolute = if k == 5 { 1e-24 } else { 1e-5 * scale };
            assert_close(1e3 * ours[k], exact[k], 1e-3, absolute, &format!("{k} of {case}"));
        }
        system.derivative(&state[..3], &at, &mut slope[..3]);
        let first = numbers(&case["first_order"]);
        for k in 0..2 {
            // The difference of rate and state, over T.
            assert_close(1e3 * slope[k], first[k], 1e-8, 1e-5, &format!("first order {k}"));
        }
        assert_close(1e-9 * slope[2], first[2], 1e-9, 1e-24, "first order W");
    }
}

/// The response to its stimulus, Euler steps of 0.5 ms over 4 s.
#[test]
fn transient_of_di_volo_2019() {
    let run = &data("divolo2019.json")["transient"];
    let system = di_volo(0.0, 100.0);
    let second = SecondOrder::new(&system);
    let keys = ["fe_Hz", "fi_Hz", "w_A", "cee", "cei", "cii"];
    let reference = keys.map(|k| numbers(&run[k]));
    let times = numbers(&run["t_s"]);
    let mut state: Vec<f64> = reference.iter().map(|r| r[0]).collect();
    state[2] *= 1e12;
    let (dt, mut next) = (0.5, 0);
    let mut slope = [0.0; 6];
    for step in 0..=8000 {
        let t = dt * f64::from(step);
        if next < times.len() && (t - 1e3 * times[next]).abs() < 0.25 * dt {
            for (k, exact) in reference.iter().enumerate() {
                let value = if k == 2 { 1e-12 * state[k] } else { state[k] };
                // The covariances gather the noise of differences over 1e-5 Hz while the stimulus rises.
                let relative = if k < 3 { 1e-3 } else { 5e-3 };
                assert_close(value, exact[next], relative, 0.0, &format!("{} at {t} ms", keys[k]));
            }
            next += 1;
        }
        let tau = if t < 2000.0 { 10.0 } else { 200.0 };
        let drive = 2.5 + 5.0 * (-((t - 2000.0) / tau).powi(2) / 2.0).exp();
        second.derivative(&state, &input(&[drive], &[0.0, 0.0]), &mut slope);
        state.iter_mut().zip(&slope).for_each(|(x, s)| *x += dt * s);
    }
    assert_eq!(next, times.len());
}

/// The same system with an afferent of its own for each population.
fn split_drive(system: &MeanField) -> MeanField {
    let mut populations = system.populations().to_vec();
    for (m, p) in populations.iter_mut().enumerate() {
        for c in &mut p.connections {
            if let ntwk_meanfield::Source::Afferent(a) = &mut c.source {
                *a = m;
            }
        }
    }
    MeanField::new(populations, vec!["to RS".into(), "to FS".into()], system.time_constant())
        .unwrap()
}
