//! Memory of a simulation, as allocated, beside what it says of itself.
#![allow(clippy::print_stderr)]

use allocation_counter::measure;
use ntwk_morpho::geometry::generators::PyramidalTree;
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{Cell, Discretisation, Selection, Settings, Simulation};

fn cell(squid: bool) -> Cell {
    let tree = PyramidalTree::default().build(1).unwrap();
    let compartments = tree.compartments(&Discretisation::MaxLength(4.0)).unwrap();
    let mut cell = Cell::new(compartments, 1.0, 100.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    if squid {
        cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
    }
    cell
}

#[test]
fn memory_per_compartment_is_what_the_simulation_says() {
    for squid in [false, true] {
        let cell = cell(squid);
        let n = cell.compartments().len();
        let mut kept = None;
        let info = measure(|| kept = Some(Simulation::new(&cell, &Settings::default()).unwrap()));
        let allocated = info.bytes_current as f64 / n as f64;
        let said = kept.unwrap().bytes_per_compartment() as f64;
        eprintln!(
            "{n} compartments, squid channels {squid}: {allocated:.0} allocated, {said} said"
        );
        assert!((said / allocated - 1.0).abs() < 0.15, "{said} {allocated}");
    }
}

#[test]
fn a_step_allocates_nothing() {
    let cell = cell(true);
    let mut s = Simulation::new(&cell, &Settings::default()).unwrap();
    s.run(1.0).unwrap();
    assert_eq!(measure(|| s.run(2.0).unwrap()).count_total, 0);
}
