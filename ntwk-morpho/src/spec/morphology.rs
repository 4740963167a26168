//! `[morphology]`: a file or a generator, and what is done with it.

use super::values::{Cylinder, Regions};
use crate::geometry::generators::{self, BinaryTree, PyramidalTree, RallTree};
use crate::geometry::morphology::{Morphology, MorphologyError};
use crate::geometry::swc::SwcOptions;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::{Key, KeyValue, Kind, Place, Section, TableReader, key_names};
use ntwk_core::spec::tree::Node;

ntwk_core::variants! {
    /// A generator with its parameters.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Generator, key = "generator", what = "generator", required {
        /// a cylinder
        Cable = "cable" {
            /// length (µm)
            length: f64 = Quantity(Length, Positive), required;
            /// diameter (µm)
            diameter: f64 = Quantity(Length, Positive), required;
        },
        /// a soma with a cylinder
        BallAndStick = "ball_and_stick" {
            /// diameter of the soma (µm)
            soma_diameter: f64 = Quantity(Length, Positive), required;
            /// length of the cylinder (µm)
            length: f64 = Quantity(Length, Positive), required;
            /// diameter of the cylinder (µm)
            diameter: f64 = Quantity(Length, Positive), required;
        },
        /// a cylinder with two daughters at its end
        YBranch = "y_branch" {
            /// the parent: `[length, diameter]` (µm)
            parent: Cylinder = Quantities(Length, Positive), required("[length, diameter] in um");
            /// the first daughter: `[length, diameter]` (µm)
            first: Cylinder = Quantities(Length, Positive), required("[length, diameter] in um");
            /// the second daughter: `[length, diameter]` (µm)
            second: Cylinder = Quantities(Length, Positive), required("[length, diameter] in um");
        },
        /// a symmetric binary tree without a soma
        BinaryTree = "binary_tree" {
            /// its parameters
            tree: BinaryTree = Flat(BinaryTree::KEYS), required;
        },
        /// a soma with a symmetric tree under Rall's 3/2 rule, in random directions
        RallTree = "rall_tree" {
            /// its parameters
            tree: RallTree = Flat(RallTree::KEYS), required;
        },
        /// a random tree with the habit of a pyramidal cell: basal trees, an apical trunk with obliques and a tuft, an axon
        Pyramidal = "pyramidal" {
            /// its parameters
            tree: PyramidalTree = Flat(PyramidalTree::KEYS), required;
        },
    }
}

impl Generator {
    /// Makes the morphology.
    ///
    /// # Errors
    /// [`MorphologyError`] when a parameter is out of range.
    pub fn build(&self, seed: u64) -> Result<Morphology, MorphologyError> {
        match *self {
            Generator::Cable { length, diameter } => generators::cable(length, diameter),
            Generator::BallAndStick { soma_diameter, length, diameter } => {
                generators::ball_and_stick(soma_diameter, length, diameter)
            }
            Generator::YBranch { parent, first, second } => {
                let [parent, first, second] =
                    [parent, first, second].map(|c| (c.length, c.diameter));
                generators::y_branch(parent, first, second)
            }
            Generator::BinaryTree { tree } => tree.build(),
            Generator::RallTree { tree } => tree.build(seed),
            Generator::Pyramidal { tree } => tree.build(seed),
        }
    }
}

/// Where a morphology comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum MorphologySource {
    /// An SWC file, its path as written.
    Swc {
        /// The path.
        file: String,
        /// How to read it.
        options: SwcOptions,
    },
    /// A Neurolucida file, its path as written.
    Neurolucida(String),
    /// A NeuroML file, its path as written.
    Neuroml(String),
    /// A generator and its seed.
    Generator(Generator, u64),
}

ntwk_core::section! {
    /// The keys of a morphology from a file.
    struct SwcKeys {
        /// an SWC file, relative to the cell file, in the place of `generator`; `ntwk morpho info` shows how it is read
        swc: Option<String> = Text, none;
        /// how to read it
        options: SwcOptions = Flat(SwcOptions::KEYS), required;
    }
}

ntwk_core::section! {
    /// The key of a morphology from a Neurolucida file.
    struct NeurolucidaKeys {
        /// a Neurolucida file (.asc), relative to the cell file, in the place of `swc`
        neurolucida: Option<String> = Text, none;
    }
}

ntwk_core::section! {
    /// The key of a morphology from a NeuroML file.
    struct NeuromlKeys {
        /// a NeuroML 2 file, relative to the cell file, in the place of `swc`: the morphology of its first cell
        neuroml: Option<String> = Text, none;
    }
}

ntwk_core::section! {
    /// The keys of a morphology made by rule.
    struct GeneratorKeys, check = check_generator {
        /// the generator
        generator: Generator = Flat(Generator::KEYS), required;
        /// seed of the generator
        seed: u64 = Count(0, u64::MAX), or(1);
    }
}

/// Ranges that depend on each other are the generator's own.
fn check_generator(keys: &GeneratorKeys, table: &mut TableReader<'_, '_>) {
    if key_names(GeneratorKeys::KEYS).iter().any(|key| table.is_faulty(key)) {
        return;
    }
    if let Err(e) = keys.generator.build(keys.seed) {
        let key = match e {
            MorphologyError::Parameter { name, .. } if table.peek(name).is_some() => name,
            _ => "generator",
        };
        table.fault(key, FaultKind::Combination { rule: e.to_string() });
    }
}

impl Section for MorphologySource {
    const KEYS: &'static [Key] = &[
        Key::flat(SwcKeys::KEYS),
        Key::flat(NeurolucidaKeys::KEYS),
        Key::flat(NeuromlKeys::KEYS),
        Key::flat(GeneratorKeys::KEYS),
    ];
}

/// A file or a generator, by the key that is there.
impl KeyValue for MorphologySource {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::Swc { file: String::new(), options: SwcOptions::default() }
    }

    fn write(&self) -> Option<Node> {
        match self.clone() {
            Self::Swc { file, options } => SwcKeys { swc: Some(file), options }.write(),
            Self::Neurolucida(file) => NeurolucidaKeys { neurolucida: Some(file) }.write(),
            Self::Neuroml(file) => NeuromlKeys { neuroml: Some(file) }.write(),
            Self::Generator(generator, seed) => GeneratorKeys { generator, seed }.write(),
        }
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let sources = ["swc", "neurolucida", "neuroml", "generator"];
        let given: Vec<&str> =
            sources.into_iter().filter(|key| table.peek(key).is_some()).collect();
        match given.as_slice() {
            ["swc"] => {
                let SwcKeys { swc, options } = SwcKeys::read_flat(table);
                return Self::Swc { file: swc.unwrap_or_default(), options };
            }
            ["neurolucida"] => {
                let NeurolucidaKeys { neurolucida } = NeurolucidaKeys::read_flat(table);
                return Self::Neurolucida(neurolucida.unwrap_or_default());
            }
            ["neuroml"] => {
                let NeuromlKeys { neuroml } = NeuromlKeys::read_flat(table);
                return Self::Neuroml(neuroml.unwrap_or_default());
            }
            [] => table.missing("swc", "the path of an SWC file, or a generator"),
            [first, second, ..] => {
                let rule = format!("give either {first} or {second}, not both");
                table.fault(second, FaultKind::Combination { rule });
            }
            [_] => {
                let GeneratorKeys { generator, seed } = GeneratorKeys::read_flat(table);
                return Self::Generator(generator, seed);
            }
        }
        table.let_through(Self::KEYS);
        Self::nothing()
    }
}

ntwk_core::section! {
    /// Where the shape of a cell comes from, and what is done with it.
    #[derive(Debug, Clone, PartialEq)]
    pub struct MorphologySpec {
        /// where it comes from
        source: MorphologySource = Flat(MorphologySource::KEYS), required;
        /// regions to leave out: a list
        remove: Regions = Other("a list of regions such as [\"axon\"]"), none;
        /// tolerance (µm): samples closer to the line between their neighbours are left out
        simplify: Option<f64> = Quantity(Length, Positive), none;
    }
}

impl MorphologySpec {
    /// Applies `remove` and `simplify` to a morphology as read or generated.
    ///
    /// # Errors
    /// [`MorphologyError`] when nothing is left.
    pub fn prepare(&self, morphology: &Morphology) -> Result<Morphology, MorphologyError> {
        let mut m = morphology.clone();
        for &r in &self.remove.0 {
            // A region that is not there need not be removed.
            if m.regions().contains(&r) {
                m = m.without(r)?.morphology;
            }
        }
        match self.simplify {
            Some(tolerance) => m.simplified(tolerance),
            None => Ok(m),
        }
    }
}
