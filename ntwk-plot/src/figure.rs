//! A figure: panels in rows and columns on one page.

use crate::box2::Box2;
use crate::layout::Layout;
use crate::svg::Svg;
use crate::theme::Theme;
use crate::{PlotError, draw, raster_image};

/// Printed width of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Width {
    /// One column, 85 mm.
    #[default]
    Column,
    /// Two columns, 178 mm.
    Page,
    /// Any width (mm).
    Millimetres(f64),
}

impl Width {
    fn points(self) -> f64 {
        let mm = match self {
            Self::Column => 85.0,
            Self::Page => 178.0,
            Self::Millimetres(mm) => mm,
        };
        mm * 72.0 / 25.4
    }
}

/// A figure ready to be written as SVG or PNG.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What it shows, for the title element of the SVG.
    pub title: String,
    /// Printed width.
    pub width: Width,
    /// Printed height (mm).
    pub height: f64,
    /// The panels.
    pub layout: Layout,
    /// Whether the panels that ask for one get a letter (a, b, ...).
    pub letters: bool,
    /// The look.
    pub theme: Theme,
}

impl Figure {
    /// A figure of the given printed size; panels get letters when there is more than one group of them.
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        width: Width,
        height: f64,
        layout: Layout,
        theme: &Theme,
    ) -> Self {
        let letters = layout.n_letters() > 1;
        Self { title: title.into(), width, height, layout, letters, theme: theme.clone() }
    }

    /// Printed width (mm).
    #[must_use]
    pub fn printed_width(&self) -> f64 {
        self.size()[0] * 25.4 / 72.0
    }

    /// Width and height in points, between 10 mm and 5 m.
    fn size(&self) -> [f64; 2] {
        let (least, most) = (10.0 * 72.0 / 25.4, 5000.0 * 72.0 / 25.4);
        let held = |points: f64| {
            if points.is_nan() { least } else { points.clamp(least, most) }
        };
        let size = self.theme.size.map(|mm| mm.map(|v| v * 72.0 / 25.4));
        size.unwrap_or_else(|| [self.width.points(), self.height * 72.0 / 25.4]).map(held)
    }

    /// The figure as SVG text: the master, from which the PNG is made.
    ///
    /// Texts remain texts, in the font of the viewer where the bundled one is not installed. The size is held between
    /// 10 mm and 5 m; NaN counts as 10 mm.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let [width, height] = self.size();
        let mut svg = Svg::new();
        let pad = 3.0;
        let page = Box2 { x: pad, y: pad, width: width - 2.0 * pad, height: height - 2.0 * pad };
        // Without letters no panel keeps room for one.
        let letter_size = if self.letters { self.theme.letter_size } else { 0.0 };
        let theme = Theme { letter_size, ..self.theme.clone() };
        for (index, placed) in self.layout.place(page, &theme).into_iter().enumerate() {
            let letter = placed.letter.filter(|_| self.letters).map(letter_of);
            svg.begin_group(&format!("panel-{index}"));
            draw::panel(&mut svg, &placed, letter.as_deref(), &self.theme);
            svg.end_group();
        }
        svg.finish(width, height, self.theme.background, &self.title)
    }

    /// The figure as a PNG file in memory, `scale` pixels per point: 1 gives 72 dpi, 300/72 gives 300 dpi. The file says so
    /// itself (chunk pHYs), so that programs that read it know the printed size.
    ///
    /// # Errors
    /// [`PlotError::Value`] when `scale` is not finite or not above 0, [`PlotError::ImageSize`] when the image has no
    /// pixel or too many, [`PlotError::Png`] when it cannot be encoded.
    pub fn to_png(&self, scale: f64) -> Result<Vec<u8>, PlotError> {
        raster_image::png(&self.to_svg(), scale)
    }
}

/// a, b, ..., z, aa, ab, ...
fn letter_of(mut index: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'a' + (index % 26) as u8));
        if index < 26 {
            break;
        }
        index = index / 26 - 1;
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 25, 26, 27, 701, 702].map(letter_of), ["a", "z", "aa", "ab", "zz", "aaa"]);
    }
}
