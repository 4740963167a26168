//! The rooms of every crate, and the direction of imports between files: no circles but parent and child.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Path of a module below its crate.
type Module = Vec<String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn modules_of(folder: &Path, above: &[String], found: &mut BTreeMap<Module, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            modules_of(&path, &[above, &[name]].concat(), found);
        } else if path.extension().is_some_and(|e| e == "rs") && name != "main" {
            let own = if name == "mod" || name == "lib" { vec![] } else { vec![name] };
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert([above, &own].concat(), code(&text));
        }
    }
}

/// The text without comments, tests and what stands in quotes.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths of a tree of imports: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        if !tree.is_empty() {
            found.push(format!("{prefix}{}", tree.split(" as ").next().unwrap_or_default().trim()));
        }
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let (mut depth, mut start) = (0, open + 1);
    for (at, c) in tree.char_indices().skip(open + 1) {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &tree[start..at], found);
                start = at + 1;
            }
            '}' => {
                expand(&prefix, &tree[start..at], found);
                return;
            }
            _ => {}
        }
    }
}

/// (whether it is passed on to others, path) of every import, and the paths written out in the code.
fn paths(code: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    let mut rest = code;
    let mut outside = String::new();
    while let Some(at) = rest.find("use ") {
        let before = &rest[..at];
        outside += before;
        let starts = before.ends_with(char::is_whitespace) || before.is_empty();
        let Some(end) = rest[at..].find(';').filter(|_| starts) else {
            outside += "use ";
            rest = &rest[at + 4..];
            continue;
        };
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        let mut paths = Vec::new();
        expand("", &rest[at + 4..at + end], &mut paths);
        found.extend(paths.into_iter().map(|path| (line.starts_with("pub"), path)));
        rest = &rest[at + end..];
    }
    outside += rest;
    for start in ["crate::", "super::"] {
        for (at, _) in outside.match_indices(start) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path: String = outside[at..].chars().take_while(|&c| is_path(c)).collect();
            found.push((false, path.trim_end_matches(':').to_owned()));
        }
    }
    found
}

/// Segments of a path as seen in `module`, below the crate; `None` for another crate's.
fn absolute(module: &[String], path: &str, all: &BTreeMap<Module, String>) -> Option<Module> {
    let mut segments: Vec<String> = path.split("::").map(|s| s.trim().to_owned()).collect();
    let mut base = module.to_vec();
    match segments[0].as_str() {
        "crate" => base.clear(),
        "self" => {}
        "super" => {
            while segments.first().is_some_and(|s| s == "super") {
                base.pop();
                segments.remove(0);
            }
            return Some([base, segments].concat());
        }
        first => {
            return all
                .contains_key(&[module, &[first.to_owned()]].concat())
                .then(|| [base, segments].concat());
        }
    }
    segments.remove(0);
    Some([base, segments].concat())
}

/// The module that a path ends in, following what other modules pass on.
fn owner(
    mut path: Module,
    all: &BTreeMap<Module, String>,
    passed_on: &BTreeMap<(Module, String), Module>,
) -> Module {
    for _ in 0..8 {
        let depth = (0..=path.len()).rev().find(|&n| all.contains_key(&path[..n])).unwrap_or(0);
        let module = path[..depth].to_vec();
        let Some(item) = path.get(depth) else { return module };
        match passed_on.get(&(module.clone(), item.clone())) {
            Some(from) => path = from.clone(),
            None => return module,
        }
    }
    path
}

/// Whether `to` can be reached from `from`.
fn reaches(graph: &BTreeMap<Module, BTreeSet<Module>>, from: &Module, to: &Module) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        for other in graph.get(module).into_iter().flatten() {
            if other == to {
                return true;
            }
            if seen.insert(other) {
                next.push(other);
            }
        }
    }
    false
}

fn circles(package: &str) -> Vec<String> {
    let mut all = BTreeMap::new();
    modules_of(&root().join(package).join("src"), &[], &mut all);
    let mut passed_on = BTreeMap::new();
    for (module, text) in &all {
        for (public, path) in paths(text) {
            if let Some(path) = absolute(module, &path, &all).filter(|_| public)
                && let Some(item) = path.last()
            {
                passed_on.insert((module.clone(), item.clone()), path);
            }
        }
    }
    let mut graph: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, text) in &all {
        for (_, path) in paths(text) {
            let Some(path) = absolute(module, &path, &all) else { continue };
            let other = owner(path, &all, &passed_on);
            let related = other.starts_with(module) || module.starts_with(&other);
            if !related {
                graph.entry(module.clone()).or_default().insert(other);
            }
        }
    }
    assert!(graph.len() > 2, "{package}: no imports were found");
    let in_circle = graph.keys().filter(|module| reaches(&graph, module, module));
    in_circle.map(|module| format!("{package}: {}", module.join("::"))).collect()
}

#[test]
fn imports_make_no_circles() {
    let libraries = [
        "ntwk-core",
        "ntwk-cells",
        "ntwk-meanfield",
        "ntwk-morpho",
        "ntwk-analysis",
        "ntwk-io",
        "ntwk-plot",
        "ntwk",
        "ntwk-py",
    ];
    let found: Vec<String> = libraries.into_iter().flat_map(circles).collect();
    assert_eq!(found, Vec::<String>::new(), "modules that import each other in a circle");
}

#[test]
fn a_circle_is_found() {
    let all: BTreeMap<Module, String> = [("a", "use crate::b::{C, d::E};"), ("b", "")]
        .map(|(name, text)| (vec![name.to_owned()], text.to_owned()))
        .into();
    let found = paths(&all[&vec!["a".to_owned()]]);
    assert_eq!(
        found.iter().map(|p| p.1.as_str()).collect::<Vec<_>>(),
        ["crate::b::C", "crate::b::d::E"]
    );
    let path = absolute(&["a".to_owned()], "crate::b::C", &all).unwrap();
    assert_eq!(owner(path, &all, &BTreeMap::new()), ["b"]);
    let to = |name: &str| BTreeSet::from([vec![name.to_owned()]]);
    let graph = BTreeMap::from([(vec!["a".to_owned()], to("b")), (vec!["b".to_owned()], to("a"))]);
    assert!(reaches(&graph, &vec!["a".to_owned()], &vec!["a".to_owned()]));
}

/// What stands at the top of a crate, so that a new file finds its room instead of the hall.
#[test]
fn every_file_has_its_room() {
    let rooms: [(&str, &[&str]); 5] = [
        (
            "ntwk-core",
            &["engine", "equations", "job", "kernel", "lib", "model", "ranks", "recording", "spec"],
        ),
        (
            "ntwk-meanfield",
            &[
                "bifurcation",
                "dynamics",
                "error",
                "fit",
                "lib",
                "moments",
                "prediction",
                "reference",
                "scan",
                "spatial",
                "system",
                "transfer",
            ],
        ),
        (
            "ntwk-morpho",
            &[
                "error",
                "extracellular",
                "geometry",
                "lib",
                "membrane",
                "mesh",
                "network",
                "parameter_error",
                "solver",
                "spec",
                "studies",
                "units",
            ],
        ),
        (
            "ntwk",
            &[
                "compare",
                "error",
                "figures",
                "lib",
                "prelude",
                "reference",
                "report",
                "run",
                "starter",
                "studies",
                "sweep",
            ],
        ),
        (
            "ntwk-py",
            &[
                "arrays",
                "cell",
                "command_line",
                "comparison",
                "computation",
                "dictionary",
                "error",
                "figure",
                "lib",
                "model",
                "recording",
                "run",
                "simulation",
                "stored",
                "studies",
                "sweep",
                "theory",
                "transfer",
                "tree",
            ],
        ),
    ];
    for (package, expected) in rooms {
        let folder = root().join(package).join("src");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        found.sort();
        assert_eq!(
            found, expected,
            "{package}/src: a file without a room, or a room without a name here"
        );
    }
}

/// One style of modules: a module with children is a folder with `mod.rs`.
#[test]
fn modules_with_children_are_folders() {
    let mut files = Vec::new();
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else {
                files.push(path);
            }
        }
    }
    for package in [
        "ntwk-core",
        "ntwk-cells",
        "ntwk-meanfield",
        "ntwk-morpho",
        "ntwk-analysis",
        "ntwk-io",
        "ntwk-plot",
        "ntwk",
        "ntwk-cli",
        "ntwk-py",
    ] {
        walk(&root().join(package).join("src"), &mut files);
    }
    for file in files {
        let children = file.with_extension("");
        let is_rust = file.extension().is_some_and(|e| e == "rs");
        assert!(
            !is_rust || !children.is_dir(),
            "{}: move it to mod.rs of its folder",
            file.display()
        );
    }
}
