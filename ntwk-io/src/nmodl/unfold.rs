//! Blocks of NMODL as formulas: statements are followed one after the other with names for numbers, calls are carried out in
//! their place, and a variable that is set becomes a named formula (a definition).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ntwk_core::is_free_name;
use ntwk_core::spec::fault::{FaultKind, Faults};

use super::parser::is_harmless;
use super::syntax::{Action, Block, Expr, File, Statement};

/// Calls that are carried out.
const MOST_CALLS: usize = 20_000;
/// Largest formula.
const LARGEST: usize = 5_000;
/// Formulas up to this size stand in the place of a call or branch, without a name.
const SHORT: usize = 60;
const MOST_ROUNDS: i64 = 100;

/// What variables stand for.
pub(super) type Values = BTreeMap<String, Expr>;

/// A mechanism while its blocks are unfolded.
pub(super) struct Unfolding<'a> {
    pub file: &'a File,
    pub faults: &'a mut Faults,
    /// Formulas by name, each of those before it.
    pub definitions: Vec<(String, Expr)>,
    /// Derivatives of states (1/ms).
    pub derivatives: Values,
    /// States whose sum a kinetic scheme conserves, and the sum.
    pub conserved: Vec<(Vec<String>, Expr)>,
    /// What was left out, with lines.
    pub ignored: Vec<(u32, String)>,
    pub notes: Vec<String>,
    /// Variables that `INITIAL` sets from the potential or the states, which are others afterwards.
    pub at_start: Vec<String>,
    numbers: HashMap<&'a str, f64>,
    /// Variables that a statement of the file sets.
    pub set_somewhere: BTreeSet<String>,
    /// Whether variables without a value are [`UNSET`] for now, without a fault.
    pub lenient: bool,
    /// Names that a definition cannot have.
    taken: Vec<String>,
    /// Names of what is being carried out.
    within: Vec<String>,
    calls: usize,
    /// Where the present statement is.
    block: String,
    line: u32,
}

/// What stands for a variable without a value.
pub(super) const UNSET: &str = "unset";

/// Names of variables and elements that statements set.
fn collect_set(all: &[Statement], names: &mut BTreeSet<String>) {
    for statement in all {
        match &statement.what {
            Action::Assign(name, ..) => _ = names.insert(name.clone()),
            Action::If(_, then, other) => {
                collect_set(then, names);
                collect_set(other, names);
            }
            Action::Loop { body, .. } => collect_set(body, names),
            _ => {}
        }
    }
}

/// Variables of the block, and those of the procedure or function that is carried out.
pub(super) struct Scope<'v> {
    pub globals: &'v mut Values,
    pub locals: Vec<BTreeMap<String, Option<Expr>>>,
    /// Whether what is set stands in a branch or function.
    pub inline: bool,
}

impl<'a> Unfolding<'a> {
    pub(super) fn new(file: &'a File, faults: &'a mut Faults) -> Self {
        let declared = file.parameters.iter().chain(&file.units);
        let numbers = declared.filter_map(|p| Some((p.name.as_str(), p.value?))).collect();
        let blocks = [&file.derivatives, &file.kinetics, &file.procedures, &file.functions];
        let blocks = blocks.into_iter().flatten().map(|named| &named.1);
        let mut set_somewhere = BTreeSet::new();
        for block in blocks.chain(&file.initial).chain(&file.breakpoint) {
            collect_set(&block.body, &mut set_somewhere);
        }
        let taken = file.parameters.iter().chain(&file.units).chain(&file.states);
        let taken = taken.map(|declared| declared.name.clone()).collect();
        Self {
            file,
            faults,
            definitions: Vec::new(),
            derivatives: Values::new(),
            conserved: Vec::new(),
            ignored: file.ignored.clone(),
            notes: Vec::new(),
            at_start: Vec::new(),
            numbers,
            set_somewhere,
            lenient: false,
            taken,
            within: Vec::new(),
            calls: 0,
            block: String::new(),
            line: 0,
        }
    }

    /// A fault of a block or name.
    pub(super) fn fault_at(&mut self, key: &str, line: Option<u32>, rule: impl Into<String>) {
        self.faults.push(key, None, line, FaultKind::Combination { rule: rule.into() });
    }

    /// A fault of the present statement.
    pub(super) fn fault(&mut self, rule: impl Into<String>) {
        let line = (self.line > 0).then_some(self.line);
        let block = self.block.clone();
        self.fault_at(if block.is_empty() { "(file)" } else { &block }, line, rule);
    }

    pub(super) fn state_names(&self) -> Vec<String> {
        self.file.states.iter().map(|state| state.name.clone()).collect()
    }

    /// The value of a number or parameter.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.numbers.get(name).copied()
    }

    /// Follows a block of the file with these values of its variables, which it changes.
    pub(super) fn run(&mut self, name: &str, block: &Block, globals: &mut Values) {
        self.run_with_locals(name, block, globals);
    }

    /// The same, with the local variables of the block at its end.
    pub(super) fn run_with_locals(
        &mut self,
        name: &str,
        block: &Block,
        globals: &mut Values,
    ) -> Values {
        let before = (std::mem::replace(&mut self.block, name.to_owned()), self.line);
        let mut scope = Scope { globals, locals: vec![BTreeMap::new()], inline: false };
        self.statements(&block.body, &mut scope);
        (self.block, self.line) = before;
        let locals = scope.locals.pop().unwrap_or_default();
        locals.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The same, where a variable that has no value yet is [`UNSET`].
    pub(super) fn run_leniently(&mut self, name: &str, block: &Block, globals: &mut Values) {
        let before = std::mem::replace(&mut self.lenient, true);
        self.run(name, block, globals);
        self.lenient = before;
    }

    /// A name with marks behind it until the file has no such name.
    pub(super) fn free_name(&self, name: &str) -> String {
        let mut free = format!("{name}_");
        while self.taken.contains(&free) || self.definition(&free).is_some() {
            free.push('_');
        }
        free
    }

    /// The definition that a name stands for.
    pub(super) fn definition(&self, name: &str) -> Option<&Expr> {
        self.definitions.iter().find(|d| d.0 == name).map(|d| &d.1)
    }

    /// With all definitions written out; `None` where that is too long.
    pub(super) fn expanded(&self, expr: &Expr) -> Option<Expr> {
        let mut expr = expr.clone();
        for (name, formula) in self.definitions.iter().rev() {
            if expr.has(name) {
                expr = expr.replaced(&mut |n| (n == name).then(|| formula.clone()));
                if expr.size() > LARGEST {
                    return None;
                }
            }
        }
        Some(expr)
    }

    /// Whether a formula depends on a name of which `is` holds, through definitions too.
    pub(super) fn depends(&self, expr: &Expr, is: &dyn Fn(&str) -> bool) -> bool {
        let mut met = BTreeSet::new();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            let mut names = Vec::new();
            let found = expr.any_name(&mut |name| {
                if !met.contains(name) {
                    met.insert(name.to_owned());
                    names.push(name.to_owned());
                }
                is(name)
            });
            if found {
                return true;
            }
            open.extend(names.iter().filter_map(|name| self.definition(name)));
        }
        false
    }

    /// The values of formulas at a potential (mV), 23.7 °C and 1.3e-4 mM of calcium.
    pub(super) fn at_potential(&self, formulas: &[&Expr], v: f64) -> Option<Vec<f64>> {
        let mut known: HashMap<&str, f64> =
            HashMap::from([("V", v), ("celsius", 23.7), ("Ca", 1.3e-4)]);
        // Each of those before it.
        for (name, formula) in &self.definitions {
            let of = |name: &str| known.get(name).copied().or_else(|| self.number(name));
            if let Some(value) = formula.value(&of) {
                known.insert(name, value);
            }
        }
        let of = |name: &str| known.get(name).copied().or_else(|| self.number(name));
        formulas.iter().map(|formula| formula.value(&of)).collect()
    }

    /// A name for a formula: that of an equal one where there is one.
    pub(super) fn define(&mut self, wanted: &str, formula: Expr) -> Expr {
        if formula.size() <= 2 && formula.parts().iter().all(|p| matches!(p, Expr::Number(_))) {
            return formula;
        }
        let wanted = if is_free_name(wanted) { wanted.to_owned() } else { format!("{wanted}_") };
        let stem = format!("{wanted}_");
        let same =
            |d: &&(String, Expr)| (d.0 == wanted || d.0.starts_with(&stem)) && d.1 == formula;
        if let Some((name, _)) = self.definitions.iter().find(same) {
            return Expr::name(name);
        }
        let free = |name: &String| !self.taken.contains(name) && self.definition(name).is_none();
        let name = std::iter::once(wanted.clone())
            .chain((2..).map(|k| format!("{wanted}_{k}")))
            .find(free)
            .unwrap_or(wanted);
        self.definitions.push((name.clone(), formula));
        Expr::Name(name)
    }

    fn statements(&mut self, all: &[Statement], scope: &mut Scope<'_>) {
        for statement in all {
            self.line = statement.line;
            self.statement(statement, scope);
        }
    }

    fn statement(&mut self, statement: &Statement, scope: &mut Scope<'_>) {
        match &statement.what {
            Action::Local(names) => {
                if let Some(locals) = scope.locals.last_mut() {
                    locals.extend(names.iter().map(|name| (name.clone(), None)));
                }
            }
            Action::Assign(name, index, value) => {
                let name = match index {
                    Some(index) => self.element(name, index, scope),
                    None => Some(name.clone()),
                };
                if let (Some(name), Some(value)) = (name, self.value(value, scope)) {
                    self.set(&name, value, scope);
                }
            }
            Action::Derivative(name, value) => {
                if let Some(value) = self.value(value, scope) {
                    self.derivatives.insert(name.clone(), value);
                }
            }
            Action::If(condition, then, other) => self.branch(condition, then, other, scope),
            Action::Call(name, arguments) => {
                if let Some((_, block)) = self.file.procedures.iter().find(|p| p.0 == *name) {
                    self.call(name, block, arguments, scope);
                } else if self.file.functions.iter().any(|f| f.0 == *name) {
                    self.value(&Expr::Call(name.clone(), arguments.clone()), scope);
                } else {
                    self.fault(format!("{name}() is no procedure of this file"));
                }
            }
            Action::Solve { block, steady } => self.solve(block, *steady, scope),
            Action::Loop { variable, from, to, body } => {
                let (Some(from), Some(to)) = (self.whole(from, scope), self.whole(to, scope))
                else {
                    self.fault("the bounds of a loop must be known beforehand");
                    return;
                };
                if to.saturating_sub(from) >= MOST_ROUNDS {
                    self.fault(format!("a loop of more than {MOST_ROUNDS} rounds"));
                    return;
                }
                for k in from..=to {
                    let k = Some(Expr::number(k as f64));
                    if let Some(locals) = scope.locals.last_mut() {
                        locals.insert(variable.clone(), k);
                    }
                    self.statements(body, scope);
                }
            }
            Action::Print => self.ignored.push((statement.line, "printf".to_owned())),
            Action::Table => {
                let what = "TABLE: the formulas themselves are used, beyond its range too";
                self.ignored.push((statement.line, what.to_owned()));
            }
            Action::Verbatim(text) if is_harmless(text) => {
                self.ignored.push((statement.line, "VERBATIM".to_owned()));
            }
            Action::Verbatim(_) => {
                self.fault("C code (VERBATIM) cannot be imported: write what it does in NMODL");
            }
            Action::Reaction { .. }
            | Action::Source(..)
            | Action::Conserve(..)
            | Action::Equation(..) => {
                self.fault("reactions belong into a KINETIC block");
            }
            Action::Other(word) => self.fault(format!("{word} is not covered")),
        }
    }

    /// A whole number that is known beforehand.
    fn whole(&mut self, expr: &Expr, scope: &mut Scope<'_>) -> Option<i64> {
        let value = self.value(expr, scope)?;
        Some(value.value(&|name| self.number(name))?.round() as i64)
    }

    /// The name of an element of an array; the array itself where it is a local one.
    fn element(&mut self, name: &str, index: &Expr, scope: &mut Scope<'_>) -> Option<String> {
        let Some(k) = self.whole(index, scope) else {
            self.fault(format!("the place in {name} must be known beforehand"));
            return None;
        };
        let element = format!("{name}_{k}");
        if let Some(locals) = scope.locals.last_mut()
            && locals.contains_key(name)
        {
            locals.entry(element.clone()).or_insert(None);
        }
        Some(element)
    }

    fn set(&mut self, name: &str, value: Expr, scope: &mut Scope<'_>) {
        let value = match scope.inline && value.size() <= SHORT {
            true => value,
            false => self.define(name, value),
        };
        if let Some(local) = scope.locals.last_mut().and_then(|locals| locals.get_mut(name)) {
            *local = Some(value);
        } else {
            scope.globals.insert(name.to_owned(), value);
        }
    }

    fn branch(
        &mut self,
        condition: &Expr,
        then: &[Statement],
        other: &[Statement],
        scope: &mut Scope<'_>,
    ) {
        let Some(condition) = self.value(condition, scope) else { return };
        if let Some(holds) = condition.value(&|_| None) {
            self.statements(if holds != 0.0 { then } else { other }, scope);
            return;
        }
        let inline = std::mem::replace(&mut scope.inline, true);
        let before = (scope.globals.clone(), scope.locals.clone());
        self.statements(then, scope);
        let first = (
            std::mem::replace(scope.globals, before.0),
            std::mem::replace(&mut scope.locals, before.1),
        );
        self.statements(other, scope);
        scope.inline = inline;
        let line = self.line;
        let mut merged = |name: &String, a: Option<&Expr>, b: Option<&Expr>| {
            // What no branch has set keeps its value, which is 0 before the first time.
            let (a, b) = match (a, b) {
                (None, None) => return None,
                (Some(a), Some(b)) if a == b => return Some(a.clone()),
                (Some(a), None) => (a.clone(), self.unset(name)),
                (None, Some(b)) => (self.unset(name), b.clone()),
                (Some(a), Some(b)) => (a.clone(), b.clone()),
            };
            let both = Expr::if_else(condition.clone(), a, b);
            self.line = line;
            Some(if inline && both.size() <= SHORT { both } else { self.define(name, both) })
        };
        let names: BTreeSet<String> = first.0.keys().chain(scope.globals.keys()).cloned().collect();
        for name in names {
            if let Some(value) = merged(&name, first.0.get(&name), scope.globals.get(&name)) {
                scope.globals.insert(name, value);
            }
        }
        if let (Some(first), Some(now)) = (first.1.last(), scope.locals.last_mut()) {
            for (name, value) in now.iter_mut() {
                let one = first.get(name).and_then(Option::as_ref);
                *value = merged(name, one, value.as_ref());
            }
        }
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Carries out a procedure or function; the value that its own name has at the end.
    fn call(
        &mut self,
        name: &str,
        block: &'a Block,
        arguments: &[Expr],
        scope: &mut Scope<'_>,
    ) -> Option<Expr> {
        if self.within.iter().any(|other| other == name) {
            self.fault(format!("{name}() calls itself"));
            return None;
        }
        self.calls += 1;
        if self.calls > MOST_CALLS {
            if self.calls == MOST_CALLS + 1 {
                self.fault(format!("more than {MOST_CALLS} calls"));
            }
            return None;
        }
        if arguments.len() != block.parameters.len() {
            let (given, wanted) = (arguments.len(), block.parameters.len());
            self.fault(format!("{name}() has {given} arguments, expected {wanted}"));
            return None;
        }
        let mut locals = BTreeMap::new();
        for (parameter, argument) in block.parameters.iter().zip(arguments) {
            let mut value = self.value(argument, scope)?;
            if value.size() > 12 {
                value = self.define(parameter, value);
            }
            locals.insert(parameter.clone(), Some(value));
        }
        let is_function = self.file.functions.iter().any(|f| f.0 == name);
        if is_function {
            locals.insert(name.to_owned(), None);
        }
        let line = self.line;
        self.within.push(name.to_owned());
        scope.locals.push(locals);
        let inline = scope.inline;
        scope.inline |= is_function;
        self.statements(&block.body, scope);
        scope.inline = inline;
        self.within.pop();
        self.line = line;
        let locals = scope.locals.pop()?;
        if !is_function {
            return None;
        }
        let value = locals.get(name).cloned().flatten();
        if value.is_none() {
            self.fault(format!("{name}() sets no value of its own name"));
        }
        value
    }

    /// An expression with what its names stand for.
    pub(super) fn value_of(&mut self, expr: &Expr, globals: &mut Values) -> Option<Expr> {
        self.value(expr, &mut Scope { globals, locals: Vec::new(), inline: false })
    }

    fn value(&mut self, expr: &Expr, scope: &mut Scope<'_>) -> Option<Expr> {
        let value = match expr {
            Expr::Number(_) => expr.clone(),
            Expr::Name(name) => self.name(name, scope)?,
            Expr::Element(name, index) => {
                let element = self.element(name, index, scope)?;
                self.name(&element, scope)?
            }
            Expr::Negative(a) => Expr::Negative(Box::new(self.value(a, scope)?)),
            Expr::Not(a) => Expr::Not(Box::new(self.value(a, scope)?)),
            Expr::Binary(operation, a, b) => {
                let (a, b) = (self.value(a, scope)?, self.value(b, scope)?);
                Expr::binary(*operation, a, b)
            }
            Expr::If(a, b, c) => {
                let a = self.value(a, scope)?;
                Expr::if_else(a, self.value(b, scope)?, self.value(c, scope)?)
            }
            Expr::Call(name, arguments) => {
                if let Some((_, block)) = self.file.functions.iter().find(|f| f.0 == *name) {
                    self.call(name, block, arguments, scope)?
                } else {
                    let all: Option<Vec<Expr>> =
                        arguments.iter().map(|argument| self.value(argument, scope)).collect();
                    self.built_in(name, all?)?
                }
            }
        };
        if value.size() > LARGEST {
            self.fault("a formula grows too long");
            return None;
        }
        Some(value)
    }
}
