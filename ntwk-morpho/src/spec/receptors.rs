//! `[receptors.NAME]`: how a presynaptic spike acts on the membrane.

use crate::membrane::receptor::{DoubleExponential, GabaB, MagnesiumBlock, Receptor};
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::TableReader;
use ntwk_core::spec::key::Words as _;

ntwk_core::words! {
    /// Whose magnesium block NMDA receptors have.
    pub enum Block, what = "magnesium block" {
        /// eta = 1/3.57 /mM, gamma = 0.062 /mV (Jahr and Stevens 1990)
        JahrStevens = "jahr_stevens",
        /// eta = 0.33 /mM, gamma = 0.08 /mV, of models of dendritic NMDA spikes
        Steep = "steep",
    }
}

ntwk_core::variants! {
    /// A receptor as written; its peak is 1 per unit of weight.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum ReceptorModel, key = "model", what = "model of receptor", required, check = check {
        /// fast excitation
        Ampa = "AMPA" {
            /// time constant of the rise
            tau_rise: f64 = Quantity(Time, Positive), or(DoubleExponential::ampa().tau_rise);
            /// time constant of the decay, longer than that of the rise
            tau_decay: f64 = Quantity(Time, Positive), or(DoubleExponential::ampa().tau_decay);
            /// reversal potential
            E_rev: f64 = Quantity(Voltage, Any), or(DoubleExponential::ampa().E_rev);
        },
        /// slow excitation with a magnesium block
        Nmda = "NMDA" {
            /// time constant of the rise
            tau_rise: f64 = Quantity(Time, Positive), or(3.0);
            /// time constant of the decay, longer than that of the rise
            tau_decay: f64 = Quantity(Time, Positive), or(70.0);
            /// reversal potential
            E_rev: f64 = Quantity(Voltage, Any), or(0.0);
            /// magnesium block, which `eta` and `gamma` change:
            block: Block = Choice(Block::WORDS), or(Block::JahrStevens);
            /// concentration of magnesium outside
            magnesium: f64 = Quantity(Concentration, NonNegative), or(1.0);
            /// sensitivity of the block to magnesium
            eta: Option<f64> = Quantity(PerConcentration, NonNegative), none;
            /// sensitivity of the block to the potential
            gamma: Option<f64> = Quantity(PerVoltage, Any), none;
        },
        /// fast inhibition
        GabaA = "GABA_A" {
            /// time constant of the rise
            tau_rise: f64 = Quantity(Time, Positive), or(DoubleExponential::gaba_a().tau_rise);
            /// time constant of the decay, longer than that of the rise
            tau_decay: f64 = Quantity(Time, Positive), or(DoubleExponential::gaba_a().tau_decay);
            /// reversal potential
            E_rev: f64 = Quantity(Voltage, Any), or(DoubleExponential::gaba_a().E_rev);
        },
        /// slow inhibition through a G protein
        GabaB = "GABA_B" {
            /// binding rate
            K1: f64 = Quantity(Binding, Positive), or(GabaB::default().K1);
            /// unbinding rate
            K2: f64 = Quantity(PerTime, Positive), or(GabaB::default().K2);
            /// production of G protein
            K3: f64 = Quantity(PerTime, Positive), or(GabaB::default().K3);
            /// removal of G protein
            K4: f64 = Quantity(PerTime, Positive), or(GabaB::default().K4);
            /// dissociation constant of the four binding sites
            K_d: f64 = Quantity(Number, Positive), or(GabaB::default().K_d);
            /// transmitter concentration during the pulse
            transmitter: f64 = Quantity(Concentration, NonNegative), or(GabaB::default().transmitter);
            /// duration of the pulse
            pulse: f64 = Quantity(Time, Positive), or(GabaB::default().pulse);
            /// reversal potential
            E_rev: f64 = Quantity(Voltage, Any), or(GabaB::default().E_rev);
        },
        /// a difference of exponentials
        DoubleExponential = "double_exponential" {
            /// time constant of the rise
            tau_rise: f64 = Quantity(Time, Positive), required;
            /// time constant of the decay, longer than that of the rise
            tau_decay: f64 = Quantity(Time, Positive), required;
            /// reversal potential
            E_rev: f64 = Quantity(Voltage, Any), required;
        },
    }
}

fn check(model: &ReceptorModel, table: &mut TableReader<'_, '_>) {
    if let Err(e) = model.receptor().check()
        && !table.is_faulty(e.name)
    {
        let rule = format!("must be {} ({})", e.expected, e.unit);
        table.fault(e.name, FaultKind::Combination { rule });
    }
}

impl ReceptorModel {
    /// The receptor.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn receptor(&self) -> Receptor {
        let (tau_rise, tau_decay, E_rev, block) = match *self {
            Self::Ampa { tau_rise, tau_decay, E_rev }
            | Self::GabaA { tau_rise, tau_decay, E_rev }
            | Self::DoubleExponential { tau_rise, tau_decay, E_rev } => {
                (tau_rise, tau_decay, E_rev, None)
            }
            Self::Nmda { tau_rise, tau_decay, E_rev, block, magnesium, eta, gamma } => {
                let own = match block {
                    Block::JahrStevens => MagnesiumBlock::jahr_stevens(),
                    Block::Steep => MagnesiumBlock::steep(),
                };
                let (eta, gamma) = (eta.unwrap_or(own.eta), gamma.unwrap_or(own.gamma));
                (tau_rise, tau_decay, E_rev, Some(MagnesiumBlock { magnesium, eta, gamma }))
            }
            Self::GabaB { K1, K2, K3, K4, K_d, transmitter, pulse, E_rev } => {
                return Receptor::GabaB(GabaB { K1, K2, K3, K4, K_d, transmitter, pulse, E_rev });
            }
        };
        Receptor::DoubleExponential(DoubleExponential { tau_rise, tau_decay, E_rev, block })
    }
}
