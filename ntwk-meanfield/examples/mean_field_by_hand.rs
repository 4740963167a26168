//! A mean field without a network: two populations of leaky integrate-and-fire neurons, their fixed point and the response
//! to a step of the drive.
//!
//! cargo run --release -p ntwk-meanfield --example mean_field_by_hand
#![allow(clippy::print_stdout)]

use std::sync::Arc;

use ntwk_core::{Job, Membrane};
use ntwk_meanfield::{
    Adaptation, Connection, FixedPointOptions, FunctionInput, Input, IntegrationOptions, MeanField,
    MeanFieldPopulation, Siegert, Source, Stability, SynapseClass, default_starts,
    find_fixed_points, integrate,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let membrane = Membrane {
        C_m: 200.0,
        g_L: 10.0,
        E_L: -65.0,
        V_th: -50.0,
        V_reset: -65.0,
        t_ref: 5.0,
        a: 0.0,
        b: 0.0,
        tau_w: 500.0,
    };
    let onto = |source, in_degree, weight, reversal| {
        let synapse = SynapseClass {
            in_degree,
            weight,
            tau_syn: 5.0,
            E_rev: reversal,
            mixture: None,
            tau_rise: 0.0,
            short_term: None,
        };
        Connection { source, synapse }
    };
    let population = |name: &str, size| MeanFieldPopulation {
        name: name.to_owned(),
        size,
        membrane,
        transfer_function: Arc::new(Siegert::White),
        connections: vec![
            onto(Source::Population(0), 200.0, 1.0, 0.0),
            onto(Source::Population(1), 50.0, 5.0, -80.0),
            onto(Source::Afferent(0), 200.0, 1.0, 0.0),
        ],
        adaptation: Adaptation::InTransferFunction,
    };
    let populations = vec![population("E", 4000), population("I", 1000)];
    let system = MeanField::new(populations, vec!["drive".to_owned()], 5.0)?; // T (ms)

    let job = Job::new();
    let drive = |rate| Input { afferent_rates: vec![rate], currents: vec![0.0, 0.0] };
    let (starts, options) = (default_starts(2), FixedPointOptions::default());
    let found = find_fixed_points(&system, &drive(8.0), &starts, &options, &job)?;
    for point in &found.points {
        println!("{:?} fixed point at {:.3?} Hz", point.stability, point.rates);
    }
    let stable = found.points.iter().find(|p| p.stability == Stability::Stable);
    let start = &stable.ok_or("no stable fixed point")?.rates;

    let step = |t: f64, input: &mut Input| {
        input.afferent_rates[0] = if t < 50.0 { 8.0 } else { 12.0 };
    };
    let source = FunctionInput { function: step, discontinuities: vec![50.0] };
    let times: Vec<f64> = (0..=15).map(|k| 10.0 * f64::from(k)).collect(); // ms
    let response =
        integrate(&system, start, &source, &times, &IntegrationOptions::default(), &job)?;
    for (t, (e, i)) in times.iter().zip(response.component(0).zip(response.component(1))) {
        println!("{t:4.0} ms  E {e:6.2} Hz  I {i:6.2} Hz");
    }
    Ok(())
}
