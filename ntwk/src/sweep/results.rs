//! What is known of the points of a scan, and its arrays.

use ntwk_io::{ScanArray, ScanData, ScanValues};

use crate::sweep::store::PointStatus;
use crate::sweep::task::{PointQuantity, PointTask};

/// The axes of a scan, and the arrays that are known from the start.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepFrame {
    /// Axes and arrays.
    pub known: ScanData,
    /// How many of the axes number the points.
    pub dimensions: usize,
}

impl SweepFrame {
    /// Those of a task.
    #[must_use]
    pub fn of(task: &dyn PointTask) -> Self {
        let known = ScanData { axes: task.axes(), arrays: task.given() };
        Self { known, dimensions: task.dimensions() }
    }

    /// Those of a stored scan, whose array `status` runs along the axes that number its points.
    #[must_use]
    pub fn stored(data: &ScanData) -> Option<Self> {
        let dimensions = data.get("status")?.axes.len();
        // What runs along the points alone, stands before `status` and is no result, was there from the start.
        let given = data.arrays.iter().take_while(|a| a.name != "status").cloned().collect();
        Some(Self { known: ScanData { axes: data.axes.clone(), arrays: given }, dimensions })
    }

    /// Number of points.
    #[must_use]
    pub fn points(&self) -> usize {
        self.known.axes.iter().take(self.dimensions).map(|a| a.values.len()).product()
    }

    /// Names of the axes that number the points.
    fn names(&self) -> Vec<String> {
        self.known.axes.iter().take(self.dimensions).map(|a| a.name.clone()).collect()
    }
}

/// What the points of a scan have come to.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepResults {
    status: Vec<PointStatus>,
    errors: Vec<String>,
    seconds: Vec<f64>,
    quantities: Vec<(PointQuantity, Vec<f64>)>,
}

/// A point was computed twice with other bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OtherBits;

impl SweepResults {
    /// Of `points` points, none of which is known.
    #[must_use]
    pub fn new(points: usize) -> Self {
        Self {
            status: vec![PointStatus::Open; points],
            errors: vec![String::new(); points],
            seconds: vec![f64::NAN; points],
            quantities: Vec::new(),
        }
    }

    /// State of a point.
    #[must_use]
    pub fn status(&self, index: usize) -> PointStatus {
        self.status[index]
    }

    /// Points in this state.
    #[must_use]
    pub fn count(&self, status: PointStatus) -> usize {
        self.status.iter().filter(|s| **s == status).count()
    }

    /// Whether no point is open.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.status.contains(&PointStatus::Open)
    }

    /// Why a point failed.
    #[must_use]
    pub fn error(&self, index: usize) -> &str {
        &self.errors[index]
    }

    /// Wall-clock time of each point (s), NaN where it is not known.
    #[must_use]
    pub fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// Takes what a point came to: the first result stays, with its time, and goes before any failure; of failures the last
    /// stays.
    pub(super) fn set(
        &mut self,
        index: usize,
        outcome: Result<Vec<PointQuantity>, String>,
        seconds: f64,
    ) -> Result<(), OtherBits> {
        match (outcome, self.status[index]) {
            (Err(_), PointStatus::Done) => return Ok(()),
            (Ok(quantities), PointStatus::Done) => return self.compare(index, &quantities),
            (Err(error), _) => {
                (self.status[index], self.errors[index]) = (PointStatus::Failed, error);
            }
            (Ok(quantities), _) => {
                (self.status[index], self.errors[index]) = (PointStatus::Done, String::new());
                for quantity in quantities {
                    let n = quantity.values.len();
                    let place = self.quantities.iter().position(|q| q.0.name == quantity.name);
                    let place = place.unwrap_or_else(|| {
                        let values = vec![f64::NAN; n * self.status.len()];
                        self.quantities.push((quantity.clone(), values));
                        self.quantities.len() - 1
                    });
                    let values = &mut self.quantities[place].1;
                    if let Some(place) = values.get_mut(index * n..(index + 1) * n) {
                        place.copy_from_slice(&quantity.values);
                    }
                }
            }
        }
        self.seconds[index] = seconds;
        Ok(())
    }

    fn compare(&self, index: usize, quantities: &[PointQuantity]) -> Result<(), OtherBits> {
        let same = |quantity: &PointQuantity| {
            let n = quantity.values.len();
            let is = |a: f64, b: f64| a.to_bits() == b.to_bits();
            match self.quantities.iter().find(|q| q.0.name == quantity.name) {
                Some((_, known)) => known.get(index * n..(index + 1) * n).is_some_and(|known| {
                    known.iter().zip(&quantity.values).all(|(&a, &b)| is(a, b))
                }),
                // A file has NaN where a point has no such quantity.
                None => quantity.values.iter().all(|&value| is(value, f64::NAN)),
            }
        };
        if quantities.iter().all(same) { Ok(()) } else { Err(OtherBits) }
    }

    /// What a point came to; `None` where it is open.
    #[must_use]
    pub fn outcome(&self, index: usize) -> Option<Result<Vec<PointQuantity>, String>> {
        match self.status[index] {
            PointStatus::Open => None,
            PointStatus::Failed => Some(Err(self.errors[index].clone())),
            PointStatus::Done => {
                let points = self.status.len();
                let at_point = |(quantity, values): &(PointQuantity, Vec<f64>)| {
                    let n = values.len() / points;
                    let values = values[index * n..(index + 1) * n].to_vec();
                    PointQuantity { values, ..quantity.clone() }
                };
                Some(Ok(self.quantities.iter().map(at_point).collect()))
            }
        }
    }

    /// Whether all points came to the same, bit by bit; times do not count.
    #[must_use]
    pub fn same_bits(&self, other: &Self) -> bool {
        let of = |results: &Self| {
            let mut all: Vec<(String, Vec<u64>)> = results
                .quantities
                .iter()
                .map(|(q, values)| (q.name.clone(), values.iter().map(|v| v.to_bits()).collect()))
                .collect();
            all.sort();
            all
        };
        self.status == other.status && self.errors == other.errors && of(self) == of(other)
    }

    /// The arrays of the file.
    #[must_use]
    pub fn data(&self, frame: &SweepFrame) -> ScanData {
        let mut arrays = frame.known.arrays.clone();
        let dimensions = frame.names();
        let mut add = |name: &str, along: &Option<String>, values, unit: &str, long_name: &str| {
            arrays.push(ScanArray {
                name: name.to_owned(),
                axes: dimensions.iter().chain(along).cloned().collect(),
                values,
                unit: unit.to_owned(),
                long_name: long_name.to_owned(),
            });
        };
        let status = self.status.iter().map(|s| s.number()).collect();
        let meaning = "0: not computed, 1: computed, 2: failed";
        add("status", &None, ScanValues::Numbers(status), "1", meaning);
        add("error", &None, ScanValues::Texts(self.errors.clone()), "1", "why the point failed");
        let seconds = ScanValues::Numbers(self.seconds.clone());
        add("seconds", &None, seconds, "s", "wall-clock time of the point");
        // In the order of their names: the order in which points end must not show.
        let mut sorted: Vec<_> = self.quantities.iter().collect();
        sorted.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        for (q, values) in sorted {
            let values = ScanValues::Numbers(values.clone());
            add(&q.name, &q.along, values, &q.unit, &q.label);
        }
        ScanData { axes: frame.known.axes.clone(), arrays }
    }

    /// What the arrays of a file say; `None` where they are not those of such a scan.
    #[must_use]
    pub fn from_data(data: &ScanData, frame: &SweepFrame) -> Option<Self> {
        let points = frame.points();
        let dimensions = frame.names();
        let numbers = |name: &str| match &data.get(name)?.values {
            ScanValues::Numbers(values) if values.len() == points => Some(values.clone()),
            _ => None,
        };
        let status = numbers("status")?.into_iter().map(PointStatus::of).collect();
        let errors = match &data.get("error")?.values {
            ScanValues::Texts(values) if values.len() == points => values.clone(),
            _ => return None,
        };
        let given = |name: &str| frame.known.arrays.iter().any(|a| a.name == name);
        let mut quantities = Vec::new();
        for array in &data.arrays {
            let known = ["status", "error", "seconds"].contains(&array.name.as_str());
            let ScanValues::Numbers(values) = &array.values else { continue };
            if known || given(&array.name) || points == 0 || !array.axes.starts_with(&dimensions) {
                continue;
            }
            let quantity = PointQuantity {
                name: array.name.clone(),
                label: array.long_name.clone(),
                unit: array.unit.clone(),
                values: Vec::new(),
                along: array.axes.get(dimensions.len()).cloned(),
            };
            quantities.push((quantity, values.clone()));
        }
        Some(Self { status, errors, seconds: numbers("seconds")?, quantities })
    }
}
