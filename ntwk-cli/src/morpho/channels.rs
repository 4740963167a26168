//! `ntwk morpho channels`.

use ntwk_core::spec::key::{Absent, Key, Kind};
use ntwk_morpho::spec::BuiltInChannel;

use crate::output::print;

pub(crate) fn run() {
    for kind in BuiltInChannel::kinds() {
        print(format!("{}: {}", kind.name, kind.doc.trim()));
        parameters(kind.keys);
    }
    print(
        "\nA kind of your own is declared in the cell file under [kinetics.NAME]; see `ntwk morpho --help`.",
    );
}

fn parameters(keys: &[Key]) {
    for key in keys {
        let unit = match key.kind {
            Kind::Flat(more) => {
                parameters(more);
                continue;
            }
            Kind::Quantity(dimension, _) => dimension.unit(),
            _ => "",
        };
        let default = match key.absent {
            Absent::Value(value) => format!("default {}", value().display()),
            _ => "required".to_owned(),
        };
        print(format!("    {:<8} {unit:<7} {default:<14} {}", key.name, key.doc.trim()));
    }
}
