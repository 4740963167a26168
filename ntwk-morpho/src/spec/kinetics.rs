//! `[kinetics.NAME]`: channels declared as data.

use super::constants::Constants;
use crate::membrane::declared::{DeclaredChannel, DeclaredGate, DeclaredVariable, GateFormulas};
use ntwk_core::spec::Texts;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::{KeyValue, Kind, Place, Section, TableReader};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::value::Named;

ntwk_core::section! {
    /// A kind of channel declared as data.
    #[derive(Debug, Clone, PartialEq)]
    pub struct KineticsSpec, check = check_whole {
        /// reversal potential; required where the current depends on it
        E: Option<f64> = Quantity(Voltage, Any), none;
        /// the gates by name; without `current`, their product is the open fraction
        gates: Named<GateSpec> = Named(GateSpec::KEYS), none;
        /// variables with equations of their own, for formulas
        states: Named<StateSpec> = Named(StateSpec::KEYS), none;
        /// named formulas that others use, `{ q = "exp(-V/18)" }`, in any order
        definitions as "let": Texts = Other("a table of formulas, such as { q = \"exp(-V/18)\" }"), none;
        /// current density (mA/cm2, outward positive), a formula with `g`; the ohmic current when absent
        current: Option<String> = Text, none;
        /// named numbers in the formulas; a channel may change them
        constants: Constants = NamedQuantities(Number, Any), none;
        /// factor of the rates for 10 °C
        q10: f64 = Quantity(Number, Positive), or(1.0);
        /// temperature of the formulas
        celsius_ref: f64 = Quantity(Temperature, Any), or(6.3);
        /// whether the current fills a `calcium_pool`
        carries_calcium: bool = Flag, or(false);
    }
}

ntwk_core::section! {
    /// A variable with an equation of its own.
    #[derive(Debug, Clone, PartialEq)]
    pub struct StateSpec {
        /// its rate of change (1/ms): a formula, also of gates and other variables
        derivative: String = Text, required;
        /// its value at the start: a formula of `V` and `Ca`
        initial: String = Text, required;
    }
}

ntwk_core::section! {
    /// A gate.
    #[derive(Debug, Clone, PartialEq)]
    pub struct GateSpec {
        /// its kinetics
        formulas: GateFormulas = Flat(FormulaKeys::KEYS), required;
        /// exponent in the conductance
        power: u64 = Count(1, 8), or(1);
    }
}

ntwk_core::section! {
    /// The formulas of a gate as they stand in a file.
    struct FormulaKeys, check = check_pair {
        /// opening rate (1/ms): a formula; with `beta`
        alpha: Option<String> = Text, none;
        /// closing rate (1/ms): a formula
        beta: Option<String> = Text, none;
        /// steady state: a formula; with `tau`, in the place of `alpha` and `beta`
        inf: Option<String> = Text, none;
        /// time constant (ms): a formula
        tau: Option<String> = Text, none;
    }
}

fn check_pair(keys: &FormulaKeys, table: &mut TableReader<'_, '_>) {
    let [alpha, beta, inf, tau] =
        [&keys.alpha, &keys.beta, &keys.inf, &keys.tau].map(Option::is_some);
    if (alpha || beta) && (inf || tau) {
        let rule = "a gate has alpha and beta (1/ms), or inf and tau (ms)".to_owned();
        table.fault(if inf { "inf" } else { "tau" }, FaultKind::Combination { rule });
        return;
    }
    for (key, is_missing, expected) in [
        ("alpha", !(alpha || beta || inf || tau), "alpha and beta (1/ms), or inf and tau (ms)"),
        ("alpha", beta && !alpha, "the opening rate (1/ms), a formula"),
        ("beta", alpha && !beta, "the closing rate (1/ms), a formula"),
        ("inf", tau && !inf, "the steady state, a formula"),
        ("tau", inf && !tau, "the time constant (ms), a formula"),
    ] {
        if is_missing {
            table.missing(key, expected);
        }
    }
}

/// `alpha` and `beta`, or `inf` and `tau`.
impl KeyValue for GateFormulas {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::Rates { alpha: String::new(), beta: String::new() }
    }

    fn write(&self) -> Option<Node> {
        let none = FormulaKeys::nothing();
        match self.clone() {
            Self::Rates { alpha, beta } => {
                FormulaKeys { alpha: Some(alpha), beta: Some(beta), ..none }.write()
            }
            Self::Relaxation { inf, tau } => {
                FormulaKeys { inf: Some(inf), tau: Some(tau), ..none }.write()
            }
        }
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let FormulaKeys { alpha, beta, inf, tau } = FormulaKeys::read_flat(table);
        if inf.is_some() || tau.is_some() {
            Self::Relaxation { inf: inf.unwrap_or_default(), tau: tau.unwrap_or_default() }
        } else {
            Self::Rates { alpha: alpha.unwrap_or_default(), beta: beta.unwrap_or_default() }
        }
    }
}

/// Compiles the formulas; those that could not be read, and those of a gate that is not whole, have their faults.
fn check_whole(kinetics: &KineticsSpec, table: &mut TableReader<'_, '_>) {
    let rule = |rule: String| FaultKind::Combination { rule };
    if kinetics.gates.is_empty() && kinetics.current.is_none() && !table.is_faulty("gates") {
        let expected = "[kinetics.NAME.gates.x] with alpha and beta, or inf and tau; or a current";
        table.missing("gates", expected);
    }
    let mut channel = kinetics.channel("");
    // Its own fault is enough.
    let is_broken = |key: &str| table.is_faulty(key);
    if !is_broken("E") && !is_broken("current") && !is_broken("let") {
        match (channel.E, channel.uses_reversal()) {
            (None, true) => {
                table.missing("E", "the reversal potential, which the current depends on");
            }
            (Some(_), false) => {
                table.fault("E", rule("the current does not depend on E".to_owned()));
            }
            _ => {}
        }
    }
    channel.E = Some(channel.E.unwrap_or(0.0));
    if let Some(current) = &kinetics.current
        && !channel.uses_density()
    {
        let text = format!("\"{current}\" must depend on g, the density that a channel has");
        table.fault("current", rule(text));
    }
    let states = channel.variables.iter().map(|x| ("states", &x.name));
    let gates = channel.gates.iter().filter(|_| kinetics.current.is_some());
    let unread: Vec<String> = gates
        .map(|g| ("gates", &g.name))
        .chain(states)
        .filter(|(_, name)| !channel.reads(name))
        .map(|(kind, name)| format!("{kind}.{name}"))
        .collect();
    for key in unread {
        table
            .fault(&key, rule("no formula reads it: the current does not depend on it".to_owned()));
    }
    for (name, gate) in kinetics.gates.iter().filter(|_| kinetics.current.is_some()) {
        if gate.power != 1 {
            let text = "with a current of its own, powers stand in the formula".to_owned();
            table.fault(&format!("gates.{name}.power"), rule(text));
        }
    }
    let named = |node: &Node| matches!(node.value, Value::Table(_));
    if !table.peek("constants").is_none_or(named) {
        return;
    }
    for constant in &mut channel.constants {
        constant.1 = if constant.1.is_nan() { 1.0 } else { constant.1 };
    }
    for (key, error) in channel.formula_faults() {
        let (first, rest) = key.split_once('.').unwrap_or((&key, ""));
        let is_written =
            table.peek(first).is_some_and(|node| rest.is_empty() || node.locate(rest).1);
        if is_written && !table.is_faulty(&key) {
            table.fault(&key, rule(error.to_string()));
        }
    }
}

impl KineticsSpec {
    /// The channel, without conductance.
    #[must_use]
    pub fn channel(&self, kind: &str) -> DeclaredChannel {
        let gate = |(name, gate): (&String, &GateSpec)| DeclaredGate {
            name: name.clone(),
            power: u32::try_from(gate.power).unwrap_or(u32::MAX),
            formulas: gate.formulas.clone(),
        };
        DeclaredChannel {
            kind: kind.to_owned(),
            gates: self.gates.iter().map(gate).collect(),
            g: 0.0,
            variables: self
                .states
                .iter()
                .map(|(name, state)| DeclaredVariable {
                    name: name.clone(),
                    derivative: state.derivative.clone(),
                    initial: state.initial.clone(),
                })
                .collect(),
            definitions: self.definitions.0.clone(),
            current: self.current.clone(),
            E: self.E,
            constants: self.constants.0.iter().map(|(name, x)| (name.clone(), *x)).collect(),
            q10: self.q10,
            celsius_ref: self.celsius_ref,
            carries_calcium: self.carries_calcium,
        }
    }
}
