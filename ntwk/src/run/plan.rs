//! Estimate of a run before it is made: neurons, synapses, memory, disk, time.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::engine::network::memory::MemoryNeed;
use ntwk_core::engine::network::steps_per_exchange;
use ntwk_core::recording::recorder::Segment;
use ntwk_core::spec::ConnectionSpec;
use ntwk_core::{CellLibrary, Faults, Job, Model, Network, Recorder, RecorderError, Simulation};

/// Synapses up to which the network itself is built to measure its speed; larger ones are measured
/// on a smaller network with the same in-degrees.
const MEASURED_SYNAPSES: f64 = 2e7;
/// The same for the state of the neurons (bytes).
const MEASURED_STATE: f64 = 1e9;
/// A part of so many times that number of synapses is not measured.
const LARGEST_PART: f64 = 10.0;
/// Bytes of a spike in a file: time and neuron.
const SPIKE_BYTES: f64 = 16.0;
/// Bytes per step and population of the spike counts.
const COUNT_BYTES: f64 = 4.0;

/// What a model needs, known without running it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Resources {
    /// Neurons of all populations.
    pub neurons: u64,
    /// Expected synapses in target lists (independent event trains need none).
    pub synapses: f64,
    /// Bytes of state: variables, conductances, refractory times.
    pub state_bytes: f64,
    /// Bytes of the target lists.
    pub synapse_bytes: f64,
    /// Further bytes while the network is built.
    pub building_bytes: f64,
    /// Bytes of the recorded variables in the file, in single precision.
    pub sample_bytes: f64,
    /// Bytes of the spike counts in the file.
    pub count_bytes: f64,
}

impl Resources {
    /// What `model` needs.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let populations = model.populations();
        let need = MemoryNeed::of(model);
        let n_steps = u64::from(model.n_steps());
        let samples: f64 = (0..populations.len())
            .flat_map(|i| model.sampled(i))
            .map(|s| s.expected_columns(model) * s.steps.before(n_steps) as f64)
            .sum();
        Self {
            neurons: populations.iter().map(|p| u64::from(p.size)).sum(),
            synapses: need.synapses,
            state_bytes: need.state,
            synapse_bytes: need.target_lists,
            building_bytes: need.building,
            sample_bytes: 4.0 * samples,
            count_bytes: COUNT_BYTES * f64::from(model.n_steps()) * populations.len() as f64,
        }
    }
}

/// Speed of a model on this machine, from a short run.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Calibration {
    /// Fraction of the network that was run (1: the network itself).
    pub fraction: f64,
    /// Simulated time of the short run (ms).
    pub simulated_ms: f64,
    /// Wall-clock seconds the short run took, building included.
    pub seconds: f64,
    /// Threads used.
    pub threads: usize,
    /// Expected seconds to build the whole network.
    pub build_seconds: f64,
    /// Expected seconds to simulate the whole run (writing the recorded variables comes on top).
    pub simulate_seconds: f64,
    /// Expected number of spikes of the whole run, if the activity of the short run goes on.
    pub spikes: f64,
    /// Bytes of the recorded spikes in the file, of populations and afferents.
    pub spike_bytes: f64,
}

/// Time (s) that a worker is taken to need to look up a spike among its synapses.
pub const LOOK_UP_SECONDS: f64 = 8e-8;

/// How ranks are taken to be connected.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Interconnect {
    /// In words.
    pub name: &'static str,
    /// Time (s) of an exchange between two ranks; it is taken for every doubling of their number.
    pub latency: f64,
    /// Bytes per second into a rank.
    pub bandwidth: f64,
}

/// The interconnects of an estimate.
pub const INTERCONNECTS: [Interconnect; 2] = [
    Interconnect { name: "shared memory or InfiniBand", latency: 6e-6, bandwidth: 5e9 },
    Interconnect { name: "Ethernet", latency: 6e-5, bandwidth: 1e8 },
];

/// What a run over ranks is taken to need: a model of its performance with assumed constants, not a measurement.
///
/// With N workers in all, S spikes and n exchanges in the run,
///
/// ```text
/// computing = (time of the calibration on one thread) / N
/// looking up = S * 80 ns                                       on every worker, however many there are
/// exchanging = n * latency * ceil(log2(ranks)) + 4 bytes * S / bandwidth
/// ```
///
/// It leaves out that ranks wait for the slowest of them, and what every rank does for itself (trains of afferent neurons).
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RankEstimate {
    /// Number of ranks.
    pub ranks: u32,
    /// Threads of each.
    pub threads: u32,
    /// Steps between two exchanges.
    pub steps_per_exchange: u32,
    /// Seconds to build the network.
    pub build_seconds: f64,
    /// Seconds of what the workers share.
    pub computing_seconds: f64,
    /// Seconds of what each does for all spikes.
    pub look_up_seconds: f64,
    /// Seconds of the exchanges over each of [`INTERCONNECTS`].
    pub exchange_seconds: [f64; 2],
    /// Bytes of state and synapses of a rank.
    pub bytes: f64,
}

impl RankEstimate {
    /// For `model`, whose speed on this machine is `measured`, on `threads` threads of each of `ranks` ranks.
    #[must_use]
    pub fn of(model: &Model, measured: &Calibration, ranks: u32, threads: u32) -> Self {
        let needs = Resources::of(model);
        let share = measured.threads as f64 / (f64::from(ranks) * f64::from(threads));
        let steps_per_exchange = steps_per_exchange(model);
        let exchanges = f64::from(model.n_steps()) / f64::from(steps_per_exchange);
        let doublings = f64::from(ranks).log2().ceil();
        Self {
            ranks,
            threads,
            steps_per_exchange,
            build_seconds: measured.build_seconds * share,
            computing_seconds: measured.simulate_seconds * share,
            look_up_seconds: measured.spikes * LOOK_UP_SECONDS,
            exchange_seconds: INTERCONNECTS.map(|between| {
                exchanges * between.latency * doublings + 4.0 * measured.spikes / between.bandwidth
            }),
            bytes: (needs.state_bytes + needs.synapse_bytes) / f64::from(ranks),
        }
    }
}

/// A calibration that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// In-degrees, which are kept, are so large that no part is small.
    #[error(
        "two neurons of each population would have {synapses:.3e} synapses: no part is small enough to be measured"
    )]
    TooLarge {
        /// Synapses of the smallest part.
        synapses: f64,
    },
    /// The smaller network is no valid model.
    #[error("the smaller network of the calibration cannot be built: {0}")]
    Reduced(#[from] Faults),
}

/// Measures the speed of `model` by running it for about `budget` seconds.
///
/// A network of more than twenty million synapses, or a gigabyte of state, is replaced by a part of it with the same
/// in-degrees, whose cost per neuron is that of the whole; then the activity, and with it the
/// number of spikes, is that of the part. A run that blows up is measured up to there. Where other programs take the processors
/// meanwhile, the time that this one had counts.
///
/// # Errors
/// [`PlanError`].
pub fn calibrate(
    model: &Model,
    library: &CellLibrary,
    job: &Job<'_>,
    budget: f64,
) -> Result<Calibration, PlanError> {
    let whole = Resources::of(model);
    let fraction = (MEASURED_SYNAPSES / whole.synapses).min(MEASURED_STATE / whole.state_bytes);
    let part = if fraction < 1.0 { reduced(model, fraction, library)? } else { None };
    let measured = part.as_ref().unwrap_or(model);
    let Resources { neurons, synapses, .. } = Resources::of(measured);
    if synapses > LARGEST_PART * MEASURED_SYNAPSES {
        return Err(PlanError::TooLarge { synapses });
    }
    let fraction = neurons as f64 / whole.neurons as f64;

    let (start, building) = (Instant::now(), Clock::start());
    let network = Network::build(measured, job)?;
    let threads = network.threads();
    let mut simulation = Simulation::new(network);
    // Threads that build wait for each other: their time is no measure.
    let build = if threads == 1 { building.seconds(1) } else { building.wall().as_secs_f64() };
    let mut tally = Tally::default();
    let (running, measuring) = (Instant::now(), Clock::start());
    let mut segment = 1;
    while simulation.step() < measured.n_steps() && running.elapsed().as_secs_f64() < budget {
        let steps = segment.min(measured.n_steps() - simulation.step());
        if simulation.advance(steps, &mut tally).is_err() {
            break;
        }
        // Few looks at the clock, and none later than a quarter of what is done already.
        segment = (simulation.step() / 4).max(1);
    }
    let seconds = measuring.seconds(threads);
    let steps = f64::from(simulation.step().max(1));
    let scale = f64::from(model.n_steps()) / steps / fraction;
    let spikes = tally.spikes as f64 * scale;
    Ok(Calibration {
        fraction,
        simulated_ms: simulation.time(),
        seconds: start.elapsed().as_secs_f64(),
        threads,
        build_seconds: build / fraction,
        simulate_seconds: seconds * scale,
        spikes,
        spike_bytes: SPIKE_BYTES
            * (if model.spec().record.spikes { spikes } else { 0.0 }
                + tally.afferent_spikes as f64 * scale),
    })
}

/// A part of a network: populations smaller by `fraction`, in-degrees kept; `None` when its
/// connections name neurons, so that there is no such part.
fn reduced(model: &Model, fraction: f64, library: &CellLibrary) -> Result<Option<Model>, Faults> {
    let mut spec = model.spec().clone();
    for projection in &mut spec.projections {
        // In-degrees are those of the whole network, for every target the same.
        let found = model.projections().iter().find(|p| {
            model.source_name(p.source) == projection.source
                && projection.target.contains(&model.populations()[p.target].name)
        });
        let Some(found) = found else { return Ok(None) };
        match projection.connection {
            ConnectionSpec::Pairs { .. } => return Ok(None),
            ConnectionSpec::OneToOne => {}
            _ => {
                projection.connection = ConnectionSpec::FixedInDegree {
                    in_degree: Some(found.in_degree.round() as u64),
                    probability: None,
                    multapses: true,
                    autapses: false,
                };
            }
        }
    }
    // They name neurons that the part may not have.
    spec.record.traces.clear();
    for population in spec.populations.values_mut() {
        population.injections.clear();
        population.voltage_clamp.0.clear();
        population.size = ((population.size as f64 * fraction).ceil() as u64).max(2);
    }
    Model::from_spec(spec, library).map(Some)
}

/// Counts spikes and keeps nothing else.
#[derive(Default)]
struct Tally {
    spikes: u64,
    /// Afferent spikes that are recorded.
    afferent_spikes: u64,
}

impl Recorder for Tally {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        self.spikes += segment.populations.iter().map(|p| p.spikes.len() as u64).sum::<u64>();
        self.afferent_spikes += segment.afferents.iter().map(|a| a.len() as u64).sum::<u64>();
        Ok(())
    }
}

/// Time that passes, and time of the processors that this program takes.
struct Clock {
    wall: Instant,
    processors: ProcessTime,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Instant::now(), processors: ProcessTime::now() }
    }

    fn wall(&self) -> Duration {
        self.wall.elapsed()
    }

    /// Seconds that work on this many threads, which are all at work, would have taken on processors of its own.
    fn seconds(&self, threads: usize) -> f64 {
        let each = self.processors.elapsed().as_secs_f64() / threads as f64;
        self.wall().as_secs_f64().min(each)
    }
}
