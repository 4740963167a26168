//! What a run records of chosen neurons, through every command that touches it.

use std::path::Path;

use crate::common::ntwk;
use ntwk_io::ResultFile;
use tempfile::TempDir;

const MODEL: &str = r#"
simulation = { t_stop = 200, dt = 0.1, seed = 8 }
[receptors]
exc = { E_rev = 0, tau_syn = 5 }
[populations]
E = { size = 300, cell = "RS" }
I = { size = 100, cell = "FS" }
[afferents]
A = { size = 400, rate = 15 }
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 1.5
connection = { rule = "fixed_in_degree", in_degree = 200 }
[record]
V_m = 2
[record.traces.probe]
population = "E"
variables = ["V_m", "g_exc"]
neurons = [290, 7]
start = 50
stop = 120.3
interval = 0.4
[record.traces.rest]
population = "I"
variables = "V_m"
neurons = "10..13"
interval = 1
"#;

fn folder_with_model() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("m.toml"), MODEL).unwrap();
    folder
}

fn recording(folder: &TempDir, file: &str) -> ntwk_core::Recording {
    let path: &Path = &folder.path().join(file);
    ResultFile::open(path).unwrap().recording().unwrap().unwrap()
}

#[test]
fn chosen_neurons_reach_every_export_and_figure() {
    let folder = folder_with_model();
    ntwk(&folder, 0, &["run", "m.toml", "--out", "o", "-q", "--precision", "double"]);
    let run = recording(&folder, "o/results.h5");
    let probe = run.population("E").unwrap().trace_of("probe", "g_exc").unwrap();
    assert_eq!((probe.neurons.as_slice(), probe.steps.step(1)), (&[7, 290][..], 504));
    let info = ntwk(&folder, 0, &["info", "o/results.h5"]);
    assert!(info.contains("E.probe.g_exc") && info.contains("I.rest.V_m"), "{info}");
    ntwk(&folder, 0, &["verify", "o/results.h5", "-q"]);
    ntwk(&folder, 0, &["analyze", "o/results.h5", "--out", "o"]);

    ntwk(&folder, 0, &["export", "o/results.h5", "--to", "csv", "-o", "csv"]);
    let table = std::fs::read_to_string(folder.path().join("csv/E_probe.V_m.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("time_ms,7,290"));
    assert!(lines.next().unwrap().starts_with("50,") && table.lines().count() == 1 + 176);
    ntwk(&folder, 0, &["export", "o/results.h5", "--to", "npz", "-o", "o/run.npz"]);
    let npz = std::fs::read(folder.path().join("o/run.npz")).unwrap();
    for name in ["E.probe.V_m.start.npy", "E.probe.g_exc.neurons.npy", "I.rest.V_m.npy"] {
        assert!(npz.windows(name.len()).any(|w| w == name.as_bytes()), "{name}");
    }
    ntwk(&folder, 0, &["export", "o/results.h5", "--to", "nwb", "-o", "o/run.nwb"]);
    let refused = ntwk(&folder, 1, &["export", "o/results.h5", "--to", "flat", "-o", "o/flat.h5"]);
    assert!(refused.contains("probe.V_m") && refused.contains("one set of neurons"), "{refused}");
    // A table alone is what the flat layout can hold, with its neurons.
    let drop = ["--set", "record.V_m=0", "--set", "record.traces.probe.variables=V_m"];
    let whole =
        ["--set", "record.traces.probe.start=0", "--set", "record.traces.probe.interval=0.1"];
    let end = ["--set", "record.traces.probe.stop=200", "--set", "record.traces.rest.interval=0.1"];
    let args = [&["run", "m.toml", "--out", "f", "-q"][..], &drop, &whole, &end].concat();
    ntwk(&folder, 0, &args);
    let window = ntwk(&folder, 1, &["export", "f/results.h5", "--to", "flat", "-o", "f/flat.h5"]);
    assert!(window.contains("in every step of the run"), "{window}");

    ntwk(&folder, 0, &["plot", "o/results.h5", "--figure", "all", "--out", "o"]);
    for figure in ["potentials", "inputs"] {
        let svg = std::fs::read_to_string(folder.path().join(format!("o/{figure}.svg"))).unwrap();
        assert!(svg.contains("<svg"), "{figure}");
    }
    let outside = ["--window", "130,200", "--figure", "inputs"];
    let args = [&["plot", "o/results.h5", "--out", "o"][..], &outside].concat();
    assert!(ntwk(&folder, 2, &args).contains("did not record"));
}

#[test]
fn afferent_spikes_reach_every_export_and_the_raster() {
    let folder = folder_with_model();
    let more = ["--set", "record.afferents=A", "--set", "record.traces={}", "--threads", "2"];
    ntwk(&folder, 0, &[&["run", "m.toml", "--out", "o", "-q"][..], &more].concat());
    let run = recording(&folder, "o/results.h5");
    let trains = run.afferent("A_E").unwrap();
    assert_eq!((trains.afferent.as_str(), trains.size), ("A", 300));
    // 200 synapses at 15 Hz in 0.2 s.
    let per_target = trains.spikes.len() as f64 / 300.0;
    assert!((per_target - 600.0).abs() < 10.0, "{per_target}");
    let info = ntwk(&folder, 0, &["info", "o/results.h5"]);
    assert!(info.contains("A_E") && info.contains(&trains.spikes.len().to_string()), "{info}");
    let verified = ntwk(&folder, 0, &["verify", "o/results.h5", "-q"]);
    let all = trains.spikes.len() + run.afferent("A_I").unwrap().spikes.len();
    let own: usize =
        run.populations.iter().filter_map(|p| p.spikes.as_ref()).map(|s| s.len()).sum();
    assert!(verified.contains(&(all + own).to_string()), "{verified}");
    ntwk(&folder, 0, &["export", "o/results.h5", "--to", "csv", "-o", "csv"]);
    let table = std::fs::read_to_string(folder.path().join("csv/afferent_spikes.csv")).unwrap();
    assert_eq!(table.lines().next(), Some("afferent,projection,neuron,time_ms"));
    assert_eq!(table.lines().count(), 1 + all);
    assert!(table.lines().nth(1).unwrap().starts_with("A,A_E,"));
    for (format, file) in [("npz", "a.npz"), ("nwb", "a.nwb"), ("flat", "a.h5")] {
        ntwk(&folder, 0, &["export", "o/results.h5", "--to", format, "-o", file]);
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        assert!(bytes.windows(3).any(|w| w == b"A_E"), "{format}");
    }
    ntwk(&folder, 0, &["plot", "o/results.h5", "--figure", "raster", "--out", "o"]);
    let svg = std::fs::read_to_string(folder.path().join("o/raster.svg")).unwrap();
    assert!(svg.contains("A_E") && svg.contains("A_I"));
    // The same bits from a checkpoint.
    let first = ["--checkpoint", "50 ms", "--set", "simulation.t_stop=100"];
    ntwk(&folder, 0, &[&["run", "m.toml", "--out", "r", "-q"][..], &more, &first].concat());
    ntwk(&folder, 0, &[&["run", "m.toml", "--out", "r", "-q", "--resume"][..], &more].concat());
    assert_eq!(recording(&folder, "r/results.h5"), run);
}

#[test]
fn a_plan_counts_the_samples_that_a_run_stores() {
    let folder = folder_with_model();
    ntwk(&folder, 0, &["run", "m.toml", "--out", "o", "-q"]);
    let stored: usize = recording(&folder, "o/results.h5")
        .populations
        .iter()
        .flat_map(|p| &p.traces)
        .map(|t| t.data.len())
        .sum();
    // 2 neurons of 2 populations in 2000 steps, 2 of 2 variables in 176 frames, 3 in 200.
    assert_eq!(stored, 2 * 2 * 2000 + 2 * 2 * 176 + 3 * 200);
    let plan = ntwk(&folder, 0, &["plan", "m.toml", "--calibration", "0"]);
    let line = plan.lines().find(|l| l.contains("recorded variables")).unwrap();
    assert!(line.contains("37.2 kB") || line.contains("36.3 KiB"), "{plan}");
}

#[test]
fn a_resumed_run_has_the_samples_of_one_that_was_not_interrupted() {
    let folder = folder_with_model();
    let run = |args: &[&str]| {
        ntwk(&folder, 0, &[&["run", "m.toml", "-q", "--precision", "double"], args].concat());
    };
    run(&["--out", "whole"]);
    for at in ["30", "80", "150"] {
        let t_stop = format!("simulation.t_stop={at}");
        // A table whose window begins after the end of a run is a fault: this one is there in all.
        let start = ["--set", "record.traces.probe.start=20"];
        let out = format!("r{at}");
        let first = ["--out", &out, "--checkpoint", "10 ms", "--set", &t_stop];
        run(&[&first[..], &start].concat());
        run(&[&["--out", &out, "--resume"][..], &start].concat());
        run(&[&["--out", "w"][..], &start].concat());
        assert_eq!(
            recording(&folder, &format!("{out}/results.h5")),
            recording(&folder, "w/results.h5")
        );
    }
}

/// Steps of the potential carry the charge weight x C_m each; the theory refuses them before anything runs.
#[test]
fn steps_of_the_potential_are_analysed_and_refused_by_the_theory() {
    let folder = TempDir::new().unwrap();
    let text = "simulation = { t_stop = 200 }\nreceptors = { step = { kind = 'delta' } }\n\
                populations = { E = { size = 20, cell = { model = 'iaf_psc_exp', C_m = 250, tau_m = 20, E_L = 0, V_th = 20, \
                V_reset = 10, t_ref = 2 } } }\nafferents = { A = { size = 100, rate = 100 } }\n\
                [[projections]]\nsource = 'A'\ntarget = 'E'\nreceptor = 'step'\nweight = '0.1 mV'\n\
                connection = { rule = 'fixed_in_degree', in_degree = 100 }\n";
    std::fs::write(folder.path().join("m.toml"), text).unwrap();
    ntwk(&folder, 0, &["run", "m.toml", "-q", "-o", "r"]);
    // 10000 events per second of 25 fC.
    let said = ntwk(&folder, 0, &["analyze", "r/results.h5"]);
    let row = said.lines().find(|line| line.starts_with("A_E ")).unwrap();
    assert!(row.trim_end().ends_with("250.0"), "{row}");
    for command in ["compare", "meanfield"] {
        let said = ntwk(&folder, 1, &[command, "m.toml", "-q", "-o", "c"]);
        assert!(
            said.contains("receptors.step.kind: the theory has no steps of the potential"),
            "{said}"
        );
        assert!(!folder.path().join("c/results.h5").exists());
    }
}
