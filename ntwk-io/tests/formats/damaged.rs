//! Damaged files give errors or values, never a panic.

use std::path::Path;

use ndarray::{Axis, Slice};
use ntwk_io::{Compression, ResultFile, RunContents, WriteOptions, describe, read_flat, write_run};

/// Mutations per file in the test suite; `NTWK_MUTATIONS` asks for more.
const MUTATIONS: u64 = 200;

/// Reads all there is; errors are welcome.
fn read_all(path: &Path) {
    let _ = describe(path);
    let _ = read_flat(path);
    let Ok(file) = ResultFile::open(path) else {
        return;
    };
    let _ = file.recording();
    let _ = file.model();
    let _ = file.provenance();
    let _ = file.theory();
    for population in file.spike_populations().unwrap_or_default() {
        let _ = file.spikes(&population);
    }
    for report in file.reports().unwrap_or_default() {
        let _ = file.report(&report);
    }
}

/// Splitmix64: reproducible positions without a dependency.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn sample(folder: &Path, compression: Compression) -> Vec<u8> {
    let path = folder.join("good.h5");
    let (mut recording, provenance, theory) =
        (crate::common::recording(), crate::common::provenance(), crate::common::theory());
    // Mostly structure: the chance that a random byte matters.
    for population in &mut recording.populations {
        population.traces.truncate(1);
        for trace in &mut population.traces {
            trace.data = trace.data.slice_axis(Axis(0), Slice::from(..20)).to_owned();
        }
        population.counts.truncate(20);
        if let Some(spikes) = &mut population.spikes {
            spikes.steps.truncate(20);
            spikes.ids.truncate(20);
        }
    }
    let contents = RunContents {
        recording: Some(&recording),
        model: Some(&crate::common::model()),
        provenance: Some(&provenance),
        theory: &theory,
    };
    let options = WriteOptions { compression, ..WriteOptions::default() };
    write_run(&path, &contents, &options).unwrap();
    std::fs::read(&path).unwrap()
}

/// Our files with and without compression, and those of other programs: their older file format has no checksums, so
/// that more damage reaches the reader.
fn samples(folder: &Path) -> Vec<Vec<u8>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files =
        vec![sample(folder, Compression::None), sample(folder, Compression::Deflate(4))];
    for name in ["bmtk_report.h5", "bmtk_spikes.h5", "guide.h5", "old.h5", "flat.h5"] {
        files.push(std::fs::read(data.join(name)).unwrap());
    }
    files
}

#[test]
fn truncated_files_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.h5");
    for good in samples(folder.path()) {
        for length in (0..good.len()).step_by(good.len() / 100) {
            std::fs::write(&path, &good[..length]).unwrap();
            read_all(&path);
        }
    }
}

#[test]
fn mutated_files_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.h5");
    let mutations = std::env::var("NTWK_MUTATIONS").map_or(MUTATIONS, |n| n.parse().unwrap());
    let mut state = 1;
    for good in samples(folder.path()) {
        for _ in 0..mutations {
            let mut bad = good.clone();
            // One flipped bit, or a few bytes replaced by extreme or random ones.
            for _ in 0..=next(&mut state) % 3 {
                let at = (next(&mut state) % bad.len() as u64) as usize;
                match next(&mut state) % 4 {
                    0 => bad[at] ^= 1 << (next(&mut state) % 8),
                    1 => bad[at] = 0xFF,
                    2 => bad[at] = 0,
                    _ => bad[at] = next(&mut state) as u8,
                }
            }
            std::fs::write(&path, &bad).unwrap();
            read_all(&path);
        }
    }
}
