//! Operations on morphologies.

use ntwk_morpho::geometry::generators::{BinaryTree, PyramidalTree, RallTree};
use ntwk_morpho::geometry::swc::{SwcOptions, read};
use ntwk_morpho::{MorphologyError, Region};

#[test]
fn removing_the_axon_moves_its_dendrites_to_the_nearest_kept_ancestor() {
    let text = "1 1 0 0 0 8 -1\n2 2 0 -10 0 1 1\n3 2 0 -50 0 1 2\n4 3 0 -60 0 1 3\n5 3 0 -90 0 1 4\n6 3 0 10 0 1 1\n7 3 0 60 0 1 6\n";
    let m = read(text.as_bytes(), &SwcOptions::default()).unwrap().morphology;
    let removal = m.without(Region::Axon).unwrap();
    assert_eq!(removal.morphology.branches().len(), 3);
    assert_eq!(removal.reattached, [1]);
    assert_eq!(removal.morphology.branches()[1].parent.unwrap().branch, 0);
    assert!(!removal.new_root);
    let again = removal.morphology.without(Region::Axon).unwrap();
    assert_eq!(again.morphology, removal.morphology);
    let no_soma = m.without(Region::Soma).unwrap();
    assert!(no_soma.new_root);
    assert_eq!(no_soma.morphology.branches()[0].parent, None);
    let cable = BinaryTree::rall(1, 1.0, 1.0).build().unwrap();
    assert_eq!(
        cable.without(Region::Basal).unwrap_err(),
        MorphologyError::NothingLeft { region: Region::Basal }
    );
}

#[test]
fn moving_a_cell_leaves_its_measures() {
    let cell = PyramidalTree::default().build(5).unwrap();
    let moved =
        cell.translated([10.0, -30.0, 7.0]).unwrap().rotated([1.0, 2.0, -0.5], 1.1).unwrap();
    let (a, b) = (cell.measures(), moved.measures());
    assert!((a.area / b.area - 1.0).abs() < 1e-12 && (a.length / b.length - 1.0).abs() < 1e-12);
    assert!(cell.rotated([0.0; 3], 1.0).is_err());
}

#[test]
fn generators_repeat_with_their_seed_and_follow_the_three_halves_rule() {
    assert_eq!(
        PyramidalTree::default().build(5).unwrap(),
        PyramidalTree::default().build(5).unwrap()
    );
    assert_ne!(
        PyramidalTree::default().build(5).unwrap(),
        PyramidalTree::default().build(6).unwrap()
    );
    let tree = RallTree { levels: 4, ..RallTree::default() }.build(1).unwrap();
    assert_eq!(tree.branches().len(), 16);
    let d = |i: usize| 2.0 * tree.branches()[i].samples[0].radius;
    assert!((d(1).powf(1.5) - 2.0 * d(2).powf(1.5)).abs() < 1e-12);
    let pack2 = BinaryTree::rall(10, 16.0, 32.0).build().unwrap();
    assert_eq!(pack2.branches().len(), 1023);
    let leaf = &pack2.branches()[1022];
    assert!(
        (2.0 * leaf.samples[0].radius - 0.25).abs() < 1e-12 && (leaf.length() - 4.0).abs() < 1e-9
    );
    assert!(RallTree { levels: 30, ..RallTree::default() }.build(1).is_err());
}
