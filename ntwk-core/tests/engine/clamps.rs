//! Voltage clamps that are switched on and off.

use ntwk_core::{Job, Model, Network, Recording, Simulation};

use crate::common::{model, parse_model, run};

/// Two adapting neurons under a constant current that makes them fire, with more keys for the population.
fn text(t_stop: f64, population: &str) -> String {
    format!(
        r#"
simulation = {{ t_stop = {t_stop}, dt = 0.1 }}
record = {{ V_m = 2, cell_variables = 2 }}
[populations.E]
size = 2
cell = "RS"
I_e = 700
{population}
"#
    )
}

fn column(recording: &Recording, variable: &str, neuron: usize) -> Vec<f64> {
    recording.populations[0].trace(variable).unwrap().data.column(neuron).to_vec()
}

fn spike_steps(recording: &Recording, neuron: u32) -> Vec<u64> {
    recording.populations[0].spikes_of(neuron).unwrap()
}

#[test]
fn a_released_neuron_goes_on_as_one_that_starts_from_its_state() {
    let clamp = "voltage_clamp = { neurons = [0], V = -55, start = 30, stop = 45 }";
    let clamped = run(&model(&text(150.0, clamp)), 1);
    let free = run(&model(&text(150.0, "")), 1);
    let (v, w) = (column(&clamped, "V_m", 0), column(&clamped, "w", 0));
    // Before it begins, and in the other neuron, the clamp is not there.
    assert_eq!(v[..300], column(&free, "V_m", 0)[..300]);
    assert_eq!(column(&clamped, "V_m", 1), column(&free, "V_m", 1));
    // Held from its first step to before its end, and one step longer: what is integrated then is seen in the next.
    assert!(v[300..=450].iter().all(|&v| v == -55.0));
    assert_ne!(v[451], -55.0);
    let spikes = spike_steps(&clamped, 0);
    assert!(spikes.iter().any(|&k| k < 300) && spikes.iter().any(|&k| k > 450), "{spikes:?}");
    assert!(!spikes.iter().any(|k| (300..450).contains(k)), "{spikes:?}");
    let state = format!("initial = {{ V_m = -55, w = {:?} }}", w[450]);
    let on = run(&model(&text(105.0, &state)), 1);
    let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&v[450..]), bits(&column(&on, "V_m", 0)));
    assert_eq!(bits(&w[450..]), bits(&column(&on, "w", 0)));
    let later: Vec<u64> = spikes.iter().filter(|&&k| k >= 450).map(|k| k - 450).collect();
    assert_eq!(later, spike_steps(&on, 0));
}

#[test]
fn a_clamp_without_an_end_holds_to_the_end_and_one_above_threshold_makes_a_spike_when_released() {
    let held =
        run(&model(&text(100.0, "voltage_clamp = { neurons = \"0..2\", V = -20, start = 20 }")), 1);
    assert!(spike_steps(&held, 0).iter().all(|&k| k < 200));
    assert!(column(&held, "V_m", 1)[200..].iter().all(|&v| v == -20.0));
    let stop = run(
        &model(&text(
            100.0,
            "voltage_clamp = { neurons = [1], V = -20, start = 20, duration = 10 }",
        )),
        1,
    );
    // RS cells spike above V_th + 5 Delta_T = -40 mV, where a neuron released above starts.
    assert_eq!(column(&stop, "V_m", 1)[299..=300], [-20.0, -40.0]);
    assert!(spike_steps(&stop, 1).contains(&300), "{:?}", spike_steps(&stop, 1));
}

/// Several clamps, one after the other on the same neuron, on two threads and from a checkpoint within each.
fn several() -> Model {
    let size = 1100;
    model(&format!(
        r#"
simulation = {{ t_stop = 60, dt = 0.1 }}
record = {{ V_m = {size}, cell_variables = {size} }}
[populations.E]
size = {size}
cell = "RS"
I_e = 700
initial = {{ V_m = {{ distribution = "normal", mean = -60, sd = 5 }} }}
[[populations.E.voltage_clamp]]
neurons = "0..600"
V = {{ waveform = "ramp", from = -70, to = -50, start = 10, stop = 20 }}
start = 10
stop = 20
[[populations.E.voltage_clamp]]
neurons = [5, 599, 1099]
V = -80
start = 20
duration = 15
"#
    ))
}

#[test]
fn clamps_keep_the_same_bits_on_threads_and_from_checkpoints() {
    let model = several();
    let one = run(&model, 1);
    let v = &one.populations[0].traces[0].data;
    assert!((v[[150, 5]] + 60.0).abs() < 1e-9 && v[[201, 5]] == -80.0 && v[[201, 4]] != -80.0);
    assert_eq!(run(&model, 2), one);
    let fresh = || Network::build(&model, &Job::threads(2)).unwrap();
    for at in [50, 150, 200, 300, 350, 400] {
        let mut first = Simulation::new(fresh());
        first.advance(at, &mut first.recorder()).unwrap();
        let mut on = Simulation::resume(fresh(), &first.checkpoint()).unwrap();
        let mut recorder = on.recorder();
        on.advance(600 - at, &mut recorder).unwrap();
        let rest = recorder.into_recording();
        let data = &rest.populations[0].traces[0].data;
        assert!(data.outer_iter().eq(v.outer_iter().skip(at as usize)), "from {at}");
    }
}

#[test]
fn faults_of_clamps_name_the_clamp() {
    let fault = |clamp: &str| parse_model(&text(100.0, clamp)).unwrap_err().to_string();
    let at = "populations.E.voltage_clamp";
    let late = fault("voltage_clamp = { neurons = [0], V = -60, start = 100 }");
    assert!(late.contains(&format!("{at}.start")) && late.contains("after the run"), "{late}");
    let none = fault("voltage_clamp = { neurons = [0], V = -60, start = 10, stop = 10.01 }");
    assert!(none.contains(&format!("{at}.stop")) && none.contains("no step"), "{none}");
    let before = fault("voltage_clamp = { neurons = [0], V = -60, start = -10, duration = 5 }");
    assert!(before.contains(&format!("{at}.duration")), "{before}");
    let beyond = fault(
        "voltage_clamp = [{ neurons = [0], V = -60 , stop = 5 }, { neurons = [2], V = -60 }]",
    );
    assert!(beyond.contains(&format!("{at}[1].neurons")), "{beyond}");
    let twice = fault(
        "voltage_clamp = [{ neurons = \"0..2\", V = -60, stop = 5 }, { neurons = [1], V = -50, start = 4 }]",
    );
    assert!(twice.contains(&format!("{at}[1].neurons")) && twice.contains("neuron 1"), "{twice}");
    let slip = fault("voltage_clamp = { neurons = [0], V = -60, strat = 10 }");
    assert!(slip.contains("did you mean \"start\""), "{slip}");
}
