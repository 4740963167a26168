//! A counting sort that can be left between any two pieces of its work.

use crate::job::{Interrupted, Job, pieces};

/// Sorts `keys`, each below `bins`, and keeps the order of equal ones: calls `place` with every index and its place in the sorted
/// order, and gives where each key begins there, with the end. There are fewer than 2^32 keys.
pub(super) fn counting_sort<K: Copy + Into<u64>>(
    bins: u32,
    keys: &[K],
    job: &Job<'_>,
    mut place: impl FnMut(usize, usize),
) -> Result<Vec<u32>, Interrupted> {
    let bin = |i: usize| -> usize { keys[i].into() as usize };
    let mut starts = vec![0u32; bins as usize + 1];
    for piece in pieces(keys.len()) {
        job.check()?;
        piece.for_each(|i| starts[bin(i) + 1] += 1);
    }
    for b in 0..bins as usize {
        starts[b + 1] += starts[b];
    }
    let mut next = starts.clone();
    for piece in pieces(keys.len()) {
        job.check()?;
        for i in piece {
            let cursor = &mut next[bin(i)];
            place(i, *cursor as usize);
            *cursor += 1;
        }
    }
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_keep_their_order() {
        let keys = [3u32, 1, 3, 0, 1, 1];
        let mut order = [0; 6];
        let starts = counting_sort(5, &keys, &Job::new(), |i, place| order[place] = i).unwrap();
        assert_eq!(order, [3, 1, 4, 5, 0, 2]);
        assert_eq!(starts, [0, 1, 4, 4, 6, 6]);
    }
}
