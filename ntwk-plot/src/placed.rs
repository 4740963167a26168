//! A panel and its place on the page.

use crate::box2::{Box2, Margins};
use crate::panel::Panel;

/// A panel with the rectangle inside its axes.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub panel: &'a Panel,
    pub axes: Box2,
    pub margins: Margins,
    /// Its place among the panels with a letter.
    pub letter: Option<usize>,
}
