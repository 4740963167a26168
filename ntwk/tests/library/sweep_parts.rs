//! A sweep that several processes compute, any of which may be killed at any byte: the file has the bits of that of one process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ntwk::core::Model;
use ntwk::io::{Notation, parse_tree};
use ntwk::sweep::command::command_of;
use ntwk::sweep::identity::{PARAMETER_SWEEP, StudyIdentity};
use ntwk::sweep::network::NetworkSweep;
use ntwk::sweep::points::SweepPlan;
use ntwk::sweep::run::{SweepError, SweepOutcome, run_points, run_share};
use ntwk::sweep::share::{Shard, Share};
use ntwk::sweep::status::{PartState, merge_sweep, read_sweep, sweep_file, sweep_status};
use ntwk::sweep::store::{StoreError, StoreOptions};
use ntwk::sweep::task::{
    DescriptionError, PointFailure, PointQuantity, PointTask, number_axis, text_axis,
};
use ntwk::{Job, library};
use ntwk_io::part_file::{PartHeader, host_name};
use ntwk_io::{
    ModelText, PartPoint, PartQuantity, PartReader, PartWriter, ScanArray, ScanData, ScanValues,
    read_scan,
};
use tempfile::TempDir;

/// 4 x 3 points of a function, one of which fails; the last quantity is that of some points alone.
struct Table {
    model: String,
    computed: AtomicUsize,
    /// Time of a point.
    takes: Duration,
}

impl Table {
    fn new() -> Self {
        Self::of("a = 1")
    }

    fn of(model: &str) -> Self {
        let takes = Duration::ZERO;
        Self { model: model.to_owned(), computed: AtomicUsize::new(0), takes }
    }

    fn slow() -> Self {
        Self { takes: Duration::from_millis(2), ..Self::new() }
    }
}

impl PointTask for Table {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        let model = ModelText { format: "toml".to_owned(), text: self.model.clone() };
        Ok(StudyIdentity::new(PARAMETER_SWEEP, model, &serde_json::Value::Null))
    }

    fn seed(&self) -> u64 {
        1
    }

    fn axes(&self) -> Vec<ScanArray> {
        vec![
            number_axis("x", "x", "mV", vec![1.0, 2.0, 3.0, 4.0]),
            number_axis("seed", "seed", "1", vec![1.0, 2.0, 3.0]),
            text_axis("population", "population", vec!["E".to_owned(), "I".to_owned()]),
        ]
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        vec![("index".to_owned(), index.to_string())]
    }

    fn compute(&self, index: usize, _: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(self.takes);
        if index == 7 {
            return Err(PointFailure::Failed("it blew up".to_owned()));
        }
        let x = index as f64;
        let mut all = vec![
            PointQuantity::scalar("root", "root", "1", x.sqrt()),
            PointQuantity::along("population", "rate", "rate", "Hz", vec![x.exp(), f64::NAN]),
        ];
        if index % 2 == 1 {
            all.push(PointQuantity::scalar("odd", "odd", "1", 1.0 / x));
        }
        Ok(all)
    }
}

const OPTIONS: StoreOptions = StoreOptions { retry_failed: false, fresh: false };

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("scan.h5")
}

fn parts(folder: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join("scan.parts")).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut parts: Vec<PathBuf> =
        paths.filter(|p| p.extension().is_some_and(|e| e == "part")).collect();
    parts.sort();
    parts
}

fn part(index: usize, of: usize) -> Share {
    Share::Shard(Shard::new(index, of).unwrap())
}

fn run(table: &Table, folder: &TempDir, share: &Share) -> SweepOutcome {
    run_share(table, &file(folder), OPTIONS, share, &Job::threads(1)).unwrap()
}

/// Names, axes and bits of all arrays but the times of the points, with model and study.
fn bits(path: &Path) -> Vec<(String, Vec<String>, Vec<String>)> {
    let (data, model, _) = read_scan(path).unwrap().unwrap();
    let study = ntwk_io::read_study(path).unwrap().unwrap();
    let model = ("model".to_owned(), vec![model.format, model.text], vec![study.json]);
    [vec![model], arrays(data)].concat()
}

fn arrays(data: ScanData) -> Vec<(String, Vec<String>, Vec<String>)> {
    let array = |array: ScanArray| {
        let values = match array.values {
            ScanValues::Texts(texts) => texts,
            _ if array.name == "seconds" => Vec::new(),
            ScanValues::Numbers(v) => v.iter().map(|x| x.to_bits().to_string()).collect(),
        };
        (array.name, array.axes, values)
    };
    data.axes.into_iter().chain(data.arrays).map(array).collect()
}

/// The file that one process makes.
fn one_process() -> Vec<(String, Vec<String>, Vec<String>)> {
    let folder = TempDir::new().unwrap();
    let outcome = run_points(&Table::new(), &file(&folder), OPTIONS, &Job::threads(1)).unwrap();
    assert!(outcome.is_complete() && !outcome.interrupted);
    assert_eq!((outcome.points, outcome.computed, outcome.failed.len()), (12, 12, 1));
    assert_eq!(parts(&folder).len(), 0);
    assert!(!folder.path().join("scan.parts").exists());
    bits(&file(&folder))
}

#[test]
fn shards_are_as_one_process_and_the_last_one_makes_the_file() {
    let expected = one_process();
    let folder = TempDir::new().unwrap();
    for index in [2, 0, 1] {
        let table = Table::new();
        let outcome = run(&table, &folder, &part(index, 3));
        assert_eq!((outcome.share, outcome.computed, outcome.interrupted), (4, 4, false));
        assert_eq!(outcome.is_complete(), index == 1);
        assert_eq!(file(&folder).exists(), index == 1);
        // Again: nothing is computed twice.
        let again = run(&table, &folder, &part(index, 3));
        assert_eq!((again.resumed, again.computed), (4, 0));
        assert_eq!(table.computed.load(Ordering::Relaxed), 4);
    }
    assert_eq!(bits(&file(&folder)), expected);
    assert!(!folder.path().join("scan.parts").exists());
}

#[test]
fn processes_side_by_side_lose_no_point() {
    let expected = one_process();
    for share in [Share::All, Share::Claims] {
        let folder = TempDir::new().unwrap();
        let table = Table::slow();
        let path = file(&folder);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope
                    .spawn(|| run_share(&table, &path, OPTIONS, &share, &Job::threads(2)).unwrap());
            }
        });
        assert_eq!(bits(&path), expected, "{share}");
        assert!(!folder.path().join("scan.parts").exists());
        if share == Share::Claims {
            assert_eq!(table.computed.load(Ordering::Relaxed), 12, "a claimed point was shared");
        }
    }
}

/// While its first point is computed, another process that knows all points makes the file and removes the parts.
struct Overtaken<'a> {
    table: Table,
    made: &'a Path,
    file: &'a Path,
}

impl PointTask for Overtaken<'_> {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        self.table.study()
    }

    fn seed(&self) -> u64 {
        self.table.seed()
    }

    fn axes(&self) -> Vec<ScanArray> {
        self.table.axes()
    }

    fn dimensions(&self) -> usize {
        self.table.dimensions()
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        self.table.label(index)
    }

    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        if self.table.computed.load(Ordering::Relaxed) == 0 {
            fs::copy(self.made, self.file).unwrap();
            fs::remove_dir_all(self.file.with_extension("parts")).unwrap();
        }
        self.table.compute(index, job)
    }
}

#[test]
fn a_process_that_is_overtaken_knows_that_all_is_known() {
    let whole = TempDir::new().unwrap();
    run(&Table::new(), &whole, &Share::All);
    let folder = TempDir::new().unwrap();
    let (made, path) = (file(&whole), file(&folder));
    for share in [part(1, 3), Share::Claims, Share::All] {
        let task = Overtaken { table: Table::new(), made: &made, file: &path };
        let outcome = run_share(&task, &path, OPTIONS, &share, &Job::threads(1)).unwrap();
        assert!(outcome.is_complete() && outcome.open == 0, "{share}");
        assert_eq!(bits(&path), bits(&made), "{share}");
        assert!(!path.with_extension("parts").exists(), "{share}");
        fs::remove_file(&path).unwrap();
    }
}

/// Whatever is left of a part, the points in it count, and the others are computed again.
#[test]
fn a_part_that_ends_at_any_byte_is_gone_on_with() {
    let expected = one_process();
    let folder = TempDir::new().unwrap();
    run(&Table::new(), &folder, &part(1, 3));
    let [part] = &parts(&folder)[..] else { panic!("one part") };
    let whole = fs::read(part).unwrap();
    let mut before = 0;
    for length in 0..=whole.len() {
        fs::write(part, &whole[..length]).unwrap();
        let status = sweep_status(&file(&folder));
        let table = Table::new();
        let resumed = {
            let known = run(&table, &folder, &Share::All);
            assert_eq!(known.resumed + known.computed, 12, "{length}");
            assert!(known.is_complete(), "{length}");
            known.resumed
        };
        assert!(resumed >= before && resumed <= 4, "{length}: {resumed}");
        match status {
            Ok(status) => assert_eq!(status.done + status.failed, resumed, "{length}"),
            // Before its header ends, a part does not say what of.
            Err(StoreError::Nothing { .. }) => assert_eq!(resumed, 0, "{length}"),
            Err(error) => panic!("{length}: {error}"),
        }
        before = resumed;
        assert_eq!(bits(&file(&folder)), expected, "{length}");
        fs::remove_file(file(&folder)).unwrap();
        fs::create_dir(folder.path().join("scan.parts")).unwrap();
    }
    assert_eq!(before, 4);
}

/// A byte that changed ends the part where it is: no point is taken for another.
#[test]
fn a_damaged_byte_costs_the_points_behind_it() {
    let expected = one_process();
    let folder = TempDir::new().unwrap();
    run(&Table::new(), &folder, &part(1, 3));
    let [part] = &parts(&folder)[..] else { panic!("one part") };
    let whole = fs::read(part).unwrap();
    for at in (8..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(part, &bytes).unwrap();
        let outcome = run(&Table::new(), &folder, &Share::All);
        assert!(outcome.resumed < 4 || at + 10 > whole.len(), "{at}: {}", outcome.resumed);
        assert_eq!(bits(&file(&folder)), expected, "{at}");
        fs::remove_file(file(&folder)).unwrap();
        fs::create_dir(folder.path().join("scan.parts")).unwrap();
    }
}

#[test]
fn the_order_of_parts_does_not_show_and_merging_twice_changes_nothing() {
    let expected = one_process();
    let folder = TempDir::new().unwrap();
    for index in 0..3 {
        run(&Table::new(), &folder, &part(index, 4));
    }
    let merged = merge_sweep(&file(&folder)).unwrap();
    assert!(!merged.complete && merged.file.ends_with("scan.partial.h5"));
    assert_eq!((merged.known, merged.points), (9, 12));
    let known = read_sweep(&file(&folder)).unwrap();
    assert_eq!(arrays(read_scan(&merged.file).unwrap().unwrap().0), arrays(known.data));
    // The same points twice, and in parts of other names.
    let kept: Vec<Vec<u8>> = parts(&folder).iter().map(|p| fs::read(p).unwrap()).collect();
    run(&Table::new(), &folder, &Share::All);
    assert!(!folder.path().join("scan.partial.h5").exists());
    for order in [[2, 0, 1], [1, 2, 0], [0, 1, 2]] {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("scan.parts")).unwrap();
        for (k, &i) in order.iter().enumerate() {
            fs::write(folder.path().join(format!("scan.parts/{k}.part")), &kept[i]).unwrap();
            fs::write(folder.path().join(format!("scan.parts/{i}-again.part")), &kept[i]).unwrap();
        }
        let table = Table::new();
        // The process is killed before it makes the file.
        let copies = |name: &str| folder.path().join("scan.parts").join(name);
        run(&table, &folder, &part(3, 4));
        assert_eq!(table.computed.load(Ordering::Relaxed), 3);
        assert!(!copies("0.part").exists());
        let made = fs::read(file(&folder)).unwrap();
        assert_eq!(bits(&file(&folder)), expected);
        for _ in 0..2 {
            let merged = merge_sweep(&file(&folder)).unwrap();
            assert!(merged.complete && merged.known == 12);
        }
        assert_eq!(fs::read(file(&folder)).unwrap(), made);
    }
}

#[test]
fn a_part_of_another_model_names_both() {
    let folder = TempDir::new().unwrap();
    run(&Table::of("a = 1\nb = 2"), &folder, &part(0, 2));
    let other = run_points(&Table::of("a = 1\nb = 3"), &file(&folder), OPTIONS, &Job::threads(1));
    let Err(SweepError::Store(error @ StoreError::AnotherPart { .. })) = other else {
        panic!("{other:?}")
    };
    let text = error.to_string();
    let name = parts(&folder)[0].file_name().unwrap().to_string_lossy().into_owned();
    for word in [name.as_str(), &host_name(), "b = 2 in the file and b = 3 here", "--fresh"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // A part of another scan beside this one: who reads the folder is told of both.
    let another = TempDir::new().unwrap();
    run(&Table::of("c = 1"), &another, &part(0, 2));
    let stranger = &parts(&another)[0];
    fs::copy(stranger, folder.path().join("scan.parts/z.part")).unwrap();
    let text = merge_sweep(&file(&folder)).unwrap_err().to_string();
    assert!(text.contains("z.part") && text.contains(&name), "{text}");
    // Started anew, they are discarded with the first point.
    let fresh = StoreOptions { fresh: true, ..OPTIONS };
    let table = Table::of("a = 1\nb = 3");
    let outcome = run_points(&table, &file(&folder), fresh, &Job::threads(1)).unwrap();
    assert!(outcome.is_complete() && outcome.computed == 12 && outcome.resumed == 0);
    let shard = run_share(&table, &file(&folder), fresh, &part(0, 2), &Job::threads(1));
    assert!(matches!(shard, Err(SweepError::FreshShare { .. })));
}

/// The header of a part of the table, as another process would write it.
fn header(folder: &TempDir) -> PartHeader {
    run(&Table::new(), folder, &part(0, 2));
    let mut reader = PartReader::new(parts(folder)[0].clone());
    reader.read_on(env!("CARGO_PKG_VERSION"), |_, _| {}).unwrap();
    let mut header = reader.header().unwrap().clone();
    assert_eq!((header.host.as_str(), header.process), (host_name().as_str(), std::process::id()));
    header.host = "elsewhere".to_owned();
    header
}

#[test]
fn a_part_of_another_version_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut header = header(&folder);
    header.origin.version = "0.0.9".to_owned();
    let parts = folder.path().join("scan.parts");
    PartWriter::create(&parts, &header).unwrap().finish().unwrap();
    let error = run_points(&Table::new(), &file(&folder), OPTIONS, &Job::threads(1)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("elsewhere") && text.contains("ntwk 0.0.9 wrote it"), "{text}");
}

#[test]
fn machines_that_do_not_compute_the_same_are_found() {
    let folder = TempDir::new().unwrap();
    let header = header(&folder);
    let parts = folder.path().join("scan.parts");
    let mut writer = PartWriter::create(&parts, &header).unwrap();
    let quantity = |name: &str, along: Option<&str>, length| PartQuantity {
        name: name.to_owned(),
        label: name.to_owned(),
        unit: "1".to_owned(),
        along: along.map(str::to_owned),
        length,
    };
    let quantities = [quantity("root", None, 1), quantity("rate", Some("population"), 2)];
    let outcome = Ok(vec![2f64.sqrt().next_up(), 2f64.exp(), f64::NAN]);
    writer.add(&quantities, PartPoint { index: 2, seconds: 1.0, at: 0.0, outcome }).unwrap();
    writer.finish().unwrap();
    let error = run_points(&Table::new(), &file(&folder), OPTIONS, &Job::threads(1)).unwrap_err();
    let text = error.to_string();
    let this = format!("host {}", host_name());
    for word in ["point 2", "other bits", "host elsewhere", this.as_str()] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn failed_points_are_computed_again_on_demand() {
    let folder = TempDir::new().unwrap();
    let table = Table::new();
    run(&table, &folder, &Share::All);
    let expected = bits(&file(&folder));
    let retry = StoreOptions { retry_failed: true, ..OPTIONS };
    for share in [Share::All, part(1, 2), Share::Claims] {
        let outcome = run_share(&table, &file(&folder), retry, &share, &Job::threads(2)).unwrap();
        assert_eq!((outcome.computed, outcome.failed.len()), (1, 1), "{share}");
        assert!(outcome.is_complete());
        assert_eq!(bits(&file(&folder)), expected);
    }
}

#[test]
fn a_sweep_that_is_told_to_end_finishes_the_point_at_hand() {
    let folder = TempDir::new().unwrap();
    let (table, ending) = (Table::slow(), AtomicBool::new(false));
    let watch = |p: &ntwk::core::Progress<'_>| {
        if p.fraction >= 0.25 {
            ending.store(true, Ordering::Relaxed);
        }
    };
    let job = Job::threads(1).ending_by(&ending).reporting_to(&watch);
    let outcome = run_points(&table, &file(&folder), OPTIONS, &job).unwrap();
    assert_eq!((outcome.computed, outcome.open, outcome.interrupted), (3, 9, true));
    assert_eq!(table.computed.load(Ordering::Relaxed), 3);
    let status = sweep_status(&sweep_file(folder.path())).unwrap();
    assert_eq!((status.points, status.done, status.open()), (12, 3, 9));
    let [part] = &status.parts[..] else { panic!("{status:?}") };
    assert_eq!((part.points, part.state, part.share.as_str()), (3, PartState::Ended, "all points"));
    // One that was told before it began leaves nothing.
    let outcome = run_points(&table, &file(&folder), OPTIONS, &job).unwrap();
    assert_eq!((outcome.computed, parts(&folder).len()), (0, 1));
}

#[test]
fn the_processes_of_a_sweep_are_seen_at_work() {
    let folder = TempDir::new().unwrap();
    let header = header(&folder);
    // One that lives, one that was killed, one of another machine that was killed long ago.
    let parts = folder.path().join("scan.parts");
    let here = PartHeader { host: host_name(), process: 1, ..header.clone() };
    let living = PartWriter::create(&parts, &here).unwrap();
    let killed = PartHeader { process: 2, ..here };
    drop(PartWriter::create(&parts, &killed).unwrap());
    let silent = PartHeader { process: 3, began: header.began - 7200.0, ..header };
    drop(PartWriter::create(&parts, &silent).unwrap());
    let status = sweep_status(&file(&folder)).unwrap();
    let state = |process: u32| {
        let part = status.parts.iter().find(|p| p.process.as_ref().is_some_and(|p| p.1 == process));
        part.unwrap().state
    };
    assert_eq!(state(1), PartState::AtWork);
    assert_eq!(state(2), PartState::Killed);
    assert_eq!(state(3), PartState::Silent);
    assert_eq!(state(std::process::id()), PartState::Ended);
    living.discard();
}

/// A point is called by what it changes, whether the values are a grid or a list, and by its seed.
#[test]
fn points_are_labelled_by_what_they_change() {
    let text = "[simulation]\nt_stop = 10\nseed = 5\n[populations.E]\nsize = 3\ncell = 'RS'\n\
        [scan]\ncommand = 'run'\nrepeats = 2\nsampling = 'SAMPLING'\n\
        [[scan.vary]]\nkey = 'populations.E.size'\nvalues = [3, 4]\n\
        [[scan.vary]]\nname = 'drive'\nkey = ['populations.E.I_e', 'populations.E.cell.b']\nvalues = ['1 pA', '2 pA']\n";
    let labels = |sampling: &str, point: usize| {
        let root = parse_tree(&text.replace("SAMPLING", sampling), Notation::Toml).unwrap();
        let model = Model::from_tree(&root, &library()).unwrap_or_else(|faults| panic!("{faults}"));
        let scan = model.spec().scan.clone().unwrap();
        let plan = SweepPlan::new(&model, &scan).unwrap();
        let command = command_of(&scan).unwrap();
        let sweep = NetworkSweep { model, plan, command, library: library() };
        let label = sweep.label(point);
        label.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    };
    let of = |size: u32, drive: u32, seed: u32| {
        let drive = format!("populations.E.I_e={drive} pA populations.E.cell.b={drive} pA");
        format!("populations.E.size={size} {drive} simulation.seed={seed}")
    };
    let grid: Vec<String> = (0..8).map(|k| labels("grid", k)).collect();
    let expected = [3, 4].into_iter().flat_map(|size| {
        [1, 2].into_iter().flat_map(move |drive| [5, 6].map(move |seed| (size, drive, seed)))
    });
    assert_eq!(grid, expected.map(|(a, b, c)| of(a, b, c)).collect::<Vec<_>>());
    let list: Vec<String> = (0..4).map(|k| labels("list", k)).collect();
    assert_eq!(list, [of(3, 1, 5), of(3, 1, 6), of(4, 2, 5), of(4, 2, 6)]);
}
