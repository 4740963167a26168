//! Fixed points followed along a parameter: branches, and where they turn or lose their stability.
//!
//! Pseudo-arclength continuation (Keller 1977; Kuznetsov, Elements of Applied Bifurcation Theory, ch. 10) of
//! `G(nu, p) = F(nu; p) - nu = 0`: the branch is followed along its own length, so that it can turn back in `p`.
//! Derivatives with respect to the rates are exact, those with respect to the parameter central differences.

use crate::bifurcation::branch::{
    Bifurcation, Branch, BranchEnd, BranchPoint, ContinuationError, ContinuationOptions,
};
use crate::bifurcation::fixed_point::Search;
use crate::system::MeanField;
use crate::system::input::Input;
use nalgebra::{Complex, DMatrix, DVector};
use ntwk_core::Job;

/// Mean-field systems along a parameter.
pub trait Family {
    /// Why there is no system at some value.
    type Error: std::fmt::Display;

    /// System and input at a value of the parameter.
    ///
    /// # Errors
    /// When there is none, such as for a negative conductance; a branch ends there.
    fn at(&self, parameter: f64) -> Result<(MeanField, Input), Self::Error>;
}

impl<E: std::fmt::Display, F: Fn(f64) -> Result<(MeanField, Input), E>> Family for F {
    type Error = E;
    fn at(&self, parameter: f64) -> Result<(MeanField, Input), E> {
        self(parameter)
    }
}

/// Follows the fixed point near `rates` (Hz) at `parameter` both ways through `range`.
///
/// # Errors
/// [`ContinuationError`] for a range or options out of range, when there is no fixed point to begin with, and when the job is
/// interrupted. A branch that cannot be followed to the end of the range is no error: [`Branch::ends`] says why.
pub fn follow<F: Family + ?Sized>(
    family: &F,
    range: [f64; 2],
    parameter: f64,
    rates: &[f64],
    options: &ContinuationOptions,
    job: &Job<'_>,
) -> Result<Branch, ContinuationError> {
    let [low, high] = range;
    if !(low.is_finite() && high.is_finite() && low < high && (low..=high).contains(&parameter)) {
        return Err(ContinuationError::Range(low, high));
    }
    let positive = [options.max_step, options.min_step, options.tolerance];
    if !positive.iter().all(|x| *x > 0.0 && x.is_finite())
        || options.max_step < options.min_step
        || options.max_points == 0
    {
        return Err(ContinuationError::Options);
    }
    let (system, input) = family
        .at(parameter)
        .map_err(|e| ContinuationError::NoSystem { parameter, reason: e.to_string() })?;
    system.check_input(&input)?;
    let follower = Follower { family, range, options, job };
    let start = DVector::from_column_slice(rates);
    let place = follower
        .at_fixed_parameter(parameter, &start)
        .and_then(|rates| follower.place(parameter, rates).ok());
    job.check()?;
    let start = place.ok_or(ContinuationError::Start { parameter })?;
    let tangent = follower.first_tangent(&start);
    let Some(tangent) = tangent else { return Err(ContinuationError::Start { parameter }) };
    let forward = follower.walk(&start, tangent.clone(), options.max_points);
    job.check()?;
    if forward.end == BranchEnd::Closed {
        let ends = [BranchEnd::Closed, BranchEnd::Closed];
        return Ok(Branch { points: forward.points, bifurcations: forward.bifurcations, ends });
    }
    let left = options.max_points.saturating_sub(forward.points.len());
    let backward = follower.walk(&start, -tangent, left);
    job.check()?;
    Ok(joined(backward, forward))
}

/// Two walks from one point as one branch.
fn joined(backward: Walk, forward: Walk) -> Branch {
    let before = backward.points.len() - 1;
    let mut points: Vec<BranchPoint> = backward.points.into_iter().skip(1).rev().collect();
    let mut bifurcations: Vec<_> = backward
        .bifurcations
        .into_iter()
        .rev()
        .map(|(kind, place, point)| (kind, before - 1 - place, point))
        .collect();
    points.extend(forward.points);
    bifurcations.extend(
        forward.bifurcations.into_iter().map(|(kind, at, point)| (kind, at + before, point)),
    );
    Branch { points, bifurcations, ends: [backward.end, forward.end] }
}

/// A point with all that a step from it needs.
struct Place {
    point: BranchPoint,
    rates: DVector<f64>,
    /// `dG/dnu`.
    jacobian: DMatrix<f64>,
    /// `dG/ds`, `s` the parameter in units of its range.
    slope: DVector<f64>,
}

struct Walk {
    points: Vec<BranchPoint>,
    bifurcations: Vec<(Bifurcation, usize, BranchPoint)>,
    end: BranchEnd,
}

/// Functions that change their sign at a bifurcation.
struct Indicators {
    turning: f64,
    oscillation: f64,
    crossing: f64,
}

/// Largest turn of the direction in one step (cosine).
const LARGEST_TURN: f64 = 0.94;
/// How far, in lengths of a step, a bifurcation that lies in the step is sought along its tangent.
const REACHES: [f64; 4] = [1.1, 1.0, 1.5, 2.5];
/// Newton steps of a corrector.
const CORRECTIONS: usize = 8;
/// Half the distance, in the range, over which the slope along the parameter is taken.
const SLOPE_REACH: f64 = 1e-5;

struct Follower<'a, F: ?Sized> {
    family: &'a F,
    range: [f64; 2],
    options: &'a ContinuationOptions,
    job: &'a Job<'a>,
}

impl<F: Family + ?Sized> Follower<'_, F> {
    fn span(&self) -> f64 {
        self.range[1] - self.range[0]
    }

    /// `G`, and `dG/dnu` where asked for.
    fn evaluate(
        &self,
        parameter: f64,
        rates: &DVector<f64>,
        linear: bool,
    ) -> Result<(DVector<f64>, DMatrix<f64>), BranchEnd> {
        let no_system = |reason: String| BranchEnd::NoSystem { parameter, reason };
        // An interruption ends the walk here; `follow` reports it instead of this end.
        self.job.check().map_err(|e| no_system(e.to_string()))?;
        let (system, input) = self.family.at(parameter).map_err(|e| no_system(e.to_string()))?;
        system.check_input(&input).map_err(|e| no_system(e.to_string()))?;
        let mut search = Search::new(&system, &input);
        search.residual(rates);
        if linear {
            search.linearise(rates);
        }
        Ok((search.residual, search.jacobian))
    }

    /// `dG/ds` by a difference within the range.
    fn slope(&self, parameter: f64, rates: &DVector<f64>) -> Result<DVector<f64>, BranchEnd> {
        let h = SLOPE_REACH * self.span();
        let (low, high) = ((parameter - h).max(self.range[0]), (parameter + h).min(self.range[1]));
        let ends =
            [(low, self.evaluate(low, rates, false)), (high, self.evaluate(high, rates, false))];
        let [(low, below), (high, above)] = match ends {
            [(low, Ok(below)), (high, Ok(above))] => [(low, below.0), (high, above.0)],
            // At the edge of where there is a system the difference is one-sided.
            [(low, Ok(below)), _] => {
                [(low, below.0), (parameter, self.evaluate(parameter, rates, false)?.0)]
            }
            [_, (high, Ok(above))] => {
                [(parameter, self.evaluate(parameter, rates, false)?.0), (high, above.0)]
            }
            [(_, Err(end)), _] => return Err(end),
        };
        Ok((above - below) * (self.span() / (high - low)))
    }

    fn place(&self, parameter: f64, rates: DVector<f64>) -> Result<Place, BranchEnd> {
        let no_system = |reason: String| BranchEnd::NoSystem { parameter, reason };
        let (system, input) = self.family.at(parameter).map_err(|e| no_system(e.to_string()))?;
        let mut search = Search::new(&system, &input);
        search.residual(&rates);
        search.linearise(&rates);
        let fixed_point = search.describe_solution(&rates, 0);
        let jacobian = search.jacobian.clone();
        let slope = self.slope(parameter, &rates)?;
        Ok(Place { point: BranchPoint { parameter, fixed_point }, rates, jacobian, slope })
    }

    /// Newton's method at a fixed parameter; `None` when it does not converge.
    fn at_fixed_parameter(&self, parameter: f64, start: &DVector<f64>) -> Option<DVector<f64>> {
        let mut rates = start.clone();
        for _ in 0..4 * CORRECTIONS {
            let (residual, jacobian) = self.evaluate(parameter, &rates, true).ok()?;
            if self.solved(&residual, &rates) {
                return Some(rates);
            }
            rates += jacobian.lu().solve(&-residual)?;
        }
        None
    }

    fn solved(&self, residual: &DVector<f64>, rates: &DVector<f64>) -> bool {
        residual.amax() <= self.options.tolerance * (1.0 + rates.amax())
    }

    /// Weights of the rates in the length of a step.
    fn weights(rates: &DVector<f64>) -> DVector<f64> {
        rates.map(|nu| 1.0 / (1.0 + nu.abs()))
    }

    /// The null vector of `[dG/dnu, dG/ds]`, of length 1 in the weighted norm, along `direction`.
    fn tangent(&self, place: &Place, direction: &DVector<f64>) -> Option<DVector<f64>> {
        let n = place.rates.len();
        let mut right = DVector::zeros(n + 1);
        right[n] = 1.0;
        let mut tangent = bordered(place, direction).lu().solve(&right)?;
        let weights = Self::weights(&place.rates);
        let length = weighted_norm(&tangent, &weights);
        tangent /= length;
        tangent.iter().all(|x| x.is_finite()).then_some(tangent)
    }

    fn first_tangent(&self, start: &Place) -> Option<DVector<f64>> {
        let n = start.rates.len();
        // At a turning point the parameter stands still: then the direction is one of the rates.
        (0..=n).rev().find_map(|k| {
            let mut direction = DVector::zeros(n + 1);
            direction[k] = 1.0;
            self.tangent(start, &direction)
        })
    }

    fn walk(&self, start: &Place, tangent: DVector<f64>, most: usize) -> Walk {
        let mut walk = Walk {
            points: vec![start.point.clone()],
            bifurcations: Vec::new(),
            end: BranchEnd::PointLimit,
        };
        let mut step = 0.2 * self.options.max_step;
        let mut tangent = tangent;
        let mut owned: Option<Place> = None;
        while walk.points.len() < most {
            let here = owned.as_ref().unwrap_or(start);
            match self.step(here, &tangent, &mut step) {
                Err(end) => {
                    walk.end = end;
                    break;
                }
                Ok(Step::Edge(place)) => {
                    self.note_bifurcations(&mut walk, here, &tangent, &place);
                    walk.points.push(place.point);
                    walk.end = BranchEnd::Range;
                    break;
                }
                Ok(Step::Inside(place, next)) => {
                    self.note_bifurcations(&mut walk, here, &tangent, &place);
                    walk.points.push(place.point.clone());
                    let closed = walk.points.len() > 20 && self.distance(&place, start) < step;
                    (owned, tangent) = (Some(place), next);
                    if closed {
                        walk.end = BranchEnd::Closed;
                        break;
                    }
                }
            }
        }
        walk
    }

    fn distance(&self, a: &Place, b: &Place) -> f64 {
        let mut difference = (&a.rates - &b.rates).insert_row(a.rates.len(), 0.0);
        difference[a.rates.len()] = (a.point.parameter - b.point.parameter) / self.span();
        weighted_norm(&difference, &Self::weights(&a.rates))
    }

    /// One step along `tangent`; `step` is shortened until it succeeds, and lengthened where that was easy.
    fn step(
        &self,
        here: &Place,
        tangent: &DVector<f64>,
        step: &mut f64,
    ) -> Result<Step, BranchEnd> {
        let n = here.rates.len();
        let mut last = BranchEnd::StepUnderflow;
        while *step >= self.options.min_step {
            match self.correct(here, tangent, *step) {
                Ok((parameter, rates, iterations)) => {
                    if !(self.range[0]..=self.range[1]).contains(&parameter) {
                        if let Some(place) = self.edge(here, parameter, &rates) {
                            return Ok(Step::Edge(place));
                        }
                    } else {
                        match self.place(parameter, rates) {
                            Err(end) => last = end,
                            Ok(place) => {
                                if let Some(next) = self.straight_on(here, &place, tangent) {
                                    if iterations <= 3 {
                                        *step = (1.4 * *step).min(self.options.max_step);
                                    }
                                    return Ok(Step::Inside(place, next));
                                }
                            }
                        }
                    }
                }
                Err(Some(end)) => {
                    last = end;
                    // Beyond the range nothing needs to exist: the edge is tried from here.
                    let ahead = here.point.parameter + *step * tangent[n] * self.span();
                    if !(self.range[0]..=self.range[1]).contains(&ahead)
                        && let Some(place) = self.edge(here, ahead, &here.rates)
                    {
                        return Ok(Step::Edge(place));
                    }
                }
                Err(None) => {}
            }
            *step *= 0.5;
        }
        if let Some((place, next)) = self.over_corner(here, tangent) {
            *step = 0.2 * self.options.max_step;
            return Ok(Step::Inside(place, next));
        }
        Err(last)
    }

    /// The branch on the other side of a corner: where a state reaches the edge of a fit's domain, or the parameter a value at
    /// which it was measured, the slopes on both sides differ and no short step follows the branch. It goes on at a parameter
    /// just beyond, unless it turns back there.
    fn over_corner(&self, here: &Place, tangent: &DVector<f64>) -> Option<(Place, DVector<f64>)> {
        let n = here.rates.len();
        let onwards = tangent[n].signum();
        [4.0, 16.0, 64.0].into_iter().find_map(|far| {
            let parameter = here.point.parameter + onwards * far * SLOPE_REACH * self.span();
            if !(self.range[0]..=self.range[1]).contains(&parameter) {
                return None;
            }
            let rates = self.at_fixed_parameter(parameter, &here.rates)?;
            let place = self.place(parameter, rates).ok()?;
            let mut direction = DVector::zeros(n + 1);
            direction[n] = onwards;
            let next = self.tangent(&place, &direction)?;
            (self.distance(&place, here) <= self.options.max_step).then_some((place, next))
        })
    }

    /// The tangent at `there`, unless the branch would turn too sharply for one step.
    fn straight_on(
        &self,
        here: &Place,
        there: &Place,
        tangent: &DVector<f64>,
    ) -> Option<DVector<f64>> {
        let weights = Self::weights(&here.rates);
        let turn =
            |t: &DVector<f64>| weighted_dot(t, tangent, &weights) / weighted_norm(t, &weights);
        self.tangent(there, tangent).filter(|t| turn(t) > LARGEST_TURN)
    }

    /// The point at the end of the range towards `beyond`.
    fn edge(&self, here: &Place, beyond: f64, rates: &DVector<f64>) -> Option<Place> {
        let edge = beyond.clamp(self.range[0], self.range[1]);
        let whole = beyond - here.point.parameter;
        let fraction = if whole == 0.0 { 0.0 } else { (edge - here.point.parameter) / whole };
        let guess = &here.rates + (rates - &here.rates) * fraction;
        let found = self.at_fixed_parameter(edge, &guess)?;
        // Another branch is not the end of this one.
        let weights = Self::weights(&here.rates);
        let moved = (&found - &guess).component_mul(&weights).norm();
        (moved <= 2.0 * self.options.max_step).then(|| self.place(edge, found).ok()).flatten()
    }

    /// Predictor and corrector: `G = 0` at the distance `step` along `tangent`. `Err(None)`: no convergence.
    fn correct(
        &self,
        here: &Place,
        tangent: &DVector<f64>,
        step: f64,
    ) -> Result<(f64, DVector<f64>, usize), Option<BranchEnd>> {
        let n = here.rates.len();
        let weights = Self::weights(&here.rates);
        let mut rates = &here.rates + tangent.rows(0, n) * step;
        let mut along = step * tangent[n];
        let mut border = DVector::zeros(n + 1);
        for k in 0..n {
            border[k] = weights[k] * weights[k] * tangent[k];
        }
        border[n] = tangent[n];
        for iteration in 1..=CORRECTIONS {
            let parameter = here.point.parameter + along * self.span();
            let (residual, jacobian) = self.evaluate(parameter, &rates, true).map_err(Some)?;
            if !residual.iter().chain(jacobian.iter()).all(|x| x.is_finite()) {
                return Err(None);
            }
            let mut matrix = DMatrix::zeros(n + 1, n + 1);
            matrix.view_mut((0, 0), (n, n)).copy_from(&jacobian);
            matrix.view_mut((0, n), (n, 1)).copy_from(&here.slope);
            matrix.row_mut(n).copy_from(&border.transpose());
            let mut right = DVector::zeros(n + 1);
            right.rows_mut(0, n).copy_from(&-&residual);
            let moved = &rates - &here.rates;
            right[n] = step - border.rows(0, n).dot(&moved) - border[n] * along;
            if self.solved(&residual, &rates) && right[n].abs() <= 1e-3 * step {
                return Ok((parameter, rates, iteration));
            }
            let update = matrix.lu().solve(&right).ok_or(None)?;
            rates += update.rows(0, n);
            along += update[n];
        }
        Err(None)
    }

    fn indicators(&self, place: &Place, tangent: &DVector<f64>) -> Indicators {
        Indicators {
            turning: tangent[place.rates.len()],
            oscillation: sums_of_pairs(&place.point.fixed_point.eigenvalues),
            crossing: bordered(place, tangent).determinant(),
        }
    }

    fn note_bifurcations(
        &self,
        walk: &mut Walk,
        here: &Place,
        tangent: &DVector<f64>,
        there: &Place,
    ) {
        let Some(arrived) = self.tangent(there, tangent) else { return };
        let (a, b) = (self.indicators(here, tangent), self.indicators(there, &arrived));
        let place = walk.points.len() - 1;
        // At least the length of the step along the tangent; not more, or a second zero could lie within.
        let length = self.distance(here, there);
        let mut found = Vec::new();
        if a.turning * b.turning < 0.0 {
            let point = self.locate(here, tangent, length, |i| i.turning);
            found.extend(point.map(|p| (Bifurcation::SaddleNode, p)));
        }
        if a.oscillation * b.oscillation < 0.0
            && let Some(point) = self.locate(here, tangent, length, |i| i.oscillation)
            && let Some(frequency) = crossing_frequency(&point.fixed_point.eigenvalues)
        {
            found.push((Bifurcation::Hopf { frequency }, point));
        }
        if a.crossing * b.crossing < 0.0 {
            let point = self.locate(here, tangent, length, |i| i.crossing);
            found.extend(point.map(|p| (Bifurcation::Crossing, p)));
        }
        walk.bifurcations.extend(found.into_iter().map(|(kind, point)| (kind, place, point)));
    }

    /// Bisection for the zero of an indicator within the distance `length` from a point.
    fn locate(
        &self,
        here: &Place,
        tangent: &DVector<f64>,
        length: f64,
        indicator: impl Fn(&Indicators) -> f64,
    ) -> Option<BranchPoint> {
        let at = |step: f64| {
            let (parameter, rates, _) = self.correct(here, tangent, step).ok()?;
            let place = self.place(parameter, rates).ok()?;
            let tangent = self.tangent(&place, tangent)?;
            Some((indicator(&self.indicators(&place, &tangent)), place))
        };
        let first = indicator(&self.indicators(here, tangent));
        // A step is measured along the tangent, the way between two points is a little longer; more than that where the branch
        // has a kink, as between nodes of an interpolation.
        let reach = |factor: f64| {
            let high = factor * length;
            at(high).filter(|(end, _)| first * end <= 0.0).map(|(_, place)| (high, place))
        };
        let mut low = 0.0;
        let (mut high, mut place) = REACHES.into_iter().find_map(reach)?;
        for _ in 0..45 {
            let middle = 0.5 * (low + high);
            let (value, found) = at(middle)?;
            if first * value > 0.0 {
                low = middle;
            } else {
                high = middle;
                place = found;
            }
        }
        Some(place.point)
    }
}

enum Step {
    Inside(Place, DVector<f64>),
    /// The last point, at the end of the range.
    Edge(Place),
}

/// `[dG/dnu, dG/ds; direction]`.
fn bordered(place: &Place, direction: &DVector<f64>) -> DMatrix<f64> {
    let n = place.rates.len();
    let mut matrix = DMatrix::zeros(n + 1, n + 1);
    matrix.view_mut((0, 0), (n, n)).copy_from(&place.jacobian);
    matrix.view_mut((0, n), (n, 1)).copy_from(&place.slope);
    matrix.row_mut(n).copy_from(&direction.transpose());
    matrix
}

fn weighted_dot(a: &DVector<f64>, b: &DVector<f64>, weights: &DVector<f64>) -> f64 {
    let n = weights.len();
    (0..n).map(|k| weights[k] * weights[k] * a[k] * b[k]).sum::<f64>() + a[n] * b[n]
}

fn weighted_norm(a: &DVector<f64>, weights: &DVector<f64>) -> f64 {
    weighted_dot(a, a, weights).sqrt()
}

/// `prod_{i<j} (z_i + z_j)` with its factors scaled to magnitudes near 1: real, and zero where two eigenvalues are opposite.
fn sums_of_pairs(eigenvalues: &[Complex<f64>]) -> f64 {
    let mut product = Complex::new(1.0, 0.0);
    for (i, a) in eigenvalues.iter().enumerate() {
        for b in &eigenvalues[i + 1..] {
            product *= (a + b) / (a.norm() + b.norm()).max(f64::MIN_POSITIVE);
        }
    }
    product.re
}

/// Frequency (Hz) of the pair of eigenvalues (1/s) on the imaginary axis; `None` when the opposite pair is real, which is no
/// bifurcation.
fn crossing_frequency(eigenvalues: &[Complex<f64>]) -> Option<f64> {
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for (i, a) in eigenvalues.iter().enumerate() {
        for b in &eigenvalues[i + 1..] {
            pairs.push(((a + b).norm() / (a.norm() + b.norm()).max(f64::MIN_POSITIVE), a.im));
        }
    }
    let (_, im) = pairs.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    (im != 0.0).then(|| im.abs() / std::f64::consts::TAU)
}
