//! Tables of text: fields between separators, one row per line.
//!
//! What is read may have commas, semicolons, tabs or white space between its fields; the separator is found from the
//! first line that starts with a number, or else from the first line. Empty lines and lines that start with `#` are
//! passed over, and a field in double quotes may hold a separator. What is written has commas and one line of names
//! (RFC 4180), and numbers that read back to the same bits.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, StringRecord, WriterBuilder};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::file_kind::read_text;

/// Lines looked at for one that starts with a number.
const SNIFFED: usize = 100;

/// Bytes written at a time.
const BUFFER: usize = 64 * 1024;

/// The text of a table that is read.
pub(crate) struct DelimitedText<'p> {
    path: &'p Path,
    text: String,
    separator: u8,
}

/// One row of fields.
pub(crate) struct Row<'r> {
    line: u64,
    fields: &'r StringRecord,
}

impl Row<'_> {
    /// Number of the line, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The fields, without the white space and the quotes around them.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(str::trim)
    }

    /// The field `column`, counted from 0.
    pub fn field(&self, column: usize) -> Option<&str> {
        self.fields.get(column).map(str::trim)
    }

    /// The finite number in the field `column`, counted from 0.
    pub fn number(&self, column: usize) -> Option<f64> {
        self.field(column).and_then(finite)
    }
}

/// `field` as a finite number.
fn finite(field: &str) -> Option<f64> {
    field.parse().ok().filter(|x: &f64| x.is_finite())
}

impl<'p> DelimitedText<'p> {
    /// Reads the file and finds its separator.
    ///
    /// # Errors
    /// [`FileError::Io`], also for what is no UTF-8.
    pub fn read(path: &'p Path) -> Result<Self, FileError> {
        let read = read_text(path);
        let mut text = read.map_err(|e| FileError::io(Action::Read, path, e))?;
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let separator = separator(&text);
        if separator == b' ' && text.contains('\t') {
            text = text.replace('\t', " ");
        }
        Ok(Self { path, text, separator })
    }

    /// Calls `each` on every row.
    ///
    /// # Errors
    /// The first of `each`.
    pub fn rows(
        &self,
        mut each: impl FnMut(&Row<'_>) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let white_space = self.separator == b' ';
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .comment(Some(b'#'))
            .quoting(!white_space)
            .from_reader(self.text.as_bytes());
        let (mut record, mut words) = (StringRecord::new(), StringRecord::new());
        loop {
            let more = reader.read_record(&mut record).map_err(|e| {
                self.wrong("the table".to_owned(), "fields of text", &e.to_string())
            })?;
            if !more {
                return Ok(());
            }
            if white_space {
                // One separator however long.
                words.clear();
                let filled = record.iter().filter(|field| !field.is_empty());
                filled.for_each(|field| words.push_field(field.trim_matches('"')));
            }
            let fields = if white_space { &words } else { &record };
            let first = fields.get(0).unwrap_or_default().trim_start();
            if (fields.len() <= 1 && first.is_empty()) || first.starts_with('#') {
                continue;
            }
            each(&Row { line: self.line_of(&record), fields })?;
        }
    }

    /// Number of lines of the file.
    pub fn n_lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Line on which a record begins: the reader's position is where it looked for it, before the lines it passed over.
    fn line_of(&self, record: &StringRecord) -> u64 {
        let Some(position) = record.position() else { return 0 };
        let looked = usize::try_from(position.byte()).ok().and_then(|at| self.text.get(at..));
        let passed = looked.into_iter().flat_map(str::lines);
        let passed = passed.take_while(|line| line.is_empty() || line.starts_with('#'));
        position.line() + passed.count() as u64
    }

    /// An error about a part of the file.
    pub fn wrong(&self, object: String, expected: &str, found: &str) -> FileError {
        FileError::Mismatch {
            path: self.path.to_owned(),
            object,
            expected: expected.to_owned(),
            found: if found.is_empty() { "empty".to_owned() } else { found.to_owned() },
        }
    }

    /// An error about the field `column` of a row, counted from 0.
    pub fn wrong_field(&self, row: &Row<'_>, column: usize, expected: &str) -> FileError {
        let object = format!("line {}, column {}", row.line, column + 1);
        self.wrong(object, expected, row.field(column).unwrap_or("missing"))
    }
}

/// The separator of a table; a space stands for white space.
fn separator(text: &str) -> u8 {
    let lines =
        || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let starts_with_number = |line: &&str| {
        line.split([',', ';', '\t', ' ']).next().is_some_and(|field| finite(field).is_some())
    };
    let telling = lines().take(SNIFFED).find(starts_with_number).or_else(|| lines().next());
    // Between quotes there are no separators.
    let bare: String = telling.unwrap_or_default().split('"').step_by(2).collect();
    // A semicolon goes before a comma, which may be a decimal one and then is an error.
    [b';', b',', b'\t'].into_iter().find(|&c| bare.contains(char::from(c))).unwrap_or(b' ')
}

/// A table whose first row names the columns.
pub(crate) struct NamedColumns<'p> {
    text: DelimitedText<'p>,
    header: Vec<String>,
    rows: Vec<(u64, StringRecord)>,
}

impl<'p> NamedColumns<'p> {
    /// Reads a table.
    ///
    /// # Errors
    /// [`FileError::Io`]; [`FileError::Mismatch`] with the line for a row that has not as many fields as the header.
    pub fn read(path: &'p Path) -> Result<Self, FileError> {
        let text = DelimitedText::read(path)?;
        let mut header: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        text.rows(|row| {
            match &header {
                None => header = Some(row.fields().map(str::to_owned).collect()),
                Some(names) if names.len() == row.len() => {
                    rows.push((row.line(), row.fields.clone()));
                }
                Some(names) => {
                    let expected = format!("as many fields as the header, {}", names.len());
                    let found = row.len().to_string();
                    return Err(text.wrong(format!("line {}", row.line()), &expected, &found));
                }
            }
            Ok(())
        })?;
        Ok(Self { text, header: header.unwrap_or_default(), rows })
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The column with the first of `names` that the header has, in capitals or not.
    pub fn position(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.header.iter().position(|h| h.eq_ignore_ascii_case(name)))
    }

    /// The fields of a column.
    pub fn texts(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row.1.get(column).unwrap_or_default().trim())
    }

    /// A column of finite numbers.
    ///
    /// # Errors
    /// [`FileError::Mismatch`] without such a column, and with line and column for a field that is something else.
    pub fn numbers(&self, names: &[&str]) -> Result<Vec<f64>, FileError> {
        self.column(names, "a finite number", finite)
    }

    /// A column of numbers of neurons.
    ///
    /// # Errors
    /// As [`NamedColumns::numbers`].
    pub fn ids(&self, names: &[&str]) -> Result<Vec<u64>, FileError> {
        self.column(names, "a neuron, counted from 0", |field| field.parse().ok())
    }

    fn column<T>(
        &self,
        names: &[&str],
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, FileError> {
        let column = self.position(names).ok_or_else(|| {
            let wanted = format!("a column {}", names.first().copied().unwrap_or_default());
            self.text.wrong("the header".to_owned(), &wanted, &self.header.join(","))
        })?;
        let value = |(line, fields): &(u64, StringRecord)| {
            let parsed = fields.get(column).map(str::trim).and_then(&parse);
            parsed.ok_or_else(|| {
                self.text.wrong_field(&Row { line: *line, fields }, column, expected)
            })
        };
        self.rows.iter().map(value).collect()
    }
}

/// One field of a table that is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<'a> {
    /// A number, with as many digits as bring back its bits.
    Number(f64),
    /// A whole number.
    Integer(u64),
    /// A text, in quotes where it has to be.
    Text(Cow<'a, str>),
    /// Nothing between the separators.
    Missing,
}

macro_rules! field_from {
    ($($type:ty => $make:expr),*) => {$(
        impl<'a> From<$type> for Field<'a> {
            fn from(value: $type) -> Self {
                $make(value)
            }
        }
    )*};
}

field_from!(
    f64 => Self::Number,
    u64 => Self::Integer,
    u32 => |n| Self::Integer(u64::from(n)),
    usize => |n| Self::Integer(n as u64),
    &'a str => |text| Self::Text(Cow::Borrowed(text)),
    String => |text| Self::Text(Cow::Owned(text))
);

impl<'a, T: Into<Field<'a>>> From<Option<T>> for Field<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, T::into)
    }
}

/// A column of a table that is written.
pub struct Column<'a> {
    name: String,
    fields: Box<dyn Iterator<Item = Field<'a>> + 'a>,
}

impl<'a> Column<'a> {
    /// A column with its name, which says the unit: `time_ms`.
    pub fn new<T, I>(name: impl Into<String>, fields: I) -> Self
    where
        T: Into<Field<'a>> + 'a,
        I: IntoIterator<Item = T>,
        I::IntoIter: 'a,
    {
        Self { name: name.into(), fields: Box::new(fields.into_iter().map(T::into)) }
    }
}

/// Writes a table as comma-separated text, in one step: a line of names, then one line per row.
///
/// # Errors
/// [`FileError::Inconsistent`] when a column has fewer rows than another; [`FileError::Io`]. An existing file is then
/// untouched.
pub fn write_table(path: &Path, columns: Vec<Column<'_>>) -> Result<(), FileError> {
    write_separated(path, columns, b',')
}

/// As [`write_table`], with this separator.
pub(crate) fn write_separated(
    path: &Path,
    mut columns: Vec<Column<'_>>,
    separator: u8,
) -> Result<(), FileError> {
    let failed = |e: csv::Error| FileError::io(Action::Write, path, e.into());
    atomic::replace(path, |out| {
        let mut builder = WriterBuilder::new();
        let mut writer = builder.delimiter(separator).buffer_capacity(BUFFER).from_writer(out);
        writer.write_record(columns.iter().map(|column| &column.name)).map_err(failed)?;
        let (mut digits, mut row) = (String::new(), ByteRecord::new());
        loop {
            let mut ended = None;
            row.clear();
            for index in 0..columns.len() {
                let column = &mut columns[index];
                let Some(field) = column.fields.next() else {
                    if index > 0 && ended.is_none() {
                        return Err(uneven(path, &column.name));
                    }
                    ended = Some(index);
                    continue;
                };
                if let Some(shorter) = ended {
                    return Err(uneven(path, &columns[shorter].name));
                }
                digits.clear();
                // Writing to a String does not fail.
                let _ = match &field {
                    Field::Number(x) => write!(digits, "{x}"),
                    Field::Integer(n) => write!(digits, "{n}"),
                    Field::Text(_) | Field::Missing => Ok(()),
                };
                let text = if let Field::Text(text) = &field { text.as_ref() } else { &digits };
                row.push_field(text.as_bytes());
            }
            if ended.is_some() || columns.is_empty() {
                return writer.flush().map_err(|e| FileError::io(Action::Write, path, e));
            }
            writer.write_byte_record(&row).map_err(failed)?;
        }
    })
}

fn uneven(path: &Path, name: &str) -> FileError {
    FileError::Inconsistent {
        object: path.display().to_string(),
        problem: format!("the column {name} has fewer rows than another"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<(u64, Vec<String>)>;

    fn rows(text: &str) -> Rows {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut rows = Vec::new();
        let text = DelimitedText::read(file.path()).unwrap();
        text.rows(|row| {
            rows.push((row.line(), row.fields().map(str::to_owned).collect()));
            Ok(())
        })
        .unwrap();
        rows
    }

    fn expected(rows: &[(u64, &[&str])]) -> Rows {
        rows.iter()
            .map(|(n, fields)| (*n, fields.iter().map(|&f| f.to_owned()).collect()))
            .collect()
    }

    #[test]
    fn separators_are_found_and_lines_counted() {
        let two = expected(&[(3, &["a", "b"]), (6, &["1", "2"])]);
        for separator in [",", ";", "\t", "  ", " ; "] {
            for end in ["\n", "\r\n"] {
                let text = ["# from, a; rig", "", "a|b", "  ", "# \"", " 1|2 "].join(end);
                let text = text.replace('|', separator);
                assert_eq!(rows(&text), two, "{text:?}");
                assert_eq!(rows(&format!("\u{feff}{text}{end}")), two, "{text:?}");
            }
        }
        assert_eq!(
            rows("a\t\tb\n1\t\t2\n"),
            expected(&[(1, &["a", "", "b"]), (2, &["1", "", "2"])])
        );
        assert_eq!(
            rows("0.0   1\n\n 0.1\t-2\n"),
            expected(&[(1, &["0.0", "1"]), (3, &["0.1", "-2"])])
        );
        // The numbers say what separates, not the words above them.
        let words = "Cell 3, day 2\nt;V\n1;2\n";
        let found = expected(&[(1, &["Cell 3, day 2"]), (2, &["t", "V"]), (3, &["1", "2"])]);
        assert_eq!(rows(words), found);
        let quoted = "\"a;b\",\"c\nd\"\n1,2\n";
        assert_eq!(rows(quoted), expected(&[(1, &["a;b", "c\nd"]), (3, &["1", "2"])]));
        assert_eq!(rows("\"V1\" MT\n"), expected(&[(1, &["V1", "MT"])]));
        assert_eq!(rows("1,5;2\n"), expected(&[(1, &["1,5", "2"])]));
        assert!(rows("").is_empty() && rows("#\n\n").is_empty());
    }

    #[test]
    fn named_columns_have_faults_with_line_and_column() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            NamedColumns::read(file.path())
        };
        let table = read("# x\nNeuron\ttime_ms\n3\t0.5\n\n2\t1e400\n").unwrap();
        assert_eq!(table.ids(&["id", "neuron"]).unwrap(), [3, 2]);
        let message = |e: FileError| e.to_string();
        let fault = message(table.numbers(&["time_ms"]).unwrap_err());
        assert!(fault.ends_with("line 5, column 2 is 1e400, expected a finite number"), "{fault}");
        let fault = message(table.numbers(&["rate"]).unwrap_err());
        assert!(fault.ends_with("the header is Neuron,time_ms, expected a column rate"), "{fault}");
        let fault = message(read("a,b\n1,2\n1\n").err().unwrap());
        assert!(fault.contains("line 3 is 1, expected as many fields"), "{fault}");
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let values = [0.1 + 0.2, -1e-300, 5.0];
        let columns = || {
            vec![
                Column::new("name, \"x\"", ["a", "b,c", "d\ne"]),
                Column::new("n", [1usize, 2, 3]),
                Column::new("mV", values),
                Column::new("maybe", [Some(1.5), None, Some(2.5)]),
            ]
        };
        write_table(&path, columns()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let first = "\"name, \"\"x\"\"\",n,mV,maybe\na,1,0.30000000000000004,1.5\n\"b,c\",2,";
        assert!(text.starts_with(first), "{text}");
        let table = NamedColumns::read(&path).unwrap();
        assert_eq!(table.numbers(&["mV"]).unwrap(), values);
        assert_eq!(table.texts(0).collect::<Vec<_>>(), ["a", "b,c", "d\ne"]);
        assert_eq!(table.texts(3).collect::<Vec<_>>(), ["1.5", "", "2.5"]);
        for uneven in [Column::new("short", [1.0]), Column::new("long", [1.0; 9])] {
            let mut all = columns();
            all.push(uneven);
            assert!(matches!(write_table(&path, all), Err(FileError::Inconsistent { .. })));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
