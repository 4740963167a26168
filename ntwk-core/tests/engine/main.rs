//! The engine: its schedule against Brian2, its numerical pins, the same bits for any number of threads.

mod afferent_spikes;
mod brian2_oracles;
mod brian2_plasticity;
mod clamps;
mod common;
mod determinism;
mod equations;
mod events;
mod features;
mod no_allocation;
mod pins;
mod ranks;
mod spike_lists;
mod state;
mod synapse_equations;
mod traces;
mod weights;
