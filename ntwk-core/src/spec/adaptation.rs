//! How the theory takes the adaptation of cells.

use crate::words;

words! {
    /// How the adaptation of the cells enters the mean field.
    pub enum AdaptationTheory, what = "treatment of adaptation" {
        /// a variable of the theory, cells are scanned without
        ///
        /// `tau_w dW/dt = -W + tau_w b nu + a (mu_V - E_L)` (after di Volo et al. 2019, Neural Comput 31:653).
        Dynamic = "dynamic",
        /// inside the transfer function
        ///
        /// It is scanned with adaptation: right for stationary states, without memory in time (Zerlaut et al. 2018,
        /// J Comput Neurosci 44:45).
        Stationary = "stationary",
    }
}
