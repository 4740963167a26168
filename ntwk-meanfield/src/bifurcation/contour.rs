//! Lines on which a function of two variables vanishes: marching squares, with every vertex refined along its grid edge.

/// Steps of the bisection along an edge: an edge is divided into 2^40.
const BISECTIONS: usize = 40;

/// A vertex by its grid edge: (column, row, whether the edge runs along x).
type Edge = (usize, usize, bool);

/// The lines `f = 0` within a grid of ascending `x` and `y`, as polylines. Cells where `f` is not finite are left out.
///
/// Features smaller than a cell are missed. In a cell with a saddle the sign at its centre decides which sides connect.
pub(crate) fn zero_lines(
    x: &[f64],
    y: &[f64],
    f: &mut dyn FnMut(f64, f64) -> f64,
) -> Vec<Vec<[f64; 2]>> {
    let values: Vec<Vec<f64>> = x.iter().map(|&x| y.iter().map(|&y| f(x, y)).collect()).collect();
    let mut segments: Vec<[Edge; 2]> = Vec::new();
    for i in 0..x.len().saturating_sub(1) {
        for j in 0..y.len().saturating_sub(1) {
            let corners = [values[i][j], values[i + 1][j], values[i + 1][j + 1], values[i][j + 1]];
            if corners.iter().any(|v| !v.is_finite()) {
                continue;
            }
            // Edges in the order of the corners: bottom, right, top, left.
            let edges: [Edge; 4] =
                [(i, j, true), (i + 1, j, false), (i, j + 1, true), (i, j, false)];
            let crossed: Vec<usize> =
                (0..4).filter(|&k| (corners[k] > 0.0) != (corners[(k + 1) % 4] > 0.0)).collect();
            match crossed.as_slice() {
                [a, b] => segments.push([edges[*a], edges[*b]]),
                [_, _, _, _] => {
                    let centre = f(0.5 * (x[i] + x[i + 1]), 0.5 * (y[j] + y[j + 1]));
                    // The corner 0 is cut off, or connected with the opposite one.
                    let pairs = if (centre > 0.0) == (corners[0] > 0.0) {
                        [[0, 1], [2, 3]]
                    } else {
                        [[3, 0], [1, 2]]
                    };
                    segments.extend(pairs.map(|p| p.map(|k| edges[k])));
                }
                _ => {}
            }
        }
    }
    let mut vertex = |(i, j, along_x): Edge| {
        let low = [x[i], y[j]];
        let high = if along_x { [x[i + 1], y[j]] } else { [x[i], y[j + 1]] };
        let at = |t: f64| [low[0] + t * (high[0] - low[0]), low[1] + t * (high[1] - low[1])];
        let (mut a, mut b) = (0.0, 1.0);
        let sign = values[i][j] > 0.0;
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (a + b);
            let [px, py] = at(middle);
            if (f(px, py) > 0.0) == sign { a = middle } else { b = middle }
        }
        at(0.5 * (a + b))
    };
    linked(&segments).into_iter().map(|line| line.into_iter().map(&mut vertex).collect()).collect()
}

/// Segments that share ends, as lines; open ones first, in the order of the segments.
fn linked(segments: &[[Edge; 2]]) -> Vec<Vec<Edge>> {
    use std::collections::BTreeMap;
    let mut at: BTreeMap<Edge, Vec<usize>> = BTreeMap::new();
    for (k, ends) in segments.iter().enumerate() {
        for end in ends {
            at.entry(*end).or_default().push(k);
        }
    }
    let mut used = vec![false; segments.len()];
    let mut lines = Vec::new();
    let mut trace = |first: usize, from: Edge, used: &mut Vec<bool>| {
        let mut line = vec![from];
        let (mut k, mut end) = (first, from);
        loop {
            used[k] = true;
            end = if segments[k][0] == end { segments[k][1] } else { segments[k][0] };
            line.push(end);
            match at[&end].iter().find(|&&n| !used[n]) {
                Some(&next) => k = next,
                None => break,
            }
        }
        lines.push(line);
    };
    for closed in [false, true] {
        for k in 0..segments.len() {
            let free = segments[k].iter().find(|&end| closed || at[end].len() == 1);
            if let Some(&from) = free.filter(|_| !used[k]) {
                trace(k, from, &mut used);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(n: usize) -> Vec<f64> {
        (0..=n).map(|k| 4.0 * k as f64 / n as f64 - 2.0).collect()
    }

    #[test]
    fn a_circle_is_one_closed_line() {
        let lines = zero_lines(&grid(20), &grid(20), &mut |x, y| x * x + y * y - 1.0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        assert!(lines[0].iter().all(|[x, y]| (x * x + y * y - 1.0).abs() < 1e-11));
        let length: f64 =
            lines[0].windows(2).map(|w| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1])).sum();
        assert!((length / std::f64::consts::TAU - 1.0).abs() < 0.01, "{length}");
    }

    #[test]
    fn a_saddle_is_two_lines_and_gaps_are_left_out() {
        let lines = zero_lines(&grid(9), &grid(9), &mut |x, y| x * y - 1e-3);
        assert_eq!(lines.len(), 2);
        let lines = zero_lines(&grid(10), &grid(10), &mut |x, y| {
            if x > 0.0 { f64::NAN } else { y - 0.1 }
        });
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|p| p[0] <= 0.0 && (p[1] - 0.1).abs() < 1e-11));
        assert!(zero_lines(&[0.0], &[0.0], &mut |_, _| 0.0).is_empty());
    }
}
