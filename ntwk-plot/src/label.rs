//! Text with subscripts and superscripts, and its width.

/// Part of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub text: String,
    pub script: Script,
}

/// Where a part of a label stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Normal,
    Sub,
    Super,
}

/// Size of sub- and superscripts relative to the text.
pub(crate) const SCRIPT_SIZE: f64 = 0.74;

/// A line of text. Names from a model are [`Label::plain`]; axis labels may carry scripts ([`Label::math`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    pub(crate) runs: Vec<Run>,
}

impl Label {
    /// The text as it is.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        let text: String = text.into();
        if text.is_empty() {
            return Self::default();
        }
        Self { runs: vec![Run { text, script: Script::Normal }] }
    }

    /// `V_m`, `x^2`, `ν_{exc}`: `_` and `^` lower and raise the next character or the next `{...}`.
    #[must_use]
    pub fn math(text: &str) -> Self {
        let mut label = Self::default();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let script = match c {
                '_' => Script::Sub,
                '^' => Script::Super,
                _ => {
                    label.push(&c.to_string(), Script::Normal);
                    continue;
                }
            };
            if chars.next_if_eq(&'{').is_some() {
                let inner: String = chars.by_ref().take_while(|&c| c != '}').collect();
                label.push(&inner, script);
            } else if let Some(c) = chars.next() {
                label.push(&c.to_string(), script);
            }
        }
        label
    }

    /// `self` followed by `other`.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        for run in other.runs {
            self.push(&run.text, run.script);
        }
        self
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Width at font size `size`, in the unit of `size`, in the bundled font (without kerning).
    #[must_use]
    pub fn width(&self, size: f64) -> f64 {
        self.runs
            .iter()
            .map(|run| {
                let size = if run.script == Script::Normal { size } else { size * SCRIPT_SIZE };
                run.text.chars().map(advance).sum::<f64>() * size
            })
            .sum()
    }

    fn push(&mut self, text: &str, script: Script) {
        match self.runs.last_mut() {
            Some(run) if run.script == script => run.text.push_str(text),
            _ if text.is_empty() => {}
            _ => self.runs.push(Run { text: text.to_owned(), script }),
        }
    }
}

impl From<&str> for Label {
    /// As [`Label::plain`].
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

/// Advance widths of U+0020 to U+007E in the bundled Ubuntu Light, in 1/1000 of the font size.
const ADVANCE: [u16; 95] = [
    228, 274, 392, 653, 564, 831, 648, 240, 310, 310, 472, 564, 246, 282, 246, 359, 564, 564, 564,
    564, 564, 564, 564, 564, 564, 564, 246, 246, 564, 564, 564, 380, 940, 641, 630, 609, 702, 555,
    520, 658, 692, 248, 487, 599, 502, 865, 709, 774, 592, 774, 618, 517, 548, 680, 624, 921, 608,
    569, 560, 310, 359, 310, 564, 490, 376, 509, 583, 460, 583, 548, 376, 573, 569, 237, 237, 495,
    255, 863, 569, 582, 583, 583, 374, 428, 387, 569, 480, 775, 499, 474, 455, 319, 262, 319, 564,
];

/// Advance of `c` relative to the font size; characters outside the table count as a wide letter.
fn advance(c: char) -> f64 {
    match (c as usize).checked_sub(0x20).and_then(|i| ADVANCE.get(i)) {
        Some(&a) => f64::from(a) / 1000.0,
        None => match c {
            '−' | '×' | '±' | '≥' | '≤' | '≈' => 0.564,
            '°' | '²' | '³' | '¹' => 0.359,
            '·' => 0.246,
            _ => 0.63,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_split() {
        let l = Label::math("V_m of x^{10} (mV)");
        let parts: Vec<_> = l.runs.iter().map(|r| (r.text.as_str(), r.script)).collect();
        assert_eq!(
            parts,
            [
                ("V", Script::Normal),
                ("m", Script::Sub),
                (" of x", Script::Normal),
                ("10", Script::Super),
                (" (mV)", Script::Normal)
            ]
        );
        assert_eq!(Label::plain("exc_L23").runs.len(), 1);
    }

    #[test]
    fn broken_markup_and_nothing_do_no_harm() {
        for text in ["_", "^", "a_{b", "_{}", ""] {
            let _ = Label::math(text).width(7.0);
        }
        assert!(Label::plain("").is_empty());
    }
}
