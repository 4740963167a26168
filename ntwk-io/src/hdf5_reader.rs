//! Reading HDF5 objects of unknown origin: every failure is an error that names file and object.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hdf5::{AttrValue, Dataset, FormatError};
use ndarray::Array2;

use crate::error::{Action, FileError};

/// Largest ratio of data to file that is believed for a filtered dataset: that of deflate, 1032 to 1.
const MAX_COMPRESSION: u64 = 1032;
/// Values read at a time where a part of a matrix is wanted.
const BLOCK_VALUES: usize = 1 << 20;

/// An open HDF5 file; data are fetched when asked for.
#[derive(Debug)]
pub(crate) struct Hdf5Reader {
    path: PathBuf,
    file: hdf5::File,
    size: u64,
}

/// The last place of the signature that is looked at: it stands at 0, 512, 1024, 2048 ... bytes.
const LAST_SIGNATURE: u64 = 4096;
/// Bytes at the beginning of a file that say what it is.
pub(crate) const SIGNATURE_BYTES: u64 = LAST_SIGNATURE + 8;

/// What the first bytes of a file say it is, if not HDF5.
pub(crate) fn other_than_hdf5(head: &[u8]) -> Option<&'static str> {
    let places = std::iter::once(0).chain((9..=12).map(|bit| 1_usize << bit));
    let signed = |at: usize| head.get(at..at + 8).is_some_and(|s| s == b"\x89HDF\r\n\x1a\n");
    if places.into_iter().any(signed) {
        return None;
    }
    let text = std::str::from_utf8(head).or_else(|e| std::str::from_utf8(&head[..e.valid_up_to()]));
    Some(match text {
        _ if head.is_empty() => "empty",
        _ if head.starts_with(b"\x89PNG") => "a PNG image",
        _ if head.starts_with(b"\x93NUMPY") => "a NumPy array",
        _ if head.starts_with(b"PK") => "a ZIP archive",
        Ok(text) if text.len() + 4 > head.len() && !text.contains('\0') => "a text file",
        _ => "damaged, or a file of another kind",
    })
}

impl Hdf5Reader {
    /// Opens `path` for reading.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |e| FileError::io(Action::Read, path, e);
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let size = metadata.len();
        let not_hdf5 = |found| FileError::NotHdf5 { path: path.to_owned(), found };
        if metadata.is_dir() {
            return Err(not_hdf5("a folder"));
        }
        let mut head = Vec::new();
        let opened = std::fs::File::open(path).map_err(failed)?;
        opened.take(SIGNATURE_BYTES).read_to_end(&mut head).map_err(failed)?;
        if let Some(found) = other_than_hdf5(&head) {
            return Err(not_hdf5(found));
        }
        let file = hdf5::File::open_streaming(path)
            .map_err(|e| FileError::hdf5(Action::Read, path, "/", e))?;
        Ok(Self { path: path.to_owned(), file, size })
    }

    /// Size of the file (bytes).
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn fail(&self, object: &str, source: hdf5::Error) -> FileError {
        FileError::hdf5(Action::Read, &self.path, object, source)
    }

    pub(crate) fn missing(&self, object: impl Into<String>) -> FileError {
        FileError::Missing { path: self.path.clone(), object: object.into() }
    }

    pub(crate) fn mismatch(
        &self,
        object: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> FileError {
        FileError::Mismatch {
            path: self.path.clone(),
            object: object.to_owned(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The group at `object`, `None` when nothing has this path.
    pub(crate) fn group(&self, object: &str) -> Result<Option<hdf5::Group>, FileError> {
        match self.file.group(object) {
            Ok(group) => Ok(Some(group)),
            Err(e) if is_absent(&e) => Ok(None),
            Err(e) => Err(self.fail(object, e)),
        }
    }

    /// Names of the groups in the group at `object`, sorted; none when it does not exist.
    pub(crate) fn groups(&self, object: &str) -> Result<Vec<String>, FileError> {
        let Some(group) = self.group(object)? else {
            return Ok(Vec::new());
        };
        let mut names = group.groups().map_err(|e| self.fail(object, e))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Names of the datasets in the group at `object`, sorted; none when it does not exist.
    pub(crate) fn datasets(&self, object: &str) -> Result<Vec<String>, FileError> {
        let Some(group) = self.group(object)? else {
            return Ok(Vec::new());
        };
        let mut names = group.datasets().map_err(|e| self.fail(object, e))?;
        names.sort_unstable();
        Ok(names)
    }

    /// The dataset at `object`, `None` when no dataset has this path.
    pub(crate) fn find(&self, object: &str) -> Result<Option<StoredArray<'_>>, FileError> {
        match self.file.dataset(object) {
            Ok(dataset) => {
                Ok(Some(StoredArray { reader: self, object: object.to_owned(), dataset }))
            }
            Err(hdf5::Error::NotADataset(_)) => Ok(None),
            Err(e) if is_absent(&e) => Ok(None),
            Err(e) => Err(self.fail(object, e)),
        }
    }

    /// The dataset at the first of `objects` that exists.
    pub(crate) fn require(&self, objects: &[String]) -> Result<StoredArray<'_>, FileError> {
        for object in objects {
            if let Some(array) = self.find(object)? {
                return Ok(array);
            }
        }
        Err(self.missing(objects.join(" or ")))
    }

    /// Attributes of the group at `object`, sorted by name.
    pub(crate) fn attributes(&self, object: &str) -> Result<Attributes<'_>, FileError> {
        let group = self.group(object)?.ok_or_else(|| self.missing(object))?;
        let values = group.attrs().map_err(|e| self.fail(object, e))?;
        Ok(Attributes {
            reader: self,
            object: object.to_owned(),
            values: values.into_iter().collect(),
        })
    }
}

fn is_absent(error: &hdf5::Error) -> bool {
    matches!(error, hdf5::Error::Format(FormatError::PathNotFound(_)))
}

/// A dataset of an open file.
#[derive(Debug)]
pub(crate) struct StoredArray<'f> {
    reader: &'f Hdf5Reader,
    object: String,
    dataset: Dataset,
}

impl<'f> StoredArray<'f> {
    pub(crate) fn shape(&self) -> Result<Vec<u64>, FileError> {
        self.dataset.shape().map_err(|e| self.fail(e))
    }

    /// Short name of the element type, such as `f64`.
    pub(crate) fn element_type(&self) -> Result<String, FileError> {
        Ok(self.dataset.dtype().map_err(|e| self.fail(e))?.to_string())
    }

    pub(crate) fn attributes(&self) -> Result<Attributes<'f>, FileError> {
        let values = self.dataset.attrs().map_err(|e| self.fail(e))?;
        Ok(Attributes {
            reader: self.reader,
            object: self.object.clone(),
            values: values.into_iter().collect(),
        })
    }

    pub(crate) fn f64s(&self) -> Result<Vec<f64>, FileError> {
        self.check_size()?;
        self.dataset.read_f64().map_err(|e| self.fail(e))
    }

    pub(crate) fn u64s(&self) -> Result<Vec<u64>, FileError> {
        self.check_size()?;
        self.dataset.read_u64().map_err(|e| self.fail(e))
    }

    pub(crate) fn u32s(&self) -> Result<Vec<u32>, FileError> {
        self.check_size()?;
        self.dataset.read_u32().map_err(|e| self.fail(e))
    }

    /// Rows `rows` of a dataset of two dimensions, as far as there are any.
    pub(crate) fn rows(&self, rows: Range<u64>) -> Result<Array2<f64>, FileError> {
        self.check_size()?;
        let shape = self.shape()?;
        let [_, width] = shape[..] else {
            return Err(self.mismatch("a matrix", format!("of shape {shape:?}")));
        };
        let count = rows.end.saturating_sub(rows.start);
        let values = self.dataset.read_f64_rows(rows.start, count).map_err(|e| self.fail(e))?;
        let width = usize::try_from(width).unwrap_or(usize::MAX);
        let (n, found) = (values.len().checked_div(width).unwrap_or(0), values.len());
        Array2::from_shape_vec((n, width), values)
            .map_err(|_| self.mismatch(format!("rows of {width}"), format!("{found} values")))
    }

    /// Columns `columns` of a dataset of two dimensions, read in blocks of rows, so that memory holds little more than
    /// what is returned.
    pub(crate) fn columns(&self, columns: Range<usize>) -> Result<Array2<f64>, FileError> {
        self.check_size()?;
        let shape = self.shape()?;
        let sides = match shape[..] {
            [rows, width] => usize::try_from(rows).ok().zip(usize::try_from(width).ok()),
            _ => None,
        };
        let Some((rows, width)) = sides else {
            return Err(self.mismatch("a matrix", format!("of shape {shape:?}")));
        };
        let columns = columns.start.min(width)..columns.end.min(width);
        if columns == (0..width) {
            return self.matrix();
        }
        let mut part = Array2::zeros((rows, columns.len()));
        if columns.is_empty() {
            return Ok(part);
        }
        let block = (BLOCK_VALUES / width).max(1);
        for first in (0..rows).step_by(block) {
            let n = block.min(rows - first);
            let values =
                self.dataset.read_f64_rows(first as u64, n as u64).map_err(|e| self.fail(e))?;
            if values.len() != n * width {
                let found = format!("{} values", values.len());
                return Err(self.mismatch(format!("{n} rows of {width} values"), found));
            }
            for (r, row) in values.chunks_exact(width).enumerate() {
                part.row_mut(first + r)
                    .iter_mut()
                    .zip(&row[columns.clone()])
                    .for_each(|(to, &from)| *to = from);
            }
        }
        Ok(part)
    }

    /// A dataset of two dimensions.
    pub(crate) fn matrix(&self) -> Result<Array2<f64>, FileError> {
        let shape = self.shape()?;
        let [rows, columns] = shape[..] else {
            return Err(self.mismatch("a matrix", format!("of shape {shape:?}")));
        };
        let values = self.f64s()?;
        let count = values.len();
        let sides = usize::try_from(rows).ok().zip(usize::try_from(columns).ok());
        sides.and_then(|sides| Array2::from_shape_vec(sides, values).ok()).ok_or_else(|| {
            self.mismatch(format!("{rows} x {columns} values"), format!("{count} values"))
        })
    }

    /// All strings of a dataset.
    pub(crate) fn texts(&self) -> Result<Vec<String>, FileError> {
        self.check_size()?;
        self.dataset.read_string().map_err(|e| self.fail(e))
    }

    /// The only string of a dataset of one string.
    pub(crate) fn text(&self) -> Result<String, FileError> {
        self.check_size()?;
        let mut texts = self.dataset.read_string().map_err(|e| self.fail(e))?;
        match (texts.pop(), texts.len()) {
            (Some(text), 0) => Ok(text),
            (_, rest) => Err(self.mismatch("one string", format!("{} strings", rest + 1))),
        }
    }

    pub(crate) fn mismatch(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> FileError {
        self.reader.mismatch(&self.object, expected, found)
    }

    fn fail(&self, error: hdf5::Error) -> FileError {
        self.reader.fail(&self.object, error)
    }

    /// Refuses to read more than the file can hold, before memory is asked for.
    fn check_size(&self) -> Result<(), FileError> {
        let width = self.dataset.element_size().map_err(|e| self.fail(e))?;
        let declared = self
            .shape()?
            .iter()
            .try_fold(width, |bytes, &n| bytes.checked_mul(n))
            .unwrap_or(u64::MAX);
        let ratio = if self.dataset.filters().is_empty() { 1 } else { MAX_COMPRESSION };
        if declared > self.reader.size.saturating_mul(ratio) {
            return Err(FileError::Oversized {
                path: self.reader.path.clone(),
                object: self.object.clone(),
                declared,
                file: self.reader.size,
            });
        }
        Ok(())
    }
}

/// Attributes of one object.
#[derive(Debug)]
pub(crate) struct Attributes<'f> {
    reader: &'f Hdf5Reader,
    object: String,
    values: BTreeMap<String, AttrValue>,
}

impl Attributes<'_> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &AttrValue)> {
        self.values.iter()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The attribute as text, `None` when it is absent or no text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).and_then(AttrValue::as_str).map(str::to_owned)
    }

    /// The attribute as integers below 2^32, `None` when it is absent or something else.
    pub(crate) fn u32s(&self, name: &str) -> Option<Vec<u32>> {
        let values = self.values.get(name)?.to_u64s()?;
        values.into_iter().map(|v| u32::try_from(v).ok()).collect()
    }

    pub(crate) fn require_text(&self, name: &str) -> Result<String, FileError> {
        self.require(name, "a string", |v| v.as_str().map(str::to_owned))
    }

    pub(crate) fn require_texts(&self, name: &str) -> Result<Vec<String>, FileError> {
        self.require(name, "strings", |v| v.as_strings().map(<[String]>::to_vec))
    }

    pub(crate) fn require_f64(&self, name: &str) -> Result<f64, FileError> {
        self.require(name, "a number", AttrValue::as_f64)
    }

    pub(crate) fn require_u64(&self, name: &str) -> Result<u64, FileError> {
        self.require(name, "a non-negative integer", AttrValue::as_u64)
    }

    pub(crate) fn require_i64(&self, name: &str) -> Result<i64, FileError> {
        self.require(name, "an integer", AttrValue::as_i64)
    }

    pub(crate) fn require_u32(&self, name: &str) -> Result<u32, FileError> {
        self.require(name, "an unsigned 32-bit integer", |v| {
            v.as_u64().and_then(|v| u32::try_from(v).ok())
        })
    }

    fn require<T>(
        &self,
        name: &str,
        expected: &str,
        convert: impl FnOnce(&AttrValue) -> Option<T>,
    ) -> Result<T, FileError> {
        let object = format!("{}@{name}", self.object);
        let value = self.values.get(name).ok_or_else(|| self.reader.missing(object.as_str()))?;
        convert(value).ok_or_else(|| self.reader.mismatch(&object, expected, value.type_name()))
    }
}
