//! The tabulated transfer function: measured rates, interpolated.

use crate::moments::Moments;
use crate::moments::scalar::Scalar;
use crate::moments::synapse::SynapseClass;
use crate::scan::fluctuations::FluctuationPlan;
use crate::scan::point::ScanPoint;
use crate::scan::single_cell::SingleCellScan;
use crate::transfer::interpolation::GridInterpolant;
use crate::transfer::transfer_function::TransferFunction;
use ntwk_core::Membrane;

/// Measured rates on a grid, interpolated without an assumption on the threshold (the "fast mean-field" of the Python
/// package neural_network_dynamics, which takes the grid node above instead of interpolating).
///
/// What is interpolated is the square root of the rate, by monotone cubics (Fritsch and Butland 1984): it varies evenly
/// where the rate rises from zero, its statistical error is the same everywhere, and its square is never negative. Rate
/// and gradient are continuous.
///
/// **Outside the table** the rate is that at the nearest point of it, with gradient zero in the directions that leave it;
/// [`in_domain`](TransferFunction::in_domain) tells when this acts.
#[derive(Debug, Clone, PartialEq)]
pub struct Tabulated {
    coordinates: Coordinates,
    table: GridInterpolant,
}

/// What the axes of a table are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Coordinates {
    /// `mu_V` (mV) and the presynaptic rate (Hz) of the background class.
    ///
    /// With two classes of synapses both rates follow from two moments: `mu_G` and `mu_G mu_V` are linear in them,
    ///
    /// ```text
    /// mu_G - g_L                 = a_d nu_d + a_b nu_b        a = K Q tau alpha
    /// mu_G mu_V - g_L E_L - I    = c_d nu_d + c_b nu_b        c = K Q tau [alpha E + (1 - alpha)(E - V_0)]
    /// ```
    ///
    /// so that the table is one over both rates. A current other than that of the scan (an adaptation current) moves the
    /// cell to the rates that would give the same `mu_V` and `mu_G` without it.
    Inputs {
        /// `a` and `c` of the driving class.
        driving: [f64; 2],
        /// `a` and `c` of the background class.
        background: [f64; 2],
        /// Current of the scan (pA).
        current: f64,
    },
    /// `mu_V` (mV), `sigma_V` (mV), `tau_V` (ms).
    Fluctuations,
}

/// Measurements that make no table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TableError {
    /// The scan has not two classes of inputs.
    #[error(
        "a table over presynaptic rates needs two classes of inputs, the scan has {classes}; use \
         theory.transfer_function = \"fitted\""
    )]
    Classes {
        /// Number of classes.
        classes: usize,
    },
    /// No class drives the cell.
    #[error(
        "no class of inputs depolarises the cell to its threshold; use theory.transfer_function = \"fitted\""
    )]
    NoDrive,
    /// Both classes have the same effect.
    #[error(
        "the two classes of inputs reverse at the same potential: their rates cannot be told apart"
    )]
    SameReversal,
    /// The points do not fill a grid.
    #[error("the {points} points of the scan do not fill a grid of {grid:?} values")]
    Grid {
        /// Number of points.
        points: usize,
        /// Number of distinct values along each axis.
        grid: Vec<usize>,
    },
}

/// Conductance and current per Hz of a class: nS and pA.
fn per_hertz(s: &SynapseClass) -> [f64; 2] {
    let area = 1e-3 * s.in_degree * s.weight * s.area();
    [area * s.alpha(), area * s.drive()]
}

impl Tabulated {
    /// The table of a scan over mean potentials and background rates with two classes of inputs, as
    /// [`SingleCellPlan::new`](crate::scan::single_cell::SingleCellPlan::new) lays out.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn from_scan(scan: &SingleCellScan) -> Result<Self, TableError> {
        let plan = &scan.plan;
        let classes = plan.classes.len();
        if classes != 2 {
            return Err(TableError::Classes { classes });
        }
        let Some(driving) = plan.driving else { return Err(TableError::NoDrive) };
        let other = 1 - driving;
        let driving = per_hertz(&plan.classes[driving].synapses);
        let background = per_hertz(&plan.classes[other].synapses);
        let coordinates = Coordinates::Inputs { driving, background, current: plan.current };
        let scale = (driving[0] * background[1]).abs() + (driving[1] * background[0]).abs();
        if determinant(driving, background).abs() <= 1e-9 * scale {
            return Err(TableError::SameReversal);
        }
        let places: Vec<[f64; 3]> = scan
            .points
            .iter()
            .zip(&plan.rates)
            .map(|(p, rates)| [p.moments.mu_V, rates[other], 0.0])
            .collect();
        Self::new(coordinates, &places, 2, &scan.points)
    }

    /// The table of a scan of fluctuations, whose points are all measured.
    ///
    /// It suits any number of classes of inputs, but fluctuations made by a symmetric noise lack the skewness of those
    /// that few large conductances make: at rates of some Hz it can be a fifth too low.
    ///
    /// # Errors
    /// [`TableError::Grid`] when points are missing.
    pub fn from_fluctuations(
        plan: &FluctuationPlan,
        points: &[ScanPoint],
    ) -> Result<Self, TableError> {
        let places: Vec<[f64; 3]> = (0..plan.len()).map(|i| plan.target(i)).collect();
        if points.len() != places.len() {
            let grid = plan.axes.iter().map(Vec::len).collect();
            return Err(TableError::Grid { points: points.len(), grid });
        }
        Self::new(Coordinates::Fluctuations, &places, 3, points)
    }

    fn new(
        coordinates: Coordinates,
        places: &[[f64; 3]],
        dimensions: usize,
        points: &[ScanPoint],
    ) -> Result<Self, TableError> {
        // The moments of a grid point carry rounding errors: values that agree to 1e-9 are one node.
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
        let axes: Vec<Vec<f64>> = (0..dimensions)
            .map(|k| {
                let mut nodes: Vec<f64> = places.iter().map(|p| p[k]).collect();
                nodes.sort_by(f64::total_cmp);
                nodes.dedup_by(|a, b| same(*a, *b));
                nodes
            })
            .collect();
        let size: usize = axes.iter().map(Vec::len).product();
        let mut values = vec![f64::NAN; size];
        for (place, point) in places.iter().zip(points) {
            let index = axes.iter().enumerate().fold(0, |index, (k, nodes)| {
                let node = nodes.iter().position(|n| same(*n, place[k])).unwrap_or(0);
                index * nodes.len() + node
            });
            values[index] = point.rate.max(0.0).sqrt();
        }
        let grid = axes.iter().map(Vec::len).collect();
        let error = TableError::Grid { points: points.len(), grid };
        let table = GridInterpolant::new(axes, values).ok_or(error)?;
        Ok(Self { coordinates, table })
    }

    /// Values along each axis: `mu_V` (mV) and background rates (Hz), or `mu_V` (mV), `sigma_V` (mV) and `tau_V` (ms).
    #[must_use]
    pub fn axes(&self) -> &[Vec<f64>] {
        self.table.axes()
    }

    fn place<S: Scalar>(&self, membrane: &Membrane, m: &Moments<S>) -> [S; 3] {
        match self.coordinates {
            Coordinates::Fluctuations => [m.mu_V, m.sigma_V, m.tau_V],
            Coordinates::Inputs { driving, background, current } => {
                let conductance = m.mu_G - membrane.g_L;
                let injected = m.mu_G * m.mu_V - (membrane.g_L * membrane.E_L + current);
                let rate = (injected * driving[0] - conductance * driving[1])
                    * (1.0 / determinant(driving, background));
                [m.mu_V, rate, S::constant(0.0)]
            }
        }
    }
}

fn determinant(driving: [f64; 2], background: [f64; 2]) -> f64 {
    driving[0] * background[1] - driving[1] * background[0]
}

impl TransferFunction for Tabulated {
    fn rate<S: Scalar>(&self, membrane: &Membrane, moments: &Moments<S>) -> S {
        let place = self.place(membrane, moments);
        let root = self.table.at(&place[..self.table.axes().len()]);
        // Off the grid lines a tensor product may dip below zero by a little.
        let root = root.limited_to(0.0, f64::INFINITY);
        root * root
    }

    fn in_domain(&self, membrane: &Membrane, moments: &Moments) -> bool {
        // A state at the edge of the table must not leave it by a rounding error.
        let place = self.place(membrane, moments);
        let inward: Vec<f64> = place
            .iter()
            .zip(self.table.axes())
            .map(|(x, a)| {
                let slack = 1e-9 * (a[a.len() - 1] - a[0]);
                if *x < a[0] {
                    x + slack
                } else if *x > a[a.len() - 1] {
                    x - slack
                } else {
                    *x
                }
            })
            .collect();
        self.table.contains(&inward)
    }
}
