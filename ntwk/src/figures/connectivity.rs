//! The connectivity of a model as a figure.

use ndarray::Array2;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::model::{Projection, Source};
use ntwk_core::{Job, Model, Network, words};
use ntwk_plot::figures::{ConnectionDensity, connectivity, matrix};
use ntwk_plot::{Color, Figure, Label, Layout, PlotError, Theme, Width};

words! {
    /// A figure of the connectivity of a model.
    pub enum ConnectionFigure, what = "figure" {
        /// Who connects to whom, in blocks of neurons: drawn anew from the stored model and seed, by all cores.
        Connectivity = "connectivity",
        /// Probability of a connection, mean weight and number of synapses of every pair of populations, as drawn.
        Matrix = "matrix",
    }
}

/// Why the connectivity cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionFigureError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// The figure cannot be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

/// Mean number of synapses per pair of neurons, in blocks of neurons; sources to the right, targets upwards.
///
/// The connectivity is drawn anew from the model and its seed: the same synapses as in the run.
/// Afferent populations are not shown. `None` when no population projects to one.
///
/// # Errors
/// [`ConnectionFigureError`].
pub fn connection_figure(
    model: &Model,
    job: &Job<'_>,
    theme: &Theme,
) -> Result<Option<Figure>, ConnectionFigureError> {
    let network = Network::build(model, &job.on_threads(job.thread_count()))?;
    let populations: Vec<(&str, usize)> =
        model.populations().iter().map(|p| (p.name.as_str(), p.size as usize)).collect();
    let mut density = ConnectionDensity::new(&populations);
    let (mut any, mut outcome) = (false, Ok(()));
    network.for_each_synapse(|synapse| {
        let projection = &model.projections()[synapse.projection];
        let Source::Population(from) = projection.source else { return };
        any = true;
        let source = (from, synapse.source as usize);
        let target = (projection.target, synapse.target as usize);
        if outcome.is_ok() {
            outcome = density.add(source, target);
        }
    });
    outcome?;
    let panel = connectivity(&density, theme);
    Ok(any.then(|| {
        Figure::new("Connectivity", Width::Column, 80.0, Layout::Part(Box::new(panel)), theme)
    }))
}

/// What was drawn between the populations of a model, `[source x target]` with the populations and then the afferents as
/// sources.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionMatrix {
    /// Names of the sources: populations, then afferents.
    pub sources: Vec<String>,
    /// Names of the targets: populations.
    pub targets: Vec<String>,
    /// Share of the pairs of neurons with at least one synapse; NaN where there is no projection. For afferents that send each
    /// target trains of its own, there are no synapses to count: their number of sources over the size of the afferent.
    pub probability: Array2<f64>,
    /// Mean weight of the synapses (nS, or pA for receptors that are currents), of all projections of a pair together.
    pub weight: Array2<f64>,
    /// Number of synapses.
    pub synapses: Array2<f64>,
    /// Unit of the weights.
    pub weight_unit: &'static str,
}

impl ConnectionMatrix {
    /// Draws the connectivity of a model anew from its seed and counts it.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn of(model: &Model, job: &Job<'_>) -> Result<Self, BuildError> {
        let network = Network::build(model, &job.on_threads(job.thread_count()))?;
        let (populations, afferents) = (model.populations(), model.afferents());
        let row = |source: Source| match source {
            Source::Population(i) => i,
            Source::Afferent(i) => populations.len() + i,
        };
        let shape = (populations.len() + afferents.len(), populations.len());
        let mut pairs = Array2::from_elem(shape, f64::NAN);
        let (mut weights, mut synapses) = (pairs.clone(), pairs.clone());
        for projection in model.projections() {
            let at = [row(projection.source), projection.target];
            for array in [&mut pairs, &mut weights, &mut synapses] {
                array[at] = if array[at].is_nan() { 0.0 } else { array[at] };
            }
            let Source::Afferent(i) = projection.source else { continue };
            if afferents[i].sends_trains_per_target() {
                let n = projection.synapses(populations[projection.target].size);
                pairs[at] += n;
                synapses[at] += n;
                weights[at] += n * projection.weight;
            }
        }
        // The synapses of a projection from a neuron come one after the other.
        let mut met: Vec<u32> = Vec::new();
        let mut from = None;
        // Pairs of several projections together, where a pair of neurons may be met again.
        let mut shared: Vec<(usize, u32, usize, u32)> = Vec::new();
        let like = |p: &Projection, q: &Projection| p.source == q.source && p.target == q.target;
        let several: Vec<bool> = (model.projections().iter())
            .map(|p| model.projections().iter().filter(|q| like(p, q)).count() > 1)
            .collect();
        let mut close = |from: Option<(usize, u32)>, met: &mut Vec<u32>| {
            let Some((projection, source)) = from else { return };
            met.sort_unstable();
            met.dedup();
            let found = &model.projections()[projection];
            let (row, target) = (row(found.source), found.target);
            if several[projection] {
                shared.extend(met.iter().map(|&to| (row, source, target, to)));
            } else {
                pairs[[row, target]] += met.len() as f64;
            }
            met.clear();
        };
        network.for_each_synapse(|synapse| {
            let projection = &model.projections()[synapse.projection];
            let at = [row(projection.source), projection.target];
            synapses[at] += 1.0;
            weights[at] += synapse.weight;
            let now = Some((synapse.projection, synapse.source));
            if now != from {
                close(from, &mut met);
                from = now;
            }
            met.push(synapse.target);
        });
        close(from, &mut met);
        shared.sort_unstable();
        shared.dedup();
        for (row, _, target, _) in shared {
            pairs[[row, target]] += 1.0;
        }
        let size = |k: usize| match k.checked_sub(populations.len()) {
            Some(i) => f64::from(afferents[i].size),
            None => f64::from(populations[k].size),
        };
        let probability = Array2::from_shape_fn(shape, |at| {
            let of_pairs = size(at.0) * f64::from(populations[at.1].size);
            // A neuron is no partner of itself where the rule says so; the share is that of all pairs.
            pairs[at] / of_pairs
        });
        let receptors = || model.projections().iter().map(|p| &model.receptors()[p.receptor]);
        let conducts = receptors().any(|r| r.E_rev().is_some());
        let weight_unit = match (conducts, receptors().any(|r| r.E_rev().is_none())) {
            (true, true) => "nS or pA",
            (_, false) => "nS",
            (false, true) => "pA",
        };
        Ok(Self {
            sources: (populations.iter().map(|p| p.name.clone()))
                .chain(afferents.iter().map(|a| a.name.clone()))
                .collect(),
            targets: populations.iter().map(|p| p.name.clone()).collect(),
            probability,
            weight: &weights / &synapses,
            synapses,
            weight_unit,
        })
    }

    /// Probability (%), mean weight and number of synapses, side by side.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let n = self.targets.len();
        let color = |k: usize| if k < n { theme.population(k) } else { theme.muted };
        let named = |(k, name)| (String::as_str(name), color(k));
        let sources: Vec<(&str, Color)> = self.sources.iter().enumerate().map(named).collect();
        let targets: Vec<(&str, Color)> = self.targets.iter().enumerate().map(named).collect();
        let mut row = Vec::new();
        let percent = self.probability.mapv(|p| 100.0 * p);
        let weight = format!("mean weight ({})", self.weight_unit);
        for (title, values, label) in [
            ("Probability", &percent, "connected pairs (%)"),
            ("Weight", &self.weight, weight.as_str()),
            ("Synapses", &self.synapses, "number of synapses"),
        ] {
            let panel = matrix(&sources, &targets, &values.view(), label, theme)?;
            row.push((1.0, Layout::panel(panel.titled(Label::plain(title)))));
        }
        let height = 30.0 + (9.0 * n as f64).clamp(20.0, 90.0);
        // Names of many sources need the width of the page.
        let (height, layout) = match sources.len() {
            ..=9 => (height, Layout::Row(row)),
            _ => (3.0 * height, Layout::Column(row)),
        };
        Ok(Figure::new("Connections", Width::Page, height, layout, theme))
    }
}
