//! `ntwk meanfield spectra`.

use std::time::SystemTime;

use ntwk_core::CellLibrary;
use ntwk_meanfield::{FixedPoint, LinearResponse, Stability};

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, theme, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::SpectraArgs;
use super::rates::{fixed_point_table, names, predict_with_bar, window_line};
use super::store;
use ntwk::studies::theory_figures::spectra_figure;
use ntwk::studies::theory_studies::Spectra;
use ntwk_meanfield::prediction::predict::TRAJECTORY_INTERVAL;
use ntwk_meanfield::prediction::windows::ComparisonWindows;

pub(crate) fn run(args: &SpectraArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let frequencies =
        args.frequency.values().map_err(|e| Failure::Argument(format!("--frequency: {e}")))?;
    if frequencies.len() < 2 || frequencies[0] < 0.0 {
        let rule = "--frequency: at least two frequencies >= 0 Hz are needed";
        return Err(Failure::Argument(rule.to_owned()));
    }
    make_folder(&args.run.out)?;
    let theory = predict_with_bar(&model, &args.run, library)?;
    let windows = ComparisonWindows::of(&model);
    let points = theory.fixed_points(windows.stationary, &args.run.terminal().job())?.points;
    let names = names(&theory);
    print(format!("{}{}", fixed_point_table(&points, &names), window_line(&windows)));

    let chosen: FixedPoint = match args.fixed_point {
        Some(number) => {
            let found = points.get(number as usize - 1).ok_or_else(|| {
                Failure::Argument(format!("--fixed-point {number}: {} were found", points.len()))
            })?;
            if found.stability != Stability::Stable {
                return Err(Failure::Argument(format!(
                    "--fixed-point {number} is not stable: fluctuations around it grow"
                )));
            }
            found.clone()
        }
        None => theory
            .stationary_state(windows.stationary, &args.run.terminal().job())?
            .ok_or_else(|| {
                Failure::Argument(
                    "the theory has no stable fixed point: it has no stationary fluctuations"
                        .to_owned(),
                )
            })?,
    };
    let system = &theory.mean_field;
    let input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
    let unfit = |e: ntwk_meanfield::PointError| Failure::Argument(e.to_string());
    let state = system.adapted_state(&chosen.rates, &input).map_err(unfit)?;
    let response = LinearResponse::new(system, &state, &input).map_err(unfit)?;
    let spectra = Spectra::of(&response, system, frequencies).ok_or_else(|| {
        Failure::Argument("an oscillation at one of the frequencies is not damped".to_owned())
    })?;

    let mut table = Table::new(&["population", "rate (Hz)", "sd of the rate (Hz)", "peak (Hz)"]);
    let covariance = ntwk_meanfield::SecondOrder::new(system)
        .linear_noise_covariance(&state, &input)
        .map_err(unfit)?;
    for (p, name) in names.iter().enumerate() {
        let sd = covariance.as_ref().map(|c| c[(p, p)].max(0.0).sqrt());
        table.row(vec![
            name.clone(),
            number(chosen.rates[p], 3),
            sd.map_or_else(|| "–".to_owned(), |sd| number(sd, 3)),
            spectra.peak(p).map_or_else(|| "–".to_owned(), |f| number(f, 1)),
        ]);
    }
    print(table.to_string().trim_end());

    let group = spectra.group(system, &chosen.rates);
    let (out, job) = (&args.run.out, args.run.terminal().job());
    let mut files = vec![store(out, "spectra", &model, &[group], &job, started)?];
    let figure = spectra_figure(&spectra, &names, system.afferents(), &theme(args.run.dark));
    files.extend(write_figure(out, "spectra", &figure)?);
    list_files(&files);
    theory.limitations.iter().for_each(note);
    Ok(())
}
