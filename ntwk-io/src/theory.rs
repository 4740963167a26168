//! Results of the theory as named arrays, ready to be stored.

use ndarray::ArrayD;

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
