//! A network described in Rust and run on the engine: spikes, a membrane potential and rates by name.
//!
//! cargo run --release -p ntwk-core --example model_in_code
#![allow(clippy::print_stdout)]

use ntwk_core::spec::{AfferentSpec, CellSpec, ConnectionSpec, DelaySpec, ReceptorSpec};
use ntwk_core::{Job, ModelSpec, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut m = ModelSpec::new(500.0); // ms
    m.simulation.seed = 7;
    m.record.V_m = 1;
    m.receptor("exc", ReceptorSpec::conductance(0.0, 5.0)); // E_rev (mV), tau_syn (ms)
    m.receptor("inh", ReceptorSpec::conductance(-80.0, 5.0));
    m.population("E", 800, CellSpec::preset("RS").set("b", "20 pA"));
    m.population("I", 200, CellSpec::preset("FS"));
    m.afferent("A", AfferentSpec::poisson(400, 4.0)); // Hz
    for (source, receptor, weight, connection) in [
        ("A", "exc", 1.0, ConnectionSpec::fixed_in_degree(200)),
        ("E", "exc", 1.0, ConnectionSpec::pairwise_bernoulli(0.1)),
        ("I", "inh", 4.0, ConnectionSpec::pairwise_bernoulli(0.1)),
    ] {
        let projection = m.project(source, ["E", "I"], receptor, weight, connection);
        projection.delay = DelaySpec::constant(1.5); // ms
    }
    let model = m.check(&ntwk_cells::library())?;
    let run = simulate(&model, &Job::threads(1))?.complete()?;

    println!("rates from 100 ms on (Hz): {:.2?}", run.rates(100.0..500.0));
    println!("first spikes of neuron 0 of I (ms): {:?}", run.spike_times("I", 0));
    let trace = run.population("E").and_then(|p| p.trace("V_m")).ok_or("V_m was not recorded")?;
    let mean = trace.data.column(0).mean().ok_or("no sample")?;
    println!("mean V_m of neuron 0 of E: {mean:.2} {}", trace.unit);
    Ok(())
}
