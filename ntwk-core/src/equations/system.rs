//! The equations of a kind of cell, read and checked: one graph with everything a cell does.

use std::collections::{HashMap, HashSet};

use super::check::{CheckFault, Checker, Declared, Meaning, RESERVED, Typed};
use super::graph::{Graph, Id, Node};
use super::parameters::parameter_units;
use super::syntax::{SENT, Statement, StatementKind, Tree, expression, statements};
use super::text::{KindFault, Text};
use crate::spec::fault::FaultKind;
use crate::spec::nearest::nearest;
use crate::spec::units::Unit;
use crate::spec::{KindSpec, SpikeSpec};

/// A state variable of equations.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    pub name: String,
    pub unit: Unit,
    /// Its rate of change (unit/ms); `None` for one without an equation.
    pub derivative: Option<Id>,
    /// Whether it stands still while the cell is refractory.
    pub held: bool,
    /// Value at the start, in its unit.
    pub initial: Id,
    /// The same as it is written: it may read other variables.
    pub written: Option<Id>,
    /// Value after a spike, in its unit, from the values before.
    pub reset: Option<Id>,
}

/// When a cell may spike again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refractory {
    /// In the next step.
    Never,
    /// After a time (ms).
    Time(Id),
    /// Once a condition holds.
    Until(Id),
}

/// What is defined in the equations: name, value in base units, unit.
pub(crate) type Definition = (String, Id, Unit);

/// Values in time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimeTable {
    pub interval: f64,
    pub values: Vec<f64>,
}

/// All equations of a kind, with its parameters as unknowns.
#[derive(Debug, Clone)]
pub(crate) struct System {
    pub graph: Graph,
    pub variables: Vec<Variable>,
    pub definitions: Vec<Definition>,
    /// The condition of a spike.
    pub spike: Option<Id>,
    pub refractory: Refractory,
    /// Constants of the membrane that are named: name and value in the unit of the theory.
    pub theory: Vec<(String, Id)>,
    pub tables: Vec<TimeTable>,
}

/// Most state variables of a cell.
pub(crate) const MOST_VARIABLES: usize = 40;

/// Units of the constants of the membrane that the theory uses.
const MEMBRANE: [(&str, &str); 9] = [
    ("C_m", "pF"),
    ("g_L", "nS"),
    ("E_L", "mV"),
    ("V_th", "mV"),
    ("V_reset", "mV"),
    ("t_ref", "ms"),
    ("a", "nS"),
    ("b", "pA"),
    ("tau_w", "ms"),
];

/// Reads and checks the equations of a kind; `added` are the definitions among them that are currents of its own, part of
/// `I_syn`.
///
/// # Errors
/// All faults.
pub(crate) fn system(spec: &KindSpec, added: &[String]) -> Result<System, Vec<KindFault>> {
    let mut faults: Vec<KindFault> = Vec::new();
    let parameters = parameter_units(spec, &mut faults);
    let mut names: HashMap<String, Declared> = HashMap::new();
    let mut declare =
        |name: &str, meaning: Meaning, unit: Unit, key: String, faults: &mut Vec<KindFault>| {
            if let Some(problem) = bad_name(name) {
                faults.push((key, None, FaultKind::Combination { rule: problem }));
            } else if names.insert(name.to_owned(), Declared { meaning, unit }).is_some() {
                faults.push((key, None, FaultKind::Duplicate { what: "name" }));
            }
        };
    let mut units = Vec::new();
    for (i, (name, unit)) in spec.variables.0.iter().enumerate() {
        let key = format!("variables.{name}");
        if i > 0 && name == "V_m" {
            let rule = "is the name of the membrane potential, the first variable".to_owned();
            faults.push((key.clone(), None, FaultKind::Combination { rule }));
        }
        let unit = Unit::parse(unit).unwrap_or_else(|rule| {
            faults.push((key.clone(), None, FaultKind::Combination { rule }));
            Unit::ONE
        });
        declare(name, Meaning::Variable(i as u32), unit, key, &mut faults);
        units.push(unit);
    }
    if units.len() > MOST_VARIABLES {
        let rule = format!("more than {MOST_VARIABLES} variables");
        faults.push(("variables".to_owned(), None, FaultKind::Combination { rule }));
    }
    for (i, (name, unit)) in parameters.iter().enumerate() {
        if ["model", "preset", "currents"].contains(&name.as_str()) {
            let rule = format!("{name} is a key of every cell: give the parameter another name");
            faults.push((format!("parameters.{name}"), None, FaultKind::Combination { rule }));
        }
        declare(
            name,
            Meaning::Parameter(i as u32),
            *unit,
            format!("parameters.{name}"),
            &mut faults,
        );
    }
    let mut tables = Vec::new();
    for (i, (name, table)) in spec.tables.iter().enumerate() {
        let key = format!("tables.{name}");
        let unit = Unit::parse(&table.unit).unwrap_or_else(|rule| {
            faults.push((format!("{key}.unit"), None, FaultKind::Combination { rule }));
            Unit::ONE
        });
        if table.values.is_empty() {
            faults.push((
                format!("{key}.values"),
                None,
                FaultKind::Combination { rule: "holds no value".to_owned() },
            ));
        }
        declare(name, Meaning::Table(i as u32), unit, key, &mut faults);
        tables.push(TimeTable { interval: table.interval, values: table.values.clone() });
    }
    let (written, bad) = statements(spec.equations());
    let text = Text { key: "equations", text: spec.equations() };
    faults.extend(bad.into_iter().map(|(span, message)| text.fault(&span, message)));
    let (derivatives, definitions) = sort(&written, &text, &mut faults);
    for (i, statement) in definitions.iter().enumerate() {
        if let Some(problem) = bad_name(&statement.name) {
            faults.push(text.fault(&statement.name_span, problem));
        } else if names.contains_key(&statement.name) {
            let message = match names[&statement.name].meaning {
                Meaning::Variable(_) => {
                    format!(
                        "{0} is a variable: write d{0}/dt = ..., or leave it out of the variables",
                        statement.name
                    )
                }
                _ => format!("{} is declared already", statement.name),
            };
            faults.push(text.fault(&statement.name_span, message));
        } else {
            let declared = Declared { meaning: Meaning::Definition(i), unit: Unit::ONE };
            names.insert(statement.name.clone(), declared);
        }
    }
    let input = Declared { meaning: Meaning::Input, unit: Unit::ONE };
    names.insert("I_syn".to_owned(), input);
    let trees: Vec<(String, Tree)> =
        definitions.iter().map(|s| (s.name.clone(), s.value.clone())).collect();
    let mut reader = Reader { spec, units: &units, checker: Checker::new(&names, &trees), faults };
    reader.input();
    for name in added {
        if let Some(place) = trees.iter().position(|tree| tree.0 == *name) {
            reader.add_current(place, &trees[place].1, &text);
        }
    }
    let known = reader.definitions(&trees, &text);
    let rates = reader.rates(&derivatives, &text);
    if let (Some((name, _)), Some(None)) = (spec.variables.0.first(), rates.first())
        && derivatives.iter().all(|d| d.name != *name)
    {
        let message = format!(
            "there is no equation d{name}/dt: the first of the variables is the membrane potential"
        );
        reader.faults.push(text.fault(&(0..0), message));
    }
    let (spike, refractory, held, resets) = reader.spike();
    let (initial, written_initial) = reader.initial();
    let theory = reader.theory();
    let Reader { checker, faults, .. } = reader;
    if !faults.is_empty() {
        return Err(faults);
    }
    let variables =
        spec.variables.0.iter().zip(&units).enumerate().map(|(i, ((name, _), unit))| Variable {
            name: name.clone(),
            unit: *unit,
            derivative: rates[i],
            held: held[i],
            initial: initial[i],
            written: written_initial[i],
            reset: resets[i],
        });
    let variables = variables.collect();
    Ok(System {
        variables,
        definitions: known,
        spike,
        refractory,
        theory,
        tables,
        graph: checker.graph,
    })
}

/// Why a name cannot be declared.
fn bad_name(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let fine = letters.next().is_some_and(|c| c.is_alphabetic())
        && letters.all(|c| c.is_alphanumeric() || c == '_');
    if !fine {
        return Some(format!("{name} is no name: letters, digits and _, a letter first"));
    }
    if RESERVED.contains(&name) || name.starts_with("xi_") {
        return Some(format!("{name} has a meaning of its own in equations"));
    }
    (name.chars().count() == 2 && Unit::symbol(name).is_some())
        .then(|| format!("{name} is a unit: a name of its own would be read for it"))
}

/// Equations of variables, and definitions.
fn sort<'s>(
    written: &'s [Statement],
    text: &Text<'_>,
    faults: &mut Vec<KindFault>,
) -> (Vec<&'s Statement>, Vec<&'s Statement>) {
    let (mut derivatives, mut definitions) = (Vec::new(), Vec::new());
    let mut seen: HashSet<(bool, &str)> = HashSet::new();
    for statement in written {
        let is_derivative = statement.kind == StatementKind::Derivative;
        if !seen.insert((is_derivative, &statement.name)) {
            faults.push(
                text.fault(&statement.name_span, format!("{} has two equations", statement.name)),
            );
            continue;
        }
        match statement.kind {
            StatementKind::Derivative => derivatives.push(statement),
            StatementKind::Equals => definitions.push(statement),
            StatementKind::Changes(sign) => {
                let message = format!("{sign}= changes a value at a spike; equations have =");
                faults.push(text.fault(&statement.name_span, message));
            }
        }
    }
    (derivatives, definitions)
}

/// Builds the graph of a kind from its texts.
struct Reader<'s> {
    spec: &'s KindSpec,
    units: &'s [Unit],
    checker: Checker<'s>,
    faults: Vec<KindFault>,
}

impl Reader<'_> {
    /// Moves what the checker found to the faults of the kind.
    fn settle(&mut self, text: &Text<'_>) {
        for CheckFault { span, message } in std::mem::take(&mut self.checker.faults) {
            self.faults.push(text.fault(&span, message));
        }
    }

    /// `I_syn`: `Drive - Conductance V`, per area where the equations are.
    fn input(&mut self) {
        let graph = &mut self.checker.graph;
        let drive = graph.plain(Node::Drive);
        let mut current = drive;
        if self.units.first().is_some_and(|unit| unit.measures_as(Unit::MV)) {
            let (g, v, factor) = (
                graph.plain(Node::Conductance),
                graph.plain(Node::Variable(0)),
                graph.number(self.units[0].factor()),
            );
            let v = graph.multiply(v, factor);
            let through = graph.multiply(g, v);
            current = graph.subtract(drive, through);
        }
        let mut unit = Unit::PA;
        if let Some(area) = &self.spec.area {
            let square = Unit::parse("um2").unwrap_or_default();
            self.checker.random = false;
            if let Some(area) = self.expression("area", area, square, "the area") {
                current = self.checker.graph.divide(current, area);
            }
            unit = Unit::PA.over(square).unwrap_or_default();
        }
        self.checker.input = Some((current, unit));
    }

    /// A definition that flows into the cell beside its synapses. It may have noise, as the equation that it becomes part of.
    fn add_current(&mut self, place: usize, tree: &Tree, text: &Text<'_>) {
        self.checker.random = true;
        let own = self.checker.current(place, tree);
        self.settle(text);
        let Some((input, unit)) = self.checker.input else { return };
        if let Some(mut own) = own {
            if let Some(area) = self.spec.area.as_ref().filter(|_| !unit.measures_as(Unit::PA)) {
                // Currents are of the whole cell.
                let square = Unit::parse("um2").unwrap_or_default();
                if let Some(area) = self.expression("area", area, square, "the area") {
                    own = self.checker.graph.divide(own, area);
                }
            }
            let sum = self.checker.graph.add(input, own);
            self.checker.input = Some((sum, unit));
        }
    }

    /// One expression of a key, in base units.
    fn expression(&mut self, key: &str, text: &str, unit: Unit, what: &str) -> Option<Id> {
        let at = Text { key, text };
        let tree = match expression(text) {
            Ok(tree) => tree,
            Err((span, message)) => {
                self.faults.push(at.fault(&span, message));
                return None;
            }
        };
        let id = self.checker.number(&tree, unit, what);
        self.settle(&at);
        id
    }

    fn condition(&mut self, key: &str, text: &str, what: &str) -> Option<Id> {
        let at = Text { key, text };
        let tree = match expression(text) {
            Ok(tree) => tree,
            Err((span, message)) => {
                self.faults.push(at.fault(&span, message));
                return None;
            }
        };
        let id = self.checker.condition(&tree, what);
        self.settle(&at);
        id
    }

    fn definitions(&mut self, trees: &[(String, Tree)], text: &Text<'_>) -> Vec<Definition> {
        let mut known = Vec::new();
        for (i, (name, tree)) in trees.iter().enumerate() {
            match self.checker.definition(i, &tree.span) {
                Typed::Number { id, unit, .. } => known.push((name.clone(), id, unit)),
                Typed::Condition(id) => known.push((name.clone(), id, Unit::ONE)),
                Typed::Unknown => {}
            }
        }
        self.settle(text);
        known
    }

    /// The rate of change of each variable (its unit per ms).
    fn rates(&mut self, derivatives: &[&Statement], text: &Text<'_>) -> Vec<Option<Id>> {
        let mut rates = vec![None; self.units.len()];
        self.checker.random = true;
        for statement in derivatives {
            let place = self.spec.variables.0.iter().position(|v| v.0 == statement.name);
            let Some(place) = place else {
                let names = self.spec.variables.0.iter().map(|v| v.0.as_str());
                let near =
                    nearest(&statement.name, names).map(|near| format!("; did you mean {near}?"));
                let hint = near
                    .unwrap_or_else(|| format!(": add {} = \"its unit\" to them", statement.name));
                let message = format!("{} is not among the variables{hint}", statement.name);
                self.faults.push(text.fault(&statement.name_span, message));
                continue;
            };
            let unit = self.units[place];
            let per_time = unit.over(Unit::MS).unwrap_or_default();
            let what = format!("d{}/dt", statement.name);
            if let Some(id) = self.checker.number(&statement.value, per_time, &what) {
                rates[place] = Some(self.in_own_unit(id, unit));
            }
        }
        self.settle(text);
        rates
    }

    /// A value in base units, in the unit of a variable.
    fn in_own_unit(&mut self, id: Id, unit: Unit) -> Id {
        let factor = self.checker.graph.number(unit.factor());
        self.checker.graph.divide(id, factor)
    }

    fn spike(&mut self) -> (Option<Id>, Refractory, Vec<bool>, Vec<Option<Id>>) {
        let n = self.units.len();
        let (mut held, mut resets) = (vec![false; n], vec![None; n]);
        let Some(SpikeSpec { when, then, refractory, until, hold }) = &self.spec.spike else {
            return (None, Refractory::Never, held, resets);
        };
        self.checker.random = true;
        let condition = self.condition("spike.when", when, "when the cell spikes");
        self.checker.random = false;
        let refractory = match (refractory, until) {
            (Some(time), _) => self
                .expression("spike.refractory", time, Unit::MS, "the refractory period")
                .map_or(Refractory::Never, Refractory::Time),
            (None, Some(until)) => self
                .condition("spike.until", until, "what ends the refractory period")
                .map_or(Refractory::Never, Refractory::Until),
            (None, None) => Refractory::Never,
        };
        for (i, name) in hold.iter().flatten().enumerate() {
            match self.spec.variables.0.iter().position(|v| v.0 == *name) {
                Some(place) => held[place] = true,
                None => {
                    let names = self.spec.variables.0.iter().map(|v| v.0.as_str());
                    self.faults.push((
                        format!("spike.hold[{i}]"),
                        None,
                        FaultKind::unknown_name("variable", name, names),
                    ));
                }
            }
        }
        if let Some(then) = then {
            self.resets(then, &mut resets);
        }
        (condition, refractory, held, resets)
    }

    /// What a spike sets: each statement sees what those before it have set.
    fn resets(&mut self, then: &str, resets: &mut [Option<Id>]) {
        let text = Text { key: "spike.then", text: then };
        let (written, bad) = statements(then);
        self.faults.extend(bad.into_iter().map(|(span, message)| text.fault(&span, message)));
        for statement in written {
            let place = self.spec.variables.0.iter().position(|v| v.0 == statement.name);
            let Some(place) = place else {
                let names = self.spec.variables.0.iter().map(|v| v.0.as_str());
                let near = nearest(&statement.name, names)
                    .map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let message = if statement.name == SENT {
                    "send(...) is what on_pre of a synapse does".to_owned()
                } else {
                    format!("{} is no variable{near}", statement.name)
                };
                self.faults.push(text.fault(&statement.name_span, message));
                continue;
            };
            let unit = self.units[place];
            let operator =
                match statement.kind {
                    StatementKind::Equals => None,
                    StatementKind::Changes(sign) => Some(sign),
                    StatementKind::Derivative => {
                        self.faults.push(text.fault(
                            &statement.name_span,
                            "a spike sets values, not rates of change",
                        ));
                        continue;
                    }
                };
            let by = if matches!(operator, Some("*" | "/")) { Unit::ONE } else { unit };
            let what = format!("what {} is set to", statement.name);
            let Some(id) = self.checker.number(&statement.value, by, &what) else { continue };
            let graph = &mut self.checker.graph;
            // Values as the statements before have left them.
            let copy = graph.clone();
            let id = graph.copy_from(&copy, &[id], |_, node| match node {
                Node::Variable(v) => resets[v as usize],
                _ => None,
            })[0];
            let now = resets[place].unwrap_or_else(|| graph.plain(Node::Variable(place as u32)));
            let own = graph.number(unit.factor());
            let value = match operator {
                None => graph.divide(id, own),
                Some("*") => graph.multiply(now, id),
                Some("/") => graph.divide(now, id),
                Some(sign) => {
                    let change = graph.divide(id, own);
                    if sign == "+" { graph.add(now, change) } else { graph.subtract(now, change) }
                }
            };
            resets[place] = Some(value);
        }
        self.settle(&text);
    }

    /// Values at the start: an expression may read other variables, whose values at the start it means.
    fn initial(&mut self) -> (Vec<Id>, Vec<Option<Id>>) {
        let zero = self.checker.graph.number(0.0);
        let n = self.units.len();
        let mut written: Vec<Option<Id>> = vec![None; n];
        self.checker.random = false;
        for (name, text) in &self.spec.init.0 {
            let key = format!("init.{name}");
            let Some(place) = self.spec.variables.0.iter().position(|v| v.0 == *name) else {
                let valid: Vec<String> =
                    self.spec.variables.0.iter().map(|v| v.0.clone()).collect();
                let near = nearest(name, valid.iter().map(String::as_str)).map(str::to_owned);
                self.faults.push((key, None, FaultKind::UnknownKey { nearest: near, valid }));
                continue;
            };
            let unit = self.units[place];
            let what = format!("the initial {name}");
            if let Some(id) = self.expression(&key, text, unit, &what) {
                written[place] = Some(self.in_own_unit(id, unit));
            }
        }
        // As often as there are variables: the longest chain of one that reads another.
        let mut values: Vec<Id> = written.iter().map(|id| id.unwrap_or(zero)).collect();
        for _ in 0..n {
            let now = values.clone();
            let graph = &mut self.checker.graph;
            let copy = graph.clone();
            values = graph.copy_from(&copy, &now, |graph, node| match node {
                Node::Variable(v) => Some(now[v as usize]),
                Node::Time | Node::Drive | Node::Conductance => Some(graph.number(0.0)),
                _ => None,
            });
        }
        for (place, id) in values.iter().enumerate() {
            if self.checker.graph.mentions(*id, |node| matches!(node, Node::Variable(_))) {
                let name = &self.spec.variables.0[place].0;
                let rule = "depends on itself, through the values of other variables".to_owned();
                self.faults.push((format!("init.{name}"), None, FaultKind::Combination { rule }));
            }
        }
        (values, written)
    }

    fn theory(&mut self) -> Vec<(String, Id)> {
        let mut named = Vec::new();
        for (name, text) in &self.spec.theory.0 {
            let key = format!("theory.{name}");
            let Some((_, unit)) = MEMBRANE.iter().find(|m| m.0 == name) else {
                let valid = MEMBRANE.map(|m| m.0.to_owned()).to_vec();
                let near = nearest(name, MEMBRANE.iter().map(|m| m.0)).map(str::to_owned);
                self.faults.push((key, None, FaultKind::UnknownKey { nearest: near, valid }));
                continue;
            };
            let unit = Unit::parse(unit).unwrap_or_default();
            if let Some(id) = self.expression(&key, text, unit, name) {
                if self
                    .checker
                    .graph
                    .mentions(id, |node| matches!(node, Node::Variable(_) | Node::Time))
                {
                    let rule = "must be made of parameters alone".to_owned();
                    self.faults.push((key, None, FaultKind::Combination { rule }));
                }
                named.push((name.clone(), id));
            }
        }
        named
    }
}
