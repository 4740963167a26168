//! How EPSPs add up: the peak against the number of synapses that are active together.

use ntwk_core::Job;
use ntwk_morpho::mesh::sites::spread_order;
use ntwk_morpho::studies::{Contact, StudyError, SummationCurve, summation as sum};
use ntwk_morpho::{DoubleExponential, LocationSpec, Receptor, Sites};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};

use super::checks::Checks;
use super::{MorphoCell, MorphoError};
use crate::studies::table::{ColumnValues, Table};

/// What is activated, and where that is seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SummationOptions {
    /// Group of synapses whose contacts are activated; the first by default.
    pub synapses: Option<String>,
    /// Where the synapses are: all at one point, or spread over a part of the tree such that the first few, however many, are
    /// spread too; the farthest dendritic tip by default.
    pub at: Sites,
    /// Where the EPSP is measured; the soma by default.
    pub to: LocationSpec,
    /// Largest number of synapses; 20 by default.
    pub most: usize,
    /// How long each EPSP is followed (ms); 150 by default.
    pub duration: f64,
}

impl Default for SummationOptions {
    fn default() -> Self {
        Self {
            synapses: None,
            at: Sites::Point(LocationSpec::Tip(None)),
            to: LocationSpec::Soma,
            most: 20,
            duration: 150.0,
        }
    }
}

/// Peaks against the number of synapses, of the first numbers when the study was interrupted.
#[derive(Debug, Clone)]
pub struct SummationResult {
    cell: MorphoCell,
    to: LocationSpec,
    /// Group of synapses whose contacts were activated.
    pub synapses: String,
    /// With all receptors.
    pub all: SummationCurve,
    /// Without the receptors whose conductance depends on the potential, where that leaves some of them.
    pub without_block: Option<SummationCurve>,
}

/// The contact without receptors whose conductance depends on the potential.
fn without_block(contact: &Contact) -> Contact {
    let blocked = |r: &Receptor| {
        matches!(r, Receptor::DoubleExponential(DoubleExponential { block: Some(_), .. }))
    };
    contact.iter().filter(|(r, _)| !blocked(r)).copied().collect()
}

/// Activates 1 to `most` contacts together, with all their receptors and without the voltage-dependent ones.
///
/// # Errors
/// [`MorphoError`].
pub fn summation(
    cell: &MorphoCell,
    options: &SummationOptions,
    job: &Job<'_>,
) -> Result<SummationResult, MorphoError> {
    let mut checks = Checks::default();
    let synapses = checks.take(cell.synapses(options.synapses.as_deref()));
    let (places, to) = (
        checks.take(cell.places(&options.at, options.most)),
        checks.take(cell.locate(&options.to)),
    );
    checks.positive("number of synapses", options.most as f64);
    checks.positive("duration", options.duration);
    let ((group, contact), (places, to)) = checks.all(synapses.zip(places.zip(to)))?;
    let sites: Vec<_> = spread_order(places.len()).into_iter().map(|k| places[k]).collect();
    let study = |contact: &Contact, stage: &str| {
        let job = job.stage(stage);
        sum(cell.built(), contact, &sites, to, options.duration, &job)
    };
    let all = study(&contact, "all receptors")?;
    let reduced = without_block(&contact);
    let differ = !reduced.is_empty() && reduced.len() < contact.len();
    let without_block = match differ.then(|| study(&reduced, "without NMDA")) {
        // The first curve is there.
        None | Some(Err(StudyError::Interrupted)) => None,
        Some(curve) => Some(curve?),
    };
    let synapses = group.to_owned();
    Ok(SummationResult { cell: cell.clone(), to: options.to, synapses, all, without_block })
}

impl SummationResult {
    /// One row per number of synapses.
    #[must_use]
    pub fn table(&self) -> Table {
        let all = &self.all;
        let counts = all.numbers.iter().map(|&n| n as u64).collect();
        let other = |i: usize| self.without_block.as_ref().and_then(|c| c.peak.get(i)).copied();
        let others = (0..all.numbers.len()).map(other).collect();
        Table::default()
            .with("synapses", "", ColumnValues::Counts(counts))
            .numbers("peak", "mV", &all.peak)
            .numbers("linear", "mV", &all.expected)
            .numbers("local_peak", "mV", &all.local_peak)
            .with("peak_without_voltage_dependence", "mV", ColumnValues::Sparse(others))
    }

    /// Peaks where they are measured and in place, and the potential in place over time.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        let (full, compared) = (&self.all, &self.without_block);
        let points = |values: &[f64]| -> Vec<(f64, f64)> {
            full.numbers.iter().map(|&n| n as f64).zip(values.iter().copied()).collect()
        };
        let curve = |name, values: &[f64], color, style| NamedCurve {
            name,
            points: points(values),
            color,
            style,
        };
        let mut lines = vec![
            curve("linear", &full.expected, None, Style::Dashed),
            curve("all receptors", &full.peak, Some(1), Style::Discs),
        ];
        if let Some(c) = compared {
            lines.push(curve("without NMDA", &c.peak, Some(0), Style::Discs));
        }
        let number_axis = || Axis::new("synapses active together");
        let y = format!("EPSP at {} (mV)", self.to);
        let peaks = curves(number_axis(), Axis::new(&y), &lines, theme);
        let mut local = vec![curve("", &full.local_peak, Some(1), Style::Discs)];
        if let Some(c) = compared {
            local.push(curve("", &c.local_peak, Some(0), Style::Discs));
        }
        let local = curves(number_axis(), Axis::new("local peak (mV)"), &local, theme);
        let chosen: Vec<usize> = (0..full.numbers.len())
            .filter(|i| (i + 1) % full.numbers.len().div_ceil(6) == 0 || *i == 0)
            .collect();
        let names: Vec<String> = chosen.iter().map(|&i| full.numbers[i].to_string()).collect();
        let traces: Vec<NamedCurve<'_>> = chosen
            .iter()
            .enumerate()
            .map(|(c, &i)| NamedCurve {
                name: &names[c],
                points: thinned(&full.local_traces[i], full.dt),
                color: Some(c),
                style: Style::Line,
            })
            .collect();
        let traces = curves(
            Axis::new("time (ms)"),
            Axis::new("EPSP at the first synapse (mV)"),
            &traces,
            theme,
        );
        let layout = Layout::Row(vec![
            (1.0, Layout::panel(peaks)),
            (1.0, Layout::panel(local)),
            (1.0, Layout::panel(traces)),
        ]);
        Figure::new(self.cell.title(), Width::Page, 62.0, layout, theme)
    }
}

/// Every fourth sample of a trace.
pub(super) fn thinned(trace: &[f64], dt: f64) -> Vec<(f64, f64)> {
    trace.iter().enumerate().step_by(4).map(|(k, &v)| (k as f64 * dt, v)).collect()
}
