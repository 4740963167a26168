//! A cell by its equations.

use std::sync::Arc;

use super::cell_equations::{Broken, CellEquations};
use super::graph::Node;
use super::membrane::{Found, membrane_of};
use super::stepper::EquationStepper;
use super::system::{Refractory, System};
use crate::kernel::{CellModel, CellStepper, Column, EventEffect, Membrane, StateVariable};
use crate::spec::key::Words;
use crate::spec::{KindMethod, Method};

/// A cell by its equations.
#[derive(Debug)]
pub(crate) struct EquationCell {
    equations: CellEquations,
    membrane: Membrane,
    beyond: Option<&'static str>,
    threshold: f64,
}

impl EquationCell {
    /// The cell of a kind with these values of its parameters, in the units of the kind; `can_adapt`: whether it has parameters
    /// `a` and `b` that take its adaptation away; `start`: values at which the first variables start, in place of those of the
    /// kind.
    ///
    /// # Errors
    /// What does not go together.
    pub(crate) fn new(
        system: &System,
        method: Option<KindMethod>,
        values: &[f64],
        can_adapt: bool,
        start: &[f64],
    ) -> Result<Self, Broken> {
        let mut equations = CellEquations::new(system, method, values)?;
        let moved = start.len().min(equations.initial.len());
        equations.initial[..moved].copy_from_slice(&start[..moved]);
        for simulation in [Method::Euler, Method::Heun] {
            if EquationStepper::new(&equations, 0.1, simulation).is_err() {
                let rule =
                    "are too long for one step: fewer variables, or method = \"euler\"".to_owned();
                return Err(("equations".to_owned(), rule));
            }
        }
        let threshold = equations.potential_of_spike();
        let Found { membrane, beyond } = membrane_of(&equations, threshold, can_adapt);
        Ok(Self { equations, membrane, beyond, threshold })
    }
}

impl CellModel for EquationCell {
    fn membrane(&self) -> Membrane {
        self.membrane
    }

    fn variables(&self) -> &[StateVariable] {
        &self.equations.variables
    }

    fn rest(&self) -> Vec<f64> {
        let mut columns = self.equations.initial.clone();
        // Time of the last spike, or whether the cell waits for the end of its refractory period.
        match self.equations.refractory {
            Refractory::Time(id) if self.equations.graph.number_of(id).is_none() => {
                columns.push(-1e15);
            }
            Refractory::Until(_) => columns.push(0.0),
            _ => {}
        }
        columns
    }

    fn definitions(&self) -> &[StateVariable] {
        &self.equations.definitions
    }

    fn remarks(&self, dt: f64, simulation: Method) -> Vec<String> {
        let Ok(chosen) = self.equations.chosen(simulation) else { return Vec::new() };
        let name = |i: usize| if i == 0 { "V" } else { self.equations.variables[i].name };
        let mut remarks = self.equations.remarks();
        if self.equations.is_automatic() {
            remarks.push(format!("method \"auto\" is {}", chosen.method.word()));
        }
        if !chosen.frozen.is_empty() {
            let names: Vec<&str> = chosen.frozen.iter().map(|&i| name(i)).collect();
            remarks.push(format!(
                "exponential_euler holds what is not linear in its own variable for a step, in the equations of {}",
                names.join(", ")
            ));
        }
        // Beyond these, a step is longer than what it follows, or its errors grow.
        let limit = match chosen.method {
            KindMethod::Euler => 1.0,
            KindMethod::Midpoint | KindMethod::Heun => 2.0,
            KindMethod::Rk4 => 2.78,
            _ => return remarks,
        };
        for (i, speed) in self.equations.fastest() {
            if dt * speed > limit {
                remarks.push(format!(
                    "{} follows its equation within {:.3} ms at the start or after a spike: a step of {dt} ms of {} is too \
                     long; take a shorter one, or exponential_euler",
                    name(i),
                    1.0 / speed,
                    chosen.method.word()
                ));
            }
        }
        remarks
    }

    fn follow_initial(&self, columns: &mut [Column], given: &[usize]) {
        self.equations.follow_initial(columns, given);
    }

    fn takes_input(&self) -> bool {
        self.equations.takes_input()
    }

    fn event_effect(&self, variable: usize) -> EventEffect {
        let equations = &self.equations;
        let own = |node| node == Node::Variable(variable as u32);
        let set = equations.resets[variable].is_some_and(|id| !equations.graph.mentions(id, own));
        EventEffect { held: equations.held[variable], set_by_reset: set }
    }

    fn has_equation(&self, variable: usize) -> bool {
        self.equations.rates[variable].is_some()
    }

    fn refuses_events(&self, variable: usize) -> Option<&'static str> {
        let by_time = matches!(self.equations.refractory, Refractory::Time(id)
            if self.equations.graph.number_of(id).is_none());
        (self.equations.held[variable] && by_time).then_some(
            "it stands still for a refractory period that changes in time, and events on such a variable are not supported",
        )
    }

    fn spike_threshold(&self) -> f64 {
        self.threshold
    }

    fn beyond_theory(&self) -> Option<&str> {
        self.beyond
    }

    fn method(&self, simulation: Method) -> Method {
        match self.equations.chosen(simulation).map(|chosen| chosen.method) {
            Ok(KindMethod::Euler) => Method::Euler,
            Ok(_) => Method::Heun,
            Err(_) => simulation,
        }
    }

    fn is_random(&self) -> bool {
        self.equations.is_random()
    }

    fn lower(&self, dt: f64, method: Method) -> Arc<dyn CellStepper> {
        Arc::new(EquationStepper::new(&self.equations, dt, method).unwrap_or_default())
    }
}
