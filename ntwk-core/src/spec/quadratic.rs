//! `[theory.montbrio_pazo_roxin]`: the exact mean field of quadratic integrate-and-fire neurons.

use crate::section;
use crate::spec::waveform::Waveform;

section! {
    /// Parameters of the exact mean field of quadratic integrate-and-fire neurons, all coupled to all, whose excitabilities have
    /// a Lorentzian distribution (Montbrió, Pazó & Roxin 2015, Phys Rev X 5:021028, eqs. 12):
    /// `tau dr/dt = Delta / (pi tau) + 2 V r`, `tau dV/dt = V^2 - (pi tau r)^2 + eta + J tau r + I`.
    ///
    /// All are dimensionless but the times; `r` is a rate per ms, so that 0.1 are 100 Hz. It is integrated by Heun's method in
    /// steps of `simulation.dt`, with `r` kept at 0 or above, as The Virtual Brain does.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct QuadraticSpec {
        /// membrane time constant (ms)
        tau: f64 = Quantity(Time, Positive), or(1.0);
        /// half width of the distribution of excitabilities
        Delta: f64 = Quantity(Number, Positive), or(1.0);
        /// its centre
        eta: f64 = Quantity(Number, Any), or(-5.0);
        /// weight of the synapses
        J: f64 = Quantity(Number, Any), or(15.0);
        /// current into all neurons
        I: Waveform = Waveform(Number), or(Waveform::Constant(0.0));
        /// rate (1/ms) at the start
        initial_r: f64 = Quantity(Number, NonNegative), or(0.0);
        /// mean potential at the start
        initial_V: f64 = Quantity(Number, Any), or(-2.0);
    }
}
