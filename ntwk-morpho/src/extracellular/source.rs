//! The potential of a compartment's current: point and line sources.

use super::electrode::Contact;
use super::medium::Medium;
use super::segment::Segment;
use ndarray::Array2;
use std::f64::consts::PI;

ntwk_core::words! {
    /// How the current of a compartment is spread.
    pub enum SourceModel, what = "source model" {
        /// evenly along each compartment (Holt and Koch 1999)
        Line = "line",
        /// in the middle of each compartment
        Point = "point",
        /// in the middle of the soma, evenly along all other compartments
        RootAsPoint = "root_as_point",
    }
}

/// Potentials (mV per nA), `[n_contacts, n_compartments]`, of the transmembrane currents of compartments at contacts.
#[must_use]
pub fn lead_field(
    compartments: &[Vec<Segment>],
    contacts: &[Contact],
    model: SourceModel,
    medium: &Medium,
) -> Array2<f64> {
    let points: Vec<Vec<[f64; 3]>> = contacts.iter().map(Contact::points).collect();
    Array2::from_shape_fn((contacts.len(), compartments.len()), |(contact, k)| {
        let at = &points[contact];
        let sum: f64 = at.iter().map(|&p| of_compartment(&compartments[k], p, model, medium)).sum();
        sum / at.len() as f64
    })
}

fn of_compartment(pieces: &[Segment], at: [f64; 3], model: SourceModel, medium: &Medium) -> f64 {
    let as_point = match model {
        SourceModel::Point => true,
        SourceModel::Line => false,
        SourceModel::RootAsPoint => pieces.first().is_some_and(|s| s.soma),
    };
    if as_point {
        let source = Segment { share: 1.0, ..middle_of(pieces) };
        return potential(&source, at, true, medium);
    }
    pieces.iter().map(|s| s.share * potential(s, at, false, medium)).sum()
}

/// A segment about the point half way along the pieces.
fn middle_of(pieces: &[Segment]) -> Segment {
    let mut before = 0.0;
    for s in pieces {
        if before + s.share >= 0.5 * (1.0 - 1e-12) {
            let t = (0.5 - before) / s.share;
            let middle = [0, 1, 2].map(|i| s.start[i] + t * (s.end[i] - s.start[i]));
            return Segment { start: middle, end: middle, ..*s };
        }
        before += s.share;
    }
    pieces[pieces.len() - 1]
}

/// Potential (mV per nA) at a point of a current from the middle of a segment, or spread evenly along it, in a medium.
#[must_use]
pub fn potential(source: &Segment, at: [f64; 3], as_point: bool, medium: &Medium) -> f64 {
    let sigma = medium.conductivity;
    let isotropic = sigma[0] == sigma[1] && sigma[0] == sigma[2];
    let images = medium.images();
    let one = |sign: f64, shift: f64| {
        let mirrored = |p: [f64; 3]| [p[0], p[1], sign * p[2] + shift];
        let s = Segment { start: mirrored(source.start), end: mirrored(source.end), ..*source };
        match (as_point, isotropic) {
            (true, _) => point(&s, at, sigma),
            (false, true) => line(&s, at, sigma[0]),
            (false, false) => line_anisotropic(&s, at, sigma),
        }
    };
    images.iter().map(|i| i.weight * one(i.sign, i.shift)).sum()
}

fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|i| a[i] - b[i])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// 1/(4π √(σ_yσ_z Δx² + σ_xσ_z Δy² + σ_xσ_y Δz²)) from the middle; not nearer than half the diameter.
fn point(s: &Segment, at: [f64; 3], sigma: [f64; 3]) -> f64 {
    let d = difference(at, s.middle());
    let square = dot(d, d);
    let floor = 0.25 * s.diameter * s.diameter;
    let weighted = |d: [f64; 3]| {
        sigma[1] * sigma[2] * d[0] * d[0]
            + sigma[0] * sigma[2] * d[1] * d[1]
            + sigma[0] * sigma[1] * d[2] * d[2]
    };
    let square = if square >= floor {
        weighted(d)
    } else if square > 0.0 {
        weighted(d) * floor / square
    } else {
        // At the source itself: as far as half the diameter along x.
        sigma[1] * sigma[2] * floor
    };
    1.0 / (4.0 * PI * square.sqrt())
}

/// (asinh(l/ρ) − asinh(h/ρ))/(4πσ Δs) with h and l from the end and the start along the axis, and ρ the distance from the
/// axis, not below half the diameter; in the forms that do not cancel.
fn line(s: &Segment, at: [f64; 3], sigma: f64) -> f64 {
    let along = difference(s.end, s.start);
    let length = dot(along, along).sqrt();
    let from_end = difference(at, s.end);
    let h = dot(from_end, along) / length;
    let l = h + length;
    let square = (dot(from_end, from_end) - h * h).abs().max(0.25 * s.diameter * s.diameter);
    let (to_end, to_start) = ((h * h + square).sqrt(), (l * l + square).sqrt());
    logarithm([h, l], [to_end, to_start], square) / (4.0 * PI * sigma * length)
}

/// asinh(l/ρ) − asinh(h/ρ) for h < l, of which √(h² + ρ²) and √(l² + ρ²) are the distances, in the form that does not cancel.
fn logarithm([h, l]: [f64; 2], [to_h, to_l]: [f64; 2], square: f64) -> f64 {
    let ratio = if l < 0.0 {
        (to_h - h) / (to_l - l)
    } else if h < 0.0 {
        (to_h - h) * (l + to_l) / square
    } else {
        (to_l + l) / (to_h + h)
    };
    ratio.ln()
}

/// ∫ dt/(4π √(a t² + b t + c)) along the segment, the square root being that of the point source at `t` of it. A point nearer
/// to the segment than half its diameter is moved straight away from it to that distance.
fn line_anisotropic(s: &Segment, at: [f64; 3], sigma: [f64; 3]) -> f64 {
    let along = difference(s.end, s.start);
    let from_start = clear_of(s, at, along);
    let weights = [sigma[1] * sigma[2], sigma[0] * sigma[2], sigma[0] * sigma[1]];
    let weighted = |p: [f64; 3], q: [f64; 3]| (0..3).map(|i| weights[i] * p[i] * q[i]).sum::<f64>();
    let a = weighted(along, along);
    let half_b = -weighted(from_start, along);
    let c = weighted(from_start, from_start);
    let root = a.sqrt();
    // With the square completed: (u² + q²) from u = b/2√a to that + √a.
    let (u0, u1) = (half_b / root, root + half_b / root);
    let square = (c - u0 * u0).max(0.0);
    let (r0, r1) = ((u0 * u0 + square).sqrt(), (u1 * u1 + square).sqrt());
    logarithm([u0, u1], [r0, r1], square) / (4.0 * PI * root)
}

/// From the start of the segment to the point, or to where it is moved.
fn clear_of(s: &Segment, at: [f64; 3], along: [f64; 3]) -> [f64; 3] {
    let from_start = difference(at, s.start);
    let t = (dot(from_start, along) / dot(along, along)).clamp(0.0, 1.0);
    let nearest = along.map(|x| t * x);
    let away = difference(from_start, nearest);
    let (distance, radius) = (dot(away, away).sqrt(), 0.5 * s.diameter);
    if distance >= radius {
        return from_start;
    }
    let direction = if distance >= 1e-8 {
        away.map(|x| x / distance)
    } else {
        let across = if along[0].abs() > 1e-8 {
            [-along[1], along[0], 0.0]
        } else {
            [0.0, along[2], -along[1]]
        };
        let norm = dot(across, across).sqrt();
        across.map(|x| x / norm)
    };
    [0, 1, 2].map(|i| nearest[i] + radius * direction[i])
}
