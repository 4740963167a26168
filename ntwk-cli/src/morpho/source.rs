//! A morphology that a command shows: of an SWC, Neurolucida, NeuroML or cell file.

use std::path::PathBuf;

use clap::Args;
use ntwk::studies::morpho::MorphoCell;
use ntwk_core::Dimension;
use ntwk_core::spec::key::Words as _;
use ntwk_io::{read_morphology, read_neurolucida, read_neuroml};
use ntwk_morpho::Morphology;
use ntwk_morpho::geometry::swc::{OtherTrees, SomaRule, SwcOptions, SwcReport};

use crate::Failure;
use crate::args::quantity;
use crate::output::cell_file;

/// The file, and how an SWC file is read.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// SWC (.swc), Neurolucida (.asc), NeuroML (.nml, .xml) or cell file.
    pub file: PathBuf,
    /// What the soma samples of an SWC file mean: neuron, arbor, morphio, neuromorpho-3-point or sphere.
    #[arg(long, value_name = "RULE", default_value = "neuron", value_parser = soma_rule)]
    pub soma_rule: SomaRule,
    /// Keep the tree with the soma alone when a file holds several.
    #[arg(long)]
    pub drop_other_trees: bool,
    /// Radius of samples that have none (zero or below).
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub default_radius: Option<f64>,
    /// Factor that makes µm of the numbers of an SWC file: 0.001 for nanometres.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub scale: f64,
}

/// What a file holds.
pub(super) struct Source {
    shown: String,
    /// A morphology, or the cell of a cell file.
    pub content: Content,
    /// What the reader of a Neurolucida file remarked.
    pub remarks: Vec<String>,
    /// How an SWC file was read; of a cell file, with its name.
    pub report: Option<(Option<PathBuf>, SwcReport)>,
}

/// A morphology alone, or with its membrane.
pub(super) enum Content {
    /// The morphology.
    Morphology(Morphology),
    /// The cell.
    Cell(Box<MorphoCell>),
}

impl SourceArgs {
    /// Whether the name of the file ends in one of these.
    pub(super) fn ends_in(&self, names: &[&str]) -> bool {
        let extension = self.file.extension().and_then(|e| e.to_str()).unwrap_or_default();
        names.iter().any(|name| extension.eq_ignore_ascii_case(name))
    }
}

impl Source {
    /// Reads the file by its ending: a cell file where it has none of the others.
    pub(super) fn read(args: &SourceArgs) -> Result<Self, Failure> {
        let shown = args.file.display().to_string();
        let (mut remarks, mut report) = (Vec::new(), None);
        let content = if args.ends_in(&["asc"]) {
            let reading = read_neurolucida(&args.file)?;
            remarks = reading.remarks;
            Content::Morphology(reading.morphology)
        } else if args.ends_in(&["nml", "xml"]) {
            Content::Morphology(read_neuroml(&args.file)?)
        } else if args.ends_in(&["swc"]) {
            let other_trees =
                if args.drop_other_trees { OtherTrees::Drop } else { OtherTrees::AsRule };
            let options = SwcOptions {
                soma: args.soma_rule,
                other_trees,
                default_radius: args.default_radius,
                scale: args.scale,
                ..SwcOptions::default()
            };
            let reading = read_morphology(&args.file, &options)?;
            report = Some((None, reading.report));
            Content::Morphology(reading.morphology)
        } else {
            let mut file = cell_file(&args.file, &[])?;
            report = file.reading.take().map(|(path, reading)| (Some(path), reading.report));
            Content::Cell(Box::new(MorphoCell::new(file, &args.file)?))
        };
        Ok(Self { shown, content, remarks, report })
    }

    /// The title of a cell, else the file.
    pub(super) fn name(&self) -> &str {
        match &self.content {
            Content::Morphology(_) => &self.shown,
            Content::Cell(cell) => cell.title(),
        }
    }

    pub(super) fn morphology(&self) -> &Morphology {
        match &self.content {
            Content::Morphology(morphology) => morphology,
            Content::Cell(cell) => &cell.built().morphology,
        }
    }
}

fn soma_rule(text: &str) -> Result<SomaRule, String> {
    SomaRule::of(text).ok_or_else(|| {
        let words: Vec<&str> = SomaRule::WORDS.iter().map(|w| w.name).collect();
        format!("expected one of {}", words.join(", "))
    })
}

fn length(text: &str) -> Result<f64, String> {
    let length = quantity(text, Dimension::Length)?;
    if length > 0.0 { Ok(length) } else { Err("expected a length above 0".to_owned()) }
}

fn factor(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|x| *x > 0.0 && x.is_finite());
    number.ok_or_else(|| "expected a number above 0".to_owned())
}
