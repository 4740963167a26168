//! Many copies of a cell solved together: the same tree and mechanisms with other stimuli, densities or passive parameters.
//!
//! Eight copies stand side by side in every array, so that the elimination, which cannot be vectorised along one tree,
//! is vectorised over copies. The scheme is that of [`crate::Simulation`]; results agree to rounding.

use crate::membrane::cell::{Cell, Insertion, Synapse};
use crate::membrane::mechanism::{LANES, Membrane};
use crate::mesh::compartments::Location;
use crate::parameter_error::ParameterError;
use crate::solver::hines::Tree;
use crate::solver::simulation::{Method, Placed, Settings, SimulationError, Synapses};
use crate::units::{NF_PER_UF_CM2_UM2, US_PER_S_CM2_UM2};
use ndarray::{Array2, Axis, Slice};
use ntwk_core::{Job, Waveform};
use pulp::{Arch, NullaryFnOnce};

/// Copies that stand side by side.
pub const COPIES: usize = 8;

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
        let probe = g.trees[0].positions()[node] as usize * COPIES;
        let mut columns = Array2::zeros((steps + 1, chunk.len()));
        for (step, mut row) in columns.rows_mut().into_iter().enumerate() {
            if step > 0 {
                let time = (step - 1) as f64 * settings.dt;
                g.step(time, settings.dt).map_err(|(copy, position)| EnsembleError::NonFinite {
                    copy: group * COPIES + copy,
                    node: g.trees[0].nodes()[position] as usize,
                    time,
                })?;
            }
            for (c, v) in row.iter_mut().enumerate() {
                *v = g.v[probe + c];
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

/// Eight copies; entry k · 8 + c of an array belongs to position k of copy c.
struct Group {
    trees: Vec<Tree>,
    parents: Vec<u32>,
    links: Vec<f64>,
    v: Vec<f64>,
    calcium: Vec<f64>,
    calcium_current: Vec<f64>,
    current: Vec<f64>,
    conductance: Vec<f64>,
    own: Vec<f64>,
    rhs: Vec<f64>,
    factors: Vec<f64>,
    capacitive: Vec<f64>,
    area: Vec<f64>,
    mechanisms: Vec<Placed>,
    synapses: Synapses,
    stimuli: Vec<(usize, Waveform)>,
    arch: Arch,
}

impl Group {
    fn new(cells: &[Cell], settings: &Settings) -> Self {
        // A group that is not full is filled with the last copy, which is not recorded.
        let of = |c: usize| &cells[c.min(cells.len() - 1)];
        let trees: Vec<Tree> =
            (0..COPIES).map(|c| Tree::new(&of(c).compartments, &of(c).resistivity)).collect();
        let (n, list) = (trees[0].len(), cells[0].compartments.as_slice());
        let size = n * COPIES;
        let padded = size.next_multiple_of(LANES);
        let positions: Vec<u32> = trees[0]
            .positions()
            .iter()
            .flat_map(|&p| (0..COPIES as u32).map(move |c| p * COPIES as u32 + c))
            .collect();
        let (mut links, mut capacitive, mut area) =
            (vec![0.0; size], vec![0.0; size], vec![0.0; padded]);
        for (k, &node) in trees[0].nodes().iter().enumerate() {
            for c in 0..COPIES {
                links[k * COPIES + c] = trees[c].links()[k];
                if let Some(compartment) = list.get(node as usize) {
                    let per_area = NF_PER_UF_CM2_UM2 * of(c).capacitance[node as usize];
                    capacitive[k * COPIES + c] = per_area * compartment.area / settings.dt;
                    area[k * COPIES + c] = US_PER_S_CM2_UM2 * compartment.area;
                }
            }
        }
        let mechanisms = (0..cells[0].insertions.len())
            .map(|m| {
                let shared = &cells[0].insertions[m];
                let each =
                    || (0..shared.places.len()).flat_map(|p| (0..COPIES).map(move |c| (p, c)));
                let all = Insertion {
                    name: shared.name.clone(),
                    mechanism: std::sync::Arc::clone(&shared.mechanism),
                    places: each().map(|(p, c)| shared.places[p] * COPIES + c).collect(),
                    scale: each().map(|(p, c)| of(c).insertions[m].scale[p]).collect(),
                };
                Placed::new(&all, list.len() * COPIES, &positions, settings.celsius)
            })
            .collect();
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
        let mut group = Group {
            parents: trees[0].parents().to_vec(),
            trees,
            links,
            v: vec![settings.v_init; padded],
            calcium: vec![settings.calcium_init; padded],
            calcium_current: vec![0.0; padded],
            current: vec![0.0; padded],
            conductance: vec![0.0; padded],
            own: vec![0.0; size],
            rhs: vec![0.0; size],
            factors: vec![0.0; size],
            capacitive,
            area,
            mechanisms,
            synapses: Synapses::new(&synapses, &positions, settings.dt),
            stimuli,
            arch: Arch::new(),
        };
        // Twice, since a pool may set the calcium that gates of an earlier channel depend on.
        group.with_membrane(|m, membrane| m.initialise(membrane));
        group.with_membrane(|m, membrane| {
            if m.uses_calcium() {
                m.initialise(membrane);
            }
        });
        group
    }

    fn with_membrane(&mut self, mut call: impl FnMut(&mut Placed, &mut Membrane<'_>)) {
        let mut membrane = Membrane {
            v: &self.v,
            calcium: &mut self.calcium,
            calcium_current: &mut self.calcium_current,
            current: &mut self.current,
            conductance: &mut self.conductance,
        };
        for m in &mut self.mechanisms {
            call(m, &mut membrane);
        }
    }

    /// One implicit step; the copy and position of a potential that is not finite.
    fn step(&mut self, t: f64, dt: f64) -> Result<(), (usize, usize)> {
        self.synapses.advance(t, dt);
        self.current.fill(0.0);
        self.conductance.fill(0.0);
        self.calcium_current.fill(0.0);
        self.with_membrane(|m, membrane| m.currents(membrane));
        let arch = self.arch;
        arch.dispatch(Assemble { group: self });
        self.synapses.add_currents(&self.v, &mut self.rhs, &mut self.own);
        for (k, waveform) in &self.stimuli {
            self.rhs[*k] += waveform.over(t, dt);
        }
        let sound = arch.dispatch(Solve { group: self });
        if !sound {
            let bad = self.v.iter().position(|v| !v.is_finite()).unwrap_or(0);
            return Err((bad % COPIES, bad / COPIES));
        }
        self.with_membrane(|m, membrane| m.advance(membrane, dt));
        Ok(())
    }
}

/// Own admittance and current of all nodes.
struct Assemble<'a> {
    group: &'a mut Group,
}

impl NullaryFnOnce for Assemble<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Group { own, rhs, capacitive, area, conductance, current, .. } = self.group;
        let n = own.len();
        let (own, rhs, capacitive) = (&mut own[..n], &mut rhs[..n], &capacitive[..n]);
        let (area, conductance, current) = (&area[..n], &conductance[..n], &current[..n]);
        for k in 0..n {
            own[k] = capacitive[k] + area[k] * conductance[k];
            rhs[k] = -area[k] * current[k];
        }
    }
}

/// The elimination of [`crate::solver::hines`] for all copies at once, and V ← V + ΔV.
struct Solve<'a> {
    group: &'a mut Group,
}

#[inline(always)]
fn block(a: &[f64], k: usize) -> [f64; COPIES] {
    let mut out = [0.0; COPIES];
    out.copy_from_slice(&a[k * COPIES..(k + 1) * COPIES]);
    out
}

#[inline(always)]
fn store(a: &mut [f64], k: usize, values: &[f64; COPIES]) {
    a[k * COPIES..(k + 1) * COPIES].copy_from_slice(values);
}

impl NullaryFnOnce for Solve<'_> {
    /// Whether all potentials are finite.
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let Group { parents, links, v, own, rhs, factors, .. } = self.group;
        let n = parents.len();
        for k in (1..n).rev() {
            let p = parents[k] as usize;
            let (g, e, mut r) = (block(links, k), block(own, k), block(rhs, k));
            let (here, above) = (block(v, k), block(v, p));
            let (mut own_p, mut rhs_p) = (block(own, p), block(rhs, p));
            let mut f = [0.0; COPIES];
            for l in 0..COPIES {
                let axial = g[l] * (above[l] - here[l]);
                r[l] += axial;
                let inverse = 1.0 / (e[l] + g[l]);
                f[l] = g[l] * inverse;
                own_p[l] = f[l].mul_add(e[l], own_p[l]);
                rhs_p[l] = f[l].mul_add(r[l], rhs_p[l] - axial);
                r[l] *= inverse;
            }
            store(own, p, &own_p);
            store(rhs, p, &rhs_p);
            store(rhs, k, &r);
            store(factors, k, &f);
        }
        for l in 0..COPIES {
            rhs[l] /= own[l];
        }
        for (k, &p) in parents.iter().enumerate().skip(1) {
            let above = block(rhs, p as usize);
            let (mut r, f) = (block(rhs, k), block(factors, k));
            for l in 0..COPIES {
                r[l] = f[l].mul_add(above[l], r[l]);
            }
            store(rhs, k, &r);
        }
        let mut sound = true;
        for (v, dv) in v.iter_mut().zip(rhs.iter()) {
            *v += dv;
            sound &= v.abs() <= f64::MAX;
        }
        sound
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
