//! What several tests share.
#![allow(dead_code, clippy::print_stderr)]

use serde_json::Value;

/// A file of tests/data.
pub fn data(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A list of numbers.
pub fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A number.
pub fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

/// Largest absolute difference of two lists of equal length.
pub fn max_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Holds an error under its tolerance and prints both, one line that validation/morpho/errors.py collects.
pub fn reached(file: &str, what: &str, error: f64, tolerance: f64, unit: &str) {
    eprintln!("reached | {file} | {what} | {error:.1e} | {tolerance:.1e} | {unit}");
    assert!(error <= tolerance, "{file}, {what}: {error:e} {unit}, tolerance {tolerance:e}");
}

/// A reconstruction, if the folder with them is named in NTWK_MORPHOLOGIES; says so if not.
pub fn reconstruction(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("NTWK_MORPHOLOGIES") else {
        eprintln!("skipped: set NTWK_MORPHOLOGIES to the folder that holds {name}");
        return None;
    };
    Some(std::fs::read(std::path::Path::new(&folder).join(name)).unwrap())
}
