//! What acts after the end of a run.

use super::{BuiltCell, Electrode};

impl BuiltCell {
    /// Synapses whose spikes come after the end of the run, and currents of electrodes that never act in it or whose samples do not
    /// reach its end, a sentence each.
    #[must_use]
    pub fn late_events(&self) -> Vec<String> {
        let t_stop = self.spec.simulation.t_stop;
        let mut remarks = Vec::new();
        for group in &self.synapses {
            let times = || group.events.iter().flatten();
            let late = times().filter(|&&t| t >= t_stop).count();
            if late > 0 {
                let all = times().count();
                let some = if late == all {
                    "all spikes".to_owned()
                } else {
                    format!("{late} of {all} spikes")
                };
                remarks.push(format!(
                    "synapses.{}: {some} come after the end of the run ({t_stop} ms)",
                    group.name
                ));
            }
        }
        for (i, electrode) in self.spec.electrodes.iter().enumerate() {
            let Electrode::Current { current } = &electrode.electrode else { continue };
            let waveform = ntwk_core::spec::waveform::Waveform::from(current.0.clone());
            if let Some([from, to]) = waveform.never_within(t_stop) {
                remarks.push(format!(
                    "electrodes[{i}] acts from {from} to {to} ms and never within the run (0 to {t_stop} ms)"
                ));
            }
            remarks.extend(
                waveform.held_samples(t_stop).map(|held| format!("electrodes[{i}]: {held}")),
            );
        }
        remarks
    }
}
