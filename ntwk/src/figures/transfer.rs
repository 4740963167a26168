//! The figure of a fitted transfer function: curves, surface, residuals.

use ntwk_core::Membrane;
use ntwk_meanfield::scan::single_cell::SingleCellScan;
use ntwk_meanfield::{DynTransferFunction, Fit, Moments, ScanPoint};
use ntwk_plot::figures::{surface, transfer};
use ntwk_plot::{
    Axis, ColorBar, Colormap, Figure, Label, Layout, Mark, Panel, PlotError, Spacing, Stroke,
    Swatch, Theme, Width, range_of,
};

use crate::figures::overview::TransferGrid;
use ntwk_meanfield::prediction::predict::FittedPopulation;

/// A scan with its fit, as far as the figure needs it.
#[derive(Debug, Clone)]
pub struct FittedScan {
    /// Population.
    pub name: String,
    /// Constants of its cell.
    pub membrane: Membrane,
    /// The points.
    pub points: Vec<ScanPoint>,
    /// The fit.
    pub fit: Fit,
    /// Indices of the points that were fitted.
    pub fitted_points: Vec<usize>,
    /// The scan, where it is one at presynaptic rates.
    pub single: Option<SingleCellScan>,
}

/// Draws the transfer function of one population: measured points with standard errors and fitted curves, coloured by
/// the second quantity; the surface, for a scan at presynaptic rates; the residuals over the moments.
///
/// # Errors
/// [`PlotError`].
pub fn transfer_figure(scan: &FittedScan, theme: &Theme) -> Result<Figure, PlotError> {
    let grid = scan.single.as_ref().and_then(|single| {
        TransferGrid::new(&FittedPopulation {
            name: scan.name.clone(),
            scan: single.clone(),
            fit: scan.fit.clone(),
            fitted_points: scan.fitted_points.clone(),
            table: None,
            given: None,
        })
    });
    let mut rows = Vec::new();
    match grid {
        Some(grid) => {
            let data = grid.data();
            let curves = transfer(&data, theme)?;
            // Beside its curves the surface needs neither points nor a title.
            let shape = Panel { title: Label::default(), ..surface(&data, false, theme)? };
            rows.push((
                1.0,
                Layout::Row(vec![(1.2, Layout::panel(curves)), (1.0, Layout::panel(shape))]),
            ));
        }
        None => rows.push((1.0, Layout::panel(against_mean(scan, theme)))),
    }
    rows.push((
        1.0,
        Layout::Row(vec![
            (1.0, Layout::panel(residual_map(scan, theme))),
            (1.0, Layout::panel(agreement(scan, theme))),
        ]),
    ));
    let title = format!("Transfer function of {}", scan.name);
    Ok(Figure::new(&title, Width::Page, 65.0 * rows.len() as f64, Layout::Column(rows), theme))
}

/// Rate against `mu_V`, coloured by `sigma_V`, at the `tau_V` in the middle of the scan.
fn against_mean(scan: &FittedScan, theme: &Theme) -> Panel {
    let distinct = |f: fn(&Moments) -> f64| {
        let mut values: Vec<f64> = scan.points.iter().map(|p| f(&p.moments)).collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| (*a - *b).abs() < 1e-6 * b.abs());
        values
    };
    let taus = distinct(|m| m.tau_V);
    let sigmas = distinct(|m| m.sigma_V);
    let tau = taus.get(taus.len() / 2).copied().unwrap_or(0.0);
    let bar = ColorBar {
        map: theme.colormap,
        shades: theme.shades,
        range: range_of(sigmas.iter().copied(), 0.0),
        label: Label::math("σ_V (mV)"),
        spacing: Spacing::Linear,
    };
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6 * b.abs();
    let mut marks = Vec::new();
    let mut highest: f64 = 0.0;
    for &sigma in &sigmas {
        let mut shown: Vec<&ScanPoint> = scan
            .fitted_points
            .iter()
            .map(|&i| &scan.points[i])
            .filter(|p| near(p.moments.tau_V, tau) && near(p.moments.sigma_V, sigma))
            .collect();
        shown.sort_by(|a, b| a.moments.mu_V.total_cmp(&b.moments.mu_V));
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else { continue };
        let color = bar.color(sigma);
        let (low, high) = (first.moments.mu_V, last.moments.mu_V);
        let template = first.moments;
        let curve = (0..=100).map(|k| {
            let mu = low + (high - low) * f64::from(k) / 100.0;
            let moments = Moments { mu_V: mu, ..template };
            (mu, scan.fit.transfer_function.rate_value(&scan.membrane, &moments))
        });
        marks.push(Mark::line(curve, Stroke::solid(color, 0.9)));
        highest = shown.iter().map(|p| p.rate + p.standard_error).fold(highest, f64::max);
        marks.push(Mark::Points {
            points: shown.iter().map(|p| (p.moments.mu_V, p.rate)).collect(),
            errors: shown.iter().map(|p| p.standard_error).collect(),
            color,
            radius: 1.3,
            hollow: false,
        });
    }
    let title = Label::math(&format!("{}, τ_V = {tau:.1} ms", scan.name));
    Panel {
        marks,
        key: vec![
            (Swatch::Bar(theme.muted), Label::plain("measured ± s.e.m.")),
            (Swatch::Line(Stroke::solid(theme.muted, 0.9)), "fit".into()),
        ],
        title,
        color_bar: Some(bar),
        ..Panel::new(
            Axis::new("μ_V (mV)"),
            Axis::new("output rate (Hz)").range(0.0, (1.05 * highest).max(1e-9)),
        )
    }
}

/// Fitted minus measured rate over the moments; rings are points that were left out of the fit.
fn residual_map(scan: &FittedScan, theme: &Theme) -> Panel {
    let most = scan.fit.residuals.iter().fold(0.0, |m: f64, r| m.max(r.abs())).max(1e-9);
    let bar = ColorBar {
        map: Colormap::Diverging,
        shades: (0.0, 1.0),
        range: (-most, most),
        label: Label::plain("fitted − measured (Hz)"),
        spacing: Spacing::Linear,
    };
    let place = |i: usize| (scan.points[i].moments.mu_V, scan.points[i].moments.sigma_V);
    let left_out: Vec<(f64, f64)> =
        (0..scan.points.len()).filter(|i| !scan.fitted_points.contains(i)).map(place).collect();
    let mut marks = vec![Mark::Points {
        points: left_out.clone(),
        errors: Vec::new(),
        color: theme.faint,
        radius: 1.6,
        hollow: true,
    }];
    for (&i, &residual) in scan.fitted_points.iter().zip(&scan.fit.residuals) {
        marks.push(Mark::discs([place(i)], bar.color(residual), 1.8));
    }
    let mut key = Vec::new();
    if !left_out.is_empty() {
        key.push((Swatch::Ring(theme.faint), Label::plain("above the rate limit, not fitted")));
    }
    Panel {
        marks,
        key,
        color_bar: Some(bar),
        ..Panel::new(Axis::new("μ_V (mV)"), Axis::new("σ_V (mV)"))
    }
}

/// Residuals against the fitted rate, with the standard errors of the measurement.
fn agreement(scan: &FittedScan, theme: &Theme) -> Panel {
    let rows: Vec<(f64, f64, f64)> = scan
        .fitted_points
        .iter()
        .zip(&scan.fit.residuals)
        .map(|(&i, &residual)| {
            let point = &scan.points[i];
            (point.rate + residual, residual, point.standard_error)
        })
        .collect();
    let highest = rows.iter().fold(1e-9, |m: f64, r| m.max(r.0));
    let marks = vec![
        Mark::line([(0.0, 0.0), (highest, 0.0)], Stroke::solid(theme.faint, 0.8)),
        Mark::Points {
            points: rows.iter().map(|r| (r.0, r.1)).collect(),
            errors: rows.iter().map(|r| r.2).collect(),
            color: theme.population(0),
            radius: 1.2,
            hollow: false,
        },
    ];
    let quality = &scan.fit.quality;
    let title =
        format!("R² = {:.5}, rms {:.3} Hz", quality.r_squared, quality.mean_squared_error.sqrt());
    Panel {
        marks,
        key: vec![(Swatch::Bar(theme.population(0)), Label::plain("± s.e.m. of the measurement"))],
        title: Label::plain(title),
        ..Panel::new(Axis::new("fitted rate (Hz)"), Axis::new("fitted − measured (Hz)"))
    }
}
