//! Point neurons of ntwk: their dynamics and their published parameter sets.
//!
//! Each kind is one file with its equations and sources; [`library`] collects them for model
//! files. A cell of your own goes the same way in your own crate: implement
//! [`NeuronDynamics`](ntwk_core::kernel::NeuronDynamics) and [`CellKind`](ntwk_core::CellKind),
//! and add it with [`CellLibrary::add_kind`].

mod adex;
mod iadexp;
mod iaf_psc_exp;
mod izhikevich;
mod parameters;
mod presets;
pub mod protocol;

pub use adex::{AdEx, AdExDynamics, Eif, EifDynamics, Lif, LifDynamics};
pub use iadexp::{IAdEx, IAdExDynamics};
pub use iaf_psc_exp::IafPscExp;
pub use izhikevich::{Izhikevich, IzhikevichDynamics};
use ntwk_core::CellLibrary;

/// All kinds and presets of this crate.
///
/// A preset may be named with changes, `AdExp_a_4_b_40` or `RS_E_L_-65`, by the names of the parameters or by those of
/// the Python package neural_network_dynamics (`Cm, Gl, El, Vthre, Vreset, deltaV, Trefrac, tauw`).
#[must_use]
pub fn library() -> CellLibrary {
    let mut library = CellLibrary::new();
    library.add_kind(Box::new(Lif));
    library.add_kind(Box::new(Eif));
    library.add_kind(Box::new(AdEx));
    library.add_kind(Box::new(IAdEx));
    library.add_kind(Box::new(Izhikevich));
    library.add_kind(Box::new(IafPscExp));
    for preset in presets::all() {
        library.add_preset(*preset);
    }
    for (synonym, parameter) in presets::SYNONYMS {
        library.add_synonym(synonym, parameter);
    }
    library
}
