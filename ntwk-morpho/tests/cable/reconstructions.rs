//! Cells of a reconstruction against another simulator. The files are not part of the repository: set NTWK_MORPHOLOGIES to
//! the folder that holds them. The same comparisons on a generated cell always run (tests/cable/pyramidal.rs).
#![allow(clippy::print_stderr)]

use crate::common::{data, max_difference, number, numbers, reached, reconstruction};
use nalgebra::Complex;
use ntwk_core::spec::key::Words as _;
use ntwk_morpho::geometry::swc::{SomaRule, SwcOptions, read};
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{
    Cell, Discretisation, DoubleExponential, Impedance, Location, MagnesiumBlock, Method,
    Morphology, Region, Selection, Settings, Simulation, Waveform,
};

fn load(name: &str) -> Option<Morphology> {
    let reading = read(&reconstruction(name)?, &SwcOptions::default()).unwrap();
    Some(reading.morphology.without(Region::Axon).unwrap().morphology)
}

fn passive(m: &Morphology, max_length: f64) -> Cell {
    let mut cell =
        Cell::new(m.compartments(&Discretisation::MaxLength(max_length)).unwrap(), 1.0, 100.0)
            .unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell
}

const SOMA: Location = Location { branch: 0, x: 0.5 };

fn polar(v: &serde_json::Value) -> Complex<f64> {
    Complex::from_polar(number(&v[0]), number(&v[1]).to_radians())
}

#[test]
fn geometry_and_impedance_of_two_reconstructions() {
    for name in ["L5pyr-j140408b", "L5BC-j131015a-cell-3"] {
        let Some(m) = load(&format!("{name}.CNG.swc")) else {
            return;
        };
        let file = data(&format!("{name}.json"));
        let g = &file["geometry"];
        assert_eq!(m.branches().len() as f64, number(&g["sections"]));
        for (region, key) in
            [(Region::Soma, "soma"), (Region::Basal, "dend"), (Region::Apical, "apic")]
        {
            let (is, area, length) =
                (m.measures_of(region), number(&g["area_um2"][key]), number(&g["length_um"][key]));
            let off = |is: f64, theirs: f64| (is - theirs).abs() / theirs.max(1.0);
            let worst = f64::max(off(is.area, area), off(is.length, length));
            let what = format!("area and length, {key}");
            reached(&format!("{name}.json"), &what, worst, 1e-6, "relative");
        }
        let tip = m.farthest_tip(|_| true).unwrap();
        let distance = m.path_distances()[tip][1];
        assert!((distance / number(&g["tip_distance_um"]) - 1.0).abs() < 1e-6, "{name} {distance}");
        let tip = Location::new(tip, 1.0);
        let cell = passive(&m, 5.0);
        for (f, key) in [(0.0, "0 Hz"), (10.0, "10 Hz"), (100.0, "100 Hz")] {
            let z = Impedance::new(&cell, f, -70.0, 6.3).unwrap();
            let e = &file["impedance"][key];
            let compare = |z: Complex<f64>, quantity: &str| {
                let error = (z.norm() / number(&e[quantity]) - 1.0).abs();
                let what = format!("{quantity} at {key}");
                reached(&format!("{name}.json"), &what, error, 2e-3, "relative");
            };
            compare(z.input(SOMA).unwrap(), "input_soma_MOhm");
            compare(z.input(tip).unwrap(), "input_tip_MOhm");
            compare(z.transfer(tip, SOMA).unwrap(), "transfer_tip_to_soma_MOhm");
        }
    }
}

/// Compartments by the rule of these files: max(1, ⌊L/maximum⌋), made odd.
fn as_in_file(m: &Morphology, maximum: f64) -> Cell {
    let number = |length: f64| ((length / maximum).floor() as usize).max(1) | 1;
    let numbers: Vec<(usize, usize)> =
        m.branches().iter().enumerate().map(|(i, b)| (i, number(b.length()))).collect();
    let compartments = m.compartments_with(&Discretisation::MaxLength(maximum), &numbers).unwrap();
    Cell::new(compartments, 1.0, 100.0).unwrap()
}

/// Current step, synapse at the farthest tip and spikes of two reconstructions, each with the scheme, step and compartments
/// of the other program. Rates of the files come from tables of 1 mV and spike times are samples; exact_rates.json has the same
/// runs without either, and thereby the share of the tables in the tolerance.
#[test]
fn steps_synapses_and_spikes_of_two_reconstructions() {
    let exact_rates = data("exact_rates.json");
    for name in ["L5pyr-j140408b", "L5BC-j131015a-cell-3"] {
        let Some(m) = load(&format!("{name}.CNG.swc")) else {
            return;
        };
        let file_name = format!("{name}.json");
        let file = data(&file_name);
        let tip = Location::new(m.farthest_tip(|_| true).unwrap(), 1.0);
        let run = |cell: &Cell, dt: f64, until: f64, v_init: f64| {
            let settings = Settings { dt, v_init, ..Settings::default() };
            let mut s = Simulation::new(cell, &settings).unwrap();
            s.record_voltage(&[SOMA, tip], 1).unwrap();
            s.detect_spikes(SOMA, 0.0).unwrap();
            s.detect_spikes(tip, 0.0).unwrap();
            s.run(until).unwrap();
            s
        };
        let mut rest = as_in_file(&m, 5.0);
        rest.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
        let mut cell = rest.clone();
        cell.inject(SOMA, Waveform::step(10.0, 50.0, 0.1)).unwrap();
        let step = run(&cell, 0.01, 100.0, -70.0).recording();
        let mut cell = rest.clone();
        let synapse = cell.add_synapse(tip, DoubleExponential::ampa(), 1e-3).unwrap();
        cell.add_spikes(synapse, &[5.0]).unwrap();
        let epsp = run(&cell, 0.01, 60.0, -70.0).recording();
        for (k, key) in ["v_soma", "v_tip"].into_iter().enumerate() {
            let e = &file["passive_step"];
            let at = |t: f64| step.values[((t / 0.01).round() as usize, k)];
            let ours: Vec<f64> = numbers(&e["t"]).into_iter().map(at).collect();
            let error = max_difference(&ours, &numbers(&e[key]));
            reached(&file_name, &format!("passive_step, {key}"), error, 0.02, "mV");
            let key = ["peak_soma_mV", "peak_tip_mV"][k];
            let peak = epsp.column(k).fold(f64::MIN, |a, &b| a.max(b)) + 70.0;
            let error = (peak / number(&file["epsp"][key]) - 1.0).abs();
            reached(&file_name, &format!("epsp, {key}"), error, 0.01, "relative");
        }
        let runs = [(20.0, 0.025), (5.0, 0.005)].map(|(maximum, dt)| {
            let mut cell = as_in_file(&m, maximum);
            cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
            cell.inject(SOMA, Waveform::step(50.0, 200.0, 2.0)).unwrap();
            let spikes = run(&cell, dt, 300.0, -65.0).spikes();
            (format!("max_segment {maximum} um, dt {dt} ms"), spikes)
        });
        for key in ["spikes_soma_ms", "spikes_tip_ms"] {
            let [coarse, fine] = [&runs[0].0, &runs[1].0].map(|r| numbers(&file["hh"][r][key]));
            // What the file calls the error of the coarse run.
            let step = max_difference(&coarse, &fine);
            for (r, spikes) in &runs {
                let ours = &spikes[usize::from(key == "spikes_tip_ms")].times;
                let (tables, exact) =
                    (numbers(&file["hh"][r][key]), numbers(&exact_rates[name][r][key]));
                let what = format!("hh, {r}, {key}");
                let with_tables = max_difference(ours, &tables);
                let tolerance = step + max_difference(&tables, &exact);
                reached(&file_name, &what, with_tables, tolerance, "ms");
                reached(
                    "exact_rates.json",
                    &format!("{name}, {what}"),
                    max_difference(ours, &exact),
                    1e-3,
                    "ms",
                );
            }
        }
    }
}

#[test]
fn a_passive_pyramidal_cell() {
    let Some(m) = load("L5pyr-j140408b.CNG.swc") else {
        return;
    };
    let file = data("l5pyr_passive.json");
    let cell = passive(&m, 2.0);
    assert_eq!(cell.compartments().len() as f64, number(&file["inputs"]["segments"]));
    let tip = cell.compartments().location_of_sample(1687).unwrap();
    assert_eq!(tip.x, 1.0);
    let last = Location::new(tip.branch, 0.9999);
    let z = &file["impedance"];
    for (k, f) in numbers(&z["freq_Hz"]).into_iter().enumerate() {
        let i = Impedance::new(&cell, f, -70.0, 6.3).unwrap();
        for (is, key) in [
            (i.input(SOMA).unwrap(), "Z_soma"),
            (i.transfer(tip, SOMA).unwrap(), "Z_tip_to_soma"),
            (i.input(tip).unwrap(), "Z_tip_input"),
            (i.input(last).unwrap(), "Z_tip_last_segment_centre_input"),
        ] {
            let expected = polar(&z[key][k]);
            let error = (is - expected).norm() / expected.norm();
            let what = format!("{key} at {f} Hz");
            reached("l5pyr_passive.json", &what, error, 3e-6, "relative");
        }
    }
    for row in file["section_table"]["rows"].as_array().unwrap().iter().skip(1) {
        let at = cell.compartments().location_of_sample(row[6].as_i64().unwrap()).unwrap();
        let branch = &m.branches()[at.branch];
        assert!(
            (branch.length() - number(&row[9])).abs() < 1e-4
                && (branch.area() - number(&row[10])).abs() < 1e-3
        );
    }
    // A current step: the adaptive traces are the truth.
    let run = |mut cell: Cell, set: &dyn Fn(&mut Cell), method, until: f64| {
        set(&mut cell);
        let settings = Settings { dt: 0.005, method, v_init: -70.0, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.record_voltage(&[SOMA, tip], 20).unwrap();
        s.run(until).unwrap();
        let r = s.recording();
        [r.column(0).to_vec(), r.column(1).to_vec()]
    };
    let step = |cell: &mut Cell| cell.inject(SOMA, Waveform::step(10.0, 50.0, 0.1)).unwrap();
    let e = &file["step"];
    let euler = run(cell.clone(), &step, Method::ImplicitEuler, 100.0);
    let same = max_difference(&euler[0], &numbers(&e["v_soma_mV"]));
    let file_name = "l5pyr_passive.json";
    reached(file_name, "step, soma, same scheme and dt", same, 2e-5, "mV");
    let second = run(cell.clone(), &step, Method::CrankNicolson, 100.0);
    let soma = max_difference(&second[0], &numbers(&e["v_soma_adaptive_mV"]));
    let far = max_difference(&second[1], &numbers(&e["v_tip_adaptive_mV"]));
    reached(file_name, "step, soma, CrankNicolson against adaptive", soma, 1e-3, "mV");
    reached(file_name, "step, tip, CrankNicolson against adaptive", far, 1e-3, "mV");
    // A synapse at the very tip.
    let synapse = |cell: &mut Cell| {
        let s = cell.add_synapse(tip, DoubleExponential::ampa(), 1e-3).unwrap();
        cell.add_spikes(s, &[5.0]).unwrap();
    };
    let e = &file["exp2syn"];
    for method in [Method::ImplicitEuler, Method::CrankNicolson] {
        let v = run(cell.clone(), &synapse, method, 59.9);
        let soma = max_difference(&v[0][..600], &numbers(&e["v_soma_adaptive_mV"]));
        let far = max_difference(&v[1][..600], &numbers(&e["v_tip_adaptive_mV"]));
        reached(file_name, &format!("synapse, soma, {method:?}"), soma, 1e-3, "mV");
        reached(
            file_name,
            &format!("synapse, tip (1 % of the peak), {method:?}"),
            far,
            0.186,
            "mV",
        );
    }
}

#[test]
fn a_spiking_pyramidal_cell() {
    let Some(m) = load("L5pyr-j140408b.CNG.swc") else {
        return;
    };
    let file = data("l5pyr_hh.json");
    let run = |max_length, dt, method| {
        let mut cell =
            Cell::new(m.compartments(&Discretisation::MaxLength(max_length)).unwrap(), 1.0, 100.0)
                .unwrap();
        cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
        cell.inject(SOMA, Waveform::step(50.0, 400.0, 2.0)).unwrap();
        let tip = cell.compartments().location_of_sample(1687).unwrap();
        let mut s =
            Simulation::new(&cell, &Settings { dt, method, ..Settings::default() }).unwrap();
        s.detect_spikes(SOMA, 0.0).unwrap();
        s.detect_spikes(tip, 0.0).unwrap();
        s.run(500.0).unwrap();
        let spikes = s.spikes();
        [spikes[0].times.clone(), spikes[1].times.clone()]
    };
    let compare = |spikes: &[Vec<f64>; 2], entry: &str, method: &str, limit: f64| {
        for (s, key) in spikes.iter().zip(["spikes_soma_ms", "spikes_tip_ms"]) {
            let error = max_difference(s, &numbers(&file[entry][key]));
            reached("l5pyr_hh.json", &format!("{entry}, {key}, {method}"), error, limit, "ms");
        }
    };
    let euler = |max_length, dt| run(max_length, dt, Method::ImplicitEuler);
    compare(&euler(20.0, 0.025), "coarse", "ImplicitEuler 0.025 ms", 1e-3);
    compare(&euler(5.0, 0.005), "converged_dt_0p005", "ImplicitEuler 0.005 ms", 1e-3);
    let second = run(5.0, 0.005, Method::CrankNicolson);
    compare(&second, "extrapolated", "CrankNicolson 0.005 ms", 5e-3);
}

#[test]
fn sequences_of_nmda_synapses() {
    let Some(m) = load("L23pyr-j150407a.CNG.swc") else {
        return;
    };
    let file = data("nmda_sequence.json");
    let branch = passive(&m, 2.0).compartments().location_of_sample(1934).unwrap().branch;
    let section = &file["dendrite"]["section"];
    let length = m.branches()[branch].length();
    assert!((length - number(&section["length_um"])).abs() < 1e-4);
    // 110 compartments on the stimulated branch put every synapse on a centre.
    let compartments =
        m.compartments_with(&Discretisation::MaxLength(2.0), &[(branch, 110)]).unwrap();
    assert_eq!(compartments.len() as f64, number(&file["inputs"]["segments"]));
    let mut base = Cell::new(compartments, 1.0, 100.0).unwrap();
    base.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    for sequence in file["sequences"].as_array().unwrap() {
        let interval = number(&sequence["interval_ms"]);
        let direction = sequence["direction"].as_str().unwrap();
        let mut cell = base.clone();
        for k in 0..10 {
            let at = Location::new(branch, (k as f64 + 0.5) / 10.0);
            let order = if direction == "IN" { 9 - k } else { k };
            let t = 10.0 + interval * order as f64;
            for (receptor, weight) in [
                (DoubleExponential::ampa(), 0.5e-3),
                (DoubleExponential::nmda(MagnesiumBlock::steep()), 1.35e-3),
            ] {
                let s = cell.add_synapse(at, receptor, weight).unwrap();
                cell.add_spikes(s, &[t]).unwrap();
            }
        }
        let settings = Settings {
            dt: 0.02,
            method: Method::CrankNicolson,
            v_init: -70.0,
            ..Settings::default()
        };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.record_voltage(&[SOMA], 10).unwrap();
        s.run(200.0).unwrap();
        let v = s.recording().column(0).to_vec();
        let peak = v.iter().fold(f64::MIN, |a, &b| a.max(b)) + 70.0;
        let expected = number(&sequence["soma_epsp_peak_mV"]);
        let what = format!("{direction}, {interval} ms, peak at the soma");
        reached("nmda_sequence.json", &what, (peak - expected).abs(), 5e-3, "mV");
        if sequence["v_soma_mV"].is_array() {
            let every: Vec<f64> = v.iter().step_by(5).copied().take(101).collect();
            let trace = max_difference(&every, &numbers(&sequence["v_soma_mV"]));
            let what = format!("{direction}, {interval} ms, trace at the soma");
            reached("nmda_sequence.json", &what, trace, 2e-2, "mV");
        }
    }
}

/// Every reconstruction of the folder reads under every rule, with the same dendrites.
#[test]
fn all_reconstructions_read() {
    let Some(folder) = std::env::var_os("NTWK_MORPHOLOGIES") else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "swc") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for &soma in SomaRule::VALUES {
            let reading = read(&bytes, &SwcOptions { soma, ..SwcOptions::default() }).unwrap();
            let (m, before) = (reading.morphology.measures(), reading.report.before);
            eprintln!(
                "{:?} {soma}: {m:?}, {} remarks",
                path.file_name().unwrap(),
                reading.report.repairs.len()
            );
            assert!(m.branches > 1 && m.length <= before.length * (1.0 + 1e-9), "{path:?} {soma}");
            if soma == SomaRule::Arbor {
                assert!(
                    (m.length / before.length - 1.0).abs() < 1e-9,
                    "literal: nothing is left out"
                );
                assert!((m.area / before.area - 1.0).abs() < 1e-9);
            }
        }
    }
}
