//! Input and transfer impedance of every compartment.

use ntwk_core::Job;
use ntwk_morpho::studies::{ImpedanceMap, impedance_map};
use ntwk_morpho::{Location, LocationSpec, Selection};
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
    /// Compartments that are asked about; all by default.
    pub selection: Selection,
    /// Where the transfer impedance is taken to; the soma by default.
    pub to: LocationSpec,
    /// Potential (mV) about which channels are linearised; `simulation.v_init` by default.
    pub hold: Option<f64>,
}

impl Default for ImpedanceOptions {
    fn default() -> Self {
        Self { frequency: 0.0, selection: Selection::All, to: LocationSpec::Soma, hold: None }
    }
}

/// Impedances of the compartments.
#[derive(Debug, Clone)]
pub struct ImpedanceResult {
    cell: MorphoCell,
    to: (LocationSpec, Location),
    /// Potential (mV) about which channels were linearised.
    pub hold: f64,
    /// The compartments that were asked about.
    pub compartments: Vec<usize>,
    /// The impedances (MΩ) of all compartments.
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
    let chosen = checks.take(cell.chosen(&options.selection));
    let (to, compartments) = checks.all(to.zip(chosen))?;
    let map = impedance_map(built, options.frequency, hold, to, job)?;
    Ok(ImpedanceResult { cell: cell.clone(), to: (options.to, to), hold, compartments, map })
}

impl ImpedanceResult {
    /// One row per compartment that was asked about.
    #[must_use]
    pub fn table(&self) -> Table {
        let [input, transfer, attenuation] = self.of_chosen();
        compartment_table(&self.cell, &self.compartments)
            .numbers("input", "MOhm", &input)
            .numbers("transfer", "MOhm", &transfer)
            .numbers("attenuation", "", &attenuation)
    }

    /// Input and transfer impedance and attenuation of the compartments that were asked about.
    fn of_chosen(&self) -> [Vec<f64>; 3] {
        [&self.map.input, &self.map.transfer, &self.map.attenuation]
            .map(|all| self.compartments.iter().map(|&k| all[k]).collect())
    }

    /// Both impedances over the tree, input impedance and attenuation over path distance.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (cell, all) = (&self.cell, &self.compartments);
        let [input_values, transfer_values, attenuations] = self.of_chosen();
        let what = format!("transfer to {}", self.to.0);
        let input = Map {
            label: "input impedance (MΩ)",
            title: "input",
            values: &input_values,
            shading: Shading::Log,
        };
        let transfer = Map {
            label: "transfer impedance (MΩ)",
            title: &what,
            values: &transfer_values,
            shading: Shading::Linear,
        };
        let trees = Layout::Row(vec![
            (1.0, Layout::panel(map_panel(cell, all, &input, None, theme)?)),
            (1.0, Layout::panel(map_panel(cell, all, &transfer, Some(self.to.1), theme)?)),
        ]);
        let over = |values: &[f64], axis: Axis| over_distance(cell, all, values, axis, theme);
        let attenuation = Axis::new("attenuation V_{local}/V_{to}").log();
        let below = Layout::Row(vec![
            (1.0, Layout::panel(over(&input_values, Axis::new("input (MΩ)").log()))),
            (1.0, Layout::panel(over(&attenuations, attenuation))),
        ]);
        let layout = Layout::Column(vec![(1.5, trees), (1.0, below)]);
        Ok(Figure::new(cell.title(), Width::Page, 160.0, layout, theme))
    }
}
