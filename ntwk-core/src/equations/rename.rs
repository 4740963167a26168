//! Names of an expression with a prefix.

use super::token::{Token, tokens};

/// A text in which each of `names` begins with `prefix_`: `x` and the `x` of `dx/dt`; the noise `xi` is `xi_prefix`. A text
/// that is no expression stays as it is: its faults are said later.
pub(crate) fn with_prefix(text: &str, names: &[&str], prefix: &str) -> String {
    let Ok(words) = tokens(text) else { return text.to_owned() };
    let mut renamed = String::new();
    let mut end = 0;
    for word in words {
        let Token::Name(name) = &word.token else { continue };
        let derivative = name
            .strip_prefix('d')
            .filter(|of| names.contains(of) && text[word.span.end..].starts_with("/dt"));
        let new = match derivative {
            Some(of) => format!("d{prefix}_{of}"),
            None if names.contains(&name.as_str()) => format!("{prefix}_{name}"),
            None if name == "xi" => format!("xi_{prefix}"),
            None => continue,
        };
        renamed += &text[end..word.span.start];
        renamed += &new;
        end = word.span.end;
    }
    renamed + &text[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_renamed() {
        let text = "dx/dt = -x/tau + exp(x_1)*A # of x";
        assert_eq!(with_prefix(text, &["x", "A"], "h"), "dh_x/dt = -h_x/tau + exp(x_1)*h_A # of x");
    }
}
