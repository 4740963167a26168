//! The prediction alone: rates in time, fixed points, and their graphical solution.

use ntwk_core::spec::{AfferentActivity, StationaryTheory as StationaryChoice};
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::TheoryGroup;
use ntwk_meanfield::prediction::loop_response::LoopResponse;
use ntwk_meanfield::prediction::settled_state::SettledState;
use ntwk_meanfield::{SelfConsistency, Stability, self_consistency};
use ntwk_plot::figures::{Activity, Afferent, Series, TimeSpan, activity_figure};
use ntwk_plot::{Axis, Figure, Layout, Mark, Panel, PlotError, Stroke, Theme, Width};

use crate::report::results::{
    fixed_points_group, loop_response_group, settled_state_group, theory_groups,
};
use crate::studies::StudyError;
use crate::studies::axes::rate_label;
use crate::studies::stationary::StationaryTheory;

/// Options of [`rates`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RatesOptions {
    /// Rates at which the graphical solution is evaluated, per population (default 400).
    pub solution_points: usize,
}

impl Default for RatesOptions {
    fn default() -> Self {
        Self { solution_points: 400 }
    }
}

/// The prediction of a model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rates {
    /// The theory with its fixed points.
    pub stationary: StationaryTheory,
    /// The stable one where the model settles, refined by cells; `None` where the theory has none.
    pub settled: Option<SettledState>,
    /// How the cells in that state follow their sources; `None` without a state, where no population drives another, or where
    /// the state is not to be that of cells (`theory.stationary_state = "fitted"`).
    pub loop_response: Option<LoopResponse>,
    /// The response of each population to its own rate, over a range that has all fixed points.
    pub solutions: Vec<SelfConsistency>,
    /// Name and rate (Hz) of each afferent that has one, at the times of the prediction.
    pub afferents: Vec<(String, Vec<f64>)>,
    t_stop: f64,
}

/// Predicts `model` and solves for its fixed points.
///
/// # Errors
/// [`StudyError`].
pub fn rates(
    model: &Model,
    options: &RatesOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Rates, StudyError> {
    let stationary = StationaryTheory::new(model, library, job)?;
    let (system, points) = (&stationary.theory.mean_field, &stationary.points.points);
    let mut solutions = Vec::new();
    for p in 0..stationary.theory.populations.len() {
        let highest = points.iter().map(|f| f.rates[p]).fold(0.0, f64::max);
        let range = [0.0, (2.0 * highest).max(1.0)];
        let count = options.solution_points;
        let quiet = job.silent();
        solutions.push(self_consistency(
            system,
            &stationary.input,
            p,
            range,
            count,
            points,
            &quiet,
        )?);
    }
    let settled = match stationary.settled(job)? {
        Some(point) => Some(SettledState::of(model, &stationary.theory, &point, library, job)?),
        None => None,
    };
    let by_cells = model.spec().theory.stationary_state == StationaryChoice::Refined;
    let loop_response = match &settled {
        Some(state) if by_cells => {
            LoopResponse::measure(model, &stationary.input, &state.rates, library, job)?
        }
        _ => None,
    };
    let times = &stationary.theory.trajectory.times;
    let rate = |a: &ntwk_core::model::Afferent| match &a.activity {
        AfferentActivity::Rate { rate, .. } => {
            Some((a.name.clone(), times.iter().map(|&t| rate.at(t)).collect()))
        }
        AfferentActivity::Spikes { .. } => None,
    };
    let afferents = model.afferents().iter().filter_map(rate).collect();
    Ok(Rates { stationary, settled, loop_response, solutions, afferents, t_stop: model.t_stop() })
}

impl Rates {
    /// Transfer functions, fixed points and rates in time, as stored in a results file.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        let mut groups = theory_groups(&self.stationary.theory, None);
        let found = &self.stationary;
        groups.push(fixed_points_group(&found.points, &found.delayed, &found.names()));
        groups.extend(self.settled.iter().map(|s| settled_state_group(s, &found.names())));
        groups.extend(self.loop_response.iter().map(|r| loop_response_group(r, &found.names())));
        groups
    }

    /// Predicted rates in time over the rates of the afferents.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let theory = &self.stationary.theory;
        let times = &theory.trajectory.times;
        let span = TimeSpan::new(0.0, self.t_stop)?;
        let n = theory.populations.len();
        let rates: Vec<Vec<f64>> =
            (0..n).map(|i| theory.trajectory.component(i).collect()).collect();
        let populations = theory
            .populations
            .iter()
            .zip(&rates)
            .map(|(p, rates)| {
                let predicted = Some(Series::new(times, rates)?);
                Ok(Activity { name: &p.name, binned: None, smoothed: None, predicted })
            })
            .collect::<Result<Vec<_>, PlotError>>()?;
        let afferents = self
            .afferents
            .iter()
            .map(|(name, values)| Ok(Afferent { name, rate: Series::new(times, values)? }))
            .collect::<Result<Vec<_>, PlotError>>()?;
        Ok(activity_figure(&populations, &afferents, span, theme))
    }

    /// The graphical solution for the fixed points, one panel per population: its response to its own rate, the others at rest
    /// with it, over the line on which both are equal; discs at stable fixed points, rings at the others.
    #[must_use]
    pub fn fixed_points_figure(&self, theme: &Theme) -> Figure {
        let names = self.stationary.names();
        let mut panels = Vec::new();
        for solution in &self.solutions {
            let p = solution.population;
            let color = theme.population(p);
            let highest = solution.range[1];
            let label = rate_label(&names[p]);
            let y = Axis::new(&format!("response of {} (Hz)", names[p])).range(0.0, highest);
            let mut panel = Panel::new(Axis::new(&label).range(0.0, highest), y);
            let equal = [(0.0, 0.0), (highest, highest)];
            panel.marks.push(Mark::line(equal, Stroke::dashed(theme.muted, theme.line_width)));
            for curve in &solution.curves {
                let points = curve.iter().map(|&[x, y]| (x, y));
                panel.marks.push(Mark::line(points, Stroke::solid(color, theme.line_width)));
            }
            for f in &self.stationary.points.points {
                let at = (f.rates[p], f.rates[p]);
                if at.0 <= highest {
                    panel.marks.push(Mark::Points {
                        points: vec![at],
                        errors: Vec::new(),
                        color: theme.ink,
                        radius: 1.1,
                        hollow: f.stability != Stability::Stable,
                    });
                }
            }
            panels.push((1.0, Layout::panel(panel)));
        }
        let width = if panels.len() == 1 { Width::Column } else { Width::Page };
        let height = if panels.len() == 1 { 75.0 } else { 170.0 / panels.len() as f64 };
        Figure::new("Fixed points", width, height, Layout::Row(panels), theme)
    }
}
