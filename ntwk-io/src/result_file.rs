//! Reading result files: those of [`write_run`](crate::write_run) and SONATA files of other programs.

use std::ops::Range;
use std::path::Path;

use hdf5::AttrValue;
use ndarray::{Array2, ArrayD, Axis, IxDyn, Slice};
use ntwk_core::model::SampleSteps;
use ntwk_core::{AfferentRecording, PopulationRecording, Recording, Spikes, Trace};

use crate::error::FileError;
use crate::hdf5_reader::{Attributes, Hdf5Reader, StoredArray};
use crate::hdf5_writer::Precision;
use crate::provenance::Provenance;
use crate::run_file::{ModelText, SYNAPSES, report_name};
use crate::theory::{Attribute, NamedArray, TheoryGroup};

/// Population name given to the content of files that predate populations in SONATA.
pub const UNNAMED_POPULATION: &str = "default";

/// Spikes as a SONATA file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTrains {
    /// Spike times (ms), in the order of the file.
    pub timestamps: Vec<f64>,
    /// Neuron of each spike, same length.
    pub node_ids: Vec<u64>,
}

/// A SONATA frame report: one variable of some neurons, on a regular time grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Population the neurons belong to.
    pub population: String,
    /// Recorded variable, when the file says it.
    pub variable: Option<String>,
    /// Unit of `data`, when the file says it.
    pub unit: Option<String>,
    /// Neurons, in the order of their columns.
    pub node_ids: Vec<u64>,
    /// Columns of neuron `i` are `index_pointers[i]..index_pointers[i + 1]`; one longer than `node_ids`, ascending, and
    /// never beyond the columns of `data`.
    pub index_pointers: Vec<usize>,
    /// Element (compartment, synapse) of each column; empty when the file has none.
    pub element_ids: Vec<u64>,
    /// Time of the first frame (ms).
    pub start: f64,
    /// End of the report (ms), excluded.
    pub stop: f64,
    /// Time between two frames (ms).
    pub step: f64,
    /// Samples, shape `[n_frames, n_columns]`.
    pub data: Array2<f64>,
}

/// Which samples of a recording to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<'a> {
    /// Variables to load; `None` loads all.
    pub variables: Option<&'a [&'a str]>,
    /// Columns to load of every trace; what lies beyond the recorded neurons is ignored.
    pub columns: Range<usize>,
}

impl Default for Selection<'_> {
    /// Everything.
    fn default() -> Self {
        Self { variables: None, columns: 0..usize::MAX }
    }
}

/// A result file open for reading. Nothing is read before it is asked for.
#[derive(Debug)]
pub struct ResultFile {
    reader: Hdf5Reader,
}

impl ResultFile {
    /// Opens an HDF5 file.
    ///
    /// # Errors
    /// [`FileError::Io`] when it cannot be read, [`FileError::Hdf5`] when it is not HDF5.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        Ok(Self { reader: Hdf5Reader::open(path)? })
    }

    pub(crate) fn reader(&self) -> &Hdf5Reader {
        &self.reader
    }

    /// Populations that have spikes, sorted; [`UNNAMED_POPULATION`] for the layout `/spikes/gids` of old files.
    ///
    /// # Errors
    /// [`FileError::Hdf5`] for a damaged file.
    pub fn spike_populations(&self) -> Result<Vec<String>, FileError> {
        let mut names = self.reader.groups("/spikes")?;
        if names.is_empty() && self.reader.find("/spikes/timestamps")?.is_some() {
            names.push(UNNAMED_POPULATION.to_owned());
        }
        Ok(names)
    }

    /// Spikes of a population; times are converted to ms.
    ///
    /// # Errors
    /// [`FileError::Missing`], [`FileError::Mismatch`] for an unknown unit or unequal lengths, [`FileError::Hdf5`] or
    /// [`FileError::Oversized`] for a damaged file.
    pub fn spikes(&self, population: &str) -> Result<SpikeTrains, FileError> {
        let named = format!("/spikes/{population}");
        let base = if self.reader.group(&named)?.is_some() {
            named
        } else if population == UNNAMED_POPULATION {
            "/spikes".to_owned()
        } else {
            return Err(self.reader.missing(named));
        };
        let times = self.reader.require(&[format!("{base}/timestamps")])?;
        let ids = self.reader.require(&[format!("{base}/node_ids"), format!("{base}/gids")])?;
        let scale = ms_per_unit(&times)?;
        let node_ids = ids.u64s()?;
        let mut timestamps = times.f64s()?;
        if timestamps.len() != node_ids.len() {
            return Err(ids.mismatch(
                format!("{} ids, one per time", timestamps.len()),
                format!("{} ids", node_ids.len()),
            ));
        }
        if scale != 1.0 {
            timestamps.iter_mut().for_each(|t| *t *= scale);
        }
        Ok(SpikeTrains { timestamps, node_ids })
    }

    /// Names of the frame reports, sorted; [`UNNAMED_POPULATION`] for old files with `/data` at the root.
    ///
    /// # Errors
    /// [`FileError::Hdf5`] for a damaged file.
    pub fn reports(&self) -> Result<Vec<String>, FileError> {
        let mut names = self.reader.groups("/report")?;
        if names.is_empty()
            && self.reader.find("/data")?.is_some()
            && self.reader.group("/mapping")?.is_some()
        {
            names.push(UNNAMED_POPULATION.to_owned());
        }
        Ok(names)
    }

    /// The frame report called `name` (see [`ResultFile::reports`]), of this program or of any SONATA writer:
    /// `index_pointers` or `index_pointer`, with one entry per neuron or one more, `node_ids` or `gids`.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn report(&self, name: &str) -> Result<Report, FileError> {
        self.report_columns(name, 0..usize::MAX)
    }

    /// The report called `name` with the samples of `columns` only; its mapping is whole.
    fn report_columns(&self, name: &str, columns: Range<usize>) -> Result<Report, FileError> {
        let named = format!("/report/{name}");
        let (base, attributes) = if self.reader.group(&named)?.is_some() {
            let attributes = self.reader.attributes(&named)?;
            (named, Some(attributes))
        } else if name == UNNAMED_POPULATION {
            (String::new(), None)
        } else {
            return Err(self.reader.missing(named));
        };
        let mapping = format!("{base}/mapping");
        let samples = self.reader.require(&[format!("{base}/data")])?;
        let sample_attributes = samples.attributes()?;
        let width = match samples.shape()?[..] {
            [_, width] => usize::try_from(width).unwrap_or(usize::MAX),
            _ => 0,
        };
        let data = samples.columns(columns)?;

        let ids =
            self.reader.require(&[format!("{mapping}/node_ids"), format!("{mapping}/gids")])?;
        let node_ids = ids.u64s()?;
        let pointers = self
            .reader
            .require(&[format!("{mapping}/index_pointers"), format!("{mapping}/index_pointer")])?;
        let index_pointers = index_pointers(&pointers, node_ids.len(), width)?;
        let element_ids = match self.reader.find(&format!("{mapping}/element_ids"))? {
            Some(array) => array.u64s()?,
            None => match self.reader.find(&format!("{mapping}/element_id"))? {
                Some(array) => array.u64s()?,
                None => Vec::new(),
            },
        };
        let time = self.reader.require(&[format!("{mapping}/time")])?;
        let [start, stop, step] = frame_times(&time)?;
        let text = |name: &str| attributes.as_ref().and_then(|a| a.text(name));
        Ok(Report {
            population: text("population").unwrap_or_else(|| name.to_owned()),
            variable: text("variable").or_else(|| sample_attributes.text("variable")),
            unit: sample_attributes.text("units"),
            node_ids,
            index_pointers,
            element_ids,
            start,
            stop,
            step,
            data,
        })
    }

    /// The recording of a run of this program, `None` for other files; of a run that was killed, as far as it came.
    ///
    /// Samples written in single precision come back rounded; everything else is bit for bit what was written.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn recording(&self) -> Result<Option<Recording>, FileError> {
        self.recording_of(&Selection::default())
    }

    /// As [`ResultFile::recording`], with a part of the samples only: spikes and counts are whole, traces are those of
    /// `selection`. Memory holds little more than what is returned.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn recording_of(&self, selection: &Selection<'_>) -> Result<Option<Recording>, FileError> {
        if self.reader.group("/run")?.is_none() {
            return Ok(None);
        }
        let run = self.reader.attributes("/run")?;
        let dt = run.require_f64("dt")?;
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(self.reader.mismatch("/run@dt", "a positive time step", dt.to_string()));
        }
        let n_steps = run.require_u64("n_steps")?;
        let spiking = self.reader.groups("/spikes")?;
        let mut traces = self.traces(dt, selection)?;
        if run.contains("planned_steps") {
            for stored in &mut traces {
                cut(&mut stored.trace, n_steps);
            }
        }

        let mut populations = Vec::new();
        for name in self.reader.groups("/rates")? {
            let object = format!("/rates/{name}");
            let attributes = self.reader.attributes(&object)?;
            let index = attributes.require_u32("index")?;
            let size = attributes.require_u64("size")?;
            let size = usize::try_from(size).map_err(|_| {
                self.reader.mismatch(&format!("{object}@size"), "a size", size.to_string())
            })?;
            let counts = self.reader.require(&[format!("{object}/counts")])?.u32s()?;
            let spikes =
                if spiking.contains(&name) { Some(self.spikes_in_steps(&name, dt)?) } else { None };
            let (mut own, rest): (Vec<_>, Vec<_>) =
                traces.into_iter().partition(|t| t.population == name);
            traces = rest;
            own.sort_by_key(|t| t.index);
            let recording = PopulationRecording {
                name,
                size,
                spikes,
                counts,
                traces: own.into_iter().map(|t| t.trace).collect(),
            };
            populations.push((index, recording));
        }
        if let Some(stray) = traces.first() {
            let object = format!("/rates/{}", stray.population);
            return Err(self.reader.missing(object));
        }
        populations.sort_by_key(|(index, _)| *index);
        let mut afferents = Vec::new();
        for name in spiking {
            let object = format!("/spikes/{name}");
            let attributes = self.reader.attributes(&object)?;
            let Some(afferent) = attributes.text("afferent") else { continue };
            let size = attributes.require_u64("size")?;
            let size = usize::try_from(size).map_err(|_| {
                self.reader.mismatch(&format!("{object}@size"), "a size", size.to_string())
            })?;
            let spikes = self.spikes_in_steps(&name, dt)?;
            let target = attributes.text("target");
            let recording = AfferentRecording { name, afferent, target, size, spikes };
            afferents.push((attributes.require_u32("index")?, recording));
        }
        afferents.sort_by_key(|(index, _)| *index);
        Ok(Some(Recording {
            dt,
            n_steps,
            populations: populations.into_iter().map(|(_, p)| p).collect(),
            afferents: afferents.into_iter().map(|(_, a)| a).collect(),
        }))
    }

    /// Frames `frames` of the samples of the trace called `trace` ([`Trace::name`]) of `population`, with their precision: a window in time, read
    /// without the rest. Frames beyond the last are left out.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn frames(
        &self,
        population: &str,
        trace: &str,
        frames: Range<u64>,
    ) -> Result<(Array2<f64>, Precision), FileError> {
        let object = format!("/report/{}/data", report_name(population, trace));
        let samples = self.reader.require(&[object])?;
        let precision = match samples.element_type()?.as_str() {
            "f32" => Precision::Single,
            _ => Precision::Double,
        };
        Ok((samples.rows(frames)?, precision))
    }

    /// The stored model, when there is one.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn model(&self) -> Result<Option<ModelText>, FileError> {
        let Some(model) = self.reader.find("/model")? else {
            return Ok(None);
        };
        Ok(Some(ModelText {
            format: model.attributes()?.require_text("format")?,
            text: model.text()?,
        }))
    }

    /// The stored origin, when there is one.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn provenance(&self) -> Result<Option<Provenance>, FileError> {
        if self.reader.group("/provenance")?.is_none() {
            return Ok(None);
        }
        let attributes = self.reader.attributes("/provenance")?;
        Ok(Some(Provenance {
            version: attributes.require_text("version")?,
            seed: attributes.require_u64("seed")?,
            generator: attributes.require_text("generator")?,
            threads: attributes.require_u32("threads")?,
            // Not of files that were written before there were ranks.
            ranks: attributes.u32s("ranks").and_then(|n| n.first().copied()).unwrap_or(1),
            started: attributes.require_text("started")?,
            wall_seconds: attributes.require_f64("wall_seconds")?,
            host_features: attributes
                .require_text("host_features")?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        }))
    }

    /// Results of the theory, sorted by name; arrays sorted by name in each.
    ///
    /// # Errors
    /// As [`ResultFile::spikes`].
    pub fn theory(&self) -> Result<Vec<TheoryGroup>, FileError> {
        let mut groups = Vec::new();
        for name in self.reader.groups("/theory")? {
            let object = format!("/theory/{name}");
            let mut arrays = Vec::new();
            for array in self.reader.datasets(&object)? {
                let stored = self.reader.require(&[format!("{object}/{array}")])?;
                arrays.push(named_array(array, &stored)?);
            }
            let attributes = own_attributes(&self.reader.attributes(&object)?, &[]);
            groups.push(TheoryGroup { name, arrays, attributes });
        }
        Ok(groups)
    }

    fn spikes_in_steps(&self, population: &str, dt: f64) -> Result<Spikes, FileError> {
        let trains = self.spikes(population)?;
        let object = format!("/spikes/{population}");
        let mut spikes = Spikes::default();
        for (&time, &id) in trains.timestamps.iter().zip(&trains.node_ids) {
            spikes.steps.push(self.whole_steps(&object, time, dt)?);
            spikes.ids.push(self.neuron(&object, id)?);
        }
        Ok(spikes)
    }

    /// Names of the variables of its traces, one for each trace.
    ///
    /// # Errors
    /// [`FileError`] when the file cannot be read.
    pub fn recorded_variables(&self) -> Result<Vec<String>, FileError> {
        let reports = self.reader.groups("/report")?.into_iter();
        let variable = |name: String| {
            self.reader.attributes(&format!("/report/{name}"))?.require_text("variable")
        };
        reports.map(variable).collect()
    }

    /// Every report written by this program.
    fn traces(&self, dt: f64, selection: &Selection<'_>) -> Result<Vec<StoredTrace>, FileError> {
        let mut traces = Vec::new();
        for name in self.reader.groups("/report")? {
            let object = format!("/report/{name}");
            let attributes = self.reader.attributes(&object)?;
            let index = attributes.require_u32("index")?;
            let variable = attributes.require_text("variable")?;
            if selection.variables.is_some_and(|v| !v.contains(&variable.as_str())) {
                continue;
            }
            let report = self.report_columns(&name, selection.columns.clone())?;
            let mut neurons = report
                .node_ids
                .iter()
                .map(|&id| self.neuron(&object, id))
                .collect::<Result<Vec<u32>, _>>()?;
            let mut sources = Vec::new();
            if attributes.text("columns").as_deref() == Some(SYNAPSES) {
                let ids = report.element_ids.iter();
                sources = ids.map(|&id| self.neuron(&object, id)).collect::<Result<_, _>>()?;
            }
            for list in [&mut neurons, &mut sources] {
                list.truncate(selection.columns.end);
                list.drain(..selection.columns.start.min(list.len()));
            }
            if neurons.len() != report.data.ncols() {
                let found =
                    format!("{} columns for {} neurons", report.data.ncols(), neurons.len());
                return Err(self.reader.mismatch(&object, "one column per neuron", found));
            }
            let trace = Trace {
                variable,
                unit: report.unit.unwrap_or_default(),
                neurons,
                sources,
                group: attributes.text("group"),
                steps: SampleSteps {
                    first: self.whole_steps(&object, report.start, dt)?,
                    every: self.whole_steps(&object, report.step, dt)?,
                    end: match attributes.contains("end_step") {
                        true => Some(attributes.require_u64("end_step")?),
                        false => None,
                    },
                },
                data: report.data,
            };
            traces.push(StoredTrace { population: report.population, index, trace });
        }
        Ok(traces)
    }

    /// `time` as a number of steps of `dt`; writing multiplied, so the quotient is an integer up to rounding.
    fn whole_steps(&self, object: &str, time: f64, dt: f64) -> Result<u64, FileError> {
        let steps = (time / dt).round();
        if !(0.0..9.0e15).contains(&steps) || (steps * dt - time).abs() > 1e-6 * dt {
            let expected = format!("times that are whole steps of {dt} ms");
            return Err(self.reader.mismatch(object, expected, format!("{time} ms")));
        }
        Ok(steps as u64)
    }

    fn neuron(&self, object: &str, id: u64) -> Result<u32, FileError> {
        u32::try_from(id)
            .map_err(|_| self.reader.mismatch(object, "neuron ids below 2^32", id.to_string()))
    }
}

/// A trace and where it belongs.
struct StoredTrace {
    population: String,
    /// Place among the traces of the population.
    index: u32,
    trace: Trace,
}

/// Leaves out the frames that a run of `n_steps` steps did not come to: space was reserved for all it was to have.
fn cut(trace: &mut Trace, n_steps: u64) {
    let frames = trace.steps.rows(0..n_steps).len();
    if frames < trace.data.nrows() {
        trace.data = trace.data.slice_axis(Axis(0), Slice::from(..frames)).to_owned();
    }
}

/// Factor from the unit of a time dataset to ms; without the attribute `units` the times are in ms.
fn ms_per_unit(times: &StoredArray<'_>) -> Result<f64, FileError> {
    let Some(unit) = times.attributes()?.text("units") else {
        return Ok(1.0);
    };
    match unit.as_str() {
        "ms" | "msec" | "milliseconds" | "millisecond" => Ok(1.0),
        "s" | "sec" | "seconds" | "second" => Ok(1e3),
        "us" | "usec" | "microseconds" | "microsecond" => Ok(1e-3),
        _ => Err(times.mismatch("times in ms, s or us", format!("in {unit:?}"))),
    }
}

/// The pointers with the end that the SONATA guide leaves out, checked against the columns they point into.
fn index_pointers(
    pointers: &StoredArray<'_>,
    neurons: usize,
    columns: usize,
) -> Result<Vec<usize>, FileError> {
    let mut values = pointers.u64s()?;
    if values.len() == neurons {
        values.push(columns as u64);
    }
    if values.len() != neurons + 1 {
        let expected = format!("{neurons} or {} pointers", neurons + 1);
        return Err(pointers.mismatch(expected, format!("{} pointers", values.len())));
    }
    if !values.is_sorted() || values.last().is_some_and(|&end| end > columns as u64) {
        return Err(pointers
            .mismatch(format!("ascending pointers up to {columns}"), "out of order or beyond"));
    }
    // No pointer exceeds the number of columns, which is a usize.
    Ok(values.into_iter().map(|p| p as usize).collect())
}

/// Start, stop and step in ms.
fn frame_times(time: &StoredArray<'_>) -> Result<[f64; 3], FileError> {
    let values = time.f64s()?;
    let Ok([start, stop, step]) = <[f64; 3]>::try_from(values.as_slice()) else {
        return Err(time.mismatch("[start, stop, step]", format!("{} values", values.len())));
    };
    if !(start.is_finite() && stop.is_finite() && step.is_finite() && step > 0.0) {
        return Err(time.mismatch("finite times and a positive step", format!("{values:?}")));
    }
    let scale = ms_per_unit(time)?;
    Ok([start * scale, stop * scale, step * scale])
}

fn named_array(name: String, stored: &StoredArray<'_>) -> Result<NamedArray, FileError> {
    let attributes = stored.attributes()?;
    let shape = stored.shape()?;
    let sides = shape
        .iter()
        .map(|&n| usize::try_from(n))
        .collect::<Result<Vec<usize>, _>>()
        .map_err(|_| stored.mismatch("a shape that fits into memory", format!("{shape:?}")))?;
    let axes = if sides.is_empty() { Vec::new() } else { attributes.require_texts("axes")? };
    if axes.len() != sides.len() {
        return Err(stored.mismatch(
            format!("{} axis names", sides.len()),
            format!("of {} axis names", axes.len()),
        ));
    }
    let data = ArrayD::from_shape_vec(IxDyn(&sides), stored.f64s()?)
        .map_err(|e| stored.mismatch(format!("of shape {shape:?}"), e.to_string()))?;
    Ok(NamedArray {
        name,
        unit: attributes.require_text("units")?,
        axes,
        data,
        attributes: own_attributes(&attributes, &["units", "axes"]),
    })
}

/// Attributes but those named in `known` and those of a type that [`Attribute`] cannot hold.
fn own_attributes(attributes: &Attributes<'_>, known: &[&str]) -> Vec<(String, Attribute)> {
    attributes
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), attribute(value)?)))
        .collect()
}

fn attribute(value: &AttrValue) -> Option<Attribute> {
    match value {
        AttrValue::F64Array(values) => Some(Attribute::Numbers(values.clone())),
        AttrValue::VarLenStringArray(values) => Some(Attribute::Texts(values.clone())),
        _ => None
            .or_else(|| value.as_str().map(|v| Attribute::Text(v.to_owned())))
            .or_else(|| value.as_i64().map(Attribute::Integer))
            .or_else(|| value.as_f64().map(Attribute::Number)),
    }
}
