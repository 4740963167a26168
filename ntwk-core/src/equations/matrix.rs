//! The exponential of a small matrix.

/// `e^(M t)` and `∫_0^t e^(M s) ds`, for any square M, singular ones too: the exponential of the matrix `[[M, 1], [0, 0]] t`,
/// by a Taylor series of degree 18 for a norm below 1/2 (truncated below 1e-22) and repeated squaring.
pub(crate) fn exponential_and_integral(m: &[Vec<f64>], t: f64) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let n = m.len();
    let mut whole = vec![vec![0.0; 2 * n]; 2 * n];
    for (i, row) in m.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            whole[i][j] = x * t;
        }
        whole[i][n + i] = t;
    }
    let norm = whole.iter().map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    let mut halvings = 0;
    while norm / 2f64.powi(halvings) > 0.5 && halvings < 1000 {
        halvings += 1;
    }
    let scale = 2f64.powi(-halvings);
    whole.iter_mut().flatten().for_each(|x| *x *= scale);
    let identity = |i: usize, j: usize| f64::from(u8::from(i == j));
    let mut sum: Vec<Vec<f64>> =
        (0..2 * n).map(|i| (0..2 * n).map(|j| identity(i, j)).collect()).collect();
    let mut term = sum.clone();
    for k in 1..=18 {
        term = product(&term, &whole);
        term.iter_mut().flatten().for_each(|x| *x /= f64::from(k));
        for (row, more) in sum.iter_mut().zip(&term) {
            row.iter_mut().zip(more).for_each(|(x, y)| *x += y);
        }
    }
    for _ in 0..halvings {
        sum = product(&sum, &sum);
    }
    let part = |columns: std::ops::Range<usize>| {
        sum[..n].iter().map(|row| row[columns.clone()].to_vec()).collect()
    };
    (part(0..n), part(n..2 * n))
}

fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = a.len();
    (0..n).map(|i| (0..n).map(|j| (0..n).map(|k| a[i][k] * b[k][j]).sum()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_those_of_closed_forms() {
        // An oscillation, a decay, and a variable that stands still beside it.
        let (e, integral) = exponential_and_integral(&[vec![0.0, 1.0], vec![-1.0, 0.0]], 2.0);
        for (found, right) in
            [(e[0][0], 2f64.cos()), (e[0][1], 2f64.sin()), (integral[0][0], 2f64.sin())]
        {
            assert!((found - right).abs() < 1e-14);
        }
        let (e, integral) = exponential_and_integral(&[vec![-50.0, 0.0], vec![0.0, 0.0]], 1.0);
        assert!((e[0][0] - (-50f64).exp()).abs() < 1e-30 && e[1][1] == 1.0);
        assert!((integral[0][0] - 0.02).abs() < 1e-16 && integral[1][1] == 1.0);
    }
}
