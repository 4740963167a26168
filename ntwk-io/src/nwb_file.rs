//! Export of spikes to Neurodata Without Borders (NWB) 2: the table `/units`, one row per simulated neuron.
//!
//! The ragged column `spike_times` needs an attribute that is an object reference, which the HDF5 library cannot create,
//! although it keeps one right when the dataset moves. The file therefore begins as one without units
//! (`validation/files/make_nwb_template.py`), whose table is filled.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::time::SystemTime;

use hdf5::{AttrValue, FileAccessProperties, FileLocking, H5Element, SyncPolicy};
use ntwk_core::{Recording, Spikes};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_writer::text;
use crate::provenance::{Provenance, utc_timestamp};
use crate::run_file::check_spikes;

/// An NWB file with an empty table of units and without its texts.
const TEMPLATE: &[u8] = include_bytes!("nwb_template.nwb");
/// Elements appended at a time.
const BLOCK: usize = 1 << 16;

/// Writes the recorded spikes as an NWB 2 file; it is replaced in one step.
///
/// Every neuron of every population whose spikes were recorded is a unit, silent ones too: `id` counts from 0 over all
/// populations, `population` and `neuron` say which it is, `spike_times` are in seconds from the beginning of the run.
/// Recorded afferent trains follow as units, with the name of the afferent population, or of the projection whose targets have a
/// train each. A simulation has no session: `session_start_time` is the start of the run in `provenance`, or the time of writing.
/// A simulation has no subject either, which the DANDI archive asks for: add one there.
/// `description` becomes `session_description`, with time step, seed and version added.
///
/// # Errors
/// [`FileError::Inconsistent`] for unequal numbers of times and neurons or a neuron beyond its population;
/// [`FileError::Io`] or [`FileError::Hdf5`].
pub fn write_nwb(
    path: &Path,
    recording: &Recording,
    provenance: Option<&Provenance>,
    description: &str,
) -> Result<(), FileError> {
    let units = Units::new(recording)?;
    let now = utc_timestamp(SystemTime::now());
    let start = provenance.map_or(now.as_str(), |p| p.started.as_str());
    let origin =
        provenance.map_or(String::new(), |p| format!(", seed {}, ntwk {}", p.seed, p.version));
    let description = format!("{description} (simulation, time step {} ms{origin})", recording.dt);
    atomic::replace_path(path, |temporary| {
        fs::write(temporary, TEMPLATE).map_err(|e| FileError::io(Action::Write, temporary, e))?;
        fill(temporary, &units, &description, start, &now)
            .map_err(|e| FileError::hdf5(Action::Write, path, "/units", e))
    })
}

fn fill(
    path: &Path,
    units: &Units,
    description: &str,
    start: &str,
    now: &str,
) -> Result<(), hdf5::Error> {
    let access = FileAccessProperties::new()
        .with_sync_policy(SyncPolicy::OnClose)
        .with_locking(FileLocking::Disabled);
    let file = hdf5::File::open_rw_with_options(path, access)?;
    append(&file, "/units/id", &units.ids)?;
    append(&file, "/units/neuron", &units.neurons)?;
    append(&file, "/units/spike_times", &units.times)?;
    append(&file, "/units/spike_times_index", &units.ends)?;

    file.dataset("/units/spike_times")?.set_attr("resolution", AttrValue::F64(units.resolution))?;
    file.group("/units")?.create_dataset("population", |column| {
        let names: Vec<&str> = units.populations.iter().map(String::as_str).collect();
        column
            .with_vlen_strings(&names)
            .set_attr("description", text("name of the population in the model"))
            .set_attr("namespace", text("hdmf-common"))
            .set_attr("neurodata_type", text("VectorData"))
            .set_attr("object_id", text(&random_uuid()));
    })?;
    let root = file.root();
    root.set_attr("object_id", text(&random_uuid()))?;
    let identifier = random_uuid();
    for (name, value, shape) in [
        ("identifier", identifier.as_str(), &[][..]),
        ("session_description", description, &[]),
        ("session_start_time", start, &[]),
        ("timestamps_reference_time", start, &[]),
        ("file_create_date", now, &[1]),
    ] {
        root.create_dataset(name, |d| {
            d.with_vlen_strings(&[value]).with_shape(shape);
        })?;
    }
    file.commit()?;
    file.close()
}

/// Appends in place and block by block: a staged edit would hold all values once more.
fn append<T: H5Element>(file: &hdf5::File, object: &str, values: &[T]) -> Result<(), hdf5::Error> {
    let mut dataset = file.dataset(object)?;
    for block in values.chunks(BLOCK) {
        dataset.append(block)?;
    }
    Ok(())
}

/// The columns of the table.
#[derive(Default)]
struct Units {
    ids: Vec<i64>,
    populations: Vec<String>,
    neurons: Vec<i64>,
    /// Spike times (s), neuron after neuron.
    times: Vec<f64>,
    /// End of the spikes of each unit in `times`.
    ends: Vec<u64>,
    /// Smallest difference between two spike times (s): the time step.
    resolution: f64,
}

impl Units {
    fn new(recording: &Recording) -> Result<Self, FileError> {
        let mut units = Self { resolution: recording.dt * 1e-3, ..Self::default() };
        for population in &recording.populations {
            if let Some(spikes) = &population.spikes {
                check_spikes(&population.name, spikes)?;
                units.add(&population.name, population.size, spikes, recording.dt)?;
            }
        }
        for afferent in &recording.afferents {
            check_spikes(&afferent.name, &afferent.spikes)?;
            units.add(&afferent.name, afferent.size, &afferent.spikes, recording.dt)?;
        }
        Ok(units)
    }

    /// Sorts the spikes by neuron, keeping their order in time.
    fn add(&mut self, name: &str, size: usize, spikes: &Spikes, dt: f64) -> Result<(), FileError> {
        let mut next = vec![0usize; size];
        for &id in &spikes.ids {
            let count = next.get_mut(id as usize).ok_or_else(|| FileError::Inconsistent {
                object: format!("/spikes/{name}"),
                problem: format!("a spike of neuron {id} of {size}"),
            })?;
            *count += 1;
        }
        let mut end = self.times.len();
        for (neuron, count) in next.iter_mut().enumerate() {
            self.ids.push(self.ids.len() as i64);
            self.populations.push(name.to_owned());
            self.neurons.push(neuron as i64);
            let begin = end;
            end += *count;
            self.ends.push(end as u64);
            *count = begin;
        }
        self.times.resize(end, 0.0);
        for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
            // The loop above has checked `id` and counted this spike.
            let place = &mut next[id as usize];
            self.times[*place] = step as f64 * dt * 1e-3;
            *place += 1;
        }
        Ok(())
    }
}

/// A random (version 4) UUID, RFC 9562; the standard library seeds its hashers at random.
fn random_uuid() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    let high = (high & !0xF000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_uuids_and_differ() {
        let (one, two) = (random_uuid(), random_uuid());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
    }
}
