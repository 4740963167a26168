//! Point neurons of ntwk: their dynamics and their published parameter sets.
//!
//! Each kind is one file with its equations and sources; [`library`] collects them for model
//! files. A cell of your own goes the same way in your own crate: implement
//! [`NeuronDynamics`](ntwk_core::kernel::NeuronDynamics) and [`CellKind`](ntwk_core::CellKind),
//! and add it with [`CellLibrary::add_kind`].

mod adex;
mod presets;

pub use adex::{AdEx, AdExDynamics, Eif, EifDynamics, Lif, LifDynamics};
use ntwk_core::CellLibrary;

/// All kinds and presets of this crate.
#[must_use]
pub fn library() -> CellLibrary {
    let mut library = CellLibrary::new();
    library.add_kind(Box::new(Lif));
    library.add_kind(Box::new(Eif));
    library.add_kind(Box::new(AdEx));
    for preset in presets::PRESETS {
        library.add_preset(*preset);
    }
    library
}
