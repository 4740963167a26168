//! The network of a model in every region of a connectome, coupled with conduction delays.

use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{Matrix, TheoryGroup};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::{Coupling, Dynamics, Input, InputSource, SpatialMeanField};
use ntwk_plot::{Figure, PlotError, Theme};

use crate::studies::StudyError;
use crate::studies::options::InvalidOptions;
use crate::studies::spatial_rates::{
    NodeAxis, SpatialRates, spatial_options, spatial_rates_figure,
};
use crate::studies::stationary::StationaryTheory;

/// Options of [`connectome`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConnectomeOptions {
    /// Weights of the connections: entry (row X, column Y) is the connection from region Y to region X. Its names are those of
    /// the regions.
    pub weights: Matrix,
    /// Lengths of the connections (mm); `None`: no delays.
    pub lengths: Option<Matrix>,
    /// Conduction velocity (m/s; default 3).
    pub velocity: f64,
    /// Factor on all weights (default 1).
    pub coupling: f64,
    /// Population that projects to the other regions; `None`: the first.
    pub source: Option<String>,
    /// Afferent population to whose rate theirs is added; `None`: the first.
    pub onto: Option<String>,
    /// Rates added to that afferent in single regions.
    pub stimulate: Vec<RegionStimulus>,
    /// Step (ms); `None`: a twentieth of `theory.T` or less.
    pub dt: Option<f64>,
}

/// A rate added to the afferent of one region for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionStimulus {
    /// Name of the region, or its number from 1.
    pub region: String,
    /// Rate (Hz).
    pub rate: f64,
    /// From and to (ms).
    pub times: [f64; 2],
}

impl ConnectomeOptions {
    /// Regions coupled with `weights`, without delays.
    #[must_use]
    pub fn new(weights: Matrix) -> Self {
        Self {
            weights,
            lengths: None,
            velocity: 3.0,
            coupling: 1.0,
            source: None,
            onto: None,
            stimulate: Vec::new(),
            dt: None,
        }
    }

    /// Checks the options against the model.
    ///
    /// # Errors
    /// [`InvalidOptions`] with every fault.
    pub fn check(&self, model: &Model) -> Result<(), InvalidOptions> {
        spatial_options(model, self.dt)?;
        self.regions(model).map(drop)
    }

    fn regions(&self, model: &Model) -> Result<Regions, InvalidOptions> {
        let mut invalid = InvalidOptions::default();
        if !(self.velocity > 0.0 && self.velocity.is_finite()) {
            let rule = "a finite velocity > 0 m/s is needed";
            invalid.push("velocity", self.velocity, rule);
        }
        if !self.coupling.is_finite() {
            invalid.push("coupling", self.coupling, "a finite number is needed");
        }
        let rows = &self.weights.rows;
        let n = rows.len();
        if n < 2 {
            invalid.push("weights", "", "two regions or more are needed");
        }
        let names = self.names(n).unwrap_or_else(|rule| {
            invalid.push("", "", rule);
            Vec::new()
        });
        let scaled: Vec<Vec<f64>> =
            rows.iter().map(|row| row.iter().map(|w| self.coupling * w).collect()).collect();
        let delays: Vec<Vec<f64>> = match &self.lengths {
            // mm over m/s.
            Some(m) => {
                m.rows.iter().map(|r| r.iter().map(|l| l / self.velocity).collect()).collect()
            }
            None => vec![vec![0.0; n]; n],
        };
        let coupling = Coupling::from_matrices(&scaled, &delays);
        let coupling = coupling.map_err(|e| invalid.push("", "", e.to_string())).ok();
        let populations: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
        let afferents: Vec<&str> = model.afferents().iter().map(|a| a.name.as_str()).collect();
        let mut index = |option, given: Option<&str>, known: &[&str]| {
            if given.is_none() && known.is_empty() {
                invalid.push(option, "", "the model has no afferent population");
            }
            let found = given.map(|name| invalid.index(option, name, known, "there is no", ""));
            found.flatten().unwrap_or(0)
        };
        let source = index("source", self.source.as_deref(), &populations);
        let onto = index("onto", self.onto.as_deref(), &afferents);
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let stimulus = |s: &RegionStimulus| {
            let numbered = s.region.parse::<usize>().ok().filter(|r| (1..=n).contains(r));
            let region = numbered
                .map_or_else(|| index("stimulate", Some(&s.region), &known), |number| number - 1);
            (region, s.rate, s.times)
        };
        let stimuli = self.stimulate.iter().map(stimulus).collect();
        match coupling {
            Some(coupling) if invalid.faults.is_empty() => {
                Ok(Regions { coupling, names, source, onto, stimuli })
            }
            _ => Err(invalid),
        }
    }

    /// Names of the regions: those of the weights, which must be those of the lengths where both have some; else numbers.
    fn names(&self, n: usize) -> Result<Vec<String>, String> {
        let other = self.lengths.as_ref().and_then(|l| l.names.as_ref());
        if let (Some(a), Some(b)) = (&self.weights.names, other)
            && a != b
        {
            return Err("the files of weights and lengths name different regions".to_owned());
        }
        match self.weights.names.as_ref().or(other) {
            Some(names) if names.len() == n => Ok(names.clone()),
            Some(names) => Err(format!("{} names for {n} regions", names.len())),
            None => Ok((1..=n).map(|r| r.to_string()).collect()),
        }
    }
}

/// Options that fit: the coupling between regions, their names, indices of population and afferent, stimuli by region.
struct Regions {
    coupling: Coupling,
    names: Vec<String>,
    source: usize,
    onto: usize,
    stimuli: Vec<(usize, f64, [f64; 2])>,
}

/// Rates of the regions of a connectome.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectomeStudy {
    /// Rates over population, time and region.
    pub rates: SpatialRates,
    /// The regions, with their names.
    pub axis: NodeAxis,
    /// Whether the job was interrupted; the rates are those so far.
    pub interrupted: bool,
}

/// The rates of a connectome whose regions each hold a copy of the network of `model`.
///
/// To the rate of an afferent each region adds `coupling` times the sum over the other regions of weight times the rate of
/// their population `source`, as it was length / velocity ago. All start where the network of a region settles by itself, or
/// from silence where it does not settle. An interruption keeps the rates so far.
///
/// # Errors
/// [`StudyError`].
pub fn connectome(
    model: &Model,
    options: &ConnectomeOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<ConnectomeStudy, StudyError> {
    options.check(model)?;
    connectome_of(model, &StationaryTheory::new(model, library, job)?, options, job)
}

/// As [`connectome`], with the theory of the model at hand.
///
/// # Errors
/// [`StudyError`].
pub fn connectome_of(
    model: &Model,
    stationary: &StationaryTheory,
    options: &ConnectomeOptions,
    job: &Job<'_>,
) -> Result<ConnectomeStudy, StudyError> {
    let integration = spatial_options(model, options.dt)?;
    let Regions { coupling, names, source, onto, stimuli } = options.regions(model)?;
    let (theory, system) = (&stationary.theory, &stationary.theory.mean_field);
    let mut network = SpatialMeanField::new(system.clone(), names.len())?;
    network.add_to_afferent(onto, source, coupling)?;
    let write = |region: usize, t: f64, input: &mut Input| {
        theory.input.write(t, input);
        for (_, rate, times) in stimuli.iter().filter(|s| s.0 == region) {
            if (times[0]..times[1]).contains(&t) {
                input.afferent_rates[onto] += rate;
            }
        }
    };
    let initial = match stationary.settled(job)? {
        Some(point) => {
            system.adapted_state(&point.rates, &stationary.input).map_err(TheoryError::from)?
        }
        None => vec![0.0; system.dimension()],
    };
    let trajectory = network.integrate(&initial, &write, &integration, &job.stage("mean field"))?;
    let rates = SpatialRates::of_theory(&trajectory, network.local());
    let axis = NodeAxis {
        label: "region".to_owned(),
        positions: (1..=names.len()).map(|r| r as f64).collect(),
        unit: "1".to_owned(),
        names,
    };
    Ok(ConnectomeStudy { rates, axis, interrupted: job.is_interrupted() })
}

impl ConnectomeStudy {
    /// The rates, as a group of a results file.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        vec![self.rates.group("connectome", &self.axis)]
    }

    /// Rates over time and region.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        spatial_rates_figure("Rates of regions", &[("", &self.rates)], &self.axis, theme)
    }
}
