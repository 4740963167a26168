//! Point neurons of ntwk: their dynamics and their published parameter sets.
//!
//! ```
//! use ntwk_cells::protocol::{Bench, PulseProtocol};
//! use ntwk_core::spec::{CellSpec, Method};
//!
//! // 300 pA for 200 ms into the regular-spiking cell.
//! let bench = Bench { method: Method::Heun, ..Bench::new(CellSpec::preset("RS")) };
//! let pulse = PulseProtocol { amplitudes: vec![300.0], holding: 0.0, t_start: 50.0, t_stop: 250.0, duration: 300.0 };
//! let (_, recording) = pulse.run(&bench, &ntwk_cells::library())?;
//! let spikes = recording.spike_times("cell", 0).ok_or("spikes were not recorded")?;
//! assert!(spikes.len() > 2 && spikes[0] > 50.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
///
/// ```
/// let library = ntwk_cells::library();
/// let named = library.named_preset("AdExp_a_4_b_40")?;
/// assert_eq!(named.get("b"), Some(40.0)); // pA
/// assert!(library.kind("AdEx").is_some_and(|kind| kind.parameters().iter().any(|p| p.name == "tau_w")));
/// # Ok::<(), ntwk_core::model::cell_library::PresetNameError>(())
/// ```
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

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
