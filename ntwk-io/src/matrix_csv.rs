//! Matrices as text: connectomes.

use std::path::Path;

use crate::delimited::DelimitedText;
use crate::error::FileError;

/// A matrix with the names of its columns, where the file has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Names from the first line, if it is not numbers.
    pub names: Option<Vec<String>>,
    /// Rows of numbers; they may differ in length.
    pub rows: Vec<Vec<f64>>,
}

/// Reads a matrix: one row per line, numbers separated by commas, semicolons, tabs or white space. A first line that is
/// not numbers names the columns; lines that are empty or start with `#` are passed over.
///
/// # Errors
/// [`FileError::Io`]; [`FileError::Mismatch`] with line and column for a field that is not a finite number, or when there is no
/// row.
pub fn read_matrix_csv(path: &Path) -> Result<Matrix, FileError> {
    const EXPECTED: &str = "rows of finite numbers";
    let text = DelimitedText::read(path)?;
    let mut matrix = Matrix { names: None, rows: Vec::new() };
    text.rows(|row| {
        let first = matrix.rows.is_empty() && matrix.names.is_none();
        if first && row.fields().all(|f| f.parse::<f64>().is_err()) {
            matrix.names = Some(row.fields().map(str::to_owned).collect());
            return Ok(());
        }
        let number = |k| row.number(k).ok_or_else(|| text.wrong_field(row, k, EXPECTED));
        matrix.rows.push((0..row.len()).map(number).collect::<Result<_, _>>()?);
        Ok(())
    })?;
    if matrix.rows.is_empty() {
        return Err(text.wrong("the file".to_owned(), EXPECTED, ""));
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Matrix, FileError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_matrix_csv(file.path())
    }

    #[test]
    fn names_and_separators() {
        for separator in [",", ";", "\t", "  "] {
            let text = "# Desikan\n\"V1\",MT\n0, 1.5\n2,0\n".replace(", ", ",");
            let named = read(&text.replace(',', separator)).unwrap();
            assert_eq!(named.names, Some(vec!["V1".to_owned(), "MT".to_owned()]));
            assert_eq!(named.rows, [[0.0, 1.5], [2.0, 0.0]]);
        }
        let spaced = read("0, 1.5\n2 ,0\n").unwrap();
        assert_eq!(spaced.rows, [[0.0, 1.5], [2.0, 0.0]]);
        let bare = read("0 1\n\n1  0\n").unwrap();
        assert_eq!((bare.names, bare.rows), (None, vec![vec![0.0, 1.0], vec![1.0, 0.0]]));
    }

    #[test]
    fn faults_have_line_and_column() {
        let text = |e: FileError| e.to_string();
        assert!(text(read("0,1\n2,x\n").unwrap_err()).contains("line 2, column 2"));
        assert!(text(read("0,1\n2,inf\n").unwrap_err()).contains("line 2, column 2"));
        assert!(text(read("0,,1\n").unwrap_err()).contains("line 1, column 2"));
        // One separator per file: a second one is a fault, not a column more.
        assert!(text(read("0, 1.5\n2;0\n").unwrap_err()).contains("line 2, column 1 is 2;0"));
        assert!(read("").is_err() && read("a,b\n").is_err());
    }
}
