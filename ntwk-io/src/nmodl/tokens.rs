//! The words of an NMODL file.

use ntwk_core::spec::fault::{FaultKind, Faults};

/// A word with its line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub word: Word,
    pub line: u32,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// A number, as written.
    Number(String),
    Name(String),
    Sign(&'static str),
    /// What stands between `VERBATIM` and `ENDVERBATIM`: C.
    Verbatim(String),
    /// Between quotation marks.
    Text,
}

impl Token {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self.word, Word::Sign(s) if s == sign)
    }

    pub(super) fn text(&self) -> &str {
        match &self.word {
            Word::Number(text) | Word::Name(text) => text,
            Word::Sign(sign) => sign,
            Word::Verbatim(_) => "VERBATIM",
            Word::Text => "\"...\"",
        }
    }
}

/// Names of NMODL that get a mark.
const FOREIGN: [&str; 3] = ["V", "Ca", "unset"];
const MARK: &str = "_nmodl";

/// A name without its mark: of mechanisms and ions, which stand in no formula.
pub(super) fn unmarked(name: &str) -> &str {
    name.strip_suffix(MARK).filter(|own| FOREIGN.contains(own)).unwrap_or(name)
}

/// Longer ones first.
const SIGNS: [&str; 27] = [
    "<->", "<<", "<=", ">=", "==", "!=", "&&", "||", "->", "+", "-", "*", "/", "^", "(", ")", "{",
    "}", "[", "]", "<", ">", "=", ",", "'", "~", "!",
];

/// Cuts a text into words; comments, the title and switches of units are left out.
pub(super) fn tokens(text: &str, faults: &mut Faults) -> Vec<Token> {
    let mut all = Vec::new();
    let mut rest = text;
    let mut line = 1;
    let mut skip = |rest: &mut &str, bytes: usize| {
        let (over, after) = rest.split_at(bytes);
        line += over.bytes().filter(|&b| b == b'\n').count() as u32;
        *rest = after;
        line
    };
    loop {
        let blank = rest.len() - rest.trim_start().len();
        let line = skip(&mut rest, blank);
        let Some(first) = rest.chars().next() else { return all };
        let end_of_line = rest.find('\n').unwrap_or(rest.len());
        let name_end = |text: &str| {
            text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
        };
        if first == ':' || first == '?' {
            skip(&mut rest, end_of_line);
        } else if first.is_ascii_alphabetic() || first == '_' {
            let name = &rest[..name_end(rest)];
            match name {
                "TITLE" => _ = skip(&mut rest, end_of_line),
                "UNITSOFF" | "UNITSON" => _ = skip(&mut rest, name.len()),
                "COMMENT" | "VERBATIM" => {
                    let end = if name == "COMMENT" { "ENDCOMMENT" } else { "ENDVERBATIM" };
                    let Some(at) = rest.find(end) else {
                        let rule = format!("{name} without {end}");
                        faults.push(name, None, Some(line), FaultKind::Combination { rule });
                        return all;
                    };
                    if name == "VERBATIM" {
                        let word = Word::Verbatim(rest[name.len()..at].to_owned());
                        all.push(Token { word, line });
                    }
                    skip(&mut rest, at + end.len());
                }
                _ => {
                    // These mean something else in the formulas of a channel.
                    let mark = if FOREIGN.contains(&name) { MARK } else { "" };
                    all.push(Token { word: Word::Name(format!("{name}{mark}")), line });
                    skip(&mut rest, name.len());
                }
            }
        } else if first == '"' {
            let length = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
            all.push(Token { word: Word::Text, line });
            skip(&mut rest, length);
        } else if let Some(length) = number_length(rest) {
            all.push(Token { word: Word::Number(rest[..length].to_owned()), line });
            skip(&mut rest, length);
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            all.push(Token { word: Word::Sign(sign), line });
            skip(&mut rest, sign.len());
        } else {
            let rule = "a character that NMODL does not have".to_owned();
            let value = Some(first.to_string());
            faults.push("(file)", value, Some(line), FaultKind::Combination { rule });
            skip(&mut rest, first.len_utf8());
        }
    }
}

/// Bytes of the number that a text begins with.
fn number_length(text: &str) -> Option<usize> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(0);
    let mut length = whole;
    let mut fraction = 0;
    if text[length..].starts_with('.') {
        fraction = digits(length + 1);
        length += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    Some(length)
}
