//! Temporary registers of a program: each is given out until its value is read last.

use std::collections::HashMap;

use super::op::{MOST_REGISTERS, Op, Phase, TooLarge};

/// An operation whose temporary registers are not yet given out: they are counted from the fixed ones on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Virtual {
    pub op: Op,
    /// Written and read registers, beyond the fixed ones where they are temporary.
    pub writes: Option<usize>,
    pub reads: [Option<usize>; 3],
}

/// Gives out registers: each temporary value one until it is read last. Values that change variables in place must not be read
/// from a variable that has already changed: they are copied before.
pub(super) fn allocate(mut ops: Vec<Virtual>, fixed: usize) -> Result<(Phase, usize), TooLarge> {
    save_old_values(&mut ops, fixed);
    let mut last: HashMap<usize, usize> = HashMap::new();
    for (at, op) in ops.iter().enumerate() {
        for r in op.reads.into_iter().flatten() {
            last.insert(r, at);
        }
    }
    let mut given: HashMap<usize, usize> = HashMap::new();
    let mut free: Vec<usize> = Vec::new();
    let mut most = 0;
    let mut phase = Phase::default();
    for (at, virtual_op) in ops.iter().enumerate() {
        let real = |r: usize, given: &HashMap<usize, usize>| if r < fixed { r } else { given[&r] };
        let reads = virtual_op.reads.map(|r| r.map(|r| real(r, &given)));
        let d = virtual_op.writes.map(|w| {
            if w < fixed {
                return w;
            }
            let r = free.pop().unwrap_or_else(|| {
                most += 1;
                fixed + most - 1
            });
            given.insert(w, r);
            r
        });
        for r in virtual_op.reads.into_iter().flatten() {
            if r >= fixed
                && last[&r] == at
                && let Some(register) = given.remove(&r)
            {
                free.push(register);
            }
        }
        if fixed + most > MOST_REGISTERS {
            return Err(TooLarge);
        }
        phase.ops.push(with_registers(virtual_op.op, d, reads));
    }
    Ok((phase, most))
}

/// A variable that is changed in place and read by a later change is copied first.
fn save_old_values(ops: &mut Vec<Virtual>, fixed: usize) {
    let changed = |op: &Virtual| match op.op {
        Op::Store { x, .. }
        | Op::StoreWhere { x, .. }
        | Op::Advance { x, .. }
        | Op::AdvanceWhere { x, .. }
        | Op::Approach { x, .. }
        | Op::ApproachWhere { x, .. } => Some(usize::from(x)),
        _ => None,
    };
    let mut copies: HashMap<usize, usize> = HashMap::new();
    let mut gone: Vec<usize> = Vec::new();
    let mut next = ops.iter().filter_map(|op| op.writes).max().unwrap_or(0).max(fixed) + 1;
    for op in ops.iter_mut() {
        for read in op.reads.iter_mut().flatten() {
            if gone.contains(read) {
                *read = *copies.entry(*read).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        }
        gone.extend(changed(op));
    }
    let mut copies: Vec<(usize, usize)> = copies.into_iter().collect();
    copies.sort_unstable();
    for (from, to) in copies {
        // The larger of a number and itself is a copy of it.
        let op = Virtual {
            op: Op::Maximum { d: 0, a: 0, b: 0 },
            writes: Some(to),
            reads: [Some(from), Some(from), None],
        };
        ops.insert(0, op);
    }
}

/// An operation with its registers.
fn with_registers(op: Op, d: Option<usize>, reads: [Option<usize>; 3]) -> Op {
    let d = d.unwrap_or(0) as u8;
    let [a, b, c] = reads.map(|r| r.unwrap_or(0) as u8);
    match op {
        Op::Splat { s, .. } => Op::Splat { d, s },
        Op::Add { .. } => Op::Add { d, a, b },
        Op::AddScalar { s, .. } => Op::AddScalar { d, a, s },
        Op::Subtract { .. } => Op::Subtract { d, a, b },
        Op::SubtractFrom { s, .. } => Op::SubtractFrom { d, s, a },
        Op::Multiply { .. } => Op::Multiply { d, a, b },
        Op::Scale { s, .. } => Op::Scale { d, a, s },
        Op::MultiplyAdd { .. } => Op::MultiplyAdd { d, a, b, e: c },
        Op::ScaleAdd { k, .. } => Op::ScaleAdd { d, a, k, e: b },
        Op::Line { k, c, .. } => Op::Line { d, a, k, c },
        Op::ShiftScale { k, c, .. } => Op::ShiftScale { d, a, c, k },
        Op::ScaledForce { s, k, .. } => Op::ScaledForce { d, s, a, k },
        Op::SubtractProduct { .. } => Op::SubtractProduct { d, a, b, e: c },
        Op::DrivingForce { s, .. } => Op::DrivingForce { d, s, a, b },
        Op::Divide { .. } => Op::Divide { d, a, b },
        Op::Reciprocal { s, .. } => Op::Reciprocal { d, s, a },
        Op::Power { .. } => Op::Power { d, a, b },
        Op::Minimum { .. } => Op::Minimum { d, a, b },
        Op::Maximum { .. } => Op::Maximum { d, a, b },
        Op::FloorDivide { .. } => Op::FloorDivide { d, a, b },
        Op::Modulo { .. } => Op::Modulo { d, a, b },
        Op::Compare { how, .. } => Op::Compare { how, d, a, b },
        Op::CompareScalar { how, s, .. } => Op::CompareScalar { how, d, a, s },
        Op::And { .. } => Op::And { d, a, b },
        Op::Or { .. } => Op::Or { d, a, b },
        Op::Not { .. } => Op::Not { d, a },
        Op::Select { .. } => Op::Select { d, c: a, a: b, b: c },
        Op::Apply { function, .. } => Op::Apply { function, d, a },
        Op::Table { table, .. } => Op::Table { table, d, a },
        Op::Store { x, .. } => Op::Store { x, a },
        Op::StoreWhere { x, active, .. } => Op::StoreWhere { x, a, active },
        Op::Advance { x, k, .. } => Op::Advance { x, a, k },
        Op::AdvanceWhere { x, k, active, .. } => Op::AdvanceWhere { x, a, k, active },
        Op::Approach { x, .. } => Op::Approach { x, a, b },
        Op::ApproachWhere { x, active, .. } => Op::ApproachWhere { x, a, b, active },
    }
}
