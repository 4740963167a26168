//! Arguments that choose the points of a scan of a transfer function.

use clap::{Args, ValueEnum};
use ntwk::studies::transfer_function::{DesignKind, DesignOptions};
use ntwk_meanfield::scan::design::{ScanAxis, Spacing};

/// Which populations are scanned, and where.
#[derive(Debug, Args)]
pub(crate) struct DesignArgs {
    /// Population to scan [default: all]. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub population: Vec<String>,
    /// How the points are chosen: `potentials` (mean potentials across the threshold, as [theory.scan] says), `grid`
    /// (all combinations of presynaptic rates), `adaptive` (a grid refined along the driving input where the rate
    /// changes fast), `fluctuations` (mean, standard deviation and autocorrelation time of V_m).
    #[arg(long, value_enum, default_value_t = DesignArg::Potentials)]
    pub design: DesignArg,
    /// Presynaptic rates (Hz) of a class of inputs, for grid and adaptive; once per class. A class has the name of its
    /// receptor (RECEPTOR@WEIGHTnS where a receptor has several weights).
    #[arg(long, value_name = "CLASS=LOW..HIGH:N[:log]", value_parser = parse_rate)]
    pub rate: Vec<(String, ScanAxis)>,
    /// Rates of neighbours that differ by more (Hz) are refined, for adaptive [default: 5].
    #[arg(long, value_name = "HZ")]
    pub max_step: Option<f64>,
    /// Most points of an adaptive scan [default: 1000].
    #[arg(long, value_name = "N")]
    pub max_points: Option<usize>,
    /// Mean membrane potentials (mV), for fluctuations [default: V_th - 15 to V_th + 5, 9 values].
    #[arg(long, value_name = "LOW..HIGH:N", value_parser = parse_axis, allow_hyphen_values = true)]
    pub mu: Option<ScanAxis>,
    /// Standard deviations (mV), for fluctuations [default: 2..8:5].
    #[arg(long, value_name = "LOW..HIGH:N", value_parser = parse_axis)]
    pub sigma: Option<ScanAxis>,
    /// Autocorrelation times (ms), for fluctuations [default: 0.4 to 1.1 of C_m / g_L, 4 values].
    #[arg(long, value_name = "LOW..HIGH:N", value_parser = parse_axis)]
    pub tau: Option<ScanAxis>,
    /// Measure the points that failed again.
    #[arg(long)]
    pub retry_failed: bool,
    /// Discard the points that DIR holds and measure all.
    #[arg(long)]
    pub fresh: bool,
}

/// Choices of `--design`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DesignArg {
    Potentials,
    Grid,
    Adaptive,
    Fluctuations,
}

impl DesignArgs {
    /// Where the populations are scanned.
    pub(crate) fn options(&self) -> DesignOptions {
        let mut options = DesignOptions::default();
        options.design = match self.design {
            DesignArg::Potentials => DesignKind::Potentials,
            DesignArg::Grid => DesignKind::Grid,
            DesignArg::Adaptive => DesignKind::Adaptive,
            DesignArg::Fluctuations => DesignKind::Fluctuations,
        };
        options.rate.clone_from(&self.rate);
        options.max_step = self.max_step;
        options.max_points = self.max_points;
        options.mu = self.mu;
        options.sigma = self.sigma;
        options.tau = self.tau;
        options
    }
}

/// `LOW..HIGH:N[:log]`, or one value.
pub(crate) fn parse_axis(text: &str) -> Result<ScanAxis, String> {
    let expected = || format!("{text:?}: expected LOW..HIGH:N, LOW..HIGH:N:log or one number");
    let value = |t: &str| t.trim().parse::<f64>().map_err(|_| expected());
    let Some((low, rest)) = text.split_once("..") else {
        let low = value(text)?;
        return Ok(ScanAxis { low, high: low, points: 1, spacing: Spacing::Linear });
    };
    let mut parts = rest.split(':');
    let high = value(parts.next().unwrap_or_default())?;
    let points = parts.next().and_then(|n| n.trim().parse().ok()).ok_or_else(expected)?;
    let spacing = match parts.next().map(str::trim) {
        None | Some("linear") => Spacing::Linear,
        Some("log") => Spacing::Log,
        Some(_) => return Err(expected()),
    };
    let axis = ScanAxis { low: value(low)?, high, points, spacing };
    axis.values().map_err(|e| e.to_string())?;
    if parts.next().is_some() { Err(expected()) } else { Ok(axis) }
}

/// `CLASS=` and an axis of rates.
fn parse_rate(text: &str) -> Result<(String, ScanAxis), String> {
    let (name, axis) =
        text.split_once('=').ok_or("expected CLASS=LOW..HIGH:N[:log], for example exc=0..10:11")?;
    let axis = parse_axis(axis)?;
    if axis.low < 0.0 {
        return Err(format!("a presynaptic rate is {} Hz; rates are >= 0", axis.low));
    }
    Ok((name.trim().to_owned(), axis))
}
