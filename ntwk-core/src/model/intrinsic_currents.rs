//! Kinds of cells with currents of their own.

use crate::equations::{unit_of_quantity, with_prefix};
use crate::model::cell::{CellKind, WrittenEquations};
use crate::spec::{
    CurrentSpec, KindParameterSpec, KindSpec, Named, ParameterText, SpikeSpec, Texts,
};

/// A kind of ntwk as a model file would declare it; `None` where it has no equations of that form.
pub(super) fn written(kind: &dyn CellKind) -> Option<KindSpec> {
    let WrittenEquations { variables, equations, when, then, refractory, hold } =
        kind.equations()?;
    let text = |text: &str| text.to_owned();
    let units = variables.iter().map(|(name, unit)| (text(name), text(unit))).collect();
    let mut parameters = Named::new();
    for parameter in kind.parameters() {
        let unit = match parameter.dimension.unit() {
            "" => "1",
            unit => unit,
        };
        let spec = KindParameterSpec {
            value: None,
            unit: Some(text(unit)),
            range: None,
            doc: Some(text(parameter.doc)),
        };
        parameters.insert(text(parameter.name), spec);
    }
    Some(KindSpec {
        doc: Some(text(kind.doc().lines().next().unwrap_or_default())),
        spike: Some(SpikeSpec {
            when: text(when),
            then: Some(text(then)),
            refractory: refractory.map(text),
            until: None,
            hold: Some(hold.iter().map(|name| text(name)).collect()),
        }),
        parameters,
        ..KindSpec::of(Texts(units), text(equations))
    })
}

/// What the value of a parameter that differs between neurons is called where it is the same for all: their mean.
const MEAN: &str = "mean_of_";

/// Makes parameters variables of each neuron, which start from what was the parameter and stand still.
pub(super) fn vary(kind: &mut KindSpec, distributed: &[String]) {
    let parameters = std::mem::take(&mut kind.parameters);
    for (name, parameter) in parameters {
        if !distributed.contains(&name) {
            kind.parameters.insert(name, parameter);
            continue;
        }
        let unit = match (&parameter.unit, &parameter.value) {
            (Some(unit), _) => unit.clone(),
            (None, Some(ParameterText::Text(text))) => {
                unit_of_quantity(text).unwrap_or_default().to_string()
            }
            (None, _) => "1".to_owned(),
        };
        kind.variables.0.push((name.clone(), unit));
        kind.init.0.push((name.clone(), format!("{MEAN}{name}")));
        kind.parameters.insert(format!("{MEAN}{name}"), parameter);
    }
}

/// Adds currents to a kind: their names become definitions, and what is theirs begins with their name.
pub(super) fn add(kind: &mut KindSpec, currents: &[(String, CurrentSpec)]) {
    for (name, current) in currents {
        let mut own: Vec<&str> = current.variables.0.iter().map(|v| v.0.as_str()).collect();
        own.extend(current.parameters.keys().map(String::as_str));
        own.extend(current.tables.keys().map(String::as_str));
        let equations = current.equations.as_deref().unwrap_or_default();
        // Definitions of its own, too.
        let defined: Vec<&str> = equations
            .split(['\n', ';'])
            .filter_map(|line| line.split_once('=').map(|(left, _)| left.trim()))
            .filter(|left| !left.contains(['/', '\'']) && !left.is_empty())
            .collect();
        own.extend(defined);
        let renamed = |text: &str| with_prefix(text, &own, name);
        kind.equations = Some(format!(
            "{}\n{name} = {}\n{}",
            kind.equations().trim_end(),
            renamed(&current.current),
            renamed(equations)
        ));
        let prefixed = |of: &str| format!("{name}_{of}");
        kind.variables
            .0
            .extend(current.variables.0.iter().map(|(of, unit)| (prefixed(of), unit.clone())));
        kind.init.0.extend(current.init.0.iter().map(|(of, text)| (prefixed(of), renamed(text))));
        for (of, parameter) in &current.parameters {
            kind.parameters.insert(prefixed(of), parameter.clone());
        }
        for (of, table) in &current.tables {
            kind.tables.insert(prefixed(of), table.clone());
        }
    }
}
