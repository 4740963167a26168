//! Export to CSV: comma-separated text with one header line, numbers that read back to the same bits.

use std::io::{self, Write};
use std::path::Path;

use ntwk_core::{Recording, Trace};

use crate::atomic;
use crate::error::{Action, FileError};
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
    write(path, |out| {
        writeln!(out, "population,neuron,time_ms")?;
        for population in &recording.populations {
            let name = quoted(&population.name);
            if let Some(spikes) = &population.spikes {
                for (id, time) in spikes.ids.iter().zip(spikes.times(recording.dt)) {
                    writeln!(out, "{name},{id},{time}")?;
                }
            }
        }
        Ok(())
    })
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
    write(path, |out| {
        write!(out, "time_ms")?;
        for population in &recording.populations {
            write!(out, ",{}", quoted(&population.name))?;
        }
        writeln!(out)?;
        for bin in 0..bins {
            write!(out, "{}", (bin * bin_steps) as f64 * recording.dt)?;
            for population in &recording.populations {
                let steps = bin * bin_steps..(bin + 1) * bin_steps;
                let Some(counts) = population.counts.get(steps) else {
                    write!(out, ",")?; // counts end earlier: no value
                    continue;
                };
                let spikes: u64 = counts.iter().map(|&n| u64::from(n)).sum();
                let neurons = population.size.max(1) as f64;
                write!(out, ",{}", 1e3 * spikes as f64 / (neurons * width))?;
            }
            writeln!(out)?;
        }
        Ok(())
    })
}

/// Writes one sampled variable: `time_ms,<neuron>,...`, one line per frame, values in the unit of the trace.
///
/// # Errors
/// [`FileError::Inconsistent`] for a number of columns that is not that of the neurons, [`FileError::Io`].
pub fn write_trace_csv(path: &Path, trace: &Trace, dt: f64) -> Result<(), FileError> {
    check_columns(&trace.variable, trace, trace.neurons.len())?;
    write(path, |out| {
        write!(out, "time_ms")?;
        for neuron in &trace.neurons {
            write!(out, ",{neuron}")?;
        }
        writeln!(out)?;
        for (frame, row) in (0u64..).zip(trace.data.rows()) {
            write!(out, "{}", (frame * trace.every) as f64 * dt)?;
            for value in row {
                write!(out, ",{value}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    })
}

fn write(
    path: &Path,
    lines: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    atomic::replace(path, |out| lines(out).map_err(|e| FileError::io(Action::Write, path, e)))
}

/// `name` as one field (RFC 4180): quoted when it holds a comma, a quote or a line break.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}
