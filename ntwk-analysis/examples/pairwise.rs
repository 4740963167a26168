//! A tool of this repository. Times pairwise measures for `validation/peers/pairwise.py`: `pairwise FILE N_STEPS BIN DELTA REPEATS`.
//!
//! FILE holds one spike per line, `neuron step`. Prints one line of JSON: the least seconds that the matrix of count
//! correlations and that of spike time tiling coefficients took, grouping the spikes into trains included, and the
//! mean of each matrix.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use ndarray::Array2;
use ntwk_analysis::{Bins, SpikeTrains, Window, count_correlations, sttc_matrix};
use ntwk_core::Spikes;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, n_steps, bin, delta, repeats] = &arguments[..] else {
        return Err("usage: pairwise FILE N_STEPS BIN DELTA REPEATS".into());
    };
    let window = Window::new(0, n_steps.parse()?)?;
    let bins = Bins::new(window, bin.parse()?)?;
    let (delta, repeats): (u64, u32) = (delta.parse()?, repeats.parse()?);
    let mut spikes = Spikes { steps: Vec::new(), ids: Vec::new() };
    for line in std::fs::read_to_string(file)?.lines() {
        let (id, step) = line.split_once(' ').ok_or("two numbers per line")?;
        spikes.ids.push(id.parse()?);
        spikes.steps.push(step.parse()?);
    }
    let n = spikes.ids.iter().max().map_or(0, |id| *id as usize + 1);
    let mut best = [f64::INFINITY; 2];
    let mut means = [f64::NAN; 2];
    for _ in 0..repeats {
        let start = Instant::now();
        let trains = SpikeTrains::new(&spikes, n, Some(window))?;
        let correlations = count_correlations(&trains, bins);
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        means[0] = mean(&correlations);
        let start = Instant::now();
        let trains = SpikeTrains::new(&spikes, n, Some(window))?;
        let tiling = sttc_matrix(&trains, window, delta);
        best[1] = best[1].min(start.elapsed().as_secs_f64());
        means[1] = mean(&tiling);
    }
    println!(
        "{{\"correlation\": {:e}, \"sttc\": {:e}, \"mean_correlation\": {:?}, \"mean_sttc\": {:?}}}",
        best[0], best[1], means[0], means[1]
    );
    Ok(())
}

/// Mean over all pairs, both orders.
fn mean(matrix: &Array2<f64>) -> f64 {
    let n = matrix.nrows() as f64;
    (matrix.sum() - matrix.diag().sum()) / (n * (n - 1.0))
}
