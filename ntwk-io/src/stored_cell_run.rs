//! A run of a morphological cell, read from the file that [`write_cell_run`](crate::write_cell_run) wrote.

use std::path::Path;

use ndarray::Array2;
use ntwk_morpho::{Attachment, Branch, Morphology, Region, Sample};

use crate::cell_run_file::write_traces;
use crate::delimited::{Column, write_table};
use crate::error::FileError;
use crate::hdf5_reader::Hdf5Reader;
use crate::provenance::Provenance;
use crate::result_file::ResultFile;

/// A run of a cell as its file holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCellRun {
    /// The cell file it was made from.
    pub text: String,
    /// Who made it.
    pub provenance: Option<Provenance>,
    /// Times of the samples (ms).
    pub times: Vec<f64>,
    /// Samples, shape `[n_samples, n_probes]`, in the units of `probes`.
    pub values: Array2<f64>,
    /// What was recorded.
    pub probes: Vec<StoredProbe>,
    /// Potentials beyond sense, in words.
    pub remarks: Vec<String>,
    /// Spikes, by location.
    pub spikes: Vec<StoredSpikes>,
    /// The compartments, parents before their children.
    pub compartments: Vec<StoredCompartment>,
    /// The groups of synapses.
    pub synapses: Vec<StoredSynapses>,
    /// The branches with their samples; `None` in files of earlier versions.
    pub morphology: Option<Morphology>,
    /// Places of the electrodes, named as the cell file names them; none in files of earlier versions.
    pub electrodes: Vec<(String, BranchPoint)>,
}

/// A point of a cell: its branch, and how far along it (0 to 1).
pub type BranchPoint = (usize, f64);

/// A recorded quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProbe {
    /// Name.
    pub name: String,
    /// Unit; empty for none.
    pub unit: String,
    /// Where; `None` in files of earlier versions.
    pub at: Option<BranchPoint>,
}

/// Spikes at a location.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSpikes {
    /// The location.
    pub location: String,
    /// Potential that they crossed (mV).
    pub threshold: f64,
    /// Times (ms).
    pub times: Vec<f64>,
}

/// A compartment.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCompartment {
    /// Its middle (µm).
    pub centre: [f64; 3],
    /// Length (µm).
    pub length: f64,
    /// Radius (µm).
    pub radius: f64,
    /// The compartment towards the root.
    pub parent: Option<usize>,
    /// Its branch.
    pub branch: usize,
    /// Region of the branch: the type of SWC files.
    pub region: u32,
}

/// A group of synapses.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSynapses {
    /// Name.
    pub name: String,
    /// Where each is.
    pub at: Vec<BranchPoint>,
    /// Presynaptic spikes of each (ms).
    pub events: Vec<Vec<f64>>,
}

/// A quantity that was recorded at places: the columns that are the same but for the place.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredQuantity {
    /// Name: `voltage`, or that of its columns without the place.
    pub name: String,
    /// Unit; empty for none.
    pub unit: String,
    /// Columns of [`StoredCellRun::values`] with their places, every place once.
    pub elements: Vec<(usize, BranchPoint)>,
}

impl StoredCellRun {
    /// The quantities that were recorded at places, in the order of the columns. A name is what stands before the place it
    /// ends with.
    #[must_use]
    pub fn quantities(&self) -> Vec<StoredQuantity> {
        let mut all: Vec<StoredQuantity> = Vec::new();
        for (column, probe) in self.probes.iter().enumerate() {
            let Some(place) = probe.at.filter(|at| !at.1.is_nan()) else { continue };
            let own = probe.name.split_once(" at ").map(|parts| parts.0);
            // The name of a potential is its place.
            let name = match own {
                Some(own) if probe.unit != "mV" || own.starts_with("reversal") => own,
                _ => "voltage",
            };
            let found = all.iter().position(|q| q.name == name && q.unit == probe.unit);
            let k = found.unwrap_or_else(|| {
                let (name, unit) = (name.to_owned(), probe.unit.clone());
                all.push(StoredQuantity { name, unit, elements: Vec::new() });
                all.len() - 1
            });
            // A place that two entries of the description name is one element.
            if all[k].elements.iter().all(|e| e.1 != place) {
                all[k].elements.push((column, place));
            }
        }
        all
    }
}

/// Reads a run of a cell.
///
/// # Errors
/// [`FileError`] for a file that cannot be read, of another layout, or whose parts do not fit together.
pub fn read_cell_run(path: &Path) -> Result<StoredCellRun, FileError> {
    let file = ResultFile::open(path)?;
    let reader = file.reader();
    let times = reader.require(&["/recording/time".to_owned()])?.f64s()?;
    let data = reader.require(&["/recording/data".to_owned()])?;
    let values = data.matrix()?;
    let attributes = data.attributes()?;
    let lines = |name: &str| -> Result<Vec<String>, FileError> {
        let text = attributes.text(name).unwrap_or_default();
        Ok(text.split('\n').map(str::to_owned).collect())
    };
    let names = if values.ncols() == 0 { Vec::new() } else { lines("names")? };
    let units = lines("units")?;
    if values.dim() != (times.len(), names.len()) || units.len() < names.len() {
        let found = format!("{} x {} for {} units", values.nrows(), values.ncols(), units.len());
        let expected = format!("{} times x {} names", times.len(), names.len());
        return Err(data.mismatch(expected, found));
    }
    let places = places(reader, "/recording", names.len())?;
    let probes = names.into_iter().zip(units).enumerate();
    let probes = probes
        .map(|(k, (name, unit))| StoredProbe {
            name,
            unit,
            at: places.as_ref().and_then(|places| places.get(k).copied()),
        })
        .collect();
    let mut spikes = Vec::new();
    for location in reader.groups("/spikes")? {
        let object = format!("/spikes/{location}");
        let threshold = reader.attributes(&object)?.require_f64("threshold")?;
        let times = reader.require(&[format!("{object}/timestamps")])?.f64s()?;
        spikes.push(StoredSpikes { location, threshold, times });
    }
    let mut synapses = Vec::new();
    for name in reader.groups("/synapses")? {
        synapses.push(group(reader, name)?);
    }
    Ok(StoredCellRun {
        text: file.model()?.ok_or_else(|| reader.missing("/model"))?.text,
        provenance: file.provenance()?,
        times,
        values,
        probes,
        remarks: lines("remarks")?.into_iter().filter(|r| !r.is_empty()).collect(),
        spikes,
        compartments: compartments(reader)?,
        synapses,
        morphology: morphology(reader)?,
        electrodes: electrodes(reader)?,
    })
}

fn morphology(reader: &Hdf5Reader) -> Result<Option<Morphology>, FileError> {
    if reader.group("/morphology")?.is_none() {
        return Ok(None);
    }
    let column = |name: &str| reader.require(&[format!("/morphology/{name}")]);
    let numbers = |name: &str| column(name).and_then(|c| c.f64s());
    let owner = column("branch")?;
    let owners = owner.u32s()?;
    let [x, y, z, radius] = [numbers("x")?, numbers("y")?, numbers("z")?, numbers("radius")?];
    let (parents, parent_x) = (numbers("parent")?, numbers("parent_x")?);
    let regions = column("region")?.u32s()?;
    let lengths = [x.len(), y.len(), z.len(), radius.len()];
    if lengths.iter().any(|&n| n != owners.len())
        || [parents.len(), parent_x.len()].iter().any(|&n| n != regions.len())
    {
        let expected = format!("columns of {} samples or {} branches", owners.len(), regions.len());
        return Err(owner.mismatch(expected, "others"));
    }
    let mut branches: Vec<Branch> = (0..regions.len())
        .map(|b| Branch {
            region: Region::from_swc(regions[b].into()).unwrap_or(Region::Undefined),
            parent: (parents[b] >= 0.0)
                .then(|| Attachment { branch: parents[b] as usize, x: parent_x[b] }),
            samples: Vec::new(),
        })
        .collect();
    for (k, &b) in owners.iter().enumerate() {
        let branch = branches.get_mut(b as usize);
        let branch = branch.ok_or_else(|| {
            owner.mismatch(format!("branches below {}", regions.len()), b.to_string())
        })?;
        branch.samples.push(Sample::new([x[k], y[k], z[k]], radius[k]));
    }
    let made = Morphology::new(branches);
    made.map(Some).map_err(|e| owner.mismatch("a tree of branches", e.to_string()))
}

fn electrodes(reader: &Hdf5Reader) -> Result<Vec<(String, BranchPoint)>, FileError> {
    let Some(x) = reader.find("/electrodes/x")? else { return Ok(Vec::new()) };
    let names = x.attributes()?.text("names").unwrap_or_default();
    let n = x.f64s()?.len();
    let at = places(reader, "/electrodes", n)?.unwrap_or_default();
    Ok(names.split('\n').map(str::to_owned).zip(at).collect())
}

/// The columns `branch` and `x` of a group, of so many rows.
fn places(
    reader: &Hdf5Reader,
    group: &str,
    n: usize,
) -> Result<Option<Vec<BranchPoint>>, FileError> {
    let Some(branch) = reader.find(&format!("{group}/branch"))? else { return Ok(None) };
    let x = reader.require(&[format!("{group}/x")])?;
    let (branches, fractions) = (branch.u32s()?, x.f64s()?);
    if branches.len() != n || fractions.len() != n {
        let found = format!("{} and {}", branches.len(), fractions.len());
        return Err(x.mismatch(format!("{n} places"), found));
    }
    Ok(Some(branches.into_iter().map(|b| b as usize).zip(fractions).collect()))
}

fn group(reader: &Hdf5Reader, name: String) -> Result<StoredSynapses, FileError> {
    let object = format!("/synapses/{name}");
    let n = reader.require(&[format!("{object}/x")])?.f64s()?.len();
    let at = places(reader, &object, n)?.unwrap_or_default();
    let times = reader.require(&[format!("{object}/events")])?.f64s()?;
    let owners = reader.require(&[format!("{object}/event_synapse")])?;
    let mut events = vec![Vec::new(); n];
    for (&owner, time) in owners.u32s()?.iter().zip(times) {
        let own = events.get_mut(owner as usize);
        let own =
            own.ok_or_else(|| owners.mismatch(format!("synapses below {n}"), owner.to_string()))?;
        own.push(time);
    }
    Ok(StoredSynapses { name, at, events })
}

fn compartments(reader: &Hdf5Reader) -> Result<Vec<StoredCompartment>, FileError> {
    let numbers =
        |name: &str| reader.require(&[format!("/compartments/{name}")]).and_then(|c| c.f64s());
    let [x, y, z] = [numbers("x")?, numbers("y")?, numbers("z")?];
    let (length, radius) = (numbers("length")?, numbers("radius")?);
    let parent = reader.require(&["/compartments/parent".to_owned()])?;
    let parents = parent.f64s()?;
    let branch = reader.require(&["/compartments/branch".to_owned()])?.u32s()?;
    let region = reader.require(&["/compartments/region".to_owned()])?.u32s()?;
    let n = x.len();
    let columns =
        [y.len(), z.len(), length.len(), radius.len(), parents.len(), branch.len(), region.len()];
    let inside = |p: &f64| *p < n as f64;
    if columns.iter().any(|&m| m != n) || !parents.iter().all(inside) {
        return Err(parent.mismatch(format!("columns of {n} compartments"), "others"));
    }
    Ok((0..n)
        .map(|k| StoredCompartment {
            centre: [x[k], y[k], z[k]],
            length: length[k],
            radius: radius[k],
            parent: (parents[k] >= 0.0).then_some(parents[k] as usize),
            branch: branch[k] as usize,
            region: region[k],
        })
        .collect())
}

/// Writes the recorded quantities as CSV, as the run itself does: `time_ms` and one column per quantity.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_cell_traces(path: &Path, run: &StoredCellRun) -> Result<(), FileError> {
    let probes = run.probes.iter().map(|p| (p.name.as_str(), p.unit.as_str()));
    write_traces(path, &run.times, probes, run.values.columns())
}

/// Writes the spikes as CSV: `time_ms`, `location`.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_cell_spikes(path: &Path, run: &StoredCellRun) -> Result<(), FileError> {
    let times = run.spikes.iter().flat_map(|s| s.times.iter().copied());
    let locations = run.spikes.iter().flat_map(|s| s.times.iter().map(|_| s.location.as_str()));
    write_table(path, vec![Column::new("time_ms", times), Column::new("location", locations)])
}
