//! `ntwk morpho summation` and `sequence`: how EPSPs add up.

use ntwk_io::Column;
use ntwk_morpho::studies::{Contact, sequences, summation as summation_study};
use ntwk_morpho::{DoubleExponential, Receptor};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Width};

use super::args::{SequenceArgs, SummationArgs};
use super::work::end;
use super::{cell, group, locate, locations, title};
use crate::Failure;
use crate::output::{make_folder, print, theme, write_csv, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

/// The contact without receptors whose conductance depends on the potential.
fn without_block(contact: &Contact) -> Contact {
    let blocked = |r: &Receptor| {
        matches!(r, Receptor::DoubleExponential(DoubleExponential { block: Some(_), .. }))
    };
    contact.iter().filter(|(r, _)| !blocked(r)).copied().collect()
}

pub(crate) fn summation(args: &SummationArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let (spec, contact) = group(&built, args.contact.synapses.as_deref())?;
    let (at, to) = (locate(&built, &args.at)?, locate(&built, &args.contact.to)?);
    let most = args.most as usize;
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let study = |contact: &Contact, name: &str| {
        terminal.run(name, |job| summation_study(&built, contact, at, to, most, args.duration, job))
    };
    let full = study(&contact, "all receptors")?;
    let reduced = without_block(&contact);
    let differ = !reduced.is_empty() && reduced.len() < contact.len();
    // Interrupted in the first curve, the command ends with that.
    let compared = if differ && !terminal.is_interrupted() {
        Some(study(&reduced, "without NMDA")?)
    } else {
        None
    };
    let mut table =
        Table::new(&["synapses", "peak (mV)", "linear (mV)", "ratio", "local peak (mV)"]);
    for (i, n) in full.numbers.iter().enumerate() {
        let (peak, expected, local) = (full.peak[i], full.expected[i], full.local_peak[i]);
        table.row(vec![
            n.to_string(),
            number(peak, 3),
            number(expected, 3),
            number(peak / expected, 3),
            number(local, 2),
        ]);
    }
    print(format!(
        "synapses of \"{}\" at {}, measured at {}\n",
        spec.name, args.at, args.contact.to
    ));
    print(table);
    make_folder(&out.out)?;
    let other = |i: usize| compared.as_ref().and_then(|c| c.peak.get(i)).copied();
    let columns = vec![
        Column::new("synapses", full.numbers.iter().copied()),
        Column::new("peak_mV", full.peak.iter().copied()),
        Column::new("linear_mV", full.expected.iter().copied()),
        Column::new("local_peak_mV", full.local_peak.iter().copied()),
        Column::new("peak_without_voltage_dependence_mV", (0..full.numbers.len()).map(other)),
    ];
    let mut files = vec![write_csv(&out.out, "summation.csv", columns)?];
    let theme = theme(out.dark);
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        full.numbers.iter().map(|&n| n as f64).zip(values.iter().copied()).collect()
    };
    let curve = |name, values: &[f64], color, style| NamedCurve {
        name,
        points: points(values),
        color,
        style,
    };
    let mut lines = vec![
        curve("linear", &full.expected, None, Style::Dashed),
        curve("all receptors", &full.peak, Some(1), Style::Discs),
    ];
    if let Some(c) = &compared {
        lines.push(curve("without NMDA", &c.peak, Some(0), Style::Discs));
    }
    let number_axis = || Axis::new("synapses active together");
    let y = format!("EPSP at {} (mV)", args.contact.to);
    let peaks = curves(number_axis(), Axis::new(&y), &lines, &theme);
    let mut local = vec![curve("", &full.local_peak, Some(1), Style::Discs)];
    if let Some(c) = &compared {
        local.push(curve("", &c.local_peak, Some(0), Style::Discs));
    }
    let local = curves(number_axis(), Axis::new("local peak (mV)"), &local, &theme);
    let chosen: Vec<usize> = (0..full.numbers.len())
        .filter(|i| (i + 1) % full.numbers.len().div_ceil(6) == 0 || *i == 0)
        .collect();
    let names: Vec<String> = chosen.iter().map(|&i| full.numbers[i].to_string()).collect();
    let traces: Vec<NamedCurve<'_>> = chosen
        .iter()
        .enumerate()
        .map(|(c, &i)| NamedCurve {
            name: &names[c],
            points: full.local_traces[i]
                .iter()
                .enumerate()
                .step_by(4)
                .map(|(k, &v)| (k as f64 * full.dt, v))
                .collect(),
            color: Some(c),
            style: Style::Line,
        })
        .collect();
    let traces = curves(Axis::new("time (ms)"), Axis::new("local EPSP (mV)"), &traces, &theme);
    let layout = Layout::Row(vec![
        (1.0, Layout::panel(peaks)),
        (1.0, Layout::panel(local)),
        (1.0, Layout::panel(traces)),
    ]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 62.0, layout, &theme);
    files.extend(write_figure(&out.out, "summation", &figure)?);
    list_files(&files);
    end(&terminal, out.out.join("summation.csv"))
}

pub(crate) fn sequence(args: &SequenceArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let (spec, contact) = group(&built, args.contact.synapses.as_deref())?;
    let to = locate(&built, &args.contact.to)?;
    let at = locations(&built, &spec.name);
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let result = terminal.run("sequences", |job| {
        sequences(&built, &contact, &at, to, &args.intervals, args.duration, job)
    })?;
    let mut table = Table::new(&["interval (ms)", "IN (mV)", "OUT (mV)", "IN/OUT"]);
    for (k, interval) in result.intervals.iter().enumerate() {
        let (a, b) = (result.inwards[k], result.outwards[k]);
        table.row(vec![number(*interval, 2), number(a, 3), number(b, 3), number(a / b, 3)]);
    }
    print(format!("{} synapses of \"{}\", measured at {}\n", at.len(), spec.name, args.contact.to));
    print(table);
    make_folder(&out.out)?;
    let columns = vec![
        Column::new("interval_ms", result.intervals.iter().copied()),
        Column::new("in_mV", result.inwards.iter().copied()),
        Column::new("out_mV", result.outwards.iter().copied()),
    ];
    let mut files = vec![write_csv(&out.out, "sequence.csv", columns)?];
    let theme = theme(out.dark);
    let over =
        |values: &[f64]| result.intervals.iter().copied().zip(values.iter().copied()).collect();
    let both = [
        NamedCurve {
            name: "IN",
            points: over(&result.inwards),
            color: Some(1),
            style: Style::Discs,
        },
        NamedCurve {
            name: "OUT",
            points: over(&result.outwards),
            color: Some(0),
            style: Style::Discs,
        },
    ];
    let y = format!("EPSP at {} (mV)", args.contact.to);
    let peaks = curves(Axis::new("interval (ms)"), Axis::new(&y), &both, &theme);
    // The interval at which the two differ most.
    let best = (0..result.intervals.len())
        .max_by(|&a, &b| {
            let d = |k: usize| (result.inwards[k] - result.outwards[k]).abs();
            d(a).total_cmp(&d(b))
        })
        .unwrap_or(0);
    let line = |index: usize, name| NamedCurve {
        name,
        points: result.traces[best][index]
            .iter()
            .enumerate()
            .step_by(4)
            .map(|(k, &v)| (k as f64 * result.dt, v))
            .collect(),
        color: Some(1 - index),
        style: Style::Line,
    };
    let both = [line(0, "IN"), line(1, "OUT")];
    let traces = curves(Axis::new("time (ms)"), Axis::new(&y), &both, &theme);
    let traces = traces.titled(format!("interval {} ms  ", result.intervals[best]).as_str().into());
    let layout = Layout::Row(vec![(1.0, Layout::panel(peaks)), (1.0, Layout::panel(traces))]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 65.0, layout, &theme);
    files.extend(write_figure(&out.out, "sequence", &figure)?);
    list_files(&files);
    end(&terminal, out.out.join("sequence.csv"))
}
