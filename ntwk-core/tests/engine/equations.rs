//! Cells by their equations: faults, built-in cells as equations, currents of their own, the same bits.

use crate::common::{model, parse_model, run};
use allocation_counter::measure;
use ntwk_core::recording::recorder::Segment;
use ntwk_core::{Job, Model, Network, Recorder, RecorderError, Simulation};

fn faults(text: &str) -> String {
    parse_model(text).expect_err("this model has faults").to_string()
}

const SIMULATION: &str = "simulation = { t_stop = 300, dt = 0.1, seed = 5 }\n";

#[test]
fn every_fault_is_said_with_its_line_and_underlined() {
    let text = faults(
        "simulation = { t_stop = 10 }
[populations.E]
size = 1
cell = { model = 'mine' }
[kinds.mine]
variables = { V = 'mV', w = 'pA', ms = '1' }
equations = '''
dV/dt = (g_L*(E_L - V) + w*ms + I_syn)/C_m
dw/dt = (a*(V - E_L) - w)
dx/dt = exp(V)
q = tau_P + 1
r = q + (2
'''
spike = { when = 'V', then = 'U = 3; V = 1', hold = ['W'] }
[kinds.mine.parameters]
C_m = '200 pF'
g_L = '10 nS'
E_L = '-70 mV'
a = '2 nS'
tau_p = '5 ms'
n = { value = '3 quarks', doc = 'nothing' }
",
    );
    for part in [
        // The line in the file, the text, and the place in it.
        "model:8: kinds.mine.equations: the left side of + is in pA, the right side in",
        "    dV/dt = (g_L*(E_L - V) + w*ms + I_syn)/C_m",
        "             ~~~~~~~~~~~~~~~~~~~~",
        "model:9: kinds.mine.equations: dw/dt must be in pA/ms, is in pA: is a division by a time missing?",
        "x is not among the variables",
        "unknown name tau_P; did you mean tau_p?",
        "expected \")\", found the end",
        "kinds.mine.spike.when: when the cell spikes must be a condition such as V > V_th",
        "U is no variable",
        "what V is set to must be in mV, is in 1",
        "kinds.mine.spike.hold[0]: there is no such variable; did you mean \"w\"?",
        "ms is a unit: a name of its own would be read for it",
        "\"quarks\" is no unit",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(!text.contains("populations.E"), "{text}");
}

#[test]
fn methods_that_do_not_fit_are_refused_with_the_reason() {
    let with = |equation: &str, method: &str| {
        let s = if equation.contains("s*") || equation.contains("/s") || equation.contains("*s") {
            ", s = '1 mV'"
        } else {
            ""
        };
        let text = format!(
            "{SIMULATION}[populations.E]\nsize = 1\ncell = {{ model = 'k' }}\n[kinds.k]\nvariables = {{ V = 'mV' }}\n\
             equations = '{equation}'\nmethod = '{method}'\nparameters = {{ tau = '10 ms'{s} }}\n"
        );
        parse_model(&text)
            .map(|model| model.notices().to_vec())
            .map_err(|faults| faults.to_string())
    };
    assert!(
        with("dV/dt = -V^2/(tau*s)", "exact")
            .unwrap_err()
            .contains("not linear with constant coefficients")
    );
    assert!(with("dV/dt = -V/tau + s*sqrt(2/tau)*xi", "rk4").unwrap_err().contains("has noise"));
    assert!(
        with("dV/dt = -V/tau + V*sqrt(2/tau)*xi", "euler")
            .unwrap_err()
            .contains("Ito or Stratonovich")
    );
    assert!(
        with("dV/dt = -V/tau + xi", "euler").unwrap_err().contains("the right side in ms^-0.5")
    );
    let frozen = with("dV/dt = -V/tau + s*exp(V/s)/tau", "exponential_euler").unwrap();
    assert!(frozen.iter().any(|n| n.contains("holds what is not linear")), "{frozen:?}");
    let auto = with("dV/dt = -V/tau", "auto").unwrap();
    assert!(auto.iter().any(|n| n.contains("is exact")), "{auto:?}");
    let fast = with("dV/dt = -V/(tau/200)", "euler").unwrap();
    assert!(fast.iter().any(|n| n.contains("V follows its equation within 0.050 ms")), "{fast:?}");
}

const PLAIN: &str = "simulation = { t_stop = 20, dt = 0.1 }
[kinds.k]
variables = { V = 'mV' }
equations = 'dV/dt = (E_L - V)/tau + I_syn/C_m'
spike = { when = 'V > -50 mV', then = 'V = E_L', refractory = '1 ms' }
init = { V = 'E_L' }
parameters = { E_L = '-70 mV', tau = '10 ms', C_m = '200 pF' }
[receptors.exc]
E_rev = 0
tau_syn = 5
[populations.E]
size = 2
cell = { model = 'k' }
I_e = '100 pA'
[[projections]]
source = 'E'
target = 'E'
receptor = 'exc'
weight = 1
connection = { rule = 'fixed_in_degree', in_degree = 1 }
";

#[test]
fn what_would_do_nothing_or_mean_nothing_is_refused() {
    assert!(parse_model(PLAIN).is_ok());
    for (from, to, said) in [
        (" + I_syn/C_m", "", "would do nothing: the equations of its cell do not mention I_syn"),
        ("{ V = 'mV' }", "{ V = 'mV', g_exc = 'nS' }", "the name of a variable of receptor exc"),
        ("{ V = 'mV' }", "{ V = 'mV', V_m = 'mV' }", "is the name of the membrane potential"),
        ("dV/dt = (E_L - V)/tau + I_syn/C_m", "x = I_syn", "there is no equation dV/dt"),
        ("C_m = '200 pF'", "C_m = '0 pF'", "have a quotient by 0"),
        ("C_m = '200 pF'", "C_m = '200 pF', model = 1", "is a key of every cell"),
        ("I_syn/C_m", "I_syn/C_m + 1 mV*xi*xi", "has no meaning in time"),
        ("I_syn/C_m", "I_syn/C_m + abs(xi)*mV/sqrt(1 ms)", "has no meaning in time"),
        ("I_syn/C_m", "I_syn/C_m + if(xi > 0, 1 mV/ms, -1 mV/ms)", "has no meaning in time"),
    ] {
        let text = faults(&PLAIN.replace(from, to));
        assert!(text.contains(said), "{said:?} in\n{text}");
    }
    // A pure number is no potential.
    let text = PLAIN
        .replace("{ V = 'mV' }", "{ V = '1' }")
        .replace("(E_L - V)/tau + I_syn/C_m", "-V/tau + I_syn/(1 pA*ms)")
        .replace("V > -50 mV", "V > 1")
        .replace("V = E_L', r", "V = 0', r")
        .replace("V = 'E_L'", "V = 0");
    assert!(
        faults(&text).contains("is a conductance, and the first variable of k is no voltage"),
        "{}",
        faults(&text)
    );
    let silent = PLAIN
        .replace("init = { V = 'E_L' }\n", "")
        .replace(", then = 'V = E_L', refractory = '1 ms'", "");
    let notices = model(&silent).notices().join("\n");
    assert!(
        notices.contains("the potential starts at 0 mV") && notices.contains("in every step"),
        "{notices}"
    );
}

#[test]
fn a_spike_may_overshoot_as_far_as_its_step_makes_it() {
    let text = "simulation = { t_stop = 100, dt = 0.1 }
[kinds.k]
variables = { V = 'mV' }
equations = 'dV/dt = ((E_L - V) + (2 mV)*exp((V + 50 mV)/(2 mV)))/(20 ms) + I_syn/C_m'
spike = { when = 'V > -20 mV', then = 'V = E_L', refractory = '2 ms', hold = ['V'] }
init = { V = 'E_L' }
parameters = { E_L = '-70 mV', C_m = '200 pF' }
[populations.E]
size = 1
cell = { model = 'k' }
I_e = '400 pA'
";
    let same = "simulation = { t_stop = 100, dt = 0.1 }
[populations.E]
size = 1
cell = { model = 'EIF', C_m = 200, g_L = 10, E_L = -70, V_th = -50, Delta_T = 2, V_peak = -20, V_reset = -70, t_ref = 2 }
I_e = '400 pA'
";
    let spikes = |text: &str| run(&model(text), 1).spike_times("E", 0).unwrap();
    assert!(spikes(text).len() > 3);
    assert_eq!(spikes(text), spikes(same));
}

/// 200 cells under Poisson input; CELL is what the cell of the population is.
const DRIVEN: &str = "
[currents.nothing]
current = '0 pA'
[receptors]
exc = { E_rev = 0, tau_syn = 5 }
[populations.E]
size = 200
cell = CELL
[afferents.A]
size = 100
rate = '20 Hz'
[[projections]]
source = 'A'
target = 'E'
receptor = 'exc'
weight = WEIGHT
connection = { rule = 'fixed_in_degree', in_degree = 50 }
[record]
V_m = 3
";

#[test]
fn built_in_cells_are_the_equations_that_are_shown() {
    let adex = "C_m = 200, g_L = 10, E_L = -70, V_th = -50, Delta_T = 2, V_reset = -65, t_ref = 5, a = 2, b = 40, tau_w = 100";
    for (cell, weight) in [
        ("model = 'LIF', C_m = 200, g_L = 10, E_L = -70, V_th = -50, V_reset = -65, t_ref = 5".to_owned(), "3"),
        ("model = 'EIF', C_m = 200, g_L = 10, E_L = -70, V_th = -50, Delta_T = 1, V_reset = -65, t_ref = 5".to_owned(), "3"),
        (format!("model = 'AdEx', {adex}"), "3"),
        (format!("model = 'iAdExp', {adex}, a_i = 0.5, V_i = -60, tau_theta = 7"), "3"),
        ("model = 'Izhikevich', a = 0.02, b = 0.2, c = -65, d = 8".to_owned(), "0.02"),
    ] {
        for method in ["euler", "heun"] {
            let text = |currents: &str| {
                let simulation = SIMULATION.replace("seed", &format!("method = '{method}', seed"));
                simulation + &DRIVEN.replace("CELL", &format!("{{ {cell}{currents} }}")).replace("WEIGHT", weight)
            };
            let (kernel, written) = (run(&model(&text("")), 1), run(&model(&text(", currents = ['nothing']")), 1));
            let spikes = |r: &ntwk_core::Recording| {
                (0..200).map(|n| r.spike_times("E", n).unwrap()).collect::<Vec<_>>()
            };
            let count: usize = spikes(&kernel).iter().map(Vec::len).sum();
            assert!(count > 200, "{cell}, {method}: {count} spikes");
            assert!(spikes(&kernel) == spikes(&written), "{cell}, {method}: the spikes differ");
            let potential = |r: &ntwk_core::Recording| r.population("E").unwrap().trace("V_m").unwrap().data.clone();
            let (a, b) = (potential(&kernel), potential(&written));
            let worst = a.iter().zip(&b).fold(0.0f64, |worst, (x, y)| worst.max((x - y).abs()));
            assert!(worst < 1e-6, "{cell}, {method}: {worst} mV");
        }
    }
}

#[test]
fn a_current_of_the_cell_is_one_that_flows_into_it() {
    let own = "[currents.theta]
current = 'I_0 + A*sin(2*pi*f*t)'
parameters = { I_0 = '250 pA', A = '100 pA', f = '8 Hz' }
[populations.E]
size = 2
cell = { preset = 'RS', currents = ['theta'], theta_A = '120 pA' }
";
    let outside = "[populations.E]
size = 2
cell = 'RS'
I_e = { waveform = 'oscillation', baseline = 250, amplitude = 120, frequency = 8 }
";
    let spikes =
        |text: &str| run(&model(&format!("{SIMULATION}{text}")), 1).spike_times("E", 1).unwrap();
    let found = spikes(own);
    assert!(found.len() > 3);
    assert_eq!(found, spikes(outside));
    // What is not the current's is refused with the nearest name.
    let text = faults(&format!("{SIMULATION}{}", own.replace("theta_A = ", "theta_B = ")));
    assert!(text.contains("theta_B") && text.contains("did you mean \"theta_A\"?"), "{text}");
    let text = faults(&format!("{SIMULATION}{}", own.replace("['theta']", "['delta']")));
    assert!(text.contains("there is no such current"), "{text}");
}

/// Two populations of cells by equations, with noise, a threshold by chance, and a refractory condition.
const CUSTOM: &str = "
[receptors]
exc = { E_rev = 0, tau_syn = 5 }
[kinds.noisy]
variables = { V = 'mV', r = 'ms' }
equations = '''
dV/dt = (E_L - V)/tau_m + s*sqrt(2/tau_m)*xi + I_syn/C_m
dr/dt = (t_0 - r)/(20 ms)
rho = 0.5/ms*exp((V - V_th)/(1 mV))
'''
spike = { when = 'rand() < rho*dt', then = 'V = E_L; r += 2 ms', refractory = 'r', hold = ['V'] }
init = { V = 'E_L', r = 't_0' }
parameters = { E_L = '-60 mV', tau_m = '20 ms', s = '4 mV', C_m = '200 pF', V_th = '-52 mV', t_0 = '3 ms' }
[kinds.wide]
variables = { V = 'mV', w = '1' }
equations = '''
dV/dt = (2*(V + 60 mV)*(-40 mV - V)*(V - 30 mV)/(400 mV^2) - w*10 mV)/(5 ms) + I_syn/C_m
dw/dt = ((V + 60 mV)/(20 mV) - w)/(30 ms)
'''
spike = { when = 'V > 0 mV', until = 'V < -30 mV' }
init = { V = '-60 mV' }
parameters = { C_m = '20 pF' }
[populations.A]
size = 700
cell = { model = 'noisy' }
[populations.B]
size = 600
cell = { model = 'wide' }
I_e = '300 pA'
[[projections]]
source = 'A'
target = ['A', 'B']
receptor = 'exc'
weight = 0.5
delay = { distribution = 'uniform', low = 0.5, high = 3 }
connection = { rule = 'fixed_in_degree', in_degree = 30 }
[record]
V_m = 5
cell_variables = 5
[record.traces.chance]
population = 'A'
neurons = 2
variables = ['rho']
interval = 1
";

#[test]
fn bits_do_not_depend_on_threads_or_segments() {
    let model = model(&format!("{SIMULATION}{CUSTOM}"));
    let one = run(&model, 1);
    let times = |r: &ntwk_core::Recording, name: &str, n: u32| {
        (0..n).map(|i| r.spike_times(name, i).unwrap()).collect::<Vec<_>>()
    };
    let counts: Vec<usize> = [("A", 700), ("B", 600)]
        .map(|(p, n)| times(&one, p, n).iter().map(Vec::len).sum())
        .to_vec();
    assert!(counts[0] > 500 && counts[1] > 500, "{counts:?}");
    for threads in [2, 3] {
        let other = run(&model, threads);
        assert_eq!(times(&one, "A", 700), times(&other, "A", 700));
        assert_eq!(times(&one, "B", 600), times(&other, "B", 600));
        let trace = |r: &ntwk_core::Recording| {
            r.population("A").unwrap().trace("V_m").unwrap().data.clone()
        };
        assert_eq!(trace(&one), trace(&other));
    }
    // What is defined is what its formula makes of the recorded potential.
    let own = one.population("A").unwrap();
    let (v, rho) = (own.trace("V_m").unwrap(), own.trace("rho").unwrap());
    let every = (v.data.nrows() as f64 / rho.data.nrows() as f64).round() as usize;
    for k in 0..rho.data.nrows() {
        let expected = 0.5 * ((v.data[[k * every, 1]] + 52.0) / 1.0).exp();
        assert!((rho.data[[k, 1]] - expected).abs() < 1e-12 * expected, "{k}");
    }
}

/// Looks at nothing, so that only the engine is measured.
struct Nothing;

impl Recorder for Nothing {
    fn take(&mut self, _: &Segment) -> Result<(), RecorderError> {
        Ok(())
    }
}

#[test]
fn a_step_takes_no_memory() {
    let text = format!("{SIMULATION}{}", CUSTOM.split("[record]").next().unwrap());
    let model: Model = model(&text);
    let mut simulation = Simulation::new(Network::build(&model, &Job::threads(1)).unwrap());
    let mut advance =
        |steps: u32| measure(|| simulation.advance(steps, &mut Nothing).unwrap()).count_total;
    // Buffers reach the sizes of the busiest step.
    advance(10_000);
    let (short, long) = (advance(1_000), advance(4_000));
    assert!(long < short + 60, "{short} allocations in 1000 steps, {long} in 4000");
}

/// A generator of small texts that look like equations, with mistakes.
struct Texts(u64);

impl Texts {
    fn next(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }

    fn text(&mut self) -> String {
        const WORDS: [&str; 44] = [
            "V", "w", "tau", "g", "dV/dt", "dw/dt", "x", "=", "+", "-", "*", "/", "^", "**", "(",
            ")", "(", ")", ",", "<", ">", "==", "and", "not", "or", "if(", "exp(", "sqrt(",
            "clip(", "1e308", "0", "2", "10 mV", "ms", "\n", ";", "#", "xi", "rand()", "I_syn",
            "t", "'", "µ", "..",
        ];
        let length = 1 + self.next(40);
        (0..length).map(|_| WORDS[self.next(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }
}

/// `NTWK_TEXTS` sets how many.
#[test]
fn no_text_of_equations_panics() {
    let number = std::env::var("NTWK_TEXTS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let mut texts = Texts(7);
    let mut valid = 0;
    let library = ntwk_cells::library();
    for _ in 0..number {
        let mut spec = ntwk_core::ModelSpec::default();
        spec.simulation.t_stop = 2.0;
        let (equations, when) = (texts.text(), texts.text());
        // Half of them are right but for one word.
        let right = "dV/dt = ( g * ( V - 10 mV ) + I_syn ) / ( tau * g ) \n dw/dt = - w / tau"
            .replace(
                ["V - 10 mV", "/ tau", "g *", "I_syn"][texts.next(4)],
                equations.split(' ').next().unwrap_or("V"),
            );
        let equations = if texts.next(2) == 0 { right } else { equations };
        let text = |text: &str| ntwk_core::spec::tree::Node::text(text);
        let table = |entries: Vec<(&str, ntwk_core::spec::tree::Node)>| {
            let entries = entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
            ntwk_core::spec::tree::Node::new(ntwk_core::spec::tree::Value::Table(entries))
        };
        let mut tree = spec.to_tree();
        let kind = table(vec![
            ("variables", table(vec![("V", text("mV")), ("w", text("1"))])),
            ("equations", text(&equations)),
            (
                "spike",
                table(vec![("when", text(if texts.next(3) == 0 { &when } else { "V > 10 mV" }))]),
            ),
            ("parameters", table(vec![("tau", text("10 ms")), ("g", text("2 nS"))])),
        ]);
        if let ntwk_core::spec::tree::Value::Table(entries) = &mut tree.value {
            entries.push(("kinds".to_owned(), table(vec![("k", kind)])));
            let population = table(vec![
                (
                    "size",
                    ntwk_core::spec::tree::Node::new(ntwk_core::spec::tree::Value::Integer(3)),
                ),
                ("cell", table(vec![("model", text("k"))])),
            ]);
            entries.retain(|entry| entry.0 != "populations");
            entries.push(("populations".to_owned(), table(vec![("E", population)])));
        }
        if let Ok(model) = Model::from_tree(&tree, &library) {
            valid += 1;
            // Numbers may blow up, which is said.
            let _ = ntwk_core::simulate(&model, &Job::threads(1)).unwrap();
        }
    }
    assert!(valid * 200 > number, "{valid} of {number} are models");
}

#[test]
fn parameters_may_differ_between_neurons() {
    let text = |cell: &str| {
        format!(
            "{SIMULATION}[populations.E]
size = 600
cell = {cell}
I_e = '300 pA'
[record]
V_m = 600
interval = 299
[record.traces.own]
population = 'E'
neurons = 600
variables = ['C_m']
interval = 299
"
        )
    };
    let drawn = "{ preset = 'RS', C_m = { distribution = 'normal', mean = '200 pF', sd = '150 pF' }, E_L = { distribution = 'uniform', low = '-72 mV', high = '-68 mV' } }";
    let model_of = |cell: &str| model(&text(cell));
    let drawn = model_of(drawn);
    assert!(
        drawn
            .notices()
            .iter()
            .any(|n| n.contains("populations.E.cell.C_m differs between neurons")),
        "{:?}",
        drawn.notices()
    );
    let one = run(&drawn, 1);
    assert!(one == run(&drawn, 3));
    let e = one.population("E").unwrap();
    let own = e.trace("C_m").unwrap().data.row(0).to_vec();
    // What is drawn below 0 pF is drawn again.
    assert!(own.iter().all(|&c| c > 0.0) && own.iter().any(|&c| c > 400.0));
    // Listed, with the same value for all: the cell of the preset.
    let alike = vec!["200"; 600].join(", ");
    let listed = run(&model_of(&format!("{{ preset = 'RS', C_m = [{alike}] }}")), 1);
    let preset = run(&model(&text("{ preset = 'RS' }").replace("['C_m']", "['w']")), 1);
    let spikes = |r: &ntwk_core::Recording| r.population("E").unwrap().counts.clone();
    assert!(spikes(&listed) == spikes(&preset));
    assert!(spikes(&preset).iter().sum::<u32>() > 600);
    let fault = |cell: &str| faults(&text(cell));
    assert!(
        fault("{ preset = 'RS', C_m = [100, 200] }")
            .contains("one value for each of the 600 neurons")
    );
    assert!(
        fault("{ preset = 'RS', C_m = { distribution = 'normal', mean = -5, sd = 1 } }")
            .contains("> 0 pF")
    );
    assert!(fault("{ preset = 'RS', C_n = [1, 2] }").contains("did you mean \"C_m\"?"));
}

/// A potential that leaves all numbers would be reset as by a spike.
#[test]
fn an_infinite_potential_is_no_spike() {
    let text = |equation: &str| {
        format!(
            "simulation = {{ t_stop = 5, dt = 0.1 }}
[populations.E]
size = 3
cell = {{ model = 'k' }}
[kinds.k]
variables = {{ V = 'mV' }}
equations = 'dV/dt = {equation} + I_syn/C_m'
spike = {{ when = 'V > -50 mV', then = 'V = E_L' }}
init = {{ V = 'E_L' }}
parameters = {{ E_L = '-65 mV', C_m = '100 pF', tau = '1 ms', U = '1 mV' }}
"
        )
    };
    // Within a step beyond the largest number, and infinite in one step of the clock.
    for equation in ["U/tau*exp((V - E_L)/U*900 + 100*t/tau)", "U/tau/(if(t > 1 ms, 0, 1))"] {
        let result =
            ntwk_core::engine::run::simulate(&model(&text(equation)), &Job::threads(1)).unwrap();
        let stopped = result.stopped.unwrap_or_else(|| panic!("{equation}")).to_string();
        assert!(stopped.contains("blew up: V_m of neuron 0 in population E is "), "{stopped}");
    }
    let usual = model(&text("U/tau*30"));
    assert!(ntwk_core::engine::run::simulate(&usual, &Job::threads(1)).unwrap().stopped.is_none());
}
