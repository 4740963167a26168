//! Cutting branches into compartments.

use crate::geometry::morphology::{Branch, Morphology, distance, frustum_area};
use crate::mesh::compartments::{Compartment, Compartments};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How a branch is cut. Except for `PerBranch` and `PerSample`, the number of compartments of a branch is odd, so that
/// its middle is the centre of one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(non_snake_case)]
pub enum Discretisation {
    /// The d_lambda rule of Hines and Carnevale (2001): n = 2 ⌊(X/d_lambda + 0.9)/2⌋ + 1 where X = ∫dx/λ_f is the length of
    /// the branch in units of the AC length constant λ_f = 1e5 √(d/(4π f R_i C_m)) µm.
    DLambda {
        /// Largest compartment in units of λ_f, usually 0.1.
        d_lambda: f64,
        /// Frequency f (Hz), usually 100.
        frequency: f64,
        /// Axial resistivity (Ω·cm).
        R_i: f64,
        /// Specific membrane capacitance (µF/cm²).
        C_m: f64,
    },
    /// Compartments of equal length in a branch, none longer than this (µm).
    MaxLength(f64),
    /// This number of compartments of equal length in every branch.
    PerBranch(usize),
    /// One compartment between any two samples; samples in the same place as the one before bound none.
    PerSample,
}

impl Discretisation {
    /// The d_lambda rule with its usual 0.1 at 100 Hz.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn d_lambda(R_i: f64, C_m: f64) -> Self {
        Discretisation::DLambda { d_lambda: 0.1, frequency: 100.0, R_i, C_m }
    }
}

/// Why a morphology cannot be cut as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DiscretisationError {
    /// A parameter of the rule is out of range.
    #[error("{name} = {value}: expected a finite number > 0")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// The rule asks for more compartments than [`MAX_COMPARTMENTS`].
    #[error("branch {branch} brings the number of compartments above {MAX_COMPARTMENTS}")]
    TooMany {
        /// Index of the branch.
        branch: usize,
    },
}

/// The largest number of compartments of one cell.
pub const MAX_COMPARTMENTS: usize = 2_000_000;

impl Morphology {
    /// Cuts every branch into compartments.
    ///
    /// A compartment's area is the exact lateral area of the frusta it covers, its axial resistance the integral
    /// R_i ∫dx/(π r²) over them with the radius linear between samples.
    ///
    /// # Errors
    /// [`DiscretisationError`] when a parameter is not positive or there would be too many compartments.
    pub fn compartments(&self, rule: &Discretisation) -> Result<Compartments, DiscretisationError> {
        self.compartments_with(rule, &[])
    }

    /// As [`Morphology::compartments`], with a number of compartments of equal length for some branches (branch, number),
    /// so that synapses can be put on centres. Branches that do not exist are ignored; of two entries the first holds.
    ///
    /// # Errors
    /// As [`Morphology::compartments`].
    pub fn compartments_with(
        &self,
        rule: &Discretisation,
        numbers: &[(usize, usize)],
    ) -> Result<Compartments, DiscretisationError> {
        check(rule)?;
        for (_, n) in numbers {
            check(&Discretisation::PerBranch(*n))?;
        }
        let paths = self.path_distances();
        let orders = self.branch_orders();
        let mut list = Vec::new();
        let mut first = Vec::with_capacity(self.branches().len() + 1);
        for (i, branch) in self.branches().iter().enumerate() {
            first.push(list.len());
            let profile = Profile::of(branch);
            let own =
                numbers.iter().find(|(b, _)| *b == i).map(|(_, n)| Discretisation::PerBranch(*n));
            let rule = own.as_ref().unwrap_or(rule);
            let cuts = cuts(branch, &profile, rule, MAX_COMPARTMENTS - list.len())
                .ok_or(DiscretisationError::TooMany { branch: i })?;
            let length = profile.length();
            for w in cuts.windows(2) {
                let middle = 0.5 * (w[0] + w[1]);
                let piece = profile.between(w[0], w[1]);
                let x = middle / length;
                // On a soma root both halves count from the middle.
                let path_distance =
                    if branch.parent.is_none() && branch.region == crate::Region::Soma {
                        (x - 0.5).abs() * length
                    } else {
                        paths[i][0] + middle
                    };
                list.push(Compartment {
                    branch: i,
                    region: branch.region,
                    branch_order: orders[i],
                    x,
                    x_start: w[0] / length,
                    x_end: w[1] / length,
                    length: w[1] - w[0],
                    area: piece.area,
                    volume: piece.volume,
                    radius: profile.radius_at(middle),
                    path_distance,
                    centre: profile.position_at(middle),
                    proximal_form: profile.between(w[0], middle).form,
                    distal_form: profile.between(middle, w[1]).form,
                });
            }
        }
        first.push(list.len());
        Ok(Compartments::new(self, list, first))
    }
}

fn check(rule: &Discretisation) -> Result<(), DiscretisationError> {
    let positive = |name, value: f64| {
        if value > 0.0 && value.is_finite() {
            Ok(())
        } else {
            Err(DiscretisationError::Parameter { name, value })
        }
    };
    match *rule {
        Discretisation::DLambda { d_lambda, frequency, R_i, C_m } => {
            positive("d_lambda", d_lambda)?;
            positive("frequency", frequency)?;
            positive("R_i", R_i)?;
            positive("C_m", C_m)
        }
        Discretisation::MaxLength(l) => positive("maximum length", l),
        Discretisation::PerBranch(n) => positive("compartments per branch", n as f64),
        Discretisation::PerSample => Ok(()),
    }
}

/// Arc lengths (µm) where a branch is cut, both ends included; `None` when there would be more than `most` compartments.
fn cuts(
    branch: &Branch,
    profile: &Profile,
    rule: &Discretisation,
    most: usize,
) -> Option<Vec<f64>> {
    let length = profile.length();
    let count = match *rule {
        Discretisation::DLambda { d_lambda, frequency, R_i, C_m } => {
            let per_root_um = 1e5 / (4.0 * PI * frequency * R_i * C_m).sqrt();
            let lambdas: f64 = branch
                .samples
                .windows(2)
                .map(|w| {
                    let d = w[0].radius + w[1].radius;
                    distance(w[0].position, w[1].position) / (per_root_um * d.sqrt())
                })
                .sum();
            2.0 * ((lambdas / d_lambda + 0.9) / 2.0).floor() + 1.0
        }
        Discretisation::MaxLength(l) => {
            let n = (length / l).ceil().max(1.0);
            if n % 2.0 == 0.0 { n + 1.0 } else { n }
        }
        Discretisation::PerBranch(n) => n as f64,
        Discretisation::PerSample => {
            let mut cuts = profile.arc.clone();
            cuts.dedup();
            return (cuts.len() - 1 <= most).then_some(cuts);
        }
    };
    if count > most as f64 {
        return None;
    }
    let n = count as usize;
    let mut cuts: Vec<f64> = (0..=n).map(|k| length * k as f64 / n as f64).collect();
    cuts[n] = length;
    Some(cuts)
}

/// A branch as radius and position over arc length.
struct Profile<'a> {
    branch: &'a Branch,
    /// Arc length (µm) of every sample.
    arc: Vec<f64>,
}

/// Integrals over a piece of a branch.
#[derive(Default)]
struct Piece {
    /// Lateral area (µm²).
    area: f64,
    /// Volume (µm³).
    volume: f64,
    /// ∫dx/(π r²) (1/µm).
    form: f64,
}

impl<'a> Profile<'a> {
    fn of(branch: &'a Branch) -> Self {
        let mut arc = Vec::with_capacity(branch.samples.len());
        let mut s = 0.0;
        arc.push(s);
        for w in branch.samples.windows(2) {
            s += distance(w[0].position, w[1].position);
            arc.push(s);
        }
        Profile { branch, arc }
    }

    fn length(&self) -> f64 {
        self.arc[self.arc.len() - 1]
    }

    /// The frustum that holds arc length `s` and the fraction of it.
    fn locate(&self, s: f64) -> (usize, f64) {
        let k = self.arc.partition_point(|&a| a < s).clamp(1, self.arc.len() - 1) - 1;
        let step = self.arc[k + 1] - self.arc[k];
        (k, if step > 0.0 { ((s - self.arc[k]) / step).clamp(0.0, 1.0) } else { 0.0 })
    }

    fn radius_at(&self, s: f64) -> f64 {
        let (k, f) = self.locate(s);
        let (a, b) = (self.branch.samples[k].radius, self.branch.samples[k + 1].radius);
        a + f * (b - a)
    }

    fn position_at(&self, s: f64) -> [f64; 3] {
        let (k, f) = self.locate(s);
        let (a, b) = (self.branch.samples[k].position, self.branch.samples[k + 1].position);
        [0, 1, 2].map(|i| a[i] + f * (b[i] - a[i]))
    }

    /// Integrals from arc length `from` to `to`. A step of the radius (a frustum without length) counts with the piece
    /// that ends on it, at the very start of the branch with the first.
    fn between(&self, from: f64, to: f64) -> Piece {
        let mut sum = Piece::default();
        let first = self.arc.partition_point(|&a| a < from).saturating_sub(1);
        for k in first..self.arc.len() - 1 {
            let (a, b) = (self.arc[k], self.arc[k + 1]);
            if a > to {
                break;
            }
            let (ra, rb) = (self.branch.samples[k].radius, self.branch.samples[k + 1].radius);
            if a == b {
                if (a > from && a <= to) || (a == 0.0 && from == 0.0) {
                    sum.area += frustum_area(ra, rb, 0.0);
                }
                continue;
            }
            let (lo, hi) = (from.max(a), to.min(b));
            if lo >= hi {
                continue;
            }
            let at = |s: f64| ra + (rb - ra) * (s - a) / (b - a);
            let (r1, r2, l) = (at(lo), at(hi), hi - lo);
            sum.area += frustum_area(r1, r2, l);
            sum.volume += PI / 3.0 * (r1 * r1 + r1 * r2 + r2 * r2) * l;
            sum.form += l / (PI * r1 * r2);
        }
        sum
    }
}
