//! The flat HDF5 layout of the Python package neural_network_dynamics: one dataset per quantity and population at the top level,
//! beside the keys of the model.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/dt`, `/tstop` | scalar or `[1]` | time step and duration (ms) |
//! | `/<i>/name`, `/<i>/N` | string, integer | population `i` = 0, 1, ... |
//! | `/<i>_params/Gl`, ... | scalar | its cell, in the keys of the package |
//! | `/tRASTER_<population>`, `/iRASTER_<population>` | `[n_spikes]` | spike times (ms) and neurons |
//! | `/POP_ACT_<population>` | `[n_steps]` | rate of the population in each step (Hz) |
//! | `/VMS_<population>` | `[n_neurons, n_steps]` | membrane potentials (mV) |
//! | `/ISYNe_<population>`, `/ISYNi_...`, `/GSYNe_...`, `/GSYNi_...` | `[n_neurons, n_steps]` | synaptic currents (pA) and conductances (nS), summed over the excitatory and the inhibitory receptors |
//! | `/Rate_<afferent>_<population>` | `[n_steps]` | rate of an afferent neuron (Hz) |
//! | any other dataset of one dimension or none | | a key of the model: `N_<population>`, `<population>_Vthre`, `p_<source>_<target>`, ... |
//!
//! What ntwk writes has three more attributes: the neurons of the rows (`neurons`), the name of the variable (`variable`), and, on a
//! sum, what it is the sum of (`sum_of`); and datasets `<variable>_<population>` for the variables that the package does not record, such
//! as `w`. Without them the neurons are taken to be the first ones, as the package has it.

mod keys;
mod write;

pub use write::write_flat;

use std::path::Path;

use ndarray::Array2;
use ntwk_core::model::SampleSteps;
use ntwk_core::{Model, PopulationRecording, Recording, Spikes, Trace};

use crate::error::FileError;
use crate::hdf5_reader::{Hdf5Reader, StoredArray};
use crate::theory::Attribute;

/// Times of a file may differ from whole steps by this many steps: they went through single precision.
const TIME_TOLERANCE: f64 = 0.1;

/// Content of a file in the flat layout.
#[derive(Debug, Clone, PartialEq)]
pub struct FlatFile {
    /// The recording. `counts` are those of the recorded spikes, or follow from the activity when spikes are absent, or
    /// are empty when both are.
    pub recording: Recording,
    /// Keys of the model, sorted by name: numbers, texts, and lists of them.
    pub parameters: Vec<(String, Attribute)>,
    /// The cell of every population in the keys of the package (`Gl`, `Cm`, ...), as far as the file has it.
    pub cells: Vec<Vec<(String, f64)>>,
    /// Rates of afferent neurons in every step (Hz), by afferent population.
    pub rates: Vec<(String, Vec<f64>)>,
}

impl FlatFile {
    /// Calls the sums over excitatory and over inhibitory receptors (`I_e`, `g_i`, ...) by the name of the receptor where `model`
    /// has one such on the population: then they are no sums.
    pub fn name_receptors(&mut self, model: &Model) {
        for (index, population) in self.recording.populations.iter_mut().enumerate() {
            for (class, excitatory) in [("e", true), ("i", false)] {
                let [name] = keys::receptors_of(model, index, excitatory)[..] else { continue };
                let name = &model.receptors()[name].name;
                for trace in &mut population.traces {
                    if trace.variable.strip_prefix("I_").or(trace.variable.strip_prefix("g_"))
                        == Some(class)
                    {
                        trace.variable.truncate(2);
                        trace.variable.push_str(name);
                    }
                }
            }
        }
    }
}

/// Reads a file in the flat layout.
///
/// # Errors
/// [`FileError::Missing`] or [`FileError::Mismatch`] for another layout, [`FileError::Io`], [`FileError::Hdf5`] or
/// [`FileError::Oversized`] for a file that cannot be read.
pub fn read_flat(path: &Path) -> Result<FlatFile, FileError> {
    let reader = Hdf5Reader::open(path)?;
    let dt = duration(&reader, "/dt", 0.0)?;
    let datasets = reader.datasets("/")?;
    let activity = datasets.iter().find(|name| name.starts_with("POP_ACT_"));
    let recorded = match activity {
        Some(name) => reader.require(&[format!("/{name}")])?.shape()?.first().copied(),
        None => None,
    };
    let tstop = duration(&reader, "/tstop", (recorded.unwrap_or(0) as f64 - 0.5) * dt)?;
    let steps = (tstop / dt).round();
    if !(0.0..1e12).contains(&steps) {
        return Err(reader.mismatch("/tstop", "a duration of whole steps", format!("{tstop} ms")));
    }
    let n_steps = steps as u64;

    let (mut populations, mut cells) = (Vec::new(), Vec::new());
    let mut index = 0;
    while reader.group(&format!("/{index}"))?.is_some() {
        let name = reader.require(&[format!("/{index}/name")])?.text()?;
        let spikes = spikes(&reader, &name, dt)?;
        let highest =
            spikes.as_ref().and_then(|s| s.ids.iter().max()).map_or(0, |&id| u64::from(id) + 1);
        let stored = reader.require(&[format!("/{index}/N")])?;
        let size = unwrapped(&stored, single(&stored)?, highest as f64)?;
        if !(size >= 0.0 && size <= f64::from(u32::MAX)) {
            return Err(reader.mismatch(
                &format!("/{index}/N"),
                "a number of neurons",
                size.to_string(),
            ));
        }
        let counts = match &spikes {
            Some(spikes) => counts_of(spikes, n_steps, &reader, &name)?,
            None => counts_of_activity(&reader, &name, size, dt)?,
        };
        let traces = datasets.iter().filter_map(|d| trace(&reader, d, &name).transpose());
        let traces = traces.collect::<Result<Vec<Trace>, _>>()?;
        cells.push(cell(&reader, index)?);
        populations.push(PopulationRecording { name, size: size as usize, spikes, counts, traces });
        index += 1;
    }
    if populations.is_empty() {
        return Err(reader.missing("/0 (the first population)"));
    }
    let names: Vec<&str> = populations.iter().map(|p| p.name.as_str()).collect();
    Ok(FlatFile {
        rates: rates(&reader, &datasets, &names)?,
        parameters: parameters(&reader, &datasets, &names)?,
        cells,
        recording: Recording { dt, n_steps, populations, afferents: Vec::new() },
    })
}

/// Variable and unit of the dataset called `name`, when it is one of the package that belongs to `population`.
fn variable(name: &str, population: &str) -> Option<(String, &'static str)> {
    let key = key_of(name, population)?;
    if key == "VMS" {
        Some(("V_m".to_owned(), "mV"))
    } else if let Some(receptor) = key.strip_prefix("ISYN") {
        Some((format!("I_{receptor}"), "pA"))
    } else {
        let receptor = key.strip_prefix("GSYN")?;
        Some((format!("g_{receptor}"), "nS"))
    }
}

/// What stands before the name of the population in that of a dataset.
fn key_of<'n>(name: &'n str, population: &str) -> Option<&'n str> {
    name.strip_suffix(population)?.strip_suffix('_')
}

/// The variable of a dataset of `population`; `None` for what is none, and for sums of variables that are there too.
fn trace(reader: &Hdf5Reader, dataset: &str, population: &str) -> Result<Option<Trace>, FileError> {
    if key_of(dataset, population).is_none() {
        return Ok(None);
    }
    let stored = reader.require(&[format!("/{dataset}")])?;
    let attributes = stored.attributes()?;
    if attributes.contains(SUM_OF) {
        return Ok(None);
    }
    let (variable, unit) = match (attributes.text(VARIABLE), variable(dataset, population)) {
        (Some(variable), _) => (variable, attributes.text("units").unwrap_or_default()),
        (None, Some((variable, unit))) => (variable, unit.to_owned()),
        (None, None) => return Ok(None),
    };
    let data: Array2<f64> = stored.matrix()?.reversed_axes().as_standard_layout().to_owned();
    let columns = u32::try_from(data.ncols()).map_err(|_| {
        stored.mismatch("fewer than 2^32 neurons", format!("{} neurons", data.ncols()))
    })?;
    let first: Vec<u32> = (0..columns).collect();
    let neurons = match attributes.u32s(NEURONS) {
        Some(neurons) if neurons.len() == first.len() => neurons,
        _ => first,
    };
    let steps = SampleSteps::every(1);
    let (group, sources) = (None, Vec::new());
    Ok(Some(Trace { variable, unit, group, neurons, sources, steps, data }))
}

/// Attribute of a dataset of ntwk: the variable that it holds.
const VARIABLE: &str = "variable";
/// Attribute of a dataset of ntwk: the variables that it is the sum of, which are in the file too.
const SUM_OF: &str = "sum_of";
/// Attribute of a dataset of ntwk: the neurons of its rows.
const NEURONS: &str = "neurons";

/// The numbers of `/<index>_params`.
fn cell(reader: &Hdf5Reader, index: usize) -> Result<Vec<(String, f64)>, FileError> {
    let group = format!("/{index}_params");
    let mut found = Vec::new();
    for key in reader.datasets(&group)? {
        let Some(stored) = reader.find(&format!("{group}/{key}"))? else { continue };
        // A name stands there as well.
        if let Ok(number) = single(&stored) {
            found.push((key, number));
        }
    }
    Ok(found)
}

/// Rates of afferent populations: those onto the first target that has one.
fn rates(
    reader: &Hdf5Reader,
    datasets: &[String],
    populations: &[&str],
) -> Result<Vec<(String, Vec<f64>)>, FileError> {
    let mut found: Vec<(String, Vec<f64>)> = Vec::new();
    for name in datasets {
        let Some(rest) = name.strip_prefix(RATE) else { continue };
        let Some(afferent) = populations.iter().find_map(|p| key_of(rest, p)) else { continue };
        if !found.iter().any(|(other, _)| other == afferent) {
            let stored = reader.require(&[format!("/{name}")])?;
            found.push((afferent.to_owned(), stored.f64s()?));
        }
    }
    Ok(found)
}

/// Beginning of the names of rates of afferent populations.
const RATE: &str = "Rate_";

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

/// A time in ms stored as one positive value, at least `least`; single precision is read as the decimal number that was meant.
fn duration(reader: &Hdf5Reader, object: &str, least: f64) -> Result<f64, FileError> {
    let stored = reader.require(&[object.to_owned()])?;
    let value = unwrapped(&stored, single(&stored)?, least)?;
    if !(value > 0.0 && value.is_finite()) {
        return Err(stored.mismatch("a positive time (ms)", value.to_string()));
    }
    Ok(value)
}

/// A whole number that is at least `least`, and not negative: the package stores whole numbers in 16 bits, in which 40000 is -25536.
fn unwrapped(stored: &StoredArray<'_>, value: f64, least: f64) -> Result<f64, FileError> {
    const RANGE: f64 = 65_536.0;
    if stored.element_type()? != "i16" || least.is_nan() || least >= 1e12 {
        return Ok(value);
    }
    Ok(value + ((least.max(0.0) - value) / RANGE).ceil().max(0.0) * RANGE)
}

/// The only number of a dataset.
fn single(stored: &StoredArray<'_>) -> Result<f64, FileError> {
    match numbers(stored)?[..] {
        [value] => Ok(value),
        ref values => Err(stored.mismatch("one number", format!("{} numbers", values.len()))),
    }
}

/// The shortest decimal number that rounds to `value`: 0.1 for the single-precision neighbour of 0.1.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

/// Datasets that are no recording: of one dimension or none.
fn parameters(
    reader: &Hdf5Reader,
    datasets: &[String],
    populations: &[&str],
) -> Result<Vec<(String, Attribute)>, FileError> {
    let recorded = |name: &str| {
        RECORDED.iter().any(|beginning| name.starts_with(beginning))
            || populations.iter().any(|population| variable(name, population).is_some())
    };
    let mut parameters = Vec::new();
    for name in datasets {
        if name == "dt" || name == "tstop" || recorded(name) {
            continue;
        }
        let Some(stored) = reader.find(&format!("/{name}"))? else { continue };
        let value = match stored.shape()?[..] {
            [] | [1] => match (single(&stored), stored.text()) {
                (Ok(number), _) => Attribute::Number(number),
                (_, Ok(text)) => Attribute::Text(text),
                // Neither a number nor a text: no parameter of a model.
                _ => continue,
            },
            [_] => match (numbers(&stored), stored.texts()) {
                (Ok(numbers), _) => Attribute::Numbers(numbers),
                (_, Ok(texts)) => Attribute::Texts(texts),
                _ => continue,
            },
            _ => continue,
        };
        parameters.push((name.clone(), value));
    }
    Ok(parameters)
}

/// Beginnings of the names of what was recorded.
const RECORDED: [&str; 4] = ["tRASTER_", "iRASTER_", "POP_ACT_", RATE];

/// Numbers, those in single precision as the decimal numbers that were meant.
fn numbers(stored: &StoredArray<'_>) -> Result<Vec<f64>, FileError> {
    let values = stored.f64s()?;
    if stored.element_type()? == "f32" {
        return Ok(values.into_iter().map(|x| decimal(x as f32)).collect());
    }
    Ok(values)
}
