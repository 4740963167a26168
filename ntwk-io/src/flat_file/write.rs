//! Writing the flat layout, so that the plots and analyses of the Python package work on the file.

use std::path::Path;

use hdf5::{AttrValue, FileBuilder};
use ndarray::Array2;
use ntwk_core::model::{SampleSteps, Source};
use ntwk_core::spec::{AfferentActivity, SpikeListSpec, Trains};
use ntwk_core::{Model, PopulationRecording, Recording, Spikes, Trace};

use super::keys::{Keys, receptors_of};
use super::{NEURONS, SUM_OF, VARIABLE};
use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_writer::{check_name, text};
use crate::run_file::check_spikes;

/// Writes a recording of `model` in the flat layout, for scripts made for the Python package; the file is replaced in one step.
/// Returns what of the model the keys of the package leave out.
///
/// # Errors
/// [`FileError::Inconsistent`] for a trace that is not sampled in every step (the layout has one time axis), and for two of one variable;
/// [`FileError::Name`]; [`FileError::Io`] or [`FileError::Hdf5`].
pub fn write_flat(
    path: &Path,
    recording: &Recording,
    model: &Model,
) -> Result<Vec<String>, FileError> {
    let Keys { numbers, cells, mut notes } = Keys::of(model);
    let mut file = FileBuilder::new();
    let mut number = |key: &str, value: f64| -> Result<(), FileError> {
        check_name("key", key)?;
        file.create_dataset(key).with_data(&[value]).with_shape(&[]);
        Ok(())
    };
    number("dt", recording.dt)?;
    number("tstop", whole_steps(recording))?;
    for (key, value) in &numbers {
        number(key, *value)?;
    }
    let populations: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
    let afferents: Vec<&str> = model.afferents().iter().map(|a| a.name.as_str()).collect();
    for (key, names) in [("REC_POPS", populations), ("AFF_POPS", afferents)] {
        if !names.is_empty() {
            file.create_dataset(key).with_vlen_strings(&names);
        }
    }
    for (index, population) in recording.populations.iter().enumerate() {
        let name = &population.name;
        check_name("population", name)?;
        let mut group = file.create_group(&index.to_string());
        group.create_dataset("name").with_vlen_strings(&[name]).with_shape(&[]);
        group.create_dataset("N").with_data(&[population.size as u64]).with_shape(&[]);
        file.add_group(group.finish());
        let mut group = file.create_group(&format!("{index}_params"));
        group.create_dataset("name").with_vlen_strings(&[name]).with_shape(&[]);
        group.create_dataset("N").with_data(&[population.size as u64]).with_shape(&[]);
        for (key, value) in cells.get(index).into_iter().flatten() {
            group.create_dataset(key).with_data(&[*value]).with_shape(&[]);
        }
        file.add_group(group.finish());
        if let Some(spikes) = &population.spikes {
            add_spikes(&mut file, name, spikes, recording.dt)?;
        }
        let to_hz = 1e3 / (population.size.max(1) as f64 * recording.dt);
        let rates: Vec<f64> = population.counts.iter().map(|&n| f64::from(n) * to_hz).collect();
        file.create_dataset(&format!("POP_ACT_{name}"))
            .with_data(&rates)
            .set_attr("units", text("Hz"));
        for (i, trace) in population.traces.iter().enumerate() {
            if population.traces[..i].iter().any(|t| t.variable == trace.variable) {
                return Err(FileError::Inconsistent {
                    object: format!("{} of {name}", trace.name()),
                    problem: "the flat layout has one set of neurons for each variable".to_owned(),
                });
            }
            add_trace(&mut file, name, trace)?;
        }
        add_sums(&mut file, model, index, population);
    }
    for afferent in &recording.afferents {
        check_name("afferent population", &afferent.name)?;
        add_spikes(&mut file, &afferent.name, &afferent.spikes, recording.dt)?;
    }
    add_afferents(&mut file, recording, model, &mut notes);
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })?;
    Ok(notes)
}

/// The duration (ms), no less than its steps times `dt`: the package counts the steps by the whole part of the quotient.
fn whole_steps(recording: &Recording) -> f64 {
    let mut duration = recording.duration();
    while (duration / recording.dt) < recording.n_steps as f64 {
        duration = duration.next_up();
    }
    duration
}

fn add_spikes(
    file: &mut FileBuilder,
    name: &str,
    spikes: &Spikes,
    dt: f64,
) -> Result<(), FileError> {
    check_spikes(name, spikes)?;
    let ids: Vec<i64> = spikes.ids.iter().map(|&id| i64::from(id)).collect();
    file.create_dataset(&format!("tRASTER_{name}"))
        .with_data(&spikes.times(dt))
        .set_attr("units", text("ms"));
    file.create_dataset(&format!("iRASTER_{name}")).with_data(&ids);
    Ok(())
}

fn add_trace(file: &mut FileBuilder, population: &str, trace: &Trace) -> Result<(), FileError> {
    let key = if trace.variable == "V_m" { "VMS" } else { &trace.variable };
    if trace.steps != SampleSteps::every(1) {
        return Err(FileError::Inconsistent {
            object: format!("{} of {population}", trace.name()),
            problem: "the flat layout has one sample in every step of the run (record.interval)"
                .to_owned(),
        });
    }
    let name = format!("{key}_{population}");
    check_name("dataset", &name)?;
    add_samples(file, &name, trace, &trace.data).set_attr(VARIABLE, text(&trace.variable));
    Ok(())
}

/// Samples of the neurons of `like`, one row each.
fn add_samples<'f>(
    file: &'f mut FileBuilder,
    name: &str,
    like: &Trace,
    data: &Array2<f64>,
) -> &'f mut hdf5::DatasetBuilder {
    let (frames, columns) = data.dim();
    let by_neuron: Vec<f64> = data.t().iter().copied().collect();
    let neurons: Vec<u64> = like.neurons.iter().map(|&id| u64::from(id)).collect();
    file.create_dataset(name)
        .with_data(&by_neuron)
        .with_shape(&[columns as u64, frames as u64])
        .set_attr("units", text(&like.unit))
        .set_attr(NEURONS, AttrValue::U64Array(neurons))
}

/// The sums over excitatory and inhibitory receptors that the package records; zeros where a population has no receptor of a class.
fn add_sums(file: &mut FileBuilder, model: &Model, index: usize, population: &PopulationRecording) {
    for (prefix, key) in [("I_", "ISYN"), ("g_", "GSYN")] {
        let mut all = population.traces.iter().filter(|t| t.variable.starts_with(prefix));
        let Some(like) = all.next() else { continue };
        for (class, excitatory) in [("e", true), ("i", false)] {
            let names: Vec<String> = receptors_of(model, index, excitatory)
                .into_iter()
                .map(|r| format!("{prefix}{}", model.receptors()[r].name))
                .collect();
            let of_class: Vec<&Trace> =
                population.traces.iter().filter(|t| names.contains(&t.variable)).collect();
            // There is no sum over different neurons.
            if of_class.iter().any(|t| t.neurons != like.neurons) {
                continue;
            }
            let of_class = of_class.into_iter();
            let sum = of_class.fold(Array2::zeros(like.data.dim()), |sum, t| sum + &t.data);
            add_samples(file, &format!("{key}{class}_{}", population.name), like, &sum)
                .set_attr(SUM_OF, text(&names.join(" ")));
        }
    }
}

/// Rates of afferent neurons in every step, and given spikes where their spikes are not recorded.
fn add_afferents(
    file: &mut FileBuilder,
    recording: &Recording,
    model: &Model,
    notes: &mut Vec<String>,
) {
    for (index, afferent) in model.afferents().iter().enumerate() {
        let name = &afferent.name;
        // Recorded spikes of its neurons have those that are given among them.
        let is_recorded = recording.afferent(name).is_some();
        let add_given = |file: &mut FileBuilder, spikes: &SpikeListSpec| {
            if is_recorded {
                return;
            }
            let ids: Vec<i64> = spikes.ids.iter().map(|&id| id as i64).collect();
            file.create_dataset(&format!("tRASTER_{name}")).with_data(&spikes.times);
            file.create_dataset(&format!("iRASTER_{name}")).with_data(&ids);
        };
        let rate = match &afferent.activity {
            AfferentActivity::Spikes { spikes } => {
                add_given(file, spikes);
                continue;
            }
            AfferentActivity::Rate { rate, trains, .. } => {
                if let Trains::PerSource { spikes, .. } = trains
                    && !spikes.is_empty()
                {
                    add_given(file, spikes);
                }
                rate
            }
        };
        let values: Vec<f64> =
            (0..recording.n_steps).map(|k| rate.at(k as f64 * recording.dt)).collect();
        if rate.constant().is_none() {
            file.create_dataset(&format!("Farray_{name}")).with_data(&values);
        }
        let onto = model.projections().iter().filter(|p| p.source == Source::Afferent(index));
        let mut targets: Vec<&str> =
            onto.map(|p| model.populations()[p.target].name.as_str()).collect();
        targets.sort_unstable();
        targets.dedup();
        for target in targets {
            // The package splits these names at every underscore.
            if name.contains('_') || target.contains('_') {
                notes.push(format!(
                    "Rate_{name}_{target}: left out, the plots of the package fail on a name with an underscore in it"
                ));
                continue;
            }
            file.create_dataset(&format!("Rate_{name}_{target}"))
                .with_data(&values)
                .set_attr("units", text("Hz"));
        }
    }
}
