//! The tabulated transfer function: at and between its nodes, outside, and in the mean field of a model.

use ntwk_meanfield::scan::design::{ScanAxis, Spacing};
use ntwk_meanfield::scan::fluctuations::{FluctuationAxes, FluctuationPlan};
use ntwk_meanfield::scan::inputs::VarianceFactors;
use ntwk_meanfield::scan::single_cell::{SingleCellPlan, SingleCellScan};
use ntwk_meanfield::{
    DIRECTIONS, Dual, EffectiveThreshold, ScanPoint, SynapseClass, TableError, Tabulated,
    ThresholdForm, TransferFunction, moments,
};

const MODEL: &str = r#"
[simulation]
t_stop = 300.0
[receptors]
exc = { E_rev = 0.0, tau_syn = 5.0 }
inh = { E_rev = -80.0, tau_syn = 5.0 }
[populations.N]
size = 10
cell = { model = "LIF", C_m = 200.0, g_L = 10.0, E_L = -65.0, V_th = -50.0, V_reset = -65.0, t_ref = 5.0 }
[afferents.E]
size = 400
rate = 4.0
[afferents.I]
size = 100
rate = 8.0
[[projections]]
source = "E"
target = "N"
receptor = "exc"
weight = 1.0
connection = { rule = "all_to_all" }
[[projections]]
source = "I"
target = "N"
receptor = "inh"
weight = 5.0
connection = { rule = "all_to_all" }
[theory.scan]
neurons = 32
duration = 1000.0
"#;

/// A transfer function of known form in place of measurements.
fn known() -> EffectiveThreshold {
    let c = [-0.0513, 0.0066, 0.0015, 0.0030];
    EffectiveThreshold::from_volts(ThresholdForm::Linear4, &c, None).unwrap()
}

fn scanned(points: u64) -> SingleCellScan {
    let model = crate::common::model(MODEL);
    let mut settings = model.spec().theory.scan.clone();
    settings.potential_points = points;
    settings.background_points = points;
    let plan =
        SingleCellPlan::new(&model, 0, &settings, &VarianceFactors::poisson(&model)).unwrap();
    let points = (0..plan.rates.len())
        .map(|i| {
            let moments = plan.moments(i).unwrap();
            let rate = known().rate(&plan.membrane, &moments);
            ScanPoint { moments, rate, standard_error: 0.0, samples: 2 }
        })
        .collect();
    SingleCellScan { plan, points }
}

#[test]
fn a_table_gives_its_nodes_and_approaches_the_function_between_them() {
    let worst = |points: u64| {
        let scan = scanned(points);
        let table = Tabulated::from_scan(&scan).unwrap();
        let cell = &scan.plan.membrane;
        for point in &scan.points {
            let found = table.rate(cell, &point.moments);
            assert!((found - point.rate).abs() < 1e-6 * (1e-3 + point.rate), "{found}");
            assert!(table.in_domain(cell, &point.moments));
        }
        let synapses: Vec<SynapseClass> = scan.plan.classes.iter().map(|c| c.synapses).collect();
        (0..30)
            .map(|k| {
                let rates = [4.0 + 0.1 * f64::from(k), 7.3 + 0.3 * f64::from(k)];
                let m = moments(cell, &synapses, &rates, 0.0).unwrap();
                assert!(table.in_domain(cell, &m));
                (table.rate(cell, &m) - known().rate(cell, &m)).abs()
            })
            .fold(0.0, f64::max)
    };
    let (coarse, fine) = (worst(15), worst(60));
    // Third order where the slopes are limited at worst: 4^3 = 64; a factor of ten shows convergence.
    assert!(coarse < 1.0 && fine < 0.1 * coarse, "{coarse} {fine}");
}

#[test]
fn gradients_are_those_of_the_rates() {
    let scan = scanned(20);
    let table = Tabulated::from_scan(&scan).unwrap();
    let cell = &scan.plan.membrane;
    let synapses: Vec<SynapseClass> = scan.plan.classes.iter().map(|c| c.synapses).collect();
    let rate = |e: f64, i: f64| table.rate(cell, &moments(cell, &synapses, &[e, i], 0.0).unwrap());
    let (e, i, h) = (5.2, 9.1, 1e-5);
    let numeric = [
        (rate(e + h, i) - rate(e - h, i)) / (2.0 * h),
        (rate(e, i + h) - rate(e, i - h)) / (2.0 * h),
    ];
    // The moments are linear in the two conductances: their dual numbers follow from finite differences of them.
    let at = |e, i| moments(cell, &synapses, &[e, i], 0.0).unwrap();
    let dual = |f: fn(&ntwk_meanfield::Moments) -> f64| {
        let mut d = Dual::<DIRECTIONS>::variable(f(&at(e, i)), DIRECTIONS);
        d.derivative[0] = (f(&at(e + h, i)) - f(&at(e - h, i))) / (2.0 * h);
        d.derivative[1] = (f(&at(e, i + h)) - f(&at(e, i - h))) / (2.0 * h);
        d
    };
    let m = ntwk_meanfield::Moments {
        mu_V: dual(|m| m.mu_V),
        sigma_V: dual(|m| m.sigma_V),
        gamma_V: dual(|m| m.gamma_V),
        tau_V: dual(|m| m.tau_V),
        tau_m: dual(|m| m.tau_m),
        mu_G: dual(|m| m.mu_G),
    };
    let found = table.rate(cell, &m).derivative;
    for k in 0..2 {
        assert!((found[k] - numeric[k]).abs() < 1e-5 * numeric[k].abs(), "{found:?} {numeric:?}");
    }
}

#[test]
fn outside_the_table_is_flagged_and_held() {
    let scan = scanned(15);
    let table = Tabulated::from_scan(&scan).unwrap();
    let cell = &scan.plan.membrane;
    let synapses: Vec<SynapseClass> = scan.plan.classes.iter().map(|c| c.synapses).collect();
    for rates in [[0.0, 0.0], [200.0, 10.0], [5.0, 400.0]] {
        let m = moments(cell, &synapses, &rates, 0.0).unwrap();
        assert!(!table.in_domain(cell, &m), "{rates:?}");
        let rate = table.rate(cell, &m);
        let highest = scan.points.iter().map(|p| p.rate).fold(0.0, f64::max);
        assert!((0.0..=highest).contains(&rate), "{rates:?}: {rate}");
    }
    let silent = moments(cell, &synapses, &[0.0, 0.0], 0.0).unwrap();
    assert!(table.rate(cell, &silent) < 1e-3);
}

#[test]
fn scans_that_fill_no_grid_are_refused() {
    let mut scan = scanned(15);
    scan.points.pop();
    scan.plan.rates.pop();
    assert!(matches!(Tabulated::from_scan(&scan), Err(TableError::Grid { points: 224, .. })));
    scan.plan.classes.pop();
    let refused = Tabulated::from_scan(&scan);
    assert_eq!(refused, Err(TableError::Classes { classes: 1 }));
}

/// The prediction with a table against cells measured at the very input of the model; a third class is refused.
#[test]
fn tables_serve_in_the_mean_field() {
    let text = MODEL
        .replace("[theory.scan]", "[theory]\ntransfer_function = \"tabulated\"\n[theory.scan]")
        .replace("neurons = 32", "neurons = 200");
    let model = crate::common::model(&text);
    let library = ntwk_cells::library();
    let theory =
        ntwk_meanfield::prediction::predict::predict(&model, &library, &ntwk_core::Job::threads(2))
            .unwrap();
    assert!(theory.populations[0].table.is_some());
    let point = theory.stationary_state([200.0, 300.0], &ntwk_core::Job::new()).unwrap().unwrap();
    assert!(point.in_domain[0]);

    let mut settings = model.spec().theory.scan.clone();
    settings.neurons = 1500;
    let plan = SingleCellPlan::at_rates(&model, 0, &settings, vec![vec![4.0, 8.0]]).unwrap();
    let measured =
        plan.measure(&model, &settings, &library, &[0], &ntwk_core::Job::threads(2)).unwrap();
    let measured = measured[0].as_ref().unwrap();
    // A node of the table has some 250 spikes: 6 %, less for the few nodes that count at a point.
    let error = point.rates[0] / measured.rate - 1.0;
    assert!(error.abs() < 0.08, "{} {measured:?}", point.rates[0]);

    let third = text.replace(
        "[theory]\n",
        r#"[[projections]]
name = "third"
source = "E"
target = "N"
receptor = "exc"
weight = 0.2
connection = { rule = "all_to_all" }
[theory]
"#,
    );
    let refused = ntwk_meanfield::prediction::predict::predict(
        &crate::common::model(&third),
        &library,
        &ntwk_core::Job::threads(2),
    );
    assert!(refused.unwrap_err().to_string().contains("needs two classes of inputs"));
}

#[test]
fn a_scan_of_fluctuations_makes_a_table_of_its_points() {
    let model = crate::common::model(MODEL);
    let axis = |low, high, points| ScanAxis { low, high, points, spacing: Spacing::Linear };
    let axes = FluctuationAxes {
        mu_V: axis(-60.0, -48.0, 4),
        sigma_V: axis(2.0, 6.0, 3),
        tau_V: axis(8.0, 22.0, 3),
        tau_ratio: 0.25,
    };
    let plan = FluctuationPlan::new(&model, 0, &axes).unwrap();
    let settings = &model.spec().theory.scan;
    let all: Vec<usize> = (0..plan.len()).collect();
    let measured = plan
        .measure(&model, settings, &ntwk_cells::library(), &all, &ntwk_core::Job::threads(2))
        .unwrap();
    let points: Vec<ScanPoint> = measured
        .into_iter()
        .enumerate()
        .map(|(i, m)| m.unwrap().at(plan.moments(i).unwrap()))
        .collect();
    let table = Tabulated::from_fluctuations(&plan, &points).unwrap();
    for point in &points {
        let found = table.rate(&plan.membrane, &point.moments);
        assert!((found - point.rate).abs() < 1e-6 * (1.0 + point.rate), "{found} {}", point.rate);
        assert!(table.in_domain(&plan.membrane, &point.moments));
    }
    assert!(points.last().unwrap().rate > 20.0 && points[0].rate < 1.0);
    assert!(Tabulated::from_fluctuations(&plan, &points[1..]).is_err());
}

/// A mixture of conductance and current: the mean potentials of the scan are those asked for, and make a table.
#[test]
fn mixtures_are_scanned_at_the_potentials_asked_for() {
    let text = MODEL.replace("inh = {", "inh = { kind = \"mixture\", alpha = 0.5, V_0 = -60.0,");
    assert_ne!(text, MODEL);
    let model = crate::common::model(&text);
    let settings = &model.spec().theory.scan;
    let factors = VarianceFactors::poisson(&model);
    let plan = SingleCellPlan::new(&model, 0, settings, &factors).unwrap();
    let (low, high) = (-50.0 + settings.below_threshold, -50.0 + settings.above_threshold);
    for point in 0..plan.rates.len() {
        let mu = plan.moments(point).unwrap().mu_V;
        let step = (high - low) / (settings.potential_points - 1) as f64;
        let place = (mu - low) / step;
        assert!((place - place.round()).abs() < 1e-9 && (low - 1e-9..=high + 1e-9).contains(&mu));
    }
}

#[test]
fn two_classes_of_one_reversal_make_no_table() {
    let text = MODEL.replace("inh = { E_rev = -80.0", "inh = { E_rev = 0.0");
    assert_ne!(text, MODEL);
    let model = crate::common::model(&text);
    let factors = VarianceFactors::poisson(&model);
    let plan = SingleCellPlan::new(&model, 0, &model.spec().theory.scan, &factors).unwrap();
    let points: Vec<ScanPoint> = (0..plan.rates.len())
        .map(|i| ScanPoint {
            moments: plan.moments(i).unwrap(),
            rate: 1.0,
            standard_error: 0.0,
            samples: 2,
        })
        .collect();
    let scan = SingleCellScan { plan, points };
    assert_eq!(Tabulated::from_scan(&scan).unwrap_err(), TableError::SameReversal);
}
