//! What can be wrong with a figure.

use thiserror::Error;

/// A figure that cannot be made.
#[derive(Debug, Error)]
pub enum PlotError {
    /// Two arrays that belong together differ in length.
    #[error("{what}: lengths {left} and {right} differ")]
    Lengths {
        /// The two arrays.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// A number that the figure cannot use.
    #[error("{name} = {value}: it must be {expected}")]
    Value {
        /// Name of the argument.
        name: &'static str,
        /// Value given.
        value: f64,
        /// What is accepted.
        expected: &'static str,
    },
    /// The image would have no pixel, or more than fit into memory.
    #[error("an image of {width} x {height} pixels cannot be made")]
    ImageSize {
        /// Width (pixels).
        width: u32,
        /// Height (pixels).
        height: u32,
    },
    /// The SVG text could not be read back for the conversion to pixels.
    #[error("the SVG of the figure is not valid: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The pixels could not be written as PNG.
    #[error("the PNG encoder failed: {message}")]
    Png {
        /// What the encoder said.
        message: String,
    },
    /// The analysis refused the data.
    #[error(transparent)]
    Analysis(#[from] ntwk_analysis::AnalysisError),
}
