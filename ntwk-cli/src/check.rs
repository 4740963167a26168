//! `ntwk check`: the resolved model as a table.

use ntwk_core::spec::{
    AfferentActivity, DelaySpec, EventStatistics, PlasticitySpec, ReceptorKind, Trains, VariablesOf,
};
use ntwk_core::{CellLibrary, Model};

use super::Failure;
use super::args::CheckArgs;
use super::output::{note, print};
use ntwk::run::plan::Resources;
use ntwk::sweep::command::{NetworkCommand, command_of};
use ntwk::sweep::points::SweepPlan;
use ntwk_io::ModelFileError;

use super::table::{Table, bytes, number};

pub(crate) fn run(args: &CheckArgs, library: &CellLibrary) -> Result<(), Failure> {
    let model = ntwk_io::read_model(&args.model.model, &args.model.overrides, library)?;
    if let Some(title) = &model.spec().title {
        print(title);
    }
    if let Some(reference) = &model.spec().reference {
        print(reference);
    }
    if let Some(sweep) = &model.spec().scan {
        command_of::<NetworkCommand>(sweep).map_err(ModelFileError::from)?;
        let plan = SweepPlan::new(&model, sweep)?;
        plan.check(library, &plan.points().collect::<Vec<_>>()).map_err(ModelFileError::from)?;
    }
    print("");
    print(simulation(&model));
    let tables = [receptors(&model), populations(&model), afferents(&model), projections(&model)];
    tables.iter().filter(|table| !table.is_empty()).for_each(print);
    print(memory(&model));
    model.notices().iter().for_each(note);
    Ok(())
}

fn simulation(model: &Model) -> String {
    let s = &model.spec().simulation;
    format!(
        "{} steps of {} ms = {} ms, method {}, seed {}\n",
        model.n_steps(),
        s.dt,
        model.t_stop(),
        s.method,
        s.seed
    )
}

#[allow(non_snake_case)]
fn receptors(model: &Model) -> Table {
    let mut table =
        Table::new(&["receptor", "acts as", "E_rev (mV)", "tau_syn (ms)", "tau_rise (ms)"]);
    for r in model.receptors() {
        let kind = match &r.kind {
            ReceptorKind::Conductance { .. } => "conductance".to_owned(),
            ReceptorKind::Current => "current".to_owned(),
            ReceptorKind::Delta => "step of V_m".to_owned(),
            ReceptorKind::Variable { variable, .. } => format!("variable {variable} of the cell"),
            ReceptorKind::Equations { per, .. } => match per {
                VariablesOf::Target => "equations, per target".to_owned(),
                VariablesOf::Source => "equations, per source".to_owned(),
            },
            ReceptorKind::Mixture { alpha, V_0, .. } => {
                format!("mixture, alpha = {alpha}, V_0 = {V_0} mV")
            }
        };
        let or_dash = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| x.to_string());
        let (E_rev, tau_rise) = (or_dash(r.E_rev()), or_dash(r.tau_rise));
        let tau_syn = or_dash(r.kind.decays().then_some(r.tau_syn));
        table.row(vec![r.name.clone(), kind, E_rev, tau_syn, tau_rise]);
    }
    table
}

/// One column per population, one row per parameter: the parameter table of a paper.
fn populations(model: &Model) -> Table {
    let mut header = vec!["population"];
    header.extend(model.populations().iter().map(|p| p.name.as_str()));
    let mut table = Table::new(&header);
    let mut row = |name: String, cell: &dyn Fn(&ntwk_core::model::Population) -> String| {
        table.row(std::iter::once(name).chain(model.populations().iter().map(cell)).collect());
    };
    row("neurons".to_owned(), &|p| p.size.to_string());
    row("cell".to_owned(), &|p| p.kind.clone());
    let mut names: Vec<(&str, &str)> = Vec::new();
    for population in model.populations() {
        for parameter in &population.parameter_table {
            // Kinds may give one name to quantities of different units.
            let named = (parameter.name, parameter.dimension.unit());
            if !names.contains(&named) {
                names.push(named);
            }
        }
    }
    for (name, unit) in names {
        let label = if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") };
        row(label, &|p| {
            let own = &p.parameter_table;
            match name {
                // Derived where it is not given.
                "V_peak" => p.cell.spike_threshold().to_string(),
                _ if !own.iter().any(|q| (q.name, q.dimension.unit()) == (name, unit)) => {
                    "–".to_owned()
                }
                _ => p.parameters.get(name).map_or_else(|| "–".to_owned(), |x| x.to_string()),
            }
        });
    }
    row("tau_m = C_m/g_L (ms)".to_owned(), &|p| {
        // A cell without a leak conductance has no such time constant.
        let leaky = p.cell.beyond_theory().is_none();
        if leaky { number(p.cell.membrane().tau_m(), 3) } else { "–".to_owned() }
    });
    row("I_e (pA)".to_owned(), &|p| {
        p.current.constant().map_or_else(|| "waveform".to_owned(), |x| x.to_string())
    });
    table
}

fn afferents(model: &Model) -> Table {
    let mut table = Table::new(&["afferent population", "neurons", "rate (Hz)", "events"]);
    for a in model.afferents() {
        let (rate, events) = match &a.activity {
            AfferentActivity::Rate { rate, statistics, trains } => (
                rate.constant().map_or_else(
                    || {
                        let n = model.n_steps();
                        let values = (0..n).map(|k| rate.at(f64::from(k) * model.dt()));
                        let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), x| {
                            (low.min(x), high.max(x))
                        });
                        format!("{low:.3} to {high:.3}")
                    },
                    |x| x.to_string(),
                ),
                match (statistics, trains) {
                    (EventStatistics::Poisson, Trains::PerTarget) => "Poisson, per target",
                    (EventStatistics::AtMostOnePerStep, Trains::PerTarget) => {
                        "at most one per target and step"
                    }
                    (EventStatistics::Poisson, Trains::PerSource { correlation, .. }) => {
                        if *correlation > 0.0 {
                            "Poisson, correlated sources"
                        } else {
                            "Poisson, per source"
                        }
                    }
                    (EventStatistics::AtMostOnePerStep, Trains::PerSource { .. }) => {
                        "at most one per source and step"
                    }
                },
            ),
            AfferentActivity::Spikes { spikes } => {
                ("–".to_owned(), if spikes.times.is_empty() { "none" } else { "given spikes" })
            }
        };
        table.row(vec![a.name.clone(), a.size.to_string(), rate, events.to_owned()]);
    }
    table
}

fn projections(model: &Model) -> Table {
    let mut table = Table::new(&[
        "projection",
        "entry",
        "from",
        "to",
        "receptor",
        "weight (nS, pA)",
        "delay (ms)",
        "release",
        "rule",
        "in-degree",
        "synapses",
    ]);
    // Every target of an entry has a projection.
    let entries = model.spec().projections.iter().enumerate();
    let entries = entries.flat_map(|(i, p)| std::iter::repeat_n(i, p.target.len()));
    for (p, entry) in model.projections().iter().zip(entries) {
        let target = &model.populations()[p.target];
        let plasticity = match p.plasticity {
            None => "",
            Some(PlasticitySpec::TsodyksMarkram { .. }) => ", short-term plasticity",
            Some(PlasticitySpec::Stdp { .. }) => ", STDP",
        };
        let synapse = p.synapse.and_then(|i| model.spec().synapses.get_index(i));
        let synapse = synapse.map_or_else(String::new, |s| format!(", synapses {}", s.0));
        let rule = format!("{}{plasticity}{synapse}", p.connection.name().replace('_', " "));
        let weight = match p.weights.constant() {
            Some(w) => w.to_string(),
            None => {
                let sd = p.weight_cv() * p.weight.abs();
                format!("{} ± {}", number(p.weight, 3), number(sd, 3))
            }
        };
        let delay = match &p.delays {
            DelaySpec::Distance { base, velocity } => format!("{base} + d / ({velocity} m/s)"),
            DelaySpec::Drawn(d) if d.constant().is_none() => {
                let [mean, sd] = model.drawn_delays(p).unwrap_or([d.mean(), d.sd()]);
                format!("{} ± {}", number(mean, 3), number(sd, 3))
            }
            DelaySpec::Drawn(_) => {
                // Without the rounding of the last bit.
                ((f64::from(p.delay_steps) * model.dt() * 1e9).round() / 1e9).to_string()
            }
        };
        table.row(vec![
            p.name.clone(),
            format!("[{entry}]"),
            model.source_name(p.source).to_owned(),
            target.name.clone(),
            model.receptors()[p.receptor].name.clone(),
            weight,
            delay,
            p.release_probability.to_string(),
            rule,
            number(p.in_degree, if p.in_degree.fract() == 0.0 { 0 } else { 1 }),
            number(p.synapses(target.size), 0),
        ]);
    }
    table
}

/// Estimate of the memory and the disk a run takes.
fn memory(model: &Model) -> String {
    let needs = Resources::of(model);
    format!(
        "memory: state {}, {} synapses in target lists {}\ndisk: recorded variables {} (single precision), spikes 16 B each",
        bytes(needs.state_bytes),
        number(needs.synapses, 0),
        bytes(needs.synapse_bytes),
        bytes(needs.sample_bytes),
    )
}
