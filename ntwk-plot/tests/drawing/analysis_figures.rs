//! The figures of analysis and scans are legible for any amount of data.

use crate::common::assert_legible;
use ndarray::Array2;
use ntwk_analysis::PowerSpectrum;
use ntwk_plot::figures::{
    ConnectionDensity, Curve, Distribution, FixedPoint, HeatMap, PhasePlane, Series, Shading,
    TimeSpan, connectivity, heat_map, histogram, overlay, phase_plane, spectra,
};
use ntwk_plot::{Figure, Layout, Panel, Spacing, Theme, Width};

/// The figures of analysis and scans, of `n` values each.
fn analysis_panels(n: usize, theme: &Theme) -> Vec<Panel> {
    let values: Vec<f64> = (0..n).map(|i| 3.0 * i as f64).collect();
    let spectrum = PowerSpectrum {
        frequencies: values.clone(),
        density: values.iter().map(|f| 1.0 / (1.0 + f)).collect(),
        segments: 1,
    };
    let grid = Array2::from_shape_fn((n, n), |(i, j)| i as f64 - j as f64);
    let map = |shading| HeatMap {
        x_label: "g",
        y_label: "external rate (Hz)",
        label: "rate (Hz)",
        x: &values,
        y: &values,
        values: grid.view(),
        shading,
        range: None,
        spacing: [Spacing::Linear; 2],
    };
    let mut density = ConnectionDensity::new(&[("E", n), ("I", n)]);
    (0..n).for_each(|i| density.add((0, i), (1, i)).unwrap());
    let points: Vec<(f64, f64)> = values.iter().map(|&v| (v, v)).collect();
    let plane = PhasePlane {
        x_label: "ν_e (Hz)",
        y_label: "ν_i (Hz)",
        x_range: (0.0, 30.0),
        y_range: (0.0, 30.0),
        flow: &points.iter().map(|&p| (p, (1.0, 0.0))).collect::<Vec<_>>(),
        x_nullclines: std::slice::from_ref(&points),
        y_nullclines: std::slice::from_ref(&points),
        trajectories: std::slice::from_ref(&points),
        fixed_points: &points.iter().map(|&at| FixedPoint { at, stable: true }).collect::<Vec<_>>(),
    };
    let span = TimeSpan::new(0.0, 30.0).unwrap();
    let series = Series::new(&values, &values).unwrap();
    let mut panels = vec![
        histogram(&[Distribution { name: "E", values: &values }], 10, "rate (Hz)", theme),
        spectra(&[("E", &spectrum)], "Hz", theme),
        connectivity(&density, theme),
        phase_plane(&plane, theme),
        overlay(&[Curve { name: "run", series, predicted: false }], span, "V_m (mV)", theme),
    ];
    for shading in [Shading::Linear, Shading::Log, Shading::Signed] {
        panels.push(heat_map(&map(shading), theme).unwrap());
    }
    panels
}

#[test]
fn analysis_figures_are_legible_for_any_amount_of_data() {
    for theme in [Theme::light(), Theme::dark()] {
        for n in [0, 1, 2, 30] {
            for (i, panel) in analysis_panels(n, &theme).into_iter().enumerate() {
                let title = format!("panel {i} of {n} values");
                assert_legible(&Figure::new(
                    title,
                    Width::Column,
                    60.0,
                    Layout::panel(panel),
                    &theme,
                ));
            }
        }
    }
}

#[test]
fn cells_share_their_edges_and_miss_none() {
    let theme = Theme::light();
    let values: Vec<f64> = (0..7).map(f64::from).collect();
    let grid = Array2::from_shape_fn((7, 7), |(i, j)| (i * 7 + j) as f64);
    let map = HeatMap {
        x_label: "x",
        y_label: "y",
        label: "z",
        x: &values,
        y: &values,
        values: grid.view(),
        shading: Shading::Linear,
        range: None,
        spacing: [Spacing::Linear; 2],
    };
    let panel = heat_map(&map, &theme).unwrap();
    let png =
        Figure::new("", Width::Column, 60.0, Layout::panel(panel), &theme).to_png(3.0).unwrap();
    let image = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    // Within the map, along a row and a column through its middle, no pixel shows the background.
    let (w, h) = (image.width(), image.height());
    let white =
        |x, y| image.pixel(x, y).is_some_and(|p| (p.red(), p.green(), p.blue()) == (255, 255, 255));
    assert!((w / 4..w * 6 / 10).all(|x| !white(x, h / 2)));
    assert!((h / 4..h * 6 / 10).all(|y| !white(w / 2, y)));
}
