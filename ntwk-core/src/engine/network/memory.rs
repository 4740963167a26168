//! Memory of a network: what it takes, and what the machine has.

use crate::engine::connectivity::BuildError;
use crate::model::{Model, Source};

/// Below this (bytes) the machine is not asked: every machine has it.
const ALWAYS_THERE: f64 = 256.0 * 1024.0 * 1024.0;

/// What a network takes in memory (bytes), estimated from its model.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryNeed {
    /// State of all neurons: variables, conductances, refractory times.
    pub state: f64,
    /// Expected synapses in target lists (independent event trains need none).
    pub synapses: f64,
    /// The target lists of all projections.
    pub target_lists: f64,
    /// While the network is built: the synapses of one projection as they are drawn, before they are sorted into its target
    /// lists.
    pub building: f64,
    /// What takes most: the synapses of a projection or the state of a population, by its name, and its bytes.
    pub largest: Option<(String, f64)>,
}

impl MemoryNeed {
    /// What the network of `model` takes.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let populations = model.populations();
        let mut need =
            Self { state: 0.0, synapses: 0.0, target_lists: 0.0, building: 0.0, largest: None };
        for (i, population) in populations.iter().enumerate() {
            // The cell's variables, the drive, and the receptors, in double precision; the refractory count in four bytes.
            let columns = population.cell.rest().len() + model.receptors_of(i).len() + 1;
            let bytes = f64::from(population.size) * (8.0 * columns as f64 + 4.0);
            need.state += bytes;
            need.compare(&format!("the neurons of {}", population.name), bytes);
        }
        for projection in model.projections() {
            // Independent event trains hold no synapses.
            if let Source::Afferent(i) = projection.source
                && model.afferents()[i].sends_trains_per_target()
            {
                continue;
            }
            let synapses = projection.synapses(populations[projection.target].size);
            let weight = if projection.weights.constant().is_some() { 0.0 } else { 4.0 };
            // A target is a number of two bytes, of four among more than 65,536. Where delays differ its row takes about 0.2 per
            // synapse for the runs of equal delay, and is drawn into buckets of 12; plastic synapses then have four for target and
            // delay.
            let in_rows =
                projection.delays.as_constant().is_none() && projection.plasticity.is_none();
            let (bytes, drawn) = match in_rows {
                true => (2.2 + weight, 12.0),
                false if projection.delays.as_constant().is_none() => (4.0 + weight, 12.0 + weight),
                false => (
                    if populations[projection.target].size <= 1 << 16 { 2.0 } else { 4.0 } + weight,
                    8.0 + weight,
                ),
            };
            let bytes = synapses * bytes;
            need.synapses += synapses;
            need.target_lists += bytes;
            need.building = need.building.max(synapses * drawn);
            need.compare(&format!("the synapses of {}", projection.name), bytes);
        }
        need
    }

    /// The most it takes at any time (bytes).
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.state + self.target_lists + self.building
    }

    /// Whether this machine has that much.
    ///
    /// # Errors
    /// [`BuildError::Memory`].
    pub fn check(&self) -> Result<(), BuildError> {
        self.check_for_one_of(1)
    }

    /// Whether it has the share of one of so many ranks, which are taken to be on machines of their own.
    pub(crate) fn check_for_one_of(&self, ranks: usize) -> Result<(), BuildError> {
        let needed = self.peak() / ranks as f64;
        if needed < ALWAYS_THERE {
            return Ok(());
        }
        match available() {
            Some(available) if needed > available => Err(BuildError::Memory {
                needed: in_words(needed),
                available: in_words(available),
                largest: match &self.largest {
                    Some((what, bytes)) => format!(", {} of it for {what}", in_words(*bytes)),
                    None => String::new(),
                },
            }),
            _ => Ok(()),
        }
    }

    fn compare(&mut self, what: &str, bytes: f64) {
        if self.largest.as_ref().is_none_or(|(_, most)| bytes > *most) {
            self.largest = Some((what.to_owned(), bytes));
        }
    }
}

/// Memory that this process could still take (bytes): what the machine has free, swap included, and no more than the limit of
/// its control group (a job of a cluster, a container). `None` where the system does not say.
#[must_use]
pub fn available() -> Option<f64> {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.available_memory().saturating_add(system.free_swap());
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    (free > 0).then_some(free.min(limit) as f64)
}

fn in_words(bytes: f64) -> String {
    let gibibytes = bytes / 1024f64.powi(3);
    if gibibytes < 2048.0 {
        format!("{gibibytes:.1} GiB")
    } else {
        format!("{:.3e} TiB", gibibytes / 1024.0)
    }
}
