//! Published parameter sets. Every value has a place in a paper or a program that can be looked up; where the two
//! disagree the preset says which it follows.

/// A preset of [`AdEx`](crate::AdEx): C_m, g_L, E_L, V_th, Delta_T, V_reset, t_ref, and, if it adapts, a, b, tau_w.
macro_rules! adex {
    ($name:literal, [$C:expr, $g:expr, $E:expr, $th:expr, $D:expr, $reset:expr, $ref:expr],
     $doc:literal, $source:expr, $place:literal) => {
        preset!($name, "AdEx", $doc, $source, $place,
            ["C_m" $C, "g_L" $g, "E_L" $E, "V_th" $th, "Delta_T" $D, "V_reset" $reset, "t_ref" $ref,
             "a" 0.0, "b" 0.0])
    };
    ($name:literal, [$C:expr, $g:expr, $E:expr, $th:expr, $D:expr, $reset:expr, $ref:expr],
     [$a:expr, $b:expr, $tau:expr], $doc:literal, $source:expr, $place:literal) => {
        preset!($name, "AdEx", $doc, $source, $place,
            ["C_m" $C, "g_L" $g, "E_L" $E, "V_th" $th, "Delta_T" $D, "V_reset" $reset, "t_ref" $ref,
             "a" $a, "b" $b, "tau_w" $tau])
    };
}

/// A preset of any kind.
macro_rules! preset {
    ($name:literal, $kind:literal, $doc:literal, $source:expr, $place:literal,
     [$($parameter:literal $value:expr),* $(,)?]) => {
        ntwk_core::Preset {
            name: $name,
            kind: $kind,
            values: &[$(($parameter, $value)),*],
            current: None,
            doc: $doc,
            citation: $source.citation,
            doi: $source.doi,
            place: $place,
        }
    };
}

mod adex;
mod izhikevich;
mod lif;
mod upstream;

use ntwk_core::Preset;

pub(crate) use upstream::SYNONYMS;

/// Who published numbers.
struct Source {
    citation: &'static str,
    doi: Option<&'static str>,
}

/// The catalogue; names are `<cell>` for the most used set and `<cell>_<source>` for the others.
pub(crate) fn all() -> impl Iterator<Item = &'static Preset> {
    let files = [adex::PRESETS, lif::PRESETS, izhikevich::PRESETS, upstream::PRESETS];
    files.into_iter().flatten()
}
