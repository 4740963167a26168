//! Expressions of NMODL.

use super::parser::{DEEPEST, Parser};
use super::syntax::{Expr, Operation, SIGN};
use super::tokens::Word;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Option<Expr> {
        self.operations(1)
    }

    /// An expression in brackets.
    pub(super) fn condition(&mut self) -> Option<Expr> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Some(condition)
    }

    /// Operations of at least some strength.
    fn operations(&mut self, least: u8) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.fault("an expression is nested too deeply");
            return None;
        }
        let mut left = self.operand()?;
        while let Some(operation) = self.sign().and_then(Operation::of) {
            let strength = operation.strength();
            if strength < least {
                break;
            }
            self.next();
            // A power of a power is taken from the right.
            let next = if operation == Operation::Power { strength } else { strength + 1 };
            left = Expr::binary(operation, left, self.operations(next)?);
        }
        self.depth -= 1;
        Some(left)
    }

    fn operand(&mut self) -> Option<Expr> {
        match self.word() {
            Some(Word::Number(text)) => {
                self.next();
                self.unit();
                // A point with nothing before or behind it is no number in a formula.
                let number: f64 = text.parse().ok()?;
                let plain = !text.starts_with('.') && !text.ends_with('.') && !text.contains(".e");
                Some(if plain { Expr::Number(text) } else { Expr::number(number) })
            }
            Some(Word::Name(name)) => {
                self.next();
                if self.take("[") {
                    let index = self.expression()?;
                    self.expect("]")?;
                    return Some(Expr::Element(name, Box::new(index)));
                }
                if !self.at("(") {
                    return Some(Expr::Name(name));
                }
                Some(Expr::Call(name, self.arguments()?))
            }
            Some(Word::Sign("-")) => {
                self.next();
                Some(Expr::Negative(Box::new(self.operations(SIGN)?)))
            }
            Some(Word::Sign("+")) => {
                self.next();
                self.operations(SIGN)
            }
            Some(Word::Sign("!")) => {
                self.next();
                Some(Expr::Not(Box::new(self.operations(SIGN)?)))
            }
            Some(Word::Sign("(")) => {
                let inner = self.condition()?;
                Some(inner)
            }
            _ => {
                let found = self.found();
                self.fault(&format!("expected a number, a name or '(', found {found}"));
                None
            }
        }
    }

    pub(super) fn arguments(&mut self) -> Option<Vec<Expr>> {
        self.expect("(")?;
        let mut all = Vec::new();
        while !self.take(")") {
            all.push(self.expression()?);
            if !self.take(",") && !self.at(")") {
                return self.expect(")").map(|()| all);
            }
        }
        Some(all)
    }
}
