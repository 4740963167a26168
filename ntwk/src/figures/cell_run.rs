//! A run of a morphological cell as a figure: the tree with what is on it, and the recorded quantities over time.

use ntwk_io::StoredCellRun;
use ntwk_io::stored_cell_run::{BranchPoint, StoredCompartment};
use ntwk_plot::figures::{NamedCurve, Style, TreeColors, TreeMarker, TreePiece, curves, tree};
use ntwk_plot::{Axis, Figure, Layout, Panel, PlotError, Theme, Width};

/// What the figure shows.
#[derive(Debug, Clone)]
pub(crate) struct CellRunView<'a> {
    pub title: &'a str,
    /// The tree in the plane.
    pub pieces: Vec<TreePiece>,
    /// Time shown (ms).
    pub span: [f64; 2],
    pub times: &'a [f64],
    pub probes: Vec<ProbeView<'a>>,
    pub synapses: Vec<SynapsesView<'a>>,
}

/// A recorded quantity.
#[derive(Debug, Clone)]
pub(crate) struct ProbeView<'a> {
    pub name: &'a str,
    pub unit: &'a str,
    /// Where in the plane, if that is known.
    pub at: Option<(f64, f64)>,
    pub values: Vec<f64>,
}

/// A group of synapses.
#[derive(Debug, Clone)]
pub(crate) struct SynapsesView<'a> {
    pub name: &'a str,
    pub at: Vec<(f64, f64)>,
    /// Presynaptic spikes of each (ms).
    pub events: &'a [Vec<f64>],
}

/// Units with a panel of their own below the potentials, and the labels of their axes.
const OTHER_UNITS: [(&str, &str); 6] = [
    ("mM", "Ca (mM)"),
    ("", "gate"),
    ("nA", "current (nA)"),
    ("mA/cm2", "current (mA/cm^2)"),
    ("uS", "conductance (µS)"),
    ("S/cm2", "conductance (S/cm^2)"),
];

/// Quantities of one unit up to which all are drawn; of more, so many at equal distances in their list.
const MOST: usize = 10;

impl CellRunView<'_> {
    pub(crate) fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let of_unit = |unit: &str| -> Vec<&ProbeView<'_>> {
            let all: Vec<_> = self.probes.iter().filter(|p| p.unit == unit).collect();
            let n = all.len();
            if n <= MOST { all } else { (0..MOST).map(|k| all[k * n / MOST]).collect() }
        };
        let voltages = of_unit("mV");
        // Traces have the first colours, groups of synapses those after them.
        let first_group = voltages.len();
        let mut markers: Vec<TreeMarker<'_>> = self
            .synapses
            .iter()
            .enumerate()
            .map(|(i, s)| TreeMarker {
                at: s.at.clone(),
                name: s.name,
                color: first_group + i,
                small: true,
            })
            .collect();
        for (i, point) in voltages.iter().enumerate().filter_map(|(i, p)| Some((i, p.at?))) {
            markers.push(TreeMarker { at: vec![point], name: "", color: i, small: false });
        }
        let tree = tree(&self.pieces, &TreeColors::Plain, &markers, theme)?;
        let mut panels = Vec::new();
        if !voltages.is_empty() {
            panels.push((1.0, Layout::panel(self.traces(&voltages, "V (mV)", theme))));
        }
        if self.synapses.iter().any(|s| s.events.iter().any(|e| !e.is_empty())) {
            panels.push((0.7, Layout::panel(self.events(first_group, theme))));
        }
        for (unit, label) in OTHER_UNITS {
            let found = of_unit(unit);
            if !found.is_empty() {
                panels.push((0.6, Layout::panel(self.traces(&found, label, theme))));
            }
        }
        let height = 45.0 + 40.0 * panels.len() as f64;
        let layout = Layout::Row(vec![(0.8, Layout::panel(tree)), (1.2, Layout::Column(panels))]);
        Ok(Figure::new(self.title, Width::Page, height, layout, theme))
    }

    fn time(&self) -> Axis {
        let [from, to] = self.span;
        Axis::new("time (ms)").range(from, to)
    }

    fn shows(&self, t: f64) -> bool {
        (self.span[0]..=self.span[1]).contains(&t)
    }

    fn traces(&self, probes: &[&ProbeView<'_>], label: &str, theme: &Theme) -> Panel {
        let mut lines = Vec::new();
        for (i, probe) in probes.iter().enumerate() {
            let samples = self.times.iter().copied().zip(probe.values.iter().copied());
            lines.push(NamedCurve {
                name: probe.name,
                points: samples.filter(|p| self.shows(p.0)).collect(),
                color: Some(i),
                style: Style::Line,
            });
        }
        curves(self.time(), Axis::new(label), &lines, theme)
    }

    /// Presynaptic spikes, one row per synapse.
    fn events(&self, first_color: usize, theme: &Theme) -> Panel {
        let mut row = 0usize;
        let mut groups = Vec::new();
        for (i, s) in self.synapses.iter().enumerate() {
            let mut points = Vec::new();
            for times in s.events {
                let shown = times.iter().filter(|t| self.shows(**t));
                points.extend(shown.map(|&t| (t, row as f64)));
                row += 1;
            }
            groups.push(NamedCurve {
                name: "",
                points,
                color: Some(first_color + i),
                style: Style::Dots,
            });
        }
        let y = Axis::new("synapse").range(-0.5, row as f64 - 0.5);
        curves(self.time(), y, &groups, theme)
    }
}

/// Draws a stored run of a cell, all of it or a part of its time (ms). The tree is made of its compartments, each a line from
/// the middle of the one before.
///
/// # Errors
/// [`PlotError`] when nothing can be drawn.
pub fn cell_run_figure(
    title: &str,
    run: &StoredCellRun,
    span: Option<[f64; 2]>,
    theme: &Theme,
) -> Result<Figure, PlotError> {
    let all = &run.compartments;
    let whole = [0.0, run.times.last().copied().unwrap_or(0.0)];
    let probes = run.probes.iter().zip(run.values.columns()).map(|(probe, values)| ProbeView {
        name: &probe.name,
        unit: &probe.unit,
        at: probe.at.and_then(|at| position(all, at)),
        values: values.to_vec(),
    });
    let synapses = run.synapses.iter().map(|s| SynapsesView {
        name: &s.name,
        at: s.at.iter().filter_map(|&at| position(all, at)).collect(),
        events: &s.events,
    });
    CellRunView {
        title,
        pieces: all.iter().map(|c| piece(all, c)).collect(),
        span: span.unwrap_or(whole),
        times: &run.times,
        probes: probes.collect(),
        synapses: synapses.collect(),
    }
    .figure(theme)
}

/// From the middle of the parent to its own; of a root, a line of its length.
fn piece(all: &[StoredCompartment], own: &StoredCompartment) -> TreePiece {
    let [x, y, _] = own.centre;
    let ends = match own.parent.and_then(|p| all.get(p)) {
        Some(parent) => [(parent.centre[0], parent.centre[1]), (x, y)],
        None => [(x - 0.5 * own.length, y), (x + 0.5 * own.length, y)],
    };
    TreePiece { ends, diameter: 2.0 * own.radius, value: 0.0 }
}

/// The middle of the compartment that holds a point of a branch.
fn position(all: &[StoredCompartment], (branch, x): BranchPoint) -> Option<(f64, f64)> {
    if x.is_nan() {
        return None;
    }
    let own = || all.iter().filter(|c| c.branch == branch);
    let wanted = x * own().map(|c| c.length).sum::<f64>();
    let mut arc = 0.0;
    let holds = |c: &&StoredCompartment| {
        arc += c.length;
        arc >= wanted
    };
    let found = own().find(holds).or_else(|| own().next_back())?;
    Some((found.centre[0], found.centre[1]))
}
