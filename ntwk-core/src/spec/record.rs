//! What to record, as written.

use super::neurons::{NEURONS, NeuronsSpec};
use crate::section;
use crate::spec::key::Section;
use crate::spec::value::Named;
use crate::spec::waveform::Span;

section! {
    /// What to record. The counts are numbers of neurons, the first ones of every population.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct RecordSpec {
        /// whether to keep the spikes of every neuron
        spikes: bool = Flag, or(true);
        /// time between samples (ms), rounded to steps; without it, every step
        interval: Option<f64> = Quantity(Time, Positive), none;
        /// neurons per population whose membrane potential is sampled
        V_m: u64 = Count(0, u64::MAX), or(4);
        /// neurons whose other variables are sampled (adaptation)
        cell_variables: u64 = Count(0, u64::MAX), or(0);
        /// neurons whose synaptic conductances are sampled, one trace per receptor
        conductances: u64 = Count(0, u64::MAX), or(0);
        /// neurons whose synaptic currents `g (E_rev - V)` are sampled, one trace per receptor
        currents: u64 = Count(0, u64::MAX), or(0);
        /// afferent populations whose spikes are kept: one name or a list. Of trains `per_source` and given spikes those of the
        /// afferent neurons, at the time they are sent; of trains `per_target` the events of every target neuron, at the time
        /// they arrive
        afferents: Option<Vec<String>> = Texts("the name of an afferent population, or a list of names"), none;
        /// variables of chosen neurons of one population, beside those above: tables with names of yours
        traces: Named<TracesSpec> = Named(TracesSpec::KEYS), none;
    }
}

impl Default for RecordSpec {
    fn default() -> Self {
        crate::spec::key::defaults()
    }
}

section! {
    /// Variables of chosen neurons of a population.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct TracesSpec {
        /// the population
        population: String = Text, required("the name of a population");
        /// what is sampled: `V_m`, another variable of the cell, `g_RECEPTOR`, `I_RECEPTOR`; of a plastic projection onto the
        /// population `weight_PROJECTION` (every synapse onto the neurons) and `mean_weight_PROJECTION` (their mean); one or a list
        variables: Vec<String> = Texts("the name of a variable, or a list of names"), required;
        /// the neurons: how many (the first ones), a list of numbers, or a range `"0..10"` (without the 10)
        neurons: NeuronsSpec = Other(NEURONS), required;
        /// time between samples (ms), rounded to steps; without it, `record.interval`
        interval: Option<f64> = Quantity(Time, Positive), none;
        /// when samples are taken, the first one at `start`; without an end, until the run ends
        span: Span = Flat(Span::KEYS), none;
    }
}

impl TracesSpec {
    /// Samples of `variables` of `neurons` over the whole run.
    #[must_use]
    pub fn new<V: Into<String>>(
        population: impl Into<String>,
        variables: impl IntoIterator<Item = V>,
        neurons: NeuronsSpec,
    ) -> Self {
        Self {
            population: population.into(),
            variables: variables.into_iter().map(Into::into).collect(),
            neurons,
            interval: None,
            span: Span::from(0.0),
        }
    }
}
