//! Names of results at the points of a sweep, which no axis can have.

/// What is stored of every point, whatever is computed there.
pub const POINT_RESULTS: [&str; 3] = ["status", "error", "seconds"];

/// Quantities of a network, simulated and predicted.
const OF_NETWORKS: [&str; 35] = [
    "rate",
    "rate_sd",
    "silent_fraction",
    "cv",
    "cv2",
    "cv_neurons",
    "lv",
    "fano",
    "correlation",
    "sttc",
    "population_rate_sd",
    "peak_frequency",
    "peak_resolution",
    "up_fraction",
    "V_m_mean",
    "V_m_sd",
    "V_m_skewness",
    "V_m_synchrony",
    "V_m_tau",
    "I_exc",
    "I_inh",
    "I_net",
    "imbalance",
    "balance_correlation",
    "balance_lag",
    "rate_relative_error",
    "rate_theory",
    "rate_theory_error",
    "rate_fitted",
    "V_m_mean_theory",
    "V_m_sd_theory",
    "lowest_stable_rate",
    "highest_stable_rate",
    "fixed_points",
    "stable_fixed_points",
];

/// Whether a result at the points of a network has this name.
#[must_use]
pub fn is_network_result(name: &str) -> bool {
    // Means and deviations of recorded conductances and currents are named after their receptors.
    let recorded = (name.starts_with("g_") || name.starts_with("I_"))
        && (name.ends_with("_mean") || name.ends_with("_sd"));
    recorded || OF_NETWORKS.contains(&name)
}
