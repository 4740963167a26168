//! `ntwk morpho coupled`.

use std::fmt::Write;
use std::time::{Instant, SystemTime};

use ntwk_core::Job;
use ntwk_io::{CoupledFile, read_coupled};
use ntwk_morpho::spec::coupled_simulation;
use ntwk_morpho::studies::{StudyError, quiet, settled};
use ntwk_morpho::{CoupledCells, Impedance, Location, Probe, coupled_response};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};

use super::args::CoupledArgs;
use super::run::{store, summary};
use super::work::end;
use crate::Failure;
use crate::output::{make_folder, note, print, theme, write, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &CoupledArgs) -> Result<(), Failure> {
    let file = read_coupled(&args.file, &args.overrides)?;
    let folder = &args.out.out;
    make_folder(folder)?;
    let terminal = Terminal::new(Some(1), args.out.quiet);
    match coefficients(&file, &terminal.job()) {
        Ok(table) => print(table),
        Err(e) => note(format!("no coupling coefficients: {e}")),
    }
    let mut together = coupled_simulation(&file.cells, &file.junctions)?;
    let t_stop = file.cells[0].spec.simulation.t_stop;
    let every = file.cells[0].every;
    let dt = file.cells[0].spec.simulation.settings.dt;
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mut currents = vec![(0.0, together.currents())];
    let outcome = terminal.run("simulation", |job| {
        together.run_until(t_stop, job, |t, cells| {
            if ((t / dt).round() as u64).is_multiple_of(every) {
                currents.push((t, cells.currents()));
            }
        })
    });
    let wall = clock.elapsed().as_secs_f64();
    let mut files = Vec::new();
    for (k, cell) in file.spec.cells.iter().enumerate() {
        let own = folder.join(&cell.name);
        make_folder(&own)?;
        let (built, s) = (&file.cells[k], &together.cells()[k]);
        let (recording, spikes) = (s.recording(), s.spikes());
        let text = &file.files[k].1.text;
        files.extend(store(&own, text, built, &recording, &spikes, (started, wall))?);
        summary(&format!("{}: ", cell.name), built, &recording, &spikes);
    }
    let first = files[0].clone();
    let mut csv = "time_ms".to_owned();
    for g in &file.spec.gap_junctions {
        let _ = write!(csv, ",{}_nA", g.name);
    }
    csv.push('\n');
    for (t, values) in &currents {
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        let _ = writeln!(csv, "{t},{}", values.join(","));
    }
    files.push(write(folder, "gap_junctions.csv", csv.as_bytes())?);
    print(format!("simulated {} ms of {} cells in {wall:.3} s", together.time(), file.cells.len()));
    let figure = figure(&file, &together, &currents, args, &theme(args.out.dark));
    files.extend(write_figure(folder, "coupled", &figure)?);
    list_files(&files);
    // What was computed before a failure or an interruption is in the files.
    outcome?;
    end(&terminal, first)
}

/// V of every soma per V of the driven one, for a steady current at rest.
fn coefficients(file: &CoupledFile, job: &Job<'_>) -> Result<Table, StudyError> {
    let soma = Location::new(0, 0.5);
    let mut alone = Vec::new();
    for built in &file.cells {
        let (_, resting) = settled(built, job)?;
        let celsius = built.spec.simulation.settings.celsius;
        alone.push(Impedance::new(&quiet(built), 0.0, resting.voltage(soma)?, celsius)?);
    }
    let names: Vec<&str> = file.spec.cells.iter().map(|c| c.name.as_str()).collect();
    let mut header = vec!["coupling coefficient from"];
    let to: Vec<String> = names.iter().map(|n| format!("to {n}")).collect();
    header.extend(to.iter().map(String::as_str));
    let mut table = Table::new(&header);
    let somata = vec![soma; names.len()];
    for (k, name) in names.iter().enumerate() {
        let v = coupled_response(&alone, &file.junctions, (k, soma), &somata)?;
        let row = v.iter().map(|x| number(x.re / v[k].re, 4));
        table.row(std::iter::once((*name).to_owned()).chain(row).collect());
    }
    Ok(table)
}

/// Potentials of all cells, and the currents through the junctions.
fn figure(
    file: &CoupledFile,
    together: &CoupledCells,
    currents: &[(f64, Vec<f64>)],
    args: &CoupledArgs,
    theme: &Theme,
) -> Figure {
    let time = || Axis::new("time (ms)").range(0.0, file.cells[0].spec.simulation.t_stop);
    let recordings: Vec<_> = together.cells().iter().map(|s| s.recording()).collect();
    let mut names = Vec::new();
    for (k, built) in file.cells.iter().enumerate() {
        for (column, (name, probe)) in built.probes.iter().enumerate() {
            if matches!(probe, Probe::Voltage(_)) {
                names.push((format!("{}: {name}", file.spec.cells[k].name), k, column));
            }
        }
    }
    let line = |name, points, color| NamedCurve { name, points, color, style: Style::Line };
    let voltages: Vec<NamedCurve<'_>> = names
        .iter()
        .enumerate()
        .map(|(i, (name, k, column))| {
            let r = &recordings[*k];
            let values = r.column(*column);
            line(name, r.times.iter().copied().zip(values.iter().copied()).collect(), Some(i))
        })
        .collect();
    let through: Vec<NamedCurve<'_>> = file
        .spec
        .gap_junctions
        .iter()
        .enumerate()
        .map(|(j, g)| {
            let points = currents.iter().map(|(t, i)| (*t, 1e3 * i[j])).collect();
            line(&g.name, points, Some(voltages.len() + j))
        })
        .collect();
    let top = curves(time(), Axis::new("V (mV)"), &voltages, theme);
    let bottom = curves(time(), Axis::new("junction current (pA)"), &through, theme);
    let rows = vec![(1.2, Layout::panel(top)), (1.0, Layout::panel(bottom))];
    let stem = args.file.file_stem().and_then(|s| s.to_str()).unwrap_or("cells");
    let title = file.spec.title.as_deref().unwrap_or(stem);
    Figure::new(title, Width::Page, 105.0, Layout::Column(rows), theme)
}
