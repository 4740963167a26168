//! Functions in expressions.

use super::{Checker, Declared, Meaning, Typed};
use crate::equations::function::{Function, NAMES};
use crate::equations::graph::{Id, Node};
use crate::equations::syntax::Tree;
use crate::equations::token::Span;
use crate::spec::nearest::nearest;
use crate::spec::units::Unit;

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &str, arguments: &[Tree], span: &Span) -> Typed {
        if let Some(Declared { meaning: Meaning::Table(table), unit }) = self.names.get(name) {
            let (table, unit) = (*table, *unit);
            let [time] = arguments else {
                return self
                    .fault(span, format!("{name} is a table of values in time: write {name}(t)"));
            };
            let Some(time) = self.number(time, Unit::MS, "the time of a table") else {
                return Typed::Unknown;
            };
            let value = self.graph.plain(Node::Table(table, time));
            let factor = self.graph.number(unit.factor());
            return Typed::Number {
                id: self.graph.multiply(value, factor),
                unit: unit.base(),
                zero: false,
            };
        }
        let wrong_number = |expected: &str| format!("{name} takes {expected}");
        match name {
            "if" => {
                let [condition, a, b] = arguments else {
                    return self.fault(
                        span,
                        wrong_number("a condition and two values: if(t > 5 ms, a, b)"),
                    );
                };
                let condition = self.condition(condition, "the first part of if(...)");
                let (a, b) = (self.typed(a), self.typed(b));
                match (condition, a, b) {
                    (Some(c), Typed::Condition(a), Typed::Condition(b)) => {
                        Typed::Condition(self.graph.select(c, a, b))
                    }
                    (
                        Some(c),
                        Typed::Number { id, unit, zero },
                        Typed::Number { id: id_b, unit: unit_b, zero: zero_b },
                    ) => {
                        match self.common((id, unit, zero), (id_b, unit_b, zero_b), "if(...)", span)
                        {
                            Some(unit) => Typed::Number {
                                id: self.graph.select(c, id, id_b),
                                unit,
                                zero: zero && zero_b,
                            },
                            None => Typed::Unknown,
                        }
                    }
                    (_, Typed::Unknown, _) | (_, _, Typed::Unknown) | (None, ..) => Typed::Unknown,
                    _ => self
                        .fault(span, "both values of if(...) must be numbers, or both conditions"),
                }
            }
            "int" => {
                let [of] = arguments else {
                    return self.fault(span, wrong_number("one condition or number"));
                };
                match self.typed(of) {
                    Typed::Condition(id) => {
                        let (one, zero) = (self.graph.number(1.0), self.graph.number(0.0));
                        Self::plain(self.graph.select(id, one, zero))
                    }
                    Typed::Number { id, unit, .. } if unit == Unit::ONE => {
                        Self::plain(self.graph.apply(Function::Truncate, id))
                    }
                    Typed::Number { unit, .. } => self.fault(
                        &of.span,
                        format!("int takes a pure number or a condition, this is in {unit}"),
                    ),
                    Typed::Unknown => Typed::Unknown,
                }
            }
            "min" | "max" | "clip" => self.bounded(name, arguments, span),
            "rand" | "randn" => {
                if !arguments.is_empty() {
                    return self.fault(span, wrong_number("nothing"));
                }
                if !self.random || !self.open.is_empty() {
                    return self.fault(
                        span,
                        format!("{name}() cannot stand here: only in d/dt equations and in the condition of a spike"),
                    );
                }
                if name == "rand" {
                    self.uniforms += 1;
                    return Self::plain(self.graph.plain(Node::Uniform(self.uniforms - 1)));
                }
                self.normals += 1;
                Self::plain(self.graph.plain(Node::Normal(2 * self.normals - 1)))
            }
            "poisson" | "timestep" => self.fault(
                span,
                format!("{name} of Brian2 is not available; there are rand() and randn()"),
            ),
            _ => self.function(name, arguments, span),
        }
    }

    fn bounded(&mut self, name: &str, arguments: &[Tree], span: &Span) -> Typed {
        let expected = if name == "clip" { 3 } else { 2 };
        if arguments.len() != expected {
            let what = if name == "clip" {
                "a value and two bounds: clip(x, low, high)"
            } else {
                "two values"
            };
            return self.fault(span, format!("{name} takes {what}"));
        }
        let mut values: Vec<(Id, Unit, bool)> = Vec::new();
        for argument in arguments {
            match self.typed(argument) {
                Typed::Number { id, unit, zero } => values.push((id, unit, zero)),
                Typed::Condition(_) => {
                    self.fault(
                        &argument.span,
                        "a condition is no number: int(...) makes it 0 or 1",
                    );
                }
                Typed::Unknown => {}
            }
        }
        if values.len() < expected {
            return Typed::Unknown;
        }
        let mut unit = values[0].1;
        let mut zero = values[0].2;
        for other in &values[1..] {
            match self.common((values[0].0, unit, zero), *other, name, span) {
                Some(common) => unit = common,
                None => return Typed::Unknown,
            }
            zero &= other.2;
        }
        let id = match name {
            "min" => self.graph.minimum(values[0].0, values[1].0),
            "max" => self.graph.maximum(values[0].0, values[1].0),
            _ => {
                let above = self.graph.maximum(values[0].0, values[1].0);
                self.graph.minimum(above, values[2].0)
            }
        };
        Typed::Number { id, unit, zero }
    }

    fn function(&mut self, name: &str, arguments: &[Tree], span: &Span) -> Typed {
        let Some(&(_, function)) = NAMES.iter().find(|f| f.0 == name) else {
            let others = ["if", "int", "min", "max", "clip", "rand", "randn"];
            let near = nearest(name, NAMES.iter().map(|f| f.0).chain(others));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let hint = if self.names.contains_key(name) {
                format!("{name} is no function: write {name}*(...) for a product")
            } else {
                format!("unknown function {name}{near}")
            };
            return self.fault(span, hint);
        };
        let [of] = arguments else {
            return self.fault(span, format!("{name} takes one value"));
        };
        let (id, unit, zero) = match self.typed(of) {
            Typed::Number { id, unit, zero } => (id, unit, zero),
            Typed::Condition(_) => {
                return self.fault(&of.span, "a condition is no number: int(...) makes it 0 or 1");
            }
            Typed::Unknown => return Typed::Unknown,
        };
        let keeps = matches!(function, Function::Abs | Function::Floor | Function::Ceil);
        let result = match function {
            Function::Sqrt => match unit.root() {
                Some(root) => root,
                None => {
                    return self
                        .fault(&of.span, format!("a quantity in {unit} has no square root"));
                }
            },
            _ if keeps => unit,
            Function::Sign => Unit::ONE,
            _ if unit == Unit::ONE || zero => Unit::ONE,
            _ => {
                let by = if unit.measures_as(Unit::MV) {
                    "1 mV".to_owned()
                } else {
                    format!("1 {unit}")
                };
                let message = format!(
                    "{name} takes a pure number, this is in {unit}: divide by a quantity, such as ({by})"
                );
                return self.fault(&of.span, message);
            }
        };
        Typed::Number { id: self.graph.apply(function, id), unit: result, zero: false }
    }
}
