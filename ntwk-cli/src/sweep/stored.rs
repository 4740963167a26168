//! `ntwk sweep status` and `ntwk sweep merge`.

use ntwk::sweep::status::{PartState, SweepStatus, merge_sweep, sweep_file, sweep_status};
use serde_json::{Value, json};

use super::args::{MergeArgs, StatusArgs};
use crate::Failure;
use crate::output::{note, print};
use crate::run::list_files;
use crate::table::{Table, duration};

pub(super) fn status(args: &StatusArgs) -> Result<(), Failure> {
    let file = sweep_file(&args.sweep);
    let status = sweep_status(&file)?;
    if args.json {
        print(report(&status));
        return Ok(());
    }
    print(format!(
        "{} points: {} done, {} failed, {} left",
        status.points,
        status.done,
        status.failed,
        status.open()
    ));
    let header =
        ["process", "share", "points", "failed", "threads", "last point", "state", "started"];
    let mut table = Table::new(&header).text_from(6);
    for part in &status.parts {
        let process = match &part.process {
            Some((host, process)) => format!("{host} {process}"),
            None => part.name.clone(),
        };
        let torn =
            if part.torn > 0 && part.state != PartState::AtWork { ", last point torn" } else { "" };
        let last =
            if part.points == 0 { "–".to_owned() } else { duration(part.silence) + " ago" };
        table.row(vec![
            process,
            part.share.clone(),
            part.points.to_string(),
            part.failed.to_string(),
            part.threads.to_string(),
            last,
            format!("{}{torn}", state(part.state)),
            part.started.clone(),
        ]);
    }
    if !table.is_empty() {
        print(format!("\n{}", table.to_string().trim_end()));
    }
    if status.open() > 0 {
        let each = status
            .seconds_per_point
            .map_or_else(String::new, |s| format!("; a point takes {} on average", duration(s)));
        match status.remaining {
            Some(seconds) => print(format!("about {} left{each}", duration(seconds))),
            None => print(format!(
                "no process is known to be at work{each}; the command of the sweep goes on"
            )),
        }
    } else if !status.parts.is_empty() {
        note("all points are known; ntwk sweep merge makes one file of them");
    }
    Ok(())
}

fn state(state: PartState) -> &'static str {
    match state {
        PartState::AtWork => "at work",
        PartState::Ended => "ended",
        PartState::Killed => "killed",
        PartState::Silent => "silent",
    }
}

fn report(status: &SweepStatus) -> Value {
    let parts = status.parts.iter().map(|part| {
        json!({
            "part": part.name,
            "host": part.process.as_ref().map(|p| &p.0),
            "process": part.process.as_ref().map(|p| p.1),
            "share": part.share,
            "points": part.points,
            "failed": part.failed,
            "threads": part.threads,
            "started": part.started,
            "seconds_since_last": part.silence,
            "state": state(part.state),
        })
    });
    json!({
        "points": status.points,
        "done": status.done,
        "failed": status.failed,
        "open": status.open(),
        "seconds_per_point": status.seconds_per_point,
        "seconds_left": status.remaining,
        "parts": parts.collect::<Vec<_>>(),
    })
}

pub(super) fn merge(args: &MergeArgs) -> Result<(), Failure> {
    let merged = merge_sweep(&sweep_file(&args.sweep))?;
    print(format!("{} of {} points are known", merged.known, merged.points));
    if !merged.complete {
        note("the parts stay: points are missing, or a process computes failed points again");
    }
    list_files(&[merged.file]);
    Ok(())
}
