//! Where cells begin.

use super::Population;
use crate::spec::{Distribution, DistributionShape};

/// Standard deviations from the mean within which drawn values are looked for.
const DEVIATIONS: f64 = 3.0;

/// Populations whose potential may begin above the threshold of a spike, a sentence each.
pub(super) fn above_threshold(populations: &[Population]) -> Vec<String> {
    let mut notices = Vec::new();
    for population in populations {
        let Some((_, potential)) = population.initial.iter().find(|(name, _)| name == "V_m") else {
            continue;
        };
        let (highest, threshold) = (highest(potential), population.cell.spike_threshold());
        if highest > threshold {
            let reaches = if potential.constant().is_some() { "is" } else { "reaches" };
            notices.push(format!(
                "populations.{}.initial.V_m {reaches} {highest} mV, above the threshold of a spike ({threshold} mV): cells that begin \
                 there spike in the first step, or blow up where their potential rises with an exponential",
                population.name
            ));
        }
    }
    notices
}

/// The highest of the values, of unbounded ones the mean and three standard deviations.
fn highest(values: &Distribution) -> f64 {
    match values {
        Distribution::Listed(values) => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Distribution::Drawn(DistributionShape::Uniform { high, .. }) => *high,
        other => other.mean() + DEVIATIONS * other.sd(),
    }
}
