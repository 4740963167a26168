//! All fixed points of a system, unstable ones too, and how far the list can be trusted.
//!
//! `F` maps the box `[0, highest]^n` into itself, so that the indices `sign det(1 - dF/dnu)` of its fixed points sum to +1
//! (degree of `nu - F(nu)`; Milnor, Topology from the Differentiable Viewpoint). A list with another sum lacks a point; one
//! with this sum may still lack a pair.

use std::fmt;

use crate::bifurcation::branch::{ContinuationError, ContinuationOptions};
use crate::bifurcation::continuation::follow;
use crate::bifurcation::edge::track;
use crate::bifurcation::fixed_point::{
    FixedPoint, FixedPointError, FixedPointOptions, Stability, default_starts, find_fixed_points,
};
use crate::bifurcation::logarithmic::Found;
use crate::bifurcation::nested::{Nested, arrangements};
use crate::system::input::Input;
use crate::system::{InvalidMeanField, MeanField, MeanFieldPopulation, Source};
use nalgebra::DVector;
use ntwk_core::{Interrupted, Job};

/// Largest factor of the in-degrees along which fixed points are followed.
const LARGEST_FACTOR: f64 = 4.0;
/// Fixed points from which branches are followed, at most.
const MOST_FOLLOWED: usize = 12;
/// Populations beyond which branches are followed only while a point is missing: the time grows as their third power.
const FEW: usize = 4;
/// Share of the highest rate of a transfer function, 1/tau_V, and of 1/t_ref, beyond which a state is an artefact.
const SATURATED: (f64, f64) = (0.8, 0.5);

/// How far a list of fixed points can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// They are the zeros of a function of one rate, all of which are found (nested nullclines), and their indices sum to +1.
    Complete,
    /// Their indices sum to +1: none is missing, or an even number.
    Plausible,
    /// Their indices do not sum to +1: at least one is missing, or two coincide.
    Incomplete,
}

impl fmt::Display for Completeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "yes",
            Self::Plausible => "plausible",
            Self::Incomplete => "no",
        })
    }
}

/// Fixed points of a system, and whether that is all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct AllFixedPoints {
    /// Distinct fixed points, in ascending order of the rates.
    pub points: Vec<FixedPoint>,
    /// Whether these are all.
    pub completeness: Completeness,
}

impl AllFixedPoints {
    /// Sum of the indices: +1 where none is missing.
    #[must_use]
    pub fn index_sum(&self) -> i32 {
        self.points.iter().map(|p| i32::from(p.index)).sum()
    }
}

/// Whether a population is near the highest rate that its transfer function or its refractory time allow (0.8 / tau_V,
/// 0.5 / t_ref): a state of the formula, not of cells.
#[must_use]
pub fn is_saturated(population: &MeanFieldPopulation, point: &FixedPoint, index: usize) -> bool {
    let rate = 1e-3 * point.rates[index];
    rate > SATURATED.0 / point.moments[index].tau_V
        || rate * population.membrane.t_ref > SATURATED.1
}

/// Seeks all fixed points `F(nu, nu_aff, I - W*(nu)) = nu`, from silence (rates of 1e-12 Hz and below) to saturation.
///
/// With one population, or where the rates of all others follow from one rate (two populations; an excitatory one with
/// inhibitory ones that do not form a loop), the list is complete. Where they follow from two rates, a grid over both is
/// searched; else Newton's method from starts of all orders of magnitude, branches along the strength of recurrent
/// excitation, drive and inhibition (where the points found do not sum to +1, and `thorough`, or up to four populations), and
/// the edges between stable states.
///
/// # Errors
/// [`FixedPointError`] for an input of the wrong shape, and when the job is interrupted.
pub fn all_fixed_points(
    system: &MeanField,
    input: &Input,
    thorough: bool,
    job: &Job<'_>,
) -> Result<AllFixedPoints, FixedPointError> {
    system.check_input(input)?;
    let n = system.populations().len();
    let highest = highest_rate(system);
    let mut found = Found::new(system, input);
    // These points and those of the search by fixed starts are the same in their last digits.
    let options = FixedPointOptions::default();
    for point in find_fixed_points(system, input, &default_starts(n), &options, job)?.points {
        found.seek(&DVector::from_vec(point.rates));
    }
    for arrangement in arrangements(system, 1) {
        let mut nested = Nested::new(&mut found, arrangement, highest);
        if nested.is_unique(job)? {
            nested.line(job)?;
            let mut all = described(&found);
            if all.index_sum() == 1 {
                all.completeness = Completeness::Complete;
            }
            return Ok(all);
        }
    }
    for start in logarithmic_starts(system) {
        job.check()?;
        found.seek(&start);
    }
    if n > 1 {
        for arrangement in arrangements(system, 2) {
            let mut nested = Nested::new(&mut found, arrangement.clone(), highest);
            if !nested.is_unique(job)? {
                continue;
            }
            for fine in [false, true] {
                Nested::new(&mut found, arrangement.clone(), highest).plane(fine, job)?;
                let all = described(&found);
                if all.completeness != Completeness::Incomplete {
                    return Ok(all);
                }
            }
            break;
        }
    }
    if described(&found).completeness == Completeness::Incomplete || (thorough && n <= FEW) {
        follow_strengths(&mut found, job)?;
    }
    if described(&found).completeness == Completeness::Incomplete {
        track_edges(&mut found, job)?;
    }
    Ok(described(&found))
}

/// The points, described and in order, with what their indices say.
fn described(found: &Found<'_>) -> AllFixedPoints {
    let mut points: Vec<FixedPoint> = found
        .points
        .iter()
        .map(|rates| {
            let mut search =
                crate::bifurcation::fixed_point::Search::new(found.system, found.input);
            search.residual(rates);
            search.describe_solution(rates, 0)
        })
        .collect();
    points.sort_by(|a, b| a.rates.partial_cmp(&b.rates).unwrap_or(std::cmp::Ordering::Equal));
    let mut all = AllFixedPoints { points, completeness: Completeness::Incomplete };
    if all.index_sum() == 1 {
        all.completeness = Completeness::Plausible;
    }
    all
}

/// A rate (Hz) that no transfer function exceeds: `1/tau_V < 1/tau_syn`, or one spike per refractory time.
fn highest_rate(system: &MeanField) -> f64 {
    let mut shortest = f64::INFINITY;
    for p in system.populations() {
        let times = p.connections.iter().map(|c| c.synapse.tau_syn);
        shortest = times.fold(shortest, f64::min);
        if p.membrane.t_ref > 0.0 {
            shortest = shortest.min(p.membrane.t_ref);
        }
    }
    1e3 / shortest.clamp(0.02, 1e3)
}

/// Rates from 1e-4 to 300 Hz: all populations together, each alone, and each low with the others high.
fn logarithmic_starts(system: &MeanField) -> Vec<DVector<f64>> {
    let n = system.populations().len();
    let mut starts: Vec<DVector<f64>> =
        (0..14).map(|k| DVector::from_element(n, 10f64.powf(-4.0 + 0.5 * f64::from(k)))).collect();
    for m in 0..n {
        for (own, others) in [(200.0, 1.0), (20.0, 0.01), (200.0, 0.0), (0.01, 100.0), (0.0, 200.0)]
        {
            let mut start = DVector::from_element(n, others);
            start[m] = own;
            starts.push(start);
        }
    }
    let inhibits = |m: usize| {
        system.populations().iter().any(|p| {
            p.connections
                .iter()
                .any(|c| c.source == Source::Population(m) && !excites(p, &c.synapse))
        })
    };
    starts.push(DVector::from_fn(n, |m, _| if inhibits(m) { 0.1 } else { 100.0 }));
    starts
}

fn excites(population: &MeanFieldPopulation, synapse: &crate::SynapseClass) -> bool {
    synapse.weight * synapse.driving_force(population.membrane.E_L) > 0.0
}

/// Which in-degrees are scaled together.
#[derive(Clone, Copy)]
enum Strength {
    RecurrentExcitation,
    Drive,
    Inhibition,
}

/// The system with some in-degrees times a factor.
fn scaled(
    system: &MeanField,
    strength: Strength,
    factor: f64,
) -> Result<MeanField, InvalidMeanField> {
    let mut populations = system.populations().to_vec();
    for p in &mut populations {
        let original = p.clone();
        for c in &mut p.connections {
            let recurrent = matches!(c.source, Source::Population(_));
            let excites = excites(&original, &c.synapse);
            let chosen = match strength {
                Strength::RecurrentExcitation => recurrent && excites,
                Strength::Drive => !recurrent,
                Strength::Inhibition => recurrent && !excites,
            };
            if chosen {
                c.synapse.in_degree *= factor;
            }
        }
    }
    MeanField::new(populations, system.afferents().to_vec(), system.time_constant())
}

/// Follows every point along the three strengths and takes the points where a branch comes back to the system itself.
fn follow_strengths(found: &mut Found<'_>, job: &Job<'_>) -> Result<(), Interrupted> {
    let options = ContinuationOptions { max_points: 1500, ..ContinuationOptions::default() };
    let mut next = 0;
    while next < found.points.len().min(MOST_FOLLOWED) {
        let rates: Vec<f64> = found.points[next].iter().copied().collect();
        next += 1;
        for strength in [Strength::RecurrentExcitation, Strength::Drive, Strength::Inhibition] {
            let (system, input) = (found.system, found.input);
            let family = |factor: f64| {
                scaled(system, strength, factor).map(|scaled| (scaled, input.clone()))
            };
            let range = [0.0, LARGEST_FACTOR];
            let branch = match follow(&family, range, 1.0, &rates, &options, &job.silent()) {
                Ok(branch) => branch,
                Err(ContinuationError::Interrupted(interrupted)) => return Err(interrupted),
                Err(_) => continue,
            };
            for pair in branch.points.windows(2) {
                let [a, b] = [&pair[0], &pair[1]];
                if (a.parameter - 1.0) * (b.parameter - 1.0) > 0.0 || a.parameter == b.parameter {
                    continue;
                }
                let t = (1.0 - a.parameter) / (b.parameter - a.parameter);
                let between = a.fixed_point.rates.iter().zip(&b.fixed_point.rates);
                found.seek(&DVector::from_vec(
                    between.map(|(x, y)| (x + t * (y - x)).max(0.0)).collect(),
                ));
            }
        }
    }
    Ok(())
}

/// Follows the edges between all pairs of stable points.
fn track_edges(found: &mut Found<'_>, job: &Job<'_>) -> Result<(), Interrupted> {
    let points = described(found).points;
    let stable: Vec<DVector<f64>> = points
        .into_iter()
        .filter(|p| p.stability == Stability::Stable)
        .map(|p| DVector::from_vec(p.rates))
        .collect();
    for (k, a) in stable.iter().enumerate() {
        for b in &stable[k + 1..] {
            track(found, a, b, job)?;
        }
    }
    Ok(())
}
