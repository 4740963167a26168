//! Mean fields at many nodes, coupled with conduction delays: rings and whole brains.

use crate::spatial::coupling::{Coupling, Link};
use crate::system::input::{Input, InputError};
use crate::system::{MeanField, Source};
use ntwk_core::{Interrupted, Job};

/// One mean field at each of many nodes:
///
/// ```text
/// T dnu_m(x)/dt    = F_m(r_mc(x, t), r_aff(x, t), I_m(x, t) - W_m(x)) - nu_m(x)
/// tau_w dW_m(x)/dt = -W_m(x) + tau_w b_m nu_m(x) + a_m (mu_V,m(x) - E_L)
/// r_mc(x, t)       = Σ_y K_mc(x, y) nu_s(y, t - d_mc(x, y))      connection c of population m, from population s
/// r_aff(x, t)      = input(x, t) + Σ_paths Σ_y K(x, y) nu_s(y, t - d(x, y))
/// ```
///
/// The first line is that of [`MeanField`] with the rates that arrive at a node in the stead of those that are made there
/// (Zerlaut et al. 2018, J Comput Neurosci 44:45, for a ring; paths onto afferents are the long-range coupling of
/// whole-brain models, as in The Virtual Brain: Sanz-Leon et al. 2015, NeuroImage 111:385).
#[derive(Debug, Clone)]
pub struct SpatialMeanField {
    local: MeanField,
    nodes: usize,
    couplings: Vec<(usize, Coupling)>,
    /// Coupling of each connection of each population; `None` for afferents.
    coupling_of: Vec<Vec<Option<usize>>>,
    /// Afferents and the couplings that add to them.
    added: Vec<(usize, usize)>,
}

/// Most steps of a run.
const MOST_STEPS: f64 = 2_147_483_648.0;
/// Most rates of the past that are kept.
const MOST_PAST: f64 = 268_435_456.0;

/// A spatial mean field that cannot be built or integrated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpatialError {
    /// There is no node.
    #[error("there is no node")]
    NoNodes,
    /// A coupling has another number of nodes.
    #[error("a coupling has {given} nodes; the network has {needed}")]
    Nodes {
        /// Nodes of the coupling.
        given: usize,
        /// Nodes of the network.
        needed: usize,
    },
    /// There is no such connection from a population.
    #[error("population {population} has no connection {connection} from a population")]
    Connection {
        /// Index of the population.
        population: usize,
        /// Index of the connection.
        connection: usize,
    },
    /// There is no such population or afferent.
    #[error("there is no {kind} {index}")]
    Index {
        /// Population or afferent.
        kind: &'static str,
        /// The index.
        index: usize,
    },
    /// The step, the duration or the interval of the output is out of range.
    #[error("{name} = {value}; {rule}")]
    Option {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        rule: &'static str,
    },
    /// The initial state has the wrong length or is not finite.
    #[error("the initial state needs {0} finite numbers")]
    Initial(usize),
    /// The input does not fit the system.
    #[error("node {node}, t = {time} ms: {error}")]
    Input {
        /// The node.
        node: usize,
        /// Time (ms).
        time: f64,
        /// What is wrong.
        error: InputError,
    },
    /// The solution left the range of finite numbers.
    #[error("population {population}, node {node}: its state is not finite at t = {time} ms")]
    NotFinite {
        /// Name of the population.
        population: String,
        /// The node.
        node: usize,
        /// Time (ms).
        time: f64,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// How a spatial mean field is integrated: Heun's method with a fixed step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpatialOptions {
    /// Step (ms), at most half of `T`. Delays lie between steps where they must: rates are interpolated linearly, which keeps
    /// the second order of the method. A delay shorter than a step acts partly within the step.
    pub dt: f64,
    /// Duration (ms), from t = 0.
    pub t_stop: f64,
    /// Steps between stored states.
    pub every: usize,
}

/// Rates and adaptation currents of all nodes in time.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialTrajectory {
    /// Times (ms).
    pub times: Vec<f64>,
    /// States, one after the other: component `i` (see [`MeanField`]) of node `x` at time `k` is
    /// `states[(k * dimension + i) * nodes + x]`.
    pub states: Vec<f64>,
    /// Components of the state of a node.
    pub dimension: usize,
    /// Number of nodes.
    pub nodes: usize,
}

impl SpatialTrajectory {
    /// Component `i` of every node at time `k`.
    #[must_use]
    pub fn component(&self, k: usize, i: usize) -> &[f64] {
        let from = (k * self.dimension + i) * self.nodes;
        &self.states[from..from + self.nodes]
    }
}

/// Where a link looks in the past: so many steps back, and how much of the step before that.
#[derive(Debug, Clone, Copy)]
struct Look {
    node: usize,
    weight: f64,
    back: usize,
    fraction: f64,
}

impl SpatialMeanField {
    /// `nodes` nodes, each coupled to itself alone without delay.
    ///
    /// # Errors
    /// [`SpatialError::NoNodes`].
    pub fn new(local: MeanField, nodes: usize) -> Result<Self, SpatialError> {
        let own = Coupling::local(nodes, 0.0).map_err(|_| SpatialError::NoNodes)?;
        let couplings = (0..local.populations().len()).map(|s| (s, own.clone())).collect();
        let source = |c: &crate::system::Connection| match c.source {
            Source::Population(s) => Some(s),
            Source::Afferent(_) => None,
        };
        let coupling_of = local
            .populations()
            .iter()
            .map(|p| p.connections.iter().map(source).collect())
            .collect();
        Ok(Self { local, nodes, couplings, coupling_of, added: Vec::new() })
    }

    /// The mean field of a node.
    #[must_use]
    pub fn local(&self) -> &MeanField {
        &self.local
    }

    /// Number of nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Lets connection `connection` of population `population`, which comes from a population, arrive through `coupling`.
    ///
    /// # Errors
    /// [`SpatialError`] where there is no such connection, or for a coupling with another number of nodes.
    pub fn connect(
        &mut self,
        population: usize,
        connection: usize,
        coupling: Coupling,
    ) -> Result<(), SpatialError> {
        let missing = SpatialError::Connection { population, connection };
        let coupling_of =
            self.coupling_of.get(population).and_then(|p| p.get(connection)).copied().flatten();
        let source = self.couplings[coupling_of.ok_or(missing)?].0;
        self.coupling_of[population][connection] = Some(self.coupling(source, coupling)?);
        Ok(())
    }

    /// Adds the rate of population `source` that arrives through `coupling` to the input of afferent `afferent`. A sum below zero
    /// counts as zero.
    ///
    /// # Errors
    /// [`SpatialError`] for an index that does not exist, or for a coupling with another number of nodes.
    pub fn add_to_afferent(
        &mut self,
        afferent: usize,
        source: usize,
        coupling: Coupling,
    ) -> Result<(), SpatialError> {
        if afferent >= self.local.afferents().len() {
            return Err(SpatialError::Index { kind: "afferent", index: afferent });
        }
        if source >= self.local.populations().len() {
            return Err(SpatialError::Index { kind: "population", index: source });
        }
        let coupling = self.coupling(source, coupling)?;
        self.added.push((afferent, coupling));
        Ok(())
    }

    /// The number of a coupling, which connections with the same source share.
    fn coupling(&mut self, source: usize, coupling: Coupling) -> Result<usize, SpatialError> {
        if coupling.nodes() != self.nodes {
            let (given, needed) = (coupling.nodes(), self.nodes);
            return Err(SpatialError::Nodes { given, needed });
        }
        let known = self.couplings.iter().position(|(s, p)| *s == source && *p == coupling);
        Ok(known.unwrap_or_else(|| {
            self.couplings.push((source, coupling));
            self.couplings.len() - 1
        }))
    }

    /// Integrates from `initial` (the state of one node, which all start from and have always been in), with the inputs that
    /// `input(node, t, &mut Input)` writes. An interruption leaves the states so far.
    ///
    /// # Errors
    /// [`SpatialError`] for options or an initial state out of range, inputs that are not valid, and a solution that
    /// ceases to be finite.
    pub fn integrate(
        &self,
        initial: &[f64],
        input: &dyn Fn(usize, f64, &mut Input),
        options: &SpatialOptions,
        job: &Job<'_>,
    ) -> Result<SpatialTrajectory, SpatialError> {
        let steps = self.check(initial, options)?;
        let (n, dimension) = (self.nodes, initial.len());
        let populations = self.local.populations().len();
        let looks: Vec<Vec<Vec<Look>>> =
            self.couplings.iter().map(|(_, p)| self.looks(p, options.dt, steps)).collect();
        let furthest = looks.iter().flatten().flatten().map(|l| l.back).max().unwrap_or(0);
        if (furthest as f64 + 3.0) * (populations * n) as f64 > MOST_PAST {
            let delay = furthest as f64 * options.dt;
            let rule = "with this step the delays take more than 2 GiB: take a longer step";
            return Err(SpatialError::Option { name: "longest delay (ms)", value: delay, rule });
        }
        let mut work = Work {
            network: self,
            looks,
            past: vec![vec![0.0; populations * n]; furthest + 3],
            arriving: vec![vec![0.0; n]; self.couplings.len()],
            input: self.local.silent_input(),
            write: input,
        };
        let mut state: Vec<f64> = initial.iter().flat_map(|v| vec![*v; n]).collect();
        for rates in &mut work.past {
            rates.copy_from_slice(&state[..populations * n]);
        }
        let mut trajectory =
            SpatialTrajectory { times: vec![0.0], states: state.clone(), dimension, nodes: n };
        let (mut first, mut second) = (vec![0.0; state.len()], vec![0.0; state.len()]);
        let mut predicted = state.clone();
        for k in 0..steps {
            let (now, next) = (k as f64 * options.dt, (k + 1) as f64 * options.dt);
            work.remember(k, &state);
            work.derivative(k, now, &state, &mut first)?;
            for ((p, s), d) in predicted.iter_mut().zip(&state).zip(&first) {
                *p = s + options.dt * d;
            }
            work.remember(k + 1, &predicted);
            work.derivative(k + 1, next, &predicted, &mut second)?;
            for ((s, a), b) in state.iter_mut().zip(&first).zip(&second) {
                *s += 0.5 * options.dt * (a + b);
            }
            if let Some(i) = state.iter().position(|v| !v.is_finite()) {
                return Err(self.not_finite(i, next));
            }
            if (k + 1) % options.every == 0 {
                trajectory.times.push(next);
                trajectory.states.extend_from_slice(&state);
            }
            job.report((k + 1) as f64 / steps as f64);
            if job.is_interrupted() {
                break;
            }
        }
        Ok(trajectory)
    }

    fn check(&self, initial: &[f64], options: &SpatialOptions) -> Result<usize, SpatialError> {
        let fault = |name, value, rule| SpatialError::Option { name, value, rule };
        let dimension = crate::dynamics::Dynamics::dimension(&self.local);
        if initial.len() != dimension || !initial.iter().all(|v| v.is_finite()) {
            return Err(SpatialError::Initial(dimension));
        }
        if !(options.dt > 0.0 && options.dt <= 0.5 * self.local.time_constant()) {
            let rule = "a step > 0 ms and at most half of the time constant T is needed";
            return Err(fault("dt", options.dt, rule));
        }
        if !(options.t_stop >= options.dt && options.t_stop.is_finite()) {
            return Err(fault(
                "t_stop",
                options.t_stop,
                "a finite time of one step or more is needed",
            ));
        }
        if options.every == 0 {
            return Err(fault("every", 0.0, "a state must be stored every 1 step or more"));
        }
        let steps = (options.t_stop / options.dt).round();
        if steps > MOST_STEPS {
            return Err(fault("dt", options.dt, "that is more than 2^31 steps: take a longer one"));
        }
        Ok(steps as usize)
    }

    /// Where the links of a coupling look back to; before the run all is as at its start, however long ago.
    fn looks(&self, coupling: &Coupling, dt: f64, run: usize) -> Vec<Vec<Look>> {
        let look = |l: &Link| {
            let steps = (l.delay / dt).min(run as f64 + 1.0);
            // Whole steps that were computed with rounding are whole.
            let back =
                if (steps - steps.round()).abs() < 1e-6 { steps.round() } else { steps.floor() };
            let fraction = (steps - back).clamp(0.0, 1.0);
            Look { node: l.node, weight: l.weight, back: back as usize, fraction }
        };
        (0..self.nodes).map(|x| coupling.links(x).iter().map(look).collect()).collect()
    }

    fn not_finite(&self, component: usize, time: f64) -> SpatialError {
        let (i, node) = (component / self.nodes, component % self.nodes);
        let populations = self.local.populations();
        let owner = (0..populations.len())
            .find(|&m| m == i || self.local.adaptation_index(m) == Some(i))
            .unwrap_or(0);
        SpatialError::NotFinite { population: populations[owner].name.clone(), node, time }
    }
}

struct Work<'a> {
    network: &'a SpatialMeanField,
    /// `[coupling][node]`.
    looks: Vec<Vec<Vec<Look>>>,
    /// Rates `[population * nodes + node]` of the latest steps; step `k` lies at `k` modulo the length.
    past: Vec<Vec<f64>>,
    /// Rates that arrive, `[coupling][node]`.
    arriving: Vec<Vec<f64>>,
    input: Input,
    write: &'a dyn Fn(usize, f64, &mut Input),
}

impl Work<'_> {
    fn remember(&mut self, step: usize, state: &[f64]) {
        let slot = step % self.past.len();
        let rates = self.network.local.populations().len() * self.network.nodes;
        self.past[slot].copy_from_slice(&state[..rates]);
    }

    /// Rates that arrive in step `k`: `Σ w ((1 - f) nu[k - back] + f nu[k - back - 1])`.
    fn gather(&mut self, k: usize) {
        let (n, slots) = (self.network.nodes, self.past.len());
        for ((source, _), (looks, arriving)) in
            self.network.couplings.iter().zip(self.looks.iter().zip(&mut self.arriving))
        {
            for (looks, arriving) in looks.iter().zip(arriving) {
                *arriving = looks
                    .iter()
                    .map(|l| {
                        let slot = |back: usize| (k + 2 * slots - back) % slots;
                        let at = source * n + l.node;
                        let later = self.past[slot(l.back)][at];
                        let earlier = self.past[slot(l.back + 1)][at];
                        l.weight * (later + l.fraction * (earlier - later))
                    })
                    .sum();
            }
        }
    }

    fn derivative(
        &mut self,
        k: usize,
        t: f64,
        state: &[f64],
        derivative: &mut [f64],
    ) -> Result<(), SpatialError> {
        self.gather(k);
        let network = self.network;
        let (local, n) = (&network.local, network.nodes);
        for node in 0..n {
            (self.write)(node, t, &mut self.input);
            local.check_input(&self.input).map_err(|error| SpatialError::Input {
                node,
                time: t,
                error,
            })?;
            for &(afferent, coupling) in &network.added {
                let sum = &mut self.input.afferent_rates[afferent];
                *sum = (*sum + self.arriving[coupling][node]).max(0.0);
            }
            for (m, p) in local.populations().iter().enumerate() {
                let at = |i: usize| i * n + node;
                let adaptation = local.adaptation_index(m).map(|i| (i, state[at(i)]));
                let current = self.input.currents[m] - adaptation.map_or(0.0, |(_, w)| w);
                let rates = p.connections.iter().zip(&network.coupling_of[m]).map(
                    |(c, coupling_of)| match (coupling_of, c.source) {
                        (Some(coupling), _) => self.arriving[*coupling][node],
                        (None, Source::Afferent(a)) => self.input.afferent_rates[a],
                        (None, Source::Population(s)) => state[at(s)],
                    },
                );
                let response = local.response_to(m, rates, current);
                derivative[at(m)] = (response.rate - state[at(m)]) / local.time_constant();
                if let Some((i, w)) = adaptation {
                    let c = &p.membrane;
                    let pull = c.a * (response.moments.mu_V - c.E_L) - w;
                    derivative[at(i)] = pull / c.tau_w + 1e-3 * c.b * state[at(m)];
                }
            }
        }
        Ok(())
    }
}
