//! The soma of a tree under a rule: one branch that replaces the soma samples.

use super::SomaRule;
use super::fault::{SomaShape, SwcError, SwcFault};
use super::repair::Repair;
use super::tidy::Tree;
use crate::geometry::morphology::{Branch, Sample, distance, frustum_area};
use crate::geometry::region::Region;
use std::f64::consts::PI;

/// What the soma samples look like.
enum Form {
    One,
    /// Samples 2 and 3 are children of the first, with its radius and at that distance.
    ThreePoint,
    Chain,
    Branched(usize),
    Contour,
}

/// The soma branch of a tree whose root is a soma sample, for every rule but `Neuron` and `Arbor`.
pub(super) fn soma_branch(
    tree: &Tree,
    rule: SomaRule,
    repairs: &mut Vec<Repair>,
) -> Result<Branch, SwcError> {
    let soma = soma_nodes(tree, rule)?;
    let form = form_of(tree, &soma, rule);
    let nodes = &tree.nodes;
    let refuse = |node: usize, shape| -> Result<Branch, SwcError> {
        Err(SwcFault::UnsupportedSoma { line: nodes[node].line, id: nodes[node].id, shape, rule }
            .into())
    };
    let centre = nodes[0].position;
    match (form, rule) {
        (Form::One, _) => Ok(ball(centre, nodes[0].radius, 1, nodes[0].id)),
        (Form::ThreePoint, SomaRule::Sphere | SomaRule::Morphio) => {
            Ok(ball(centre, nodes[0].radius, 1, nodes[0].id))
        }
        (Form::ThreePoint, _) => {
            let mut branch = ball(centre, nodes[0].radius, 1, nodes[0].id);
            // The file's own end points, so that a soma that is drawn askew stays askew; their distance is set to r.
            for (end, node) in [(0, soma[1]), (2, soma[2])] {
                let d = distance(nodes[node].position, centre);
                let stretch = nodes[0].radius / d;
                branch.samples[end].position =
                    [0, 1, 2].map(|k| centre[k] + (nodes[node].position[k] - centre[k]) * stretch);
                branch.samples[end].id = Some(nodes[node].id);
            }
            Ok(branch)
        }
        (Form::Chain | Form::Branched(_), SomaRule::Sphere)
        | (Form::Chain | Form::Branched(0), SomaRule::Morphio) => {
            // MorphIO stacks the samples in the order of the file.
            let above = |k: usize| match rule {
                SomaRule::Morphio => Some(soma[k.checked_sub(1)?]),
                _ => nodes[soma[k]].parent,
            };
            let area: f64 = (0..soma.len())
                .filter_map(|k| Some((soma[k], above(k)?)))
                .map(|(i, p)| {
                    frustum_area(
                        nodes[i].radius,
                        nodes[p].radius,
                        distance(nodes[i].position, nodes[p].position),
                    )
                })
                .sum();
            let radius = (area / (4.0 * PI)).sqrt();
            if radius <= 0.0 || radius.is_nan() {
                return refuse(0, SomaShape::Chain);
            }
            repairs.push(Repair::SomaToSphere { samples: soma.len(), radius });
            Ok(ball(centroid(tree, &soma), radius, 1, nodes[0].id))
        }
        (Form::Contour, SomaRule::Sphere) => {
            let middle = centroid(tree, &soma);
            let radius = mean_distance(tree, &soma, middle);
            repairs.push(Repair::ContourToSphere { samples: soma.len(), radius });
            Ok(ball(middle, radius, 1, nodes[0].id))
        }
        (Form::Contour, _) => refuse(0, SomaShape::Contour),
        (Form::Branched(at), _) => refuse(at, SomaShape::Branched),
        (Form::Chain, _) => refuse(0, SomaShape::Chain),
    }
}

/// Indices of the soma samples, which must be joined and hold the root.
fn soma_nodes(tree: &Tree, rule: SomaRule) -> Result<Vec<usize>, SwcError> {
    let nodes = &tree.nodes;
    let soma: Vec<usize> = (0..nodes.len()).filter(|&i| nodes[i].region == Region::Soma).collect();
    let Some(&first) = soma.first() else {
        return Err(SwcFault::NoSoma { rule }.into());
    };
    let fault = |i: usize, shape| SwcFault::UnsupportedSoma {
        line: nodes[i].line,
        id: nodes[i].id,
        shape,
        rule,
    };
    if first != 0 {
        return Err(fault(first, SomaShape::NotAtRoot).into());
    }
    let mut error = SwcError::new();
    for &i in &soma[1..] {
        if nodes[i].parent.is_none_or(|p| nodes[p].region != Region::Soma) {
            error.push(fault(i, SomaShape::Scattered));
        }
    }
    error.check()?;
    Ok(soma)
}

fn form_of(tree: &Tree, soma: &[usize], rule: SomaRule) -> Form {
    let nodes = &tree.nodes;
    if soma.len() == 1 {
        return Form::One;
    }
    if let &[_, a, b] = soma {
        // Files carry two decimals, so a distance of one radius is met to about 0.01 um.
        let r = nodes[0].radius;
        let slack = 0.02 + 0.01 * r;
        let at_radius = |i: usize| {
            nodes[i].parent == Some(0)
                && (nodes[i].radius - r).abs() <= slack
                && (distance(nodes[i].position, nodes[0].position) - r).abs() <= slack
        };
        // MorphIO asks for the shape of the tree alone.
        let children = |i: usize| nodes[i].parent == Some(0);
        if rule == SomaRule::Morphio && children(a) && children(b) {
            return Form::ThreePoint;
        }
        let across = distance(nodes[a].position, nodes[b].position);
        if at_radius(a) && at_radius(b) && (across - 2.0 * r).abs() <= 2.0 * slack {
            return Form::ThreePoint;
        }
    }
    if is_contour(tree, soma) {
        return Form::Contour;
    }
    let mut soma_children = vec![0usize; nodes.len()];
    for &i in &soma[1..] {
        if let Some(p) = nodes[i].parent {
            soma_children[p] += 1;
        }
    }
    match soma.iter().copied().find(|&i| soma_children[i] > 1) {
        Some(i) => Form::Branched(i),
        None => Form::Chain,
    }
}

/// Whether soma samples are many and thin beside their distance from their middle: the outline of a soma.
pub(super) fn is_contour(tree: &Tree, soma: &[usize]) -> bool {
    let mean_radius = soma.iter().map(|&i| tree.nodes[i].radius).sum::<f64>() / soma.len() as f64;
    soma.len() >= 4 && mean_radius < 0.2 * mean_distance(tree, soma, centroid(tree, soma))
}

/// A cylinder of length and diameter 2 r along one axis, which has the area of the sphere.
pub(super) fn ball(centre: [f64; 3], radius: f64, axis: usize, id: i64) -> Branch {
    let at = |shift: f64| {
        let mut position = centre;
        position[axis] += shift;
        Sample { position, radius, id: None }
    };
    let middle = Sample { position: centre, radius, id: Some(id) };
    Branch { region: Region::Soma, parent: None, samples: vec![at(-radius), middle, at(radius)] }
}

fn centroid(tree: &Tree, soma: &[usize]) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for &i in soma {
        for (s, x) in sum.iter_mut().zip(tree.nodes[i].position) {
            *s += x / soma.len() as f64;
        }
    }
    sum
}

fn mean_distance(tree: &Tree, soma: &[usize], from: [f64; 3]) -> f64 {
    soma.iter().map(|&i| distance(tree.nodes[i].position, from)).sum::<f64>() / soma.len() as f64
}
