//! Derivatives, and expressions as `A x + B`.

use std::collections::HashMap;

use super::function::Function;
use super::graph::{Graph, Id, Node};

/// An expression as `A x + B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Affine {
    pub a: Id,
    pub b: Id,
    /// Whether A or B still depends on x, through something that is not linear in it and is held for a step.
    pub frozen: bool,
}

impl Graph {
    /// The partial derivative of each expression with respect to a leaf. Steps (floor, sign, comparisons) have none
    /// and count as constant.
    pub(crate) fn derivatives(&mut self, wanted: &[Id], leaf: Node) -> Vec<Id> {
        let order = self.in_order(wanted);
        let mut known: HashMap<Id, Id> = HashMap::new();
        for id in order {
            let d = |id: Id| known[&id];
            let derivative = match self.node(id) {
                node if node == leaf => self.number(1.0),
                Node::Add(a, b) => self.add(d(a), d(b)),
                Node::Subtract(a, b) => self.subtract(d(a), d(b)),
                Node::Multiply(a, b) => {
                    let (left, right) = (self.multiply(d(a), b), self.multiply(a, d(b)));
                    self.add(left, right)
                }
                Node::Divide(a, b) => {
                    // a'/b - (a/b) b'/b
                    let (first, ratio) = (self.divide(d(a), b), self.divide(d(b), b));
                    let second = self.multiply(id, ratio);
                    self.subtract(first, second)
                }
                Node::Power(a, b) => self.derivative_of_power(id, (a, d(a)), (b, d(b))),
                Node::Minimum(a, b) | Node::Maximum(a, b) => {
                    // The one that it is.
                    let is_first = self.compare(super::function::Comparison::Equal, id, a);
                    self.select(is_first, d(a), d(b))
                }
                Node::Modulo(a, _) => d(a),
                Node::Select(c, a, b) => self.select(c, d(a), d(b)),
                Node::Apply(function, a) => {
                    let inner = d(a);
                    if self.is(inner, 0.0) {
                        inner
                    } else {
                        let outer = self.slope(function, id, a);
                        self.multiply(outer, inner)
                    }
                }
                _ => self.number(0.0),
            };
            known.insert(id, derivative);
        }
        wanted.iter().map(|id| known[id]).collect()
    }

    /// `a^b (b' ln a + b a'/a)`.
    fn derivative_of_power(&mut self, id: Id, (a, da): (Id, Id), (b, db): (Id, Id)) -> Id {
        let ratio = self.divide(da, a);
        let from_base = self.multiply(b, ratio);
        let logarithm = if self.is(db, 0.0) { db } else { self.apply(Function::Log, a) };
        let from_exponent = self.multiply(db, logarithm);
        let sum = self.add(from_base, from_exponent);
        self.multiply(id, sum)
    }

    /// Derivative of a function at `x`, where it has the value `y`.
    fn slope(&mut self, function: Function, y: Id, x: Id) -> Id {
        let one = self.number(1.0);
        match function {
            Function::Exp => y,
            Function::Expm1 => self.add(y, one),
            // (e^x - y)/x; e^x = x y + 1
            Function::Exprel => {
                let slope_at_zero = self.number(0.5);
                let product = self.multiply(x, y);
                let e = self.add(product, one);
                let difference = self.subtract(e, y);
                let ratio = self.divide(difference, x);
                self.near_zero(x, slope_at_zero, ratio)
            }
            // y (1 - y e^x)/x with e^x = x/y + 1: y (1 - x - y)/x
            Function::Linoid => {
                let slope_at_zero = self.number(-0.5);
                let (rest, ratio) = (self.subtract(one, x), self.divide(y, x));
                let rest = self.subtract(rest, y);
                let value = self.multiply(ratio, rest);
                self.near_zero(x, slope_at_zero, value)
            }
            Function::Sigmoid => {
                let rest = self.subtract(one, y);
                self.multiply(y, rest)
            }
            Function::Log => self.divide(one, x),
            Function::Log10 => {
                let factor = self.number(std::f64::consts::LOG10_E);
                self.divide(factor, x)
            }
            Function::Log1p => {
                let sum = self.add(x, one);
                self.divide(one, sum)
            }
            Function::Sqrt => {
                let half = self.number(0.5);
                self.divide(half, y)
            }
            Function::Sin => self.apply(Function::Cos, x),
            Function::Cos => {
                let sine = self.apply(Function::Sin, x);
                self.negative(sine)
            }
            Function::Tan | Function::Tanh => {
                let square = self.multiply(y, y);
                if function == Function::Tan {
                    self.add(one, square)
                } else {
                    self.subtract(one, square)
                }
            }
            Function::Asin | Function::Acos => {
                let square = self.multiply(x, x);
                let rest = self.subtract(one, square);
                let root = self.apply(Function::Sqrt, rest);
                let slope = self.divide(one, root);
                if function == Function::Asin { slope } else { self.negative(slope) }
            }
            Function::Atan => {
                let square = self.multiply(x, x);
                let sum = self.add(square, one);
                self.divide(one, sum)
            }
            Function::Sinh => self.apply(Function::Cosh, x),
            Function::Cosh => self.apply(Function::Sinh, x),
            Function::Abs => self.apply(Function::Sign, x),
            Function::Sign | Function::Floor | Function::Ceil | Function::Truncate => {
                self.number(0.0)
            }
        }
    }

    /// `limit` where |x| < 1e-4, which costs 1e-5 of the slope, else `value`.
    fn near_zero(&mut self, x: Id, limit: Id, value: Id) -> Id {
        let (size, small) = (self.apply(Function::Abs, x), self.number(1e-4));
        let near = self.compare(super::function::Comparison::Less, size, small);
        self.select(near, limit, value)
    }

    /// An expression as `A x + B`: what is not linear in x counts as constant for a step.
    pub(crate) fn affine(&mut self, wanted: Id, variable: u32) -> Affine {
        let order = self.in_order(&[wanted]);
        let zero = self.number(0.0);
        let mut known: HashMap<Id, Affine> = HashMap::new();
        for id in order {
            let at = |id: Id| known[&id];
            let held = |frozen: bool| Affine { a: zero, b: id, frozen };
            let affine = match self.node(id) {
                Node::Variable(v) if v == variable => {
                    Affine { a: self.number(1.0), b: zero, frozen: false }
                }
                Node::Add(x, y) => {
                    let (x, y) = (at(x), at(y));
                    Affine {
                        a: self.add(x.a, y.a),
                        b: self.add(x.b, y.b),
                        frozen: x.frozen || y.frozen,
                    }
                }
                Node::Subtract(x, y) => {
                    let (x, y) = (at(x), at(y));
                    Affine {
                        a: self.subtract(x.a, y.a),
                        b: self.subtract(x.b, y.b),
                        frozen: x.frozen || y.frozen,
                    }
                }
                Node::Multiply(x, y) => {
                    let (x, y) = (at(x), at(y));
                    let frozen = x.frozen || y.frozen;
                    match (self.is(x.a, 0.0), self.is(y.a, 0.0)) {
                        (true, true) => held(frozen),
                        (false, true) => Affine {
                            a: self.multiply(x.a, y.b),
                            b: self.multiply(x.b, y.b),
                            frozen,
                        },
                        (true, false) => Affine {
                            a: self.multiply(x.b, y.a),
                            b: self.multiply(x.b, y.b),
                            frozen,
                        },
                        (false, false) => held(true),
                    }
                }
                Node::Divide(x, y) => {
                    let (x, y) = (at(x), at(y));
                    let frozen = x.frozen || y.frozen || !self.is(y.a, 0.0);
                    if self.is(x.a, 0.0) || !self.is(y.a, 0.0) {
                        held(frozen)
                    } else {
                        Affine { a: self.divide(x.a, y.b), b: self.divide(x.b, y.b), frozen }
                    }
                }
                Node::Select(c, x, y) => {
                    let (condition, x, y) = (at(c), at(x), at(y));
                    let frozen = condition.frozen || x.frozen || y.frozen;
                    let (a, b) = (self.select(c, x.a, y.a), self.select(c, x.b, y.b));
                    Affine { a, b, frozen }
                }
                node => {
                    let inputs = node.inputs().into_iter().flatten().map(at);
                    let mut depends = false;
                    for input in inputs {
                        depends |= input.frozen || !self.is(input.a, 0.0);
                    }
                    held(depends)
                }
            };
            known.insert(id, affine);
        }
        known[&wanted]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x^3 + x exp(-x) / (1 + x^2) + linoid(x) + tanh(2 x) + 3`
    fn example(graph: &mut Graph) -> Id {
        let x = graph.plain(Node::Variable(0));
        let three = graph.number(3.0);
        let cube = graph.power(x, three);
        let minus = graph.negative(x);
        let e = graph.apply(Function::Exp, minus);
        let product = graph.multiply(x, e);
        let (one, square) = (graph.number(1.0), graph.multiply(x, x));
        let below = graph.add(one, square);
        let quotient = graph.divide(product, below);
        let linoid = graph.apply(Function::Linoid, x);
        let twice = graph.add(x, x);
        let tanh = graph.apply(Function::Tanh, twice);
        let mut sum = graph.add(cube, quotient);
        for part in [linoid, tanh, three] {
            sum = graph.add(sum, part);
        }
        sum
    }

    #[test]
    fn derivatives_are_those_of_finite_differences() {
        let mut graph = Graph::default();
        let f = example(&mut graph);
        let slope = graph.derivatives(&[f], Node::Variable(0))[0];
        for x in [-2.0, -0.3, 0.0, 0.7, 3.0] {
            let at = |id: Id, x: f64| graph.evaluate(&[id], |_| x)[0];
            let h = 1e-5;
            let difference = (at(f, x + h) - at(f, x - h)) / (2.0 * h);
            assert!((at(slope, x) - difference).abs() < 1e-6, "{x}: {} {difference}", at(slope, x));
        }
    }

    #[test]
    fn what_is_linear_is_found_and_what_is_frozen_is_said() {
        let mut graph = Graph::default();
        let (x, y) = (graph.plain(Node::Variable(0)), graph.plain(Node::Variable(1)));
        // (y - x)/3 + y x - 2
        let difference = graph.subtract(y, x);
        let (three, two) = (graph.number(3.0), graph.number(2.0));
        let relaxation = graph.divide(difference, three);
        let product = graph.multiply(y, x);
        let sum = graph.add(relaxation, product);
        let f = graph.subtract(sum, two);
        let Affine { a, b, frozen } = graph.affine(f, 0);
        let leaf = |node: Node| if node == Node::Variable(1) { 5.0 } else { f64::NAN };
        let found = graph.evaluate(&[a, b], leaf);
        for (found, right) in found.iter().zip([5.0 - 1.0 / 3.0, 5.0 / 3.0 - 2.0]) {
            assert!((found - right).abs() < 1e-14);
        }
        assert!(!frozen);
        let e = graph.apply(Function::Exp, x);
        let f = graph.add(f, e);
        assert!(graph.affine(f, 0).frozen && !graph.affine(f, 1).frozen);
        let square = graph.multiply(x, x);
        assert!(graph.affine(square, 0).frozen);
    }

    #[test]
    fn a_removable_singularity_is_removed() {
        // 0.1 (x + 40) / (1 - exp(-(x + 40)/10)) is 1 at -40.
        let mut graph = Graph::default();
        let x = graph.plain(Node::Variable(0));
        let (forty, tenth, one) = (graph.number(40.0), graph.number(-0.1), graph.number(1.0));
        let u = graph.add(x, forty);
        let exponent = graph.multiply(u, tenth);
        let e = graph.apply(Function::Exp, exponent);
        let below = graph.subtract(one, e);
        let gain = graph.number(0.1);
        let above = graph.multiply(u, gain);
        let f = graph.divide(above, below);
        let at = |x: f64| graph.evaluate(&[f], |_| x)[0];
        assert_eq!(at(-40.0), 1.0);
        let (x, u) = (-35.0, 5.0);
        assert!((at(x) - 0.1 * u / (1.0 - (-u / 10.0f64).exp())).abs() < 1e-15);
    }
}
