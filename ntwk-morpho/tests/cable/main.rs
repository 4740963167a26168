//! Morphological cells against NEURON, Rallpack, analytic solutions and their own limits.

mod cable_equation;
mod channels;
mod common;
mod currents;
mod declared;
mod extracellular;
mod formats;
mod gap_junctions;
mod memory;
mod operations;
mod passive;
mod pyramidal;
mod rallpack;
mod rates;
mod reconstructions;
mod soma_rules;
mod swc;
mod synapses;
