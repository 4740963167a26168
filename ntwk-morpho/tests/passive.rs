//! Gap junctions, gradients of the passive cell, the passive fit, and maps of EPSPs against impedances.

use ntwk_core::Job;
use ntwk_morpho::geometry::generators::{PyramidalTree, ball_and_stick};
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::solver::passive::{PassiveCell, PassiveError, Target};
use ntwk_morpho::solver::passive_fit::{PassiveParameter, fit_passive};
use ntwk_morpho::{
    Cell, Discretisation, Location, Method, Selection, Settings, Simulation, Waveform,
};

const SOMA: Location = Location { branch: 0, x: 0.5 };

#[allow(non_snake_case)]
fn pyramidal(C_m: f64, R_i: f64, g: f64) -> Cell {
    let m =
        PyramidalTree { basal_trees: 2, obliques: 1, ..PyramidalTree::default() }.build(2).unwrap();
    let mut cell =
        Cell::new(m.compartments(&Discretisation::MaxLength(40.0)).unwrap(), C_m, R_i).unwrap();
    cell.insert("leak", &Selection::All, Leak { g, E: -70.0 }).unwrap();
    cell.inject(SOMA, Waveform::step(5.0, 40.0, 0.1)).unwrap();
    cell
}

fn target(cell: &Cell, at: Location) -> Target {
    let mut t = Target { at, dt: 0.1, values: vec![f64::NAN; 601] };
    t.values = PassiveCell::new(cell).unwrap().response(&t, false, &Job::new()).unwrap().v;
    t
}

#[test]
fn the_linear_system_is_the_simulation() {
    let cell = pyramidal(1.0, 120.0, 1e-4);
    let settings = Settings { dt: 0.1, v_init: -70.0, ..Settings::default() };
    let mut s = Simulation::new(&cell, &settings).unwrap();
    s.record_voltage(&[SOMA], 1).unwrap();
    s.run(60.0).unwrap();
    let t = target(&cell, SOMA);
    let worst = s
        .recording()
        .column(0)
        .iter()
        .zip(&t.values)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    assert!(worst < 1e-9, "{worst:e}");
}

/// The adjoint against central differences, per compartment and kind of parameter.
#[test]
fn gradients_are_exact() {
    let at = Location::new(4, 1.0);
    let t = target(&pyramidal(1.3, 90.0, 7e-5), at);
    let cell = PassiveCell::new(&pyramidal(1.0, 120.0, 1e-4)).unwrap();
    let g = cell.response(&t, true, &Job::new()).unwrap().gradient.unwrap();
    type Field = fn(&mut PassiveCell) -> &mut Vec<f64>;
    let fields: [(Field, &Vec<f64>, &str); 4] = [
        (|c| &mut c.C_m, &g.C_m, "C_m"),
        (|c| &mut c.R_i, &g.R_i, "R_i"),
        (|c| &mut c.g_L, &g.g_L, "g_L"),
        (|c| &mut c.E_L, &g.E_L, "E_L"),
    ];
    for (field, exact, name) in fields {
        let largest = exact.iter().map(|x| x.abs()).fold(0.0, f64::max);
        for k in (0..exact.len()).step_by(7) {
            let shifted = |h: f64| {
                let mut c = cell.clone();
                let value = &mut field(&mut c)[k];
                *value += h * value.abs();
                c.response(&t, false, &Job::new()).unwrap().error
            };
            let mut c = cell.clone();
            let h = 1e-4 * field(&mut c)[k].abs();
            let numeric = (shifted(1e-4) - shifted(-1e-4)) / (2.0 * h);
            assert!(
                (numeric - exact[k]).abs() < 1e-5 * largest,
                "{name} of {k}: {numeric:e} {:e}",
                exact[k]
            );
        }
    }
}

#[test]
fn a_fit_finds_the_parameters_that_made_the_trace() {
    let truth = pyramidal(0.85, 190.0, 6.5e-5);
    // A dendritic recording determines R_i, which a somatic one hardly does.
    let t = target(&truth, Location::new(4, 1.0));
    let start = PassiveCell::new(&pyramidal(1.2, 100.0, 1.5e-4)).unwrap();
    let fit = fit_passive(&start, &t, &PassiveParameter::ALL, 200, &Job::new()).unwrap();
    let expected = [0.85, 190.0, 6.5e-5, -70.0];
    for (p, e) in fit.parameters.iter().zip(expected) {
        assert!((p.value / e - 1.0).abs() < 1e-4, "{p:?}, expected {e}");
    }
    assert!(fit.rms < 1e-4 && fit.initial_rms > 0.5, "{} {}", fit.rms, fit.initial_rms);
}

#[test]
fn what_is_not_passive_is_refused() {
    let mut cell = pyramidal(1.0, 100.0, 1e-4);
    cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
    assert!(matches!(PassiveCell::new(&cell), Err(PassiveError::NotPassive { .. })));
}

/// A junction between the ends of a cable makes a ring; with a large conductance both ends have one potential, and the
/// charge that one side loses the other gains.
#[test]
fn gap_junctions_are_implicit_and_conserve_charge() {
    let run = |g: f64, method: Method| {
        let m = ball_and_stick(20.0, 600.0, 1.0).unwrap();
        let mut cell =
            Cell::new(m.compartments(&Discretisation::MaxLength(20.0)).unwrap(), 1.0, 150.0)
                .unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
        cell.inject(SOMA, Waveform::step(1.0, 1e9, 0.05)).unwrap();
        cell.add_gap_junction(SOMA, Location::new(1, 1.0), g).unwrap();
        let settings = Settings { dt: 0.1, v_init: -70.0, method, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.run(600.0).unwrap();
        let v = s.voltages();
        let n = cell.compartments().len();
        // At steady state what is injected leaks out.
        let leak: f64 = (0..n)
            .map(|k| 1e-2 * 1e-4 * cell.compartments().as_slice()[k].area * (v[k] + 70.0))
            .sum();
        (v[0] - v[n - 1], leak)
    };
    for method in [Method::ImplicitEuler, Method::CrankNicolson] {
        let (apart, leak) = run(0.0, method);
        let (near, leak_joined) = run(1e-3, method);
        let (same, _) = run(1e3, method);
        assert!(apart > 2.0 && near < 0.7 * apart && same.abs() < 1e-3, "{apart} {near} {same}");
        assert!(
            (leak - 0.05).abs() < 1e-8 && (leak_joined - 0.05).abs() < 1e-8,
            "{leak} {leak_joined}"
        );
    }
}
