//! The description of cells joined by gap junctions.

use super::BuiltCell;
use super::fault::fault;
use super::values::Ends;
use crate::mesh::location_spec::LocationSpec;
use crate::solver::simulation::{CoupledCells, CoupledError, GapJunction, SimulationError};
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::key::plain::read_text;
use ntwk_core::spec::key::{KeyValue, Kind, Place, Section as _, TableReader, table_of};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::value::Named;

ntwk_core::section! {
    /// Cells joined by gap junctions, as written.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CoupledSpec, check = check {
        /// title for figures
        title: Option<String> = Text, none;
        /// the cells by name, at least two
        cells: Named<CoupledCellSpec> =
            Named(CoupledCellSpec::KEYS), required("[cells.NAME] with file, at least two");
        /// the junctions between them by name
        gap_junctions: Named<CellJunctionSpec> =
            Named(CellJunctionSpec::KEYS), required("[gap_junctions.NAME]");
    }
}

ntwk_core::section! {
    /// One of the cells.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CoupledCellSpec {
        /// its cell file, relative to the file that names it
        file: String = Text, required("a cell file");
        /// keys of the cell file that have other values here
        set: Changes = Other("a table of keys of the cell file"), none;
    }
}

ntwk_core::section! {
    /// A gap junction between two of the cells.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CellJunctionSpec {
        /// the two locations, each with its cell: `"CELL: location"`
        between: Ends<CellLocation> =
            Other("two locations, [\"A: soma\", \"B: apical at 100 um\"]"), required;
        /// conductance
        conductance: f64 = Quantity(CableConductance, NonNegative), required;
    }
}

/// Keys that have other values, as paths.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes(pub Vec<(String, Node)>);

/// A tree of tables, whose leaves are the values.
impl KeyValue for Changes {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let mut found = Vec::new();
        if let Some(table) = place.table() {
            for (key, _, node) in table.named_entries() {
                leaves(node, key, &mut found);
            }
        }
        Self(found)
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        table_of(self.0.clone())
    }
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

/// A location on one of the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct CellLocation {
    /// Name of the cell.
    pub cell: String,
    /// The location.
    pub location: LocationSpec,
}

/// `"CELL: location"`.
impl KeyValue for CellLocation {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let Some(text) = read_text(&mut place) else { return Self::nothing() };
        let Some((cell, location)) = text.split_once(':') else {
            let rule = "expected \"CELL: location\"".to_owned();
            place.fault(FaultKind::Combination { rule });
            return Self::nothing();
        };
        let location = location.trim().parse().unwrap_or_else(|rule| {
            place.fault(FaultKind::Combination { rule });
            LocationSpec::nothing()
        });
        Self { cell: cell.trim().to_owned(), location }
    }

    fn nothing() -> Self {
        Self { cell: String::new(), location: LocationSpec::nothing() }
    }

    fn write(&self) -> Option<Node> {
        Some(Node::text(&format!("{}: {}", self.cell, self.location)))
    }
}

/// At least two cells; the ends of a junction lie on two of them.
fn check(spec: &CoupledSpec, table: &mut TableReader<'_, '_>) {
    let cells: Vec<&str> = spec.cells.keys().map(String::as_str).collect();
    if let [_] = cells[..] {
        let rule = "one cell alone is run by `ntwk morpho run`; give at least two".to_owned();
        table.fault("cells", FaultKind::Combination { rule });
    }
    for (name, junction) in &spec.gap_junctions {
        let Ends([first, second]) = &junction.between;
        for (i, end) in [first, second].into_iter().enumerate() {
            let key = format!("gap_junctions.{name}.between[{i}]");
            if cells.is_empty() || cells.contains(&end.cell.as_str()) || table.is_faulty(&key) {
                continue;
            }
            table.fault(&key, FaultKind::unknown_name("cell", &end.cell, cells.iter().copied()));
        }
        let key = format!("gap_junctions.{name}.between");
        if first.cell == second.cell && !table.is_faulty(&key) {
            let rule =
                "both locations are on one cell; a junction inside a cell stands in its own file";
            table.fault(&key, FaultKind::Combination { rule: rule.to_owned() });
        }
    }
}

impl CoupledSpec {
    /// Reads a description.
    ///
    /// # Errors
    /// All [`Faults`] with key, value and line.
    pub fn from_tree(root: &Node) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let place = Place { node: root, path: String::new(), own: None, root, faults: &mut faults };
        let spec = KeyValue::read(place, &Kind::Table(Self::KEYS));
        faults.into_result(spec)
    }

    /// The junctions on cells that were built.
    ///
    /// # Errors
    /// All [`Faults`], without lines: locations that are not there, and cells whose `[simulation]` does not step together.
    pub fn junctions(&self, cells: &[BuiltCell]) -> Result<Vec<GapJunction>, Faults> {
        let mut faults = Faults::default();
        for (name, cell) in self.cells.keys().zip(cells).skip(1) {
            let (first, own) = (&cells[0].spec.simulation, &cell.spec.simulation);
            let same = first.t_stop == own.t_stop
                && first.settings.dt == own.settings.dt
                && first.settings.method == own.settings.method;
            if !same {
                let rule = format!(
                    "t_stop, dt and method must be those of {}: the cells are solved together",
                    self.cells.keys().next().map_or("the first cell", String::as_str)
                );
                fault(&mut faults, format!("cells.{name}"), &rule);
            }
        }
        let mut junctions = Vec::new();
        for (name, g) in &self.gap_junctions {
            let mut at = [crate::Location::new(0, 0.5); 2];
            let mut cell = [0; 2];
            for (k, end) in g.between.0.iter().enumerate() {
                let number = self.cells.get_index_of(&end.cell).filter(|&n| n < cells.len());
                let found = number
                    .ok_or_else(|| format!("there is no cell {}", end.cell))
                    .and_then(|n| Ok((n, cells[n].locate(&end.location)?)));
                match found {
                    Ok(found) => (cell[k], at[k]) = found,
                    Err(e) => fault(&mut faults, format!("gap_junctions.{name}.between[{k}]"), &e),
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
