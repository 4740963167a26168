//! The program `ntwk` with the cell of this crate: every command knows it.
//!
//! cargo run --release -p custom-cell -- run examples/custom-cell/network.toml --out out/custom-cell

fn main() {
    std::process::exit(ntwk_cli::main_with(&custom_cell::library()));
}
