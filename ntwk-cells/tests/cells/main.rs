//! Cells against traces of other simulators, published parameter sets, protocols.

mod catalogue;
mod protocols;
mod traces;
