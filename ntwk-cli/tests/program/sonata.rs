//! SONATA networks of point neurons, imported and run.

use std::path::Path;
use std::process::Command;

use crate::common::ntwk;
use hdf5::{AttrValue, FileBuilder};
use ntwk_io::ResultFile;
use tempfile::TempDir;

fn written(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn store(folder: &TempDir, name: &str, file: FileBuilder) {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    file.finish_to(&mut std::fs::File::create(path).unwrap()).unwrap();
}

fn nodes(folder: &TempDir, name: &str, types: &[u64]) {
    let mut file = FileBuilder::new();
    let mut group = file.create_group("nodes");
    let mut own = group.create_group(name);
    let ids: Vec<u64> = (0..types.len() as u64).collect();
    own.create_dataset("node_id").with_data(&ids);
    own.create_dataset("node_type_id").with_data(types);
    group.add_group(own.finish());
    file.add_group(group.finish());
    store(folder, &format!("network/{name}_nodes.h5"), file);
}

/// Edges (source, target, type, nsyns).
fn edges(folder: &TempDir, ends: [&str; 2], list: &[(u64, u64, u64, u32)]) {
    let name = ends.join("_to_");
    let mut file = FileBuilder::new();
    let mut group = file.create_group("edges");
    let mut own = group.create_group(&name);
    let column = |of: fn(&(u64, u64, u64, u32)) -> u64| list.iter().map(of).collect::<Vec<u64>>();
    let text = |name: &str| AttrValue::VarLenString(name.to_owned());
    own.create_dataset("source_node_id")
        .with_data(&column(|e| e.0))
        .set_attr("node_population", text(ends[0]));
    own.create_dataset("target_node_id")
        .with_data(&column(|e| e.1))
        .set_attr("node_population", text(ends[1]));
    own.create_dataset("edge_type_id").with_data(&column(|e| e.2));
    let mut properties = own.create_group("0");
    properties.create_dataset("nsyns").with_data(&list.iter().map(|e| e.3).collect::<Vec<u32>>());
    own.add_group(properties.finish());
    group.add_group(own.finish());
    file.add_group(group.finish());
    store(folder, &format!("network/{}_edges.h5", ends.join("_")), file);
}

/// Three cells of two types, of which the excitatory ones (1 and 2) are driven and excite the inhibitory one (0), which inhibits them.
fn network(folder: &TempDir) {
    nodes(folder, "v1", &[11, 10, 10]);
    nodes(folder, "lgn", &[5, 5]);
    written(
        folder,
        "network/v1_node_types.csv",
        "node_type_id model_type model_template pop_name ei dynamics_params\n\
         10 point_neuron nest:iaf_psc_alpha exc e exc.json\n\
         11 point_neuron nest:iaf_psc_alpha inh i inh.json\n",
    );
    written(folder, "network/lgn_node_types.csv", "node_type_id model_type\n5 virtual\n");
    written(folder, "cells/exc.json", r#"{"C_m": 200.0, "tau_m": 20.0, "t_ref": 3.0, "I_e": 0.0}"#);
    written(folder, "cells/inh.json", r#"{"V_th": -60.0, "tau_syn_ex": 1.0}"#);
    written(folder, "synapses/static.json", "{\n}\n");
    edges(folder, ["v1", "v1"], &[(1, 0, 100, 2), (2, 0, 100, 1), (0, 1, 101, 1), (0, 2, 101, 3)]);
    edges(folder, ["lgn", "v1"], &[(0, 1, 7, 1), (1, 2, 7, 1)]);
    written(
        folder,
        "network/v1_v1_edge_types.csv",
        "edge_type_id target_query source_query syn_weight delay dynamics_params model_template\n\
         100 * ei=='e' 1500.0 1.5 static.json static_synapse\n\
         101 * ei=='i' -200.0 2.0 static.json static_synapse\n",
    );
    written(
        folder,
        "network/lgn_v1_edge_types.csv",
        "edge_type_id syn_weight delay model_template\n7 1500.0 1.0 static_synapse\n",
    );
    written(folder, "inputs/lgn.csv", "timestamps node_ids population\n10.0 0 lgn\n30.0 1 lgn\n");
    written(
        folder,
        "circuit.json",
        r#"{"manifest": {"$BASE": ".", "$NET": "$BASE/network"},
        "components": {"point_neuron_models_dir": "$BASE/cells", "synaptic_models_dir": "$BASE/synapses"},
        "networks": {
          "nodes": [
            {"nodes_file": "$NET/v1_nodes.h5", "node_types_file": "$NET/v1_node_types.csv"},
            {"nodes_file": "$NET/lgn_nodes.h5", "node_types_file": "$NET/lgn_node_types.csv"}],
          "edges": [
            {"edges_file": "$NET/v1_v1_edges.h5", "edge_types_file": "$NET/v1_v1_edge_types.csv"},
            {"edges_file": "$NET/lgn_v1_edges.h5", "edge_types_file": "$NET/lgn_v1_edge_types.csv"}]}}"#,
    );
}

const SIMULATION: &str = r#"{
  "manifest": {"$BASE": "${configdir}"},
  "target_simulator": "NEST",
  "node_sets": {"excitatory": {"population": "v1", "pop_name": "exc"}},
  "run": {"tstop": 100.0, "dt": 0.1, "block_run": false},
  "network": "circuit.json",
  "inputs": {
    "lgn": {"input_type": "spikes", "module": "csv", "input_file": "$BASE/inputs/lgn.csv", "node_set": "lgn"},
    "clamp": {"input_type": "current_clamp", "module": "IClamp", "node_set": {"population": "v1", "node_id": [2]},
      "amp": 400.0, "delay": 60.0, "duration": 20.0}},
  "reports": {"v": {"cells": {"population": "v1", "node_id": [0, 2]}, "variable_name": "V_m", "sections": "soma"}},
  "output": {"output_dir": "output"}
}"#;

#[test]
fn a_network_of_point_neurons_runs() {
    let folder = TempDir::new().unwrap();
    network(&folder);
    written(&folder, "simulation.json", SIMULATION);
    let text = ntwk(&folder, 0, &["import", "simulation.json", "-o", "models/net.toml"]);
    for part in [
        "2 populations, 1 afferent populations, 3 projections",
        "v1_exc: nodes 1-2 of v1",
        "run.block_run: left out",
        "models/net_edges.h5",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    ntwk(&folder, 0, &["run", "models/net.toml", "-q", "-o", "r", "--precision", "double"]);
    let run = ResultFile::open(&folder.path().join("r/results.h5")).unwrap();
    let run = run.recording().unwrap().unwrap();
    let times = |population: &str, neuron| run.spike_times(population, neuron).unwrap();
    // Input at 10 and 30 ms, the clamp of one neuron between 60 and 80 ms.
    let [first, second] = [times("v1_exc", 0), times("v1_exc", 1)];
    assert_eq!(first.len(), 1, "{first:?} {second:?}");
    assert!(first[0] > 11.0 && first[0] < 20.0, "{first:?}");
    assert!(second.iter().any(|t| (31.0..40.0).contains(t)), "{second:?}");
    assert!(second.iter().all(|t| *t < 81.0) && second.iter().any(|t| *t > 60.0), "{second:?}");
    // Two synapses of 1500 pA, alpha functions of 1 ms, depolarise the inhibitory cell by up to 33 mV.
    assert!(!times("v1_inh", 0).is_empty());
    assert_eq!(run.populations[0].traces.len(), 1);
}

/// The same network from elsewhere, with nodes chosen by sets, and spikes in the group that NEST's recorders call so.
#[test]
fn node_sets_choose_and_paths_are_those_of_the_files() {
    let folder = TempDir::new().unwrap();
    network(&folder);
    let mut file = FileBuilder::new();
    let mut spikes = file.create_group("spikes");
    let mut own = spikes.create_group("default");
    own.create_dataset("timestamps").with_data(&[10.0, 30.0]);
    own.create_dataset("node_ids").with_data(&[0u64, 1]);
    spikes.add_group(own.finish());
    file.add_group(spikes.finish());
    store(&folder, "inputs/lgn.h5", file);
    written(
        &folder,
        "sets.json",
        r#"{"second": {"population": "v1", "node_id": 2}, "some": ["second", "inhibitory"]}"#,
    );
    let simulation = SIMULATION
        .replace("\"network\": \"circuit.json\"", "\"network\": \"$BASE/circuit.json\"")
        .replace("\"module\": \"csv\"", "\"module\": \"sonata\"")
        .replace("lgn.csv", "lgn.h5")
        .replace("{\"population\": \"v1\", \"node_id\": [2]}", "\"second\"")
        .replace("{\"population\": \"v1\", \"node_id\": [0, 2]}", "\"some\"")
        .replace("\"node_sets\": {", "\"node_sets_file\": \"sets.json\", \"node_sets\": {\"inhibitory\": {\"pop_name\": [\"inh\"]}, ");
    written(&folder, "simulation.json", &simulation);
    written(&folder, "plain.json", SIMULATION);
    ntwk(&folder, 0, &["import", "plain.json", "-o", "plain.toml"]);
    std::fs::create_dir(folder.path().join("below")).unwrap();
    let there = |name: &str| folder.path().join(name);
    let import = |from: &str, file: &str, out: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ntwk"))
            .args(["import", file, "-o", out])
            .current_dir(there(from))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}");
    };
    import("below", "../simulation.json", "../sets.toml");
    let parent = folder.path().file_name().unwrap().to_str().unwrap();
    import("..", &format!("{parent}/simulation.json"), &format!("{parent}/above.toml"));
    let run = |model: &str| {
        ntwk(&folder, 0, &["run", model, "-q", "-o", model.trim_end_matches(".toml")]);
        let path = there(model.trim_end_matches(".toml")).join("results.h5");
        let run = ResultFile::open(&path).unwrap().recording().unwrap().unwrap();
        (0..3)
            .map(|k| run.populations[usize::from(k > 1)].spikes.clone().unwrap())
            .collect::<Vec<_>>()
    };
    let plain = run("plain.toml");
    assert!(plain.iter().any(|s| !s.is_empty()));
    assert_eq!(run("sets.toml"), plain);
    assert_eq!(run("above.toml"), plain);
    for (set, rule) in [
        ("\"secnd\"", "nearest: second"),
        ("{\"pop_nam\": \"inh\"}", "no type of these nodes has a property pop_nam"),
        ("{\"pop_name\": \"none\"}", "no node meets these conditions"),
        ("[\"loop\"]", "without an end"),
    ] {
        let faulty = simulation
            .replace("\"node_set\": \"second\"", &format!("\"node_set\": {set}"))
            .replace("\"node_sets\": {", "\"node_sets\": {\"loop\": [\"loop\"], ");
        written(&folder, "faulty.json", &faulty);
        let text = ntwk(&folder, 2, &["import", "faulty.json", "-o", "no.toml"]);
        assert!(text.contains("inputs.clamp.node_set") && text.contains(rule), "{text}");
    }
}

#[test]
fn everything_without_an_equivalent_is_named_at_once() {
    let folder = TempDir::new().unwrap();
    network(&folder);
    written(
        &folder,
        "network/v1_node_types.csv",
        "node_type_id model_type model_template pop_name dynamics_params\n\
         10 point_neuron nest:glif_psc exc exc.json\n\
         11 point_neuron nest:iaf_psc_alpha inh inh.json\n",
    );
    written(&folder, "cells/inh.json", r#"{"V_thr": -60.0, "C_m": "big"}"#);
    written(
        &folder,
        "network/lgn_v1_edge_types.csv",
        "edge_type_id syn_weight delay model_template\n7 1500.0 1.0 tsodyks_synapse\n",
    );
    let text = SIMULATION.replace("\"current_clamp\"", "\"extracellular\"");
    written(&folder, "simulation.json", &text.replace("\"tstop\"", "\"t_end\""));
    let text = ntwk(&folder, 2, &["import", "simulation.json", "-o", "net.toml"]);
    for part in [
        "nodes.v1[node_type_id=10].model_template = \"nest:glif_psc\": there is no equivalent",
        "nest:iaf_psc_exp",
        "nearest: nest:iaf_psc_alpha, which is level 1 (LIF)",
        "nodes.v1[node_type_id=11].dynamics_params.V_thr",
        "did you mean \"V_th\"?",
        "dynamics_params.C_m = \"big\": must be a number",
        "model_template = \"tsodyks_synapse\": there is no equivalent",
        "inputs.clamp.input_type = \"extracellular\"",
        "run.t_end",
        "run.tstop: missing",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!Path::new(&folder.path().join("net.toml")).exists());
    let text = ntwk(&folder, 2, &["run", "simulation.json"]);
    assert!(text.contains("'ntwk import FILE") && text.lines().count() == 1, "{text}");
}

/// Steps of the potential, which need no time constant and act a step sooner.
#[test]
fn iaf_psc_delta_is_read() {
    let folder = TempDir::new().unwrap();
    network(&folder);
    let types = "node_type_id model_type model_template pop_name dynamics_params\n\
                 10 point_neuron nest:iaf_psc_delta exc exc.json\n\
                 11 point_neuron nest:iaf_psc_alpha inh inh.json\n";
    written(&folder, "network/v1_node_types.csv", types);
    written(
        &folder,
        "network/lgn_v1_edge_types.csv",
        "edge_type_id syn_weight delay model_template\n7 20.0 1.0 static_synapse\n",
    );
    written(&folder, "simulation.json", SIMULATION);
    let text = ntwk(&folder, 0, &["import", "simulation.json", "-o", "net.toml"]);
    assert!(text.contains("delays are shorter by a step (0.1 ms)"), "{text}");
    ntwk(&folder, 0, &["run", "net.toml", "-q", "-o", "r"]);
    let run = ResultFile::open(&folder.path().join("r/results.h5")).unwrap();
    let run = run.recording().unwrap().unwrap();
    // 20 mV lift a neuron from -70 over -55 mV in the step that ends at 11 ms, to which NEST gives that time.
    assert_eq!(run.spike_times("v1_exc", 0).unwrap(), [11.0]);
    // A parameter of the others is none of this one; a model without an equivalent is told the nearest.
    written(&folder, "cells/exc.json", r#"{"tau_syn_ex": 2.0}"#);
    written(
        &folder,
        "network/v1_node_types.csv",
        &types.replace("nest:iaf_psc_alpha", "nrn:IntFire1"),
    );
    let text = ntwk(&folder, 2, &["import", "simulation.json", "-o", "net.toml"]);
    for part in
        ["dynamics_params.tau_syn_ex", "nrn:IntFire1", "nearest: nest:iaf_psc_delta with E_L"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// Datasets of edges that disagree on their number are not cut to the shortest.
#[test]
fn edges_of_different_lengths_are_refused() {
    let folder = TempDir::new().unwrap();
    network(&folder);
    written(&folder, "simulation.json", SIMULATION);
    let lengths = |sources: usize, targets: usize, types: usize, numbers: usize| {
        let mut file = FileBuilder::new();
        let mut group = file.create_group("edges");
        let mut own = group.create_group("lgn_v1");
        let name = AttrValue::VarLenString("lgn".to_owned());
        own.create_dataset("source_node_id")
            .with_data(&vec![0_u64; sources])
            .set_attr("node_population", name);
        let name = AttrValue::VarLenString("v1".to_owned());
        own.create_dataset("target_node_id")
            .with_data(&vec![1_u64; targets])
            .set_attr("node_population", name);
        own.create_dataset("edge_type_id").with_data(&vec![7_u64; types]);
        let mut properties = own.create_group("0");
        properties.create_dataset("nsyns").with_data(&vec![1_u32; numbers]);
        own.add_group(properties.finish());
        group.add_group(own.finish());
        file.add_group(group.finish());
        store(&folder, "network/lgn_v1_edges.h5", file);
    };
    for (lengths_of, object) in [
        ([2, 1, 2, 2], "target_node_id"),
        ([2, 2, 3, 2], "edge_type_id"),
        ([2, 2, 2, 3], "0/nsyns"),
    ] {
        let [sources, targets, types, numbers] = lengths_of;
        lengths(sources, targets, types, numbers);
        let text = ntwk(&folder, 2, &["import", "simulation.json", "-o", "net.toml"]);
        assert!(text.contains(object) && text.contains("2 values, as many as"), "{text}");
        assert!(!folder.path().join("net.toml").exists());
    }
    lengths(2, 2, 2, 2);
    ntwk(&folder, 0, &["import", "simulation.json", "-o", "net.toml"]);
}
