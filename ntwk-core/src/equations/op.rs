//! Operations on registers.

use super::function::{Comparison, Function};

/// A register.
pub(crate) type Register = u8;
/// A scalar.
pub(crate) type Scalar = u16;

/// Most registers of a program.
pub(crate) const MOST_REGISTERS: usize = 128;
/// Most scalars of a program.
pub(crate) const MOST_SCALARS: usize = 512;

/// An operation; `d` is the register that it writes, `s`, `k` and `c` are scalars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op {
    /// d = s
    Splat {
        d: Register,
        s: Scalar,
    },
    /// d = a + b
    Add {
        d: Register,
        a: Register,
        b: Register,
    },
    /// d = a + s
    AddScalar {
        d: Register,
        a: Register,
        s: Scalar,
    },
    /// d = a - b
    Subtract {
        d: Register,
        a: Register,
        b: Register,
    },
    /// d = s - a
    SubtractFrom {
        d: Register,
        s: Scalar,
        a: Register,
    },
    /// d = a b
    Multiply {
        d: Register,
        a: Register,
        b: Register,
    },
    /// d = a s
    Scale {
        d: Register,
        a: Register,
        s: Scalar,
    },
    /// d = a b + e
    MultiplyAdd {
        d: Register,
        a: Register,
        b: Register,
        e: Register,
    },
    /// d = a k + e
    ScaleAdd {
        d: Register,
        a: Register,
        k: Scalar,
        e: Register,
    },
    /// d = a k + c
    Line {
        d: Register,
        a: Register,
        k: Scalar,
        c: Scalar,
    },
    /// d = (a + c) k
    ShiftScale {
        d: Register,
        a: Register,
        c: Scalar,
        k: Scalar,
    },
    /// d = (s - a) k
    ScaledForce {
        d: Register,
        s: Scalar,
        a: Register,
        k: Scalar,
    },
    /// d = e - a b
    SubtractProduct {
        d: Register,
        a: Register,
        b: Register,
        e: Register,
    },
    /// d = (s - a) b
    DrivingForce {
        d: Register,
        s: Scalar,
        a: Register,
        b: Register,
    },
    /// d = a / b
    Divide {
        d: Register,
        a: Register,
        b: Register,
    },
    /// d = s / a
    Reciprocal {
        d: Register,
        s: Scalar,
        a: Register,
    },
    Power {
        d: Register,
        a: Register,
        b: Register,
    },
    Minimum {
        d: Register,
        a: Register,
        b: Register,
    },
    Maximum {
        d: Register,
        a: Register,
        b: Register,
    },
    FloorDivide {
        d: Register,
        a: Register,
        b: Register,
    },
    Modulo {
        d: Register,
        a: Register,
        b: Register,
    },
    Compare {
        how: Comparison,
        d: Register,
        a: Register,
        b: Register,
    },
    CompareScalar {
        how: Comparison,
        d: Register,
        a: Register,
        s: Scalar,
    },
    And {
        d: Register,
        a: Register,
        b: Register,
    },
    Or {
        d: Register,
        a: Register,
        b: Register,
    },
    Not {
        d: Register,
        a: Register,
    },
    /// d = a where c is true, else b
    Select {
        d: Register,
        c: Register,
        a: Register,
        b: Register,
    },
    Apply {
        function: Function,
        d: Register,
        a: Register,
    },
    Table {
        table: u16,
        d: Register,
        a: Register,
    },
    /// x = a
    Store {
        x: Register,
        a: Register,
    },
    /// x = a where `active`
    StoreWhere {
        x: Register,
        a: Register,
        active: Register,
    },
    /// x = x + a k
    Advance {
        x: Register,
        a: Register,
        k: Scalar,
    },
    /// x = x + a k where `active`
    AdvanceWhere {
        x: Register,
        a: Register,
        k: Scalar,
        active: Register,
    },
    /// x = x + a b
    Approach {
        x: Register,
        a: Register,
        b: Register,
    },
    /// x = x + a b where `active`
    ApproachWhere {
        x: Register,
        a: Register,
        b: Register,
        active: Register,
    },
}

/// Operations in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Phase {
    pub ops: Vec<Op>,
}

/// What a program cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;
