//! Channels: rates against the formulas of their sources, written out a second time; their use in cells.

use ntwk_morpho::channel::{Channel, Gate, Kinetics};
use ntwk_morpho::channels::*;
use ntwk_morpho::generators::{ball_and_stick, cable};
use ntwk_morpho::{
    Cell, CellError, Discretisation, Impedance, Location, Mechanism, Method, Probe, Region,
    Selection, Settings, Simulation, SimulationError, VoltageClamp, Waveform,
};
use std::sync::Arc;

/// Steady state and time constant of each gate at 34 °C as the sources write them.
type Table<const N: usize> = fn(f64) -> [(f64, f64); N];

fn ab(phi: f64, alpha: f64, beta: f64) -> (f64, f64) {
    (alpha / (alpha + beta), 1.0 / (phi * (alpha + beta)))
}

fn check<K: Kinetics<N>, const N: usize>(channel: K, table: Table<N>) {
    channel.check().unwrap();
    let derived = channel.derive(34.0);
    // No point of this grid lies on a singularity of the formulas as written.
    for k in 0..460 {
        let v = -120.03 + f64::from(k) * 0.41;
        for (j, (g, (inf, tau))) in channel
            .gates(&derived, v, 1e-3)
            .iter()
            .zip(table(v))
            .enumerate()
        {
            assert!(
                (g.inf - inf).abs() <= 1e-9 * inf.abs() + 1e-15,
                "{} {} at {v}: {} {inf}",
                K::KIND,
                K::GATES[j],
                g.inf
            );
            assert!(
                (g.rate * tau - 1.0).abs() < 1e-9,
                "{} {} at {v}: {} {tau}",
                K::KIND,
                K::GATES[j],
                1.0 / g.rate
            );
        }
    }
    // Continuous and sound everywhere, on whole numbers too, where singularities of the formulas lie.
    let mut last: Option<[Gate; N]> = None;
    for k in -300_00..300_00 {
        let v = f64::from(k) * 0.01;
        let gates = channel.gates(&derived, v, 1e-3);
        for (j, g) in gates.iter().enumerate() {
            assert!(
                (0.0..=1.0).contains(&g.inf) && g.rate >= 0.0 && g.rate.is_finite(),
                "{} at {v}: {g:?}",
                K::KIND
            );
            if let Some(before) = last {
                let step = (g.rate.ln() - before[j].rate.ln()).abs();
                let switch = K::KIND == "hcn_poirazi" && (v + 30.0).abs() < 0.02;
                assert!(
                    switch || (step < 0.02 && (g.inf - before[j].inf).abs() < 0.02),
                    "{} at {v}",
                    K::KIND
                );
            }
        }
        last = Some(gates);
    }
    // Exact exponential: a very long step ends at the steady state, and no step leaves [0, 1].
    let mechanism = Channel(channel);
    assert!(mechanism.admittance(34.0, -60.0, 1e-4, 0.1).is_some());
}

fn f_rt() -> f64 {
    96_485.332_12 / (8.314_462_618 * 307.15) * 1e-3
}

#[test]
fn rates_are_those_of_the_sources() {
    check(HodgkinHuxley::default(), |v| {
        let (u, phi) = (v + 65.0, 3f64.powf(2.77));
        [
            ab(
                phi,
                0.1 * (25.0 - u) / (((25.0 - u) / 10.0).exp() - 1.0),
                4.0 * (-u / 18.0).exp(),
            ),
            ab(
                phi,
                0.07 * (-u / 20.0).exp(),
                1.0 / (((30.0 - u) / 10.0).exp() + 1.0),
            ),
            ab(
                phi,
                0.01 * (10.0 - u) / (((10.0 - u) / 10.0).exp() - 1.0),
                0.125 * (-u / 80.0).exp(),
            ),
        ]
    });
    check(TraubMiles::new(0.05, 0.005), |v| {
        let (u, phi) = (v + 55.0, 3f64.powf(-0.2));
        [
            ab(
                phi,
                0.32 * (13.0 - u) / (((13.0 - u) / 4.0).exp() - 1.0),
                0.28 * (u - 40.0) / (((u - 40.0) / 5.0).exp() - 1.0),
            ),
            ab(
                phi,
                0.128 * ((17.0 - u) / 18.0).exp(),
                4.0 / (1.0 + ((40.0 - u) / 5.0).exp()),
            ),
            ab(
                phi,
                0.032 * (15.0 - u) / (((15.0 - u) / 5.0).exp() - 1.0),
                0.5 * ((10.0 - u) / 40.0).exp(),
            ),
        ]
    });
    const MAINEN: f64 = 2.499_789_4;
    let phi = 2.3f64.powf(1.1);
    assert!((phi - MAINEN).abs() < 2e-4);
    check(Sodium::new(0.1), |v| {
        let (w, phi) = (v - 10.0, 2.3f64.powf(1.1));
        let trap = |x: f64, a: f64, q: f64| a * x / (1.0 - (-x / q).exp());
        let m = ab(phi, trap(w + 35.0, 0.182, 9.0), trap(-w - 35.0, 0.124, 9.0));
        let h = ab(
            phi,
            trap(w + 50.0, 0.024, 5.0),
            trap(-w - 75.0, 0.0091, 5.0),
        );
        [m, (1.0 / (1.0 + ((w + 65.0) / 6.2).exp()), h.1)]
    });
    check(
        FastSodium {
            a2: 0.3,
            ..FastSodium::new(0.1)
        },
        |v| {
            let (a, b) = (
                0.2816 * (v + 28.0) / (1.0 - (-(v + 28.0) / 9.3).exp()),
                0.2464 * (v + 1.0) / (((v + 1.0) / 6.0).exp() - 1.0),
            );
            let h = ab(
                1.0,
                0.098 / ((v + 43.1) / 20.0).exp(),
                1.4 / (1.0 + (-(v + 13.1) / 10.0).exp()),
            );
            let c = 1.0 / (1.0 + ((v + 58.0) / 2.0).exp());
            let x = f_rt() * (v + 60.0);
            let tau = ((12.0 * 0.2 * x).exp() / (3e-4 * (1.0 + (12.0 * x).exp()))).max(30.0);
            [ab(1.0, a, b), h, (c + 0.3 * (1.0 - c), tau)]
        },
    );
    check(Kv::new(0.01), |v| {
        let x = v - 25.0;
        [ab(
            2.3f64.powf(1.1),
            0.02 * x / (1.0 - (-x / 9.0).exp()),
            -0.002 * x / (1.0 - (x / 9.0).exp()),
        )]
    });
    check(DelayedRectifier::new(0.01), |v| {
        let (x, y) = (v - 13.0, v - 23.0);
        [ab(
            1.0,
            0.018 * x / (1.0 - (-x / 25.0).exp()),
            0.0054 * y / ((y / 12.0).exp() - 1.0),
        )]
    });
    check(SlowPotassium::new(0.01), |v| {
        let s = |x: f64| 1.0 / (1.0 + (-x).exp());
        [
            (s((v + 34.0) / 6.5), 10.0),
            (s(-(v + 65.0) / 6.6), 200.0 + 3200.0 * s((v + 63.6) / 4.0)),
        ]
    });
    check(Muscarinic::new(0.01), |v| {
        let x = v + 30.0;
        [ab(
            2.3f64.powf(1.1),
            0.001 * x / (1.0 - (-x / 9.0).exp()),
            -0.001 * x / (1.0 - (x / 9.0).exp()),
        )]
    });
    check(HighThresholdCalcium::new(0.01), |v| {
        let (phi, x) = (2.3f64.powf(1.1), -27.0 - v);
        [
            ab(
                phi,
                0.055 * x / ((x / 3.8).exp() - 1.0),
                0.94 * ((-75.0 - v) / 17.0).exp(),
            ),
            ab(
                phi,
                4.57e-4 * ((-13.0 - v) / 50.0).exp(),
                0.0065 / (((-v - 15.0) / 28.0).exp() + 1.0),
            ),
        ]
    });
    check(TCalcium::new(0.01), |v| {
        let s = |x: f64| 1.0 / (1.0 + (-x).exp());
        [
            (
                s((v + 50.0) / 7.4),
                3.0 + 1.0 / (((v + 25.0) / 20.0).exp() + (-(v + 100.0) / 15.0).exp()),
            ),
            (
                s(-(v + 78.0) / 5.0),
                85.0 + 1.0 / (((v + 46.0) / 4.0).exp() + (-(v + 405.0) / 50.0).exp()),
            ),
        ]
    });
    check(
        CalciumActivated {
            Ca_0: 1e-3,
            ..CalciumActivated::new(0.01)
        },
        |_| [ab(2.3f64.powf(1.1), 0.01, 0.02)],
    );
    check(Hcn::new(0.01), |v| {
        let (x, phi) = (0.0378 * 2.2 * (v + 75.0), 4.5f64.powf(0.1));
        [(
            1.0 / (1.0 + ((v + 81.0) / 8.0).exp()),
            (0.4 * x).exp() / (phi * 0.011 * (1.0 + x.exp())),
        )]
    });
    check(HcnPoirazi::new(0.01), |v| {
        let tau = 2.0 * (1.0 / ((-(v + 145.0) / 17.5).exp() + ((v + 16.8) / 16.5).exp()) + 5.0);
        [(
            1.0 / (1.0 + ((v + 90.0) / 8.5).exp()),
            if v > -30.0 { 1.0 } else { tau },
        )]
    });
    fn a_type(v: f64, [zeta_n, v_n, g, a0, floor]: [f64; 5]) -> [(f64, f64); 2] {
        let zeta = zeta_n - 1.0 / (1.0 + ((v + 40.0) / 5.0).exp());
        let a = (zeta * f_rt() * (v - v_n)).exp();
        let b = (zeta * g * f_rt() * (v - v_n)).exp();
        let tau = (b / (5.0 * a0 * (1.0 + a))).max(floor);
        [
            (1.0 / (1.0 + a), tau),
            (
                1.0 / (1.0 + (3.0 * f_rt() * (v + 56.0)).exp()),
                (0.26 * (v + 50.0)).max(2.0),
            ),
        ]
    }
    check(
        AType {
            tau_l: None,
            ..AType::proximal(0.01)
        },
        |v| a_type(v, [-1.5, 11.0, 0.55, 0.05, 0.1]),
    );
    check(AType::distal(0.01), |v| {
        a_type(v, [-1.8, -1.0, 0.39, 0.1, 0.2])
    });
}

#[test]
fn values_quoted_for_the_corrected_channels() {
    let m = Muscarinic::new(1.0);
    let [n] = m.gates(&m.derive(34.0), -75.0, 0.0);
    assert!((n.inf - 0.0067).abs() < 5e-5 && (1.0 / n.rate - 8.8).abs() < 0.05);
    let h = Hcn::new(1.0);
    assert!((h.gates(&h.derive(34.0), -75.0, 0.0)[0].inf - 0.32).abs() < 1e-3);
    let squid = HodgkinHuxley::default();
    let [m, h, n] = squid.gates(&1.0, -65.0, 0.0);
    assert!((m.inf - 0.052_932_485_257_2).abs() < 1e-12);
    assert!((h.inf - 0.596_120_753_508).abs() < 1e-12 && (n.inf - 0.317_676_914_061).abs() < 1e-12);
}

fn point_cell() -> Cell {
    let m = cable(10.0, 10.0).unwrap();
    Cell::new(
        m.compartments(&Discretisation::PerBranch(1)).unwrap(),
        1.0,
        100.0,
    )
    .unwrap()
}

const HERE: Location = Location { branch: 0, x: 0.5 };

/// One compartment against the equations of the squid axon integrated by Runge–Kutta of fourth order.
#[test]
fn one_compartment_follows_its_ordinary_differential_equation() {
    let mut cell = point_cell();
    cell.insert("hh", &Selection::All, HodgkinHuxley::default())
        .unwrap();
    let area = cell.compartments().area();
    let density = 0.01; // mA/cm²
    cell.inject(HERE, Waveform::step(0.0, 100.0, density * area * 1e-2))
        .unwrap();
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
        let settings = Settings {
            dt,
            method: Method::CrankNicolson,
            ..Settings::default()
        };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.run(20.0).unwrap();
        (s.voltages()[0] - y[0]).abs()
    };
    let (coarse, fine) = (error(0.01), error(0.005));
    assert!(
        fine < 0.02 && (coarse / fine - 4.0).abs() < 0.2,
        "{coarse} {fine}"
    );
}

/// Under a stiff clamp every gate goes to its steady state and the current to its closed form.
#[test]
fn currents_at_constant_potential() {
    let mut cell = point_cell();
    let a = AType::distal(0.02);
    let sodium = Sodium::new(0.05);
    cell.insert("a", &Selection::All, a).unwrap();
    cell.insert("na", &Selection::All, sodium).unwrap();
    cell.clamp_voltage(
        HERE,
        VoltageClamp {
            levels: vec![(1e9, -35.0)],
            series_resistance: 1e-9,
        },
    )
    .unwrap();
    let mut s = Simulation::new(
        &cell,
        &Settings {
            celsius: 34.0,
            v_init: -80.0,
            ..Settings::default()
        },
    )
    .unwrap();
    s.record(
        &Probe::Current {
            mechanism: "a".into(),
            at: HERE,
        },
        1,
    )
    .unwrap();
    s.record(
        &Probe::Current {
            mechanism: "na".into(),
            at: HERE,
        },
        1,
    )
    .unwrap();
    s.record(
        &Probe::Variable {
            mechanism: "a".into(),
            variable: "n".into(),
            at: HERE,
        },
        1,
    )
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
    steady(
        sodium
            .current(&d, sodium.gates(&d, -35.0, 0.0).map(|g| g.inf), -35.0)
            .0,
        1,
    );
}

#[test]
fn mechanisms_in_parts_of_a_cell_add_up() {
    let m = ball_and_stick(20.0, 400.0, 2.0).unwrap();
    let build = |parts: &[(&str, Selection, f64)]| {
        let mut cell = Cell::new(
            m.compartments(&Discretisation::MaxLength(10.0)).unwrap(),
            1.0,
            100.0,
        )
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
        cell.inject(Location::new(0, 0.5), Waveform::step(1.0, 10.0, 0.5))
            .unwrap();
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
        let worst = whole
            .iter()
            .zip(&other)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(worst < 1e-9, "{worst:e}");
    }
}

#[test]
fn a_gradient_of_density_follows_the_distance() {
    let m = ball_and_stick(20.0, 400.0, 2.0).unwrap();
    let mut cell = Cell::new(
        m.compartments(&Discretisation::MaxLength(10.0)).unwrap(),
        1.0,
        100.0,
    )
    .unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 })
        .unwrap();
    cell.insert_scaled("h", &Selection::Dendrites, Hcn::new(1e-5), |c| {
        1.0 + c.path_distance / 100.0
    })
    .unwrap();
    let bad = cell.insert_scaled("k", &Selection::Dendrites, Kv::new(1e-5), |c| {
        1.0 - c.path_distance / 100.0
    });
    assert!(matches!(bad, Err(CellError::Factor { .. })));
    let mut s = Simulation::new(
        &cell,
        &Settings {
            v_init: -70.0,
            celsius: 34.0,
            ..Settings::default()
        },
    )
    .unwrap();
    let (near, far) = (Location::new(1, 0.1), Location::new(1, 0.9));
    s.record(
        &Probe::Current {
            mechanism: "h".into(),
            at: near,
        },
        1,
    )
    .unwrap();
    s.record(
        &Probe::Current {
            mechanism: "h".into(),
            at: far,
        },
        1,
    )
    .unwrap();
    let wrong = s.record(
        &Probe::Current {
            mechanism: "h".into(),
            at: Location::new(0, 0.5),
        },
        1,
    );
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
        cell.insert("t", &Selection::All, TCalcium { g, E: e })
            .unwrap();
        cell.insert_mechanism(
            "pool",
            &Selection::All,
            Arc::new(CalciumPool::default()),
            |_| 1.0,
        )
        .unwrap();
        cell.insert("kca", &Selection::All, CalciumActivated::new(0.0))
            .unwrap();
        cell.clamp_voltage(
            HERE,
            VoltageClamp {
                levels: vec![(1e9, -60.0)],
                series_resistance: 1e-9,
            },
        )
        .unwrap();
        let mut s = Simulation::new(
            &cell,
            &Settings {
                dt: 0.1,
                v_init: -60.0,
                ..Settings::default()
            },
        )
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
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -80.0 })
        .unwrap();
    cell.insert("h", &Selection::All, Hcn::new(1e-3)).unwrap();
    // The resting potential by a long run, then a small sine.
    let rest = {
        let mut s = Simulation::new(
            &cell,
            &Settings {
                celsius: 34.0,
                v_init: -70.0,
                ..Settings::default()
            },
        )
        .unwrap();
        s.run(3000.0).unwrap();
        s.voltages()[0]
    };
    for f in [0.5, 5.0, 40.0] {
        let z = Impedance::new(&cell, f, rest, 34.0)
            .unwrap()
            .input(HERE)
            .unwrap();
        let mut cell = cell.clone();
        let amplitude = 1e-5;
        let sine = Waveform::Sine {
            start: 0.0,
            duration: 1e9,
            amplitude,
            frequency: f,
        };
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
    let negative = cell
        .insert("leak", &Selection::All, Leak { g: -1.0, E: 0.0 })
        .unwrap_err();
    assert_eq!(
        negative.to_string(),
        "leak: g = -1 S/cm2: expected a finite number >= 0"
    );
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 })
        .unwrap();
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
    assert!(
        cell.inject(HERE, Waveform::step(f64::NAN, 1.0, 1.0))
            .is_err()
    );
    for settings in [
        Settings {
            dt: 0.0,
            ..Settings::default()
        },
        Settings {
            dt: f64::NAN,
            ..Settings::default()
        },
        Settings {
            v_init: f64::INFINITY,
            ..Settings::default()
        },
    ] {
        assert!(matches!(
            Simulation::new(&cell, &settings),
            Err(SimulationError::Setting(_))
        ));
    }
    let mut s = Simulation::new(&cell, &Settings::default()).unwrap();
    let unknown = s
        .record(
            &Probe::Current {
                mechanism: "na".into(),
                at: HERE,
            },
            1,
        )
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no mechanism 'na'; there are: leak"
    );
    s.step().unwrap();
    assert_eq!(
        s.record_voltage(&[HERE], 1).unwrap_err(),
        SimulationError::AlreadyRunning
    );
}

/// A mechanism of a user's own that goes wrong at some time.
#[derive(Debug, Clone)]
struct Broken;

impl Kinetics<1> for Broken {
    type Derived = ();
    const KIND: &'static str = "broken";
    const GATES: [&'static str; 1] = ["x"];
    fn check(&self) -> Result<(), ntwk_morpho::ParameterError> {
        Ok(())
    }
    fn derive(&self, _: f64) {}
    fn gates(&self, (): &(), v: f64, _: f64) -> [Gate; 1] {
        [Gate {
            inf: (v + 70.5).sqrt(),
            rate: 1.0,
        }]
    }
    fn current(&self, (): &(), [x]: [f64; 1], _: f64) -> (f64, f64) {
        (1e-3 * x, 0.0)
    }
}

#[test]
fn a_state_that_is_not_finite_is_reported_with_compartment_mechanism_and_time() {
    let m = ball_and_stick(20.0, 100.0, 2.0).unwrap();
    let mut cell = Cell::new(
        m.compartments(&Discretisation::MaxLength(10.0)).unwrap(),
        1.0,
        100.0,
    )
    .unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 })
        .unwrap();
    cell.insert("mine", &Selection::Dendrites, Broken).unwrap();
    cell.inject(Location::new(1, 1.0), Waveform::step(3.0, 10.0, -0.1))
        .unwrap();
    let mut s = Simulation::new(
        &cell,
        &Settings {
            v_init: -70.0,
            ..Settings::default()
        },
    )
    .unwrap();
    match s.run(100.0).unwrap_err() {
        SimulationError::NonFinite {
            time,
            node,
            branch,
            mechanism,
            variable,
        } => {
            assert!(time > 0.0 && time < 100.0);
            assert_eq!(
                (branch, mechanism.as_str(), variable.as_str()),
                (1, "mine", "x")
            );
            assert!(node > 0 && node < cell.compartments().len());
        }
        other => panic!("{other}"),
    }
}
