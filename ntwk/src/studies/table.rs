//! Results of a study as named columns with units.

/// Values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValues {
    /// Numbers; NaN where the result is none.
    Numbers(Vec<f64>),
    /// Numbers that are not there in every row.
    Sparse(Vec<Option<f64>>),
    /// Counts and indices.
    Counts(Vec<u64>),
    /// Names.
    Texts(Vec<String>),
}

impl ColumnValues {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(v) => v.len(),
            Self::Sparse(v) => v.len(),
            Self::Counts(v) => v.len(),
            Self::Texts(v) => v.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name, without the unit.
    pub name: String,
    /// Unit, such as `mV`; empty for none.
    pub unit: String,
    /// One value per row.
    pub values: ColumnValues,
}

impl Column {
    /// Name with the unit, as the header of a file has it: `time_ms`, `area_mV_ms`.
    #[must_use]
    pub fn header(&self) -> String {
        match self.unit.as_str() {
            "" => self.name.clone(),
            unit => format!("{}_{}", self.name, unit.replace(' ', "_")),
        }
    }
}

/// Columns of the same length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
}

impl Table {
    /// The same with a column of numbers.
    #[must_use]
    pub fn numbers(self, name: &str, unit: &str, values: &[f64]) -> Self {
        self.with(name, unit, ColumnValues::Numbers(values.to_vec()))
    }

    /// The same with one more column.
    #[must_use]
    pub fn with(mut self, name: &str, unit: &str, values: ColumnValues) -> Self {
        self.columns.push(Column { name: name.to_owned(), unit: unit.to_owned(), values });
        self
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Number of rows: that of the shortest column.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.iter().map(|c| c.values.len()).min().unwrap_or(0)
    }
}
