//! The reference of the file formats, as `ntwk reference` prints it.

/// Every key of a model file, in Markdown.
pub const MODEL_FILE: &str = include_str!("../docs/model-file.md");

/// Every key of a cell file, in Markdown.
pub const CELL_FILE: &str = include_str!("../docs/cell-file.md");
