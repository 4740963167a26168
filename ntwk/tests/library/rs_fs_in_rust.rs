//! The program of the README describes what its model file does, and gets from simulation, theory and comparison what the
//! file gets.

#[allow(dead_code)]
#[path = "../../examples/rs_fs.rs"]
mod program;

use ntwk::prelude::*;

const FILE: &str = r#"
[simulation]
t_stop = "1 s"

[receptors]
exc = { E_rev = "0 mV", tau_syn = "5 ms" }
inh = { E_rev = "-80 mV", tau_syn = "5 ms" }

[populations]
E = { size = 4000, cell = "RS" }
I = { size = 1000, cell = "FS" }

[afferents]
A = { size = 400, rate = "4 Hz" }

[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", probability = "5 %" }

[[projections]]
source = "I"
target = ["E", "I"]
receptor = "inh"
weight = "4 nS"
connection = { rule = "fixed_in_degree", probability = "5 %" }

[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = "1 nS"
connection = { rule = "fixed_in_degree", probability = "50 %" }
"#;

#[test]
fn the_program_is_the_model_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("model.toml");
    std::fs::write(&path, FILE).unwrap();
    let (library, job) = (library(), Job::threads(2));
    let file = read_model(&path, &[], &library).unwrap();
    let model = program::network().check(&library).unwrap();
    assert_eq!(model.spec(), file.spec());

    let run = simulate(&model, &job).unwrap().complete().unwrap();
    let theory = predict(&model, &library, &job).unwrap();
    let comparison = compare(&file, &run, &theory, &library, &job).unwrap();
    let state = theory.stationary(&job).unwrap().unwrap();
    let [from, to] = comparison.windows.stationary;
    for (name, around) in [("E", 1.5), ("I", 5.7)] {
        let population = comparison.population(name).unwrap();
        let rate = population.rate;
        assert_eq!(run.rate(name, from..to), rate.simulated);
        assert_eq!(state.rate(name), population.fitted_rate);
        for rate in [rate.simulated, rate.predicted] {
            assert!((rate.unwrap() / around - 1.0).abs() < 0.25, "{name}: {rate:?}");
        }
    }
    assert!(
        comparison.to_string().starts_with("E: ") && comparison.to_string().lines().count() == 2
    );
}
