//! The three Rallpack benchmarks (Bhalla, Bilitch and Bower 1992); numbers in tests/data/rallpack.json.

use crate::common::{data, max_difference, number, numbers, reached};
use ntwk_morpho::geometry::generators::{BinaryTree, cable};
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{
    Cell, Discretisation, Location, Method, Selection, Settings, Simulation, Waveform,
};
use serde_json::Value;

const RALLPACK: &str = "rallpack.json";

/// Errors of NEURON with the same scheme, made by validation/morpho/rallpack.py.
fn neuron(method: Method) -> Value {
    let key = match method {
        Method::ImplicitEuler => "implicit_euler",
        Method::CrankNicolson => "crank_nicolson",
    };
    data("rallpack_neuron.json")[key].clone()
}

/// No worse than NEURON at the same step, to a part in a million.
fn beside_neuron(what: &str, error: f64, theirs: &Value) {
    let theirs = number(theirs);
    reached(
        "rallpack_neuron.json",
        what,
        error,
        theirs * (1.0 + 1e-6),
        "as for Rallpack; tolerance: NEURON's",
    );
}

/// R_m 40000 Ω cm², C_m 1 µF/cm², R_i 100 Ω cm, −65 mV, 0.1 nA at the proximal end of the root.
fn passive(morphology: &ntwk_morpho::Morphology, rule: Discretisation) -> Cell {
    let mut cell = Cell::new(morphology.compartments(&rule).unwrap(), 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 2.5e-5, E: -65.0 }).unwrap();
    cell.inject(Location::new(0, 0.0), Waveform::step(0.0, 250.0, 0.1)).unwrap();
    cell
}

/// Potential of the cable of Rallpack 1 at x/λ from the injected end at time t (ms), by its cosine series.
fn series(x: f64, t: f64) -> f64 {
    let r_inf = 4.0 * 100.0 * 0.1 / (std::f64::consts::PI * 1e-8) * 1e-6;
    let (tau, length) = (40.0, 1.0f64);
    let mut sum = (length - x).cosh() / length.sinh() - (-t / tau).exp() / length;
    for n in 1..2000 {
        let k = (f64::from(n) * std::f64::consts::PI / length).powi(2) + 1.0;
        let decay = (-k * t / tau).exp();
        sum -= 2.0 / length * (f64::from(n) * std::f64::consts::PI * x / length).cos() * decay / k;
        if decay < 1e-18 {
            break;
        }
    }
    -65.0 + 0.1 * r_inf * sum
}

/// RMS error over 0 to 250 ms, sampled every 0.05 ms, over the range of the reference.
fn rms(cell: &Cell, reference: &dyn Fn(f64) -> f64, at: Location, settings: &Settings) -> f64 {
    let mut s = Simulation::new(cell, settings).unwrap();
    let (mut squares, mut low, mut high) = (0.0, f64::MAX, f64::MIN);
    for k in 1..=5000 {
        let t = 0.05 * f64::from(k);
        s.run(t).unwrap();
        let v = reference(t);
        squares += (s.voltage(at).unwrap() - v).powi(2);
        (low, high) = (f64::min(low, v), f64::max(high, v));
    }
    (squares / 5000.0).sqrt() / (high - low)
}

/// Largest error (mV) at the file's times from `from` ms on.
fn worst_at(
    cell: &Cell,
    file: &Value,
    column: &str,
    at: Location,
    from: f64,
    settings: &Settings,
) -> f64 {
    let mut s = Simulation::new(cell, settings).unwrap();
    let mut worst = 0.0f64;
    for (t, v) in
        numbers(&file["t_ms"]).iter().zip(numbers(&file[column])).filter(|(t, _)| **t >= from)
    {
        s.run(*t).unwrap();
        worst = worst.max((s.voltage(at).unwrap() - v).abs());
    }
    worst
}

#[test]
fn rallpack_1_a_uniform_passive_cable() {
    let file = &data("rallpack.json")["rallpack1"];
    let cell = passive(&cable(1000.0, 1.0).unwrap(), Discretisation::PerBranch(1000));
    for (column, x) in [("v_x0_mV", 0.0), ("v_xL_mV", 1.0)] {
        let at = Location::new(0, x);
        for (t, v) in numbers(&file["t_ms"]).iter().zip(numbers(&file[column])) {
            assert!((series(x, *t) - v).abs() < 2e-6, "the series is that of the file");
        }
        // The limits: 0.1 % for Crank–Nicolson and 0.5 % for implicit Euler at 0.05 ms.
        for (method, limit) in [(Method::CrankNicolson, 1e-3), (Method::ImplicitEuler, 5e-3)] {
            let settings = Settings { dt: 0.05, method, ..Settings::default() };
            let error = rms(&cell, &|t| series(x, t), at, &settings);
            let what = format!("Rallpack 1 {column}, {method:?} 0.05 ms, rms");
            reached(RALLPACK, &what, error, limit, "of the range");
            beside_neuron(&what, error, &neuron(method)["rallpack1"][column]);
        }
        let settings =
            Settings { dt: 0.0025, method: Method::CrankNicolson, ..Settings::default() };
        let worst = worst_at(&cell, file, column, at, 1.0, &settings);
        let what = format!("Rallpack 1 {column}, CrankNicolson 0.0025 ms, largest from 1 ms");
        reached(RALLPACK, &what, worst, 3e-3, "mV");
    }
}

#[test]
fn rallpack_2_a_binary_tree() {
    let file = &data("rallpack.json")["rallpack2"];
    let tree = BinaryTree::rall(10, 16.0, 32.0).build().unwrap();
    let cell = passive(&tree, Discretisation::PerBranch(1));
    let leaf = Location::new(1022, 1.0);
    for (column, at) in [("v_x0_mV", Location::new(0, 0.0)), ("v_leaf_tip_mV", leaf)] {
        for (method, limit) in [(Method::CrankNicolson, 1e-3), (Method::ImplicitEuler, 5e-3)] {
            let settings = Settings { dt: 0.05, method, ..Settings::default() };
            let worst = worst_at(&cell, file, column, at, 0.0, &settings) / 25.0;
            let what = format!("Rallpack 2 {column}, {method:?} 0.05 ms, largest");
            reached(RALLPACK, &what, worst, limit, "of the range");
            beside_neuron(&what, worst, &neuron(method)["rallpack2"][column]);
        }
        let settings = Settings { dt: 0.005, method: Method::CrankNicolson, ..Settings::default() };
        let worst = worst_at(&cell, file, column, at, 1.0, &settings);
        let what = format!("Rallpack 2 {column}, CrankNicolson 0.005 ms, largest from 1 ms");
        reached(RALLPACK, &what, worst, 3e-3, "mV");
    }
    let mut s = Simulation::new(&cell, &Settings { dt: 0.05, ..Settings::default() }).unwrap();
    s.run(20.0).unwrap();
    let first = s.voltage(leaf).unwrap();
    for b in 511..1023 {
        assert!(
            (s.voltage(Location::new(b, 1.0)).unwrap() - first).abs() < 1e-9,
            "all leaves are equal"
        );
    }
}

/// The active cable.
fn active() -> Cell {
    let mut cell = Cell::new(
        cable(1000.0, 1.0).unwrap().compartments(&Discretisation::PerBranch(1000)).unwrap(),
        1.0,
        100.0,
    )
    .unwrap();
    let squid = HodgkinHuxley { g_L: 2.5e-5, E_L: -65.0, ..HodgkinHuxley::default() };
    cell.insert("squid", &Selection::All, squid).unwrap();
    cell.inject(Location::new(0, 0.0), Waveform::step(0.0, 250.0, 0.1)).unwrap();
    cell
}

/// Spikes of the active cable at its two ends.
fn rallpack_3(dt: f64, method: Method) -> [Vec<f64>; 2] {
    let settings = Settings { dt, method, ..Settings::default() };
    let mut s = Simulation::new(&active(), &settings).unwrap();
    s.detect_spikes(Location::new(0, 0.0), 0.0).unwrap();
    s.detect_spikes(Location::new(0, 1.0), 0.0).unwrap();
    s.run(250.0).unwrap();
    let spikes = s.spikes();
    [spikes[0].times.clone(), spikes[1].times.clone()]
}

#[test]
fn rallpack_3_an_active_cable() {
    let file = &data("rallpack.json")["rallpack3"];
    let expected = [numbers(&file["spikes_ms"]["t_x0"]), numbers(&file["spikes_ms"]["t_xL"])];
    let error = |spikes: &[Vec<f64>; 2]| -> f64 {
        spikes.iter().zip(&expected).map(|(s, e)| max_difference(s, e)).fold(0.0, f64::max)
    };
    // Second order: the error falls by four when dt is halved, and what is left after extrapolation is below 1 µs.
    let coarse = rallpack_3(0.02, Method::CrankNicolson);
    let fine = rallpack_3(0.01, Method::CrankNicolson);
    let (e1, e2) = (error(&coarse), error(&fine));
    let other = |method, dt: &str| neuron(method)["rallpack3_spikes_ms"][dt].clone();
    let what = "Rallpack 3 spikes, CrankNicolson 0.01 ms";
    reached(RALLPACK, what, e2, 8e-3, "ms");
    beside_neuron(what, e2, &other(Method::CrankNicolson, "0.01"));
    beside_neuron(
        "Rallpack 3 spikes, CrankNicolson 0.02 ms",
        e1,
        &other(Method::CrankNicolson, "0.02"),
    );
    reached(
        "convergence",
        "Rallpack 3, CrankNicolson: error at 0.02 over error at 0.01 ms, less 4",
        (e1 / e2 - 4.0).abs(),
        0.1,
        "",
    );
    let limit: Vec<Vec<f64>> = (0..2)
        .map(|i| coarse[i].iter().zip(&fine[i]).map(|(a, b)| b + (b - a) / 3.0).collect())
        .collect();
    let limit = error(&[limit[0].clone(), limit[1].clone()]);
    reached(RALLPACK, "Rallpack 3 spikes, extrapolated", limit, 1e-3, "ms");
    // First order, for the same step, is worse by far.
    let euler = error(&rallpack_3(0.01, Method::ImplicitEuler));
    let what = "Rallpack 3 spikes, ImplicitEuler 0.01 ms";
    reached(RALLPACK, what, euler, 1.0, "ms");
    beside_neuron(what, euler, &other(Method::ImplicitEuler, "0.01"));
    assert!(euler > 10.0 * e2, "{euler}");
}

/// Below 1 % rms at 5 µs, with the reference of the file, which is second order at 1 µs.
#[test]
fn rallpack_3_traces() {
    let file = &data("rallpack.json")["rallpack3"]["trace_0_250ms"];
    let settings = Settings { dt: 0.005, method: Method::CrankNicolson, ..Settings::default() };
    let mut s = Simulation::new(&active(), &settings).unwrap();
    s.record_voltage(&[Location::new(0, 0.0005), Location::new(0, 0.9995)], 100).unwrap();
    s.run(250.0).unwrap();
    let recording = s.recording();
    for (k, key) in ["v_centre_first_mV", "v_centre_last_mV"].into_iter().enumerate() {
        let expected = numbers(&file[key]);
        let squares: f64 =
            recording.column(k).iter().zip(&expected).map(|(a, b)| (a - b).powi(2)).sum();
        let high = expected.iter().copied().fold(f64::MIN, f64::max);
        let low = expected.iter().copied().fold(f64::MAX, f64::min);
        let rms = (squares / expected.len() as f64).sqrt() / (high - low);
        let what = format!("Rallpack 3 {key}, CrankNicolson 0.005 ms, rms");
        reached(RALLPACK, &what, rms, 1e-2, "of the range");
    }
}
