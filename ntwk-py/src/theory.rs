//! The mean-field theory of a model.

use std::sync::Arc;

use ndarray::Array2;
use ntwk::meanfield::scan::design::{ScanAxis, Spacing};
use ntwk::meanfield::{FixedPoint, FixedPointStatus, IntegrationOptions, Stability, integrate};
use ntwk::report::results::theory_groups;
use ntwk::studies::StudyError;
use ntwk::studies::phase_plane::{PhasePlaneOptions, phase_plane_of};
use ntwk::studies::rates::{Rates, RatesOptions, rates};
use ntwk::studies::spectra::{SpectraOptions, spectra_of};
use ntwk::studies::stationary::StationaryTheory;
use ntwk::{Error, library};
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arrays::groups;
use crate::computation::{How, compute};
use crate::error::{Failure, exception};
use crate::figure::Figure;
use crate::model::Model;

/// A prediction with its stationary states.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct Theory {
    pub(crate) model: Arc<ntwk::Model>,
    pub(crate) rates: Arc<Rates>,
}

impl Theory {
    pub(crate) fn stationary(&self) -> &StationaryTheory {
        &self.rates.stationary
    }
}

/// A study: its summary, its arrays in groups, its figure.
pub(crate) type Study<'py> = (Bound<'py, PyAny>, Bound<'py, PyDict>, Figure);

fn fixed_point<'py>(py: Python<'py>, point: &FixedPoint) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("rates", point.rates.clone().into_pyarray(py))?;
    fields.set_item("adaptation", point.adaptation.clone().into_pyarray(py))?;
    fields.set_item("converged", point.status == FixedPointStatus::Converged)?;
    let stable = match point.stability {
        Stability::Stable => Some(true),
        Stability::Unstable => Some(false),
        Stability::Undetermined => None,
    };
    fields.set_item("stable", stable)?;
    fields.set_item("residual", point.residual)?;
    let real: Vec<f64> = point.eigenvalues.iter().map(|z| z.re).collect();
    let imaginary: Vec<f64> = point.eigenvalues.iter().map(|z| z.im).collect();
    fields.set_item("eigenvalues", (real.into_pyarray(py), imaginary.into_pyarray(py)))?;
    let moment = |of: fn(&ntwk::meanfield::Moments) -> f64| {
        point.moments.iter().map(of).collect::<Vec<f64>>().into_pyarray(py)
    };
    fields.set_item("mu_V", moment(|m| m.mu_V))?;
    fields.set_item("sigma_V", moment(|m| m.sigma_V))?;
    fields.set_item("tau_V", moment(|m| m.tau_V))?;
    fields.set_item("in_domain", point.in_domain.clone())?;
    Ok(fields)
}

#[pymethods]
impl Theory {
    /// Predicts a model and seeks its fixed points.
    #[staticmethod]
    fn of(py: Python<'_>, model: &Model, how: How) -> PyResult<Self> {
        let model = Arc::clone(&model.model);
        let rates =
            compute(py, &how, |job| Ok(rates(&model, &RatesOptions::default(), &library(), job)?))?;
        Ok(Self { model, rates: Arc::new(rates) })
    }

    /// Names of the populations.
    fn names(&self) -> Vec<String> {
        self.stationary().names()
    }

    /// What the theory leaves out of the model.
    fn limitations(&self) -> Vec<String> {
        self.stationary().theory.limitations.iter().map(ToString::to_string).collect()
    }

    /// Window (ms) whose mean input the fixed points are for.
    fn window(&self) -> [f64; 2] {
        self.stationary().windows.stationary
    }

    /// Transfer functions, fits, fixed point and rates in time, as a results file holds them.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        groups(py, theory_groups(&self.stationary().theory, None))
    }

    /// All fixed points that were found.
    fn fixed_points<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let points = self.stationary().points.points.iter();
        PyList::new(py, points.map(|p| fixed_point(py, p)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The stable fixed point where the model settles, with the state that single cells make of it: `refined` rates, their
    /// `standard_errors`, what the `cells` fire in that state (Hz), whether these contradict it, and what is to be known of it.
    fn settled<'py>(&self, py: Python<'py>, how: How) -> PyResult<Option<Bound<'py, PyDict>>> {
        let point = compute(py, &how, |job| Ok(self.stationary().settled(job)?))?;
        let (Some(point), Some(state)) = (point, &self.rates.settled) else { return Ok(None) };
        let fields = fixed_point(py, &point)?;
        fields.set_item("refined", state.rates.clone().into_pyarray(py))?;
        fields.set_item("is_refined", state.errors.is_some())?;
        let errors = state.errors.clone().unwrap_or_else(|| vec![f64::NAN; state.rates.len()]);
        fields.set_item("standard_errors", errors.into_pyarray(py))?;
        let cells: Vec<f64> = state.cells.iter().map(|cell| cell.rate).collect();
        fields.set_item("cells", cells.into_pyarray(py))?;
        fields.set_item("is_contradicted", state.is_contradicted())?;
        fields.set_item("notes", state.notes(&self.model, &self.stationary().theory))?;
        Ok(Some(fields))
    }

    /// Rates (Hz) and adaptation currents (pA) from a state on: shape [times, components].
    fn trajectory<'py>(
        &self,
        py: Python<'py>,
        times: PyReadonlyArray1<'py, f64>,
        initial: PyReadonlyArray1<'py, f64>,
        how: How,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (times, mut state) = (times.as_array().to_vec(), initial.as_array().to_vec());
        let theory = &self.stationary().theory;
        let dimension = ntwk::meanfield::Dynamics::dimension(&theory.mean_field);
        if state.len() == theory.populations.len() {
            // Rates alone: without adaptation.
            state.resize(dimension.max(state.len()), 0.0);
        }
        let options = IntegrationOptions::default();
        let (trajectory, raised) = crate::computation::compute_keeping(py, &how, |job| {
            integrate(&theory.mean_field, &state, &theory.input, &times, &options, job)
        });
        if let Some(raised) = raised {
            return Err(raised);
        }
        let trajectory =
            trajectory.map_err(|error| exception(py, "TheoryError", &error.to_string(), None))?;
        let shape = (trajectory.times.len(), trajectory.dimension);
        match Array2::from_shape_vec(shape, trajectory.states) {
            Ok(states) => Ok(states.into_pyarray(py)),
            Err(error) => Err(exception(py, "TheoryError", &error.to_string(), None)),
        }
    }

    /// Figure of the rates in time.
    fn figure(&self) -> Figure {
        let rates = Arc::clone(&self.rates);
        Figure::new(move |theme| rates.figure(theme))
    }

    /// Figure of the graphical solution for the fixed points.
    fn fixed_points_figure(&self) -> Figure {
        let rates = Arc::clone(&self.rates);
        Figure::new(move |theme| Ok::<_, String>(rates.fixed_points_figure(theme)))
    }

    /// The phase plane of two populations.
    fn phase_plane<'py>(
        &self,
        py: Python<'py>,
        populations: Vec<String>,
        range: Vec<(String, [f64; 2])>,
        start: Vec<[f64; 2]>,
        how: How,
    ) -> PyResult<Study<'py>> {
        let mut options = PhasePlaneOptions::default();
        (options.populations, options.range, options.start) = (populations, range, start);
        options.check(&self.model).map_err(Failure::from)?;
        let study = compute(py, &how, |job| Ok(phase_plane_of(self.stationary(), &options, job)?))?;
        let fields = PyDict::new(py);
        fields.set_item("populations", study.shown())?;
        fields.set_item("ranges", study.ranges)?;
        fields.set_item("held", study.held.clone())?;
        let arrays = groups(py, study.arrays())?;
        Ok((
            fields.into_any(),
            arrays,
            Figure::new(move |theme| Ok::<_, String>(study.figure(theme))),
        ))
    }

    /// The spectra of a finite network around a stable state.
    fn spectra<'py>(
        &self,
        py: Python<'py>,
        frequency: Option<(f64, f64, usize)>,
        fixed_point: Option<usize>,
        how: How,
    ) -> PyResult<Study<'py>> {
        let mut options = SpectraOptions::default();
        options.fixed_point = fixed_point;
        if let Some((low, high, points)) = frequency {
            options.frequency = ScanAxis { low, high, points, spacing: Spacing::Log };
        }
        let study = compute(py, &how, |job| {
            spectra_of(self.stationary(), &options, job).map_err(of_study)
        })?;
        let fields = PyDict::new(py);
        fields.set_item("populations", &study.populations)?;
        fields.set_item("afferents", &study.afferents)?;
        fields.set_item("rate_sd", study.rate_sd.clone())?;
        let arrays = groups(py, study.arrays())?;
        Ok((
            fields.into_any(),
            arrays,
            Figure::new(move |theme| Ok::<_, String>(study.figure(theme))),
        ))
    }
}

/// Fails where the theory does not cover a model, before anything is computed.
#[pyfunction]
pub(crate) fn check_covered(py: Python<'_>, model: &Model) -> PyResult<()> {
    let covered = ntwk::meanfield::prediction::predict::check_covered(&model.model);
    covered.map_err(|error| Failure::from(error).raise(py))
}

fn of_study(error: StudyError) -> Failure {
    Failure::from(Error::from(error))
}
