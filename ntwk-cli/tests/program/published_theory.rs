//! Theories as they were published: coefficients from a file or a list, and the Siegert formula.

use ntwk::io::{ResultFile, write_npy_vector};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The network Spectrum_2018 of neural_network_dynamics: cells, synapses, sizes.
const SPECTRUM: &str = r#"
[simulation]
t_stop = "300 ms"
[receptors]
exc = { E_rev = "0 mV", tau_syn = "5 ms" }
inh = { E_rev = "-80 mV", tau_syn = "5 ms" }
[populations.RecExc]
size = 4000
cell = { model = "LIF", C_m = "200 pF", g_L = "10 nS", E_L = "-70 mV", V_th = "-50 mV", V_reset = "-70 mV", t_ref = "5 ms" }
[populations.RecInh]
size = 1000
cell = { model = "LIF", C_m = "200 pF", g_L = "10 nS", E_L = "-70 mV", V_th = "-53 mV", V_reset = "-70 mV", t_ref = "5 ms" }
[afferents.AffExc]
size = 100
rate = "8 Hz"
[[projections]]
source = "RecExc"
target = ["RecExc", "RecInh"]
receptor = "exc"
weight = "2 nS"
connection = { rule = "fixed_in_degree", in_degree = 200 }
[[projections]]
source = "RecInh"
target = ["RecExc", "RecInh"]
receptor = "inh"
weight = "10 nS"
connection = { rule = "fixed_in_degree", in_degree = 50 }
[[projections]]
source = "AffExc"
target = ["RecExc", "RecInh"]
receptor = "exc"
weight = "4 nS"
connection = { rule = "fixed_in_degree", in_degree = 10 }
[theory.scan]
neurons = 16
duration = "500 ms"
"#;

/// The published coefficients (V) and the fixed point (Hz) at 8 Hz, from 40-digit arithmetic.
fn published() -> ([Vec<f64>; 2], Vec<f64>) {
    let data = |name: &str| -> serde_json::Value {
        let path = format!("{}/../ntwk-meanfield/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let number =
        |v: &serde_json::Value| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
    let numbers = |v: &serde_json::Value| v.as_array().unwrap().iter().map(number).collect();
    let coefficients = &data("skewness_threshold.json")["coefficients_V"];
    let points = data("fixed_points.json");
    let at = points.as_array().unwrap().iter().find(|c| number(&c["F_AffExc_Hz"]) == 8.0).unwrap();
    let both = ["RecExc", "RecInh"].map(|name| numbers(&coefficients[name]));
    (both, numbers(&at["fixed_point_Hz"]))
}

fn ntwk(folder: &Path, code: i32, args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ntwk");
    let output = Command::new(program).args(args).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{said}");
    output
}

/// Fixed points (Hz), one row of all populations after the other.
fn points(folder: &Path, out: &str) -> Vec<f64> {
    let groups = ResultFile::open(&folder.join(out).join("results.h5")).unwrap().theory().unwrap();
    let group = groups.iter().find(|g| g.name == "fixed_points").unwrap();
    group.arrays.iter().find(|a| a.name == "rate").unwrap().data.iter().copied().collect()
}

#[test]
fn coefficients_of_a_file_give_the_published_fixed_point() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (coefficients, exact) = published();
    let mut text = SPECTRUM.to_owned();
    write_npy_vector(&at("COEFFS_RecExc.npy"), &coefficients[0]).unwrap();
    text += "[theory.populations.RecExc]\ncoefficients = { file = \"COEFFS_RecExc.npy\" }\n";
    let listed: Vec<String> = coefficients[1].iter().map(|c| format!("{:e}", 1e3 * c)).collect();
    let listed = listed.join(", ");
    text += &format!("[theory.populations.RecInh]\ncoefficients = [{listed}]\nunit = \"mV\"\n");
    std::fs::write(at("m.toml"), &text).unwrap();
    let output = ntwk(folder.path(), 0, &["meanfield", "m.toml", "--out", "o", "-q"]);
    let rates = points(folder.path(), "o");
    let near = |row: &[f64]| (0..2).all(|k| (row[k] / exact[k] - 1.0).abs() < 1e-11);
    assert!(rates.chunks(2).any(near), "{rates:?} {exact:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the published coefficients of RecInh give"), "{said}");

    // The wrong unit is named, and a number of coefficients that no form has.
    let wrong = text.replace("unit = \"mV\"", "unit = \"V\"");
    std::fs::write(at("w.toml"), wrong).unwrap();
    let said = ntwk(folder.path(), 2, &["check", "w.toml"]);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("need unit = \"mV\""), "{said}");
    write_npy_vector(&at("COEFFS_RecExc.npy"), &coefficients[0][..9]).unwrap();
    let said = ntwk(folder.path(), 2, &["check", "m.toml"]);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("9 coefficients are of no published form"), "{said}");
    let other = text.replace("theory.populations.RecExc", "theory.populations.RecEcx");
    std::fs::write(at("o.toml"), other).unwrap();
    let said = ntwk(folder.path(), 2, &["check", "o.toml"]);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("RecEcx") && said.contains("RecExc"), "{said}");
}

/// Brunel's network with exponential currents at 12.5 Hz of drive: NNMT's working point is 10.41 Hz, a network of 5000
/// cells fires at 10.04 Hz. The formula is for cells without adaptation or spike current.
#[test]
fn the_siegert_formula_is_a_theory() {
    let folder = TempDir::new().unwrap();
    let cell = "cell = { model = \"LIF\", C_m = \"250 pF\", g_L = \"12.5 nS\", E_L = \"-70 mV\", V_th = \"-50 mV\", \
                V_reset = \"-60 mV\", t_ref = \"2 ms\" }";
    let connect = |source: &str, receptor: &str, weight: &str, k: u32| {
        format!(
            "[[projections]]\nsource = \"{source}\"\ntarget = [\"E\", \"I\"]\nreceptor = \"{receptor}\"\n\
             weight = \"{weight}\"\nconnection = {{ rule = \"fixed_in_degree\", in_degree = {k} }}\n"
        )
    };
    let text = format!(
        "[simulation]\nt_stop = \"300 ms\"\n[receptors]\n\
         exc = {{ kind = \"current\", tau_syn = \"0.5 ms\" }}\ninh = {{ kind = \"current\", tau_syn = \"0.5 ms\" }}\n\
         [populations.E]\nsize = 4000\n{cell}\n[populations.I]\nsize = 1000\n{cell}\n\
         [afferents.X]\nsize = 400\nrate = \"12.5 Hz\"\n{}{}{}\
         [theory]\nmodel = \"siegert\"\n[theory.scan]\nneurons = 16\nduration = \"500 ms\"\n",
        connect("E", "exc", "100 pA", 400),
        connect("I", "inh", "-500 pA", 100),
        connect("X", "exc", "100 pA", 400),
    );
    std::fs::write(folder.path().join("m.toml"), &text).unwrap();
    let output = ntwk(folder.path(), 0, &["meanfield", "m.toml", "--out", "o", "-q"]);
    let rates = points(folder.path(), "o");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        rates.chunks(2).any(|r| (r[0] - 10.41).abs() < 0.05 && (r[1] - 10.41).abs() < 0.05),
        "{said}"
    );
    let adapting = text
        .replace("cell = { model = \"LIF\", ", "cell = { model = \"EIF\", Delta_T = \"1 mV\", ");
    std::fs::write(folder.path().join("a.toml"), adapting).unwrap();
    let said = ntwk(folder.path(), 2, &["check", "a.toml"]);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("\"siegert\" is for cells of model LIF; those of E are EIF"), "{said}");
}
