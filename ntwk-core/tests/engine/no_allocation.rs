//! A step takes no memory: what a run allocates does not grow with its steps.

use crate::common::model;
use allocation_counter::measure;
use ntwk_core::recording::recorder::Segment;
use ntwk_core::{Job, Network, Recorder, RecorderError, Simulation};

/// Looks at nothing, so that only the engine is measured.
struct Nothing;

impl Recorder for Nothing {
    fn take(&mut self, _: &Segment) -> Result<(), RecorderError> {
        Ok(())
    }
}

const MODEL: &str = r#"
simulation = { t_stop = 2000, dt = 0.1, seed = 3 }
[receptors]
exc = { E_rev = 0, tau_syn = 5, tau_rise = 0.5 }
inh = { E_rev = -80, tau_syn = 5 }
[populations.E]
size = 800
cell = "RS"
injections = [{ neurons = "0..9", current = { waveform = "oscillation", baseline = 50, amplitude = 50, frequency = 10, phase = 0, onset = 5 } }]
[populations.I]
size = 200
cell = "FS"
[afferents.A]
size = 100
rate = "20 Hz"
[afferents.S]
size = 100
rate = "20 Hz"
trains = "per_source"
correlation = 0.1
[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = { distribution = "normal", mean = 1, sd = 0.3 }
delay = { distribution = "uniform", low = 0.5, high = 3 }
connection = { rule = "fixed_in_degree", in_degree = 40 }
plasticity = { rule = "tsodyks_markram", U = 0.5, tau_rec = 100, tau_facil = 20 }
[[projections]]
source = "I"
target = ["E", "I"]
receptor = "inh"
weight = 4
delay = 1
connection = { rule = "fixed_in_degree", in_degree = 20 }
plasticity = { rule = "stdp", A_plus = 0.01, A_minus = 0.01, tau_plus = 20, tau_minus = 20, w_max = 8 }
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 1
release_probability = 0.8
connection = { rule = "fixed_in_degree", in_degree = 50 }
[[projections]]
source = "S"
target = ["E", "I"]
receptor = "exc"
weight = 1
connection = { rule = "pairwise_bernoulli", probability = 0.3 }
"#;

#[test]
fn a_step_allocates_nothing() {
    let model = model(MODEL);
    let mut simulation = Simulation::new(Network::build(&model, &Job::threads(1)).unwrap());
    let mut advance = |steps: u32| {
        let mut spikes = 0;
        let info = measure(|| simulation.advance(steps, &mut Nothing).unwrap());
        spikes += simulation.step();
        assert!(spikes > 0);
        info.count_total
    };
    // Buffers reach the sizes of the busiest step.
    advance(10_000);
    // A segment has its own arrays, and the list of its spikes doubles as it grows.
    let (short, long) = (advance(1_000), advance(8_000));
    assert!(long < short + 60, "{short} allocations in 1000 steps, {long} in 8000");
    assert!(short < 200, "{short} allocations in 1000 steps");
}
