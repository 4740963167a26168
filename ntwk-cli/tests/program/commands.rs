//! The program from outside: exit codes, messages, files.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::common::{good, model_files, output as ntwk};
use serde_json::Value;
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

fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn is_figure(folder: &Path, name: &str) {
    let png = std::fs::read(folder.join(format!("{name}.png"))).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{name}.png");
    assert!(png.len() > 5000, "{name}.png has a drawing");
    let svg = std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
    assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{name}.svg");
}

fn is_hdf5(file: &Path) {
    assert!(std::fs::read(file).unwrap().starts_with(b"\x89HDF\r\n\x1a\n"), "{}", file.display());
}

#[test]
fn check_prints_the_resolved_table_or_every_fault() {
    let folder = TempDir::new().unwrap();
    for file in model_files("good") {
        let output = exits(&folder, 0, &["check", file.to_str().unwrap()]);
        assert!(stdout(&output).contains("tau_m = C_m/g_L (ms)"), "{}", stdout(&output));
    }
    let table = stdout(&exits(&folder, 0, &["check", &good("theory.toml")]));
    for part in ["2000 steps of 0.1 ms = 200 ms", "20.000", "-45", "steps", "fixed in degree"] {
        assert!(table.contains(part), "{part}\n{table}");
    }
    for file in model_files("bad") {
        let text = std::fs::read_to_string(&file).unwrap();
        let faults = text.lines().filter(|l| l.contains(" expect: ")).count();
        let output = exits(&folder, 2, &["check", file.to_str().unwrap()]);
        assert_eq!(stderr(&output).lines().count(), faults, "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    let output = exits(&folder, 2, &["check", "no-such-file.toml"]);
    assert!(stderr(&output).contains("cannot read no-such-file.toml"), "{}", stderr(&output));
}

#[test]
fn overrides_change_the_model_and_have_faults_of_their_own() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let set = |change: &str| ntwk(&folder, &["check", &file, "--set", change]);
    let output = set("simulation.t_stop=0.5 s");
    assert!(stdout(&output).contains("= 500 ms"), "{}", stdout(&output));
    let output = set("populations.N.size=77");
    assert!(stdout(&output).contains("77"), "{}", stdout(&output));
    let output = set("populations.N.cell.C_n=3");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean \"C_m\"?"), "{}", stderr(&output));
    for change in ["simulation.seed", "=3", "simulation.seed="] {
        let output = set(change);
        assert_eq!(output.status.code(), Some(2), "{change}");
        assert!(stderr(&output).contains("expected KEY=VALUE"), "{}", stderr(&output));
    }
}

#[test]
fn run_writes_results_summary_and_figure_that_plot_draws_again() {
    let folder = TempDir::new().unwrap();
    let file = good("features.toml");
    let output = exits(&folder, 0, &["run", &file, "--out", "a/b", "--threads", "2", "--quiet"]);
    let out = folder.path().join("a/b");
    for name in ["results.h5", "summary.json", "overview.png", "overview.svg"] {
        assert!(out.join(name).is_file(), "{name}");
        assert!(stdout(&output).contains(name), "{name} is listed\n{}", stdout(&output));
    }
    is_hdf5(&out.join("results.h5"));
    is_figure(&out, "overview");
    let summary = json(&out.join("summary.json"));
    assert_eq!(summary["title"], "features");
    assert_eq!(summary["seed"], 5);
    assert_eq!(summary["duration_ms"], 300.0);
    assert_eq!(summary["stationary_window_ms"], serde_json::json!([20.0, 100.0]));
    assert!(summary["synapses"].as_u64().unwrap() > 1000);
    for part in ["build", "simulate", "write"] {
        assert!(summary["seconds"][part].as_f64().unwrap() > 0.0, "{part}");
    }
    assert!(summary["version"].is_string() && summary["threads"].is_u64());
    let populations = summary["populations"].as_array().unwrap();
    let names: Vec<&str> = populations.iter().map(|p| p["population"].as_str().unwrap()).collect();
    assert_eq!(names, ["E", "I", "L", "F"]);
    assert!(populations.iter().all(|p| p["rate_hz"].is_f64() && p["size"].is_u64()));
    assert!(populations.iter().any(|p| p["spikes"].as_u64().unwrap() > 0));

    exits(&folder, 0, &["plot", "a/b/results.h5", "--out", "again", "--dark"]);
    is_figure(&folder.path().join("again"), "overview");
    let output = exits(&folder, 2, &["plot", "a/b/results.h5", "--smoothing=-1"]);
    assert!(stderr(&output).contains("--smoothing"), "{}", stderr(&output));
    let output = exits(&folder, 1, &["plot", "nothing.h5"]);
    assert!(stderr(&output).contains("nothing.h5"), "{}", stderr(&output));
    std::fs::write(folder.path().join("text.h5"), "no HDF5").unwrap();
    let output = exits(&folder, 1, &["plot", "text.h5"]);
    assert!(stderr(&output).contains("text.h5"), "{}", stderr(&output));
}

#[test]
fn threads_do_not_change_the_summary() {
    let folder = TempDir::new().unwrap();
    let file = good("features.toml");
    let populations = |threads: &str| {
        exits(&folder, 0, &["run", &file, "--out", threads, "--threads", threads, "-q"]);
        json(&folder.path().join(threads).join("summary.json"))["populations"].clone()
    };
    assert_eq!(populations("1"), populations("3"));
    let output = exits(&folder, 2, &["run", &file, "--threads", "0"]);
    assert!(stderr(&output).contains("--threads"), "{}", stderr(&output));
}

#[test]
fn compare_writes_the_comparison_of_every_population() {
    let folder = TempDir::new().unwrap();
    let output =
        exits(&folder, 0, &["compare", &good("theory.toml"), "--forms", "--out", "c", "-q"]);
    let text = stdout(&output);
    for part in
        ["N  rate (Hz)", "N  V_m mean (mV)", "N  peak rate (Hz)", "Poisson cells", "first order"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let out = folder.path().join("c");
    is_hdf5(&out.join("results.h5"));
    is_figure(&out, "overview");
    let summary = json(&out.join("summary.json"));
    let comparison = &summary["comparison"];
    let population = &comparison["populations"][0];
    assert_eq!(population["population"], "N");
    for pair in ["rate", "V_m_mean", "V_m_sd", "peak", "peak_time"] {
        for field in ["simulated", "predicted", "difference"] {
            assert!(population[pair][field].is_f64(), "{pair}.{field}: {population}");
        }
    }
    for free in ["free_V_m_mean", "free_V_m_sd"] {
        assert!(population[free].is_f64(), "{free}: {population}");
    }
    let cells = &summary["poisson_cells"][0];
    assert_eq!(cells["simulated_rate"], population["rate"]["simulated"], "{cells}");
    for field in ["rate", "rate_error", "V_m_mean", "V_m_sd"] {
        assert!(cells[field].is_f64(), "{field}: {cells}");
    }
    is_figure(&out, "forms");
    assert!(comparison["windows"]["stationary"].is_array());
    assert!(comparison["fixed_points"].as_u64().unwrap() >= 1);
    assert!(comparison["notes"].is_array());
    for part in ["scan", "fit", "dynamics"] {
        assert!(summary["theory_seconds"][part].is_f64(), "{part}");
    }
    // The page about it begins with the same numbers, in as many digits as their errors leave.
    exits(&folder, 0, &["report", "c/results.h5"]);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    let (table, rest) = page.split_once("</table>").unwrap();
    assert!(table.contains("Simulated and predicted") && !table.contains("<figure"), "{table}");
    assert!(rest.contains("Expected input"));
    let shown = |row: &str| -> Vec<String> {
        let cells = table.split(row).nth(1).unwrap().split("</tr>").next().unwrap();
        let cells = cells.split("<td>").skip(1);
        cells.map(|c| c.split("</td>").next().unwrap().to_owned()).collect()
    };
    let rate = shown("rate (Hz)</th>");
    for (cell, key) in rate.iter().zip(["simulated", "predicted"]) {
        let number: f64 = cell.split(" ±").next().unwrap().parse().unwrap();
        let stored = population["rate"][key].as_f64().unwrap();
        assert!((number / stored - 1.0).abs() < 0.06, "{key}: {cell} {stored}");
    }
    let percent: f64 = rate[2].trim_end_matches(" %").parse().unwrap();
    let stored = population["rate"]["relative_error"].as_f64().unwrap();
    assert!((percent - 100.0 * stored).abs() <= 0.051, "{percent} {stored}");
    let mean = shown("mean V_m (mV)</th>");
    assert!(mean[0].starts_with('-') && mean[2].ends_with(" mV"), "{mean:?}");
    exits(&folder, 0, &["plot", "c/results.h5", "--out", "again"]);
    is_figure(&folder.path().join("again"), "overview");
    let svg = |name: &str| std::fs::read(folder.path().join(name).join("overview.svg")).unwrap();
    assert!(svg("again") == svg("c"), "the stored run draws the same figure");
}

#[test]
fn a_model_without_theory_is_refused_before_it_is_simulated() {
    let folder = TempDir::new().unwrap();
    let output = exits(&folder, 1, &["compare", &good("features.toml"), "--out", "c", "-q"]);
    assert!(stderr(&output).contains("spikes"), "{}", stderr(&output));
    assert!(!folder.path().join("c").exists());
}

#[test]
fn theory_commands_write_their_files() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let at = |name: &str| folder.path().join(name);
    let output = exits(&folder, 0, &["meanfield", &file, "--out", "m", "-q"]);
    assert!(stdout(&output).contains("fixed point"), "{}", stdout(&output));
    is_hdf5(&at("m/results.h5"));
    is_figure(&at("m"), "rates");
    is_figure(&at("m"), "fixed_points");

    exits(&folder, 0, &["tf", "scan", &file, "--out", "s", "-q"]);
    let scan = std::fs::read_to_string(at("s/scan_N.csv")).unwrap();
    let mut lines = scan.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert!(header.contains(&"mu_V_mV") && header.contains(&"rate_Hz"), "{header:?}");
    let mut points = 0;
    for line in lines {
        let values: Vec<f64> = line.split(',').map(|x| x.parse().unwrap()).collect();
        assert_eq!(values.len(), header.len());
        points += 1;
    }
    assert!((12..=24).contains(&points), "{points}");

    exits(&folder, 0, &["tf", "fit", &file, "--out", "f", "-q"]);
    let fit = json(&at("f/transfer_function_N.json"));
    assert_eq!(fit["population"], "N");
    assert_eq!(fit["coefficients_mv"].as_array().unwrap().len(), 4);
    assert!(fit["r_squared"].as_f64().unwrap() > 0.9, "{fit}");
    assert!(at("f/scan_N.csv").is_file());
    assert!(fit["cross_validation"]["folds"].as_u64().unwrap() >= 2, "{fit}");
    is_figure(&at("f"), "transfer_function_N");
    is_hdf5(&at("f/scan_N.h5"));
    let volts = ntwk_io::read_npy_vector(&at("f/transfer_function_N.npy")).unwrap();
    assert_eq!(1e3 * volts[0], fit["coefficients_mv"][0].as_f64().unwrap());
    let again = stdout(&exits(&folder, 0, &["tf", "fit", &file, "--out", "f", "-q"]));
    assert!(again.contains("0 measured"), "{again}");
    let output = exits(&folder, 2, &["tf", "scan", &file, "--mu", "1..2:3", "-q"]);
    assert!(stderr(&output).contains("--design fluctuations"), "{}", stderr(&output));
    let output = exits(&folder, 2, &["tf", "scan", &file, "--population", "M", "-q"]);
    assert!(
        stderr(&output).contains("there is no population M; did you mean N?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn cells_lists_shows_and_suggests() {
    let folder = TempDir::new().unwrap();
    let list = stdout(&exits(&folder, 0, &["cells", "list"]));
    for name in ["LIF", "EIF", "AdEx", "RS", "FS"] {
        assert!(list.lines().any(|l| l.starts_with(&format!("{name} "))), "{name}\n{list}");
        exits(&folder, 0, &["cells", "show", name]);
    }
    let adex = stdout(&exits(&folder, 0, &["cells", "show", "AdEx"]));
    assert!(adex.contains("tau_w dw/dt") && adex.contains("Brette & Gerstner"), "{adex}");
    let rs = stdout(&exits(&folder, 0, &["cells", "show", "RS"]));
    assert!(rs.contains("source:") && rs.contains("preset = \"RS\""), "{rs}");
    assert!(rs.lines().any(|l| l.split_whitespace().eq(["C_m", "200", "pF"])), "{rs}");
    let naud = stdout(&exits(&folder, 0, &["cells", "show", "tonic_Naud2008"]));
    assert!(naud.contains("https://doi.org/10.1007/s00422-008-0264-7"), "{naud}");
    // A name with changes, and a name that is a kind and a preset.
    let named = stdout(&exits(&folder, 0, &["cells", "show", "AdExp_a_4_b_40"]));
    assert!(
        named.lines().any(|l| l.split_whitespace().eq(["b", "40", "pA", "(changed)"])),
        "{named}"
    );
    let both = stdout(&exits(&folder, 0, &["cells", "show", "LIF"]));
    assert!(both.contains("Lapicque") && both.contains("also a preset"), "{both}");
    let output = exits(&folder, 2, &["cells", "show", "AdExp_q_4"]);
    assert!(stderr(&output).contains("\"q_4\" is no parameter of AdEx"), "{}", stderr(&output));
    // Words stand at the left of their column, below its head.
    let head = list.lines().find(|l| l.starts_with("preset")).unwrap();
    let row = list.lines().find(|l| l.starts_with("RS ")).unwrap();
    assert_eq!(head.find("kind"), row.find("AdEx"), "{list}");
    assert_eq!(head.find("what"), row.find("regular"), "{list}");
    let output = exits(&folder, 2, &["cells", "show", "AdEX"]);
    assert!(stderr(&output).contains("did you mean \"AdEx\"?"), "{}", stderr(&output));
    let output = exits(&folder, 2, &["cells", "show", "qqqqqqqqqqqqqq"]);
    assert!(stderr(&output).contains("ntwk cells list"), "{}", stderr(&output));
}

const FLAT: &str = r#"{
    " ---- a comment ---- ": " ",
    " ": 0, " ": 1,
    "N_Exc": 80, "N_Inh": 20, "N_AffExc": 100, "--> comment": 0,
    "Q_Exc_Exc": 6.0, "Q_Exc_Inh": 6.0, "Q_Inh_Exc": 67.0, "Q_Inh_Inh": 67.0,
    "Q_AffExc_Exc": 6, "Q_AffExc_Inh": 6,
    "p_Exc_Exc": 0.1, "p_Exc_Inh": 0.1, "p_Inh_Exc": 0.1, "p_AffExc_Exc": 0.1, "p_AffExc_Inh": 0.2,
    "Tse": 5.0, "Tsi": 7.0, "Ee": 0.0, "Ei": -80.0,
    "dt": 0.1, "tstop": 50, "F_AffExc": 20.0, "SEED": 3, "Fout_max": 70.0,
    "Exc_Gl": 10.0, "Exc_Cm": 200.0, "Exc_Trefrac": 5.0, "Exc_El": -60.0, "Exc_Vthre": -50.0,
    "Exc_Vreset": -60.0, "Exc_deltaV": 2.0, "Exc_a": 0.0, "Exc_b": 20.0, "Exc_tauw": 500.0,
    "Inh_Gl": 10.0, "Inh_Cm": 200.0, "Inh_Trefrac": 5.0, "Inh_El": -60.0, "Inh_Vthre": -50.0,
    "Inh_Vreset": -60.0, "Inh_deltaV": 0.0, "Inh_a": 0.0, "Inh_b": 0.0, "Inh_tauw": 1e9
}"#;

fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn import_reads_the_flat_json_and_says_what_it_guessed() {
    let folder = TempDir::new().unwrap();
    written(&folder, "flat.json", FLAT);
    for model in ["model.toml", "model.json"] {
        let output = exits(&folder, 0, &["import", "flat.json", "-o", model]);
        let notes = stderr(&output);
        assert!(notes.contains("p_Inh_Inh: absent while Q_Inh_Inh is given"), "{notes}");
        assert!(notes.contains("Fout_max: left out, of the package's scans"), "{notes}");
        assert!(!notes.contains("comment"), "{notes}");
        assert!(stdout(&output).contains("2 populations, 1 afferent populations, 5 projections"));
        let table = stdout(&exits(&folder, 0, &["check", model]));
        for part in ["500 steps", "AdEx", "LIF", "AffExc_Inh", "seed 3", "-80", "67"] {
            assert!(table.contains(part), "{part}\n{table}");
        }
    }
    exits(&folder, 0, &["run", "model.json", "--out", "o", "-q"]);
}

/// What a command reads, and what somebody may have edited, is not written over.
#[test]
fn no_command_replaces_its_input_or_a_model() {
    let folder = TempDir::new().unwrap();
    let flat = written(&folder, "flat.json", FLAT);
    let unchanged = |file: &PathBuf, before: &[u8]| std::fs::read(file).unwrap() == before;
    let output = exits(&folder, 2, &["import", "flat.json", "-o", "./flat.json"]);
    assert!(stderr(&output).contains("flat.json is what is read"), "{}", stderr(&output));
    assert!(unchanged(&flat, FLAT.as_bytes()));
    let model = written(&folder, "model.toml", "# mine\n");
    let output = exits(&folder, 2, &["import", "flat.json", "-o", "model.toml"]);
    assert!(stderr(&output).contains("model.toml exists; --force"), "{}", stderr(&output));
    assert!(unchanged(&model, b"# mine\n"));
    exits(&folder, 0, &["import", "flat.json", "-o", "model.toml", "--force"]);
    let text = std::fs::read(&model).unwrap();
    exits(&folder, 2, &["export", "model.toml", "--connections", "-o", "."]);
    assert!(unchanged(&model, &text));
    exits(&folder, 0, &["export", "model.toml", "--connections", "-o", "c"]);
    exits(&folder, 0, &["export", "model.toml", "--connections", "-o", "c"]);
    written(&folder, "c/model.toml", "# mine\n");
    let output = exits(&folder, 2, &["export", "model.toml", "--connections", "-o", "c"]);
    assert!(stderr(&output).contains("c/model.toml exists; --force"), "{}", stderr(&output));
    exits(&folder, 0, &["export", "model.toml", "--connections", "-o", "c", "--force"]);
    exits(&folder, 0, &["run", "model.toml", "-q", "-o", "o"]);
    let results = folder.path().join("o/results.h5");
    let stored = std::fs::read(&results).unwrap();
    let output = exits(&folder, 2, &["report", "o/results.h5", "-o", "o/results.h5"]);
    assert!(stderr(&output).contains("o/results.h5 is what is read"), "{}", stderr(&output));
    exits(&folder, 2, &["report", "o/results.h5", "-o", "model.toml"]);
    assert!(unchanged(&results, &stored) && unchanged(&model, &text));
    exits(&folder, 0, &["export", "o/results.h5", "--to", "nwb", "-o", "new/folder/run.nwb"]);
    let output = exits(&folder, 1, &["import", "flat.json", "-o", "no/such/model.toml"]);
    assert!(!stderr(&output).contains(".tmp"), "{}", stderr(&output));
}

/// Windows have units, and their faults are in ms.
#[test]
fn windows_are_times() {
    let folder = TempDir::new().unwrap();
    written(&folder, "flat.json", FLAT);
    exits(&folder, 0, &["import", "flat.json", "-o", "model.toml", "--set", "tstop=200"]);
    exits(&folder, 0, &["run", "model.toml", "-q", "-o", "o"]);
    let analyze = |code: i32, window: &str| {
        let output = exits(&folder, code, &["analyze", "o/results.h5", "--window", window]);
        format!("{}{}", stdout(&output), stderr(&output))
    };
    assert!(analyze(0, "10 ms,0.05 s").contains("values between 10.0 and 50.0 ms"));
    let text = analyze(2, "10,9000");
    assert!(text.contains("--window 10,9000: the run ends at 200 ms"), "{text}");
    assert!(analyze(2, "-5,40").contains("0 <= FROM < TO"));
    let spectra = ["plot", "o/results.h5", "--figure", "spectra", "--window", "10,20"];
    let text = stderr(&exits(&folder, 2, &spectra)).to_string();
    assert!(text.contains("--window 10,20: 10 ms hold too little"), "{text}");
    let text = stderr(&exits(&folder, 2, &["plot", "o/results.h5", "--dpi", "72.5"])).to_string();
    assert!(text.contains("a whole number of pixels per inch"), "{text}");
    let text =
        stderr(&exits(&folder, 2, &["plot", "o/results.h5", "--color", "9=#fff"])).to_string();
    assert!(text.contains("--color 9=..."), "{text}");
    let plan = stdout(&exits(&folder, 0, &["plan", "model.toml"])).to_string();
    assert!(!plan.contains("-0 B") && plan.contains("points of single cells"), "{plan}");
    std::fs::write(
        folder.path().join("cut.h5"),
        &std::fs::read(folder.path().join("o/results.h5")).unwrap()[..1000],
    )
    .unwrap();
    let text = stderr(&exits(&folder, 1, &["analyze", "cut.h5"])).to_string();
    assert!(text.contains("cut off"), "{text}");
}

#[test]
fn import_refuses_what_is_no_model_with_every_fault() {
    let folder = TempDir::new().unwrap();
    let refused = |from: &str, to: &str, messages: &[&str]| {
        assert!(FLAT.contains(from), "{from}");
        written(&folder, "flat.json", &FLAT.replace(from, to));
        let output = exits(&folder, 2, &["import", "flat.json", "-o", "model.toml"]);
        for message in messages {
            assert!(stderr(&output).contains(message), "{message}\n{}", stderr(&output));
        }
        assert!(!folder.path().join("model.toml").exists(), "nothing is written");
    };
    refused("\"Exc_Gl\": 10.0, \"Exc_Cm\": 200.0", "\"Exc_Gl\": \"x\"", &["Exc_Gl", "Exc_Cm"]);
    refused("\"N_Inh\": 20", "\"N_Inh\": 0", &["flat.json:4: N_Inh = 0", "whole number >= 1"]);
    refused("\"N_Inh\": 20", "\"N_Inh\": 20.5", &["flat.json:4: N_Inh = 20.5"]);
    refused("\"SEED\": 3", "\"SEED\": -3", &["SEED = -3"]);
    refused("\"tstop\": 50,", "", &["tstop: missing"]);
    refused("\"Tse\": 5.0,", "", &["Tsyn_Exc: missing"]);
    refused(
        "\"Tse\": 5.0,",
        "\"Tse\": 5.0, \"Exc_IOscil_amp\": 20,",
        &["Exc_IOscil_amp = 20: unknown key; did you mean \"Exc_Ioscill_amp\"?"],
    );
    refused("\"Q_Exc_Exc\": 6.0", "\"Q_Exc_Exc\": -6.0", &["weight = -6", "must be >= 0 nS"]);
    let said = "p_Exc_Exc = 1.1: must be between 0 and 1";
    refused("\"p_Exc_Exc\": 0.1", "\"p_Exc_Exc\": 1.1", &[said]);
    refused("\"dt\": 0.1", "\"REC_POPS\": \"Exc\"", &["REC_POPS = \"Exc\"", "a list of names"]);
    refused("\"F_AffExc\": 20.0", "\"F_AffExc\": -20.0", &["rate"]);
    written(&folder, "flat.json", "[1, 2]");
    exits(&folder, 2, &["import", "flat.json", "-o", "model.toml"]);
    let output = exits(&folder, 2, &["import", "absent.json", "-o", "model.toml"]);
    assert!(stderr(&output).contains("absent.json"));
    written(&folder, "flat.json", &FLAT.replace("\"tstop\": 50,", ""));
    let set = ["import", "flat.json", "-o", "set.toml", "--set", "tstop=30", "--set", "N_Exc=90"];
    exits(&folder, 0, &set);
    let table = stdout(&exits(&folder, 0, &["check", "set.toml"]));
    assert!(table.contains("300 steps") && table.contains("90"), "{table}");
    written(&folder, "flat.json", FLAT);
    let output = exits(&folder, 1, &["import", "flat.json", "-o", "no/such/model.toml"]);
    assert!(stderr(&output).contains("cannot create no/such/model.toml"), "{}", stderr(&output));
}

#[test]
fn a_blow_up_names_population_neuron_variable_and_time_and_keeps_what_came_before() {
    let folder = TempDir::new().unwrap();
    let file = good("pair.toml");
    let current = "populations.B-2.I_e={ waveform = \"steps\", times = [20], values = [-1e12] }";
    for command in ["run", "compare"] {
        let output = exits(&folder, 1, &[command, &file, "--set", current, "--out", command, "-q"]);
        let message = stderr(&output);
        for part in ["population B-2", "neuron 0", "V_m", "t = 20 ms", command] {
            assert!(message.contains(part), "{part}\n{message}");
        }
        is_hdf5(&folder.path().join(command).join("results.h5"));
    }
    exits(&folder, 0, &["plot", "run/results.h5", "--out", "p"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    written(&folder, "file", "in the way");
    let file = good("theory.toml");
    for command in [&["run"][..], &["compare"], &["meanfield"], &["tf", "scan"], &["tf", "fit"]] {
        let mut args = command.to_vec();
        args.extend([file.as_str(), "--out", "file/out", "-q"]);
        let output = exits(&folder, 1, &args);
        assert!(stderr(&output).contains("cannot write file/out"), "{}", stderr(&output));
    }
}

#[test]
fn every_help_teaches_with_an_example() {
    let folder = TempDir::new().unwrap();
    let commands: [&[&str]; 19] = [
        &[],
        &["check"],
        &["run"],
        &["compare"],
        &["meanfield"],
        &["tf"],
        &["tf", "scan"],
        &["tf", "fit"],
        &["plot"],
        &["info"],
        &["verify"],
        &["plan"],
        &["export"],
        &["analyze"],
        &["sweep"],
        &["cells"],
        &["cells", "list"],
        &["cells", "show"],
        &["import"],
    ];
    for command in commands {
        let mut args = command.to_vec();
        args.push("--help");
        let help = stdout(&exits(&folder, 0, &args));
        let example = format!("  ntwk {}", command.join(" "));
        assert!(
            help.contains("Example") && help.contains(example.trim_end()),
            "{command:?} has no example:\n{help}"
        );
    }
    let help = stdout(&exits(&folder, 0, &["--help"]));
    assert!(help.contains("Exit codes"), "{help}");
    exits(&folder, 0, &["--version"]);
    exits(&folder, 2, &["rnu"]);
    exits(&folder, 2, &[]);
}

#[test]
fn check_judges_the_sweep_of_a_model() {
    let folder = TempDir::new().unwrap();
    let good_model = std::fs::read_to_string(good("features.toml")).unwrap();
    let file = folder.path().join("model.toml");
    let scan =
        "[scan]\ncommand = 'compute'\n[[scan.vary]]\nkey = 'simulation.dt'\nvalues = [0.1]\n";
    std::fs::write(&file, format!("{good_model}\n{scan}")).unwrap();
    let output = exits(&folder, 2, &["check", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("scan.command") && said.contains("compare"), "{said}");
}
