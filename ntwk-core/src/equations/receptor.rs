//! Receptors by equations: what of them is the target's and what the source's, and what an event raises.

use std::collections::HashSet;

use super::cell_equations::{Broken, CellEquations};
use super::graph::Node;
use super::parameters::default_values;
use super::syntax::{Statement, StatementKind, statements};
use super::system::{System, system};
use super::text::KindFault;
use super::token::{Token, tokens};
use crate::spec::fault::FaultKind;
use crate::spec::interned::interned;
use crate::spec::units::Unit;
use crate::spec::{
    CurrentSpec, KindMethod, KindParameterSpec, KindSpec, Named, SpikeSpec, Texts, VariablesOf,
};

/// A receptor by equations, as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReceptorEquations<'s> {
    pub doc: &'s Option<String>,
    pub variables: &'s Texts,
    pub equations: &'s str,
    pub current: Option<&'s str>,
    pub sum: &'s Texts,
    pub on_event: &'s str,
    pub per: VariablesOf,
    pub unit: &'s str,
    pub init: &'s Texts,
    pub method: Option<KindMethod>,
    pub parameters: &'s Named<KindParameterSpec>,
}

impl ReceptorEquations<'_> {
    /// What it is in a cell that it acts on: a current, with variables of its own or those that take the sums over sources.
    pub(crate) fn in_target(&self) -> Option<CurrentSpec> {
        let written = self.current?;
        let mut current = CurrentSpec {
            doc: self.doc.clone(),
            current: written.to_owned(),
            variables: self.variables.clone(),
            equations: Some(self.equations.to_owned()),
            init: self.init.clone(),
            parameters: self.parameters.clone(),
            tables: Named::new(),
        };
        if self.per == VariablesOf::Source {
            let mut read = names_of(written);
            let definitions = self.definitions_for(&mut read);
            let weight = Unit::parse(self.unit).unwrap_or_default();
            let sums = self.variables.0.iter().filter(|(name, _)| read.contains(name));
            current.variables = Texts(
                sums.map(|(name, unit)| {
                    let unit = Unit::parse(unit).unwrap_or_default();
                    (name.clone(), unit.times(weight).unwrap_or_default().to_string())
                })
                .collect(),
            );
            current.equations = Some(definitions);
            current.init = Texts::default();
            current.parameters.retain(|name, _| read.contains(name));
        }
        Some(current)
    }

    /// The texts of the definitions that `read` needs; their names and what they read are added to it.
    fn definitions_for(&self, read: &mut HashSet<String>) -> String {
        let mut wanted: Vec<&str> = Vec::new();
        let lines: Vec<(Statement, &str)> = self.statements();
        loop {
            let next = lines.iter().find(|(statement, line)| {
                statement.kind == StatementKind::Equals
                    && read.contains(&statement.name)
                    && !wanted.contains(line)
            });
            let Some((_, line)) = next else { break };
            wanted.push(line);
            read.extend(names_of(line));
        }
        wanted.join("\n")
    }

    /// The statements of the equations, each with its text.
    fn statements(&self) -> Vec<(Statement, &str)> {
        let lines = self.equations.split(['\n', ';']).filter(|line| !line.trim().is_empty());
        let read = lines.filter_map(|line| Some((statements(line).0.into_iter().next()?, line)));
        read.collect()
    }

    /// The variables of a source neuron as a kind of cell that never spikes: an event is what a spike would set.
    fn in_source(&self) -> KindSpec {
        let mut read: HashSet<String> = names_of(self.on_event);
        let mut lines: Vec<&str> = Vec::new();
        for (statement, line) in self.statements() {
            if statement.kind == StatementKind::Derivative {
                lines.push(line);
                read.extend(names_of(line));
            }
        }
        let definitions = self.definitions_for(&mut read);
        let equations = format!("{}\n{definitions}", lines.join("\n"));
        KindSpec {
            spike: Some(SpikeSpec::event(self.on_event)),
            init: self.init.clone(),
            method: self.method,
            parameters: self.parameters.clone(),
            ..KindSpec::of(self.variables.clone(), equations)
        }
    }

    /// The equations of the variables of source neurons, with the values of the parameters that the receptor gives.
    ///
    /// # Errors
    /// All faults, with the keys below the table of the receptor.
    pub(crate) fn of_sources(&self) -> Result<CellEquations, Vec<KindFault>> {
        let spec = self.in_source();
        let renamed = |(key, line, kind): KindFault| match key.as_str() {
            "spike.then" => ("on_event".to_owned(), line, kind),
            // The lines are not those of the file.
            "equations" => (key, None, kind),
            _ => (key, line, kind),
        };
        let system = system(&spec, &[])
            .map_err(|faults| faults.into_iter().map(renamed).collect::<Vec<_>>())?;
        let values = default_values(&spec)?;
        let mut equations = CellEquations::new(&system, spec.method, &values)
            .map_err(|broken| vec![fault_of(broken)])?;
        if equations.is_random() {
            let rule = "have noise, which variables of sources may not have".to_owned();
            return Err(vec![("equations".to_owned(), None, FaultKind::Combination { rule })]);
        }
        // What blows up is called by its own name.
        for (variable, (name, _)) in equations.variables.iter_mut().zip(&self.variables.0) {
            variable.name = interned(name);
        }
        Ok(equations)
    }

    /// By how much an event of weight 1 (in the unit of the weights) raises each variable, with these values of the parameters.
    ///
    /// # Errors
    /// All faults, with the keys below the table of the receptor.
    pub(crate) fn raised(&self, values: &[f64]) -> Result<Vec<f64>, Vec<KindFault>> {
        let weight = "weight";
        let mut variables = self.variables.clone();
        let Some(first) = variables.0.first().map(|v| v.0.clone()) else { return Ok(Vec::new()) };
        variables.0.push((weight.to_owned(), self.unit.to_owned()));
        let spec = KindSpec {
            variables,
            equations: Some(format!("d{first}/dt = 0*{first}/(1 ms)")),
            init: Texts::default(),
            method: None,
            ..self.in_source()
        };
        let system = system(&spec, &[]).map_err(|faults| {
            let ours = |(key, line, kind): KindFault| {
                (if key == "spike.then" { "on_event".to_owned() } else { key }, line, kind)
            };
            faults.into_iter().map(ours).collect::<Vec<_>>()
        })?;
        linear_changes(&system, values, spec.variables.0.len() - 1).map_err(|variable| {
            let name = &spec.variables.0[variable].0;
            let rule = format!(
                "must raise {name} by a number times weight, whatever the variables are: events of a step are added up; with \
                 per = \"source\" an event may do anything"
            );
            vec![("on_event".to_owned(), None, FaultKind::Combination { rule })]
        })
    }
}

/// What each of the first `n` variables gains per unit of variable `n`; the place of one that changes in another way.
fn linear_changes(system: &System, values: &[f64], n: usize) -> Result<Vec<f64>, usize> {
    let equations = CellEquations::new(system, None, values).map_err(|_| 0usize)?;
    let mut graph = equations.graph.clone();
    let mut changes = vec![0.0; n];
    if equations.resets[n].is_some() {
        return Err(n);
    }
    for (i, change) in changes.iter_mut().enumerate() {
        let Some(reset) = equations.resets[i] else { continue };
        let mut slope = |v: usize| {
            let slope = graph.derivatives(&[reset], Node::Variable(v as u32))[0];
            graph.number_of(slope).ok_or(i)
        };
        for other in 0..n {
            if slope(other)? != f64::from(u8::from(other == i)) {
                return Err(i);
            }
        }
        *change = slope(n)?;
        let at_zero = graph.evaluate(&[reset], |_| 0.0)[0];
        if at_zero != 0.0 {
            return Err(i);
        }
    }
    Ok(changes)
}

fn fault_of((key, rule): Broken) -> KindFault {
    (key, None, FaultKind::Combination { rule })
}

/// The names in a text.
fn names_of(text: &str) -> HashSet<String> {
    let words = tokens(text).unwrap_or_default();
    words
        .into_iter()
        .filter_map(|word| if let Token::Name(name) = word.token { Some(name) } else { None })
        .collect()
}
