//! What cells make of small changes of the rates of their sources, and what the loop that they close makes of it.
//!
//! The rates of the populations in turn are modulated by sines of many frequencies at once, a few per cent each, in trains that
//! cells receive through their own synapses with their own delays. The rates of the cells then have the response
//!
//! ```text
//! dr_m(f) / x_m = sum_n E_mn(f) dx_n(f) / x_n
//! ```
//!
//! with everything that a cell, its synapses and its axons do, and no time constant `T` of a theory. To what is measured at single
//! frequencies a delay and two lags are fitted ([`LaggedGain`]). The network is stable where
//! `det(1 - E(lambda))` has no zeros with a positive real part, which its turns along the imaginary axis count (Nyquist; cells
//! alone are stable). That is the effective connectivity of Bos, Diesmann and Helias (PLoS Comput Biol 12:e1005132 (2016)), with
//! the response of the cells themselves in the place of a formula.

use std::f64::consts::{PI, TAU};

use nalgebra::{Complex, DMatrix};
use ntwk_core::spec::waveform::{Shape, Span, Waveform};
use ntwk_core::spec::{AfferentActivity, SpikeListSpec, Trains};
use ntwk_core::{CellLibrary, Job, Model, simulate};

use crate::dynamics::effective_connectivity::eigenvector;
use crate::dynamics::growing_oscillation::GrowingOscillation;
use crate::prediction::error::TheoryError;
use crate::prediction::generation::alone;
use crate::prediction::lagged_gain::LaggedGain;
use crate::prediction::open_loop::poisson_trains;
use crate::scan::single_cell::settling_time;
use crate::scan::unsupported::covered_membrane;
use crate::system::input::Input;

/// Frequencies of the modulation, in units of [`LOWEST`]: at about equal ratios, no sum or difference of two of them near a third.
const HARMONICS: [u32; 16] = [4, 9, 15, 23, 34, 47, 62, 81, 105, 134, 171, 218, 277, 351, 445, 563];
/// The frequency whose multiples they are (Hz): one period in the time counted.
const LOWEST: f64 = 0.25;
/// Largest relative change of a rate.
const LARGEST_CHANGE: f64 = 0.4;
/// Spikes that are to be counted of every population.
const SPIKES: f64 = 60_000.0;
/// Most cells of a population.
const MOST_CELLS: u64 = 8000;
/// Rates below this (Hz) are not modulated: nothing follows them.
const FIRING: f64 = 0.02;
/// Highest frequency (Hz) of the curve along which the loop is looked at, and how many there are.
const HIGHEST: f64 = 600.0;
const LOOKS: usize = 1200;

/// The response of the cells of a model around a state.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopResponse {
    /// Frequencies (Hz).
    pub frequencies: Vec<f64>,
    /// Relative response of each population (row) to a relative modulation of the rate of each (column), one matrix per frequency.
    pub gains: Vec<DMatrix<Complex<f64>>>,
    /// The lagged responses fitted to them, row by row.
    pub fitted: Vec<LaggedGain>,
    /// Standard error of real and imaginary part of each measured gain, by the counting of spikes.
    pub errors: DMatrix<f64>,
    /// Rates (Hz) of the state.
    pub rates: Vec<f64>,
}

impl LoopResponse {
    /// Measures the cells of `model` at the mean `input`, where its populations fire at `rates` (Hz). `None` where the loop cannot be
    /// opened, or where no population drives another.
    ///
    /// Deterministic in the model's seed, for any number of threads.
    ///
    /// # Errors
    /// [`TheoryError::Interrupted`].
    pub fn measure(
        model: &Model,
        input: &Input,
        rates: &[f64],
        library: &CellLibrary,
        job: &Job<'_>,
    ) -> Result<Option<Self>, TheoryError> {
        let dt = model.dt();
        let n = model.populations().len();
        let driving: Vec<usize> =
            (0..n).filter(|&k| rates[k] > FIRING && drives(model, k)).collect();
        if driving.is_empty() {
            return Ok(None);
        }
        let mut settle: f64 = 0.0;
        for index in 0..n {
            let Ok(membrane) = covered_membrane(model, index) else { return Ok(None) };
            settle = settle.max(settling_time(&membrane, false, &model.spec().theory.scan));
        }
        let counted = 1e3 / LOWEST;
        let window = (settle / dt).round() as usize..((settle + counted) / dt).round() as usize;
        let frequencies: Vec<f64> = HARMONICS
            .iter()
            .map(|&k| f64::from(k) * LOWEST)
            .filter(|f| 4e-3 * f * dt < 1.0)
            .collect();
        let modulation = Modulation::new(&frequencies);
        let wanted: Vec<u64> = rates
            .iter()
            .map(|r| ((SPIKES / (r.max(FIRING) * 1e-3 * counted)).ceil() as u64).min(MOST_CELLS))
            .collect();
        // Per frequency, of the spikes of sources and of cells in every run, over their mean rates.
        let k = driving.len();
        let zero = || vec![DMatrix::<Complex<f64>>::zeros(k, k); frequencies.len()];
        let mut asked = zero();
        let mut answers = vec![DMatrix::<Complex<f64>>::zeros(n, k); frequencies.len()];
        let mut spikes = vec![0.0; n];
        for (number, &source) in driving.iter().enumerate() {
            let trains = (0..n).map(|p| match p == source {
                false => poisson_trains(rates[p]),
                true => modulation.trains(rates[p]),
            });
            let end = window.end as u64;
            // Far from the streams of the generations of the refined state.
            let stream = 1000 + number as u64;
            let Some(mut spec) = alone(model, input, trains.collect(), &wanted, stream, end) else {
                return Ok(None);
            };
            spec.record.spikes = false;
            let names: Vec<String> =
                spec.afferents.keys().skip(model.afferents().len()).cloned().collect();
            spec.record.afferents = Some(driving.iter().map(|&p| names[p].clone()).collect());
            let Ok(cells) = Model::from_spec(spec, library) else { return Ok(None) };
            let Ok(result) = simulate(&cells, &job.silent()) else { return Ok(None) };
            job.check()?;
            if result.stopped.is_some() {
                return Ok(None);
            }
            // What the sources fired, their chance included: all cells of a population have it in common.
            for (row, &p) in driving.iter().enumerate() {
                let Some(sent) = result.recording.afferent(&names[p]) else { return Ok(None) };
                let mut counts = vec![0.0; window.len()];
                for &step in &sent.spikes.steps {
                    if let Some(at) = (step as usize).checked_sub(window.start)
                        && at < counts.len()
                    {
                        counts[at] += 1.0;
                    }
                }
                for (matrix, z) in asked.iter_mut().zip(components(&counts, &frequencies, dt)) {
                    matrix[(row, number)] = z;
                }
            }
            for (m, population) in result.recording.populations.iter().enumerate() {
                let counts: Vec<f64> =
                    population.counts[window.clone()].iter().map(|&c| f64::from(c)).collect();
                spikes[m] += counts.iter().sum::<f64>();
                for (matrix, z) in answers.iter_mut().zip(components(&counts, &frequencies, dt)) {
                    matrix[(m, number)] = z;
                }
            }
        }
        let mut gains = Vec::new();
        for (answer, asked) in answers.iter().zip(asked) {
            let Some(inverse) = asked.try_inverse() else { return Ok(None) };
            let found = answer * inverse;
            let mut gain = DMatrix::zeros(n, n);
            for (column, &source) in driving.iter().enumerate() {
                gain.set_column(source, &found.column(column));
            }
            gains.push(gain);
        }
        let of = |m: usize, p: usize| match driving.contains(&p) && spikes[m] > 0.0 {
            true => {
                let values: Vec<Complex<f64>> = gains.iter().map(|g| g[(m, p)]).collect();
                LaggedGain::fitted(&frequencies, &values)
            }
            false => LaggedGain::none(),
        };
        let fitted = (0..n * n).map(|k| of(k / n, k % n)).collect();
        let errors = DMatrix::from_fn(n, n, |m, p| match driving.contains(&p) && spikes[m] > 0.0 {
            // Of Poisson spikes: more regular ones scatter less.
            true => (2.0 * k as f64 / spikes[m]).sqrt() / modulation.amplitude,
            false => 0.0,
        });
        Ok(Some(Self { frequencies, gains, fitted, errors, rates: rates.to_vec() }))
    }

    /// The fitted gains at a frequency (Hz): much of what single frequencies scatter is gone.
    #[must_use]
    pub fn gain(&self, frequency: f64) -> DMatrix<Complex<f64>> {
        let n = self.rates.len();
        DMatrix::from_fn(n, n, |m, k| self.fitted[m * n + k].at(frequency))
    }

    /// Whether an oscillation grows, and which.
    #[must_use]
    pub fn growing(&self) -> Option<GrowingOscillation> {
        GrowingOscillation::of(&self.curve())
    }

    /// A note where an oscillation grows, as far as the errors of the gains tell.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let found = self.growing()?;
        let error = self.error(&found);
        let GrowingOscillation { frequency, gain } = found;
        let cells = format!(
            "its cells, under small changes of the rates of their sources, give the loop a gain of {gain:.2} ± {error:.2} there"
        );
        Some(if gain > 1.0 + error {
            format!(
                "an oscillation of {frequency:.0} Hz grows in the predicted state: {cells}. The network does not stay in that state, \
                 and its rates are not to be believed"
            )
        } else {
            format!(
                "the predicted state is at the edge of an oscillation of {frequency:.0} Hz: {cells}. The network may oscillate, with \
                 other rates"
            )
        })
    }

    /// Standard error of the gain of an oscillation, an eigenvalue of the loop, to first order in those of its elements.
    #[must_use]
    pub fn error(&self, oscillation: &GrowingOscillation) -> f64 {
        let gain = self.gain(oscillation.frequency);
        let eigenvalue = Complex::new(oscillation.gain, 0.0);
        let right = eigenvector(&gain, eigenvalue);
        let left = eigenvector(&gain.transpose(), eigenvalue);
        let (Some(left), Some(right)) = (left, right) else { return f64::INFINITY };
        let product: Complex<f64> = left.iter().zip(right.iter()).map(|(l, r)| l * r).sum();
        let n = self.rates.len();
        let square = |m: usize, k: usize| {
            (left[m] * right[k]).norm_sqr()
                * self.fitted[m * n + k].error(oscillation.frequency).powi(2)
        };
        let sum: f64 =
            (0..n).flat_map(|m| (0..n).map(move |k| (m, k))).map(|(m, k)| square(m, k)).sum();
        sum.sqrt() / product.norm()
    }

    /// The gains along frequencies, from zero to where nothing follows.
    fn curve(&self) -> Vec<(f64, DMatrix<Complex<f64>>)> {
        let at = |k: usize| HIGHEST * k as f64 / LOOKS as f64;
        (0..=LOOKS).map(|k| (at(k), self.gain(at(k)))).collect()
    }
}

/// Whether a population drives any.
fn drives(model: &Model, population: usize) -> bool {
    let of = |p: &ntwk_core::model::Projection| matches!(p.source, ntwk_core::model::Source::Population(k) if k == population);
    model.projections().iter().any(|p| of(p) && p.in_degree > 0.0 && p.weight != 0.0)
}

/// Amplitudes of the spikes `counts` of every step at `frequencies` (Hz), over their mean.
fn components(counts: &[f64], frequencies: &[f64], dt: f64) -> Vec<Complex<f64>> {
    let sum: f64 = counts.iter().sum();
    let of = |f: &f64| {
        let turn = Complex::from_polar(1.0, -TAU * 1e-3 * f * dt);
        let mut phase = Complex::new(2.0, 0.0);
        let mut total = Complex::new(0.0, 0.0);
        for &count in counts {
            total += phase * count;
            phase *= turn;
        }
        if sum > 0.0 { total / sum } else { total }
    };
    frequencies.iter().map(of).collect()
}

/// A relative modulation: sines of equal amplitude with phases that keep their sum low (Schroeder, IEEE Trans Inf Theory 16
/// (1970)), at most [`LARGEST_CHANGE`] in size.
struct Modulation {
    amplitude: f64,
    /// Frequency (Hz) and phase of each.
    sines: Vec<(f64, f64)>,
}

impl Modulation {
    fn new(frequencies: &[f64]) -> Self {
        let n = frequencies.len() as f64;
        let phase = |k: usize| -PI * (k as f64).powi(2) / n;
        let sines = frequencies.iter().enumerate().map(|(k, f)| (*f, phase(k))).collect();
        let unit = Self { amplitude: 1.0, sines };
        let period = 1e3 / LOWEST;
        let highest = (0..period as usize).map(|t| unit.at(t as f64).abs()).fold(0.0, f64::max);
        Self { amplitude: LARGEST_CHANGE / highest, ..unit }
    }

    /// Value at `t` (ms).
    fn at(&self, t: f64) -> f64 {
        let sine = |(f, phase): &(f64, f64)| (TAU * 1e-3 * f * t + phase).sin();
        self.amplitude * self.sines.iter().map(sine).sum::<f64>()
    }

    /// Independent Poisson trains of `rate` (Hz) so modulated, one for each neuron of a source.
    fn trains(&self, rate: f64) -> AfferentActivity {
        let sine = |&(frequency, phase): &(f64, f64)| {
            let (amplitude, span) = (rate * self.amplitude, Span::from(0.0));
            Shape::Sine { baseline: 0.0, amplitude, frequency, phase, span }.into()
        };
        let sines = self.sines.iter().map(sine);
        let rate = Waveform::Sum(std::iter::once(Waveform::Constant(rate)).chain(sines).collect());
        let trains = Trains::PerSource { correlation: 0.0, spikes: SpikeListSpec::default() };
        AfferentActivity::Rate { rate, statistics: Default::default(), trains }
    }
}
