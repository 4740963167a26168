//! Cell files: all faults at once, declared channels, every key matters, damaged files never panic.

use std::path::{Path, PathBuf};

use ntwk_io::{CellFileError, RunContents, WriteOptions, parse_tree, read_cell, write_run};
use ntwk_morpho::spec::{BuiltCell, CellSpec, MorphologySource};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/dendritic-integration/cell.toml")
}

fn build(text: &str) -> Result<BuiltCell, String> {
    let tree = parse_tree(text, ntwk_io::Notation::Toml).map_err(|f| f.to_string())?;
    let spec = CellSpec::from_tree(&tree).map_err(|f| f.to_string())?;
    let MorphologySource::Generator(g, seed) = &spec.morphology.source else {
        return Err("a file".to_owned());
    };
    let morphology = g.build(*seed).map_err(|e| e.to_string())?;
    spec.build(&morphology).map_err(|f| f.to_string())
}

fn trace(text: &str) -> Vec<f64> {
    let built = build(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut s = built.simulation().unwrap();
    s.run(built.spec.simulation.t_stop).unwrap();
    s.recording().values.iter().copied().collect()
}

#[test]
fn the_example_can_be_built_and_run() {
    let file =
        read_cell(&example(), &[("simulation.t_stop".to_owned(), "10 ms".to_owned())]).unwrap();
    let built = file.build(&example()).unwrap();
    assert_eq!(built.synapses.len(), 3);
    let mut s = built.simulation().unwrap();
    s.run(10.0).unwrap();
    assert_eq!(s.recording().values.dim(), (101, 3));
}

#[test]
fn all_faults_at_once_with_lines_and_nearest_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cell.toml");
    let text = r#"[morphology]
generator = "ball_and_stick"
soma_diameter = "20 um"
length = "300 mV"
diameter = "1 um"
[membrane]
C_m = "-1 uF/cm2"
R_i = 100
colour = 3
[channels.na]
model = "sodum"
[channels.kv]
model = "kv"
where = "apicl and distance > 10"
[kinetics.mine]
E = 0
gates.m = { alpha = "exp(V", beta = "1" }
[receptors]
A = { model = "AMPA", tau_decay = "0.1 ms" }
[synapses.s]
receptors = { B = "1 nS" }
at = "moon"
[[electrodes]]
at = "soma"
waveform = "zap"
amplitude = 1
[simulation]
dt = 0
method = "rk4"
"#;
    std::fs::write(&path, text).unwrap();
    let Err(CellFileError::Faults(faults)) = read_cell(&path, &[]) else { panic!("no faults") };
    let all = faults.to_string();
    for (line, part) in [
        (4, "expected a length (um)"),
        (7, "must be > 0 uF/cm2"),
        (9, "unknown key"),
        (11, "did you mean \"sodium\"?"),
        (14, "did you mean \"apical\"?"),
        (17, "found the end"),
        (19, "less than tau_decay"),
        (21, "no such receptor"),
        (22, "expected \"soma\""),
        (28, "must be > 0 ms"),
        (29, "implicit_euler"),
    ] {
        let prefix = format!("cell.toml:{line}: ");
        assert!(
            all.lines().any(|l| l.contains(&prefix) && l.contains(part)),
            "line {line}, {part}:\n{all}"
        );
    }
    assert!(all.contains("electrodes[0].stop: missing"), "{all}");
    let ambiguous = "1 is ambiguous: write \"1 pA\" or \"1 nA\"";
    assert!(all.contains(&format!("electrodes[0].amplitude = 1: {ambiguous}")), "{all}");
}

const BASE: &str = r#"
[morphology]
generator = "ball_and_stick"
soma_diameter = "20 um"
length = "300 um"
diameter = "2 um"
[discretisation]
rule = "max_length"
max_length = "20 um"
[membrane]
C_m = 1
R_i = 100
g_L = "1e-4 S/cm2"
E_L = -65
[receptors]
A = { model = "AMPA" }
N = { model = "NMDA" }
[synapses.s]
receptors = { A = "0.5 nS", N = "0.5 nS" }
where = "dendrites"
number = 20
spread = "random"
rate = "30 Hz"
[[electrodes]]
at = "soma"
start = "2 ms"
duration = "10 ms"
amplitude = "0.3 nA"
[simulation]
t_stop = "20 ms"
celsius = 6.3
[record]
voltage = ["soma", "tip"]
"#;

const DECLARED: &str = r#"
[channels.m]
model = "na"
g = "0.12 S/cm2"
[channels.n]
model = "k"
g = "0.036 S/cm2"
[channels.l]
model = "leak"
g = "0.0003 S/cm2"
E = -54.3
[kinetics.na]
E = 50
q10 = 3
celsius_ref = 6.3
constants = { V_r = -65 }
gates.m = { power = 3, alpha = "0.1*(25 - (V - V_r))/(exp((25 - (V - V_r))/10) - 1)", beta = "4*exp(-(V - V_r)/18)" }
gates.h = { alpha = "0.07*exp(-(V - V_r)/20)", beta = "1/(1 + exp((30 - (V - V_r))/10))" }
[kinetics.k]
E = -77
q10 = 3
gates.n = { power = 4, alpha = "0.1*linoid((10 - (V + 65))/10)", beta = "0.125*exp(-(V + 65)/80)" }
"#;

#[test]
fn hodgkin_huxley_declared_as_data_is_the_built_in() {
    for celsius in ["6.3", "20"] {
        let base = BASE.replace("celsius = 6.3", &format!("celsius = {celsius}"));
        let built_in = trace(&format!("{base}\n[channels.hh]\nmodel = \"hodgkin_huxley\"\n"));
        let declared = trace(&format!("{base}{DECLARED}"));
        assert!(built_in.iter().any(|v| *v > 0.0), "no spike");
        let worst = built_in.iter().zip(&declared).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Rounding alone, enlarged by the spike.
        assert!(worst < 1e-8, "{celsius} C: {worst:e}");
    }
}

/// At V = −40 mV the sodium rate as written is 0/0 exactly.
#[test]
fn a_removable_singularity_is_no_fault() {
    let text = format!("{BASE}{DECLARED}").replace("celsius = 6.3", "celsius = 6.3\nv_init = -40");
    assert!(trace(&text).iter().all(|v| v.is_finite()));
}

#[test]
fn every_key_changes_the_result() {
    let base = format!(
        "{BASE}\n[channels.ih]\nmodel = \"hcn\"\ng = \"1e-4 S/cm2\"\nfactor = \"1 + distance/100\"\n"
    );
    let reference = trace(&base);
    for (from, to) in [
        ("soma_diameter = \"20 um\"", "soma_diameter = \"21 um\""),
        ("length = \"300 um\"", "length = \"310 um\""),
        ("\"20 um\"\n[membrane]", "\"30 um\"\n[membrane]"),
        ("C_m = 1", "C_m = 1.1"),
        ("R_i = 100", "R_i = 110"),
        ("g_L = \"1e-4", "g_L = \"2e-4"),
        ("E_L = -65", "E_L = -66"),
        ("model = \"AMPA\"", "model = \"AMPA\", tau_decay = 4"),
        ("model = \"NMDA\"", "model = \"NMDA\", magnesium = 2"),
        ("model = \"NMDA\"", "model = \"NMDA\", block = \"steep\""),
        ("A = \"0.5 nS\"", "A = \"0.6 nS\""),
        ("number = 20", "number = 40"),
        ("spread = \"random\"", "spread = \"random\"\nseed = 5"),
        ("spread = \"random\"", "spread = \"even\""),
        ("rate = \"30 Hz\"", "rate = \"31 Hz\""),
        ("rate = \"30 Hz\"", "rate = \"30 Hz\"\nfrom = 5"),
        ("rate = \"30 Hz\"", "rate = \"30 Hz\"\nuntil = 10"),
        ("start = \"2 ms\"", "start = \"3 ms\""),
        ("amplitude = \"0.3 nA\"", "amplitude = \"0.31 nA\""),
        ("celsius = 6.3", "celsius = 7"),
        ("celsius = 6.3", "celsius = 6.3\nseed = 2"),
        ("celsius = 6.3", "celsius = 6.3\nv_init = -64"),
        ("celsius = 6.3", "celsius = 6.3\nmethod = \"crank_nicolson\""),
        ("1 + distance/100", "1 + distance/90"),
        (
            "[channels.ih]",
            "[gap_junctions.g]\nbetween = [\"soma\", \"tip\"]\nconductance = \"1 nS\"\n[channels.ih]",
        ),
        ("[discretisation]", "[[membrane.regions]]\nwhere = \"soma\"\nC_m = 2\n[discretisation]"),
    ] {
        assert!(base.contains(from), "{from}");
        // Tables of [membrane] may stand anywhere; [membrane] itself must come first.
        let changed = trace(&base.replacen(from, to, 1));
        assert!(changed != reference, "{to} changes nothing");
    }
}

/// Nothing that may stand in a file leads to a panic.
#[test]
fn damaged_cell_files_never_panic() {
    let text = format!("{BASE}{DECLARED}");
    let mut state = 7u64;
    let mut next = |n: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let pieces = [
        "-",
        "0",
        "1e400",
        "nan",
        "\"",
        "[",
        "]",
        "=",
        "um",
        "{",
        "all",
        "\n",
        "9999999999",
        "(",
        "true",
    ];
    let lines: Vec<&str> = text.lines().collect();
    let mut sound = 0;
    for _ in 0..1500 {
        let mut damaged: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        for _ in 0..=next(2) {
            let k = next(damaged.len());
            match next(4) {
                0 => {
                    damaged.remove(k);
                }
                1 => {
                    let copy = damaged[next(lines.len().min(damaged.len()))].clone();
                    damaged.insert(k, copy);
                }
                2 => {
                    let at = next(damaged[k].len() + 1);
                    damaged[k].insert_str(at, pieces[next(pieces.len())]);
                }
                _ => {
                    let keep = next(damaged[k].len() + 1);
                    damaged[k].truncate(keep);
                }
            }
        }
        sound += usize::from(build(&damaged.join("\n")).is_ok());
    }
    assert!(sound > 50 && sound < 1450, "{sound} of 1500 were still good");
}

/// A cell whose synapses listen to a recorded population.
fn driven(folder: &Path, network: &str) -> Result<BuiltCell, String> {
    let recording = crate::common::recording();
    let contents = RunContents { recording: Some(&recording), ..RunContents::default() };
    std::fs::create_dir_all(folder.join("out")).unwrap();
    write_run(&folder.join("out/results.h5"), &contents, &WriteOptions::default()).unwrap();
    let path = folder.join("cell.toml");
    let text = format!(
        r#"[morphology]
generator = "ball_and_stick"
soma_diameter = "20 um"
length = "300 um"
diameter = "1 um"
[membrane]
C_m = "1 uF/cm2"
R_i = "100 Ohm cm"
g_L = "1e-4 S/cm2"
E_L = "-70 mV"
[receptors]
AMPA = {{ model = "AMPA" }}
[synapses.network]
receptors = {{ AMPA = "0.1 nS" }}
where = "dendrites"
number = 500
network = {network}
[simulation]
t_stop = "60 ms"
[record]
voltage = "soma"
"#
    );
    std::fs::write(&path, text).unwrap();
    let file = read_cell(&path, &[]).map_err(|e| e.to_string())?;
    file.build(&path).map_err(|e| e.to_string())
}

#[test]
fn spikes_of_a_network_drive_a_cell() {
    let folder = tempfile::tempdir().unwrap();
    let network =
        r#"{ file = "out/results.h5", population = "Exc", neurons = 400, from = "20 ms" }"#;
    let built = driven(folder.path(), network).unwrap();
    let spikes = crate::common::recording().populations[0].spikes.clone().unwrap();
    let times = |id: u32| -> Vec<f64> {
        let of = spikes.steps.iter().zip(&spikes.ids).filter(|(_, i)| **i == id);
        of.map(|(s, _)| 0.1 * *s as f64 - 20.0).filter(|t| (0.0..60.0).contains(t)).collect()
    };
    // 500 synapses on 400 neurons: every neuron's train is there once or twice.
    let events = &built.synapses[0].events;
    let total: usize = events.iter().map(Vec::len).sum();
    let once: usize = (0..400).map(|id| times(id).len()).sum();
    assert_eq!(events.len(), 500);
    assert!(once > 0 && total > once && total <= 2 * once, "{total} {once}");
    for id in (0..400).filter(|&id| !times(id).is_empty()) {
        let same = |t: &&Vec<f64>| {
            t.len() == times(id).len()
                && t.iter().zip(times(id)).all(|(a, b)| (*a - b).abs() < 1e-9)
        };
        assert!(events.iter().any(|t| same(&t)), "neuron {id}");
    }
    let mut s = built.simulation().unwrap();
    s.run(60.0).unwrap();
    let peak = s.recording().column(0).fold(f64::MIN, |a, &b| a.max(b));
    assert!(peak > -69.9, "{peak}");
}

#[test]
fn what_is_wrong_with_a_network_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |network: &str| driven(folder.path(), network).unwrap_err();
    let other = r#"{ file = "out/results.h5", population = "Ex", neurons = 400 }"#;
    let message = fault(other);
    assert!(message.contains("synapses.network.network.population"), "{message}");
    assert!(message.contains("Exc") && message.contains("cell.toml:17:"), "{message}");
    let few = r#"{ file = "out/results.h5", population = "Exc", neurons = 20 }"#;
    assert!(fault(few).contains("neurons that"), "{}", fault(few));
    assert!(fault(r#"{ file = "none.h5", population = "Exc", neurons = 4 }"#).contains("none.h5"));
    let message = fault(r#"{ file = "out/results.h5", neuron = 4 }"#);
    assert!(message.contains("population") && message.contains("neurons"), "{message}");
}
