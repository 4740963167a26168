//! Receptors and synapses by equations: they do what the built-in ones do, and the same bits on any number of threads.

use allocation_counter::measure;
use ntwk_core::recording::recorder::Segment;
use ntwk_core::{Job, Model, Network, Recorder, RecorderError, Recording, Simulation};

use crate::common::{model, parse_model, run};

/// A network whose recurrent excitation goes to the receptor `rec`, by what `projection` adds.
pub(crate) fn network(receptors: &str, projection: &str, rest: &str) -> Model {
    model(&network_text(receptors, projection, rest))
}

fn network_text(receptors: &str, projection: &str, rest: &str) -> String {
    format!(
        "simulation = {{ t_stop = 300, dt = 0.1, seed = 3, method = 'euler' }}
[receptors.exc]
E_rev = 0
tau_syn = 5
{receptors}
[populations.E]
size = 700
cell = 'RS'
[afferents.A]
size = 400
rate = '6 Hz'
trains = 'per_source'
[[projections]]
source = 'A'
target = 'E'
receptor = 'exc'
weight = 5
connection = {{ rule = 'fixed_in_degree', in_degree = 40 }}
[[projections]]
name = 'loop'
source = 'E'
target = 'E'
receptor = 'rec'
delay = 1.5
{projection}
[record]
V_m = 20
interval = 1
[record.traces.more]
population = 'E'
neurons = '0..19'
variables = [{}]
interval = 5
{rest}",
        if projection.contains("weight_of_loop") { "'mean_weight_loop'" } else { "'w'" }
    )
}

pub(crate) const FIXED: &str = "connection = { rule = 'fixed_in_degree', in_degree = 30 }";

fn spikes(recording: &Recording) -> usize {
    recording.population("E").unwrap().counts.iter().map(|&n| n as usize).sum()
}

/// The same spikes, and potentials that differ by rounding alone.
fn agree(a: &Model, b: &Model) {
    let (a, b) = (run(a, 1), run(b, 1));
    assert!(spikes(&a) > 200, "{}", spikes(&a));
    let of = |r: &Recording| {
        let spikes = r.population("E").unwrap().spikes.as_ref().unwrap();
        (spikes.steps.to_vec(), spikes.ids.to_vec())
    };
    assert!(of(&a) == of(&b), "other spikes");
    let trace = |r: &Recording| r.population("E").unwrap().trace("V_m").unwrap().data.clone();
    let furthest =
        trace(&a).iter().zip(trace(&b).iter()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(furthest < 1e-7, "{furthest}");
}

pub(crate) const CONDUCTANCE: &str = "[receptors.rec]\nE_rev = 0\ntau_syn = 5\n";

#[test]
fn a_conductance_by_equations_is_the_built_in_one() {
    let own = "[receptors.rec]
kind = 'equations'
variables = { g = 'nS' }
equations = 'dg/dt = -g/tau'
current = 'g*(E_rev - V_m)'
on_event = 'g += weight'
unit = 'nS'
[receptors.rec.parameters]
tau = '5 ms'
E_rev = '0 mV'
";
    let projection = format!("weight = 2\n{FIXED}");
    // AdEx calls its potential V.
    let own = own.replace("V_m", "V");
    agree(&network(CONDUCTANCE, &projection, ""), &network(&own, &projection, ""));
}

#[test]
fn short_term_plasticity_by_equations_is_the_built_in_one() {
    let built_in = format!(
        "weight = 4\n{FIXED}\nplasticity = {{ rule = 'tsodyks_markram', U = 0.3, tau_rec = 150, tau_facil = 80 }}"
    );
    let own = format!("weight = 4\n{FIXED}\nsynapse = 'tm'");
    let synapse = "[synapses.tm]
doc = 'Tsodyks, Pawelzik & Markram 1998'
variables = { u = '1', x = '1' }
equations = '''
du/dt = -u/tau_facil
dx/dt = (1 - x)/tau_rec
'''
init = { x = '1' }
on_pre = 'u += U*(1 - u); send(u*x); x -= u*x'
[synapses.tm.parameters]
U = 0.3
tau_rec = '150 ms'
tau_facil = '80 ms'
";
    agree(&network(CONDUCTANCE, &built_in, ""), &network(CONDUCTANCE, &own, synapse));
}

#[test]
fn spike_timing_dependence_by_equations_is_the_built_in_one() {
    let rule = "A_plus = 0.05, A_minus = 0.04, tau_plus = 20, tau_minus = 30, w_max = 4";
    let built_in = format!("weight = 2\n{FIXED}\nplasticity = {{ rule = 'stdp', {rule} }}");
    let own = format!("weight = 2\n{FIXED}\nsynapse = 'stdp'");
    // In units of the weight at the start, w_max is 2.
    let synapse = "[synapses.stdp]
variables = { w = '1', p = '1', q = '1' }
equations = 'dp/dt = -p/(20 ms); dq/dt = -q/(30 ms)'
init = { w = '1' }
on_pre = 'send(w); p += 1; w = clip(w - A_minus*w_max*q, 0, w_max)'
on_post = 'q += 1; w = clip(w + A_plus*w_max*p, 0, w_max)'
parameters = { A_plus = 0.05, A_minus = 0.04, w_max = 2 }
";
    agree(&network(CONDUCTANCE, &built_in, ""), &network(CONDUCTANCE, &own, synapse));
}

/// NMDA receptors of Wang 2002 whose gates are those of the sources.
pub(crate) const NMDA: &str = "[receptors.rec]
kind = 'equations'
doc = 'Wang 2002, Neuron 36:955'
per = 'source'
variables = { s = '1', x = '1' }
equations = '''
ds/dt = -s/tau_decay + alpha*x*(1 - s)
dx/dt = -x/tau_rise
'''
current = 's*(E_rev - V)/(1 + exp(-0.062/mV*V)/3.57)'
on_event = 'x += 1'
unit = 'nS'
[receptors.rec.parameters]
tau_decay = '100 ms'
tau_rise = '2 ms'
alpha = '0.5/ms'
E_rev = '0 mV'
";

#[test]
fn gates_of_sources_give_the_same_bits_on_any_number_of_threads_and_from_checkpoints() {
    let all = "weight = 0.02\nconnection = { rule = 'all_to_all' }";
    let some = "weight = { distribution = 'normal', mean = 0.4, sd = 0.1 }\nconnection = { rule = 'fixed_in_degree', in_degree = 30 }";
    for projection in [all, some] {
        let model = network(NMDA, projection, "");
        let whole = run(&model, 1);
        assert!(spikes(&whole) > 200, "{}", spikes(&whole));
        for threads in [2, 3] {
            assert!(run(&model, threads) == whole, "{threads} threads");
        }
        let fresh = || Network::build(&model, &Job::threads(2)).unwrap();
        let mut first = Simulation::new(fresh());
        let mut recorder = first.recorder();
        first.advance(1333, &mut recorder).unwrap();
        let mut on = Simulation::resume(fresh(), &first.checkpoint()).unwrap();
        let mut rest = on.recorder();
        on.advance(3000 - 1333, &mut rest).unwrap();
        let mut steps = recorder
            .into_recording()
            .population("E")
            .unwrap()
            .spikes
            .as_ref()
            .unwrap()
            .steps
            .to_vec();
        steps
            .extend(&rest.into_recording().population("E").unwrap().spikes.as_ref().unwrap().steps);
        assert!(
            steps == whole.population("E").unwrap().spikes.as_ref().unwrap().steps,
            "{projection}"
        );
    }
}

/// One sum for all targets is the sum over the synapses of each.
#[test]
fn all_to_all_is_the_list_of_all_pairs() {
    let pairs: Vec<(u32, u32)> =
        (0..700).flat_map(|t| (0..700).filter(move |&s| s != t).map(move |s| (s, t))).collect();
    let ends = |f: fn(&(u32, u32)) -> u32| {
        let ends: Vec<String> = pairs.iter().map(|pair| f(pair).to_string()).collect();
        ends.join(",")
    };
    let listed = format!(
        "weight = 0.02\nconnection = {{ rule = 'pairs', sources = [{}], targets = [{}] }}",
        ends(|p| p.0),
        ends(|p| p.1)
    );
    let all = "weight = 0.02\nconnection = { rule = 'all_to_all' }";
    agree(&network(NMDA, all, ""), &network(NMDA, &listed, ""));
}

struct Nothing;

impl Recorder for Nothing {
    fn take(&mut self, _: &Segment) -> Result<(), RecorderError> {
        Ok(())
    }
}

#[test]
fn events_and_sums_take_no_memory() {
    let synapse = "[synapses.tm]
variables = { x = '1' }
equations = 'dx/dt = (1 - x)/(100 ms)'
init = { x = '1' }
on_pre = 'send(x); x -= 0.3*x'
on_post = 'x += 0.01*(1 - x)'
";
    for model in [
        network(NMDA, &format!("weight = 0.4\n{FIXED}"), ""),
        network(CONDUCTANCE, &format!("weight = 3\n{FIXED}\nsynapse = 'tm'"), synapse),
    ] {
        let mut simulation = Simulation::new(Network::build(&model, &Job::threads(1)).unwrap());
        simulation.advance(500, &mut Nothing).unwrap();
        let mut counts = [0, 0];
        for count in &mut counts {
            *count = measure(|| simulation.advance(1000, &mut Nothing).unwrap()).count_total;
        }
        assert!(counts[1].abs_diff(counts[0]) <= 8 && counts[1] < 60, "{counts:?}");
    }
}

#[test]
fn events_of_cells_are_lost_where_the_variable_stands_still() {
    // Two neurons: one is refractory when the event comes, the other is not.
    let text = "simulation = { t_stop = 20, dt = 0.1 }
[kinds.lif]
variables = { V = 'mV', u = '1' }
equations = '''
dV/dt = (E_L - V)/tau_m
du/dt = -u/tau_m
'''
spike = { when = 'V > V_th', then = 'V = E_L; u += 1', refractory = '5 ms', hold = ['V'] }
init = { V = 'E_L' }
parameters = { E_L = '-70 mV', V_th = '-50 mV', tau_m = '10 ms' }
[receptors.kick]
kind = 'variable'
variable = 'V'
unit = 'mV'
[receptors.jump]
kind = 'variable'
variable = 'u'
unit = '1'
[populations.cells]
size = 2
cell = { model = 'lif' }
[[events]]
time = 2
population = 'cells'
receptor = 'kick'
neurons = [0]
weight = '30 mV'
[[events]]
time = 4
population = 'cells'
receptor = 'kick'
weight = '10 mV'
[[events]]
time = 4
population = 'cells'
receptor = 'jump'
weight = 2
[record]
V_m = 2
cell_variables = 2
";
    let run = run(&model(text), 1);
    let cells = run.population("cells").unwrap();
    assert_eq!(cells.counts.iter().sum::<u32>(), 1);
    let v = &cells.trace("V_m").unwrap().data;
    assert_eq!(v[[20, 0]], -40.0);
    assert_eq!([v[[40, 0]], v[[40, 1]]], [-70.0, -60.0]);
    let u = &cells.trace("u").unwrap().data;
    assert_eq!(u[[40, 1]], 2.0);
    assert!(u[[40, 0]] > 2.5 && u[[21, 0]] > 0.99, "{} {}", u[[40, 0]], u[[21, 0]]);
}

#[test]
fn faults_of_receptors_and_synapses_say_their_lines() {
    let text = network_text(
        "[receptors.rec]
kind = 'equations'
per = 'source'
variables = { s = '1' }
equations = '''
ds/dt = -s/tau
dq/dt = 1
'''
current = 's*(0 mV - V)'
on_event = 's += weight'
unit = 'nS'
parameters = { tau = '5 ms' }
[receptors.other]
kind = 'variable'
variable = 'ww'
unit = 'pA'
[receptors.none]
kind = 'equations'
variables = { s = 'nS' }
equations = 'ds/dt = -s/(5 ms)'
on_event = 's += weight'
unit = 'nS'
[receptors.bent]
kind = 'equations'
variables = { s = '1' }
equations = 'ds/dt = -s/(5 ms)'
current = 's*(1 nS)*(0 mV - V)'
on_event = 's += weight*(1 - s)'",
        "weight = 1\ndelay = { distribution = 'uniform', low = 1, high = 2 }\nconnection = { rule = 'fixed_in_degree', in_degree = 30 }\nrelease_probability = 0.5",
        "[[projections]]
name = 'second'
source = 'E'
target = 'E'
receptor = 'other'
weight = 3
connection = { rule = 'all_to_all' }
synapse = 'tn'
[[projections]]
name = 'third'
source = 'E'
target = 'E'
receptor = 'bent'
weight = 3
connection = { rule = 'all_to_all' }
[synapses.tm]
variables = { u = '1' }
equations = 'du/dt = -u*u/(3 ms)'
on_pre = 'u += 1; send(u)'
[synapses.deaf]
variables = { u = '1' }
on_pre = 'u += 1'
",
    )
    .replacen("delay = 1.5\n", "", 1);
    let faults = parse_model(&text).expect_err("this model has faults").to_string();
    for part in [
        "receptors.rec.equations: q is not among the variables",
        "receptors.rec.on_event: unknown name weight",
        "receptors.other.variable: there is no such variable of the cells that it acts on; did you mean \"w\"?",
        "receptors.none.current: missing; expected the current into the cell, or sum",
        "receptors.bent.on_event: must raise s by a number times weight",
        "du/dt must be linear in u with constant coefficients",
        "synapses.deaf.on_pre = \"u += 1\": sends nothing",
        "projections[1].delay",
        "projections[1].release_probability",
        "projections[2].synapse",
        "did you mean \"tm\"?",
    ] {
        assert!(faults.contains(part), "{part:?} in\n{faults}");
    }
}
