//! Twenty small SWC files under the soma rules that are named after programs, against those programs.

use crate::common::{data, number, reached};
use ntwk_morpho::geometry::swc::{SomaRule, SomaShape, SwcFault, SwcOptions, read};
use ntwk_morpho::membrane::channels::Leak;
use ntwk_morpho::{
    Branch, Cell, Discretisation, Impedance, Location, Measures, Morphology, Region, Selection,
};
use serde_json::Value;

const FILE: &str = "soma_rules.json";

fn text(file: &Value) -> String {
    let lines = file["swc"].as_array().unwrap();
    lines.iter().map(|l| format!("{}\n", l.as_str().unwrap())).collect()
}

fn under(rule: SomaRule) -> SwcOptions {
    SwcOptions { soma: rule, ..SwcOptions::default() }
}

/// x, y, z and diameter of every sample.
fn points(b: &Branch) -> Vec<[f64; 4]> {
    let point = |p: [f64; 3], r: f64| [p[0], p[1], p[2], 2.0 * r];
    b.samples.iter().map(|s| point(s.position, s.radius)).collect()
}

fn apart(ours: &[[f64; 4]], theirs: &[Value]) -> f64 {
    if ours.len() != theirs.len() {
        return f64::INFINITY;
    }
    let off =
        |a: &[f64; 4], b: &Value| (0..4).map(|k| (a[k] - number(&b[k])).abs()).fold(0.0, f64::max);
    ours.iter().zip(theirs).map(|(a, b)| off(a, b)).fold(0.0, f64::max)
}

/// The branch of a section, by its points and name.
fn branch_of(m: &Morphology, section: &Value) -> usize {
    let name = section["name"].as_str().unwrap();
    let region = match name.split('[').next().unwrap() {
        "soma" => Region::Soma,
        "axon" => Region::Axon,
        "dend" => Region::Basal,
        "apic" => Region::Apical,
        "dend_5" => Region::Custom(5),
        other => panic!("{other}"),
    };
    let theirs = section["points"].as_array().unwrap();
    let found = |b: &&Branch| b.region == region && apart(&points(b), theirs) < 1e-9;
    m.branches()
        .iter()
        .position(|b| found(&b))
        .unwrap_or_else(|| panic!("{name}: {:?}", m.branches()))
}

/// Input resistance (MΩ) at a place, with compartments of at most 1 µm, odd in number.
fn input_resistance(m: &Morphology, at: Location) -> f64 {
    let odd = |length: f64| 2 * (length / 2.0).floor() as usize + 1;
    let numbers: Vec<(usize, usize)> =
        m.branches().iter().enumerate().map(|(i, b)| (i, odd(b.length()))).collect();
    let c = m.compartments_with(&Discretisation::MaxLength(1.0), &numbers).unwrap();
    let mut cell = Cell::new(c, 1.0, 150.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    Impedance::new(&cell, 0.0, -70.0, 6.3).unwrap().input(at).unwrap().re
}

#[test]
fn the_rule_neuron_is_the_import_of_neuron() {
    let (mut points_off, mut sizes_off, mut resistance_off, mut equal) = (0f64, 0f64, 0f64, 0);
    for (name, file) in data(FILE)["files"].as_object().unwrap() {
        let reading = read(text(file).as_bytes(), &under(SomaRule::Neuron));
        if name == "contour" {
            // NEURON makes a thin cable around the soma of it.
            let faults = reading.unwrap_err().faults;
            let shape = SomaShape::Contour;
            assert!(matches!(faults[0], SwcFault::UnsupportedSoma { shape: s, .. } if s == shape));
            continue;
        }
        let m = reading.unwrap_or_else(|e| panic!("{name}: {e}")).morphology;
        if name == "unsorted" {
            // NEURON fails; sorted, it is a soma of one sample with one neurite.
            assert_eq!(m.branches().len(), 2);
            assert_eq!(m.measures_of(Region::Basal).length, 100.0);
            continue;
        }
        let sections = file["neuron"]["sections"].as_array().unwrap();
        assert_eq!(m.branches().len(), sections.len(), "{name}");
        for s in sections {
            let b = branch_of(&m, s);
            let branch = &m.branches()[b];
            points_off = points_off.max(apart(&points(branch), s["points"].as_array().unwrap()));
            let off = |ours: f64, theirs: &Value| (ours / number(theirs) - 1.0).abs();
            sizes_off = sizes_off.max(off(branch.length(), &s["L"]));
            sizes_off = sizes_off.max(off(branch.area(), &s["area_3d"]));
            let parent = sections.iter().find(|p| p["name"] == s["parent"]);
            let theirs = parent.map(|p| (branch_of(&m, p), number(&s["parent_x"])));
            assert_eq!(branch.parent.map(|at| (at.branch, at.x)), theirs, "{name}, {}", s["name"]);
        }
        for (place, theirs) in file["neuron"]["R_in_MOhm"].as_object().unwrap() {
            let (section, x) = place.trim_end_matches(')').split_once('(').unwrap();
            let section = sections.iter().find(|s| s["name"] == section).unwrap();
            let at = Location::new(branch_of(&m, section), x.parse().unwrap());
            let off = (input_resistance(&m, at) / number(theirs) - 1.0).abs();
            assert!(off < 1e-4, "{name}, {place}: {off}");
            resistance_off = resistance_off.max(off);
        }
        equal += 1;
    }
    assert_eq!(equal, 18);
    reached(FILE, "points of NEURON's sections, 18 files", points_off, 1e-9, "um");
    reached(FILE, "length and area of NEURON's sections", sizes_off, 1e-6, "relative");
    reached(FILE, "input resistance in NEURON", resistance_off, 1e-4, "relative");
}

#[test]
fn the_rule_arbor_is_the_literal_reader_of_arbor() {
    let mut equal = 0;
    let mut worst = 0f64;
    for (name, file) in data(FILE)["files"].as_object().unwrap() {
        let reading = read(text(file).as_bytes(), &under(SomaRule::Arbor));
        if file["arbor"] == "refused" {
            assert!(reading.is_err(), "{name}");
            continue;
        }
        let m: Measures = reading.unwrap_or_else(|e| panic!("{name}: {e}")).morphology.measures();
        let off = |ours: f64, theirs: &Value| (ours / number(theirs) - 1.0).abs();
        worst = worst.max(off(m.area, &file["arbor"]["area_um2"]));
        worst = worst.max(off(m.length, &file["arbor"]["length_um"]));
        assert!(worst < 1e-6, "{name}: {worst}");
        equal += 1;
    }
    assert_eq!(equal, 13);
    reached(FILE, "length and area in Arbor, 13 files", worst, 1e-6, "relative");
}

/// The area of the soma and the lengths and starts of all neurites. A contour is refused here; what MorphIO refuses beyond
/// that (a type that changes without a fork) is split.
#[test]
fn the_rule_morphio_reads_as_morphio() {
    let mut equal = 0;
    let mut worst = 0f64;
    for (name, file) in data(FILE)["files"].as_object().unwrap() {
        let options = SwcOptions {
            other_trees: ntwk_morpho::geometry::swc::OtherTrees::Attach,
            ..under(SomaRule::Morphio)
        };
        let reading = read(text(file).as_bytes(), &options);
        if file["morphio"] == "refused" {
            assert!(reading.is_err() || name == "type_change", "{name}");
            continue;
        }
        if name == "contour" || name == "no_soma" {
            assert!(reading.is_err(), "{name}");
            continue;
        }
        let m = reading.unwrap_or_else(|e| panic!("{name}: {e}")).morphology;
        let surface = number(&file["morphio"]["soma_surface_um2"]);
        worst = worst.max((m.measures_of(Region::Soma).area / surface - 1.0).abs());
        assert!(worst < 1e-6, "{name}: {worst}");
        // A section without length has no membrane.
        let mut theirs: Vec<(f64, f64)> = file["morphio"]["sections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (number(&s["L"]), number(&s["first"][0])))
            .filter(|s| s.0 > 0.0)
            .collect();
        let mut ours: Vec<(f64, f64)> =
            m.branches()[1..].iter().map(|b| (b.length(), b.samples[0].position[0])).collect();
        theirs.sort_by(|a, b| a.partial_cmp(b).unwrap());
        ours.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (a, b) in ours.iter().zip(&theirs) {
            assert!((a.0 - b.0).abs() < 1e-4 && (a.1 - b.1).abs() < 1e-6, "{name}: {a:?} {b:?}");
        }
        equal += 1;
    }
    assert_eq!(equal, 15);
    reached(FILE, "area of the soma in MorphIO, 15 files", worst, 1e-6, "relative");
}
