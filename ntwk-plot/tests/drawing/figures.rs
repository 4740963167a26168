//! Every figure: its SVG is well formed, its texts stay on the page, every population appears, and data without
//! content make a figure without content.

use crate::common::{assert_legible, parse, texts_of};
use ndarray::{Array1, Array2};
use ntwk_analysis::{PopulationRate, Window};
use ntwk_core::Spikes;
use ntwk_plot::figures::{
    Activity, Afferent, Compared, Overview, Quantity, RasterPopulation, Series, TimeSpan,
    TransferData, VoltageTrace, activity_figure, compared, surface, traces, transfer,
};
use ntwk_plot::{Axis, Figure, Label, Layout, Mark, Panel, PlotError, Stroke, Theme, Width};

/// A network of `names.len()` populations.
struct Network {
    names: Vec<String>,
    spikes: Vec<Spikes>,
    rates: Vec<PopulationRate>,
    times: Vec<f64>,
    input: Vec<f64>,
    voltage: Array1<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    rate: Array2<f64>,
}

impl Network {
    fn new(names: &[&str]) -> Self {
        let n_steps = 5000_u64;
        let spikes: Vec<Spikes> = (0..names.len() as u64)
            .map(|p| {
                let steps: Vec<u64> = (0..n_steps).step_by(7 + p as usize).collect();
                let ids = steps.iter().map(|k| ((k * 31 + p) % 100) as u32).collect();
                Spikes { steps, ids }
            })
            .collect();
        let rates = spikes
            .iter()
            .map(|s| {
                let mut counts = vec![0_u32; n_steps as usize];
                s.steps.iter().for_each(|&k| counts[k as usize] += 1);
                let all = Window::new(0, n_steps).unwrap();
                PopulationRate::from_counts(&counts, 100, all, 50, 0.1).unwrap()
            })
            .collect();
        let times: Vec<f64> = (0..500).map(f64::from).collect();
        Self {
            names: names.iter().map(|&n| n.to_owned()).collect(),
            spikes,
            rates,
            input: times.iter().map(|t| 4.0 + (t / 50.0).sin()).collect(),
            times,
            voltage: (0..5000).map(|k| -60.0 + 3.0 * (f64::from(k) / 90.0).sin()).collect(),
            first: (0..12).map(f64::from).collect(),
            second: (0..5).map(|j| 4.0 * f64::from(j)).collect(),
            rate: Array2::from_shape_fn((12, 5), |(i, j)| {
                3.0 * (i as f64 - 0.5 * j as f64).max(0.0)
            }),
        }
    }

    fn span(&self) -> TimeSpan {
        TimeSpan::new(0.0, 500.0).unwrap()
    }

    fn raster(&self) -> Vec<RasterPopulation<'_>> {
        self.names
            .iter()
            .zip(&self.spikes)
            .enumerate()
            .map(|(color, (name, spikes))| RasterPopulation {
                name,
                size: 100,
                color,
                spikes,
                rows: None,
            })
            .collect()
    }

    fn activity(&self) -> Vec<Activity<'_>> {
        self.names
            .iter()
            .zip(&self.rates)
            .map(|(name, rate)| Activity {
                name,
                binned: Some(rate),
                smoothed: Some(rate),
                predicted: Some(Series::new(&self.times, &self.input).unwrap()),
            })
            .collect()
    }

    fn afferents(&self) -> [Afferent<'_>; 2] {
        ["thalamus", "background"]
            .map(|name| Afferent { name, rate: Series::new(&self.times, &self.input).unwrap() })
    }

    fn voltages(&self) -> Vec<VoltageTrace<'_>> {
        self.names
            .iter()
            .enumerate()
            .map(|(population, name)| VoltageTrace {
                name,
                population,
                start: 0.0,
                interval: 0.1,
                values: self.voltage.view(),
                unit: "mV",
                spikes: vec![33.0, 270.5],
            })
            .collect()
    }

    fn transfer(&self) -> Vec<TransferData<'_>> {
        self.names
            .iter()
            .map(|name| TransferData {
                name,
                first_name: "excitatory input",
                first_symbol: "ν_e",
                second_name: "inhibitory input",
                second_symbol: "ν_i",
                first: &self.first,
                second: &self.second,
                rate: self.rate.view(),
                error: Some(self.rate.view()),
                fit: Some((&self.first, self.rate.view())),
            })
            .collect()
    }

    fn overview(&self, theme: &Theme) -> Figure {
        Overview {
            title: "test <network> & theory",
            dt: 0.1,
            span: self.span(),
            spikes: &self.raster(),
            rates: &self.activity(),
            afferents: &self.afferents(),
            voltages: &self.voltages(),
            transfer: &self.transfer(),
        }
        .figure(theme)
        .unwrap()
    }
}

#[test]
fn every_text_is_on_the_page_and_free() {
    let theme = Theme::light();
    for names in
        [&["RS", "FS"][..], &["only"], &["L23e", "L23i", "L4e", "L4i", "L5e", "L5i", "L6e", "L6i"]]
    {
        let net = Network::new(names);
        let column = |title: &str, panel| {
            Figure::new(title, Width::Column, 60.0, Layout::panel(panel), &theme)
        };
        assert_legible(&net.overview(&theme));
        assert_legible(&activity_figure(&net.activity(), &net.afferents(), net.span(), &theme));
        assert_legible(&column("traces", traces(&net.voltages(), net.span(), None, &theme)));
        for data in net.transfer() {
            assert_legible(&column("transfer", transfer(&data, &theme).unwrap()));
            assert_legible(&column("surface", surface(&data, true, &theme).unwrap()));
        }
        let values: Vec<Compared<'_>> = net
            .names
            .iter()
            .map(|name| Compared { name, simulated: 2.0, error: 0.1, predicted: 2.1 })
            .collect();
        let quantities = ["rate (Hz)", "mean V_m (mV)", "s.d. of V_m (mV)", "peak (Hz)"]
            .map(|label| Quantity { label, values: &values });
        assert_legible(&compared(&quantities, &theme).unwrap());
    }
}

#[test]
fn every_population_appears_by_name_and_colour() {
    let names = ["exc_L4", "inh & co", "<x>"];
    for theme in [Theme::light(), Theme::dark()] {
        let figure = Network::new(&names).overview(&theme);
        let svg = figure.to_svg();
        for (i, name) in names.iter().enumerate() {
            let color = theme.population(i).to_string();
            assert!(svg.matches(&color).count() >= 4, "{name} is not drawn in {color}");
            let written = texts_of(&figure).iter().filter(|t| t.0 == *name).count();
            assert!(written >= 3, "{name} is written {written} times");
        }
    }
}

#[test]
fn nothing_to_show_is_no_panic() {
    let theme = Theme::light();
    let span = TimeSpan::new(0.0, 100.0).unwrap();
    let none = Spikes::default();
    let empty = PopulationRate { start: 0.0, bin: 1.0, values: vec![] };
    let nan = Array1::from_elem(50, f64::NAN);
    let zero = Array2::zeros((0, 0));
    let figure = Overview {
        title: "",
        dt: 0.1,
        span,
        spikes: &[RasterPopulation { name: "", size: 0, color: 0, spikes: &none, rows: None }],
        rates: &[Activity {
            name: "x",
            binned: Some(&empty),
            smoothed: Some(&empty),
            predicted: None,
        }],
        afferents: &[Afferent { name: "a", rate: Series::new(&[], &[]).unwrap() }],
        voltages: &[VoltageTrace {
            name: "v",
            population: 0,
            start: 0.0,
            interval: 1.0,
            values: nan.view(),
            unit: "mV",
            spikes: vec![5.0],
        }],
        transfer: &[TransferData {
            name: "t",
            first_name: "e",
            first_symbol: "e",
            second_name: "i",
            second_symbol: "i",
            first: &[],
            second: &[],
            rate: zero.view(),
            error: None,
            fit: None,
        }],
    }
    .figure(&theme)
    .unwrap();
    parse(&figure.to_svg());
    figure.to_png(1.0).unwrap();
    let bare = Overview {
        title: "",
        dt: 0.1,
        span,
        spikes: &[],
        rates: &[],
        afferents: &[],
        voltages: &[],
        transfer: &[],
    };
    parse(&bare.figure(&theme).unwrap().to_svg());
}

#[test]
fn a_single_sample_and_infinities_are_drawn() {
    let theme = Theme::light();
    let one = Array2::from_elem((1, 1), 5.0);
    let data = TransferData {
        name: "t",
        first_name: "e",
        first_symbol: "e",
        second_name: "i",
        second_symbol: "i",
        first: &[1.0],
        second: &[2.0],
        rate: one.view(),
        error: None,
        fit: None,
    };
    for panel in [transfer(&data, &theme).unwrap(), surface(&data, true, &theme).unwrap()] {
        assert_legible(&Figure::new("one", Width::Column, 60.0, Layout::panel(panel), &theme));
    }
    let wild = [(0.0, f64::INFINITY), (1.0, 1e308), (2.0, -1e308), (3.0, f64::NAN)];
    let panel = Panel::new(Axis::new("x"), Axis::new("y"))
        .with(Mark::line(wild, Stroke::solid(theme.ink, 1.0)));
    let svg = Figure::new("wild", Width::Column, 60.0, Layout::panel(panel), &theme).to_svg();
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "a coordinate is not a number");
    parse(&svg);
}

#[test]
fn png_has_the_printed_size_and_the_background() {
    let net = Network::new(&["RS", "FS"]);
    let figure = net.overview(&Theme::dark());
    let (width, height) = (178.0 * 72.0 / 25.4, figure.height * 72.0 / 25.4);
    let png = figure.to_png(2.0).unwrap();
    let pixmap = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    assert!((f64::from(pixmap.width()) - 2.0 * width).abs() <= 1.0);
    assert!((f64::from(pixmap.height()) - 2.0 * height).abs() <= 1.0);
    let corner = pixmap.pixel(0, 0).unwrap();
    let background = Theme::dark().background;
    assert_eq!(
        (corner.red(), corner.green(), corner.blue()),
        (background.0, background.1, background.2)
    );
    let ink = pixmap.pixels().iter().filter(|p| p.red() > 200).count();
    assert!(ink > 1000, "only {ink} light pixels: the text is missing");
}

#[test]
fn impossible_images_are_errors() {
    let figure =
        Figure::new("", Width::Column, 50.0, Layout::panel(Panel::default()), &Theme::light());
    assert!(matches!(figure.to_png(0.0), Err(PlotError::Value { .. })));
    assert!(matches!(figure.to_png(f64::NAN), Err(PlotError::Value { .. })));
    assert!(matches!(figure.to_png(1e5), Err(PlotError::ImageSize { .. })));
    assert!(matches!(figure.to_png(1e-5), Err(PlotError::ImageSize { .. })));
}

#[test]
fn the_width_of_a_label_is_what_the_font_draws() {
    let theme = Theme::light();
    for text in [
        "excitatory input (Hz)",
        "0123456789.,:;-+()/%",
        "the quick brown fox",
        "WAVES jumped OVER lazy dogs",
    ] {
        let label = Label::plain(text);
        let x = Axis { label: label.clone(), ..Axis::new("") };
        let panel = Panel::new(x, Axis::none()).with(Mark::discs([(0.0, 0.0)], theme.ink, 1.0));
        let figure = Figure::new("", Width::Column, 50.0, Layout::panel(panel), &theme);
        let (_, drawn) = texts_of(&figure).into_iter().find(|t| t.0 == text).unwrap();
        let expected = label.width(theme.label_size) as f32;
        // Kerning and the side bearings of the outer letters.
        assert!(
            (drawn.width() - expected).abs() < 0.04 * expected + 1.0,
            "{text}: {} {expected}",
            drawn.width()
        );
    }
}

#[test]
fn the_overview_of_a_large_busy_network_stays_small() {
    let n_steps = 15_000_u64;
    let steps: Vec<u64> = (0..n_steps).flat_map(|k| std::iter::repeat_n(k, 40)).collect();
    let ids = (0..steps.len() as u64).map(|i| (i * 7919 % 10_000) as u32).collect();
    let spikes = Spikes { steps, ids };
    let voltage: Array1<f64> =
        (0..15_000).map(|k| -60.0 + f64::from(k * 7919 % 1000) * 1e-2).collect();
    let voltages: Vec<VoltageTrace<'_>> = (0..6)
        .map(|population| VoltageTrace {
            name: "n",
            population,
            start: 0.0,
            interval: 0.1,
            values: voltage.view(),
            unit: "mV",
            spikes: vec![],
        })
        .collect();
    let overview = Overview {
        title: "busy",
        dt: 0.1,
        span: TimeSpan::new(0.0, 1500.0).unwrap(),
        spikes: &[RasterPopulation {
            name: "E",
            size: 10_000,
            color: 0,
            spikes: &spikes,
            rows: None,
        }],
        rates: &[],
        afferents: &[],
        voltages: &voltages,
        transfer: &[],
    };
    let length = overview.figure(&Theme::light()).unwrap().to_svg().len();
    assert!(length < 1_500_000, "{length} bytes");
}

#[test]
fn what_lies_beyond_the_axes_is_not_drawn() {
    let theme = Theme::light();
    let line = |top: f64| {
        let points = [(0.0, 0.0), (1.0, top)];
        let axis = || Axis::new("x").range(0.0, 1.0);
        let panel = Panel::new(axis(), axis())
            .with(Mark::line(points, Stroke::solid(theme.population(0), 2.0)));
        Figure::new("", Width::Column, 60.0, Layout::panel(panel), &theme)
    };
    assert!(!line(1.0).to_svg().contains("clip-path"));
    // Half of the line lies above the axes: the margin at the top keeps the colour of the background.
    let png = line(2.0).to_png(2.0).unwrap();
    let image = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    for y in 0..10 {
        for x in 0..image.width() {
            let p = image.pixel(x, y).unwrap();
            assert!(p.red().abs_diff(p.blue()) < 40, "colour at {x} {y}");
        }
    }
}

#[test]
fn letters_stand_free_of_titles_and_of_long_labels() {
    let theme = Theme::light();
    let panel = |title: &str| {
        Panel::new(Axis::new("time (ms)"), Axis::new("a quantity with a long name (mV)"))
            .with(Mark::line([(0.0, 0.0), (1.0, 1000.0)], Stroke::solid(theme.ink, 1.0)))
            .titled(Label::plain(title))
    };
    let bare = Panel::new(Axis::none(), Axis::none()).titled(Label::plain("a map without axes"));
    let rows = [panel(""), panel("with a title"), bare];
    let layout = Layout::Column(rows.into_iter().map(|p| (1.0, Layout::panel(p))).collect());
    let figure = Figure::new("letters", Width::Column, 75.0, layout, &theme);
    let texts = texts_of(&figure);
    for letter in ["a", "b", "c"] {
        assert!(texts.iter().any(|(text, _)| text == letter), "{letter}");
    }
    assert_legible(&figure);
}
