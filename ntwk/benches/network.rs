//! Time of the network engine on the examples: `cargo bench`.
//!
//! The numbers are for comparing two states of this code on one machine. How long other simulators take for the same
//! networks is measured by the scripts in `validation/peers`.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ntwk::core::recording::recorder::Segment;
use ntwk::core::{Job, Model, Network, Recorder, RecorderError, Simulation};
use ntwk::io::read_model;

/// Keeps nothing, so that only the engine is measured.
struct Nothing;

impl Recorder for Nothing {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        black_box(segment);
        Ok(())
    }
}

fn example(name: &str) -> Model {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).join("model.toml");
    read_model(&file, &[], &ntwk::cells::library()).unwrap_or_else(|error| panic!("{error}"))
}

/// 100 ms of model time of a network that has left its onset behind.
fn advance(c: &mut Criterion) {
    let mut group = c.benchmark_group("advance 100 ms");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    for name in ["coba", "rs-fs", "ring"] {
        let model = example(name);
        let steps = |ms: f64| (ms / model.dt()).round() as u32;
        for threads in [1, 2] {
            let network =
                Network::build(&model, &Job::threads(threads)).expect("the examples are small");
            let mut simulation = Simulation::new(network);
            simulation.advance(steps(300.0), &mut Nothing).expect("the examples run");
            group.bench_function(BenchmarkId::new(name, format!("{threads} threads")), |b| {
                b.iter(|| {
                    simulation.advance(steps(100.0), &mut Nothing).expect("the examples run");
                });
            });
        }
    }
    group.finish();
}

/// From the valid model to the network with its target lists.
fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("build");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    for name in ["coba", "rs-fs", "ring"] {
        let model = example(name);
        group.bench_function(name, |b| {
            b.iter(|| Network::build(&model, &Job::threads(1)).expect("the examples are small"));
        });
    }
    group.finish();
}

criterion_group!(benches, advance, build);
criterion_main!(benches);
