//! Where the faults of a model go.

use std::ops::Range;

use crate::spec::fault::{Fault, FaultKind, Faults};
use crate::spec::tree::Node;
use crate::spec::waveform::{Span, Waveform};

/// Most spikes of one afferent neuron in a step: no neuron fires faster than once in some steps, and a sum of the trains of many
/// neurons written as one is well below.
const MOST_SPIKES_PER_STEP: f64 = 100.0;

/// Adds faults to those of reading, each with the line and the value that its key has in the file; and says which keys are at
/// fault already, so that nothing is judged by what stands in for them.
pub(super) struct Judge<'a> {
    root: &'a Node,
    faults: &'a mut Faults,
}

impl<'a> Judge<'a> {
    pub fn new(root: &'a Node, faults: &'a mut Faults) -> Self {
        Self { root, faults }
    }

    /// Whether no fault was found so far.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether a key is at fault.
    pub fn concerns(&self, key: &str) -> bool {
        !self.faults.is_empty() && self.faults.concern(key)
    }

    /// Whether a section is no table of names, so that none is missing in it.
    pub fn is_unreadable(&self, section: &str) -> bool {
        self.faults.list.iter().any(|fault| fault.key == section)
    }

    /// The file.
    pub fn root(&self) -> &'a Node {
        self.root
    }

    /// Adds a fault of the value that the file has. What is wrong for several targets of a projection is said once.
    pub fn fault(&mut self, key: impl Into<String>, kind: FaultKind) {
        let key = key.into();
        let (node, exact) = self.root.locate(&key);
        let value = exact.then(|| node.display());
        let fault = Fault { key, value, line: node.line, kind };
        if !self.faults.list.contains(&fault) {
            self.faults.list.push(fault);
        }
    }

    /// Adds a fault as it is.
    pub fn add(&mut self, fault: Fault) {
        self.faults.list.push(fault);
    }

    /// Adds a fault of a value.
    pub fn fault_of(
        &mut self,
        key: impl Into<String>,
        value: &dyn std::fmt::Display,
        kind: FaultKind,
    ) {
        let key = key.into();
        let line = self.root.locate(&key).0.line;
        self.faults.push(key, Some(value.to_string()), line, kind);
    }

    /// Adds a fault of values that are wrong together.
    pub fn broken(&mut self, key: impl Into<String>, rule: impl Into<String>) {
        self.fault(key, FaultKind::Combination { rule: rule.into() });
    }

    /// Faults a waveform that is not finite at some step.
    pub fn finite(&mut self, waveform: &Waveform, n_steps: u32, dt: f64, key: &str) {
        if self.concerns(key) {
            return;
        }
        // Billions of steps are looked at only where one of them may be wrong.
        if waveform.bounds(f64::from(n_steps) * dt).iter().all(|x| x.is_finite()) {
            return;
        }
        if let Some(t) = first_time(waveform, n_steps, dt, |x| !x.is_finite()) {
            let allowed = format!("finite (it is not at t = {t} ms)");
            self.fault(key, FaultKind::OutOfRange { allowed });
        }
    }

    /// Faults a rate that is negative, not finite, or beyond what a step can hold at some step.
    pub fn rate(&mut self, rate: &Waveform, n_steps: u32, dt: f64, key: &str) {
        if self.concerns(key) {
            return;
        }
        let most = MOST_SPIKES_PER_STEP / (dt * 1e-3);
        let [low, high] = rate.bounds(f64::from(n_steps) * dt);
        if low >= 0.0 && high <= most {
            return;
        }
        // The negation also catches NaN.
        if let Some(t) = first_time(rate, n_steps, dt, |x| !(x >= 0.0 && x.is_finite())) {
            let allowed = format!("a rate >= 0 Hz (it is {} Hz at t = {t} ms)", rate.at(t));
            self.fault(key, FaultKind::OutOfRange { allowed });
            return;
        }
        if let Some(t) = first_time(rate, n_steps, dt, |x| x > most) {
            let (at, spikes) = (rate.at(t), rate.at(t) * dt * 1e-3);
            let allowed = format!(
                "at most {most} Hz, {MOST_SPIKES_PER_STEP} spikes of one afferent neuron in a step of {dt} ms (it is {at} \
                 Hz at t = {t} ms, {spikes} spikes)"
            );
            self.fault(key, FaultKind::OutOfRange { allowed });
        }
    }

    /// The step that starts at the time of an event; a fault and `None` where it is after the run.
    pub fn step_of_event(&mut self, time: f64, n_steps: u32, dt: f64, path: &str) -> Option<u32> {
        let step = (time / dt).round();
        if self.concerns("simulation") {
            return None;
        }
        if step >= f64::from(n_steps) {
            let end = f64::from(n_steps) * dt;
            let allowed = format!("from 0 to before the end of the run ({end} ms)");
            self.fault_of(format!("{path}.time"), &time, FaultKind::OutOfRange { allowed });
            return None;
        }
        Some(step as u32)
    }

    /// The steps of a span, to `u32::MAX` where it has no end; a fault and `None` for one that holds no step of the run.
    pub fn steps_of(
        &mut self,
        span: &Span,
        n_steps: u32,
        dt: f64,
        path: &str,
    ) -> Option<Range<u32>> {
        let keys = ["start", "stop", "duration"].map(|key| format!("{path}.{key}"));
        if keys.iter().any(|key| self.concerns(key)) || self.concerns("simulation") {
            return None;
        }
        let step = |t: f64| if t.is_finite() { (t / dt).round() } else { t };
        let (start, end) = (step(span.start).max(0.0), step(span.end()));
        let [start_key, stop_key, duration_key] = keys;
        if start >= f64::from(n_steps) {
            let end = f64::from(n_steps) * dt;
            self.broken(start_key, format!("begins after the run, which ends at {end} ms"));
            return None;
        }
        if end <= start {
            let key = if span.duration.is_some() { duration_key } else { stop_key };
            self.broken(key, format!("leaves no step of the run (dt = {dt} ms)"));
            return None;
        }
        // The cast ends at `u32::MAX`.
        Some(start as u32..end as u32)
    }
}

/// The fault of a name that refers to nothing.
pub(super) fn unknown<'n>(
    what: &'static str,
    name: &str,
    names: impl IntoIterator<Item = &'n String>,
) -> FaultKind {
    FaultKind::unknown_name(what, name, names.into_iter().map(String::as_str))
}

/// The first step time at which the value of `waveform` satisfies `bad`.
fn first_time(
    waveform: &Waveform,
    n_steps: u32,
    dt: f64,
    bad: impl Fn(f64) -> bool,
) -> Option<f64> {
    let steps = if waveform.constant().is_some() { 1 } else { n_steps };
    // The first step is at zero whatever the step.
    let time = |k: u32| if k == 0 { 0.0 } else { f64::from(k) * dt };
    (0..steps).map(time).find(|&t| bad(waveform.at(t)))
}
