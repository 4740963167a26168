//! A tool of this repository. Writes the empty columns that `validation/files/make_nwb_template.py` completes to an NWB file:
//! `cargo run -p ntwk-io --example nwb_columns -- FILE`.
//!
//! They come from this side because columns made by the HDF5 C library have no chunk index while they are empty, and
//! then nothing can be appended to them in place.

use hdf5::{DatasetBuilder, FileBuilder, MaxExtent};

fn main() -> Result<(), hdf5::Error> {
    let path = std::env::args_os().nth(1).unwrap_or_else(|| "nwb_columns.h5".into());
    let mut file = FileBuilder::new();
    let mut units = file.create_group("units");
    growing(units.create_dataset("id").with_data::<i64>(&[]));
    growing(units.create_dataset("neuron").with_data::<i64>(&[]));
    growing(units.create_dataset("spike_times").with_data::<f64>(&[]));
    growing(units.create_dataset("spike_times_index").with_data::<u64>(&[]));
    file.add_group(units.finish());
    file.write(path)
}

fn growing(dataset: &mut DatasetBuilder) {
    dataset.with_shape(&[0]).with_maxshape(&[MaxExtent::Unlimited]).with_chunks(&[8192]);
}
