//! A morphology: its regions in the plane, and its area over the path distance.

use std::collections::BTreeMap;

use ntwk_morpho::{Compartments, Morphology, Region};
use ntwk_plot::figures::{TreeColors, tree};
use ntwk_plot::{Axis, Figure, Layout, Mark, Panel, PlotError, Stroke, Swatch, Theme, Width};

use super::drawing::pieces;

/// The cell coloured by region, and its membrane area over path distance.
///
/// # Errors
/// [`PlotError`] when nothing can be drawn.
pub fn morphology_figure(
    title: &str,
    morphology: &Morphology,
    compartments: &Compartments,
    theme: &Theme,
) -> Result<Figure, PlotError> {
    let tree = regions(morphology, compartments, theme)?;
    let areas = area_by_distance(morphology, compartments, theme);
    let layout = Layout::Row(vec![(1.0, Layout::panel(tree)), (0.9, Layout::panel(areas))]);
    Ok(Figure::new(title, Width::Page, 95.0, layout, theme))
}

/// The cell coloured by region.
fn regions(
    morphology: &Morphology,
    compartments: &Compartments,
    theme: &Theme,
) -> Result<Panel, PlotError> {
    let all = morphology.regions();
    let names: Vec<String> = all.iter().map(Region::to_string).collect();
    let index = |k: usize| {
        let r = compartments.as_slice()[k].region;
        all.iter().position(|x| *x == r).map_or(-1.0, |i| i as f64)
    };
    let colors = TreeColors::Regions(names.iter().map(String::as_str).collect());
    tree(&pieces(morphology, compartments, index), &colors, &[], theme)
}

/// Membrane area over path distance, region by region.
fn area_by_distance(morphology: &Morphology, compartments: &Compartments, theme: &Theme) -> Panel {
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
