//! A quantity over time as text: recorded potentials, waveforms.

use std::path::Path;

use crate::delimited::DelimitedText;
use crate::error::FileError;

/// Reads a trace: time (ms) in the first column and a quantity in column `column` (1 is the one after time), separated by
/// commas, semicolons, tabs or white space; lines that do not start with a number (a header, `#`) are passed over before the
/// first sample.
///
/// # Errors
/// [`FileError::Io`]; [`FileError::Mismatch`] with line and column for anything else, or when fewer than two samples or times that
/// do not grow are found.
pub fn read_trace_csv(path: &Path, column: usize) -> Result<(Vec<f64>, Vec<f64>), FileError> {
    let column = column.max(1);
    let expected =
        format!("finite numbers, time in ms (growing) and a value in column {column} after it");
    let text = DelimitedText::read(path)?;
    let (mut times, mut values): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut columns = 0;
    text.rows(|row| {
        columns = columns.max(row.len());
        let time = row.number(0).filter(|t| times.last().is_none_or(|last| t > last));
        match (time, row.number(column)) {
            (Some(t), Some(v)) => {
                times.push(t);
                values.push(v);
            }
            _ if times.is_empty() => {}
            (time, _) => {
                let wrong = if time.is_none() { 0 } else { column };
                return Err(text.wrong_field(row, wrong, &expected));
            }
        }
        Ok(())
    })?;
    if times.is_empty() && columns > 0 && columns <= column {
        let found = format!("{columns} columns, of which {} follow the time", columns - 1);
        return Err(text.wrong(
            "column".to_owned() + &format!(" {column}"),
            "one that exists",
            &found,
        ));
    }
    if times.len() < 2 {
        return Err(text.wrong(
            format!("line {}", text.n_lines()),
            &expected,
            "the end of the file",
        ));
    }
    Ok((times, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_field_does_not_shift_the_columns() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.csv");
        let read = |text: &str, column: usize| {
            std::fs::write(&file, text).unwrap();
            read_trace_csv(&file, column)
        };
        assert!(read("t,a,b\n0.0,1,2\n0.1,,2\n0.2,1,2\n", 1).is_err());
        let (times, values) = read("t,a,b\n0.0,1,2\n0.1,,3\n0.2,1,4\n", 2).unwrap();
        assert_eq!((times, values), (vec![0.0, 0.1, 0.2], vec![2.0, 3.0, 4.0]));
        let (times, values) = read("0.0   1\n\n 0.1\t-2\n", 1).unwrap();
        assert_eq!((times, values), (vec![0.0, 0.1], vec![1.0, -2.0]));
        assert_eq!(read("0; 5\n1; 6;\n", 1).unwrap().1, [5.0, 6.0]);
    }
}
