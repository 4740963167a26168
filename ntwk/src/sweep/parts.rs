//! What is known of a scan that several processes may compute: its file and the part of each process, read as one.
//!
//! The file is written only when all points are known, from all parts at once, and the parts are removed after it: whoever
//! writes it last, it holds every point. Until then every process appends what it computes to a part of its own, so that none
//! can lose the points of another. Points are deterministic: one that two processes computed has the same bits.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use ntwk_core::Job;
use ntwk_io::part_file::{host_name, unix_seconds};
use ntwk_io::{
    PartFolder, PartHeader, PartPoint, PartQuantity, PartWriter, Provenance, ScanData, read_scan,
    read_study, remove_file, write_scan,
};
use serde_json::Value;

use crate::run::origin::provenance_of_seed;
use crate::sweep::identity::{PARAMETER_SWEEP, StudyIdentity};
use crate::sweep::results::{SweepFrame, SweepResults};
use crate::sweep::share::Share;
use crate::sweep::store::{PointStatus, StoreError};
use crate::sweep::task::PointQuantity;

/// Reading the parts of others takes at most this fraction of the time.
const READ_SHARE: u32 = 20;
/// Time between two readings, at least.
const READ_INTERVAL: Duration = Duration::from_secs(1);
/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is known of a scan.
#[derive(Debug)]
pub(super) struct KnownPoints {
    path: PathBuf,
    pub(super) folder: PartFolder,
    study: StudyIdentity,
    pub(super) origin: Provenance,
    pub(super) frame: SweepFrame,
    pub(super) results: SweepResults,
    /// What is compared with, in words.
    name: String,
    /// Who knew a point first.
    authors: Vec<String>,
    /// Of each point, its place in `authors`.
    known_by: Vec<usize>,
    /// The part that this process writes.
    own: Option<String>,
    read: Instant,
    cost: Duration,
}

/// A point found in a part.
struct Found {
    part: String,
    index: usize,
    outcome: Result<Vec<PointQuantity>, String>,
    seconds: f64,
}

/// The quantities of a point of a part.
fn outcome(
    quantities: &[PartQuantity],
    outcome: Result<Vec<f64>, String>,
) -> Result<Vec<PointQuantity>, String> {
    let mut values = outcome?.into_iter();
    let quantity = |q: &PartQuantity| PointQuantity {
        name: q.name.clone(),
        label: q.label.clone(),
        unit: q.unit.clone(),
        values: values.by_ref().take(q.length).collect(),
        along: q.along.clone(),
    };
    Ok(quantities.iter().map(quantity).collect())
}

/// The points that were added to the parts.
fn added(folder: &mut PartFolder, own: Option<&str>) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    folder.read_on(VERSION, own, |part, quantities, point| {
        let PartPoint { index, seconds, .. } = point;
        let outcome = outcome(quantities, point.outcome);
        found.push(Found { part: part.to_owned(), index, outcome, seconds });
    })?;
    Ok(found)
}

impl KnownPoints {
    fn new(
        path: &Path,
        folder: PartFolder,
        study: StudyIdentity,
        origin: Provenance,
        frame: SweepFrame,
        name: String,
    ) -> Self {
        let points = frame.points();
        Self {
            path: path.to_owned(),
            folder,
            study,
            origin,
            results: SweepResults::new(points),
            frame,
            name,
            authors: Vec::new(),
            known_by: vec![0; points],
            own: None,
            read: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// What the file and the parts of a scan hold, whichever scan it is.
    ///
    /// # Errors
    /// [`StoreError`], [`StoreError::Nothing`] where there are none.
    pub(super) fn stored(path: &Path) -> Result<Self, StoreError> {
        // The parts first: they are removed after the file was written.
        let mut folder = PartFolder::of(path);
        let found = added(&mut folder, None)?;
        let file = if path.exists() { read_scan(path)? } else { None };
        let damaged = || StoreError::Another {
            path: path.to_owned(),
            difference: "its description is damaged".to_owned(),
        };
        let first = folder.parts().find_map(|(_, part)| Some((part.path(), part.header()?)));
        let mut known = match (&file, first) {
            (Some((data, model, origin)), _) => {
                let study = match read_study(path)? {
                    Some(study) => StudyIdentity::stored(model.clone(), &study),
                    None => Some(StudyIdentity::new(PARAMETER_SWEEP, model.clone(), &Value::Null)),
                };
                let study = study.ok_or_else(damaged)?;
                let frame = SweepFrame::stored(data).ok_or_else(damaged)?;
                let (origin, name) = (origin.clone(), path.display().to_string());
                Self::new(path, folder, study, origin, frame, name)
            }
            (None, Some((part, header))) => {
                let study = StudyIdentity::stored(header.model.clone(), &header.study);
                let study = study.ok_or_else(damaged)?;
                let (known, dimensions) = (header.known.clone(), header.dimensions);
                let (origin, name) =
                    (header.origin.clone(), format!("{} ({})", part.display(), header.author()));
                let frame = SweepFrame { known, dimensions };
                Self::new(path, folder, study, origin, frame, name)
            }
            (None, None) => {
                return Err(StoreError::Nothing {
                    folder: path.parent().unwrap_or(path).to_owned(),
                    file: path.to_owned(),
                    parts: folder.path().to_owned(),
                });
            }
        };
        if let Some((data, ..)) = &file {
            known.take_file(data)?;
        }
        known.take_parts(found)?;
        Ok(known)
    }

    /// The study in the file, unless it is of another one.
    fn file(&self) -> Result<Option<ScanData>, StoreError> {
        if !self.path.exists() {
            return Ok(None);
        }
        let another = |difference| StoreError::Another { path: self.path.clone(), difference };
        let Some((data, model, made)) = read_scan(&self.path)? else {
            return Err(another("it is not a file of points written by ntwk".to_owned()));
        };
        if let Some(difference) = self.study.difference(&model, read_study(&self.path)?.as_ref()) {
            return Err(another(difference));
        }
        if made.version != self.origin.version {
            let (theirs, ours) = (&made.version, &self.origin.version);
            return Err(another(format!("ntwk {theirs} made it, and this is ntwk {ours}")));
        }
        Ok(Some(data))
    }

    fn take_file(&mut self, data: &ScanData) -> Result<(), StoreError> {
        let stored = SweepResults::from_data(data, &self.frame).ok_or_else(|| {
            let difference = "its arrays differ".to_owned();
            StoreError::Another { path: self.path.clone(), difference }
        })?;
        let author = self.path.display().to_string();
        for index in 0..self.frame.points() {
            if let Some(outcome) = stored.outcome(index) {
                self.take(index, outcome, stored.seconds()[index], &author)?;
            }
        }
        Ok(())
    }

    fn take_parts(&mut self, found: Vec<Found>) -> Result<(), StoreError> {
        for (_, part) in self.folder.parts() {
            let Some(header) = part.header() else { continue };
            if let Some(difference) = self.study.difference(&header.model, Some(&header.study)) {
                let (path, author) = (part.path().to_owned(), header.author());
                let scan = self.name.clone();
                return Err(StoreError::AnotherPart { path, author, scan, difference });
            }
        }
        for Found { part, index, outcome, seconds } in found {
            let header = self.folder.part(&part).and_then(|p| p.header());
            let author = match header {
                Some(header) => format!("{part} ({})", header.author()),
                None => part,
            };
            self.take(index, outcome, seconds, &author)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        index: usize,
        outcome: Result<Vec<PointQuantity>, String>,
        seconds: f64,
        author: &str,
    ) -> Result<(), StoreError> {
        let known = self.results.status(index) == PointStatus::Done;
        self.results.set(index, outcome, seconds).map_err(|_| StoreError::OtherBits {
            index,
            first: self.authors.get(self.known_by[index]).cloned().unwrap_or_default(),
            second: author.to_owned(),
        })?;
        if !known {
            let place = self.authors.iter().position(|a| a == author).unwrap_or_else(|| {
                self.authors.push(author.to_owned());
                self.authors.len() - 1
            });
            self.known_by[index] = place;
        }
        Ok(())
    }

    /// Reads what other processes added.
    pub(super) fn refresh(&mut self) -> Result<(), StoreError> {
        let begin = Instant::now();
        let found = added(&mut self.folder, self.own.as_deref())?;
        self.take_parts(found)?;
        (self.read, self.cost) = (Instant::now(), begin.elapsed());
        Ok(())
    }

    /// The arrays of the file.
    pub(super) fn data(&self) -> ScanData {
        self.results.data(&self.frame)
    }

    /// Model and origin of the scan.
    pub(super) fn study(&self) -> &StudyIdentity {
        &self.study
    }

    /// Writes all points to the file and removes the parts, when all are known; whether they are.
    ///
    /// A failed point may be computed again by a process that is at work, which will do this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn merge(&mut self) -> Result<bool, StoreError> {
        let _lock = self.folder.lock();
        self.refresh()?;
        if let Some(data) = self.file()? {
            self.take_file(&data)?;
        }
        let others = || self.folder.parts().any(|(_, part)| part.is_at_work() == Some(true));
        let failed = self.results.count(PointStatus::Failed) > 0;
        if !self.results.is_complete() || failed && others() {
            return Ok(false);
        }
        let data = self.write(&self.path)?;
        let stored = read_scan(&self.path)?.map(|read| read.0);
        if stored
            .as_ref()
            .and_then(|s| SweepResults::from_data(s, &self.frame))
            .is_none_or(|stored| !stored.same_bits(&self.results))
            || stored.is_none_or(|s| s.axes != data.axes)
        {
            return Err(StoreError::NotAsWritten { path: self.path.clone() });
        }
        self.folder.remove(None)?;
        remove_file(&self.partial())?;
        Ok(true)
    }

    /// The file of what is known of a scan that is not complete.
    pub(super) fn partial(&self) -> PathBuf {
        self.path.with_extension("partial.h5")
    }

    /// Writes what is known.
    pub(super) fn write(&self, path: &Path) -> Result<ScanData, StoreError> {
        let data = self.data();
        let wall_seconds = self.results.seconds().iter().filter(|s| s.is_finite()).sum();
        let origin = Provenance { wall_seconds, ..self.origin.clone() };
        write_scan(path, &data, self.study.model(), Some(&self.study.text()), &origin)?;
        Ok(data)
    }
}

/// Where a process keeps the points that it computes.
#[derive(Debug)]
pub(super) struct SweepStore {
    pub(super) known: KnownPoints,
    header: PartHeader,
    writer: Option<PartWriter>,
    /// Whether what was there before is still to be discarded.
    discard: bool,
    added: usize,
}

impl SweepStore {
    /// The store of `study` whose file is `path`, and what is known of it; nothing where it starts anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn open(
        path: &Path,
        (study, seed): (StudyIdentity, u64),
        frame: SweepFrame,
        (share, fresh): (&Share, bool),
        job: &Job<'_>,
    ) -> Result<Self, StoreError> {
        let now = SystemTime::now();
        let origin = provenance_of_seed(seed, job.thread_count(), now, 0.0);
        let header = PartHeader {
            host: host_name(),
            process: std::process::id(),
            began: unix_seconds(now),
            share: share.to_string(),
            origin: origin.clone(),
            model: study.model().clone(),
            study: study.text(),
            dimensions: frame.dimensions,
            known: frame.known.clone(),
        };
        let name = "the one that was asked for".to_owned();
        let folder = PartFolder::of(path);
        let mut known = KnownPoints::new(path, folder, study, origin, frame, name);
        if !fresh {
            // The parts first: they are removed after the file was written.
            let found = added(&mut known.folder, None)?;
            if let Some(data) = known.file()? {
                known.take_file(&data)?;
            }
            known.take_parts(found)?;
        }
        Ok(Self { known, header, writer: None, discard: fresh, added: 0 })
    }

    /// Begins the part of this process.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let writer = PartWriter::create(self.known.folder.path(), &self.header)?;
        self.known.own = Some(writer.name());
        self.writer = Some(writer);
        Ok(())
    }

    /// Reads what other processes added, when so much time has passed that it is worth it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn refresh_when_due(&mut self) -> Result<(), StoreError> {
        let due = self.known.read.elapsed() >= READ_INTERVAL.max(READ_SHARE * self.known.cost);
        // What is still to be discarded is not read.
        if due && !self.discard { self.known.refresh() } else { Ok(()) }
    }

    /// Keeps a point.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub(super) fn add(
        &mut self,
        index: usize,
        outcome: Result<Vec<PointQuantity>, String>,
        took: Duration,
    ) -> Result<(), StoreError> {
        if self.discard {
            self.known.folder.remove(self.known.own.as_deref())?;
            remove_file(&self.known.path)?;
            remove_file(&self.known.partial())?;
            self.discard = false;
        }
        let seconds = took.as_secs_f64();
        if let Some(writer) = &mut self.writer {
            let described = |q: &PointQuantity| PartQuantity {
                name: q.name.clone(),
                label: q.label.clone(),
                unit: q.unit.clone(),
                along: q.along.clone(),
                length: q.values.len(),
            };
            let quantities: Vec<PartQuantity> = outcome.iter().flatten().map(described).collect();
            let values = match &outcome {
                Ok(quantities) => {
                    Ok(quantities.iter().flat_map(|q| q.values.iter().copied()).collect())
                }
                Err(error) => Err(error.clone()),
            };
            let at = unix_seconds(SystemTime::now());
            writer.add(&quantities, PartPoint { index, seconds, at, outcome: values })?;
        }
        self.added += 1;
        let author = format!("this process ({})", self.header.author());
        self.known.take(index, outcome, seconds, &author)
    }

    /// Ends the part of this process, and makes the file of all parts when all points are known; whether the file has all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn end(&mut self) -> Result<bool, StoreError> {
        match self.writer.take() {
            Some(writer) if self.added == 0 => writer.discard(),
            Some(writer) => writer.finish()?,
            None => {}
        }
        if self.discard {
            return Ok(false);
        }
        self.known.refresh()?;
        if !self.known.results.is_complete() {
            // Another process may have made the file of all points, and removed the parts.
            match self.known.file()? {
                Some(data) => self.known.take_file(&data)?,
                None => return Ok(false),
            }
        }
        if !self.known.results.is_complete() {
            return Ok(false);
        }
        if self.added == 0 && !self.known.folder.exists() && self.known.path.exists() {
            // All was known before.
            return Ok(true);
        }
        self.known.merge()
    }
}
