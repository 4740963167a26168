//! Export to CSV: comma-separated text with one header line: times to a billionth of a millisecond, all other numbers read back to the same bits.

use std::path::Path;

use ntwk_core::{Recording, Trace};

use crate::delimited::{Column, write_table};
use crate::error::FileError;
use crate::run_file::{check_columns, check_spikes};

/// Writes all recorded spikes: `population,neuron,time_ms`, population after population, each in order of time.
///
/// # Errors
/// [`FileError::Inconsistent`] for unequal numbers of times and neurons, [`FileError::Io`].
pub fn write_spikes_csv(path: &Path, recording: &Recording) -> Result<(), FileError> {
    for population in &recording.populations {
        if let Some(spikes) = &population.spikes {
            check_spikes(&population.name, spikes)?;
        }
    }
    let recorded = || recording.populations.iter().filter_map(|p| Some((p, p.spikes.as_ref()?)));
    let names = recorded().flat_map(|(p, s)| std::iter::repeat_n(p.name.as_str(), s.len()));
    let ids = recorded().flat_map(|(_, s)| s.ids.iter().copied());
    let times = recorded().flat_map(|(_, s)| s.steps.iter().map(|&k| at(k, recording.dt)));
    let columns = vec![
        Column::new("population", names),
        Column::new("neuron", ids),
        Column::new("time_ms", times),
    ];
    write_table(path, columns)
}

/// Writes the recorded spikes of afferent populations: `afferent,projection,neuron,time_ms`. Where `projection` is given, the
/// neuron is one of its target population, which receives an event at this time; else it is an afferent neuron.
///
/// # Errors
/// As [`write_spikes_csv`].
pub fn write_afferent_spikes_csv(path: &Path, recording: &Recording) -> Result<(), FileError> {
    for afferent in &recording.afferents {
        check_spikes(&afferent.name, &afferent.spikes)?;
    }
    let all = || recording.afferents.iter().flat_map(|a| std::iter::repeat_n(a, a.spikes.len()));
    let projections = all().map(|a| a.target.as_ref().map_or("", |_| a.name.as_str()));
    let spikes = || recording.afferents.iter().map(|a| &a.spikes);
    let ids = spikes().flat_map(|s| s.ids.iter().copied());
    let times = spikes().flat_map(|s| s.steps.iter().map(|&k| at(k, recording.dt)));
    let columns = vec![
        Column::new("afferent", all().map(|a| a.afferent.as_str())),
        Column::new("projection", projections),
        Column::new("neuron", ids),
        Column::new("time_ms", times),
    ];
    write_table(path, columns)
}

/// Writes the population rates (Hz) in bins of `bin_steps` steps: `time_ms,<population>,...`, the time being the
/// beginning of the bin. A last bin that is not full is left out.
///
/// # Errors
/// [`FileError::Inconsistent`] when `bin_steps` is 0, [`FileError::Io`].
pub fn write_rates_csv(
    path: &Path,
    recording: &Recording,
    bin_steps: usize,
) -> Result<(), FileError> {
    if bin_steps == 0 {
        return Err(FileError::Inconsistent {
            object: "population rates".to_owned(),
            problem: "a bin of 0 steps".to_owned(),
        });
    }
    let width = bin_steps as f64 * recording.dt;
    let bins = recording.populations.iter().map(|p| p.counts.len() / bin_steps).max().unwrap_or(0);
    let times = (0..bins).map(|bin| at((bin * bin_steps) as u64, recording.dt));
    let mut columns = vec![Column::new("time_ms", times)];
    for population in &recording.populations {
        let neurons = population.size.max(1) as f64;
        let rate = move |bin: usize| {
            // Counts that end earlier leave no value.
            let counts = population.counts.get(bin * bin_steps..(bin + 1) * bin_steps)?;
            let spikes: u64 = counts.iter().map(|&n| u64::from(n)).sum();
            Some(1e3 * spikes as f64 / (neurons * width))
        };
        columns.push(Column::new(&population.name, (0..bins).map(rate)));
    }
    write_table(path, columns)
}

/// Time (ms) of a step, as it is written: 12.2, not the 12.200000000000001 of a product.
fn at(step: u64, dt: f64) -> f64 {
    written(step as f64 * dt)
}

/// A time (ms) to a billionth of a millisecond.
fn written(time: f64) -> f64 {
    (time * 1e9).round() / 1e9
}

/// Writes one sampled variable: `time_ms,<neuron>,...` (of synapses `<source>-><neuron>`), one line per frame, values in the unit of the trace.
///
/// # Errors
/// [`FileError::Inconsistent`] for a number of columns that is not that of the neurons, [`FileError::Io`].
pub fn write_trace_csv(path: &Path, trace: &Trace, dt: f64) -> Result<(), FileError> {
    check_columns(&trace.variable, trace, trace.neurons.len())?;
    let times = (0..trace.data.nrows()).map(|frame| written(trace.steps.time(frame, dt)));
    let mut columns = vec![Column::new("time_ms", times)];
    for (i, (neuron, values)) in trace.neurons.iter().zip(trace.data.columns()).enumerate() {
        let name = match trace.sources.get(i) {
            Some(source) => format!("{source}->{neuron}"),
            None => neuron.to_string(),
        };
        columns.push(Column::new(name, values.into_iter().copied()));
    }
    write_table(path, columns)
}
