//! What figures of a run rest on: the drawn connectivity, and currents with and without a recording of them.

use ntwk::figures::connectivity::ConnectionMatrix;
use ntwk::figures::run::{RasterOrder, RunFigure, RunView};
use ntwk::report::currents::{leak_current, synaptic_currents};
use ntwk_core::spec::key::Words;
use ntwk_core::{Job, Recording};
use ntwk_plot::Theme;

use crate::common::{model, run};

const MODEL: &str = r#"
[simulation]
t_stop = 200.0
seed = 3
[receptors]
exc = { E_rev = 0.0, tau_syn = 5.0 }
inh = { E_rev = -80.0, tau_syn = 5.0 }
[populations]
E = { size = 40, cell = "RS", I_e = 50.0 }
I = { size = 10, cell = "FS" }
[afferents]
A = { size = 100, rate = 20.0 }
[[projections]]
source = "E"
target = ["E", "I"]
receptor = "exc"
weight = 1.0
connection = { rule = "fixed_in_degree", in_degree = 10 }
[[projections]]
source = "I"
target = "E"
receptor = "inh"
weight = [2.0, 6.0]
connection = { rule = "pairs", sources = [0, 1], targets = [0, 1] }
[[projections]]
source = "A"
target = ["E", "I"]
receptor = "exc"
weight = 2.0
connection = { rule = "fixed_in_degree", probability = 0.4 }
[record]
V_m = 4
conductances = 3
"#;

#[test]
fn the_matrix_counts_what_was_drawn() {
    let model = model(MODEL);
    let one = ConnectionMatrix::of(&model, &Job::threads(1)).unwrap();
    let several = ConnectionMatrix::of(&model, &Job::threads(3)).unwrap();
    assert_eq!(
        (&one.sources[..], &one.targets[..]),
        (&["E", "I", "A"].map(String::from)[..], &["E", "I"].map(String::from)[..])
    );
    assert_eq!(format!("{one:?}"), format!("{several:?}"));
    // In-degrees times targets; I does not project to I.
    let counts = [[400.0, 100.0], [2.0, f64::NAN], [1600.0, 400.0]];
    for (i, row) in counts.iter().enumerate() {
        for (j, &n) in row.iter().enumerate() {
            let found = one.synapses[[i, j]];
            assert!(found == n || (found.is_nan() && n.is_nan()), "{i} {j}: {found}");
        }
    }
    assert_eq!(one.weight[[1, 0]], 4.0);
    assert_eq!(one.weight[[2, 1]], 2.0);
    assert_eq!(one.probability[[1, 0]], 2.0 / 400.0);
    // Trains of one's own: 40 of 100 sources.
    assert_eq!(one.probability[[2, 0]], 0.4);
    // Drawn with replacement: fewer pairs than synapses, 1 - (1 - 1/39)^10 of 39 / 40 of them expected.
    let p = one.probability[[0, 0]];
    assert!(p < 400.0 / 1600.0 && (p - 0.223).abs() < 0.02, "{p}");
    assert_eq!(one.weight_unit, "nS");
    let svg = one.figure(&Theme::light()).unwrap().to_svg();
    for part in ["connected pairs", "mean weight", "number of synapses", ">A<"] {
        assert!(svg.contains(part), "{part}");
    }
}

fn recorded(currents: bool) -> (ntwk_core::Model, Recording) {
    let text = if currents { MODEL.to_owned() + "currents = 3\n" } else { MODEL.to_owned() };
    let model = model(&text);
    let recording = run(&model, 1);
    (model, recording)
}

#[test]
fn currents_are_those_of_the_conductances() {
    let ((a, with), (b, without)) = (recorded(true), recorded(false));
    for i in 0..2 {
        let direct = synaptic_currents(&a, i, &with.populations[i]);
        let derived = synaptic_currents(&b, i, &without.populations[i]);
        assert_eq!((&direct.neurons[..], &derived.neurons[..]), (&[0, 1, 2][..], &[0, 1, 2][..]));
        for (x, y) in
            [(&direct.excitatory, &derived.excitatory), (&direct.inhibitory, &derived.inhibitory)]
        {
            assert_eq!(x.is_some(), y.is_some());
            for (x, y) in x.iter().flatten().zip(y.iter().flatten()) {
                assert!((x - y).abs() <= 1e-9 * x.abs().max(1.0), "{x} {y}");
            }
        }
        // Excitation flows in.
        assert!(direct.excitatory.unwrap().iter().all(|c| *c >= 0.0));
    }
    let leak = leak_current(&a, 0, &with.populations[0]).unwrap();
    let (v, cell) =
        (with.populations[0].traces[0].data[[7, 1]], a.populations()[0].cell.membrane());
    assert_eq!(leak[[7, 1]], cell.g_L * (cell.E_L - v));
}

#[test]
fn every_figure_says_what_it_shows() {
    let (model, recording) = recorded(false);
    let neurons = [vec![2], vec![]];
    let view = |neurons, order, span| RunView {
        model: &model,
        recording: &recording,
        theory: None,
        smoothing: 5.0,
        span,
        neurons,
        order,
    };
    let svg = |which: RunFigure| {
        let drawn = view(&neurons, RasterOrder::Number, None).draw(which, &Theme::light());
        drawn.unwrap().map(|figure| figure.to_svg())
    };
    // Nothing is plastic here: there are no weights in time.
    assert!(svg(RunFigure::Weights).is_none());
    for which in RunFigure::VALUES.iter().filter(|which| **which != RunFigure::Weights) {
        assert!(svg(*which).is_some(), "{which}");
    }
    let cells = svg(RunFigure::Cells).unwrap();
    for part in ["E 2: ", "I 0: ", "excitatory", "inhibitory", "I<tspan", "pA"] {
        assert!(cells.contains(part), "{part}");
    }
    let all = svg(RunFigure::MembraneCurrents).unwrap();
    assert!(all.contains("leak") && all.contains("exponential"));
    let balance = svg(RunFigure::Balance).unwrap();
    assert!(balance.contains("exc. / inh. = "), "no ratio");
    assert!(svg(RunFigure::PotentialBand).unwrap().contains("4 neurons, thin: neuron 2"));
    // A raster in another order has the same spikes in other rows.
    let raster = |order| {
        let drawn = view(&[], order, None).draw(RunFigure::Raster, &Theme::light());
        drawn.unwrap().unwrap().to_svg()
    };
    let (number, rate, first) =
        (raster(RasterOrder::Number), raster(RasterOrder::Rate), raster(RasterOrder::FirstSpike));
    assert!(number != rate && number != first && rate != first);
    // A silent part has no power, and says so.
    let quiet = crate::common::model(
        &MODEL.replace("rate = 20.0", "rate = 0.0").replace("I_e = 50.0", "I_e = 0.0"),
    );
    let silent = run(&quiet, 1);
    let view =
        RunView { model: &quiet, recording: &silent, ..view(&[], RasterOrder::Number, None) };
    let figure = view.draw(RunFigure::Spectra, &Theme::light()).unwrap().unwrap();
    assert!(figure.to_svg().contains("no power"));
}
