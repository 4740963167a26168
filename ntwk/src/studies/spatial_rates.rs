//! Rates by node and time: the mean field of rings and connectomes, and simulations of rings, as arrays and figures.

use ndarray::{Array2, Array3};
use ntwk_core::{Model, Recording};
use ntwk_io::{Attribute, TheoryGroup};
use ntwk_meanfield::prediction::windows::TRAJECTORY_INTERVAL;
use ntwk_meanfield::spatial::ring::node_of;
use ntwk_meanfield::{MeanField, SpatialOptions, SpatialTrajectory};
use ntwk_plot::figures::{HeatMap, Shading, heat_map};
use ntwk_plot::{Figure, Label, Layout, PlotError, Spacing, Theme, Width};

use crate::report::results::{array, vector};
use crate::studies::options::InvalidOptions;

/// Most cells of a map along each axis.
const CELLS: usize = 250;

/// Most nodes that are named along an axis.
const MOST_NAMED: usize = 24;

/// Rates of every population at every node over time.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialRates {
    /// Names of the populations.
    pub populations: Vec<String>,
    /// Middle of each interval of time (ms).
    pub times: Vec<f64>,
    /// Rates (Hz), `[population x time x node]`.
    pub rates: Array3<f64>,
}

/// What the nodes are, on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeAxis {
    /// With unit, for a figure.
    pub label: String,
    /// Where each node is.
    pub positions: Vec<f64>,
    /// Unit of the positions.
    pub unit: String,
    /// Names of the nodes, if they have any.
    pub names: Vec<String>,
}

impl SpatialRates {
    /// The rates of a mean field.
    #[must_use]
    pub fn of_theory(trajectory: &SpatialTrajectory, system: &MeanField) -> Self {
        let populations: Vec<String> =
            system.populations().iter().map(|p| p.name.clone()).collect();
        let shape = (populations.len(), trajectory.times.len(), trajectory.nodes);
        let rates = Array3::from_shape_fn(shape, |(p, k, x)| trajectory.component(k, p)[x]);
        Self { populations, times: trajectory.times.clone(), rates }
    }

    /// The rates of a simulated ring in bins of `bin` (ms); a node without neurons has none.
    ///
    /// Populations whose spikes were not recorded have NaN.
    #[must_use]
    pub fn of_simulation(model: &Model, recording: &Recording, nodes: usize, bin: f64) -> Self {
        let bins = (recording.duration() / bin).floor().max(1.0) as usize;
        let populations: Vec<String> =
            recording.populations.iter().map(|p| p.name.clone()).collect();
        let mut rates = Array3::from_elem((populations.len(), bins, nodes), f64::NAN);
        for (p, recorded) in recording.populations.iter().enumerate() {
            let size = model.populations()[p].size;
            let mut neurons = vec![0.0; nodes];
            (0..size).for_each(|i| neurons[node_of(i, size, nodes)] += 1.0);
            let Some(spikes) = &recorded.spikes else { continue };
            let mut counts = Array2::<f64>::zeros((bins, nodes));
            for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
                let k = (step as f64 * recording.dt / bin) as usize;
                if k < bins {
                    counts[[k, node_of(id, size, nodes)]] += 1.0;
                }
            }
            for ((k, x), count) in counts.indexed_iter() {
                if neurons[x] > 0.0 {
                    rates[[p, k, x]] = count / (neurons[x] * bin * 1e-3);
                }
            }
        }
        let times = (0..bins).map(|k| (k as f64 + 0.5) * bin).collect();
        Self { populations, times, rates }
    }

    /// As a group of a results file.
    #[must_use]
    pub fn group(&self, name: &str, axis: &NodeAxis) -> TheoryGroup {
        let mut attributes =
            vec![("populations".to_owned(), Attribute::Texts(self.populations.clone()))];
        if !axis.names.is_empty() {
            attributes.push(("places".to_owned(), Attribute::Texts(axis.names.clone())));
        }
        TheoryGroup {
            name: name.to_owned(),
            arrays: vec![
                vector("time", "ms", "time", &self.times),
                vector("place", &axis.unit, "place", &axis.positions),
                array(
                    "rate",
                    "Hz",
                    &["population", "time", "place"],
                    self.rates.clone().into_dyn(),
                ),
            ],
            attributes,
        }
    }

    /// Means over whole numbers of neighbouring times, so that there are no more than [`CELLS`].
    fn coarser(&self) -> Self {
        let many = self.times.len().div_ceil(CELLS);
        let n = (self.times.len() / many.max(1)).max(1);
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / many as f64;
        let (populations, _, nodes) = self.rates.dim();
        Self {
            populations: self.populations.clone(),
            times: (0..n)
                .map(|k| mean(&mut self.times[k * many..(k + 1) * many].iter().copied()))
                .collect(),
            rates: Array3::from_shape_fn((populations, n, nodes), |(p, k, x)| {
                mean(&mut (k * many..(k + 1) * many).map(|j| self.rates[[p, j, x]]))
            }),
        }
    }
}

/// How nodes are integrated over the duration of a model: steps of `dt` (ms), or short beside the time constant.
pub(crate) fn spatial_options(
    model: &Model,
    dt: Option<f64>,
) -> Result<SpatialOptions, InvalidOptions> {
    #[allow(non_snake_case)]
    let T = model.spec().theory.T;
    let dt = dt.unwrap_or_else(|| {
        // A whole number of steps per stored state.
        TRAJECTORY_INTERVAL / (TRAJECTORY_INTERVAL * 20.0 / T).ceil().max(1.0)
    });
    if !(dt > 0.0 && dt <= 0.5 * T) {
        let rule = format!("a step (ms) > 0 and at most half of theory.T = {T} ms is needed");
        return Err(InvalidOptions::one("dt", dt, rule));
    }
    let every = (TRAJECTORY_INTERVAL / dt).round().max(1.0) as usize;
    Ok(SpatialOptions { dt, t_stop: model.t_stop(), every })
}

/// Maps of the rates over time and node: a row per population, simulation and theory side by side with one scale of colours.
///
/// # Errors
/// [`PlotError`] when there are no two times or nodes.
pub fn spatial_rates_figure(
    title: &str,
    shown: &[(&str, &SpatialRates)],
    axis: &NodeAxis,
    theme: &Theme,
) -> Result<Figure, PlotError> {
    let coarse: Vec<(&str, SpatialRates)> = shown.iter().map(|(n, r)| (*n, r.coarser())).collect();
    let mut rows = Vec::new();
    let populations = coarse.first().map_or(&[][..], |(_, r)| &r.populations);
    for (p, population) in populations.iter().enumerate() {
        // The highest rates are those of the theory where it is there: single bins of a simulation are noisy.
        let highest = coarse.last().map_or(0.0, |(_, r)| {
            let plane = r.rates.index_axis(ndarray::Axis(0), p);
            plane.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max)
        });
        let mut row = Vec::new();
        for (name, rates) in &coarse {
            let seconds: Vec<f64> = rates.times.iter().map(|t| 1e-3 * t).collect();
            let plane = rates.rates.index_axis(ndarray::Axis(0), p);
            let map = HeatMap {
                x_label: "time (s)",
                y_label: &axis.label,
                label: "rate (Hz)",
                x: &seconds,
                y: &axis.positions,
                values: plane,
                shading: Shading::Linear,
                range: Some((0.0, highest.max(f64::MIN_POSITIVE))),
                spacing: [Spacing::Linear, Spacing::Linear],
            };
            let heading =
                if name.is_empty() { population.clone() } else { format!("{population}, {name}") };
            let mut panel = heat_map(&map, theme)?.titled(Label::plain(heading));
            if !axis.names.is_empty() && axis.names.len() <= MOST_NAMED {
                let named = axis.positions.iter().zip(&axis.names);
                panel.y = panel.y.ticks_at(named.map(|(y, n)| (*y, Label::plain(n))).collect());
            }
            row.push((1.0, Layout::panel(panel)));
        }
        rows.push((1.0, Layout::Row(row)));
    }
    let width = if shown.len() > 1 { Width::Page } else { Width::Column };
    let height = 55.0 * rows.len() as f64;
    Ok(Figure::new(title, width, height, Layout::Column(rows), theme))
}
