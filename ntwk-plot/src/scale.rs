//! From data to points, and which ticks an axis gets.

use crate::label::Label;

/// How an axis spaces its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// Equal differences are equally far apart.
    #[default]
    Linear,
    /// Equal ratios are equally far apart; values <= 0 are not drawn.
    Log,
}

/// A map from the data range `[low, high]` to `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    spacing: Spacing,
    low: f64,
    high: f64,
}

impl Scale {
    /// The scale of the range, made usable where it is not: bounds that are not finite become 0 and 1 (1 and 10 for
    /// logarithms), reversed bounds are swapped, a single value is widened, a lower bound <= 0 of a logarithmic axis
    /// becomes a thousandth of the upper one.
    #[must_use]
    pub fn new(spacing: Spacing, low: f64, high: f64) -> Self {
        let log = spacing == Spacing::Log;
        let (mut low, mut high) = match (low.is_finite(), high.is_finite(), log) {
            (true, true, _) => (low.min(high), low.max(high)),
            (_, _, false) => (0.0, 1.0),
            (_, _, true) => (1.0, 10.0),
        };
        if log {
            if high <= 0.0 {
                (low, high) = (1.0, 10.0);
            } else if low <= 0.0 {
                low = high / 1e3;
            }
            if high / low < 1.0 + 1e-9 {
                (low, high) = (low / 2.0, high * 2.0);
            }
        } else if high - low <= 1e-12 * low.abs().max(high.abs()) {
            let half = if low == 0.0 { 0.5 } else { 0.1 * low.abs() };
            (low, high) = (low - half, high + half);
        }
        Self { spacing, low, high }
    }

    /// Position of `value`: 0 at the lower bound, 1 at the upper one, outside beyond; `None` when it has none.
    #[must_use]
    pub fn position(&self, value: f64) -> Option<f64> {
        let p = match self.spacing {
            Spacing::Linear => (value - self.low) / (self.high - self.low),
            Spacing::Log if value > 0.0 => (value / self.low).ln() / (self.high / self.low).ln(),
            Spacing::Log => return None,
        };
        p.is_finite().then_some(p)
    }

    /// Lower and upper bound.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Ticks at round values inside the range, `most` at the most (2 at least are tried for).
    #[must_use]
    pub fn ticks(&self, most: usize) -> Ticks {
        match self.spacing {
            Spacing::Linear => linear_ticks(self.low, self.high, most.max(2)),
            Spacing::Log => log_ticks(self.low, self.high, most.max(2)),
        }
    }
}

/// Ticks of an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ticks {
    /// Values with a label, ascending.
    pub values: Vec<f64>,
    /// Their labels.
    pub labels: Vec<Label>,
    /// Values with a short tick and no label.
    pub minor: Vec<f64>,
    /// The labels are to be multiplied by 10 to this power; 0 for most axes.
    pub exponent: i32,
}

/// Steps of 1, 2 or 5 times a power of ten.
fn linear_ticks(low: f64, high: f64, most: usize) -> Ticks {
    let span = high - low;
    let mut decade = 10f64.powf((span / most as f64).log10().floor());
    let mut mantissas = [1.0, 2.0, 5.0].into_iter().cycle();
    let tolerance = 1e-9 * span;
    let step = loop {
        // The mantissas cycle for ever.
        let Some(m) = mantissas.next() else {
            return Ticks::default();
        };
        let step = m * decade;
        let first = ((low - tolerance) / step).ceil();
        let last = ((high + tolerance) / step).floor();
        let n = last - first + 1.0;
        // NaN: the step has outgrown the numbers.
        if n <= most as f64 || n.is_nan() {
            break step;
        }
        if m == 5.0 {
            decade *= 10.0;
        }
    };
    let first = ((low - tolerance) / step).ceil();
    let n = (((high + tolerance) / step).floor() - first + 1.0).clamp(0.0, most as f64) as usize;
    let mut values: Vec<f64> = (0..n).map(|i| (first + i as f64) * step).collect();
    let mut step = step;
    if n < 2 {
        // No scale in a single tick: the ends of the next finer step, such as 0 and 4 on an axis to 4.5.
        step *= if (step / decade - 5.0).abs() < 1e-6 { 0.4 } else { 0.5 };
        let ends = [((low - tolerance) / step).ceil(), ((high + tolerance) / step).floor()];
        if ends[0] < ends[1] {
            values = ends.map(|k| k * step).to_vec();
        }
    }
    let largest = low.abs().max(high.abs());
    let magnitude = largest.log10().floor() as i32;
    let exponent = if !(-3..5).contains(&magnitude) { magnitude } else { 0 };
    let unit = 10f64.powi(exponent);
    let decimals = (-(step / unit).log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
    let labels = values.iter().map(|v| Label::plain(signed(v / unit, decimals))).collect();
    Ticks { values, labels, minor: Vec::new(), exponent }
}

/// Powers of ten; 2 and 5 times them too when fewer than three powers fit and the room allows.
fn log_ticks(low: f64, high: f64, most: usize) -> Ticks {
    let (low_decade, high_decade) = (low.log10(), high.log10());
    let (first, last) = ((low_decade - 1e-9).ceil() as i32, (high_decade + 1e-9).floor() as i32);
    let inside = |v: f64| v >= low * (1.0 - 1e-9) && v <= high * (1.0 + 1e-9);
    let mut ticks = Ticks::default();
    let n = (last - first + 1).max(0) as usize;
    let every = n.div_ceil(most).max(1) as i32;
    let parts =
        |d: i32| [2.0, 5.0].map(|m| m * 10f64.powi(d)).into_iter().filter(|&v| inside(v)).count();
    let with_parts = n + ((first - 1)..=last).map(parts).sum::<usize>();
    let parted = n < 2 || (n < 3 && with_parts <= most);
    for d in (first - 1)..=(last + 1) {
        for m in 1..10 {
            let v = f64::from(m) * 10f64.powi(d);
            let major =
                if m == 1 { (d - first) % every == 0 } else { parted && (m == 2 || m == 5) };
            if !inside(v) {
            } else if major {
                ticks.values.push(v);
                ticks.labels.push(power_label(m, d));
            } else if n <= 10 {
                ticks.minor.push(v);
            }
        }
    }
    // Less than a factor of 2.5 between the bounds: logarithms are nearly straight there.
    if ticks.values.len() < 2 && n < 2 { linear_ticks(low, high, most) } else { ticks }
}

/// `m x 10^d` as a plain number where that is short.
fn power_label(m: i32, d: i32) -> Label {
    match d {
        -3..0 => Label::plain(format!("{:.*}", -d as usize, f64::from(m) * 10f64.powi(d))),
        0..4 => Label::plain(format!("{}", i64::from(m) * 10i64.pow(d as u32))),
        _ => {
            let exponent = d.to_string().replace('-', "−");
            let factor = if m == 1 { String::new() } else { format!("{m}·") };
            Label::math(&format!("{factor}10^{{{exponent}}}"))
        }
    }
}

/// A number with a true minus sign and no negative zero.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches(['-', '0', '.']).is_empty() {
        return format!("{:.decimals$}", 0.0);
    }
    text.replace('-', "−")
}

/// The smallest range that holds the finite values, ends widened by `pad` times its length.
///
/// A range of values >= 0 that starts near 0 starts at 0. Without finite value: 0 to 1.
#[must_use]
pub fn range_of(values: impl IntoIterator<Item = f64>, pad: f64) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let (low, high) = Scale::new(Spacing::Linear, low, high).bounds();
    let span = high - low;
    let from_zero = low >= 0.0 && low < 0.35 * high;
    (if from_zero { 0.0 } else { low - pad * span }, high + pad * span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(t: &Ticks) -> Vec<String> {
        t.labels.iter().map(|l| l.runs.iter().map(|r| r.text.as_str()).collect()).collect()
    }

    #[test]
    fn positions_are_affine_or_logarithmic() {
        let s = Scale::new(Spacing::Linear, -70.0, -50.0);
        assert_eq!(
            (s.position(-70.0), s.position(-55.0), s.position(f64::NAN)),
            (Some(0.0), Some(0.75), None)
        );
        let s = Scale::new(Spacing::Log, 0.1, 1000.0);
        assert!((s.position(10.0).unwrap() - 0.5).abs() < 1e-15);
        assert_eq!((s.position(0.0), s.position(-1.0)), (None, None));
    }

    #[test]
    fn a_short_axis_has_two_ticks() {
        for (high, labels) in
            [(4.5, ["0", "4"]), (9.0, ["0", "5"]), (1.9, ["0", "1"]), (0.49, ["0.0", "0.4"])]
        {
            assert_eq!(texts(&Scale::new(Spacing::Linear, 0.0, high).ticks(2)), labels, "{high}");
        }
    }

    #[test]
    fn unusable_ranges_become_usable() {
        for spacing in [Spacing::Linear, Spacing::Log] {
            for (a, b) in [
                (0.0, 0.0),
                (3.0, 3.0),
                (5.0, 1.0),
                (f64::NAN, 1.0),
                (-2.0, -2.0),
                (0.0, f64::INFINITY),
            ] {
                let s = Scale::new(spacing, a, b);
                let (low, high) = s.bounds();
                assert!(low < high && low.is_finite() && high.is_finite(), "{a} {b}: {s:?}");
                assert!(!s.ticks(5).values.is_empty(), "{a} {b}: {s:?}");
            }
        }
    }

    #[test]
    fn linear_ticks_are_round_few_and_inside() {
        let t = Scale::new(Spacing::Linear, 0.0, 1.5).ticks(4);
        assert_eq!(texts(&t), ["0.0", "0.5", "1.0", "1.5"]);
        let t = Scale::new(Spacing::Linear, -71.0, -48.0).ticks(3);
        assert_eq!(texts(&t), ["−70", "−60", "−50"]);
        let t = Scale::new(Spacing::Linear, 0.0, 3e-6).ticks(4);
        assert_eq!(
            (texts(&t), t.exponent),
            (vec!["0".into(), "1".into(), "2".into(), "3".into()], -6)
        );
        for most in 2..12 {
            for (a, b) in [(0.0, 7.3), (-1.0, 1.0), (0.0299, 0.0301), (1e5, 3e7), (0.0, 1499.9)] {
                let t = Scale::new(Spacing::Linear, a, b).ticks(most);
                assert!(t.values.len() <= most, "{a} {b} {most}");
                assert!(
                    t.values.iter().all(|v| *v >= a - 1e-9 * (b - a) && *v <= b + 1e-9 * (b - a))
                );
                let mut unique = texts(&t);
                unique.dedup();
                assert_eq!(unique.len(), t.values.len(), "labels of {a} {b} repeat: {unique:?}");
            }
        }
    }

    #[test]
    fn log_ticks_are_decades_or_their_parts() {
        assert_eq!(
            texts(&Scale::new(Spacing::Log, 0.1, 100.0).ticks(6)),
            ["0.1", "1", "10", "100"]
        );
        assert_eq!(texts(&Scale::new(Spacing::Log, 3.0, 60.0).ticks(6)), ["5", "10", "20", "50"]);
        assert_eq!(texts(&Scale::new(Spacing::Log, 1e-3, 1e5).ticks(3)), ["0.001", "1", "1000"]);
    }

    #[test]
    fn ranges_hold_the_data() {
        assert_eq!(range_of([1.0, 10.0], 0.0), (0.0, 10.0));
        assert_eq!(range_of([-60.0, f64::NAN, -50.0], 0.1), (-61.0, -49.0));
        assert_eq!(range_of([], 0.1), (0.0, 1.0));
    }
}
