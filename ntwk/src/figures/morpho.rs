//! Figures of morphological cells: the bridge from compartments to pieces of a drawing.

use std::collections::BTreeMap;

use ntwk_morpho::{Compartments, Location, Morphology, Region};
use ntwk_plot::figures::{NamedCurve, Style, TreeColors, TreeMarker, TreePiece, curves, tree};
use ntwk_plot::{Axis, Mark, Panel, PlotError, Stroke, Swatch, Theme};

/// The pieces of a morphology in the x–y plane; `value` gives what the colour of a compartment shows.
#[must_use]
pub fn pieces(
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
pub fn position(morphology: &Morphology, at: Location) -> (f64, f64) {
    let Some(branch) = morphology.branches().get(at.branch) else { return (f64::NAN, f64::NAN) };
    let target = at.x * branch.length();
    let mut arc = 0.0;
    for w in branch.samples.windows(2) {
        let step = ntwk_morpho::geometry::morphology::distance(w[0].position, w[1].position);
        if arc + step >= target && step > 0.0 {
            let f = ((target - arc) / step).clamp(0.0, 1.0);
            let mix = |i: usize| w[0].position[i] + f * (w[1].position[i] - w[0].position[i]);
            return (mix(0), mix(1));
        }
        arc += step;
    }
    branch.samples.last().map_or((f64::NAN, f64::NAN), |s| (s.position[0], s.position[1]))
}

/// The cell coloured by region.
///
/// # Errors
/// [`PlotError`] when nothing can be drawn.
pub fn regions(
    morphology: &Morphology,
    compartments: &Compartments,
    markers: &[TreeMarker<'_>],
    theme: &Theme,
) -> Result<Panel, PlotError> {
    let all = morphology.regions();
    let names: Vec<String> = all.iter().map(Region::to_string).collect();
    let index = |k: usize| {
        let r = compartments.as_slice()[k].region;
        all.iter().position(|x| *x == r).map_or(-1.0, |i| i as f64)
    };
    let colors = TreeColors::Regions(names.iter().map(String::as_str).collect());
    tree(&pieces(morphology, compartments, index), &colors, markers, theme)
}

/// Membrane area over path distance, region by region.
#[must_use]
pub fn area_by_distance(
    morphology: &Morphology,
    compartments: &Compartments,
    theme: &Theme,
) -> Panel {
    let all = morphology.regions();
    let farthest = compartments.as_slice().iter().map(|c| c.path_distance).fold(0.0, f64::max);
    let bin = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0]
        .into_iter()
        .find(|b| farthest / b <= 50.0)
        .unwrap_or(500.0);
    let mut areas: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let bins = (farthest / bin) as usize + 1;
    for c in compartments.as_slice() {
        let Some(i) = all.iter().position(|r| *r == c.region) else { continue };
        if c.region == Region::Soma {
            continue;
        }
        let row = areas.entry(i).or_insert_with(|| vec![0.0; bins]);
        row[((c.path_distance / bin) as usize).min(bins - 1)] += c.area;
    }
    let y = format!("area per {bin} µm (µm^2)");
    let mut panel = Panel::new(Axis::new("path distance (µm)"), Axis::new(&y));
    for (i, row) in areas {
        let stroke = Stroke::solid(theme.population(i), theme.line_width);
        panel.marks.push(Mark::steps(0.0, bin, &row, stroke));
        panel.key.push((Swatch::Line(stroke), all[i].to_string().as_str().into()));
    }
    panel
}

/// A quantity of compartments over their path distance, one dot each, coloured by region.
#[must_use]
pub fn over_distance(
    morphology: &Morphology,
    compartments: &Compartments,
    chosen: &[usize],
    values: &[f64],
    y: Axis,
    theme: &Theme,
) -> Panel {
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
