//! The connectivity of a model as a figure.

use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::model::Source;
use ntwk_core::{Job, Model, Network};
use ntwk_plot::figures::{ConnectionDensity, connectivity};
use ntwk_plot::{Figure, Layout, PlotError, Theme, Width};

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
