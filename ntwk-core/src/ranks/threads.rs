//! Ranks as threads of one process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Ranks;

/// A rank that is a thread of this process; see [`thread_ranks`].
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    group: Arc<Group>,
}

/// What the ranks share.
#[derive(Debug)]
struct Group {
    ranks: usize,
    round: Mutex<Round>,
    over: Condvar,
}

/// One meeting of all ranks after another.
#[derive(Debug, Default)]
struct Round {
    number: u64,
    arrived: usize,
    given: Vec<Vec<u8>>,
    /// What was given in the round before, by rank.
    told: Arc<Vec<Vec<u8>>>,
    /// Whether a rank is gone, so that the others would wait for ever.
    broken: bool,
}

/// `ranks` ranks, one for each of as many threads. They do what ranks of different processes do, on copies of all that crosses: for
/// tests of what computes over ranks.
///
/// ```
/// use ntwk_core::ranks::{Ranks, thread_ranks};
///
/// let sums: Vec<u64> = std::thread::scope(|scope| {
///     let ranks = thread_ranks(3).into_iter();
///     let threads: Vec<_> = ranks.map(|own| scope.spawn(move || {
///         let ranks: &dyn Ranks = &own;
///         ranks.sum(10 + ranks.rank() as u64)
///     })).collect();
///     threads.into_iter().map(|thread| thread.join().unwrap()).collect()
/// });
/// assert_eq!(sums, [33, 33, 33]);
/// ```
#[must_use]
pub fn thread_ranks(ranks: usize) -> Vec<ThreadRank> {
    let round = Round { given: vec![Vec::new(); ranks], ..Round::default() };
    let group = Arc::new(Group { ranks, round: Mutex::new(round), over: Condvar::new() });
    (0..ranks).map(|rank| ThreadRank { rank, group: group.clone() }).collect()
}

impl ThreadRank {
    fn round(&self) -> MutexGuard<'_, Round> {
        self.group.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives `own` and waits for what all give.
    fn meet(&self, own: Vec<u8>) -> Arc<Vec<Vec<u8>>> {
        let mut round = self.round();
        let number = round.number;
        round.given[self.rank] = own;
        round.arrived += 1;
        if round.arrived == self.group.ranks {
            let empty = vec![Vec::new(); self.group.ranks];
            round.told = Arc::new(std::mem::replace(&mut round.given, empty));
            round.arrived = 0;
            round.number += 1;
            self.group.over.notify_all();
        }
        while round.number == number {
            // As where processes compute together: when one is lost, all end.
            assert!(!round.broken, "another rank panicked");
            round = self.group.over.wait(round).unwrap_or_else(PoisonError::into_inner);
        }
        round.told.clone()
    }
}

impl Drop for ThreadRank {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.round().broken = true;
            self.group.over.notify_all();
        }
    }
}

impl Ranks for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn ranks(&self) -> usize {
        self.group.ranks
    }

    fn gather_all(&self, own: &[u32], lengths: &[usize], all: &mut Vec<u32>) {
        assert_eq!(own.len(), lengths[self.rank], "what a rank gives has the length that it said");
        let told = self.meet(own.iter().flat_map(|word| word.to_le_bytes()).collect());
        all.clear();
        for (given, length) in told.iter().zip(lengths) {
            let (words, _) = given.as_chunks();
            assert_eq!(words.len(), *length, "what a rank gives has the length that it said");
            all.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
        }
    }

    fn greatest(&self, values: &mut [u64]) {
        let told = self.meet(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        for given in told.iter() {
            let (words, _) = given.as_chunks();
            for (value, word) in values.iter_mut().zip(words) {
                *value = (*value).max(u64::from_le_bytes(*word));
            }
        }
    }

    fn gather(&self, own: Vec<u8>) -> Vec<Vec<u8>> {
        let told = self.meet(own);
        if self.rank == 0 { told.to_vec() } else { Vec::new() }
    }
}
