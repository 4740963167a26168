//! SWC reading: soma rules, repairs, faults, and that no input panics.

use ntwk_core::spec::key::Words as _;
use ntwk_morpho::geometry::generators::{BinaryTree, PyramidalTree, RallTree, ball_and_stick};
use ntwk_morpho::geometry::morphology::frustum_area;
use ntwk_morpho::geometry::swc::{
    OtherTrees, Repair, SomaRule, SomaShape, SwcFault, SwcOptions, ZeroRadius, read, to_swc,
};
use ntwk_morpho::{Branch, Morphology, Region};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::PI;

fn rule(soma: SomaRule) -> SwcOptions {
    SwcOptions { soma, ..SwcOptions::default() }
}

const ONE: &str = "1 1 0 0 0 8 -1\n2 3 0 10 0 1 1\n3 3 0 60 0 1 2\n";
const THREE: &str = "1 1 0 0 0 8 -1\n2 1 0 -8 0 8 1\n3 1 0 8 0 8 1\n4 3 0 10 0 1 1\n5 3 0 60 0 0.5 4\n6 4 9 0 0 1 1\n7 4 59 0 0 1 6\n8 4 59 20 0 .5 7\n9 4 59 -20 0 .5 7\n";
const CHAIN: &str =
    "1 1 0 0 0 5 -1\n2 1 10 0 0 8 1\n3 1 20 0 0 5 2\n4 3 30 0 0 1 3\n5 3 80 0 0 1 4\n";

#[test]
fn a_soma_of_one_sample_has_the_area_of_a_sphere() {
    for soma in [SomaRule::Neuron, SomaRule::NeuromorphoThreePoint, SomaRule::Sphere] {
        let m = read(ONE.as_bytes(), &rule(soma)).unwrap().morphology;
        assert!((m.measures_of(Region::Soma).area - 4.0 * PI * 64.0).abs() < 1e-9, "{soma}");
        assert_eq!(
            m.measures_of(Region::Basal).length,
            50.0,
            "the piece inside the soma has no length"
        );
        assert_eq!(m.branches()[1].parent.unwrap().x, 0.5);
    }
    let error = read(ONE.as_bytes(), &rule(SomaRule::Arbor)).unwrap_err();
    assert!(matches!(
        error.faults[0],
        SwcFault::UnsupportedSoma { line: 1, id: 1, shape: SomaShape::OneSample, .. }
    ));
}

#[test]
fn a_soma_of_three_points_under_the_four_rules() {
    for soma in [SomaRule::Neuron, SomaRule::NeuromorphoThreePoint, SomaRule::Sphere] {
        let m = read(THREE.as_bytes(), &rule(soma)).unwrap().morphology;
        assert!((m.measures_of(Region::Soma).area - 4.0 * PI * 64.0).abs() < 1e-9, "{soma}");
        assert_eq!(m.branches().len(), 5);
        assert_eq!(m.measures_of(Region::Apical).length, 90.0);
        assert_eq!(m.branch_orders(), [0, 0, 0, 1, 1]);
    }
    // Literally, the two soma arms and the tapering stems are segments.
    let m = read(THREE.as_bytes(), &rule(SomaRule::Arbor)).unwrap().morphology;
    assert!((m.measures_of(Region::Soma).area - 2.0 * 2.0 * PI * 8.0 * 8.0).abs() < 1e-9);
    assert_eq!(m.measures_of(Region::Basal).length, 60.0);
    assert_eq!(m.branches()[2].samples[0].radius, 8.0);
}

#[test]
fn a_chain_of_soma_samples() {
    let m = read(CHAIN.as_bytes(), &rule(SomaRule::Neuron)).unwrap().morphology;
    let stack = 2.0 * PI * 13.0 * (100.0f64 + 9.0).sqrt();
    assert!((m.measures_of(Region::Soma).area - stack).abs() < 1e-9);
    assert_eq!(m.measures_of(Region::Basal).length, 60.0, "from the soma's last sample");
    let m = read(CHAIN.as_bytes(), &rule(SomaRule::Morphio)).unwrap().morphology;
    assert!((m.measures_of(Region::Soma).area - stack).abs() < 1e-9);
    assert_eq!(m.measures_of(Region::Basal).length, 50.0, "from its own first sample");
    let m = read(CHAIN.as_bytes(), &rule(SomaRule::Arbor)).unwrap();
    assert_eq!(m.morphology.measures_of(Region::Basal).length, 60.0);
    assert!(matches!(
        m.report.repairs[0],
        Repair::TypeChange { line: 4, id: 4, from: Region::Soma, to: Region::Basal }
    ));
    let reading = read(CHAIN.as_bytes(), &rule(SomaRule::Sphere)).unwrap();
    assert!((reading.morphology.measures_of(Region::Soma).area - stack).abs() < 1e-9);
    assert!(matches!(reading.report.repairs[0], Repair::SomaToSphere { samples: 3, .. }));
    let error = read(CHAIN.as_bytes(), &rule(SomaRule::NeuromorphoThreePoint)).unwrap_err();
    assert!(error.to_string().contains("chain"), "{error}");
}

#[test]
fn a_contour_is_never_taken_for_a_cable() {
    let mut text = String::new();
    for k in 0..12 {
        let a = f64::from(k) * PI / 6.0;
        let parent = if k == 0 { -1 } else { k };
        text += &format!("{} 1 {} {} 0 0.2 {parent}\n", k + 1, 9.0 * a.cos(), 9.0 * a.sin());
    }
    text += "13 3 0 10 0 1 1\n14 3 0 60 0 1 13\n";
    let error = read(text.as_bytes(), &rule(SomaRule::Neuron)).unwrap_err();
    assert!(matches!(error.faults[0], SwcFault::UnsupportedSoma { shape: SomaShape::Contour, .. }));
    let reading = read(text.as_bytes(), &rule(SomaRule::Sphere)).unwrap();
    assert!((reading.morphology.measures_of(Region::Soma).area - 4.0 * PI * 81.0).abs() < 1e-6);
}

#[test]
fn repairs_are_made_and_reported() {
    let text = "\u{feff}# a comment\r\r\n\r\n 5 3 0 60 0 0 4\r\n4 3 0 10 0 1 1 # stem\r\n1 1 0 0 0 8 -1\n6 3 0 60 0 1 5\n7 3 0 110 0 1 6\n8 4 0 160 0 1 7\n\n";
    let reading = read(text.as_bytes(), &SwcOptions::default()).unwrap();
    let r = &reading.report;
    assert_eq!(r.comments, ["a comment", "stem"]);
    assert!(r.repairs.contains(&Repair::ByteOrderMark));
    assert!(r.repairs.contains(&Repair::BlankLines { count: 1, first_line: 2 }));
    assert!(r.repairs.contains(&Repair::StrayCarriageReturns { count: 1, first_line: 1 }));
    assert!(r.repairs.contains(&Repair::IdsNotConsecutive { line: 3, id: 5 }));
    assert!(r.repairs.contains(&Repair::Reordered { count: 2, line: 3, id: 5 }));
    assert!(r.repairs.contains(&Repair::Radius { line: 3, id: 5, found: 0.0, used: 1.0 }));
    assert!(r.repairs.contains(&Repair::TypeChange {
        line: 8,
        id: 8,
        from: Region::Basal,
        to: Region::Apical
    }));
    assert_eq!(r.before.samples, 6);
    assert_eq!(r.after.length, 16.0 + 150.0);
    assert_eq!(r.after.branches, 3);
    let strict = SwcOptions { zero_radius: ZeroRadius::Fault, ..SwcOptions::default() };
    assert!(matches!(
        read(text.as_bytes(), &strict).unwrap_err().faults[0],
        SwcFault::NonPositiveRadius { line: 3, id: 5, .. }
    ));
}

#[test]
fn old_line_ends_and_latin_1_comments() {
    let cr = ONE.replace('\n', "\r");
    assert_eq!(read(cr.as_bytes(), &SwcOptions::default()).unwrap().report.repairs, []);
    let mut bytes = b"# M\xfcnchen \xb5m\n".to_vec();
    bytes.extend(ONE.replace('\n', "\r\r\n").bytes());
    let report = read(&bytes, &SwcOptions::default()).unwrap().report;
    assert_eq!(report.repairs, [Repair::StrayCarriageReturns { count: 3, first_line: 2 }]);
}

#[test]
fn every_fault_is_named_with_line_and_sample() {
    let fault = |text: &str| read(text.as_bytes(), &SwcOptions::default()).unwrap_err().faults;
    assert_eq!(fault(""), [SwcFault::Empty]);
    assert_eq!(fault("# nothing\n\n"), [SwcFault::Empty]);
    assert_eq!(fault("1 1 0 0 0 8\n"), [SwcFault::WrongColumnCount { line: 1, found: 6 }]);
    let both = fault("1 1 0 0 0 8 -1\n2 x 0 0 0 8 1\n3 3 0 inf 0 8 1\n4 3 0 0 0 8 1 7\n");
    assert_eq!(both.len(), 3, "all faults at once: {both:?}");
    assert!(both[0].to_string().contains("line 2, column type: 'x'"));
    assert!(both[1].to_string().contains("line 3, sample 3, column y"));
    let tree = fault("1 1 0 0 0 8 -1\n1 3 0 0 0 1 -1\n2 3 0 0 0 1 9\n3 3 0 0 0 1 3\n");
    assert_eq!(tree.len(), 3);
    assert!(matches!(tree[0], SwcFault::DuplicateId { line: 2, id: 1, first_line: 1 }));
    assert!(matches!(tree[1], SwcFault::MissingParent { line: 3, id: 2, parent: 9 }));
    assert!(matches!(tree[2], SwcFault::SelfParent { line: 4, id: 3 }));
    let cycle =
        fault("1 1 0 0 0 8 -1\n2 3 0 0 0 1 4\n3 3 0 0 0 1 2\n4 3 0 0 0 1 3\n5 3 0 0 0 1 4\n");
    assert_eq!(cycle, [SwcFault::Cycle { line: 2, id: 2, length: 3 }]);
    let sphere = read(b"1 3 0 0 0 8 -1\n2 3 9 0 0 8 1\n", &rule(SomaRule::Sphere)).unwrap_err();
    assert!(matches!(sphere.faults[0], SwcFault::NoSoma { .. }));
    assert!(matches!(
        fault("1 1 0 0 0 0 -1\n2 3 9 0 0 8 1\n")[0],
        SwcFault::NonPositiveRadius { line: 1, id: 1, .. }
    ));
    let roots = "1 3 0 0 0 1 -1\n2 3 9 0 0 1 1\n3 1 0 0 0 8 -1\n4 3 0 10 0 1 3\n5 3 0 20 0 1 4\n";
    let options = SwcOptions { other_trees: OtherTrees::Fault, ..SwcOptions::default() };
    let faults = read(roots.as_bytes(), &options).unwrap_err().faults;
    assert!(matches!(faults[0], SwcFault::MultipleRoots { line: 3, id: 3, first_root: 1 }));
    let attached = read(roots.as_bytes(), &SwcOptions::default()).unwrap();
    let hung = Repair::AttachedTree { line: 3, root: 3, samples: 3 };
    assert!(attached.report.repairs.contains(&hung) && !hung.is_remark());
    let options = SwcOptions { other_trees: OtherTrees::Drop, ..SwcOptions::default() };
    let reading = read(roots.as_bytes(), &options).unwrap();
    assert!(reading.report.repairs.contains(&Repair::DroppedTree { line: 1, root: 1, samples: 2 }));
    assert_eq!(reading.morphology.measures_of(Region::Basal).length, 10.0);
}

#[test]
fn the_literal_rule_takes_trees_without_a_soma() {
    let text = "1 3 0 0 0 1 -1\n2 3 50 0 0 1 1\n3 4 -50 0 0 1 1\n4 3 50 9 0 1 2\n5 3 50 -9 0 1 2\n";
    let m = read(text.as_bytes(), &rule(SomaRule::Arbor)).unwrap().morphology;
    assert_eq!(m.branches().len(), 4);
    assert_eq!(
        m.branches()[1].parent.unwrap().x,
        0.0,
        "the second child of the root hangs on its proximal end"
    );
}

#[test]
fn written_text_reads_back() {
    let cells = [
        (ball_and_stick(20.0, 300.0, 2.0).unwrap(), SomaRule::Neuron),
        (RallTree { levels: 5, ..RallTree::default() }.build(3).unwrap(), SomaRule::Neuron),
        (PyramidalTree::default().build(1).unwrap(), SomaRule::Neuron),
        (BinaryTree::rall(4, 16.0, 32.0).build().unwrap(), SomaRule::Arbor),
    ];
    for (cell, soma) in cells {
        let text = to_swc(&cell).unwrap();
        let reading = read(text.as_bytes(), &rule(soma)).unwrap();
        let (mut a, b) = (cell.measures(), reading.morphology.measures());
        assert_eq!(a.branches, b.branches);
        // A step of the radius where a branch begins is an annulus of membrane in SWC.
        a.area += cell.branches()[1..].iter().map(|b| annulus(&cell, b)).sum::<f64>();
        assert!(
            (a.area / b.area - 1.0).abs() < 1e-12 && (a.length / b.length - 1.0).abs() < 1e-12,
            "{a:?} {b:?} {}",
            reading.report
        );
        let again = to_swc(&reading.morphology).unwrap();
        assert_eq!(read(again.as_bytes(), &rule(soma)).unwrap().morphology.measures(), b);
        for region in cell.regions() {
            assert_eq!(
                cell.measures_of(region).branches,
                reading.morphology.measures_of(region).branches
            );
        }
    }
}

/// Area between the end of the parent and the start of a branch that continues it.
fn annulus(cell: &Morphology, b: &Branch) -> f64 {
    let above = &cell.branches()[b.parent.unwrap().branch];
    let (end, start) = (above.samples[above.samples.len() - 1], b.samples[0]);
    let continues = above.region != Region::Soma && b.parent.unwrap().x == 1.0;
    if continues { frustum_area(end.radius, start.radius, 0.0) } else { 0.0 }
}

/// Lengths in nanometres, and a file without diameters: what is said, and the way out.
#[test]
fn files_in_other_units_and_without_diameters() {
    let nm = "1 1 0 0 0 8000 -1\n2 3 0 10000 0 1000 1\n3 3 0 60000 0 1000 2\n";
    let reading = read(nm.as_bytes(), &SwcOptions::default()).unwrap();
    let said = reading.report.repairs.iter().find(|r| matches!(r, Repair::Units { .. })).unwrap();
    assert!(said.is_remark() && said.to_string().contains("scale = 0.001"), "{said}");
    let options = SwcOptions { scale: 1e-3, ..SwcOptions::default() };
    let scaled = read(nm.as_bytes(), &options).unwrap();
    assert_eq!(scaled.report.repairs, []);
    assert_eq!(scaled.morphology, read(ONE.as_bytes(), &SwcOptions::default()).unwrap().morphology);
    let bare =
        ONE.replace(" 8 -1", " 0 -1").replace(" 1 1\n", " 0 1\n").replace(" 1 2\n", " 0 2\n");
    let error = read(bare.as_bytes(), &SwcOptions::default()).unwrap_err();
    assert_eq!(error.faults, [SwcFault::NoRadii { samples: 3 }]);
    assert!(error.to_string().contains("default_radius"), "{error}");
    let options = SwcOptions { default_radius: Some(0.5), ..SwcOptions::default() };
    let m = read(bare.as_bytes(), &options).unwrap().morphology;
    assert!(m.branches().iter().all(|b| b.samples.iter().all(|s| s.radius == 0.5)));
}

/// Thousands of damaged files: reading gives a morphology or an error, never a panic, and a morphology is sound.
#[test]
fn damaged_text_never_panics() {
    let cell = to_swc(&PyramidalTree { step: 30.0, ..PyramidalTree::default() }.build(7).unwrap())
        .unwrap();
    let seeds = [cell.as_str(), ONE, THREE, CHAIN];
    let pieces = [
        "-1",
        "0",
        "1",
        "99999999999999999999",
        "-7",
        "nan",
        "inf",
        "1e308",
        "1e-320",
        "",
        " ",
        "\n",
        "\r",
        "#",
        "\u{fffd}",
        "3",
        "-0.0",
        "2.5",
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let (mut sound, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..rng.random_range(1..6) {
            match rng.random_range(0..5) {
                0 => {
                    let at = rng.random_range(0..bytes.len());
                    bytes[at] = rng.random();
                }
                1 => {
                    let at = rng.random_range(0..bytes.len());
                    bytes.truncate(at.max(1));
                }
                2 => {
                    let (at, piece) = (
                        rng.random_range(0..bytes.len()),
                        pieces[rng.random_range(0..pieces.len())],
                    );
                    bytes.splice(at..at, piece.bytes());
                }
                3 => {
                    // Another number in the place of a field.
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let mut fields: Vec<&str> = text.split(' ').collect();
                    let at = rng.random_range(0..fields.len());
                    fields[at] = pieces[rng.random_range(0..pieces.len())];
                    bytes = fields.join(" ").into_bytes();
                }
                _ => {
                    // Lines in another order.
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let mut lines: Vec<&str> = text.lines().collect();
                    if lines.len() > 1 {
                        let (a, b) =
                            (rng.random_range(0..lines.len()), rng.random_range(0..lines.len()));
                        lines.swap(a, b);
                    }
                    bytes = lines.join("\n").into_bytes();
                }
            }
            if bytes.is_empty() {
                bytes.push(b'1');
            }
        }
        for &soma in SomaRule::VALUES {
            let other_trees = OtherTrees::VALUES[round % OtherTrees::VALUES.len()];
            match read(&bytes, &SwcOptions { soma, other_trees, ..SwcOptions::default() }) {
                Ok(reading) => {
                    sound += 1;
                    let m = reading.morphology.measures();
                    assert!(m.area > 0.0 && m.area.is_finite() && m.length > 0.0);
                    let _ = reading.report.to_string();
                    let _ = reading.morphology.without(Region::Axon);
                    let _ = to_swc(&reading.morphology);
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.faults.is_empty() && !error.to_string().is_empty());
                }
            }
        }
    }
    assert!(
        sound > 5_000 && refused > 5_000,
        "{sound} sound, {refused} refused: the mutations test little"
    );
}
