//! Synapses beyond exponential conductances: rise times, currents, short-term plasticity.

use crate::support::{array, assert_close, data, membrane, number};
use ntwk_meanfield::{
    Mixture, ShortTermPlasticity, SynapseClass, current_based_sigma, mean_synaptic_current,
    moments, moments_and_gradient,
};

fn file() -> serde_json::Value {
    data("delays_rise_plasticity.json")
}

/// A current of 1 mV driving force with a rise: all moments are integrals of the kernel.
fn class(tau_rise: f64, tau_syn: f64) -> SynapseClass {
    let current = SynapseClass::current(100.0, 2.0, tau_syn);
    SynapseClass { tau_rise, ..current }
}

/// Integrals of the square and the cube of a potential by quadrature, for a fast and a slow rise, an alpha function (equal
/// times) and a long decay.
#[test]
fn moments_of_synapses_with_a_rise_are_the_integrals_of_their_kernel() {
    for case in array(&file()["rise"]) {
        let get = |k: &str| number(&case[k]);
        let (tau_d, tau_r, tau_m) = (get("tau_d"), get("tau_r"), get("tau_m"));
        let cell = membrane(10.0, 10.0 * tau_m, -65.0, -50.0);
        let synapse = class(tau_r, tau_d);
        let rate = 8.0;
        let m = moments(&cell, &[synapse], &[rate], 0.0).unwrap();
        let what = format!("{tau_r} {tau_d} {tau_m}");
        let events = 1e-3 * rate * 100.0;
        let k = 2.0 * synapse.area() / 10.0;
        assert_close(m.mu_V, -65.0 + events * k, 1e-13, 0.0, &what);
        let variance = events * k * k * get("int2_over_k2");
        assert_close(m.sigma_V, variance.sqrt(), 1e-13, 0.0, &what);
        let skewness = events * k.powi(3) * get("int3_over_k3") / variance.powf(1.5);
        assert_close(m.gamma_V, skewness, 1e-11, 0.0, &what);
        assert_close(m.tau_V, get("tau_V"), 1e-13, 0.0, &what);
        let sigma = current_based_sigma(&cell, &[synapse], &[rate], &m);
        assert_close(sigma, variance.sqrt(), 1e-13, 0.0, &what);
        assert_close(
            mean_synaptic_current(&synapse, rate, &m),
            events * k * 10.0,
            1e-12,
            0.0,
            &what,
        );
    }
}

/// The area of a kernel of peak 1, by the trapezoidal rule over a long time.
#[test]
fn the_area_is_that_of_a_kernel_of_peak_one() {
    for (tau_r, tau_d) in [(0.5, 5.0), (4.9999, 5.0), (5.0, 5.0), (2.0, 100.0)] {
        let kernel = |t: f64| {
            if tau_r == tau_d {
                t / tau_d * (-t / tau_d).exp()
            } else {
                (-t / tau_d).exp() - (-t / tau_r).exp()
            }
        };
        let dt = 1e-3;
        let (mut sum, mut peak) = (0.0, 0.0_f64);
        for k in 0..(4_000_000.0_f64).min(40.0 * tau_d / dt) as usize {
            let value = kernel(k as f64 * dt);
            sum += value * dt;
            peak = peak.max(value);
        }
        let what = format!("{tau_r} {tau_d}");
        assert_close(class(tau_r, tau_d).area(), sum / peak, 1e-6, 0.0, &what);
    }
    assert_eq!(class(0.0, 5.0).area(), 5.0);
    // Moments are smooth through equal time constants, and through none.
    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let sigma = |rise: f64| moments(&cell, &[class(rise, 5.0)], &[8.0], 0.0).unwrap();
    assert_close(sigma(5.0).sigma_V, sigma(5.0 - 1e-5).sigma_V, 1e-5, 0.0, "equal");
    assert_close(sigma(0.0).gamma_V, sigma(1e-7).gamma_V, 1e-5, 0.0, "no rise");
    assert!(moments(&cell, &[class(6.0, 5.0)], &[8.0], 0.0).is_err(), "rise above decay");
}

/// A current is the mixture with `alpha = 0` of the same strength; inhibition has a negative weight.
#[test]
fn currents_are_mixtures_without_conductance() {
    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let mixture = |in_degree, weight, E_rev| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev,
        mixture: Some(Mixture { alpha: 0.0, V_0: -65.0 }),
        tau_rise: 0.0,
        short_term: None,
    };
    let mixtures = [mixture(400.0, 1.0, 0.0), mixture(100.0, 4.0, -80.0)];
    let currents =
        [SynapseClass::current(400.0, 65.0, 5.0), SynapseClass::current(100.0, -60.0, 5.0)];
    let rates = [3.0, 5.0];
    let (a, b) = (
        moments(&cell, &mixtures, &rates, 20.0).unwrap(),
        moments(&cell, &currents, &rates, 20.0).unwrap(),
    );
    for (x, y) in
        [(a.mu_V, b.mu_V), (a.sigma_V, b.sigma_V), (a.gamma_V, b.gamma_V), (a.tau_V, b.tau_V)]
    {
        assert_close(x, y, 1e-13, 0.0, "current");
    }
    let conductance = SynapseClass { weight: -1.0, mixture: None, ..currents[0] };
    assert!(moments(&cell, &[conductance], &[3.0], 0.0).is_err(), "a conductance is not negative");
}

/// Means over 4e6 spikes of Monte Carlo: nine sets of parameters, with and without facilitation. The statistical error is
/// below 1e-3.
#[test]
fn stationary_release_is_that_of_simulated_synapses() {
    for case in array(&file()["stp"]) {
        let get = |k: &str| number(&case[k]);
        let plasticity =
            ShortTermPlasticity { U: get("U"), tau_rec: get("tau_d"), tau_facil: get("tau_f") };
        let [mean, square] = plasticity.moments(get("rate"));
        let what = format!("{plasticity:?} at {} Hz", get("rate"));
        assert_close(mean, number(&case["simulated"]["release"]), 1.5e-3, 0.0, &what);
        assert_close(square, number(&case["simulated"]["release2"]), 3e-3, 0.0, &what);
    }
}

/// Depression alone is known in closed form; silence releases U; and the moments of the potential follow mean and square.
#[test]
fn depression_in_closed_form_acts_on_the_moments() {
    let (U, tau_rec, rate) = (0.5, 800.0, 10.0);
    let plasticity = ShortTermPlasticity { U, tau_rec, tau_facil: 0.0 };
    let r: f64 = 1e-3 * rate * tau_rec;
    let (p, q) = (r / (1.0 + r), r / (2.0 + r));
    let x = 1.0 / (1.0 + U * r);
    let x2 = (1.0 - 2.0 * p + q + 2.0 * (1.0 - U) * (p - q) * x) / (1.0 - (1.0 - U).powi(2) * q);
    let [mean, square] = plasticity.moments(rate);
    assert_close(mean, U * x, 1e-13, 0.0, "mean");
    assert_close(square, U * U * x2, 1e-13, 0.0, "square");
    let at_rest = plasticity.moments(0.0);
    assert_close(at_rest[0], U, 1e-12, 0.0, "at rest");
    assert_close(at_rest[1], U * U, 1e-12, 0.0, "at rest");

    let cell = membrane(10.0, 200.0, -65.0, -50.0);
    let plain = SynapseClass::current(100.0, 60.0, 5.0);
    let plastic = SynapseClass { short_term: Some(plasticity), ..plain };
    let m = moments(&cell, &[plastic], &[rate], 0.0).unwrap();
    let full = moments(&cell, &[plain], &[rate], 0.0).unwrap();
    assert_close(m.mu_V + 65.0, (full.mu_V + 65.0) * mean, 1e-12, 0.0, "mean potential");
    assert_close(m.sigma_V, full.sigma_V * square.sqrt(), 1e-12, 0.0, "its sd");
    let mut gradient = [full; 2];
    moments_and_gradient(&cell, &[plastic], &[rate], 0.0, &mut gradient).unwrap();
    let at = |nu: f64| moments(&cell, &[plastic], &[nu], 0.0).unwrap();
    let slope = (at(rate + 0.01).mu_V - at(rate - 0.01).mu_V) / 0.02;
    assert_close(gradient[0].mu_V, slope, 1e-4, 0.0, "slope");
}
