//! Importer of the flat dictionaries of the Python package neural_network_dynamics, as JSON.
//!
//! | keys | become |
//! |---|---|
//! | `REC_POPS`, `AFF_POPS`; `N_<pop>` | populations, with `<pop>_Gl`, and afferent populations, without |
//! | `<pop>_Gl`, `Cm`, `El`, `Vthre`, `Vreset`, `Trefrac`, `deltaV`, `a`, `b`, `tauw` | a cell `LIF`, `EIF` or `AdEx` |
//! | `<pop>_Ioscill_amp`, `freq` | `I_e`, amp (1 - cos(2 pi freq t)) / 2 |
//! | `<pop>_Vclamp` | a note: the package's clamp has no conductance until a script gives it one |
//! | `p_<source>_<target>`, `Q_...`, `psyn_...` | in-degree, weight, release probability of a projection |
//! | `Erev_<source>`, `Tsyn_<source>`, else `Erev_Exc`, `Tsyn_Exc` (or `Ee`, `Tse`), or those of `Inh` | receptors |
//! | `alpha_<source>_<target>` with `V0` | receptors of the kind `mixture` |
//! | `SpatialDecay_<source>_<target>`, `Delay_...` | populations on a ring, connections and delays by distance |
//! | `<aff>_IncreasingStep_baseline`, `onset`, `size`, `length`, `smoothing`; else `Farray_<aff>`; else `Faff1`, ..., `DT`, `rise` of its demos; else `F_<aff>` | the rate of an afferent population |
//! | `dt`, `tstop`, `SEED` | the simulation |
//!
//! Keys with a space, and those without a letter, are comments. Keys of the package's scans of single cells and files are left
//! out with a note; any other key is a fault.

mod afferent;
mod dictionary;
mod model_path;
mod names;
mod population;
mod projection;
mod receptor;
mod ring;
mod scan;
mod stored;

pub use stored::import_stored;

use ntwk_core::ModelSpec;
use ntwk_core::spec::SimulationSpec;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::nearest::nearest;
use ntwk_core::spec::tree::{Node, Value};

use crate::model_file::apply_overrides;

use self::afferent::{Plateaus, afferent};
use self::dictionary::Dictionary;
use self::names::Names;
use self::population::population;
use self::projection::projections;

/// An imported model and what the importer has to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The model.
    pub spec: ModelSpec,
    /// Guesses made and keys left out, each with its key.
    pub notes: Vec<String>,
}

/// Imports a flat dictionary, after its keys were given the values of `overrides`.
///
/// # Errors
/// All faults: missing parameters, values of the wrong type, keys that are not understood, a tree that is not a table.
pub fn import_upstream(root: &Node, overrides: &[(String, String)]) -> Result<Import, Faults> {
    let mut root = root.clone();
    let (paths, overrides): (Vec<_>, Vec<_>) =
        overrides.iter().cloned().partition(|(key, _)| model_path::is_path(key));
    if let Value::Table(entries) = &mut root.value {
        // Of a key that is given twice the last counts, unless it is set.
        let mut kept = Vec::new();
        entries.retain(|(key, _)| {
            let first = !kept.contains(key);
            kept.extend(overrides.iter().filter(|o| o.0 == *key).map(|o| o.0.clone()));
            first
        });
        apply_overrides(&mut root, &[], &overrides)?;
    }
    let Value::Table(table) = &root.value else {
        let mut faults = Faults::default();
        let kind = FaultKind::WrongType {
            expected: "a table of keys".to_owned(),
            found: root.type_name(),
        };
        faults.push("(file)", None, root.line, kind);
        return Err(faults);
    };
    let mut dictionary = Dictionary::new(table);
    for (path, value) in paths {
        let rule = match model_path::key_of(&path) {
            Some(key) => format!("is a key of a model file; that of the dictionary is {key}"),
            None => "is no key of the dictionary; set those of the model when it has been imported, with 'ntwk run --set'".to_owned(),
        };
        dictionary.faults.push(&path, Some(value), None, FaultKind::Combination { rule });
    }
    let names = Names::read(&mut dictionary);
    if names.populations.is_empty() {
        dictionary.missing("N_POP", "a population: its size, and its cell (POP_Gl, POP_Cm, ...)");
        return dictionary.faults.into_result(Import { spec: ModelSpec::default(), notes: vec![] });
    }
    let plateaus = Plateaus::read(&mut dictionary, &names);
    let mut spec = ModelSpec::default();
    spec.simulation = simulation(&mut dictionary, plateaus.as_ref());
    for name in &names.populations {
        if let Some(population) = population(&mut dictionary, name) {
            spec.populations.insert(name.clone(), population);
        }
    }
    for name in &names.afferents {
        let afferent = afferent(&mut dictionary, name, plateaus.as_ref(), &spec.simulation);
        spec.afferents.extend(afferent.map(|afferent| (name.clone(), afferent)));
    }
    projections(&mut dictionary, &names, &mut spec);
    if dictionary.number("V0").is_some() && !dictionary.keys().any(|k| k.starts_with("alpha_")) {
        dictionary
            .note("V0: without effect, no receptor is a mixture (alpha_SOURCE_TARGET)".to_owned());
    }
    judge_unread(&mut dictionary, &names);
    let Dictionary { faults, notes, .. } = dictionary;
    faults.into_result(Import { spec, notes })
}

fn simulation(dictionary: &mut Dictionary<'_>, plateaus: Option<&Plateaus>) -> SimulationSpec {
    let mut simulation = SimulationSpec::default();
    let seed = dictionary.number("SEED").unwrap_or(simulation.seed as f64);
    if seed < 0.0 || seed.fract() != 0.0 {
        let kind = FaultKind::OutOfRange { allowed: "a whole number >= 0".to_owned() };
        dictionary.fault("SEED", kind);
    }
    simulation.seed = seed.max(0.0) as u64;
    match dictionary.number("dt") {
        Some(dt) if dt > 0.0 => simulation.dt = dt,
        Some(_) => dictionary.broken("dt", "must be > 0 ms".to_owned()),
        None if dictionary.has("dt") => {}
        None => dictionary.note(format!("dt: absent; {} ms", simulation.dt)),
    }
    match (dictionary.number("tstop"), plateaus) {
        (Some(t_stop), _) => simulation.t_stop = t_stop,
        (None, Some(plateaus)) if !dictionary.has("tstop") => {
            simulation.t_stop = plateaus.end();
            dictionary.note(format!(
                "tstop: absent; {} ms, when the last plateau of the rate has ended (--set tstop=1000 gives another)",
                simulation.t_stop
            ));
        }
        (None, _) => {
            dictionary.required("tstop", "the duration in ms (--set tstop=1000 gives one)");
        }
    }
    simulation
}

/// Keys that nothing read: notes where the package would not read them for a network either, else faults.
fn judge_unread(dictionary: &mut Dictionary<'_>, names: &Names) {
    let mut of_purpose: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut of_left_out: Vec<(String, usize)> = Vec::new();
    for key in dictionary.unread() {
        if let Some(purpose) = scan::purpose(key, &names.populations) {
            match of_purpose.iter_mut().find(|(other, _)| *other == purpose) {
                Some((_, keys)) => keys.push(key),
                None => of_purpose.push((purpose, vec![key])),
            }
        } else if let Some(name) = names.left_out_of(key) {
            match of_left_out.iter_mut().find(|(other, _)| other == name) {
                Some((_, n)) => *n += 1,
                None => of_left_out.push((name.clone(), 1)),
            }
        } else if let Some((_, target)) =
            Names::pair(key).filter(|(_, target)| names.afferents.iter().any(|a| a == target))
        {
            dictionary.broken(
                key,
                format!("nothing can project onto {target}, which has no cell ({target}_Gl, ...)"),
            );
        } else {
            let near = nearest(key, dictionary.asked()).map(str::to_owned);
            let valid = KEYS.iter().map(|&k| k.to_owned()).collect();
            dictionary.fault(key, FaultKind::UnknownKey { nearest: near, valid });
        }
    }
    for (purpose, keys) in of_purpose {
        dictionary.note(format!("{}: left out, {purpose}", keys.join(", ")));
    }
    for (name, n) in of_left_out {
        dictionary
            .note(format!("{name}: in neither REC_POPS nor AFF_POPS; its {n} keys are left out"));
    }
}

/// The keys of a network, for a fault.
const KEYS: [&str; 22] = [
    "REC_POPS",
    "AFF_POPS",
    "N_POP",
    "p_SOURCE_TARGET",
    "Q_SOURCE_TARGET",
    "psyn_SOURCE_TARGET",
    "alpha_SOURCE_TARGET",
    "V0",
    "SpatialDecay_SOURCE_TARGET",
    "Delay_SOURCE_TARGET",
    "Erev_SOURCE",
    "Tsyn_SOURCE",
    "POP_Gl (Cm, El, Vthre, Vreset, Trefrac, deltaV, a, b, tauw)",
    "POP_Ioscill_amp (freq)",
    "POP_Vclamp",
    "F_AFF",
    "Farray_AFF",
    "AFF_IncreasingStep_size (baseline, onset, length, smoothing)",
    "Faff1 (DT, rise)",
    "dt",
    "tstop",
    "SEED",
];
