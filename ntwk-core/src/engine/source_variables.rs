//! Variables that a receptor keeps for each source of a projection: raised when a spike arrives, summed into each target.

use pulp::Arch;

use crate::engine::connectivity::{RowPlaces, TargetLists};
use crate::equations::{CellEquations, EquationStepper};
use crate::kernel::{
    BLOCK, CellStepper, Column, ConductanceSums, Injected, NotFinite, StepContext, SynapticInput,
    column,
};
use crate::model::Source;
use crate::spec::Method;

/// The variables of all neurons of a source, for the projections from it that share a receptor and a delay. Every worker with
/// targets has them: they are few beside the synapses, and the same whoever computes them.
pub(crate) struct SourceVariables {
    pub source: Source,
    pub receptor: usize,
    /// Delay (steps).
    pub delay: u32,
    stepper: EquationStepper,
    columns: Vec<Column>,
    free_from: Vec<u32>,
    sums: ConductanceSums,
    scratch: Vec<f64>,
}

/// How a projection sums the variables of its sources into its targets.
pub(crate) struct SourceSums {
    /// Which of the [`SourceVariables`] of the worker.
    pub variables: usize,
    /// Whether spikes along this projection are those that raise them: one projection does for all that share them.
    pub raises: bool,
    /// Places of variables of a source and of the cells of the target.
    pub summed: Vec<(usize, usize)>,
    pub everyone: Option<Everyone>,
    /// Weight of all synapses, where they are equal.
    pub weight: f64,
}

/// All sources reach all targets with one weight: one sum serves all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Everyone {
    /// Each target, without exception.
    All,
    /// A neuron that is source and target does not reach itself.
    Others,
}

impl SourceSums {
    /// Adds the variables, each times the weight of its synapse, to the `columns` of the targets, which are those from `first` on.
    ///
    /// A target sums its sources in ascending order, whichever worker owns it.
    pub(crate) fn sum_into(
        &self,
        variables: &SourceVariables,
        lists: &TargetLists,
        first: u32,
        columns: &mut [Column],
    ) {
        for &(variable, target) in &self.summed {
            let (values, sums) = (&variables.columns[variable], &mut columns[target]);
            if let Some(everyone) = self.everyone {
                let total: f64 = values.iter().sum();
                match everyone {
                    Everyone::All => sums.iter_mut().for_each(|sum| *sum += self.weight * total),
                    Everyone::Others => {
                        let own = &values[first as usize..];
                        for (sum, own) in sums.iter_mut().zip(own) {
                            *sum += self.weight * (total - own);
                        }
                    }
                }
                continue;
            }
            for (source, &value) in (0u32..).zip(values.iter()) {
                if value == 0.0 {
                    continue;
                }
                let row = lists.row(source);
                let weights = lists.weights().map(|weights| &weights[row.clone()]);
                match lists.places(row) {
                    RowPlaces::Short(places) => {
                        let places = places.iter().map(|&place| usize::from(place));
                        self.add(places, weights, value, sums);
                    }
                    RowPlaces::Long(places) => {
                        let places = places.iter().map(|&place| place as usize);
                        self.add(places, weights, value, sums);
                    }
                }
            }
        }
    }
}

impl SourceSums {
    /// Adds the `value` of a source to its targets, each times the weight of its synapse. All synapses have one delay: a place is
    /// a target.
    #[inline]
    fn add(
        &self,
        targets: impl Iterator<Item = usize>,
        weights: Option<&[f32]>,
        value: f64,
        sums: &mut [f64],
    ) {
        match weights {
            None => {
                let by = self.weight * value;
                targets.for_each(|target| sums[target] += by);
            }
            Some(weights) => {
                for (target, &weight) in targets.zip(weights) {
                    sums[target] += f64::from(weight) * value;
                }
            }
        }
    }
}

/// Whether the sources are afferent neurons, which population, the receptor, and the delay.
pub(crate) type SourceKey = (bool, u32, u32, u32);

impl SourceVariables {
    pub(crate) fn new(
        equations: &CellEquations,
        (dt, method): (f64, Method),
        (source, sources): (Source, u32),
        receptor: usize,
        delay: u32,
    ) -> Self {
        let n = sources as usize;
        Self {
            source,
            receptor,
            delay,
            // What does not compile is a fault of the model.
            stepper: EquationStepper::new(equations, dt, method).unwrap_or_default(),
            columns: equations.initial.iter().map(|&value| column(value, n)).collect(),
            free_from: vec![0; n],
            sums: ConductanceSums::new(BLOCK),
            scratch: Vec::new(),
        }
    }

    /// Makes a step.
    ///
    /// # Errors
    /// The source whose variable is no number.
    pub(crate) fn advance(&mut self, arch: Arch, step: u32) -> Result<(), NotFinite> {
        let Self { stepper, columns, free_from, sums, scratch, .. } = self;
        let injected = Injected { start: 0.0, end: Some(0.0) };
        let n = free_from.len();
        for start in (0..n).step_by(BLOCK) {
            let range = start..(start + BLOCK).min(n);
            let mut input = SynapticInput {
                arch,
                receptors: &mut [],
                range: range.clone(),
                injected: &injected,
                inject: None,
                sums,
            };
            let mut at = StepContext { step, noise: &[], scratch };
            let mut none = Vec::new();
            stepper
                .advance(columns, range, free_from, &mut input, &mut at, &mut none)
                .map_err(|bad| NotFinite { index: start + bad.index, ..bad })?;
        }
        Ok(())
    }

    /// A spike of `source` arrives.
    pub(crate) fn event(&mut self, source: u32, step: u32) {
        self.stepper.event(&mut self.columns, source as usize, step, &mut self.scratch);
    }

    /// What tells them from others of the network.
    pub(crate) fn key(&self) -> SourceKey {
        let (afferent, source) = match self.source {
            Source::Population(index) => (false, index),
            Source::Afferent(index) => (true, index),
        };
        (afferent, source as u32, self.receptor as u32, self.delay)
    }

    /// The variables, for a checkpoint.
    pub(crate) fn state(&self) -> Vec<Vec<f64>> {
        self.columns.iter().map(|column| column.to_vec()).collect()
    }

    /// Takes up a state; `false` when it is of another receptor.
    pub(crate) fn restore(&mut self, state: &[Vec<f64>]) -> bool {
        let fits = state.len() == self.columns.len()
            && state.iter().zip(&self.columns).all(|(new, old)| new.len() == old.len());
        if fits {
            self.columns
                .iter_mut()
                .zip(state)
                .for_each(|(column, kept)| column.copy_from_slice(kept));
        }
        fits
    }
}
