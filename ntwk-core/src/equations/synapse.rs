//! Synapses by equations: what an event does after the time since the last one.

use pulp::Arch;

use super::cell_equations::CellEquations;
use super::function::Function;
use super::graph::{Graph, Id, Node};
use super::interpreter::{Program, no_registers, run};
use super::op::{Op, Register};
use super::parameters::default_values;
use super::program::{Compiler, Layout, Target};
use super::syntax::{SENT, StatementKind, statements};
use super::system::system;
use super::text::KindFault;
use crate::kernel::BLOCK;
use crate::spec::fault::FaultKind;
use crate::spec::units::{Dimension, Unit};
use crate::spec::{KindSpec, SpikeSpec, SynapseSpec};

/// A synapse by its equations: its variables, and what events do.
#[derive(Debug, Clone)]
pub(crate) struct SynapseEquations {
    /// Name and dimension of each variable.
    pub variables: Vec<(String, Dimension)>,
    /// Their values at the start.
    pub initial: Vec<f64>,
    pub on_pre: SynapticEventProgram,
    pub on_post: Option<SynapticEventProgram>,
}

impl SynapseEquations {
    /// # Errors
    /// All faults, with the keys below the table of the synapse.
    pub(crate) fn new(spec: &SynapseSpec) -> Result<Self, Vec<KindFault>> {
        let (pre, start) = program(spec, &spec.on_pre, "on_pre")?;
        let post = match &spec.on_post {
            None => None,
            Some(text) => Some(program(spec, text, "on_post")?.0),
        };
        let variables =
            spec.variables.0.iter().map(|(name, unit)| {
                (name.clone(), Unit::parse(unit).unwrap_or_default().dimension())
            });
        Ok(Self { variables: variables.collect(), initial: start, on_pre: pre, on_post: post })
    }
}

/// What an event does to synapses: their variables first follow their equations for the time since the last event.
#[derive(Debug, Clone)]
pub(crate) struct SynapticEventProgram {
    arch: Arch,
    ops: Vec<Op>,
    numbers: Vec<f64>,
    variables: usize,
    /// Registers besides those of the variables: what is sent, the elapsed time, and temporary ones.
    temporaries: usize,
    /// Whether something is sent.
    pub sends: bool,
}

/// The program of a pathway, and the values of the variables at the start.
fn program(
    spec: &SynapseSpec,
    then: &str,
    key: &'static str,
) -> Result<(SynapticEventProgram, Vec<f64>), Vec<KindFault>> {
    let renamed = |(at, line, kind): KindFault| {
        (if at == "spike.then" { key.to_owned() } else { at }, line, kind)
    };
    let kind = as_kind(spec, then);
    let system =
        system(&kind, &[]).map_err(|faults| faults.into_iter().map(renamed).collect::<Vec<_>>())?;
    let values = default_values(&kind)?;
    let cell = CellEquations::new(&system, None, &values)
        .map_err(|(at, rule)| vec![renamed((at, None, FaultKind::Combination { rule }))])?;
    let n = spec.variables.0.len();
    let mut graph = cell.graph.clone();
    let fault =
        |at: &str, rule: String| vec![(at.to_owned(), None, FaultKind::Combination { rule })];
    // The elapsed time takes the place of the synaptic input of a cell, the registers of which a program has anyway.
    let elapsed = graph.plain(Node::Drive);
    let mut now: Vec<Id> = Vec::new();
    for (i, (name, _)) in spec.variables.0.iter().enumerate() {
        let x = graph.plain(Node::Variable(i as u32));
        let Some(rate) = cell.rates[i] else {
            now.push(x);
            continue;
        };
        let solved = solution(&mut graph, rate, i, elapsed);
        let Some(solved) = solved else {
            let rule = format!(
                "d{name}/dt must be linear in {name} with constant coefficients: it is solved from event to event"
            );
            return Err(fault("equations", rule));
        };
        now.push(solved);
    }
    now.push(graph.number(0.0));
    let mut after = now.clone();
    for (i, reset) in cell.resets.iter().enumerate() {
        let Some(reset) = *reset else { continue };
        let copy = graph.clone();
        after[i] = graph.copy_from(&copy, &[reset], |_, node| match node {
            Node::Variable(v) => now.get(v as usize).copied(),
            _ => None,
        })[0];
    }
    let unknown = |node: Node| {
        matches!(node, Node::Time | Node::TimeStep | Node::Normal(_) | Node::Uniform(_))
    };
    if after.iter().any(|&id| graph.mentions(id, unknown)) {
        return Err(fault(
            key,
            "reads t, dt or a random number, which events of synapses do not have".to_owned(),
        ));
    }
    let layout = Layout { fixed: n + 5, input: (n + 1) as Register, random: 0 };
    let too_large = |_| fault("variables", "and equations are too many for one event".to_owned());
    let mut compiler = Compiler::new(&graph, layout, Vec::new());
    let targets: Vec<(Id, Target)> = after
        .iter()
        .enumerate()
        .map(|(i, &id)| (id, Target { x: i as Register, active: None }))
        .collect();
    let mut phase = compiler.phase(&targets, false).map_err(too_large)?;
    let numbers = compiler.finish(&mut [&mut phase]).map_err(too_large)?;
    let temporaries = compiler.temporaries;
    let program = SynapticEventProgram {
        arch: Arch::new(),
        ops: phase.ops,
        numbers,
        variables: n,
        temporaries,
        sends: cell.resets[n].is_some(),
    };
    Ok((program, cell.initial[..n].to_vec()))
}

/// `x` after the time `elapsed` of `dx/dt = A x + B` with numbers A and B.
fn solution(graph: &mut Graph, rate: Id, variable: usize, elapsed: Id) -> Option<Id> {
    let own = Node::Variable(variable as u32);
    let slope = graph.derivatives(&[rate], own)[0];
    let slope = graph.number_of(slope)?;
    let copy = graph.clone();
    let constant =
        graph.copy_from(&copy, &[rate], |graph, node| (node == own).then(|| graph.number(0.0)))[0];
    let constant = graph.number_of(constant)?;
    let x = graph.plain(own);
    if slope == 0.0 {
        let by = graph.number(constant);
        let change = graph.multiply(by, elapsed);
        return Some(graph.add(x, change));
    }
    // x_inf + (x - x_inf) e^(A T)
    let (slope_id, rest) = (graph.number(slope), graph.number(-constant / slope));
    let exponent = graph.multiply(slope_id, elapsed);
    let factor = graph.apply(Function::Exp, exponent);
    let from = graph.subtract(x, rest);
    let left = graph.multiply(from, factor);
    Some(graph.add(rest, left))
}

/// A synapse as a kind of cell whose spike does what an event does.
fn as_kind(spec: &SynapseSpec, then: &str) -> KindSpec {
    let mut variables = spec.variables.clone();
    variables.0.push((SENT.to_owned(), "1".to_owned()));
    let mut equations = spec.equations.clone().unwrap_or_default();
    // The first variable of a cell has an equation.
    let first = variables.0[0].0.clone();
    let (written, _) = statements(&equations);
    if !written.iter().any(|s| s.kind == StatementKind::Derivative && s.name == first) {
        equations += &format!("\nd{first}/dt = 0*{first}/(1 ms)");
    }
    KindSpec {
        spike: Some(SpikeSpec::event(then)),
        init: spec.init.clone(),
        parameters: spec.parameters.clone(),
        ..KindSpec::of(variables, equations)
    }
}

/// Room for the numbers of an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventRoom {
    /// Time since the last event (ms), by synapse of the run; and what is sent, as a multiple of the weight.
    pub elapsed: Vec<f64>,
    pub sent: Vec<f64>,
    temporary: Vec<f64>,
}

impl SynapticEventProgram {
    /// Does the event in runs of synapses, whose variables are `columns`: at most [`BLOCK`] each, with their elapsed times in
    /// `room`, where what is sent is left.
    pub(crate) fn run<'c>(
        &self,
        columns: impl Iterator<Item = &'c mut [f64]>,
        room: &'c mut EventRoom,
    ) {
        let n = room.elapsed.len().min(BLOCK);
        let EventRoom { elapsed, sent, temporary } = room;
        sent.resize(n, 0.0);
        temporary.resize(self.temporaries * n, 0.0);
        let mut registers = no_registers();
        let mut free = registers.iter_mut();
        for column in columns.take(self.variables) {
            if let Some(register) = free.next() {
                *register = column;
            }
        }
        for run in [sent, elapsed] {
            if let Some(register) = free.next() {
                *register = &mut run[..n];
            }
        }
        // Three registers of the input of cells are not read.
        for (register, run) in free.skip(3).zip(temporary.chunks_mut(n.max(1))) {
            *register = run;
        }
        let program = Program { ops: &self.ops, scalars: &self.numbers, tables: &[] };
        run(self.arch, program, &mut registers, n);
    }
}
