//! Rates of the channels against the formulas of their sources, written out a second time.

use crate::common::reached;
use ntwk_morpho::Mechanism;
use ntwk_morpho::membrane::channel::{Channel, Gate, Kinetics};
use ntwk_morpho::membrane::channels::*;

/// Steady state and time constant of each gate at 34 °C as the sources write them.
type Table<const N: usize> = fn(f64) -> [(f64, f64); N];

fn ab(phi: f64, alpha: f64, beta: f64) -> (f64, f64) {
    (alpha / (alpha + beta), 1.0 / (phi * (alpha + beta)))
}

fn check<K: Kinetics<N>, const N: usize>(channel: K, table: Table<N>) {
    channel.check().unwrap();
    let derived = channel.derive(34.0);
    let mut worst = 0.0f64;
    // No point of this grid lies on a singularity of the formulas as written.
    for k in 0..460 {
        let v = -120.03 + f64::from(k) * 0.41;
        for (j, (g, (inf, tau))) in
            channel.gates(&derived, v, 1e-3).iter().zip(table(v)).enumerate()
        {
            // 1e-15 beside 1e-9: steady states so small that only their smallness counts.
            let steady = ((g.inf - inf).abs() - 1e-15).max(0.0) / inf.abs();
            let off = steady.max((g.rate * tau - 1.0).abs());
            assert!(off < 1e-9, "{} {} at {v}: {g:?} {inf} {tau}", K::KIND, K::GATES[j]);
            worst = worst.max(off);
        }
    }
    let gates = K::GATES.join(", ");
    let what = format!("{}: {gates} (inf and tau, -120 to 68 mV, 34 C)", K::KIND);
    reached("channels", &what, worst, 1e-9, "relative");
    // Continuous and sound everywhere, on whole numbers too, where singularities of the formulas lie.
    let mut last: Option<[Gate; N]> = None;
    for k in -30_000..30_000 {
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
            ab(phi, 0.1 * (25.0 - u) / (((25.0 - u) / 10.0).exp() - 1.0), 4.0 * (-u / 18.0).exp()),
            ab(phi, 0.07 * (-u / 20.0).exp(), 1.0 / (((30.0 - u) / 10.0).exp() + 1.0)),
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
            ab(phi, 0.128 * ((17.0 - u) / 18.0).exp(), 4.0 / (1.0 + ((40.0 - u) / 5.0).exp())),
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
        let h = ab(phi, trap(w + 50.0, 0.024, 5.0), trap(-w - 75.0, 0.0091, 5.0));
        [m, (1.0 / (1.0 + ((w + 65.0) / 6.2).exp()), h.1)]
    });
    check(FastSodium { a2: 0.3, ..FastSodium::new(0.1) }, |v| {
        let (a, b) = (
            0.2816 * (v + 28.0) / (1.0 - (-(v + 28.0) / 9.3).exp()),
            0.2464 * (v + 1.0) / (((v + 1.0) / 6.0).exp() - 1.0),
        );
        let h =
            ab(1.0, 0.098 / ((v + 43.1) / 20.0).exp(), 1.4 / (1.0 + (-(v + 13.1) / 10.0).exp()));
        let c = 1.0 / (1.0 + ((v + 58.0) / 2.0).exp());
        let x = f_rt() * (v + 60.0);
        let tau = ((12.0 * 0.2 * x).exp() / (3e-4 * (1.0 + (12.0 * x).exp()))).max(30.0);
        [ab(1.0, a, b), h, (c + 0.3 * (1.0 - c), tau)]
    });
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
        [ab(1.0, 0.018 * x / (1.0 - (-x / 25.0).exp()), 0.0054 * y / ((y / 12.0).exp() - 1.0))]
    });
    check(SlowPotassium::new(0.01), |v| {
        let s = |x: f64| 1.0 / (1.0 + (-x).exp());
        [(s((v + 34.0) / 6.5), 10.0), (s(-(v + 65.0) / 6.6), 200.0 + 3200.0 * s((v + 63.6) / 4.0))]
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
            ab(phi, 0.055 * x / ((x / 3.8).exp() - 1.0), 0.94 * ((-75.0 - v) / 17.0).exp()),
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
    check(CalciumActivated { Ca_0: 1e-3, ..CalciumActivated::new(0.01) }, |_| {
        [ab(2.3f64.powf(1.1), 0.01, 0.02)]
    });
    check(Hcn::new(0.01), |v| {
        let (x, phi) = (0.0378 * 2.2 * (v + 75.0), 4.5f64.powf(0.1));
        [(
            1.0 / (1.0 + ((v + 81.0) / 8.0).exp()),
            (0.4 * x).exp() / (phi * 0.011 * (1.0 + x.exp())),
        )]
    });
    check(HcnPoirazi::new(0.01), |v| {
        let tau = 2.0 * (1.0 / ((-(v + 145.0) / 17.5).exp() + ((v + 16.8) / 16.5).exp()) + 5.0);
        [(1.0 / (1.0 + ((v + 90.0) / 8.5).exp()), if v > -30.0 { 1.0 } else { tau })]
    });
    fn a_type(v: f64, [zeta_n, v_n, g, a0, floor]: [f64; 5]) -> [(f64, f64); 2] {
        let zeta = zeta_n - 1.0 / (1.0 + ((v + 40.0) / 5.0).exp());
        let a = (zeta * f_rt() * (v - v_n)).exp();
        let b = (zeta * g * f_rt() * (v - v_n)).exp();
        let tau = (b / (5.0 * a0 * (1.0 + a))).max(floor);
        [
            (1.0 / (1.0 + a), tau),
            (1.0 / (1.0 + (3.0 * f_rt() * (v + 56.0)).exp()), (0.26 * (v + 50.0)).max(2.0)),
        ]
    }
    check(AType { tau_l: None, ..AType::proximal(0.01) }, |v| {
        a_type(v, [-1.5, 11.0, 0.55, 0.05, 0.1])
    });
    check(AType::distal(0.01), |v| a_type(v, [-1.8, -1.0, 0.39, 0.1, 0.2]));
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
