//! Parameters of kinds by equations that no equation uses.

use std::collections::HashSet;

use super::judge::Judge;
use crate::spec::ModelSpec;
use crate::spec::key::KeyValue;
use crate::spec::nearest::nearest;

/// Keys of kinds without expressions of their parameters.
pub const NOT_EXPRESSIONS: [&str; 3] = ["doc", "parameters", "variables"];

/// Faults parameters that no expression of their kind names, nor of the receptors, synapses and currents of the model, which may
/// use those of cells; and what happens at a spike where it is empty.
pub(super) fn check_unused_parameters(spec: &ModelSpec, judge: &mut Judge<'_>) {
    if spec.kinds.is_empty() {
        return;
    }
    let mut shared = HashSet::new();
    for node in [spec.receptors.write(), spec.synapses.write(), spec.currents.write()] {
        node.iter().for_each(|node| node.collect_names(&NOT_EXPRESSIONS, &mut shared));
    }
    for (name, kind) in &spec.kinds {
        let path = format!("kinds.{name}");
        if kind.spike.as_ref().is_some_and(|s| s.then.as_ref().is_some_and(|t| t.trim().is_empty()))
        {
            judge.broken(
                format!("{path}.spike.then"),
                "is empty: leave it out where a spike sets nothing",
            );
        }
        if judge.concerns(&path) {
            continue;
        }
        let mut words = shared.clone();
        if let Some(node) = kind.write() {
            node.collect_names(&NOT_EXPRESSIONS, &mut words);
        }
        for parameter in kind.parameters.keys().filter(|p| !words.contains(*p)) {
            let others = words.iter().map(String::as_str);
            let mut others: Vec<&str> =
                others.filter(|w| !kind.parameters.contains_key(*w)).collect();
            others.extend(kind.parameters.keys().map(String::as_str).filter(|p| p != parameter));
            others.sort_unstable();
            let near = nearest(parameter, others).map(|near| format!("; is {near} meant?"));
            let rule = format!("no equation of the kind uses it{}", near.unwrap_or_default());
            judge.broken(format!("{path}.parameters.{parameter}"), rule);
        }
    }
}
