//! Irregularity, counts and correlations of spike trains that came from anywhere.
//!
//! cargo run --release -p ntwk-analysis --example spike_statistics
#![allow(clippy::print_stdout)]

use ntwk_analysis::{
    Bins, Irregularity, SpikeTrains, Window, mean_count_correlation, mean_fano_factor, neuron_rates,
};
use ntwk_core::Spikes;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (dt, neurons) = (0.1, 3); // ms
    // Three trains of 10 s: a clock, a clock half a period later, and one whose intervals alternate.
    let mut spikes: Vec<(u64, u32)> = (0..100).map(|k| (1000 * k, 0)).collect();
    spikes.extend((0..100).map(|k| (1000 * k + 500, 1)));
    spikes.extend((0..100).map(|k| (1000 * k + if k % 2 == 0 { 0 } else { 600 }, 2)));
    spikes.sort_unstable();
    let spikes = Spikes {
        steps: spikes.iter().map(|s| s.0).collect(),
        ids: spikes.iter().map(|s| s.1).collect(),
    };
    let window = Window::from_ms(0.0, 10_000.0, dt)?;
    let trains = SpikeTrains::new(&spikes, neurons, Some(window))?;
    let bins = Bins::new(window, 500)?; // 50 ms

    println!("rates (Hz): {:.1?}", neuron_rates(&spikes, neurons, window, dt)?);
    for (neuron, train) in trains.iter().enumerate() {
        println!(
            "neuron {neuron}: CV of the intervals {:.2?}",
            ntwk_analysis::intervals::cv(train)
        );
    }
    println!("mean over the neurons: {:.2?}", Irregularity::of(&trains, 5));
    println!(
        "Fano factor of 50 ms counts: {:.3?}",
        mean_fano_factor(&trains, bins).map(|f| f.value)
    );
    println!("mean count correlation: {:.3?}", mean_count_correlation(&trains, bins));
    Ok(())
}
