//! Power spectra, coherence and frequency response around a stable state, with finite-size noise.

use ndarray::{Array2, Array3};
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{Attribute, TheoryGroup};
use ntwk_meanfield::scan::design::{ScanAxis, Spacing};
use ntwk_meanfield::{
    DelayDistribution, EffectiveConnectivity, FixedPoint, Input, LinearResponse, MeanField,
    Stability, low_passed_deviations, poisson_noise,
};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Label, Layout, Point, Theme, Width};

use crate::report::results::{array, vector};
use crate::studies::StudyError;
use crate::studies::axes::names;
use crate::studies::options::InvalidOptions;
use crate::studies::stationary::StationaryTheory;

/// Options of [`spectra`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpectraOptions {
    /// Frequencies (Hz; default 200 at equal ratios from 0.1 to 500).
    pub frequency: ScanAxis,
    /// Number, from 1, of the fixed point in [`StationaryTheory::points`]; `None`: where the model settles.
    pub fixed_point: Option<usize>,
}

impl Default for SpectraOptions {
    fn default() -> Self {
        let frequency = ScanAxis { low: 0.1, high: 500.0, points: 200, spacing: Spacing::Log };
        Self { frequency, fixed_point: None }
    }
}

impl SpectraOptions {
    /// The frequencies (Hz).
    ///
    /// # Errors
    /// [`InvalidOptions`] unless they are two or more, >= 0.
    pub fn frequencies(&self) -> Result<Vec<f64>, InvalidOptions> {
        let values = self.frequency.values();
        let values = values.map_err(|e| InvalidOptions::one("frequency", "", e.to_string()))?;
        if values.len() < 2 || values[0] < 0.0 {
            let rule = "at least two frequencies >= 0 Hz are needed";
            return Err(InvalidOptions::one("frequency", "", rule));
        }
        Ok(values)
    }
}

/// Fluctuations of a finite network around a stable state, and its response to small inputs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SpectraStudy {
    /// Spectra, coherence and responses.
    pub spectra: Spectra,
    /// The state.
    pub state: FixedPoint,
    /// Standard deviation of the rate (Hz) of each population, low-passed with `theory.T` where the cells have a response of their
    /// own; `None` where the noise has no stationary covariance.
    pub rate_sd: Vec<Option<f64>>,
    /// Names of the populations.
    pub populations: Vec<String>,
    /// Names of the afferents.
    pub afferents: Vec<String>,
}

/// The spectra of `model` around a stable state.
///
/// # Errors
/// [`StudyError`].
pub fn spectra(
    model: &Model,
    options: &SpectraOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<SpectraStudy, StudyError> {
    options.frequencies()?;
    spectra_of(&StationaryTheory::new(model, library, job)?, options, job)
}

/// As [`spectra`], with the theory of the model at hand.
///
/// # Errors
/// [`StudyError`].
pub fn spectra_of(
    stationary: &StationaryTheory,
    options: &SpectraOptions,
    job: &Job<'_>,
) -> Result<SpectraStudy, StudyError> {
    let frequencies = options.frequencies()?;
    let state = chosen(stationary, options.fixed_point, job)?;
    let (system, input) = (&stationary.theory.mean_field, &stationary.input);
    let adapted = system.adapted_state(&state.rates, input)?;
    let delays = &stationary.delays;
    let populations = stationary.names();
    let unknown = || vec![None; populations.len()];
    let known = |sd: Vec<f64>| sd.into_iter().map(Some).collect();
    let (spectra, rate_sd) = if spiking(system, &adapted, input)? {
        let spectra = Spectra::of_spikes(system, &adapted, input, delays, frequencies)?;
        let sd = low_passed_deviations(system, &adapted, input, delays)?;
        (spectra, sd.map_or_else(unknown, known))
    } else {
        let response = LinearResponse::with_delays(system, &adapted, input, delays)?;
        let spectra = Spectra::of(&response, system, frequencies);
        (spectra, response.standard_deviations().map_or_else(unknown, known))
    };
    let spectra = spectra.ok_or(StudyError::Undamped)?;
    let afferents = system.afferents().to_vec();
    Ok(SpectraStudy { spectra, state, rate_sd, populations, afferents })
}

/// Whether the cells have a response in time of their own (`theory.model = "siegert"`).
fn spiking(system: &MeanField, state: &[f64], input: &Input) -> Result<bool, StudyError> {
    Ok(EffectiveConnectivity::of(system, state, input, &[], 0.0)?.is_some())
}

fn chosen(
    stationary: &StationaryTheory,
    number: Option<usize>,
    job: &Job<'_>,
) -> Result<FixedPoint, StudyError> {
    let Some(number) = number else {
        return stationary.settled(job)?.ok_or(StudyError::NoStableState);
    };
    let points = &stationary.points.points;
    let fault = |rule: String| InvalidOptions::one("fixed_point", number, rule);
    let found = number.checked_sub(1).and_then(|k| points.get(k));
    let found = found.ok_or_else(|| fault(format!("{} were found", points.len())))?;
    if found.stability != Stability::Stable {
        let rule = "it is not stable: fluctuations around it grow";
        return Err(fault(rule.to_owned()).into());
    }
    Ok(found.clone())
}

impl SpectraStudy {
    /// The spectra, as a group of a results file.
    #[must_use]
    pub fn arrays(&self) -> Vec<TheoryGroup> {
        vec![self.spectra.group(&self.populations, &self.afferents, &self.state.rates)]
    }

    /// Power spectra and coherence of the finite-size fluctuations, gain and phase of the response to each afferent.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        spectra_figure(&self.spectra, &self.populations, &self.afferents, theme)
    }
}

/// Power spectra, coherences and responses over frequencies.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectra {
    /// Frequencies (Hz).
    pub frequencies: Vec<f64>,
    /// Two-sided power spectra (Hz²/Hz) of the rates, `[frequency x population]`.
    pub power: Array2<f64>,
    /// Coherence of every pair of populations, `[frequency x population x population]`.
    pub coherence: Array3<f64>,
    /// Phase of the cross-spectra (degrees), of the same shape.
    pub phase: Array3<f64>,
    /// Gain of every population (Hz/Hz) per afferent, `[frequency x population x afferent]`.
    pub afferent_gain: Array3<f64>,
    /// Phase of that response (degrees).
    pub afferent_phase: Array3<f64>,
    /// Gain of every population (Hz/pA) per population into which a current goes.
    pub current_gain: Array3<f64>,
}

impl Spectra {
    /// The response of spiking cells at the given frequencies ([`EffectiveConnectivity`]), with the noise of Poisson trains; `None`
    /// where one of them is that of an undamped oscillation, or where cells have no response in time of their own.
    ///
    /// # Errors
    /// [`StudyError`] for a state or input that does not fit the system.
    pub fn of_spikes(
        system: &MeanField,
        state: &[f64],
        input: &Input,
        delays: &[Vec<DelayDistribution>],
        frequencies: Vec<f64>,
    ) -> Result<Option<Self>, StudyError> {
        let noise = poisson_noise(system, state);
        let mut spectra = Self::empty(system, frequencies);
        for i in 0..spectra.frequencies.len() {
            let f = spectra.frequencies[i];
            let all = EffectiveConnectivity::of(system, state, input, delays, f)?.and_then(|w| {
                Some((w.spectrum(&noise)?, w.afferent_response()?, w.current_response()?))
            });
            let Some((s, h, g)) = all else { return Ok(None) };
            let n = noise.len();
            for m in 0..n {
                spectra.power[[i, m]] = s[(m, m)].re;
                for l in 0..n {
                    let powers = s[(m, m)].re * s[(l, l)].re;
                    let coherence = if powers > 0.0 { s[(m, l)].norm_sqr() / powers } else { 0.0 };
                    spectra.coherence[[i, m, l]] = coherence;
                    spectra.phase[[i, m, l]] = s[(m, l)].arg().to_degrees();
                    spectra.current_gain[[i, m, l]] = g[(m, l)].norm();
                }
                for l in 0..h.ncols() {
                    spectra.afferent_gain[[i, m, l]] = h[(m, l)].norm();
                    spectra.afferent_phase[[i, m, l]] = h[(m, l)].arg().to_degrees();
                }
            }
        }
        Ok(Some(spectra))
    }

    fn empty(system: &MeanField, frequencies: Vec<f64>) -> Self {
        let (n, a, k) = (system.populations().len(), system.afferents().len(), frequencies.len());
        Self {
            power: Array2::zeros((k, n)),
            coherence: Array3::zeros((k, n, n)),
            phase: Array3::zeros((k, n, n)),
            afferent_gain: Array3::zeros((k, n, a)),
            afferent_phase: Array3::zeros((k, n, a)),
            current_gain: Array3::zeros((k, n, n)),
            frequencies,
        }
    }

    /// The linear response at the given frequencies; `None` where one of them is that of an undamped oscillation.
    #[must_use]
    pub fn of(
        response: &LinearResponse,
        system: &MeanField,
        frequencies: Vec<f64>,
    ) -> Option<Self> {
        let (n, a) = (system.populations().len(), system.afferents().len());
        let mut spectra = Self::empty(system, frequencies);
        for (i, &f) in spectra.frequencies.iter().enumerate() {
            let (s, c) = (response.spectrum(f)?, response.coherence(f)?);
            let (h, g) = (response.afferent_response(f)?, response.current_response(f)?);
            for m in 0..n {
                spectra.power[[i, m]] = s[(m, m)].re;
                for l in 0..n {
                    spectra.coherence[[i, m, l]] = c[(m, l)];
                    spectra.phase[[i, m, l]] = s[(m, l)].arg().to_degrees();
                    spectra.current_gain[[i, m, l]] = g[(m, l)].norm();
                }
                for l in 0..a {
                    spectra.afferent_gain[[i, m, l]] = h[(m, l)].norm();
                    spectra.afferent_phase[[i, m, l]] = h[(m, l)].arg().to_degrees();
                }
            }
        }
        Some(spectra)
    }

    /// Frequency (Hz) at which the power of a population is highest, where that is neither the lowest nor the highest one.
    #[must_use]
    pub fn peak(&self, population: usize) -> Option<f64> {
        let power = self.power.column(population);
        let highest = (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b]))?;
        let inside = highest > 0 && highest + 1 < power.len();
        inside.then(|| self.frequencies[highest])
    }

    /// As a group of a results file.
    fn group(&self, populations: &[String], afferents: &[String], rates: &[f64]) -> TheoryGroup {
        let pair = ["frequency", "population", "population"];
        let by_afferent = ["frequency", "population", "afferent"];
        let cube = |name: &str, unit: &str, axes: [&str; 3], data: &Array3<f64>| {
            array(name, unit, &axes, data.clone().into_dyn())
        };
        TheoryGroup {
            name: "spectra".to_owned(),
            arrays: vec![
                vector("frequency", "Hz", "frequency", &self.frequencies),
                vector("rate", "Hz", "population", rates),
                array("power", "Hz^2/Hz", &pair[..2], self.power.clone().into_dyn()),
                cube("coherence", "1", pair, &self.coherence),
                cube("phase", "degree", pair, &self.phase),
                cube("afferent_gain", "1", by_afferent, &self.afferent_gain),
                cube("afferent_phase", "degree", by_afferent, &self.afferent_phase),
                cube("current_gain", "Hz/pA", pair, &self.current_gain),
            ],
            attributes: vec![
                names("populations", populations.to_vec()),
                names("afferents", afferents.to_vec()),
                ("power_is".to_owned(), Attribute::Text("two-sided".to_owned())),
            ],
        }
    }
}

/// Most afferents whose response is drawn; the file has all.
const MOST_AFFERENTS: usize = 4;

/// Power spectra and coherence of the finite-size fluctuations, gain and phase of the response to each afferent.
fn spectra_figure(
    spectra: &Spectra,
    populations: &[String],
    afferents: &[String],
    theme: &Theme,
) -> Figure {
    let f = &spectra.frequencies;
    let n = populations.len();
    let x = || Axis::new("frequency (Hz)").log();
    let line = |name: &str, color: usize, value: &dyn Fn(usize) -> f64| -> Vec<NamedCurveOwned> {
        let points: Vec<Point> =
            (0..f.len()).filter(|&i| f[i] > 0.0).map(|i| (f[i], value(i))).collect();
        vec![(name.to_owned(), points, color)]
    };
    let panel = |y: Axis, lines: Vec<NamedCurveOwned>, title: String| {
        let named: Vec<NamedCurve<'_>> = lines
            .iter()
            .map(|(name, points, color)| NamedCurve {
                name,
                points: points.clone(),
                color: Some(*color),
                style: Style::Line,
            })
            .collect();
        (1.0, Layout::panel(curves(x(), y, &named, theme).titled(Label::plain(title))))
    };
    let all = |f: &dyn Fn(usize) -> Vec<NamedCurveOwned>| (0..n).flat_map(f).collect::<Vec<_>>();
    let power = all(&|p| line(&populations[p], p, &|i| spectra.power[[i, p]]));
    let mut left =
        vec![panel(Axis::new("power density (Hz^2/Hz)").log(), power, "fluctuations".to_owned())];
    let coherence: Vec<NamedCurveOwned> =
        (1..n).flat_map(|p| line(&populations[p], p, &|i| spectra.coherence[[i, 0, p]])).collect();
    let mut right = Vec::new();
    if n > 1 {
        let title = format!("with {}", populations[0]);
        right.push(panel(Axis::new("coherence").range(0.0, 1.0), coherence, title));
    }
    for (a, name) in afferents.iter().enumerate().take(MOST_AFFERENTS) {
        let gain = all(&|p| line("", p, &|i| spectra.afferent_gain[[i, p, a]]));
        let phase = all(&|p| {
            let wrapped: Vec<f64> =
                (0..f.len()).map(|i| spectra.afferent_phase[[i, p, a]]).collect();
            let phase = unwrapped(&wrapped);
            line("", p, &|i| phase[i])
        });
        let title = format!("response to {name}");
        left.push(panel(Axis::new("gain (Hz/Hz)").log(), gain, title.clone()));
        right.push(panel(Axis::new("phase (degrees)"), phase, title));
    }
    let height = 58.0 * left.len() as f64;
    // Columns beside each other share the lines of their vertical axes.
    let layout = Layout::Row(vec![(1.0, Layout::Column(left)), (1.0, Layout::Column(right))]);
    Figure::new("Spectra of the mean field", Width::Page, height, layout, theme)
}

/// Phases (degrees) without the jumps of a full turn.
fn unwrapped(phases: &[f64]) -> Vec<f64> {
    let mut turns = 0.0;
    let mut last = phases.first().copied().unwrap_or(0.0);
    phases
        .iter()
        .map(|&phase| {
            turns -= ((phase - last) / 360.0).round();
            last = phase;
            phase + 360.0 * turns
        })
        .collect()
}

/// Name, points and colour of a curve.
type NamedCurveOwned = (String, Vec<Point>, usize);
