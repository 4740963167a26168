//! Functions of one argument and comparisons, with their values.
//!
//! Vector loops and single values use the same code, so that a reset, a check and a step agree to the last bit, on every
//! machine: the exponential family is that of [`exp`](crate::kernel::exp), the rest is libm's.

use crate::kernel::exp;

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Exp,
    /// `e^x - 1`.
    Expm1,
    /// `(e^x - 1)/x`, 1 at 0.
    Exprel,
    /// `x/(e^x - 1)`, 1 at 0.
    Linoid,
    /// `1/(1 + e^-x)`.
    Sigmoid,
    Log,
    Log10,
    Log1p,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Abs,
    Sign,
    Floor,
    Ceil,
    /// Towards zero.
    Truncate,
}

/// Names in equations, several for some.
pub(crate) const NAMES: &[(&str, Function)] = &[
    ("exp", Function::Exp),
    ("expm1", Function::Expm1),
    ("exprel", Function::Exprel),
    ("linoid", Function::Linoid),
    ("sigmoid", Function::Sigmoid),
    ("log", Function::Log),
    ("ln", Function::Log),
    ("log10", Function::Log10),
    ("log1p", Function::Log1p),
    ("sqrt", Function::Sqrt),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("arcsin", Function::Asin),
    ("asin", Function::Asin),
    ("arccos", Function::Acos),
    ("acos", Function::Acos),
    ("arctan", Function::Atan),
    ("atan", Function::Atan),
    ("sinh", Function::Sinh),
    ("cosh", Function::Cosh),
    ("tanh", Function::Tanh),
    ("abs", Function::Abs),
    ("sign", Function::Sign),
    ("floor", Function::Floor),
    ("ceil", Function::Ceil),
];

impl Function {
    /// Its value.
    #[inline(always)]
    pub(crate) fn of(self, x: f64) -> f64 {
        match self {
            Self::Exp => exponential(x),
            Self::Expm1 => expm1(x),
            Self::Exprel => exprel(x),
            Self::Linoid => linoid(x),
            Self::Sigmoid => sigmoid(x),
            Self::Log => libm::log(x),
            Self::Log10 => libm::log10(x),
            Self::Log1p => libm::log1p(x),
            Self::Sqrt => x.sqrt(),
            Self::Sin => libm::sin(x),
            Self::Cos => libm::cos(x),
            Self::Tan => libm::tan(x),
            Self::Asin => libm::asin(x),
            Self::Acos => libm::acos(x),
            Self::Atan => libm::atan(x),
            Self::Sinh => sinh(x),
            Self::Cosh => cosh(x),
            Self::Tanh => tanh(x),
            Self::Abs => x.abs(),
            Self::Sign => sign(x),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Truncate => x.trunc(),
        }
    }
}

/// `e^x`, infinite and 0 beyond what numbers hold.
#[inline(always)]
pub(crate) fn exponential(x: f64) -> f64 {
    let y = exp(x);
    let y = if x > 709.0 { f64::INFINITY } else { y };
    if x < -708.0 { 0.0 } else { y }
}

/// Below this size `e^x - 1` is taken from its series.
pub(crate) const NEAR_ZERO: f64 = 0.35;

/// `e^x - 1` without loss of digits near 0: by its Taylor series for |x| < 0.35 (truncated below 1e-17 of it), else from
/// the exponential. Between -0.7 and -0.35 one digit in the last place is lost.
#[inline(always)]
pub(crate) fn expm1(x: f64) -> f64 {
    let near = expm1_near_zero(x);
    let far = exponential(x) - 1.0;
    if x.abs() < NEAR_ZERO { near } else { far }
}

/// The series.
#[inline(always)]
pub(crate) fn expm1_near_zero(x: f64) -> f64 {
    let (x2, x4, x8) = (x * x, (x * x) * (x * x), ((x * x) * (x * x)) * ((x * x) * (x * x)));
    let q01 = 1.0 / 2.0 + x * (1.0 / 6.0);
    let q23 = 1.0 / 24.0 + x * (1.0 / 120.0);
    let q45 = 1.0 / 720.0 + x * (1.0 / 5040.0);
    let q67 = 1.0 / 40_320.0 + x * (1.0 / 362_880.0);
    let q89 = 1.0 / 3_628_800.0 + x * (1.0 / 39_916_800.0);
    let qab = 1.0 / 479_001_600.0 + x * (1.0 / 6_227_020_800.0);
    x + x2 * ((q01 + x2 * q23) + x4 * (q45 + x2 * q67) + x8 * (q89 + x2 * qab))
}

#[inline(always)]
pub(crate) fn exprel(x: f64) -> f64 {
    let ratio = expm1(x) / x;
    if x.abs() < 1e-16 { 1.0 } else { ratio }
}

/// By its Taylor series (Bernoulli numbers) for |x| < 0.35, truncated below 1e-17; elsewhere the difference has lost two bits at
/// most.
#[inline(always)]
pub(crate) fn linoid(x: f64) -> f64 {
    let x2 = x * x;
    let x4 = x2 * x2;
    let b24 = 1.0 / 12.0 - x2 * (1.0 / 720.0);
    let b68 = 1.0 / 30_240.0 - x2 * (1.0 / 1_209_600.0);
    let b10 = 1.0 / 47_900_160.0 - x2 * (691.0 / 1_307_674_368_000.0);
    let near = (1.0 - 0.5 * x) + x2 * (b24 + x4 * (b68 + x4 * b10));
    let far = x / (exp(x) - 1.0);
    // Beyond what numbers hold it is 0.
    let far = if x > 709.0 { 0.0 } else { far };
    if x.abs() < NEAR_ZERO { near } else { far }
}

#[inline(always)]
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    let e = expm1(2.0 * x.abs());
    let t = 1.0 - 2.0 / (e + 2.0);
    // Near 0 the difference from 1 loses digits.
    let t = if x.abs() < 0.5 { e / (e + 2.0) } else { t };
    t.copysign(x)
}

#[inline(always)]
pub(crate) fn sinh(x: f64) -> f64 {
    let e = expm1(x.abs());
    (0.5 * (e + e / (e + 1.0))).copysign(x)
}

#[inline(always)]
pub(crate) fn cosh(x: f64) -> f64 {
    let e = exponential(x.abs());
    0.5 * (e + 1.0 / e)
}

#[inline(always)]
pub(crate) fn sign(x: f64) -> f64 {
    let positive = f64::from(u8::from(x > 0.0));
    positive - f64::from(u8::from(x < 0.0))
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Unequal,
}

impl Comparison {
    /// That of a sign.
    pub(crate) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            _ => return None,
        })
    }

    #[inline(always)]
    pub(crate) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
            Self::Unequal => a != b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_libm() {
        for i in -2000..2000 {
            let x = f64::from(i) * 0.01 + 1e-4;
            for (ours, theirs) in [
                (expm1(x), libm::expm1(x)),
                (tanh(x), libm::tanh(x)),
                (sinh(x), libm::sinh(x)),
                (cosh(x), libm::cosh(x)),
                (exprel(x), libm::expm1(x) / x),
                (linoid(x), x / libm::expm1(x)),
            ] {
                assert!((ours - theirs).abs() <= 8e-16 * theirs.abs(), "{x}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn limits_are_those_of_the_functions() {
        assert_eq!((exprel(0.0), linoid(0.0), expm1(0.0), tanh(0.0)), (1.0, 1.0, 0.0, 0.0));
        assert_eq!((exprel(1e-12), linoid(1e-300)), (1.0 + 5e-13, 1.0));
        assert_eq!((exponential(1000.0), exponential(-1000.0)), (f64::INFINITY, 0.0));
        assert_eq!((linoid(1000.0), linoid(-1000.0), exprel(1e4)), (0.0, 1000.0, f64::INFINITY));
        assert_eq!((tanh(1000.0), tanh(-1000.0)), (1.0, -1.0));
        assert_eq!((sign(-2.0), sign(0.0), sign(3.0)), (-1.0, 0.0, 1.0));
        for f in [expm1, exprel, linoid, tanh, sinh, cosh, exponential, sigmoid] {
            assert!(f(f64::NAN).is_nan());
        }
    }
}
