//! The overview figure: raster, rates with the prediction over them, membrane potentials,
//! transfer functions.

use ndarray::Array2;
use ntwk_analysis::{AnalysisError, PopulationRate};
use ntwk_core::spec::AfferentActivity;
use ntwk_core::{Model, Recording, Trace};
use ntwk_meanfield::moments;
use ntwk_plot::figures::{
    Activity, Afferent, Overview, RasterPopulation, Series, TimeSpan, TransferData, VoltageTrace,
};
use ntwk_plot::{Figure, PlotError, Theme};

use crate::compare::binned_rate;
use crate::figures::potential::unshaped;
use crate::figures::sweep::short;
use ntwk_meanfield::prediction::predict::{FittedPopulation, Theory};

/// What a figure shows of a theory; comes from a [`Theory`] or from a results file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TheoryCurves {
    /// Times of the predicted rates (ms).
    pub times: Vec<f64>,
    /// Predicted rates (Hz), one list per population of the model.
    pub rates: Vec<Vec<f64>>,
    /// Transfer functions.
    pub transfer: Vec<TransferGrid>,
}

impl TheoryCurves {
    /// The curves of a theory.
    #[must_use]
    pub fn of(theory: &Theory) -> Self {
        let n = theory.populations.len();
        Self {
            times: theory.trajectory.times.clone(),
            rates: (0..n).map(|i| theory.trajectory.component(i).collect()).collect(),
            transfer: theory.populations.iter().filter_map(TransferGrid::new).collect(),
        }
    }
}

/// A figure that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The recording cannot be analysed.
    #[error("the recording cannot be analysed: {0}")]
    Analysis(#[from] AnalysisError),
    /// The figure cannot be drawn.
    #[error("the figure cannot be drawn: {0}")]
    Plot(#[from] PlotError),
}

/// Number of membrane potentials shown per population.
pub const TRACES_PER_POPULATION: usize = 2;

/// The measured and fitted transfer function of a population, on the grid the figure needs.
///
/// `NaN` stands where a combination of rates was not measured or lies outside the fitted domain.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferGrid {
    /// Population.
    pub name: String,
    /// What the driving class is.
    pub first_name: String,
    /// What the background class is.
    pub second_name: String,
    /// Symbol of the driving rate.
    pub first_symbol: String,
    /// Symbol of the background rate.
    pub second_symbol: String,
    /// Driving rates that were measured (Hz).
    pub first: Vec<f64>,
    /// Background rates (Hz).
    pub second: Vec<f64>,
    /// Measured rates (Hz), `[first, second]`.
    pub rate: Array2<f64>,
    /// Their standard errors (Hz).
    pub error: Array2<f64>,
    /// Driving rates of the fitted curves (Hz).
    pub fit_first: Vec<f64>,
    /// Fitted rates (Hz), `[fit_first, second]`.
    pub fit: Array2<f64>,
}

impl TransferGrid {
    /// The transfer function against the driving rate, for each rate of the other class that takes most (the rest at their
    /// lowest rate). `None` for a scan without background, or without a class that drives.
    #[must_use]
    pub fn new(population: &FittedPopulation) -> Option<Self> {
        let plan = &population.scan.plan;
        let driving = plan.driving?;
        let lowest = |c: usize| plan.rates.iter().map(|r| r[c]).fold(f64::INFINITY, f64::min);
        // Points at which all classes but the driving one and one other are at their lowest rate.
        let beside = |other: usize| -> Vec<usize> {
            let rest = |c: usize| c != driving && c != other;
            let low = |i: usize| {
                (0..plan.classes.len()).all(|c| !rest(c) || plan.rates[i][c] == lowest(c))
            };
            population.fitted_points.iter().copied().filter(|&i| low(i)).collect()
        };
        let levels = |other: usize| {
            let mut values: Vec<f64> =
                beside(other).iter().map(|&i| plan.rates[i][other]).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values.len()
        };
        // Of classes with equally many levels the first.
        let others = (0..plan.classes.len()).filter(|&c| c != driving);
        let background = others.rev().max_by_key(|&c| levels(c))?;
        let shown = beside(background);
        let distinct = |c: usize| {
            let mut values: Vec<f64> = shown.iter().map(|&i| plan.rates[i][c]).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        };
        let (first, second) = (distinct(driving), distinct(background));
        let (&lowest_first, &highest_first) = (first.first()?, first.last()?);
        let mut rate = Array2::from_elem((first.len(), second.len()), f64::NAN);
        let mut error = rate.clone();
        for &i in &shown {
            let place = [
                first.partition_point(|&x| x < plan.rates[i][driving]),
                second.partition_point(|&x| x < plan.rates[i][background]),
            ];
            rate[place] = population.scan.points[i].rate;
            error[place] = population.scan.points[i].standard_error;
        }
        let n = 120;
        let fit_first: Vec<f64> = (0..=n)
            .map(|k| lowest_first + (highest_first - lowest_first) * f64::from(k) / f64::from(n))
            .collect();
        let synapses: Vec<_> = plan.classes.iter().map(|c| c.synapses).collect();
        let function = population.function();
        let fit = Array2::from_shape_fn((fit_first.len(), second.len()), |(i, j)| {
            let mut rates: Vec<f64> = (0..plan.classes.len()).map(lowest).collect();
            rates[driving] = fit_first[i];
            rates[background] = second[j];
            match moments(&plan.membrane, &synapses, &rates, plan.current) {
                // Curves stop where the function was not fitted.
                Ok(m) if function.contains(&plan.membrane, &m) => {
                    function.rate_value(&plan.membrane, &m)
                }
                _ => f64::NAN,
            }
        });
        // Two classes of one receptor are told apart by their weights.
        let alike = plan.classes[driving].receptor == plan.classes[background].receptor;
        let symbol = |c: usize| {
            let class = &plan.classes[c];
            let weight = if alike {
                format!(", {} nS", short(class.synapses.weight))
            } else {
                String::new()
            };
            format!("ν_{{{}{weight}}}", class.receptor)
        };
        Some(Self {
            name: population.name.clone(),
            first_name: "input".to_owned(),
            second_name: "input".to_owned(),
            first_symbol: symbol(driving),
            second_symbol: symbol(background),
            first,
            second,
            rate,
            error,
            fit_first,
            fit,
        })
    }

    /// What the figures take.
    #[must_use]
    pub fn data(&self) -> TransferData<'_> {
        TransferData {
            name: &self.name,
            first_name: &self.first_name,
            first_symbol: &self.first_symbol,
            second_name: &self.second_name,
            second_symbol: &self.second_symbol,
            first: &self.first,
            second: &self.second,
            rate: self.rate.view(),
            error: Some(self.error.view()),
            fit: Some((&self.fit_first, self.fit.view())),
        }
    }
}

/// Draws the overview of a run, with the theory where there is one.
///
/// # Errors
/// [`FigureError`].
pub fn overview(
    model: &Model,
    recording: &Recording,
    theory: Option<&TheoryCurves>,
    smoothing: f64,
    theme: &Theme,
) -> Result<Figure, FigureError> {
    let span = TimeSpan::new(0.0, recording.duration())?;
    let binned: Vec<PopulationRate> = recording
        .populations
        .iter()
        .map(|p| binned_rate(p, recording.dt))
        .collect::<Result<_, _>>()?;
    let smoothed: Vec<PopulationRate> =
        binned.iter().map(|rate| rate.smoothed(smoothing)).collect::<Result<_, _>>()?;
    let rates = recording
        .populations
        .iter()
        .enumerate()
        .map(|(i, population)| {
            let prediction = match theory.and_then(|t| Some((&t.times, t.rates.get(i)?))) {
                Some((times, rates)) => Some(Series::new(times, rates)?),
                None => None,
            };
            Ok(Activity {
                name: &population.name,
                binned: Some(&binned[i]),
                smoothed: Some(&smoothed[i]),
                predicted: prediction,
            })
        })
        .collect::<Result<Vec<_>, PlotError>>()?;

    let spikes: Vec<RasterPopulation<'_>> = recording
        .populations
        .iter()
        .enumerate()
        .filter_map(|(color, p)| {
            let spikes = p.spikes.as_ref()?;
            Some(RasterPopulation { name: &p.name, size: p.size, color, spikes, rows: None })
        })
        .collect();
    let times: Vec<f64> = (0..=recording.duration().floor() as usize).map(|t| t as f64).collect();
    let waveforms: Vec<(&str, Vec<f64>)> = model
        .afferents()
        .iter()
        .filter_map(|afferent| match &afferent.activity {
            AfferentActivity::Rate { rate, .. } => {
                Some((afferent.name.as_str(), times.iter().map(|&t| rate.at(t)).collect()))
            }
            AfferentActivity::Spikes { .. } => None,
        })
        .collect();
    let afferents = waveforms
        .iter()
        .map(|(name, values)| Ok(Afferent { name, rate: Series::new(&times, values)? }))
        .collect::<Result<Vec<_>, PlotError>>()?;

    let names: Vec<Vec<String>> = recording
        .populations
        .iter()
        .map(|p| {
            let trace = p.trace("V_m");
            let neurons = trace.map_or(&[][..], |t| &t.neurons[..]);
            neurons.iter().take(TRACES_PER_POPULATION).map(|k| format!("{} {k}", p.name)).collect()
        })
        .collect();
    // Of a morphological cell: other places of the first neuron that is recorded there.
    let places: Vec<Vec<(&Trace, String)>> = recording
        .populations
        .iter()
        .map(|p| {
            let kind = model.spec().populations.get(&p.name).and_then(|p| p.cell.model.as_ref());
            let kind = kind.and_then(|kind| model.spec().kinds.get(kind));
            let has_places = kind.is_some_and(|kind| kind.cell.is_some());
            let other = p.traces.iter().filter(|t| has_places && t.variable != "V_m");
            let named = other.filter_map(|trace| {
                let place = trace.variable.strip_prefix("V_")?;
                Some((trace, format!("{} {} {place}", p.name, trace.neurons.first()?)))
            });
            named.collect()
        })
        .collect();
    let mut voltages = Vec::new();
    for (index, population) in recording.populations.iter().enumerate() {
        let Some(trace) = population.trace("V_m") else { continue };
        let threshold = model.populations().get(index).map(|p| p.cell.spike_threshold());
        let spikes = unshaped(population, trace, threshold);
        for (column, name) in names[index].iter().enumerate() {
            voltages.push(VoltageTrace::from_trace(
                name,
                index,
                trace,
                column,
                spikes,
                recording.dt,
            )?);
        }
        for (trace, name) in &places[index] {
            voltages.push(VoltageTrace::from_trace(name, index, trace, 0, None, recording.dt)?);
        }
    }

    let transfer: Vec<TransferData<'_>> =
        theory.map(|t| t.transfer.iter().map(TransferGrid::data).collect()).unwrap_or_default();
    let figure = Overview {
        title: model.spec().title.as_deref().unwrap_or("ntwk"),
        dt: recording.dt,
        span,
        spikes: &spikes,
        rates: &rates,
        afferents: &afferents,
        voltages: &voltages,
        transfer: &transfer,
    };
    Ok(figure.figure(theme)?)
}
