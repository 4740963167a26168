//! What varies, as it is written on the command line.

use ntwk_core::spec::key::Words;
use ntwk_core::spec::{ParameterText, RangeSpacing, VarySpec, VaryValues};

/// `[NAME:]KEY[,KEY...]=FROM..TO[:N][:log]` or `...=A,B,C`.
pub(crate) fn parse_vary(text: &str) -> Result<VarySpec, String> {
    let expected = "expected [NAME:]KEY=FROM..TO:N[:log] or KEY=A,B,C";
    let (left, right) = text.split_once('=').ok_or(expected)?;
    let (name, keys) = match left.split_once(':') {
        Some((name, keys)) => (Some(name.trim().to_owned()), keys),
        None => (None, left),
    };
    let key: Vec<String> = keys.split(',').map(|k| k.trim().to_owned()).collect();
    if key.iter().any(String::is_empty) || name.as_deref() == Some("") || right.trim().is_empty() {
        return Err(expected.to_owned());
    }
    let value = |text: &str| match text.trim().parse::<f64>() {
        Ok(number) => ParameterText::Number(number),
        Err(_) => ParameterText::Text(text.trim().to_owned()),
    };
    let Some((from, rest)) = right.split_once("..") else {
        let parts = with_common_unit(right);
        let values = VaryValues::List { values: parts.iter().map(|part| value(part)).collect() };
        return Ok(VarySpec::new(name, key, values));
    };
    let mut parts = rest.split(':');
    let to = parts.next().unwrap_or_default();
    let (mut points, mut spacing) = (None, RangeSpacing::Linear);
    for part in parts {
        match RangeSpacing::of(part.trim()) {
            Some(word) => spacing = word,
            None => points = Some(part.trim().parse().ok().ok_or(expected)?),
        }
    }
    let values = VaryValues::Range { from: value(from), to: value(to), points, spacing };
    Ok(VarySpec::new(name, key, values))
}

/// The values of a list; a unit after the last one alone is that of all: `2,4,6nS` is `2nS,4nS,6nS`.
fn with_common_unit(list: &str) -> Vec<String> {
    let parts: Vec<&str> = list.split(',').map(str::trim).collect();
    let is_number = |part: &&str| part.parse::<f64>().is_ok();
    let unit = match parts.split_last() {
        Some((last, before)) if !before.is_empty() && before.iter().all(is_number) => {
            let split = last.find(|c: char| {
                c.is_alphabetic() && !matches!(c, 'e' | 'E') || matches!(c, 'µ' | '%')
            });
            split.map(|at| last.split_at(at)).filter(|(n, _)| is_number(&n.trim())).map(|s| s.1)
        }
        _ => None,
    };
    let with_unit = |part: &&str| match unit {
        Some(unit) if is_number(part) => format!("{part} {unit}"),
        _ => (*part).to_owned(),
    };
    parts.iter().map(with_unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_after_the_last_value_is_that_of_all() {
        assert_eq!(with_common_unit("2,4,6nS"), ["2 nS", "4 nS", "6nS"]);
        assert_eq!(with_common_unit("80, 150 Ohm cm"), ["80 Ohm cm", "150 Ohm cm"]);
        assert_eq!(with_common_unit("1e2,1e3 pA"), ["1e2 pA", "1e3 pA"]);
        // Values of their own units, bare numbers and words stay.
        for list in ["1nS,2pS", "1,2,3", "RS,FS", "1,FS", "3 Hz", "euler,heun"] {
            let plain: Vec<&str> = list.split(',').collect();
            assert_eq!(with_common_unit(list), plain, "{list}");
        }
    }
}
