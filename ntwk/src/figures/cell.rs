//! Figures of single-cell protocols.

use ntwk_cells::protocol::{FiCurve, POPULATION, PulseProtocol};
use ntwk_core::{Recording, Trace};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::svg::Stroke;
use ntwk_plot::{Axis, Figure, Layout, Mark, Panel, Theme, Width};

use crate::figures::potential::{label, shows_its_spikes};

/// How far above the threshold a spike is drawn (mV) that the model gives no shape.
const SPIKE: f64 = 20.0;
/// The same for potentials in another unit, as a part of their range.
const SPIKE_OF_RANGE: f64 = 0.2;

/// The potential of each pulse with its spikes, the cell's other variables, and the current. Spikes are drawn as strokes, unless
/// the potential goes on rising and draws them itself.
///
/// `spike_threshold` (mV) is where spikes are declared at rest. A recording without traces gives empty panels.
#[must_use]
#[allow(non_snake_case)]
pub fn pulse_figure(
    title: &str,
    protocol: &PulseProtocol,
    recording: &Recording,
    spike_threshold: f64,
    theme: &Theme,
) -> Figure {
    let traces: &[Trace] =
        recording.population(POPULATION).map_or(&[], |population| &population.traces);
    let time = || Axis::new("time (ms)").range(0.0, recording.duration());
    let names: Vec<String> =
        protocol.amplitudes.iter().map(|a| format!("{} pA", signed(*a))).collect();
    let series = |trace: &Trace, i: usize| -> Vec<(f64, f64)> {
        let column = trace.data.column(i);
        let time = |k: usize| trace.steps.time(k, recording.dt);
        column.iter().enumerate().map(|(k, &v)| (time(k), v)).collect()
    };
    let of = |variable: &str| traces.iter().find(|t| t.variable == variable);
    let mut rows: Vec<(f64, Layout)> = Vec::new();
    if let Some(potential) = of("V_m") {
        let strokes: Vec<Vec<(f64, f64)>> = match shows_its_spikes(potential, spike_threshold) {
            true => vec![Vec::new(); names.len()],
            false => (0..names.len()).map(|i| feet(potential, recording, i)).collect(),
        };
        let highest = potential.data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let low = potential.data.iter().copied().fold(highest, f64::min);
        let in_mV = potential.unit == "mV";
        // A model whose V rises to a peak of its own (above 0 mV) draws its spikes itself.
        let peak = match strokes.iter().all(Vec::is_empty) {
            true => highest,
            false if !in_mV => highest + SPIKE_OF_RANGE * (highest - low),
            false if spike_threshold > 0.0 => highest.max(spike_threshold),
            false => highest.max(spike_threshold + SPIKE),
        };
        let margin = if in_mV { 2.0 } else { 0.03 * (peak - low).max(1e-9) };
        let theta = of("theta");
        for (i, name) in names.iter().enumerate() {
            let mut lines = vec![NamedCurve {
                name,
                points: series(potential, i),
                color: Some(i),
                style: Style::Line,
            }];
            if let Some(theta) = theta {
                let points = series(theta, i);
                lines.push(NamedCurve { name: "θ", points, color: None, style: Style::Dashed });
            }
            let y = Axis::new(&label(potential)).range(low - margin, peak + margin);
            let mut panel = curves(time(), y, &lines, theme);
            let segments = strokes[i].iter().map(|&(t, foot)| [(t, foot), (t, peak)]).collect();
            let stroke = Stroke::solid(theme.population(i), theme.line_width);
            panel.marks.push(Mark::Segments { segments, stroke });
            let panel = panel.without_x_labels();
            rows.push((1.0, if i == 0 { Layout::panel(panel) } else { Layout::part(panel) }));
        }
    }
    for trace in traces.iter().filter(|t| !matches!(t.variable.as_str(), "V_m" | "theta")) {
        let lines: Vec<NamedCurve<'_>> = (0..names.len())
            .map(|i| NamedCurve {
                name: "",
                points: series(trace, i),
                color: Some(i),
                style: Style::Line,
            })
            .collect();
        let panel = curves(time(), Axis::new(&label(trace)), &lines, theme);
        rows.push((0.6, Layout::panel(panel.without_x_labels())));
    }
    rows.push((0.5, Layout::panel(current(protocol, recording.duration(), time(), theme))));
    let height = 30.0 + 30.0 * rows.iter().map(|r| r.0).sum::<f64>();
    Figure::new(title, Width::Page, height, Layout::Column(rows), theme)
}

/// (time, potential) of the spikes of a neuron.
fn feet(potential: &Trace, recording: &Recording, neuron: usize) -> Vec<(f64, f64)> {
    let foot = |step: u64| {
        let row = (step / potential.steps.every) as usize;
        potential.data.get([row, neuron]).copied()
    };
    spikes_of(recording, neuron).filter_map(|(step, t)| Some((t, foot(step)?))).collect()
}

/// The currents of the pulses.
fn current(protocol: &PulseProtocol, duration: f64, time: Axis, theme: &Theme) -> Panel {
    let PulseProtocol { holding, t_start, t_stop, .. } = *protocol;
    let lines: Vec<NamedCurve<'_>> = protocol
        .amplitudes
        .iter()
        .enumerate()
        .map(|(i, amplitude)| {
            let high = holding + amplitude;
            let points = vec![
                (0.0, holding),
                (t_start, holding),
                (t_start, high),
                (t_stop, high),
                (t_stop, holding),
                (duration, holding),
            ];
            NamedCurve { name: "", points, color: Some(i), style: Style::Line }
        })
        .collect();
    curves(time, Axis::new("I (pA)"), &lines, theme)
}

/// (step, time) of the spikes of a neuron.
fn spikes_of(recording: &Recording, neuron: usize) -> impl Iterator<Item = (u64, f64)> {
    let spikes = recording.population(POPULATION).and_then(|p| p.spikes.as_ref());
    let dt = recording.dt;
    spikes.into_iter().flat_map(move |s| {
        let own = s.steps.iter().zip(&s.ids).filter(move |(_, id)| **id as usize == neuron);
        own.map(move |(&step, _)| (step, step as f64 * dt))
    })
}

/// Stationary and initial rate against current, and the spikes of every current over time, from the first on.
#[must_use]
pub fn fi_figure(title: &str, curve: &FiCurve, recording: &Recording, theme: &Theme) -> Figure {
    let points = |rate: fn(&ntwk_cells::protocol::FiPoint) -> Option<f64>| -> Vec<(f64, f64)> {
        curve.points.iter().filter_map(|p| Some((p.current, rate(p)?))).collect()
    };
    let initial = points(|p| p.initial_rate);
    let mut lines = vec![NamedCurve {
        name: "stationary",
        points: points(|p| Some(p.rate)),
        color: Some(0),
        style: Style::Discs,
    }];
    if !initial.is_empty() {
        let name = "first interval";
        lines.push(NamedCurve { name, points: initial, color: None, style: Style::Dashed });
    }
    let top = lines.iter().flat_map(|l| &l.points).map(|p| p.1).fold(1.0, f64::max);
    let (x, y) = (Axis::new("I (pA)"), Axis::new("rate (Hz)").range(0.0, 1.05 * top));
    let rates = Layout::panel(curves(x, y, &lines, theme));
    let layout = Layout::Column(vec![
        (1.0, rates),
        (1.0, Layout::panel(fi_spikes(curve, recording, theme))),
    ]);
    Figure::new(title, Width::Column, 118.0, layout, theme)
}

/// A row of strokes for every current: how its spikes follow each other.
fn fi_spikes(curve: &FiCurve, recording: &Recording, theme: &Theme) -> Panel {
    let currents: Vec<f64> = curve.points.iter().map(|p| p.current).collect();
    let ends = [currents.first(), currents.last()].map(|c| c.copied().unwrap_or(0.0));
    let half = 0.35 * (ends[1] - ends[0]) / (currents.len().max(2) - 1) as f64;
    let segments = currents
        .iter()
        .enumerate()
        .flat_map(|(i, &c)| {
            spikes_of(recording, i).map(move |(_, t)| [(t, c - half), (t, c + half)])
        })
        .collect();
    let time = Axis::new("time (ms)").range(0.0, recording.duration());
    let mut panel =
        Panel::new(time, Axis::new("I (pA)").range(ends[0] - 2.0 * half, ends[1] + 2.0 * half));
    panel.marks.push(Mark::Segments {
        segments,
        stroke: Stroke::solid(theme.ink, 0.5 * theme.line_width),
    });
    panel
}

/// A number with a real minus sign.
fn signed(x: f64) -> String {
    x.to_string().replace('-', "−")
}
