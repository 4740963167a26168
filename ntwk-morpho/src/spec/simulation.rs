//! `[simulation]`: how to integrate and for how long.

use crate::solver::simulation::Settings;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::Section as _;
use ntwk_core::spec::key::TableReader;

ntwk_core::section! {
    /// How to integrate and for how long.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct SimulationSpec, check = check {
        /// duration
        t_stop: f64 = Quantity(Time, Positive), or(200.0);
        /// step, scheme, temperature, initial values
        settings: Settings = Flat(Settings::KEYS), required;
        /// seed of Poisson trains and random locations
        seed: u64 = Count(0, u64::MAX), or(1);
    }
}

fn check(simulation: &SimulationSpec, table: &mut TableReader<'_, '_>) {
    if simulation.t_stop / simulation.settings.dt > 1e9 {
        let rule = "t_stop / dt must be at most 1e9 steps".to_owned();
        table.fault("t_stop", FaultKind::Combination { rule });
    }
}
