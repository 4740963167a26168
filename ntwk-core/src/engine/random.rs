//! Independent random streams by construction.
//!
//! Every stream is ChaCha with 8 rounds (portable: the same bits on every machine). The 256-bit
//! key holds the seed, the purpose and a hash of the entity's name; the 64-bit stream number
//! holds the index within the entity (a target neuron or a block of neurons). So no two streams
//! share numbers, and the bits do not depend on threads, on what is recorded, or on what else the
//! model contains.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Name of the generator, for provenance.
pub const GENERATOR: &str = "ChaCha8, key = seed | purpose | FNV-1a-128(name), stream = index";

/// What a stream is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sources of a target neuron.
    Connectivity,
    /// Events of an afferent projection onto a block of neurons.
    AfferentEvents,
    /// Release of an event at each synapse of a spike.
    Release,
    /// Weights of the synapses.
    Weights,
    /// Delays of the synapses.
    Delays,
    /// Initial values of a block of neurons.
    Initial,
    /// Trains of a block of afferent neurons.
    AfferentTrains,
    /// Finite-size noise of a mean field.
    MeanFieldNoise,
    /// Noise of the cells themselves.
    CellNoise,
    /// Places of synapses on their target cells.
    Places,
    /// Points of a parameter scan.
    ParameterScan,
    /// Which parts of a population have many synapses of a projection, in the theory.
    PartsOfPopulations,
}

impl Purpose {
    fn code(self) -> u64 {
        match self {
            Self::Connectivity => 1,
            Self::AfferentEvents => 2,
            Self::Release => 3,
            Self::Weights => 4,
            Self::Delays => 5,
            Self::Initial => 6,
            Self::AfferentTrains => 7,
            Self::MeanFieldNoise => 8,
            Self::CellNoise => 9,
            Self::Places => 10,
            Self::ParameterScan => 100,
            Self::PartsOfPopulations => 101,
        }
    }
}

/// The stream of `(seed, purpose, name, index)`.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, name: &str, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::from_seed(key(seed, purpose, name));
    rng.set_stream(index);
    rng
}

/// Uniform numbers in `[0, 1)` of the stream `(seed, purpose, name, 0)`.
pub fn fractions(seed: u64, purpose: Purpose, name: &str) -> impl Iterator<Item = f64> {
    let mut rng = stream(seed, purpose, name, 0);
    std::iter::repeat_with(move || unit(rng.next_u64()))
}

fn key(seed: u64, purpose: Purpose, name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&purpose.code().to_le_bytes());
    key[16..].copy_from_slice(&fnv1a_128(name.as_bytes()).to_le_bytes());
    key
}

/// Fowler-Noll-Vo hash 1a, 128 bits.
fn fnv1a_128(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// A number below `n` from 32 random bits; the bias is below `n / 2^32`.
#[inline]
pub(crate) fn below(bits: u32, n: u32) -> u32 {
    ((u64::from(bits) * u64::from(n)) >> 32) as u32
}

/// A number in [0, 1) with 53 random bits.
#[inline]
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Counter-based draws for the synapses of one spike: draw `i` is a hash of the key and `i`, so
/// that any worker can make its share of the draws without making the others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SynapseDraws {
    key: u64,
}

impl SynapseDraws {
    /// Draws of the spike of `source` in `step`; `base` comes from a [`stream`]. A source that
    /// sends several events in a step has different draws for each `repeat`.
    pub(crate) fn new(base: u64, source: u32, step: u32, repeat: u32) -> Self {
        let base = base.wrapping_add(u64::from(repeat).wrapping_mul(0xd1b5_4a32_d192_ed03));
        Self { key: mix(base ^ mix(u64::from(source) << 32 | u64::from(step))) }
    }

    /// Draw `i`, uniform in [0, 1).
    #[inline]
    pub(crate) fn uniform(self, i: u64) -> f64 {
        unit(mix(self.key.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection of 64 bits.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::Rng;

    #[test]
    fn streams_differ_in_every_coordinate() {
        let first = |seed, purpose, name, index| stream(seed, purpose, name, index).next_u64();
        let reference = first(1, Purpose::Connectivity, "a", 0);
        assert_eq!(reference, first(1, Purpose::Connectivity, "a", 0));
        assert_ne!(reference, first(2, Purpose::Connectivity, "a", 0));
        assert_ne!(reference, first(1, Purpose::AfferentEvents, "a", 0));
        assert_ne!(reference, first(1, Purpose::Connectivity, "b", 0));
        assert_ne!(reference, first(1, Purpose::Connectivity, "a", 1));
    }

    /// The bits are part of the contract: a change of generator must be deliberate.
    #[test]
    fn the_generator_is_pinned() {
        let mut rng = stream(3, Purpose::AfferentEvents, "AffExc_RecExc", 7);
        let words: Vec<u32> = (0..3).map(|_| rng.next_u32()).collect();
        assert_eq!(words, PINNED);
    }
    const PINNED: [u32; 3] = [363_029_854, 2_135_115_497, 2_640_001_653];

    #[test]
    fn synapse_draws_are_uniform() {
        let draws = SynapseDraws::new(17, 5, 1000, 0);
        let n = 100_000;
        let mean = (0..n).map(|i| draws.uniform(i)).sum::<f64>() / n as f64;
        // Standard error 0.2887 / sqrt(n) = 0.0009.
        assert!((mean - 0.5).abs() < 0.004, "{mean}");
    }
}
