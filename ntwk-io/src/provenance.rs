//! Who made a result: program, seed, machine and time.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Origin of a result, stored as the attributes of `/provenance`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of ntwk that made the result.
    pub version: String,
    /// Seed of the random streams.
    pub seed: u64,
    /// Name of the random generator.
    pub generator: String,
    /// Number of threads that computed, of every rank.
    pub threads: u32,
    /// Number of ranks (processes that compute one network); 1 for a process alone, and of what no ranks compute.
    #[serde(skip, default = "alone")]
    pub ranks: u32,
    /// Start of the run, ISO 8601 in UTC (see [`utc_timestamp`]).
    pub started: String,
    /// Duration of the computation (s of wall clock).
    pub wall_seconds: f64,
    /// Instruction-set features and architecture of the machine (see [`host_features`]).
    pub host_features: Vec<String>,
}

fn alone() -> u32 {
    1
}

/// `time` as ISO 8601 in UTC, to the second: `2024-02-29T12:00:00Z`. Times before 1970 give 1970-01-01T00:00:00Z.
#[must_use]
pub fn utc_timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = civil_date(seconds / 86_400);
    let of_day = seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Gregorian (year, month, day) of a number of days after 1970-01-01.
///
/// Algorithm `civil_from_days` of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so
/// that the leap day is the last of a year, and repeat every 146 097 days (400 years).
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468; // days from 0000-03-01 to 1970-01-01
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Architecture, operating system and the instruction sets that change which vector code runs.
#[must_use]
pub fn host_features() -> Vec<String> {
    let mut features = vec![std::env::consts::ARCH.to_owned(), std::env::consts::OS.to_owned()];
    features.extend(instruction_sets().into_iter().map(str::to_owned));
    features
}

#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> Vec<&'static str> {
    [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ]
    .into_iter()
    .filter_map(|(name, present)| present.then_some(name))
    .collect()
}

#[cfg(target_arch = "aarch64")]
fn instruction_sets() -> Vec<&'static str> {
    vec!["neon"] // part of every aarch64 processor
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instruction_sets() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> String {
        utc_timestamp(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// Expected values from `date -u -d @SECONDS +%FT%TZ`.
    #[test]
    fn timestamps_are_the_gregorian_calendar() {
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_208_000), "2024-02-29T12:00:00Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(utc_timestamp(UNIX_EPOCH - Duration::from_secs(1)), at(0));
    }
}
