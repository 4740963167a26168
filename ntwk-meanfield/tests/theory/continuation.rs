//! Branches whose turning points and oscillations are known in closed form.

use crate::support::{assert_close, di_volo_drive, input, membrane, spectrum_2018};
use ntwk_core::Job;
use ntwk_core::Membrane;
use ntwk_meanfield::{
    Adaptation, Bifurcation, BranchEnd, Connection, ContinuationError, ContinuationOptions,
    DynTransferFunction, FixedPointOptions, Input, MeanField, MeanFieldPopulation, Mixture,
    Moments, Scalar, Source, Stability, SynapseClass, TransferFunction, bifurcation_diagram,
    find_fixed_points, follow,
};
use std::convert::Infallible;
use std::sync::Arc;

/// `F = M / (1 + exp(-(mu_V - theta) / s))`.
#[derive(Debug, Clone, Copy)]
struct Logistic {
    most: f64,
    theta: f64,
    s: f64,
}

impl TransferFunction for Logistic {
    fn rate<S: Scalar>(&self, _: &Membrane, m: &Moments<S>) -> S {
        let e = (-(m.mu_V - self.theta) * (1.0 / self.s)).exp();
        S::constant(self.most) / (e + 1.0)
    }
    fn in_domain(&self, _: &Membrane, _: &Moments) -> bool {
        true
    }
}

const F: Logistic = Logistic { most: 100.0, theta: -50.0, s: 2.0 };
/// Potential (mV) per Hz of the recurrent rate.
const W: f64 = 0.15;
const G_L: f64 = 10.0;
const E_L: f64 = -70.0;
const T: f64 = 10.0;

/// One population that excites itself by currents, so that `mu_V = E_L + (I - W_adapt) / g_L + w nu`.
fn population(b: f64, tau_w: f64, current: f64) -> Result<(MeanField, Input), Infallible> {
    excited_by_itself(Arc::new(F), b, tau_w, current)
}

fn excited_by_itself(
    transfer_function: Arc<dyn DynTransferFunction>,
    b: f64,
    tau_w: f64,
    current: f64,
) -> Result<(MeanField, Input), Infallible> {
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
    let p = MeanFieldPopulation {
        name: "E".to_owned(),
        size: 1000,
        membrane: Membrane { b, tau_w, ..membrane(G_L, 200.0, E_L, -50.0) },
        transfer_function,
        connections: vec![Connection { source: Source::Population(0), synapse }],
        adaptation: if b > 0.0 { Adaptation::Explicit } else { Adaptation::InTransferFunction },
    };
    let system = MeanField::new(vec![p], Vec::new(), T).unwrap();
    Ok((system, input(&[], &[current])))
}

/// Current (pA) at which `nu` is a fixed point, with the slope `k` (mV/Hz) of `mu_V` along the fixed points.
fn current_at(nu: f64, k: f64) -> f64 {
    G_L * (F.theta + F.s * (nu / (F.most - nu)).ln() - E_L - k * nu)
}

/// The rates at which `F'(mu) = slope`: `nu (1 - nu/M) / s = slope`.
fn rates_of_slope(slope: f64) -> [f64; 2] {
    let root = (0.25 - slope * F.s / F.most).sqrt();
    [F.most * (0.5 - root), F.most * (0.5 + root)]
}

/// A ramp whose slope changes at one potential, `F = k (mu_V - theta) + (K - k) max(mu_V - theta - d, 0)`.
#[derive(Debug, Clone, Copy)]
struct BentRamp;

const RAMP_THETA: f64 = -60.0;
const RAMP_BEND: f64 = -58.0;
const RAMP_SLOPES: [f64; 2] = [1.05 / W, 50.0 / W];

impl TransferFunction for BentRamp {
    fn rate<S: Scalar>(&self, _: &Membrane, m: &Moments<S>) -> S {
        let beyond = m.mu_V.limited_to(RAMP_BEND, f64::INFINITY) - RAMP_BEND;
        (m.mu_V - RAMP_THETA) * RAMP_SLOPES[0] + beyond * (RAMP_SLOPES[1] - RAMP_SLOPES[0])
    }
    fn in_domain(&self, _: &Membrane, _: &Moments) -> bool {
        true
    }
}

/// Where the transfer function changes its slope, as at the edge of the domain of a fit, the branch has a corner and goes on
/// behind it.
#[test]
fn a_branch_goes_on_behind_a_corner() {
    let family = |current: f64| excited_by_itself(Arc::new(BentRamp), 0.0, 500.0, current);
    // nu = k (E_L + I / g_L + w nu - theta), so I = g_L (theta - E_L + nu (1 / k - w)), and likewise behind the bend.
    let bend = RAMP_SLOPES[0] * (RAMP_BEND - RAMP_THETA);
    let current = |nu: f64| {
        let mu = if nu < bend {
            RAMP_THETA + nu / RAMP_SLOPES[0]
        } else {
            RAMP_BEND + (nu - bend) / RAMP_SLOPES[1]
        };
        G_L * (mu - E_L - W * nu)
    };
    let range = [current(2.0 * bend), current(0.5 * bend)];
    let options = ContinuationOptions::default();
    let branch = follow(&family, range, range[1], &[0.5 * bend], &options, &Job::new()).unwrap();
    assert_eq!(branch.ends, [BranchEnd::Range, BranchEnd::Range], "{:?}", branch.points.last());
    for point in &branch.points {
        let expected = current(point.fixed_point.rates[0]);
        assert!((point.parameter - expected).abs() < 1e-6, "{} {expected}", point.parameter);
    }
}

/// The S-shaped branch of a population that excites itself: both turning points, the stability of its parts.
#[test]
fn saddle_nodes_of_an_excitatory_population() {
    let family = |current: f64| population(0.0, 500.0, current);
    let options = ContinuationOptions::default();
    let branch = follow(&family, [0.0, 300.0], 0.0, &[0.0], &options, &Job::new()).unwrap();
    assert_eq!(branch.ends, [BranchEnd::Range, BranchEnd::Range]);
    assert_eq!(branch.bifurcations.len(), 2, "{:?}", branch.bifurcations);
    for ((kind, _, point), nu) in branch.bifurcations.iter().zip(rates_of_slope(1.0 / W)) {
        assert_eq!(*kind, Bifurcation::SaddleNode);
        // At a turning point the rate is known to the root of the accuracy of the parameter.
        assert_close(point.parameter, current_at(nu, W), 1e-8, 0.0, "current");
        assert_close(point.fixed_point.rates[0], nu, 1e-5, 0.0, "rate");
    }
    for p in &branch.points {
        let nu = p.fixed_point.rates[0];
        // The tolerance of the rates, 1e-9 Hz, over dF/dI at the lowest rate.
        assert_close(p.parameter, current_at(nu, W), 1e-6, 1e-5, "on the branch");
        let [low, high] = rates_of_slope(1.0 / W);
        let stable = nu < low || nu > high;
        assert_eq!(p.fixed_point.stability == Stability::Stable, stable, "{nu}");
    }
    // The same from the far end, and found once by a diagram however many searches meet it.
    let values: Vec<f64> = (0..=10).map(|k| 30.0 * f64::from(k)).collect();
    let diagram = bifurcation_diagram(&family, &values, &options, &Job::new()).unwrap();
    assert_eq!(diagram.branches.len(), 1);
    assert_eq!(diagram.branches[0].bifurcations.len(), 2);
    assert_eq!(diagram.sought.len(), 11);
}

/// With adaptation the middle of the branch loses its stability to an oscillation where the trace of the Jacobian vanishes,
/// `w F' = 1 + T / tau_w`.
#[test]
fn oscillations_of_an_adapting_population() {
    let (b, tau_w) = (15.0, 100.0);
    let family = |current: f64| population(b, tau_w, current);
    // Along the fixed points W = tau_w b nu: mu_V rises by less per Hz.
    let k = W - 1e-3 * tau_w * b / G_L;
    let branch =
        follow(&family, [0.0, 600.0], 0.0, &[0.0], &ContinuationOptions::default(), &Job::new())
            .unwrap();
    let hopf: Vec<_> = branch
        .bifurcations
        .iter()
        .filter_map(|(kind, _, point)| match kind {
            Bifurcation::Hopf { frequency } => Some((*frequency, point)),
            _ => None,
        })
        .collect();
    assert_eq!(hopf.len(), branch.bifurcations.len(), "no turning point: k < 0");
    assert_eq!(hopf.len(), 2);
    let slope = (1.0 + T / tau_w) / W;
    for ((frequency, point), nu) in hopf.into_iter().zip(rates_of_slope(slope)) {
        assert_close(point.fixed_point.rates[0], nu, 1e-9, 0.0, "rate");
        assert_close(point.parameter, current_at(nu, k), 1e-9, 0.0, "current");
        // omega^2 = det A = [ (1 - w F') + tau_w b F' / g_L ] / (T tau_w), per ms^2.
        let determinant = ((1.0 - W * slope) + 1e-3 * tau_w * b * slope / G_L) / (T * tau_w);
        let exact = 1e3 * determinant.sqrt() / std::f64::consts::TAU;
        assert_close(frequency, exact, 1e-8, 0.0, "frequency");
    }
}

/// A branch ends where there is no system, with the reason; bad arguments are named.
#[test]
fn a_branch_ends_where_the_model_does() {
    let family = |current: f64| {
        if current > 120.0 {
            Err("no such current")
        } else {
            Ok(population(0.0, 500.0, current).unwrap())
        }
    };
    let options = ContinuationOptions::default();
    let branch = follow(&family, [0.0, 300.0], 0.0, &[0.0], &options, &Job::new()).unwrap();
    assert!(
        matches!(&branch.ends[1], BranchEnd::NoSystem { reason, .. } if reason == "no such current"),
        "{:?}",
        branch.ends
    );
    let last = branch.points.last().unwrap().parameter;
    assert!((119.9..=120.0).contains(&last), "{last}");
    let err = follow(&family, [0.0, 0.0], 0.0, &[0.0], &options, &Job::new()).unwrap_err();
    assert_eq!(err, ContinuationError::Range(0.0, 0.0));
    let err = follow(&family, [0.0, 300.0], 200.0, &[0.0], &options, &Job::new()).unwrap_err();
    assert!(matches!(err, ContinuationError::NoSystem { .. }));
    let none = ContinuationOptions { max_step: 0.0, ..options };
    assert_eq!(
        follow(&family, [0.0, 1.0], 0.0, &[0.0], &none, &Job::new()),
        Err(ContinuationError::Options)
    );
    let few = ContinuationOptions { max_points: 5, ..options };
    let branch = follow(&family, [0.0, 100.0], 0.0, &[0.0], &few, &Job::new()).unwrap();
    assert_eq!(branch.ends[1], BranchEnd::PointLimit);
}

/// Along the afferent rate of a published network the branch passes through the fixed points that are found one by one.
#[test]
fn the_branch_of_a_published_network() {
    let family =
        |nu: f64| Ok::<_, Infallible>((spectrum_2018(5.0, [4000, 1000]), input(&[nu], &[0.0; 2])));
    let options = ContinuationOptions::default();
    let branch = follow(&family, [6.0, 25.0], 10.0, &[3.2, 8.9], &options, &Job::new()).unwrap();
    assert_eq!(branch.ends, [BranchEnd::Range, BranchEnd::Range]);
    assert_eq!(branch.points[0].parameter, 6.0);
    assert_eq!(branch.points.last().unwrap().parameter, 25.0);
    for p in branch.points.iter().step_by(5) {
        let (system, at) = family(p.parameter).unwrap();
        let start = [p.fixed_point.rates.clone()];
        let found =
            find_fixed_points(&system, &at, &start, &FixedPointOptions::default(), &Job::new())
                .unwrap();
        for m in 0..2 {
            assert_close(found.points[0].rates[m], p.fixed_point.rates[m], 1e-7, 0.0, "rate");
        }
    }
    assert!(branch.bifurcations.is_empty());
}

/// The network of The Virtual Brain with little adaptation is bistable; its branches over the drive are all found, whatever
/// the number of searches.
#[test]
fn the_number_of_searches_does_not_change_the_diagram() {
    let family = |drive: f64| Ok::<_, Infallible>(di_volo_drive(drive));
    let options = ContinuationOptions::default();
    let diagram = |n: u32| {
        let values: Vec<f64> = (0..=n).map(|k| 5.0 * f64::from(k) / f64::from(n)).collect();
        bifurcation_diagram(&family, &values, &options, &Job::new()).unwrap()
    };
    let (few, many) = (diagram(5), diagram(20));
    assert_eq!(few.branches.len(), many.branches.len());
    let kinds = |d: &ntwk_meanfield::BifurcationDiagram| {
        let mut all: Vec<f64> =
            d.branches.iter().flat_map(|b| b.bifurcations.iter().map(|x| x.2.parameter)).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (a, b) = (kinds(&few), kinds(&many));
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(&b) {
        assert_close(*x, *y, 1e-6, 0.0, "bifurcation");
    }
}
