//! The soma rule `neuron`: sections, their points and where they attach, as NEURON's import of SWC files makes them.
//!
//! Samples are taken in the order of the file. Three steps: where sections end ([`Ends`]), which samples a section has, and
//! where it attaches to its parent and whether the piece from the parent's sample is kept. What is kept as a step of the
//! radius between two samples in one place is an annulus of membrane.

use super::SomaRule;
use super::fault::{SomaShape, SwcError, SwcFault};
use super::repair::Repair;
use super::soma::{ball, is_contour};
use super::tidy::{Node, Tree};
use crate::geometry::morphology::{Attachment, Branch, Sample, distance};
use crate::geometry::region::Region;

/// A run of samples, `first` to `last`; every one but the first is the child of the one before it.
#[derive(Clone, Copy)]
struct Run {
    first: usize,
    last: usize,
}

impl Run {
    fn own(self) -> usize {
        self.last - self.first + 1
    }
}

/// What is known of the samples before sections are made.
struct Ends {
    /// Whether a section ends with this sample.
    ends: Vec<bool>,
    /// Whether a section that begins with this sample attaches to the proximal end of its parent section.
    to_proximal: Vec<bool>,
    /// Soma children of a soma sample.
    soma_children: Vec<usize>,
    /// Three soma samples of one diameter, the second and third without children and together one diameter from the first:
    /// the soma is a sphere about the first.
    three_point: bool,
}

/// The branches of a file under the rule, the root first.
pub(super) fn branches(tree: &Tree, repairs: &mut Vec<Repair>) -> Result<Vec<Branch>, SwcError> {
    let nodes = &tree.nodes;
    refuse_contour(tree)?;
    let mut found = Ends::of(nodes);
    let runs = found.runs(nodes);
    let mut section = vec![0; nodes.len()];
    for (s, run) in runs.iter().enumerate() {
        section[run.first..=run.last].fill(s);
    }
    let mut branches: Vec<Branch> = Vec::with_capacity(runs.len());
    for (s, &run) in runs.iter().enumerate() {
        let region = nodes[run.first].region;
        let own = run.first..=run.last;
        let Some(p) = nodes[run.first].parent.filter(|_| s > 0) else {
            let parent = (s > 0).then_some(Attachment { branch: 0, x: 0.5 });
            let samples = match (s, own.clone().count()) {
                (0, 1) => root_ball(&nodes[0]),
                (0, _) if found.three_point => root_ball(&nodes[0]),
                _ => own.map(|i| sample_of(&nodes[i])).collect(),
            };
            branches.push(Branch { region, parent, samples });
            continue;
        };
        let above = section[p];
        let place = found.place(nodes, run, p, above, runs[above]);
        let mut samples = Vec::with_capacity(run.own() + 1);
        if !place.wire {
            let mut start = sample_of(&nodes[p]);
            let parent_region = nodes[runs[above].first].region;
            if parent_region == Region::Soma && region != Region::Soma {
                start.radius = nodes[run.first].radius;
            }
            samples.push(start);
        }
        samples.extend(own.map(|i| sample_of(&nodes[i])));
        let node = &nodes[run.first];
        if nodes[p].region != region && nodes[p].region != Region::Soma {
            let (from, to) = (nodes[p].region, region);
            repairs.push(Repair::TypeChange { line: node.line, id: node.id, from, to });
        }
        branches.push(Branch {
            region,
            parent: Some(Attachment { branch: above, x: place.x }),
            samples,
        });
    }
    Ok(branches)
}

/// Where a section attaches, and whether it begins at its own first sample, joined without resistance.
struct SectionPlace {
    x: f64,
    wire: bool,
}

impl Ends {
    fn of(nodes: &[Node]) -> Self {
        let n = nodes.len();
        let mut soma_children = vec![0; n];
        let mut children = vec![0usize; n];
        for node in nodes {
            if let Some(p) = node.parent {
                children[p] += 1;
                let both = node.region == Region::Soma && nodes[p].region == Region::Soma;
                soma_children[p] += usize::from(both);
            }
        }
        let three_point = is_three_point(nodes, &children);
        let mut ends: Vec<bool> = children.iter().map(|&c| c != 1).collect();
        let mut to_proximal = vec![false; n];
        for (i, node) in nodes.iter().enumerate() {
            let Some(p) = node.parent else { continue };
            if p + 1 != i {
                ends[p] = true;
                // The first sample of a neurite forks: its further children attach to the neurite's proximal end, and the
                // neurite goes on with the next line. Not so for the second sample of a file.
                let begins = match nodes[p].parent {
                    Some(above) => p > 1 && nodes[above].region == Region::Soma,
                    None => p == 0,
                };
                let goes_on = nodes.get(p + 1).is_some_and(|next| next.parent == Some(p));
                if begins && nodes[p].region != Region::Soma && goes_on {
                    to_proximal[i] = true;
                    ends[p] = false;
                }
            }
            if nodes[p].region != node.region {
                ends[p] = true;
            }
        }
        for i in 1..n {
            let (node, p) = (&nodes[i], i - 1);
            let soma = node.region == Region::Soma && nodes[p].region == Region::Soma;
            if soma && node.parent == Some(p) && (p == 0 || soma_children[p] <= 1) {
                ends[p] = false;
            }
        }
        Ends { ends, to_proximal, soma_children, three_point }
    }

    /// The sections in the order of the file.
    fn runs(&mut self, nodes: &[Node]) -> Vec<Run> {
        if self.three_point {
            self.ends[0] = true;
        }
        let mut runs = Vec::new();
        let mut first = 0;
        for i in 0..nodes.len() {
            let goes_on = nodes.get(i + 1).is_some_and(|next| next.parent == Some(i));
            if self.ends[i] || !goes_on {
                // The second and third sample of the three-point form belong to the sphere.
                if !(self.three_point && (i == 1 || i == 2)) {
                    runs.push(Run { first, last: i });
                }
                first = i + 1;
            }
        }
        runs
    }

    /// Where the section `run` attaches whose first sample is a child of sample `p` in section number `above`.
    fn place(&self, nodes: &[Node], run: Run, p: usize, above: usize, parent: Run) -> SectionPlace {
        let neurite = nodes[run.first].region != Region::Soma;
        let on_soma = nodes[parent.first].region == Region::Soma;
        let beside_soma = neurite && self.soma_children[p] > 1;
        let mut place = if above == 0 && on_soma && neurite && parent.own() == 1 {
            SectionPlace { x: 0.5, wire: run.own() > 1 }
        } else if above == 0 && p == 0 {
            SectionPlace { x: 0.0, wire: beside_soma }
        } else if on_soma && p < parent.last {
            SectionPlace { x: 0.5, wire: neurite && run.own() > 1 }
        } else {
            SectionPlace { x: 1.0, wire: on_soma && run.own() > 1 && beside_soma }
        };
        if self.to_proximal[run.first] {
            place.x = 0.0;
        }
        place
    }
}

/// A contour would be a thin cable around the soma, which no one means.
fn refuse_contour(tree: &Tree) -> Result<(), SwcError> {
    let nodes = &tree.nodes;
    let soma: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].region == Region::Soma).collect();
    match soma.first() {
        Some(&i) if is_contour(tree, &soma) => {
            let (line, id) = (nodes[i].line, nodes[i].id);
            let (shape, rule) = (SomaShape::Contour, SomaRule::Neuron);
            Err(SwcFault::UnsupportedSoma { line, id, shape, rule }.into())
        }
        _ => Ok(()),
    }
}

fn is_three_point(nodes: &[Node], children: &[usize]) -> bool {
    let soma = nodes.iter().filter(|n| n.region == Region::Soma).count();
    let [a, b, c, ..] = nodes else { return false };
    let joined = |n: &Node| n.parent == Some(0) && n.region == Region::Soma;
    let span = distance(a.position, b.position) + distance(a.position, c.position);
    soma == 3
        && joined(b)
        && joined(c)
        && children[1] == 0
        && children[2] == 0
        && a.radius == b.radius
        && a.radius == c.radius
        && (span / (2.0 * a.radius) - 1.0).abs() < 0.01
}

/// A root of one sample: a cylinder along x with the area of the sphere.
fn root_ball(node: &Node) -> Vec<Sample> {
    ball(node.position, node.radius, 0, node.id).samples
}

fn sample_of(node: &Node) -> Sample {
    Sample { position: node.position, radius: node.radius, id: Some(node.id) }
}
