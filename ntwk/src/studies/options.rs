//! Options of a study that do not fit its model.

use std::fmt::Display;

use ntwk_core::spec::nearest::nearest;

/// A fault of one option.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OptionFault {
    /// Field of the options that is wrong; empty where it is the study as a whole.
    pub option: &'static str,
    /// The value given; empty where the rule names it.
    pub value: String,
    /// What is wrong with it, or what is needed.
    pub rule: String,
}

/// Options that do not fit the model; lists every fault.
#[derive(Debug, Clone, PartialEq, Default, thiserror::Error)]
#[error("{}", .faults.iter().map(OptionFault::to_string).collect::<Vec<_>>().join("\n"))]
#[non_exhaustive]
pub struct InvalidOptions {
    /// All faults found.
    pub faults: Vec<OptionFault>,
}

impl OptionFault {
    /// The fault in words, the option called `name`.
    #[must_use]
    pub fn called(&self, name: &str) -> String {
        match (self.option.is_empty(), self.value.is_empty()) {
            (true, _) => self.rule.clone(),
            (false, true) => format!("{name}: {}", self.rule),
            (false, false) => format!("{name} {}: {}", self.value, self.rule),
        }
    }
}

impl Display for OptionFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.called(self.option))
    }
}

impl InvalidOptions {
    /// One fault.
    pub(crate) fn one(option: &'static str, value: impl Display, rule: impl Into<String>) -> Self {
        let mut invalid = Self::default();
        invalid.push(option, value, rule);
        invalid
    }

    /// Adds a fault.
    pub(crate) fn push(
        &mut self,
        option: &'static str,
        value: impl Display,
        rule: impl Into<String>,
    ) {
        self.faults.push(OptionFault { option, value: value.to_string(), rule: rule.into() });
    }

    /// Index of `name` among `known`; a fault that says what `known` is called where it is none of them.
    pub(crate) fn index(
        &mut self,
        option: &'static str,
        name: &str,
        known: &[&str],
        missing: &str,
        otherwise: &str,
    ) -> Option<usize> {
        let found = known.iter().position(|k| *k == name);
        if found.is_none() {
            let hint = nearest(name, known.iter().copied()).map_or_else(
                || format!("{otherwise}{}", known.join(", ")),
                |near| format!("did you mean {near}?"),
            );
            self.push(option, "", format!("{missing} {name}; {hint}"));
        }
        found
    }

    /// `value`, unless there is a fault.
    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.faults.is_empty() { Ok(value) } else { Err(self) }
    }
}
