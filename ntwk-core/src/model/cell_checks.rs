//! What the kind of a cell says about the rest of its model.

use super::Population;
use super::judge::Judge;
use crate::model::cell_library::CellLibrary;
use crate::spec::ModelSpec;

/// A notice for each parameter that the model gives and that has no effect beside the others. A
/// population whose cell changes during the run gets none: the change may give it an effect.
pub(super) fn idle_parameters(
    spec: &ModelSpec,
    populations: &[Population],
    library: &CellLibrary,
) -> Vec<String> {
    let mut notices = Vec::new();
    for population in populations {
        let prefix = format!("populations.{}.cell.", population.name);
        let written = spec.populations.get(&population.name).map(|p| &p.cell.values);
        let (Some(kind), Some(written)) = (library.kind(&population.kind), written) else {
            continue;
        };
        if spec.events.iter().any(|event| event.set.starts_with(&prefix)) {
            continue;
        }
        for (parameter, why) in kind.idle(&population.parameters) {
            if written.iter().any(|v| v.0 == parameter) {
                notices.push(format!("{prefix}{parameter} has no effect: {why}"));
            }
        }
    }
    notices
}

/// Faults every projection of a conductance onto a cell that takes currents only.
pub(super) fn check_input_of_linear_cells(
    spec: &ModelSpec,
    populations: &[Population],
    judge: &mut Judge<'_>,
) {
    for (i, written) in spec.projections.iter().enumerate() {
        let Some(receptor) = spec.receptors.get(&written.receptor) else { continue };
        if judge.concerns(&format!("receptors.{}", written.receptor)) {
            continue;
        }
        let (share, _) = receptor.kind.coefficients();
        let linear = |name: &&String| {
            populations.iter().any(|p| p.name == **name && p.cell.linear_membrane().is_some())
        };
        if let Some(target) = written.target.iter().find(linear)
            && share != 0.0
        {
            let kind = populations.iter().find(|p| p.name == *target).map_or("", |p| &p.kind);
            let rule = format!(
                "is a conductance, and {target} is of kind {kind}, which takes currents only: give the receptor \
                 kind = \"current\""
            );
            judge.broken(format!("projections[{i}].receptor"), rule);
        }
    }
}
