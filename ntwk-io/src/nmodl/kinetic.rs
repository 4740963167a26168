//! Kinetic schemes: reactions become derivatives, and the steady state the values at the start.

use std::collections::BTreeMap;

use super::syntax::{Action, Block, Expr, Operation};
use super::unfold::{Unfolding, Values};

/// A reaction with its rates as formulas.
struct Reaction {
    left: Vec<(f64, String)>,
    right: Vec<(f64, String)>,
    forward: Expr,
    backward: Expr,
}

fn add(a: Option<Expr>, b: Expr) -> Expr {
    match a {
        Some(a) => Expr::binary(Operation::Add, a, b),
        None => b,
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Number(text) if text.parse() == Ok(0.0))
}

impl<'a> Unfolding<'a> {
    /// Follows a `KINETIC` block.
    pub(super) fn kinetic(
        &mut self,
        name: &str,
        block: &'a Block,
        steady: bool,
        globals: &mut Values,
    ) {
        let (reactions, others): (Vec<_>, Vec<_>) = block.body.iter().cloned().partition(|s| {
            matches!(s.what, Action::Reaction { .. } | Action::Source(..) | Action::Conserve(..))
        });
        let others = Block { body: others, ..block.clone() };
        let locals = self.run_with_locals(name, &others, globals);
        // Rates read the local variables of the block.
        let rates = &mut globals.clone();
        rates.extend(locals);
        let mut scheme: Vec<Reaction> = Vec::new();
        let mut sources = Vec::new();
        let mut conserved = None;
        for statement in &reactions {
            match &statement.what {
                Action::Reaction { left, right, forward, backward } => {
                    let forward = self.value_of(forward, rates);
                    let backward = self.value_of(backward, rates);
                    if let (Some(forward), Some(backward)) = (forward, backward) {
                        let (left, right) = (left.clone(), right.clone());
                        scheme.push(Reaction { left, right, forward, backward });
                    }
                }
                Action::Source(state, rate) => {
                    if let Some(rate) = self.value_of(rate, rates) {
                        sources.push((state.clone(), rate));
                    }
                }
                Action::Conserve(sum, total) => conserved = Some((sum.clone(), total.clone())),
                _ => {}
            }
        }
        let Some(rest) = conserved.map(|(sum, total)| self.rest(&sum, &total)) else {
            if steady {
                self.fault(format!("the steady state of {name} needs a CONSERVE of its sum"));
            } else {
                self.add_derivatives(&scheme, &sources);
            }
            return;
        };
        let Some((members, total)) = rest else {
            self.fault("CONSERVE: expected a sum of states and its value");
            return;
        };
        if steady {
            self.steady_state(name, &scheme, &members, &total, globals);
            return;
        }
        self.add_derivatives(&scheme, &sources);
        self.conserved.push((members, total));
    }

    /// Linear equations of the states at the start: the steady state of the kinetic scheme is taken, and what does not hold in it
    /// is said.
    pub(super) fn linear(&mut self, name: &str, block: &'a Block, globals: &mut Values) {
        let [(scheme, kinetic)] = self.file.kinetics.as_slice() else {
            self.fault(format!(
                "{name}: linear equations are covered as the steady state of one KINETIC block"
            ));
            return;
        };
        self.kinetic(scheme, kinetic, true, globals);
        for statement in &block.body {
            let Action::Equation(left, right) = &statement.what else {
                self.fault(format!("{name}: only equations are covered"));
                return;
            };
            let (left, right) = (self.value_of(left, globals), self.value_of(right, globals));
            let (Some(left), Some(right)) = (left, right) else { return };
            let holds = |v: f64| {
                let both = self.at_potential(&[&left, &right], v);
                both.is_some_and(|both| (both[0] - both[1]).abs() <= 1e-6)
            };
            if ![-90.0, -65.3, -40.7, 10.1].into_iter().all(holds) {
                self.note(format!(
                    "the start is the steady state of {scheme}: the equation of {name} in line {} does not hold in it",
                    statement.line
                ));
            }
        }
    }

    /// States of a conserved sum, and the sum.
    fn rest(&self, sum: &Expr, total: &Expr) -> Option<(Vec<String>, Expr)> {
        let mut members = Vec::new();
        let mut open = vec![sum];
        while let Some(expr) = open.pop() {
            match expr {
                Expr::Binary(Operation::Add, a, b) => open.extend([&**b, &**a]),
                Expr::Name(name) => members.push(name.clone()),
                _ => return None,
            }
        }
        let total = total.value(&|name| self.number(name))?;
        Some((members, Expr::number(total)))
    }

    fn add_derivatives(&mut self, scheme: &[Reaction], sources: &[(String, Expr)]) {
        use Operation::{Multiply, Power, Subtract};
        let mut all: BTreeMap<String, Option<Expr>> = BTreeMap::new();
        let times = |count: f64, flux: Expr| match count {
            1.0 => flux,
            _ => Expr::binary(Multiply, Expr::number(count), flux),
        };
        for reaction in scheme {
            let flux = |rate: &Expr, side: &[(f64, String)]| {
                side.iter().fold(rate.clone(), |flux, (count, name)| {
                    let amount = match count {
                        1.0 => Expr::name(name),
                        _ => Expr::binary(Power, Expr::name(name), Expr::number(*count)),
                    };
                    Expr::binary(Multiply, flux, amount)
                })
            };
            let forward = flux(&reaction.forward, &reaction.left);
            let net = match is_zero(&reaction.backward) {
                true => forward,
                false => {
                    let backward = flux(&reaction.backward, &reaction.right);
                    Expr::binary(Subtract, forward, backward)
                }
            };
            let net = self.define("flux", net);
            for (count, name) in &reaction.left {
                let sum = all.remove(name).flatten();
                let less = times(*count, net.clone());
                let sum = match sum {
                    Some(sum) => Expr::binary(Subtract, sum, less),
                    None => Expr::Negative(Box::new(less)),
                };
                all.insert(name.clone(), Some(sum));
            }
            for (count, name) in &reaction.right {
                let sum = all.remove(name).flatten();
                all.insert(name.clone(), Some(add(sum, times(*count, net.clone()))));
            }
        }
        for (name, rate) in sources {
            let sum = all.remove(name).flatten();
            all.insert(name.clone(), Some(add(sum, rate.clone())));
        }
        let known = self.state_names();
        for (name, derivative) in all {
            if !known.contains(&name) {
                self.fault(format!("{name} is no STATE"));
            } else if let Some(derivative) = derivative {
                self.derivatives.insert(name, derivative);
            }
        }
    }

    /// Values at which nothing changes: the states are removed one by one, without a subtraction (Grassmann, Taksar and Heyman
    /// 1985).
    fn steady_state(
        &mut self,
        name: &str,
        scheme: &[Reaction],
        members: &[String],
        total: &Expr,
        globals: &mut Values,
    ) {
        use Operation::{Divide, Multiply};
        let n = members.len();
        let place = |side: &[(f64, String)]| match side {
            [(count, name)] if *count == 1.0 => members.iter().position(|m| m == name),
            _ => None,
        };
        let mut rates: Vec<Vec<Option<Expr>>> = vec![vec![None; n]; n];
        for reaction in scheme {
            let (Some(a), Some(b)) = (place(&reaction.left), place(&reaction.right)) else {
                self.fault(format!("the steady state of {name}: only reactions of one state with another are covered"));
                return;
            };
            for (from, to, rate) in [(a, b, &reaction.forward), (b, a, &reaction.backward)] {
                if !is_zero(rate) {
                    rates[from][to] = Some(add(rates[from][to].take(), rate.clone()));
                }
            }
        }
        for last in (1..n).rev() {
            let out = (0..last).filter_map(|j| rates[last][j].clone());
            let Some(out) = out.reduce(|a, b| Expr::binary(Operation::Add, a, b)) else {
                self.fault(format!("the steady state of {name}: nothing leaves {}", members[last]));
                return;
            };
            for i in 0..last {
                let Some(into) = rates[i][last].clone() else { continue };
                let share = Expr::binary(Divide, into, out.clone());
                let share = self.define(&format!("{}_share", members[last]), share);
                for j in (0..last).filter(|j| *j != i) {
                    if let Some(on) = rates[last][j].clone() {
                        let detour = Expr::binary(Multiply, share.clone(), on);
                        let sum = add(rates[i][j].take(), detour);
                        rates[i][j] = Some(self.define("detour", sum));
                    }
                }
                rates[i][last] = Some(share);
            }
        }
        let mut weights = vec![Expr::number(1.0)];
        for k in 1..n {
            let parts = (0..k).filter_map(|i| {
                let share = rates[i][k].clone()?;
                let is_one = matches!(&weights[i], Expr::Number(text) if text == "1");
                Some(if is_one { share } else { Expr::binary(Multiply, weights[i].clone(), share) })
            });
            let weight = parts.reduce(|a, b| Expr::binary(Operation::Add, a, b));
            let weight = weight.unwrap_or_else(|| Expr::number(0.0));
            weights.push(self.define(&format!("{}_weight", members[k]), weight));
        }
        let sum = weights.iter().cloned().reduce(|a, b| Expr::binary(Operation::Add, a, b));
        let Some(sum) = sum.map(|sum| self.define("weights", sum)) else { return };
        for (member, weight) in members.iter().zip(weights) {
            let scaled = match total {
                Expr::Number(text) if text == "1" => weight,
                total => Expr::binary(Multiply, total.clone(), weight),
            };
            globals.insert(member.clone(), Expr::binary(Divide, scaled, sum.clone()));
        }
    }
}
