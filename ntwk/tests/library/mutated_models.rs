//! Damaged model files: whatever is done to the text of a model, reading and checking it ends in
//! a model or in faults, never in a panic.

use crate::common::{model_files, name_of};
use ntwk::cells::library;
use ntwk::core::{Faults, Model, ModelSpec};
use ntwk::io::{Notation, parse_tree};

/// SplitMix64: the mutations are the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const EXTREMES: [&str; 16] = [
    "0",
    "-1",
    "1e308",
    "-1e308",
    "1e-308",
    "nan",
    "inf",
    "-inf",
    "9223372036854775807",
    "18446744073709551616",
    "1e400",
    "0x7fffffffffffffff",
    "4294967296",
    "\"\"",
    "[]",
    "{}",
];
const WORDS: [&str; 10] =
    ["exc", "E", "[[projections]]", "rule", "\"pairs\"", "waveform", "\u{fffd}", "= =", "{", "\""];

fn mutate(text: &str, random: &mut Random) -> String {
    match random.below(7) {
        // Bits of bytes.
        0 => {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        }
        // A line less, twice, or elsewhere.
        kind @ 1..=3 => {
            let mut lines: Vec<&str> = text.lines().collect();
            let (a, b) = (random.below(lines.len()), random.below(lines.len()));
            match kind {
                1 => drop(lines.remove(a)),
                2 => lines.insert(b, lines[a]),
                _ => lines.swap(a, b),
            }
            lines.join("\n")
        }
        // A number replaced.
        4 | 5 => {
            let starts: Vec<usize> = text
                .char_indices()
                .filter(|&(i, c)| {
                    c.is_ascii_digit()
                        && !text[..i].ends_with(|p: char| p.is_alphanumeric() || "._".contains(p))
                })
                .map(|(i, _)| i)
                .collect();
            let start = starts[random.below(starts.len())];
            let length = text[start..]
                .find(|c: char| !(c.is_ascii_digit() || "._e".contains(c)))
                .unwrap_or(text.len() - start);
            let new = random.pick(&EXTREMES);
            format!("{}{new}{}", &text[..start], &text[start + length..])
        }
        // A word put somewhere, or the rest cut off.
        _ => {
            let mut at = random.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match random.below(3) {
                0 => text[..at].to_owned(),
                _ => format!("{}{}{}", &text[..at], random.pick(&WORDS), &text[at..]),
            }
        }
    }
}

#[test]
fn ten_thousand_damaged_models_end_in_models_or_faults() {
    let mut random = Random(20);
    let texts: Vec<(String, Notation, String)> = model_files("good")
        .iter()
        .map(|f| (name_of(f), Notation::of(f), std::fs::read_to_string(f).unwrap()))
        .collect();
    let (mut models, mut faulty, mut syntax, mut long) = (0, 0, 0, 0);
    for round in 0..10_000 {
        let (name, notation, text) = &texts[round % texts.len()];
        let mut damaged = mutate(text, &mut random);
        if random.below(3) == 0 && damaged.lines().count() > 2 && damaged.contains('1') {
            damaged = mutate(&damaged, &mut random);
        }
        let root = match parse_tree(&damaged, *notation) {
            Ok(root) => root,
            Err(faults) => {
                assert_eq!(faults.list.len(), 1, "{name}: {faults}");
                syntax += 1;
                continue;
            }
        };
        // The check looks at every step of a waveform: leave out runs that are merely long.
        let spec = ModelSpec::read(&root, &mut Faults::default());
        let steps = spec.simulation.t_stop / spec.simulation.dt;
        if (1e5..4294967294.5).contains(&steps) {
            long += 1;
            continue;
        }
        match Model::from_tree(&root, &library()) {
            Ok(model) => {
                models += 1;
                assert!(model.n_steps() >= 1 && !model.populations().is_empty());
            }
            Err(faults) => {
                faulty += 1;
                assert!(!faults.is_empty() && !faults.to_string().is_empty());
                let last = damaged.lines().count() as u32 + 1;
                let inside = |line: u32| (1..=last).contains(&line);
                assert!(faults.list.iter().all(|f| f.line.is_none_or(inside)), "{name}: {faults}");
            }
        }
    }
    // Every way through is taken often, or the test would hold nothing.
    assert!(models > 500 && faulty > 500 && syntax > 500, "{models} {faulty} {syntax}");
    assert!(long < 300, "{long}");
}
