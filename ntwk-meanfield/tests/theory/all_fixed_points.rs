//! All fixed points of systems in closed form, from 40-digit arithmetic and brute force on nested nullclines.

use crate::support::{array, assert_close, data, membrane, number, numbers};
use ntwk_core::Job;
use ntwk_meanfield::{
    Adaptation, AllFixedPoints, Completeness, Connection, EffectiveThreshold, Input, MeanField,
    MeanFieldPopulation, Source, Stability, SynapseClass, ThresholdForm, all_fixed_points,
    is_saturated,
};
use serde_json::Value;
use std::sync::Arc;

/// A system of the file; every input at a given rate, and every spontaneous rate, is an afferent of its own.
fn system(case: &Value) -> (MeanField, Input) {
    let mut rates = Vec::new();
    let populations = array(&case["populations"])
        .iter()
        .enumerate()
        .map(|(m, p)| {
            let mut connections = Vec::new();
            for s in array(&p["inputs"]) {
                let synapse = SynapseClass {
                    in_degree: number(&s["K"]),
                    weight: number(&s["Q_nS"]),
                    tau_syn: number(&s["tau_ms"]),
                    E_rev: number(&s["E_mV"]),
                    mixture: None,
                    tau_rise: 0.0,
                    short_term: None,
                };
                let mut afferent = |rate: f64| {
                    rates.push(rate);
                    let source = Source::Afferent(rates.len() - 1);
                    connections.push(Connection { source, synapse });
                };
                match s["source"].as_u64() {
                    None => afferent(number(&s["rate_hz"])),
                    Some(_) => {
                        if let Some(spontaneous) = p["spont"].as_f64().filter(|r| *r > 0.0) {
                            afferent(spontaneous);
                        }
                    }
                }
                if let Some(source) = s["source"].as_u64() {
                    let source = Source::Population(source as usize);
                    connections.push(Connection { source, synapse });
                }
            }
            let mut cell = membrane(number(&p["gL"]), number(&p["C"]), number(&p["EL"]), -50.0);
            (cell.b, cell.tau_w) = (number(&p["b"]), number(&p["tau_w"]));
            let coefficients = numbers(&p["P"]);
            let form = ThresholdForm::Quadratic10;
            let threshold = EffectiveThreshold::from_volts(form, &coefficients, None).unwrap();
            MeanFieldPopulation {
                name: format!("P{m}"),
                size: 1000,
                membrane: cell,
                transfer_function: Arc::new(threshold),
                connections,
                adaptation: Adaptation::Explicit,
            }
        })
        .collect();
    let names = (0..rates.len()).map(|k| format!("A{k}")).collect();
    let system = MeanField::new(populations, names, 5.0).unwrap();
    let currents = vec![0.0; system.populations().len()];
    (system, Input { afferent_rates: rates, currents })
}

fn check(name: &str, completeness: Completeness) {
    let case = &data("all_fixed_points.json")["systems"][name];
    let (system, input) = system(case);
    let found = all_fixed_points(&system, &input, true, &Job::new()).unwrap();
    let n = system.populations().len();
    let exact = array(&case["fixed_points"]);
    let listed: Vec<&Vec<f64>> = found.points.iter().map(|p| &p.rates).collect();
    assert_eq!(found.points.len(), exact.len(), "{name}: {listed:?}");
    for point in exact {
        let rates = numbers(&point["rates"]);
        let distance = |p: &[f64]| {
            let pair = p.iter().zip(&rates);
            pair.map(|(a, b)| ((a + 1e-12) / (b + 1e-12)).ln().abs()).fold(0.0, f64::max)
        };
        let near = |a: &&ntwk_meanfield::FixedPoint, b: &&ntwk_meanfield::FixedPoint| {
            distance(&a.rates).total_cmp(&distance(&b.rates))
        };
        let nearest = found.points.iter().min_by(near).unwrap();
        let what = format!("{name} {rates:?}");
        for m in 0..n {
            assert_close(nearest.rates[m], rates[m], 1e-12, 1e-12, &what);
        }
        assert_eq!(i64::from(nearest.index), point["index"].as_i64().unwrap(), "{what}");
        let stable = nearest.stability == Stability::Stable;
        assert_eq!(stable, point["stable"].as_bool().unwrap(), "{what}");
    }
    assert_eq!(found.index_sum(), 1, "{name}");
    assert_eq!(found.completeness, completeness, "{name}");
}

#[test]
fn one_population_with_three_states() {
    check("one_population", Completeness::Complete);
}

/// The quiet state fires at 4.4e-7 Hz, and an unstable focus has index +1. Adaptation makes the stability of points with
/// W = b tau_w nu one of a larger system; the file gives that of the rates alone.
#[test]
fn asynchronous_set_with_five_states() {
    check("tvb_asynchronous", Completeness::Complete);
}

#[test]
fn excitation_and_inhibition_with_five_states() {
    check("ei_low_bistable", Completeness::Complete);
}

/// One population with a rate of 3.5e-43 Hz in one state.
#[test]
fn three_populations_in_order() {
    check("three_populations", Completeness::Complete);
}

/// States with rates of zero count: without them the indices sum to -1.
#[test]
fn two_modules_with_nine_states() {
    check("two_modules", Completeness::Plausible);
}

/// Between its folds in the drive, known to 12 digits, the system has five states, beyond them three.
#[test]
fn a_pair_vanishes_at_each_fold() {
    let file = data("all_fixed_points.json");
    let (system, input) = system(&file["systems"]["ei_low_bistable"]);
    let states = |drive: f64| -> AllFixedPoints {
        let given = |rate: &f64| if *rate == 0.5 { drive } else { *rate };
        let afferent_rates = input.afferent_rates.iter().map(given).collect();
        let input = Input { afferent_rates, ..input.clone() };
        all_fixed_points(&system, &input, false, &Job::new()).unwrap()
    };
    let folds = &file["folds"];
    let low = number(&folds["lower end of the active state"]["drive_hz"]);
    let high = number(&folds["upper end of the low state"]["drive_hz"]);
    for (drive, count) in
        [(low - 1e-7, 3), (low + 1e-7, 5), (0.45, 5), (high - 1e-7, 5), (high + 1e-7, 3), (4.0, 3)]
    {
        let found = states(drive);
        assert_eq!(found.points.len(), count, "{drive}: {found:?}");
        assert_eq!(found.completeness, Completeness::Complete, "{drive}");
    }
    let all = states(0.5);
    let highest = all.points.last().unwrap();
    assert!(is_saturated(&system.populations()[0], highest, 0));
    assert!(!is_saturated(&system.populations()[0], &all.points[0], 0));
}

/// Inhibition split into equal parts that inhibit each other: the same states, but no order in which inhibitory rates follow
/// from the excitatory one. Two parts are a plane of two rates, three need branches and edges.
#[test]
fn split_inhibition_has_the_same_states() {
    let file = data("all_fixed_points.json");
    let case = &file["systems"]["ei_low_bistable"];
    let (whole, input) = system(case);
    for parts in [2, 3] {
        let split = |p: &MeanFieldPopulation| {
            let mut p = p.clone();
            let inhibition = p.connections.iter().position(|c| c.source == Source::Population(1));
            let mut inhibition = p.connections.remove(inhibition.unwrap());
            inhibition.synapse.in_degree /= parts as f64;
            for part in 0..parts {
                p.connections
                    .push(Connection { source: Source::Population(1 + part), ..inhibition });
            }
            p
        };
        let mut populations = vec![split(&whole.populations()[0])];
        populations.extend((0..parts).map(|_| split(&whole.populations()[1])));
        let input = Input { currents: vec![0.0; 1 + parts], ..input.clone() };
        let system = MeanField::new(populations, whole.afferents().to_vec(), 5.0).unwrap();
        let found = all_fixed_points(&system, &input, true, &Job::new()).unwrap();
        let listed: Vec<&Vec<f64>> = found.points.iter().map(|p| &p.rates).collect();
        assert_eq!(found.points.len(), 5, "{parts}: {listed:?}");
        assert_eq!(found.completeness, Completeness::Plausible);
        for (point, exact) in found.points.iter().zip(array(&case["fixed_points"])) {
            let exact = numbers(&exact["rates"]);
            for m in 0..=parts {
                assert_close(point.rates[m], exact[m.min(1)], 1e-11, 0.0, &format!("{exact:?}"));
            }
        }
    }
}
