//! The transfer function of a population: measured on its cells, fitted, evaluated.

use std::path::PathBuf;
use std::sync::Arc;

use ntwk::library;
use ntwk::meanfield::TransferFunction;
use ntwk::meanfield::scan::design::{ScanAxis, Spacing};
use ntwk::meanfield::scan::single_cell::SingleCellPlan;
use ntwk::studies::transfer_function::{
    DesignKind, DesignOptions, TransferFitOptions, fit_scan, populations, scan_columns,
};
use ntwk::sweep::store::StoreOptions;
use ntwk::sweep::transfer_scan::{Points, scan_to_file};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::computation::{How, compute};
use crate::error::{Failure, exception, wrong};
use crate::figure::Figure;
use crate::model::Model;
use crate::tree::summary;

/// A scan of a transfer function, as far as it was measured.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct TransferScan {
    model: Arc<ntwk::Model>,
    scan: ntwk::sweep::transfer_scan::TransferScan,
}

/// A fitted transfer function.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct TransferFit {
    fit: Arc<ntwk::studies::transfer_function::TransferFit>,
    plan: Option<SingleCellPlan>,
}

/// An axis: lowest and highest value, number of them, whether in equal ratios.
type Axis = (f64, f64, usize, bool);

fn axis((low, high, points, logarithmic): Axis) -> ScanAxis {
    let spacing = if logarithmic { Spacing::Log } else { Spacing::Linear };
    ScanAxis { low, high, points, spacing }
}

#[pymethods]
impl TransferScan {
    /// Measures the transfer function of a population into a file, going on where the file ends.
    #[staticmethod]
    #[allow(clippy::too_many_arguments)] // each is a keyword of `tf.scan`
    fn measure(
        py: Python<'_>,
        model: &Model,
        population: String,
        design: &str,
        rates: Vec<(String, Axis)>,
        file: PathBuf,
        fresh: bool,
        how: How,
    ) -> PyResult<Self> {
        let kinds = [
            DesignKind::Potentials,
            DesignKind::Grid,
            DesignKind::Adaptive,
            DesignKind::Fluctuations,
        ];
        let Some(kind) = kinds.into_iter().find(|kind| kind.name() == design) else {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let text = format!("there is no design {design:?}; there are {}", names.join(", "));
            return Err(wrong(py, &text));
        };
        let mut options = DesignOptions::default();
        options.design = kind;
        options.rate = rates.into_iter().map(|(name, values)| (name, axis(values))).collect();
        let model = Arc::clone(&model.model);
        let index = populations(&model, &[population]).map_err(Failure::from)?[0];
        let design = options.design(&model, index).map_err(Failure::from)?;
        let store = StoreOptions { fresh, ..StoreOptions::default() };
        let scan = compute(py, &how, |job| {
            Ok(scan_to_file(&model, index, &design, &library(), &file, store, job)?)
        })?;
        Ok(Self { model, scan })
    }

    #[getter]
    fn population(&self) -> &str {
        &self.scan.population
    }

    /// Points that failed, with their errors.
    fn failed(&self) -> Vec<(usize, String)> {
        self.scan.failed().map(|(point, error)| (point, error.to_owned())).collect()
    }

    /// The measured points as columns, units in their names.
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, values) in scan_columns(&self.scan).map_err(Failure::from)? {
            dict.set_item(name, values.into_pyarray(py))?;
        }
        Ok(dict)
    }

    /// Fits the effective threshold to the points.
    fn fit(&self, py: Python<'_>, folds: usize) -> PyResult<TransferFit> {
        let mut options = TransferFitOptions::default();
        options.folds = folds;
        let fit = py.detach(|| fit_scan(&self.model, &self.scan, &options));
        let fit = Arc::new(fit.map_err(Failure::from)?);
        let plan = match &self.scan.points {
            Points::Rates(plan) => Some(plan.clone()),
            Points::Fluctuations(_) => None,
        };
        Ok(TransferFit { fit, plan })
    }
}

#[pymethods]
impl TransferFit {
    /// Coefficients with uncertainties, quality, cross-validation, domain.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        summary(py, serde_json::to_value(self.fit.summary()))
    }

    /// The classes of inputs, in the order of the columns of rates.
    fn classes(&self) -> Vec<String> {
        let plan = self.plan.iter();
        plan.flat_map(|plan| (0..plan.classes.len()).map(|c| plan.class_name(c))).collect()
    }

    /// The rate (Hz) at presynaptic rates (Hz), shape [points, classes].
    fn rate<'py>(
        &self,
        py: Python<'py>,
        rates: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let Some(plan) = &self.plan else {
            return Err(wrong(py, "a scan of fluctuations has no presynaptic rates"));
        };
        let rates = rates.as_array();
        if rates.ncols() != plan.classes.len() {
            let (n, classes) = (rates.ncols(), self.classes().join(", "));
            return Err(wrong(
                py,
                &format!("{n} columns of rates; the classes of inputs are {classes}"),
            ));
        }
        let rates: Vec<Vec<f64>> = rates.rows().into_iter().map(|row| row.to_vec()).collect();
        let plan = SingleCellPlan { rates, ..plan.clone() };
        let function = &self.fit.fitted.fit.transfer_function;
        let rate = |point: usize| {
            let moments = plan.moments(point)?;
            Ok(function.rate(&plan.membrane, &moments))
        };
        let found: Result<Vec<f64>, ntwk::meanfield::MomentsError> =
            (0..plan.rates.len()).map(rate).collect();
        match found {
            Ok(found) => Ok(found.into_pyarray(py)),
            Err(error) => Err(exception(py, "TheoryError", &error.to_string(), None)),
        }
    }

    /// Curves, surface and residuals.
    fn figure(&self) -> Figure {
        let fit = Arc::clone(&self.fit);
        Figure::new(move |theme| fit.figure(theme))
    }
}
