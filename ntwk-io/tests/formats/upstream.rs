//! Dictionaries of neural_network_dynamics become models by its own rules.

use std::f64::consts::{FRAC_PI_2, SQRT_2};

use ntwk_cells::library;
use ntwk_core::spec::waveform::{Edges, Interpolation, Shape, Span, Waveform};
use ntwk_core::spec::{
    AfferentActivity, ConnectionSpec, DelaySpec, ParameterText, ProjectionSpec, ReceptorKind,
    SpaceSpec,
};
use ntwk_core::{Model, ModelSpec};
use ntwk_io::{Import, Notation, import_upstream, parse_tree, write_model};

/// Two populations and a drive; `MORE` stands for more keys.
const BASE: &str = r#"{
"N_Exc":400,"N_Inh":100,"N_AffExc":100,
"Q_Exc_Exc":1.0,"Q_Exc_Inh":1.5,"Q_Inh_Exc":5.0,"Q_Inh_Inh":5.0,"Q_AffExc_Exc":1.0,"Q_AffExc_Inh":1.0,
"p_Exc_Exc":0.05,"p_Exc_Inh":0.05,"p_Inh_Exc":0.05,"p_Inh_Inh":0.05,"p_AffExc_Exc":0.5,"p_AffExc_Inh":0.5,
"Tse":5.0,"Tsi":6.0,"Ee":0.0,"Ei":-80.0,"dt":0.1,"tstop":500.0,"SEED":3,
"Exc_Gl":10.0,"Exc_Cm":200.0,"Exc_Trefrac":5.0,"Exc_El":-70.0,"Exc_Vthre":-50.0,"Exc_Vreset":-70.0,
"Exc_deltaV":2.0,"Exc_a":0.0,"Exc_b":40.0,"Exc_tauw":500,
"Inh_Gl":10.0,"Inh_Cm":200.0,"Inh_Trefrac":5.0,"Inh_El":-70.0,"Inh_Vthre":-50.0,"Inh_Vreset":-70.0,
"Inh_deltaV":0.5,"Inh_a":0.0,"Inh_b":0.0,"Inh_tauw":1e9
MORE}"#;

fn outcome(text: &str, overrides: &[(&str, &str)]) -> Result<Import, String> {
    let root = parse_tree(text, Notation::Json).unwrap();
    let overrides: Vec<_> =
        overrides.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    import_upstream(&root, &overrides).map_err(|faults| faults.to_string())
}

/// The model of the base with these keys more; it is valid, and written it is read back.
fn imported(more: &str) -> Import {
    let text = BASE.replace("MORE", &format!(",{more}"));
    let import = outcome(&text, &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let written = write_model(&import.spec, Notation::Toml).unwrap();
    let root = parse_tree(&written, Notation::Toml).unwrap();
    let model = Model::from_tree(&root, &library()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(model.spec(), &import.spec, "{written}");
    import
}

fn faults(more: &str) -> String {
    outcome(&BASE.replace("MORE", &format!(",{more}")), &[]).unwrap_err()
}

fn noted(import: &Import, parts: &[&str]) {
    let found = import.notes.iter().any(|note| parts.iter().all(|part| note.contains(part)));
    assert!(found, "{parts:?} in {:#?}", import.notes);
}

fn projection<'s>(spec: &'s ModelSpec, source: &str, target: &str) -> &'s ProjectionSpec {
    let is = |p: &&ProjectionSpec| p.source == source && p.target.iter().any(|t| t == target);
    spec.projections.iter().find(is).unwrap()
}

fn rate(spec: &ModelSpec, name: &str) -> Waveform {
    match &spec.afferents.get(name).unwrap().activity {
        AfferentActivity::Rate { rate, .. } => rate.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn release_probabilities_and_mixtures_are_of_their_pair() {
    let import = imported(r#""F_AffExc":8.0,"psyn_Exc_Exc":0.5,"alpha_Inh_Exc":0.25,"V0":-65.0"#);
    let spec = &import.spec;
    assert_eq!(projection(spec, "Exc", "Exc").release_probability, 0.5);
    assert_eq!(projection(spec, "Exc", "Inh").release_probability, 1.0);
    let receptor = |source, target| {
        spec.receptors.get(&projection(spec, source, target).receptor).unwrap().kind.clone()
    };
    let mixture = ReceptorKind::Mixture { E_rev: -80.0, alpha: 0.25, V_0: -65.0 };
    assert_eq!(receptor("Inh", "Exc"), mixture);
    assert_eq!(receptor("Inh", "Inh"), ReceptorKind::Conductance { E_rev: -80.0 });
    assert_eq!(receptor("Exc", "Exc"), ReceptorKind::Conductance { E_rev: 0.0 });
    assert!(spec.receptors.values().filter(|r| r.tau_syn == Some(6.0)).count() == 2);
    assert_eq!(rate(spec, "AffExc"), Waveform::Constant(8.0));
    let import = imported(r#""F_AffExc":8.0,"alpha_Inh_Exc":0.25"#);
    noted(&import, &["alpha_Inh_Exc = 0.25", "V0"]);
    assert_eq!(import.spec.receptors.len(), 2);
}

#[test]
fn oscillating_currents_go_from_zero_to_their_amplitude() {
    let import = imported(
        r#""F_AffExc":8,"Exc_Ioscill_amp":200.0,"Exc_Ioscill_freq":3.0,"Exc_Ioscill_onset":50"#,
    );
    let current = import.spec.populations["Exc"].current.clone().unwrap();
    let (baseline, amplitude, phase) = (100.0, 100.0, -FRAC_PI_2);
    let span = Span::from(0.0);
    assert_eq!(current, Shape::Sine { baseline, amplitude, frequency: 3.0, phase, span }.into());
    // 200 (1 - cos(2 pi 3 t)) / 2.
    for (t, expected) in [(0.0, 0.0), (1e3 / 6.0, 200.0), (1e3 / 12.0, 100.0)] {
        assert!((current.at(t) - expected).abs() < 1e-10);
    }
    noted(&import, &["Exc_Ioscill_onset = 50", "from 0 on"]);
    assert!(import.spec.populations["Inh"].current.is_none());
    assert!(faults(r#""Exc_Ioscill_amp":200.0"#).contains("Exc_Ioscill_freq: missing"));
}

#[test]
fn a_clamp_without_conductance_is_said_to_do_nothing() {
    let import = imported(r#""F_AffExc":8,"Exc_Vclamp":-80.0"#);
    noted(
        &import,
        &["Exc_Vclamp = -80", "Gclamp", "voltage_clamp = { neurons = \"0..400\", V = \"-80 mV\" }"],
    );
    assert!(import.spec.populations["Exc"].voltage_clamp.0.is_empty());
}

#[test]
fn populations_on_a_ring_are_connected_by_distance() {
    let import = imported(
        r#""F_AffExc":8,"SpatialDecay_Exc_Exc":40,"Delay_Exc_Exc":0.005,"SpatialDecay_Inh_Exc":10,
        "SpatialDecay_AffExc_Exc":40,"Delay_AffExc_Exc":0.05,"Delay_Inh_Inh":0.02"#,
    );
    let spec = &import.spec;
    for (name, length) in [("Exc", 400.0), ("Inh", 100.0)] {
        assert_eq!(spec.populations[name].space, Some(SpaceSpec::Ring { length }));
    }
    // exp(-(d / 40)²) is a Gaussian of sd 40 / sqrt(2); a number is 1 µm.
    let ring = |sigma, in_degree| ConnectionSpec::DistanceGaussian {
        sigma,
        probability: None,
        in_degree: Some(in_degree),
        multapses: false,
        autapses: false,
    };
    let exc = projection(spec, "Exc", "Exc");
    assert_eq!(exc.connection, ring(40.0 / SQRT_2, 20));
    // 0.005 ms per µm is 0.2 m/s.
    let DelaySpec::Distance { base, velocity } = exc.delay else { panic!("{:?}", exc.delay) };
    assert!(base == 0.0 && (velocity - 0.2).abs() < 1e-12, "{velocity}");
    let inh = projection(spec, "Inh", "Exc");
    assert_eq!(inh.connection, ring(10.0 / SQRT_2, 5));
    assert_eq!(inh.delay, DelaySpec::constant(0.0));
    assert!(matches!(
        projection(spec, "Exc", "Inh").connection,
        ConnectionSpec::FixedInDegree { probability: Some(0.05), .. }
    ));
    noted(&import, &["SpatialDecay_AffExc_Exc = 40", "without effect"]);
    noted(&import, &["Delay_AffExc_Exc = 0.05", "without effect"]);
    noted(&import, &["Delay_Inh_Inh = 0.02", "left out"]);
    noted(&import, &["SpatialDecay_Inh_Exc", "different size"]);
    assert!(faults(r#""SpatialDecay_Exc_Exc":-4"#).contains("must be > 0"));
}

const STAIRS: &str = r#""F_AffExc":20.0,"AffExc_IncreasingStep_onset":100,"AffExc_IncreasingStep_baseline":0.5,
    "AffExc_IncreasingStep_length":100.0,"AffExc_IncreasingStep_size":4.0,"AffExc_IncreasingStep_smoothing":10"#;

#[test]
fn increasing_steps_are_a_smoothed_staircase() {
    let import = imported(STAIRS);
    let rate = rate(&import.spec, "AffExc");
    // The package begins no stair at the end of the run, 500 ms.
    let stairs = Shape::Staircase {
        baseline: 0.5,
        size: 4.0,
        length: 100.0,
        start: 100.0,
        count: Some(4),
        edges: Edges::erf(10.0),
    };
    assert_eq!(rate, stairs.into());
    // 4 Phi(1) above the baseline one standard deviation after the onset.
    assert!((rate.at(110.0) - 0.5 - 3.365_378_984_274_171_7).abs() < 1e-12);
    assert!((rate.at(150.0) - 4.5).abs() < 1e-5 && (rate.at(450.0) - 16.5).abs() < 1e-5);
    noted(&import, &["F_AffExc = 20", "left out", "AffExc_IncreasingStep_size"]);
    let without = faults(&STAIRS.replace(r#""AffExc_IncreasingStep_size":4.0,"#, ""));
    assert!(without.contains("AffExc_IncreasingStep_size: missing"), "{without}");
    let sharp = imported(&STAIRS.replace("smoothing\":10", "smoothing\":0"));
    let Waveform::Shape(Shape::Staircase { edges, .. }) = self::rate(&sharp.spec, "AffExc") else {
        panic!()
    };
    assert_eq!(edges, Edges::default());
}

#[test]
fn an_array_of_rates_has_one_for_each_step() {
    let text = BASE.replace("500.0,\"SEED\"", "0.3,\"SEED\"");
    let with = |more: &str| outcome(&text.replace("MORE", &format!(",{more}")), &[]);
    let import = with(r#""Farray_AffExc":[1.0, 2, 3.5], "F_AffExc":8"#).unwrap();
    let sampled = Shape::Sampled {
        start: 0.0,
        interval: 0.1,
        values: vec![1.0, 2.0, 3.5],
        interpolation: Interpolation::Hold,
    };
    assert_eq!(rate(&import.spec, "AffExc"), sampled.clone().into());
    noted(&import, &["F_AffExc = 8", "Farray_AffExc comes before it"]);
    let import = with(r#""F_AffExc":[1.0, 2, 3.5]"#).unwrap();
    assert_eq!(rate(&import.spec, "AffExc"), sampled.into());
    let short = with(r#""Farray_AffExc":[1.0, 2]"#).unwrap_err();
    assert!(short.contains("Farray_AffExc = [1, 2]: has 2 rates; the run has 3 steps"), "{short}");
}

/// The rate of the demos, `sum_i F_i H((t - t_i) / rise) H((t_i + DT - t) / rise)`.
#[test]
fn plateaus_of_the_demos_have_smooth_edges() {
    let keys = r#""F_AffExc":10.0,"Faff1":4.0,"Faff2":20.0,"Faff3":8.0,"rise":50.0"#;
    let text =
        BASE.replace("\"tstop\":500.0,", "").replace("MORE", &format!(",{keys},\"DT\":900.0"));
    let import = outcome(&text, &[]).unwrap();
    assert_eq!(import.spec.simulation.t_stop, 3200.0);
    noted(&import, &["tstop: absent", "3200 ms", "--set tstop"]);
    noted(&import, &["F_AffExc = 10", "left out", "Faff1"]);
    let formula = |t: f64, duration: f64| {
        let (span, edges) = (Span::from(0.0), Edges::erf(1.0 / SQRT_2));
        let step = Shape::Step { baseline: 0.0, amplitude: 1.0, span, edges };
        let edge = |x: f64| step.at(x);
        let plateau = |(i, height): (u32, f64)| {
            let start = 100.0 + f64::from(i) * (150.0 + duration);
            height * edge((t - start) / 50.0) * edge((start + duration - t) / 50.0)
        };
        [(0, 4.0), (1, 20.0), (2, 8.0)].into_iter().map(plateau).sum::<f64>()
    };
    let plateaus = rate(&import.spec, "AffExc");
    // (1 + erf(1)) / 2 = 0.9213503964748575 of the height `rise` after the edge.
    assert!((plateaus.at(150.0) - 4.0 * 0.921_350_396_474_857_5).abs() < 1e-12);
    assert!((plateaus.at(1600.0) - 20.0).abs() < 1e-12);
    let import = outcome(&text.replace("\"DT\":900.0", "\"DT\":120.0"), &[("tstop", "1000")]);
    let import = import.unwrap();
    assert_eq!(import.spec.simulation.t_stop, 1000.0);
    let short = rate(&import.spec, "AffExc");
    for t in (0..320).map(|k| f64::from(k) * 10.0) {
        assert!((plateaus.at(t) - formula(t, 900.0)).abs() < 1e-8, "{t}");
        assert!((short.at(t) - formula(t, 120.0)).abs() < 1e-12, "{t}");
    }
}

/// The package draws afferent events at `p N` times the rate, whole or not, and `int(p N)` synapses between populations.
#[test]
fn numbers_of_synapses_are_those_of_the_package() {
    let import = imported(r#""F_AffExc":8,"psyn_AffExc_Inh":0.5"#);
    let inh = projection(&import.spec, "AffExc", "Inh");
    assert_eq!(inh.release_probability, 0.5);
    let part = |p: f64, release: &str| {
        let text = BASE
            .replace("\"p_AffExc_Inh\":0.5", &format!("\"p_AffExc_Inh\":{p}"))
            .replace("MORE", release);
        let import = outcome(&text, &[]).unwrap();
        let projection = projection(&import.spec, "AffExc", "Inh").clone();
        let ConnectionSpec::FixedInDegree { in_degree, probability, .. } = projection.connection
        else {
            panic!("{projection:?}")
        };
        (in_degree, probability, projection.release_probability, import)
    };
    let (in_degree, probability, release, import) = part(0.075, "");
    assert_eq!((in_degree, probability, release), (Some(8), None, 0.9375));
    noted(&import, &["p_AffExc_Inh (7.5 as 8)", "release_probability"]);
    let (in_degree, _, release, _) = part(0.003, r#","psyn_AffExc_Inh":0.5"#);
    assert_eq!((in_degree, release), (Some(1), 0.15), "less than one synapse is not none");
    let (in_degree, probability, release, _) = part(0.29, "");
    assert_eq!((in_degree, probability, release), (None, Some(0.29), 1.0));
    // int(0.29 * 100) is 28 in Python.
    let text = BASE.replace("\"p_Inh_Exc\":0.05", "\"p_Inh_Exc\":0.29").replace("MORE", "");
    let import = outcome(&text, &[]).unwrap();
    let exc = projection(&import.spec, "Inh", "Exc");
    assert!(matches!(exc.connection, ConnectionSpec::FixedInDegree { in_degree: Some(28), .. }));
    noted(&import, &["p_Inh_Exc = 0.29: 28 synapses"]);
}

/// `--set` gives keys of the dictionary; one of a model file is said to be none, with that of the dictionary.
#[test]
fn keys_of_a_model_file_are_no_keys_of_a_dictionary() {
    let set = |key: &str| outcome(&BASE.replace("MORE", ""), &[(key, "1")]).unwrap_err();
    for (path, key) in [
        ("simulation.t_stop", "tstop"),
        ("populations.Exc.cell.C_m", "Exc_Cm"),
        ("populations.Exc.size", "N_Exc"),
        ("afferents.AffExc.rate", "F_AffExc"),
        ("projections.Exc_Inh.weight", "Q_Exc_Inh"),
    ] {
        let said = set(path);
        assert!(said.contains(&format!("{path} = 1: ")), "{said}");
        assert!(said.ends_with(&format!("that of the dictionary is {key}")), "{said}");
    }
    assert!(set("projections[0].weight").contains("ntwk run --set"));
    assert!(set("tstp").contains("did you mean \"tstop\""));
}

/// The package writes release probabilities into its equations as `%.3f`.
#[test]
fn release_probabilities_have_three_decimals() {
    let import = imported(r#""F_AffExc":8,"psyn_Exc_Exc":0.0625,"psyn_Inh_Exc":0.25"#);
    assert_eq!(projection(&import.spec, "Exc", "Exc").release_probability, 0.062);
    assert_eq!(projection(&import.spec, "Inh", "Exc").release_probability, 0.25);
    noted(&import, &["psyn_Exc_Exc = 0.0625: 0.062"]);
    assert_eq!(import.notes.iter().filter(|note| note.contains("decimals")).count(), 1);
}

#[test]
fn both_spellings_are_read_and_must_agree() {
    let import = imported(
        r#""F_AffExc":8,"Erev_Exc":0.0,"Tsyn_Exc":5.0,"Erev_AffExc":10.0,"Tsyn_AffExc":3.0"#,
    );
    let receptor = &import.spec.receptors[&projection(&import.spec, "AffExc", "Exc").receptor];
    assert_eq!((receptor.kind.E_rev(), receptor.tau_syn), (Some(10.0), Some(3.0)));
    let differs = faults(r#""Erev_Exc":5.0"#);
    assert!(differs.contains("Ee = 0: Erev_Exc = 5 says otherwise"), "{differs}");
    // "Exc" decides before "Inh".
    let text = BASE.replace("AffExc", "ExcInh").replace("MORE", "");
    let import = outcome(&text, &[]).unwrap();
    assert_eq!(projection(&import.spec, "ExcInh", "Exc").receptor, "exc");
    let import = outcome(&BASE.replace("AffExc", "Thal").replace("MORE", ""), &[]).unwrap();
    assert_eq!(projection(&import.spec, "Thal", "Exc").receptor, "exc");
    noted(&import, &["Thal", "neither Exc nor Inh"]);
    noted(&import, &["F_Thal: absent", "0 Hz"]);
}

#[test]
fn a_half_of_a_pair_is_no_connection() {
    let text = BASE.replace("\"Q_Inh_Inh\":5.0,", "").replace("MORE", ",\"psyn_Inh_Inh\":0.5");
    let import = outcome(&text, &[]).unwrap();
    noted(&import, &["Q_Inh_Inh: absent while p_Inh_Inh is given", "as in the package"]);
    noted(&import, &["psyn_Inh_Inh = 0.5", "without effect"]);
    assert!(!import.spec.projections.iter().any(|p| p.source == "Inh" && p.target[0] == "Inh"));
}

#[test]
fn keys_that_nobody_understands_are_faults_with_the_nearest() {
    for (more, expected) in [
        (
            r#""Exc_Ioscil_freq":3"#,
            "Exc_Ioscil_freq = 3: unknown key; did you mean \"Exc_Ioscill_freq\"?",
        ),
        (
            r#""psyn_Exc_Ihn":0.5"#,
            "psyn_Exc_Ihn = 0.5: unknown key; did you mean \"psyn_Exc_Inh\"?",
        ),
        (r#""qwertyuiop":[1]"#, "qwertyuiop = [1]: unknown key; valid keys: REC_POPS"),
        (r#""p_Exc_AffExc":0.1"#, "p_Exc_AffExc = 0.1: nothing can project onto AffExc"),
        (r#""N_Sst":10,"Sst_gL":10"#, "Sst_gL = 10: unknown key"),
    ] {
        let faults = faults(more);
        assert!(faults.contains(expected), "{expected}\n{faults}");
    }
    let set = outcome(&BASE.replace("MORE", ""), &[("tstp", "1000")]).unwrap_err();
    assert!(set.contains("tstp = 1000: unknown key; did you mean \"tstop\"?"), "{set}");
}

#[test]
fn what_is_no_part_of_a_network_is_said() {
    let import = imported(
        r#"" a comment ":0,"---":1,"F_AffExc":8,"F_Exc":1.0,"F_Exc_array":[1,2],"NRN_KEY":"Exc","N_SEED":2,
        "filename":"data.h5","BG-SEED":3,"Exc_delta_v":0.0"#,
    );
    noted(&import, &["F_Exc, F_Exc_array, NRN_KEY, N_SEED", "scans of single cells"]);
    noted(&import, &["filename", "files"]);
    noted(&import, &["BG-SEED", "simulation.seed"]);
    noted(&import, &["Exc_delta_v = 0", "Exc_deltaV"]);
    assert!(!import.notes.iter().any(|note| note.contains("comment") || note.contains("---")));
    let import = imported(r#""REC_POPS":["Exc"],"AFF_POPS":["AffExc"],"F_AffExc":8"#);
    noted(&import, &["Inh: in neither REC_POPS nor AFF_POPS"]);
    assert_eq!(import.spec.populations.len(), 1);
}

#[test]
fn keys_are_set_before_the_import() {
    let text = BASE.replace("MORE", ",\"SEED\":4,\"F_AffExc\":8");
    let import = outcome(&text, &[]).unwrap();
    assert_eq!(import.spec.simulation.seed, 4);
    noted(&import, &["SEED: given twice, 3 and 4"]);
    let overrides = [("SEED", "5"), ("tstop", "1000"), ("F_AffExc", "2.5")];
    let import = outcome(&text, &overrides).unwrap();
    assert_eq!((import.spec.simulation.seed, import.spec.simulation.t_stop), (5, 1000.0));
    assert_eq!(rate(&import.spec, "AffExc"), Waveform::Constant(2.5));
    let without = BASE.replace("\"tstop\":500.0,", "").replace("MORE", "");
    assert!(outcome(&without, &[]).unwrap_err().contains("tstop: missing"));
    assert_eq!(outcome(&without, &[("tstop", "80")]).unwrap().spec.simulation.t_stop, 80.0);
}

/// The ten keys of a cell.
fn cell(name: &str, values: [f64; 10]) -> String {
    let keys = ["Gl", "Cm", "Trefrac", "El", "Vthre", "Vreset", "deltaV", "a", "b", "tauw"];
    let entry = |(key, value): (&str, f64)| format!("\"{name}_{key}\":{value}");
    keys.into_iter().zip(values).map(entry).collect::<Vec<_>>().join(",")
}

fn written_cell(spec: &ModelSpec, name: &str) -> (String, Vec<(String, f64)>) {
    let cell = &spec.populations[name].cell;
    let number = |(key, value): &(String, ParameterText)| match value {
        ParameterText::Number(x) => (key.clone(), *x),
        ParameterText::Text(text) => panic!("{text}"),
    };
    (cell.model.clone().unwrap(), cell.values.iter().map(number).collect())
}

/// The network of Zerlaut et al. 2018, J Comput Neurosci 44:45, with its three populations and its steps.
#[test]
fn the_network_with_disinhibition_has_its_numbers() {
    let cells =
        [("RecExc", -50.0), ("RecInh", -53.0), ("DsInh", -50.0)].map(|(name, threshold)| {
            cell(name, [10.0, 200.0, 5.0, -70.0, threshold, -70.0, 0.0, 0.0, 0.0, 1e9])
        });
    let text = format!(
        r#"{{" ":" ","REC_POPS":["RecExc","RecInh","DsInh"],"AFF_POPS":["AffExc"],
        "N_RecExc":4000,"N_RecInh":1000,"N_DsInh":500,"N_AffExc":100,
        "Q_RecExc_RecExc":2.0,"Q_RecExc_RecInh":2.0,"Q_RecInh_RecExc":10.0,"Q_RecInh_RecInh":10.0,
        "Q_AffExc_RecExc":4.0,"Q_AffExc_RecInh":4.0,"Q_AffExc_DsInh":4.0,"Q_DsInh_RecInh":10.0,
        "Tsyn_Exc":5.0,"Tsyn_Inh":5.0,"Erev_Exc":0.0,"Erev_Inh":-80.0,
        "p_RecExc_RecExc":0.05,"p_RecExc_RecInh":0.05,"p_RecInh_RecExc":0.05,"p_RecInh_RecInh":0.05,
        "p_AffExc_RecExc":0.1,"p_AffExc_RecInh":0.1,"p_AffExc_DsInh":0.075,"p_DsInh_RecInh":0.05,
        "F_AffExc":20.0,"F_DsInh":0.0,"F_RecExc":1.0,"F_RecInh":1.0,"dt":0.1,"tstop":6000.0,"SEED":3,{},
        "AffExc_IncreasingStep_onset":1000,"AffExc_IncreasingStep_baseline":0.0,
        "AffExc_IncreasingStep_length":1000.0,"AffExc_IncreasingStep_size":4.0,
        "AffExc_IncreasingStep_smoothing":100}}"#,
        cells.join(",")
    );
    let import = outcome(&text, &[]).unwrap();
    let spec = &import.spec;
    assert_eq!(spec.populations.values().map(|p| p.size).collect::<Vec<_>>(), [4000, 1000, 500]);
    let (model, values) = written_cell(spec, "RecInh");
    let expected = [
        ("C_m", 200.0),
        ("g_L", 10.0),
        ("E_L", -70.0),
        ("V_th", -53.0),
        ("V_reset", -70.0),
        ("t_ref", 5.0),
    ];
    assert_eq!(
        (model.as_str(), values),
        ("LIF", expected.map(|(k, v)| (k.to_owned(), v)).to_vec())
    );
    let stairs = Shape::Staircase {
        baseline: 0.0,
        size: 4.0,
        length: 1000.0,
        start: 1000.0,
        count: Some(5),
        edges: Edges::erf(100.0),
    };
    assert_eq!(rate(spec, "AffExc"), stairs.into());
    for (source, target, weight, receptor) in [
        ("RecExc", "RecInh", 2.0, "exc"),
        ("RecInh", "RecExc", 10.0, "inh"),
        ("DsInh", "RecInh", 10.0, "inh"),
        ("AffExc", "DsInh", 4.0, "exc"),
    ] {
        let found = projection(spec, source, target);
        assert_eq!((found.weight.constant(), found.receptor.as_str()), (Some(weight), receptor));
    }
    assert_eq!(spec.projections.iter().map(|p| p.target.len()).sum::<usize>(), 8);
    noted(&import, &["F_DsInh, F_RecExc, F_RecInh"]);
}

/// The ring of the package's demo has 0.005 ms for each of 8000 excitatory neurons and 0.02 ms for each of 2000 inhibitory ones,
/// and compares the numbers of neurons of both.
#[test]
fn the_ring_of_the_demo_and_its_adapting_cells() {
    let exc = cell("Exc", [10.0, 200.0, 5.0, -70.0, -50.0, -70.0, 2.0, 4.0, 40.0, 500.0]);
    let inh = cell("Inh", [10.0, 200.0, 5.0, -70.0, -50.0, -70.0, 0.5, 0.0, 0.0, 1e9]);
    let text = format!(
        r#"{{"N_Exc":8000,"N_Inh":2000,"Q_Exc_Exc":1,"Q_Inh_Inh":5,"p_Exc_Exc":0.05,"p_Inh_Inh":0.05,
        "SpatialDecay_Exc_Exc":400,"SpatialDecay_Inh_Inh":100,"Delay_Exc_Exc":0.005,"Delay_Inh_Inh":0.02,
        "Tse":5.0,"Tsi":5.0,"Ee":0.0,"Ei":-80.0,"dt":0.1,"tstop":500.0,"SEED":3,{exc},{inh}}}"#
    );
    let spec = outcome(&text, &[]).unwrap().spec;
    for (name, in_degree, decay, speed) in [("Exc", 400, 400.0, 0.2), ("Inh", 100, 100.0, 0.05)] {
        let found = projection(&spec, name, name);
        let ConnectionSpec::DistanceGaussian { sigma, in_degree: Some(n), .. } = found.connection
        else {
            panic!("{found:?}")
        };
        assert!((sigma - decay / SQRT_2).abs() < 1e-9 && n == in_degree, "{found:?}");
        let DelaySpec::Distance { velocity, .. } = found.delay else { panic!("{found:?}") };
        assert!((velocity - speed).abs() < 1e-12, "{velocity}");
    }
    let (model, values) = written_cell(&spec, "Exc");
    assert_eq!(model, "AdEx");
    for (key, value) in [("Delta_T", 2.0), ("a", 4.0), ("b", 40.0), ("tau_w", 500.0)] {
        assert!(values.contains(&(key.to_owned(), value)), "{key}: {values:?}");
    }
    let (model, values) = written_cell(&spec, "Inh");
    assert_eq!((model.as_str(), values.len()), ("EIF", 7));
}

#[test]
fn what_is_no_network_is_one_fault() {
    let faults = outcome(r#"{"gL":0.29,"cm":0.91,"Ri":100}"#, &[]).unwrap_err();
    assert!(faults.contains("N_POP: missing") && faults.lines().count() == 1, "{faults}");
}

/// Also where a number of synapses could be made of it, and with the key of the dictionary.
#[test]
fn probabilities_lie_between_zero_and_one() {
    for (key, value) in [
        ("p_Exc_Inh", "1.5"),
        ("p_Exc_Inh", "-0.1"),
        ("p_AffExc_Exc", "1.5037"),
        ("psyn_AffExc_Exc", "1.5"),
        ("psyn_Exc_Inh", "-0.1"),
    ] {
        let text = BASE.replace("MORE", "");
        let text = outcome(&text, &[(key, value)]).unwrap_err();
        let said = format!("{key} = {value}: must be between 0 and 1");
        assert!(text.contains(&said), "{said}\n{text}");
    }
}
