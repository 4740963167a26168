//! Kinds of cells that a model declares by a cell file.

use std::sync::Arc;

use ntwk_core::Dimension;
use ntwk_core::kernel::{CellModel, Membrane, StateVariable};
use ntwk_core::model::cell::{BrokenRule, CellKind, Parameter, ParameterValues};
use ntwk_core::model::cell_library::DescribedCells;
use ntwk_core::spec::KindSpec;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::interned::interned;
use ntwk_core::spec::key::KeyValue;

use super::cell::MorphologicalNeuron;
use super::layout::{GroupPlan, Layout};
use super::stepper::{Definition, OpenSynapse, Soma};
use crate::geometry::morphology::Morphology;
use crate::geometry::{neurolucida, neuroml, swc};
use crate::membrane::receptor::Receptor;
use crate::mesh::compartments::Location;
use crate::mesh::location_spec::LocationSpec;
use crate::solver::impedance::Impedance;
use crate::solver::side_by_side::{COPIES, SideBySide};
use crate::spec::{Activity, BuiltCell, CellSpec, MorphologySource, RecordSpec};

/// Potential (mV) whose upward crossing is a spike where a kind says nothing: that of NEURON's NetCon.
const THRESHOLD: f64 = 10.0;

/// The morphological cells of a library: [`CellLibrary::set_described_cells`](ntwk_core::CellLibrary::set_described_cells).
#[derive(Debug, Clone, Copy, Default)]
pub struct MorphologicalCells;

impl DescribedCells for MorphologicalCells {
    fn kind(&self, name: &str, spec: &KindSpec) -> Result<Box<dyn CellKind>, Faults> {
        Ok(Box::new(MorphologicalKind::new(name, spec)?))
    }
}

/// A kind of morphological cell: all its neurons are equal, and have no parameters of their own.
#[derive(Debug)]
pub struct MorphologicalKind {
    name: &'static str,
    doc: &'static str,
    declaration: KindSpec,
    neuron: Arc<MorphologicalNeuron>,
}

impl CellKind for MorphologicalKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    fn declaration(&self) -> Option<&KindSpec> {
        Some(&self.declaration)
    }

    fn build(&self, _: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        Ok(Arc::<MorphologicalNeuron>::clone(&self.neuron))
    }
}

/// Faults with the keys below the table of the kind.
struct Judged(Faults);

impl Judged {
    fn broken(&mut self, key: impl Into<String>, rule: &(impl ToString + ?Sized)) {
        self.0.push(key, None, None, FaultKind::Combination { rule: rule.to_string() });
    }

    /// Adds the faults of the cell.
    fn of_cell(&mut self, faults: Faults) {
        for fault in faults.list {
            self.0.push(format!("cell.{}", fault.key), fault.value, None, fault.kind);
        }
    }
}

impl MorphologicalKind {
    /// Makes the kind called `name` of [`KindSpec::cell`], with the morphology of [`KindSpec::files`].
    ///
    /// # Errors
    /// All faults, with the keys below the table of the kind.
    pub fn new(name: &str, spec: &KindSpec) -> Result<Self, Faults> {
        let mut faults = Judged(Faults::default());
        let neuron = neuron(spec, &mut faults);
        let neuron = faults.0.into_result(neuron)?;
        // Without a fault there is one.
        let Some(neuron) = neuron else { return Err(Faults::default()) };
        let mut doc = spec.doc.clone().or_else(|| neuron.built.spec.title.clone());
        let text = doc.get_or_insert_with(|| "A morphological cell".to_owned());
        let text = format!(
            "{}: {} compartments, {} columns of state.",
            text.trim_end_matches('.'),
            neuron.compartments(),
            neuron.layout.len
        );
        Ok(Self {
            name: interned(name),
            doc: interned(&text),
            declaration: spec.clone(),
            neuron: Arc::new(neuron),
        })
    }
}

fn neuron(spec: &KindSpec, faults: &mut Judged) -> Option<MorphologicalNeuron> {
    let mut read = Faults::default();
    let mut cell = CellSpec::read(&spec.cell.as_ref()?.0, &mut read);
    if !read.list.is_empty() {
        faults.of_cell(read);
        return None;
    }
    let left_aside = leave_aside(&mut cell);
    if !cell.gap_junctions.is_empty() {
        faults.broken("cell.gap_junctions", "are not solved in networks: take them out");
        cell.gap_junctions.clear();
    }
    let morphology = match morphology(&cell, spec) {
        Ok(morphology) => morphology,
        Err((key, rule)) => {
            faults.broken(format!("cell.morphology.{key}"), &rule);
            return None;
        }
    };
    let built = match cell.build(&morphology) {
        Ok(built) => built,
        Err(more) => {
            faults.of_cell(more);
            return None;
        }
    };
    let settings = built.spec.simulation.settings;
    let quiet = crate::studies::quiet(&built);
    let copies = SideBySide::new(std::slice::from_ref(&quiet), &settings);
    let positions = copies.tree().positions();
    let position =
        |at: Location| quiet.compartments().node(at).map(|node| positions[node] as usize).ok();
    let soma = built.locate(&LocationSpec::Soma).ok()?;
    let detector = match &spec.detector {
        None => Some(soma),
        Some(text) => located(&built, text, "detector", faults),
    };
    let mut places = vec![("soma", soma)];
    for (name, text) in &spec.places.0 {
        let key = format!("places.{name}");
        if name == "soma" {
            faults.broken(key, "is there by itself; give this place another name");
        } else if let Some(at) = located(&built, text, &key, faults) {
            places.push((name, at));
        }
    }
    let plans = plans(&built, &positions, faults);
    if !faults.0.list.is_empty() {
        return None;
    }
    let uses_calcium = copies.mechanisms.iter().any(|m| m.uses_calcium());
    let layout = Layout::new(&copies, position(soma)?, uses_calcium, plans);
    let mut definitions = Vec::new();
    for (name, at) in places {
        let around = positions[quiet.compartments().compartment(at).ok()?] as usize;
        define_place(&copies, &layout, name, [position(at)?, around], &mut definitions);
    }
    for group in &layout.groups {
        let open = group.sites.iter().flat_map(|site| {
            site.synapses.iter().map(|s| OpenSynapse {
                receptor: s.receptor,
                scale: s.ratio * s.receptor.normalisation(),
                rise: s.rise,
                decay: s.decay,
                potential: layout.potentials[site.position],
            })
        });
        let name = interned(&format!("{}_g", group.name));
        let variable = StateVariable { name, dimension: Dimension::Conductance };
        definitions.push((variable, Definition::Conductance(open.collect())));
    }
    let mut variables = vec![StateVariable { name: "V_m", dimension: Dimension::Voltage }];
    variables.extend(layout.groups.iter().map(|group| StateVariable {
        name: interned(&group.name),
        dimension: Dimension::Conductance,
    }));
    let threshold = spec.threshold.unwrap_or(THRESHOLD);
    Some(MorphologicalNeuron {
        membrane: membrane(&built, soma, threshold),
        soma: Soma { position: position(soma)?, detector: position(detector?)?, threshold },
        variables,
        definitions: definitions.iter().map(|d| d.0).collect(),
        defined: definitions.into_iter().map(|d| d.1).collect(),
        layout,
        settings,
        cell: quiet,
        left_aside,
        built,
    })
}

/// Takes out what is of a run of the cell alone; says what that was.
fn leave_aside(cell: &mut CellSpec) -> Vec<String> {
    let mut said = Vec::new();
    if !cell.electrodes.is_empty() {
        said.push(
            "electrodes of the cell file are left aside: currents of a network are I_e and injections, into the soma"
                .to_owned(),
        );
        cell.electrodes.clear();
    }
    let mut active = Vec::new();
    for (name, synapses) in &mut cell.synapses {
        if std::mem::replace(&mut synapses.activity, Activity::Silent) != Activity::Silent {
            active.push(name.as_str());
        }
    }
    if !active.is_empty() {
        said.push(format!(
            "the activity of synapses {} of the cell file is left aside: events of a network come by projections",
            active.join(", ")
        ));
    }
    cell.record = RecordSpec::nothing();
    cell.extracellular = None;
    cell.scan = None;
    said
}

/// The morphology of a cell: generated, or of a file whose text is among those of the kind.
fn morphology(cell: &CellSpec, spec: &KindSpec) -> Result<Morphology, (&'static str, String)> {
    let text = |key: &'static str, file: &str| {
        let text = spec.files.get(file).map(str::as_bytes);
        text.ok_or_else(|| (key, format!("{file} has not been read: give its text under files")))
    };
    match &cell.morphology.source {
        MorphologySource::Swc { file, options } => swc::read(text("swc", file)?, options)
            .map(|reading| reading.morphology)
            .map_err(|e| ("swc", format!("{file}: {e}"))),
        MorphologySource::Neurolucida(file) => neurolucida::read(text("neurolucida", file)?)
            .map(|reading| reading.morphology)
            .map_err(|e| ("neurolucida", format!("{file}: {e}"))),
        MorphologySource::Neuroml(file) => {
            neuroml::read(text("neuroml", file)?).map_err(|e| ("neuroml", format!("{file}: {e}")))
        }
        MorphologySource::Generator(generator, seed) => {
            generator.build(*seed).map_err(|e| ("generator", e.to_string()))
        }
    }
}

fn located(built: &BuiltCell, text: &str, key: &str, faults: &mut Judged) -> Option<Location> {
    let found = text.parse::<LocationSpec>().and_then(|at| built.locate(&at));
    found.map_err(|rule| faults.broken(key, &format!("\"{text}\": {rule}"))).ok()
}

/// The groups of synapses with their sites.
fn plans(built: &BuiltCell, positions: &[u32], faults: &mut Judged) -> Vec<GroupPlan> {
    let mut plans = Vec::new();
    for placed in &built.synapses {
        let Some(written) = built.spec.synapses.get(&placed.name) else { continue };
        let key = |receptor: &str| format!("cell.synapses.{}.receptors.{receptor}", placed.name);
        let first = written.receptors.values().next().copied().unwrap_or(0.0);
        let mut receptors = Vec::new();
        for (name, &weight) in &written.receptors {
            if first <= 0.0 {
                let rule = "must not be 0: the weight of a projection is that of the first receptor, the others keep their share";
                faults.broken(key(name), rule);
                break;
            }
            match built.spec.receptors.get(name).map(|model| model.receptor()) {
                Some(Receptor::DoubleExponential(receptor)) => {
                    receptors.push((receptor, weight / first));
                }
                _ => {
                    let rule = "GABA_B saturates, so that events of a step cannot be added up: in networks, give the receptor \
                                model = \"double_exponential\"";
                    faults.broken(key(name), rule);
                }
            }
        }
        if placed.locations.is_empty() {
            faults.broken(format!("cell.synapses.{}", placed.name), "has no location");
        }
        let mut sites: Vec<(usize, usize)> = Vec::new();
        for &at in &placed.locations {
            let Ok(node) = built.cell.compartments().node(at) else { continue };
            let position = positions[node] as usize;
            match sites.iter_mut().find(|site| site.0 == position) {
                Some(site) => site.1 += 1,
                None => sites.push((position, 1)),
            }
        }
        plans.push(GroupPlan { name: placed.name.clone(), receptors, sites });
    }
    plans
}

/// What can be recorded at a place: its potential (but that of the soma, which is `V_m`), and calcium and the gates of the
/// compartment around it.
fn define_place(
    copies: &SideBySide,
    layout: &Layout,
    name: &str,
    [node, compartment]: [usize; 2],
    definitions: &mut Vec<(StateVariable, Definition)>,
) {
    let mut define = |name: String, dimension: Dimension, column: usize| {
        let variable = StateVariable { name: interned(&name), dimension };
        definitions.push((variable, Definition::Column(column)));
    };
    if name != "soma" {
        define(format!("V_{name}"), Dimension::Voltage, layout.potentials[node]);
    }
    if let Some(first) = layout.calcium {
        define(format!("Ca_{name}"), Dimension::Concentration, first + compartment);
    }
    for states in &layout.states {
        let placed = &copies.mechanisms[states.mechanism];
        let Some(place) = placed.place(compartment * COPIES) else { continue };
        let gate = placed.variables()[states.variable];
        let column = states.first + place / COPIES;
        define(format!("{}_{gate}_{name}", placed.name()), Dimension::Number, column);
    }
}

/// Constants of the membrane that the soma sees about the initial potential.
fn membrane(built: &BuiltCell, soma: Location, threshold: f64) -> Membrane {
    let settings = &built.spec.simulation.settings;
    let cell = &built.cell;
    let v = settings.v_init;
    // pF and nS of the whole cell.
    let capacitance = 1e3 * cell.total_capacitance();
    let areas = cell.compartments().as_slice().iter().map(|c| c.area);
    let density = cell.admittance(v, settings.celsius, 0.0).unwrap_or_default();
    let whole: f64 = areas
        .zip(&density)
        .map(|(area, y)| 1e3 * crate::units::US_PER_S_CM2_UM2 * area * y.re)
        .sum();
    let whole = if whole > 0.0 { whole } else { capacitance };
    let input = Impedance::new(cell, 0.0, v, settings.celsius)
        .ok()
        .and_then(|z| z.input(soma).ok())
        .map(|z| 1e3 / z.re)
        .filter(|g| g.is_finite() && *g > 0.0);
    let g_l = input.unwrap_or(whole);
    Membrane {
        C_m: g_l * capacitance / whole,
        g_L: g_l,
        E_L: v,
        V_th: threshold,
        V_reset: v,
        t_ref: 0.0,
        a: 0.0,
        b: 0.0,
        tau_w: 1.0,
    }
}
