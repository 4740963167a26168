use crate::support::{
    array, assert_close, cell_of_case, data, number, spectrum_cells, spectrum_synapses,
};
use ntwk_meanfield::{
    EffectiveThreshold, Moments, MomentsError, ThresholdForm, TransferFunction,
    current_based_sigma, edgeworth_tail, mean_synaptic_current, moments, moments_and_gradient,
    potential_density,
};

/// `neural_network_dynamics` in 40-digit arithmetic: 82 cases from no input to 1e6 events/s, with currents and mixtures.
#[test]
fn moments_of_published_networks() {
    let coefficients = &data("skewness_threshold.json")["coefficients_V"];
    for case in array(&data("moments.json")) {
        let label = format!("{} {} {}", case["config"], case["cell"], case["label"]);
        let (cell, names, synapses) = cell_of_case(case);
        let rates: Vec<f64> = names.iter().map(|n| number(&case["rates_Hz"][n])).collect();
        let m = moments(&cell, &synapses, &rates, number(&case["current_pA"])).unwrap();
        let exact = &case["exact"];
        let close = |value: f64, key: &str, unit: f64, relative: f64| {
            assert_close(
                value,
                unit * number(&exact[key]),
                relative,
                0.0,
                &format!("{label}: {key}"),
            );
        };
        close(m.mu_V, "muV_V", 1e3, 1e-13);
        close(m.sigma_V, "sV_V", 1e3, 1e-13);
        // Sums of cubes of both signs cancel.
        close(m.gamma_V, "gV", 1.0, 1e-12);
        close(m.tau_V, "Tv_s", 1e3, 1e-13);
        close(m.tau_m, "Tm_s", 1e3, 1e-13);
        close(m.mu_G, "Gtot_S", 1e9, 1e-13);
        let sigma = current_based_sigma(&cell, &synapses, &rates, &m);
        close(sigma, "sV0_current_based_V", 1e3, 1e-13);
        for ((name, synapse), &rate) in names.iter().zip(&synapses).zip(&rates) {
            let current = mean_synaptic_current(synapse, rate, &m);
            // The driving force cancels where mu_V is near the reversal potential.
            assert_close(
                current,
                1e12 * number(&exact["Isyn_A"][name]),
                1e-12,
                0.0,
                &format!("{label}: current"),
            );
        }
        let tail = edgeworth_tail(cell.V_th, &m);
        // exp(-X²/2) amplifies the rounding of X by X².
        assert_close(tail, number(&exact["Proba"]), 0.0, 1e-14, &format!("{label}: tail"));
        if let Some(rates_out) = case["rates_out"].as_object() {
            for (name, published) in rates_out {
                let c = crate::support::numbers(&coefficients[name]);
                let tf =
                    EffectiveThreshold::from_volts(ThresholdForm::Skewness31, &c, None).unwrap();
                if let Some(published) = published.as_f64().filter(|f| *f > 1e-12) {
                    assert_close(
                        tf.rate(&cell, &m),
                        published,
                        1e-12,
                        0.0,
                        &format!("{label}: rate of {name}"),
                    );
                }
            }
        }
    }
}

#[test]
fn tail_with_cancellation() {
    for case in array(&data("edgeworth_tail.json")) {
        let m = Moments {
            mu_V: 1e3 * number(&case["muV_V"]),
            sigma_V: 1e3 * number(&case["sV_V"]),
            gamma_V: number(&case["gV"]),
            tau_V: 10.0,
            tau_m: 10.0,
            mu_G: 20.0,
        };
        let tail = edgeworth_tail(1e3 * number(&case["Vthre_V"]), &m);
        let x = (1e3 * number(&case["Vthre_V"]) - m.mu_V) / m.sigma_V;
        assert_close(tail, number(&case["exact"]), 1e-15 * (10.0 + x * x), 0.0, "tail");
    }
}

/// The gradient of every moment against central differences, where the floor of sigma acts and where it does not.
#[test]
fn gradient_agrees_with_differences() {
    let (cell, synapses) = (spectrum_cells()[0], spectrum_synapses());
    for rates in [[3.2, 8.9, 10.0], [0.1, 0.4, 5.0], [1e-7, 0.0, 1e-7]] {
        let value = |r: &[f64], i: f64| moments(&cell, &synapses, r, i).unwrap();
        let mut gradient = [value(&rates, 0.0); 4];
        let m = moments_and_gradient(&cell, &synapses, &rates, 12.0, &mut gradient).unwrap();
        assert_eq!(m, value(&rates, 12.0));
        for (k, g) in gradient.iter().enumerate() {
            let h = if k < 3 { 1e-4 * rates[k] } else { 1e-3 };
            if h == 0.0 {
                continue;
            }
            let shifted = |sign: f64| {
                let mut r = rates;
                if k < 3 {
                    r[k] += sign * h;
                }
                value(&r, 12.0 + if k == 3 { sign * h } else { 0.0 })
            };
            let (high, low) = (shifted(1.0), shifted(-1.0));
            let pairs: [fn(&Moments) -> f64; 6] =
                [|m| m.mu_V, |m| m.sigma_V, |m| m.gamma_V, |m| m.tau_V, |m| m.tau_m, |m| m.mu_G];
            for f in pairs {
                let difference = (f(&high) - f(&low)) / (2.0 * h);
                // Truncation h² and rounding eps/h of the differences.
                let absolute = 1e-7 * difference.abs() + 1e-14 * f(&m).abs() / h;
                assert_close(f(g), difference, 0.0, absolute, &format!("input {k}"));
            }
        }
    }
}

#[test]
fn bad_inputs_are_named() {
    let (cell, synapses) = (spectrum_cells()[0], spectrum_synapses());
    let err = |rates: &[f64], current| moments(&cell, &synapses, rates, current).unwrap_err();
    assert_eq!(err(&[1.0], 0.0), MomentsError::RateCount { rates: 1, synapses: 3 });
    assert_eq!(err(&[1.0, -2.0, 0.0], 0.0), MomentsError::Rate { index: 1, value: -2.0 });
    assert!(matches!(err(&[1.0, f64::NAN, 0.0], 0.0), MomentsError::Rate { index: 1, .. }));
    assert!(matches!(err(&[1.0, 1.0, 0.0], f64::INFINITY), MomentsError::Current { .. }));
    assert!(matches!(err(&[1e308, 1e308, 0.0], 0.0), MomentsError::Overflow { .. }));
    let broken = ntwk_core::Membrane { C_m: 0.0, ..cell };
    assert!(matches!(
        moments(&broken, &synapses, &[0.0; 3], 0.0),
        Err(MomentsError::Membrane { name: "C_m", .. })
    ));
}

/// Over 300 orders of magnitude of every input: moments are finite or an error, rates are finite and not negative.
#[test]
fn extreme_inputs_give_finite_moments_and_rates() {
    let (cell, synapses) = (spectrum_cells()[0], spectrum_synapses());
    let levels = [0.0, 1e-300, 1e-30, 1e-9, 1e-3, 1.0, 1e3, 1e6, 1e12, 1e100, 1e300];
    let published = crate::support::published_threshold("RecExc");
    let linear =
        EffectiveThreshold::new(ThresholdForm::Linear5, vec![-50.0, 1.0, 1.0, 1.0, 1.0], None)
            .unwrap();
    let functions: [&dyn ntwk_meanfield::DynTransferFunction; 4] =
        [&published, &linear, &ntwk_meanfield::Siegert::White, &ntwk_meanfield::Siegert::Coloured];
    let cell = ntwk_core::Membrane { V_reset: -60.0, ..cell };
    for a in levels {
        for b in levels {
            for current in [-1e4, 0.0, 1e4] {
                let Ok(m) = moments(&cell, &synapses, &[a, b, a], current) else {
                    continue;
                };
                assert!(
                    m.is_finite() && m.sigma_V >= ntwk_meanfield::SIGMA_FLOOR && m.tau_V > 0.0,
                    "{a} {b}"
                );
                for f in functions {
                    let rate = f.rate_value(&cell, &m);
                    assert!(
                        rate >= 0.0 && rate.is_finite(),
                        "{f:?} at {a} {b} Hz, {current} pA: {rate}"
                    );
                }
            }
        }
    }
}

#[test]
fn density_of_the_membrane_potential() {
    let file = data("vm_density.json");
    let skewed = Moments {
        mu_V: 1e3 * number(&file["muV_V"]),
        sigma_V: 1e3 * number(&file["sV_V"]),
        gamma_V: number(&file["gV"]),
        tau_V: 10.0,
        tau_m: 10.0,
        mu_G: 20.0,
    };
    let gaussian = Moments { gamma_V: 0.0, ..skewed };
    for (k, v) in crate::support::numbers(&file["V_V"]).into_iter().enumerate() {
        // Per volt there; exp(-x²/2) multiplies the rounding of x, up to 11 here, by x².
        let per_volt = |m: &Moments| 1e3 * potential_density(1e3 * v, m);
        assert_close(
            per_volt(&gaussian),
            number(&file["density_gauss"][k]),
            1e-12,
            0.0,
            "Gaussian",
        );
        assert_close(
            per_volt(&skewed),
            number(&file["density_edgeworth"][k]),
            1e-12,
            0.0,
            "with skewness",
        );
    }
}
