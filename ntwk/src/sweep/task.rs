//! What a scan computes: points that do not depend on each other, over labelled axes.

use ntwk_core::Job;
use ntwk_io::model_file::WriteModelError;
use ntwk_io::{CellFileError, ScanArray, ScanValues};

use crate::sweep::identity::StudyIdentity;

/// Points that are computed one by one and kept in one file; see [`run_points`](crate::sweep::run::run_points).
pub trait PointTask: Sync {
    /// Everything the numbers follow from: a file holds the points of this task when it is of the same study.
    ///
    /// # Errors
    /// [`DescriptionError`].
    fn study(&self) -> Result<StudyIdentity, DescriptionError>;

    /// Seed of the task.
    fn seed(&self) -> u64;

    /// Axes of the result: first those that number the points, in row-major order, then those that run inside a point.
    fn axes(&self) -> Vec<ScanArray>;

    /// How many of the axes number the points.
    fn dimensions(&self) -> usize;

    /// Arrays known from the start, along the axes: the values of points that are not a grid.
    fn given(&self) -> Vec<ScanArray> {
        Vec::new()
    }

    /// What point `index` is, as (key, value).
    fn label(&self, index: usize) -> Vec<(String, String)>;

    /// Computes point `index`; the result does not depend on the threads of the job.
    ///
    /// # Errors
    /// [`PointFailure`].
    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure>;

    /// Number of points.
    fn points(&self) -> usize {
        self.axes().iter().take(self.dimensions()).map(|a| a.values.len()).product()
    }
}

/// A quantity at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointQuantity {
    /// Name of the array.
    pub name: String,
    /// What it is.
    pub label: String,
    /// Unit (`1` for none).
    pub unit: String,
    /// One value, or one per place of the axis `along`; NaN where the data define none.
    pub values: Vec<f64>,
    /// Axis inside the point, such as `population`.
    pub along: Option<String>,
}

impl PointQuantity {
    /// A single value.
    #[must_use]
    pub fn scalar(name: &str, label: &str, unit: &str, value: f64) -> Self {
        let (name, label, unit) = (name.to_owned(), label.to_owned(), unit.to_owned());
        Self { name, label, unit, values: vec![value], along: None }
    }

    /// One value per place of an axis.
    #[must_use]
    pub fn along(axis: &str, name: &str, label: &str, unit: &str, values: Vec<f64>) -> Self {
        let along = Some(axis.to_owned());
        Self { values, along, ..Self::scalar(name, label, unit, f64::NAN) }
    }
}

/// Why there is nothing at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PointFailure {
    /// The user ended it: the point stays open.
    Interrupted,
    /// It failed.
    Failed(String),
}

/// A task cannot be described as text.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// The model of a network cannot be written.
    #[error(transparent)]
    Model(#[from] WriteModelError),
    /// The description of a cell cannot be written, or a file it names cannot be read.
    #[error(transparent)]
    Cell(#[from] CellFileError),
}

/// An axis of texts.
#[must_use]
pub fn text_axis(name: &str, long_name: &str, values: Vec<String>) -> ScanArray {
    ScanArray {
        name: name.to_owned(),
        axes: vec![name.to_owned()],
        values: ScanValues::Texts(values),
        unit: "1".to_owned(),
        long_name: long_name.to_owned(),
    }
}

/// An axis of numbers.
#[must_use]
pub fn number_axis(name: &str, long_name: &str, unit: &str, values: Vec<f64>) -> ScanArray {
    ScanArray {
        name: name.to_owned(),
        axes: vec![name.to_owned()],
        values: ScanValues::Numbers(values),
        unit: unit.to_owned(),
        long_name: long_name.to_owned(),
    }
}
