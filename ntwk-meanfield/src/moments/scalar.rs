//! The number types a formula is evaluated in: `f64` for its value, [`Dual`] for its gradient, [`HyperDual`] for
//! its second derivatives.
//!
//! Moments and transfer functions are written once, over [`Scalar`]. Evaluating them in a dual type carries the chain
//! rule through the very same operations, so that gradient and Hessian are exact (to rounding) and cannot drift away
//! from the formula. No memory is allocated.

use crate::moments::special;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number that can carry derivatives.
///
/// Implemented by `f64`, [`Dual`] and [`HyperDual`]; a formula generic over `Scalar` yields its own derivatives.
pub trait Scalar:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
{
    /// A number whose derivatives are all zero.
    fn constant(value: f64) -> Self;

    /// The value, without derivatives.
    fn value(self) -> f64;

    /// `f(self)` for a function whose value here is `f` and whose first and second derivatives `derivatives` returns.
    ///
    /// The closure is not called where no derivative is carried.
    #[must_use]
    fn chain(self, f: f64, derivatives: impl FnOnce() -> (f64, f64)) -> Self;

    /// Square root; the value must be positive for the derivatives to be finite.
    #[must_use]
    fn sqrt(self) -> Self {
        let root = self.value().sqrt();
        self.chain(root, || (0.5 / root, -0.25 / (root * self.value())))
    }

    /// Natural logarithm of a positive number.
    #[must_use]
    fn ln(self) -> Self {
        let x = self.value();
        self.chain(x.ln(), || (1.0 / x, -1.0 / (x * x)))
    }

    /// Exponential.
    #[must_use]
    fn exp(self) -> Self {
        let e = self.value().exp();
        self.chain(e, || (e, e))
    }

    /// Complementary error function.
    #[must_use]
    fn erfc(self) -> Self {
        let x = self.value();
        self.chain(special::erfc(x), || {
            let slope = -std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
            (slope, -2.0 * x * slope)
        })
    }

    /// The value limited to `[low, high]`; where the limit acts the derivatives are zero.
    #[must_use]
    fn limited_to(self, low: f64, high: f64) -> Self {
        if self.value() < low {
            Self::constant(low)
        } else if self.value() > high {
            Self::constant(high)
        } else {
            self
        }
    }
}

impl Scalar for f64 {
    fn constant(value: f64) -> Self {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn chain(self, f: f64, _derivatives: impl FnOnce() -> (f64, f64)) -> Self {
        f
    }
}

/// A value with its derivatives along `N` directions (forward-mode dual number).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<const N: usize> {
    /// The value.
    pub value: f64,
    /// The derivative along each direction.
    pub derivative: [f64; N],
}

impl<const N: usize> Dual<N> {
    /// An independent variable: derivative 1 along `direction` (0 along all where `direction >= N`).
    #[must_use]
    pub fn variable(value: f64, direction: usize) -> Self {
        let mut derivative = [0.0; N];
        if let Some(d) = derivative.get_mut(direction) {
            *d = 1.0;
        }
        Self { value, derivative }
    }

    fn combine(value: f64, left: f64, a: &[f64; N], right: f64, b: &[f64; N]) -> Self {
        let mut derivative = [0.0; N];
        for i in 0..N {
            derivative[i] = left * a[i] + right * b[i];
        }
        Self { value, derivative }
    }

    fn scaled(value: f64, factor: f64, a: &[f64; N]) -> Self {
        let mut derivative = [0.0; N];
        for i in 0..N {
            derivative[i] = factor * a[i];
        }
        Self { value, derivative }
    }
}

impl<const N: usize> Scalar for Dual<N> {
    fn constant(value: f64) -> Self {
        Self { value, derivative: [0.0; N] }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn chain(self, f: f64, derivatives: impl FnOnce() -> (f64, f64)) -> Self {
        Self::scaled(f, derivatives().0, &self.derivative)
    }
}

impl<const N: usize> Add for Dual<N> {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self::combine(self.value + o.value, 1.0, &self.derivative, 1.0, &o.derivative)
    }
}
impl<const N: usize> Sub for Dual<N> {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self::combine(self.value - o.value, 1.0, &self.derivative, -1.0, &o.derivative)
    }
}
impl<const N: usize> Mul for Dual<N> {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self::combine(self.value * o.value, o.value, &self.derivative, self.value, &o.derivative)
    }
}
impl<const N: usize> Div for Dual<N> {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        let quotient = self.value / o.value;
        let inverse = 1.0 / o.value;
        Self::combine(quotient, inverse, &self.derivative, -quotient * inverse, &o.derivative)
    }
}
impl<const N: usize> Neg for Dual<N> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::scaled(-self.value, -1.0, &self.derivative)
    }
}
impl<const N: usize> Add<f64> for Dual<N> {
    type Output = Self;
    fn add(self, o: f64) -> Self {
        Self { value: self.value + o, ..self }
    }
}
impl<const N: usize> Sub<f64> for Dual<N> {
    type Output = Self;
    fn sub(self, o: f64) -> Self {
        Self { value: self.value - o, ..self }
    }
}
impl<const N: usize> Mul<f64> for Dual<N> {
    type Output = Self;
    fn mul(self, o: f64) -> Self {
        Self::scaled(self.value * o, o, &self.derivative)
    }
}

/// A value with its derivatives along two directions `a`, `b` and its mixed second derivative (hyper-dual number).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HyperDual {
    /// The value.
    pub value: f64,
    /// First derivative along `a`.
    pub a: f64,
    /// First derivative along `b`.
    pub b: f64,
    /// Mixed second derivative along `a` and `b`.
    pub ab: f64,
}

impl HyperDual {
    /// An independent variable with the given components along the two directions.
    #[must_use]
    pub fn variable(value: f64, a: bool, b: bool) -> Self {
        Self { value, a: f64::from(u8::from(a)), b: f64::from(u8::from(b)), ab: 0.0 }
    }
}

impl Scalar for HyperDual {
    fn constant(value: f64) -> Self {
        Self { value, a: 0.0, b: 0.0, ab: 0.0 }
    }
    fn value(self) -> f64 {
        self.value
    }
    fn chain(self, f: f64, derivatives: impl FnOnce() -> (f64, f64)) -> Self {
        let (first, second) = derivatives();
        Self {
            value: f,
            a: first * self.a,
            b: first * self.b,
            ab: first * self.ab + second * self.a * self.b,
        }
    }
}

impl Add for HyperDual {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self { value: self.value + o.value, a: self.a + o.a, b: self.b + o.b, ab: self.ab + o.ab }
    }
}
impl Sub for HyperDual {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self { value: self.value - o.value, a: self.a - o.a, b: self.b - o.b, ab: self.ab - o.ab }
    }
}
impl Mul for HyperDual {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self {
            value: self.value * o.value,
            a: self.value * o.a + self.a * o.value,
            b: self.value * o.b + self.b * o.value,
            ab: self.value * o.ab + self.a * o.b + self.b * o.a + self.ab * o.value,
        }
    }
}
impl Div for HyperDual {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        let inverse = 1.0 / o.value;
        let quotient =
            self * o.chain(inverse, || (-inverse * inverse, 2.0 * inverse * inverse * inverse));
        Self { value: self.value / o.value, ..quotient }
    }
}
impl Neg for HyperDual {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}
impl Add<f64> for HyperDual {
    type Output = Self;
    fn add(self, o: f64) -> Self {
        Self { value: self.value + o, ..self }
    }
}
impl Sub<f64> for HyperDual {
    type Output = Self;
    fn sub(self, o: f64) -> Self {
        Self { value: self.value - o, ..self }
    }
}
impl Mul<f64> for HyperDual {
    type Output = Self;
    fn mul(self, o: f64) -> Self {
        Self { value: self.value * o, a: self.a * o, b: self.b * o, ab: self.ab * o }
    }
}
