//! Neurons that a pass has marked for a closer look.

/// Calls `f` with every marked neuron, in order. A mark is 1, its absence 0.
///
/// Where a network is active some neuron of a block spikes in most steps, so marks are read eight at a time.
#[inline]
pub(crate) fn each_candidate<E>(
    marks: &[u8],
    mut f: impl FnMut(usize) -> Result<(), E>,
) -> Result<(), E> {
    let (groups, rest) = marks.as_chunks::<8>();
    for (group, marks) in groups.iter().enumerate() {
        let mut marks = u64::from_le_bytes(*marks);
        while marks != 0 {
            f(8 * group + marks.trailing_zeros() as usize / 8)?;
            marks &= marks - 1;
        }
    }
    let first = 8 * groups.len();
    rest.iter().enumerate().filter(|(_, mark)| **mark != 0).try_for_each(|(i, _)| f(first + i))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_met_once_and_in_order() {
        for marked in [vec![], vec![0], vec![7, 8, 15, 16], vec![19], (0..20).collect()] {
            let mut marks = [0; 20];
            marked.iter().for_each(|&i: &usize| marks[i] = 1);
            let mut met = Vec::new();
            let all = each_candidate(&marks, |i| {
                met.push(i);
                if i == 16 { Err(i) } else { Ok(()) }
            });
            let expected: Vec<usize> =
                marked.iter().copied().take_while(|&i| i <= 16 || !marked.contains(&16)).collect();
            assert_eq!(met, expected);
            assert_eq!(all, if marked.contains(&16) { Err(16) } else { Ok(()) });
        }
    }
}
