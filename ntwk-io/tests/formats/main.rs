//! Files: what is written is read back, what others wrote is read, what is damaged is said.

mod brian2;
mod cell_faults;
mod cell_file;
mod cell_round_trip;
mod common;
mod damaged;
mod file_kinds;
mod foreign;
mod model_data;
mod round_trip;
mod streaming;
mod tables;
mod upstream;
