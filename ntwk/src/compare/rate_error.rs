//! The standard error of a simulated rate.

use ntwk_analysis::{Window, mean_rate_error};
use ntwk_core::{Model, PopulationRecording};
use ntwk_meanfield::prediction::windows::{Oscillations, WindowBasis};

/// Block (ms) under inputs that do not oscillate.
const BLOCK: f64 = 100.0;

/// Standard error (Hz) of the rate of a population of `model`, that of every table and figure: [`mean_rate_error`] with blocks of
/// 100 ms, or where inputs oscillate of whole periods; `None` for a window too short for four blocks, and where inputs change
/// otherwise, so that blocks differ by what drives them.
#[must_use]
pub fn rate_error(
    model: &Model,
    recorded: &PopulationRecording,
    window: Window,
    basis: WindowBasis,
    dt: f64,
) -> Option<f64> {
    let ms = [window.start() as f64 * dt, window.end() as f64 * dt];
    let block = match basis {
        WindowBasis::WholePeriods { period, .. } => period,
        WindowBasis::WholeRun => return None,
        _ => Oscillations::of_inputs(model, ms).common(ms[1] - ms[0]).unwrap_or(BLOCK),
    };
    mean_rate_error(&recorded.counts, recorded.size, window, block / dt, dt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntwk_core::ModelSpec;
    use ntwk_core::spec::waveform::{Shape, Span};
    use ntwk_core::spec::{AfferentActivity, AfferentSpec, CellSpec};

    /// A rate that follows an oscillating input is as sure as its periods are alike, in whatever window.
    #[test]
    fn the_error_of_an_oscillating_rate_is_that_of_its_periods() {
        let mut spec = ModelSpec::new(400.0);
        spec.population("E", 10, CellSpec::preset("RS"));
        let span = Span::from(0.0);
        let rate = Shape::Sine { baseline: 1.0, amplitude: 1.0, frequency: 10.0, phase: 0.0, span };
        let mut afferent = AfferentSpec::poisson(1, 0.0);
        if let AfferentActivity::Rate { rate: of, .. } = &mut afferent.activity {
            *of = rate.into();
        }
        let constant = spec.check(&ntwk_cells::library()).unwrap();
        spec.afferent("A", afferent);
        let oscillating = spec.check(&ntwk_cells::library()).unwrap();
        let dt = 1.0;
        let counts = (0..400).map(|k| u32::from(k % 100 < 50) + u32::from(k == 0)).collect();
        let (name, size) = ("E".to_owned(), 10);
        let recorded = PopulationRecording { name, size, spikes: None, counts, traces: Vec::new() };
        let window = Window::new(0, 400).unwrap();
        let error = |model, basis| rate_error(model, &recorded, window, basis, dt);
        let periods = |periods, period| {
            let of = Oscillations::of([period]);
            error(&oscillating, WindowBasis::WholePeriods { periods, period, of })
        };
        // Periods of 51, 50, 50, 50 spikes of 10 neurons in 0.1 s: sd 0.5 Hz, of four.
        let found = periods(4, 100.0).unwrap();
        assert!((found - 0.25).abs() < 1e-12, "{found}");
        assert_eq!(periods(2, 200.0), None);
        assert_eq!(error(&oscillating, WindowBasis::WholeRun), None);
        assert_eq!(error(&oscillating, WindowBasis::Asked), Some(found));
        assert_eq!(error(&constant, WindowBasis::ConstantInputs), Some(found), "blocks of 100 ms");
    }
}
