//! Every kind of cell against the trace of somebody else's simulator (`validation/cells`).

use ntwk_cells::library;
use ntwk_core::spec::waveform::{Edges, Shape};
use ntwk_core::spec::{
    AfferentSpec, CellSpec, ConnectionSpec, DelaySpec, Method, ParameterText, PopulationSpec,
    ProjectionSpec, ReceptorSpec,
};
use ntwk_core::{Job, Model, ModelSpec, Network, Recording, Simulation, Waveform};
use serde_json::Value;

fn oracle(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The model of an oracle at a step that divides the oracle's.
fn model(oracle: &Value, dt: f64, method: Method) -> Model {
    Model::from_spec(spec(oracle, dt, method), &library()).unwrap()
}

fn spec(oracle: &Value, dt: f64, method: Method) -> ModelSpec {
    let duration = oracle["n_steps"].as_f64().unwrap() * oracle["dt"].as_f64().unwrap();
    let parameters = oracle["parameters"].as_object().unwrap();
    let values = parameters
        .iter()
        .map(|(name, value)| (name.clone(), ParameterText::Number(value.as_f64().unwrap())))
        .collect();
    let kind = oracle["kind"].as_str().unwrap().to_owned();
    let cell = CellSpec {
        model: Some(kind),
        preset: None,
        currents: Vec::new(),
        values,
        distributed: Vec::new(),
    };
    let mut population = PopulationSpec::new(1, cell);
    population.current = Some(Waveform::Shape(Shape::Steps {
        baseline: 0.0,
        times: numbers(&oracle["current"]["times"]),
        values: numbers(&oracle["current"]["values"]),
        edges: Edges::default(),
    }));
    let mut spec = ModelSpec::new(duration);
    (spec.simulation.dt, spec.simulation.method) = (dt, method);
    (spec.record.V_m, spec.record.cell_variables) = (1, 1);
    spec.populations.insert("cell".to_owned(), population);
    if let Some(events) = oracle.get("events") {
        // An event acts from the grid point `delay` after its time on; here from one step after the step it is
        // delivered in.
        let delay = events["delay"].as_f64().unwrap() - dt;
        for name in ["exc", "inh"] {
            let input = &events[name];
            let tau = input["tau_syn"].as_f64();
            let receptor = tau.map_or_else(ReceptorSpec::delta, ReceptorSpec::current);
            spec.receptors.insert(name.to_owned(), receptor);
            let times = numbers(&input["times"]);
            let ids = vec![0; times.len()];
            spec.afferent(format!("from_{name}"), AfferentSpec::spikes(1, times, ids));
            let weight = input["weight"].as_f64().unwrap();
            let mut projection = ProjectionSpec::new(
                format!("from_{name}"),
                "cell",
                name.to_owned(),
                weight,
                ConnectionSpec::OneToOne,
            );
            projection.delay = DelaySpec::constant(delay);
            spec.projections.push(projection);
        }
    }
    spec
}

fn run(model: &Model) -> Recording {
    let mut simulation = Simulation::new(Network::build(model, &Job::threads(1)).unwrap());
    let mut recorder = simulation.recorder();
    simulation.advance(model.n_steps(), &mut recorder).unwrap();
    recorder.into_recording()
}

fn spikes(recording: &Recording) -> Vec<u64> {
    recording.populations[0].spikes.as_ref().unwrap().steps.clone()
}

/// Compares every sample of every variable and every spike.
fn compare(name: &str, method: Method, tolerance: f64) {
    let oracle = oracle(name);
    let dt = oracle["dt"].as_f64().unwrap();
    let recording = run(&model(&oracle, dt, method));
    let expected: Vec<u64> =
        oracle["spike_steps"].as_array().unwrap().iter().map(|s| s.as_u64().unwrap()).collect();
    assert!(expected.len() >= 7, "{name} has too few spikes to say anything");
    assert_eq!(spikes(&recording), expected, "{name}");
    let every = oracle["every"].as_u64().unwrap() as usize;
    let variables = oracle["variables"].as_array().unwrap();
    for (variable, samples) in variables.iter().zip(oracle["samples"].as_array().unwrap()) {
        let variable = variable.as_str().unwrap();
        let trace =
            recording.populations[0].traces.iter().find(|t| t.variable == variable).unwrap();
        let samples = numbers(samples);
        assert!(samples.len() > 500);
        for (row, theirs) in samples.into_iter().enumerate() {
            let ours = trace.data[[row * every, 0]];
            let error = (ours - theirs).abs();
            assert!(
                error <= tolerance,
                "{name}: {variable} in step {}: {ours} {theirs}",
                row * every
            );
        }
    }
}

/// The same forward Euler steps in another order of sums: only rounding differs. The values are stored with 12 digits,
/// 5e-10 for those above a hundred, and that is the largest difference seen.
const SAME_SCHEME: f64 = 1e-9;

#[test]
fn lif_eif_adex_and_iadexp_follow_brian2() {
    for name in ["lif", "eif", "adex", "adex_high_peak", "iadexp", "ilif"] {
        compare(name, Method::Euler, SAME_SCHEME);
    }
}

#[test]
fn izhikevich_follows_nest() {
    for name in ["izhikevich_rs", "izhikevich_ch", "izhikevich_lts"] {
        compare(name, Method::Euler, SAME_SCHEME);
    }
}

#[test]
fn iaf_psc_exp_and_iaf_psc_delta_are_exact_like_nest_whatever_the_method() {
    // Both propagate exactly, so that they differ by rounding alone.
    for method in [Method::Euler, Method::Heun] {
        compare("iaf_psc_exp", method, 1e-9);
        compare("iaf_psc_delta", method, 1e-9);
    }
}

#[test]
fn an_exact_step_does_not_depend_on_its_length() {
    let mut oracle = oracle("iaf_psc_exp");
    // Below threshold there is no grid of spikes: any step gives the same potential.
    oracle["parameters"]["V_th"] = 1000.0.into();
    // Rise times of the two receptors: none, a double exponential, an alpha function; and time constants like the
    // membrane's, where the closed forms have their singularities.
    let rises = [
        (None, None, 8.0),
        (Some(0.3), Some(8.0), 8.0),
        (Some(0.5), Some(10.0), 10.0),
        (None, Some(2.0), 10.0),
    ];
    let largest =
        |oracle: &Value, kind: Method, (exc, inh, tau_inh): (Option<f64>, Option<f64>, f64)| {
            let potential = |dt: f64| {
                let mut spec = spec(oracle, dt, kind);
                spec.receptors[0].tau_rise = exc;
                spec.receptors[1].tau_rise = inh;
                spec.receptors[1].tau_syn = Some(tau_inh);
                let recording = run(&Model::from_spec(spec, &library()).unwrap());
                recording.populations[0].traces[0].data.column(0).to_vec()
            };
            let (coarse, fine) = (potential(0.1), potential(0.05));
            (0..coarse.len()).map(|k| (coarse[k] - fine[2 * k]).abs()).fold(0.0, f64::max)
        };
    for rise in rises {
        for method in [Method::Euler, Method::Heun] {
            let error = largest(&oracle, method, rise);
            assert!(error < 1e-9, "{rise:?}: {error}");
        }
    }
    // The engine's other cells do depend on it: the test can fail.
    oracle["kind"] = "LIF".into();
    let parameters = oracle["parameters"].as_object_mut().unwrap();
    parameters.remove("tau_m");
    parameters.insert("g_L".to_owned(), 25.0.into());
    assert!(largest(&oracle, Method::Heun, rises[0]) > 1e-4);
}
