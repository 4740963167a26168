//! Membrane potentials of single neurons, one above the other.

use ndarray::ArrayView1;
use ntwk_core::{Spikes, Trace};

use crate::axis::Axis;
use crate::error::PlotError;
use crate::figures::time::TimeSpan;
use crate::label::Label;
use crate::mark::{Mark, Point};
use crate::panel::{Panel, ScaleBar};
use crate::svg::Stroke;
use crate::theme::Theme;

/// The membrane potential of one neuron.
#[derive(Debug, Clone)]
pub struct VoltageTrace<'a> {
    /// What is written beside it.
    pub name: &'a str,
    /// Index of its population in the model: chooses the colour.
    pub population: usize,
    /// Time of the first sample (ms).
    pub start: f64,
    /// Time between two samples (ms); the first is at 0.
    pub interval: f64,
    /// V_m, one value per sample.
    pub values: ArrayView1<'a, f64>,
    /// Its unit: `mV`, or none for a potential that is a pure number.
    pub unit: &'a str,
    /// Spike times (ms).
    pub spikes: Vec<f64>,
}

impl<'a> VoltageTrace<'a> {
    /// Column `column` of a recorded trace with the spikes of its neuron; `dt` is the step (ms).
    ///
    /// # Errors
    /// [`PlotError::Value`] when the trace has no such column, or `dt` is not finite and above 0.
    pub fn from_trace(
        name: &'a str,
        population: usize,
        trace: &'a Trace,
        column: usize,
        spikes: Option<&Spikes>,
        dt: f64,
    ) -> Result<Self, PlotError> {
        if !(dt.is_finite() && dt > 0.0) {
            return Err(PlotError::Value {
                name: "dt (ms)",
                value: dt,
                expected: "finite and above 0",
            });
        }
        let neuron = trace.neurons.get(column).filter(|_| column < trace.data.ncols());
        let Some(&neuron) = neuron else {
            return Err(PlotError::Value {
                name: "column of the trace",
                value: column as f64,
                expected: "below its number of neurons",
            });
        };
        // A spike is drawn on the trace: where there is none, neither is the spike.
        let sampled = trace.steps.first..trace.steps.step(trace.data.nrows());
        let spikes = spikes.map_or_else(Vec::new, |s| {
            let spikes = s.steps.iter().zip(&s.ids).filter(|(step, _)| sampled.contains(step));
            let own = spikes.filter(|(_, id)| **id == neuron);
            own.map(|(&step, _)| step as f64 * dt).collect()
        });
        let (start, interval) = (trace.steps.time(0, dt), trace.steps.every as f64 * dt);
        let (values, unit) = (trace.data.column(column), trace.unit.as_str());
        Ok(Self { name, population, start, interval, values, unit, spikes })
    }
}

/// Membrane potentials shifted vertically, the first at the top, with a scale bar in their unit.
///
/// Spikes of integrate-and-fire neurons are events without a shape: each is drawn as a vertical stroke from the
/// membrane potential to `peak`, by default 20 mV (a fifth of the range of potentials in another unit) above the highest sample
/// shown.
#[must_use]
#[allow(non_snake_case)]
pub fn traces(
    voltages: &[VoltageTrace<'_>],
    span: TimeSpan,
    peak: Option<f64>,
    theme: &Theme,
) -> Panel {
    let cut: Vec<Vec<Point>> = voltages.iter().map(|v| samples(v, span)).collect();
    let finite = || cut.iter().flatten().map(|p| p.1).filter(|v| v.is_finite());
    let (low, high) =
        finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let (low, high) = if low <= high { (low, high) } else { (-70.0, -50.0) };
    let any_spike = voltages.iter().flat_map(|v| &v.spikes).any(|&t| span.contains(t));
    let in_mV = voltages.iter().all(|v| v.unit == "mV");
    let least = if in_mV { 1.0 } else { 1e-9 };
    let peak = match peak.filter(|p| p.is_finite()) {
        Some(p) => p,
        None if any_spike && in_mV => high + 20.0,
        None if any_spike => high + 0.2 * (high - low),
        None => high,
    };
    let top = peak.max(high);
    let distance = 1.06 * (top - low).max(least);
    let mut marks = Vec::new();
    let mut names = Vec::new();
    for (i, (voltage, points)) in voltages.iter().zip(&cut).enumerate() {
        let shift = -(i as f64) * distance;
        let color = theme.population(voltage.population);
        let line = points.iter().map(|&(t, v)| (t, v + shift));
        marks.push(Mark::line(line, Stroke::solid(color, 0.6)));
        let segments = voltage
            .spikes
            .iter()
            .filter(|&&t| span.contains(t))
            .map(|&t| {
                let foot = value_at(voltage, t).unwrap_or(high);
                let t = span.on_axis(t);
                [(t, foot + shift), (t, peak + shift)]
            })
            .collect();
        marks.push(Mark::Segments { segments, stroke: Stroke::solid(color, 0.6) });
        let values: Vec<f64> = points.iter().map(|p| p.1).filter(|v| v.is_finite()).collect();
        let mean =
            if values.is_empty() { low } else { values.iter().sum::<f64>() / values.len() as f64 };
        names.push((mean + shift, Label::plain(voltage.name), color));
    }
    let bottom = low - (voltages.len().max(1) - 1) as f64 * distance;
    let pad = 0.02 * (top - bottom).max(least);
    let y = Axis::new("V_m").range(bottom - pad, top + pad).names_at(names);
    let bar = match in_mV {
        true if top - low > 25.0 => 20.0,
        true => 10.0,
        false => round_part(top - low),
    };
    let unit = match voltages.first().map(|v| v.unit) {
        Some(unit) if unit != "1" && voltages.iter().all(|v| v.unit == unit) => unit,
        _ => "",
    };
    let label = Label::plain(format!("{bar} {unit}").trim_end());
    let scale_bar = Some(ScaleBar { length: bar, label });
    Panel { marks, scale_bar, ..Panel::new(span.axis(), y) }
}

/// The largest of 1, 2, 5, 10, ... that is no more than half of `range`.
fn round_part(range: f64) -> f64 {
    if range.is_nan() || range <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf((0.5 * range).log10().floor());
    [5.0, 2.0].into_iter().map(|m| m * power).find(|x| *x <= 0.5 * range).unwrap_or(power)
}

fn samples(voltage: &VoltageTrace<'_>, span: TimeSpan) -> Vec<Point> {
    let at = |i: usize| voltage.start + i as f64 * voltage.interval;
    let inside = voltage.values.iter().enumerate().filter(|(i, _)| span.contains(at(*i)));
    inside.map(|(i, &v)| (span.on_axis(at(i)), v)).collect()
}

/// The last sample at or before `time`.
fn value_at(voltage: &VoltageTrace<'_>, time: f64) -> Option<f64> {
    // A saturating cast; the small shift keeps k * dt / dt from falling below k.
    let i = (time - voltage.start) / voltage.interval + 1e-6;
    if i < 0.0 {
        return None;
    }
    let i = i as usize;
    voltage.values.get(i).copied().filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use ntwk_core::model::SampleSteps;

    use super::*;

    fn trace() -> Trace {
        let data = Array2::from_shape_fn((100, 2), |(r, c)| -60.0 - c as f64 + 0.01 * r as f64);
        let steps = SampleSteps::every(2);
        Trace {
            variable: "V_m".into(),
            unit: "mV".into(),
            group: None,
            sources: Vec::new(),
            neurons: vec![4, 9],
            steps,
            data,
        }
    }

    #[test]
    fn spikes_of_the_neuron_stand_on_its_potential() {
        let t = trace();
        let spikes = Spikes { steps: vec![10, 11, 50], ids: vec![9, 4, 9] };
        let v = VoltageTrace::from_trace("x", 0, &t, 1, Some(&spikes), 0.1).unwrap();
        assert_eq!(v.spikes, [1.0, 5.0]);
        let span = TimeSpan::new(0.0, 4.0).unwrap();
        let panel = traces(&[v], span, Some(0.0), &Theme::light());
        let Mark::Segments { segments, .. } = &panel.marks[1] else { panic!("no strokes") };
        assert_eq!(segments.len(), 1);
        assert_eq!(segments[0], [(1.0, -61.0 + 0.05), (1.0, 0.0)]);
    }

    #[test]
    fn foreign_columns_and_no_data() {
        let t = trace();
        assert!(VoltageTrace::from_trace("x", 0, &t, 2, None, 0.1).is_err());
        assert!(VoltageTrace::from_trace("x", 0, &t, 0, None, f64::NAN).is_err());
        let span = TimeSpan::new(1e6, 2e6).unwrap();
        let v = VoltageTrace::from_trace("x", 0, &t, 0, None, 0.1).unwrap();
        assert_eq!(traces(&[v], span, None, &Theme::light()).marks.len(), 2);
        assert!(traces(&[], span, None, &Theme::light()).marks.is_empty());
    }
}
