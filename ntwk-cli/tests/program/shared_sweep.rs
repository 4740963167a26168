//! Several processes on one sweep: shards, claims, points on standard output; killed at any time, the file has the bits of one process.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ntwk_io::{ScanValues, read_scan};
use tempfile::TempDir;

use crate::common::{good, ntwk, path};

/// Variables of launchers, which the machine of the tests may have set.
const LAUNCHERS: [&str; 8] = [
    "SLURM_ARRAY_TASK_ID",
    "SLURM_PROCID",
    "SLURM_NTASKS",
    "SLURM_CPUS_PER_TASK",
    "OMPI_COMM_WORLD_RANK",
    "PMI_RANK",
    "PBS_ARRAY_INDEX",
    "PBS_ARRAYID",
];

fn program() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_ntwk")))
}

fn clean(mut command: Command) -> Command {
    for name in LAUNCHERS {
        command.env_remove(name);
    }
    command
}

/// A sweep of eight points that take some milliseconds each.
fn sweep(out: &str, more: &[&str]) -> Vec<String> {
    let file = good("theory.toml");
    let vary = ["--vary", "size:populations.N.size=20,40,60,80", "--repeats", "2", "-q"];
    [&["sweep", &file, "--out", out], &vary[..], more]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// A sweep whose points take longer.
fn long_sweep(out: &str, more: &[&str]) -> Vec<String> {
    sweep(out, &[&["--set", "simulation.t_stop=1500"][..], more].concat())
}

fn start(folder: &TempDir, args: &[String]) -> Child {
    let mut command = program();
    command.args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// What the program says with these variables set; it has to end with this exit code.
fn with(folder: &TempDir, variables: &[(&str, &str)], code: i32, args: &[String]) -> String {
    let output =
        program().args(args).envs(variables.iter().copied()).current_dir(folder).output().unwrap();
    let text = crate::common::said(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}");
    text
}

/// Waits for a process, which must end within a minute.
fn wait(child: &mut Child) -> ExitStatus {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "a process does not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn send(signal: &str, child: &Child) {
    // One that has ended is no fault.
    let _ =
        Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
}

/// Names, axes and bits of all arrays but the times of the points, and the model.
fn bits(folder: &TempDir, file: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
    let (data, model, _) = read_scan(&folder.path().join(file)).unwrap().unwrap();
    let mut all = vec![("model".to_owned(), Vec::new(), vec![model.text])];
    for array in data.axes.into_iter().chain(data.arrays) {
        let values = match array.values {
            ScanValues::Texts(texts) => texts,
            _ if array.name == "seconds" => Vec::new(),
            ScanValues::Numbers(v) => v.iter().map(|x| x.to_bits().to_string()).collect(),
        };
        all.push((array.name, array.axes, values));
    }
    assert!(all.len() > 10);
    all
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "part")).collect()
}

/// Numbers that look random and are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn shards_have_the_bits_of_one_process_and_are_seen() {
    let folder = TempDir::new().unwrap();
    with(&folder, &[], 0, &sweep("one", &[]));
    let text = with(&folder, &[], 0, &sweep("s", &["--shard", "1/3"]));
    assert!(
        text.contains("shard 1/3: 3 of 8 points: 0 known before, 3 computed, 0 failed"),
        "{text}"
    );
    assert!(text.contains("5 of 8 points are left to other processes"), "{text}");
    assert!(!folder.path().join("s/scan.h5").exists());
    let status = ntwk(&folder, 0, &["sweep", "status", "s"]);
    for part in ["8 points: 3 done, 0 failed, 5 left", "shard 1/3", "ended", "no process is known"]
    {
        assert!(status.contains(part), "{part}: {status}");
    }
    // What is known is drawn and listed, by the folder and by the file that is not there yet.
    ntwk(&folder, 0, &["plot", "s"]);
    assert!(folder.path().join("s/scan.svg").exists());
    let info = ntwk(&folder, 0, &["info", "s/scan.h5"]);
    assert!(info.contains("rate") && info.contains("size x seed x population"), "{info}");
    let merged = ntwk(&folder, 0, &["sweep", "merge", "s"]);
    assert!(merged.contains("3 of 8 points are known"), "{merged}");
    assert!(folder.path().join("s/scan.partial.h5").exists());
    let slurm = |id: &'static str| {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_COUNT", "3"),
        ]
    };
    let variables = [&slurm("1")[..], &[("SLURM_CPUS_PER_TASK", "3")]].concat();
    with(&folder, &variables, 0, &sweep("s", &["--shard", "auto"]));
    let json = ntwk(&folder, 0, &["sweep", "status", "s", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let shares: Vec<_> = json["parts"].as_array().unwrap().iter().map(|p| &p["share"]).collect();
    assert!(
        (json["done"] == 6 && json["open"] == 2) && shares.contains(&&"shard 0/3".into()),
        "{json}"
    );
    assert!(json["parts"].as_array().unwrap().iter().any(|p| p["threads"] == 3), "{json}");
    let mpi = [("OMPI_COMM_WORLD_RANK", "2"), ("OMPI_COMM_WORLD_SIZE", "3"), ("SLURM_PROCID", "0")];
    let text = with(&folder, &mpi, 0, &sweep("s", &["--shard", "auto"]));
    assert!(text.contains("s/scan.h5") && !text.contains("left to other"), "{text}");
    assert_eq!(bits(&folder, "s/scan.h5"), bits(&folder, "one/scan.h5"));
    assert!(!folder.path().join("s/scan.parts").exists());
    assert!(!folder.path().join("s/scan.partial.h5").exists());
    let status = ntwk(&folder, 0, &["sweep", "status", "s"]);
    assert!(status.contains("8 points: 8 done, 0 failed, 0 left"), "{status}");
    assert!(ntwk(&folder, 0, &["sweep", "merge", "s"]).contains("8 of 8 points are known"));
}

#[test]
fn two_processes_on_one_folder_lose_nothing() {
    let folder = TempDir::new().unwrap();
    with(&folder, &[], 0, &sweep("one", &[]));
    let expected = bits(&folder, "one/scan.h5");
    for (out, share) in [("all", &[][..]), ("claims", &["--claim"])] {
        let mut children = [start(&folder, &sweep(out, share)), start(&folder, &sweep(out, share))];
        for child in &mut children {
            assert_eq!(wait(child).code(), Some(0));
        }
        assert_eq!(bits(&folder, &format!("{out}/scan.h5")), expected);
        assert!(!folder.path().join(out).join("scan.parts").exists());
    }
}

/// One of two processes is killed when its part has a random number of bytes.
#[test]
fn a_process_killed_at_a_random_byte_costs_its_point_and_no_other() {
    let folder = TempDir::new().unwrap();
    with(&folder, &[], 0, &long_sweep("one", &[]));
    let expected = bits(&folder, "one/scan.h5");
    let mut draws = Draws(5);
    for round in 0..6 {
        let out = format!("k{round}");
        let share: &[&str] = if round % 2 == 0 { &["--claim"] } else { &["--shard", "0/2"] };
        let mut killed = start(&folder, &long_sweep(&out, &[share, &["--threads", "1"]].concat()));
        let parts_folder = folder.path().join(&out).join("scan.parts");
        let bytes = 1 + draws.below(6000);
        let length = || {
            let sizes = parts(&parts_folder).into_iter().filter_map(|p| p.metadata().ok());
            sizes.map(|m| m.len()).max().unwrap_or(0)
        };
        while length() < bytes && killed.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        send("-KILL", &killed);
        wait(&mut killed);
        // The file system may have torn what was written last.
        if let Some(part) = parts(&parts_folder).first() {
            let file = std::fs::OpenOptions::new().write(true).open(part).unwrap();
            let whole = file.metadata().unwrap().len();
            file.set_len(whole - draws.below(40).min(whole)).unwrap();
        }
        with(&folder, &[], 0, &long_sweep(&out, &[]));
        assert_eq!(bits(&folder, &format!("{out}/scan.h5")), expected, "{round}: {bytes}");
        assert!(!parts_folder.exists());
    }
}

/// Two hundred processes that are told to end, or killed, at random times: none hangs, and what is left can always be gone on with.
#[test]
fn two_hundred_random_stops_leave_a_sweep_that_goes_on() {
    let folder = TempDir::new().unwrap();
    with(&folder, &[], 0, &long_sweep("one", &[]));
    let expected = bits(&folder, "one/scan.h5");
    let (mut draws, mut stops, mut sweeps) = (Draws(11), 0, 0);
    while stops < 200 {
        let out = format!("s{sweeps}");
        sweeps += 1;
        let file = folder.path().join(&out).join("scan.h5");
        let mut turns = 0;
        while !file.exists() {
            let shares: [&[&str]; 3] = [&[], &["--claim"], &["--shard", "0/1"]];
            let share = shares[draws.below(3) as usize];
            let mut children: Vec<Child> =
                (0..2).map(|_| start(&folder, &long_sweep(&out, share))).collect();
            // The later in a sweep, the longer, so that it comes to an end.
            std::thread::sleep(Duration::from_millis(draws.below(120 + 30 * turns)));
            for child in &children {
                let signals = ["-TERM", "-KILL", "-USR1", "-KILL", "-TERM"];
                send(signals[draws.below(5) as usize], child);
            }
            for child in &mut children {
                let status = wait(child);
                // Told to end: what it has is kept. Killed: no exit code. Before it listens, a signal ends it as others.
                let ended = status.code();
                assert!(matches!(ended, None | Some(0 | 130)), "{status}");
                stops += 1;
            }
            turns += 1;
            assert!(turns < 400, "the sweep does not come to an end");
        }
        assert_eq!(bits(&folder, &format!("{out}/scan.h5")), expected, "{out}");
    }
    assert!(sweeps >= 1);
}

#[test]
fn the_signal_of_a_scheduler_ends_after_the_point_at_hand() {
    let folder = TempDir::new().unwrap();
    let args = sweep("u", &["--set", "simulation.t_stop=8 s", "--threads", "1"]);
    for signal in ["-USR1", "-TERM"] {
        let child = start(&folder, &args);
        let parts_folder = folder.path().join("u/scan.parts");
        let before = parts(&parts_folder).len();
        let begin = Instant::now();
        while parts(&parts_folder).len() == before && begin.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(said.contains("the points at hand are finished"), "{said}");
        assert!(said.contains("of 8 points known") && said.contains("u/scan.parts"), "{said}");
    }
    // Both finished the point at hand: at least two are known.
    let status = ntwk(&folder, 0, &["sweep", "status", "u", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert!(
        status["done"].as_u64().unwrap() >= 2 && status["open"].as_u64().unwrap() >= 1,
        "{status}"
    );
}

#[test]
fn points_are_printed_as_json_and_nothing_is_stored() {
    let folder = TempDir::new().unwrap();
    with(&folder, &[], 0, &sweep("one", &[]));
    let text = with(&folder, &[], 0, &sweep("j", &["--points", "7,2-3", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(!folder.path().join("j").exists());
    let (data, ..) = read_scan(&folder.path().join("one/scan.h5")).unwrap().unwrap();
    let ScanValues::Numbers(rates) = &data.get("rate").unwrap().values else { panic!("numbers") };
    let points = json["points"].as_array().unwrap();
    let numbers: Vec<u64> = points.iter().map(|p| p["point"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 3, 7]);
    for point in points {
        let index = point["point"].as_u64().unwrap() as usize;
        let rate = &point["quantities"]["rate"];
        assert_eq!(rate["value"][0].as_f64().unwrap().to_bits(), rates[index].to_bits());
        assert_eq!((&rate["unit"], &rate["along"]), (&"Hz".into(), &"population".into()));
        assert_eq!(point["status"], "done");
    }
    assert_eq!(json["axes"]["population"][0], "N");
    assert_eq!(points[2]["keys"]["populations.N.size"], "80");
    // The same points into the folder.
    let text = with(&folder, &[], 0, &sweep("j", &["--points", "7,2-3"]));
    assert!(text.contains("3 of 8 points: 0 known before, 3 computed"), "{text}");
    let text = with(&folder, &[], 0, &sweep("j", &["--claim"]));
    assert!(text.contains("3 known before, 5 computed"), "{text}");
    assert_eq!(bits(&folder, "j/scan.h5"), bits(&folder, "one/scan.h5"));
    // Points that are drawn are chosen among their number.
    let drawn =
        ["--sampling", "random", "--samples", "5", "--vary", "w:simulation.t_stop=150..250"];
    let file = good("theory.toml");
    let args = [&["sweep", &file, "--points", "4", "--json", "-q"], &drawn[..]].concat();
    let text = ntwk(&folder, 0, &args);
    assert!(text.starts_with("{\"axes\"") && text.contains("\"point\":4"), "{text}");
}

#[test]
fn shares_that_cannot_be_had_are_said() {
    let folder = TempDir::new().unwrap();
    let refused = |more: &[&str], words: &[&str]| {
        let text = with(&folder, &[], 2, &sweep("x", more));
        for word in words {
            assert!(text.contains(word), "{more:?}: {word}: {text}");
        }
        assert!(!folder.path().join("x").exists());
    };
    refused(&["--shard", "5/4"], &["there is no shard 5 of 4: they are numbered from 0 to 3"]);
    refused(&["--shard", "a"], &["is no shard", "auto"]);
    let names = ["SLURM_ARRAY_TASK_ID", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PBS_ARRAY_INDEX"];
    refused(&["--shard", "auto"], &names);
    refused(&["--points", "8"], &["there is no point 8: the sweep has 8, numbered from 0 to 7"]);
    refused(&["--points", "a-b"], &["is no list of points"]);
    refused(&["--shard", "0/2", "--fresh"], &["cannot be used with"]);
    refused(&["--shard", "0/2", "--claim"], &["cannot be used with"]);
    let text = ntwk(&folder, 2, &["sweep", "status", "x"]);
    assert!(text.contains("x/scan.h5") && text.contains("x/scan.parts"), "{text}");
    with(&folder, &[], 0, &sweep("x", &["--shard", "0/2"]));
    let text = with(&folder, &[], 2, &sweep("x", &["--set", "simulation.dt=0.05"]));
    for word in ["points of another scan", "dt = 0.1 in the file and dt = 0.05 here", ".part"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

/// The scripts of examples/cluster as local processes with the variables of their schedulers.
#[test]
fn the_scripts_of_the_cluster_example_make_one_sweep() {
    let folder = TempDir::new().unwrap();
    let example = |name: &str| path(&format!("examples/cluster/{name}"));
    let program = Path::new(env!("CARGO_BIN_EXE_ntwk")).parent().unwrap();
    let search = std::env::var("PATH").unwrap();
    let script = |name: &str, out: &str, variables: &[(&str, String)]| {
        let output = clean(Command::new("bash"))
            .arg(example(name))
            .env("PATH", format!("{}:{search}", program.display()))
            .env("MODEL", example("model.toml"))
            .env("OUT", out)
            .envs(variables.iter().map(|v| (v.0, v.1.as_str())))
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", crate::common::said(&output));
    };
    let number = |k: usize| k.to_string();
    for k in 0..4 {
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", number(k)),
            ("SLURM_ARRAY_TASK_MIN", number(0)),
            ("SLURM_ARRAY_TASK_COUNT", number(4)),
            ("SLURM_CPUS_PER_TASK", number(2)),
        ];
        script("array.sh", "array", &slurm);
        if k < 2 {
            script("claim.sh", "claim", &slurm[..3]);
        }
        script("array.pbs", "pbs", &[("PBS_ARRAY_INDEX", number(k))]);
        let rank = [
            ("OMPI_COMM_WORLD_RANK", number(k)),
            ("OMPI_COMM_WORLD_SIZE", number(4)),
            // Starts one process, as mpirun starts each.
            ("MPIRUN", "env".to_owned()),
        ];
        script("mpi.sh", "mpi", &rank);
    }
    let expected = bits(&folder, "array/scan.h5");
    for out in ["claim", "pbs", "mpi"] {
        assert_eq!(bits(&folder, &format!("{out}/scan.h5")), expected, "{out}");
    }
    assert!(folder.path().join("array/scan.png").exists());
}
