//! `ntwk sweep` over the keys of a morphological cell, from outside.

use std::path::Path;
use std::process::{Command, Output};

use ntwk_io::{ScanData, ScanValues, read_scan};
use tempfile::TempDir;

/// A ball and stick that fires under current, with a channel whose gate is recorded.
const CELL: &str = r#"
[morphology]
generator = "ball_and_stick"
soma_diameter = "20 um"
length = "300 um"
diameter = "2 um"
[membrane]
R_i = "100 Ohm cm"
g_L = "1e-4 S/cm2"
E_L = "-65 mV"
[channels.hh]
model = "hodgkin_huxley"
where = "soma"
[[electrodes]]
kind = "current"
at = "soma"
start = "5 ms"
duration = "40 ms"
amplitude = "50 pA"
[simulation]
t_stop = "50 ms"
celsius = "6.3 C"
[record]
voltage = ["soma", "tip"]
variables = [{ channel = "hh", variable = "m", at = "soma" }]
"#;

struct Folder(TempDir);

impl Folder {
    fn new(cell: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("cell.toml"), cell).unwrap();
        Folder(folder)
    }

    fn ntwk(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ntwk"));
        command.current_dir(self.0.path()).args(arguments).output().unwrap()
    }

    fn scan(&self, code: i32, more: &[&str]) -> String {
        let out = self.ntwk(&[&["scan", "cell.toml", "-q"], more].concat());
        let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert_eq!(out.status.code(), Some(code), "{more:?}: {text}");
        text
    }

    fn data(&self, name: &str) -> ScanData {
        read_scan(&self.0.path().join(name).join("scan.h5")).unwrap().unwrap().0
    }
}

fn numbers<'a>(data: &'a ScanData, name: &str) -> &'a [f64] {
    match &data.get(name).unwrap().values {
        ScanValues::Numbers(values) => values,
        ScanValues::Texts(_) => panic!("{name} holds texts"),
    }
}

const AMPLITUDES: &str = "I:electrodes[0].amplitude=50pA,0.2nA,400pA";

#[test]
fn a_point_has_the_scalars_of_a_run() {
    let folder = Folder::new(CELL);
    folder.scan(0, &["--vary", "I:electrodes[0].amplitude=0.05nA..0.4nA:3", "--out", "s"]);
    let data = folder.data("s");
    assert_eq!(data.get("I").unwrap().axes, ["I"]);
    assert_eq!(data.get("rate").unwrap().axes, ["I", "seed", "place"]);
    assert_eq!(
        data.get("place").unwrap().values,
        ScanValues::Texts(vec!["soma".into(), "tip".into()])
    );
    let out = folder.ntwk(&[
        "morpho",
        "run",
        "cell.toml",
        "-q",
        "--out",
        "r",
        "--set",
        "electrodes[0].amplitude=0.4 nA",
    ]);
    assert!(out.status.success());
    let csv = std::fs::read_to_string(folder.0.path().join("r/traces.csv")).unwrap();
    let column = |k: usize| -> Vec<f64> {
        csv.lines().skip(1).map(|l| l.split(',').nth(k).unwrap().parse().unwrap()).collect()
    };
    let (soma, tip, gate) = (column(1), column(2), column(3));
    let highest = |v: &[f64]| v.iter().copied().fold(f64::MIN, f64::max);
    let peak = numbers(&data, "V_peak");
    assert!((peak[4] - highest(&soma)).abs() < 1e-4 && (peak[5] - highest(&tip)).abs() < 1e-4);
    let mean = soma.iter().sum::<f64>() / soma.len() as f64;
    assert!((numbers(&data, "V_mean")[4] - mean).abs() < 1e-4);
    assert!((numbers(&data, "recorded_highest")[2] - highest(&gate)).abs() < 1e-4);
    // Crossings of 0 mV in the trace are the spikes of the soma; none are detected at the tip.
    let crossings = soma.windows(2).filter(|w| w[0] <= 0.0 && w[1] > 0.0).count() as f64;
    let count = numbers(&data, "spike_count");
    assert!(crossings >= 1.0 && count[4] == crossings && count[0] == 0.0, "{count:?}");
    assert!(count.iter().skip(1).step_by(2).all(|c| c.is_nan()));
    assert_eq!(numbers(&data, "rate")[4], crossings * 20.0);
    let first = soma.iter().position(|v| *v > 0.0).unwrap() as f64 * 0.025;
    assert!((numbers(&data, "first_spike")[4] - first).abs() < 0.03);
    // Rest and input resistance are those of the cell, whatever the current.
    for name in ["V_rest", "input_resistance"] {
        let v = numbers(&data, name);
        assert!(v[0] == v[4] && v[1] == v[5] && v.iter().all(|x| x.is_finite()), "{name} {v:?}");
    }
    let info = folder.ntwk(&["info", "s/scan.h5"]);
    assert!(String::from_utf8_lossy(&info.stdout).contains("/input_resistance"));
    for name in ["scan.png", "scan.svg"] {
        assert!(folder.0.path().join("s").join(name).is_file());
    }
}

#[test]
fn it_is_resumed_and_threads_change_no_bit() {
    let folder = Folder::new(CELL);
    folder.scan(0, &["--vary", AMPLITUDES, "--out", "a", "--threads", "1"]);
    folder.scan(0, &["--vary", AMPLITUDES, "--out", "b", "--threads", "3"]);
    let (a, b) = (folder.data("a"), folder.data("b"));
    for array in a.arrays.iter().filter(|x| x.name != "seconds" && x.name != "error") {
        let bits = |d: &ScanData| -> Vec<u64> {
            numbers(d, &array.name).iter().map(|x| x.to_bits()).collect()
        };
        assert_eq!(bits(&a), bits(&b), "{}", array.name);
    }
    let again = folder.scan(0, &["--vary", AMPLITUDES, "--out", "a"]);
    assert!(again.contains("3 known before, 0 computed, 0 failed"), "{again}");
    let other = folder.scan(2, &["--vary", AMPLITUDES, "--out", "a", "--set", "membrane.R_i=90"]);
    assert!(other.contains("another scan"), "{other}");
}

/// The morphology is part of what a scan is: another tree in the SWC file is another scan.
#[test]
fn another_swc_file_is_another_scan() {
    let cell = CELL.replace(
        "generator = \"ball_and_stick\"\nsoma_diameter = \"20 um\"\nlength = \"300 um\"\ndiameter = \"2 um\"",
        "swc = \"tree.swc\"",
    );
    let folder = Folder::new(&cell);
    let tree = |length: f64| {
        let text = format!("1 1 0 0 0 10 -1\n2 3 10 0 0 1 1\n3 3 {length} 0 0 1 2\n");
        std::fs::write(folder.0.path().join("tree.swc"), text).unwrap();
    };
    tree(300.0);
    folder.scan(0, &["--vary", AMPLITUDES, "--out", "a"]);
    tree(200.0);
    let text = folder.scan(2, &["--vary", AMPLITUDES, "--out", "a"]);
    assert!(text.contains("another scan"), "{text}");
}

#[test]
fn failed_points_keep_their_error() {
    let folder = Folder::new(CELL);
    // A value out of its range is found before anything runs.
    let vary = ["--vary", "tip:record.every=1,0.5", "--vary", "E:channels.hh.g_Na=0.12,-1"];
    let text = folder.scan(2, &[&vary[..], &["--out", "x"]].concat());
    assert!(text.contains("g_Na") && text.contains("scan point"), "{text}");
    assert!(!folder.0.path().join("x").exists());
    // A place that only the morphology shows to be missing fails at its point.
    let vary = ["--vary", "at:electrodes[0].at=soma,branch 9 at 0.5"];
    let text = folder.scan(1, &[&vary[..], &["--out", "x"]].concat());
    assert!(text.contains("1 points failed") && text.contains("electrodes[0].at"), "{text}");
    let data = folder.data("x");
    assert_eq!(numbers(&data, "status"), [1.0, 2.0]);
    assert!(matches!(&data.get("error").unwrap().values, ScanValues::Texts(t) if !t[1].is_empty()));
    let text = folder.scan(1, &[&vary[..], &["--out", "x", "--retry-failed"]].concat());
    assert!(text.contains("1 known before, 1 computed, 1 failed"), "{text}");
}

#[test]
fn what_is_recorded_cannot_vary_and_commands_fit_the_file() {
    let folder = Folder::new(CELL);
    let text = folder.scan(2, &["--vary", "record.voltage=soma,tip", "--out", "x"]);
    assert!(text.contains("what is recorded cannot vary"), "{text}");
    let text = folder.scan(2, &["--vary", AMPLITUDES, "--command", "compare"]);
    assert!(text.contains("--command morpho"), "{text}");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rs-fs/model.toml");
    let model = model.to_str().unwrap();
    let out =
        folder.ntwk(&["scan", model, "--command", "morpho", "--vary", "simulation.dt=0.1,0.2"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("no [morphology]"));
}

/// What varies may stand in the cell file.
#[test]
fn the_section_of_the_file_says_what_varies() {
    let scan = "[scan]\nsampling = \"latin_hypercube\"\npoints = 4\n[[scan.vary]]\nname = \"R\"\n\
                key = \"membrane.R_i\"\nfrom = 80\nto = 200\n";
    let folder = Folder::new(&format!("{CELL}{scan}"));
    folder.scan(0, &["--out", "l", "--command", "morpho"]);
    let data = folder.data("l");
    assert_eq!(data.get("R").unwrap().axes, ["point"]);
    assert!(numbers(&data, "R").iter().all(|r| (80.0..200.0).contains(r)));
    let wrong = format!("{CELL}{}", scan.replace("[scan]", "[scan]\ncommand = \"run\""));
    std::fs::write(folder.0.path().join("cell.toml"), wrong).unwrap();
    let text = folder.scan(2, &[]);
    assert!(text.contains("scan.command") && text.contains("morpho"), "{text}");
}
