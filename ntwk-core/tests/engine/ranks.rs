//! The same bits over any number of ranks and threads: ranks as threads of one process, which tell each other what ranks of
//! different processes do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ntwk_core::engine::network::steps_per_exchange;
use ntwk_core::engine::run::{Segments, Stop, advance_to_end};
use ntwk_core::ranks::{Ranks, thread_ranks};
use ntwk_core::recording::recorder::Segment;
use ntwk_core::{
    Checkpoint, Job, Model, Network, Recorder, RecorderError, Recording, Simulation,
    SimulationError,
};

use super::{afferent_spikes, determinism, features, synapse_equations, weights};
use crate::common::model;

/// Does `work` on every rank, each on a thread; the results by rank.
fn on_ranks<R: Send>(ranks: usize, work: impl Fn(&Arc<dyn Ranks>) -> R + Sync) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let ranks =
            thread_ranks(ranks).into_iter().map(|rank| -> Arc<dyn Ranks> { Arc::new(rank) });
        let threads: Vec<_> = ranks.map(|rank| scope.spawn(move || work(&rank))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// What a run leaves: its recording, and the states of all neurons at its end as bits.
struct Left {
    recording: Recording,
    states: Vec<Vec<u64>>,
    synapses: u64,
}

/// Every variable of every population, of the neurons of one rank.
fn states(model: &Model, simulation: &Simulation) -> Vec<Vec<u64>> {
    let of = |index: usize| {
        let names = simulation.variables(model, index).unwrap();
        let values = move |name: String| simulation.state(model, index, &name).unwrap();
        names.into_iter().map(values).map(|v| v.iter().map(|x| x.to_bits()).collect::<Vec<u64>>())
    };
    (0..model.populations().len()).flat_map(of).collect()
}

/// Runs `model` in calls of the given lengths, over and over, to its end.
fn run_over(model: &Model, ranks: usize, threads: usize, calls: &[u32]) -> Left {
    let left = on_ranks(ranks, |own| {
        let job = Job::threads(threads).over_ranks(own);
        let network = Network::build(model, &job).unwrap();
        let synapses = network.synapses();
        let mut simulation = Simulation::new(network);
        let mut recorder = simulation.recorder();
        for &length in calls.iter().cycle() {
            let steps = length.min(model.n_steps() - simulation.step());
            simulation.advance(steps, &mut recorder).unwrap();
            if simulation.step() == model.n_steps() {
                break;
            }
        }
        let states = states(model, &simulation);
        Left { recording: recorder.into_recording(), states, synapses }
    });
    let mut left = left.into_iter();
    let mut first = left.next().unwrap();
    for other in left {
        assert_eq!(other.synapses, first.synapses, "every rank knows the number of all");
        assert_eq!(other.recording.n_steps, 0, "rank 0 alone is handed results");
        // Ranks own ascending runs of neurons.
        first.states.iter_mut().zip(other.states).for_each(|(all, more)| all.extend(more));
    }
    first
}

fn same_bits(what: &str, model: &Model) {
    let calls = &[1, 17, 2, 90, 5, 200];
    let alone = run_over(model, 1, 1, calls);
    let spikes: usize =
        alone.recording.populations.iter().flat_map(|p| &p.counts).map(|&n| n as usize).sum();
    assert!(spikes > 20, "{what}: {spikes}");
    for (ranks, threads) in [(1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2)] {
        let shared = run_over(model, ranks, threads, calls);
        let place = format!("{what}: {ranks} ranks of {threads} threads");
        assert_eq!(shared.synapses, alone.synapses, "{place}");
        assert!(shared.states == alone.states, "{place}: states");
        let (a, b) = (&shared.recording, &alone.recording);
        assert_eq!(a.n_steps, b.n_steps, "{place}");
        assert!(a.afferents == b.afferents, "{place}: afferents");
        for (a, b) in a.populations.iter().zip(&b.populations) {
            assert!(a.spikes == b.spikes && a.counts == b.counts, "{place}: spikes of {}", a.name);
            for (a, b) in a.traces.iter().zip(&b.traces) {
                let bits = |data: &ntwk_core::Trace| -> Vec<u64> {
                    data.data.iter().map(|x| x.to_bits()).collect()
                };
                assert_eq!((&a.neurons, &a.sources), (&b.neurons, &b.sources), "{place}");
                assert!(
                    a.data.dim() == b.data.dim() && bits(a) == bits(b),
                    "{place}: {}",
                    a.name()
                );
            }
        }
    }
}

/// Constant delays of different lengths, stochastic release, given spikes, samples of many neurons.
#[test]
fn constant_delays_and_release() {
    for method in ["euler", "heun"] {
        same_bits(method, &model(&determinism::text(method, 3, determinism::RECORD, "")));
    }
}

/// Short-term plasticity, STDP, distances, out-degrees, drawn and shared trains, changes during the run.
#[test]
fn plasticity_distances_and_changes() {
    same_bits("rich", &features::rich());
}

/// Sampled weights of synapses, whose columns lie on several ranks, and recorded trains.
#[test]
fn sampled_weights_and_trains() {
    same_bits("weights", &model(&weights::text(weights::RECORD)));
    same_bits("afferents", &model(&afferent_spikes::text(afferent_spikes::ALL)));
}

/// Receptors and synapses by equations.
#[test]
fn receptors_and_synapses_by_equations() {
    let (nmda, conductance) = (synapse_equations::NMDA, synapse_equations::CONDUCTANCE);
    let some = "weight = { distribution = 'normal', mean = 0.4, sd = 0.1 }\nconnection = { rule = 'fixed_in_degree', in_degree = 30 }";
    same_bits("gates of sources", &synapse_equations::network(nmda, some, ""));
    let stdp = "[synapses.stdp]
variables = { w = '1', p = '1', q = '1' }
equations = 'dp/dt = -p/(20 ms); dq/dt = -q/(30 ms)'
init = { w = '1' }
on_pre = 'send(w); p += 1; w = clip(w - A_minus*w_max*q, 0, w_max)'
on_post = 'q += 1; w = clip(w + A_plus*w_max*p, 0, w_max)'
parameters = { A_plus = 0.05, A_minus = 0.04, w_max = 2 }
";
    let own = format!("weight = 2\n{}\nsynapse = 'stdp'", synapse_equations::FIXED);
    same_bits("synapses", &synapse_equations::network(conductance, &own, stdp));
}

/// Delays of at least 1.2 ms, so that ranks meet every thirteen steps: rows that sources share, depression at the time of sending,
/// STDP with a dendritic delay, a dense drive, cells by their equations, injected currents, and a population of fewer neurons than
/// there are ranks.
fn rounds(recording: &str) -> Model {
    model(&format!(
        r#"
simulation = {{ t_stop = 90, dt = 0.1, seed = 8 }}
{recording}
[kinds.own]
variables = {{ V = "mV", w = "pA" }}
equations = """
dV/dt = (E_L - V + 2 mV*exp((V - V_th)/(2 mV)))/tau + (I_syn - w)/C_m
dw/dt = -w/(100 ms)
"""
spike = {{ when = "V > -30 mV", then = "V = E_L; w += 20 pA", refractory = "3 ms" }}
init = {{ V = "E_L" }}
parameters = {{ E_L = "-65 mV", V_th = "-50 mV", tau = "15 ms", C_m = "200 pF" }}
[receptors]
exc = {{ E_rev = 0, tau_syn = 5 }}
inh = {{ E_rev = -80, tau_syn = 5, tau_rise = 1 }}
[populations.E]
size = 1500
cell = "RS"
initial = {{ V_m = {{ distribution = "normal", mean = -60, sd = 4 }} }}
[populations.O]
size = 700
cell = {{ model = "own" }}
[populations.few]
size = 2
cell = "FS"
I_e = 400
[afferents]
A = {{ size = 400, rate = 30 }}
B = {{ size = 90, rate = 12, trains = "per_source" }}
[[projections]]
source = "A"
target = ["E", "O"]
receptor = "exc"
weight = 0.1
connection = {{ rule = "fixed_in_degree", in_degree = 300 }}
[[projections]]
source = "B"
target = ["E", "few"]
receptor = "exc"
weight = 1.5
connection = {{ rule = "fixed_in_degree", in_degree = 20 }}
[[projections]]
source = "E"
target = ["E", "O"]
receptor = "exc"
weight = {{ distribution = "lognormal", mean = 1, sd = 0.5 }}
delay = {{ distribution = "uniform", low = 1.2, high = 4 }}
connection = {{ rule = "fixed_in_degree", in_degree = 40 }}
[[projections]]
source = "O"
target = "E"
receptor = "exc"
weight = {{ distribution = "lognormal", mean = 1, sd = 0.5 }}
delay = {{ distribution = "uniform", low = 1.4, high = 3 }}
connection = {{ rule = "fixed_in_degree", in_degree = 20 }}
release_probability = 0.6
[[projections]]
source = "O"
target = "O"
receptor = "inh"
weight = 2
delay = {{ distribution = "uniform", low = 1.2, high = 2 }}
connection = {{ rule = "pairwise_bernoulli", probability = 0.05 }}
plasticity = {{ rule = "tsodyks_markram", U = 0.3, tau_rec = 100, tau_facil = 50 }}
[[projections]]
source = "E"
target = "few"
receptor = "inh"
weight = 1
delay = 1.9
connection = {{ rule = "fixed_in_degree", in_degree = 100 }}
plasticity = {{ rule = "tsodyks_markram", U = 0.3, tau_rec = 100, tau_facil = 50 }}
[[projections]]
source = "few"
target = "E"
receptor = "inh"
weight = 3
delay = 1.5
connection = {{ rule = "all_to_all" }}
plasticity = {{ rule = "stdp", A_plus = 0.01, A_minus = 0.012, tau_plus = 20, tau_minus = 20, w_max = 6, dendritic_delay_fraction = 0.4 }}
"#
    ))
}

#[test]
fn ranks_that_meet_every_few_steps() {
    let record = "record = { V_m = 1500, conductances = 40, afferents = [\"B\"] }";
    assert_eq!(steps_per_exchange(&rounds(record)), 13);
    same_bits("rounds", &rounds(record));
    // Efficacies follow the spikes of the step before: the ranks meet in every step.
    let sampled = "[record]\nV_m = 3\n[record.traces.x]\npopulation = \"O\"\nneurons = [3, 511, 512, 699]\nvariables = \"weight_O_O\"";
    assert_eq!(steps_per_exchange(&rounds(sampled)), 1);
    same_bits("rounds with efficacies", &rounds(sampled));
}

/// Runs to `step` over some ranks and threads, and from there on to the end over others.
fn gone_on(model: &Model, step: u32, first: (usize, usize), then: (usize, usize)) -> Left {
    let kept = on_ranks(first.0, |own| {
        let job = Job::threads(first.1).over_ranks(own);
        let mut simulation = Simulation::new(Network::build(model, &job).unwrap());
        let mut recorder = simulation.recorder();
        simulation.advance(step, &mut recorder).unwrap();
        serde_json::to_string(&simulation.checkpoint()).unwrap()
    });
    let kept: Checkpoint = serde_json::from_str(&kept[0]).unwrap();
    let mut left = on_ranks(then.0, |own| {
        let network = Network::build(model, &Job::threads(then.1).over_ranks(own)).unwrap();
        let synapses = network.synapses();
        let mut simulation = Simulation::resume(network, &kept).unwrap();
        let mut recorder = simulation.recorder();
        simulation.advance(model.n_steps() - step, &mut recorder).unwrap();
        let states = states(model, &simulation);
        Left { recording: recorder.into_recording(), states, synapses }
    });
    let others = left.split_off(1);
    let mut first = left.remove(0);
    for other in others {
        first.states.iter_mut().zip(other.states).for_each(|(all, more)| all.extend(more));
    }
    first
}

/// A checkpoint is of the network: any number of ranks and threads goes on from it.
#[test]
fn checkpoints_know_nothing_of_ranks() {
    let rounds = rounds("record = { V_m = 1500, conductances = 40, afferents = [\"B\"] }");
    let stdp = "[synapses.stdp]
variables = { w = '1', p = '1', q = '1' }
equations = 'dp/dt = -p/(20 ms); dq/dt = -q/(30 ms)'
init = { w = '1' }
on_pre = 'send(w); p += 1; w = clip(w - A_minus*w_max*q, 0, w_max)'
on_post = 'q += 1; w = clip(w + A_plus*w_max*p, 0, w_max)'
parameters = { A_plus = 0.05, A_minus = 0.04, w_max = 2 }
";
    let own = format!("weight = 2\n{}\nsynapse = 'stdp'", synapse_equations::FIXED);
    let (nmda, conductance) = (synapse_equations::NMDA, synapse_equations::CONDUCTANCE);
    let some = "weight = { distribution = 'normal', mean = 0.4, sd = 0.1 }\nconnection = { rule = 'fixed_in_degree', in_degree = 30 }";
    let models = [
        ("rounds", rounds),
        ("rich", features::rich()),
        ("weights", model(&weights::text(weights::RECORD))),
        ("synapses", synapse_equations::network(conductance, &own, stdp)),
        ("gates of sources", synapse_equations::network(nmda, some, "")),
    ];
    for (what, model) in &models {
        let step = model.n_steps() / 2 + 1;
        let alone = gone_on(model, step, (1, 1), (1, 1));
        let whole = run_over(model, 1, 1, &[model.n_steps()]);
        assert!(alone.states == whole.states, "{what}: one that was never interrupted");
        for (first, then) in
            [((2, 1), (3, 2)), ((1, 2), (1, 3)), ((3, 2), (1, 1)), ((1, 1), (4, 1))]
        {
            let on = gone_on(model, step, first, then);
            let place = format!("{what}: from {first:?} to {then:?}");
            assert!(on.states == alone.states, "{place}: states");
            let (a, b) = (&on.recording, &alone.recording);
            assert!(a.afferents == b.afferents, "{place}: afferents");
            for (a, b) in a.populations.iter().zip(&b.populations) {
                assert!(a.spikes == b.spikes, "{place}: spikes of {}", a.name);
                for (a, b) in a.traces.iter().zip(&b.traces) {
                    let mut samples = a.data.iter().zip(&b.data);
                    assert!(
                        samples.all(|(a, b)| a.to_bits() == b.to_bits()),
                        "{place}: {}",
                        a.name()
                    );
                }
            }
        }
    }
}

/// One block of neurons: all but one rank have none.
#[test]
fn ranks_without_neurons_keep_step() {
    let text = determinism::text("euler", 3, "V_m = 20", "");
    let small = text.replace("size = 1400", "size = 90").replace("size = 1200", "size = 40");
    same_bits("small", &model(&small.replace("probability = 0.05", "probability = 0.9")));
}

/// A burst of more spikes than a block between ranks holds, again and again.
#[test]
fn bursts_overflow_the_blocks() {
    same_bits(
        "bursts",
        &model(
            r#"
simulation = { t_stop = 60, dt = 0.1, seed = 8 }
record = { V_m = 3 }
receptors = { exc = { E_rev = 0, tau_syn = 5 } }
populations = { E = { size = 3000, cell = "RS" } }
afferents = { S = { size = 1, spikes = { times = [5, 6, 20, 40], ids = [0, 0, 0, 0] } } }
[[projections]]
source = "S"
target = "E"
receptor = "exc"
weight = 80
connection = { rule = "all_to_all" }
[[projections]]
source = "E"
target = "E"
receptor = "exc"
weight = 0.01
delay = 0.3
connection = { rule = "fixed_in_degree", in_degree = 10 }
"#,
        ),
    );
}

/// Two neurons of different populations whose conductances no step can follow, in the same step and later.
#[test]
fn the_first_blow_up_is_told_whichever_rank_has_it() {
    let text = |times: &str| {
        format!(
            r#"
simulation = {{ t_stop = 60, dt = 0.1, seed = 8 }}
record = {{ V_m = 700, afferents = "S" }}
receptors = {{ exc = {{ E_rev = 0, tau_syn = 5 }} }}
populations = {{ E = {{ size = 1500, cell = "RS" }}, I = {{ size = 600, cell = "FS" }} }}
afferents = {{ S = {{ size = 3, spikes = {{ times = {times}, ids = [0, 1, 2] }} }} }}
[[projections]]
source = "E"
target = "I"
receptor = "exc"
weight = 1
delay = 1.5
connection = {{ rule = "fixed_in_degree", in_degree = 10 }}
[[projections]]
source = "S"
target = "I"
receptor = "exc"
weight = 1e9
connection = {{ rule = "pairs", sources = [0], targets = [590] }}
[[projections]]
source = "S"
target = "E"
receptor = "exc"
weight = 1e9
connection = {{ rule = "pairs", sources = [1, 2], targets = [1400, 3] }}
"#
        )
    };
    for times in ["[10, 10, 10]", "[9, 9.3, 9.5]", "[9.5, 9.3, 9.1]"] {
        let model = model(&text(times));
        let stop = |ranks: usize, threads: usize| {
            let mut told = on_ranks(ranks, |own| {
                let job = Job::threads(threads).over_ranks(own);
                let mut simulation = Simulation::new(Network::build(&model, &job).unwrap());
                let mut recorder = simulation.recorder();
                let stop = simulation.advance(model.n_steps(), &mut recorder).unwrap_err();
                (stop, simulation.step(), recorder.into_recording())
            });
            for (stop, step, _) in &told[1..] {
                assert!(matches!(stop, SimulationError::OtherRank), "{stop}");
                assert_eq!(*step, told[0].1);
            }
            let (stop, _, recording) = told.swap_remove(0);
            (stop.to_string(), recording)
        };
        let alone = stop(1, 1);
        assert!(alone.0.contains("blew up") && alone.1.n_steps > 80, "{}", alone.0);
        for (ranks, threads) in [(1, 2), (2, 1), (3, 2), (4, 1)] {
            assert!(stop(ranks, threads) == alone, "{times}: {ranks} ranks of {threads} threads");
        }
    }
}

/// Raises a flag after some steps.
struct Interrupting<'f>(&'f AtomicBool);

impl Recorder for Interrupting<'_> {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        if segment.first_step > 100 {
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A recorder that fails after some steps.
struct Full;

impl Recorder for Full {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        if segment.first_step > 100 {
            Err(RecorderError("the disk is full".into()))
        } else {
            Ok(())
        }
    }
}

#[test]
fn all_ranks_end_after_the_same_step() {
    let model = rounds("record = { V_m = 1 }");
    let segments = Segments { longest: 40, boundary: None };
    let nothing = AtomicBool::new(false);
    // The flag is that of one rank; the recorder of rank 0 raises it, but another has it.
    let flag = AtomicBool::new(false);
    let stops = on_ranks(3, |own| {
        let seen = if own.rank() == 2 { &flag } else { &nothing };
        let job = Job::threads(1).over_ranks(own).interrupted_by(seen);
        let mut simulation = Simulation::new(Network::build(&model, &job).unwrap());
        let mut recorder = Interrupting(&flag);
        let mut kept = |_: &Simulation, _: &mut Interrupting<'_>| Ok(());
        let stop =
            advance_to_end(&model, &mut simulation, &mut recorder, segments, &job, &mut kept);
        assert!(matches!(stop, Some(Stop::Interrupted { .. })), "{stop:?}");
        simulation.step()
    });
    assert!(stops.iter().all(|&step| step == stops[0] && step > 100 && step < 900), "{stops:?}");

    let stops = on_ranks(3, |own| {
        let job = Job::threads(1).over_ranks(own);
        let mut simulation = Simulation::new(Network::build(&model, &job).unwrap());
        let mut kept = |_: &Simulation, _: &mut Full| Ok(());
        let stop = advance_to_end(&model, &mut simulation, &mut Full, segments, &job, &mut kept);
        (simulation.step(), stop.unwrap().to_string())
    });
    assert!(stops[0].1.contains("the disk is full"), "{stops:?}");
    assert!(stops[1..].iter().all(|s| s.0 == stops[0].0 && s.1 == "another rank stopped"));
}

#[test]
fn a_rank_that_cannot_build_its_share_ends_all() {
    let model = rounds("record = { V_m = 1 }");
    let interrupted = AtomicBool::new(true);
    let nothing = AtomicBool::new(false);
    let failed = AtomicUsize::new(0);
    on_ranks(3, |own| {
        let seen = if own.rank() == 1 { &interrupted } else { &nothing };
        let job = Job::threads(1).over_ranks(own).interrupted_by(seen);
        let error = Network::build(&model, &job).err().unwrap();
        assert!(error.is_interruption(), "{error}");
        failed.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(failed.load(Ordering::Relaxed), 3);
}

#[test]
fn a_rank_that_panics_does_not_leave_the_others_waiting() {
    let ended = std::panic::catch_unwind(|| {
        on_ranks(3, |own| {
            assert!(own.rank() != 1, "rank 1 is gone");
            own.any(true)
        })
    });
    assert!(ended.is_err());
}

/// Numbers that cross: lists of different lengths, sums beyond 32 bits, agreement.
#[test]
fn what_crosses_arrives() {
    let all = on_ranks(4, |own| {
        let rank = own.rank() as u32;
        let list = own.gather_lists(&vec![rank; rank as usize]);
        let sum = own.sum(3_000_000_000 + u64::from(rank));
        let same = [own.agree_on(7), own.agree_on(u64::from(rank / 3))];
        (list, sum, same, own.gather(vec![rank as u8; 2]))
    });
    for (rank, (list, sum, same, gathered)) in all.into_iter().enumerate() {
        assert_eq!(list, [1, 2, 2, 3, 3, 3]);
        assert_eq!((sum, same), (12_000_000_006, [true, false]));
        let expected: Vec<Vec<u8>> = (0..4).map(|rank| vec![rank; 2]).collect();
        assert_eq!(gathered, if rank == 0 { expected } else { Vec::new() });
    }
}
