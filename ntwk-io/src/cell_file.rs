//! Descriptions of morphological cells (TOML, JSON) and SWC files.

use std::path::{Path, PathBuf};

use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::key::KeyValue;
use ntwk_core::spec::tree::{Node, Value};
use ntwk_morpho::Morphology;
use ntwk_morpho::geometry::neurolucida::{self, NeurolucidaError, NeurolucidaReading};
use ntwk_morpho::geometry::neuroml::{self, NeuromlError};
use ntwk_morpho::geometry::swc::{SwcError, SwcOptions, SwcReading};
use ntwk_morpho::spec::{Activity, BuiltCell, CellSpec, MorphologySource};

use crate::error::FileError;
use crate::file_kind::{FileKind, read_text};
use crate::model_data::read_included_channels;
use crate::model_file::{Notation, apply_overrides, parse_tree};
use crate::result_file::ResultFile;
use crate::run_file::ModelText;

/// A cell file or SWC file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CellFileError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The SWC file has faults.
    #[error("{}: {source}", file.display())]
    Swc {
        /// The file.
        file: PathBuf,
        /// The faults, with lines and sample ids.
        source: SwcError,
    },
    /// The Neurolucida file has faults.
    #[error("{}: {source}", file.display())]
    Neurolucida {
        /// The file.
        file: PathBuf,
        /// The faults, with lines.
        source: NeurolucidaError,
    },
    /// The NeuroML file has faults.
    #[error("{}: {source}", file.display())]
    Neuroml {
        /// The file.
        file: PathBuf,
        /// The faults, with lines and segments.
        source: NeuromlError,
    },
    /// The cell cannot be written as text.
    #[error("cannot write the cell as TOML: {0}")]
    Write(#[from] toml::ser::Error),
    /// The spikes that drive a group of synapses cannot be read.
    #[error(transparent)]
    Spikes(#[from] FileError),
    /// The cell file has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// A cell file with what came of it.
#[derive(Debug, Clone)]
pub struct CellFile {
    /// The text, as written.
    pub text: String,
    /// The tree, overrides applied.
    pub tree: Node,
    /// The description.
    pub spec: CellSpec,
    /// The SWC file and its reading, where the morphology comes from one.
    pub reading: Option<(PathBuf, SwcReading)>,
    /// The morphology as read or generated.
    pub morphology: Morphology,
    /// What is read and should be written otherwise.
    pub notices: Vec<String>,
}

impl CellFile {
    /// Makes the cell.
    ///
    /// # Errors
    /// All [`Faults`] with lines.
    pub fn build(&self, file: &Path) -> Result<BuiltCell, Faults> {
        self.spec.build(&self.morphology).map_err(|faults| located(faults, &self.tree, file))
    }
}

/// The description of a cell as TOML, changes applied, with `scan` as its section of that name and the check sums
/// (CRC-32) of the files it names: equal texts stand for equal cells.
///
/// # Errors
/// [`CellFileError::Read`] when a file it names cannot be read, [`CellFileError::Write`] when TOML cannot express it.
pub fn cell_text(
    cell: &CellFile,
    file: &Path,
    scan: Option<&ParameterScanSpec>,
) -> Result<ModelText, CellFileError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut named = Vec::new();
    match &cell.spec.morphology.source {
        MorphologySource::Swc { file, .. }
        | MorphologySource::Neurolucida(file)
        | MorphologySource::Neuroml(file) => named.push(file.clone()),
        MorphologySource::Generator(..) => {}
    }
    for s in cell.spec.synapses.values() {
        if let Activity::Network(drive) = &s.activity {
            named.push(drive.source.file.clone());
        }
    }
    let mut text = String::new();
    for name in named {
        let path = folder.join(&name);
        let bytes = std::fs::read(&path)
            .map_err(|source| CellFileError::Read { file: path.clone(), source })?;
        let sum = crc32fast::hash(&bytes);
        text.push_str(&format!("# {name}: CRC-32 {sum:08x}\n"));
    }
    let mut root = toml_value(&cell.tree);
    if let toml::Value::Table(table) = &mut root {
        table.remove("scan");
        if let Some(scan) = scan.and_then(KeyValue::write) {
            table.insert("scan".to_owned(), toml_value(&scan));
        }
    }
    text.push_str(&toml::to_string_pretty(&root)?);
    Ok(ModelText { format: "toml".to_owned(), text })
}

/// A tree as TOML knows it; JSON's null becomes an empty text, which no key takes.
fn toml_value(node: &Node) -> toml::Value {
    match &node.value {
        Value::Bool(b) => toml::Value::Boolean(*b),
        Value::Integer(i) => toml::Value::Integer(*i),
        Value::Float(x) => toml::Value::Float(*x),
        Value::String(s) => toml::Value::String(s.clone()),
        Value::List(items) => toml::Value::Array(items.iter().map(toml_value).collect()),
        Value::Numbers(numbers) => {
            toml::Value::Array(numbers.iter().map(|&x| toml::Value::Float(x)).collect())
        }
        Value::Counts(counts) => toml::Value::Array(
            counts
                .iter()
                .map(|&n| toml::Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)))
                .collect(),
        ),
        Value::Table(entries) => toml::Value::Table(
            entries.iter().map(|(key, node)| (key.clone(), toml_value(node))).collect(),
        ),
        Value::Null => toml::Value::String(String::new()),
    }
}

/// Gives faults their lines and file.
pub(crate) fn located(mut faults: Faults, tree: &Node, file: &Path) -> Faults {
    for fault in &mut faults.list {
        let (node, exact) = tree.locate(&fault.key);
        fault.line = fault.line.or(node.line);
        if exact && fault.value.is_none() {
            fault.value = Some(node.display());
        }
    }
    let mut sorted = faults.into_result(()).err().unwrap_or_default();
    sorted.file = Some(file.display().to_string());
    sorted
}

/// Reads an SWC file.
///
/// # Errors
/// [`CellFileError::Read`], [`CellFileError::Swc`] with every fault.
pub fn read_morphology(file: &Path, options: &SwcOptions) -> Result<SwcReading, CellFileError> {
    let text = std::fs::read(file)
        .map_err(|source| CellFileError::Read { file: file.to_owned(), source })?;
    ntwk_morpho::geometry::swc::read(&text, options)
        .map_err(|source| CellFileError::Swc { file: file.to_owned(), source })
}

/// Reads a Neurolucida file.
///
/// # Errors
/// [`CellFileError::Read`], [`CellFileError::Neurolucida`] with every fault.
pub fn read_neurolucida(file: &Path) -> Result<NeurolucidaReading, CellFileError> {
    let text = std::fs::read(file)
        .map_err(|source| CellFileError::Read { file: file.to_owned(), source })?;
    neurolucida::read(&text)
        .map_err(|source| CellFileError::Neurolucida { file: file.to_owned(), source })
}

/// Reads the morphology of the first cell of a NeuroML 2 file.
///
/// # Errors
/// [`CellFileError::Read`], [`CellFileError::Neuroml`] with every fault.
pub fn read_neuroml(file: &Path) -> Result<Morphology, CellFileError> {
    let text = std::fs::read(file)
        .map_err(|source| CellFileError::Read { file: file.to_owned(), source })?;
    neuroml::read(&text).map_err(|source| CellFileError::Neuroml { file: file.to_owned(), source })
}

/// Spikes (ms) of each of so many neurons of a population; nothing, with a fault, when they do not fit the file.
fn trains(
    results: &ResultFile,
    key: &str,
    population: &str,
    neurons: u64,
    faults: &mut Faults,
) -> Result<Option<Vec<Vec<f64>>>, FileError> {
    let valid = results.spike_populations()?;
    if !valid.iter().any(|v| v == population) {
        let names = valid.iter().map(String::as_str);
        let kind = FaultKind::unknown_name("population", population, names);
        faults.push(format!("{key}.population"), None, None, kind);
        return Ok(None);
    }
    let spikes = results.spikes(population)?;
    let highest = spikes.node_ids.iter().copied().max().map_or(0, |id| id.saturating_add(1));
    if highest > neurons {
        let allowed =
            format!("at least {highest}: the file has neurons that fired up to this number");
        faults.push(format!("{key}.neurons"), None, None, FaultKind::OutOfRange { allowed });
        return Ok(None);
    }
    let mut trains = vec![Vec::new(); neurons as usize];
    for (&t, &id) in spikes.timestamps.iter().zip(&spikes.node_ids) {
        trains[id as usize].push(t);
    }
    Ok(Some(trains))
}

/// Reads a cell file with its morphology and the spikes of networks that drive it; paths are relative to the cell file. `overrides` are as in
/// [`read_model`](crate::read_model).
///
/// # Errors
/// [`CellFileError`]: files that cannot be read, or all faults.
pub fn read_cell(file: &Path, overrides: &[(String, String)]) -> Result<CellFile, CellFileError> {
    let text =
        read_text(file).map_err(|source| CellFileError::Read { file: file.to_owned(), source })?;
    let named = |mut faults: Faults| {
        faults.file = Some(file.display().to_string());
        faults
    };
    let mut tree = parse_tree(&text, Notation::of(file)).map_err(named)?;
    FileKind::Cell.expect(&tree).map_err(named)?;
    let mut faults = Faults::default();
    read_included_channels(&mut tree, file.parent().unwrap_or(Path::new("")), &mut faults);
    faults.into_result(()).map_err(named)?;
    // What cannot be set leaves the file as it is, so that the rest is judged as well.
    let set = apply_overrides(&mut tree, &[], overrides);
    match (set, read_cell_tree(text, tree, file)) {
        (Ok(()), cell) => cell,
        (Err(mut faults), Err(CellFileError::Faults(more))) => {
            faults.list.extend(more.list);
            Err(named(faults).into())
        }
        (Err(faults), _) => Err(named(faults).into()),
    }
}

/// Reads the cell of a tree, as [`read_cell`] does; paths are relative to the cell file `file`, whose `text` is kept.
///
/// # Errors
/// As [`read_cell`].
pub fn read_cell_tree(text: String, tree: Node, file: &Path) -> Result<CellFile, CellFileError> {
    let named = |mut faults: Faults| {
        faults.file = Some(file.display().to_string());
        faults
    };
    let mut faults = Faults::default();
    let spec = CellSpec::read(&tree, &mut faults);
    let mut notices = std::mem::take(&mut faults.notices);
    let mut spec = faults.into_result(spec).map_err(named)?;
    let mut faults = Faults::default();
    let folder = file.parent().unwrap_or(Path::new(""));
    for (name, s) in &mut spec.synapses {
        if let Activity::Network(drive) = &mut s.activity {
            let source = &drive.source;
            let results = ResultFile::open(&folder.join(&source.file))?;
            let key = format!("synapses.{name}.network");
            drive.trains = trains(&results, &key, &source.population, source.neurons, &mut faults)?;
        }
    }
    if !faults.list.is_empty() {
        return Err(located(faults, &tree, file).into());
    }
    let (morphology, reading) = match &spec.morphology.source {
        MorphologySource::Swc { file: swc, options } => {
            let path = folder.join(swc);
            let reading = read_morphology(&path, options)?;
            (reading.morphology.clone(), Some((path, reading)))
        }
        MorphologySource::Neurolucida(asc) => {
            let reading = read_neurolucida(&folder.join(asc))?;
            notices.extend(reading.remarks);
            (reading.morphology, None)
        }
        MorphologySource::Neuroml(nml) => (read_neuroml(&folder.join(nml))?, None),
        MorphologySource::Generator(generator, seed) => match generator.build(*seed) {
            Ok(m) => (m, None),
            Err(e) => {
                let mut faults = Faults::default();
                let kind = FaultKind::Combination { rule: e.to_string() };
                faults.push("morphology.generator", None, None, kind);
                return Err(located(faults, &tree, file).into());
            }
        },
    };
    Ok(CellFile { text, tree, spec, reading, morphology, notices })
}
