//! Files to begin with: one for each kind of study, with comments, to be changed one thing at a time.

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// A spiking network, and a sweep over its drive.
    Network,
    /// A neuron with dendrites.
    Cell,
    /// A transfer function and the mean field made from it.
    Theory,
}

impl Starter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Network, Self::Cell, Self::Theory];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Cell => "cell",
            Self::Theory => "theory",
        }
    }

    /// The file, a model file or (of a neuron with dendrites) a cell file, in TOML. `file` is what its comments call it.
    #[must_use]
    pub fn text(self, file: &str) -> String {
        let text = match self {
            Self::Network => include_str!("../docs/starters/network.toml"),
            Self::Cell => include_str!("../docs/starters/cell.toml"),
            Self::Theory => include_str!("../docs/starters/theory.toml"),
        };
        text.lines()
            .map(|line| {
                let line = if line.starts_with('#') {
                    line.replace("FILE", file)
                } else {
                    line.to_owned()
                };
                line + "\n"
            })
            .collect()
    }

    /// The commands to try first on `file`, without the name of the program.
    #[must_use]
    pub fn commands(self, file: &str) -> Vec<String> {
        let commands: &[&str] = match self {
            Self::Network => &["check FILE", "run FILE --out out", "compare FILE --out out"],
            Self::Cell => &["morpho check FILE", "morpho run FILE --out out"],
            Self::Theory => &["tf fit FILE --population E --out out", "meanfield FILE --out out"],
        };
        commands.iter().map(|command| command.replace("FILE", file)).collect()
    }
}
