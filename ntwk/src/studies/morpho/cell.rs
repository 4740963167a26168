//! The cell that is studied.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ntwk_core::spec::fault::Faults;
use ntwk_io::{CellFile, CellFileError, ModelText, cell_text};
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::studies::Contact;
use ntwk_morpho::{Location, LocationSpec, Selection, Sites};

use super::MorphoError;

/// A morphological cell that is studied: its description, with what was made from it. Clones share both.
#[derive(Debug, Clone)]
pub struct MorphoCell {
    file: Arc<CellFile>,
    path: PathBuf,
    built: Arc<BuiltCell>,
}

impl MorphoCell {
    /// The cell of a description that was read from `path`.
    ///
    /// # Errors
    /// All [`Faults`] of the description on its morphology, with lines.
    pub fn new(file: CellFile, path: &Path) -> Result<Self, Faults> {
        let built = Arc::new(file.build(path)?);
        Ok(Self { file: Arc::new(file), path: path.to_owned(), built })
    }

    /// The description, with the morphology as read.
    #[must_use]
    pub fn file(&self) -> &CellFile {
        &self.file
    }

    /// The cell in compartments.
    #[must_use]
    pub fn built(&self) -> &BuiltCell {
        &self.built
    }

    /// Title of figures: that of the description, else the name of its file.
    #[must_use]
    pub fn title(&self) -> &str {
        let stem = self.path.file_stem().and_then(|s| s.to_str()).unwrap_or("cell");
        self.file.spec.title.as_deref().unwrap_or(stem)
    }

    /// The description as text, by which a stored study is known again.
    ///
    /// # Errors
    /// [`CellFileError`] when a file that the description names cannot be read.
    pub fn description(&self) -> Result<ModelText, CellFileError> {
        cell_text(&self.file, &self.path, None)
    }

    /// The point of the cell that a location names.
    ///
    /// # Errors
    /// [`MorphoError::Location`].
    pub fn locate(&self, location: &LocationSpec) -> Result<Location, MorphoError> {
        self.built.locate(location).map_err(|reason| {
            let location = location.to_string();
            MorphoError::Location { location, reason }
        })
    }

    /// Places of `n` synapses of a study.
    ///
    /// # Errors
    /// [`MorphoError::Location`].
    pub fn places(&self, sites: &Sites, n: usize) -> Result<Vec<Location>, MorphoError> {
        let places = sites.places(n, &self.built.morphology, self.built.cell.compartments());
        places.map_err(|reason| MorphoError::Location { location: sites.to_string(), reason })
    }

    /// The compartments that a selection chooses, at least one.
    ///
    /// # Errors
    /// [`MorphoError::Location`].
    pub fn chosen(&self, selection: &Selection) -> Result<Vec<usize>, MorphoError> {
        let compartments = self.built.cell.compartments();
        let chosen = selection.indices(compartments);
        if chosen.is_empty() {
            let last = compartments.n_branches() - 1;
            let reason =
                format!("no compartment meets the selection (branches are numbered 0 to {last})");
            return Err(MorphoError::Location { location: selection.to_string(), reason });
        }
        Ok(chosen)
    }

    /// The name of a group of synapses, the first when none is named, and what one of its spikes activates.
    ///
    /// # Errors
    /// [`MorphoError::NoSynapses`], [`MorphoError::Group`].
    pub fn synapses(&self, name: Option<&str>) -> Result<(&str, Contact), MorphoError> {
        let all = &self.built.spec.synapses;
        let (group, synapses) = match name {
            None => all.first().ok_or(MorphoError::NoSynapses)?,
            Some(name) => all.get_key_value(name).ok_or_else(|| MorphoError::Group {
                name: name.to_owned(),
                known: all.keys().cloned().collect(),
            })?,
        };
        // The cell was built, so that its receptors are known.
        let receptor = |name: &String| Some(self.built.spec.receptors.get(name)?.receptor());
        let weights = synapses.receptors.iter();
        let contact = weights.filter_map(|(r, &weight)| Some((receptor(r)?, weight))).collect();
        Ok((group, contact))
    }
}
