use crate::support::{array, assert_close, data, input, number, numbers, spectrum_2018};
use ntwk_core::Job;
use ntwk_meanfield::{
    DynamicsError, FunctionInput, Input, IntegrationOptions, SampledInput, Tolerance, integrate,
};

const TIGHT: IntegrationOptions = IntegrationOptions {
    tolerance: Tolerance { relative: 1e-11, absolute: 1e-12 },
    max_step: None,
    max_steps: 1_000_000,
};

/// Three inputs held over samples of 1 ms; the reference is an 8th-order integration per sample.
#[test]
fn trajectories_of_spectrum_2018() {
    for run in array(&data("trajectories.json")) {
        let dt = 1e3 * number(&run["dt_s"]);
        let current = |k: &str| run["currents_pA"].get(k).map_or(0.0, number);
        let currents = [current("RecExc"), current("RecInh")];
        let samples = numbers(&run["AffExc_Hz"]).iter().map(|&r| input(&[r], &currents)).collect();
        let initial = [number(&run["x0_Hz"]["RecExc"]), number(&run["x0_Hz"]["RecInh"])];
        compare(run, initial, &SampledInput::new(dt, samples).unwrap());
    }
}

/// A pulse of 20 ms from rest. The published code, whose solver does not know of the pulse, steps over it.
#[test]
fn a_pulse_is_not_stepped_over() {
    let run = data("pulse.json");
    let samples = (0..400)
        .map(|k| input(&[if (100..120).contains(&k) { 20.0 } else { 10.0 }], &[0.0; 2]))
        .collect();
    let initial = [number(&run["x0_Hz"]["RecExc"]), number(&run["x0_Hz"]["RecInh"])];
    compare(&run, initial, &SampledInput::new(1.0, samples).unwrap());
    let function = |t: f64, i: &mut Input| {
        i.afferent_rates[0] = if (100.0..120.0).contains(&t) { 20.0 } else { 10.0 }
    };
    compare(&run, initial, &FunctionInput { function, discontinuities: vec![100.0, 120.0] });
}

fn compare(run: &serde_json::Value, initial: [f64; 2], source: &impl ntwk_meanfield::InputSource) {
    let system = spectrum_2018(1e3 * number(&run["T_s"]), [4000, 1000]);
    let names = ["RecExc", "RecInh"];
    let exact = names.map(|n| numbers(&run["accurate_Hz"][n]));
    let times: Vec<f64> =
        (0..exact[0].len()).map(|k| k as f64 * 1e3 * number(&run["dt_s"])).collect();
    let trajectory = integrate(&system, &initial, source, &times, &TIGHT, &Job::new()).unwrap();
    for m in 0..2 {
        for (x, e) in trajectory.component(m).zip(&exact[m]) {
            assert_close(x, *e, 0.0, 1e-8, &format!("{} {}", run["name"], names[m]));
        }
    }
}

/// Dense output between the steps: a fine grid agrees with restarts at every point of it.
#[test]
fn dense_output_is_as_accurate_as_the_steps() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let at = input(&[10.0], &[0.0, 0.0]);
    let fine: Vec<f64> = (0..=500).map(|k| 0.1 * f64::from(k)).collect();
    let options = IntegrationOptions::default();
    let coarse = integrate(&system, &[1.0, 1.0], &at, &fine, &options, &Job::new()).unwrap();
    let exact = integrate(&system, &[1.0, 1.0], &at, &fine, &TIGHT, &Job::new()).unwrap();
    assert!(coarse.steps < exact.steps && exact.steps < fine.len());
    for k in 0..fine.len() {
        for m in 0..2 {
            // Tolerance 1e-8 of rates up to 60 Hz; the interpolant is one order below the method.
            assert_close(coarse.state(k)[m], exact.state(k)[m], 0.0, 1e-5, "dense output");
        }
    }
}

#[test]
fn bad_arguments_are_named() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let at = input(&[10.0], &[0.0, 0.0]);
    let options = IntegrationOptions::default();
    let run = |x: &[f64], times: &[f64]| {
        integrate(&system, x, &at, times, &options, &Job::new()).unwrap_err()
    };
    assert_eq!(run(&[1.0], &[0.0, 1.0]), DynamicsError::StateLength { given: 1, needed: 2 });
    assert!(matches!(
        run(&[1.0, f64::NAN], &[0.0, 1.0]),
        DynamicsError::InitialState { index: 1, .. }
    ));
    assert_eq!(run(&[1.0, 1.0], &[0.0, 0.0]), DynamicsError::Times);
    let function = |t: f64, i: &mut Input| i.afferent_rates[0] = 1.0 - t;
    let negative = FunctionInput { function, discontinuities: vec![] };
    let err = integrate(&system, &[1.0, 1.0], &negative, &[0.0, 10.0], &options, &Job::new())
        .unwrap_err();
    assert!(matches!(err, DynamicsError::Input { .. }), "{err}");
}
