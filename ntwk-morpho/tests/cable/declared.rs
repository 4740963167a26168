//! Channels declared as data: GHK and Nernst driving forces, conditionals, variables with equations of their own.

use crate::common::{data, max_difference, number, numbers, reached};
use ntwk_morpho::membrane::channels::{CalciumPool, HodgkinHuxley, Leak};
use ntwk_morpho::membrane::declared::{
    DeclaredChannel, DeclaredGate, DeclaredVariable, GateFormulas,
};
use ntwk_morpho::{
    Branch, Cell, Discretisation, Location, Mechanism, Method, Morphology, Probe, Region, Sample,
    Selection, Settings, Simulation, Waveform,
};
use std::sync::Arc;

const FILE: &str = "ions.json";
const SOMA: Location = Location { branch: 0, x: 0.5 };

fn soma() -> Cell {
    let samples = [0.0, 20.0].map(|x| Sample::new([x, 0.0, 0.0], 10.0)).to_vec();
    let m = Morphology::new(vec![Branch { region: Region::Soma, parent: None, samples }]).unwrap();
    let c = m.compartments(&Discretisation::PerBranch(1)).unwrap();
    Cell::new(c, 1.0, 150.0).unwrap()
}

fn relaxing(name: &str, power: u32, inf: &str, tau: &str) -> DeclaredGate {
    let formulas = GateFormulas::Relaxation { inf: inf.to_owned(), tau: tau.to_owned() };
    DeclaredGate { name: name.to_owned(), power, formulas }
}

fn channel(kind: &str, gates: Vec<DeclaredGate>, g: f64) -> DeclaredChannel {
    DeclaredChannel {
        kind: kind.to_owned(),
        gates,
        variables: Vec::new(),
        definitions: Vec::new(),
        current: None,
        g,
        E: None,
        constants: Vec::new(),
        q10: 1.0,
        celsius_ref: 6.3,
        carries_calcium: false,
    }
}

/// L-type calcium with a GHK driving force (calg.mod): its time constant has a switch at `switch` (mV).
fn ghk_calcium(switch: f64) -> DeclaredChannel {
    let tau = "if(V > V_switch, 1, 1 + 4*sigmoid((V + 60)/10))";
    DeclaredChannel {
        constants: vec![("V_switch".to_owned(), switch), ("Ca_out".to_owned(), 2.0)],
        definitions: vec![("force".to_owned(), "ghk(V, Ca, Ca_out, 2)".to_owned())],
        current: Some("g*m^2*force".to_owned()),
        carries_calcium: true,
        ..channel("calg", vec![relaxing("m", 1, "sigmoid((V + 20)/6)", tau)], 3e-4)
    }
}

/// A piecewise potassium current (kcond.mod).
fn piecewise_potassium(current: Option<&str>) -> DeclaredChannel {
    let inf = "if(V < -50, 0.05, if(V < 0, 0.05 + 0.9*(V + 50)/50, 0.95))";
    DeclaredChannel {
        E: current.is_none().then_some(-77.0),
        current: current.map(str::to_owned),
        q10: 3.0,
        celsius_ref: 24.0,
        ..channel("kcond", vec![relaxing("n", 1, inf, "10")], 5e-4)
    }
}

fn cell(calcium: DeclaredChannel, potassium: DeclaredChannel) -> Cell {
    let mut cell = soma();
    cell.insert("pas", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
    cell.insert_mechanism("calg", &Selection::All, Arc::new(calcium), |_| 1.0).unwrap();
    cell.insert_mechanism("kcond", &Selection::All, Arc::new(potassium), |_| 1.0).unwrap();
    let pool = CalciumPool { depth: 0.1, tau_r: 50.0, Ca_inf: 1e-4, free: 0.05 };
    cell.insert_mechanism("capool", &Selection::All, Arc::new(pool), |_| 1.0).unwrap();
    cell.inject(SOMA, Waveform::step(10.0, 100.0, 0.12)).unwrap();
    cell
}

/// V, calcium, m and n at the times of the file.
fn run(cell: &Cell, method: Method, dt: f64, times: &[f64]) -> Vec<Vec<f64>> {
    let settings = Settings { dt, method, v_init: -70.0, celsius: 34.0, ..Settings::default() };
    let mut s = Simulation::new(cell, &settings).unwrap();
    let variable = |mechanism: &str, variable: &str| Probe::Variable {
        mechanism: mechanism.to_owned(),
        variable: variable.to_owned(),
        at: SOMA,
    };
    for probe in
        [Probe::Voltage(SOMA), Probe::Calcium(SOMA), variable("calg", "m"), variable("kcond", "n")]
    {
        s.record(&probe, 1).unwrap();
    }
    s.run(200.0).unwrap();
    let r = s.recording();
    let column =
        |k: usize| times.iter().map(|t| r.values[((t / dt).round() as usize, k)]).collect();
    (0..4).map(column).collect()
}

/// NEURON's run of the same three mechanisms by CVODE; its own error by the implicit Euler scheme is 0.738 mV at 0.025 ms and
/// 0.203 mV at 0.00625 ms (the switch moves with the step), by Crank–Nicolson 0.041 mV at 0.0125 ms.
#[test]
fn a_ghk_current_fills_a_pool() {
    let file = data(FILE);
    let theirs = &file["pool_run"];
    let times = numbers(&theirs["t"]);
    let cell = cell(ghk_calcium(-30.0), piecewise_potassium(None));
    for (method, dt, v_tolerance, ca_tolerance) in [
        (Method::ImplicitEuler, 0.025, 0.74, 2.3e-5),
        (Method::ImplicitEuler, 0.00625, 0.204, 6.2e-6),
        (Method::CrankNicolson, 0.0125, 0.05, 9e-6),
    ] {
        let ours = run(&cell, method, dt, &times);
        let what = |q: &str| format!("{q} of a cell with a GHK current, {method:?} {dt} ms");
        let v = max_difference(&ours[0], &numbers(&theirs["v"]));
        reached(FILE, &what("potential"), v, v_tolerance, "mV");
        let ca = max_difference(&ours[1], &numbers(&theirs["cai"]));
        reached(FILE, &what("calcium"), ca, ca_tolerance, "mM");
    }
}

/// The potassium current with E by Nernst's equation, as a formula.
#[test]
fn a_reversal_potential_may_be_nernsts() {
    let file = data(FILE);
    let theirs = &file["nernst_run"];
    let times = numbers(&file["pool_run"]["t"]);
    let current = "g*n*(V - nernst(140, 4, 1))";
    let cell = cell(ghk_calcium(-30.0), piecewise_potassium(Some(current)));
    let ours = run(&cell, Method::CrankNicolson, 0.0125, &times);
    let error = max_difference(&ours[0], &numbers(&theirs["v"]));
    reached(FILE, "potential with Nernst's reversal potential", error, 0.1, "mV");
}

/// NEURON's table of the GHK current.
#[test]
fn the_ghk_current_is_neurons() {
    let file = data(FILE);
    let mut worst = 0f64;
    for row in file["ghk_coulomb_per_cm3"]["rows"].as_array().unwrap() {
        let [celsius, v, theirs] = [0, 1, 2].map(|k| number(&row[k]));
        let formulas = ntwk_core::Formulas::compile(
            &["V"],
            &[("celsius", celsius)],
            &[],
            &[ntwk_core::Wanted::Value("ghk(V, 5e-5, 2, 2)")],
        );
        let ours = formulas.unwrap().at(&[v])[0];
        worst = worst.max((ours / theirs - 1.0).abs());
    }
    reached(FILE, "GHK current", worst, 1e-8, "relative");
}

/// The squid axon's channel by formulas, with gates and with variables, is the built-in one.
#[test]
fn gates_and_variables_follow_the_built_in_channel() {
    let times: Vec<f64> = (0..800).map(|k| 0.025 * f64::from(k)).collect();
    let spiking = |insert: &dyn Fn(&mut Cell)| {
        let mut cell = soma();
        insert(&mut cell);
        cell.inject(SOMA, Waveform::step(2.0, 15.0, 0.2)).unwrap();
        let settings = Settings { v_init: -65.0, celsius: 6.3, ..Settings::default() };
        let mut s = Simulation::new(&cell, &settings).unwrap();
        s.record(&Probe::Voltage(SOMA), 1).unwrap();
        s.run(20.0).unwrap();
        let r = s.recording();
        times.iter().map(|t| r.values[((t / 0.025).round() as usize, 0)]).collect::<Vec<f64>>()
    };
    let built_in = spiking(&|cell| {
        cell.insert("hh", &Selection::All, HodgkinHuxley::default()).unwrap();
    });
    assert!(built_in.iter().any(|v| *v > 20.0));
    // Singular at -40 and -55 mV as written.
    let rates = [
        ("m", "0.1*(V + 40)/(1 - exp(-(V + 40)/10))", "4*exp(-(V + 65)/18)"),
        ("h", "0.07*exp(-(V + 65)/20)", "1/(1 + exp(-(V + 35)/10))"),
        ("n", "0.01*(V + 55)/(1 - exp(-(V + 55)/10))", "0.125*exp(-(V + 65)/80)"),
    ];
    let gate = |(name, alpha, beta): (&str, &str, &str), power| DeclaredGate {
        name: name.to_owned(),
        power,
        formulas: GateFormulas::Rates { alpha: alpha.to_owned(), beta: beta.to_owned() },
    };
    let variable = |(name, alpha, beta): (&str, &str, &str)| DeclaredVariable {
        name: name.to_owned(),
        derivative: format!("{alpha}*(1 - {name}) - {beta}*{name}"),
        initial: format!("{alpha}/({alpha} + {beta})"),
    };
    let leak = Leak { g: 3e-4, E: -54.3 };
    for with_variables in [false, true] {
        let declared = spiking(&|cell| {
            let na = DeclaredChannel { E: Some(50.0), ..channel("na", Vec::new(), 0.12) };
            let k = DeclaredChannel { E: Some(-77.0), ..channel("k", Vec::new(), 0.036) };
            let (na, k) = if with_variables {
                let text = |text: &str| Some(text.to_owned());
                let variables = vec![variable(rates[0]), variable(rates[1])];
                (
                    DeclaredChannel { variables, current: text("g*m^3*h*(V - E)"), ..na },
                    DeclaredChannel {
                        variables: vec![variable(rates[2])],
                        current: text("g*n^4*(V - E)"),
                        ..k
                    },
                )
            } else {
                let gates = vec![gate(rates[0], 3), gate(rates[1], 1)];
                (
                    DeclaredChannel { gates, ..na },
                    DeclaredChannel { gates: vec![gate(rates[2], 4)], ..k },
                )
            };
            cell.insert("leak", &Selection::All, leak).unwrap();
            for channel in [na, k] {
                let name = channel.kind.clone();
                cell.insert_mechanism(&name, &Selection::All, Arc::new(channel), |_| 1.0).unwrap();
            }
        });
        let error = max_difference(&declared, &built_in);
        let what = if with_variables { "variables" } else { "gates" };
        reached("the built-in channel", &format!("hh declared with {what}"), error, 1e-7, "mV");
    }
}

#[test]
fn faults_of_declared_channels() {
    let of = |channel: DeclaredChannel| {
        let found = channel.formula_faults();
        assert!(Mechanism::check(&channel).is_err());
        found.into_iter().map(|(key, fault)| format!("{key}: {fault}")).collect::<Vec<String>>()
    };
    let sound = || DeclaredChannel {
        E: Some(0.0),
        ..channel("x", vec![relaxing("m", 1, "sigmoid(V)", "1")], 1.0)
    };
    assert!(Mechanism::check(&sound()).is_ok());
    let said = of(DeclaredChannel {
        gates: vec![relaxing("m", 1, "sigmoid(W)", "1 +")],
        definitions: vec![("V".to_owned(), "1".to_owned())],
        ..sound()
    });
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("let.V: ") && said[0].contains("already"), "{said:?}");
    let said = of(DeclaredChannel {
        gates: vec![relaxing("m", 1, "sigmoid(W)", "1 +")],
        definitions: vec![("q".to_owned(), "2*zz".to_owned())],
        current: Some("g*m*q*(V - E) + 1 mV".to_owned()),
        ..sound()
    });
    let keys = ["let.q: ", "gates.m.inf: ", "gates.m.tau: ", "current: "];
    for key in keys {
        assert!(said.iter().any(|s| s.starts_with(key)), "{key} in {said:?}");
    }
    let without = DeclaredChannel { E: None, ..sound() };
    assert_eq!(Mechanism::check(&without).unwrap_err().name, "E");
}
