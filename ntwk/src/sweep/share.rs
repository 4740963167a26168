//! Which points of a sweep a process computes, and what the launcher of a cluster says about that.

use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::run::launcher::LAUNCHERS;

/// Which points of a sweep a process computes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Share {
    /// All.
    #[default]
    All,
    /// Those of a shard.
    Shard(Shard),
    /// These, by number.
    Points(Vec<usize>),
    /// Pieces that no other process has, one after the other.
    Claims,
}

/// The points whose number leaves the remainder `index` when divided by `of`: neighbours, which cost alike, are in different
/// shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    of: NonZeroUsize,
}

/// How the shard of a process is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardChoice {
    /// It is given: `I/N`.
    Given(Shard),
    /// The launcher says it: `auto`, or `auto/N` where it numbers the processes and does not say how many there are.
    Auto(Option<NonZeroUsize>),
}

/// A share of a sweep that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// No shard has this number.
    #[error("there is no shard {index} of {of}: they are numbered from 0 to {}", of - 1)]
    NoShard {
        /// The number.
        index: usize,
        /// How many there are.
        of: usize,
    },
    /// A text is no shard.
    #[error(
        "\"{text}\" is no shard; expected I/N with I from 0 to N - 1, for example 0/10, or auto"
    )]
    Unreadable {
        /// The text.
        text: String,
    },
    /// A text is no list of points.
    #[error("\"{text}\" is no list of points; expected numbers and ranges, for example 17,42-60")]
    UnreadablePoints {
        /// The text.
        text: String,
    },
    /// Nothing in the environment numbers the processes.
    #[error("nothing numbers this process: none of {} is set; give the shard as I/N", looked_for())]
    NoLauncher,
    /// A launcher does not say how many processes there are.
    #[error(
        "{variable} = {value} numbers this process, but not how many there are: give --shard auto/N"
    )]
    NoCount {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// A variable has a value that is none of its.
    #[error("{variable} = {value} is no {expected}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// The sweep has no point of this number.
    #[error(
        "there is no point {index}: the sweep has {points}, numbered from 0 to {}",
        points.saturating_sub(1)
    )]
    NoPoint {
        /// The number.
        index: usize,
        /// How many there are.
        points: usize,
    },
}

/// The number of a job of Slurm's array, the first one, how many there are, and their distance.
const SLURM_ARRAY: [&str; 4] = [
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_COUNT",
    "SLURM_ARRAY_TASK_STEP",
];
/// The number of a job of an array of PBS, which does not say how many there are.
const PBS_ARRAY: [&str; 2] = ["PBS_ARRAY_INDEX", "PBS_ARRAYID"];

fn looked_for() -> String {
    let ranks = LAUNCHERS.iter().map(|r| r.1);
    let names: Vec<&str> = [SLURM_ARRAY[0]].into_iter().chain(ranks).chain(PBS_ARRAY).collect();
    names.join(", ")
}

impl Shard {
    /// Shard `index` of `of`.
    ///
    /// # Errors
    /// [`ShareError::NoShard`].
    pub fn new(index: usize, of: usize) -> Result<Self, ShareError> {
        match NonZeroUsize::new(of) {
            Some(count) if index < of => Ok(Self { index, of: count }),
            Some(_) => Err(ShareError::NoShard { index, of }),
            None => Err(ShareError::Unreadable { text: format!("{index}/{of}") }),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for ShardChoice {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let unreadable = || ShareError::Unreadable { text: text.to_owned() };
        let Some((index, of)) = text.split_once('/') else {
            return if text == "auto" { Ok(Self::Auto(None)) } else { Err(unreadable()) };
        };
        let of: usize = of.trim().parse().map_err(|_| unreadable())?;
        if index == "auto" {
            return NonZeroUsize::new(of).map(|of| Self::Auto(Some(of))).ok_or_else(unreadable);
        }
        Shard::new(index.trim().parse().map_err(|_| unreadable())?, of).map(Self::Given)
    }
}

impl ShardChoice {
    /// The shard, where `variable` gives the variables of the environment.
    ///
    /// Asked in this order: Slurm's array, with the ranks of a launcher inside each of its jobs; ranks of Open MPI, MPICH
    /// and srun; arrays of PBS.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn resolve(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, ShareError> {
        let count = match self {
            Self::Given(shard) => return Ok(shard),
            Self::Auto(count) => count,
        };
        let number = |name: &'static str| -> Result<Option<usize>, ShareError> {
            let Some(value) = variable(name) else { return Ok(None) };
            let expected = "number".to_owned();
            match value.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(ShareError::Variable { variable: name, value, expected }),
            }
        };
        // Counted on, so that a job may begin at 1, and a count that is given may be another.
        let of_count = |index: usize, of: NonZeroUsize| Shard { index: index % of, of };
        let rank = |launchers: &[(&str, &'static str, &'static str)]| {
            for &(_, rank, size) in launchers {
                if let (Some(index), Some(of)) = (number(rank)?, number(size)?) {
                    return Shard::new(index, of).map(Some).map_err(|_| ShareError::Variable {
                        variable: rank,
                        value: index.to_string(),
                        expected: format!("number below {size} = {of}"),
                    });
                }
            }
            Ok(None)
        };
        let [id, first, jobs, step] = SLURM_ARRAY;
        if let Some(job) = number(id)? {
            if let Some(of) = count {
                return Ok(of_count(job, of));
            }
            if let Some(of) = number(jobs)? {
                let (first, step) = (number(first)?.unwrap_or(0), number(step)?.unwrap_or(1));
                let index = job.saturating_sub(first) / step.max(1);
                let expected = format!(
                    "number of an array of {of} from {first} in steps of {step}; give the shard as I/N"
                );
                let wrong = ShareError::Variable { variable: id, value: job.to_string(), expected };
                let array = Shard::new(index, of).map_err(|_| wrong)?;
                // srun is no launcher here: a job without it has SLURM_PROCID = 0 too.
                return Ok(match rank(&LAUNCHERS[..2])? {
                    Some(rank) => Shard {
                        index: array.index * rank.of.get() + rank.index,
                        of: array.of.saturating_mul(rank.of),
                    },
                    None => array,
                });
            }
            return Err(ShareError::NoCount { variable: id, value: job.to_string() });
        }
        if let Some(shard) = rank(&LAUNCHERS)? {
            return Ok(count.map_or(shard, |of| of_count(shard.index, of)));
        }
        for name in PBS_ARRAY {
            if let Some(index) = number(name)? {
                let value = index.to_string();
                let of = count.ok_or(ShareError::NoCount { variable: name, value })?;
                return Ok(of_count(index, of));
            }
        }
        Err(ShareError::NoLauncher)
    }
}

/// Threads that the scheduler gives this process, where `variable` gives the variables of the environment; `None` where it says
/// nothing.
///
/// # Errors
/// [`ShareError::Variable`].
pub fn scheduled_threads(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<usize>, ShareError> {
    let name = "SLURM_CPUS_PER_TASK";
    let Some(value) = variable(name) else { return Ok(None) };
    match value.trim().parse() {
        Ok(n @ 1..=1024) => Ok(Some(n)),
        _ => {
            let expected = "number of threads from 1 to 1024; give --threads".to_owned();
            Err(ShareError::Variable { variable: name, value, expected })
        }
    }
}

/// Numbers of points as a text has them: `17,42-60`, both ends included.
///
/// # Errors
/// [`ShareError::UnreadablePoints`].
pub fn point_list(text: &str) -> Result<Vec<usize>, ShareError> {
    let unreadable = || ShareError::UnreadablePoints { text: text.to_owned() };
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| unreadable());
    let mut points = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to || to - from > 1_000_000_000 {
                    return Err(unreadable());
                }
                points.extend(from..=to);
            }
            None => points.push(number(part)?),
        }
    }
    Ok(points)
}

impl Share {
    /// The numbers of its points, of a sweep of `points`, in ascending order; of claims all.
    ///
    /// # Errors
    /// [`ShareError::NoPoint`].
    pub fn points(&self, points: usize) -> Result<Vec<usize>, ShareError> {
        match self {
            Self::All | Self::Claims => Ok((0..points).collect()),
            Self::Shard(shard) => Ok((shard.index..points).step_by(shard.of.get()).collect()),
            Self::Points(list) => {
                if let Some(&index) = list.iter().find(|&&index| index >= points) {
                    return Err(ShareError::NoPoint { index, points });
                }
                let mut list = list.clone();
                list.sort_unstable();
                list.dedup();
                Ok(list)
            }
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => write!(f, "all points"),
            Self::Shard(shard) => write!(f, "shard {shard}"),
            Self::Points(list) if list.len() == 1 => write!(f, "1 point"),
            Self::Points(list) => write!(f, "{} points", list.len()),
            Self::Claims => write!(f, "claims"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(choice: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let find = |name: &str| variables.iter().find(|v| v.0 == name).map(|v| v.1.to_owned());
        let choice: ShardChoice = choice.parse().map_err(|e: ShareError| e.to_string())?;
        choice.resolve(&find).map(|s| s.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn launchers_number_their_processes() {
        let array = |id, first, count, step| {
            vec![
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", first),
                ("SLURM_ARRAY_TASK_COUNT", count),
                ("SLURM_ARRAY_TASK_STEP", step),
                // As in every job of Slurm.
                ("SLURM_PROCID", "0"),
                ("SLURM_NTASKS", "1"),
            ]
        };
        let ranks = [("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")];
        let of = |choice: &str, variables: &[(&str, &str)]| shard(choice, variables).unwrap();
        assert_eq!(of("2/5", &ranks), "2/5");
        assert_eq!(of("auto", &array("3", "0", "10", "1")), "3/10");
        assert_eq!(of("auto", &array("7", "1", "4", "2")), "3/4");
        assert_eq!(of("auto", &[array("3", "0", "10", "1"), ranks.to_vec()].concat()), "7/20");
        assert_eq!(of("auto", &ranks), "1/2");
        // An mpirun in a job of Slurm: its ranks, not the job's number.
        let slurm = [("SLURM_PROCID", "0"), ("SLURM_NTASKS", "8")];
        assert_eq!(of("auto", &[&ranks[..], &slurm].concat()), "1/2");
        assert_eq!(of("auto", &slurm), "0/8");
        assert_eq!(of("auto", &[("PMI_RANK", "4"), ("PMI_SIZE", "5")]), "4/5");
        assert_eq!(of("auto/4", &[("PBS_ARRAY_INDEX", "4")]), "0/4");
    }

    #[test]
    fn what_is_no_shard_is_said() {
        let fault =
            |choice: &str, variables: &[(&str, &str)]| shard(choice, variables).unwrap_err();
        assert_eq!(fault("5/4", &[]), "there is no shard 5 of 4: they are numbered from 0 to 3");
        assert!(fault("4/4", &[]).contains("from 0 to 3"));
        for text in ["1/0", "a/4", "1", "-1/4", "auto/0", "1/2/3"] {
            assert!(fault(text, &[]).contains("is no shard"), "{text}");
        }
        let text = fault("auto", &[]);
        for name in ["SLURM_ARRAY_TASK_ID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PBS_ARRAY_INDEX"] {
            assert!(text.contains(name), "{text}");
        }
        assert!(fault("auto", &[("PBS_ARRAY_INDEX", "4")]).contains("auto/N"));
        let text = fault("auto", &[("SLURM_PROCID", "x"), ("SLURM_NTASKS", "2")]);
        assert_eq!(text, "SLURM_PROCID = x is no number");
        let text = fault("auto", &[("SLURM_PROCID", "3"), ("SLURM_NTASKS", "2")]);
        assert!(text.contains("below SLURM_NTASKS = 2"), "{text}");
        let irregular = [
            ("SLURM_ARRAY_TASK_ID", "9"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_COUNT", "3"),
        ];
        assert!(fault("auto", &irregular).contains("give the shard as I/N"));
    }

    #[test]
    fn shards_are_all_points_once() {
        let mut all: Vec<usize> = (0..4)
            .flat_map(|i| Share::Shard(Shard::new(i, 4).unwrap()).points(10).unwrap())
            .collect();
        assert_eq!(all[..3], [0, 4, 8]);
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert!(Share::Shard(Shard::new(3, 4).unwrap()).points(3).unwrap().is_empty());
    }

    #[test]
    fn points_are_numbers_and_ranges() {
        let points = |text| Share::Points(point_list(text).unwrap()).points(100);
        assert_eq!(points("17,42-45, 17").unwrap(), [17, 42, 43, 44, 45]);
        let text = points("99-100").unwrap_err().to_string();
        assert_eq!(text, "there is no point 100: the sweep has 100, numbered from 0 to 99");
        for text in ["", "a", "5-2", "1;2", "-3"] {
            assert!(point_list(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_scheduler_says_how_many_threads() {
        let threads = |value: Option<&str>| scheduled_threads(&|_| value.map(str::to_owned));
        assert_eq!((threads(None), threads(Some("6"))), (Ok(None), Ok(Some(6))));
        for value in ["", "0", "many"] {
            assert!(threads(Some(value)).unwrap_err().to_string().contains("SLURM_CPUS_PER_TASK"));
        }
    }
}
