//! How cells follow small changes of the rates of their sources, and what the loop makes of it.

use ntwk::core::{Job, Model};
use ntwk_meanfield::Input;
use ntwk_meanfield::prediction::loop_response::LoopResponse;

/// A network whose strong inhibition has synapses of 10 ms and delays of 1.5 ms.
const NETWORK: &str = r#"
[simulation]
t_stop = "1 s"
[receptors]
exc = { E_rev = "0 mV", tau_syn = "5 ms" }
inh = { E_rev = "-80 mV", tau_syn = "10 ms" }
[populations.Exc]
size = 2000
cell = { model = "LIF", C_m = "200 pF", g_L = "10 nS", E_L = "-65 mV", V_th = "-50 mV", V_reset = "-60 mV", t_ref = "5 ms" }
[populations.Inh]
size = 500
cell = { model = "AdEx", C_m = "150 pF", g_L = "10 nS", E_L = "-65 mV", V_th = "-50 mV", Delta_T = "0.5 mV", V_reset = "-65 mV", t_ref = "5 ms", a = "2 nS", b = "10 pA", tau_w = "100 ms" }
[afferents.Thal]
size = 100
rate = "5 Hz"
[afferents.Osc]
size = 40
rate = "3 Hz"
[[projections]]
source = "Thal"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", in_degree = 100 }
[[projections]]
source = "Osc"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", in_degree = 40 }
[[projections]]
source = "Exc"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "0.8 nS"
connection = { rule = "pairwise_bernoulli", probability = 0.08 }
delay = "1.5 ms"
[[projections]]
source = "Inh"
target = ["Exc", "Inh"]
receptor = "inh"
weight = "10 nS"
connection = { rule = "pairwise_bernoulli", probability = 0.08 }
delay = "1.5 ms"
"#;

fn measured(text: &str, rates: [f64; 2], threads: usize) -> LoopResponse {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.toml");
    std::fs::write(&file, text).unwrap();
    let library = ntwk_cells::library();
    let model: Model = ntwk_io::read_model(&file, &[], &library).unwrap();
    let input = Input { afferent_rates: vec![5.0, 3.0], currents: vec![0.0, 0.0] };
    let job = Job::threads(threads);
    LoopResponse::measure(&model, &input, &rates, &library, &job).unwrap().unwrap()
}

/// Around the rates at which the fit of this network has its stable fixed point.
#[test]
fn cells_follow_their_sources_and_weak_loops_do_not_oscillate() {
    let response = measured(NETWORK, [3.776, 4.083], 2);
    // Excitation excites and inhibition inhibits, slowly; little gets through at 140 Hz.
    let slow = response.gain(0.0);
    for m in 0..2 {
        assert!(slow[(m, 0)].re > 0.5 && slow[(m, 1)].re < -0.5, "{slow}");
    }
    let fast = response.gain(140.0);
    assert!(fast.norm() < 0.5 * slow.norm(), "{fast}");
    assert_eq!(measured(NETWORK, [3.776, 4.083], 1), response, "any number of threads");

    // Weak recurrent synapses at the same rates follow as much less, and nothing grows.
    let weak = NETWORK
        .replace("\"0.8 nS\"", "\"0.2 nS\"")
        .replace("\"10 nS\"\nconnection", "\"1 nS\"\nconnection");
    let weak = measured(&weak, [3.776, 4.083], 2);
    assert_eq!(weak.growing(), None);
    assert!(weak.gain(2.0).norm() < slow.norm());
}
