//! The unit of a key of a model, and values of an axis in one unit.

use ntwk_core::spec::key::{Key, Kind, Section, find};
use ntwk_core::{Dimension, Model, ModelSpec};

/// The unit in which a bare number at `path` is read; `None` for a pure number, and where it depends on more than the path.
pub(super) fn unit_of(model: &Model, path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('.').map(|p| p.split('[').next().unwrap_or(p)).collect();
    let unit = |dimension: Dimension| Some(dimension.unit()).filter(|unit| !unit.is_empty());
    match parts[..] {
        ["populations", name, "cell", parameter] => {
            let population = model.populations().iter().find(|p| p.name == name)?;
            let known = population.parameter_table.iter().find(|p| p.name == parameter)?;
            unit(known.dimension)
        }
        ["projections", .., "weight"] => {
            let mut units = model
                .projections()
                .iter()
                .map(|p| model.receptors()[p.receptor].kind.dimension().unit());
            let first = units.next()?;
            units.all(|other| other == first).then_some(first)
        }
        // A value, a distribution, or a table of its own.
        ["projections", .., "delay"] => unit(Dimension::Time),
        _ => dimension_at(ModelSpec::KEYS, &parts).and_then(unit),
    }
}

fn dimension_at(keys: &'static [Key], parts: &[&str]) -> Option<Dimension> {
    let (first, rest) = parts.split_first()?;
    let key = find(keys, first)?;
    match (key.kind, rest) {
        (Kind::Quantity(dimension, _) | Kind::Quantities(dimension, _), _)
        | (Kind::Waveform(dimension) | Kind::Distribution(dimension), []) => Some(dimension),
        (Kind::Table(inner) | Kind::Flat(inner), _) => dimension_at(inner, rest),
        (Kind::Tables(inner), _) => {
            // By index, or by a name after the key.
            dimension_at(inner, rest).or_else(|| dimension_at(inner, rest.get(1..)?))
        }
        (Kind::Named(inner), [_, rest @ ..]) => dimension_at(inner, rest),
        _ => None,
    }
}

/// Numbers with units, in one unit: that of the dimension of those that have one, in which bare numbers are read too. `None` where
/// they are not of one dimension.
pub(super) fn in_one_unit(values: &[(f64, String)]) -> Option<(Vec<f64>, String)> {
    let symbol = &values.iter().find(|v| !v.1.is_empty())?.1;
    let dimension = DIMENSIONS.into_iter().find(|d| d.has_unit(symbol))?;
    let read = |(number, unit): &(f64, String)| match unit.as_str() {
        "" => dimension.bare(*number).ok(),
        unit => dimension.parse(&format!("{number} {unit}")).ok(),
    };
    let numbers = values.iter().map(read).collect::<Option<_>>()?;
    Some((numbers, dimension.unit().to_owned()))
}

/// Dimensions whose units stand in values of an axis.
const DIMENSIONS: [Dimension; 16] = [
    Dimension::Time,
    Dimension::Voltage,
    Dimension::Capacitance,
    Dimension::Conductance,
    Dimension::Current,
    Dimension::Resistance,
    Dimension::ConductanceDensity,
    Dimension::SpecificCapacitance,
    Dimension::Resistivity,
    Dimension::Concentration,
    Dimension::Temperature,
    Dimension::Rate,
    Dimension::PerTime,
    Dimension::Length,
    Dimension::Speed,
    Dimension::Number,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(non_snake_case)]
    fn mixed_units_become_one() {
        let of = |values: &[(f64, &str)]| {
            let values: Vec<_> = values.iter().map(|&(x, u)| (x, u.to_owned())).collect();
            in_one_unit(&values)
        };
        let pA = |x: &[f64]| Some((x.to_vec(), "pA".to_owned()));
        assert_eq!(of(&[(0.0, ""), (40.0, "pA")]), pA(&[0.0, 40.0]));
        assert_eq!(of(&[(0.02, "nA"), (40.0, "pA"), (60.0, "")]), pA(&[20.0, 40.0, 60.0]));
        assert_eq!(of(&[(5.0, "%"), (0.1, "")]), Some((vec![0.05, 0.1], String::new())));
        assert_eq!(of(&[(5.0, "mV"), (40.0, "pA")]), None);
        assert_eq!(of(&[(5.0, "bananas"), (4.0, "")]), None);
    }

    #[test]
    fn keys_have_their_units() {
        let text = "[simulation]\nt_stop = 100\n[receptors.exc]\nE_rev = 0\ntau_syn = 5\n\
            [populations.E]\nsize = 10\ncell = { preset = 'RS' }\n[afferents.A]\nsize = 5\nrate = 4\n\
            [[projections]]\nsource = 'A'\ntarget = 'E'\nreceptor = 'exc'\nweight = 1\n\
            connection = { rule = 'all_to_all' }\n";
        let tree = ntwk_io::parse_tree(text, ntwk_io::Notation::Toml).unwrap();
        let model = Model::from_tree(&tree, &ntwk_cells::library()).unwrap();
        for (path, unit) in [
            ("populations.E.cell.b", Some("pA")),
            ("populations.E.I_e", Some("pA")),
            ("populations.E.size", None),
            ("afferents.A.rate", Some("Hz")),
            ("projections[0].weight", Some("nS")),
            ("projections.A_E.weight", Some("nS")),
            ("projections.A_E.delay", Some("ms")),
            ("projections[0].delay", Some("ms")),
            ("receptors.exc.tau_syn", Some("ms")),
            ("receptors.exc.E_rev", Some("mV")),
            ("simulation.dt", Some("ms")),
            ("projections.A_E.connection.probability", None),
        ] {
            assert_eq!(unit_of(&model, path), unit, "{path}");
        }
    }
}
