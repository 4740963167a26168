//! Statements of NMODL.

use super::parser::{DEEPEST, Parser};
use super::syntax::{Action, Expr, Statement};
use super::tokens::Word;

impl Parser<'_> {
    pub(super) fn body(&mut self) -> Option<Vec<Statement>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.fault("blocks are nested too deeply");
            return None;
        }
        self.expect("{")?;
        let mut all = Vec::new();
        while !self.take("}") {
            let line = self.line();
            all.push(Statement { line, what: self.statement()? });
        }
        self.depth -= 1;
        Some(all)
    }

    fn statement(&mut self) -> Option<Action> {
        if let Some(Word::Verbatim(text)) = self.word() {
            self.next();
            return Some(Action::Verbatim(text));
        }
        if self.take("~") {
            return self.reaction();
        }
        let word = self.name()?;
        match word.as_str() {
            "LOCAL" => Some(Action::Local(self.variables()?)),
            "if" | "IF" => self.branches(),
            "SOLVE" => {
                let block = self.name()?;
                let mut steady = false;
                while self.take_name("METHOD") || self.take_name("STEADYSTATE") {
                    steady |= matches!(&self.tokens[self.at - 1].word, Word::Name(n) if n == "STEADYSTATE");
                    self.name()?;
                }
                Some(Action::Solve { block, steady })
            }
            "TABLE" => {
                while self.word().is_some() && !self.at("}") {
                    if self.take_name("WITH") {
                        self.expression()?;
                        break;
                    }
                    self.next();
                }
                Some(Action::Table)
            }
            "FROM" => {
                let variable = self.name()?;
                self.expect("=")?;
                let from = self.expression()?;
                if !self.take_name("TO") {
                    self.fault("FROM without TO");
                    return None;
                }
                let to = self.expression()?;
                Some(Action::Loop { variable, from, to, body: self.body()? })
            }
            "CONSERVE" => {
                // The sum ends with the sign of equality, which is one.
                let sum = self.expression()?;
                self.expect("=")?;
                Some(Action::Conserve(sum, self.expression()?))
            }
            "while" | "WHILE" => {
                self.condition()?;
                self.body()?;
                Some(Action::Other("while".to_owned()))
            }
            "COMPARTMENT" | "LONGITUDINAL_DIFFUSION" => {
                while self.word().is_some() && !self.at("{") && !self.at("}") {
                    self.next();
                }
                if self.at("{") {
                    self.leave_block(self.at);
                }
                Some(Action::Other(word))
            }
            "PROTECT" | "MUTEXLOCK" | "MUTEXUNLOCK" => self.statement(),
            _ if self.take("=") => Some(Action::Assign(word, None, self.expression()?)),
            "printf" | "fprintf" => {
                self.unit();
                Some(Action::Print)
            }
            _ if self.take("'") => {
                self.expect("=")?;
                Some(Action::Derivative(word, self.expression()?))
            }
            _ if self.at("(") => Some(Action::Call(word, self.arguments()?)),
            _ if self.take("[") => {
                let index = self.expression()?;
                self.expect("]")?;
                if self.at("'") {
                    self.fault(&format!("{word} is an array of states: those are not covered"));
                    return None;
                }
                self.expect("=")?;
                Some(Action::Assign(word, Some(index), self.expression()?))
            }
            _ => {
                let found = self.found();
                self.fault(&format!("expected '=' or '(' after {word}, found {found}"));
                None
            }
        }
    }

    fn branches(&mut self) -> Option<Action> {
        let condition = self.condition()?;
        let then = self.body()?;
        let other = if self.take_name("else") || self.take_name("ELSE") {
            let line = self.line();
            if self.take_name("if") || self.take_name("IF") {
                self.depth += 1;
                if self.depth > DEEPEST {
                    self.fault("there are too many branches");
                    return None;
                }
                vec![Statement { line, what: self.branches()? }]
            } else {
                self.body()?
            }
        } else {
            Vec::new()
        };
        Some(Action::If(condition, then, other))
    }

    fn reaction(&mut self) -> Option<Action> {
        if self.block == "LINEAR" {
            let left = self.expression()?;
            self.expect("=")?;
            return Some(Action::Equation(left, self.expression()?));
        }
        let left = self.side()?;
        if self.take("<<") {
            self.expect("(")?;
            let rate = self.expression()?;
            self.expect(")")?;
            return match left.as_slice() {
                [(_, name)] => Some(Action::Source(name.clone(), rate)),
                _ => None,
            };
        }
        let one_way = self.take("->");
        let right = if one_way {
            if self.at("(") { Vec::new() } else { self.side()? }
        } else {
            self.expect("<->")?;
            self.side()?
        };
        let mut rates = self.arguments()?.into_iter();
        let forward = rates.next()?;
        let backward = rates.next().unwrap_or_else(|| Expr::number(0.0));
        Some(Action::Reaction { left, right, forward, backward })
    }

    /// `2 a + b`.
    fn side(&mut self) -> Option<Vec<(f64, String)>> {
        let mut all = Vec::new();
        loop {
            let many = matches!(self.word(), Some(Word::Number(_)));
            let count = if many { self.number()? } else { 1.0 };
            all.push((count, self.name()?));
            if !self.take("+") {
                return Some(all);
            }
        }
    }
}
