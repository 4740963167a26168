//! The kinds of cells and published parameter sets that a model may name.

use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

use crate::model::cell::CellKind;
use crate::spec::KindSpec;
use crate::spec::fault::Faults;
use crate::spec::nearest::nearest;
use crate::spec::waveform::{Shape, Span, Waveform};

/// A published parameter set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Name in model files.
    pub name: &'static str,
    /// Kind of cell it sets.
    pub kind: &'static str,
    /// Values, in the unit of each parameter.
    pub values: &'static [(&'static str, f64)],
    /// A current (pA) of the cell's own, which flows into every neuron of a population that gives no `I_e`.
    pub current: Option<OwnCurrent>,
    /// What the cell stands for.
    pub doc: &'static str,
    /// Who published the numbers.
    pub citation: &'static str,
    /// Digital object identifier of that; `None` for software without one.
    pub doi: Option<&'static str>,
    /// Which table, figure or file has the numbers, and what differs from it.
    pub place: &'static str,
}

/// An oscillating current of a cell's own: amplitude (1 - cos 2πft)/2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnCurrent {
    /// From the bottom to the top (pA); it begins at 0.
    pub amplitude: f64,
    /// Frequency (Hz).
    pub frequency: f64,
}

impl OwnCurrent {
    /// The current (pA) over time.
    #[must_use]
    pub fn waveform(&self) -> Waveform {
        let half = 0.5 * self.amplitude;
        Waveform::Shape(Shape::Sine {
            baseline: half,
            amplitude: half,
            frequency: self.frequency,
            phase: -FRAC_PI_2,
            span: Span::from(0.0),
        })
    }
}

/// A preset with some values changed in its name: `AdExp_a_4_b_40`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPreset<'l> {
    /// The preset at the start of the name.
    pub preset: &'l Preset,
    /// Parameters that the rest of the name sets, in its order.
    pub changes: Vec<(&'static str, f64)>,
}

impl NamedPreset<'_> {
    /// Value of a parameter, if the name or the preset gives one.
    #[must_use]
    pub fn get(&self, parameter: &str) -> Option<f64> {
        let find = |list: &[(&'static str, f64)]| {
            list.iter().rev().find(|v| v.0 == parameter).map(|v| v.1)
        };
        find(&self.changes).or_else(|| find(self.preset.values))
    }
}

/// Why a text names no preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresetNameError {
    /// It does not start with a preset.
    #[error("no preset has this name, and it does not start with one followed by _PARAMETER_VALUE")]
    Unknown {
        /// The preset whose name is nearest.
        nearest: Option<&'static str>,
    },
    /// A part after the preset is not a parameter of its kind.
    #[error("\"{part}\" is no parameter of {kind}{}; valid: {}", did_you_mean(*.nearest), valid.join(", "))]
    Parameter {
        /// From where the name was not understood.
        part: String,
        /// Kind of the preset.
        kind: &'static str,
        /// The parameter whose name is nearest.
        nearest: Option<&'static str>,
        /// Names a part may have.
        valid: Vec<&'static str>,
    },
    /// A parameter is not followed by a number.
    #[error(
        "{parameter} is followed by \"{part}\", which is no number ({parameter}_VALUE, in {unit})"
    )]
    Value {
        /// The parameter as written.
        parameter: &'static str,
        /// What follows it.
        part: String,
        /// Unit of the parameter.
        unit: &'static str,
    },
    /// A parameter is set twice.
    #[error("{parameter} is set twice")]
    Twice {
        /// The parameter.
        parameter: &'static str,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean {name}?)"))
}

/// Makes kinds of cells of what their cell files hold, which this crate does not read.
pub trait DescribedCells: Send + Sync {
    /// The kind called `name` whose [`KindSpec::cell`] is given.
    ///
    /// # Errors
    /// All faults, with the keys below the table of the kind.
    fn kind(&self, name: &str, spec: &KindSpec) -> Result<Box<dyn CellKind>, Faults>;
}

/// The kinds and presets a model may name; a clone shares the kinds.
#[derive(Clone, Default)]
pub struct CellLibrary {
    described: Option<Arc<dyn DescribedCells>>,
    kinds: Vec<Arc<dyn CellKind>>,
    presets: Vec<Preset>,
    /// (other name, parameter).
    synonyms: Vec<(&'static str, &'static str)>,
}

impl CellLibrary {
    /// An empty library.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind; a later one of the same name takes its place.
    pub fn add_kind(&mut self, kind: Box<dyn CellKind>) {
        self.kinds.retain(|k| k.name() != kind.name());
        self.kinds.push(Arc::from(kind));
    }

    /// Lets models declare kinds by cell files, of which `described` makes them.
    pub fn set_described_cells(&mut self, described: Arc<dyn DescribedCells>) {
        self.described = Some(described);
    }

    /// What makes kinds of cell files, where the library has it.
    pub(crate) fn described_cells(&self) -> Option<&dyn DescribedCells> {
        self.described.as_deref()
    }

    /// Adds a preset; a later one of the same name takes its place.
    pub fn add_preset(&mut self, preset: Preset) {
        self.presets.retain(|p| p.name != preset.name);
        self.presets.push(preset);
    }

    /// Lets `synonym` stand for `parameter` in the names that [`CellLibrary::named_preset`] reads.
    pub fn add_synonym(&mut self, synonym: &'static str, parameter: &'static str) {
        self.synonyms.push((synonym, parameter));
    }

    /// The kind called `name`.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&dyn CellKind> {
        self.kinds.iter().find(|k| k.name() == name).map(AsRef::as_ref)
    }

    /// The kind called `name`, to be kept.
    #[must_use]
    pub fn shared_kind(&self, name: &str) -> Option<Arc<dyn CellKind>> {
        self.kinds.iter().find(|k| k.name() == name).cloned()
    }

    /// The preset called `name`.
    #[must_use]
    pub fn preset(&self, name: &str) -> Option<&Preset> {
        self.presets.iter().find(|p| p.name == name)
    }

    /// The preset that `name` means: its name, or its name and changes to its values,
    /// `PRESET(_PARAMETER_VALUE)...`, with numbers in the unit of each parameter:
    /// `AdExp_a_4_b_40`, `LIF_El_-65`.
    ///
    /// # Errors
    /// [`PresetNameError`] with the part of the name that is not understood.
    pub fn named_preset(&self, name: &str) -> Result<NamedPreset<'_>, PresetNameError> {
        if let Some(preset) = self.preset(name) {
            return Ok(NamedPreset { preset, changes: Vec::new() });
        }
        // The longest preset first: of "RS" and "RS_weak" the latter is meant where both fit.
        let start = |preset: &&Preset| {
            name.strip_prefix(preset.name).is_some_and(|rest| rest.starts_with('_'))
        };
        let Some(preset) = self.presets.iter().filter(start).max_by_key(|p| p.name.len()) else {
            return Err(PresetNameError::Unknown { nearest: self.nearest_preset(name) });
        };
        let parameters = self.kind(preset.kind).map_or(&[][..], |kind| kind.parameters());
        let own = parameters.iter().map(|p| (p.name, p.name));
        let has = |parameter: &str| parameters.iter().any(|p| p.name == parameter);
        let known: Vec<(&'static str, &'static str)> =
            own.chain(self.synonyms.iter().copied().filter(|s| has(s.1))).collect();
        let mut changes: Vec<(&'static str, f64)> = Vec::new();
        let mut rest = &name[preset.name.len()..];
        while !rest.is_empty() {
            let part = rest.strip_prefix('_').unwrap_or(rest);
            let starts = |word: &str| {
                part.strip_prefix(word).is_some_and(|r| r.is_empty() || r.starts_with('_'))
            };
            let Some(&(word, parameter)) =
                known.iter().filter(|k| starts(k.0)).max_by_key(|k| k.0.len())
            else {
                let valid: Vec<&'static str> = known.iter().map(|k| k.0).collect();
                let first = part.split('_').next().unwrap_or_default();
                let near = nearest(first, valid.iter().copied());
                let nearest = valid.iter().copied().find(|&v| Some(v) == near);
                let part = part.to_owned();
                return Err(PresetNameError::Parameter { part, kind: preset.kind, nearest, valid });
            };
            let after = part[word.len()..].trim_start_matches('_');
            let number = after.split('_').next().unwrap_or_default();
            let Some(value) = number.parse::<f64>().ok().filter(|x| x.is_finite()) else {
                let unit = parameters
                    .iter()
                    .find(|p| p.name == parameter)
                    .map_or("", |p| p.dimension.unit());
                let part = number.to_owned();
                return Err(PresetNameError::Value { parameter: word, part, unit });
            };
            if changes.iter().any(|c| c.0 == parameter) {
                return Err(PresetNameError::Twice { parameter });
            }
            changes.push((parameter, value));
            rest = &after[number.len()..];
        }
        Ok(NamedPreset { preset, changes })
    }

    /// All kinds.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn CellKind> {
        self.kinds.iter().map(AsRef::as_ref)
    }

    /// All presets.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.presets.iter()
    }

    fn nearest_preset(&self, name: &str) -> Option<&'static str> {
        let names = || self.presets.iter().map(|p| p.name);
        // Of a name with changes the first word is the preset.
        let near = nearest(name, names())
            .or_else(|| nearest(name.split('_').next().unwrap_or(name), names()));
        self.presets.iter().map(|p| p.name).find(|&n| Some(n) == near)
    }

    /// The kind or preset whose name is nearest to `name`.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        let names =
            || self.kinds.iter().map(|k| k.name()).chain(self.presets.iter().map(|p| p.name));
        let near = nearest(name, names());
        names().find(|&n| Some(n) == near)
    }
}
