//! Where the predicted time course leaves what was measured.

use std::fmt;

use crate::moments::Moments;
use crate::prediction::predict::Theory;
use crate::system::MeanFieldPopulation;
use crate::system::input::InputSource;

/// Share of the time course outside what was scanned that is worth a word.
const NEGLIGIBLE: f64 = 0.01;
/// Relative change of every component of the state below which its moments are those of the moment before.
const UNCHANGED: f64 = 1e-4;

/// A population whose predicted rates in time rest on moments of the membrane potential outside those that its transfer
/// function was fitted on.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Departure {
    /// Name of the population.
    pub population: String,
    /// First time outside (ms).
    pub from: f64,
    /// Last time outside (ms); `None` where the time course ends outside.
    pub until: Option<f64>,
    /// Share of the time course that is outside.
    pub share: f64,
    /// Highest rate outside (Hz).
    pub highest: f64,
    /// Highest rate of the scan that was fitted (Hz).
    pub rate_max: f64,
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            None => write!(f, "from {} ms on ", self.from)?,
            Some(until) => write!(f, "between {} and {until} ms ", self.from)?,
        }
        write!(f, "{} leaves the scanned range", self.population)?;
        if self.highest > self.rate_max {
            write!(f, " ({:.0} of {:.0} Hz)", self.highest, self.rate_max)?;
        } else {
            write!(f, " (potentials that no scanned cell had, up to {:.3} Hz)", self.highest)?;
        }
        write!(
            f,
            ", {:.0} % of the time: its predicted time course is an extrapolation there",
            100.0 * self.share
        )
    }
}

impl Theory {
    /// Populations whose predicted time course is outside what was scanned for more than 1 % of the time. Rates that arrive
    /// are taken without their delays.
    #[must_use]
    pub fn departures(&self) -> Vec<Departure> {
        let n = self.populations.len();
        let mut outside = vec![Vec::new(); n];
        let mut input = self.mean_field.silent_input();
        let mut known: Option<(Vec<f64>, Vec<f64>, Vec<bool>)> = None;
        let times = &self.trajectory.times;
        for (k, &t) in times.iter().enumerate() {
            self.input.write(t, &mut input);
            let state = self.trajectory.state(k);
            let drive: Vec<f64> =
                input.afferent_rates.iter().chain(&input.currents).copied().collect();
            let same = known.as_ref().is_some_and(|(s, d, _)| near(s, state) && near(d, &drive));
            if !same {
                let Ok(point) = self.mean_field.at(state, &input) else { continue };
                let moments = point.moments();
                let members = self.mean_field.populations().iter().zip(&moments);
                // What receives nothing has no fluctuations to be scanned.
                let outside = |(p, m): (&MeanFieldPopulation, &Moments)| {
                    !p.connections.is_empty() && !p.transfer_function.contains(&p.membrane, m)
                };
                let flags = members.map(outside).collect();
                known = Some((state.to_vec(), drive, flags));
            }
            if let Some((_, _, flags)) = &known {
                (0..n).filter(|&p| flags[p]).for_each(|p| outside[p].push(k));
            }
        }
        let far = |p: usize| -> Option<Departure> {
            let places = &outside[p];
            let share = places.len() as f64 / times.len() as f64;
            let (first, last) = (*places.first()?, *places.last()?);
            let fitted = &self.populations[p];
            let highest = |rates: &mut dyn Iterator<Item = f64>| rates.fold(0.0, f64::max);
            (share > NEGLIGIBLE).then(|| Departure {
                population: fitted.name.clone(),
                from: times[first],
                until: (last + 1 < times.len()).then(|| times[last]),
                share,
                highest: highest(&mut places.iter().map(|&k| self.trajectory.state(k)[p])),
                rate_max: highest(
                    &mut fitted.fitted_points.iter().map(|&i| fitted.scan.points[i].rate),
                ),
            })
        };
        (0..n).filter_map(far).collect()
    }
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| (x - y).abs() <= UNCHANGED * y.abs())
}
