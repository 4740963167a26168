//! The `ntwk` program.

fn main() {
    std::process::exit(ntwk_cli::main());
}
