//! A tool of this repository. Times the cell of `validation/peers/morpho.py`: `speed FILE.swc [MAX_UM] [METHOD] [SYNAPSES] [COPIES]`.
//!
//! Squid channels in every compartment, axon included, R_i 100 Ω cm, 1 µF/cm², 2 nA at the soma from 50 to 450 ms, 500 ms at
//! 0.025 ms. With SYNAPSES, as many AMPA synapses lie on the cell at random by area, each with six weak events per second. With
//! COPIES, so many are solved together, and the time is that per copy. Prints one line of JSON.
#![allow(clippy::print_stdout)]

use ntwk_morpho::geometry::swc::{SwcOptions, read};
use ntwk_morpho::membrane::channels::HodgkinHuxley;
use ntwk_morpho::solver::ensemble::run_copies;
use ntwk_morpho::{
    Cell, Discretisation, DoubleExponential, Location, Method, Per, Selection, Settings,
    Simulation, Spread, Waveform,
};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or(
        "usage: speed FILE.swc [MAX_UM] [implicit_euler|crank_nicolson] [SYNAPSES] [COPIES]",
    )?;
    let max_length = arguments.next().map_or(Ok(20.0), |a| a.parse())?;
    let second_order = arguments.next().is_some_and(|a| a == "crank_nicolson");
    let method = if second_order { Method::CrankNicolson } else { Method::ImplicitEuler };
    let synapses: usize = arguments.next().map_or(Ok(0), |a| a.parse())?;
    let copies: usize = arguments.next().map_or(Ok(1), |a| a.parse())?;
    let start = Instant::now();
    let morphology = read(&std::fs::read(file)?, &SwcOptions::default())?.morphology;
    let compartments = morphology.compartments(&Discretisation::MaxLength(max_length))?;
    let n = compartments.len();
    let mut cell = Cell::new(compartments, 1.0, 100.0)?;
    cell.insert("hh", &Selection::All, HodgkinHuxley::default())?;
    let soma = Location::new(0, 0.5);
    cell.inject(soma, Waveform::step(50.0, 400.0, 2.0))?;
    if synapses > 0 {
        let density = synapses as f64 / cell.compartments().area();
        let places = cell.compartments().spread(
            &Selection::All,
            Per::Area,
            density,
            Spread::Random { seed: 1 },
        )?;
        for (k, place) in places.into_iter().enumerate() {
            let synapse = cell.add_synapse(place, DoubleExponential::ampa(), 1e-8)?;
            let first = (k * 37 % 2000) as f64 * 0.1;
            cell.add_spikes(synapse, &[first, first + 200.0, first + 400.0])?;
        }
    }
    if copies > 1 {
        let cells = vec![cell; copies];
        let start = Instant::now();
        let v = run_copies(&cells, &Settings::default(), soma, 500.0, &ntwk_core::Job::threads(1))?;
        let run = start.elapsed().as_secs_f64() / copies as f64;
        let v = v.column(copies - 1);
        let up = |k: &usize| v[*k] > 0.0 && v[*k - 1] <= 0.0;
        // Interpolated as the detector does.
        let time = |k: usize| 0.025 * (k as f64 - v[k] / (v[k] - v[k - 1]));
        let spikes: Vec<f64> = (1..v.len()).filter(up).map(time).collect();
        println!("{{\"compartments\": {n}, \"run_s\": {run:.4}, \"spikes\": {spikes:?}}}");
        return Ok(());
    }
    let mut simulation = Simulation::new(&cell, &Settings { method, ..Settings::default() })?;
    simulation.record_voltage(&[soma], 1)?;
    simulation.detect_spikes(soma, 0.0)?;
    let built = start.elapsed().as_secs_f64();
    let start = Instant::now();
    simulation.run(500.0)?;
    let run = start.elapsed().as_secs_f64();
    let spikes = &simulation.spikes()[0].times;
    println!(
        "{{\"compartments\": {n}, \"build_s\": {built:.4}, \"run_s\": {run:.4}, \"spikes\": {spikes:?}}}"
    );
    Ok(())
}
