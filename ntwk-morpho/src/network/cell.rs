//! A morphological cell as the neurons of a population are.

use std::sync::Arc;

use ntwk_core::kernel::{
    CellModel, CellStepper, Column, EventEffect, EventPlaces, Membrane, StateVariable,
};
use ntwk_core::spec::Method;

use super::layout::Layout;
use super::stepper::{Definition, MorphologicalStepper, Soma};
use crate::membrane::cell::Cell;
use crate::solver::side_by_side::{COPIES, SideBySide};
use crate::solver::simulation::Settings;
use crate::spec::BuiltCell;

/// The neurons of a population of morphological cells, all equal.
///
/// A step is that of [`crate::Simulation`], by the method and temperature of the cell file and the time step of the network. A
/// spike is an upward crossing of the threshold at the detector, and is known to a step: like every event of a step, one that
/// arrives acts as if it had come in the middle of its step, whose second half it makes up for in the next. Currents and
/// receptors of the network that are none of the cell act at the soma.
#[derive(Debug)]
pub struct MorphologicalNeuron {
    pub(super) built: BuiltCell,
    /// The cell without electrodes and synapses.
    pub(super) cell: Cell,
    pub(super) settings: Settings,
    pub(super) layout: Layout,
    pub(super) soma: Soma,
    pub(super) variables: Vec<StateVariable>,
    pub(super) definitions: Vec<StateVariable>,
    pub(super) defined: Arc<[Definition]>,
    pub(super) membrane: Membrane,
    /// What of the cell file is left aside.
    pub(super) left_aside: Vec<String>,
}

impl MorphologicalNeuron {
    /// Number of compartments.
    #[must_use]
    pub fn compartments(&self) -> usize {
        self.cell.compartments().len()
    }

    /// Eight copies at rest, for steps of `dt` (ms).
    fn copies(&self, dt: f64) -> SideBySide {
        let settings = Settings { dt, ..self.settings };
        SideBySide::new(std::slice::from_ref(&self.cell), &settings)
    }
}

impl CellModel for MorphologicalNeuron {
    /// `g_L` is the steady input conductance of the soma about the initial potential, `C_m` that times the time constant of the
    /// membrane (capacitance over conductance of the whole cell).
    fn membrane(&self) -> Membrane {
        self.membrane
    }

    fn variables(&self) -> &[StateVariable] {
        &self.variables
    }

    fn rest(&self) -> Vec<f64> {
        let copies = self.copies(self.settings.dt);
        let mut columns: Vec<Column> =
            (0..self.layout.len).map(|_| ntwk_core::kernel::column(0.0, 1)).collect();
        self.layout.store(&copies, &mut columns, &(0..1));
        columns.iter().map(|column| column[0]).collect()
    }

    /// All nodes start at the potential that the soma is given, with gates at their steady state there.
    fn follow_initial(&self, columns: &mut [Column], given: &[usize]) {
        if !given.contains(&0) {
            return;
        }
        let mut copies = self.copies(self.settings.dt);
        let n = columns.first().map_or(0, |column| column.len());
        for start in (0..n).step_by(COPIES) {
            let neurons = start..(start + COPIES).min(n);
            self.layout.load(&mut copies, columns, &neurons);
            let (soma, size) = (self.soma.position * COPIES, self.layout.potentials.len() * COPIES);
            let given: Vec<f64> = copies.v[soma..soma + COPIES].to_vec();
            copies.v[..size].chunks_exact_mut(COPIES).for_each(|v| v.copy_from_slice(&given));
            copies.initialise();
            self.layout.store(&copies, columns, &neurons);
        }
    }

    /// What decays does so exactly, and the input is seen at both ends of a step.
    fn method(&self, _: Method) -> Method {
        Method::Heun
    }

    fn definitions(&self) -> &[StateVariable] {
        &self.definitions
    }

    fn remarks(&self, dt: f64, _: Method) -> Vec<String> {
        let mut at_this_step = self.built.clone();
        at_this_step.spec.simulation.settings.dt = dt;
        let mut remarks = self.left_aside.clone();
        remarks.extend(at_this_step.coarse_steps());
        remarks
    }

    fn event_effect(&self, _: usize) -> EventEffect {
        EventEffect { held: false, set_by_reset: false }
    }

    fn refuses_events(&self, variable: usize) -> Option<&'static str> {
        (variable == 0)
            .then_some("the potential of a compartment makes no steps; name a group of synapses")
    }

    fn event_places(&self, variable: usize) -> Option<EventPlaces> {
        let group = self.layout.groups.get(variable.checked_sub(1)?)?;
        (group.sites.len() > 1).then(|| EventPlaces {
            columns: group.sites.iter().map(|site| site.events).collect(),
            shares: group.shares.clone(),
        })
    }

    fn refuses_clamps(&self) -> Option<&'static str> {
        Some("holds the potential of point neurons; one end of a morphological cell cannot be held")
    }

    /// The eight that are solved side by side.
    fn block(&self) -> usize {
        COPIES
    }

    fn work(&self) -> u32 {
        self.layout.len as u32
    }

    fn spike_threshold(&self) -> f64 {
        self.soma.threshold
    }

    fn beyond_theory(&self) -> Option<&str> {
        Some(
            "a morphological cell is no point neuron with a threshold, and its synapses are not at the soma; `ntwk morpho tf` \
             measures its transfer function",
        )
    }

    fn lower(&self, dt: f64, _: Method) -> Arc<dyn CellStepper> {
        let (compartments, copies) = (self.cell.compartments(), self.copies(dt));
        Arc::new(MorphologicalStepper::new(
            &self.layout,
            self.soma,
            &self.defined,
            compartments,
            (copies, dt),
        ))
    }
}
