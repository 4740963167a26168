//! Neurolucida files against NEURON and MorphIO, NeuroML files, and that damaged ones are refused.

use crate::common::{data, number, reached};
use ntwk_morpho::geometry::neurolucida::{self, NeurolucidaFault};
use ntwk_morpho::geometry::neuroml::{self, NeuromlFault};
use ntwk_morpho::{Branch, Region};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

const FILE: &str = "neurolucida.json";

fn text(file: &Value) -> String {
    let lines: Vec<&str> =
        file["asc"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    lines.join("\n")
}

/// Largest difference of positions and diameters; infinite for another number of points.
fn apart(b: &Branch, theirs: &Value) -> f64 {
    let theirs = theirs.as_array().unwrap();
    if theirs.len() != b.samples.len() {
        return f64::INFINITY;
    }
    let mut worst = 0f64;
    for (s, p) in b.samples.iter().zip(theirs) {
        for i in 0..3 {
            worst = worst.max((s.position[i] - number(&p[i])).abs());
        }
        worst = worst.max((2.0 * s.radius - number(&p[3])).abs());
    }
    worst
}

/// Every section of MorphIO, and every neurite of NEURON where it reads the file, is a branch.
#[test]
fn neurolucida_trees_are_those_of_neuron_and_morphio() {
    let mut worst = 0f64;
    for (name, file) in data(FILE)["files"].as_object().unwrap() {
        let reading = neurolucida::read(text(file).as_bytes()).unwrap();
        let m = reading.morphology;
        let sections = file["morphio"]["sections"].as_array().unwrap();
        let with_soma = name != "no_soma";
        assert_eq!(m.branches().len(), sections.len() + usize::from(with_soma), "{name}");
        for (k, s) in sections.iter().enumerate() {
            let branch = &m.branches()[k + usize::from(with_soma)];
            let off = apart(branch, &s["points"]);
            assert!(off < 1e-4, "{name}, section {k}: {off}");
            worst = worst.max(off);
            let parent = s["parent"].as_u64().map(|p| p as usize + usize::from(with_soma));
            match parent {
                Some(p) => assert_eq!(branch.parent.map(|at| (at.branch, at.x)), Some((p, 1.0))),
                None if with_soma => {
                    assert_eq!(branch.parent.map(|at| (at.branch, at.x)), Some((0, 0.5)));
                }
                None => {}
            }
        }
        let neurites = file["neuron"].as_array().unwrap();
        for s in neurites.iter().filter(|s| !s["name"].as_str().unwrap().starts_with("soma")) {
            let off = m.branches().iter().map(|b| apart(b, &s["points"])).fold(f64::MAX, f64::min);
            assert!(off < 1e-4, "{name}, {}: {off}", s["name"]);
        }
        if with_soma {
            // The mean distance of the outline from its centre.
            assert_eq!(m.branches()[0].region, Region::Soma);
            assert!(reading.remarks[0].contains("sphere"), "{:?}", reading.remarks);
            let r = m.branches()[0].samples[0].radius;
            assert!((8.0..8.5).contains(&r), "{r}");
        }
    }
    reached(FILE, "points of the neurites", worst, 1e-4, "um");
}

#[test]
fn damaged_neurolucida_files_are_refused_with_their_line() {
    let fault = |text: &str| neurolucida::read(text.as_bytes()).unwrap_err().0;
    assert_eq!(fault("; nothing\n"), [NeurolucidaFault::NoTree]);
    assert_eq!(fault("((Axon)\n(1 2 3)\n(0 9 0 1))"), [NeurolucidaFault::Point { line: 2 }]);
    let open = NeurolucidaFault::Unbalanced { line: 2, bracket: '(' };
    assert_eq!(fault("\n((Axon) (0 0 0 1) (0 9 0 1)"), [open]);
    assert!(matches!(fault(&"(".repeat(5000))[0], NeurolucidaFault::Depth { .. }));
    let whole = text(&data(FILE)["files"]["contour_two_trees"]);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut sound, mut refused) = (0, 0);
    for _ in 0..3000 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..bytes.len());
            match rng.random_range(0..3) {
                0 => bytes[at] = b"()|<>\";-9x "[rng.random_range(0..11)],
                1 => bytes.truncate(at.max(1)),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(b'(');
            }
        }
        match neurolucida::read(&bytes) {
            Ok(reading) => {
                sound += 1;
                assert!(reading.morphology.measures().area > 0.0);
            }
            Err(e) => {
                refused += 1;
                assert!(!e.to_string().is_empty());
            }
        }
    }
    assert!(sound > 300 && refused > 300, "{sound} {refused}");
}

const CELL: &str = r#"<?xml version="1.0"?>
<neuroml xmlns="http://www.neuroml.org/schema/neuroml2" id="n">
 <cell id="c"><morphology id="m">
  <segment id="0" name="soma"><proximal x="0" y="0" z="0" diameter="20"/><distal x="0" y="0" z="0" diameter="20"/></segment>
  <segment id="1" name="dend_1"><parent segment="0"/><proximal x="0" y="10" z="0" diameter="2"/><distal x="0" y="60" z="0" diameter="2"/></segment>
  <segment id="2" name="dend_2"><parent segment="1"/><distal x="0" y="110" z="0" diameter="1"/></segment>
  <segment id="3" name="side"><parent segment="2" fractionAlong="0.5"/><distal x="40" y="85" z="0" diameter="1"/></segment>
  <segment id="4" name="a"><parent segment="0" fractionAlong="0.5"/><proximal x="0" y="-10" z="0" diameter="1"/><distal x="0" y="-60" z="0" diameter="1"/></segment>
  <segmentGroup id="tree" neuroLexId="sao864921383"><member segment="3"/></segmentGroup>
  <segmentGroup id="apical_dends"><include segmentGroup="tree"/></segmentGroup>
  <segmentGroup id="axon_group"><member segment="4"/></segmentGroup>
 </morphology></cell>
</neuroml>"#;

#[test]
fn neuroml_segments_become_branches() {
    let m = neuroml::read(CELL.as_bytes()).unwrap();
    let [soma, dendrite, axon, side] = m.branches() else { panic!("{:?}", m.branches()) };
    assert!((soma.area() - 400.0 * std::f64::consts::PI).abs() < 1e-9);
    assert_eq!((soma.region, dendrite.region), (Region::Soma, Region::Basal));
    assert_eq!((axon.region, side.region), (Region::Axon, Region::Apical));
    let at = |b: &Branch| b.parent.map(|p| (p.branch, p.x));
    assert_eq!((at(dendrite), at(axon)), (Some((0, 0.5)), Some((0, 0.5))));
    // Half along a segment from 50 to 100 um of a branch of 100 um, with the diameter there.
    assert_eq!(at(side), Some((1, 0.75)));
    assert_eq!(side.samples[0].position, [0.0, 85.0, 0.0]);
    assert!((side.samples[0].radius - 0.75).abs() < 1e-12);
    assert_eq!((dendrite.samples.len(), dendrite.length()), (3, 100.0));
}

#[test]
fn damaged_neuroml_files_are_refused_with_their_segments() {
    let fault = |text: &str| neuroml::read(text.as_bytes()).unwrap_err().0;
    assert!(matches!(fault("<neuroml>")[0], NeuromlFault::Xml(_)));
    assert_eq!(fault("<neuroml/>"), [NeuromlFault::NoMorphology]);
    let two = CELL.replace("diameter=\"1\"/></segment>", "/></segment>");
    assert_eq!(fault(&two).len(), 3, "all faults at once");
    let cycle = CELL.replace(
        "<segment id=\"1\" name=\"dend_1\"><parent segment=\"0\"/>",
        "<segment id=\"1\" name=\"dend_1\"><parent segment=\"3\"/>",
    );
    assert!(fault(&cycle)[0].to_string().contains("comes back to it"));
    let lost = CELL.replace("<parent segment=\"2\"", "<parent segment=\"9\"");
    assert!(fault(&lost)[0].to_string().contains("segment 3: its parent is no segment"));
}
