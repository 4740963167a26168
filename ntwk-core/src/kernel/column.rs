//! Columns of state that the vector loops run along.

use aligned_vec::{AVec, ConstAlign};

/// One value per neuron, starting at a cache line: a vector of eight then never lies across two, which would cost two
/// accesses. It derefs to a slice.
pub type Column<T = f64> = AVec<T, ConstAlign<64>>;

/// A column of `len` times `value`.
#[must_use]
pub fn column<T: Clone>(value: T, len: usize) -> Column<T> {
    AVec::from_iter(64, std::iter::repeat_n(value, len))
}
