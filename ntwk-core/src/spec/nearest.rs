//! The name that was meant.

/// The candidate nearest to `name`, if it is near enough to be a typo.
///
/// Differences of case count half, so that `c_m` finds `C_m`.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let exact = strsim::damerau_levenshtein(name, candidate);
            let folded = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (exact + folded, candidate)
        })
        .filter(|&(distance, candidate)| {
            distance <= 2 + candidate.chars().count().max(name.chars().count()) / 2
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_slips_and_refuses_strangers() {
        let keys = ["C_m", "g_L", "E_L", "tau_w", "probability"];
        assert_eq!(nearest("c_m", keys), Some("C_m"));
        assert_eq!(nearest("tau_W", keys), Some("tau_w"));
        assert_eq!(nearest("probablity", keys), Some("probability"));
        assert_eq!(nearest("banana", keys), None);
    }
}
