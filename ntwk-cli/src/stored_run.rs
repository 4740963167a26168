//! The stored run of a network that a command works on: of ntwk, or of the Python package neural_network_dynamics.

use std::path::Path;

use ntwk_core::{CellLibrary, Model, Recording};
use ntwk_io::{
    FileError, FileKind, Layout, Notation, Provenance, ResultFile, Selection, StoredCellRun,
    TheoryGroup, import_stored, parse_tree, read_flat, read_text, write_model,
};

use super::Failure;
use super::output::{no_run, note, stored_model};
use ntwk::figures::weights::is_weight;

/// Neurons whose recorded variables are read, at most.
const MOST_SAMPLED: usize = 100;
/// Bytes of samples read, at most.
const SAMPLE_BYTES: f64 = 5e8;

/// A stored run with its model.
pub(crate) struct StoredRun {
    pub model: Model,
    /// The model as text.
    pub text: String,
    pub provenance: Option<Provenance>,
    /// Results of the theory stored beside it.
    pub theory: Vec<TheoryGroup>,
    source: Source,
}

/// Where the recording is.
enum Source {
    File(ResultFile),
    /// A file of the package is read whole.
    Package(Recording),
}

impl StoredRun {
    /// Opens a run; a file of another kind is refused with the commands that take it.
    pub(crate) fn open(path: &Path, library: &CellLibrary) -> Result<Self, Failure> {
        match layout_of(path)? {
            Layout::Ntwk => Self::of_ntwk(path, library),
            Layout::Flat => Self::of_package(path, library),
            other => Err(other_kind(path, other)),
        }
    }

    /// The whole recording of a file with its origin and, where there is one, its model, which most formats can do without.
    pub(crate) fn parts(
        path: &Path,
        library: &CellLibrary,
    ) -> Result<(Recording, Option<Provenance>, Option<Model>), Failure> {
        if layout_of(path)? != Layout::Ntwk {
            let run = Self::open(path, library)?;
            return Ok((run.recording(path)?, run.provenance, Some(run.model)));
        }
        let file = ResultFile::open(path)?;
        let recording = file.recording()?.ok_or_else(|| no_run(path))?;
        Ok((recording, file.provenance()?, stored_model(&file, path, library)?))
    }

    /// The model of a file of ntwk.
    pub(crate) fn model_of(path: &Path, library: &CellLibrary) -> Result<Model, Failure> {
        let file = ResultFile::open(path)?;
        stored_model(&file, path, library)?.ok_or_else(|| no_run(path))
    }

    fn of_ntwk(path: &Path, library: &CellLibrary) -> Result<Self, Failure> {
        let file = ResultFile::open(path)?;
        let model = stored_model(&file, path, library)?.ok_or_else(|| no_run(path))?;
        Ok(Self {
            model,
            text: file.model()?.map(|m| m.text).unwrap_or_default(),
            provenance: file.provenance()?,
            theory: file.theory()?,
            source: Source::File(file),
        })
    }

    fn of_package(path: &Path, library: &CellLibrary) -> Result<Self, Failure> {
        let named = |mut faults: ntwk_core::Faults| {
            faults.file = Some(format!("{} (model)", path.display()));
            ntwk_io::ModelFileError::from(faults)
        };
        let mut flat = read_flat(path)?;
        let import = import_stored(&flat).map_err(named)?;
        import.notes.iter().for_each(|text| note(format!("{}: {text}", path.display())));
        let text = write_model(&import.spec, Notation::Toml)?;
        let model = Model::from_spec(import.spec, library).map_err(named)?;
        flat.name_receptors(&model);
        let source = Source::Package(flat.recording);
        Ok(Self { model, text, provenance: None, theory: Vec::new(), source })
    }

    /// The whole recording.
    pub(crate) fn recording(&self, path: &Path) -> Result<Recording, Failure> {
        match &self.source {
            Source::File(file) => file.recording()?.ok_or_else(|| no_run(path)),
            Source::Package(recording) => Ok(recording.clone()),
        }
    }

    /// What an analysis reads: spikes, counts, and the variables of so many neurons as memory allows, of no more than a hundred
    /// where not `all` may be asked for.
    pub(crate) fn sampled(&self, path: &Path, all: bool) -> Result<Recording, Failure> {
        let file = match &self.source {
            Source::File(file) => file,
            Source::Package(recording) => return Ok(recording.clone()),
        };
        let outline = file.recording_of(&Selection { variables: None, columns: 0..0 })?;
        let outline = outline.ok_or_else(|| no_run(path))?;
        let traces = outline.populations.iter().flat_map(|p| &p.traces);
        let steps = u64::from(self.model.n_steps());
        let frames: u64 = traces.map(|t| t.steps.before(steps)).sum();
        let columns = (SAMPLE_BYTES / (8.0 * frames.max(1) as f64)) as usize;
        let columns = 0..columns.clamp(1, if all { usize::MAX } else { MOST_SAMPLED });
        let sampled = file.recording_of(&Selection { variables: None, columns })?;
        sampled.ok_or_else(|| no_run(path))
    }

    /// All recorded weights of synapses, as far as memory allows.
    pub(crate) fn weights(&self, path: &Path) -> Result<Recording, Failure> {
        let file = match &self.source {
            Source::File(file) => file,
            Source::Package(recording) => return Ok(recording.clone()),
        };
        let outline = file.recording_of(&Selection { variables: None, columns: 0..0 })?;
        let outline = outline.ok_or_else(|| no_run(path))?;
        let traces = outline.populations.iter().flat_map(|p| &p.traces);
        let traces: Vec<_> = traces.filter(|t| is_weight(&t.variable)).collect();
        let names: Vec<&str> = traces.iter().map(|t| t.variable.as_str()).collect();
        let frames: u64 = traces.iter().map(|t| t.steps.before(outline.n_steps)).sum();
        let columns = ((SAMPLE_BYTES / (8.0 * frames.max(1) as f64)) as usize).max(1);
        let selection = Selection { variables: Some(&names), columns: 0..columns };
        file.recording_of(&selection)?.ok_or_else(|| no_run(path))
    }
}

/// The title of a run of a morphological cell, else the name of its file.
pub(crate) fn cell_run_title(run: &StoredCellRun, path: &Path) -> String {
    let title = parse_tree(&run.text, Notation::Toml).ok().and_then(|tree| {
        let (title, exact) = tree.locate("title");
        exact.then(|| title.display().trim_matches('"').to_owned())
    });
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("cell");
    title.unwrap_or_else(|| stem.to_owned())
}

/// The layout of an HDF5 file; of a file of text, what it describes and which commands take it.
pub(crate) fn layout_of(path: &Path) -> Result<Layout, Failure> {
    Layout::of(path).map_err(|error| match described(path) {
        Some(kind) if matches!(error, FileError::NotHdf5 { .. }) => {
            Failure::Argument(format!("{} {}", path.display(), kind.commands()))
        }
        _ => error.into(),
    })
}

fn described(path: &Path) -> Option<FileKind> {
    let text = read_text(path).ok()?;
    FileKind::of(&parse_tree(&text, Notation::of(path)).ok()?)
}

/// A file that a command does not take, with those that do.
pub(crate) fn other_kind(path: &Path, layout: Layout) -> Failure {
    let (content, commands) = (layout.content(), layout.commands());
    Failure::Argument(format!("{} holds {content}; {commands}", path.display()))
}
