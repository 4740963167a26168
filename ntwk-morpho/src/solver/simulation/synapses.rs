//! Synaptic conductances in time.

use crate::membrane::cell::Synapse;
use crate::membrane::receptor::{DoubleExponential, GabaB, Receptor};
use std::collections::HashMap;

/// All synapses of a cell. State is that in the middle of the step.
#[derive(Debug, Clone)]
pub(crate) struct Synapses {
    /// (group, receptor) of the synapses.
    labels: Vec<(String, String)>,
    groups: Vec<Group>,
    gaba_b: Vec<SecondMessenger>,
    /// In order of time.
    events: Vec<Event>,
    /// First event not yet delivered.
    next: usize,
    /// Time (ms) up to which the state has been advanced.
    until: f64,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    time: f64,
    target: Target,
    /// µS; not used by `GabaB`.
    weight: f64,
}

#[derive(Debug, Clone, Copy)]
enum Target {
    /// (group, slot).
    DoubleExponential(u32, u32),
    GabaB(u32),
}

/// Double-exponential synapses of one label and receptor, merged by node; `nodes` are positions.
#[derive(Debug, Clone)]
struct Group {
    /// Number of its label.
    label: usize,
    receptor: DoubleExponential,
    normalisation: f64,
    /// Decay of the two states over a whole step.
    factors: [f64; 2],
    nodes: Vec<u32>,
    /// Sum of w N e^(−t/τ_r) (µS).
    rise: Vec<f64>,
    /// Sum of w N e^(−t/τ_d) (µS).
    decay: Vec<f64>,
}

#[derive(Debug, Clone)]
struct SecondMessenger {
    /// Number of its label.
    label: usize,
    receptor: GabaB,
    node: u32,
    weight: f64,
    /// R and G.
    state: [f64; 2],
    /// Time the state stands at and end of the present pulse (ms).
    time: f64,
    pulse_end: f64,
}

impl Synapses {
    /// `positions` has the place of every node in the cell's arrays.
    pub fn new(synapses: &[Synapse], positions: &[u32], dt: f64) -> Self {
        let mut all = Synapses {
            labels: Vec::new(),
            groups: Vec::new(),
            gaba_b: Vec::new(),
            events: Vec::new(),
            next: 0,
            until: 0.0,
        };
        let mut slots: HashMap<(usize, usize), u32> = HashMap::new();
        for s in synapses {
            let label = all.labels.iter().position(|l| *l == s.label).unwrap_or_else(|| {
                all.labels.push(s.label.clone());
                all.labels.len() - 1
            });
            let target = match s.receptor {
                Receptor::DoubleExponential(receptor) => {
                    let known =
                        all.groups.iter().position(|g| g.label == label && g.receptor == receptor);
                    let group = known.unwrap_or_else(|| {
                        all.groups.push(Group::new(label, receptor, dt));
                        all.groups.len() - 1
                    });
                    let g = &mut all.groups[group];
                    let slot = *slots.entry((group, s.node)).or_insert_with(|| {
                        g.nodes.push(positions[s.node]);
                        g.rise.push(0.0);
                        g.decay.push(0.0);
                        (g.nodes.len() - 1) as u32
                    });
                    Target::DoubleExponential(group as u32, slot)
                }
                Receptor::GabaB(receptor) => {
                    all.gaba_b.push(SecondMessenger {
                        label,
                        receptor,
                        node: positions[s.node],
                        weight: s.weight,
                        state: [0.0; 2],
                        time: 0.0,
                        pulse_end: 0.0,
                    });
                    Target::GabaB((all.gaba_b.len() - 1) as u32)
                }
            };
            all.events.extend(s.events.iter().map(|&time| Event {
                time,
                target,
                weight: s.weight,
            }));
        }
        // Stable, so that the sum at a synapse does not depend on anything but the model.
        all.events.sort_by(|a, b| a.time.total_cmp(&b.time));
        all
    }

    /// Drops the events before `t` (ms).
    pub fn start_at(&mut self, t: f64) {
        self.next = self.events.partition_point(|e| e.time < t);
        for s in &mut self.gaba_b {
            (s.time, s.pulse_end) = (t, t);
        }
    }

    /// Brings the state to the middle of the step from `t`, with every spike at its own time.
    pub fn advance(&mut self, t: f64, dt: f64) {
        let middle = t + 0.5 * dt;
        let whole = self.until > 0.0;
        for g in &mut self.groups {
            // From the middle of the last step; at the start everything is zero.
            if whole {
                for (r, d) in g.rise.iter_mut().zip(&mut g.decay) {
                    *r *= g.factors[0];
                    *d *= g.factors[1];
                }
            }
        }
        while let Some(e) = self.events.get(self.next).filter(|e| e.time <= middle) {
            match e.target {
                Target::DoubleExponential(group, slot) => {
                    let g = &mut self.groups[group as usize];
                    let w = e.weight * g.normalisation;
                    let since = middle - e.time;
                    g.rise[slot as usize] += w * (-since / g.receptor.tau_rise).exp();
                    g.decay[slot as usize] += w * (-since / g.receptor.tau_decay).exp();
                }
                Target::GabaB(index) => {
                    let s = &mut self.gaba_b[index as usize];
                    s.advance_to(e.time);
                    s.pulse_end = e.time + s.receptor.pulse;
                }
            }
            self.next += 1;
        }
        for s in &mut self.gaba_b {
            s.advance_to(middle);
        }
        self.until = middle;
    }

    /// (group, receptor) of the synapses, by the number of their label.
    pub fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// Label, position, current (nA) and conductance (µS) of the synapses at each node, with the change of the potential
    /// that a step found. The current is the one the step was solved with.
    pub fn each(&self, v: &[f64], change: &[f64], mut see: impl FnMut(usize, usize, f64, f64)) {
        for g in &self.groups {
            for ((&node, rise), decay) in g.nodes.iter().zip(&g.rise).zip(&g.decay) {
                let node = node as usize;
                let (peak, drive) = (decay - rise, v[node] - g.receptor.E_rev);
                let (open, slope) =
                    g.receptor.block.as_ref().map_or((1.0, 0.0), |b| b.open(v[node]));
                let tangent = open + drive * slope;
                let current = peak * (open * drive + tangent * change[node]);
                see(g.label, node, current, peak * open);
            }
        }
        for s in &self.gaba_b {
            let node = s.node as usize;
            let g = s.weight * s.receptor.open(s.state[1]);
            see(s.label, node, g * (v[node] + change[node] - s.receptor.E_rev), g);
        }
    }

    /// Subtracts current (nA) from `rhs` and adds slope conductance (µS) to `own`, by position.
    pub fn add_currents(&self, v: &[f64], rhs: &mut [f64], own: &mut [f64]) {
        for g in &self.groups {
            let reversal = g.receptor.E_rev;
            for ((&node, rise), decay) in g.nodes.iter().zip(&g.rise).zip(&g.decay) {
                let node = node as usize;
                let peak = decay - rise;
                let drive = v[node] - reversal;
                match &g.receptor.block {
                    None => {
                        rhs[node] -= peak * drive;
                        own[node] += peak;
                    }
                    // di/dV = g (B + (V − E) dB/dV), negative below the knee.
                    Some(block) => {
                        let (open, slope) = block.open(v[node]);
                        rhs[node] -= peak * open * drive;
                        own[node] += peak * (open + drive * slope);
                    }
                }
            }
        }
        for s in &self.gaba_b {
            let node = s.node as usize;
            let g = s.weight * s.receptor.open(s.state[1]);
            rhs[node] -= g * (v[node] - s.receptor.E_rev);
            own[node] += g;
        }
    }
}

impl Group {
    fn new(label: usize, receptor: DoubleExponential, dt: f64) -> Self {
        Group {
            label,
            receptor,
            normalisation: receptor.normalisation(),
            factors: [(-dt / receptor.tau_rise).exp(), (-dt / receptor.tau_decay).exp()],
            nodes: Vec::new(),
            rise: Vec::new(),
            decay: Vec::new(),
        }
    }
}

impl SecondMessenger {
    fn advance_to(&mut self, t: f64) {
        if self.time < self.pulse_end {
            let end = self.pulse_end.min(t);
            self.state = self.receptor.advance(self.state, true, end - self.time);
            self.time = end;
        }
        if self.time < t {
            self.state = self.receptor.advance(self.state, false, t - self.time);
            self.time = t;
        }
    }
}
