//! Firing rates of neurons and populations over a window.

use ntwk_core::Spikes;

use crate::{AnalysisError, Window, trains::check_spikes};

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
