//! The file of a scan: arrays over labelled axes.
//!
//! # Layout
//! HDF5 with the attributes by which xarray (engine `h5netcdf`) knows dimensions and coordinates: every axis is a
//! one-dimensional dataset with its own name, `CLASS` = `DIMENSION_SCALE` and a number `_Netcdf4Dimid`; every array
//! says in `_Netcdf4Coordinates` along which axes it runs. (The references of HDF5's own dimension scales, which
//! netCDF's C library insists on, cannot be written by the HDF5 library used here.) `units` and `long_name` are those
//! of the CF conventions; `/model` and `/provenance` are as in the file of a run. `/study` is a text, JSON with sorted
//! keys, that says what study the points are of; its attribute `sha256` is the sum of that text.

use std::collections::BTreeSet;
use std::path::Path;

use hdf5::{AttrValue, DatasetBuilder, FileBuilder};
use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_reader::{Hdf5Reader, StoredArray};
use crate::hdf5_writer::{check_name, claim, text};
use crate::provenance::Provenance;
use crate::run_file::{ModelText, add_origin};

/// Root attribute `layout` of such a file.
pub(crate) const LAYOUT: &str = "ntwk scan";
/// Number of the first array; axes are numbered from 0.
const FIRST_ARRAY: i64 = 1000;

/// Values of an axis or array, in row-major order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ScanValues {
    /// Numbers.
    Numbers(Vec<f64>),
    /// Texts.
    Texts(Vec<String>),
}

impl ScanValues {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(v) => v.len(),
            Self::Texts(v) => v.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An axis or an array of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanArray {
    /// Name.
    pub name: String,
    /// Names of the axes it runs along; an axis runs along itself.
    pub axes: Vec<String>,
    /// Values.
    pub values: ScanValues,
    /// Unit (`1` for none).
    pub unit: String,
    /// What it is, in words; of an axis, the keys of the model.
    pub long_name: String,
}

/// What study the points of a file are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyText {
    /// The description: JSON with sorted keys.
    pub json: String,
    /// SHA-256 of the description, in hexadecimal digits.
    pub sha256: String,
}

/// Name of the dataset with the description of the study.
const STUDY: &str = "study";

/// A scan: axes and arrays along them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScanData {
    /// The axes.
    pub axes: Vec<ScanArray>,
    /// The arrays.
    pub arrays: Vec<ScanArray>,
}

impl ScanData {
    /// An axis or array by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ScanArray> {
        self.axes.iter().chain(&self.arrays).find(|a| a.name == name)
    }
}

/// Writes a scan in one step: an existing file is replaced only by a complete new one.
///
/// # Errors
/// [`FileError::Name`] and [`FileError::Repeated`] for names that cannot stand in a file, [`FileError::Inconsistent`]
/// for an array that does not fit its axes, [`FileError::Io`] or [`FileError::Hdf5`].
pub fn write_scan(
    path: &Path,
    data: &ScanData,
    model: &ModelText,
    study: Option<&StudyText>,
    provenance: &Provenance,
) -> Result<(), FileError> {
    let mut used: BTreeSet<String> = ["/model", "/provenance", "/study"].map(str::to_owned).into();
    let mut file = FileBuilder::new();
    file.set_attr("layout", text(LAYOUT));
    for (number, array) in (0i64..).zip(&data.axes).chain((FIRST_ARRAY..).zip(&data.arrays)) {
        check_name("array", &array.name)?;
        claim(&mut used, format!("/{}", array.name))?;
        let mut shape = Vec::new();
        let mut ids = Vec::new();
        for name in &array.axes {
            let Some(at) = data.axes.iter().position(|a| a.name == *name) else {
                let problem = format!("there is no axis {name}");
                return Err(FileError::Inconsistent { object: array.name.clone(), problem });
            };
            shape.push(data.axes[at].values.len() as u64);
            ids.push(at as i32);
        }
        if shape.iter().product::<u64>() != array.values.len() as u64 {
            let problem = format!("{} values for a shape of {shape:?}", array.values.len());
            return Err(FileError::Inconsistent { object: array.name.clone(), problem });
        }
        let dataset = fill(file.create_dataset(&array.name), &array.values, &shape);
        let ascii = |s: &str| AttrValue::AsciiString(s.to_owned());
        dataset
            .set_attr("CLASS", ascii("DIMENSION_SCALE"))
            .set_attr("NAME", text(&array.name))
            .set_attr("_Netcdf4Dimid", AttrValue::I32(number as i32))
            .set_attr("units", text(&array.unit))
            .set_attr("long_name", text(&array.long_name));
        if number >= FIRST_ARRAY {
            dataset.set_attr("_Netcdf4Coordinates", AttrValue::I32Array(ids));
        }
    }
    if let Some(study) = study {
        file.create_dataset(STUDY)
            .with_vlen_strings(&[&study.json])
            .with_shape(&[])
            .set_attr("sha256", text(&study.sha256));
    }
    add_origin(&mut file, Some(model), Some(provenance));
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

fn fill<'b>(
    dataset: &'b mut DatasetBuilder,
    values: &ScanValues,
    shape: &[u64],
) -> &'b mut DatasetBuilder {
    match values {
        ScanValues::Numbers(v) => dataset.with_data(v).with_shape(shape),
        ScanValues::Texts(v) => {
            let texts: Vec<&str> = v.iter().map(String::as_str).collect();
            dataset.with_vlen_strings(&texts).with_shape(shape)
        }
    }
}

/// Reads a scan with the model it was made from and its origin; `None` for a file of another kind.
///
/// # Errors
/// [`FileError`] for a file that cannot be read or whose parts do not fit together.
pub fn read_scan(path: &Path) -> Result<Option<(ScanData, ModelText, Provenance)>, FileError> {
    let reader = Hdf5Reader::open(path)?;
    if reader.attributes("/")?.text("layout").as_deref() != Some(LAYOUT) {
        return Ok(None);
    }
    let mut found = Vec::new();
    for name in reader.datasets("/")? {
        if name != "model" && name != STUDY {
            let stored = reader.require(&[format!("/{name}")])?;
            let number = stored.attributes()?.require_i64("_Netcdf4Dimid")?;
            found.push((number, name, stored));
        }
    }
    found.sort_by_key(|f| f.0);
    let names: Vec<String> =
        found.iter().take_while(|f| f.0 < FIRST_ARRAY).map(|f| f.1.clone()).collect();
    let mut data = ScanData::default();
    for (number, name, stored) in &found {
        let axes = if *number < FIRST_ARRAY {
            vec![name.clone()]
        } else {
            let ids = stored.attributes()?.u32s("_Netcdf4Coordinates").unwrap_or_default();
            ids.iter().filter_map(|&id| names.get(id as usize).cloned()).collect()
        };
        let array = read_array(name, axes, stored)?;
        if *number < FIRST_ARRAY { data.axes.push(array) } else { data.arrays.push(array) }
    }
    for array in &data.arrays {
        let lengths = array.axes.iter().filter_map(|a| Some(data.get(a)?.values.len()));
        if lengths.product::<usize>() != array.values.len() {
            let expected = format!("values along {:?}", array.axes);
            let found = format!("{} values", array.values.len());
            return Err(reader.mismatch(&array.name, expected, found));
        }
    }
    let file = crate::result_file::ResultFile::open(path)?;
    let model = file.model()?.ok_or_else(|| reader.missing("/model"))?;
    let provenance = file.provenance()?.ok_or_else(|| reader.missing("/provenance"))?;
    Ok(Some((data, model, provenance)))
}

/// Reads what study the points of a file are of; `None` for a file that does not say it.
///
/// # Errors
/// [`FileError`] for a file that cannot be read or whose description is no text with its sum.
pub fn read_study(path: &Path) -> Result<Option<StudyText>, FileError> {
    let reader = Hdf5Reader::open(path)?;
    let Some(stored) = reader.find(&format!("/{STUDY}"))? else { return Ok(None) };
    let sha256 = stored.attributes()?.require_text("sha256")?;
    Ok(Some(StudyText { json: stored.text()?, sha256 }))
}

fn read_array(
    name: &str,
    axes: Vec<String>,
    stored: &StoredArray<'_>,
) -> Result<ScanArray, FileError> {
    let attributes = stored.attributes()?;
    let values = if stored.element_type()?.contains("string") {
        ScanValues::Texts(stored.texts()?)
    } else {
        ScanValues::Numbers(stored.f64s()?)
    };
    Ok(ScanArray {
        name: name.to_owned(),
        axes,
        values,
        unit: attributes.require_text("units")?,
        long_name: attributes.require_text("long_name")?,
    })
}
