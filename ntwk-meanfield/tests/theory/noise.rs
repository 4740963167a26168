//! Finite-size noise: the linear theory against an Ornstein-Uhlenbeck process and against the noisy dynamics itself.

use crate::adaptation::di_volo;
use crate::support::{assert_close, input, spectrum_2018};
use ntwk_core::Job;
use ntwk_meanfield::{
    FixedPointOptions, LinearResponse, MeanField, NoiseError, NoiseOptions, Source, Stability,
    default_starts, find_fixed_points, integrate_with_noise,
};
use std::f64::consts::TAU;

/// Spectrum_2018 without recurrent connections: two independent Ornstein-Uhlenbeck processes.
fn uncoupled() -> MeanField {
    let mut populations = spectrum_2018(5.0, [4000, 1000]).populations().to_vec();
    for p in &mut populations {
        p.connections.retain(|c| matches!(c.source, Source::Afferent(_)));
    }
    MeanField::new(populations, vec!["AffExc".into()], 5.0).unwrap()
}

/// `S(f) = 2 T sigma^2 / (1 + (2 pi f T)^2)` with `sigma^2 = nu (1/T - nu) / (2 N)`, no coherence, and a response that falls
/// off with the same time constant.
#[test]
fn an_uncoupled_population_is_an_ornstein_uhlenbeck_process() {
    let system = uncoupled();
    let at = input(&[60.0], &[100.0, 100.0]);
    let rates = system.at(&[0.0, 0.0], &at).unwrap().transfer();
    let gains = system.at(&rates, &at).unwrap().gains();
    let response = LinearResponse::new(&system, &rates, &at).unwrap();
    for f in [0.0, 1.0, 31.8, 500.0] {
        let spectrum = response.spectrum(f).unwrap();
        let omega = TAU * f * 5e-3;
        for (m, size) in [(0, 4000.0), (1, 1000.0)] {
            let variance = rates[m] * (200.0 - rates[m]) / (2.0 * size);
            let exact = 2.0 * 5e-3 * variance / (1.0 + omega * omega);
            assert_close(spectrum[(m, m)].re, exact, 1e-13, 0.0, "power");
            let h = response.afferent_response(f).unwrap()[(m, 0)];
            let gain = gains.afferent[(m, 0)] / (1.0 + omega * omega).sqrt();
            assert_close(h.norm(), gain, 1e-13, 0.0, "gain");
            assert_close(h.arg(), -omega.atan(), 1e-12, 1e-15, "phase");
            let by_current = response.current_response(f).unwrap();
            let gain = gains.current[m] / (1.0 + omega * omega).sqrt();
            assert_close(by_current[(m, m)].norm(), gain, 1e-13, 0.0, "gain of a current");
            assert_eq!(by_current[(m, 1 - m)].norm(), 0.0);
        }
        let coherence = response.coherence(f).unwrap();
        assert_close(coherence[(0, 1)], 0.0, 0.0, 1e-25, "coherence");
        assert_close(coherence[(0, 0)], 1.0, 1e-14, 0.0, "coherence with itself");
    }
}

/// Static responses, adaptation included: the slopes of the fixed point.
#[test]
fn static_responses_with_adaptation_are_slopes_of_the_fixed_point() {
    let system = di_volo(4.0, 60.0);
    let fixed = |drive: f64, currents: [f64; 2]| {
        let at = input(&[drive], &currents);
        let all = find_fixed_points(
            &system,
            &at,
            &default_starts(2),
            &FixedPointOptions::default(),
            &Job::new(),
        );
        let f = all
            .unwrap()
            .points
            .into_iter()
            .find(|f| f.stability == Stability::Stable && f.rates[0] < 10.0);
        f.unwrap()
    };
    let f = fixed(2.5, [0.0; 2]);
    let state = [f.rates[0], f.rates[1], f.adaptation[0]];
    let response = LinearResponse::new(&system, &state, &input(&[2.5], &[0.0; 2])).unwrap();
    let (drive, current) =
        (response.afferent_response(0.0).unwrap(), response.current_response(0.0).unwrap());
    let h = 1e-3;
    for m in 0..2 {
        let slope = |high: &[f64], low: &[f64], h: f64| (high[m] - low[m]) / (2.0 * h);
        let by_drive = slope(&fixed(2.5 + h, [0.0; 2]).rates, &fixed(2.5 - h, [0.0; 2]).rates, h);
        // Truncation h^2 of the difference.
        assert_close(drive[(m, 0)].re, by_drive, 1e-5, 0.0, "drive");
        for k in 0..2 {
            let mut shift = [0.0; 2];
            shift[k] = 0.1;
            let back = shift.map(|x: f64| -x);
            let by_current = slope(&fixed(2.5, shift).rates, &fixed(2.5, back).rates, 0.1);
            assert_close(current[(m, k)].re, by_current, 1e-5, 1e-9, "current");
        }
    }
}

/// Power and coherence of a long noisy trajectory of the coupled network, averaged over segments, against the linear theory.
/// 400 segments leave a standard error of 5 % of each estimate; bands of frequencies reduce it further.
#[test]
fn the_noisy_dynamics_has_the_spectra_of_the_linear_theory() {
    // Many neurons: small fluctuations, which is what the linear theory is about.
    let system = spectrum_2018(5.0, [400_000, 100_000]);
    let at = input(&[10.0], &[0.0; 2]);
    let found = find_fixed_points(
        &system,
        &at,
        &[vec![3.2, 8.9]],
        &FixedPointOptions::default(),
        &Job::new(),
    )
    .unwrap();
    let rest = &found.points[0].rates;
    let response = LinearResponse::new(&system, rest, &at).unwrap();
    let (dt, every, length, segments) = (0.05, 20, 256, 400);
    let options = NoiseOptions { dt, steps: every * length * segments, every, seed: 3 };
    let states = integrate_with_noise(&system, rest, &at, &options).unwrap();
    let interval = 1e-3 * dt * every as f64;
    // A Hann window: its side lobes do not mix frequencies.
    let window: Vec<f64> =
        (0..length).map(|k| 0.5 - 0.5 * (TAU * k as f64 / length as f64).cos()).collect();
    let norm: f64 = window.iter().map(|w| w * w).sum::<f64>() / interval;
    for bins in [3..8, 8..14, 14..24] {
        let (mut ee, mut ii, mut ei) = (0.0, 0.0, [0.0; 2]);
        let mut expected = (0.0, 0.0, 0.0);
        for bin in bins.clone() {
            for s in 0..segments {
                let mut transforms = [[0.0; 2]; 2];
                for (m, z) in transforms.iter_mut().enumerate() {
                    for k in 0..length {
                        let x = states[((s * length + k) * 2) + m] - rest[m];
                        let angle = TAU * (bin * k) as f64 / length as f64;
                        z[0] += window[k] * x * angle.cos();
                        z[1] -= window[k] * x * angle.sin();
                    }
                }
                let [a, b] = transforms;
                ee += (a[0] * a[0] + a[1] * a[1]) / norm;
                ii += (b[0] * b[0] + b[1] * b[1]) / norm;
                ei[0] += (a[0] * b[0] + a[1] * b[1]) / norm;
                ei[1] += (a[1] * b[0] - a[0] * b[1]) / norm;
            }
            let f = bin as f64 / (length as f64 * interval);
            let s = response.spectrum(f).unwrap();
            expected.0 += s[(0, 0)].re;
            expected.1 += s[(1, 1)].re;
            expected.2 += s[(0, 1)].norm();
        }
        let n = segments as f64;
        assert_close(ee / n, expected.0, 0.06, 0.0, &format!("RecExc, bins {bins:?}"));
        assert_close(ii / n, expected.1, 0.06, 0.0, &format!("RecInh, bins {bins:?}"));
        let cross = ei[0].hypot(ei[1]) / n;
        assert_close(cross, expected.2, 0.06, 0.0, &format!("cross-spectrum, bins {bins:?}"));
    }
}

#[test]
fn noise_is_reproducible_and_bad_arguments_are_named() {
    let system = spectrum_2018(5.0, [4000, 1000]);
    let at = input(&[10.0], &[0.0; 2]);
    let options = NoiseOptions { dt: 0.1, steps: 100, every: 10, seed: 1 };
    let run =
        |options: &NoiseOptions| integrate_with_noise(&system, &[3.2, 8.9], &at, options).unwrap();
    assert_eq!(run(&options), run(&options));
    assert_eq!(run(&options).len(), 22);
    assert_ne!(run(&options)[2..], run(&NoiseOptions { seed: 2, ..options })[2..]);
    let err =
        |state: &[f64], o: &NoiseOptions| integrate_with_noise(&system, state, &at, o).unwrap_err();
    assert_eq!(err(&[1.0], &options), NoiseError::State(2));
    assert_eq!(err(&[1.0, 1.0], &NoiseOptions { dt: 5.0, ..options }), NoiseError::Step(5.0));
}
