//! How nodes are coupled: weights and conduction delays.

/// The connection to a node from one other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The presynaptic node.
    pub node: usize,
    /// How much its rate counts.
    pub weight: f64,
    /// After how long (ms).
    pub delay: f64,
}

/// Coupling between nodes: the rate that arrives at node `x` is
///
/// ```text
/// r(x, t) = Σ_y K(x, y) nu(y, t - d(x, y))
/// ```
///
/// with weights `K` (dimensionless) and delays `d` (ms). Links of weight zero are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Coupling {
    /// Links of node `x`: `links[first[x]..first[x + 1]]`.
    first: Vec<usize>,
    links: Vec<Link>,
}

/// A fault of a coupling.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CouplingFault {
    /// There is no node.
    #[error("there is no node")]
    NoNodes,
    /// An extent is out of range.
    #[error("{name} = {value}; a finite number > 0 is needed")]
    Extent {
        /// What it is.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The rows of a matrix differ in number or length.
    #[error("row {row} of the {matrix} has {length} numbers; {needed} are needed")]
    Shape {
        /// Which matrix.
        matrix: &'static str,
        /// Row, from 1.
        row: usize,
        /// Its numbers.
        length: usize,
        /// As many as there are rows.
        needed: usize,
    },
    /// The matrices differ in size.
    #[error("there are {weights} rows of weights and {delays} of delays")]
    Sizes {
        /// Rows of weights.
        weights: usize,
        /// Rows of delays.
        delays: usize,
    },
    /// An entry of a matrix is out of range.
    #[error(
        "row {row}, column {column} of the {matrix} is {value}; a finite number{rule} is needed"
    )]
    Entry {
        /// Which matrix.
        matrix: &'static str,
        /// Row, from 1.
        row: usize,
        /// Column, from 1.
        column: usize,
        /// Its value.
        value: f64,
        /// What else is needed.
        rule: &'static str,
    },
}

/// A description that makes no coupling; lists every fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .faults.iter().map(CouplingFault::to_string).collect::<Vec<_>>().join("; "))]
pub struct InvalidCoupling {
    /// All faults found.
    pub faults: Vec<CouplingFault>,
}

/// Weights this much smaller than the largest of a Gaussian are left out.
const NEGLIGIBLE: f64 = 1e-9;

impl Coupling {
    /// Every node is coupled to itself alone, with a delay of `delay` (ms).
    ///
    /// # Errors
    /// [`InvalidCoupling`] without nodes or for a delay that is negative or not finite.
    pub fn local(nodes: usize, delay: f64) -> Result<Self, InvalidCoupling> {
        Self::from_links(nodes, |x, links| links.push(Link { node: x, weight: 1.0, delay }))
    }

    /// Every node receives the mean rate of all, with a delay of `delay` (ms).
    ///
    /// # Errors
    /// [`InvalidCoupling`] without nodes or for a delay that is negative or not finite.
    pub fn uniform(nodes: usize, delay: f64) -> Result<Self, InvalidCoupling> {
        let weight = 1.0 / nodes.max(1) as f64;
        Self::from_links(nodes, |_, links| {
            links.extend((0..nodes).map(|node| Link { node, weight, delay }));
        })
    }

    /// A ring of circumference `length`, cut into `nodes` of equal length, with a Gaussian of standard deviation `sigma`
    /// (units of `length`) of the distance between their centres, the short way round, scaled to a sum of 1:
    ///
    /// ```text
    /// K(x, y) ∝ exp(-|x - y|² / (2 sigma²)),   Σ_y K(x, y) = 1,   d(x, y) = delay(|x - y|)
    /// ```
    ///
    /// (the connectivity of the ring model of Zerlaut et al. 2018, J Comput Neurosci 44:45, discretised). `None` for `sigma`
    /// is a kernel that does not fall off. A uniform state evolves as without space.
    ///
    /// # Errors
    /// [`InvalidCoupling`] for a length or extent that is not a finite number > 0, a delay that is negative or not finite.
    pub fn ring(
        nodes: usize,
        length: f64,
        sigma: Option<f64>,
        delay: impl Fn(f64) -> f64,
    ) -> Result<Self, InvalidCoupling> {
        let mut faults = Vec::new();
        for (name, value) in [("length", Some(length)), ("sigma", sigma)] {
            if let Some(value) = value.filter(|v| !(*v > 0.0 && v.is_finite())) {
                faults.push(CouplingFault::Extent { name, value });
            }
        }
        if !faults.is_empty() {
            return Err(InvalidCoupling { faults });
        }
        Self::from_links(nodes, |x, links| {
            let from = links.len();
            for node in 0..nodes {
                let apart = x.abs_diff(node).min(nodes - x.abs_diff(node));
                let distance = apart as f64 * length / nodes as f64;
                let weight = sigma.map_or(1.0, |s| (-0.5 * (distance / s).powi(2)).exp());
                if weight > NEGLIGIBLE {
                    links.push(Link { node, weight, delay: delay(distance) });
                }
            }
            let sum: f64 = links[from..].iter().map(|l| l.weight).sum();
            links[from..].iter_mut().for_each(|l| l.weight /= sum);
        })
    }

    /// Given weights and delays (ms): row `x`, column `y` is the connection from node `y` to node `x`.
    ///
    /// # Errors
    /// [`InvalidCoupling`] with every fault: matrices that are not square or differ in size, weights that are not finite,
    /// delays that are negative or not finite.
    pub fn from_matrices(
        weights: &[Vec<f64>],
        delays: &[Vec<f64>],
    ) -> Result<Self, InvalidCoupling> {
        let n = weights.len();
        let mut faults = Vec::new();
        if delays.len() != n {
            faults.push(CouplingFault::Sizes { weights: n, delays: delays.len() });
        }
        for (matrix, rows, rule) in [("weights", weights, ""), ("delays", delays, " >= 0")] {
            for (row, values) in rows.iter().enumerate() {
                if values.len() != rows.len() {
                    let (length, needed) = (values.len(), rows.len());
                    faults.push(CouplingFault::Shape { matrix, row: row + 1, length, needed });
                }
                for (column, &value) in values.iter().enumerate() {
                    if !value.is_finite() || (!rule.is_empty() && value < 0.0) {
                        let (row, column) = (row + 1, column + 1);
                        faults.push(CouplingFault::Entry { matrix, row, column, value, rule });
                    }
                }
            }
        }
        if !faults.is_empty() {
            return Err(InvalidCoupling { faults });
        }
        Self::from_links(n, |x, links| {
            let row = weights[x].iter().zip(&delays[x]).enumerate();
            links.extend(
                row.filter(|(_, (weight, _))| **weight != 0.0)
                    .map(|(node, (&weight, &delay))| Link { node, weight, delay }),
            );
        })
    }

    fn from_links(
        nodes: usize,
        mut links_of: impl FnMut(usize, &mut Vec<Link>),
    ) -> Result<Self, InvalidCoupling> {
        if nodes == 0 {
            return Err(InvalidCoupling { faults: vec![CouplingFault::NoNodes] });
        }
        let (mut first, mut links) = (vec![0], Vec::new());
        for x in 0..nodes {
            links_of(x, &mut links);
            first.push(links.len());
        }
        let bad = |l: &&Link| !(l.delay >= 0.0 && l.delay.is_finite());
        match links.iter().find(bad) {
            Some(l) => {
                let fault = CouplingFault::Extent { name: "delay", value: l.delay };
                Err(InvalidCoupling { faults: vec![fault] })
            }
            None => Ok(Self { first, links }),
        }
    }

    /// Number of nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.first.len() - 1
    }

    /// The connections to a node.
    #[must_use]
    pub fn links(&self, node: usize) -> &[Link] {
        &self.links[self.first[node]..self.first[node + 1]]
    }
}
