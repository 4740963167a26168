//! The windows in which simulation and theory are compared.

use std::fmt;

use ntwk_core::spec::AfferentActivity;
use ntwk_core::spec::waveform::Waveform;
use ntwk_core::{Membrane, Model};

/// Interval of the predicted trajectory (ms).
pub const TRAJECTORY_INTERVAL: f64 = 1.0;

/// Windows of a comparison, all in ms.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ComparisonWindows {
    /// Window of stationary quantities.
    pub stationary: [f64; 2],
    /// Why it is this one.
    pub basis: WindowBasis,
    /// Window in which the transient peak is sought, if the inputs change.
    pub transient: Option<[f64; 2]>,
    /// Standard deviation of the Gaussian that smooths rates.
    pub smoothing: f64,
}

/// Why a window was chosen.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum WindowBasis {
    /// The model asks for it.
    Asked,
    /// All inputs are constant in it.
    ConstantInputs,
    /// It holds whole periods of the oscillations of the inputs.
    WholePeriods {
        /// How many.
        periods: u64,
        /// One of them (ms): the shortest that all oscillations have in common, or that of the slowest where none fits.
        period: f64,
        /// The oscillations.
        of: Oscillations,
    },
    /// The inputs are nowhere constant for long enough: the whole run but for its onset.
    WholeRun,
}

impl WindowBasis {
    /// Whether inputs change within the window.
    #[must_use]
    pub fn is_changing(&self) -> bool {
        matches!(self, Self::WholePeriods { .. } | Self::WholeRun)
    }
}

/// Periods (ms) of the oscillations of the inputs, longest first and without repetition: the first few.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Oscillations {
    /// Zeros behind the last.
    periods: [f64; 4],
    /// How many there are, which may be more.
    n: usize,
}

impl Oscillations {
    /// Of these periods (ms), in any order.
    #[must_use]
    pub fn of(periods: impl IntoIterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = periods.into_iter().filter(|p| *p > 0.0).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        all.dedup_by(|a, b| (*a - *b).abs() <= 1e-9 * *b);
        let mut periods = [0.0; 4];
        periods.iter_mut().zip(&all).for_each(|(kept, period)| *kept = *period);
        Self { periods, n: all.len() }
    }

    /// Those of the inputs of `model` that are on in the middle of a window (ms).
    #[must_use]
    pub fn of_inputs(model: &Model, window: [f64; 2]) -> Self {
        let middle = 0.5 * (window[0] + window[1]);
        Self::of(Inputs::of(model).waveforms.iter().flat_map(|input| input.periods(middle)))
    }

    /// The periods (ms), longest first.
    #[must_use]
    pub fn periods(&self) -> &[f64] {
        &self.periods[..self.n.min(self.periods.len())]
    }

    /// The shortest time (ms) of at most `most` that holds whole periods of all, to 0.1 %.
    #[must_use]
    pub fn common(&self, most: f64) -> Option<f64> {
        let slowest = *self.periods().first()?;
        let whole = |ratio: f64| (ratio - ratio.round()).abs() <= 1e-3;
        let times =
            (1..=50).map(|k| f64::from(k) * slowest).take_while(|t| *t <= most * (1.0 + 1e-6));
        let mut times = times.filter(|t| self.periods().iter().all(|p| whole(t / p)));
        times.next().filter(|_| self.n <= self.periods.len())
    }
}

impl serde::Serialize for Oscillations {
    /// The periods.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.periods().serialize(serializer)
    }
}

/// Four digits, and no zeros behind them.
fn four_digits(x: f64) -> String {
    let digits = (3 - x.log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{x:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Continues "rates between .. and .. ms"; empty for a window that needs no word.
impl fmt::Display for WindowBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked | Self::ConstantInputs => Ok(()),
            Self::WholePeriods { periods, period, of } => {
                let text = four_digits(*period);
                match periods {
                    1 => write!(f, "one period of {text} ms")?,
                    _ => write!(f, "{periods} periods of {text} ms")?,
                }
                if of.n < 2 {
                    return Ok(());
                }
                let all: Vec<String> = of.periods().iter().map(|p| four_digits(*p)).collect();
                let (last, others) =
                    all.split_last().map_or(("", &all[..]), |(l, o)| (l.as_str(), o));
                let more = if of.n > all.len() { " and others" } else { "" };
                let how = if of.common(*period).is_some() { "common to" } else { "the slowest of" };
                write!(f, ", {how} oscillations of {} and {last} ms{more}", others.join(", "))
            }
            Self::WholeRun => {
                write!(f, "the run after its onset, because the inputs keep changing")
            }
        }
    }
}

/// Time that a network is left to settle before its activity counts as stationary (ms).
const SETTLING: f64 = 500.0;
/// Inputs that stay within this fraction of their value count as constant.
const CONSTANT: f64 = 0.01;
/// A stretch of constant inputs below this time (ms), and below half of the run, says too little.
const LONG_ENOUGH: f64 = 300.0;
/// Time (ms) before a jump at which it has not begun.
const JUST_BEFORE: f64 = 1e-6;
/// Part of a run without a stationary stretch that is its onset, if that is less than [`SETTLING`].
const ONSET: f64 = 0.1;

impl ComparisonWindows {
    /// The windows the model asks for; what it leaves open is chosen from its inputs.
    ///
    /// - The longest stretch without an event or a change of the inputs by more than 1 %, without its first 500 ms or its first half,
    ///   whichever is shorter, is stationary, if it takes 300 ms or half of the run.
    /// - Else, where inputs oscillate around values that do not change: as many whole periods, of all oscillations or else of the
    ///   slowest, as fit behind the first 500 ms of that stretch, or three times the slowest adaptation, or its first half,
    ///   whichever of these is shorter; or all that it holds.
    /// - Else the run without its first 500 ms or first tenth.
    ///
    /// The transient is what follows the stretch of constant inputs, if they change there.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let compare = &model.spec().compare;
        let t_stop = model.t_stop();
        let inputs = Inputs::of(model);
        let quiet = inputs.longest_stretch(t_stop, |input, t| match input.period(t) {
            Some(_) => f64::NAN,
            None => input.at(t),
        });
        let (stationary, basis) = match compare.stationary {
            Some(asked) => (asked, WindowBasis::Asked),
            None => chosen(&inputs, quiet, t_stop, settling_time(model)),
        };
        let transient = compare
            .transient
            .or_else(|| match basis {
                WindowBasis::Asked | WindowBasis::ConstantInputs => {
                    let follows = quiet.map_or(t_stop, |quiet| quiet[1]);
                    (follows < t_stop - model.dt()).then_some([follows.max(stationary[1]), t_stop])
                }
                WindowBasis::WholePeriods { .. } | WindowBasis::WholeRun => None,
            })
            .filter(|window| window[0] < window[1]);
        Self { stationary, basis, transient, smoothing: compare.smoothing.unwrap_or(10.0) }
    }
}

/// What changes a network from outside.
struct Inputs<'a> {
    /// Rates of afferents and injected currents.
    waveforms: Vec<&'a Waveform>,
    /// Times (ms) of the events that set keys.
    events: Vec<f64>,
}

impl<'a> Inputs<'a> {
    fn of(model: &'a Model) -> Self {
        let rates = model.afferents().iter().filter_map(|afferent| match &afferent.activity {
            AfferentActivity::Rate { rate, .. } => Some(rate),
            AfferentActivity::Spikes { .. } => None,
        });
        let waveforms = rates.chain(model.populations().iter().map(|p| &p.current)).collect();
        Self { waveforms, events: model.spec().events.iter().map(|event| event.time).collect() }
    }

    /// The longest stretch, the last of several as long, without an event in which `level` of every input stays constant to 1 %; NaN is never constant.
    fn longest_stretch(
        &self,
        t_stop: f64,
        level: impl Fn(&Waveform, f64) -> f64,
    ) -> Option<[f64; 2]> {
        let steps = t_stop.ceil() as usize;
        let mut best: Option<[f64; 2]> = None;
        let mut start = 0.0;
        for k in 1..=steps {
            let t = (k as f64).min(t_stop);
            let event = self.events.iter().copied().find(|&time| time > start && time <= t);
            let constant = |t: f64| {
                self.waveforms.iter().all(|input| {
                    let reference = level(input, start);
                    (level(input, t) - reference).abs() <= CONSTANT * reference.abs().max(1e-9)
                })
            };
            let holds = event.is_none() && constant(t);
            // What jumps at `t` holds up to it.
            let until = event.unwrap_or(t);
            let until = if holds || constant(until - JUST_BEFORE) { until } else { start };
            if best.is_none_or(|[from, to]| until - start >= to - from) && until > start {
                best = Some([start, until]);
            }
            if !holds {
                start = t;
            }
        }
        best
    }
}

/// Time (ms) after which a network under an oscillating input has settled: at least three times the slowest adaptation of its cells.
fn settling_time(model: &Model) -> f64 {
    let adaptation = |m: &Membrane| if m.a != 0.0 || m.b != 0.0 { 3.0 * m.tau_w } else { 0.0 };
    let slowest = model.populations().iter().map(|p| adaptation(&p.cell.membrane()));
    slowest.fold(SETTLING, f64::max)
}

fn chosen(
    inputs: &Inputs<'_>,
    quiet: Option<[f64; 2]>,
    t_stop: f64,
    settling: f64,
) -> ([f64; 2], WindowBasis) {
    if let Some([from, to]) = quiet.filter(|q| q[1] - q[0] >= LONG_ENOUGH.min(0.5 * t_stop)) {
        return ([from + SETTLING.min(0.5 * (to - from)), to], WindowBasis::ConstantInputs);
    }
    let steady = inputs.longest_stretch(t_stop, Waveform::envelope).unwrap_or([0.0, t_stop]);
    let middle = 0.5 * (steady[0] + steady[1]);
    let of = Oscillations::of(inputs.waveforms.iter().flat_map(|input| input.periods(middle)));
    let length = steady[1] - steady[0];
    let settling = settling.min((0.5 * length).ceil());
    let slowest = of.periods().first().copied().unwrap_or(0.0);
    let period = of.common(length - settling).unwrap_or(slowest);
    // Rounding must not lose a period that just fits.
    let whole = |time: f64| (time / period + 1e-6).floor();
    let (start, periods) = match whole(length - settling) {
        periods if periods >= 1.0 => (steady[0] + settling, periods),
        // All that there is, up to the end.
        _ => ((steady[1] - whole(length) * period).max(steady[0]), whole(length)),
    };
    if period > 0.0 && periods >= 1.0 {
        let basis = WindowBasis::WholePeriods { periods: periods as u64, period, of };
        return ([start, (start + periods * period).min(steady[1])], basis);
    }
    ([SETTLING.min(ONSET * t_stop), t_stop], WindowBasis::WholeRun)
}
