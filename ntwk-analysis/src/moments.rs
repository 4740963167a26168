//! Mean, standard deviation and skewness of a sample.

/// The first three moments of a sample.
///
/// `sd` is the root of the mean squared deviation (1/n), `skewness` is `m3 / m2^(3/2)` of the central moments: the
/// definitions of `numpy.std` and `scipy.stats.skew` with their defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Number of values.
    pub n: usize,
    /// Mean, in the unit of the values.
    pub mean: f64,
    /// Standard deviation, in the unit of the values.
    pub sd: f64,
    /// Skewness; `None` when the values are equal up to rounding.
    pub skewness: Option<f64>,
}

impl Moments {
    /// Moments of `values`; `None` when there is none. Two passes, so that a large mean costs no digits.
    #[must_use]
    pub fn of<I>(values: I) -> Option<Self>
    where
        I: IntoIterator<Item = f64>,
        I::IntoIter: Clone,
    {
        let values = values.into_iter();
        let (n, sum) = values.clone().fold((0_usize, 0.0), |(n, s), v| (n + 1, s + v));
        if n == 0 {
            return None;
        }
        let mean = sum / n as f64;
        let (mut m2, mut m3) = (0.0, 0.0);
        for v in values {
            let d = v - mean;
            m2 += d * d;
            m3 += d * d * d;
        }
        (m2, m3) = (m2 / n as f64, m3 / n as f64);
        // Below this the deviations are rounding errors of the mean (the test scipy.stats.skew makes).
        let constant = m2 <= (f64::EPSILON * mean).powi(2);
        Some(Self { n, mean, sd: m2.sqrt(), skewness: (!constant).then(|| m3 / m2.powf(1.5)) })
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn a_skewed_sample_by_hand() {
        // deviations -1, -1, 2: m2 = 2, m3 = 2.
        let m = Moments::of([-61.0, -61.0, -58.0]).unwrap();
        assert_eq!(m.n, 3);
        assert_relative_eq!(m.mean, -60.0);
        assert_relative_eq!(m.sd, 2.0_f64.sqrt());
        assert_relative_eq!(m.skewness.unwrap(), 1.0 / 2.0_f64.sqrt(), max_relative = 1e-14);
    }

    #[test]
    fn no_value_and_equal_values() {
        assert_eq!(Moments::of([]), None);
        let m = Moments::of([0.1; 10]).unwrap();
        assert_eq!(m.skewness, None);
        assert!(m.sd < 1e-15);
        assert_eq!(Moments::of([3.0]).unwrap().skewness, None);
    }
}
