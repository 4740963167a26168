//! A file given to the reader of another kind gets one sentence.

use ntwk_io::{read_cell, read_coupled, read_model};

fn example(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}

#[test]
fn a_description_of_another_kind_is_named() {
    let cell = example("dendritic-integration/cell.toml");
    let network = example("rs-fs/model.toml");
    let library = ntwk_cells::library();
    let refused = read_model(&cell, &[], &library).unwrap_err().to_string();
    assert!(
        refused.contains("morphological cell") && refused.contains("ntwk morpho run"),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 1, "{refused}");
    for refused in [
        read_cell(&network, &[]).unwrap_err().to_string(),
        read_coupled(&network, &[]).unwrap_err().to_string(),
    ] {
        assert!(refused.contains("network of point neurons"), "{refused}");
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
    let folder = tempfile::tempdir().unwrap();
    let upstream = folder.path().join("upstream.json");
    std::fs::write(&upstream, r#"{"N_Exc": 100, "Exc_Gl": 10.0, "tstop": 1000.0}"#).unwrap();
    let refused = read_model(&upstream, &[], &library).unwrap_err().to_string();
    assert!(refused.contains("ntwk import"), "{refused}");
}
