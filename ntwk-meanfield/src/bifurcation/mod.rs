//! Fixed points, their stability, and how they change along parameters.

pub(crate) mod all_fixed_points;
pub(crate) mod bifurcation_diagram;
pub(crate) mod branch;
pub(crate) mod continuation;
pub(crate) mod contour;
pub(crate) mod delayed;
pub(crate) mod edge;
pub(crate) mod fixed_point;
pub(crate) mod logarithmic;
pub(crate) mod nested;
pub(crate) mod parameter_map;
pub(crate) mod phase_plane;
pub(crate) mod self_consistency;
