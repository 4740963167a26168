//! Maps from a number to a colour.

use crate::color::Color;

/// A perceptually uniform map that reads the same with any colour vision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colormap {
    /// Dark violet over green to yellow (matplotlib's viridis).
    #[default]
    Viridis,
    /// Dark blue over grey to yellow (Nuñez, Anderton and Renslow 2018, PLoS ONE 13:e0199239).
    Cividis,
    /// Blue over a pale middle to red, for quantities with a sign (ColorBrewer's RdBu, reversed).
    Diverging,
}

/// Equally spaced colours of each map; between them sRGB is interpolated (below one unit of 255 from the original).
const VIRIDIS: [u32; 17] = [
    0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c,
    0x1fa088, 0x28ae80, 0x3fbc73, 0x5ec962, 0x84d44b, 0xaddc30, 0xd8e219, 0xfde725,
];
const CIVIDIS: [u32; 9] =
    [0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xfee838];
const DIVERGING: [u32; 9] =
    [0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b];

impl Colormap {
    /// The colour at `t`, clamped to `[0, 1]`; NaN gives the first colour.
    #[must_use]
    pub fn at(self, t: f64) -> Color {
        let stops: &[u32] = match self {
            Self::Viridis => &VIRIDIS,
            Self::Cividis => &CIVIDIS,
            Self::Diverging => &DIVERGING,
        };
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let position = t * (stops.len() - 1) as f64;
        let low = (position as usize).min(stops.len() - 2);
        rgb(stops[low]).mix(rgb(stops[low + 1]), position - low as f64)
    }
}

fn rgb(hex: u32) -> Color {
    let [_, r, g, b] = hex.to_be_bytes();
    Color(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_maps_rise_in_luminance() {
        for map in [Colormap::Viridis, Colormap::Cividis] {
            let l: Vec<f64> = (0..=100).map(|i| map.at(f64::from(i) / 100.0).luminance()).collect();
            assert!(l.windows(2).all(|w| w[1] > w[0]), "{map:?}");
        }
    }

    #[test]
    fn ends_and_nonsense_are_colours() {
        assert_eq!(Colormap::Viridis.at(-3.0), Color(0x44, 0x01, 0x54));
        assert_eq!(Colormap::Viridis.at(f64::INFINITY), Color(0xfd, 0xe7, 0x25));
        assert_eq!(Colormap::Cividis.at(f64::NAN), Color(0x00, 0x22, 0x4e));
        assert_eq!(Colormap::Diverging.at(0.5), Color(0xf7, 0xf7, 0xf7));
    }
}
