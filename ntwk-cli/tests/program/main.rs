//! The program: every command as a user runs it, and the map of the workspace.

mod architecture;
mod cell_sweep;
mod cell_view;
mod cells;
mod commands;
mod common;
mod figures;
mod files;
mod interruption;
mod meanfield;
mod morpho;
mod morpho_meanfield;
mod morpho_recording;
mod places;
mod published_theory;
mod recording;
mod reference;
mod resume;
mod rooms;
mod shared_sweep;
mod sonata;
mod starters;
mod stored;
