//! Writing a run while it computes: memory stays bounded, and a killed run leaves a readable file.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hdf5::{AttrValue, FileAccessProperties, FileLocking, Layout, SyncPolicy};
use ntwk_core::model::SampleSteps;
use ntwk_core::{Job, Recording, Spikes, Trace};

use crate::error::{Action, FileError};
use crate::hdf5_writer::{Precision, text};
use crate::provenance::Provenance;
use crate::run_file::{
    Extent, ModelText, RecordingForm, WriteOptions, add_origin, check_columns, check_spikes,
    report_name, sonata_file,
};
use crate::theory::{self, TheoryGroup};

/// Samples written at a time when space is reserved (bytes).
const FILL_BYTES: usize = 1 << 20;

/// A run being written, block of steps by block of steps, in the layout of [`write_run`](crate::write_run).
///
/// The file is `<stem>.partial.<extension>` beside the final path until [`RunWriter::finish`] renames it. At any moment
/// it is a complete HDF5 file that every reader opens: a block becomes visible at once when it has been written, with
/// `/run@n_steps` saying how far the run came (a killed process loses the block in hand; after a loss of power the file
/// may be unreadable, as nothing is forced to the disk before the end). Samples are uncompressed and have their final
/// shape from the beginning, NaN where the run did not come to, so a disk that is too small is found out before the
/// run and not hours into it. Memory: one block, plus 1 MiB.
#[derive(Debug)]
pub struct RunWriter {
    target: PathBuf,
    partial: PathBuf,
    hdf5: hdf5::File,
    samples: fs::File,
    form: RecordingForm,
    n_steps: u64,
    populations: Vec<PopulationSink>,
    /// Names of the afferent spikes.
    afferents: Vec<String>,
}

/// Where the parts of a population go.
#[derive(Debug)]
struct PopulationSink {
    name: String,
    has_spikes: bool,
    reports: Vec<ReportSink>,
}

/// Where the samples of a report go.
#[derive(Debug)]
struct ReportSink {
    name: String,
    columns: usize,
    steps: SampleSteps,
    frames: usize,
    written: usize,
    /// Place of the first sample in the file; `None` when there is no sample to come.
    address: Option<u64>,
}

/// Keeps the provisional file for this run, until its handle is closed: a lock where locks only advise.
fn hold(file: &fs::File, path: &Path) -> Result<(), FileError> {
    if !cfg!(unix) {
        return Ok(());
    }
    match file.try_lock() {
        // A file system without locks keeps nobody out.
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => {
            let reason = "another run is writing it; give this one a folder of its own";
            let source = io::Error::new(io::ErrorKind::ResourceBusy, reason);
            Err(FileError::io(Action::Create, path, source))
        }
    }
}

/// Whether a file could not be had because another run writes it.
fn is_held(error: &FileError) -> bool {
    matches!(error, FileError::Io { source, .. } if source.kind() == io::ErrorKind::ResourceBusy)
}

impl RunWriter {
    /// Creates the file of a run of `plan.n_steps` steps.
    ///
    /// `plan` is the recording before the first step: populations with their sizes, `spikes` present where they will
    /// be recorded, traces with variable, unit, neurons and steps, and no data (`counts` and `spikes` empty, `data`
    /// of shape `[0, n_neurons]`). An existing partial file is overwritten; an existing final file is not touched.
    ///
    /// # Errors
    /// As [`write_run`](crate::write_run); [`FileError::Io`] also when the disk has no space for the samples,
    /// [`FileError::Inconsistent`] when `plan` holds data already, and [`FileError::Interrupted`]. No partial file is left.
    pub fn create(
        path: &Path,
        plan: &Recording,
        model: Option<&ModelText>,
        provenance: Option<&Provenance>,
        options: &WriteOptions,
        job: &Job<'_>,
    ) -> Result<Self, FileError> {
        options.check()?;
        check_empty(plan)?;
        let partial = partial_path(path);
        let created = Self::create_at(path, &partial, plan, model, provenance, options, job);
        if created.as_ref().is_err_and(|error| !is_held(error)) {
            // It holds nothing; the first error is the one to report.
            let _ = fs::remove_file(&partial);
        }
        created
    }

    fn create_at(
        path: &Path,
        partial: &Path,
        plan: &Recording,
        model: Option<&ModelText>,
        provenance: Option<&Provenance>,
        options: &WriteOptions,
        job: &Job<'_>,
    ) -> Result<Self, FileError> {
        let form = RecordingForm {
            options: *options,
            extent: Extent::Planned,
            dt: plan.dt,
            n_steps: plan.n_steps,
        };
        let mut builder = sonata_file();
        form.add(&mut builder, plan)?;
        add_origin(&mut builder, model, provenance);

        let partial = partial.to_owned();
        let mut samples = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .map_err(|e| FileError::io(Action::Create, &partial, e))?;
        hold(&samples, &partial)?;
        samples.set_len(0).map_err(|e| FileError::io(Action::Create, &partial, e))?;
        let mut laid_out = LaidOut { file: &mut samples, end: 0, job };
        if let Err(error) = builder.finish_to(&mut laid_out) {
            job.check()?;
            return Err(FileError::hdf5(Action::Write, &partial, "/", error));
        }
        // The file has this one writer, under a name of its own; a lock would keep the samples out on systems where
        // locks are mandatory.
        let access = FileAccessProperties::new()
            .with_sync_policy(SyncPolicy::OnClose)
            .with_locking(FileLocking::Disabled);
        let hdf5 = hdf5::File::open_rw_with_options(&partial, access)
            .map_err(|e| FileError::hdf5(Action::Write, &partial, "/", e))?;

        let mut populations = Vec::new();
        for population in &plan.populations {
            let mut reports = Vec::new();
            for trace in &population.traces {
                let name = report_name(&population.name, &trace.name());
                let report = ReportSink {
                    address: sample_address(&hdf5, &partial, &name)?,
                    columns: trace.neurons.len(),
                    steps: trace.steps,
                    frames: form.frames(trace),
                    written: 0,
                    name,
                };
                let filled = report.fill_with_nan(&mut samples, options.precision, &partial, job);
                if filled.is_err() {
                    // What was laid out would be forced to the disk, for seconds, when the file is closed.
                    let _ = samples.set_len(0);
                    filled?;
                }
                reports.push(report);
            }
            populations.push(PopulationSink {
                name: population.name.clone(),
                has_spikes: population.spikes.is_some(),
                reports,
            });
        }
        let afferents = plan.afferents.iter().map(|a| a.name.clone()).collect();
        let target = path.to_owned();
        Ok(Self { target, partial, hdf5, samples, form, n_steps: 0, populations, afferents })
    }

    /// The file being written.
    #[must_use]
    pub fn partial_path(&self) -> &Path {
        &self.partial
    }

    /// Number of steps stored so far.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        self.n_steps
    }

    /// Appends the next `block.n_steps` steps: the populations and traces of the plan in the same order, spike steps
    /// counted from the beginning of the run, `counts` one per step of the block, and of each trace the frames whose
    /// step lies in the block.
    ///
    /// Each block costs a few kilobytes of metadata: let it hold a megabyte or more where that is possible.
    ///
    /// # Errors
    /// [`FileError::Inconsistent`] when the block does not continue the plan, and then nothing is written;
    /// [`FileError::Io`] or [`FileError::Hdf5`] when the file cannot be written: what was appended before stays.
    pub fn append(&mut self, block: &Recording) -> Result<(), FileError> {
        self.check(block)?;
        for (sink, population) in self.populations.iter_mut().zip(&block.populations) {
            for (report, trace) in sink.reports.iter_mut().zip(&population.traces) {
                report
                    .write(&mut self.samples, trace, self.form.options.precision)
                    .map_err(|e| FileError::io(Action::Write, &self.partial, e))?;
            }
        }
        let fail = |object: &str, e| FileError::hdf5(Action::Write, &self.partial, object, e);
        for (sink, population) in self.populations.iter().zip(&block.populations) {
            if let Some(spikes) = &population.spikes {
                self.stage_spikes(&sink.name, spikes)?;
            }
            self.stage(&format!("/rates/{}/counts", sink.name), &population.counts)?;
        }
        for (name, afferent) in self.afferents.iter().zip(&block.afferents) {
            self.stage_spikes(name, &afferent.spikes)?;
        }
        let n_steps = self.n_steps + block.n_steps;
        let run = self.hdf5.group("/run").map_err(|e| fail("/run", e))?;
        run.set_attr("n_steps", AttrValue::U64(n_steps)).map_err(|e| fail("/run", e))?;
        // One commit for all of it: readers see the whole block or none.
        self.hdf5.commit().map_err(|e| fail("/", e))?;
        self.n_steps = n_steps;
        Ok(())
    }

    /// Adds the results of the theory and the duration of the computation (when there is a provenance), forces
    /// everything to the disk and gives the file its final name. The run may have fewer steps than planned; `stopped`
    /// says why.
    ///
    /// # Errors
    /// As [`write_run`](crate::write_run); the partial file stays.
    pub fn finish(
        self,
        wall_seconds: Option<f64>,
        stopped: Option<&str>,
        theory: &[TheoryGroup],
    ) -> Result<(), FileError> {
        theory::check(theory)?;
        self.complete(wall_seconds, stopped, theory)?;
        self.samples.sync_all().map_err(|e| FileError::io(Action::Write, &self.partial, e))?;
        self.hdf5.close().map_err(|e| FileError::hdf5(Action::Write, &self.partial, "/", e))?;
        fs::rename(&self.partial, &self.target)
            .map_err(|e| FileError::io(Action::Replace, &self.target, e))
    }

    /// Gives the file its final name while it is still written to: what comes is the theory.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn publish(&mut self) -> Result<(), FileError> {
        fs::rename(&self.partial, &self.target)
            .map_err(|e| FileError::io(Action::Replace, &self.target, e))?;
        self.partial.clone_from(&self.target);
        Ok(())
    }

    /// Leaves the file of a program that is interrupted: complete, under its final name if `rename`, but not forced to the
    /// disk, which may take seconds. `stopped` says why a run has fewer steps than planned. Gives the path of the file.
    ///
    /// # Errors
    /// [`FileError`]; the partial file stays.
    pub fn leave(
        self,
        wall_seconds: Option<f64>,
        stopped: Option<&str>,
        rename: bool,
    ) -> Result<PathBuf, FileError> {
        self.complete(wall_seconds, stopped, &[])?;
        // To close the file would force it to the disk. It is committed, and the run is over: its handle goes with the program.
        std::mem::forget(self.hdf5);
        if !rename {
            return Ok(self.partial);
        }
        fs::rename(&self.partial, &self.target)
            .map_err(|e| FileError::io(Action::Replace, &self.target, e))?;
        Ok(self.target)
    }

    /// Removes the file of a run that came to nothing.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn discard(self) -> Result<(), FileError> {
        let Self { partial, hdf5, samples, .. } = self;
        let fail = |e| FileError::io(Action::Write, &partial, e);
        // Closing the file would force what was laid out to the disk.
        samples.set_len(0).map_err(fail)?;
        drop(hdf5);
        fs::remove_file(&partial).map_err(fail)
    }

    /// Adds what is known at the end.
    fn complete(
        &self,
        wall_seconds: Option<f64>,
        stopped: Option<&str>,
        theory: &[TheoryGroup],
    ) -> Result<(), FileError> {
        let fail = |object: &str, e| FileError::hdf5(Action::Write, &self.partial, object, e);
        if let Some(reason) = stopped {
            let run = self.hdf5.group("/run").map_err(|e| fail("/run", e))?;
            run.set_attr("stopped", text(reason)).map_err(|e| fail("/run", e))?;
        }
        if let Some(seconds) = wall_seconds
            && let Ok(provenance) = self.hdf5.group("/provenance")
        {
            provenance
                .set_attr("wall_seconds", AttrValue::F64(seconds))
                .map_err(|e| fail("/provenance", e))?;
        }
        if !theory.is_empty() {
            self.hdf5
                .root()
                .create_group_with("theory", |root| {
                    for result in theory {
                        root.create_group_with(&result.name, |group| {
                            for (name, value) in &result.attributes {
                                group.set_attr(name, value.stored());
                            }
                            for array in &result.arrays {
                                group.create_dataset(&array.name, |d| theory::fill(d, array));
                            }
                        });
                    }
                })
                .map_err(|e| fail("/theory", e))?;
        }
        self.hdf5.commit().map_err(|e| fail("/", e))
    }

    /// Stages spikes at the end of those of `name`.
    fn stage_spikes(&self, name: &str, spikes: &Spikes) -> Result<(), FileError> {
        let ids: Vec<u64> = spikes.ids.iter().map(|&id| u64::from(id)).collect();
        self.stage(&format!("/spikes/{name}/timestamps"), &spikes.times(self.form.dt))?;
        self.stage(&format!("/spikes/{name}/node_ids"), &ids)
    }

    /// Stages `values` at the end of the dataset at `object`.
    fn stage<T: hdf5::H5Element>(&self, object: &str, values: &[T]) -> Result<(), FileError> {
        if values.is_empty() {
            return Ok(());
        }
        self.hdf5
            .dataset(object)
            .and_then(|mut dataset| {
                dataset.append_staged(|rows| {
                    rows.append(values);
                })
            })
            .map_err(|e| FileError::hdf5(Action::Write, &self.partial, object, e))
    }

    /// Whether `block` continues the plan where it stands.
    fn check(&self, block: &Recording) -> Result<(), FileError> {
        let wrong = |object: &str, problem: String| FileError::Inconsistent {
            object: object.to_owned(),
            problem,
        };
        let n_steps = self.n_steps.saturating_add(block.n_steps);
        if block.dt != self.form.dt || n_steps > self.form.n_steps {
            let (dt, planned) = (self.form.dt, self.form.n_steps);
            let problem = format!(
                "a block of {} steps of {} ms after {} of {planned} steps of {dt} ms",
                block.n_steps, block.dt, self.n_steps
            );
            return Err(wrong("/run", problem));
        }
        let (found, planned) = (block.populations.len(), self.populations.len());
        if found != planned {
            return Err(wrong("/rates", format!("{found} populations, {planned} were planned")));
        }
        let check_inside = |name: &str, spikes: &Spikes| {
            check_spikes(name, spikes)?;
            if spikes.steps.iter().any(|k| !(self.n_steps..n_steps).contains(k)) {
                let problem = format!("a spike outside of steps {} to {n_steps}", self.n_steps);
                return Err(wrong(&format!("/spikes/{name}"), problem));
            }
            Ok(())
        };
        let names: Vec<&String> = block.afferents.iter().map(|a| &a.name).collect();
        if !names.iter().copied().eq(&self.afferents) {
            let problem = format!("afferents {names:?}, {:?} were planned", self.afferents);
            return Err(wrong("/spikes", problem));
        }
        for afferent in &block.afferents {
            check_inside(&afferent.name, &afferent.spikes)?;
        }
        for (sink, population) in self.populations.iter().zip(&block.populations) {
            let object = format!("/rates/{}", sink.name);
            if population.name != sink.name {
                return Err(wrong(&object, format!("the block has {} here", population.name)));
            }
            if population.counts.len() as u64 != block.n_steps {
                let problem =
                    format!("{} counts for {} steps", population.counts.len(), block.n_steps);
                return Err(wrong(&object, problem));
            }
            if population.spikes.is_some() != sink.has_spikes {
                return Err(wrong(
                    &object,
                    "spikes are recorded in the plan or in the block only".to_owned(),
                ));
            }
            if let Some(spikes) = &population.spikes {
                check_inside(&sink.name, spikes)?;
            }
            let (found, planned) = (population.traces.len(), sink.reports.len());
            if found != planned {
                return Err(wrong(&object, format!("{found} traces, {planned} were planned")));
            }
            for (report, trace) in sink.reports.iter().zip(&population.traces) {
                check_columns(&report.name, trace, report.columns)?;
                let due = report.steps.before(n_steps) - report.written as u64;
                if trace.data.nrows() as u64 != due {
                    let problem = format!("{} frames where {due} are due", trace.data.nrows());
                    return Err(wrong(&format!("/report/{}", report.name), problem));
                }
            }
        }
        Ok(())
    }
}

/// A file that is laid out: the zeros where samples will be are skipped, as those are written at once after this.
struct LaidOut<'f> {
    file: &'f mut fs::File,
    end: u64,
    job: &'f Job<'f>,
}

impl Write for LaidOut<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An error of the kind `Interrupted` would be tried again.
        self.job.check().map_err(io::Error::other)?;
        let piece = &bytes[..bytes.len().min(FILL_BYTES)];
        self.end += piece.len() as u64;
        if piece.len() == FILL_BYTES && piece.iter().all(|&byte| byte == 0) {
            self.file.seek(SeekFrom::Start(self.end))?;
        } else {
            self.file.write_all(piece)?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)
    }
}

impl ReportSink {
    fn fill_with_nan(
        &self,
        file: &mut fs::File,
        precision: Precision,
        path: &Path,
        job: &Job<'_>,
    ) -> Result<(), FileError> {
        let fail = |e| FileError::io(Action::Write, path, e);
        let Some(address) = self.address else {
            return Ok(());
        };
        let mut left = self.frames * self.columns * precision.bytes();
        let block: Vec<u8> = match precision {
            Precision::Single => f32::NAN.to_le_bytes().repeat(FILL_BYTES / 4),
            Precision::Double => f64::NAN.to_le_bytes().repeat(FILL_BYTES / 8),
        };
        file.seek(SeekFrom::Start(address)).map_err(fail)?;
        while left > 0 {
            job.check()?;
            let n = left.min(block.len());
            file.write_all(&block[..n]).map_err(fail)?;
            left -= n;
        }
        Ok(())
    }

    /// Writes the next frames; the caller has checked that they fit.
    fn write(
        &mut self,
        file: &mut fs::File,
        trace: &Trace,
        precision: Precision,
    ) -> io::Result<()> {
        let before = self.written * self.columns * precision.bytes();
        self.written += trace.data.nrows();
        let Some(address) = self.address else {
            return Ok(());
        };
        let bytes: Vec<u8> = match precision {
            Precision::Single => {
                trace.data.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect()
            }
            Precision::Double => trace.data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        };
        file.seek(SeekFrom::Start(address + before as u64))?;
        file.write_all(&bytes)
    }
}

/// `run.h5` → `run.partial.h5`, which tools still know by its ending.
fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".partial");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Place of the samples of a report in the file.
fn sample_address(file: &hdf5::File, path: &Path, report: &str) -> Result<Option<u64>, FileError> {
    let object = format!("/report/{report}/data");
    let layout = file
        .dataset(&object)
        .and_then(|d| d.layout())
        .map_err(|e| FileError::hdf5(Action::Write, path, &object, e))?;
    match layout {
        Layout::Contiguous { address, size } => Ok(address.filter(|_| size > 0)),
        other => Err(FileError::Mismatch {
            path: path.to_owned(),
            object,
            expected: "contiguous".to_owned(),
            found: format!("{other:?}"),
        }),
    }
}

fn check_empty(plan: &Recording) -> Result<(), FileError> {
    if let Some(afferent) = plan.afferents.iter().find(|a| !a.spikes.is_empty()) {
        return Err(FileError::Inconsistent {
            object: format!("/spikes/{}", afferent.name),
            problem: "the plan of a run holds data already".to_owned(),
        });
    }
    for population in &plan.populations {
        let frames: usize = population.traces.iter().map(|t| t.data.nrows()).sum();
        let spikes = population.spikes.as_ref().map_or(0, |s| s.len());
        if frames + spikes + population.counts.len() > 0 {
            return Err(FileError::Inconsistent {
                object: format!("/rates/{}", population.name),
                problem: "the plan of a run holds data already".to_owned(),
            });
        }
    }
    Ok(())
}
