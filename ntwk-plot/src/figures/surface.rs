//! The transfer function as a surface over both input rates, in parallel projection.

use ndarray::ArrayView1;

use crate::axis::Axis;
use crate::error::PlotError;
use crate::figures::transfer::TransferData;
use crate::label::Label;
use crate::mark::{Mark, Point};
use crate::panel::{ColorBar, Panel, Swatch};
use crate::scale::{Scale, Spacing, range_of};
use crate::svg::{Anchor, Stroke};
use crate::theme::Theme;

/// Direction of view, with the second rate falling towards the back, so that the surface rises away from the viewer:
/// turned by 28 degrees about the vertical, seen from 26 degrees above the floor.
const TURN: f64 = 28.0;
const ABOVE: f64 = 26.0;
/// Height of the box relative to the sides of its floor.
const HEIGHT: f64 = 0.8;

/// Quads along each fitted curve.
const STRIPS: usize = 22;

/// First and last finite entry of a curve.
fn finite_range(curve: &ArrayView1<'_, f64>) -> Option<(usize, usize)> {
    let first = curve.iter().position(|x| x.is_finite())?;
    let last = curve.iter().rposition(|x| x.is_finite())?;
    Some((first, last))
}

/// A position in the box: floor `(u, v)` in `[0, 1]`, height `w` in `[0, 1]`.
type InBox = (f64, f64, f64);

/// Projects a position of the box to the plane of the figure; the last number grows with the distance.
fn project((u, v, w): InBox) -> (Point, f64) {
    let (turn, above) = (TURN.to_radians(), ABOVE.to_radians());
    let (a, b) = (u - 0.5, v - 0.5);
    let right = a * turn.cos() + b * turn.sin();
    let depth = -a * turn.sin() + b * turn.cos();
    ((right, depth * above.sin() + HEIGHT * w * above.cos()), depth)
}

/// The fitted surface (the measured one without a fit), coloured by the output rate, with the measured points when `points`
/// is set: discs above the surface, rings below it.
///
/// # Errors
/// [`PlotError::Lengths`] when the shapes do not agree.
pub fn surface(data: &TransferData<'_>, points: bool, theme: &Theme) -> Result<Panel, PlotError> {
    data.check()?;
    let (grid, height) = data.fit.unwrap_or((data.first, data.rate));
    let rates = height.iter().chain(data.rate.iter()).copied();
    let (_, most) = range_of(rates, 0.0);
    let of = |values: &[f64]| {
        let (low, high) = range_of(values.iter().copied(), 0.0);
        Scale::new(Spacing::Linear, low, high)
    };
    let firsts: Vec<f64> = data.first.iter().chain(grid).copied().collect();
    let (x, y) = (of(&firsts), of(data.second));
    let z = Scale::new(Spacing::Linear, 0.0, most);
    let bar = ColorBar {
        map: theme.colormap,
        shades: theme.shades,
        range: z.bounds(),
        label: Label::plain("output rate (Hz)"),
        spacing: Spacing::Linear,
    };
    let inside =
        |a: f64, b: f64, c: f64| Some((x.position(a)?, 1.0 - y.position(b)?, z.position(c)?));

    let mut marks = box_marks(data, theme, &x, &y, &z);
    // Quads from back to front. Each curve is followed over its own fitted range, so that a fit whose
    // range moves with the second rate still gives a smooth sheet; a thin grid is enough to read it.
    let ranges: Vec<Option<(usize, usize)>> =
        (0..data.second.len()).map(|j| finite_range(&height.column(j))).collect();
    let mut quads = Vec::new();
    for j in 1..data.second.len() {
        let (Some(left), Some(right)) = (ranges[j - 1], ranges[j]) else { continue };
        let along = |(from, to): (usize, usize), k: usize| from + (to - from) * k / STRIPS;
        for k in 0..STRIPS {
            let corners = [
                (along(left, k), j - 1),
                (along(left, k + 1), j - 1),
                (along(right, k + 1), j),
                (along(right, k), j),
            ];
            let placed: Option<Vec<InBox>> = corners
                .iter()
                .map(|&(i, j)| inside(grid[i], data.second[j], height[[i, j]]))
                .collect();
            let Some(placed) = placed else { continue };
            let mean = corners.iter().map(|&(i, j)| height[[i, j]]).sum::<f64>() / 4.0;
            let depth = placed.iter().map(|&p| project(p).1).sum::<f64>();
            quads.push((depth, placed, mean));
        }
    }
    quads.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, corners, mean) in quads {
        let fill = bar.color(mean);
        let outline = Some(Stroke::solid(fill.mix(theme.background, 0.3), 0.25));
        let points = corners.into_iter().map(|p| project(p).0).collect();
        marks.push(Mark::Area { points, fill, opacity: 1.0, outline });
    }
    let points = points && data.fit.is_some();
    if points {
        marks.extend(measured(data, &inside, theme));
    }
    // The box with room for what is written around it. The height says what the colours say: no colour bar.
    let corner = |u, v, w| project((u, v, w)).0;
    // The second label is written from the edge of the box outwards. A hundred points are about a side of the box.
    let wide = (second_label(data).width(theme.label_size) / 100.0 - 0.28).max(0.0);
    let right = corner(1.0, 1.0, 0.0).0 + 0.16 + wide;
    let x_axis = Axis::none().range(corner(0.0, 0.0, 0.0).0 - 0.24, right);
    let y_axis = Axis::none().range(corner(1.0, 0.0, 0.0).1 - 0.19, corner(0.0, 1.0, 1.0).1 + 0.02);
    let key = vec![
        (Swatch::Disc(theme.ink), Label::plain("measured, above the fit")),
        (Swatch::Ring(theme.ink), Label::plain("below")),
    ];
    Ok(Panel {
        marks,
        key: if points { key } else { Vec::new() },
        title: Label::plain(data.name),
        equal_aspect: true,
        ..Panel::new(x_axis, y_axis)
    })
}

/// The measured points, when there is a fit that they can be seen against.
fn measured(
    data: &TransferData<'_>,
    inside: &dyn Fn(f64, f64, f64) -> Option<InBox>,
    theme: &Theme,
) -> Vec<Mark> {
    let Some((grid, fit)) = &data.fit else {
        return Vec::new();
    };
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for (i, &a) in data.first.iter().enumerate() {
        for (j, &b) in data.second.iter().enumerate() {
            let value = data.rate[[i, j]];
            let Some(place) = inside(a, b, value) else {
                continue;
            };
            let nearest =
                grid.iter().enumerate().min_by(|p, q| (p.1 - a).abs().total_cmp(&(q.1 - a).abs()));
            let side = match nearest {
                Some((k, _)) if value < fit[[k, j]] => &mut below,
                _ => &mut above,
            };
            side.push(project(place).0);
        }
    }
    let points = |points, hollow| Mark::Points {
        points,
        errors: Vec::new(),
        color: theme.ink,
        radius: 0.8,
        hollow,
    };
    vec![points(below, true), points(above, false)]
}

fn second_label(data: &TransferData<'_>) -> Label {
    Label::math(&format!("{} (Hz)", data.second_symbol))
}

/// Floor and wall grid, edges, ticks and labels of the box.
fn box_marks(data: &TransferData<'_>, theme: &Theme, x: &Scale, y: &Scale, z: &Scale) -> Vec<Mark> {
    let at = |place: InBox| project(place).0;
    let ticks = |scale: &Scale, most| {
        let t = scale.ticks(most);
        let positions: Vec<f64> = t.values.iter().filter_map(|&v| scale.position(v)).collect();
        (positions, t.labels)
    };
    let (xs, x_labels) = ticks(x, 5);
    let (ys, y_labels) = ticks(y, 5);
    let (zs, z_labels) = ticks(z, 5);
    let mut grid = Vec::new();
    for &u in &xs {
        grid.push([at((u, 0.0, 0.0)), at((u, 1.0, 0.0))]);
    }
    for &p in &ys {
        grid.push([at((0.0, 1.0 - p, 0.0)), at((1.0, 1.0 - p, 0.0))]);
    }
    for &w in &zs {
        grid.push([at((0.0, 0.0, w)), at((0.0, 1.0, w))]);
        grid.push([at((0.0, 1.0, w)), at((1.0, 1.0, w))]);
    }
    let (left, near, right, far) = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0));
    let edge =
        |(a, b): (f64, f64), c: f64, (d, e): (f64, f64), f: f64| [at((a, b, c)), at((d, e, f))];
    let back = vec![
        edge(left, 0.0, far, 0.0),
        edge(far, 0.0, right, 0.0),
        edge(far, 0.0, far, 1.0),
        edge(right, 0.0, right, 1.0),
    ];
    let mut front =
        vec![edge(left, 0.0, near, 0.0), edge(near, 0.0, right, 0.0), edge(left, 0.0, left, 1.0)];
    let out = 0.03;
    let mut texts = Vec::new();
    let mut write = |at, shift, label: Label, size, anchor| {
        texts.push(Mark::Text { at, shift, label, size, color: theme.ink, anchor, upwards: false });
    };
    for (&u, label) in xs.iter().zip(x_labels) {
        front.push([at((u, 0.0, 0.0)), at((u, -out, 0.0))]);
        write(at((u, -2.2 * out, 0.0)), (0.0, 4.0), label, theme.tick_size, Anchor::End);
    }
    for (&p, label) in ys.iter().zip(y_labels) {
        let v = 1.0 - p;
        front.push([at((1.0, v, 0.0)), at((1.0 + out, v, 0.0))]);
        write(at((1.0 + 2.2 * out, v, 0.0)), (0.0, 2.5), label, theme.tick_size, Anchor::Start);
    }
    for (&w, label) in zs.iter().zip(z_labels) {
        let (px, py) = at((0.0, 0.0, w));
        front.push([(px, py), (px - out, py)]);
        write((px - 1.8 * out, py), (0.0, 0.0), label, theme.tick_size, Anchor::End);
    }
    let first = Label::math(&format!("{} (Hz)", data.first_symbol));
    write(at((0.55, -0.2, 0.0)), (-4.0, 6.0), first, theme.label_size, Anchor::End);
    let second = second_label(data);
    write(at((1.2, 0.5, 0.0)), (4.0, 6.0), second, theme.label_size, Anchor::Start);
    let (px, py) = at((0.0, 0.0, 0.5));
    texts.push(Mark::Text {
        at: (px, py),
        shift: (-2.6 * theme.label_size, 0.0),
        label: Label::plain("output rate (Hz)"),
        size: theme.label_size,
        color: theme.ink,
        anchor: Anchor::Middle,
        upwards: true,
    });
    let segments =
        |segments, color, width| Mark::Segments { segments, stroke: Stroke::solid(color, width) };
    let mut marks = vec![
        segments(grid, theme.faint, 0.4),
        segments(back, theme.faint.mix(theme.muted, 0.3), 0.5),
    ];
    marks.push(segments(front, theme.ink, theme.axis_width));
    marks.extend(texts);
    marks
}
