//! `ntwk import`: models of other programs.

use ntwk_core::{CellLibrary, Model};
use ntwk_io::{
    ModelFileError, Notation, import_upstream, parse_tree, read_text, write_file, write_model,
};

use super::Failure;
use super::args::ImportArgs;
use super::output::{note, print};

pub(crate) fn run(args: &ImportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let file = args.file.display().to_string();
    let text = read_text(&args.file)
        .map_err(|source| ModelFileError::Read { file: file.clone(), source })?;
    let named = |mut faults: ntwk_core::Faults| {
        faults.file = Some(file.clone());
        ModelFileError::from(faults)
    };
    let root = parse_tree(&text, Notation::Json).map_err(named)?;
    let import = import_upstream(&root, &args.overrides).map_err(named)?;
    let notation = Notation::of(&args.out);
    let written = write_model(&import.spec, notation)?;
    // What is written must be a model: the text is checked as it will be read.
    let imported = |mut faults: ntwk_core::Faults| {
        faults.list.iter_mut().for_each(|fault| fault.line = None);
        faults.file = Some(format!("{file} (imported)"));
        ModelFileError::from(faults)
    };
    let root = parse_tree(&written, notation).map_err(imported)?;
    Model::from_tree(&root, library).map_err(imported)?;
    write_file(&args.out, written.as_bytes())?;
    import.notes.iter().for_each(note);
    print(format!(
        "wrote {} ({} populations, {} afferent populations, {} projections)",
        args.out.display(),
        import.spec.populations.len(),
        import.spec.afferents.len(),
        import.spec.projections.iter().map(|p| p.target.len()).sum::<usize>()
    ));
    Ok(())
}
