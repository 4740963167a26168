//! The words of files as choices on the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use ntwk_core::spec::key::{Word, Words};

/// One word of a closed set, as its value.
pub(crate) fn word<T: Words + Default + Send + Sync>() -> impl TypedValueParser<Value = T> {
    // The parser lets the words of the set through alone.
    words_of([T::WORDS]).map(|word| T::of(&word).unwrap_or_default())
}

/// One word of several sets, as it is written.
pub(crate) fn words_of(sets: impl IntoIterator<Item = &'static [Word]>) -> PossibleValuesParser {
    let choice = |word: &Word| {
        let first = word.doc.split("\n\n").next().unwrap_or_default();
        let lines: Vec<&str> = first.lines().map(str::trim).collect();
        PossibleValue::new(word.name).help(lines.join(" ").trim().to_owned())
    };
    PossibleValuesParser::new(sets.into_iter().flatten().map(choice).collect::<Vec<_>>())
}
