//! From SVG text to PNG bytes, with the bundled font only.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::PlotError;

/// Largest number of pixels of an image: 400 MB of memory.
const MOST_PIXELS: f64 = 1e8;

/// Renders `svg` with `scale` pixels per point.
pub(crate) fn png(svg: &str, scale: f64) -> Result<Vec<u8>, PlotError> {
    let png =
        render(svg, scale)?.encode_png().map_err(|e| PlotError::Png { message: e.to_string() })?;
    Ok(with_resolution(png, scale))
}

/// The PNG file with its resolution, `scale` pixels per point: chunk pHYs (PNG, third edition, 11.3.4.3), pixels per metre.
fn with_resolution(mut png: Vec<u8>, scale: f64) -> Vec<u8> {
    /// Signature (8) and the chunk IHDR (25), which is the first.
    const HEAD: usize = 33;
    let per_metre = (scale * 72.0 / 0.0254).round().clamp(1.0, 2e9) as u32;
    let mut body = b"pHYs".to_vec();
    body.extend(per_metre.to_be_bytes());
    body.extend(per_metre.to_be_bytes());
    body.push(1);
    let mut chunk = (body.len() as u32 - 4).to_be_bytes().to_vec();
    chunk.extend(&body);
    chunk.extend(crc32fast::hash(&body).to_be_bytes());
    if png.len() > HEAD {
        png.splice(HEAD..HEAD, chunk);
    }
    png
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resolution_stands_after_the_header() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\"/>";
        let png = png(svg, 300.0 / 72.0).unwrap();
        // 300 dpi are 11811 pixels per metre.
        assert_eq!(png[33..41], *b"\0\0\0\x09pHYs");
        assert_eq!(png[41..50], [0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]);
        // The sum that GIMP and ImageMagick write for 300 dpi.
        assert_eq!(png[50..54], [0x78, 0xa5, 0x3f, 0x76]);
    }
}
