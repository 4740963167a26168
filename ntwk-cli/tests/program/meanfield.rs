//! The studies of the mean field from outside: messages, tables, files.

use std::path::Path;
use std::process::{Command, Output};

use ntwk::io::{ResultFile, ScanValues, read_scan};
use tempfile::TempDir;

/// A two-population network whose transfer functions are measured in a moment.
pub(crate) const MODEL: &str = r#"
[simulation]
t_stop = "200 ms"
dt = "0.1 ms"
seed = 3
[receptors]
exc = { E_rev = "0 mV", tau_syn = "5 ms" }
inh = { E_rev = "-80 mV", tau_syn = "5 ms" }
[populations.Exc]
size = 800
cell = { preset = "RS" }
[populations.Inh]
size = 200
cell = { preset = "FS" }
[afferents.Drive]
size = 400
rate = "4 Hz"
[[projections]]
source = "Exc"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", probability = "25 %" }
[[projections]]
source = "Inh"
target = ["Exc", "Inh"]
receptor = "inh"
weight = "5 nS"
connection = { rule = "fixed_in_degree", probability = "25 %" }
[[projections]]
source = "Drive"
target = ["Exc", "Inh"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", probability = "50 %" }
[theory.scan]
neurons = 32
duration = "500 ms"
"#;

/// A folder with the model.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("m.toml"), MODEL).unwrap();
    folder
}

/// Runs and expects an exit code.
fn exits(folder: &TempDir, code: i32, args: &[&str]) -> Output {
    let ntwk = env!("CARGO_BIN_EXE_ntwk");
    let output = Command::new(ntwk).args(args).current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{}", stderr(&output));
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_figure(folder: &Path, name: &str) {
    let png = std::fs::read(folder.join(format!("{name}.png"))).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 5000, "{name}.png");
    let svg = std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
    assert!(svg.contains("<svg") && !svg.contains("NaN"), "{name}.svg");
}

/// An array of a group of the theory in a results file.
fn stored(file: &Path, group: &str, name: &str) -> Vec<f64> {
    let groups = ResultFile::open(file).unwrap().theory().unwrap();
    let group = groups.iter().find(|g| g.name == group).unwrap();
    group.arrays.iter().find(|a| a.name == name).unwrap().data.iter().copied().collect()
}

#[test]
fn the_phase_plane_crosses_at_the_fixed_point() {
    let folder = folder();
    let run = exits(&folder, 0, &["meanfield", "phase-plane", "m.toml", "--out", "p", "--dark"]);
    assert!(stdout(&run).contains("stable"), "{}", stdout(&run));
    let file = folder.path().join("p/phase_plane.h5");
    let point = stored(&file, "phase_plane", "fixed_point");
    // Both nullclines pass within a grid cell of it.
    for line in ["nullcline_x", "nullcline_y"] {
        let vertices = stored(&file, "phase_plane", line);
        let nearest = vertices
            .chunks(2)
            .map(|v| (v[0] - point[0]).hypot(v[1] - point[1]))
            .filter(|d| d.is_finite())
            .fold(f64::INFINITY, f64::min);
        assert!(nearest < 0.02 * (point[0] + point[1]), "{line}: {nearest}");
    }
    // The disturbed state comes back.
    let course = stored(&file, "trajectory_1", "rate");
    assert!((course[course.len() - 1] - point[1]).abs() < 1e-3 * point[1], "{point:?}");
    is_figure(&folder.path().join("p"), "phase_plane");

    let wrong =
        ["meanfield", "phase-plane", "m.toml", "--populations", "Exk,Inh", "--range", "Ihn=0..5"];
    let message = stderr(&exits(&folder, 2, &wrong));
    assert!(message.contains("Exk") && message.contains("did you mean Exc?"), "{message}");
    assert!(message.contains("Ihn") && message.contains("did you mean Inh?"), "{message}");
}

#[test]
fn a_branch_is_followed_and_says_where_it_ends() {
    let folder = folder();
    let follow = |out: &str, threads: &str, vary: &str| {
        let args =
            ["meanfield", "continue", "m.toml", "--vary", vary, "--out", out, "--threads", threads];
        exits(&folder, 0, &args)
    };
    let table = stdout(&follow("b", "1", "drive:afferents.Drive.rate=3Hz..6Hz:3"));
    assert!(table.contains("no bifurcation"), "{table}");
    let file = folder.path().join("b/bifurcation_diagram.h5");
    let along = stored(&file, "branch_1", "parameter");
    assert_eq!((along[0], along[along.len() - 1]), (3.0, 6.0));
    let rates = stored(&file, "branch_1", "rate");
    assert!(rates.windows(3).step_by(2).all(|w| w[2] >= w[0] - 1e-9), "more drive, higher rates");
    let text = std::fs::read_to_string(folder.path().join("b/bifurcation_diagram.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["unit"], "Hz");
    assert_eq!(summary["branches"][0]["ends"][0], "end of the range");
    is_figure(&folder.path().join("b"), "bifurcation_diagram");
    // The same bits for another number of threads; a logarithmic axis meets the same states.
    follow("c", "2", "drive:afferents.Drive.rate=3Hz..6Hz:3");
    assert_eq!(rates, stored(&folder.path().join("c/bifurcation_diagram.h5"), "branch_1", "rate"));
    follow("l", "1", "drive:afferents.Drive.rate=3Hz..6Hz:3:log");
    let log = stored(&folder.path().join("l/bifurcation_diagram.h5"), "branch_1", "rate");
    assert!((log[log.len() - 1] / rates[rates.len() - 1] - 1.0).abs() < 1e-6);
}

#[test]
fn keys_that_cannot_be_followed_are_refused() {
    let folder = folder();
    let refused = |vary: &str, words: &[&str]| {
        let message =
            stderr(&exits(&folder, 2, &["meanfield", "continue", "m.toml", "--vary", vary]));
        for word in words {
            assert!(message.contains(word), "{vary}: {message}");
        }
    };
    refused("afferents.Drive.raet=3..6", &["raet", "rate"]);
    refused("populations.Exc.cell.preset=RS,FS", &["numbers"]);
    refused("projections[0].connection.probability=10 %..20 %", &["steps"]);
    refused("simulation.seed=1..4", &["cannot be varied; use repeats"]);
    let once = ["meanfield", "map", "m.toml", "--vary", "afferents.Drive.rate=3..6:3"];
    assert!(stderr(&exits(&folder, 2, &once)).contains("twice"));
}

#[test]
fn spectra_belong_to_a_stable_state() {
    let folder = folder();
    let range = "1..1000:40:log";
    let once = "theory.multapses=false";
    let spectra =
        ["meanfield", "spectra", "m.toml", "--frequency", range, "--out", "s", "--set", once];
    let table = stdout(&exits(&folder, 0, &spectra));
    assert!(table.contains("sd of the rate"), "{table}");
    let file = folder.path().join("s/spectra.h5");
    let power = stored(&file, "spectra", "power");
    assert!(power.iter().all(|p| *p > 0.0) && power[power.len() - 1] < power[0]);
    let coherence = stored(&file, "spectra", "coherence");
    assert!(coherence.iter().all(|c| (0.0..=1.0 + 1e-12).contains(c)));
    // Ten times the neurons, a tenth of the power (in-degrees are a property of the theory, not of the noise; fewer sources that
    // are drawn twice would be).
    let larger = [
        "meanfield",
        "spectra",
        "m.toml",
        "--frequency",
        range,
        "--out",
        "t",
        "--set",
        once,
        "--set",
        "populations.Exc.size=8000",
        "--set",
        "populations.Inh.size=2000",
        "--set",
        "projections[0].connection.probability=2.5 %",
        "--set",
        "projections[1].connection.probability=2.5 %",
    ];
    exits(&folder, 0, &larger);
    let less = stored(&folder.path().join("t/spectra.h5"), "spectra", "power");
    assert!(power.iter().zip(&less).all(|(a, b)| (a / b - 10.0).abs() < 1e-6));
    is_figure(&folder.path().join("s"), "spectra");
    let missing = ["meanfield", "spectra", "m.toml", "--fixed-point", "9"];
    assert!(stderr(&exits(&folder, 2, &missing)).contains("--fixed-point 9"));
}

#[test]
fn a_map_has_labelled_axes_and_the_rates_of_every_place() {
    let folder = folder();
    let map = [
        "meanfield",
        "map",
        "m.toml",
        "--out",
        "f",
        "--vary",
        "nu:afferents.Drive.rate=3Hz..6Hz:4",
        "--vary",
        "Q_i:projections[1].weight=4nS..6nS:3",
    ];
    let words = stdout(&exits(&folder, 0, &map));
    assert!(words.contains("12 points: 12 with one stable fixed point"), "{words}");
    let (data, model, _) = read_scan(&folder.path().join("f/fixed_point_map.h5")).unwrap().unwrap();
    assert!(model.text.contains("afferents.Drive.rate"));
    let rate = data.get("rate_high").unwrap();
    assert_eq!(rate.axes, ["nu", "Q_i", "population"]);
    let ScanValues::Numbers(rates) = &rate.values else { panic!("numbers") };
    assert!(rates.len() == 24 && rates.iter().all(|r| r.is_finite()));
    // More inhibition, lower rates of the cells that give it.
    assert!(rates[3] < rates[1], "{rates:?}");
    is_figure(&folder.path().join("f"), "fixed_point_map");
    let cells = [
        "meanfield",
        "map",
        "m.toml",
        "--vary",
        "populations.Exc.cell.b=0..9:2",
        "--vary",
        "afferents.Drive.rate=3..6:2",
    ];
    assert!(stderr(&exits(&folder, 2, &cells)).contains("changes cells"));
}

/// The model of an example.
fn example(name: &str) -> String {
    format!("{}/../examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Every crossing of the nullclines is listed, unstable ones too: (rates, index) of the points, and whether that is all.
#[test]
fn all_fixed_points_are_listed() {
    let folder = folder();
    let listed = |model: &str, set: &[&str]| {
        let mut args = vec!["meanfield", model, "--out", "all", "-q"];
        set.iter().for_each(|s| args.extend(["--set", s]));
        let words = stdout(&exits(&folder, 0, &args));
        assert!(words.contains("sum of indices +1"), "{words}");
        let file = folder.path().join("all/results.h5");
        let rates = stored(&file, "fixed_points", "rate");
        let index = stored(&file, "fixed_points", "index");
        let points: Vec<[f64; 2]> = rates.chunks(2).map(|r| [r[0], r[1]]).collect();
        (points, index)
    };
    let three = ["afferents.AffExc.rate=1 Hz", "projections[0].weight=3 nS"];
    let (points, index) = listed(
        &example("rs-fs/model.toml"),
        &[&three[..], &["theory.spike_trains=poisson", "theory.multapses=false"]].concat(),
    );
    assert_eq!(index, [1.0, -1.0, 1.0], "{points:?}");
    // The unstable point that the branch along the drive goes through as well.
    assert!(
        (points[1][0] - 0.4089).abs() < 0.01 && (points[1][1] - 0.8476).abs() < 0.02,
        "{points:?}"
    );
    for model in ["four-regimes/self-sustained.toml", "thalamus/model.toml"] {
        let (points, index) = listed(&example(model), &[]);
        assert_eq!(index, [1.0, -1.0, 1.0], "{model}: {points:?}");
        assert!(points[0] == [0.0; 2] && points[1][0] < 0.5 && points[2][0] > 1.0, "{points:?}");
    }
}

/// On the map that crosses the bistable region every place has an odd number of fixed points.
#[test]
fn a_map_has_an_odd_number_of_fixed_points_everywhere() {
    let folder = folder();
    let model = example("rs-fs/model.toml");
    let map = [
        "meanfield",
        "map",
        &model,
        "--set",
        "theory.spike_trains=poisson",
        "--out",
        "odd",
        "--vary",
        "afferents.AffExc.rate=0Hz..2Hz:11",
        "--vary",
        "projections[0].weight=2nS..6nS:9",
    ];
    let words = stdout(&exits(&folder, 0, &map));
    assert!(!words.contains("did not find all"), "{words}");
    let (data, _, _) = read_scan(&folder.path().join("odd/fixed_point_map.h5")).unwrap().unwrap();
    let ScanValues::Numbers(count) = &data.get("fixed_points").unwrap().values else { panic!() };
    assert!(count.len() == 99 && count.iter().all(|n| n % 2.0 == 1.0), "{count:?}");
    assert!(count.contains(&1.0) && count.iter().any(|n| *n >= 3.0), "{count:?}");
}
