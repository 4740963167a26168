//! Fitting passive parameters to a trace: L-BFGS with exact gradients.

use crate::solver::passive::{PassiveCell, PassiveError, Target};
use argmin::core::{
    CostFunction, Executor, Gradient, IterState, State, TerminationReason, TerminationStatus,
};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use nalgebra::{DMatrix, DVector};
use ntwk_core::Job;
use std::cell::{Cell, RefCell};
use std::fmt;

/// A parameter that can be fitted. Conductances, capacitances and resistivities are multiplied by one factor in all
/// compartments, so that ratios between regions stay; reversal potentials are shifted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum PassiveParameter {
    /// Specific capacitance.
    C_m,
    /// Axial resistivity.
    R_i,
    /// Leak conductance density.
    g_L,
    /// Leak reversal potential.
    E_L,
}

impl PassiveParameter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::C_m, Self::R_i, Self::g_L, Self::E_L];

    /// Unit of the parameter.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::C_m => "uF/cm2",
            Self::R_i => "Ohm cm",
            Self::g_L => "S/cm2",
            Self::E_L => "mV",
        }
    }
}

impl fmt::Display for PassiveParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A fitted parameter; where regions differ, the median over compartments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedParameter {
    /// Which.
    pub parameter: PassiveParameter,
    /// Before the fit.
    pub initial: f64,
    /// After the fit.
    pub value: f64,
    /// Standard error, from the curvature of the error at the minimum under independent equal errors of the samples; NaN
    /// where the trace does not determine it.
    pub standard_error: f64,
}

/// Result of [`fit_passive`].
#[derive(Debug, Clone)]
pub struct PassiveFit {
    /// The parameters.
    pub parameters: Vec<FittedParameter>,
    /// Root of the mean squared error before the fit (mV).
    pub initial_rms: f64,
    /// Root of the mean squared error after the fit (mV).
    pub rms: f64,
    /// Iterations of the minimiser; of an interrupted fit, gradients it had computed.
    pub iterations: u64,
    /// Why it stopped.
    pub termination: String,
    /// Whether it stopped at a minimum.
    pub converged: bool,
    /// The cell with the fitted parameters.
    pub cell: PassiveCell,
}

/// Why a fit failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The cell cannot be run.
    #[error(transparent)]
    Passive(#[from] PassiveError),
    /// Nothing to fit.
    #[error("no parameter is to be fitted")]
    NoParameter,
    /// The minimiser failed.
    #[error("the minimiser failed: {0}")]
    Minimiser(String),
}

/// The error as a function of the scaled parameters: logarithms of factors, and shifts of E_L over 10 mV.
struct Problem<'a> {
    cell: &'a PassiveCell,
    target: &'a Target,
    parameters: &'a [PassiveParameter],
    job: &'a Job<'a>,
    /// Lowest error so far, and where.
    best: &'a RefCell<(f64, Vec<f64>)>,
    /// Gradients computed, of about as many as there are iterations at most.
    gradients: &'a Cell<u64>,
    iterations: u64,
}

/// Unit of the shift of E_L (mV).
const SHIFT: f64 = 10.0;

impl Problem<'_> {
    fn cell(&self, x: &[f64]) -> PassiveCell {
        let mut cell = self.cell.clone();
        for (parameter, x) in self.parameters.iter().zip(x) {
            let values = match parameter {
                PassiveParameter::C_m => &mut cell.C_m,
                PassiveParameter::R_i => &mut cell.R_i,
                PassiveParameter::g_L => &mut cell.g_L,
                PassiveParameter::E_L => {
                    cell.E_L.iter_mut().for_each(|e| *e += SHIFT * x);
                    continue;
                }
            };
            // A step of the line search may be far too long; factors stay within 10^±6.
            let factor = x.clamp(-13.8, 13.8).exp();
            values.iter_mut().for_each(|v| *v *= factor);
        }
        cell
    }

    fn slope(&self, x: &[f64]) -> Result<Vec<f64>, PassiveError> {
        let cell = self.cell(x);
        let Some(g) = cell.response(self.target, true, self.job)?.gradient else {
            return Ok(vec![0.0; x.len()]);
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        Ok(self
            .parameters
            .iter()
            .map(|parameter| match parameter {
                PassiveParameter::C_m => dot(&g.C_m, &cell.C_m),
                PassiveParameter::R_i => dot(&g.R_i, &cell.R_i),
                PassiveParameter::g_L => dot(&g.g_L, &cell.g_L),
                PassiveParameter::E_L => SHIFT * g.E_L.iter().sum::<f64>(),
            })
            .collect())
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        let error = self.cell(x).response(self.target, false, self.job)?.error;
        let mut best = self.best.borrow_mut();
        if error < best.0 {
            *best = (error, x.clone());
        }
        Ok(error)
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        let slope = self.slope(x)?;
        self.gradients.set(self.gradients.get() + 1);
        self.job.report(self.gradients.get() as f64 / self.iterations as f64);
        Ok(slope)
    }
}

/// Fits `parameters` of a passive cell to a trace, from the values it has.
///
/// # Errors
/// [`FitError`]. A minimiser that stops before a minimum is no error: see [`PassiveFit::converged`]. Interrupted, the fit
/// gives the best parameters so far, without standard errors; before the first error was known it is
/// [`PassiveError::Interrupted`].
pub fn fit_passive(
    cell: &PassiveCell,
    target: &Target,
    parameters: &[PassiveParameter],
    iterations: u64,
    job: &Job<'_>,
) -> Result<PassiveFit, FitError> {
    if parameters.is_empty() {
        return Err(FitError::NoParameter);
    }
    let initial = cell.response(target, false, job)?.error;
    let best = RefCell::new((initial, vec![0.0; parameters.len()]));
    let gradients = Cell::new(0);
    let problem = || Problem {
        cell,
        target,
        parameters,
        job,
        best: &best,
        gradients: &gradients,
        iterations,
    };
    let failed = |e: argmin::core::Error| FitError::Minimiser(e.to_string());
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 8)
        .with_tolerance_grad(1e-9 * initial.max(1e-9))
        .and_then(|s| s.with_tolerance_cost(1e-14 * initial.max(1e-12)))
        .map_err(failed)?;
    let run = Executor::new(problem(), solver)
        .configure(|state: IterState<Vec<f64>, Vec<f64>, (), (), (), f64>| {
            state.param(vec![0.0; parameters.len()]).max_iters(iterations)
        })
        .run();
    let (x, used, end) = match run {
        Ok(result) => {
            let state = result.state();
            let best =
                state.get_best_param().cloned().unwrap_or_else(|| vec![0.0; parameters.len()]);
            (best, state.get_iter(), Some(state.get_termination_status().clone()))
        }
        Err(_) if job.is_interrupted() => (best.borrow().1.clone(), gradients.get(), None),
        Err(e) => return Err(failed(e)),
    };
    let fitted = problem().cell(&x);
    let known = match &end {
        None => None,
        Some(_) => quality(&problem(), &x, &fitted)?,
    };
    // What an interruption leaves: the best error so far, and no curvature about it.
    let (error, errors) =
        known.unwrap_or_else(|| (best.borrow().0, vec![f64::NAN; parameters.len()]));
    let converged = matches!(
        end,
        Some(TerminationStatus::Terminated(
            TerminationReason::SolverConverged | TerminationReason::TargetCostReached
        ))
    );
    let termination = end.map_or_else(|| "interrupted".to_owned(), |status| status.to_string());
    let (before, after) = (medians(cell), medians(&fitted));
    let parameters = parameters
        .iter()
        .enumerate()
        .map(|(k, &parameter)| {
            let index = PassiveParameter::ALL.iter().position(|p| *p == parameter).unwrap_or(0);
            let scale = if parameter == PassiveParameter::E_L { SHIFT } else { after[index] };
            FittedParameter {
                parameter,
                initial: before[index],
                value: after[index],
                standard_error: scale * errors[k],
            }
        })
        .collect();
    Ok(PassiveFit {
        parameters,
        initial_rms: initial.sqrt(),
        rms: error.sqrt(),
        iterations: used,
        termination,
        converged,
        cell: fitted,
    })
}

/// Error and standard errors at `x`; `None` once the job is interrupted.
fn quality(
    problem: &Problem<'_>,
    x: &[f64],
    fitted: &PassiveCell,
) -> Result<Option<(f64, Vec<f64>)>, PassiveError> {
    let both = || {
        let error = fitted.response(problem.target, false, problem.job)?.error;
        Ok((error, standard_errors(problem, x, error, problem.target)?))
    };
    match both() {
        Ok(found) => Ok(Some(found)),
        Err(PassiveError::Interrupted(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Medians over compartments, in the order of [`PassiveParameter::ALL`].
fn medians(cell: &PassiveCell) -> [f64; 4] {
    let median = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    };
    [median(&cell.C_m), median(&cell.R_i), median(&cell.g_L), median(&cell.E_L)]
}

/// Standard errors of the scaled parameters: the covariance is 2 s²/n H⁻¹ for the Hessian H of the mean squared error s².
fn standard_errors(
    problem: &Problem<'_>,
    x: &[f64],
    error: f64,
    target: &Target,
) -> Result<Vec<f64>, PassiveError> {
    let m = x.len();
    let mut hessian = DMatrix::zeros(m, m);
    for k in 0..m {
        let shifted = |h: f64| {
            let mut y = x.to_vec();
            y[k] += h;
            problem.slope(&y)
        };
        let (up, down) = (shifted(1e-3)?, shifted(-1e-3)?);
        for j in 0..m {
            hessian[(j, k)] = (up[j] - down[j]) / 2e-3;
        }
    }
    let hessian = 0.5 * (&hessian + hessian.transpose());
    let samples = target.values.iter().filter(|v| !v.is_nan()).count().max(1) as f64;
    let covariance = hessian.cholesky().map(|c| c.solve(&DMatrix::identity(m, m)));
    let diagonal = covariance.map_or_else(|| DVector::repeat(m, f64::NAN), |c| c.diagonal());
    Ok(diagonal.iter().map(|d| (2.0 * error / samples * d).sqrt()).collect())
}
