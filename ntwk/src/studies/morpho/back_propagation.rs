//! A back-propagating action potential: amplitude and delay in every compartment.

use ntwk_core::Job;
use ntwk_morpho::studies::{Propagation, back_propagation as propagate};
use ntwk_morpho::{Location, LocationSpec, Selection};
use ntwk_plot::figures::{NamedCurve, Shading, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, PlotError, Theme, Width};

use super::checks::Checks;
use super::drawing::{Map, compartment_table, map_panel, over_distance, samples};
use super::{MorphoCell, MorphoError};
use crate::studies::table::Table;

/// The pulse, and how long the cell is followed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BackPropagationOptions {
    /// Where the pulse is injected; the soma by default.
    pub at: LocationSpec,
    /// Compartments that are asked about; all by default.
    pub selection: Selection,
    /// Amplitude (nA); 2 by default.
    pub amplitude: f64,
    /// Width (ms); 2 by default.
    pub width: f64,
    /// How long the cell is followed (ms); 30 by default.
    pub duration: f64,
}

impl Default for BackPropagationOptions {
    fn default() -> Self {
        Self {
            at: LocationSpec::Soma,
            selection: Selection::All,
            amplitude: 2.0,
            width: 2.0,
            duration: 30.0,
        }
    }
}

/// What the pulse did.
#[derive(Debug, Clone)]
pub struct BackPropagationResult {
    cell: MorphoCell,
    at: Location,
    /// The compartments that were asked about.
    pub compartments: Vec<usize>,
    /// Amplitudes and delays of all compartments, and traces.
    pub propagation: Propagation,
    /// Names of the points of the traces.
    pub points: Vec<String>,
}

/// Fractions of the way to the farthest dendritic tip at which the potential is followed over time.
const ON_THE_WAY: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// Injects the pulse into the resting cell and follows every compartment.
///
/// # Errors
/// [`MorphoError`].
pub fn back_propagation(
    cell: &MorphoCell,
    options: &BackPropagationOptions,
    job: &Job<'_>,
) -> Result<BackPropagationResult, MorphoError> {
    let built = cell.built();
    let mut checks = Checks::default();
    let at = checks.take(cell.locate(&options.at));
    checks.finite("amplitude", options.amplitude);
    checks.positive("width", options.width);
    checks.positive("duration", options.duration);
    let chosen = checks.take(cell.chosen(&options.selection));
    let (at, compartments) = checks.all(at.zip(chosen))?;
    let far = built
        .morphology
        .farthest_tip(|r| r.is_dendrite())
        .map_or(0.0, |b| built.morphology.path_distances()[b][1]);
    let (mut names, mut points) = (vec![options.at.to_string()], vec![at]);
    for fraction in ON_THE_WAY {
        let distance = (fraction * far).floor();
        if let Ok(point) = built.locate(&LocationSpec::Path { region: None, distance }) {
            names.push(format!("{distance} µm"));
            points.push(point);
        }
    }
    let BackPropagationOptions { amplitude, width, duration, .. } = *options;
    let propagation = propagate(built, at, amplitude, width, duration, &points, job)?;
    Ok(BackPropagationResult { cell: cell.clone(), at, compartments, propagation, points: names })
}

impl BackPropagationResult {
    /// One row per compartment that was asked about.
    #[must_use]
    pub fn table(&self) -> Table {
        let [amplitude, delay] = self.of_chosen();
        compartment_table(&self.cell, &self.compartments)
            .numbers("amplitude", "mV", &amplitude)
            .numbers("delay", "ms", &delay)
    }

    /// Amplitude and delay of the compartments that were asked about.
    fn of_chosen(&self) -> [Vec<f64>; 2] {
        [&self.propagation.amplitude, &self.propagation.delay]
            .map(|all| self.compartments.iter().map(|&k| all[k]).collect())
    }

    /// Amplitude over the tree; potential over time at some points; amplitude and delay over path distance.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (cell, result, all) = (&self.cell, &self.propagation, &self.compartments);
        let [amplitude, delay] = self.of_chosen();
        let map = Map {
            label: "peak depolarisation (mV)",
            title: "",
            values: &amplitude,
            shading: Shading::Linear,
        };
        let drawn = map_panel(cell, all, &map, Some(self.at), theme)?;
        let lines: Vec<NamedCurve<'_>> = self
            .points
            .iter()
            .zip(&result.traces)
            .enumerate()
            .map(|(i, (name, trace))| NamedCurve {
                name,
                points: samples(trace, result.dt),
                color: Some(i),
                style: Style::Line,
            })
            .collect();
        let traces = curves(Axis::new("time (ms)"), Axis::new("V (mV)"), &lines, theme);
        let over = |values: &[f64], axis: Axis| over_distance(cell, all, values, axis, theme);
        let right = Layout::Column(vec![
            (1.2, Layout::panel(traces)),
            (1.0, Layout::panel(over(&amplitude, Axis::new("amplitude (mV)")))),
            (1.0, Layout::panel(over(&delay, Axis::new("delay (ms)")))),
        ]);
        let layout = Layout::Row(vec![(0.9, Layout::panel(drawn)), (1.1, right)]);
        Ok(Figure::new(cell.title(), Width::Page, 140.0, layout, theme))
    }
}
