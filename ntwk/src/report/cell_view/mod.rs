//! A morphological cell as one HTML page that needs nothing else: the tree in three dimensions, turned with mouse, fingers or
//! keys, in the colours of its regions or of what a run recorded over time.
//!
//! The page holds its data as JSON in an element of its own (`cell-data`), whose fields are those of [`CellView`].

mod samples;
mod tree;

use ntwk_io::StoredCellRun;
use ntwk_io::stored_cell_run::BranchPoint;
use ntwk_morpho::{Electrotonic, Location, Morphology, Probe};
use ntwk_plot::Theme;
use serde::Serialize;

use super::escaped;
use crate::studies::morpho::MorphoCell;
use samples::Frames;
use tree::{BranchView, Cuts, Segments, branches, segments};

const STYLE: &str = include_str!("cell_view.css");
const SCRIPT: &str = include_str!("cell_view.js");
const BODY: &str = include_str!("cell_view.html");

/// Recorded points up to which each has a mark.
const MOST_RECORDED: usize = 40;
/// Colours of a map that the page mixes.
const MAP_STOPS: usize = 33;

/// Why a run cannot be shown.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The file has no morphology.
    #[error(
        "the run holds no morphology, as those of earlier versions: 'ntwk morpho run' writes it, and 'ntwk morpho view' of the cell file shows the cell alone"
    )]
    NoMorphology,
    /// Nothing was recorded in the time asked for.
    #[error(
        "no sample lies between {from} and {to} ms; the run has samples from {first} to {last} ms"
    )]
    NoSamples {
        /// Beginning (ms).
        from: f64,
        /// End (ms).
        to: f64,
        /// First sample (ms).
        first: f64,
        /// Last sample (ms).
        last: f64,
    },
    /// The time between frames is none.
    #[error("every = {every} ms: expected a time above 0")]
    Every {
        /// The value given (ms).
        every: f64,
    },
}

/// Which samples of a run are shown.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ViewOptions {
    /// Time of the first one (ms); that of the run by default.
    pub from: Option<f64>,
    /// Time of the last one (ms); that of the run by default.
    pub to: Option<f64>,
    /// Time between them (ms), rounded to whole samples. By default all, or so many that the page has no more than 1.5 million
    /// values.
    pub every: Option<f64>,
}

/// What the page shows. Lengths are in µm, times in ms.
#[derive(Debug, Clone, Serialize)]
pub struct CellView {
    /// Title.
    pub title: String,
    /// Names of the regions that occur, in the order of their colours.
    pub regions: Vec<String>,
    /// The branches, by number.
    pub branches: Vec<BranchView>,
    /// The frusta that are drawn: those of the samples, cut where compartments end.
    pub segments: Segments,
    /// Branch and middle of every compartment; none without a cell.
    pub compartments: Vec<BranchPoint>,
    /// Length constants (µm) by compartment, where the membrane is known.
    pub lambda: Vec<f64>,
    /// Quantities of compartments.
    pub quantities: Vec<QuantityView>,
    /// Times of the samples (ms); none without a run.
    pub times: Vec<f64>,
    /// Synapses, electrodes and recorded points.
    pub marks: Vec<MarkView>,
    /// What a reader should know of the data, a sentence each.
    pub notes: Vec<String>,
}

/// A quantity of some compartments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantityView {
    /// Name.
    pub name: String,
    /// Unit; empty for none.
    pub unit: String,
    /// The compartments, in the order of `values`.
    pub compartments: Vec<usize>,
    /// Values of the compartments at each of the times; one row where there is no time. To 1e-5 of their range.
    pub values: Vec<Vec<f64>>,
    /// Lowest and highest value.
    pub range: [f64; 2],
    /// Whether the sign matters: a current that flows in or out.
    pub signed: bool,
}

/// Points of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MarkView {
    /// Name: of a group of synapses, or what the points are.
    pub name: String,
    /// Sign that is drawn.
    pub kind: MarkKind,
    /// Branch and fraction of its length, of each.
    pub places: Vec<BranchPoint>,
    /// Position of each (µm).
    pub at: Vec<[f64; 3]>,
    /// Name of each; none where they have none of their own.
    pub names: Vec<String>,
}

/// What is at a marked point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A synapse.
    Synapse,
    /// An electrode.
    Electrode,
    /// A point where something was recorded.
    Recorded,
}

impl CellView {
    /// A morphology alone.
    #[must_use]
    pub fn of_morphology(title: &str, morphology: &Morphology) -> Self {
        Self::with_cuts(title, morphology, &Cuts::none(morphology))
    }

    /// The cell of a cell file: its compartments, electrotonic distances about `simulation.v_init` (left out, with a note,
    /// where a mechanism has no admittance), synapses, electrodes and points to record.
    #[must_use]
    pub fn of_cell(cell: &MorphoCell) -> Self {
        let built = cell.built();
        let compartments = built.cell.compartments();
        let list = compartments.as_slice();
        let cuts = Cuts::of(list.iter().map(|c| (c.branch, c.length)), &built.morphology);
        let mut view = Self::with_cuts(cell.title(), &built.morphology, &cuts);
        let settings = &built.spec.simulation.settings;
        match Electrotonic::new(&built.cell, settings.v_init, settings.celsius) {
            Ok(tree) => {
                view.lambda = tree.lambda.iter().map(|l| tree::micrometres(*l)).collect();
                let values = tree.distance[..list.len()].to_vec();
                let name = "electrotonic distance from the soma";
                view.quantities.extend(QuantityView::new(
                    name,
                    "",
                    (0..list.len()).collect(),
                    vec![values],
                ));
            }
            Err(e) => view.notes.push(format!("no electrotonic distances: {e}")),
        }
        let point = |at: Location| (at.branch, at.x);
        for s in &built.synapses {
            let places = s.locations.iter().map(|&at| point(at)).collect();
            view.mark(&s.name, MarkKind::Synapse, places, Vec::new(), &built.morphology);
        }
        let electrodes = built.spec.electrodes.iter();
        let electrodes = electrodes
            .filter_map(|e| Some((e.at.to_string(), point(built.locate(&e.at).ok()?))))
            .collect();
        view.named(("electrodes", MarkKind::Electrode), electrodes, &built.morphology);
        let probes = built.probes.iter();
        let probes = probes
            .filter(|p| !matches!(p.1, Probe::Electrode { .. }))
            .filter_map(|(name, probe)| Some((name.clone(), point(probe.at()?))))
            .collect();
        view.named(("recorded", MarkKind::Recorded), probes, &built.morphology);
        view
    }

    /// A stored run: what it recorded at places, over time.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn of_run(
        title: &str,
        run: &StoredCellRun,
        options: &ViewOptions,
    ) -> Result<Self, ViewError> {
        let morphology = run.morphology.as_ref().ok_or(ViewError::NoMorphology)?;
        let cuts = Cuts::of(run.compartments.iter().map(|c| (c.branch, c.length)), morphology);
        let quantities = run.quantities();
        let places = quantities.iter().map(|q| q.elements.len()).sum();
        let frames = Frames::chosen(&run.times, places, options)?;
        let mut view = Self::with_cuts(title, morphology, &cuts);
        view.notes.extend(frames.note(&run.times));
        view.notes.extend(run.remarks.iter().cloned());
        view.times = frames.of(&run.times);
        let mut recorded = Vec::new();
        for q in &quantities {
            let found: Vec<(usize, usize)> = q
                .elements
                .iter()
                .filter_map(|&(column, at)| Some((column, cuts.compartment(at)?)))
                .collect();
            let row = |k: usize| found.iter().map(|f| run.values[(k, f.0)]).collect();
            let values = frames.indices().map(row).collect();
            let compartments = found.iter().map(|f| f.1).collect();
            view.quantities.extend(QuantityView::new(&q.name, &q.unit, compartments, values));
            let named = q.elements.iter().map(|&(c, at)| (run.probes[c].name.clone(), at));
            recorded.extend(named);
        }
        for s in &run.synapses {
            view.mark(&s.name, MarkKind::Synapse, s.at.clone(), Vec::new(), morphology);
        }
        view.named(("electrodes", MarkKind::Electrode), run.electrodes.clone(), morphology);
        view.named(("recorded", MarkKind::Recorded), recorded, morphology);
        Ok(view)
    }

    fn with_cuts(title: &str, morphology: &Morphology, cuts: &Cuts) -> Self {
        Self {
            title: title.to_owned(),
            regions: morphology.regions().iter().map(ToString::to_string).collect(),
            branches: branches(morphology),
            segments: segments(morphology, cuts),
            compartments: cuts.middles(),
            lambda: Vec::new(),
            quantities: Vec::new(),
            times: Vec::new(),
            marks: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds points that have names, but recorded ones that are everywhere.
    fn named(
        &mut self,
        (name, kind): (&str, MarkKind),
        points: Vec<(String, BranchPoint)>,
        morphology: &Morphology,
    ) {
        let everywhere = kind == MarkKind::Recorded && points.len() > MOST_RECORDED;
        if !points.is_empty() && !everywhere {
            let (names, places) = points.into_iter().unzip();
            self.mark(name, kind, places, names, morphology);
        }
    }

    fn mark(
        &mut self,
        name: &str,
        kind: MarkKind,
        places: Vec<BranchPoint>,
        names: Vec<String>,
        morphology: &Morphology,
    ) {
        let point = |&(b, x): &BranchPoint| {
            let branch = morphology.branches().get(b);
            branch.map_or([f64::NAN; 3], |branch| branch.point(x).map(tree::micrometres))
        };
        let at = places.iter().map(point).collect();
        self.marks.push(MarkView { name: name.to_owned(), kind, places, at, names });
    }

    /// The page, in the colours of `theme`.
    #[must_use]
    pub fn to_html(&self, theme: &Theme) -> String {
        let title = escaped(&self.title);
        // Inside an element of a script, nothing but its end is read as HTML. Numbers and texts are always JSON.
        let json = |value: serde_json::Result<String>| {
            value.unwrap_or_else(|_| "null".to_owned()).replace('<', "\\u003c")
        };
        let data = json(serde_json::to_string(self));
        let look = json(serde_json::to_string(&Look::of(theme, self)));
        let [background, ink, muted, faint] =
            [theme.background, theme.ink, theme.muted, theme.faint].map(|c| c.to_string());
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>\n\
             :root {{ --background: {background}; --ink: {ink}; --muted: {muted}; --faint: {faint}; }}\n\
             {STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{BODY}\
             <script type=\"application/json\" id=\"cell-data\">{data}</script>\n\
             <script type=\"application/json\" id=\"cell-look\">{look}</script>\n\
             <script>\n{SCRIPT}</script>\n</body>\n</html>\n"
        )
    }
}

/// Colours of the page.
#[derive(Serialize)]
struct Look {
    background: String,
    ink: String,
    muted: String,
    faint: String,
    /// Of the regions, then of the marks.
    palette: Vec<String>,
    sequential: Vec<String>,
    signed: Vec<String>,
}

impl Look {
    fn of(theme: &Theme, view: &CellView) -> Self {
        let (low, high) = theme.shades;
        let fraction = |k: usize| k as f64 / (MAP_STOPS - 1) as f64;
        let sequential = |k: usize| theme.colormap.at(low + (high - low) * fraction(k)).to_string();
        // Lines in the pale middle of the map would vanish on white.
        let signed = |k: usize| {
            let middle = 1.0 - (2.0 * fraction(k) - 1.0).abs();
            ntwk_plot::Colormap::Diverging
                .at(fraction(k))
                .mix(theme.muted, 0.5 * middle)
                .to_string()
        };
        let colors = view.regions.len() + view.marks.len();
        Self {
            background: theme.background.to_string(),
            ink: theme.ink.to_string(),
            muted: theme.muted.to_string(),
            faint: theme.faint.to_string(),
            palette: (0..colors).map(|i| theme.population(i).to_string()).collect(),
            sequential: (0..MAP_STOPS).map(sequential).collect(),
            signed: (0..MAP_STOPS).map(signed).collect(),
        }
    }
}
