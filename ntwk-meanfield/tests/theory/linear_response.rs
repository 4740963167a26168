use crate::support::{assert_close, input, spectrum_2018};
use ntwk_core::Job;
use ntwk_meanfield::{FixedPointOptions, LinearResponse, SecondOrder, find_fixed_points};

fn rest(system: &ntwk_meanfield::MeanField, nu_aff: f64) -> Vec<f64> {
    let options = FixedPointOptions::default();
    let found = find_fixed_points(
        system,
        &input(&[nu_aff], &[0.0; 2]),
        &[vec![3.0, 9.0]],
        &options,
        &Job::new(),
    )
    .unwrap();
    found.points[0].rates.clone()
}

/// The spectrum integrates to the covariance of the linear noise; substitution f = f0 tan(theta), where the integrand is
/// smooth and periodic, so that the trapezoidal rule converges exponentially.
#[test]
fn the_spectrum_integrates_to_the_covariance() {
    let system = spectrum_2018(5.0, [6000, 1500]);
    let (state, at) = (rest(&system, 10.0), input(&[10.0], &[0.0; 2]));
    let covariance =
        SecondOrder::new(&system).linear_noise_covariance(&state, &at).unwrap().unwrap();
    let response = LinearResponse::new(&system, &state, &at).unwrap();
    let (f0, points) = (30.0, 2000);
    for (m, n) in [(0, 0), (0, 1), (1, 1)] {
        let mut sum = 0.0;
        for k in 0..points {
            let theta = std::f64::consts::PI * ((f64::from(k) + 0.5) / f64::from(points) - 0.5);
            let s = response.spectrum(f0 * theta.tan()).unwrap();
            sum +=
                s[(m, n)].re * f0 / theta.cos().powi(2) * std::f64::consts::PI / f64::from(points);
        }
        assert_close(sum, covariance[(m, n)], 1e-10, 0.0, &format!("covariance {m} {n}"));
    }
}

/// At zero frequency the response to an afferent is the derivative of the fixed point.
#[test]
fn the_static_response_is_the_slope_of_the_fixed_point() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let state = rest(&system, 10.0);
    let response = LinearResponse::new(&system, &state, &input(&[10.0], &[0.0; 2])).unwrap();
    let slope = response.afferent_response(0.0).unwrap();
    let h = 1e-3;
    let (high, low) = (rest(&system, 10.0 + h), rest(&system, 10.0 - h));
    for m in 0..2 {
        // Truncation h² of the difference.
        assert_close(slope[(m, 0)].re, (high[m] - low[m]) / (2.0 * h), 1e-6, 0.0, "slope");
    }
    assert!(response.afferent_response(f64::NAN).is_none());
}
