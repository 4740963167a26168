//! The commands on morphological cells from outside: files, tables, exit codes; and the studies against each other.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}

fn ntwk(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ntwk")).arg("morpho").args(arguments).output().unwrap()
}

fn column(csv: &str, name: &str) -> Vec<f64> {
    let mut lines = csv.lines();
    let index = lines.next().unwrap().split(',').position(|c| c == name).unwrap();
    lines.map(|l| l.split(',').nth(index).unwrap().parse().unwrap()).collect()
}

#[test]
fn every_example_is_sound() {
    for name in ["dendritic-integration", "passive-fit", "morpho-transfer", "extracellular"] {
        let file = example(name).join("cell.toml");
        let out = ntwk(&["check", file.to_str().unwrap()]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        assert!(
            text.contains("bytes per compartment") && text.contains("discretisation"),
            "{text}"
        );
    }
}

#[test]
fn run_and_info_leave_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = example("passive-fit").join("cell.toml");
    let file = file.to_str().unwrap();
    assert!(
        ntwk(&["run", file, "-q", "--out", out, "--set", "simulation.t_stop=20"]).status.success()
    );
    for name in ["results.h5", "traces.csv", "run.png", "run.svg"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    assert!(ntwk(&["info", file, "--out", out]).status.success());
    // The SWC file that info wrote is one that info reads.
    let swc = folder.path().join("morphology.swc");
    let read = ntwk(&["info", swc.to_str().unwrap(), "--out", out]);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert!(String::from_utf8_lossy(&read.stdout).contains("repairs: none"));
}

#[test]
fn branches_are_listed_drawn_and_taken_by_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = example("dendritic-integration").join("cell.toml");
    let file = file.to_str().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let said = |args: &[&str]| {
        let output = ntwk(&[args, &["--out", out, "-q"]].concat());
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let all = said(&["info", file, "--branches", "--json", "--csv"]);
    assert!(all.contains("from soma (µm)"), "{all}");
    let csv = read("branches.csv");
    let numbers = column(&csv, "branch");
    assert_eq!(numbers, (0..numbers.len()).map(|b| b as f64).collect::<Vec<_>>());
    let json: serde_json::Value = serde_json::from_str(&read("branches.json")).unwrap();
    assert_eq!(json.as_array().unwrap().len(), numbers.len());
    assert_eq!(json[0]["region"], "soma");
    assert!(json[0]["parent"].is_null() && json[1]["parent"].is_u64());
    assert!(read("branches.svg").contains(">1</text>"));
    // Without either CSV, with one of them that alone.
    for (flags, wanted) in
        [(&[][..], [true, false]), (&["--json"], [false, true]), (&["--csv"], [true, false])]
    {
        let written = ["branches.csv", "branches.json"].map(|name| folder.path().join(name));
        written.iter().for_each(|path| _ = std::fs::remove_file(path));
        said(&[&["info", file], flags].concat());
        assert_eq!(written.map(|path| path.is_file()), wanted, "{flags:?}");
    }

    // The longest branch: its compartments alone, and synapses spread over it.
    let lengths = column(&csv, "length_um");
    let longest = (1..lengths.len()).max_by(|&a, &b| lengths[a].total_cmp(&lengths[b])).unwrap();
    let part = format!("branch {longest}");
    for study in [&["impedance"][..], &["bap", "--duration", "5"]] {
        said(&[study, &[file, "--where", &part]].concat());
        let on = column(&read(&format!("{}.csv", study[0])), "branch");
        assert!(!on.is_empty() && on.iter().all(|&b| b == longest as f64), "{study:?}");
    }
    let quick = ["--set", "simulation.dt=0.1", "--duration", "30", "--synapses", "cluster"];
    let text = said(&[&["summation", file, "--at", &part, "--most", "6"], &quick[..]].concat());
    assert!(text.contains(&format!("at {part}, measured at soma")), "{text}");
    let csv = read("summation.csv");
    let (peak, linear) = (column(&csv, "peak_mV"), column(&csv, "linear_mV"));
    // One synapse is its own reference; several in different places have a sum below so many times the largest.
    assert!((peak[0] / linear[0] - 1.0).abs() < 1e-9, "{csv}");
    assert!(linear.windows(2).all(|w| w[1] > w[0]), "{csv}");
    said(
        &[&["summation", file, "--at", &format!("{part} at 0.5"), "--most", "6"], &quick[..]]
            .concat(),
    );
    let point = column(&read("summation.csv"), "linear_mV");
    assert!((point[5] / (6.0 * point[0]) - 1.0).abs() < 1e-9 && point[5] != linear[5]);
    let text = said(
        &[&["sequence", file, "--where", &part, "--number", "5", "--intervals", "0,2"], &quick[..]]
            .concat(),
    );
    assert!(text.contains(&format!("5 synapses of \"cluster\" on {part}")), "{text}");
    let output = ntwk(&["summation", file, "--at", "branch 9999", "--out", out]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && error.contains("branches are numbered 0 to"),
        "{error}"
    );
}

#[test]
fn info_counts_many_remarks_and_lists_them_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    // Eight samples stand where their parents stand, with other radii.
    let mut text = "1 1 0 0 0 5 -1\n2 3 10 0 0 1 1\n".to_owned();
    for k in 0..8 {
        let (id, x) = (3 + 2 * k, 20 + 10 * k);
        text += &format!("{id} 3 {x} 0 0 1 {}\n{} 3 {x} 0 0 0.5 {id}\n", id - 1, id + 1);
    }
    let file = folder.path().join("steps.swc");
    std::fs::write(&file, text + "19 3 110 0 0 0.5 18\n").unwrap();
    let said = |more: &[&str]| {
        let args = [&["info", file.to_str().unwrap(), "--out", out], more].concat();
        String::from_utf8(ntwk(&args).stdout).unwrap()
    };
    let listed = |text: &str| text.matches("with another radius (kept)").count();
    let short = said(&[]);
    assert!(short.contains("remarks (nothing was changed): 8; --notes lists them"), "{short}");
    let long = said(&["--notes"]);
    assert_eq!([listed(&short), listed(&long)], [1, 8], "{short}\n{long}");
}

#[test]
fn faults_have_exit_code_two_and_a_line() {
    let file = example("passive-fit").join("cell.toml");
    let file = file.to_str().unwrap();
    let bad = ntwk(&["run", file, "--set", "membrane.C_m=-1"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("membrane.C_m"));
    for arguments in [
        vec!["run", "/nonexistent.toml"],
        vec!["info", "/nonexistent.swc"],
        vec!["bap", file, "--at", "mars"],
        vec!["epsp", file],
        vec!["tf", file],
        vec!["run", file, "--set", "record.voltage=\"sample 3\""],
        vec!["fit", file, "--trace", "/nonexistent.csv", "--parameters", "C"],
    ] {
        let out = ntwk(&arguments);
        assert_eq!(
            out.status.code(),
            Some(2),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn a_step_too_long_for_spikes_is_remarked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let said = |name: &str, dt: &str| {
        let file = example(name).join("cell.toml");
        let dt = format!("simulation.dt={dt}");
        let args = [
            "run",
            file.to_str().unwrap(),
            "-q",
            "--out",
            out,
            "--set",
            &dt,
            "--set",
            "simulation.t_stop=20",
        ];
        let output = ntwk(&args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stderr).unwrap()
    };
    let active = "dendritic-integration";
    assert!(!said(active, "0.1").contains("too long"));
    let long = said(active, "1 ms");
    assert!(long.contains("simulation.dt = 1 ms is too long for spikes: gates of "), "{long}");
    assert!(long.contains("too long for the receptor AMPA, which rises within"), "{long}");
    // Without gates and synapses a long step is coarse and no more.
    assert!(!said("passive-fit", "1 ms").contains("too long"));
}

#[test]
fn a_movie_has_its_frames() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = example("passive-fit").join("cell.toml");
    let file = file.to_str().unwrap();
    let times = ["--from", "10", "--to", "12", "--every", "0.5", "-q", "--out", out];
    let done = ntwk(&[&["movie", file, "--frames", "--frame-time", "120"][..], &times].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let csv = std::fs::read_to_string(folder.path().join("frames/times.csv")).unwrap();
    assert_eq!(column(&csv, "time_ms").len(), 5);
    assert!((column(&csv, "time_ms")[3] - 11.5).abs() < 0.03);
    for k in 0..5 {
        assert!(folder.path().join(format!("frames/frame_{k:04}.png")).is_file());
    }
    assert!(!folder.path().join("frames/frame_0005.png").exists());
    let gif = std::fs::read(folder.path().join("movie.gif")).unwrap();
    // A graphic control extension per frame, with the time in hundredths of a second.
    let delays = gif.windows(4).filter(|w| w[..3] == [0x21, 0xF9, 0x04]).count();
    assert_eq!(delays, 5);
    assert!(gif.windows(6).any(|w| w[..3] == [0x21, 0xF9, 0x04] && w[4..] == [12, 0]));
    let late = ntwk(&["movie", file, "--to", "1e6", "--every", "1e4", "--out", out]);
    assert_eq!(late.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&late.stderr).contains("simulation.t_stop"));
}

/// The current that leaves one cell is in the file once, follows from the two potentials, and drives the other cell.
#[test]
fn joined_cells_leave_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = example("gap-junctions").join("pair.toml");
    let file = file.to_str().unwrap();
    let at = "record.voltage=[\"soma\", \"dendrites at 60 um\"]";
    let record = ["A", "B"].map(|c| format!("cells.{c}.set.{at}"));
    let done =
        ntwk(&["coupled", file, "-q", "--out", out, "--set", &record[0], "--set", &record[1]]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(text.contains("coupling coefficient") && text.contains("B: soma"), "{text}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (a, b, junction) = (read("A/traces.csv"), read("B/traces.csv"), read("gap_junctions.csv"));
    let last = |csv: &str| -> Vec<Vec<f64>> {
        csv.lines().skip(1).map(|l| l.split(',').map(|x| x.parse().unwrap()).collect()).collect()
    };
    let (a, b, junction) = (last(&a), last(&b), last(&junction));
    assert_eq!(a.len(), junction.len());
    for ((a, b), i) in a.iter().zip(&b).zip(&junction) {
        assert!((a[0] - i[0]).abs() < 1e-9);
        assert!((0.8e-3 * (a[2] - b[2]) - i[1]).abs() < 1e-7, "{a:?} {b:?} {i:?}");
    }
    let highest = |rows: &[Vec<f64>]| rows.iter().map(|r| r[1]).fold(f64::MIN, f64::max);
    assert!(highest(&a) > 0.0 && highest(&b) > -65.0 && highest(&b) < -55.0);
    for name in ["A/results.h5", "B/results.h5", "coupled.png", "coupled.svg"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    for change in [
        "cells.B.set.simulation.dt=0.05",
        "cells.B.set.membrane.g_L=-1",
        "cells.B.file=none.toml",
        "gap_junctions.dendrites.between=[\"A: soma\", \"C: soma\"]",
        "gap_junctions.dendrites.between=[\"A: soma\", \"A: tip\"]",
        "gap_junctions.dendrites.between=[\"A: soma\", \"B: sample 7\"]",
        "gap_junctions.dendrites.conductance=-1 nS",
        "gap_junctions.dendrites.conductance=0.1",
        "cells.B.colour=red",
    ] {
        let bad = ntwk(&["coupled", file, "--out", out, "--set", change]);
        assert_eq!(bad.status.code(), Some(2), "{change}");
    }
}

/// In a passive cell the area of an EPSP attenuates as the steady impedance says, in every compartment (Rinzel and Rall
/// 1974).
#[test]
fn the_epsp_map_agrees_with_the_impedance_map() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = example("morpho-transfer").join("cell.toml");
    let file = file.to_str().unwrap();
    let passive =
        ["--set", "channels={}", "--set", r#"synapses.excitation.receptors={AMPA="1e-7 uS"}"#];
    let common = [&["--out", out], &passive[..]].concat();
    let all: Vec<&str> = ["impedance", file].into_iter().chain(common.clone()).collect();
    assert!(ntwk(&all).status.success());
    let options =
        ["epsp", file, "-q", "--where", "apical and distance > 150 um", "--duration", "250"];
    let all: Vec<&str> = options.into_iter().chain(common).collect();
    let done = ntwk(&all);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (impedance, epsp) = (read("impedance.csv"), read("epsp.csv"));
    let steady = column(&impedance, "attenuation");
    let (local, remote) = (column(&epsp, "local_area_mV_ms"), column(&epsp, "area_mV_ms"));
    let compartments = column(&epsp, "compartment");
    assert!(compartments.len() > 10);
    for ((k, l), r) in compartments.iter().zip(local).zip(remote) {
        let expected = steady[*k as usize];
        assert!((l / r / expected - 1.0).abs() < 1e-3, "{k}: {} {expected}", l / r);
    }
}

#[test]
fn the_fit_of_the_example_finds_what_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let trace = example("passive-fit").join("trace.csv");
    let file = example("passive-fit").join("cell.toml");
    let out = folder.path().to_str().unwrap();
    let done =
        ntwk(&["fit", file.to_str().unwrap(), "--trace", trace.to_str().unwrap(), "--out", out]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(folder.path().join("fit.json")).unwrap();
    let fit: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (k, truth) in [0.9, 180.0, 5e-5, -71.0].into_iter().enumerate() {
        let p = &fit["parameters"][k];
        let (value, error) = (p["value"].as_f64().unwrap(), p["standard_error"].as_f64().unwrap());
        assert!((value - truth).abs() < 4.0 * error, "{p} {truth}");
    }
}

#[test]
fn studies_do_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let file = example("dendritic-integration").join("cell.toml");
    let csv = |threads: &str| {
        let out = folder.path().join(threads);
        let to = out.to_str().unwrap();
        let file = file.to_str().unwrap();
        let done = ntwk(&[
            "summation",
            file,
            "-q",
            "--most",
            "5",
            "--duration",
            "20",
            "--threads",
            threads,
            "--set",
            "simulation.dt=0.1",
            "--out",
            to,
        ]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read_to_string(out.join("summation.csv")).unwrap()
    };
    let alone = csv("1");
    assert_eq!(alone, csv("3"));
    assert_eq!(column(&alone, "synapses"), [1.0, 2.0, 3.0, 4.0, 5.0]);
    let none = ntwk(&["summation", file.to_str().unwrap(), "--threads", "0"]);
    assert_eq!(none.status.code(), Some(2));
}

/// Electrotonic distances lie between those of the shortest and the longest length constant, and the equivalent cable ends
/// where the farthest tip does.
#[test]
fn electrotonic_lengths_and_the_equivalent_cable() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = example("passive-fit").join("cell.toml");
    let file = file.to_str().unwrap();
    let done = ntwk(&["electrotonic", file, "--out", out]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (csv, cable) = (read("electrotonic.csv"), read("equivalent_cable.csv"));
    let distance = column(&csv, "electrotonic_distance");
    let lambda = column(&csv, "lambda_um");
    let path = column(&csv, "path_distance_um");
    let shortest = lambda.iter().copied().fold(f64::MAX, f64::min);
    let longest = lambda.iter().copied().fold(0.0, f64::max);
    let soma = 50.0;
    for (x, path) in distance.iter().zip(&path) {
        assert!(*x <= path / shortest + 1e-9 && *x >= (path - soma) / longest, "{x} {path}");
    }
    let end = column(&cable, "start").last().unwrap() + column(&cable, "length").last().unwrap();
    let farthest = distance.iter().copied().fold(0.0, f64::max);
    assert!(end > farthest && end < 1.2 * farthest, "{end} {farthest}");
    for name in ["electrotonic.png", "electrotonic.svg"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    let bad = ntwk(&["electrotonic", file, "--step", "2"]);
    assert_eq!(bad.status.code(), Some(2));
}

#[test]
fn what_comes_after_the_end_of_a_run_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let file = folder.path().join("cell.toml");
    let cell = "[simulation]\nt_stop = 5\n[morphology]\ngenerator = 'pyramidal'\n[membrane]\nC_m = '1 uF/cm2'\nR_i = '120 Ohm cm'\ng_L = '4e-5 S/cm2'\nE_L = '-70 mV'\n\
        [receptors.A]\nmodel = 'AMPA'\n[synapses.s]\nreceptors = { A = '1 nS' }\nat = ['soma', 'soma']\n\
        times = [1, 6, 7]\n\
        [[electrodes]]\nat = 'soma'\nkind = 'current'\nwaveform = 'sampled'\ninterval = 1\nvalues = ['1 pA', '2 pA']\n";
    std::fs::write(&file, cell).unwrap();
    let output = ntwk(&["run", file.to_str().unwrap(), "-q", "--out", out]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let late = "synapses.s: 4 of 6 spikes come after the end of the run (5 ms)";
    assert!(said.contains(late), "{said}");
    assert!(said.contains("electrodes[0]: the samples end at 2 ms"), "{said}");
}
