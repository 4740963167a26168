//! Afferent populations with their rates in time.

use std::f64::consts::SQRT_2;

use ntwk_core::spec::waveform::{Edges, Factors, Interpolation, Shape, Span, Waveform};
use ntwk_core::spec::{AfferentSpec, SimulationSpec};

use super::dictionary::Dictionary;
use super::names::Names;
use super::population::size;

/// An afferent population with its rate.
pub(super) fn afferent(
    dictionary: &mut Dictionary<'_>,
    name: &str,
    plateaus: Option<&Plateaus>,
    simulation: &SimulationSpec,
) -> Option<AfferentSpec> {
    let size = size(dictionary, name);
    let rate = rate(dictionary, name, plateaus, simulation);
    dictionary.note(format!(
        "{name}: the drive is Poisson here; the package draws at most one event per step \
         (statistics = \"at_most_one_per_step\")"
    ));
    Some(AfferentSpec::poisson(size?, rate?))
}

/// The first that is given of a staircase, an array, the plateaus of the package's demos and a constant.
fn rate(
    dictionary: &mut Dictionary<'_>,
    name: &str,
    plateaus: Option<&Plateaus>,
    simulation: &SimulationSpec,
) -> Option<Waveform> {
    let (array, constant) = (format!("Farray_{name}"), format!("F_{name}"));
    let (stairs, has_stairs) = staircase(dictionary, name, simulation);
    let sampled = sampled(dictionary, &array, simulation);
    let level = sampled_or_constant(dictionary, &constant, simulation);
    let stairs_key = format!("{name}_IncreasingStep_size");
    let given = [
        (stairs_key.as_str(), has_stairs, stairs),
        (array.as_str(), dictionary.has(&array), sampled),
        ("Faff1", plateaus.is_some(), plateaus.map(Plateaus::waveform)),
        (constant.as_str(), dictionary.has(&constant), level),
    ];
    let mut given = given.into_iter().filter(|(_, is_there, _)| *is_there);
    let Some((first, _, rate)) = given.next() else {
        dictionary.note(format!("{constant}: absent; the afferent rate is 0 Hz, as in the package (--set {constant}=4 gives another)"));
        return Some(Waveform::Constant(0.0));
    };
    for (key, _, _) in given {
        let value = dictionary.shown(key);
        dictionary
            .note(format!("{key} = {value}: left out; {first} comes before it, as in the package"));
    }
    rate
}

/// `<name>_IncreasingStep_*`: `baseline`, and `size` more after `onset` and after every further `length`, smoothed by a
/// Gaussian of standard deviation `smoothing`. And whether there is any of these keys.
fn staircase(
    dictionary: &mut Dictionary<'_>,
    name: &str,
    simulation: &SimulationSpec,
) -> (Option<Waveform>, bool) {
    let keys = ["baseline", "onset", "size", "length", "smoothing"]
        .map(|part| format!("{name}_IncreasingStep_{part}"));
    let given = keys.iter().any(|key| dictionary.has(key));
    let values = keys.each_ref().map(|key| match given {
        true => dictionary.required(key, "a part of the staircase of rates"),
        false => dictionary.number(key),
    });
    let [Some(baseline), Some(start), Some(size), Some(length), Some(smoothing)] = values else {
        return (None, given);
    };
    if length <= 0.0 {
        dictionary.broken(&keys[3], "must be > 0 ms".to_owned());
        return (None, given);
    }
    // The package begins no stair at its last sample or after.
    let last = simulation.t_stop - simulation.dt;
    let count = ((last - start) / length - 1e-9).ceil().max(0.0);
    if count < 1.0 {
        return (Some(Waveform::Constant(baseline)), given);
    }
    if count > 1e6 {
        dictionary.broken(&keys[3], format!("gives {count} stairs until tstop"));
        return (None, given);
    }
    let near_an_end = start < 4.0 * smoothing
        || simulation.t_stop - (start + (count - 1.0) * length) < 4.0 * smoothing;
    if smoothing > 0.0 && near_an_end {
        dictionary.note(format!(
            "{} = {smoothing}: a stair lies within four of these of an end of the run, where the package's smoothing mirrors \
             the rate; here it does not",
            keys[4]
        ));
    }
    let edges = if smoothing > 0.0 { Edges::erf(smoothing) } else { Edges::default() };
    let count = Some(count as u64);
    (Some(Shape::Staircase { baseline, size, length, start, count, edges }.into()), given)
}

/// A rate for each step of the run.
fn sampled(
    dictionary: &mut Dictionary<'_>,
    key: &str,
    simulation: &SimulationSpec,
) -> Option<Waveform> {
    let values = dictionary.numbers(key)?;
    let steps = (simulation.t_stop / simulation.dt + 1e-9).floor();
    if (values.len() as f64) < steps {
        let n = values.len();
        dictionary.broken(key, format!("has {n} rates; the run has {steps} steps"));
        return None;
    }
    let (interval, interpolation) = (simulation.dt, Interpolation::Hold);
    Some(Shape::Sampled { start: 0.0, interval, values, interpolation }.into())
}

/// A number, or a rate for each step.
fn sampled_or_constant(
    dictionary: &mut Dictionary<'_>,
    key: &str,
    simulation: &SimulationSpec,
) -> Option<Waveform> {
    match dictionary.numbers(key)?.as_slice() {
        &[rate] => Some(Waveform::Constant(rate)),
        _ => sampled(dictionary, key, simulation),
    }
}

/// The rates of the package's demos: plateaus of heights `Faff1`, `Faff2`, ... (Hz) that last `DT`, with smooth edges `rise`:
///
/// ```text
/// sum_i Faff_i H((t - t_i) / rise) H((t_i + DT - t) / rise)     H(x) = (1 + erf(x)) / 2
/// t_i = 2 rise + (i - 1) (3 rise + DT)
/// ```
pub(super) struct Plateaus {
    heights: Vec<f64>,
    duration: f64,
    rise: f64,
}

impl Plateaus {
    /// The plateaus, if the dictionary has any.
    pub(super) fn read(dictionary: &mut Dictionary<'_>, names: &Names) -> Option<Self> {
        let mut heights = Vec::new();
        while let Some(height) = dictionary.number(&format!("Faff{}", heights.len() + 1)) {
            heights.push(height);
        }
        if heights.is_empty() {
            return None;
        }
        let duration = dictionary.required("DT", "how long a plateau lasts in ms");
        let rise = dictionary.required("rise", "the time of the edges in ms");
        let positive = |x: &f64| *x > 0.0;
        for (key, value) in [("DT", duration), ("rise", rise)] {
            if value.is_some_and(|x| x <= 0.0) {
                dictionary.broken(key, "must be > 0 ms".to_owned());
            }
        }
        match names.afferents.as_slice() {
            [name] => dictionary.note(format!(
                "Faff1, ..., DT, rise: the rate of {name}, {} plateaus, as in the demos of the package; onto which targets \
                 is in their scripts, here onto all that {name} has connections to",
                heights.len()
            )),
            afferents => {
                let n = afferents.len();
                dictionary.broken(
                    "Faff1",
                    format!("is the rate of the one afferent population of a demo; here are {n}"),
                );
            }
        }
        let (duration, rise) = (duration.filter(positive)?, rise.filter(positive)?);
        Some(Self { heights, duration, rise })
    }

    fn start(&self, i: usize) -> f64 {
        2.0 * self.rise + i as f64 * (3.0 * self.rise + self.duration)
    }

    /// When the last one has ended (ms).
    pub(super) fn end(&self) -> f64 {
        self.start(self.heights.len() - 1) + self.duration + 2.0 * self.rise
    }

    fn waveform(&self) -> Waveform {
        let edges = Edges::erf(self.rise / SQRT_2);
        // The product of two edges that far apart is their difference to 1e-9.
        let apart = self.duration >= 6.0 * self.rise;
        let plateau = |(i, &amplitude): (usize, &f64)| {
            let (start, baseline) = (self.start(i), 0.0);
            if apart {
                let span = Span::lasting(start, self.duration);
                return Shape::Step { baseline, amplitude, span, edges }.into();
            }
            let up = Shape::Step { baseline, amplitude, span: Span::from(start), edges };
            let span = Span::from(start + self.duration);
            let down = Shape::Step { baseline: 1.0, amplitude: -1.0, span, edges };
            Shape::Product { factors: Factors(vec![up.into(), down.into()]) }.into()
        };
        Waveform::Sum(self.heights.iter().enumerate().map(plateau).collect())
    }
}
