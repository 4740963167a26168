//! A passive cable sealed at both ends: its attenuation beside cable theory, and a current step in time.
//!
//! cargo run --release -p ntwk-morpho --example cable_by_hand
#![allow(clippy::print_stdout)]

use ntwk_morpho::geometry::generators::cable;
use ntwk_morpho::membrane::channels::Leak;
use ntwk_morpho::{
    Cell, Discretisation, Impedance, Location, Selection, Settings, Simulation, Waveform,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (length, diameter) = (1000.0, 2.0); // µm
    let (g, c_m, r_i) = (5e-5, 1.0, 100.0); // S/cm², µF/cm², Ω·cm
    let compartments = cable(length, diameter)?.compartments(&Discretisation::PerBranch(201))?;
    let mut cell = Cell::new(compartments, c_m, r_i)?;
    cell.insert("leak", &Selection::All, Leak { g, E: -70.0 })?;
    let [start, end] = [0.0, 1.0].map(|x| Location::new(0, x));

    // lambda = sqrt(d / (4 R_i g)), with the diameter in cm.
    let lambda = 1e4 * (diameter * 1e-4 / (4.0 * r_i * g)).sqrt();
    let steady = Impedance::new(&cell, 0.0, -70.0, 6.3)?;
    let attenuation = steady.attenuation(start, end)?.re;
    println!("steady attenuation from end to end: {attenuation:.4}");
    println!("cosh(L / lambda) of cable theory:   {:.4}", (length / lambda).cosh());
    println!("input resistance at the end: {:.1} MΩ", steady.input(start)?.re);

    cell.inject(start, Waveform::step(5.0, 100.0, 0.05))?; // ms, ms, nA
    let settings = Settings { v_init: -70.0, ..Settings::default() };
    let mut simulation = Simulation::new(&cell, &settings)?;
    for t in [5.0, 10.0, 25.0, 50.0, 105.0, 150.0] {
        simulation.run(t)?;
        let (near, far) = (simulation.voltage(start)?, simulation.voltage(end)?);
        println!("{t:5.1} ms  near {near:7.2} mV  far {far:7.2} mV");
    }
    Ok(())
}
