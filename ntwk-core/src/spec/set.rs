//! Setting keys of a file by their path: `simulation.t_stop`, `projections[0].weight`, `projections.E_I.weight`.

use crate::spec::fault::FaultKind;
use crate::spec::key::{Key, Kind};
use crate::spec::nearest::nearest;
use crate::spec::tree::{Node, Value};

/// Gives the key at `path` of a file with the keys `keys` a value, making tables on the way.
///
/// An entry of a list is named by its place; a projection also by its name: `name`, or `SOURCE_TARGET` where it has none. One
/// target of an entry with several is `name_TARGET` or `SOURCE_TARGET` and then gets an entry of its own, at the end; `name` alone
/// is all its targets, in whatever entries they are by then.
///
/// # Errors
/// The fault of a path that leads through something that is not a table, or to an entry that does not exist, with the
/// nearest one that does; or of a name that several entries have, with their paths.
pub fn set(
    root: &mut Node,
    keys: &'static [Key],
    path: &str,
    value: Value,
) -> Result<(), FaultKind> {
    let broken = |rule: String| Err(FaultKind::Combination { rule });
    let (mut node, mut keys) = (root, keys);
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let (key, index) = match part.split_once('[') {
            Some((key, rest)) => match rest.strip_suffix(']').and_then(index_of) {
                Some(index) => (key, Some(index)),
                None => return broken(format!("\"{part}\" is not a key or key[index]")),
            },
            None => (part, None),
        };
        if key.is_empty() {
            return broken(
                "the path of a key is names joined by dots, for example simulation.t_stop"
                    .to_owned(),
            );
        }
        let kind = keys.iter().find(|k| k.name == key).map(|k| k.kind);
        node = entry(node, key)?;
        if let Some(index) = index {
            node = item(node, key, index)?;
        }
        let ends = parts.peek().is_none();
        keys = match kind {
            Some(Kind::Table(inner) | Kind::Flat(inner)) => {
                if !ends {
                    named_preset(node, inner);
                }
                inner
            }
            Some(Kind::Tables(inner))
                if !ends && index.is_none() && matches!(node.value, Value::List(_)) =>
            {
                // A name stands for one item, or for several.
                let rest = parts.by_ref().collect::<Vec<_>>().join(".");
                let Some((name, rest)) = rest.split_once('.') else {
                    let example = inner.first().map_or("weight", |k| k.name);
                    return broken(format!(
                        "expected {key}[index].{example} or {key}.NAME.{example}"
                    ));
                };
                let Value::List(items) = &mut node.value else { return Ok(()) };
                for place in named_items(items, key, name)? {
                    set(&mut items[place], inner, rest, value.clone())?;
                }
                return Ok(());
            }
            Some(Kind::Tables(inner)) => inner,
            Some(Kind::Named(inner)) if index.is_none() => {
                if let Some(name) = parts.next() {
                    // A name that nothing has is a slip, unless a whole entry is given.
                    if parts.peek().is_some() {
                        known_name(node, key, name)?;
                    }
                    node = entry(node, name)?;
                }
                inner
            }
            _ => &[],
        };
    }
    // The value no longer stands on the line of the file.
    *node = Node::new(value);
    Ok(())
}

/// The entry `key` of a table, made when it is absent.
fn entry<'n>(node: &'n mut Node, key: &str) -> Result<&'n mut Node, FaultKind> {
    let Value::Table(entries) = &mut node.value else {
        let rule = format!("\"{key}\" lies inside a value that is not a table");
        return Err(FaultKind::Combination { rule });
    };
    let position = match entries.iter().position(|e| e.0 == key) {
        Some(position) => position,
        None => {
            entries.push((key.to_owned(), Node::new(Value::Table(Vec::new()))));
            entries.len() - 1
        }
    };
    Ok(&mut entries[position].1)
}

/// An item of a list.
fn item<'n>(node: &'n mut Node, key: &str, index: usize) -> Result<&'n mut Node, FaultKind> {
    // Lists made by code get a node for each number when one of them is set.
    match &node.value {
        Value::Numbers(numbers) => {
            let items = numbers.iter().map(|&x| Node::new(Value::Float(x)));
            node.value = Value::List(items.collect());
        }
        Value::Counts(counts) => {
            let number = |&n: &u64| i64::try_from(n).map_or(Value::Float(n as f64), Value::Integer);
            node.value = Value::List(counts.iter().map(|n| Node::new(number(n))).collect());
        }
        _ => {}
    }
    let Value::List(items) = &mut node.value else {
        return Err(FaultKind::Combination { rule: format!("\"{key}\" is not a list") });
    };
    let length = items.len();
    let rule = format!("\"{key}\" has {length} entries");
    items.get_mut(index).ok_or(FaultKind::Combination { rule })
}

/// Writes the name of a preset in the place of a cell as the table it stands for, in which parameters can be set.
fn named_preset(node: &mut Node, keys: &[Key]) {
    if keys.iter().any(|k| k.name == "preset")
        && let Value::String(name) = &node.value
    {
        let name = Node { value: Value::String(name.clone()), line: node.line };
        node.value = Value::Table(vec![("preset".to_owned(), name)]);
    }
}

/// Faults a name that no entry of a table has.
fn known_name(node: &Node, what: &str, name: &str) -> Result<(), FaultKind> {
    let Value::Table(entries) = &node.value else { return Ok(()) };
    if entries.iter().any(|e| e.0 == name) {
        return Ok(());
    }
    let names: Vec<String> = entries.iter().map(|e| e.0.clone()).collect();
    Err(unknown_entry(what, name, &names))
}

fn unknown_entry(what: &str, name: &str, names: &[String]) -> FaultKind {
    let near = nearest(name, names.iter().map(String::as_str));
    let hint = match near {
        Some(near) => format!("did you mean {what}.{near}?"),
        None if names.is_empty() => format!("{what} has no entries"),
        None => format!("there are: {}", names.join(", ")),
    };
    FaultKind::Combination { rule: format!("there is no {what}.{name}; {hint}") }
}

/// The places of the entries called `name` in a list of tables: one, or those that were one entry with several targets.
///
/// One target of an entry with several is given an entry of its own, at the end, so that the others keep theirs.
fn named_items(items: &mut Vec<Node>, key: &str, name: &str) -> Result<Vec<usize>, FaultKind> {
    // All of an entry with this name, also where it was taken apart into entries called name_TARGET.
    let is_part =
        |item: &Node| match (texts_of(item, "name").first(), &texts_of(item, "target")[..]) {
            (Some(own), [target]) => *own == format!("{name}_{target}"),
            _ => false,
        };
    let whole: Vec<usize> = (0..items.len())
        .filter(|&i| texts_of(&items[i], "name").first() == Some(&name) || is_part(&items[i]))
        .collect();
    if whole.iter().filter(|&&i| !is_part(&items[i])).count() <= 1 && !whole.is_empty() {
        return Ok(whole);
    }
    let names: Vec<Vec<String>> = items.iter().map(names_of).collect();
    let places: Vec<usize> =
        (0..names.len()).filter(|&i| names[i].iter().any(|n| n == name)).collect();
    match places[..] {
        [place] if names[place].len() > 1 => {
            let which = names[place].iter().position(|n| n == name).unwrap_or(0);
            let own = take_target(&mut items[place], which);
            items.push(own);
            Ok(vec![items.len() - 1])
        }
        [place] => Ok(vec![place]),
        [] => {
            let names: Vec<String> = names.into_iter().flatten().collect();
            Err(unknown_entry(key, name, &names))
        }
        _ => {
            let paths: Vec<String> = places.iter().map(|i| format!("{key}[{i}]")).collect();
            let rule =
                format!("several entries are called {name}: say which, {}", paths.join(" or "));
            Err(FaultKind::Combination { rule })
        }
    }
}

/// Takes target `which` out of an entry with several, with all other settings.
fn take_target(item: &mut Node, which: usize) -> Node {
    let mut own = item.clone();
    let target = |node: &mut Node| match &mut node.value {
        Value::Table(entries) => entries.iter().position(|e| e.0 == "target"),
        _ => None,
    };
    if let (Some(at), Value::Table(entries), Value::Table(left)) =
        (target(item), &mut own.value, &mut item.value)
        && let Value::List(targets) = &mut left[at].1.value
    {
        entries[at].1 = targets.remove(which);
    }
    // Both keep the names that their projections had, so that what is drawn for them stays the same.
    keep_name(&mut own);
    keep_name(item);
    own
}

/// Gives a named entry that is left with one of several targets the name of its projection.
fn keep_name(item: &mut Node) {
    let name = match (&texts_of(item, "name")[..], &texts_of(item, "target")[..]) {
        ([name], [target]) => format!("{name}_{target}"),
        _ => return,
    };
    if let Value::Table(entries) = &mut item.value
        && let Some(entry) = entries.iter_mut().find(|e| e.0 == "name")
    {
        entry.1 = Node::text(&name);
    }
}

/// A whole number of digits alone.
fn index_of(digits: &str) -> Option<usize> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The text or the texts of a key.
fn texts_of<'n>(item: &'n Node, key: &str) -> Vec<&'n str> {
    match item.locate(key) {
        (Node { value: Value::String(text), .. }, true) => vec![text],
        (Node { value: Value::List(items), .. }, true) => items
            .iter()
            .filter_map(|item| match &item.value {
                Value::String(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What the projections of an entry are called: its `name`, or `name_TARGET` or `SOURCE_TARGET` for each of its targets.
fn names_of(item: &Node) -> Vec<String> {
    let targets = texts_of(item, "target");
    let of = |first: &str| targets.iter().map(|t| format!("{first}_{t}")).collect::<Vec<_>>();
    match texts_of(item, "name").first() {
        Some(name) if targets.len() > 1 => of(name),
        Some(name) => vec![(*name).to_owned()],
        None => texts_of(item, "source").first().map(|source| of(source)).unwrap_or_default(),
    }
}

impl Value {
    /// A number, `true` or `false`, a list of these in brackets, or else text: what a value is when nothing says so.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let items = inner.split(',').filter(|item| !item.trim().is_empty());
            return Self::List(items.map(|item| Node::new(Self::of_text(item))).collect());
        }
        match (text.parse::<i64>(), text.parse::<f64>(), text) {
            (Ok(n), ..) => Self::Integer(n),
            (_, Ok(x), _) => Self::Float(x),
            (.., "true") => Self::Bool(true),
            (.., "false") => Self::Bool(false),
            _ => Self::String(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ModelSpec;
    use crate::spec::key::Section;

    fn table(entries: &[(&str, Value)]) -> Value {
        let entry = |(key, value): &(&str, Value)| ((*key).to_owned(), Node::new(value.clone()));
        Value::Table(entries.iter().map(entry).collect())
    }

    fn tree() -> Node {
        let text = |t: &str| Value::String(t.to_owned());
        let projection = |source: &str, target: &str| {
            Node::new(table(&[("source", text(source)), ("target", text(target))]))
        };
        let mut named = projection("A", "E");
        set(&mut named, &[], "name", text("drive")).unwrap();
        let both = table(&[
            ("source", text("I")),
            ("target", Value::List(vec![Node::text("E"), Node::text("I")])),
        ]);
        let list = vec![
            projection("E", "I"),
            named,
            projection("A", "E"),
            projection("A", "E"),
            Node::new(both),
        ];
        let populations = table(&[("E", table(&[("size", Value::Integer(3))]))]);
        Node::new(table(&[("populations", populations), ("projections", Value::List(list))]))
    }

    #[test]
    fn projections_are_set_by_place_and_by_name() {
        let mut root = tree();
        let mut give = |path: &str| set(&mut root, ModelSpec::KEYS, path, Value::Float(2.0));
        for path in ["projections[0].weight", "projections.E_I.delay", "projections.drive.weight"] {
            give(path).unwrap();
        }
        let fault = |path: &str| {
            set(&mut tree(), ModelSpec::KEYS, path, Value::Float(2.0)).unwrap_err().to_string()
        };
        assert!(root.locate("projections[0].weight").1 && root.locate("projections[0].delay").1);
        assert!(root.locate("projections[1].weight").1 && !root.locate("projections[2].weight").1);
        assert!(fault("projections.A_E.weight").contains("projections[2] or projections[3]"));
        assert!(fault("projections.E_J.weight").contains("did you mean projections.E_I?"));
        assert!(fault("populations.F.size").contains("did you mean populations.E?"));
        assert!(fault("projections[9].weight").contains("has 5 entries"));
        for path in ["projections[0.weight", "projections[0]].weight", "projections[+0].weight"] {
            assert!(fault(path).contains("is not a key or key[index]"), "{path}");
        }
    }

    /// `cell = "RS"` stands for a table, and its parameters can be set.
    #[test]
    fn a_parameter_of_a_cell_that_is_a_name_can_be_set() {
        let mut root = tree();
        set(&mut root, ModelSpec::KEYS, "populations.E.cell", Value::String("RS".to_owned()))
            .unwrap();
        set(&mut root, ModelSpec::KEYS, "populations.E.cell.b", Value::Float(5.0)).unwrap();
        let cell = &root.locate("populations.E.cell").0.value;
        let expected =
            table(&[("preset", Value::String("RS".to_owned())), ("b", Value::Float(5.0))]);
        assert_eq!(cell, &expected);
        // The name itself can still be replaced.
        set(&mut root, ModelSpec::KEYS, "populations.E.cell", Value::String("FS".to_owned()))
            .unwrap();
        assert_eq!(root.locate("populations.E.cell").0.value, Value::String("FS".to_owned()));
    }

    #[test]
    fn one_target_of_several_gets_an_entry_of_its_own() {
        let mut root = tree();
        for (path, value) in [("projections.I_E.weight", 2.0), ("projections.I_E.delay", 3.0)] {
            set(&mut root, ModelSpec::KEYS, path, Value::Float(value)).unwrap();
        }
        let at = |path: &str| root.locate(path).0.value.clone();
        assert_eq!(at("projections[5].target"), Value::String("E".to_owned()));
        assert_eq!(at("projections[5].weight"), Value::Float(2.0));
        assert_eq!(at("projections[5].delay"), Value::Float(3.0));
        let Value::List(left) = at("projections[4].target") else { panic!() };
        assert_eq!(left, [Node::text("I")]);
        assert!(!root.locate("projections[4].weight").1 && !root.locate("projections[6]").1);
    }

    #[test]
    fn a_named_entry_with_several_targets_is_set_whole_and_one_by_one() {
        let mut root = tree();
        set(&mut root, ModelSpec::KEYS, "projections[4].name", Value::String("inh".to_owned()))
            .unwrap();
        let mut give = |path: &str, x: f64| set(&mut root, ModelSpec::KEYS, path, Value::Float(x));
        give("projections.inh.weight", 1.0).unwrap();
        give("projections.inh_E.weight", 2.0).unwrap();
        // All targets again, in the two entries they are in by now.
        give("projections.inh.delay", 3.0).unwrap();
        let said = give("projections.inh_X.delay", 3.0).unwrap_err().to_string();
        assert!(said.contains("did you mean projections.inh_"), "{said}");
        let at = |path: &str| root.locate(path).0.value.clone();
        for (place, name, weight) in [(4, "inh_I", 1.0), (5, "inh_E", 2.0)] {
            let key = |key: &str| at(&format!("projections[{place}].{key}"));
            assert_eq!(key("name"), Value::String(name.to_owned()));
            assert_eq!((key("weight"), key("delay")), (Value::Float(weight), Value::Float(3.0)));
        }
    }

    #[test]
    fn texts_are_numbers_flags_lists_or_texts() {
        assert_eq!(Value::of_text("3"), Value::Integer(3));
        assert_eq!(Value::of_text("-0.5"), Value::Float(-0.5));
        assert_eq!(Value::of_text("true"), Value::Bool(true));
        assert_eq!(Value::of_text("0.5 nS"), Value::String("0.5 nS".to_owned()));
        let two = vec![Node::new(Value::Integer(1)), Node::text("2 ms")];
        assert_eq!(Value::of_text("[1, 2 ms]"), Value::List(two));
    }
}
