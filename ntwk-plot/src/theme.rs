//! Colours, sizes and widths that all figures share.

use crate::color::{Color, OKABE_ITO, OKABE_ITO_ON_DARK};
use crate::colormap::Colormap;

/// The look of a figure. Lengths in points (1/72 inch) at the printed size.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Background.
    pub background: Color,
    /// Text, axes and marks without a population.
    pub ink: Color,
    /// Secondary text, reference lines.
    pub muted: Color,
    /// Grid lines and neutral fills.
    pub faint: Color,
    /// Colours of the populations, in the model's order.
    pub palette: Vec<Color>,
    /// Colours of single populations, by index, before the palette.
    pub chosen: Vec<(usize, Color)>,
    /// Excitatory currents and conductances.
    pub excitation: Color,
    /// Inhibitory currents and conductances.
    pub inhibition: Color,
    /// Map for quantities.
    pub colormap: Colormap,
    /// Part of the map that stands out from the background, in `[0, 1]`.
    pub shades: (f64, f64),
    /// Axis labels and legends.
    pub label_size: f64,
    /// Tick labels and notes.
    pub tick_size: f64,
    /// Panel letters.
    pub letter_size: f64,
    /// Axes and ticks.
    pub axis_width: f64,
    /// Curves.
    pub line_width: f64,
    /// Printed width and height (mm) of every figure; each as it is made where `None`.
    pub size: Option<[f64; 2]>,
    /// Pixels per inch of a PNG.
    pub dpi: f64,
}

impl Theme {
    /// Dark on white, for print.
    #[must_use]
    pub fn light() -> Self {
        Self {
            background: Color(255, 255, 255),
            ink: Color(26, 26, 26),
            muted: Color(105, 105, 105),
            faint: Color(218, 218, 218),
            palette: OKABE_ITO.to_vec(),
            chosen: Vec::new(),
            excitation: OKABE_ITO[2],
            inhibition: OKABE_ITO[1],
            colormap: Colormap::Viridis,
            shades: (0.0, 0.9),
            label_size: 7.5,
            tick_size: 6.5,
            letter_size: 10.0,
            axis_width: 0.6,
            line_width: 1.1,
            size: None,
            dpi: 300.0,
        }
    }

    /// Light on near-black, for slides and screens.
    #[must_use]
    pub fn dark() -> Self {
        Self {
            background: Color(20, 22, 26),
            ink: Color(236, 236, 236),
            muted: Color(165, 168, 172),
            faint: Color(62, 66, 72),
            palette: OKABE_ITO_ON_DARK.to_vec(),
            chosen: Vec::new(),
            excitation: OKABE_ITO_ON_DARK[2],
            inhibition: OKABE_ITO_ON_DARK[1],
            shades: (0.2, 1.0),
            ..Self::light()
        }
    }

    /// Colour of the population with index `i` in the model: the same in every figure of a model.
    ///
    /// Beyond the palette the hues repeat, each round a shade nearer to the ink.
    #[must_use]
    pub fn population(&self, i: usize) -> Color {
        if let Some((_, color)) = self.chosen.iter().find(|c| c.0 == i) {
            return *color;
        }
        let n = self.palette.len();
        if n == 0 {
            return self.ink;
        }
        let round = (i / n) as f64;
        self.palette[i % n].mix(self.ink, 1.0 - 0.62_f64.powf(round))
    }

    /// Gives the population with index `i` a colour; those of the others stay.
    pub fn set_population(&mut self, i: usize, color: Color) {
        self.chosen.retain(|c| c.0 != i);
        self.chosen.push((i, color));
    }

    /// `color` moved towards the ink, so that it stands out over lines and areas of `color` itself.
    #[must_use]
    pub fn strong(&self, color: Color) -> Color {
        color.mix(self.ink, 0.6)
    }

    /// `color` moved towards the background by `t` in `[0, 1]`: what an opacity of `1 - t` shows.
    #[must_use]
    pub fn pale(&self, color: Color, t: f64) -> Color {
        color.mix(self.background, t)
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::light()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_stands_out_from_its_background() {
        for theme in [Theme::light(), Theme::dark()] {
            for i in 0..12 {
                let c = theme.population(i).contrast(theme.background);
                assert!(c > 1.9, "population {i}: contrast {c}");
            }
            assert!(theme.muted.contrast(theme.background) > 4.5);
            assert!(theme.ink.contrast(theme.background) > 12.0);
        }
    }

    #[test]
    fn populations_beyond_the_palette_differ() {
        let t = Theme::light();
        for i in 0..12 {
            for j in 0..i {
                assert_ne!(t.population(i), t.population(j), "{i} {j}");
            }
        }
    }
}
