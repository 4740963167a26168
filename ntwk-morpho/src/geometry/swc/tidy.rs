//! From records to one tree: roots, cycles, order, radii, samples in the same place.

use super::fault::{SwcError, SwcFault};
use super::repair::Repair;
use super::table::{Record, SwcTable};
use super::{OtherTrees, SomaRule, SwcOptions, ZeroRadius};
use crate::geometry::morphology::{Measures, distance, frustum_area};
use crate::geometry::region::Region;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Extent (µm) above which a file is perhaps not in µm: 2 cm, beyond the axons of a mouse's brain.
const LONGEST: f64 = 2e4;

/// Median radius (µm) above which a file is perhaps not in µm.
const THICKEST: f64 = 15.0;

/// A sample of the tree; its parent stands before it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub line: usize,
    pub id: i64,
    pub region: Region,
    pub position: [f64; 3],
    pub radius: f64,
    /// Index in [`Tree::nodes`].
    pub parent: Option<usize>,
}

/// The samples in topological order; node 0 is the root, and the only one unless other trees are kept.
#[derive(Debug)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub before: Measures,
    pub repairs: Vec<Repair>,
}

impl Tree {
    pub fn from_table(table: &SwcTable, options: &SwcOptions) -> Result<Self, SwcError> {
        let records = &table.records;
        let mut repairs = table.repairs.clone();
        let parents = resolve_parents(records)?;
        check_cycles(records, &parents)?;
        let roots = choose_roots(records, &parents, options, &mut repairs)?;
        if let Some(r) = records.iter().zip(1..).find(|(r, n)| r.id != *n).map(|(r, _)| r) {
            repairs.push(Repair::IdsNotConsecutive { line: r.line, id: r.id });
        }
        let order = topological_order(records, &parents, roots, &mut repairs);
        let mut place = vec![usize::MAX; records.len()];
        let mut nodes = Vec::with_capacity(order.len());
        for &i in &order {
            place[i] = nodes.len();
            let r = &records[i];
            nodes.push(Node {
                line: r.line,
                id: r.id,
                region: Region::from_swc(i64::from(r.tag)).unwrap_or(Region::Undefined),
                position: r.position.map(|x| x * options.scale),
                radius: r.radius * options.scale,
                parent: parents[i].map(|p| place[p]),
            });
        }
        let before = measures(&nodes);
        repair_radii(&mut nodes, options, &mut repairs)?;
        let mut tree = Tree { nodes, before, repairs };
        tree.remark_units();
        tree.remark_steps_of_radius();
        tree.remark_long_steps();
        Ok(tree)
    }

    /// The children of every node, in order.
    pub fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.nodes.len()];
        for (i, n) in self.nodes.iter().enumerate() {
            if let Some(p) = n.parent {
                children[p].push(i);
            }
        }
        children
    }

    /// Remarks where lengths are beyond those of neurons in µm.
    fn remark_units(&mut self) {
        let mut radii: Vec<f64> = self.nodes.iter().map(|n| n.radius).collect();
        radii.sort_by(f64::total_cmp);
        let median = radii[radii.len() / 2];
        let span = |k: usize| {
            let along = || self.nodes.iter().map(move |n| n.position[k]);
            along().fold(f64::MIN, f64::max) - along().fold(f64::MAX, f64::min)
        };
        let extent = (0..3).map(span).fold(0.0, f64::max);
        if extent > LONGEST || median > THICKEST {
            self.repairs.push(Repair::Units { extent, median });
        }
    }

    /// Remarks on samples that stand where their parent stands with another radius.
    fn remark_steps_of_radius(&mut self) {
        for node in &self.nodes {
            let Some(above) = node.parent.map(|p| &self.nodes[p]) else { continue };
            let neurites = node.region != Region::Soma && above.region != Region::Soma;
            if neurites && node.position == above.position && node.radius != above.radius {
                let (line, id, parent) = (node.line, node.id, above.id);
                self.repairs.push(Repair::RadiusStep { line, id, parent });
            }
        }
    }

    fn remark_long_steps(&mut self) {
        let steps: Vec<(usize, f64)> = self
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(i, n)| {
                let p = &self.nodes[n.parent?];
                let between_neurites = n.region != Region::Soma && p.region != Region::Soma;
                between_neurites.then(|| (i, distance(n.position, p.position)))
            })
            .collect();
        let mut sorted: Vec<f64> = steps.iter().map(|s| s.1).collect();
        sorted.sort_by(f64::total_cmp);
        let Some(&median) = sorted.get(sorted.len() / 2) else {
            return;
        };
        for (i, length) in steps {
            if median > 0.0 && length > 10.0 * median {
                let n = &self.nodes[i];
                self.repairs.push(Repair::LongStep { line: n.line, id: n.id, length, median });
            }
        }
    }
}

fn resolve_parents(records: &[Record]) -> Result<Vec<Option<usize>>, SwcError> {
    let mut error = SwcError::new();
    let mut index: HashMap<i64, usize> = HashMap::with_capacity(records.len());
    for (i, r) in records.iter().enumerate() {
        if let Some(&first) = index.get(&r.id) {
            error.push(SwcFault::DuplicateId {
                line: r.line,
                id: r.id,
                first_line: records[first].line,
            });
        } else {
            index.insert(r.id, i);
        }
    }
    let mut parents = Vec::with_capacity(records.len());
    for r in records {
        parents.push(match r.parent {
            None => None,
            Some(p) if p == r.id => {
                error.push(SwcFault::SelfParent { line: r.line, id: r.id });
                None
            }
            Some(p) => {
                let found = index.get(&p).copied();
                if found.is_none() {
                    error.push(SwcFault::MissingParent { line: r.line, id: r.id, parent: p });
                }
                found
            }
        });
    }
    error.check()?;
    Ok(parents)
}

/// Every sample must lead to a root. Walks up from each, marking: 0 new, 1 on this walk, 2 done.
fn check_cycles(records: &[Record], parents: &[Option<usize>]) -> Result<(), SwcError> {
    let mut error = SwcError::new();
    let mut mark = vec![0u8; records.len()];
    for start in 0..records.len() {
        let mut walk = Vec::new();
        let mut at = Some(start);
        while let Some(i) = at.filter(|&i| mark[i] == 0) {
            mark[i] = 1;
            walk.push(i);
            at = parents[i];
        }
        if let Some(i) = at.filter(|&i| mark[i] == 1) {
            let length = walk.len() - walk.iter().position(|&w| w == i).unwrap_or(0);
            let on_cycle = &walk[walk.len() - length..];
            let first = on_cycle.iter().copied().min().unwrap_or(i);
            error.push(SwcFault::Cycle {
                line: records[first].line,
                id: records[first].id,
                length,
            });
        }
        for i in walk {
            mark[i] = 2;
        }
    }
    error.check()
}

/// The roots of the trees that are kept, in the order of the file.
fn choose_roots(
    records: &[Record],
    parents: &[Option<usize>],
    options: &SwcOptions,
    repairs: &mut Vec<Repair>,
) -> Result<Vec<usize>, SwcError> {
    let roots: Vec<usize> = (0..records.len()).filter(|&i| parents[i].is_none()).collect();
    // Without a cycle every walk ends at a root, so there is one.
    let Some(&first) = roots.first() else {
        return Err(SwcFault::Empty.into());
    };
    if roots.len() == 1 {
        return Ok(roots);
    }
    let way = match options.other_trees {
        OtherTrees::AsRule if options.soma == SomaRule::Neuron => OtherTrees::Attach,
        OtherTrees::AsRule => OtherTrees::Fault,
        way => way,
    };
    if way == OtherTrees::Attach {
        for (&r, samples) in roots.iter().zip(sizes(&roots, parents)).skip(1) {
            let (line, root) = (records[r].line, records[r].id);
            repairs.push(Repair::AttachedTree { line, root, samples });
        }
        return Ok(roots);
    }
    if way == OtherTrees::Fault {
        let mut error = SwcError::new();
        for &r in &roots[1..] {
            error.push(SwcFault::MultipleRoots {
                line: records[r].line,
                id: records[r].id,
                first_root: records[first].id,
            });
        }
        return error.check().map(|()| roots);
    }
    let keep = roots.iter().copied().find(|&r| records[r].tag == 1).unwrap_or(first);
    for (&r, samples) in roots.iter().zip(sizes(&roots, parents)).filter(|(r, _)| **r != keep) {
        repairs.push(Repair::DroppedTree { line: records[r].line, root: records[r].id, samples });
    }
    Ok(vec![keep])
}

/// The number of samples of every tree.
fn sizes(roots: &[usize], parents: &[Option<usize>]) -> Vec<usize> {
    let mut root_of: Vec<Option<usize>> =
        (0..parents.len()).map(|i| parents[i].is_none().then_some(i)).collect();
    for i in 0..parents.len() {
        let mut walk = Vec::new();
        let mut at = i;
        while let (None, Some(p)) = (root_of[at], parents[at]) {
            walk.push(at);
            at = p;
        }
        let root = root_of[at];
        for w in walk {
            root_of[w] = root;
        }
    }
    roots.iter().map(|&r| root_of.iter().filter(|&&o| o == Some(r)).count()).collect()
}

/// Indices of the trees under `roots`, parents first, otherwise in file order.
fn topological_order(
    records: &[Record],
    parents: &[Option<usize>],
    roots: Vec<usize>,
    repairs: &mut Vec<Repair>,
) -> Vec<usize> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); records.len()];
    for (i, p) in parents.iter().enumerate() {
        if let Some(p) = p {
            children[*p].push(i);
        }
    }
    let mut order = Vec::with_capacity(records.len());
    let mut waiting = BinaryHeap::from_iter(roots.into_iter().map(Reverse));
    while let Some(Reverse(i)) = waiting.pop() {
        order.push(i);
        waiting.extend(children[i].iter().map(|&c| Reverse(c)));
    }
    let early: Vec<usize> =
        order.iter().copied().filter(|&i| parents[i].is_some_and(|p| p > i)).collect();
    if let Some(&first) = early.iter().min() {
        repairs.push(Repair::Reordered {
            count: early.len(),
            line: records[first].line,
            id: records[first].id,
        });
    }
    order
}

fn repair_radii(
    nodes: &mut [Node],
    options: &SwcOptions,
    repairs: &mut Vec<Repair>,
) -> Result<(), SwcError> {
    let mut error = SwcError::new();
    if options.default_radius.is_none() && nodes.iter().all(|n| n.radius <= 0.0) {
        return Err(SwcFault::NoRadii { samples: nodes.len() }.into());
    }
    for i in 0..nodes.len() {
        let (line, id, found) = (nodes[i].line, nodes[i].id, nodes[i].radius);
        if found > 0.0 {
            continue;
        }
        if let Some(used) = options.default_radius {
            nodes[i].radius = used;
            repairs.push(Repair::Radius { line, id, found, used });
            continue;
        }
        let lent = nodes[i].parent.map(|p| nodes[p].radius).filter(|&r| r > 0.0);
        match (options.zero_radius, lent) {
            (ZeroRadius::FromParent, Some(used)) => {
                nodes[i].radius = used;
                repairs.push(Repair::Radius { line, id, found, used });
            }
            _ => error.push(SwcFault::NonPositiveRadius { line, id, radius: found }),
        }
    }
    error.check()
}

fn measures(nodes: &[Node]) -> Measures {
    let mut children = vec![0usize; nodes.len()];
    for p in nodes.iter().filter_map(|n| n.parent) {
        children[p] += 1;
    }
    let mut m = Measures { samples: nodes.len(), ..Measures::default() };
    for n in nodes {
        let Some(p) = n.parent else { continue };
        let above = &nodes[p];
        let length = distance(n.position, above.position);
        m.length += length;
        m.area += frustum_area(n.radius.max(0.0), above.radius.max(0.0), length);
        m.branches +=
            usize::from(above.parent.is_none() || children[p] > 1 || n.region != above.region);
    }
    m
}
