//! The `ntwk` program: the command line of the library.

mod cli;

fn main() {
    std::process::exit(cli::main());
}
