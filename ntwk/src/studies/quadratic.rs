//! The exact mean field of quadratic integrate-and-fire neurons: rates in time and fixed points.

use ndarray::{ArrayD, IxDyn};
use ntwk_core::{Job, Model};
use ntwk_io::{Attribute, TheoryGroup};
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_meanfield::reference::quadratic::{QuadraticFixedPoint, QuadraticNetwork};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};

use crate::report::results::{array, vector};
use crate::studies::StudyError;
use crate::studies::options::InvalidOptions;

/// Most states that are kept: longer runs are thinned.
const MOST_KEPT: u64 = 20_000;
/// Points of a curve.
const DRAWN: usize = 2000;

/// The mean field of Montbrió, Pazó and Roxin with the parameters of a model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct QuadraticStudy {
    /// Population.
    pub population: String,
    /// Times (ms), from 0.
    pub times: Vec<f64>,
    /// `[r, V]` at these times; `r` per ms.
    pub states: Vec<[f64; 2]>,
    /// Fixed points under the mean current of the stationary window.
    pub fixed_points: Vec<QuadraticFixedPoint>,
    /// That window (ms).
    pub window: [f64; 2],
}

/// Integrates the exact mean field of `model` (`theory.model = "montbrio_pazo_roxin"`) in steps of `simulation.dt`.
///
/// # Errors
/// [`StudyError`] for a model of another theory, a solution that ceases to be finite, and when the job is interrupted.
#[allow(non_snake_case)]
pub fn quadratic(model: &Model, job: &Job<'_>) -> Result<QuadraticStudy, StudyError> {
    let given = |rule: &str| InvalidOptions::one("theory.model", "", rule);
    let theory = &model.spec().theory;
    let Some(p) = &theory.montbrio_pazo_roxin else {
        return Err(given("the model has no [theory.montbrio_pazo_roxin]").into());
    };
    let Some(population) = model.populations().first() else {
        return Err(given("the model has no population").into());
    };
    let network = QuadraticNetwork { tau: p.tau, Delta: p.Delta, eta: p.eta, J: p.J };
    let dt = model.dt();
    let steps = (model.t_stop() / dt).round() as u64;
    let every = steps.div_ceil(MOST_KEPT).max(1);
    let mut x = [p.initial_r, p.initial_V];
    let (mut times, mut states) = (vec![0.0], vec![x]);
    for step in 1..=steps {
        let [from, to] = [step - 1, step].map(|k| p.I.at(k as f64 * dt));
        x = network.heun_step(x, dt, [from, to]);
        if !x.iter().all(|v| v.is_finite()) {
            let rule = format!(
                "the solution is not finite after {} ms: steps of {dt} ms are too long for it",
                step as f64 * dt
            );
            return Err(InvalidOptions::one("simulation.dt", dt, rule).into());
        }
        if step % every == 0 || step == steps {
            times.push(step as f64 * dt);
            states.push(x);
        }
        if step % 4096 == 0 {
            job.check()?;
        }
    }
    let window = ComparisonWindows::of(model).stationary;
    let n = ((window[1] - window[0]) / dt).round().max(1.0) as u64;
    let current = match p.I.constant() {
        Some(value) => value,
        None => (0..n).map(|k| p.I.at(window[0] + k as f64 * dt)).sum::<f64>() / n as f64,
    };
    // The model has checked the parameters.
    let fixed_points = network.fixed_points(current).unwrap_or_default();
    Ok(QuadraticStudy { population: population.name.clone(), times, states, fixed_points, window })
}

impl QuadraticStudy {
    /// Rates in time and fixed points, as stored in a results file.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        let hertz: Vec<f64> = self.states.iter().map(|x| 1e3 * x[0]).collect();
        let potential: Vec<f64> = self.states.iter().map(|x| x[1]).collect();
        let points = &self.fixed_points;
        let column = |f: &dyn Fn(&QuadraticFixedPoint) -> f64| -> Vec<f64> {
            points.iter().map(f).collect()
        };
        let eigenvalues = ArrayD::from_shape_fn(IxDyn(&[points.len(), 2, 2]), |at| {
            let z = points[at[0]].eigenvalues[at[1]];
            1e3 * [z.re, z.im][at[2]]
        });
        let attributes =
            || vec![("populations".to_owned(), Attribute::Texts(vec![self.population.clone()]))];
        vec![
            TheoryGroup {
                name: "trajectory".to_owned(),
                arrays: vec![
                    vector("time", "ms", "time", &self.times),
                    vector("rate", "Hz", "time", &hertz),
                    vector("V", "1", "time", &potential),
                ],
                attributes: attributes(),
            },
            TheoryGroup {
                name: "fixed_points".to_owned(),
                arrays: vec![
                    vector("rate", "Hz", "fixed_point", &column(&|f| 1e3 * f.r)),
                    vector("V", "1", "fixed_point", &column(&|f| f.V)),
                    vector(
                        "stable",
                        "1",
                        "fixed_point",
                        &column(&|f| f64::from(u8::from(is_stable(f)))),
                    ),
                    array(
                        "eigenvalue",
                        "1/s",
                        &["fixed_point", "variable", "real_imaginary"],
                        eigenvalues,
                    ),
                ],
                attributes: attributes(),
            },
        ]
    }

    /// The rate in time over the mean potential, fixed points as dashed lines.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        let every = self.times.len().div_ceil(DRAWN).max(1);
        let end = self.times.last().copied().unwrap_or(0.0);
        let panel = |y: Axis,
                     value: &dyn Fn(&[f64; 2]) -> f64,
                     rest: &dyn Fn(&QuadraticFixedPoint) -> f64| {
            let points = self.times.iter().zip(&self.states).step_by(every);
            let points = points.map(|(t, x)| (*t, value(x))).collect();
            let mut all = vec![NamedCurve { name: "", points, color: Some(0), style: Style::Line }];
            for point in &self.fixed_points {
                let at = rest(point);
                let points = vec![(0.0, at), (end, at)];
                let style = if is_stable(point) { Style::Line } else { Style::Dashed };
                all.push(NamedCurve { name: "", points, color: None, style });
            }
            (1.0, Layout::panel(curves(Axis::new("time (ms)"), y, &all, theme)))
        };
        let rate =
            panel(Axis::new(&format!("rate of {} (Hz)", self.population)), &|x| 1e3 * x[0], &|f| {
                1e3 * f.r
            });
        let potential = panel(Axis::new("mean potential V"), &|x| x[1], &|f| f.V);
        let layout = Layout::Column(vec![rate, potential]);
        Figure::new("Exact mean field of quadratic neurons", Width::Page, 110.0, layout, theme)
    }
}

/// Whether both eigenvalues have a negative real part.
#[must_use]
pub fn is_stable(point: &QuadraticFixedPoint) -> bool {
    point.eigenvalues.iter().all(|z| z.re < 0.0)
}
