//! The gates and variables of a declared channel in all its places: one of the hot loops, run by the formulas' interpreter.

use crate::membrane::declared::DeclaredChannel;
use crate::membrane::mechanism::{LANES, MechanismState, Membrane, NONSPECIFIC, Site};
use ntwk_core::{FormulaRoom, Formulas};

/// Lengths of steps whose formulas are kept.
const MOST_STEPS: usize = 4;

#[derive(Debug, Clone)]
pub(super) struct DeclaredState {
    channel: DeclaredChannel,
    celsius: f64,
    names: Vec<String>,
    /// Gates, then variables.
    states: Vec<Vec<f64>>,
    /// None where a formula does not compile, which `check` refuses.
    initial: Option<Formulas>,
    current: Option<Formulas>,
    /// By length of the step (ms).
    steps: Vec<(f64, Formulas)>,
    /// Factor on the current density in every place, zero in the padding.
    scale: Vec<f64>,
    room: FormulaRoom,
    /// Current density and slope.
    values: Vec<Vec<f64>>,
}

impl DeclaredState {
    pub(super) fn new(channel: &DeclaredChannel, site: Site) -> Self {
        let n = site.scale.len().next_multiple_of(LANES);
        let mut scale = site.scale;
        scale.resize(n, 0.0);
        for s in &mut scale {
            *s *= channel.factor();
        }
        let names: Vec<String> = channel.variable_names().map(str::to_owned).collect();
        Self {
            channel: channel.clone(),
            celsius: site.celsius,
            states: vec![vec![0.0; n]; names.len()],
            names,
            initial: channel.initial(site.celsius).ok(),
            current: channel.current_and_slope(site.celsius).ok(),
            steps: Vec::new(),
            scale,
            room: FormulaRoom::default(),
            values: vec![vec![0.0; n]; 2],
        }
    }

    /// Leaves current density and slope in `values`.
    fn compute(&mut self, v: &[f64], calcium: &[f64]) {
        if let Some(current) = &self.current {
            let n = self.scale.len();
            current.compute(
                &mut self.room,
                &[&v[..n], &calcium[..n]],
                &self.states,
                &mut self.values,
            );
        }
        for values in &mut self.values {
            for (x, scale) in values.iter_mut().zip(&self.scale) {
                *x *= scale;
            }
        }
    }
}

fn add(to: &mut [f64], what: &[f64]) {
    for (to, x) in to.iter_mut().zip(what) {
        *to += x;
    }
}

impl MechanismState for DeclaredState {
    fn initialise(&mut self, membrane: &mut Membrane<'_>) {
        let n = self.scale.len();
        if let Some(initial) = &self.initial {
            let given: [&[f64]; 2] = [&membrane.v[..n], &membrane.calcium[..n]];
            initial.compute(&mut self.room, &given, &[], &mut self.states);
        }
    }

    fn currents(&mut self, membrane: &mut Membrane<'_>) {
        self.compute(membrane.v, membrane.calcium);
        add(membrane.current, &self.values[0]);
        add(membrane.conductance, &self.values[1]);
        if self.channel.carries_calcium {
            add(membrane.calcium_current, &self.values[0]);
        }
    }

    fn advance(&mut self, membrane: &mut Membrane<'_>, dt: f64) {
        if !self.steps.iter().any(|step| step.0 == dt) {
            let Ok(step) = self.channel.step(self.celsius, dt) else { return };
            self.steps.truncate(MOST_STEPS - 1);
            self.steps.insert(0, (dt, step));
        }
        let n = self.scale.len();
        if let Some((_, step)) = self.steps.iter().find(|step| step.0 == dt) {
            let given: [&[f64]; 2] = [&membrane.v[..n], &membrane.calcium[..n]];
            step.update(&mut self.room, &given, &mut self.states);
        }
    }

    fn ions(&self) -> Vec<&str> {
        vec![if self.channel.carries_calcium { "ca" } else { NONSPECIFIC }]
    }

    fn part(&mut self, _: usize, v: &[f64], calcium: &[f64], values: &mut [Vec<f64>; 2]) {
        self.compute(v, calcium);
        for (to, from) in values.iter_mut().zip(&self.values) {
            to.clone_from(from);
        }
    }

    fn variables(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    fn variable(&self, index: usize) -> Option<&[f64]> {
        self.states.get(index).map(Vec::as_slice)
    }

    fn variable_mut(&mut self, index: usize) -> Option<&mut [f64]> {
        self.states.get_mut(index).map(Vec::as_mut_slice)
    }

    fn boxed_clone(&self) -> Box<dyn MechanismState> {
        Box::new(self.clone())
    }
}
