//! A run written while it computes: block by block, killed, continued to the end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ndarray::{Array2, Axis, Slice};
use ntwk_core::model::SampleSteps;
use ntwk_core::{AfferentRecording, Job, PopulationRecording, Recording, Spikes, Trace};
use ntwk_io::{
    Compression, FileError, Precision, ResultFile, RunWriter, Selection, WriteOptions, describe,
};

/// The recording before its first step.
fn plan(recording: &Recording) -> Recording {
    block(recording, 0, 0, recording.n_steps)
}

/// Steps `from..to` of a recording, declared as `n_steps` steps.
fn block(recording: &Recording, from: u64, to: u64, n_steps: u64) -> Recording {
    let cut_spikes = |s: &Spikes| {
        let inside = |i: &usize| (from..to).contains(&s.steps[*i]);
        let kept: Vec<usize> = (0..s.len()).filter(inside).collect();
        Spikes {
            steps: kept.iter().map(|&i| s.steps[i]).collect(),
            ids: kept.iter().map(|&i| s.ids[i]).collect(),
        }
    };
    let cut = |p: &PopulationRecording| PopulationRecording {
        name: p.name.clone(),
        size: p.size,
        spikes: p.spikes.as_ref().map(cut_spikes),
        counts: p.counts[from as usize..to as usize].to_vec(),
        traces: p.traces.iter().map(|t| cut_trace(t, from, to)).collect(),
    };
    Recording {
        dt: recording.dt,
        n_steps,
        populations: recording.populations.iter().map(cut).collect(),
        afferents: recording
            .afferents
            .iter()
            .map(|a| AfferentRecording { spikes: cut_spikes(&a.spikes), ..a.clone() })
            .collect(),
    }
}

fn cut_trace(trace: &Trace, from: u64, to: u64) -> Trace {
    let frames = trace.steps.rows(from..to);
    Trace { data: trace.data.slice_axis(Axis(0), Slice::from(frames)).to_owned(), ..trace.clone() }
}

fn write_blocks(path: &Path, options: &WriteOptions, ends: &[u64]) -> RunWriter {
    let recording = crate::common::recording();
    let (model, provenance) = (crate::common::model(), crate::common::provenance());
    let mut writer = RunWriter::create(
        path,
        &plan(&recording),
        Some(&model),
        Some(&provenance),
        options,
        &Job::new(),
    )
    .unwrap();
    let mut from = 0;
    for &to in ends {
        writer.append(&block(&recording, from, to, to - from)).unwrap();
        from = to;
    }
    writer
}

#[test]
fn blocks_of_any_length_give_the_whole_recording() {
    for precision in [Precision::Single, Precision::Double] {
        for compression in [Compression::None, Compression::Deflate(1)] {
            for ends in [&[1000][..], &[1, 2, 9, 500, 999, 1000]] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("run.h5");
                let options = WriteOptions { precision, compression };
                let writer = write_blocks(&path, &options, ends);
                assert!(!path.exists());
                writer.finish(Some(2.5), None, &crate::common::theory()).unwrap();
                let file = ResultFile::open(&path).unwrap();
                assert_eq!(file.recording().unwrap().unwrap(), crate::common::recording());
                assert_eq!(file.model().unwrap().unwrap(), crate::common::model());
                assert_eq!(file.provenance().unwrap().unwrap().wall_seconds, 2.5);
                assert_eq!(file.theory().unwrap().len(), 2);
                assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
            }
        }
    }
}

#[test]
fn a_run_that_stops_early_holds_what_it_came_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let writer = write_blocks(&path, &WriteOptions::default(), &[100, 250]);
    let partial = writer.partial_path().to_owned();
    assert_eq!(partial, folder.path().join("run.partial.h5"));
    drop(writer);
    let expected = block(&crate::common::recording(), 0, 250, 250);
    let read = ResultFile::open(&partial).unwrap().recording().unwrap().unwrap();
    assert_eq!(read, expected);
    let report = ResultFile::open(&partial).unwrap().report("Exc").unwrap();
    assert_eq!(report.data.nrows(), 1000);
    assert!(report.data.row(249).iter().all(|v| v.is_finite()));
    assert!(report.data.row(250).iter().all(|v| v.is_nan()));
    let description = describe(&partial).unwrap();
    assert_eq!(description.duration, Some(25.0));
    assert_eq!(description.planned, Some(100.0));
    assert_eq!(description.stopped, None);

    let writer = write_blocks(&path, &WriteOptions::default(), &[100]);
    writer.finish(None, Some("interrupted at t = 10 ms"), &[]).unwrap();
    let description = describe(&path).unwrap();
    assert_eq!(description.stopped.as_deref(), Some("interrupted at t = 10 ms"));
    assert_eq!(description.duration, Some(10.0));
}

#[test]
fn a_part_of_the_samples_is_that_part_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    write_blocks(&path, &WriteOptions::default(), &[1000]).finish(None, None, &[]).unwrap();
    let file = ResultFile::open(&path).unwrap();
    let whole = file.recording().unwrap().unwrap();
    for (variables, columns) in
        [(None, 1..2), (Some(&["V_m"][..]), 0..2), (Some(&["w", "V_m"]), 0..100), (Some(&[]), 0..9)]
    {
        let selection = Selection { variables, columns: columns.clone() };
        let part = file.recording_of(&selection).unwrap().unwrap();
        assert_eq!((part.dt, part.n_steps), (whole.dt, whole.n_steps));
        for (part, whole) in part.populations.iter().zip(&whole.populations) {
            assert_eq!((&part.spikes, &part.counts), (&whole.spikes, &whole.counts));
            let expected: Vec<Trace> = whole
                .traces
                .iter()
                .filter(|t| variables.is_none_or(|v| v.contains(&t.variable.as_str())))
                .map(|t| {
                    let n = t.neurons.len();
                    let kept = columns.start.min(n)..columns.end.min(n);
                    Trace {
                        neurons: t.neurons[kept.clone()].to_vec(),
                        sources: t.sources.get(kept.clone()).unwrap_or_default().to_vec(),
                        data: t.data.slice_axis(Axis(1), Slice::from(kept)).to_owned(),
                        ..t.clone()
                    }
                })
                .collect();
            assert_eq!(part.traces, expected);
        }
    }
}

#[test]
fn a_block_that_does_not_continue_the_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let mut writer = write_blocks(&path, &WriteOptions::default(), &[100]);
    let recording = crate::common::recording();
    let mut refused = |change: &dyn Fn(&mut Recording), problem: &str| {
        let mut wrong = block(&recording, 100, 200, 100);
        change(&mut wrong);
        let error = writer.append(&wrong).unwrap_err();
        assert!(matches!(error, FileError::Inconsistent { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    };
    refused(&|b| b.n_steps = 901, "901 steps of 0.1 ms after 100 of 1000");
    refused(&|b| b.dt = 0.2, "of 0.2 ms");
    refused(&|b| b.populations.truncate(2), "2 populations, 3 were planned");
    refused(&|b| b.populations.swap(0, 1), "the block has Inh here");
    refused(&|b| b.populations[0].counts.clear(), "0 counts for 100 steps");
    refused(&|b| b.populations[0].spikes = None, "spikes");
    refused(
        &|b| {
            let spikes = b.populations[0].spikes.as_mut().unwrap();
            spikes.steps[0] = 99;
        },
        "a spike outside of steps 100 to 200",
    );
    refused(
        &|b| b.populations[0].traces[2].data = Array2::zeros((34, 2)),
        "34 frames where 33 are due",
    );
    writer.append(&block(&recording, 100, 1000, 900)).unwrap();
    writer.finish(None, None, &[]).unwrap();
    assert_eq!(ResultFile::open(&path).unwrap().recording().unwrap().unwrap(), recording);
}

#[test]
fn more_samples_than_memory_can_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(&crate::common::recording());
    plan.n_steps = u64::MAX;
    let error = RunWriter::create(
        &folder.path().join("run.h5"),
        &plan,
        None,
        None,
        &WriteOptions::default(),
        &Job::new(),
    )
    .unwrap_err();
    assert!(error.to_string().contains("are too many"), "{error}");
}

#[test]
fn an_interrupted_run_is_left_whole_and_one_that_came_to_nothing_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let options = WriteOptions::default();
    let left =
        write_blocks(&path, &options, &[100]).leave(Some(1.0), Some("interrupted"), true).unwrap();
    assert_eq!(left, path);
    let description = describe(&path).unwrap();
    assert_eq!((description.duration, description.planned), (Some(10.0), Some(100.0)));
    assert_eq!(description.stopped.as_deref(), Some("interrupted"));
    let partial =
        write_blocks(&path, &options, &[250]).leave(None, Some("interrupted"), false).unwrap();
    assert_eq!(partial, folder.path().join("run.partial.h5"));
    assert_eq!(describe(&partial).unwrap().duration, Some(25.0));
    assert_eq!(describe(&path).unwrap().duration, Some(10.0));
    write_blocks(&path, &options, &[]).discard().unwrap();
    assert!(!partial.exists() && path.exists());

    let stop = std::sync::atomic::AtomicBool::new(true);
    let job = Job::new().interrupted_by(&stop);
    let plan = plan(&crate::common::recording());
    let error = RunWriter::create(&path, &plan, None, None, &options, &job).unwrap_err();
    assert!(matches!(error, FileError::Interrupted(_)) && !partial.exists(), "{error}");
}

const CHILD: &str = "NTWK_IO_TEST_FILE";

/// The block `index` of the child below: 100 steps, 500 spikes, 100 frames of 20 neurons, all known from `index`.
fn child_block(index: u64) -> Recording {
    let first = 100 * index;
    let spikes = Spikes {
        steps: (0..500).map(|i| first + i / 5).collect(),
        ids: (0..500).map(|i| ((first + i) % 1000) as u32).collect(),
    };
    let trace = Trace {
        variable: "V_m".to_owned(),
        unit: "mV".to_owned(),
        neurons: (0..20).collect(),
        group: None,
        sources: Vec::new(),
        steps: SampleSteps::every(1),
        data: Array2::from_shape_fn((100, 20), |(t, i)| {
            (first + t as u64) as f64 + 0.125 * i as f64
        }),
    };
    Recording {
        dt: 0.25,
        n_steps: 100,
        populations: vec![PopulationRecording {
            name: "Exc".to_owned(),
            size: 1000,
            spikes: Some(spikes),
            counts: vec![5; 100],
            traces: vec![trace],
        }],
        afferents: Vec::new(),
    }
}

/// Not a test: the process that `a_killed_process_leaves_whole_blocks` starts and kills.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let mut plan = child_block(0);
    plan.n_steps = 100_000;
    plan.populations[0].counts.clear();
    plan.populations[0].spikes = Some(Spikes::default());
    plan.populations[0].traces[0].data = Array2::zeros((0, 20));
    let options = WriteOptions { precision: Precision::Double, ..WriteOptions::default() };
    let mut writer = RunWriter::create(&path, &plan, None, None, &options, &Job::new()).unwrap();
    for index in 0..1000 {
        writer.append(&child_block(index)).unwrap();
    }
}

#[test]
fn a_killed_process_leaves_whole_blocks() {
    for attempt in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.h5");
        let partial = folder.path().join("run.partial.h5");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "streaming::child"])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Errors of a file that is being changed are expected; the file the killed process leaves has none.
        let stored = || describe(&partial).ok()?.duration;
        let start = Instant::now();
        while stored().unwrap_or(0.0) < 250.0 {
            assert!(start.elapsed() < Duration::from_secs(60), "the child wrote nothing");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_micros(700 * attempt));
        child.kill().unwrap();
        child.wait().unwrap();

        let read = ResultFile::open(&partial).unwrap().recording().unwrap().unwrap();
        assert!(read.n_steps >= 1000 && read.n_steps.is_multiple_of(100), "{}", read.n_steps);
        let exc = &read.populations[0];
        let spikes = exc.spikes.as_ref().unwrap();
        assert_eq!(spikes.len() as u64, 5 * read.n_steps);
        assert_eq!(exc.counts.len() as u64, read.n_steps);
        assert_eq!(exc.traces[0].data.nrows() as u64, read.n_steps);
        for index in 0..read.n_steps / 100 {
            let expected = child_block(index);
            let expected = &expected.populations[0];
            let at = 500 * index as usize;
            let expected_spikes = expected.spikes.as_ref().unwrap();
            assert_eq!(spikes.steps[at..at + 500], expected_spikes.steps);
            assert_eq!(spikes.ids[at..at + 500], expected_spikes.ids);
            let rows = Slice::from(100 * index as usize..100 * (index as usize + 1));
            assert_eq!(exc.traces[0].data.slice_axis(Axis(0), rows), expected.traces[0].data);
        }
        assert!(!path.exists());
    }
}

/// Two runs in one folder would write into each other's samples.
#[cfg(unix)]
#[test]
fn a_file_that_a_run_writes_is_held_until_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.h5");
    let recording = crate::common::recording();
    let (model, provenance) = (crate::common::model(), crate::common::provenance());
    let options = WriteOptions::default();
    let create = || {
        let plan = plan(&recording);
        RunWriter::create(&path, &plan, Some(&model), Some(&provenance), &options, &Job::new())
    };
    let first = create().unwrap();
    let error = create().map(drop).unwrap_err().to_string();
    assert!(error.contains("another run is writing it"), "{error}");
    drop(first);
    create().unwrap();
}
