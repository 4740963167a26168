//! Where each panel of a figure goes.
//!
//! Panels of a row share the lines of their horizontal axes, panels of a column those of their vertical axes: the
//! margins a panel needs for its labels are widened to the largest of its row or column. The weights divide what the
//! margins leave, so panels of weight 2 are exactly twice as high as those of weight 1.

use crate::box2::{Box2, Margins};
use crate::draw;
use crate::panel::Panel;
use crate::placed::Placed;
use crate::theme::Theme;

/// Panels in rows and columns.
#[derive(Debug, Clone)]
pub enum Layout {
    /// A panel with a letter of its own.
    Panel(Box<Panel>),
    /// A panel that belongs to the one before it and gets no letter.
    Part(Box<Panel>),
    /// Side by side, with weights.
    Row(Vec<(f64, Layout)>),
    /// One below the other, with weights.
    Column(Vec<(f64, Layout)>),
}

/// Space between panels (points).
const GAP: f64 = 5.0;

impl Layout {
    /// A panel with a letter of its own.
    #[must_use]
    pub fn panel(panel: Panel) -> Self {
        Self::Panel(Box::new(panel))
    }

    /// A panel that belongs to the one before it and gets no letter.
    #[must_use]
    pub fn part(panel: Panel) -> Self {
        Self::Part(Box::new(panel))
    }

    pub(crate) fn n_letters(&self) -> usize {
        match self {
            Self::Panel(_) => 1,
            Self::Part(_) => 0,
            Self::Row(children) | Self::Column(children) => {
                children.iter().map(|c| c.1.n_letters()).sum()
            }
        }
    }

    /// The rectangles of all panels within `page`.
    pub(crate) fn place(&self, page: Box2, theme: &Theme) -> Vec<Placed<'_>> {
        let mut placed = Vec::new();
        self.place_in(page, Margins::default(), theme, &mut 0, &mut placed);
        placed
    }

    /// Margins of a panel that gets about `width` x `height` points; of anything else none, it has its own inside.
    fn margins(&self, width: f64, height: f64, theme: &Theme) -> Margins {
        match self {
            Self::Panel(p) | Self::Part(p) => {
                let first = draw::margins(p, width * 0.8, height * 0.8, theme);
                // The number of ticks depends on the length of the axes, which depends on the margins.
                let inner = (width - first.left - first.right, height - first.top - first.bottom);
                let own = draw::margins(p, inner.0, inner.1, theme);
                if matches!(self, Self::Part(_)) || theme.letter_size <= 0.0 {
                    return own;
                }
                // The letter stands in the corner, beside the title and above the labels of the vertical axis.
                let [width, height] = draw::letter_room(theme);
                Margins { left: own.left.max(width), top: own.top.max(height), ..own }
            }
            Self::Row(_) | Self::Column(_) => Margins::default(),
        }
    }

    /// `least`: margins that the row or column around asks for.
    fn place_in<'a>(
        &'a self,
        area: Box2,
        least: Margins,
        theme: &Theme,
        letter: &mut usize,
        out: &mut Vec<Placed<'a>>,
    ) {
        match self {
            Self::Panel(panel) | Self::Part(panel) => {
                let own = self.margins(area.width, area.height, theme);
                let m = Margins {
                    left: own.left.max(least.left),
                    right: own.right.max(least.right),
                    top: own.top.max(least.top),
                    bottom: own.bottom.max(least.bottom),
                };
                let axes = Box2 {
                    x: area.x + m.left,
                    y: area.y + m.top,
                    width: (area.width - m.left - m.right).max(1.0),
                    height: (area.height - m.top - m.bottom).max(1.0),
                };
                let own_letter = matches!(self, Self::Panel(_)).then(|| {
                    *letter += 1;
                    *letter - 1
                });
                out.push(Placed { panel, axes, margins: m, letter: own_letter });
            }
            Self::Row(children) => {
                let shares = shares(children, area.width);
                let each: Vec<Margins> = children
                    .iter()
                    .zip(&shares)
                    .map(|(c, &w)| c.1.margins(w, area.height, theme))
                    .collect();
                let top = largest(&each, |m| m.top);
                let bottom = largest(&each, |m| m.bottom);
                let fixed = each.iter().map(|m| m.left + m.right).collect::<Vec<_>>();
                let mut x = area.x;
                for ((child, m), width) in
                    children.iter().zip(&each).zip(divide(children, &fixed, area.width))
                {
                    let least = Margins { top, bottom, ..*m };
                    child.1.place_in(Box2 { x, width, ..area }, least, theme, letter, out);
                    x += width + GAP;
                }
            }
            Self::Column(children) => {
                let shares = shares(children, area.height);
                let each: Vec<Margins> = children
                    .iter()
                    .zip(&shares)
                    .map(|(c, &h)| c.1.margins(area.width, h, theme))
                    .collect();
                let left = largest(&each, |m| m.left);
                let right = largest(&each, |m| m.right);
                let fixed = each.iter().map(|m| m.top + m.bottom).collect::<Vec<_>>();
                let mut y = area.y;
                for ((child, m), height) in
                    children.iter().zip(&each).zip(divide(children, &fixed, area.height))
                {
                    let least = Margins { left, right, ..*m };
                    child.1.place_in(Box2 { y, height, ..area }, least, theme, letter, out);
                    y += height + GAP;
                }
            }
        }
    }
}

fn largest(margins: &[Margins], of: impl Fn(&Margins) -> f64) -> f64 {
    margins.iter().map(of).fold(0.0, f64::max)
}

fn weight(child: &(f64, Layout)) -> f64 {
    if child.0.is_finite() && child.0 > 0.0 { child.0 } else { 1.0 }
}

/// What each child gets by weight alone.
fn shares(children: &[(f64, Layout)], length: f64) -> Vec<f64> {
    divide(children, &vec![0.0; children.len()], length)
}

/// Lengths of the children: what each needs for its margins, plus its share of the rest.
fn divide(children: &[(f64, Layout)], fixed: &[f64], length: f64) -> Vec<f64> {
    let total: f64 = children.iter().map(weight).sum();
    let gaps = GAP * children.len().saturating_sub(1) as f64;
    let rest = (length - gaps - fixed.iter().sum::<f64>()).max(0.0);
    children.iter().zip(fixed).map(|(c, f)| f + rest * weight(c) / total).collect()
}
