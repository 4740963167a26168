//! Formulas written as text: gates of user channels, gradients of densities.
//!
//! A formula has numbers, names, `+ - * / ^`, parentheses and the functions `exp`, `ln`, `log10`, `sqrt`, `abs`, `tanh`,
//! `sigmoid(x) = 1/(1 + e^−x)`, `linoid(x) = x/(e^x − 1)` (1 at x = 0), `min(a, b)` and `max(a, b)`. A sign binds tighter
//! than a power: write `-(2^2)` for −4.
//!
//! The crate `exmex` parses and compiles; names, characters and parentheses are checked before, so that a fault has a
//! column and the nearest valid name. A formula is compiled once and evaluated for [`LANES`] places at a time. The bits
//! are the same on every machine.

use crate::membrane::exponential::{exp, linoid};
use crate::membrane::mechanism::LANES;
use exmex::{BinOp, Express, FlatEx, MakeOperators, Operator};
use ntwk_core::spec::nearest::nearest;
use pulp::{Arch, NullaryFnOnce};
use std::convert::Infallible;
use std::str::FromStr;

/// The values of a formula in as many places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lanes(pub [f64; LANES]);

impl Default for Lanes {
    fn default() -> Self {
        Lanes([0.0; LANES])
    }
}

impl FromStr for Lanes {
    type Err = Infallible;

    /// A number; text that is none is NaN (numbers are checked before).
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Lanes([text.parse().unwrap_or(f64::NAN); LANES]))
    }
}

impl Lanes {
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Lanes(self.0.map(f))
    }

    fn with(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Lanes(std::array::from_fn(|l| f(self.0[l], other.0[l])))
    }
}

/// A function of [`crate::membrane::exponential`] on all lanes, compiled for each instruction set.
struct OnLanes<F>(Lanes, F);

impl<F: Fn(f64) -> f64> NullaryFnOnce for OnLanes<F> {
    type Output = Lanes;

    #[inline(always)]
    fn call(self) -> Lanes {
        let mut out = [0.0; LANES];
        for (out, x) in out.iter_mut().zip(self.0.0) {
            *out = (self.1)(x);
        }
        Lanes(out)
    }
}

fn exp_lanes(x: Lanes) -> Lanes {
    Arch::new().dispatch(OnLanes(x, exp))
}

fn linoid_lanes(x: Lanes) -> Lanes {
    Arch::new().dispatch(OnLanes(x, linoid))
}

fn sigmoid_lanes(x: Lanes) -> Lanes {
    exp_lanes(x.map(|x| -x)).map(|e| 1.0 / (1.0 + e))
}

/// a^b: by multiplication for whole exponents up to 64.
fn power(a: f64, b: f64) -> f64 {
    if b.fract() == 0.0 && b.abs() <= 64.0 {
        let p = (0..b.abs() as u32).fold(1.0, |p, _| p * a);
        if b < 0.0 { 1.0 / p } else { p }
    } else {
        libm::pow(a, b)
    }
}

/// The functions of a formula, for faults.
const FUNCTIONS: [&str; 10] =
    ["exp", "ln", "log10", "sqrt", "abs", "tanh", "sigmoid", "linoid", "min", "max"];

#[derive(Debug, Clone)]
pub(crate) struct Operators;

impl MakeOperators<Lanes> for Operators {
    fn make<'a>() -> Vec<Operator<'a, Lanes>> {
        fn binary(
            apply: fn(Lanes, Lanes) -> Lanes,
            prio: i64,
            is_commutative: bool,
        ) -> BinOp<Lanes> {
            BinOp { apply, prio, is_commutative }
        }
        vec![
            Operator::make_bin("^", binary(|a, b| a.with(b, power), 4, false)),
            Operator::make_bin("*", binary(|a, b| a.with(b, |a, b| a * b), 2, true)),
            Operator::make_bin("/", binary(|a, b| a.with(b, |a, b| a / b), 3, false)),
            Operator::make_bin_unary("+", binary(|a, b| a.with(b, |a, b| a + b), 0, true), |a| a),
            Operator::make_bin_unary("-", binary(|a, b| a.with(b, |a, b| a - b), 1, false), |a| {
                a.map(|a| -a)
            }),
            Operator::make_bin("min", binary(|a, b| a.with(b, f64::min), 5, true)),
            Operator::make_bin("max", binary(|a, b| a.with(b, f64::max), 5, true)),
            Operator::make_unary("exp", exp_lanes),
            Operator::make_unary("linoid", linoid_lanes),
            Operator::make_unary("sigmoid", sigmoid_lanes),
            Operator::make_unary("ln", |a| a.map(libm::log)),
            Operator::make_unary("log10", |a| a.map(libm::log10)),
            Operator::make_unary("sqrt", |a| a.map(f64::sqrt)),
            Operator::make_unary("abs", |a| a.map(f64::abs)),
            Operator::make_unary("tanh", |a| a.map(libm::tanh)),
        ]
    }
}

/// What is wrong with a formula, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("column {column} of \"{text}\": {problem}")]
pub struct ExpressionError {
    /// The formula.
    pub text: String,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

/// A compiled formula over named variables.
#[derive(Debug, Clone)]
pub struct Expression {
    compiled: FlatEx<Lanes, Operators>,
    /// Which of the caller's variables each variable of `compiled` is.
    variables: Vec<usize>,
    text: String,
}

/// A formula longer than this is refused (characters).
const MAX_LENGTH: usize = 2000;

impl Expression {
    /// Compiles `text`; `constants` are replaced by their values, `variables` are given at evaluation, in this order.
    ///
    /// # Errors
    /// [`ExpressionError`] with the column.
    pub fn parse(
        text: &str,
        variables: &[&str],
        constants: &[(&str, f64)],
    ) -> Result<Self, ExpressionError> {
        let fault = |column: usize, problem: String| ExpressionError {
            text: text.to_owned(),
            column,
            problem,
        };
        let known: Vec<&str> =
            variables.iter().copied().chain(constants.iter().map(|c| c.0)).collect();
        let substituted = check(text, &known, constants).map_err(|(c, p)| fault(c, p))?;
        let compiled = FlatEx::<Lanes, Operators>::parse(&substituted)
            .map_err(|e| fault(1, format!("not a formula: {}", e.msg())))?;
        let order = compiled
            .var_names()
            .iter()
            .map(|name| variables.iter().position(|v| v == name))
            .collect::<Option<Vec<usize>>>()
            .ok_or_else(|| fault(1, "not a formula".to_owned()))?;
        let expression = Expression { compiled, variables: order, text: text.to_owned() };
        // Whatever the compiler let through must evaluate.
        let probe = vec![Lanes([0.5; LANES]); variables.len()];
        expression
            .compiled
            .eval(&expression.ordered(&probe))
            .map_err(|e| fault(1, format!("not a formula: {}", e.msg())))?;
        Ok(expression)
    }

    /// The formula as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn ordered(&self, values: &[Lanes]) -> Vec<Lanes> {
        self.variables.iter().map(|&k| values[k]).collect()
    }

    /// The values at [`LANES`] places; `values` has one entry per variable.
    pub(crate) fn lanes(&self, values: &[Lanes]) -> Lanes {
        // Parsing evaluated it once, so it can be evaluated.
        let mut few = [Lanes::default(); 4];
        if self.variables.len() <= few.len() {
            for (to, &k) in few.iter_mut().zip(&self.variables) {
                *to = values[k];
            }
            return self
                .compiled
                .eval(&few[..self.variables.len()])
                .unwrap_or(Lanes([f64::NAN; LANES]));
        }
        self.compiled.eval(&self.ordered(values)).unwrap_or(Lanes([f64::NAN; LANES]))
    }

    /// The value at one place; `values` in the order of the variables.
    ///
    /// # Panics
    /// When there are fewer values than variables.
    #[must_use]
    pub fn value(&self, values: &[f64]) -> f64 {
        let lanes: Vec<Lanes> = values.iter().map(|&v| Lanes([v; LANES])).collect();
        self.lanes(&lanes).0[0]
    }
}

/// Checks characters, numbers, names and parentheses, and replaces constants by their values.
fn check(text: &str, known: &[&str], constants: &[(&str, f64)]) -> Result<String, (usize, String)> {
    if text.chars().count() > MAX_LENGTH {
        return Err((1, format!("longer than {MAX_LENGTH} characters")));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    // Column of every open parenthesis, how many commas it still needs and the function of two arguments it belongs to.
    let mut open: Vec<(usize, usize, Option<String>)> = Vec::new();
    let mut call: Option<String> = None; // the name of a function of two arguments that has just ended
    let mut operand = false; // whether an operand has just ended
    let mut at = 0;
    while at < chars.len() {
        let (c, column) = (chars[at], at + 1);
        if call.is_some() && !matches!(c, '(' | ' ') {
            return Err((column, "expected '(' and two arguments".to_owned()));
        }
        match c {
            ' ' | '\t' | '\n' => at += 1,
            '(' => {
                if operand {
                    return Err((column, "expected an operator before '('".to_owned()));
                }
                // The compiler knows these functions as operators between two values.
                out.push_str(if call.is_some() { "((" } else { "(" });
                open.push((column, usize::from(call.is_some()), call.take()));
                at += 1;
            }
            ')' => {
                match open.pop() {
                    None => return Err((column, "this ')' closes nothing".to_owned())),
                    Some((from, 1.., _)) => {
                        return Err((from, "min and max take two arguments".to_owned()));
                    }
                    Some((.., of)) => out.push_str(if of.is_some() { "))" } else { ")" }),
                }
                if !operand {
                    return Err((column, "expected a value before ')'".to_owned()));
                }
                at += 1;
            }
            ',' => {
                match open.last_mut() {
                    Some((_, missing @ 1, Some(of))) if operand => {
                        *missing = 0;
                        out.push_str(&format!(") {of} ("));
                    }
                    _ => return Err((column, "this ',' separates nothing".to_owned())),
                }
                operand = false;
                at += 1;
            }
            '+' | '-' => {
                operand = false;
                at += 1;
            }
            '*' | '/' | '^' => {
                if !operand {
                    return Err((column, format!("expected a value before '{c}'")));
                }
                operand = false;
                at += 1;
            }
            '0'..='9' | '.' => {
                if operand {
                    return Err((column, "expected an operator before this number".to_owned()));
                }
                let end = number_end(&chars, at);
                let number: String = chars[at..end].iter().collect();
                let value = number
                    .parse::<f64>()
                    .ok()
                    .filter(|v| v.is_finite())
                    .ok_or_else(|| (column, format!("\"{number}\" is not a number")))?;
                // Digits without an exponent, which the compiler does not take.
                out.push_str(&format!("({value})"));
                operand = true;
                at = end;
                continue;
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = (at..chars.len())
                    .find(|&k| !(chars[k].is_alphanumeric() || chars[k] == '_'))
                    .unwrap_or(chars.len());
                let name: String = chars[at..end].iter().collect();
                operand = name_kind(&name, column, operand, known)?;
                if name == "min" || name == "max" {
                    call = Some(name);
                    at = end;
                    continue;
                }
                match constants.iter().find(|k| k.0 == name) {
                    Some((_, value)) => {
                        out.push_str(&format!("({value})"));
                    }
                    None => {
                        out.push(' ');
                        out.push_str(&name);
                        out.push(' ');
                    }
                }
                at = end;
                continue;
            }
            _ => return Err((column, format!("the character '{c}' has no place in a formula"))),
        }
        if c == ')' {
            operand = true;
        }
        if !matches!(c, '(' | ')' | ',') {
            out.push(if c == '\n' || c == '\t' { ' ' } else { c });
        }
    }
    if let Some((column, ..)) = open.pop() {
        return Err((column, "this '(' is not closed".to_owned()));
    }
    if !operand {
        let problem =
            if chars.is_empty() { "the formula is empty" } else { "a value is missing at the end" };
        return Err((chars.len().max(1), problem.to_owned()));
    }
    Ok(out)
}

/// Whether after this name an operand has ended.
fn name_kind(
    name: &str,
    column: usize,
    operand: bool,
    known: &[&str],
) -> Result<bool, (usize, String)> {
    if operand {
        return Err((column, format!("expected an operator before \"{name}\"")));
    }
    if FUNCTIONS.contains(&name) {
        return Ok(false);
    }
    if known.contains(&name) {
        return Ok(true);
    }
    let all = || known.iter().copied().chain(FUNCTIONS);
    Err((
        column,
        match nearest(name, all()) {
            Some(near) => format!("there is no \"{name}\"; did you mean \"{near}\"?"),
            None => format!(
                "there is no \"{name}\"; there are: {}",
                all().collect::<Vec<_>>().join(", ")
            ),
        },
    ))
}

fn number_end(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while at < chars.len() && (chars[at].is_ascii_digit() || chars[at] == '.') {
        at += 1;
    }
    if at < chars.len() && matches!(chars[at], 'e' | 'E') {
        let sign = usize::from(chars.get(at + 1).is_some_and(|c| matches!(c, '+' | '-')));
        if chars.get(at + 1 + sign).is_some_and(char::is_ascii_digit) {
            at += 1 + sign;
            while at < chars.len() && chars[at].is_ascii_digit() {
                at += 1;
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, v: f64) -> f64 {
        Expression::parse(text, &["V", "Ca"], &[("k", -2.5)]).unwrap().value(&[v, 1e-4])
    }

    #[test]
    fn formulas_have_their_values() {
        assert_eq!(value("1 + 2*3", 0.0), 7.0);
        assert_eq!(value("2*V/4*3", 6.0), 9.0);
        assert_eq!(value("8/2/2", 0.0), 2.0);
        assert_eq!(value("1 - 2 - 3", 0.0), -4.0);
        assert_eq!(value("-(2^2) + k", 0.0), -6.5);
        assert_eq!(value("3e-5*1e5", 0.0), 3e-5 * 1e5);
        assert_eq!(value("max(2, min(V, 0.26*(V + 50))) * 2", 100.0), 2.0 * 39.0);
        assert_eq!(value("Ca", 0.0), 1e-4);
        assert!((value("0.1*(25 - V)/(exp((25 - V)/10) - 1)", 3.0) - linoid(2.2)).abs() < 1e-14);
        assert!(
            (value("exp(-V/18) + ln(2)^0.5", 5.0) - ((-5.0f64 / 18.0).exp() + 2f64.ln().sqrt()))
                .abs()
                < 1e-15
        );
        assert_eq!(value("linoid(V)", 0.0), 1.0);
        assert!(
            (value("sigmoid((V + 40)/5) * tanh(1) * abs(-2)", -40.0) - 1f64.tanh()).abs() < 1e-15
        );
    }

    #[test]
    fn faults_have_a_column() {
        let fault = |text: &str| Expression::parse(text, &["V"], &[("V_half", 1.0)]).unwrap_err();
        for (text, column, part) in [
            ("exp(V", 4, "not closed"),
            ("V)", 2, "closes nothing"),
            ("2 * Vhalf", 5, "did you mean \"V_half\""),
            ("2 V", 3, "expected an operator"),
            ("V $ 2", 3, "no place"),
            ("1 + ", 4, "missing at the end"),
            ("", 1, "empty"),
            ("2 * / 3", 5, "expected a value"),
            ("1.2.3", 1, "not a number"),
            ("max(1)", 4, "two arguments"),
            ("(1, 2)", 3, "separates nothing"),
            ("min 3", 5, "expected '('"),
            ("()", 2, "expected a value"),
            ("exp 2)", 6, "closes nothing"),
        ] {
            let e = fault(text);
            assert_eq!(e.column, column, "{text}: {e}");
            assert!(e.problem.contains(part), "{text}: {e}");
        }
    }

    /// Nothing that a file may hold panics.
    #[test]
    fn damaged_formulas_never_panic() {
        let pieces = [
            "V", "exp", "(", ")", "+", "-", "*", "/", "^", "1", ".", "e", ",", "min", "max", " ",
            "µ", "linoid", "1e400", "0",
        ];
        let mut state = 1u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            if let Ok(e) = Expression::parse(&text, &["V"], &[]) {
                let _ = e.value(&[1.0]);
            }
        }
    }
}
