//! Channels declared as data: gates by formulas, compiled when the channel is made.

use crate::membrane::expression::{Expression, ExpressionError, Lanes};
use crate::membrane::mechanism::{
    LANES, Mechanism, MechanismState, Membrane, NONSPECIFIC, Site, passed, shortest,
};
use crate::parameter_error::ParameterError;
use nalgebra::Complex;

/// How a gate is given.
#[derive(Debug, Clone, PartialEq)]
pub enum GateFormulas {
    /// Opening and closing rates α, β (1/ms).
    Rates {
        /// α.
        alpha: String,
        /// β.
        beta: String,
    },
    /// Steady state and time constant (ms).
    Relaxation {
        /// x∞.
        inf: String,
        /// τ.
        tau: String,
    },
}

/// A gate of a declared channel.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredGate {
    /// Name, for recording.
    pub name: String,
    /// Exponent in the conductance, 1 to 8.
    pub power: u32,
    /// Its kinetics.
    pub formulas: GateFormulas,
}

/// A channel declared as data: i = g Π x_j^p_j (V − E), each gate with dx/dt = (x∞ − x)/τ.
///
/// Formulas know `V` (mV), `Ca` (mM), `celsius` (°C) and the constants of the channel, and are those of
/// [`crate::membrane::expression`]. A quotient 0/0 at a single potential (a removable singularity such as that of
/// (V − θ)/(1 − e^−(V − θ)/q)) is replaced by the mean of its neighbours 1e-4 mV away; `linoid` has no singularity.
/// All rates are multiplied by q10^((θ − θ_ref)/10).
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct DeclaredChannel {
    /// Name of the kind.
    pub kind: String,
    /// Gates.
    pub gates: Vec<DeclaredGate>,
    /// Conductance density (S/cm²).
    pub g: f64,
    /// Reversal potential (mV).
    pub E: f64,
    /// Constants of the formulas.
    pub constants: Vec<(String, f64)>,
    /// Factor of the rates for 10 °C.
    pub q10: f64,
    /// Temperature of the formulas θ_ref (°C).
    pub celsius_ref: f64,
    /// Whether the current is carried by calcium.
    pub carries_calcium: bool,
}

/// The compiled formulas of a gate.
#[derive(Debug, Clone)]
struct Compiled {
    first: Expression,
    second: Expression,
    rates: bool,
    power: u32,
}

const VARIABLES: [&str; 2] = ["V", "Ca"];

impl DeclaredChannel {
    /// Whether a formula mentions calcium.
    fn reads_calcium(&self) -> bool {
        self.formulas().any(|(_, _, text)| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "Ca")
        })
    }

    /// (gate, what, formula).
    fn formulas(&self) -> impl Iterator<Item = (&str, &'static str, &str)> {
        self.gates.iter().flat_map(|g| {
            let pair = match &g.formulas {
                GateFormulas::Rates { alpha, beta } => [("alpha", alpha), ("beta", beta)],
                GateFormulas::Relaxation { inf, tau } => [("inf", inf), ("tau", tau)],
            };
            pair.map(|(what, text)| (g.name.as_str(), what, text.as_str()))
        })
    }

    /// Compiles every formula, to find faults before the channel is used: (gate, what, fault).
    #[must_use]
    pub fn formula_faults(&self) -> Vec<(String, &'static str, ExpressionError)> {
        self.formulas()
            .filter_map(|(gate, what, text)| {
                let e = self.compile_one(text, 20.0).err()?;
                Some((gate.to_owned(), what, e))
            })
            .collect()
    }

    fn compile_one(&self, text: &str, celsius: f64) -> Result<Expression, ExpressionError> {
        let mut constants: Vec<(&str, f64)> =
            self.constants.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        constants.push(("celsius", celsius));
        Expression::parse(text, &VARIABLES, &constants)
    }

    fn compile(&self, celsius: f64) -> Result<Vec<Compiled>, ExpressionError> {
        self.gates
            .iter()
            .map(|g| {
                let (first, second, rates) = match &g.formulas {
                    GateFormulas::Rates { alpha, beta } => (alpha, beta, true),
                    GateFormulas::Relaxation { inf, tau } => (inf, tau, false),
                };
                Ok(Compiled {
                    first: self.compile_one(first, celsius)?,
                    second: self.compile_one(second, celsius)?,
                    rates,
                    power: g.power,
                })
            })
            .collect()
    }

    fn phi(&self, celsius: f64) -> f64 {
        crate::membrane::exponential::exp(libm::log(self.q10) * (celsius - self.celsius_ref) / 10.0)
    }
}

impl Compiled {
    /// x∞ and 1/τ (1/ms) without the temperature factor.
    fn at(&self, v: Lanes, calcium: Lanes) -> (Lanes, Lanes) {
        let a = without_singularity(&self.first, v, calcium);
        let b = without_singularity(&self.second, v, calcium);
        let mut inf = a;
        let mut rate = b;
        for l in 0..LANES {
            if self.rates {
                rate.0[l] = a.0[l] + b.0[l];
                inf.0[l] = a.0[l] / rate.0[l];
            } else {
                rate.0[l] = 1.0 / b.0[l];
            }
        }
        (inf, rate)
    }
}

/// The value of a formula; where it is not a number, the mean of its neighbours.
fn without_singularity(formula: &Expression, v: Lanes, calcium: Lanes) -> Lanes {
    let mut value = formula.lanes(&[v, calcium]);
    if value.0.iter().any(|x| x.is_nan()) {
        let beside = |h: f64| formula.lanes(&[Lanes(v.0.map(|v| v + h)), calcium]);
        let (above, below) = (beside(1e-4), beside(-1e-4));
        for l in 0..LANES {
            if value.0[l].is_nan() {
                value.0[l] = 0.5 * (above.0[l] + below.0[l]);
            }
        }
    }
    value
}

impl Mechanism for DeclaredChannel {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::not_negative("g", self.g, "S/cm2")?;
        ParameterError::finite("E", self.E, "mV")?;
        ParameterError::positive("q10", self.q10, "")?;
        ParameterError::finite("celsius_ref", self.celsius_ref, "C")?;
        for (_, value) in &self.constants {
            ParameterError::finite("constants", *value, "")?;
        }
        for g in &self.gates {
            if !(1..=8).contains(&g.power) {
                let value = f64::from(g.power);
                return Err(ParameterError { name: "power", value, unit: "", expected: "1 to 8" });
            }
        }
        if self.formula_faults().is_empty() {
            Ok(())
        } else {
            let expected =
                "formulas that compile; DeclaredChannel::formula_faults says which do not";
            Err(ParameterError { name: "gates", value: f64::NAN, unit: "", expected })
        }
    }

    fn instantiate(&self, site: Site) -> Box<dyn MechanismState> {
        let n = site.scale.len().next_multiple_of(LANES);
        let mut scale = site.scale;
        scale.resize(n, 0.0);
        for s in &mut scale {
            *s *= self.g;
        }
        // `check` compiled the formulas when the mechanism was inserted.
        let compiled = self.compile(site.celsius).unwrap_or_default();
        Box::new(DeclaredState {
            names: self.gates.iter().map(|g| g.name.clone()).collect(),
            gates: vec![vec![0.0; n]; compiled.len()],
            compiled,
            phi: self.phi(site.celsius),
            reversal: self.E,
            carries_calcium: self.carries_calcium,
            scale,
        })
    }

    /// As for built-in channels, with differences of 1e-3 mV; a dependence on calcium counts as constant.
    fn admittance(&self, celsius: f64, v: f64, calcium: f64, omega: f64) -> Option<Complex<f64>> {
        let compiled = self.compile(celsius).ok()?;
        let ca = Lanes([calcium; LANES]);
        let gate = |c: &Compiled, v: f64| {
            let (inf, rate) = c.at(Lanes([v; LANES]), ca);
            (inf.0[0], rate.0[0])
        };
        let open: Vec<f64> = compiled.iter().map(|c| gate(c, v).0.powi(c.power as i32)).collect();
        let g = self.g * open.iter().product::<f64>();
        let mut y = Complex::new(g, 0.0);
        for (c, own) in compiled.iter().zip(&open) {
            let (x, rate) = gate(c, v);
            let others = if *own == 0.0 { 0.0 } else { g / own };
            let di_dx = others * f64::from(c.power) * x.powi(c.power as i32 - 1) * (v - self.E);
            let dx_dv = (gate(c, v + 1e-3).0 - gate(c, v - 1e-3).0) / 2e-3;
            let phase = omega / (rate * self.phi(celsius));
            y += Complex::new(di_dx * dx_dv, 0.0) / Complex::new(1.0, phase);
        }
        Some(y)
    }

    fn fastest(&self, celsius: f64, calcium: f64) -> Option<f64> {
        let (compiled, phi) = (self.compile(celsius).ok()?, self.phi(celsius));
        let at = |c: &Compiled, v: f64| c.at(Lanes([v; LANES]), Lanes([calcium; LANES])).1.0[0];
        shortest(
            passed()
                .flat_map(|v| compiled.iter().map(move |c| (c, v)))
                .map(|(c, v)| phi * at(c, v)),
        )
    }

    fn uses_calcium(&self) -> bool {
        self.carries_calcium || self.reads_calcium()
    }
}

#[derive(Debug, Clone)]
struct DeclaredState {
    names: Vec<String>,
    compiled: Vec<Compiled>,
    gates: Vec<Vec<f64>>,
    phi: f64,
    reversal: f64,
    carries_calcium: bool,
    /// Conductance density in every place (S/cm²), zero in the padding.
    scale: Vec<f64>,
}

fn lanes(a: &[f64], at: usize) -> Lanes {
    let mut out = Lanes::default();
    out.0.copy_from_slice(&a[at..at + LANES]);
    out
}

impl DeclaredState {
    /// Conductance density (S/cm²) in a place.
    fn conductance(&self, place: usize) -> f64 {
        let mut g = self.scale[place];
        for (c, gate) in self.compiled.iter().zip(&self.gates) {
            for _ in 0..c.power {
                g *= gate[place];
            }
        }
        g
    }
}

impl MechanismState for DeclaredState {
    fn initialise(&mut self, membrane: &mut Membrane<'_>) {
        for at in (0..self.scale.len()).step_by(LANES) {
            let (v, calcium) = (lanes(membrane.v, at), lanes(membrane.calcium, at));
            for (c, gate) in self.compiled.iter().zip(&mut self.gates) {
                gate[at..at + LANES].copy_from_slice(&c.at(v, calcium).0.0);
            }
        }
    }

    fn currents(&self, membrane: &mut Membrane<'_>) {
        for i in 0..self.scale.len() {
            let g = self.conductance(i);
            let current = g * (membrane.v[i] - self.reversal);
            membrane.current[i] += current;
            membrane.conductance[i] += g;
            if self.carries_calcium {
                membrane.calcium_current[i] += current;
            }
        }
    }

    fn advance(&mut self, membrane: &mut Membrane<'_>, dt: f64) {
        for at in (0..self.scale.len()).step_by(LANES) {
            let (v, calcium) = (lanes(membrane.v, at), lanes(membrane.calcium, at));
            for (c, gate) in self.compiled.iter().zip(&mut self.gates) {
                let (inf, rate) = c.at(v, calcium);
                for (l, x) in gate[at..at + LANES].iter_mut().enumerate() {
                    *x += (inf.0[l] - *x) * -libm::expm1(-dt * self.phi * rate.0[l]);
                }
            }
        }
    }

    fn ions(&self) -> Vec<&str> {
        vec![if self.carries_calcium { "ca" } else { NONSPECIFIC }]
    }

    fn part(&self, _: usize, v: &[f64], _: &[f64], values: &mut [Vec<f64>; 2]) {
        values.iter_mut().for_each(Vec::clear);
        for (i, v) in v.iter().take(self.scale.len()).enumerate() {
            let g = self.conductance(i);
            values[0].push(g * (v - self.reversal));
            values[1].push(g);
        }
    }

    fn variables(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    fn variable(&self, index: usize) -> Option<&[f64]> {
        self.gates.get(index).map(Vec::as_slice)
    }

    fn boxed_clone(&self) -> Box<dyn MechanismState> {
        Box::new(self.clone())
    }
}
