//! What is written is what is read, and the file says what it holds.

use std::path::{Path, PathBuf};

use ntwk_core::Recording;
use ntwk_io::description::Layout;
use ntwk_io::{
    Compression, FileError, Precision, ResultFile, RunContents, WriteOptions, describe, write_run,
};
use tempfile::TempDir;

fn written(options: &WriteOptions) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let (recording, model, provenance, theory) = (
        crate::common::recording(),
        crate::common::model(),
        crate::common::provenance(),
        crate::common::theory(),
    );
    let contents = RunContents {
        recording: Some(&recording),
        model: Some(&model),
        provenance: Some(&provenance),
        theory: &theory,
    };
    write_run(&path, &contents, options).unwrap();
    (folder, path)
}

fn write_recording(recording: &Recording) -> Result<(), FileError> {
    let folder = tempfile::tempdir().unwrap();
    let contents = RunContents { recording: Some(recording), ..RunContents::default() };
    write_run(&folder.path().join("run.h5"), &contents, &WriteOptions::default())
}

#[test]
fn every_part_comes_back_with_any_options() {
    for precision in [Precision::Single, Precision::Double] {
        for compression in [Compression::None, Compression::Deflate(6)] {
            let options = WriteOptions { precision, compression };
            let (_folder, path) = written(&options);
            let file = ResultFile::open(&path).unwrap();
            assert_eq!(
                file.recording().unwrap().unwrap(),
                crate::common::recording(),
                "{options:?}"
            );
            assert_eq!(file.model().unwrap().unwrap(), crate::common::model());
            assert_eq!(file.provenance().unwrap().unwrap(), crate::common::provenance());
            // Debug text compares the NaN of the scan as equal.
            let sorted = {
                let mut theory = crate::common::theory();
                theory.iter_mut().for_each(|g| g.arrays.sort_by(|a, b| a.name.cmp(&b.name)));
                theory
            };
            assert_eq!(format!("{:?}", file.theory().unwrap()), format!("{sorted:?}"));
        }
    }
}

#[test]
fn double_precision_keeps_every_bit_and_single_precision_rounds() {
    let mut recording = crate::common::recording();
    recording.populations[0].traces[0].data.mapv_inplace(|v| v / 3.0);
    for (precision, exact) in [(Precision::Double, true), (Precision::Single, false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.h5");
        let contents = RunContents { recording: Some(&recording), ..RunContents::default() };
        let options = WriteOptions { precision, ..WriteOptions::default() };
        write_run(&path, &contents, &options).unwrap();
        let read = ResultFile::open(&path).unwrap().recording().unwrap().unwrap();
        let expected = &recording.populations[0].traces[0].data;
        let got = &read.populations[0].traces[0].data;
        assert_eq!(got == expected, exact);
        assert_eq!(*got == expected.mapv(|v| f64::from(v as f32)), !exact);
    }
}

#[test]
fn nothing_recorded_is_a_valid_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    write_run(&path, &RunContents::default(), &WriteOptions::default()).unwrap();
    let file = ResultFile::open(&path).unwrap();
    assert!(file.recording().unwrap().is_none());
    assert!(file.model().unwrap().is_none());
    assert!(file.provenance().unwrap().is_none());
    assert!(file.theory().unwrap().is_empty());
    assert!(file.spike_populations().unwrap().is_empty());
    assert!(matches!(file.spikes("Exc"), Err(FileError::Missing { .. })));

    let empty = Recording { dt: 0.1, n_steps: 0, populations: Vec::new(), afferents: Vec::new() };
    let contents = RunContents { recording: Some(&empty), ..RunContents::default() };
    write_run(&path, &contents, &WriteOptions::default()).unwrap();
    assert_eq!(ResultFile::open(&path).unwrap().recording().unwrap().unwrap(), empty);
}

#[test]
fn reports_carry_times_units_and_the_sonata_population() {
    let (_folder, path) = written(&WriteOptions::default());
    let file = ResultFile::open(&path).unwrap();
    assert_eq!(file.spike_populations().unwrap(), ["A", "B_Exc", "Exc", "Inh"]);
    assert_eq!(
        file.reports().unwrap(),
        [
            "Exc",
            "Exc.chosen.V_m",
            "Exc.g_exc",
            "Exc.late.V_m",
            "Exc.learning.weight_A",
            "Exc.w",
            "Inh"
        ]
    );
    let chosen = file.report("Exc.chosen.V_m").unwrap();
    assert_eq!((chosen.population.as_str(), &chosen.node_ids[..]), ("Exc", &[3, 17, 200][..]));
    assert_eq!((chosen.start, chosen.step), (101.0 * 0.1, 7.0 * 0.1));
    assert_eq!(((chosen.stop - chosen.start) / chosen.step) as usize, chosen.data.nrows());
    let report = file.report("Exc.g_exc").unwrap();
    assert_eq!(report.population, "Exc");
    assert_eq!(report.variable.as_deref(), Some("g_exc"));
    assert_eq!(report.unit.as_deref(), Some("nS"));
    assert_eq!(report.node_ids, [399, 0]);
    assert_eq!(report.index_pointers, [0, 1, 2]);
    assert_eq!(report.element_ids, [0, 0]);
    assert_eq!((report.start, report.step), (0.0, 3.0 * 0.1));
    assert_eq!((report.stop / report.step) as usize, 334);
    assert_eq!(report.data.dim(), (334, 2));
}

#[test]
fn the_description_lists_the_file() {
    let (_folder, path) = written(&WriteOptions::default());
    let description = describe(&path).unwrap();
    assert_eq!(description.layout, Layout::Ntwk);
    assert_eq!(description.size, std::fs::metadata(&path).unwrap().len());
    assert_eq!(description.dt, Some(0.1));
    assert_eq!(description.duration, Some(100.0));
    assert_eq!(
        description.spikes,
        [("A", 4), ("B_Exc", 4), ("Exc", 300), ("Inh", 0)].map(|(n, k)| (n.to_owned(), k))
    );
    assert_eq!(description.model_format.as_deref(), Some("toml"));
    assert_eq!(description.provenance, Some(crate::common::provenance()));
    let data = description.entries.iter().find(|e| e.path == "/report/Exc.w/data").unwrap();
    assert_eq!(data.shape, [100, 1]);
    assert_eq!(data.element_type, "f32");
    assert_eq!(data.unit.as_deref(), Some("pA"));
}

#[test]
fn what_cannot_be_stored_is_refused_by_name() {
    let mut recording = crate::common::recording();
    recording.populations[0].name = "L2/3".to_owned();
    let error = write_recording(&recording).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name \"L2/3\" of a population cannot be used in a file: '/' separates groups"
    );

    let mut recording = crate::common::recording();
    recording.populations[1].name = "Exc.w".to_owned();
    let error = write_recording(&recording).unwrap_err();
    assert!(
        matches!(&error, FileError::Repeated { object } if object == "/report/Exc.w"),
        "{error}"
    );

    let mut recording = crate::common::recording();
    recording.populations[0].traces[1].neurons.push(3);
    let error = write_recording(&recording).unwrap_err();
    assert_eq!(error.to_string(), "/report/Exc.w: 1 columns for 2 neurons");

    let mut recording = crate::common::recording();
    recording.populations[0].traces[0].steps.every = 0;
    let error = write_recording(&recording).unwrap_err();
    assert_eq!(error.to_string(), "/report/Exc: 0 steps between two samples");

    let options = WriteOptions { compression: Compression::Deflate(10), ..WriteOptions::default() };
    let error = write_run(Path::new("unused.h5"), &RunContents::default(), &options).unwrap_err();
    assert_eq!(error.to_string(), "compression: deflate has levels 1 to 9, not 10");
}

#[test]
fn a_failed_write_names_the_file_and_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent").join("run.h5");
    let error = write_run(&absent, &RunContents::default(), &WriteOptions::default()).unwrap_err();
    assert!(error.to_string().contains("cannot create"), "{error}");
    assert!(error.to_string().contains("absent"), "{error}");

    let path = folder.path().join("run.h5");
    std::fs::write(&path, "the previous result").unwrap();
    let mut theory = crate::common::theory();
    theory[0].arrays[0].axes.clear();
    let contents = RunContents { theory: &theory, ..RunContents::default() };
    let error = write_run(&path, &contents, &WriteOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "/theory/fixed_point/rates: 0 axis names for 1 dimensions");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "the previous result");

    // A folder in the way: the content is complete, the renaming fails, nothing is left over.
    let folder_in_the_way = folder.path().join("taken");
    std::fs::create_dir(&folder_in_the_way).unwrap();
    let error = write_run(&folder_in_the_way, &RunContents::default(), &WriteOptions::default())
        .unwrap_err();
    assert!(error.to_string().contains("cannot replace"), "{error}");
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn opening_what_is_no_result_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = ResultFile::open(&folder.path().join("absent.h5")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read "), "{error}");
    let text = folder.path().join("model.toml");
    std::fs::write(&text, "[population.Exc]\nsize = 400\n").unwrap();
    let error = describe(&text).unwrap_err();
    assert!(matches!(error, FileError::NotHdf5 { .. }), "{error}");
    assert!(error.to_string().contains("model.toml"), "{error}");
}
