//! Potentials that no neuron reaches: most often a current or a conductance in the wrong unit.

use std::fmt;

use super::PopulationRecording;

/// Potentials (mV) between which neurons stay.
pub const PLAUSIBLE: [f64; 2] = [-150.0, 100.0];

/// A recorded potential beyond [`PLAUSIBLE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excursion {
    /// Time (ms) of the first sample beyond.
    pub time: f64,
    /// The sample that lies farthest beyond (mV).
    pub farthest: f64,
}

impl Excursion {
    /// That of samples (ms, mV) in order of time; `None` where all are plausible.
    #[must_use]
    pub fn of(samples: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let [low, high] = PLAUSIBLE;
        let beyond = |v: f64| (low - v).max(v - high);
        let outside = samples.into_iter().filter(|&(_, v)| beyond(v) > 0.0);
        outside.fold(None, |found: Option<Self>, (time, v)| {
            Some(match found {
                None => Self { time, farthest: v },
                Some(e) if beyond(v) > beyond(e.farthest) => Self { farthest: v, ..e },
                Some(e) => e,
            })
        })
    }
}

impl PopulationRecording {
    /// That of the recorded potentials of the population in mV, over all its recorded neurons.
    #[must_use]
    pub fn excursion(&self, dt: f64) -> Option<Excursion> {
        let potentials = self.traces.iter().filter(|t| t.variable == "V_m" && t.unit == "mV");
        let found = potentials.filter_map(|trace| {
            let rows = trace.data.rows().into_iter().enumerate();
            Excursion::of(rows.flat_map(|(k, row)| {
                let time = trace.steps.time(k, dt);
                row.to_vec().into_iter().map(move |v| (time, v))
            }))
        });
        found.min_by(|a, b| a.time.total_cmp(&b.time))
    }
}

impl fmt::Display for Excursion {
    /// As the end of a sentence whose subject is the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excursion { time, farthest } = self;
        let [low, high] = PLAUSIBLE;
        write!(
            f,
            "leaves {low} to {high} mV at t = {time} ms and reaches {farthest:.1} mV; check the units of \
             currents and conductances"
        )
    }
}
