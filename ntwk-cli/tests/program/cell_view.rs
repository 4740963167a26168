//! `ntwk morpho view`: what its pages hold, and what it refuses.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{ntwk, path};

/// The data of a page.
fn data(page: &Path) -> Value {
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    // Nothing is loaded from elsewhere.
    for outside in ["http:", "https:", "src=", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let of = |id: &str| -> Value {
        let (_, rest) = html.split_once(&format!("id=\"{id}\">")).unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    };
    assert!(of("cell-look")["sequential"].as_array().unwrap().len() > 2);
    of("cell-data")
}

fn count(value: &Value) -> usize {
    value.as_array().unwrap().len()
}

#[test]
fn a_morphology_and_a_cell_have_pages() {
    let folder = tempfile::tempdir().unwrap();
    let swc = path("ntwk-morpho/tests/data/pyramidal.swc");
    ntwk(&folder, 0, &["morpho", "view", &swc, "-o", "swc.html", "--dark"]);
    let page = data(&folder.path().join("swc.html"));
    ntwk(&folder, 0, &["morpho", "info", &swc, "--out", "info", "-q"]);
    let csv = std::fs::read_to_string(folder.path().join("info/branches.csv")).unwrap();
    assert_eq!(count(&page["branches"]), csv.lines().count() - 1);
    assert!(count(&page["segments"]["branch"]) >= count(&page["branches"]));
    assert_eq!(count(&page["segments"]["compartment"]), 0);
    assert_eq!((count(&page["quantities"]), count(&page["times"])), (0, 0));
    assert_eq!(page["regions"][0], "soma");

    let cell = path("examples/dendritic-integration/cell.toml");
    ntwk(&folder, 0, &["morpho", "view", &cell, "-o", "cell.html"]);
    let page = data(&folder.path().join("cell.html"));
    let segments = &page["segments"];
    let n = count(&segments["branch"]);
    assert!(n > count(&page["compartments"]));
    for list in ["compartment", "x", "from", "to"] {
        assert_eq!(count(&segments[list]), n, "{list}");
    }
    let electrotonic = &page["quantities"][0];
    assert_eq!(electrotonic["name"], "electrotonic distance from the soma");
    assert_eq!(count(&electrotonic["values"][0]), count(&page["compartments"]));
    assert_eq!(electrotonic["range"][0], 0.0);
    let marks = page["marks"].as_array().unwrap();
    let marked: Vec<(&str, usize)> =
        marks.iter().map(|m| (m["name"].as_str().unwrap(), count(&m["at"]))).collect();
    assert_eq!(marked[0], ("cluster", 8));
    assert!(marked.contains(&("inhibition", 60)) && marked.contains(&("electrodes", 1)));
    assert!(marked.contains(&("recorded", 3)), "{marked:?}");
}

/// A run of a few milliseconds that records everywhere.
fn run(folder: &TempDir, extra: &[&str]) {
    let cell = path("examples/dendritic-integration/cell.toml");
    let always = ["morpho", "run", &cell, "-q", "--out", "run", "--set", "simulation.t_stop=10"];
    ntwk(folder, 0, &[&always[..], extra].concat());
}

#[test]
fn a_run_has_what_it_recorded_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let record = [
        "--set",
        "record.voltage=[\"all\"]",
        "--set",
        "record.axial=[\"soma\"]",
        "--set",
        "electrodes[0].at=tip",
    ];
    run(&folder, &record);
    ntwk(&folder, 0, &["morpho", "view", "run/results.h5"]);
    let page = data(&folder.path().join("run/results.html"));
    let n = count(&page["compartments"]);
    assert_eq!((page["title"].as_str(), count(&page["times"])), (Some("Pyramidal cell"), 101));
    let [voltage, axial] = [0, 1].map(|k| &page["quantities"][k]);
    assert_eq!((voltage["name"].as_str(), voltage["unit"].as_str()), (Some("voltage"), Some("mV")));
    assert_eq!((count(&voltage["compartments"]), count(&voltage["values"])), (n, 101));
    assert_eq!((axial["name"].as_str(), count(&axial["values"][0])), (Some("axial current"), 1));
    // The tree is that of the cell, and the values are those of the file.
    let cell = path("examples/dendritic-integration/cell.toml");
    ntwk(&folder, 0, &["morpho", "view", &cell, "-o", "cell.html"]);
    let alone = data(&folder.path().join("cell.html"));
    for part in ["segments", "branches", "compartments", "regions"] {
        assert_eq!(page[part], alone[part], "{part}");
    }
    let csv = std::fs::read_to_string(folder.path().join("run/traces.csv")).unwrap();
    let last: Vec<f64> =
        csv.lines().last().unwrap().split(',').map(|v| v.parse().unwrap()).collect();
    for k in [0, 7, n - 1] {
        let shown = voltage["values"][100][k].as_f64().unwrap();
        assert!((shown - last[1 + k]).abs() < 1e-3, "{k}: {shown} {}", last[1 + k]);
    }
    // An electrode is where the run had it, whatever the text of the cell file says.
    let marks = page["marks"].as_array().unwrap();
    let electrodes = marks.iter().find(|m| m["kind"] == "electrode").unwrap();
    assert_eq!((electrodes["names"][0].as_str(), count(&electrodes["at"])), (Some("tip"), 1));

    let part = ["--from", "2", "--to", "6", "--every", "0.5", "-o", "part.html"];
    ntwk(&folder, 0, &[&["morpho", "view", "run/results.h5"][..], &part].concat());
    let page = data(&folder.path().join("part.html"));
    assert_eq!((count(&page["times"]), page["times"][1].as_f64()), (9, Some(2.5)));
}

#[test]
fn what_cannot_be_shown_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    run(&folder, &[]);
    let refused = |args: &[&str], words: &[&str]| {
        let text = ntwk(&folder, 2, &[&["morpho", "view"][..], args].concat());
        assert!(words.iter().all(|w| text.contains(w)), "{args:?}: {text}");
    };
    let cell = path("examples/dendritic-integration/cell.toml");
    refused(&["run/results.h5", "--from", "50"], &["run/results.h5", "0 to 10 ms"]);
    refused(&["run/results.h5", "--every", "0"], &["every = 0 ms", "above 0"]);
    refused(&[&cell, "--to", "5"], &["cell.toml", "--to is for results.h5"]);
    assert!(ntwk(&folder, 1, &["morpho", "view", "none.h5"]).contains("none.h5"));
    refused(&[&path("examples/coba/model.toml")], &["network of point neurons"]);
    refused(&["run/results.h5", "-o", "run/traces.csv"], &["ends in .html"]);
}
