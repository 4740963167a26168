//! Dictionaries of arrays, numbers and texts as HDF5: what the package neural_network_dynamics stores, key by key.
//!
//! A dictionary is a group, an array a dataset of its shape, a single number or text a scalar dataset, a list of texts a dataset of
//! strings of variable length.

use std::path::Path;

use hdf5::{FileBuilder, GroupBuilder};
use ndarray::{ArrayD, IxDyn};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_reader::{Hdf5Reader, StoredArray};
use crate::hdf5_writer::check_name;

/// Dictionaries inside each other that are read; a file whose links form a loop has no end.
const MOST_LEVELS: usize = 16;

/// What a key holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A dictionary.
    Dictionary(Vec<(String, Entry)>),
    /// Numbers; a single one has no dimension.
    Numbers(ArrayD<f64>),
    /// Whole numbers; a single one has no dimension.
    Integers(ArrayD<i64>),
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

/// Where datasets and groups are added: a file, or a group in it.
trait Place {
    fn numbers(&mut self, key: &str, values: &ArrayD<f64>);
    fn integers(&mut self, key: &str, values: &ArrayD<i64>);
    fn texts(&mut self, key: &str, texts: &[&str], single: bool);
    fn begin(&mut self, key: &str) -> GroupBuilder;
    fn end(&mut self, group: GroupBuilder);
}

/// Both builders have the same functions and no trait for them.
macro_rules! place {
    ($builder:ty) => {
        impl Place for $builder {
            fn numbers(&mut self, key: &str, values: &ArrayD<f64>) {
                let list: Vec<f64> = values.iter().copied().collect();
                self.create_dataset(key).with_data(&list).with_shape(&shape(values.shape()));
            }

            fn integers(&mut self, key: &str, values: &ArrayD<i64>) {
                let list: Vec<i64> = values.iter().copied().collect();
                self.create_dataset(key).with_data(&list).with_shape(&shape(values.shape()));
            }

            fn texts(&mut self, key: &str, texts: &[&str], single: bool) {
                let dataset = self.create_dataset(key).with_vlen_strings(texts);
                if single {
                    dataset.with_shape(&[]);
                }
            }

            fn begin(&mut self, key: &str) -> GroupBuilder {
                self.create_group(key)
            }

            fn end(&mut self, group: GroupBuilder) {
                self.add_group(group.finish());
            }
        }
    };
}

place!(FileBuilder);
place!(GroupBuilder);

fn shape(sides: &[usize]) -> Vec<u64> {
    sides.iter().map(|&n| n as u64).collect()
}

/// Writes a dictionary; an existing file is replaced only by a complete new one.
///
/// # Errors
/// [`FileError::Name`] for a key that cannot name an object, [`FileError::Io`] or [`FileError::Hdf5`].
pub fn write_dictionary(path: &Path, entries: &[(String, Entry)]) -> Result<(), FileError> {
    let mut file = FileBuilder::new();
    add(&mut file, entries)?;
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

fn add(place: &mut impl Place, entries: &[(String, Entry)]) -> Result<(), FileError> {
    for (key, entry) in entries {
        check_name("key", key)?;
        match entry {
            Entry::Dictionary(inner) => {
                let mut group = place.begin(key);
                add(&mut group, inner)?;
                place.end(group);
            }
            Entry::Numbers(values) => place.numbers(key, values),
            Entry::Integers(values) => place.integers(key, values),
            Entry::Text(text) => place.texts(key, &[text], true),
            Entry::Texts(texts) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                place.texts(key, &texts, false);
            }
        }
    }
    Ok(())
}

/// Reads a dictionary, also one that the package has written. What is neither numbers nor text is left out.
///
/// # Errors
/// [`FileError::Io`] when the file cannot be read, [`FileError::NotHdf5`], [`FileError::Hdf5`] and [`FileError::Oversized`] for a
/// damaged one.
pub fn read_dictionary(path: &Path) -> Result<Vec<(String, Entry)>, FileError> {
    read(&Hdf5Reader::open(path)?, "", 0)
}

fn read(
    reader: &Hdf5Reader,
    object: &str,
    level: usize,
) -> Result<Vec<(String, Entry)>, FileError> {
    let here = if object.is_empty() { "/" } else { object };
    let mut entries = Vec::new();
    for key in reader.datasets(here)? {
        if let Some(stored) = reader.find(&format!("{object}/{key}"))?
            && let Some(entry) = entry(&stored)?
        {
            entries.push((key, entry));
        }
    }
    if level < MOST_LEVELS {
        for key in reader.groups(here)? {
            let inner = read(reader, &format!("{object}/{key}"), level + 1)?;
            entries.push((key, Entry::Dictionary(inner)));
        }
    }
    Ok(entries)
}

fn entry(stored: &StoredArray<'_>) -> Result<Option<Entry>, FileError> {
    let sides: Vec<usize> =
        stored.shape()?.iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    let kind = stored.element_type()?;
    let sized = |n: usize| {
        let found = format!("{n} values");
        move |_| stored.mismatch("an array of its shape", found)
    };
    Ok(Some(match kind.as_bytes() {
        [b'f', digit, ..] if digit.is_ascii_digit() => {
            let values = stored.f64s()?;
            let n = values.len();
            Entry::Numbers(ArrayD::from_shape_vec(IxDyn(&sides), values).map_err(sized(n))?)
        }
        [b'i' | b'u', digit, ..] if digit.is_ascii_digit() => {
            // Whole numbers up to 2^53 are what the package stores.
            let values: Vec<i64> = stored.f64s()?.into_iter().map(|x| x as i64).collect();
            let n = values.len();
            Entry::Integers(ArrayD::from_shape_vec(IxDyn(&sides), values).map_err(sized(n))?)
        }
        _ => match stored.texts() {
            Ok(mut texts) if sides.is_empty() && texts.len() == 1 => Entry::Text(texts.remove(0)),
            Ok(texts) => Entry::Texts(texts),
            // Neither numbers nor text.
            Err(_) => return Ok(None),
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let matrix =
            ArrayD::from_shape_vec(IxDyn(&[2, 3]), (0..6).map(f64::from).collect()).unwrap();
        let inner = vec![
            ("N".to_owned(), Entry::Integers(ArrayD::from_elem(IxDyn(&[]), 40_000))),
            ("name".to_owned(), Entry::Text("Exc".to_owned())),
        ];
        let entries = vec![
            ("REC_POPS".to_owned(), Entry::Texts(vec!["Exc".to_owned(), "Inh".to_owned()])),
            ("VMS_Exc".to_owned(), Entry::Numbers(matrix)),
            ("dt".to_owned(), Entry::Numbers(ArrayD::from_elem(IxDyn(&[1]), 0.1))),
            ("iRASTER_Exc".to_owned(), Entry::Integers(ArrayD::from_elem(IxDyn(&[2]), -3))),
            ("silent".to_owned(), Entry::Numbers(ArrayD::zeros(IxDyn(&[0])))),
            ("0".to_owned(), Entry::Dictionary(inner)),
        ];
        write_dictionary(&path, &entries).unwrap();
        assert_eq!(read_dictionary(&path).unwrap(), entries);
        let name = vec![("a/b".to_owned(), Entry::Text(String::new()))];
        assert!(matches!(write_dictionary(&path, &name), Err(FileError::Name { .. })));
        assert_eq!(read_dictionary(&path).unwrap(), entries, "a failure leaves the file as it was");
    }
}
