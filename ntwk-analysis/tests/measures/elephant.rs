//! Agreement with elephant, scipy and numpy on random trains and edge cases, to 1e-9.
//!
//! The numbers come from `validation/analysis/elephant_numbers.py`. Differences are the rounding of sums taken in
//! another order; 1e-9 leaves room for that and for nothing else.

use ndarray::Array2;
use ntwk_analysis::{
    AutocorrelationTime, Bins, Moments, PopulationRate, PowerSpectrum, SpikeTrains, SpikeTriggered,
    Window, autocorrelation, count_correlations, fano_factor, intervals, mean_count_correlation,
    neuron_rates, sttc, sttc_matrix, synchrony_index,
};
use ntwk_core::Spikes;
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

struct Peer {
    json: Value,
    spikes: Spikes,
    window: Window,
}

impl Peer {
    fn read() -> Self {
        let json: Value = serde_json::from_str(include_str!("../data/elephant.json")).unwrap();
        let mut pairs: Vec<(u64, u32)> = Vec::new();
        for (id, train) in json["trains"].as_array().unwrap().iter().enumerate() {
            pairs
                .extend(train.as_array().unwrap().iter().map(|k| (k.as_u64().unwrap(), id as u32)));
        }
        pairs.sort_unstable();
        let (steps, ids) = pairs.into_iter().unzip();
        let window = Window::new(0, json["n_steps"].as_u64().unwrap()).unwrap();
        Self { json, spikes: Spikes { steps, ids }, window }
    }

    fn size(&self) -> usize {
        self.json["trains"].as_array().unwrap().len()
    }

    fn trains(&self) -> SpikeTrains {
        SpikeTrains::new(&self.spikes, self.size(), Some(self.window)).unwrap()
    }

    fn bins(&self) -> Bins {
        Bins::new(self.window, self.json["bin"].as_u64().unwrap()).unwrap()
    }

    fn list(&self, pointer: &str) -> Vec<Option<f64>> {
        list(self.json.pointer(pointer).unwrap())
    }

    fn numbers(&self, pointer: &str) -> Vec<f64> {
        self.list(pointer).into_iter().map(Option::unwrap).collect()
    }

    fn number(&self, pointer: &str) -> f64 {
        self.json.pointer(pointer).and_then(Value::as_f64).unwrap()
    }

    fn whole(&self, pointer: &str) -> Vec<u64> {
        self.json
            .pointer(pointer)
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_u64().unwrap())
            .collect()
    }
}

fn list(value: &Value) -> Vec<Option<f64>> {
    value.as_array().unwrap().iter().map(Value::as_f64).collect()
}

fn assert_close(what: &str, ours: f64, theirs: f64) {
    let error = (ours - theirs).abs();
    assert!(error <= TOLERANCE * theirs.abs().max(1e-3), "{what}: {ours} here, {theirs} there");
}

/// `None` here stands for NaN or nothing there.
fn assert_same(what: &str, ours: Option<f64>, theirs: Option<f64>) {
    match (ours, theirs) {
        (Some(a), Some(b)) => assert_close(what, a, b),
        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

fn assert_lists(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}: lengths");
    for (i, (&a, &b)) in ours.iter().zip(theirs).enumerate() {
        assert_close(&format!("{what}[{i}]"), a, b);
    }
}

#[test]
fn rates_and_irregularity() {
    let peer = Peer::read();
    let rates = neuron_rates(&peer.spikes, peer.size(), peer.window, 1.0).unwrap();
    // elephant gives kHz^-1 units rescaled to Hz.
    assert_lists("rates", &rates, &peer.numbers("/rates"));
    let trains = peer.trains();
    for (name, of) in [
        ("cv", intervals::cv as fn(&[u64]) -> Option<f64>),
        ("cv2", intervals::cv2),
        ("lv", intervals::lv),
    ] {
        for (i, theirs) in peer.list(&format!("/{name}")).into_iter().enumerate() {
            // Below two intervals elephant gives 0 for the CV; here it is not defined.
            assert_same(&format!("{name} of train {i}"), of(trains.train(i)), theirs);
        }
    }
    // elephant's variance is that of 1/n.
    let n = trains.counts().len() as f64;
    let fano = fano_factor(&trains.counts()).map(|f| f * (n - 1.0) / n);
    assert_same("fano", fano, Some(peer.number("/fano")));
}

#[test]
fn correlations() {
    let peer = Peer::read();
    let trains = peer.trains();
    let ours = count_correlations(&trains, peer.bins());
    let delta = peer.json["delta"].as_u64().unwrap();
    let tiling = sttc_matrix(&trains, peer.window, delta);
    let (mut sum, mut n) = (0.0, 0.0);
    for i in 0..peer.size() {
        let correlation = list(&peer.json["correlation"][i]);
        let theirs = list(&peer.json["sttc"][i]);
        for j in 0..peer.size() {
            let c = ours[[i, j]];
            assert_same(
                &format!("correlation {i} {j}"),
                (!c.is_nan()).then_some(c),
                correlation[j],
            );
            assert_same(&format!("sttc {i} {j}"), Some(tiling[[i, j]]), theirs[j]);
            assert_same(
                "sttc",
                sttc(trains.train(i), trains.train(j), peer.window, delta),
                theirs[j],
            );
            if i != j && !c.is_nan() {
                sum += c;
                n += 1.0;
            }
        }
    }
    assert_close(
        "mean correlation",
        mean_count_correlation(&trains, peer.bins()).unwrap(),
        sum / n,
    );
}

#[test]
fn signals() {
    let peer = Peer::read();
    let signal = peer.numbers("/signal");
    let moments = Moments::of(signal.iter().copied()).unwrap();
    assert_lists(
        "moments",
        &[moments.mean, moments.sd, moments.skewness.unwrap()],
        &peer.numbers("/moments"),
    );

    let spectrum = PowerSpectrum::welch(&signal, 1.0, 256).unwrap();
    assert_lists("frequencies", &spectrum.frequencies, &peer.numbers("/welch/frequencies"));
    assert_lists("density", &spectrum.density, &peer.numbers("/welch/density"));

    let correlation = autocorrelation(&signal, 59).unwrap();
    assert_lists("autocorrelation", &correlation, &peer.numbers("/autocorrelation"));
    let time = AutocorrelationTime::of(&correlation, 1.0).unwrap();
    assert_close("integral time", time.integral, peer.number("/autocorrelation_time/integral"));
    assert_same("fitted time", time.fit, Some(peer.number("/autocorrelation_time/fit")));

    let rows: Vec<Vec<Option<f64>>> =
        peer.json["traces"].as_array().unwrap().iter().map(list).collect();
    let traces = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j].unwrap());
    assert_same("synchrony", synchrony_index(&traces.view()), Some(peer.number("/synchrony")));
}

#[test]
fn averages_around_spikes_and_smoothing() {
    let peer = Peer::read();
    let (before, after) = (peer.number("/sta/before") as usize, peer.number("/sta/after") as usize);
    let sta =
        SpikeTriggered::of(&peer.numbers("/signal"), 1, &peer.whole("/sta/train"), before, after)
            .unwrap();
    assert_eq!(sta.n_spikes, peer.whole("/sta/train").len());
    assert_lists("spike-triggered average", &sta.values, &peer.numbers("/sta/values"));

    let counts: Vec<u32> = peer.whole("/smoothed/counts").into_iter().map(|n| n as u32).collect();
    let bin = peer.number("/smoothed/bin") as u64;
    let rate = PopulationRate::from_counts(&counts, peer.size(), peer.window, bin, 1.0).unwrap();
    let smoothed = rate.smoothed(peer.number("/smoothed/sigma")).unwrap();
    assert_lists("smoothed rate", &smoothed.values, &peer.numbers("/smoothed/values"));
}
