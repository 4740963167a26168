//! The library facade of ntwk.
