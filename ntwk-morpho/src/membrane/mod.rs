//! What is in the membrane: channels, receptors, electrodes.

pub mod cell;
pub mod channel;
pub mod channels;
pub mod declared;
pub mod exponential;
pub mod expression;
pub mod mechanism;
pub mod receptor;
pub mod voltage_clamp;
