//! The study of background activity as points that are stored and resumed.

use ntwk_core::Job;
use ntwk_io::{ModelText, ScanArray, ScanData, ScanValues};
use ntwk_morpho::Location;
use ntwk_morpho::studies::{BackgroundRun, BackgroundState, BackgroundStudy, StudyError};

use serde_json::json;

use crate::sweep::identity::StudyIdentity;
use crate::sweep::task::{
    DescriptionError, PointFailure, PointQuantity, PointTask, number_axis, text_axis,
};

/// The runs of a [`BackgroundStudy`], one point each: potential `V` (mV) over `time` (ms), and `spike_count` after the transient.
#[derive(Debug, Clone)]
pub struct BackgroundTask {
    /// The study.
    pub study: BackgroundStudy,
    /// The description of the cell.
    pub description: ModelText,
    /// Name of the group of synapses whose contact is the probe.
    pub synapses: String,
    /// Seed of the cell.
    pub seed: u64,
}

impl BackgroundTask {
    /// What the runs in `data` say; `None` unless all are there.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn state(&self, data: &ScanData) -> Result<Option<BackgroundState>, StudyError> {
        let numbers = |name: &str| match data.get(name).map(|a| &a.values) {
            Some(ScanValues::Numbers(values)) => values.as_slice(),
            _ => &[],
        };
        let (v, spikes) = (numbers("V"), numbers("spike_count"));
        if spikes.len() != self.points() || spikes.iter().any(|n| !n.is_finite()) {
            return Ok(None);
        }
        let runs: Vec<BackgroundRun> = v
            .chunks(self.study.samples())
            .zip(spikes)
            .map(|(trace, &n)| BackgroundRun { trace: trace.to_vec(), spikes: n as u64 })
            .collect();
        self.study.state(&runs).map(Some)
    }
}

impl PointTask for BackgroundTask {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        let p = self.study.protocol();
        let place = |at: &Location| json!({ "branch": at.branch, "x": at.x });
        let settings = json!({
            "probe": self.synapses,
            "probe_at": place(&p.probe_at),
            "measured_at": place(&p.at),
            "test_current_nA": p.current,
            "transient_ms": p.transient,
            "duration_ms": p.duration,
        });
        Ok(StudyIdentity::new("background activity", self.description.clone(), &settings))
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn axes(&self) -> Vec<ScanArray> {
        let names = |all: &[&str]| all.iter().map(|&s| s.to_owned()).collect();
        let time = (0..self.study.samples()).map(|k| k as f64 * self.study.dt()).collect();
        vec![
            text_axis("state", "state of the cell", names(&BackgroundStudy::STATES)),
            text_axis("protocol", "what is added to it", names(&BackgroundStudy::RUNS)),
            number_axis("time", "time", "ms", time),
        ]
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        let runs = BackgroundStudy::RUNS;
        let (state, run) = (BackgroundStudy::STATES[index / runs.len()], runs[index % runs.len()]);
        vec![("state".to_owned(), state.to_owned()), ("protocol".to_owned(), run.to_owned())]
    }

    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        let run = self.study.run(index, job).map_err(|e| match e {
            StudyError::Interrupted => PointFailure::Interrupted,
            e => PointFailure::Failed(e.to_string()),
        })?;
        let spikes = run.spikes as f64;
        Ok(vec![
            PointQuantity::along("time", "V", "membrane potential", "mV", run.trace),
            PointQuantity::scalar("spike_count", "spikes after the transient", "1", spikes),
        ])
    }
}
