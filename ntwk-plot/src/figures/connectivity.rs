//! Who connects to whom.

use ndarray::Array2;

use crate::axis::Axis;
use crate::color::Color;
use crate::error::PlotError;
use crate::figures::heat_map::{Shading, extremes, shade};
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::Panel;
use crate::svg::Stroke;
use crate::theme::Theme;

/// Blocks per side of the matrix at most.
const MOST_BLOCKS: usize = 120;

/// Synapses of a network, gathered in blocks of neurons as they are met: memory does not grow with their number.
#[derive(Debug, Clone)]
pub struct ConnectionDensity {
    names: Vec<String>,
    /// First block of each population, and the number of blocks at the end.
    starts: Vec<usize>,
    sizes: Vec<usize>,
    /// Synapses, `[source block x target block]`.
    synapses: Array2<f64>,
}

impl ConnectionDensity {
    /// No synapse yet between populations of these names and sizes. Blocks are shared out by size; every population
    /// with a neuron gets a tenth of the most that a side can have, or all its neurons.
    #[must_use]
    pub fn new(populations: &[(&str, usize)]) -> Self {
        let total: usize = populations.iter().map(|p| p.1).sum();
        let mut starts = vec![0];
        for &(_, size) in populations {
            let share = (MOST_BLOCKS as f64 * size as f64 / total.max(1) as f64).round() as usize;
            let blocks = share.max(MOST_BLOCKS / 10).min(size);
            starts.push(starts[starts.len() - 1] + blocks);
        }
        let n = starts[starts.len() - 1];
        Self {
            names: populations.iter().map(|p| p.0.to_owned()).collect(),
            sizes: populations.iter().map(|p| p.1).collect(),
            starts,
            synapses: Array2::zeros((n, n)),
        }
    }

    /// Counts a synapse from neuron `source.1` of population `source.0` to neuron `target.1` of `target.0`.
    ///
    /// # Errors
    /// [`PlotError::Value`] when a population or a neuron does not exist.
    pub fn add(&mut self, source: (usize, usize), target: (usize, usize)) -> Result<(), PlotError> {
        let at = [self.block(source)?, self.block(target)?];
        self.synapses[at] += 1.0;
        Ok(())
    }

    fn block(&self, (population, neuron): (usize, usize)) -> Result<usize, PlotError> {
        let Some(&size) = self.sizes.get(population) else {
            let value = population as f64;
            return Err(PlotError::Value {
                name: "population",
                value,
                expected: "an index of a population",
            });
        };
        if neuron >= size {
            let value = neuron as f64;
            return Err(PlotError::Value {
                name: "neuron",
                value,
                expected: "below the size of its population",
            });
        }
        let (from, to) = (self.starts[population], self.starts[population + 1]);
        Ok(from + neuron * (to - from) / size)
    }

    /// Neurons in each block: as many as `block` sends there.
    fn block_sizes(&self) -> Vec<f64> {
        let mut sizes = Vec::new();
        for (p, &size) in self.sizes.iter().enumerate() {
            let n = self.starts[p + 1] - self.starts[p];
            // Neuron k falls into block k n / size: block b starts at the smallest k with k n >= b size.
            sizes.extend(
                (0..n).map(|b| (((b + 1) * size).div_ceil(n) - (b * size).div_ceil(n)) as f64),
            );
        }
        sizes
    }
}

/// Mean number of synapses per pair of neurons in each block; sources to the right, targets upwards.
#[must_use]
pub fn connectivity(connections: &ConnectionDensity, theme: &Theme) -> Panel {
    let sizes = connections.block_sizes();
    let n = sizes.len();
    let density = Array2::from_shape_fn((n, n), |(i, j)| {
        connections.synapses[[i, j]] / (sizes[i] * sizes[j])
    });
    let edges: Vec<f64> = (0..=n).map(|i| i as f64).collect();
    let label = "synapses per pair";
    let range = extremes(&density.view(), Shading::Linear);
    let (cells, bar) =
        shade(&density.view(), (&edges, &edges), label, Shading::Linear, range, theme);
    let inner = connections.starts.iter().filter(|&&s| s > 0 && s < n).map(|&s| s as f64);
    let lines =
        inner.flat_map(|s| [[(s, 0.0), (s, n as f64)], [(0.0, s), (n as f64, s)]]).collect();
    let separators =
        Mark::Segments { segments: lines, stroke: Stroke::solid(Color(255, 255, 255), 0.7) };
    let names: Vec<_> = connections
        .names
        .iter()
        .enumerate()
        .filter(|(p, _)| connections.starts[*p] < connections.starts[p + 1])
        .map(|(p, name)| {
            let middle = 0.5 * (connections.starts[p] + connections.starts[p + 1]) as f64;
            (middle, Label::plain(name.as_str()), theme.population(p))
        })
        .collect();
    let axis = |label| Axis::new(label).range(0.0, n.max(1) as f64).names_at(names.clone());
    let panel = Panel::new(axis("source"), axis("target"));
    Panel { marks: vec![cells, separators], color_bar: Some(bar), equal_aspect: true, ..panel }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_neuron_has_a_block_and_the_blocks_their_sizes() {
        let c = ConnectionDensity::new(&[("E", 1003), ("none", 0), ("I", 250), ("few", 3)]);
        let mut counted = vec![0.0; c.block_sizes().len()];
        for (p, &size) in c.sizes.iter().enumerate() {
            for k in 0..size {
                counted[c.block((p, k)).unwrap()] += 1.0;
            }
        }
        assert_eq!(counted, c.block_sizes());
    }

    #[test]
    fn a_full_matrix_has_density_one_everywhere() {
        let mut c = ConnectionDensity::new(&[("E", 150), ("I", 20)]);
        for s in (0..150).map(|k| (0, k)).chain((0..20).map(|k| (1, k))) {
            for t in (0..150).map(|k| (0, k)).chain((0..20).map(|k| (1, k))) {
                c.add(s, t).unwrap();
            }
        }
        let sizes = c.block_sizes();
        for ((i, j), n) in c.synapses.indexed_iter() {
            assert_eq!(*n, sizes[i] * sizes[j]);
        }
        assert!(c.add((0, 150), (0, 0)).is_err() && c.add((0, 0), (2, 0)).is_err());
        let none = connectivity(&ConnectionDensity::new(&[]), &Theme::light());
        assert_eq!(none.marks.len(), 2);
    }
}
