//! The figures of the project. Each takes plain data and gives a [`Panel`](crate::Panel) or a
//! [`Figure`](crate::Figure).
//!
//! A population is named by its index in the model, which chooses its colour, and by its name.

pub mod activity;
pub mod band;
pub mod bars;
pub mod compared;
pub mod connectivity;
pub mod curves;
pub mod heat_map;
pub mod histogram;
pub mod matrix;
pub mod overlay;
pub mod overview;
pub mod phase_plane;
pub mod raster;
pub mod spectra;
pub mod surface;
pub mod time;
pub mod traces;
pub mod transfer;
pub mod tree;
pub mod twin;

pub use activity::{Activity, Afferent, activity, activity_figure, afferents, log_activity};
pub use band::band;
pub use bars::{BarGroup, bars};
pub use compared::{Compared, Quantity, compared};
pub use connectivity::{ConnectionDensity, connectivity};
pub use curves::{NamedCurve, Style, curves};
pub use heat_map::{HeatMap, Shading, heat_map};
pub use histogram::{Distribution, histogram};
pub use matrix::matrix;
pub use overlay::{Curve, overlay};
pub use overview::Overview;
pub use phase_plane::{FixedPoint, PhasePlane, phase_plane};
pub use raster::{RasterLimits, RasterPopulation, raster};
pub use spectra::spectra;
pub use surface::surface;
pub use time::{Series, TimeSpan};
pub use traces::{VoltageTrace, traces};
pub use transfer::{TransferData, transfer};
pub use tree::{TreeColors, TreeMarker, TreePiece, tree};
pub use twin::twin;
