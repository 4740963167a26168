//! Node sets: nodes by the name of a set or of a population, by numbers, by properties of their types.

use std::collections::BTreeSet;

use ntwk_core::spec::nearest::nearest;
use ntwk_core::spec::tree::{Node, Value};

use super::config::Config;
use super::nodes::{NodePopulation, Nodes};
use super::{Importer, number_of};

/// A set may name sets, which may name sets: so deep and no deeper.
const DEEPEST: usize = 16;

/// A population, and those of its nodes that a set chooses; `None` for all.
pub(super) type Chosen<'n> = (&'n NodePopulation, Option<Vec<u64>>);

/// The nodes that `node` means: `"all"`, the name of a node set or of a population; a table of conditions that all hold (`population`,
/// `node_id`, properties of types); or a list of sets, whose nodes are taken together.
pub(super) fn node_set<'n>(
    key: &str,
    node: Option<&Node>,
    (config, nodes): (&Config, &'n Nodes),
    import: &mut Importer,
) -> Vec<Chosen<'n>> {
    let Some(node) = node else {
        import.broken(key, None, "missing; expected a population of nodes or a node set");
        return Vec::new();
    };
    match chosen(node, config, nodes, 0) {
        Ok(found) => found,
        Err(rule) => {
            import.broken(key, Some(node), rule);
            Vec::new()
        }
    }
}

fn chosen<'n>(
    node: &Node,
    config: &Config,
    nodes: &'n Nodes,
    depth: usize,
) -> Result<Vec<Chosen<'n>>, String> {
    if depth > DEEPEST {
        return Err("node sets that name each other without an end".to_owned());
    }
    match &node.value {
        Value::String(name) => {
            if let Some((_, set)) = config.node_sets.iter().find(|(key, _)| key == name) {
                return chosen(set, config, nodes, depth + 1);
            }
            if name == "all" {
                let cells = nodes.populations.iter().filter(|p| !p.is_virtual);
                return Ok(cells.map(|p| (p, None)).collect());
            }
            nodes.population(name).map(|p| vec![(p, None)]).ok_or_else(|| {
                let populations = nodes.populations.iter().map(|p| p.name.as_str());
                let names: Vec<&str> =
                    populations.chain(config.node_sets.iter().map(|(k, _)| k.as_str())).collect();
                let near = nearest(name, names.iter().copied());
                let near = near.map_or_else(String::new, |n| format!("; nearest: {n}"));
                format!(
                    "must name a population of nodes or a node set; there are: {}{near}",
                    names.join(", ")
                )
            })
        }
        Value::List(sets) => {
            let mut all: Vec<Chosen<'n>> = Vec::new();
            for set in sets {
                for (population, ids) in chosen(set, config, nodes, depth + 1)? {
                    match all.iter_mut().find(|(p, _)| p.name == population.name) {
                        None => all.push((population, ids)),
                        Some((_, known)) => {
                            *known = known.take().zip(ids).map(|(a, b)| {
                                let both: BTreeSet<u64> = a.into_iter().chain(b).collect();
                                both.into_iter().collect()
                            });
                        }
                    }
                }
            }
            Ok(all)
        }
        Value::Table(conditions) => by_conditions(conditions, nodes),
        _ => {
            Err("expected the name of a population or a node set, or a table of conditions"
                .to_owned())
        }
    }
}

/// Whether a property has a value, or one of several.
fn holds(property: &str, wanted: &Node) -> bool {
    match &wanted.value {
        Value::List(any) => any.iter().any(|one| holds(property, one)),
        Value::String(text) => text == property,
        _ => number_of(wanted).is_some_and(|x| property.parse() == Ok(x)),
    }
}

fn by_conditions<'n>(
    conditions: &[(String, Node)],
    nodes: &'n Nodes,
) -> Result<Vec<Chosen<'n>>, String> {
    let mut found: Vec<Chosen<'n>> = Vec::new();
    let named = conditions.iter().find(|(key, _)| key == "population").map(|(_, node)| node);
    for population in &nodes.populations {
        let is_meant = match named {
            Some(wanted) => holds(&population.name, wanted),
            None => !population.is_virtual,
        };
        if is_meant {
            found.push((population, None));
        }
    }
    if found.is_empty() {
        let names: Vec<&str> = nodes.populations.iter().map(|p| p.name.as_str()).collect();
        return Err(format!(
            "there is no such population of nodes; there are: {}",
            names.join(", ")
        ));
    }
    for (key, wanted) in conditions.iter().filter(|(key, _)| key != "population") {
        if matches!(key.as_str(), "node_id" | "node_ids") {
            let ids: Option<Vec<u64>> = match &wanted.value {
                Value::List(items) => items.iter().map(whole).collect(),
                _ => whole(wanted).map(|id| vec![id]),
            };
            let ids = ids.ok_or_else(|| format!("{key} must be numbers of nodes"))?;
            for (_, kept) in &mut found {
                *kept = Some(match kept.take() {
                    None => ids.clone(),
                    Some(kept) => kept.into_iter().filter(|id| ids.contains(id)).collect(),
                });
            }
            continue;
        }
        let groups = || found.iter().flat_map(|(p, _)| &p.groups);
        if !groups().any(|g| g.properties.contains_key(key)) {
            let known: BTreeSet<&str> =
                groups().flat_map(|g| g.properties.keys().map(String::as_str)).collect();
            let known: Vec<&str> = known.into_iter().collect();
            return Err(format!(
                "no type of these nodes has a property {key}; there are: population, node_id, {}",
                known.join(", ")
            ));
        }
        for (population, kept) in &mut found {
            let of_type = |id: &u64| {
                let group = population.places.get(id).map(|place| &population.groups[place.0]);
                group.and_then(|g| g.properties.get(key)).is_some_and(|p| holds(p, wanted))
            };
            let all = kept.take().unwrap_or_else(|| population.places.keys().copied().collect());
            *kept = Some(all.into_iter().filter(of_type).collect());
        }
    }
    found.retain(|(_, kept)| kept.as_ref().is_none_or(|ids| !ids.is_empty()));
    if found.is_empty() { Err("no node meets these conditions".to_owned()) } else { Ok(found) }
}

/// The number of a node.
fn whole(node: &Node) -> Option<u64> {
    number_of(node).filter(|x| *x >= 0.0 && x.fract() == 0.0).map(|x| x as u64)
}
