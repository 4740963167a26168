//! Selections written as text: `apical and distance > 100 um`.

use super::Selection;
use crate::geometry::region::Region;
use ntwk_core::Dimension;
use ntwk_core::spec::nearest::nearest;
use std::fmt;
use std::str::FromStr;

/// What is wrong with the text of a selection, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("column {column} of \"{text}\": {problem}")]
pub struct SelectionError {
    /// The text.
    pub text: String,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

/// The words of a selection, for faults.
const WORDS: [&str; 16] = [
    "all",
    "soma",
    "axon",
    "basal",
    "apical",
    "dendrites",
    "undefined",
    "custom5",
    "distance",
    "radius",
    "diameter",
    "order",
    "branch",
    "subtree",
    "compartment",
    "not",
];

/// Parentheses nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

impl FromStr for Selection {
    type Err = SelectionError;

    /// Reads a selection: the words `all`, `soma`, `axon`, `basal`, `apical`, `dendrites`, `undefined`, `custom5`;
    /// comparisons `distance > 100 um`, `radius`, `diameter` (µm when bare) and `order >= 2` with `<`, `<=`, `>`, `>=`
    /// and, for `order`, `=`; `branch 3`, `subtree 3`, `compartment 7`; joined by `and`, `or`, `not` and parentheses.
    fn from_str(text: &str) -> Result<Self, SelectionError> {
        let fault = |(column, problem)| SelectionError { text: text.to_owned(), column, problem };
        let tokens = tokens(text).map_err(fault)?;
        let end = text.chars().count() + 1;
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, end };
        let selection = parser.any().map_err(fault)?;
        match parser.peek() {
            None => Ok(selection),
            Some(t) => {
                Err(fault((t.column, format!("expected 'and' or 'or' before \"{}\"", t.text))))
            }
        }
    }
}

#[derive(Debug)]
struct Token {
    column: usize,
    text: String,
}

type Problem = (usize, String);

fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let run = |keep: &dyn Fn(char) -> bool| {
            (at..chars.len()).find(|&k| !keep(chars[k])).unwrap_or(chars.len())
        };
        let end = match c {
            '(' | ')' => at + 1,
            '<' | '>' | '=' => run(&|c| matches!(c, '<' | '>' | '=')),
            _ if c.is_ascii_digit() || matches!(c, '.' | '-' | '+') => {
                run(&|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e'))
            }
            _ if c.is_alphabetic() || c == '_' => run(&|c| c.is_alphanumeric() || c == '_'),
            _ => return Err((at + 1, format!("the character '{c}' has no place in a selection"))),
        };
        tokens.push(Token { column: at + 1, text: chars[at..end].iter().collect() });
        at = end;
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    /// Column behind the text.
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, expected: &str) -> Result<&'a Token, Problem> {
        let token = self.peek().ok_or_else(|| (self.end, format!("expected {expected}")))?;
        self.at += 1;
        Ok(token)
    }

    fn follows(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|t| t.text == word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Selection, Problem> {
        let mut left = self.all_of()?;
        while self.follows("or") {
            left = left | self.all_of()?;
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Selection, Problem> {
        let mut left = self.one()?;
        while self.follows("and") {
            left = left & self.one()?;
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Selection, Problem> {
        let token = self.take("a region, a comparison or '('")?;
        let column = token.column;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err((column, format!("nested deeper than {MAX_DEPTH}")));
        }
        let selection = match token.text.as_str() {
            "not" => !self.one()?,
            "(" => {
                let inner = self.any()?;
                if !self.follows(")") {
                    return Err((column, "this '(' is not closed".to_owned()));
                }
                inner
            }
            "all" => Selection::All,
            "dendrites" | "dendrite" => Selection::Dendrites,
            "distance" => {
                let (from, to) = self.interval(1.0)?;
                Selection::PathDistance { from, to }
            }
            "radius" => {
                let (from, to) = self.interval(1.0)?;
                Selection::Radius { from, to }
            }
            "diameter" => {
                let (from, to) = self.interval(0.5)?;
                Selection::Radius { from, to }
            }
            "order" => self.order()?,
            "branch" => Selection::Branches(vec![self.number("the number of a branch")?]),
            "subtree" => Selection::Subtree(self.number("the number of a branch")?),
            "compartment" => {
                Selection::Compartments(vec![self.number("the number of a compartment")?])
            }
            other => Selection::Region(region(other).ok_or_else(|| {
                let problem = match nearest(other, WORDS) {
                    Some(near) => format!("there is no \"{other}\"; did you mean \"{near}\"?"),
                    None => format!("there is no \"{other}\"; there are: {}", WORDS.join(", ")),
                };
                (column, problem)
            })?),
        };
        self.depth -= 1;
        Ok(selection)
    }

    /// [from, to) of a comparison with a length, times `factor`.
    fn interval(&mut self, factor: f64) -> Result<(f64, f64), Problem> {
        let operator = self.take("<, <=, > or >=")?;
        if !matches!(operator.text.as_str(), "<" | "<=" | ">" | ">=") {
            let problem = format!("expected <, <=, > or >=, found \"{}\"", operator.text);
            return Err((operator.column, problem));
        }
        let number = self.take("a number")?;
        let mut text = number.text.clone();
        let unit = self.peek().filter(|t| Dimension::Length.has_unit(&t.text));
        if let Some(unit) = unit {
            text.push_str(&unit.text);
            self.at += 1;
        }
        let value = factor
            * if unit.is_some() {
                Dimension::Length.parse(&text).map_err(|e| (number.column, e.to_string()))?
            } else {
                text.parse::<f64>()
                    .ok()
                    .filter(|v| v.is_finite())
                    .ok_or_else(|| (number.column, format!("\"{text}\" is not a number")))?
            };
        match operator.text.as_str() {
            "<" => Ok((f64::NEG_INFINITY, value)),
            "<=" => Ok((f64::NEG_INFINITY, value.next_up())),
            ">" => Ok((value.next_up(), f64::INFINITY)),
            _ => Ok((value, f64::INFINITY)),
        }
    }

    fn order(&mut self) -> Result<Selection, Problem> {
        let operator = self.take("<, <=, >, >= or =")?;
        let n = self.number("a whole number")?;
        let (from, to) = match operator.text.as_str() {
            "<" if n == 0 => return Ok(!Selection::All),
            "<" => (0, n - 1),
            "<=" => (0, n),
            ">" => (n.saturating_add(1), usize::MAX),
            ">=" => (n, usize::MAX),
            "=" | "==" => (n, n),
            other => {
                let problem = format!("expected <, <=, >, >= or =, found \"{other}\"");
                return Err((operator.column, problem));
            }
        };
        Ok(Selection::BranchOrder { from, to })
    }

    fn number(&mut self, what: &str) -> Result<usize, Problem> {
        let token = self.take(what)?;
        let problem = || (token.column, format!("expected {what}, found \"{}\"", token.text));
        token.text.parse().map_err(|_| problem())
    }
}

/// How tightly the parts of a text hold together: those joined by `or` least.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Tightness {
    Or,
    And,
    One,
}

impl Selection {
    fn tightness(&self) -> Tightness {
        match self {
            Selection::Or(..) => Tightness::Or,
            Selection::And(..) => Tightness::And,
            Selection::PathDistance { from, to } | Selection::Radius { from, to }
                if from.is_finite() && to.is_finite() =>
            {
                Tightness::And
            }
            Selection::BranchOrder { from, to } if 0 < *from && from < to && *to < usize::MAX => {
                Tightness::And
            }
            Selection::Branches(list) | Selection::Compartments(list) if list.len() > 1 => {
                Tightness::Or
            }
            _ => Tightness::One,
        }
    }

    /// The text of a part, in parentheses where it would fall apart.
    fn part(&self, least: Tightness) -> String {
        if self.tightness() < least { format!("({self})") } else { self.to_string() }
    }
}

/// The text that [`FromStr`] reads.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = |f: &mut fmt::Formatter<'_>, what: &str, from: f64, to: f64| match (
            from.is_finite(),
            to.is_finite(),
        ) {
            (true, true) => write!(f, "{what} >= {from} and {what} < {to}"),
            (true, false) => write!(f, "{what} >= {from}"),
            (false, true) => write!(f, "{what} < {to}"),
            (false, false) => f.write_str("all"),
        };
        let any_of = |f: &mut fmt::Formatter<'_>, what: &str, list: &[usize]| {
            let parts: Vec<String> = list.iter().map(|n| format!("{what} {n}")).collect();
            f.write_str(
                if parts.is_empty() { "not all".to_owned() } else { parts.join(" or ") }.as_str(),
            )
        };
        match self {
            Selection::All => f.write_str("all"),
            Selection::Region(region) => region.fmt(f),
            Selection::Dendrites => f.write_str("dendrites"),
            Selection::PathDistance { from, to } => interval(f, "distance", *from, *to),
            Selection::Radius { from, to } => interval(f, "radius", *from, *to),
            Selection::BranchOrder { from, to } if from == to => write!(f, "order = {from}"),
            Selection::BranchOrder { from: 0, to } => write!(f, "order <= {to}"),
            Selection::BranchOrder { from, to: usize::MAX } => write!(f, "order >= {from}"),
            Selection::BranchOrder { from, to } => {
                write!(f, "order >= {from} and order <= {to}")
            }
            Selection::Subtree(branch) => write!(f, "subtree {branch}"),
            Selection::Branches(list) => any_of(f, "branch", list),
            Selection::Compartments(list) => any_of(f, "compartment", list),
            Selection::And(a, b) => {
                write!(f, "{} and {}", a.part(Tightness::And), b.part(Tightness::One))
            }
            Selection::Or(a, b) => {
                write!(f, "{} or {}", a.part(Tightness::Or), b.part(Tightness::And))
            }
            Selection::Not(a) => write!(f, "not {}", a.part(Tightness::One)),
        }
    }
}

/// The region of a word.
pub(crate) fn region(word: &str) -> Option<Region> {
    Some(match word {
        "undefined" => Region::Undefined,
        "soma" => Region::Soma,
        "axon" => Region::Axon,
        "basal" => Region::Basal,
        "apical" => Region::Apical,
        _ => Region::Custom(word.strip_prefix("custom")?.parse().ok().filter(|&n: &u32| n >= 5)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Discretisation;
    use crate::geometry::generators::PyramidalTree;

    #[test]
    fn text_means_what_the_types_say() {
        let c = PyramidalTree::default()
            .build(2)
            .unwrap()
            .compartments(&Discretisation::MaxLength(20.0))
            .unwrap();
        let far = Selection::PathDistance { from: 100.0, to: f64::INFINITY };
        for (text, selection) in [
            ("all", Selection::All),
            ("apical and distance >= 100 um", Selection::Region(Region::Apical) & far.clone()),
            ("not (soma or axon)", Selection::Dendrites),
            ("dendrites and distance>=0.1mm", Selection::Dendrites & far.clone()),
            (
                "basal or apical and distance >= 1e2",
                Selection::Region(Region::Basal) | (Selection::Region(Region::Apical) & far),
            ),
            ("order <= 1", Selection::BranchOrder { from: 0, to: 1 }),
            (
                "order = 2 and diameter < 1",
                Selection::BranchOrder { from: 2, to: 2 }
                    & Selection::Radius { from: 0.0, to: 0.5 },
            ),
            ("subtree 3 or branch 0", Selection::Subtree(3) | Selection::Branches(vec![0])),
        ] {
            let read: Selection = text.parse().unwrap();
            assert_eq!(read.indices(&c), selection.indices(&c), "{text}");
            assert!(!read.indices(&c).is_empty(), "{text}");
        }
        let at = c.as_slice()[5].path_distance;
        let with =
            |t: &str| format!("{t} {at:?}").parse::<Selection>().unwrap().indices(&c).contains(&5);
        assert_eq!(
            ["distance <", "distance <=", "distance >", "distance >="].map(with),
            [false, true, false, true]
        );
    }

    /// What is written is what was read, and what code alone can make means the same.
    #[test]
    fn a_selection_is_written_as_it_is_read() {
        for text in [
            "all",
            "soma or apical and distance >= 100",
            "(soma or apical) and not (axon or dendrites)",
            "soma or (axon or basal)",
            "soma and (axon and (basal or custom7))",
            "not not undefined",
            "distance > 100 um and distance <= 0.3 mm or diameter < 1.5",
            "order < 3 or order > 4 and order = 7 or order >= 1 or order <= 2 or order < 0",
            "branch 3 or subtree 0 or compartment 12",
        ] {
            let selection: Selection = text.parse().unwrap();
            assert_eq!(selection.to_string().parse(), Ok(selection), "{text}");
        }
        let c = PyramidalTree::default()
            .build(2)
            .unwrap()
            .compartments(&Discretisation::MaxLength(20.0))
            .unwrap();
        for selection in [
            !Selection::PathDistance { from: 50.0, to: 200.0 },
            !Selection::Radius { from: f64::NEG_INFINITY, to: f64::INFINITY },
            Selection::Dendrites & Selection::BranchOrder { from: 1, to: 3 },
            Selection::Dendrites & Selection::Branches(vec![1, 4, 5]),
            Selection::Compartments(vec![]) | Selection::Compartments(vec![2, 3]),
        ] {
            let read: Selection = selection.to_string().parse().unwrap();
            assert_eq!(read.indices(&c), selection.indices(&c), "{selection}");
        }
    }

    #[test]
    fn faults_have_a_column() {
        for (text, column, part) in [
            ("apicl", 1, "did you mean \"apical\""),
            ("apical and", 11, "expected a region"),
            ("distance 100", 10, "expected <"),
            ("distance > far", 12, "not a number"),
            ("distance > 100 mV", 16, "expected 'and'"),
            ("(soma", 1, "not closed"),
            ("soma axon", 6, "expected 'and'"),
            ("branch x", 8, "number of a branch"),
            ("soma & axon", 6, "no place"),
            ("order > -1", 9, "whole number"),
            ("", 1, "expected a region"),
            ("custom3", 1, "there is no"),
        ] {
            let e = text.parse::<Selection>().unwrap_err();
            assert!(e.column == column && e.problem.contains(part), "{text}: {e}");
        }
        assert!("(".repeat(10_000).parse::<Selection>().is_err());
        assert!("not ".repeat(10_000).parse::<Selection>().is_err());
    }
}
