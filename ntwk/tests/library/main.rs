//! The library: descriptions and their faults, theory beside simulation.

mod assumptions;
#[path = "../../../ntwk-core/tests/engine/common.rs"]
mod common;
mod diagnosis;
mod fluctuations;
mod loop_response;
mod measured_spike_trains;
mod model_faults;
mod morpho_studies;
mod morphological_network;
mod mutated_models;
mod nmodl;
mod oscillating_network;
mod parameters_matter;
mod random_models;
mod refinement;
mod rs_fs_in_rust;
mod rs_fs_statistics;
mod run_figures;
mod sweep_parts;
mod synapses_in_theory;
mod tabulated;
mod transfer_scan;
mod windows;
