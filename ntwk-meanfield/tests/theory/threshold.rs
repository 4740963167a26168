use crate::support::{
    array, assert_close, data, input, membrane, number, numbers, spectrum_2018, spectrum_cells,
};
use ntwk_meanfield::{
    Domain, EffectiveThreshold, MAX_TERMS, Moments, Normalisation, SynapseClass, ThresholdError,
    ThresholdForm, TransferFunction, edgeworth_tail, effective_threshold, moments,
};

#[test]
fn coefficients_of_a_wrong_number_are_refused() {
    let err = EffectiveThreshold::new(ThresholdForm::Linear4, vec![0.0; 5], None).unwrap_err();
    assert_eq!(err, ThresholdError::Count { form: ThresholdForm::Linear4, given: 5, needed: 4 });
    let err = EffectiveThreshold::new(ThresholdForm::Linear4, vec![0.0, f64::NAN, 0.0, 0.0], None)
        .unwrap_err();
    assert!(matches!(err, ThresholdError::NotFinite { index: 1, .. }));
    let json = r#"{"form":"linear4","coefficients":[1.0],"domain":null}"#;
    assert!(serde_json::from_str::<EffectiveThreshold>(json).is_err());
}

/// A polynomial in variables of another normalisation, written out, against the coefficients of the form that stand for it; and
/// the tail above another potential, which is that of a cell with this threshold.
#[test]
fn other_normalisations_and_thresholds_are_the_same_polynomial() {
    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let synapse = |in_degree, weight, E_rev| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let synapses = [synapse(400.0, 1.0, 0.0), synapse(100.0, 5.0, -80.0)];
    let m = moments(&cell, &synapses, &[3.0, 8.0], 20.0).unwrap();
    let mut normalisation = Normalisation::of(ThresholdForm::Skewness31);
    (normalisation.mu_V, normalisation.sigma_V) = ([-55.0, 7.0], [3.0, 2.5]);
    for form in ThresholdForm::ALL {
        normalisation.tau = if form.has_tail() { [20.0, 60.0] } else { [0.8, 0.3] };
        let given: Vec<f64> = (0..form.terms())
            .map(|k| -50.0 * f64::from(u8::from(k == 0)) + (1.7 * k as f64).sin())
            .collect();
        let (x, y) = ((m.mu_V + 55.0) / 7.0, (m.sigma_V - 3.0) / 2.5);
        let (G, P) = ((m.mu_G / 10.0).ln(), edgeworth_tail(-50.0, &m));
        let ratio = (m.tau_V / 20.0 - 0.8) / 0.3;
        let five = [x, y, m.gamma_V, (m.tau_V - 20.0) / 60.0, P];
        let mut terms = vec![1.0];
        match form {
            ThresholdForm::Linear4 => terms.extend([x, y, ratio]),
            ThresholdForm::Linear5 => terms.extend([x, y, ratio, G]),
            ThresholdForm::Quadratic10 | ThresholdForm::Quadratic11 => {
                terms.extend([x, y, ratio]);
                terms.extend((form == ThresholdForm::Quadratic11).then_some(G));
                terms.extend([x * x, y * y, ratio * ratio, x * y, x * ratio, y * ratio]);
            }
            ThresholdForm::Skewness6 => terms.extend(five),
            ThresholdForm::Skewness31 => {
                terms.extend(five);
                terms.extend(five.iter().flat_map(|a| five.iter().map(move |b| a * b)));
            }
        }
        let exact: f64 = terms.iter().zip(&given).map(|(t, c)| t * c).sum();
        let own = normalisation.coefficients_of_form(form, &given);
        let threshold = EffectiveThreshold::new(form, own, None).unwrap();
        assert_close(threshold.threshold(&cell, &m), exact, 1e-13, 0.0, &format!("{form:?}"));
        let unchanged = Normalisation::of(form).coefficients_of_form(form, &given);
        assert_eq!(unchanged, given, "{form:?}");

        let other = membrane(10.0, 200.0, -65.0, -47.0);
        let moved = threshold.clone().with_tail_above(-47.0);
        assert_eq!(moved.threshold(&cell, &m), threshold.threshold(&other, &m), "{form:?}");
        let same = moved.threshold(&cell, &m) == threshold.threshold(&cell, &m);
        assert_eq!(same, !form.has_tail(), "{form:?}");
        let json = serde_json::to_string(&moved).unwrap();
        assert_eq!(serde_json::from_str::<EffectiveThreshold>(&json).unwrap(), moved);
    }
}

/// Rate, threshold and both derivatives of the 31-term form: exact values by 40-digit differences.
#[test]
fn derivatives_of_the_skewness_form() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    for case in array(&data("derivatives.json")["cases"]) {
        let state = [number(&case["RecExc_Hz"]), number(&case["RecInh_Hz"])];
        let current = number(&case["I_pA"]);
        let at = input(&[number(&case["AffExc_Hz"])], &[current, current]);
        let point = system.at(&state, &at).unwrap();
        let (rates, gains, hessians) = (point.transfer(), point.gains(), point.hessians());
        for (m, name) in ["RecExc", "RecInh"].into_iter().enumerate() {
            assert_close(rates[m], number(&case[name]["F_Hz"]), 1e-12, 0.0, name);
            let gradient = numbers(&case[name]["grad"]);
            let derivatives = [
                gains.recurrent[(m, 0)],
                gains.recurrent[(m, 1)],
                gains.afferent[(m, 0)],
                gains.current[m],
            ];
            for (k, d) in derivatives.into_iter().enumerate() {
                assert_close(d, gradient[k], 1e-12, 0.0, &format!("{name}: gradient {k}"));
            }
            let hessian = &hessians[m];
            for k in 0..2 {
                for l in 0..2 {
                    let exact = number(&case[name]["hess"][k][l]);
                    assert_close(
                        hessian[(k, l)],
                        exact,
                        1e-10,
                        1e-10,
                        &format!("{name}: hessian {k}{l}"),
                    );
                }
            }
        }
    }
}

/// The 11-term form with the published coefficients of Zerlaut et al. 2018 and the *correct* moments. (The published
/// code puts Q_i for tau_i in the inhibitory variance; `corrected_moments_same_P` of the data is the truth of the
/// equations, `as_published` is not.)
#[test]
fn quadratic_form_with_published_coefficients() {
    let file = data("zerlaut2018.json");
    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let synapse = |in_degree, weight, E_rev| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let synapses = [synapse(400.0, 1.0, 0.0), synapse(100.0, 5.0, -80.0)];
    for case in array(&file["tf"]) {
        let p = numbers(&file[&format!("P_{}", case["cell"].as_str().unwrap())]);
        let tf = EffectiveThreshold::from_volts(ThresholdForm::Quadratic11, &p, None).unwrap();
        let rates = [number(&case["fe_Hz"]), number(&case["fi_Hz"])];
        let m = moments(&cell, &synapses, &rates, 0.0).unwrap();
        let exact = &case["corrected_moments_same_P"];
        if rates == [0.0, 0.0] {
            // The published code has sigma_V = 1e-12 V and tau_V = tau_syn + tau_m here.
            assert_eq!(tf.rate(&cell, &m), 0.0);
            continue;
        }
        // The published code adds 1e-12 V to sigma_V and 1e-9 Hz to the event rates in tau_V.
        assert_close(m.mu_V, 1e3 * number(&exact["muV_V"]), 1e-13, 0.0, "mu_V");
        assert_close(m.sigma_V, 1e3 * number(&exact["sV_V"]), 0.0, 1.1e-9, "sigma_V");
        assert_close(m.tau_V / 20.0, number(&exact["TvN"]), 1e-9, 0.0, "tau_V");
        assert_close(m.mu_G / 10.0, number(&exact["muGn"]), 1e-13, 0.0, "mu_G");
        assert_close(
            tf.threshold(&cell, &m),
            1e3 * number(&exact["Vthre_eff_V"]),
            1e-9,
            0.0,
            "threshold",
        );
        assert_close(tf.rate(&cell, &m), number(&exact["Fout_Hz"]), 1e-7, 1e-15, "rate");
    }
}

/// The terms of the skewness forms at eight given moments and tails, thresholds and rates of three published cells with
/// all 31 and with the first 6 coefficients, and the inverse. The tail of the data is a number of its own: `V_th` is
/// chosen so that it comes out.
#[test]
fn terms_of_the_skewness_forms() {
    let coefficients = &data("skewness_threshold.json")["coefficients_V"];
    for case in array(&data("skewness_terms.json")["cases"]) {
        let get = |k: &str| number(&case[k]);
        let m = Moments {
            mu_V: 1e3 * get("muV_V"),
            sigma_V: 1e3 * get("sV_V"),
            gamma_V: get("gV"),
            tau_V: 1e3 * get("Tv_s"),
            tau_m: 10.0,
            mu_G: 20.0,
        };
        let at = |x: f64| m.mu_V + x * m.sigma_V;
        let (mut low, mut high) = (-40.0, 40.0);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if edgeworth_tail(at(middle), &m) > get("Proba") { low = middle } else { high = middle }
        }
        let cell = membrane(10.0, 200.0, -70.0, at(high));
        let mut buffer = [0.0; MAX_TERMS];
        let terms = ThresholdForm::Skewness31.evaluate(&cell, &m, &mut buffer);
        for (k, (term, exact)) in terms.iter().zip(numbers(&case["terms"])).enumerate() {
            // The root is known to the rounding of the tail, 1e-15.
            assert_close(*term, exact, 1e-13, 1e-14, &format!("term {k}"));
        }
        for name in ["RecExc", "RecInh", "pyrExc"] {
            let all = numbers(&coefficients[name]);
            let out = &case["out"][name];
            for (form, count, prefix) in
                [(ThresholdForm::Skewness31, 31, ""), (ThresholdForm::Skewness6, 6, "first6_")]
            {
                let tf = EffectiveThreshold::from_volts(form, &all[..count], None).unwrap();
                let exact = |key: &str| number(&out[&format!("{prefix}{key}")]);
                let theta = 1e3 * exact("Vthre_eff_V");
                assert_close(tf.threshold(&cell, &m), theta, 1e-13, 0.0, name);
                let z = (theta - m.mu_V) / m.sigma_V;
                let rate = exact("Fout_Hz");
                // erfc multiplies the rounding of theta by z |theta| / sigma_V.
                let condition = 1.0 + z.abs() * theta.abs() / m.sigma_V;
                assert_close(tf.rate(&cell, &m), rate, 3e-15 * condition, 1e-300, name);
            }
        }
        if let Some(inverse) = case["inverse_of_RecExc"].as_f64() {
            let rate = number(&case["out"]["RecExc"]["Fout_Hz"]);
            let theta = effective_threshold(&m, rate).unwrap();
            assert_close(theta, 1e3 * inverse, 1e-13, 0.0, "inverse");
        } else {
            assert_eq!(effective_threshold(&m, number(&case["out"]["RecExc"]["Fout_Hz"])), None);
        }
    }
}

#[test]
fn the_effective_threshold_inverts_the_rate() {
    let cell = spectrum_cells()[0];
    let m =
        Moments { mu_V: -58.0, sigma_V: 3.0, gamma_V: 0.2, tau_V: 12.0, tau_m: 7.0, mu_G: 28.0 };
    for theta in [-70.0, -55.0, -45.0, -30.0] {
        let tf = EffectiveThreshold::new(ThresholdForm::Linear4, vec![theta, 0.0, 0.0, 0.0], None)
            .unwrap();
        let back = effective_threshold(&m, tf.rate(&cell, &m)).unwrap();
        // Near saturation (erfc near 2) the rate holds fewer digits of the threshold.
        assert_close(back, theta, 1e-10, 0.0, "threshold");
    }
    assert_eq!(effective_threshold(&m, 0.0), None);
    assert_eq!(effective_threshold(&m, 1e3 / 12.0), None);
}

/// Without a domain the published 31 terms fire 40 Hz at vanishing input (gamma_V diverges); the guard prevents it.
#[test]
fn the_domain_guards_the_polynomial() {
    let cell = spectrum_cells()[0];
    let published = crate::support::published_threshold("RecExc");
    let synapse = crate::support::spectrum_synapses()[2];
    let weak = moments(&cell, &[synapse], &[0.1], 0.0).unwrap();
    assert!(published.rate(&cell, &weak) > 39.0);
    assert!(published.in_domain(&cell, &weak));
    let domain = Domain {
        mu_V: [-68.0, -48.0],
        sigma_V: [1.0, 8.0],
        gamma_V: [-0.5, 0.8],
        tau_V_N: [0.2, 1.2],
        mu_G_N: [1.0, 10.0],
    };
    let guarded = EffectiveThreshold::new(
        ThresholdForm::Skewness31,
        published.coefficients().to_vec(),
        Some(domain),
    )
    .unwrap();
    assert!(!guarded.in_domain(&cell, &weak));
    assert!(guarded.rate(&cell, &weak) < 1e-3);
    let inside =
        Moments { mu_V: -58.0, sigma_V: 3.0, gamma_V: 0.2, tau_V: 12.0, tau_m: 7.0, mu_G: 28.0 };
    assert_eq!(guarded.rate(&cell, &inside), published.rate(&cell, &inside));
    let text = serde_json::to_string(&guarded).unwrap();
    let back = serde_json::from_str::<EffectiveThreshold>(&text).unwrap();
    assert_eq!(back.domain(), guarded.domain());
    for (a, b) in back.coefficients().iter().zip(guarded.coefficients()) {
        // This reader of JSON is exact to one unit in the last place only.
        assert_close(*a, *b, 3e-16, 0.0, "coefficient");
    }
}
