//! Cells by their equations: texts, checked in names and units, become programs that run on blocks of neurons.
//!
//! The way of a text: words ([`token`]), trees ([`syntax`]), one graph of all expressions of a kind with units checked
//! ([`check`], [`system`]), the graph with numbers for parameters ([`cell_equations`]), the graph after a step by the rule of a method
//! ([`method`]), operations on registers ([`program`]), which [`interpreter`] runs. Formulas without units ([`formulas`]) go the
//! same way without a method.

mod calculus;
mod cell;
mod cell_equations;
mod check;
mod constant;
mod formula_text;
mod formulas;
mod function;
mod graph;
mod interpreter;
mod matrix;
mod membrane;
mod method;
mod op;
mod parameters;
mod program;
mod receptor;
mod registers;
mod rename;
mod stepper;
mod synapse;
mod syntax;
mod system;
mod text;
mod token;

pub(crate) use cell::EquationCell;
pub(crate) use cell_equations::CellEquations;
pub use constant::constant;
pub use formula_text::{FormulaFault, is_free_name};
pub use formulas::{FormulaRoom, Formulas, Wanted};
pub(crate) use parameters::{parameter_units, unit_of_quantity};
pub(crate) use receptor::ReceptorEquations;
pub(crate) use rename::with_prefix;
pub(crate) use stepper::EquationStepper;
pub(crate) use synapse::{EventRoom, SynapseEquations};
pub(crate) use system::{System, system};
pub(crate) use text::KindFault;
