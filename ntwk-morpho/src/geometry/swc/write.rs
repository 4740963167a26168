//! A morphology as SWC text.

use crate::geometry::morphology::{Branch, Morphology, MorphologyError, distance};
use crate::geometry::region::Region;
use std::fmt::Write;

/// Writes a morphology as SWC text with consecutive ids.
///
/// A soma root that is a cylinder with L = d and carries neurites in its middle is written in the three-point form;
/// [`super::SomaRule::Neuron`] reads it back as it was. Any other root is written literally, for
/// [`super::SomaRule::Arbor`]. Coordinates keep all their digits. Where a branch begins with another radius than its parent
/// ends with, the step is an annulus of membrane in SWC.
///
/// # Errors
/// [`MorphologyError::NotExpressible`] when a branch hangs elsewhere than at an end of its parent or in the middle of
/// such a soma.
pub fn to_swc(morphology: &Morphology) -> Result<String, MorphologyError> {
    let branches = morphology.branches();
    let mut text = String::from("# id type x y z radius parent\n");
    let mut next = 1usize;
    let mut first = Vec::with_capacity(branches.len());
    let mut last = Vec::with_capacity(branches.len());
    let mut line = |text: &mut String,
                    region: Region,
                    p: [f64; 3],
                    r: f64,
                    parent: Option<usize>|
     -> usize {
        let parent = parent.map_or(-1, |p| p as i64);
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "{next} {} {} {} {} {r} {parent}", region.to_swc(), p[0], p[1], p[2]);
        next += 1;
        next - 1
    };
    let ball = is_ball(&branches[0]);
    for (i, b) in branches.iter().enumerate() {
        let refuse = |at: crate::geometry::morphology::Attachment| {
            MorphologyError::NotExpressible { branch: i, parent: at.branch, x: at.x }
        };
        let (mut above, skip) = match b.parent {
            None if ball => {
                let r = b.samples[0].radius;
                let centre = b.samples[1].position;
                let id = line(&mut text, b.region, centre, r, None);
                line(&mut text, b.region, b.samples[0].position, r, Some(id));
                line(&mut text, b.region, b.samples[2].position, r, Some(id));
                first.push(id);
                last.push(id);
                continue;
            }
            None => {
                let s = &b.samples[0];
                let id = line(&mut text, b.region, s.position, s.radius, None);
                first.push(id);
                (id, 1)
            }
            Some(at) if at.branch == 0 && ball => {
                if at.x != 0.5 {
                    return Err(refuse(at));
                }
                // A neurite of one sample would be read as starting in the soma's middle, so its first sample is written.
                (first[0], 0)
            }
            Some(at) if at.x == 1.0 => {
                // A radius of its own at the start takes a sample of its own, in the same place as the parent's.
                let end = branches[at.branch].samples.last().map(|s| (s.position, s.radius));
                let same = end == Some((b.samples[0].position, b.samples[0].radius));
                (last[at.branch], usize::from(same))
            }
            Some(at) if at.x == 0.0 => (first[at.branch], 1),
            Some(at) => return Err(refuse(at)),
        };
        for (k, s) in b.samples.iter().enumerate().skip(skip) {
            above = line(&mut text, b.region, s.position, s.radius, Some(above));
            if k == 0 && b.parent.is_some_and(|at| at.branch == 0 && ball) {
                first.push(above);
            }
        }
        if first.len() == i {
            // The branch starts at the sample it hangs on.
            let at =
                b.parent.map_or(0, |a| if a.x == 1.0 { last[a.branch] } else { first[a.branch] });
            first.push(at);
        }
        last.push(above);
    }
    Ok(text)
}

fn is_ball(b: &Branch) -> bool {
    let [s0, s1, s2] = b.samples.as_slice() else {
        return false;
    };
    let r = s1.radius;
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * r;
    b.region == Region::Soma
        && s0.radius == r
        && s2.radius == r
        && near(distance(s0.position, s1.position), r)
        && near(distance(s2.position, s1.position), r)
        && near(distance(s0.position, s2.position), 2.0 * r)
}
