//! The catalogue of presets, names with changes, and the rules of the kinds.

use ntwk_cells::library;
use ntwk_core::spec::{CellSpec, ParameterText, PopulationSpec};
use ntwk_core::{Faults, Model, ModelSpec};

fn cell(preset: &str, values: &[(&str, f64)]) -> CellSpec {
    let values = values.iter().map(|(n, x)| ((*n).to_owned(), ParameterText::Number(*x))).collect();
    CellSpec {
        model: None,
        preset: Some(preset.to_owned()),
        currents: Vec::new(),
        values,
        distributed: Vec::new(),
    }
}

fn kind(kind: &str, values: &[(&str, f64)]) -> CellSpec {
    CellSpec { model: Some(kind.to_owned()), preset: None, ..cell("", values) }
}

fn model(cell: CellSpec) -> Result<Model, Faults> {
    let mut spec = ModelSpec::default();
    spec.simulation.t_stop = 10.0;
    spec.populations.insert("E".to_owned(), PopulationSpec::new(1, cell));
    Model::from_spec(spec, &library())
}

fn fault(cell: CellSpec) -> String {
    model(cell).unwrap_err().to_string()
}

#[test]
fn every_preset_is_a_valid_cell_with_a_source() {
    let library = library();
    let presets: Vec<_> = library.presets().collect();
    assert!(presets.len() >= 25, "{}", presets.len());
    for preset in presets {
        let model =
            model(cell(preset.name, &[])).unwrap_or_else(|f| panic!("{}: {f}", preset.name));
        assert_eq!(model.populations()[0].kind, preset.kind);
        assert!(model.notices().iter().all(|n| !n.contains("no effect")), "{:?}", model.notices());
        let kind = library.kind(preset.kind).unwrap();
        for (name, _) in preset.values {
            assert!(kind.parameters().iter().any(|p| p.name == *name), "{}: {name}", preset.name);
        }
        // No preset carries a value that does nothing.
        let idle = kind.idle(&model.populations()[0].parameters);
        assert!(
            idle.iter().all(|(name, _)| !preset.values.iter().any(|v| v.0 == *name)),
            "{}: {idle:?}",
            preset.name
        );
        assert!(!preset.citation.is_empty() && !preset.place.is_empty() && !preset.doc.is_empty());
        match preset.doi {
            Some(doi) => assert!(doi.starts_with("10.") && doi.contains('/'), "{doi}"),
            None => assert!(preset.citation.contains("https://"), "{}", preset.name),
        }
    }
}

#[test]
fn names_with_changes_mean_what_the_python_package_means_by_them() {
    let value = |name: &str, parameter: &str| {
        model(cell(name, &[])).unwrap().populations()[0].parameters.get(parameter).unwrap()
    };
    assert_eq!(value("AdExp_a_4_b_40", "a"), 4.0);
    assert_eq!(value("AdExp_a_4_b_40", "b"), 40.0);
    assert_eq!(value("AdExp_a_4_b_40", "tau_w"), 500.0);
    assert_eq!(value("LIF_El_-65", "E_L"), -65.0);
    assert_eq!(value("LIF_El_-65", "C_m"), 150.0);
    assert_eq!(value("LIF2_Trefrac_2.5_Vthre_-48.5", "V_th"), -48.5);
    assert_eq!(value("EIF_deltaV_2e0", "Delta_T"), 2.0);
    // Our own names, also of presets with an underscore in theirs.
    assert_eq!(value("RS_Zerlaut2018_E_L_-60_tau_w_300", "tau_w"), 300.0);
    // The table of the cell comes last, as over any preset.
    let both = model(cell("AdExp_a_4", &[("a", 3.0)])).unwrap();
    assert_eq!(both.populations()[0].parameters.get("a"), Some(3.0));
}

#[test]
fn what_is_not_understood_of_a_name_is_named() {
    let of = |name: &str| fault(cell(name, &[]));
    let expect = |name: &str, parts: &[&str]| {
        let text = of(name);
        for part in parts {
            assert!(text.contains(part), "{name}: {part}\n{text}");
        }
    };
    expect("AdExp_q_4", &["\"q_4\" is no parameter of AdEx", "valid: ", "Delta_T"]);
    expect("LIF_El_-65_Vthr_-50", &["\"Vthr_-50\" is no parameter of LIF", "did you mean Vthre?"]);
    expect("LIF_deltaV_2", &["\"deltaV_2\" is no parameter of LIF"]);
    expect("AdExp_a_4_b", &["b is followed by \"\", which is no number", "in pA"]);
    expect("AdExp_a_nan", &["a is followed by \"nan\", which is no number"]);
    expect("AdExp_a_4_a_5", &["a is set twice"]);
    expect("AdExp_deltaV_2_Delta_T_3", &["Delta_T is set twice"]);
    expect("AdExp_", &["is no parameter of AdEx"]);
    expect("AdEpx_a_4", &["there is no such preset"]);
    expect("AdExp_tauw_-5", &["tau_w", "must be > 0 ms"]);
}

#[test]
fn a_parameter_that_does_nothing_is_said_and_one_that_is_missing_is_a_fault() {
    let adex = [
        ("C_m", 200.0),
        ("g_L", 10.0),
        ("E_L", -70.0),
        ("V_th", -50.0),
        ("Delta_T", 2.0),
        ("V_reset", -70.0),
        ("t_ref", 5.0),
    ];
    let with = |more: &[(&str, f64)]| kind("AdEx", &[&adex[..], more].concat());
    let silent = model(with(&[("a", 0.0), ("b", 0.0)])).unwrap();
    assert!(silent.notices().iter().all(|n| !n.contains("tau_w")));
    let idle = model(with(&[("a", 0.0), ("b", 0.0), ("tau_w", 500.0)])).unwrap();
    let notice =
        "populations.E.cell.tau_w has no effect: without adaptation (a = b = 0) there is no w";
    assert!(idle.notices().iter().any(|n| n == notice), "{:?}", idle.notices());
    let missing = fault(with(&[("a", 4.0), ("b", 0.0)]));
    assert!(
        missing.contains("tau_w: is required: the cell adapts (a = 4 nS, b = 0 pA)"),
        "{missing}"
    );
    assert!(model(with(&[("a", 4.0), ("b", 0.0), ("tau_w", 500.0)])).is_ok());

    let notices = |cell| model(cell).unwrap().notices().join("\n");
    let still =
        notices(cell("iLIF_Zerlaut2016", &[("a_i", 0.0), ("V_i", -50.0), ("tau_theta", 9.0)]));
    assert!(
        still.contains("cell.V_i has no effect") && still.contains("cell.tau_theta has no effect")
    );
    assert!(
        notices(cell("RS_Izhikevich2003", &[("a", 0.0), ("b", 0.3)]))
            .contains("cell.b has no effect")
    );
}

#[test]
fn the_rules_of_the_kinds_name_their_parameter() {
    let text = fault(cell("RS_Izhikevich2003", &[("c", 30.0)]));
    assert!(text.contains("E.cell.c = 30: must be below the potential"), "{text}");
    let text = fault(cell("PotjansDiesmann2014", &[("V_reset", -50.0), ("tau_m", 10.0)]));
    assert!(text.contains("V_reset = -50: must be below V_th (-50 mV)"), "{text}");
    let text = fault(cell("PotjansDiesmann2014", &[("tau_m", 0.0)]));
    assert!(text.contains("tau_m = 0: must be > 0 ms"), "{text}");
    let text = fault(cell("iAdExp_Zerlaut2016", &[("a_i", -0.1)]));
    assert!(text.contains("a_i = -0.1: must be >= 0"), "{text}");
}
