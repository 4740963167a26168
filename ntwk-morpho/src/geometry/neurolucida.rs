//! Neurolucida files (`.asc`): contours and trees as nested lists.
//!
//! A block with `(CellBody)` is an outline of the soma, one with `(Dendrite)`, `(Axon)` or `(Apical)` a tree: points
//! `(x y z diameter)` and, at the end, a list of branches `( … | … )`. A branch begins where its parent ends, with the diameter of
//! its own first point. Colours, names, sets, markers, spines and end words are left out. The soma is a sphere with the mean
//! distance of the outline from its centre; trees hang on its middle and begin at their own first point.

use super::morphology::{Attachment, Branch, Morphology, MorphologyError, Sample, distance};
use super::region::Region;
use std::fmt;

/// What makes a Neurolucida file unusable.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NeurolucidaFault {
    /// A parenthesis or quote is not closed, or one too many is.
    #[error("line {line}: {bracket} without its partner")]
    Unbalanced {
        /// Line number, from 1.
        line: usize,
        /// The character.
        bracket: char,
    },
    /// Lists are nested deeper than branches of a neuron are.
    #[error("line {line}: more than {MAX_DEPTH} lists inside each other")]
    Depth {
        /// Line number, from 1.
        line: usize,
    },
    /// A point has not four finite numbers.
    #[error(
        "line {line}: a point of a tree is (x y z diameter), four finite numbers with a diameter > 0"
    )]
    Point {
        /// Line number, from 1.
        line: usize,
    },
    /// There is no tree.
    #[error("there is no block with (Dendrite), (Axon) or (Apical)")]
    NoTree,
    /// The points do not make a tree with a length.
    #[error("the points do not make a morphology: {0}")]
    Morphology(#[from] MorphologyError),
}

/// Lists inside each other at most.
const MAX_DEPTH: usize = 1000;

/// Everything wrong with a file; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct NeurolucidaError(pub Vec<NeurolucidaFault>);

impl fmt::Display for NeurolucidaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for NeurolucidaError {}

/// A file as read.
#[derive(Debug, Clone, PartialEq)]
pub struct NeurolucidaReading {
    /// The tree, the soma first.
    pub morphology: Morphology,
    /// What was decided, a sentence each.
    pub remarks: Vec<String>,
}

/// A list, a bar or a word, with its line.
#[derive(Debug)]
enum Item {
    List(Vec<Item>, usize),
    Bar,
    Word(String),
    Text,
}

/// Reads a Neurolucida file.
///
/// # Errors
/// [`NeurolucidaError`] with every fault.
pub fn read(text: &[u8]) -> Result<NeurolucidaReading, NeurolucidaError> {
    let text = String::from_utf8_lossy(text);
    let blocks = parse(&text).map_err(|fault| NeurolucidaError(vec![fault]))?;
    let mut faults = Vec::new();
    let mut outlines: Vec<Vec<[f64; 3]>> = Vec::new();
    let mut trees: Vec<(Region, &[Item])> = Vec::new();
    for block in &blocks {
        let Item::List(items, _) = block else { continue };
        let kind = items.iter().find_map(|item| match item {
            Item::List(inner, _) => match inner.as_slice() {
                [Item::Word(word)] => kind_of(word),
                _ => None,
            },
            _ => None,
        });
        match kind {
            Some(Region::Soma) => outlines.push(outline(items)),
            Some(region) => trees.push((region, items)),
            None => {}
        }
    }
    let mut remarks = Vec::new();
    let mut branches = Vec::new();
    let points: Vec<[f64; 3]> = outlines.iter().flatten().copied().collect();
    if let Some(soma) = sphere(&points) {
        remarks.push(format!(
            "replaced the soma contour of {} points by a sphere with its mean distance from the centre, radius {:.4} um",
            points.len(),
            soma.samples[1].radius
        ));
        branches.push(soma);
    }
    let with_soma = !branches.is_empty();
    for (k, &(region, items)) in trees.iter().enumerate() {
        let parent = match (branches.is_empty(), with_soma) {
            (true, _) => None,
            (false, true) => Some(Attachment { branch: 0, x: 0.5 }),
            (false, false) => {
                remarks.push(format!(
                    "tree {k} has no soma to hang on: joined to the first tree's start"
                ));
                Some(Attachment { branch: 0, x: 0.0 })
            }
        };
        tree(region, items, parent, None, &mut branches, &mut faults);
    }
    if trees.is_empty() {
        faults.push(NeurolucidaFault::NoTree);
    }
    if !faults.is_empty() {
        return Err(NeurolucidaError(faults));
    }
    let morphology = Morphology::new(branches).map_err(|e| NeurolucidaError(vec![e.into()]))?;
    Ok(NeurolucidaReading { morphology, remarks })
}

fn kind_of(word: &str) -> Option<Region> {
    match word {
        "CellBody" => Some(Region::Soma),
        "Axon" => Some(Region::Axon),
        "Dendrite" => Some(Region::Basal),
        "Apical" => Some(Region::Apical),
        _ => None,
    }
}

/// The lists of a file.
fn parse(text: &str) -> Result<Vec<Item>, NeurolucidaFault> {
    // Open lists with the line they began in; the outermost is the file.
    let mut open: Vec<(Vec<Item>, usize)> = vec![(Vec::new(), 0)];
    let mut spine: Option<usize> = None;
    let mut chars = text.chars().peekable();
    let mut line = 1;
    while let Some(c) = chars.next() {
        let unbalanced = |bracket| NeurolucidaFault::Unbalanced { line, bracket };
        match c {
            '\n' => line += 1,
            ';' => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' => {
                let begun = line;
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\n') => line += 1,
                        Some(_) => {}
                        None => {
                            return Err(NeurolucidaFault::Unbalanced { line: begun, bracket: '"' });
                        }
                    }
                }
                push(&mut open, Item::Text);
            }
            // A spine: what is inside belongs to no list.
            '<' => spine = Some(line),
            '>' => spine = None,
            _ if spine.is_some() => {}
            '(' if open.len() > MAX_DEPTH => return Err(NeurolucidaFault::Depth { line }),
            '(' => open.push((Vec::new(), line)),
            ')' => {
                let (items, begun) = open.pop().ok_or(unbalanced(')'))?;
                if open.is_empty() {
                    return Err(unbalanced(')'));
                }
                push(&mut open, Item::List(items, begun));
            }
            '|' => push(&mut open, Item::Bar),
            c if c.is_whitespace() || c == ',' => {}
            c => {
                let mut word = String::from(c);
                let ends = |c: &char| c.is_whitespace() || "(),|;<>\"".contains(*c);
                while let Some(c) = chars.next_if(|c| !ends(c)) {
                    word.push(c);
                }
                push(&mut open, Item::Word(word));
            }
        }
    }
    match (open.pop(), open.is_empty(), spine) {
        (_, _, Some(line)) => Err(NeurolucidaFault::Unbalanced { line, bracket: '<' }),
        (Some((items, _)), true, None) => Ok(items),
        (last, _, None) => {
            let line = last.map_or(line, |l| l.1);
            Err(NeurolucidaFault::Unbalanced { line, bracket: '(' })
        }
    }
}

fn push(open: &mut [(Vec<Item>, usize)], item: Item) {
    if let Some((items, _)) = open.last_mut() {
        items.push(item);
    }
}

/// The numbers a list begins with; none when it begins with something else.
fn numbers_of(items: &[Item]) -> Vec<f64> {
    let number = |item: &Item| match item {
        Item::Word(word) => word.parse::<f64>().ok(),
        _ => None,
    };
    items.iter().map_while(number).collect()
}

fn outline(items: &[Item]) -> Vec<[f64; 3]> {
    let point = |item: &Item| match item {
        Item::List(inner, _) => match numbers_of(inner).as_slice() {
            &[x, y, z, ..] if [x, y, z].iter().all(|v| v.is_finite()) => Some([x, y, z]),
            _ => None,
        },
        _ => None,
    };
    items.iter().filter_map(point).collect()
}

/// A cylinder along y with L = d, about the middle of the points.
fn sphere(points: &[[f64; 3]]) -> Option<Branch> {
    let n = points.len() as f64;
    let middle = [0, 1, 2].map(|i| points.iter().map(|p| p[i]).sum::<f64>() / n);
    let radius = points.iter().map(|&p| distance(p, middle)).sum::<f64>() / n;
    if !(radius > 0.0 && radius.is_finite()) {
        return None;
    }
    let at = |shift: f64| Sample::new([middle[0], middle[1] + shift, middle[2]], radius);
    Some(Branch {
        region: Region::Soma,
        parent: None,
        samples: vec![at(-radius), at(0.0), at(radius)],
    })
}

/// A branch and those it divides into. `above` is where the parent ends.
fn tree(
    region: Region,
    items: &[Item],
    parent: Option<Attachment>,
    above: Option<[f64; 3]>,
    branches: &mut Vec<Branch>,
    faults: &mut Vec<NeurolucidaFault>,
) {
    let mut samples: Vec<Sample> = Vec::new();
    let mut forks: Vec<&[Item]> = Vec::new();
    for item in items {
        let Item::List(inner, line) = item else { continue };
        match inner.first() {
            // A word that is a number begins a point; every other word or text a property or marker.
            Some(Item::Word(word)) if word.parse::<f64>().is_ok() => {
                match numbers_of(inner).as_slice() {
                    &[x, y, z, d, ..]
                        if [x, y, z, d].iter().all(|v| v.is_finite() && v.abs() < 1e9)
                            && d > 0.0 =>
                    {
                        samples.push(Sample::new([x, y, z], 0.5 * d));
                    }
                    _ => faults.push(NeurolucidaFault::Point { line: *line }),
                }
            }
            Some(Item::List(..) | Item::Bar) => forks.push(inner),
            _ => {}
        }
    }
    if let (Some(position), Some(first)) = (above, samples.first()) {
        let radius = first.radius;
        samples.insert(0, Sample::new(position, radius));
    }
    let long = samples.windows(2).any(|w| distance(w[0].position, w[1].position) > 0.0);
    // A branch without length: what it divides into begins where it would.
    let (end, hangs_on) = match samples.last() {
        Some(last) if long => {
            let end = last.position;
            branches.push(Branch { region, parent, samples });
            (Some(end), Some(Attachment { branch: branches.len() - 1, x: 1.0 }))
        }
        Some(last) => (Some(last.position), parent),
        None => (above, parent),
    };
    for fork in forks {
        for branch in fork.split(|item| matches!(item, Item::Bar)) {
            let parent =
                hangs_on.or((!branches.is_empty()).then_some(Attachment { branch: 0, x: 0.0 }));
            tree(region, branch, parent, end, branches, faults);
        }
    }
}
