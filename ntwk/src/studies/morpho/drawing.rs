//! What the figures of a cell are made of: the tree, and quantities of its compartments.

use ntwk_morpho::{Compartments, Location, Morphology, Region};
use ntwk_plot::figures::{
    NamedCurve, Shading, Style, TreeColors, TreeMarker, TreePiece, curves, tree,
};
use ntwk_plot::{Axis, Label, Panel, PlotError, Theme};

use super::MorphoCell;
use crate::studies::table::{ColumnValues, Table};

/// The pieces of a morphology in the x–y plane; `value` gives what the colour of a compartment shows.
#[must_use]
pub(super) fn pieces(
    morphology: &Morphology,
    compartments: &Compartments,
    value: impl Fn(usize) -> f64,
) -> Vec<TreePiece> {
    let mut pieces = Vec::new();
    for (b, branch) in morphology.branches().iter().enumerate() {
        let length = branch.length();
        let mut arc = 0.0;
        for w in branch.samples.windows(2) {
            let step = ntwk_morpho::geometry::morphology::distance(w[0].position, w[1].position);
            let x = ((arc + 0.5 * step) / length).clamp(0.0, 1.0);
            arc += step;
            // The branch exists and x is a fraction.
            let k = compartments.compartment(Location::new(b, x)).unwrap_or(0);
            pieces.push(TreePiece {
                ends: [0, 1].map(|i| (w[i].position[0], w[i].position[1])),
                diameter: w[0].radius + w[1].radius,
                value: value(k),
            });
        }
    }
    pieces
}

/// Where a point of the cell lies in the plane.
#[must_use]
pub(super) fn position(morphology: &Morphology, at: Location) -> (f64, f64) {
    let point = morphology.branches().get(at.branch).map_or([f64::NAN; 3], |b| b.point(at.x));
    (point[0], point[1])
}

/// A quantity of compartments over their path distance, one dot each, coloured by region.
#[must_use]
pub(super) fn over_distance(
    cell: &MorphoCell,
    chosen: &[usize],
    values: &[f64],
    y: Axis,
    theme: &Theme,
) -> Panel {
    let (morphology, compartments) = (&cell.built().morphology, cell.built().cell.compartments());
    let all = morphology.regions();
    let names: Vec<String> = all.iter().map(Region::to_string).collect();
    let list = compartments.as_slice();
    let groups: Vec<NamedCurve<'_>> = all
        .iter()
        .enumerate()
        .map(|(i, r)| NamedCurve {
            name: &names[i],
            points: chosen
                .iter()
                .zip(values)
                .filter(|(k, _)| list[**k].region == *r)
                .map(|(k, v)| (list[*k].path_distance, *v))
                .collect(),
            color: Some(i),
            style: Style::Dots,
        })
        .filter(|g| !g.points.is_empty())
        .collect();
    curves(Axis::new("path distance (µm)"), y, &groups, theme)
}

/// A quantity over some compartments, in colours.
pub(super) struct Map<'a> {
    pub label: &'a str,
    pub title: &'a str,
    pub values: &'a [f64],
    pub shading: Shading,
}

/// The tree in the colours of a quantity of the compartments `chosen`, with a mark at a point.
pub(super) fn map_panel(
    cell: &MorphoCell,
    chosen: &[usize],
    map: &Map<'_>,
    at: Option<Location>,
    theme: &Theme,
) -> Result<Panel, PlotError> {
    let built = cell.built();
    let mut all = vec![f64::NAN; built.cell.compartments().len()];
    for (&k, &v) in chosen.iter().zip(map.values) {
        all[k] = v;
    }
    let colors = TreeColors::Quantity { label: map.label, shading: map.shading, range: None };
    let markers: Vec<TreeMarker<'_>> = at
        .iter()
        .map(|&at| TreeMarker {
            at: vec![position(&built.morphology, at)],
            name: "",
            color: 1,
            small: false,
        })
        .collect();
    let drawn = pieces(&built.morphology, built.cell.compartments(), |k| all[k]);
    Ok(tree(&drawn, &colors, &markers, theme)?.titled(Label::math(map.title)))
}

/// A table with one row per compartment of `chosen`: where it is.
pub(super) fn compartment_table(cell: &MorphoCell, chosen: &[usize]) -> Table {
    let list = cell.built().cell.compartments().as_slice();
    let of = || chosen.iter().map(|&k| &list[k]);
    let counts = |v: Vec<usize>| ColumnValues::Counts(v.into_iter().map(|n| n as u64).collect());
    let numbers = ColumnValues::Numbers;
    Table::default()
        .with("compartment", "", counts(chosen.to_vec()))
        .with("branch", "", counts(of().map(|c| c.branch).collect()))
        .with("x", "", numbers(of().map(|c| c.x).collect()))
        .with("region", "", ColumnValues::Texts(of().map(|c| c.region.to_string()).collect()))
        .with("path_distance", "um", numbers(of().map(|c| c.path_distance).collect()))
        .with("radius", "um", numbers(of().map(|c| c.radius).collect()))
}

/// Samples at multiples of `dt` as points of a curve.
pub(super) fn samples(values: &[f64], dt: f64) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(k, &v)| (k as f64 * dt, v)).collect()
}
