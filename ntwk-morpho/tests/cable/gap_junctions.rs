//! Cells joined by gap junctions: closed formulas, charge, and NEURON's numbers (validation/morpho/gap_junction.py).

use crate::common::{data, max_difference, number, numbers, reached};
use nalgebra::{DMatrix, DVector};
use ntwk_morpho::geometry::generators::{ball_and_stick, cable};
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{
    Cell, CoupledCells, CoupledError, Discretisation, GapJunction, Impedance, Location, Method,
    Selection, Settings, Simulation, Waveform, coupled_response,
};

const SOMA: Location = Location { branch: 0, x: 0.5 };
const DENDRITE: Location = Location { branch: 1, x: 0.5 };

fn ball(soma: f64, length: f64, diameter: f64, leak: f64) -> Cell {
    let m = ball_and_stick(soma, length, diameter).unwrap();
    let compartments = m.compartments(&Discretisation::PerBranch(15)).unwrap();
    let mut cell = Cell::new(compartments, 1.0, 100.0).unwrap();
    if leak > 0.0 {
        cell.insert("leak", &Selection::All, Leak { g: leak, E: -65.0 }).unwrap();
    }
    cell
}

/// The two cells of the script.
fn pair(leak: f64) -> [Cell; 2] {
    [ball(20.0, 300.0, 2.0, leak), ball(15.0, 200.0, 1.5, leak)]
}

fn junction(conductance: f64) -> GapJunction {
    GapJunction { cells: [0, 1], at: [DENDRITE; 2], conductance }
}

fn simulations(cells: &[Cell], settings: &Settings) -> Vec<Simulation> {
    let one = |cell| {
        let mut s = Simulation::new(cell, settings).unwrap();
        s.record_voltage(&[SOMA, DENDRITE], 1).unwrap();
        s.detect_spikes(SOMA, 0.0).unwrap();
        s
    };
    cells.iter().map(one).collect()
}

/// Isopotential cells in a ring of three and one across: the steady state of the network of conductances.
#[test]
fn steady_state_of_single_compartments() {
    let settings = Settings { dt: 0.5, ..Settings::default() };
    let currents = [0.02, 0.0, -0.01];
    let mut cells = Vec::new();
    let mut leaks = Vec::new();
    for (k, i) in currents.iter().enumerate() {
        let m = cable(50.0, 10.0 + 2.0 * k as f64).unwrap();
        let compartments = m.compartments(&Discretisation::PerBranch(1)).unwrap();
        let mut cell = Cell::new(compartments, 1.0, 100.0).unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -65.0 }).unwrap();
        cell.inject(SOMA, Waveform::step(0.0, 1e9, *i)).unwrap();
        // S/cm² on µm² in µS.
        leaks.push(1e-4 * 1e-2 * cell.compartments().area());
        cells.push(cell);
    }
    // Two junctions between the same compartments, and one that conducts nothing.
    let joined = [(0, 1, 0.003), (1, 2, 0.001), (2, 0, 0.002), (1, 0, 0.0005), (0, 2, 0.0)];
    let junctions: Vec<GapJunction> = joined
        .iter()
        .map(|&(a, b, g)| GapJunction { cells: [a, b], at: [SOMA; 2], conductance: g })
        .collect();
    let alone = cells.iter().map(|c| Simulation::new(c, &settings).unwrap()).collect();
    let mut together = CoupledCells::new(alone, &junctions).unwrap();
    together.run(1000.0, |_, _| ()).unwrap();
    let mut matrix = DMatrix::from_diagonal(&DVector::from_vec(leaks));
    for (a, b, g) in joined {
        for (i, j, sign) in [(a, a, 1.0), (b, b, 1.0), (a, b, -1.0), (b, a, -1.0)] {
            matrix[(i, j)] += sign * g;
        }
    }
    let exact = matrix.lu().solve(&DVector::from_row_slice(&currents)).unwrap();
    let error = (0..3)
        .map(|k| (together.cells()[k].voltage(SOMA).unwrap() + 65.0 - exact[k]).abs())
        .fold(0.0, f64::max);
    reached("gap junctions", "three single compartments, steady state", error, 1e-10, "mV");
    for (i, (a, b, g)) in together.currents().iter().zip(joined) {
        assert!((i - g * (exact[a] - exact[b])).abs() < 1e-12, "{i}");
    }
}

/// Two cables: the steady state follows from the impedances of each alone, and the coupling coefficient with it.
#[test]
fn coupling_coefficient_of_two_cables() {
    let (g, current) = (0.004, 0.1);
    let mut cells = pair(1e-4);
    let alone: Vec<Impedance> =
        cells.iter().map(|c| Impedance::new(c, 0.0, -65.0, 6.3).unwrap()).collect();
    let z = |c: usize, a, b| alone[c].transfer(a, b).unwrap().re;
    // The formula of two cells and one junction, written out.
    let loop_resistance = 1.0 / g + z(0, DENDRITE, DENDRITE) + z(1, DENDRITE, DENDRITE);
    let through = z(0, SOMA, DENDRITE) / loop_resistance;
    let v = [z(0, SOMA, SOMA) - z(0, SOMA, DENDRITE) * through, z(1, DENDRITE, SOMA) * through];
    let response = coupled_response(&alone, &[junction(g)], (0, SOMA), &[SOMA; 2]).unwrap();
    for (r, v) in response.iter().zip(v) {
        assert!((r.re / v - 1.0).abs() < 1e-12 && r.im == 0.0, "{r} {v}");
    }
    cells[0].inject(SOMA, Waveform::step(0.0, 1e9, current)).unwrap();
    let settings = Settings { dt: 0.25, ..Settings::default() };
    let mut together = CoupledCells::new(simulations(&cells, &settings), &[junction(g)]).unwrap();
    together.run(600.0, |_, _| ()).unwrap();
    let end: Vec<f64> = together.cells().iter().map(|s| s.voltage(SOMA).unwrap() + 65.0).collect();
    let error = (end[1] / end[0] / (v[1] / v[0]) - 1.0).abs();
    reached("gap junctions", "two cables, coupling coefficient", error, 1e-9, "relative");
    assert!((end[0] / (v[0] * current) - 1.0).abs() < 1e-9);
    assert!((together.currents()[0] / (through * current) - 1.0).abs() < 1e-9);
    // Reciprocity: the transfer resistance is the same in both directions.
    let back = coupled_response(&alone, &[junction(g)], (1, SOMA), &[SOMA; 2]).unwrap();
    assert!((back[0].re / response[1].re - 1.0).abs() < 1e-12);
}

/// Without a leak nothing but the junction moves charge: what one cell loses the other has.
#[test]
fn charge_is_conserved() {
    for method in [Method::ImplicitEuler, Method::CrankNicolson] {
        let mut cells = pair(0.0);
        cells[0].inject(SOMA, Waveform::step(1.0, 5.0, 0.5)).unwrap();
        let settings = Settings { method, ..Settings::default() };
        let joined = [junction(0.01), GapJunction { at: [SOMA; 2], ..junction(0.002) }];
        let mut together = CoupledCells::new(simulations(&cells, &settings), &joined).unwrap();
        let (mut moved, dt) = (0.0, settings.dt);
        let mut before = 0.0;
        together
            .run(20.0, |_, t| {
                let now: f64 = t.currents().iter().sum();
                moved += dt
                    * match method {
                        Method::ImplicitEuler => now,
                        Method::CrankNicolson => 0.5 * (now + before),
                    };
                before = now;
            })
            .unwrap();
        let charge = |k: usize| -> f64 {
            let v = together.cells()[k].voltages();
            let list = cells[k].compartments().as_slice();
            // µF/cm² on µm² in nF.
            list.iter().zip(v).map(|(c, v)| 1e-5 * c.area * (v + 65.0)).sum()
        };
        let injected = 5.0 * 0.5;
        let total = ((charge(0) + charge(1)) / injected - 1.0).abs();
        let what = format!("charge of two cells, {method:?}");
        reached("gap junctions", &what, total, 1e-12, "of the injected charge");
        let second = (charge(1) - moved).abs() / injected;
        let what = format!("charge through the junctions, {method:?}");
        reached("gap junctions", &what, second, 1e-12, "of the injected charge");
        assert!(charge(1) > 0.1 * injected);
    }
}

#[test]
fn the_traces_are_neurons() {
    let file = data("gap_junction.json");
    let g = number(&file["conductance_uS"]);
    let settings = Settings { dt: number(&file["dt_ms"]), ..Settings::default() };
    for (kind, until, key, every) in [
        ("passive", 400.0, "passive_every_5_ms_mV", 200),
        ("active", 60.0, "active_every_1_ms_mV", 40),
    ] {
        let mut cells = pair(1e-4);
        if kind == "active" {
            for cell in &mut cells {
                let soma = Selection::Branches(vec![0]);
                cell.insert("hh", &soma, HodgkinHuxley::default()).unwrap();
            }
        }
        let step = Waveform::step(5.0, 1e9, number(&file["amplitude_nA"][kind]));
        cells[0].inject(SOMA, step).unwrap();
        let mut together =
            CoupledCells::new(simulations(&cells, &settings), &[junction(g)]).unwrap();
        together.run(until, |_, _| ()).unwrap();
        for (k, name) in ["A", "B"].into_iter().enumerate() {
            let recording = together.cells()[k].recording();
            for (column, place) in ["soma", "dend"].into_iter().enumerate() {
                let expected = numbers(&file[key][format!("{place}_{name}")]);
                let ours: Vec<f64> =
                    recording.column(column).iter().step_by(every).copied().collect();
                let error = max_difference(&ours[..expected.len()], &expected);
                let what = format!("{kind}, {place} of {name}, same scheme and dt");
                let tolerance = if kind == "passive" { 1e-9 } else { 1e-7 };
                reached("gap_junction.json", &what, error, tolerance, "mV");
            }
            if kind == "active" {
                let expected = numbers(&file["active_spikes_ms"][format!("soma_{name}")]);
                let spikes = &together.cells()[k].spikes()[0].times;
                let error = max_difference(spikes, &expected);
                let what = format!("active, spikes of {name}");
                reached("gap_junction.json", &what, error, 1e-8, "ms");
            }
        }
    }
}

/// Cells that nothing flows between have the bits they have alone; the order of the cells does not matter.
#[test]
fn cells_without_conductance_are_alone_and_order_does_not_matter() {
    for method in [Method::ImplicitEuler, Method::CrankNicolson] {
        let mut cells = pair(1e-4);
        cells[0].inject(SOMA, Waveform::step(1.0, 5.0, 0.5)).unwrap();
        cells[0].insert("hh", &Selection::Branches(vec![0]), HodgkinHuxley::default()).unwrap();
        let settings = Settings { method, ..Settings::default() };
        let mut apart = simulations(&cells, &settings);
        apart.iter_mut().for_each(|s| s.run(10.0).unwrap());
        let run = |cells: &[Cell], junction: GapJunction| {
            let mut t = CoupledCells::new(simulations(cells, &settings), &[junction]).unwrap();
            t.run(10.0, |_, _| ()).unwrap();
            t
        };
        for (s, alone) in run(&cells, junction(0.0)).cells().iter().zip(&apart) {
            assert_eq!(s.voltages(), alone.voltages());
            assert_eq!(s.recording(), alone.recording());
        }
        let forth = run(&cells, junction(0.004));
        assert_ne!(forth.cells()[1].voltages(), apart[1].voltages());
        cells.reverse();
        let back = run(&cells, junction(0.004));
        for k in 0..2 {
            let (a, b) = (forth.cells()[k].voltages(), back.cells()[1 - k].voltages());
            assert!(max_difference(&a, &b) < 1e-10);
        }
    }
}

/// A junction inside a cell goes with those between cells: two halves of one cable joined by the conductance of the whole.
#[test]
fn junctions_inside_and_between_cells_agree() {
    let settings = Settings::default();
    let one = || {
        let m = cable(50.0, 10.0).unwrap();
        let compartments = m.compartments(&Discretisation::PerBranch(3)).unwrap();
        let mut cell = Cell::new(compartments, 1.0, 100.0).unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -65.0 }).unwrap();
        cell.add_gap_junction(Location::new(0, 0.1), Location::new(0, 0.9), 0.02).unwrap();
        cell
    };
    let mut cells = [one(), one()];
    cells[0].inject(SOMA, Waveform::step(0.0, 1e9, 0.05)).unwrap();
    let joined = [junction_at(0.1, 0.001), junction_at(0.9, 0.001)];
    let mut together = CoupledCells::new(
        cells.iter().map(|c| Simulation::new(c, &settings).unwrap()).collect(),
        &joined,
    )
    .unwrap();
    together.run(2000.0, |_, _| ()).unwrap();
    // Symmetric ends: the junction inside carries nothing, and the sum of both junctions joins two isopotential pairs.
    for s in together.cells() {
        let v = |x| s.voltage(Location::new(0, x)).unwrap();
        assert!((v(0.1) - v(0.9)).abs() < 1e-9);
    }
    let i = together.currents();
    assert!((i[0] - i[1]).abs() < 1e-12 && i[0] > 0.0);
    let leak = 1e-6 * cells[1].compartments().area();
    let mean: f64 = together.cells()[1].voltages()[..3].iter().map(|v| v + 65.0).sum::<f64>() / 3.0;
    assert!(((i[0] + i[1]) / (leak * mean) - 1.0).abs() < 1e-9);
}

fn junction_at(x: f64, conductance: f64) -> GapJunction {
    GapJunction { at: [Location::new(0, x); 2], ..junction(conductance) }
}

#[test]
fn what_cannot_be_joined_is_refused() {
    let cells = pair(1e-4);
    let settings = Settings::default();
    let join =
        |j: GapJunction| CoupledCells::new(simulations(&cells, &settings), &[j]).unwrap_err();
    let good = junction(0.001);
    assert!(matches!(
        join(GapJunction { cells: [0, 2], ..good }),
        CoupledError::Cell { cell: 2, count: 2, .. }
    ));
    assert!(matches!(join(GapJunction { cells: [1, 1], ..good }), CoupledError::OneCell { .. }));
    assert!(matches!(
        join(GapJunction { at: [SOMA, Location::new(7, 0.5)], ..good }),
        CoupledError::Location { junction: 0, .. }
    ));
    for g in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(join(junction(g)), CoupledError::Conductance { .. }));
    }
    let mut other = simulations(&cells[..1], &settings);
    other.extend(simulations(&cells[1..], &Settings { dt: 0.05, ..settings }));
    assert!(matches!(CoupledCells::new(other, &[]), Err(CoupledError::Steps { cell: 1 })));
    let mut none = CoupledCells::new(Vec::new(), &[]).unwrap();
    none.run(10.0, |_, _| ()).unwrap();
    assert_eq!(none.time(), 0.0);
    let mut pair = CoupledCells::new(simulations(&cells, &settings), &[good]).unwrap();
    assert!(matches!(pair.run(f64::NAN, |_, _| ()), Err(CoupledError::Simulation { cell: 0, .. })));
}
