//! Potentials outside a cell against LFPykit: the matrices of every method, and a simulation that applies them as it runs.

use crate::common::{data, number, numbers, reached};
use ndarray::Array2;
use ntwk_morpho::extracellular::{
    Contact, ContactShape, FourSpheres, Medium, Segment, Slice, SourceModel, dipole_moment,
    dipole_potential, lead_field, potential, segments,
};
use ntwk_morpho::geometry::generators::PyramidalTree;
use ntwk_morpho::membrane::channels::{HodgkinHuxley, Leak};
use ntwk_morpho::{
    Attachment, Branch, Cell, Discretisation, DoubleExponential, Location, Morphology, Region,
    Sample, Selection, Settings, Simulation,
};
use serde_json::Value;

const FILE: &str = "lfp.json";

fn vector(v: &Value) -> [f64; 3] {
    let n = numbers(v);
    [n[0], n[1], n[2]]
}

fn matrix(v: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = v.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn geometry(cell: &Value) -> Vec<Vec<Segment>> {
    let list = cell["geometry"].as_array().unwrap();
    let segment = |(k, g): (usize, &Value)| {
        let diameter = number(&g["d"]);
        let (start, end) = (vector(&g["start"]), vector(&g["end"]));
        vec![Segment { start, end, diameter, share: 1.0, soma: k == 0 }]
    };
    list.iter().enumerate().map(segment).collect()
}

/// Largest relative difference.
fn off(ours: &Array2<f64>, theirs: &Array2<f64>) -> f64 {
    assert_eq!(ours.dim(), theirs.dim());
    let mut worst = 0f64;
    for (a, b) in ours.iter().zip(theirs) {
        worst = worst.max((a - b).abs() / b.abs());
    }
    worst
}

#[test]
fn matrices_of_every_method() {
    for (name, cell) in data(FILE)["cells"].as_object().unwrap() {
        let sources = geometry(cell);
        let places = matrix(&cell["electrodes"]);
        let contacts: Vec<Contact> =
            places.rows().into_iter().map(|r| Contact::point([r[0], r[1], r[2]])).collect();
        let homogeneous = Medium::infinite(0.3);
        let anisotropic = Medium { conductivity: [0.3, 0.3, 0.45], slice: None };
        for (key, model, medium) in [
            ("point_source", SourceModel::Point, homogeneous),
            ("line_source", SourceModel::Line, homogeneous),
            ("root_as_point", SourceModel::RootAsPoint, homogeneous),
            ("line_source_anisotropic", SourceModel::Line, anisotropic),
        ] {
            let ours = lead_field(&sources, &contacts, model, &medium);
            let error = off(&ours, &matrix(&cell["matrices"][key]));
            reached(FILE, &format!("{key}, {name}"), error, 1e-9, "relative");
        }
        let slice = Slice { bottom: 0.0, thickness: 700.0, above: 1.5, below: 0.0, images: 20 };
        let medium = Medium { conductivity: [0.3; 3], slice: Some(slice) };
        let plane: Vec<Contact> =
            places.rows().into_iter().map(|r| Contact::point([r[0], r[1], 0.0])).collect();
        let ours = lead_field(&sources, &plane, SourceModel::Point, &medium);
        let theirs = matrix(&cell["matrices"]["moi_pointsource_electrodes_at_z_0"]);
        reached(FILE, &format!("images, points, {name}"), off(&ours, &theirs), 1e-9, "relative");
        line_images(name, cell, &sources, &plane, &medium);
        // The same 40 um lower.
        let lower = |p: [f64; 3]| [p[0], p[1], p[2] - 40.0];
        let low_sources: Vec<Vec<Segment>> = sources
            .iter()
            .map(|s| {
                s.iter()
                    .map(|s| Segment { start: lower(s.start), end: lower(s.end), ..*s })
                    .collect()
            })
            .collect();
        let low_contacts: Vec<Contact> =
            contacts.iter().map(|c| Contact::point(lower(c.position))).collect();
        let low_slice = Slice { bottom: -40.0, ..slice };
        let low = Medium { conductivity: [0.3; 3], slice: Some(low_slice) };
        let ours = lead_field(&low_sources, &low_contacts, SourceModel::Line, &low);
        let same = lead_field(&sources, &contacts, SourceModel::Line, &medium);
        assert!(off(&ours, &same) < 1e-12, "{name}: {:e}", off(&ours, &same));
        let (ours, theirs) = (dipole_moment(&sources), matrix(&cell["matrices"]["dipole_moment"]));
        let largest = |m: &Array2<f64>| m.iter().fold(0f64, |a, b| a.max(b.abs()));
        let error = largest(&(&ours - &theirs)) / largest(&theirs);
        reached(FILE, &format!("dipole moment, {name}"), error, 1e-9, "of the largest");
        let disc = &cell["disc"];
        let shape =
            ContactShape::Disc { normal: vector(&disc["normal"]), radius: number(&disc["radius"]) };
        let contact = Contact { position: vector(&disc["centre"]), shape };
        let ours = lead_field(&sources, &[contact], SourceModel::Line, &homogeneous);
        let error = off(&ours, &matrix(&disc["matrix"]));
        reached(FILE, &format!("mean over a disc, {name}"), error, 1e-2, "relative");
    }
}

/// Every compartment of a crooked tree is pieces of a length whose shares are its whole current.
#[test]
fn pieces_of_a_crooked_tree() {
    let tree = PyramidalTree::default().build(3).unwrap();
    let contact = Contact::point([30.0, 100.0, 20.0]);
    for length in [5.0, 20.0, 60.0] {
        let compartments = tree.compartments(&Discretisation::MaxLength(length)).unwrap();
        let sources = segments(&tree, &compartments);
        assert!(sources.iter().flatten().count() >= compartments.len());
        for (pieces, c) in sources.iter().zip(compartments.as_slice()) {
            let sum: f64 = pieces.iter().map(|s| s.share).sum();
            let whole: f64 = pieces.iter().map(Segment::length).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{sum}");
            let own = (c.x_end - c.x_start) * tree.branches()[c.branch].length();
            assert!((whole / own - 1.0).abs() < 1e-8, "{whole} {own}");
        }
        let medium = Medium::infinite(0.3);
        let of = |model| lead_field(&sources, &[contact], model, &medium).sum();
        let (lines, points) = (of(SourceModel::Line), of(SourceModel::Point));
        // Currents of one size everywhere: how they are spread matters little.
        assert!((lines / points - 1.0).abs() < 0.1, "{length}: {lines} {points}");
    }
}

/// Images of line sources. LFPykit differs from the formula in three things. It leaves the last image of the series out. Half
/// the diameter is its least distance only beside a segment, not beyond its ends: so segments are thin here. And where a
/// contact lies on the axis of a segment (the fifth and the eighth here), it takes the images on the far side with the wrong
/// sign: its integral there is ln((a + b)/b), which is negative for b < 0. There the sum of points along the segment decides.
fn line_images(
    name: &str,
    cell: &Value,
    sources: &[Vec<Segment>],
    plane: &[Contact],
    medium: &Medium,
) {
    let thin = |s: &[Segment]| s.iter().map(|&s| Segment { diameter: 1e-6, ..s }).collect();
    let thin: Vec<Vec<Segment>> = sources.iter().map(|s| thin(s)).collect();
    let lines = lead_field(&thin, plane, SourceModel::Line, medium);
    let mut worst = 0f64;
    for ((contact, k), value) in lines.indexed_iter() {
        let Segment { start, end, .. } = thin[k][0];
        let along = |t: f64| [0, 1, 2].map(|i| start[i] + t * (end[i] - start[i]));
        let pieces = 1000usize;
        let point = |j: usize| {
            let at = along((j as f64 + 0.5) / pieces as f64);
            let piece = Segment { start: at, end: at, ..thin[k][0] };
            potential(&piece, plane[contact].position, true, medium)
        };
        let mean = (0..pieces).map(point).sum::<f64>() / pieces as f64;
        worst = worst.max((value / mean - 1.0).abs());
    }
    let what = format!("lines, sum of 1000 points each, images, {name}");
    reached("the formula itself", &what, worst, 1e-8, "relative");

    let theirs = matrix(&cell["matrices"]["moi_linesource_electrodes_at_z_0"]);
    let Slice { thickness, images, .. } = medium.slice.unwrap();
    let homogeneous = Medium::infinite(medium.conductivity[0]);
    let (mut clear, mut near) = (0f64, 0f64);
    for ((contact, k), value) in lines.indexed_iter() {
        let at = plane[contact].position;
        let distance = at[0].hypot(at[1]);
        if distance == 0.0 {
            continue;
        }
        let mirrored = |p: [f64; 3]| [p[0], p[1], 2.0 * images as f64 * thickness - p[2]];
        let s = thin[k][0];
        let last = Segment { start: mirrored(s.start), end: mirrored(s.end), ..s };
        let weight = (-2.0f64 / 3.0).powi(images as i32);
        let ours = value - weight * potential(&last, at, false, &homogeneous);
        let error = (ours / theirs[(contact, k)] - 1.0).abs();
        // Close to the axis the differences in LFPykit's logarithm cancel.
        let worst = if distance > 20.0 { &mut clear } else { &mut near };
        *worst = worst.max(error);
    }
    reached(FILE, &format!("images, lines, {name}"), clear, 1e-9, "relative");
    let what = format!("images, lines, within 12 um of the axis, {name}");
    reached(FILE, &what, near, 1e-6, "relative");
}

/// The potentials of the stored currents, far field and head included.
#[test]
fn potentials_far_field_and_head() {
    for (name, cell) in data(FILE)["cells"].as_object().unwrap() {
        let currents = matrix(&cell["i_membrane"]);
        let moment = dipole_moment(&geometry(cell)).dot(&currents);
        let theirs = matrix(&cell["dipole_nA_um"]);
        let largest = theirs.iter().fold(0f64, |a, b| a.max(b.abs()));
        let worst = (&moment - &theirs).iter().fold(0f64, |a, b| a.max(b.abs())) / largest;
        reached(FILE, &format!("dipole over time, {name}"), worst, 1e-8, "relative");
        let far = &cell["far"];
        let centre = vector(&far["centre"]);
        let head = FourSpheres::default();
        let four = &cell["four_sphere"];
        let (mut far_off, mut head_off, mut far_largest, mut head_largest) =
            (0f64, 0f64, 0f64, 0f64);
        for t in 0..moment.ncols() {
            let p = [moment[(0, t)], moment[(1, t)], moment[(2, t)]];
            for (place, row) in far["positions"]
                .as_array()
                .unwrap()
                .iter()
                .zip(matrix(&far["dipole_potential_mV"]).rows())
            {
                let at = vector(place);
                let d = [0, 1, 2].map(|i| at[i] - centre[i]);
                far_off = far_off.max((dipole_potential(p, d, 0.3) - row[t]).abs());
                far_largest = far_largest.max(row[t].abs());
            }
            for (place, row) in
                four["electrodes"].as_array().unwrap().iter().zip(matrix(&four["eeg_mV"]).rows())
            {
                let lead = head.lead_field(vector(&four["dipole_at"]), vector(place)).unwrap();
                let phi: f64 = (0..3).map(|i| lead[i] * p[i]).sum();
                head_off = head_off.max((phi - row[t]).abs());
                head_largest = head_largest.max(row[t].abs());
            }
        }
        reached(FILE, &format!("far field, {name}"), far_off / far_largest, 1e-7, "of the largest");
        reached(
            FILE,
            &format!("four spheres, {name}"),
            head_off / head_largest,
            1e-6,
            "of the largest",
        );
    }
}

fn branch(
    region: Region,
    parent: Option<(usize, f64)>,
    d: f64,
    a: [f64; 3],
    b: [f64; 3],
) -> Branch {
    let parent = parent.map(|(branch, x)| Attachment { branch, x });
    Branch { region, parent, samples: vec![Sample::new(a, 0.5 * d), Sample::new(b, 0.5 * d)] }
}

/// The branched cell of the file, simulated: currents, potentials and dipole moment while it runs.
#[test]
fn a_simulation_applies_the_matrices_as_it_runs() {
    let file = data(FILE);
    let theirs = &file["cells"]["branched"];
    let (soma, tip) = ([0.0, 0.0, 190.0], [0.0, 0.0, 210.0]);
    let fork = [0.0, 0.0, 410.0];
    let basal = Region::Basal;
    let m = Morphology::new(vec![
        branch(Region::Soma, None, 20.0, soma, tip),
        branch(basal, Some((0, 1.0)), 3.0, tip, fork),
        branch(basal, Some((1, 1.0)), 1.5, fork, [-90.0, 0.0, 530.0]),
        branch(basal, Some((1, 1.0)), 1.5, fork, [60.0, 80.0, 510.0]),
        branch(basal, Some((0, 0.0)), 1.0, soma, [50.0, -30.0, 100.0]),
    ])
    .unwrap();
    let numbers_of = [(0, 1), (1, 10), (2, 6), (3, 6), (4, 5)];
    let c = m.compartments_with(&Discretisation::PerBranch(1), &numbers_of).unwrap();
    let sources = segments(&m, &c);
    for (ours, given) in sources.iter().zip(&geometry(theirs)) {
        let apart =
            |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| (a[i] - b[i]).abs()).fold(0.0, f64::max);
        assert!(
            apart(ours[0].start, given[0].start) < 1e-6 && apart(ours[0].end, given[0].end) < 1e-6
        );
    }
    let mut cell = Cell::new(c, 1.0, 150.0).unwrap();
    cell.insert("leak", &Selection::All, Leak { g: 5e-5, E: -65.0 }).unwrap();
    cell.insert("hh", &Selection::Region(Region::Soma), HodgkinHuxley::default()).unwrap();
    // An exponential synapse is a double exponential one whose rise is beyond notice. In a step NEURON takes its conductance of the
    // start, a simulation here that of the middle: so the event comes half a step later (less 1e-5 ms for the rise).
    let receptor = DoubleExponential { tau_rise: 1e-6, tau_decay: 2.0, E_rev: 0.0, block: None };
    let synapse = cell.add_synapse(Location::new(3, 0.75), receptor, 0.04).unwrap();
    cell.add_spikes(synapse, &[3.01249]).unwrap();
    let places = matrix(&theirs["electrodes"]);
    let contacts: Vec<Contact> =
        places.rows().into_iter().map(|r| Contact::point([r[0], r[1], r[2]])).collect();
    let weights = lead_field(&sources, &contacts, SourceModel::Line, &Medium::infinite(0.3));
    let run = |dt: f64| {
        let settings = Settings { dt, v_init: -65.0, celsius: 6.3, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.record_field(&weights, 1).unwrap();
        s.run(30.0).unwrap();
        s.field()
    };
    let field = run(0.025);
    assert_eq!(field.values.nrows(), 1201);
    let times = numbers(&theirs["t"]);
    let expected = matrix(&theirs["potentials_mV"]["line_source"]);
    let (mut worst, mut largest) = (0f64, 0f64);
    for (k, t) in times.iter().enumerate() {
        let row = (t / 0.025).round() as usize;
        for contact in 0..contacts.len() {
            worst = worst.max((field.values[(row, contact)] - expected[(contact, k)]).abs());
            largest = largest.max(expected[(contact, k)].abs());
        }
    }
    // NEURON's gates come from tables of 1 mV: without them its own potentials differ by 7.09e-3 of the largest.
    reached(
        FILE,
        "potentials of a simulation with spikes",
        worst / largest,
        8e-3,
        "of the largest",
    );
}
