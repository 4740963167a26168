//! Drawing of one mark.

use std::collections::BTreeMap;

use ndarray::Array2;

use crate::color::Color;
use crate::draw::{CAPITAL, plain};
use crate::mark::Mark;
use crate::path::Frame;
use crate::svg::{Stroke, Svg, Text, num};
use crate::theme::Theme;

/// Draws `mark` in the coordinates of `frame`.
pub(crate) fn draw_mark(svg: &mut Svg, mark: &Mark, frame: Frame, theme: &Theme) {
    match mark {
        Mark::Line { points, stroke } => svg.stroke_path(&frame.polyline(points), *stroke),
        Mark::Segments { segments, stroke } => svg.stroke_path(&frame.segments(segments), *stroke),
        Mark::Area { points, fill, opacity, outline } => {
            svg.fill_path(&frame.polygon(points), *fill, *opacity, *outline);
        }
        Mark::Cells { x_edges, y_edges, colors } => cells(svg, (x_edges, y_edges), colors, frame),
        Mark::Points { points, errors, color, radius, hollow } => {
            let (low, high) = frame.y.bounds();
            let bars: Vec<[(f64, f64); 2]> = points
                .iter()
                .zip(errors)
                .filter(|(_, e)| e.is_finite() && **e > 0.0)
                .map(|(&(x, y), &e)| [(x, (y - e).max(low)), (x, (y + e).min(high))])
                .collect();
            svg.stroke_path(&frame.segments(&bars), Stroke::solid(*color, 0.6));
            let mut d = String::new();
            for &p in points {
                if let Some(q) = frame.to_page(p).filter(|&q| frame.holds(q)) {
                    d.push_str(&disc(q, *radius));
                }
            }
            if *hollow {
                svg.fill_path(&d, theme.background, 1.0, Some(Stroke::solid(*color, 0.8)));
            } else {
                svg.fill_path(&d, *color, 1.0, None);
            }
        }
        Mark::Text { at, shift, label, size, color, anchor, upwards } => {
            if let Some((x, y)) = frame.to_page(*at) {
                let half = 0.5 * CAPITAL * size;
                let (dx, dy) = if *upwards { (half, 0.0) } else { (0.0, half) };
                let text = plain(label, x + shift.0 + dx, y + shift.1 + dy, *size, *color, *anchor);
                svg.text(Text { upwards: *upwards, ..text });
            }
        }
    }
}

/// Cells, one path per colour; neighbours of one colour in a column are one rectangle.
fn cells(
    svg: &mut Svg,
    (x_edges, y_edges): (&[f64], &[f64]),
    colors: &Array2<Option<Color>>,
    frame: Frame,
) {
    let mut paths: BTreeMap<[u8; 3], String> = BTreeMap::new();
    for (x, column) in x_edges.windows(2).zip(colors.rows()) {
        let mut low = 0;
        for run in column.to_vec().chunk_by(|a, b| a == b) {
            let high = low + run.len();
            let corners = (y_edges.get(low).zip(y_edges.get(high)))
                .and_then(|(&b, &t)| frame.to_page((x[0], b)).zip(frame.to_page((x[1], t))));
            if let (Some(Some(c)), Some((a, b))) = (run.first(), corners) {
                // Neighbours write the same number for the edge they share: no seam between them.
                let (left, foot, right, top) = (num(a.0), num(a.1), num(b.0), num(b.1));
                let path = paths.entry([c.0, c.1, c.2]).or_default();
                path.push_str(&format!("M{left} {foot}H{right}V{top}H{left}z"));
            }
            low = high;
        }
    }
    svg.begin_crisp();
    for ([r, g, b], d) in paths {
        svg.fill_path(&d, Color(r, g, b), 1.0, None);
    }
    svg.end_group();
}

/// A circle as path data.
pub(crate) fn disc((x, y): (f64, f64), r: f64) -> String {
    let (r_, d) = (num(r), num(2.0 * r));
    format!("M{} {}a{r_} {r_} 0 1 0 {d} 0a{r_} {r_} 0 1 0 -{d} 0z", num(x - r), num(y))
}
