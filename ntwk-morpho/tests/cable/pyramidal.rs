//! A generated cell against NEURON; numbers made by validation/morpho/pyramidal.py.

use crate::common::{data, max_difference, number, numbers, reached};
use ntwk_morpho::geometry::generators::PyramidalTree;
use ntwk_morpho::geometry::swc::{SwcOptions, read, to_swc};
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{
    Cell, Discretisation, DoubleExponential, Impedance, Location, Method, Morphology, Selection,
    Settings, Simulation, Waveform,
};

const SOMA: Location = Location { branch: 0, x: 0.5 };

fn load() -> (Morphology, Location) {
    let text = include_str!("../data/pyramidal.swc");
    let reading = read(text.as_bytes(), &SwcOptions::default()).unwrap();
    assert_eq!(reading.report.repairs, [], "{}", reading.report);
    let tip = reading.morphology.farthest_tip(|_| true).unwrap();
    (reading.morphology, Location::new(tip, 1.0))
}

fn cell(m: &Morphology) -> Cell {
    Cell::new(m.compartments(&Discretisation::MaxLength(10.0)).unwrap(), 1.0, 100.0).unwrap()
}

fn passive(m: &Morphology) -> Cell {
    let mut cell = cell(m);
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell
}

#[test]
fn the_committed_cell_is_the_generators() {
    let cell = PyramidalTree::default().build(1).unwrap();
    assert_eq!(to_swc(&cell).unwrap(), include_str!("../data/pyramidal.swc"));
}

#[test]
fn geometry_and_impedance() {
    let (m, tip) = load();
    let file = data("pyramidal.json");
    let cell = passive(&m);
    assert_eq!(m.branches().len() as f64, number(&file["sections"]));
    assert_eq!(cell.compartments().len() as f64, number(&file["segments"]));
    assert!((m.measures().area / number(&file["area_um2"]) - 1.0).abs() < 1e-6);
    assert!((m.measures().length / number(&file["length_um"]) - 1.0).abs() < 1e-6);
    assert!(
        (m.path_distances()[tip.branch][1] / number(&file["tip_distance_um"]) - 1.0).abs() < 1e-6
    );
    for e in file["impedance"].as_array().unwrap() {
        let z = Impedance::new(&cell, number(&e["frequency_Hz"]), -70.0, 6.3).unwrap();
        let soma = z.input(SOMA).unwrap();
        for (is, key) in [
            (soma.norm(), "input_soma_MOhm"),
            (z.input(tip).unwrap().norm(), "input_tip_MOhm"),
            (z.transfer(SOMA, tip).unwrap().norm(), "transfer_MOhm"),
        ] {
            let error = (is / number(&e[key]) - 1.0).abs();
            let what = format!("{key} at {} Hz", e["frequency_Hz"]);
            reached("pyramidal.json", &what, error, 2e-6, "relative");
        }
        assert!((soma.arg() - number(&e["input_soma_phase"])).abs() < 1e-6);
    }
}

#[test]
fn a_current_step_and_a_synapse_at_the_tip() {
    let (m, tip) = load();
    let file = data("pyramidal.json");
    let mut c = passive(&m);
    c.inject(SOMA, Waveform::step(5.0, 20.0, 0.1)).unwrap();
    let mut s = Simulation::new(&c, &Settings { v_init: -70.0, ..Settings::default() }).unwrap();
    s.record_voltage(&[SOMA, tip], 40).unwrap();
    s.run(40.0).unwrap();
    let r = s.recording();
    // The same scheme and step: what is left is the other program's single precision of coordinates.
    for (k, key) in ["v_soma_mV", "v_tip_mV"].into_iter().enumerate() {
        let error = max_difference(&r.column(k).to_vec(), &numbers(&file["step"][key]));
        reached("pyramidal.json", &format!("step, {key}, same scheme and dt"), error, 1e-5, "mV");
    }
    let mut c = passive(&m);
    let synapse = c.add_synapse(tip, DoubleExponential::ampa(), 1e-3).unwrap();
    c.add_spikes(synapse, &[5.0]).unwrap();
    let settings = Settings {
        dt: 0.0025,
        method: Method::CrankNicolson,
        v_init: -70.0,
        ..Settings::default()
    };
    let mut s = Simulation::new(&c, &settings).unwrap();
    s.record_voltage(&[SOMA, tip], 1).unwrap();
    s.run(40.0).unwrap();
    let peak = |k: usize| s.recording().column(k).fold(f64::MIN, |a, &b| a.max(b)) + 70.0;
    for (k, key) in ["peak_soma_mV", "peak_tip_mV"].into_iter().enumerate() {
        let error = (peak(k) / number(&file["epsp"][key]) - 1.0).abs();
        reached("pyramidal.json", &format!("synapse, {key}"), error, 1e-5, "relative");
    }
}

#[test]
fn spikes_of_squid_channels() {
    let (m, tip) = load();
    let file = &data("pyramidal.json")["hh"];
    let run = |dt, method| {
        let mut c = cell(&m);
        c.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
        c.inject(SOMA, Waveform::step(5.0, 94.0, 1.5)).unwrap();
        let mut s = Simulation::new(&c, &Settings { dt, method, ..Settings::default() }).unwrap();
        s.detect_spikes(SOMA, 0.0).unwrap();
        s.detect_spikes(tip, 0.0).unwrap();
        s.run(120.0).unwrap();
        let spikes = s.spikes();
        [spikes[0].times.clone(), spikes[1].times.clone()]
    };
    let compare = |is: &[Vec<f64>; 2], key: &str| {
        let soma = max_difference(&is[0], &numbers(&file[key]["spikes_soma_ms"]));
        soma.max(max_difference(&is[1], &numbers(&file[key]["spikes_tip_ms"])))
    };
    let same = compare(&run(0.025, Method::ImplicitEuler), "0.025");
    reached("pyramidal.json", "spikes, same scheme and dt", same, 1e-5, "ms");
    let limit = compare(&run(0.005, Method::CrankNicolson), "extrapolated");
    reached(
        "pyramidal.json",
        "spikes, CrankNicolson 0.005 ms, against the limit",
        limit,
        1e-3,
        "ms",
    );
}
