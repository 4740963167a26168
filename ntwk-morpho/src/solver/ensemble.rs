//! Many copies of a cell solved together: the same tree and mechanisms with other stimuli, densities or passive parameters.
//!
//! The scheme is that of [`crate::Simulation`]; results agree to rounding.

use crate::membrane::cell::{Cell, Synapse};
use crate::mesh::compartments::Location;
use crate::parameter_error::ParameterError;
use crate::solver::side_by_side::{COPIES, SideBySide};
use crate::solver::simulation::{Method, Settings, SimulationError, Synapses};
use ndarray::{Array2, Axis, Slice};
use ntwk_core::{Job, Waveform};

/// Why copies cannot be solved together or did not come to an end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EnsembleError {
    /// There is no cell.
    #[error("there is no cell")]
    Empty,
    /// A copy differs in more than stimuli, densities and passive parameters.
    #[error("copy {copy} differs from the first in its {what}; copies share tree and mechanisms")]
    Different {
        /// Index of the copy.
        copy: usize,
        /// What differs.
        what: &'static str,
    },
    /// A copy has what an ensemble does not solve.
    #[error("copy {copy} has {what}, which copies solved together cannot have")]
    NotSupported {
        /// Index of the copy.
        copy: usize,
        /// What it has.
        what: &'static str,
    },
    /// A setting or place is not valid.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// Interrupted before the end.
    #[error("interrupted")]
    Interrupted,
    /// A copy blew up.
    #[error("copy {copy}, node {node}: the potential is not finite at t = {time} ms")]
    NonFinite {
        /// Index of the copy.
        copy: usize,
        /// Node of its cell.
        node: usize,
        /// Time of the step's start (ms).
        time: f64,
    },
}

/// Runs copies of a cell together until `t_stop` (ms) and gives the potential (mV) at one point, one row per step from
/// t = 0 and one column per copy. Eight copies are a point of `work`.
///
/// # Errors
/// [`EnsembleError`]. Crank–Nicolson, gap junctions and voltage clamps are not supported here.
pub fn run_copies(
    cells: &[Cell],
    settings: &Settings,
    at: Location,
    t_stop: f64,
    job: &Job<'_>,
) -> Result<Array2<f64>, EnsembleError> {
    let first = cells.first().ok_or(EnsembleError::Empty)?;
    ParameterError::positive("dt", settings.dt, "ms").map_err(SimulationError::from)?;
    ParameterError::positive("t_stop", t_stop, "ms").map_err(SimulationError::from)?;
    if settings.method != Method::ImplicitEuler {
        return Err(EnsembleError::NotSupported { copy: 0, what: "the Crank–Nicolson method" });
    }
    let kinds = |c: &Cell| -> Vec<String> {
        c.insertions
            .iter()
            .map(|i| format!("{} {:?} {:?}", i.name, i.mechanism, i.places))
            .collect()
    };
    let expected = kinds(first);
    for (copy, c) in cells.iter().enumerate() {
        if c.compartments != first.compartments {
            return Err(EnsembleError::Different { copy, what: "compartments" });
        }
        if kinds(c) != expected {
            return Err(EnsembleError::Different { copy, what: "mechanisms" });
        }
        for (has, what) in [
            (!c.clamps.is_empty(), "a voltage clamp"),
            (!c.gap_junctions.is_empty(), "a gap junction"),
        ] {
            if has {
                return Err(EnsembleError::NotSupported { copy, what });
            }
        }
    }
    let node = first.compartments.node(at).map_err(SimulationError::from)?;
    let steps = (t_stop / settings.dt - 1e-9).ceil() as usize;
    let groups: Vec<(usize, &[Cell])> = cells.chunks(COPIES).enumerate().collect();
    let columns = job.each(&groups, |&(group, chunk)| {
        let mut g = Group::new(chunk, settings);
        let probe = g.copies.tree().positions()[node] as usize * COPIES;
        let mut columns = Array2::zeros((steps + 1, chunk.len()));
        for (step, mut row) in columns.rows_mut().into_iter().enumerate() {
            if step > 0 {
                let time = (step - 1) as f64 * settings.dt;
                g.step(time, settings.dt).map_err(|(copy, position)| EnsembleError::NonFinite {
                    copy: group * COPIES + copy,
                    node: g.copies.tree().nodes()[position] as usize,
                    time,
                })?;
            }
            for (c, v) in row.iter_mut().enumerate() {
                *v = g.copies.v[probe + c];
            }
        }
        Ok::<_, EnsembleError>(columns)
    })?;
    if columns.len() < groups.len() {
        return Err(EnsembleError::Interrupted);
    }
    let mut out = Array2::zeros((steps + 1, cells.len()));
    for (group, columns) in columns.iter().enumerate() {
        let first = group * COPIES;
        let last = first + columns.ncols();
        out.slice_axis_mut(Axis(1), Slice::from(first..last)).assign(columns);
    }
    Ok(out)
}

/// Eight copies with their stimuli.
struct Group {
    copies: SideBySide,
    synapses: Synapses,
    stimuli: Vec<(usize, Waveform)>,
}

impl Group {
    fn new(cells: &[Cell], settings: &Settings) -> Self {
        let copies = SideBySide::new(cells, settings);
        let positions = copies.positions();
        let mut synapses = Vec::new();
        let mut stimuli = Vec::new();
        for c in 0..COPIES.min(cells.len()) {
            for s in &cells[c].synapses {
                synapses.push(Synapse { node: s.node * COPIES + c, ..s.clone() });
            }
            for (node, waveform) in &cells[c].currents {
                stimuli.push((positions[node * COPIES + c] as usize, waveform.clone()));
            }
        }
        let synapses = Synapses::new(&synapses, &positions, settings.dt);
        Group { copies, synapses, stimuli }
    }

    /// One implicit step; the copy and position of a potential that is not finite.
    fn step(&mut self, t: f64, dt: f64) -> Result<(), (usize, usize)> {
        self.synapses.advance(t, dt);
        let copies = &mut self.copies;
        copies.evaluate();
        self.synapses.add_currents(&copies.v, &mut copies.rhs, &mut copies.own);
        for (k, waveform) in &self.stimuli {
            copies.rhs[*k] += waveform.over(t, dt);
        }
        copies.solve()?;
        copies.advance(dt);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::generators::PyramidalTree;
    use crate::membrane::channels::{HodgkinHuxley, Leak};
    use crate::solver::simulation::Simulation;
    use crate::{Discretisation, DoubleExponential, Region, Selection};

    const SOMA: Location = Location { branch: 0, x: 0.5 };

    fn copies(n: usize) -> Vec<Cell> {
        let m = PyramidalTree { basal_trees: 2, obliques: 1, ..PyramidalTree::default() }
            .build(3)
            .unwrap();
        let compartments = m.compartments(&Discretisation::MaxLength(30.0)).unwrap();
        (0..n)
            .map(|k| {
                let x = k as f64;
                let mut cell =
                    Cell::new(compartments.clone(), 1.0 + 0.02 * x, 100.0 + 5.0 * x).unwrap();
                let somatic = Selection::Region(Region::Soma);
                cell.insert_scaled("hh", &somatic, HodgkinHuxley::default(), |_| 1.0 + 0.1 * x)
                    .unwrap();
                cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -65.0 }).unwrap();
                cell.inject(SOMA, Waveform::step(2.0, 20.0, 0.5 + 0.05 * x)).unwrap();
                let s = cell
                    .add_synapse(Location::new(3, 1.0), DoubleExponential::ampa(), 1e-3)
                    .unwrap();
                cell.add_spikes(s, &[3.0 + x, 9.0]).unwrap();
                cell
            })
            .collect()
    }

    #[test]
    fn copies_together_are_the_copies_alone() {
        let cells = copies(11);
        let settings = Settings::default();
        let together = run_copies(&cells, &settings, SOMA, 30.0, &Job::threads(1)).unwrap();
        let two = Job::threads(2);
        assert_eq!(run_copies(&cells, &settings, SOMA, 30.0, &two).unwrap(), together);
        assert_eq!(together.dim(), (1201, 11));
        for (c, cell) in cells.iter().enumerate() {
            let mut s = Simulation::new(cell, &settings).unwrap();
            s.record_voltage(&[SOMA], 1).unwrap();
            s.run(30.0).unwrap();
            let alone = s.recording();
            let worst = alone
                .column(0)
                .iter()
                .zip(together.column(c))
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max);
            assert!(worst < 1e-9, "copy {c}: {worst:e}");
        }
    }

    #[test]
    fn what_differs_is_named() {
        let mut cells = copies(2);
        cells[1].insert("more", &Selection::All, Leak { g: 1e-4, E: -60.0 }).unwrap();
        let run =
            |cells: &[Cell]| run_copies(cells, &Settings::default(), SOMA, 1.0, &Job::threads(1));
        assert!(matches!(
            run(&cells),
            Err(EnsembleError::Different { copy: 1, what: "mechanisms" })
        ));
        assert_eq!(run(&[]), Err(EnsembleError::Empty));
    }
}
