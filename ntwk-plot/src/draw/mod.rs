//! Drawing of one panel: its margins, axes, head, scale and colour bars.

mod key;
mod mark;

use crate::axis::{Axis, TickChoice};
use crate::box2::{Box2, Margins};
use crate::color::Color;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{ColorBar, Panel, ScaleBar, Swatch};
use crate::path::Frame;
use crate::placed::Placed;
use crate::scale::{Scale, Ticks};
use crate::svg::{Anchor, Stroke, Svg, Text};
use crate::theme::Theme;
use key::{KEY_GAP, KEY_ROOM, draw_swatch, key_rows, swatch_width};
use mark::draw_mark;

/// Length of a tick (points).
const TICK: f64 = 2.4;
/// Space between an axis and what is written beside it (points).
const PAD: f64 = 1.8;
/// Width of a colour bar (points).
const BAR: f64 = 5.0;
/// Height of capitals relative to the font size.
pub(crate) const CAPITAL: f64 = 0.693;

/// Height of a line of text.
fn line_height(size: f64) -> f64 {
    1.2 * size
}

/// Ticks of a horizontal axis of `length` points.
fn x_ticks(axis: &Axis, scale: Scale, length: f64, theme: &Theme) -> Ticks {
    axis.choose_ticks(scale, length, |t| widest(t, theme) + 1.6 * theme.tick_size)
}

/// Ticks of a vertical axis of `length` points.
fn y_ticks(axis: &Axis, scale: Scale, length: f64, theme: &Theme) -> Ticks {
    axis.choose_ticks(scale, length, |_| 2.1 * theme.tick_size)
}

fn widest(ticks: &Ticks, theme: &Theme) -> f64 {
    ticks.labels.iter().map(|l| l.width(theme.tick_size)).fold(0.0, f64::max)
}

/// Width and height that the letter of a panel takes in its corner (points).
pub(crate) fn letter_room(theme: &Theme) -> [f64; 2] {
    let wide = Label::plain("m").width(theme.letter_size);
    [wide + 1.0, CAPITAL * theme.letter_size + 0.5 * theme.tick_size]
}

/// The space that a panel with axes of `width` x `height` points needs around them.
pub(crate) fn margins(panel: &Panel, width: f64, height: f64, theme: &Theme) -> Margins {
    let (x_scale, y_scale) = panel.scales();
    let mut m = Margins { left: 1.0, right: 1.0, top: 2.0, bottom: 1.0 };
    if panel.y.ticks != TickChoice::None && panel.y.written {
        let ticks = y_ticks(&panel.y, y_scale, height, theme);
        m.left = TICK + PAD + widest(&ticks, theme) + 1.0;
        // Half a tick label may stand above the axis.
        m.top = m.top.max(0.5 * theme.tick_size);
    }
    if !panel.y.label.is_empty() && panel.y.written {
        m.left += line_height(theme.label_size) + PAD;
    }
    if panel.x.ticks != TickChoice::None {
        m.bottom = TICK + 1.0;
        if panel.x.written {
            m.bottom = TICK + PAD + line_height(theme.tick_size);
            // Half of the last tick label may stand beyond the axis.
            let ticks = x_ticks(&panel.x, x_scale, width, theme);
            if let (Some(&v), Some(label)) = (ticks.values.last(), ticks.labels.last()) {
                let beyond = (1.0 - x_scale.position(v).unwrap_or(0.0)) * width;
                m.right = m.right.max(0.5 * label.width(theme.tick_size) - beyond + 1.0);
            }
        }
    }
    if !panel.x.label.is_empty() && panel.x.written {
        m.bottom += line_height(theme.label_size);
    }
    let rows = key_rows(panel, width, theme).len();
    if !panel.title.is_empty() {
        m.top += line_height(theme.label_size) + 1.0;
    }
    m.top += rows as f64 * line_height(theme.label_size);
    if rows > 0 {
        m.top += 2.0;
    }
    if let Some(twin) = &panel.twin {
        let ticks = y_ticks(&twin.y, twin.scale(), height, theme);
        m.right = TICK + PAD + widest(&ticks, theme) + PAD + line_height(theme.label_size);
    } else if let Some(bar) = &panel.color_bar {
        let ticks = bar_ticks(bar, height, theme);
        m.right =
            5.0 + BAR + TICK + PAD + widest(&ticks, theme) + PAD + line_height(theme.label_size);
    } else if panel.scale_bar.is_some() {
        m.right = m.right.max(4.0 + PAD + line_height(theme.tick_size));
    }
    m
}

/// Draws a panel with its letter.
pub(crate) fn panel(svg: &mut Svg, placed: &Placed<'_>, letter: Option<&str>, theme: &Theme) {
    let (panel, mut axes) = (placed.panel, placed.axes);
    let (x_scale, y_scale) = panel.scales();
    if panel.equal_aspect {
        axes = equal_aspect(axes, x_scale, y_scale);
    }
    let frame = Frame { x: x_scale, y: y_scale, axes };
    marks_under_axes(svg, &panel.marks, frame, theme);
    if let Some(twin) = &panel.twin {
        let frame = Frame { y: twin.scale(), ..frame };
        marks_under_axes(svg, &twin.marks, frame, theme);
        twin_axis(svg, &twin.y, frame, theme);
    }
    x_axis(svg, panel, frame, theme);
    let letter_height = letter.map_or(0.0, |_| letter_room(theme)[1]);
    y_axis(svg, panel, frame, (placed.margins, letter_height), theme);
    // Discs and texts may reach over the axes: cut in halves they would be illegible.
    for mark in &panel.marks {
        if matches!(mark, Mark::Points { .. } | Mark::Text { .. }) {
            draw_mark(svg, mark, frame, theme);
        }
    }
    head(svg, placed, letter, theme);
    if panel.twin.is_some() {
        // Its axis stands where the bars would.
    } else if let Some(bar) = &panel.color_bar {
        color_bar(svg, bar, axes, theme);
    } else if let Some(bar) = &panel.scale_bar {
        scale_bar(svg, bar, frame, theme);
    }
}

/// Lines and areas, cut off at the axes.
fn marks_under_axes(svg: &mut Svg, marks: &[Mark], frame: Frame, theme: &Theme) {
    let under_axes = |mark: &&Mark| {
        matches!(
            mark,
            Mark::Line { .. } | Mark::Segments { .. } | Mark::Area { .. } | Mark::Cells { .. }
        )
    };
    // A clip costs a layer of the whole page when pixels are made: only where something would stand out.
    let beyond = |mark: &Mark| {
        let mut places = mark.extent().into_iter().filter_map(|p| frame.to_page(p));
        places.any(|p| !frame.holds(p))
    };
    let (axes, clipped) = (frame.axes, marks.iter().filter(under_axes).any(beyond));
    if clipped {
        svg.begin_clip(axes.x - 0.5, axes.y - 0.5, axes.width + 1.0, axes.height + 1.0);
    }
    for mark in marks.iter().filter(under_axes) {
        draw_mark(svg, mark, frame, theme);
    }
    if clipped {
        svg.end_group();
    }
}

/// The largest box in the middle of `axes` in which both scales are equally long per unit.
fn equal_aspect(axes: Box2, x: Scale, y: Scale) -> Box2 {
    let span = |s: Scale| s.bounds().1 - s.bounds().0;
    let unit = (axes.width / span(x)).min(axes.height / span(y));
    let (width, height) = (unit * span(x), unit * span(y));
    Box2 {
        x: axes.x + 0.5 * (axes.width - width),
        y: axes.y + 0.5 * (axes.height - height),
        width,
        height,
    }
}

fn x_axis(svg: &mut Svg, panel: &Panel, frame: Frame, theme: &Theme) {
    let (axis, a) = (&panel.x, frame.axes);
    let base = a.y + a.height;
    let ticks = x_ticks(axis, frame.x, a.width, theme);
    let line = Stroke::solid(theme.ink, theme.axis_width);
    let mut below = base;
    if axis.ticks != TickChoice::None {
        // Names stand on the line without ticks.
        svg.line((a.x - 0.5 * theme.axis_width, base), (a.x + a.width, base), line);
    }
    if axis.has_line() {
        for (values, length) in [(&ticks.values, TICK), (&ticks.minor, 0.5 * TICK)] {
            for x in values.iter().filter_map(|&v| frame.page_x(v)) {
                svg.line((x, base), (x, base + length), line);
            }
        }
    }
    if axis.written && axis.ticks != TickChoice::None {
        below += TICK + PAD;
        for (i, (&v, label)) in ticks.values.iter().zip(&ticks.labels).enumerate() {
            if let Some(x) = frame.page_x(v) {
                let y = below + CAPITAL * theme.tick_size;
                svg.text(plain(
                    label,
                    x,
                    y,
                    theme.tick_size,
                    axis.tick_color(i, theme.ink),
                    Anchor::Middle,
                ));
            }
        }
        below += line_height(theme.tick_size);
    }
    if axis.written {
        let label = axis.full_label(&ticks);
        let y = below + 0.85 * theme.label_size;
        svg.text(plain(
            &label,
            a.x + 0.5 * a.width,
            y,
            theme.label_size,
            theme.ink,
            Anchor::Middle,
        ));
    }
}

/// The vertical axis; its label keeps below the letter, and a long one gets smaller.
fn y_axis(
    svg: &mut Svg,
    panel: &Panel,
    frame: Frame,
    (margins, letter_height): (Margins, f64),
    theme: &Theme,
) {
    let (axis, a) = (&panel.y, frame.axes);
    let ticks = y_ticks(axis, frame.y, a.height, theme);
    let line = Stroke::solid(theme.ink, theme.axis_width);
    if axis.has_line() {
        svg.line((a.x, a.y), (a.x, a.y + a.height), line);
        for (values, length) in [(&ticks.values, TICK), (&ticks.minor, 0.5 * TICK)] {
            for y in values.iter().filter_map(|&v| frame.page_y(v)) {
                svg.line((a.x - length, y), (a.x, y), line);
            }
        }
    }
    if axis.written {
        for (i, (&v, label)) in ticks.values.iter().zip(&ticks.labels).enumerate() {
            if let Some(y) = frame.page_y(v) {
                let y = y + 0.5 * CAPITAL * theme.tick_size;
                let color = axis.tick_color(i, theme.ink);
                svg.text(plain(label, a.x - TICK - PAD, y, theme.tick_size, color, Anchor::End));
            }
        }
        let label = axis.full_label(&ticks);
        let x = a.x - margins.left + 0.85 * theme.label_size;
        let (top, foot) = (a.y - margins.top + letter_height, a.y + a.height + margins.bottom);
        let room = (foot - top).max(1.0);
        let size = theme.label_size * (room / label.width(theme.label_size)).clamp(0.6, 1.0);
        let half = 0.5 * label.width(size).min(room);
        let middle = (a.y + 0.5 * a.height).clamp(top + half, foot - half);
        svg.text(Text {
            upwards: true,
            ..plain(&label, x, middle, size, theme.ink, Anchor::Middle)
        });
    }
}

/// The second vertical axis, at the right.
fn twin_axis(svg: &mut Svg, axis: &Axis, frame: Frame, theme: &Theme) {
    let a = frame.axes;
    let edge = a.x + a.width;
    let ticks = y_ticks(axis, frame.y, a.height, theme);
    let line = Stroke::solid(theme.ink, theme.axis_width);
    svg.line((edge, a.y), (edge, a.y + a.height), line);
    for (values, length) in [(&ticks.values, TICK), (&ticks.minor, 0.5 * TICK)] {
        for y in values.iter().filter_map(|&v| frame.page_y(v)) {
            svg.line((edge, y), (edge + length, y), line);
        }
    }
    for (&v, label) in ticks.values.iter().zip(&ticks.labels) {
        if let Some(y) = frame.page_y(v) {
            let y = y + 0.5 * CAPITAL * theme.tick_size;
            let (x, ink) = (edge + TICK + PAD, theme.ink);
            svg.text(plain(label, x, y, theme.tick_size, ink, Anchor::Start));
        }
    }
    let label = axis.full_label(&ticks);
    let x = edge + TICK + PAD + widest(&ticks, theme) + PAD + 0.85 * theme.label_size;
    let middle = a.y + 0.5 * a.height;
    svg.text(Text {
        upwards: true,
        ..plain(&label, x, middle, theme.label_size, theme.ink, Anchor::Middle)
    });
}

pub(crate) fn plain(
    label: &Label,
    x: f64,
    y: f64,
    size: f64,
    color: Color,
    anchor: Anchor,
) -> Text<'_> {
    Text { label, x, y, size, color, anchor, upwards: false, bold: false }
}

/// Letter, title and key, above the axes.
fn head(svg: &mut Svg, placed: &Placed<'_>, letter: Option<&str>, theme: &Theme) {
    let (panel, axes, m) = (placed.panel, placed.axes, placed.margins);
    let top = axes.y - m.top;
    if let Some(letter) = letter {
        let label = Label::plain(letter);
        let y = top + CAPITAL * theme.letter_size;
        let text = plain(&label, axes.x - m.left, y, theme.letter_size, theme.ink, Anchor::Start);
        svg.text(Text { bold: true, ..text });
    }
    let mut y = top + 0.85 * theme.label_size;
    if !panel.title.is_empty() {
        svg.text(plain(&panel.title, axes.x, y, theme.label_size, theme.ink, Anchor::Start));
        y += line_height(theme.label_size);
    }
    for row in key_rows(panel, axes.width, theme) {
        let mut x = axes.x;
        for (swatch, label) in row {
            let middle = y - 0.5 * CAPITAL * theme.label_size;
            let size = theme.tick_size;
            let color = if let Swatch::Text(c) = swatch { *c } else { theme.ink };
            draw_swatch(svg, *swatch, (x, middle), theme);
            x += swatch_width(*swatch);
            svg.text(plain(label, x, middle + 0.5 * CAPITAL * size, size, color, Anchor::Start));
            x += KEY_ROOM * label.width(size) + KEY_GAP;
        }
        y += line_height(theme.label_size);
    }
}

fn scale_bar(svg: &mut Svg, bar: &ScaleBar, frame: Frame, theme: &Theme) {
    let a = frame.axes;
    let (low, high) = frame.y.bounds();
    let length = (bar.length / (high - low) * a.height).clamp(0.0, a.height);
    let (x, base) = (a.x + a.width + 4.0, a.y + a.height);
    svg.line((x, base), (x, base - length), Stroke::solid(theme.ink, 2.0 * theme.axis_width));
    // Written upwards along the bar: centred on a long bar, from its foot on along a short one.
    let width = bar.label.width(theme.tick_size);
    let from = base - (0.5 * (length - width)).max(0.0);
    let x = x + PAD + 0.85 * theme.tick_size;
    svg.text(Text {
        upwards: true,
        ..plain(&bar.label, x, from, theme.tick_size, theme.ink, Anchor::Start)
    });
}

fn bar_axis(bar: &ColorBar) -> (Axis, Scale) {
    let axis =
        Axis { label: bar.label.clone(), spacing: bar.spacing, written: true, ..Axis::default() };
    (axis, bar.scale())
}

fn bar_ticks(bar: &ColorBar, height: f64, theme: &Theme) -> Ticks {
    let (axis, scale) = bar_axis(bar);
    y_ticks(&axis, scale, height, theme)
}

fn color_bar(svg: &mut Svg, bar: &ColorBar, axes: Box2, theme: &Theme) {
    let (axis, scale) = bar_axis(bar);
    let x = axes.x + axes.width + 5.0;
    svg.gradient((x, axes.y), (BAR, axes.height), |t| bar.shade(t));
    let ticks = bar_ticks(bar, axes.height, theme);
    let line = Stroke::solid(theme.ink, theme.axis_width);
    for (&v, label) in ticks.values.iter().zip(&ticks.labels) {
        if let Some(p) = scale.position(v) {
            let y = axes.y + (1.0 - p) * axes.height;
            svg.line((x + BAR, y), (x + BAR + TICK, y), line);
            let y = y + 0.5 * CAPITAL * theme.tick_size;
            svg.text(plain(
                label,
                x + BAR + TICK + PAD,
                y,
                theme.tick_size,
                theme.ink,
                Anchor::Start,
            ));
        }
    }
    for p in ticks.minor.iter().filter_map(|&v| scale.position(v)) {
        let y = axes.y + (1.0 - p) * axes.height;
        svg.line((x + BAR, y), (x + BAR + 0.5 * TICK, y), line);
    }
    let label = axis.full_label(&ticks);
    let x = x + BAR + TICK + PAD + widest(&ticks, theme) + PAD + 0.85 * theme.label_size;
    let middle = axes.y + 0.5 * axes.height;
    svg.text(Text {
        upwards: true,
        ..plain(&label, x, middle, theme.label_size, theme.ink, Anchor::Middle)
    });
}
