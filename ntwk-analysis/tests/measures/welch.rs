//! Agreement of power spectra with scipy for segments of any length: even, odd, prime.
//!
//! The numbers come from `validation/analysis/welch.py`. The differences are the rounding of two transforms.

use ntwk_analysis::PowerSpectrum;
use serde_json::Value;

/// Relative to the largest density: a transform rounds all frequencies by the same amount.
const TOLERANCE: f64 = 1e-13;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn segments_of_any_length_are_those_of_scipy() {
    let peer: Value = serde_json::from_str(include_str!("../data/welch.json")).unwrap();
    let signal: Vec<f64> = (0..peer["n"].as_u64().unwrap())
        .map(|i| ((i * i * 7 + 3 * i) % 101) as f64 / 10.0 + ((i / 40) % 2) as f64 * 6.0)
        .collect();
    let interval = 1e3 / peer["rate"].as_f64().unwrap();
    let spectra = peer["spectra"].as_array().unwrap();
    assert_eq!(spectra.len(), 8);
    for expected in spectra {
        let segment = expected["segment"].as_u64().unwrap() as usize;
        let found = PowerSpectrum::welch(&signal, interval, segment).unwrap();
        let (frequencies, density) =
            (numbers(&expected["frequencies"]), numbers(&expected["density"]));
        assert_eq!(found.frequencies.len(), frequencies.len());
        assert_eq!(found.density.len(), density.len());
        let largest = density.iter().copied().fold(0.0, f64::max);
        for k in 0..density.len() {
            let (a, b) = (found.density[k], density[k]);
            assert!((a - b).abs() <= TOLERANCE * largest, "{segment} {k}: {a} {b}");
            assert!((found.frequencies[k] - frequencies[k]).abs() <= 1e-12 * frequencies[k]);
        }
        let highest = expected["peak"].as_f64().unwrap();
        match found.peak(5.0) {
            // Between the frequencies of the spectrum, next to that of the highest density.
            Some(peak) => {
                let half = 0.5 * found.frequencies[1];
                assert!((peak - highest).abs() <= half, "{segment}: {peak} {highest}");
            }
            // The density falls from the lowest frequency on.
            None => assert!(frequencies.iter().all(|&f| f < 5.0 || f >= highest), "{segment}"),
        }
    }
}
