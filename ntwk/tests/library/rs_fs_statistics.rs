//! Rates of the full RS-FS network against Brian2, for both kinds of afferent drive.
//!
//! Reference: Brian2 2.9.0, 0.5-2.5 s, three seeds (`validation/engine/rsfs_statistics.py` repeats
//! them with six). The rate of one seed varies by up to 1.7 % (RecExc, 4 Hz), so the mean over
//! three is compared; its tolerance is 1.5 %.

use std::path::Path;

use ntwk_core::engine::run::simulate;

const SEEDS: [u64; 3] = [1, 2, 3];

/// Mean rates (RecExc, RecInh) in 0.5-2.5 s over the seeds.
fn rates(statistics: &str, afferent_rate: &str) -> [f64; 2] {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rs-fs/model.toml");
    let mut sums = [0.0; 2];
    for seed in SEEDS {
        let overrides = [
            ("simulation.seed", seed.to_string()),
            ("simulation.t_stop", "2500".to_owned()),
            ("afferents.AffExc.rate", afferent_rate.to_owned()),
            ("afferents.AffExc.statistics", format!("\"{statistics}\"")),
            ("record.V_m", "0".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value));
        let model = ntwk_io::read_model(&path, &overrides, &ntwk_cells::library()).unwrap();
        let result = simulate(&model, &ntwk_core::Job::threads(2)).unwrap();
        for (sum, population) in sums.iter_mut().zip(&result.recording.populations) {
            let spikes: u32 = population.counts[5000..25_000].iter().sum();
            *sum += f64::from(spikes) / 2.0 / population.size as f64;
        }
    }
    sums.map(|sum| sum / SEEDS.len() as f64)
}

fn check(statistics: &str, afferent_rate: &str, brian2: [f64; 2]) {
    let ours = rates(statistics, afferent_rate);
    for (mine, theirs) in ours.iter().zip(brian2) {
        assert!(
            (mine / theirs - 1.0).abs() < 0.015,
            "{statistics}, {afferent_rate} Hz: {ours:?}, {brian2:?}"
        );
    }
}

#[test]
fn poisson_drive_gives_the_rates_of_brian2() {
    check("poisson", "4", [1.597, 5.79]);
    check("poisson", "8", [3.423, 15.61]);
}

#[test]
fn at_most_one_event_per_step_gives_the_rates_of_brian2() {
    check("at_most_one_per_step", "4", [1.531, 5.616]);
    check("at_most_one_per_step", "8", [3.273, 15.281]);
}
