//! A figure of two panels, written as SVG and PNG into a folder.
//!
//! cargo run --release -p ntwk-plot --example figure -- FOLDER
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let theme = Theme::light();
    let over = |f: fn(f64) -> f64| (0..200).map(|k| (f64::from(k), f(f64::from(k)))).collect();
    let alpha = |t: f64| t / 5.0 * (1.0 - t / 5.0).exp();
    let curve = |name, points, color, style| NamedCurve { name, points, color: Some(color), style };
    let conductance = curves(
        Axis::new("time (ms)"),
        Axis::new("conductance (nS)"),
        &[
            curve("alpha", over(alpha), 0, Style::Line),
            curve("exponential", over(|t| (-t / 5.0).exp()), 1, Style::Dashed),
        ],
        &theme,
    );
    let rate = |mu: f64| 100.0 / (1.0 + (-(mu - 100.0) / 10.0).exp());
    let response = curves(
        Axis::new("input (pA)"),
        Axis::new("rate (Hz)"),
        &[curve("", over(rate), 0, Style::Line)],
        &theme,
    );
    let layout =
        Layout::Row(vec![(1.0, Layout::panel(conductance)), (1.0, Layout::panel(response))]);
    let figure = Figure::new("Two panels", Width::Page, 60.0, layout, &theme);
    let file = folder.join("figure.svg");
    std::fs::write(&file, figure.to_svg())?;
    std::fs::write(folder.join("figure.png"), figure.to_png(300.0 / 72.0)?)?;
    println!("{} and figure.png beside it", file.display());
    Ok(())
}
