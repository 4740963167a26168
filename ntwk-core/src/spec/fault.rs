//! Faults of a model description: all of them, each with its key, value and line.

use std::fmt;

use crate::spec::nearest::nearest;
use crate::spec::units::QuantityError;

/// One fault of a model description.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Path of the key, for example `populations.RecExc.cell.C_m`.
    pub key: String,
    /// The offending value as written, when there is one.
    pub value: Option<String>,
    /// Line in the file (1-based), when the description came from a file.
    pub line: Option<u32>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// The key does not exist in this table.
    UnknownKey {
        /// The nearest valid key.
        nearest: Option<String>,
        /// All valid keys of the table.
        valid: Vec<String>,
    },
    /// A required key is absent.
    MissingKey {
        /// What the key should hold.
        expected: String,
    },
    /// The value has the wrong type.
    WrongType {
        /// What was expected.
        expected: String,
        /// What was found.
        found: &'static str,
    },
    /// The value is not a quantity of the right dimension.
    Quantity(QuantityError),
    /// A number outside its allowed range.
    OutOfRange {
        /// The rule, for example `> 0 pF`.
        allowed: String,
    },
    /// A name that refers to nothing.
    UnknownName {
        /// What the name should refer to, for example `population`.
        what: &'static str,
        /// The nearest existing name.
        nearest: Option<String>,
        /// All existing names.
        valid: Vec<String>,
    },
    /// The same name or key is used twice.
    Duplicate {
        /// What is duplicated.
        what: &'static str,
    },
    /// Values that are fine alone and wrong together.
    Combination {
        /// The rule they break.
        rule: String,
    },
    /// A file that the description refers to cannot be used.
    File {
        /// Why.
        problem: String,
    },
    /// A part of an expression that is at fault.
    Expression {
        /// What is wrong.
        message: String,
        /// The line of the text that it stands on.
        line: String,
        /// Where it begins (letters).
        column: usize,
        /// How long it is (letters), at least 1.
        length: usize,
    },
    /// The text is not valid TOML or JSON.
    Syntax {
        /// The parser's message.
        message: String,
    },
}

impl FaultKind {
    /// The fault of a name that is none of `valid`, with the nearest of them.
    #[must_use]
    pub fn unknown_name<'a>(
        what: &'static str,
        name: &str,
        valid: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let valid: Vec<String> = valid.into_iter().map(str::to_owned).collect();
        let nearest = nearest(name, valid.iter().map(String::as_str)).map(str::to_owned);
        Self::UnknownName { what, nearest, valid }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { nearest, valid } => {
                write!(f, "unknown key")?;
                suggest(f, nearest.as_deref(), "valid keys", valid)
            }
            Self::MissingKey { expected } => write!(f, "missing; expected {expected}"),
            Self::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Quantity(error) => error.fmt(f),
            Self::OutOfRange { allowed } => write!(f, "must be {allowed}"),
            Self::UnknownName { what, nearest, valid } => {
                write!(f, "there is no such {what}")?;
                suggest(f, nearest.as_deref(), "there are", valid)
            }
            Self::Duplicate { what } => write!(f, "this {what} is given twice"),
            Self::Combination { rule } => f.write_str(rule),
            Self::File { problem } => f.write_str(problem),
            Self::Expression { message, line, column, length } => {
                // Tabs keep their width below them.
                let before: String =
                    line.chars().take(*column).map(|c| if c == '\t' { c } else { ' ' }).collect();
                write!(f, "{message}\n    {line}\n    {before}{}", "~".repeat(*length))
            }
            Self::Syntax { message } => f.write_str(message),
        }
    }
}

fn suggest(
    f: &mut fmt::Formatter<'_>,
    nearest: Option<&str>,
    title: &str,
    valid: &[String],
) -> fmt::Result {
    if let Some(near) = nearest {
        return write!(f, "; did you mean \"{near}\"?");
    }
    if valid.is_empty() { Ok(()) } else { write!(f, "; {title}: {}", valid.join(", ")) }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        write!(f, ": {}", self.kind)
    }
}

/// All faults of a description, in order of line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    /// Name of the file, when the description came from one.
    pub file: Option<String>,
    /// The faults.
    pub list: Vec<Fault>,
    /// What is read and should be written otherwise.
    pub notices: Vec<String>,
}

impl Faults {
    /// Adds a fault.
    pub fn push(
        &mut self,
        key: impl Into<String>,
        value: Option<String>,
        line: Option<u32>,
        kind: FaultKind,
    ) {
        self.list.push(Fault { key: key.into(), value, line, kind });
    }

    /// Adds a notice; one that is there already is not repeated.
    pub fn notice(&mut self, text: String) {
        if !self.notices.contains(&text) {
            self.notices.push(text);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether a key is at fault: it, something inside it, or the table around it. A key that nobody knows is no fault of
    /// its table.
    #[must_use]
    pub fn concern(&self, key: &str) -> bool {
        let inside = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.list.iter().any(|fault| {
            inside(key, &fault.key)
                || (inside(&fault.key, key) && !matches!(fault.kind, FaultKind::UnknownKey { .. }))
        })
    }

    /// `Ok(value)` when there is no fault, else the faults sorted by line.
    ///
    /// # Errors
    /// The faults themselves.
    pub fn into_result<T>(mut self, value: T) -> Result<T, Self> {
        if self.list.is_empty() {
            return Ok(value);
        }
        // Stable: faults without a line keep their order behind the others.
        self.list.sort_by_key(|fault| fault.line.unwrap_or(u32::MAX));
        Err(self)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("model");
        for (i, fault) in self.list.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            match fault.line {
                Some(line) => write!(f, "{file}:{line}: {fault}")?,
                None => write!(f, "{file}: {fault}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
