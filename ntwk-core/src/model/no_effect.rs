//! What a model says that never acts as written: sentences, not faults.

use super::connections::MAX_DELAY_STEPS;
use super::weight_range;
use crate::spec::{AfferentActivity, ConnectionSpec, DelaySpec, Distribution, ModelSpec, Trains};

/// Difference of the mean of what is drawn again from what is written, relative to the latter, that is said.
const FAR: f64 = 0.1;
/// Reversal potentials (mV) beyond which the unit is doubtful.
const POTENTIALS: std::ops::RangeInclusive<f64> = -200.0..=200.0;

/// Waveforms and spikes that come after the end of the run, one sentence each.
pub(super) fn after_the_run(spec: &ModelSpec) -> Vec<String> {
    let t_stop = spec.simulation.t_stop;
    let mut notices = Vec::new();
    let mut waveform = |key: String, waveform: &crate::spec::waveform::Waveform| {
        if let Some([from, to]) = waveform.never_within(t_stop) {
            let when = if from >= t_stop {
                format!("from {from} ms on")
            } else {
                format!("until {to} ms")
            };
            notices.push(format!("{key} acts {when} and never within the run (0 to {t_stop} ms)"));
        }
        notices.extend(waveform.held_samples(t_stop).map(|held| format!("{key}: {held}")));
    };
    for (name, population) in &spec.populations {
        if let Some(current) = &population.current {
            waveform(format!("populations.{name}.I_e"), current);
        }
        for (i, injection) in population.injections.iter().enumerate() {
            waveform(format!("populations.{name}.injections[{i}].current"), &injection.current);
        }
    }
    let mut given = Vec::new();
    for (name, afferent) in &spec.afferents {
        match &afferent.activity {
            AfferentActivity::Rate { rate, trains, .. } => {
                waveform(format!("afferents.{name}.rate"), rate);
                if let Trains::PerSource { spikes, .. } = trains {
                    given.push((name, spikes));
                }
            }
            AfferentActivity::Spikes { spikes } => given.push((name, spikes)),
        }
    }
    for (name, spikes) in given {
        let n = spikes.times.len();
        let late = spikes.times.iter().filter(|&&t| t >= t_stop).count();
        if late > 0 {
            let all = if late == n { "all of them".to_owned() } else { format!("{late} of {n}") };
            notices.push(format!(
                "afferents.{name}.spikes: {all} come after the end of the run ({t_stop} ms)"
            ));
        }
    }
    notices
}

/// Connections of every neuron with itself, which the rule makes where source and target are one population.
pub(super) fn autapses(spec: &ModelSpec) -> Vec<String> {
    let with_itself = |(i, p): (usize, &crate::spec::ProjectionSpec)| {
        let own = matches!(p.connection, ConnectionSpec::OneToOne) && p.target.contains(&p.source);
        own.then(|| {
            let source = &p.source;
            format!(
                "projections[{i}]: one_to_one from {source} to {source} connects every neuron with itself (autapses)"
            )
        })
    };
    spec.projections.iter().enumerate().filter_map(with_itself).collect()
}

/// Reversal potentials that no ion has.
pub(super) fn doubtful_potentials(spec: &ModelSpec) -> Vec<String> {
    let receptors = spec.receptors.iter().filter_map(|(name, r)| Some((name, r.kind.E_rev()?)));
    let doubtful = receptors.filter(|(_, potential)| !POTENTIALS.contains(potential));
    doubtful
        .map(|(name, potential)| {
            format!(
                "receptors.{name}.E_rev = {potential} mV: those of ions lie between about -100 and 150 mV; a number alone is in mV"
            )
        })
        .collect()
}

/// Weights and delays whose mean is another than written, because values of the other sign are drawn again: each kind once.
pub(super) fn drawn_again(spec: &ModelSpec) -> Vec<String> {
    // What is said, of which key first, and of how many others.
    let mut said: Vec<(String, String, usize)> = Vec::new();
    for (i, p) in spec.projections.iter().enumerate() {
        let mut compare = |key: &str, drawn: &Distribution, [low, high]: [f64; 2], unit: &str| {
            let (written, [mean, sd]) = (drawn.mean(), drawn.moments_within(low, high));
            if (mean - written).abs() > FAR * written.abs() {
                let text = format!(
                    "values {} are drawn again, which makes {mean:.4} ± {sd:.4}{unit} of the {written} ± {} written",
                    if low < 0.0 { "above 0" } else { "below 0 or too large" },
                    drawn.sd()
                );
                match said.iter_mut().find(|(known, ..)| *known == text) {
                    Some((.., others)) => *others += 1,
                    None => said.push((text, format!("projections[{i}].{key}"), 0)),
                }
            }
        };
        compare("weight", &p.weight, weight_range(&p.weight, p.plasticity.as_ref()), "");
        if let DelaySpec::Drawn(delay) = &p.delay {
            compare("delay", delay, [0.0, MAX_DELAY_STEPS * spec.simulation.dt], " ms");
        }
    }
    said.into_iter()
        .map(|(text, first, others)| match others {
            0 => format!("{first}: {text}"),
            _ => format!("{first} and {others} more: {text}"),
        })
        .collect()
}
