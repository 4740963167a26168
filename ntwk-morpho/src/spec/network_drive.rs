//! `[synapses.NAME] network = { ... }`: spikes of a population of a network onto synapses.

use ntwk_core::engine::random::{Purpose, stream};
use rand::RngExt;

ntwk_core::section! {
    /// A population whose spikes were recorded.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RecordedPopulation {
        /// results of a network, relative to the cell file
        file: String = Text, required("the results of a network");
        /// the population
        population: String = Text, required("its name");
        /// its number of neurons, silent ones included
        neurons: u64 = Count(1, 1_000_000), required("its number of neurons");
        /// time of the network (ms) that is time 0 of the cell
        from: f64 = Quantity(Time, NonNegative), or(0.0);
    }
}

/// The spikes of a recorded population: every synapse listens to one neuron.
///
/// Neurons are drawn without replacement; where there are more synapses than neurons, all neurons are drawn before one is drawn
/// again. The drawing depends on the seed of the simulation and the name of the group.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkDrive {
    /// Which population.
    pub source: RecordedPopulation,
    /// Spikes (ms, time of the network) of each neuron. The crate opens no files: whoever reads the description fills them
    /// in; none are spikes not yet there.
    pub trains: Option<Vec<Vec<f64>>>,
}

impl NetworkDrive {
    /// Presynaptic spikes (ms, time of the cell) before `t_stop` for so many synapses; nothing without trains.
    pub(super) fn events(
        &self,
        seed: u64,
        name: &str,
        synapses: usize,
        t_stop: f64,
    ) -> Option<Vec<Vec<f64>>> {
        let trains = self.trains.as_ref().filter(|t| !t.is_empty())?;
        let mut rng = stream(seed, Purpose::Connectivity, name, 0);
        let mut left: Vec<usize> = Vec::new();
        let mut one = || {
            if left.is_empty() {
                left = (0..trains.len()).collect();
            }
            let drawn = left.swap_remove(rng.random_range(0..left.len()));
            let times = trains[drawn].iter().map(|t| t - self.source.from);
            times.filter(|t| (0.0..t_stop).contains(t)).collect()
        };
        Some((0..synapses).map(|_| one()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(neurons: usize) -> NetworkDrive {
        let source = RecordedPopulation {
            file: "results.h5".to_owned(),
            population: "exc".to_owned(),
            neurons: neurons as u64,
            from: 100.0,
        };
        NetworkDrive {
            source,
            trains: Some((0..neurons).map(|i| vec![50.0, 110.0 + i as f64, 900.0]).collect()),
        }
    }

    #[test]
    fn every_neuron_is_heard_before_one_is_heard_twice() {
        let events = drive(7).events(1, "group", 17, 500.0).unwrap();
        let mut heard = [0; 7];
        for times in &events {
            // What comes before `from` and after the end is left out.
            assert_eq!(times.len(), 1);
            heard[(times[0] - 10.0) as usize] += 1;
        }
        assert!(heard.iter().all(|&n| n == 2 || n == 3), "{heard:?}");
        assert_eq!(events, drive(7).events(1, "group", 17, 500.0).unwrap());
        assert_ne!(events, drive(7).events(2, "group", 17, 500.0).unwrap());
        assert_ne!(events, drive(7).events(1, "other", 17, 500.0).unwrap());
    }

    #[test]
    fn without_trains_there_is_nothing() {
        assert_eq!(NetworkDrive { trains: None, ..drive(2) }.events(1, "g", 3, 1.0), None);
    }
}
