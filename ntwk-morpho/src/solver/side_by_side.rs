//! Copies of a cell that stand side by side in every array, so that the elimination, which cannot be vectorised along one tree, is
//! vectorised over copies.
//!
//! The scheme is that of [`crate::Simulation`]: V at t and gates at t + dt/2.

use crate::membrane::cell::{Cell, Insertion};
use crate::membrane::mechanism::{LANES, Membrane};
use crate::solver::hines::{Massless, Tree};
use crate::solver::simulation::{Method, Placed, Settings};
use crate::units::{NF_PER_UF_CM2_UM2, US_PER_S_CM2_UM2};
use pulp::{Arch, NullaryFnOnce};

/// Copies that stand side by side.
pub const COPIES: usize = 8;

/// Eight copies of a tree with the same mechanisms; entry k · 8 + c of an array belongs to position k of copy c.
#[derive(Debug, Clone)]
pub(crate) struct SideBySide {
    tree: Tree,
    /// Conductance to the parent (µS).
    links: Vec<f64>,
    /// Nodes without area, for Crank–Nicolson.
    massless: Vec<Massless>,
    /// Their (own, right side, potential) before elimination, for each copy.
    before: Vec<[[f64; COPIES]; 3]>,
    method: Method,
    /// Potential (mV), padded.
    pub v: Vec<f64>,
    /// Calcium (mM), padded.
    pub calcium: Vec<f64>,
    calcium_current: Vec<f64>,
    current: Vec<f64>,
    conductance: Vec<f64>,
    /// Admittance of the nodes (µS), to which synapses add theirs.
    pub own: Vec<f64>,
    /// Current (nA), to which synapses and electrodes add theirs; then the change of the potential (mV).
    pub rhs: Vec<f64>,
    factors: Vec<f64>,
    capacitive: Vec<f64>,
    area: Vec<f64>,
    /// The mechanisms in their places.
    pub mechanisms: Vec<Placed>,
    arch: Arch,
}

impl SideBySide {
    /// At rest: potential and calcium of the settings, gates at their steady state. There are one to eight cells with one
    /// tree and the same mechanisms; a group that is not full is filled with the last one.
    pub fn new(cells: &[Cell], settings: &Settings) -> Self {
        let of = |c: usize| &cells[c.min(cells.len() - 1)];
        let mut trees: Vec<Tree> = (0..COPIES.min(cells.len()))
            .map(|c| Tree::new(&of(c).compartments, &of(c).resistivity))
            .collect();
        let (n, list) = (trees[0].len(), cells[0].compartments.as_slice());
        let size = n * COPIES;
        let padded = size.next_multiple_of(LANES);
        let positions = side_by_side(&trees[0].positions());
        let h =
            if settings.method == Method::CrankNicolson { 0.5 * settings.dt } else { settings.dt };
        let (mut links, mut capacitive, mut area) =
            (vec![0.0; size], vec![0.0; size], vec![0.0; padded]);
        for (k, &node) in trees[0].nodes().iter().enumerate() {
            for c in 0..COPIES {
                links[k * COPIES + c] = trees[c.min(trees.len() - 1)].links()[k];
                if let Some(compartment) = list.get(node as usize) {
                    let per_area = NF_PER_UF_CM2_UM2 * of(c).capacitance[node as usize];
                    capacitive[k * COPIES + c] = per_area * compartment.area / h;
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
        let tree = trees.swap_remove(0);
        let massless = match settings.method {
            Method::CrankNicolson => tree.massless(list.len()),
            Method::ImplicitEuler => Vec::new(),
        };
        let mut copies = Self {
            tree,
            links,
            before: vec![[[0.0; COPIES]; 3]; massless.len()],
            massless,
            method: settings.method,
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
            arch: Arch::new(),
        };
        copies.initialise();
        copies
    }

    /// The tree that all copies have.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Place of every node of every copy in the arrays: entry `node · 8 + c`.
    pub fn positions(&self) -> Vec<u32> {
        side_by_side(&self.tree.positions())
    }

    /// Sets gates and pools to their steady state at the present potentials.
    pub fn initialise(&mut self) {
        // Twice, since a pool may set the calcium that gates of an earlier channel depend on.
        self.with_membrane(|m, membrane| m.initialise(membrane));
        self.with_membrane(|m, membrane| {
            if m.uses_calcium() {
                m.initialise(membrane);
            }
        });
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

    /// Admittances and currents of all nodes at the present state, without synapses and electrodes.
    pub fn evaluate(&mut self) {
        self.current.fill(0.0);
        self.conductance.fill(0.0);
        self.calcium_current.fill(0.0);
        self.with_membrane(|m, membrane| m.currents(membrane));
        let arch = self.arch;
        arch.dispatch(Assemble { copies: self });
    }

    /// Solves for the potentials at the end of the step; the copy and position of one that is not finite.
    pub fn solve(&mut self) -> Result<(), (usize, usize)> {
        for (m, before) in self.massless.iter().zip(&mut self.before) {
            *before = [&self.own, &self.rhs, &self.v].map(|array| block(array, m.position));
        }
        let arch = self.arch;
        let sound = arch.dispatch(Solve { copies: self });
        if !sound {
            let bad = self.v.iter().position(|v| !v.is_finite()).unwrap_or(0);
            return Err((bad % COPIES, bad / COPIES));
        }
        // As in [`crate::Simulation`]: nodes without capacitance follow their neighbours at once.
        for (m, [own, rhs, old]) in self.massless.iter().zip(&self.before) {
            let (mut total, mut sum) = (*own, [0.0; COPIES]);
            for l in 0..COPIES {
                sum[l] = own[l] * old[l] + rhs[l];
            }
            for &(neighbour, _) in &m.neighbours {
                let below = neighbour.max(m.position);
                let (g, v) = (block(&self.links, below), block(&self.v, neighbour));
                for l in 0..COPIES {
                    total[l] += g[l];
                    sum[l] += g[l] * v[l];
                }
            }
            for l in 0..COPIES {
                sum[l] /= total[l];
            }
            store(&mut self.v, m.position, &sum);
        }
        Ok(())
    }

    /// Advances gates and pools by `dt` (ms) at the present potentials.
    pub fn advance(&mut self, dt: f64) {
        self.with_membrane(|m, membrane| m.advance(membrane, dt));
    }
}

fn side_by_side(positions: &[u32]) -> Vec<u32> {
    let each = |&p: &u32| (0..COPIES as u32).map(move |c| p * COPIES as u32 + c);
    positions.iter().flat_map(each).collect()
}

/// Own admittance and current of all nodes.
struct Assemble<'a> {
    copies: &'a mut SideBySide,
}

impl NullaryFnOnce for Assemble<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let SideBySide { own, rhs, capacitive, area, conductance, current, .. } = self.copies;
        let n = own.len();
        let (own, rhs, capacitive) = (&mut own[..n], &mut rhs[..n], &capacitive[..n]);
        let (area, conductance, current) = (&area[..n], &conductance[..n], &current[..n]);
        for k in 0..n {
            own[k] = capacitive[k] + area[k] * conductance[k];
            rhs[k] = -area[k] * current[k];
        }
    }
}

/// The elimination of [`crate::solver::hines`] for all copies at once, and V ← V + ΔV, or V + 2 ΔV for Crank–Nicolson.
struct Solve<'a> {
    copies: &'a mut SideBySide,
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
        let SideBySide { tree, links, v, own, rhs, factors, method, .. } = self.copies;
        let parents = tree.parents();
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
        let scale = if *method == Method::CrankNicolson { 2.0 } else { 1.0 };
        let mut sound = true;
        for (v, dv) in v.iter_mut().zip(rhs.iter()) {
            *v = f64::mul_add(scale, *dv, *v);
            sound &= v.abs() <= f64::MAX;
        }
        sound
    }
}
