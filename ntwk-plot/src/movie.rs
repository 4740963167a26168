//! Figures one after the other as an animated GIF.

use gif::{Encoder, Frame, Repeat};

use ntwk_core::Job;

use crate::{Figure, PlotError, raster_image};

/// Most frames of a movie.
pub const MAX_FRAMES: usize = 2000;

/// Encodes figures of one size as a GIF that repeats for ever; `scale` as in [`Figure::to_png`], `delay` in hundredths of a
/// second. Also gives the number of frames: all of them, or the first ones once the job is interrupted.
///
/// # Errors
/// [`PlotError::Value`] when there is no figure or too many, [`PlotError::ImageSize`] when one is too large or of another
/// size, [`PlotError::Png`] when the image cannot be encoded.
pub fn gif(
    figures: &[Figure],
    scale: f64,
    delay: u16,
    job: &Job<'_>,
) -> Result<(Vec<u8>, usize), PlotError> {
    if figures.is_empty() || figures.len() > MAX_FRAMES {
        return Err(PlotError::Value {
            name: "frames",
            value: figures.len() as f64,
            expected: "1 to 2000",
        });
    }
    let failed = |e: gif::EncodingError| PlotError::Png { message: e.to_string() };
    let pixels = |figure: &Figure| -> Result<(Vec<u8>, u16, u16), PlotError> {
        let (pixels, width, height) = raster_image::rgba(&figure.to_svg(), scale)?;
        match (u16::try_from(width), u16::try_from(height)) {
            (Ok(w), Ok(h)) => Ok((pixels, w, h)),
            _ => Err(PlotError::ImageSize { width, height }),
        }
    };
    let mut encoded = 0;
    let (_, width, height) = pixels(&figures[0])?;
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height, &[]).map_err(failed)?;
    encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
    for (k, figure) in figures.iter().enumerate() {
        if k > 0 && job.is_interrupted() {
            break;
        }
        job.report(k as f64 / figures.len() as f64);
        let (mut image, w, h) = pixels(figure)?;
        if (w, h) != (width, height) {
            return Err(PlotError::ImageSize { width: u32::from(w), height: u32::from(h) });
        }
        let mut frame = Frame::from_rgba_speed(w, h, &mut image, 10);
        frame.delay = delay;
        encoder.write_frame(&frame).map_err(failed)?;
        encoded += 1;
    }
    drop(encoder);
    Ok((out, encoded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Layout, Mark, Panel, Stroke, Theme, Width};

    #[test]
    fn a_gif_has_as_many_frames_as_figures() {
        let theme = Theme::light();
        let figure = |x: f64| {
            let axis = || Axis::new("x").range(0.0, 1.0);
            let line = Mark::line([(0.0, 0.0), (x, 1.0)], Stroke::solid(theme.ink, 1.0));
            let panel = Panel::new(axis(), axis()).with(line);
            Figure::new("", Width::Millimetres(30.0), 30.2, Layout::panel(panel), &theme)
        };
        let (bytes, encoded) =
            gif(&[figure(0.2), figure(0.5), figure(1.0)], 1.0, 5, &Job::new()).unwrap();
        assert_eq!(encoded, 3);
        let mut decoder = gif::DecodeOptions::new().read_info(bytes.as_slice()).unwrap();
        let mut frames = 0;
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            // The picture is no whole number of pixels high; its last row is as white as its first.
            let (width, pixels) = (usize::from(frame.width), &frame.buffer);
            assert_eq!(pixels[..width], pixels[pixels.len() - width..]);
            frames += 1;
        }
        assert_eq!(frames, 3);
        assert!(gif(&[], 1.0, 5, &Job::new()).is_err());
    }
}
