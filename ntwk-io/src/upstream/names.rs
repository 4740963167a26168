//! The populations of a dictionary.

use super::dictionary::Dictionary;

/// Names of populations, by what they are.
pub(super) struct Names {
    /// Those that are simulated.
    pub(super) populations: Vec<String>,
    /// Those that only send events.
    pub(super) afferents: Vec<String>,
    /// Those that `REC_POPS` and `AFF_POPS` leave out.
    pub(super) left_out: Vec<String>,
}

impl Names {
    /// Populations have a cell (`<name>_Gl`), afferent ones a size (`N_<name>`) alone; the lists `REC_POPS` and `AFF_POPS` win
    /// where they exist.
    pub(super) fn read(dictionary: &mut Dictionary<'_>) -> Self {
        // N_SEED is a number of seeds.
        let of_sizes =
            |key: &str| key.strip_prefix("N_").filter(|&n| n != "SEED").map(str::to_owned);
        let sized: Vec<String> = dictionary.keys().filter_map(of_sizes).collect();
        let celled: Vec<String> = dictionary
            .keys()
            .filter_map(|key| key.strip_suffix("_Gl"))
            .map(str::to_owned)
            .collect();
        let populations = dictionary.names("REC_POPS").unwrap_or_else(|| {
            // In the order of their sizes.
            let (with, without): (Vec<_>, Vec<_>) =
                celled.iter().cloned().partition(|name| sized.contains(name));
            sized.iter().filter(|name| with.contains(name)).cloned().chain(without).collect()
        });
        let afferents = dictionary.names("AFF_POPS").unwrap_or_else(|| {
            let other = |name: &&String| !celled.contains(name) && !populations.contains(name);
            sized.iter().filter(other).cloned().collect()
        });
        let mut left_out: Vec<String> = sized.into_iter().chain(celled).collect();
        left_out.retain(|name| !populations.contains(name) && !afferents.contains(name));
        left_out.sort();
        left_out.dedup();
        Self { populations, afferents, left_out }
    }

    /// All that may send events, populations first.
    pub(super) fn sources(&self) -> impl Iterator<Item = &String> {
        self.populations.iter().chain(&self.afferents)
    }

    /// The two names of a key of a pair, such as those of `p_Exc_Inh`.
    pub(super) fn pair(key: &str) -> Option<(&str, &str)> {
        let (_, rest) = key.split_once('_').filter(|(word, _)| PAIR_KEYS.contains(word))?;
        rest.split_once('_')
    }

    /// The left-out population that a key belongs to.
    pub(super) fn left_out_of(&self, key: &str) -> Option<&String> {
        self.left_out.iter().find(|name| {
            let of_name = ["N", "F", "Erev", "Tsyn", "Farray", "COEFFS"]
                .iter()
                .any(|word| key == format!("{word}_{name}"));
            let of_cell = key.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('_'));
            let of_pair = Self::pair(key).is_some_and(|(a, b)| a == *name || b == *name);
            of_name || of_cell || of_pair
        })
    }
}

/// First words of the keys of pairs.
pub(super) const PAIR_KEYS: [&str; 6] = ["p", "Q", "psyn", "alpha", "SpatialDecay", "Delay"];
