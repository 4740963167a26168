//! The `ntwk` program.
fn main() {}
