//! Coupled nodes against the single mean field, and against the characteristic equation of a linear ring with delays.

use crate::support::{membrane, spectrum_2018};
use ntwk_core::Membrane;
use std::sync::atomic::{AtomicBool, Ordering};

use ntwk_core::{Job, Progress};
use ntwk_meanfield::{
    Adaptation, Connection, Coupling, CouplingFault, FunctionInput, Input, IntegrationOptions,
    MeanField, MeanFieldPopulation, Mixture, Moments, Scalar, Source, SpatialError,
    SpatialMeanField, SpatialOptions, SynapseClass, TransferFunction, integrate,
};
use std::sync::Arc;

fn drive(t: f64) -> f64 {
    4.0 + 6.0 * (-0.5 * ((t - 100.0) / 30.0_f64).powi(2)).exp()
}

fn options(dt: f64, t_stop: f64, interval: f64) -> SpatialOptions {
    SpatialOptions { dt, t_stop, every: (interval / dt).round() as usize }
}

/// A ring on which every node does the same is the mean field without space; the error is that of the step.
#[test]
fn a_uniform_ring_is_the_mean_field() {
    let local = spectrum_2018(5.0, [4000, 1000]);
    let times: Vec<f64> = (0..=20).map(|k| 10.0 * f64::from(k)).collect();
    let input = FunctionInput {
        function: |t: f64, input: &mut Input| input.afferent_rates[0] = drive(t),
        discontinuities: Vec::new(),
    };
    let single =
        integrate(&local, &[1.0, 1.0], &input, &times, &IntegrationOptions::default(), &Job::new())
            .unwrap();
    let mut errors = Vec::new();
    for dt in [0.5, 0.25] {
        let mut ring = SpatialMeanField::new(local.clone(), 12).unwrap();
        for population in 0..2 {
            for (connection, sigma) in [(0, 5.0), (1, 1.0)] {
                let pathway = Coupling::ring(12, 40.0, Some(sigma), |_| 0.0).unwrap();
                ring.connect(population, connection, pathway).unwrap();
            }
        }
        let write = |_: usize, t: f64, input: &mut Input| input.afferent_rates[0] = drive(t);
        let found = ring
            .integrate(&[1.0, 1.0], &write, &options(dt, 200.0, 10.0), &Job::threads(1))
            .unwrap();
        let mut largest = 0.0_f64;
        for k in 0..times.len() {
            for population in 0..2 {
                for rate in found.component(k, population) {
                    largest = largest.max((rate - single.state(k)[population]).abs());
                }
            }
        }
        errors.push(largest);
    }
    assert!(errors[1] < 1e-3, "{errors:?}");
    let order = (errors[0] / errors[1]).log2();
    assert!((1.8..2.8).contains(&order), "order {order}, {errors:?}");
}

/// `F = gain (mu_V - theta)`, so that the ring is linear.
#[derive(Debug, Clone, Copy)]
struct Line;

const THETA: f64 = -60.0;
/// Hz per mV.
const GAIN: f64 = 4.0;
/// mV per Hz of arriving rate.
const W: f64 = 0.2;
const G_L: f64 = 10.0;
const T: f64 = 10.0;

impl TransferFunction for Line {
    fn rate<S: Scalar>(&self, _: &Membrane, m: &Moments<S>) -> S {
        (m.mu_V - THETA) * GAIN
    }
    fn in_domain(&self, _: &Membrane, _: &Moments) -> bool {
        true
    }
}

fn linear() -> MeanField {
    let synapse = SynapseClass {
        in_degree: 1.0,
        weight: 1.0,
        tau_syn: 10.0,
        // 1e-3 K tau Q (E - V_0) = w g_L
        E_rev: W * G_L * 100.0,
        mixture: Some(Mixture { alpha: 0.0, V_0: 0.0 }),
        tau_rise: 0.0,
        short_term: None,
    };
    let population = MeanFieldPopulation {
        name: "E".to_owned(),
        size: 1000,
        membrane: membrane(G_L, 200.0, -70.0, -50.0),
        transfer_function: Arc::new(Line),
        connections: vec![Connection { source: Source::Population(0), synapse }],
        adaptation: Adaptation::InTransferFunction,
    };
    MeanField::new(vec![population], Vec::new(), T).unwrap()
}

/// A spatial mode `cos(q x)` of a linear ring decays as `e^(lambda t)`, where
/// `T lambda + 1 = gain w Σ_y K(y) cos(q y) e^(-lambda d(y))`: the characteristic equation with conduction delays.
#[test]
fn modes_of_a_linear_ring_decay_as_the_characteristic_equation_says() {
    let (nodes, length, sigma, velocity) = (40, 40.0, 4.0, 2.0);
    let delay = |distance: f64| distance / velocity;
    let pathway = Coupling::ring(nodes, length, Some(sigma), delay).unwrap();
    let mut ring = SpatialMeanField::new(linear(), nodes).unwrap();
    ring.connect(0, 0, pathway).unwrap();

    for mode in [0.0, 1.0, 2.0] {
        let phase =
            |node: usize| (2.0 * std::f64::consts::PI * mode * node as f64 / nodes as f64).cos();
        let write = |node: usize, t: f64, input: &mut Input| {
            let bump = 20.0 * (-0.5 * ((t - 30.0) / 8.0).powi(2)).exp();
            input.currents[0] = 200.0 + bump * phase(node);
        };
        let start = [GAIN * (-70.0 + 20.0 - THETA) / (1.0 - GAIN * W)];
        let run = |t_stop: f64| {
            ring.integrate(&start, &write, &options(0.05, t_stop, 1.0), &Job::threads(1)).unwrap()
        };
        let found = run(260.0);
        let amplitude = |k: usize| -> f64 {
            let rates = found.component(k, 0).iter().enumerate();
            rates.map(|(x, r)| (r - start[0]) * phase(x)).sum()
        };
        let measured = (amplitude(240) / amplitude(200)).ln() / 40.0;

        let excess = |lambda: f64| -> f64 {
            let kernel: f64 = (0..nodes)
                .map(|x| {
                    let distance = x.min(nodes - x) as f64;
                    let k = (-0.5 * (distance / sigma).powi(2)).exp();
                    [k * phase(x) * (-lambda * delay(distance)).exp(), k]
                })
                .fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d])
                .into_iter()
                .reduce(|a, b| a / b)
                .unwrap();
            T * lambda + 1.0 - GAIN * W * kernel
        };
        let (mut low, mut high) = (-1.0 / T, 0.0);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if excess(middle) < 0.0 { low = middle } else { high = middle }
        }
        // The step's error is of second order: dt² / T² = 2.5e-5, times a few.
        assert!((measured / low - 1.0).abs() < 2e-4, "mode {mode}: {measured} {low}");
    }
}

/// What one node does arrives at another after the delay of their connection, with its weight, and nowhere else.
#[test]
fn a_connectome_delays_and_weighs() {
    let local = spectrum_2018(5.0, [4000, 1000]);
    let weights = vec![vec![0.0, 0.0, 0.0], vec![0.5, 0.0, 0.0], vec![0.0, 0.0, 0.0]];
    let delays = vec![vec![0.0, 9.0, 9.0], vec![40.0, 0.0, 9.0], vec![9.0, 9.0, 0.0]];
    let mut brain = SpatialMeanField::new(local.clone(), 3).unwrap();
    brain.add_to_afferent(0, 0, Coupling::from_matrices(&weights, &delays).unwrap()).unwrap();
    // From the state without input to each other, so that what was always there changes nothing.
    let write = |node: usize, t: f64, input: &mut Input| {
        input.afferent_rates[0] = if node == 0 && t >= 50.0 { 20.0 } else { 4.0 };
    };
    let found =
        brain.integrate(&[0.0, 0.0], &write, &options(0.1, 400.0, 0.1), &Job::threads(1)).unwrap();
    // Node 2 hears nobody, so that the difference is what node 1 hears of node 0.
    let heard = |k: usize| found.component(k, 0)[1] - found.component(k, 0)[2];
    let before = (400..=900).map(heard).fold(0.0, |a: f64, b| a.max((b - heard(900)).abs()));
    assert!(before < 0.05 * heard(900).abs() + 1e-3, "{before} {}", heard(900));
    assert!(heard(950) > 5.0 * heard(900).max(1e-3), "{} {}", heard(900), heard(950));

    // Held long enough, node 1 is where a single mean field is under the sum of the rates.
    let end = found.times.len() - 1;
    let sum = 4.0 + 0.5 * found.component(end - 400, 0)[0];
    let input = FunctionInput {
        function: |_: f64, input: &mut Input| input.afferent_rates[0] = sum,
        discontinuities: Vec::new(),
    };
    let single = integrate(
        &local,
        &[1.0, 1.0],
        &input,
        &[0.0, 200.0],
        &IntegrationOptions::default(),
        &Job::new(),
    )
    .unwrap();
    let (node, alone) = (found.component(end, 0)[1], single.state(1)[0]);
    assert!((node / alone - 1.0).abs() < 1e-3, "{node} {alone}");
}

#[test]
fn faults_are_named_all_at_once() {
    let weights = vec![vec![0.0, f64::NAN], vec![1.0]];
    let delays = vec![vec![0.0, -1.0], vec![1.0, 0.0], vec![0.0, 0.0]];
    let faults = Coupling::from_matrices(&weights, &delays).unwrap_err().faults;
    assert!(matches!(faults[0], CouplingFault::Sizes { weights: 2, delays: 3 }));
    assert!(faults.iter().any(|f| matches!(f, CouplingFault::Shape { row: 2, .. })));
    assert!(faults.iter().any(|f| {
        matches!(f, CouplingFault::Entry { matrix: "weights", row: 1, column: 2, .. })
    }));
    assert!(faults.iter().any(|f| {
        matches!(f, CouplingFault::Entry { matrix: "delays", row: 1, column: 2, .. })
    }));
    assert!(Coupling::ring(10, -1.0, Some(f64::NAN), |_| 0.0).unwrap_err().faults.len() == 2);
    assert!(Coupling::local(0, 0.0).is_err());

    let mut network = SpatialMeanField::new(spectrum_2018(5.0, [4000, 1000]), 3).unwrap();
    let two = Coupling::local(2, 0.0).unwrap();
    let nodes = SpatialError::Nodes { given: 2, needed: 3 };
    assert_eq!(network.connect(0, 0, two.clone()).unwrap_err(), nodes);
    let three = Coupling::local(3, 0.0).unwrap();
    // Connection 2 comes from an afferent.
    assert!(network.connect(0, 2, three.clone()).is_err());
    assert!(network.add_to_afferent(1, 0, three.clone()).is_err());
    assert!(network.add_to_afferent(0, 2, three).is_err());

    let silent = |_: usize, _: f64, _: &mut Input| ();
    let integrate = |initial: &[f64], o: &SpatialOptions| {
        network.integrate(initial, &silent, o, &Job::threads(1)).map(|_| ())
    };
    assert!(integrate(&[1.0], &options(0.1, 10.0, 1.0)).is_err());
    assert!(integrate(&[1.0, 1.0], &options(4.0, 10.0, 4.0)).is_err());
    assert!(integrate(&[1.0, 1.0], &options(0.1, f64::NAN, 1.0)).is_err());
    assert!(integrate(&[1.0, 1.0], &options(1e-12, 10.0, 1.0)).is_err(), "too many steps");
    // A delay beyond the run, however long, looks at the initial state.
    let mut late = network.clone();
    late.connect(0, 0, Coupling::ring(3, 1.0, None, |_| 1e300).unwrap()).unwrap();
    let end = late.integrate(&[1.0, 1.0], &silent, &options(0.1, 10.0, 1.0), &Job::threads(1));
    assert!(end.unwrap().states.iter().all(|v| v.is_finite()));
    let negative = |node: usize, t: f64, input: &mut Input| {
        input.afferent_rates[0] = if node == 2 && t > 5.0 { -1.0 } else { 1.0 };
    };
    let fault =
        network.integrate(&[1.0, 1.0], &negative, &options(0.1, 10.0, 1.0), &Job::threads(1));
    assert!(matches!(fault, Err(SpatialError::Input { node: 2, .. })), "{fault:?}");
}

/// An integration that is stopped leaves what it had.
#[test]
fn an_interruption_keeps_the_states() {
    let network = SpatialMeanField::new(spectrum_2018(5.0, [4000, 1000]), 2).unwrap();
    let write = |_: usize, _: f64, input: &mut Input| input.afferent_rates[0] = 4.0;
    let stop = AtomicBool::new(false);
    let watch = |p: &Progress<'_>| stop.store(p.fraction >= 0.5, Ordering::Relaxed);
    let job = Job::threads(1).interrupted_by(&stop).reporting_to(&watch);
    let found = network.integrate(&[1.0, 1.0], &write, &options(0.1, 10.0, 1.0), &job).unwrap();
    assert_eq!(found.times.len(), 6);
    assert_eq!(found.states.len(), 6 * 4);
}
