//! Export to NPZ: a ZIP archive of NPY arrays, as `numpy.load` opens it. The entries are stored, as NumPy itself does,
//! and archives and arrays beyond 4 GiB are ZIP64.

use std::io::{self, Seek, Write};
use std::path::Path;

use ntwk_core::{Recording, Spikes};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::npy::{self, NpyElement};
use crate::stored_cell_run::StoredCellRun;

/// Size (bytes) from which the entry of an array is ZIP64.
const LARGE: u64 = u32::MAX as u64;

/// Writes a recording as an NPZ file; it is replaced in one step.
///
/// | key | type and shape | content |
/// |---|---|---|
/// | `dt` | f64 | time step (ms) |
/// | `n_steps` | u64 | number of steps |
/// | `<population>.size` | u64 | number of neurons |
/// | `<population>.counts` | u32 `[n_steps]` | spikes of the population in each step |
/// | `<population>.spike_times` | f64 `[n_spikes]` | spike times (ms) |
/// | `<population>.spike_ids` | u32 `[n_spikes]` | neuron of each spike |
/// | `<population>.<trace>` | f64 `[n_frames, n_neurons]` | samples (mV, pA, nS) |
/// | `<population>.<trace>.neurons` | u32 `[n_neurons]` | neuron of each column |
/// | `<population>.<trace>.sources` | u32 `[n_synapses]` | of weights: source neuron of each column, a synapse onto `.neurons` |
/// | `<population>.<trace>.start` | f64 | time of the first frame (ms) |
/// | `<population>.<trace>.step` | f64 | time between two frames (ms) |
/// | `<afferent>.size`, `.spike_times`, `.spike_ids` | as above | afferent spikes; of trains per target `<afferent>` is the projection |
///
/// `<trace>` is the variable, or `<group>.<variable>` of the neurons of a table of `record.traces`.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_npz(path: &Path, recording: &Recording) -> Result<(), FileError> {
    atomic::replace(path, |out| {
        let mut archive = Archive(ZipWriter::new(out));
        add_recording(&mut archive, recording)
            .and_then(|()| Ok(archive.0.finish().map(drop)?))
            .map_err(|e| FileError::io(Action::Write, path, e))
    })
}

fn add_recording<W: Write + Seek>(
    archive: &mut Archive<W>,
    recording: &Recording,
) -> io::Result<()> {
    let dt = recording.dt;
    archive.add("dt", &[], [dt])?;
    archive.add("n_steps", &[], [recording.n_steps])?;
    for population in &recording.populations {
        let name = &population.name;
        archive.add(&format!("{name}.size"), &[], [population.size as u64])?;
        let counts = population.counts.iter().copied();
        archive.add(&format!("{name}.counts"), &[population.counts.len()], counts)?;
        if let Some(spikes) = &population.spikes {
            add_spikes(archive, name, spikes, dt)?;
        }
        for trace in &population.traces {
            let key = format!("{name}.{}", trace.name());
            archive.add(&key, trace.data.shape(), trace.data.iter().copied())?;
            let neurons = trace.neurons.iter().copied();
            archive.add(&format!("{key}.neurons"), &[trace.neurons.len()], neurons)?;
            if !trace.sources.is_empty() {
                let sources = trace.sources.iter().copied();
                archive.add(&format!("{key}.sources"), &[trace.sources.len()], sources)?;
            }
            archive.add(&format!("{key}.start"), &[], [trace.steps.time(0, dt)])?;
            archive.add(&format!("{key}.step"), &[], [trace.steps.every as f64 * dt])?;
        }
    }
    for afferent in &recording.afferents {
        archive.add(&format!("{}.size", afferent.name), &[], [afferent.size as u64])?;
        add_spikes(archive, &afferent.name, &afferent.spikes, dt)?;
    }
    Ok(())
}

/// Writes a run of a cell as an NPZ file; it is replaced in one step.
///
/// | key | type and shape | content |
/// |---|---|---|
/// | `time` | f64 `[n_samples]` | times of the samples (ms) |
/// | `<quantity>` | f64 `[n_samples]` | a recorded quantity, in the unit of the run's table |
/// | `spikes.<location>` | f64 `[n_spikes]` | spike times (ms) |
/// | `compartments.<column>` | f64 `[n_compartments]` | `x`, `y`, `z`, `length`, `radius` (µm); `parent`, `branch` i64 |
///
/// # Errors
/// [`FileError::Io`].
pub fn write_cell_npz(path: &Path, run: &StoredCellRun) -> Result<(), FileError> {
    atomic::replace(path, |out| {
        let mut archive = Archive(ZipWriter::new(out));
        add_cell_run(&mut archive, run)
            .and_then(|()| Ok(archive.0.finish().map(drop)?))
            .map_err(|e| FileError::io(Action::Write, path, e))
    })
}

fn add_cell_run<W: Write + Seek>(archive: &mut Archive<W>, run: &StoredCellRun) -> io::Result<()> {
    archive.add("time", &[run.times.len()], run.times.iter().copied())?;
    for (probe, values) in run.probes.iter().zip(run.values.columns()) {
        archive.add(&probe.name, &[values.len()], values.iter().copied())?;
    }
    for spikes in &run.spikes {
        let times = spikes.times.iter().copied();
        archive.add(&format!("spikes.{}", spikes.location), &[spikes.times.len()], times)?;
    }
    let n = [run.compartments.len()];
    let all = || run.compartments.iter();
    for (i, axis) in ["x", "y", "z"].into_iter().enumerate() {
        archive.add(&format!("compartments.{axis}"), &n, all().map(|c| c.centre[i]))?;
    }
    archive.add("compartments.length", &n, all().map(|c| c.length))?;
    archive.add("compartments.radius", &n, all().map(|c| c.radius))?;
    let parents = all().map(|c| c.parent.map_or(-1, |p| p as i64));
    archive.add("compartments.parent", &n, parents)?;
    archive.add("compartments.branch", &n, all().map(|c| c.branch as i64))
}

fn add_spikes<W: Write + Seek>(
    archive: &mut Archive<W>,
    name: &str,
    spikes: &Spikes,
    dt: f64,
) -> io::Result<()> {
    let times = spikes.steps.iter().map(|&k| k as f64 * dt);
    archive.add(&format!("{name}.spike_times"), &[spikes.steps.len()], times)?;
    let ids = spikes.ids.iter().copied();
    archive.add(&format!("{name}.spike_ids"), &[spikes.ids.len()], ids)
}

struct Archive<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Archive<W> {
    /// Adds `<key>.npy`.
    fn add<T: NpyElement>(
        &mut self,
        key: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(npy::stored_bytes::<T>(shape) >= LARGE);
        self.0.start_file(format!("{key}.npy"), options)?;
        npy::write_array(&mut self.0, shape, values)
    }
}
