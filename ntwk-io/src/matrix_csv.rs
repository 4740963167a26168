//! Matrices as text: connectomes.

use std::path::Path;

use crate::error::{Action, FileError};

/// A matrix with the names of its columns, where the file has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Names from the first line, if it is not numbers.
    pub names: Option<Vec<String>>,
    /// Rows of numbers; they may differ in length.
    pub rows: Vec<Vec<f64>>,
}

/// Reads a matrix: one row per line, numbers separated by commas, semicolons or white space. A first line that is not numbers
/// names the columns; lines that are empty or start with `#` are passed over.
///
/// # Errors
/// [`FileError::Io`]; [`FileError::Mismatch`] with line and column for a field that is not a finite number, or when there is no
/// row.
pub fn read_matrix_csv(path: &Path) -> Result<Matrix, FileError> {
    let content =
        std::fs::read_to_string(path).map_err(|e| FileError::io(Action::Read, path, e))?;
    let wrong = |object: String, found: &str| FileError::Mismatch {
        path: path.to_owned(),
        object,
        expected: "rows of finite numbers".to_owned(),
        found: found.to_owned(),
    };
    let mut matrix = Matrix { names: None, rows: Vec::new() };
    for (index, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let commas = line.contains([',', ';']);
        let fields: Vec<&str> = if commas {
            line.split([',', ';']).map(str::trim).collect()
        } else {
            line.split_whitespace().collect()
        };
        let numbers = fields.iter().map(|f| f.parse::<f64>().ok().filter(|x| x.is_finite()));
        if matrix.rows.is_empty()
            && matrix.names.is_none()
            && fields.iter().all(|f| f.parse::<f64>().is_err())
        {
            matrix.names = Some(fields.iter().map(|f| f.trim_matches('"').to_owned()).collect());
            continue;
        }
        let row = numbers.enumerate().map(|(column, number)| {
            let place = || format!("line {}, column {}", index + 1, column + 1);
            number.ok_or_else(|| wrong(place(), fields[column]))
        });
        matrix.rows.push(row.collect::<Result<_, _>>()?);
    }
    if matrix.rows.is_empty() {
        return Err(wrong("the file".to_owned(), "empty"));
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
        let named = read("# Desikan\n\"V1\",MT\n0, 1.5\n2;0\n").unwrap();
        assert_eq!(named.names, Some(vec!["V1".to_owned(), "MT".to_owned()]));
        assert_eq!(named.rows, [[0.0, 1.5], [2.0, 0.0]]);
        let bare = read("0 1\n\n1  0\n").unwrap();
        assert_eq!((bare.names, bare.rows), (None, vec![vec![0.0, 1.0], vec![1.0, 0.0]]));
    }

    #[test]
    fn faults_have_line_and_column() {
        let text = |e: FileError| e.to_string();
        assert!(text(read("0,1\n2,x\n").unwrap_err()).contains("line 2, column 2"));
        assert!(text(read("0,1\n2,inf\n").unwrap_err()).contains("line 2, column 2"));
        assert!(text(read("0,,1\n").unwrap_err()).contains("line 1, column 2"));
        assert!(read("").is_err() && read("a,b\n").is_err());
    }
}
