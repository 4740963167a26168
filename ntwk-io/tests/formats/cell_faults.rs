//! A fault of a cell file is named once, at the key that was written, and causes no others.

use ntwk_core::Faults;
use ntwk_io::{Notation, parse_tree};
use ntwk_morpho::spec::{CellSpec, CoupledSpec};

const CELL: &str = r#"
[morphology]
generator = "pyramidal"
seed = 3
trunk_length = "300 um"
[membrane]
R_i = 100
[channels.ih]
model = "my_ih"
g = "1e-4 S/cm2"
constants = { slope = 9 }
[channels.na]
model = "sodium"
g = "0.05 S/cm2"
shift = "-9 mV"
[kinetics.my_ih]
E = "-30 mV"
constants = { V_half = -81, slope = 8 }
gates.l = { inf = "sigmoid(-(V - V_half)/slope)", tau = "20" }
[kinetics.my_k]
E = "-90 mV"
gates.n = { power = 4, alpha = "0.1", beta = "0.2" }
[receptors.A]
model = "AMPA"
[synapses.s]
receptors = { A = "0.5 nS" }
where = "dendrites"
number = 20
spread = "random"
seed = 4
rate = "30 Hz"
from = "2 ms"
[synapses.t]
receptors = { A = "0.5 nS" }
at = ["soma", "tip"]
sequence = { start = 1, interval = 2, order = "in" }
[gap_junctions.g]
between = ["soma", "tip"]
conductance = "1 nS"
"#;

const PAIR: &str = r#"
[cells.A]
file = "a.toml"
[cells.B]
file = "a.toml"
set = { simulation = { dt = 0.1 } }
[gap_junctions.g]
between = ["A: soma", "B: tip"]
conductance = "1 nS"
"#;

fn cell_faults(text: &str) -> Faults {
    let tree = parse_tree(text, Notation::Toml).unwrap();
    CellSpec::from_tree(&tree).err().unwrap_or_default()
}

fn coupled_faults(text: &str) -> Faults {
    let tree = parse_tree(text, Notation::Toml).unwrap();
    CoupledSpec::from_tree(&tree).err().unwrap_or_default()
}

/// Each change of `text` makes one fault, at that key, whose text has that part.
fn one_each(text: &str, read: fn(&str) -> Faults, changes: &[(&str, &str, &str, &str)]) {
    assert!(read(text).is_empty(), "{}", read(text));
    for (from, to, key, part) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let faults = read(&text.replace(from, to));
        let [fault] = &faults.list[..] else { panic!("{to}: {faults}") };
        assert!(fault.key == *key && faults.to_string().contains(part), "{to}: {faults}");
        assert!(fault.line.is_some(), "{to}: {faults}");
    }
}

#[test]
fn a_fault_of_a_morphology_causes_no_others() {
    one_each(
        CELL,
        cell_faults,
        &[
            ("\"pyramidal\"", "\"pyramid\"", "morphology.generator", "did you mean \"pyramidal\"?"),
            ("\"pyramidal\"", "3", "morphology.generator", "expected text, found a whole number"),
            ("generator =", "swc = \"a.swc\"\ngenerator =", "morphology.generator", "not both"),
            ("\"300 um\"", "\"300 mV\"", "morphology.trunk_length", "a length (um)"),
            ("\"300 um\"", "1e9", "morphology.generator", "step"),
            ("trunk_length =", "step = 1e-4\ntrunk_length =", "morphology.step", "longest branch"),
            ("seed = 3", "levels = 3", "morphology.levels", "unknown key"),
            ("seed = 3", "remove = [\"axn\"]", "morphology.remove[0]", "did you mean \"axon\"?"),
            ("seed = 3", "remove = \"axon\"", "morphology.remove", "a list of regions"),
        ],
    );
    let y = "[morphology]\ngenerator = \"y_branch\"\nparent = [1, 2]\nfirst = [3, 4]\nsecond = [5, 6]\n\
             [membrane]\nR_i = 100\n";
    one_each(
        y,
        cell_faults,
        &[
            ("[3, 4]", "[3]", "morphology.first", "expected [length, diameter] in um"),
            ("[3, 4]", "[3, 0]", "morphology.first[1]", "must be > 0 um"),
            ("first = [3, 4]", "", "morphology.first", "missing; expected [length, diameter]"),
        ],
    );
}

#[test]
fn a_fault_of_a_channel_causes_no_others() {
    let tau = "kinetics.my_ih.gates.l.tau";
    one_each(
        CELL,
        cell_faults,
        &[
            ("tau = \"20\"", "tau = 0", tau, "expected text, found a whole number"),
            ("tau = \"20\"", "tau = \"20*(V\"", tau, "found the end"),
            ("tau = \"20\"", "power = 2", tau, "missing; expected the time constant"),
            (", tau = \"20\"", ", alpha = \"1\"", "kinetics.my_ih.gates.l.inf", "alpha and beta"),
            ("power = 4", "power = 9", "kinetics.my_k.gates.n.power", "between 1 and 8"),
            (", beta = \"0.2\"", "", "kinetics.my_k.gates.n.beta", "missing; expected the closing"),
            ("V_half = -81", "V_half = \"-81 mV\"", "kinetics.my_ih.constants.V_half", "unit"),
            ("V_half = -81", "V_half = -81, Ca = 1", "kinetics.my_ih.constants.Ca", "not V, Ca or"),
            ("E = \"-30 mV\"", "E = \"-30 ms\"", "kinetics.my_ih.E", "a voltage (mV)"),
            ("E = \"-90 mV\"", "", "kinetics.my_k.E", "missing; expected the reversal"),
            (
                "E = \"-90 mV\"",
                "current = \"g*n*V\"",
                "kinetics.my_k.gates.n.power",
                "in the formula",
            ),
            ("E = \"-90 mV\"", "E = 0\nlet.q = \"2*\"", "kinetics.my_k.let.q", "column"),
            ("E = \"-90 mV\"", "E = 0\nlet.V = \"2\"", "kinetics.my_k.let.V", "meaning"),
            (
                "E = \"-90 mV\"",
                "E = 0\nstates.c = { derivative = \"-c\", initial = \"1\" }",
                "kinetics.my_k.states.c",
                "no formula reads it",
            ),
            ("[kinetics.my_k]", "[kinetics.kv]", "kinetics.kv", "built-in kind"),
            ("\"my_ih\"", "\"my_hi\"", "channels.ih.model", "did you mean \"my_ih\"?"),
            ("slope = 9", "slop = 9", "channels.ih.constants.slop", "did you mean \"slope\"?"),
            ("slope = 9", "slope = \"x\"", "channels.ih.constants.slope", "a pure number"),
            ("\"sodium\"", "\"sodum\"", "channels.na.model", "did you mean \"sodium\"?"),
            ("model = \"sodium\"", "", "channels.na.model", "missing; expected a kind of channel"),
            ("\"0.05 S/cm2\"", "-1", "channels.na.g", "must be >= 0 S/cm2"),
            ("shift =", "factor = \"distance +\"\nshift =", "channels.na.factor", "column"),
            (
                "shift =",
                "where = \"apicl\"\nshift =",
                "channels.na.where",
                "did you mean \"apical\"?",
            ),
            ("shift =", "slope =", "channels.na.slope", "unknown key"),
        ],
    );
}

#[test]
fn a_fault_of_a_group_of_synapses_causes_no_others() {
    one_each(
        CELL,
        cell_faults,
        &[
            ("number = 20", "number = 0", "synapses.s.number", "between 1 and 1000000"),
            ("number = 20", "number = 20\ndensity = 1", "synapses.s.number", "give one of at"),
            (
                "number = 20",
                "",
                "synapses.s.at",
                "missing; expected locations; or where with density",
            ),
            ("where = \"dendrites\"", "", "synapses.s.where", "missing; expected a selection"),
            ("spread = \"random\"", "", "synapses.s.seed", "only spread = \"random\" has a seed"),
            (
                "spread = \"random\"",
                "spread = \"rndom\"",
                "synapses.s.spread",
                "did you mean \"random\"?",
            ),
            ("rate = \"30 Hz\"", "", "synapses.s.from", "belongs to a rate"),
            ("rate =", "times = [1]\nrate =", "synapses.s.rate", "give at most one of"),
            ("at = [", "where = \"soma\"\nat = [", "synapses.t.where", "at names the locations"),
            ("at = [\"soma\", \"tip\"]\nseq", "at = []\nseq", "synapses.t.at", "names no location"),
            ("\"tip\"]\nsequence", "\"tp\"]\nsequence", "synapses.t.at[1]", "expected \"soma\""),
            ("\"in\"", "\"inn\"", "synapses.t.sequence.order", "did you mean \"in\"?"),
            (
                "[receptors.A]",
                "[receptors.B]\nmodel = \"AMPA\"\n[receptors.A]\ntau_rise = 9",
                "receptors.A.tau_rise",
                "less than tau_decay",
            ),
            (
                "[\"soma\", \"tip\"]\nconductance",
                "[\"soma\", 3]\nconductance",
                "gap_junctions.g.between[1]",
                "expected text",
            ),
            (
                "[\"soma\", \"tip\"]\nconductance",
                "\"soma\"\nconductance",
                "gap_junctions.g.between",
                "expected two locations",
            ),
        ],
    );
    let unknown =
        cell_faults(&CELL.replace("{ A =", "{ a =").replace("order = \"in\"", "order = 3"));
    let keys: Vec<&str> = unknown.list.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        ["synapses.s.receptors.a", "synapses.t.receptors.a", "synapses.t.sequence.order"],
        "{unknown}"
    );
}

#[test]
fn a_fault_of_joined_cells_causes_no_others() {
    one_each(
        PAIR,
        coupled_faults,
        &[
            ("\"A: soma\"", "\"C: soma\"", "gap_junctions.g.between[0]", "no such cell"),
            (
                "\"A: soma\"",
                "\"B: soma\"",
                "gap_junctions.g.between",
                "both locations are on one cell",
            ),
            (
                "\"A: soma\"",
                "\"A soma\"",
                "gap_junctions.g.between[0]",
                "expected \"CELL: location\"",
            ),
            ("\"B: tip\"", "\"B: moon\"", "gap_junctions.g.between[1]", "expected \"soma\""),
            (
                "[cells.A]\nfile = \"a.toml\"",
                "[cells.A]",
                "cells.A.file",
                "missing; expected a cell file",
            ),
            ("\"1 nS\"", "0.1", "gap_junctions.g.conductance", "ambiguous"),
            ("set = {", "colour = {", "cells.B.colour", "unknown key"),
        ],
    );
    let alone = "[cells.A]\nfile = \"a.toml\"\n[gap_junctions]\n";
    assert!(coupled_faults(alone).to_string().contains("give at least two"));
}
