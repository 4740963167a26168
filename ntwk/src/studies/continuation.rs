//! Fixed points followed along a key of the model: a bifurcation diagram.

use ndarray::{Array2, ArrayD};
use ntwk_core::spec::{RangeSpacing, VarySpec, VaryValues};
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{Attribute, TheoryGroup};
use ntwk_meanfield::{
    Bifurcation, BifurcationDiagram, Branch, BranchEnd, BranchPoint, Completeness, Sought,
};
use ntwk_plot::{Axis, Figure, Label, Layout, Mark, Panel, Point, Stroke, Swatch, Theme, Width};
use serde::Serialize;

use crate::figures::sweep::axis_label;
use crate::report::results::{array, vector};
use crate::studies::StudyError;
use crate::studies::axes::{names, rate_label};
use crate::studies::family::{TheoryFamily, with_vary};
use crate::sweep::points::SweepAxis;

/// Options of [`bifurcation_diagram`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BifurcationOptions {
    /// The key, or keys with one value, that varies; a range, and with it the ends of the branches.
    pub vary: VarySpec,
    /// Values of the range at which fixed points are sought where `vary` gives no number of them (default 9).
    pub sought: u64,
}

impl BifurcationOptions {
    /// Along `vary`, fixed points sought at 9 values unless it says otherwise.
    #[must_use]
    pub fn new(vary: VarySpec) -> Self {
        Self { vary, sought: 9 }
    }
}

/// The branches of fixed points along a key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BifurcationStudy {
    /// The model with what varies noted in it.
    pub model: Model,
    /// The branches and their bifurcations.
    pub diagram: BifurcationDiagram,
    /// The key.
    pub axis: SweepAxis,
    /// Whether steps and axis are those of its logarithm.
    pub logarithmic: bool,
    /// Names of the populations.
    pub populations: Vec<String>,
}

/// Follows the fixed points of `model` along a key.
///
/// Where the key changes the cells or their synapses, the transfer functions are measured at nine values of it and their
/// thresholds interpolated.
///
/// # Errors
/// [`StudyError`].
pub fn bifurcation_diagram(
    model: &Model,
    options: &BifurcationOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<BifurcationStudy, StudyError> {
    let logarithmic =
        matches!(options.vary.values, VaryValues::Range { spacing: RangeSpacing::Log, .. });
    let vary = std::slice::from_ref(&options.vary);
    let (model, scan) = with_vary(model, vary, Some(options.sought), library)?;
    let family = TheoryFamily::new(&model, &scan, library, job)?;
    family.check_smooth()?;
    let diagram = family.bifurcation_diagram(logarithmic, &job.stage("branches"))?;
    let axis = family.axes()[0].clone();
    let populations = model.populations().iter().map(|p| p.name.clone()).collect();
    Ok(BifurcationStudy { model, diagram, axis, logarithmic, populations })
}

/// A bifurcation in a summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundBifurcation {
    /// Number of its branch, from 1.
    pub branch: usize,
    /// What it is called.
    pub kind: &'static str,
    /// Value of the parameter.
    pub parameter: f64,
    /// Rates of the populations (Hz).
    pub rates_hz: Vec<f64>,
    /// Frequency (Hz) of the oscillation of a Hopf bifurcation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_hz: Option<f64>,
}

/// A branch in a summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundBranch {
    /// Its points.
    pub points: usize,
    /// How many of them are stable.
    pub stable_points: usize,
    /// How it ends, in words.
    pub ends: [String; 2],
}

/// The bifurcations and branches of a diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BifurcationSummary {
    /// Keys of the model that vary.
    pub keys: Vec<String>,
    /// Their unit.
    pub unit: String,
    /// Names of the populations.
    pub populations: Vec<String>,
    /// All bifurcations.
    pub bifurcations: Vec<FoundBifurcation>,
    /// All branches.
    pub branches: Vec<FoundBranch>,
}

impl BifurcationStudy {
    /// The bifurcations and branches.
    #[must_use]
    pub fn summary(&self) -> BifurcationSummary {
        let mut bifurcations = Vec::new();
        let mut branches = Vec::new();
        for (number, branch) in self.diagram.branches.iter().enumerate() {
            for (kind, _, point) in &branch.bifurcations {
                bifurcations.push(FoundBifurcation {
                    branch: number + 1,
                    kind: bifurcation_name(*kind),
                    parameter: point.parameter,
                    rates_hz: point.fixed_point.rates.clone(),
                    frequency_hz: match kind {
                        Bifurcation::Hopf { frequency } => Some(*frequency),
                        Bifurcation::SaddleNode | Bifurcation::Crossing => None,
                    },
                });
            }
            branches.push(FoundBranch {
                points: branch.points.len(),
                stable_points: branch.points.iter().filter(|p| BranchPoint::is_stable(p)).count(),
                ends: [0, 1].map(|k| end_in_words(&branch.ends[k])),
            });
        }
        BifurcationSummary {
            keys: self.axis.keys.clone(),
            unit: self.axis.unit.clone(),
            populations: self.populations.clone(),
            bifurcations,
            branches,
        }
    }

    /// What a reader of the diagram must know: branches that end before their range, or that none was found.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.diagram.branches.is_empty() {
            remarks.push("no fixed point was found".to_owned());
        }
        let lacking = |s: &&Sought| s.completeness == Completeness::Incomplete;
        if let Some(first) = self.diagram.sought.iter().find(lacking) {
            let count = self.diagram.sought.iter().filter(lacking).count();
            remarks.push(format!(
                "at {count} of {} values of the key the search did not find all fixed points (first: {} {})",
                self.diagram.sought.len(),
                first.parameter,
                self.axis.unit
            ));
        }
        for (number, branch) in self.diagram.branches.iter().enumerate() {
            for end in &branch.ends {
                if !matches!(end, BranchEnd::Range | BranchEnd::Closed) {
                    remarks.push(format!("branch {} ends: {}", number + 1, end_in_words(end)));
                }
            }
        }
        remarks
    }

    /// A group of a results file per branch.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        branch_groups(&self.diagram, &self.axis, &self.populations)
    }

    /// Rates of all populations along the key.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        bifurcation_figure(&self.diagram, &self.axis, self.logarithmic, &self.populations, theme)
    }
}

/// What a bifurcation is called.
fn bifurcation_name(kind: Bifurcation) -> &'static str {
    match kind {
        Bifurcation::SaddleNode => "saddle-node",
        Bifurcation::Hopf { .. } => "Hopf",
        Bifurcation::Crossing => "branch crossing",
    }
}

/// How a branch ends, in words.
fn end_in_words(end: &BranchEnd) -> String {
    match end {
        BranchEnd::Range => "end of the range".to_owned(),
        BranchEnd::Closed => "closed".to_owned(),
        BranchEnd::NoSystem { parameter, reason } => format!("no theory at {parameter}: {reason}"),
        BranchEnd::StepUnderflow => "lost: no further point was found".to_owned(),
        BranchEnd::PointLimit => "limit of points".to_owned(),
    }
}

/// The branches of a diagram as groups of a results file.
fn branch_groups(
    diagram: &BifurcationDiagram,
    axis: &SweepAxis,
    populations: &[String],
) -> Vec<TheoryGroup> {
    let unit = if axis.unit.is_empty() { "1" } else { &axis.unit };
    let groups = diagram.branches.iter().enumerate();
    groups
        .map(|(index, branch)| {
            let mut group = branch_group(branch, unit);
            group.name = format!("branch_{}", index + 1);
            let parameter = Attribute::Text(axis.name.clone());
            group.attributes.push(("parameter".to_owned(), parameter));
            group.attributes.push(names("keys", axis.keys.clone()));
            group.attributes.push(names("populations", populations.to_vec()));
            group
        })
        .collect()
}

fn branch_group(branch: &Branch, unit: &str) -> TheoryGroup {
    let points = &branch.points;
    let n = points.first().map_or(0, |p| p.fixed_point.rates.len());
    let size = points.first().map_or(0, |p| p.fixed_point.eigenvalues.len());
    let parameters: Vec<f64> = points.iter().map(|p| p.parameter).collect();
    let table = |f: &dyn Fn(usize, usize) -> f64, columns: usize| -> ArrayD<f64> {
        Array2::from_shape_fn((points.len(), columns), |(i, k)| f(i, k)).into_dyn()
    };
    let eigenvalue = |i: usize, k: usize| points[i].fixed_point.eigenvalues.get(k);
    let stable: Vec<f64> = points.iter().map(|p| f64::from(u8::from(p.is_stable()))).collect();
    let known: Vec<f64> = points
        .iter()
        .map(|p| f64::from(u8::from(p.fixed_point.in_domain.iter().all(|d| *d))))
        .collect();
    let frequency = |kind: &Bifurcation| match kind {
        Bifurcation::Hopf { frequency } => *frequency,
        _ => f64::NAN,
    };
    let found = &branch.bifurcations;
    let at: Vec<f64> = found.iter().map(|b| b.2.parameter).collect();
    let rates = Array2::from_shape_fn((found.len(), n), |(i, k)| found[i].2.fixed_point.rates[k]);
    let frequencies: Vec<f64> = found.iter().map(|b| frequency(&b.0)).collect();
    TheoryGroup {
        name: String::new(),
        arrays: vec![
            vector("parameter", unit, "point", &parameters),
            array(
                "rate",
                "Hz",
                &["point", "population"],
                table(&|i, k| points[i].fixed_point.rates[k], n),
            ),
            array(
                "adaptation",
                "pA",
                &["point", "population"],
                table(&|i, k| points[i].fixed_point.adaptation[k], n),
            ),
            array(
                "eigenvalue_real",
                "1/s",
                &["point", "eigenvalue"],
                table(&|i, k| eigenvalue(i, k).map_or(f64::NAN, |z| z.re), size),
            ),
            array(
                "eigenvalue_imaginary",
                "1/s",
                &["point", "eigenvalue"],
                table(&|i, k| eigenvalue(i, k).map_or(f64::NAN, |z| z.im), size),
            ),
            vector("stable", "1", "point", &stable),
            vector("in_domain", "1", "point", &known),
            vector("bifurcation_parameter", unit, "bifurcation", &at),
            array("bifurcation_rate", "Hz", &["bifurcation", "population"], rates.into_dyn()),
            vector("bifurcation_frequency", "Hz", "bifurcation", &frequencies),
        ],
        attributes: vec![
            names("bifurcations", found.iter().map(|b| bifurcation_name(b.0).to_owned()).collect()),
            names("ends", branch.ends.iter().map(end_in_words).collect()),
        ],
    }
}

/// Rates of all populations along a key: stable branches solid, unstable ones dashed, pale where the moments lie outside the
/// scan of the transfer functions; discs at saddle-nodes, rings at Hopf bifurcations.
fn bifurcation_figure(
    diagram: &BifurcationDiagram,
    axis: &SweepAxis,
    logarithmic: bool,
    populations: &[String],
    theme: &Theme,
) -> Figure {
    let label = axis_label(&axis.name, &axis.unit);
    let numbers = axis.numbers.as_deref().unwrap_or_default();
    let ends =
        numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let mut rows = Vec::new();
    for (p, name) in populations.iter().enumerate() {
        let x = Axis::new(&label).range(ends.0, ends.1);
        let x = if logarithmic { x.log() } else { x };
        let mut panel = Panel::new(x, Axis::new(&rate_label(name)));
        let mut seen = [false; 3];
        for branch in &diagram.branches {
            for (piece, points) in pieces(&branch.points) {
                seen[0] |= piece.stable;
                seen[1] |= !piece.stable;
                seen[2] |= !piece.scanned;
                let points = points.iter().map(|q| (q.parameter, q.fixed_point.rates[p]));
                panel.marks.push(Mark::line(points, stroke(piece, p, theme)));
            }
        }
        let of = |wanted: fn(&Bifurcation) -> bool| -> Vec<Point> {
            let found = diagram.branches.iter().flat_map(|b| &b.bifurcations);
            found
                .filter(|b| wanted(&b.0))
                .map(|b| (b.2.parameter, b.2.fixed_point.rates[p]))
                .collect()
        };
        let marked = [
            ("saddle-node", of(|b| matches!(b, Bifurcation::SaddleNode)), theme.ink, false),
            ("Hopf", of(|b| matches!(b, Bifurcation::Hopf { .. })), theme.ink, true),
            ("crossing", of(|b| matches!(b, Bifurcation::Crossing)), theme.muted, false),
        ];
        // The key says it once, above the first panel.
        if p == 0 {
            let kinds = [
                (true, true, "stable"),
                (false, true, "unstable"),
                (true, false, "outside the scan"),
            ];
            for ((stable, scanned, text), _) in kinds.into_iter().zip(seen).filter(|k| k.1) {
                let swatch = Swatch::Line(stroke(Piece { stable, scanned }, p, theme));
                panel.key.push((swatch, Label::plain(text)));
            }
        }
        for (text, points, color, hollow) in marked {
            if points.is_empty() {
                continue;
            }
            if p == 0 {
                let swatch = if hollow { Swatch::Ring(color) } else { Swatch::Disc(color) };
                panel.key.push((swatch, Label::plain(text)));
            }
            panel.marks.push(Mark::Points {
                points,
                errors: Vec::new(),
                color,
                radius: 2.0,
                hollow,
            });
        }
        let last = p + 1 == populations.len();
        let panel = if last { panel } else { panel.without_x_labels() };
        rows.push((1.0, Layout::panel(panel)));
    }
    let height = 16.0 + 40.0 * rows.len() as f64;
    Figure::new("Bifurcation diagram", Width::Column, height, Layout::Column(rows), theme)
}

/// What a piece of a branch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    stable: bool,
    /// Whether the moments of all populations lie in the scan of their transfer function.
    scanned: bool,
}

fn stroke(piece: Piece, population: usize, theme: &Theme) -> Stroke {
    let color = theme.population(population);
    let color = if piece.scanned { color } else { theme.pale(color, 0.5) };
    if piece.stable { Stroke::solid(color, 1.3) } else { Stroke::dashed(color, 0.9) }
}

/// A branch cut where its kind changes; neighbouring pieces share a point.
fn pieces(points: &[BranchPoint]) -> Vec<(Piece, &[BranchPoint])> {
    let kind = |p: &BranchPoint| Piece {
        stable: p.is_stable(),
        scanned: p.fixed_point.in_domain.iter().all(|d| *d),
    };
    let mut cut = Vec::new();
    let mut from = 0;
    for i in 1..=points.len() {
        if i == points.len() || kind(&points[i]) != kind(&points[from]) {
            cut.push((kind(&points[from]), &points[from..(i + 1).min(points.len())]));
            from = i;
        }
    }
    cut
}
