//! Fixed points, their stability, and how they change along parameters.

pub(crate) mod bifurcation_diagram;
pub(crate) mod branch;
pub(crate) mod continuation;
pub(crate) mod contour;
pub(crate) mod fixed_point;
pub(crate) mod parameter_map;
pub(crate) mod phase_plane;
pub(crate) mod self_consistency;
