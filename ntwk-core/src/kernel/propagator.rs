//! What currents add to the potential of a linear membrane in one step.

use crate::kernel::LinearMembrane;

/// Exact propagator of `C_m dV/dt = -C_m (V - E_L) / tau_m + I(t)` over one step `dt`
/// (Rotter & Diesmann 1999, Biol Cybern 81:381; the scheme of NEST's `iaf_psc_exp`):
///
/// ```text
/// V(dt) - E_L = e^(-dt/tau_m) (V(0) - E_L) + ∫_0^dt e^(-(dt - s)/tau_m) I(s) ds / C_m
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Propagator {
    /// The membrane.
    pub membrane: LinearMembrane,
    /// Time step (ms).
    pub dt: f64,
}

impl Propagator {
    /// `e^(-dt/tau_m)`.
    #[must_use]
    pub fn decay(&self) -> f64 {
        (-self.dt / self.membrane.tau_m).exp()
    }

    /// The integral for a constant current of 1 pA (mV/pA): `tau_m (1 - e^(-dt/tau_m)) / C_m`.
    #[must_use]
    pub fn of_constant(&self) -> f64 {
        -(-self.dt / self.membrane.tau_m).exp_m1() * self.membrane.tau_m / self.membrane.C_m
    }

    /// The integral for `I = e^(-s/tau)` pA: `e^(-dt/tau_m) dt phi(x) / C_m` with
    /// `phi(x) = (e^x - 1) / x` and `x = dt (1/tau_m - 1/tau)`, which has no singularity at `tau = tau_m`.
    #[must_use]
    pub fn of_exponential(&self, tau: f64) -> f64 {
        let x = self.dt * (1.0 / self.membrane.tau_m - 1.0 / tau);
        let phi = if x == 0.0 { 1.0 } else { x.exp_m1() / x };
        self.decay() * self.dt * phi / self.membrane.C_m
    }

    /// The integral for `I = s e^(-s/tau)` pA: `e^(-dt/tau_m) dt^2 psi(x) / C_m` with
    /// `psi(x) = (e^x (x - 1) + 1) / x^2`.
    #[must_use]
    pub fn of_alpha(&self, tau: f64) -> f64 {
        let x = self.dt * (1.0 / self.membrane.tau_m - 1.0 / tau);
        // psi = sum_n x^n / (n! (n + 2)); the closed form loses its digits where x is small.
        let psi = if x.abs() < 0.5 {
            let term = |(sum, power, factorial): (f64, f64, f64), n: i32| {
                let n = f64::from(n);
                (sum + power / (factorial * (n + 2.0)), power * x, factorial * (n + 1.0))
            };
            (0..16).fold((0.0, 1.0, 1.0), term).0
        } else {
            (x.exp() * (x - 1.0) + 1.0) / (x * x)
        };
        self.decay() * self.dt * self.dt * psi / self.membrane.C_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The integral by Simpson's rule on a fine grid.
    fn integral(p: &Propagator, current: impl Fn(f64) -> f64) -> f64 {
        let n = 2000;
        let h = p.dt / f64::from(n);
        let f = |k: i32| {
            let s = f64::from(k) * h;
            (-(p.dt - s) / p.membrane.tau_m).exp() * current(s)
        };
        let inner: f64 = (1..n).map(|k| if k % 2 == 1 { 4.0 * f(k) } else { 2.0 * f(k) }).sum();
        (f(0) + inner + f(n)) * h / 3.0 / p.membrane.C_m
    }

    #[test]
    fn the_closed_forms_are_the_integrals() {
        for tau in [0.3, 2.0, 9.999_999, 10.0, 10.000_1, 50.0] {
            for dt in [0.1, 1.0, 30.0] {
                let p = Propagator { membrane: LinearMembrane { C_m: 250.0, tau_m: 10.0 }, dt };
                let pairs = [
                    (p.of_constant(), integral(&p, |_| 1.0)),
                    (p.of_exponential(tau), integral(&p, |s| (-s / tau).exp())),
                    (p.of_alpha(tau), integral(&p, |s| s * (-s / tau).exp())),
                ];
                for (closed, numeric) in pairs {
                    // Simpson's rule errs by h^4: 1e-8 at worst (dt = 30 ms, tau = 0.3 ms).
                    let error = (closed - numeric).abs() / numeric;
                    assert!(error < 1e-7, "{tau} {dt}: {closed} {numeric}");
                }
            }
        }
    }
}
