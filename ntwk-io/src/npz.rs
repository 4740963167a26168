//! Export to NPZ: a ZIP archive of NPY arrays, as `numpy.load` opens it.
//!
//! Source of the container: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16
//! (end of the central directory); entries are stored, which NumPy itself does.

use std::io::{self, Write};
use std::path::Path;

use ntwk_core::Recording;

use crate::atomic;
use crate::error::{Action, FileError};
use crate::npy;

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
/// | `<population>.<variable>` | f64 `[n_frames, n_neurons]` | samples (mV, pA, nS) |
/// | `<population>.<variable>.neurons` | u32 `[n_neurons]` | neuron of each column |
/// | `<population>.<variable>.step` | f64 | time between two frames (ms) |
///
/// # Errors
/// [`FileError::Io`]; [`FileError::Inconsistent`] for an archive beyond the 4 GiB of the plain ZIP format (use HDF5).
pub fn write_npz(path: &Path, recording: &Recording) -> Result<(), FileError> {
    atomic::replace(path, |out| {
        let mut archive = Archive::new(out);
        add_recording(&mut archive, recording).and_then(|()| archive.finish()).map_err(|e| match e
            .kind()
        {
            io::ErrorKind::FileTooLarge => FileError::Inconsistent {
                object: path.display().to_string(),
                problem: "the arrays exceed the 4 GiB of an NPZ archive".to_owned(),
            },
            _ => FileError::io(Action::Write, path, e),
        })
    })
}

fn add_recording<W: Write>(archive: &mut Archive<W>, recording: &Recording) -> io::Result<()> {
    archive.add("dt", &npy::encode([recording.dt], &[]))?;
    archive.add("n_steps", &npy::encode([recording.n_steps], &[]))?;
    for population in &recording.populations {
        let name = &population.name;
        archive.add(&format!("{name}.size"), &npy::encode([population.size as u64], &[]))?;
        let counts = population.counts.iter().copied();
        archive.add(&format!("{name}.counts"), &npy::encode(counts, &[population.counts.len()]))?;
        if let Some(spikes) = &population.spikes {
            let n = [spikes.len()];
            archive.add(
                &format!("{name}.spike_times"),
                &npy::encode(spikes.times(recording.dt), &n),
            )?;
            let ids = spikes.ids.iter().copied();
            archive.add(&format!("{name}.spike_ids"), &npy::encode(ids, &n))?;
        }
        for trace in &population.traces {
            let key = format!("{name}.{}", trace.variable);
            archive.add(&key, &npy::encode(trace.data.iter().copied(), trace.data.shape()))?;
            let neurons = trace.neurons.iter().copied();
            archive
                .add(&format!("{key}.neurons"), &npy::encode(neurons, &[trace.neurons.len()]))?;
            let step = trace.every as f64 * recording.dt;
            archive.add(&format!("{key}.step"), &npy::encode([step], &[]))?;
        }
    }
    Ok(())
}

/// A ZIP archive of stored entries, written front to back.
struct Archive<W> {
    out: W,
    offset: u32,
    central: Vec<u8>,
    entries: u16,
}

impl<W: Write> Archive<W> {
    fn new(out: W) -> Self {
        Self { out, offset: 0, central: Vec::new(), entries: 0 }
    }

    /// Adds `<key>.npy`.
    fn add(&mut self, key: &str, data: &[u8]) -> io::Result<()> {
        let name = format!("{key}.npy");
        let size = u32::try_from(data.len()).map_err(|_| too_large())?;
        let name_length = u16::try_from(name.len()).map_err(|_| too_large())?;
        // Fields common to both headers: version 2.0, UTF-8 names, stored, 1980-01-01 00:00, CRC, sizes, name length.
        let mut common = Vec::new();
        for field in [20u16, 0x0800, 0, 0, 0x0021] {
            common.extend(field.to_le_bytes());
        }
        common.extend(crc32(data).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(name_length.to_le_bytes());
        common.extend(0u16.to_le_bytes());

        let local = [b"PK\x03\x04".as_slice(), &common, name.as_bytes()].concat();
        self.central.extend(b"PK\x01\x02");
        self.central.extend(20u16.to_le_bytes());
        self.central.extend(&common);
        self.central.extend([0; 10]); // comment, disk, attributes
        self.central.extend(self.offset.to_le_bytes());
        self.central.extend(name.as_bytes());

        self.out.write_all(&local)?;
        self.out.write_all(data)?;
        self.entries = self.entries.checked_add(1).ok_or_else(too_large)?;
        let length = local.len() as u64 + u64::from(size);
        self.offset = u32::try_from(u64::from(self.offset) + length).map_err(|_| too_large())?;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        let size = u32::try_from(self.central.len()).map_err(|_| too_large())?;
        self.out.write_all(&self.central)?;
        self.out.write_all(b"PK\x05\x06\0\0\0\0")?;
        self.out.write_all(&self.entries.to_le_bytes())?;
        self.out.write_all(&self.entries.to_le_bytes())?;
        self.out.write_all(&size.to_le_bytes())?;
        self.out.write_all(&self.offset.to_le_bytes())?;
        self.out.write_all(&[0, 0])
    }
}

fn too_large() -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

/// CRC-32 of ISO 3309, reflected polynomial 0xEDB88320.
fn crc32(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc_table();
    !data.iter().fold(!0, |crc, &byte| TABLE[usize::from((crc as u8) ^ byte)] ^ (crc >> 8))
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut crc = n as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the catalogue of CRC algorithms (CRC-32/ISO-HDLC).
    #[test]
    fn checksum_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
