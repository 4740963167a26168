//! Expressions as a graph: what is written twice is there once.
//!
//! Nodes are made by the methods of [`Graph`], which fold what is constant, so that a graph with numbers for its parameters is
//! as small as it can be. A quotient by a number is a product with its reciprocal, a difference with a number a sum with its
//! negative, a whole power repeated multiplication: always, so that bits do not depend on how a formula was reached.

use std::collections::HashMap;

use super::function::{Comparison, Function};

/// A node of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A number, by its bits.
    Number(u64),
    /// State variable by its column.
    Variable(u32),
    /// Parameter by its place in the table of the kind.
    Parameter(u32),
    /// Time at the start of the step (ms).
    Time,
    /// The time step (ms).
    TimeStep,
    /// Synaptic and injected input: the current is `Drive - Conductance V` (pA, nS).
    Drive,
    Conductance,
    /// The same at the end of the step, without its events.
    DriveEnd,
    ConductanceEnd,
    /// A normal variate per neuron and step, by its number.
    Normal(u32),
    /// A uniform variate in [0, 1) per neuron and step, by its number.
    Uniform(u32),
    Add(Id, Id),
    /// First minus second.
    Subtract(Id, Id),
    Multiply(Id, Id),
    Divide(Id, Id),
    Power(Id, Id),
    Minimum(Id, Id),
    Maximum(Id, Id),
    /// Quotient rounded down, and what remains.
    FloorDivide(Id, Id),
    Modulo(Id, Id),
    Compare(Comparison, Id, Id),
    And(Id, Id),
    Or(Id, Id),
    Not(Id),
    /// Second where the first is true, else third.
    Select(Id, Id, Id),
    Apply(Function, Id),
    /// Table by its number, at a time.
    Table(u32, Id),
}

impl Node {
    /// The nodes it is made of.
    pub(crate) fn inputs(self) -> [Option<Id>; 3] {
        match self {
            Self::Add(a, b)
            | Self::Subtract(a, b)
            | Self::Multiply(a, b)
            | Self::Divide(a, b)
            | Self::Power(a, b)
            | Self::Minimum(a, b)
            | Self::Maximum(a, b)
            | Self::FloorDivide(a, b)
            | Self::Modulo(a, b)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b) => [Some(a), Some(b), None],
            Self::Select(c, a, b) => [Some(c), Some(a), Some(b)],
            Self::Not(a) | Self::Apply(_, a) | Self::Table(_, a) => [Some(a), None, None],
            _ => [None; 3],
        }
    }
}

/// Expressions that share what they have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
}

/// Whole powers up to this are products.
const LARGEST_PRODUCT: f64 = 16.0;

impl Graph {
    pub(crate) fn node(&self, id: Id) -> Node {
        self.nodes[id.0 as usize]
    }

    /// The number that a node is.
    pub(crate) fn number_of(&self, id: Id) -> Option<f64> {
        if let Node::Number(bits) = self.node(id) { Some(f64::from_bits(bits)) } else { None }
    }

    /// A node as it stands, without folding.
    pub(crate) fn plain(&mut self, node: Node) -> Id {
        let next = Id(self.nodes.len() as u32);
        *self.known.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            next
        })
    }

    pub(crate) fn number(&mut self, x: f64) -> Id {
        // One zero and one NaN, so that equal numbers are one node.
        let x = if x == 0.0 { 0.0 } else { x };
        self.plain(Node::Number(x.to_bits()))
    }

    fn both(&self, a: Id, b: Id) -> Option<(f64, f64)> {
        Some((self.number_of(a)?, self.number_of(b)?))
    }

    pub(crate) fn is(&self, id: Id, x: f64) -> bool {
        self.number_of(id) == Some(x)
    }

    pub(crate) fn add(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), Some(y)) => self.number(x + y),
            (Some(0.0), _) => b,
            (_, Some(0.0)) => a,
            // Numbers stand on the right.
            (Some(_), None) => self.plain(Node::Add(b, a)),
            _ => self.plain(Node::Add(a, b)),
        }
    }

    pub(crate) fn subtract(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), Some(y)) => self.number(x - y),
            (_, Some(0.0)) => a,
            (_, Some(y)) => {
                let negative = self.number(-y);
                self.plain(Node::Add(a, negative))
            }
            (Some(0.0), _) => self.negative(b),
            _ if a == b => self.number(0.0),
            _ => self.plain(Node::Subtract(a, b)),
        }
    }

    pub(crate) fn negative(&mut self, a: Id) -> Id {
        match self.node(a) {
            Node::Subtract(x, y) => self.subtract(y, x),
            _ => {
                let minus = self.number(-1.0);
                self.multiply(a, minus)
            }
        }
    }

    pub(crate) fn multiply(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), Some(y)) => self.number(x * y),
            (Some(0.0), _) => a,
            (_, Some(0.0)) => b,
            (Some(1.0), _) => b,
            (_, Some(1.0)) => a,
            (Some(x), None) => self.scaled(b, x, a),
            (None, Some(y)) => self.scaled(a, y, b),
            _ => self.plain(Node::Multiply(a, b)),
        }
    }

    /// `a x`, where `number` is the node of x.
    fn scaled(&mut self, a: Id, x: f64, number: Id) -> Id {
        if let Node::Multiply(inner, factor) = self.node(a)
            && let Some(y) = self.number_of(factor)
        {
            let product = self.number(x * y);
            return self.multiply(inner, product);
        }
        self.plain(Node::Multiply(a, number))
    }

    pub(crate) fn divide(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), Some(y)) => self.number(x / y),
            (Some(0.0), _) => a,
            (_, Some(y)) if y != 0.0 => {
                let reciprocal = self.number(1.0 / y);
                self.multiply(a, reciprocal)
            }
            _ => {
                if let (Some(_), Node::Divide(u, v)) = (self.number_of(a), self.node(b)) {
                    // x/(u/v) = x v/u
                    let product = self.multiply(v, a);
                    return self.divide(product, u);
                }
                match self.linoid_of(a, b) {
                    Some(id) => id,
                    None => self.plain(Node::Divide(a, b)),
                }
            }
        }
    }

    /// `u / (e^w - 1)` with u proportional to w has no value at w = 0: `(u/w) linoid(w)` has.
    fn linoid_of(&mut self, numerator: Id, denominator: Id) -> Option<Id> {
        let (exponent, factor) = self.exponential_minus_one(denominator)?;
        let ((x, a0, a1), (y, b0, b1)) = (self.line(numerator)?, self.line(exponent)?);
        let scale = (a0 * b1).abs().max((a1 * b0).abs()).max(f64::MIN_POSITIVE);
        if x != y || (a0 * b1 - a1 * b0).abs() > 1e-12 * scale {
            return None;
        }
        let (linoid, gain) =
            (self.apply(Function::Linoid, exponent), self.number(a1 / b1 / factor));
        Some(self.multiply(linoid, gain))
    }

    /// (w, k) of `k (e^w - 1)`.
    fn exponential_minus_one(&self, id: Id) -> Option<(Id, f64)> {
        let exponent = |id: Id| match self.node(id) {
            Node::Apply(Function::Exp, w) => Some(w),
            _ => None,
        };
        match self.node(id) {
            Node::Apply(Function::Expm1, w) => Some((w, 1.0)),
            Node::Add(e, minus) if self.is(minus, -1.0) => Some((exponent(e)?, 1.0)),
            Node::Subtract(one, e) if self.is(one, 1.0) => Some((exponent(e)?, -1.0)),
            Node::Multiply(inner, k) => {
                let (w, factor) = self.exponential_minus_one(inner)?;
                Some((w, factor * self.number_of(k)?))
            }
            _ => None,
        }
    }

    /// `a0 + a1 x` with numbers a0 and a1 != 0, as (node of x, a0, a1).
    fn line(&self, id: Id) -> Option<(Id, f64, f64)> {
        match self.node(id) {
            Node::Number(_) => None,
            Node::Add(a, b) => match self.number_of(b) {
                Some(c) => self.line(a).map(|(x, a0, a1)| (x, a0 + c, a1)),
                None => None,
            },
            Node::Subtract(a, b) => {
                let c = self.number_of(a)?;
                self.line(b).map(|(x, a0, a1)| (x, c - a0, -a1))
            }
            Node::Multiply(a, b) => {
                let k = self.number_of(b)?;
                self.line(a).map(|(x, a0, a1)| (x, a0 * k, a1 * k))
            }
            _ => Some((id, 0.0, 1.0)),
        }
    }

    pub(crate) fn power(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), Some(y)) => self.number(libm::pow(x, y)),
            (_, Some(0.5)) => self.apply(Function::Sqrt, a),
            (_, Some(n)) if n.fract() == 0.0 && n.abs() <= LARGEST_PRODUCT => {
                let product = self.product(a, n.abs() as u32);
                if n >= 0.0 {
                    product
                } else {
                    let one = self.number(1.0);
                    self.divide(one, product)
                }
            }
            _ => self.plain(Node::Power(a, b)),
        }
    }

    /// `a^n` by squares.
    fn product(&mut self, a: Id, n: u32) -> Id {
        match n {
            0 => self.number(1.0),
            1 => a,
            _ => {
                let half = self.product(a, n / 2);
                let square = self.multiply(half, half);
                if n % 2 == 1 { self.multiply(square, a) } else { square }
            }
        }
    }

    pub(crate) fn minimum(&mut self, a: Id, b: Id) -> Id {
        match self.both(a, b) {
            Some((x, y)) => self.number(if x < y { x } else { y }),
            None => self.plain(Node::Minimum(a, b)),
        }
    }

    pub(crate) fn maximum(&mut self, a: Id, b: Id) -> Id {
        match self.both(a, b) {
            Some((x, y)) => self.number(if x > y { x } else { y }),
            None => self.plain(Node::Maximum(a, b)),
        }
    }

    pub(crate) fn floor_divide(&mut self, a: Id, b: Id) -> Id {
        match self.both(a, b) {
            Some((x, y)) => self.number((x / y).floor()),
            None => self.plain(Node::FloorDivide(a, b)),
        }
    }

    pub(crate) fn modulo(&mut self, a: Id, b: Id) -> Id {
        match self.both(a, b) {
            Some((x, y)) => self.number(x - y * (x / y).floor()),
            None => self.plain(Node::Modulo(a, b)),
        }
    }

    pub(crate) fn compare(&mut self, how: Comparison, a: Id, b: Id) -> Id {
        match self.both(a, b) {
            Some((x, y)) => self.number(f64::from(u8::from(how.holds(x, y)))),
            None => self.plain(Node::Compare(how, a, b)),
        }
    }

    pub(crate) fn and(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), _) => {
                if x == 0.0 {
                    a
                } else {
                    b
                }
            }
            (_, Some(y)) => {
                if y == 0.0 {
                    b
                } else {
                    a
                }
            }
            _ => self.plain(Node::And(a, b)),
        }
    }

    pub(crate) fn or(&mut self, a: Id, b: Id) -> Id {
        match (self.number_of(a), self.number_of(b)) {
            (Some(x), _) => {
                if x == 0.0 {
                    b
                } else {
                    a
                }
            }
            (_, Some(y)) => {
                if y == 0.0 {
                    a
                } else {
                    b
                }
            }
            _ => self.plain(Node::Or(a, b)),
        }
    }

    pub(crate) fn not(&mut self, a: Id) -> Id {
        match self.number_of(a) {
            Some(x) => self.number(f64::from(u8::from(x == 0.0))),
            None => self.plain(Node::Not(a)),
        }
    }

    pub(crate) fn select(&mut self, condition: Id, a: Id, b: Id) -> Id {
        match self.number_of(condition) {
            Some(0.0) => b,
            Some(_) => a,
            None if a == b => a,
            None => self.plain(Node::Select(condition, a, b)),
        }
    }

    pub(crate) fn apply(&mut self, function: Function, a: Id) -> Id {
        match self.number_of(a) {
            Some(x) => self.number(function.of(x)),
            None => self.plain(Node::Apply(function, a)),
        }
    }

    /// Makes a node anew from inputs that stand elsewhere, folding what has become constant.
    pub(crate) fn make(&mut self, node: Node, mut input: impl FnMut(Id) -> Id) -> Id {
        let inputs = node.inputs().map(|id| id.map(&mut input));
        match (node, inputs) {
            (Node::Add(..), [Some(a), Some(b), _]) => self.add(a, b),
            (Node::Subtract(..), [Some(a), Some(b), _]) => self.subtract(a, b),
            (Node::Multiply(..), [Some(a), Some(b), _]) => self.multiply(a, b),
            (Node::Divide(..), [Some(a), Some(b), _]) => self.divide(a, b),
            (Node::Power(..), [Some(a), Some(b), _]) => self.power(a, b),
            (Node::Minimum(..), [Some(a), Some(b), _]) => self.minimum(a, b),
            (Node::Maximum(..), [Some(a), Some(b), _]) => self.maximum(a, b),
            (Node::FloorDivide(..), [Some(a), Some(b), _]) => self.floor_divide(a, b),
            (Node::Modulo(..), [Some(a), Some(b), _]) => self.modulo(a, b),
            (Node::Compare(how, ..), [Some(a), Some(b), _]) => self.compare(how, a, b),
            (Node::And(..), [Some(a), Some(b), _]) => self.and(a, b),
            (Node::Or(..), [Some(a), Some(b), _]) => self.or(a, b),
            (Node::Not(_), [Some(a), ..]) => self.not(a),
            (Node::Select(..), [Some(c), Some(a), Some(b)]) => self.select(c, a, b),
            (Node::Apply(function, _), [Some(a), ..]) => self.apply(function, a),
            (Node::Table(table, _), [Some(a), ..]) => self.plain(Node::Table(table, a)),
            (leaf, _) => self.plain(leaf),
        }
    }

    /// Copies expressions of another graph into this one, with what `leaf` puts in the place of their leaves.
    pub(crate) fn copy_from(
        &mut self,
        other: &Self,
        wanted: &[Id],
        mut leaf: impl FnMut(&mut Self, Node) -> Option<Id>,
    ) -> Vec<Id> {
        let mut copies: HashMap<Id, Id> = HashMap::new();
        for id in other.in_order(wanted) {
            let node = other.node(id);
            let copy = match leaf(self, node) {
                Some(copy) => copy,
                None => self.make(node, |input| copies[&input]),
            };
            copies.insert(id, copy);
        }
        wanted.iter().map(|id| copies[id]).collect()
    }

    /// The nodes that `wanted` need, each after its inputs and each once. Without recursion: graphs may be deep.
    pub(crate) fn in_order(&self, wanted: &[Id]) -> Vec<Id> {
        let mut met = vec![false; self.nodes.len()];
        let mut order = Vec::new();
        let mut open: Vec<(Id, bool)> = wanted.iter().rev().map(|&id| (id, false)).collect();
        while let Some((id, inputs_done)) = open.pop() {
            if inputs_done {
                order.push(id);
                continue;
            }
            if std::mem::replace(&mut met[id.0 as usize], true) {
                continue;
            }
            open.push((id, true));
            let inputs = self.node(id).inputs();
            open.extend(inputs.iter().rev().flatten().map(|&input| (input, false)));
        }
        order
    }

    /// Whether an expression has a leaf for which `is` holds.
    pub(crate) fn mentions(&self, id: Id, is: impl Fn(Node) -> bool) -> bool {
        self.in_order(&[id]).into_iter().any(|id| is(self.node(id)))
    }

    /// The value of expressions, with `leaf` for their leaves.
    pub(crate) fn evaluate(&self, wanted: &[Id], leaf: impl Fn(Node) -> f64) -> Vec<f64> {
        let mut values: HashMap<Id, f64> = HashMap::new();
        let truth = |b: bool| f64::from(u8::from(b));
        for id in self.in_order(wanted) {
            let at = |id: Id| values[&id];
            let value = match self.node(id) {
                Node::Number(bits) => f64::from_bits(bits),
                Node::Add(a, b) => at(a) + at(b),
                Node::Subtract(a, b) => at(a) - at(b),
                Node::Multiply(a, b) => at(a) * at(b),
                Node::Divide(a, b) => at(a) / at(b),
                Node::Power(a, b) => libm::pow(at(a), at(b)),
                Node::Minimum(a, b) => {
                    if at(a) < at(b) {
                        at(a)
                    } else {
                        at(b)
                    }
                }
                Node::Maximum(a, b) => {
                    if at(a) > at(b) {
                        at(a)
                    } else {
                        at(b)
                    }
                }
                Node::FloorDivide(a, b) => (at(a) / at(b)).floor(),
                Node::Modulo(a, b) => at(a) - at(b) * (at(a) / at(b)).floor(),
                Node::Compare(how, a, b) => truth(how.holds(at(a), at(b))),
                Node::And(a, b) => truth(at(a) != 0.0 && at(b) != 0.0),
                Node::Or(a, b) => truth(at(a) != 0.0 || at(b) != 0.0),
                Node::Not(a) => truth(at(a) == 0.0),
                Node::Select(c, a, b) => {
                    if at(c) == 0.0 {
                        at(b)
                    } else {
                        at(a)
                    }
                }
                Node::Apply(function, a) => function.of(at(a)),
                leaf_node => leaf(leaf_node),
            };
            values.insert(id, value);
        }
        wanted.iter().map(|id| values[id]).collect()
    }
}
