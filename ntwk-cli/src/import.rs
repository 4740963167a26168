//! `ntwk import`: models of other programs.

use std::path::PathBuf;

use ntwk_core::spec::tree::Node;
use ntwk_core::{CellLibrary, Faults, Model};
use ntwk_io::{
    CellFileError, EdgeList, FileKind, ModelFileError, Notation, import_brian2, import_nmodl,
    import_sonata, import_upstream, parse_tree, read_cell_tree, read_linked_data, read_text,
    write_edges, write_file, write_tree,
};

use super::Failure;
use super::args::ImportArgs;
use super::output::{beside, make_folder, not_over, not_there, note, print};
use super::run::list_files;

/// A model of another program, as it will be written.
struct Imported {
    tree: Node,
    edges: Vec<EdgeList>,
    notes: Vec<String>,
}

pub(crate) fn run(args: &ImportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let file = args.file.display().to_string();
    let ending = args.file.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let instead = match ending {
        "py" => {
            "a script of Python; write its dictionary as JSON: json.dump(Model, open(\"model.json\", \"w\"))"
        }
        "toml" => "TOML, as the model files of ntwk are; import reads the JSON of other programs",
        _ => "",
    };
    if !instead.is_empty() {
        return Err(Failure::Argument(format!("{file}: it is {instead}")));
    }
    not_over(&args.file, &args.out)?;
    if ending.eq_ignore_ascii_case("mod") {
        return mechanism(args);
    }
    let text = read_text(&args.file)
        .map_err(|source| ModelFileError::Read { file: file.clone(), source })?;
    let named = |mut faults: Faults| {
        faults.file = Some(file.clone());
        ModelFileError::from(faults)
    };
    let root = parse_tree(&text, Notation::Json).map_err(named)?;
    let folder = beside(None, &args.out);
    let edges_file = file_of_edges(args);
    let kind = FileKind::of(&root);
    let sonata = kind == Some(FileKind::Sonata);
    let import = if kind == Some(FileKind::Brian2) {
        if let Some((key, _)) = args.overrides.first() {
            return Err(Failure::Argument(format!(
                "--set {key}: equations are imported as they are; set keys of the model with 'ntwk run --set'"
            )));
        }
        let import = import_brian2(&root).map_err(named)?;
        Imported { tree: import.tree, edges: Vec::new(), notes: import.notes }
    } else if sonata {
        if let Some((key, _)) = args.overrides.first() {
            return Err(Failure::Argument(format!(
                "--set {key}: a SONATA configuration is imported as it is; set keys of the model with 'ntwk run --set'"
            )));
        }
        let name = edges_file.file_name().unwrap_or_default().to_string_lossy();
        let import = import_sonata(&args.file, &root, &folder, &name).map_err(named)?;
        Imported { tree: import.tree, edges: import.edges, notes: import.notes }
    } else {
        let import = import_upstream(&root, &args.overrides).map_err(named)?;
        Imported { tree: import.spec.to_tree(), edges: Vec::new(), notes: import.notes }
    };
    let notation = Notation::of(&args.out);
    let written = write_tree(&import.tree, notation)?;
    let mut files = vec![args.out.clone()];
    not_there(&args.out, args.force)?;
    if sonata {
        // There may be no folder for the edges yet; the model names them beside itself.
        make_folder(&folder)?;
        let types = edges_file.with_file_name(
            edges_file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .replace("edges.h5", "edge_types.csv"),
        );
        write_edges(&edges_file, &types, &import.edges)?;
        files.extend([edges_file, types]);
    }
    // What is written must be a model: the text is checked as it will be read.
    let imported = |faults| of_import(&file, faults);
    let mut root = parse_tree(&written, notation).map_err(imported)?;
    let mut faults = Faults::default();
    read_linked_data(&mut root, &folder, &mut faults);
    faults.into_result(()).map_err(imported)?;
    let model = Model::from_tree(&root, library).map_err(imported)?;
    write_file(&args.out, written.as_bytes())?;
    import.notes.iter().for_each(note);
    print(format!(
        "{} populations, {} afferent populations, {} projections",
        model.populations().len(),
        model.afferents().len(),
        model.projections().len()
    ));
    list_files(&files);
    Ok(())
}

/// A mechanism of NEURON as a cell file with one compartment.
fn mechanism(args: &ImportArgs) -> Result<(), Failure> {
    let file = args.file.display().to_string();
    if let Some((key, _)) = args.overrides.first() {
        return Err(Failure::Argument(format!(
            "--set {key}: a mechanism is imported as it is; set keys of the cell with 'ntwk morpho run --set'"
        )));
    }
    let bytes = std::fs::read(&args.file)
        .map_err(|source| ModelFileError::Read { file: file.clone(), source })?;
    if bytes.contains(&0) {
        return Err(Failure::Argument(format!(
            "{file}: it is no text file, as mechanisms of NEURON are"
        )));
    }
    // Names and units are ASCII; what is not stands in comments, in any encoding.
    let text = String::from_utf8_lossy(&bytes);
    let stem = args.file.file_stem().and_then(|s| s.to_str()).unwrap_or("channel");
    let import = import_nmodl(&text, stem).map_err(|mut faults| {
        faults.file = Some(file.clone());
        ModelFileError::from(faults)
    })?;
    let notation = Notation::of(&args.out);
    let written = write_tree(&import.tree, notation)?;
    not_there(&args.out, args.force)?;
    let imported = |faults| of_import(&file, faults);
    let tree = parse_tree(&written, notation).map_err(imported)?;
    let cell = read_cell_tree(written.clone(), tree, &args.out).map_err(|error| match error {
        CellFileError::Faults(faults) => imported(faults).into(),
        error => Failure::from(error),
    })?;
    cell.build(&args.out).map_err(imported)?;
    write_file(&args.out, written.as_bytes())?;
    import.notes.iter().for_each(note);
    let channels: Vec<&str> = cell.spec.channels.keys().map(String::as_str).collect();
    print(format!("one compartment with {}", channels.join(", ")));
    list_files(std::slice::from_ref(&args.out));
    Ok(())
}

/// Faults of what was made of a file, whose lines are not those of that file.
fn of_import(file: &str, mut faults: Faults) -> ModelFileError {
    faults.list.iter_mut().for_each(|fault| fault.line = None);
    faults.file = Some(format!("{file} (imported)"));
    ModelFileError::from(faults)
}

/// The edges of an imported network, beside the model.
fn file_of_edges(args: &ImportArgs) -> PathBuf {
    let stem = args.out.file_stem().and_then(|s| s.to_str()).unwrap_or("model");
    args.out.with_file_name(format!("{stem}_edges.h5"))
}
