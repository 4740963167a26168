//! The plane of two rates: nullclines, vector field, fixed points and trajectories.

use ndarray::{Array2, Array3};
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::TheoryGroup;
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::{
    AllFixedPoints, Input, IntegrationOptions, MeanField, PhasePlane, Stability, Trajectory,
    integrate,
};
use ntwk_plot::figures;
use ntwk_plot::{Figure, Layout, Point, Theme, Width};

use crate::report::results::{array, vector};
use crate::studies::StudyError;
use crate::studies::axes::{names, rate_label};
use crate::studies::options::InvalidOptions;
use crate::studies::stationary::StationaryTheory;

/// Smallest default range (Hz): a silent network has no scale of its own.
const SMALLEST_RANGE: f64 = 1.0;

/// Options of [`phase_plane`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PhasePlaneOptions {
    /// The two populations, horizontal axis first; the first two of the model where this is empty.
    pub populations: Vec<String>,
    /// Ranges of the rates (Hz) by population; from 0 to twice the rate of the highest fixed point, at least to 1 Hz, where
    /// there is none.
    pub range: Vec<(String, [f64; 2])>,
    /// Rates of the two populations (Hz) from which a trajectory starts; where this is empty the second population active
    /// alone, and a disturbance of the state where the model settles.
    pub start: Vec<[f64; 2]>,
    /// Points a side at which the vector field is given (default 19).
    pub arrows: usize,
    /// Grid lines a side on which the nullclines are sought (default 201).
    pub lines: usize,
}

impl Default for PhasePlaneOptions {
    fn default() -> Self {
        Self {
            populations: Vec::new(),
            range: Vec::new(),
            start: Vec::new(),
            arrows: 19,
            lines: 201,
        }
    }
}

/// A phase plane with the fixed points of the whole system and trajectories.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PhasePlaneStudy {
    /// Nullclines and vector field.
    pub plane: PhasePlane,
    /// Indices of the two populations, horizontal axis first.
    pub chosen: [usize; 2],
    /// Ranges of their rates (Hz).
    pub ranges: [[f64; 2]; 2],
    /// Rates (Hz) of all populations at which those outside the plane are held: where the model settles.
    pub held: Vec<f64>,
    /// Trajectories of the whole system.
    pub trajectories: Vec<Trajectory>,
    /// Fixed points of the whole system.
    pub points: AllFixedPoints,
    /// Names of all populations.
    pub populations: Vec<String>,
}

impl PhasePlaneOptions {
    /// Checks the options against the model.
    ///
    /// # Errors
    /// [`InvalidOptions`] with every fault.
    pub fn check(&self, model: &Model) -> Result<(), InvalidOptions> {
        let names: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
        self.chosen(&names).map(drop)
    }

    /// The two populations of the plane.
    fn chosen(&self, names: &[&str]) -> Result<[usize; 2], InvalidOptions> {
        let mut invalid = InvalidOptions::default();
        if names.len() < 2 {
            let rule =
                format!("a phase plane needs two populations; the model has {}", names.join(", "));
            return Err(InvalidOptions::one("", "", rule));
        }
        let (missing, otherwise) = ("there is no population", "the model has ");
        let mut index = |option, name: &str| invalid.index(option, name, names, missing, otherwise);
        let chosen: Vec<Option<usize>> = match &self.populations[..] {
            [] => vec![Some(0), Some(1)],
            given => given.iter().map(|name| index("populations", name.trim())).collect(),
        };
        let ranged: Vec<Option<usize>> =
            self.range.iter().map(|(name, _)| index("range", name)).collect();
        let pair = match chosen[..] {
            [Some(a), Some(b)] if a != b => [a, b],
            [None, _] | [_, None] => return Err(invalid),
            _ => {
                invalid.push("populations", "", "two different populations are needed");
                return Err(invalid);
            }
        };
        for p in ranged.iter().flatten().filter(|p| !pair.contains(p)) {
            invalid.push("range", "", format!("{} is not in the plane", names[*p]));
        }
        for p in pair {
            if ranged.iter().filter(|r| **r == Some(p)).count() > 1 {
                invalid.push("range", "", format!("{} has two ranges", names[p]));
            }
        }
        invalid.into_result(pair)
    }
}

/// The phase plane of two populations of `model`.
///
/// The rates of further populations are held where the model settles, adaptation currents follow the rates; the trajectories
/// are those of the whole system, until its slowest variable has settled.
///
/// # Errors
/// [`StudyError`].
pub fn phase_plane(
    model: &Model,
    options: &PhasePlaneOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<PhasePlaneStudy, StudyError> {
    options.check(model)?;
    phase_plane_of(&StationaryTheory::new(model, library, job)?, options, job)
}

/// As [`phase_plane`], with the theory of the model at hand.
///
/// # Errors
/// [`StudyError`].
pub fn phase_plane_of(
    stationary: &StationaryTheory,
    options: &PhasePlaneOptions,
    job: &Job<'_>,
) -> Result<PhasePlaneStudy, StudyError> {
    let populations = stationary.names();
    let known: Vec<&str> = populations.iter().map(String::as_str).collect();
    let chosen = options.chosen(&known)?;
    let (system, input) = (&stationary.theory.mean_field, &stationary.input);
    let points = &stationary.points;
    let held = match stationary.settled(job)? {
        Some(point) => point.rates,
        None => match points.points.first() {
            Some(point) => point.rates.clone(),
            None => vec![0.0; populations.len()],
        },
    };
    let ranges = chosen.map(|p| {
        let given = options.range.iter().find(|(name, _)| *name == populations[p]);
        let highest = points.points.iter().map(|f| f.rates[p]).fold(0.0, f64::max);
        given.map_or([0.0, (2.0 * highest).max(SMALLEST_RANGE)], |(_, range)| *range)
    });
    let grid = [options.arrows, options.lines];
    let plane = ntwk_meanfield::phase_plane(system, input, chosen, &held, ranges, grid, job)?;
    let starts = if options.start.is_empty() {
        let [[low, _], [_, high]] = ranges;
        vec![[low, 0.97 * high], [1.3 * held[chosen[0]], held[chosen[1]]]]
    } else {
        options.start.clone()
    };
    let trajectories = starts
        .iter()
        .map(|start| {
            let mut rates = held.clone();
            for (&p, &rate) in chosen.iter().zip(start) {
                rates[p] = rate;
            }
            course(system, input, &rates, job)
        })
        .collect::<Result<Vec<_>, TheoryError>>()?;
    let points = points.clone();
    Ok(PhasePlaneStudy { plane, chosen, ranges, held, trajectories, points, populations })
}

/// The course of the whole system from given rates, adaptation currents being those of these rates, until the slowest
/// variable has settled.
fn course(
    system: &MeanField,
    input: &Input,
    rates: &[f64],
    job: &Job<'_>,
) -> Result<Trajectory, TheoryError> {
    let slowest = system
        .populations()
        .iter()
        .enumerate()
        .filter(|(p, _)| system.adaptation_index(*p).is_some())
        .map(|(_, p)| p.membrane.tau_w)
        .fold(2.0 * system.time_constant(), f64::max);
    let interval = 0.05 * system.time_constant();
    let n = (10.0 * slowest / interval).ceil() as usize;
    let times: Vec<f64> = (0..=n).map(|k| k as f64 * interval).collect();
    let initial = system.adapted_state(rates, input)?;
    let options = IntegrationOptions::default();
    Ok(integrate(system, &initial, input, &times, &options, &job.silent())?)
}

impl PhasePlaneStudy {
    /// Names of the two populations, horizontal axis first.
    #[must_use]
    pub fn shown(&self) -> [String; 2] {
        self.chosen.map(|p| self.populations[p].clone())
    }

    /// The plane and every trajectory, as groups of a results file.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        let plane = phase_plane_group(&self.plane, &self.points, &self.shown(), &self.populations);
        let trajectories = self.trajectories.iter().enumerate();
        std::iter::once(plane)
            .chain(trajectories.map(|(k, t)| trajectory_group(t, k, &self.populations)))
            .collect()
    }

    /// The plane with fixed points (discs where stable) and trajectories.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        let shown = self.shown();
        phase_plane_figure(
            &self.plane,
            self.ranges,
            self.chosen,
            &shown,
            &self.points,
            &self.trajectories,
            theme,
        )
    }
}

/// A phase plane with its fixed points as a group of a results file; nullclines are stored with NaN between their branches.
fn phase_plane_group(
    plane: &PhasePlane,
    points: &AllFixedPoints,
    shown: &[String; 2],
    populations: &[String],
) -> TheoryGroup {
    let (nx, ny) = (plane.x.len(), plane.y.len());
    let mut arrays = vec![
        vector("x", "Hz", "x", &plane.x),
        vector("y", "Hz", "y", &plane.y),
        array(
            "field",
            "Hz/ms",
            &["x", "y", "component"],
            Array3::from_shape_fn((nx, ny, 2), |(i, j, k)| plane.field[i * ny + j][k]).into_dyn(),
        ),
    ];
    for (lines, name) in plane.nullclines.iter().zip(["nullcline_x", "nullcline_y"]) {
        let gap = [f64::NAN; 2];
        let vertices: Vec<[f64; 2]> =
            lines.iter().flat_map(|line| line.iter().copied().chain([gap])).collect();
        let data = Array2::from_shape_fn((vertices.len(), 2), |(i, k)| vertices[i][k]).into_dyn();
        arrays.push(array(name, "Hz", &["vertex", "component"], data));
    }
    let found = &points.points;
    let n = found.first().map_or(0, |f| f.rates.len());
    let rates = Array2::from_shape_fn((found.len(), n), |(i, k)| found[i].rates[k]).into_dyn();
    arrays.push(array("fixed_point", "Hz", &["fixed_point", "population"], rates));
    let stable: Vec<f64> =
        found.iter().map(|f| f64::from(u8::from(f.stability == Stability::Stable))).collect();
    arrays.push(vector("stable", "1", "fixed_point", &stable));
    TheoryGroup {
        name: "phase_plane".to_owned(),
        arrays,
        attributes: vec![
            names("components", shown.to_vec()),
            names("populations", populations.to_vec()),
        ],
    }
}

/// Rates in time from one start of a phase plane, as a group of a results file.
fn trajectory_group(trajectory: &Trajectory, number: usize, populations: &[String]) -> TheoryGroup {
    let shape = (populations.len(), trajectory.times.len());
    let rates = Array2::from_shape_fn(shape, |(p, k)| trajectory.state(k)[p]).into_dyn();
    TheoryGroup {
        name: format!("trajectory_{number}"),
        arrays: vec![
            vector("time", "ms", "time", &trajectory.times),
            array("rate", "Hz", &["population", "time"], rates),
        ],
        attributes: vec![names("populations", populations.to_vec())],
    }
}

/// The phase plane of two populations (`chosen`, named `shown`) with the fixed points of the system and trajectories.
fn phase_plane_figure(
    plane: &PhasePlane,
    ranges: [[f64; 2]; 2],
    chosen: [usize; 2],
    shown: &[String; 2],
    points: &AllFixedPoints,
    trajectories: &[Trajectory],
    theme: &Theme,
) -> Figure {
    let ny = plane.y.len();
    let flow: Vec<(Point, Point)> = plane
        .field
        .iter()
        .enumerate()
        .map(|(k, [dx, dy])| ((plane.x[k / ny], plane.y[k % ny]), (*dx, *dy)))
        .collect();
    let lines = |which: usize| -> Vec<Vec<Point>> {
        plane.nullclines[which]
            .iter()
            .map(|line| line.iter().map(|&[a, b]| (a, b)).collect())
            .collect()
    };
    let [sx, sy] = ranges.map(|[low, high]| high - low);
    let paths: Vec<Vec<Point>> = trajectories
        .iter()
        .map(|t| {
            let places = (0..t.times.len()).map(|k| {
                let state = t.state(k);
                (state[chosen[0]], state[chosen[1]])
            });
            thinned(places, 2e-3, (sx, sy))
        })
        .collect();
    let fixed_points: Vec<figures::FixedPoint> = points
        .points
        .iter()
        .map(|f| figures::FixedPoint {
            at: (f.rates[chosen[0]], f.rates[chosen[1]]),
            stable: f.stability == Stability::Stable,
        })
        .collect();
    let panel = figures::phase_plane(
        &figures::PhasePlane {
            x_label: &rate_label(&shown[0]),
            y_label: &rate_label(&shown[1]),
            x_range: (ranges[0][0], ranges[0][1]),
            y_range: (ranges[1][0], ranges[1][1]),
            flow: &flow,
            x_nullclines: &lines(0),
            y_nullclines: &lines(1),
            trajectories: &paths,
            fixed_points: &fixed_points,
        },
        theme,
    );
    Figure::new("Phase plane", Width::Column, 82.0, Layout::panel(panel), theme)
}

/// Points at least `distance` (relative to the ranges `scale`) from each other, and the last one.
fn thinned(points: impl Iterator<Item = Point>, distance: f64, (sx, sy): (f64, f64)) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    let mut last = None;
    for p in points {
        let far =
            kept.last().is_none_or(|q| ((p.0 - q.0) / sx).hypot((p.1 - q.1) / sy) >= distance);
        if far {
            kept.push(p);
        }
        last = Some(p);
    }
    if kept.last() != last.as_ref() {
        kept.extend(last);
    }
    kept
}
