//! A channel declared as data as a mechanism of the membrane.

use crate::membrane::declared::DeclaredChannel;
use crate::membrane::declared_state::DeclaredState;
use crate::membrane::mechanism::{Mechanism, MechanismState, Site, passed, shortest};
use crate::parameter_error::ParameterError;
use nalgebra::Complex;

impl Mechanism for DeclaredChannel {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::not_negative("g", self.g, "S/cm2")?;
        ParameterError::finite("E", self.E.unwrap_or_default(), "mV")?;
        ParameterError::positive("q10", self.q10, "")?;
        ParameterError::finite("celsius_ref", self.celsius_ref, "C")?;
        for (_, value) in &self.constants {
            ParameterError::finite("constants", *value, "")?;
        }
        let error = |name, value, expected| Err(ParameterError { name, value, unit: "", expected });
        for g in &self.gates {
            if !(1..=8).contains(&g.power) {
                return error("power", f64::from(g.power), "1 to 8");
            }
        }
        if self.E.is_none() && self.uses_reversal() {
            return error("E", f64::NAN, "a reversal potential, or a current that does without");
        }
        let is_sound = self.formula_faults().is_empty()
            && self.initial(20.0).is_ok()
            && self.step(20.0, 0.025).is_ok()
            && self.current_and_slope(20.0).is_ok();
        if is_sound {
            Ok(())
        } else {
            let expected =
                "formulas that compile; DeclaredChannel::formula_faults says which do not";
            error("gates", f64::NAN, expected)
        }
    }

    fn instantiate(&self, site: Site) -> Box<dyn MechanismState> {
        Box::new(DeclaredState::new(self, site))
    }

    /// As for built-in channels, with differences of 1e-3 mV and 1e-4 of a gate; a dependence on calcium counts as constant.
    /// None with variables other than gates.
    fn admittance(&self, celsius: f64, v: f64, calcium: f64, omega: f64) -> Option<Complex<f64>> {
        if !self.variables.is_empty() {
            return None;
        }
        let gates = self.gates_at(celsius).ok()?;
        let current = self.current_and_slope(celsius).ok()?;
        let at = |v: f64| gates.at(&[v, calcium]);
        let (here, up, down) = (at(v), at(v + 1e-3), at(v - 1e-3));
        let mut x = vec![v, calcium];
        x.extend(here.iter().step_by(2));
        let mut y = Complex::new(current.at(&x)[1], 0.0);
        for j in 0..self.gates.len() {
            let mut beside = |by: f64| {
                x[2 + j] += by;
                let i = current.at(&x)[0];
                x[2 + j] -= by;
                i
            };
            let di_dx = (beside(1e-4) - beside(-1e-4)) / 2e-4;
            let dx_dv = (up[2 * j] - down[2 * j]) / 2e-3;
            let phase = omega / (here[2 * j + 1] * self.phi(celsius));
            y += Complex::new(di_dx * dx_dv, 0.0) / Complex::new(1.0, phase);
        }
        Some(y * self.factor())
    }

    fn fastest(&self, celsius: f64, calcium: f64) -> Option<f64> {
        let (gates, phi) = (self.gates_at(celsius).ok()?, self.phi(celsius));
        let rates = passed().flat_map(|v| {
            gates.at(&[v, calcium]).into_iter().skip(1).step_by(2).collect::<Vec<f64>>()
        });
        shortest(rates.map(|rate| phi * rate))
    }

    fn uses_calcium(&self) -> bool {
        self.carries_calcium || self.mentions("Ca")
    }
}
