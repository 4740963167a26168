//! Importer of density mechanisms of NEURON in NMODL (`.mod`).
//!
//! | in the file | becomes |
//! |---|---|
//! | `SUFFIX na` with one current | `[kinetics.na]` and `[channels.na]`; with several currents one of each per current (`hh_na`, `hh_k`, `hh_l`) |
//! | `x' = (inf - x)/tau`, `alpha*(1 - x) - beta*x`, or another equation that is linear in x, which starts at its steady state | a gate |
//! | a procedure with `x = x + (1 - exp(-dt/tau))*(inf - x)` | the gate of that rule |
//! | any other equation, a `KINETIC` scheme | `states` with a derivative, which make their step together |
//! | `g*m^p*h^q*(v - e)` | an ohmic channel; any other current: `current` |
//! | the parameter in S/cm2, mho/cm2, mS/cm2, pS/um2 or cm/s | `g` of the channel |
//! | `LOCAL`, `ASSIGNED`, `if`, `PROCEDURE`, `FUNCTION`, loops of known bounds | named formulas (`let`), with `if()` |
//! | `USEION ca READ cai`, `WRITE ica` | `Ca`, `carries_calcium` |
//! | `cai' = -k*ica + (c0 - cai)/tau` | a `calcium_pool` |
//! | other concentrations, and reversal potentials of ions | constants: those that NEURON takes by default |
//! | `TABLE`, `VERBATIM` that does nothing | left out, with a note |
//!
//! Temperature stands in the formulas as it does in the file; no factor is added. Point processes and what the table does not
//! name are faults with their line. NEURON evaluates currents with the states before their step, and `cnexp` is the rule of
//! the gates here: differences from NEURON are those of the schemes for the potential.

mod channel;
mod expression;
mod kinetic;
mod names;
mod parser;
mod pool;
mod solve;
mod statement;
mod syntax;
mod tokens;
mod unfold;

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_morpho::spec::BuiltInChannel;

use self::channel::{Channels, Current, ImportedChannel};
use self::syntax::{Expr, File, Operation};
use self::unfold::{UNSET, Unfolding, Values};

/// An imported mechanism and what there is to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct NmodlImport {
    /// A cell file: one compartment with the mechanism.
    pub tree: Node,
    /// What was decided, and what was left out, with lines.
    pub notes: Vec<String>,
}

/// Imports a density mechanism. `name` is taken where the file gives no `SUFFIX`.
///
/// # Errors
/// All faults, each with its block and line.
pub fn import_nmodl(text: &str, name: &str) -> Result<NmodlImport, Faults> {
    let mut faults = Faults::default();
    let file = parser::parse(text, &mut faults);
    refuse(&file, &mut faults);
    faults.into_result(())?;
    let mut faults = Faults::default();
    let suffix = file.suffix.clone().unwrap_or_else(|| name.to_owned());
    let mut unfolding = Unfolding::new(&file, &mut faults);
    let (channels, celsius) = mechanism(&file, &suffix, &mut unfolding);
    let mut notes = std::mem::take(&mut unfolding.notes);
    let mut ignored = std::mem::take(&mut unfolding.ignored);
    ignored.sort();
    ignored.dedup();
    notes.extend(ignored.into_iter().map(|(line, what)| format!("line {line} left out: {what}")));
    faults.into_result(NmodlImport { tree: cell(&suffix, channels, celsius), notes })
}

/// What cannot be a density mechanism.
fn refuse(file: &File, faults: &mut Faults) {
    let is_read = faults.list.is_empty();
    let mut say = |key: &str, line: u32, rule: &str| {
        let kind = FaultKind::Combination { rule: rule.to_owned() };
        faults.push(key, None, Some(line), kind);
    };
    if let Some((what, line)) = &file.other_process {
        say(
            what,
            *line,
            "only density mechanisms are imported; receptors and synapses are those of [receptors] and [synapses] \
             ('ntwk reference --cell'): rise and decay times, NMDA, short-term plasticity",
        );
    }
    if let Some(line) = file.electrode_current {
        say("ELECTRODE_CURRENT", line, "currents of electrodes are those of [[electrodes]]");
    }
    if file.breakpoint.is_none() && file.other_process.is_none() && is_read {
        say("(file)", 1, "there is no BREAKPOINT block: it is no mechanism of NEURON");
    }
}

/// Channels, and the temperature that the file names.
fn mechanism<'a>(
    file: &'a File,
    suffix: &str,
    unfolding: &mut Unfolding<'a>,
) -> (Vec<ImportedChannel>, Option<f64>) {
    let mut globals = Values::new();
    globals.extend(file.states.iter().map(|state| (state.name.clone(), Expr::number(0.0))));
    if let Some(block) = &file.initial {
        unfolding.run_leniently("INITIAL", block, &mut globals);
    }
    unfolding.derivatives.clear();
    // What is read of an ion is what the ion has: in NEURON an assignment does not last.
    globals.retain(|name, _| !file.ions.iter().any(|ion| ion.reads(name) && !ion.writes(name)));
    let mut initial = initial_values(file, unfolding, &mut globals);
    // What depends on the potential is another one after the start.
    let changes = |name: &str| {
        matches!(name, "V" | "Ca" | "dt" | UNSET)
            || file.states.iter().any(|state| state.name == name)
    };
    let (at_start, globals): (Vec<_>, Vec<_>) =
        globals.into_iter().partition(|(_, value)| unfolding.depends(value, &changes));
    unfolding.at_start = at_start.into_iter().map(|(name, _)| name).collect();
    let mut globals: Values = globals.into_iter().collect();
    if let Some(block) = &file.breakpoint {
        unfolding.run("BREAKPOINT", block, &mut globals);
    }
    start_with_sums(unfolding, &mut initial);
    let mut all = pool::pools(file, suffix, unfolding, &globals, &initial);
    for definition in &mut unfolding.definitions {
        definition.1 = with_calcium(&definition.1);
    }
    for derivative in unfolding.derivatives.values_mut() {
        *derivative = with_calcium(derivative);
    }
    let currents = currents(file, unfolding, &globals);
    if currents.is_empty() && all.is_empty() && unfolding.faults.list.is_empty() {
        let rule = "the mechanism carries no current and fills no pool";
        unfolding.fault_at("NEURON", None, rule);
    }
    let single = currents.len() == 1;
    let mut channels = Channels { file, unfolding, initial };
    for current in &currents {
        let part = current.ion.unwrap_or_else(|| {
            current.name.strip_prefix('i').filter(|rest| !rest.is_empty()).unwrap_or("i")
        });
        let mut name = if single { suffix.to_owned() } else { format!("{suffix}_{part}") };
        let built_in = BuiltInChannel::kinds().iter().any(|kind| kind.name == name);
        if built_in || all.iter().any(|other| other.name == name) {
            name.push_str("_mod");
        }
        all.extend(channels.of(&name, current));
    }
    let celsius = file.parameters.iter().find(|p| p.name == "celsius").and_then(|p| p.value);
    (all, celsius)
}

/// What the states start with, which is taken out of `globals`.
fn initial_values(file: &File, unfolding: &mut Unfolding<'_>, globals: &mut Values) -> Values {
    let mut initial = Values::new();
    for state in &file.states {
        let name = &state.name;
        let Some(mut value) = globals.remove(name) else { continue };
        for (zero, note) in [
            (
                UNSET,
                format!("{name} starts with variables that have no value yet: 0, as in NEURON"),
            ),
            ("dt", format!("{name}: the step in INITIAL is left out")),
        ] {
            if unfolding.depends(&value, &|n| n == zero) {
                unfolding.note(note);
                let whole = unfolding.expanded(&value).unwrap_or(value);
                value = whole.replaced(&mut |n| (n == zero).then(|| Expr::number(0.0)));
            }
        }
        initial.insert(name.clone(), value);
    }
    initial
}

/// The concentration of calcium under the name that channels give it.
fn with_calcium(expr: &Expr) -> Expr {
    expr.replaced(&mut |name| (name == "cai").then(|| Expr::name("Ca")))
}

/// The currents that the mechanism writes.
fn currents<'f>(
    file: &'f File,
    unfolding: &mut Unfolding<'_>,
    globals: &Values,
) -> Vec<Current<'f>> {
    let mut currents = Vec::new();
    let of_ions = file
        .ions
        .iter()
        .flat_map(|ion| ion.writes.iter().map(move |write| (write.as_str(), Some(ion), ion.line)));
    let nonspecific = file.nonspecific.iter().map(|(name, line)| (name.as_str(), None, *line));
    for (name, ion, line) in of_ions.chain(nonspecific) {
        let ion = ion.map(|ion| ion.name.as_str());
        let is_current = ion.is_none_or(|ion| name.strip_prefix('i') == Some(ion));
        if !is_current {
            if name != "cai" {
                let rule = format!(
                    "{name} is written: of concentrations and potentials only cai is covered"
                );
                unfolding.fault_at("USEION", Some(line), rule);
            }
            continue;
        }
        match globals.get(name) {
            Some(formula) => currents.push(Current { name, ion, formula: with_calcium(formula) }),
            None if unfolding.faults.list.is_empty() => {
                let rule =
                    format!("{name} is written by the mechanism and set nowhere in BREAKPOINT");
                unfolding.fault_at(name, Some(line), rule);
            }
            None => {}
        }
    }
    currents
}

/// States of a conserved sum that do not start with it: the last one starts with what the others leave.
fn start_with_sums(unfolding: &mut Unfolding<'_>, initial: &mut Values) {
    for (members, total) in std::mem::take(&mut unfolding.conserved) {
        let start = |name: &String| initial.get(name).cloned().unwrap_or_else(|| Expr::number(0.0));
        let sum = |members: &[String], from: Expr, sign: Operation| {
            members.iter().fold(from, |sum, member| Expr::binary(sign, sum, start(member)))
        };
        let whole = sum(&members, Expr::number(0.0), Operation::Add);
        let holds = [-90.0, -65.3, -40.7, 10.1].into_iter().all(|v| {
            let both = unfolding.at_potential(&[&whole, &total], v);
            both.is_some_and(|both| (both[0] - both[1]).abs() <= 1e-6 * both[1].abs())
        });
        let Some((last, others)) = members.split_last().filter(|_| !holds) else { continue };
        let rest = sum(others, total, Operation::Subtract);
        unfolding.note(format!("{last} starts with what the sum that is conserved leaves"));
        initial.insert(last.clone(), rest);
    }
}

fn table(entries: &[(&str, Node)]) -> Node {
    Node::new(Value::Table(
        entries.iter().map(|(k, node)| ((*k).to_owned(), node.clone())).collect(),
    ))
}

/// One compartment with the channels, a leak and a pulse of current.
fn cell(suffix: &str, channels: Vec<ImportedChannel>, celsius: Option<f64>) -> Node {
    let kinetics: Vec<(String, Node)> =
        channels.iter().filter_map(|c| Some((c.name.clone(), c.kinetics.clone()?))).collect();
    let uses = channels.into_iter().map(|c| (c.name, c.channel)).collect();
    let t = Node::text;
    let morphology = [("generator", t("cable")), ("length", t("20 um")), ("diameter", t("20 um"))];
    let membrane = [
        ("C_m", t("1 uF/cm2")),
        ("R_i", t("100 Ohm cm")),
        ("g_L", t("1e-4 S/cm2")),
        ("E_L", t("-70 mV")),
    ];
    let electrode = [
        ("kind", t("current")),
        ("at", t("tip")),
        ("start", t("100 ms")),
        ("duration", t("100 ms")),
        ("amplitude", t("100 pA")),
    ];
    let celsius = format!("{} C", celsius.unwrap_or(34.0));
    let simulation = [("t_stop", t("300 ms")), ("celsius", t(&celsius)), ("v_init", t("-70 mV"))];
    // NEURON's.
    let calcium = ("calcium_init", t("5e-5 mM"));
    let mut all = vec![
        ("title", t(&format!("{suffix}, from NMODL, in one compartment"))),
        ("morphology", table(&morphology)),
        (
            "discretisation",
            table(&[("rule", t("per_branch")), ("per_branch", Node::new(Value::Integer(1)))]),
        ),
        ("membrane", table(&membrane)),
        ("channels", Node::new(Value::Table(uses))),
        ("simulation", table(&[&simulation[..], &[calcium]].concat())),
        ("electrodes", Node::new(Value::List(vec![table(&electrode)]))),
        (
            "record",
            table(&[("voltage", Node::new(Value::List(vec![t("tip")]))), ("spikes", t("tip"))]),
        ),
    ];
    if !kinetics.is_empty() {
        all.insert(4, ("kinetics", Node::new(Value::Table(kinetics))));
    }
    table(&all)
}
