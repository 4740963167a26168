//! Single neurons: their potential, and the currents under it.

use ndarray::Array2;
use ntwk_core::Trace;
use ntwk_core::model::SampleSteps;
use ntwk_plot::figures::TimeSpan;
use ntwk_plot::{Axis, Color, Figure, Label, Layout, Mark, Panel, Stroke, Swatch, Theme, Width};

use super::RunView;
use crate::figures::overview::FigureError;
use crate::figures::potential::{label, shows_its_spikes};
use crate::report::currents::{exponential_current, leak_current, samples_of, synaptic_currents};

/// How far above the highest potential shown a spike is drawn (mV): the models give it no shape.
const SPIKE: f64 = 20.0;

/// A current of one neuron (pA) in time, with its name and colour.
struct Current {
    name: &'static str,
    color: Color,
    points: Vec<(f64, f64)>,
    /// Whether the axis of the panel has to hold all of it.
    sets_axis: bool,
}

impl RunView<'_> {
    /// The first chosen (or recorded) neuron of each population: potential, excitatory and inhibitory current.
    pub(super) fn cells(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        self.neurons_with(span, theme, "Single neurons", |view, i, neuron| {
            view.synaptic(i, neuron, span, theme)
        })
    }

    /// The same with all currents that were recorded or follow from the potential.
    pub(super) fn membrane_currents(
        &self,
        span: TimeSpan,
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        self.neurons_with(span, theme, "Membrane currents", |view, i, neuron| {
            let recorded = &view.recording.populations[i];
            let column = |current: Option<Array2<f64>>, trace: Option<&Trace>| {
                let (current, trace) = current.zip(trace)?;
                let column = trace.neurons.iter().position(|&n| n == neuron)?;
                Some(view.series(&current, column, trace.steps, span))
            };
            let potential = samples_of(recorded, "V_m");
            let mut found = Vec::new();
            let mut add = |name, color, points: Option<Vec<(f64, f64)>>, sets_axis| {
                if let Some(points) = points {
                    found.push(Current { name, color, points, sets_axis });
                }
            };
            let leak = leak_current(view.model, i, recorded);
            add("leak", theme.muted, column(leak, potential), true);
            let exponential = exponential_current(view.model, i, recorded);
            // It outgrows all others in every spike.
            add("exponential", theme.population(3), column(exponential, potential), false);
            let w = samples_of(recorded, "w");
            let adaptation = w.map(|t| t.data.mapv(|w| -w));
            add("adaptation (−w)", theme.population(4), column(adaptation, w), true);
            found.extend(view.synaptic(i, neuron, span, theme));
            found
        })
    }

    /// The chosen neurons of which no synaptic current is known, with the names of their populations.
    #[must_use]
    pub fn without_currents(&self) -> Vec<(&str, Vec<u32>)> {
        let populations = self.recording.populations.iter().zip(self.neurons).enumerate();
        let missing = populations.map(|(i, (population, asked))| {
            let known = synaptic_currents(self.model, i, population).neurons;
            let missing = asked.iter().copied().filter(|n| !known.contains(n)).collect();
            (population.name.as_str(), missing)
        });
        missing.filter(|(_, missing): &(_, Vec<u32>)| !missing.is_empty()).collect()
    }

    /// Excitatory and inhibitory current of a neuron.
    fn synaptic(&self, i: usize, neuron: u32, span: TimeSpan, theme: &Theme) -> Vec<Current> {
        let currents = synaptic_currents(self.model, i, &self.recording.populations[i]);
        let Some(column) = currents.neurons.iter().position(|&n| n == neuron) else {
            return Vec::new();
        };
        [
            ("excitatory", theme.excitation, &currents.excitatory),
            ("inhibitory", theme.inhibition, &currents.inhibitory),
        ]
        .into_iter()
        .filter_map(|(name, color, current)| {
            let points = self.series(current.as_ref()?, column, currents.steps, span);
            Some(Current { name, color, points, sets_axis: true })
        })
        .collect()
    }

    /// Potential, currents, and the injected current where there is one, of every chosen neuron.
    fn neurons_with(
        &self,
        span: TimeSpan,
        theme: &Theme,
        title: &str,
        currents: impl Fn(&Self, usize, u32) -> Vec<Current>,
    ) -> Result<Option<Figure>, FigureError> {
        let mut rows: Vec<(f64, Layout)> = Vec::new();
        for (i, population) in self.recording.populations.iter().enumerate() {
            let Some(trace) = samples_of(population, "V_m") else {
                continue;
            };
            for column in self.columns(i, trace, 1) {
                let neuron = trace.neurons[column];
                let found = currents(self, i, neuron);
                // One that was asked for is shown as far as it was recorded.
                let is_asked = self.neurons.get(i).is_some_and(|asked| asked.contains(&neuron));
                if found.is_empty() && !is_asked {
                    continue;
                }
                let potential = self.potential(i, trace, column, span, theme);
                rows.push((1.3, Layout::panel(potential.without_x_labels())));
                if !found.is_empty() {
                    let panel = panel_of(&found, span, theme);
                    rows.push((1.0, Layout::part(panel.without_x_labels())));
                }
                if let Some(injected) = self.injected(i, neuron, span, theme) {
                    rows.push((0.5, Layout::part(injected.without_x_labels())));
                }
            }
        }
        let height = 14.0 + 26.0 * rows.iter().map(|r| r.0).sum::<f64>();
        if let Some((_, Layout::Panel(panel) | Layout::Part(panel))) = rows.last_mut() {
            panel.x.written = true;
        }
        Ok((!rows.is_empty())
            .then(|| Figure::new(title, Width::Column, height, Layout::Column(rows), theme)))
    }

    /// The potential of a neuron with a stroke for each spike.
    fn potential(
        &self,
        i: usize,
        trace: &Trace,
        column: usize,
        span: TimeSpan,
        theme: &Theme,
    ) -> Panel {
        let (recorded, neuron) = (&self.recording.populations[i], trace.neurons[column]);
        let color = theme.population(i);
        let points = self.series(&trace.data, column, trace.steps, span);
        let finite = || points.iter().map(|p| p.1).filter(|v| v.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(-1e9, f64::max));
        // A model whose potential rises to a peak of its own (above 0 mV) draws its spikes itself.
        let threshold = self.threshold(i);
        let above = match trace.unit.as_str() {
            "mV" if threshold.is_some_and(|threshold| threshold > 0.0) => 0.0,
            "mV" => SPIKE,
            _ => 0.2 * (high - low),
        };
        let shaped = threshold.is_some_and(|threshold| shows_its_spikes(trace, threshold));
        let steps = recorded.spikes_of(neuron).unwrap_or_default();
        let shown = |step: &u64| span.contains(*step as f64 * self.recording.dt);
        let spikes: Vec<u64> = steps.into_iter().filter(shown).collect();
        let peak = if spikes.is_empty() || shaped { high } else { high + above };
        let segments = spikes.iter().filter(|_| !shaped).map(|&step| {
            // The last sample at or before the spike.
            let row = trace.steps.before(step + 1).checked_sub(1);
            let foot = row.and_then(|row| trace.data.get([row as usize, column]));
            let t = span.on_axis(step as f64 * self.recording.dt);
            [(t, foot.copied().unwrap_or(high)), (t, peak)]
        });
        let segments: Vec<_> = segments.collect();
        let stroke = Stroke::solid(color, 0.7);
        let y = if low <= high {
            let least = if trace.unit == "mV" { 1.0 } else { 1e-9 };
            let pad = 0.04 * (peak - low).max(least);
            Axis::new(&label(trace)).range(low - pad, peak + pad)
        } else {
            Axis::new(&label(trace))
        };
        let title = format!(
            "{} {neuron}: {} spike{}",
            recorded.name,
            spikes.len(),
            if spikes.len() == 1 { "" } else { "s" }
        );
        let title = if recorded.spikes.is_some() {
            Label::plain(title)
        } else {
            Label::plain(format!("{} {neuron}", recorded.name))
        };
        Panel::new(span.axis(), y)
            .with(Mark::line(points, stroke))
            .with(Mark::Segments { segments, stroke })
            .titled(title)
    }

    /// The samples of a column within the span, on its axis.
    fn series(
        &self,
        data: &Array2<f64>,
        column: usize,
        steps: SampleSteps,
        span: TimeSpan,
    ) -> Vec<(f64, f64)> {
        let samples = data.column(column).to_vec().into_iter().enumerate();
        samples
            .map(|(k, v)| (steps.time(k, self.recording.dt), v))
            .filter(|&(t, _)| span.contains(t))
            .map(|(t, v)| (span.on_axis(t), v))
            .collect()
    }

    /// The current injected into a neuron; `None` where there is none at any time.
    fn injected(&self, i: usize, neuron: u32, span: TimeSpan, theme: &Theme) -> Option<Panel> {
        let population = self.model.populations().get(i)?;
        let own = |(neurons, _): &&(Vec<u32>, _)| neurons.binary_search(&neuron).is_ok();
        let points: Vec<(f64, f64)> = (0..self.recording.n_steps)
            .map(|k| k as f64 * self.recording.dt)
            .filter(|&t| span.contains(t))
            .map(|t| {
                let more: f64 = population.injections.iter().filter(own).map(|j| j.1.at(t)).sum();
                (span.on_axis(t), population.current.at(t) + more)
            })
            .collect();
        if points.iter().all(|p| p.1 == 0.0) {
            return None;
        }
        let mut panel = Panel::new(span.axis(), Axis::new("I_e (pA)"));
        let low = points.iter().map(|p| p.1).fold(0.0, f64::min);
        let high = points.iter().map(|p| p.1).fold(0.0, f64::max);
        let pad = 0.08 * (high - low);
        panel.y = panel.y.range(low - pad, high + pad);
        Some(panel.with(Mark::line(points, Stroke::solid(theme.ink, 0.8))))
    }
}

/// Currents over one time axis, with a line at 0.
fn panel_of(currents: &[Current], span: TimeSpan, theme: &Theme) -> Panel {
    let values = |all: bool| {
        let chosen = currents.iter().filter(move |c| all || c.sets_axis);
        chosen.flat_map(|c| &c.points).map(|p| p.1).filter(|v| v.is_finite())
    };
    let all = currents.iter().all(|c| !c.sets_axis);
    let low = values(all).fold(0.0, f64::min);
    let high = values(all).fold(0.0, f64::max);
    let pad = 0.06 * (high - low).max(1e-9);
    let y = Axis::new("current (pA)").range(low - pad, high + pad);
    let mut panel = Panel::new(span.axis(), y);
    let ends = span.axis().range.unwrap_or((0.0, 1.0));
    let zero = Stroke::solid(theme.faint, 0.6);
    panel.marks.push(Mark::line([(ends.0, 0.0), (ends.1, 0.0)], zero));
    for current in currents {
        let stroke = Stroke::solid(current.color, 0.6);
        panel.marks.push(Mark::line(current.points.iter().copied(), stroke));
        let cut = !current.sets_axis && current.points.iter().any(|p| p.1 > high + pad);
        let name = if cut { format!("{} (cut off)", current.name) } else { current.name.into() };
        panel.key.push((Swatch::Line(stroke), Label::plain(name)));
    }
    panel
}
