//! The lines of an SWC file, before anything is made of them.

use super::fault::{Column, SwcError, SwcFault};
use super::repair::Repair;

/// One data line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Line number, from 1.
    pub line: usize,
    /// Sample id.
    pub id: i64,
    /// Structure type as written.
    pub tag: u32,
    /// Position (µm).
    pub position: [f64; 3],
    /// Radius (µm) as written: it may be zero or negative here.
    pub radius: f64,
    /// Parent id; `None` for −1.
    pub parent: Option<i64>,
}

/// The data lines and comments of a file, each line sound on its own.
#[derive(Debug, Clone, PartialEq)]
pub struct SwcTable {
    /// Data lines in file order.
    pub records: Vec<Record>,
    /// Comment lines without the `#`, in order.
    pub comments: Vec<String>,
    /// Remarks on the lines.
    pub repairs: Vec<Repair>,
}

impl SwcTable {
    /// Splits text into records. See [`super::read`] for the format.
    ///
    /// # Errors
    /// [`SwcError`] with every line that is not seven finite numbers, or when there is none.
    pub fn parse(text: &[u8]) -> Result<Self, SwcError> {
        let mut table = SwcTable { records: Vec::new(), comments: Vec::new(), repairs: Vec::new() };
        let mut error = SwcError::new();
        let text = text.strip_prefix(b"\xef\xbb\xbf").map_or(text, |rest| {
            table.repairs.push(Repair::ByteOrderMark);
            rest
        });
        let mut stray = FirstOf::default();
        let mut blank = FirstOf::default();
        let mut pending_blank = FirstOf::default();
        for (n, line) in lines(text).enumerate() {
            let number = n + 1;
            if line.stray {
                stray.see(number);
            }
            let trimmed = line.bytes.trim_ascii();
            if trimmed.is_empty() {
                pending_blank.see(number);
                continue;
            }
            // Blank lines at the end of a file are no remark: only those before something are.
            blank.take(&mut pending_blank);
            let (data, comment) = match trimmed.iter().position(|&b| b == b'#') {
                Some(at) => (&trimmed[..at], Some(&trimmed[at + 1..])),
                None => (trimmed, None),
            };
            if let Some(c) = comment {
                table.comments.push(String::from_utf8_lossy(c.trim_ascii()).into_owned());
            }
            if data.is_empty() {
                continue;
            }
            if let Some(record) = parse_line(number, data, &mut error) {
                table.records.push(record);
            }
        }
        if let Some(first_line) = blank.first {
            table.repairs.push(Repair::BlankLines { count: blank.count, first_line });
        }
        if let Some(first_line) = stray.first {
            table.repairs.push(Repair::StrayCarriageReturns { count: stray.count, first_line });
        }
        if table.records.is_empty() && error.total == 0 {
            error.push(SwcFault::Empty);
        }
        error.check()?;
        Ok(table)
    }
}

/// How often something was seen, and where first.
#[derive(Default)]
struct FirstOf {
    count: usize,
    first: Option<usize>,
}

impl FirstOf {
    fn see(&mut self, line: usize) {
        self.count += 1;
        self.first.get_or_insert(line);
    }

    fn take(&mut self, other: &mut FirstOf) {
        self.count += other.count;
        if let Some(line) = other.first {
            self.first.get_or_insert(line);
        }
        *other = FirstOf::default();
    }
}

struct Line<'a> {
    bytes: &'a [u8],
    /// More than one carriage return before the line feed.
    stray: bool,
}

/// Lines ended by LF, CR LF, any number of CR before LF, or a lone CR.
fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let t = rest?;
        let Some(end) = t.iter().position(|&b| b == b'\n' || b == b'\r') else {
            rest = None;
            return Some(Line { bytes: t, stray: false });
        };
        let returns = t[end..].iter().take_while(|&&b| b == b'\r').count();
        let (skip, stray) = match t.get(end + returns) {
            Some(b'\n') => (returns + 1, returns > 1),
            // No line feed follows: each CR ends a line of its own.
            _ => (1, false),
        };
        rest = Some(&t[end + skip..]);
        Some(Line { bytes: &t[..end], stray })
    })
}

fn parse_line(line: usize, data: &[u8], error: &mut SwcError) -> Option<Record> {
    let fields: Vec<&[u8]> =
        data.split(u8::is_ascii_whitespace).filter(|f| !f.is_empty()).collect();
    let &[id, tag, x, y, z, radius, parent] = fields.as_slice() else {
        error.push(SwcFault::WrongColumnCount { line, found: fields.len() });
        return None;
    };
    let mut bad = |column, field: &[u8]| {
        let text = String::from_utf8_lossy(&field[..field.len().min(40)]).into_owned();
        error.push(SwcFault::BadNumber { line, column, text });
    };
    let mut whole = |column, field: &[u8], least: i64| {
        let value = std::str::from_utf8(field)
            .ok()
            .and_then(|s| s.parse::<i64>().ok())
            .filter(|&v| v >= least);
        if value.is_none() {
            bad(column, field);
        }
        value
    };
    let id = whole(Column::Id, id, 0);
    let tag_value = whole(Column::Type, tag, 0);
    let parent = whole(Column::Parent, parent, i64::MIN);
    let tag = tag_value.and_then(|t| {
        let small = u32::try_from(t).ok();
        if small.is_none() {
            bad(Column::Type, tag);
        }
        small
    });
    let mut reals = [0.0; 4];
    let mut sound = true;
    for (value, (column, field)) in reals.iter_mut().zip([
        (Column::X, x),
        (Column::Y, y),
        (Column::Z, z),
        (Column::Radius, radius),
    ]) {
        match std::str::from_utf8(field).ok().and_then(|s| s.parse::<f64>().ok()) {
            Some(v) => *value = v,
            None => {
                bad(column, field);
                sound = false;
            }
        }
    }
    let (id, tag, parent) = (id?, tag?, parent?);
    for (value, column) in reals.iter().zip([Column::X, Column::Y, Column::Z, Column::Radius]) {
        // Beyond 1e9 um squares and products of three lengths would no longer be sound.
        if sound && (value.is_nan() || value.abs() > 1e9) {
            error.push(SwcFault::NonFinite { line, id, column });
            sound = false;
        }
    }
    let [x, y, z, radius] = reals;
    sound.then_some(Record {
        line,
        id,
        tag,
        position: [x, y, z],
        radius,
        parent: (parent != -1).then_some(parent),
    })
}
