//! Time of an exchange between ranks against its size, on the machines and the network it is started on:
//!
//! ```sh
//! cargo build --release -p ntwk-mpi --features mpi --example exchange
//! mpirun -n 4 target/release/examples/exchange
//! ```
#![allow(clippy::print_stdout)]

use std::time::Instant;

use ntwk_mpi::World;

/// Exchanges of one size, of which the least mean of [`ROUNDS`] counts: other programs make them longer only.
const EXCHANGES: u32 = 200;
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let world = World::start()?;
    let ranks = world.ranks();
    let speaks = ranks.rank() == 0;
    if speaks {
        println!("{} ranks, {}", ranks.ranks(), World::library()?.lines().next().unwrap_or(""));
        println!("{:>16} {:>16}", "spikes of a rank", "µs per exchange");
    }
    for words in [8, 64, 512, 4096, 32768] {
        let own = vec![ranks.rank() as u32; words];
        let lengths = vec![words; ranks.ranks()];
        let mut all = Vec::new();
        let mut least = f64::INFINITY;
        for _ in 0..ROUNDS {
            ranks.any(false);
            let begun = Instant::now();
            for _ in 0..EXCHANGES {
                ranks.gather_all(&own, &lengths, &mut all);
            }
            least = least.min(begun.elapsed().as_secs_f64() / f64::from(EXCHANGES));
        }
        if speaks {
            println!("{words:>16} {:>16.1}", least * 1e6);
        }
    }
    Ok(())
}
