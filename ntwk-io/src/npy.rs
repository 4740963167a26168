//! NumPy's NPY format: arrays of numbers, read as f64 and written as they are.
//!
//! Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", versions 1.0 to 3.0. A file is the
//! magic `\x93NUMPY`, two version bytes, the length of the header (u16 in version 1, u32 after), the header (a Python
//! dictionary with `descr`, `fortran_order` and `shape`), and the values.

use std::io::{self, Write};
use std::path::Path;

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use crate::atomic;
use crate::error::{Action, FileError};

/// Bytes to which NumPy aligns the data.
const ALIGNMENT: usize = 64;

/// Bytes handed on at a time when an array is written.
const BLOCK_BYTES: usize = 64 * 1024;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Reads an array of real numbers of any shape; integers and single precision are converted to f64.
///
/// # Errors
/// [`FileError::Io`] when the file cannot be read; [`FileError::Npy`] when it is not NPY, is truncated, or holds
/// something else than real numbers (complex numbers, strings, Python objects, records).
pub fn read_npy(path: &Path) -> Result<ArrayD<f64>, FileError> {
    let bytes = std::fs::read(path).map_err(|e| FileError::io(Action::Read, path, e))?;
    parse(&bytes).map_err(|problem| FileError::Npy { path: path.to_owned(), problem })
}

/// Reads a one-dimensional array, such as the coefficients of a transfer function.
///
/// # Errors
/// As [`read_npy`], and [`FileError::Npy`] when the array has another number of dimensions.
pub fn read_npy_vector(path: &Path) -> Result<Vec<f64>, FileError> {
    let array = read_npy(path)?;
    if array.ndim() != 1 {
        return Err(FileError::Npy {
            path: path.to_owned(),
            problem: format!("its shape is {:?}, one dimension is expected", array.shape()),
        });
    }
    Ok(array.into_iter().collect())
}

/// Writes a one-dimensional array in one step, such as the coefficients of a transfer function.
///
/// # Errors
/// [`FileError::Io`] when the file cannot be written.
pub fn write_npy_vector(path: &Path, values: &[f64]) -> Result<(), FileError> {
    atomic::replace(path, |out| {
        write_array(out, &[values.len()], values.iter().copied())
            .map_err(|e| FileError::io(Action::Write, path, e))
    })
}

/// Writes a version-1.0 file that holds `values` in row-major order.
pub(crate) fn write_array<T: NpyElement>(
    out: &mut impl Write,
    shape: &[usize],
    values: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    out.write_all(&header::<T>(shape))?;
    let mut block = Vec::with_capacity(BLOCK_BYTES + size_of::<T>());
    for value in values {
        value.push_to(&mut block);
        if block.len() >= BLOCK_BYTES {
            out.write_all(&block)?;
            block.clear();
        }
    }
    out.write_all(&block)
}

/// Bytes of an array with its header.
pub(crate) fn stored_bytes<T: NpyElement>(shape: &[usize]) -> u64 {
    let values = shape.iter().fold(1u64, |product, &n| product.saturating_mul(n as u64));
    values.saturating_mul(size_of::<T>() as u64).saturating_add(header::<T>(shape).len() as u64)
}

fn header<T: NpyElement>(shape: &[usize]) -> Vec<u8> {
    let sides: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
        T::DESCR,
        sides.trim_end()
    );
    let before = MAGIC.len() + 4;
    let padded = (before + header.len() + 1).next_multiple_of(ALIGNMENT) - before;
    header.extend(std::iter::repeat_n(' ', padded - header.len() - 1));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // A header is as long as its shape: a few dozen bytes, never 64 KiB.
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

/// A number that NPY files hold.
pub(crate) trait NpyElement {
    /// Byte order, kind and width.
    const DESCR: &'static str;
    /// Appends the little-endian bytes.
    fn push_to(self, bytes: &mut Vec<u8>);
}

macro_rules! npy_element {
    ($($type:ty => $descr:literal),*) => {$(
        impl NpyElement for $type {
            const DESCR: &'static str = $descr;
            fn push_to(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        }
    )*};
}

npy_element!(f64 => "<f8", i64 => "<i8", u64 => "<u8", u32 => "<u4");

fn parse(bytes: &[u8]) -> Result<ArrayD<f64>, String> {
    let (header, data) = split(bytes)?;
    let header = Header::parse(header)?;
    let count = header
        .shape
        .iter()
        .try_fold(1usize, |count, &n| count.checked_mul(n))
        .ok_or_else(|| format!("the shape {:?} is too large", header.shape))?;
    let values = decode(&header.descr, data)?;
    if values.len() < count {
        return Err(format!("it is truncated: {} of {count} values are there", values.len()));
    }
    if values.len() > count {
        return Err(format!(
            "{} values follow where the shape {:?} has {count}",
            values.len(),
            header.shape
        ));
    }
    ArrayD::from_shape_vec(IxDyn(&header.shape).set_f(header.fortran_order), values)
        .map_err(|e| e.to_string())
}

/// Header text and data.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin with the magic \\x93NUMPY")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            (usize::try_from(length).unwrap_or(usize::MAX), rest)
        }
        [1..=3, ..] | [] => return Err("it is truncated within the header".to_owned()),
        [major, ..] => return Err(format!("its format version {major} is unknown, 1 to 3 are")),
    };
    let (header, data) =
        rest.split_at_checked(length).ok_or("it is truncated within the header")?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is not text")?;
    Ok((header, data))
}

struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("its header has no readable {what}: {}", text.trim());
        let descr = value(text, "descr")
            .and_then(|v| quoted(v.trim_start()))
            .ok_or_else(|| wrong("descr (a plain type of numbers)"))?;
        let order = value(text, "fortran_order").ok_or_else(|| wrong("fortran_order"))?;
        let fortran_order = match order.trim_start() {
            v if v.starts_with("True") => true,
            v if v.starts_with("False") => false,
            _ => return Err(wrong("fortran_order")),
        };
        let shape = value(text, "shape")
            .and_then(|v| v.trim_start().strip_prefix('(')?.split_once(')'))
            .and_then(|(sides, _)| {
                sides
                    .split(',')
                    .map(str::trim)
                    .filter(|side| !side.is_empty())
                    .map(|side| side.trim_end_matches('L').parse().ok())
                    .collect::<Option<Vec<usize>>>()
            })
            .ok_or_else(|| wrong("shape"))?;
        Ok(Self { descr: descr.to_owned(), fortran_order, shape })
    }
}

/// What follows `'key':` in the header dictionary.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let (_, rest) =
        text.split_once(&format!("'{key}'")).or_else(|| text.split_once(&format!("\"{key}\"")))?;
    rest.trim_start().strip_prefix(':')
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text.get(1..)?.split_once(quote).map(|(inside, _)| inside)
}

/// The values of `data` in the type `descr`: byte order, kind and width, as in `<f8`.
fn decode(descr: &str, data: &[u8]) -> Result<Vec<f64>, String> {
    let (order, kind) = match descr.chars().next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, descr.get(1..).unwrap_or_default()),
        _ => ('=', descr),
    };
    let big = order == '>' || (order == '=' && cfg!(target_endian = "big"));
    macro_rules! numbers {
        ($type:ty) => {{
            const WIDTH: usize = size_of::<$type>();
            let (chunks, rest) = data.as_chunks::<WIDTH>();
            if !rest.is_empty() {
                return Err(format!(
                    "it is truncated: {} bytes of a value of {WIDTH} bytes",
                    rest.len()
                ));
            }
            chunks
                .iter()
                .map(|&b| {
                    (if big { <$type>::from_be_bytes(b) } else { <$type>::from_le_bytes(b) }) as f64
                })
                .collect()
        }};
    }
    Ok(match kind {
        "f8" => numbers!(f64),
        "f4" => numbers!(f32),
        "i8" => numbers!(i64),
        "i4" => numbers!(i32),
        "i2" => numbers!(i16),
        "i1" => numbers!(i8),
        "u8" => numbers!(u64),
        "u4" => numbers!(u32),
        "u2" => numbers!(u16),
        "u1" | "b1" => numbers!(u8),
        _ => {
            return Err(format!("its type {descr:?} is not one of f4, f8, i1 to i8, u1 to u8, b1"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        if version == 1 {
            bytes.extend((header.len() as u16).to_le_bytes());
        } else {
            bytes.extend((header.len() as u32).to_le_bytes());
        }
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn floats(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    const VECTOR: &str = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n";

    #[test]
    fn vectors_and_matrices_keep_order_and_shape() {
        let array = parse(&file(1, VECTOR, &floats(&[1.5, -2.0, 3.0]))).unwrap();
        assert_eq!(array.shape(), [3]);
        assert_eq!(array.as_slice().unwrap(), [1.5, -2.0, 3.0]);
        let header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }";
        let array = parse(&file(2, header, &floats(&[1.0, 2.0, 3.0, 4.0]))).unwrap();
        assert_eq!(array[[0, 1]], 3.0);
        let header = "{'descr': '>i4', 'fortran_order': False, 'shape': (), }";
        let array = parse(&file(1, header, &(-7i32).to_be_bytes())).unwrap();
        assert_eq!(array.ndim(), 0);
        assert_eq!(array.sum(), -7.0);
    }

    fn written<T: NpyElement>(shape: &[usize], values: impl IntoIterator<Item = T>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_array(&mut bytes, shape, values).unwrap();
        assert_eq!(stored_bytes::<T>(shape), bytes.len() as u64);
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = written(&[2, 3], [1.5, -2.0, f64::INFINITY, 0.0, 1.0, 2.0]);
        assert_eq!((bytes.len() - 48) % ALIGNMENT, 0);
        let array = parse(&bytes).unwrap();
        assert_eq!(array.shape(), [2, 3]);
        assert_eq!(array[[0, 2]], f64::INFINITY);
        assert_eq!(parse(&written(&[], [7u32])).unwrap().sum(), 7.0);
        assert_eq!(parse(&written::<u64>(&[0], [])).unwrap().len(), 0);
        // More than one block.
        let long: Vec<f64> = (0..BLOCK_BYTES).map(|i| i as f64).collect();
        let bytes = written(&[long.len()], long.iter().copied());
        assert_eq!(parse(&bytes).unwrap().as_slice().unwrap(), long);
    }

    #[test]
    fn what_is_no_array_of_numbers_is_an_error_that_says_why() {
        let good = file(1, VECTOR, &floats(&[1.0, 2.0, 3.0]));
        let problem = |bytes: &[u8]| parse(bytes).unwrap_err();
        assert!(problem(b"PK\x03\x04").contains("magic"));
        assert!(problem(&good[..good.len() - 8]).contains("2 of 3 values"));
        assert!(problem(&good[..good.len() - 1]).contains("7 bytes of a value"));
        assert!(problem(&[good.clone(), floats(&[4.0])].concat()).contains("4 values follow"));
        let objects = VECTOR.replace("<f8", "|O");
        assert!(problem(&file(1, &objects, &[])).contains("\"|O\""));
        let records = VECTOR.replace("'<f8'", "[('a', '<f8')]");
        assert!(problem(&file(1, &records, &[])).contains("descr"));
        let large = VECTOR.replace("(3,)", "(4294967296, 4294967296, 4294967296)");
        assert!(problem(&file(1, &large, &[])).contains("too large"));
        for length in 0..good.len() {
            assert!(parse(&good[..length]).is_err());
        }
    }
}
