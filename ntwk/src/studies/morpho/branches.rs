//! The numbered branches of a morphology: a table of them, and the tree with their numbers.

use ntwk_morpho::{Branch, Location, Morphology, Sample};
use ntwk_plot::figures::{TreeColors, TreePiece, tree};
use ntwk_plot::{Anchor, Figure, Label, Layout, Mark, PlotError, Theme, Width};

use super::drawing::position;
use crate::studies::table::{ColumnValues, Table};

/// One row per branch: its number, region, parent and where on it, order, length, area, mean diameter, path distances of both
/// ends from the soma, positions of both ends, and number of branches on it.
#[must_use]
pub fn branch_table(morphology: &Morphology) -> Table {
    let branches = morphology.branches();
    let (ends, children) = (morphology.path_distances(), morphology.children());
    let counts = |f: &dyn Fn(usize) -> usize| {
        ColumnValues::Counts((0..branches.len()).map(|b| f(b) as u64).collect())
    };
    let numbers = |f: &dyn Fn(usize) -> f64| (0..branches.len()).map(f).collect::<Vec<f64>>();
    let parent = |f: &dyn Fn(ntwk_morpho::Attachment) -> f64| {
        ColumnValues::Sparse(branches.iter().map(|b| b.parent.map(f)).collect())
    };
    let position = |end: fn(&[Sample]) -> Option<&Sample>, k: usize| -> Vec<f64> {
        let of = |b: &Branch| end(&b.samples).map_or(f64::NAN, |s| s.position[k]);
        branches.iter().map(of).collect()
    };
    let orders = morphology.branch_orders();
    let diameter = |b: usize| branches[b].area() / (std::f64::consts::PI * branches[b].length());
    Table::default()
        .with("branch", "", counts(&|b| b))
        .with(
            "region",
            "",
            ColumnValues::Texts(branches.iter().map(|b| b.region.to_string()).collect()),
        )
        .with("parent", "", parent(&|at| at.branch as f64))
        .with("parent_x", "", parent(&|at| at.x))
        .with("order", "", counts(&|b| orders[b]))
        .numbers("length", "um", &numbers(&|b| branches[b].length()))
        .numbers("diameter", "um", &numbers(&diameter))
        .numbers("area", "um2", &numbers(&|b| branches[b].area()))
        .numbers("from", "um", &numbers(&|b| ends[b][0]))
        .numbers("to", "um", &numbers(&|b| ends[b][1]))
        .numbers("x_start", "um", &position(<[Sample]>::first, 0))
        .numbers("y_start", "um", &position(<[Sample]>::first, 1))
        .numbers("z_start", "um", &position(<[Sample]>::first, 2))
        .numbers("x_end", "um", &position(<[Sample]>::last, 0))
        .numbers("y_end", "um", &position(<[Sample]>::last, 1))
        .numbers("z_end", "um", &position(<[Sample]>::last, 2))
        .with("children", "", counts(&|b| children[b].len()))
}

/// Size of the figure (mm).
const SIZE: [f64; 2] = [178.0, 200.0];
/// Size of a number (points).
const NUMBER: f64 = 5.5;
/// Fractions of a branch at which its number may stand.
const PLACES: [f64; 7] = [0.5, 0.65, 0.35, 0.8, 0.2, 0.95, 0.05];
/// Shades of neighbouring branches.
const SHADES: usize = 6;

/// The tree with the number of every branch that has room for it, in the colour of the branch; and how many have.
///
/// # Errors
/// [`PlotError`] when nothing can be drawn.
pub fn branch_figure(
    title: &str,
    morphology: &Morphology,
    theme: &Theme,
) -> Result<(Figure, usize), PlotError> {
    let mut pieces = Vec::new();
    for (b, branch) in morphology.branches().iter().enumerate() {
        pieces.extend(branch.samples.windows(2).map(|w| TreePiece {
            ends: [0, 1].map(|i| (w[i].position[0], w[i].position[1])),
            diameter: w[0].radius + w[1].radius,
            value: (b % SHADES) as f64,
        }));
    }
    let mut panel = tree(&pieces, &TreeColors::Regions(Vec::new()), &[], theme)?;
    let ends = || pieces.iter().flat_map(|p| p.ends);
    let span = |of: fn((f64, f64)) -> f64| {
        let (low, high) = ends()
            .map(of)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        (high - low).max(1e-9)
    };
    // Points of the page per µm, a little fewer than there are, for the room around the tree.
    let points = SIZE.map(|mm| 0.88 * mm * 72.0 / 25.4);
    let scale = (points[0] / span(|p| p.0)).min(points[1] / span(|p| p.1));
    let mut taken: Vec<[f64; 4]> = Vec::new();
    // The longest branches first: they are the ones that are asked about.
    let mut order: Vec<usize> = (0..morphology.branches().len()).collect();
    let lengths: Vec<f64> = morphology.branches().iter().map(|b| b.length()).collect();
    order.sort_by(|&a, &b| lengths[b].total_cmp(&lengths[a]).then(a.cmp(&b)));
    for b in order {
        let label = Label::plain(b.to_string());
        let (width, height) = (label.width(NUMBER) + 1.0, NUMBER);
        let sides = [(1.5, -1.5), (-width - 0.5, -1.5), (1.5, height), (-width - 0.5, height)];
        let free =
            PLACES.into_iter().flat_map(|x| sides.map(|side| (x, side))).find_map(|(x, side)| {
                let at = position(morphology, Location::new(b, x));
                // In points, upwards.
                let left = at.0 * scale + side.0;
                let foot = at.1 * scale - side.1;
                let frame = [left, left + width, foot, foot + height];
                let apart = |o: &[f64; 4]| {
                    frame[1] < o[0] || o[1] < frame[0] || frame[3] < o[2] || o[3] < frame[2]
                };
                taken.iter().all(apart).then_some((at, side, frame))
            });
        let Some((at, side, frame)) = free else { continue };
        taken.push(frame);
        panel.marks.push(Mark::Text {
            at,
            shift: side,
            label,
            size: NUMBER,
            color: theme.population(b % SHADES).mix(theme.ink, 0.35),
            anchor: Anchor::Start,
            upwards: false,
        });
    }
    let layout = Layout::Row(vec![(1.0, Layout::panel(panel))]);
    Ok((Figure::new(title, Width::Page, SIZE[1], layout, theme), taken.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntwk_morpho::geometry::generators::PyramidalTree;

    #[test]
    fn every_branch_has_a_row_and_a_number() {
        let tree = PyramidalTree::default().build(3).unwrap();
        let table = branch_table(&tree);
        let n = tree.branches().len();
        assert_eq!(table.rows(), n);
        let column = |name: &str| table.column(name).unwrap().values.clone();
        let (ColumnValues::Numbers(from), ColumnValues::Numbers(to), ColumnValues::Numbers(length)) =
            (column("from"), column("to"), column("length"))
        else {
            panic!()
        };
        let ColumnValues::Sparse(parents) = column("parent") else { panic!() };
        assert_eq!(parents[0], None);
        for b in 1..n {
            assert!((to[b] - from[b] - length[b]).abs() < 1e-9, "{b}");
            assert_eq!(parents[b], Some(tree.branches()[b].parent.unwrap().branch as f64));
        }
        let (figure, drawn) = branch_figure("tree", &tree, &Theme::light()).unwrap();
        assert!(drawn * 10 >= n * 9, "{drawn} of {n}");
        let svg = figure.to_svg();
        assert!((0..n).filter(|b| svg.contains(&format!(">{b}</text>"))).count() >= drawn);
    }
}
