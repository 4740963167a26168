//! Results of the theory as named arrays, ready to be stored.

use std::collections::BTreeSet;

use hdf5::{AttrValue, DatasetBuilder};
use ndarray::ArrayD;

use crate::error::FileError;
use crate::hdf5_writer::{check_name, claim, text};

/// One result of the theory: a group `/theory/<name>` of arrays, such as a fixed point, a trajectory or a scan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TheoryGroup {
    /// Name of the group, unique in a file.
    pub name: String,
    /// Arrays of the group, in the order of their names when read back.
    pub arrays: Vec<NamedArray>,
    /// Scalars and texts that belong to the whole group (status, residual, population, source, ...), sorted by name
    /// when read back.
    pub attributes: Vec<(String, Attribute)>,
}

/// One array with its unit and the meaning of its axes, stored as a float64 dataset `/theory/<group>/<name>`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray {
    /// Name of the dataset, unique in its group.
    pub name: String,
    /// Unit of the values (`"Hz"`, `"mV"`, `"1"` when dimensionless), stored as the attribute `units`.
    pub unit: String,
    /// Name of each axis, one per dimension of `data`, stored as the attribute `axes`.
    pub axes: Vec<String>,
    /// The values; a scalar has no axis.
    pub data: ArrayD<f64>,
    /// Further attributes, sorted by name when read back.
    pub attributes: Vec<(String, Attribute)>,
}

/// Value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A text (UTF-8).
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Several numbers.
    Numbers(Vec<f64>),
}

/// Checks that `groups` can be stored: names, no path twice, one axis name per dimension.
///
/// # Errors
/// [`FileError::Name`], [`FileError::Repeated`] or [`FileError::Inconsistent`].
pub(crate) fn check(groups: &[TheoryGroup]) -> Result<(), FileError> {
    let mut used = BTreeSet::new();
    for group in groups {
        let object = format!("/theory/{}", group.name);
        check_name("theory group", &group.name)?;
        claim(&mut used, object.clone())?;
        check_attributes(&mut used, &object, &group.attributes)?;
        for array in &group.arrays {
            let object = format!("{object}/{}", array.name);
            check_name("array", &array.name)?;
            claim(&mut used, object.clone())?;
            claim(&mut used, format!("{object}@units"))?;
            claim(&mut used, format!("{object}@axes"))?;
            check_attributes(&mut used, &object, &array.attributes)?;
            if array.axes.len() != array.data.ndim() {
                let problem =
                    format!("{} axis names for {} dimensions", array.axes.len(), array.data.ndim());
                return Err(FileError::Inconsistent { object, problem });
            }
        }
    }
    Ok(())
}

fn check_attributes(
    used: &mut BTreeSet<String>,
    object: &str,
    attributes: &[(String, Attribute)],
) -> Result<(), FileError> {
    for (name, _) in attributes {
        check_name("attribute", name)?;
        claim(used, format!("{object}@{name}"))?;
    }
    Ok(())
}

/// Fills the dataset of `array`, which [`check`] has passed.
pub(crate) fn fill(dataset: &mut DatasetBuilder, array: &NamedArray) {
    let values: Vec<f64> = array.data.iter().copied().collect();
    let shape: Vec<u64> = array.data.shape().iter().map(|&n| n as u64).collect();
    dataset.with_data(&values).with_shape(&shape).set_attr("units", text(&array.unit));
    if !array.axes.is_empty() {
        dataset.set_attr("axes", AttrValue::VarLenStringArray(array.axes.clone()));
    }
    for (name, value) in &array.attributes {
        dataset.set_attr(name, value.stored());
    }
}

impl Attribute {
    /// The HDF5 attribute that holds this value.
    pub(crate) fn stored(&self) -> AttrValue {
        match self {
            Self::Text(value) => text(value),
            Self::Texts(values) => AttrValue::VarLenStringArray(values.clone()),
            Self::Integer(value) => AttrValue::I64(*value),
            Self::Number(value) => AttrValue::F64(*value),
            Self::Numbers(values) => AttrValue::F64Array(values.clone()),
        }
    }
}
