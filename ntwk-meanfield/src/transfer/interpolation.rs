//! Piecewise cubic interpolation on a rectangular grid that follows the data: no new extrema along the grid lines.
//!
//! Along one axis it is the monotone cubic of Fritsch and Butland, SIAM J Sci Stat Comput 5 (1984), with the ends of
//! Moler, Numerical Computing with MATLAB (2004), section 3.6. On several axes the nodes carry the slopes along each axis
//! and their mixed derivatives, and every cell is the tensor product of Hermite cubics between them: the interpolant and
//! its gradient are continuous everywhere.

use crate::moments::scalar::Scalar;

/// Largest number of axes.
pub(crate) const MAX_AXES: usize = 3;

/// Values on a grid, with their derivatives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GridInterpolant {
    /// Nodes of each axis, ascending, at least two.
    axes: Vec<Vec<f64>>,
    /// `derivatives[mask][node]`: derivative once along each axis whose bit is set in `mask`; the last axis varies
    /// fastest among nodes.
    derivatives: Vec<Vec<f64>>,
}

impl GridInterpolant {
    /// From the nodes of one to three axes and the values at them; `None` when their numbers do not agree, an axis has
    /// fewer than two nodes or does not ascend, or a number is not finite.
    pub(crate) fn new(axes: Vec<Vec<f64>>, values: Vec<f64>) -> Option<Self> {
        let ascending =
            |a: &Vec<f64>| a.len() >= 2 && a.windows(2).all(|w| w[0] < w[1]) && a[0].is_finite();
        let good = (1..=MAX_AXES).contains(&axes.len())
            && axes.iter().all(ascending)
            && axes.iter().all(|a| a[a.len() - 1].is_finite())
            && values.len() == axes.iter().map(Vec::len).product::<usize>()
            && values.iter().all(|v| v.is_finite());
        if !good {
            return None;
        }
        let mut derivatives = vec![values];
        for mask in 1..1usize << axes.len() {
            // One more derivative, along the highest axis of the mask: slopes of the values keep their monotony, mixed
            // ones need none.
            let axis = mask.ilog2() as usize;
            let lower = mask & !(1 << axis);
            let rule = if lower == 0 { monotone_slopes } else { parabolic_slopes };
            derivatives.push(along(&axes, axis, &derivatives[lower], rule));
        }
        Some(Self { axes, derivatives })
    }

    /// The nodes of the axes.
    pub(crate) fn axes(&self) -> &[Vec<f64>] {
        &self.axes
    }

    /// Whether `x` lies within the grid.
    pub(crate) fn contains(&self, x: &[f64]) -> bool {
        self.axes.iter().zip(x).all(|(a, x)| (a[0]..=a[a.len() - 1]).contains(x))
    }

    /// The value at `x`, one coordinate per axis; outside the grid that at the nearest point of it.
    pub(crate) fn at<S: Scalar>(&self, x: &[S]) -> S {
        let d = self.axes.len();
        let mut first = [0; MAX_AXES];
        // Per axis: weights of value and slope at the left and the right node.
        let mut weights = [[[S::constant(0.0); 2]; 2]; MAX_AXES];
        for (k, (nodes, &x)) in self.axes.iter().zip(x).enumerate() {
            let x = x.limited_to(nodes[0], nodes[nodes.len() - 1]);
            let cell = nodes.partition_point(|&n| n <= x.value()).clamp(1, nodes.len() - 1) - 1;
            let width = nodes[cell + 1] - nodes[cell];
            let t = (x - nodes[cell]) * (1.0 / width);
            let s = -t + 1.0;
            first[k] = cell;
            weights[k] = [
                [(t * 2.0 + 1.0) * s * s, t * s * s * width],
                [t * t * (-t * 2.0 + 3.0), -(t * t * s) * width],
            ];
        }
        let mut sum = S::constant(0.0);
        for corner in 0..1usize << d {
            let mut node = 0;
            for (k, (nodes, first)) in self.axes.iter().zip(first).enumerate() {
                node = node * nodes.len() + first + (corner >> k & 1);
            }
            for (mask, values) in self.derivatives.iter().enumerate() {
                let mut weight = S::constant(values[node]);
                for (k, w) in weights.iter().enumerate().take(d) {
                    weight = weight * w[corner >> k & 1][mask >> k & 1];
                }
                sum = sum + weight;
            }
        }
        sum
    }
}

/// Applies `rule` to every line of `values` along `axis`.
fn along(
    axes: &[Vec<f64>],
    axis: usize,
    values: &[f64],
    rule: fn(&[f64], &[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let n = axes[axis].len();
    let stride: usize = axes[axis + 1..].iter().map(Vec::len).product();
    let mut result = vec![0.0; values.len()];
    let starts = (0..values.len()).filter(|i| (i / stride).is_multiple_of(n));
    for start in starts {
        let line: Vec<f64> = (0..n).map(|k| values[start + k * stride]).collect();
        for (k, slope) in rule(&axes[axis], &line).into_iter().enumerate() {
            result[start + k * stride] = slope;
        }
    }
    result
}

/// Slopes with which the piecewise cubic is monotone wherever the data are.
fn monotone_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let (h, delta) = secants(x, y);
    let n = x.len();
    if n == 2 {
        return vec![delta[0]; 2];
    }
    let mut slopes = vec![0.0; n];
    for k in 1..n - 1 {
        if delta[k - 1] * delta[k] > 0.0 {
            let (a, b) = (2.0 * h[k] + h[k - 1], h[k] + 2.0 * h[k - 1]);
            slopes[k] = (a + b) / (a / delta[k - 1] + b / delta[k]);
        }
    }
    slopes[0] = end_slope([h[0], h[1]], [delta[0], delta[1]]);
    slopes[n - 1] = end_slope([h[n - 2], h[n - 3]], [delta[n - 2], delta[n - 3]]);
    slopes
}

/// One-sided slope at an end, from the two intervals next to it, limited so that the end stays monotone.
fn end_slope(h: [f64; 2], delta: [f64; 2]) -> f64 {
    let slope = ((2.0 * h[0] + h[1]) * delta[0] - h[0] * delta[1]) / (h[0] + h[1]);
    if slope * delta[0] <= 0.0 {
        0.0
    } else if delta[0] * delta[1] <= 0.0 && slope.abs() > 3.0 * delta[0].abs() {
        3.0 * delta[0]
    } else {
        slope
    }
}

/// Slopes of the parabolas through three neighbours.
fn parabolic_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let (h, delta) = secants(x, y);
    let n = x.len();
    if n == 2 {
        return vec![delta[0]; 2];
    }
    let mut slopes = vec![0.0; n];
    for k in 1..n - 1 {
        slopes[k] = (h[k] * delta[k - 1] + h[k - 1] * delta[k]) / (h[k - 1] + h[k]);
    }
    slopes[0] = 2.0 * delta[0] - slopes[1];
    slopes[n - 1] = 2.0 * delta[n - 2] - slopes[n - 2];
    slopes
}

fn secants(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let delta = y.windows(2).zip(&h).map(|(w, h)| (w[1] - w[0]) / h).collect();
    (h, delta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::scalar::Dual;

    /// `scipy.interpolate.PchipInterpolator(x, y)(at)`, scipy 1.17 (validation/meanfield/pchip.py).
    #[test]
    fn one_axis_is_that_of_scipy() {
        let x = vec![0.0, 1.0, 2.5, 3.0, 5.0, 6.0];
        let y = vec![0.0, 0.1, 2.0, 5.0, 5.5, 4.0];
        let table = GridInterpolant::new(vec![x], y).unwrap();
        for (at, expected) in SCIPY {
            let found = table.at(&[*at]);
            assert!((found - expected).abs() < 1e-14, "{at}: {found} {expected}");
        }
    }

    const SCIPY: &[(f64, f64)] = &[
        (0.0, 0.0),
        (0.5, 0.028076923076923083),
        (1.0, 0.1),
        (1.5, 0.3708465399031437),
        (2.0, 1.005453763566971),
        (2.5, 2.0),
        (3.0, 5.0),
        (3.5, 5.243566176470588),
        (4.0, 5.397058823529412),
        (4.5, 5.47702205882353),
        (5.0, 5.5),
        (5.5, 5.010416666666666),
        (6.0, 4.0),
        (0.3, 0.010550769230769233),
        (2.7, 3.1967115326405025),
        (5.9, 4.210749999999999),
    ];

    #[test]
    fn a_product_of_lines_is_exact_with_its_gradient_and_held_outside() {
        let axes = vec![vec![-1.0, 0.5, 2.0, 3.0], vec![0.0, 1.0, 4.0], vec![10.0, 20.0]];
        let f = |x: f64, y: f64, z: f64| (2.0 + x) * (1.0 + 0.5 * y) * z;
        let mut values = Vec::new();
        for &x in &axes[0] {
            for &y in &axes[1] {
                for &z in &axes[2] {
                    values.push(f(x, y, z));
                }
            }
        }
        let table = GridInterpolant::new(axes, values).unwrap();
        let (x, y, z) = (1.3, 2.2, 13.0);
        assert!((table.at(&[x, y, z]) - f(x, y, z)).abs() < 1e-12 * f(x, y, z));
        let dual = table.at(&[
            Dual::<3>::variable(x, 0),
            Dual::<3>::variable(y, 1),
            Dual::<3>::variable(z, 2),
        ]);
        let gradient = [(1.0 + 0.5 * y) * z, (2.0 + x) * 0.5 * z, (2.0 + x) * (1.0 + 0.5 * y)];
        for (found, expected) in dual.derivative.iter().zip(gradient) {
            assert!((found - expected).abs() < 1e-12 * expected.abs(), "{found} {expected}");
        }
        assert!((table.at(&[9.0, 2.2, 13.0]) - f(3.0, 2.2, 13.0)).abs() < 1e-11);
        assert!(table.contains(&[3.0, 0.0, 20.0]) && !table.contains(&[3.1, 0.0, 20.0]));
        let outside =
            table.at(&[Dual::<1>::variable(9.0, 0), Dual::constant(1.0), Dual::constant(11.0)]);
        assert_eq!(outside.derivative, [0.0]);
    }

    #[test]
    fn rates_between_monotone_nodes_stay_between_them_and_the_slope_is_continuous() {
        let x: Vec<f64> = (0..9).map(f64::from).collect();
        let y = vec![0.0, 0.0, 0.0, 0.2, 3.0, 9.0, 20.0, 20.0, 21.0];
        let table = GridInterpolant::new(vec![x.clone()], y.clone()).unwrap();
        for k in 0..8 {
            for j in 0..=10 {
                let at = x[k] + 0.1 * f64::from(j);
                let v = table.at(&[at]);
                assert!(v >= y[k] - 1e-12 && v <= y[k + 1] + 1e-12, "{at}: {v}");
            }
            if k > 0 {
                let slope = |at: f64| table.at(&[Dual::<1>::variable(at, 0)]).derivative[0];
                assert!((slope(x[k] - 1e-9) - slope(x[k] + 1e-9)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn grids_that_are_none_are_refused() {
        let two = || vec![0.0, 1.0];
        assert!(GridInterpolant::new(vec![], vec![]).is_none());
        assert!(GridInterpolant::new(vec![vec![0.0]], vec![1.0]).is_none());
        assert!(GridInterpolant::new(vec![two()], vec![1.0]).is_none());
        assert!(GridInterpolant::new(vec![vec![1.0, 0.0]], vec![1.0, 2.0]).is_none());
        assert!(GridInterpolant::new(vec![two()], vec![1.0, f64::NAN]).is_none());
    }
}
