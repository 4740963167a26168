//! A time step too long for what it has to resolve.

use super::BuiltCell;
use crate::membrane::receptor::Receptor;

/// The longest step (ms) that spikes bear: an action potential rises and falls within about a millisecond.
const LONGEST: f64 = 0.1;

impl BuiltCell {
    /// What the time step is too long for, a sentence each: gates that are faster where spikes go, and receptors that rise faster.
    ///
    /// The step is unconditionally stable, so that nothing else tells: spikes are lost or misshapen in silence.
    #[must_use]
    pub fn coarse_steps(&self) -> Vec<String> {
        let settings = &self.spec.simulation.settings;
        let dt = settings.dt;
        let mut remarks = Vec::new();
        let outside = self.spec.extracellular.as_ref().and_then(|e| e.every);
        for (key, every) in
            [("record.every", self.spec.record.every), ("extracellular.every", outside)]
        {
            if let Some(every) = every.filter(|every| *every < dt * (1.0 - 1e-6)) {
                remarks.push(format!(
                    "{key} = {every} ms is shorter than the step: samples are a step of {dt} ms apart"
                ));
            }
        }
        if dt <= LONGEST {
            return remarks;
        }
        let gates = self.cell.fastest_gate(settings.celsius, settings.calcium_init);
        if let Some((name, tau)) = gates.filter(|(_, tau)| *tau < dt) {
            remarks.push(format!(
                "simulation.dt = {dt} ms is too long for spikes: gates of {name} take {tau:.2} ms where they are fastest. Spikes may \
                 be lost or misshapen; 0.025 ms is usual, at most {LONGEST} ms"
            ));
        }
        let used =
            |name: &String| self.spec.synapses.values().any(|s| s.receptors.get(name).is_some());
        for (name, receptor) in self.spec.receptors.iter().filter(|(name, _)| used(name)) {
            let (what, tau) = match receptor.receptor() {
                Receptor::DoubleExponential(r) => ("rises", r.tau_rise),
                Receptor::GabaB(r) => ("has transmitter", r.pulse),
            };
            if tau < dt {
                remarks.push(format!(
                    "simulation.dt = {dt} ms is too long for the receptor {name}, which {what} within {tau} ms"
                ));
            }
        }
        remarks
    }
}
