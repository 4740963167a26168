//! The passive cell as a linear system in time, and exact derivatives of what it does with respect to its parameters.
//!
//! With implicit steps (C/dt + G) V^n = C/dt V^(n−1) + b^n from the steady state G V^0 = b^0, and an error
//! J = Σ_n w (V_at^n − d^n)², the adjoint runs backwards (Hines matrix, so O(N) a step):
//!
//! ```text
//! (C/dt + G)ᵀ λ^n = C/dt λ^(n+1) + ∂J/∂V^n          Gᵀ λ^0 = C/dt λ^1 + ∂J/∂V^0
//! dJ/dC_k   = −Σ_n λ_k^n (V_k^n − V_k^(n−1))/dt       dJ/dg_k = −Σ_n λ_k^n (V_k^n − E_k)
//! dJ/dE_k   =  g_k Σ_n λ_k^n                          dJ/dg_link = −Σ_n (λ_a^n − λ_b^n)(V_a^n − V_b^n)
//! ```
//!
//! so the gradient with respect to every parameter of every compartment costs one more pass than the simulation.

use crate::membrane::cell::Cell;
use crate::membrane::mechanism::{LANES, Membrane, Site};
use crate::mesh::compartments::{Location, LocationError};
use crate::parameter_error::ParameterError;
use crate::solver::hines::Tree;
use crate::units::{MOHM_PER_OHM_CM_PER_UM, NF_PER_UF_CM2_UM2, US_PER_S_CM2_UM2};
use ntwk_core::{Interrupted, Job, Waveform};

/// Why a cell is not a passive system.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PassiveError {
    /// A mechanism has gates or calcium.
    #[error("mechanism '{mechanism}' is not passive")]
    NotPassive {
        /// Its name.
        mechanism: String,
    },
    /// Synapses, gap junctions or voltage clamps are not part of the linear system.
    #[error("a passive fit takes injected currents alone; the cell has {what}")]
    NotSupported {
        /// What it has.
        what: &'static str,
    },
    /// The membrane has no conductance, so there is no steady state.
    #[error("the cell has no leak, so it has no resting state")]
    NoLeak,
    /// There is no such place.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A parameter is out of range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The history of the potential would not fit into memory.
    #[error(
        "{steps} steps of {nodes} nodes are too many to keep; take a shorter trace or a larger dt"
    )]
    TooLong {
        /// Number of steps.
        steps: usize,
        /// Number of nodes.
        nodes: usize,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// The most numbers of the history that are kept.
const MAX_HISTORY: usize = 250_000_000;

/// Parameters and constants of a passive cell, one entry per compartment.
#[derive(Debug, Clone)]
#[allow(non_snake_case)]
pub struct PassiveCell {
    compartments: crate::Compartments,
    currents: Vec<(usize, Waveform)>,
    /// Specific capacitance (µF/cm²).
    pub C_m: Vec<f64>,
    /// Axial resistivity (Ω·cm).
    pub R_i: Vec<f64>,
    /// Leak conductance density (S/cm²).
    pub g_L: Vec<f64>,
    /// Leak reversal potential (mV); where there is no leak it has no effect.
    pub E_L: Vec<f64>,
}

/// Derivatives of an error with respect to the parameters of every compartment, in the error's unit over the parameter's.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct PassiveGradient {
    /// With respect to specific capacitances.
    pub C_m: Vec<f64>,
    /// With respect to axial resistivities.
    pub R_i: Vec<f64>,
    /// With respect to leak conductance densities.
    pub g_L: Vec<f64>,
    /// With respect to leak reversal potentials.
    pub E_L: Vec<f64>,
}

/// A trace and its time axis: one value per step from t = 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Where it was recorded.
    pub at: Location,
    /// Time step (ms).
    pub dt: f64,
    /// Potential (mV) at t = k dt; NaN where there is none.
    pub values: Vec<f64>,
}

/// What a passive cell does: the potential at the place of the target, its mean squared error and, if asked for, the
/// gradient of that.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Potential (mV) at t = k dt.
    pub v: Vec<f64>,
    /// Mean squared error (mV²) over the samples of the target.
    pub error: f64,
    /// Its gradient.
    pub gradient: Option<PassiveGradient>,
}

impl PassiveCell {
    /// The passive part of a cell, which must have no other.
    ///
    /// # Errors
    /// [`PassiveError`] naming what is not passive.
    pub fn new(cell: &Cell) -> Result<Self, PassiveError> {
        for (has, what) in [
            (cell.synapses.iter().any(|s| !s.events.is_empty()), "active synapses"),
            (!cell.clamps.is_empty(), "a voltage clamp"),
            (!cell.gap_junctions.is_empty(), "gap junctions"),
        ] {
            if has {
                return Err(PassiveError::NotSupported { what });
            }
        }
        let n = cell.compartments.len();
        let (mut g_total, mut g_e) = (vec![0.0; n], vec![0.0; n]);
        for i in &cell.insertions {
            // Evaluated at 0 mV: the slope is g and the current −g E.
            let m = i.places.len().next_multiple_of(LANES);
            let mut scale = i.scale.clone();
            scale.resize(m, 0.0);
            let site = Site { celsius: 20.0, scale, n_compartments: i.places.len() };
            let mut state = i.mechanism.instantiate(site);
            if i.mechanism.uses_calcium() || !state.variables().is_empty() {
                return Err(PassiveError::NotPassive { mechanism: i.name.clone() });
            }
            let (mut current, mut conductance) = (vec![0.0; m], vec![0.0; m]);
            state.currents(&mut Membrane {
                v: &vec![0.0; m],
                calcium: &mut vec![0.0; m],
                calcium_current: &mut vec![0.0; m],
                current: &mut current,
                conductance: &mut conductance,
            });
            for (place, k) in i.places.iter().enumerate() {
                g_total[*k] += conductance[place];
                g_e[*k] -= current[place];
            }
        }
        if g_total.iter().all(|g| *g <= 0.0) {
            return Err(PassiveError::NoLeak);
        }
        let reversal = g_e.iter().zip(&g_total).map(|(e, g)| if *g > 0.0 { e / g } else { 0.0 });
        Ok(PassiveCell {
            compartments: cell.compartments.clone(),
            currents: cell.currents.clone(),
            C_m: cell.capacitance.clone(),
            R_i: cell.resistivity.clone(),
            E_L: reversal.collect(),
            g_L: g_total,
        })
    }

    /// Runs the cell against a target and, with `gradient`, runs the adjoint.
    ///
    /// # Errors
    /// [`PassiveError`] when the place does not exist, dt is not positive or the run is too long for the gradient.
    pub fn response(
        &self,
        target: &Target,
        gradient: bool,
        job: &Job<'_>,
    ) -> Result<Response, PassiveError> {
        ParameterError::positive("dt", target.dt, "ms")?;
        let dt = target.dt;
        let node = self.compartments.node(target.at)?;
        let tree = Tree::new(&self.compartments, &self.R_i);
        let (n, count) = (tree.len(), self.compartments.len());
        let steps = target.values.len();
        if gradient && steps.saturating_mul(n) > MAX_HISTORY {
            return Err(PassiveError::TooLong { steps, nodes: n });
        }
        let positions = tree.positions();
        let probe = positions[node] as usize;
        let mut charging = vec![0.0; n];
        let mut leak = vec![0.0; n];
        let mut rest = vec![0.0; n];
        for (k, c) in self.compartments.as_slice().iter().enumerate() {
            let p = positions[k] as usize;
            charging[p] = NF_PER_UF_CM2_UM2 * self.C_m[k] * c.area / dt;
            leak[p] = US_PER_S_CM2_UM2 * self.g_L[k] * c.area;
            rest[p] = leak[p] * self.E_L[k];
        }
        let factorised = |with: f64| {
            let mut own: Vec<f64> = charging.iter().zip(&leak).map(|(c, g)| with * c + g).collect();
            let (mut unused, mut factors) = (vec![0.0; n], vec![0.0; n]);
            tree.eliminate(&mut own, &mut unused, &mut factors);
            (own, factors)
        };
        let (steady, moving) = (factorised(0.0), factorised(1.0));
        let mut v = rest.clone();
        tree.solve_again(&steady.0, &steady.1, &mut v);
        let mut history = Vec::with_capacity(if gradient { steps * n } else { 0 });
        let mut out = Vec::with_capacity(steps);
        for step in 0..steps {
            job.check()?;
            if step > 0 {
                for k in 0..n {
                    v[k] = charging[k] * v[k] + rest[k];
                }
                for (at, waveform) in &self.currents {
                    v[positions[*at] as usize] += waveform.over((step - 1) as f64 * dt, dt);
                }
                tree.solve_again(&moving.0, &moving.1, &mut v);
            }
            out.push(v[probe]);
            if gradient {
                history.extend_from_slice(&v);
            }
        }
        let used = target.values.iter().filter(|d| !d.is_nan()).count().max(1) as f64;
        let off =
            |k: usize| if target.values[k].is_nan() { 0.0 } else { out[k] - target.values[k] };
        let error = (0..steps).map(|k| off(k) * off(k)).sum::<f64>() / used;
        if !gradient || steps == 0 {
            return Ok(Response { v: out, error, gradient: None });
        }
        let mut sum_c = vec![0.0; n];
        let mut sum_g = vec![0.0; n];
        let mut sum_e = vec![0.0; n];
        let mut sum_link = vec![0.0; n];
        let mut lambda = vec![0.0; n];
        for step in (0..steps).rev() {
            job.check()?;
            for k in 0..n {
                lambda[k] *= charging[k];
            }
            lambda[probe] += 2.0 * off(step) / used;
            // The matrix is symmetric.
            let (own, factors) = if step > 0 { &moving } else { &steady };
            tree.solve_again(own, factors, &mut lambda);
            let v = &history[step * n..(step + 1) * n];
            for k in 0..n {
                sum_g[k] -= lambda[k] * v[k];
                sum_e[k] += lambda[k];
                let p = tree.parents()[k] as usize;
                sum_link[k] -= (lambda[k] - lambda[p]) * (v[k] - v[p]);
            }
            if step > 0 {
                let before = &history[(step - 1) * n..step * n];
                for k in 0..n {
                    sum_c[k] -= lambda[k] * (v[k] - before[k]) / dt;
                }
            }
        }
        let mut g = PassiveGradient {
            C_m: vec![0.0; count],
            R_i: vec![0.0; count],
            g_L: vec![0.0; count],
            E_L: vec![0.0; count],
        };
        for (k, c) in self.compartments.as_slice().iter().enumerate() {
            let p = positions[k] as usize;
            let per_density = US_PER_S_CM2_UM2 * c.area;
            g.C_m[k] = sum_c[p] * NF_PER_UF_CM2_UM2 * c.area;
            g.g_L[k] = (sum_g[p] + sum_e[p] * self.E_L[k]) * per_density;
            g.E_L[k] = sum_e[p] * leak[p];
        }
        for (node, link) in self.compartments.links().iter().enumerate() {
            let Some(link) = link else { continue };
            let p = positions[node] as usize;
            // g = 1/(c Σ R form), so dg/dR = −g² c form.
            let conductance = tree.links()[p];
            for (k, form) in [link.above, link.below].into_iter().flatten() {
                let slope = -conductance * conductance * MOHM_PER_OHM_CM_PER_UM * form;
                g.R_i[k] += sum_link[p] * slope;
            }
        }
        Ok(Response { v: out, error, gradient: Some(g) })
    }
}
