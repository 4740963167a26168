//! `[morphology]`: a file or a generator, and what is done with it.

use super::reader::Section;
use crate::geometry::generators::{self, BinaryTree, PyramidalTree, RallTree};
use crate::geometry::morphology::{Morphology, MorphologyError};
use crate::geometry::region::Region;
use crate::geometry::swc::{OtherTrees, SomaRule, SwcOptions, ZeroRadius};
use crate::mesh::selection::region;
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;

/// A generator with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // lengths and diameters in µm, as in `crate::geometry::generators`
pub enum Generator {
    Cable { length: f64, diameter: f64 },
    BallAndStick { soma_diameter: f64, length: f64, diameter: f64 },
    YBranch { parent: (f64, f64), first: (f64, f64), second: (f64, f64) },
    BinaryTree(BinaryTree),
    RallTree(RallTree),
    Pyramidal(PyramidalTree),
}

/// Where a morphology comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum MorphologySource {
    /// An SWC file, its path as written.
    Swc {
        /// The path.
        file: String,
        /// How to read it.
        options: SwcOptions,
    },
    /// A generator and its seed.
    Generator(Generator, u64),
}

/// `[morphology]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MorphologySpec {
    /// Where it comes from.
    pub source: MorphologySource,
    /// Regions to drop.
    pub remove: Vec<Region>,
    /// Tolerance (µm) of the simplification, if any.
    pub simplify: Option<f64>,
}

impl Generator {
    /// Makes the morphology.
    ///
    /// # Errors
    /// [`MorphologyError`] when a parameter is out of range.
    pub fn build(&self, seed: u64) -> Result<Morphology, MorphologyError> {
        match *self {
            Generator::Cable { length, diameter } => generators::cable(length, diameter),
            Generator::BallAndStick { soma_diameter, length, diameter } => {
                generators::ball_and_stick(soma_diameter, length, diameter)
            }
            Generator::YBranch { parent, first, second } => {
                generators::y_branch(parent, first, second)
            }
            Generator::BinaryTree(tree) => tree.build(),
            Generator::RallTree(tree) => tree.build(seed),
            Generator::Pyramidal(tree) => tree.build(seed),
        }
    }
}

impl MorphologySpec {
    /// Applies `remove` and `simplify` to a morphology as read or generated.
    ///
    /// # Errors
    /// [`MorphologyError`] when nothing is left.
    pub fn prepare(&self, morphology: &Morphology) -> Result<Morphology, MorphologyError> {
        let mut m = morphology.clone();
        for &r in &self.remove {
            // A region that is not there need not be removed.
            if m.regions().contains(&r) {
                m = m.without(r)?.morphology;
            }
        }
        match self.simplify {
            Some(tolerance) => m.simplified(tolerance),
            None => Ok(m),
        }
    }
}

pub(super) fn read(mut t: Section<'_, '_>) -> Option<MorphologySpec> {
    let source = match (t.has("swc"), t.has("generator")) {
        (true, true) => {
            t.fault("generator", "give either swc or generator, not both");
            None
        }
        (false, true) => generator(&mut t),
        _ => swc(&mut t),
    };
    let remove = match t.texts("remove") {
        Some(Some(names)) => {
            let mut regions = Vec::new();
            for name in names {
                match region(&name) {
                    Some(r) => regions.push(r),
                    None => {
                        let valid = ["soma", "axon", "basal", "apical", "undefined", "custom5"];
                        t.unknown("remove", &name, "region", valid.map(str::to_owned).to_vec());
                    }
                }
            }
            Some(regions)
        }
        Some(None) => Some(Vec::new()),
        None => None,
    };
    let simplify = t.maybe("simplify", D::Length, Bound::Positive);
    t.finish();
    Some(MorphologySpec { source: source?, remove: remove?, simplify: simplify? })
}

fn swc(t: &mut Section<'_, '_>) -> Option<MorphologySource> {
    if !t.has("swc") {
        t.missing("swc", "the path of an SWC file, or a generator");
    }
    let file = t.text("swc");
    let soma = t.choice("soma_rule", &["neuron", "arbor", "neuromorpho-3-point", "sphere"]);
    let zero_radius = t.choice("zero_radius", &["from-parent", "fault"]);
    let other_trees = t.choice("other_trees", &["fault", "drop"]);
    let options = SwcOptions {
        soma: match soma? {
            Some("arbor") => SomaRule::Arbor,
            Some("neuromorpho-3-point") => SomaRule::NeuromorphoThreePoint,
            Some("sphere") => SomaRule::Sphere,
            _ => SomaRule::Neuron,
        },
        zero_radius: match zero_radius? {
            Some("fault") => ZeroRadius::Fault,
            _ => ZeroRadius::FromParent,
        },
        other_trees: match other_trees? {
            Some("drop") => OtherTrees::Drop,
            _ => OtherTrees::Fault,
        },
    };
    Some(MorphologySource::Swc { file: file?, options })
}

const GENERATORS: [&str; 6] =
    ["cable", "ball_and_stick", "y_branch", "binary_tree", "rall_tree", "pyramidal"];

fn generator(t: &mut Section<'_, '_>) -> Option<MorphologySource> {
    let kind = t.required_choice("generator", &GENERATORS)?;
    let seed = t.count("seed").map(|s| s.unwrap_or(1));
    let um = |t: &mut Section<'_, '_>, key, default| t.or(key, D::Length, Bound::Positive, default);
    let need = |t: &mut Section<'_, '_>, key| t.required(key, D::Length, Bound::Positive);
    let pair = |t: &mut Section<'_, '_>, key: &'static str| {
        let list = t.list(key, D::Length, Bound::Positive)?;
        match list.as_deref() {
            Some(&[length, diameter]) => Some((length, diameter)),
            _ => {
                t.fault(key, "expected [length, diameter] in um");
                None
            }
        }
    };
    let g = match kind {
        "cable" => {
            let (length, diameter) = (need(t, "length"), need(t, "diameter"));
            Generator::Cable { length: length?, diameter: diameter? }
        }
        "ball_and_stick" => {
            let (soma, length, diameter) =
                (need(t, "soma_diameter"), need(t, "length"), need(t, "diameter"));
            Generator::BallAndStick { soma_diameter: soma?, length: length?, diameter: diameter? }
        }
        "y_branch" => {
            let (parent, first, second) = (pair(t, "parent"), pair(t, "first"), pair(t, "second"));
            Generator::YBranch { parent: parent?, first: first?, second: second? }
        }
        "binary_tree" => {
            let rall = BinaryTree::rall(1, 1.0, 1.0);
            let levels = t.required_count("levels", 1);
            let (diameter, length) = (need(t, "diameter"), need(t, "length"));
            let diameter_ratio =
                t.or("diameter_ratio", D::Number, Bound::Positive, rall.diameter_ratio);
            let length_ratio = t.or("length_ratio", D::Number, Bound::Positive, rall.length_ratio);
            Generator::BinaryTree(BinaryTree {
                levels: u32::try_from(levels?).ok()?,
                diameter: diameter?,
                length: length?,
                diameter_ratio: diameter_ratio?,
                length_ratio: length_ratio?,
            })
        }
        "rall_tree" => {
            let d = RallTree::default();
            let soma = t.or("soma_radius", D::Length, Bound::NonNegative, d.soma_radius);
            let levels = t.count("levels").map(|l| l.unwrap_or(u64::from(d.levels)));
            let (diameter, length) = (um(t, "diameter", d.diameter), um(t, "length", d.length));
            let equal = t.flag("equal_electrotonic", d.equal_electrotonic);
            let start = t.or("start_angle", D::Angle, Bound::Any, d.start_angle);
            let half = t.or("half_angle", D::Angle, Bound::Any, d.half_angle);
            let jitter = t.or("jitter", D::Angle, Bound::NonNegative, d.jitter);
            Generator::RallTree(RallTree {
                soma_radius: soma?,
                levels: u32::try_from(levels?).unwrap_or(u32::MAX),
                diameter: diameter?,
                length: length?,
                equal_electrotonic: equal?,
                start_angle: start?,
                half_angle: half?,
                jitter: jitter?,
            })
        }
        _ => {
            let d = PyramidalTree::default();
            let count = |t: &mut Section<'_, '_>, key, default: usize| {
                t.count(key).map(|n| n.map_or(default, |n| n as usize))
            };
            let soma_diameter = um(t, "soma_diameter", d.soma_diameter);
            let basal_trees = count(t, "basal_trees", d.basal_trees);
            let branch_length = um(t, "branch_length", d.branch_length);
            let branchings = count(t, "branchings", d.branchings as usize);
            let trunk_length = um(t, "trunk_length", d.trunk_length);
            let obliques = count(t, "obliques", d.obliques);
            let trunk_diameter = um(t, "trunk_diameter", d.trunk_diameter);
            let tip_diameter = um(t, "tip_diameter", d.tip_diameter);
            let axon_length = t.or("axon_length", D::Length, Bound::NonNegative, d.axon_length);
            let step = um(t, "step", d.step);
            Generator::Pyramidal(PyramidalTree {
                soma_diameter: soma_diameter?,
                basal_trees: basal_trees?,
                branch_length: branch_length?,
                branchings: u32::try_from(branchings?).unwrap_or(u32::MAX),
                trunk_length: trunk_length?,
                obliques: obliques?,
                trunk_diameter: trunk_diameter?,
                tip_diameter: tip_diameter?,
                axon_length: axon_length?,
                step: step?,
            })
        }
    };
    let seed = seed?;
    // Ranges that depend on each other are the generator's own.
    if let Err(e) = g.build(seed) {
        t.fault("generator", &e.to_string());
        return None;
    }
    Some(MorphologySource::Generator(g, seed))
}
