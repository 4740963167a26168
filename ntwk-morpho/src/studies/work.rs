//! How work that consists of independent points is done: on how many threads, who is told, and when it ends early.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Threads, progress and interruption of a study.
///
/// Points are begun in order and every point that was begun is finished, so that an interruption leaves the results of the
/// first points, and the results do not depend on the number of threads.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// Number of threads.
    pub threads: NonZeroUsize,
    /// Once true, no further point is begun.
    pub interrupt: &'a AtomicBool,
    /// Called with the fraction done, from any thread.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Work { threads, interrupt, .. } = self;
        f.debug_struct("Work").field("threads", threads).field("interrupt", interrupt).finish()
    }
}

static NEVER: AtomicBool = AtomicBool::new(false);

impl Work<'static> {
    /// On the calling thread, to the end, silently.
    #[must_use]
    pub fn alone() -> Self {
        Work { threads: NonZeroUsize::MIN, interrupt: &NEVER, progress: &|_| {} }
    }
}

impl Work<'_> {
    /// Whether no further point is to be begun.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// Does `one` for every point; the results are those of the first points, all of them unless interrupted.
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
                results
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .push((index, result));
                (self.progress)(done as f64 / points.len() as f64);
            }
        };
        let more = self.threads.get().min(points.len()).saturating_sub(1);
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
        let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        results.sort_unstable_by_key(|r| r.0);
        results.into_iter().map(|r| r.1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(threads: usize) -> Work<'static> {
        Work { threads: NonZeroUsize::new(threads).unwrap(), ..Work::alone() }
    }

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        let points: Vec<u32> = (0..100).collect();
        let expected: Vec<u32> = points.iter().map(|p| p * p).collect();
        for threads in [1, 2, 7, 200] {
            let results = on(threads).each(&points, |p| Ok::<u32, ()>(p * p)).unwrap();
            assert_eq!(results, expected);
        }
        assert_eq!(on(3).each(&[], |_: &u32| Ok::<u32, ()>(1)).unwrap(), []);
    }

    #[test]
    fn the_first_fault_counts() {
        let points: Vec<u32> = (0..100).collect();
        for threads in [1, 4] {
            let fault = on(threads).each(&points, |&p| if p >= 30 { Err(p) } else { Ok(p) });
            assert_eq!(fault.unwrap_err(), 30);
        }
    }

    #[test]
    fn an_interruption_leaves_the_first_points() {
        let points: Vec<u32> = (0..100).collect();
        for threads in [1, 4] {
            let stop = AtomicBool::new(false);
            let seen = Mutex::new(0.0);
            let tell = |f: f64| *seen.lock().unwrap() = f;
            let work = Work { interrupt: &stop, progress: &tell, ..on(threads) };
            let results = work
                .each(&points, |&p| {
                    if p == 20 {
                        stop.store(true, Ordering::Relaxed);
                    }
                    Ok::<u32, ()>(p)
                })
                .unwrap();
            assert!(results.len() >= 21 && results.len() < 21 + threads, "{}", results.len());
            assert_eq!(results, points[..results.len()]);
            assert!(*seen.lock().unwrap() > 0.2 && work.is_interrupted());
        }
    }
}
