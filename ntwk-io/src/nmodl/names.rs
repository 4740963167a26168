//! What the names of a mechanism stand for.

use super::syntax::{Declared, Expr, Ion, Operation};
use super::unfold::{Scope, UNSET, Unfolding};

impl Unfolding<'_> {
    pub(super) fn name(&mut self, name: &str, scope: &Scope<'_>) -> Option<Expr> {
        if let Some(local) = scope.locals.last().and_then(|locals| locals.get(name)) {
            if local.is_none() {
                self.fault(format!("{name} is used before it is set"));
            }
            return local.clone();
        }
        if let Some(value) = scope.globals.get(name) {
            return Some(value.clone());
        }
        if let Some(own) = self.own_value(name) {
            return Some(own);
        }
        if matches!(name, "t" | "diam" | "area") {
            self.fault(format!("{name}: a channel does not know it"));
            return None;
        }
        let file = self.file;
        let given = |list: &[Declared]| list.iter().any(|p| p.name == name);
        let assigned = |list: &[Declared]| {
            list.iter().any(|p| {
                let element = name.strip_prefix(&p.name).and_then(|rest| rest.strip_prefix('_'));
                p.name == name || element.is_some_and(|k| k.bytes().all(|b| b.is_ascii_digit()))
            })
        };
        if given(&file.parameters) || given(&file.assigned) && !self.set_somewhere.contains(name) {
            self.note(format!(
                "{name} has no value in the file: 0, as in NEURON before a program sets it"
            ));
            return Some(Expr::name(name));
        }
        if self.lenient && assigned(&file.assigned) {
            return Some(Expr::name(UNSET));
        }
        if self.at_start.iter().any(|set| set == name) {
            self.fault(format!(
                "{name} is computed in INITIAL from what changes later, and used here: compute it where it is used"
            ));
        } else if assigned(&file.assigned) {
            self.fault(format!("{name} is used before it is set"));
        } else {
            let names = file.parameters.iter().chain(&file.assigned).chain(&file.states);
            let nearest = ntwk_core::spec::nearest::nearest(
                name,
                names.map(|declared| declared.name.as_str()),
            );
            let hint = nearest.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            self.fault(format!("{name} is not declared{hint}"));
        }
        None
    }

    /// What a name stands for where no statement has set it: the potential, a number, a state, a quantity of an ion.
    fn own_value(&mut self, name: &str) -> Option<Expr> {
        let file = self.file;
        if let Some(unit) = file.units.iter().find(|unit| unit.name == name) {
            return unit.value.map(Expr::number);
        }
        let is_state = file.states.iter().any(|state| state.name == name);
        if name == "v" {
            return Some(Expr::name("V"));
        } else if matches!(name, "celsius" | "dt") || self.number(name).is_some() || is_state {
            return Some(Expr::name(name));
        }
        if let Some(formula) = file.ions.iter().find_map(|ion| nernst(ion, name)) {
            self.note(format!(
                "{name} = {formula}: the mechanism reads a concentration of the ion, as in NEURON"
            ));
            return Some(formula);
        }
        let is_read = file.ions.iter().any(|ion| ion.reads(name));
        is_read.then(|| Expr::name(if name == "cai" { "Ca" } else { name }))
    }

    /// Functions that NEURON has, by their names in formulas.
    pub(super) fn built_in(&mut self, name: &str, mut all: Vec<Expr>) -> Option<Expr> {
        let (known, count) = match name {
            "exp" | "log10" | "sqrt" | "sin" | "cos" | "tan" | "sinh" | "cosh" | "tanh"
            | "asin" | "acos" | "atan" | "floor" | "ceil" => (name, 1),
            "log" => ("ln", 1),
            "fabs" | "abs" => ("abs", 1),
            "exprelr" => ("linoid", 1),
            "pow" => ("^", 2),
            "fmin" => ("min", 2),
            "fmax" => ("max", 2),
            "nernst" => (name, 3),
            "ghk" => (name, 4),
            _ => {
                self.fault(format!(
                    "{name}() is no function of this file, nor one of NMODL that is covered"
                ));
                return None;
            }
        };
        if all.len() != count {
            self.fault(format!("{name}() has {} arguments, expected {count}", all.len()));
            return None;
        }
        if known == "^" {
            let (b, a) = (all.pop()?, all.pop()?);
            return Some(Expr::binary(Operation::Power, a, b));
        }
        Some(Expr::Call(known.to_owned(), all))
    }

    /// What a variable is that one branch does not set, nor anything before.
    pub(super) fn unset(&mut self, name: &str) -> Expr {
        if let Some(own) = self.own_value(name) {
            return own;
        }
        if self.lenient {
            return Expr::name(UNSET);
        }
        self.note(format!("{name} is 0 where no branch sets it; NEURON keeps its value of before"));
        Expr::number(0.0)
    }
}

/// The reversal potential of an ion of which a mechanism reads a concentration too.
fn nernst(ion: &Ion, name: &str) -> Option<Expr> {
    let [inside, outside] = ["i", "o"].map(|side| format!("{}{side}", ion.name));
    let reads_concentration = ion.reads(&inside) || ion.reads(&outside);
    if name != format!("e{}", ion.name) || !ion.reads(name) || !reads_concentration {
        return None;
    }
    let valence = match ion.name.as_str() {
        "na" | "k" => 1.0,
        "ca" => 2.0,
        _ => ion.valence?,
    };
    let inside = if inside == "cai" { "Ca".to_owned() } else { inside };
    let all = vec![Expr::Name(inside), Expr::Name(outside), Expr::number(valence)];
    Some(Expr::Call("nernst".to_owned(), all))
}
