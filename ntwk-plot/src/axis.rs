//! One axis of a panel.

use crate::color::Color;
use crate::label::Label;
use crate::scale::{Scale, Spacing, Ticks, signed};

/// Where the ticks of an axis stand.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TickChoice {
    /// At round values, as many as there is room for.
    #[default]
    Auto,
    /// At these values, with these labels.
    At(Vec<(f64, Label)>),
    /// Names in their colours beside these values, without ticks: for categories.
    Names(Vec<(f64, Label, Color)>),
    /// Nowhere; the axis line is not drawn either.
    None,
}

/// One axis: what it says, its range and its ticks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Quantity and unit.
    pub label: Label,
    /// Range; from the data when `None`.
    pub range: Option<(f64, f64)>,
    /// Linear or logarithmic.
    pub spacing: Spacing,
    /// Ticks.
    pub ticks: TickChoice,
    /// Whether label and tick labels are written; not so where the panel below shares the axis.
    pub written: bool,
}

impl Axis {
    /// A linear axis with ticks at round values; `label` as in [`Label::math`].
    #[must_use]
    pub fn new(label: &str) -> Self {
        Self { label: Label::math(label), written: true, ..Self::default() }
    }

    /// An axis that is not drawn.
    #[must_use]
    pub fn none() -> Self {
        Self { ticks: TickChoice::None, ..Self::default() }
    }

    /// The same with a fixed range.
    #[must_use]
    pub fn range(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// The same with logarithmic spacing.
    #[must_use]
    pub fn log(self) -> Self {
        Self { spacing: Spacing::Log, ..self }
    }

    /// The same with the given ticks.
    #[must_use]
    pub fn ticks_at(self, ticks: Vec<(f64, Label)>) -> Self {
        Self { ticks: TickChoice::At(ticks), ..self }
    }

    /// The same with names instead of ticks.
    #[must_use]
    pub fn names_at(self, names: Vec<(f64, Label, Color)>) -> Self {
        Self { ticks: TickChoice::Names(names), ..self }
    }

    /// The same without label and tick labels.
    #[must_use]
    pub fn unwritten(self) -> Self {
        Self { written: false, ..self }
    }

    /// Whether the axis has ticks, and so a line to carry them.
    pub(crate) fn has_line(&self) -> bool {
        !matches!(self.ticks, TickChoice::None | TickChoice::Names(_))
    }

    /// Colour of tick label `i`.
    pub(crate) fn tick_color(&self, i: usize, ink: Color) -> Color {
        match &self.ticks {
            TickChoice::Names(names) => names.get(i).map_or(ink, |n| n.2),
            _ => ink,
        }
    }

    /// Ticks on `scale` for an axis of `length` points whose labels need `room` points each.
    pub(crate) fn choose_ticks(
        &self,
        scale: Scale,
        length: f64,
        room: impl Fn(&Ticks) -> f64,
    ) -> Ticks {
        match &self.ticks {
            TickChoice::None => Ticks::default(),
            TickChoice::At(at) => Ticks {
                values: at.iter().map(|t| t.0).collect(),
                labels: at.iter().map(|t| t.1.clone()).collect(),
                ..Ticks::default()
            },
            TickChoice::Names(names) => Ticks {
                values: names.iter().map(|t| t.0).collect(),
                labels: names.iter().map(|t| t.1.clone()).collect(),
                ..Ticks::default()
            },
            TickChoice::Auto => {
                let mut ticks = scale.ticks(2);
                for most in 3..=7 {
                    let more = scale.ticks(most);
                    if more.values.len() as f64 * room(&more) > length {
                        break;
                    }
                    ticks = more;
                }
                ticks
            }
        }
    }

    /// The label with the power of ten that the ticks leave out.
    pub(crate) fn full_label(&self, ticks: &Ticks) -> Label {
        if ticks.exponent == 0 {
            return self.label.clone();
        }
        let power = signed(f64::from(ticks.exponent), 0);
        self.label.clone().then(Label::math(&format!(" × 10^{{{power}}}")))
    }
}
