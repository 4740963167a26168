//! The words of an equation, with their places.

use std::ops::Range;

/// Where something stands in the text of the equations (bytes).
pub type Span = Range<usize>;

/// A word of an equation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Number(f64),
    Name(String),
    /// An operator or bracket.
    Sign(&'static str),
    /// End of a statement: a new line or a semicolon.
    End,
}

/// A word with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub token: Token,
    pub span: Span,
}

/// Longest first.
const SIGNS: &[&str] = &[
    "**=", "//", "**", "<=", ">=", "==", "!=", "+=", "-=", "*=", "/=", "+", "-", "*", "/", "%",
    "^", "(", ")", ",", "<", ">", "=", "'",
];

/// Cuts a text into words. `#` begins a comment; a line goes on where a bracket is open or an operator is its last word.
///
/// # Errors
/// The place of what is no word, with a sentence.
pub(crate) fn tokens(text: &str) -> Result<Vec<Placed>, (Span, String)> {
    let mut found: Vec<Placed> = Vec::new();
    let mut open = 0usize;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        if c == '#' {
            at += text[at..].find('\n').unwrap_or(text.len() - at);
            continue;
        }
        if c == '\n' || c == ';' {
            at += 1;
            let goes_on = open > 0
                || found.last().is_none_or(|last| match &last.token {
                    Token::Sign(sign) => !matches!(*sign, ")" | "'"),
                    Token::End => true,
                    _ => false,
                });
            if !goes_on || (c == ';' && found.last().is_some_and(|last| last.token != Token::End)) {
                found.push(Placed { token: Token::End, span: start..at });
            }
            continue;
        }
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let token = if c.is_ascii_digit() || (c == '.' && digit(text, at + 1)) {
            at = end_of_number(text, at);
            match text[start..at].parse() {
                Ok(number) => Token::Number(number),
                Err(_) => {
                    return Err((start..at, format!("\"{}\" is no number", &text[start..at])));
                }
            }
        } else if c.is_alphabetic() || c == '_' {
            let rest = &text[at..];
            let word =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            at += word;
            Token::Name(text[start..at].to_owned())
        } else if let Some(sign) = SIGNS.iter().find(|sign| text[at..].starts_with(**sign)) {
            at += sign.len();
            match *sign {
                "(" => open += 1,
                ")" => open = open.saturating_sub(1),
                _ => {}
            }
            Token::Sign(sign)
        } else {
            at += c.len_utf8();
            return Err((start..at, format!("\"{c}\" means nothing in an equation")));
        };
        found.push(Placed { token, span: start..at });
    }
    if found.last().is_some_and(|last| last.token != Token::End) {
        found.push(Placed { token: Token::End, span: text.len()..text.len() });
    }
    Ok(found)
}

fn digit(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// End of the number that starts at `at`: digits, a point, an exponent.
fn end_of_number(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while digit(text, at) {
            at += 1;
        }
        at
    };
    let mut end = digits(at);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digit(text, end + 1 + sign) {
            end = digits(end + 1 + sign);
        }
    }
    end
}
