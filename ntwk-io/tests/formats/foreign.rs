//! Files of other programs: SONATA as bmtk writes it, as the guide says it, and as it was before populations.
//! `validation/files/make_foreign.py` wrote them.

use std::path::{Path, PathBuf};

use ndarray::array;
use ntwk_io::description::Layout;
use ntwk_io::result_file::UNNAMED_POPULATION;
use ntwk_io::{Attribute, ResultFile, describe, read_flat, write_flat};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn open(name: &str) -> ResultFile {
    ResultFile::open(&path(name)).unwrap()
}

#[test]
fn spikes_of_bmtk() {
    let file = open("bmtk_spikes.h5");
    assert_eq!(file.spike_populations().unwrap(), ["lgn"]);
    let trains = file.spikes("lgn").unwrap();
    assert_eq!(trains.timestamps, [0.5, 1.25, 2.0]);
    assert_eq!(trains.node_ids, [3, 1, 3]);
    assert!(file.recording().unwrap().is_none());
}

#[test]
fn report_of_bmtk_with_its_spelling_of_the_pointers() {
    let file = open("bmtk_report.h5");
    assert_eq!(file.reports().unwrap(), ["v1"]);
    let report = file.report("v1").unwrap();
    assert_eq!(report.population, "v1");
    assert_eq!(report.variable.as_deref(), Some("V_m"));
    assert_eq!(report.unit.as_deref(), Some("mV"));
    assert_eq!(report.node_ids, [4, 2]);
    assert_eq!(report.index_pointers, [0, 2, 3]);
    assert_eq!(report.element_ids, [0, 1, 0]);
    assert_eq!((report.start, report.stop, report.step), (0.0, 0.4, 0.1));
    let expected = array![
        [-70.0, -60.0, -50.0],
        [-69.0, -59.0, -49.0],
        [-68.0, -58.0, -48.0],
        [-67.0, -57.0, -47.0]
    ];
    assert_eq!(report.data, expected);
}

#[test]
fn the_guide_to_the_letter_with_times_in_seconds() {
    let file = open("guide.h5");
    let trains = file.spikes("cortex").unwrap();
    assert_eq!(trains.timestamps, [1.0, 2.5]);
    assert_eq!(trains.node_ids, [7, 5]);
    let report = file.report("cortex").unwrap();
    assert_eq!(report.index_pointers, [0, 2, 3]);
    assert_eq!((report.start, report.stop, report.step), (10.0, 11.0, 0.5));
    assert_eq!(report.data, array![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    assert_eq!(report.variable, None);
    assert_eq!(describe(&path("guide.h5")).unwrap().layout, Layout::Sonata);
}

#[test]
fn files_from_before_populations() {
    let file = open("old.h5");
    assert_eq!(file.spike_populations().unwrap(), [UNNAMED_POPULATION]);
    let trains = file.spikes(UNNAMED_POPULATION).unwrap();
    assert_eq!(trains.timestamps, [3.0, 4.5]);
    assert_eq!(trains.node_ids, [9, 8]);
    assert_eq!(file.reports().unwrap(), [UNNAMED_POPULATION]);
    let report = file.report(UNNAMED_POPULATION).unwrap();
    assert_eq!(report.node_ids, [8]);
    assert_eq!(report.data, array![[1.0], [2.0]]);
    assert_eq!(describe(&path("old.h5")).unwrap().spikes, [(UNNAMED_POPULATION.to_owned(), 2)]);
}

#[test]
fn the_flat_layout_of_the_python_package() {
    let flat = read_flat(&path("flat.h5")).unwrap();
    let recording = &flat.recording;
    assert_eq!(recording.dt, 0.1);
    assert_eq!(recording.n_steps, 10);
    let names: Vec<_> = recording.populations.iter().map(|p| (p.name.as_str(), p.size)).collect();
    assert_eq!(names, [("Exc", 400), ("Dis_Inh", 100)]);
    let exc = &recording.populations[0];
    let spikes = exc.spikes.as_ref().unwrap();
    assert_eq!(spikes.steps, [1, 1, 3]);
    assert_eq!(spikes.ids, [5, 399, 5]);
    assert_eq!(exc.counts, [0, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(exc.traces.len(), 1);
    assert_eq!((exc.traces[0].variable.as_str(), exc.traces[0].unit.as_str()), ("V_m", "mV"));
    assert_eq!(exc.traces[0].neurons, [0, 1]);
    assert_eq!(exc.traces[0].data.dim(), (10, 2));
    assert_eq!(exc.traces[0].data[[3, 1]], -70.0 + 13.0);
    let inh = &recording.populations[1];
    assert!(inh.spikes.is_none());
    // 200 Hz of 100 neurons for 0.1 ms are 2 spikes.
    assert_eq!(inh.counts, [0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(inh.traces[0].variable, "g_e");
    let parameter =
        |name: &str| flat.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    assert_eq!(parameter("Q_Exc_Inh"), Some(Attribute::Number(1.5)));
    assert_eq!(parameter("SEED"), Some(Attribute::Number(3.0)));
    assert_eq!(parameter("name"), Some(Attribute::Text("a model".to_owned())));
    assert!(matches!(parameter("seeds"), Some(Attribute::Numbers(_) | Attribute::Texts(_))));
    assert_eq!(parameter("POP_ACT_Dis_Inh"), None);
    assert_eq!(describe(&path("flat.h5")).unwrap().layout, Layout::Flat);
}

/// The package stores whole numbers in 16 bits: 70000 neurons are 4464 there, 40000 ms are -25536.
#[test]
fn whole_numbers_that_did_not_fit_are_unwrapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrapped.h5");
    let mut file = hdf5::FileBuilder::new();
    file.create_dataset("dt").with_data(&[10.0]).with_shape(&[]);
    file.create_dataset("tstop").with_data(&[40_000_u16 as i16]).with_shape(&[]);
    file.create_dataset("POP_ACT_E").with_data(&vec![0.0; 4000]);
    file.create_dataset("tRASTER_E").with_data(&[20.0, 30.0]);
    file.create_dataset("iRASTER_E").with_data(&[3_i64, 69_000]);
    let mut group = file.create_group("0");
    group.create_dataset("N").with_data(&[70_000_u32 as i16]).with_shape(&[]);
    group.create_dataset("name").with_vlen_strings(&["E"]).with_shape(&[]);
    file.add_group(group.finish());
    let mut out = std::fs::File::create(&path).unwrap();
    file.finish_to(&mut out).unwrap();
    drop(out);
    let recording = read_flat(&path).unwrap().recording;
    assert_eq!((recording.populations[0].size, recording.n_steps), (70_000, 4000));
    assert_eq!(recording.duration(), 40_000.0);
}

#[test]
fn a_recording_survives_the_flat_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.h5");
    let mut recording = crate::common::recording();
    let model = flat_model();
    let error = write_flat(&path, &recording, &model).unwrap_err().to_string();
    assert!(error.contains("w of Exc") && error.contains("record.interval"), "{error}");
    recording.populations[1].traces.clear();
    let every_step = &mut recording.populations[0].traces;
    every_step.truncate(1);
    let mut w = every_step[0].clone();
    w.variable = "w".to_owned();
    w.unit = "pA".to_owned();
    every_step.push(w);
    let notes = write_flat(&path, &recording, &model).unwrap();
    assert!(notes.iter().any(|n| n.contains("delay")), "{notes:?}");
    let read = read_flat(&path).unwrap();
    // Afferents are spikes among the others there, which nothing tells from those of a population.
    recording.afferents.clear();
    assert_eq!(read.recording, recording);
    let import = ntwk_io::import_stored(&read).unwrap();
    let names: Vec<&String> = import.spec.populations.keys().collect();
    assert_eq!(names, ["Exc", "Inh", "Dis_inh"]);
    assert_eq!(import.spec.projections.len(), 2, "{:?}", import.spec.projections);
}

/// A model with the populations of the recording.
fn flat_model() -> ntwk_core::Model {
    let cell = "cell = { model = \"LIF\", C_m = 200, g_L = 10, E_L = -70, V_th = -50, V_reset = -70, t_ref = 5 }";
    let text = format!(
        r#"
        simulation = {{ t_stop = 100 }}
        receptors.exc = {{ kind = "conductance", E_rev = 0, tau_syn = 5 }}
        receptors.inh = {{ kind = "conductance", E_rev = -80, tau_syn = 5 }}
        populations.Exc = {{ size = 400, {cell} }}
        populations.Inh = {{ size = 100, {cell} }}
        populations.Dis_inh = {{ size = 25, {cell} }}
        [[projections]]
        source = "Exc"
        target = "Inh"
        receptor = "exc"
        weight = 1
        delay = 2
        connection = {{ rule = "fixed_in_degree", in_degree = 20 }}
        [[projections]]
        source = "Inh"
        target = "Exc"
        receptor = "inh"
        weight = 4
        connection = {{ rule = "fixed_in_degree", in_degree = 20 }}
        "#
    );
    let root = ntwk_io::parse_tree(&text, ntwk_io::Notation::Toml).unwrap();
    ntwk_core::Model::from_tree(&root, &ntwk_cells::library()).unwrap()
}
