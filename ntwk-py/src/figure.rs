//! Figures that the library draws.

use ntwk::plot::{PlotError, Theme};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::exception;

/// Draws a figure in a theme.
type Draw = dyn Fn(&Theme) -> Result<ntwk::plot::Figure, String> + Send + Sync;

/// A figure, drawn when it is asked for.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct Figure(Box<Draw>);

impl Figure {
    /// A figure that may fail.
    pub(crate) fn new<E: ToString>(
        draw: impl Fn(&Theme) -> Result<ntwk::plot::Figure, E> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |theme| draw(theme).map_err(|error| error.to_string())))
    }

    fn drawn(&self, py: Python<'_>, dark: bool) -> PyResult<ntwk::plot::Figure> {
        let theme = if dark { Theme::dark() } else { Theme::light() };
        let figure = py.detach(|| (self.0)(&theme));
        figure.map_err(|text| exception(py, "SimulationError", &text, None))
    }
}

#[pymethods]
impl Figure {
    /// The figure as SVG.
    #[pyo3(signature = (dark = false))]
    fn svg(&self, py: Python<'_>, dark: bool) -> PyResult<String> {
        Ok(self.drawn(py, dark)?.to_svg())
    }

    /// The figure as PNG; `scale` pixels per 1/96 inch.
    #[pyo3(signature = (scale = 2.0, dark = false))]
    fn png<'py>(&self, py: Python<'py>, scale: f64, dark: bool) -> PyResult<Bound<'py, PyBytes>> {
        let figure = self.drawn(py, dark)?;
        let png: Result<Vec<u8>, PlotError> = py.detach(|| figure.to_png(scale));
        match png {
            Ok(png) => Ok(PyBytes::new(py, &png)),
            Err(error) => Err(exception(py, "SimulationError", &error.to_string(), None)),
        }
    }
}
