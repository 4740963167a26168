//! Receptors: reversal potential and time constant of a source, perhaps a mixture with a current.

use ntwk_core::spec::{Named, ReceptorKind, ReceptorSpec};

use super::dictionary::Dictionary;

/// The receptor of the events of a source on a target; those with the same numbers are one.
///
/// Its own `Erev_<source>`, `Tsyn_<source>`, else those of its class, in both spellings (`Erev_Exc` or `Ee`). The class is in
/// the name: excitatory with "Exc" in it, else inhibitory with "Inh", else excitatory. With `alpha_<source>_<target>` and `V0`
/// it is a mixture of conductance and current.
#[allow(non_snake_case)]
pub(super) fn receptor(
    dictionary: &mut Dictionary<'_>,
    source: &str,
    target: &str,
    receptors: &mut Named<ReceptorSpec>,
) -> Option<String> {
    let inhibitory = source.contains("Inh") && !source.contains("Exc");
    if !inhibitory && !source.contains("Exc") {
        dictionary.note(format!(
            "{source}: its name holds neither Exc nor Inh; taken as excitatory, as the package does with a warning"
        ));
    }
    let own_E = dictionary.number(&format!("Erev_{source}"));
    let own_tau = dictionary.number(&format!("Tsyn_{source}"));
    let (name, E_keys, tau_keys) = CLASSES[usize::from(inhibitory)];
    let class_E = either(dictionary, E_keys);
    let class_tau = either(dictionary, tau_keys);
    // A receptor of its own only where the source's values differ from its class's: a population
    // called "Exc" reads the same keys as the class.
    let differs = |own: Option<f64>, class: Option<f64>| own.is_some() && own != class;
    let name = if differs(own_E, class_E) || differs(own_tau, class_tau) { source } else { name };
    let E_rev = own_E.or(class_E);
    let tau_syn = own_tau.or(class_tau);
    if E_rev.is_none() {
        dictionary.missing(E_keys[0], "a reversal potential in mV");
    }
    if tau_syn.is_none() {
        dictionary.missing(tau_keys[0], "a synaptic time constant in ms");
    }
    let mixture = mixture(dictionary, source, target);
    let mut receptor = ReceptorSpec::conductance(E_rev?, tau_syn?);
    let Some((alpha, V_0)) = mixture else {
        receptors.entry(name.to_owned()).or_insert(receptor);
        return Some(name.to_owned());
    };
    receptor.kind = ReceptorKind::Mixture { E_rev: E_rev?, alpha, V_0 };
    if let Some((same, _)) = receptors.iter().find(|(_, other)| **other == receptor) {
        return Some(same.clone());
    }
    let mixed = format!("{name}_mixture");
    let free = !receptors.contains_key(&mixed);
    let name = if free { mixed } else { format!("{mixed}_{source}_{target}") };
    receptors.insert(name.clone(), receptor);
    Some(name)
}

/// Asks for the keys of receptors that a dictionary may have, whether anything is connected through them or not.
pub(super) fn ask<'n>(dictionary: &mut Dictionary<'_>, sources: impl Iterator<Item = &'n String>) {
    for source in sources {
        dictionary.number(&format!("Erev_{source}"));
        dictionary.number(&format!("Tsyn_{source}"));
    }
    for keys in CLASSES.iter().flat_map(|(_, reversal, tau)| [reversal, tau]) {
        either(dictionary, *keys);
    }
}

/// The classes of the package with the two spellings of their keys.
const CLASSES: [(&str, [&str; 2], [&str; 2]); 2] = [
    ("exc", ["Erev_Exc", "Ee"], ["Tsyn_Exc", "Tse"]),
    ("inh", ["Erev_Inh", "Ei"], ["Tsyn_Inh", "Tsi"]),
];

/// A value in either spelling; the two must not differ.
fn either(dictionary: &mut Dictionary<'_>, [key, old]: [&str; 2]) -> Option<f64> {
    match (dictionary.number(key), dictionary.number(old)) {
        (Some(value), Some(other)) if value != other => {
            dictionary
                .broken(old, format!("{key} = {value} says otherwise, and is the same quantity"));
            Some(value)
        }
        (value, other) => value.or(other),
    }
}

/// `(alpha, V_0)` of a mixture.
fn mixture(dictionary: &mut Dictionary<'_>, source: &str, target: &str) -> Option<(f64, f64)> {
    let key = format!("alpha_{source}_{target}");
    let alpha = dictionary.number(&key)?;
    let potential = dictionary.number("V0");
    if potential.is_none() && !dictionary.has("V0") {
        let value = dictionary.shown(&key);
        dictionary.note(format!(
            "{key} = {value}: left out; without V0 the package has a plain conductance"
        ));
    }
    Some((alpha, potential?))
}
