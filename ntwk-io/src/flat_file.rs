//! The flat HDF5 layout of the `ntwk` Python package: one dataset per quantity and population at the top level.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/dt`, `/tstop` | `[1]` or scalar | time step and duration (ms) |
//! | `/<i>/name`, `/<i>/N` | string, integer | population `i` = 0, 1, ... |
//! | `/tRASTER_<population>`, `/iRASTER_<population>` | `[n_spikes]` | spike times (ms) and neurons |
//! | `/POP_ACT_<population>` | `[n_steps]` | rate of the population in each step (Hz) |
//! | `/VMS_<population>` | `[n_neurons, n_steps]` | membrane potentials (mV) |
//! | `/ISYN<r>_<population>`, `/GSYN<r>_<population>` | `[n_neurons, n_steps]` | synaptic currents (pA), conductances (nS) |
//! | any other dataset of one value | | a parameter of the model |
//!
//! The layout does not say which neurons were sampled: they are taken to be the first ones, as the package does unless
//! told otherwise.

use std::path::Path;

use hdf5::{AttrValue, FileBuilder};
use ndarray::Array2;
use ntwk_core::model::SampleSteps;
use ntwk_core::{PopulationRecording, Recording, Spikes, Trace};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_reader::{Hdf5Reader, StoredArray};
use crate::hdf5_writer::{check_name, text};
use crate::run_file::check_spikes;
use crate::theory::Attribute;

/// Times of a file may differ from whole steps by this many steps: they went through single precision.
const TIME_TOLERANCE: f64 = 0.1;

/// Content of a file in the flat layout.
#[derive(Debug, Clone, PartialEq)]
pub struct FlatFile {
    /// The recording. `counts` are those of the recorded spikes, or follow from the activity when spikes are absent, or
    /// are empty when both are.
    pub recording: Recording,
    /// Parameters of the model, sorted by name, as numbers or texts.
    pub parameters: Vec<(String, Attribute)>,
}

/// Reads a file in the flat layout.
///
/// # Errors
/// [`FileError::Missing`] or [`FileError::Mismatch`] for another layout, [`FileError::Io`], [`FileError::Hdf5`] or
/// [`FileError::Oversized`] for a file that cannot be read.
pub fn read_flat(path: &Path) -> Result<FlatFile, FileError> {
    let reader = Hdf5Reader::open(path)?;
    let dt = duration(&reader, "/dt")?;
    let tstop = duration(&reader, "/tstop")?;
    let steps = (tstop / dt).round();
    if !(0.0..1e12).contains(&steps) {
        return Err(reader.mismatch("/tstop", "a duration of whole steps", format!("{tstop} ms")));
    }
    let n_steps = steps as u64;
    let datasets = reader.datasets("/")?;

    let mut populations = Vec::new();
    let mut index = 0;
    while reader.group(&format!("/{index}"))?.is_some() {
        let name = reader.require(&[format!("/{index}/name")])?.text()?;
        let size = single(&reader.require(&[format!("/{index}/N")])?)?;
        if !(size >= 0.0 && size <= f64::from(u32::MAX)) {
            return Err(reader.mismatch(
                &format!("/{index}/N"),
                "a number of neurons",
                size.to_string(),
            ));
        }
        let spikes = spikes(&reader, &name, dt)?;
        let counts = match &spikes {
            Some(spikes) => counts_of(spikes, n_steps, &reader, &name)?,
            None => counts_of_activity(&reader, &name, size, dt)?,
        };
        let mut traces = Vec::new();
        for dataset in &datasets {
            if let Some((variable, unit)) = variable(dataset, &name) {
                traces.push(trace(&reader, dataset, variable, unit)?);
            }
        }
        populations.push(PopulationRecording { name, size: size as usize, spikes, counts, traces });
        index += 1;
    }
    if populations.is_empty() {
        return Err(reader.missing("/0 (the first population)"));
    }
    Ok(FlatFile {
        recording: Recording { dt, n_steps, populations },
        parameters: parameters(&reader, &datasets)?,
    })
}

/// Writes a recording in the flat layout, for scripts made for the Python package; the file is replaced in one step.
///
/// # Errors
/// [`FileError::Inconsistent`] for a trace that is not sampled in every step (the layout has one time axis), of a variable
/// that the layout does not have, or for two of one variable; [`FileError::Name`]; [`FileError::Io`] or [`FileError::Hdf5`].
pub fn write_flat(path: &Path, recording: &Recording) -> Result<(), FileError> {
    let mut file = FileBuilder::new();
    file.create_dataset("dt").with_data(&[recording.dt]);
    file.create_dataset("tstop").with_data(&[recording.duration()]);
    for (index, population) in recording.populations.iter().enumerate() {
        let name = &population.name;
        check_name("population", name)?;
        let mut group = file.create_group(&index.to_string());
        group.create_dataset("name").with_vlen_strings(&[name]).with_shape(&[]);
        group.create_dataset("N").with_data(&[population.size as u64]).with_shape(&[]);
        file.add_group(group.finish());
        if let Some(spikes) = &population.spikes {
            check_spikes(name, spikes)?;
            let ids: Vec<i64> = spikes.ids.iter().map(|&id| i64::from(id)).collect();
            file.create_dataset(&format!("tRASTER_{name}"))
                .with_data(&spikes.times(recording.dt))
                .set_attr("units", text("ms"));
            file.create_dataset(&format!("iRASTER_{name}")).with_data(&ids);
        }
        let to_hz = 1e3 / (population.size.max(1) as f64 * recording.dt);
        let rates: Vec<f64> = population.counts.iter().map(|&n| f64::from(n) * to_hz).collect();
        file.create_dataset(&format!("POP_ACT_{name}"))
            .with_data(&rates)
            .set_attr("units", text("Hz"));
        for (i, trace) in population.traces.iter().enumerate() {
            if population.traces[..i].iter().any(|t| t.variable == trace.variable) {
                return Err(FileError::Inconsistent {
                    object: format!("{} of {name}", trace.name()),
                    problem: "the flat layout has one set of neurons for each variable".to_owned(),
                });
            }
            add_trace(&mut file, name, trace)?;
        }
    }
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

fn add_trace(file: &mut FileBuilder, population: &str, trace: &Trace) -> Result<(), FileError> {
    let wrong = |problem: &str| FileError::Inconsistent {
        object: format!("{} of {population}", trace.name()),
        problem: problem.to_owned(),
    };
    let key = match trace.variable.split_at_checked(2) {
        _ if trace.variable == "V_m" => "VMS".to_owned(),
        Some(("I_", receptor)) => format!("ISYN{receptor}"),
        Some(("g_", receptor)) => format!("GSYN{receptor}"),
        _ => {
            return Err(wrong("the flat layout has V_m, I_<receptor> and g_<receptor> only"));
        }
    };
    if trace.steps != SampleSteps::every(1) {
        return Err(wrong("the flat layout has one sample in every step of the run"));
    }
    let name = format!("{key}_{population}");
    check_name("dataset", &name)?;
    let (frames, columns) = trace.data.dim();
    let by_neuron: Vec<f64> = trace.data.t().iter().copied().collect();
    let neurons: Vec<u64> = trace.neurons.iter().map(|&id| u64::from(id)).collect();
    file.create_dataset(&name)
        .with_data(&by_neuron)
        .with_shape(&[columns as u64, frames as u64])
        .set_attr("units", text(&trace.unit))
        .set_attr("neurons", AttrValue::U64Array(neurons));
    Ok(())
}

/// Variable and unit of the dataset called `name`, when it belongs to `population`.
fn variable(name: &str, population: &str) -> Option<(String, &'static str)> {
    let key = name.strip_suffix(population)?.strip_suffix('_')?;
    if key == "VMS" {
        Some(("V_m".to_owned(), "mV"))
    } else if let Some(receptor) = key.strip_prefix("ISYN") {
        Some((format!("I_{receptor}"), "pA"))
    } else {
        let receptor = key.strip_prefix("GSYN")?;
        Some((format!("g_{receptor}"), "nS"))
    }
}

fn trace(
    reader: &Hdf5Reader,
    dataset: &str,
    variable: String,
    unit: &str,
) -> Result<Trace, FileError> {
    let stored = reader.require(&[format!("/{dataset}")])?;
    let data: Array2<f64> = stored.matrix()?.reversed_axes().as_standard_layout().to_owned();
    let columns = u32::try_from(data.ncols()).map_err(|_| {
        stored.mismatch("fewer than 2^32 neurons", format!("{} neurons", data.ncols()))
    })?;
    let first: Vec<u32> = (0..columns).collect();
    let attributes = stored.attributes()?;
    let neurons = match attributes.u32s("neurons") {
        Some(neurons) if neurons.len() == first.len() => neurons,
        _ => first,
    };
    Ok(Trace {
        variable,
        unit: unit.to_owned(),
        group: None,
        neurons,
        steps: SampleSteps::every(1),
        data,
    })
}

fn spikes(reader: &Hdf5Reader, population: &str, dt: f64) -> Result<Option<Spikes>, FileError> {
    let Some(times) = reader.find(&format!("/tRASTER_{population}"))? else {
        return Ok(None);
    };
    let ids = reader.require(&[format!("/iRASTER_{population}")])?;
    let (values, neurons) = (times.f64s()?, ids.u64s()?);
    if values.len() != neurons.len() {
        return Err(ids.mismatch(
            format!("{} neurons, one per time", values.len()),
            format!("{} neurons", neurons.len()),
        ));
    }
    let mut spikes = Spikes::default();
    for (&time, &id) in values.iter().zip(&neurons) {
        let step = (time / dt).round();
        if !(0.0..1e12).contains(&step) || (step - time / dt).abs() > TIME_TOLERANCE {
            return Err(times
                .mismatch(format!("times that are whole steps of {dt} ms"), format!("{time} ms")));
        }
        let id =
            u32::try_from(id).map_err(|_| ids.mismatch("neurons below 2^32", id.to_string()))?;
        spikes.steps.push(step as u64);
        spikes.ids.push(id);
    }
    Ok(Some(spikes))
}

fn counts_of(
    spikes: &Spikes,
    n_steps: u64,
    reader: &Hdf5Reader,
    population: &str,
) -> Result<Vec<u32>, FileError> {
    let object = format!("/tRASTER_{population}");
    // A file of this size cannot hold more steps than bytes times the ratio of compression; a longer duration with
    // hardly any data is a damaged `tstop`.
    if n_steps > reader.size().saturating_mul(1 << 10) {
        return Err(reader.mismatch(
            "/tstop",
            "a duration that fits the file",
            format!("{n_steps} steps"),
        ));
    }
    let mut counts = vec![0u32; n_steps as usize];
    for &step in &spikes.steps {
        let count = usize::try_from(step).ok().and_then(|step| counts.get_mut(step));
        let count = count.ok_or_else(|| {
            reader.mismatch(
                &object,
                format!("spikes in {n_steps} steps"),
                format!("in step {step}"),
            )
        })?;
        *count += 1;
    }
    Ok(counts)
}

/// Spikes per step from the rate (Hz) of `size` neurons.
fn counts_of_activity(
    reader: &Hdf5Reader,
    population: &str,
    size: f64,
    dt: f64,
) -> Result<Vec<u32>, FileError> {
    let Some(activity) = reader.find(&format!("/POP_ACT_{population}"))? else {
        return Ok(Vec::new());
    };
    // The cast saturates and turns NaN into 0.
    let rates = activity.f64s()?;
    Ok(rates.iter().map(|rate| (rate * size * dt / 1e3).round() as u32).collect())
}

/// A time in ms stored as one positive value; single precision is read as the decimal number that was meant.
fn duration(reader: &Hdf5Reader, object: &str) -> Result<f64, FileError> {
    let stored = reader.require(&[object.to_owned()])?;
    let value = single(&stored)?;
    if !(value > 0.0 && value.is_finite()) {
        return Err(stored.mismatch("a positive time (ms)", value.to_string()));
    }
    Ok(value)
}

/// The only number of a dataset.
fn single(stored: &StoredArray<'_>) -> Result<f64, FileError> {
    let values = stored.f64s()?;
    let [value] = values[..] else {
        return Err(stored.mismatch("one number", format!("{} numbers", values.len())));
    };
    if stored.element_type()? == "f32" {
        return Ok(decimal(value as f32));
    }
    Ok(value)
}

/// The shortest decimal number that rounds to `value`: 0.1 for the single-precision neighbour of 0.1.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

/// Datasets of one value that belong to no population.
fn parameters(
    reader: &Hdf5Reader,
    datasets: &[String],
) -> Result<Vec<(String, Attribute)>, FileError> {
    let mut parameters = Vec::new();
    for name in datasets {
        let Some(stored) = reader.find(&format!("/{name}"))? else {
            continue;
        };
        if stored.shape()?.iter().product::<u64>() != 1 || name == "dt" || name == "tstop" {
            continue;
        }
        let value = match single(&stored) {
            Ok(number) => Attribute::Number(number),
            Err(_) => match stored.text() {
                Ok(text) => Attribute::Text(text),
                Err(_) => continue, // neither a number nor a text: no parameter of a model
            },
        };
        parameters.push((name.clone(), value));
    }
    Ok(parameters)
}
