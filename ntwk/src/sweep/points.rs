//! The points of a sweep over keys of a model.

use std::collections::BTreeSet;

use ntwk_core::spec::ParameterText;
use ntwk_core::spec::fault::Fault;
use ntwk_core::spec::key::{Key, Section};
use ntwk_core::spec::parameter_scan::{MOST_POINTS, unit_draws};
use ntwk_core::spec::set::set;
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::{ParameterScanSpec, RangeSpacing, Sampling, VarySpec, VaryValues};
use ntwk_core::{CellLibrary, FaultKind, Faults, Model, ModelSpec};
use ntwk_io::{ScanArray, ScanValues};

use super::result_names::{POINT_RESULTS, is_network_result};
use super::unit::{in_one_unit, unit_of};

/// Faults of points after which no more are looked for.
const MOST_FAULTS: usize = 20;

/// Axis of points that are not a grid.
pub const POINT_AXIS: &str = "point";
/// Axis of the repeats.
pub const SEED_AXIS: &str = "seed";

/// One quantity that varies.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepAxis {
    /// Name.
    pub name: String,
    /// Keys of the model that take its values.
    pub keys: Vec<String>,
    /// Unit of the numbers (empty for none).
    pub unit: String,
    /// Numbers, when the values are numbers of one dimension.
    pub numbers: Option<Vec<f64>>,
    /// The values as they are written into the model.
    pub texts: Vec<String>,
}

/// All points of a sweep: every combination of a grid, or a list, times the seeds.
#[derive(Debug, Clone)]
pub struct SweepPlan {
    /// Whether the points are the combinations of the axes; otherwise value `k` of every axis makes point `k`.
    pub grid: bool,
    /// The quantities that vary.
    pub axes: Vec<SweepAxis>,
    /// Seeds of the repeats.
    pub seeds: Vec<u64>,
    base: Node,
    keys: &'static [Key],
}

/// A sweep that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum SweepPlanError {
    /// The sweep, or the model at one of its points, has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
}

impl SweepPlan {
    /// The points of `scan` around `model`.
    ///
    /// # Errors
    /// [`SweepPlanError::Faults`] with every fault of the sweep.
    pub fn new(model: &Model, scan: &ParameterScanSpec) -> Result<Self, SweepPlanError> {
        let mut spec = model.spec().clone();
        spec.scan = None;
        let mut plan = Self::over(spec.to_tree(), ModelSpec::KEYS, model.seed(), scan)?;
        // Before hours of computing, not when the file is written.
        let mut faults = Faults::default();
        for (i, axis) in plan.axes.iter().enumerate().filter(|a| is_network_result(&a.1.name)) {
            let rule = format!(
                "the name \"{}\" is that of a result, as it would stand in the file; give another",
                axis.name
            );
            let key = format!("scan.vary[{i}].name");
            faults.push(key, None, None, FaultKind::Combination { rule });
        }
        faults.into_result(())?;
        for axis in plan.axes.iter_mut().filter(|a| a.numbers.is_some() && a.unit.is_empty()) {
            // Bare numbers are in the unit of their key.
            let mut units = axis.keys.iter().map(|key| unit_of(model, key));
            if let Some(Some(first)) = units.next()
                && units.all(|unit| unit == Some(first))
            {
                axis.unit = first.to_owned();
            }
        }
        Ok(plan)
    }

    /// The points of `scan` around the description of a network or of a cell with the keys `keys`, whose seed is `seed`.
    ///
    /// # Errors
    /// Every fault of the scan.
    pub fn over(
        base: Node,
        keys_of_file: &'static [Key],
        seed: u64,
        scan: &ParameterScanSpec,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        scan.check(&mut faults, None);
        let seeds = (0..scan.repeats.min(MOST_POINTS)).map(|k| seed.saturating_add(k)).collect();
        let mut axes: Vec<SweepAxis> = Vec::new();
        let mut keys = BTreeSet::new();
        for (i, vary) in scan.vary.iter().enumerate() {
            let path = format!("scan.vary[{i}]");
            let name = vary.name.clone().unwrap_or_else(|| default_name(&vary.key));
            let fault = |key: &str, rule: String| {
                let kind = FaultKind::Combination { rule };
                (format!("{path}.{key}"), kind)
            };
            // Axes of the result, and objects by which a reader tells files apart.
            let reserved = [
                POINT_AXIS,
                SEED_AXIS,
                "population",
                "place",
                "recorded",
                "model",
                "provenance",
                "run",
                "spikes",
                "report",
                "rates",
                "study",
            ];
            let mut found = Vec::new();
            let is_taken = |taken: &[&str]| taken.contains(&name.as_str());
            if is_taken(&reserved)
                || is_taken(&POINT_RESULTS)
                || axes.iter().any(|a| a.name == name)
            {
                found.push(fault("name", format!("the name \"{name}\" is taken; give another")));
            }
            for key in &vary.key {
                if !keys.insert(key.clone()) {
                    found.push(fault("key", format!("{key} varies twice")));
                }
                if key == "simulation.seed" {
                    found.push(fault(
                        "key",
                        "simulation.seed cannot be varied; use repeats".to_owned(),
                    ));
                }
            }
            match values(vary, scan, &name, seed) {
                Ok((numbers, unit, texts)) => {
                    axes.push(SweepAxis { name, keys: vary.key.clone(), unit, numbers, texts });
                }
                Err((key, rule)) => found.push(fault(key, rule)),
            }
            for (key, kind) in found {
                faults.push(key, None, None, kind);
            }
        }
        faults.into_result(())?;
        Ok(Self { grid: scan.sampling == Sampling::Grid, axes, seeds, base, keys: keys_of_file })
    }

    /// Lengths of the axes of the result: those of a grid, or the number of points; then the seeds.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        let mut shape: Vec<usize> = if self.grid {
            self.axes.iter().map(|a| a.texts.len()).collect()
        } else {
            vec![self.axes.first().map_or(0, |a| a.texts.len())]
        };
        shape.push(self.seeds.len());
        shape
    }

    /// Names of the axes of the result.
    #[must_use]
    pub fn dimensions(&self) -> Vec<String> {
        let mut names: Vec<String> = if self.grid {
            self.axes.iter().map(|a| a.name.clone()).collect()
        } else {
            vec![POINT_AXIS.to_owned()]
        };
        names.push(SEED_AXIS.to_owned());
        names
    }

    /// Number of runs: points times seeds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there is no run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What run `index` (row-major over [`SweepPlan::shape`]) changes in the model: (key, value).
    #[must_use]
    pub fn overrides(&self, index: usize) -> Vec<(String, String)> {
        let shape = self.shape();
        let mut rest = index;
        let mut places = vec![0; shape.len()];
        for (place, &n) in places.iter_mut().zip(&shape).rev() {
            *place = rest % n.max(1);
            rest /= n.max(1);
        }
        let mut changes = Vec::new();
        for (i, axis) in self.axes.iter().enumerate() {
            let at = if self.grid { places[i] } else { places[0] };
            changes.extend(axis.keys.iter().map(|key| (key.clone(), axis.texts[at].clone())));
        }
        let seed = self.seeds[places[places.len() - 1]];
        changes.push(("simulation.seed".to_owned(), seed.to_string()));
        changes
    }

    /// The description of run `index`, with its changes.
    ///
    /// # Errors
    /// The changes that cannot be made, with the point named as the file.
    pub fn tree(&self, index: usize) -> Result<Node, Faults> {
        let mut root = self.base.clone();
        let mut faults = Faults::default();
        for (key, text) in self.overrides(index) {
            if let Err(kind) = set(&mut root, self.keys, &key, Value::of_text(&text)) {
                faults.push(key, Some(text), None, kind);
            }
        }
        faults.into_result(root).map_err(|f| self.named(index, f))
    }

    /// Faults of run `index`, with the point named as the file.
    #[must_use]
    pub fn named(&self, index: usize, mut faults: Faults) -> Faults {
        let point: Vec<String> =
            self.overrides(index).iter().map(|(k, v)| format!("{k}={v}")).collect();
        faults.file = Some(format!("scan point {}", point.join(" ")));
        for fault in &mut faults.list {
            // Lines of the resolved text mean nothing to the reader.
            fault.line = None;
        }
        faults
    }

    /// The model of run `index`.
    ///
    /// # Errors
    /// Its faults, with the point named as the file.
    pub fn model(&self, index: usize, library: &CellLibrary) -> Result<Model, Faults> {
        Model::from_tree(&self.tree(index)?, library).map_err(|f| self.named(index, f))
    }

    /// Checks the models of these runs, of each point once (not of every seed), so that a sweep does not find a typo hours
    /// later.
    ///
    /// # Errors
    /// The faults of all points, each once, with the first point that has it named as the file where that is one.
    pub fn check(&self, library: &CellLibrary, runs: &[usize]) -> Result<(), Faults> {
        let seeds = self.seeds.len().max(1);
        let points: BTreeSet<usize> = runs.iter().map(|run| run / seeds * seeds).collect();
        let mut all = Faults::default();
        for point in points {
            let Err(found) = self.model(point, library) else { continue };
            let news = |fault: &Fault| {
                let known =
                    |other: &Fault| (&other.key, &other.value) == (&fault.key, &fault.value);
                !all.list.iter().any(known)
            };
            let new: Vec<Fault> = found.list.into_iter().filter(news).collect();
            if new.is_empty() {
                continue;
            }
            all.file = if all.list.is_empty() {
                found.file
            } else {
                Some("points of the scan".to_owned())
            };
            all.list.extend(new);
            if all.list.len() >= MOST_FAULTS {
                break;
            }
        }
        all.into_result(())
    }

    /// The first run of every point.
    pub fn points(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).step_by(self.seeds.len().max(1))
    }

    /// The axes of the result file, and the values of points that are not a grid as arrays.
    #[must_use]
    pub fn arrays(&self) -> (Vec<ScanArray>, Vec<ScanArray>) {
        let array = |axis: &SweepAxis, along: &str| ScanArray {
            name: axis.name.clone(),
            axes: vec![along.to_owned()],
            values: match &axis.numbers {
                Some(numbers) => ScanValues::Numbers(numbers.clone()),
                None => ScanValues::Texts(axis.texts.clone()),
            },
            unit: if axis.unit.is_empty() { "1".to_owned() } else { axis.unit.clone() },
            long_name: axis.keys.join(", "),
        };
        let count = |name: &str, values: Vec<f64>, long_name: &str| ScanArray {
            name: name.to_owned(),
            axes: vec![name.to_owned()],
            values: ScanValues::Numbers(values),
            unit: "1".to_owned(),
            long_name: long_name.to_owned(),
        };
        let seeds = self.seeds.iter().map(|&s| s as f64).collect();
        let seeds = count(SEED_AXIS, seeds, "simulation.seed");
        if self.grid {
            let mut axes: Vec<ScanArray> = self.axes.iter().map(|a| array(a, &a.name)).collect();
            axes.push(seeds);
            return (axes, Vec::new());
        }
        let n = self.shape()[0];
        let points = count(POINT_AXIS, (0..n).map(|k| k as f64).collect(), "number of the point");
        (vec![points, seeds], self.axes.iter().map(|a| array(a, POINT_AXIS)).collect())
    }
}

/// `populations.RecExc.size` becomes `RecExc_size`, `projections[0].weight` becomes `projections_0_weight`.
fn default_name(keys: &[String]) -> String {
    let parts: Vec<&str> = keys.first().map_or("", String::as_str).split('.').collect();
    let kept = if parts.len() > 2 { &parts[1..] } else { &parts[..] };
    kept.join("_").replace('[', "_").replace(']', "")
}

type Values = (Option<Vec<f64>>, String, Vec<String>);

/// Values of one axis: numbers, unit, texts; or the key that is wrong and why.
fn values(
    vary: &VarySpec,
    scan: &ParameterScanSpec,
    name: &str,
    seed: u64,
) -> Result<Values, (&'static str, String)> {
    let numbers = match &vary.values {
        VaryValues::List { values } => {
            let parsed: Option<Vec<(f64, String)>> = values.iter().map(number_and_unit).collect();
            let texts: Vec<String> = values.iter().map(written).collect();
            return Ok(match parsed {
                Some(list) if list.windows(2).all(|w| w[0].1 == w[1].1) => {
                    let unit = list.first().map_or_else(String::new, |v| v.1.clone());
                    (Some(list.into_iter().map(|v| v.0).collect()), unit, texts)
                }
                Some(list) => match in_one_unit(&list) {
                    Some((numbers, unit)) => (Some(numbers), unit, texts),
                    None => (None, String::new(), texts),
                },
                None => (None, String::new(), texts),
            });
        }
        VaryValues::Range { from, to, points, spacing } => {
            let end = |key, text| {
                number_and_unit(text)
                    .filter(|v| v.0.is_finite())
                    .ok_or_else(|| (key, "the end of a range is a number".to_owned()))
            };
            let ((a, unit_a), (b, unit_b)) = (end("from", from)?, end("to", to)?);
            if unit_a != unit_b && !unit_a.is_empty() && !unit_b.is_empty() {
                return Err(("to", format!("both ends need one unit, not {unit_a} and {unit_b}")));
            }
            if *spacing == RangeSpacing::Log && a * b <= 0.0 {
                return Err(("from", "a logarithmic range needs ends of one sign".to_owned()));
            }
            let at = |u: f64| match spacing {
                RangeSpacing::Linear => a + (b - a) * u,
                RangeSpacing::Log => a * (b / a).powf(u),
            };
            let values: Vec<f64> = if scan.sampling.draws() {
                let latin = scan.sampling == Sampling::LatinHypercube;
                let draws =
                    unit_draws(latin, seed, name, scan.points.unwrap_or(0).min(MOST_POINTS));
                draws.into_iter().map(at).collect()
            } else {
                // More are a fault already, and never laid out.
                let n = points.unwrap_or(1).min(MOST_POINTS);
                // The ends are exact.
                let place = |k: u64| match k {
                    0 => a,
                    k if k + 1 == n => b,
                    k => at(k as f64 / (n - 1) as f64),
                };
                (0..n).map(place).collect()
            };
            (values, if unit_a.is_empty() { unit_b } else { unit_a })
        }
    };
    let (values, unit) = numbers;
    let texts = values.iter().map(|x| format!("{x} {unit}").trim().to_owned()).collect();
    Ok((Some(values), unit, texts))
}

fn written(value: &ParameterText) -> String {
    match value {
        ParameterText::Number(x) => x.to_string(),
        ParameterText::Text(text) => text.clone(),
    }
}

/// `"0.5 nS"` becomes 0.5 and nS.
fn number_and_unit(value: &ParameterText) -> Option<(f64, String)> {
    let text = match value {
        ParameterText::Number(x) => return Some((*x, String::new())),
        ParameterText::Text(text) => text.trim(),
    };
    let mut ends = text.char_indices().map(|(i, c)| i + c.len_utf8());
    let split = ends.rfind(|&end| text[..end].trim_end().parse::<f64>().is_ok())?;
    let number = text[..split].trim_end().parse().ok()?;
    Some((number, text[split..].trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_their_units() {
        let read = |s: &str| number_and_unit(&ParameterText::Text(s.to_owned()));
        assert_eq!(read("0.5 nS"), Some((0.5, "nS".to_owned())));
        assert_eq!(read("1e-3s"), Some((1e-3, "s".to_owned())));
        assert_eq!(read("-70mV"), Some((-70.0, "mV".to_owned())));
        assert_eq!(read("5 %"), Some((5.0, "%".to_owned())));
        assert_eq!(read("heun"), None);
        assert_eq!(default_name(&["populations.RecExc.size".to_owned()]), "RecExc_size");
        assert_eq!(default_name(&["projections[0].weight".to_owned()]), "projections_0_weight");
        assert_eq!(default_name(&["simulation.dt".to_owned()]), "simulation_dt");
    }
}
