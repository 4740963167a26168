//! The description of cells joined by gap junctions, and its strict reader.
//!
//! | table | keys |
//! |---|---|
//! | `[cells.NAME]` | `file` (a cell file), `set` (keys of it with other values) |
//! | `[gap_junctions.NAME]` | `between` = ["CELL: location", "CELL: location"], `conductance` |

use super::BuiltCell;
use super::build::fault;
use super::reader::Section;
use crate::mesh::location_spec::LocationSpec;
use crate::solver::simulation::{CoupledCells, CoupledError, GapJunction, SimulationError};
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;
use ntwk_core::spec::fault::Faults;
use ntwk_core::spec::key::TableReader;
use ntwk_core::spec::tree::{Node, Value};
use std::path::PathBuf;

/// One of the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct CoupledCellSpec {
    /// Name.
    pub name: String,
    /// Its cell file, relative to the file that names it.
    pub file: PathBuf,
    /// Keys of the cell file that have other values here, as paths.
    pub set: Vec<(String, Node)>,
}

/// A gap junction between two of the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct CellJunctionSpec {
    /// Name.
    pub name: String,
    /// (number of the cell, location on it), twice.
    pub between: [(usize, LocationSpec); 2],
    /// Conductance (µS).
    pub conductance: f64,
}

/// Cells joined by gap junctions, as written.
#[derive(Debug, Clone, PartialEq)]
pub struct CoupledSpec {
    /// Title for figures.
    pub title: Option<String>,
    /// The cells, in the order of the file.
    pub cells: Vec<CoupledCellSpec>,
    /// The junctions, in the order of the file.
    pub gap_junctions: Vec<CellJunctionSpec>,
}

impl CoupledSpec {
    /// Reads a description.
    ///
    /// # Errors
    /// All [`Faults`] with key, value and line.
    pub fn from_tree(root: &Node) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let spec = read(root, &mut faults);
        match spec {
            Some(spec) => faults.into_result(spec),
            // What could not be read has a fault.
            None => Err(faults),
        }
    }

    /// The junctions on cells that were built.
    ///
    /// # Errors
    /// All [`Faults`], without lines: locations that are not there, and cells whose `[simulation]` does not step together.
    pub fn junctions(&self, cells: &[BuiltCell]) -> Result<Vec<GapJunction>, Faults> {
        let mut faults = Faults::default();
        for (spec, cell) in self.cells.iter().zip(cells).skip(1) {
            let (first, own) = (&cells[0].spec.simulation, &cell.spec.simulation);
            let same = first.t_stop == own.t_stop
                && first.settings.dt == own.settings.dt
                && first.settings.method == own.settings.method;
            if !same {
                let rule = format!(
                    "t_stop, dt and method must be those of {}: the cells are solved together",
                    self.cells[0].name
                );
                fault(&mut faults, format!("cells.{}", spec.name), &rule);
            }
        }
        let mut junctions = Vec::new();
        for g in &self.gap_junctions {
            let mut at = [crate::Location::new(0, 0.5); 2];
            let mut cell = [0; 2];
            for (k, (number, location)) in g.between.iter().enumerate() {
                cell[k] = *number;
                match cells[*number].locate(location) {
                    Ok(found) => at[k] = found,
                    Err(e) => fault(&mut faults, format!("gap_junctions.{}.between", g.name), &e),
                }
            }
            junctions.push(GapJunction { cells: cell, at, conductance: g.conductance });
        }
        faults.into_result(junctions)
    }
}

/// A simulation of cells with their recordings set up, joined.
///
/// # Errors
/// [`CoupledError`], [`CoupledError::Simulation`] where a cell alone has none.
pub fn coupled_simulation(
    cells: &[BuiltCell],
    junctions: &[GapJunction],
) -> Result<CoupledCells, CoupledError> {
    let failed = |(cell, e): (usize, SimulationError)| CoupledError::Simulation { cell, source: e };
    let alone = cells
        .iter()
        .enumerate()
        .map(|(k, built)| built.simulation().map_err(|e| failed((k, e))))
        .collect::<Result<_, _>>()?;
    CoupledCells::new(alone, junctions)
}

fn read(root: &Node, faults: &mut Faults) -> Option<CoupledSpec> {
    let mut table = Section::new(TableReader::new(root, "", faults)?);
    let title = table.text("title");
    let mut cells: Vec<CoupledCellSpec> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    if let Some(t) = table.required_table("cells", "[cells.NAME] with file, at least two") {
        t.each_named(|name, mut t| {
            names.push(name.to_owned());
            if name.contains([':', '/']) {
                t.fault("file", "the name of a cell has no colon and no slash");
            }
            let file = t.text("file");
            if file.is_none() && !t.has("file") {
                t.missing("file", "a cell file");
            }
            let mut set = Vec::new();
            if let Some(s) = t.table("set") {
                for (key, _, node) in s.entries() {
                    leaves(node, key, &mut set);
                }
            }
            t.finish();
            if let Some(file) = file {
                cells.push(CoupledCellSpec { name: name.to_owned(), file: file.into(), set });
            }
        });
    }
    if names.len() == 1 {
        table.fault("cells", "one cell alone is run by `ntwk morpho run`; give at least two");
    }
    let mut gap_junctions = Vec::new();
    if let Some(t) = table.required_table("gap_junctions", "[gap_junctions.NAME]") {
        t.each_named(|name, mut t| {
            let conductance = t.required("conductance", D::CableConductance, Bound::NonNegative);
            let between = ends(&mut t, &names);
            t.finish();
            if let (Some(between), Some(conductance)) = (between, conductance) {
                let name = name.to_owned();
                gap_junctions.push(CellJunctionSpec { name, between, conductance });
            }
        });
    }
    table.finish();
    Some(CoupledSpec { title, cells, gap_junctions })
}

/// `between = ["A: soma", "B: apical at 100 um"]`.
fn ends(t: &mut Section<'_, '_>, names: &[String]) -> Option<[(usize, LocationSpec); 2]> {
    let texts = t.texts("between")?.unwrap_or_default();
    let [first, second] = texts.as_slice() else {
        t.fault("between", "expected two locations, [\"A: soma\", \"B: apical at 100 um\"]");
        return None;
    };
    let mut found = Vec::new();
    for text in [first, second] {
        let Some((cell, location)) = text.split_once(':') else {
            t.fault("between", &format!("\"{text}\": expected \"CELL: location\""));
            continue;
        };
        let cell = cell.trim();
        let number = names.iter().position(|n| n == cell);
        if number.is_none() {
            t.unknown("between", cell, "cell", names.to_vec());
        }
        match location.trim().parse::<LocationSpec>() {
            Ok(location) => found.extend(number.map(|n| (n, location))),
            Err(rule) => t.fault("between", &rule),
        }
    }
    let &[a, b] = found.as_slice() else { return None };
    if a.0 == b.0 {
        let rule =
            "both locations are on one cell; a junction inside a cell stands in its own file";
        t.fault("between", rule);
        return None;
    }
    Some([a, b])
}

/// The values of a tree of tables by their paths.
fn leaves(node: &Node, path: &str, found: &mut Vec<(String, Node)>) {
    match &node.value {
        Value::Table(entries) => {
            for (key, node) in entries {
                leaves(node, &format!("{path}.{key}"), found);
            }
        }
        _ => found.push((path.to_owned(), node.clone())),
    }
}
