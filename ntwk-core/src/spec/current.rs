//! Intrinsic currents that a file declares by their equations.

use super::kind::{EXPRESSIONS, KindParameterSpec, Texts, TimeTableSpec, VARIABLES};
use crate::section;
use crate::spec::key::Section;
use crate::spec::value::Named;

section! {
    /// A current of a cell's own, added to what flows into it: `cell = { preset = "RS", currents = ["NAME"] }`.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct CurrentSpec {
        /// what the current is, and who published it
        doc: Option<String> = Text, none;
        /// the current, in pA or any other unit of a current: an expression of `V` (or the name that the kind has for its
        /// potential), `t`, its own variables and parameters, and noise (`xi`). Positive currents depolarise
        current: String = Text, required;
        /// units of variables of its own
        variables: Texts = Other(VARIABLES), none;
        /// their equations, and what they are made of
        equations: Option<String> = Text, none;
        /// their values at the start, as expressions
        init: Texts = Other(EXPRESSIONS), none;
        /// parameters: those of a current NAME are `NAME_PARAMETER` of the cell, where a population may change them
        parameters: Named<KindParameterSpec> = Named(KindParameterSpec::KEYS), none;
        /// values in time, used as `TABLE(t)`
        tables: Named<TimeTableSpec> = Named(TimeTableSpec::KEYS), none;
    }
}
