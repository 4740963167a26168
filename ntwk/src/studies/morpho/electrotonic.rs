//! The tree in units of its length constants, and the equivalent cable.

use ntwk_core::Job;
use ntwk_morpho::solver::electrotonic::EquivalentCable;
use ntwk_morpho::studies::StudyError;
use ntwk_morpho::{Electrotonic, Impedance, ImpedanceError, Location};
use ntwk_plot::figures::{NamedCurve, Shading, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, PlotError, Theme, Width};

use super::checks::Checks;
use super::drawing::{Map, compartment_table, map_panel, over_distance};
use super::{MorphoCell, MorphoError};
use crate::studies::table::Table;

/// What the lengths are about.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ElectrotonicOptions {
    /// Potential (mV) about which channels are linearised; `simulation.v_init` by default.
    pub hold: Option<f64>,
    /// Electrotonic length of a stretch of the equivalent cable; 0.02 by default.
    pub step: f64,
}

impl Default for ElectrotonicOptions {
    fn default() -> Self {
        Self { hold: None, step: 0.02 }
    }
}

/// Electrotonic lengths and the equivalent cable.
#[derive(Debug, Clone)]
pub struct ElectrotonicResult {
    cell: MorphoCell,
    /// Potential (mV) about which channels were linearised.
    pub hold: f64,
    /// Lengths by compartment, distances by node.
    pub tree: Electrotonic,
    /// The equivalent cable.
    pub cable: EquivalentCable,
    /// Input resistance of the soma (MΩ).
    pub input_resistance: f64,
}

/// Electrotonic lengths with channels as their slope conductance about the holding potential.
///
/// # Errors
/// [`MorphoError`].
pub fn electrotonic(
    cell: &MorphoCell,
    options: &ElectrotonicOptions,
    job: &Job<'_>,
) -> Result<ElectrotonicResult, MorphoError> {
    let built = cell.built();
    let settings = &built.spec.simulation.settings;
    let hold = options.hold.unwrap_or(settings.v_init);
    let mut checks = Checks::default();
    checks.finite("hold", hold);
    checks.positive("step", options.step);
    checks.none()?;
    let tree = Electrotonic::new(&built.cell, hold, settings.celsius)?;
    job.check()?;
    let cable = tree
        .equivalent_cable(options.step)
        .map_err(|e| StudyError::from(ImpedanceError::from(e)))?;
    job.check()?;
    let exact = Impedance::new(&built.cell, 0.0, hold, settings.celsius)?;
    let input_resistance = exact.input(Location::new(0, 0.5))?.re;
    Ok(ElectrotonicResult { cell: cell.clone(), hold, tree, cable, input_resistance })
}

impl ElectrotonicResult {
    /// Electrotonic distances of the compartments from the soma.
    #[must_use]
    pub fn distance(&self) -> &[f64] {
        &self.tree.distance[..self.tree.length.len()]
    }

    /// One row per compartment.
    #[must_use]
    pub fn table(&self) -> Table {
        compartment_table(&self.cell, &self.all())
            .numbers("lambda", "um", &self.tree.lambda)
            .numbers("electrotonic_length", "", &self.tree.length)
            .numbers("electrotonic_distance", "", self.distance())
            .numbers("characteristic_conductance", "uS", &self.tree.characteristic)
    }

    /// The equivalent cable, one row per stretch.
    #[must_use]
    pub fn cable_table(&self) -> Table {
        let of = |f: fn(&ntwk_morpho::solver::electrotonic::Stretch) -> f64| -> Vec<f64> {
            self.cable.stretches.iter().map(f).collect()
        };
        Table::default()
            .numbers("start", "", &of(|s| s.start))
            .numbers("length", "", &of(|s| s.length))
            .numbers("characteristic_conductance", "uS", &of(|s| s.characteristic))
    }

    fn all(&self) -> Vec<usize> {
        (0..self.tree.length.len()).collect()
    }

    /// Electrotonic distance over the tree and over path distance; the equivalent cable.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (cell, all, distance) = (&self.cell, self.all(), self.distance());
        let map = Map {
            label: "electrotonic distance",
            title: "distance from the soma",
            values: distance,
            shading: Shading::Linear,
        };
        let drawn = map_panel(cell, &all, &map, Some(Location::new(0, 0.5)), theme)?;
        let axis = Axis::new("electrotonic distance");
        let against = over_distance(cell, &all, distance, axis, theme);
        // Steps from stretch to stretch.
        let stretches = &self.cable.stretches;
        let points = stretches.iter().flat_map(|s| {
            let g = 1e3 * s.characteristic;
            [(s.start, g), (s.start + s.length, g)]
        });
        let line =
            [NamedCurve { name: "", points: points.collect(), color: Some(0), style: Style::Line }];
        let top = stretches.iter().map(|s| 1e3 * s.characteristic).fold(0.0, f64::max);
        let profile = curves(
            Axis::new("electrotonic distance"),
            Axis::new("equivalent cable, G_\u{221e} (nS)").range(0.0, 1.05 * top),
            &line,
            theme,
        );
        let right =
            Layout::Column(vec![(1.0, Layout::panel(against)), (1.0, Layout::panel(profile))]);
        let layout = Layout::Row(vec![(1.0, Layout::panel(drawn)), (1.0, right)]);
        Ok(Figure::new(cell.title(), Width::Page, 100.0, layout, theme))
    }
}
