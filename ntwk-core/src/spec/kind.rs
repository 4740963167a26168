//! Kinds of cells that a file declares by their equations.

use super::ParameterText;
use crate::spec::fault::FaultKind;
use crate::spec::key::{Absent, Key, KeyValue, Kind, Place, Section, TableReader, Words};
use crate::spec::tree::{Node, Value};
use crate::spec::value::Named;
use crate::{section, words};

section! {
    /// A kind of cell by its equations, or by its cell file: `cell = { model = "NAME" }` makes cells of it.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct KindSpec, check = check {
        /// what the cell is, and who published it
        doc: Option<String> = Text, none;
        /// units of the variables, `{ V = "mV", w = "pA" }`; the first one is the membrane potential. A variable without an
        /// equation keeps its value, which may differ between neurons (`initial`). Required without `cell`, as `equations`
        variables: Texts = Other(VARIABLES), none;
        /// `dx/dt = ...` or `x' = ...` for variables, `x = ...` for what they are made of; one per line, or between semicolons.
        /// `I_syn` is the current that synapses and injections bring
        equations: Option<String> = Text, none;
        /// a morphological cell: its cell file, relative to the model file, in the place of equations. What it says of a run of the
        /// cell alone (electrodes, when synapses are active, `record`) is left aside
        cell: Option<Description> = Other(DESCRIPTION), none;
        /// potential of a morphological cell whose upward crossing is a spike (mV); without it, 10 mV
        threshold: Option<f64> = Quantity(Voltage, Any), none;
        /// location of a morphological cell where spikes are seen; without it, the soma
        detector: Option<String> = Text, none;
        /// locations of a morphological cell that can be recorded, `{ tuft = "apical tip" }`: `V_tuft`, and `CHANNEL_GATE_tuft` of
        /// the channels there. The soma is one of them, whose potential is `V_m`
        places: Texts = Other(PLACES), none;
        /// texts of the files that the cell file names, by name; who reads a model file fills it in
        files: Texts = Other(FILES), none;
        /// when the cell spikes, and what happens then; without it, it does not spike
        spike: Option<SpikeSpec> = Table(SpikeSpec::KEYS), none;
        /// values of the variables at the start, as expressions; 0 for those without one
        init: Texts = Other(EXPRESSIONS), none;
        /// numerical method of its equations; without one, that of the simulation
        method: Option<KindMethod> = Choice(KindMethod::WORDS), none;
        /// membrane area, such as `"20000 um2"` or an expression of parameters: equations are per area, and `I_syn` comes in
        /// pA/um2 (100 uA/cm2)
        area: Option<String> = Text, none;
        /// parameters: a value with its unit alone, `C_m = "200 pF"`, or a table
        parameters: Named<KindParameterSpec> = Named(KindParameterSpec::KEYS), none;
        /// values in time, used as `NAME(t)`
        tables: Named<TimeTableSpec> = Named(TimeTableSpec::KEYS), none;
        /// constants of the membrane that the theory is to use, as expressions of parameters: `C_m`, `g_L`, `E_L`, `V_th`,
        /// `V_reset`, `t_ref`, `a`, `b`, `tau_w`. What is left out is computed from the equations
        theory: Texts = Other(EXPRESSIONS), none;
    }
}

fn check(kind: &KindSpec, table: &mut TableReader<'_, '_>) {
    let broken = |table: &mut TableReader<'_, '_>, key: &str, rule: &str| {
        table.fault(key, FaultKind::Combination { rule: rule.to_owned() });
    };
    let is_described = kind.cell.is_some() || table.is_faulty("cell");
    let of_equations = [
        ("variables", !kind.variables.0.is_empty()),
        ("equations", kind.equations.is_some()),
        ("spike", kind.spike.is_some()),
        ("init", !kind.init.0.is_empty()),
        ("method", kind.method.is_some()),
        ("area", kind.area.is_some()),
        ("parameters", !kind.parameters.is_empty()),
        ("tables", !kind.tables.is_empty()),
        ("theory", !kind.theory.0.is_empty()),
    ];
    let of_descriptions = [
        ("threshold", kind.threshold.is_some()),
        ("detector", kind.detector.is_some()),
        ("places", !kind.places.0.is_empty()),
        ("files", !kind.files.0.is_empty()),
    ];
    if is_described {
        for (key, _) in of_equations.into_iter().filter(|key| key.1) {
            broken(table, key, "is of a kind by its equations; this one has a cell file");
        }
        return;
    }
    for (key, _) in of_descriptions.into_iter().filter(|key| key.1) {
        broken(table, key, "is of a morphological cell: give its cell file, cell = \"FILE\"");
    }
    if kind.variables.0.is_empty() && !table.is_faulty("variables") {
        let expected = "at least the membrane potential, such as { V = \"mV\" }";
        table.missing("variables", expected);
    }
    if kind.equations.is_none() && !table.is_faulty("equations") {
        table.missing("equations", "text, or cell = \"FILE\" for a morphological cell");
    }
}

impl KindSpec {
    /// A kind with these variables and equations, and nothing else.
    pub(crate) fn of(variables: Texts, equations: String) -> Self {
        Self {
            doc: None,
            variables,
            equations: Some(equations),
            cell: None,
            threshold: None,
            detector: None,
            places: Texts::default(),
            files: Texts::default(),
            spike: None,
            init: Texts::default(),
            method: None,
            area: None,
            parameters: Named::new(),
            tables: Named::new(),
            theory: Texts::default(),
        }
    }
}

impl KindSpec {
    /// Its equations; of a kind by its cell file there are none.
    pub(crate) fn equations(&self) -> &str {
        self.equations.as_deref().unwrap_or_default()
    }
}

impl SpikeSpec {
    /// One that never comes: what it would set is what an event does.
    pub(crate) fn event(then: &str) -> Self {
        Self {
            when: "0 > 1".to_owned(),
            then: Some(then.to_owned()),
            refractory: None,
            until: None,
            hold: None,
        }
    }
}

section! {
    /// When a cell spikes.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct SpikeSpec, check = check_refractory {
        /// the condition, such as `V > V_th`, looked at after each step
        when: String = Text, required;
        /// what a spike sets, in this order: `V = V_reset; w += b`
        then: Option<String> = Text, none;
        /// time after a spike in which there is no other (an expression in ms, looked at in every step)
        refractory: Option<String> = Text, none;
        /// instead of a time: the condition after which the cell may spike again, such as `V < -20 mV`
        until: Option<String> = Text, none;
        /// variables that stand still in that time
        hold: Option<Vec<String>> = Texts("names of variables"), none;
    }
}

fn check_refractory(spike: &SpikeSpec, table: &mut TableReader<'_, '_>) {
    if spike.refractory.is_some() && spike.until.is_some() {
        let rule = "stands beside refractory: give one of them".to_owned();
        table.fault("until", FaultKind::Combination { rule });
    }
    if spike.hold.is_some() && spike.refractory.is_none() && spike.until.is_none() {
        let rule = "needs refractory or until: how long variables stand still".to_owned();
        table.fault("hold", FaultKind::Combination { rule });
    }
}

words! {
    /// Numerical methods of equations.
    pub enum KindMethod, what = "method" {
        /// forward Euler; with noise, Euler-Maruyama
        Euler = "euler",
        /// each equation exactly as far as it is linear in its own variable, the rest held for the step
        ExponentialEuler = "exponential_euler",
        /// second order, by the slope at the middle of the step
        Midpoint = "midpoint",
        /// second order, by the mean of the slopes at both ends of the step
        Heun = "heun",
        /// fourth order (Runge & Kutta)
        Rk4 = "rk4",
        /// exactly; for equations that are linear with constant coefficients
        Exact = "exact",
        /// exact where that can be; else exponential_euler where every equation is linear in its own variable; else heun, or
        /// euler with noise. A notice says which
        Auto = "auto",
    }
}

const DESCRIPTION: &str = "the path of a cell file, or what it holds as a table";
const PLACES: &str = "a table of locations by name, such as { tuft = \"apical tip\" }";
const FILES: &str = "a table of texts by the name of a file";

/// A cell as its cell file has it: a table that this crate does not read.
#[derive(Debug, Clone, PartialEq)]
pub struct Description(pub Node);

impl KeyValue for Description {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        match &place.node.value {
            Value::Table(_) => {}
            // Of a model that was read from a file, the file stands here.
            Value::String(file) => {
                let rule = format!(
                    "{file} has not been read: a model made by code has what the cell file holds as a table"
                );
                place.fault(FaultKind::Combination { rule });
            }
            _ => place.wrong_type(&kind.expected(None)),
        }
        Self(place.node.clone())
    }

    fn nothing() -> Self {
        Self(Node::new(Value::Table(Vec::new())))
    }

    fn write(&self) -> Option<Node> {
        Some(self.0.clone())
    }
}

pub(super) const VARIABLES: &str =
    "a table of units by variable, such as { V = \"mV\", w = \"pA\" }";
pub(super) const EXPRESSIONS: &str = "a table of expressions, such as { V = \"E_L\" }";

/// Texts by name, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts(pub Vec<(String, String)>);

impl Texts {
    /// The text under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|entry| entry.0 == name).map(|entry| entry.1.as_str())
    }
}

impl KeyValue for Texts {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let Value::Table(entries) = &place.node.value else {
            place.wrong_type(&kind.expected(None));
            return Self::nothing();
        };
        let mut found = Vec::new();
        for (name, node) in entries {
            let text = match &node.value {
                Value::String(text) => text.clone(),
                Value::Integer(n) => n.to_string(),
                Value::Float(x) => x.to_string(),
                _ => {
                    let path = format!("{}.{name}", place.path);
                    let mut at =
                        Place { node, path, own: None, root: place.root, faults: place.faults };
                    at.wrong_type("text");
                    continue;
                }
            };
            found.push((name.clone(), text));
        }
        Self(found)
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        let entries: Vec<(String, Node)> =
            self.0.iter().map(|(name, text)| (name.clone(), Node::text(text))).collect();
        (!entries.is_empty()).then(|| Node::new(Value::Table(entries)))
    }
}

/// A parameter of a kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindParameterSpec {
    /// Value where a population gives none, with its unit; a bare number is a pure one.
    pub value: Option<ParameterText>,
    /// Unit; without one, that of the value.
    pub unit: Option<String>,
    /// Allowed range: `> 0`, `>= 0`, `< 0`, or `low..high` in the unit of the parameter.
    pub range: Option<String>,
    /// What it is.
    pub doc: Option<String>,
}

impl Section for KindParameterSpec {
    const KEYS: &'static [Key] = &[
        Key {
            name: "value",
            was: None,
            kind: Kind::Value,
            absent: Absent::Nothing,
            doc: "value where a population gives none, with its unit; without one, every population must give it",
        },
        Key {
            name: "unit",
            was: None,
            kind: Kind::Text,
            absent: Absent::Nothing,
            doc: "unit; without one, that of the value",
        },
        Key {
            name: "range",
            was: None,
            kind: Kind::Text,
            absent: Absent::Nothing,
            doc: "allowed values in this unit: `\"> 0\"`, `\">= 0\"`, `\"< 0\"` or `\"low..high\"`",
        },
        Key {
            name: "doc",
            was: None,
            kind: Kind::Text,
            absent: Absent::Nothing,
            doc: "what it is",
        },
    ];
}

impl KeyValue for KindParameterSpec {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        if !matches!(place.node.value, Value::Table(_)) {
            let value = Some(ParameterText::read(place, kind));
            return Self { value, ..Self::nothing() };
        }
        let Some(mut table) = place.table() else { return Self::nothing() };
        let value: Option<ParameterText> = table.read(&Self::KEYS[0]);
        let [unit, range, doc] = [1, 2, 3].map(|i| table.read::<Option<String>>(&Self::KEYS[i]));
        if value.is_none() && unit.is_none() {
            table.missing("value", "the value with its unit, or the unit alone");
        }
        table.finish();
        Self { value, unit, range, doc }
    }

    fn nothing() -> Self {
        Self { value: None, unit: None, range: None, doc: None }
    }

    fn write(&self) -> Option<Node> {
        let text = |text: &Option<String>| text.as_ref().map(|text| Node::text(text));
        let value = self.value.as_ref().and_then(KeyValue::write);
        if self.unit.is_none() && self.range.is_none() && self.doc.is_none() {
            return value;
        }
        let nodes = [value, text(&self.unit), text(&self.range), text(&self.doc)];
        let entries = Self::KEYS.iter().zip(nodes);
        let entries =
            entries.filter_map(|(key, node)| Some((key.name.to_owned(), node?))).collect();
        Some(Node::new(Value::Table(entries)))
    }
}

section! {
    /// Values in time, each held for an interval; the first from t = 0, the last one to the end.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct TimeTableSpec {
        /// time for which each value holds (ms)
        interval: f64 = Quantity(Time, Positive), required;
        /// the values
        values: Vec<f64> = Quantities(Number, Any), required;
        /// their unit
        unit: String = Text, required;
    }
}
