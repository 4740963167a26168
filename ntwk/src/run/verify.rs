//! Running a stored run again and comparing bits.

use ndarray::Array2;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::model::Sampled;
use ntwk_core::recording::recorder::Segment;
use ntwk_core::{
    CellLibrary, Job, Model, Network, Recorder, RecorderError, Recording, Simulation,
    SimulationError, Spikes, Trace,
};
use ntwk_io::{FileError, Precision, ResultFile, Selection, TheoryGroup};

use crate::compare::{CompareError, compare_with};
use crate::report::results::{ReadBackError, stored_potentials, theory_groups};
use crate::run::stream::segment_steps;
use crate::studies::StudyError;
use crate::studies::rates::{RatesOptions, rates};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::predict;

/// What was compared, and the first difference.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verification {
    /// Steps run again.
    pub steps: u64,
    /// Spikes compared.
    pub spikes: u64,
    /// Samples of recorded variables compared.
    pub samples: u64,
    /// Values of the theory compared.
    pub theory_values: u64,
    /// The first difference in words; `None` when all bits are the same.
    pub difference: Option<String>,
}

/// A verification that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The second run stopped earlier than the first.
    #[error("the run cannot be repeated: {0}")]
    Simulation(SimulationError),
    /// The stored recording cannot be analysed.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
    /// The theory failed.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// The rates of the theory failed.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The user interrupted it.
    #[error("interrupted")]
    Interrupted,
}

/// Steps between two looks at clock and interruption.
const SEGMENT: u32 = 1000;
/// Bytes of samples compared at a time.
const BLOCK_BYTES: usize = 8 << 20;

/// Runs the model of `file` again, as far as the stored run came, and compares spikes, counts and samples (in the
/// precision they are stored in) bit for bit.
///
/// # Errors
/// [`VerifyError`]; a difference is not an error.
pub fn verify_run(
    file: &ResultFile,
    stored: &Recording,
    model: &Model,
    job: &Job<'_>,
) -> Result<Verification, VerifyError> {
    let mut simulation = Simulation::new(Network::build(model, job)?);
    let segment = segment_steps(simulation.populations(), BLOCK_BYTES).min(SEGMENT);
    let mut comparer = Comparer {
        file,
        stored,
        cursors: vec![0; stored.populations.len()],
        afferent_cursors: vec![0; stored.afferents.len()],
        found: Verification::default(),
    };
    let names: Vec<&str> = simulation.populations().iter().map(|p| p.name.as_str()).collect();
    let stored_names: Vec<&str> = stored.populations.iter().map(|p| p.name.as_str()).collect();
    if names != stored_names {
        comparer.found.difference =
            Some(format!("the model has populations {names:?}, the file {stored_names:?}"));
        return Ok(comparer.found);
    }
    comparer.traces_match(&simulation);

    let end = stored.n_steps.min(u64::from(model.n_steps())) as u32;
    while simulation.step() < end && comparer.found.difference.is_none() {
        if job.is_interrupted() {
            return Err(VerifyError::Interrupted);
        }
        match simulation.advance(segment.min(end - simulation.step()), &mut comparer) {
            Ok(()) => {}
            Err(SimulationError::Recorder(error)) => match error.0.downcast::<FileError>() {
                Ok(error) => return Err(VerifyError::File(*error)),
                Err(error) => {
                    return Err(VerifyError::Simulation(RecorderError(error).into()));
                }
            },
            Err(error) => return Err(VerifyError::Simulation(error)),
        }
        job.report(f64::from(simulation.step()) / f64::from(end));
    }
    comparer.found.steps = u64::from(simulation.step());
    Ok(comparer.found)
}

/// Computes the theory of `model` again and compares every stored array bit for bit.
///
/// # Errors
/// [`VerifyError`]; a difference is not an error.
pub fn verify_theory(
    file: &ResultFile,
    stored: Option<&Recording>,
    groups: &[TheoryGroup],
    model: &Model,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Verification, VerifyError> {
    let computed = match stored {
        Some(stored) => {
            let theory = predict(model, library, job)?;
            let potentials = stored_potentials(file, model)?;
            let comparison = compare_with(model, stored, &potentials, &theory, library, job)?;
            theory_groups(&theory, Some(&comparison))
        }
        None => rates(model, &RatesOptions::default(), library, job)?.arrays(),
    };
    let mut found = Verification::default();
    for group in groups {
        let again = computed.iter().find(|g| g.name == group.name);
        for array in &group.arrays {
            let path = format!("/theory/{}/{}", group.name, array.name);
            let again = again.and_then(|g| g.arrays.iter().find(|a| a.name == array.name));
            let Some(again) = again.filter(|a| a.data.shape() == array.data.shape()) else {
                found.difference = Some(format!("{path} has another shape or is not computed"));
                return Ok(found);
            };
            for (i, (&was, &is)) in array.data.iter().zip(&again.data).enumerate() {
                found.theory_values += 1;
                if !same_bits(was, is) {
                    found.difference = Some(format!("{path}: value {i} is {is}, stored {was}"));
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

fn same_bits(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Compares the segments of a run with a file.
struct Comparer<'a> {
    file: &'a ResultFile,
    stored: &'a Recording,
    /// Stored spikes already compared, per population.
    cursors: Vec<usize>,
    /// The same of the afferents.
    afferent_cursors: Vec<usize>,
    found: Verification,
}

impl Comparer<'_> {
    /// Whether the same variables of the same neurons are recorded.
    fn traces_match(&mut self, simulation: &Simulation) {
        let names: Vec<&str> = simulation.afferents().iter().map(|a| a.name.as_str()).collect();
        let kept: Vec<&str> = self.stored.afferents.iter().map(|a| a.name.as_str()).collect();
        if names != kept {
            self.found.difference =
                Some(format!("afferents {names:?} are recorded, stored {kept:?}"));
        }
        for (info, stored) in simulation.populations().iter().zip(&self.stored.populations) {
            let is = (info.size as usize, info.record_spikes);
            let was = (stored.size, stored.spikes.is_some());
            let names: Vec<String> = info.traces.iter().map(Sampled::name).collect();
            let kept: Vec<String> = stored.traces.iter().map(Trace::name).collect();
            if is != was || names != kept {
                self.found.difference = Some(format!(
                    "{}: (neurons, spikes recorded) are {is:?} and variables {names:?}, stored {was:?} and {kept:?}",
                    info.name
                ));
            }
        }
    }

    fn compare(&mut self, segment: &Segment) -> Result<Option<String>, FileError> {
        let dt = self.stored.dt;
        let first = u64::from(segment.first_step);
        let end = first + u64::from(segment.n_steps);
        let afferents = segment.afferents.iter().zip(&self.stored.afferents);
        for ((new, stored), cursor) in afferents.zip(&mut self.afferent_cursors) {
            if let Some(text) = other_spike(&stored.name, &stored.spikes, *cursor, new, dt) {
                return Ok(Some(text));
            }
            *cursor += new.len();
            self.found.spikes += new.len() as u64;
        }
        for (p, (new, stored)) in
            segment.populations.iter().zip(&self.stored.populations).enumerate()
        {
            let mut counts = vec![0u32; segment.n_steps as usize];
            new.spikes.steps.iter().for_each(|&k| counts[(k - first) as usize] += 1);
            let kept = stored.counts.get(first as usize..end as usize).unwrap_or_default();
            if let Some(k) = (0..counts.len()).find(|&k| kept.get(k) != Some(&counts[k])) {
                return Ok(Some(format!(
                    "{}: {} spikes at t = {} ms, stored {}",
                    stored.name,
                    counts[k],
                    (first + k as u64) as f64 * dt,
                    kept.get(k).copied().unwrap_or(0)
                )));
            }
            if let Some(spikes) = &stored.spikes {
                if let Some(text) =
                    other_spike(&stored.name, spikes, self.cursors[p], &new.spikes, dt)
                {
                    return Ok(Some(text));
                }
                self.cursors[p] += new.spikes.len();
                self.found.spikes += new.spikes.len() as u64;
            }
            for (trace, samples) in stored.traces.iter().zip(&new.traces) {
                let rows = trace.steps.before(first)..trace.steps.before(end);
                let (was, precision) = self.file.frames(&stored.name, &trace.name(), rows)?;
                if let Some(text) = differ(&was, samples, precision) {
                    let t = format!(
                        "{} {} between {} and {} ms",
                        stored.name,
                        trace.name(),
                        first as f64 * dt,
                        end as f64 * dt
                    );
                    return Ok(Some(format!("{t}: {text}")));
                }
                self.found.samples += samples.len() as u64;
            }
        }
        Ok(None)
    }
}

/// The first of `new` that is not the next spike of `stored`, from place `at` on.
fn other_spike(name: &str, stored: &Spikes, at: usize, new: &Spikes, dt: f64) -> Option<String> {
    let place = |i: usize| stored.steps.get(at + i).copied().zip(stored.ids.get(at + i).copied());
    new.steps.iter().zip(&new.ids).enumerate().find_map(|(i, (&step, &id))| {
        let was = place(i);
        (was != Some((step, id))).then(|| {
            let t = step as f64 * dt;
            let stored = was.map_or_else(
                || "no further spike is stored".to_owned(),
                |(step, id)| format!("stored is neuron {id} at t = {} ms", step as f64 * dt),
            );
            format!("{name}: neuron {id} fires at t = {t} ms, {stored}")
        })
    })
}

fn differ(was: &Array2<f64>, is: &Array2<f64>, precision: Precision) -> Option<String> {
    if was.shape() != is.shape() {
        let shape = |a: &Array2<f64>| format!("{} x {}", a.nrows(), a.ncols());
        return Some(format!("{} samples, stored {}", shape(is), shape(was)));
    }
    was.indexed_iter().zip(is).find_map(|((place, &was), &is)| {
        let is = match precision {
            Precision::Single => f64::from(is as f32),
            Precision::Double => is,
        };
        (!same_bits(was, is)).then(|| format!("sample {place:?} is {is}, stored {was}"))
    })
}

impl Recorder for Comparer<'_> {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        self.found.difference =
            self.compare(segment).map_err(|error| RecorderError(Box::new(error)))?;
        Ok(())
    }
}

/// What of a stored run a verification holds in memory: spikes, counts, and which variables of how many neurons.
///
/// # Errors
/// [`FileError`].
pub fn stored_outline(file: &ResultFile) -> Result<Option<Recording>, FileError> {
    file.recording_of(&Selection { variables: None, columns: 0..0 })
}
