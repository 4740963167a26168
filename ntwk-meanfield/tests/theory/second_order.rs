use crate::support::{
    array, assert_close, data, input, number, numbers, rs_fs_2018, spectrum_2018,
};
use ntwk_core::Job;
use ntwk_meanfield::{
    Dynamics, DynamicsError, FixedPointOptions, FunctionInput, Input, IntegrationOptions,
    SecondOrder, SecondOrderStatus, ThresholdForm, Tolerance, default_starts, find_fixed_points,
    integrate,
};

fn published(file: &serde_json::Value) -> ntwk_meanfield::MeanField {
    let p = ["P_RS", "P_FS"].map(|k| numbers(&file[k]));
    rs_fs_2018(ThresholdForm::Quadratic11, [&p[0], &p[1]])
}

/// The right-hand side with the coefficients of Zerlaut et al. 2018 and correct moments, at six states.
#[test]
fn operator_of_zerlaut_2018() {
    let file = data("zerlaut2018.json");
    let system = published(&file);
    let second = SecondOrder::new(&system);
    for case in array(&file["operator"]) {
        let state = numbers(&case["state_Hz_Hz2"]);
        let drive = number(&case["exc_aff_Hz"]);
        let stimulus = number(&case["pure_exc_aff_Hz"]);
        let at = input(&[drive + stimulus, drive], &[0.0, 0.0]);
        let mut slope = vec![0.0; 5];
        second.derivative(&state, &at, &mut slope);
        let exact = numbers(&case["corrected_sigma"]["second_order_exact_derivatives"]);
        let scale = exact.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        for k in 0..5 {
            // The reference adds 1e-12 V to sigma_V and 1e-9 Hz to the event rates; per second there, per ms here.
            assert_close(
                1e3 * slope[k],
                exact[k],
                1e-7,
                1e-8 * scale,
                &format!("component {k} of {case}"),
            );
        }
        for (m, key) in ["dTF1", "dTF2"].into_iter().enumerate() {
            let reference = &case["corrected_sigma"][key];
            let h = &system.at(&state[..2], &at).unwrap().hessians()[m];
            assert_close(h[(0, 0)], number(&reference["d2_fefe"]), 1e-6, 1e-8, "d2_fefe");
            assert_close(h[(1, 1)], number(&reference["d2_fifi"]), 1e-6, 1e-8, "d2_fifi");
            assert_close(h[(0, 1)], number(&reference["d2_fefi"]), 1e-6, 1e-8, "d2_fefi");
        }
    }
}

/// Stationary states and linear-noise covariances of the same network with correct moments.
#[test]
fn stationary_states_of_zerlaut_2018() {
    let file = data("zerlaut2018.json");
    let system = published(&file);
    let second = SecondOrder::new(&system);
    for case in array(&file["fixed_points"]["corrected_sigma"]) {
        let drive = number(&case["exc_aff_Hz"]);
        let at = input(&[drive, drive], &[0.0, 0.0]);
        let exact = numbers(&case["first_order_Hz"]);
        let found = find_fixed_points(
            &system,
            &at,
            &default_starts(2),
            &FixedPointOptions::default(),
            &Job::new(),
        )
        .unwrap();
        let fixed =
            found.points.iter().find(|f| (f.rates[0] / exact[0] - 1.0).abs() < 1e-3).unwrap();
        for m in 0..2 {
            assert_close(fixed.rates[m], exact[m], 1e-8, 0.0, "first order");
        }
        let c = second.linear_noise_covariance(&fixed.rates, &at).unwrap().unwrap();
        let noise = numbers(&case["linear_noise_cov_Hz2"]);
        for (value, exact) in [c[(0, 0)], c[(0, 1)], c[(1, 1)]].into_iter().zip(noise) {
            assert_close(value, exact, 1e-7, 0.0, "linear noise");
        }
        if case["second_order"].is_null() {
            continue;
        }
        let stationary = second.stationary(&fixed.rates, &at).unwrap();
        assert_eq!(stationary.status, SecondOrderStatus::Converged);
        for (value, exact) in stationary.state.iter().zip(numbers(&case["second_order"])) {
            assert_close(*value, exact, 1e-7, 0.0, "second order");
        }
    }
}

/// Spectrum_2018 with 6000 and 1500 neurons, 40-digit stationary states; with 4000 and 1000 there is none near the
/// first-order point at 8 and 10 Hz, which is a status and no endless search.
#[test]
fn stationary_states_of_spectrum_2018() {
    let system = spectrum_2018(5.0, [6000, 1500]);
    let small = spectrum_2018(5.0, [4000, 1000]);
    for case in array(&data("derivatives.json")["second_order"]) {
        let nu_aff = number(&case["F_AffExc_Hz"]);
        let at = input(&[nu_aff], &[0.0, 0.0]);
        let found = find_fixed_points(
            &system,
            &at,
            &[vec![nu_aff / 3.0, nu_aff]],
            &FixedPointOptions::default(),
            &Job::new(),
        )
        .unwrap();
        let fixed = &found.points[0];
        let c =
            SecondOrder::new(&system).linear_noise_covariance(&fixed.rates, &at).unwrap().unwrap();
        let noise = numbers(&case["linear_noise_cov_Hz2"]);
        for (value, exact) in [c[(0, 0)], c[(0, 1)], c[(1, 1)]].into_iter().zip(noise) {
            assert_close(value, exact, 1e-10, 0.0, "linear noise");
        }
        let stationary = SecondOrder::new(&system).stationary(&fixed.rates, &at).unwrap();
        assert_eq!(stationary.status, SecondOrderStatus::Converged, "{nu_aff} Hz: {stationary:?}");
        let exact = &case["stationary"];
        let keys = ["nu_e_Hz", "nu_i_Hz", "c_ee_Hz2", "c_ei_Hz2", "c_ii_Hz2"];
        for (value, key) in stationary.state.iter().zip(keys) {
            // The state is close to a fold at 8 and 10 Hz, which multiplies rounding.
            assert_close(*value, number(&exact[key]), 1e-9, 0.0, key);
        }
        if nu_aff < 15.0 {
            let none = SecondOrder::new(&small).stationary(&fixed.rates, &at).unwrap();
            assert_eq!(none.status, SecondOrderStatus::NotConverged);
        }
    }
}

/// Without coupling the variance is that of a binomial count: `c -> F (1/T - F) / (2 N)`.
#[test]
fn an_uncoupled_population_has_binomial_variance() {
    let mut populations = spectrum_2018(5.0, [4000, 1000]).populations().to_vec();
    for p in &mut populations {
        p.connections.retain(|c| matches!(c.source, ntwk_meanfield::Source::Afferent(_)));
    }
    let system = ntwk_meanfield::MeanField::new(populations, vec!["AffExc".into()], 5.0).unwrap();
    let at = input(&[60.0], &[100.0, 100.0]);
    let times = [0.0, 200.0];
    let trajectory = integrate(
        &SecondOrder::new(&system),
        &[1.0, 1.0, 0.0, 0.0, 0.0],
        &at,
        &times,
        &IntegrationOptions::default(),
        &Job::new(),
    )
    .unwrap();
    let end = trajectory.state(1);
    for (m, size) in [(0, 4000.0), (1, 1000.0)] {
        let c = end[SecondOrder::new(&system).covariance_index(m, m)];
        assert!(end[m] > 1.0);
        assert_close(c, end[m] * (200.0 - end[m]) / (2.0 * size), 1e-7, 0.0, "variance");
    }
    assert_close(end[3], 0.0, 0.0, 1e-9, "covariance");
}

/// First-order response to the stimulus of Zerlaut et al. 2018. The data use the published moments, whose variance
/// lacks inhibition, so that only the course agrees: rest, peak near 0.80 s, return.
#[test]
fn the_stimulus_of_the_paper_is_seen() {
    let file = data("refit.json");
    let p = ["RS", "FS"].map(|c| numbers(&file["fits"][c]["quadratic10"]["refined_final"]));
    let system = rs_fs_2018(ThresholdForm::Quadratic10, [&p[0], &p[1]]);
    let function = |t: f64, i: &mut Input| {
        let tau = if t < 800.0 { 60.0 } else { 100.0 };
        i.afferent_rates[0] = 4.0 + 2.0 * (-((t - 800.0) / tau).powi(2) / 2.0).exp();
        i.afferent_rates[1] = 4.0;
    };
    let source = FunctionInput { function, discontinuities: vec![800.0] };
    let times: Vec<f64> = (0..600).map(|k| 2.0 * f64::from(k)).collect();
    let run = |relative: f64| {
        let tolerance = Tolerance { relative, absolute: 1e-12 };
        let options = IntegrationOptions { tolerance, max_step: None, max_steps: 1_000_000 };
        integrate(&system, &[2.0997466727, 9.0792766025], &source, &times, &options, &Job::new())
            .unwrap()
    };
    let (loose, tight) = (run(1e-8), run(1e-12));
    let rates: Vec<f64> = tight.component(0).collect();
    let peak = (0..rates.len()).max_by(|&a, &b| rates[a].total_cmp(&rates[b])).unwrap();
    assert!(
        (796.0..816.0).contains(&times[peak]) && rates[peak] > 8.0,
        "{} Hz at {} ms",
        rates[peak],
        times[peak]
    );
    for (a, b) in loose.states.iter().zip(&tight.states) {
        assert_close(*a, *b, 0.0, 1e-6, "tolerance");
    }
}

/// From a state far from rest the closure drives a rate below zero: an error with population and time, not a negative
/// rate and not an endless integration.
#[test]
fn a_rate_below_zero_is_an_error() {
    let file = data("refit.json");
    let p = ["RS", "FS"].map(|c| numbers(&file["fits"][c]["quadratic10"]["refined_final"]));
    let system = rs_fs_2018(ThresholdForm::Quadratic10, [&p[0], &p[1]]);
    let at = input(&[4.0, 4.0], &[0.0, 0.0]);
    let far = [1.0, 1.0, 0.1, 0.1, 0.1];
    let err = integrate(
        &SecondOrder::new(&system),
        &far,
        &at,
        &[0.0, 100.0],
        &IntegrationOptions::default(),
        &Job::new(),
    )
    .unwrap_err();
    assert!(
        matches!(&err, DynamicsError::Meaningless { population, variable: "nu", time, .. } if population == "RS" && *time < 5.0),
        "{err}"
    );
}
