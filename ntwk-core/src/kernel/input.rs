//! The synaptic and injected input of a block of neurons in one step.

use std::ops::Range;

use pulp::Arch;

use super::synapse::{ConductanceSums, Injected, ReceptorColumn, sum_conductances};

/// Synaptic and injected input of a block of neurons in one step; asking for it advances the receptors.
///
/// The total input current of a neuron is `drive - g V` with `g = Σ_r g_r` (nS) and
/// `drive = Σ_r g_r E_r + I` (pA), so that a cell needs to know nothing of receptors.
///
/// For a cell with a [`LinearMembrane`](crate::kernel::LinearMembrane), `drive` is the potential (mV) that the
/// currents of the step have added at its end, `∫_0^dt e^(-(dt - s)/tau_m) I(s) ds / C_m`, and the rest is not
/// to be used.
pub struct SynapticInput<'a> {
    pub(crate) arch: Arch,
    pub(crate) receptors: &'a mut [ReceptorColumn],
    pub(crate) range: Range<usize>,
    /// Current into all neurons.
    pub(crate) injected: &'a Injected,
    /// Adds currents into single neurons to the sums of the block.
    pub(crate) inject: Option<&'a dyn Fn(&mut ConductanceSums)>,
    pub(crate) sums: &'a mut ConductanceSums,
}

/// The input of each neuron of a block, summed over receptors.
#[derive(Debug, Clone, Copy)]
pub struct SummedInput<'a> {
    /// Total conductance at the start of the step (nS).
    pub g: &'a [f64],
    /// `Σ_r g_r E_r + I` at the start of the step (pA).
    pub drive: &'a [f64],
    /// Total conductance at the end of the step, without the events of this step (nS).
    pub g_end: &'a [f64],
    /// `Σ_r g_r E_r + I` at the end of the step (pA).
    pub drive_end: &'a [f64],
}

/// What cells that look only at the start of the step read: where one or two receptors are all there is, they are
/// summed and decayed in the very loop that advances the cells, which spares the way through memory.
pub(crate) enum StartInput<'a> {
    Sums(SummedInput<'a>),
    One(OneReceptor<'a>),
    Two(TwoReceptors<'a>),
}

impl SynapticInput<'_> {
    /// The input of the step; the receptors decay.
    pub fn sums(&mut self) -> SummedInput<'_> {
        let (n, sums) = (self.range.len(), &mut *self.sums);
        sum_conductances(self.arch, self.receptors, self.range.clone(), self.injected, sums);
        if let Some(inject) = self.inject {
            inject(sums);
        }
        SummedInput {
            g: &sums.g[..n],
            drive: &sums.drive[..n],
            g_end: &sums.g_end[..n],
            drive_end: &sums.drive_end[..n],
        }
    }

    /// The sums of the step, to be used as room afterwards; the receptors decay.
    pub(crate) fn sums_mut(&mut self) -> &mut ConductanceSums {
        self.sums();
        self.sums
    }

    /// The input at the start of the step; the receptors decay as it is taken.
    pub(crate) fn at_start(&mut self) -> StartInput<'_> {
        if self.inject.is_some() || self.receptors.iter().any(|r| r.rise.is_some()) {
            return StartInput::Sums(self.sums());
        }
        let (current, range) = (self.injected.start, &self.range);
        match self.receptors {
            [a] => StartInput::One(OneReceptor { a: DecayingColumn::of(a, range), current }),
            [a, b] => {
                let (a, b) = (DecayingColumn::of(a, range), DecayingColumn::of(b, range));
                StartInput::Two(TwoReceptors { a, b, current })
            }
            _ => StartInput::Sums(self.sums()),
        }
    }
}

/// How a vector loop takes the input of its neurons, each once.
pub(crate) trait TakeInput {
    /// Of the first `n` neurons; tells the compiler that no index is out of bounds.
    #[must_use]
    fn cut(self, n: usize) -> Self;

    /// `(g, drive)` of neuron `i` at the start of the step.
    fn take(&mut self, i: usize) -> (f64, f64);
}

impl TakeInput for SummedInput<'_> {
    #[inline(always)]
    fn cut(self, n: usize) -> Self {
        Self { g: &self.g[..n], drive: &self.drive[..n], ..self }
    }

    #[inline(always)]
    fn take(&mut self, i: usize) -> (f64, f64) {
        (self.g[i], self.drive[i])
    }
}

/// One exponential receptor, `s' = s decay`.
pub(crate) struct DecayingColumn<'a> {
    s: &'a mut [f64],
    p: f64,
    into_drive: f64,
    decay: f64,
}

impl<'a> DecayingColumn<'a> {
    fn of(column: &'a mut ReceptorColumn, range: &Range<usize>) -> Self {
        let ReceptorColumn { s, p, into_drive, decay, .. } = column;
        Self { s: &mut s[range.clone()], p: *p, into_drive: *into_drive, decay: *decay }
    }

    #[inline(always)]
    fn cut(self, n: usize) -> Self {
        Self { s: &mut self.s[..n], ..self }
    }
}

/// `g = p s`, `drive = I + d s`.
pub(crate) struct OneReceptor<'a> {
    a: DecayingColumn<'a>,
    current: f64,
}

impl TakeInput for OneReceptor<'_> {
    #[inline(always)]
    fn cut(self, n: usize) -> Self {
        Self { a: self.a.cut(n), ..self }
    }

    #[inline(always)]
    fn take(&mut self, i: usize) -> (f64, f64) {
        let Self { a, current } = self;
        let s = a.s[i];
        a.s[i] = s * a.decay;
        (s * a.p, *current + s * a.into_drive)
    }
}

/// `g = p_a s_a + p_b s_b`, `drive = I + d_a s_a + d_b s_b`.
pub(crate) struct TwoReceptors<'a> {
    a: DecayingColumn<'a>,
    b: DecayingColumn<'a>,
    current: f64,
}

impl TakeInput for TwoReceptors<'_> {
    #[inline(always)]
    fn cut(self, n: usize) -> Self {
        Self { a: self.a.cut(n), b: self.b.cut(n), ..self }
    }

    #[inline(always)]
    fn take(&mut self, i: usize) -> (f64, f64) {
        let Self { a, b, current } = self;
        let (sa, sb) = (a.s[i], b.s[i]);
        a.s[i] = sa * a.decay;
        b.s[i] = sb * b.decay;
        (sa * a.p + sb * b.p, *current + sa * a.into_drive + sb * b.into_drive)
    }
}
