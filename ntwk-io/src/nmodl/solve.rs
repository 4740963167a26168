//! `SOLVE`: blocks of equations, and procedures that advance states by a step of their own.

use super::syntax::{Block, Expr, Operation};
use super::unfold::{Scope, UNSET, Unfolding, Values};

impl<'a> Unfolding<'a> {
    pub(super) fn solve(&mut self, name: &str, steady: bool, scope: &mut Scope<'_>) {
        let of = |list: &'a [(String, Block)]| list.iter().find(|b| b.0 == name).map(|b| &b.1);
        let file = self.file;
        if let Some(block) = of(&file.derivatives) {
            self.run(name, block, scope.globals);
        } else if let Some(block) = of(&file.kinetics) {
            self.kinetic(name, block, steady, scope.globals);
        } else if let Some(block) = of(&file.linear) {
            self.linear(name, block, scope.globals);
        } else if let Some(block) = of(&file.procedures) {
            self.update(name, block, scope.globals);
        } else {
            self.fault(format!("SOLVE {name}: there is no such block"));
        }
    }

    /// A procedure that advances states by a step of its own: `m = m + (1 - exp(-dt/tau))*(inf - m)`.
    fn update(&mut self, name: &str, block: &'a Block, globals: &mut Values) {
        let states = self.state_names();
        // What a step uses of the step before, it would find itself for a small step.
        self.run_leniently(name, block, globals);
        globals
            .retain(|name, value| !states.contains(name) && !self.depends(value, &|n| n == UNSET));
        self.run(name, block, globals);
        for state in &self.file.states {
            let Some(next) = globals.remove(&state.name) else { continue };
            if !self.depends(&next, &|n| n == "dt" || n == state.name) {
                // It follows at once.
                globals.insert(state.name.clone(), next);
                continue;
            }
            let next = self.expanded(&next);
            match next.as_ref().and_then(|next| rate_of_update(next, &state.name)) {
                Some(derivative) => _ = self.derivatives.insert(state.name.clone(), derivative),
                None => {
                    let state = &state.name;
                    self.fault(format!(
                        "{name} sets {state} anew in each step, and not as {state} + (1 - exp(-dt/tau))*(inf - {state}): \
                         write a DERIVATIVE block"
                    ));
                }
            }
        }
    }
}

/// dx/dt of a step `x + (1 - exp(-dt*rate))*(inf - x)`.
fn rate_of_update(next: &Expr, x: &str) -> Option<Expr> {
    use Operation::{Add, Divide, Multiply, Subtract};
    let Expr::Binary(Add, own, change) = next else { return None };
    if **own != Expr::name(x) {
        return None;
    }
    let Expr::Binary(Multiply, a, b) = &**change else { return None };
    let (factor, distance) = if a.has("dt") { (a, b) } else { (b, a) };
    let Expr::Binary(Subtract, _, minus) = &**distance else { return None };
    let Expr::Binary(Subtract, one, decay) = &**factor else { return None };
    let (Expr::Number(one), Expr::Call(exp, argument)) = (&**one, &**decay) else { return None };
    if **minus != Expr::name(x) || one.parse() != Ok(1.0) || exp != "exp" {
        return None;
    }
    // dt is a factor of the argument, above the line.
    fn without_dt(expr: &Expr) -> Option<Expr> {
        match expr {
            Expr::Name(name) if name == "dt" => Some(Expr::number(1.0)),
            Expr::Negative(a) => Some(Expr::Negative(Box::new(without_dt(a)?))),
            Expr::Binary(Multiply, a, b) if a.has("dt") && !b.has("dt") => {
                Some(Expr::binary(Multiply, without_dt(a)?, (**b).clone()))
            }
            Expr::Binary(Multiply, a, b) if !a.has("dt") => {
                Some(Expr::binary(Multiply, (**a).clone(), without_dt(b)?))
            }
            Expr::Binary(Divide, a, b) if !b.has("dt") => {
                Some(Expr::binary(Divide, without_dt(a)?, (**b).clone()))
            }
            _ => None,
        }
    }
    let rate = match without_dt(argument.first()?)? {
        Expr::Negative(rate) => *rate,
        Expr::Binary(operation @ (Divide | Multiply), a, b) if matches!(*a, Expr::Negative(_)) => {
            let Expr::Negative(a) = *a else { return None };
            Expr::Binary(operation, a, b)
        }
        rate => Expr::Negative(Box::new(rate)),
    };
    let distance = (**distance).clone();
    Some(match rate {
        Expr::Binary(Divide, one, tau) if *one == Expr::number(1.0) => {
            Expr::binary(Divide, distance, *tau)
        }
        rate => Expr::binary(Multiply, rate, distance),
    })
}
