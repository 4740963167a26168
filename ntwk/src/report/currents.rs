//! The currents through the membranes of a recorded population.

use ndarray::{Array2, Axis, Zip};
use ntwk_core::model::SampleSteps;
use ntwk_core::{Model, PopulationRecording, Trace};

/// The synaptic currents of the recorded neurons, summed over the receptors.
///
/// Currents are those that flow into the cell. A receptor is excitatory when its current depolarises at the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct SynapticCurrents {
    /// Excitatory current (pA), `[samples x neurons]`; `None` when nothing of it was recorded.
    pub excitatory: Option<Array2<f64>>,
    /// Inhibitory current (pA), of the same shape.
    pub inhibitory: Option<Array2<f64>>,
    /// When samples were taken.
    pub steps: SampleSteps,
    /// Numbers of the neurons, by column.
    pub neurons: Vec<u32>,
}

/// The current of one receptor.
struct ReceptorCurrent {
    current: Array2<f64>,
    steps: SampleSteps,
    neurons: Vec<u32>,
}

/// The synaptic currents of population `index` of the model: as recorded (`I_<receptor>`), else from the recorded
/// conductances and potentials, `g_<receptor> (E_rev - V_m)`. Of several traces of a variable the one counts that covers the run.
#[must_use]
pub fn synaptic_currents(
    model: &Model,
    index: usize,
    recorded: &PopulationRecording,
) -> SynapticCurrents {
    let mut found: [Option<Array2<f64>>; 2] = [None, None];
    let mut like: Option<(SampleSteps, Vec<u32>)> = None;
    let threshold = model.populations().get(index).map_or(f64::NAN, |p| p.cell.membrane().V_th);
    for r in model.receptors_of(index) {
        let receptor = &model.receptors()[r];
        let Some(own) = receptor_current(recorded, model, r) else { continue };
        let (steps, neurons) = like.get_or_insert((own.steps, own.neurons.clone()));
        // Currents add up where they are those of the same neurons at the same times.
        if own.steps != *steps || own.neurons != *neurons {
            continue;
        }
        let (p, q) = receptor.kind.coefficients();
        let onto = model.projections_onto(index).filter(|projection| projection.receptor == r);
        let weight: f64 = onto.map(|projection| projection.weight).sum();
        let kind = &mut found[usize::from(weight * (q - p * threshold) <= 0.0)];
        *kind = Some(match kind.take() {
            Some(sum) => sum + own.current,
            None => own.current,
        });
    }
    let (steps, neurons) = like.unwrap_or((SampleSteps::every(1), Vec::new()));
    let [excitatory, inhibitory] = found;
    SynapticCurrents { excitatory, inhibitory, steps, neurons }
}

/// The samples of a variable of at least a neuron: those of the whole run, else any.
#[must_use]
pub fn samples_of<'a>(recorded: &'a PopulationRecording, variable: &str) -> Option<&'a Trace> {
    let found = recorded.trace_of_the_run(variable).or_else(|| recorded.trace(variable));
    found.filter(|t| !t.neurons.is_empty())
}

fn receptor_current(
    recorded: &PopulationRecording,
    model: &Model,
    receptor: usize,
) -> Option<ReceptorCurrent> {
    let receptor = &model.receptors()[receptor];
    if let Some(t) = samples_of(recorded, &format!("I_{}", receptor.name)) {
        let (current, neurons) = (t.data.clone(), t.neurons.clone());
        return Some(ReceptorCurrent { current, steps: t.steps, neurons });
    }
    let conductance = samples_of(recorded, &format!("g_{}", receptor.name))?;
    let potential = samples_of(recorded, "V_m")?;
    if conductance.steps != potential.steps || conductance.data.nrows() != potential.data.nrows() {
        return None;
    }
    let place = |id: &u32| potential.neurons.iter().position(|n| n == id);
    let columns: Vec<(usize, usize)> = (conductance.neurons.iter().enumerate())
        .filter_map(|(column, id)| Some((column, place(id)?)))
        .collect();
    let (of_g, of_v): (Vec<usize>, Vec<usize>) = columns.into_iter().unzip();
    if of_g.is_empty() {
        return None;
    }
    let (p, q) = receptor.kind.coefficients();
    let mut current = conductance.data.select(Axis(1), &of_g);
    let potentials = potential.data.select(Axis(1), &of_v);
    Zip::from(&mut current).and(&potentials).for_each(|g, &v| *g *= q - p * v);
    let neurons = of_g.iter().map(|&c| conductance.neurons[c]).collect();
    Some(ReceptorCurrent { current, steps: conductance.steps, neurons })
}

/// The leak current `g_L (E_L - V_m)` (pA) of the neurons and times of [`samples_of`] `V_m`, `[samples x neurons]`; `None` for cells
/// without a leak (Izhikevich's) and without a recorded potential.
#[must_use]
pub fn leak_current(
    model: &Model,
    index: usize,
    recorded: &PopulationRecording,
) -> Option<Array2<f64>> {
    let population = model.populations().get(index)?;
    let leaks =
        population.parameters.get("g_L").is_some() || population.cell.linear_membrane().is_some();
    let trace = samples_of(recorded, "V_m").filter(|_| leaks)?;
    let membrane = population.cell.membrane();
    Some(trace.data.mapv(|v| membrane.g_L * (membrane.E_L - v)))
}

/// The exponential current `g_L Delta_T exp((V_m - V_th) / Delta_T)` (pA) likewise; `None` for cells without one.
#[must_use]
pub fn exponential_current(
    model: &Model,
    index: usize,
    recorded: &PopulationRecording,
) -> Option<Array2<f64>> {
    let population = model.populations().get(index)?;
    let value = |name: &str| population.parameters.get(name);
    #[allow(non_snake_case)]
    let (g_L, Delta_T, V_th) = (value("g_L")?, value("Delta_T")?, value("V_th")?);
    let trace = samples_of(recorded, "V_m").filter(|_| Delta_T > 0.0)?;
    Some(trace.data.mapv(|v| g_L * Delta_T * ((v - V_th) / Delta_T).exp()))
}
