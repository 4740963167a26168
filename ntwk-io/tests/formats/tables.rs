//! Exports to text and NumPy archives.

use ntwk_io::{
    read_npy, write_afferent_spikes_csv, write_npz, write_nwb, write_rates_csv, write_spikes_csv,
    write_trace_csv,
};

#[test]
fn spikes_rates_and_traces_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let mut recording = crate::common::recording();
    recording.populations[0].name = "Exc, \"deep\"".to_owned();
    let read = || std::fs::read_to_string(&path).unwrap();

    write_spikes_csv(&path, &recording).unwrap();
    let text = read();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 301);
    assert_eq!(lines[0], "population,neuron,time_ms");
    assert_eq!(lines[1], "\"Exc, \"\"deep\"\"\",0,0");
    assert_eq!(lines[4], "\"Exc, \"\"deep\"\"\",111,1");
    assert!(lines[3].ends_with(",74,0.6"), "{}", lines[3]);

    write_rates_csv(&path, &recording, 300).unwrap();
    let text = read();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "time_ms,\"Exc, \"\"deep\"\"\",Inh,Dis_inh");
    assert_eq!(lines.len(), 4); // 1000 steps: three full bins
    // 100 spikes of 400 neurons in 30 ms; silence; one spike per step of 25 neurons.
    let first: Vec<f64> = lines[1].split(',').map(|v| v.parse().unwrap()).collect();
    assert_eq!(first, [0.0, 1e3 * 100.0 / (400.0 * 30.0), 0.0, 400.0]);
    assert!(write_rates_csv(&path, &recording, 0).is_err());

    write_trace_csv(&path, &recording.populations[0].traces[2], recording.dt).unwrap();
    let text = read();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 335);
    assert_eq!(lines[0], "time_ms,399,0");
    assert_eq!(lines[2], "0.3,-69.984375,30.015625");
}

/// The archive as the format says it; `validation/files/readers.py` opens one with NumPy.
#[test]
fn an_archive_holds_every_array() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.npz");
    let recording = crate::common::recording();
    write_npz(&path, &recording).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let end = bytes.len() - 22;
    assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
    // 2 of the run, 2 per population, 2 per recorded spikes, 4 per trace, the sources of synapses, 3 per afferent.
    assert_eq!(bytes[end + 8], 2 + 3 * 2 + 2 * 2 + 7 * 4 + 1 + 2 * 3);

    // The check sums hold, and the arrays are those of the recording.
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut array = |name: &str| {
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(name).unwrap(), &mut content).unwrap();
        let file = folder.path().join("array.npy");
        std::fs::write(&file, content).unwrap();
        read_npy(&file).unwrap()
    };
    let exc = &recording.populations[0];
    let (spikes, trace) = (exc.spikes.as_ref().unwrap(), &exc.traces[0]);
    assert_eq!(array("dt.npy").sum(), recording.dt);
    assert_eq!(array("Exc.spike_times.npy").as_slice().unwrap(), spikes.times(recording.dt));
    let found = array(&format!("Exc.{}.npy", trace.variable));
    assert_eq!(found.shape(), trace.data.shape());
    assert!(found.iter().zip(&trace.data).all(|(a, b)| a.to_bits() == b.to_bits()));
    assert_eq!(array("Exc.chosen.V_m.start.npy").sum(), 101.0 * 0.1);
    assert_eq!(array("Exc.learning.weight_A.sources.npy").as_slice().unwrap(), [9.0, 9.0, 2.0]);
    assert_eq!(array("B_Exc.spike_ids.npy").as_slice().unwrap(), [399.0, 1.0, 1.0, 0.0]);
}

#[test]
fn tables_of_synapses_and_afferents_say_between_whom() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let recording = crate::common::recording();
    let weights = recording.populations[0].trace_of("learning", "weight_A").unwrap();
    write_trace_csv(&path, weights, recording.dt).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().next(), Some("time_ms,9->3,9->17,2->200"));
    write_afferent_spikes_csv(&path, &recording).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[..2], ["afferent,projection,neuron,time_ms", "A,,399,0"]);
    assert_eq!(lines[6], "B,B_Exc,1,0.5");
}

/// What pynwb and nwbinspector say of it is in `validation/files/readers.py`.
#[test]
fn every_neuron_is_a_unit_of_nwb() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.nwb");
    let mut recording = crate::common::recording();
    let provenance = crate::common::provenance();
    write_nwb(&path, &recording, Some(&provenance), "a test").unwrap();
    let file = hdf5::File::open(&path).unwrap();
    let read = |name: &str| file.dataset(name).unwrap();
    // 400 and 100 neurons with recorded spikes; the third population has none.
    let ends = read("/units/spike_times_index").read_u64().unwrap();
    // Two afferents of 400 trains follow.
    assert_eq!(ends.len(), 1300);
    assert!(ends.is_sorted());
    assert_eq!((ends[499], ends.last()), (300, Some(&308)));
    let ids = read("/units/id").read_i64().unwrap();
    assert!(ids.iter().copied().eq(0..1300));
    let populations = read("/units/population").read_string().unwrap();
    assert_eq!((populations[399].as_str(), populations[400].as_str()), ("Exc", "Inh"));
    // The second spike of the recording is the first one of neuron 37, in step 4, in seconds.
    let times = read("/units/spike_times").read_f64().unwrap();
    assert_eq!(times[ends[36] as usize], 4.0 * 0.1 * 1e-3);
    let description = read("/session_description").read_string().unwrap();
    assert_eq!(
        description,
        ["a test (simulation, time step 0.1 ms, seed 18446744073709551615, ntwk 0.1.0)"]
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    recording.populations[0].size = 399;
    let error = write_nwb(&path, &recording, None, "a test").unwrap_err();
    assert_eq!(error.to_string(), "/spikes/Exc: a spike of neuron 399 of 399");
}
