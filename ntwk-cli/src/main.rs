//! The `ntwk` program.

fn main() {
    std::process::exit(ntwk_cli::main_with(&ntwk_cells::library()));
}
