//! What a run left outside the cell, as a figure: contacts beside the tree, potentials and dipole moment over time.

use ntwk_morpho::FieldRecording;
use ntwk_morpho::spec::{BuiltCell, Outside};
use ntwk_plot::figures::{NamedCurve, Style, TreeColors, TreeMarker, TreePiece, curves, tree};
use ntwk_plot::{Axis, Figure, Layout, Panel, PlotError, Theme, Width};

use super::drawing::pieces;
use crate::report::quantities::significant;

/// Contacts up to which every potential is drawn; of more, so many at equal distances in their list.
const MOST: usize = 32;

/// The figure; `None` where no row has samples.
pub(super) fn outside_figure(
    title: &str,
    built: &BuiltCell,
    outside: &Outside,
    field: &FieldRecording,
    theme: &Theme,
) -> Result<Option<Figure>, PlotError> {
    let of = |keep: &dyn Fn(usize) -> bool| -> Vec<usize> {
        let all: Vec<usize> = (0..outside.rows.len()).filter(|&k| keep(k)).collect();
        let n = all.len();
        if n <= MOST { all } else { (0..MOST).map(|k| all[k * n / MOST]).collect() }
    };
    let contacts = of(&|k| outside.rows[k].at.is_some());
    let moment = of(&|k| outside.rows[k].unit != "mV");
    let head = of(&|k| outside.rows[k].at.is_none() && outside.rows[k].unit == "mV");
    if field.times.is_empty() || outside.rows.is_empty() {
        return Ok(None);
    }
    let mut panels = Vec::new();
    if !contacts.is_empty() {
        panels.push((1.5, Layout::panel(stacked(&contacts, outside, field, theme))));
    }
    for (rows, label, scale) in [(&moment, "dipole (nA µm)", 1.0), (&head, "EEG (nV)", 1e6)] {
        if !rows.is_empty() {
            panels.push((0.8, Layout::panel(traces(rows, label, scale, outside, field, theme))));
        }
    }
    let count = panels.len();
    let column = Layout::Column(panels);
    if contacts.is_empty() {
        let height = 20.0 + 45.0 * count as f64;
        return Ok(Some(Figure::new(title, Width::Page, height, column, theme)));
    }
    let all = pieces(&built.morphology, built.cell.compartments(), |_| 0.0);
    let places: Vec<(f64, f64)> =
        contacts.iter().filter_map(|&k| outside.rows[k].at).map(|p| (p[0], p[1])).collect();
    let at: Vec<(f64, f64)> = places.iter().copied().filter(|p| is_near(*p, &all)).collect();
    let name = match places.len() - at.len() {
        0 => "contacts".to_owned(),
        far => format!("contacts ({far} farther away)"),
    };
    let marker = TreeMarker { at, name: &name, color: 0, small: true };
    let tree = tree(&all, &TreeColors::Plain, &[marker], theme)?;
    let layout = Layout::Row(vec![(0.8, Layout::panel(tree)), (1.2, column)]);
    let height = 60.0 + 45.0 * count as f64;
    Ok(Some(Figure::new(title, Width::Page, height, layout, theme)))
}

/// Whether a point is no farther from the tree than the tree is large: a contact beyond would make it too small to see.
fn is_near(point: (f64, f64), tree: &[TreePiece]) -> bool {
    let range = |of: fn(&(f64, f64)) -> f64| {
        let all = tree.iter().flat_map(|piece| piece.ends).map(|p| of(&p));
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let (x, y) = (range(|p| p.0), range(|p| p.1));
    let size = (x.1 - x.0).max(y.1 - y.0);
    let within = |v: f64, (low, high): (f64, f64)| low - size <= v && v <= high + size;
    within(point.0, x) && within(point.1, y)
}

fn time(field: &FieldRecording) -> Axis {
    Axis::new("time (ms)").range(0.0, field.times.last().copied().unwrap_or(1.0))
}

/// Potentials above each other: each at the height of its contact where no two are at the same, else at its number.
fn stacked(contacts: &[usize], outside: &Outside, field: &FieldRecording, theme: &Theme) -> Panel {
    let largest = |k: usize| field.values.column(k).iter().fold(0f64, |a, v| a.max(v.abs()));
    let highest = contacts.iter().map(|&k| largest(k)).fold(0.0, f64::max);
    let at_heights: Vec<f64> =
        contacts.iter().filter_map(|&k| outside.rows[k].at).map(|p| p[1]).collect();
    let numbers: Vec<f64> = contacts.iter().map(|&k| k as f64).collect();
    let (places, gap, unit) = match narrowest(&at_heights) {
        Some(gap) if contacts.len() > 1 => (at_heights, gap, " µm"),
        _ => (numbers, (outside.rows.len() as f64 / MOST as f64).max(1.0), ""),
    };
    let scale = if highest > 0.0 { gap / highest } else { 1.0 };
    let lines: Vec<NamedCurve<'_>> = contacts
        .iter()
        .zip(&places)
        .map(|(&k, &place)| {
            let values = field.values.column(k);
            let points = field.times.iter().zip(values).map(|(&t, &v)| (t, place + scale * v));
            NamedCurve { name: "", points: points.collect(), color: Some(0), style: Style::Line }
        })
        .collect();
    let two_digits = |x: f64| significant(x, Some(x));
    let what = if unit.is_empty() { "contact" } else { "y of contact (µm)" };
    let label = format!("{what}; {} µV are {}{unit}", two_digits(1e3 * highest), two_digits(gap));
    let (low, high) =
        places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &p| (l.min(p), h.max(p)));
    let axis = Axis::new(&label).range(low - 1.2 * gap, high + 1.2 * gap);
    curves(time(field), axis, &lines, theme)
}

/// The narrowest gap between two heights; `None` where two are the same to 1 nm.
fn narrowest(heights: &[f64]) -> Option<f64> {
    let mut sorted = heights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let gap = sorted.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    (gap > 1e-3).then_some(gap)
}

fn traces(
    rows: &[usize],
    label: &str,
    scale: f64,
    outside: &Outside,
    field: &FieldRecording,
    theme: &Theme,
) -> Panel {
    let lines: Vec<NamedCurve<'_>> = rows
        .iter()
        .enumerate()
        .map(|(i, &k)| NamedCurve {
            name: &outside.rows[k].name,
            points: field
                .times
                .iter()
                .copied()
                .zip(field.values.column(k).iter().map(|v| scale * v))
                .collect(),
            color: Some(i),
            style: Style::Line,
        })
        .collect();
    curves(time(field), Axis::new(label), &lines, theme)
}
