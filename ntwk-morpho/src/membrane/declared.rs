//! Channels declared as data: gates and currents by formulas, compiled when the channel is made.

use ntwk_core::{FormulaFault, Formulas, Wanted, is_free_name};

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

impl GateFormulas {
    /// Formulas of x∞ and 1/τ (1/ms). A comment in a formula ends with its line.
    fn inf_and_rate(&self) -> (String, String) {
        match self {
            Self::Rates { alpha, beta } => {
                let sum = format!("(({alpha}\n) + ({beta}\n))");
                (format!("(({alpha}\n)/{sum})"), sum)
            }
            Self::Relaxation { inf, tau } => (format!("({inf}\n)"), format!("(1/({tau}\n))")),
        }
    }
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

/// A variable of a declared channel with an equation of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredVariable {
    /// Name, for formulas and recording.
    pub name: String,
    /// dx/dt (1/ms).
    pub derivative: String,
    /// Its value at the start, a formula of `V` and `Ca`.
    pub initial: String,
}

/// A channel declared as data: i = g Π x_j^p_j (V − E) or a formula, each gate with dx/dt = (x∞ − x)/τ.
///
/// Formulas are [`Formulas`]; they know `V` (mV), `Ca` (mM inside), `celsius` (°C), the constants of the channel and its
/// definitions. Those of gates know no other variables; derivatives know the gates and variables, and the current `g` and `E`
/// too. All rates are multiplied by q10^((θ − θ_ref)/10).
///
/// Gates follow their equation exactly while V does not change; other variables follow the exponential Euler rule, which
/// does so where their derivative is linear in themselves and the rest does not change, and is of first order otherwise.
/// Variables that depend on each other (kinetic schemes) make their step together by the linearly implicit Euler rule.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct DeclaredChannel {
    /// Name of the kind.
    pub kind: String,
    /// Gates.
    pub gates: Vec<DeclaredGate>,
    /// Variables with equations of their own.
    pub variables: Vec<DeclaredVariable>,
    /// Named formulas that others use.
    pub definitions: Vec<(String, String)>,
    /// Current density (mA/cm², outward positive); none for the ohmic one.
    pub current: Option<String>,
    /// Conductance density (S/cm²), or permeability (cm/s) with [`DeclaredChannel::current`].
    pub g: f64,
    /// Reversal potential (mV).
    pub E: Option<f64>,
    /// Constants of the formulas.
    pub constants: Vec<(String, f64)>,
    /// Factor of the rates for 10 °C.
    pub q10: f64,
    /// Temperature of the formulas θ_ref (°C).
    pub celsius_ref: f64,
    /// Whether the current is carried by calcium.
    pub carries_calcium: bool,
}

type Faults = Vec<FormulaFault>;

impl DeclaredChannel {
    /// Every formula with its place: the key below that of the channel, the text, and what it knows.
    fn formulas(&self) -> Vec<(String, &str, Known)> {
        let mut all: Vec<(String, &str, Known)> = Vec::new();
        for (name, text) in &self.definitions {
            all.push((format!("let.{name}"), text, Known::All));
        }
        for gate in &self.gates {
            let pair = match &gate.formulas {
                GateFormulas::Rates { alpha, beta } => [("alpha", alpha), ("beta", beta)],
                GateFormulas::Relaxation { inf, tau } => [("inf", inf), ("tau", tau)],
            };
            let name = &gate.name;
            all.extend(pair.map(|(what, text)| {
                (format!("gates.{name}.{what}"), text.as_str(), Known::Potential)
            }));
        }
        for x in &self.variables {
            let name = &x.name;
            all.push((format!("states.{name}.derivative"), &x.derivative, Known::All));
            all.push((format!("states.{name}.initial"), &x.initial, Known::Potential));
        }
        if let Some(current) = &self.current {
            all.push(("current".to_owned(), current, Known::All));
        }
        all
    }

    /// Whether a formula mentions a name.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.formulas().iter().any(|(_, text, _)| mentions(text, name))
    }

    /// Whether the current depends on E.
    #[must_use]
    pub fn uses_reversal(&self) -> bool {
        self.current_depends_on("E")
    }

    /// Whether the current depends on g.
    #[must_use]
    pub fn uses_density(&self) -> bool {
        self.current_depends_on("g")
    }

    /// An ohmic current depends on both.
    fn current_depends_on(&self, name: &str) -> bool {
        self.current.as_ref().is_none_or(|current| {
            mentions(current, name) || self.definitions.iter().any(|d| mentions(&d.1, name))
        })
    }

    /// Whether a formula, but for that of its own, reads a gate or variable.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        let own = format!("states.{name}.");
        let mut formulas = self.formulas().into_iter();
        formulas.any(|(key, text, _)| !key.starts_with(&own) && mentions(text, name))
    }

    /// Compiles every formula, to find faults before the channel is used, with the key below that of the channel.
    #[must_use]
    pub fn formula_faults(&self) -> Vec<(String, FormulaFault)> {
        let names = self.name_faults();
        if !names.is_empty() {
            return names;
        }
        let faults = self.formulas().into_iter().flat_map(|(key, text, known)| {
            let found = self.compile(known, 20.0, &[Wanted::Value(text)]).err().unwrap_or_default();
            // Those of a definition are found with it.
            let own = found.into_iter().filter(|fault| fault.text == text);
            own.map(|fault| (key.clone(), fault)).collect::<Vec<_>>()
        });
        faults.collect()
    }

    fn name_faults(&self) -> Vec<(String, FormulaFault)> {
        let mut met = vec!["V", "Ca", "celsius"];
        if self.current.is_some() {
            met.extend(["g", "E"]);
        }
        let of =
            |table: &'static str| move |name: &String| (format!("{table}.{name}"), name.clone());
        let names = self.constants.iter().map(|c| &c.0).map(of("constants"));
        let names = names
            .chain(self.gates.iter().map(|g| &g.name).map(of("gates")))
            .chain(self.variables.iter().map(|x| &x.name).map(of("states")))
            .chain(self.definitions.iter().map(|d| &d.0).map(of("let")))
            .collect::<Vec<_>>();
        let mut faults = Vec::new();
        for (key, name) in &names {
            let is_word = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            let problem = if !is_word {
                "a name in formulas is a word of letters, digits and _"
            } else if !is_free_name(name) || met.contains(&name.as_str()) {
                "this name has a meaning in the formulas of this channel already"
            } else {
                met.push(name);
                continue;
            };
            let fault = FormulaFault { text: name.clone(), column: 1, problem: problem.to_owned() };
            faults.push((key.clone(), fault));
        }
        faults
    }

    fn compile(
        &self,
        known: Known,
        celsius: f64,
        wanted: &[Wanted<'_>],
    ) -> Result<Formulas, Faults> {
        let mut variables = vec!["V", "Ca"];
        let mut constants: Vec<(&str, f64)> =
            self.constants.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        constants.push(("celsius", celsius));
        if known == Known::All {
            variables.extend(self.variable_names());
            if self.current.is_some() {
                constants.push(("g", self.g));
                constants.extend(self.E.map(|e| ("E", e)));
            }
        }
        let definitions: Vec<(&str, &str)> =
            self.definitions.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        Formulas::compile(&variables, &constants, &definitions, wanted)
    }

    /// Names of gates and variables.
    pub(super) fn variable_names(&self) -> impl Iterator<Item = &str> {
        let gates = self.gates.iter().map(|g| g.name.as_str());
        gates.chain(self.variables.iter().map(|x| x.name.as_str()))
    }

    /// Values at the start.
    pub(super) fn initial(&self, celsius: f64) -> Result<Formulas, Faults> {
        let inf: Vec<String> = self.gates.iter().map(|g| g.formulas.inf_and_rate().0).collect();
        let variables = self.variables.iter().map(|x| x.initial.as_str());
        let all: Vec<Wanted<'_>> =
            inf.iter().map(String::as_str).chain(variables).map(Wanted::Value).collect();
        self.compile(Known::Potential, celsius, &all)
    }

    /// Values after a step of `dt` (ms).
    pub(super) fn step(&self, celsius: f64, dt: f64) -> Result<Formulas, Faults> {
        let step = dt * self.phi(celsius);
        let gate = |gate: &DeclaredGate| {
            let ((inf, rate), x) = (gate.formulas.inf_and_rate(), &gate.name);
            format!("{x} - ({inf} - {x})*expm1(-{step:e}*{rate})")
        };
        let gates: Vec<String> = self.gates.iter().map(gate).collect();
        let own = self.variables.iter().map(|x| Wanted::Step {
            variable: &x.name,
            derivative: &x.derivative,
            step,
        });
        let all: Vec<Wanted<'_>> =
            gates.iter().map(|text| Wanted::Value(text)).chain(own).collect();
        self.compile(Known::All, celsius, &all)
    }

    /// Current density and its slope, of an ohmic channel for a conductance of 1 S/cm².
    pub(super) fn current_and_slope(&self, celsius: f64) -> Result<Formulas, Faults> {
        let ohmic = || {
            let gates: String =
                self.gates.iter().map(|g| format!("{}^{}*", g.name, g.power)).collect();
            format!("{gates}(V - {:e})", self.E.unwrap_or_default())
        };
        let text = self.current.clone().unwrap_or_else(ohmic);
        let wanted = [Wanted::Value(&text), Wanted::Slope { of: &text, by: "V" }];
        self.compile(Known::All, celsius, &wanted)
    }

    /// x∞ and 1/τ (1/ms) of each gate, without the temperature factor.
    pub(super) fn gates_at(&self, celsius: f64) -> Result<Formulas, Faults> {
        let texts: Vec<String> = self
            .gates
            .iter()
            .flat_map(|g| <[String; 2]>::from(g.formulas.inf_and_rate()))
            .collect();
        let all: Vec<Wanted<'_>> = texts.iter().map(|text| Wanted::Value(text)).collect();
        self.compile(Known::Potential, celsius, &all)
    }

    /// What the compiled current is to be multiplied by.
    pub(super) fn factor(&self) -> f64 {
        if self.current.is_some() { 1.0 } else { self.g }
    }

    pub(super) fn phi(&self, celsius: f64) -> f64 {
        crate::membrane::exponential::exp(libm::log(self.q10) * (celsius - self.celsius_ref) / 10.0)
    }
}

/// What a formula knows besides constants and definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// V and Ca.
    Potential,
    /// Gates and variables, `g` and `E` too.
    All,
}

/// Whether a formula mentions a name.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}
