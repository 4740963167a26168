//! The name that was meant.

/// The candidate nearest to `name`, if it is near enough to be a typo; else the first one that begins with it (three letters or more).
///
/// Differences of case count half, so that `c_m` finds `C_m`.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let begins = |c: &&&str| lower.chars().count() > 2 && c.to_lowercase().starts_with(&lower);
    let beginning = candidates.iter().find(begins).copied();
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
        .or(beginning)
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
        let presets = ["RS", "LTS_Destexhe2009", "LTS_Izhikevich2003"];
        assert_eq!(nearest("LTS", presets), Some("LTS_Destexhe2009"));
        assert_eq!(nearest("X", presets), None);
    }
}
