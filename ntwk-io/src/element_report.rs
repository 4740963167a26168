//! Element reports of SONATA: one quantity of a cell at many places over time, as libsonata and bmtk read them.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/report/cell/data` | f32 `[n_samples, n_elements]`, attribute `units` | the quantity |
//! | `/report/cell/mapping/node_ids`, `index_pointers` | u64 `[1]`, `[2]` | node 0 has all elements |
//! | `/report/cell/mapping/element_ids`, `element_pos` | u32, f32 `[n_elements]` | section and place on it (0 to 1) |
//! | `/report/cell/mapping/time` | f64 `[start, stop, dt]`, attribute `units` = ms | the samples; `stop` is not one |
//!
//! Sections are the branches, numbered as readers expect: the soma first, then axon, basal dendrites, apical dendrites, others.

use std::path::{Path, PathBuf};

use hdf5::AttrValue;

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_writer::text;
use crate::run_file::sonata_file;
use crate::stored_cell_run::{StoredCellRun, StoredQuantity};

/// Writes every quantity of a run that was recorded at places into `folder`, one file each, and gives their paths.
///
/// # Errors
/// [`FileError::Io`], [`FileError::Hdf5`].
pub fn write_element_reports(
    folder: &Path,
    run: &StoredCellRun,
) -> Result<Vec<PathBuf>, FileError> {
    let numbers = section_numbers(run);
    let mut files = Vec::new();
    for quantity in run.quantities() {
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let path =
            folder.join(format!("{}.h5", quantity.name.chars().map(word).collect::<String>()));
        write(&path, run, &quantity, &numbers)?;
        files.push(path);
    }
    Ok(files)
}

/// The section number of every branch.
fn section_numbers(run: &StoredCellRun) -> Vec<u32> {
    let count = run.compartments.iter().map(|c| c.branch + 1).max().unwrap_or(0);
    let mut regions = vec![0; count];
    for c in &run.compartments {
        regions[c.branch] = c.region;
    }
    // Undefined (0) after all that have a name.
    let rank = |branch: &usize| if regions[*branch] == 0 { u32::MAX } else { regions[*branch] };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|branch| (rank(branch), *branch));
    let mut numbers = vec![0; count];
    for (number, branch) in (0u32..).zip(order) {
        numbers[branch] = number;
    }
    numbers
}

fn write(
    path: &Path,
    run: &StoredCellRun,
    quantity: &StoredQuantity,
    numbers: &[u32],
) -> Result<(), FileError> {
    // Readers expect the elements of a section together.
    let mut elements: Vec<(u32, f64, usize)> = quantity
        .elements
        .iter()
        .map(|&(column, (branch, x))| (numbers.get(branch).copied().unwrap_or(0), x, column))
        .collect();
    elements.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let n = run.times.len();
    let data: Vec<f32> =
        (0..n).flat_map(|t| elements.iter().map(move |e| run.values[(t, e.2)] as f32)).collect();
    let start = run.times.first().copied().unwrap_or(0.0);
    let dt = if n > 1 { (run.times[n - 1] - start) / (n - 1) as f64 } else { 1.0 };
    let mut file = sonata_file();
    let mut report = file.create_group("report");
    let mut cell = report.create_group("cell");
    cell.create_dataset("data")
        .with_data(&data)
        .with_shape(&[n as u64, elements.len() as u64])
        .set_attr("units", text(&quantity.unit));
    let mut mapping = cell.create_group("mapping");
    mapping.create_dataset("node_ids").with_data(&[0u64]).set_attr("sorted", AttrValue::U8(1));
    mapping.create_dataset("index_pointers").with_data(&[0, elements.len() as u64]);
    let ids: Vec<u32> = elements.iter().map(|e| e.0).collect();
    let places: Vec<f32> = elements.iter().map(|e| e.1 as f32).collect();
    mapping.create_dataset("element_ids").with_data(&ids);
    mapping.create_dataset("element_pos").with_data(&places);
    mapping
        .create_dataset("time")
        .with_data(&[start, start + n as f64 * dt, dt])
        .set_attr("units", text("ms"));
    cell.add_group(mapping.finish());
    report.add_group(cell.finish());
    file.add_group(report.finish());
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}
