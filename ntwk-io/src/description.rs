//! What a file holds, without reading its data.

use std::path::{Path, PathBuf};

use crate::error::FileError;
use crate::hdf5_reader::Hdf5Reader;
use crate::provenance::Provenance;
use crate::result_file::ResultFile;
use crate::scan_file;

/// Levels of groups that are listed; deeper ones are not entered, so that a file whose links form a loop is listed too.
const MAX_DEPTH: usize = 8;
/// Objects that are listed; a file may hold millions.
const MAX_ENTRIES: usize = 10_000;

/// Which program's layout a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A run of a network: a file of [`write_run`](crate::write_run).
    Ntwk,
    /// Results of the theory alone, in such a file.
    Theory,
    /// A run of a morphological cell: a file of [`write_cell_run`](crate::write_cell_run).
    Cell,
    /// A SONATA file without a model: of another program, or edges that ntwk wrote.
    Sonata,
    /// The flat layout of the `ntwk` Python package (`tRASTER_<population>`, ...).
    Flat,
    /// A file of [`write_scan`](crate::write_scan).
    Scan,
    /// A file of Neurodata Without Borders 2.
    Nwb,
    /// Any other HDF5 file.
    Unknown,
}

impl Layout {
    /// The layout of a file, of which little is read.
    ///
    /// # Errors
    /// [`FileError::Io`] when it cannot be opened, [`FileError::NotHdf5`], [`FileError::Hdf5`] when it is damaged.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        Self::of_results(&ResultFile::open(path)?)
    }

    fn of_results(file: &ResultFile) -> Result<Self, FileError> {
        let reader = file.reader();
        let is_there = |group: &str| Ok::<_, FileError>(reader.group(group)?.is_some());
        let root = reader.attributes("/")?;
        Ok(if root.text("layout").as_deref() == Some(scan_file::LAYOUT) {
            Self::Scan
        } else if is_there("/run")? {
            Self::Ntwk
        } else if is_there("/recording")? && is_there("/compartments")? {
            Self::Cell
        } else if is_there("/provenance")? {
            Self::Theory
        } else if root.text("nwb_version").is_some() {
            Self::Nwb
        } else if !file.spike_populations()?.is_empty()
            || !file.reports()?.is_empty()
            || is_there("/nodes")?
            || is_there("/edges")?
        {
            Self::Sonata
        } else if is_there("/0")? && reader.find("/tstop")?.is_some() {
            Self::Flat
        } else {
            Self::Unknown
        })
    }

    /// What a file of this layout holds.
    #[must_use]
    pub fn content(self) -> &'static str {
        match self {
            Self::Ntwk => "a run of a network",
            Self::Theory => "results of the mean-field theory and no run",
            Self::Cell => "a run of a morphological cell",
            Self::Sonata => "SONATA data without a model",
            Self::Flat => "a run of neural_network_dynamics",
            Self::Scan => "the points of a sweep or scan",
            Self::Nwb => "Neurodata Without Borders",
            Self::Unknown => "HDF5 data of an unknown layout",
        }
    }

    /// The commands that take such a file.
    #[must_use]
    pub fn commands(self) -> &'static str {
        match self {
            Self::Ntwk => {
                "'ntwk plot', 'ntwk analyze', 'ntwk report', 'ntwk verify' and 'ntwk export' take it, and 'ntwk info FILE --model' prints its model"
            }
            Self::Theory => {
                "'ntwk info' lists it and 'ntwk info FILE --model' prints its model; its figures are drawn by the command that made it"
            }
            Self::Cell => {
                "'ntwk plot' draws it, 'ntwk morpho view' shows it in three dimensions, 'ntwk info' lists it and 'ntwk export --to csv' or '--to npz' writes its arrays"
            }
            Self::Sonata => {
                "'ntwk info' lists it, and a model file can name it as the source of spikes or connections"
            }
            Self::Flat => {
                "'ntwk plot', 'ntwk analyze', 'ntwk report', 'ntwk info' and 'ntwk export' take it"
            }
            Self::Scan => {
                "'ntwk plot' draws a sweep, 'ntwk info' lists it, and the command that made it goes on with it"
            }
            Self::Nwb | Self::Unknown => "'ntwk info' lists it",
        }
    }
}

/// One dataset of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path inside the file.
    pub path: String,
    /// Length of each dimension; empty for a scalar.
    pub shape: Vec<u64>,
    /// Element type, such as `f64`; `?` when it has none that can be named.
    pub element_type: String,
    /// Attribute `units`.
    pub unit: Option<String>,
}

/// One population of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationEntry {
    /// Name.
    pub name: String,
    /// Number of neurons.
    pub size: u64,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The file.
    pub path: PathBuf,
    /// Size (bytes).
    pub size: u64,
    /// Whose layout it follows.
    pub layout: Layout,
    /// Time step of the run (ms).
    pub dt: Option<f64>,
    /// Duration of the run (ms).
    pub duration: Option<f64>,
    /// Duration the run was to have (ms), when it was written while it computed; a run that was killed has less.
    pub planned: Option<f64>,
    /// Why the run ended before its planned duration, when it could say so.
    pub stopped: Option<String>,
    /// Populations of a run of this program, in the order of the model.
    pub populations: Vec<PopulationEntry>,
    /// Populations with the number of their spikes.
    pub spikes: Vec<(String, u64)>,
    /// Language of the stored model.
    pub model_format: Option<String>,
    /// Origin of the file.
    pub provenance: Option<Provenance>,
    /// All datasets, sorted by path (the first 10 000, down to 8 levels of groups).
    pub entries: Vec<Entry>,
}

impl Description {
    /// Whether the file holds a run that came to its planned end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let reached = |duration: f64| self.planned.is_none_or(|planned| duration >= planned);
        self.stopped.is_none() && self.duration.is_some_and(reached)
    }
}

/// Describes any HDF5 file; data are not read.
///
/// # Errors
/// [`FileError::Io`] when it cannot be opened, [`FileError::Hdf5`] when it is not HDF5 or is damaged.
pub fn describe(path: &Path) -> Result<Description, FileError> {
    let file = ResultFile::open(path)?;
    let reader = file.reader();
    let layout = Layout::of_results(&file)?;
    let mut entries = Vec::new();
    list(reader, "", 0, &mut entries)?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));

    let run = match reader.group("/run")? {
        Some(_) => Some(reader.attributes("/run")?),
        None => None,
    };
    let dt = run.as_ref().map(|a| a.require_f64("dt")).transpose()?;
    let n_steps = run.as_ref().map(|a| a.require_u64("n_steps")).transpose()?;
    let planned = match &run {
        Some(a) if a.contains("planned_steps") => Some(a.require_u64("planned_steps")?),
        _ => None,
    };
    let spikes = match layout {
        // Theirs are of locations on the cell.
        Layout::Cell => Vec::new(),
        _ => file.spike_populations()?,
    };
    let spikes = spikes
        .into_iter()
        .map(|name| {
            let named = format!("/spikes/{name}/timestamps");
            let entry = entries
                .iter()
                .find(|e| e.path == named)
                .or_else(|| entries.iter().find(|e| e.path == "/spikes/timestamps"));
            (name, entry.map_or(0, |e| e.shape.iter().product()))
        })
        .collect();
    let model_format = match reader.find("/model")? {
        Some(model) => model.attributes()?.text("format"),
        None => None,
    };
    let mut populations = Vec::new();
    for name in reader.groups("/rates")? {
        let attributes = reader.attributes(&format!("/rates/{name}"))?;
        if attributes.contains("size") && attributes.contains("index") {
            let size = attributes.require_u64("size")?;
            populations.push((attributes.require_u32("index")?, PopulationEntry { name, size }));
        }
    }
    populations.sort_by_key(|p| p.0);
    Ok(Description {
        populations: populations.into_iter().map(|p| p.1).collect(),
        path: path.to_owned(),
        size: reader.size(),
        layout,
        dt,
        duration: dt.zip(n_steps).map(|(dt, n)| dt * n as f64),
        stopped: run.as_ref().and_then(|a| a.text("stopped")),
        planned: dt.zip(planned).map(|(dt, n)| dt * n as f64),
        spikes,
        model_format,
        provenance: match layout {
            Layout::Ntwk | Layout::Theory | Layout::Cell | Layout::Scan => file.provenance()?,
            Layout::Sonata | Layout::Flat | Layout::Nwb | Layout::Unknown => None,
        },
        entries,
    })
}

fn list(
    reader: &Hdf5Reader,
    group: &str,
    depth: usize,
    entries: &mut Vec<Entry>,
) -> Result<(), FileError> {
    let object = if group.is_empty() { "/" } else { group };
    for name in reader.datasets(object)? {
        if entries.len() >= MAX_ENTRIES {
            return Ok(());
        }
        let path = format!("{group}/{name}");
        let Some(dataset) = reader.find(&path)? else {
            continue;
        };
        entries.push(Entry {
            shape: dataset.shape()?,
            element_type: dataset.element_type().unwrap_or_else(|_| "?".to_owned()),
            unit: dataset.attributes()?.text("units"),
            path,
        });
    }
    if depth < MAX_DEPTH {
        for name in reader.groups(object)? {
            list(reader, &format!("{group}/{name}"), depth + 1, entries)?;
        }
    }
    Ok(())
}
