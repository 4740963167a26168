//! Equations as they are written: statements and the trees of their expressions.
//!
//! ```text
//! statement  := "d" NAME "/dt" "=" E | NAME "'" "=" E | NAME "=" E | NAME ("+=" | "-=" | "*=" | "/=") E | send(E)
//! E          := E or E | E and E | not E | E (< | <= | > | >= | == | !=) E | E (+ | -) E | E (* | / | // | %) E
//!             | -E | E ^ E | E ** E | NUMBER | NUMBER UNIT | NAME | NAME(E, ...) | (E)
//! ```
//!
//! Powers bind tighter than signs (-2^2 is -4) and to the right, as in Python.

use super::token::{Placed, Span, Token, tokens};
use crate::spec::units::Unit;

/// A tree of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    pub kind: Branch,
    pub span: Span,
}

/// What a branch of a tree is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Branch {
    Number(f64),
    /// A unit directly after a number, such as `mV` in `10 mV`.
    Unit(Unit),
    Name(String),
    Unary(&'static str, Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Call(String, Vec<Tree>),
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub kind: StatementKind,
    /// Name on the left side, and its place.
    pub name: String,
    pub name_span: Span,
    pub value: Tree,
}

/// What a statement says of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// `dx/dt = E`.
    Derivative,
    /// `x = E`.
    Equals,
    /// `x += E` and the like: the operator.
    Changes(&'static str),
}

/// The name of what `send(E)` adds to.
pub(super) const SENT: &str = "sent_to_the_receptor";

/// Brackets inside each other and operators in a chain: a tree that is deeper would exhaust the stack.
const DEEPEST: usize = 400;
/// Longest text of equations.
const LONGEST: usize = 100_000;

/// Faults of a text: places and sentences.
pub(crate) type SyntaxFaults = Vec<(Span, String)>;

/// Reads statements; what is at fault is left out and said.
pub(crate) fn statements(text: &str) -> (Vec<Statement>, SyntaxFaults) {
    let placed = match words(text) {
        Ok(placed) => placed,
        Err(fault) => return (Vec::new(), vec![fault]),
    };
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for statement in placed.split(|word| word.token == Token::End).filter(|words| !words.is_empty())
    {
        let mut parser = Parser { text, words: statement, at: 0, depth: 0 };
        match parser.statement() {
            Ok(statement) => found.push(statement),
            Err(fault) => faults.push(fault),
        }
    }
    (found, faults)
}

/// Reads one expression.
///
/// # Errors
/// Where it is none, and why.
pub(crate) fn expression(text: &str) -> Result<Tree, (Span, String)> {
    let placed = words(text)?;
    let end = placed.iter().position(|word| word.token == Token::End).unwrap_or(placed.len());
    if let Some(more) = placed.get(end + 1) {
        return Err((more.span.clone(), "one expression is expected here".to_owned()));
    }
    let mut parser = Parser { text, words: &placed[..end], at: 0, depth: 0 };
    let tree = parser.expression(0)?;
    parser.finish(tree)
}

fn words(text: &str) -> Result<Vec<Placed>, (Span, String)> {
    if text.len() > LONGEST {
        return Err((0..1, format!("these equations are longer than {LONGEST} letters")));
    }
    tokens(text)
}

struct Parser<'t> {
    text: &'t str,
    words: &'t [Placed],
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, (Span, String)>;

/// How tightly a binary operator binds on its left and right.
fn binding(sign: &str) -> Option<(u8, u8)> {
    Some(match sign {
        "or" => (1, 2),
        "and" => (3, 4),
        "<" | "<=" | ">" | ">=" | "==" | "!=" => (7, 8),
        "+" | "-" => (9, 10),
        "*" | "/" | "//" | "%" => (11, 12),
        "^" | "**" => (16, 15),
        _ => return None,
    })
}

/// `not` binds weaker than comparisons, signs weaker than powers.
const NOT: u8 = 5;
const SIGN: u8 = 13;

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.words.get(self.at).map(|word| &word.token)
    }

    fn span(&self) -> Span {
        match self.words.get(self.at) {
            Some(word) => word.span.clone(),
            None => {
                let end = self.words.last().map_or(0, |word| word.span.end);
                end..end
            }
        }
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn word(&self) -> &'t str {
        self.words.get(self.at).map_or("the end", |word| &self.text[word.span.clone()])
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        Err((self.span(), format!("expected {what}, found {}", self.word())))
    }

    fn finish<T>(&self, value: T) -> Parsed<T> {
        if self.at == self.words.len() {
            return Ok(value);
        }
        let hint = match self.peek() {
            Some(Token::Sign("=")) => "; to compare, write ==",
            Some(Token::Name(_) | Token::Number(_)) => {
                "; an operator such as * is missing before it"
            }
            _ => "",
        };
        Err((self.span(), format!("\"{}\" is not expected here{hint}", self.word())))
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let span = self.span();
        let Some(Token::Name(name)) = self.peek() else {
            return self.expected("an equation such as dV/dt = ... or x = ...");
        };
        self.at += 1;
        if name == "send" && self.take("(") {
            let value = self.expression(0)?;
            if !self.take(")") {
                return self.expected("\")\"");
            }
            let (name, name_span) = (SENT.to_owned(), span);
            return self.finish(Statement {
                kind: StatementKind::Changes("+"),
                name,
                name_span,
                value,
            });
        }
        let derivative = self.derivative(name);
        let (name, name_span, kind) = match derivative {
            Some(of) => (of.to_owned(), span.start + 1..span.end, StatementKind::Derivative),
            None if self.take("'") => (name.clone(), span, StatementKind::Derivative),
            None => (name.clone(), span, StatementKind::Equals),
        };
        let kind = match self.peek() {
            Some(Token::Sign("=")) => kind,
            Some(Token::Sign(sign @ ("+=" | "-=" | "*=" | "/=")))
                if kind == StatementKind::Equals =>
            {
                StatementKind::Changes(&sign[..1])
            }
            _ => return self.expected("="),
        };
        self.at += 1;
        let value = self.expression(0)?;
        self.finish(Statement { kind, name, name_span, value })
    }

    /// `x` of `dx/dt`; takes the rest of it.
    fn derivative(&mut self, name: &'t str) -> Option<&'t str> {
        let of = name.strip_prefix('d').filter(|of| !of.is_empty())?;
        let next = self.words.get(self.at + 1).map(|word| &word.token);
        if self.is_sign("/") && matches!(next, Some(Token::Name(dt)) if dt == "dt") {
            self.at += 2;
            return Some(of);
        }
        None
    }

    fn expression(&mut self, weakest: u8) -> Parsed<Tree> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err((
                self.span(),
                format!(
                    "more than {DEEPEST} brackets and operators inside each other: split it by naming its parts"
                ),
            ));
        }
        let mut left = self.operand()?;
        // A chain of operators is as deep as it is long: each is a level of the tree.
        let mut chained = 0;
        loop {
            let sign: &'static str = match self.peek() {
                Some(Token::Sign(sign)) => sign,
                Some(Token::Name(word)) if word == "and" => "and",
                Some(Token::Name(word)) if word == "or" => "or",
                _ => break,
            };
            let Some((on_left, on_right)) = binding(sign) else { break };
            if on_left < weakest {
                break;
            }
            if on_left == 7
                && matches!(left.kind, Branch::Binary("<" | "<=" | ">" | ">=" | "==" | "!=", ..))
            {
                return Err((
                    self.span(),
                    "comparisons do not chain: join them with \"and\"".to_owned(),
                ));
            }
            chained += 1;
            self.depth += 1;
            self.at += 1;
            let right = self.expression(on_right)?;
            let span = left.span.start..right.span.end;
            left = Tree { kind: Branch::Binary(sign, Box::new(left), Box::new(right)), span };
        }
        self.depth -= chained + 1;
        Ok(left)
    }

    fn operand(&mut self) -> Parsed<Tree> {
        let span = self.span();
        let Some(word) = self.peek() else {
            return self.expected("a number, a name or an expression");
        };
        match word {
            Token::Number(number) => {
                self.at += 1;
                let tree = Tree { kind: Branch::Number(*number), span };
                Ok(self.with_unit(tree))
            }
            Token::Name(name) if name == "not" => {
                self.at += 1;
                self.unary("not", span, NOT)
            }
            Token::Name(name) => {
                self.at += 1;
                if self.take("(") {
                    return self.call(name, span);
                }
                Ok(Tree { kind: Branch::Name(name.clone()), span })
            }
            Token::Sign(sign @ ("-" | "+")) => {
                self.at += 1;
                self.unary(sign, span, SIGN)
            }
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.expression(0)?;
                if !self.is_sign(")") {
                    return self.expected("\")\"");
                }
                let end = self.span().end;
                self.at += 1;
                Ok(Tree { span: span.start..end, ..inner })
            }
            Token::Sign(_) | Token::End => self.expected("a number, a name or an expression"),
        }
    }

    fn unary(&mut self, sign: &'static str, span: Span, binds: u8) -> Parsed<Tree> {
        let of = self.expression(binds)?;
        let span = span.start..of.span.end;
        Ok(Tree { kind: Branch::Unary(sign, Box::new(of)), span })
    }

    /// Directly after a number a word is a unit, with its power: `20 mV`, `5 um^2`.
    fn with_unit(&mut self, number: Tree) -> Tree {
        let Some(Token::Name(word)) = self.peek() else { return number };
        let Ok(mut unit) = Unit::parse(word) else { return number };
        let mut span = self.span();
        self.at += 1;
        if let Some((power, words)) = self.whole_power()
            && let Some(raised) = unit.to_the(power)
        {
            self.at += words - 1;
            span.end = self.span().end;
            self.at += 1;
            unit = raised;
        }
        let whole = number.span.start..span.end;
        let unit = Tree { kind: Branch::Unit(unit), span };
        Tree { kind: Branch::Binary("*", Box::new(number), Box::new(unit)), span: whole }
    }

    /// The power that follows, where it is a whole number, and its words: `^2`, `**-1`.
    fn whole_power(&self) -> Option<(i8, usize)> {
        let token = |ahead: usize| self.words.get(self.at + ahead).map(|word| &word.token);
        if !matches!(token(0), Some(Token::Sign("^" | "**"))) {
            return None;
        }
        let (sign, words) = if token(1) == Some(&Token::Sign("-")) { (-1, 3) } else { (1, 2) };
        match token(words - 1) {
            Some(Token::Number(n)) if n.fract() == 0.0 && n.abs() < 100.0 => {
                Some((sign * *n as i8, words))
            }
            _ => None,
        }
    }

    fn call(&mut self, name: &str, span: Span) -> Parsed<Tree> {
        let mut arguments = Vec::new();
        if !self.is_sign(")") {
            loop {
                arguments.push(self.expression(0)?);
                if !self.take(",") {
                    break;
                }
            }
        }
        if !self.is_sign(")") {
            return self.expected("\",\" or \")\"");
        }
        let end = self.span().end;
        self.at += 1;
        Ok(Tree { kind: Branch::Call(name.to_owned(), arguments), span: span.start..end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree with every bracket.
    fn shown(tree: &Tree) -> String {
        match &tree.kind {
            Branch::Number(x) => x.to_string(),
            Branch::Unit(unit) => unit.to_string(),
            Branch::Name(name) => name.clone(),
            Branch::Unary(sign, of) => format!("({sign} {})", shown(of)),
            Branch::Binary(sign, a, b) => format!("({} {sign} {})", shown(a), shown(b)),
            Branch::Call(name, of) => {
                format!("{name}({})", of.iter().map(shown).collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn operators_bind_as_in_python() {
        for (text, meant) in [
            ("-2^2", "(- (2 ^ 2))"),
            ("2^-x", "(2 ^ (- x))"),
            ("2**3**2", "(2 ** (3 ** 2))"),
            ("a - b - c", "((a - b) - c)"),
            ("a/b*c", "((a / b) * c)"),
            ("-a*b", "((- a) * b)"),
            ("not a > b and c", "((not (a > b)) and c)"),
            ("a or b and c", "(a or (b and c))"),
            ("10 mV", "(10 * mV)"),
            ("5 um^2*x", "((5 * um2) * x)"),
            ("4/ms", "(4 / ms)"),
            ("exp(-(V + 60 mV)/(18 mV))", "exp(((- (V + (60 * mV))) / (18 * mV)))"),
            ("if(t > 1 ms, a, b)", "if((t > (1 * ms)), a, b)"),
        ] {
            assert_eq!(shown(&expression(text).unwrap()), meant, "{text}");
        }
    }

    #[test]
    fn statements_span_lines_where_something_is_open() {
        let (found, faults) = statements(
            "dV/dt = (a +\n  b)/c # a comment\nx' = -x/tau; y = 1 +\n 2\nV = V_r; w += b\n",
        );
        assert_eq!(faults, []);
        let kinds: Vec<(StatementKind, &str)> =
            found.iter().map(|s| (s.kind, s.name.as_str())).collect();
        assert_eq!(
            kinds,
            [
                (StatementKind::Derivative, "V"),
                (StatementKind::Derivative, "x"),
                (StatementKind::Equals, "y"),
                (StatementKind::Equals, "V"),
                (StatementKind::Changes("+"), "w"),
            ]
        );
    }

    #[test]
    fn every_faulty_statement_is_said() {
        let (found, faults) = statements("a = 1\nb = \nc = (2\n)\n= 3\nd = 4 5\ne == 2");
        // A line that ends with an operator goes on.
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(faults.len(), 4, "{faults:?}");
        for text in ["", "1 +", "(", "a < b < c", "f(a,", "1 2", "a = b", "$"] {
            assert!(expression(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_text_exhausts_the_stack() {
        let deep = "(".repeat(50_000) + "1" + &")".repeat(49_000);
        assert!(expression(&deep).is_err());
        assert!(expression(&"-".repeat(90_000)).is_err());
        assert!(expression(&("1".to_owned() + &"+1".repeat(40_000))).is_err());
        assert!(expression(&("1".to_owned() + &"^1".repeat(40_000))).is_err());
        assert!(expression(&("1".to_owned() + &"+1".repeat(300))).is_ok());
    }
}
