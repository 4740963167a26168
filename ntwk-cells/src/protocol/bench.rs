//! The cell on the bench.

use ntwk_core::model::cell_library::PresetNameError;
use ntwk_core::spec::{
    CellSpec, CurrentSpec, InjectionSpec, KindSpec, Method, Named, NeuronsSpec, ParameterText,
    PopulationSpec, RecordSpec, SimulationSpec,
};
use ntwk_core::{CellLibrary, Faults, Membrane, Model, ModelSpec, Waveform};

use super::{POPULATION, ProtocolError};

/// A cell on the bench: what it is and how it is integrated.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The cell.
    pub cell: CellSpec,
    /// Time step (ms), > 0.
    pub dt: f64,
    /// Numerical method.
    pub method: Method,
    /// The population of a model file that the cell was taken from.
    pub population: Option<String>,
    /// Kinds and currents that the cell is made of, where a model declares them.
    pub kinds: Named<KindSpec>,
    /// See `kinds`.
    pub currents: Named<CurrentSpec>,
}

impl Bench {
    /// A cell with the default step and method.
    #[must_use]
    pub fn new(cell: CellSpec) -> Self {
        let SimulationSpec { dt, method, .. } = SimulationSpec::default();
        Self { cell, dt, method, population: None, kinds: Named::new(), currents: Named::new() }
    }

    /// The model of a protocol: neuron `i` under `currents[i]` (pA) for `duration` ms, without anything else.
    ///
    /// # Errors
    /// All faults of the cell and the settings.
    pub fn model(
        &self,
        currents: &[Waveform],
        duration: f64,
        record: RecordSpec,
        library: &CellLibrary,
    ) -> Result<Model, Faults> {
        let mut population = PopulationSpec::new(currents.len() as u64, self.cell.clone());
        population.injections = (0u64..)
            .zip(currents)
            .map(|(i, current)| InjectionSpec::new(NeuronsSpec::List(vec![i]), current.clone()))
            .collect();
        let mut spec = ModelSpec::new(duration);
        spec.simulation.dt = self.dt;
        spec.simulation.method = self.method;
        spec.kinds = self.kinds.clone();
        spec.currents = self.currents.clone();
        spec.populations = Named::from([(POPULATION.to_owned(), population)]);
        spec.record = record;
        Model::from_spec(spec, library).map_err(|mut faults| {
            faults.list.iter_mut().for_each(|fault| fault.key = self.as_written(&fault.key));
            faults
        })
    }

    /// A text about the model of a protocol with the keys that its user wrote: parameters of the cell by their names alone, or as
    /// those of the population they were taken from.
    #[must_use]
    pub fn as_written(&self, text: &str) -> String {
        let key = format!("populations.{POPULATION}.cell");
        match &self.population {
            Some(name) => text.replace(&key, &format!("populations.{name}.cell")),
            None => text.replace(&format!("{key}."), ""),
        }
    }

    /// The cell called `name`, a preset, a preset with changes in its name (`AdExp_a_4_b_40`) or a kind, with parameters
    /// changed to `values`; default step and method.
    ///
    /// # Errors
    /// [`ProtocolError::Unknown`].
    pub fn named(
        name: &str,
        values: Vec<(String, ParameterText)>,
        library: &CellLibrary,
    ) -> Result<Self, ProtocolError> {
        // A kind whose parameters are given means the kind, also where a preset has its name.
        let wanted = |key: &str| values.iter().any(|v| v.0 == key);
        let kind = library.kind(name).filter(|kind| {
            library.preset(name).is_none()
                || kind.parameters().iter().take(2).all(|p| wanted(p.name))
        });
        let (model, preset) = match (kind, library.named_preset(name)) {
            (Some(_), _) => (Some(name.to_owned()), None),
            (None, Ok(_)) => (None, Some(name.to_owned())),
            (None, Err(source)) => return Err(Self::unknown(name, source, library)),
        };
        Ok(Self::new(CellSpec {
            model,
            preset,
            currents: Vec::new(),
            values,
            distributed: Vec::new(),
        }))
    }

    /// The cell of a population of `model`, with its step and method.
    ///
    /// # Errors
    /// [`ProtocolError::Population`].
    pub fn of_population(model: &Model, name: &str) -> Result<Self, ProtocolError> {
        let populations = &model.spec().populations;
        let Some(population) = populations.get(name) else {
            let known = populations.keys().cloned().collect();
            return Err(ProtocolError::Population { name: name.to_owned(), known });
        };
        Ok(Self {
            cell: population.cell.clone(),
            dt: model.dt(),
            method: model.method(),
            population: Some(name.to_owned()),
            kinds: model.spec().kinds.clone(),
            currents: model.spec().currents.clone(),
        })
    }

    /// The current (pA) that brings the passive cell to its threshold, rounded to two digits; for a cell without a leak
    /// conductance `10 C_m`, the I = 10 of Izhikevich (2003).
    ///
    /// # Errors
    /// The faults of the cell.
    pub fn current_scale(&self, library: &CellLibrary) -> Result<f64, Faults> {
        let alone =
            self.model(&[Waveform::Constant(0.0)], self.dt, RecordSpec::default(), library)?;
        let cell = &alone.populations()[0].cell;
        let Membrane { g_L, V_th, E_L, C_m, .. } = cell.membrane();
        let rheobase = g_L * (V_th - E_L);
        if cell.beyond_theory().is_some() || rheobase <= 0.0 {
            return Ok(10.0 * C_m);
        }
        let step = 10f64.powf(rheobase.log10().floor() - 1.0);
        Ok((rheobase / step).round() * step)
    }

    /// The error for a name that is neither a kind nor a preset.
    #[must_use]
    pub fn unknown(name: &str, source: PresetNameError, library: &CellLibrary) -> ProtocolError {
        let hint = match &source {
            PresetNameError::Unknown { .. } => library.nearest(name).map_or_else(
                || "list them with: ntwk cells list".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            ),
            other => other.to_string(),
        };
        ProtocolError::Unknown { name: name.to_owned(), hint, source: Box::new(source) }
    }
}
