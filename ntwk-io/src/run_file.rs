//! The file of a run: what it holds, where, and how it is written.
//!
//! # Layout
//! HDF5; spikes and frame reports follow the SONATA developer guide (Allen Institute and Blue Brain Project), "Output
//! file formats", in the form that libsonata, bmtk and h5py all open.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/` | attributes `magic` u32, `version` u32 `[2]` | SONATA: `0x0A7A`, `[0, 1]` |
//! | `/run` | attributes `dt` f64, `n_steps` u64, `units` | time step in ms, number of steps stored |
//! | `/run` | attribute `planned_steps` u64 | steps the run was to have, of a [streamed](crate::RunWriter) run |
//! | `/run` | attribute `stopped` string | why a run ended before them (absent when the process was killed) |
//! | `/spikes/<population>/timestamps` | f64 `[n_spikes]`, attribute `units` = ms | spike times, ascending |
//! | `/spikes/<population>/node_ids` | u64 `[n_spikes]` | neuron of each spike, from 0 |
//! | `/spikes/<name>` | attributes `afferent`, `target`, `size` u64, `index` u32 | afferent spikes; of trains per target `<name>` is the projection, the ids are targets |
//! | `/report/<report>` | attributes `population`, `variable`, `index` | one recorded variable of one population |
//! | `/report/<report>` | attributes `group`, `end_step` u64 | the table of `record.traces` it is of, and the step before which that ends |
//! | `/report/<report>/data` | f32 or f64 `[n_frames, n_neurons]`, attributes `units`, `variable` | samples |
//! | `/report/<report>/mapping/node_ids` | u64 `[n_neurons]`, attribute `sorted` u8 | neuron of each column |
//! | `/report/<report>/mapping/index_pointers` | u64 `[n_neurons + 1]` | columns of neuron `i` are `p[i]..p[i + 1]` |
//! | `/report/<report>/mapping/index_pointer` | u64 `[n_neurons + 1]` | the same under bmtk's name |
//! | `/report/<report>/mapping/element_ids` | u32 `[n_neurons]` | 0: a point neuron has one element; of weights (attribute `columns` = `synapses` of the report) the source neuron of each synapse |
//! | `/report/<report>/mapping/element_pos` | f32 `[n_neurons]` | 0.5: its middle |
//! | `/report/<report>/mapping/time` | f64 `[3]`, attribute `units` = ms | start, stop (excluded), step |
//! | `/rates/<population>/counts` | u32 `[n_steps]`, attribute `units` = spikes | spikes of the population per bin |
//! | `/rates/<population>` | attributes `size` u64, `bin_width` f64 (ms), `index` u32 | rate (Hz) = 1000 · counts / (size · bin_width) |
//! | `/model` | string, attribute `format` | text of the resolved model |
//! | `/provenance` | attributes, see [`Provenance`] | who made the file |
//! | `/theory/<group>/<array>` | f64 of any shape, attributes `units`, `axes` | see [`TheoryGroup`] |
//!
//! SONATA gives a report file one variable, keyed by population. Here one file holds all variables of a run: the
//! membrane potential is the report `<population>`, exactly where SONATA has it, and any other variable is the report
//! `<population>.<variable>`, which the readers list as one more population, with its own unit and frame times. Variables of
//! chosen neurons (`record.traces.GROUP`) are `<population>.<group>.<variable>`.
//! With [`Precision::Single`] and [`Compression::None`], the defaults, libsonata, bmtk and h5py read everything.
//! `sorting` is omitted because the library cannot write the enumeration that libsonata expects there, and without it
//! readers assume nothing.

use std::collections::BTreeSet;
use std::path::Path;

use hdf5::{
    AttrValue, DatasetBuilder, FileBuilder, FinishedGroup, GroupBuilder, H5Element, make_f32_type,
    make_f64_type,
};
use ntwk_core::{PopulationRecording, Recording, Spikes, Trace};
use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_writer::{
    CHUNK_BYTES, Compression, Precision, array, check_name, claim, compress, growing, text,
};
use crate::provenance::Provenance;
use crate::theory::{self, TheoryGroup};

/// Root attribute `magic` of a SONATA file.
pub(crate) const SONATA_MAGIC: u32 = 0x0A7A;
/// Root attribute `version` of a SONATA file.
pub(crate) const SONATA_VERSION: [u32; 2] = [0, 1];
/// The variable whose report is called like its population.
pub(crate) const MEMBRANE_POTENTIAL: &str = "V_m";
/// Attribute `columns` of a report whose columns are synapses.
pub(crate) const SYNAPSES: &str = "synapses";

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelText {
    /// Language of `text`: `"toml"` or `"json"`.
    pub format: String,
    /// The model.
    pub text: String,
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
    options.check()?;
    let mut file = sonata_file();
    if let Some(recording) = contents.recording {
        let form = RecordingForm {
            options: *options,
            extent: Extent::Complete,
            dt: recording.dt,
            n_steps: recording.n_steps,
        };
        form.add(&mut file, recording)?;
    }
    add_origin(&mut file, contents.model, contents.provenance);
    if !contents.theory.is_empty() {
        theory::check(contents.theory)?;
        let group = theory_group(&mut file, contents.theory);
        file.add_group(group);
    }
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

/// An empty SONATA file.
pub(crate) fn sonata_file() -> FileBuilder {
    let mut file = FileBuilder::new();
    file.set_attr("magic", AttrValue::U32(SONATA_MAGIC));
    file.set_attr("version", AttrValue::U32Array(SONATA_VERSION.to_vec()));
    file
}

/// Adds `/model` and `/provenance`.
pub(crate) fn add_origin(
    file: &mut FileBuilder,
    model: Option<&ModelText>,
    provenance: Option<&Provenance>,
) {
    if let Some(model) = model {
        file.create_dataset("model")
            .with_vlen_strings(&[&model.text])
            .with_shape(&[])
            .set_attr("format", text(&model.format));
    }
    if let Some(provenance) = provenance {
        let group = provenance_group(file, provenance);
        file.add_group(group);
    }
}

/// Name of the group under `/report` that holds the trace called `trace` of `population`.
pub(crate) fn report_name(population: &str, trace: &str) -> String {
    if trace == MEMBRANE_POTENTIAL {
        population.to_owned()
    } else {
        format!("{population}.{trace}")
    }
}

/// How a recording is laid out: the constants that every part of it needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordingForm {
    pub(crate) options: WriteOptions,
    pub(crate) extent: Extent,
    /// Time step (ms).
    pub(crate) dt: f64,
    /// Steps of the run.
    pub(crate) n_steps: u64,
}

/// Whether a recording is stored as it is, or as the frame of one that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All samples are there.
    Complete,
    /// Spikes and counts are empty and grow; samples have their final shape and are zero.
    Planned,
}

impl RecordingForm {
    /// Adds `/run`, `/spikes`, `/report` and `/rates`.
    pub(crate) fn add(
        &self,
        file: &mut FileBuilder,
        recording: &Recording,
    ) -> Result<(), FileError> {
        let populations = &recording.populations;
        let mut run = file.create_group("run");
        run.set_attr("dt", AttrValue::F64(self.dt));
        match self.extent {
            Extent::Complete => run.set_attr("n_steps", AttrValue::U64(self.n_steps)),
            Extent::Planned => {
                run.set_attr("n_steps", AttrValue::U64(0));
                run.set_attr("planned_steps", AttrValue::U64(self.n_steps));
            }
        }
        run.set_attr("units", text("ms"));
        file.add_group(run.finish());

        let mut spikes = file.create_group("spikes");
        let mut reports = file.create_group("report");
        let mut rates = file.create_group("rates");
        let mut used = BTreeSet::new();
        for (index, population) in (0u32..).zip(populations) {
            check_name("population", &population.name)?;
            claim(&mut used, format!("/rates/{}", population.name))?;
            let group = self.rates(&mut rates, population, index);
            rates.add_group(group);
            if let Some(train) = &population.spikes {
                claim(&mut used, format!("/spikes/{}", population.name))?;
                let group = self.spikes(&mut spikes, &population.name, train)?;
                spikes.add_group(group.finish());
            }
            for (index, trace) in (0u32..).zip(&population.traces) {
                check_name("variable", &trace.variable)?;
                if let Some(group) = &trace.group {
                    check_name("group of traces", group)?;
                }
                let name = report_name(&population.name, &trace.name());
                claim(&mut used, format!("/report/{name}"))?;
                let mut group = reports.create_group(&name);
                group.set_attr("population", text(&population.name));
                group.set_attr("index", AttrValue::U32(index));
                if let Some(name) = &trace.group {
                    group.set_attr("group", text(name));
                }
                if !trace.sources.is_empty() {
                    group.set_attr("columns", text(SYNAPSES));
                }
                if let Some(end) = trace.steps.end {
                    group.set_attr("end_step", AttrValue::U64(end));
                }
                self.fill_report(&mut group, &name, trace)?;
                reports.add_group(group.finish());
            }
        }
        for (index, afferent) in (0u32..).zip(&recording.afferents) {
            check_name("afferent population", &afferent.name)?;
            claim(&mut used, format!("/spikes/{}", afferent.name))?;
            let mut group = self.spikes(&mut spikes, &afferent.name, &afferent.spikes)?;
            group.set_attr("afferent", text(&afferent.afferent));
            if let Some(target) = &afferent.target {
                group.set_attr("target", text(target));
            }
            group.set_attr("size", AttrValue::U64(afferent.size as u64));
            group.set_attr("index", AttrValue::U32(index));
            spikes.add_group(group.finish());
        }
        // A SONATA reader takes an empty group for a file without populations, and refuses it.
        if populations.iter().any(|p| p.spikes.is_some()) || !recording.afferents.is_empty() {
            file.add_group(spikes.finish());
        }
        if populations.iter().any(|p| !p.traces.is_empty()) {
            file.add_group(reports.finish());
        }
        file.add_group(rates.finish());
        Ok(())
    }

    fn rates(
        &self,
        rates: &mut GroupBuilder,
        population: &PopulationRecording,
        index: u32,
    ) -> FinishedGroup {
        let mut group = rates.create_group(&population.name);
        group.set_attr("size", AttrValue::U64(population.size as u64));
        group.set_attr("bin_width", AttrValue::F64(self.dt));
        group.set_attr("bin_width_units", text("ms"));
        group.set_attr("index", AttrValue::U32(index));
        self.series(group.create_dataset("counts"), &population.counts)
            .set_attr("units", text("spikes"));
        group.finish()
    }

    fn spikes(
        &self,
        parent: &mut GroupBuilder,
        population: &str,
        spikes: &Spikes,
    ) -> Result<GroupBuilder, FileError> {
        check_spikes(population, spikes)?;
        let mut group = parent.create_group(population);
        let ids: Vec<u64> = spikes.ids.iter().map(|&id| u64::from(id)).collect();
        self.series(group.create_dataset("timestamps"), &spikes.times(self.dt))
            .set_attr("units", text("ms"));
        self.series(group.create_dataset("node_ids"), &ids);
        Ok(group)
    }

    /// Fills the report called `name`.
    fn fill_report(
        &self,
        group: &mut GroupBuilder,
        name: &str,
        trace: &Trace,
    ) -> Result<(), FileError> {
        check_columns(name, trace, trace.neurons.len())?;
        if trace.steps.every == 0 {
            return Err(FileError::Inconsistent {
                object: format!("/report/{name}"),
                problem: "0 steps between two samples".to_owned(),
            });
        }
        group.set_attr("variable", text(&trace.variable));
        self.samples(group.create_dataset("data"), name, trace)?
            .set_attr("units", text(&trace.unit))
            .set_attr("variable", text(&trace.variable));

        let columns = trace.neurons.len();
        let mut mapping = group.create_group("mapping");
        let ids: Vec<u64> = trace.neurons.iter().map(|&id| u64::from(id)).collect();
        let pointers: Vec<u64> = (0..=columns as u64).collect();
        let sorted = AttrValue::U8(ids.is_sorted().into());
        let plain = Compression::None;
        array(mapping.create_dataset("node_ids"), &ids, plain).set_attr("sorted", sorted);
        array(mapping.create_dataset("index_pointers"), &pointers, plain);
        array(mapping.create_dataset("index_pointer"), &pointers, plain);
        let points = vec![0u32; columns];
        let elements = if trace.sources.is_empty() { &points } else { &trace.sources };
        array(mapping.create_dataset("element_ids"), elements, plain);
        let positions = vec![0.5f32; columns];
        array(mapping.create_dataset("element_pos"), &positions, plain);
        let (start, step) = (trace.steps.time(0, self.dt), trace.steps.every as f64 * self.dt);
        let time = [start, stop_time(start, self.frames(trace), step), step];
        array(mapping.create_dataset("time"), &time, plain).set_attr("units", text("ms"));
        group.add_group(mapping.finish());
        Ok(())
    }

    /// Frames the report of `trace` has in the file.
    pub(crate) fn frames(&self, trace: &Trace) -> usize {
        match self.extent {
            Extent::Complete => trace.data.nrows(),
            // Steps that do not fit into a usize do not fit into memory either: the shape is refused when written.
            Extent::Planned => trace.steps.rows(0..self.n_steps).len(),
        }
    }

    fn series<'b, T: H5Element>(
        &self,
        dataset: &'b mut DatasetBuilder,
        values: &[T],
    ) -> &'b mut DatasetBuilder {
        match self.extent {
            Extent::Complete => array(dataset, values, self.options.compression),
            Extent::Planned => growing::<T>(dataset, self.options.compression),
        }
    }

    fn samples<'b>(
        &self,
        dataset: &'b mut DatasetBuilder,
        report: &str,
        trace: &Trace,
    ) -> Result<&'b mut DatasetBuilder, FileError> {
        let (frames, columns) = (self.frames(trace), trace.data.ncols());
        let width = self.options.precision.bytes();
        match (self.extent, self.options.precision) {
            (Extent::Complete, Precision::Single) => {
                let values: Vec<f32> = trace.data.iter().map(|&v| v as f32).collect();
                dataset.with_data(&values);
            }
            (Extent::Complete, Precision::Double) => {
                let values: Vec<f64> = trace.data.iter().copied().collect();
                dataset.with_data(&values);
            }
            (Extent::Planned, precision) => {
                let count = frames.saturating_mul(columns);
                let datatype = match precision {
                    Precision::Single => make_f32_type(),
                    Precision::Double => make_f64_type(),
                };
                let zeros = zeros(report, count.saturating_mul(width))?;
                dataset.with_raw_data(datatype, zeros, count as u64);
            }
        }
        dataset.with_shape(&[frames as u64, columns as u64]);
        if self.extent == Extent::Complete && frames > 0 && columns > 0 {
            let rows = (CHUNK_BYTES / (columns * width)).clamp(1, frames);
            compress(dataset, &[rows as u64, columns as u64], self.options.compression);
        }
        Ok(dataset)
    }
}

/// Zeros to reserve space in a file with: memory that is only read is not made resident by the operating system, so it
/// may be larger than there is.
fn zeros(report: &str, bytes: usize) -> Result<Vec<u8>, FileError> {
    // `vec!` would abort where this says no.
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| FileError::Inconsistent {
        object: format!("/report/{report}"),
        problem: format!(
            "{bytes} bytes of samples are too many; record fewer neurons or larger intervals"
        ),
    })?;
    Ok(vec![0; bytes])
}

/// One neuron per spike.
pub(crate) fn check_spikes(population: &str, spikes: &Spikes) -> Result<(), FileError> {
    let (times, ids) = (spikes.steps.len(), spikes.ids.len());
    if times == ids {
        return Ok(());
    }
    Err(FileError::Inconsistent {
        object: format!("/spikes/{population}"),
        problem: format!("{times} times and {ids} neurons"),
    })
}

impl WriteOptions {
    /// Whether the level of compression is one that deflate has.
    pub(crate) fn check(&self) -> Result<(), FileError> {
        match self.compression {
            Compression::Deflate(level) if !(1..=9).contains(&level) => {
                Err(FileError::Inconsistent {
                    object: "compression".to_owned(),
                    problem: format!("deflate has levels 1 to 9, not {level}"),
                })
            }
            _ => Ok(()),
        }
    }
}

/// One column per neuron.
pub(crate) fn check_columns(report: &str, trace: &Trace, neurons: usize) -> Result<(), FileError> {
    let columns = trace.data.ncols();
    let sources = trace.sources.len();
    if columns == neurons && (sources == 0 || sources == columns) {
        return Ok(());
    }
    Err(FileError::Inconsistent {
        object: format!("/report/{report}"),
        problem: match sources {
            0 => format!("{columns} columns for {neurons} neurons"),
            _ => format!("{columns} columns for {neurons} neurons and {sources} sources"),
        },
    })
}

/// End of a report of `frames` frames every `step` ms from `start` on: `start + frames * step`, raised by the few last bits
/// that make `(stop - start) / step` not less than `frames`, since bmtk truncates that quotient to count frames.
fn stop_time(start: f64, frames: usize, step: f64) -> f64 {
    let mut stop = start + frames as f64 * step;
    while step > 0.0 && stop.is_finite() && (stop - start) / step < frames as f64 {
        stop = stop.next_up();
    }
    stop
}

fn provenance_group(file: &mut FileBuilder, provenance: &Provenance) -> FinishedGroup {
    let mut group = file.create_group("provenance");
    group.set_attr("program", text("ntwk"));
    group.set_attr("version", text(&provenance.version));
    group.set_attr("seed", AttrValue::U64(provenance.seed));
    group.set_attr("generator", text(&provenance.generator));
    group.set_attr("threads", AttrValue::U32(provenance.threads));
    group.set_attr("ranks", AttrValue::U32(provenance.ranks));
    group.set_attr("started", text(&provenance.started));
    group.set_attr("wall_seconds", AttrValue::F64(provenance.wall_seconds));
    group.set_attr("host_features", text(&provenance.host_features.join(" ")));
    group.finish()
}

fn theory_group(file: &mut FileBuilder, results: &[TheoryGroup]) -> FinishedGroup {
    let mut theory = file.create_group("theory");
    for result in results {
        let mut group = theory.create_group(&result.name);
        for array in &result.arrays {
            theory::fill(group.create_dataset(&array.name), array);
        }
        for (name, value) in &result.attributes {
            group.set_attr(name, value.stored());
        }
        theory.add_group(group.finish());
    }
    theory.finish()
}
