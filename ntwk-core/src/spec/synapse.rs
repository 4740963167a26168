//! Synapses that a file declares by their equations.

use super::kind::{EXPRESSIONS, KindParameterSpec, Texts, VARIABLES};
use crate::section;
use crate::spec::key::Section;
use crate::spec::value::Named;

section! {
    /// A synapse by its equations: `synapse = "NAME"` in a projection. Each of its synapses has variables of its own.
    ///
    /// Between events nothing is computed: the equations, each linear in its own variable with constant coefficients, are
    /// solved over the time since the last event of the synapse. A spike arrives (`on_pre`) after its delay; in a step arrivals
    /// come before spikes of the target (`on_post`).
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct SynapseSpec {
        /// what the synapse does, and who published it
        doc: Option<String> = Text, none;
        /// units of its variables, one value for each synapse. A variable without an equation keeps its value
        variables: Texts = Other(VARIABLES), required;
        /// their equations, `dx/dt = ...`, and what they are made of
        equations: Option<String> = Text, none;
        /// their values at the start, as expressions
        init: Texts = Other(EXPRESSIONS), none;
        /// what an arriving spike does, in this order: statements such as `x -= u*x`, and `send(u*x)`, which passes the event on to
        /// the receptor with the weight times this pure number. Without `send` nothing reaches the receptor
        on_pre: String = Text, required;
        /// what a spike of the target does
        on_post: Option<String> = Text, none;
        /// parameters, the same for all synapses
        parameters: Named<KindParameterSpec> = Named(KindParameterSpec::KEYS), none;
    }
}
