//! The loop that runs programs: one of the hot loops of ntwk.
//!
//! Each operation is a plain loop over a run of neurons that the compiler vectorises; the whole program runs inside one
//! dispatch to the instruction set of the machine. A register is taken out of the file while it is written, so that nothing
//! is copied. No fused multiply-add: the same bits on every machine.

use pulp::{Arch, NullaryFnOnce};

use super::function::{
    Comparison, Function, NEAR_ZERO, cosh, expm1, expm1_near_zero, exponential, exprel, linoid,
    sigmoid, sign, sinh, tanh,
};
use super::op::{MOST_REGISTERS, Op, Register};
use super::system::TimeTable;

/// The registers of a run of neurons.
pub(crate) type Registers<'r> = [&'r mut [f64]; MOST_REGISTERS];

/// Registers without room.
pub(crate) fn no_registers<'r>() -> Registers<'r> {
    std::array::from_fn(|_| Default::default())
}

/// Which neurons may move and spike, before the operations.
pub(crate) struct Gate<'a> {
    /// First step in which each neuron is no longer refractory.
    pub free_from: &'a [u32],
    pub step: u32,
}

/// Which neurons are to be looked at, after the operations.
pub(crate) struct Marks<'a> {
    /// 1 for those that spike, and for those that spike or whose potential is beyond all sense; else 0.
    pub fired: &'a mut [u8],
    pub marked: &'a mut [u8],
    /// Largest size of a potential.
    pub limit: f64,
    /// Whether cells spike.
    pub spikes: bool,
}

/// Runs the operations of a step on the first `n` neurons of the registers: `active` says which may move, then which spike.
pub(crate) fn run_step(
    arch: Arch,
    program: Program<'_>,
    registers: &mut Registers<'_>,
    active: Register,
    (gate, marks): (Gate<'_>, Marks<'_>),
    n: usize,
) {
    let Program { ops, scalars, tables } = program;
    let run = Run { ops, registers, scalars, tables, n };
    arch.dispatch(RunStep { run, gate, marks, active });
}

/// Operations and what they read besides registers.
#[derive(Clone, Copy)]
pub(crate) struct Program<'a> {
    pub ops: &'a [Op],
    pub scalars: &'a [f64],
    pub tables: &'a [TimeTable],
}

struct RunStep<'a, 'r> {
    run: Run<'a, 'r>,
    gate: Gate<'a>,
    marks: Marks<'a>,
    active: Register,
}

impl NullaryFnOnce for RunStep<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { mut run, gate, marks, active } = self;
        let (n, step) = (run.n, gate.step);
        let free_from = &gate.free_from[..n];
        let may = &mut run.registers[usize::from(active)][..n];
        for i in 0..n {
            may[i] = f64::from(u8::from(step >= free_from[i]));
        }
        run.all();
        let (v, fires) = (&run.registers[0][..n], &run.registers[usize::from(active)][..n]);
        let (fired, marked) = (&mut marks.fired[..n], &mut marks.marked[..n]);
        let (spikes, limit) = (f64::from(u8::from(marks.spikes)), marks.limit);
        for i in 0..n {
            let spike = u8::from(fires[i] * spikes != 0.0);
            // Of a potential that is no number both are false.
            let sensible = (v[i] >= -limit) & (v[i] <= limit);
            fired[i] = spike;
            marked[i] = spike | u8::from(!sensible);
        }
    }
}

/// Runs operations on the first `n` neurons of the registers.
pub(crate) fn run(arch: Arch, program: Program<'_>, registers: &mut Registers<'_>, n: usize) {
    let Program { ops, scalars, tables } = program;
    arch.dispatch(Run { ops, registers, scalars, tables, n });
}

/// Runs operations on one number in each register.
pub(crate) fn run_once(arch: Arch, program: Program<'_>, file: &mut [f64; MOST_REGISTERS]) {
    let mut registers = no_registers();
    for (register, value) in registers.iter_mut().zip(file.chunks_mut(1)) {
        *register = value;
    }
    run(arch, program, &mut registers, 1);
}

struct Run<'a, 'r> {
    ops: &'a [Op],
    registers: &'a mut Registers<'r>,
    scalars: &'a [f64],
    tables: &'a [TimeTable],
    n: usize,
}

impl Run<'_, '_> {
    /// `d = f(a)`
    #[inline(always)]
    fn one(&mut self, d: Register, a: Register, f: impl Fn(f64) -> f64) {
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(d)]);
        let (o, a) = (&mut out[..n], &self.registers[usize::from(a)][..n]);
        for i in 0..n {
            o[i] = f(a[i]);
        }
        self.registers[usize::from(d)] = out;
    }

    /// `d = f(a, b)`
    #[inline(always)]
    fn two(&mut self, d: Register, a: Register, b: Register, f: impl Fn(f64, f64) -> f64) {
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(d)]);
        let o = &mut out[..n];
        let (a, b) = (&self.registers[usize::from(a)][..n], &self.registers[usize::from(b)][..n]);
        for i in 0..n {
            o[i] = f(a[i], b[i]);
        }
        self.registers[usize::from(d)] = out;
    }

    /// `d = f(a, b, c)`
    #[inline(always)]
    fn three(&mut self, d: Register, [a, b, c]: [Register; 3], f: impl Fn(f64, f64, f64) -> f64) {
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(d)]);
        let o = &mut out[..n];
        let [a, b, c] = [a, b, c].map(|r| &self.registers[usize::from(r)][..n]);
        for i in 0..n {
            o[i] = f(a[i], b[i], c[i]);
        }
        self.registers[usize::from(d)] = out;
    }

    /// `x = f(x)`
    #[inline(always)]
    fn own(&mut self, x: Register, f: impl Fn(f64) -> f64) {
        let n = self.n;
        for x in &mut self.registers[usize::from(x)][..n] {
            *x = f(*x);
        }
    }

    /// `x = f(x, a)`
    #[inline(always)]
    fn change(&mut self, x: Register, a: Register, f: impl Fn(f64, f64) -> f64) {
        if a == x {
            self.own(x, |x| f(x, x));
            return;
        }
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(x)]);
        let (o, a) = (&mut out[..n], &self.registers[usize::from(a)][..n]);
        for i in 0..n {
            o[i] = f(o[i], a[i]);
        }
        self.registers[usize::from(x)] = out;
    }

    /// `x = f(x, a, b)`
    #[inline(always)]
    fn change_by_two(
        &mut self,
        x: Register,
        a: Register,
        b: Register,
        f: impl Fn(f64, f64, f64) -> f64,
    ) {
        if a == x {
            self.change(x, b, |x, b| f(x, x, b));
            return;
        }
        if b == x {
            self.change(x, a, |x, a| f(x, a, x));
            return;
        }
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(x)]);
        let o = &mut out[..n];
        let (a, b) = (&self.registers[usize::from(a)][..n], &self.registers[usize::from(b)][..n]);
        for i in 0..n {
            o[i] = f(o[i], a[i], b[i]);
        }
        self.registers[usize::from(x)] = out;
    }

    /// `x = f(x, a, b)` where c is true
    #[inline(always)]
    fn change_where(
        &mut self,
        x: Register,
        [a, b, c]: [Register; 3],
        f: impl Fn(f64, f64, f64) -> f64,
    ) {
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(x)]);
        let o = &mut out[..n];
        let c = &self.registers[usize::from(c)][..n];
        if a == x || b == x {
            // Rare: a rate that is the variable itself. Its place in the file is empty now.
            for i in 0..n {
                let at =
                    |r: Register| if r == x { o[i] } else { self.registers[usize::from(r)][i] };
                let next = f(o[i], at(a), at(b));
                o[i] = if c[i] != 0.0 { next } else { o[i] };
            }
        } else {
            let (a, b) =
                (&self.registers[usize::from(a)][..n], &self.registers[usize::from(b)][..n]);
            for i in 0..n {
                let next = f(o[i], a[i], b[i]);
                o[i] = if c[i] != 0.0 { next } else { o[i] };
            }
        }
        self.registers[usize::from(x)] = out;
    }

    #[inline(always)]
    fn compare(&mut self, how: Comparison, d: Register, a: Register, b: Register) {
        let truth = |b: bool| f64::from(u8::from(b));
        match how {
            Comparison::Less => self.two(d, a, b, |a, b| truth(a < b)),
            Comparison::LessOrEqual => self.two(d, a, b, |a, b| truth(a <= b)),
            Comparison::Greater => self.two(d, a, b, |a, b| truth(a > b)),
            Comparison::GreaterOrEqual => self.two(d, a, b, |a, b| truth(a >= b)),
            Comparison::Equal => self.two(d, a, b, |a, b| truth(a == b)),
            Comparison::Unequal => self.two(d, a, b, |a, b| truth(a != b)),
        }
    }

    #[inline(always)]
    fn compare_scalar(&mut self, how: Comparison, d: Register, a: Register, s: f64) {
        let truth = |b: bool| f64::from(u8::from(b));
        match how {
            Comparison::Less => self.one(d, a, |a| truth(a < s)),
            Comparison::LessOrEqual => self.one(d, a, |a| truth(a <= s)),
            Comparison::Greater => self.one(d, a, |a| truth(a > s)),
            Comparison::GreaterOrEqual => self.one(d, a, |a| truth(a >= s)),
            Comparison::Equal => self.one(d, a, |a| truth(a == s)),
            Comparison::Unequal => self.one(d, a, |a| truth(a != s)),
        }
    }

    #[inline(always)]
    fn apply(&mut self, function: Function, d: Register, a: Register) {
        match function {
            Function::Exp => self.one(d, a, exponential),
            Function::Expm1 => self.expm1(d, a),
            Function::Exprel => self.one(d, a, exprel),
            Function::Linoid => self.one(d, a, linoid),
            Function::Sigmoid => self.one(d, a, sigmoid),
            Function::Tanh => self.one(d, a, tanh),
            Function::Sinh => self.one(d, a, sinh),
            Function::Cosh => self.one(d, a, cosh),
            Function::Sqrt => self.one(d, a, f64::sqrt),
            Function::Abs => self.one(d, a, f64::abs),
            Function::Sign => self.one(d, a, sign),
            other => self.scalar(other, d, a),
        }
    }

    /// `d = e^a - 1`: where all of a few neighbours are small, as relaxations within a step mostly are, without exponentials.
    #[inline(always)]
    fn expm1(&mut self, d: Register, a: Register) {
        const FEW: usize = 16;
        let n = self.n;
        let out = std::mem::take(&mut self.registers[usize::from(d)]);
        let (o, a) = (&mut out[..n], &self.registers[usize::from(a)][..n]);
        for (o, a) in o.chunks_mut(FEW).zip(a.chunks(FEW)) {
            let mut all = true;
            for (o, &a) in o.iter_mut().zip(a) {
                *o = expm1_near_zero(a);
                all &= a.abs() < NEAR_ZERO;
            }
            if !all {
                for (o, &a) in o.iter_mut().zip(a) {
                    *o = expm1(a);
                }
            }
        }
        self.registers[usize::from(d)] = out;
    }

    /// Functions of libm, one by one: not part of the vector loops.
    #[inline(never)]
    fn scalar(&mut self, function: Function, d: Register, a: Register) {
        self.one(d, a, |x| function.of(x));
    }
}

impl NullaryFnOnce for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        self.all();
    }
}

impl Run<'_, '_> {
    /// All operations, one after the other.
    #[inline(always)]
    fn all(&mut self) {
        let scalars = self.scalars;
        let at = |s: u16| scalars[usize::from(s)];
        let truth = |b: bool| f64::from(u8::from(b));
        let ops = self.ops;
        for op in ops {
            match *op {
                Op::Splat { d, s } => {
                    let (s, n) = (at(s), self.n);
                    self.registers[usize::from(d)][..n].fill(s);
                }
                Op::Add { d, a, b } => self.two(d, a, b, |a, b| a + b),
                Op::AddScalar { d, a, s } => {
                    let s = at(s);
                    self.one(d, a, |a| a + s);
                }
                Op::Subtract { d, a, b } => self.two(d, a, b, |a, b| a - b),
                Op::SubtractFrom { d, s, a } => {
                    let s = at(s);
                    self.one(d, a, |a| s - a);
                }
                Op::Multiply { d, a, b } => self.two(d, a, b, |a, b| a * b),
                Op::Scale { d, a, s } => {
                    let s = at(s);
                    self.one(d, a, |a| a * s);
                }
                Op::MultiplyAdd { d, a, b, e } => self.three(d, [a, b, e], |a, b, e| a * b + e),
                Op::ScaleAdd { d, a, k, e } => {
                    let k = at(k);
                    self.two(d, a, e, |a, e| a * k + e);
                }
                Op::Line { d, a, k, c } => {
                    let (k, c) = (at(k), at(c));
                    self.one(d, a, |a| a * k + c);
                }
                Op::ShiftScale { d, a, c, k } => {
                    let (c, k) = (at(c), at(k));
                    self.one(d, a, |a| (a + c) * k);
                }
                Op::ScaledForce { d, s, a, k } => {
                    let (s, k) = (at(s), at(k));
                    self.one(d, a, |a| (s - a) * k);
                }
                Op::SubtractProduct { d, a, b, e } => self.three(d, [a, b, e], |a, b, e| e - a * b),
                Op::DrivingForce { d, s, a, b } => {
                    let s = at(s);
                    self.two(d, a, b, |a, b| (s - a) * b);
                }
                Op::Divide { d, a, b } => self.two(d, a, b, |a, b| a / b),
                Op::Reciprocal { d, s, a } => {
                    let s = at(s);
                    self.one(d, a, |a| s / a);
                }
                Op::Power { d, a, b } => self.two(d, a, b, libm::pow),
                Op::Minimum { d, a, b } => self.two(d, a, b, |a, b| if a < b { a } else { b }),
                Op::Maximum { d, a, b } => self.two(d, a, b, |a, b| if a > b { a } else { b }),
                Op::FloorDivide { d, a, b } => self.two(d, a, b, |a, b| (a / b).floor()),
                Op::Modulo { d, a, b } => self.two(d, a, b, |a, b| a - b * (a / b).floor()),
                Op::Compare { how, d, a, b } => self.compare(how, d, a, b),
                Op::CompareScalar { how, d, a, s } => self.compare_scalar(how, d, a, at(s)),
                Op::And { d, a, b } => self.two(d, a, b, |a, b| truth((a != 0.0) & (b != 0.0))),
                Op::Or { d, a, b } => self.two(d, a, b, |a, b| truth((a != 0.0) | (b != 0.0))),
                Op::Not { d, a } => self.one(d, a, |a| truth(a == 0.0)),
                Op::Select { d, c, a, b } => {
                    self.three(d, [c, a, b], |c, a, b| if c != 0.0 { a } else { b });
                }
                Op::Apply { function, d, a } => self.apply(function, d, a),
                Op::Table { table, d, a } => {
                    let tables = self.tables;
                    let table = &tables[usize::from(table)];
                    self.one(d, a, |t| table.at(t));
                }
                Op::Store { x, a } => {
                    if x != a {
                        self.one(x, a, |a| a);
                    }
                }
                Op::StoreWhere { x, a, active } => {
                    self.change_where(x, [a, a, active], |_, a, _| a);
                }
                Op::Advance { x, a, k } => {
                    let k = at(k);
                    self.change(x, a, |x, a| x + a * k);
                }
                Op::AdvanceWhere { x, a, k, active } => {
                    let k = at(k);
                    self.change_where(x, [a, a, active], |x, a, _| x + a * k);
                }
                Op::Approach { x, a, b } => self.change_by_two(x, a, b, |x, a, b| x + a * b),
                Op::ApproachWhere { x, a, b, active } => {
                    self.change_where(x, [a, b, active], |x, a, b| x + a * b);
                }
            }
        }
    }
}

impl TimeTable {
    /// The value at a time (ms): the first before 0, the last after the end.
    #[inline]
    pub(crate) fn at(&self, t: f64) -> f64 {
        // Times are whole steps, rounded: the guard is that of the steps themselves.
        let index = (t / self.interval + 1e-6).floor().max(0.0) as usize;
        self.values[index.min(self.values.len() - 1)]
    }
}
