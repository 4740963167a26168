//! `ntwk morpho check`.

use ntwk::report::quantities::significant;
use ntwk::studies::morpho::MorphoError;
use ntwk_core::Job;
use ntwk_morpho::studies::impedance_map;
use ntwk_morpho::studies::{EstimateError, estimate_error};
use ntwk_morpho::{Location, Selection};

use super::args::CellArgs;
use super::cell;
use crate::Failure;
use crate::output::print;
use crate::table::{Table, number};

pub(crate) fn run(args: &CellArgs) -> Result<(), Failure> {
    let cell = cell(args)?;
    let built = cell.built();
    print(format!("{}\n", cell.title()));
    let compartments = built.cell.compartments();
    let measures = built.morphology.measures();
    let s = &built.spec.simulation;
    let mut table = Table::new(&["quantity", "value", "unit"]);
    let mut row = |name: &str, value: String, unit: &str| {
        table.row(vec![name.to_owned(), value, unit.to_owned()]);
    };
    row("branches", measures.branches.to_string(), "");
    row("compartments", compartments.len().to_string(), "");
    row("length", number(measures.length, 1), "µm");
    row("area", number(measures.area, 1), "µm²");
    row("capacitance", number(1e3 * built.cell.total_capacitance(), 2), "pF");
    let soma = Location::new(0, 0.5);
    if let Ok(map) = impedance_map(built, 0.0, s.settings.v_init, soma, &Job::new()) {
        let index = Selection::Branches(vec![0]).indices(compartments)[0];
        row("input resistance of the soma", number(map.input[index], 2), "MΩ");
        let worst = map.attenuation.iter().copied().fold(0.0, f64::max);
        row("largest steady attenuation to the soma", number(worst, 2), "");
    }
    row("steps", number((s.t_stop / s.settings.dt).ceil(), 0), "");
    row(
        "memory of the simulation",
        built.simulation().map_err(MorphoError::from)?.bytes_per_compartment().to_string(),
        "bytes per compartment",
    );
    print(table);
    let mut table = Table::new(&["mechanism", "kind", "compartments", "mean factor"]);
    for (name, kind, places, mean) in built.cell.mechanisms() {
        table.row(vec![
            name.to_owned(),
            kind.to_owned(),
            places.to_string(),
            significant(mean, None),
        ]);
    }
    print(table);
    if !built.synapses.is_empty() {
        let mut table = Table::new(&["synapses", "places", "presynaptic spikes"]);
        for s in &built.synapses {
            let events: usize = s.events.iter().map(Vec::len).sum();
            table.row(vec![s.name.clone(), s.locations.len().to_string(), events.to_string()]);
        }
        print(table);
    }
    match estimate_error(&built.spec, &cell.file().morphology) {
        Ok(e) => print(format!(
            "discretisation, against three times as many compartments: input resistance {:.1e}, at 100 Hz {:.1e}; \
             transfer from the farthest tip {:.1e}, at 100 Hz {:.1e} (relative)",
            e.input_steady, e.input_100_hz, e.transfer_steady, e.transfer_100_hz
        )),
        Err(EstimateError::Impedance(e)) => {
            print(format!("no estimate of the discretisation error: {e}"));
        }
        Err(EstimateError::Faults(e)) => return Err(e.into()),
    }
    Ok(())
}
