//! The window of stationary quantities where the inputs change.

use ntwk::core::spec::AfferentActivity;
use ntwk::core::spec::waveform::{Edges, Shape, Span};
use ntwk::meanfield::prediction::windows::{ComparisonWindows, Oscillations, WindowBasis};
use ntwk::prelude::*;

/// The windows of a run of `t_stop` (ms) with an afferent of `rate`.
fn windows(t_stop: f64, rate: impl Into<Waveform>) -> ComparisonWindows {
    let mut m = ModelSpec::new(t_stop);
    m.receptor("exc", ReceptorSpec::conductance(0.0, 5.0));
    m.population("E", 10, CellSpec::preset("RS"));
    let mut afferent = AfferentSpec::poisson(10, 0.0);
    match &mut afferent.activity {
        AfferentActivity::Rate { rate: of, .. } => *of = rate.into(),
        AfferentActivity::Spikes { .. } => unreachable!(),
    }
    m.afferent("A", afferent);
    m.project("A", ["E"], "exc", 1.0, ConnectionSpec::all_to_all());
    ComparisonWindows::of(&m.check(&library()).unwrap())
}

fn sine(frequency: f64, start: f64) -> Waveform {
    let span = Span::from(start);
    Shape::Sine { baseline: 10.0, amplitude: 10.0, frequency, phase: 0.0, span }.into()
}

#[test]
fn constant_inputs_give_the_run_without_its_onset() {
    let found = windows(2000.0, 4.0);
    assert_eq!((found.stationary, found.basis), ([500.0, 2000.0], WindowBasis::ConstantInputs));
    assert_eq!(found.transient, None);
}

/// Near an extremum of a slow oscillation the rate is constant to 1 %, for a while that means nothing.
#[test]
fn oscillating_inputs_give_whole_periods() {
    let found = windows(1000.0, sine(8.0, 0.0));
    let basis =
        WindowBasis::WholePeriods { periods: 4, period: 125.0, of: Oscillations::of([125.0]) };
    assert_eq!((found.stationary, found.basis), ([500.0, 1000.0], basis));
    let found = windows(1000.0, sine(3.0, 0.0));
    let WindowBasis::WholePeriods { periods, .. } = found.basis else { panic!("{found:?}") };
    assert_eq!(periods, 1);
    let words = [basis, found.basis].map(|b| b.to_string());
    assert_eq!(words, ["4 periods of 125 ms", "one period of 333.3 ms"]);
    assert!((found.stationary[1] - 500.0 - 1000.0 / 3.0).abs() < 1e-9);
    // Adaptation of 500 ms: three times that, then whole periods from there on, behind which a part of one is left.
    let found = windows(4100.0, sine(8.0, 0.0));
    assert_eq!(found.stationary, [1500.0, 4000.0]);
    // One period that just fits is better than a part of it.
    let found = windows(1000.0, sine(1.0, 0.0));
    let of = Oscillations::of([1000.0]);
    let basis = WindowBasis::WholePeriods { periods: 1, period: 1000.0, of };
    assert_eq!((found.stationary, found.basis), ([0.0, 1000.0], basis));
}

/// A sum of sines is known by all of them: whole periods of one are parts of another.
#[test]
fn sums_of_sines_give_periods_that_they_have_in_common() {
    let sum = || Waveform::Sum(vec![sine(3.0, 0.0), sine(5.0, 0.0)]);
    let found = windows(3000.0, sum());
    let said = found.basis.to_string();
    assert_eq!(said, "one period of 1000 ms, common to oscillations of 333.3 and 200 ms");
    assert_eq!(found.stationary[0], 1500.0);
    // Where none fits, those of the slowest.
    let said = windows(1000.0, sum()).basis.to_string();
    assert_eq!(said, "one period of 333.3 ms, the slowest of oscillations of 333.3 and 200 ms");
}

#[test]
fn before_an_oscillation_begins_all_is_constant() {
    let found = windows(3000.0, sine(8.0, 1500.0));
    assert_eq!((found.stationary, found.basis), ([500.0, 1500.0], WindowBasis::ConstantInputs));
    assert_eq!(found.transient, Some([1500.0, 3000.0]));
}

/// A drive that is off, on and off again for as long: after the last change.
#[test]
fn of_stretches_as_long_as_each_other_the_last_is_stationary() {
    let span = Span::between(1000.0, 2000.0);
    let pulse = Shape::Step { baseline: 4.0, amplitude: 4.0, span, edges: Edges::default() };
    let found = windows(3000.0, Waveform::from(pulse));
    assert_eq!((found.stationary, found.basis), ([2500.0, 3000.0], WindowBasis::ConstantInputs));
}

#[test]
fn inputs_that_always_change_give_the_run_without_its_onset() {
    let found = windows(1000.0, sine(0.3, 0.0)); // no whole period
    assert_eq!((found.stationary, found.basis), ([100.0, 1000.0], WindowBasis::WholeRun));
    let span = Span::between(0.0, 2000.0);
    let ramp = Waveform::from(Shape::Ramp { from: 1.0, to: 20.0, span, after: None });
    let found = windows(2000.0, ramp);
    assert_eq!((found.stationary, found.basis), ([200.0, 2000.0], WindowBasis::WholeRun));
}

/// What an event changes makes two regimes, of which a mean says nothing.
#[test]
fn a_window_does_not_reach_over_an_event() {
    let text = "[simulation]\nt_stop = 2000.0\n[populations.E]\nsize = 10\ncell = 'RS'\nI_e = 10.0\n\
        [[events]]\ntime = '1.2 s'\nset = 'populations.E.I_e'\nvalue = '200 pA'\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.toml");
    std::fs::write(&file, text).unwrap();
    let found = ComparisonWindows::of(&read_model(&file, &[], &library()).unwrap());
    assert_eq!((found.stationary, found.basis), ([500.0, 1200.0], WindowBasis::ConstantInputs));
}
