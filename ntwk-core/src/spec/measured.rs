//! `[[theory.measured]]`: a transfer function that was measured on other cells than the point neurons of the model.

use crate::section;
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::value::Named;

section! {
    /// Measured rates of a population's cells against the rates of their inputs: what the theory takes in place of a scan
    /// of the point neuron that stands for the population.
    ///
    /// The moments of the theory are those of the point neuron and its synapses, whatever was measured; the effective
    /// threshold that is fitted to the rates absorbs what a dendrite does to them.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct MeasuredSpec, check = check {
        /// the population
        population: String = Text, required("the name of a population");
        /// rates (Hz) of the presynaptic neurons, a list per class of inputs and a value per point; a class has the name of
        /// its receptor (`RECEPTOR@WEIGHTnS` where a receptor has several weights)
        inputs: Named<Vec<f64>> =
            Lists(Rate, NonNegative), required("a table { exc = \"column of the file\", ... }");
        /// measured rate (Hz) of each point
        rate: Vec<f64> = Quantities(Rate, NonNegative), required("file, or a list of rates (Hz)");
        /// its standard error (Hz)
        standard_error: Vec<f64> = Quantities(Rate, NonNegative), required("file, or a list of rates (Hz)");
        /// number of cells or repetitions of each point
        cells: u64 = Count(1, u64::MAX), or(1);
    }
}

fn check(measured: &MeasuredSpec, table: &mut TableReader<'_, '_>) {
    if table.is_faulty("rate") {
        return;
    }
    let n = measured.rate.len();
    let lists = measured.inputs.iter().map(|(name, v)| (format!("inputs.{name}"), v.len()));
    let lists = lists.chain([("standard_error".to_owned(), measured.standard_error.len())]);
    for (key, length) in lists.filter(|list| list.1 != n) {
        if !table.is_faulty(&key) {
            let rule = format!("{length} values for {n} rates");
            table.fault(&key, FaultKind::Combination { rule });
        }
    }
    if measured.inputs.is_empty() && !table.is_faulty("inputs") {
        let rule = "a table of classes of inputs with their rates".to_owned();
        table.fault("inputs", FaultKind::Combination { rule });
    }
}
