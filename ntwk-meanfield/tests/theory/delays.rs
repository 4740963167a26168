//! Fixed points with delays: roots by the Lambert function.

use crate::support::{array, assert_close, data, membrane, number, numbers};
use nalgebra::Complex;
use ntwk_core::{Job, Membrane};
use ntwk_meanfield::{
    Adaptation, Connection, DelayDistribution, DelayedStability, EffectiveThreshold, Lags,
    LinearResponse, MeanField, MeanFieldPopulation, Mixture, Moments, Scalar, SecondOrder, Source,
    SynapseClass, ThresholdForm, TransferFunction, all_fixed_points, delayed_stability,
};
use std::sync::Arc;

/// A rate linear in the mean potential: `max(0, 10 Hz + slope (mu_V - E_L - offset))`.
#[derive(Debug)]
struct Line {
    slope: f64,
    offset: f64,
}

impl TransferFunction for Line {
    fn rate<S: Scalar>(&self, membrane: &Membrane, moments: &Moments<S>) -> S {
        (moments.mu_V - membrane.E_L - self.offset) * self.slope + 10.0
    }
    fn in_domain(&self, _: &Membrane, _: &Moments) -> bool {
        true
    }
}

/// Two populations at 10 Hz with a given matrix of gains, time constant 5 ms.
fn linear(gains: &[Vec<f64>]) -> MeanField {
    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let population = |m: usize| {
        let mut offset = 0.0;
        let connections = (0..2)
            .map(|k| {
                // A current of +1 or -1 mV driving force: mu_V moves by K Q tau / g_L per Hz, in thousandths.
                let synapse = SynapseClass {
                    in_degree: 1000.0,
                    weight: gains[m][k].abs(),
                    tau_syn: 10.0,
                    E_rev: if gains[m][k] < 0.0 { -1.0 } else { 1.0 },
                    mixture: Some(Mixture { alpha: 0.0, V_0: 0.0 }),
                    tau_rise: 0.0,
                    short_term: None,
                };
                offset += 10.0 * gains[m][k];
                Connection { source: Source::Population(k), synapse }
            })
            .collect();
        MeanFieldPopulation {
            name: format!("P{m}"),
            size: 100,
            membrane: cell,
            transfer_function: Arc::new(Line { slope: 1.0, offset }),
            connections,
            adaptation: Adaptation::InTransferFunction,
        }
    };
    MeanField::new((0..2).map(population).collect(), Vec::new(), 5.0).unwrap()
}

fn with_delay(system: &MeanField, delay: f64) -> DelayedStability {
    let input = system.silent_input();
    let point = system.at(&[10.0, 10.0], &input).unwrap();
    assert!(point.transfer().iter().all(|f| (f - 10.0).abs() < 1e-9), "a fixed point");
    at(system, [10.0, 10.0], delay)
}

fn at(system: &MeanField, state: [f64; 2], delay: f64) -> DelayedStability {
    let input = system.silent_input();
    let delays = vec![vec![delay; 2]; 2];
    delayed_stability(system, &state, &input, &delays, Lags::Rates).unwrap().unwrap()
}

/// The root with the largest real part at four delays, and the delay at which an oscillation sets in, for the Jacobians of
/// four networks.
#[test]
fn roots_and_critical_delays_are_those_of_the_lambert_function() {
    for case in array(&data("delays_rise_plasticity.json")["uniform_delay"]) {
        let gains: Vec<Vec<f64>> = array(&case["J"]).iter().map(numbers).collect();
        let system = linear(&gains);
        let critical = number(&case["critical_delay_ms"]);
        for at in array(&case["rightmost_eigenvalue_per_s"]) {
            let delay = number(&at["delay_ms"]);
            let found = with_delay(&system, delay);
            let exact = numbers(&at["rightmost"]);
            let what = format!("{gains:?} {delay} ms");
            assert_close(found.leading.re, exact[0], 1e-8, 0.0, &what);
            assert_close(found.leading.im.abs(), exact[1].abs(), 1e-8, 1e-6, &what);
            assert_eq!(found.is_stable(), exact[0] < 0.0, "{what}");
            assert_eq!(found.unstable, if exact[0] < 0.0 { 0 } else { 2 }, "{what}");
            let (factor, frequency) = found.change.unwrap();
            assert_close(factor * delay, critical, 1e-9, 0.0, &what);
            assert_close(frequency, number(&case["frequency_hz"]), 1e-6, 0.0, &what);
        }
    }
}

#[test]
fn weak_coupling_is_stable_with_any_delay() {
    let system = linear(&[vec![0.2, -0.5], vec![0.4, -0.3]]);
    let found = with_delay(&system, 2.0);
    assert_eq!((found.is_stable(), found.change), (true, None));
    assert_eq!(found.to_string(), "stable with its delays (2 ms); so up to 100 ms");
    let input = system.silent_input();
    let none = delayed_stability(
        &system,
        &[10.0, 10.0],
        &input,
        &[vec![0.0; 2], vec![0.0; 2]],
        Lags::Rates,
    );
    assert_eq!(none, Ok(None));
}

/// Delays of different length, adaptation as a variable, and gains of a transfer function: without delays the roots are the
/// eigenvalues, and with them every root solves the characteristic equation of a system of finite differences of the rates.
#[test]
fn delays_add_to_the_jacobian_of_adapting_populations() {
    let coefficients = [
        -0.04983106,
        0.005063550882777035,
        -0.023470121807314552,
        0.0022951513725067503,
        -0.0004105302652029825,
        0.010547051343547399,
        -0.03659252821136933,
        0.007437487505797858,
        0.001265064721846073,
        -0.04072161294490446,
    ];
    let mut cell = membrane(10.0, 200.0, -65.0, -50.0);
    (cell.a, cell.b, cell.tau_w) = (2.0, 20.0, 150.0);
    let form = ThresholdForm::Quadratic10;
    let threshold = Arc::new(EffectiveThreshold::from_volts(form, &coefficients, None).unwrap());
    let synapse = |in_degree: f64, weight: f64, E_rev: f64| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let population = MeanFieldPopulation {
        name: "E".to_owned(),
        size: 1000,
        membrane: cell,
        transfer_function: threshold,
        connections: vec![
            Connection { source: Source::Population(0), synapse: synapse(100.0, 1.0, 0.0) },
            Connection { source: Source::Population(0), synapse: synapse(100.0, 5.0, -80.0) },
            Connection { source: Source::Afferent(0), synapse: synapse(400.0, 1.5, 0.0) },
        ],
        adaptation: Adaptation::Explicit,
    };
    let system = MeanField::new(vec![population], vec!["drive".to_owned()], 5.0).unwrap();
    let input = crate::support::input(&[2.0], &[0.0]);
    let points = all_fixed_points(&system, &input, true, &Job::new()).unwrap().points;
    let point = &points[0];
    let state = [point.rates[0], point.adaptation[0]];
    let short =
        delayed_stability(&system, &state, &input, &[vec![1e-6, 2e-6, 3.0]], Lags::Rates).unwrap();
    let leading = short.unwrap().leading;
    assert_close(leading.re, point.eigenvalues[0].re, 1e-5, 0.0, "without delays");
    assert_close(leading.im.abs(), point.eigenvalues[0].im.abs(), 1e-5, 1e-4, "without delays");
    let delays = [4.0, 7.0];
    let found = delayed_stability(&system, &state, &input, &[vec![4.0, 7.0, 3.0]], Lags::Rates)
        .unwrap()
        .unwrap();
    // The two parts of the gains, by differences: each class on its own is the other at a fixed rate.
    let change = |which: usize, h: f64| -> [f64; 2] {
        let mut populations = system.populations().to_vec();
        for k in 0..2 {
            populations[0].connections[k].source = Source::Afferent(1 + k);
        }
        let names = ["drive", "a", "b"].map(str::to_owned).to_vec();
        let open = MeanField::new(populations, names, 5.0).unwrap();
        let mut rates = [2.0, point.rates[0], point.rates[0]];
        rates[1 + which] += h;
        let input = crate::support::input(&rates, &[0.0]);
        let at = open.at(&state, &input).unwrap();
        [at.transfer()[0], at.moments()[0].mu_V]
    };
    let z = found.leading * 1e-3;
    let mut sum = [Complex::new(0.0, 0.0); 2];
    for k in 0..2 {
        let (up, down) = (change(k, 1e-4), change(k, -1e-4));
        for i in 0..2 {
            sum[i] += (-z * delays[k]).exp() * ((up[i] - down[i]) / 2e-4);
        }
    }
    let at = system.at(&state, &input).unwrap();
    let jacobian = at.jacobian();
    let own = (z + 0.2) - sum[0] / 5.0;
    let w = z - jacobian[(1, 1)];
    let down = sum[1] * (cell.a / cell.tau_w) + 1e-3 * cell.b;
    let determinant = own * w - down * jacobian[(0, 1)];
    let scale = own.norm() * w.norm() + (down * jacobian[(0, 1)]).norm();
    assert!(determinant.norm() < 1e-6 * scale.max(1e-6), "{determinant} {scale} {found:?}");
}

/// Synapses that follow the rates with their own time constant: for one common eigenvalue `g` of the gains, without delays
/// `(1 + lambda T)(1 + lambda tau) = g`, and at the critical delay `phase(g) - atan(w T) - atan(w tau) = w d` where the
/// magnitude is one.
#[test]
fn lags_of_synapses_move_the_critical_delay() {
    let system = linear(&[vec![0.0, -6.0], vec![0.0, -6.0]]);
    let input = system.silent_input();
    let state = [10.0, 10.0];
    let delays = vec![vec![1.5; 2]; 2];
    let found = delayed_stability(&system, &state, &input, &delays, Lags::RatesAndSynapses);
    let found = found.unwrap().unwrap();
    let (T, tau, g) = (5.0_f64, 10.0_f64, 6.0_f64);
    // (1 + (w T)^2)(1 + (w tau)^2) = g^2 is a quadratic equation in w^2.
    let (a, b, c) = ((T * tau).powi(2), T * T + tau * tau, 1.0 - g * g);
    let w = ((-b + (b * b - 4.0 * a * c).sqrt()) / (2.0 * a)).sqrt();
    let critical = (std::f64::consts::PI - (w * T).atan() - (w * tau).atan()) / w;
    let (factor, frequency) = found.change.unwrap();
    assert_close(1.5 * factor, critical, 1e-9, 0.0, "critical delay");
    assert_close(frequency, 1e3 * w / std::f64::consts::TAU, 1e-6, 0.0, "frequency");
}

/// Where cells have corrected a state the transfer functions give other rates: their relative slopes count. With
/// `F = 10 + G (x - 10)` at `x = (12, 8)` the gains are `G_mk x_m / F_m`.
#[test]
fn a_corrected_state_has_the_relative_slopes_of_the_transfer_functions() {
    let gains = vec![vec![1.48, -0.59], vec![6.7, -2.7]];
    let state = [12.0, 8.0];
    let scaled: Vec<Vec<f64>> = gains
        .iter()
        .zip(state)
        .map(|(row, x)| {
            let f = 10.0 + row[0] * 2.0 - row[1] * 2.0;
            row.iter().map(|g| g * x / f).collect()
        })
        .collect();
    let (corrected, expected) =
        (at(&linear(&gains), state, 2.0), with_delay(&linear(&scaled), 2.0));
    assert_close(corrected.leading.re, expected.leading.re, 1e-9, 0.0, "rate");
    assert_close(corrected.leading.im.abs(), expected.leading.im.abs(), 1e-9, 0.0, "frequency");
    let fitted = with_delay(&linear(&gains), 2.0);
    assert!((fitted.leading.re / expected.leading.re - 1.0).abs() > 0.1, "{fitted:?}");
}

/// Factors of distributed delays against quadrature of high precision; the few delays that stand for a distribution, against
/// the factor; a list against its mean.
#[test]
fn factors_of_distributed_delays_are_exact() {
    for case in array(&data("delays_rise_plasticity.json")["delay_factors"]) {
        let get = |key: &str| number(&case[key]);
        let (mean, sd) = (1e3 * get("mean"), 1e3 * get("sd"));
        let z = Complex::new(0.0, 2e-3 * std::f64::consts::PI * get("f"));
        let all = [
            ("lognormal_exact", DelayDistribution::Lognormal { mean, sd }),
            ("truncated_exact", DelayDistribution::Normal { mean, sd }),
        ];
        for (key, delays) in all {
            let exact = numbers(&case[key]);
            let exact = Complex::new(exact[0], exact[1]);
            let what = format!("{key} {mean} {sd} {z}");
            assert!(
                (delays.factor(z) - exact).norm() < 1e-9,
                "{what}: {} {exact}",
                delays.factor(z)
            );
            let few: Complex<f64> =
                delays.nodes().into_iter().map(|(d, share)| (-z * d).exp() * share).sum();
            assert!((few - exact).norm() < 1e-3, "{what}: {few} {exact}");
        }
        let uniform = DelayDistribution::Uniform { low: mean - sd, high: mean + sd };
        let exact = (-z * mean).exp() * (z.im * sd).sin() / (z.im * sd);
        assert!((uniform.factor(z) - exact).norm() < 1e-12);
        assert!((uniform.mean() - mean).abs() < 1e-12);
    }
    let listed = DelayDistribution::Listed(vec![1.0, 2.0, 6.0]);
    assert_eq!((listed.mean(), listed.nodes().len()), (3.0, 3));
}

/// A spread of delays blurs what comes around: the network that oscillates with equal delays does not with spread ones, and
/// a spread that vanishes makes no difference.
#[test]
fn spread_delays_damp_the_oscillation_that_equal_ones_make() {
    let system = linear(&[vec![1.4, -0.67], vec![6.93, -3.32]]);
    let input = system.silent_input();
    let with = |delay: DelayDistribution| {
        let delays = vec![vec![delay; 2]; 2];
        delayed_stability(&system, &[10.0, 10.0], &input, &delays, Lags::Rates).unwrap().unwrap()
    };
    let equal = with(DelayDistribution::Constant(7.0));
    assert!(!equal.is_stable());
    let narrow = with(DelayDistribution::Normal { mean: 7.0, sd: 1e-4 });
    assert_close(narrow.leading.re, equal.leading.re, 1e-5, 1e-5, "narrow");
    let wide = with(DelayDistribution::Lognormal { mean: 7.0, sd: 4.0 });
    assert!(wide.is_stable(), "{wide}");

    // The same in the spectrum: the resonance of stable delays is lower where they are spread.
    let power = |delay: DelayDistribution| {
        let delays = vec![vec![delay; 2]; 2];
        let all = LinearResponse::with_delays(&system, &[10.0, 10.0], &input, &delays).unwrap();
        all.spectrum(50.0).unwrap()[(0, 0)].re
    };
    let [none, equal, spread] = [
        DelayDistribution::Constant(0.0),
        DelayDistribution::Constant(6.0),
        DelayDistribution::Normal { mean: 6.0, sd: 2.0 },
    ]
    .map(power);
    let without = LinearResponse::new(&system, &[10.0, 10.0], &input).unwrap();
    assert_close(none, without.spectrum(50.0).unwrap()[(0, 0)].re, 1e-12, 0.0, "no delay");
    assert!(equal > 5.0 * none && spread < 0.5 * equal, "{none} {equal} {spread}");
    // The integral over all frequencies is the covariance.
    let covariance =
        SecondOrder::new(&system).linear_noise_covariance(&[10.0, 10.0], &input).unwrap().unwrap();
    for (m, sd) in without.standard_deviations().unwrap().into_iter().enumerate() {
        assert_close(sd, covariance[(m, m)].sqrt(), 1e-6, 0.0, "sd");
    }
}
