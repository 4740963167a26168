//! Connections, spikes and waveforms of a model in files of their own.

use std::path::Path;

use ntwk_cells::library;
use ntwk_core::spec::waveform::{Interpolation, Shape, Waveform};
use ntwk_core::spec::{AfferentActivity, ConnectionSpec, DelaySpec, Distribution, ProjectionSpec};
use ntwk_core::{Model, ModelSpec};
use ntwk_io::{ModelFileError, read_model};
use tempfile::TempDir;

const BASE: &str = r#"
[simulation]
t_stop = "10 ms"
[receptors.AMPA]
E_rev = "0 mV"
tau_syn = "5 ms"
[populations.E]
size = 4
cell = "RS"
[[projections]]
source = "E"
target = "E"
receptor = "AMPA"
"#;
const WEIGHT: &str = "weight = \"1 nS\"\n";

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(TempDir::new().unwrap());
        let edges = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bmtk_edges.h5");
        std::fs::copy(edges, files.0.path().join("edges.h5")).unwrap();
        let spikes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bmtk_spikes.h5");
        std::fs::copy(spikes, files.0.path().join("spikes.h5")).unwrap();
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn model(&self, text: &str) -> Result<Model, ModelFileError> {
        self.write("model.toml", text);
        read_model(&self.0.path().join("model.toml"), &[], &library())
    }

    fn projection(&self, text: &str) -> ProjectionSpec {
        self.model(&format!("{BASE}{text}\n")).unwrap().spec().projections[0].clone()
    }

    fn faults(&self, text: &str) -> Vec<String> {
        match self.model(text) {
            Err(ModelFileError::Faults(faults)) => faults
                .list
                .iter()
                .map(|f| {
                    format!("{}: {f}", f.line.map_or_else(|| "-".to_owned(), |n| n.to_string()))
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn pairs_from_csv_and_from_sonata_edges() {
    let files = Files::new();
    files.write(
        "pairs.csv",
        "# made by hand\nsource, target, weight, delay\n3,0,2.5,0.5\n0,1,0.5,1.0\n2,1,1.5,2.0\n1,3,3.5,1.5\n",
    );
    let pairs = ConnectionSpec::pairs(vec![3, 0, 2, 1], vec![0, 1, 1, 3]);
    for connection in [
        r#"{ rule = "pairs", file = "pairs.csv" }"#,
        r#"{ rule = "pairs", file = "edges.h5" }"#,
        r#"{ rule = "pairs", file = "edges.h5", edges = "v1_to_v1" }"#,
    ] {
        let found = files.projection(&format!("connection = {connection}"));
        assert_eq!(found.connection, pairs);
        assert_eq!(found.weight, Distribution::Listed(vec![2.5, 0.5, 1.5, 3.5]));
        let delays = DelaySpec::Drawn(Distribution::Listed(vec![0.5, 1.0, 2.0, 1.5]));
        assert_eq!(found.delay, delays);
    }
    files.write("bare.csv", "pre,post\n0,1\n");
    let bare = r#"connection = { rule = "pairs", file = "bare.csv" }"#;
    let bare = files.projection(&format!("{WEIGHT}{bare}"));
    assert_eq!(bare.connection, ConnectionSpec::pairs(vec![0], vec![1]));
    assert_eq!(bare.weight, Distribution::Constant(1.0));
}

/// Edges with 1, 3 and 5 synapses of the types 100, 101 and 100.
#[test]
fn numbers_of_synapses_and_properties_of_types() {
    let files = Files::new();
    let edges = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/typed_edges.h5");
    std::fs::copy(edges, files.0.path().join("typed_edges.h5")).unwrap();
    let synapses =
        ConnectionSpec::pairs(vec![0, 1, 1, 1, 2, 2, 2, 2, 2], vec![2, 1, 1, 1, 0, 0, 0, 0, 0]);
    let connection = "connection = { rule = \"pairs\", file = \"typed_edges.h5\" }";
    let found = files.projection(&format!("{WEIGHT}{connection}"));
    assert_eq!(found.connection, synapses);
    assert_eq!(found.weight, Distribution::Constant(1.0));
    // The file of types beside it.
    files.write(
        "typed_edge_types.csv",
        "edge_type_id syn_weight delay weight_function\n100 2.5 0.5 NULL\n101 0.25 2.0 wmax\n",
    );
    let listed = |of_100: f64, of_101: f64| {
        let per_synapse = [of_100, of_101, of_101, of_101, of_100, of_100, of_100, of_100, of_100];
        Distribution::Listed(per_synapse.to_vec())
    };
    let found = files.projection(connection);
    assert_eq!(found.connection, synapses);
    assert_eq!(found.weight, listed(2.5, 0.25));
    assert_eq!(found.delay, DelaySpec::Drawn(listed(0.5, 2.0)));
    // One that is named; properties without a value are not there.
    files.write("other.csv", "edge_type_id,syn_weight,delay\n101,4,NULL\n100,3,NULL\n");
    let named = connection.replace(" }", ", edge_types = \"other.csv\" }");
    let found = files.projection(&named);
    assert_eq!(found.weight, listed(3.0, 4.0));
    assert_eq!(found.delay, DelaySpec::constant(0.0));
    for (types, part) in [
        ("edge_type_id,syn_weight\n100,3\n", "the type 101 of an edge"),
        ("edge_type_id,syn_weight\n100,3\n101,NULL\n", "a number for the type 101"),
        ("edge_type_id,delay\n100,-1\n101,1\n", "must be >= 0 ms"),
        ("edge_type_id,syn_weight,weight_function\n100,3,gaussianLL\n101,3,wmax\n", "gaussianLL"),
    ] {
        files.write("other.csv", types);
        let weight = if types.contains("syn_weight") { "" } else { WEIGHT };
        let faults = files.faults(&format!("{BASE}{weight}{named}\n")).join("\n");
        assert!(faults.contains(part), "{part}\n{faults}");
    }
    files.write("pairs.csv", "source,target,delay,nsyns\n0,1,0.5,2\n1,2,1.5,0\n");
    let csv = "connection = { rule = \"pairs\", file = \"pairs.csv\" }";
    let found = files.projection(&format!("{WEIGHT}{csv}"));
    assert_eq!(found.connection, ConnectionSpec::pairs(vec![0, 0], vec![1, 1]));
    assert_eq!(found.delay, DelaySpec::Drawn(Distribution::Listed(vec![0.5, 0.5])));
    for (rows, part) in [("0,1,-0.5,1", ">= 0 ms"), ("0,1,0.5,1.5", "whole numbers of synapses")] {
        files.write("pairs.csv", &format!("source,target,delay,nsyns\n{rows}\n"));
        let faults = files.faults(&format!("{BASE}{WEIGHT}{csv}\n")).join("\n");
        assert!(faults.contains(part), "{part}\n{faults}");
    }
}

fn afferent(spec: &ModelSpec) -> AfferentActivity {
    spec.afferents.get("A").unwrap().activity.clone()
}

#[test]
fn spikes_from_csv_and_from_sonata_and_waveforms_from_csv() {
    let files = Files::new();
    let base = format!(
        "{BASE}{WEIGHT}connection = {{ rule = \"all_to_all\" }}\n[afferents.A]\nsize = 4\n"
    );
    files.write("two.csv", "population,neuron,time_ms\nE,3,0.5\nI,2,0.7\nE,1,1.25\nE,3,2.0\n");
    files.write("one.csv", "time,id\n0.5,3\n1.25,1\n2.0,3\n");
    for table in [
        r#"{ file = "two.csv", population = "E" }"#,
        r#"{ file = "one.csv" }"#,
        r#"{ file = "spikes.h5", population = "lgn" }"#,
    ] {
        let model = files.model(&format!("{base}spikes = {table}\n")).unwrap();
        let AfferentActivity::Spikes { spikes } = afferent(model.spec()) else { panic!("{table}") };
        assert_eq!((spikes.times, spikes.ids), (vec![0.5, 1.25, 2.0], vec![3, 1, 3]), "{table}");
    }
    files.write("rate.csv", "time (ms),rate (Hz)\n1.0,2\n1.5,4\n2.0,8\n");
    let sampled = r#"{ waveform = "sampled", file = "rate.csv" }"#;
    let model = files.model(&format!("{base}rate = {sampled}\n")).unwrap();
    let AfferentActivity::Rate { rate, .. } = afferent(model.spec()) else { panic!() };
    let values = vec![2.0, 4.0, 8.0];
    let interpolation = Interpolation::Hold;
    assert_eq!(
        rate,
        Waveform::Shape(Shape::Sampled { start: 1.0, interval: 0.5, values, interpolation })
    );
}

#[test]
fn what_cannot_be_read_is_a_fault_with_file_and_line_and_the_others_are_found_too() {
    let files = Files::new();
    files.write("letters.csv", "source,target\n0,1\n1,x\n");
    files.write("ragged.csv", "source,target\n0,1\n1\n");
    files.write("column.csv", "source,goal\n0,1\n");
    files.write("uneven.csv", "0,1\n1,2\n5,3\n");
    files.write("two.csv", "population,neuron,time_ms\nE,3,0.5\nI,2,0.7\n");
    let cases = [
        (r#"{ rule = "pairs", file = "nothing.csv" }"#, "nothing.csv: No such file"),
        (r#"{ rule = "pairs", file = "letters.csv" }"#, "line 3, column 2 is x, expected a neuron"),
        (r#"{ rule = "pairs", file = "ragged.csv" }"#, "as many fields"),
        (r#"{ rule = "pairs", file = "column.csv" }"#, "expected a column target"),
        (r#"{ rule = "pairs", file = "letters.csv", sources = [1] }"#, "either file or sources"),
        (r#"{ rule = "pairs", file = "edges.h5", edges = "v2" }"#, "expected a population v2"),
        (r#"{ rule = "pairs", file = "spikes.h5" }"#, "edges is none"),
        (r#"{ rule = "pairs", file = 3 }"#, "expected the path of a file"),
        (r#"{ rule = "pairs", file = "letters.csv", edges = "x" }"#, "a file of SONATA edges"),
    ];
    for (connection, message) in cases {
        // A fault elsewhere is found in the same pass, and one missing file is one fault.
        let text = format!("{BASE}connection = {connection}\ndelay = \"-1 ms\"\n");
        let faults = files.faults(&text);
        assert_eq!(faults.len(), 2, "{connection}: {faults:#?}");
        assert!(faults[0].starts_with("14: projections[0].connection.file"), "{faults:#?}");
        assert!(faults[0].contains(message), "{connection}: {faults:#?}");
    }
    let base = format!(
        "{BASE}{WEIGHT}connection = {{ rule = \"all_to_all\" }}\n[afferents.A]\nsize = 4\n"
    );
    let uneven =
        files.faults(&format!("{base}rate = {{ waveform = \"sampled\", file = \"uneven.csv\" }}"));
    assert!(uneven.len() == 1 && uneven[0].contains("evenly spaced"), "{uneven:?}");
    let which = files.faults(&format!("{base}spikes = {{ file = \"two.csv\" }}"));
    assert!(which.len() == 1 && which[0].contains("is E, I"), "{which:?}");
    let twice = r#"connection = { rule = "pairs", file = "edges.h5" }"#;
    let twice = files.faults(&format!("{BASE}{WEIGHT}{twice}"));
    assert!(twice.len() == 1 && twice[0].contains("leave this out"), "{twice:?}");
    // Indices beyond the population are named by the next stage.
    files.write("far.csv", "source,target\n0,9\n");
    let far = files
        .faults(&format!("{BASE}{WEIGHT}connection = {{ rule = \"pairs\", file = \"far.csv\" }}"));
    assert!(far.len() == 1 && far[0].contains('9'), "{far:?}");
}
