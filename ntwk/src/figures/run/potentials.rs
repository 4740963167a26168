//! Membrane potentials of single neurons, and their mean.

use ntwk_core::Trace;
use ntwk_plot::figures::{TimeSpan, VoltageTrace, band, traces};
use ntwk_plot::{Axis, Figure, Label, Layout, Mark, Panel, Stroke, Swatch, Theme, Width};

use super::RunView;
use crate::figures::overview::{FigureError, TRACES_PER_POPULATION};
use crate::figures::potential::{common_label, label, unshaped};

impl RunView<'_> {
    pub(super) fn potentials(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let recorded: Vec<(usize, &Trace)> = self
            .recording
            .populations
            .iter()
            .enumerate()
            .flat_map(|(i, p)| p.traces.iter().map(move |trace| (i, trace)))
            .filter(|(_, trace)| trace.variable == "V_m" && !trace.neurons.is_empty())
            .filter(|(_, trace)| self.is_sampled(trace, span))
            .collect();
        let columns: Vec<Vec<usize>> =
            recorded.iter().map(|&(i, t)| self.columns(i, t, TRACES_PER_POPULATION)).collect();
        let names: Vec<String> = recorded
            .iter()
            .zip(&columns)
            .flat_map(|(&(i, trace), columns)| {
                let name = &self.recording.populations[i].name;
                columns.iter().map(move |&c| format!("{name} {}", trace.neurons[c]))
            })
            .collect();
        let mut name = names.iter();
        let mut voltages = Vec::new();
        for (&(i, trace), columns) in recorded.iter().zip(&columns) {
            let spikes = unshaped(&self.recording.populations[i], trace, self.threshold(i));
            let dt = self.recording.dt;
            for &column in columns {
                let Some(name) = name.next() else { break };
                voltages.push(VoltageTrace::from_trace(name, i, trace, column, spikes, dt)?);
            }
        }
        if voltages.is_empty() {
            return Ok(None);
        }
        let single = Layout::panel(traces(&voltages, span, None, theme).without_x_labels());
        let means: Vec<(String, usize, &Trace)> = recorded
            .iter()
            .map(|&(i, trace)| (of_group(&self.recording.populations[i].name, trace), i, trace))
            .collect();
        let label = format!("mean {}", common_label(recorded.iter().map(|r| r.1)));
        let mean = mean_curves(&means, self.recording.dt, span, &label, theme);
        let layout = Layout::Column(vec![(2.0, single), (1.0, Layout::panel(mean))]);
        let height = 95.0 + 10.0 * voltages.len().saturating_sub(4) as f64;
        Ok(Some(Figure::new("Membrane potentials", Width::Column, height, layout, theme)))
    }

    /// A panel per population: mean ± standard deviation over the recorded neurons, and one neuron.
    pub(super) fn potential_band(&self, span: TimeSpan, theme: &Theme) -> Option<Figure> {
        let mut rows = Vec::new();
        for (i, population) in self.recording.populations.iter().enumerate() {
            let Some(trace) = population.trace("V_m").filter(|t| !t.neurons.is_empty()) else {
                continue;
            };
            let single = self.columns(i, trace, 1).first().copied();
            let dt = self.recording.dt;
            let times: Vec<f64> =
                (0..trace.data.nrows()).map(|k| trace.steps.time(k, dt)).collect();
            let name = label(trace);
            let colored = (name.as_str(), theme.population(i));
            let panel = band(&trace.data.view(), &times, single, colored, span, theme);
            let n = trace.neurons.len();
            let shown = single.map_or(0, |c| trace.neurons[c]);
            let title = match n {
                1 => format!("{}: neuron {shown}", population.name),
                _ => format!("{}: {n} neurons, thin: neuron {shown}", population.name),
            };
            rows.push(panel.titled(Label::plain(title)));
        }
        let last = rows.len().checked_sub(1)?;
        let height = 14.0 + 36.0 * rows.len() as f64;
        let rows = rows.into_iter().enumerate().map(|(k, panel)| {
            (1.0, Layout::panel(if k < last { panel.without_x_labels() } else { panel }))
        });
        let layout = Layout::Column(rows.collect());
        Some(Figure::new("Membrane potentials", Width::Column, height, layout, theme))
    }
}

/// A name with the group of a trace.
pub(super) fn of_group(name: &str, trace: &Trace) -> String {
    match &trace.group {
        Some(group) => format!("{name} ({group})"),
        None => name.to_owned(),
    }
}

/// Means over the recorded neurons in time, each with its name and the number of its colour.
pub(super) fn mean_curves(
    recorded: &[(String, usize, &Trace)],
    dt: f64,
    span: TimeSpan,
    label: &str,
    theme: &Theme,
) -> Panel {
    let mut panel = Panel::new(span.axis(), Axis::new(label));
    // Those of a table have colours of their own, beyond the others.
    let mut beyond = recorded.iter().map(|r| r.1 + 1).max().unwrap_or(0);
    for (name, color, trace) in recorded {
        let mut color = *color;
        if trace.group.is_some() {
            color = beyond;
            beyond += 1;
        }
        let rows = trace.data.rows().into_iter().enumerate();
        let points = rows
            .map(|(k, row)| (trace.steps.time(k, dt), row))
            .filter(|(t, _)| span.contains(*t))
            .filter_map(|(t, row)| Some((span.on_axis(t), row.mean()?)));
        let stroke = Stroke::solid(theme.population(color), 0.8);
        panel.marks.push(Mark::line(points, stroke));
        panel.key.push((Swatch::Line(stroke), Label::plain(name.as_str())));
    }
    panel
}
