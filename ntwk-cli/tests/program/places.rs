//! `ntwk meanfield ring` and `connectome`, run as a user runs them.

use std::path::Path;
use std::process::{Command, Output};

use ntwk_io::ResultFile;
use tempfile::TempDir;

const CELLS: &str = r#"
[simulation]
t_stop = "400 ms"
dt = "0.1 ms"
[compare]
stationary = ["100 ms", "200 ms"]
[receptors]
exc = { E_rev = "0 mV", tau_syn = "5 ms" }
inh = { E_rev = "-80 mV", tau_syn = "5 ms" }
[afferents.Drive]
size = 100
rate = "8 Hz"
[[projections]]
source = "Drive"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", in_degree = 100 }
[theory.scan]
neurons = 32
duration = "500 ms"
"#;

const RING: &str = r#"
[populations.Exc]
size = 400
cell = "RS"
space = { layout = "ring", length = "40 mm" }
injections = [{ neurons = "0..20", current = { waveform = "steps", times = ["250 ms", "300 ms"], values = ["400 pA", "0 pA"] } }]
[populations.Inh]
size = 100
cell = "FS"
space = { layout = "ring", length = "40 mm" }
[[projections]]
source = "Exc"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
delay = { base = "0 ms", velocity = "0.3 m/s" }
connection = { rule = "distance_gaussian", sigma = "5 mm", in_degree = 100 }
[[projections]]
source = "Inh"
target = ["Exc", "Inh"]
receptor = "inh"
weight = "4 nS"
connection = { rule = "distance_gaussian", sigma = "1 mm", in_degree = 25 }
"#;

const REGION: &str = r#"
[populations.Exc]
size = 400
cell = "RS"
[populations.Inh]
size = 100
cell = "FS"
[[projections]]
source = "Exc"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", in_degree = 100 }
[[projections]]
source = "Inh"
target = ["Exc", "Inh"]
receptor = "inh"
weight = "4 nS"
connection = { rule = "fixed_in_degree", in_degree = 25 }
"#;

fn folder(part: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("m.toml"), format!("{CELLS}{part}")).unwrap();
    folder
}

fn exits(folder: &TempDir, code: i32, args: &[&str]) -> Output {
    let ntwk = env!("CARGO_BIN_EXE_ntwk");
    let output = Command::new(ntwk).args(args).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{said}");
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Rates `[time][place]` of a population of a group.
fn rates(file: &Path, group: &str, population: usize) -> Vec<Vec<f64>> {
    let groups = ResultFile::open(file).unwrap().theory().unwrap();
    let group = groups.into_iter().find(|g| g.name == group).unwrap();
    let rate = group.arrays.into_iter().find(|a| a.name == "rate").unwrap();
    assert_eq!(rate.axes, ["population", "time", "place"]);
    let plane = rate.data.index_axis_move(ndarray::Axis(0), population);
    plane.outer_iter().map(|row| row.iter().copied().collect()).collect()
}

fn is_figure(path: &Path) {
    let png = std::fs::read(path).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 5000, "{}", path.display());
}

/// The stimulated stretch lies at both ends of the array; the wave reaches the far side of the ring later than the near one, by
/// about the distance over the velocity.
#[test]
fn a_wave_goes_round_the_ring() {
    let folder = folder(RING);
    let places = "40";
    let once = "theory.multapses=false";
    let ring =
        ["meanfield", "ring", "m.toml", "--places", places, "--simulate", "-q", "--set", once];
    exits(&folder, 0, &ring);
    let file = folder.path().join("out/ring.h5");
    is_figure(&folder.path().join("out/ring.png"));
    let exc = rates(&file, "ring", 0);
    assert_eq!((exc.len(), exc[0].len()), (401, 40));
    // The place of the response in time: of the rates above those before the stimulus.
    let arrival = |place: usize| {
        let excess = |k: usize| (exc[k][place] - exc[245][place]).max(0.0);
        (250..=400).max_by(|&a, &b| excess(a).total_cmp(&excess(b))).unwrap() as f64
    };
    let (near, far) = (arrival(7), arrival(15));
    // 8 mm at 0.3 m/s take 27 ms.
    assert!((10.0..45.0).contains(&(far - near)), "{near} {far}");
    // Mirror places do the same: the stimulus covers places 0 and 1.
    for (a, b) in exc[300].iter().zip((0..40).map(|x| exc[300][(41 - x) % 40])) {
        assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "{a} {b}");
    }
    let simulated = rates(&file, "ring_simulated", 0);
    assert_eq!((simulated.len(), simulated[0].len()), (80, 40));
    let mean = |rates: &[Vec<f64>]| -> f64 {
        rates.iter().flatten().sum::<f64>() / (rates.len() * rates[0].len()) as f64
    };
    let (theory, network) = (mean(&exc), mean(&simulated));
    assert!((theory / network - 1.0).abs() < 0.5, "{theory} {network}");

    let flat = ["meanfield", "ring", "m.toml", "--set", "populations.Inh.space.length=30 mm", "-q"];
    assert_eq!(exits(&folder, 2, &flat).status.code(), Some(2));
    let coarse = exits(&folder, 2, &["meanfield", "ring", "m.toml", "--dt", "9", "-q"]);
    assert!(said(&coarse).contains("half of theory.T"), "{}", said(&coarse));
}

#[test]
fn a_stimulus_travels_through_a_connectome() {
    let folder = folder(REGION);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("w.csv", "A,B,C\n0,0,0\n1,0,0\n0,0.5,0\n");
    write("l.csv", "A,B,C\n0,60,60\n60,0,60\n60,60,0\n");
    let common = ["meanfield", "connectome", "m.toml", "-q", "--weights", "w.csv"];
    let with = |more: &[&'static str]| [&common[..], more].concat();
    let stimulus = ["--lengths", "l.csv", "--velocity", "2", "--stimulate", "A=10@200..220"];
    exits(&folder, 0, &with(&stimulus));
    is_figure(&folder.path().join("out/connectome.png"));
    let stored = |out: &str| rates(&folder.path().join(out).join("connectome.h5"), "connectome", 0);
    let exc = stored("out");
    let control = ["--lengths", "l.csv", "--velocity", "2", "--out", "control"];
    exits(&folder, 0, &with(&control));
    let undisturbed = stored("control");
    let rises = |region: usize, threshold: f64| {
        (0..=400).find(|&k| exc[k][region] > undisturbed[k][region] + threshold).unwrap() as f64
    };
    // 60 mm at 2 m/s: 30 ms each.
    assert!((rises(0, 0.1) - 200.0).abs() <= 3.0, "{}", rises(0, 0.1));
    assert!((rises(1, 0.1) - 230.0).abs() <= 5.0, "{}", rises(1, 0.1));
    assert!((rises(2, 0.01) - 260.0).abs() <= 8.0, "{}", rises(2, 0.01));

    write("bad.csv", "A,B,X\n0,-1,0\n1,0\n0,0.5,0\n");
    let all = exits(
        &folder,
        2,
        &with(&[
            "--lengths",
            "bad.csv",
            "--velocity",
            "0",
            "--source",
            "Ex",
            "--stimulate",
            "Q=1@0..1",
        ]),
    );
    for part in ["velocity", "different regions", "row 1, column 2", "row 2", "did you mean Exc"] {
        assert!(said(&all).contains(part), "{part}: {}", said(&all));
    }
    let unread = exits(&folder, 1, &["meanfield", "connectome", "m.toml", "--weights", "no.csv"]);
    assert!(said(&unread).contains("no.csv"), "{}", said(&unread));
}

/// Delays between populations change the rates over time of `ntwk meanfield MODEL`, not where they settle.
#[test]
fn rates_over_time_have_the_delays_of_the_model() {
    let folder = folder(REGION);
    let course = |delay: &str| {
        let set = [0, 1].map(|p| format!("projections[{}].delay={delay}", p + 1));
        let args = [
            "meanfield",
            "m.toml",
            "-q",
            "--set",
            &set[0],
            "--set",
            &set[1],
            "--set",
            "simulation.t_stop=2 s",
            "--out",
            delay,
        ];
        exits(&folder, 0, &args);
        let file = folder.path().join(delay).join("results.h5");
        let groups = ResultFile::open(&file).unwrap().theory().unwrap();
        let arrays = groups.into_iter().flat_map(|g| g.arrays);
        let rate = arrays.into_iter().find(|a| a.axes == ["population", "time"]).unwrap();
        rate.data.index_axis_move(ndarray::Axis(0), 0).iter().copied().collect::<Vec<f64>>()
    };
    let (prompt, late) = (course("0 ms"), course("3 ms"));
    let apart = |k: usize| (prompt[k] - late[k]).abs();
    let early = (0..60).map(apart).fold(0.0, f64::max);
    assert!(early > 0.2 * prompt[60], "{early} {}", prompt[60]);
    assert!(apart(1999) < 0.02 * prompt[1999], "{} {}", prompt[1999], late[1999]);
}
