//! Colours and the palette of the populations.

use std::fmt;

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// `self` moved by `t` in `[0, 1]` towards `other`, in sRGB.
    #[must_use]
    pub fn mix(self, other: Self, t: f64) -> Self {
        let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
        let part = |a: u8, b: u8| (f64::from(a) + t * (f64::from(b) - f64::from(a))).round() as u8;
        Self(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    /// Relative luminance in `[0, 1]` (WCAG 2, sRGB).
    #[must_use]
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio with `other`, 1 to 21 (WCAG 2).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl fmt::Display for Color {
    /// As in SVG: `#rrggbb`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Okabe and Ito (2008), "Color universal design": told apart with any colour vision. Without yellow and black,
/// which vanish on one of the two backgrounds.
pub(crate) const OKABE_ITO: [Color; 6] = [
    Color(0, 114, 178),   // blue
    Color(213, 94, 0),    // vermilion
    Color(0, 158, 115),   // bluish green
    Color(204, 121, 167), // reddish purple
    Color(230, 159, 0),   // orange
    Color(86, 180, 233),  // sky blue
];

/// The same hues, lightened where they would be too dark on a dark background.
pub(crate) const OKABE_ITO_ON_DARK: [Color; 6] = [
    Color(86, 180, 233),  // sky blue
    Color(240, 122, 44),  // vermilion, lightened
    Color(34, 190, 145),  // bluish green, lightened
    Color(224, 150, 192), // reddish purple, lightened
    Color(240, 190, 60),  // orange, lightened
    Color(70, 140, 205),  // blue, lightened
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_print_and_mix() {
        assert_eq!(Color(0, 114, 178).to_string(), "#0072b2");
        assert_eq!(Color(0, 0, 0).mix(Color(255, 255, 255), 0.5), Color(128, 128, 128));
        assert_eq!(Color(1, 2, 3).mix(Color(9, 9, 9), f64::NAN), Color(1, 2, 3));
        assert!((Color(0, 0, 0).contrast(Color(255, 255, 255)) - 21.0).abs() < 1e-9);
    }
}
