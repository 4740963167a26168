//! Spikes of all populations against time.

use ntwk_core::Spikes;

use crate::axis::Axis;
use crate::error::PlotError;
use crate::figures::time::TimeSpan;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::Panel;
use crate::svg::Stroke;
use crate::theme::Theme;

/// The spikes of one population.
#[derive(Debug, Clone, Copy)]
pub struct RasterPopulation<'a> {
    /// Name of the population.
    pub name: &'a str,
    /// Number of its neurons.
    pub size: usize,
    /// Number of its colour: that of a population is its place in the model.
    pub color: usize,
    /// Its spikes.
    pub spikes: &'a Spikes,
    /// Its neurons from below; `None` for all of them by number.
    pub rows: Option<&'a [u32]>,
}

impl RasterPopulation<'_> {
    /// Number of its neurons that may be shown.
    fn n_rows(&self) -> usize {
        self.rows.map_or(self.size, <[u32]>::len)
    }

    /// The neuron of a row.
    fn neuron(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows[row] as usize)
    }
}

/// How much a raster shows at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RasterLimits {
    /// Neurons of all populations together.
    pub neurons: usize,
    /// Spikes of all populations together: bounds the size of the file.
    pub spikes: usize,
}

impl Default for RasterLimits {
    /// 1000 neurons, 40 000 spikes (about 0.5 MB of SVG).
    fn default() -> Self {
        Self { neurons: 1000, spikes: 40_000 }
    }
}

/// The raster: one stroke per spike, populations stacked from the first at the bottom.
///
/// Which neurons are shown does not depend on chance: they are evenly spaced in each population, in proportion to
/// the sizes, though every population gets a twelfth of the height at least. Of populations with too many spikes fewer neurons
/// are shown, in the same height. `dt` is the step (ms). Spikes of
/// neurons beyond a population's size are not drawn.
///
/// ```
/// use ntwk_core::Spikes;
/// use ntwk_plot::figures::{RasterLimits, RasterPopulation, TimeSpan, raster};
/// use ntwk_plot::{Figure, Layout, Theme, Width};
///
/// let theme = Theme::light();
/// let spikes = Spikes { steps: vec![10, 40, 60], ids: vec![0, 2, 1] };
/// let cells = RasterPopulation { name: "E", size: 3, color: 0, spikes: &spikes, rows: None };
/// let panel = raster(&[cells], 0.1, TimeSpan::new(0.0, 10.0)?, RasterLimits::default(), &theme)?;
/// let figure = Figure::new("Three spikes", Width::Column, 40.0, Layout::panel(panel), &theme);
/// assert!(figure.to_png(1.0)?.starts_with(b"\x89PNG")); // 72 dpi
/// # Ok::<(), ntwk_plot::PlotError>(())
/// ```
///
/// # Errors
/// [`PlotError::Value`] when `dt` is not finite and above 0; [`PlotError::Lengths`] for inconsistent spikes.
pub fn raster(
    populations: &[RasterPopulation<'_>],
    dt: f64,
    span: TimeSpan,
    limits: RasterLimits,
    theme: &Theme,
) -> Result<Panel, PlotError> {
    if !(dt.is_finite() && dt > 0.0) {
        return Err(PlotError::Value {
            name: "dt (ms)",
            value: dt,
            expected: "finite and above 0",
        });
    }
    if let Some(p) = populations.iter().find(|p| p.spikes.steps.len() != p.spikes.ids.len()) {
        return Err(PlotError::Lengths {
            what: "spike steps and neuron ids",
            left: p.spikes.steps.len(),
            right: p.spikes.ids.len(),
        });
    }
    let total: usize = populations.iter().map(RasterPopulation::n_rows).sum();
    let heights = allot(populations, limits.neurons);
    let mut rows = heights.clone();
    let mut drawn = select(populations, &rows, dt, span);
    let spikes: Vec<usize> = drawn.iter().map(Vec::len).collect();
    if spikes.iter().sum::<usize>() > limits.spikes {
        for (n, (spikes, allowed)) in rows.iter_mut().zip(share(&spikes, limits.spikes)) {
            *n = ((*n as f64 * allowed as f64 / spikes.max(1) as f64) as usize).max(1).min(*n);
        }
        drawn = select(populations, &rows, dt, span);
    }
    let (whole, shown) = (heights.iter().sum::<usize>() as f64, rows.iter().sum::<usize>());
    let gap = 0.012 * whole;
    let mut bottom = 0.0;
    let mut marks = Vec::new();
    let mut names = Vec::new();
    for (i, (population, points)) in populations.iter().zip(drawn).enumerate() {
        let color = theme.population(population.color);
        let row_height = heights[i] as f64 / rows[i].max(1) as f64;
        // A stroke fills its row, but stays visible when rows are thinner than a line.
        let height = (0.0035 * whole).max(0.8 * row_height);
        let segments = points
            .into_iter()
            .map(|(t, row)| {
                let middle = bottom + (row as f64 + 0.5) * row_height;
                [(t, middle - 0.5 * height), (t, middle + 0.5 * height)]
            })
            .collect();
        marks.push(Mark::Segments { segments, stroke: Stroke::solid(color, 0.5) });
        names.push((bottom + 0.5 * heights[i] as f64, Label::plain(population.name), color));
        bottom += heights[i] as f64 + gap;
    }
    let what =
        if shown < total { format!("neurons ({shown} of {total})") } else { "neurons".to_owned() };
    let y = Axis::new(&what).range(0.0, (bottom - gap).max(1.0)).names_at(names);
    Ok(Panel { marks, ..Panel::new(span.axis(), y) })
}

/// Numbers of spikes with how many of them may be drawn: those of populations with many are cut until all fit into `most`.
fn share(spikes: &[usize], most: usize) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..spikes.len()).collect();
    order.sort_by_key(|&i| spikes[i]);
    let mut shared = vec![(0, 0); spikes.len()];
    let mut left = most;
    for (k, &i) in order.iter().enumerate() {
        let allowed = spikes[i].min(left / (order.len() - k));
        shared[i] = (spikes[i], allowed);
        left -= allowed;
    }
    shared
}

/// Rows of each population: proportional to its size, with a least share.
fn allot(populations: &[RasterPopulation<'_>], most: usize) -> Vec<usize> {
    let total: usize = populations.iter().map(RasterPopulation::n_rows).sum();
    if total <= most {
        return populations.iter().map(RasterPopulation::n_rows).collect();
    }
    let share = |p: &RasterPopulation<'_>| {
        (most as f64 * p.n_rows() as f64 / total as f64).round() as usize
    };
    populations.iter().map(|p| share(p).max(most / 12).max(1).min(p.n_rows())).collect()
}

/// Time on the axis and row of the spikes of the shown neurons: row `r` of `n` is that of place `(2 r + 1) N / (2 n)`
/// among the `N` neurons.
fn select(
    populations: &[RasterPopulation<'_>],
    rows: &[usize],
    dt: f64,
    span: TimeSpan,
) -> Vec<Vec<(f64, usize)>> {
    populations
        .iter()
        .zip(rows)
        .map(|(p, &n)| {
            let mut row_of = vec![None; p.size];
            for r in 0..n {
                // Rows of neurons beyond the size of the population stay empty.
                if let Some(row) = row_of.get_mut(p.neuron((2 * r + 1) * p.n_rows() / (2 * n))) {
                    *row = Some(r);
                }
            }
            let steps_ids = p.spikes.steps.iter().zip(&p.spikes.ids);
            steps_ids
                .filter_map(|(&step, &id)| {
                    let row = (*row_of.get(id as usize)?)?;
                    let time = step as f64 * dt;
                    span.contains(time).then(|| (span.on_axis(time), row))
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_neuron_once(size: u32) -> Spikes {
        Spikes { steps: (0..u64::from(size)).collect(), ids: (0..size).collect() }
    }

    fn count(panel: &Panel) -> Vec<usize> {
        panel
            .marks
            .iter()
            .map(|m| if let Mark::Segments { segments, .. } = m { segments.len() } else { 0 })
            .collect()
    }

    #[test]
    fn limits_hold_and_small_populations_stay() {
        let (big, small) = (every_neuron_once(40_000), every_neuron_once(20));
        let populations = [
            RasterPopulation { name: "E", size: 40_000, color: 0, spikes: &big, rows: None },
            RasterPopulation { name: "I", size: 20, color: 1, spikes: &small, rows: None },
        ];
        let span = TimeSpan::new(0.0, 1e6).unwrap();
        let theme = Theme::light();
        let limits = RasterLimits { neurons: 600, spikes: 40_000 };
        let panel = raster(&populations, 0.1, span, limits, &theme).unwrap();
        assert_eq!(count(&panel), [600, 20]);
        let limits = RasterLimits { neurons: 50_000, spikes: 1200 };
        let n: usize =
            count(&raster(&populations, 0.1, span, limits, &theme).unwrap()).iter().sum();
        assert!((1000..=1220).contains(&n), "{n}");
    }

    /// A population that fires a thousand times as often leaves the others their neurons and its own height.
    #[test]
    fn dense_populations_do_not_crowd_out_the_others() {
        let sparse = every_neuron_once(500);
        let dense = Spikes {
            steps: (0..500_000).map(|k| k / 500).collect(),
            ids: (0..500_000).map(|k| (k % 500) as u32).collect(),
        };
        let populations = [
            RasterPopulation { name: "A", size: 500, color: 0, spikes: &dense, rows: None },
            RasterPopulation { name: "E", size: 500, color: 1, spikes: &sparse, rows: None },
        ];
        let span = TimeSpan::new(0.0, 1e6).unwrap();
        let panel =
            raster(&populations, 0.1, span, RasterLimits::default(), &Theme::light()).unwrap();
        // 40000 - 500 spikes are 39 neurons with 1000 each.
        assert_eq!(count(&panel), [39_000, 500]);
        let highest = |mark: &Mark| match mark {
            Mark::Segments { segments, .. } => segments.iter().map(|s| s[1].1).fold(0.0, f64::max),
            _ => 0.0,
        };
        assert!((highest(&panel.marks[0]) - 500.0).abs() < 3.0);
        assert!((highest(&panel.marks[1]) - 1012.0).abs() < 3.0);
    }

    #[test]
    fn all_is_shown_when_it_fits_and_nothing_when_there_is_nothing() {
        let spikes = every_neuron_once(5);
        let populations = [
            RasterPopulation { name: "E", size: 5, color: 0, spikes: &spikes, rows: None },
            RasterPopulation {
                name: "none",
                size: 0,
                color: 1,
                spikes: &Spikes::default(),
                rows: None,
            },
        ];
        let span = TimeSpan::new(0.0, 0.3).unwrap();
        let panel =
            raster(&populations, 0.1, span, RasterLimits::default(), &Theme::light()).unwrap();
        assert_eq!(count(&panel), [3, 0]);
        assert!(raster(&[], 0.1, span, RasterLimits::default(), &Theme::light()).is_ok());
        assert!(raster(&[], 0.0, span, RasterLimits::default(), &Theme::light()).is_err());
    }
}
