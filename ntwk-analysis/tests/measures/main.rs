//! Measures against elephant, scipy and eFEL.

mod efel;
mod elephant;
mod welch;
