//! What a transfer function is: the stationary firing rate of a cell as a function of the moments of its input.

use crate::moments::scalar::{Dual, HyperDual, Scalar};
use crate::moments::{DIRECTIONS, Moments};
use nalgebra::Complex;
use ntwk_core::Membrane;
use std::fmt::Debug;

/// The stationary firing rate as a function of the moments of the membrane potential.
///
/// Written once over [`Scalar`]; rate, gradient and second derivatives follow from that one formula. Use
/// [`Scalar::chain`] for a function that `Scalar` does not name.
pub trait TransferFunction: Debug + Send + Sync {
    /// Firing rate (Hz), >= 0.
    fn rate<S: Scalar>(&self, membrane: &Membrane, moments: &Moments<S>) -> S;

    /// Whether the moments lie where the function was fitted or where its theory holds.
    fn in_domain(&self, membrane: &Membrane, moments: &Moments) -> bool;

    /// Response (Hz/mV) of the rate to a modulation of the mean input with `frequency` (Hz), where the theory of the function has
    /// one; others follow their input at once.
    fn response_to_mean(
        &self,
        _membrane: &Membrane,
        _moments: &Moments,
        _frequency: f64,
    ) -> Option<Complex<f64>> {
        None
    }

    /// Why the function cannot be used for a cell, if so; [`MeanField::new`](crate::MeanField::new) reports it.
    fn unusable(&self, _membrane: &Membrane) -> Option<&'static str> {
        None
    }
}

/// [`TransferFunction`] without generics, so that populations of one network can have different ones.
///
/// Implemented for every [`TransferFunction`]; there is no need to implement it by hand.
pub trait DynTransferFunction: Debug + Send + Sync {
    /// Firing rate (Hz).
    fn rate_value(&self, membrane: &Membrane, moments: &Moments) -> f64;
    /// Firing rate (Hz) and first derivatives.
    fn rate_dual(
        &self,
        membrane: &Membrane,
        moments: &Moments<Dual<DIRECTIONS>>,
    ) -> Dual<DIRECTIONS>;
    /// Firing rate (Hz) and second derivatives.
    fn rate_hyper_dual(&self, membrane: &Membrane, moments: &Moments<HyperDual>) -> HyperDual;
    /// Whether the moments lie in the domain of the function.
    fn contains(&self, membrane: &Membrane, moments: &Moments) -> bool;
    /// Response (Hz/mV) of the rate to a modulation of the mean input with `frequency` (Hz), where there is one.
    fn response_to_mean(
        &self,
        membrane: &Membrane,
        moments: &Moments,
        frequency: f64,
    ) -> Option<Complex<f64>>;
    /// Why the function cannot be used for a cell, if so.
    fn unusable_for(&self, membrane: &Membrane) -> Option<&'static str>;
}

impl<T: TransferFunction> DynTransferFunction for T {
    fn rate_value(&self, membrane: &Membrane, moments: &Moments) -> f64 {
        self.rate(membrane, moments)
    }
    fn rate_dual(
        &self,
        membrane: &Membrane,
        moments: &Moments<Dual<DIRECTIONS>>,
    ) -> Dual<DIRECTIONS> {
        self.rate(membrane, moments)
    }
    fn rate_hyper_dual(&self, membrane: &Membrane, moments: &Moments<HyperDual>) -> HyperDual {
        self.rate(membrane, moments)
    }
    fn contains(&self, membrane: &Membrane, moments: &Moments) -> bool {
        self.in_domain(membrane, moments)
    }
    fn response_to_mean(
        &self,
        membrane: &Membrane,
        moments: &Moments,
        frequency: f64,
    ) -> Option<Complex<f64>> {
        TransferFunction::response_to_mean(self, membrane, moments, frequency)
    }
    fn unusable_for(&self, membrane: &Membrane) -> Option<&'static str> {
        self.unusable(membrane)
    }
}

/// The number types that a boxed transfer function can be evaluated in.
pub(crate) trait Evaluable: Scalar {
    fn rate(
        function: &dyn DynTransferFunction,
        membrane: &Membrane,
        moments: &Moments<Self>,
    ) -> Self;
}

impl Evaluable for f64 {
    fn rate(function: &dyn DynTransferFunction, membrane: &Membrane, moments: &Moments) -> Self {
        function.rate_value(membrane, moments)
    }
}

impl Evaluable for Dual<DIRECTIONS> {
    fn rate(
        function: &dyn DynTransferFunction,
        membrane: &Membrane,
        moments: &Moments<Self>,
    ) -> Self {
        function.rate_dual(membrane, moments)
    }
}

impl Evaluable for HyperDual {
    fn rate(
        function: &dyn DynTransferFunction,
        membrane: &Membrane,
        moments: &Moments<Self>,
    ) -> Self {
        function.rate_hyper_dual(membrane, moments)
    }
}
