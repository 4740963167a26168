//! Firing rate against current.

use ntwk_core::spec::RecordSpec;
use ntwk_core::{CellLibrary, Model, Recording, Waveform};

use super::{Bench, ProtocolError, require, run, spike_times};

/// Constant currents from time 0 on, one per neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct FiProtocol {
    /// First current (pA).
    pub from: f64,
    /// Last current (pA), > `from`.
    pub to: f64,
    /// Number of currents, evenly spaced, from 2 to 10000.
    pub points: u32,
    /// Duration of the run (ms), > 0.
    pub duration: f64,
    /// Time after which the stationary rate is counted (ms), in [0, `duration`).
    pub settle: f64,
}

/// What a cell did under a constant current.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FiPoint {
    /// The current (pA).
    pub current: f64,
    /// Stationary rate (Hz): one over the mean interval between the spikes after `settle`, or, where there are fewer
    /// than two, their number over the time counted.
    pub rate: f64,
    /// Spikes after `settle`.
    pub spikes: usize,
    /// One over the first interval of the run (Hz).
    pub initial_rate: Option<f64>,
    /// Time of the first spike (ms).
    pub latency: Option<f64>,
}

/// Rates against currents.
///
/// ```
/// use ntwk_cells::protocol::{Bench, FiProtocol};
///
/// let library = ntwk_cells::library();
/// let bench = Bench::named("RS", Vec::new(), &library)?;
/// let protocol = FiProtocol { from: 0.0, to: 400.0, points: 3, duration: 1000.0, settle: 500.0 }; // pA, ms
/// let (_, recording) = protocol.run(&bench, &library)?;
/// let spikes = (0..3).map(|cell| recording.spike_times("cell", cell).map_or(0, |times| times.len()));
/// let spikes: Vec<usize> = spikes.collect();
/// assert!(spikes[0] == 0 && spikes[1] < spikes[2], "{spikes:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FiCurve {
    /// The points, in the order of the currents.
    pub points: Vec<FiPoint>,
}

impl FiProtocol {
    /// 31 currents from 0 to three times `scale` (pA; see [`Bench::current_scale`]), each for 2 s of which 0.5 s settle.
    #[must_use]
    pub fn around(scale: f64) -> Self {
        Self { from: 0.0, to: 3.0 * scale, points: 31, duration: 2000.0, settle: 500.0 }
    }

    /// The currents (pA).
    #[must_use]
    pub fn currents(&self) -> Vec<f64> {
        let last = f64::from(self.points.max(2) - 1);
        (0..self.points).map(|i| self.from + (self.to - self.from) * f64::from(i) / last).collect()
    }

    /// The model: one neuron per current; only spikes are recorded.
    ///
    /// # Errors
    /// [`ProtocolError::Setting`] and [`ProtocolError::Cell`].
    pub fn model(&self, bench: &Bench, library: &CellLibrary) -> Result<Model, ProtocolError> {
        let Self { from, to, points, duration, settle } = self;
        require("from (pA)", *from, true, "finite")?;
        require("to (pA)", *to, to > from, format!("above from ({from})"))?;
        let n = f64::from(*points);
        require("points", n, (2.0..=1e4).contains(&n), "between 2 and 10000")?;
        require("duration (ms)", *duration, *duration > 0.0, "> 0")?;
        let allowed = format!(">= 0 and below the duration ({duration})");
        require("settle (ms)", *settle, *settle >= 0.0 && settle < duration, allowed)?;
        let currents: Vec<Waveform> = self.currents().into_iter().map(Waveform::Constant).collect();
        let mut record = RecordSpec::default();
        record.V_m = 0;
        Ok(bench.model(&currents, *duration, record, library)?)
    }

    /// Runs the currents.
    ///
    /// # Errors
    /// [`ProtocolError`].
    pub fn run(
        &self,
        bench: &Bench,
        library: &CellLibrary,
    ) -> Result<(Model, Recording), ProtocolError> {
        let model = self.model(bench, library)?;
        let recording = run(&model)?;
        Ok((model, recording))
    }

    /// The curve of a run of this protocol.
    #[must_use]
    pub fn curve(&self, recording: &Recording) -> FiCurve {
        let currents = self.currents();
        let spikes = spike_times(recording, currents.len());
        let points = currents.into_iter().zip(&spikes).map(|(current, times)| {
            let late: Vec<f64> = times.iter().copied().filter(|t| *t >= self.settle).collect();
            let counted = self.duration - self.settle;
            let rate = match late[..] {
                [first, .., last] => 1e3 * (late.len() - 1) as f64 / (last - first),
                _ => 1e3 * late.len() as f64 / counted,
            };
            FiPoint {
                current,
                rate,
                spikes: late.len(),
                initial_rate: times.get(..2).map(|t| 1e3 / (t[1] - t[0])),
                latency: times.first().copied(),
            }
        });
        FiCurve { points: points.collect() }
    }
}

impl FiCurve {
    /// The first current (pA) of the curve with a stationary rate above 0.
    #[must_use]
    pub fn threshold(&self) -> Option<f64> {
        self.points.iter().find(|p| p.rate > 0.0).map(|p| p.current)
    }

    /// The current (pA) of the highest stationary rate, where the rate falls beyond it by more than a spike and a hundredth; `None`
    /// for a rate that goes on rising.
    #[must_use]
    pub fn falls_after(&self) -> Option<f64> {
        let highest = self.points.iter().max_by(|a, b| a.rate.total_cmp(&b.rate))?;
        let grain = (highest.rate / highest.spikes.max(1) as f64).max(0.01 * highest.rate);
        let beyond = |p: &&FiPoint| p.current > highest.current && p.rate < highest.rate - grain;
        self.points.iter().find(beyond).map(|_| highest.current)
    }

    /// The slope (Hz/pA) of the least-squares line through the points that fire; needs two of them.
    #[must_use]
    pub fn gain(&self) -> Option<f64> {
        let firing: Vec<&FiPoint> = self.points.iter().filter(|p| p.rate > 0.0).collect();
        if firing.len() < 2 {
            return None;
        }
        let n = firing.len() as f64;
        let x = firing.iter().map(|p| p.current).sum::<f64>() / n;
        let y = firing.iter().map(|p| p.rate).sum::<f64>() / n;
        let xx: f64 = firing.iter().map(|p| (p.current - x).powi(2)).sum();
        let xy: f64 = firing.iter().map(|p| (p.current - x) * (p.rate - y)).sum();
        Some(xy / xx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_that_falls_again_is_told_from_one_that_scatters() {
        let curve = |rates: &[f64]| {
            let points = rates.iter().enumerate().map(|(k, &rate)| FiPoint {
                current: 10.0 * k as f64,
                rate,
                spikes: (1.5 * rate) as usize,
                initial_rate: None,
                latency: None,
            });
            FiCurve { points: points.collect() }
        };
        assert_eq!(curve(&[0.0, 20.0, 40.0, 60.0]).falls_after(), None);
        // Less than a spike of 1.5 s.
        assert_eq!(curve(&[0.0, 20.0, 40.0, 39.5]).falls_after(), None);
        assert_eq!(curve(&[0.0, 20.0, 27.0, 26.5, 22.0, 0.0]).falls_after(), Some(20.0));
        assert_eq!(curve(&[0.0, 0.0]).falls_after(), None);
    }
}
