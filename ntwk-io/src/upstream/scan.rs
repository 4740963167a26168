//! Keys of the package that are not of a network: those of its scans of single cells, of its files and of its scripts' seeds.

/// What a key is for, if the package knows it and a network does not read it.
pub(super) fn purpose(key: &str, populations: &[String]) -> Option<&'static str> {
    const SCAN: &str = "of the package's scans of single cells";
    const FILES: &str = "of the package's files";
    const SEEDS: &str = "seeds of its scripts; simulation.seed is that of every random stream here";
    let rate = key.strip_prefix("F_");
    let scanned = |rest: &str| ["_array", "_min", "_max"].iter().any(|end| rest.ends_with(end));
    if ["POP_STIM", "NRN_KEY", "N_SEED", "RATES", "COEFFS", "PARAMS_SCAN", "Fout_max"]
        .contains(&key)
        || key.starts_with("COEFFS_")
        || rate.is_some_and(|rest| scanned(rest) || populations.iter().any(|p| p == rest))
    {
        Some(SCAN)
    } else if ["filename", "data_folder", "zip_filename"].contains(&key) {
        Some(FILES)
    } else if key.ends_with("-SEED") {
        Some(SEEDS)
    } else {
        None
    }
}
