//! `ntwk sweep --json`: points as JSON on standard output, for programs that keep them themselves.

use ntwk::sweep::run::compute_points;
use ntwk::sweep::share::Share;
use ntwk::sweep::task::PointTask;
use ntwk_io::ScanValues;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::output::print;
use crate::terminal::Terminal;

/// Computes the points of a share and prints them; those that an interruption left out are missing.
pub(super) fn points(
    task: &dyn PointTask,
    share: &Share,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let computed = terminal
        .points("sweep", |job| compute_points(task, share, job))
        .map_err(|error| Failure::Argument(error.to_string()))?;
    let mut axes = Map::new();
    for axis in task.axes().into_iter().skip(task.dimensions()) {
        let values = match axis.values {
            ScanValues::Texts(texts) => json!(texts),
            ScanValues::Numbers(numbers) => json!(numbers),
        };
        axes.insert(axis.name, values);
    }
    let points: Vec<Value> = computed
        .iter()
        .map(|point| {
            let keys: Map<String, Value> =
                point.label.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
            let mut quantities = Map::new();
            for q in point.outcome.iter().flatten() {
                let value = match (&q.along, q.values.as_slice()) {
                    (None, [one]) => json!(one),
                    (_, all) => json!(all),
                };
                let fields = json!({ "unit": q.unit, "along": q.along, "value": value });
                quantities.insert(q.name.clone(), fields);
            }
            json!({
                "point": point.index,
                "keys": keys,
                "status": if point.outcome.is_ok() { "done" } else { "failed" },
                "error": point.outcome.as_ref().err(),
                "seconds": point.seconds,
                "quantities": quantities,
            })
        })
        .collect();
    print(json!({ "axes": axes, "points": points }));
    let expected = share.points(task.points()).map_or(0, |points| points.len());
    if computed.len() < expected {
        return Err(Failure::Interrupted);
    }
    let failed = computed.iter().filter(|p| p.outcome.is_err()).count();
    match computed.iter().find_map(|p| Some((p.index, p.outcome.as_ref().err()?))) {
        Some((index, error)) => {
            Err(Failure::Points { failed, first: format!("point {index}: {error}") })
        }
        None => Ok(()),
    }
}
