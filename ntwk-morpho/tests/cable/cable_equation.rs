//! Cable theory: impedances, steady states and step responses against closed formulas (cable_analytic.json).

use crate::common::{data, number, numbers, reached};
use nalgebra::Complex;
use ntwk_morpho::geometry::generators::{PyramidalTree, RallTree, ball_and_stick, cable, y_branch};
use ntwk_morpho::membrane::channels::Leak;
use ntwk_morpho::{
    Cell, Discretisation, Impedance, Location, Method, Morphology, Selection, Settings, Simulation,
    VoltageClamp, Waveform,
};

/// R_m 20000 Ω cm², C_m 1 µF/cm², R_i 100 Ω cm, as in the file.
fn passive(morphology: &Morphology, rule: Discretisation) -> Cell {
    let mut cell = Cell::new(morphology.compartments(&rule).unwrap(), 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 5e-5, E: 0.0 }).unwrap();
    cell
}

/// Relative error of an impedance against an entry of the file.
fn error(z: Complex<f64>, expected: &serde_json::Value) -> f64 {
    let expected = Complex::from_polar(
        number(&expected["abs_MOhm"]),
        number(&expected["phase_deg"]).to_radians(),
    );
    (z - expected).norm() / expected.norm()
}

const CABLE: &str = "cable_analytic.json";

#[test]
fn impedance_of_a_sealed_cable() {
    let file = &data("cable_analytic.json")["sealed_cable"];
    let cell = passive(&cable(1000.0, 2.0).unwrap(), Discretisation::PerBranch(999));
    let [start, middle, end] = [0.0, 0.5, 1.0].map(|x| Location::new(0, x));
    for (k, f) in numbers(&file["impedance"]["freq_Hz"]).into_iter().enumerate() {
        let z = Impedance::new(&cell, f, 0.0, 6.3).unwrap();
        let tolerance = if f < 50.0 { 2e-6 } else { 1e-3 };
        let worst = [
            (z.input(start), "Z_in_0"),
            (z.transfer(start, end), "Z_transfer_0_to_L"),
            (z.transfer(start, middle), "Z_transfer_0_to_Lhalf"),
        ]
        .map(|(z, key)| error(z.unwrap(), &file["impedance"][key][k]));
        let worst = worst.into_iter().fold(0.0, f64::max);
        reached(CABLE, &format!("sealed cable, impedance at {f} Hz"), worst, tolerance, "relative");
    }
    let z = Impedance::new(&cell, 0.0, 0.0, 6.3).unwrap();
    let v = z.response(&[(start, Complex::new(1.0, 0.0))]).unwrap();
    for (x, ratio) in
        numbers(&file["steady"]["x_um"]).iter().zip(numbers(&file["steady"]["V_over_V0"]))
    {
        // The end nodes lie at 0 and L, the other centres beside the whole number; compare with the formula there.
        let at = (x / 1000.0).clamp(0.0, 1.0);
        let node = cell.compartments().node(Location::new(0, at)).unwrap();
        let exact = match cell.compartments().as_slice().get(node) {
            Some(c) => (1.0 - c.x).cosh() / 1f64.cosh(),
            None => ratio,
        };
        assert!((v[node].re / number(&file["Rin0_MOhm"]) - exact).abs() < 1e-6);
    }
}

#[test]
fn impedance_of_a_tree_under_the_three_halves_rule() {
    let file = &data("cable_analytic.json")["rall_three_halves"];
    let branch =
        |k: &str| (number(&file["inputs"][k]["length_um"]), number(&file["inputs"][k]["diam_um"]));
    let tree = y_branch(branch("parent"), branch("child1"), branch("child2")).unwrap();
    let cell = passive(&tree, Discretisation::PerBranch(501));
    let root = Location::new(0, 0.0);
    let tips = [Location::new(1, 1.0), Location::new(2, 1.0)];
    for (k, f) in numbers(&file["impedance"]["freq_Hz"]).into_iter().enumerate() {
        let z = Impedance::new(&cell, f, 0.0, 6.3).unwrap();
        let tolerance = if f < 50.0 { 1e-5 } else { 1e-3 };
        let what = format!("3/2 tree, impedance at {f} Hz");
        let input = error(z.input(root).unwrap(), &file["impedance"]["Z_in_root"][k]);
        reached(CABLE, &what, input, tolerance, "relative");
        for tip in tips {
            let entry = &file["impedance"]["Z_transfer_root_to_either_tip"][k];
            let transfer = error(z.transfer(root, tip).unwrap(), entry);
            let what = format!("{what}, root to tip");
            reached(CABLE, &what, transfer, 2.0 * tolerance, "relative");
        }
    }
    let z = Impedance::new(&cell, 0.0, 0.0, 6.3).unwrap();
    let at_tip = z.input(tips[0]).unwrap().re;
    assert!((at_tip / number(&file["Rin_at_tip_of_child1_MOhm"]) - 1.0).abs() < 1e-5);
    let back = 1.0 / z.attenuation(tips[0], root).unwrap().re;
    assert!((back / number(&file["V_root_over_V_tip1_for_injection_at_tip1"]) - 1.0).abs() < 1e-5);
    // The generated tree of ten levels collapses on one cylinder too.
    let rall = RallTree { soma_radius: 0.0, levels: 8, ..RallTree::default() };
    let cell = passive(&rall.build(1).unwrap(), Discretisation::MaxLength(2.0));
    let z = Impedance::new(&cell, 0.0, 0.0, 6.3).unwrap();
    let r_inf = |d: f64| 4.0 * 100.0 * lambda(d) / (std::f64::consts::PI * d * d) * 0.01;
    let electrotonic: f64 =
        (0..8).map(|b| 100.0 / lambda(2.0 * 2f64.powf(-2.0 * f64::from(b) / 3.0))).sum();
    let exact = r_inf(2.0) / electrotonic.tanh();
    assert!((z.input(Location::new(0, 0.0)).unwrap().re / exact - 1.0).abs() < 1e-5);
    let ratio = z.attenuation(Location::new(0, 0.0), Location::new(254, 1.0)).unwrap().re;
    assert!((ratio / electrotonic.cosh() - 1.0).abs() < 1e-5);
}

/// Length constant (µm) for diameter d (µm).
fn lambda(d: f64) -> f64 {
    1e4 * (20_000.0 * d * 1e-4 / 400.0).sqrt()
}

fn step_response(
    cell: &Cell,
    at: &[Location],
    dt: f64,
    times: &[f64],
    method: Method,
) -> Vec<Vec<f64>> {
    let mut cell = cell.clone();
    cell.inject(at[0], Waveform::step(0.0, f64::INFINITY, 0.1)).unwrap();
    let mut s =
        Simulation::new(&cell, &Settings { dt, method, v_init: 0.0, ..Settings::default() })
            .unwrap();
    times
        .iter()
        .map(|&t| {
            s.run(t).unwrap();
            at.iter().map(|&a| s.voltage(a).unwrap()).collect()
        })
        .collect()
}

#[test]
fn charging_of_a_cable_and_of_a_ball_and_stick() {
    let file = data("cable_analytic.json");
    let step = &file["sealed_cable"]["step_0p1nA"];
    let cell = passive(&cable(1000.0, 2.0).unwrap(), Discretisation::PerBranch(401));
    let ends = [Location::new(0, 0.0), Location::new(0, 1.0)];
    let v = step_response(&cell, &ends, 0.001, &numbers(&step["t_ms"]), Method::CrankNicolson);
    for (end, (key, tolerance)) in [("V0_mV", 5e-4), ("VL_mV", 2e-4)].into_iter().enumerate() {
        let off = v.iter().zip(numbers(&step[key])).map(|(v, e)| (v[end] - e).abs());
        let what = format!("sealed cable, step, {key}");
        reached(CABLE, &what, off.fold(0.0, f64::max), tolerance, "mV");
    }
    let ball = &file["ball_and_stick"];
    let cell = passive(&ball_and_stick(20.0, 1000.0, 2.0).unwrap(), Discretisation::PerBranch(401));
    let soma = Location::new(0, 0.5);
    let z = Impedance::new(&cell, 0.0, 0.0, 6.3).unwrap().input(soma).unwrap().re;
    assert!((z / number(&ball["Rin_soma_MOhm"]) - 1.0).abs() < 1e-5, "{z}");
    let step = &ball["step_0p1nA_soma"];
    let v = step_response(&cell, &[soma], 0.005, &numbers(&step["t_ms"]), Method::CrankNicolson);
    let off = v.iter().zip(numbers(&step["V_mV"])).map(|(v, e)| (v[0] / e - 1.0).abs());
    reached(CABLE, "ball and stick, step", off.fold(0.0, f64::max), 1e-3, "relative");
}

/// Error halves with dt for implicit Euler and quarters for Crank–Nicolson; it quarters with the compartment length.
#[test]
fn orders_of_convergence() {
    let file = &data("cable_analytic.json")["sealed_cable"]["step_0p1nA"];
    let exact = number(&file["V0_mV"][4]);
    let ends = [Location::new(0, 0.0), Location::new(0, 1.0)];
    let errors = |cells: usize, dts: &[f64], method| -> Vec<f64> {
        let cell = passive(&cable(1000.0, 2.0).unwrap(), Discretisation::PerBranch(cells));
        let limit = step_response(&cell, &ends, 1e-3, &[5.0], Method::CrankNicolson)[0][1];
        dts.iter()
            .map(|&dt| (step_response(&cell, &ends, dt, &[5.0], method)[0][1] - limit).abs())
            .collect()
    };
    for (method, order) in [(Method::ImplicitEuler, 1.0), (Method::CrankNicolson, 2.0)] {
        let e = errors(101, &[0.2, 0.1, 0.05, 0.025], method);
        for w in e.windows(2) {
            let off = ((w[0] / w[1]).log2() - order).abs();
            let what =
                format!("{method:?}: order in dt less {order}, {:.1e} to {:.1e}", w[0], w[1]);
            reached("convergence", &what, off, 0.1, "");
        }
    }
    let in_space: Vec<f64> = [10, 20, 40, 80]
        .into_iter()
        .map(|n| {
            let cell = passive(&cable(1000.0, 2.0).unwrap(), Discretisation::PerBranch(n));
            (step_response(&cell, &ends, 2e-3, &[5.0], Method::CrankNicolson)[0][0] - exact).abs()
        })
        .collect();
    for w in in_space.windows(2) {
        let off = ((w[0] / w[1]).log2() - 2.0).abs();
        let what = format!("order in dx less 2, {:.1e} to {:.1e} mV", w[0], w[1]);
        reached("convergence", &what, off, 0.1, "");
    }
}

fn pyramidal() -> Cell {
    let tree = PyramidalTree::default().build(3).unwrap();
    let mut cell =
        Cell::new(tree.compartments(&Discretisation::MaxLength(10.0)).unwrap(), 1.0, 150.0)
            .unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell
}

#[test]
fn impedances_are_reciprocal_and_the_map_agrees_with_single_solutions() {
    // In a reconstruction, branches start from the centre of the soma, whose end is one more child of it.
    let text = include_str!("../data/pyramidal.swc");
    let read = ntwk_morpho::geometry::swc::read(text.as_bytes(), &Default::default()).unwrap();
    for cell in [pyramidal(), passive(&read.morphology, Discretisation::MaxLength(20.0))] {
        reciprocal(&cell);
    }
}

fn reciprocal(cell: &Cell) {
    let n = cell.compartments().n_branches();
    for f in [0.0, 30.0, 300.0] {
        let z = Impedance::new(cell, f, -70.0, 6.3).unwrap();
        for (a, b) in [(0, n - 1), (3, 17), (9, 30)] {
            let (a, b) = (Location::new(a, 1.0), Location::new(b, 0.7));
            let (there, back) = (z.transfer(a, b).unwrap(), z.transfer(b, a).unwrap());
            assert!((there - back).norm() < 1e-12 * there.norm());
        }
        let map = z.inputs();
        for branch in 0..n {
            for x in [0.0, 0.5, 1.0] {
                let at = Location::new(branch, x);
                let one = z.input(at).unwrap();
                let all = map[cell.compartments().node(at).unwrap()];
                assert!((one - all).norm() < 1e-11 * one.norm(), "{at:?} {one} {all}");
            }
        }
    }
}

/// Σ C ΔV = Δt (I − Σ g A (V − E)) with V at the end of the step (implicit Euler) or in its middle (Crank–Nicolson).
#[test]
fn charge_is_conserved_to_rounding() {
    for method in [Method::ImplicitEuler, Method::CrankNicolson] {
        let mut cell = pyramidal();
        cell.inject(Location::new(7, 1.0), Waveform::step(0.0, 5.0, 0.4)).unwrap();
        let dt = 0.025;
        let mut s =
            Simulation::new(&cell, &Settings { dt, method, v_init: -70.0, ..Settings::default() })
                .unwrap();
        let mut worst = 0.0f64;
        for step in 0..400 {
            let before = s.voltages().to_vec();
            s.step().unwrap();
            let after = s.voltages();
            let (mut charge, mut leak) = (0.0, 0.0);
            for (k, c) in cell.compartments().as_slice().iter().enumerate() {
                charge += 1e-5 * c.area * (after[k] - before[k]);
                let v = if method == Method::ImplicitEuler {
                    after[k]
                } else {
                    0.5 * (before[k] + after[k])
                };
                leak += 1e-2 * c.area * 1e-4 * (v + 70.0);
            }
            let injected = if f64::from(step) * dt < 5.0 - 1e-9 { 0.4 } else { 0.0 };
            worst = worst.max((charge - dt * (injected - leak)).abs() / (dt * 0.4));
        }
        let what = format!("{method:?}, 400 steps");
        reached("charge", &what, worst, 1e-12, "of the injected charge");
    }
}

#[test]
fn a_passive_cell_without_input_loses_energy_and_returns_to_rest() {
    let cell = pyramidal();
    let mut s = Simulation::new(&cell, &Settings { dt: 0.1, v_init: -40.0, ..Settings::default() })
        .unwrap();
    let energy = |s: &Simulation| -> f64 {
        let list = cell.compartments().as_slice();
        list.iter().zip(s.voltages()).map(|(c, v)| c.area * (v + 70.0).powi(2)).sum()
    };
    let mut last = energy(&s);
    for _ in 0..1000 {
        s.step().unwrap();
        let now = energy(&s);
        assert!(now < last);
        last = now;
    }
    s.run(400.0).unwrap();
    assert!(s.voltages().iter().all(|v| (v + 70.0).abs() < 1e-10));
}

/// Voltage clamp: at steady state the electrode sees R_s in series with the input resistance.
#[test]
fn a_voltage_clamp_sees_the_input_resistance() {
    let mut cell = pyramidal();
    let soma = Location::new(0, 0.5);
    let r_in = Impedance::new(&cell, 0.0, -70.0, 6.3).unwrap().input(soma).unwrap().re;
    cell.clamp_voltage(
        soma,
        VoltageClamp { levels: vec![(500.0, -50.0)], series_resistance: 10.0 },
    )
    .unwrap();
    let mut s = Simulation::new(&cell, &Settings { dt: 0.1, v_init: -70.0, ..Settings::default() })
        .unwrap();
    s.run(500.0).unwrap();
    let v = s.voltage(soma).unwrap();
    assert!((v - (-70.0 + 20.0 * r_in / (r_in + 10.0))).abs() < 1e-9, "{v}");
}

/// The same membrane in other clothes: moved, with a branch cut in two, with siblings in another order.
#[test]
fn the_solution_does_not_depend_on_how_the_tree_is_written() {
    let tree = PyramidalTree { step: 10.0, ..PyramidalTree::default() }.build(8).unwrap();
    let run = |m: &Morphology, at: Location| {
        let mut cell =
            Cell::new(m.compartments(&Discretisation::PerSample).unwrap(), 1.0, 150.0).unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
        cell.inject(at, Waveform::step(1.0, 10.0, 0.2)).unwrap();
        let mut s =
            Simulation::new(&cell, &Settings { v_init: -70.0, ..Settings::default() }).unwrap();
        s.run(8.0).unwrap();
        s.voltage(Location::new(0, 0.5)).unwrap()
    };
    let reference = run(&tree, Location::new(5, 1.0));
    let moved = tree.rotated([1.0, 1.0, 0.0], 0.7).unwrap().translated([3.0, 4.0, 5.0]).unwrap();
    assert!((run(&moved, Location::new(5, 1.0)) - reference).abs() < 1e-10);
    // Branch 5 cut at a sample: its second half is a new branch at the end of the list, which takes over the children.
    let mut branches = tree.clone().into_branches();
    let half = branches[5].samples.len() / 2;
    let tail = branches[5].samples.split_off(half);
    let joint = tail[0];
    branches[5].samples.push(joint);
    let region = branches[5].region;
    for b in branches.iter_mut().skip(6) {
        if let Some(at) = &mut b.parent {
            at.branch += usize::from(at.branch > 5);
            if at.branch == 5 {
                at.branch = 6;
            }
        }
    }
    let parent = Some(ntwk_morpho::Attachment { branch: 5, x: 1.0 });
    branches.insert(6, ntwk_morpho::Branch { region, parent, samples: tail });
    let cut = Morphology::new(branches).unwrap();
    assert!((run(&cut, Location::new(6, 1.0)) - reference).abs() < 1e-10);
    // Two leaves written in the other order.
    let children = tree.children();
    let leaf = (1..tree.branches().len() - 1)
        .find(|&i| children[i].is_empty() && children[i + 1].is_empty())
        .unwrap();
    let mut branches = tree.clone().into_branches();
    branches.swap(leaf, leaf + 1);
    let swapped = Morphology::new(branches).unwrap();
    let at = if leaf == 5 {
        6
    } else if leaf + 1 == 5 {
        5 - 1
    } else {
        5
    };
    assert!((run(&swapped, Location::new(at, 1.0)) - reference).abs() < 1e-10);
}

#[test]
fn limits_of_the_axial_resistivity() {
    let tree = PyramidalTree::default().build(2).unwrap();
    let build = |r_i: f64| {
        let mut cell =
            Cell::new(tree.compartments(&Discretisation::MaxLength(20.0)).unwrap(), 1.0, r_i)
                .unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: 0.0 }).unwrap();
        cell
    };
    let soma = Location::new(0, 0.5);
    let point = Impedance::new(&build(1e-9), 0.0, 0.0, 6.3).unwrap().input(soma).unwrap().re;
    let area = tree.measures().area;
    assert!((point * area * 1e-2 * 1e-4 - 1.0).abs() < 1e-8);
    let alone = Impedance::new(&build(1e14), 0.0, 0.0, 6.3).unwrap().input(soma).unwrap().re;
    let area = tree.branches()[0].area();
    assert!((alone * area * 1e-2 * 1e-4 - 1.0).abs() < 1e-6);
}
