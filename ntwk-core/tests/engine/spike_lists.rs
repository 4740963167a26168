//! Given events at chosen synapses: lists of spike times, each with its weight, delay and receptor.

use ntwk_core::Recording;

use crate::common::{model, run};

const TEXT: &str = r#"
simulation = { t_stop = 30, dt = 0.1 }
[receptors]
exc = { E_rev = 0, tau_syn = 5 }
inh = { E_rev = -80, tau_syn = 8 }
[populations.Cells]
size = 600
cell = "RS"
[afferents.Lists]
size = 4
spikes = { times = [2, 4, 6, 3, 3.5, 10, 10], ids = [0, 0, 0, 1, 2, 3, 3] }
[[projections]]
source = "Lists"
target = "Cells"
receptor = "exc"
name = "excitatory"
weight = [2, 5, 1, 0.5]
delay = [0, 0.5, 1, 2]
connection = { rule = "pairs", sources = [0, 1, 2, 2], targets = [7, 7, 7, 599] }
[[projections]]
source = "Lists"
target = "Cells"
receptor = "inh"
name = "inhibitory"
weight = 3
connection = { rule = "pairs", sources = [3], targets = [7] }
[record.traces.reached]
population = "Cells"
variables = ["g_exc", "g_inh", "V_m"]
neurons = [6, 7, 599]
"#;

/// A list of times for every afferent neuron says the same as times and ids.
#[test]
fn a_list_for_every_neuron_is_times_and_ids() {
    let pairs = "{ times = [2, 4, 6, 3, 3.5, 10, 10], ids = [0, 0, 0, 1, 2, 3, 3] }";
    let lists = TEXT.replace(pairs, "{ trains = [[2, '4 ms', 6], [3], [3.5], [10, 10]] }");
    assert_ne!(lists, TEXT);
    let afferents = |text: &str| model(text).spec().afferents.clone();
    assert_eq!(afferents(&lists), afferents(TEXT));
}

/// Conductance of events `(time of arrival, weight)` under Euler.
fn expected(events: &[(f64, f64)], tau: f64, step: u32) -> f64 {
    let decays = |from: f64| (1.0 - 0.1 / tau).powi(step as i32 - 1 - (from / 0.1).round() as i32);
    let past = events.iter().filter(|e| ((e.0 / 0.1).round() as u32) < step);
    past.map(|e| e.1 * decays(e.0)).sum()
}

#[test]
fn each_list_acts_with_its_weight_at_its_synapse() {
    for threads in [1, 2] {
        let run: Recording = run(&model(TEXT), threads);
        let cells = run.population("Cells").unwrap();
        let column = |variable: &str, i: usize| {
            cells.trace_of("reached", variable).unwrap().data.column(i).to_vec()
        };
        let onto_7 = [(2.0, 2.0), (4.0, 2.0), (6.0, 2.0), (3.5, 5.0), (4.5, 1.0)];
        let cases = [
            ("g_exc", 1, &onto_7[..], 5.0),
            ("g_exc", 2, &[(5.5, 0.5)][..], 5.0),
            ("g_inh", 1, &[(10.0, 3.0), (10.0, 3.0)][..], 8.0),
            ("g_exc", 0, &[][..], 5.0),
            ("g_inh", 2, &[][..], 8.0),
        ];
        for (variable, i, events, tau) in cases {
            for (step, g) in column(variable, i).into_iter().enumerate() {
                let right = expected(events, tau, step as u32);
                assert!((g - right).abs() < 1e-12, "{variable} {i} {step}: {g} {right}");
            }
        }
        let rest = column("V_m", 0)[0];
        assert!(column("V_m", 0).iter().all(|&v| (v - rest).abs() < 0.05), "nothing reaches it");
        assert!(column("V_m", 1).iter().any(|&v| v > rest + 3.0));
    }
}
