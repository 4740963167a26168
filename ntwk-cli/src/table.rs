//! Plain-text tables.

use ntwk::report::quantities::signed;

/// Rows of cells, columns aligned: the first to the left, the others to the right unless they are text.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    /// Columns from this one on are text.
    text_from: Option<usize>,
}

impl Table {
    /// A table with a header.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&h| h.to_owned()).collect()], text_from: None }
    }

    /// A table of text: every column to the left.
    pub(crate) fn of_text(header: &[&str]) -> Self {
        Self { text_from: Some(0), ..Self::new(header) }
    }

    /// The columns from `column` on are text.
    pub(crate) fn text_from(self, column: usize) -> Self {
        Self { text_from: Some(column), ..self }
    }

    /// Whether there is nothing below the header.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| {
            self.rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (r, row) in self.rows.iter().enumerate() {
            for (c, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths[c] - cell.chars().count());
                let gap = if c == 0 { "" } else { "  " };
                let last = c + 1 == row.len();
                match c == 0 || self.text_from.is_some_and(|from| c >= from) {
                    // Nothing after the last word of a line.
                    true if last => write!(f, "{gap}{cell}")?,
                    true => write!(f, "{gap}{cell}{pad}")?,
                    false => write!(f, "{gap}{pad}{cell}")?,
                }
            }
            writeln!(f)?;
            if r == 0 {
                let total = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
                writeln!(f, "{}", "─".repeat(total))?;
            }
        }
        Ok(())
    }
}

/// A number for people: `digits` decimals.
pub(crate) fn number(x: f64, digits: usize) -> String {
    // Beyond that, digits are noise: a number that blew up must not fill the screen.
    let text = if x.abs() < 1e12 { format!("{x:.digits$}") } else { format!("{x:.3e}") };
    // What rounds to zero has no sign.
    let is_zero = !text.bytes().any(|c| (b'1'..=b'9').contains(&c));
    match text.strip_prefix('-').filter(|_| is_zero) {
        Some(zero) => zero.to_owned(),
        None => text,
    }
}

/// A time (ms) for people: no digits beyond a thousandth of a step, no zeros behind the last one.
pub(crate) fn time(x: f64) -> String {
    let text = number(x, 6);
    match text.contains('.') && !text.contains('e') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// An optional number for people; a dash when there is none.
pub(crate) fn optional(x: Option<f64>, digits: usize) -> String {
    x.map_or_else(|| "–".to_owned(), |x| number(x, digits))
}

/// A relative error in percent with its sign; a dash when there is none.
pub(crate) fn percent(x: Option<f64>) -> String {
    x.map_or_else(|| "–".to_owned(), |x| format!("{} %", signed(100.0 * x, 1)))
}

/// Bytes for people.
pub(crate) fn bytes(n: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (n.max(1.0).log2() / 10.0).floor().clamp(0.0, 4.0);
    let digits = if power == 0.0 { 0 } else { 1 };
    // Of no terms a sum is -0.
    let value = n.max(0.0) / 1024f64.powf(power) + 0.0;
    format!("{value:.digits$} {}", units[power as usize])
}

/// Seconds for people.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.095 => format!("{:.2} ms", 1e3 * s),
        s if s < 90.0 => format!("{s:.2} s"),
        s if s < 5400.0 => format!("{:.1} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        let none = Vec::<f64>::new().iter().sum::<f64>();
        assert_eq!([bytes(none), number(-0.0, 1), number(-0.04, 1)], ["0 B", "0.0", "0.0"]);
        assert_eq!([number(-0.06, 1), bytes(2048.0)], ["-0.1", "2.0 KiB"]);
    }

    #[test]
    fn times_have_no_digits_of_rounding() {
        let all = [307.400_000_000_000_03, 250.0, 0.1, 0.0, 1e13].map(time);
        assert_eq!(all, ["307.4", "250", "0.1", "0", "1.000e13"]);
    }
}
