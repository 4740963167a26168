//! The key of a panel: its rows and swatches.

use super::mark::disc;
use crate::label::Label;
use crate::panel::{Panel, Swatch};
use crate::svg::{Stroke, Svg, num};
use crate::theme::Theme;

/// Room for an entry of the key relative to its width in the bundled font: a viewer may take a wider one.
pub(crate) const KEY_ROOM: f64 = 1.15;
/// Space between two entries of the key (points).
pub(crate) const KEY_GAP: f64 = 8.0;

/// Width of a swatch with the space behind it (points).
pub(crate) fn swatch_width(swatch: Swatch) -> f64 {
    match swatch {
        Swatch::Line(_) => 15.0,
        Swatch::Text(_) => 0.0,
        _ => 7.5,
    }
}

/// The entries of the key, in as many rows as the width of the axes asks for.
pub(crate) fn key_rows<'a>(
    panel: &'a Panel,
    width: f64,
    theme: &Theme,
) -> Vec<Vec<&'a (Swatch, Label)>> {
    let mut rows: Vec<Vec<&(Swatch, Label)>> = Vec::new();
    let mut x = f64::INFINITY;
    for entry in &panel.key {
        let length = swatch_width(entry.0) + KEY_ROOM * entry.1.width(theme.tick_size);
        match rows.last_mut() {
            Some(row) if x + length <= width => row.push(entry),
            _ => {
                rows.push(vec![entry]);
                x = 0.0;
            }
        }
        x += length + KEY_GAP;
    }
    rows
}

/// Draws a swatch from `x` on, centred on `y`.
pub(crate) fn draw_swatch(svg: &mut Svg, swatch: Swatch, (x, y): (f64, f64), theme: &Theme) {
    match swatch {
        Swatch::Line(stroke) => svg.line((x, y), (x + 12.0, y), stroke),
        Swatch::Disc(c) => svg.fill_path(&disc((x + 2.5, y), 1.8), c, 1.0, None),
        Swatch::Ring(c) => {
            svg.fill_path(
                &disc((x + 2.5, y), 1.8),
                theme.background,
                1.0,
                Some(Stroke::solid(c, 0.8)),
            );
        }
        Swatch::Bar(c) => {
            svg.line((x + 2.5, y - 3.4), (x + 2.5, y + 3.4), Stroke::solid(c, 0.6));
            svg.fill_path(&disc((x + 2.5, y), 1.5), c, 1.0, None);
        }
        Swatch::Patch(c) => {
            let d = format!("M{} {}h4.6v4.6h-4.6z", num(x), num(y - 2.3));
            svg.fill_path(&d, c, 1.0, None);
        }
        Swatch::Text(_) => {}
    }
}
