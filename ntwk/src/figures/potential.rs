//! The membrane potential in figures: its label, and whether it shows its spikes.

use ntwk_core::{PopulationRecording, Spikes, Trace};

/// Variable and unit: `V_m (mV)`, or the name alone of a pure number.
pub(crate) fn label(trace: &Trace) -> String {
    match trace.unit.as_str() {
        "" | "1" => trace.variable.clone(),
        unit => format!("{} ({unit})", trace.variable),
    }
}

/// One label for several traces: with the unit where they have one in common.
pub(crate) fn common_label<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> String {
    let mut labels: Vec<String> = traces.into_iter().map(label).collect();
    labels.dedup();
    match labels.len() {
        1 => labels.remove(0),
        _ => "V_m".to_owned(),
    }
}

/// Whether a potential draws its spikes itself: it goes on above `threshold`, where spikes are declared. That of an
/// integrate-and-fire cell is set back before it is sampled.
pub(crate) fn shows_its_spikes(trace: &Trace, threshold: f64) -> bool {
    trace.data.iter().any(|&v| v > threshold)
}

/// The spikes of a population that have to be drawn beside its potential.
pub(crate) fn unshaped<'a>(
    population: &'a PopulationRecording,
    trace: &Trace,
    threshold: Option<f64>,
) -> Option<&'a Spikes> {
    let shown = threshold.is_some_and(|threshold| shows_its_spikes(trace, threshold));
    population.spikes.as_ref().filter(|_| !shown)
}
