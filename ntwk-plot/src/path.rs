//! Path data: data coordinates to the `d` attribute of an SVG path.

use std::fmt::Write;

use crate::box2::Box2;
use crate::mark::Point;
use crate::scale::Scale;
use crate::svg::num;

/// The map from data coordinates to the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub x: Scale,
    pub y: Scale,
    pub axes: Box2,
}

impl Frame {
    /// Position on the page; `None` for a point that has none.
    pub fn to_page(self, (x, y): Point) -> Option<Point> {
        Some((self.page_x(x)?, self.page_y(y)?))
    }

    /// Horizontal position, held within a page's breadth around the axes, so that no coordinate overflows a viewer.
    pub fn page_x(self, x: f64) -> Option<f64> {
        Some(self.axes.x + self.x.position(x)?.clamp(-2.0, 3.0) * self.axes.width)
    }

    /// Vertical position, held likewise.
    pub fn page_y(self, y: f64) -> Option<f64> {
        Some(self.axes.y + (1.0 - self.y.position(y)?.clamp(-2.0, 3.0)) * self.axes.height)
    }

    /// Whether a position on the page lies within the axes, up to half a point.
    pub fn holds(self, (x, y): Point) -> bool {
        let a = self.axes;
        let inside = |v: f64, from: f64, length: f64| v >= from - 0.5 && v <= from + length + 0.5;
        inside(x, a.x, a.width) && inside(y, a.y, a.height)
    }

    /// A line through `points`, broken where a point has no position.
    ///
    /// Where more than four points fall on a quarter of a point of width, only the first, lowest, highest and last
    /// of them are written: what is drawn stays the same, the file stays small.
    pub fn polyline(self, points: &[Point]) -> String {
        let mut d = String::new();
        let mut run: Vec<Point> = Vec::new();
        for &p in points {
            match self.to_page(p) {
                Some(q) => run.push(q),
                None => write_run(&mut d, &mut run),
            }
        }
        write_run(&mut d, &mut run);
        d
    }

    /// A closed outline; empty when a corner has no position.
    pub fn polygon(self, points: &[Point]) -> String {
        let mut d = String::new();
        let corners: Option<Vec<Point>> = points.iter().map(|&p| self.to_page(p)).collect();
        if let Some(mut corners) = corners.filter(|c| c.len() > 2) {
            write_run(&mut d, &mut corners);
            d.push('Z');
        }
        d
    }

    /// Separate segments that at least touch the axes.
    pub fn segments(self, segments: &[[Point; 2]]) -> String {
        let mut d = String::new();
        for &[a, b] in segments {
            if let (Some(a), Some(b)) = (self.to_page(a), self.to_page(b))
                && (self.holds(a)
                    || self.holds(b)
                    || self.holds(((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)))
            {
                // Writing to a String does not fail.
                let _ = write!(d, "M{} {}", num(a.0), num(a.1));
                let _ = match (num(b.0 - a.0).as_str(), num(b.1 - a.1).as_str()) {
                    ("0", dy) => write!(d, "v{dy}"),
                    (dx, "0") => write!(d, "h{dx}"),
                    (dx, dy) => write!(d, "l{dx} {dy}"),
                };
            }
        }
        d
    }
}

/// Writes the points of one unbroken line and empties `run`.
fn write_run(d: &mut String, run: &mut Vec<Point>) {
    let mut command = 'M';
    let mut last = None;
    let mut put = |p: Point| {
        let here = (num(p.0), num(p.1));
        if last.as_ref() != Some(&here) {
            // Writing to a String does not fail.
            let _ = write!(d, "{command}{} {}", here.0, here.1);
            command = 'L';
            last = Some(here);
        }
    };
    let column = |p: Point| (p.0 * 4.0).floor();
    for chunk in run.chunk_by(|a, b| column(*a) == column(*b)) {
        if let (5.., Some(&first), Some(&end)) = (chunk.len(), chunk.first(), chunk.last()) {
            let extreme = |pick: fn(f64, f64) -> bool| {
                (0..chunk.len()).fold(
                    0,
                    |best, i| {
                        if pick(chunk[i].1, chunk[best].1) { i } else { best }
                    },
                )
            };
            let (low, high) = (extreme(|a, b| a < b), extreme(|a, b| a > b));
            put(first);
            put(chunk[low.min(high)]);
            put(chunk[low.max(high)]);
            put(end);
        } else {
            chunk.iter().for_each(|&p| put(p));
        }
    }
    // A single point is written as a line of no length, which round caps would show and butt caps do not.
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::Spacing;

    fn frame() -> Frame {
        Frame {
            x: Scale::new(Spacing::Linear, 0.0, 10.0),
            y: Scale::new(Spacing::Linear, 0.0, 1.0),
            axes: Box2 { x: 10.0, y: 20.0, width: 100.0, height: 50.0 },
        }
    }

    #[test]
    fn data_map_to_the_page_with_y_upwards() {
        assert_eq!(frame().to_page((0.0, 0.0)), Some((10.0, 70.0)));
        assert_eq!(frame().to_page((10.0, 1.0)), Some((110.0, 20.0)));
        assert_eq!(frame().to_page((5.0, f64::NAN)), None);
    }

    #[test]
    fn lines_break_at_gaps() {
        let d =
            frame().polyline(&[(0.0, 0.0), (1.0, 1.0), (f64::NAN, 0.0), (2.0, 0.0), (3.0, 1.0)]);
        assert_eq!(d, "M10 70L20 20M30 70L40 20");
    }

    #[test]
    fn dense_lines_keep_their_extremes() {
        let mut points: Vec<Point> =
            (0..100_000).map(|i| (f64::from(i) * 1e-4, 0.5 + 0.01 * f64::from(i % 7))).collect();
        points[77_777].1 = 1.0;
        points[33_333].1 = 0.0;
        let d = frame().polyline(&points);
        assert!(d.len() < 40_000, "{}", d.len());
        assert!(d.contains(" 20L"), "the highest point is lost");
        assert!(d.contains(" 70L"), "the lowest point is lost");
    }

    #[test]
    fn segments_outside_are_dropped() {
        let d = frame().segments(&[[(1.0, 0.2), (1.0, 0.4)], [(99.0, 0.0), (99.0, 0.1)]]);
        assert_eq!(d, "M20 60v-10");
    }
}
