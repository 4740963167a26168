//! Synapses: time course, events between steps, merging, nonlinearity.

use ntwk_morpho::geometry::generators::{ball_and_stick, cable};
use ntwk_morpho::membrane::channels::Leak;
use ntwk_morpho::{
    Cell, CellError, Discretisation, DoubleExponential, GabaB, Impedance, Location, MagnesiumBlock,
    Method, Receptor, Selection, Settings, Simulation, SimulationError,
};

const SOMA: Location = Location { branch: 0, x: 0.5 };
const DENDRITE: Location = Location { branch: 1, x: 0.8 };

fn cell() -> Cell {
    let m = ball_and_stick(20.0, 400.0, 1.0).unwrap();
    let mut cell =
        Cell::new(m.compartments(&Discretisation::MaxLength(10.0)).unwrap(), 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell
}

fn add(cell: &mut Cell, at: Location, receptor: impl Into<Receptor>, weight: f64, spikes: &[f64]) {
    let s = cell.add_synapse(at, receptor, weight).unwrap();
    cell.add_spikes(s, spikes).unwrap();
}

fn trace(cell: &Cell, at: Location, settings: Settings, until: f64) -> Vec<f64> {
    let mut s = Simulation::new(cell, &Settings { v_init: -70.0, ..settings }).unwrap();
    s.record_voltage(&[at], 1).unwrap();
    s.run(until).unwrap();
    s.recording().column(0).to_vec()
}

/// One compartment and a conductance too weak to move it: C dV/dt = −g_L V + g(t) E has a closed solution.
#[test]
fn the_time_course_is_the_double_exponential_with_its_peak_at_the_weight() {
    let m = cable(100.0, 10.0).unwrap();
    let mut cell =
        Cell::new(m.compartments(&Discretisation::PerBranch(1)).unwrap(), 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    let area = cell.compartments().area();
    let (c, tau, weight) = (1e-5 * area, 10.0, 1e-9);
    // Spikes off the grid, out of order, and two at one time.
    let spikes = [7.013, 2.0071, 7.013];
    let receptor = DoubleExponential::ampa();
    add(&mut cell, SOMA, receptor, weight, &spikes);
    let exact = |t: f64| -> f64 {
        let one = |since: f64| {
            let part = |s: f64| ((-since / s).exp() - (-since / tau).exp()) / (1.0 / tau - 1.0 / s);
            if since > 0.0 { part(receptor.tau_decay) - part(receptor.tau_rise) } else { 0.0 }
        };
        weight * receptor.normalisation() * 70.0 / c
            * spikes.iter().map(|s| one(t - s)).sum::<f64>()
    };
    let error = |dt: f64| -> f64 {
        let v = trace(
            &cell,
            SOMA,
            Settings { dt, method: Method::CrankNicolson, ..Settings::default() },
            20.0,
        );
        let largest = v.iter().map(|v| v + 70.0).fold(0.0, f64::max);
        let worst = v
            .iter()
            .enumerate()
            .map(|(k, v)| (v + 70.0 - exact(k as f64 * dt)).abs())
            .fold(0.0, f64::max);
        worst / largest
    };
    let (coarse, fine) = (error(0.1), error(0.05));
    assert!(
        fine < 5e-4 && coarse / fine > 3.0,
        "second order with events between steps: {coarse:e} {fine:e}"
    );
    let t = receptor.peak_time();
    let g = |t: f64| {
        receptor.normalisation()
            * ((-t / receptor.tau_decay).exp() - (-t / receptor.tau_rise).exp())
    };
    assert!((g(t) - 1.0).abs() < 1e-12 && g(t - 0.01) < 1.0 && g(t + 0.01) < 1.0);
}

#[test]
fn synapses_of_one_receptor_on_one_node_share_their_state() {
    let mut one = cell();
    add(&mut one, DENDRITE, DoubleExponential::ampa(), 2e-4, &[1.0, 5.0]);
    let mut two = cell();
    for _ in 0..2 {
        add(&mut two, DENDRITE, DoubleExponential::ampa(), 1e-4, &[1.0, 5.0]);
    }
    let (a, b) = (
        trace(&one, SOMA, Settings::default(), 30.0),
        trace(&two, SOMA, Settings::default(), 30.0),
    );
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-11));
}

/// The area under a weak EPSP attenuates as the transfer resistance says (Rinzel and Rall 1974).
#[test]
fn attenuation_of_the_area_of_an_epsp() {
    let mut c = cell();
    add(&mut c, DENDRITE, DoubleExponential::ampa(), 1e-8, &[1.0]);
    let settings = Settings { method: Method::CrankNicolson, ..Settings::default() };
    let area = |at| trace(&c, at, settings, 300.0).iter().map(|v| v + 70.0).sum::<f64>();
    let z = Impedance::new(&c, 0.0, -70.0, 6.3).unwrap();
    let attenuation = z.attenuation(DENDRITE, SOMA).unwrap().re;
    assert!((area(DENDRITE) / area(SOMA) / attenuation - 1.0).abs() < 1e-5);
}

/// Twice the synapses give more than twice the potential with NMDA, less with AMPA.
#[test]
fn summation_is_supralinear_with_nmda_and_sublinear_with_ampa() {
    let peak = |receptor: DoubleExponential, n: usize| {
        let mut c = cell();
        for _ in 0..n {
            add(&mut c, DENDRITE, receptor, 5e-4, &[1.0]);
        }
        trace(&c, SOMA, Settings::default(), 60.0).iter().fold(f64::MIN, |a, &b| a.max(b)) + 70.0
    };
    let nmda = DoubleExponential::nmda(MagnesiumBlock::jahr_stevens());
    assert!(peak(nmda, 8) > 2.3 * peak(nmda, 4));
    assert!(peak(DoubleExponential::ampa(), 4) < 1.8 * peak(DoubleExponential::ampa(), 2));
    // The slope of the block is in the matrix: a coarse step gives the same NMDA spike as a fine one.
    let mut c = cell();
    add(&mut c, DENDRITE, nmda, 1e-2, &[1.0]);
    let at = |dt| {
        trace(
            &c,
            DENDRITE,
            Settings { dt, method: Method::CrankNicolson, ..Settings::default() },
            50.0,
        )
    };
    let (coarse, fine) = (at(0.1), at(0.01));
    let worst =
        coarse.iter().zip(fine.iter().step_by(10)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(fine.iter().any(|&v| v > -25.0) && worst < 0.1, "{worst}");
}

#[test]
fn gaba_b_is_slow_and_needs_several_spikes() {
    let lowest = |spikes: &[f64]| {
        let mut c = cell();
        add(&mut c, SOMA, GabaB::default(), 1e-3, spikes);
        let v = trace(&c, SOMA, Settings::default(), 600.0);
        let k = (0..v.len()).min_by(|&a, &b| v[a].total_cmp(&v[b])).unwrap();
        (v[k] + 70.0, k as f64 * 0.025)
    };
    let (one, burst) = (lowest(&[10.0]), lowest(&[10.0, 15.0, 20.0, 25.0, 30.0]));
    assert!(burst.0 < 5.0 * one.0, "cooperative binding: {one:?} {burst:?}");
    assert!(burst.1 > 80.0 && burst.1 < 300.0, "slow: {burst:?}");
}

#[test]
fn faults_are_typed() {
    let mut c = cell();
    let r = DoubleExponential { tau_rise: 5.0, ..DoubleExponential::ampa() };
    assert!(matches!(c.add_synapse(SOMA, r, 1e-3), Err(CellError::Parameter { .. })));
    assert!(matches!(
        c.add_synapse(SOMA, DoubleExponential::ampa(), -1.0),
        Err(CellError::Parameter { .. })
    ));
    assert!(matches!(c.add_spikes(0, &[1.0]), Err(CellError::Synapse { synapse: 0, count: 0 })));
    let s = c.add_synapse(SOMA, DoubleExponential::ampa(), 1e-3).unwrap();
    assert!(matches!(c.add_spikes(s, &[1.0, f64::NAN]), Err(CellError::Parameter { .. })));
}

/// A negative slope conductance larger than C/dt has no stable step: an error with node and time, not a wild number.
#[test]
fn a_pivot_that_is_not_positive_is_an_error() {
    let m = cable(10.0, 10.0).unwrap();
    let mut c =
        Cell::new(m.compartments(&Discretisation::PerBranch(1)).unwrap(), 1.0, 100.0).unwrap();
    add(&mut c, SOMA, DoubleExponential::nmda(MagnesiumBlock::jahr_stevens()), 1.0, &[0.0]);
    let run = |dt: f64| {
        let mut s =
            Simulation::new(&c, &Settings { dt, v_init: -40.0, ..Settings::default() }).unwrap();
        s.run(5.0)
    };
    assert!(matches!(run(1.0), Err(SimulationError::Pivot { node: 0, .. })), "{:?}", run(1.0));
    assert_eq!(run(1e-3), Ok(()));
}

#[test]
fn a_clone_is_a_checkpoint() {
    let mut c = cell();
    add(&mut c, DENDRITE, DoubleExponential::ampa(), 1e-3, &[1.0, 12.0]);
    add(&mut c, SOMA, GabaB::default(), 1e-3, &[3.0]);
    let mut s = Simulation::new(&c, &Settings { v_init: -70.0, ..Settings::default() }).unwrap();
    s.run(8.0).unwrap();
    let mut copy = s.clone();
    s.run(20.0).unwrap();
    copy.run(20.0).unwrap();
    assert_eq!(s.voltages(), copy.voltages());
}
