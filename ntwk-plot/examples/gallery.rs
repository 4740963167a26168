//! A tool of this repository. Draws every figure from made-up data: `cargo run -p ntwk-plot --example gallery -- DIR`.

use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use ntwk_analysis::{PopulationRate, PowerSpectrum, Window};
use ntwk_core::Spikes;
use ntwk_plot::figures::{
    Activity, Afferent, Compared, ConnectionDensity, Curve, Distribution, FixedPoint, HeatMap,
    Overview, PhasePlane, Quantity, RasterLimits, RasterPopulation, Series, Shading, TimeSpan,
    TransferData, VoltageTrace, activity_figure, compared, connectivity, heat_map, histogram,
    overlay, phase_plane, raster, spectra, surface, traces, transfer,
};
use ntwk_plot::{Figure, Layout, Panel, Spacing, Theme, Width};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DT: f64 = 0.1;
const STEPS: usize = 15_000;

/// Rate of the afferents in time: 4 Hz and a bump.
fn afferent(t: f64) -> f64 {
    let width = if t < 850.0 { 60.0 } else { 120.0 };
    4.0 + 8.0 * (-0.5 * ((t - 850.0) / width).powi(2)).exp()
}

fn population_rate(base: f64, gain: f64, t: f64) -> f64 {
    let onset = 1.0 - (-t / 40.0).exp();
    onset * (base + gain * (afferent(t - 5.0) - 4.0))
}

struct Population {
    name: &'static str,
    size: usize,
    spikes: Spikes,
    binned: PopulationRate,
    smoothed: PopulationRate,
    predicted: Vec<f64>,
}

fn population(
    name: &'static str,
    size: usize,
    base: f64,
    gain: f64,
    rng: &mut ChaCha8Rng,
) -> Result<Population, Box<dyn Error>> {
    let mut spikes = Spikes::default();
    let mut counts = vec![0_u32; STEPS];
    for (step, count) in counts.iter_mut().enumerate() {
        let p = population_rate(base, gain, step as f64 * DT) * DT * 1e-3;
        for id in 0..size as u32 {
            if rng.random::<f64>() < p {
                spikes.steps.push(step as u64);
                spikes.ids.push(id);
                *count += 1;
            }
        }
    }
    let window = Window::new(0, STEPS as u64)?;
    let binned = PopulationRate::from_counts(&counts, size, window, 20, DT)?;
    let smoothed = binned.smoothed(10.0)?;
    let predicted =
        (0..1500).map(|t| population_rate(1.05 * base, 0.93 * gain, f64::from(t))).collect();
    Ok(Population { name, size, spikes, binned, smoothed, predicted })
}

/// An Ornstein-Uhlenbeck membrane with spikes at a threshold.
fn membrane(mean: f64, sd: f64, rng: &mut ChaCha8Rng) -> (Array1<f64>, Vec<f64>) {
    let (tau, theta, reset) = (12.0, -50.0, -65.0);
    let mut v = mean;
    let mut held = 0;
    let mut spikes = Vec::new();
    let noise = sd * (2.0 * DT / tau).sqrt();
    let values = (0..STEPS)
        .map(|k| {
            let here = v;
            if held > 0 {
                held -= 1;
                return here;
            }
            // The sum of twelve uniform numbers is close to normal.
            let normal = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
            v += DT / tau * (mean - v) + noise * normal;
            if v > theta {
                v = reset;
                held = 50;
                spikes.push(k as f64 * DT);
            }
            here
        })
        .collect();
    (values, spikes)
}

struct Measured {
    first: Vec<f64>,
    second: Vec<f64>,
    rate: Array2<f64>,
    error: Array2<f64>,
    fine: Vec<f64>,
    fit: Array2<f64>,
}

fn measured(gain: f64, rng: &mut ChaCha8Rng) -> Measured {
    let f = |e: f64, i: f64| {
        let mean = -63.0 + gain * (2.2 * e - 0.42 * i) / (1.0 + 0.02 * (2.0 * e + i));
        let sd = 1.5 + 0.5 * (e + 0.3 * i).sqrt();
        25.0 * gain * libm::erfc((-47.0 - mean) / (std::f64::consts::SQRT_2 * sd))
    };
    let first: Vec<f64> = (1..=20).map(f64::from).collect();
    let second: Vec<f64> = (0..8).map(|j| 1.0 + 3.0 * f64::from(j)).collect();
    let fine: Vec<f64> = (0..=200).map(|i| 0.1 * f64::from(i)).collect();
    let error =
        Array2::from_shape_fn((20, 8), |(i, j)| 0.15 + (f(first[i], second[j]) / 40.0).sqrt());
    let rate = Array2::from_shape_fn((20, 8), |(i, j)| {
        let noise = 2.0 * rng.random::<f64>() - 1.0;
        (f(first[i], second[j]) + 1.5 * noise * error[[i, j]]).max(0.0)
    });
    let fit = Array2::from_shape_fn((201, 8), |(i, j)| f(fine[i], second[j]));
    Measured { first, second, rate, error, fine, fit }
}

fn data<'a>(name: &'a str, m: &'a Measured) -> TransferData<'a> {
    TransferData {
        name,
        first_name: "excitatory input",
        first_symbol: "ν_e",
        second_name: "inhibitory input",
        second_symbol: "ν_i",
        first: &m.first,
        second: &m.second,
        rate: m.rate.view(),
        error: Some(m.error.view()),
        fit: Some((&m.fine, m.fit.view())),
    }
}

/// Rates of two populations that excite and inhibit each other (Wilson and Cowan), as flow and nullclines.
fn wilson_cowan(theme: &Theme) -> Panel {
    let gain = |x: f64| 40.0 / (1.0 + (-(x - 12.0) / 4.0).exp());
    let slope = |e: f64, i: f64| {
        ((gain(0.9 * e - 0.55 * i + 6.0) - e) / 5.0, (gain(0.75 * e - 0.1 * i) - i) / 6.0)
    };
    let inverse = |r: f64| 12.0 - 4.0 * (40.0 / r - 1.0).ln();
    let axis = || (1..400).map(|k| 0.1 * f64::from(k));
    let x_null: Vec<_> = axis().map(|e| (e, (0.9 * e + 6.0 - inverse(e)) / 0.55)).collect();
    let y_null: Vec<_> = axis().map(|i| ((inverse(i) + 0.1 * i) / 0.75, i)).collect();
    let (mut e, mut i) = (2.0, 30.0);
    let mut path = vec![(e, i)];
    for _ in 0..9000 {
        let (de, di) = slope(e, i);
        (e, i) = (e + 0.01 * de, i + 0.01 * di);
        path.push((e, i));
    }
    let grid = || (0..15).map(|k| 1.0 + 2.7 * f64::from(k));
    let flow: Vec<_> = grid().flat_map(|e| grid().map(move |i| ((e, i), slope(e, i)))).collect();
    // The cycle runs around the crossing of the nullclines.
    let size = |p: &&(f64, f64)| slope(p.0, p.1).0.hypot(slope(p.0, p.1).1);
    let crossing =
        x_null.iter().min_by(|p, q| size(p).total_cmp(&size(q))).copied().unwrap_or_default();
    let plane = PhasePlane {
        x_label: "ν_e (Hz)",
        y_label: "ν_i (Hz)",
        x_range: (0.0, 40.0),
        y_range: (0.0, 40.0),
        flow: &flow,
        x_nullclines: &[x_null],
        y_nullclines: &[y_null],
        trajectories: &[path],
        fixed_points: &[FixedPoint { at: crossing, stable: false }],
    };
    phase_plane(&plane, theme)
}

/// The figures of analysis and scans.
fn more(
    populations: &[Population],
    rng: &mut ChaCha8Rng,
    theme: &Theme,
) -> Result<Vec<(&'static str, Figure)>, Box<dyn Error>> {
    let one = |title, height, panel| {
        Figure::new(title, Width::Column, height, Layout::panel(panel), theme)
    };
    let rates: Vec<Vec<f64>> = [2.0_f64, 7.0]
        .into_iter()
        .map(|mean| {
            (0..1000)
                .map(|_| mean * (0.2 + (0..4).map(|_| rng.random::<f64>()).sum::<f64>() * 0.4))
                .collect()
        })
        .collect();
    let distributions = [
        Distribution { name: "RS", values: &rates[0] },
        Distribution { name: "FS", values: &rates[1] },
    ];
    let welch: Vec<_> = populations
        .iter()
        .map(|p| PowerSpectrum::welch(&p.binned.values, p.binned.bin, 256))
        .collect::<Result<_, _>>()?;
    let named: Vec<_> = populations.iter().map(|p| p.name).zip(&welch).collect();
    let axis: Vec<f64> = (0..40).map(|k| 0.25 * f64::from(k)).collect();
    let scan = Array2::from_shape_fn((40, 40), |(i, j)| {
        let (g, nu) = (axis[i], axis[j]);
        if g < 0.6 && nu > 8.0 {
            f64::NAN
        } else {
            60.0 * (nu / 10.0) / (1.0 + (1.6 * (g - 4.0)).exp()) + 0.8 * nu
        }
    });
    let map = |shading| HeatMap {
        x_label: "relative inhibition g",
        y_label: "external rate (Hz)",
        label: "rate (Hz)",
        x: &axis,
        y: &axis,
        values: scan.view(),
        shading,
        range: None,
        spacing: [Spacing::Linear; 2],
    };
    let mut density = ConnectionDensity::new(&[("RS", 800), ("FS", 200)]);
    for source in 0..1000_usize {
        for target in 0..1000_usize {
            let at = |k: usize| if k < 800 { (0, k) } else { (1, k - 800) };
            let p = if source < 800 { 0.05 } else { 0.12 };
            if rng.random::<f64>() < p {
                density.add(at(source), at(target))?;
            }
        }
    }
    let times: Vec<f64> = (0..1500).map(f64::from).collect();
    let run = |scale: f64| {
        times.iter().map(|&t| population_rate(2.0 * scale, 1.3, t)).collect::<Vec<_>>()
    };
    let runs = [run(1.0), run(1.4), run(1.2)];
    let curves = [
        Curve { name: "b = 20 pA", series: Series::new(&times, &runs[0])?, predicted: false },
        Curve { name: "b = 0", series: Series::new(&times, &runs[1])?, predicted: false },
        Curve { name: "mean field", series: Series::new(&times, &runs[2])?, predicted: true },
    ];
    Ok(vec![
        ("histogram", one("Rates", 50.0, histogram(&distributions, 40, "firing rate (Hz)", theme))),
        ("spectra", one("Spectra", 55.0, spectra(&named, "Hz", theme))),
        ("scan", one("Scan", 62.0, heat_map(&map(Shading::Linear), theme)?)),
        ("scan-log", one("Scan", 62.0, heat_map(&map(Shading::Log), theme)?)),
        ("connectivity", one("Connectivity", 66.0, connectivity(&density, theme))),
        (
            "overlay",
            one("Overlay", 50.0, overlay(&curves, TimeSpan::new(0.0, 1500.0)?, "rate (Hz)", theme)),
        ),
        ("phase", one("Phase plane", 75.0, wilson_cowan(theme))),
    ])
}

fn save(dir: &Path, name: &str, figure: &Figure) -> Result<(), Box<dyn Error>> {
    std::fs::write(dir.join(format!("{name}.svg")), figure.to_svg())?;
    std::fs::write(dir.join(format!("{name}.png")), figure.to_png(4.0)?)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    std::fs::create_dir_all(&dir)?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let populations =
        [population("RS", 4000, 2.0, 1.3, &mut rng)?, population("FS", 1000, 7.0, 2.9, &mut rng)?];
    let times: Vec<f64> = (0..1500).map(f64::from).collect();
    let waveform: Vec<f64> = times.iter().map(|&t| afferent(t)).collect();
    let span = TimeSpan::new(0.0, 1500.0)?;
    let membranes: Vec<_> = [(0, "RS 1", -57.0), (0, "RS 2", -58.5), (1, "FS 1", -55.5)]
        .into_iter()
        .map(|(p, name, mean)| (p, name, membrane(mean, 3.2, &mut rng)))
        .collect();
    let (rs, fs) = (measured(1.0, &mut rng), measured(1.25, &mut rng));

    let spikes: Vec<_> = populations
        .iter()
        .enumerate()
        .map(|(color, p)| RasterPopulation {
            name: p.name,
            size: p.size,
            color,
            spikes: &p.spikes,
            rows: None,
        })
        .collect();
    let rates: Vec<_> = populations
        .iter()
        .map(|p| {
            Ok(Activity {
                name: p.name,
                binned: Some(&p.binned),
                smoothed: Some(&p.smoothed),
                predicted: Some(Series::new(&times, &p.predicted)?),
            })
        })
        .collect::<Result<_, ntwk_plot::PlotError>>()?;
    let afferents = [Afferent { name: "afferents", rate: Series::new(&times, &waveform)? }];
    let voltages: Vec<_> = membranes
        .iter()
        .map(|(population, name, (values, spikes))| VoltageTrace {
            name,
            population: *population,
            start: 0.0,
            interval: DT,
            values: values.view(),
            unit: "mV",
            spikes: spikes.clone(),
        })
        .collect();
    let tables = [data("RS", &rs), data("FS", &fs)];
    let values = |rows: [(f64, f64, f64); 2]| {
        ["RS", "FS"]
            .into_iter()
            .zip(rows)
            .map(|(name, (simulated, error, predicted))| Compared {
                name,
                simulated,
                error,
                predicted,
            })
            .collect::<Vec<_>>()
    };
    let rate = values([(2.03, 0.2, 2.11), (7.1, 0.5, 7.4)]);
    let mean = values([(-60.2, 0.9, -60.4), (-58.1, 1.1, -58.6)]);
    let sd = values([(3.1, 0.15, 3.4), (3.6, 0.2, 3.5)]);
    let quantities = [
        Quantity { label: "rate (Hz)", values: &rate },
        Quantity { label: "mean V_m (mV)", values: &mean },
        Quantity { label: "s.d. of V_m (mV)", values: &sd },
    ];

    for (suffix, theme) in [("", Theme::light()), ("-dark", Theme::dark())] {
        let one = |title, height, panel| {
            Figure::new(title, Width::Column, height, Layout::panel(panel), &theme)
        };
        let figures = [
            (
                "raster",
                one("Spikes", 60.0, raster(&spikes, DT, span, RasterLimits::default(), &theme)?),
            ),
            ("activity", activity_figure(&rates, &afferents, span, &theme)),
            ("traces", one("Membrane potentials", 60.0, traces(&voltages, span, None, &theme))),
            ("transfer", one("Transfer function", 60.0, transfer(&tables[0], &theme)?)),
            ("surface", one("Transfer function", 65.0, surface(&tables[0], true, &theme)?)),
            ("compared", compared(&quantities, &theme)?),
            (
                "overview",
                Overview {
                    title: "RS-FS network: simulation and mean field",
                    dt: DT,
                    span,
                    spikes: &spikes,
                    rates: &rates,
                    afferents: &afferents,
                    voltages: &voltages,
                    transfer: &tables,
                }
                .figure(&theme)?,
            ),
        ];
        for (name, figure) in figures.into_iter().chain(more(&populations, &mut rng, &theme)?) {
            save(&dir, &format!("{name}{suffix}"), &figure)?;
        }
    }
    Ok(())
}
