//! Receptors that are variables of cells, or have equations of their own: what they add to a cell, and what events raise in it.

use std::sync::Arc;

use super::judge::Judge;
use crate::equations::{CellEquations, KindFault, ReceptorEquations};
use crate::kernel::CellModel;
use crate::model::cell::ParameterValues;
use crate::spec::fault::{Fault, FaultKind};
use crate::spec::nearest::nearest;
use crate::spec::units::Unit;
use crate::spec::{
    AfferentActivity, CurrentSpec, ModelSpec, ReceptorKind, ReceptorSpec, Trains, VariablesOf,
};

/// What a receptor is in the cells of a population, where it has no variable `s` of the engine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Port {
    /// Index of the receptor.
    pub receptor: usize,
    pub effect: PortEffect,
}

/// What acts through a [`Port`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PortEffect {
    /// An event raises these variables of the cell, each by so much per weight.
    Raises(Vec<(usize, f64)>),
    /// Variables of the sources (their places among those of the receptor) are summed into these of the cell.
    Sums(Vec<(usize, usize)>),
}

/// The equations of a receptor, where it has some.
pub(super) fn equations(receptor: &ReceptorSpec) -> Option<ReceptorEquations<'_>> {
    let ReceptorKind::Equations {
        doc,
        variables,
        equations,
        current,
        sum,
        on_event,
        per,
        unit,
        init,
        method,
        parameters,
    } = &receptor.kind
    else {
        return None;
    };
    Some(ReceptorEquations {
        doc,
        variables,
        equations,
        current: current.as_deref(),
        sum,
        on_event,
        per: *per,
        unit,
        init,
        method: *method,
        parameters,
    })
}

/// The receptors that projections or events bring to a population, in the order of the file.
fn receptors_onto<'s>(
    spec: &'s ModelSpec,
    population: &str,
) -> impl Iterator<Item = (usize, &'s str, &'s ReceptorSpec)> {
    let used = |name: &str| {
        let projected = spec
            .projections
            .iter()
            .any(|p| p.receptor == *name && p.target.iter().any(|target| target == population));
        projected
            || spec.events.iter().any(|event| {
                event.receptor.as_deref() == Some(name)
                    && event.population.as_deref() == Some(population)
            })
    };
    let receptors = spec.receptors.iter().enumerate();
    let used: Vec<_> = receptors
        .filter(|(_, (name, _))| used(name))
        .map(|(i, (name, r))| (i, name.as_str(), r))
        .collect();
    used.into_iter()
}

/// What the receptors by equations add to the cells of a population: a current each.
pub(super) fn currents_of_receptors(
    spec: &ModelSpec,
    population: &str,
) -> Vec<(String, CurrentSpec)> {
    receptors_onto(spec, population)
        .filter_map(|(_, name, receptor)| {
            Some((name.to_owned(), equations(receptor)?.in_target()?))
        })
        .collect()
}

/// The ports of a population whose cells are `cell` with these values.
pub(super) fn ports(
    spec: &ModelSpec,
    population: &str,
    cell: &dyn CellModel,
    values: &ParameterValues,
    judge: &mut Judge<'_>,
) -> Vec<Port> {
    let mut ports = Vec::new();
    for (receptor, name, written) in receptors_onto(spec, population) {
        let path = format!("receptors.{name}");
        if judge.concerns(&path) {
            continue;
        }
        let effect = match (&written.kind, equations(written)) {
            (ReceptorKind::Variable { variable, unit }, _) => {
                raised_variable(spec, population, cell, [variable, unit])
                    .map(|raised| PortEffect::Raises(vec![raised]))
                    .map_err(|(key, kind)| vec![(key.to_owned(), None, kind)])
            }
            (_, Some(equations)) => effect(name, &equations, cell, values),
            _ => continue,
        };
        match effect {
            Ok(effect) => ports.push(Port { receptor, effect }),
            Err(faults) => say(&path, faults, judge),
        }
    }
    ports
}

/// Place of the variable of a cell that a receptor raises, and by how much per weight.
fn raised_variable(
    spec: &ModelSpec,
    population: &str,
    cell: &dyn CellModel,
    [variable, unit]: [&String; 2],
) -> Result<(usize, f64), (&'static str, FaultKind)> {
    let kind = spec.populations.get(population).and_then(|p| p.cell.model.as_ref());
    let declared = kind.and_then(|kind| spec.kinds.get(kind));
    let first = declared.and_then(|kind| kind.variables.0.first()).map(|v| v.0.as_str());
    let variables = cell.variables();
    let place = match variables.iter().position(|v| v.name == *variable) {
        None if first == Some(variable) => Some(0),
        found => found,
    };
    let Some(place) = place else {
        let valid: Vec<String> = variables.iter().map(|v| v.name.to_owned()).collect();
        let near = nearest(variable, valid.iter().map(String::as_str)).map(str::to_owned);
        return Err((
            "variable",
            FaultKind::UnknownName {
                what: "variable of the cells that it acts on",
                nearest: near,
                valid,
            },
        ));
    };
    let own = Unit::of(variables[place].dimension).unwrap_or_default();
    let written = Unit::parse(unit).unwrap_or_default();
    if !written.measures_as(own) {
        let rule = format!("is {unit}, and {variable} of {population} is in {own}");
        return Err(("unit", FaultKind::Combination { rule }));
    }
    if let Some(why) = cell.refuses_events(place) {
        let rule = format!("cannot be {variable} of {population}: {why}");
        return Err(("variable", FaultKind::Combination { rule }));
    }
    Ok((place, written.factor() / own.factor()))
}

/// What a receptor by equations is in a cell that has it.
fn effect(
    name: &str,
    equations: &ReceptorEquations<'_>,
    cell: &dyn CellModel,
    values: &ParameterValues,
) -> Result<PortEffect, Vec<KindFault>> {
    let place = |variable: &str| {
        let called = format!("{name}_{variable}");
        cell.variables().iter().position(|v| v.name == called)
    };
    let variables = equations.variables.0.iter().enumerate();
    if equations.per == VariablesOf::Source {
        let sums = variables.filter_map(|(i, (variable, _))| Some((i, place(variable)?)));
        let mut sums: Vec<(usize, usize)> = sums.collect();
        let mut faults = Vec::new();
        for (target, variable) in &equations.sum.0 {
            match summed(equations, cell, [target, variable]) {
                Ok(sum) => sums.push(sum),
                Err(kind) => faults.push((format!("sum.{target}"), None, kind)),
            }
        }
        return if faults.is_empty() { Ok(PortEffect::Sums(sums)) } else { Err(faults) };
    }
    let numbers: Vec<f64> = equations
        .parameters
        .keys()
        .map(|parameter| values.get(&format!("{name}_{parameter}")).unwrap_or(f64::NAN))
        .collect();
    let raised = equations.raised(&numbers)?;
    let raises = variables.zip(raised).filter(|(_, by)| *by != 0.0);
    Ok(PortEffect::Raises(
        raises.filter_map(|((_, (variable, _)), by)| Some((place(variable)?, by))).collect(),
    ))
}

/// Places of a variable of a receptor and of that of the cell which is its sum.
fn summed(
    equations: &ReceptorEquations<'_>,
    cell: &dyn CellModel,
    [target, variable]: [&String; 2],
) -> Result<(usize, usize), FaultKind> {
    let own = &equations.variables.0;
    let Some(from) = own.iter().position(|v| v.0 == *variable) else {
        let names = own.iter().map(|v| v.0.as_str());
        return Err(FaultKind::unknown_name("variable of the receptor", variable, names));
    };
    let variables = cell.variables();
    let Some(to) = variables.iter().position(|v| v.name == *target) else {
        let names = variables.iter().map(|v| v.name);
        return Err(FaultKind::unknown_name(
            "variable of the cells that it acts on",
            target,
            names,
        ));
    };
    let unit = |text: &str| Unit::parse(text).unwrap_or_default();
    let sum = unit(&own[from].1).times(unit(equations.unit)).unwrap_or_default();
    let there = Unit::of(variables[to].dimension).unwrap_or_default();
    if sum != there {
        let rule = format!("is a sum in {sum}, and {target} is in {there}: give it that unit");
        return Err(FaultKind::Combination { rule });
    }
    if cell.has_equation(to) {
        let rule = format!(
            "has an equation of its own: a variable without one takes the sum of {variable}"
        );
        return Err(FaultKind::Combination { rule });
    }
    Ok((from, to))
}

/// The equations of the variables that receptors keep for each source, by receptor.
pub(super) fn equations_of_sources(
    spec: &ModelSpec,
    judge: &mut Judge<'_>,
) -> Vec<Option<Arc<CellEquations>>> {
    let mut all = Vec::new();
    for (name, receptor) in &spec.receptors {
        let path = format!("receptors.{name}");
        let own = equations(receptor).filter(|own| own.per == VariablesOf::Source);
        let own = own.filter(|_| !judge.concerns(&path));
        all.push(own.and_then(|own| match own.of_sources() {
            Ok(equations) => Some(Arc::new(equations)),
            Err(faults) => {
                say(&path, faults, judge);
                None
            }
        }));
        if let ReceptorKind::Equations { per: VariablesOf::Target, method: Some(_), .. } =
            receptor.kind
        {
            let rule = "has no effect: variables of the target go by the method of its cell";
            judge.broken(format!("{path}.method"), rule);
        }
    }
    all
}

/// Projections onto receptors whose variables are those of the sources: one delay, one kind of release, trains that are
/// those of sources.
pub(super) fn check_projections(spec: &ModelSpec, judge: &mut Judge<'_>) {
    let of_sources = |receptor: &str| {
        spec.receptors
            .get(receptor)
            .and_then(equations)
            .is_some_and(|own| own.per == VariablesOf::Source)
    };
    for (i, written) in spec.projections.iter().enumerate() {
        if !of_sources(&written.receptor) {
            continue;
        }
        let key = |name: &str| format!("projections[{i}].{name}");
        let why = format!("receptor {} keeps its variables per source", written.receptor);
        if written.delay.as_constant().is_none() {
            judge.broken(key("delay"), format!("must be the same for all synapses: {why}"));
        }
        if written.release_probability < 1.0 {
            judge.broken(key("release_probability"), format!("must be 1: {why}"));
        }
        for (name, given) in
            [("plasticity", written.plasticity.is_some()), ("synapse", written.synapse.is_some())]
        {
            if given {
                judge.broken(key(name), format!("has no place here: {why}"));
            }
        }
        if sends_per_target(spec, &written.source) {
            let rule = format!(
                "sends each target a train of its own, and {why}: give {} trains = \"per_source\", or spikes",
                written.source
            );
            judge.broken(key("source"), rule);
        }
    }
    for (i, event) in spec.events.iter().enumerate() {
        if event.receptor.as_deref().is_some_and(of_sources) {
            let rule = "keeps its variables per source, and this event has none";
            judge.broken(format!("events[{i}].receptor"), rule);
        }
    }
}

/// Whether a source sends each target a train of its own.
pub(super) fn sends_per_target(spec: &ModelSpec, source: &str) -> bool {
    spec.afferents.get(source).is_some_and(|afferent| {
        matches!(&afferent.activity, AfferentActivity::Rate { trains: Trains::PerTarget, .. })
    })
}

/// Says the faults of the table `path`.
pub(super) fn say(path: &str, faults: Vec<KindFault>, judge: &mut Judge<'_>) {
    for (key, below, kind) in faults {
        let key = format!("{path}.{key}");
        let line = judge.root().locate(&key).0.line;
        let line = line.map(|line| line + below.map_or(0, |below| below as u32 + 1));
        judge.add(Fault { key, value: None, line, kind });
    }
}
