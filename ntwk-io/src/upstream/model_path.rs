//! Paths of keys of a model file, and the keys of a dictionary that say the same.

/// Cell parameters: those of a model file with those of a dictionary.
pub(super) const CELL: [(&str, &str); 10] = [
    ("C_m", "Cm"),
    ("g_L", "Gl"),
    ("E_L", "El"),
    ("V_th", "Vthre"),
    ("V_reset", "Vreset"),
    ("t_ref", "Trefrac"),
    ("Delta_T", "deltaV"),
    ("a", "a"),
    ("b", "b"),
    ("tau_w", "tauw"),
];

/// Whether a key is a path into a table or a list, which no key of a dictionary is.
pub(super) fn is_path(key: &str) -> bool {
    key.contains(['.', '['])
}

/// The key of a dictionary for a path of a model file, such as `tstop` for `simulation.t_stop`; `None` where there is none, or the
/// path does not tell it.
pub(super) fn key_of(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('.').collect();
    Some(match parts[..] {
        ["simulation", "t_stop"] => "tstop".to_owned(),
        ["simulation", "dt"] => "dt".to_owned(),
        ["simulation", "seed"] => "SEED".to_owned(),
        ["populations" | "afferents", name, "size"] => format!("N_{name}"),
        ["afferents", name, "rate"] => format!("F_{name}"),
        ["populations", name, "cell", parameter] => {
            let (_, theirs) = CELL.iter().find(|(ours, _)| *ours == parameter)?;
            format!("{name}_{theirs}")
        }
        ["projections", pair, of] if pair.contains('_') => match of {
            "weight" => format!("Q_{pair}"),
            "connection" | "probability" | "in_degree" => format!("p_{pair}"),
            "release_probability" => format!("psyn_{pair}"),
            "delay" => format!("Delay_{pair}"),
            _ => return None,
        },
        ["projections", pair, "connection", "probability" | "in_degree"] if pair.contains('_') => {
            format!("p_{pair}")
        }
        ["receptors", "exc", "E_rev"] => "Erev_Exc".to_owned(),
        ["receptors", "exc", "tau_syn"] => "Tsyn_Exc".to_owned(),
        ["receptors", "inh", "E_rev"] => "Erev_Inh".to_owned(),
        ["receptors", "inh", "tau_syn"] => "Tsyn_Inh".to_owned(),
        _ => return None,
    })
}
