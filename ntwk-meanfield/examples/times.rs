//! A tool of this repository. Times of the mean field: of the RS-FS network a fixed point, a trajectory, a map of fixed points; of a network with
//! 31-term thresholds a trajectory.
//!
//! `cargo run --release -p ntwk-meanfield --example times -- [REPEATS] [THREADS]` prints one JSON object with the best of the
//! repeats; `validation/peers/meanfield.py` runs it beside the same systems in Python.

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use ntwk_core::{Job, Membrane};
use ntwk_meanfield::*;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Thresholds (V) of regular- and fast-spiking cells: the four linear terms, fitted to a scan with the moments of this crate.
const COEFFICIENTS: [[f64; 4]; 2] =
    [[-0.051300, 0.0066140, 0.0015179, 0.0029649], [-0.051499, 0.0030956, 0.00018195, -0.00016262]];

/// The network, with the weight (nS) of its inhibitory synapses.
fn rs_fs(inhibitory: f64) -> Result<MeanField, Failure> {
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
    let synapse = |in_degree, weight, reversal| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev: reversal,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let mut populations = Vec::new();
    for (name, size, c) in [("RS", 8000, COEFFICIENTS[0]), ("FS", 2000, COEFFICIENTS[1])] {
        let function = EffectiveThreshold::from_volts(ThresholdForm::Linear4, &c, None)?;
        populations.push(MeanFieldPopulation {
            name: name.to_owned(),
            size,
            membrane,
            transfer_function: Arc::new(function),
            connections: vec![
                Connection { source: Source::Population(0), synapse: synapse(400.0, 1.0, 0.0) },
                Connection {
                    source: Source::Population(1),
                    synapse: synapse(100.0, inhibitory, -80.0),
                },
                Connection { source: Source::Afferent(0), synapse: synapse(400.0, 1.0, 0.0) },
            ],
            adaptation: Adaptation::InTransferFunction,
        });
    }
    Ok(MeanField::new(populations, vec!["drive".to_owned()], 5.0)?)
}

/// The network `The_Spectrum_of_Asynch_Dyn_2018` of neural_network_dynamics, with its coefficients.
fn spectrum() -> Result<MeanField, Failure> {
    let data = include_str!("../tests/data/skewness_threshold.json");
    let data: serde_json::Value = serde_json::from_str(data)?;
    let synapse = |in_degree, weight, reversal| SynapseClass {
        in_degree,
        weight,
        tau_syn: 5.0,
        E_rev: reversal,
        mixture: None,
        tau_rise: 0.0,
        short_term: None,
    };
    let mut populations = Vec::new();
    for (name, size, threshold) in [("RecExc", 4000, -50.0), ("RecInh", 1000, -53.0)] {
        let membrane = Membrane {
            C_m: 200.0,
            g_L: 10.0,
            E_L: -70.0,
            V_th: threshold,
            V_reset: -70.0,
            t_ref: 5.0,
            a: 0.0,
            b: 0.0,
            tau_w: 500.0,
        };
        let c: Vec<f64> = serde_json::from_value(data["coefficients_V"][name].clone())?;
        let function = EffectiveThreshold::from_volts(ThresholdForm::Skewness31, &c, None)?;
        populations.push(MeanFieldPopulation {
            name: name.to_owned(),
            size,
            membrane,
            transfer_function: Arc::new(function),
            connections: vec![
                Connection { source: Source::Population(0), synapse: synapse(200.0, 2.0, 0.0) },
                Connection { source: Source::Population(1), synapse: synapse(50.0, 10.0, -80.0) },
                Connection { source: Source::Afferent(0), synapse: synapse(10.0, 4.0, 0.0) },
            ],
            adaptation: Adaptation::InTransferFunction,
        });
    }
    Ok(MeanField::new(populations, vec!["AffExc".to_owned()], 5.0)?)
}

/// A Gaussian bump of `height` (Hz) at 700 ms on 4 Hz.
fn bump(height: f64) -> FunctionInput<impl Fn(f64, &mut Input)> {
    FunctionInput {
        function: move |t: f64, input: &mut Input| {
            input.afferent_rates[0] = 4.0 + height * (-0.5 * ((t - 700.0) / 100.0).powi(2)).exp();
        },
        discontinuities: Vec::new(),
    }
}

/// Shortest of the repeats (s), and what the last one gave.
fn best<T>(
    repeats: usize,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<(f64, T), Failure> {
    let mut shortest = f64::INFINITY;
    let mut result = None;
    for _ in 0..repeats.max(1) {
        let start = Instant::now();
        result = Some(work()?);
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    result.map(|r| (shortest, r)).ok_or_else(|| "no repeat".into())
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>());
    let repeats = arguments.next().transpose()?.unwrap_or(20);
    let threads = arguments.next().transpose()?.unwrap_or(2);
    let system = rs_fs(5.0)?;
    let drive = Input { afferent_rates: vec![4.0], currents: vec![0.0; 2] };
    let options = FixedPointOptions::default();

    let start = [vec![1.0, 1.0]];
    let (one, _) =
        best(repeats, || Ok(find_fixed_points(&system, &drive, &start, &options, &Job::new())?))?;
    let starts = default_starts(2);
    let (all, points) =
        best(repeats, || Ok(find_fixed_points(&system, &drive, &starts, &options, &Job::new())?))?;
    let (complete, every) =
        best(repeats, || Ok(all_fixed_points(&system, &drive, true, &Job::new())?))?;
    let rest = points.points.first().ok_or("no fixed point")?;

    // 1.5 s every 0.1 ms.
    let times: Vec<f64> = (0..=15_000).map(|k| 0.1 * f64::from(k)).collect();
    let settings = IntegrationOptions::default();
    let (course, trajectory) = best(repeats, || {
        Ok(integrate(&system, &[0.0, 0.0], &bump(4.0), &times, &settings, &Job::new())?)
    })?;
    let peak = trajectory.component(0).fold(0.0, f64::max);
    let terms = spectrum()?;
    let (terms_course, terms_trajectory) = best(repeats, || {
        Ok(integrate(&terms, &[1.0, 1.0], &bump(6.0), &times, &settings, &Job::new())?)
    })?;
    let terms_peak = terms_trajectory.component(0).fold(0.0, f64::max);

    let side = 100;
    let at = |k: usize| k as f64 / (side - 1) as f64;
    let place = |i: usize| -> Result<(MeanField, Input), Failure> {
        let system = rs_fs(3.0 + 5.0 * at(i / side))?;
        let rate = 2.0 + 10.0 * at(i % side);
        Ok((system, Input { afferent_rates: vec![rate], currents: vec![0.0; 2] }))
    };
    let (map, places) = best(repeats.min(3), || {
        Ok(map_fixed_points(side * side, &place, &Job::threads(threads))?)
    })?;
    let known = places.iter().flatten();
    let (found, failed) = known.fold((0, 0), |(a, b), p| {
        (a + usize::from(!p.points.is_empty()), b + usize::from(p.index_sum() != 1))
    });
    println!(
        "{{\"fixed_point_s\": {one:e}, \"fixed_points_from_starts_s\": {all:e}, \"all_fixed_points_s\": {complete:e}, \"all_fixed_points\": {},  \"rates_hz\": {:?}, \
         \"trajectory_s\": {course:e}, \"peak_hz\": {peak}, \"terms_trajectory_s\": {terms_course:e}, \
         \"terms_peak_hz\": {terms_peak}, \"map_s\": {map:e}, \"map_threads\": {threads}, \
         \"map_places_with_fixed_point\": {found}, \"map_incomplete\": {failed}}}",
        every.points.len(),
        rest.rates
    );
    Ok(())
}
