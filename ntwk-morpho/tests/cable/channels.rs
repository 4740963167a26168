//! Channels in cells.

use ntwk_core::spec::waveform::{Shape, Span};
use ntwk_morpho::geometry::generators::{ball_and_stick, cable};
use ntwk_morpho::membrane::channel::{Gate, Kinetics};
use ntwk_morpho::membrane::channels::*;
use ntwk_morpho::{
    Cell, CellError, Discretisation, Impedance, Location, Method, Probe, Region, Selection,
    Settings, Simulation, SimulationError, VoltageClamp, Waveform,
};
use std::sync::Arc;

fn point_cell() -> Cell {
    let m = cable(10.0, 10.0).unwrap();
    Cell::new(m.compartments(&Discretisation::PerBranch(1)).unwrap(), 1.0, 100.0).unwrap()
}

const HERE: Location = Location { branch: 0, x: 0.5 };

/// One compartment against the equations of the squid axon integrated by Runge–Kutta of fourth order.
#[test]
fn one_compartment_follows_its_ordinary_differential_equation() {
    let mut cell = point_cell();
    cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
    let area = cell.compartments().area();
    let density = 0.01; // mA/cm²
    cell.inject(HERE, Waveform::step(0.0, 100.0, density * area * 1e-2)).unwrap();
    let p = HodgkinHuxley::default();
    let f = |y: [f64; 4]| {
        let gates = p.gates(&1.0, y[0], 0.0);
        let (i, _) = p.current(&1.0, [y[1], y[2], y[3]], y[0]);
        // mA/cm² over µF/cm² is 1000 mV/ms.
        let mut d = [1e3 * (density - i), 0.0, 0.0, 0.0];
        for j in 0..3 {
            d[j + 1] = (gates[j].inf - y[j + 1]) * gates[j].rate;
        }
        d
    };
    let start = p.gates(&1.0, -65.0, 0.0);
    let mut y = [-65.0, start[0].inf, start[1].inf, start[2].inf];
    let h = 1e-3;
    let add = |y: [f64; 4], k: [f64; 4], s: f64| [0, 1, 2, 3].map(|i| y[i] + s * k[i]);
    for _ in 0..20_000 {
        let k1 = f(y);
        let k2 = f(add(y, k1, 0.5 * h));
        let k3 = f(add(y, k2, 0.5 * h));
        let k4 = f(add(y, k3, h));
        y = [0, 1, 2, 3].map(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
    let error = |dt| {
        let settings = Settings { dt, method: Method::CrankNicolson, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.run(20.0).unwrap();
        (s.voltages()[0] - y[0]).abs()
    };
    let (coarse, fine) = (error(0.01), error(0.005));
    assert!(fine < 0.02 && (coarse / fine - 4.0).abs() < 0.2, "{coarse} {fine}");
}

/// Under a stiff clamp every gate goes to its steady state and the current to its closed form.
#[test]
fn currents_at_constant_potential() {
    let mut cell = point_cell();
    let a = AType::distal(0.02);
    let sodium = Sodium::new(0.05);
    cell.insert("a", &Selection::All, a).unwrap();
    cell.insert("na", &Selection::All, sodium).unwrap();
    cell.clamp_voltage(HERE, VoltageClamp { levels: vec![(1e9, -35.0)], series_resistance: 1e-9 })
        .unwrap();
    let mut s =
        Simulation::new(&cell, &Settings { celsius: 34.0, v_init: -80.0, ..Settings::default() })
            .unwrap();
    s.record(&Probe::Current { mechanism: "a".into(), ion: None, at: HERE }, 1).unwrap();
    s.record(&Probe::Current { mechanism: "na".into(), ion: None, at: HERE }, 1).unwrap();
    s.record(&Probe::Variable { mechanism: "a".into(), variable: "n".into(), at: HERE }, 1)
        .unwrap();
    s.run(500.0).unwrap();
    let r = s.recording();
    let steady = |i: f64, k: usize| {
        let last = *r.column(k).last().unwrap();
        assert!((last / i - 1.0).abs() < 1e-6, "{last} {i}");
    };
    let d = a.derive(34.0);
    let x = a.gates(&d, -35.0, 0.0).map(|g| g.inf);
    steady(a.current(&d, x, -35.0).0, 0);
    steady(x[0], 2);
    let d = sodium.derive(34.0);
    steady(sodium.current(&d, sodium.gates(&d, -35.0, 0.0).map(|g| g.inf), -35.0).0, 1);
}

#[test]
fn mechanisms_in_parts_of_a_cell_add_up() {
    let m = ball_and_stick(20.0, 400.0, 2.0).unwrap();
    let build = |parts: &[(&str, Selection, f64)]| {
        let mut cell =
            Cell::new(m.compartments(&Discretisation::MaxLength(10.0)).unwrap(), 1.0, 100.0)
                .unwrap();
        for (name, selection, share) in parts {
            let squid = HodgkinHuxley {
                g_Na: 0.12 * share,
                g_K: 0.036 * share,
                g_L: 3e-4 * share,
                ..HodgkinHuxley::default()
            };
            cell.insert(name, selection, squid).unwrap();
        }
        cell.inject(Location::new(0, 0.5), Waveform::step(1.0, 10.0, 0.5)).unwrap();
        let mut s = Simulation::new(&cell, &Settings::default()).unwrap();
        s.run(8.0).unwrap();
        s.voltages().to_vec()
    };
    let whole = build(&[("hh", Selection::All, 1.0)]);
    let halves = build(&[("a", Selection::All, 0.4), ("b", Selection::All, 0.6)]);
    let regions = build(&[
        ("soma", Region::Soma.into(), 1.0),
        ("rest", !Selection::Region(Region::Soma), 1.0),
    ]);
    let with_nothing = build(&[("hh", Selection::All, 1.0), ("none", Selection::All, 0.0)]);
    for other in [halves, regions, with_nothing] {
        let worst = whole.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-9, "{worst:e}");
    }
}

#[test]
fn a_gradient_of_density_follows_the_distance() {
    let m = ball_and_stick(20.0, 400.0, 2.0).unwrap();
    let mut cell =
        Cell::new(m.compartments(&Discretisation::MaxLength(10.0)).unwrap(), 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell.insert_scaled("h", &Selection::Dendrites, Hcn::new(1e-5), |c| {
        1.0 + c.path_distance / 100.0
    })
    .unwrap();
    let bad = cell.insert_scaled("k", &Selection::Dendrites, Kv::new(1e-5), |c| {
        1.0 - c.path_distance / 100.0
    });
    assert!(matches!(bad, Err(CellError::Factor { .. })));
    let mut s =
        Simulation::new(&cell, &Settings { v_init: -70.0, celsius: 34.0, ..Settings::default() })
            .unwrap();
    let (near, far) = (Location::new(1, 0.1), Location::new(1, 0.9));
    s.record(&Probe::Conductance { mechanism: "h".into(), ion: None, at: near }, 1).unwrap();
    s.record(&Probe::Conductance { mechanism: "h".into(), ion: None, at: far }, 1).unwrap();
    let wrong = s
        .record(&Probe::Current { mechanism: "h".into(), ion: None, at: Location::new(0, 0.5) }, 1);
    assert!(matches!(wrong, Err(SimulationError::NotInserted { .. })));
    s.step().unwrap();
    let r = s.recording();
    let ratio = r.values[[0, 1]] / r.values[[0, 0]];
    let list = cell.compartments().as_slice();
    let at = |l| 1.0 + list[cell.compartments().node(l).unwrap()].path_distance / 100.0;
    assert!((ratio / (at(far) / at(near)) - 1.0).abs() < 1e-12);
}

/// A steady inward current of 1 µA/cm² raises the calcium of a 0.1 µm shell by 0.104 mM; outward current removes none.
#[test]
fn calcium_of_a_shell() {
    for (e, expected) in [(100.0, 1e-4 + 0.518_213e-3 * 200.0), (-300.0, 1e-4)] {
        let mut cell = point_cell();
        // Gates of the T channel at −60 mV; the density makes the current 1 µA/cm².
        let t = TCalcium::new(1.0);
        let x = t.gates(&(), -60.0, 0.0).map(|g| g.inf);
        let g = 1e-3 / (x[0] * x[0] * x[1] * 160.0);
        cell.insert("t", &Selection::All, TCalcium { g, E: e }).unwrap();
        cell.insert_mechanism("pool", &Selection::All, Arc::new(CalciumPool::default()), |_| 1.0)
            .unwrap();
        cell.insert("kca", &Selection::All, CalciumActivated::new(0.0)).unwrap();
        cell.clamp_voltage(
            HERE,
            VoltageClamp { levels: vec![(1e9, -60.0)], series_resistance: 1e-9 },
        )
        .unwrap();
        let mut s =
            Simulation::new(&cell, &Settings { dt: 0.1, v_init: -60.0, ..Settings::default() })
                .unwrap();
        s.record(&Probe::Calcium(HERE), 1).unwrap();
        s.run(6000.0).unwrap();
        let r = s.recording();
        assert!(
            (r.column(0).last().unwrap() / expected - 1.0).abs() < 1e-5,
            "{:?}",
            r.column(0).last()
        );
        assert!(r.column(0).iter().all(|&c| c >= 0.0));
    }
}

/// I_h makes a resonance: the impedance of the quasi-active membrane is that of the simulation.
#[test]
fn admittance_of_gates_agrees_with_a_simulation() {
    let mut cell = point_cell();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -80.0 }).unwrap();
    cell.insert("h", &Selection::All, Hcn::new(1e-3)).unwrap();
    // The resting potential by a long run, then a small sine.
    let rest = {
        let mut s = Simulation::new(
            &cell,
            &Settings { celsius: 34.0, v_init: -70.0, ..Settings::default() },
        )
        .unwrap();
        s.run(3000.0).unwrap();
        s.voltages()[0]
    };
    for f in [0.5, 5.0, 40.0] {
        let z = Impedance::new(&cell, f, rest, 34.0).unwrap().input(HERE).unwrap();
        let mut cell = cell.clone();
        let amplitude = 1e-5;
        let sine = Waveform::Shape(Shape::Sine {
            baseline: 0.0,
            amplitude,
            frequency: f,
            phase: 0.0,
            span: Span::from(0.0),
        });
        cell.inject(HERE, sine).unwrap();
        let settings = Settings {
            dt: 0.025,
            method: Method::CrankNicolson,
            celsius: 34.0,
            v_init: rest,
            ..Settings::default()
        };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.record_voltage(&[HERE], 1).unwrap();
        let period = 1000.0 / f;
        let periods = (600.0 / period).ceil() + 1.0;
        s.run(periods * period).unwrap();
        let v = s.recording().column(0).to_vec();
        let last = &v[v.len() - 1 - (period / 0.025).round() as usize..];
        let peak = last.iter().fold(f64::MIN, |a, &b| a.max(b))
            - last.iter().fold(f64::MAX, |a, &b| a.min(b));
        assert!(
            (0.5 * peak / amplitude / z.norm() - 1.0).abs() < 2e-3,
            "{f} Hz: {} {}",
            0.5 * peak / amplitude,
            z.norm()
        );
    }
}

#[test]
fn faults_are_typed() {
    let mut cell = point_cell();
    let negative = cell.insert("leak", &Selection::All, Leak { g: -1.0, E: 0.0 }).unwrap_err();
    assert_eq!(negative.to_string(), "leak: g = -1 S/cm2: expected a finite number >= 0");
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    assert!(matches!(
        cell.insert("leak", &Selection::All, Kv::new(0.1)),
        Err(CellError::DuplicateName { .. })
    ));
    assert!(matches!(
        cell.insert("k", &Selection::Region(Region::Axon), Kv::new(0.1)),
        Err(CellError::NothingSelected { .. })
    ));
    assert!(matches!(
        cell.inject(Location::new(3, 0.5), Waveform::step(0.0, 1.0, 1.0)),
        Err(CellError::Location(_))
    ));
    assert!(cell.inject(HERE, Waveform::step(f64::NAN, 1.0, 1.0)).is_err());
    for settings in [
        Settings { dt: 0.0, ..Settings::default() },
        Settings { dt: f64::NAN, ..Settings::default() },
        Settings { v_init: f64::INFINITY, ..Settings::default() },
    ] {
        assert!(matches!(Simulation::new(&cell, &settings), Err(SimulationError::Setting(_))));
    }
    let mut s = Simulation::new(&cell, &Settings::default()).unwrap();
    let unknown =
        s.record(&Probe::Current { mechanism: "na".into(), ion: None, at: HERE }, 1).unwrap_err();
    assert_eq!(unknown.to_string(), "there is no mechanism 'na'; there are: leak");
    s.step().unwrap();
    assert_eq!(s.record_voltage(&[HERE], 1).unwrap_err(), SimulationError::AlreadyRunning);
}

/// A mechanism of a user's own that goes wrong at some time.
#[derive(Debug, Clone)]
struct Broken;

impl Kinetics<1> for Broken {
    type Derived = ();
    const IONS: &'static [&'static str] = &["na"];
    const KIND: &'static str = "broken";
    const GATES: [&'static str; 1] = ["x"];
    fn check(&self) -> Result<(), ntwk_morpho::ParameterError> {
        Ok(())
    }
    fn derive(&self, _: f64) {}
    fn gates(&self, (): &(), v: f64, _: f64) -> [Gate; 1] {
        [Gate { inf: (v + 70.5).sqrt(), rate: 1.0 }]
    }
    fn current(&self, (): &(), [x]: [f64; 1], _: f64) -> (f64, f64) {
        (1e-3 * x, 0.0)
    }
}

#[test]
fn a_state_that_is_not_finite_is_reported_with_compartment_mechanism_and_time() {
    let m = ball_and_stick(20.0, 100.0, 2.0).unwrap();
    let mut cell =
        Cell::new(m.compartments(&Discretisation::MaxLength(10.0)).unwrap(), 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell.insert("mine", &Selection::Dendrites, Broken).unwrap();
    cell.inject(Location::new(1, 1.0), Waveform::step(3.0, 10.0, -0.1)).unwrap();
    let mut s = Simulation::new(&cell, &Settings { v_init: -70.0, ..Settings::default() }).unwrap();
    match s.run(100.0).unwrap_err() {
        SimulationError::NonFinite { time, node, branch, mechanism, variable } => {
            assert!(time > 0.0 && time < 100.0);
            assert_eq!((branch, mechanism.as_str(), variable.as_str()), (1, "mine", "x"));
            assert!(node > 0 && node < cell.compartments().len());
        }
        other => panic!("{other}"),
    }
}

/// Runs that must fail do so with an error, whatever the numbers.
#[test]
fn extreme_numbers_end_in_an_error_or_a_finite_state() {
    for current in [1e3, -1e3, 1e12, -1e300, 1e308] {
        for method in [Method::ImplicitEuler, Method::CrankNicolson] {
            for dt in [1e-9, 0.025, 1e6] {
                let mut cell = point_cell();
                cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
                cell.insert("a", &Selection::All, AType::distal(0.01)).unwrap();
                cell.inject(HERE, Waveform::step(0.0, f64::INFINITY, current)).unwrap();
                let mut s = Simulation::new(&cell, &Settings { dt, method, ..Settings::default() })
                    .unwrap();
                for _ in 0..50 {
                    if let Err(e) = s.step() {
                        assert!(
                            matches!(
                                e,
                                SimulationError::NonFinite { .. } | SimulationError::Pivot { .. }
                            ),
                            "{e}"
                        );
                        break;
                    }
                    assert!(s.voltages().iter().all(|v| v.is_finite()));
                }
            }
        }
    }
    let mut s = Simulation::new(&point_cell(), &Settings::default()).unwrap();
    assert!(matches!(s.run(f64::INFINITY), Err(SimulationError::Setting(_))));
    assert!(matches!(s.run(f64::NAN), Err(SimulationError::Setting(_))));
}
