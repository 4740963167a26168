//! The processes of one launch, and what they tell each other.

use std::sync::Arc;

use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Source};
use ntwk_core::ranks::Ranks;

/// Most bytes of one message: MPI counts them in 32 bits with a sign.
const LONGEST_MESSAGE: usize = 1 << 30;

/// Exit status of all ranks when one of them panics, as that of a program of Rust that does.
const PANICKED: i32 = 101;

/// MPI, from its start to the drop of this value, which must come before the program ends and waits for the other ranks.
pub struct World {
    ranks: Arc<dyn Ranks>,
    _universe: Universe,
}

/// MPI cannot be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// It can be started once in a process.
    #[error("MPI was started before in this process")]
    Twice,
    /// It cannot be called from a program with threads.
    #[error("this MPI was built without support for threads (MPI_THREAD_FUNNELED)")]
    Threads,
}

impl World {
    /// Joins the ranks of this launch; a process that no launcher started is alone. From here on a panic on any thread of any rank
    /// ends all ranks: the others would wait for it for ever.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start() -> Result<Self, StartError> {
        // The thread that starts it is the only one that calls it.
        let started = mpi::initialize_with_threading(Threading::Funneled);
        let (universe, threading) = started.ok_or(StartError::Twice)?;
        if threading < Threading::Funneled {
            return Err(StartError::Threads);
        }
        let say = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            say(panic);
            SimpleCommunicator::world().abort(PANICKED);
        }));
        let world = universe.world();
        let ranks = MpiRanks { rank: world.rank() as usize, ranks: world.size() as usize };
        Ok(Self { ranks: Arc::new(ranks), _universe: universe })
    }

    /// All processes of the launch.
    #[must_use]
    pub fn ranks(&self) -> &Arc<dyn Ranks> {
        &self.ranks
    }

    /// Name and version of the library.
    ///
    /// # Errors
    /// Where the library gives no text.
    pub fn library() -> Result<String, std::string::FromUtf8Error> {
        mpi::environment::library_version()
    }
}

/// All processes of a launch. A communicator belongs to a thread; this is a number, and takes the communicator where it calls.
struct MpiRanks {
    rank: usize,
    ranks: usize,
}

impl Ranks for MpiRanks {
    fn rank(&self) -> usize {
        self.rank
    }

    fn ranks(&self) -> usize {
        self.ranks
    }

    fn gather_all(&self, own: &[u32], lengths: &[usize], all: &mut Vec<u32>) {
        let world = SimpleCommunicator::world();
        all.clear();
        all.resize(lengths.iter().sum(), 0);
        if lengths.iter().all(|length| *length == own.len()) {
            world.all_gather_into(own, &mut all[..]);
            return;
        }
        let counts: Vec<i32> = lengths.iter().map(|length| *length as i32).collect();
        let begins = counts.iter().scan(0, |begin, count| {
            *begin += count;
            Some(*begin - count)
        });
        let begins: Vec<i32> = begins.collect();
        let mut all = PartitionMut::new(&mut all[..], counts, begins);
        world.all_gather_varcount_into(own, &mut all);
    }

    fn greatest(&self, values: &mut [u64]) {
        let own = values.to_vec();
        SimpleCommunicator::world().all_reduce_into(&own[..], values, SystemOperation::max());
    }

    fn gather(&self, own: Vec<u8>) -> Vec<Vec<u8>> {
        let world = SimpleCommunicator::world();
        if self.rank > 0 {
            let root = world.process_at_rank(0);
            root.send(&(own.len() as u64));
            own.chunks(LONGEST_MESSAGE).for_each(|piece| root.send(piece));
            return Vec::new();
        }
        let mut all = vec![own];
        for rank in 1..self.ranks {
            let other = world.process_at_rank(rank as i32);
            let (length, _) = other.receive::<u64>();
            let mut bytes = vec![0; length as usize];
            for piece in bytes.chunks_mut(LONGEST_MESSAGE) {
                other.receive_into(piece);
            }
            all.push(bytes);
        }
        all
    }
}
