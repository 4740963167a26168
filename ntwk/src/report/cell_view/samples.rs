//! Which samples of a run a page holds, and the numbers of a quantity in as few digits as show it.

use super::{QuantityView, ViewError, ViewOptions};

/// Values that a page holds unless more are asked for: about 12 MB.
const MOST_VALUES: usize = 1_500_000;
/// Part of the range of a quantity to which its values are rounded.
const PRECISION: f64 = 1e-5;

/// Samples at equal distances.
pub(super) struct Frames {
    first: usize,
    last: usize,
    every: usize,
    /// Whether the number of values, not the reader, asked for `every`.
    thinned: bool,
}

impl Frames {
    /// Those of a run with samples at `times` of so many places.
    pub(super) fn chosen(
        times: &[f64],
        places: usize,
        options: &ViewOptions,
    ) -> Result<Self, ViewError> {
        if let Some(every) = options.every.filter(|e| !(*e > 0.0 && e.is_finite())) {
            return Err(ViewError::Every { every });
        }
        let [start, end] = [times.first(), times.last()].map(|t| t.copied().unwrap_or(f64::NAN));
        let (from, to) = (options.from.unwrap_or(start), options.to.unwrap_or(end));
        // A sample at the end of the window is in it, whatever its rounding.
        let slack = 1e-9 * to.abs().max(1.0);
        let first = times.partition_point(|&t| t < from - slack);
        let after = times.partition_point(|&t| t <= to + slack);
        if first >= after {
            return Err(ViewError::NoSamples { from, to, first: start, last: end });
        }
        let last = after - 1;
        let step = if times.len() > 1 { (end - start) / (times.len() - 1) as f64 } else { 1.0 };
        let (every, thinned) = match options.every {
            Some(every) => (((every / step).round() as usize).max(1), false),
            None => {
                let every = ((after - first) * places).div_ceil(MOST_VALUES).max(1);
                (every, every > 1)
            }
        };
        Ok(Self { first, last, every, thinned })
    }

    /// Numbers of the samples.
    pub(super) fn indices(&self) -> impl Iterator<Item = usize> + use<> {
        (self.first..=self.last).step_by(self.every)
    }

    /// The times of the samples, to 1e-6 ms.
    pub(super) fn of(&self, times: &[f64]) -> Vec<f64> {
        self.indices().map(|k| (1e6 * times[k]).round() / 1e6).collect()
    }

    /// What was left out because it is too much.
    pub(super) fn note(&self, times: &[f64]) -> Option<String> {
        let shown = self.of(times);
        let apart = shown.get(1).map_or(0.0, |t| ((t - shown[0]) * 1e6).round() / 1e6);
        self.thinned.then(|| {
            format!(
                "samples {apart} ms apart are shown, one of {} recorded ones; --every, --from and --to choose others",
                self.every
            )
        })
    }
}

impl QuantityView {
    /// A quantity with rounded values; `None` where no value is finite.
    pub(super) fn new(
        name: &str,
        unit: &str,
        compartments: Vec<usize>,
        mut values: Vec<Vec<f64>>,
    ) -> Option<Self> {
        let finite = || values.iter().flatten().copied().filter(|v| v.is_finite());
        let (low, high) =
            finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return None;
        }
        let scale = if high > low { high - low } else { high.abs() };
        let digits = if scale > 0.0 { -(PRECISION * scale).log10().floor() } else { 0.0 };
        // Powers of ten are exact up to 1e22.
        let power = 10f64.powi(digits.clamp(0.0, 22.0) as i32);
        let round = |v: f64| (v * power).round() / power;
        values.iter_mut().flatten().for_each(|v| *v = round(*v));
        // Zero is no landmark of a potential.
        let signed = low < 0.0 && high > 0.0 && unit != "mV";
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Some(Self { name, unit, compartments, values, range: [round(low), round(high)], signed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_asked_for_or_fit_the_page() {
        let times: Vec<f64> = (0..=1000).map(|k| 0.1 * f64::from(k)).collect();
        let chosen = |places, from, to, every| {
            Frames::chosen(&times, places, &ViewOptions { from, to, every })
        };
        let all = chosen(10, None, None, None).unwrap();
        assert_eq!((all.indices().count(), all.note(&times)), (1001, None));
        let some = chosen(10, Some(10.0), Some(20.0), Some(0.5)).unwrap().of(&times);
        assert_eq!((some.len(), some[0], some[1], some[20]), (21, 10.0, 10.5, 20.0));
        let thinned = chosen(10_000, None, None, None).unwrap();
        assert_eq!(thinned.indices().count(), 143);
        assert!(thinned.note(&times).unwrap().starts_with("samples 0.7 ms apart"));
        assert!(matches!(
            chosen(1, Some(200.0), None, None),
            Err(ViewError::NoSamples { last, .. }) if last == 100.0
        ));
        assert!(matches!(chosen(1, None, None, Some(0.0)), Err(ViewError::Every { .. })));
        assert!(Frames::chosen(&[], 1, &ViewOptions::default()).is_err());
    }

    #[test]
    fn values_have_the_digits_of_their_range() {
        let q = |values: &[f64], unit| QuantityView::new("q", unit, vec![0], vec![values.to_vec()]);
        let v = q(&[-65.123_456_7, 34.9], "mV").unwrap();
        assert_eq!((v.values[0][0], v.signed), (-65.123, false));
        let tiny = q(&[-1.234_567_89e-9, 1e-9], "nA").unwrap();
        assert_eq!((tiny.values[0][0], tiny.signed), (-1.234_57e-9, true));
        assert_eq!(q(&[5.0], "").unwrap().range, [5.0, 5.0]);
        assert_eq!(q(&[0.0], "").unwrap().range, [0.0, 0.0]);
        assert_eq!(q(&[f64::NAN], ""), None);
    }
}
