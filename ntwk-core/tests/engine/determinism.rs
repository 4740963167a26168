//! The determinism contract: same model and seed, same bits, whatever the number of threads, the
//! calls that advance the run, what is recorded, and what else the model contains.

use std::sync::atomic::AtomicBool;

use crate::common::{model, run};
use ntwk_core::{Job, Model, Network, Recording, Simulation};

/// Six blocks of neurons, delays, stochastic release, both event statistics, given spikes.
pub(crate) fn text(method: &str, seed: u64, record: &str, more: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = 60, dt = 0.1, seed = {seed}, method = "{method}" }}
record = {{ {record} }}
[receptors]
exc = {{ E_rev = 0, tau_syn = 5 }}
inh = {{ E_rev = -80, tau_syn = 5 }}
[populations]
E = {{ size = 1400, cell = "RS" }}
I = {{ size = 1200, cell = "FS" }}
{more}
[afferents]
A = {{ size = 400, rate = {{ waveform = "ramp", from = 6, to = 14, start = 10, stop = 50 }} }}
B = {{ size = 400, rate = 5, statistics = "at_most_one_per_step" }}
S = {{ size = 2, spikes = {{ times = [15, 15.1, 30, 30], ids = [0, 1, 1, 0] }} }}
[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = 1
delay = 1.5
release_probability = 0.6
connection = {{ rule = "fixed_in_degree", probability = 0.05 }}
[[projections]]
source = "I"
target = ["E", "I"]
receptor = "inh"
weight = 4
delay = 0.8
connection = {{ rule = "pairwise_bernoulli", probability = 0.05 }}
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 1
release_probability = 0.9
connection = {{ rule = "fixed_in_degree", probability = 0.5 }}
[[projections]]
source = "B"
target = ["E", "I"]
receptor = "exc"
weight = 1
connection = {{ rule = "fixed_in_degree", probability = 0.5 }}
[[projections]]
source = "S"
target = ["E", "I"]
receptor = "exc"
weight = 2
release_probability = 0.5
connection = {{ rule = "all_to_all" }}
"#
    )
}

pub(crate) const RECORD: &str = "V_m = 1300, cell_variables = 2, conductances = 600, currents = 1";

/// Spike steps, spike ids, counts and the bits of the traces of one population.
type Bits = (Vec<u64>, Vec<u32>, Vec<u32>, Vec<Vec<u64>>);

/// Bits of everything recorded, so that -0 and 0 differ and NaN equals itself.
fn bits(recording: &Recording) -> Vec<Bits> {
    recording
        .populations
        .iter()
        .map(|p| {
            let spikes = p.spikes.clone().unwrap_or_default();
            let traces = p.traces.iter().map(|t| t.data.iter().map(|x| x.to_bits()).collect());
            (spikes.steps, spikes.ids, p.counts.clone(), traces.collect())
        })
        .collect()
}

fn spikes(recording: &Recording, population: &str) -> (Vec<u64>, Vec<u32>) {
    let spikes = recording.population(population).unwrap().spikes.clone().unwrap();
    (spikes.steps, spikes.ids)
}

/// Runs in calls of the given lengths, over and over, to the end.
fn run_in(model: &Model, threads: usize, calls: &[u32]) -> Recording {
    let mut simulation = Simulation::new(Network::build(model, &Job::threads(threads)).unwrap());
    let mut recorder = simulation.recorder();
    for &length in calls.iter().cycle() {
        let steps = length.min(model.n_steps() - simulation.step());
        simulation.advance(steps, &mut recorder).unwrap();
        if simulation.step() == model.n_steps() {
            break;
        }
    }
    recorder.into_recording()
}

#[test]
fn threads_change_no_bit() {
    for method in ["euler", "heun"] {
        let model = model(&text(method, 3, RECORD, ""));
        let one = run(&model, 1);
        for population in ["E", "I"] {
            let (_, ids) = spikes(&one, population);
            assert!(ids.len() > 300, "{method}: {population} is active: {}", ids.len());
            assert!(ids.iter().any(|&i| i >= 1024), "in every block");
        }
        for threads in [2, 3, 5] {
            assert_eq!(Network::build(&model, &Job::threads(threads)).unwrap().threads(), threads);
            assert!(bits(&run(&model, threads)) == bits(&one), "{method}, {threads} threads");
        }
    }
}

#[test]
fn the_calls_that_advance_a_run_change_no_bit() {
    for every in ["", ", interval = 0.7"] {
        let model = model(&text("euler", 3, &format!("{RECORD}{every}"), ""));
        let whole = run_in(&model, 2, &[model.n_steps()]);
        assert_eq!(whole.n_steps, 600);
        for calls in [&[1, 17, 2, 90, 5][..], &[0, 1], &[7], &[599, 1]] {
            let parts = run_in(&model, 2, calls);
            assert!(bits(&parts) == bits(&whole), "{calls:?}{every}");
            assert_eq!(parts, whole);
        }
    }
}

#[test]
fn recording_changes_no_spike_and_no_sample() {
    let full = run(&model(&text("euler", 3, RECORD, "")), 2);
    for record in ["V_m = 0", "V_m = 5, conductances = 1", "V_m = 1300, interval = 2.5"] {
        let less = run(&model(&text("euler", 3, record, "")), 2);
        for population in ["E", "I"] {
            assert_eq!(spikes(&less, population), spikes(&full, population), "{record}");
            let (few, all) =
                (less.population(population).unwrap(), full.population(population).unwrap());
            assert_eq!(few.counts, all.counts);
            for trace in &few.traces {
                let same = all.traces.iter().find(|t| t.variable == trace.variable).unwrap();
                for ((row, neuron), value) in trace.data.indexed_iter() {
                    let step = trace.steps.step(row) as usize;
                    assert_eq!(value.to_bits(), same.data[[step, neuron]].to_bits());
                }
            }
        }
    }
    let counts = run(&model(&text("euler", 3, "spikes = false", "")), 2);
    for (without, with) in counts.populations.iter().zip(&full.populations) {
        assert!(without.spikes.is_none());
        assert_eq!(without.counts, with.counts);
    }
}

#[test]
fn an_unconnected_population_changes_nothing_for_the_others() {
    let alone = run(&model(&text("euler", 3, RECORD, "")), 3);
    let other = "X = { size = 700, cell = \"RS\", I_e = 600 }";
    let with = run(&model(&text("euler", 3, RECORD, other)), 3);
    assert!(!spikes(&with, "X").1.is_empty());
    for population in ["E", "I"] {
        assert_eq!(with.population(population), alone.population(population));
    }
}

#[test]
fn another_seed_changes_the_spikes_and_the_same_seed_does_not() {
    let spikes_of = |seed| spikes(&run(&model(&text("euler", seed, RECORD, "")), 2), "E");
    let three = spikes_of(3);
    assert_eq!(spikes_of(3), three);
    assert_ne!(spikes_of(4), three);
    // Seeds that differ in the high half only are different seeds.
    assert_ne!(spikes_of(3 + (1 << 40)), three);
}

/// Weights and delays drawn, so that spikes travel through the ring; the same model with a weight of a constant one
/// changed in the last step, so that its spikes wait instead.
#[test]
fn spikes_that_wait_and_spikes_in_the_ring_arrive_alike() {
    let text = |more: &str| {
        format!(
            r#"
simulation = {{ t_stop = 80, dt = 0.1, seed = 5 }}
record = {{ V_m = 3 }}
[receptors]
exc = {{ E_rev = 0, tau_syn = 5 }}
[populations]
E = {{ size = 1100, cell = "RS" }}
[afferents]
A = {{ size = 400, rate = 8, trains = "per_source" }}
[[projections]]
source = "A"
target = "E"
receptor = "exc"
weight = 1
delay = {{ distribution = "normal", mean = 1.5, sd = 0.7 }}
connection = {{ rule = "fixed_in_degree", in_degree = 300 }}
[[projections]]
source = "E"
target = "E"
receptor = "exc"
weight = 0.5
release_probability = 0.7
delay = {{ distribution = "uniform", low = 0.5, high = 4 }}
connection = {{ rule = "fixed_in_degree", in_degree = 40 }}
{more}
"#
        )
    };
    let ring = model(&text(""));
    let waiting = model(&text(
        "[[events]]\ntime = 79.9\nset = \"projections.A_E.weight\"\nvalue = 2\n\
         [[events]]\ntime = 79.9\nset = \"projections.E_E.weight\"\nvalue = 2",
    ));
    let (a, b) = (run_in(&ring, 1, &[800]), run_in(&waiting, 1, &[800]));
    assert!(spikes(&a, "E").0.len() > 200, "{}", spikes(&a, "E").0.len());
    assert_eq!(spikes(&a, "E"), spikes(&b, "E"));
    for threads in [2, 3] {
        assert_eq!(bits(&a), bits(&run_in(&ring, threads, &[800])), "{threads} threads");
        assert_eq!(bits(&b), bits(&run_in(&waiting, threads, &[800])), "{threads} threads");
    }
    // What arrives is added in another order: rounding alone.
    let traces = |r: &Recording| r.populations[0].traces[0].data.clone();
    for (x, y) in traces(&a).iter().zip(&traces(&b)) {
        assert!((x - y).abs() < 1e-9, "{x} {y}");
    }
    let synapses = |threads: usize| {
        let mut all = Vec::new();
        let network = Network::build(&ring, &Job::threads(threads)).unwrap();
        network.for_each_synapse(|s| {
            // Those of the afferents are the others.
            if ring.projections()[s.projection].name == "E_E" {
                all.push((s.source, s.target));
            }
        });
        all.sort_unstable();
        all
    };
    let all = synapses(1);
    assert_eq!(all.len(), 1100 * 40);
    for neuron in 0..1100 {
        assert_eq!(all.iter().filter(|s| s.1 == neuron).count(), 40, "in-degree of {neuron}");
    }
    assert_eq!(all, synapses(3));
}

/// Projections that share rows and a receptor, beside others with equal weights, plastic synapses, stochastic release and a dense
/// drive; weights
/// whose sums depend on their order, so many events in a step that bins are summed before it.
#[test]
fn shared_rows_change_no_bit() {
    let text = r#"
simulation = { t_stop = 60, dt = 0.1, seed = 3 }
record = { V_m = 1300, conductances = 50 }
[receptors]
exc = { E_rev = 0, tau_syn = 5 }
nmda = { E_rev = 0, tau_syn = 50, tau_rise = 2 }
inh = { E_rev = -80, tau_syn = 5 }
[populations]
E = { size = 1400, cell = "RS" }
I = { size = 700, cell = "FS" }
[afferents]
A = { size = 400, rate = 8 }
D = { size = 1000, rate = 12 }
S = { size = 3, spikes = { times = [15, 15.1, 30, 30, 30], ids = [0, 1, 1, 0, 2] } }
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 1
connection = { rule = "fixed_in_degree", in_degree = 200 }
[[projections]]
source = "D"
target = ["E", "I"]
receptor = "exc"
weight = 0.02
connection = { rule = "all_to_all" }
[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = { distribution = "lognormal", mean = 0.5, sd = 1 }
delay = { distribution = "uniform", low = 0.05, high = 3 }
connection = { rule = "fixed_in_degree", in_degree = 60 }
[[projections]]
source = "E"
target = "E"
receptor = "nmda"
name = "slow"
weight = 0.1
delay = { distribution = "normal", mean = 1.5, sd = 0.7 }
connection = { rule = "fixed_out_degree", out_degree = 20 }
[[projections]]
source = "I"
target = ["E", "I"]
receptor = "inh"
weight = { distribution = "normal", mean = 3, sd = 1 }
delay = { distribution = "uniform", low = 0.5, high = 2 }
release_probability = 0.7
connection = { rule = "fixed_total_number", number = 40000 }
[[projections]]
source = "E"
target = "E"
receptor = "exc"
name = "depressing"
weight = { distribution = "lognormal", mean = 0.5, sd = 1 }
delay = { distribution = "uniform", low = 0.5, high = 2 }
plasticity = { rule = "tsodyks_markram", U = 0.5, tau_rec = 100, tau_facil = 20 }
connection = { rule = "pairwise_bernoulli", probability = 0.02 }
[[projections]]
source = "S"
target = ["E", "I"]
receptor = "exc"
weight = { distribution = "lognormal", mean = 0.1, sd = 0.1 }
delay = { distribution = "uniform", low = 0.5, high = 0.7 }
connection = { rule = "fixed_out_degree", out_degree = 9000 }
"#;
    let model = model(text);
    let one = run_in(&model, 1, &[600]);
    for population in ["E", "I"] {
        let (_, ids) = spikes(&one, population);
        assert!(ids.len() > 300, "{population} is active: {}", ids.len());
    }
    for threads in [2, 3, 5] {
        assert!(bits(&run_in(&model, threads, &[17, 90, 5])) == bits(&one), "{threads} threads");
    }
    let mut first = Simulation::new(Network::build(&model, &Job::threads(2)).unwrap());
    let mut recorder = first.recorder();
    // Events of the burst are on their way.
    first.advance(304, &mut recorder).unwrap();
    let checkpoint = first.checkpoint();
    let network = Network::build(&model, &Job::threads(2)).unwrap();
    let mut second = Simulation::resume(network, &checkpoint).unwrap();
    second.advance(296, &mut recorder).unwrap();
    assert!(bits(&recorder.into_recording()) == bits(&one), "from a checkpoint");
}

/// Multapses of different weights: the order in which a neuron adds them must not depend on which other neurons, with other
/// delays, share its worker.
#[test]
fn delays_of_other_neurons_change_no_bit() {
    let text = r#"
simulation = { t_stop = 60, dt = 0.1, seed = 3 }
record = { V_m = 4, conductances = 4 }
[receptors]
exc = { E_rev = 0, tau_syn = 5 }
[populations]
N = { size = 1024, cell = "RS" }
[afferents]
S = { size = 1, spikes = { times = [5, 10, 15, 20, 25, 30, 35, 40], ids = [0, 0, 0, 0, 0, 0, 0, 0] } }
[[projections]]
source = "S"
target = "N"
receptor = "exc"
weight = [30, 1, 1]
delay = [1, 1, 2]
release_probability = 0.5
connection = { rule = "pairs", sources = [0, 0, 0], targets = [0, 0, 600] }
"#;
    let model = model(text);
    let one = run(&model, 1);
    assert!(bits(&run(&model, 2)) == bits(&one));
}

/// An interruption ends the building of a network, on any number of threads.
#[test]
fn a_network_is_not_built_once_the_job_is_interrupted() {
    let model = model(&text("euler", 3, RECORD, ""));
    let stop = AtomicBool::new(true);
    for threads in [1, 3] {
        let job = Job::threads(threads).interrupted_by(&stop);
        let built = Network::build(&model, &job);
        assert!(built.is_err_and(|error| error.is_interruption()));
    }
}
