//! Files of ntwk: the only library that opens them.

pub mod model_file;
pub mod upstream;

pub use model_file::{
    ModelFileError, Notation, apply_overrides, parse_tree, read_model, write_model,
};
pub use upstream::{Import, import_upstream};
