use crate::support::{array, assert_close, data, number, numbers};
use ntwk_meanfield::reference::tvb::{TvbError, TvbModel, TvbParameters, TvbSecondOrder};
use serde_json::Value;

fn parameters(set: &Value) -> TvbParameters {
    let get = |k: &str| number(&set[k]);
    let pair = |e: &str, i: &str| [get(e), get(i)];
    let p = |k: &str| -> [f64; 10] { numbers(&set[k]).try_into().unwrap() };
    TvbParameters {
        g_L: get("g_L"),
        C_m: get("C_m"),
        E_L: pair("E_L_e", "E_L_i"),
        b: pair("b_e", "b_i"),
        a: pair("a_e", "a_i"),
        tau_w: pair("tau_w_e", "tau_w_i"),
        E_syn: pair("E_e", "E_i"),
        Q: pair("Q_e", "Q_i"),
        tau_syn: pair("tau_e", "tau_i"),
        N_tot: get("N_tot"),
        p_connect: pair("p_connect_e", "p_connect_i"),
        g: get("g"),
        K_ext: pair("K_ext_e", "K_ext_i"),
        T: get("T"),
        P: [p("P_e"), p("P_i")],
        external_input: [
            pair("external_input_ex_ex", "external_input_ex_in"),
            pair("external_input_in_ex", "external_input_in_in"),
        ],
        tau_OU: get("tau_OU"),
        weight_noise: get("weight_noise"),
        S_i: get("S_i"),
    }
}

fn model(file: &Value, case: &Value) -> TvbModel {
    TvbModel::new(parameters(&file["param_sets"][case["params"].as_str().unwrap()])).unwrap()
}

#[test]
fn transfer_functions() {
    let file = data("tvb.json");
    for case in array(&file["transfer"]) {
        let get = |k: &str| number(&case[k]);
        let model = model(&file, case);
        for (m, key) in ["e", "i"].into_iter().enumerate() {
            let rates = [get("fe_kHz"), get("fi_kHz")];
            let external = [get("fe_ext_kHz"), get("fi_ext_kHz")];
            let (moments, rate) = model.transfer(m, rates, external, get("W_pA"));
            let exact = |k: &str| number(&case[key][k]);
            assert_close(moments.mu_V, exact("mu_V_mV"), 1e-13, 0.0, "mu_V");
            assert_close(moments.sigma_V, exact("sigma_V_mV"), 1e-13, 0.0, "sigma_V");
            assert_close(moments.tau_V, exact("T_V_ms"), 1e-13, 0.0, "tau_V");
            if exact("F_kHz") > 1e-15 {
                assert_close(rate, exact("F_kHz"), 1e-12, 0.0, "rate");
            } else {
                assert!(rate < 1.1e-15);
            }
        }
    }
}

#[test]
fn first_order() {
    let file = data("tvb.json");
    for case in array(&file["first_order"]) {
        let state: [f64; 5] = numbers(&case["state"]).try_into().unwrap();
        let slope = model(&file, case).first_order(
            state,
            number(&case["coupling_kHz"]),
            number(&case["local_coupling"]),
        );
        for (k, (a, b)) in slope.into_iter().zip(numbers(&case["dfun"])).enumerate() {
            assert_close(a, b, 1e-12, 1e-17, &format!("component {k} of {case}"));
        }
    }
}

#[test]
fn second_order() {
    let file = data("tvb.json");
    for case in array(&file["second_order"]) {
        let state: [f64; 8] = numbers(&case["state"]).try_into().unwrap();
        let (model, c, lc) =
            (model(&file, case), number(&case["coupling_kHz"]), number(&case["local_coupling"]));
        for (equations, key) in [
            (TvbSecondOrder::Published, "tvb_exact_derivatives"),
            (TvbSecondOrder::Consistent, "consistent"),
        ] {
            let slope = model.second_order(state, c, lc, equations);
            for (k, (a, b)) in slope.into_iter().zip(numbers(&case[key])).enumerate() {
                assert_close(a, b, 1e-10, 1e-16, &format!("{key}, component {k} of {case}"));
            }
        }
    }
}

/// Heun's method with the steps of the data: the simulator's second derivatives by finite differences limit the second
/// order to 1e-8.
#[test]
fn trajectories() {
    let file = data("tvb.json");
    for case in array(&file["trajectories"]) {
        let model = model(&file, case);
        let (start, first) = (numbers(&case["start"]), case["order"] == "first");
        let slope = |x: &[f64]| -> Vec<f64> {
            if first {
                model.first_order(x.try_into().unwrap(), 0.0, 0.0).to_vec()
            } else {
                model
                    .second_order(x.try_into().unwrap(), 0.0, 0.0, TvbSecondOrder::Published)
                    .to_vec()
            }
        };
        let dt = 0.1;
        let mut x = start;
        for step in 1..=(number(&case["t_ms"]) / dt).round() as usize {
            let k1 = slope(&x);
            let y: Vec<f64> = x.iter().zip(&k1).map(|(x, k)| x + dt * k).collect();
            let k2 = slope(&y);
            x.iter_mut().zip(k1.iter().zip(&k2)).for_each(|(x, (a, b))| *x += 0.5 * dt * (a + b));
            for (t, key) in [("t_middle", "middle"), ("t_ms", "end")] {
                if step == (number(&case[t]) / dt).round() as usize {
                    for (a, b) in x.iter().zip(numbers(&case[key])) {
                        let relative = if first { 1e-10 } else { 1e-7 };
                        assert_close(
                            *a,
                            b,
                            relative,
                            1e-14,
                            &format!("{} {} {key}", case["params"], case["order"]),
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn bad_parameters_are_named() {
    let file = data("tvb.json");
    let good = parameters(&file["param_sets"]["tvb_default"]);
    let err = TvbModel::new(TvbParameters { T: 0.0, ..good.clone() }).unwrap_err();
    assert!(matches!(err, TvbError::Parameter { name: "T", .. }));
    let err = TvbModel::new(TvbParameters { tau_syn: [5.0, -1.0], ..good }).unwrap_err();
    assert!(matches!(err, TvbError::Parameter { name: "tau_syn", .. }));
}

/// Half a second of the simulator's own runs, first and second order: a jump to saturation, a drive of 4 Hz with strong
/// adaptation, adapting inhibition, a fall to 1e-7 Hz. Rates are limited to zero after every stage of Heun's method, as there.
#[test]
fn half_a_second_of_the_simulator() {
    for case in array(&data("tvb_zerlaut_500ms.json")["cases"]) {
        let model = TvbModel::new(parameters(&case["parameters"])).unwrap();
        let first = case["model"] == "ZerlautAdaptationFirstOrder";
        let slope = |x: &[f64]| -> Vec<f64> {
            match first {
                true => model.first_order(x.try_into().unwrap(), 0.0, 0.0).to_vec(),
                false => {
                    let equations = TvbSecondOrder::Published;
                    model.second_order(x.try_into().unwrap(), 0.0, 0.0, equations).to_vec()
                }
            }
        };
        let rows = array(&case["rows"]);
        let (dt, mut x) = (number(&case["dt_ms"]), numbers(&case["x0"]));
        let mut next = 0;
        for step in 1..=5000 {
            heun(&mut x, dt, &slope, |x| x[..2].iter_mut().for_each(|r| *r = r.max(0.0)));
            let t = f64::from(step) * dt;
            let Some(row) = rows.get(next).map(numbers).filter(|r| (r[0] - t).abs() < 1e-6) else {
                continue;
            };
            next += 1;
            for (k, (a, b)) in x.iter().zip(&row[1..]).enumerate() {
                // The simulator's derivatives of the second order are differences of 1e-7 kHz.
                let relative = if first { 1e-10 } else { 1e-7 };
                assert_close(*a, *b, relative, 1e-14, &format!("{} {t} ms {k}", case["name"]));
            }
        }
        assert_eq!(next, rows.len());
    }
}

/// One step of Heun's method, each stage limited.
pub fn heun(
    x: &mut [f64],
    dt: f64,
    slope: &dyn Fn(&[f64]) -> Vec<f64>,
    limit: impl Fn(&mut [f64]),
) {
    let k1 = slope(x);
    let mut y: Vec<f64> = x.iter().zip(&k1).map(|(x, k)| x + dt * k).collect();
    limit(&mut y);
    let k2 = slope(&y);
    x.iter_mut().zip(k1.iter().zip(&k2)).for_each(|(x, (a, b))| *x += 0.5 * dt * (a + b));
    limit(x);
}
