//! Names and units of expressions: from trees to a graph.
//!
//! An expression that is at fault becomes *unknown* and is silent afterwards, so that one pass finds every fault.

mod calls;

use std::collections::HashMap;

use super::function::{Comparison, Function, NAMES};
use super::graph::{Graph, Id, Node};
use super::syntax::{Branch, Tree};
use super::token::Span;
use crate::spec::nearest::nearest;
use crate::spec::units::Unit;

/// What a name of a kind of cell means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meaning {
    /// State variable by its column.
    Variable(u32),
    /// Parameter by its place.
    Parameter(u32),
    /// A definition `x = E` by its place.
    Definition(usize),
    /// Values in time, by the number of the table.
    Table(u32),
    /// What synapses and injected currents bring.
    Input,
}

/// A name with its meaning and unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declared {
    pub meaning: Meaning,
    pub unit: Unit,
}

/// What an expression is: always in base units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Typed {
    /// A number; a literal 0 goes with every unit.
    Number { id: Id, unit: Unit, zero: bool },
    /// True or false.
    Condition(Id),
    /// At fault.
    Unknown,
}

/// A fault of an expression: the place in its text, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckFault {
    pub span: Span,
    pub message: String,
}

/// Names that always mean the same.
const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];
/// Names that no variable or parameter may have.
pub(crate) const RESERVED: [&str; 12] =
    ["t", "dt", "pi", "I_syn", "and", "or", "not", "if", "xi", "true", "false", "send"];

/// Checks expressions of one kind of cell.
pub(crate) struct Checker<'n> {
    pub graph: Graph,
    names: &'n HashMap<String, Declared>,
    /// Trees of the definitions, and what they turned out to be.
    definitions: &'n [(String, Tree)],
    known: Vec<Option<Typed>>,
    /// Definitions that are being looked at, to find circles.
    open: Vec<usize>,
    /// Names of the noises `xi`, `xi_a`, by their number.
    pub noises: Vec<String>,
    /// Number of `rand()` and `randn()`.
    pub uniforms: u32,
    pub normals: u32,
    /// Whether random numbers may stand in the expression at hand.
    pub random: bool,
    /// The current `I_syn` in base units, and its unit; `None` where there is none.
    pub input: Option<(Id, Unit)>,
    pub faults: Vec<CheckFault>,
}

impl<'n> Checker<'n> {
    pub(crate) fn new(
        names: &'n HashMap<String, Declared>,
        definitions: &'n [(String, Tree)],
    ) -> Self {
        Self {
            graph: Graph::default(),
            names,
            definitions,
            known: vec![None; definitions.len()],
            open: Vec::new(),
            noises: Vec::new(),
            uniforms: 0,
            normals: 0,
            random: true,
            input: None,
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, span: &Span, message: impl Into<String>) -> Typed {
        self.faults.push(CheckFault { span: span.clone(), message: message.into() });
        Typed::Unknown
    }

    /// A definition, looked at once.
    pub(crate) fn definition(&mut self, index: usize, from: &Span) -> Typed {
        if let Some(known) = self.known[index] {
            return known;
        }
        if self.open.contains(&index) {
            let circle: Vec<&str> =
                self.open.iter().map(|&i| self.definitions[i].0.as_str()).collect();
            let message = format!(
                "{} is defined by itself, through {}",
                self.definitions[index].0,
                circle.join(", ")
            );
            return self.fault(from, message);
        }
        self.open.push(index);
        let tree = &self.definitions[index].1;
        let typed = self.typed(tree);
        self.open.pop();
        self.known[index] = Some(typed);
        typed
    }

    /// A definition that is a current, looked at as part of an equation.
    pub(crate) fn current(&mut self, index: usize, tree: &Tree) -> Option<Id> {
        let what = format!("the current {}", self.definitions[index].0);
        let id = self.number(tree, Unit::PA, &what);
        self.known[index] = Some(match id {
            Some(id) => Typed::Number { id, unit: Unit::PA, zero: false },
            None => Typed::Unknown,
        });
        id
    }

    /// A number of a unit; what the text is for says which. `None` after a fault.
    pub(crate) fn number(&mut self, tree: &Tree, unit: Unit, what: &str) -> Option<Id> {
        match self.typed(tree) {
            Typed::Number { id, unit: found, zero } => {
                if zero || found.measures_as(unit) {
                    return Some(id);
                }
                let hint = time_hint(unit, found);
                self.fault(
                    &tree.span,
                    format!("{what} must be in {}, is in {found}{hint}", unit.base()),
                );
                None
            }
            Typed::Condition(_) => {
                self.fault(
                    &tree.span,
                    format!("{what} must be a number, is a condition: int(...) makes it 0 or 1"),
                );
                None
            }
            Typed::Unknown => None,
        }
    }

    /// A condition. `None` after a fault.
    pub(crate) fn condition(&mut self, tree: &Tree, what: &str) -> Option<Id> {
        match self.typed(tree) {
            Typed::Condition(id) => Some(id),
            Typed::Number { .. } => {
                self.fault(&tree.span, format!("{what} must be a condition such as V > V_th"));
                None
            }
            Typed::Unknown => None,
        }
    }

    fn plain(id: Id) -> Typed {
        Typed::Number { id, unit: Unit::ONE, zero: false }
    }

    pub(crate) fn typed(&mut self, tree: &Tree) -> Typed {
        match &tree.kind {
            Branch::Number(x) => {
                if !x.is_finite() {
                    return self.fault(&tree.span, "this number is too large");
                }
                Typed::Number { id: self.graph.number(*x), unit: Unit::ONE, zero: *x == 0.0 }
            }
            Branch::Unit(unit) => self.unit(*unit),
            Branch::Name(name) => self.name(name, &tree.span),
            Branch::Unary(sign, of) => self.unary(sign, of),
            Branch::Binary(sign, a, b) => self.binary(sign, a, b, &tree.span),
            Branch::Call(name, arguments) => self.call(name, arguments, &tree.span),
        }
    }

    fn unit(&mut self, unit: Unit) -> Typed {
        Typed::Number { id: self.graph.number(unit.factor()), unit: unit.base(), zero: false }
    }

    fn name(&mut self, name: &str, span: &Span) -> Typed {
        if let Some(Declared { meaning, unit }) = self.names.get(name) {
            let node = match meaning {
                Meaning::Variable(i) => Node::Variable(*i),
                Meaning::Parameter(i) => Node::Parameter(*i),
                Meaning::Definition(i) => return self.definition(*i, span),
                Meaning::Table(_) => {
                    return self.fault(
                        span,
                        format!("{name} is a table of values in time: write {name}(t)"),
                    );
                }
                Meaning::Input => {
                    let Some((id, unit)) = self.input else {
                        return self.fault(span, "I_syn cannot stand here");
                    };
                    return Typed::Number { id, unit, zero: false };
                }
            };
            let (leaf, factor) = (self.graph.plain(node), self.graph.number(unit.factor()));
            return Typed::Number {
                id: self.graph.multiply(leaf, factor),
                unit: unit.base(),
                zero: false,
            };
        }
        match name {
            "t" => {
                return Typed::Number {
                    id: self.graph.plain(Node::Time),
                    unit: Unit::MS,
                    zero: false,
                };
            }
            "dt" => {
                return Typed::Number {
                    id: self.graph.plain(Node::TimeStep),
                    unit: Unit::MS,
                    zero: false,
                };
            }
            "true" | "false" => {
                return Typed::Condition(self.graph.number(f64::from(u8::from(name == "true"))));
            }
            _ => {}
        }
        if name == "xi" || name.starts_with("xi_") {
            return self.noise(name, span);
        }
        if let Some((_, x)) = CONSTANTS.iter().find(|c| c.0 == name) {
            return Self::plain(self.graph.number(*x));
        }
        if name.chars().count() > 1
            && let Ok(unit) = Unit::parse(name)
        {
            return self.unit(unit);
        }
        if NAMES.iter().any(|f| f.0 == name) {
            return self.fault(span, format!("{name} is a function: {name}(...)"));
        }
        let names = self.names.keys().map(String::as_str).chain(["t", "dt", "pi"]);
        let near = nearest(name, names).map(|near| format!("; did you mean {near}?"));
        let near = near.unwrap_or_else(|| match Unit::symbol(name) {
            Some(_) => {
                format!("; a unit of one letter stands directly after a number only: 1 {name}")
            }
            None => String::new(),
        });
        self.fault(span, format!("unknown name {name}{near}"))
    }

    fn noise(&mut self, name: &str, span: &Span) -> Typed {
        if !self.random {
            return self.fault(span, "noise can stand only on the right side of d/dt equations");
        }
        if !self.open.is_empty() {
            return self.fault(
                span,
                "noise cannot stand in a definition: write it into the d/dt equation",
            );
        }
        let index = self.noises.iter().position(|n| n == name).unwrap_or_else(|| {
            self.noises.push(name.to_owned());
            self.noises.len() - 1
        });
        // Numbers of normal variates: noises are the even ones, randn() the odd ones.
        let normal = self.graph.plain(Node::Normal(2 * index as u32));
        // The increment sqrt(dt) z over the step dt.
        let dt = self.graph.plain(Node::TimeStep);
        let root = self.graph.apply(Function::Sqrt, dt);
        let id = self.graph.divide(normal, root);
        Typed::Number { id, unit: Unit::NOISE, zero: false }
    }

    fn unary(&mut self, sign: &str, of: &Tree) -> Typed {
        match (sign, self.typed(of)) {
            (_, Typed::Unknown) => Typed::Unknown,
            ("not", Typed::Condition(id)) => Typed::Condition(self.graph.not(id)),
            ("not", Typed::Number { .. }) => self.fault(&of.span, "\"not\" needs a condition"),
            ("-", Typed::Number { id, unit, zero }) => {
                Typed::Number { id: self.graph.negative(id), unit, zero }
            }
            (_, Typed::Number { id, unit, zero }) => Typed::Number { id, unit, zero },
            (_, Typed::Condition(_)) => {
                self.fault(&of.span, "a condition is no number: int(...) makes it 0 or 1")
            }
        }
    }

    fn binary(&mut self, sign: &'static str, left: &Tree, right: &Tree, span: &Span) -> Typed {
        let (a, b) = (self.typed(left), self.typed(right));
        if matches!(sign, "and" | "or") {
            return match (a, b) {
                (Typed::Condition(a), Typed::Condition(b)) => Typed::Condition(if sign == "and" {
                    self.graph.and(a, b)
                } else {
                    self.graph.or(a, b)
                }),
                (Typed::Number { .. }, _) => {
                    self.fault(&left.span, format!("\"{sign}\" needs conditions on both sides"))
                }
                (_, Typed::Number { .. }) => {
                    self.fault(&right.span, format!("\"{sign}\" needs conditions on both sides"))
                }
                _ => Typed::Unknown,
            };
        }
        let (a, b) = match (a, b) {
            (
                Typed::Number { id, unit, zero },
                Typed::Number { id: id_b, unit: unit_b, zero: zero_b },
            ) => ((id, unit, zero), (id_b, unit_b, zero_b)),
            (Typed::Condition(_), _) => {
                return self
                    .fault(&left.span, "a condition is no number: int(...) makes it 0 or 1");
            }
            (_, Typed::Condition(_)) => {
                return self
                    .fault(&right.span, "a condition is no number: int(...) makes it 0 or 1");
            }
            _ => return Typed::Unknown,
        };
        if let Some(how) = Comparison::of(sign) {
            return match self.common(a, b, sign, span) {
                Some(_) => Typed::Condition(self.graph.compare(how, a.0, b.0)),
                None => Typed::Unknown,
            };
        }
        let too_large = "the powers of this unit are too large";
        match sign {
            "+" | "-" | "%" => {
                let Some(unit) = self.common(a, b, sign, span) else { return Typed::Unknown };
                let id = match sign {
                    "+" => self.graph.add(a.0, b.0),
                    "-" => self.graph.subtract(a.0, b.0),
                    _ => self.graph.modulo(a.0, b.0),
                };
                Typed::Number { id, unit, zero: a.2 && b.2 }
            }
            "*" => match a.1.times(b.1) {
                Some(unit) => {
                    Typed::Number { id: self.graph.multiply(a.0, b.0), unit, zero: a.2 || b.2 }
                }
                None => self.fault(span, too_large),
            },
            "/" => match a.1.over(b.1) {
                Some(_) if b.2 => self.fault(&right.span, "division by 0"),
                Some(unit) => Typed::Number { id: self.graph.divide(a.0, b.0), unit, zero: a.2 },
                None => self.fault(span, too_large),
            },
            "//" => match self.common(a, b, sign, span) {
                Some(_) => Self::plain(self.graph.floor_divide(a.0, b.0)),
                None => Typed::Unknown,
            },
            _ => self.power(a, b, right, span),
        }
    }

    /// The unit that both sides have.
    fn common(
        &mut self,
        a: (Id, Unit, bool),
        b: (Id, Unit, bool),
        sign: &str,
        span: &Span,
    ) -> Option<Unit> {
        if a.1.measures_as(b.1) || b.2 {
            return Some(a.1);
        }
        if a.2 {
            return Some(b.1);
        }
        self.fault(
            span,
            format!("the left side of {sign} is in {}, the right side in {}", a.1, b.1),
        );
        None
    }

    fn power(
        &mut self,
        a: (Id, Unit, bool),
        b: (Id, Unit, bool),
        right: &Tree,
        span: &Span,
    ) -> Typed {
        if b.1 != Unit::ONE {
            return self
                .fault(&right.span, format!("a power is a pure number, this is in {}", b.1));
        }
        let unit = if a.1 == Unit::ONE {
            Some(Unit::ONE)
        } else {
            match self.graph.number_of(b.0) {
                Some(n) if n.fract() == 0.0 && n.abs() < 60.0 => a.1.to_the(n as i8),
                Some(n) if (2.0 * n).fract() == 0.0 && n.abs() < 60.0 => {
                    a.1.root().and_then(|root| root.to_the((2.0 * n) as i8))
                }
                Some(_) => None,
                None => {
                    let message = format!(
                        "a quantity in {} can be raised only to a power that is a number",
                        a.1
                    );
                    return self.fault(span, message);
                }
            }
        };
        match unit {
            Some(unit) => Typed::Number { id: self.graph.power(a.0, b.0), unit, zero: false },
            None => self.fault(span, format!("a quantity in {} has no such power", a.1)),
        }
    }
}

/// What most often makes a right side differ by a time.
fn time_hint(expected: Unit, found: Unit) -> &'static str {
    if found.over(Unit::MS).is_some_and(|unit| unit.measures_as(expected)) {
        ": is a division by a time missing?"
    } else if found.times(Unit::MS).is_some_and(|unit| unit.measures_as(expected)) {
        ": is there one division by a time too many?"
    } else {
        ""
    }
}
