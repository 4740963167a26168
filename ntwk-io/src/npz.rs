//! Export to NPZ: a ZIP archive of NPY arrays, as `numpy.load` opens it. The entries are stored, as NumPy itself does,
//! and archives and arrays beyond 4 GiB are ZIP64.

use std::io::{self, Seek, Write};
use std::path::Path;

use ntwk_core::Recording;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::npy::{self, NpyElement};

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
/// | `<population>.<trace>.start` | f64 | time of the first frame (ms) |
/// | `<population>.<trace>.step` | f64 | time between two frames (ms) |
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
            let times = spikes.steps.iter().map(|&k| k as f64 * dt);
            archive.add(&format!("{name}.spike_times"), &[spikes.steps.len()], times)?;
            let ids = spikes.ids.iter().copied();
            archive.add(&format!("{name}.spike_ids"), &[spikes.ids.len()], ids)?;
        }
        for trace in &population.traces {
            let key = format!("{name}.{}", trace.name());
            archive.add(&key, trace.data.shape(), trace.data.iter().copied())?;
            let neurons = trace.neurons.iter().copied();
            archive.add(&format!("{key}.neurons"), &[trace.neurons.len()], neurons)?;
            archive.add(&format!("{key}.start"), &[], [trace.steps.time(0, dt)])?;
            archive.add(&format!("{key}.step"), &[], [trace.steps.every as f64 * dt])?;
        }
    }
    Ok(())
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
