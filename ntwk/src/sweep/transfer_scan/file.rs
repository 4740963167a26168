//! The scan of a transfer function as labelled arrays, and back.

use ntwk_io::{ScanArray, ScanData, ScanValues};
use ntwk_meanfield::MomentsError;
use ntwk_meanfield::scan::measurement::Measurement;
use ntwk_meanfield::scan::spike_trains::Autocovariance;

use crate::sweep::store::PointStatus;
use crate::sweep::transfer_scan::{Outcome, Points, TransferScan};

/// The arrays of a scan; `design` says how its points were chosen.
///
/// # Errors
/// [`MomentsError`] where moments are not defined.
pub(crate) fn data(scan: &TransferScan, design: &str) -> Result<ScanData, MomentsError> {
    let n = scan.outcomes.len();
    let numbers = ScanValues::Numbers;
    let mut axes = vec![ScanArray {
        name: "point".to_owned(),
        axes: vec!["point".to_owned()],
        values: numbers((0..n).map(|i| i as f64).collect()),
        unit: "1".to_owned(),
        long_name: format!("points of the scan of {}: {design}", scan.population),
    }];
    let mut arrays = Vec::new();
    let mut add = |name: &str, more: Option<&str>, values, unit: &str, long_name: &str| {
        let along = ["point"].into_iter().chain(more).map(str::to_owned).collect();
        arrays.push(ScanArray {
            name: name.to_owned(),
            axes: along,
            values,
            unit: unit.to_owned(),
            long_name: long_name.to_owned(),
        });
    };
    if let Points::Rates(plan) = &scan.points {
        axes.push(ScanArray {
            name: "input_class".to_owned(),
            axes: vec!["input_class".to_owned()],
            values: ScanValues::Texts(
                (0..plan.classes.len()).map(|c| plan.class_name(c)).collect(),
            ),
            unit: "1".to_owned(),
            long_name: "class of inputs".to_owned(),
        });
        let rates = plan.rates.iter().flatten().copied().collect();
        add("input_rate", Some("input_class"), numbers(rates), "Hz", "presynaptic rate");
    }
    let moments = (0..n).map(|i| scan.points.moments(i)).collect::<Result<Vec<_>, _>>()?;
    let of = |f: fn(&ntwk_meanfield::Moments) -> f64| numbers(moments.iter().map(f).collect());
    add("mu_V", None, of(|m| m.mu_V), "mV", "mean membrane potential of the theory");
    add("sigma_V", None, of(|m| m.sigma_V), "mV", "its standard deviation");
    add("gamma_V", None, of(|m| m.gamma_V), "1", "its skewness");
    add("tau_V", None, of(|m| m.tau_V), "ms", "its autocorrelation time");
    add("mu_G", None, of(|m| m.mu_G), "nS", "mean conductance");
    let measured = |f: fn(&Measurement) -> f64| {
        let value = |o: &Outcome| match o {
            Outcome::Done(m) => f(m),
            _ => f64::NAN,
        };
        numbers(scan.outcomes.iter().map(value).collect())
    };
    add("rate", None, measured(|m| m.rate), "Hz", "measured rate, mean over cells");
    add("standard_error", None, measured(|m| m.standard_error), "Hz", "its standard error");
    add("cells", None, measured(|m| m.samples as f64), "1", "cells measured");
    let mean = measured(|m| m.V_m_mean.unwrap_or(f64::NAN));
    add(
        "V_m_mean",
        None,
        mean,
        "mV",
        "measured mean membrane potential outside refractory periods",
    );
    let sd = measured(|m| m.V_m_sd.unwrap_or(f64::NAN));
    add("V_m_sd", None, sd, "mV", "its measured standard deviation in time, mean over cells");
    // All points have the same bins of lags.
    let trains = scan.outcomes.iter().map(|o| match o {
        Outcome::Done(m) => m.autocovariance.as_ref(),
        _ => None,
    });
    let lags: Vec<f64> = trains
        .clone()
        .flatten()
        .next()
        .map_or_else(Vec::new, |train| train.lags().map(|l| l.0).collect());
    if !lags.is_empty() {
        let values = trains.flat_map(|train| {
            let unknown = || vec![f64::NAN; lags.len()];
            train.map_or_else(unknown, |t| t.lags().map(|l| l.1).collect())
        });
        let long_name = "autocovariance of the spikes of a cell over its squared rate";
        add("autocovariance", Some("lag"), numbers(values.collect()), "1", long_name);
        axes.push(ScanArray {
            name: "lag".to_owned(),
            axes: vec!["lag".to_owned()],
            values: numbers(lags),
            unit: "ms".to_owned(),
            long_name: "time after a spike, middle of a bin".to_owned(),
        });
    }
    let status = scan.outcomes.iter().map(|o| o.status().number());
    let meaning = "0: not measured, 1: measured, 2: failed";
    add("status", None, numbers(status.collect()), "1", meaning);
    let errors = scan.outcomes.iter().map(|o| match o {
        Outcome::Failed(error) => error.clone(),
        _ => String::new(),
    });
    add("error", None, ScanValues::Texts(errors.collect()), "1", "why the point failed");
    Ok(ScanData { axes, arrays })
}

/// Takes over what `data` holds of `scan`, whose first points are already laid out.
///
/// # Errors
/// What differs, when `data` is of another scan.
pub(crate) fn restore(data: &ScanData, scan: &mut TransferScan) -> Result<(), &'static str> {
    let numbers = |name: &str| match data.get(name).map(|a| &a.values) {
        Some(ScanValues::Numbers(values)) => Ok(values),
        _ => Err("its arrays differ"),
    };
    let status = numbers("status")?;
    let n = status.len();
    if let Points::Rates(plan) = &mut scan.points {
        let rates = numbers("input_rate")?;
        let classes = plan.classes.len().max(1);
        let stored: Vec<Vec<f64>> = rates.chunks(classes).map(<[f64]>::to_vec).collect();
        // An adaptive scan has grown beyond its first points.
        if stored.len() != n || !stored.starts_with(&plan.rates) {
            return Err("its points differ");
        }
        plan.rates = stored;
    } else if n != scan.points.len() {
        return Err("its points differ");
    }
    let (rate, error) = (numbers("rate")?, numbers("standard_error")?);
    let (cells, mean, sd) = (numbers("cells")?, numbers("V_m_mean")?, numbers("V_m_sd")?);
    // A scan that is not of single cells has none.
    let lags = numbers("lag").map_or(&[][..], Vec::as_slice);
    let trains = numbers("autocovariance").map_or(&[][..], Vec::as_slice);
    if trains.len() != n * lags.len() {
        return Err("its arrays differ");
    }
    let autocovariance = |i: usize| {
        let values = &trains[i * lags.len()..(i + 1) * lags.len()];
        let known = values.first().is_some_and(|v| v.is_finite());
        known.then(|| Autocovariance::new(rate[i], 2.0 * lags[0], values.to_vec()))
    };
    let Some(ScanValues::Texts(errors)) = data.get("error").map(|a| &a.values) else {
        return Err("its arrays differ");
    };
    if [rate, error, cells, mean, sd].iter().any(|a| a.len() != n) || errors.len() != n {
        return Err("its arrays differ");
    }
    let known = |x: f64| x.is_finite().then_some(x);
    scan.outcomes = (0..n)
        .map(|i| match PointStatus::of(status[i]) {
            PointStatus::Done => Outcome::Done(Measurement {
                rate: rate[i],
                standard_error: error[i],
                samples: cells[i] as usize,
                V_m_mean: known(mean[i]),
                V_m_sd: known(sd[i]),
                autocovariance: autocovariance(i),
            }),
            PointStatus::Failed => Outcome::Failed(errors[i].clone()),
            PointStatus::Open => Outcome::Open,
        })
        .collect();
    Ok(())
}
