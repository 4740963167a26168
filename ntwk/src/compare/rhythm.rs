//! A rhythm of the simulated network, with which it is in no stationary state.

use ntwk_analysis::{PopulationRate, SpectralPeak, Window};
use ntwk_core::Recording;
use ntwk_meanfield::prediction::windows::{ComparisonWindows, WindowBasis};
use serde::Serialize;

use crate::compare::{RATE_BIN, steps_of};

/// Width of the band around the peak, relative to its frequency, whose power is the rhythm's.
const BAND: f64 = 0.25;
/// Standard deviation of the rate in the band, relative to its mean, from which on a network oscillates.
const MODULATED: f64 = 0.5;
/// Power at the peak over that of independent Poisson neurons, from which on it is not the noise of a small population.
const ABOVE_NOISE: f64 = 20.0;
/// Harmonics of the inputs that count as theirs.
const HARMONICS: u32 = 2;
/// How near (relative) to one of them a frequency is that of the inputs.
const OF_INPUTS: f64 = 0.1;
/// Fewest bins of a spectrum.
const FEWEST: usize = 200;

/// A rhythm of a simulated population.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rhythm {
    /// Population.
    pub population: String,
    /// Peak (Hz) of the spectrum of its rate.
    pub frequency: f64,
    /// Standard deviation of the rate in the band of 25 % around the peak, over the mean rate.
    pub modulation: f64,
}

impl Rhythm {
    /// The strongest rhythm of the populations of `recording` in the stationary window, other than that of its inputs and
    /// stronger than half of the mean rate; `None` for a network that does not oscillate.
    #[must_use]
    pub fn of(windows: ComparisonWindows, recording: &Recording, window: Window) -> Option<Self> {
        let periods = match &windows.basis {
            WindowBasis::WholePeriods { of, .. } => of.periods(),
            WindowBasis::Asked | WindowBasis::ConstantInputs => &[],
            // Slow changes of the inputs are no rhythm.
            _ => return None,
        };
        let of_inputs = |f: f64| {
            let own =
                |k: u32, period: f64| (f * period / (1e3 * f64::from(k)) - 1.0).abs() < OF_INPUTS;
            periods.iter().any(|&period| (1..=HARMONICS).any(|k| own(k, period)))
        };
        let bin = steps_of(RATE_BIN, recording.dt);
        let mut strongest: Option<Self> = None;
        for population in &recording.populations {
            let (counts, size) = (&population.counts, population.size);
            let Ok(rate) = PopulationRate::from_counts(counts, size, window, bin, recording.dt)
            else {
                continue;
            };
            let n = rate.values.len();
            let mean = rate.values.iter().sum::<f64>() / n.max(1) as f64;
            if n < FEWEST || mean == 0.0 {
                continue;
            }
            // A line of the inputs reaches over its neighbours.
            let own = |f: f64, resolution: f64| {
                !(-3..=3).any(|k| of_inputs(f + f64::from(k) * resolution))
            };
            let Some(found) = SpectralPeak::of(&rate.values, rate.bin, own) else { continue };
            let SpectralPeak { frequency, resolution, spectrum } = found;
            let all = || spectrum.frequencies.iter().zip(&spectrum.density);
            let peak = all().filter(|(f, _)| (*f - frequency).abs() <= resolution);
            let peak = peak.map(|(_, d)| *d).fold(0.0, f64::max);
            let near = |f: f64| (f / frequency - 1.0).abs() <= BAND;
            let power: f64 = all().filter(|(f, _)| near(**f)).map(|(_, d)| d * resolution).sum();
            let modulation = power.sqrt() / mean;
            // One-sided.
            let noise = 2.0 * mean / size as f64;
            let stronger = strongest.as_ref().is_none_or(|s| modulation > s.modulation);
            if modulation >= MODULATED && peak >= ABOVE_NOISE * noise && stronger {
                let population = population.name.clone();
                strongest = Some(Self { population, frequency, modulation });
            }
        }
        strongest
    }

    /// What it means for a prediction.
    #[must_use]
    pub fn note(&self) -> String {
        format!(
            "the simulated network oscillates at {:.0} Hz (sd of the rate of {} there: {:.0} % of its mean): it is not in the \
             stationary state that the theory describes, so that the prediction is not to be believed",
            self.frequency,
            self.population,
            100.0 * self.modulation
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntwk_core::PopulationRecording;
    use ntwk_meanfield::prediction::windows::Oscillations;

    fn recording(rate: impl Fn(f64) -> f64) -> Recording {
        // 1000 neurons, steps of 1 ms, counts rounded: a rate without noise.
        let counts: Vec<u32> = (0..4000).map(|k| rate(f64::from(k)).round() as u32).collect();
        let population = PopulationRecording {
            name: "Exc".to_owned(),
            size: 1000,
            spikes: None,
            counts,
            traces: Vec::new(),
        };
        let populations = vec![population];
        Recording { dt: 1.0, n_steps: 4000, populations, afferents: Vec::new() }
    }

    fn sine(modulation: f64, hz: f64) -> impl Fn(f64) -> f64 {
        move |t| 400.0 * (1.0 + modulation * (std::f64::consts::TAU * hz * 1e-3 * t).sin())
    }

    fn found(basis: WindowBasis, rate: impl Fn(f64) -> f64) -> Option<Rhythm> {
        let windows = ComparisonWindows {
            stationary: [0.0, 4000.0],
            basis,
            transient: None,
            smoothing: 10.0,
        };
        Rhythm::of(windows, &recording(rate), Window::new(0, 4000).unwrap())
    }

    /// A sine of amplitude `A` has the standard deviation `A / sqrt 2`.
    #[test]
    fn a_strong_sine_is_a_rhythm_and_that_of_the_inputs_is_not() {
        let rhythm = found(WindowBasis::ConstantInputs, sine(0.9, 23.0)).unwrap();
        assert!((rhythm.frequency - 23.0).abs() < 1.5, "{rhythm:?}");
        assert!((rhythm.modulation - 0.9 / 2f64.sqrt()).abs() < 0.03, "{rhythm:?}");
        let said = format!("oscillates at {:.0} Hz", rhythm.frequency);
        assert!(rhythm.note().contains(&said), "{}", rhythm.note());
        assert_eq!(found(WindowBasis::ConstantInputs, sine(0.5, 23.0)), None);
        let of = Oscillations::of([1000.0 / 23.0]);
        let basis = WindowBasis::WholePeriods { periods: 92, period: 1000.0 / 23.0, of };
        assert_eq!(found(basis, sine(0.9, 23.0)), None);
    }
}
