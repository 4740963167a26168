//! Stored files given to the commands that open files: runs of cells, of the Python package, sweeps, and what is none of them.

use crate::common::{good, ntwk, path};
use hdf5::{File, FileBuilder};
use ntwk_io::read_flat;
use tempfile::TempDir;

/// A command that refuses its file in one sentence.
fn refused(folder: &TempDir, args: &[&str], parts: &[&str]) {
    let text = ntwk(folder, 2, args);
    assert_eq!(text.lines().count(), 1, "{args:?}\n{text}");
    for part in parts {
        assert!(text.contains(part), "{args:?}: {part}\n{text}");
    }
}

fn is_figure(folder: &TempDir, name: &str) {
    for ending in ["png", "svg"] {
        let file = folder.path().join(format!("{name}.{ending}"));
        assert!(file.metadata().is_ok_and(|m| m.len() > 1000), "{}", file.display());
    }
}

#[test]
fn a_run_of_a_cell_is_drawn_listed_and_exported() {
    let folder = TempDir::new().unwrap();
    let cell = path("examples/passive-fit/cell.toml");
    ntwk(
        &folder,
        0,
        &["morpho", "run", &cell, "-q", "--out", "c", "--set", "simulation.t_stop=20"],
    );
    std::fs::remove_file(folder.path().join("c/run.png")).unwrap();
    ntwk(&folder, 0, &["plot", "c/results.h5"]);
    is_figure(&folder, "c/run");
    let text = ntwk(&folder, 0, &["info", "c/results.h5"]);
    assert!(text.contains("run of a morphological cell") && text.contains("mV"), "{text}");
    assert!(ntwk(&folder, 0, &["info", "c/results.h5", "--model"]).contains("[morphology]"));

    ntwk(&folder, 0, &["export", "c/results.h5", "--to", "csv", "-o", "t"]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("t/traces.csv"), read("c/traces.csv"));
    ntwk(&folder, 0, &["export", "c/results.h5", "--to", "npz", "--output", "c.npz"]);
    assert!(folder.path().join("c.npz").is_file());

    let sentence = ["a run of a morphological cell", "'ntwk plot'"];
    for args in [
        &["analyze", "c/results.h5"][..],
        &["report", "c/results.h5"],
        &["verify", "c/results.h5"],
        &["export", "c/results.h5", "--to", "nwb"],
        &["export", "c/results.h5", "--to", "flat"],
    ] {
        refused(&folder, args, &sentence);
    }
    refused(&folder, &["plot", "c/results.h5", "--figure", "raster"], &["leave out --figure"]);
    refused(&folder, &["plot", "c/results.h5", "--window", "30,40"], &["ends at 20 ms"]);
}

#[test]
fn files_of_another_kind_get_one_sentence() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let vary = "size:populations.N.size=20,40";
    ntwk(&folder, 0, &["sweep", &file, "--out", "s", "--vary", vary, "-q"]);
    ntwk(&folder, 0, &["meanfield", &file, "--out", "m", "-q"]);
    ntwk(&folder, 0, &["run", &file, "--out", "r", "-q"]);
    std::fs::remove_file(folder.path().join("s/scan.png")).unwrap();
    ntwk(&folder, 0, &["plot", "s/scan.h5"]);
    is_figure(&folder, "s/scan");
    for command in [&["analyze"][..], &["report"], &["verify"], &["export", "--to", "npz"]] {
        let of = |file: &'static str| [command, &[file]].concat();
        refused(&folder, &of("s/scan.h5"), &["the points of a sweep", "goes on with it"]);
    }
    for command in [&["analyze"][..], &["report"], &["plot"], &["export", "--to", "npz"]] {
        let of = |file: &'static str| [command, &[file]].concat();
        refused(&folder, &of("m/results.h5"), &["mean-field theory and no run", "'ntwk info'"]);
    }
    ntwk(&folder, 0, &["verify", "m/results.h5", "-q"]);
    // Descriptions given to what takes results, and the other way round.
    let cell = path("examples/passive-fit/cell.toml");
    for command in [&["analyze"][..], &["report"], &["verify"], &["plot"], &["info"]] {
        refused(
            &folder,
            &[command, &[&file]].concat(),
            &["network of point neurons", "'ntwk run'"],
        );
        refused(
            &folder,
            &[command, &[&cell]].concat(),
            &["morphological cell", "'ntwk morpho run'"],
        );
    }
    for command in
        [&["run"][..], &["check"], &["compare"], &["morpho", "run"], &["import", "-o", "x"]]
    {
        let text = ntwk(&folder, 2, &[command, &["r/results.h5"]].concat());
        assert!(text.contains("a run of a network") && text.contains("'ntwk plot'"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        let text = ntwk(&folder, 2, &[command, &["r/overview.png"]].concat());
        assert!(text.contains("a PNG image"), "{text}");
    }
    for (file, kind) in [("r/overview.png", "a PNG image"), ("r/summary.json", "a text file")] {
        let text = ntwk(&folder, 1, &["info", file]);
        assert!(text.contains(kind) && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn figures_of_a_file_lie_beside_it() {
    let folder = TempDir::new().unwrap();
    ntwk(&folder, 0, &["run", &good("theory.toml"), "-q", "-o", "deep/er"]);
    ntwk(&folder, 0, &["plot", "deep/er/results.h5", "--figure", "raster"]);
    is_figure(&folder, "deep/er/raster");
    let trace: String = (0..2000)
        .map(|k| format!("{},{}\n", 0.1 * f64::from(k), if k % 500 == 250 { 20 } else { -70 }))
        .collect();
    std::fs::write(folder.path().join("deep/trace.csv"), "time_ms,V mV\n".to_owned() + &trace)
        .unwrap();
    let window = ["--start", "10 ms", "--end", "190 ms"];
    ntwk(&folder, 0, &[&["features", "deep/trace.csv"][..], &window].concat());
    is_figure(&folder, "deep/features");
    assert!(!folder.path().join("out").exists());
}

/// Steps and sizes of the run of the package.
const STEPS: usize = 4000;
const SIZES: [(&str, usize); 2] = [("RecExc", 40), ("RecInh", 10)];

/// A file as `write_as_hdf5` of the package writes it: numbers of Python in 16 and 32 bits, the keys of the model beside the
/// recording.
fn package_file(folder: &TempDir) {
    let mut file = FileBuilder::new();
    let single = |file: &mut FileBuilder, key: &str, x: f32| {
        file.create_dataset(key).with_data(&[x]).with_shape(&[]);
    };
    for (key, x) in [
        ("dt", 0.1),
        ("tstop", 400.0),
        ("F_AffExc", 4.0),
        ("Erev_Exc", 0.0),
        ("Erev_Inh", -80.0),
        ("Tsyn_Exc", 5.0),
        ("Tsyn_Inh", 5.0),
        ("my_own_number", 3.0),
    ] {
        single(&mut file, key, x);
    }
    for source in ["RecExc", "RecInh", "AffExc"] {
        for target in ["RecExc", "RecInh"] {
            single(&mut file, &format!("p_{source}_{target}"), 0.05);
            single(&mut file, &format!("Q_{source}_{target}"), 1.0);
        }
    }
    file.create_dataset("REC_POPS").with_vlen_strings(&["RecExc", "RecInh"]);
    file.create_dataset("AFF_POPS").with_vlen_strings(&["AffExc"]);
    file.create_dataset("N_AffExc").with_data(&[40i16]).with_shape(&[]);
    let cell = [
        ("Gl", 10.0f32),
        ("Cm", 200.0),
        ("El", -70.0),
        ("Vthre", -50.0),
        ("Vreset", -70.0),
        ("Trefrac", 5.0),
        ("deltaV", 0.0),
        ("a", 0.0),
        ("b", 0.0),
        ("tauw", 1e9),
    ];
    for (index, (name, size)) in SIZES.into_iter().enumerate() {
        file.create_dataset(&format!("N_{name}")).with_data(&[size as i16]).with_shape(&[]);
        for (key, x) in cell {
            single(&mut file, &format!("{name}_{key}"), x);
        }
        let mut group = file.create_group(&index.to_string());
        group.create_dataset("name").with_vlen_strings(&[name]).with_shape(&[]);
        group.create_dataset("N").with_data(&[size as i16]).with_shape(&[]);
        file.add_group(group.finish());
        let mut group = file.create_group(&format!("{index}_params"));
        for (key, x) in cell {
            group.create_dataset(key).with_data(&[x]).with_shape(&[]);
        }
        file.add_group(group.finish());
        // Every neuron once in 100 ms: 10 Hz.
        let mut spikes: Vec<(f64, i64)> = (0..4 * size)
            .map(|k| (100.0 * (k / size) as f64 + 0.5 + (k % size) as f64, (k % size) as i64))
            .collect();
        spikes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (times, ids): (Vec<f64>, Vec<i64>) = spikes.into_iter().unzip();
        let mut rate = vec![0.0; STEPS];
        for time in &times {
            rate[(time / 0.1).round() as usize] += 1e4 / size as f64;
        }
        file.create_dataset(&format!("tRASTER_{name}")).with_data(&times);
        file.create_dataset(&format!("iRASTER_{name}")).with_data(&ids);
        file.create_dataset(&format!("POP_ACT_{name}")).with_data(&rate);
        let wave = |scale: f64, neuron: usize| {
            (0..STEPS).map(move |k| scale * (1.0 + ((k + 7 * neuron) as f64 * 0.01).sin()))
        };
        for (key, offset, scale) in [
            ("VMS", -65.0, 2.0),
            ("ISYNe", 0.0, 50.0),
            ("ISYNi", 0.0, -40.0),
            ("GSYNe", 0.0, 1.0),
            ("GSYNi", 0.0, 2.0),
        ] {
            let values: Vec<f64> =
                (0..3).flat_map(|n| wave(scale, n)).map(|x| offset + x).collect();
            file.create_dataset(&format!("{key}_{name}"))
                .with_data(&values)
                .with_shape(&[3, STEPS as u64]);
        }
        let applied: Vec<f64> = (0..STEPS).map(|k| if k < 2000 { 4.0 } else { 6.0 }).collect();
        file.create_dataset(&format!("Rate_AffExc_{name}")).with_data(&applied);
    }
    let mut out = std::fs::File::create(folder.path().join("data.h5")).unwrap();
    file.finish_to(&mut out).unwrap();
}

#[test]
fn a_run_of_the_python_package_is_analysed_drawn_and_reported() {
    let folder = TempDir::new().unwrap();
    package_file(&folder);
    let text = ntwk(&folder, 0, &["info", "data.h5"]);
    assert!(text.contains("flat HDF5 of neural_network_dynamics"), "{text}");
    let text = ntwk(&folder, 0, &["analyze", "data.h5", "--window", "100,400"]);
    assert!(text.contains("my_own_number: left out"), "{text}");
    assert!(!text.contains("connections are left out"), "{text}");
    let json = std::fs::read_to_string(folder.path().join("analysis.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let value = |population: usize, name: &str| {
        let list = json["populations"][population]["quantities"].as_array().unwrap().clone();
        let found = list.iter().find(|q| q["name"] == name).map(|q| q["value"].as_f64().unwrap());
        found.unwrap_or_else(|| panic!("{name}\n{text}"))
    };
    for population in 0..2 {
        assert!((value(population, "rate") - 10.0).abs() < 1e-9);
        // 50 (1 + sin) and -40 (1 + sin) over whole periods and a bit.
        assert!((value(population, "I_exc") - 50.0).abs() < 5.0);
        assert!((value(population, "I_inh") + 40.0).abs() < 4.0);
        assert!((value(population, "g_inh_mean") - 2.0).abs() < 0.2);
        assert!((value(population, "V_m_mean") + 63.0).abs() < 0.5);
    }
    // The input that was applied, 4 Hz for 100 ms and 6 Hz for 200: 40 x 0.05 afferents at 16/3 Hz.
    let inputs = json["populations"][0]["inputs"].as_array().unwrap();
    let afferent = inputs.iter().find(|i| i["afferent"] == true).unwrap();
    assert!((afferent["event_rate"].as_f64().unwrap() - 2.0 * 16.0 / 3.0).abs() < 1e-6);

    ntwk(&folder, 0, &["plot", "data.h5", "--figure", "all", "--out", "f"]);
    for figure in
        ["overview", "raster", "activity", "potentials", "inputs", "histograms", "spectra"]
    {
        is_figure(&folder, &format!("f/{figure}"));
    }
    ntwk(&folder, 0, &["report", "data.h5", "--out", "page.html"]);
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("[populations.RecExc") && page.contains("<svg"));
    refused(&folder, &["verify", "data.h5"], &["another program"]);
    ntwk(&folder, 0, &["export", "data.h5", "--to", "csv", "-o", "t"]);
    let spikes = std::fs::read_to_string(folder.path().join("t/spikes.csv")).unwrap();
    assert_eq!(spikes.lines().count(), 1 + 4 * 50);
}

#[test]
fn the_flat_export_has_the_keys_of_the_package() {
    let folder = TempDir::new().unwrap();
    let mut args = vec!["run", "", "--out", "r", "-q", "--precision", "double"];
    let model = good("theory.toml");
    args[1] = &model;
    for key in ["currents", "conductances", "cell_variables", "V_m"] {
        args.extend([
            "--set",
            match key {
                "currents" => "record.currents=3",
                "conductances" => "record.conductances=3",
                "cell_variables" => "record.cell_variables=3",
                _ => "record.V_m=3",
            },
        ]);
    }
    ntwk(&folder, 0, &args);
    ntwk(&folder, 0, &["export", "r/results.h5", "--to", "flat", "-o", "r.h5"]);
    let file = File::open(folder.path().join("r.h5")).unwrap();
    let number = |key: &str| {
        let dataset = file.dataset(key).unwrap_or_else(|e| panic!("{key}: {e}"));
        assert!(dataset.shape().unwrap().is_empty(), "{key} is no scalar");
        dataset.read_f64().unwrap()[0]
    };
    for (key, expected) in [
        ("dt", 0.1),
        ("tstop", 200.0),
        ("N_N", 100.0),
        ("N_A", 400.0),
        ("N_Gl", 10.0),
        ("N_Cm", 200.0),
        ("N_El", -70.0),
        ("N_Vthre", -50.0),
        ("N_Vreset", -70.0),
        ("N_Trefrac", 5.0),
        ("N_deltaV", 1.0),
        ("0_params/Vreset", -70.0),
        ("p_A_N", 0.5),
        ("Q_N_N", 2.0),
        ("Erev_A", 0.0),
        ("Tsyn_N", 5.0),
        ("Ei", -80.0),
    ] {
        assert_eq!(number(key), expected, "{key}");
    }
    let shape = |key: &str| file.dataset(key).unwrap().shape().unwrap();
    for key in ["VMS_N", "ISYNe_N", "ISYNi_N", "GSYNe_N", "GSYNi_N"] {
        assert_eq!(shape(key), [3, 2000], "{key}");
    }
    assert_eq!(shape("Rate_A_N"), [2000]);
    let values = |key: &str| file.dataset(key).unwrap().read_f64().unwrap();
    assert_eq!(values("ISYNi_N"), values("I_inh_N"));
    assert!(values("ISYNe_N").iter().any(|x| *x > 0.0));
    let rate = values("Rate_A_N");
    assert_eq!((rate[0], rate[1500]), (6.0, 10.0));
    // What was recorded, and nothing twice.
    let read = read_flat(&folder.path().join("r.h5")).unwrap();
    let mut variables: Vec<&str> =
        read.recording.populations[0].traces.iter().map(|t| t.variable.as_str()).collect();
    variables.sort_unstable();
    assert_eq!(variables, ["I_exc", "I_inh", "V_m", "g_exc", "g_inh"]);
    let text = ntwk(&folder, 0, &["analyze", "r.h5", "--window", "50,200", "--out", "flat"]);
    let own = ntwk(&folder, 0, &["analyze", "r/results.h5", "--window", "50,200"]);
    let rate = |text: &str| text.lines().find(|l| l.starts_with("rate (Hz)")).unwrap().to_owned();
    assert_eq!(rate(&text), rate(&own));
    assert!(text.contains("A_N") && !text.contains("left out"), "{text}");

    ntwk(&folder, 0, &["run", &model, "--out", "i", "-q", "--set", "record.interval=1 ms"]);
    let text = ntwk(&folder, 1, &["export", "i/results.h5", "--to", "flat"]);
    assert!(text.contains("record.interval"), "{text}");
}

/// Every kind of connection: drawn weights and delays, distances, given spikes, release, plasticity.
const WIRED: &str = r#"
title = "wired"
[simulation]
t_stop = 120
seed = 5
[receptors]
exc = { kind = "conductance", E_rev = 0, tau_syn = 5 }
inh = { kind = "conductance", E_rev = -80, tau_syn = 5 }
[populations.E]
size = 300
cell = { model = "LIF", C_m = 200, g_L = 10, E_L = -65, V_th = -50, V_reset = -65, t_ref = 5 }
space = { layout = "ring", length = "3 mm" }
[populations.I]
size = 80
cell = { model = "LIF", C_m = 200, g_L = 10, E_L = -65, V_th = -50, V_reset = -65, t_ref = 5 }
space = { layout = "ring", length = "3 mm" }
[afferents.Ext]
size = 200
rate = 20
[afferents.Shared]
size = 50
rate = 30
trains = "per_source"
[[projections]]
source = "Ext"
target = ["E", "I"]
receptor = "exc"
weight = 2
connection = { rule = "fixed_in_degree", in_degree = 60 }
[[projections]]
source = "Shared"
target = ["E", "I"]
receptor = "exc"
weight = 1.1
delay = 0.7
connection = { rule = "pairwise_bernoulli", probability = 0.3 }
[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = { distribution = "lognormal", mean = 0.7, sd = 0.5 }
delay = { distribution = "uniform", low = 0.5, high = 4 }
release_probability = 0.6
connection = { rule = "fixed_in_degree", in_degree = 30 }
[[projections]]
name = "inhibition"
source = "I"
target = "E"
receptor = "inh"
weight = 3.3
delay = { base = "1 ms", velocity = "0.3 m/s" }
connection = { rule = "fixed_out_degree", out_degree = 90 }
[[projections]]
source = "I"
target = "I"
receptor = "inh"
weight = 0.1
delay = 1.5
plasticity = { rule = "tsodyks_markram", U = 0.4, tau_rec = 100, tau_facil = 50 }
connection = { rule = "fixed_total_number", number = 900 }
[record]
V_m = 2
"#;

#[test]
fn exported_connections_give_the_same_spikes() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("wired.toml"), WIRED).unwrap();
    ntwk(&folder, 0, &["run", "wired.toml", "-q", "-o", "r", "--precision", "double"]);
    let recording = |name: &str| {
        let file = ntwk_io::ResultFile::open(&folder.path().join(name)).unwrap();
        file.recording().unwrap().unwrap()
    };
    let first = recording("r/results.h5");
    assert!(first.populations.iter().all(|p| p.spikes.as_ref().unwrap().ids.len() > 100));
    let text = ntwk(&folder, 0, &["export", "r/results.h5", "--connections"]);
    assert!(text.contains("inhibition: 7200 synapses") && text.contains("2 projections"), "{text}");
    let csv = ["export", "wired.toml", "--connections", "--to", "csv", "-o", "tables"];
    ntwk(&folder, 0, &csv);
    for made in ["r/connections", "tables"] {
        let model = format!("{made}/model.toml");
        let text = std::fs::read_to_string(folder.path().join(&model)).unwrap();
        assert!(
            text.contains("rule = \"pairs\"") && !text.contains("fixed_total_number"),
            "{text}"
        );
        let out = format!("{made}/again");
        let run = ["run", &model, "-q", "-o", &out, "--precision", "double", "--threads", "2"];
        ntwk(&folder, 0, &run);
        assert!(recording(&format!("{out}/results.h5")) == first, "{made}: other bits");
    }
    let types =
        std::fs::read_to_string(folder.path().join("r/connections/edge_types.csv")).unwrap();
    assert!(types.starts_with("edge_type_id projection receptor syn_weight delay\n"), "{types}");
    assert!(types.contains("I_I inh 0.1 1.5") && types.contains("E_I exc NULL NULL"), "{types}");
    let edges = File::open(folder.path().join("r/connections/edges.h5")).unwrap();
    let delays = edges.dataset("edges/E_E/0/delay").unwrap().read_f64().unwrap();
    assert_eq!(delays.len(), 9000);
    assert!(
        delays
            .iter()
            .all(|d| (0.5..=4.0).contains(d) && ((d * 10.0).round() - d * 10.0).abs() < 1e-9)
    );
    let text = ntwk(&folder, 0, &["info", "r/connections/edges.h5"]);
    assert!(text.contains("SONATA"), "{text}");
    ntwk(&folder, 2, &["export", "r/results.h5", "--connections", "--to", "npz"]);
    ntwk(&folder, 2, &["export", "r/results.h5", "--to", "sonata"]);
    ntwk(&folder, 2, &["export", "r/results.h5"]);
}

/// The analysis of a run does not outlive it, and what several parts of a command notice is said once.
#[test]
fn a_repeated_run_leaves_no_stale_analysis() {
    let folder = TempDir::new().unwrap();
    let model = good("minimal.toml");
    ntwk(&folder, 0, &["run", &model, "--out", "r", "-q"]);
    ntwk(&folder, 0, &["analyze", "r/results.h5"]);
    let analysis = folder.path().join("r/analysis.json");
    assert!(analysis.is_file());
    let text = ntwk(&folder, 0, &["run", &model, "--out", "r", "-q", "--set", "simulation.seed=9"]);
    assert!(!analysis.exists());
    assert!(text.contains("analysis.json was that of the run before and is removed"), "{text}");
    let notes: Vec<&str> = text.lines().filter(|line| line.starts_with("note: ")).collect();
    let once: std::collections::BTreeSet<&&str> = notes.iter().collect();
    assert_eq!(once.len(), notes.len(), "{text}");
}
