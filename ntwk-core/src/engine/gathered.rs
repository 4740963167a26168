//! What the workers of a rank bring back from a segment, as the bytes that rank 0 gathers.

use crate::engine::blow_up::{BlowUp, BlowUpCause};
use crate::engine::network::{Shared, WorkerShare};
use crate::engine::worker::WorkerOutput;
use crate::spec::interned::interned;

/// The outputs of the workers of a rank.
pub(crate) fn encode(outputs: &[WorkerOutput]) -> Vec<u8> {
    let mut bytes = Writer(Vec::new());
    for output in outputs {
        bytes.pairs(&output.spikes);
        for samples in output.traces.iter().flatten() {
            bytes.word(samples.len() as u64);
            samples.iter().for_each(|sample| bytes.word(sample.to_bits()));
        }
        output.afferents.iter().for_each(|spikes| bytes.pairs(spikes));
        bytes.word(u64::from(output.steps));
        bytes.word(u64::from(output.failure.is_some()));
        if let Some(failure) = &output.failure {
            bytes.failure(failure);
        }
    }
    bytes.0
}

/// Those that [`encode`] wrote, of workers with these shares; none of a worker without neurons.
pub(crate) fn decode(shared: &Shared, shares: &[WorkerShare], bytes: &[u8]) -> Vec<WorkerOutput> {
    let mut bytes = Reader(bytes);
    let output = |share: &WorkerShare| {
        let spikes = bytes.pairs();
        let traces = share.iter().map(|(population, _)| {
            let traces = shared.populations[*population].traces.iter();
            traces.map(|_| (0..bytes.word()).map(|_| bytes.number()).collect()).collect()
        });
        let traces = traces.collect();
        WorkerOutput {
            spikes,
            traces,
            afferents: shared.afferents.iter().map(|_| bytes.pairs()).collect(),
            steps: bytes.word() as u32,
            failure: (bytes.word() > 0).then(|| bytes.failure(shared.dt)),
        }
    };
    shares.iter().map(output).collect()
}

struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: u64) {
        self.0.extend_from_slice(&word.to_le_bytes());
    }

    fn pairs(&mut self, pairs: &[(u32, u32)]) {
        self.word(pairs.len() as u64);
        for &(first, second) in pairs {
            self.word(u64::from(first) | u64::from(second) << 32);
        }
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn failure(&mut self, failure: &BlowUp) {
        let BlowUp { population, neuron, variable, value, time, dt: _, cause } = failure;
        self.text(population);
        self.text(variable);
        self.word(u64::from(*neuron));
        let (kind, numbers) = match **cause {
            BlowUpCause::Conductance { total, tau, within_reach } => {
                (u64::from(within_reach), [total, tau])
            }
            BlowUpCause::Current { total, moved } => (2, [total, moved]),
            BlowUpCause::Step { euler } => (3 + u64::from(euler), [0.0; 2]),
        };
        self.word(kind);
        [*value, *time].iter().chain(&numbers).for_each(|x| self.word(x.to_bits()));
    }
}

/// Reads what a [`Writer`] of the same program wrote; what is not there reads as 0.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn word(&mut self) -> u64 {
        let Some((word, rest)) = self.0.split_first_chunk() else { return 0 };
        self.0 = rest;
        u64::from_le_bytes(*word)
    }

    fn number(&mut self) -> f64 {
        f64::from_bits(self.word())
    }

    fn pairs(&mut self) -> Vec<(u32, u32)> {
        let pair = |word: u64| (word as u32, (word >> 32) as u32);
        (0..self.word()).map(|_| pair(self.word())).collect()
    }

    fn text(&mut self) -> String {
        let length = (self.word() as usize).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn failure(&mut self, dt: f64) -> BlowUp {
        let (population, variable) = (self.text(), interned(&self.text()));
        let (neuron, kind) = (self.word() as u32, self.word());
        let [value, time, first, second] = [(); 4].map(|()| self.number());
        let cause = match kind {
            0 | 1 => {
                BlowUpCause::Conductance { total: first, tau: second, within_reach: kind == 1 }
            }
            2 => BlowUpCause::Current { total: first, moved: second },
            _ => BlowUpCause::Step { euler: kind == 4 },
        };
        BlowUp { population, neuron, variable, value, time, dt, cause: Box::new(cause) }
    }
}
