//! Figures as a user asks for them: by name, with colours, sizes, neurons; of runs and of scans.

use crate::common::{good, ntwk};
use tempfile::TempDir;

#[test]
fn colours_sizes_and_neurons_are_those_asked_for() {
    let folder = TempDir::new().unwrap();
    ntwk(&folder, 0, &["run", &good("features.toml"), "--out", "r", "-q"]);
    let plot = |code: i32, options: &[&str]| {
        let mut args = vec!["plot", "r/results.h5", "--out", "f"];
        args.extend(options);
        ntwk(&folder, code, &args)
    };
    let read = |name: &str| std::fs::read(folder.path().join("f").join(name)).unwrap();
    let svg = |name: &str| String::from_utf8(read(name)).unwrap();

    plot(0, &["--figure", "raster", "--color", "I=#a1b2c3", "--size", "100x50mm", "--dpi", "150"]);
    let raster = svg("raster.svg");
    assert!(raster.contains("#a1b2c3") && raster.contains("width=\"100mm\" height=\"50mm\""));
    // 150 dpi are 5906 pixels per metre; 100 mm are 591 pixels.
    let png = read("raster.png");
    assert_eq!(png[37..50], [b'p', b'H', b'Y', b's', 0, 0, 0x17, 0x12, 0, 0, 0x17, 0x12, 1]);
    assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), 591);
    plot(0, &["--figure", "raster", "--size", "640x480px", "--dpi", "96"]);
    let png = read("raster.png");
    assert_eq!([16, 20].map(|k| png[k + 2..k + 4].to_vec()), [[2, 128], [1, 224]]);

    let text = plot(2, &["--color", "EE=#000000"]);
    assert!(text.contains("--color EE") && text.contains("nearest: E"), "{text}");
    for bad in [["--color", "E=red"], ["--size", "10x"], ["--dpi", "0"], ["--neurons", "E=x"]] {
        plot(2, &bad);
    }

    plot(0, &["--figure", "potentials", "--neurons", "E=1"]);
    assert!(svg("potentials.svg").contains(">E 1<"));
    let text = plot(2, &["--figure", "potentials", "--neurons", "E=900"]);
    assert!(text.contains("E has 80 neurons, from 0 to 79"), "{text}");
    let text = plot(2, &["--neurons", "Ex=1"]);
    assert!(text.contains("nearest: E"), "{text}");
    let text = plot(2, &["--figure", "potentials", "--neurons", "E=79"]);
    assert!(text.contains("recorded potentials: "), "{text}");
    let text = plot(2, &["--figure", "matrix", "--order", "rate"]);
    assert!(text.contains("leave out --order"), "{text}");
    let text = plot(2, &["--quantity", "cv"]);
    assert!(text.contains("for the points of a scan"), "{text}");

    // The same options before a computation: the fault comes before the work.
    let file = good("features.toml");
    let text = ntwk(&folder, 2, &["run", &file, "--out", "none", "--color", "EE=#000000"]);
    assert!(
        text.contains("nearest: E") && !folder.path().join("none/results.h5").exists(),
        "{text}"
    );
}

#[test]
fn every_quantity_of_a_scan_is_drawn() {
    let folder = TempDir::new().unwrap();
    let file = good("theory.toml");
    let mut args = vec!["scan", &file, "--out", "s", "-q", "--quantity", "fano"];
    args.extend([
        "--vary",
        "stop:simulation.t_stop=150,200ms",
        "--vary",
        "populations.N.size=20,30",
    ]);
    let text = ntwk(&folder, 0, &args);
    assert!(text.contains("s/scan_fano.png"), "{text}");
    let svg = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    // Few values: a tick for each.
    let map = svg("s/scan.svg");
    for part in [">150<", ">200<", ">20<", ">30<", "stop (ms)"] {
        assert!(map.contains(part), "{part}\n{map}");
    }
    ntwk(&folder, 0, &["plot", "s/scan.h5", "--out", "again"]);
    assert_eq!(svg("again/scan.svg"), map);
    ntwk(&folder, 0, &["plot", "s/scan.h5", "--quantity", "V_m_mean", "--out", "again"]);
    assert!(svg("again/scan_V_m_mean.svg").contains("(mV)"));
    let text = ntwk(&folder, 2, &["plot", "s/scan.h5", "--quantity", "V_mean", "--out", "again"]);
    assert!(text.contains("nearest: V_m_mean") && text.contains("rate, "), "{text}");
    let text = ntwk(&folder, 2, &["plot", "s/scan.h5", "--window", "0,10"]);
    assert!(text.contains("leave out --window"), "{text}");

    let one = ["scan", &file, "--out", "one", "-q", "--vary", "populations.N.size=20"];
    let text = ntwk(&folder, 0, &one);
    assert!(text.contains("one point") && !text.contains("needs results"), "{text}");
}

/// Values of one key in different units are one axis; bare numbers are in the unit of their key; words have places.
#[test]
fn axes_of_a_scan_have_units_and_keys_out_of_sight_are_named() {
    let folder = TempDir::new().unwrap();
    let scan = |out: &str, varied: &[&str]| {
        let file = good("theory.toml");
        let mut args = vec!["sweep", &file, "--out", out, "-q"];
        args.extend(varied.iter().flat_map(|v| ["--vary", v]));
        let text = ntwk(&folder, 0, &args);
        (text, std::fs::read_to_string(folder.path().join(out).join("scan.svg")).unwrap())
    };
    let (text, mixed) = scan("a", &["simulation.t_stop=150ms,0.2s", "populations.N.size=20,30"]);
    for part in ["simulation t stop (ms)", ">150<", ">200<", ">30<"] {
        assert!(mixed.contains(part), "{part}\n{mixed}");
    }
    assert!(!text.contains("alone"), "{text}");
    let (text, bare) = scan("b", &["simulation.t_stop=150,200", "simulation.method=euler,heun"]);
    assert!(bare.contains("simulation t stop (ms)") && !bare.contains("heun"), "{bare}");
    assert!(text.contains("figures show simulation_method = euler alone"), "{text}");
    let (_, words) = scan("c", &["simulation.method=euler,heun"]);
    assert!(words.contains(">euler<") && words.contains(">heun<"), "{words}");
}
