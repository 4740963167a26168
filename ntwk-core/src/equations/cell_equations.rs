//! The equations of a cell with numbers for its parameters.

use super::graph::{Graph, Id, Node};
use super::method::{Chosen, Rates, Unfit, choose, has_noise};
use super::system::{Refractory, System, TimeTable};
use crate::kernel::{Column, StateVariable};
use crate::spec::interned::interned;
use crate::spec::units::Unit;
use crate::spec::{KindMethod, Method};

/// The equations of a cell with numbers for its parameters.
#[derive(Debug, Clone)]
pub(crate) struct CellEquations {
    pub(crate) graph: Graph,
    pub(crate) rates: Rates,
    pub(crate) resets: Vec<Option<Id>>,
    pub(crate) held: Vec<bool>,
    pub(crate) spike: Option<Id>,
    pub(crate) refractory: Refractory,
    pub(crate) tables: Vec<TimeTable>,
    /// Units of the variables.
    pub(crate) units: Vec<Unit>,
    pub(crate) variables: Vec<StateVariable>,
    /// Values of the variables at the start.
    pub(crate) initial: Vec<f64>,
    /// The same as written, reading other variables.
    written_initial: Vec<Option<Id>>,
    /// What is defined: name and unit (base units), and the value.
    pub(crate) definitions: Vec<StateVariable>,
    pub(crate) defined: Vec<Id>,
    /// Constants of the membrane that are named.
    pub(crate) named: Vec<(String, f64)>,
    method: Option<KindMethod>,
}

/// Why numbers do not make a cell: the parameter or key to blame, and a sentence.
pub(crate) type Broken = (String, String);

impl CellEquations {
    /// Those of a kind with these values of its parameters, in base units of equations.
    ///
    /// # Errors
    /// What does not go together.
    pub(crate) fn new(
        system: &System,
        method: Option<KindMethod>,
        values: &[f64],
    ) -> Result<Self, Broken> {
        let mut wanted: Vec<Id> = Vec::new();
        let optional = |id: Option<Id>, wanted: &mut Vec<Id>| {
            id.map(|id| {
                wanted.push(id);
                wanted.len() - 1
            })
        };
        let rates: Vec<Option<usize>> =
            system.variables.iter().map(|v| optional(v.derivative, &mut wanted)).collect();
        let resets: Vec<Option<usize>> =
            system.variables.iter().map(|v| optional(v.reset, &mut wanted)).collect();
        let initial: Vec<Option<usize>> =
            system.variables.iter().map(|v| optional(Some(v.initial), &mut wanted)).collect();
        let written: Vec<Option<usize>> =
            system.variables.iter().map(|v| optional(v.written, &mut wanted)).collect();
        let spike = optional(system.spike, &mut wanted);
        let waiting = match system.refractory {
            Refractory::Never => None,
            Refractory::Time(id) | Refractory::Until(id) => optional(Some(id), &mut wanted),
        };
        let named: Vec<Option<usize>> =
            system.theory.iter().map(|t| optional(Some(t.1), &mut wanted)).collect();
        let defined: Vec<Option<usize>> =
            system.definitions.iter().map(|d| optional(Some(d.1), &mut wanted)).collect();
        let mut graph = Graph::default();
        let ids = graph.copy_from(&system.graph, &wanted, |graph, node| match node {
            Node::Parameter(i) => Some(graph.number(values[i as usize])),
            _ => None,
        });
        let at = |place: &Option<usize>| place.map(|place| ids[place]);
        let rates: Rates = rates.iter().map(at).collect();
        let numbers = |place: &Option<usize>| at(place).and_then(|id| graph.number_of(id));
        let initial: Vec<f64> =
            initial.iter().map(|place| numbers(place).unwrap_or(f64::NAN)).collect();
        if let Some(i) = initial.iter().position(|x| !x.is_finite()) {
            let name = &system.variables[i].name;
            return Err((
                format!("init.{name}"),
                format!("is {}, no number that a variable can start from", initial[i]),
            ));
        }
        let every: Vec<Id> = rates.iter().flatten().copied().collect();
        let broken = |id: &Id| match graph.node(*id) {
            Node::Divide(_, below) => graph.is(below, 0.0),
            _ => graph.number_of(*id).is_some_and(|x| !x.is_finite()),
        };
        if graph.in_order(&every).iter().any(broken) {
            let rule =
                "have a quotient by 0, or a number that is none, with these values".to_owned();
            return Err(("equations".to_owned(), rule));
        }
        let refractory = match (system.refractory, at(&waiting)) {
            (Refractory::Time(_), Some(id)) => Refractory::Time(id),
            (Refractory::Until(_), Some(id)) => Refractory::Until(id),
            _ => Refractory::Never,
        };
        if let Refractory::Time(id) = refractory
            && graph.number_of(id).is_some_and(|time| !(0.0..1e9).contains(&time))
        {
            return Err(("spike.refractory".to_owned(), "must be a time >= 0 ms".to_owned()));
        }
        let named = system.theory.iter().zip(&named);
        let named =
            named.filter_map(|((name, _), place)| Some((name.clone(), numbers(place)?))).collect();
        let variables = system.variables.iter().enumerate().map(|(i, variable)| StateVariable {
            name: if i == 0 { "V_m" } else { interned(&variable.name) },
            dimension: variable.unit.dimension(),
        });
        let equations = Self {
            rates,
            resets: resets.iter().map(at).collect(),
            held: system.variables.iter().map(|v| v.held).collect(),
            spike: at(&spike),
            refractory,
            tables: system.tables.clone(),
            units: system.variables.iter().map(|v| v.unit).collect(),
            variables: variables.collect(),
            method,
            initial,
            definitions: system
                .definitions
                .iter()
                .map(|(name, _, unit)| StateVariable {
                    name: interned(name),
                    dimension: unit.dimension(),
                })
                .collect(),
            defined: defined.iter().filter_map(at).collect(),
            written_initial: written.iter().map(at).collect(),
            named,
            graph,
        };
        for simulation in [Method::Euler, Method::Heun] {
            equations.chosen(simulation).map_err(|Unfit { variable, why }| {
                let rule = format!("d{}/dt {why}", system.variables[variable].name);
                ("method".to_owned(), rule)
            })?;
        }
        Ok(equations)
    }

    /// The method of its steps.
    ///
    /// # Errors
    /// [`Unfit`] where the method does not fit the equations.
    pub(crate) fn chosen(&self, simulation: Method) -> Result<Chosen, Unfit> {
        let method = self.method.unwrap_or(match simulation {
            Method::Euler => KindMethod::Euler,
            // Noise has no second order.
            Method::Heun if has_noise(&self.graph, &self.rates) => KindMethod::Euler,
            Method::Heun => KindMethod::Heun,
        });
        choose(&self.graph, &self.rates, method)
    }

    /// Initial values that follow those of `given` variables, in the columns of a population.
    pub(crate) fn follow_initial(&self, columns: &mut [Column], given: &[usize]) {
        let reads = |id: Id| {
            self.graph.mentions(
                id,
                |node| matches!(node, Node::Variable(v) if given.contains(&(v as usize))),
            )
        };
        let n = self.rates.len();
        let free = |i: usize| self.written_initial[i].filter(|_| !given.contains(&i));
        if !(0..n).any(|i| free(i).is_some_and(reads)) {
            return;
        }
        let followers: Vec<(usize, Id)> = (0..n).filter_map(|i| Some((i, free(i)?))).collect();
        let ids: Vec<Id> = followers.iter().map(|f| f.1).collect();
        for neuron in 0..columns[0].len() {
            // As often as the longest chain of variables that follow each other.
            for _ in 0..n {
                let values = self.graph.evaluate(&ids, |node| match node {
                    Node::Variable(v) => columns[v as usize][neuron],
                    _ => 0.0,
                });
                let mut changed = false;
                for ((i, _), value) in followers.iter().zip(values) {
                    changed |= columns[*i][neuron].to_bits() != value.to_bits();
                    columns[*i][neuron] = value;
                }
                if !changed {
                    break;
                }
            }
        }
    }

    /// Whether the method is chosen from the equations.
    pub(crate) fn is_automatic(&self) -> bool {
        self.method == Some(KindMethod::Auto)
    }

    /// How fast each variable follows its own equation (1/ms) in some states: at the start, and there after a spike.
    pub(crate) fn fastest(&self) -> Vec<(usize, f64)> {
        let mut graph = self.graph.clone();
        let value = |graph: &Graph, id: Id, state: &[f64]| {
            graph.evaluate(&[id], |node| match node {
                Node::Variable(v) => state.get(v as usize).copied().unwrap_or(0.0),
                _ => 0.0,
            })[0]
        };
        let mut after = self.initial.clone();
        for (x, reset) in after.iter_mut().zip(&self.resets) {
            if let Some(reset) = *reset {
                *x = value(&graph, reset, &self.initial);
            }
        }
        let mut found = Vec::new();
        for (i, rate) in self.rates.iter().enumerate() {
            let Some(rate) = *rate else { continue };
            let slope = graph.derivatives(&[rate], Node::Variable(i as u32))[0];
            let speeds = [&self.initial, &after].map(|state| value(&graph, slope, state).abs());
            found.push((i, speeds[0].max(speeds[1])));
        }
        found
    }

    /// Whether what synapses and currents bring is in the equations.
    pub(crate) fn takes_input(&self) -> bool {
        self.rates
            .iter()
            .flatten()
            .any(|&rate| self.graph.mentions(rate, |node| node == Node::Drive))
    }

    /// What is likely to be forgotten in the description.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.written_initial[0].is_none()
            && self.initial[0] == 0.0
            && self.units[0].measures_as(Unit::MV)
        {
            remarks.push("the potential starts at 0 mV, as init gives no value".to_owned());
        }
        if self.spike.is_some()
            && self.resets.iter().all(Option::is_none)
            && self.refractory == Refractory::Never
        {
            remarks.push(
                "a spike changes nothing, so that there is one in every step in which its condition holds: give then, \
                 refractory or until"
                    .to_owned(),
            );
        }
        remarks
    }

    /// Whether its steps need random numbers.
    pub(crate) fn is_random(&self) -> bool {
        let random = |node: Node| matches!(node, Node::Normal(_) | Node::Uniform(_));
        has_noise(&self.graph, &self.rates)
            || self.spike.is_some_and(|id| self.graph.mentions(id, random))
    }

    /// The potential of a condition `V > potential`; infinite for others.
    pub(crate) fn potential_of_spike(&self) -> f64 {
        let Some(condition) = self.spike else { return f64::INFINITY };
        // At which potential the condition becomes true, with all else as it is at the start.
        let holds = |v: f64| {
            self.graph.evaluate(&[condition], |node| match node {
                Node::Variable(0) => v,
                Node::Variable(i) => self.initial.get(i as usize).copied().unwrap_or(0.0),
                _ => 0.0,
            })[0]
                != 0.0
        };
        let (mut low, mut high) = (-200.0, 200.0);
        if holds(low) || !holds(high) {
            return f64::INFINITY;
        }
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if holds(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        // Thresholds are round numbers.
        let round = (low * 1e9).round() / 1e9;
        if (round - low).abs() < 1e-9 { round } else { low }
    }
}
