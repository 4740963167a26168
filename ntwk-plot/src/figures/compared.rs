//! Stationary quantities, simulated and predicted, side by side.

use crate::axis::Axis;
use crate::error::PlotError;
use crate::figure::{Figure, Width};
use crate::label::Label;
use crate::layout::Layout;
use crate::mark::Mark;
use crate::panel::{Panel, Swatch};
use crate::theme::Theme;

/// One population's value of a quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared<'a> {
    /// Name of the population.
    pub name: &'a str,
    /// Simulated value; NaN when there is none.
    pub simulated: f64,
    /// Its error bar (standard deviation or error; the caption says which), 0 for none.
    pub error: f64,
    /// Predicted value; NaN when there is none.
    pub predicted: f64,
}

/// One quantity of all populations.
#[derive(Debug, Clone)]
pub struct Quantity<'a> {
    /// Quantity and unit, as in [`Label::math`]: `"mean V_m (mV)"`.
    pub label: &'a str,
    /// The populations in the model's order.
    pub values: &'a [Compared<'a>],
}

/// One panel per quantity, up to three in a row: discs are simulated, rings predicted.
///
/// # Errors
/// [`PlotError::Value`] when there is no quantity.
pub fn compared(quantities: &[Quantity<'_>], theme: &Theme) -> Result<Figure, PlotError> {
    if quantities.is_empty() {
        return Err(PlotError::Value {
            name: "number of quantities",
            value: 0.0,
            expected: "at least 1",
        });
    }
    let per_row = quantities.len().min(3);
    let rows: Vec<(f64, Layout)> = quantities
        .chunks(per_row)
        .enumerate()
        .map(|(r, chunk)| {
            let panels = chunk.iter().enumerate().map(|(c, q)| {
                let mut panel = quantity_panel(q, theme);
                if r + c > 0 {
                    panel.key.clear();
                }
                (1.0, Layout::panel(panel))
            });
            (1.0, Layout::Row(panels.collect()))
        })
        .collect();
    let width =
        if per_row == 1 { Width::Column } else { Width::Millimetres(45.0 * per_row as f64 + 10.0) };
    let height = 48.0 * rows.len() as f64;
    Ok(Figure::new(
        "Simulated and predicted quantities",
        width,
        height,
        Layout::Column(rows),
        theme,
    ))
}

fn quantity_panel(quantity: &Quantity<'_>, theme: &Theme) -> Panel {
    let offset = 0.14;
    let mut marks = Vec::new();
    for (i, v) in quantity.values.iter().enumerate() {
        let color = theme.population(i);
        let x = i as f64;
        let points = |at, value, error, hollow| Mark::Points {
            points: vec![(at, value)],
            errors: vec![error],
            color,
            radius: 2.2,
            hollow,
        };
        marks.push(points(x - offset, v.simulated, v.error, false));
        marks.push(points(x + offset, v.predicted, 0.0, true));
    }
    let names = quantity
        .values
        .iter()
        .enumerate()
        .map(|(i, v)| (i as f64, Label::plain(v.name), theme.population(i)))
        .collect();
    let last = quantity.values.len().max(1) as f64 - 1.0;
    let x = Axis::new("").range(-0.6, last + 0.6).names_at(names);
    let key = vec![
        (Swatch::Disc(theme.muted), Label::plain("simulated")),
        (Swatch::Ring(theme.muted), Label::plain("predicted")),
    ];
    Panel { marks, key, ..Panel::new(x, Axis::new(quantity.label)) }
}
