//! Ranks: processes that compute one network together, and what crosses from one to another.
//!
//! A network over M ranks of T threads has the workers that one process with M T threads would have; each rank owns a run of
//! them, so that the bits are those of a single process. A [`Job`](crate::Job) names the ranks
//! ([`Job::over_ranks`](crate::Job::over_ranks)); without them a process is alone, and nothing here is called.
//!
//! [`Ranks`] is what MPI offers, as far as a simulation needs it; [`thread_ranks`] are ranks as threads of one process.

mod threads;

pub use threads::{ThreadRank, thread_ranks};

/// The ranks of a computation as one of them sees them.
///
/// Every call is collective: all ranks make the same calls in the same order, and each returns when all have made it. A rank calls
/// from one thread at a time.
pub trait Ranks: Send + Sync {
    /// Number of this rank, from 0.
    fn rank(&self) -> usize;

    /// Number of ranks, at least 1.
    fn ranks(&self) -> usize;

    /// Puts what every rank gives into `all`, by rank. `lengths` has the length of each, and is the same on all ranks.
    fn gather_all(&self, own: &[u32], lengths: &[usize], all: &mut Vec<u32>);

    /// Puts the greatest value over all ranks in the place of each.
    fn greatest(&self, values: &mut [u64]);

    /// On rank 0 what every rank gives, by rank; nothing on the others.
    fn gather(&self, own: Vec<u8>) -> Vec<Vec<u8>>;
}

impl dyn Ranks {
    /// Whether `flag` holds on any rank.
    pub fn any(&self, flag: bool) -> bool {
        let mut values = [u64::from(flag)];
        self.greatest(&mut values);
        values[0] > 0
    }

    /// Puts what every rank gives into one list, by rank, of lengths that the others do not know.
    pub fn gather_lists(&self, own: &[u32]) -> Vec<u32> {
        let (mut lengths, mut all) = (Vec::new(), Vec::new());
        self.gather_all(&[own.len() as u32], &vec![1; self.ranks()], &mut lengths);
        let lengths: Vec<usize> = lengths.into_iter().map(|length| length as usize).collect();
        self.gather_all(own, &lengths, &mut all);
        all
    }

    /// The sum of `own` over all ranks.
    pub fn sum(&self, own: u64) -> u64 {
        let mut all = Vec::new();
        self.gather_all(&[own as u32, (own >> 32) as u32], &vec![2; self.ranks()], &mut all);
        all.chunks_exact(2).map(|word| u64::from(word[0]) | u64::from(word[1]) << 32).sum()
    }

    /// Whether all ranks give the same number.
    pub fn agree_on(&self, number: u64) -> bool {
        let mut values = [number, !number];
        self.greatest(&mut values);
        values[0] == !values[1]
    }
}
