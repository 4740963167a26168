//! Ranges of the single values of a description made by code; a file's are checked as it is read.

use crate::spec::fault::{FaultKind, Faults};
use crate::spec::units::Dimension;
use crate::spec::waveform::{Shape, Waveform};
use crate::spec::{
    AfferentActivity, ConnectionSpec, DelaySpec, Distribution, ModelSpec, Named, PlasticitySpec,
    ReceptorKind, SpaceSpec, Trains,
};

/// Adds a fault for every single value of `spec` that no file could hold.
pub(super) fn check_ranges(spec: &ModelSpec, faults: &mut Faults) {
    let mut checker = Checker(faults);
    checker.names(&spec.receptors, "receptors");
    checker.names(&spec.populations, "populations");
    checker.names(&spec.afferents, "afferents");
    for (name, receptor) in &spec.receptors.0 {
        let key = |k: &str| format!("receptors.{name}.{k}");
        checker.value(key("E_rev"), receptor.kind.E_rev().unwrap_or(0.0), f64::is_finite, "finite");
        checker.value(key("tau_syn"), receptor.tau_syn, positive, "> 0 ms");
        if let Some(rise) = receptor.tau_rise {
            let holds = |x: f64| x > 0.0 && x <= receptor.tau_syn;
            checker.value(key("tau_rise"), rise, holds, "> 0 ms and at most tau_syn");
        }
        if let ReceptorKind::Mixture { alpha, V_0, .. } = receptor.kind {
            checker.value(key("alpha"), alpha, is_probability, "between 0 and 1");
            checker.value(key("V_0"), V_0, f64::is_finite, "finite");
        }
    }
    for (name, population) in &spec.populations.0 {
        checker.size(format!("populations.{name}.size"), population.size);
        if let Some(current) = &population.current {
            checker.waveform(&format!("populations.{name}.I_e"), current);
        }
        for (i, injection) in population.injections.iter().enumerate() {
            let path = format!("populations.{name}.injections[{i}].current");
            checker.waveform(&path, &injection.current);
        }
        if let Some(clamp) = &population.voltage_clamp {
            checker.waveform(&format!("populations.{name}.voltage_clamp.V"), &clamp.V);
        }
        let key = |k: &str| format!("populations.{name}.space.{k}");
        match population.space {
            Some(SpaceSpec::Ring { length }) => {
                checker.value(key("length"), length, positive, "> 0 um");
            }
            Some(SpaceSpec::Sheet { width, height, .. }) => {
                checker.value(key("width"), width, positive, "> 0 um");
                checker.value(key("height"), height, positive, "> 0 um");
            }
            None => {}
        }
    }
    for (name, afferent) in &spec.afferents.0 {
        checker.size(format!("afferents.{name}.size"), afferent.size);
        match &afferent.activity {
            AfferentActivity::Rate { rate, trains, .. } => {
                checker.waveform(&format!("afferents.{name}.rate"), rate);
                if let Trains::PerSource { correlation, spikes } = trains {
                    let key = format!("afferents.{name}.correlation");
                    checker.value(key, *correlation, |c| (0.0..1.0).contains(&c), "in [0, 1)");
                    let key = format!("afferents.{name}.spikes.ids");
                    checker.lengths(key, "times", spikes.times.len(), spikes.ids.len());
                }
            }
            AfferentActivity::Spikes { spikes } => {
                let key = format!("afferents.{name}.spikes.ids");
                checker.lengths(key, "times", spikes.times.len(), spikes.ids.len());
            }
        }
    }
    for (i, projection) in spec.projections.iter().enumerate() {
        let key = |k: &str| format!("projections[{i}].{k}");
        let kind = spec.receptors.get(&projection.receptor).map(|r| r.kind.dimension());
        checker.distribution(key("weight"), &projection.weight);
        if kind != Some(Dimension::Current) {
            checker.value(key("weight"), least(&projection.weight), not_negative, ">= 0 nS");
        }
        checker.listed(key("weight"), &projection.weight, &projection.connection);
        match &projection.delay {
            DelaySpec::Drawn(delay) => {
                checker.distribution(key("delay"), delay);
                checker.value(key("delay"), least(delay), not_negative, ">= 0 ms");
                checker.listed(key("delay"), delay, &projection.connection);
            }
            DelaySpec::Distance { base, velocity } => {
                checker.value(key("delay.base"), *base, not_negative, ">= 0 ms");
                checker.value(key("delay.velocity"), *velocity, positive, "> 0 m/s");
            }
        }
        checker.plasticity(projection.plasticity, &key("plasticity"));
        let release = projection.release_probability;
        checker.value(key("release_probability"), release, is_probability, "between 0 and 1");
        match &projection.connection {
            ConnectionSpec::FixedInDegree { probability: Some(p), .. }
            | ConnectionSpec::PairwiseBernoulli { probability: p, .. } => {
                let key = key("connection.probability");
                checker.value(key, *p, is_probability, "between 0 and 1");
            }
            ConnectionSpec::DistanceGaussian { sigma, probability, .. } => {
                checker.value(key("connection.sigma"), *sigma, positive, "> 0 um");
                let p = probability.unwrap_or(0.0);
                checker.value(key("connection.probability"), p, is_probability, "between 0 and 1");
            }
            ConnectionSpec::Pairs { sources, targets } => {
                let n = sources.len();
                checker.lengths(key("connection.targets"), "sources", n, targets.len());
            }
            _ => {}
        }
    }
    checker.settings(spec);
}

/// The mean, or the least of listed values.
fn least(distribution: &Distribution) -> f64 {
    match distribution {
        Distribution::Listed(values) => values.iter().copied().fold(f64::INFINITY, f64::min),
        other => other.mean(),
    }
}

fn positive(x: f64) -> bool {
    x > 0.0 && x.is_finite()
}

fn not_negative(x: f64) -> bool {
    x >= 0.0 && x.is_finite()
}

fn is_probability(x: f64) -> bool {
    (0.0..=1.0).contains(&x)
}

struct Checker<'f>(&'f mut Faults);

impl Checker<'_> {
    fn value(&mut self, key: String, x: f64, holds: impl Fn(f64) -> bool, allowed: &str) {
        if !holds(x) {
            let kind = FaultKind::OutOfRange { allowed: allowed.to_owned() };
            self.0.push(key, Some(x.to_string()), None, kind);
        }
    }

    fn size(&mut self, key: String, n: u64) {
        if n == 0 || n > u64::from(u32::MAX) {
            let kind = FaultKind::OutOfRange { allowed: format!("between 1 and {}", u32::MAX) };
            self.0.push(key, Some(n.to_string()), None, kind);
        }
    }

    fn distribution(&mut self, key: String, distribution: &Distribution) {
        if let Some(rule) = distribution.broken_rule() {
            self.0.push(key, None, None, FaultKind::Combination { rule });
        }
    }

    fn listed(&mut self, key: String, values: &Distribution, connection: &ConnectionSpec) {
        if let Some(rule) = connection.list_fault(values) {
            self.0.push(key, None, None, FaultKind::Combination { rule });
        }
    }

    #[allow(non_snake_case)]
    fn plasticity(&mut self, plasticity: Option<PlasticitySpec>, path: &str) {
        let key = |k: &str| format!("{path}.{k}");
        match plasticity {
            None => {}
            Some(PlasticitySpec::TsodyksMarkram { U, tau_rec, tau_facil }) => {
                self.value(key("U"), U, |x| x > 0.0 && x <= 1.0, "above 0 and at most 1");
                self.value(key("tau_rec"), tau_rec, positive, "> 0 ms");
                self.value(key("tau_facil"), tau_facil, not_negative, ">= 0 ms");
            }
            Some(PlasticitySpec::Stdp { A_plus, A_minus, tau_plus, tau_minus, w_max }) => {
                self.value(key("A_plus"), A_plus, f64::is_finite, "finite");
                self.value(key("A_minus"), A_minus, f64::is_finite, "finite");
                self.value(key("tau_plus"), tau_plus, positive, "> 0 ms");
                self.value(key("tau_minus"), tau_minus, positive, "> 0 ms");
                self.value(key("w_max"), w_max, positive, "> 0");
            }
        }
    }

    fn lengths(&mut self, key: String, others: &str, expected: usize, found: usize) {
        if expected != found {
            let rule = format!("has {found} entries, {others} has {expected}");
            self.0.push(key, None, None, FaultKind::Combination { rule });
        }
    }

    fn names<T>(&mut self, named: &Named<T>, section: &str) {
        for (i, name) in named.names().enumerate() {
            if named.index(name) != Some(i) {
                let kind = FaultKind::Duplicate { what: "name" };
                self.0.push(format!("{section}.{name}"), None, None, kind);
            }
        }
    }

    fn waveform(&mut self, path: &str, waveform: &Waveform) {
        let key = |k: &str| format!("{path}.{k}");
        let shape = match waveform {
            Waveform::Constant(_) => return,
            Waveform::Sum(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    self.waveform(&format!("{path}[{i}]"), part);
                }
                return;
            }
            Waveform::Shape(shape) => shape,
        };
        match shape {
            Shape::Steps { times, values, .. } => {
                self.lengths(key("values"), "times", times.len(), values.len());
                if times.is_empty() || !times.windows(2).all(|w| w[0] < w[1]) {
                    let rule = "the onsets must increase, at least one".to_owned();
                    self.0.push(key("times"), None, None, FaultKind::Combination { rule });
                }
            }
            Shape::Gaussian { width, .. } => {
                self.value(key("width"), *width, positive, "> 0 ms");
            }
            Shape::DoubleGaussian { width_rise, width_decay, .. } => {
                self.value(key("width_rise"), *width_rise, positive, "> 0 ms");
                self.value(key("width_decay"), *width_decay, positive, "> 0 ms");
            }
            Shape::Ramp { start, stop, .. } => {
                let rule = format!("> start ({start} ms)");
                self.value(key("stop"), *stop, |x| x > *start && x.is_finite(), &rule);
            }
            Shape::Oscillation { frequency, .. } => {
                let holds = |x: f64| x >= 0.0 && x.is_finite();
                self.value(key("frequency"), *frequency, holds, ">= 0 Hz");
            }
            Shape::Sampled { interval, values, .. } => {
                self.value(key("interval"), *interval, positive, "> 0 ms");
                if values.is_empty() {
                    let allowed = "a list of at least one sample".to_owned();
                    self.0.push(key("values"), None, None, FaultKind::OutOfRange { allowed });
                }
            }
        }
    }

    fn settings(&mut self, spec: &ModelSpec) {
        let (theory, scan) = (&spec.theory, &spec.theory.scan);
        let times = [
            ("record.interval", spec.record.interval),
            ("compare.smoothing", spec.compare.smoothing),
            ("theory.T", Some(theory.T)),
            ("theory.scan.duration", Some(scan.duration)),
        ];
        for (key, time) in times {
            self.value(key.to_owned(), time.unwrap_or(1.0), positive, "> 0 ms");
        }
        let settle = scan.settle.unwrap_or(0.0);
        let holds = |x: f64| x >= 0.0 && x.is_finite();
        self.value("theory.scan.settle".to_owned(), settle, holds, ">= 0 ms");
        for (key, rate) in [("background_max", scan.background_max), ("rate_max", scan.rate_max)] {
            self.value(format!("theory.scan.{key}"), rate, positive, "> 0 Hz");
        }
        let (below, above) = (scan.below_threshold, scan.above_threshold);
        let holds = |x: f64| x < 0.0 && x.is_finite();
        self.value("theory.scan.below_threshold".to_owned(), below, holds, "< 0 mV");
        let holds = |x: f64| x > below && x.is_finite();
        self.value("theory.scan.above_threshold".to_owned(), above, holds, "> below_threshold");
        let counts = [
            (
                "threshold_terms",
                theory.threshold_terms,
                [4, 5, 10, 11].contains(&theory.threshold_terms),
                "4, 5, 10 or 11",
            ),
            (
                "scan.potential_points",
                scan.potential_points,
                (2..=1000).contains(&scan.potential_points),
                "between 2 and 1000",
            ),
            (
                "scan.background_points",
                scan.background_points,
                (1..=1000).contains(&scan.background_points),
                "between 1 and 1000",
            ),
            (
                "scan.neurons",
                scan.neurons,
                (2..=100_000).contains(&scan.neurons),
                "between 2 and 100000",
            ),
        ];
        for (key, n, holds, allowed) in counts {
            self.value(format!("theory.{key}"), n as f64, |_| holds, allowed);
        }
        let windows =
            [("stationary", spec.compare.stationary), ("transient", spec.compare.transient)];
        for (key, window) in windows {
            if window.is_some_and(|[start, stop]| !(start >= 0.0 && start < stop)) {
                let allowed = "[start, stop] in ms with 0 <= start < stop".to_owned();
                let kind = FaultKind::OutOfRange { allowed };
                self.0.push(format!("compare.{key}"), None, None, kind);
            }
        }
    }
}
