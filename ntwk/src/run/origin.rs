//! What a stored result follows from: its model as text, and its provenance.

use std::time::SystemTime;

use ntwk_core::Model;
use ntwk_io::provenance::{host_features, utc_timestamp};
use ntwk_io::{ModelText, Notation, Provenance, write_model};

/// The resolved model as it is stored in result files.
///
/// # Errors
/// When a value cannot be written as TOML.
pub fn model_text(model: &Model) -> Result<ModelText, ntwk_io::model_file::WriteModelError> {
    Ok(ModelText { format: "toml".to_owned(), text: write_model(model.spec(), Notation::Toml)? })
}

/// Origin of a result computed from `model`, as stored in result files.
#[must_use]
pub fn provenance(
    model: &Model,
    threads: usize,
    started: SystemTime,
    wall_seconds: f64,
) -> Provenance {
    provenance_of_seed(model.seed(), threads, started, wall_seconds)
}

/// Origin of a result whose random numbers follow from `seed`: of a cell, or of the points of a study.
#[must_use]
pub fn provenance_of_seed(
    seed: u64,
    threads: usize,
    started: SystemTime,
    wall_seconds: f64,
) -> Provenance {
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        generator: ntwk_core::engine::random::GENERATOR.to_owned(),
        threads: threads as u32,
        ranks: 1,
        started: utc_timestamp(started),
        wall_seconds,
        host_features: host_features(),
    }
}
