//! Studies of a morphological cell: one file each, with its options, its run, its result, the result's columns and figure.
//!
//! A study takes a [`MorphoCell`], its options and a [`Job`](ntwk_core::Job). It prints nothing and writes no file, but for
//! the points of [`background`](mod@background) and [`transfer`](mod@transfer), which are stored one by one so that they can
//! be resumed. Interrupted, a study gives what it had computed, or says that there was nothing yet.
//!
//! Units are those of [`ntwk_morpho::units`]: mV, ms, nA, µm, MΩ.

pub mod back_propagation;
pub mod background;
pub mod branches;
pub mod coupled;
pub mod electrotonic;
pub mod epsp;
pub mod fit;
pub mod impedance;
pub mod info;
pub mod movie;
pub mod run;
pub mod sequence;
pub mod summation;
pub mod transfer;

mod cell;
mod checks;
mod drawing;
mod error;
mod outside;

pub use cell::MorphoCell;
pub use error::MorphoError;
