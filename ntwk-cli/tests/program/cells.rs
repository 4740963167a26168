//! The commands on single cells from outside: messages, tables, files.

use std::path::Path;
use std::process::Output;

use crate::common::{good, output as ntwk};
use tempfile::TempDir;

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs and expects an exit code.
fn exits(folder: &TempDir, code: i32, args: &[&str]) -> Output {
    let output = ntwk(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{}", stderr(&output));
    output
}

fn is_figure(folder: &Path, name: &str) {
    let png = std::fs::read(folder.join(format!("{name}.png"))).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 5000, "{name}.png");
    let svg = std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
    assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{name}.svg");
}

/// Fields of the data rows of a table.
fn rows(file: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().skip(1).map(|l| l.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn faults_name_what_was_written_and_come_at_once() {
    let folder = TempDir::new().unwrap();
    let bad =
        stderr(&exits(&folder, 2, &["cells", "pulse", "RS", "--set", "g_L=-1", "--set", "bb=3"]));
    assert!(
        bad.contains("g_L = -1") && bad.contains("bb") && !bad.contains("populations"),
        "{bad}"
    );
    let idle =
        stderr(&exits(&folder, 0, &["cells", "pulse", "FS", "--set", "tau_w=100", "--out", "i"]));
    assert!(idle.contains("tau_w has no effect") && !idle.contains("populations"), "{idle}");
    let file = good("minimal.toml");
    let of_model = ["cells", "pulse", "--model", &file, "--population", "N", "--out", "m"];
    let model = std::fs::read_to_string(&file).unwrap();
    if model.contains("[populations.N") {
        exits(&folder, 0, &of_model);
    }
    // A colour that names nothing is found before anything is computed.
    for args in [&["cells", "fi", "RS"][..], &["cells", "pulse", "RS"]] {
        let text =
            stderr(&exits(&folder, 2, &[args, &["--color", "Exc=#a20", "--out", "none"]].concat()));
        assert!(text.contains("--color Exc") && !folder.path().join("none").exists(), "{text}");
    }
}

#[test]
fn a_potential_beyond_sense_is_remarked() {
    let folder = TempDir::new().unwrap();
    let pulse = |current: &str| {
        stderr(&exits(&folder, 0, &["cells", "pulse", "RS", "--current", current, "--out", "p"]))
    };
    assert!(!pulse("-100 pA").contains("leaves"));
    let far = pulse("-4 nA");
    assert!(far.contains("V_m of cell leaves -150 to 100 mV at t = 10"), "{far}");
    let model = "[simulation]\nt_stop = 100.0\n[populations.E]\nsize = 2\ncell = 'RS'\nI_e = '-5 nA'\n[record]\nV_m = 1\n";
    std::fs::write(folder.path().join("m.toml"), model).unwrap();
    let far = stderr(&exits(&folder, 0, &["run", "m.toml", "-q", "--out", "r"]));
    assert!(far.contains("V_m of E leaves -150 to 100 mV"), "{far}");
    let near = stderr(&exits(
        &folder,
        0,
        &["run", "m.toml", "-q", "--out", "r", "--set", "populations.E.I_e=0"],
    ));
    assert!(!near.contains("leaves"), "{near}");
}

#[test]
fn the_oscillating_preset_fires_by_itself() {
    let folder = TempDir::new().unwrap();
    let model = "[simulation]\nt_stop = 1000.0\n[populations.E]\nsize = 1\ncell = 'osciLIF'\n[record]\nV_m = 1\n";
    std::fs::write(folder.path().join("m.toml"), model).unwrap();
    let summary = |set: &[&str]| -> serde_json::Value {
        exits(&folder, 0, &[&["run", "m.toml", "-q", "--out", "r"], set].concat());
        let text = std::fs::read_to_string(folder.path().join("r/summary.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let silent = summary(&["--set", "populations.E.I_e=0"]);
    assert_eq!(silent["populations"][0]["spikes"], 0);
    // 200 pA is the rheobase: the top of each period brings the cell to 20 mV below it at most, more current makes it fire
    // in bursts of each period.
    let sine = "populations.E.I_e={ waveform = 'sine', baseline = 100, amplitude = 100, frequency = 3, phase = -1.5707963267948966 }";
    let own = summary(&[]);
    let given = summary(&["--set", sine]);
    assert_eq!(own["populations"], given["populations"]);
    let lower = summary(&["--set", "populations.E.cell.V_th=-60"]);
    let spikes = lower["populations"][0]["spikes"].as_u64().unwrap();
    assert!(spikes >= 3 && spikes % 3 == 0, "{lower}");
}

#[test]
fn cells_pulse_and_fi_write_what_they_print() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("p");
    let pulse = ["cells", "pulse", "AdExp_a_4_b_40", "--current", "-100 pA,0.4 nA", "--out", "p"];
    let table = stdout(&exits(&folder, 0, &pulse));
    assert!(table.contains("pulse from 100 to 500 ms; 700 ms"), "{table}");
    assert!(std::fs::read(out.join("results.h5")).unwrap().starts_with(b"\x89HDF"));
    is_figure(&out, "pulse");
    let features = rows(&out.join("features.csv"));
    assert_eq!((features[0][0].as_str(), features[1][0].as_str()), ("-100", "400"));
    let spikes: usize = features[1][5].parse().unwrap();
    assert!(features[0][5] == "0" && spikes > 3, "{features:?}");
    let line = table.lines().find(|l| l.starts_with("spikes in the pulse")).unwrap();
    assert_eq!(line.split_whitespace().last().unwrap(), spikes.to_string());
    assert_eq!(rows(&out.join("V_m.csv")).len(), 7000);
    assert_eq!(rows(&out.join("w.csv"))[0].len(), 3);
    // The stored run is a run like any other.
    exits(&folder, 0, &["verify", "p/results.h5", "-q"]);
    // Another current, step, method and duration: other numbers.
    let other = ["cells", "pulse", "AdExp_a_4_b_40", "--current", "400", "--out", "q"];
    exits(&folder, 2, &[&other[..], &["--t_stop", "'"]].concat());
    for setting in [
        ["--holding", "50"],
        ["--t_start", "60"],
        ["--t_stop", "400"],
        ["--duration", "900"],
        ["--dt", "0.05"],
        ["--method", "heun"],
        ["--set", "tau_w=50"],
    ] {
        exits(&folder, 0, &[&other[..], &setting[..]].concat());
        let trace = std::fs::read_to_string(folder.path().join("q/V_m.csv")).unwrap();
        exits(&folder, 0, &other);
        let plain = std::fs::read_to_string(folder.path().join("q/V_m.csv")).unwrap();
        assert!(trace != plain, "{setting:?} changes nothing");
    }

    let fi = stdout(&exits(
        &folder,
        0,
        &["cells", "fi", "LIF2", "--to", "500", "--points", "6", "--out", "f"],
    ));
    assert!(fi.contains("first current that fires: 300.000 pA"), "{fi}");
    is_figure(&folder.path().join("f"), "fi");
    let curve = rows(&folder.path().join("f/fi.csv"));
    assert_eq!(curve.len(), 6);
    // 5 ms + 20 ms ln(50/30) between spikes, on a grid of 0.1 ms.
    let rate: f64 = curve[5][1].parse().unwrap();
    assert!((rate - 65.7).abs() < 0.8, "{rate}");
}

#[test]
fn cells_protocols_take_models_and_name_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let model = good("cells.toml");
    let of = |population: &str| {
        let args = [
            "cells",
            "fi",
            "--model",
            &model,
            "--population",
            population,
            "--points",
            "3",
            "--out",
            "m",
        ];
        stdout(&exits(&folder, 0, &args))
    };
    // The theory has no I for it; its current is I = 10 at 20 pF.
    assert!(of("Z").contains("600.0"), "{}", of("Z"));
    of("I");
    of("P");
    let fails = |args: &[&str]| stderr(&exits(&folder, 2, args));
    let text = fails(&["cells", "pulse", "--model", &model, "--population", "X"]);
    assert!(text.contains("no population \"X\"; there are I, Z, P"), "{text}");
    assert!(fails(&["cells", "pulse", "--model", &model]).contains("--population"));
    assert!(fails(&["cells", "pulse"]).contains("<NAME>"));
    assert!(fails(&["cells", "pulse", "RSS"]).contains("did you mean \"RS\"?"));
    assert!(
        fails(&["cells", "fi", "RS", "--from", "5", "--to", "5"])
            .contains("must be above from (5)")
    );
    assert!(fails(&["cells", "fi", "RS", "--settle", "3 s"]).contains("below the duration (2000)"));
    assert!(fails(&["cells", "pulse", "RS", "--current", "3 mV"]).contains("a current"));
    let text = fails(&["cells", "pulse", "RS", "--set", "bb=3", "--set", "C_m=-1"]);
    assert!(text.contains("did you mean \"b\"?") && text.contains("must be > 0 pF"), "{text}");
    let many = vec!["1"; 13].join(",");
    assert!(fails(&["cells", "pulse", "RS", "--current", &many]).contains("at most 12 fit"));
    // A kind with its parameters; what does nothing is said.
    let izhikevich = [
        "cells",
        "pulse",
        "Izhikevich",
        "--set",
        "a=0",
        "--set",
        "b=0.2",
        "--set",
        "c=-65",
        "--set",
        "d=8",
        "--current",
        "10",
        "--out",
        "z",
    ];
    let output = exits(&folder, 0, &izhikevich);
    assert!(stderr(&output).contains("note: b has no effect"), "{}", stderr(&output));
}

#[test]
fn the_theory_refuses_a_kind_it_does_not_cover_by_name() {
    let folder = TempDir::new().unwrap();
    let model = r#"
        [simulation]
        t_stop = 100
        [receptors]
        exc = { E_rev = 0, tau_syn = 5 }
        [populations]
        E = { size = 10, cell = { preset = "RS" } }
        Z = { size = 10, cell = { preset = "RS_Izhikevich2003", C_m = 20 } }
        [afferents]
        A = { size = 100, rate = 5 }
        [[projections]]
        source = "A"
        target = ["E", "Z"]
        receptor = "exc"
        weight = 1
        connection = { rule = "fixed_in_degree", in_degree = 50 }
        [theory.scan]
        potential_points = 3
        background_points = 2
        duration = 100
        neurons = 2"#;
    std::fs::write(folder.path().join("m.toml"), model).unwrap();
    // It runs; only the theory has no place for it.
    exits(&folder, 0, &["run", "m.toml", "-q"]);
    let table = stdout(&exits(&folder, 0, &["check", "m.toml"]));
    let tau = table.lines().find(|l| l.starts_with("tau_m")).unwrap();
    assert!(tau.trim_end().ends_with('–') && tau.contains("20.000"), "{tau}");
    let commands: [&[&str]; 4] = [
        &["meanfield", "m.toml"],
        &["compare", "m.toml"],
        &["tf", "scan", "m.toml", "--population", "Z"],
        &["tf", "scan", "m.toml", "--population", "Z", "--design", "fluctuations"],
    ];
    for command in commands {
        let output = ntwk(&folder, &[command, &["--out", "t", "-q"]].concat());
        assert!(matches!(output.status.code(), Some(1 | 2)), "{command:?}");
        let text = stderr(&output);
        let named = "populations.Z.cell: the theory does not cover cells of kind Izhikevich";
        assert!(text.contains(named), "{command:?}\n{text}");
    }
}
