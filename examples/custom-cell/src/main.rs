//! Runs `network.toml`, in which half of the network is made of the cell of this crate, and draws it.
//!
//! cargo run --release -p custom-cell -- examples/custom-cell/network.toml out/custom-cell

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use ntwk::core::engine::run::simulate;
use ntwk::figures::overview::overview;
use ntwk::plot::Theme;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(file), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: custom-cell MODEL.toml FOLDER".into());
    };
    let library = custom_cell::library();
    // The same strict reader as for every model, with one kind more.
    let model = ntwk::io::read_model(&file, &[], &library)?;
    let run = simulate(&model, &ntwk::core::Job::threads(1))?;
    if let Some(stop) = run.stopped {
        return Err(stop.to_string().into());
    }
    let mut out = std::io::stdout();
    for population in &run.recording.populations {
        let spikes: u64 = population.counts.iter().map(|&c| u64::from(c)).sum();
        let seconds = run.recording.duration() * 1e-3;
        let rate = spikes as f64 / population.size as f64 / seconds;
        writeln!(out, "{}: {spikes} spikes, {rate:.2} Hz", population.name)?;
    }
    std::fs::create_dir_all(&folder)?;
    let figure = overview(&model, &run.recording, None, 5.0, &Theme::light())?;
    std::fs::write(folder.join("overview.svg"), figure.to_svg())?;
    std::fs::write(folder.join("overview.png"), figure.to_png(300.0 / 72.0)?)?;
    Ok(())
}
