//! Firing rates of neurons and populations over a window.

use ntwk_core::Spikes;

use crate::{AnalysisError, Estimate, Window, trains::check_spikes};

/// Firing rate of each neuron (Hz): its number of spikes in `window` divided by the window's duration.
///
/// `size` is the number of neurons, `dt` the step (ms); the result has length `size`.
///
/// # Errors
/// [`AnalysisError::TimeStep`], [`AnalysisError::Lengths`], [`AnalysisError::Neuron`].
pub fn neuron_rates(
    spikes: &Spikes,
    size: usize,
    window: Window,
    dt: f64,
) -> Result<Vec<f64>, AnalysisError> {
    let seconds = window.seconds(dt)?;
    check_spikes(spikes, size)?;
    let mut counts = vec![0_u64; size];
    for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
        if window.contains(step) {
            counts[id as usize] += 1;
        }
    }
    Ok(counts.into_iter().map(|n| n as f64 / seconds).collect())
}

/// Mean firing rate of a population (Hz): spikes in `window` / (`size` x duration).
///
/// `counts` holds the spikes of the whole population in each step, `dt` is the step (ms).
///
/// # Errors
/// [`AnalysisError::TimeStep`], [`AnalysisError::NoNeuron`], [`AnalysisError::OutsideRun`].
pub fn mean_rate(
    counts: &[u32],
    size: usize,
    window: Window,
    dt: f64,
) -> Result<f64, AnalysisError> {
    let seconds = window.seconds(dt)?;
    if size == 0 {
        return Err(AnalysisError::NoNeuron);
    }
    let spikes: u64 = counts[window.indices(counts.len())?].iter().map(|&n| u64::from(n)).sum();
    Ok(spikes as f64 / (size as f64 * seconds))
}

/// Fewest blocks that tell a standard error.
const LEAST_BLOCKS: usize = 4;

/// Standard error (Hz) of [`mean_rate`]: that of the mean of the rates in blocks of `block` steps, whole ones from the start of the
/// window on, so that what neurons share is counted once; `None` for fewer than four blocks, and for a window outside `counts`.
///
/// The blocks need not be whole steps long: under an input that oscillates they are periods of it, which differ by their noise alone
/// (batch means; Schmeiser, Oper Res 30:556, 1982). Blocks of another length would count the cycle itself as noise.
#[must_use]
pub fn mean_rate_error(
    counts: &[u32],
    size: usize,
    window: Window,
    block: f64,
    dt: f64,
) -> Option<f64> {
    let counts = &counts[window.indices(counts.len()).ok()?];
    // A block of less than a step is one; rounding must not lose a block that just fits.
    let block = block.max(1.0);
    let n = (counts.len() as f64 / block + 1e-6) as usize;
    if n < LEAST_BLOCKS || size == 0 {
        return None;
    }
    let edge = |k: usize| ((k as f64 * block).round() as usize).min(counts.len());
    let rates = (0..n).map(|k| {
        let spikes: u64 = counts[edge(k)..edge(k + 1)].iter().map(|&n| u64::from(n)).sum();
        1e3 * spikes as f64 / (size as f64 * (edge(k + 1) - edge(k)) as f64 * dt)
    });
    Estimate::mean(rates)?.error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: u64, end: u64) -> Window {
        Window::new(start, end).unwrap()
    }

    #[test]
    fn rates_count_the_half_open_window() {
        let spikes = Spikes { steps: vec![0, 9, 10, 10, 19], ids: vec![0, 0, 0, 2, 2] };
        // 10 steps of 0.5 ms = 5 ms: one spike is 200 Hz.
        assert_eq!(neuron_rates(&spikes, 3, window(0, 10), 0.5).unwrap(), [400.0, 0.0, 0.0]);
        assert_eq!(neuron_rates(&spikes, 3, window(10, 20), 0.5).unwrap(), [200.0, 0.0, 400.0]);
        assert!(matches!(
            neuron_rates(&spikes, 2, window(0, 10), 0.5),
            Err(AnalysisError::Neuron { id: 2, size: 2 })
        ));
    }

    #[test]
    fn the_population_rate_is_the_mean_of_its_neurons() {
        let spikes = Spikes { steps: vec![0, 3, 3, 7], ids: vec![0, 1, 2, 0] };
        let mut counts = vec![0_u32; 8];
        for &k in &spikes.steps {
            counts[k as usize] += 1;
        }
        let w = window(2, 8);
        let each = neuron_rates(&spikes, 3, w, 0.1).unwrap();
        let mean = each.iter().sum::<f64>() / 3.0;
        approx::assert_relative_eq!(
            mean_rate(&counts, 3, w, 0.1).unwrap(),
            mean,
            max_relative = 1e-14
        );
    }

    /// A cycle of 100 steps that is the same every time has no error, in whatever part of a step it ends; blocks of 80 steps have.
    #[test]
    fn blocks_of_whole_periods_leave_the_cycle_out() {
        let cycle = |period: f64| -> Vec<u32> {
            (0..2000).map(|k| u32::from((f64::from(k) % period) < 0.5 * period)).collect()
        };
        let error = |counts: &[u32], block| {
            mean_rate_error(counts, 10, window(0, 2000), block, 1.0).unwrap()
        };
        assert_eq!(error(&cycle(100.0), 100.0), 0.0);
        assert!(error(&cycle(100.0), 80.0) > 1.0);
        // Blocks of 333 or 334 steps of 166.5 spikes each.
        assert!(error(&cycle(1000.0 / 3.0), 1000.0 / 3.0) < 0.1);
        assert_eq!(mean_rate_error(&[1; 30], 1, window(0, 30), 10.0, 1.0), None, "three blocks");
        assert_eq!(mean_rate_error(&[1; 30], 1, window(0, 31), 1.0, 1.0), None, "outside");
        // Counts 1, 0, 1, 0 of one neuron in blocks of 10 ms: 100 Hz or nothing, sd 57.7 Hz, of four.
        let counts: Vec<u32> = (0..40).map(|k| u32::from(k % 20 == 0)).collect();
        let found = mean_rate_error(&counts, 1, window(0, 40), 10.0, 1.0).unwrap();
        approx::assert_relative_eq!(found, 100.0 / 12f64.sqrt(), max_relative = 1e-12);
    }

    #[test]
    fn empty_populations_and_windows_outside_are_errors() {
        assert_eq!(mean_rate(&[0; 4], 0, window(0, 4), 0.1), Err(AnalysisError::NoNeuron));
        assert!(matches!(
            mean_rate(&[0; 4], 1, window(0, 5), 0.1),
            Err(AnalysisError::OutsideRun { .. })
        ));
        assert_eq!(
            neuron_rates(&Spikes::default(), 0, window(0, 4), 0.1).unwrap(),
            Vec::<f64>::new()
        );
    }
}
