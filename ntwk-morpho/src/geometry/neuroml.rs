//! Morphologies of NeuroML 2: segments with a proximal and a distal end, joined to their parents.
//!
//! A segment without a proximal end begins where its parent is at `fractionAlong` (its distal end when that is not given). Chains of
//! segments become one branch. A soma whose two ends are in one place is a sphere. The region of a segment is that of the groups it
//! is in (`soma_group`, `axon_group`, `apical…`, other dendrites), else of its name.

use super::morphology::{Attachment, Branch, Morphology, MorphologyError, Sample, distance};
use super::region::Region;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What makes a NeuroML file unusable.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NeuromlFault {
    /// The text is not XML.
    #[error("{0}")]
    Xml(String),
    /// There is no cell with a morphology.
    #[error("there is no <cell> with a <morphology> that has segments")]
    NoMorphology,
    /// A segment lacks something, or has a value that is not a number.
    #[error("line {line}, segment {segment}: {what}")]
    Segment {
        /// Line number, from 1.
        line: u32,
        /// Its id.
        segment: String,
        /// What is missing or wrong.
        what: &'static str,
    },
    /// The segments do not make a tree with a length.
    #[error("the segments do not make a morphology: {0}")]
    Morphology(#[from] MorphologyError),
}

/// Everything wrong with a file; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuromlError(pub Vec<NeuromlFault>);

impl fmt::Display for NeuromlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for NeuromlError {}

/// A segment as written.
struct Segment {
    line: u32,
    id: String,
    region: Region,
    parent: Option<(String, f64)>,
    proximal: Option<Sample>,
    distal: Sample,
}

/// Where a segment lies: on a branch from one arc length to another.
#[derive(Clone, Copy)]
struct Place {
    branch: usize,
    from: f64,
    to: f64,
}

/// Reads the morphology of the first cell of a NeuroML 2 file.
///
/// # Errors
/// [`NeuromlError`] with every fault.
pub fn read(text: &[u8]) -> Result<Morphology, NeuromlError> {
    let text = String::from_utf8_lossy(text);
    let one = |fault| NeuromlError(vec![fault]);
    let document =
        roxmltree::Document::parse(&text).map_err(|e| one(NeuromlFault::Xml(e.to_string())))?;
    let morphology = document
        .descendants()
        .find(|n| n.tag_name().name() == "morphology")
        .ok_or_else(|| one(NeuromlFault::NoMorphology))?;
    let regions = regions(morphology);
    let mut faults = Vec::new();
    let mut segments: Vec<Segment> = Vec::new();
    for node in morphology.children().filter(|n| n.tag_name().name() == "segment") {
        match segment(node, &document, &regions) {
            Ok(s) => segments.push(s),
            Err(fault) => faults.push(fault),
        }
    }
    if segments.is_empty() && faults.is_empty() {
        faults.push(NeuromlFault::NoMorphology);
    }
    if !faults.is_empty() {
        return Err(NeuromlError(faults));
    }
    let ordered = parents_first(segments).map_err(NeuromlError)?;
    Morphology::new(branches(&ordered)).map_err(|e| one(e.into()))
}

/// The region of every segment that a group with a telling name holds.
fn regions(morphology: roxmltree::Node<'_, '_>) -> HashMap<String, Region> {
    let groups: HashMap<&str, roxmltree::Node<'_, '_>> = morphology
        .children()
        .filter(|n| n.tag_name().name() == "segmentGroup")
        .filter_map(|n| Some((n.attribute("id")?, n)))
        .collect();
    let mut found = HashMap::new();
    // Later names are the more telling ones.
    for wanted in [Region::Basal, Region::Apical, Region::Axon, Region::Soma] {
        for id in groups.keys().filter(|id| region_of(id) == Some(wanted)) {
            let (mut waiting, mut seen) = (vec![*id], HashSet::new());
            while let Some(group) = waiting.pop() {
                let Some(node) = groups.get(group).filter(|_| seen.insert(group)) else { continue };
                for child in node.children() {
                    match child.tag_name().name() {
                        "member" => {
                            if let Some(segment) = child.attribute("segment") {
                                found.insert(segment.to_owned(), wanted);
                            }
                        }
                        "include" => waiting.extend(child.attribute("segmentGroup")),
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn region_of(name: &str) -> Option<Region> {
    let name = name.to_ascii_lowercase();
    let begins = |word: &str| name.starts_with(word);
    if begins("soma") {
        Some(Region::Soma)
    } else if begins("axon") {
        Some(Region::Axon)
    } else if begins("apic") {
        Some(Region::Apical)
    } else if begins("dend") || begins("basal") {
        Some(Region::Basal)
    } else {
        None
    }
}

fn segment(
    node: roxmltree::Node<'_, '_>,
    document: &roxmltree::Document<'_>,
    regions: &HashMap<String, Region>,
) -> Result<Segment, NeuromlFault> {
    let line = document.text_pos_at(node.range().start).row;
    let id = node.attribute("id").unwrap_or("?").to_owned();
    let fault = |what| NeuromlFault::Segment { line, segment: id.clone(), what };
    let child = |name: &str| node.children().find(|n| n.tag_name().name() == name);
    let point = |n: roxmltree::Node<'_, '_>| -> Result<Sample, NeuromlFault> {
        let number = |name: &str| {
            let value = n.attribute(name)?.trim().parse::<f64>().ok()?;
            (value.is_finite() && value.abs() < 1e9).then_some(value)
        };
        match (number("x"), number("y"), number("z"), number("diameter")) {
            (Some(x), Some(y), Some(z), Some(d)) if d > 0.0 => Ok(Sample::new([x, y, z], 0.5 * d)),
            _ => Err(fault("expected x, y, z and a diameter > 0 (um)")),
        }
    };
    if node.attribute("id").is_none() {
        return Err(fault("expected an id"));
    }
    let parent = match child("parent") {
        None => None,
        Some(p) => {
            let segment = p.attribute("segment").ok_or(fault("its parent has no segment"))?;
            let along = match p.attribute("fractionAlong") {
                None => 1.0,
                Some(text) => text
                    .trim()
                    .parse::<f64>()
                    .ok()
                    .filter(|f| (0.0..=1.0).contains(f))
                    .ok_or(fault("fractionAlong is not a fraction"))?,
            };
            Some((segment.to_owned(), along))
        }
    };
    let distal = child("distal").ok_or(fault("expected a distal end")).and_then(point)?;
    let proximal = child("proximal").map(point).transpose()?;
    if proximal.is_none() && parent.is_none() {
        return Err(fault("expected a proximal end: there is no parent to begin at"));
    }
    let named = || region_of(node.attribute("name").unwrap_or_default());
    let region = regions.get(&id).copied().or_else(named).unwrap_or(Region::Undefined);
    Ok(Segment { line, id, region, parent, proximal, distal })
}

/// The segments with parents before their children, the root first.
fn parents_first(segments: Vec<Segment>) -> Result<Vec<Segment>, Vec<NeuromlFault>> {
    let mut faults = Vec::new();
    let mut ids = HashSet::new();
    let fault =
        |s: &Segment, what| NeuromlFault::Segment { line: s.line, segment: s.id.clone(), what };
    for s in &segments {
        if !ids.insert(s.id.clone()) {
            faults.push(fault(s, "another segment has this id"));
        }
    }
    let roots = segments.iter().filter(|s| s.parent.is_none()).skip(1);
    faults.extend(roots.map(|s| fault(s, "another segment without a parent came before")));
    for s in &segments {
        if s.parent.as_ref().is_some_and(|p| !ids.contains(&p.0)) {
            faults.push(fault(s, "its parent is no segment"));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut children: HashMap<Option<String>, Vec<Segment>> = HashMap::new();
    let total = segments.len();
    let mut left: Vec<(u32, String)> = Vec::new();
    for s in segments {
        left.push((s.line, s.id.clone()));
        children.entry(s.parent.as_ref().map(|p| p.0.clone())).or_default().push(s);
    }
    let mut ordered: Vec<Segment> = children.remove(&None).unwrap_or_default();
    let mut at = 0;
    while at < ordered.len() {
        let below = children.remove(&Some(ordered[at].id.clone())).unwrap_or_default();
        ordered.extend(below);
        at += 1;
    }
    if ordered.len() < total {
        let placed: HashSet<&str> = ordered.iter().map(|s| s.id.as_str()).collect();
        let on_cycle = left.iter().filter(|(_, id)| !placed.contains(id.as_str()));
        return Err(on_cycle
            .map(|(line, id)| NeuromlFault::Segment {
                line: *line,
                segment: id.clone(),
                what: "following its parents comes back to it",
            })
            .collect());
    }
    Ok(ordered)
}

fn branches(segments: &[Segment]) -> Vec<Branch> {
    let mut number_of_children: HashMap<&str, usize> = HashMap::new();
    for (parent, _) in segments.iter().filter_map(|s| s.parent.as_ref()) {
        *number_of_children.entry(parent).or_default() += 1;
    }
    let mut places: HashMap<&str, Place> = HashMap::new();
    let mut list: Vec<Branch> = Vec::new();
    // (branch, parent branch, arc length on it): fractions follow when all lengths are known.
    let mut joints: Vec<Option<(usize, f64)>> = Vec::new();
    for s in segments {
        let above =
            s.parent.as_ref().and_then(|(id, along)| Some((places.get(id.as_str())?, *along, id)));
        let Some((&place, along, parent)) = above else {
            let start = s.proximal.unwrap_or(s.distal);
            places.insert(&s.id, begin(s, start, &mut list));
            joints.push(None);
            continue;
        };
        let samples = &list[place.branch].samples;
        let at = place.from + along * (place.to - place.from);
        let end = samples[samples.len() - 1];
        let sphere = place.from == place.to;
        let continues = along == 1.0
            && !sphere
            && number_of_children.get(parent.as_str()) == Some(&1)
            && list[place.branch].region == s.region
            && s.proximal.is_none_or(|p| p.position == end.position && p.radius == end.radius);
        if continues {
            let to = place.to + distance(end.position, s.distal.position);
            places.insert(&s.id, Place { branch: place.branch, from: place.to, to });
            list[place.branch].samples.push(s.distal);
            continue;
        }
        let start = s.proximal.unwrap_or_else(|| on(samples, at));
        places.insert(&s.id, begin(s, start, &mut list));
        joints.push(Some((place.branch, at)));
    }
    let lengths: Vec<f64> = list.iter().map(Branch::length).collect();
    for (branch, joint) in list.iter_mut().zip(joints) {
        branch.parent = joint.map(|(parent, at)| {
            let x = (at / lengths[parent]).clamp(0.0, 1.0);
            // A point at an end is the end, to rounding.
            let x = if x > 1.0 - 1e-12 { 1.0 } else { x };
            Attachment { branch: parent, x }
        });
    }
    list
}

/// Begins a branch with a segment. One without length is a sphere, whose children hang on its middle.
fn begin(s: &Segment, start: Sample, list: &mut Vec<Branch>) -> Place {
    let branch = list.len();
    let length = distance(start.position, s.distal.position);
    let sphere = length == 0.0;
    let samples = if sphere {
        let (r, [x, y, z]) = (s.distal.radius, s.distal.position);
        vec![
            Sample::new([x, y - r, z], r),
            Sample::new([x, y, z], r),
            Sample::new([x, y + r, z], r),
        ]
    } else {
        vec![start, s.distal]
    };
    list.push(Branch { region: s.region, parent: None, samples });
    let r = s.distal.radius;
    if sphere { Place { branch, from: r, to: r } } else { Place { branch, from: 0.0, to: length } }
}

/// The point of a branch at an arc length.
fn on(samples: &[Sample], at: f64) -> Sample {
    let mut before = 0.0;
    for w in samples.windows(2) {
        let step = distance(w[0].position, w[1].position);
        if step > 0.0 && before + step >= at * (1.0 - 1e-12) {
            let t = ((at - before) / step).clamp(0.0, 1.0);
            let mix = |a: f64, b: f64| a + t * (b - a);
            let position = [0, 1, 2].map(|i| mix(w[0].position[i], w[1].position[i]));
            return Sample::new(position, mix(w[0].radius, w[1].radius));
        }
        before += step;
    }
    samples[samples.len() - 1]
}
