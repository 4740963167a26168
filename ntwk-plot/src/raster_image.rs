//! From SVG text to PNG bytes, with the bundled font only.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::PlotError;

/// Largest number of pixels of an image: 400 MB of memory.
const MOST_PIXELS: f64 = 1e8;

/// Renders `svg` with `scale` pixels per point.
pub(crate) fn png(svg: &str, scale: f64) -> Result<Vec<u8>, PlotError> {
    render(svg, scale)?.encode_png().map_err(|e| PlotError::Png { message: e.to_string() })
}

/// The pixels (red, green, blue, opacity) of `svg`, row by row, with width and height.
pub(crate) fn rgba(svg: &str, scale: f64) -> Result<(Vec<u8>, u32, u32), PlotError> {
    let pixmap = render(svg, scale)?;
    let (width, height) = (pixmap.width(), pixmap.height());
    // The background is opaque, so premultiplied colours are the colours.
    Ok((pixmap.take(), width, height))
}

fn render(svg: &str, scale: f64) -> Result<Pixmap, PlotError> {
    if !(scale.is_finite() && scale > 0.0) {
        return Err(PlotError::Value {
            name: "scale",
            value: scale,
            expected: "finite and above 0",
        });
    }
    let tree = parse(svg)?;
    let size = tree.size();
    let (width, height) = (f64::from(size.width()) * scale, f64::from(size.height()) * scale);
    // Saturating casts; the product is checked before any memory is asked for.
    let (pixels_x, pixels_y) = (width.round() as u32, height.round() as u32);
    let too_large = || PlotError::ImageSize { width: pixels_x, height: pixels_y };
    if width * height > MOST_PIXELS {
        return Err(too_large());
    }
    let mut pixmap = Pixmap::new(pixels_x, pixels_y).ok_or_else(too_large)?;
    // To the last pixel: a row that the picture covered in part would be half transparent.
    let fill = [pixels_x as f32 / size.width(), pixels_y as f32 / size.height()];
    resvg::render(&tree, Transform::from_scale(fill[0], fill[1]), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// Reads SVG text with the bundled font as the only one; one unit of the result is one point.
pub(crate) fn parse(svg: &str) -> Result<Tree, PlotError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family("Ubuntu");
    let options = Options {
        dpi: 72.0,
        font_family: "Ubuntu".to_owned(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    Ok(Tree::from_str(svg, &options)?)
}
