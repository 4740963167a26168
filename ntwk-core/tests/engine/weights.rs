//! Recorded weights of plastic synapses: those with which spikes act.

use ntwk_core::{Job, Network, Recording, Simulation};

use crate::common::{model, parse_model, run};

/// Afferent neurons that fire into neurons that fire: plastic synapses of both kinds, with what is recorded of them.
pub(crate) fn text(record: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = 120, dt = 0.1, seed = 21 }}
[receptors]
learning = {{ E_rev = 0, tau_syn = 5 }}
tired = {{ E_rev = 0, tau_syn = 4 }}
[populations]
E = {{ size = 700, cell = "RS", I_e = 300 }}
I = {{ size = 20, cell = "FS" }}
[afferents]
A = {{ size = 60, rate = 40, trains = "per_source" }}
[[projections]]
source = "A"
target = "E"
receptor = "learning"
weight = {{ distribution = "uniform", low = 1, high = 3 }}
delay = 0.6
connection = {{ rule = "pairwise_bernoulli", probability = 0.4 }}
plasticity = {{ rule = "stdp", A_plus = 0.03, A_minus = 0.04, tau_plus = 20, tau_minus = 20, w_max = 4 }}
[[projections]]
source = "A"
target = "I"
receptor = "tired"
weight = 2
delay = 0.6
connection = {{ rule = "fixed_in_degree", in_degree = 25 }}
plasticity = {{ rule = "tsodyks_markram", U = 0.4, tau_rec = 100, tau_facil = 50 }}
[record]
afferents = "A"
{record}
"#
    )
}

pub(crate) const RECORD: &str = r#"
[record.traces.single]
population = "E"
variables = ["weight_A_E", "mean_weight_A_E", "g_learning"]
neurons = [0, 511, 512, 699]
[record.traces.short]
population = "I"
variables = ["weight_A_I", "mean_weight_A_I", "g_tired"]
neurons = 20
[record.traces.coarse]
population = "E"
variables = "weight_A_E"
neurons = [512]
interval = 10
start = 50
"#;

/// Faults unless every event onto the neurons of a group acts with the recorded weight: of the step of its arrival, or of the
/// step when it was sent.
fn acts_with(
    run: &Recording,
    population: &str,
    group: &str,
    names: [&str; 2],
    tau: f64,
    sent: bool,
) {
    let p = run.population(population).unwrap();
    let [weights, g] = names.map(|name| p.trace_of(group, name).unwrap());
    let spikes = &run.afferent("A").unwrap().spikes;
    let mut seen = 0;
    for (column, &neuron) in g.neurons.iter().enumerate() {
        let own: Vec<usize> =
            (0..weights.neurons.len()).filter(|&i| weights.neurons[i] == neuron).collect();
        for step in 6..1199 {
            let at = if sent { step - 6 } else { step };
            let arrive = spikes.steps.iter().zip(&spikes.ids).filter(|s| *s.0 == step as u64 - 6);
            let sum: f64 = arrive
                .flat_map(|s| own.iter().filter(move |&&i| weights.sources[i] == *s.1))
                .map(|&i| weights.data[[at, i]])
                .sum();
            seen += usize::from(sum > 0.0);
            let [now, next] = [step, step + 1].map(|k| g.data[[k, column]]);
            let added = next - now * (1.0 - 0.1 / tau);
            assert!((added - sum).abs() < 1e-9, "{neuron} {step}: {added} {sum}");
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn spikes_act_with_the_recorded_weights() {
    let run = run(&model(&text(RECORD)), 2);
    assert!(run.populations[0].spikes.as_ref().unwrap().len() > 500);
    acts_with(&run, "E", "single", ["weight_A_E", "g_learning"], 5.0, false);
    acts_with(&run, "I", "short", ["weight_A_I", "g_tired"], 4.0, true);
    for (population, group, name) in [("E", "single", "weight_A_E"), ("I", "short", "weight_A_I")] {
        let p = run.population(population).unwrap();
        let weights = p.trace_of(group, name).unwrap();
        let mean = p.trace_of(group, &format!("mean_{name}")).unwrap();
        assert_eq!((weights.unit.as_str(), mean.sources.len()), ("nS", 0));
        assert!(weights.sources.len() > 60 && weights.neurons.is_sorted());
        let changes = weights.data.columns().into_iter().filter(|c| c[0] != c[1199]).count();
        assert!(changes > weights.neurons.len() / 2, "{changes}");
        for step in [0, 600, 1199] {
            for (column, neuron) in mean.neurons.iter().enumerate() {
                let own: Vec<f64> = (0..weights.neurons.len())
                    .filter(|&i| weights.neurons[i] == *neuron)
                    .map(|i| weights.data[[step, i]])
                    .collect();
                let expected = own.iter().sum::<f64>() / own.len() as f64;
                assert!((mean.data[[step, column]] - expected).abs() < 1e-12);
            }
        }
    }
    // Another table of the same synapses, more rarely.
    let p = run.population("E").unwrap();
    let (all, some) =
        (p.trace_of("single", "weight_A_E").unwrap(), p.trace_of("coarse", "weight_A_E").unwrap());
    assert_eq!(some.data.nrows(), 7);
    let first = all.neurons.partition_point(|&n| n < 512);
    assert_eq!(all.sources[first..first + some.sources.len()], some.sources[..]);
    for ((row, i), weight) in some.data.indexed_iter() {
        assert_eq!(*weight, all.data[[500 + 100 * row, first + i]]);
    }
}

#[test]
fn threads_and_checkpoints_change_no_weight_and_recording_no_spike() {
    let model = model(&text(RECORD));
    let whole = run(&model, 1);
    assert_eq!(
        whole.populations[0].spikes,
        run(&crate::common::model(&text("")), 1).populations[0].spikes
    );
    assert_eq!(run(&model, 2), whole);
    let fresh = || Network::build(&model, &Job::threads(2)).unwrap();
    let mut first = Simulation::new(fresh());
    first.advance(473, &mut first.recorder()).unwrap();
    let mut on = Simulation::resume(fresh(), &first.checkpoint()).unwrap();
    let mut recorder = on.recorder();
    on.advance(727, &mut recorder).unwrap();
    for (rest, all) in recorder.recording().populations.iter().zip(&whole.populations) {
        for (rest, all) in rest.traces.iter().zip(&all.traces) {
            let rows = all.steps.rows(473..1200);
            assert!(
                rest.data.outer_iter().eq(all.data.outer_iter().skip(rows.start)),
                "{}",
                all.name()
            );
        }
    }
}

#[test]
fn synapses_that_do_not_change_have_no_weights_to_record() {
    let record = "[record.traces.x]\npopulation = \"E\"\nneurons = 1\nvariables = \"weight_A_I\"";
    let fault = parse_model(&text(record)).unwrap_err().to_string();
    assert!(fault.contains("did you mean \"weight_A_E\""), "{fault}");
    let plain = text(record).replace("plasticity = { rule = \"stdp\"", "#");
    let fault = parse_model(&plain).unwrap_err().to_string();
    assert!(
        fault.contains("record.traces.x.variables") && !fault.contains("weight_A_E"),
        "{fault}"
    );
}
