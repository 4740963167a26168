//! Studies of a morphological cell from the library: what an interruption leaves, and how a stored study is known again.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ntwk::studies::morpho::background::{BackgroundOptions, background};
use ntwk::studies::morpho::epsp::{EpspOptions, epsp};
use ntwk::studies::morpho::fit::{PassiveFitOptions, RecordedTrace, fit};
use ntwk::studies::morpho::impedance::{ImpedanceOptions, impedance};
use ntwk::studies::morpho::run::{Stopped, run};
use ntwk::studies::morpho::{MorphoCell, MorphoError};
use ntwk::studies::table::ColumnValues;
use ntwk::sweep::store::StoreOptions;
use ntwk_core::{Job, Progress};
use ntwk_io::{read_cell, read_study, read_trace_csv};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}

fn cell(name: &str, changes: &[(&str, &str)]) -> MorphoCell {
    let path = example(name);
    let changes: Vec<_> = changes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    MorphoCell::new(read_cell(&path, &changes).unwrap(), &path).unwrap()
}

#[test]
fn an_interrupted_run_is_the_beginning_of_the_whole() {
    let cell = cell("passive-fit/cell.toml", &[("simulation.t_stop", "60 ms")]);
    let whole = run(&cell, &Job::new()).unwrap();
    assert_eq!(whole.stopped, None);
    let stop = AtomicBool::new(false);
    let watch = |_: &Progress<'_>| stop.store(true, Ordering::Relaxed);
    let part = run(&cell, &Job::new().interrupted_by(&stop).reporting_to(&watch)).unwrap();
    assert_eq!(part.stopped, Some(Stopped::Interrupted { time: part.time }));
    assert!(part.time > 0.0 && part.time < whole.time);
    let n = part.recording.times.len();
    assert_eq!(part.recording.times, whole.recording.times[..n]);
    for (a, b) in part.recording.column(0).iter().zip(whole.recording.column(0)) {
        assert_eq!(a.to_bits(), b.to_bits());
    }
}

#[test]
fn an_interrupted_map_has_the_first_compartments() {
    let cell = cell("dendritic-integration/cell.toml", &[("simulation.dt", "0.2 ms")]);
    let mut options = EpspOptions::default();
    options.selection = "apical and distance > 500 um".parse().unwrap();
    options.duration = 5.0;
    let whole = epsp(&cell, &options, &Job::threads(2)).unwrap();
    let stop = AtomicBool::new(false);
    let watch = |_: &Progress<'_>| stop.store(true, Ordering::Relaxed);
    // On one thread: of two, the second may be the first to report.
    let job = Job::threads(1).interrupted_by(&stop).reporting_to(&watch);
    let part = epsp(&cell, &options, &job).unwrap();
    let n = part.map.compartments.len();
    assert!(n > 0 && n < whole.map.compartments.len(), "{n}");
    assert_eq!(part.map.local, whole.map.local[..n]);
    let table = part.table();
    assert_eq!((table.rows(), table.column("area").unwrap().header().as_str()), (n, "area_mV_ms"));
}

#[test]
fn all_faults_of_the_options_of_a_study_come_at_once() {
    let cell = cell("dendritic-integration/cell.toml", &[]);
    let mut options = EpspOptions::default();
    (options.synapses, options.duration) = (Some("none".to_owned()), -1.0);
    let error = epsp(&cell, &options, &Job::new()).unwrap_err();
    let said = error.to_string();
    assert!(error.is_input_fault(), "{said}");
    assert!(
        said.contains("no group of synapses \"none\"") && said.contains("duration = -1"),
        "{said}"
    );
    let mut options = ImpedanceOptions::default();
    (options.frequency, options.hold) = (-1.0, Some(f64::NAN));
    let said = impedance(&cell, &options, &Job::new()).unwrap_err().to_string();
    assert!(said.contains("frequency = -1") && said.contains("hold = NaN"), "{said}");
}

#[test]
fn studies_that_are_interrupted_at_once_say_so() {
    let cell = cell("dendritic-integration/cell.toml", &[]);
    let stop = AtomicBool::new(true);
    let job = Job::new().interrupted_by(&stop);
    let interrupted = |e: MorphoError| assert!(e.is_interruption() && !e.is_input_fault(), "{e}");
    interrupted(epsp(&cell, &EpspOptions::default(), &job).unwrap_err());
    interrupted(impedance(&cell, &ImpedanceOptions::default(), &job).unwrap_err());
    let (times, values) = read_trace_csv(&example("passive-fit/trace.csv"), 1).unwrap();
    let trace = RecordedTrace { times, values };
    let passive = self::cell("passive-fit/cell.toml", &[]);
    interrupted(fit(&passive, trace, &PassiveFitOptions::default(), &job).unwrap_err());
}

#[test]
fn an_interrupted_fit_keeps_its_best_parameters() {
    let cell = cell("passive-fit/cell.toml", &[]);
    let (times, values) = read_trace_csv(&example("passive-fit/trace.csv"), 1).unwrap();
    let trace = RecordedTrace { times, values };
    let (stop, reports) = (AtomicBool::new(false), AtomicU32::new(0));
    let watch = |_: &Progress<'_>| {
        stop.store(reports.fetch_add(1, Ordering::Relaxed) >= 3, Ordering::Relaxed);
    };
    let job = Job::new().interrupted_by(&stop).reporting_to(&watch);
    let part = fit(&cell, trace, &PassiveFitOptions::default(), &job).unwrap();
    assert!(!part.fit.converged && part.fit.termination == "interrupted");
    assert!(part.fit.rms < part.fit.initial_rms, "{} {}", part.fit.rms, part.fit.initial_rms);
    assert!(part.fit.parameters.iter().all(|p| p.standard_error.is_nan()));
    let table = part.table();
    let ColumnValues::Numbers(fitted) = &table.column("fitted").unwrap().values else { panic!() };
    assert_eq!(fitted, &part.responses[1]);
}

#[test]
fn a_stored_study_says_what_it_is_and_what_differs() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("background.h5");
    let changes = [("simulation.dt", "0.2 ms"), ("simulation.t_stop", "100 ms")];
    let cell = cell("dendritic-integration/cell.toml", &changes);
    let mut options = BackgroundOptions::default();
    (options.transient, options.duration) = (5.0, 15.0);
    let study = |options: &BackgroundOptions| {
        background(&cell, options, &path, StoreOptions::default(), &Job::threads(2))
    };
    let first = study(&options).unwrap();
    assert!(first.state.is_some() && first.runs.computed == 6);
    assert_eq!(first.table().unwrap().rows(), 6);
    let text = read_study(&path).unwrap().unwrap();
    assert!(text.json.contains(r#""duration_ms":15.0"#), "{}", text.json);
    // The same point by another name is the same study.
    let place = cell.places(&options.at, 1).unwrap()[0];
    options.at = ntwk_morpho::LocationSpec::Branch(place).into();
    assert_eq!(study(&options).unwrap().runs.computed, 0);
    // Several probes on a part of the tree are another study, and more of them a larger EPSP.
    let probes = |number: usize| {
        let mut options = options.clone();
        (options.at, options.number) = ("subtree 1".parse().unwrap(), number);
        options.duration = 90.0;
        let path = folder.path().join(format!("probes_{number}.h5"));
        let study = background(&cell, &options, &path, StoreOptions::default(), &Job::threads(2));
        study.unwrap().state.unwrap().epsp[0]
    };
    let (one, three) = (probes(1), probes(3));
    assert!(one > 0.0 && three > 1.5 * one && three < 6.0 * one, "{one} {three}");
    options.duration = 20.0;
    let refused = study(&options).unwrap_err().to_string();
    assert!(refused.contains("duration_ms is 15.0 in the file and 20.0 here"), "{refused}");
    options.duration = 200.0;
    assert!(study(&options).unwrap_err().is_input_fault());
}
