//! Integration of a cell in time.
//!
//! One step from t to t + dt, with V at t and gates, synaptic conductances and calcium at t + dt/2 (staggered, Hines 1984):
//!
//! ```text
//! (C/h + ∂I/∂V + G_axial) ΔV = −I(V) + I_injected − G_axial V      h = dt or dt/2
//! V(t + dt) = V(t) + ΔV          implicit Euler, h = dt
//! V(t + dt) = V(t) + 2 ΔV        Crank–Nicolson, h = dt/2
//! x ← x∞(V) + (x − x∞(V)) e^(−dt/τ(V))    with the new V
//! ```
//!
//! At t = 0 gates stand at their steady state. Synaptic spikes act at their own time, not at the nearest step. A step of
//! current acts with its mean over the step, another waveform with its value in the middle.

mod balance;
mod constants;
mod coupled;
mod error;
mod excursion;
mod field;
mod gap_junctions;
mod pace;
mod placed;
mod probe;
mod recording;
mod sweeps;
mod synapses;

pub use coupled::{CoupledCells, CoupledError, GapJunction};
pub use error::SimulationError;
pub use field::FieldRecording;
pub use probe::{Probe, SynapseProbe};
pub use recording::{Recording, Spikes};

use crate::membrane::cell::Cell;
use crate::membrane::mechanism::{LANES, Membrane};
use crate::mesh::compartments::{Location, LocationError};
use crate::parameter_error::ParameterError;
use balance::{Balance, Solution};
use constants::Constants;
use field::Field;
use ndarray::Array2;
use ntwk_core::Job;
use ntwk_core::spec::key::Words as _;
pub(crate) use pace::Pace;
pub(crate) use placed::Placed;
use recording::{Recorder, SpikeDetector};
use serde::{Deserialize, Serialize};
use sweeps::{Apply, Assemble};
pub(crate) use synapses::Synapses;

ntwk_core::words! {
    /// Scheme for the potential.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Method, what = "method" {
        /// first order, damps everything: the choice under voltage clamp
        ImplicitEuler = "implicit_euler",
        /// second order with staggered gates; oscillates from step to step where dt is much longer than the fastest time
        /// constant of the tree and something changes suddenly
        CrankNicolson = "crank_nicolson",
    }
}

ntwk_core::section! {
    /// How to integrate.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct Settings {
        /// time step
        dt: f64 = Quantity(Time, Positive), or(0.025);
        /// scheme for the potential:
        method: Method = Choice(Method::WORDS), or(Method::ImplicitEuler);
        /// temperature
        celsius: f64 = Quantity(Temperature, Between(-50.0, 100.0)), or(34.0);
        /// potential of all compartments at t = 0; `E_L` of `[membrane]` where it is not given
        v_init: f64 = Quantity(Voltage, Any), none;
        /// calcium concentration of all compartments at t = 0 where no pool says otherwise
        calcium_init: f64 = Quantity(Concentration, NonNegative), or(1e-4);
    }
}

impl Default for Settings {
    /// 0.025 ms, implicit Euler, 6.3 °C, −65 mV, 100 nM.
    fn default() -> Self {
        Settings {
            dt: 0.025,
            method: Method::ImplicitEuler,
            celsius: 6.3,
            v_init: -65.0,
            calcium_init: 1e-4,
        }
    }
}

/// A cell being integrated: its state, the constants for this dt and workspace. A clone is a checkpoint.
#[derive(Debug, Clone)]
pub struct Simulation {
    settings: Settings,
    constants: Constants,
    state: State,
    work: Workspace,
    recorder: Recorder,
    balance: Balance,
    field: Field,
}

/// What changes.
#[derive(Debug, Clone)]
struct State {
    step: u64,
    /// Potential at each position of the tree (mV), padded.
    v: Vec<f64>,
    /// Calcium at each position (mM), padded.
    calcium: Vec<f64>,
    /// Calcium current density of the last evaluation (mA/cm²), padded.
    calcium_current: Vec<f64>,
    mechanisms: Vec<Placed>,
    synapses: Synapses,
}

#[derive(Debug, Clone)]
struct Workspace {
    /// mA/cm² at each position, padded.
    current: Vec<f64>,
    /// S/cm² at each position, padded.
    conductance: Vec<f64>,
    /// Admittance of each node without its link (µS), of the subtree after elimination.
    own: Vec<f64>,
    /// nA, then mV.
    rhs: Vec<f64>,
    factors: Vec<f64>,
    /// (own, right side, potential) of nodes without area before elimination.
    massless: Vec<[f64; 3]>,
    /// Instruction set found at the start.
    arch: pulp::Arch,
}

impl Simulation {
    /// Prepares a simulation: constants for this dt, state at t = 0.
    ///
    /// # Errors
    /// [`SimulationError::Setting`] when a setting is out of range.
    pub fn new(cell: &Cell, settings: &Settings) -> Result<Self, SimulationError> {
        ParameterError::positive("dt", settings.dt, "ms")?;
        ParameterError::finite("celsius", settings.celsius, "C")?;
        ParameterError::finite("v_init", settings.v_init, "mV")?;
        ParameterError::not_negative("calcium_init", settings.calcium_init, "mM")?;
        let constants = Constants::new(cell, settings);
        let n_nodes = cell.compartments.n_nodes();
        let padded = n_nodes.next_multiple_of(LANES);
        let n = constants.n_compartments;
        let mechanisms = cell
            .insertions
            .iter()
            .map(|i| Placed::new(i, n, &constants.positions, settings.celsius))
            .collect();
        let mut simulation = Simulation {
            settings: *settings,
            state: State {
                step: 0,
                v: vec![settings.v_init; padded],
                calcium: vec![settings.calcium_init; padded],
                calcium_current: vec![0.0; padded],
                mechanisms,
                synapses: Synapses::new(&cell.synapses, &constants.positions, settings.dt),
            },
            work: Workspace {
                current: vec![0.0; padded],
                conductance: vec![0.0; padded],
                own: vec![0.0; n_nodes],
                rhs: vec![0.0; n_nodes],
                factors: vec![0.0; n_nodes],
                massless: vec![[0.0; 3]; constants.massless.len()],
                arch: pulp::Arch::new(),
            },
            recorder: Recorder::default(),
            balance: Balance::default(),
            field: Field::default(),
            constants,
        };
        simulation.with_membrane(|m, membrane| m.initialise(membrane));
        // A pool that came after a channel may have set the calcium its gates depend on.
        simulation.with_membrane(|m, membrane| {
            if m.uses_calcium() {
                m.initialise(membrane);
            }
        });
        Ok(simulation)
    }

    /// Time (ms): a whole number of steps.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.state.step as f64 * self.settings.dt
    }

    /// Potential of every node (mV): compartments first, see [`crate::Compartments`].
    #[must_use]
    pub fn voltages(&self) -> Vec<f64> {
        self.constants.positions.iter().map(|&k| self.state.v[k as usize]).collect()
    }

    /// Potential at a point (mV).
    ///
    /// # Errors
    /// [`SimulationError::Location`] when there is no such point.
    pub fn voltage(&self, at: Location) -> Result<f64, SimulationError> {
        Ok(self.state.v[self.position(at)?])
    }

    /// Calcium concentration of every compartment (mM).
    #[must_use]
    pub fn calcium(&self) -> Vec<f64> {
        let compartments = &self.constants.positions[..self.constants.n_compartments];
        compartments.iter().map(|&k| self.state.calcium[k as usize]).collect()
    }

    /// Position in the tree of the node of a point.
    fn position(&self, at: Location) -> Result<usize, LocationError> {
        Ok(self.constants.positions[self.constants.compartments.node(at)?] as usize)
    }

    /// Records the potential (mV) at some points, at t = 0 and then every `every` steps (at least 1). Columns are added in
    /// the order of the calls; `every` of the last call holds for all.
    ///
    /// # Errors
    /// [`SimulationError`] when there is no such point or the simulation has begun.
    pub fn record_voltage(&mut self, at: &[Location], every: u64) -> Result<(), SimulationError> {
        at.iter().try_for_each(|&a| self.record(&Probe::Voltage(a), every))
    }

    /// Records a quantity, as [`Simulation::record_voltage`].
    ///
    /// # Errors
    /// [`SimulationError`] when there is no such quantity or the simulation has begun.
    pub fn record(&mut self, probe: &Probe, every: u64) -> Result<(), SimulationError> {
        if self.state.step > 0 {
            return Err(SimulationError::AlreadyRunning);
        }
        let source = self.resolve(probe)?;
        if source.of_step() {
            self.balance.want();
        }
        self.recorder.add(probe.clone(), source, every.max(1));
        Ok(())
    }

    /// Records sums of the transmembrane currents (nA) of all compartments with constant weights, at t = 0 and then every
    /// `every` steps (at least 1): `weights` has a row per sum and a column per compartment, see
    /// [`lead_field`](crate::extracellular::lead_field) and [`dipole_moment`](crate::extracellular::dipole_moment). A sample
    /// belongs to the step that ends there. Nothing is kept but the sums.
    ///
    /// # Errors
    /// [`SimulationError::AlreadyRunning`] when the simulation has begun, [`SimulationError::Setting`] unless there is a
    /// column per compartment.
    pub fn record_field(
        &mut self,
        weights: &Array2<f64>,
        every: u64,
    ) -> Result<(), SimulationError> {
        if self.state.step > 0 {
            return Err(SimulationError::AlreadyRunning);
        }
        if weights.ncols() != self.constants.n_compartments {
            let (value, expected) = (weights.ncols() as f64, "one column per compartment");
            return Err(ParameterError { name: "weights", value, unit: "", expected }.into());
        }
        self.balance.want();
        self.field = Field::new(weights, every.max(1), &self.constants);
        Ok(())
    }

    /// The sums that [`Simulation::record_field`] asked for, so far.
    #[must_use]
    pub fn field(&self) -> FieldRecording {
        self.field.recording(self.settings.dt)
    }

    /// Detects upward crossings of `threshold` (mV) at a point; the time is interpolated linearly within the step.
    ///
    /// # Errors
    /// [`SimulationError`] when there is no such point or the simulation has begun.
    pub fn detect_spikes(&mut self, at: Location, threshold: f64) -> Result<(), SimulationError> {
        if self.state.step > 0 {
            return Err(SimulationError::AlreadyRunning);
        }
        ParameterError::finite("threshold", threshold, "mV")?;
        let node = self.position(at)?;
        self.recorder.detectors.push(SpikeDetector::new(at, node, threshold));
        Ok(())
    }

    /// Puts the synapses of `cell` in the place of the present ones, without changing anything else: from a checkpoint at
    /// rest to an experiment. Spikes before the present time never arrive.
    ///
    /// # Errors
    /// [`SimulationError::Location`] unless `cell` has as many nodes as the one simulated.
    pub fn replace_synapses(&mut self, cell: &Cell) -> Result<(), SimulationError> {
        let count = self.constants.tree.len();
        if cell.compartments.n_nodes() != count {
            return Err(LocationError::Node { node: cell.compartments.n_nodes(), count }.into());
        }
        let positions = &self.constants.positions;
        let mut synapses = Synapses::new(&cell.synapses, positions, self.settings.dt);
        synapses.start_at(self.time());
        self.state.synapses = synapses;
        Ok(())
    }

    /// Puts the injected currents of `cell` in the place of the present ones, as [`Simulation::replace_synapses`].
    ///
    /// # Errors
    /// [`SimulationError::Location`] unless `cell` has as many nodes as the one simulated.
    pub fn replace_currents(&mut self, cell: &Cell) -> Result<(), SimulationError> {
        let count = self.constants.tree.len();
        if cell.compartments.n_nodes() != count {
            return Err(LocationError::Node { node: cell.compartments.n_nodes(), count }.into());
        }
        let at = |node: usize| self.constants.positions[node] as usize;
        self.constants.currents = cell.currents.iter().map(|(n, w)| (at(*n), w.clone())).collect();
        Ok(())
    }

    /// Memory of state, constants and workspace over the number of compartments (bytes), recordings and events aside.
    #[must_use]
    pub fn bytes_per_compartment(&self) -> usize {
        let Simulation { constants, state, work, .. } = self;
        let reals = state.v.len()
            + state.calcium.len()
            + state.calcium_current.len()
            + work.current.len()
            + work.conductance.len()
            + work.own.len()
            + work.rhs.len()
            + work.factors.len()
            + constants.capacitive.len()
            + constants.area.len()
            + constants.tree.len()
            + state.mechanisms.iter().map(Placed::reals).sum::<usize>();
        let integers = constants.positions.len() + constants.homes.len() + 2 * constants.tree.len();
        let geometry = constants.n_compartments * size_of::<crate::Compartment>()
            + constants.tree.len() * size_of::<Option<crate::mesh::compartments::Link>>();
        (8 * reals + 4 * integers + geometry) / constants.n_compartments
    }

    /// What was recorded so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.recorder.recording(self.settings.dt)
    }

    /// Spike times of each detector, in the order they were set up.
    #[must_use]
    pub fn spikes(&self) -> Vec<Spikes> {
        self.recorder.detectors.iter().map(SpikeDetector::spikes).collect()
    }

    /// Integrates until the time is at least `until` (ms), within a billionth of a step.
    ///
    /// # Errors
    /// [`SimulationError::Setting`] when `until` is not finite; [`SimulationError::NonFinite`] or
    /// [`SimulationError::Pivot`], and the state is then that of the failed step.
    pub fn run(&mut self, until: f64) -> Result<(), SimulationError> {
        self.run_until(until, &Job::new()).map(|_| ())
    }

    /// As [`Simulation::run`], but ended after the present step once the job is interrupted; whether it reached `until`.
    /// The job hears about every 40 ms of wall-clock time how much is done.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_until(&mut self, until: f64, job: &Job<'_>) -> Result<bool, SimulationError> {
        ParameterError::finite("until", until, "ms")?;
        let steps = (until / self.settings.dt - 1e-9).ceil();
        let first = self.state.step as f64;
        let mut pace = Pace::new();
        while (self.state.step as f64) < steps {
            if job.is_interrupted() {
                return Ok(false);
            }
            self.step()?;
            if pace.step() {
                job.report((self.state.step as f64 - first) / (steps - first));
            }
        }
        Ok(true)
    }

    /// Integrates one step.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn step(&mut self) -> Result<(), SimulationError> {
        let t = self.time();
        self.begin(t);
        self.eliminate();
        self.end(t)
    }

    /// First part of a step: the equations at the present state.
    fn begin(&mut self, t: f64) {
        self.state.synapses.advance(t, self.settings.dt);
        self.evaluate(t, self.settings.dt);
    }

    /// Last part of a step, once ΔV is known: potentials, gates, recordings.
    fn end(&mut self, t: f64) -> Result<(), SimulationError> {
        let first = self.state.step == 0;
        let next = self.state.step + 1;
        let seen = first || self.recorder.samples(next) || self.field.samples(next);
        if seen && self.balance.is_wanted() {
            self.take_currents(t);
        }
        if first {
            self.sample();
        }
        self.apply(t)?;
        let dt = self.settings.dt;
        self.with_membrane(|m, membrane| m.advance(membrane, dt));
        self.state.step += 1;
        self.sample();
        Ok(())
    }

    /// Calls something on every mechanism, in order.
    fn with_membrane(&mut self, mut call: impl FnMut(&mut Placed, &mut Membrane<'_>)) {
        let Simulation { state, work, .. } = self;
        let mut membrane = Membrane {
            v: &state.v,
            calcium: &mut state.calcium,
            calcium_current: &mut state.calcium_current,
            current: &mut work.current,
            conductance: &mut work.conductance,
        };
        for m in &mut state.mechanisms {
            call(m, &mut membrane);
        }
    }

    /// Own admittance (µS) and current (nA) of all nodes at the present state, electrodes and synapses included.
    fn evaluate(&mut self, t: f64, dt: f64) {
        self.work.current.fill(0.0);
        self.work.conductance.fill(0.0);
        if self.constants.uses_calcium {
            self.state.calcium_current.fill(0.0);
        }
        self.with_membrane(|m, membrane| m.currents(membrane));
        let Simulation { state, work, constants, .. } = self;
        let n = work.own.len();
        let (own, rhs) = (&mut work.own[..n], &mut work.rhs[..n]);
        work.arch.dispatch(Assemble {
            capacitive: &constants.capacitive,
            area: &constants.area,
            conductance: &work.conductance,
            current: &work.current,
            own,
            rhs,
        });
        state.synapses.add_currents(&state.v, rhs, own);
        for (k, clamp) in &constants.clamps {
            if let Some(command) = clamp.command(t + 0.5 * dt) {
                rhs[*k] -= (state.v[*k] - command) / clamp.series_resistance;
                own[*k] += 1.0 / clamp.series_resistance;
            }
        }
        for (k, waveform) in &constants.currents {
            rhs[*k] += waveform.over(t, dt);
        }
        constants.gap_junctions.add_currents(&state.v, rhs);
    }

    /// Second part of a step: solves for ΔV (at the middle of the step for Crank–Nicolson) and leaves it in `rhs`.
    fn eliminate(&mut self) {
        let Simulation { state, work, constants, settings, .. } = self;
        let tree = &constants.tree;
        if settings.method == Method::CrankNicolson {
            for (m, kept) in constants.massless.iter().zip(&mut work.massless) {
                *kept = [work.own[m.position], work.rhs[m.position], state.v[m.position]];
            }
        }
        tree.solve_change(work.arch, &state.v, &mut work.own, &mut work.rhs, &mut work.factors);
        constants.gap_junctions.correct(tree, &work.own, &work.factors, &mut work.rhs);
    }

    /// What a unit current (nA) at a position changes everywhere (mV), by position, with the equations of this step.
    fn response(&self, position: usize) -> Vec<f64> {
        let Simulation { work, constants, .. } = self;
        let mut x = vec![0.0; constants.tree.len()];
        x[position] = 1.0;
        constants.tree.solve_again(&work.own, &work.factors, &mut x);
        constants.gap_junctions.correct(&constants.tree, &work.own, &work.factors, &mut x);
        x
    }

    /// Applies ΔV.
    fn apply(&mut self, t: f64) -> Result<(), SimulationError> {
        let Simulation { state, work, constants, settings, .. } = self;
        let n = constants.tree.len();
        let second_order = settings.method == Method::CrankNicolson;
        let scale = if second_order { 2.0 } else { 1.0 };
        let sound = work.arch.dispatch(Apply {
            scale,
            change: &work.rhs[..n],
            factors: &work.factors,
            v: &mut state.v,
        });
        if !sound || work.own[0] <= 0.0 {
            return Err(self.failure(t));
        }
        if second_order {
            self.settle_massless();
        }
        Ok(())
    }

    /// Nodes without capacitance follow their neighbours at once; extrapolating them would make them oscillate without end.
    /// Their own potential at the start of a step does not enter the solution, except as the point about which a nonlinear
    /// synapse is linearised.
    fn settle_massless(&mut self) {
        let Simulation { state, work, constants, .. } = self;
        for (m, [own, rhs, old]) in constants.massless.iter().zip(&work.massless) {
            // The node's own current is rhs − own (V − old).
            let mut total = *own;
            let mut sum = own * old + rhs;
            for &(neighbour, g) in &m.neighbours {
                total += g;
                sum += g * state.v[neighbour];
            }
            state.v[m.position] = sum / total;
        }
    }

    /// Finds out what went wrong in the step from `t`.
    fn failure(&self, t: f64) -> SimulationError {
        let Simulation { state, work, constants, .. } = self;
        let tree = &constants.tree;
        let (n, count) = (constants.n_compartments, tree.len());
        let non_finite = |position: usize, mechanism: &str, variable: &str| {
            let node = tree.nodes()[position] as usize;
            let compartment = constants.compartments.as_slice().get(node);
            let branch = compartment.map_or_else(|| node.saturating_sub(n + 1), |c| c.branch);
            let (mechanism, variable) = (mechanism.to_owned(), variable.to_owned());
            SimulationError::NonFinite { time: t, node, branch, mechanism, variable }
        };
        for m in &state.mechanisms {
            if let Some((position, variable)) = m.non_finite() {
                return non_finite(position, m.name(), variable);
            }
        }
        let bad = |k: &usize| !work.current[*k].is_finite() || !work.conductance[*k].is_finite();
        if let Some(k) = (0..count).find(bad) {
            return non_finite(k, "membrane", "current");
        }
        // Elimination leaves the admittance of the subtree in `own`: where it is negative first, from the leaves, lies the
        // cause of a pivot that fails there or nearer to the root.
        let pivot = |k: usize| work.own[k] + tree.links()[k];
        let failed = (0..count).any(|k| pivot(k) <= 0.0 && pivot(k).is_finite());
        if let (true, Some(k)) = (failed, (0..count).rev().find(|&k| work.own[k] < 0.0)) {
            return SimulationError::Pivot { time: t, node: tree.nodes()[k] as usize };
        }
        let position = (0..count).find(|&k| !state.v[k].is_finite()).unwrap_or(0);
        non_finite(position, "membrane", "potential")
    }

    /// The currents of the step from `t`, once ΔV is known and before it is applied.
    fn take_currents(&mut self, t: f64) {
        let Simulation { state, work, constants, settings, balance, .. } = self;
        let solution = Solution {
            v: &state.v,
            change: &work.rhs,
            calcium: &state.calcium,
            current: &work.current,
            conductance: &work.conductance,
            time: t,
            dt: settings.dt,
        };
        balance.take(&solution, constants, &mut state.mechanisms, &state.synapses);
    }

    fn sample(&mut self) {
        let Simulation { state, recorder, settings, constants, balance, field, .. } = self;
        recorder.sample(state.step, settings.dt, state, constants, balance);
        if field.samples(state.step) {
            field.sample(state.step, balance.transmembrane());
        }
    }
}
