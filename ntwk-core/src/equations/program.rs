//! From expressions to a list of operations on registers.
//!
//! A register is a run of numbers, one per neuron: the state variables first, then what synapses bring, then temporary ones.
//! What is the same for all neurons is a scalar: a number, or computed once per step where it depends on time. An operation
//! never writes to a register that it reads, but for those that change a variable in place.

use std::collections::HashMap;

use super::graph::{Graph, Id, Node};
use super::op::{MOST_REGISTERS, MOST_SCALARS, Op, Phase, Register, Scalar, TooLarge};
use super::registers::{Virtual, allocate};

/// Where the leaves of a graph are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Registers before the temporary ones.
    pub fixed: usize,
    /// First of the four of the input: drive and conductance at the start and at the end of the step.
    pub input: Register,
    /// First register of random numbers.
    pub random: Register,
}

/// What is to be done with a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// The register that takes it.
    pub x: Register,
    /// The register that says where it is taken.
    pub active: Option<Register>,
}

/// How often a node has to be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    Number,
    Step,
    Neuron,
}

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Register(usize),
    Scalar(Scalar),
}

/// Builds programs that share their scalars.
pub(crate) struct Compiler<'g> {
    graph: &'g Graph,
    layout: Layout,
    /// Random numbers that the expressions read, in the order of their registers.
    random: Vec<Node>,
    /// Numbers; scalars of a step follow them.
    numbers: Vec<f64>,
    number_of: HashMap<u64, Scalar>,
    /// Expressions that are computed once per step, in the order of their scalars.
    pub per_step: Vec<Id>,
    /// Most temporary registers of a phase.
    pub temporaries: usize,
}

/// Scalars of a step are counted from here until their place is known.
const PER_STEP: Scalar = 0x8000;

impl<'g> Compiler<'g> {
    pub(crate) fn new(graph: &'g Graph, layout: Layout, random: Vec<Node>) -> Self {
        Self {
            graph,
            layout,
            random,
            numbers: Vec::new(),
            number_of: HashMap::new(),
            per_step: Vec::new(),
            temporaries: 0,
        }
    }

    fn tier(&self, tiers: &HashMap<Id, Tier>, id: Id) -> Tier {
        match self.graph.node(id) {
            Node::Number(_) => Tier::Number,
            Node::Time | Node::TimeStep => Tier::Step,
            Node::Variable(_)
            | Node::Parameter(_)
            | Node::Drive
            | Node::Conductance
            | Node::DriveEnd
            | Node::ConductanceEnd
            | Node::Normal(_)
            | Node::Uniform(_) => Tier::Neuron,
            node => {
                node.inputs().into_iter().flatten().map(|i| tiers[&i]).max().unwrap_or(Tier::Number)
            }
        }
    }

    fn number(&mut self, x: f64) -> Scalar {
        let next = self.numbers.len() as Scalar;
        let scalar = *self.number_of.entry(x.to_bits()).or_insert(next);
        if scalar == next {
            self.numbers.push(x);
        }
        scalar
    }

    fn step_scalar(&mut self, id: Id) -> Scalar {
        let place = self.per_step.iter().position(|&other| other == id).unwrap_or_else(|| {
            self.per_step.push(id);
            self.per_step.len() - 1
        });
        PER_STEP + place as Scalar
    }

    /// The numbers, and programs with the places of their scalars.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub(crate) fn finish(&self, phases: &mut [&mut Phase]) -> Result<Vec<f64>, TooLarge> {
        let first = self.numbers.len();
        if first + self.per_step.len() > MOST_SCALARS
            || self.layout.fixed + self.temporaries > MOST_REGISTERS
        {
            return Err(TooLarge);
        }
        let place = |s: &mut Scalar| {
            if *s >= PER_STEP {
                *s = *s - PER_STEP + first as Scalar;
            }
        };
        for op in phases.iter_mut().flat_map(|phase| &mut phase.ops) {
            match op {
                Op::Splat { s, .. }
                | Op::AddScalar { s, .. }
                | Op::SubtractFrom { s, .. }
                | Op::Scale { s, .. }
                | Op::DrivingForce { s, .. }
                | Op::Reciprocal { s, .. }
                | Op::CompareScalar { s, .. } => place(s),
                Op::ScaleAdd { k, .. } | Op::Advance { k, .. } | Op::AdvanceWhere { k, .. } => {
                    place(k);
                }
                Op::ScaledForce { s, k, .. } => {
                    place(s);
                    place(k);
                }
                Op::Line { k, c, .. } | Op::ShiftScale { k, c, .. } => {
                    place(k);
                    place(c);
                }
                _ => {}
            }
        }
        Ok(self.numbers.clone())
    }

    /// The operations that compute `values` from the registers and put them where `targets` say: all are computed before the
    /// first is stored. With `all`, what does not depend on the neuron is computed in registers too.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub(crate) fn phase(&mut self, values: &[(Id, Target)], all: bool) -> Result<Phase, TooLarge> {
        let mut wanted: Vec<Id> = Vec::new();
        let stores: Vec<Stored> =
            values.iter().map(|&(id, target)| self.stored(id, target)).collect();
        for store in &stores {
            wanted.extend(store.inputs());
        }
        let order = self.graph.in_order(&wanted);
        let mut tiers: HashMap<Id, Tier> = HashMap::new();
        let mut uses: HashMap<Id, usize> = HashMap::new();
        for &id in &order {
            let tier = self.tier(&tiers, id);
            tiers.insert(id, if all && tier == Tier::Step { Tier::Neuron } else { tier });
            for input in self.graph.node(id).inputs().into_iter().flatten() {
                *uses.entry(input).or_default() += 1;
            }
        }
        for id in &wanted {
            *uses.entry(*id).or_default() += 1;
        }
        let mut emitter = Emitter {
            compiler: self,
            places: HashMap::new(),
            virtuals: 0,
            ops: Vec::new(),
            splats: HashMap::new(),
        };
        // Products and sums that only the next operation reads become part of it.
        let mut merged: Vec<Id> = Vec::new();
        // Users first: what is part of another takes nothing into itself.
        for &id in order.iter().rev() {
            if tiers[&id] == Tier::Neuron && !merged.contains(&id) {
                merged.extend(emitter.compiler.merges(id, &uses, &tiers));
            }
        }
        for &id in &order {
            if tiers[&id] < Tier::Neuron || merged.contains(&id) {
                continue;
            }
            emitter.emit(id, &tiers);
        }
        for store in &stores {
            emitter.store(store, &tiers);
        }
        let Emitter { ops, .. } = emitter;
        let (phase, temporaries) = allocate(ops, self.layout.fixed)?;
        self.temporaries = self.temporaries.max(temporaries);
        Ok(phase)
    }

    /// Inputs of a node that it computes itself.
    fn merges(&self, id: Id, uses: &HashMap<Id, usize>, tiers: &HashMap<Id, Tier>) -> Vec<Id> {
        let single = |id: Id| uses[&id] == 1 && tiers[&id] == Tier::Neuron;
        let is_product = |id: Id| matches!(self.graph.node(id), Node::Multiply(..)) && single(id);
        let is_product_of_two = |id: Id| match self.graph.node(id) {
            Node::Multiply(x, y) => {
                single(id) && tiers[&x] == Tier::Neuron && tiers[&y] == Tier::Neuron
            }
            _ => false,
        };
        let shift = |id: Id, factor: Id| {
            let scalar = tiers[&factor] < Tier::Neuron;
            match self.graph.node(id) {
                Node::Add(x, c) => {
                    single(id) && scalar && tiers[&c] < Tier::Neuron && tiers[&x] == Tier::Neuron
                }
                Node::Subtract(s, x) => {
                    single(id) && !scalar && tiers[&s] < Tier::Neuron && tiers[&x] == Tier::Neuron
                }
                _ => false,
            }
        };
        match self.graph.node(id) {
            Node::Add(a, _) if is_product(a) => vec![a],
            Node::Add(_, b) if is_product(b) => vec![b],
            Node::Subtract(_, b) if is_product_of_two(b) => vec![b],
            Node::Multiply(a, b) if shift(a, b) => vec![a],
            Node::Multiply(a, b) if shift(b, a) => vec![b],
            _ => Vec::new(),
        }
    }

    /// How a value is put into a register: in place where it is the old one and a product.
    fn stored(&self, id: Id, target: Target) -> Stored {
        let is_old = |id: Id| self.graph.node(id) == Node::Variable(u32::from(target.x));
        if let Node::Add(a, b) = self.graph.node(id) {
            let change = if is_old(a) {
                Some(b)
            } else if is_old(b) {
                Some(a)
            } else {
                None
            };
            if let Some(change) = change
                && let Node::Multiply(f, k) = self.graph.node(change)
            {
                return Stored::Change { target, f, k };
            }
        }
        Stored::Value { target, id }
    }
}

/// A value on its way to a register.
#[derive(Debug, Clone, Copy)]
enum Stored {
    Value { target: Target, id: Id },
    Change { target: Target, f: Id, k: Id },
}

impl Stored {
    fn inputs(&self) -> Vec<Id> {
        match *self {
            Self::Value { id, .. } => vec![id],
            Self::Change { f, k, .. } => vec![f, k],
        }
    }
}

struct Emitter<'c, 'g> {
    compiler: &'c mut Compiler<'g>,
    places: HashMap<Id, Place>,
    virtuals: usize,
    ops: Vec<Virtual>,
    splats: HashMap<Scalar, usize>,
}

impl Emitter<'_, '_> {
    fn fresh(&mut self) -> usize {
        self.virtuals += 1;
        self.compiler.layout.fixed + self.virtuals - 1
    }

    fn place(&mut self, id: Id, tiers: &HashMap<Id, Tier>) -> Place {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let place = match (self.compiler.graph.node(id), tiers[&id]) {
            (Node::Number(bits), _) => Place::Scalar(self.compiler.number(f64::from_bits(bits))),
            (_, Tier::Number | Tier::Step) => Place::Scalar(self.compiler.step_scalar(id)),
            (node, Tier::Neuron) => match self.leaf(node) {
                Some(register) => Place::Register(register),
                None => Place::Register(self.fresh()),
            },
        };
        self.places.insert(id, place);
        place
    }

    fn leaf(&self, node: Node) -> Option<usize> {
        let layout = self.compiler.layout;
        match node {
            Node::Variable(v) => Some(v as usize),
            Node::Drive => Some(usize::from(layout.input)),
            Node::Conductance => Some(usize::from(layout.input) + 1),
            Node::DriveEnd => Some(usize::from(layout.input) + 2),
            Node::ConductanceEnd => Some(usize::from(layout.input) + 3),
            Node::Normal(_) | Node::Uniform(_) => self
                .compiler
                .random
                .iter()
                .position(|&r| r == node)
                .map(|n| usize::from(layout.random) + n),
            // Time in a program for single values.
            Node::Time => Some(usize::from(layout.input)),
            _ => None,
        }
    }

    /// A register with the value, for operations that take no scalar.
    fn register(&mut self, id: Id, tiers: &HashMap<Id, Tier>) -> usize {
        match self.place(id, tiers) {
            Place::Register(r) => r,
            Place::Scalar(s) => {
                if let Some(&r) = self.splats.get(&s) {
                    return r;
                }
                let d = self.fresh();
                self.splats.insert(s, d);
                self.ops.push(Virtual {
                    op: Op::Splat { d: 0, s },
                    writes: Some(d),
                    reads: [None; 3],
                });
                d
            }
        }
    }

    fn push(&mut self, op: Op, d: usize, reads: [Option<usize>; 3]) {
        self.ops.push(Virtual { op, writes: Some(d), reads });
    }

    fn emit(&mut self, id: Id, tiers: &HashMap<Id, Tier>) {
        let node = self.compiler.graph.node(id);
        if self.leaf(node).is_some() {
            return;
        }
        let Place::Register(d) = self.place(id, tiers) else { return };
        let (r0, r1, r2) = (0, 0, 0);
        match node {
            Node::Add(a, b) => self.emit_sum(d, a, b, tiers),
            Node::Subtract(a, b) if tiers[&b] == Tier::Neuron && self.is_merged(b) => {
                self.emit_difference(d, a, b, tiers);
            }
            Node::Subtract(a, b) => match (self.place(a, tiers), self.place(b, tiers)) {
                (Place::Scalar(s), Place::Register(b)) => {
                    self.push(Op::SubtractFrom { d: r0, s, a: r1 }, d, [Some(b), None, None]);
                }
                _ => {
                    let (a, b) = (self.register(a, tiers), self.register(b, tiers));
                    self.push(Op::Subtract { d: r0, a: r1, b: r2 }, d, [Some(a), Some(b), None]);
                }
            },
            Node::Multiply(a, b) => self.emit_product(d, a, b, tiers),
            Node::Divide(a, b) => match (self.place(a, tiers), self.place(b, tiers)) {
                (Place::Scalar(s), Place::Register(b)) => {
                    self.push(Op::Reciprocal { d: r0, s, a: r1 }, d, [Some(b), None, None]);
                }
                _ => self.two(d, a, b, tiers, |d, a, b| Op::Divide { d, a, b }),
            },
            Node::Power(a, b) => self.two(d, a, b, tiers, |d, a, b| Op::Power { d, a, b }),
            Node::Minimum(a, b) => self.two(d, a, b, tiers, |d, a, b| Op::Minimum { d, a, b }),
            Node::Maximum(a, b) => self.two(d, a, b, tiers, |d, a, b| Op::Maximum { d, a, b }),
            Node::FloorDivide(a, b) => {
                self.two(d, a, b, tiers, |d, a, b| Op::FloorDivide { d, a, b });
            }
            Node::Modulo(a, b) => self.two(d, a, b, tiers, |d, a, b| Op::Modulo { d, a, b }),
            Node::Compare(how, a, b) => match (self.place(a, tiers), self.place(b, tiers)) {
                (Place::Register(a), Place::Scalar(s)) => {
                    self.push(Op::CompareScalar { how, d: r0, a: r1, s }, d, [Some(a), None, None]);
                }
                _ => self.two(d, a, b, tiers, |d, a, b| Op::Compare { how, d, a, b }),
            },
            Node::And(a, b) => self.two(d, a, b, tiers, |d, a, b| Op::And { d, a, b }),
            Node::Or(a, b) => self.two(d, a, b, tiers, |d, a, b| Op::Or { d, a, b }),
            Node::Not(a) => {
                let a = self.register(a, tiers);
                self.push(Op::Not { d: r0, a: r1 }, d, [Some(a), None, None]);
            }
            Node::Select(c, a, b) => {
                let reads = [c, a, b].map(|id| Some(self.register(id, tiers)));
                self.push(Op::Select { d: r0, c: r1, a: r2, b: 0 }, d, reads);
            }
            Node::Apply(function, a) => {
                let a = self.register(a, tiers);
                self.push(Op::Apply { function, d: r0, a: r1 }, d, [Some(a), None, None]);
            }
            Node::Table(table, a) => {
                let a = self.register(a, tiers);
                self.push(
                    Op::Table { table: table as u16, d: r0, a: r1 },
                    d,
                    [Some(a), None, None],
                );
            }
            _ => {}
        }
    }

    fn two(
        &mut self,
        d: usize,
        a: Id,
        b: Id,
        tiers: &HashMap<Id, Tier>,
        op: impl Fn(u8, u8, u8) -> Op,
    ) {
        let (a, b) = (self.register(a, tiers), self.register(b, tiers));
        self.push(op(0, 0, 0), d, [Some(a), Some(b), None]);
    }

    /// Whether a node is part of another: it has no place of its own when its user is emitted, as its inputs come before it.
    fn is_merged(&self, id: Id) -> bool {
        let node = self.compiler.graph.node(id);
        !self.places.contains_key(&id)
            && self.leaf(node).is_none()
            && matches!(node, Node::Multiply(..) | Node::Add(..) | Node::Subtract(..))
    }

    fn emit_sum(&mut self, d: usize, a: Id, b: Id, tiers: &HashMap<Id, Tier>) {
        for (product, other) in [(a, b), (b, a)] {
            let Node::Multiply(x, y) = self.compiler.graph.node(product) else { continue };
            if tiers[&product] < Tier::Neuron || !self.is_merged(product) {
                continue;
            }
            let (x, y) = match (self.place(x, tiers), self.place(y, tiers)) {
                (Place::Register(x), y) => (x, y),
                (x, Place::Register(y)) => (y, x),
                (x, _) => (self.register(product, tiers), x),
            };
            match (y, self.place(other, tiers)) {
                (Place::Scalar(k), Place::Scalar(c)) => {
                    self.push(Op::Line { d: 0, a: 0, k, c }, d, [Some(x), None, None]);
                }
                (Place::Scalar(k), Place::Register(e)) => {
                    self.push(Op::ScaleAdd { d: 0, a: 0, k, e: 0 }, d, [Some(x), Some(e), None]);
                }
                (Place::Register(y), _) => {
                    let e = self.register(other, tiers);
                    self.push(
                        Op::MultiplyAdd { d: 0, a: 0, b: 0, e: 0 },
                        d,
                        [Some(x), Some(y), Some(e)],
                    );
                }
            }
            return;
        }
        match (self.place(a, tiers), self.place(b, tiers)) {
            (Place::Register(a), Place::Scalar(s)) | (Place::Scalar(s), Place::Register(a)) => {
                self.push(Op::AddScalar { d: 0, a: 0, s }, d, [Some(a), None, None]);
            }
            _ => self.two(d, a, b, tiers, |d, a, b| Op::Add { d, a, b }),
        }
    }

    /// `a - x y`
    fn emit_difference(&mut self, d: usize, a: Id, product: Id, tiers: &HashMap<Id, Tier>) {
        let Node::Multiply(x, y) = self.compiler.graph.node(product) else { return };
        let reads = [x, y, a].map(|id| Some(self.register(id, tiers)));
        self.push(Op::SubtractProduct { d: 0, a: 0, b: 0, e: 0 }, d, reads);
    }

    fn emit_product(&mut self, d: usize, a: Id, b: Id, tiers: &HashMap<Id, Tier>) {
        for (inner, other) in [(a, b), (b, a)] {
            if tiers[&inner] < Tier::Neuron || !self.is_merged(inner) {
                continue;
            }
            match (self.compiler.graph.node(inner), self.place(other, tiers)) {
                (Node::Add(x, c), Place::Scalar(k)) => {
                    if let (Place::Register(x), Place::Scalar(c)) =
                        (self.place(x, tiers), self.place(c, tiers))
                    {
                        self.push(Op::ShiftScale { d: 0, a: 0, c, k }, d, [Some(x), None, None]);
                        return;
                    }
                }
                (Node::Subtract(s, x), Place::Scalar(k)) => {
                    if let (Place::Scalar(s), Place::Register(x)) =
                        (self.place(s, tiers), self.place(x, tiers))
                    {
                        self.push(Op::ScaledForce { d: 0, s, a: 0, k }, d, [Some(x), None, None]);
                        return;
                    }
                }
                (Node::Subtract(s, x), Place::Register(y)) => {
                    if let (Place::Scalar(s), Place::Register(x)) =
                        (self.place(s, tiers), self.place(x, tiers))
                    {
                        self.push(
                            Op::DrivingForce { d: 0, s, a: 0, b: 0 },
                            d,
                            [Some(x), Some(y), None],
                        );
                        return;
                    }
                }
                _ => {}
            }
        }
        match (self.place(a, tiers), self.place(b, tiers)) {
            (Place::Register(a), Place::Scalar(s)) | (Place::Scalar(s), Place::Register(a)) => {
                self.push(Op::Scale { d: 0, a: 0, s }, d, [Some(a), None, None]);
            }
            _ => self.two(d, a, b, tiers, |d, a, b| Op::Multiply { d, a, b }),
        }
    }

    fn store(&mut self, stored: &Stored, tiers: &HashMap<Id, Tier>) {
        let active = |target: Target| target.active.map(usize::from);
        match *stored {
            Stored::Value { target, id } => {
                let a = self.register(id, tiers);
                let op = match target.active {
                    None => Op::Store { x: target.x, a: 0 },
                    Some(active) => Op::StoreWhere { x: target.x, a: 0, active },
                };
                self.ops.push(Virtual { op, writes: None, reads: [Some(a), active(target), None] });
            }
            Stored::Change { target, f, k } => {
                let (f, k) = match (self.place(f, tiers), self.place(k, tiers)) {
                    (Place::Register(f), k) => (f, k),
                    (f, Place::Register(k)) => (k, f),
                    (_, k) => (self.register(f, tiers), k),
                };
                let (op, reads) = match (k, target.active) {
                    (Place::Scalar(k), None) => {
                        (Op::Advance { x: target.x, a: 0, k }, [Some(f), None, None])
                    }
                    (Place::Scalar(k), Some(active)) => {
                        (Op::AdvanceWhere { x: target.x, a: 0, k, active }, [Some(f), None, None])
                    }
                    (Place::Register(k), None) => {
                        (Op::Approach { x: target.x, a: 0, b: 0 }, [Some(f), Some(k), None])
                    }
                    (Place::Register(k), Some(active)) => (
                        Op::ApproachWhere { x: target.x, a: 0, b: 0, active },
                        [Some(f), Some(k), None],
                    ),
                };
                self.ops.push(Virtual { op, writes: None, reads });
            }
        }
    }
}
