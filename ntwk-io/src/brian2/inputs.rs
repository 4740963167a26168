//! Inputs of imported equations: trains of one source each, and the synapses through which they act on all neurons.

use ntwk_core::constant;
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::units::Unit;
use ntwk_core::spec::{KindParameterSpec, Named, ParameterText};

use super::{Entry, Reader, entry, equations, float, number_of, numbers_of, table, text_of};

const KEYS: [&str; 8] =
    ["times_ms", "on_pre", "on_post", "model", "init", "delay_ms", "method", "record"];

/// What inputs add to a model: entries of its sections.
#[derive(Default)]
pub(super) struct Inputs {
    pub receptors: Vec<(String, Node)>,
    pub synapses: Vec<(String, Node)>,
    pub afferents: Vec<(String, Node)>,
    pub projections: Vec<Node>,
}

/// `name = value`, `name += value`: the name without `_post`, the operator, the value.
struct Change {
    name: String,
    operator: &'static str,
    value: String,
}

impl Reader {
    /// The inputs onto cells with the entries `cell` and these parameters.
    pub(super) fn inputs(
        &mut self,
        node: &Node,
        cell: &[Entry],
        parameters: &[(String, Node)],
    ) -> Inputs {
        let mut inputs = Inputs::default();
        let Value::List(list) = &node.value else {
            self.fault("inputs", Some(node), "expected a list of tables with times_ms and on_pre");
            return inputs;
        };
        for (i, input) in list.iter().enumerate() {
            self.input(&format!("inputs[{i}]"), i + 1, input, (cell, parameters), &mut inputs);
        }
        inputs
    }

    fn input(
        &mut self,
        key: &str,
        number: usize,
        node: &Node,
        (cell, parameters): (&[Entry], &[(String, Node)]),
        inputs: &mut Inputs,
    ) {
        let Value::Table(entries) = &node.value else {
            self.fault(key, Some(node), "expected a table with times_ms and on_pre");
            return;
        };
        self.unknown(key, entries, &KEYS);
        let get = |key: &str| entries.iter().find(|e| e.0 == key).map(|e| &e.1);
        let source = format!("input_{number}");
        let times = get("times_ms").map(numbers_of).unwrap_or_default();
        let train = Node::new(Value::List(times.into_iter().map(float).collect()));
        let spikes = table(vec![entry("trains", Node::new(Value::List(vec![train])))]);
        inputs.afferents.push((
            source.clone(),
            table(vec![entry("size", Node::new(Value::Integer(1))), entry("spikes", spikes)]),
        ));
        if get("record").is_some() {
            self.notes.push(format!(
                "{key}.record is left out: a variable x of the synapses is recorded as x_PROJECTION, see [record]"
            ));
        }
        let Some(on_pre) = get("on_pre").and_then(text_of) else {
            self.fault(&format!("{key}.on_pre"), Some(node), "what a spike does is missing");
            return;
        };
        let model = match get("model") {
            None => Vec::new(),
            Some(node) => self.lines(&format!("{key}.model"), node),
        };
        let delay = get("delay_ms").and_then(number_of).unwrap_or(0.0);
        let projection = |receptor: &str, weight: &str, synapse: Option<&str>| {
            let mut entries = vec![
                entry("source", Node::text(&source)),
                entry("target", Node::text("cells")),
                entry("receptor", Node::text(receptor)),
                entry("weight", Node::text(weight)),
                entry("delay", float(delay)),
                entry("connection", table(vec![entry("rule", Node::text("all_to_all"))])),
                entry("name", Node::text(&format!("{source}_{receptor}"))),
            ];
            entries.extend(synapse.map(|synapse| entry("synapse", Node::text(synapse))));
            table(entries)
        };
        let Some(changes) = self.changes(&format!("{key}.on_pre"), &on_pre) else { return };
        let is_own = |name: &str| model.iter().any(|line| line.name == name);
        let summed = model.iter().find(|line| line.flags.iter().any(|flag| flag == "summed"));
        if let Some(summed) = summed {
            let receptor =
                self.summed_receptor(key, &model, summed, &on_pre, (cell, parameters), get("init"));
            let name = format!("receptor_{number}");
            inputs.projections.push(projection(&name, "1", None));
            inputs.receptors.push((name, receptor));
            return;
        }
        let unit_of = |name: &str| {
            cell.iter()
                .find(|line| line.name == name && (line.is_derivative || line.value.is_none()))
        };
        let mut sent: Vec<(&Change, String)> = Vec::new();
        for change in changes.iter().filter(|change| !is_own(&change.name)) {
            let Some(line) = unit_of(&change.name) else {
                let rule =
                    format!("{} is a variable of neither the synapse nor the cell", change.name);
                self.fault(&format!("{key}.on_pre"), Some(node), rule);
                continue;
            };
            if !matches!(change.operator, "+=" | "-=") {
                let rule = format!(
                    "sets {} {} ...: events add to variables of a cell, so that those of one step can be summed",
                    change.name, change.operator
                );
                self.fault(&format!("{key}.on_pre"), Some(node), rule);
                continue;
            }
            let unit = Unit::parse(&line.unit).map(Unit::base).unwrap_or_default().to_string();
            sent.push((change, unit));
        }
        for (change, unit) in &sent {
            let receptor = change.name.clone();
            if !inputs.receptors.iter().any(|r| r.0 == receptor) {
                inputs.receptors.push((
                    receptor.clone(),
                    table(vec![
                        entry("kind", Node::text("variable")),
                        entry("variable", Node::text(&change.name)),
                        entry("unit", Node::text(unit)),
                    ]),
                ));
            }
        }
        if model.is_empty() {
            for (change, unit) in &sent {
                let value = if change.operator == "-=" {
                    format!("-({})", change.value)
                } else {
                    change.value.clone()
                };
                match constant(&value, unit, &described(parameters)) {
                    Ok(weight) => {
                        let weight = format!("{weight} {}", if unit == "1" { "" } else { unit });
                        inputs.projections.push(projection(&change.name, weight.trim(), None));
                    }
                    Err(why) => {
                        let rule =
                            format!("\"{}\" must be made of parameters: {why}", change.value);
                        self.fault(&format!("{key}.on_pre"), Some(node), rule);
                    }
                }
            }
            return;
        }
        if sent.len() != 1 {
            let rule = "must change one variable of the target, once: what a synapse sends goes to one receptor";
            self.fault(&format!("{key}.on_pre"), Some(node), rule);
            return;
        }
        let (change, unit) = &sent[0];
        let name = format!("synapse_{number}");
        let mut statements = Vec::new();
        for one in &changes {
            if std::ptr::eq(one, *change) {
                let sign = if one.operator == "-=" { "-" } else { "" };
                let per = if unit == "1" { String::new() } else { format!("/(1 {unit})") };
                statements.push(format!("send({sign}({}){per})", one.value));
            } else {
                statements.push(format!("{} {} {}", one.name, one.operator, one.value));
            }
        }
        for line in &model {
            for flag in line.flags.iter().filter(|flag| *flag != "event-driven") {
                let rule = format!(
                    "{} is \"{flag}\": variables of synapses are imported that are event-driven, or clock-driven and summed",
                    line.name
                );
                self.fault(&format!("{key}.model"), Some(node), rule);
            }
        }
        let mut synapse = vec![
            entry("variables", self.variables(&model)),
            entry("equations", Node::text(&equations(&model))),
            entry("on_pre", Node::text(&statements.join("; "))),
        ];
        if let Some(on_post) = get("on_post").and_then(text_of) {
            synapse.push(entry("on_post", Node::text(&on_post)));
        }
        synapse.extend(self.start_of_synapses(&format!("{key}.init"), get("init")));
        synapse.extend(own_parameters(parameters, &[&on_pre, &equations(&model)]));
        inputs.synapses.push((name.clone(), table(synapse)));
        let weight = if unit == "1" { "1".to_owned() } else { format!("1 {unit}") };
        inputs.projections.push(projection(&change.name, &weight, Some(&name)));
    }

    /// Clock-driven variables of synapses, summed into a variable of the cell: those of the source.
    fn summed_receptor(
        &mut self,
        key: &str,
        model: &[Entry],
        summed: &Entry,
        on_pre: &str,
        (cell, parameters): (&[Entry], &[(String, Node)]),
        init: Option<&Node>,
    ) -> Node {
        let target = summed.name.trim_end_matches("_post").to_owned();
        let variable = summed.value.clone().unwrap_or_default();
        let own: Vec<&Entry> = model.iter().filter(|line| !std::ptr::eq(*line, summed)).collect();
        if !own.iter().any(|line| line.name == variable) {
            let rule = format!(
                "the sum of \"{variable}\" is imported where that is a variable of the synapse"
            );
            self.faults_of(&format!("{key}.model"), rule);
        }
        if !cell.iter().any(|line| line.name == target && line.value.is_none()) {
            let rule = format!("{target} is no variable of the cell without an equation");
            self.faults_of(&format!("{key}.model"), rule);
        }
        let text = equations(own.iter().copied());
        let mut receptor = vec![
            entry("kind", Node::text("equations")),
            entry("per", Node::text("source")),
            entry("variables", self.variables(own.iter().copied())),
            entry("equations", Node::text(&text)),
            entry("on_event", Node::text(on_pre)),
            entry("sum", table(vec![(target, Node::text(&variable))])),
            entry("unit", Node::text("1")),
        ];
        self.notes.push(format!(
            "{key}: the variables of its synapses became those of the source, which has them once: all its synapses have the same \
             values"
        ));
        receptor.extend(self.start_of_synapses(&format!("{key}.init"), init));
        receptor.extend(own_parameters(parameters, &[on_pre, &text]));
        table(receptor)
    }

    /// Values of variables of synapses at the start.
    fn start_of_synapses(&mut self, key: &str, node: Option<&Node>) -> Option<(String, Node)> {
        let node = node?;
        let mut values = Vec::new();
        for (name, node) in self.entries(key, node) {
            if let Some((value, unit)) = self.quantity(&format!("{key}.{name}"), node) {
                values.push((name.clone(), Node::text(format!("{value} {unit}").trim())));
            }
        }
        Some(entry("init", table(values)))
    }

    /// The statements of code for an event.
    fn changes(&mut self, key: &str, text: &str) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        for statement in text.split([';', '\n']).map(str::trim).filter(|s| !s.is_empty()) {
            let found = ["+=", "-=", "*=", "/=", "="]
                .into_iter()
                .find_map(|operator| Some((operator, statement.split_once(operator)?)));
            let Some((operator, (name, value))) = found else {
                self.faults_of(key, format!("\"{statement}\" is no statement such as g_post += w"));
                return None;
            };
            let name = name.trim().trim_end_matches("_post").to_owned();
            changes.push(Change { name, operator, value: value.trim().to_owned() });
        }
        Some(changes)
    }
}

/// The parameters that some texts name, as a section.
fn own_parameters(parameters: &[(String, Node)], texts: &[&str]) -> Option<(String, Node)> {
    let reads = |name: &str| {
        texts.iter().any(|text| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
        })
    };
    let own: Vec<(String, Node)> =
        parameters.iter().filter(|(name, _)| reads(name)).cloned().collect();
    (!own.is_empty()).then(|| entry("parameters", table(own)))
}

/// Parameters as expressions read them.
fn described(parameters: &[(String, Node)]) -> Named<KindParameterSpec> {
    let described = parameters.iter().map(|(name, node)| {
        let value = text_of(node).map(|text| ParameterText::Text(text.trim().to_owned()));
        (name.clone(), KindParameterSpec { value, unit: None, range: None, doc: None })
    });
    described.collect()
}
