//! Writing HDF5 objects in the form of all our files.

use std::collections::BTreeSet;

use hdf5::{AttrValue, DatasetBuilder, H5Element, MaxExtent};

use crate::error::FileError;

/// Bytes of a chunk of a compressed dataset: large enough to compress, small enough to read a few neurons.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// Elements of a chunk of a dataset that grows during a run: little is lost when a chunk is not full.
const GROWTH_CHUNK: u64 = 8192;

/// Precision of the samples of frame reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 4 bytes per sample (7 digits), as SONATA says and libsonata insists.
    #[default]
    Single,
    /// 8 bytes per sample: every bit of the simulation. h5py and bmtk read them, libsonata refuses the report.
    Double,
}

impl Precision {
    /// Bytes of one sample.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Single => size_of::<f32>(),
            Self::Double => size_of::<f64>(),
        }
    }
}

/// Compression of the large datasets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Stored as they are: fastest to write.
    #[default]
    None,
    /// Byte shuffle and deflate of this level, 1 (fast) to 9 (small). h5py and bmtk read it; the published builds of
    /// libsonata have an HDF5 without deflate and do not.
    Deflate(u32),
}

/// Fills a one-dimensional dataset of fixed length.
pub(crate) fn array<'b, T: H5Element>(
    dataset: &'b mut DatasetBuilder,
    values: &[T],
    compression: Compression,
) -> &'b mut DatasetBuilder {
    dataset.with_data(values);
    if !values.is_empty() {
        let chunk = (CHUNK_BYTES / size_of::<T>().max(1)).clamp(1, values.len());
        compress(dataset, &[chunk as u64], compression);
    }
    dataset
}

/// Makes a one-dimensional dataset that is empty and can be appended to.
pub(crate) fn growing<T: H5Element>(
    dataset: &mut DatasetBuilder,
    compression: Compression,
) -> &mut DatasetBuilder {
    dataset
        .with_data::<T>(&[])
        .with_shape(&[0])
        .with_maxshape(&[MaxExtent::Unlimited])
        .with_chunks(&[GROWTH_CHUNK]);
    compress(dataset, &[GROWTH_CHUNK], compression);
    dataset
}

/// Applies `compression` with chunks of this shape; without compression the storage stays as it is.
pub(crate) fn compress(dataset: &mut DatasetBuilder, chunk: &[u64], compression: Compression) {
    if let Compression::Deflate(level) = compression {
        dataset.with_chunks(chunk).with_shuffle().with_deflate(level);
    }
}

/// A variable-length UTF-8 string, as libsonatareport writes and h5py gives back as `str`.
pub(crate) fn text(value: &str) -> AttrValue {
    AttrValue::VarLenString(value.to_owned())
}

/// Whether `name` can be one component of an HDF5 path.
pub(crate) fn check_name(kind: &'static str, name: &str) -> Result<(), FileError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name == "." || name == ".." {
        "it has a meaning in paths"
    } else if name.contains('/') {
        "'/' separates groups"
    } else if name.contains('\0') {
        "it contains a NUL character"
    } else {
        return Ok(());
    };
    Err(FileError::Name { kind, name: name.to_owned(), reason })
}

/// Reserves `object`, an error when it is taken.
pub(crate) fn claim(used: &mut BTreeSet<String>, object: String) -> Result<(), FileError> {
    if used.contains(&object) {
        return Err(FileError::Repeated { object });
    }
    used.insert(object);
    Ok(())
}
