//! Branches of fixed points along a parameter, as [`follow`](crate::follow) finds them.

use crate::bifurcation::fixed_point::{FixedPoint, Stability};
use crate::system::input::InputError;
use ntwk_core::Interrupted;

/// Options of a continuation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContinuationOptions {
    /// Longest step, in units of the range of the parameter and of `1 + nu` for the rates.
    pub max_step: f64,
    /// Shortest step: below it the branch is given up.
    pub min_step: f64,
    /// Most points of one branch.
    pub max_points: usize,
    /// A point is on the branch when `|F(nu) - nu| <= tolerance (1 + max nu)`.
    pub tolerance: f64,
}

impl Default for ContinuationOptions {
    /// Steps between 1e-7 and 0.02, 5000 points, tolerance 1e-9.
    fn default() -> Self {
        Self { max_step: 0.02, min_step: 1e-7, max_points: 5000, tolerance: 1e-9 }
    }
}

/// A fixed point on a branch.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchPoint {
    /// Value of the parameter.
    pub parameter: f64,
    /// The fixed point.
    pub fixed_point: FixedPoint,
}

/// What happens at a point of a branch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bifurcation {
    /// Two fixed points meet and vanish: the branch turns.
    SaddleNode,
    /// A pair of complex eigenvalues crosses the imaginary axis: an oscillation of this frequency (Hz) appears.
    Hopf {
        /// Frequency (Hz).
        frequency: f64,
    },
    /// Another branch crosses (transcritical or pitchfork).
    Crossing,
}

/// Why a branch ends.
#[derive(Debug, Clone, PartialEq)]
pub enum BranchEnd {
    /// The end of the range of the parameter.
    Range,
    /// It came back to where it began.
    Closed,
    /// There is no system beyond this value.
    NoSystem {
        /// Value of the parameter.
        parameter: f64,
        /// Why.
        reason: String,
    },
    /// No further point was found: the step fell below its limit. A kink of the transfer function (the edge of a scan) can
    /// be the reason.
    StepUnderflow,
    /// The limit of points.
    PointLimit,
}

/// A branch of fixed points.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Its points, along its length.
    pub points: Vec<BranchPoint>,
    /// Its bifurcations: kind, place (between which points it lies) and the point itself.
    pub bifurcations: Vec<(Bifurcation, usize, BranchPoint)>,
    /// How it ends before its first and after its last point.
    pub ends: [BranchEnd; 2],
}

/// A continuation that cannot be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ContinuationError {
    /// The range is empty or not finite.
    #[error("the range of the parameter is {0} to {1}; two different finite values are needed")]
    Range(f64, f64),
    /// An option is out of range.
    #[error("steps, tolerance and the number of points must be > 0, max_step >= min_step")]
    Options,
    /// There is no system where the branch should begin.
    #[error("there is no system at {parameter}: {reason}")]
    NoSystem {
        /// Value of the parameter.
        parameter: f64,
        /// Why.
        reason: String,
    },
    /// The input does not fit the system.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The start is no fixed point.
    #[error("no fixed point was found at {parameter} near the rates given")]
    Start {
        /// Value of the parameter.
        parameter: f64,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl BranchPoint {
    /// Whether the fixed point is stable.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        self.fixed_point.stability == Stability::Stable
    }
}
