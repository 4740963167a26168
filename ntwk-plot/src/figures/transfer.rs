//! The transfer function of a cell: output rate against two input rates.

use ndarray::ArrayView2;

use crate::axis::Axis;
use crate::error::PlotError;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{ColorBar, Panel, Swatch};
use crate::scale::{Spacing, range_of};
use crate::svg::Stroke;
use crate::theme::Theme;

/// A measured transfer function with its fit. Rates in Hz.
#[derive(Debug, Clone)]
pub struct TransferData<'a> {
    /// Name of the cell or population.
    pub name: &'a str,
    /// What the first rate is: `"excitatory input"`.
    pub first_name: &'a str,
    /// Its symbol, as in [`Label::math`]: `"ν_e"`.
    pub first_symbol: &'a str,
    /// What the second rate is: `"inhibitory input"`.
    pub second_name: &'a str,
    /// Its symbol.
    pub second_symbol: &'a str,
    /// First (excitatory) input rates that were measured.
    pub first: &'a [f64],
    /// Second (inhibitory) input rates that were measured.
    pub second: &'a [f64],
    /// Measured output rates, `[first x second]`; NaN where there is none.
    pub rate: ArrayView2<'a, f64>,
    /// Standard errors of `rate`, of the same shape.
    pub error: Option<ArrayView2<'a, f64>>,
    /// First input rates at which the fit is given, with its output rates `[fit_first x second]`.
    pub fit: Option<(&'a [f64], ArrayView2<'a, f64>)>,
}

impl TransferData<'_> {
    /// Checks that the shapes agree.
    pub(crate) fn check(&self) -> Result<(), PlotError> {
        let same = |what, left, right| {
            if left == right { Ok(()) } else { Err(PlotError::Lengths { what, left, right }) }
        };
        same(
            "first input rates and rows of the transfer function",
            self.first.len(),
            self.rate.nrows(),
        )?;
        same(
            "second input rates and columns of the transfer function",
            self.second.len(),
            self.rate.ncols(),
        )?;
        if let Some(e) = &self.error {
            same("rows of the transfer function and of its errors", self.rate.nrows(), e.nrows())?;
            same(
                "columns of the transfer function and of its errors",
                self.rate.ncols(),
                e.ncols(),
            )?;
        }
        if let Some((first, rate)) = &self.fit {
            same("first input rates and rows of the fit", first.len(), rate.nrows())?;
            same("second input rates and columns of the fit", self.second.len(), rate.ncols())?;
        }
        Ok(())
    }

    /// The colours of the second rate.
    pub(crate) fn color_bar(&self, theme: &Theme) -> ColorBar {
        let (low, high) = range_of(self.second.iter().copied(), 0.0);
        let label = rate_label(self.second_name, self.second_symbol);
        ColorBar {
            map: theme.colormap,
            shades: theme.shades,
            range: (low, high),
            label,
            spacing: Spacing::Linear,
        }
    }
}

/// The transfer function as curves: measured points with standard errors, fitted curves, coloured by the second rate.
///
/// # Errors
/// [`PlotError::Lengths`] when the shapes do not agree.
pub fn transfer(data: &TransferData<'_>, theme: &Theme) -> Result<Panel, PlotError> {
    data.check()?;
    let bar = data.color_bar(theme);
    let mut marks = Vec::new();
    if let Some((first, rate)) = &data.fit {
        for (j, &second) in data.second.iter().enumerate() {
            let points = first.iter().copied().zip(rate.column(j).to_vec());
            marks.push(Mark::line(points, Stroke::solid(bar.color(second), 0.9)));
        }
    }
    for (j, &second) in data.second.iter().enumerate() {
        let errors = data.error.as_ref().map_or_else(Vec::new, |e| e.column(j).to_vec());
        let points = data.first.iter().copied().zip(data.rate.column(j).iter().copied()).collect();
        marks.push(Mark::Points {
            points,
            errors,
            color: bar.color(second),
            radius: 1.1,
            hollow: false,
        });
    }
    let mut key = vec![(
        if data.error.is_some() { Swatch::Bar(theme.muted) } else { Swatch::Disc(theme.muted) },
        Label::plain(if data.error.is_some() { "measured ± s.e.m." } else { "measured" }),
    )];
    if data.fit.is_some() {
        key.push((Swatch::Line(Stroke::solid(theme.muted, 0.9)), "fit".into()));
    }
    let x = Axis { label: rate_label(data.first_name, data.first_symbol), ..Axis::new("") };
    let errors = data.error.iter().flatten().map(|e| if e.is_finite() { *e } else { 0.0 });
    let highest =
        data.rate.iter().copied().zip(errors.chain(std::iter::repeat(0.0))).map(|(r, e)| r + e);
    let fitted = data.fit.iter().flat_map(|f| f.1.iter()).copied();
    // Rates are not negative, and 0 is what they are seen against.
    let (_, high) = range_of(highest.chain(fitted), 0.05);
    Ok(Panel {
        marks,
        key,
        title: Label::plain(data.name),
        color_bar: Some(bar),
        ..Panel::new(x, Axis::new("output rate (Hz)").range(0.0, high.max(1e-9)))
    })
}

/// Words as they are, the symbol with its scripts, the unit.
fn rate_label(name: &str, symbol: &str) -> Label {
    Label::plain(name).then(Label::math(&format!(" {symbol} (Hz)")))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn one_curve_and_one_set_of_points_per_second_rate() {
        let rate = Array2::from_elem((4, 3), 2.0);
        let fit = Array2::from_elem((50, 3), 2.0);
        let first: Vec<f64> = (0..50).map(f64::from).collect();
        let mut data = TransferData {
            name: "RS",
            first_name: "excitatory input",
            first_symbol: "ν_e",
            second_name: "inhibitory input",
            second_symbol: "ν_i",
            first: &first[..4],
            second: &[1.0, 2.0, 4.0],
            rate: rate.view(),
            error: Some(rate.view()),
            fit: Some((&first, fit.view())),
        };
        assert_eq!(transfer(&data, &Theme::light()).unwrap().marks.len(), 6);
        data.fit = Some((&first[1..], fit.view()));
        assert!(matches!(transfer(&data, &Theme::light()), Err(PlotError::Lengths { .. })));
    }
}
