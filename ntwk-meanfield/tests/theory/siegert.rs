use crate::support::{array, assert_close, data, input, membrane, number};
use ntwk_core::Job;
use ntwk_core::Membrane;
use ntwk_meanfield::{
    Adaptation, Connection, Dual, Fault, FixedPointOptions, MeanField, MeanFieldPopulation,
    Mixture, Moments, Scalar, Siegert, Source, SynapseClass, TransferFunction, default_starts,
    find_fixed_points,
};
use std::sync::Arc;

/// Rates for white and filtered noise and the slope of the f-I curve, against 40-digit arithmetic.
#[test]
fn rates_and_slopes() {
    for case in array(&data("siegert.json")["cases"]) {
        let get = |k: &str| number(&case[k]);
        let (tau_m, tau_s) = (1e3 * get("tau_m_s"), 1e3 * get("tau_s_s"));
        let cell = Membrane {
            V_th: 1e3 * get("V_th_rel_V"),
            V_reset: 1e3 * get("V_0_rel_V"),
            t_ref: 1e3 * get("tau_r_s"),
            ..membrane(10.0, 10.0 * tau_m, 0.0, 0.0)
        };
        // sigma of the data is the white-noise amplitude: sigma² = 2 sigma_V² tau_V / tau_m.
        let moments = |tau_V: f64| Moments {
            mu_V: 1e3 * get("mu_V"),
            sigma_V: 1e3 * get("sigma_V") / (2.0 * tau_V / tau_m).sqrt(),
            gamma_V: 0.0,
            tau_V,
            tau_m,
            mu_G: 10.0,
        };
        let white = Siegert::White.rate(&cell, &moments(tau_m));
        assert_close(white, get("delta_rate_exact_Hz"), 2e-13, 0.0, "white noise");
        let coloured = Siegert::Coloured.rate(&cell, &moments(tau_m + tau_s));
        // exp(y²) multiplies the rounding of the shift by 2 y.
        assert_close(coloured, get("exp_shift_rate_exact_Hz"), 1e-12, 0.0, "coloured noise");
        let m = moments(tau_m);
        let constant = Dual::<1>::constant;
        let dual = Moments {
            mu_V: Dual::<1>::variable(m.mu_V, 0),
            sigma_V: constant(m.sigma_V),
            gamma_V: constant(0.0),
            tau_V: constant(m.tau_V),
            tau_m: constant(m.tau_m),
            mu_G: constant(m.mu_G),
        };
        let slope = Siegert::White.rate(&cell, &dual).derivative[0];
        assert_close(1e3 * slope, get("delta_dnu_dmu_exact_HzperV"), 1e-12, 0.0, "slope");
    }
}

/// A network of integrate-and-fire cells with synapses that are current steps of area `J C_m` (mV pF).
fn network(
    siegert: Siegert,
    cell: Membrane,
    tau_syn: f64,
    J: [[f64; 3]; 2],
    K: [[f64; 3]; 2],
) -> Result<MeanField, ntwk_meanfield::InvalidMeanField> {
    let population = |m: usize| MeanFieldPopulation {
        name: ["E", "I"][m].to_owned(),
        size: 1000,
        membrane: cell,
        transfer_function: Arc::new(siegert),
        connections: (0..3)
            .map(|k| Connection {
                source: [Source::Population(0), Source::Population(1), Source::Afferent(0)][k],
                synapse: SynapseClass {
                    in_degree: K[m][k],
                    weight: 1.0,
                    tau_syn,
                    E_rev: J[m][k] * cell.C_m / tau_syn,
                    mixture: Some(Mixture { alpha: 0.0, V_0: 0.0 }),
                    tau_rise: 0.0,
                    short_term: None,
                },
            })
            .collect(),
        adaptation: Adaptation::InTransferFunction,
    };
    MeanField::new((0..2).map(population).collect(), vec!["external".into()], 5.0)
}

/// Brunel's networks and one with exponential synapses: the network rates of NNMT, at its solver's precision.
#[test]
fn networks() {
    for case in array(&data("siegert.json")["networks"]) {
        let model = case["model"].as_str().unwrap();
        let get = |k: &str| number(&case[k]);
        let (system, nu_ext, published) = if model.starts_with("Brunel") {
            let cell = Membrane {
                V_th: 1e3 * get("V_th_rel_V"),
                V_reset: 1e3 * get("V_0_rel_V"),
                t_ref: 1e3 * get("tau_r_s"),
                ..membrane(10.0, 1e4 * get("tau_m_s"), 0.0, 0.0)
            };
            let j = 1e3 * get("J_V");
            let rates = case["rates_Hz"]["ODE"].clone();
            let system = network(
                Siegert::White,
                cell,
                1e-3,
                [[j, -get("g") * j, j]; 2],
                [[get("C_E"), get("C_I"), get("C_E")]; 2],
            );
            (system.unwrap(), get("nu_ext_Hz"), rates)
        } else if model == "exp synapses shift" {
            let cell = Membrane {
                V_th: 1e3 * get("V_th_rel"),
                V_reset: 1e3 * get("V_0_rel"),
                t_ref: 1e3 * get("tau_r"),
                ..membrane(10.0, 1e4 * get("tau_m"), 0.0, 0.0)
            };
            let k = [400.0, 100.0, 400.0];
            let system =
                network(Siegert::Coloured, cell, 1e3 * get("tau_s"), [[0.2, -1.0, 0.2]; 2], [k; 2]);
            (system.unwrap(), number(&case["nu_ext"][0]), case["rates_Hz"].clone())
        } else {
            // The first-order Taylor form, which gives negative rates at low input, is not offered.
            continue;
        };
        let at = input(&[nu_ext], &[0.0, 0.0]);
        let mut starts = default_starts(2);
        starts.push(vec![300.0, 300.0]);
        let found =
            find_fixed_points(&system, &at, &starts, &FixedPointOptions::default(), &Job::new())
                .unwrap();
        let exact = number(&published[0]);
        let nearest = found
            .points
            .iter()
            .map(|f| f.rates[0])
            .min_by(|a, b| (a - exact).abs().total_cmp(&(b - exact).abs()));
        assert_close(nearest.unwrap(), exact, 1e-8, 0.0, &format!("{model} {case}"));
    }
}

#[test]
fn a_reset_above_the_threshold_is_refused() {
    let cell = Membrane { V_reset: -40.0, ..membrane(10.0, 200.0, -70.0, -50.0) };
    let err =
        network(Siegert::White, cell, 1.0, [[0.1, -0.1, 0.1]; 2], [[10.0; 3]; 2]).unwrap_err();
    assert_eq!(err.faults.len(), 2);
    assert!(
        matches!(&err.faults[0], Fault::TransferFunction { population, .. } if population == "E")
    );
}
