//! Studies of a mean field as named arrays for a results file: phase planes, branches, spectra, maps.

use ndarray::{Array2, Array3, ArrayD};
use ntwk_io::{Attribute, ScanArray, ScanData, ScanValues, TheoryGroup};
use ntwk_meanfield::{
    Bifurcation, BifurcationDiagram, Branch, BranchEnd, FixedPoints, LinearResponse, MeanField,
    PhasePlane, Stability, Trajectory,
};

use crate::report::results::{array, vector};
use crate::sweep::points::ScanAxis;

/// Power spectra, coherences and responses over frequencies.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectra {
    /// Frequencies (Hz).
    pub frequencies: Vec<f64>,
    /// Two-sided power spectra (Hz²/Hz) of the rates, `[frequency x population]`.
    pub power: Array2<f64>,
    /// Coherence of every pair of populations, `[frequency x population x population]`.
    pub coherence: Array3<f64>,
    /// Phase of the cross-spectra (degrees), of the same shape.
    pub phase: Array3<f64>,
    /// Gain of every population (Hz/Hz) per afferent, `[frequency x population x afferent]`.
    pub afferent_gain: Array3<f64>,
    /// Phase of that response (degrees).
    pub afferent_phase: Array3<f64>,
    /// Gain of every population (Hz/pA) per population into which a current goes.
    pub current_gain: Array3<f64>,
}

impl Spectra {
    /// The linear response at the given frequencies; `None` where one of them is that of an undamped oscillation.
    #[must_use]
    pub fn of(
        response: &LinearResponse,
        system: &MeanField,
        frequencies: Vec<f64>,
    ) -> Option<Self> {
        let (n, a, k) = (system.populations().len(), system.afferents().len(), frequencies.len());
        let mut spectra = Self {
            power: Array2::zeros((k, n)),
            coherence: Array3::zeros((k, n, n)),
            phase: Array3::zeros((k, n, n)),
            afferent_gain: Array3::zeros((k, n, a)),
            afferent_phase: Array3::zeros((k, n, a)),
            current_gain: Array3::zeros((k, n, n)),
            frequencies,
        };
        for (i, &f) in spectra.frequencies.iter().enumerate() {
            let (s, c) = (response.spectrum(f)?, response.coherence(f)?);
            let (h, g) = (response.afferent_response(f)?, response.current_response(f)?);
            for m in 0..n {
                spectra.power[[i, m]] = s[(m, m)].re;
                for l in 0..n {
                    spectra.coherence[[i, m, l]] = c[(m, l)];
                    spectra.phase[[i, m, l]] = s[(m, l)].arg().to_degrees();
                    spectra.current_gain[[i, m, l]] = g[(m, l)].norm();
                }
                for l in 0..a {
                    spectra.afferent_gain[[i, m, l]] = h[(m, l)].norm();
                    spectra.afferent_phase[[i, m, l]] = h[(m, l)].arg().to_degrees();
                }
            }
        }
        Some(spectra)
    }

    /// Frequency (Hz) at which the power of a population is highest, where that is neither the lowest nor the highest one.
    #[must_use]
    pub fn peak(&self, population: usize) -> Option<f64> {
        let power = self.power.column(population);
        let highest = (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b]))?;
        let inside = highest > 0 && highest + 1 < power.len();
        inside.then(|| self.frequencies[highest])
    }

    /// As a group of a results file.
    #[must_use]
    pub fn group(&self, system: &MeanField, rates: &[f64]) -> TheoryGroup {
        let pair = ["frequency", "population", "population"];
        let by_afferent = ["frequency", "population", "afferent"];
        let cube = |name: &str, unit: &str, axes: [&str; 3], data: &Array3<f64>| {
            array(name, unit, &axes, data.clone().into_dyn())
        };
        TheoryGroup {
            name: "spectra".to_owned(),
            arrays: vec![
                vector("frequency", "Hz", "frequency", &self.frequencies),
                vector("rate", "Hz", "population", rates),
                array("power", "Hz^2/Hz", &pair[..2], self.power.clone().into_dyn()),
                cube("coherence", "1", pair, &self.coherence),
                cube("phase", "degree", pair, &self.phase),
                cube("afferent_gain", "1", by_afferent, &self.afferent_gain),
                cube("afferent_phase", "degree", by_afferent, &self.afferent_phase),
                cube("current_gain", "Hz/pA", pair, &self.current_gain),
            ],
            attributes: vec![
                names("populations", populations(system)),
                names("afferents", system.afferents().to_vec()),
                ("power_is".to_owned(), Attribute::Text("two-sided".to_owned())),
            ],
        }
    }
}

fn names(key: &str, names: Vec<String>) -> (String, Attribute) {
    (key.to_owned(), Attribute::Texts(names))
}

/// Names of the populations of a system.
#[must_use]
pub fn populations(system: &MeanField) -> Vec<String> {
    system.populations().iter().map(|p| p.name.clone()).collect()
}

/// A phase plane with its fixed points as a group of a results file; nullclines are stored with NaN between their branches.
#[must_use]
pub fn phase_plane_group(
    plane: &PhasePlane,
    points: &FixedPoints,
    shown: &[String; 2],
    populations: &[String],
) -> TheoryGroup {
    let (nx, ny) = (plane.x.len(), plane.y.len());
    let mut arrays = vec![
        vector("x", "Hz", "x", &plane.x),
        vector("y", "Hz", "y", &plane.y),
        array(
            "field",
            "Hz/ms",
            &["x", "y", "component"],
            Array3::from_shape_fn((nx, ny, 2), |(i, j, k)| plane.field[i * ny + j][k]).into_dyn(),
        ),
    ];
    for (lines, name) in plane.nullclines.iter().zip(["nullcline_x", "nullcline_y"]) {
        let gap = [f64::NAN; 2];
        let vertices: Vec<[f64; 2]> =
            lines.iter().flat_map(|line| line.iter().copied().chain([gap])).collect();
        let data = Array2::from_shape_fn((vertices.len(), 2), |(i, k)| vertices[i][k]).into_dyn();
        arrays.push(array(name, "Hz", &["vertex", "component"], data));
    }
    let found = &points.points;
    let n = found.first().map_or(0, |f| f.rates.len());
    let rates = Array2::from_shape_fn((found.len(), n), |(i, k)| found[i].rates[k]).into_dyn();
    arrays.push(array("fixed_point", "Hz", &["fixed_point", "population"], rates));
    let stable: Vec<f64> =
        found.iter().map(|f| f64::from(u8::from(f.stability == Stability::Stable))).collect();
    arrays.push(vector("stable", "1", "fixed_point", &stable));
    TheoryGroup {
        name: "phase_plane".to_owned(),
        arrays,
        attributes: vec![
            names("components", shown.to_vec()),
            names("populations", populations.to_vec()),
        ],
    }
}

/// Rates in time from one start of a phase plane, as a group of a results file.
#[must_use]
pub fn trajectory_group(
    trajectory: &Trajectory,
    number: usize,
    populations: &[String],
) -> TheoryGroup {
    let shape = (populations.len(), trajectory.times.len());
    let rates = Array2::from_shape_fn(shape, |(p, k)| trajectory.state(k)[p]).into_dyn();
    TheoryGroup {
        name: format!("trajectory_{number}"),
        arrays: vec![
            vector("time", "ms", "time", &trajectory.times),
            array("rate", "Hz", &["population", "time"], rates),
        ],
        attributes: vec![names("populations", populations.to_vec())],
    }
}

/// What a bifurcation is called.
#[must_use]
pub fn bifurcation_name(kind: Bifurcation) -> &'static str {
    match kind {
        Bifurcation::SaddleNode => "saddle-node",
        Bifurcation::Hopf { .. } => "Hopf",
        Bifurcation::Crossing => "branch crossing",
    }
}

/// How a branch ends, in words.
#[must_use]
pub fn end_in_words(end: &BranchEnd) -> String {
    match end {
        BranchEnd::Range => "end of the range".to_owned(),
        BranchEnd::Closed => "closed".to_owned(),
        BranchEnd::NoSystem { parameter, reason } => format!("no theory at {parameter}: {reason}"),
        BranchEnd::StepUnderflow => "lost: no further point was found".to_owned(),
        BranchEnd::PointLimit => "limit of points".to_owned(),
    }
}

/// The branches of a diagram as groups of a results file.
#[must_use]
pub fn branch_groups(
    diagram: &BifurcationDiagram,
    axis: &ScanAxis,
    populations: &[String],
) -> Vec<TheoryGroup> {
    let unit = if axis.unit.is_empty() { "1" } else { &axis.unit };
    let groups = diagram.branches.iter().enumerate();
    groups
        .map(|(index, branch)| {
            let mut group = branch_group(branch, unit);
            group.name = format!("branch_{}", index + 1);
            let parameter = Attribute::Text(axis.name.clone());
            group.attributes.push(("parameter".to_owned(), parameter));
            group.attributes.push(names("keys", axis.keys.clone()));
            group.attributes.push(names("populations", populations.to_vec()));
            group
        })
        .collect()
}

fn branch_group(branch: &Branch, unit: &str) -> TheoryGroup {
    let points = &branch.points;
    let n = points.first().map_or(0, |p| p.fixed_point.rates.len());
    let size = points.first().map_or(0, |p| p.fixed_point.eigenvalues.len());
    let parameters: Vec<f64> = points.iter().map(|p| p.parameter).collect();
    let table = |f: &dyn Fn(usize, usize) -> f64, columns: usize| -> ArrayD<f64> {
        Array2::from_shape_fn((points.len(), columns), |(i, k)| f(i, k)).into_dyn()
    };
    let eigenvalue = |i: usize, k: usize| points[i].fixed_point.eigenvalues.get(k);
    let stable: Vec<f64> = points.iter().map(|p| f64::from(u8::from(p.is_stable()))).collect();
    let known: Vec<f64> = points
        .iter()
        .map(|p| f64::from(u8::from(p.fixed_point.in_domain.iter().all(|d| *d))))
        .collect();
    let frequency = |kind: &Bifurcation| match kind {
        Bifurcation::Hopf { frequency } => *frequency,
        _ => f64::NAN,
    };
    let found = &branch.bifurcations;
    let at: Vec<f64> = found.iter().map(|b| b.2.parameter).collect();
    let rates = Array2::from_shape_fn((found.len(), n), |(i, k)| found[i].2.fixed_point.rates[k]);
    let frequencies: Vec<f64> = found.iter().map(|b| frequency(&b.0)).collect();
    TheoryGroup {
        name: String::new(),
        arrays: vec![
            vector("parameter", unit, "point", &parameters),
            array(
                "rate",
                "Hz",
                &["point", "population"],
                table(&|i, k| points[i].fixed_point.rates[k], n),
            ),
            array(
                "adaptation",
                "pA",
                &["point", "population"],
                table(&|i, k| points[i].fixed_point.adaptation[k], n),
            ),
            array(
                "eigenvalue_real",
                "1/s",
                &["point", "eigenvalue"],
                table(&|i, k| eigenvalue(i, k).map_or(f64::NAN, |z| z.re), size),
            ),
            array(
                "eigenvalue_imaginary",
                "1/s",
                &["point", "eigenvalue"],
                table(&|i, k| eigenvalue(i, k).map_or(f64::NAN, |z| z.im), size),
            ),
            vector("stable", "1", "point", &stable),
            vector("in_domain", "1", "point", &known),
            vector("bifurcation_parameter", unit, "bifurcation", &at),
            array("bifurcation_rate", "Hz", &["bifurcation", "population"], rates.into_dyn()),
            vector("bifurcation_frequency", "Hz", "bifurcation", &frequencies),
        ],
        attributes: vec![
            names("bifurcations", found.iter().map(|b| bifurcation_name(b.0).to_owned()).collect()),
            names("ends", branch.ends.iter().map(end_in_words).collect()),
        ],
    }
}

/// A map over a grid of two keys: number of fixed points, lowest and highest stable state.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedPointMap {
    /// Fixed points found, `[first x second]`; NaN where there is no theory.
    pub count: Array2<f64>,
    /// Stable ones.
    pub stable: Array2<f64>,
    /// Rates (Hz) of the stable state with the lowest rates, `[first x second x population]`; NaN where there is none.
    pub low: Array3<f64>,
    /// Rates (Hz) of the stable state with the highest rates.
    pub high: Array3<f64>,
    /// Whether all moments of the highest stable state lie on the scanned set.
    pub in_domain: Array2<f64>,
    /// Largest real part (1/s) of the eigenvalues of the highest stable state.
    pub leading: Array2<f64>,
    /// Places without a theory, with the first error.
    pub failed: (usize, Option<String>),
}

impl FixedPointMap {
    /// From the results of every place of a grid, row by row.
    #[must_use]
    pub fn new<E: std::fmt::Display>(
        shape: [usize; 2],
        n: usize,
        results: &[Result<FixedPoints, E>],
    ) -> Self {
        let [rows, columns] = shape;
        let plain = || Array2::from_elem((rows, columns), f64::NAN);
        let cube = || Array3::from_elem((rows, columns, n), f64::NAN);
        let mut map = Self {
            count: plain(),
            stable: plain(),
            low: cube(),
            high: cube(),
            in_domain: plain(),
            leading: plain(),
            failed: (0, None),
        };
        for (place, result) in results.iter().enumerate() {
            let at = [place / columns, place % columns];
            match result {
                Err(error) => {
                    map.failed.0 += 1;
                    map.failed.1.get_or_insert_with(|| error.to_string());
                }
                Ok(points) => {
                    let stable: Vec<_> =
                        points.points.iter().filter(|f| f.stability == Stability::Stable).collect();
                    map.count[at] = points.points.len() as f64;
                    map.stable[at] = stable.len() as f64;
                    if let (Some(low), Some(high)) = (stable.first(), stable.last()) {
                        for k in 0..n {
                            map.low[[at[0], at[1], k]] = low.rates[k];
                            map.high[[at[0], at[1], k]] = high.rates[k];
                        }
                        map.in_domain[at] = f64::from(u8::from(high.in_domain.iter().all(|d| *d)));
                        map.leading[at] = high.eigenvalues.first().map_or(f64::NAN, |z| z.re);
                    }
                }
            }
        }
        map
    }

    /// How many places have how many stable fixed points.
    #[must_use]
    pub fn in_words(&self) -> String {
        let places = self.count.len();
        let with = |n: f64| self.stable.iter().filter(|s| **s == n).count();
        let several = self.stable.iter().filter(|s| **s > 1.0).count();
        format!(
            "{places} points: {} with one stable fixed point, {several} with several, {} with none",
            with(1.0),
            with(0.0)
        )
    }

    /// As labelled arrays over the two keys.
    #[must_use]
    pub fn data(&self, axes: [&ScanAxis; 2], populations: &[String]) -> ScanData {
        let axis = |a: &ScanAxis| ScanArray {
            name: a.name.clone(),
            axes: vec![a.name.clone()],
            values: ScanValues::Numbers(a.numbers.clone().unwrap_or_default()),
            unit: if a.unit.is_empty() { "1".to_owned() } else { a.unit.clone() },
            long_name: a.keys.join(", "),
        };
        let population = ScanArray {
            name: "population".to_owned(),
            axes: vec!["population".to_owned()],
            values: ScanValues::Texts(populations.to_vec()),
            unit: "1".to_owned(),
            long_name: "population".to_owned(),
        };
        let [first, second] = axes.map(|a| a.name.clone());
        let plane = |name: &str, unit: &str, long_name: &str, values: &Array2<f64>| ScanArray {
            name: name.to_owned(),
            axes: vec![first.clone(), second.clone()],
            values: ScanValues::Numbers(values.iter().copied().collect()),
            unit: unit.to_owned(),
            long_name: long_name.to_owned(),
        };
        let cube = |name: &str, long_name: &str, values: &Array3<f64>| ScanArray {
            name: name.to_owned(),
            axes: vec![first.clone(), second.clone(), "population".to_owned()],
            values: ScanValues::Numbers(values.iter().copied().collect()),
            unit: "Hz".to_owned(),
            long_name: long_name.to_owned(),
        };
        ScanData {
            axes: vec![axis(axes[0]), axis(axes[1]), population],
            arrays: vec![
                plane("fixed_points", "1", "fixed points found", &self.count),
                plane("stable", "1", "stable fixed points found", &self.stable),
                cube("rate_low", "rates of the lowest stable fixed point", &self.low),
                cube("rate_high", "rates of the highest stable fixed point", &self.high),
                plane("in_domain", "1", "highest state on the scanned set", &self.in_domain),
                plane("leading", "1/s", "leading eigenvalue of the highest state", &self.leading),
            ],
        }
    }
}
