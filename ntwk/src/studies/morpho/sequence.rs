//! The synapses of a group one after the other, from the tip inwards and outwards (Branco, Clark and Häusser 2010).

use ntwk_core::Job;
use ntwk_morpho::studies::{SequenceCurve, sequences};
use ntwk_morpho::{Location, LocationSpec, Selection, Sites};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};

use super::checks::Checks;
use super::summation::thinned;
use super::{MorphoCell, MorphoError};
use crate::studies::table::Table;

/// What is activated in which rhythm, and where that is seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SequenceOptions {
    /// Group of synapses that is activated; the first by default.
    pub synapses: Option<String>,
    /// The part of the tree that `number` synapses are spread over, in the place of the locations of the group.
    pub part: Option<Selection>,
    /// Number of synapses on `part`; 9 by default.
    pub number: usize,
    /// Where the EPSP is measured; the soma by default.
    pub to: LocationSpec,
    /// Intervals between neighbours (ms); 0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15 by default.
    pub intervals: Vec<f64>,
    /// How long each EPSP is followed (ms); 250 by default.
    pub duration: f64,
}

impl Default for SequenceOptions {
    fn default() -> Self {
        let intervals = vec![0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0];
        let (part, number) = (None, 9);
        Self { synapses: None, part, number, to: LocationSpec::Soma, intervals, duration: 250.0 }
    }
}

/// Peaks for both orders, of the first intervals when the study was interrupted.
#[derive(Debug, Clone)]
pub struct SequenceResult {
    cell: MorphoCell,
    to: LocationSpec,
    /// Group of synapses that was activated.
    pub synapses: String,
    /// Number of its synapses.
    pub count: usize,
    /// Peaks and traces.
    pub curve: SequenceCurve,
}

/// Activates the synapses of a group in both orders, for each interval.
///
/// # Errors
/// [`MorphoError`].
pub fn sequence(
    cell: &MorphoCell,
    options: &SequenceOptions,
    job: &Job<'_>,
) -> Result<SequenceResult, MorphoError> {
    let built = cell.built();
    let mut checks = Checks::default();
    let synapses = checks.take(cell.synapses(options.synapses.as_deref()));
    let to = checks.take(cell.locate(&options.to));
    options.intervals.iter().for_each(|&interval| checks.not_negative("interval", interval));
    checks.positive("duration", options.duration);
    let spread = options.part.as_ref().map(|part| {
        checks.require(
            "number of synapses",
            options.number as f64,
            options.number > 1,
            "at least 2",
        );
        checks.take(cell.places(&Sites::Part(part.clone()), options.number))
    });
    let ((group, contact), to) = checks.all(synapses.zip(to))?;
    let places: Vec<Location> = spread.flatten().unwrap_or_else(|| {
        let own = built.synapses.iter().find(|s| s.name == group);
        own.map_or_else(Vec::new, |s| s.locations.clone())
    });
    let SequenceOptions { intervals, duration, .. } = options;
    let curve = sequences(built, &contact, &places, to, intervals, *duration, job)?;
    let synapses = group.to_owned();
    Ok(SequenceResult { cell: cell.clone(), to: options.to, synapses, count: places.len(), curve })
}

impl SequenceResult {
    /// One row per interval.
    #[must_use]
    pub fn table(&self) -> Table {
        Table::default()
            .numbers("interval", "ms", &self.curve.intervals)
            .numbers("in", "mV", &self.curve.inwards)
            .numbers("out", "mV", &self.curve.outwards)
    }

    /// Peaks over the interval, and the potential over time at the interval where the orders differ most.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        let result = &self.curve;
        let over =
            |values: &[f64]| result.intervals.iter().copied().zip(values.iter().copied()).collect();
        let peaks_of = |name, values: &[f64], color| NamedCurve {
            name,
            points: over(values),
            color: Some(color),
            style: Style::Discs,
        };
        let both = [peaks_of("IN", &result.inwards, 1), peaks_of("OUT", &result.outwards, 0)];
        let y = format!("EPSP at {} (mV)", self.to);
        let peaks = curves(Axis::new("interval (ms)"), Axis::new(&y), &both, theme);
        let best = (0..result.intervals.len())
            .max_by(|&a, &b| {
                let d = |k: usize| (result.inwards[k] - result.outwards[k]).abs();
                d(a).total_cmp(&d(b))
            })
            .unwrap_or(0);
        let line = |index: usize, name| NamedCurve {
            name,
            points: thinned(&result.traces[best][index], result.dt),
            color: Some(1 - index),
            style: Style::Line,
        };
        let both = [line(0, "IN"), line(1, "OUT")];
        let traces = curves(Axis::new("time (ms)"), Axis::new(&y), &both, theme);
        let traces =
            traces.titled(format!("interval {} ms  ", result.intervals[best]).as_str().into());
        let layout = Layout::Row(vec![(1.0, Layout::panel(peaks)), (1.0, Layout::panel(traces))]);
        Figure::new(self.cell.title(), Width::Page, 65.0, layout, theme)
    }
}
