//! Where a transfer function is measured, in terms of presynaptic rates: grids, and their adaptive refinement.

use crate::scan::point::ScanPoint;

/// Distribution of values along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Equal differences.
    Linear,
    /// Equal ratios.
    Log,
}

/// Values of one quantity from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanAxis {
    /// First value.
    pub low: f64,
    /// Last value.
    pub high: f64,
    /// Number of values (>= 1; the one of 1 is `low`).
    pub points: usize,
    /// How they are distributed.
    pub spacing: Spacing,
}

/// An axis that cannot be laid out.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{low} to {high} in {points} values: {rule}")]
pub struct AxisError {
    /// First value.
    pub low: f64,
    /// Last value.
    pub high: f64,
    /// Number of values.
    pub points: usize,
    /// What is needed.
    pub rule: &'static str,
}

impl ScanAxis {
    /// The values.
    ///
    /// # Errors
    /// [`AxisError`] for bounds that are not finite or not ascending, no value, or a logarithmic axis from zero.
    pub fn values(&self) -> Result<Vec<f64>, AxisError> {
        let Self { low, high, points, spacing } = *self;
        let fault = |rule| Err(AxisError { low, high, points, rule });
        if !(low.is_finite() && high.is_finite()) {
            return fault("the ends must be finite");
        }
        if points == 0 || points > 100_000 {
            return fault("between 1 and 100000 values are needed");
        }
        if points > 1 && low >= high {
            return fault("the ends must ascend");
        }
        if spacing == Spacing::Log && low <= 0.0 {
            return fault("a logarithmic axis needs ends > 0");
        }
        let last = (points - 1).max(1) as f64;
        Ok((0..points)
            .map(|k| match (k, spacing) {
                (0, _) => low,
                (k, _) if k + 1 == points => high,
                (k, Spacing::Linear) => low + (high - low) * k as f64 / last,
                (k, Spacing::Log) => low * (high / low).powf(k as f64 / last),
            })
            .collect())
    }

    /// The value half-way between two: their mean, geometric on a logarithmic axis.
    fn middle(&self, a: f64, b: f64) -> f64 {
        match self.spacing {
            Spacing::Linear => 0.5 * (a + b),
            Spacing::Log => (a * b).sqrt(),
        }
    }
}

/// All combinations of the values of `axes`; the last axis varies fastest.
///
/// # Errors
/// [`AxisError`] of the first axis that has one.
pub fn grid(axes: &[ScanAxis]) -> Result<Vec<Vec<f64>>, AxisError> {
    let mut points = vec![Vec::new()];
    for axis in axes {
        let values = axis.values()?;
        points = points
            .iter()
            .flat_map(|p: &Vec<f64>| {
                values.iter().map(move |&v| {
                    let mut next = p.clone();
                    next.push(v);
                    next
                })
            })
            .collect();
    }
    Ok(points)
}

/// How a grid is refined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refinement {
    /// Largest difference (Hz) of the measured rates of neighbours that is left alone.
    pub max_step: f64,
    /// Where both neighbours fire faster than this (Hz) nothing is refined.
    pub rate_max: f64,
    /// Smallest distance of neighbours, as a fraction of the axis.
    pub min_distance: f64,
    /// Most points in all.
    pub max_points: usize,
}

/// The points that halve the intervals along axis `along` in which the measured rate changes by more than
/// [`Refinement::max_step`], widest change first; empty when there is none left.
///
/// `rates[i]` are the coordinates of point `i`, `measured[i]` its rate (`None` where the measurement failed). Points
/// that agree in all other coordinates form a line. Called again after each round, it samples every line as densely as
/// the transfer function is steep on it. The result depends on the arguments alone.
#[must_use]
pub fn refine(
    axes: &[ScanAxis],
    along: usize,
    rates: &[Vec<f64>],
    measured: &[Option<ScanPoint>],
    options: &Refinement,
) -> Vec<Vec<f64>> {
    let room = options.max_points.saturating_sub(rates.len());
    let Some(axis) = axes.get(along) else { return Vec::new() };
    let mut order: Vec<usize> = (0..rates.len().min(measured.len())).collect();
    let others =
        |i: usize| rates[i].iter().enumerate().filter(|(c, _)| *c != along).map(|(_, x)| x);
    let by_line = |&i: &usize, &j: &usize| {
        let lines = others(i).map(|x| x.to_bits()).cmp(others(j).map(|x| x.to_bits()));
        lines.then(rates[i][along].total_cmp(&rates[j][along]))
    };
    order.sort_by(by_line);
    let span = (axis.high - axis.low).abs();
    let mut wanted: Vec<(f64, Vec<f64>)> = Vec::new();
    for pair in order.windows(2) {
        let (i, j) = (pair[0], pair[1]);
        let same_line = others(i).eq(others(j));
        let (Some(a), Some(b)) = (&measured[i], &measured[j]) else { continue };
        let change = (a.rate - b.rate).abs();
        let distance = rates[j][along] - rates[i][along];
        if same_line
            && change > options.max_step
            && a.rate.min(b.rate) <= options.rate_max
            && distance > 2.0 * options.min_distance * span
        {
            let mut point = rates[i].clone();
            point[along] = axis.middle(rates[i][along], rates[j][along]);
            wanted.push((change, point));
        }
    }
    // Stable: equal changes stay in the order of the lines.
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.truncate(room);
    wanted.into_iter().map(|(_, point)| point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::Moments;

    fn axis(low: f64, high: f64, points: usize, spacing: Spacing) -> ScanAxis {
        ScanAxis { low, high, points, spacing }
    }

    #[test]
    fn axes_have_their_ends_exactly() {
        assert_eq!(axis(0.0, 3.0, 4, Spacing::Linear).values().unwrap(), [0.0, 1.0, 2.0, 3.0]);
        let log = axis(0.1, 100.0, 4, Spacing::Log).values().unwrap();
        assert_eq!((log[0], log[3]), (0.1, 100.0));
        assert!((log[1] - 1.0).abs() < 1e-12 && (log[2] - 10.0).abs() < 1e-12);
        assert_eq!(axis(2.0, 2.0, 1, Spacing::Log).values().unwrap(), [2.0]);
        for bad in [
            axis(0.0, 1.0, 3, Spacing::Log),
            axis(1.0, 0.0, 3, Spacing::Linear),
            axis(0.0, f64::NAN, 3, Spacing::Linear),
            axis(0.0, 1.0, 0, Spacing::Linear),
        ] {
            assert!(bad.values().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_grid_has_all_combinations() {
        let axes = [axis(0.0, 1.0, 2, Spacing::Linear), axis(0.0, 2.0, 3, Spacing::Linear)];
        let points = grid(&axes).unwrap();
        assert_eq!(points.len(), 6);
        assert_eq!((&points[1], &points[3]), (&vec![0.0, 1.0], &vec![1.0, 0.0]));
        assert_eq!(grid(&[]).unwrap(), [Vec::<f64>::new()]);
    }

    /// Rounds of refinement of a step at 3.3 (line 0) and 7.1 (line 1).
    #[test]
    fn refinement_closes_in_on_the_steep_part_of_each_line() {
        let axes = [axis(0.0, 1.0, 2, Spacing::Linear), axis(0.0, 10.0, 6, Spacing::Linear)];
        let measure = |p: &Vec<f64>| {
            let step = if p[0] == 0.0 { 3.3 } else { 7.1 };
            let rate = 50.0 / (1.0 + (-(p[1] - step) / 0.2).exp());
            let moments = Moments {
                mu_V: 0.0,
                sigma_V: 1.0,
                gamma_V: 0.0,
                tau_V: 1.0,
                tau_m: 1.0,
                mu_G: 1.0,
            };
            Some(ScanPoint { moments, rate, standard_error: 0.1, samples: 2 })
        };
        let options =
            Refinement { max_step: 8.0, rate_max: 60.0, min_distance: 1e-3, max_points: 80 };
        let mut rates = grid(&axes).unwrap();
        for round in 0.. {
            assert!(round < 20, "refinement does not end");
            let measured: Vec<_> = rates.iter().map(measure).collect();
            let more = refine(&axes, 1, &rates, &measured, &options);
            if more.is_empty() {
                break;
            }
            rates.extend(more);
        }
        assert!(rates.len() > 20 && rates.len() < 60, "{}", rates.len());
        for (line, step) in [(0.0, 3.3), (1.0, 7.1)] {
            let near = rates.iter().filter(|p| p[0] == line && (p[1] - step).abs() < 0.7).count();
            assert!(near >= 6, "line {line}: {near}");
        }
        let few = Refinement { max_points: 13, ..options };
        let start = grid(&axes).unwrap();
        let measured: Vec<_> = start.iter().map(measure).collect();
        assert_eq!(refine(&axes, 1, &start, &measured, &few).len(), 1);
        let failed: Vec<Option<ScanPoint>> = vec![None; start.len()];
        assert!(refine(&axes, 1, &start, &failed, &options).is_empty());
    }
}
