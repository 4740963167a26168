//! The range that a number must lie in.

/// Allowed range of a finite number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Any finite number.
    Any,
    /// `> 0`.
    Positive,
    /// `>= 0`.
    NonNegative,
    /// `< 0`.
    Negative,
    /// Both ends included.
    Between(f64, f64),
    /// From the first, included, to the second, left out.
    Below(f64, f64),
    /// From the first, left out, to the second, included.
    Above(f64, f64),
}

impl Bound {
    /// Whether `x` lies in the range.
    #[must_use]
    pub fn contains(self, x: f64) -> bool {
        x.is_finite()
            && match self {
                Self::Any => true,
                Self::Positive => x > 0.0,
                Self::NonNegative => x >= 0.0,
                Self::Negative => x < 0.0,
                Self::Between(low, high) => (low..=high).contains(&x),
                Self::Below(low, high) => (low..high).contains(&x),
                Self::Above(low, high) => x > low && x <= high,
            }
    }

    /// The rule as text, with the unit.
    #[must_use]
    pub fn describe(self, unit: &str) -> String {
        let rule = match self {
            Self::Any => "finite".to_owned(),
            Self::Positive => "> 0".to_owned(),
            Self::NonNegative => ">= 0".to_owned(),
            Self::Negative => "< 0".to_owned(),
            Self::Between(low, high) => format!("between {low} and {high}"),
            Self::Below(low, high) => format!("between {low} and below {high}"),
            Self::Above(low, high) => format!("above {low} and at most {high}"),
        };
        format!("{rule} {unit}").trim_end().to_owned()
    }
}
