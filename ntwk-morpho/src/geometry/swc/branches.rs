//! From a tree of samples to branches.

use super::fault::{SomaShape, SwcError, SwcFault};
use super::neuron;
use super::repair::{Repair, SwcReport};
use super::soma::soma_branch;
use super::table::SwcTable;
use super::tidy::{Node, Tree};
use super::{SomaRule, SwcOptions, SwcReading};
use crate::geometry::morphology::{Attachment, Branch, Morphology, Sample, distance};
use crate::geometry::region::Region;

/// Where the next sample after a node would go.
#[derive(Clone, Copy)]
enum End {
    /// At the distal end of this branch.
    Of(usize),
    /// On the soma branch 0, joined to its middle without resistance.
    Soma,
    /// On the first sample of the tree, before any branch was begun there.
    Root,
}

/// Joins the samples of the tree into branches under the soma rule.
pub(super) fn reading(
    table: &SwcTable,
    tree: Tree,
    options: &SwcOptions,
) -> Result<SwcReading, SwcError> {
    let mut repairs = Vec::new();
    let branches = match options.soma {
        SomaRule::Neuron => neuron::branches(&tree, &mut repairs)?,
        rule => joined(&tree, rule, &mut repairs)?,
    };
    let branches = drop_without_length(branches, &tree, &mut repairs);
    let morphology = Morphology::new(branches).map_err(SwcFault::from)?;
    let mut all = tree.repairs;
    all.extend(repairs);
    let report = SwcReport {
        soma: options.soma,
        repairs: all,
        before: tree.before,
        after: morphology.measures(),
        comments: table.comments.clone(),
    };
    Ok(SwcReading { morphology, report })
}

/// The branches under every rule but `Neuron`: the soma is one branch, or every segment is taken literally.
fn joined(tree: &Tree, rule: SomaRule, repairs: &mut Vec<Repair>) -> Result<Vec<Branch>, SwcError> {
    let literal = rule == SomaRule::Arbor;
    let mut branches = Vec::new();
    if literal {
        check_literal(tree)?;
    } else {
        branches.push(soma_branch(tree, rule, repairs)?);
    }
    let children = tree.children();
    let nodes = &tree.nodes;
    let mut ends: Vec<End> = Vec::with_capacity(nodes.len());
    for (i, node) in nodes.iter().enumerate() {
        if !literal && node.region == Region::Soma {
            ends.push(End::Soma);
            continue;
        }
        let sample = sample_of(node);
        let Some(p) = node.parent else {
            ends.push(if i == 0 {
                End::Root
            } else {
                // A further tree, on the middle of the root's branch.
                let parent = (!branches.is_empty()).then_some(Attachment { branch: 0, x: 0.5 });
                branches.push(Branch { region: node.region, parent, samples: vec![sample] });
                End::Of(branches.len() - 1)
            });
            continue;
        };
        let end = match ends[p] {
            End::Soma => {
                let on_soma = Some(Attachment { branch: 0, x: 0.5 });
                let samples = if children[i].is_empty() && rule != SomaRule::Morphio {
                    // A neurite of one sample starts in the middle of the soma, with its own radius.
                    let middle = branches[0].samples[branches[0].samples.len() / 2].position;
                    vec![Sample { position: middle, radius: node.radius, id: None }, sample]
                } else {
                    vec![sample]
                };
                branches.push(Branch { region: node.region, parent: on_soma, samples });
                branches.len() - 1
            }
            End::Root => {
                // The first branch begins at the tree's first sample; later ones hang on its proximal end.
                let parent = (!branches.is_empty()).then_some(Attachment { branch: 0, x: 0.0 });
                branches.push(Branch {
                    region: node.region,
                    parent,
                    samples: vec![sample_of(&nodes[p]), sample],
                });
                branches.len() - 1
            }
            End::Of(b) => {
                let changes = branches[b].region != node.region;
                if changes {
                    let (from, to) = (branches[b].region, node.region);
                    repairs.push(Repair::TypeChange { line: node.line, id: node.id, from, to });
                }
                if changes || children[p].len() > 1 {
                    let parent = Some(Attachment { branch: b, x: 1.0 });
                    let samples = vec![sample_of(&nodes[p]), sample];
                    branches.push(Branch { region: node.region, parent, samples });
                    branches.len() - 1
                } else {
                    branches[b].samples.push(sample);
                    b
                }
            }
        };
        ends.push(End::Of(end));
    }
    Ok(branches)
}

fn sample_of(node: &Node) -> Sample {
    Sample { position: node.position, radius: node.radius, id: Some(node.id) }
}

/// A soma of one sample gives no segment of type soma: Arbor's reader refuses it, and so does the literal rule.
fn check_literal(tree: &Tree) -> Result<(), SwcError> {
    let root = &tree.nodes[0];
    let joined = tree.nodes.iter().any(|n| n.parent == Some(0) && n.region == root.region);
    if root.region == Region::Soma && !joined {
        let (line, id, rule) = (root.line, root.id, SomaRule::Arbor);
        return Err(
            SwcFault::UnsupportedSoma { line, id, shape: SomaShape::OneSample, rule }.into()
        );
    }
    Ok(())
}

/// What became of a branch.
#[derive(Clone, Copy)]
enum Fate {
    /// Its new index.
    Kept(usize),
    /// Its place on the tree, which its children take.
    Dropped(Option<Attachment>),
}

/// Branches whose samples all lie in one place carry nothing: leaves are dropped, and children of others move to the
/// branch above.
fn drop_without_length(
    branches: Vec<Branch>,
    tree: &Tree,
    repairs: &mut Vec<Repair>,
) -> Vec<Branch> {
    let mut fates: Vec<Fate> = Vec::with_capacity(branches.len());
    let mut kept: Vec<Branch> = Vec::with_capacity(branches.len());
    for mut b in branches {
        b.parent = b.parent.and_then(|at| match fates[at.branch] {
            Fate::Kept(branch) => Some(Attachment { branch, x: at.x }),
            Fate::Dropped(place) => place,
        });
        let spread = b.samples.windows(2).any(|w| distance(w[0].position, w[1].position) > 0.0);
        if spread {
            fates.push(Fate::Kept(kept.len()));
            kept.push(b);
        } else {
            let id = b.samples.iter().rev().find_map(|s| s.id).unwrap_or(-1);
            let line = tree.nodes.iter().find(|n| n.id == id).map_or(0, |n| n.line);
            repairs.push(Repair::DroppedNeurite { line, id });
            fates.push(Fate::Dropped(b.parent));
        }
    }
    // Where the root itself was dropped, the first branch left becomes the root, and others without a parent join it.
    for (i, b) in kept.iter_mut().enumerate() {
        match (i, b.parent) {
            (0, _) => b.parent = None,
            (_, None) => b.parent = Some(Attachment { branch: 0, x: 0.0 }),
            _ => {}
        }
    }
    kept
}
