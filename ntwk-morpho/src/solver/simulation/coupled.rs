//! Cells joined by gap junctions, solved together.
//!
//! With M_c the matrix of cell c for the step, e_k the unit vector of a compartment, and g_j the conductance of the junction
//! between a_j and b_j, the step of all cells is
//!
//! ```text
//! (diag(M_c) + Σ_j g_j u_j u_jᵀ) ΔV = r − Σ_j g_j u_j u_jᵀ V      u_j = e_aj − e_bj
//! ```
//!
//! It is solved exactly and implicitly by the formula of Woodbury, as junctions inside one cell are: every tree is eliminated
//! alone, once for its right side and once for each of its compartments that has a junction, and one small system joins them.
//! The same number I_j leaves a_j and enters b_j, so that no charge is made or lost.

use super::{Pace, Simulation, SimulationError};
use crate::mesh::compartments::{Location, LocationError};
use crate::parameter_error::ParameterError;
use nalgebra::{DMatrix, DVector};
use ntwk_core::Job;

/// A gap junction between two cells: g (V_a − V_b) flows from the first to the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GapJunction {
    /// The cells, by number.
    pub cells: [usize; 2],
    /// The place on each; the compartment around it has the junction.
    pub at: [Location; 2],
    /// Conductance g (µS), at least 0.
    pub conductance: f64,
}

/// Why cells cannot be joined or go on together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CoupledError {
    /// A junction names a cell that is not there.
    #[error("gap junction {junction}: there is no cell {cell}, there are {count}")]
    Cell {
        /// Number of the junction.
        junction: usize,
        /// The cell it names.
        cell: usize,
        /// Number of cells.
        count: usize,
    },
    /// Both ends of a junction are on one cell.
    #[error(
        "gap junction {junction}: both ends are on cell {cell}; a junction inside a cell is one of that cell"
    )]
    OneCell {
        /// Number of the junction.
        junction: usize,
        /// The cell.
        cell: usize,
    },
    /// A junction has an end where there is no compartment.
    #[error("gap junction {junction}: {source}")]
    Location {
        /// Number of the junction.
        junction: usize,
        /// Why.
        source: LocationError,
    },
    /// The conductance of a junction is not valid.
    #[error("gap junction {junction}: {source}")]
    Conductance {
        /// Number of the junction.
        junction: usize,
        /// Why.
        source: ParameterError,
    },
    /// The cells do not step together.
    #[error(
        "cell {cell} differs from cell 0 in dt, method or time; cells are solved together step by step"
    )]
    Steps {
        /// The cell.
        cell: usize,
    },
    /// A cell failed.
    #[error("cell {cell}: {source}")]
    Simulation {
        /// The cell.
        cell: usize,
        /// Why.
        source: SimulationError,
    },
}

/// A compartment with a junction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    cell: usize,
    position: usize,
}

/// Cells being integrated together. A clone is a checkpoint.
///
/// Every cell keeps its own recordings and detectors, set up before the cells are joined.
#[derive(Debug, Clone)]
pub struct CoupledCells {
    cells: Vec<Simulation>,
    /// Compartments with junctions, each once.
    ends: Vec<End>,
    /// (from, to, conductance (µS)), by number of the end; those without conductance are there too.
    junctions: Vec<(usize, usize, f64)>,
}

impl CoupledCells {
    /// Joins simulations that have the same dt, method and time.
    ///
    /// # Errors
    /// [`CoupledError`] for a junction that names no two compartments of two cells or has a conductance below 0, and for
    /// cells that do not step together.
    pub fn new(cells: Vec<Simulation>, junctions: &[GapJunction]) -> Result<Self, CoupledError> {
        for (cell, s) in cells.iter().enumerate() {
            let first = &cells[0];
            if s.settings.dt != first.settings.dt
                || s.settings.method != first.settings.method
                || s.state.step != first.state.step
            {
                return Err(CoupledError::Steps { cell });
            }
        }
        let mut joined = CoupledCells { cells, ends: Vec::new(), junctions: Vec::new() };
        for (junction, g) in junctions.iter().enumerate() {
            ParameterError::not_negative("conductance", g.conductance, "uS")
                .map_err(|source| CoupledError::Conductance { junction, source })?;
            if g.cells[0] == g.cells[1] {
                return Err(CoupledError::OneCell { junction, cell: g.cells[0] });
            }
            let mut ends = [0; 2];
            for (k, (&cell, &at)) in ends.iter_mut().zip(g.cells.iter().zip(&g.at)) {
                let count = joined.cells.len();
                let constants = &joined
                    .cells
                    .get(cell)
                    .ok_or(CoupledError::Cell { junction, cell, count })?
                    .constants;
                let compartment = constants
                    .compartments
                    .compartment(at)
                    .map_err(|source| CoupledError::Location { junction, source })?;
                let end = End { cell, position: constants.positions[compartment] as usize };
                *k = joined.ends.iter().position(|e| *e == end).unwrap_or_else(|| {
                    joined.ends.push(end);
                    joined.ends.len() - 1
                });
            }
            joined.junctions.push((ends[0], ends[1], g.conductance));
        }
        Ok(joined)
    }

    /// The cells.
    #[must_use]
    pub fn cells(&self) -> &[Simulation] {
        &self.cells
    }

    /// Time (ms): a whole number of steps; 0 without cells.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.cells.first().map_or(0.0, Simulation::time)
    }

    /// Current through every junction (nA) at the present potentials, from its first cell to its second.
    #[must_use]
    pub fn currents(&self) -> Vec<f64> {
        self.junctions
            .iter()
            .map(|&(a, b, g)| g * (self.potential(a) - self.potential(b)))
            .collect()
    }

    fn potential(&self, end: usize) -> f64 {
        let End { cell, position } = self.ends[end];
        self.cells[cell].state.v[position]
    }

    /// Integrates until the time is at least `until` (ms), within a billionth of a step, and calls `see` with the time and
    /// the currents of the junctions after every step.
    ///
    /// # Errors
    /// [`CoupledError::Simulation`]; the state is then that of the failed step.
    pub fn run(&mut self, until: f64, see: impl FnMut(f64, &Self)) -> Result<(), CoupledError> {
        self.run_until(until, &Job::new(), see).map(|_| ())
    }

    /// As [`CoupledCells::run`], but ended after the present step once the job is interrupted; whether it reached `until`.
    ///
    /// # Errors
    /// As [`CoupledCells::run`].
    pub fn run_until(
        &mut self,
        until: f64,
        job: &Job<'_>,
        mut see: impl FnMut(f64, &Self),
    ) -> Result<bool, CoupledError> {
        let Some(first) = self.cells.first() else { return Ok(true) };
        ParameterError::finite("until", until, "ms")
            .map_err(|e| CoupledError::Simulation { cell: 0, source: e.into() })?;
        let steps = (until / first.settings.dt - 1e-9).ceil();
        let begin = first.state.step as f64;
        let mut pace = Pace::new();
        while let Some(step) =
            self.cells.first().map(|s| s.state.step as f64).filter(|s| *s < steps)
        {
            if job.is_interrupted() {
                return Ok(false);
            }
            self.step()?;
            see(self.time(), self);
            if pace.step() {
                job.report((step + 1.0 - begin) / (steps - begin));
            }
        }
        Ok(true)
    }

    /// Integrates one step.
    ///
    /// # Errors
    /// As [`CoupledCells::run`].
    pub fn step(&mut self) -> Result<(), CoupledError> {
        let time = self.time();
        self.cells.iter_mut().for_each(|s| s.begin(time));
        let present = self.currents();
        for (&(a, b, _), i) in self.junctions.iter().zip(present) {
            let (a, b) = (self.ends[a], self.ends[b]);
            self.cells[a.cell].work.rhs[a.position] -= i;
            self.cells[b.cell].work.rhs[b.position] += i;
        }
        self.cells.iter_mut().for_each(Simulation::eliminate);
        self.correct();
        for (cell, s) in self.cells.iter_mut().enumerate() {
            s.end(time).map_err(|source| CoupledError::Simulation { cell, source })?;
        }
        Ok(())
    }

    /// Turns the solutions of the cells alone, in `rhs`, into that of the cells with junctions.
    fn correct(&mut self) {
        let open: Vec<(usize, usize, f64)> =
            self.junctions.iter().copied().filter(|j| j.2 > 0.0).collect();
        if open.is_empty() {
            return;
        }
        let columns: Vec<Vec<f64>> =
            self.ends.iter().map(|end| self.cells[end.cell].response(end.position)).collect();
        // What a unit current at `from` changes at `to`.
        let between = |from: usize, to: usize| {
            let (f, t) = (self.ends[from], self.ends[to]);
            if f.cell == t.cell { columns[from][t.position] } else { 0.0 }
        };
        let n = open.len();
        let small = DMatrix::from_fn(n, n, |i, j| {
            let ((ai, bi, g), (aj, bj, _)) = (open[i], open[j]);
            let across = between(aj, ai) - between(aj, bi) - between(bj, ai) + between(bj, bi);
            if i == j { across + 1.0 / g } else { across }
        });
        let change = |end: usize| {
            let End { cell, position } = self.ends[end];
            self.cells[cell].work.rhs[position]
        };
        let right = DVector::from_fn(n, |i, _| change(open[i].0) - change(open[i].1));
        // As for the junctions of one cell: without a solution the step is not finite, and the cell reports it.
        let share = small.lu().solve(&right).unwrap_or_else(|| DVector::repeat(n, f64::NAN));
        let mut into = vec![0.0; self.ends.len()];
        for (&(a, b, _), s) in open.iter().zip(share.iter()) {
            into[a] -= s;
            into[b] += s;
        }
        for ((end, column), current) in self.ends.iter().zip(&columns).zip(into) {
            for (x, z) in self.cells[end.cell].work.rhs.iter_mut().zip(column) {
                *x += current * z;
            }
        }
    }
}
