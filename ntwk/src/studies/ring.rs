//! The mean field of a model on a ring, and the simulated ring beside it.

use ntwk_core::engine::run::simulate;
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::TheoryGroup;
use ntwk_meanfield::spatial::ring::RingModel;
use ntwk_meanfield::system::limitation::Limitation;
use ntwk_meanfield::{Dynamics, Input};
use ntwk_plot::{Figure, PlotError, Theme};

use crate::studies::StudyError;
use crate::studies::options::InvalidOptions;
use crate::studies::spatial_rates::{
    NodeAxis, SpatialRates, spatial_options, spatial_rates_figure,
};
use crate::studies::stationary::StationaryTheory;

/// Options of [`ring`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RingOptions {
    /// Number of nodes, each a mean field (default 80).
    pub nodes: usize,
    /// Step (ms); `None`: a twentieth of `theory.T` or less.
    pub dt: Option<f64>,
    /// Simulate the network too (default: no).
    pub simulate: bool,
    /// Bins of the simulated rates (ms; default 5).
    pub bin: f64,
}

impl Default for RingOptions {
    fn default() -> Self {
        Self { nodes: 80, dt: None, simulate: false, bin: 5.0 }
    }
}

impl RingOptions {
    /// Checks the options against the model.
    ///
    /// # Errors
    /// [`InvalidOptions`].
    pub fn check(&self, model: &Model) -> Result<(), InvalidOptions> {
        spatial_options(model, self.dt)?;
        if !(self.bin > 0.0 && self.bin.is_finite()) {
            return Err(InvalidOptions::one("bin", self.bin, "a finite time > 0 ms is needed"));
        }
        Ok(())
    }
}

/// Rates on a ring.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RingStudy {
    /// Rates of the mean field.
    pub theory: SpatialRates,
    /// Rates of the simulation, where it was asked for and the theory came to its end.
    pub simulated: Option<SpatialRates>,
    /// Positions of the nodes (mm).
    pub axis: NodeAxis,
    /// What the mean field of the ring leaves out.
    pub limitations: Vec<Limitation>,
    /// Why the simulation ended early.
    pub stopped: Option<String>,
    /// Whether the job was interrupted in the mean field; the rates are those so far.
    pub interrupted: bool,
}

/// The rates of `model` on a ring of nodes, each a mean field.
///
/// Projections with rule `distance_gaussian` couple the surroundings, others the whole ring, each after the delay of its
/// distance. An interruption keeps the rates so far.
///
/// # Errors
/// [`StudyError`].
pub fn ring(
    model: &Model,
    options: &RingOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<RingStudy, StudyError> {
    options.check(model)?;
    ring_of(model, &StationaryTheory::new(model, library, job)?, options, job)
}

/// As [`ring`], with the theory of the model at hand.
///
/// # Errors
/// [`StudyError`].
pub fn ring_of(
    model: &Model,
    stationary: &StationaryTheory,
    options: &RingOptions,
    job: &Job<'_>,
) -> Result<RingStudy, StudyError> {
    options.check(model)?;
    let integration = spatial_options(model, options.dt)?;
    let ring = RingModel::new(model, stationary.theory.mean_field.clone(), options.nodes)?;
    let local = ring.network.local();
    let silence = vec![0.0; local.dimension()];
    let write = |node: usize, t: f64, input: &mut Input| ring.write(node, t, input);
    let job_of_theory = job.stage("mean field");
    let trajectory = ring.network.integrate(&silence, &write, &integration, &job_of_theory)?;
    let interrupted = job.is_interrupted();
    let theory = SpatialRates::of_theory(&trajectory, local);
    let axis = NodeAxis {
        label: "position (mm)".to_owned(),
        positions: ring.positions().iter().map(|x| 1e-3 * x).collect(),
        unit: "mm".to_owned(),
        names: Vec::new(),
    };
    let (mut simulated, mut stopped) = (None, None);
    if options.simulate && !interrupted {
        let run = simulate(model, &job.stage("simulation"))?;
        stopped = run.stopped.map(|stop| stop.to_string());
        let recording = &run.recording;
        simulated = Some(SpatialRates::of_simulation(model, recording, options.nodes, options.bin));
    }
    // What a mean field at every node has and a single one has not is no limitation here.
    let limitations = stationary.theory.limitations.iter();
    let limitations = limitations.filter(|l| !l.is_of_one_place()).cloned().collect();
    Ok(RingStudy { theory, simulated, axis, limitations, stopped, interrupted })
}

impl RingStudy {
    /// The rates of theory and simulation, as groups of a results file.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        let theory = self.theory.group("ring", &self.axis);
        let simulated = self.simulated.as_ref().map(|s| s.group("ring_simulated", &self.axis));
        std::iter::once(theory).chain(simulated).collect()
    }

    /// Rates over time and position, simulation and theory side by side.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let shown: Vec<(&str, &SpatialRates)> = match &self.simulated {
            Some(simulated) => vec![("simulated", simulated), ("mean field", &self.theory)],
            None => vec![("", &self.theory)],
        };
        spatial_rates_figure("Rates on a ring", &shown, &self.axis, theme)
    }
}
