//! A cell: compartments with membrane, electrodes and synapses. What a simulation is made from.

use crate::membrane::channel::{Channel, Kinetics};
use crate::membrane::mechanism::Mechanism;
use crate::membrane::receptor::Receptor;
use crate::membrane::voltage_clamp::VoltageClamp;
use crate::mesh::compartments::{Compartment, Compartments, Location, LocationError};
use crate::mesh::selection::Selection;
use crate::parameter_error::ParameterError;
use ntwk_core::{FaultKind, Waveform};
use std::sync::Arc;

/// Why something cannot be added to a cell.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CellError {
    /// A parameter is out of range.
    #[error("{of}: {error}")]
    Parameter {
        /// What it is a parameter of.
        of: String,
        /// What is wrong.
        error: ParameterError,
    },
    /// The waveform of an injected current has a value out of range.
    #[error("injected current: {key} {kind}")]
    Current {
        /// The key of the waveform.
        key: String,
        /// What is wrong.
        kind: FaultKind,
    },
    /// Two mechanisms have one name.
    #[error("there is already a mechanism '{name}'; instances need names of their own")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// The selection is empty.
    #[error("{of}: no compartment meets the selection")]
    NothingSelected {
        /// What was to be placed.
        of: String,
    },
    /// The factor on a density is negative or not finite.
    #[error(
        "mechanism '{name}', compartment {compartment}: factor {factor} on its density, expected a finite number >= 0"
    )]
    Factor {
        /// The mechanism.
        name: String,
        /// The compartment.
        compartment: usize,
        /// The factor.
        factor: f64,
    },
    /// There is no such place.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// There is no such synapse.
    #[error("there is no synapse {synapse}; there are {count}")]
    Synapse {
        /// The synapse asked for.
        synapse: usize,
        /// Number of synapses.
        count: usize,
    },
}

impl CellError {
    fn parameter(of: impl Into<String>) -> impl FnOnce(ParameterError) -> CellError {
        move |error| CellError::Parameter { of: of.into(), error }
    }
}

/// A mechanism in its places.
#[derive(Debug, Clone)]
pub(crate) struct Insertion {
    pub name: String,
    pub mechanism: Arc<dyn Mechanism>,
    /// Compartments, in order.
    pub places: Vec<usize>,
    /// Factor on the density in each of `places`.
    pub scale: Vec<f64>,
}

/// A receptor on a node with its presynaptic spikes.
#[derive(Debug, Clone)]
pub(crate) struct Synapse {
    /// Names of its group and receptor, to record it.
    pub label: (String, String),
    pub node: usize,
    pub receptor: Receptor,
    /// Peak conductance (µS).
    pub weight: f64,
    /// Spike times (ms).
    pub events: Vec<f64>,
}

/// A cell as written: nothing here changes during a simulation.
///
/// ```
/// use ntwk_morpho::geometry::generators;
/// use ntwk_morpho::membrane::channels::Leak;
/// use ntwk_morpho::{Cell, Discretisation, Location, Selection, Settings, Simulation, Waveform};
///
/// let morphology = generators::ball_and_stick(20.0, 500.0, 2.0)?;
/// let compartments = morphology.compartments(&Discretisation::MaxLength(10.0))?;
/// let mut cell = Cell::new(compartments, 1.0, 100.0)?;
/// cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 })?;
/// let soma = Location::new(0, 0.5);
/// cell.inject(soma, Waveform::step(10.0, 50.0, 0.1))?;
/// let mut simulation = Simulation::new(&cell, &Settings { v_init: -70.0, ..Settings::default() })?;
/// simulation.record_voltage(&[soma], 1)?;
/// simulation.run(60.0)?;
/// assert!(simulation.recording().column(0).last().is_some_and(|&v| v > -60.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cell {
    pub(crate) compartments: Compartments,
    pub(crate) capacitance: Vec<f64>,
    pub(crate) resistivity: Vec<f64>,
    pub(crate) insertions: Vec<Insertion>,
    pub(crate) currents: Vec<(usize, Waveform)>,
    pub(crate) clamps: Vec<(usize, VoltageClamp)>,
    pub(crate) synapses: Vec<Synapse>,
    /// (compartment, compartment, conductance (µS)).
    pub(crate) gap_junctions: Vec<(usize, usize, f64)>,
}

#[allow(non_snake_case)]
impl Cell {
    /// A cell with specific capacitance `C_m` (µF/cm²) and axial resistivity `R_i` (Ω·cm) everywhere, and no current.
    ///
    /// # Errors
    /// [`CellError::Parameter`] unless both are > 0.
    pub fn new(compartments: Compartments, C_m: f64, R_i: f64) -> Result<Self, CellError> {
        ParameterError::positive("C_m", C_m, "uF/cm2").map_err(CellError::parameter("cell"))?;
        ParameterError::positive("R_i", R_i, "Ohm cm").map_err(CellError::parameter("cell"))?;
        let n = compartments.len();
        Ok(Cell {
            compartments,
            capacitance: vec![C_m; n],
            resistivity: vec![R_i; n],
            insertions: Vec::new(),
            currents: Vec::new(),
            clamps: Vec::new(),
            synapses: Vec::new(),
            gap_junctions: Vec::new(),
        })
    }

    /// Its compartments.
    #[must_use]
    pub fn compartments(&self) -> &Compartments {
        &self.compartments
    }

    /// Total capacitance (nF).
    #[must_use]
    pub fn total_capacitance(&self) -> f64 {
        let areas = self.compartments.as_slice().iter().map(|c| c.area);
        areas.zip(&self.capacitance).map(|(a, c)| crate::units::NF_PER_UF_CM2_UM2 * a * c).sum()
    }

    /// The mechanisms: (name, kind, number of compartments, mean factor on the density).
    #[must_use]
    pub fn mechanisms(&self) -> Vec<(&str, &str, usize, f64)> {
        let row = |i: &'_ Insertion| i.scale.iter().sum::<f64>() / i.scale.len() as f64;
        self.insertions
            .iter()
            .map(|i| (i.name.as_str(), i.mechanism.kind(), i.places.len(), row(i)))
            .collect()
    }

    /// The mechanism with the fastest gate where spikes go, and its shortest time constant (ms).
    #[must_use]
    pub fn fastest_gate(&self, celsius: f64, calcium: f64) -> Option<(&str, f64)> {
        self.insertions
            .iter()
            .filter_map(|i| Some((i.name.as_str(), i.mechanism.fastest(celsius, calcium)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Sets the specific capacitance (µF/cm²) of some compartments.
    ///
    /// # Errors
    /// [`CellError`] unless it is > 0 and some compartment is selected.
    pub fn set_capacitance(&mut self, selection: &Selection, C_m: f64) -> Result<(), CellError> {
        ParameterError::positive("C_m", C_m, "uF/cm2").map_err(CellError::parameter("cell"))?;
        for k in self.select(selection, "C_m")? {
            self.capacitance[k] = C_m;
        }
        Ok(())
    }

    /// Sets the axial resistivity (Ω·cm) of some compartments.
    ///
    /// # Errors
    /// [`CellError`] unless it is > 0 and some compartment is selected.
    pub fn set_resistivity(&mut self, selection: &Selection, R_i: f64) -> Result<(), CellError> {
        ParameterError::positive("R_i", R_i, "Ohm cm").map_err(CellError::parameter("cell"))?;
        for k in self.select(selection, "R_i")? {
            self.resistivity[k] = R_i;
        }
        Ok(())
    }

    fn select(&self, selection: &Selection, of: &str) -> Result<Vec<usize>, CellError> {
        let places = selection.indices(&self.compartments);
        if places.is_empty() {
            Err(CellError::NothingSelected { of: of.to_owned() })
        } else {
            Ok(places)
        }
    }

    /// Inserts a channel under a name of its own.
    ///
    /// # Errors
    /// [`CellError`] when a parameter is out of range, the name is taken or nothing is selected.
    pub fn insert<K: Kinetics<N>, const N: usize>(
        &mut self,
        name: &str,
        selection: &Selection,
        channel: K,
    ) -> Result<(), CellError> {
        self.insert_mechanism(name, selection, Arc::new(Channel(channel)), |_| 1.0)
    }

    /// Inserts a channel whose density is its own times `factor` of the compartment: gradients along the dendrite.
    ///
    /// # Errors
    /// As [`Cell::insert`], and when a factor is negative or not finite.
    pub fn insert_scaled<K: Kinetics<N>, const N: usize>(
        &mut self,
        name: &str,
        selection: &Selection,
        channel: K,
        factor: impl FnMut(&Compartment) -> f64,
    ) -> Result<(), CellError> {
        self.insert_mechanism(name, selection, Arc::new(Channel(channel)), factor)
    }

    /// Inserts any mechanism.
    ///
    /// # Errors
    /// As [`Cell::insert_scaled`].
    pub fn insert_mechanism(
        &mut self,
        name: &str,
        selection: &Selection,
        mechanism: Arc<dyn Mechanism>,
        mut factor: impl FnMut(&Compartment) -> f64,
    ) -> Result<(), CellError> {
        mechanism.check().map_err(CellError::parameter(name))?;
        if self.insertions.iter().any(|i| i.name == name) {
            return Err(CellError::DuplicateName { name: name.to_owned() });
        }
        let places = self.select(selection, name)?;
        let scale: Vec<f64> =
            places.iter().map(|&k| factor(&self.compartments.as_slice()[k])).collect();
        if let Some((&compartment, &factor)) =
            places.iter().zip(&scale).find(|(_, f)| !f.is_finite() || **f < 0.0)
        {
            return Err(CellError::Factor { name: name.to_owned(), compartment, factor });
        }
        self.insertions.push(Insertion { name: name.to_owned(), mechanism, places, scale });
        Ok(())
    }

    /// Injects a current (nA) at a point; positive depolarises.
    ///
    /// # Errors
    /// [`CellError`] when the waveform or the place is not valid.
    pub fn inject(&mut self, at: Location, current: Waveform) -> Result<(), CellError> {
        if let Some(first) = current.check().err().and_then(|e| e.list.into_iter().next()) {
            return Err(CellError::Current { key: first.key, kind: first.kind });
        }
        self.currents.push((self.compartments.node(at)?, current));
        Ok(())
    }

    /// Puts a voltage clamp at a point.
    ///
    /// # Errors
    /// [`CellError`] when the clamp or the place is not valid.
    pub fn clamp_voltage(&mut self, at: Location, clamp: VoltageClamp) -> Result<(), CellError> {
        clamp.check().map_err(CellError::parameter("voltage clamp"))?;
        self.clamps.push((self.compartments.node(at)?, clamp));
        Ok(())
    }

    /// Whether a voltage clamp holds the node of a point at time `t` (ms).
    #[must_use]
    pub fn is_clamped(&self, at: Location, t: f64) -> bool {
        self.compartments.node(at).is_ok_and(|node| {
            self.clamps.iter().any(|(at, clamp)| *at == node && clamp.command(t).is_some())
        })
    }

    /// Joins the compartments around two points by a gap junction of `conductance` (µS): g (V_a − V_b) flows from a to b.
    ///
    /// # Errors
    /// [`CellError`] when the conductance or a place is not valid. A conductance of 0 adds nothing.
    pub fn add_gap_junction(
        &mut self,
        a: Location,
        b: Location,
        conductance: f64,
    ) -> Result<(), CellError> {
        ParameterError::not_negative("conductance", conductance, "uS")
            .map_err(CellError::parameter("gap junction"))?;
        let (a, b) = (self.compartments.compartment(a)?, self.compartments.compartment(b)?);
        if a != b && conductance > 0.0 {
            self.gap_junctions.push((a, b, conductance));
        }
        Ok(())
    }

    /// Adds a synapse of peak conductance `weight` (µS) and gives its number.
    ///
    /// # Errors
    /// [`CellError`] when the receptor, weight or place is not valid.
    pub fn add_synapse(
        &mut self,
        at: Location,
        receptor: impl Into<Receptor>,
        weight: f64,
    ) -> Result<usize, CellError> {
        let receptor = receptor.into();
        receptor.check().map_err(CellError::parameter("synapse"))?;
        ParameterError::not_negative("weight", weight, "uS")
            .map_err(CellError::parameter("synapse"))?;
        let node = self.compartments.node(at)?;
        let label = (String::new(), String::new());
        self.synapses.push(Synapse { label, node, receptor, weight, events: Vec::new() });
        Ok(self.synapses.len() - 1)
    }

    /// Names the group and the receptor of a synapse; synapses of one name are recorded together.
    ///
    /// # Errors
    /// [`CellError`] when there is no such synapse.
    pub fn name_synapse(
        &mut self,
        synapse: usize,
        group: &str,
        receptor: &str,
    ) -> Result<(), CellError> {
        let count = self.synapses.len();
        let s = self.synapses.get_mut(synapse).ok_or(CellError::Synapse { synapse, count })?;
        s.label = (group.to_owned(), receptor.to_owned());
        Ok(())
    }

    /// Adds presynaptic spikes (ms, in any order, several at one time allowed) to a synapse.
    ///
    /// # Errors
    /// [`CellError`] when there is no such synapse or a time is negative or not finite.
    pub fn add_spikes(&mut self, synapse: usize, times: &[f64]) -> Result<(), CellError> {
        let count = self.synapses.len();
        let s = self.synapses.get_mut(synapse).ok_or(CellError::Synapse { synapse, count })?;
        for &t in times {
            ParameterError::not_negative("spike time", t, "ms")
                .map_err(CellError::parameter(format!("synapse {synapse}")))?;
        }
        s.events.extend_from_slice(times);
        Ok(())
    }
}
