//! A network of regular- and fast-spiking cells, described in Rust: simulated, predicted and compared.
//!
//! cargo run --release -p ntwk --example rs_fs
#![allow(clippy::print_stdout)]

use ntwk::prelude::*;

pub(crate) fn network() -> ModelSpec {
    let mut m = ModelSpec::new(1000.0); // ms
    m.receptor("exc", ReceptorSpec::conductance(0.0, 5.0)); // mV, ms
    m.receptor("inh", ReceptorSpec::conductance(-80.0, 5.0));
    m.population("E", 4000, CellSpec::preset("RS"));
    m.population("I", 1000, CellSpec::preset("FS"));
    m.afferent("A", AfferentSpec::poisson(400, 4.0)); // Hz
    let recurrent = ConnectionSpec::in_degree_fraction(0.05);
    m.project("E", ["E", "I"], "exc", 1.0, recurrent.clone()); // nS
    m.project("I", ["E", "I"], "inh", 4.0, recurrent);
    m.project("A", ["E", "I"], "exc", 1.0, ConnectionSpec::in_degree_fraction(0.5));
    m
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (library, job) = (library(), Job::new());
    let model = network().check(&library)?; // or every fault
    let run = simulate(&model, &job)?.complete()?;
    println!("simulated: {:.3?} Hz", run.rates(500.0..1000.0));
    let theory = predict(&model, &library, &job)?;
    let state = theory.stationary(&job)?.ok_or("no stable state")?;
    println!("predicted: {:.3?} Hz", state.rates());
    print!("{}", compare(&model, &run, &theory, &library, &job)?);
    Ok(())
}
