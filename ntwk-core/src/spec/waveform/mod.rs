//! Waveforms in time: of rates and currents of a network, of currents into a cable, of clamped potentials.

use crate::spec::bound::Bound;
use crate::spec::fault::Faults;
use crate::spec::key::{KeyValue, Kind, Place, give_unit};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::spec::value::read_quantity;

mod bounds;
mod edge;
mod product;
mod shape;
mod span;

pub use edge::{EdgeShape, Edges};
pub use product::Factors;
pub use shape::{Interpolation, Shape};
pub use span::Span;

/// A function of time `x(t)`; times are ms, values are in the unit of the quantity (Hz, pA, nA or mV).
#[derive(Debug, Clone, PartialEq)]
pub enum Waveform {
    /// `x(t) = value`.
    Constant(f64),
    /// One shape.
    Shape(Shape),
    /// Sum of waveforms.
    Sum(Vec<Waveform>),
}

impl From<Shape> for Waveform {
    fn from(shape: Shape) -> Self {
        Self::Shape(shape)
    }
}

impl Waveform {
    /// `amplitude` from `start` for `duration` (ms, which may be infinite), 0 before and after.
    #[must_use]
    pub fn step(start: f64, duration: f64, amplitude: f64) -> Self {
        let span = Span::lasting(start, duration);
        Shape::Step { baseline: 0.0, amplitude, span, edges: Edges::default() }.into()
    }

    /// Value at time `t` (ms).
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Shape(shape) => shape.at(t),
            Self::Sum(parts) => parts.iter().map(|p| p.at(t)).sum(),
        }
    }

    /// The value at `t` (ms) with every oscillation that is on at its highest: it changes only where something else than the
    /// phase of an oscillation does.
    #[must_use]
    pub fn envelope(&self, t: f64) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Shape(shape) => shape.envelope(t),
            Self::Sum(parts) => parts.iter().map(|p| p.envelope(t)).sum(),
        }
    }

    /// When a part of it acts (ms), where that lies outside 0 to `t_stop` altogether; `None` where every part acts in that time.
    #[must_use]
    pub fn never_within(&self, t_stop: f64) -> Option<[f64; 2]> {
        match self {
            Self::Constant(_) => None,
            Self::Shape(shape) => {
                let [from, to] = shape.acting()?;
                (from >= t_stop || to <= 0.0).then_some([from, to])
            }
            Self::Sum(parts) => parts.iter().find_map(|part| part.never_within(t_stop)),
        }
    }

    /// What is said of samples that do not reach from 0 to `t_stop` (ms), where the first or last value is held; `None` where all
    /// do.
    #[must_use]
    pub fn held_samples(&self, t_stop: f64) -> Option<String> {
        match self {
            Self::Constant(_) => None,
            Self::Shape(shape) => shape.held_samples(t_stop),
            Self::Sum(parts) => parts.iter().find_map(|part| part.held_samples(t_stop)),
        }
    }

    /// The longest period (ms) of the oscillations that are on at `t` (ms).
    #[must_use]
    pub fn period(&self, t: f64) -> Option<f64> {
        self.periods(t).into_iter().reduce(f64::max)
    }

    /// The periods (ms) of the oscillations that are on at `t` (ms), of a sum and a product those of its parts.
    #[must_use]
    pub fn periods(&self, t: f64) -> Vec<f64> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Shape(shape) => shape.periods(t),
            Self::Sum(parts) => parts.iter().flat_map(|p| p.periods(t)).collect(),
        }
    }

    /// What acts during the step from `t` to `t + dt`: the mean of levels with sharp or smooth edges, exact wherever these lie;
    /// the value in the middle of the step for the rest; for a product the product of what acts of its factors.
    #[must_use]
    pub fn over(&self, t: f64, dt: f64) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Shape(shape) => shape.over(t, dt),
            Self::Sum(parts) => parts.iter().map(|p| p.over(t, dt)).sum(),
        }
    }

    /// Times (ms) where the value or its slope jumps, sorted and without repetition; of a staircase without end, those until
    /// `until`.
    ///
    /// An integrator with an adaptive step must restart there, or it may step over a stimulus.
    /// The peak of a Gaussian and the middle of a smooth edge are listed too, so that no step spans a whole bump or edge.
    #[must_use]
    pub fn discontinuities(&self, until: f64) -> Vec<f64> {
        let mut times = Vec::new();
        self.collect_discontinuities(until, &mut times);
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    }

    fn collect_discontinuities(&self, until: f64, times: &mut Vec<f64>) {
        match self {
            Self::Constant(_) => {}
            Self::Sum(parts) => parts.iter().for_each(|p| p.collect_discontinuities(until, times)),
            Self::Shape(shape) => shape.collect_discontinuities(until, times),
        }
    }

    /// As a file has it whose bare numbers could not be read, see [`Shape::write_in`].
    fn write_in(&self, own: Dimension) -> Option<Node> {
        if let Some(sum) = self.sum_of_values() {
            let mut node = sum.write()?;
            give_unit(&mut node, own);
            return Some(node);
        }
        match self {
            Self::Constant(x) => x.write(),
            Self::Shape(shape) => shape.write_in(own),
            Self::Sum(parts) => {
                let parts = parts.iter().filter_map(|part| part.write_in(own));
                Some(Node::new(Value::List(parts.collect())))
            }
        }
    }

    /// The sum of values of which it is made, if it has no shape among its parts.
    fn sum_of_values(&self) -> Option<f64> {
        match self {
            Self::Constant(x) => Some(*x),
            Self::Shape(_) => None,
            Self::Sum(parts) => parts.iter().map(Self::sum_of_values).sum(),
        }
    }

    /// The one value of a waveform that does not change, if it does not.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(x) => Some(*x),
            Self::Sum(parts) => parts.iter().map(Self::constant).sum(),
            Self::Shape(shape) => shape.constant(),
        }
    }

    /// Checks a waveform made by code: what no file could hold.
    ///
    /// # Errors
    /// All faults, with the keys they belong to.
    pub fn check(&self) -> Result<(), Faults> {
        let mut faults = Faults::default();
        let Some(node) = self.write() else { return Ok(()) };
        let (path, own) = (String::new(), Some(Dimension::Number));
        let place = Place { node: &node, path, own, root: &node, faults: &mut faults };
        Self::read(place, &Kind::Own(Bound::Any));
        faults.into_result(())
    }
}

/// Whether a node is a list of values at any depth, without a waveform among them: samples whose times nobody knows.
fn is_only_values(node: &Node) -> bool {
    match &node.value {
        Value::Numbers(numbers) => !numbers.is_empty(),
        Value::Counts(counts) => !counts.is_empty(),
        Value::List(parts) => {
            let is_value = |part: &Node| match part.value {
                Value::Integer(_) | Value::Float(_) | Value::String(_) => true,
                _ => is_only_values(part),
            };
            !parts.is_empty() && parts.iter().all(is_value)
        }
        _ => false,
    }
}

/// What to write in place of a list of values alone.
fn without_times(node: &Node) -> String {
    let mut sides = Vec::new();
    let mut inner = Some(node);
    while let Some(list) = inner {
        inner = None;
        match &list.value {
            Value::Numbers(numbers) => sides.push(numbers.len()),
            Value::Counts(counts) => sides.push(counts.len()),
            Value::List(parts) => {
                sides.push(parts.len());
                inner = parts.first();
            }
            _ => {}
        }
    }
    let sides: Vec<String> = sides.iter().map(usize::to_string).collect();
    format!(
        "{} values without times: samples are {{ waveform = \"sampled\", interval = \"1 ms\", values = [...] }} or {{ waveform = \
         \"steps\", times = [...], values = [...] }}, in one dimension and the same for all neurons; a list is a sum, of which \
         one part at least is such a table",
        sides.join(" x ")
    )
}

/// A quantity, a table with the key `waveform`, or a list of these to be summed, one of them such a table.
impl KeyValue for Waveform {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        if let Kind::Waveform(dimension) = *kind {
            place.own = Some(dimension);
        }
        let (node, own) = (place.node, place.own);
        match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::String(_) => {
                Self::Constant(read_quantity(&mut place, own, Bound::Any))
            }
            Value::List(_) | Value::Numbers(_) | Value::Counts(_) if is_only_values(node) => {
                let value = own.map_or_else(|| "a number".to_owned(), Dimension::expected);
                place.wrong_type(&format!("{value} or a waveform; {}", without_times(node)));
                Self::nothing()
            }
            Value::List(parts) if !parts.is_empty() => Self::Sum(
                parts
                    .iter()
                    .enumerate()
                    .map(|(i, part)| Self::read(place.item(i, part), &Kind::Own(Bound::Any)))
                    .collect(),
            ),
            Value::Table(_) => Self::Shape(Shape::read(place, kind)),
            _ => {
                let value = own.map_or_else(|| "a number".to_owned(), Dimension::expected);
                place.wrong_type(&format!("{value} or a waveform table"));
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self::Constant(f64::NAN)
    }

    fn write(&self) -> Option<Node> {
        // A list of values alone could not be read back.
        if let Some(sum) = self.sum_of_values() {
            return sum.write();
        }
        match self {
            Self::Constant(x) => x.write(),
            Self::Shape(shape) => shape.write(),
            Self::Sum(parts) => {
                Some(Node::new(Value::List(parts.iter().filter_map(KeyValue::write).collect())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_their_documented_values() {
        let steps = Waveform::Shape(Shape::Steps {
            baseline: 1.0,
            times: vec![10.0, 20.0],
            values: vec![2.0, 3.0],
            edges: Edges::default(),
        });
        assert_eq!(
            [steps.at(9.9), steps.at(10.0), steps.at(19.9), steps.at(25.0)],
            [1.0, 2.0, 2.0, 3.0]
        );
        let ramp = Waveform::Shape(Shape::Ramp {
            from: 0.0,
            to: 20.0,
            span: Span::between(0.0, 200.0),
            after: Some(0.0),
        });
        assert_eq!([ramp.at(-1.0), ramp.at(100.0), ramp.at(200.0)], [0.0, 10.0, 0.0]);
        let bump = Waveform::Shape(Shape::DoubleGaussian {
            baseline: 4.0,
            amplitude: 2.0,
            center: 100.0,
            width_rise: 10.0,
            width_decay: 20.0,
            edges: Edges::default(),
        });
        assert_eq!(bump.at(100.0), 6.0);
        assert!((bump.at(90.0) - (4.0 + 2.0 * (-0.5f64).exp())).abs() < 1e-14);
        assert!((bump.at(120.0) - (4.0 + 2.0 * (-0.5f64).exp())).abs() < 1e-14);
        let sampled = Waveform::Shape(Shape::Sampled {
            start: 0.0,
            interval: 0.1,
            values: vec![1.0, 2.0, 3.0],
            interpolation: Interpolation::Hold,
        });
        assert_eq!(
            [sampled.at(-5.0), sampled.at(0.1), sampled.at(0.3), sampled.at(9.0)],
            [1.0, 2.0, 3.0, 3.0]
        );
        let sum = Waveform::Sum(vec![Waveform::Constant(1.0), steps]);
        assert_eq!(sum.at(0.0), 2.0);
        assert_eq!(sum.discontinuities(1e3), vec![10.0, 20.0]);
        assert_eq!(sum.constant(), None);
    }

    #[test]
    fn a_sine_lasts_for_its_span() {
        let wave = Waveform::Shape(Shape::Sine {
            baseline: 5.0,
            amplitude: 2.0,
            frequency: 10.0,
            phase: 0.0,
            span: Span::between(50.0, 400.0),
        });
        assert_eq!([wave.at(49.0), wave.at(400.0)], [5.0, 5.0]);
        assert!((wave.at(75.0) - 7.0).abs() < 1e-12);
        assert_eq!(wave.discontinuities(1e3), [50.0, 400.0]);
    }

    /// The phase of a zap is the integral of its frequency: 2 pi (f0 s + (f1 - f0) s² / (2 D)).
    #[test]
    fn a_zap_passes_through_its_frequencies() {
        let wave = Waveform::Shape(Shape::Zap {
            baseline: 1.0,
            amplitude: 2.0,
            from: 0.0,
            to: 20.0,
            span: Span::lasting(100.0, 1000.0),
        });
        // Half way the phase is 2 pi 20/s (0.5 s)²/2/s = 2 pi 2.5.
        assert!((wave.at(600.0) - 1.0).abs() < 1e-12);
        assert!((wave.at(100.0 + 1e3 * 0.025f64.sqrt()) - 3.0).abs() < 1e-12);
        assert_eq!([wave.at(99.0), wave.at(1100.0)], [1.0, 1.0]);
    }

    #[test]
    fn a_step_between_grid_points_keeps_its_charge() {
        let w = Waveform::step(1.013, 2.5, 0.3);
        let charge: f64 = (0..1000).map(|k| w.over(f64::from(k) * 0.01, 0.01) * 0.01).sum();
        assert!((charge - 0.75).abs() < 1e-9);
        assert_eq!(w.over(1.02, 0.01), 0.3);
        assert_eq!(w.over(0.5, 0.01), 0.0);
        assert_eq!(Waveform::step(1.0, f64::INFINITY, 0.3).over(1e6, 0.01), 0.3);
    }

    #[test]
    fn samples_are_joined_by_lines_where_asked() {
        let sampled = |interpolation| Shape::Sampled {
            start: 1.0,
            interval: 0.5,
            values: vec![0.0, 1.0, -1.0],
            interpolation,
        };
        let at = |shape: &Shape| [0.9, 1.25, 1.5, 1.75, 2.0, 2.1].map(|t| shape.at(t));
        let (held, joined) = (sampled(Interpolation::Hold), sampled(Interpolation::Linear));
        assert_eq!(at(&held), [0.0, 0.0, 1.0, 1.0, -1.0, -1.0]);
        assert_eq!(at(&joined), [0.0, 0.5, 1.0, 0.0, -1.0, -1.0]);
        let empty = Shape::Sampled {
            start: 0.0,
            interval: 1.0,
            values: Vec::new(),
            interpolation: Interpolation::Linear,
        };
        assert!(Waveform::from(empty).check().is_err());
        assert!(Waveform::step(f64::NAN, 1.0, 1.0).check().is_err());
        assert!(Waveform::step(0.0, f64::INFINITY, 1.0).check().is_ok());
    }

    fn read(keys: &[(&str, Value)]) -> (Waveform, Faults) {
        let entries = keys.iter().map(|(k, v)| ((*k).to_owned(), Node::new(v.clone()))).collect();
        let mut faults = Faults::default();
        let node = Node::new(Value::Table(entries));
        let path = "I_e".to_owned();
        let place = Place { node: &node, path, own: None, root: &node, faults: &mut faults };
        (Waveform::read(place, &Kind::Waveform(Dimension::Current)), faults)
    }

    fn word(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn a_duration_is_the_time_from_start_to_stop() {
        let common = [("waveform", word("ramp")), ("to", word("1 nA")), ("start", word("5 ms"))];
        let with = |end: &[(&'static str, Value)]| read(&[common.as_slice(), end].concat());
        let (by_stop, none) = with(&[("stop", word("30 ms"))]);
        let (by_duration, _) = with(&[("duration", word("25 ms"))]);
        assert!(none.is_empty(), "{none}");
        for t in [0.0, 5.0, 12.3, 30.0] {
            assert_eq!(by_stop.at(t), by_duration.at(t));
        }
        let both = with(&[("duration", word("25 ms")), ("stop", word("30 ms"))]).1;
        assert!(both.to_string().contains("not both"), "{both}");
        let none = with(&[]).1;
        assert!(none.to_string().contains("stop or duration"), "{none}");
        let backwards = with(&[("duration", word("-1 ms"))]).1;
        assert!(backwards.to_string().contains("must be > 0 ms"), "{backwards}");
    }

    #[test]
    fn edges_and_products_are_read_and_written() {
        let stairs = [
            ("waveform", word("staircase")),
            ("size", word("2 nA")),
            ("length", word("1 s")),
            ("smoothing", word("0.1 s")),
            ("edge", word("linear")),
        ];
        let (wave, faults) = read(&stairs);
        assert!(faults.is_empty(), "{faults}");
        // Half way up the first stair at its time.
        assert_eq!([wave.at(-50.0), wave.at(0.0), wave.at(50.0)], [0.0, 1e3, 2e3]);
        let without: Vec<_> = stairs.iter().filter(|e| e.0 != "smoothing").cloned().collect();
        let faults = read(&without).1.to_string();
        assert!(faults.contains("I_e.edge = \"linear\": belongs to smoothing"), "{faults}");
        let wide = [&stairs[..3], &[("smoothing", word("101 s"))]].concat();
        let faults = read(&wide).1.to_string();
        assert!(faults.contains("smoothing = \"101 s\": must be at most 100 times"), "{faults}");
        let factors = |items: Vec<Value>| {
            let items = Value::List(items.into_iter().map(Node::new).collect());
            read(&[("waveform", word("product")), ("factors", items)])
        };
        let (wave, faults) = factors(vec![word("3 nA"), Value::Float(0.5)]);
        assert!(faults.is_empty(), "{faults}");
        assert_eq!(wave.constant(), Some(1500.0));
        let faults = factors(vec![word("3 nA"), word("0.5 nA")]).1.to_string();
        assert!(faults.contains("I_e.factors[1]"), "{faults}");
        // As a cell file has it, where a bare number is no current: the first factor has its unit.
        let Waveform::Shape(shape) = &wave else { panic!("{wave:?}") };
        let node = shape.write_in(Dimension::CableCurrent).unwrap();
        assert_eq!(node.locate("factors[0]").0.value, word("3000 nA"));
        assert_eq!(node.locate("factors[1]").0.value, Value::Float(0.5));
    }

    #[test]
    fn old_spellings_are_read_with_a_notice() {
        let frequency = ("frequency", word("8 Hz"));
        let amplitude = ("amplitude", word("20 pA"));
        let (new, none) = read(&[
            ("waveform", word("sine")),
            amplitude.clone(),
            frequency.clone(),
            ("start", word("5 ms")),
        ]);
        let (old, notices) = read(&[
            ("waveform", word("oscillation")),
            amplitude,
            frequency,
            ("onset", word("5 ms")),
        ]);
        assert!(none.is_empty() && none.notices.is_empty());
        assert_eq!(new, old);
        assert!(notices.is_empty(), "{notices}");
        assert_eq!(
            notices.notices,
            [
                "I_e.waveform: \"oscillation\" is now \"sine\"; the old word is read for one more version",
                "I_e.onset is now I_e.start; the old key is read for one more version",
            ]
        );
    }
}
