//! Why a network is not built.

use crate::Interrupted;

/// A projection that the 32-bit numbers of one worker cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WiringTooLarge {
    /// More synapses than the index reaches.
    #[error("projection {projection} has more than {limit} synapses for one thread; use more threads", limit = u32::MAX)]
    Synapses {
        /// Name of the projection.
        projection: String,
    },
    /// More targets times delays than the index reaches.
    #[error(
        "the delays of projection {projection} span {delays} steps, too many for the {targets} target neurons of one \
         thread; use more threads, a longer dt or a narrower distribution of delays"
    )]
    Delays {
        /// Name of the projection.
        projection: String,
        /// Steps from the shortest to the longest delay.
        delays: u32,
        /// Target neurons of the thread.
        targets: u32,
    },
}

/// A network that was not built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// It is too large for the threads it was to have.
    #[error(transparent)]
    TooLarge(#[from] WiringTooLarge),
    /// It takes more memory than this machine has.
    #[error(
        "the network needs about {needed} of memory{largest}; this machine has {available} free"
    )]
    Memory {
        /// With its unit.
        needed: String,
        /// With its unit.
        available: String,
        /// What takes most, in words.
        largest: String,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Another rank could not build its share, and says why.
    #[error("another rank could not build its share of the network")]
    OtherRank,
}

impl BuildError {
    /// Whether the model asks for more than there is.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        matches!(self, Self::TooLarge(_) | Self::Memory { .. })
    }

    /// Whether the job was interrupted.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted(_))
    }
}
