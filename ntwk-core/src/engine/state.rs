//! The state of a simulation between two segments: read, set, and continued with other parameters.

use crate::engine::network::{Incoming, Network, Part};
use crate::engine::plasticity::Plasticity;
use crate::engine::simulation::Simulation;
use crate::kernel::Column;
use crate::model::Model;

/// A state variable that cannot be read or set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StateError {
    /// No such population.
    #[error("there is no population {index}")]
    Population {
        /// The number asked for.
        index: usize,
    },
    /// No such variable of the population.
    #[error("{population} has no variable \"{variable}\"; it has {}", valid.join(", "))]
    Variable {
        /// The population.
        population: String,
        /// The variable asked for.
        variable: String,
        /// Its variables.
        valid: Vec<String>,
    },
    /// Another number of values than neurons.
    #[error("{population} has {size} neurons; {values} values of {variable} are given")]
    Length {
        /// The population.
        population: String,
        /// The variable.
        variable: String,
        /// Its neurons.
        size: u32,
        /// The values given.
        values: usize,
    },
    /// A value that is no number.
    #[error("{variable} of neuron {neuron} of {population} would be {value}")]
    NotFinite {
        /// The population.
        population: String,
        /// The variable.
        variable: String,
        /// The neuron.
        neuron: usize,
        /// The value given.
        value: f64,
    },
}

/// Which column of a part a variable is.
#[derive(Clone, Copy)]
enum Place {
    Variable(usize),
    Receptor(usize),
}

impl Simulation {
    /// Names of the state variables of population `index` of `model`: `V_m` first, those of its cell, `g_<receptor>` of every
    /// receptor that something projects to.
    ///
    /// # Errors
    /// [`StateError::Population`].
    pub fn variables(&self, model: &Model, index: usize) -> Result<Vec<String>, StateError> {
        let population = model.populations().get(index).ok_or(StateError::Population { index })?;
        let mut names: Vec<String> =
            population.cell.variables().iter().map(|v| v.name.to_owned()).collect();
        for receptor in model.receptors_of(index) {
            names.push(format!("g_{}", model.receptors()[receptor].name));
        }
        Ok(names)
    }

    /// The values of a state variable at the start of the next step, one per neuron of population `index` of `model`, the model
    /// of this simulation: mV, pA, nS.
    ///
    /// # Errors
    /// [`StateError`] for a population or variable that there is not.
    pub fn state(
        &self,
        model: &Model,
        index: usize,
        variable: &str,
    ) -> Result<Vec<f64>, StateError> {
        let place = self.place(model, index, variable)?;
        let parts = self.network().workers.iter().flat_map(|worker| &worker.parts);
        let own = parts.filter(|part| part.population == index);
        Ok(own.flat_map(|part| column(part, place).to_vec()).collect())
    }

    /// Sets a state variable of every neuron of population `index` of `model`, the model of this simulation. The next step
    /// starts from these values; whether a neuron is refractory, and events on their way, stay.
    ///
    /// # Errors
    /// [`StateError`]; nothing is changed then.
    pub fn set_state(
        &mut self,
        model: &Model,
        index: usize,
        variable: &str,
        values: &[f64],
    ) -> Result<(), StateError> {
        let place = self.place(model, index, variable)?;
        let population = &model.populations()[index];
        let (name, variable) = (population.name.clone(), variable.to_owned());
        if values.len() != population.size as usize {
            let (size, values) = (population.size, values.len());
            return Err(StateError::Length { population: name, variable, size, values });
        }
        if let Some(neuron) = values.iter().position(|value| !value.is_finite()) {
            let value = values[neuron];
            return Err(StateError::NotFinite { population: name, variable, neuron, value });
        }
        let parts = self.network_mut().workers.iter_mut().flat_map(|worker| &mut worker.parts);
        for part in parts.filter(|part| part.population == index) {
            let neurons = part.neurons();
            let own = &values[neurons.start as usize..neurons.end as usize];
            column_mut(part, place).copy_from_slice(own);
        }
        Ok(())
    }

    /// The plastic synapses of projection `index` of the model (rule `stdp`) as they are now: source, target, weight (nS or pA), by
    /// target, then source; `None` for a projection of another kind.
    #[must_use]
    pub fn plastic_synapses(&self, index: usize) -> Option<Vec<(u32, u32, f64)>> {
        let mut found = Vec::new();
        let mut is_plastic = false;
        for worker in &self.network().workers {
            let Some(Some(Incoming { part, lists, plasticity, .. })) = worker.incoming.get(index)
            else {
                continue;
            };
            let Some(Plasticity::Stdp(stdp)) = plasticity else { continue };
            is_plastic = true;
            let first = worker.parts[*part].first;
            for source in 0..lists.sources() {
                found.extend(lists.row(source).map(|synapse| {
                    // All synapses have one delay, so that a place is a target.
                    (source, first + lists.place_of(synapse), stdp.weight(synapse))
                }));
            }
        }
        found.sort_by_key(|synapse| (synapse.1, synapse.0));
        is_plastic.then_some(found)
    }

    /// Goes on with the changes of `model` (its events): those up to now are made, those to come are made in their time. All
    /// else in it must be as in the model of this simulation.
    pub fn take_changes(&mut self, model: &Model) {
        let step = self.step();
        let network: &mut Network = self.network_mut();
        network.set_changes(model.changes());
        network.apply_changes(step);
    }

    fn place(&self, model: &Model, index: usize, variable: &str) -> Result<Place, StateError> {
        let valid = self.variables(model, index)?;
        let population = &model.populations()[index];
        let cell = population.cell.variables().len();
        match valid.iter().position(|name| name == variable) {
            Some(k) if k < cell => Ok(Place::Variable(k)),
            Some(k) => Ok(Place::Receptor(k - cell)),
            None => {
                let (population, variable) = (population.name.clone(), variable.to_owned());
                Err(StateError::Variable { population, variable, valid })
            }
        }
    }
}

fn column(part: &Part, place: Place) -> &Column {
    match place {
        Place::Variable(k) => &part.columns[k],
        Place::Receptor(k) => &part.receptors[k].s,
    }
}

fn column_mut(part: &mut Part, place: Place) -> &mut Column {
    match place {
        Place::Variable(k) => &mut part.columns[k],
        Place::Receptor(k) => &mut part.receptors[k].s,
    }
}
