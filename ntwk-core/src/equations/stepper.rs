//! The step of a cell by its equations.

use std::ops::Range;

use pulp::Arch;

use super::cell_equations::CellEquations;
use super::function::{Comparison, Function};
use super::graph::{Graph, Id, Node};
use super::interpreter::{Gate, Marks, Program, no_registers, run, run_once, run_step};
use super::method::{Held, step};
use super::op::{MOST_REGISTERS, Op, Phase, Register, TooLarge};
use super::program::{Compiler, Layout, Target};
use super::system::{Refractory, TimeTable};
use crate::kernel::candidates::each_candidate;
use crate::kernel::{
    BLOCK, CellStepper, Column, NotFinite, POTENTIAL_LIMIT, StepContext, SynapticInput,
};
use crate::spec::Method;
use crate::spec::units::Unit;

/// Constants of a cell for one time step: its programs.
#[derive(Default)]
pub(crate) struct EquationStepper {
    arch: Arch,
    dt: f64,
    /// State variables, and what the cell keeps besides.
    variables: usize,
    columns: usize,
    names: Vec<&'static str>,
    /// The step, and the condition of a spike after it.
    ops: Vec<Op>,
    /// What a spike sets, for one neuron.
    reset: Vec<Op>,
    /// What is defined, each for one neuron: it goes to the register after those of the input.
    definitions: Vec<Vec<Op>>,
    /// What depends on time alone, for one value.
    per_step: Vec<Op>,
    per_step_numbers: Vec<f64>,
    steps: usize,
    numbers: Vec<f64>,
    random: Vec<Node>,
    tables: Vec<TimeTable>,
    registers: usize,
    /// Neurons whose registers are in the first cache together.
    lanes: usize,
    spikes: bool,
    refractory_steps: u32,
    waits: Waits,
    /// Largest size of V that is still sensible.
    limit: f64,
}

/// What a spike leaves in the hidden column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Waits {
    /// There is none.
    #[default]
    Steps,
    /// Its time.
    Time,
    /// That the cell waits.
    Condition,
}

/// Bytes of registers that are used together.
const CACHE: usize = 24 << 10;

impl EquationStepper {
    /// # Errors
    /// [`TooLarge`].
    pub(crate) fn new(cell: &CellEquations, dt: f64, simulation: Method) -> Result<Self, TooLarge> {
        let method = cell.chosen(simulation).map_err(|_| TooLarge)?.method;
        let variables = cell.rates.len();
        let waits = match cell.refractory {
            Refractory::Never => Waits::Steps,
            Refractory::Time(id) if cell.graph.number_of(id).is_some() => Waits::Steps,
            Refractory::Time(_) => Waits::Time,
            Refractory::Until(_) => Waits::Condition,
        };
        let columns = variables + usize::from(waits != Waits::Steps);
        let mut graph = Graph::default();
        let mut wanted: Vec<Id> = cell.rates.iter().flatten().copied().collect();
        let first_reset = wanted.len();
        wanted.extend(cell.resets.iter().flatten());
        let first_definition = wanted.len();
        wanted.extend(&cell.defined);
        let first_rest = wanted.len();
        wanted.extend(cell.spike);
        if let Refractory::Time(id) | Refractory::Until(id) = cell.refractory {
            wanted.push(id);
        }
        let ids = graph.copy_from(&cell.graph, &wanted, |graph, node| match node {
            Node::TimeStep => Some(graph.number(dt)),
            _ => None,
        });
        let mut next_rate = ids[..first_reset].iter().copied();
        let rates = cell.rates.iter().map(|rate| rate.and_then(|_| next_rate.next())).collect();
        let mut next_reset = ids[first_reset..first_definition].iter().copied();
        let resets: Vec<Option<Id>> =
            cell.resets.iter().map(|id| id.and_then(|_| next_reset.next())).collect();
        let mut rest = ids[first_rest..].iter().copied();
        let spike = cell.spike.and_then(|_| rest.next());
        let waiting = rest.next();
        let held = Held {
            active: graph.plain(Node::Variable(columns as u32 + 4)),
            variables: &cell.held,
            limit: spike.and_then(|spike| potential_of(&graph, spike)),
        };
        let after = step(&mut graph, &rates, method, dt, &held);

        let mut random: Vec<Node> = Vec::new();
        let mut read: Vec<Id> = after.iter().flatten().copied().collect();
        read.extend(spike);
        for id in graph.in_order(&read) {
            let node = graph.node(id);
            if matches!(node, Node::Normal(_) | Node::Uniform(_)) {
                random.push(node);
            }
        }
        let input = columns;
        let active = input + 4;
        let first_random = active + 1;
        let fixed = first_random + random.len();
        if fixed > 120 {
            return Err(TooLarge);
        }
        let (active, hidden) = (active as Register, variables as Register);
        let ready = ready(&mut graph, waits, waiting, dt, [active, hidden]);
        let fires = spike.map(|spike| {
            let is_active = graph.plain(Node::Variable(u32::from(active)));
            graph.and(spike, is_active)
        });
        let layout = Layout { fixed, input: input as Register, random: first_random as Register };
        let mut compiler = Compiler::new(&graph, layout, random.clone());
        let everywhere = |x: Register| Target { x, active: None };
        let start: Vec<(Id, Target)> =
            ready.into_iter().map(|(x, id)| (id, everywhere(x))).collect();
        let mut start = compiler.phase(&start, false)?;
        let advance: Vec<(Id, Target)> = after
            .iter()
            .enumerate()
            .filter_map(|(i, id)| {
                Some(((*id)?, Target { x: i as Register, active: cell.held[i].then_some(active) }))
            })
            .collect();
        let mut advance = compiler.phase(&advance, false)?;
        let marks: Vec<(Id, Target)> =
            fires.into_iter().map(|id| (id, everywhere(active))).collect();
        let mut marks = compiler.phase(&marks, false)?;
        let sets: Vec<(Id, Target)> = resets
            .iter()
            .enumerate()
            .filter_map(|(i, id)| Some(((*id)?, everywhere(i as Register))))
            .collect();
        let mut reset = compiler.phase(&sets, false)?;
        let mut definitions = Vec::new();
        for &id in &ids[first_definition..first_rest] {
            definitions.push(compiler.phase(&[(id, everywhere(active))], false)?);
        }
        let mut phases = vec![&mut start, &mut advance, &mut marks, &mut reset];
        phases.extend(&mut definitions);
        let numbers = compiler.finish(&mut phases)?;
        let registers = fixed + compiler.temporaries;
        let per_step = std::mem::take(&mut compiler.per_step);

        // What depends on time alone: time in the first register, one register for each value.
        let layout = Layout { fixed: 1 + per_step.len(), input: 0, random: 0 };
        let mut compiler = Compiler::new(&graph, layout, Vec::new());
        let values: Vec<(Id, Target)> = per_step
            .iter()
            .enumerate()
            .map(|(i, &id)| (id, everywhere(1 + i as Register)))
            .collect();
        let mut once: Phase = compiler.phase(&values, true)?;
        let per_step_numbers = compiler.finish(&mut [&mut once])?;
        let refractory_steps = match cell.refractory {
            Refractory::Time(id) => {
                let time = cell.graph.number_of(id).unwrap_or(0.0);
                (time / dt + 1e-3).trunc().clamp(0.0, f64::from(u32::MAX / 2)) as u32
            }
            _ => 0,
        };
        let lanes = (CACHE / (8 * registers.max(1))).clamp(64, BLOCK) / 8 * 8;
        Ok(Self {
            arch: Arch::new(),
            dt,
            variables,
            columns,
            names: cell.variables.iter().map(|v| v.name).collect(),
            ops: [start.ops, advance.ops, marks.ops].concat(),
            reset: reset.ops,
            definitions: definitions.into_iter().map(|phase| phase.ops).collect(),
            per_step: once.ops,
            per_step_numbers,
            steps: per_step.len(),
            numbers,
            random,
            tables: cell.tables.clone(),
            registers,
            lanes,
            spikes: cell.spike.is_some(),
            refractory_steps: refractory_steps.max(1),
            waits,
            limit: if cell.units[0].measures_as(Unit::MV) {
                POTENTIAL_LIMIT / cell.units[0].factor()
            } else {
                1e12
            },
        })
    }

    /// Puts the scalars of a step at the beginning of `room`: the numbers, then what depends on time.
    fn scalars(&self, step: u32, room: &mut [f64]) {
        let (numbers, of_time) = room.split_at_mut(self.numbers.len());
        numbers.copy_from_slice(&self.numbers);
        if self.steps == 0 {
            return;
        }
        let mut file = [0.0; MOST_REGISTERS];
        file[0] = f64::from(step) * self.dt;
        let (ops, scalars) = (&self.per_step, &self.per_step_numbers);
        run_once(self.arch, Program { ops, scalars, tables: &self.tables }, &mut file);
        of_time[..self.steps].copy_from_slice(&file[1..=self.steps]);
    }
}

/// The potential of a condition `V > potential`, where that does not depend on V.
fn potential_of(graph: &Graph, spike: Id) -> Option<Id> {
    let is_v = |id: Id| graph.node(id) == Node::Variable(0);
    let potential = match graph.node(spike) {
        Node::Compare(Comparison::Greater | Comparison::GreaterOrEqual, v, potential)
            if is_v(v) =>
        {
            potential
        }
        Node::Compare(Comparison::Less | Comparison::LessOrEqual, potential, v) if is_v(v) => {
            potential
        }
        _ => return None,
    };
    (!graph.mentions(potential, |node| node == Node::Variable(0))).then_some(potential)
}

/// What is looked at before a step, as (register, value): whether a cell may move and spike, and whether it still waits.
fn ready(
    graph: &mut Graph,
    waits: Waits,
    waiting: Option<Id>,
    dt: f64,
    [active, hidden]: [Register; 2],
) -> Vec<(Register, Id)> {
    let is_active = graph.plain(Node::Variable(u32::from(active)));
    let kept = graph.plain(Node::Variable(u32::from(hidden)));
    match (waits, waiting) {
        (Waits::Time, Some(time)) => {
            // trunc((t - t_spike)/dt + 1e-3) >= trunc(time/dt + 1e-3)
            let now = graph.plain(Node::Time);
            let since = graph.subtract(now, kept);
            let steps = [since, time].map(|time| {
                let (per_step, guard) = (graph.number(1.0 / dt), graph.number(1e-3));
                let steps = graph.multiply(time, per_step);
                let steps = graph.add(steps, guard);
                graph.apply(Function::Truncate, steps)
            });
            let over = graph.compare(Comparison::GreaterOrEqual, steps[0], steps[1]);
            vec![(active, graph.and(over, is_active))]
        }
        (Waits::Condition, Some(until)) => {
            let still = graph.not(until);
            let waits = graph.and(kept, still);
            let over = graph.not(waits);
            vec![(hidden, waits), (active, graph.and(over, is_active))]
        }
        _ => Vec::new(),
    }
}

impl CellStepper for EquationStepper {
    fn advance(
        &self,
        columns: &mut [Column],
        range: Range<usize>,
        free_from: &mut [u32],
        input: &mut SynapticInput<'_>,
        at: &mut StepContext<'_>,
        spikes: &mut Vec<u32>,
    ) -> Result<(), NotFinite> {
        let (step, n) = (at.step, range.len());
        if columns.len() < self.columns.max(1) || self.registers == 0 {
            return Err(NotFinite { index: 0, variable: "equations", value: f64::NAN });
        }
        let scalars = self.numbers.len() + self.steps;
        let temporaries = self.registers - self.columns - 4;
        let random = self.random.len();
        // What is in it is written before it is read.
        let needed = scalars + random * n + temporaries * self.lanes;
        if at.scratch.len() < needed {
            at.scratch.resize(needed, 0.0);
        }
        self.scalars(step, at.scratch);
        let (scalars, rest) = at.scratch.split_at_mut(scalars);
        let (drawn, rest) = rest.split_at_mut(random * n);
        let temporary = &mut rest[..temporaries * self.lanes];
        for (node, out) in self.random.iter().zip(drawn.chunks_mut(n.max(1))) {
            for noise in at.noise {
                match *node {
                    Node::Normal(kind) => noise.normal(step, 2 * kind, out),
                    Node::Uniform(kind) => noise.uniform(step, 2 * kind + 1, out),
                    _ => {}
                }
            }
        }
        let sums = input.sums_mut();
        let (mut marks, mut fired) = ([0u8; BLOCK], [0u8; BLOCK]);
        let mut first = 0;
        while first < n {
            let lanes = self.lanes.min(n - first);
            let own = range.start + first..range.start + first + lanes;
            let mut registers = no_registers();
            let mut free = registers.iter_mut();
            for column in columns[..self.columns].iter_mut() {
                if let Some(register) = free.next() {
                    *register = &mut column[own.clone()];
                }
            }
            let part = first..first + lanes;
            let inputs = [&mut *sums.drive, &mut *sums.g, &mut *sums.drive_end, &mut *sums.g_end];
            for sum in inputs {
                if let Some(register) = free.next() {
                    *register = &mut sum[part.clone()];
                }
            }
            let mut temporary = temporary.chunks_mut(self.lanes);
            if let (Some(register), Some(active)) = (free.next(), temporary.next()) {
                *register = active;
            }
            for out in drawn.chunks_mut(n) {
                if let Some(register) = free.next() {
                    *register = &mut out[part.clone()];
                }
            }
            for (register, run) in free.zip(temporary) {
                *register = run;
            }
            let program = Program { ops: &self.ops, scalars, tables: &self.tables };
            let gate = Gate { free_from: &free_from[own], step };
            let marks = Marks {
                fired: &mut fired[part.clone()],
                marked: &mut marks[part],
                limit: self.limit,
                spikes: self.spikes,
            };
            let active = (self.columns + 4) as Register;
            run_step(self.arch, program, &mut registers, active, (gate, marks), lanes);
            first += lanes;
        }
        if step % LOOK_EVERY == 0 {
            self.look_at_all(columns, &range)?;
        }
        each_candidate(&marks[..n], |i| {
            let place = range.start + i;
            // A spike may overshoot as far as its step makes it: what it sets is what counts. What is no number any more, or made of
            // an exponential at its limit, would set the same, in silence.
            let v = columns[0][place];
            if fired[i] != 0 && (v.is_nan() || v.abs() > SATURATED) {
                return Err(self.culprit(columns, place, i));
            }
            if fired[i] != 0 {
                self.fire(columns, place, step, scalars);
                free_from[place] = free_from[place].max(step.saturating_add(self.refractory_steps));
            }
            if self.is_beyond(columns[0][place]) {
                return Err(self.culprit(columns, place, i));
            }
            if fired[i] != 0 {
                spikes.push(i as u32);
            }
            Ok(())
        })
    }

    fn is_refractory(&self, columns: &[Column], neuron: usize, free_from: u32, step: u32) -> bool {
        let waits = self.waits == Waits::Condition && columns[self.variables][neuron] != 0.0;
        waits || free_from > step
    }

    fn definition(
        &self,
        index: usize,
        columns: &[Column],
        neuron: usize,
        drive: f64,
        g: f64,
        step: u32,
    ) -> f64 {
        let mut scalars = vec![0.0; self.numbers.len() + self.steps];
        self.scalars(step, &mut scalars);
        let mut file = [0.0; MOST_REGISTERS];
        for (value, column) in file.iter_mut().zip(&columns[..self.columns]) {
            *value = column[neuron];
        }
        let input = self.columns;
        file[input..input + 4].copy_from_slice(&[drive, g, drive, g]);
        let Some(ops) = self.definitions.get(index) else { return f64::NAN };
        run_once(self.arch, Program { ops, scalars: &scalars, tables: &self.tables }, &mut file);
        file[input + 4]
    }
}

/// A potential (in whatever unit) that no spike overshoots to: only exponentials at the limit of numbers are beyond it.
const SATURATED: f64 = 1e200;

/// Steps between two looks at the variables besides V, of which one that is no number may never reach V.
const LOOK_EVERY: u32 = 64;

impl EquationStepper {
    /// Whether a potential is no number, or beyond all sense.
    #[inline(always)]
    fn is_beyond(&self, v: f64) -> bool {
        v.is_nan() | (v.abs() > self.limit)
    }

    fn look_at_all(&self, columns: &[Column], range: &Range<usize>) -> Result<(), NotFinite> {
        for (k, column) in columns[..self.variables].iter().enumerate().skip(1) {
            if let Some(i) = column[range.clone()].iter().position(|x| !x.is_finite()) {
                let value = column[range.start + i];
                return Err(NotFinite { index: i, variable: self.names[k], value });
            }
        }
        Ok(())
    }

    /// The variable to name: one that is no number poisons V one step later.
    fn culprit(&self, columns: &[Column], place: usize, index: usize) -> NotFinite {
        let broken = (1..self.variables).find(|&k| !columns[k][place].is_finite());
        let k = broken.unwrap_or(0);
        NotFinite { index, variable: self.names[k], value: columns[k][place] }
    }

    /// What an event sets in one neuron: what a spike of it would.
    pub(crate) fn event(
        &self,
        columns: &mut [Column],
        place: usize,
        step: u32,
        scratch: &mut Vec<f64>,
    ) {
        let scalars = self.numbers.len() + self.steps;
        if scratch.len() < scalars {
            scratch.resize(scalars, 0.0);
        }
        self.scalars(step, scratch);
        self.fire(columns, place, step, &scratch[..scalars]);
    }

    /// What a spike sets in one neuron.
    #[inline(never)]
    fn fire(&self, columns: &mut [Column], place: usize, step: u32, scalars: &[f64]) {
        if !self.reset.is_empty() {
            let mut registers = no_registers();
            let mut free = registers.iter_mut();
            for column in columns[..self.columns].iter_mut() {
                if let Some(register) = free.next() {
                    *register = &mut column[place..place + 1];
                }
            }
            // Input and random numbers are not read by resets: their registers have room that is not used.
            let mut spare = [[0.0; 1]; MOST_REGISTERS];
            for (register, room) in free.zip(spare.iter_mut()) {
                *register = room;
            }
            let program = Program { ops: &self.reset, scalars, tables: &self.tables };
            run(self.arch, program, &mut registers, 1);
        }
        match self.waits {
            Waits::Steps => {}
            Waits::Time => columns[self.variables][place] = f64::from(step) * self.dt,
            Waits::Condition => columns[self.variables][place] = 1.0,
        }
    }
}
