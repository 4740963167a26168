//! The `ntwk` program: the command line of the library.

fn main() {
    std::process::exit(ntwk::cli_main());
}
