//! Numerical methods as rules on expressions: what a variable is after a step.

use super::function::{Comparison, Function};
use super::graph::{Graph, Id, Node};
use super::matrix::exponential_and_integral;
use crate::spec::KindMethod;

/// The rate of change of each variable; `None` for one that stands still.
pub(crate) type Rates = Vec<Option<Id>>;

/// When within a step rates are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Middle,
    End,
}

/// Why a method does not fit the equations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The variable whose equation is the reason.
    pub variable: usize,
    pub why: &'static str,
}

/// A method for given equations, and the variables whose equations are held in part for a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub method: KindMethod,
    pub frozen: Vec<usize>,
}

fn is_random(node: Node) -> bool {
    matches!(node, Node::Normal(_) | Node::Uniform(_))
}

/// Whether equations have noise.
pub(crate) fn has_noise(graph: &Graph, rates: &Rates) -> bool {
    rates.iter().flatten().any(|&rate| graph.mentions(rate, is_random))
}

/// Checks that a method fits, and chooses for [`KindMethod::Auto`].
///
/// # Errors
/// The equation that it does not fit.
pub(crate) fn choose(graph: &Graph, rates: &Rates, method: KindMethod) -> Result<Chosen, Unfit> {
    let mut graph = graph.clone();
    let noise = has_noise(&graph, rates);
    let mut frozen = Vec::new();
    for (i, rate) in rates.iter().enumerate() {
        if let Some(rate) = *rate
            && graph.affine(rate, i as u32).frozen
        {
            frozen.push(i);
        }
    }
    let linear = linear_parts(&mut graph, rates);
    let chosen = match method {
        KindMethod::Auto if noise => KindMethod::Euler,
        KindMethod::Auto if linear.is_ok() => KindMethod::Exact,
        KindMethod::Auto if frozen.is_empty() => KindMethod::ExponentialEuler,
        KindMethod::Auto => KindMethod::Heun,
        given => given,
    };
    if noise {
        let place = |rate: &Option<Id>| rate.is_some_and(|rate| graph.mentions(rate, is_random));
        let variable = rates.iter().position(place).unwrap_or(0);
        if chosen != KindMethod::Euler {
            return Err(Unfit {
                variable,
                why: "has noise, for which there is method = \"euler\" (Euler-Maruyama)",
            });
        }
        let bent = rates.iter().position(|rate| rate.is_some_and(|rate| is_bent(&mut graph, rate)));
        if let Some(variable) = bent {
            let why = "has noise (xi) inside something that is not linear in it, which has no meaning in time";
            return Err(Unfit { variable, why });
        }
        if let Some((variable, _)) = rates
            .iter()
            .enumerate()
            .find(|(_, rate)| rate.is_some_and(|rate| multiplies(&mut graph, rate, rates.len())))
        {
            return Err(Unfit {
                variable,
                why: "has noise whose strength depends on a variable: its meaning (Ito or Stratonovich) would depend on the \
                      method",
            });
        }
    }
    if chosen == KindMethod::Exact
        && let Err(variable) = linear
    {
        return Err(Unfit {
            variable,
            why: "is not linear with constant coefficients, as \"exact\" needs: \"exponential_euler\" and \"rk4\" are for \
                  any equation",
        });
    }
    if chosen != KindMethod::ExponentialEuler {
        frozen.clear();
    }
    Ok(Chosen { method: chosen, frozen })
}

/// Whether white noise stands in a rate otherwise than as a term with a factor.
fn is_bent(graph: &mut Graph, rate: Id) -> bool {
    let nodes: Vec<Node> = graph.in_order(&[rate]).into_iter().map(|id| graph.node(id)).collect();
    // Noises have even numbers.
    let noises = nodes.into_iter().filter(|node| matches!(node, Node::Normal(n) if n % 2 == 0));
    noises.into_iter().collect::<Vec<_>>().into_iter().any(|noise| {
        let slope = graph.derivatives(&[rate], noise)[0];
        graph.is(slope, 0.0) || graph.mentions(slope, |node| node == noise)
    })
}

/// Whether the noise of a rate depends on a variable.
fn multiplies(graph: &mut Graph, rate: Id, variables: usize) -> bool {
    (0..variables as u32).any(|v| {
        let slope = graph.derivatives(&[rate], Node::Variable(v))[0];
        graph.mentions(slope, is_random)
    })
}

/// Coefficients and constant terms of equations that are linear together, or the variable whose equation is not.
fn linear_parts(graph: &mut Graph, rates: &Rates) -> Result<(Vec<Vec<f64>>, Vec<Id>), usize> {
    let n = rates.len();
    let mut matrix = vec![vec![0.0; n]; n];
    let mut constants = Vec::new();
    let zero = graph.number(0.0);
    for (i, rate) in rates.iter().enumerate() {
        let Some(rate) = *rate else {
            constants.push(zero);
            continue;
        };
        for (j, coefficient) in
            matrix[i].iter_mut().enumerate().filter(|(j, _)| rates[*j].is_some())
        {
            let slope = graph.derivatives(&[rate], Node::Variable(j as u32))[0];
            *coefficient = graph.number_of(slope).ok_or(i)?;
        }
        // What is left where all variables with equations are 0.
        let copy = graph.clone();
        let constant = graph.copy_from(&copy, &[rate], |graph, node| match node {
            Node::Variable(v) if rates[v as usize].is_some() => Some(graph.number(0.0)),
            _ => None,
        })[0];
        constants.push(constant);
    }
    Ok((matrix, constants))
}

/// What stands still while a cell is refractory.
pub(crate) struct Held<'h> {
    /// Whether the cell is not refractory.
    pub active: Id,
    /// The variables.
    pub variables: &'h [bool],
    /// The potential beyond which a predicted one is not taken: that of a spike.
    pub limit: Option<Id>,
}

/// What each variable is after a step `dt` (ms). Those that stand still are so in every stage, for the others too; after the
/// step it is left to who stores them.
pub(crate) fn step(
    graph: &mut Graph,
    rates: &Rates,
    method: KindMethod,
    dt: f64,
    held: &Held<'_>,
) -> Rates {
    let h = graph.number(dt);
    let variable = |graph: &mut Graph, i: usize| graph.plain(Node::Variable(i as u32));
    match method {
        KindMethod::Euler | KindMethod::Auto => advance(graph, rates, rates, h),
        KindMethod::ExponentialEuler => {
            let next = rates.iter().enumerate().map(|(i, rate)| {
                let rate = (*rate)?;
                let x = variable(graph, i);
                let affine = graph.affine(rate, i as u32);
                // x + (A x + B) dt exprel(A dt)
                let linear = graph.multiply(affine.a, x);
                let slope = graph.add(linear, affine.b);
                let exponent = graph.multiply(affine.a, h);
                let gain = graph.apply(Function::Exprel, exponent);
                let gain = graph.multiply(gain, h);
                let change = graph.multiply(slope, gain);
                Some(graph.add(x, change))
            });
            next.collect()
        }
        KindMethod::Midpoint => {
            let half = graph.number(0.5 * dt);
            let middle = stage(graph, rates, rates, half, held);
            let slopes = at(graph, rates, &middle, At::Middle, dt);
            advance(graph, rates, &slopes, h)
        }
        KindMethod::Heun => {
            let mut end = stage(graph, rates, rates, h, held);
            if let (Some(limit), Some(v)) = (held.limit, end[0]) {
                // Kept where it is not beyond: a potential that is no number stays one.
                let beyond = graph.compare(Comparison::Greater, v, limit);
                end[0] = Some(graph.select(beyond, limit, v));
            }
            let slopes = at(graph, rates, &end, At::End, dt);
            let half = graph.number(0.5 * dt);
            let sums = combine(graph, &[(1.0, rates), (1.0, &slopes)]);
            advance(graph, rates, &sums, half)
        }
        KindMethod::Rk4 => {
            let half = graph.number(0.5 * dt);
            let first = stage(graph, rates, rates, half, held);
            let k2 = at(graph, rates, &first, At::Middle, dt);
            let second = stage(graph, rates, &k2, half, held);
            let k3 = at(graph, rates, &second, At::Middle, dt);
            let third = stage(graph, rates, &k3, h, held);
            let k4 = at(graph, rates, &third, At::End, dt);
            let sums = combine(graph, &[(1.0, rates), (2.0, &k2), (2.0, &k3), (1.0, &k4)]);
            let sixth = graph.number(dt / 6.0);
            advance(graph, rates, &sums, sixth)
        }
        KindMethod::Exact => exact(graph, rates, dt, held),
    }
}

/// `x + slope h` for each variable.
fn advance(graph: &mut Graph, rates: &Rates, slopes: &Rates, h: Id) -> Rates {
    let next = rates.iter().zip(slopes).enumerate().map(|(i, (rate, slope))| {
        rate.as_ref()?;
        let x = graph.plain(Node::Variable(i as u32));
        let change = graph.multiply((*slope)?, h);
        Some(graph.add(x, change))
    });
    next.collect()
}

/// Values of the variables in a stage: what stands still does so.
fn stage(graph: &mut Graph, rates: &Rates, slopes: &Rates, h: Id, held: &Held<'_>) -> Rates {
    let mut values = advance(graph, rates, slopes, h);
    for (i, value) in values.iter_mut().enumerate().filter(|(i, _)| held.variables[*i]) {
        if let Some(moved) = *value {
            let x = graph.plain(Node::Variable(i as u32));
            *value = Some(graph.select(held.active, moved, x));
        }
    }
    values
}

/// Weighted sums.
fn combine(graph: &mut Graph, parts: &[(f64, &Rates)]) -> Rates {
    let n = parts[0].1.len();
    (0..n)
        .map(|i| {
            let mut sum: Option<Id> = None;
            for (weight, slopes) in parts {
                let weight = graph.number(*weight);
                let part = graph.multiply(slopes[i]?, weight);
                sum = Some(match sum {
                    None => part,
                    Some(sum) => graph.add(sum, part),
                });
            }
            sum
        })
        .collect()
}

/// Rates with other values of the variables, later in the step.
fn at(graph: &mut Graph, rates: &Rates, values: &Rates, when: At, dt: f64) -> Rates {
    let wanted: Vec<Id> = rates.iter().flatten().copied().collect();
    let copy = graph.clone();
    let moved = graph.copy_from(&copy, &wanted, |graph, node| {
        let mut mean = |a: Node, b: Node| {
            let (a, b, half) = (graph.plain(a), graph.plain(b), graph.number(0.5));
            let sum = graph.add(a, b);
            Some(graph.multiply(sum, half))
        };
        match (node, when) {
            (Node::Variable(v), _) => values.get(v as usize).copied().flatten(),
            (Node::Drive, At::Middle) => mean(Node::Drive, Node::DriveEnd),
            (Node::Conductance, At::Middle) => mean(Node::Conductance, Node::ConductanceEnd),
            (Node::Drive, At::End) => Some(graph.plain(Node::DriveEnd)),
            (Node::Conductance, At::End) => Some(graph.plain(Node::ConductanceEnd)),
            (Node::Time, _) => {
                let t = graph.plain(Node::Time);
                let later = graph.number(if when == At::Middle { 0.5 * dt } else { dt });
                Some(graph.add(t, later))
            }
            _ => None,
        }
    });
    let mut moved = moved.into_iter();
    rates.iter().map(|rate| rate.and_then(|_| moved.next())).collect()
}

/// `x' = e^(M dt) x + ∫ e^(M s) ds b`: the constant terms are held for the step. Where something stands still, the others are
/// propagated with it as it is.
fn exact(graph: &mut Graph, rates: &Rates, dt: f64, held: &Held<'_>) -> Rates {
    // Checked before: only linear equations are stepped so.
    let Ok((mut matrix, mut constants)) = linear_parts(graph, rates) else { return rates.clone() };
    let moving = propagate(graph, rates, &matrix, &constants, dt);
    if !held.variables.contains(&true) {
        return moving;
    }
    let zero = graph.number(0.0);
    for i in (0..rates.len()).filter(|&i| held.variables[i]) {
        matrix[i].fill(0.0);
        constants[i] = zero;
    }
    let resting = propagate(graph, rates, &matrix, &constants, dt);
    let both = moving.into_iter().zip(resting).enumerate();
    both.map(|(i, (moving, resting))| {
        let moving = moving?;
        Some(if held.variables[i] { moving } else { graph.select(held.active, moving, resting?) })
    })
    .collect()
}

fn propagate(
    graph: &mut Graph,
    rates: &Rates,
    matrix: &[Vec<f64>],
    constants: &[Id],
    dt: f64,
) -> Rates {
    let (propagator, integral) = exponential_and_integral(matrix, dt);
    let n = rates.len();
    (0..n)
        .map(|i| {
            rates[i]?;
            let mut sum = graph.number(0.0);
            for j in 0..n {
                for (coefficient, value) in [
                    (propagator[i][j], graph.plain(Node::Variable(j as u32))),
                    (integral[i][j], constants[j]),
                ] {
                    let coefficient = graph.number(coefficient);
                    let part = graph.multiply(value, coefficient);
                    sum = graph.add(sum, part);
                }
            }
            Some(sum)
        })
        .collect()
}
