//! The texts of formulas: their names, faults, and functions that stand for formulas.

use std::collections::{HashMap, HashSet};

use super::check::{Declared, Meaning, RESERVED};
use super::function::NAMES;
use super::syntax::{Branch, Tree, expression};
use super::token::Span;
use crate::spec::nearest::nearest;
use crate::spec::units::Unit;

/// What is wrong with a formula, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of \"{text}\": {problem}")]
pub struct FormulaFault {
    /// The formula.
    pub text: String,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

pub(super) fn fault(text: &str, span: &Span, problem: String) -> FormulaFault {
    let column = text.get(..span.start).unwrap_or_default().chars().count() + 1;
    FormulaFault { text: text.to_owned(), column, problem }
}

/// Whether a name is free for variables, constants and definitions of formulas.
#[must_use]
pub fn is_free_name(name: &str) -> bool {
    !RESERVED.contains(&name)
        && !NAMES.iter().any(|f| f.0 == name)
        && !["min", "max", "clip", "int", "rand", "randn", "nernst", "ghk"].contains(&name)
}

pub(super) fn names(
    variables: &[&str],
    constants: &[(&str, f64)],
    definitions: &[(&str, &str)],
) -> Result<HashMap<String, Declared>, Vec<FormulaFault>> {
    let all = variables.iter().enumerate().map(|(k, name)| (*name, Meaning::Variable(k as u32)));
    let all = all
        .chain(constants.iter().enumerate().map(|(k, c)| (c.0, Meaning::Parameter(k as u32))))
        .chain(definitions.iter().enumerate().map(|(k, d)| (d.0, Meaning::Definition(k))));
    let (mut names, mut faults) = (HashMap::new(), Vec::new());
    for (name, meaning) in all {
        let declared = Declared { meaning, unit: Unit::ONE };
        let problem = if !is_free_name(name) {
            "this word has a meaning in formulas already"
        } else if names.insert(name.to_owned(), declared).is_some() {
            "this name is given twice"
        } else {
            continue;
        };
        faults.push(FormulaFault { text: name.to_owned(), column: 1, problem: problem.to_owned() });
    }
    if faults.is_empty() { Ok(names) } else { Err(faults) }
}

/// The tree of a formula, with known names only and without `nernst` and `ghk`.
pub(super) fn tree(
    text: &str,
    names: &HashMap<String, Declared>,
) -> Result<Tree, Vec<FormulaFault>> {
    if text.trim().is_empty() {
        return Err(vec![fault(text, &(0..0), "the formula is empty".to_owned())]);
    }
    let tree = expression(text).map_err(|(span, problem)| vec![fault(text, &span, problem)])?;
    let mut faults = Vec::new();
    let mut unknown = HashSet::new();
    let tree = expanded(tree, &mut |span, problem| faults.push(fault(text, span, problem)));
    each_name(&tree, &mut |name, span| {
        let always = ["pi", "e", "true", "false"].contains(&name);
        if names.contains_key(name) || always || !unknown.insert(name.to_owned()) {
            return;
        }
        let known = || names.keys().map(String::as_str);
        let near = nearest(name, known()).map(|near| format!("; did you mean \"{near}\"?"));
        let problem = near.unwrap_or_else(|| {
            let mut known: Vec<&str> = known().collect();
            known.sort_unstable();
            format!("; there are: {}", known.join(", "))
        });
        faults.push(fault(text, span, format!("there is no \"{name}\"{problem}")));
    });
    if faults.is_empty() { Ok(tree) } else { Err(faults) }
}

/// The definitions that formulas read, each after those that it reads itself, as far as there is no circle.
pub(super) fn read_definitions(
    names: &HashMap<String, Declared>,
    parsed: &[Result<Tree, Vec<FormulaFault>>],
    roots: &[Result<Tree, Vec<FormulaFault>>],
) -> Vec<usize> {
    let read = |tree: &Tree| {
        let mut found = Vec::new();
        each_name(tree, &mut |name, _| {
            if let Some(Declared { meaning: Meaning::Definition(k), .. }) = names.get(name) {
                found.push(*k);
            }
        });
        found
    };
    let (mut met, mut order) = (vec![false; parsed.len()], Vec::new());
    let mut open: Vec<(usize, bool)> =
        roots.iter().flatten().flat_map(read).map(|k| (k, false)).collect();
    while let Some((k, is_done)) = open.pop() {
        if is_done {
            order.push(k);
        } else if !std::mem::replace(&mut met[k], true) {
            open.push((k, true));
            open.extend(parsed[k].iter().flat_map(read).map(|k| (k, false)));
        }
    }
    order
}

fn each_name(tree: &Tree, say: &mut impl FnMut(&str, &Span)) {
    match &tree.kind {
        Branch::Name(name) => say(name, &tree.span),
        Branch::Number(_) | Branch::Unit(_) => {}
        Branch::Unary(_, of) => each_name(of, say),
        Branch::Binary(_, a, b) => {
            each_name(a, say);
            each_name(b, say);
        }
        Branch::Call(_, arguments) => arguments.iter().for_each(|a| each_name(a, say)),
    }
}

/// Functions that stand for formulas: name, arguments, formula.
const SHORT: [(&str, &[&str], &str); 2] = [
    (
        "nernst",
        &["c_in", "c_out", "z"],
        "1000*8.314462618*(celsius + 273.15)/(96485.33212*z)*ln(c_out/c_in)",
    ),
    (
        "ghk",
        &["V", "c_in", "c_out", "z"],
        "0.001*96485.33212*z*(c_in*linoid(-0.001*96485.33212/8.314462618*z*V/(celsius + 273.15)) \
         - c_out*linoid(0.001*96485.33212/8.314462618*z*V/(celsius + 273.15)))",
    ),
];

/// Puts their formulas in the place of `nernst` and `ghk`.
fn expanded(tree: Tree, say: &mut impl FnMut(&Span, String)) -> Tree {
    let span = tree.span;
    let kind = match tree.kind {
        Branch::Unary(sign, of) => Branch::Unary(sign, Box::new(expanded(*of, say))),
        Branch::Binary(sign, a, b) => {
            Branch::Binary(sign, Box::new(expanded(*a, say)), Box::new(expanded(*b, say)))
        }
        Branch::Call(name, arguments) => {
            let arguments: Vec<Tree> = arguments.into_iter().map(|a| expanded(a, say)).collect();
            match SHORT.iter().find(|short| short.0 == name) {
                Some((_, parts, _)) if parts.len() != arguments.len() => {
                    say(
                        &span,
                        format!("{name} takes {}: {name}({})", parts.len(), parts.join(", ")),
                    );
                    Branch::Number(0.0)
                }
                Some((_, parts, formula)) => match expression(formula) {
                    Ok(formula) => filled(formula, parts, &arguments, &span).kind,
                    Err(_) => Branch::Call(name, arguments),
                },
                None => Branch::Call(name, arguments),
            }
        }
        leaf => leaf,
    };
    Tree { kind, span }
}

/// A formula with trees in the place of some names.
fn filled(tree: Tree, names: &[&str], by: &[Tree], span: &Span) -> Tree {
    let inside = |tree: Box<Tree>| Box::new(filled(*tree, names, by, span));
    let kind = match tree.kind {
        Branch::Name(name) => match names.iter().position(|n| *n == name) {
            Some(k) => return by[k].clone(),
            None => Branch::Name(name),
        },
        Branch::Unary(sign, of) => Branch::Unary(sign, inside(of)),
        Branch::Binary(sign, a, b) => Branch::Binary(sign, inside(a), inside(b)),
        Branch::Call(name, arguments) => {
            Branch::Call(name, arguments.into_iter().map(|a| filled(a, names, by, span)).collect())
        }
        leaf => leaf,
    };
    Tree { kind, span: span.clone() }
}
