//! Cell models of NEST as cells and receptors of ntwk.

use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::tree::{Node, Value};

use super::{Entries, Importer, entry, number, number_of};

/// A cell model of NEST with an equivalent.
struct Template {
    /// Its name in NEST.
    name: &'static str,
    /// The kind of cell.
    kind: &'static str,
    /// Parameters of the cell with NEST's defaults; the names are the same.
    parameters: &'static [(&'static str, f64)],
    /// Reversal potentials (mV) of conductances; `None` for currents.
    reversal: Option<[f64; 2]>,
    /// Time constants (ms) of excitation and inhibition.
    tau_syn: [f64; 2],
    /// Time course of the synapses.
    course: Course,
}

/// Time course of synapses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Course {
    Exponential,
    Alpha,
    /// A step of the potential.
    Delta,
}

const CURRENT: &[(&str, f64)] = &[
    ("C_m", 250.0),
    ("tau_m", 10.0),
    ("E_L", -70.0),
    ("V_th", -55.0),
    ("V_reset", -70.0),
    ("t_ref", 2.0),
];
const CONDUCTANCE: &[(&str, f64)] = &[
    ("C_m", 250.0),
    ("g_L", 16.6667),
    ("E_L", -70.0),
    ("V_th", -55.0),
    ("V_reset", -60.0),
    ("t_ref", 2.0),
];
const ADAPTING: &[(&str, f64)] = &[
    ("C_m", 281.0),
    ("g_L", 30.0),
    ("E_L", -70.6),
    ("V_th", -50.4),
    ("V_reset", -60.0),
    ("t_ref", 0.0),
    ("Delta_T", 2.0),
    ("V_peak", 0.0),
    ("a", 4.0),
    ("b", 80.5),
    ("tau_w", 144.0),
];

/// Source of the defaults: the documentation of NEST 3.
const TEMPLATES: [Template; 7] = [
    current("iaf_psc_exp", Course::Exponential),
    current("iaf_psc_alpha", Course::Alpha),
    current("iaf_psc_delta", Course::Delta),
    conductance("iaf_cond_exp", "LIF", CONDUCTANCE, Course::Exponential),
    conductance("iaf_cond_alpha", "LIF", CONDUCTANCE, Course::Alpha),
    conductance("aeif_cond_exp", "AdEx", ADAPTING, Course::Exponential),
    conductance("aeif_cond_alpha", "AdEx", ADAPTING, Course::Alpha),
];

/// Models of bmtk's examples without an equivalent, by a part of their names: which of those above is nearest.
const NEAREST: [(&str, &str); 5] = [
    (
        "glif",
        "nearest: nest:iaf_psc_alpha, which is level 1 (LIF) without its ports; for after-spike currents nest:aeif_cond_alpha, whose \
         current w adapts; a threshold that adapts is written as a kind by its equations ([kinds.NAME], ntwk reference kinds)",
    ),
    (
        "IntFire",
        "nearest: nest:iaf_psc_delta with E_L = V_reset = 0, V_th = 1 and tau_m = tau, in units of the threshold",
    ),
    ("aeif_psc", "nearest: nest:aeif_cond_exp, whose synapses are conductances"),
    (
        "gif",
        "nearest: nest:aeif_cond_exp; a threshold that adapts is written as a kind by its equations ([kinds.NAME], ntwk reference \
         kinds)",
    ),
    ("iaf_", "nearest: nest:iaf_psc_exp"),
];

const fn current(name: &'static str, course: Course) -> Template {
    Template {
        name,
        kind: "iaf_psc_exp",
        parameters: CURRENT,
        reversal: None,
        tau_syn: [2.0, 2.0],
        course,
    }
}

const fn conductance(
    name: &'static str,
    kind: &'static str,
    parameters: &'static [(&'static str, f64)],
    course: Course,
) -> Template {
    Template { name, kind, parameters, reversal: Some([0.0, -85.0]), tau_syn: [0.2, 2.0], course }
}

/// What a cell becomes.
pub(super) struct Cell {
    /// The keys `cell`, `I_e`, `initial` of a population.
    pub keys: Entries,
    /// Receptors of excitation and inhibition.
    pub receptors: [String; 2],
    /// Whether weights are conductances, which have no sign.
    pub conductance: bool,
    /// Whether an event raises the potential in the very step in which it arrives: one step sooner than a current acts.
    pub at_once: bool,
}

/// The cell of a type of nodes; `None`, with a fault, for a model without an equivalent.
pub(super) fn cell(
    key: &str,
    template: &str,
    parameters: &Entries,
    import: &mut Importer,
) -> Option<Cell> {
    let plain = template.strip_prefix("nest:");
    let Some(found) = TEMPLATES.iter().find(|t| Some(t.name) == plain) else {
        let valid: Vec<String> = TEMPLATES.iter().map(|t| format!("nest:{}", t.name)).collect();
        let near = NEAREST.iter().find(|near| template.contains(near.0));
        let near = near.map_or_else(String::new, |near| format!("; {}", near.1));
        let rule = format!(
            "there is no equivalent of this model; there are: {} (as ntwk's iaf_psc_exp, LIF, AdEx){near}",
            valid.join(", ")
        );
        import.fault(
            &format!("{key}.model_template"),
            Some(&Node::text(template)),
            FaultKind::Combination { rule },
        );
        return None;
    };
    let given =
        |name: &str| parameters.iter().find(|(k, _)| k == name).and_then(|(_, n)| number_of(n));
    let mut valid: Vec<&str> = found.parameters.iter().map(|p| p.0).collect();
    valid.extend(["I_e", "V_m"]);
    if found.course != Course::Delta {
        valid.extend(["tau_syn_ex", "tau_syn_in"]);
    }
    if found.reversal.is_some() {
        valid.extend(["E_ex", "E_in"]);
    }
    for (name, node) in parameters {
        let path = format!("{key}.dynamics_params.{name}");
        if name == "gsl_error_tol" {
            import.note(format!("{path}: left out, a tolerance of NEST's solver"));
        } else if !valid.contains(&name.as_str()) {
            import.unknown(&path, name, Some(node), &valid);
        } else if number_of(node).is_none() {
            import.broken(&path, Some(node), "must be a number");
        }
    }
    let value = |name: &str| {
        let default = found.parameters.iter().find(|p| p.0 == name).map(|p| p.1);
        given(name).or(default)
    };
    let mut cell = vec![entry("model", Node::text(found.kind))];
    for (name, _) in found.parameters {
        let mut x = value(name).unwrap_or_default();
        if let ("V_peak", Some(top)) = (*name, upstroke(&value))
            && x > top
        {
            import.note(format!(
                "{template}: spikes at {top} mV (V_th + {UPSTROKE} Delta_T) in the place of V_peak = {x} mV, which the potential \
                 reaches within a microsecond from there"
            ));
            x = top;
        }
        cell.push(entry(name, number(x)));
    }
    let mut keys = vec![entry("cell", Node::new(Value::Table(cell)))];
    if let Some(current) = given("I_e").filter(|x| *x != 0.0) {
        keys.push(entry("I_e", number(current)));
    }
    if let Some(potential) = given("V_m") {
        let initial = vec![entry("V_m", number(potential))];
        keys.push(entry("initial", Node::new(Value::Table(initial))));
    }
    let receptors = [("ex", 0), ("in", 1)].map(|(class, i)| {
        let tau = given(&format!("tau_syn_{class}")).unwrap_or(found.tau_syn[i]);
        let reversal = found.reversal.map(|e| given(&format!("E_{class}")).unwrap_or(e[i]));
        import.receptors.name(class, Receptor { reversal, tau, course: found.course })
    });
    if found.kind != "iaf_psc_exp" {
        finer_steps(template, import);
    }
    let at_once = found.course == Course::Delta;
    Some(Cell { keys, receptors, conductance: found.reversal.is_some(), at_once })
}

/// So many Delta_T above the threshold the upstroke of a spike is a matter of less than a microsecond.
const UPSTROKE: f64 = 10.0;

/// The potential (mV) from which an exponential cell needs no time to its peak; `None` for other cells.
fn upstroke(value: &impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let slope = value("Delta_T").filter(|slope| *slope > 0.0)?;
    Some(value("V_th")? + UPSTROKE * slope)
}

/// Steps of ntwk in one of NEST, whose solver of conductances chooses finer ones by itself.
const FINER: f64 = 10.0;

/// Heun's rule with finer steps, once.
fn finer_steps(template: &str, import: &mut Importer) {
    if import.simulation.iter().any(|(key, _)| key == "method") {
        return;
    }
    import.simulation.push(entry("method", Node::text("heun")));
    let Some((_, dt)) = import.simulation.iter_mut().find(|(key, _)| key == "dt") else { return };
    let Some(theirs) = number_of(dt) else { return };
    // Without the rounding of the last bit.
    let own = (theirs / FINER * 1e9).round() / 1e9;
    *dt = number(own);
    import.note(format!(
        "{template}: NEST's solver chooses its steps within dt = {theirs} ms; here dt = {own} ms with Heun's rule"
    ));
}

/// A receptor of a cell of NEST.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Receptor {
    reversal: Option<f64>,
    tau: f64,
    course: Course,
}

/// The receptors of an import, each once.
#[derive(Debug, Default)]
pub(super) struct Receptors(Vec<(String, Receptor)>);

impl Receptors {
    /// Its name, which begins with the class.
    fn name(&mut self, class: &str, receptor: Receptor) -> String {
        let of_class = |name: &str| name == class || name.starts_with(&format!("{class}_"));
        if let Some((name, _)) = self.0.iter().find(|(n, r)| of_class(n) && *r == receptor) {
            return name.clone();
        }
        let n = self.0.iter().filter(|(name, _)| of_class(name)).count();
        let name = if n == 0 { class.to_owned() } else { format!("{class}_{}", n + 1) };
        self.0.push((name.clone(), receptor));
        name
    }

    pub(super) fn tables(self) -> Entries {
        let table = |(name, r): (String, Receptor)| {
            let kind = match (r.reversal, r.course) {
                (_, Course::Delta) => "delta",
                (Some(_), _) => "conductance",
                (None, _) => "current",
            };
            let mut keys = vec![entry("kind", Node::text(kind))];
            keys.extend(r.reversal.map(|e| entry("E_rev", number(e))));
            if r.course != Course::Delta {
                keys.push(entry("tau_syn", number(r.tau)));
            }
            if r.course == Course::Alpha {
                keys.push(entry("tau_rise", number(r.tau)));
            }
            (name, Node::new(Value::Table(keys)))
        };
        self.0.into_iter().map(table).collect()
    }
}
