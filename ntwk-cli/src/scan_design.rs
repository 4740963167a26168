//! Arguments that choose the points of a scan of a transfer function.

use clap::{Args, ValueEnum};
use ntwk::sweep::transfer_scan::{Design, TransferScanError};
use ntwk_core::Model;
use ntwk_meanfield::scan::design::{Refinement, ScanAxis, Spacing};
use ntwk_meanfield::scan::fluctuations::{DEFAULT_TAU_RATIO, FluctuationAxes};
use ntwk_meanfield::scan::single_cell::SingleCellPlan;

use super::Failure;

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
    /// Forget the points that DIR holds.
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
    /// Indices of the populations asked for.
    pub(crate) fn populations(&self, model: &Model) -> Result<Vec<usize>, Failure> {
        if self.population.is_empty() {
            return Ok((0..model.populations().len()).collect());
        }
        let names: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
        let index = |name: &String| {
            names.iter().position(|n| n == name).ok_or_else(|| {
                Failure::Argument(format!(
                    "there is no population {name}; the model has {}",
                    names.join(", ")
                ))
            })
        };
        self.population.iter().map(index).collect()
    }

    /// The design for a population.
    pub(crate) fn design(&self, model: &Model, population: usize) -> Result<Design, Failure> {
        self.check()?;
        Ok(match self.design {
            DesignArg::Potentials => Design::Potentials,
            DesignArg::Grid => Design::Grid(self.rates(model, population)?),
            DesignArg::Adaptive => {
                let refinement = Refinement {
                    max_step: self.max_step.unwrap_or(5.0),
                    rate_max: model.spec().theory.scan.rate_max,
                    min_distance: 1e-3,
                    max_points: self.max_points.unwrap_or(1000),
                };
                Design::Adaptive(self.rates(model, population)?, refinement)
            }
            DesignArg::Fluctuations => {
                let membrane = model.populations()[population].cell.membrane();
                let axis =
                    |low, high, points| ScanAxis { low, high, points, spacing: Spacing::Linear };
                let (v, tau) = (membrane.V_th, membrane.tau_m());
                Design::Fluctuations(FluctuationAxes {
                    mu_V: self.mu.unwrap_or(axis(v - 15.0, v + 5.0, 9)),
                    sigma_V: self.sigma.unwrap_or(axis(2.0, 8.0, 5)),
                    tau_V: self.tau.unwrap_or(axis(0.4 * tau, 1.1 * tau, 4)),
                    tau_ratio: DEFAULT_TAU_RATIO,
                })
            }
        })
    }

    /// Options of another design than the one chosen are refused, not ignored.
    fn check(&self) -> Result<(), Failure> {
        let rates = [DesignArg::Grid, DesignArg::Adaptive];
        let adaptive = [DesignArg::Adaptive];
        let fluctuations = [DesignArg::Fluctuations];
        let uses: [(&str, bool, &[DesignArg]); 6] = [
            ("--rate", !self.rate.is_empty(), &rates),
            ("--max-step", self.max_step.is_some(), &adaptive),
            ("--max-points", self.max_points.is_some(), &adaptive),
            ("--mu", self.mu.is_some(), &fluctuations),
            ("--sigma", self.sigma.is_some(), &fluctuations),
            ("--tau", self.tau.is_some(), &fluctuations),
        ];
        let name = |design: DesignArg| {
            design.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default()
        };
        let mut faults: Vec<String> = uses
            .iter()
            .filter(|(_, given, designs)| *given && !designs.contains(&self.design))
            .map(|(option, _, designs)| {
                let designs: Vec<String> = designs.iter().map(|&d| name(d)).collect();
                format!("{option} is for --design {}", designs.join(" and "))
            })
            .collect();
        if self.max_step.is_some_and(|x| !(x > 0.0 && x.is_finite())) {
            faults.push("--max-step must be > 0 Hz".to_owned());
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::Argument(faults.join("\n"))) }
    }

    /// One axis of rates per class of inputs.
    fn rates(&self, model: &Model, population: usize) -> Result<Vec<ScanAxis>, Failure> {
        let settings = &model.spec().theory.scan;
        let plan = SingleCellPlan::at_rates(model, population, settings, Vec::new())
            .map_err(TransferScanError::from)?;
        let names: Vec<String> = (0..plan.classes.len()).map(|c| plan.class_name(c)).collect();
        let given = |name: &String| self.rate.iter().filter(|(n, _)| n == name).count();
        let mut faults: Vec<String> = self
            .rate
            .iter()
            .filter(|(name, _)| !names.contains(name))
            .map(|(name, _)| format!("--rate {name}: there is no such class of inputs"))
            .collect();
        for name in &names {
            match given(name) {
                1 => {}
                0 => faults.push(format!("--rate {name}=LOW..HIGH:N is missing")),
                n => faults.push(format!("--rate {name} is given {n} times")),
            }
        }
        if !faults.is_empty() {
            let population = &model.populations()[population].name;
            let classes = names.join(", ");
            faults.push(format!("the classes of inputs of {population} are: {classes}"));
            return Err(Failure::Argument(faults.join("\n")));
        }
        let axis = |name: &String| self.rate.iter().find(|(n, _)| n == name).map(|r| r.1);
        Ok(names.iter().filter_map(axis).collect())
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
