//! Mean, standard deviation and skewness of a sampled variable, per neuron and pooled.

use ntwk_core::{Spikes, Trace};

use crate::{AnalysisError, Moments, SpikeMask, SpikeTrains, Window};

/// Moments of one sampled variable over a window, in the unit of the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceMoments {
    /// Indices of the neurons in their population, as in the trace.
    pub neurons: Vec<u32>,
    /// Moments over time of each neuron; `None` for a neuron none of whose samples remains.
    pub per_neuron: Vec<Option<Moments>>,
    /// Moments of all remaining samples of all neurons together; `None` when none remains.
    ///
    /// Their `sd` contains the spread of the neurons' means, which [`TraceMoments::mean_sd`] does not.
    pub pooled: Option<Moments>,
}

impl TraceMoments {
    /// Moments of all samples in `window`: for conductances and currents, or V_m with spikes and all.
    ///
    /// # Errors
    /// [`AnalysisError::OutsideRun`] when the window ends after the step that follows the last sample,
    /// [`AnalysisError::NotFinite`], [`AnalysisError::Lengths`] (neurons and columns),
    /// [`AnalysisError::Parameter`] (`every` = 0).
    pub fn new(trace: &Trace, window: Window) -> Result<Self, AnalysisError> {
        Self::with(trace, window, |_, _, _| None)
    }

    /// Moments of the samples in `window` that `mask` leaves when it is laid over the spikes of each neuron.
    ///
    /// `size` is the number of neurons of the population. Spikes before the window count too: their
    /// refractory period may reach into it.
    ///
    /// # Errors
    /// As [`TraceMoments::new`], and [`AnalysisError::Neuron`] for spikes of neurons that do not exist.
    pub fn masked(
        trace: &Trace,
        window: Window,
        spikes: &Spikes,
        size: usize,
        mask: SpikeMask,
    ) -> Result<Self, AnalysisError> {
        let trains = SpikeTrains::new(spikes, size, None)?;
        Self::with(trace, window, |neuron, first, n| {
            Some(mask.kept(trains.train(neuron as usize), first, trace.steps.every, n))
        })
    }

    /// `kept(neuron, step of the first sample, samples)` says which samples remain; `None` keeps all.
    fn with(
        trace: &Trace,
        window: Window,
        kept: impl Fn(u32, u64, usize) -> Option<Vec<bool>>,
    ) -> Result<Self, AnalysisError> {
        let rows = sample_rows(trace, window)?;
        let first = trace.steps.step(rows.start);
        let mut per_neuron = Vec::with_capacity(trace.neurons.len());
        let mut all = Vec::new();
        for (column, &neuron) in trace.data.columns().into_iter().zip(&trace.neurons) {
            let keep = kept(neuron, first, rows.len());
            let start = all.len();
            for (r, row) in rows.clone().enumerate() {
                let value = column[row];
                if !value.is_finite() {
                    return Err(AnalysisError::NotFinite {
                        variable: trace.variable.clone(),
                        neuron,
                        step: trace.steps.step(row),
                        value,
                    });
                }
                if keep.as_ref().is_none_or(|k| k[r]) {
                    all.push(value);
                }
            }
            per_neuron.push(Moments::of(all[start..].iter().copied()));
        }
        Ok(Self {
            neurons: trace.neurons.clone(),
            per_neuron,
            pooled: Moments::of(all.iter().copied()),
        })
    }

    /// Mean over neurons of their means over time.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.average(|m| Some(m.mean))
    }

    /// Mean over neurons of their standard deviations over time: the fluctuation that mean-field theory predicts.
    #[must_use]
    pub fn mean_sd(&self) -> Option<f64> {
        self.average(|m| Some(m.sd))
    }

    /// Mean over neurons of their skewnesses over time.
    #[must_use]
    pub fn mean_skewness(&self) -> Option<f64> {
        self.average(|m| m.skewness)
    }

    fn average(&self, f: impl Fn(&Moments) -> Option<f64>) -> Option<f64> {
        let values: Vec<f64> = self.per_neuron.iter().flatten().filter_map(f).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// Rows of `trace` whose step lies in `window`; checks the shape of the trace on the way.
pub(crate) fn sample_rows(
    trace: &Trace,
    window: Window,
) -> Result<std::ops::Range<usize>, AnalysisError> {
    if trace.steps.every == 0 {
        return Err(AnalysisError::Parameter {
            name: "every",
            value: 0.0,
            unit: "steps",
            expected: "at least 1",
        });
    }
    if trace.neurons.len() != trace.data.ncols() {
        return Err(AnalysisError::Lengths {
            what: "neurons and columns of the trace",
            left: trace.neurons.len(),
            right: trace.data.ncols(),
        });
    }
    let (first, available) = (trace.steps.first, trace.steps.step(trace.data.nrows()));
    if window.end() > available || window.start() < first {
        return Err(AnalysisError::OutsideRun {
            start: window.start(),
            end: window.end(),
            available,
        });
    }
    Ok(trace.steps.rows(window.start()..window.end()))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};

    use ntwk_core::model::SampleSteps;

    use super::*;

    fn trace(every: u64, data: Array2<f64>) -> Trace {
        let neurons = (0..data.ncols() as u32).map(|i| 2 * i).collect();
        let steps = SampleSteps::every(every);
        Trace {
            variable: "V_m".into(),
            unit: "mV".into(),
            group: None,
            sources: Vec::new(),
            neurons,
            steps,
            data,
        }
    }

    #[test]
    fn spike_and_reset_are_left_out() {
        // Neuron 0 spikes in step 1 and is held at -65 for 2 steps; neuron 2 never spikes.
        let t = trace(
            1,
            array![
                [-60.0, -50.0],
                [-30.0, -52.0],
                [-65.0, -50.0],
                [-65.0, -52.0],
                [-61.0, -50.0],
                [-59.0, -52.0]
            ],
        );
        let spikes = Spikes { steps: vec![1], ids: vec![0] };
        let w = Window::new(0, 6).unwrap();
        let m = TraceMoments::masked(&t, w, &spikes, 3, SpikeMask::refractory(2)).unwrap();
        let first = m.per_neuron[0].unwrap();
        assert_eq!((first.n, first.mean), (3, -60.0));
        assert_relative_eq!(m.mean().unwrap(), -55.5);
        assert_relative_eq!(
            m.mean_sd().unwrap(),
            (1.0 + (2.0_f64 / 3.0).sqrt()) / 2.0,
            max_relative = 1e-14
        );
        assert_eq!(m.pooled.unwrap().n, 9);
        assert_eq!(TraceMoments::new(&t, w).unwrap().per_neuron[0].unwrap().n, 6);
    }

    #[test]
    fn sparse_sampling_keeps_the_window() {
        let t = trace(3, array![[0.0], [3.0], [6.0], [9.0]]);
        let mean = |a, b| TraceMoments::new(&t, Window::new(a, b).unwrap()).unwrap().mean();
        assert_eq!(mean(0, 12), Some(4.5));
        assert_eq!(mean(1, 7), Some(4.5));
        assert_eq!(mean(4, 6), None);
        assert!(TraceMoments::new(&t, Window::new(0, 13).unwrap()).is_err());
    }

    #[test]
    fn faults_are_named() {
        let w = Window::new(0, 2).unwrap();
        let bad = trace(1, array![[1.0], [f64::NAN]]);
        assert!(matches!(
            TraceMoments::new(&bad, w),
            Err(AnalysisError::NotFinite { step: 1, neuron: 0, .. })
        ));
        let mut ragged = trace(1, array![[1.0], [2.0]]);
        ragged.neurons.clear();
        assert!(matches!(TraceMoments::new(&ragged, w), Err(AnalysisError::Lengths { .. })));
        let none = trace(1, Array2::zeros((2, 0)));
        assert_eq!(TraceMoments::new(&none, w).unwrap().pooled, None);
    }

    #[test]
    fn a_neuron_that_is_always_refractory_has_no_moments() {
        let t = trace(1, array![[-65.0], [-65.0]]);
        let spikes = Spikes { steps: vec![0], ids: vec![0] };
        let w = Window::new(0, 2).unwrap();
        let m = TraceMoments::masked(&t, w, &spikes, 1, SpikeMask::refractory(50)).unwrap();
        assert_eq!((m.per_neuron[0], m.pooled, m.mean_sd()), (None, None, None));
    }
}
