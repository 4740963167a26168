//! `ntwk morpho channels`.

use ntwk_morpho::spec::CHANNELS;

use crate::output::print;

pub(crate) fn run() {
    for c in CHANNELS {
        print(format!("{}: {}", c.name, c.about));
        for p in c.parameters {
            let default =
                p.default.map_or_else(|| "required".to_owned(), |d| format!("default {d}"));
            print(format!("    {:<8} {:<7} {default}", p.key, p.dimension.unit()));
        }
    }
    print(
        "\nA kind of your own is declared in the cell file under [kinetics.NAME]; see `ntwk morpho --help`.",
    );
}
