//! SVG text, element by element. Coordinates in points, the origin at the top left, y downwards.

use std::fmt::Write;

use crate::color::Color;
use crate::label::{Label, SCRIPT_SIZE, Script};

/// How a path or a shape is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub color: Color,
    /// Width (points).
    pub width: f64,
    /// Whether the line is dashed.
    pub dashed: bool,
    /// Opacity in `[0, 1]`.
    pub opacity: f64,
}

impl Stroke {
    /// A solid line.
    #[must_use]
    pub fn solid(color: Color, width: f64) -> Self {
        Self { color, width, dashed: false, opacity: 1.0 }
    }

    /// A dashed line.
    #[must_use]
    pub fn dashed(color: Color, width: f64) -> Self {
        Self { dashed: true, ..Self::solid(color, width) }
    }

    /// The same with an opacity.
    #[must_use]
    pub fn opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Which point of a text its position names, along the direction of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// Its start.
    #[default]
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A text to be placed; `y` is its base line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub label: &'a Label,
    pub x: f64,
    pub y: f64,
    pub size: f64,
    pub color: Color,
    pub anchor: Anchor,
    /// Turned by 90 degrees, written upwards.
    pub upwards: bool,
    pub bold: bool,
}

/// An SVG document under construction.
#[derive(Debug)]
pub(crate) struct Svg {
    body: String,
    /// Identifiers given away.
    ids: usize,
}

impl Svg {
    pub fn new() -> Self {
        Self { body: String::new(), ids: 0 }
    }

    /// The document: `width` x `height` points, described by `title`.
    pub fn finish(self, width: f64, height: f64, background: Color, title: &str) -> String {
        let mm = |points: f64| num(points * 25.4 / 72.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\" \
             font-family=\"Ubuntu, 'Helvetica Neue', Arial, sans-serif\" stroke-linejoin=\"round\">\n\
             <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{background}\"/>\n{}</svg>\n",
            mm(width),
            mm(height),
            num(width),
            num(height),
            escape(title),
            self.body,
        )
    }

    /// Opens a group that shows only what lies in the rectangle; [`Svg::end_group`] closes it.
    pub fn begin_clip(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let id = self.ids;
        self.ids += 1;
        self.push(format_args!(
            "<clipPath id=\"c{id}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n\
             <g clip-path=\"url(#c{id})\">",
            num(x),
            num(y),
            num(width.max(0.0)),
            num(height.max(0.0))
        ));
    }

    /// Opens a group with a name.
    pub fn begin_group(&mut self, name: &str) {
        self.push(format_args!("<g id=\"{}\">", escape(name)));
    }

    /// Opens a group whose areas meet without a seam.
    pub fn begin_crisp(&mut self) {
        self.push(format_args!("<g shape-rendering=\"crispEdges\">"));
    }

    pub fn end_group(&mut self) {
        self.push(format_args!("</g>"));
    }

    /// A path that is not filled. An empty `d` draws nothing.
    pub fn stroke_path(&mut self, d: &str, stroke: Stroke) {
        if !d.is_empty() {
            self.push(format_args!("<path d=\"{d}\" fill=\"none\"{}/>", stroke_attributes(stroke)));
        }
    }

    /// A filled path, with an outline when `stroke` is given.
    pub fn fill_path(&mut self, d: &str, fill: Color, opacity: f64, stroke: Option<Stroke>) {
        if d.is_empty() {
            return;
        }
        let opacity = if opacity < 1.0 {
            format!(" fill-opacity=\"{}\"", num(opacity))
        } else {
            String::new()
        };
        let stroke = stroke.map(stroke_attributes).unwrap_or_default();
        self.push(format_args!("<path d=\"{d}\" fill=\"{fill}\"{opacity}{stroke}/>"));
    }

    /// A rectangle filled with a vertical gradient, from `shade(0)` at its foot to `shade(1)` at its top.
    pub fn gradient(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        shade: impl Fn(f64) -> Color,
    ) {
        let id = self.ids;
        self.ids += 1;
        let mut stops = String::new();
        for i in 0..=32 {
            let t = f64::from(i) / 32.0;
            // Writing to a String does not fail.
            let _ = write!(stops, "<stop offset=\"{t}\" stop-color=\"{}\"/>", shade(t));
        }
        self.push(format_args!(
            "<linearGradient id=\"c{id}\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">{stops}</linearGradient>\n\
             <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"url(#c{id})\"/>",
            num(x),
            num(y),
            num(width),
            num(height.max(0.0))
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        let d = format!("M{} {}L{} {}", num(from.0), num(from.1), num(to.0), num(to.1));
        self.stroke_path(&d, stroke);
    }

    pub fn text(&mut self, text: Text<'_>) {
        if text.label.is_empty() {
            return;
        }
        let (x, y) = (num(text.x), num(text.y));
        let place = if text.upwards {
            format!("transform=\"translate({x} {y}) rotate(-90)\"")
        } else {
            format!("x=\"{x}\" y=\"{y}\"")
        };
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        // The bundled font has one weight: an outline of the same colour makes it bold.
        let bold = if text.bold {
            format!(" stroke=\"{}\" stroke-width=\"{}\"", text.color, num(0.05 * text.size))
        } else {
            String::new()
        };
        let mut content = String::new();
        let mut shift = 0.0;
        for run in &text.label.runs {
            let (size, offset) = match run.script {
                Script::Normal => (1.0, 0.0),
                Script::Sub => (SCRIPT_SIZE, 0.2),
                Script::Super => (SCRIPT_SIZE, -0.36),
            };
            let words = escape(&run.text);
            if size == 1.0 && shift == 0.0 {
                content.push_str(&words);
            } else {
                // dy is relative to the end of the previous run.
                let dy = (offset - shift) * text.size;
                // Writing to a String does not fail.
                let _ = write!(
                    content,
                    "<tspan dy=\"{}\" font-size=\"{}\">{words}</tspan>",
                    num(dy),
                    num(size * text.size)
                );
            }
            shift = offset;
        }
        self.push(format_args!(
            "<text {place} font-size=\"{}\" fill=\"{}\"{anchor}{bold} xml:space=\"preserve\">{content}</text>",
            num(text.size),
            text.color
        ));
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn stroke_attributes(s: Stroke) -> String {
    let mut attributes = format!(" stroke=\"{}\" stroke-width=\"{}\"", s.color, num(s.width));
    if s.dashed {
        let _ = write!(
            attributes,
            " stroke-dasharray=\"{} {}\"",
            num(3.2 * s.width),
            num(1.8 * s.width)
        );
    }
    if s.opacity < 1.0 {
        let _ = write!(attributes, " stroke-opacity=\"{}\"", num(s.opacity));
    }
    attributes
}

/// A coordinate with at most two decimals, as short as it can be written; what is not finite becomes 0.
pub(crate) fn num(v: f64) -> String {
    let rounded = (v * 100.0).round() / 100.0;
    if !rounded.is_finite() || rounded == 0.0 {
        return "0".to_owned();
    }
    format!("{rounded}")
}

/// Text as XML content; characters that XML 1.0 does not allow are dropped.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_finite() {
        let written: Vec<String> =
            [1.0, -0.001, 2.345, 100.10, f64::NAN, 1e12].into_iter().map(num).collect();
        assert_eq!(written, ["1", "0", "2.35", "100.1", "0", "1000000000000"]);
    }

    #[test]
    fn names_cannot_break_the_document() {
        assert_eq!(escape("a<b & \"c\"\u{0}\n"), "a&lt;b &amp; &quot;c&quot; ");
    }
}
