//! A tool of this repository. Writes the run that the tests read back, for `validation/files/readers.py` to open with other libraries:
//! `cargo run -p ntwk-io --example write_sample_run -- FOLDER`.

#[path = "../tests/formats/common/mod.rs"]
mod common;

use std::path::PathBuf;

use ntwk_io::{
    Compression, FileError, Precision, RunContents, WriteOptions, write_npz, write_nwb, write_run,
    write_spikes_csv,
};

fn main() -> Result<(), FileError> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "out".into()));
    let (recording, model, provenance, theory) =
        (common::recording(), common::model(), common::provenance(), common::theory());
    let contents = RunContents {
        recording: Some(&recording),
        model: Some(&model),
        provenance: Some(&provenance),
        theory: &theory,
    };
    for (name, precision, compression) in [
        ("single.h5", Precision::Single, Compression::None),
        ("double.h5", Precision::Double, Compression::None),
        ("deflate.h5", Precision::Single, Compression::Deflate(4)),
    ] {
        let options = WriteOptions { precision, compression };
        write_run(&folder.join(name), &contents, &options)?;
    }
    let description = "the sample run of ntwk-io";
    write_nwb(&folder.join("run.nwb"), &recording, Some(&provenance), description)?;
    write_npz(&folder.join("run.npz"), &recording)?;
    write_spikes_csv(&folder.join("spikes.csv"), &recording)
}
