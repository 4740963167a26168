//! `[record]`: what to record.

use super::values::{LOCATION, LOCATIONS, Locations};
use crate::mesh::location_spec::LocationSpec;
use ntwk_core::spec::key::Section as _;

/// A quantity to record.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeSpec {
    /// Potential.
    Voltage(LocationSpec),
    /// Calcium concentration.
    Calcium(LocationSpec),
    /// State variable of a channel.
    Variable(VariableSpec),
    /// Current density of a channel.
    Current(ChannelCurrentSpec),
}

ntwk_core::section! {
    /// A state variable of a channel.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VariableSpec {
        /// the channel
        channel: String = Text, required("the name of a channel");
        /// the variable
        variable: String = Text, required("the name of a variable of the channel, such as \"m\"");
        /// where
        at: LocationSpec = Other(LOCATION), required;
    }
}

ntwk_core::section! {
    /// The current density of a channel.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ChannelCurrentSpec {
        /// the channel
        channel: String = Text, required("the name of a channel");
        /// where
        at: LocationSpec = Other(LOCATION), required;
    }
}

ntwk_core::section! {
    /// What to record, and where spikes are detected.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RecordSpec {
        /// time between samples; every step when absent
        every: Option<f64> = Quantity(Time, Positive), none;
        /// where the potential is recorded: one location or a list
        voltage: Locations = Other(LOCATIONS), or(Locations::soma());
        /// where the calcium concentration is recorded
        calcium: Locations = Other(LOCATIONS), none;
        /// state variables of channels
        variables: Vec<VariableSpec> = Tables(VariableSpec::KEYS), none;
        /// current densities of channels
        currents: Vec<ChannelCurrentSpec> = Tables(ChannelCurrentSpec::KEYS), none;
        /// where spikes are detected
        spikes: Locations = Other(LOCATIONS), or(Locations::soma());
        /// potential whose upward crossing is a spike
        threshold: f64 = Quantity(Voltage, Any), or(0.0);
    }
}

impl RecordSpec {
    /// The quantities in the order of the columns.
    #[must_use]
    pub fn probes(&self) -> Vec<ProbeSpec> {
        let potentials = self.voltage.0.iter().copied().map(ProbeSpec::Voltage);
        let calcium = self.calcium.0.iter().copied().map(ProbeSpec::Calcium);
        let variables = self.variables.iter().cloned().map(ProbeSpec::Variable);
        let currents = self.currents.iter().cloned().map(ProbeSpec::Current);
        potentials.chain(calcium).chain(variables).chain(currents).collect()
    }
}
