//! How a long computation is done: on how many threads, who hears of its progress, and what ends it early.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::ranks::Ranks;

/// Threads, progress and interruption of a long computation; every long function of the workspace takes one.
///
/// No result depends on the number of threads, nor on progress being watched. A computation that is interrupted returns
/// [`Interrupted`] or says how far it came; what it had finished is kept where its function says so.
///
/// ```
/// use ntwk_core::Job;
/// use std::sync::atomic::AtomicBool;
///
/// let stop = AtomicBool::new(false); // another thread may raise it
/// let seen = std::sync::Mutex::new(Vec::new());
/// let watch = |p: &ntwk_core::Progress<'_>| seen.lock().unwrap().push((p.stage.to_owned(), p.fraction));
/// let job = Job::threads(2).interrupted_by(&stop).reporting_to(&watch).stage("squares");
/// let squares = job.each(&[1, 2, 3], |x| Ok::<i32, ntwk_core::Interrupted>(x * x))?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), ntwk_core::Interrupted>(())
/// ```
#[derive(Clone, Copy)]
pub struct Job<'a> {
    threads: Option<NonZeroUsize>,
    /// Any of them ends the computation.
    interrupts: [&'a AtomicBool; 2],
    ending: &'a AtomicBool,
    progress: &'a (dyn Fn(&Progress<'_>) + Send + Sync),
    stage: &'a str,
    part: (f64, f64),
    ranks: Option<&'a Arc<dyn Ranks>>,
}

/// How far a computation is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress<'p> {
    /// What is being done, such as "simulation" or the name of a population that is scanned.
    pub stage: &'p str,
    /// Fraction of the stage that is done, in [0, 1].
    pub fraction: f64,
    /// A remark for people, such as "3.2 x real time"; may be empty.
    pub remark: &'p str,
}

/// The computation was interrupted before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Synapses (or anything that takes some nanoseconds) between two looks at an interruption: less than a millisecond.
pub(crate) const PIECE: usize = 1 << 16;

/// The numbers below `n`, cut into pieces between which an interruption is looked at.
pub(crate) fn pieces(n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(PIECE).map(move |first| first..(first + PIECE).min(n))
}

static NEVER: AtomicBool = AtomicBool::new(false);

/// Threads that the machine runs at once.
#[must_use]
pub fn available_threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

impl std::fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Job { threads, interrupts, stage, .. } = self;
        f.debug_struct("Job")
            .field("threads", threads)
            .field("interrupts", interrupts)
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}

impl Default for Job<'static> {
    fn default() -> Self {
        Self::new()
    }
}

impl Job<'static> {
    /// On as many threads as the work is worth, to the end, silently.
    #[must_use]
    pub fn new() -> Self {
        Job {
            threads: None,
            interrupts: [&NEVER; 2],
            ending: &NEVER,
            progress: &|_| {},
            stage: "",
            part: (0.0, 1.0),
            ranks: None,
        }
    }

    /// On `threads` threads (0: as many as the work is worth), to the end, silently.
    #[must_use]
    pub fn threads(threads: usize) -> Self {
        Job { threads: NonZeroUsize::new(threads), ..Job::new() }
    }
}

impl<'a> Job<'a> {
    /// The same on `threads` threads (0: as many as the work is worth).
    #[must_use]
    pub fn on_threads(self, threads: usize) -> Self {
        Job { threads: NonZeroUsize::new(threads), ..self }
    }

    /// The same as one of several ranks: a network is built and simulated over them, on the threads of this job on each. Other
    /// computations do not look at it.
    #[must_use]
    pub fn over_ranks<'b>(self, ranks: &'b Arc<dyn Ranks>) -> Job<'b>
    where
        'a: 'b,
    {
        Job { ranks: Some(ranks), ..self }
    }

    /// The ranks that compute together; `None` for a process alone.
    #[must_use]
    pub fn ranks(&self) -> Option<&'a Arc<dyn Ranks>> {
        self.ranks.filter(|ranks| ranks.ranks() > 1)
    }

    /// The same, ended early once `flag` is true; the flag set before this one still counts.
    #[must_use]
    pub fn interrupted_by<'b>(self, flag: &'b AtomicBool) -> Job<'b>
    where
        'a: 'b,
    {
        Job { interrupts: [flag, self.interrupts[0]], ..self }
    }

    /// The same, which begins no further point once `flag` is true; the points at hand are finished. Computations that are not
    /// made of points do not look at it.
    #[must_use]
    pub fn ending_by<'b>(self, flag: &'b AtomicBool) -> Job<'b>
    where
        'a: 'b,
    {
        Job { ending: flag, ..self }
    }

    /// The same, with `watch` called as the computation goes on, from any thread.
    #[must_use]
    pub fn reporting_to<'b>(self, watch: &'b (dyn Fn(&Progress<'_>) + Send + Sync)) -> Job<'b>
    where
        'a: 'b,
    {
        Job { progress: watch, ..self }
    }

    /// The stage of a computation that has this name; its progress goes from 0 to 1.
    #[must_use]
    pub fn stage<'b>(self, name: &'b str) -> Job<'b>
    where
        'a: 'b,
    {
        Job { stage: name, part: (0.0, 1.0), ..self }
    }

    /// The same without reports of its progress.
    #[must_use]
    pub fn silent(self) -> Self {
        Job { progress: &|_| {}, ..self }
    }

    /// Part `index` of `of` equal parts of this stage.
    #[must_use]
    pub fn part(self, index: usize, of: usize) -> Self {
        let (from, to) = self.part;
        let width = (to - from) / of.max(1) as f64;
        let from = from + index as f64 * width;
        Job { part: (from, from + width), ..self }
    }

    /// Number of threads for work of independent pieces: the one asked for, else the machine's.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.threads.unwrap_or_else(available_threads).get()
    }

    /// Number of threads asked for; `None` leaves the choice to the computation.
    #[must_use]
    pub fn requested_threads(&self) -> Option<usize> {
        self.threads.map(NonZeroUsize::get)
    }

    /// Whether the computation is to end now.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupts.iter().any(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether no further point is to be begun.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.is_interrupted() || self.ending.load(Ordering::Relaxed)
    }

    /// Goes on unless the computation is to end now.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_interrupted() { Err(Interrupted) } else { Ok(()) }
    }

    /// Says that a fraction of this stage (or part) is done.
    pub fn report(&self, fraction: f64) {
        self.report_with(fraction, "");
    }

    /// As [`Job::report`], with a remark for people.
    pub fn report_with(&self, fraction: f64, remark: &str) {
        let (from, to) = self.part;
        let fraction = from + fraction.clamp(0.0, 1.0) * (to - from);
        (self.progress)(&Progress { stage: self.stage, fraction, remark });
    }

    /// Does `one` for every point; the results are those of the first points, all of them unless interrupted.
    ///
    /// Points are begun in order and every point that was begun is finished, so that an interruption leaves the results of
    /// the first points.
    ///
    /// # Errors
    /// That of the first point that failed.
    pub fn each<T, R, E>(
        &self,
        points: &[T],
        one: impl Fn(&T) -> Result<R, E> + Sync,
    ) -> Result<Vec<R>, E>
    where
        T: Sync,
        R: Send,
        E: Send,
    {
        let next = AtomicUsize::new(0);
        let finished = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let results: Mutex<Vec<(usize, Result<R, E>)>> = Mutex::new(Vec::new());
        let work = || {
            while !self.is_interrupted() && !failed.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(point) = points.get(index) else { break };
                let result = one(point);
                if result.is_err() {
                    failed.store(true, Ordering::Relaxed);
                }
                let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                // A lock is poisoned only by a panic, which the scope below passes on.
                results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                self.report(done as f64 / points.len() as f64);
            }
        };
        let more = self.thread_count().min(points.len()).saturating_sub(1);
        if more == 0 {
            work();
        } else {
            thread::scope(|scope| {
                for _ in 0..more {
                    scope.spawn(work);
                }
                work();
            });
        }
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|r| r.0);
        results.into_iter().map(|r| r.1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        let points: Vec<u32> = (0..100).collect();
        let expected: Vec<u32> = points.iter().map(|p| p * p).collect();
        for threads in [0, 1, 2, 7, 200] {
            let results = Job::threads(threads).each(&points, |p| Ok::<u32, ()>(p * p)).unwrap();
            assert_eq!(results, expected);
        }
        assert!(Job::threads(3).each(&[], |_: &u32| Ok::<u32, ()>(1)).unwrap().is_empty());
    }

    #[test]
    fn the_first_fault_counts() {
        let points: Vec<u32> = (0..100).collect();
        for threads in [1, 4] {
            let fault =
                Job::threads(threads).each(&points, |&p| if p >= 30 { Err(p) } else { Ok(p) });
            assert_eq!(fault.unwrap_err(), 30);
        }
    }

    #[test]
    fn an_interruption_leaves_the_first_points() {
        let points: Vec<u32> = (0..100).collect();
        for threads in [1, 4] {
            let stop = AtomicBool::new(false);
            let seen = Mutex::new(0.0);
            let watch = |p: &Progress<'_>| *seen.lock().unwrap() = p.fraction;
            let job = Job::threads(threads).interrupted_by(&stop).reporting_to(&watch);
            let results = job
                .each(&points, |&p| {
                    if p == 20 {
                        stop.store(true, Ordering::Relaxed);
                    }
                    Ok::<u32, ()>(p)
                })
                .unwrap();
            assert!(results.len() >= 21 && results.len() < 21 + threads, "{}", results.len());
            assert_eq!(results, points[..results.len()]);
            assert!(*seen.lock().unwrap() > 0.2 && job.check() == Err(Interrupted));
        }
    }

    #[test]
    fn both_flags_of_a_job_count() {
        let (own, outer) = (AtomicBool::new(false), AtomicBool::new(false));
        let job = Job::new().interrupted_by(&outer).interrupted_by(&own);
        assert!(!job.is_interrupted());
        for flag in [&own, &outer] {
            flag.store(true, Ordering::Relaxed);
            assert!(job.is_interrupted());
            flag.store(false, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_job_that_is_ending_is_not_interrupted() {
        let (interrupt, ending) = (AtomicBool::new(false), AtomicBool::new(false));
        let job = Job::new().interrupted_by(&interrupt).ending_by(&ending).silent();
        ending.store(true, Ordering::Relaxed);
        assert!(job.is_ending() && !job.is_interrupted());
        ending.store(false, Ordering::Relaxed);
        interrupt.store(true, Ordering::Relaxed);
        assert!(job.is_ending() && job.is_interrupted());
    }

    #[test]
    fn parts_share_a_stage() {
        let seen = Mutex::new(Vec::new());
        let watch = |p: &Progress<'_>| seen.lock().unwrap().push((p.stage.to_owned(), p.fraction));
        let job = Job::new().reporting_to(&watch).stage("scan");
        job.part(1, 4).report(0.5);
        job.part(1, 2).part(1, 2).report(1.0);
        job.stage("fit").report(0.5);
        let expected = [("scan", 0.375), ("scan", 1.0), ("fit", 0.5)];
        assert_eq!(*seen.lock().unwrap(), expected.map(|(s, f)| (s.to_owned(), f)));
    }
}
