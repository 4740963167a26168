//! Importer of equations of Brian2, as JSON.
//!
//! | keys | become |
//! |---|---|
//! | `equations` (text, or a list of lines), `threshold`, `reset`, `refractory` | a kind of cell: `equations`, `variables`, `spike` |
//! | `method` | `euler`, `rk4`, `exponential_euler`, `exact` (`linear`): the same; `rk2`: `midpoint`; `heun`, which is forward Euler without noise: `euler` |
//! | `parameters` or `namespace`: a number, text such as `"10*mV"`, or `{value, unit}` | parameters |
//! | `timed_arrays`: `{values, unit, dt_ms}` | tables |
//! | `initial`, `per_neuron`: as parameters, or `{values, unit}` | initial values of the population |
//! | of `initial`, text such as `"b*V"` | the initial value of the kind, for each neuron |
//! | `inputs`: a list of `{times_ms, on_pre}`, with `delay_ms` | a source each, whose spikes reach every neuron: `g_post += w` raises a variable of the cell (a receptor of kind `variable`) |
//! | in one of them, `model` (event-driven), `on_pre`, `on_post`, `init` | a synapse by its equations |
//! | in one of them, `model` with a summed line (`s_tot_post = s`) and clock-driven variables | a receptor by equations, per source |
//! | `about`, `source` | documentation |
//! | `name`, `N`, `dt_ms`, `t_stop_ms` | names, size of the population, the simulation |
//!
//! Lines are those of Brian2: `dx/dt = f : unit (flags)`, `x = f : unit`, `x : unit (flags)`. A line without a right side is a
//! variable that keeps its value, one for each neuron. `unless refractory` becomes `hold`; a `refractory` that is a condition
//! becomes `until` its opposite. What is not understood is a fault.

mod inputs;

use std::collections::HashSet;

use ntwk_core::model::unused_parameters::NOT_EXPRESSIONS;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::nearest::nearest;
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::units::Unit;

use inputs::Inputs;

/// An imported cell and what there is to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Brian2Import {
    /// A model: the kind, and a population of it.
    pub tree: Node,
    /// What was decided, each with its key.
    pub notes: Vec<String>,
}

const KEYS: [&str; 17] = [
    "about",
    "source",
    "name",
    "N",
    "equations",
    "threshold",
    "reset",
    "refractory",
    "method",
    "parameters",
    "namespace",
    "timed_arrays",
    "inputs",
    "initial",
    "per_neuron",
    "dt_ms",
    "t_stop_ms",
];

/// Imports equations of Brian2.
///
/// # Errors
/// All faults, each with its key.
pub fn import_brian2(root: &Node) -> Result<Brian2Import, Faults> {
    let mut reader = Reader { faults: Faults::default(), notes: Vec::new() };
    let tree = reader.model(root);
    let Reader { faults, notes } = reader;
    faults.into_result(Brian2Import { tree, notes })
}

/// One entry of the equations.
struct Entry {
    name: String,
    /// The right side; `None` for a parameter.
    value: Option<String>,
    is_derivative: bool,
    unit: String,
    flags: Vec<String>,
}

struct Reader {
    faults: Faults,
    notes: Vec<String>,
}

fn table(entries: Vec<(String, Node)>) -> Node {
    Node::new(Value::Table(entries))
}

fn entry(key: &str, node: Node) -> (String, Node) {
    (key.to_owned(), node)
}

fn float(x: f64) -> Node {
    Node::new(Value::Float(x))
}

impl Reader {
    fn fault(&mut self, key: &str, node: Option<&Node>, rule: impl Into<String>) {
        let line = node.and_then(|node| node.line);
        self.faults.push(key, None, line, FaultKind::Combination { rule: rule.into() });
    }

    /// A fault without a line.
    fn faults_of(&mut self, key: &str, rule: String) {
        self.fault(key, None, rule);
    }

    /// Faults keys that a table does not have.
    fn unknown(&mut self, path: &str, entries: &[(String, Node)], known: &[&str]) {
        for (key, node) in entries.iter().filter(|e| !known.contains(&e.0.as_str())) {
            let nearest = nearest(key, known.iter().copied()).map(str::to_owned);
            let valid = known.iter().map(|&key| key.to_owned()).collect();
            let key = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.faults.push(key, None, node.line, FaultKind::UnknownKey { nearest, valid });
        }
    }

    fn model(&mut self, root: &Node) -> Node {
        let Value::Table(entries) = &root.value else {
            self.fault("(file)", Some(root), "expected a table of keys");
            return table(Vec::new());
        };
        self.unknown("", entries, &KEYS);
        let get = |key: &str| entries.iter().find(|e| e.0 == key).map(|e| &e.1);
        let name = get("name").and_then(text_of).unwrap_or_else(|| "cell".to_owned());
        let name: String =
            name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        let lines = self.equations(get("equations"));
        let mut kind: Vec<(String, Node)> = Vec::new();
        let said: Vec<String> =
            ["about", "source"].iter().filter_map(|key| get(key).and_then(text_of)).collect();
        if !said.is_empty() {
            kind.push(entry("doc", Node::text(&said.join("; "))));
        }
        kind.push(entry("variables", self.variables(&lines)));
        kind.push(entry("equations", Node::text(&equations(&lines))));
        kind.extend(self.spike(&lines, get("threshold"), get("reset"), get("refractory")));
        kind.extend(self.method(&lines, get("method")));
        let mut parameters = Vec::new();
        for key in ["parameters", "namespace"] {
            let Some(node) = get(key) else { continue };
            for (name, node) in self.entries(key, node) {
                if let Some((value, unit)) = self.quantity(&format!("{key}.{name}"), node) {
                    parameters.push((name.clone(), Node::text(&format!("{value} {unit}"))));
                }
            }
        }
        let inputs = get("inputs").map(|node| self.inputs(node, &lines, &parameters));
        if let Some(node) = get("timed_arrays") {
            let tables = self.timed_arrays(node);
            kind.push(entry("tables", table(tables)));
        }
        let number = |key: &str| get(key).and_then(number_of);
        let mut initial: Vec<(String, Node)> = Vec::new();
        let mut size = number("N").unwrap_or(1.0);
        let mut expressions: Vec<(String, Node)> = Vec::new();
        for key in ["initial", "per_neuron"] {
            let Some(node) = get(key) else { continue };
            for (name, node) in self.entries(key, node) {
                // An expression of other variables.
                if let Some(text) = text_of(node)
                    && quantity_of(&text).is_none()
                    && lines.iter().any(|line| line.name == *name)
                {
                    expressions.push((name.clone(), Node::text(&text)));
                    continue;
                }
                if let Some((value, n)) = self.initial(&format!("{key}.{name}"), name, node, &lines)
                {
                    size = size.max(n as f64);
                    let name = if lines.first().is_some_and(|first| first.name == *name) {
                        "V_m"
                    } else {
                        name
                    };
                    initial.push((name.to_owned(), value));
                }
            }
        }
        if !expressions.is_empty() {
            kind.push(entry("init", table(expressions)));
        }
        let mut population = vec![
            entry("size", Node::new(Value::Integer(size as i64))),
            entry("cell", table(vec![entry("model", Node::text(&name))])),
        ];
        if !initial.is_empty() {
            population.push(entry("initial", table(initial)));
        }
        let simulation = vec![
            entry("dt", float(number("dt_ms").unwrap_or(0.1))),
            entry("t_stop", float(number("t_stop_ms").unwrap_or(1000.0))),
        ];
        let Inputs { receptors, synapses, afferents, projections } = inputs.unwrap_or_default();
        // A namespace may hold what inputs alone use, or nothing.
        let mut names = HashSet::new();
        let expressions = kind.iter().chain(&receptors).chain(&synapses);
        expressions
            .filter(|(key, _)| !NOT_EXPRESSIONS.contains(&key.as_str()))
            .for_each(|(_, node)| node.collect_names(&NOT_EXPRESSIONS, &mut names));
        parameters.retain(|(name, _)| names.contains(name));
        if !parameters.is_empty() {
            kind.push(entry("parameters", table(parameters)));
        }
        let mut model = vec![
            entry("simulation", table(simulation)),
            entry("kinds", table(vec![(name, table(kind))])),
            entry("populations", table(vec![entry("cells", table(population))])),
        ];
        for (section, entries) in
            [("receptors", receptors), ("synapses", synapses), ("afferents", afferents)]
        {
            if !entries.is_empty() {
                model.push(entry(section, table(entries)));
            }
        }
        if !projections.is_empty() {
            model.push(entry("projections", Node::new(Value::List(projections))));
        }
        table(model)
    }

    fn entries<'n>(&mut self, key: &str, node: &'n Node) -> &'n [(String, Node)] {
        match &node.value {
            Value::Table(entries) => entries,
            _ => {
                self.fault(key, Some(node), "expected a table of names");
                &[]
            }
        }
    }

    /// Lines of equations, in their order.
    fn lines(&mut self, key: &str, node: &Node) -> Vec<Entry> {
        let text = match &node.value {
            Value::String(text) => text.clone(),
            Value::List(lines) => lines.iter().filter_map(text_of).collect::<Vec<_>>().join("\n"),
            _ => {
                self.fault(key, Some(node), "expected text or a list of lines");
                return Vec::new();
            }
        };
        let (found, faults) = read_entries(&text);
        for rule in faults {
            self.fault(key, Some(node), rule);
        }
        found
    }

    /// The entries of the equations, the membrane potential first.
    fn equations(&mut self, node: Option<&Node>) -> Vec<Entry> {
        let key = "equations";
        let Some(node) = node else {
            self.faults.push(
                key,
                None,
                None,
                FaultKind::MissingKey { expected: "the equations".to_owned() },
            );
            return Vec::new();
        };
        let mut found = self.lines(key, node);
        for entry in &found {
            for flag in &entry.flags {
                match flag.as_str() {
                    "unless refractory" | "constant" => {}
                    "constant over dt" => self.notes.push(format!(
                        "{}: \"constant over dt\" is not needed: with euler everything is that of the start of the step",
                        entry.name
                    )),
                    "shared" => self.notes.push(format!(
                        "{}: \"shared\" is left out: every neuron has the value of its own, which is the same",
                        entry.name
                    )),
                    other => {
                        let name = &entry.name;
                        let rule = format!(
                            "{name} is \"{other}\": synapses of equations and links between groups are not imported"
                        );
                        self.faults.push(key, None, node.line, FaultKind::Combination { rule });
                    }
                }
            }
        }
        let potential = |e: &Entry| {
            e.is_derivative && ["v", "vm", "v_m"].contains(&e.name.to_lowercase().as_str())
        };
        let first =
            found.iter().position(potential).or_else(|| found.iter().position(|e| e.is_derivative));
        match first {
            Some(first) => {
                let entry = found.remove(first);
                found.insert(0, entry);
            }
            None if found.is_empty() => {}
            None => self.fault(key, Some(node), "there is no equation d.../dt"),
        }
        found
    }

    fn variables<'e>(&mut self, lines: impl IntoIterator<Item = &'e Entry>) -> Node {
        let mut units = Vec::new();
        for line in lines.into_iter().filter(|line| line.is_derivative || line.value.is_none()) {
            let unit = match line.unit.as_str() {
                "boolean" | "integer" => Ok(Unit::ONE),
                text => Unit::parse(text).map(Unit::base),
            };
            match unit {
                Ok(unit) => units.push((line.name.clone(), Node::text(&unit.to_string()))),
                Err(rule) => self.fault("equations", None, format!("{}: {rule}", line.name)),
            }
        }
        table(units)
    }

    fn spike(
        &mut self,
        lines: &[Entry],
        threshold: Option<&Node>,
        reset: Option<&Node>,
        refractory: Option<&Node>,
    ) -> Option<(String, Node)> {
        let text =
            |node: Option<&Node>| node.and_then(text_of).filter(|text| !text.trim().is_empty());
        let Some(threshold) = text(threshold) else {
            if text(reset).is_some() {
                self.fault("reset", reset, "there is no threshold");
            }
            return None;
        };
        let mut spike = vec![entry("when", Node::text(threshold.trim()))];
        spike.extend(text(reset).map(|reset| entry("then", Node::text(reset.trim()))));
        let refractory = match refractory.map(|node| &node.value) {
            Some(Value::Bool(false) | Value::Null) | None => None,
            Some(Value::Float(_) | Value::Integer(_)) => {
                self.fault("refractory", refractory, "needs a unit, such as \"2*ms\"");
                None
            }
            _ => text(refractory),
        };
        let holds: Vec<Node> = lines
            .iter()
            .filter(|line| line.flags.iter().any(|flag| flag == "unless refractory"))
            .map(|line| Node::text(&line.name))
            .collect();
        if let Some(refractory) = refractory {
            let words = refractory.split(|c: char| !c.is_alphanumeric() && c != '_');
            let is_condition = refractory.contains(['<', '>', '='])
                || words.into_iter().any(|w| matches!(w, "and" | "or" | "not"));
            spike.push(if is_condition {
                entry("until", Node::text(&format!("not ({})", refractory.trim())))
            } else {
                entry("refractory", Node::text(refractory.trim()))
            });
            if !holds.is_empty() {
                spike.push(entry("hold", Node::new(Value::List(holds))));
            }
        }
        Some(entry("spike", table(spike)))
    }

    fn method(&mut self, lines: &[Entry], node: Option<&Node>) -> Option<(String, Node)> {
        let Some(method) = node.and_then(text_of) else {
            self.notes.push(
                "method: none is given; Brian2 takes the first of exact, euler, heun that it can, this model euler".to_owned(),
            );
            return Some(entry("method", Node::text("euler")));
        };
        let noise =
            lines.iter().any(|line| line.value.as_deref().is_some_and(|text| text.contains("xi")));
        let method = match method.as_str() {
            "euler" | "rk4" | "exponential_euler" | "exact" => method,
            "linear" => "exact".to_owned(),
            "rk2" => "midpoint".to_owned(),
            "heun" if !noise => {
                self.notes.push(
                    "method: heun of Brian2 is forward Euler where there is no noise, and became euler".to_owned(),
                );
                "euler".to_owned()
            }
            other => {
                let rule = format!(
                    "\"{other}\" has no counterpart: there are euler, exponential_euler, rk2, rk4 and exact, and heun without \
                     noise"
                );
                self.fault("method", node, rule);
                return None;
            }
        };
        Some(entry("method", Node::text(&method)))
    }

    /// A value and its unit: a number, `"10*mV"`, or a table of both.
    fn quantity(&mut self, key: &str, node: &Node) -> Option<(f64, String)> {
        let found = match &node.value {
            Value::Float(_) | Value::Integer(_) => number_of(node).map(|x| (x, String::new())),
            Value::String(text) => quantity_of(text),
            Value::Table(entries) => {
                let get = |name: &str| entries.iter().find(|e| e.0 == name).map(|e| &e.1);
                let unit = get("unit").and_then(text_of).unwrap_or_default();
                let unit = if unit == "1" { String::new() } else { unit };
                get("value").and_then(number_of).map(|x| (x, unit))
            }
            _ => None,
        };
        if found.is_none() {
            self.fault(
                key,
                Some(node),
                "expected a number, a text such as \"10*mV\", or { value, unit }",
            );
        }
        found
    }

    /// An initial value as a population has it, and how many neurons it is for.
    fn initial(
        &mut self,
        key: &str,
        name: &str,
        node: &Node,
        lines: &[Entry],
    ) -> Option<(Node, usize)> {
        let Some(line) = lines
            .iter()
            .find(|line| line.name == *name && (line.is_derivative || line.value.is_none()))
        else {
            self.fault(key, Some(node), format!("{name} is no variable of the equations"));
            return None;
        };
        let own = Unit::parse(&line.unit).map(Unit::base).unwrap_or(Unit::ONE);
        let in_own = |x: f64, unit: &str| {
            let unit = if unit.is_empty() { Ok(Unit::ONE) } else { Unit::parse(unit) };
            unit.ok().filter(|unit| unit.measures_as(own)).map(|unit| unit.to_base(x))
        };
        if let Value::Table(entries) = &node.value
            && let Some((_, values)) = entries.iter().find(|e| e.0 == "values")
        {
            let unit = entries
                .iter()
                .find(|e| e.0 == "unit")
                .and_then(|e| text_of(&e.1))
                .unwrap_or_default();
            let values: Option<Vec<f64>> = numbers_of(values)
                .into_iter()
                .map(|x| in_own(x, if unit == "1" { "" } else { &unit }))
                .collect();
            let Some(values) = values else {
                self.fault(key, Some(node), format!("is not in a unit of {name}"));
                return None;
            };
            let n = values.len();
            return Some((Node::new(Value::List(values.into_iter().map(float).collect())), n));
        }
        let (value, unit) = self.quantity(key, node)?;
        match in_own(value, &unit) {
            Some(x) => Some((float(x), 1)),
            None => {
                self.fault(key, Some(node), format!("is not in a unit of {name}"));
                None
            }
        }
    }

    fn timed_arrays(&mut self, node: &Node) -> Vec<(String, Node)> {
        let mut tables = Vec::new();
        for (name, array) in self.entries("timed_arrays", node) {
            let Value::Table(entries) = &array.value else {
                self.fault(
                    &format!("timed_arrays.{name}"),
                    Some(array),
                    "expected { values, unit, dt_ms }",
                );
                continue;
            };
            let get = |key: &str| entries.iter().find(|e| e.0 == key).map(|e| &e.1);
            let (values, interval) =
                (get("values").map(numbers_of), get("dt_ms").and_then(number_of));
            let (Some(values), Some(interval)) = (values, interval) else {
                self.fault(
                    &format!("timed_arrays.{name}"),
                    Some(array),
                    "expected { values, unit, dt_ms }",
                );
                continue;
            };
            let unit = get("unit").and_then(text_of).unwrap_or_else(|| "1".to_owned());
            let entries = vec![
                entry("interval", float(interval)),
                entry("values", Node::new(Value::List(values.into_iter().map(float).collect()))),
                entry("unit", Node::text(&unit)),
            ];
            tables.push((name.clone(), table(entries)));
        }
        tables
    }
}

/// The equations without units and flags.
fn equations<'e>(lines: impl IntoIterator<Item = &'e Entry>) -> String {
    let mut text = String::new();
    for line in lines {
        let Some(value) = &line.value else { continue };
        let left =
            if line.is_derivative { format!("d{}/dt", line.name) } else { line.name.clone() };
        text += &format!("{left} = {value}\n");
    }
    text
}

/// The lines of equations, and what is wrong with others.
fn read_entries(text: &str) -> (Vec<Entry>, Vec<String>) {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let mut open = String::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        open = format!("{open} {line}").trim().to_owned();
        let Some((left, unit)) = open.split_once(':') else { continue };
        match read_entry(left.trim(), unit.trim()) {
            Ok(entry) => found.push(entry),
            Err(rule) => faults.push(format!("\"{open}\": {rule}")),
        }
        open.clear();
    }
    if !open.is_empty() {
        faults.push(format!("\"{open}\" has no unit: \": volt\" or the like is missing"));
    }
    (found, faults)
}

fn read_entry(left: &str, unit: &str) -> Result<Entry, String> {
    let (unit, flags) = match unit.split_once('(') {
        Some((unit, flags)) if !unit.trim().is_empty() => {
            let flags = flags.trim().strip_suffix(')').ok_or("the flags are not closed")?;
            (unit.trim(), flags.split(',').map(|flag| flag.trim().to_owned()).collect())
        }
        _ => (unit, Vec::new()),
    };
    let (name, value) = match left.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
        None => (left, None),
    };
    let derivative =
        name.strip_prefix('d').and_then(|name| name.strip_suffix("/dt")).map(str::trim);
    let (name, is_derivative) = derivative.map_or((name, false), |name| (name, true));
    if is_derivative && value.is_none() {
        return Err("the right side is missing".to_owned());
    }
    Ok(Entry { name: name.to_owned(), value, is_derivative, unit: unit.to_owned(), flags })
}

/// `10*mV`, `-60 mV`, `0.5`.
fn quantity_of(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let number = |n: usize| text[..n].trim().parse::<f64>().ok();
    let split =
        (1..=text.len()).rev().find(|&n| text.is_char_boundary(n) && number(n).is_some())?;
    let unit = text[split..].trim();
    let unit = unit.strip_prefix('*').unwrap_or(unit).trim();
    Some((number(split)?, unit.to_owned()))
}

fn text_of(node: &Node) -> Option<String> {
    if let Value::String(text) = &node.value { Some(text.clone()) } else { None }
}

fn number_of(node: &Node) -> Option<f64> {
    match node.value {
        Value::Float(x) => Some(x),
        Value::Integer(n) => Some(n as f64),
        _ => None,
    }
}

fn numbers_of(node: &Node) -> Vec<f64> {
    match &node.value {
        Value::List(items) => items.iter().filter_map(number_of).collect(),
        Value::Numbers(numbers) => numbers.clone(),
        _ => Vec::new(),
    }
}
