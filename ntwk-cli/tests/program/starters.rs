//! `ntwk init`: the files it writes work with the commands it names.

use crate::common::{output as ntwk, said};
use ntwk::starter::Starter;
use tempfile::TempDir;

#[test]
fn every_starter_works_with_the_commands_it_names() {
    for starter in Starter::ALL {
        let folder = TempDir::new().unwrap();
        let output = ntwk(&folder, &["init", starter.name()]);
        assert!(output.status.success(), "{}", said(&output));
        let file = format!("{}.toml", starter.name());
        for command in starter.commands(&file) {
            assert!(said(&output).contains(&format!("ntwk {command}\n")), "{command}");
            let mut args: Vec<&str> = command.split(' ').collect();
            // Less of it: the sentences and files are the same.
            match starter {
                Starter::Cell if args[1] == "run" => {
                    args.extend(["--set", "simulation.t_stop=30ms"]);
                }
                Starter::Cell => {}
                Starter::Network | Starter::Theory => args.extend([
                    "--set",
                    "simulation.t_stop=300ms",
                    "--set",
                    "theory.scan.duration=0.2s",
                    "--set",
                    "theory.scan.settle=50ms",
                ]),
            }
            let output = ntwk(&folder, &args);
            assert!(output.status.success(), "{args:?}\n{}", said(&output));
        }
    }
}

#[test]
fn comments_name_commands_that_exist() {
    for starter in Starter::ALL {
        let folder = TempDir::new().unwrap();
        let text = starter.text("x.toml");
        let commands: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("#   ntwk "))
            .map(|line| line.split("  ").next().unwrap())
            .collect();
        assert!(commands.len() >= 4, "{commands:?}");
        for command in commands {
            let mut args: Vec<&str> = command.split(' ').collect();
            args.push("--help");
            let output = ntwk(&folder, &args);
            assert!(output.status.success(), "{command}\n{}", said(&output));
        }
    }
}

#[test]
fn a_file_that_is_there_stays_unless_the_user_says_so() {
    let folder = TempDir::new().unwrap();
    let mine = folder.path().join("mine.toml");
    std::fs::write(&mine, "# mine\n").unwrap();
    let refused = ntwk(&folder, &["init", "cell", "mine.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("mine.toml exists; --force replaces it"), "{}", said(&refused));
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "# mine\n");
    assert!(ntwk(&folder, &["init", "cell", "mine.toml", "--force"]).status.success());
    let written = std::fs::read_to_string(&mine).unwrap();
    assert!(written.contains("ntwk morpho run mine.toml --out out"), "{written}");

    let refused = ntwk(&folder, &["init", "network", "model.json"]);
    assert_eq!(refused.status.code(), Some(2));
    let unknown = ntwk(&folder, &["init", "netwrk"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("network"), "{}", said(&unknown));
}
