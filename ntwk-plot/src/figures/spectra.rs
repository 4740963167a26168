//! Power spectra of the populations' activity.

use ntwk_analysis::PowerSpectrum;

use crate::axis::Axis;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{Panel, Swatch};
use crate::svg::Stroke;
use crate::theme::Theme;

/// Densities of the populations in the model's order, both axes logarithmic; the density at 0 Hz is left out.
/// `unit` is the unit of the signal: `"Hz"` for rates.
#[must_use]
pub fn spectra(populations: &[(&str, &PowerSpectrum)], unit: &str, theme: &Theme) -> Panel {
    let mut marks = Vec::new();
    let mut key = Vec::new();
    for (i, (name, spectrum)) in populations.iter().enumerate() {
        let stroke = Stroke::solid(theme.population(i), 0.9);
        let points = spectrum.frequencies.iter().copied().zip(spectrum.density.iter().copied());
        marks.push(Mark::line(points.filter(|p| p.0 > 0.0), stroke));
        key.push((Swatch::Line(stroke), Label::plain(*name)));
    }
    let y = Axis::new(&format!("power density ({unit}^2/Hz)")).log();
    Panel { marks, key, ..Panel::new(Axis::new("frequency (Hz)").log(), y) }
}
