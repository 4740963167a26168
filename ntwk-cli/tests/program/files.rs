//! What runs leave behind: streamed files, description, verification, export, analysis, scans.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{good, ntwk};
use ntwk::sweep::status::{read_sweep, sweep_status};
use ntwk_io::{ResultFile, ScanValues, describe, read_scan};
use tempfile::TempDir;

/// Starts a command and kills it when `ready` says so.
fn kill_when(folder: &TempDir, args: &[&str], ready: impl Fn() -> bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ntwk"))
        .args(args)
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was written");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_run_leaves_a_file_that_reads_and_verifies() {
    let folder = TempDir::new().unwrap();
    let partial = folder.path().join("k/results.partial.h5");
    let file = good("theory.toml");
    let args = [
        "run",
        &file,
        "--out",
        "k",
        "-q",
        "--set",
        "simulation.t_stop=1000 s",
        "--set",
        "record.V_m=2",
    ];
    kill_when(&folder, &args, || {
        describe(&partial).ok().and_then(|d| d.duration).is_some_and(|t| t > 0.0)
    });
    let description = describe(&partial).unwrap();
    assert!(description.duration < description.planned);
    let text = ntwk(&folder, 0, &["info", "k/results.partial.h5"]);
    assert!(text.contains("planned") && text.contains("ended from outside"), "{text}");
    assert!(!folder.path().join("k/results.h5").exists());
}

#[test]
fn verify_accepts_what_was_run_and_finds_one_changed_sample() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    ntwk(&folder, 0, &["compare", &file, "--out", "c", "-q", "--threads", "1"]);
    let text = ntwk(&folder, 0, &["verify", "c/results.h5", "-q", "--threads", "2"]);
    assert!(
        text.contains("steps") && text.contains("values of the theory: the same bits"),
        "{text}"
    );
    ntwk(&folder, 0, &["run", &file, "--out", "d", "-q", "--precision", "double"]);
    ntwk(&folder, 0, &["verify", "d/results.h5", "-q"]);

    let path = folder.path().join("d/results.h5");
    let read = ResultFile::open(&path).unwrap().recording().unwrap().unwrap();
    let value = read.populations[0].traces[0].data[[7, 0]];
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(8).position(|w| w == value.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let text = ntwk(&folder, 1, &["verify", "d/results.h5", "-q"]);
    assert!(text.contains("not the same bits") && text.contains("V_m"), "{text}");
}

#[test]
fn precision_and_compression_change_the_file_and_not_the_results() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let run = |out: &str, options: &[&str]| {
        let mut args = vec!["run", &file, "--out", out, "-q", "--set", "record.V_m=20"];
        args.extend(options);
        ntwk(&folder, 0, &args);
        let path = folder.path().join(out).join("results.h5");
        let recording = ResultFile::open(&path).unwrap().recording().unwrap().unwrap();
        (std::fs::metadata(&path).unwrap().len(), recording)
    };
    let (single, plain) = run("s", &[]);
    let (double, exact) = run("d", &["--precision", "double"]);
    let (small, packed) = run("p", &["--compress", "9"]);
    assert!(double > single, "{double} {single}");
    assert_ne!(small, single);
    assert_eq!(packed, plain);
    for (plain, exact) in plain.populations.iter().zip(&exact.populations) {
        assert_eq!((&plain.spikes, &plain.counts), (&exact.spikes, &exact.counts));
        assert_ne!(plain.traces[0].data, exact.traces[0].data);
        assert_eq!(plain.traces[0].data, exact.traces[0].data.mapv(|v| f64::from(v as f32)));
    }
    ntwk(&folder, 2, &["run", &file, "--compress", "10"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_keeps_what_was_written_and_says_so() {
    let folder = TempDir::new().unwrap();
    let program = env!("CARGO_BIN_EXE_ntwk");
    let file = good("theory.toml");
    // A limit on the size of files stands in for the disk; without its signal the write fails.
    let run = |limit: u32| {
        let script = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec '{program}' run '{file}' --out f -q --set 'simulation.t_stop=200 s' --set record.V_m=0"
        );
        let output =
            Command::new("bash").args(["-c", &script]).current_dir(&folder).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("recording failed"), "{message}");
        message
    };
    assert!(run(400).contains("nothing was stored"));
    assert_eq!(std::fs::read_dir(folder.path().join("f")).unwrap().count(), 0);
    let message = run(12_000);
    assert!(message.contains("cannot write"), "{message}");
    let description = describe(&folder.path().join("f/results.partial.h5")).unwrap();
    assert!(description.duration > Some(0.0) && description.duration < description.planned);
}

#[test]
fn exports_are_written_and_the_flat_one_reads_back() {
    let folder = TempDir::new().unwrap();
    ntwk(&folder, 0, &["run", &good("theory.toml"), "--out", "r", "-q"]);
    for (to, made) in
        [("nwb", "r/results.nwb"), ("npz", "r/results.npz"), ("flat", "r/results.flat.h5")]
    {
        ntwk(&folder, 0, &["export", "r/results.h5", "--to", to]);
        assert!(folder.path().join(made).is_file(), "{made}");
    }
    ntwk(&folder, 0, &["export", "r/results.h5", "--to", "csv", "-o", "t"]);
    ntwk(&folder, 0, &["export", "r/results.flat.h5", "--to", "csv", "-o", "u"]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("t/spikes.csv"), read("u/spikes.csv"));
    assert!(read("t/spikes.csv").lines().count() > 10);
    let text = ntwk(&folder, 0, &["info", "r/results.nwb"]);
    assert!(text.contains("Neurodata Without Borders"), "{text}");
    let text = ntwk(&folder, 0, &["info", "r/results.flat.h5"]);
    assert!(text.contains("flat HDF5") && text.contains("tRASTER_N"), "{text}");
    assert!(ntwk(&folder, 0, &["info", "r/results.h5", "--model"]).contains("[populations.N"));
    let text = ntwk(
        &folder,
        2,
        &["export", "r/results.flat.h5", "--to", "flat", "-o", "r/results.flat.h5"],
    );
    assert!(text.contains("overwritten"), "{text}");
}

#[test]
fn analysis_has_the_rate_of_the_run_and_honours_its_window() {
    let folder = TempDir::new().unwrap();
    ntwk(
        &folder,
        0,
        &["run", &good("theory.toml"), "--out", "r", "-q", "--set", "record.currents=3"],
    );
    let json = |args: &[&str]| -> serde_json::Value {
        let mut all = vec!["analyze", "r/results.h5"];
        all.extend(args);
        let text = ntwk(&folder, 0, &all);
        assert!(text.contains("rate (Hz)") && text.contains("expected input"), "{text}");
        let file = std::fs::read_to_string(folder.path().join("r/analysis.json")).unwrap();
        serde_json::from_str(&file).unwrap()
    };
    let value = |json: &serde_json::Value, name: &str| {
        let list = json["populations"][0]["quantities"].as_array().unwrap().clone();
        list.iter().find(|q| q["name"] == name).unwrap()["value"].as_f64().unwrap()
    };
    let whole = json(&["--window", "0,200"]);
    let summary: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(folder.path().join("r/summary.json")).unwrap(),
    )
    .unwrap();
    let population = &summary["populations"][0];
    let expected =
        population["spikes"].as_f64().unwrap() / population["size"].as_f64().unwrap() / 0.2;
    assert!((value(&whole, "rate") - expected).abs() < 1e-9 * expected);
    assert_ne!(value(&whole, "rate"), value(&json(&["--window", "50,100"]), "rate"));
    ntwk(&folder, 2, &["analyze", "r/results.h5", "--window", "5,2"]);
    ntwk(&folder, 2, &["analyze", "r/results.h5", "--window", "100,900"]);
}

fn scan_args<'a>(file: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["scan", file, "--out", out];
    args.extend(["--vary", "size:populations.N.size=20,40,60,80", "--repeats", "2", "-q"]);
    args.extend(more);
    args
}

#[test]
fn a_killed_scan_goes_on_without_computing_again_and_threads_change_no_bit() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let path = folder.path().join("a/scan.h5");
    let times = |path: &Path| match &read_sweep(path).unwrap().data.get("seconds").unwrap().values {
        ScanValues::Numbers(v) => v.clone(),
        ScanValues::Texts(_) => Vec::new(),
    };
    let long = ["--set", "simulation.t_stop=400", "--threads", "1"];
    let is_begun = || sweep_status(&path).is_ok_and(|status| status.done > 0);
    kill_when(&folder, &scan_args(&file, "a", &long), is_begun);
    let before = times(&path);
    let known = before.iter().filter(|s| s.is_finite()).count();
    assert!(known >= 1);
    let text = ntwk(&folder, 0, &scan_args(&file, "a", &long));
    assert!(
        text.contains(&format!("8 points: {known} known before, {} computed", 8 - known)),
        "{text}"
    );
    for (was, is) in before.iter().zip(times(&path)) {
        assert!(was.is_nan() || *was == is, "a known point was computed again");
    }
    ntwk(&folder, 0, &scan_args(&file, "b", &["--set", "simulation.t_stop=400", "--threads", "4"]));
    let a = read_scan(&path).unwrap().unwrap().0;
    let b = read_scan(&folder.path().join("b/scan.h5")).unwrap().unwrap().0;
    assert_eq!(a.axes, b.axes);
    assert!(a.arrays.len() > 10);
    for array in a.arrays.iter().filter(|x| x.name != "seconds") {
        let bits = |v: &ScanValues| match v {
            ScanValues::Numbers(v) => v.iter().map(|x| x.to_bits().to_string()).collect::<Vec<_>>(),
            ScanValues::Texts(v) => v.clone(),
        };
        assert_eq!(
            bits(&array.values),
            bits(&b.get(&array.name).unwrap().values),
            "{}",
            array.name
        );
    }
    let text = ntwk(&folder, 2, &scan_args(&file, "a", &["--set", "simulation.t_stop=401"]));
    assert!(text.contains("another scan"), "{text}");
}

#[test]
fn failed_points_keep_their_error_and_are_retried_on_demand() {
    let folder = TempDir::new().unwrap();
    let file = good("pair.toml");
    let args = |more: &[&'static str]| {
        let mut all = vec!["scan", file.as_str(), "--out", "f", "-q", "--vary"];
        all.push("I:populations.B-2.I_e=0,-1e12,10");
        all.extend(more);
        all
    };
    let text = ntwk(&folder, 1, &args(&[]));
    assert!(text.contains("1 points failed") && text.contains("blew up"), "{text}");
    let text = ntwk(&folder, 1, &args(&[]));
    assert!(text.contains("3 known before, 0 computed, 1 failed"), "{text}");
    let text = ntwk(&folder, 1, &args(&["--retry-failed"]));
    assert!(text.contains("2 known before, 1 computed, 1 failed"), "{text}");
    let data = read_scan(&folder.path().join("f/scan.h5")).unwrap().unwrap().0;
    assert_eq!(data.get("status").unwrap().values, ScanValues::Numbers(vec![1.0, 2.0, 1.0]));
}

#[test]
fn faults_of_a_scan_are_found_before_anything_runs() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    for (vary, message) in [
        ("populations.N.size=10.5,20", "whole number"),
        ("populations.N.size=1..5", "number of values"),
        ("seed:populations.N.size=1..5:2", "is taken"),
        ("simulation.seed=1,2", "repeats"),
        ("simulation.t_stop=-1..5:3:log", "one sign"),
        ("simulation.t_stop=1s..5mV:3", "one unit"),
        ("nonsense", "expected"),
    ] {
        let text = ntwk(&folder, 2, &["scan", &file, "--vary", vary, "--out", "x", "-q"]);
        assert!(text.contains(message), "{vary}: {text}");
        assert!(!folder.path().join("x").exists());
    }
    ntwk(&folder, 2, &["scan", &file, "--out", "x", "-q"]);
}

#[test]
fn plan_prints_the_needs_of_a_model() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let text = ntwk(&folder, 0, &["plan", &file, "--calibration", "0.05"]);
    for part in ["neurons", "synapses", "target lists", "time to simulate", "calibrated on 100.0 %"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!ntwk(&folder, 0, &["plan", &file, "--calibration", "0"]).contains("time to"));
}

#[test]
fn a_scan_written_in_the_model_is_the_one_of_the_command_line() {
    let folder = TempDir::new().unwrap();
    let text = std::fs::read_to_string(good("theory.toml")).unwrap();
    let section = r#"
[scan]
command = "run"
repeats = 2
[[scan.vary]]
name = "stop"
key = "simulation.t_stop"
from = "150 ms"
to = "200 ms"
points = 2
spacing = "log"
[[scan.vary]]
key = ["populations.N.size"]
values = [20, 30]
"#;
    std::fs::write(folder.path().join("m.toml"), format!("{text}{section}")).unwrap();
    ntwk(&folder, 0, &["check", "m.toml"]);
    let one = ntwk(&folder, 0, &["scan", "m.toml", "--out", "a", "-q"]);
    assert!(one.contains("8 points"), "{one}");
    let vary = [
        "--vary",
        "stop:simulation.t_stop=150ms..200ms:2:log",
        "--vary",
        "populations.N.size=20,30",
    ];
    let file = good("theory.toml");
    let mut args = vec!["scan", &file, "--out", "b", "-q", "--repeats", "2"];
    args.extend(vary);
    ntwk(&folder, 0, &args);
    let read =
        |name: &str| read_scan(&folder.path().join(name).join("scan.h5")).unwrap().unwrap().0;
    let (a, b) = (read("a"), read("b"));
    assert_eq!(a.axes, b.axes);
    assert_eq!(a.get("rate").unwrap().values, b.get("rate").unwrap().values);
    assert_eq!(a.get("stop").unwrap().unit, "ms");

    let wrong = section.replace("\"log\"", "\"lg\"").replace("repeats = 2", "repeat = 2");
    std::fs::write(folder.path().join("w.toml"), format!("{text}{wrong}")).unwrap();
    let message = ntwk(&folder, 2, &["check", "w.toml"]);
    for part in ["scan.repeat", "did you mean \"repeats\"?", "scan.vary[0].spacing"] {
        assert!(message.contains(part), "{part}\n{message}");
    }
}

#[test]
fn samples_fill_their_ranges() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let vary = ["--vary", "w:simulation.t_stop=150..250", "--points", "8", "-q"];
    let draw = |sampling: &str| {
        let mut args = vec!["scan", &file, "--out", sampling, "--sampling", sampling];
        args.extend(vary);
        ntwk(&folder, 0, &args);
        let data = read_scan(&folder.path().join(sampling).join("scan.h5")).unwrap().unwrap().0;
        match &data.get("w").unwrap().values {
            ScanValues::Numbers(v) => v.clone(),
            ScanValues::Texts(_) => Vec::new(),
        }
    };
    let latin = draw("latin_hypercube");
    let mut strata: Vec<i64> = latin.iter().map(|x| ((x - 150.0) / 12.5) as i64).collect();
    strata.sort_unstable();
    assert_eq!(strata, (0..8).collect::<Vec<_>>());
    let random = draw("random");
    assert!(random.len() == 8 && random.iter().all(|x| (150.0..250.0).contains(x)));
    assert_ne!(random, latin);
}

#[test]
fn each_figure_and_the_report_show_what_was_recorded() {
    let folder = TempDir::new().unwrap();
    let file = good("features.toml");
    ntwk(&folder, 0, &["run", &file, "--out", "r", "-q"]);
    ntwk(&folder, 0, &["plot", "r/results.h5", "--figure", "all", "--out", "f"]);
    let svg = |name: &str| std::fs::read_to_string(folder.path().join("f").join(name)).unwrap();
    ntwk(&folder, 0, &["plot", "r/results.h5", "--figure", "connectivity", "--out", "f"]);
    ntwk(&folder, 0, &["plot", "r/results.h5", "--figure", "matrix", "--out", "f"]);
    for name in [
        "log-activity",
        "twin",
        "potential-band",
        "cells",
        "membrane-currents",
        "balance",
        "current-histograms",
        "matrix",
        "overview",
        "raster",
        "activity",
        "potentials",
        "inputs",
        "histograms",
        "spectra",
        "connectivity",
    ] {
        assert!(folder.path().join(format!("f/{name}.png")).metadata().unwrap().len() > 1000);
        assert!(svg(&format!("{name}.svg")).contains("<path"), "{name}");
    }
    let inputs = svg("inputs.svg");
    assert!(inputs.contains("mean conductance (nS)") && inputs.contains("mean current (pA)"));
    // A part of the run is another picture; one after its end is a fault.
    let all = svg("raster.svg");
    let part = ["plot", "r/results.h5", "--figure", "raster", "--window", "50,100", "--out", "f"];
    ntwk(&folder, 0, &part);
    assert_ne!(all, svg("raster.svg"));
    ntwk(&folder, 2, &["plot", "r/results.h5", "--window", "9000,9100"]);

    ntwk(&folder, 0, &["report", "r/results.h5", "-o", "page/report.html"]);
    let page = std::fs::read_to_string(folder.path().join("page/report.html")).unwrap();
    assert_eq!(page.matches("<figure style=\"--mm: ").count(), 4);
    assert!(!page.contains("dashed: the theory"), "there is none");
    // It needs nothing else, and no two parts share a name.
    assert!(!page.contains("src=") && !page.contains("<link") && !page.contains("@import"));
    let mut names: Vec<&str> =
        page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let n = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(n > 4 && names.len() == n, "{n} names, {} different", names.len());
    assert!(page.contains("Expected input") && page.contains("[simulation]"));

    assert!(!page.contains("Simulated and predicted"));

    let bare = good("minimal.toml");
    ntwk(&folder, 0, &["run", &bare, "--out", "b", "-q"]);
    let text = ntwk(&folder, 2, &["plot", "b/results.h5", "--figure", "inputs"]);
    assert!(text.contains("did not record"), "{text}");
    let text =
        ntwk(&folder, 2, &["plot", "r/results.h5", "--figure", "connectivity", "--window", "5,9"]);
    assert!(text.contains("no time"), "{text}");
}
