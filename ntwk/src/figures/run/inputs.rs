//! Conductances and currents of the populations.

use ntwk_core::Trace;
use ntwk_core::model::SampleSteps;
use ntwk_plot::figures::{BarGroup, TimeSpan, bars};
use ntwk_plot::{Figure, Label, Layout, Theme, Width};

use super::RunView;
use super::potentials::{mean_curves, of_group};
use crate::figures::overview::FigureError;
use crate::report::currents::{leak_current, samples_of, synaptic_currents};

impl RunView<'_> {
    /// A row per population: conductances, currents; a receptor keeps its colour.
    pub(super) fn inputs(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let receptors = self.model.receptors();
        let mut rows = Vec::new();
        for population in &self.recording.populations {
            let mut row = Vec::new();
            for (prefix, label) in [("g_", "mean conductance (nS)"), ("I_", "mean current (pA)")] {
                let found: Vec<(String, usize, &Trace)> = population
                    .traces
                    .iter()
                    .filter(|t| !t.neurons.is_empty() && self.is_sampled(t, span))
                    .filter_map(|t| {
                        let name = t.variable.strip_prefix(prefix)?;
                        let receptor = receptors.iter().position(|r| r.name == name)?;
                        Some((of_group(name, t), receptor, t))
                    })
                    .collect();
                if !found.is_empty() {
                    let panel = mean_curves(&found, self.recording.dt, span, label, theme)
                        .titled(Label::plain(population.name.as_str()));
                    row.push((1.0, Layout::panel(panel)));
                }
            }
            if !row.is_empty() {
                rows.push((1.0, Layout::Row(row)));
            }
        }
        let height = 48.0 * rows.len() as f64;
        Ok((!rows.is_empty())
            .then(|| Figure::new("Inputs", Width::Page, height, Layout::Column(rows), theme)))
    }

    /// Means over time and over the recorded neurons, with the standard deviation over the neurons. Currents flow into the
    /// cell; the ratio is that of excitation to inhibition, without signs.
    pub(super) fn balance(&self, span: TimeSpan, theme: &Theme) -> Option<Figure> {
        let kinds = [
            ("excitatory", theme.excitation),
            ("inhibitory", theme.inhibition),
            ("leak", theme.muted),
        ];
        let mut groups = Vec::new();
        for (i, population) in self.recording.populations.iter().enumerate() {
            let currents = synaptic_currents(self.model, i, population);
            let leak = leak_current(self.model, i, population);
            let dt = self.recording.dt;
            let current_steps = currents.steps;
            let leak_steps = samples_of(population, "V_m").map_or(current_steps, |t| t.steps);
            let moments = |(current, steps): (&Option<ndarray::Array2<f64>>, SampleSteps)| {
                let current = current.as_ref()?;
                let inside = (0..current.nrows()).filter(|&k| span.contains(steps.time(k, dt)));
                let rows: Vec<usize> = inside.collect();
                let each = current.select(ndarray::Axis(0), &rows).mean_axis(ndarray::Axis(0))?;
                Some((each.mean()?, each.std(0.0)))
            };
            let [excitation, inhibition, leak] = [
                (&currents.excitatory, current_steps),
                (&currents.inhibitory, current_steps),
                (&leak, leak_steps),
            ]
            .map(moments);
            if excitation.is_none() && inhibition.is_none() {
                continue;
            }
            let note = match (excitation, inhibition) {
                (Some((e, _)), Some((i, _))) if i != 0.0 => {
                    format!("exc. / inh. = {:.3}", (e / i).abs())
                }
                _ => String::new(),
            };
            let name = (population.name.as_str(), theme.population(i));
            groups.push(BarGroup { name, bars: vec![excitation, inhibition, leak], note });
        }
        let panel = bars(&kinds, &groups, "mean current (pA)", theme);
        let width = if groups.len() > 3 { Width::Page } else { Width::Column };
        (!groups.is_empty())
            .then(|| Figure::new("Balance of currents", width, 62.0, Layout::panel(panel), theme))
    }
}
