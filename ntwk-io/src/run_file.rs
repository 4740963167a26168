//! The file of a run: what it holds, where, and how it is written.
//!
//! # Layout
//! HDF5; spikes and frame reports follow the SONATA developer guide (Allen Institute and Blue Brain Project), "Output
//! file formats", in the form that libsonata, bmtk and h5py all open.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/` | attributes `magic` u32, `version` u32[2] | SONATA: `0x0A7A`, `[0, 1]` |
//! | `/run` | attributes `dt` f64, `n_steps` u64, `units` | time step in ms, number of steps |
//! | `/spikes/<population>/timestamps` | f64 [n_spikes], attribute `units` = ms | spike times, ascending |
//! | `/spikes/<population>/node_ids` | u64 [n_spikes] | neuron of each spike, from 0 |
//! | `/report/<report>` | attributes `population`, `variable`, `index` | one recorded variable of one population |
//! | `/report/<report>/data` | f32 or f64 [n_frames, n_neurons], attributes `units`, `variable` | samples |
//! | `/report/<report>/mapping/node_ids` | u64 [n_neurons], attribute `sorted` u8 | neuron of each column |
//! | `/report/<report>/mapping/index_pointers` | u64 [n_neurons + 1] | columns of neuron `i` are `[p[i], p[i+1])` |
//! | `/report/<report>/mapping/index_pointer` | u64 [n_neurons + 1] | the same under bmtk's name |
//! | `/report/<report>/mapping/element_ids` | u32 [n_neurons] | 0: a point neuron has one element |
//! | `/report/<report>/mapping/element_pos` | f32 [n_neurons] | 0.5: its middle |
//! | `/report/<report>/mapping/time` | f64 [3], attribute `units` = ms | start, stop (excluded), step |
//! | `/rates/<population>/counts` | u32 [n_steps], attribute `units` = spikes | spikes of the population per bin |
//! | `/rates/<population>` | attributes `size` u64, `bin_width` f64 (ms), `index` u32 | rate (Hz) = 1000 · counts / (size · bin_width) |
//! | `/model` | string, attribute `format` | text of the resolved model |
//! | `/provenance` | attributes, see [`Provenance`] | who made the file |
//! | `/theory/<group>/<array>` | f64 of any shape, attributes `units`, `axes` | see [`TheoryGroup`] |
//!
//! SONATA gives a report file one variable, keyed by population. Here one file holds all variables of a run: the
//! membrane potential is the report `<population>`, exactly where SONATA has it, and any other variable is the report
//! `<population>.<variable>`, which the readers list as one more population, with its own unit and frame times.
//! `sorting` is omitted because the library cannot write the enumeration that libsonata expects there, and without it
//! readers assume nothing.

use std::collections::BTreeSet;
use std::path::Path;

use hdf5::{AttrValue, DatasetBuilder, FileBuilder, FinishedGroup, GroupBuilder, H5Element};
use ntwk_core::{PopulationRecording, Recording, Spikes, Trace};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::provenance::Provenance;
use crate::theory::{Attribute, NamedArray, TheoryGroup};

/// Root attribute `magic` of a SONATA file.
pub(crate) const SONATA_MAGIC: u32 = 0x0A7A;
/// Root attribute `version` of a SONATA file.
pub(crate) const SONATA_VERSION: [u32; 2] = [0, 1];
/// The variable whose report is called like its population.
pub(crate) const MEMBRANE_POTENTIAL: &str = "V_m";

/// Bytes of a chunk of a compressed dataset: large enough to compress, small enough to read a few neurons.
const CHUNK_BYTES: usize = 256 * 1024;

/// What to write; parts that are absent leave no trace in the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunContents<'a> {
    /// Spikes, sampled variables and spike counts.
    pub recording: Option<&'a Recording>,
    /// The resolved model.
    pub model: Option<&'a ModelText>,
    /// Who made the result.
    pub provenance: Option<&'a Provenance>,
    /// Results of the theory, one group each.
    pub theory: &'a [TheoryGroup],
}

/// Text of a model as stored in `/model`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelText {
    /// Language of `text`: `"toml"` or `"json"`.
    pub format: String,
    /// The model.
    pub text: String,
}

/// Precision of the samples of frame reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 4 bytes per sample (7 digits), as SONATA says.
    #[default]
    Single,
    /// 8 bytes per sample: every bit of the simulation.
    Double,
}

/// Compression of the large datasets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Stored as they are: fastest to write.
    #[default]
    None,
    /// Byte shuffle and deflate of this level, 1 (fast) to 9 (small); every HDF5 reader has both filters.
    Deflate(u32),
}

/// How to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Precision of frame reports.
    pub precision: Precision,
    /// Compression of spikes, reports and counts.
    pub compression: Compression,
}

/// Writes `contents` to `path` in one step: an existing file is replaced only by a complete new one.
///
/// Parent folders must exist. Arrays of the theory are always written in double precision.
///
/// # Errors
/// [`FileError::Name`] for a population, variable, group or array that cannot name an HDF5 object,
/// [`FileError::Repeated`] for two results under one path, [`FileError::Inconsistent`] for arrays of unequal length,
/// [`FileError::Io`] or [`FileError::Hdf5`] when the file cannot be written.
pub fn write_run(
    path: &Path,
    contents: &RunContents<'_>,
    options: &WriteOptions,
) -> Result<(), FileError> {
    let mut file = FileBuilder::new();
    file.set_attr("magic", AttrValue::U32(SONATA_MAGIC));
    file.set_attr("version", AttrValue::U32Array(SONATA_VERSION.to_vec()));
    if let Some(recording) = contents.recording {
        add_recording(&mut file, recording, options)?;
    }
    if let Some(model) = contents.model {
        file.create_dataset("model")
            .with_vlen_strings(&[&model.text])
            .with_shape(&[])
            .set_attr("format", text(&model.format));
    }
    if let Some(provenance) = contents.provenance {
        let group = provenance_group(&mut file, provenance);
        file.add_group(group);
    }
    if !contents.theory.is_empty() {
        let group = theory_group(&mut file, contents.theory)?;
        file.add_group(group);
    }
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

/// Name of the group under `/report` that holds `variable` of `population`.
pub(crate) fn report_name(population: &str, variable: &str) -> String {
    if variable == MEMBRANE_POTENTIAL {
        population.to_owned()
    } else {
        format!("{population}.{variable}")
    }
}

fn add_recording(
    file: &mut FileBuilder,
    recording: &Recording,
    options: &WriteOptions,
) -> Result<(), FileError> {
    let mut run = file.create_group("run");
    run.set_attr("dt", AttrValue::F64(recording.dt));
    run.set_attr("n_steps", AttrValue::U64(recording.n_steps));
    run.set_attr("units", text("ms"));
    file.add_group(run.finish());

    let mut spikes = file.create_group("spikes");
    let mut reports = file.create_group("report");
    let mut rates = file.create_group("rates");
    let mut used = BTreeSet::new();
    let mut any_spikes = false;
    let mut any_report = false;
    for (index, population) in (0u32..).zip(&recording.populations) {
        check_name("population", &population.name)?;
        claim(&mut used, format!("/rates/{}", population.name))?;
        let group = rates_group(&mut rates, population, index, recording.dt, options);
        rates.add_group(group);
        if let Some(train) = &population.spikes {
            let group = spikes_group(&mut spikes, &population.name, train, recording.dt, options)?;
            spikes.add_group(group);
            any_spikes = true;
        }
        for (index, trace) in (0u32..).zip(&population.traces) {
            check_name("variable", &trace.variable)?;
            let name = report_name(&population.name, &trace.variable);
            claim(&mut used, format!("/report/{name}"))?;
            let mut group = reports.create_group(&name);
            group.set_attr("population", text(&population.name));
            group.set_attr("index", AttrValue::U32(index));
            fill_report(&mut group, &name, trace, recording.dt, options)?;
            reports.add_group(group.finish());
            any_report = true;
        }
    }
    if any_spikes {
        file.add_group(spikes.finish());
    }
    if any_report {
        file.add_group(reports.finish());
    }
    file.add_group(rates.finish());
    Ok(())
}

fn rates_group(
    rates: &mut GroupBuilder,
    population: &PopulationRecording,
    index: u32,
    dt: f64,
    options: &WriteOptions,
) -> FinishedGroup {
    let mut group = rates.create_group(&population.name);
    group.set_attr("size", AttrValue::U64(population.size as u64));
    group.set_attr("bin_width", AttrValue::F64(dt));
    group.set_attr("bin_width_units", text("ms"));
    group.set_attr("index", AttrValue::U32(index));
    array(group.create_dataset("counts"), &population.counts, options.compression)
        .set_attr("units", text("spikes"));
    group.finish()
}

fn spikes_group(
    parent: &mut GroupBuilder,
    population: &str,
    spikes: &Spikes,
    dt: f64,
    options: &WriteOptions,
) -> Result<FinishedGroup, FileError> {
    let mut group = parent.create_group(population);
    if spikes.steps.len() != spikes.ids.len() {
        return Err(FileError::Inconsistent {
            object: format!("/spikes/{population}"),
            problem: format!("{} times and {} neurons", spikes.steps.len(), spikes.ids.len()),
        });
    }
    let ids: Vec<u64> = spikes.ids.iter().map(|&id| u64::from(id)).collect();
    array(group.create_dataset("timestamps"), &spikes.times(dt), options.compression)
        .set_attr("units", text("ms"));
    array(group.create_dataset("node_ids"), &ids, options.compression);
    Ok(group.finish())
}

/// Fills the SONATA part of the report called `name`.
fn fill_report(
    group: &mut GroupBuilder,
    name: &str,
    trace: &Trace,
    dt: f64,
    options: &WriteOptions,
) -> Result<(), FileError> {
    let (frames, columns) = trace.data.dim();
    if columns != trace.neurons.len() {
        return Err(FileError::Inconsistent {
            object: format!("/report/{name}"),
            problem: format!("{columns} columns for {} neurons", trace.neurons.len()),
        });
    }
    group.set_attr("variable", text(&trace.variable));
    samples(group.create_dataset("data"), trace, options)
        .set_attr("units", text(&trace.unit))
        .set_attr("variable", text(&trace.variable));

    let mut mapping = group.create_group("mapping");
    let ids: Vec<u64> = trace.neurons.iter().map(|&id| u64::from(id)).collect();
    let pointers: Vec<u64> = (0..=columns as u64).collect();
    let sorted = AttrValue::U8(ids.is_sorted().into());
    let plain = Compression::None;
    array(mapping.create_dataset("node_ids"), &ids, plain).set_attr("sorted", sorted);
    array(mapping.create_dataset("index_pointers"), &pointers, plain);
    array(mapping.create_dataset("index_pointer"), &pointers, plain);
    array(mapping.create_dataset("element_ids"), &vec![0u32; columns], plain);
    array(mapping.create_dataset("element_pos"), &vec![0.5f32; columns], plain);
    let step = trace.every as f64 * dt;
    let time = [0.0, stop_time(frames, step), step];
    array(mapping.create_dataset("time"), &time, plain).set_attr("units", text("ms"));
    group.add_group(mapping.finish());
    Ok(())
}

/// End of a report of `frames` frames every `step` ms: `frames * step`, raised by the few last bits that make
/// `stop / step` not less than `frames`, since bmtk truncates that quotient to count frames.
fn stop_time(frames: usize, step: f64) -> f64 {
    let mut stop = frames as f64 * step;
    while step > 0.0 && stop.is_finite() && stop / step < frames as f64 {
        stop = stop.next_up();
    }
    stop
}

fn samples<'b>(
    dataset: &'b mut DatasetBuilder,
    trace: &Trace,
    options: &WriteOptions,
) -> &'b mut DatasetBuilder {
    let (frames, columns) = trace.data.dim();
    let width = match options.precision {
        Precision::Single => {
            let values: Vec<f32> = trace.data.iter().map(|&v| v as f32).collect();
            dataset.with_data(&values);
            size_of::<f32>()
        }
        Precision::Double => {
            let values: Vec<f64> = trace.data.iter().copied().collect();
            dataset.with_data(&values);
            size_of::<f64>()
        }
    };
    dataset.with_shape(&[frames as u64, columns as u64]);
    if let Compression::Deflate(level) = options.compression
        && frames > 0
        && columns > 0
    {
        let rows = (CHUNK_BYTES / (columns * width)).clamp(1, frames);
        dataset.with_chunks(&[rows as u64, columns as u64]).with_shuffle().with_deflate(level);
    }
    dataset
}

fn array<'b, T: H5Element>(
    dataset: &'b mut DatasetBuilder,
    values: &[T],
    compression: Compression,
) -> &'b mut DatasetBuilder {
    dataset.with_data(values);
    if let Compression::Deflate(level) = compression
        && !values.is_empty()
    {
        let chunk = (CHUNK_BYTES / size_of::<T>().max(1)).clamp(1, values.len());
        dataset.with_chunks(&[chunk as u64]).with_shuffle().with_deflate(level);
    }
    dataset
}

fn provenance_group(file: &mut FileBuilder, provenance: &Provenance) -> FinishedGroup {
    let mut group = file.create_group("provenance");
    group.set_attr("program", text("ntwk"));
    group.set_attr("version", text(&provenance.version));
    group.set_attr("seed", AttrValue::U64(provenance.seed));
    group.set_attr("generator", text(&provenance.generator));
    group.set_attr("threads", AttrValue::U32(provenance.threads));
    group.set_attr("started", text(&provenance.started));
    group.set_attr("wall_seconds", AttrValue::F64(provenance.wall_seconds));
    group.set_attr("host_features", text(&provenance.host_features.join(" ")));
    group.finish()
}

fn theory_group(
    file: &mut FileBuilder,
    results: &[TheoryGroup],
) -> Result<FinishedGroup, FileError> {
    let mut theory = file.create_group("theory");
    let mut used = BTreeSet::new();
    for result in results {
        check_name("theory group", &result.name)?;
        claim(&mut used, format!("/theory/{}", result.name))?;
        let mut group = theory.create_group(&result.name);
        for named in &result.arrays {
            check_name("array", &named.name)?;
            claim(&mut used, format!("/theory/{}/{}", result.name, named.name))?;
            add_array(&mut group, &result.name, named)?;
        }
        for (name, value) in &result.attributes {
            check_name("attribute", name)?;
            claim(&mut used, format!("/theory/{}@{name}", result.name))?;
            group.set_attr(name, attribute(value));
        }
        theory.add_group(group.finish());
    }
    Ok(theory.finish())
}

fn add_array(group: &mut GroupBuilder, parent: &str, named: &NamedArray) -> Result<(), FileError> {
    let object = format!("/theory/{parent}/{}", named.name);
    if named.axes.len() != named.data.ndim() {
        return Err(FileError::Inconsistent {
            object,
            problem: format!(
                "{} axis names for {} dimensions",
                named.axes.len(),
                named.data.ndim()
            ),
        });
    }
    let values: Vec<f64> = named.data.iter().copied().collect();
    let shape: Vec<u64> = named.data.shape().iter().map(|&n| n as u64).collect();
    let dataset = group.create_dataset(&named.name);
    dataset.with_data(&values).with_shape(&shape).set_attr("units", text(&named.unit));
    if !named.axes.is_empty() {
        dataset.set_attr("axes", AttrValue::VarLenStringArray(named.axes.clone()));
    }
    let mut used = BTreeSet::from([format!("{object}@units"), format!("{object}@axes")]);
    for (name, value) in &named.attributes {
        check_name("attribute", name)?;
        claim(&mut used, format!("{object}@{name}"))?;
        dataset.set_attr(name, attribute(value));
    }
    Ok(())
}

fn attribute(value: &Attribute) -> AttrValue {
    match value {
        Attribute::Text(value) => text(value),
        Attribute::Texts(values) => AttrValue::VarLenStringArray(values.clone()),
        Attribute::Integer(value) => AttrValue::I64(*value),
        Attribute::Number(value) => AttrValue::F64(*value),
        Attribute::Numbers(values) => AttrValue::F64Array(values.clone()),
    }
}

/// A variable-length UTF-8 string, as libsonatareport writes and h5py gives back as `str`.
fn text(value: &str) -> AttrValue {
    AttrValue::VarLenString(value.to_owned())
}

/// Whether `name` can be one component of an HDF5 path.
fn check_name(kind: &'static str, name: &str) -> Result<(), FileError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name == "." || name == ".." {
        "it has a meaning in paths"
    } else if name.contains('/') {
        "'/' separates groups"
    } else if name.contains('\0') {
        "it contains a NUL character"
    } else {
        return Ok(());
    };
    Err(FileError::Name { kind, name: name.to_owned(), reason })
}

/// Reserves `object`, an error when it is taken.
fn claim(used: &mut BTreeSet<String>, object: String) -> Result<(), FileError> {
    if used.contains(&object) {
        return Err(FileError::Repeated { object });
    }
    used.insert(object);
    Ok(())
}
