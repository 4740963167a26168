//! The file of a run of a morphological cell.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/recording/time` | f64 `[n_samples]`, attribute `units` = ms | times of the samples |
//! | `/recording/data` | f64 `[n_samples, n_probes]`, attribute `names` | what was recorded; `units` of every column; `remarks`: potentials beyond sense |
//! | `/recording/branch`, `/recording/x` | u32, f64 `[n_probes]` | where each was recorded, `x` not a number for a sum over the cell (absent in files of earlier versions) |
//! | `/extracellular/time`, `/extracellular/data` | f64 `[n_samples]`, `[n_samples, n_rows]`, attributes `names`, `units` | potentials at contacts (mV), dipole moment (nA um), EEG (mV), where the cell file asks for them |
//! | `/extracellular/positions` | f64 `[n_rows, 3]` (µm) | where the contacts are; not a number for other rows |
//! | `/spikes/<location>/timestamps` | f64 `[n_spikes]`, attributes `units` = ms, `threshold` (mV) | upward crossings |
//! | `/compartments/<column>` | f64, i64 or u32 `[n_compartments]` | `x`, `y`, `z`, `length`, `radius`, `path_distance` (µm), `area` (µm²), `parent` (−1 for none), `branch`, `region` (SWC type) |
//! | `/morphology/branch`, `x`, `y`, `z`, `radius` | u32, f64 `[n_samples]` (µm) | the samples of the branches, in their order (absent in files of earlier versions) |
//! | `/morphology/parent`, `parent_x`, `region` | i64, f64, u32 `[n_branches]` | where each branch starts (−1 for the root), its region (SWC type) |
//! | `/electrodes/branch`, `x` | u32, f64 `[n_electrodes]`; attribute `names` of `x` | places of the electrodes |
//! | `/synapses/<group>/<column>` | `branch` u32, `x` f64 per synapse; `events` f64 with `event_synapse` u32 | places and presynaptic spikes |
//! | `/cell` | string | the cell file |
//! | `/provenance` | attributes, see [`Provenance`] | who made the file |

use std::path::Path;

use hdf5::{AttrValue, FileBuilder};
use ndarray::ArrayView1;
use ntwk_morpho::spec::{BuiltCell, OutsideRow};
use ntwk_morpho::{FieldRecording, Recording, Spikes};

use crate::atomic;
use crate::delimited::{Column, write_table};
use crate::error::{Action, FileError};
use crate::hdf5_writer::{Compression, array, check_name, text};
use crate::provenance::Provenance;
use crate::run_file::{ModelText, add_origin, sonata_file};

/// What a run of a cell left behind.
#[derive(Debug, Clone, Copy)]
pub struct CellRun<'a> {
    /// The cell.
    pub built: &'a BuiltCell,
    /// The text of the cell file.
    pub text: &'a str,
    /// Recorded quantities.
    pub recording: &'a Recording,
    /// What was recorded outside the cell.
    pub outside: Option<&'a FieldRecording>,
    /// Spikes of every detector.
    pub spikes: &'a [Spikes],
    /// Who made it.
    pub provenance: &'a Provenance,
}

/// Writes a run as HDF5; an existing file is replaced only by a complete new one.
///
/// # Errors
/// [`FileError::Name`] for a group of synapses whose name cannot be that of an HDF5 object, [`FileError::Io`],
/// [`FileError::Hdf5`].
pub fn write_cell_run(path: &Path, run: &CellRun<'_>) -> Result<(), FileError> {
    let mut file = sonata_file();
    let shape = run.recording.values.dim();
    let mut group = file.create_group("recording");
    group.create_dataset("time").with_data(&run.recording.times).set_attr("units", text("ms"));
    let values: Vec<f64> = run.recording.values.iter().copied().collect();
    let names: Vec<String> = run.built.probes.iter().map(|p| p.0.clone()).collect();
    let units: Vec<String> = run.built.probes.iter().map(|p| p.1.unit().to_owned()).collect();
    let remarks = run.built.remarks(run.recording);
    group
        .create_dataset("data")
        .with_data(&values)
        .with_shape(&[shape.0 as u64, shape.1 as u64])
        .set_attr("names", text(&names.join("\n")))
        .set_attr("units", text(&units.join("\n")))
        .set_attr("remarks", text(&remarks.join("\n")));
    let places = || run.built.probes.iter().map(|p| p.1.at());
    let branches: Vec<u32> = places().map(|at| at.map_or(0, |at| at.branch as u32)).collect();
    let fractions: Vec<f64> = places().map(|at| at.map_or(f64::NAN, |at| at.x)).collect();
    group.create_dataset("branch").with_data(&branches);
    group.create_dataset("x").with_data(&fractions);
    file.add_group(group.finish());
    if let (Some(field), Some(outside)) = (run.outside, &run.built.outside) {
        let mut group = file.create_group("extracellular");
        group.create_dataset("time").with_data(&field.times).set_attr("units", text("ms"));
        let values: Vec<f64> = field.values.iter().copied().collect();
        let shape = field.values.dim();
        let column = |of: &dyn Fn(&OutsideRow) -> String| {
            outside.rows.iter().map(of).collect::<Vec<String>>().join("\n")
        };
        group
            .create_dataset("data")
            .with_data(&values)
            .with_shape(&[shape.0 as u64, shape.1 as u64])
            .set_attr("names", text(&column(&|r| r.name.clone())))
            .set_attr("units", text(&column(&|r| r.unit.to_owned())));
        let positions: Vec<f64> =
            outside.rows.iter().flat_map(|r| r.at.unwrap_or([f64::NAN; 3])).collect();
        group
            .create_dataset("positions")
            .with_data(&positions)
            .with_shape(&[shape.1 as u64, 3])
            .set_attr("units", text("um"));
        file.add_group(group.finish());
    }
    let mut group = file.create_group("spikes");
    for ((name, _), spikes) in run.built.detectors.iter().zip(run.spikes) {
        check_name("location", name)?;
        let mut own = group.create_group(name);
        own.set_attr("threshold", AttrValue::F64(spikes.threshold));
        array(own.create_dataset("timestamps"), &spikes.times, Compression::None)
            .set_attr("units", text("ms"));
        group.add_group(own.finish());
    }
    file.add_group(group.finish());
    let compartments = run.built.cell.compartments();
    let list = compartments.as_slice();
    let mut group = file.create_group("compartments");
    let column = |of: &dyn Fn(&ntwk_morpho::Compartment) -> f64| -> Vec<f64> {
        list.iter().map(of).collect()
    };
    for (name, values) in [
        ("x", column(&|c| c.centre[0])),
        ("y", column(&|c| c.centre[1])),
        ("z", column(&|c| c.centre[2])),
        ("length", column(&|c| c.length)),
        ("radius", column(&|c| c.radius)),
        ("path_distance", column(&|c| c.path_distance)),
        ("area", column(&|c| c.area)),
    ] {
        let unit = if name == "area" { "um2" } else { "um" };
        group.create_dataset(name).with_data(&values).set_attr("units", text(unit));
    }
    let parents: Vec<i64> =
        (0..list.len()).map(|k| compartments.parent(k).map_or(-1, |p| p as i64)).collect();
    group.create_dataset("parent").with_data(&parents);
    let branches: Vec<u32> = list.iter().map(|c| c.branch as u32).collect();
    group.create_dataset("branch").with_data(&branches);
    let regions: Vec<u32> = list.iter().map(|c| c.region.to_swc()).collect();
    group.create_dataset("region").with_data(&regions);
    file.add_group(group.finish());
    morphology(&mut file, run.built);
    electrodes(&mut file, run.built);
    let mut group = file.create_group("synapses");
    for s in &run.built.synapses {
        check_name("group of synapses", &s.name)?;
        let mut own = group.create_group(&s.name);
        let branch: Vec<u32> = s.locations.iter().map(|p| p.branch as u32).collect();
        let x: Vec<f64> = s.locations.iter().map(|p| p.x).collect();
        let events: Vec<f64> = s.events.iter().flatten().copied().collect();
        let owner: Vec<u32> = (0u32..)
            .zip(&s.events)
            .flat_map(|(k, times)| std::iter::repeat_n(k, times.len()))
            .collect();
        array(own.create_dataset("branch"), &branch, Compression::None);
        array(own.create_dataset("x"), &x, Compression::None);
        array(own.create_dataset("events"), &events, Compression::None)
            .set_attr("units", text("ms"));
        array(own.create_dataset("event_synapse"), &owner, Compression::None);
        group.add_group(own.finish());
    }
    file.add_group(group.finish());
    let model = ModelText { format: "toml".to_owned(), text: run.text.to_owned() };
    add_origin(&mut file, Some(&model), Some(run.provenance));
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

/// The branches with their samples.
fn morphology(file: &mut FileBuilder, built: &BuiltCell) {
    let branches = built.morphology.branches();
    let samples = || branches.iter().flat_map(|b| &b.samples);
    let owners: Vec<u32> = (0u32..)
        .zip(branches)
        .flat_map(|(b, branch)| std::iter::repeat_n(b, branch.samples.len()))
        .collect();
    let mut group = file.create_group("morphology");
    group.create_dataset("branch").with_data(&owners);
    let position = |i: usize| -> Vec<f64> { samples().map(|s| s.position[i]).collect() };
    let radii: Vec<f64> = samples().map(|s| s.radius).collect();
    for (name, values) in
        [("x", position(0)), ("y", position(1)), ("z", position(2)), ("radius", radii)]
    {
        group.create_dataset(name).with_data(&values).set_attr("units", text("um"));
    }
    let parents = || branches.iter().map(|b| b.parent);
    let parent: Vec<i64> = parents().map(|p| p.map_or(-1, |at| at.branch as i64)).collect();
    let parent_x: Vec<f64> = parents().map(|p| p.map_or(0.0, |at| at.x)).collect();
    let region: Vec<u32> = branches.iter().map(|b| b.region.to_swc()).collect();
    group.create_dataset("parent").with_data(&parent);
    group.create_dataset("parent_x").with_data(&parent_x);
    group.create_dataset("region").with_data(&region);
    file.add_group(group.finish());
}

/// The electrodes, whose places the text of the cell has only where no key was changed for the run.
fn electrodes(file: &mut FileBuilder, built: &BuiltCell) {
    let all = &built.spec.electrodes;
    // The cell was built, so that every electrode has its place.
    let places = all.iter().map(|e| built.locate(&e.at).ok());
    let branch: Vec<u32> = places.clone().map(|at| at.map_or(0, |at| at.branch as u32)).collect();
    let x: Vec<f64> = places.map(|at| at.map_or(f64::NAN, |at| at.x)).collect();
    let names: Vec<String> = all.iter().map(|e| e.at.to_string()).collect();
    let mut group = file.create_group("electrodes");
    array(group.create_dataset("branch"), &branch, Compression::None);
    array(group.create_dataset("x"), &x, Compression::None)
        .set_attr("names", text(&names.join("\n")));
    file.add_group(group.finish());
}

/// Writes the recorded quantities as CSV: `time_ms` and one column per quantity, named with its unit.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_cell_csv(
    path: &Path,
    built: &BuiltCell,
    recording: &Recording,
) -> Result<(), FileError> {
    let probes = built.probes.iter().map(|(name, probe)| (name.as_str(), probe.unit()));
    write_traces(path, &recording.times, probes, recording.values.columns())
}

/// Writes quantities (name, unit) over time as CSV.
pub(crate) fn write_traces<'a>(
    path: &Path,
    times: &[f64],
    probes: impl Iterator<Item = (&'a str, &'a str)>,
    values: impl IntoIterator<Item = ArrayView1<'a, f64>>,
) -> Result<(), FileError> {
    let mut columns = vec![Column::new("time_ms", times.iter().copied())];
    for ((name, unit), values) in probes.zip(values) {
        let gap = if unit.is_empty() { "" } else { " " };
        columns.push(Column::new(format!("{name}{gap}{unit}"), values.into_iter().copied()));
    }
    write_table(path, columns)
}
