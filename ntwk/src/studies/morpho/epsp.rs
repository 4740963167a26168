//! The same synapse in every compartment, one after the other: what it does there and what arrives elsewhere.

use ntwk_core::Job;
use ntwk_morpho::studies::{EpspMap, epsp_map};
use ntwk_morpho::{Location, LocationSpec, Selection};
use ntwk_plot::figures::Shading;
use ntwk_plot::{Axis, Figure, Layout, PlotError, Theme, Width};

use super::checks::Checks;
use super::drawing::{Map, compartment_table, map_panel, over_distance};
use super::{MorphoCell, MorphoError};
use crate::studies::table::Table;

/// What is activated, where, and where that is seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EpspOptions {
    /// Group of synapses whose contact is activated; the first by default.
    pub synapses: Option<String>,
    /// Compartments that get the synapse; the dendrites by default.
    pub selection: Selection,
    /// Where the EPSP is measured; the soma by default.
    pub to: LocationSpec,
    /// How long each EPSP is followed (ms); 100 by default.
    pub duration: f64,
}

impl Default for EpspOptions {
    fn default() -> Self {
        Self {
            synapses: None,
            selection: Selection::Dendrites,
            to: LocationSpec::Soma,
            duration: 100.0,
        }
    }
}

/// EPSPs, of the first compartments when the study was interrupted.
#[derive(Debug, Clone)]
pub struct EpspResult {
    cell: MorphoCell,
    to: (LocationSpec, Location),
    /// Group of synapses whose contact was activated.
    pub synapses: String,
    /// The EPSPs.
    pub map: EpspMap,
    /// Peak in the compartment over the peak where it is measured.
    pub attenuation: Vec<f64>,
}

/// Activates one synapse at a time. Electrodes and the activity of the description are left out; the cell settles for 500 ms
/// before.
///
/// # Errors
/// [`MorphoError`].
pub fn epsp(
    cell: &MorphoCell,
    options: &EpspOptions,
    job: &Job<'_>,
) -> Result<EpspResult, MorphoError> {
    let mut checks = Checks::default();
    let to = checks.take(cell.locate(&options.to));
    let synapses = checks.take(cell.synapses(options.synapses.as_deref()));
    checks.positive("duration", options.duration);
    checks.take(cell.chosen(&options.selection));
    let (to, (group, contact)) = checks.all(to.zip(synapses))?;
    let map = epsp_map(cell.built(), &options.selection, &contact, to, options.duration, job)?;
    let attenuation = map.local.iter().zip(&map.remote).map(|(l, r)| (l / r).abs()).collect();
    let synapses = group.to_owned();
    Ok(EpspResult { cell: cell.clone(), to: (options.to, to), synapses, map, attenuation })
}

impl EpspResult {
    /// One row per compartment.
    #[must_use]
    pub fn table(&self) -> Table {
        let map = &self.map;
        compartment_table(&self.cell, &map.compartments)
            .numbers("local_peak", "mV", &map.local)
            .numbers("peak", "mV", &map.remote)
            .numbers("attenuation", "", &self.attenuation)
            .numbers("time_to_peak", "ms", &map.time_to_peak)
            .numbers("local_area", "mV ms", &map.local_area)
            .numbers("area", "mV ms", &map.remote_area)
    }

    /// Peaks over the tree, attenuation and time to peak over path distance.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (cell, map) = (&self.cell, &self.map);
        let chosen = &map.compartments;
        let remote_title = format!("peak at {}", self.to.0);
        let local = Map {
            label: "local EPSP (mV)",
            title: "peak in place",
            values: &map.local,
            shading: Shading::Linear,
        };
        let remote = Map {
            label: "EPSP (mV)",
            title: &remote_title,
            values: &map.remote,
            shading: Shading::Linear,
        };
        let trees = Layout::Row(vec![
            (1.0, Layout::panel(map_panel(cell, chosen, &local, None, theme)?)),
            (1.0, Layout::panel(map_panel(cell, chosen, &remote, Some(self.to.1), theme)?)),
        ]);
        let over = |values: &[f64], axis: Axis| over_distance(cell, chosen, values, axis, theme);
        let attenuation = Axis::new("attenuation of the peak").log();
        let below = Layout::Row(vec![
            (1.0, Layout::panel(over(&self.attenuation, attenuation))),
            (1.0, Layout::panel(over(&map.time_to_peak, Axis::new("time to peak (ms)")))),
        ]);
        let layout = Layout::Column(vec![(1.5, trees), (1.0, below)]);
        Ok(Figure::new(cell.title(), Width::Page, 160.0, layout, theme))
    }
}
