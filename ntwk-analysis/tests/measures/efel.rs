//! Agreement with eFEL and scipy on the features of single traces, to 1e-9.
//!
//! The numbers and the constants of the traces come from `validation/analysis/efel_numbers.py`.

use ntwk_analysis::{SpikeCriteria, SpikeShape, Stimulus, TraceFeatures};
use serde_json::Value;

fn assert_close(what: &str, ours: Option<f64>, theirs: Option<f64>) {
    let (Some(a), Some(b)) = (ours, theirs) else {
        return assert_eq!(ours, theirs, "{what}");
    };
    // A sag of nothing is the rounding of the two means.
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-3), "{what}: {a} here, {b} there");
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().map_or(Vec::new(), |list| list.iter().map(|v| v.as_f64().unwrap()).collect())
}

/// What a current from `start` to `end` charges, as a share of its steady state.
fn charged(t: f64, start: f64, end: f64, tau: f64) -> f64 {
    (1.0 - (-(t.clamp(start, end) - start) / tau).exp()) * (-(t - end).max(0.0) / tau).exp()
}

fn spiking(t: f64, start: f64, end: f64, times: &[f64]) -> f64 {
    let mut v = -70.0 + 12.0 * charged(t, start, end, 15.0);
    for at in times {
        let s = t - at;
        let width = if s < 0.0 { 0.35 } else { 0.6 };
        v += 95.0 * (-(s / width).powi(2)).exp();
        let after = s.max(0.0);
        v -= 14.0 * (1.0 - (-after / 0.5).exp()) * (-after / 12.0).exp();
    }
    v
}

/// A feature of a spike, where it is defined.
type OfSpike = fn(&SpikeShape) -> Option<f64>;

#[test]
fn features_are_those_of_efel_and_scipy() {
    let json: Value = serde_json::from_str(include_str!("../data/efel.json")).unwrap();
    let dt = json["dt"].as_f64().unwrap();
    let n = (json["t_stop"].as_f64().unwrap() / dt).round() as usize;
    let [start, end] = numbers(&json["stimulus"])[..] else { panic!("stimulus") };
    let cases = json["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let times = numbers(&case["spike_times"]);
        let v: Vec<f64> = (0..n)
            .map(|i| i as f64 * dt)
            .map(|t| match case["depth"].as_f64() {
                None => spiking(t, start, end, &times),
                Some(depth) => {
                    let sag = case["sag"].as_f64().unwrap();
                    -70.0 - depth * charged(t, start, end, 12.0)
                        + sag * charged(t, start, end, 60.0)
                }
            })
            .collect();
        let stimulus = Stimulus { start, end, current: case["current"].as_f64() };
        let ours = TraceFeatures::of(&v, dt, stimulus, SpikeCriteria::default()).unwrap();
        let theirs = &case["numbers"];
        assert_eq!(ours.spikes.len(), times.len());
        assert_eq!(theirs["Spikecount"][0].as_f64(), Some(times.len() as f64));
        let per_spike: [(&str, OfSpike); 9] = [
            ("peak_indices", |s| Some(s.peak_index as f64)),
            ("peak_voltage", |s| Some(s.peak)),
            ("AP_begin_indices", |s| s.onset_index.map(|i| i as f64)),
            ("AP_begin_voltage", |s| s.onset),
            ("AP_amplitude", |s| s.amplitude),
            ("min_AHP_indices", |s| Some(s.trough_index as f64)),
            ("min_AHP_values", |s| Some(s.trough)),
            ("AHP_depth", |s| s.ahp_depth),
            ("half_width_of_scipy", |s| s.half_width),
        ];
        for (name, of) in per_spike {
            let expected = numbers(&theirs[name]);
            assert_eq!(expected.len(), ours.spikes.len(), "{name}");
            for (spike, expected) in ours.spikes.iter().zip(expected) {
                assert_close(name, of(spike), Some(expected));
            }
        }
        for (name, value) in [
            ("time_to_first_spike", ours.latency),
            ("adaptation_index2", ours.adaptation_index),
            ("voltage_base", ours.baseline),
            ("steady_state_voltage_stimend", Some(ours.steady_state)),
            ("minimum_voltage", Some(ours.minimum)),
            ("voltage_deflection_vb_ssse", ours.deflection),
            ("ohmic_input_resistance_vb_ssse", ours.input_resistance),
            ("sag_amplitude", ours.sag_amplitude),
            ("sag_ratio1", ours.sag_ratio),
        ] {
            let theirs = theirs[name].get(0).and_then(Value::as_f64);
            // eFEL divides whatever the trace does; the mean of a spiking trace is no passive deflection.
            let resistance = name == "ohmic_input_resistance_vb_ssse";
            let theirs = theirs.filter(|_| !resistance || ours.spikes.is_empty());
            assert_close(name, value, theirs);
        }
    }
}
