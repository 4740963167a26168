//! A mechanism of NMODL as declared channels: one for each current, with the gates it needs.

use std::collections::BTreeSet;

use ntwk_core::is_free_name;
use ntwk_core::spec::tree::{Node, Value};

use super::syntax::{Declared, Expr, File, Operation};
use super::unfold::{Unfolding, Values};

use Operation::{Add, Divide, Multiply, Power, Subtract};

/// A kind of channel and its use.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImportedChannel {
    pub name: String,
    /// Of `[kinetics.NAME]`; none for a kind that is built in.
    pub kinetics: Option<Node>,
    /// Of `[channels.NAME]`.
    pub channel: Node,
}

/// A current that a mechanism writes.
pub(super) struct Current<'f> {
    pub name: &'f str,
    /// The ion that carries it.
    pub ion: Option<&'f str>,
    pub formula: Expr,
}

/// Reversal potential of an ion where nothing else is said in NEURON (mV).
fn default_reversal(ion: &str) -> f64 {
    match ion {
        "na" => 50.0,
        "k" => -77.0,
        "ca" => 132.457_934,
        _ => 0.0,
    }
}

/// Concentration of an ion where nothing else is said in NEURON (mM): `cao` and the like.
fn default_concentration(name: &str) -> f64 {
    match name {
        "cao" => 2.0,
        "nai" => 10.0,
        "nao" => 140.0,
        "ki" => 54.4,
        "ko" => 2.5,
        _ => 1.0,
    }
}

/// What one unit of a parameter is in S/cm² (a conductance density) or in cm/s (a permeability).
fn density_scale(declared: &Declared) -> Option<f64> {
    let unit: String = declared.unit.chars().filter(|c| !c.is_whitespace()).collect();
    match unit.to_lowercase().as_str() {
        "s/cm2" | "mho/cm2" | "siemens/cm2" | "s/cm^2" | "mho/cm^2" | "cm/s" | "cm/sec" => {
            Some(1.0)
        }
        "ms/cm2" | "mmho/cm2" | "millimho/cm2" => Some(1e-3),
        "us/cm2" | "umho/cm2" => Some(1e-6),
        "ps/um2" => Some(1e-4),
        _ => None,
    }
}

/// The product of a current that follows Ohm's law.
struct Ohmic {
    factor: f64,
    conductance: String,
    reversal: Expr,
    powers: Vec<(String, u32)>,
}

fn table(entries: Vec<(String, Node)>) -> Node {
    Node::new(Value::Table(entries))
}

fn text(expr: &Expr) -> Node {
    Node::text(&expr.to_string())
}

fn float(x: f64) -> Node {
    Node::new(Value::Float(x))
}

/// The two sides of `a - b*x` as a formula of x: (a, b).
fn linear(expr: &Expr, x: &str) -> Option<(Option<Expr>, Option<Expr>)> {
    if !expr.has(x) {
        return Some((Some(expr.clone()), None));
    }
    let negative = |e: Expr| match e {
        Expr::Negative(inner) => *inner,
        other => Expr::Negative(Box::new(other)),
    };
    let sum = |a: Option<Expr>, b: Option<Expr>| match (a, b) {
        (Some(a), Some(b)) => Some(Expr::binary(Add, a, b)),
        (a, b) => a.or(b),
    };
    match expr {
        // x = 0 - (-1)*x
        Expr::Name(_) => Some((None, Some(Expr::Negative(Box::new(Expr::number(1.0)))))),
        Expr::Negative(a) => {
            let (a, b) = linear(a, x)?;
            Some((a.map(negative), b.map(negative)))
        }
        Expr::Binary(Add, a, b) => {
            let (a, b) = (linear(a, x)?, linear(b, x)?);
            Some((sum(a.0, b.0), sum(a.1, b.1)))
        }
        Expr::Binary(Subtract, a, b) => {
            let (a, b) = (linear(a, x)?, linear(b, x)?);
            Some((sum(a.0, b.0.map(negative)), sum(a.1, b.1.map(negative))))
        }
        Expr::Binary(Multiply, a, b) => {
            let (factor, other) = if a.has(x) { (b, a) } else { (a, b) };
            if factor.has(x) {
                return None;
            }
            let (p, q) = linear(other, x)?;
            let times = |e: Expr| Expr::binary(Multiply, (**factor).clone(), e);
            Some((p.map(times), q.map(times)))
        }
        Expr::Binary(Divide, a, b) if !b.has(x) => {
            let (p, q) = linear(a, x)?;
            let over = |e: Expr| Expr::binary(Divide, e, (**b).clone());
            Some((p.map(over), q.map(over)))
        }
        _ => None,
    }
}

/// Formulas of a gate: `[inf, tau]` or `[alpha, beta]` with the names of their keys.
fn gate(derivative: &Expr, x: &str) -> Option<([&'static str; 2], [Expr; 2])> {
    const RELAXATION: [&str; 2] = ["inf", "tau"];
    let own = Expr::name(x);
    let one_less = |e: &Expr| {
        matches!(e, Expr::Binary(Subtract, one, minus)
            if **minus == own && matches!(&**one, Expr::Number(text) if text.parse() == Ok(1.0)))
    };
    let to = |e: &Expr| match e {
        Expr::Binary(Subtract, inf, minus) if **minus == own && !inf.has(x) => {
            Some((**inf).clone())
        }
        _ => None,
    };
    match derivative {
        // (inf - x)/tau
        Expr::Binary(Divide, distance, tau) if to(distance).is_some() && !tau.has(x) => {
            return Some((RELAXATION, [to(distance)?, (**tau).clone()]));
        }
        // alpha*(1 - x) - beta*x
        Expr::Binary(Subtract, up, down) => {
            if let (Expr::Binary(Multiply, a, b), Expr::Binary(Multiply, c, d)) = (&**up, &**down) {
                let rate = |p: &Expr, q: &Expr, is: &dyn Fn(&Expr) -> bool| {
                    [(p, q), (q, p)].into_iter().find(|(_, q)| is(q)).map(|(p, _)| p.clone())
                };
                let (alpha, beta) = (rate(a, b, &one_less), rate(c, d, &|e| *e == own));
                if let (Some(alpha), Some(beta)) = (alpha, beta)
                    && !alpha.has(x)
                    && !beta.has(x)
                {
                    return Some((["alpha", "beta"], [alpha, beta]));
                }
            }
        }
        _ => {}
    }
    let (a, b) = linear(derivative, x)?;
    let b = b?;
    let inf = a.map_or(Expr::number(0.0), |a| Expr::binary(Divide, a, b.clone()));
    Some((RELAXATION, [inf, Expr::binary(Divide, Expr::number(1.0), b)]))
}

/// Factors of a product with their exponents, -1 of a divisor.
fn factors(expr: &Expr, sign: i32, all: &mut Vec<(Expr, i32)>) {
    match expr {
        Expr::Binary(Multiply, a, b) => {
            factors(a, sign, all);
            factors(b, sign, all);
        }
        Expr::Binary(Divide, a, b) => {
            factors(a, sign, all);
            factors(b, -sign, all);
        }
        Expr::Binary(Power, base, exponent) => match &**exponent {
            Expr::Number(text) if text.parse::<i32>().is_ok_and(|n| (1..=8).contains(&n)) => {
                all.push(((**base).clone(), sign * text.parse::<i32>().unwrap_or(1)));
            }
            _ => all.push((expr.clone(), sign)),
        },
        Expr::Negative(a) => {
            all.push((Expr::number(-1.0), 1));
            factors(a, sign, all);
        }
        _ => all.push((expr.clone(), sign)),
    }
}

/// Makes channels of what a mechanism computes.
pub(super) struct Channels<'u, 'a> {
    pub file: &'a File,
    pub unfolding: &'u mut Unfolding<'a>,
    /// Values of the states at the start.
    pub initial: Values,
}

impl Channels<'_, '_> {
    fn is_state(&self, name: &str) -> bool {
        self.unfolding.derivatives.contains_key(name)
    }

    fn parameter(&self, name: &str) -> Option<&Declared> {
        self.file.parameters.iter().find(|p| p.name == name)
    }

    /// The parameter that is the density of a current: one in S/cm² or cm/s, else one of a usual name.
    fn density(&self, formula: &Expr) -> Option<(String, f64)> {
        let mut named = Vec::new();
        let mut met = BTreeSet::new();
        let mut open = vec![formula.clone()];
        while let Some(expr) = open.pop() {
            expr.any_name(&mut |name| {
                if met.insert(name.to_owned()) {
                    named.extend(self.parameter(name).map(|p| p.name.clone()));
                    open.extend(self.unfolding.definition(name).cloned());
                }
                false
            });
        }
        let found: Vec<&Declared> = named.iter().filter_map(|name| self.parameter(name)).collect();
        let in_range = |p: &&&Declared| self.file.range.contains(&p.name);
        let with_unit: Vec<&Declared> =
            found.iter().copied().filter(|p| density_scale(p).is_some()).collect();
        if let Some(p) = with_unit.iter().find(in_range).or(with_unit.first()) {
            return Some((p.name.clone(), density_scale(p)?));
        }
        let usual = |p: &&Declared| {
            let name = p.name.to_lowercase();
            p.unit.is_empty()
                && (name == "g"
                    || name.starts_with("gbar")
                    || name.ends_with("bar")
                    || name == "gmax")
        };
        found.into_iter().find(usual).map(|p| (p.name.clone(), 1.0))
    }

    fn ohmic(&self, formula: &Expr) -> Option<Ohmic> {
        let mut all = Vec::new();
        factors(&self.unfolding.expanded(formula)?, 1, &mut all);
        let (mut factor, mut conductance, mut reversal) = (1.0, None, None);
        let mut powers: Vec<(String, u32)> = Vec::new();
        for (part, exponent) in all {
            match part {
                Expr::Number(text) => factor *= text.parse::<f64>().ok()?.powi(exponent),
                Expr::Name(name) if self.is_state(&name) && exponent > 0 => {
                    let exponent = exponent.unsigned_abs();
                    match powers.iter_mut().find(|p| p.0 == name) {
                        Some(power) => power.1 += exponent,
                        None => powers.push((name, exponent)),
                    }
                }
                Expr::Name(name)
                    if exponent == 1
                        && conductance.is_none()
                        && self.parameter(&name).is_some() =>
                {
                    conductance = Some(name);
                }
                Expr::Binary(Subtract, v, e)
                    if *v == Expr::name("V") && exponent == 1 && reversal.is_none() =>
                {
                    let constant = !self.unfolding.depends(&e, &|n| {
                        self.is_state(n) || n == "V" || n == "Ca" || n == "celsius"
                    });
                    reversal = constant.then_some(*e);
                    reversal.as_ref()?;
                }
                _ => return None,
            }
        }
        let fits = powers.iter().all(|p| p.1 <= 8) && factor > 0.0;
        fits.then_some(Ohmic { factor, conductance: conductance?, reversal: reversal?, powers })
    }

    /// A formula under the names of the channel, and what it needs.
    fn named(&self, expr: &Expr, density: Option<&(String, f64)>, reversal: Option<&str>) -> Expr {
        expr.replaced(&mut |name| {
            if density.is_some_and(|d| d.0 == name) {
                let scale = density.map_or(1.0, |d| d.1);
                return Some(match scale {
                    1.0 => Expr::name("g"),
                    _ => Expr::binary(Divide, Expr::name("g"), Expr::number(scale)),
                });
            }
            if reversal == Some(name) {
                return Some(Expr::name("E"));
            }
            let fixed = ["V", "Ca", "celsius"].contains(&name);
            (!fixed && !is_name_of_channel(name))
                .then(|| Expr::Name(self.unfolding.free_name(name)))
        })
    }

    pub(super) fn of(&mut self, name: &str, current: &Current<'_>) -> Option<ImportedChannel> {
        let formula = &current.formula;
        let ohmic = self.ohmic(formula);
        let density = match &ohmic {
            Some(ohmic) => Some((ohmic.conductance.clone(), 1.0)),
            None => self.density(formula),
        };
        let reversal_name = current.ion.map(|ion| format!("e{ion}"));
        let mut reversal_of_ion =
            reversal_name.as_deref().filter(|e| self.unfolding.depends(formula, &|n| n == *e));
        let states = self.states_of(formula);
        let (mut gates, mut general) = (Vec::new(), Vec::new());
        for state in &states {
            let derivative = self.unfolding.derivatives.get(state)?.clone();
            let start = self.initial.get(state).cloned().unwrap_or_else(|| Expr::number(0.0));
            match self.relaxation(&derivative, state, &start) {
                Some((keys, pair)) => gates.push((state, keys, pair)),
                None => general.push((state, ["derivative", "initial"], [derivative, start])),
            }
        }
        // A gate that the product does not hold, or a state in it, needs the formula.
        let ohmic = ohmic
            .filter(|o| general.is_empty() && !gates.is_empty() && gates.len() == o.powers.len());
        // Gates do not know E: a potential that they read stays a constant beside it.
        let read_by_gates = |e: &&str| {
            gates
                .iter()
                .any(|(_, _, pair)| pair.iter().any(|p| self.unfolding.depends(p, &|n| n == *e)))
        };
        if let Some(e) = reversal_of_ion.filter(read_by_gates) {
            self.unfolding
                .note(format!("{e} stands in the gates too: change it among the constants with E"));
            reversal_of_ion = None;
        }
        let reversal = match &ohmic {
            Some(ohmic) => self.reversal(&ohmic.reversal),
            None => reversal_of_ion.map(str::to_owned).and_then(|e| self.constant(&e)),
        };
        let mut roots: Vec<&mut Expr> = Vec::new();
        let mut whole = match (&ohmic, &density) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(formula.clone()),
            (None, None) => {
                self.unfolding.notes.push(format!(
                    "{}: no parameter is its density (S/cm2 or cm/s); g is a factor on it, 1 as it stands",
                    current.name
                ));
                Some(formula.clone())
            }
        };
        roots.extend(&mut whole);
        roots.extend(gates.iter_mut().chain(&mut general).flat_map(|(_, _, pair)| pair));
        let definitions = self.definitions_of(&mut roots);
        let constants =
            self.constants_of(&roots, &definitions, density.as_ref(), reversal_of_ion)?;
        let named = |e: &Expr| self.named(e, density.as_ref(), reversal_of_ion);
        let own = |name: &str| named(&Expr::name(name)).to_string();
        let mut kinetics: Vec<(String, Node)> = Vec::new();
        if let Some(whole) = whole {
            let whole = match density.is_some() {
                true => named(&whole),
                false => Expr::binary(Multiply, Expr::name("g"), named(&whole)),
            };
            kinetics.push(("current".to_owned(), text(&whole)));
        }
        if let Some(e) = reversal {
            kinetics.push(("E".to_owned(), Node::text(&format!("{e} mV"))));
        }
        if current.ion == Some("ca") {
            kinetics.push(("carries_calcium".to_owned(), Node::new(Value::Bool(true))));
        }
        let row = |(state, keys, pair): (&String, [&str; 2], [Expr; 2])| {
            let mut rows: Vec<(String, Node)> = Vec::new();
            let power = ohmic.as_ref().and_then(|o| o.powers.iter().find(|p| p.0 == *state));
            if let Some((_, power @ 2..)) = power {
                rows.push(("power".to_owned(), Node::new(Value::Integer(i64::from(*power)))));
            }
            rows.extend(
                keys.into_iter().zip(&pair).map(|(key, e)| (key.to_owned(), text(&named(e)))),
            );
            (own(state), table(rows))
        };
        let constants = constants.into_iter().map(|(name, x)| (own(&name), float(x))).collect();
        let definitions =
            definitions.iter().map(|(name, e)| (own(name), text(&named(e)))).collect();
        let lists: [(&str, Vec<(String, Node)>); 4] = [
            ("constants", constants),
            ("let", definitions),
            ("gates", gates.into_iter().map(row).collect()),
            ("states", general.into_iter().map(row).collect()),
        ];
        for (key, rows) in lists {
            if !rows.is_empty() {
                kinetics.push((key.to_owned(), table(rows)));
            }
        }
        let scale = match &ohmic {
            Some(ohmic) => ohmic.factor,
            None => density.as_ref().map_or(1.0, |d| d.1),
        };
        let g = match &density {
            Some((name, _)) => self.unfolding.number(name).unwrap_or(0.0) * scale,
            None => 1.0,
        };
        let channel = table(vec![
            ("model".to_owned(), Node::text(name)),
            ("g".to_owned(), Node::text(&format!("{} S/cm2", digits(g)))),
        ]);
        Some(ImportedChannel { name: name.to_owned(), kinetics: Some(table(kinetics)), channel })
    }

    /// States that a formula needs, and those that they need, by name.
    fn states_of(&self, formula: &Expr) -> Vec<String> {
        let mut states: Vec<String> = Vec::new();
        let mut open = vec![formula];
        while let Some(expr) = open.pop() {
            for (state, derivative) in &self.unfolding.derivatives {
                if !states.contains(state) && self.unfolding.depends(expr, &|n| n == state) {
                    states.push(state.clone());
                    open.push(derivative);
                }
            }
        }
        states.sort();
        states
    }

    /// Formulas of a gate, where the state is one: it starts at its steady state, and neither formula reads states.
    fn relaxation(
        &self,
        derivative: &Expr,
        state: &str,
        start: &Expr,
    ) -> Option<([&'static str; 2], [Expr; 2])> {
        let mut derivative = derivative.clone();
        if let Expr::Name(name) = &derivative {
            derivative = self.unfolding.definition(name)?.clone();
        }
        let (keys, pair) = gate(&derivative, state)?;
        if pair.iter().any(|e| self.unfolding.depends(e, &|n| self.is_state(n))) {
            return None;
        }
        let inf = match keys {
            ["alpha", _] => {
                let sum = Expr::binary(Add, pair[0].clone(), pair[1].clone());
                Expr::binary(Divide, pair[0].clone(), sum)
            }
            _ => pair[0].clone(),
        };
        let (start, inf) = (self.unfolding.expanded(start)?, self.unfolding.expanded(&inf)?);
        (start == inf || self.same_values(&start, &inf)).then_some((keys, pair))
    }

    /// Whether two formulas have the same values at some potentials.
    fn same_values(&self, a: &Expr, b: &Expr) -> bool {
        (-9..5).all(|k| {
            let v = f64::from(k) * 10.3 + 0.7;
            let both = self.unfolding.at_potential(&[a, b], v);
            both.is_some_and(|x| (x[0] - x[1]).abs() <= 1e-9 * x[0].abs().max(x[1].abs()))
        })
    }

    /// The number that a reversal potential is.
    fn reversal(&mut self, e: &Expr) -> Option<f64> {
        if let Expr::Name(name) = e {
            return self.constant(&name.clone());
        }
        let e = self.unfolding.expanded(e)?;
        e.value(&|name| self.unfolding.number(name))
    }

    /// The number of a parameter, or what NEURON takes for a quantity of an ion.
    fn constant(&mut self, name: &str) -> Option<f64> {
        let given = self.unfolding.number(name);
        let of_ion = |ion: &&super::syntax::Ion| {
            let concentration = ["i", "o"].iter().any(|side| format!("{}{side}", ion.name) == name);
            concentration || ion.reads(name) || ion.writes(name)
        };
        let Some(ion) = self.file.ions.iter().find(of_ion) else {
            let declared = self.file.parameters.iter().chain(&self.file.assigned);
            return given.or_else(|| declared.map(|d| &d.name).any(|d| d == name).then_some(0.0));
        };
        let value = if name == format!("e{}", ion.name) {
            default_reversal(&ion.name)
        } else if name == format!("i{}", ion.name) {
            let rule = format!(
                "{name} is read: currents of other mechanisms are not covered, but in the equation of cai"
            );
            self.unfolding.fault(rule);
            return None;
        } else {
            default_concentration(name)
        };
        let why = match given.filter(|given| *given != value) {
            Some(given) => format!("; the {given} of PARAMETER has no effect in NEURON"),
            None => String::new(),
        };
        let note = format!("{name} = {value}, as in NEURON where a section says nothing else{why}");
        self.unfolding.note(note);
        Some(value)
    }

    /// Definitions that formulas need, in their order. What is read once stands where it is read.
    fn definitions_of(&self, roots: &mut [&mut Expr]) -> Vec<(String, Expr)> {
        let mut needed: Vec<(String, Expr)> = Vec::new();
        for (name, formula) in self.unfolding.definitions.iter().rev() {
            let mut reads = 0;
            let mut count = |e: &Expr| {
                e.any_name(&mut |n| {
                    reads += usize::from(n == name);
                    false
                });
            };
            roots.iter().for_each(|root| count(root));
            needed.iter().for_each(|(_, e)| count(e));
            if reads == 1 || reads > 0 && formula.size() <= 3 {
                let put = |e: &mut Expr| {
                    *e = e.replaced(&mut |n| (n == name).then(|| formula.clone()));
                };
                roots.iter_mut().for_each(|root| put(root));
                needed.iter_mut().for_each(|(_, e)| put(e));
            } else if reads > 0 {
                needed.insert(0, (name.clone(), formula.clone()));
            }
        }
        needed
    }

    /// Constants that formulas and definitions need.
    fn constants_of(
        &mut self,
        roots: &[&mut Expr],
        definitions: &[(String, Expr)],
        density: Option<&(String, f64)>,
        reversal: Option<&str>,
    ) -> Option<Vec<(String, f64)>> {
        let mut names = BTreeSet::new();
        let formulas = roots.iter().map(|root| &**root).chain(definitions.iter().map(|d| &d.1));
        for formula in formulas {
            formula.any_name(&mut |name| {
                names.insert(name.to_owned());
                false
            });
        }
        let mut constants = Vec::new();
        for name in names {
            let known = ["V", "Ca", "celsius"].contains(&name.as_str())
                || self.is_state(&name)
                || definitions.iter().any(|d| d.0 == name)
                || density.is_some_and(|d| d.0 == name)
                || reversal == Some(&name);
            if known {
                continue;
            }
            if name == "dt" {
                self.unfolding.fault("dt: the step of the simulation is not known to a channel");
                return None;
            }
            let Some(value) = self.constant(&name) else {
                self.unfolding.fault(format!("{name} is not known"));
                return None;
            };
            constants.push((name, value));
        }
        Some(constants)
    }
}

/// Whether a name may stand in the formulas of a channel beside its own words.
fn is_name_of_channel(name: &str) -> bool {
    is_free_name(name) && !["V", "Ca", "celsius", "g", "E"].contains(&name)
}

/// A number to 12 digits.
pub(super) fn digits(x: f64) -> String {
    let rounded: f64 = format!("{x:.11e}").parse().unwrap_or(x);
    if rounded != 0.0 && (rounded.abs() < 1e-3 || rounded.abs() >= 1e6) {
        format!("{rounded:e}")
    } else {
        format!("{rounded}")
    }
}
