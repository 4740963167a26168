//! Writes the spikes of any program as a results file, and reads it back.
//!
//! cargo run --release -p ntwk-io --example results_file -- out.h5
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use ntwk_core::{PopulationRecording, Recording, Spikes};
use ntwk_io::{ResultFile, RunContents, WriteOptions, describe, write_run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).map_or_else(
        || std::env::temp_dir().join(format!("ntwk-example-{}.h5", std::process::id())),
        PathBuf::from,
    );
    let spikes = Spikes { steps: vec![12, 40, 40, 95], ids: vec![0, 1, 2, 0] };
    let mut counts = vec![0; 100]; // spikes of the population in each step
    for &step in &spikes.steps {
        counts[step as usize] += 1;
    }
    let cells = PopulationRecording {
        name: "cells".to_owned(),
        size: 3,
        spikes: Some(spikes),
        counts,
        traces: Vec::new(),
    };
    let (populations, afferents) = (vec![cells], Vec::new());
    let run = Recording { dt: 0.1, n_steps: 100, populations, afferents }; // ms
    let contents =
        RunContents { recording: Some(&run), model: None, provenance: None, theory: &[] };
    write_run(&file, &contents, &WriteOptions::default())?;

    println!("{:?}", describe(&file)?.layout);
    let read = ResultFile::open(&file)?.recording()?.ok_or("no run")?;
    println!("spikes of neuron 0 (ms): {:?}", read.spike_times("cells", 0));
    println!("rates (Hz): {:?}", read.rates(0.0..10.0));
    Ok(())
}
