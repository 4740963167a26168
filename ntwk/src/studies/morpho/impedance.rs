//! Input and transfer impedance of every compartment.

use ntwk_core::Job;
use ntwk_morpho::studies::{ImpedanceMap, impedance_map};
use ntwk_morpho::{Location, LocationSpec};
use ntwk_plot::figures::Shading;
use ntwk_plot::{Axis, Figure, Layout, PlotError, Theme, Width};

use super::checks::Checks;
use super::drawing::{Map, compartment_table, map_panel, over_distance};
use super::{MorphoCell, MorphoError};
use crate::studies::table::Table;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ImpedanceOptions {
    /// Frequency (Hz); 0, the default, is the steady state.
    pub frequency: f64,
    /// Where the transfer impedance is taken to; the soma by default.
    pub to: LocationSpec,
    /// Potential (mV) about which channels are linearised; `simulation.v_init` by default.
    pub hold: Option<f64>,
}

impl Default for ImpedanceOptions {
    fn default() -> Self {
        Self { frequency: 0.0, to: LocationSpec::Soma, hold: None }
    }
}

/// Impedances of all compartments.
#[derive(Debug, Clone)]
pub struct ImpedanceResult {
    cell: MorphoCell,
    to: (LocationSpec, Location),
    /// Potential (mV) about which channels were linearised.
    pub hold: f64,
    /// The impedances (MΩ).
    pub map: ImpedanceMap,
}

/// Input and transfer impedances, with channels as their admittance about the holding potential (quasi-active membrane).
///
/// # Errors
/// [`MorphoError`].
pub fn impedance(
    cell: &MorphoCell,
    options: &ImpedanceOptions,
    job: &Job<'_>,
) -> Result<ImpedanceResult, MorphoError> {
    let built = cell.built();
    let hold = options.hold.unwrap_or(built.spec.simulation.settings.v_init);
    let mut checks = Checks::default();
    let to = checks.take(cell.locate(&options.to));
    checks.not_negative("frequency", options.frequency);
    checks.finite("hold", hold);
    let to = checks.all(to)?;
    let map = impedance_map(built, options.frequency, hold, to, job)?;
    Ok(ImpedanceResult { cell: cell.clone(), to: (options.to, to), hold, map })
}

impl ImpedanceResult {
    /// One row per compartment.
    #[must_use]
    pub fn table(&self) -> Table {
        compartment_table(&self.cell, &self.all())
            .numbers("input", "MOhm", &self.map.input)
            .numbers("transfer", "MOhm", &self.map.transfer)
            .numbers("attenuation", "", &self.map.attenuation)
    }

    fn all(&self) -> Vec<usize> {
        (0..self.map.input.len()).collect()
    }

    /// Both impedances over the tree, input impedance and attenuation over path distance.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (cell, map, all) = (&self.cell, &self.map, self.all());
        let what = format!("transfer to {}", self.to.0);
        let input = Map {
            label: "input impedance (MΩ)",
            title: "input",
            values: &map.input,
            shading: Shading::Log,
        };
        let transfer = Map {
            label: "transfer impedance (MΩ)",
            title: &what,
            values: &map.transfer,
            shading: Shading::Linear,
        };
        let trees = Layout::Row(vec![
            (1.0, Layout::panel(map_panel(cell, &all, &input, None, theme)?)),
            (1.0, Layout::panel(map_panel(cell, &all, &transfer, Some(self.to.1), theme)?)),
        ]);
        let over = |values: &[f64], axis: Axis| over_distance(cell, &all, values, axis, theme);
        let attenuation = Axis::new("attenuation V_{local}/V_{to}").log();
        let below = Layout::Row(vec![
            (1.0, Layout::panel(over(&map.input, Axis::new("input (MΩ)").log()))),
            (1.0, Layout::panel(over(&map.attenuation, attenuation))),
        ]);
        let layout = Layout::Column(vec![(1.5, trees), (1.0, below)]);
        Ok(Figure::new(cell.title(), Width::Page, 160.0, layout, theme))
    }
}
