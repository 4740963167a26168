//! Recorded currents: their sums, and the same in NEURON.

use crate::common::{data, max_difference, number, numbers, reached};
use ntwk_morpho::geometry::generators::PyramidalTree;
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{
    Attachment, Branch, Cell, Discretisation, DoubleExponential, Location, MagnesiumBlock, Method,
    Morphology, Probe, Recording, Region, Sample, Selection, Settings, Simulation, SynapseProbe,
    VoltageClamp, Waveform,
};

const FILE: &str = "recording.json";
const SOMA: Location = Location { branch: 0, x: 0.5 };
const DENDRITE: Location = Location { branch: 1, x: 0.5 };

/// Soma L = d = 20 µm in one compartment, dendrite 400 × 2 µm in 21 on its end.
fn ball_and_stick() -> Cell {
    let branch = |region, parent, from: f64, to: f64, d: f64| Branch {
        region,
        parent,
        samples: [from, to].map(|x| Sample::new([x, 0.0, 0.0], 0.5 * d)).to_vec(),
    };
    let m = Morphology::new(vec![
        branch(Region::Soma, None, 0.0, 20.0, 20.0),
        branch(Region::Basal, Some(Attachment { branch: 0, x: 1.0 }), 20.0, 420.0, 2.0),
    ])
    .unwrap();
    let c = m.compartments_with(&Discretisation::PerBranch(1), &[(1, 21)]).unwrap();
    let mut cell = Cell::new(c, 1.0, 150.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 5e-5, E: -70.0 }).unwrap();
    cell
}

fn column(r: &Recording, probe: usize, times: &[f64], dt: f64) -> Vec<f64> {
    times.iter().map(|t| r.values[((t / dt).round() as usize, probe)]).collect()
}

fn group(name: &str) -> SynapseProbe {
    SynapseProbe { group: name.to_owned(), receptor: None, at: None }
}

/// The clamp current of an EPSC through three series resistances, in NEURON's scheme and in the limit of small steps.
#[test]
fn the_current_of_a_voltage_clamp() {
    let file = data(FILE);
    for run in file["voltage_clamp"]["runs"].as_array().unwrap() {
        let method = run["method"].as_str().unwrap();
        let resistance = number(&run["rs_MOhm"]);
        let (dt, own, tolerance) = match method {
            "implicit_euler dt 0.025" => (0.025, Method::ImplicitEuler, 2e-3),
            "implicit_euler dt 0.00125" => continue,
            _ => (0.0125, Method::CrankNicolson, 2e-3),
        };
        // Crank–Nicolson would ring under the smallest resistance.
        let (dt, own) = if resistance < 1.0 && own == Method::CrankNicolson {
            (0.0025, Method::ImplicitEuler)
        } else {
            (dt, own)
        };
        let mut cell = ball_and_stick();
        let levels = vec![(f64::INFINITY, -70.0)];
        cell.clamp_voltage(SOMA, VoltageClamp { levels, series_resistance: resistance }).unwrap();
        let receptor = DoubleExponential { tau_rise: 0.5, tau_decay: 3.0, E_rev: 0.0, block: None };
        let synapse = cell.add_synapse(DENDRITE, receptor, 2e-3).unwrap();
        cell.name_synapse(synapse, "epsc", "ampa").unwrap();
        cell.add_spikes(synapse, &[5.0]).unwrap();
        let settings =
            Settings { dt, method: own, v_init: -70.0, celsius: 6.3, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.record(&Probe::Electrode { electrode: 0, at: SOMA }, 1).unwrap();
        s.record(&Probe::SynapticCurrent(group("epsc")), 1).unwrap();
        s.record(&Probe::SynapticConductance(group("epsc")), 1).unwrap();
        s.run(30.0).unwrap();
        let r = s.recording();
        let what = |q: &str| format!("{q}, R_s {resistance} MOhm, {method}");
        for (k, key) in ["i_clamp", "i_syn", "g_syn"].into_iter().enumerate() {
            let peak = r.column(k).iter().fold(0f64, |a, &b| if b.abs() > a.abs() { b } else { a });
            let theirs = number(&run["peaks_value_time"][key][0]);
            reached(
                FILE,
                &what(&format!("peak of {key}")),
                (peak / theirs - 1.0).abs(),
                tolerance,
                "relative",
            );
        }
        let mut charge = 0.0;
        let i = r.column(0);
        for k in 1..i.len() {
            charge += 0.5 * dt * (i[k - 1] + i[k]);
        }
        let error = (charge / number(&run["charge_clamp_pC"]) - 1.0).abs();
        reached(FILE, &what("charge of the clamp"), error, tolerance, "relative");
    }
}

/// All currents of all compartments of a spiking cell in NEURON.
#[test]
fn membrane_currents_of_a_spiking_cell() {
    let file = data(FILE);
    let theirs = &file["current_clamp"];
    let mut cell = ball_and_stick();
    cell.insert("hh", &Selection::Region(Region::Soma), HodgkinHuxley::default()).unwrap();
    cell.inject(SOMA, Waveform::step(2.0, 2.0, 0.6)).unwrap();
    let receptor = DoubleExponential { tau_rise: 1e-6, tau_decay: 2.0, E_rev: 0.0, block: None };
    let synapse = cell.add_synapse(DENDRITE, receptor, 5e-3).unwrap();
    cell.name_synapse(synapse, "late", "exp").unwrap();
    // NEURON takes the conductance at the start of a step, a simulation here that in its middle: the event comes half a step
    // later, less 1e-5 ms for the rise.
    cell.add_spikes(synapse, &[10.01249]).unwrap();
    let settings = Settings { v_init: -65.0, celsius: 6.3, ..Settings::default() };
    let mut s = Simulation::new(&cell, &settings).unwrap();
    let n = cell.compartments().len();
    let places: Vec<Location> =
        cell.compartments().as_slice().iter().map(|c| Location::new(c.branch, c.x)).collect();
    for &at in &places {
        s.record(&Probe::Transmembrane(at), 1).unwrap();
    }
    for &at in &places {
        s.record(&Probe::Capacitive(at), 1).unwrap();
    }
    let own = |ion: &str| Some(ion.to_owned());
    let hh = || "hh".to_owned();
    for probe in [
        Probe::IonCurrent { ion: "na".to_owned(), at: SOMA },
        Probe::Current { mechanism: hh(), ion: own("k"), at: SOMA },
        Probe::Conductance { mechanism: hh(), ion: own("na"), at: SOMA },
        Probe::Conductance { mechanism: hh(), ion: own("k"), at: SOMA },
        Probe::Reversal { mechanism: hh(), ion: own("k"), at: SOMA },
        Probe::SynapticCurrent(group("late")),
        Probe::Electrode { electrode: 0, at: SOMA },
        Probe::Voltage(SOMA),
        Probe::Voltage(DENDRITE),
        Probe::SynapticConductance(group("late")),
    ] {
        s.record(&probe, 1).unwrap();
    }
    s.run(20.0).unwrap();
    let r = s.recording();
    let times = numbers(&theirs["t"]);
    // NEURON's gates come from tables of 1 mV. Without them its own membrane currents differ by 1.9e-3 nA here, its capacitive
    // ones by 3.6e-4 and those of sodium by 7.1e-4 mA/cm2, its conductances by 1.3e-5 S/cm2.
    let mut worst = 0f64;
    for k in 0..n {
        let expected = numbers(&theirs["i_membrane_nA"][k]);
        worst = worst.max(max_difference(&column(&r, k, &times, 0.025), &expected));
    }
    reached(FILE, "transmembrane current, 22 compartments", worst, 3e-3, "nA (of 0.44)");
    let mut worst = 0f64;
    for k in 0..n {
        let expected = numbers(&theirs["i_cap_mA_cm2"][k]);
        worst = worst.max(max_difference(&column(&r, n + k, &times, 0.025), &expected));
    }
    reached(FILE, "capacitive current, 22 compartments", worst, 1e-3, "mA/cm2 (of 0.17)");
    // Its parts are evaluated before the solution: at the potential one step earlier.
    let earlier: Vec<f64> = times.iter().map(|t| t - 0.025).collect();
    let before = |current: usize, conductance: usize, potential: usize| -> Vec<f64> {
        let of = |probe: usize| column(&r, 2 * n + probe, &times, 0.025);
        let (i, g, v) = (of(current), of(conductance), of(potential));
        let v_earlier = column(&r, 2 * n + potential, &earlier, 0.025);
        (0..times.len()).map(|k| i[k] - g[k] * (v[k] - v_earlier[k])).collect()
    };
    for (k, key) in ["ina", "ik"].into_iter().enumerate() {
        let error = max_difference(&before(k, 2 + k, 7), &numbers(&theirs["soma"][key]));
        reached(FILE, &format!("{key} of the soma"), error, 2e-3, "mA/cm2 (of 0.8)");
    }
    for (k, key) in ["gna_hh", "gk_hh"].into_iter().enumerate() {
        let expected = numbers(&theirs["soma"][key]);
        let error = max_difference(&column(&r, 2 * n + 2 + k, &times, 0.025), &expected);
        reached(FILE, &format!("{key} of the soma"), error, 3e-5, "S/cm2 (of 0.03)");
    }
    assert!(r.column(2 * n + 4).iter().all(|e| (e + 77.0).abs() < 1e-6));
    let error = max_difference(&before(5, 9, 8), &numbers(&theirs["i_syn_nA"]));
    reached(FILE, "synaptic current", error, 1e-4, "nA (of 0.24)");
    // The current is on in the step that ends at 4 ms, and off in the next.
    for (row, injected) in [(100, 0.6), (160, 0.6), (161, 0.0)] {
        let sum: f64 = (0..n).map(|k| r.values[(row, k)]).sum();
        assert!((sum - injected).abs() < 1e-12, "{row}: {sum}");
        assert!((r.values[(row, 2 * n + 6)] - injected).abs() < 1e-12);
    }
}

/// Currents of the solved step add up to round-off: in every compartment, and over the cell to what electrodes inject; with
/// either method, spikes, a synapse with a magnesium block, one at the very end of a branch, and a clamp.
#[test]
fn currents_add_up_to_round_off() {
    let tree = PyramidalTree::default().build(3).unwrap().without(Region::Axon).unwrap().morphology;
    for method in [Method::ImplicitEuler, Method::CrankNicolson] {
        let c = tree.compartments(&Discretisation::MaxLength(20.0)).unwrap();
        let mut cell = Cell::new(c, 1.0, 150.0).unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 5e-5, E: -65.0 }).unwrap();
        cell.insert("hh", &Selection::Region(Region::Soma), HodgkinHuxley::default()).unwrap();
        cell.inject(SOMA, Waveform::step(2.0, 10.0, 1.5)).unwrap();
        let levels = vec![(8.0, -60.0)];
        cell.clamp_voltage(Location::new(4, 1.0), VoltageClamp { levels, series_resistance: 20.0 })
            .unwrap();
        let nmda = DoubleExponential::nmda(MagnesiumBlock::jahr_stevens());
        for (at, x) in [(2, 0.5), (3, 1.0)] {
            let synapse = cell.add_synapse(Location::new(at, x), nmda, 2e-3).unwrap();
            cell.name_synapse(synapse, "dendritic", "nmda").unwrap();
            cell.add_spikes(synapse, &[3.0, 5.1]).unwrap();
        }
        let settings = Settings { method, v_init: -65.0, celsius: 6.3, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        let list = cell.compartments().as_slice().to_vec();
        let at = |k: usize| Location::new(list[k].branch, list[k].x);
        for k in 0..list.len() {
            s.record(&Probe::Transmembrane(at(k)), 1).unwrap();
        }
        let parts = [
            Probe::Capacitive(SOMA),
            Probe::Current { mechanism: "leak".to_owned(), ion: None, at: SOMA },
            Probe::Current { mechanism: "hh".to_owned(), ion: None, at: SOMA },
            Probe::Electrode { electrode: 0, at: SOMA },
            Probe::Electrode { electrode: 1, at: Location::new(4, 1.0) },
            Probe::SynapticCurrent(group("dendritic")),
            Probe::Voltage(SOMA),
        ];
        for p in &parts {
            s.record(p, 1).unwrap();
        }
        s.run(15.0).unwrap();
        let (r, n) = (s.recording(), list.len());
        let (mut whole, mut soma, mut scale, mut synaptic) = (0f64, 0f64, 0f64, 0f64);
        let mut peak = f64::NEG_INFINITY;
        for row in r.values.rows() {
            let part = |k: usize| row[n + k];
            let sum: f64 = (0..n).map(|k| row[k]).sum();
            whole = whole.max((sum - part(3) - part(4)).abs());
            let parts = 1e-2 * list[0].area * (part(0) + part(1) + part(2));
            soma = soma.max((row[0] - parts).abs());
            scale = scale.max(row[0].abs());
            synaptic = synaptic.max(part(5).abs());
            peak = peak.max(part(6));
        }
        assert!(peak > 20.0, "a spike: {peak} mV");
        assert!(scale > 2.0 && synaptic > 0.01, "{method:?}: {scale} nA, {synaptic} nA");
        reached(
            FILE,
            &format!("sum over the cell less electrodes, {method:?}"),
            whole,
            2e-11,
            "nA",
        );
        reached(FILE, &format!("sum of the parts of the soma, {method:?}"), soma, 2e-12, "nA");
    }
}

/// What is recorded does not change the run.
#[test]
fn recording_currents_changes_nothing() {
    let mut cell = ball_and_stick();
    cell.insert("hh", &Selection::Region(Region::Soma), HodgkinHuxley::default()).unwrap();
    cell.inject(SOMA, Waveform::step(2.0, 2.0, 0.6)).unwrap();
    let run = |record: bool| {
        let mut s = Simulation::new(&cell, &Settings::default()).unwrap();
        if record {
            s.record(&Probe::Transmembrane(SOMA), 3).unwrap();
            s.record(&Probe::IonCurrent { ion: "k".to_owned(), at: SOMA }, 3).unwrap();
        }
        s.run(10.0).unwrap();
        s.voltages()
    };
    assert_eq!(run(false), run(true));
}
