//! `[channels.NAME]`: built-in and declared channels in their places.

use super::reader::Section;
use crate::membrane::channel::{Channel, Kinetics};
use crate::membrane::channels::{
    AType, CalciumActivated, CalciumPool, DelayedRectifier, FastSodium, Hcn, HcnPoirazi,
    HighThresholdCalcium, HodgkinHuxley, Kv, Leak, Muscarinic, SlowPotassium, Sodium, TCalcium,
    TraubMiles,
};
use crate::membrane::declared::DeclaredChannel;
use crate::membrane::expression::Expression;
use crate::membrane::mechanism::Mechanism;
use crate::mesh::selection::Selection;
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;
use std::sync::Arc;

/// A mechanism in its places.
#[derive(Debug, Clone)]
pub struct ChannelSpec {
    /// Name of the instance.
    pub name: String,
    /// The mechanism with its parameters.
    pub mechanism: Arc<dyn Mechanism>,
    /// Where.
    pub selection: Selection,
    /// Factor on the density: a formula of `distance` (µm along the path), `radius` (µm) and `order`.
    pub factor: Option<Expression>,
}

/// A parameter of a built-in channel.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its key.
    pub key: &'static str,
    /// What it is.
    pub dimension: D,
    /// Its value when not given; `None` when it must be.
    pub default: Option<f64>,
}

/// A built-in kind of channel.
#[derive(Clone, Copy)]
pub struct ChannelKind {
    /// The word of the file.
    pub name: &'static str,
    /// What it is, with its source.
    pub about: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    build: fn(&[f64]) -> Arc<dyn Mechanism>,
}

impl std::fmt::Debug for ChannelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl ChannelKind {
    /// The mechanism for values in the order of the parameters.
    #[must_use]
    pub fn mechanism(&self, values: &[f64]) -> Arc<dyn Mechanism> {
        (self.build)(values)
    }
}

const fn density(key: &'static str) -> Parameter {
    Parameter { key, dimension: D::ConductanceDensity, default: None }
}

const fn reversal(key: &'static str, default: f64) -> Parameter {
    Parameter { key, dimension: D::Voltage, default: Some(default) }
}

const fn with(key: &'static str, dimension: D, default: f64) -> Parameter {
    Parameter { key, dimension, default: Some(default) }
}

fn channel<K: Kinetics<N>, const N: usize>(kinetics: K) -> Arc<dyn Mechanism> {
    Arc::new(Channel(kinetics))
}

/// A kind with a density and a reversal potential alone.
macro_rules! ohmic {
    ($name:literal, $about:literal, $reversal:literal, $kinetics:ident) => {
        ChannelKind {
            name: $name,
            about: $about,
            parameters: &[density("g"), reversal("E", $reversal)],
            build: |p| channel($kinetics { g: p[0], E: p[1] }),
        }
    };
}

/// Every built-in kind.
pub const CHANNELS: &[ChannelKind] = &[
    ohmic!("leak", "leak", -70.0, Leak),
    ChannelKind {
        name: "hodgkin_huxley",
        about: "squid axon: sodium, potassium, leak (Hodgkin and Huxley 1952)",
        parameters: &[
            with("g_Na", D::ConductanceDensity, 0.12),
            with("g_K", D::ConductanceDensity, 0.036),
            with("g_L", D::ConductanceDensity, 0.0003),
            reversal("E_Na", 50.0),
            reversal("E_K", -77.0),
            reversal("E_L", -54.3),
            with("q10", D::Number, 3.0),
        ],
        build: |p| {
            channel(HodgkinHuxley {
                g_Na: p[0],
                g_K: p[1],
                g_L: p[2],
                E_Na: p[3],
                E_K: p[4],
                E_L: p[5],
                q10: p[6],
            })
        },
    },
    ChannelKind {
        name: "traub_miles",
        about: "sodium and potassium shifted by V_T (Traub and Miles 1991)",
        parameters: &[
            density("g_Na"),
            density("g_K"),
            reversal("E_Na", 50.0),
            reversal("E_K", -90.0),
            reversal("V_T", -55.0),
        ],
        build: |p| channel(TraubMiles { g_Na: p[0], g_K: p[1], E_Na: p[2], E_K: p[3], V_T: p[4] }),
    },
    ChannelKind {
        name: "sodium",
        about: "sodium (Mainen et al. 1995)",
        parameters: &[density("g"), reversal("E", 60.0), with("shift", D::Voltage, -10.0)],
        build: |p| channel(Sodium { g: p[0], E: p[1], shift: p[2] }),
    },
    ChannelKind {
        name: "fast_sodium",
        about: "sodium with slow inactivation (Durstewitz et al. 2000)",
        parameters: &[density("g"), reversal("E", 55.0), with("a2", D::Number, 1.0)],
        build: |p| channel(FastSodium { g: p[0], E: p[1], a2: p[2] }),
    },
    ohmic!("kv", "potassium (Mainen et al. 1995)", -90.0, Kv),
    ohmic!(
        "delayed_rectifier",
        "delayed rectifier potassium (Durstewitz et al. 2000, Poirazi et al. 2003)",
        -90.0,
        DelayedRectifier
    ),
    ohmic!(
        "slow_potassium",
        "slowly inactivating potassium (Poirazi et al. 2003)",
        -90.0,
        SlowPotassium
    ),
    ohmic!("muscarinic", "muscarinic potassium (Mainen et al. 1995)", -90.0, Muscarinic),
    ChannelKind {
        name: "a_type_proximal",
        about: "proximal A-type potassium (Hoffman et al. 1997)",
        parameters: &[density("g"), reversal("E", -90.0)],
        build: |p| channel(AType { E: p[1], ..AType::proximal(p[0]) }),
    },
    ChannelKind {
        name: "a_type_distal",
        about: "distal A-type potassium (Hoffman et al. 1997)",
        parameters: &[density("g"), reversal("E", -90.0)],
        build: |p| channel(AType { E: p[1], ..AType::distal(p[0]) }),
    },
    ohmic!(
        "high_threshold_calcium",
        "high-voltage-activated calcium (Reuveni et al. 1993)",
        140.0,
        HighThresholdCalcium
    ),
    ohmic!("t_calcium", "low-threshold calcium (Destexhe and Huguenard)", 140.0, TCalcium),
    ChannelKind {
        name: "calcium_activated_potassium",
        about: "calcium-activated potassium (Reuveni et al. 1993)",
        parameters: &[density("g"), reversal("E", -90.0), with("Ca_0", D::Concentration, 1.0)],
        build: |p| channel(CalciumActivated { g: p[0], E: p[1], Ca_0: p[2] }),
    },
    ohmic!("hcn", "hyperpolarisation-activated I_h (Magee 1998)", -30.0, Hcn),
    ChannelKind {
        name: "hcn_poirazi",
        about: "hyperpolarisation-activated I_h (Poirazi et al. 2003)",
        parameters: &[density("g"), reversal("E", -10.0), with("K", D::Voltage, 8.5)],
        build: |p| channel(HcnPoirazi { g: p[0], E: p[1], K: p[2] }),
    },
    ChannelKind {
        name: "calcium_pool",
        about: "calcium in a shell (Destexhe et al. 1993); carries no current",
        parameters: &[
            with("depth", D::Length, 0.1),
            with("tau_r", D::Time, 200.0),
            with("Ca_inf", D::Concentration, 1e-4),
            with("free", D::Number, 1.0),
        ],
        build: |p| Arc::new(CalciumPool { depth: p[0], tau_r: p[1], Ca_inf: p[2], free: p[3] }),
    },
];

/// Variables of a factor.
pub(super) const FACTOR_VARIABLES: [&str; 3] = ["distance", "radius", "order"];

/// Reads the channels; `kinetics` are the declared kinds.
pub(super) fn read(t: Section<'_, '_>, kinetics: &[DeclaredChannel]) -> Vec<ChannelSpec> {
    let mut channels = Vec::new();
    t.each_named(|name, mut t| {
        let text = t.text("model");
        if text.is_none() && !t.has("model") {
            t.missing("model", "a kind of channel, see `ntwk morpho channels`");
        }
        let selection = t.selection("where", false);
        let factor = t.formula("factor", &FACTOR_VARIABLES);
        let mechanism = text.and_then(|text| {
            if let Some(declared) = kinetics.iter().find(|k| k.kind == text) {
                return instance(&mut t, declared);
            }
            let Some(kind) = CHANNELS.iter().find(|c| c.name == text) else {
                let valid =
                    CHANNELS.iter().map(|c| c.name).chain(kinetics.iter().map(|k| k.kind.as_str()));
                t.unknown("model", &text, "kind of channel", valid.map(str::to_owned).collect());
                return None;
            };
            let values: Vec<Option<f64>> = kind
                .parameters
                .iter()
                .map(|p| match p.default {
                    Some(default) => t.or(p.key, p.dimension, Bound::Any, default),
                    None => t.required(p.key, p.dimension, Bound::Any),
                })
                .collect();
            let values: Vec<f64> = values.into_iter().collect::<Option<_>>()?;
            Some(kind.mechanism(&values))
        });
        if let Some(m) = &mechanism {
            if let Err(e) = m.check() {
                t.fault(e.name, &format!("must be {} ({})", e.expected, e.unit));
            }
            t.finish();
        }
        if let (Some(mechanism), Some(selection), Some(factor)) = (mechanism, selection, factor) {
            channels.push(ChannelSpec { name: name.to_owned(), mechanism, selection, factor });
        }
    });
    channels
}

/// A declared channel with the density, reversal potential and constants of this instance.
fn instance(t: &mut Section<'_, '_>, declared: &DeclaredChannel) -> Option<Arc<dyn Mechanism>> {
    let g = t.required("g", D::ConductanceDensity, Bound::NonNegative);
    let reversal = t.or("E", D::Voltage, Bound::Any, declared.E);
    let mut channel = declared.clone();
    if let Some(constants) = t.table("constants") {
        for (name, value) in super::constants::constants(constants)? {
            match channel.constants.iter_mut().find(|c| c.0 == name) {
                Some(known) => known.1 = value,
                None => {
                    let valid = declared.constants.iter().map(|c| c.0.clone()).collect();
                    t.unknown("constants", &name, "constant", valid);
                    return None;
                }
            }
        }
    }
    channel.g = g?;
    channel.E = reversal?;
    Some(Arc::new(channel))
}
