//! The theory against published codes and high-precision arithmetic. `tests/data/README.md` says where each file comes
//! from; every tolerance states its reason.

#![allow(non_snake_case, reason = "symbols of the equations")]
#![allow(
    clippy::needless_range_loop,
    reason = "an index names a population in several arrays at once"
)]

mod adaptation;
mod all_fixed_points;
mod continuation;
mod delays;
mod dynamics;
mod effective_connectivity;
mod fit;
mod fixed_points;
mod linear_response;
mod moments;
mod noise;
mod phase_plane;
mod published;
mod quadratic;
mod scanned_set;
mod second_order;
mod siegert;
mod spatial_mean_field;
mod special;
mod support;
mod synapses;
mod threshold;
mod tvb;
