//! `ntwk run` over the ranks of MPI: the bits of one process, and an end in order.
//!
//! They need the feature `mpi` and `mpirun`; without these they say so and check nothing:
//! `cargo test --release -p ntwk-cli --features mpi --test mpi`.
#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ntwk_io::ResultFile;

/// Longest time that a launch may take on a machine that other programs use.
const PATIENCE: Duration = Duration::from_secs(600);

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// One launch at a time: more would wait for each other's time slices.
static LAUNCH: Mutex<()> = Mutex::new(());

/// Something to start ranks with, where there is some; else says what is missing.
fn launcher() -> Option<MutexGuard<'static, ()>> {
    if !cfg!(feature = "mpi") {
        eprintln!("skipped: built without the feature mpi");
        return None;
    }
    let there = Command::new("mpirun").arg("--version").output().is_ok_and(|o| o.status.success());
    if !there {
        eprintln!("skipped: there is no mpirun");
        return None;
    }
    Some(LAUNCH.lock().unwrap_or_else(PoisonError::into_inner))
}

/// `ntwk` with these arguments, over `ranks` ranks (0: without a launcher).
fn command(ranks: usize, arguments: &[String]) -> Command {
    let program = env!("CARGO_BIN_EXE_ntwk");
    let mut command = match ranks {
        0 => Command::new(program),
        _ => {
            let mut mpirun = Command::new("mpirun");
            mpirun.args(["-n", &ranks.to_string(), program]);
            mpirun
        }
    };
    command
        .args(arguments)
        .envs([
            ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
            ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
            // Open MPI 4 and 5: there may be more ranks than cores.
            ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
            ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end; one that does not come is a fault.
fn ended(mut child: Child, what: &str) -> Output {
    let begun = Instant::now();
    loop {
        if child.try_wait().unwrap().is_some() {
            return child.wait_with_output().unwrap();
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{what}: no end after {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn run(ranks: usize, arguments: &[String]) -> Output {
    ended(command(ranks, arguments).spawn().unwrap(), &format!("{ranks} ranks, {arguments:?}"))
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|&word| word.to_owned()).collect()
}

/// What is in the results of a run: counts and rasters of all populations, samples of all variables, afferent spikes.
fn recorded(folder: &Path) -> ntwk_core::Recording {
    ResultFile::open(&folder.join("results.h5")).unwrap().recording().unwrap().unwrap()
}

/// Runs an example with these changes alone and over ranks; the files hold the same bits.
fn same_bits(example: &str, changes: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let model = examples().join(example).join("model.toml").display().to_string();
    let of = |ranks: usize, threads: usize| {
        let out = folder.path().join(format!("{ranks}-{threads}"));
        let mut arguments = words(&["run", &model, "--no-figures", "--precision", "double"]);
        arguments.extend(words(&["--out", &out.display().to_string()]));
        arguments.extend(words(&["--threads", &threads.to_string()]));
        changes.iter().for_each(|change| arguments.extend(words(&["--set", change])));
        let output = run(ranks, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{example}, {ranks} ranks of {threads}: {said}");
        // Rank 0 alone speaks.
        let tables = String::from_utf8_lossy(&output.stdout).matches("population ").count();
        assert_eq!(tables, 1, "{example}, {ranks} ranks");
        let file = ResultFile::open(&out.join("results.h5")).unwrap();
        let made = file.provenance().unwrap().unwrap();
        // A rank has no more threads than there are blocks of neurons for it.
        assert_eq!(made.ranks as usize, ranks.max(1));
        assert!(made.threads as usize <= threads);
        recorded(&out)
    };
    let alone = of(0, 1);
    assert!(alone.n_steps > 0 && !alone.populations.is_empty(), "{example}");
    for (ranks, threads) in [(1, 2), (2, 1), (3, 1), (4, 1), (2, 2)] {
        // Samples that are not a number do not equal themselves.
        let (many, alone) = (of(ranks, threads), &alone);
        assert_eq!(many.afferents, alone.afferents, "{example}, {ranks} ranks of {threads}");
        for (a, b) in many.populations.iter().zip(&alone.populations) {
            let place = format!("{example}, {ranks} ranks of {threads}, {}", a.name);
            assert!((&a.spikes, &a.counts) == (&b.spikes, &b.counts), "{place}: spikes");
            for (a, b) in a.traces.iter().zip(&b.traces) {
                let same = a.data.iter().zip(&b.data).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same && a.data.dim() == b.data.dim(), "{place}: {}", a.name());
            }
        }
    }
}

#[test]
fn examples_have_the_same_bits_over_ranks() {
    let Some(_launcher) = launcher() else { return };
    let short = |time: &str| words(&[&format!("simulation.t_stop={time}")]);
    same_bits("coba", &short("100"));
    same_bits("short-term-plasticity", &short("200"));
    same_bits("decision", &short("60"));
    let stationary = "compare.stationary=['20 ms','50 ms']";
    same_bits("brunel-2000", &words(&["simulation.t_stop=60", stationary]));
    let transient = "compare.transient=['50 ms','60 ms']";
    same_bits("rs-fs", &words(&["simulation.t_stop=60", stationary, transient]));
}

/// The microcircuit with a fiftieth of its neurons, which keep their in-degrees.
#[test]
fn the_microcircuit_has_the_same_bits_over_ranks() {
    let Some(_launcher) = launcher() else { return };
    same_bits("microcircuit", &microcircuit(0.02, "30"));
}

fn microcircuit(scale: f64, t_stop: &str) -> Vec<String> {
    let text = std::fs::read_to_string(examples().join("microcircuit/model.toml")).unwrap();
    let mut changes = words(&[&format!("simulation.t_stop={t_stop}")]);
    let (mut population, mut projection) = (None, None::<usize>);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("[populations.") {
            population = name.strip_suffix(']');
        } else if line.starts_with('[') {
            population = None;
        }
        if line == "[[projections]]" {
            projection = Some(projection.map_or(0, |index| index + 1));
        }
        let scaled = |number: &str| (number.parse::<f64>().unwrap() * scale).round().max(1.0);
        if let (Some(name), Some(size)) = (population, line.strip_prefix("size = ")) {
            changes.push(format!("populations.{name}.size={}", scaled(size)));
        }
        let number = line.split_once("number = ").map(|(_, rest)| rest);
        if let (Some(index), Some(number)) = (projection, number) {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            changes.push(format!("projections[{index}].connection.number={}", scaled(&digits)));
        }
    }
    assert!(changes.len() > 50, "the populations and projections of the microcircuit");
    changes
}

/// A checkpoint of two ranks, from which three go on, and one.
#[test]
fn a_run_goes_on_over_other_ranks() {
    let Some(_launcher) = launcher() else { return };
    let folder = tempfile::tempdir().unwrap();
    let model = examples().join("coba/model.toml").display().to_string();
    let of = |out: &str, t_stop: &str, ranks: usize, more: &[&str]| {
        let out = folder.path().join(out);
        let mut arguments = words(&["run", &model, "--no-figures", "--precision", "double"]);
        arguments.extend(words(&["--set", &format!("simulation.t_stop={t_stop}")]));
        arguments.extend(words(&["--out", &out.display().to_string(), "--checkpoint", "15"]));
        arguments.extend(words(more));
        let output = run(ranks, &arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        recorded(&out)
    };
    let whole = of("whole", "60", 0, &[]);
    of("parts", "20", 2, &[]);
    of("parts", "40", 3, &["--resume", "--threads", "2"]);
    assert_eq!(of("parts", "60", 0, &["--resume"]), whole);
}

/// Arguments of a run that takes long.
fn long(out: &Path) -> Vec<String> {
    let model = examples().join("coba/model.toml").display().to_string();
    let out = out.display().to_string();
    words(&["run", &model, "--set", "simulation.t_stop='2000 s'", "--out", &out, "--threads", "1"])
}

/// Processes that `parent` has started.
fn children(parent: u32) -> Vec<u32> {
    let of = |id: u32| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        parent.trim().parse::<u32>().ok()
    };
    let processes = std::fs::read_dir("/proc").unwrap();
    let ids = processes.filter_map(|p| p.unwrap().file_name().to_string_lossy().parse().ok());
    let mut own: Vec<u32> = ids.filter(|&id| of(id) == Some(parent)).collect();
    own.sort_unstable();
    own
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(sent.unwrap().success());
}

/// A long run over three ranks, once it writes.
fn begun(out: &Path) -> Child {
    let child = command(3, &long(out)).spawn().unwrap();
    let begun = Instant::now();
    let length = || std::fs::metadata(out.join("results.partial.h5")).map_or(0, |file| file.len());
    let wait_for = |more: &dyn Fn(u64) -> bool| {
        while !more(length()) {
            assert!(begun.elapsed() < PATIENCE, "nothing is written");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // The file with nothing in it, then the first block, which comes after two seconds.
    wait_for(&|length| length > 0);
    std::thread::sleep(Duration::from_secs(1));
    let empty = length();
    wait_for(&|length| length > empty);
    child
}

#[test]
fn a_signal_ends_all_ranks_in_order() {
    let Some(_launcher) = launcher() else { return };
    let folder = tempfile::tempdir().unwrap();
    let child = begun(folder.path());
    // The launcher hands it on to every rank.
    signal("USR1", child.id());
    let output = ended(child, "an interrupted run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(said.matches("what was computed before is in").count(), 1, "{said}");
    assert!(recorded(folder.path()).n_steps > 0);

    // Of one rank, which tells the others.
    let folder = tempfile::tempdir().unwrap();
    let child = begun(folder.path());
    signal("TERM", *children(child.id()).last().unwrap());
    assert_eq!(ended(child, "a run with an interrupted rank").status.code(), Some(130));
    assert!(recorded(folder.path()).n_steps > 0);
}

#[test]
fn a_rank_that_is_killed_ends_all() {
    let Some(_launcher) = launcher() else { return };
    let folder = tempfile::tempdir().unwrap();
    let child = begun(folder.path());
    signal("KILL", children(child.id())[1]);
    assert!(!ended(child, "a run with a killed rank").status.success());
    // What was computed before stays under its provisional name.
    assert!(folder.path().join("results.partial.h5").exists());
}

#[test]
fn what_does_not_go_over_ranks_is_refused() {
    let text =
        String::from("simulation = { t_stop = 20 }\n[populations.E]\nsize = 5\ncell = 'nothing'\n");
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.toml");
    std::fs::write(&model, text).unwrap();
    let model = model.display().to_string();
    // What Open MPI tells its processes is enough to know that there are others.
    let mut alone = command(0, &words(&["compare", &model]));
    let output = alone.env("OMPI_COMM_WORLD_SIZE", "2").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("Open MPI has started 2 processes"), "{said}");
    let Some(_launcher) = launcher() else { return };
    // A fault of the model is said once.
    let output = run(3, &words(&["run", &model, "--out", &folder.path().display().to_string()]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.matches("nothing").count(), 1, "{said}");
}
