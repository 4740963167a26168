//! Spikes and rates of the populations.

use ntwk_analysis::{PopulationRate, PowerSpectrum, Window};
use ntwk_plot::figures::{
    Activity, RasterLimits, RasterPopulation, Series, TimeSpan, activity_figure, log_activity,
    raster, spectra, twin,
};
use ntwk_plot::{Anchor, Figure, Label, Layout, Mark, Theme, Width};

use super::{RasterOrder, RunView};
use crate::compare::{RATE_BIN, binned_rate, steps_of};
use crate::figures::overview::FigureError;

impl RunView<'_> {
    pub(super) fn raster(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let rows = self.rows(span);
        let spikes = self.spikes(&rows);
        if spikes.is_empty() {
            return Ok(None);
        }
        let panel = raster(&spikes, self.recording.dt, span, RasterLimits::default(), theme)?;
        Ok(Some(Figure::new("Spikes", Width::Column, 60.0, Layout::panel(panel), theme)))
    }

    pub(super) fn twin(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let rows = self.rows(span);
        let spikes = self.spikes(&rows);
        // A colour is a place in the list: it stands for the same population in both only if all have spikes.
        if spikes.is_empty() || spikes.len() < self.recording.populations.len() {
            return Ok(None);
        }
        let smoothed = self.rates(self.smoothing)?;
        let rates: Vec<Activity<'_>> = (self.recording.populations.iter().zip(&smoothed))
            .map(|(p, rate)| Activity {
                name: &p.name,
                binned: None,
                smoothed: Some(rate),
                predicted: None,
            })
            .collect();
        let limits = RasterLimits::default();
        let panel = twin(&spikes, &rates, self.recording.dt, span, limits, theme)?;
        let layout = Layout::panel(panel);
        Ok(Some(Figure::new("Spikes and rates", Width::Column, 65.0, layout, theme)))
    }

    /// The neurons of each population from below; empty for all of them by number.
    fn rows(&self, span: TimeSpan) -> Vec<Vec<u32>> {
        let dt = self.recording.dt;
        let populations = self.recording.populations.iter().enumerate();
        populations
            .map(|(i, p)| {
                let chosen = self.chosen(i);
                let Some(spikes) = p.spikes.as_ref().filter(|_| self.order != RasterOrder::Number)
                else {
                    return chosen.to_vec();
                };
                let mut rows: Vec<u32> =
                    if chosen.is_empty() { (0..p.size as u32).collect() } else { chosen.to_vec() };
                let mut found = vec![(0_u64, u64::MAX); p.size];
                for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
                    if let Some((n, first)) = found.get_mut(id as usize)
                        && span.contains(step as f64 * dt)
                    {
                        *n += 1;
                        *first = (*first).min(step);
                    }
                }
                // Neurons that are equal stay in the order of their number.
                rows.sort_by_key(|&id| match found.get(id as usize) {
                    Some(&(n, _)) if self.order == RasterOrder::Rate => n,
                    Some(&(_, first)) => first,
                    None => u64::MAX,
                });
                rows
            })
            .collect()
    }

    /// The spikes that were recorded, in the rows of [`RunView::rows`].
    fn spikes<'b>(&'b self, rows: &'b [Vec<u32>]) -> Vec<RasterPopulation<'b>> {
        let populations = &self.recording.populations;
        // From the bottom: afferents below the populations.
        let afferents =
            self.recording.afferents.iter().enumerate().map(|(i, a)| RasterPopulation {
                name: &a.name,
                size: a.size,
                color: populations.len() + i,
                spikes: &a.spikes,
                rows: None,
            });
        let spiking = populations.iter().zip(rows).enumerate().filter_map(|(color, (p, rows))| {
            let spikes = p.spikes.as_ref()?;
            let rows = Some(rows.as_slice()).filter(|r| !r.is_empty());
            Some(RasterPopulation { name: &p.name, size: p.size, color, spikes, rows })
        });
        afferents.chain(spiking).collect()
    }

    /// Rates in bins, smoothed by a Gaussian of this standard deviation (ms).
    fn rates(&self, smoothing: f64) -> Result<Vec<PopulationRate>, FigureError> {
        let rate = |p| binned_rate(p, self.recording.dt)?.smoothed(smoothing);
        Ok(self.recording.populations.iter().map(rate).collect::<Result<_, _>>()?)
    }

    pub(super) fn activity(&self, span: TimeSpan, theme: &Theme) -> Result<Figure, FigureError> {
        let (binned, smoothed) = (self.rates(0.0)?, self.rates(self.smoothing)?);
        Ok(activity_figure(&self.activities(&binned, &smoothed)?, &[], span, theme))
    }

    pub(super) fn log_activity(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Figure, FigureError> {
        let smoothed = self.rates(self.smoothing)?;
        // One spike of the largest population, smeared over the width of the Gaussian or a bin.
        let largest = self.recording.populations.iter().map(|p| p.size).max().unwrap_or(1).max(1);
        let width = (2.5 * self.smoothing).max(RATE_BIN);
        let least = 1e3 / (largest as f64 * width);
        let rates = self.activities(&[], &smoothed)?;
        let panel = log_activity(&rates, least, span, theme);
        let layout = Layout::panel(panel);
        Ok(Figure::new("Population activity", Width::Column, 55.0, layout, theme))
    }

    /// The rates of all populations with their prediction; those in bins may be left out.
    fn activities<'b>(
        &'b self,
        binned: &'b [PopulationRate],
        smoothed: &'b [PopulationRate],
    ) -> Result<Vec<Activity<'b>>, FigureError> {
        let populations = self.recording.populations.iter().enumerate();
        populations
            .map(|(i, p)| {
                let predicted = match self.theory.and_then(|t| Some((&t.times, t.rates.get(i)?))) {
                    Some((times, rates)) => Some(Series::new(times, rates)?),
                    None => None,
                };
                let (binned, smoothed) = (binned.get(i), smoothed.get(i));
                Ok(Activity { name: &p.name, binned, smoothed, predicted })
            })
            .collect()
    }

    /// Welch's estimate from the rates in [`RATE_BIN`]s; `None` for a part of the run shorter than 64 of them, whose
    /// spectrum would be of a few points.
    pub(super) fn spectra(
        &self,
        [from, to]: [f64; 2],
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let dt = self.recording.dt;
        let window = Window::from_ms(from, to.min(self.recording.duration()), dt)?;
        let bin = steps_of(RATE_BIN, dt);
        let mut found = Vec::new();
        for p in &self.recording.populations {
            let Ok(rate) = PopulationRate::from_counts(&p.counts, p.size, window, bin, dt) else {
                return Ok(None);
            };
            if rate.values.len() < 64 {
                return Ok(None);
            }
            let segment = PowerSpectrum::usual_segment(rate.values.len());
            let spectrum = PowerSpectrum::welch(&rate.values, rate.bin, segment)?;
            found.push((p.name.as_str(), spectrum));
        }
        let populations: Vec<(&str, &PowerSpectrum)> = found.iter().map(|(n, s)| (*n, s)).collect();
        let mut panel = spectra(&populations, "Hz", theme);
        let silent = |s: &PowerSpectrum| s.density.iter().all(|d| *d <= 0.0);
        if found.iter().all(|(_, s)| silent(s)) {
            let label = Label::plain("no power: no population fires in this part of the run");
            panel.x = panel.x.range(1.0, 100.0);
            panel.y = panel.y.range(1.0, 100.0);
            panel.marks.push(Mark::Text {
                at: (10.0, 10.0),
                shift: (0.0, 0.0),
                label,
                size: theme.tick_size,
                color: theme.muted,
                anchor: Anchor::Middle,
                upwards: false,
            });
        } else {
            // A line that lies below every axis needs its word.
            let names = found.iter().map(|(name, s)| (*name, silent(s)));
            for ((_, label), (name, _)) in panel.key.iter_mut().zip(names).filter(|(_, n)| n.1) {
                *label = Label::plain(format!("{name} (silent)"));
            }
        }
        let figure =
            Figure::new("Spectra of the rates", Width::Column, 60.0, Layout::panel(panel), theme);
        Ok((!found.is_empty()).then_some(figure))
    }
}
