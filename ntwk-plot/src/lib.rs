//! Figures of ntwk as SVG and PNG.
//!
//! A [`Figure`] is a page of [`Panel`]s in rows and columns ([`Layout`]); a panel has two [`Axis`], [`Mark`]s between
//! them, a key and a colour bar. [`Figure::to_svg`] gives the text of the master, [`Figure::to_png`] the pixels made
//! from that same text. Nothing here opens files, and no system font is needed.
//!
//! [`figures`] holds the figures of the project: each takes plain arrays and gives a panel or a whole figure.
//!
//! Conventions: lengths in points (1/72 inch) at the printed size, text of 6.5 to 7.5 points; a population keeps its
//! colour in all figures ([`Theme::population`]); simulation is solid, prediction dashed; every axis carries its unit.
//!
//! ```
//! use ntwk_plot::{Axis, Figure, Layout, Mark, Panel, Stroke, Theme, Width};
//!
//! let theme = Theme::light();
//! let curve = (0..100).map(|i| (i as f64, (i as f64 / 10.0).sin()));
//! let panel = Panel::new(Axis::new("time (ms)"), Axis::new("V_m (mV)"))
//!     .with(Mark::line(curve, Stroke::solid(theme.population(0), theme.line_width)));
//! let figure = Figure::new("A sine", Width::Column, 50.0, Layout::panel(panel), &theme);
//! assert!(figure.to_svg().starts_with("<svg"));
//! ```

pub mod axis;
mod box2;
pub mod color;
pub mod colormap;
mod draw;
pub mod error;
pub mod figure;
pub mod figures;
pub mod label;
pub mod layout;
pub mod mark;
pub mod movie;
pub mod panel;
mod path;
mod placed;
mod raster_image;
pub mod scale;
pub mod svg;
pub mod theme;

pub use axis::{Axis, TickChoice};
pub use color::Color;
pub use colormap::Colormap;
pub use error::PlotError;
pub use figure::{Figure, Width};
pub use label::Label;
pub use layout::Layout;
pub use mark::{Mark, Point};
pub use panel::{ColorBar, Panel, ScaleBar, Swatch, Twin};
pub use scale::{Scale, Spacing, Ticks, range_of};
pub use svg::{Anchor, Stroke};
pub use theme::Theme;

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
