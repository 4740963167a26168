//! What is in the membrane: channels, receptors, electrodes.

pub mod cell;
pub mod channel;
pub mod channels;
pub mod declared;
mod declared_mechanism;
mod declared_state;
pub mod exponential;
pub mod mechanism;
pub mod receptor;
pub mod voltage_clamp;
