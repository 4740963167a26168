//! Importer of the flat JSON of the Python package neural_network_dynamics.
//!
//! Keys such as `Exc_Gl`, `Q_Exc_Inh`, `p_Exc_Inh`, `N_AffExc`, `F_AffExc`; keys that start with
//! a space or are made of punctuation are comments there. The class of a population is in its
//! name there ("Exc", "Inh"); here the importer turns it into receptors once, says so where it had
//! to guess, and the model that comes out names everything.

use std::collections::BTreeMap;

use ntwk_core::ModelSpec;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::waveform::Waveform;
use ntwk_core::spec::{
    AfferentSpec, CellSpec, ConnectionSpec, Named, ParameterText, PopulationSpec, ProjectionSpec,
    ReceptorSpec, SimulationSpec,
};

/// An imported model and what the importer has to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The model.
    pub spec: ModelSpec,
    /// Guesses made and keys left out, each with its key.
    pub notes: Vec<String>,
}

/// Flat dictionary with the keys that were read.
struct Flat<'a> {
    entries: BTreeMap<&'a str, &'a Node>,
    read: Vec<String>,
    faults: Faults,
    notes: Vec<String>,
}

impl<'a> Flat<'a> {
    fn node(&mut self, key: &str) -> Option<&'a Node> {
        self.read.push(key.to_owned());
        self.entries.get(key).copied()
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        let node = self.node(key)?;
        match node.value {
            Value::Integer(i) => Some(i as f64),
            Value::Float(x) if x.is_finite() => Some(x),
            _ => {
                let kind = FaultKind::WrongType {
                    expected: "a number".to_owned(),
                    found: node.type_name(),
                };
                self.faults.push(key, Some(node.display()), node.line, kind);
                None
            }
        }
    }

    fn required(&mut self, key: &str, expected: &str) -> Option<f64> {
        if !self.entries.contains_key(key) {
            self.faults.push(
                key,
                None,
                None,
                FaultKind::MissingKey { expected: expected.to_owned() },
            );
        }
        self.number(key)
    }

    /// Adds a fault about a key that is present.
    fn fault(&mut self, key: &str, kind: FaultKind) {
        let node = self.entries.get(key);
        let (value, line) = (node.map(|n| n.display()), node.and_then(|n| n.line));
        self.faults.push(key, value, line, kind);
    }

    /// The first of several spellings.
    fn either(&mut self, keys: &[&str]) -> Option<f64> {
        keys.iter().filter_map(|key| self.number(key)).next()
    }

    fn names(&mut self, key: &str) -> Option<Vec<String>> {
        let node = self.node(key)?;
        let names: Option<Vec<String>> = match &node.value {
            Value::List(items) => items
                .iter()
                .map(|item| if let Value::String(s) = &item.value { Some(s.clone()) } else { None })
                .collect(),
            _ => None,
        };
        if names.is_none() {
            let expected = "a list of names".to_owned();
            self.fault(key, FaultKind::WrongType { expected, found: node.type_name() });
        }
        names
    }
}

/// Imports a flat dictionary.
///
/// # Errors
/// All faults: missing cell parameters, values of the wrong type, a tree that is not a table.
pub fn import_upstream(root: &Node) -> Result<Import, Faults> {
    let Value::Table(table) = &root.value else {
        let mut faults = Faults::default();
        let kind = FaultKind::WrongType {
            expected: "a table of keys".to_owned(),
            found: root.type_name(),
        };
        faults.push("(file)", None, root.line, kind);
        return Err(faults);
    };
    let entries = table
        .iter()
        .filter(|(key, _)| !is_comment(key))
        .map(|(key, node)| (key.as_str(), node))
        .collect();
    let mut flat = Flat { entries, read: Vec::new(), faults: Faults::default(), notes: Vec::new() };
    let order: Vec<&str> = table.iter().map(|(key, _)| key.as_str()).collect();

    let (populations, afferents) = population_names(&mut flat, &order);
    let mut spec = ModelSpec::default();
    spec.simulation = simulation(&mut flat);
    spec.populations =
        populations.iter().filter_map(|p| Some((p.clone(), population(&mut flat, p)?))).collect();
    spec.afferents =
        afferents.iter().filter_map(|a| Some((a.clone(), afferent(&mut flat, a)?))).collect();
    for source in populations.iter().chain(&afferents) {
        for target in &populations {
            if let Some(projection) = projection(&mut flat, source, target, &mut spec.receptors) {
                spec.projections.push(projection);
            }
        }
    }
    merge_targets(&mut spec.projections);

    let unread: Vec<&str> = order
        .iter()
        .copied()
        .filter(|key| !is_comment(key) && !flat.read.iter().any(|r| r == key))
        .collect();
    for key in unread {
        flat.notes.push(format!("{key}: not part of a network description; left out"));
    }
    flat.faults.into_result(Import { spec, notes: flat.notes })
}

/// Comment keys hold words, spaces and rules; a key of the package is one identifier.
fn is_comment(key: &str) -> bool {
    !key.chars().next().is_some_and(char::is_alphabetic)
        || !key.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Populations have `<name>_Gl`; afferents have `N_<name>` without it. The lists `REC_POPS` and
/// `AFF_POPS` win where they exist.
fn population_names(flat: &mut Flat<'_>, order: &[&str]) -> (Vec<String>, Vec<String>) {
    let sized: Vec<String> =
        order.iter().filter_map(|key| key.strip_prefix("N_")).map(str::to_owned).collect();
    let has_cell = |name: &String| order.contains(&format!("{name}_Gl").as_str());
    let populations = flat
        .names("REC_POPS")
        .unwrap_or_else(|| sized.iter().filter(|n| has_cell(n)).cloned().collect());
    let afferents = flat.names("AFF_POPS").unwrap_or_else(|| {
        sized.iter().filter(|n| !has_cell(n) && !populations.contains(n)).cloned().collect()
    });
    (populations, afferents)
}

fn simulation(flat: &mut Flat<'_>) -> SimulationSpec {
    let mut simulation = SimulationSpec::default();
    let seed = flat.number("SEED").unwrap_or(simulation.seed as f64);
    if seed < 0.0 || seed.fract() != 0.0 {
        let kind = FaultKind::OutOfRange { allowed: "a whole number >= 0".to_owned() };
        flat.fault("SEED", kind);
    }
    simulation.seed = seed.max(0.0) as u64;
    simulation.dt = flat.number("dt").unwrap_or(simulation.dt);
    simulation.t_stop = flat.required("tstop", "the duration in ms").unwrap_or(simulation.t_stop);
    simulation
}

fn size(flat: &mut Flat<'_>, name: &str) -> Option<u64> {
    let n = flat.required(&format!("N_{name}"), "a number of neurons")?;
    if n >= 1.0 && n.fract() == 0.0 {
        return Some(n as u64);
    }
    let kind = FaultKind::OutOfRange { allowed: "a whole number >= 1".to_owned() };
    flat.fault(&format!("N_{name}"), kind);
    None
}

fn population(flat: &mut Flat<'_>, name: &str) -> Option<PopulationSpec> {
    let size = size(flat, name);
    let mut values = Vec::new();
    let mut read = |flat: &mut Flat<'_>, theirs: &str, ours: &str| {
        let value =
            flat.required(&format!("{name}_{theirs}"), &format!("{ours} of population {name}"));
        value.inspect(|&x| values.push((ours.to_owned(), ParameterText::Number(x))))
    };
    for (theirs, ours) in [
        ("Cm", "C_m"),
        ("Gl", "g_L"),
        ("El", "E_L"),
        ("Vthre", "V_th"),
        ("Vreset", "V_reset"),
        ("Trefrac", "t_ref"),
    ] {
        read(flat, theirs, ours);
    }
    let slope = read(flat, "deltaV", "Delta_T");
    let a = read(flat, "a", "a");
    let b = read(flat, "b", "b");
    read(flat, "tauw", "tau_w");
    // A cell without exponential or adaptation is written as what it is: its other parameters
    // would have no effect.
    let adapting = a.is_some_and(|x| x != 0.0) || b.is_some_and(|x| x != 0.0);
    let exponential = slope.is_some_and(|x| x != 0.0);
    let model = match (exponential, adapting) {
        (_, true) => "AdEx",
        (true, false) => "EIF",
        (false, false) => "LIF",
    };
    values.retain(|(key, _)| match key.as_str() {
        "Delta_T" => model != "LIF",
        "a" | "b" | "tau_w" => model == "AdEx",
        _ => true,
    });
    let cell = CellSpec { model: Some(model.to_owned()), preset: None, values };
    Some(PopulationSpec::new(size?, cell))
}

fn afferent(flat: &mut Flat<'_>, name: &str) -> Option<AfferentSpec> {
    let size = size(flat, name)?;
    let rate = match flat.number(&format!("F_{name}")) {
        Some(rate) => rate,
        None => {
            flat.notes.push(format!("F_{name}: absent; the afferent rate is set to 0 Hz"));
            0.0
        }
    };
    flat.notes.push(format!(
        "{name}: the drive is Poisson here; the package draws at most one event per step \
         (statistics = \"at_most_one_per_step\")"
    ));
    Some(AfferentSpec::poisson(size, Waveform::Constant(rate)))
}

fn projection(
    flat: &mut Flat<'_>,
    source: &str,
    target: &str,
    receptors: &mut Named<ReceptorSpec>,
) -> Option<ProjectionSpec> {
    let (p_key, q_key) = (format!("p_{source}_{target}"), format!("Q_{source}_{target}"));
    let (p, weight) = (flat.number(&p_key), flat.number(&q_key));
    let (p, weight) = match (p, weight) {
        (None, None) => return None,
        (Some(p), Some(weight)) => (p, weight),
        (Some(_), None) => {
            flat.notes.push(format!(
                "{q_key}: absent while {p_key} is given; no connection, as in the package"
            ));
            return None;
        }
        (None, Some(_)) => {
            flat.notes.push(format!(
                "{p_key}: absent while {q_key} is given; no connection, as in the package"
            ));
            return None;
        }
    };
    let receptor = receptor(flat, source, receptors)?;
    let connection = ConnectionSpec::FixedInDegree {
        in_degree: None,
        probability: Some(p),
        multapses: true,
        autapses: false,
    };
    Some(ProjectionSpec::new(source, target, receptor, weight, connection))
}

/// The receptor of a source: its own `Erev_<source>`, `Tsyn_<source>`, else those of its class.
#[allow(non_snake_case)]
fn receptor(
    flat: &mut Flat<'_>,
    source: &str,
    receptors: &mut Named<ReceptorSpec>,
) -> Option<String> {
    let inhibitory = source.contains("Inh");
    if !inhibitory && !source.contains("Exc") {
        let note = format!(
            "{source}: its name holds neither Exc nor Inh; taken as excitatory, as the package does with a warning"
        );
        if !flat.notes.contains(&note) {
            flat.notes.push(note);
        }
    }
    let own_E = flat.number(&format!("Erev_{source}"));
    let own_tau = flat.number(&format!("Tsyn_{source}"));
    let (name, E_keys, tau_keys): (&str, [&str; 2], [&str; 2]) = if inhibitory {
        ("inh", ["Erev_Inh", "Ei"], ["Tsyn_Inh", "Tsi"])
    } else {
        ("exc", ["Erev_Exc", "Ee"], ["Tsyn_Exc", "Tse"])
    };
    let class_E = flat.either(&E_keys);
    let class_tau = flat.either(&tau_keys);
    // A receptor of its own only where the source's values differ from its class's: a population
    // called "Exc" reads the same keys as the class.
    let differs = |own: Option<f64>, class: Option<f64>| own.is_some() && own != class;
    let name = if differs(own_E, class_E) || differs(own_tau, class_tau) { source } else { name };
    let missing = |flat: &mut Flat<'_>, key: &str, expected: &str| {
        if !flat.faults.list.iter().any(|fault| fault.key == key) {
            flat.faults.push(
                key,
                None,
                None,
                FaultKind::MissingKey { expected: expected.to_owned() },
            );
        }
    };
    let E_rev = own_E.or(class_E);
    let tau_syn = own_tau.or(class_tau);
    if E_rev.is_none() {
        missing(flat, E_keys[0], "a reversal potential in mV");
    }
    if tau_syn.is_none() {
        missing(flat, tau_keys[0], "a synaptic time constant in ms");
    }
    if receptors.get(name).is_none() {
        receptors.insert(name.to_owned(), ReceptorSpec::conductance(E_rev?, tau_syn?));
    }
    Some(name.to_owned())
}

/// Projections that differ only in their target become one with a list of targets.
fn merge_targets(projections: &mut Vec<ProjectionSpec>) {
    let mut merged: Vec<ProjectionSpec> = Vec::new();
    for projection in projections.drain(..) {
        let same = merged.iter_mut().find(|m| {
            m.source == projection.source
                && m.receptor == projection.receptor
                && m.weight == projection.weight
                && m.connection == projection.connection
        });
        match same {
            Some(m) => m.target.extend(projection.target),
            None => merged.push(projection),
        }
    }
    *projections = merged;
}
