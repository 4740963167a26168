//! Firing rate against injected current of a published cell.
//!
//! cargo run --release -p ntwk-cells --example f_i_curve -- RS
#![allow(clippy::print_stdout)]

use ntwk_cells::protocol::{Bench, FiProtocol};
use ntwk_core::spec::{CellSpec, Method};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "RS".to_owned());
    let bench = Bench { method: Method::Heun, ..Bench::new(CellSpec::preset(name)) };
    let protocol = FiProtocol { from: 0.0, to: 600.0, points: 7, duration: 1000.0, settle: 300.0 };
    let (_, recording) = protocol.run(&bench, &ntwk_cells::library())?;
    let curve = protocol.curve(&recording);
    for point in &curve.points {
        println!("{:5.0} pA  {:6.1} Hz", point.current, point.rate);
    }
    println!("gain: {:.3?} Hz/pA", curve.gain());
    Ok(())
}
