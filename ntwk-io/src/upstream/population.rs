//! Populations with their cells and currents.

use std::f64::consts::FRAC_PI_2;

use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::waveform::{Shape, Span, Waveform};
use ntwk_core::spec::{CellSpec, ParameterText, PopulationSpec};

use super::dictionary::Dictionary;
use super::model_path::CELL;

/// The size of a population or afferent population.
pub(super) fn size(dictionary: &mut Dictionary<'_>, name: &str) -> Option<u64> {
    let key = format!("N_{name}");
    let n = dictionary.required(&key, "a number of neurons")?;
    if n >= 1.0 && n.fract() == 0.0 {
        return Some(n as u64);
    }
    let kind = FaultKind::OutOfRange { allowed: "a whole number >= 1".to_owned() };
    dictionary.fault(&key, kind);
    None
}

/// A population with its cell and the current into it.
pub(super) fn population(dictionary: &mut Dictionary<'_>, name: &str) -> Option<PopulationSpec> {
    let size = size(dictionary, name);
    let cell = cell(dictionary, name);
    let current = oscillation(dictionary, name);
    clamp(dictionary, name, size);
    let mut population = PopulationSpec::new(size?, cell);
    population.current = current;
    Some(population)
}

fn cell(dictionary: &mut Dictionary<'_>, name: &str) -> CellSpec {
    let mut values = Vec::new();
    let mut read = |dictionary: &mut Dictionary<'_>, theirs: &str, ours: &str| {
        let expected = format!("{ours} of population {name}");
        let value = dictionary.required(&format!("{name}_{theirs}"), &expected);
        value.inspect(|&x| values.push((ours.to_owned(), ParameterText::Number(x))))
    };
    for (ours, theirs) in &CELL[..6] {
        read(dictionary, theirs, ours);
    }
    let slope = read(dictionary, "deltaV", "Delta_T");
    let a = read(dictionary, "a", "a");
    let b = read(dictionary, "b", "b");
    let adapting = a.is_some_and(|x| x != 0.0) || b.is_some_and(|x| x != 0.0);
    if adapting {
        read(dictionary, "tauw", "tau_w");
    } else {
        dictionary.number(&format!("{name}_tauw"));
    }
    let old = format!("{name}_delta_v");
    if dictionary.number(&old).is_some() {
        let value = dictionary.shown(&old);
        dictionary
            .note(format!("{old} = {value}: left out; the package reads {name}_deltaV alone"));
    }
    // A cell without exponential or adaptation is written as what it is: its other parameters
    // would have no effect.
    let exponential = slope.is_some_and(|x| x != 0.0);
    let model = match (exponential, adapting) {
        (_, true) => "AdEx",
        (true, false) => "EIF",
        (false, false) => "LIF",
    };
    values.retain(|(key, _)| match key.as_str() {
        "Delta_T" => model != "LIF",
        "a" | "b" => model == "AdEx",
        _ => true,
    });
    CellSpec {
        model: Some(model.to_owned()),
        preset: None,
        currents: Vec::new(),
        values,
        distributed: Vec::new(),
    }
}

/// `amp (1 - cos(2 pi freq t)) / 2`, from the beginning of the run on.
fn oscillation(dictionary: &mut Dictionary<'_>, name: &str) -> Option<Waveform> {
    let [amp, freq, onset] = ["amp", "freq", "onset"].map(|part| format!("{name}_Ioscill_{part}"));
    let given = [&amp, &freq, &onset].iter().any(|key| dictionary.has(key));
    let start = dictionary.number(&onset);
    if !given {
        // Asked for, so that a slip finds them.
        dictionary.number(&amp);
        dictionary.number(&freq);
        return None;
    }
    let amplitude = dictionary.required(&amp, "the highest current in pA");
    let frequency = dictionary.required(&freq, "a frequency in Hz");
    if start.is_some_and(|start| start != 0.0) {
        let value = dictionary.shown(&onset);
        dictionary.note(format!(
            "{onset} = {value}: left out; the simulations of the package oscillate from 0 on (its theory alone has an onset)"
        ));
    }
    let (half, frequency) = (0.5 * amplitude?, frequency?.abs());
    let (baseline, amplitude, phase) = (half, half, -FRAC_PI_2);
    Some(Shape::Sine { baseline, amplitude, frequency, phase, span: Span::from(0.0) }.into())
}

/// A clamp has no conductance until a script of the package gives it one.
fn clamp(dictionary: &mut Dictionary<'_>, name: &str, size: Option<u64>) {
    let key = format!("{name}_Vclamp");
    if let (Some(command), Some(size)) = (dictionary.number(&key), size) {
        let clamp = format!("{{ neurons = \"0..{size}\", V = \"{command} mV\" }}");
        dictionary.note(format!(
            "{key} = {command}: without effect, as in the package, whose clamp has the conductance 0 until a script sets Gclamp; \
             populations.{name}.voltage_clamp = {clamp} clamps from the beginning on, with start and stop for a time"
        ));
    }
}
