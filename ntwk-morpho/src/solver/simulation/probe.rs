//! What can be recorded, and where a simulation finds it.

use super::{Simulation, SimulationError};
use crate::mesh::compartments::Location;
use serde::{Deserialize, Serialize};

/// A quantity that can be recorded.
///
/// A sample at t holds potentials and concentrations at t, and currents and conductances of the step that ends at t (at
/// t = 0 of the first step), taken from its solution: with the V the solver used, V(t) for implicit Euler and the middle of
/// the step for Crank–Nicolson, capacitive, ionic and synaptic currents of a compartment add up to its transmembrane current,
/// and the transmembrane currents of a cell to what its electrodes inject, to round-off. Gates of a sample at t stand at
/// t + dt/2 (staggered).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Potential (mV).
    Voltage(Location),
    /// Calcium concentration (mM).
    Calcium(Location),
    /// A state variable of a mechanism.
    Variable {
        /// Name of the instance.
        mechanism: String,
        /// Name of the variable.
        variable: String,
        /// Where.
        at: Location,
    },
    /// Current density of a mechanism (mA/cm², outward positive).
    Current {
        /// Name of the instance.
        mechanism: String,
        /// The part that an ion carries; the whole current when absent.
        ion: Option<String>,
        /// Where.
        at: Location,
    },
    /// Conductance density of a mechanism (S/cm²).
    Conductance {
        /// Name of the instance.
        mechanism: String,
        /// The part that an ion carries; the sum when absent.
        ion: Option<String>,
        /// Where.
        at: Location,
    },
    /// Current density of an ion (mA/cm², outward positive): the sum over the mechanisms.
    IonCurrent {
        /// The ion: `na`, `k`, `ca`, or `nonspecific`.
        ion: String,
        /// Where.
        at: Location,
    },
    /// Potential (mV) at which a mechanism's current reverses.
    Reversal {
        /// Name of the instance.
        mechanism: String,
        /// The part that an ion carries; needed where there are several.
        ion: Option<String>,
        /// Where.
        at: Location,
    },
    /// Capacitive current density (mA/cm²).
    Capacitive(Location),
    /// Current through the membrane of a compartment (nA, outward positive): ionic, synaptic and capacitive, without
    /// electrodes and gap junctions.
    Transmembrane(Location),
    /// Current (nA) along the axis into a compartment through its proximal end: positive away from the root.
    Axial(Location),
    /// Current (nA) of an electrode into the cell, by its number: current electrodes in their order, then voltage clamps.
    Electrode {
        /// Number of the electrode.
        electrode: usize,
        /// Where it is.
        at: Location,
    },
    /// Current (nA, outward positive: negative for an EPSC) of synapses.
    SynapticCurrent(SynapseProbe),
    /// Conductance (µS) of synapses.
    SynapticConductance(SynapseProbe),
}

/// Synapses that are recorded together: their sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SynapseProbe {
    /// Name of the group.
    pub group: String,
    /// One receptor of the group; all when absent.
    pub receptor: Option<String>,
    /// Those of the compartment around this place; those of the whole cell when absent.
    pub at: Option<Location>,
}

impl Probe {
    /// Where it is recorded; `None` for synapses of the whole cell.
    #[must_use]
    pub fn at(&self) -> Option<Location> {
        match self {
            Self::Voltage(at)
            | Self::Calcium(at)
            | Self::Capacitive(at)
            | Self::Transmembrane(at)
            | Self::Axial(at)
            | Self::Variable { at, .. }
            | Self::Current { at, .. }
            | Self::Conductance { at, .. }
            | Self::IonCurrent { at, .. }
            | Self::Reversal { at, .. }
            | Self::Electrode { at, .. } => Some(*at),
            Self::SynapticCurrent(s) | Self::SynapticConductance(s) => s.at,
        }
    }

    /// Its unit.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Voltage(_) | Self::Reversal { .. } => "mV",
            Self::Calcium(_) => "mM",
            Self::Variable { .. } => "",
            Self::Current { .. } | Self::IonCurrent { .. } | Self::Capacitive(_) => "mA/cm2",
            Self::Conductance { .. } => "S/cm2",
            Self::Transmembrane(_)
            | Self::Axial(_)
            | Self::Electrode { .. }
            | Self::SynapticCurrent(_) => "nA",
            Self::SynapticConductance(_) => "uS",
        }
    }
}

/// Where a probe finds its value.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Voltage(usize),
    Calcium(usize),
    Variable {
        mechanism: usize,
        variable: usize,
        place: usize,
    },
    /// Sum over (part, place).
    Current(Vec<(usize, usize)>),
    Conductance(Vec<(usize, usize)>),
    Reversal {
        part: usize,
        place: usize,
    },
    Capacitive(usize),
    Transmembrane(usize),
    Axial(usize),
    Electrode(usize),
    Synaptic {
        row: usize,
        conductance: bool,
    },
}

impl Source {
    /// Whether it needs the currents of a step.
    pub fn of_step(&self) -> bool {
        !matches!(self, Self::Voltage(_) | Self::Calcium(_) | Self::Variable { .. })
    }
}

impl Simulation {
    /// Where a probe finds its value.
    pub(super) fn resolve(&mut self, probe: &Probe) -> Result<Source, SimulationError> {
        Ok(match probe {
            Probe::Voltage(at) => Source::Voltage(self.position(*at)?),
            Probe::Calcium(at) => Source::Calcium(self.position(*at)?),
            Probe::Variable { mechanism: name, variable, at } => {
                let m = self.mechanism(name)?;
                let variables = self.state.mechanisms[m].variables();
                let index = variables.iter().position(|v| v == variable).ok_or_else(|| {
                    SimulationError::UnknownVariable {
                        mechanism: name.clone(),
                        variable: variable.clone(),
                        known: variables.iter().map(|v| (*v).to_owned()).collect(),
                    }
                })?;
                Source::Variable { mechanism: m, variable: index, place: self.place(m, *at)? }
            }
            Probe::Current { mechanism, ion, at } => {
                let (parts, place) = self.parts(mechanism, ion.as_deref(), *at)?;
                Source::Current(parts.into_iter().map(|p| (p, place)).collect())
            }
            Probe::Conductance { mechanism, ion, at } => {
                let (parts, place) = self.parts(mechanism, ion.as_deref(), *at)?;
                Source::Conductance(parts.into_iter().map(|p| (p, place)).collect())
            }
            Probe::Reversal { mechanism, ion, at } => {
                let (parts, place) = self.parts(mechanism, ion.as_deref(), *at)?;
                match parts.as_slice() {
                    &[part] => Source::Reversal { part, place },
                    _ => {
                        let m = self.mechanism(mechanism)?;
                        return Err(self.unknown_ion(mechanism, "", &[m]));
                    }
                }
            }
            Probe::IonCurrent { ion, at } => {
                let all: Vec<usize> = (0..self.state.mechanisms.len()).collect();
                let carries = |&m: &usize| self.state.mechanisms[m].ions().contains(&ion.as_str());
                let carriers: Vec<usize> = all.iter().copied().filter(carries).collect();
                if carriers.is_empty() {
                    return Err(self.unknown_ion("membrane", ion, &all));
                }
                let compartment = self.constants.compartments.compartment(*at)?;
                let position = self.constants.positions[compartment] as usize;
                let mut sum = Vec::new();
                for m in carriers {
                    let Some(place) = self.state.mechanisms[m].place(position) else { continue };
                    for (k, i) in owned(&self.state.mechanisms[m].ions()).iter().enumerate() {
                        if i == ion {
                            sum.push((self.balance.part(m, k), place));
                        }
                    }
                }
                Source::Current(sum)
            }
            Probe::Capacitive(at) => Source::Capacitive(self.membrane_position(*at)?),
            Probe::Transmembrane(at) => Source::Transmembrane(self.membrane_position(*at)?),
            Probe::Axial(at) => Source::Axial(self.membrane_position(*at)?),
            Probe::Electrode { electrode, .. } => {
                let count = self.constants.currents.len() + self.constants.clamps.len();
                if *electrode >= count {
                    return Err(SimulationError::UnknownElectrode { electrode: *electrode, count });
                }
                Source::Electrode(*electrode)
            }
            Probe::SynapticCurrent(of) => {
                Source::Synaptic { row: self.synapse_row(of)?, conductance: false }
            }
            Probe::SynapticConductance(of) => {
                Source::Synaptic { row: self.synapse_row(of)?, conductance: true }
            }
        })
    }

    fn mechanism(&self, name: &str) -> Result<usize, SimulationError> {
        let all = &self.state.mechanisms;
        all.iter().position(|m| m.name() == name).ok_or_else(|| SimulationError::UnknownMechanism {
            name: name.to_owned(),
            known: all.iter().map(|m| m.name().to_owned()).collect(),
        })
    }

    /// Position of the compartment around a point.
    fn membrane_position(&self, at: Location) -> Result<usize, SimulationError> {
        let compartment = self.constants.compartments.compartment(at)?;
        Ok(self.constants.positions[compartment] as usize)
    }

    /// Index among a mechanism's places of the compartment around a point.
    fn place(&self, m: usize, at: Location) -> Result<usize, SimulationError> {
        let placed = &self.state.mechanisms[m];
        let compartment = self.constants.compartments.compartment(at)?;
        let found = placed.place(self.constants.positions[compartment] as usize);
        found.ok_or_else(|| SimulationError::NotInserted {
            mechanism: placed.name().to_owned(),
            compartment,
        })
    }

    /// The parts of a mechanism's current that are asked for, and the place.
    fn parts(
        &mut self,
        name: &str,
        ion: Option<&str>,
        at: Location,
    ) -> Result<(Vec<usize>, usize), SimulationError> {
        let m = self.mechanism(name)?;
        let place = self.place(m, at)?;
        let ions = owned(&self.state.mechanisms[m].ions());
        let wanted: Vec<usize> =
            (0..ions.len()).filter(|&k| ion.is_none_or(|ion| ions[k] == ion)).collect();
        if wanted.is_empty() && ion.is_some() {
            return Err(self.unknown_ion(name, ion.unwrap_or_default(), &[m]));
        }
        Ok((wanted.into_iter().map(|k| self.balance.part(m, k)).collect(), place))
    }

    fn unknown_ion(&self, of: &str, ion: &str, mechanisms: &[usize]) -> SimulationError {
        let mut known: Vec<String> =
            mechanisms.iter().flat_map(|&m| owned(&self.state.mechanisms[m].ions())).collect();
        known.sort();
        known.dedup();
        SimulationError::UnknownIon { of: of.to_owned(), ion: ion.to_owned(), known }
    }

    fn synapse_row(&mut self, of: &SynapseProbe) -> Result<usize, SimulationError> {
        let position = of.at.map(|at| self.membrane_position(at)).transpose()?;
        let labels = self.state.synapses.labels();
        let chosen: Vec<bool> = labels
            .iter()
            .map(|l| l.0 == of.group && of.receptor.as_ref().is_none_or(|r| *r == l.1))
            .collect();
        if !chosen.contains(&true) {
            let known = labels.iter().map(|l| format!("{}.{}", l.0, l.1)).collect();
            let name = match &of.receptor {
                Some(receptor) => format!("{}.{receptor}", of.group),
                None => of.group.clone(),
            };
            return Err(SimulationError::UnknownSynapses { name, known });
        }
        Ok(self.balance.synapses(chosen, position))
    }
}

fn owned(ions: &[&str]) -> Vec<String> {
    ions.iter().map(|i| (*i).to_owned()).collect()
}
