//! `ntwk morpho background`.

use ntwk::studies::background_task::BackgroundTask;
use ntwk_io::cell_text;
use ntwk_morpho::studies::{BackgroundProtocol, BackgroundStudy};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Width};

use super::args::BackgroundArgs;
use super::work::points;
use super::{cell, group, locate, title};
use crate::Failure;
use crate::output::{make_folder, note, print, theme, write, write_figure};
use crate::run::list_files;
use crate::table::{Table, number, optional};
use crate::terminal::Terminal;

pub(crate) fn run(args: &BackgroundArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let (spec, contact) = group(&built, args.synapses.as_deref())?;
    let (at, to) = (locate(&built, &args.at)?, locate(&built, &args.to)?);
    let needed = args.transient + args.duration;
    if built.spec.simulation.t_stop < needed {
        let message = format!(
            "the synapses are active until simulation.t_stop = {} ms; this command needs {needed} ms: \
             --set simulation.t_stop='{needed} ms', or a shorter --duration",
            built.spec.simulation.t_stop
        );
        return Err(Failure::Argument(message));
    }
    if built.synapses.iter().all(|s| s.events.iter().all(Vec::is_empty)) {
        return Err(Failure::Argument("no synapse of the cell file is active".to_owned()));
    }
    let threshold = built.spec.record.threshold;
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let protocol = BackgroundProtocol {
        at: to,
        probe: contact,
        probe_at: at,
        current: args.current,
        transient: args.transient,
        duration: args.duration,
        threshold,
    };
    let task = BackgroundTask {
        study: BackgroundStudy::new(&built, protocol, &terminal.job())?,
        description: cell_text(&file, &args.study.cell.cell, None)?,
        synapses: spec.name.clone(),
        seed: built.spec.simulation.seed,
    };
    make_folder(&out.out)?;
    let stored = out.out.join("background.h5");
    let outcome = points(&terminal, "background", &task, &stored, &args.resume)?;
    let Some(state) = task.state(&outcome.data)? else {
        list_files(std::slice::from_ref(&stored));
        return Failure::of_points(&outcome, &stored);
    };
    if state.rate > 0.0 {
        note(
            "the cell fires under this activity: input resistance, time constant and EPSP include the spikes",
        );
    }
    let mut table = Table::new(&["", "at rest", "under activity", "ratio"]);
    let mut csv = "quantity,unit,rest,active\n".to_owned();
    let mut row = |name: &str, unit: &str, values: [f64; 2], digits| {
        let label = format!("{name} ({unit})");
        let ratio = optional(Some(values[1] / values[0]).filter(|r| r.is_finite()), 3);
        table.row(vec![label, number(values[0], digits), number(values[1], digits), ratio]);
        csv.push_str(&format!("{name},{unit},{},{}\n", values[0], values[1]));
    };
    row("mean V", "mV", [state.rest, state.mean], 2);
    row("standard deviation of V", "mV", [0.0, state.sd], 2);
    row("firing rate", "Hz", [0.0, state.rate], 2);
    row("input resistance", "MΩ", state.input_resistance, 2);
    row("time constant", "ms", state.tau, 2);
    row("EPSP peak", "mV", state.epsp, 3);
    print(format!("probe: \"{}\" at {}, measured at {}\n", spec.name, args.at, args.to));
    print(table);
    let mut files = vec![stored, write(&out.out, "background.csv", csv.as_bytes())?];
    let theme = theme(out.dark);
    let thin = (state.trace.len() / 4000).max(1);
    let points = state
        .trace
        .iter()
        .enumerate()
        .step_by(thin)
        .map(|(k, &v)| (k as f64 * state.dt, v))
        .collect();
    let line = |name, points, color, style| NamedCurve { name, points, color, style };
    let end = state.trace.len() as f64 * state.dt;
    let levels = [
        line("under activity", points, Some(0), Style::Line),
        line("rest", vec![(0.0, state.rest), (end, state.rest)], None, Style::Dashed),
    ];
    let trace = curves(Axis::new("time (ms)"), Axis::new("V (mV)"), &levels, &theme);
    let epsp = |k: usize| {
        let all = &state.epsp_traces[k];
        all.iter().enumerate().map(|(i, &v)| (i as f64 * state.dt, v)).collect()
    };
    let epsps = [
        line("rest", epsp(0), None, Style::Line),
        line("under activity", epsp(1), Some(0), Style::Line),
    ];
    let epsps = curves(Axis::new("time (ms)"), Axis::new("mean EPSP (mV)"), &epsps, &theme);
    let layout = Layout::Row(vec![(1.6, Layout::panel(trace)), (1.0, Layout::panel(epsps))]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 60.0, layout, &theme);
    files.extend(write_figure(&out.out, "background", &figure)?);
    list_files(&files);
    Ok(())
}
