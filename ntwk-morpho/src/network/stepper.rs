//! The steps of the neurons of a population of morphological cells.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ntwk_core::kernel::{
    CellStepper, Column, NotFinite, POTENTIAL_LIMIT, StepContext, SynapticInput,
};
use ntwk_core::spec::interned::interned;

use super::layout::Layout;
use crate::membrane::receptor::DoubleExponential;
use crate::mesh::compartments::Compartments;
use crate::solver::side_by_side::{COPIES, SideBySide};

/// nA per pA, µS per nS.
const PER_THOUSAND: f64 = 1e-3;

/// Where currents of the network flow in, and what a spike is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Soma {
    /// Positions of the soma and of the detector.
    pub position: usize,
    pub detector: usize,
    /// Potential (mV) whose upward crossing at the detector is a spike.
    pub threshold: f64,
}

/// What a neuron can be asked for besides its variables.
#[derive(Debug, Clone)]
pub(super) enum Definition {
    /// What a column holds.
    Column(usize),
    /// The conductance of a group of synapses (nS), of all its receptors at all its sites.
    Conductance(Vec<OpenSynapse>),
}

/// A receptor at a site.
#[derive(Debug, Clone)]
pub(super) struct OpenSynapse {
    pub receptor: DoubleExponential,
    /// Peak over the weight of an event, times the normalisation.
    pub scale: f64,
    pub rise: usize,
    pub decay: usize,
    /// Column of the potential there.
    pub potential: usize,
}

/// A receptor of a group at a site, for steps of one length.
#[derive(Debug, Clone)]
struct SteppedSynapse {
    receptor: DoubleExponential,
    rise: usize,
    decay: usize,
    /// Decay of the two states over a step.
    factors: [f64; 2],
    /// µS per nS of their difference.
    scale: f64,
    /// What an event makes up for: its charge in half a step, over the step.
    late: f64,
}

#[derive(Debug, Clone)]
struct SteppedSite {
    position: usize,
    events: usize,
    synapses: Vec<SteppedSynapse>,
}

/// The cells of a population, lowered for a time step.
#[derive(Debug)]
pub(super) struct MorphologicalStepper {
    dt: f64,
    layout: Layout,
    sites: Vec<SteppedSite>,
    soma: Soma,
    defined: Arc<[Definition]>,
    /// (branch, compartment) at each position, for messages.
    places: Vec<Option<(usize, usize)>>,
    /// What workers solve in: as many as work at a time.
    room: Mutex<Vec<SideBySide>>,
    at_rest: SideBySide,
}

impl MorphologicalStepper {
    pub fn new(
        layout: &Layout,
        soma: Soma,
        defined: &Arc<[Definition]>,
        compartments: &Compartments,
        (at_rest, dt): (SideBySide, f64),
    ) -> Self {
        let sites = layout.groups.iter().flat_map(|group| &group.sites);
        let sites = sites.map(|site| SteppedSite {
            position: site.position,
            events: site.events,
            synapses: site
                .synapses
                .iter()
                .map(|s| {
                    let times = [s.receptor.tau_rise, s.receptor.tau_decay];
                    let half = times.map(|tau| -tau * (-0.5 * dt / tau).exp_m1());
                    SteppedSynapse {
                        receptor: s.receptor,
                        rise: s.rise,
                        decay: s.decay,
                        factors: times.map(|tau| (-dt / tau).exp()),
                        scale: PER_THOUSAND * s.ratio * s.receptor.normalisation(),
                        late: (half[1] - half[0]) / dt,
                    }
                })
                .collect(),
        });
        let list = compartments.as_slice();
        let place = |&node: &u32| list.get(node as usize).map(|c| (c.branch, node as usize));
        Self {
            dt,
            layout: layout.clone(),
            sites: sites.collect(),
            soma,
            defined: Arc::clone(defined),
            places: at_rest.tree().nodes().iter().map(place).collect(),
            room: Mutex::new(Vec::new()),
            at_rest,
        }
    }

    /// Makes a step of at most eight neurons; whether each of them spikes. `soma` has the current (nA) and the conductance (µS)
    /// of each at the soma.
    fn step(
        &self,
        copies: &mut SideBySide,
        columns: &mut [Column],
        neurons: &Range<usize>,
        soma: &[[f64; 2]],
    ) -> Result<[bool; COPIES], NotFinite> {
        self.layout.load(copies, columns, neurons);
        copies.evaluate();
        for site in &self.sites {
            self.add_synapses(site, copies, columns, neurons);
        }
        let at_soma = self.soma.position * COPIES;
        for (l, [current, conductance]) in soma.iter().enumerate() {
            let k = at_soma + l;
            copies.rhs[k] += current - conductance * copies.v[k];
            copies.own[k] += conductance;
        }
        let detector = self.soma.detector * COPIES..(self.soma.detector + 1) * COPIES;
        let mut before = [0.0; COPIES];
        before.copy_from_slice(&copies.v[detector.clone()]);
        let solved = copies.solve();
        let size = self.layout.potentials.len() * COPIES;
        let v = &copies.v[..size];
        let sound = v.iter().fold(true, |sound, v| sound & (v.abs() <= POTENTIAL_LIMIT));
        if solved.is_err() || !sound {
            let bad = |v: &f64| v.abs().is_nan() || v.abs() > POTENTIAL_LIMIT;
            let k = v.iter().position(bad).unwrap_or(0);
            // Copies that stand for no neuron are like the first.
            let lane = if k % COPIES < neurons.len() { k % COPIES } else { 0 };
            let variable = match self.places.get(k / COPIES).copied().flatten() {
                _ if k / COPIES == self.soma.position => "V_m",
                Some((branch, n)) => interned(&format!("V of compartment {n} (branch {branch})")),
                None => "V where branches meet",
            };
            return Err(NotFinite { index: lane, variable, value: v[k] });
        }
        copies.advance(self.dt);
        self.layout.store(copies, columns, neurons);
        let mut spikes = [false; COPIES];
        for ((spike, before), v) in spikes.iter_mut().zip(before).zip(&copies.v[detector]) {
            *spike = before <= self.soma.threshold && *v > self.soma.threshold;
        }
        Ok(spikes)
    }

    /// Brings the synapses of a site to the middle of the step, and adds their currents:
    ///
    /// ```text
    /// R ← (R + w) e^(−dt/τ_r)     D ← (D + w) e^(−dt/τ_d)     w: events of the step before, taken at its middle
    /// g = N (D − R) + N w (τ_d (1 − e^(−dt/2τ_d)) − τ_r (1 − e^(−dt/2τ_r)))/dt
    /// ```
    fn add_synapses(
        &self,
        site: &SteppedSite,
        copies: &mut SideBySide,
        columns: &mut [Column],
        neurons: &Range<usize>,
    ) {
        let first = site.position * COPIES;
        let mut events = [0.0; COPIES];
        for (event, w) in events.iter_mut().zip(&mut columns[site.events][neurons.clone()]) {
            *event = std::mem::take(w);
        }
        for s in &site.synapses {
            let mut open = [0.0; COPIES];
            let rise = &mut columns[s.rise][neurons.clone()];
            for ((r, w), open) in rise.iter_mut().zip(events).zip(&mut open) {
                *r = (*r + w) * s.factors[0];
                *open = -*r;
            }
            let decay = &mut columns[s.decay][neurons.clone()];
            for ((d, w), open) in decay.iter_mut().zip(events).zip(&mut open) {
                *d = (*d + w) * s.factors[1];
                *open = s.scale * (*d + *open + w * s.late);
            }
            let v = &copies.v[first..first + COPIES];
            let (rhs, own) = (&mut copies.rhs, &mut copies.own);
            let reversal = s.receptor.E_rev;
            match &s.receptor.block {
                None => {
                    for l in 0..COPIES {
                        rhs[first + l] -= open[l] * (v[l] - reversal);
                        own[first + l] += open[l];
                    }
                }
                Some(block) => {
                    for l in 0..neurons.len() {
                        let (fraction, slope) = block.open(v[l]);
                        let drive = v[l] - reversal;
                        rhs[first + l] -= open[l] * fraction * drive;
                        own[first + l] += open[l] * (fraction + drive * slope);
                    }
                }
            }
        }
    }
}

impl CellStepper for MorphologicalStepper {
    fn advance(
        &self,
        columns: &mut [Column],
        range: Range<usize>,
        _: &mut [u32],
        input: &mut SynapticInput<'_>,
        _: &mut StepContext<'_>,
        spikes: &mut Vec<u32>,
    ) -> Result<(), NotFinite> {
        let sums = input.sums();
        let taken = self.room.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut copies = taken.unwrap_or_else(|| self.at_rest.clone());
        let mut done = Ok(());
        for start in range.clone().step_by(COPIES) {
            let neurons = start..(start + COPIES).min(range.end);
            let from = start - range.start;
            let mut soma = [[0.0; 2]; COPIES];
            for (l, [current, conductance]) in soma[..neurons.len()].iter_mut().enumerate() {
                let i = from + l;
                *current = 0.5 * PER_THOUSAND * (sums.drive[i] + sums.drive_end[i]);
                *conductance = 0.5 * PER_THOUSAND * (sums.g[i] + sums.g_end[i]);
            }
            match self.step(&mut copies, columns, &neurons, &soma[..neurons.len()]) {
                Ok(fired) => {
                    let fired =
                        fired.iter().enumerate().filter(|(l, fired)| **fired && *l < neurons.len());
                    spikes.extend(fired.map(|(l, _)| (from + l) as u32));
                }
                Err(bad) => {
                    done = Err(NotFinite { index: from + bad.index, ..bad });
                    break;
                }
            }
        }
        self.room.lock().unwrap_or_else(PoisonError::into_inner).push(copies);
        done
    }

    fn definition(
        &self,
        index: usize,
        columns: &[Column],
        neuron: usize,
        _: f64,
        _: f64,
        _: u32,
    ) -> f64 {
        match self.defined.get(index) {
            Some(Definition::Column(column)) => columns[*column][neuron],
            Some(Definition::Conductance(synapses)) => {
                let open = |s: &OpenSynapse| {
                    let block = s.receptor.block.as_ref();
                    let fraction = block.map_or(1.0, |b| b.open(columns[s.potential][neuron]).0);
                    s.scale * fraction * (columns[s.decay][neuron] - columns[s.rise][neuron])
                };
                synapses.iter().map(open).sum()
            }
            None => f64::NAN,
        }
    }
}
