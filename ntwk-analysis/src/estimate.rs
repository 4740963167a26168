//! A measured value and how much it rests on.

/// A value with its standard error and the number of observations that it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its standard error; `None` where the observations do not tell it.
    pub error: Option<f64>,
    /// Number of observations.
    pub n: u64,
}

impl Estimate {
    /// The mean of independent observations, with the standard error `sd / sqrt(n)` (sd with `1 / (n - 1)`; from two
    /// observations on); `None` without any. Values that are not finite are left out.
    ///
    /// ```
    /// use ntwk_analysis::Estimate;
    ///
    /// let mean = Estimate::mean([1.0, 2.0, 3.0]);
    /// assert_eq!(mean.map(|m| (m.value, m.n)), Some((2.0, 3)));
    /// assert_eq!(Estimate::mean([1.0]).and_then(|m| m.error), None);
    /// assert_eq!(Estimate::mean([]), None);
    /// ```
    #[must_use]
    pub fn mean(observations: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = observations.into_iter().filter(|x| x.is_finite()).collect();
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let value = values.iter().sum::<f64>() / n;
        let error = (values.len() > 1).then(|| {
            let squares = values.iter().map(|x| (x - value).powi(2)).sum::<f64>();
            (squares / (n - 1.0) / n).sqrt()
        });
        Some(Self { value, error, n: values.len() as u64 })
    }
}
