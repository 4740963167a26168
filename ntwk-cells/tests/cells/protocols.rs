//! Pulses and f-I curves against what can be worked out on paper.

use ntwk_cells::library;
use ntwk_cells::protocol::{Bench, FiProtocol, ProtocolError, PulseProtocol, features};
use ntwk_core::spec::{CellSpec, Method};

fn bench(preset: &str) -> Bench {
    let cell = CellSpec {
        model: None,
        preset: Some(preset.to_owned()),
        currents: Vec::new(),
        values: Vec::new(),
        distributed: Vec::new(),
    };
    Bench { dt: 0.05, method: Method::Heun, ..Bench::new(cell) }
}

fn pulses(amplitudes: &[f64]) -> PulseProtocol {
    PulseProtocol {
        amplitudes: amplitudes.to_vec(),
        holding: 0.0,
        t_start: 100.0,
        t_stop: 400.0,
        duration: 500.0,
    }
}

#[test]
fn passive_features_are_those_of_the_membrane() {
    // LIF2: 200 pF, 10 nS: 100 MOhm, 20 ms.
    let protocol = pulses(&[-50.0, 100.0]);
    let (_, recording) = protocol.run(&bench("LIF2"), &library()).unwrap();
    for f in features(&protocol, &recording) {
        assert_eq!((f.spikes, f.spikes_after, f.latency), (0, 0, None));
        // The pulse is 15 time constants long: e^-15 is left of the way, and the tail starts at 13.5.
        assert!((f.resistance.unwrap() - 100.0).abs() < 1e-3, "{f:?}");
        assert!((f.V_end - (-70.0 + f.amplitude / 10.0)).abs() < 1e-4);
        assert!((f.time_constant.unwrap() - 20.0).abs() <= 0.05 + 1e-9, "{f:?}");
    }
}

/// Interval between spikes of a leaky integrate-and-fire neuron under constant current (ms).
fn lif_interval(current: f64, t_ref: f64) -> f64 {
    let (tau, v_th, v_reset): (f64, f64, f64) = (20.0, -50.0, -70.0);
    let steady = -70.0 + current / 10.0;
    t_ref + tau * ((steady - v_reset) / (steady - v_th)).ln()
}

#[test]
fn spikes_of_a_pulse_come_when_the_formula_says() {
    let protocol = pulses(&[300.0]);
    let (_, recording) = protocol.run(&bench("LIF2"), &library()).unwrap();
    let f = features(&protocol, &recording)[0];
    let interval = lif_interval(300.0, 5.0);
    assert!((f.latency.unwrap() - (interval - 5.0)).abs() < 0.1, "{f:?}");
    let (first, last) = f.intervals.unwrap();
    assert!((first - interval).abs() < 0.1 && (last - interval).abs() < 0.1, "{f:?} {interval}");
    assert!(f.cv.unwrap() < 1e-9 && f.resistance.is_none());
    assert_eq!(f.spikes, 1 + ((300.0 - (interval - 5.0)) / interval) as usize);
    assert!((f.rate - f.spikes as f64 / 0.3).abs() < 1e-9);
}

#[test]
fn adaptation_and_rebound_are_seen() {
    let protocol = pulses(&[300.0]);
    let (_, recording) = protocol.run(&bench("RS"), &library()).unwrap();
    let f = features(&protocol, &recording)[0];
    let (first, last) = f.intervals.unwrap();
    assert!(last > 2.0 * first, "{f:?}");
    // The thalamic cell answers the end of a hyperpolarisation with a burst; the regular-spiking one does not.
    let down =
        PulseProtocol { amplitudes: vec![-250.0], t_stop: 900.0, duration: 1500.0, ..pulses(&[]) };
    let spikes = |preset: &str| {
        let (_, recording) = down.run(&bench(preset), &library()).unwrap();
        features(&down, &recording)[0].spikes_after
    };
    assert!(spikes("TC_Destexhe2009") >= 2);
    assert_eq!(spikes("RS_weak_Destexhe2009"), 0);
}

#[test]
fn the_curve_of_the_leaky_neuron_is_its_formula() {
    let protocol = FiProtocol { from: 0.0, to: 500.0, points: 26, duration: 1000.0, settle: 200.0 };
    let (_, recording) = protocol.run(&bench("LIF2"), &library()).unwrap();
    let curve = protocol.curve(&recording);
    assert_eq!(curve.points.len(), 26);
    for p in &curve.points {
        let expected = if p.current > 200.0 { 1e3 / lif_interval(p.current, 5.0) } else { 0.0 };
        // Spikes lie on the grid of 0.05 ms; the mean interval of some tens of them is better than that.
        assert!((p.rate - expected).abs() < 0.005 * expected + 1e-12, "{p:?} {expected}");
    }
    assert_eq!(curve.threshold(), Some(220.0));
    // From 19 Hz at 220 pA to 66 Hz at 500 pA, less steep towards the end.
    assert!((0.14..0.2).contains(&curve.gain().unwrap()), "{:?}", curve.gain());
    // Adaptation: the stationary rate is below the initial one.
    let (_, recording) = protocol.run(&bench("RS"), &library()).unwrap();
    let last = *protocol.curve(&recording).points.last().unwrap();
    assert!(last.initial_rate.unwrap() > 1.5 * last.rate, "{last:?}");
}

#[test]
fn settings_out_of_range_are_named() {
    let bad =
        |protocol: PulseProtocol| protocol.model(&bench("RS"), &library()).unwrap_err().to_string();
    assert!(bad(pulses(&[])).starts_with("number of pulses = 0"));
    assert!(bad(pulses(&[f64::NAN])).starts_with("amplitude (pA) = NaN"));
    assert!(bad(PulseProtocol { t_stop: 50.0, ..pulses(&[1.0]) }).contains("after t_start (100)"));
    assert!(
        bad(PulseProtocol { duration: 50.0, ..pulses(&[1.0]) }).contains("at least t_stop (400)")
    );
    let fi = FiProtocol { from: 0.0, to: 0.0, points: 5, duration: 10.0, settle: 0.0 };
    let bad = |p: FiProtocol| p.model(&bench("RS"), &library()).unwrap_err().to_string();
    assert!(bad(fi.clone()).starts_with("to (pA) = 0: must be above from (0)"));
    assert!(bad(FiProtocol { to: 1.0, points: 1, ..fi.clone() }).starts_with("points = 1"));
    assert!(bad(FiProtocol { to: 1.0, settle: 10.0, ..fi }).starts_with("settle (ms) = 10"));
    let unknown = pulses(&[1.0]).run(&bench("nothing"), &library()).unwrap_err();
    assert!(matches!(unknown, ProtocolError::Cell(_)));
}
