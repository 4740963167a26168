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

/// An array of a stored theory.
fn stored(folder: &Path, out: &str, group: &str, name: &str) -> Vec<f64> {
    let groups = ResultFile::open(&folder.join(out).join("results.h5")).unwrap().theory().unwrap();
    let group = groups.iter().find(|g| g.name == group).unwrap();
    group.arrays.iter().find(|a| a.name == name).unwrap().data.iter().copied().collect()
}

/// Fixed points (Hz), one row of all populations after the other.
fn points(folder: &Path, out: &str) -> Vec<f64> {
    stored(folder, out, "fixed_points", "rate")
}

/// Numbers of the reference data of the theory.
fn data(name: &str) -> serde_json::Value {
    let path = format!("{}/../ntwk-meanfield/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(v: &serde_json::Value) -> f64 {
    v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap())
}

fn numbers(v: &serde_json::Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(number).collect()
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

/// The network of Zerlaut et al. 2018: coefficients and moments of the authors' code, adaptation in the coefficients.
fn zerlaut_2018(theory: &str) -> String {
    let cell = |kind: &str| {
        format!(
            "{{ model = \"AdEx\", C_m = \"200 pF\", g_L = \"10 nS\", E_L = \"-65 mV\", V_th = \"-50 mV\", \
             V_reset = \"-65 mV\", t_ref = \"5 ms\", tau_w = \"500 ms\", {kind} }}"
        )
    };
    let rs = cell("Delta_T = \"2 mV\", a = \"4 nS\", b = \"20 pA\"");
    let fs = cell("Delta_T = \"0.5 mV\", a = \"0 nS\", b = \"0 pA\"");
    let connect = |source: &str, receptor: &str, weight: &str, k: u32| {
        format!(
            "[[projections]]\nsource = \"{source}\"\ntarget = [\"RS\", \"FS\"]\nreceptor = \"{receptor}\"\n\
             weight = \"{weight}\"\nconnection = {{ rule = \"fixed_in_degree\", in_degree = {k} }}\n"
        )
    };
    format!(
        "[simulation]\nt_stop = \"300 ms\"\n[receptors]\nexc = {{ E_rev = \"0 mV\", tau_syn = \"5 ms\" }}\n\
         inh = {{ E_rev = \"-80 mV\", tau_syn = \"5 ms\" }}\n\
         [populations.RS]\nsize = 8000\ncell = {rs}\n[populations.FS]\nsize = 2000\ncell = {fs}\n\
         [afferents.drive]\nsize = 8000\nrate = \"4 Hz\"\n{}{}{}\
         [theory]\nadaptation = \"stationary\"\nstationary_state = \"fitted\"\n\
         [theory.scan]\nneurons = 8\nduration = \"400 ms\"\n{theory}",
        connect("RS", "exc", "1 nS", 400),
        connect("FS", "inh", "5 nS", 100),
        connect("drive", "exc", "1 nS", 400),
    )
}

fn published_2018(more: &str) -> String {
    let file = data("zerlaut2018.json");
    let of = |name: &str, key: &str| {
        let listed: Vec<String> = numbers(&file[key]).iter().map(|c| format!("{c:e}")).collect();
        format!("[theory.populations.{name}]\ncoefficients = [{}]\n{more}", listed.join(", "))
    };
    zerlaut_2018(&format!("{}{}", of("RS", "P_RS"), of("FS", "P_FS")))
}

/// The stationary state that the authors printed, 2.45719675 and 9.64063894 Hz, from their coefficients with their moments; with
/// the moments that the formulas give, their coefficients are of another network.
#[test]
fn coefficients_of_2018_with_the_moments_of_their_code() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let all = data("zerlaut2018.json");
    let all = all["fixed_points"]["as_published"].as_array().unwrap().clone();
    let exact = all.iter().find(|c| number(&c["exc_aff_Hz"]) == 4.0).unwrap();
    let exact = numbers(&exact["first_order_Hz"]);
    std::fs::write(at("m.toml"), published_2018("moments = \"zerlaut2018\"\n")).unwrap();
    ntwk(folder.path(), 0, &["meanfield", "m.toml", "--out", "o", "-q"]);
    let near = |row: &[f64]| (0..2).all(|k| (row[k] / exact[k] - 1.0).abs() < 1e-10);
    let rates = points(folder.path(), "o");
    assert!(rates.chunks(2).any(near), "{rates:?} {exact:?}");

    std::fs::write(at("exact.toml"), published_2018("")).unwrap();
    ntwk(folder.path(), 0, &["meanfield", "exact.toml", "--out", "e", "-q"]);
    let rates = points(folder.path(), "e");
    assert!(
        rates.chunks(2).any(|r| (r[0] - 15.8).abs() < 0.1 && (r[1] - 31.3).abs() < 0.1),
        "{rates:?}"
    );

    let text = published_2018("moments = \"zerlaut2018\"\n");
    let faulty = [
        (1, text.replace("adaptation = \"stationary\"\n", ""), "with adaptation = \"stationary\""),
        (
            1,
            text.replace("\"-80 mV\"", "\"0 mV\""),
            "one excitatory and one inhibitory kind of synapse",
        ),
        (
            2,
            text.replace("moments = \"zerlaut2018\"", "V_th_nominal = \"-50 mV\""),
            "no tail above a potential",
        ),
        (
            2,
            text.replace(
                "moments = \"zerlaut2018\"",
                "normalisation = { tau_V = [\"1 ms\", \"2 ms\"] }",
            ),
            "tau_ratio in place of tau_V",
        ),
        (
            2,
            text.replace(
                "moments = \"zerlaut2018\"",
                "normalisation = { mu_V = [\"-60 mV\", \"0 mV\"] }",
            ),
            "a scale other than 0",
        ),
    ];
    for (code, text, expected) in faulty {
        std::fs::write(at("w.toml"), text).unwrap();
        let said = ntwk(folder.path(), code, &["meanfield", "w.toml", "--out", "w", "-q"]);
        let said = String::from_utf8_lossy(&said.stderr);
        assert!(said.contains(expected), "{said}");
    }
}

/// Coefficients in another normalisation give the same state; the tail of the form with 31 terms is taken where the key says.
#[test]
fn normalisation_and_nominal_threshold_are_those_of_the_coefficients() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (coefficients, exact) = published();
    let list = |c: &[f64]| c.iter().map(|c| format!("{c:e}")).collect::<Vec<_>>().join(", ");
    // The cells of RecInh have their threshold at -53 mV; here they are given another one, which the coefficients are not to take.
    let moved = SPECTRUM.replace("V_th = \"-53 mV\"", "V_th = \"-50 mV\"");
    // mu_V in units of 20 mV instead of 10: terms with mu_V count twice, its square four times.
    let mut scaled = coefficients[0].clone();
    scaled[1] *= 2.0;
    for k in 0..5 {
        scaled[6 + k] *= 2.0;
        scaled[6 + 5 * k] *= 2.0;
    }
    let text = format!(
        "{moved}[theory.populations.RecExc]\ncoefficients = [{}]\nnormalisation = {{ mu_V = [\"-60 mV\", \"20 mV\"] }}\n\
         [theory.populations.RecInh]\ncoefficients = [{}]\nV_th_nominal = \"-53 mV\"\n",
        list(&scaled),
        list(&coefficients[1])
    );
    std::fs::write(at("m.toml"), text).unwrap();
    ntwk(folder.path(), 0, &["meanfield", "m.toml", "--out", "o", "-q"]);
    let near = |row: &[f64]| (0..2).all(|k| (row[k] / exact[k] - 1.0).abs() < 1e-10);
    let rates = points(folder.path(), "o");
    assert!(rates.chunks(2).any(near), "{rates:?} {exact:?}");
}

/// Adaptation of one population as a variable, of the other inside its transfer function.
#[test]
fn adaptation_of_each_population_is_its_own() {
    let folder = TempDir::new().unwrap();
    let both = zerlaut_2018("").replace("a = \"0 nS\", b = \"0 pA\"", "a = \"0 nS\", b = \"5 pA\"");
    let both = both.replace("adaptation = \"stationary\"", "adaptation = \"dynamic\"");
    let one = format!("{both}[theory.populations.FS]\nadaptation = \"stationary\"\n");
    for (name, text, of_fs) in [("both", both, true), ("one", one, false)] {
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        ntwk(folder.path(), 0, &["meanfield", &format!("{name}.toml"), "--out", name, "-q"]);
        let adaptation = stored(folder.path(), name, "fixed_points", "adaptation");
        let rates = points(folder.path(), name);
        let firing = |i: &usize| rates[2 * i] > 0.5 && rates[2 * i] < 60.0;
        let state = (0..rates.len() / 2).find(firing).unwrap();
        assert!(adaptation[2 * state] > 10.0, "{adaptation:?}");
        assert_eq!(adaptation[2 * state + 1] > 1.0, of_fs, "{adaptation:?}");
    }
    let empty = format!("{}[theory.populations.FS]\nunit = \"mV\"\n", zerlaut_2018(""));
    std::fs::write(folder.path().join("e.toml"), empty).unwrap();
    let said = ntwk(folder.path(), 2, &["check", "e.toml"]);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(
        said.contains("belongs to coefficients") && said.contains("theory.populations.FS"),
        "{said}"
    );
}

/// Half a second of MontbrioPazoRoxin of The Virtual Brain by its own simulator, and the fixed points of its equations.
#[test]
fn the_exact_mean_field_of_quadratic_neurons_is_a_theory() {
    let folder = TempDir::new().unwrap();
    for (k, case) in data("tvb_mpr_500ms.json")["cases"].as_array().unwrap().iter().enumerate() {
        let get = |key: &str| number(&case["parameters"][key]);
        let x0 = numbers(&case["x0"]);
        let text = format!(
            "[simulation]\nt_stop = \"500 ms\"\n[populations.QIF]\nsize = 100\ncell = {{ model = \"LIF\", C_m = \"200 pF\", \
             g_L = \"10 nS\", E_L = \"-70 mV\", V_th = \"-50 mV\", V_reset = \"-70 mV\", t_ref = \"5 ms\" }}\n\
             [theory]\nmodel = \"montbrio_pazo_roxin\"\n[theory.montbrio_pazo_roxin]\ntau = \"{:?} ms\"\nDelta = {:?}\n\
             eta = {:?}\nJ = {:?}\nI = {:?}\ninitial_r = {:?}\ninitial_V = {:?}\n",
            get("tau"),
            get("Delta"),
            get("eta"),
            get("J"),
            get("I"),
            x0[0],
            x0[1]
        );
        let (file, out) = (format!("{k}.toml"), format!("{k}"));
        std::fs::write(folder.path().join(&file), &text).unwrap();
        ntwk(folder.path(), 0, &["meanfield", &file, "--out", &out, "-q"]);
        let of = |name: &str| stored(folder.path(), &out, "trajectory", name);
        let (rate, potential) = (of("rate"), of("V"));
        for row in case["rows"].as_array().unwrap().iter().map(numbers) {
            let step = (row[0] / 0.1).round() as usize;
            let (r, v) = (1e-3 * rate[step], potential[step]);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-10 * b.abs() + 1e-14;
            assert!(near(r, row[1]) && near(v, row[2]), "{} {row:?} {r} {v}", case["name"]);
        }
        let said = ntwk(folder.path(), 1, &["compare", &file, "--out", "c", "-q"]);
        let said = String::from_utf8_lossy(&said.stderr);
        assert!(said.contains("has no transfer functions"), "{said}");
        let without = text.replace("model = \"montbrio_pazo_roxin\"\n", "");
        std::fs::write(folder.path().join("w.toml"), without).unwrap();
        let said = ntwk(folder.path(), 2, &["check", "w.toml"]);
        let said = String::from_utf8_lossy(&said.stderr);
        assert!(said.contains("belongs to theory.model"), "{said}");
    }
}
